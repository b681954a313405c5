"""ONNX's arithmetic, activations, maxima and reductions; and the table of all operators that are read."""

from __future__ import annotations

import math
from functools import reduce

import numpy as np
from scipy.sparse import csr_array

from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks import operators
from polyregions.networks.activation import Activation
from polyregions.networks.loaders.onnx.constants import CONSTANTS
from polyregions.networks.loaders.onnx.node import Node, Reader, Value, check_product, check_size
from polyregions.networks.loaders.onnx.shapes import SHAPES
from polyregions.networks.loaders.onnx.windows import WINDOWS
from polyregions.networks.loaders.unsupported import reason
from polyregions.networks.tensor import Tensor

__all__ = ["OPERATORS"]

LARGEST_FLOAT32 = float(np.finfo(np.float32).max)


def _operands(node: Node) -> list[Value]:
    """Return the inputs, of which at least one is a tensor, after checking how large what they are broadcast to is."""
    values = node.values()
    check_size(*np.broadcast_shapes(*(value.shape for value in values)))
    return values if any(isinstance(value, Tensor) for value in values) else [node.tensor(0), *values[1:]]


def _add(node: Node) -> Value:
    return reduce(operators.add, _operands(node))


def _subtract(node: Node) -> Value:
    one, other = _operands(node)
    return operators.subtract(one, other)


def _multiply(node: Node) -> Value:
    one, other = _operands(node)
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        raise UnsupportedLayer(reason("mul"))
    return operators.multiply(one, other)


def _divide(node: Node) -> Value:
    one, other = _operands(node)
    if isinstance(other, Tensor):
        raise UnsupportedLayer(reason("div"))
    return operators.divide(one, other)


def _negate(node: Node) -> Value:
    return -node.tensor(0)


def _average(node: Node) -> Value:
    values = _operands(node)
    return operators.multiply(reduce(operators.add, values), 1.0 / len(values))


def _power(node: Node) -> Value:
    if isinstance(node.value(1), Tensor) or (np.asarray(node.value(1)) != 1).any():
        raise UnsupportedLayer(reason("pow"))
    return node.tensor(0)


def _product(a: Value, b: Value) -> Value:
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        raise UnsupportedLayer(reason("matmul"))
    if isinstance(a, Tensor) and not isinstance(b, Tensor) and b.ndim == 2 and a.shape[-1:] == (a.size,) == b.shape[:1]:
        columns = b.shape[1]  # of one row, which needs no copies of the matrix
        return a.affine(csr_array(b.T), np.zeros(columns), (*a.shape[:-1], columns))
    check_product(a.shape, b.shape)
    if not isinstance(a, Tensor) and not isinstance(b, Tensor):
        return np.asarray(np.matmul(a, b))
    return operators.matmul(a, b)


def _matmul(node: Node) -> Value:
    return _product(node.value(0), node.value(1))


def _gemm(node: Node) -> Value:
    """Return ``alpha * A @ B + beta * C``; factors other than 1 multiply afterwards, those of a constant C before."""
    a, b = (_transposed(node.value(place), node.integer(f"trans{'AB'[place]}", 0)) for place in (0, 1))
    if len(a.shape) != 2 or len(b.shape) != 2:
        raise InvalidNetwork(f"it multiplies matrices, got shapes {a.shape} and {b.shape}")
    alpha, beta = node.real("alpha", 1.0), node.real("beta", 1.0)
    product = _product(a, b)
    result = _times(product if isinstance(product, Tensor) else node.anchor.constant(product), alpha)
    if not node.has(2) or beta == 0.0:
        return result
    added = node.value(2)
    return operators.add(result, _times(added, beta) if isinstance(added, Tensor) else added * beta)


def _transposed(value: Value, whether: int) -> Value:
    if not whether:
        return value
    return operators.transpose(value) if isinstance(value, Tensor) else np.transpose(value)


def _times(x: Tensor, factor: float) -> Tensor:
    return x if factor == 1.0 else operators.multiply(x, factor)


def _relu(node: Node) -> Value:
    return node.tensor(0).activate(Activation.relu())


def _absolute(node: Node) -> Value:
    return node.tensor(0).activate(Activation.absolute())


def _leaky_relu(node: Node) -> Value:
    return node.tensor(0).activate(Activation.leaky_relu(node.real("alpha", 0.01)))


def _prelu(node: Node) -> Value:
    x, slopes = node.tensor(0), node.constant(1, "slope")
    different, places = np.unique(slopes, return_inverse=True)
    kinds = np.empty(different.size, dtype=object)
    kinds[:] = [Activation.leaky_relu(slope) for slope in different.tolist()]
    return x.activate(np.broadcast_to(kinds[places.ravel()].reshape(slopes.shape), x.shape))


def _clip(node: Node) -> Value:
    """Bound from both sides; a bound that float32 cannot exceed is none, as it was written in old models."""
    x = node.tensor(0)
    low, high = (_bound(node, place, name) for place, name in ((1, "min"), (2, "max")))
    if isinstance(low, Tensor) or isinstance(high, Tensor):
        bounded = x if isinstance(low, float) and low == -math.inf else operators.maximum(x, low)
        return bounded if isinstance(high, float) and high == math.inf else operators.minimum(bounded, high)
    if low >= high:
        return np.full(x.shape, high)
    return x.activate(Activation.clamp(low, high))


