"""Following the graph that ``torch.fx`` made of a module, with `Tensor` in place of torch's tensors."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks.loaders.torch.layers import FUNCTIONS, MODULES
from polyregions.networks.loaders.torch.operators import Indices
from polyregions.networks.loaders.torch.shapes import (
    ATTRIBUTES,
    JOINS,
    MOVES,
    TORCH_ERRORS,
    VIEWS,
    joined,
    moved,
    parts,
)
from polyregions.networks.loaders.unsupported import UNKNOWN, Problems, Unknown, reason
from polyregions.networks.tensor import Tensor

if TYPE_CHECKING:
    from torch.fx import GraphModule, Node

UNKNOWN_SIZE = Unknown()
"""A size of something unknown: what is computed of it is not anybody's problem."""

ALIASES = {"axis": "dim", "keepdims": "keepdim", "x1": "input", "x2": "other", "a_min": "min", "a_max": "max"}
"""Names of arguments that PyTorch takes from numpy."""

VIEW_MODULES = ("Flatten", "Unflatten", "Identity", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout")
"""Modules whose results share memory with their arguments, or may."""

KNOWN = frozenset({*FUNCTIONS, *MOVES, "getattr"})
"""Functions that are supported for some arguments."""


class Interpreter:
    """Computes every node of a graph in turn.

    Parameters
    ----------
    traced : torch.fx.GraphModule
    problems : Problems
        Collects what is not supported; its results are `UNKNOWN`.
    """

    def __init__(self, traced: GraphModule, problems: Problems) -> None:
        self.traced, self.problems = traced, problems
        self.values: dict[Node, Any] = {}
        self.memory: dict[Node, Node] = {}
        self.modules = dict(traced.named_modules())

    def run(self, arguments: Sequence[Any]) -> Any:
        """Return the module's output, in the lists, tuples and dictionaries that it returns.

        Parameters
        ----------
        arguments : sequence of Tensor
            The first placeholders'; the others have constants as defaults.
        """
        waiting = iter(arguments)
        for node in self.traced.graph.nodes:
            if node.op == "placeholder":
                self.values[node] = next(waiting, node.args[0] if node.args else None)
            elif node.op == "get_attr":
                self.values[node] = self._attribute(str(node.target))
            elif node.op == "output":
                result = self._resolved(node.args[0])
                if parts(result, Indices):
                    self.problems.add("argmax", node.name)
                return result
            else:
                self.values[node] = self._call(node, self._resolved(node.args), self._resolved(node.kwargs))
        return None

    def _resolved(self, value: Any) -> Any:
        from torch.fx import Node
        from torch.fx.node import map_arg

        return self.values[value] if isinstance(value, Node) else map_arg(value, self.values.__getitem__)

    def _attribute(self, name: str) -> Any:
        value: Any = self.traced
        for part in name.split("."):
            value = getattr(value, part)
        return value

    def _call(self, node: Node, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        operation = Operation.of(node, self.modules)
        given = parts([list(args), kwargs], (Tensor, Unknown, Indices))
        if operation.name in {"getitem", "getattr"} and not isinstance(args[0], Tensor | Unknown):
            return operation.evaluate(args, kwargs)
        if any(isinstance(part, Indices) for part in given):
            self.problems.add(operation.label, operation.place, reason("argmax"))
            return UNKNOWN
        unknown = [part for part in given if isinstance(part, Unknown)]
        if unknown:
            return self._unknown(operation, unknown, any(isinstance(part, Tensor) for part in given))
        if not given:
            return self._evaluated(operation, args, kwargs)
        try:
            result = operation.apply(args, kwargs)
        except UnsupportedLayer as error:
            self.problems.add(operation.label, operation.place, str(error))
            return UNKNOWN
        except InvalidNetwork as error:
            raise InvalidNetwork(f"{operation.label} ({operation.place}): {error}") from None
        self._note_memory(node, operation, result)
        return result

    def _unknown(self, operation: Operation, unknown: Sequence[Unknown], tensors: bool) -> Unknown:
        """Return an unknown value, and note an operator that would not be supported whatever its arguments are."""
        if not tensors and all(part is UNKNOWN_SIZE for part in unknown):
            return UNKNOWN_SIZE
        if not operation.is_known:
            self.problems.add(operation.label, operation.place)
        return UNKNOWN_SIZE if operation.is_size else UNKNOWN

    def _evaluated(self, operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            return operation.evaluate(args, kwargs)
        except (*TORCH_ERRORS, AttributeError, AssertionError) as error:
            raise InvalidNetwork(f"{operation.label} ({operation.place}): {error}") from None

    def _note_memory(self, node: Node, operation: Operation, result: Any) -> None:
        """Keep track of values that share memory, and let those that are changed in place change."""
        sources = node.all_input_nodes
        if not sources:
            return
        source, own = sources[0], self.memory.get(sources[0], sources[0])
        if operation.is_view or operation.in_place:
            self.memory[node] = own
        if not operation.in_place:
            return
        before = self.values[source]
        others = [n for n in self.values if self.memory.get(n, n) is own]
        for other in others:
            if self.values[other] is before:
                self.values[other] = result
            elif any(user not in self.values and user is not node for user in other.users):
                self.problems.add(
                    operation.label,
                    operation.place,
                    "it changes a tensor in place of which another view is used later; "
                    "take the function that returns a new tensor",
                )


class Operation:
    """What a node of a graph calls.

    Parameters
    ----------
    label : str
        Its name for messages.
    place : str
        Where it is: the name of the module, or of the node.
    name : str
        Its name in the tables, or that of the module's class.
    function : callable
        What PyTorch would call.
    in_place : bool
        Whether it changes its first argument.
    """

    def __init__(self, label: str, place: str, name: str, function: Callable[..., Any], in_place: bool) -> None:
        self.label, self.place, self.name, self.function, self.in_place = label, place, name, function, in_place
        self.module: Any = None

    @classmethod
    def of(cls, node: Node, modules: dict[str, Any]) -> Operation:
        """Return what a node calls."""
        dropped = bool(node.kwargs.get("inplace"))
        if node.op == "call_module":
            module = modules[str(node.target)]
            in_place = bool(getattr(module, "inplace", False)) and "Dropout" not in type(module).__name__
            operation = cls(type(module).__name__, str(node.target), known_class(module), module, in_place)
            operation.module = module
            return operation
        if node.op == "call_method":
            method = str(node.target)
            in_place = method.endswith("_") and not method.endswith("__")
            return cls(method, node.name, method.strip("_"), method_caller(method), in_place or dropped)
        target: Any = node.target
        label = getattr(target, "__name__", str(target)).lstrip("_")
        ours = str(getattr(target, "__module__", None) or "torch").partition(".")[0]
        if ours not in {"torch", "_operator", "builtins"}:
            return cls(f"{target.__module__}.{label}", node.name, "", target, False)
        in_place = dropped or (ours == "torch" and label.endswith("_"))
        return cls(label, node.name, label.strip("_"), target, in_place)

    @property
    def is_known(self) -> bool:
        """Whether it is supported for some arguments."""
        return self.name in (MODULES if self.module is not None else KNOWN)

    @property
    def is_size(self) -> bool:
        """Whether its result is a size."""
        return self.name in {"size", "dim", "ndimension", "numel", "nelement", "len", "getattr"}

    @property
    def is_view(self) -> bool:
        """Whether its result shares memory with its first argument, or may."""
        return self.name in (VIEW_MODULES if self.module is not None else VIEWS)

    def evaluate(self, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Return what PyTorch makes of constants."""
        return self.function(*args, **kwargs)

    def apply(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return what it makes of tensors, or raise `UnsupportedLayer`."""
        if not self.is_known:
            raise UnsupportedLayer(reason(self.name or self.label))
        if self.module is not None:
            return called(MODULES[self.name], (self.module, *args), kwargs)
        if self.name == "getattr":
            return attribute(*args)
        if self.name in JOINS:
            return joined(self.function, args, kwargs)
        if self.name in MOVES:
            return moved(self.function, args, kwargs)
        plain = {ALIASES.get(key, key): value for key, value in kwargs.items() if key != "inplace"}
        return called(FUNCTIONS[self.name], args, plain)


def known_class(module: Any) -> str:
    """Return the name of the class in ``torch.nn`` whose forward pass a module has, or nothing."""
    if "forward" not in vars(module):
        bases: tuple[Any, ...] = type(module).__mro__
        for base in bases:
            known = base.__module__.startswith("torch.nn.modules") and base.__name__ in MODULES
            if known and type(module).forward is base.forward:
                return str(base.__name__)
    return ""


def method_caller(name: str) -> Callable[..., Any]:
    """Return a function that calls a method of its first argument."""

    def function(value: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(value, name)(*args, **kwargs)

    return function


def called(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call one of our functions; arguments that it does not have are not supported."""
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except TypeError as error:
        raise UnsupportedLayer(f"these arguments are not known here: {error}") from None
    return function(*bound.args, **bound.kwargs)


def attribute(value: Tensor, name: str, *default: Any) -> Any:
    """Return an attribute of a tensor."""
    if name not in ATTRIBUTES:
        raise UnsupportedLayer(f"the attribute {name!r} of a tensor is not known here")
    return ATTRIBUTES[name](value)
