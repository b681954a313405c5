"""ONNX's convolutions, pooling and batch normalisation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks import operators
from polyregions.networks.loaders.onnx.node import Array, Node, Reader, Value, check_size, check_terms
from polyregions.networks.tensor import Tensor, inputs

__all__ = ["WINDOWS"]


@dataclass(frozen=True)
class Geometry:
    """How windows slide: along each spatial axis."""

    stride: list[int]
    padding: list[tuple[int, int]]
    dilation: list[int]


def _sizes(node: Node) -> tuple[Tensor, tuple[int, ...]]:
    """Return the image with its spatial sizes."""
    x = node.tensor(0)
    if len(x.shape) < 3 or x.shape[0] != 1:
        raise InvalidNetwork(
            f"it needs one image of shape (1, channels, ...), got shape {x.shape}; export a batch of 1"
        )
    return x, x.shape[2:]


def _geometry(node: Node, sizes: Sequence[int], kernel: Sequence[int], per_window: int) -> Geometry:
    """Return how windows slide, after checking that they are not too many."""
    axes = len(sizes)
    stride = node.integers("strides") or [1] * axes
    dilation = node.integers("dilations") or [1] * axes
    pads = node.integers("pads") or [0] * (2 * axes)
    if [len(kernel), len(stride), len(dilation), len(pads)] != [axes, axes, axes, 2 * axes]:
        raise InvalidNetwork(
            f"an image with {axes} axes has kernels {list(kernel)}, strides {stride}, dilations {dilation}, pads {pads}"
        )
    if min(*kernel, *stride, *dilation) < 1 or min(pads) < 0:
        raise InvalidNetwork(
            f"kernels {list(kernel)}, strides {stride}, dilations {dilation}, pads {pads} are too small"
        )
    mode = node.text("auto_pad", "NOTSET")
    if mode in {"SAME_UPPER", "SAME_LOWER"}:
        padding = [_same(mode, *numbers) for numbers in zip(sizes, kernel, stride, dilation, strict=True)]
    elif mode == "VALID":
        padding = [(0, 0)] * axes
    elif mode != "NOTSET":
        raise InvalidNetwork(f"its auto_pad {mode!r} is not one of ONNX's")
    else:
        padding = list(zip(pads[:axes], pads[axes:], strict=True))
    check_terms(per_window, *((n + a + b) // s + 1 for n, (a, b), s in zip(sizes, padding, stride, strict=True)))
    return Geometry(stride, padding, dilation)


def _same(mode: str, size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Return the padding that makes one window for each stride."""
    total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    less, more = total // 2, total - total // 2
    return (less, more) if mode == "SAME_UPPER" else (more, less)


def _weights(node: Node) -> tuple[Array, Array | None]:
    """Return weights and bias."""
    weights = node.constant(1, "weights")
    if weights.ndim < 3:
        raise InvalidNetwork(f"its weights have shape {weights.shape}, not (channels, channels, ...)")
    kernel = node.integers("kernel_shape")
    if kernel is not None and tuple(kernel) != weights.shape[2:]:
        raise InvalidNetwork(f"its kernel_shape {kernel} is not that of its weights, {weights.shape}")
    return weights, node.constant(2, "bias") if node.has(2) else None


def _conv(node: Node) -> Value:
    weights, bias = _weights(node)
    x, sizes = _sizes(node)
    how = _geometry(node, sizes, weights.shape[2:], weights.size)
    groups = node.integer("group", 1)
    return operators.conv(x, weights, bias, how.stride, how.padding, how.dilation, groups)


def _conv_transpose(node: Node) -> Value:
    """Apply the transpose of the convolution that goes the other way."""
    weights, bias = _weights(node)
    x, sizes = _sizes(node)
    if node.text("auto_pad", "NOTSET") != "NOTSET" or "output_shape" in node.attributes:
        raise UnsupportedLayer("only explicit pads are read, not auto_pad or output_shape")
    kernel, groups = weights.shape[2:], node.integer("group", 1)
    how = _geometry(node, sizes, kernel, weights.size)
    more = node.integers("output_padding") or [0] * len(sizes)
    shape = [
        (n - 1) * s + (k - 1) * d + 1 + extra - a - b
        for n, k, s, d, extra, (a, b) in zip(sizes, kernel, how.stride, how.dilation, more, how.padding, strict=True)
    ]
    channels = weights.shape[1] * groups
    if min(shape) < 1 or min(more) < 0:
        raise InvalidNetwork(f"it makes an image of sizes {shape}")
    check_size(channels, *shape)
    (image,) = inputs((1, channels, *shape))
    back = operators.conv(image, weights, None, how.stride, how.padding, how.dilation, groups)
    if back.shape != x.shape:
        raise InvalidNetwork(f"it does not fit the shape {x.shape}; output_padding is smaller than the strides")
    offset = np.zeros(channels) if bias is None else bias
    return x.affine(back.weights.T.tocsr(), np.repeat(offset, math.prod(shape)), (1, channels, *shape))


def _pooling(node: Node) -> tuple[Tensor, list[int], Geometry, bool]:
    """Return the image, the kernel, how it slides, and whether a last window may reach over the padding."""
    x, sizes = _sizes(node)
    kernel = node.integers("kernel_shape")
    if not kernel:
        raise InvalidNetwork("its kernel_shape is missing")
    how = _geometry(node, sizes, kernel, x.shape[1] * math.prod(kernel))
    ceil_mode = bool(node.integer("ceil_mode", 0))
    if node.text("auto_pad", "NOTSET") != "NOTSET" and (ceil_mode or max(how.dilation) > 1):
        raise UnsupportedLayer("auto_pad with ceil_mode or dilations means different things in different programs")
    return x, kernel, how, ceil_mode


def _max_pool(node: Node) -> Value:
    x, kernel, how, ceil_mode = _pooling(node)
    return operators.max_pool(x, kernel, how.stride, how.padding, how.dilation, ceil_mode)


def _average_pool(node: Node) -> Value:
    x, kernel, how, ceil_mode = _pooling(node)
    counted = bool(node.integer("count_include_pad", 0))
    return operators.average_pool(
        x, kernel, how.stride, how.padding, ceil_mode, count_padding=counted, dilation=how.dilation
    )


def _global_average_pool(node: Node) -> Value:
    return operators.global_average_pool(_sizes(node)[0])


def _global_max_pool(node: Node) -> Value:
    return operators.global_max_pool(_sizes(node)[0])


def _batch_normalisation(node: Node) -> Value:
    if node.integer("training_mode", 0) or not node.integer("spatial", 1):
        raise UnsupportedLayer("only inference with one mean for each channel is read; export the model for inference")
    scale, shift, mean, variance = (
        node.constant(place, what) for place, what in enumerate(("scale", "bias", "mean", "variance"), start=1)
    )
    return operators.batch_norm(node.tensor(0), mean, variance, scale, shift, eps=node.real("epsilon", 1e-5))


WINDOWS: dict[str, Reader] = {
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_normalisation,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "GlobalAveragePool": _global_average_pool,
    "GlobalMaxPool": _global_max_pool,
    "MaxPool": _max_pool,
}
"""What reads each operator."""
