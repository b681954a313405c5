"""PyTorch's arithmetic and activations, by name, on `Tensor`; parameters are named as PyTorch names them.

What does not depend on the input is a number or a torch tensor, of float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyregions.errors import UnsupportedLayer
from polyregions.networks import operators
from polyregions.networks.activation import Activation
from polyregions.networks.loaders.unsupported import reason
from polyregions.networks.tensor import Tensor

PLAIN_TYPES = ("None", "torch.float32", "torch.float64", "torch.FloatTensor", "torch.DoubleTensor")
"""Conversions to these are the identity; the others round."""


class Indices:
    """Where the largest entries are: an error only if anything asks for it."""


class Extreme(NamedTuple):
    """What ``torch.max`` along a dimension returns."""

    values: Tensor
    indices: Indices


def array(value: Any) -> NDArray[Any]:
    """Return a constant as an array; no number changes."""
    if isinstance(value, Tensor):
        raise UnsupportedLayer(reason("mul"))
    if hasattr(value, "detach"):
        value = value.detach()
        return np.asarray((value.double() if value.is_floating_point() else value).numpy())
    return np.asarray(value)


def operand(value: Any) -> Tensor | NDArray[Any]:
    """Return a tensor as it is and a constant as an array."""
    return value if isinstance(value, Tensor) else array(value)


def number(value: Any) -> float:
    """Return a constant of one entry; no number changes."""
    return value if isinstance(value, int) else float(array(value).item())


def axes(dim: Any, input: Tensor) -> tuple[int, ...]:
    """Return the axes of a dimension argument, where nothing stands for all of them."""
    if dim is None or (isinstance(dim, Sequence) and not dim):
        return tuple(range(len(input.shape)))
    each = tuple(dim) if isinstance(dim, Sequence) else (dim,)
    return tuple(int(axis) % max(len(input.shape), 1) for axis in each)


def check_type(dtype: Any) -> None:
    """Refuse a data type that rounds."""
    if str(dtype) not in PLAIN_TYPES:
        raise UnsupportedLayer(f"it converts to {dtype}, which rounds; only continuous functions have linear regions")


def _add(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    return operators.add(operand(input), operand(_times(other, alpha)))


def _subtract(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    return operators.subtract(operand(input), operand(_times(other, alpha)))


def _subtract_from(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    return _subtract(other, input, alpha=alpha)


def _times(value: Any, factor: Any) -> Any:
    if not isinstance(factor, Tensor) and number(factor) == 1:
        return value
    return _multiply(value, factor) if isinstance(value, Tensor) else array(value) * number(factor)


def _multiply(input: Any, other: Any) -> Tensor:
    if isinstance(input, Tensor):
        return operators.multiply(input, array(other))
    return operators.multiply(other, array(input))


def _divide(input: Any, other: Any, *, rounding_mode: Any = None) -> Tensor:
    if rounding_mode is not None:
        raise UnsupportedLayer(reason("floordiv"))
    if isinstance(other, Tensor):
        raise UnsupportedLayer(reason("div"))
    return operators.divide(input, array(other))


def _power(input: Any, exponent: Any) -> Tensor:
    if isinstance(input, Tensor) and not isinstance(exponent, Tensor) and (array(exponent) == 1).all():
        return input
    raise UnsupportedLayer(reason("pow"))


def _matmul(input: Any, other: Any) -> Tensor:
    if isinstance(input, Tensor):
        return operators.matmul(input, array(other))
    return operators.matmul(array(input), other)


def _add_matmul(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    if isinstance(mat1, Tensor) or isinstance(mat2, Tensor):
        product: Any = _matmul(mat1, mat2)
    else:
        product = mat1 @ mat2
    return operators.add(operand(_times(input, beta)), operand(_times(product, alpha)))


def _linear(input: Any, weight: Any, bias: Any = None) -> Tensor:
    return operators.linear(input, array(weight), None if bias is None else array(bias))


def _sum(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    check_type(dtype)
    return operators.total(input, axes(dim, input), keepdim)


def _mean(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    check_type(dtype)
    return operators.mean(input, axes(dim, input), keepdim)


def _maximum(input: Any, other: Any) -> Tensor:
    return operators.maximum(operand(input), operand(other))


def _minimum(input: Any, other: Any) -> Tensor:
    return operators.minimum(operand(input), operand(other))


def _amax(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    return operators.max_along(input, axes(dim, input), keepdim)


def _amin(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    return operators.min_along(input, axes(dim, input), keepdim)


def _extreme(
    pairwise: Callable[[Any, Any], Tensor], along: Callable[[Tensor, Any, bool], Tensor]
) -> Callable[..., Tensor | Extreme]:
    """Return ``torch.max`` or ``torch.min``, which are three functions each."""

    def function(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Tensor | Extreme:
        second = dim if other is None else other
        if isinstance(second, Tensor) or hasattr(second, "detach"):
            return pairwise(input, second)
        if dim is None:
            return along(input, (), keepdim)
        return Extreme(along(input, dim, keepdim), Indices())

    return function


def _sort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Extreme:
    (axis,) = axes(dim, input)
    ascending = operators.group_sort(input, input.shape[axis], axis)
    numbers = ascending.numbers()
    return Extreme(ascending.select(np.flip(numbers, axis)) if descending else ascending, Indices())


def _clamp(input: Any, min: Any = None, max: Any = None) -> Tensor:
    low, high = (None if bound is None else operand(bound) for bound in (min, max))
    if not any(isinstance(bound, Tensor) or np.ndim(bound) for bound in (low, high) if bound is not None):
        lowest = -math.inf if min is None else number(min)
        highest = math.inf if max is None else number(max)
        if lowest < highest:
            return activated(input, Activation.clamp(lowest, highest))
    result = input if low is None else operators.maximum(operand(input), low)
    return result if high is None else operators.minimum(operand(result), high)


def _clamp_min(input: Any, min: Any) -> Tensor:
    return _clamp(input, min=min)


def _clamp_max(input: Any, max: Any) -> Tensor:
    return _clamp(input, max=max)


def activated(input: Any, activation: Activation) -> Tensor:
    """Apply one activation to every entry."""
    if not isinstance(input, Tensor):
        raise UnsupportedLayer("its parameters depend on the input; constants are supported")
    return input.activate(activation)


def _activation(make: Callable[..., Activation], **defaults: float) -> Callable[..., Tensor]:
    """Return the function that applies an activation with parameters that may be constants of one entry."""

    def function(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        given = defaults | dict(zip(defaults, args, strict=False)) | kwargs
        if len(args) > len(defaults) or set(given) != set(defaults):
            raise UnsupportedLayer(f"its arguments are not known here; known are {', '.join(defaults) or 'none'}")
        return activated(input, make(*(number(given[name]) for name in defaults)))

    return function


def _prelu(input: Tensor, weight: Any) -> Tensor:
    slopes = array(weight).ravel().tolist()
    kinds = np.array([Activation.leaky_relu(slope) for slope in slopes], dtype=object)
    rank = len(input.shape)
    return input.activate(kinds.reshape(-1, *[1] * (rank - 2)) if len(slopes) > 1 else kinds[0])


def _rrelu(input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False) -> Tensor:
    if training:
        raise UnsupportedLayer(reason("dropout"))
    return activated(input, Activation.leaky_relu((lower + upper) / 2))


def _dropout(default: bool) -> Callable[..., Tensor]:
    """Return a dropout whose `training` has that default; the functional ones drop even in inference mode."""

    def function(input: Tensor, p: float = 0.5, training: bool = default) -> Tensor:
        if training and p:
            raise UnsupportedLayer(f"{reason('dropout')}: pass training=self.training to it")
        return input

    return function


def _same(input: Tensor) -> Tensor:
    return input


def _convert(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Convert to another type or device, which changes nothing but for types that round."""
    for value in (*args, *kwargs.values()):
        if type(value).__name__ == "dtype" or (isinstance(value, str) and value.startswith("torch.")):
            check_type(value)
    return input


