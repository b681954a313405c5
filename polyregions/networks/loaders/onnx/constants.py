"""ONNX's operators on constants, which are folded.

Integers and booleans are computed as ONNX prescribes.  Real numbers are float64: stored ones are exact, and operations
on them are done in float64, whatever type the file names.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks.loaders.onnx.file import numbers
from polyregions.networks.loaders.onnx.node import Array, Node, Reader, Value, check_product, check_size
from polyregions.networks.loaders.unsupported import reason
from polyregions.networks.tensor import Tensor

__all__ = ["CONSTANTS", "FOLDED", "fold"]


def _quotient(a: Array, b: Array) -> Array:
    """Divide; integers are cut towards zero."""
    if a.dtype.kind == "f" or b.dtype.kind == "f":
        return np.asarray(a / b)
    if not b.all():
        raise InvalidNetwork("it divides integers by zero")
    return np.asarray(np.sign(a) * np.sign(b) * (abs(a) // abs(b)))


def _range(start: Array, limit: Array, delta: Array) -> Array:
    first, end, step = start.item(), limit.item(), delta.item()
    if not step:
        raise InvalidNetwork("its step is 0")
    count = max(math.ceil((end - first) / step), 0)
    check_size(count)
    return np.asarray(np.arange(count) * delta.reshape(()) + start.reshape(()))


ELEMENTWISE: dict[str, Callable[..., Any]] = {
    "Abs": np.abs,
    "Add": np.add,
    "And": np.logical_and,
    "Ceil": np.ceil,
    "Div": _quotient,
    "Equal": np.equal,
    "Exp": np.exp,
    "Floor": np.floor,
    "Greater": np.greater,
    "GreaterOrEqual": np.greater_equal,
    "Less": np.less,
    "LessOrEqual": np.less_equal,
    "Log": np.log,
    "Max": lambda *values: reduce(np.maximum, values),
    "Mean": lambda *values: reduce(np.add, values) / len(values),
    "Min": lambda *values: reduce(np.minimum, values),
    "Mul": np.multiply,
    "Neg": np.negative,
    "Not": np.logical_not,
    "Or": np.logical_or,
    "Pow": np.power,
    "Reciprocal": lambda value: 1.0 / value,
    "Relu": lambda value: np.maximum(value, 0),
    "Round": np.rint,
    "Sign": np.sign,
    "Sqrt": np.sqrt,
    "Sub": np.subtract,
    "Sum": lambda *values: reduce(np.add, values),
    "Where": np.where,
    "Xor": np.logical_xor,
}
"""Functions of constants that are broadcast to the same shape."""

OTHERS: dict[str, Callable[..., Any]] = {
    "MatMul": np.matmul,
    "NonZero": lambda value: np.stack(np.nonzero(value)).astype(np.int64),
    "Range": _range,
}


FOLDED = ELEMENTWISE.keys() | OTHERS.keys()
"""What can be folded."""


def fold(node: Node) -> Array | None:
    """Return what an operator makes of constants; None if an input is none or the operator is not one of these."""
    values = [value for value in node.inputs if value is not None and not isinstance(value, Tensor)]
    function = ELEMENTWISE.get(node.operator)
    if not values or len(values) < len(node.inputs):
        return None
    if function is not None:
        check_size(*np.broadcast_shapes(*(value.shape for value in values)))
        return np.asarray(function(*values))
    if node.operator == "MatMul" and len(values) == 2:
        check_product(values[0].shape, values[1].shape)
    return np.asarray(OTHERS[node.operator](*values)) if node.operator in OTHERS else None


def _constant(node: Node) -> Value:
    given = node.attributes
    if "value" in given:
        return numbers(given["value"])
    for name in ("value_float", "value_floats", "value_int", "value_ints"):
        if name in given:
            return np.array(given[name], dtype=np.float64 if "float" in name else np.int64)
    raise UnsupportedLayer(f"it is given as {', '.join(given) or 'nothing'}; only dense numbers are read")


def _constant_of_shape(node: Node) -> Value:
    shape = node.integers("shape", 0) or []
    if min(shape, default=0) < 0:
        raise InvalidNetwork(f"it makes an array of shape {shape}")
    check_size(*shape)
    filler = numbers(node.attributes["value"]) if "value" in node.attributes else np.zeros(1)
    return np.full(shape, filler.item())


def _shape(node: Node) -> Value:
    start, end = node.integer("start", 0), node.attributes.get("end")
    return np.array(node.value(0).shape[start:end], dtype=np.int64)


def _size(node: Node) -> Value:
    return np.array(math.prod(node.value(0).shape), dtype=np.int64)


def _cast(node: Node) -> Value:
    """Convert constants; a conversion of tensors between real types changes nothing but rounding."""
    import onnx

    value, target = node.value(0), node.integer("to", 0)
    real = target in {onnx.TensorProto.DataType.Value(name) for name in WIDE}
    if isinstance(value, Tensor):
        if not real:
            raise UnsupportedLayer(reason("cast"))
        return value
    if real:
        return value.astype(np.float64)
    kind = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(target))
    if kind.kind not in "iub":
        raise UnsupportedLayer(f"it converts to {kind}; only numbers are read")
    return value.astype(kind).astype(np.bool_ if kind.kind == "b" else np.int64)


def _cast_like(node: Node) -> Value:
    value, like = node.value(0), node.value(1)
    kind = np.dtype(np.float64) if isinstance(like, Tensor) else like.dtype
    if not isinstance(value, Tensor):
        return value.astype(kind)
    if kind.kind != "f":
        raise UnsupportedLayer(reason("cast"))
    return value


WIDE = ("FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16")
"""Types in which models compute; smaller ones are for quantised numbers."""

CONSTANTS: dict[str, Reader] = {
    "Cast": _cast,
    "CastLike": _cast_like,
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Shape": _shape,
    "Size": _size,
}
"""What reads operators whose results are constants, or are used to make some."""