def _bound(node: Node, place: int, name: str) -> float | Tensor:
    none = -math.inf if name == "min" else math.inf
    value = np.array(node.attributes[name]) if name in node.attributes else None
    if value is None and node.has(place):
        given = node.value(place)
        if isinstance(given, Tensor):
            return given
        value = given
    if value is None:
        return none
    bound = float(value.item())
    absent = abs(bound) >= LARGEST_FLOAT32 and np.asarray(value).dtype != np.float64
    return none if absent and (bound > 0) == (none > 0) else bound


def _hard_sigmoid(node: Node) -> Value:
    """Return ``alpha * x + beta`` between 0 and 1, as a layer of its own, so that no breakpoint is rounded."""
    alpha, beta = node.real("alpha", 0.2), node.real("beta", 0.5)
    return operators.add(operators.multiply(node.tensor(0), alpha), beta).activate(Activation.clamp(0.0, 1.0))


def _thresholded_relu(node: Node) -> Value:
    alpha = node.real("alpha", 1.0)
    if alpha != 0.0:
        raise UnsupportedLayer(
            f"it jumps from 0 to {alpha} there; only alpha = 0, which makes it a ReLU, is continuous"
        )
    return node.tensor(0).activate(Activation.relu())


def _shrink(node: Node) -> Value:
    bias, threshold = node.real("bias", 0.0), node.real("lambd", 0.5)
    if bias != threshold or threshold < 0.0:
        raise UnsupportedLayer(f"it jumps, for its bias {bias} is not its lambd {threshold}; Softshrink has equal ones")
    return node.tensor(0).activate(Activation.soft_shrink(threshold))


def _maximum(node: Node) -> Value:
    return operators.maximum(*_operands(node))


def _minimum(node: Node) -> Value:
    return operators.minimum(*_operands(node))


def _top(node: Node) -> Value:
    """Sort along an axis, and keep the first entries; where they were is not continuous, so that output is left out."""
    x = node.tensor(0)
    axis, largest = node.integer("axis", -1), node.integer("largest", 1)
    count = (node.integers("k", 1) or [0])[0]
    if not node.integer("sorted", 1) or not -len(x.shape) <= axis < len(x.shape) or count < 1:
        raise UnsupportedLayer("only sorted values along an axis are read")
    places = np.arange(x.shape[axis])
    ordered = operators.group_sort(x, x.shape[axis], axis)
    return operators.gather(ordered, (places[::-1] if largest else places)[:count], axis)


CONSTANT_REDUCTIONS = {
    "ReduceL1": lambda array, **how: np.abs(array).sum(**how),
    "ReduceL2": lambda array, **how: np.sqrt(np.square(array).sum(**how)),
    "ReduceMax": np.max,
    "ReduceMean": np.mean,
    "ReduceMin": np.min,
    "ReduceProd": np.prod,
    "ReduceSum": np.sum,
    "ReduceSumSquare": lambda array, **how: np.square(array).sum(**how),
}


def _reduce(node: Node) -> Value:
    """Reduce along axes; all of them if none are given."""
    axes = node.integers("axes", 1)
    x, keepdims = node.value(0), bool(node.integer("keepdims", 1))
    if not axes and node.integer("noop_with_empty_axes", 0):
        return x
    chosen = tuple(range(len(x.shape))) if not axes else tuple(axes)
    if not isinstance(x, Tensor):
        return np.asarray(CONSTANT_REDUCTIONS[node.operator](x, axis=chosen, keepdims=keepdims))  # type: ignore[operator]
    if node.operator in {"ReduceL2", "ReduceProd", "ReduceSumSquare"}:
        raise UnsupportedLayer(reason(node.operator))
    if node.operator == "ReduceMax":
        return operators.max_along(x, chosen, keepdims)
    if node.operator == "ReduceMin":
        return operators.min_along(x, chosen, keepdims)
    if node.operator == "ReduceMean":
        return operators.mean(x, chosen, keepdims)
    return operators.total(x if node.operator == "ReduceSum" else x.activate(Activation.absolute()), chosen, keepdims)


OPERATORS: dict[str, Reader] = (
    CONSTANTS
    | SHAPES
    | WINDOWS
    | dict.fromkeys(CONSTANT_REDUCTIONS, _reduce)
    | {
        "Abs": _absolute,
        "Add": _add,
        "Clip": _clip,
        "Div": _divide,
        "Gemm": _gemm,
        "HardSigmoid": _hard_sigmoid,
        "LeakyRelu": _leaky_relu,
        "MatMul": _matmul,
        "Max": _maximum,
        "Mean": _average,
        "Min": _minimum,
        "Mul": _multiply,
        "Neg": _negate,
        "PRelu": _prelu,
        "Pow": _power,
        "Relu": _relu,
        "Shrink": _shrink,
        "Sub": _subtract,
        "Sum": _add,
        "ThresholdedRelu": _thresholded_relu,
        "TopK": _top,
    }
)
"""What reads each operator that depends on the network's input."""