ARITHMETIC: dict[str, Callable[..., Any]] = {
    "add": _add,
    **dict.fromkeys(("sub", "subtract"), _subtract),
    "rsub": _subtract_from,
    **dict.fromkeys(("mul", "multiply"), _multiply),
    **dict.fromkeys(("div", "divide", "true_divide", "truediv"), _divide),
    "pow": _power,
    **dict.fromkeys(("neg", "negative"), operators.negate),
    **dict.fromkeys(("matmul", "mm", "mv", "bmm"), _matmul),
    **dict.fromkeys(("addmm", "addmv", "baddbmm"), _add_matmul),
    "linear": _linear,
    "sum": _sum,
    "mean": _mean,
    **dict.fromkeys(("maximum", "fmax"), _maximum),
    **dict.fromkeys(("minimum", "fmin"), _minimum),
    "amax": _amax,
    "amin": _amin,
    "max": _extreme(_maximum, _amax),
    "min": _extreme(_minimum, _amin),
    "sort": _sort,
    **dict.fromkeys(("clamp", "clip"), _clamp),
    "clamp_min": _clamp_min,
    "clamp_max": _clamp_max,
}

ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "relu": _activation(Activation.relu),
    "leaky_relu": _activation(Activation.leaky_relu, negative_slope=0.01),
    "prelu": _prelu,
    "relu6": _activation(Activation.relu6),
    "rrelu": _rrelu,
    "hardtanh": _activation(Activation.hard_tanh, min_val=-1.0, max_val=1.0),
    "hardsigmoid": _activation(Activation.hard_sigmoid),
    "softshrink": _activation(Activation.soft_shrink, lambd=0.5),
    "threshold": _activation(Activation.threshold, threshold=0.0, value=0.0),
    **dict.fromkeys(("abs", "absolute"), _activation(Activation.absolute)),
    **dict.fromkeys(("dropout", "dropout1d", "dropout2d", "dropout3d"), _dropout(True)),
    **dict.fromkeys(("alpha_dropout", "feature_alpha_dropout"), _dropout(False)),
    **dict.fromkeys(("contiguous", "detach", "clone", "positive", "pos"), _same),
    "requires_grad": lambda input, requires_grad=True: input,
    **dict.fromkeys(("to", "type", "type_as", "float", "double", "cpu"), _convert),
}
