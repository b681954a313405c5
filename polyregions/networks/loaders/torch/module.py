"""Networks from PyTorch modules."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks.loaders.agreement import DOUBLE, check_agreement
from polyregions.networks.loaders.torch.double import FORWARD_ERRORS, double_copy, first_line, in_double
from polyregions.networks.loaders.torch.graph import Interpreter
from polyregions.networks.loaders.torch.operators import array
from polyregions.networks.loaders.torch.shapes import constant
from polyregions.networks.loaders.unsupported import UNKNOWN, Problems
from polyregions.networks.network import Network
from polyregions.networks.tensor import Tensor, inputs, stacked

if TYPE_CHECKING:
    from torch import nn
    from torch.fx import GraphModule

Shape = tuple[int, ...]

NOT_TRACED = (
    "torch.fx cannot trace the module's forward: {}. What it does may depend on sizes, not on values: no if, while, "
    "len() or for of the input, and no assignment to parts of a tensor. Rewrite it so, or build the network with "
    "polyregions.operators"
)


def from_torch(module: nn.Module, input_shape: int | Sequence[Any] | None = None, check: bool = True) -> Network:
    """Read a network from a PyTorch module, as it is used for inference.

    Parameters
    ----------
    module : torch.nn.Module
        It is not changed.
    input_shape : int or tuple of int, or tuple of those, optional
        The shape of the input, without the batch axis; a tuple of shapes if there are several inputs.  It may be left
        out if the only input goes into an ``nn.Linear`` first.
    check : bool
        Whether to compare the network with the module at random points.

    Returns
    -------
    Network
        Its inputs and outputs are those of the module, flattened, one after the other.

    Raises
    ------
    UnsupportedLayer
        The module has operators that are not continuous and piecewise linear, or not known here; all are listed.
    InvalidNetwork
        The shapes do not fit, or something else is wrong with the module.
    Disagreement
        Network and module differ.
    MissingDependency
        PyTorch is not installed.

    Notes
    -----
    A copy of the module in inference mode is traced by `torch.fx`, for a batch of one.  Parameters and buffers are
    taken as exact, whatever their type; numbers that the forward pass computes from them alone (and the weights of
    parametrisations such as weight norm, as the module computes them) are rounded as PyTorch rounds them, in double
    precision where it can.  The constants of batch norms, averages and divisions are rounded once, see
    `polyregions.operators`.

    Examples
    --------
    >>> import torch  # doctest: +SKIP
    >>> module = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))  # doctest: +SKIP
    >>> from_torch(module)  # doctest: +SKIP
    Network(2-8-1, 8 units)
    """
    shapes = None if input_shape is None else shapes_of(input_shape)
    double = double_copy(module)
    with in_double():
        traced = trace(double, 1 if shapes is None else len(shapes))
        shapes = shapes or [(first_linear(traced),)]
        source = Source(double, shapes)
        failure = source.failure()
        if failure:
            raise explained(failure, traced, shapes)
        problems = Problems("the module")
        arguments = inputs(*((1, *shape) for shape in shapes))
        outputs = Interpreter(traced, problems).run(arguments)
        problems.check()
        network = as_tensor(outputs, arguments[0]).network()
        if check:
            check_agreement(network, source, DOUBLE, "the PyTorch module")
    return network


def shapes_of(input_shape: int | Sequence[Any]) -> list[Shape]:
    """Return the shapes of all inputs."""
    given = (input_shape,) if isinstance(input_shape, int) else tuple(input_shape)
    several = bool(given) and all(isinstance(part, Sequence) for part in given)
    shapes = [tuple(part) for part in given] if several else [given]
    if any(not isinstance(size, int) or size < 1 for shape in shapes for size in shape):
        raise InvalidNetwork(
            "input_shape is a tuple of positive whole numbers without the batch axis, such as (1, 28, 28), or a tuple "
            f"of such tuples for several inputs, got {input_shape!r}"
        )
    return shapes


def trace(module: nn.Module, count: int) -> GraphModule:
    """Trace a module's forward with its first `count` arguments as inputs and the defaults of the others."""
    import torch

    if type(module).__module__.startswith("torch.nn") and not isinstance(module, torch.nn.Sequential):
        module = torch.nn.Sequential(module)
    parameters = list(inspect.signature(module.forward).parameters.values())
    variable = [p for p in parameters if p.kind in {p.VAR_POSITIONAL, p.VAR_KEYWORD}]
    needed = [p for p in parameters if p.default is p.empty and p not in variable]
    if len(parameters) - len(variable) < count or len(needed) > count:
        raise InvalidNetwork(
            f"the module's forward{inspect.signature(module.forward)} does not take {count} input(s); give input_shape "
            "as a tuple of shapes, one for each input"
        )
    defaults = {p.name: p.default for p in parameters[count:] if p not in variable}
    try:
        return torch.fx.symbolic_trace(module, defaults or None)
    except FORWARD_ERRORS as error:
        raise UnsupportedLayer(NOT_TRACED.format(first_line(error))) from None


