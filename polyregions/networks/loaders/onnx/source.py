"""The forward pass of an ONNX model itself, in double precision, to compare what was read with."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyregions.errors import InvalidNetwork
from polyregions.networks.loaders.onnx.file import FLOATS, messages

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

__all__ = ["doubled", "forward_pass"]

Array = NDArray[Any]

FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What the evaluator raises where it cannot follow a model."""


def forward_pass(
    model: ModelProto, shapes: dict[str, tuple[int, ...]], name: str
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Return the function of points (N, n) that onnx's reference evaluator computes, in double precision.

    Points are evaluated one by one, so that nothing depends on how the model treats a larger batch.

    Parameters
    ----------
    model : ModelProto
    shapes : dict of str to tuple of int
        Of the inputs, which together make a point.
    name : str
        What is being evaluated, for messages.

    Raises
    ------
    InvalidNetwork
        The evaluator cannot follow the model; also when the function is called.
    """
    from onnx.reference import ReferenceEvaluator

    def refused(error: BaseException) -> InvalidNetwork:
        return InvalidNetwork(
            f"{name} was read, but onnx.reference cannot evaluate it for comparison ({type(error).__name__}: {error}); "
            "check=False leaves the comparison out"
        )

    try:
        evaluator = ReferenceEvaluator(doubled(model), new_ops=_operators())
    except FAULTS as error:
        raise refused(error) from None
    ends = np.cumsum([math.prod(shape) for shape in shapes.values()])[:-1]

    def evaluate(points: NDArray[np.float64]) -> NDArray[np.float64]:
        rows = []
        for point in points:
            parts = np.split(point, ends)
            feeds = {key: part.reshape(shapes[key]) for key, part in zip(shapes, parts, strict=True)}
            try:
                outputs: Sequence[Any] = evaluator.run(None, feeds)  # type: ignore[assignment]
                rows.append(np.concatenate([np.asarray(part, dtype=np.float64).ravel() for part in outputs]))
            except FAULTS as error:
                raise refused(error) from None
        return np.array(rows)

    return evaluate


def doubled(model: ModelProto) -> ModelProto:
    """Return the same model with all real numbers in double precision, which changes none of them."""
    import onnx

    types = onnx.TensorProto.DataType
    real = {types.Value(name) for name in FLOATS}
    result = onnx.ModelProto()
    result.CopyFrom(model)
    for node in list(messages(result, "NodeProto")):
        _double_attributes(node, real)
    for tensor in list(messages(result, "TensorProto")):
        if tensor.data_type in real:
            array = onnx.numpy_helper.to_array(tensor).astype(np.float64)
            tensor.CopyFrom(onnx.numpy_helper.from_array(array, tensor.name))
    for kind in list(messages(result, "TypeProto.Tensor")):
        if kind.elem_type in real:
            kind.elem_type = onnx.TensorProto.DOUBLE
    return result


def _double_attributes(node: NodeProto, real: set[int]) -> None:
    """Make conversions, and constants given as plain numbers, double."""
    import onnx

    for attribute in node.attribute:
        if node.op_type == "Cast" and attribute.name == "to" and attribute.i in real:
            attribute.i = onnx.TensorProto.DOUBLE
        if node.op_type == "Constant" and attribute.name in {"value_float", "value_floats"}:
            value = attribute.f if attribute.name == "value_float" else list(attribute.floats)
            array = onnx.numpy_helper.from_array(np.array(value, dtype=np.float64))
            attribute.CopyFrom(onnx.helper.make_attribute("value", array))


def _operators() -> list[Any]:
    """Return operators for the evaluator in place of some of its own.

    Its pooling is slow, and wrong where windows reach over the padding and for signals; its batch normalisation fails
    for old models.
    """
    from onnx.reference.op_run import OpRun

    class MaxPool(OpRun):
        op_domain = ""

        def _run(self, x: Array, **how: Any) -> tuple[Array]:
            return (_windows(x, how)[0].max(axis=-1),)

    class AveragePool(OpRun):
        op_domain = ""

        def _run(self, x: Array, **how: Any) -> tuple[Array]:
            windows, counts = _windows(x, how)
            return (np.where(np.isinf(windows), 0.0, windows).sum(axis=-1) / counts,)

    class GlobalMaxPool(OpRun):
        op_domain = ""

        def _run(self, x: Array) -> tuple[Array]:
            return (x.max(axis=tuple(range(2, x.ndim)), keepdims=True),)

    class BatchNormalization(OpRun):
        op_domain = ""

        def _run(self, x: Array, *numbers: Array, epsilon: float = 1e-5, **how: Any) -> tuple[Array]:
            scale, shift, mean, variance = (array.reshape(-1, *[1] * (x.ndim - 2)) for array in numbers)
            return (scale * (x - mean) / np.sqrt(variance + epsilon) + shift,)

    return [MaxPool, AveragePool, GlobalMaxPool, BatchNormalization]


def _windows(x: Array, how: dict[str, Any]) -> tuple[Array, Array]:
    """Return the windows of images, (N, C, *counts, window size), minus infinity outside, and what averages divide by.

    Follows the operators' text in ONNX: pads begin with all those before; with ceil_mode, windows that would begin
    behind the image and the padding before it are left out.
    """
    kernel, sizes = how["kernel_shape"], x.shape[2:]
    axes = len(kernel)
    pads = how.get("pads") or [0] * (2 * axes)
    strides, dilations = how.get("strides") or [1] * axes, how.get("dilations") or [1] * axes
    mode = how.get("auto_pad") or "NOTSET"
    divisors = np.ones(())
    for axis in reversed(range(axes)):
        n, k, s, d = sizes[axis], kernel[axis], strides[axis], dilations[axis]
        before, after, reach = pads[axis], pads[axes + axis], d * (k - 1) + 1
        if mode.startswith("SAME"):
            total = max((math.ceil(n / s) - 1) * s + reach - n, 0)
            before = total // 2 if mode == "SAME_UPPER" else math.ceil(total / 2)
            after = total - before
        elif mode == "VALID":
            before = after = 0
        count = (n + before + after - reach) // s + 1
        if how.get("ceil_mode") and mode == "NOTSET":
            count = math.ceil((n + before + after - reach) / s) + 1
            count -= (count - 1) * s >= n + before
        places = s * np.arange(count)[:, None] + d * np.arange(k)
        behind = max(int(places.max()) + 1 - n - before, after)
        widths = [(before, behind) if number == axis + 2 else (0, 0) for number in range(x.ndim)]
        x = np.take(np.pad(x, widths, constant_values=-np.inf), places, axis=axis + 2)
        counted = how.get("count_include_pad")
        inside = places < n + before + after if counted else (places >= before) & (places < n + before)
        divisors = np.multiply.outer(inside.sum(axis=1), divisors)
    order = (0, 1, *range(2, 2 + 2 * axes, 2), *range(3, 2 + 2 * axes, 2))
    windows = x.transpose(order)
    return windows.reshape(*windows.shape[: 2 + axes], -1), divisors