def first_linear(traced: GraphModule) -> int:
    """Return the number of inputs of the linear layer that the only input goes into first."""
    import torch

    modules = dict(traced.named_modules())
    (node, *others) = [node for node in traced.graph.nodes if node.op == "placeholder" and not node.args]
    while not others and len(node.users) == 1:
        (node,) = node.users
        module = modules.get(str(node.target)) if node.op == "call_module" else None
        if isinstance(module, torch.nn.Linear):
            return module.in_features
        if not isinstance(module, torch.nn.Identity | torch.nn.Flatten | torch.nn.Dropout):
            break
    raise InvalidNetwork(
        "the shape of the input cannot be told from the module; pass input_shape, without the batch axis, for example "
        "Network.from_torch(module, input_shape=(1, 28, 28))"
    )


def explained(failure: str, traced: GraphModule, shapes: list[Shape]) -> InvalidNetwork:
    """Return why a module cannot be evaluated: what is not supported of it, or the failure itself."""
    problems = Problems("the module")
    with suppress(InvalidNetwork, *FORWARD_ERRORS):
        Interpreter(traced, problems).run(inputs(*((1, *shape) for shape in shapes)))
    Interpreter(traced, problems).run([UNKNOWN] * len(shapes))
    try:
        problems.check()
    except UnsupportedLayer as error:
        return error
    return InvalidNetwork(failure)


class Source:
    """A module's own forward pass on flattened inputs.

    Parameters
    ----------
    module : torch.nn.Module
    shapes : list of tuple of int
    """

    def __init__(self, module: nn.Module, shapes: list[Shape]) -> None:
        self.module, self.shapes = module, shapes

    def __call__(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Evaluate at points, one at a time as batches of one: (N, n) to (N, m)."""
        import torch

        ends = np.cumsum([math.prod(shape) for shape in self.shapes])[:-1]
        rows = []
        for point in points:
            parts = [np.array(part).reshape(1, *s) for part, s in zip(np.split(point, ends), self.shapes, strict=True)]
            outputs = flattened(self.module(*map(torch.from_numpy, parts)))
            rows.append(np.concatenate([[], *(array(output).ravel() for output in outputs)]))
        return np.array(rows, dtype=np.float64)

    def failure(self) -> str | None:
        """Return what is wrong if the module cannot be evaluated."""
        size = sum(math.prod(shape) for shape in self.shapes)
        try:
            self(np.linspace(-1.0, 1.0, size)[None])
        except InvalidNetwork as error:
            return str(error)
        except FORWARD_ERRORS as error:
            shapes = ", ".join(str((1, *shape)) for shape in self.shapes)
            return (
                f"the module cannot be evaluated on input of shape {shapes}, where the first axis is the batch "
                f"({first_line(error)}); input_shape is without the batch axis"
            )
        return None


def flattened(outputs: Any) -> list[Any]:
    """Return the tensors that a module returns, in order."""
    if isinstance(outputs, Mapping):
        outputs = list(outputs.values())
    if isinstance(outputs, list | tuple):
        return [tensor for part in outputs for tensor in flattened(part)]
    if not (isinstance(outputs, Tensor) or hasattr(outputs, "detach")):
        raise InvalidNetwork(
            f"a module returns a tensor, or a tuple, list or dictionary of tensors; got {type(outputs).__name__}"
        )
    return [outputs]


def as_tensor(outputs: Any, like: Tensor) -> Tensor:
    """Return everything that a module returns as one tensor; constants too."""
    tensors = [part if isinstance(part, Tensor) else constant(array(part), like) for part in flattened(outputs)]
    if not tensors:
        raise InvalidNetwork("the module returns no tensor")
    return tensors[0] if len(tensors) == 1 else stacked(tensors)
