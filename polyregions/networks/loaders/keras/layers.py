"""The layers of Keras as operations on tensors: what each does when a network is used, not trained."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce

import numpy as np

from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks import operators as ops
from polyregions.networks.activation import Activation
from polyregions.networks.loaders.keras.options import Options
from polyregions.networks.operators.normalisation import nearest_quotient
from polyregions.networks.tensor import Tensor

__all__ = ["LAYERS", "WEIGHTLESS", "Function", "check_size", "joined"]

MOST_ENTRIES = 2**23
"""Larger arrays than this are refused where a file asks for them in a few bytes."""


def check_size(shape: Sequence[int]) -> None:
    """Refuse shapes with too many entries."""
    if math.prod(shape) > MOST_ENTRIES:
        raise InvalidNetwork(f"arrays of shape {tuple(shape)} are too large to be read here")


def _nothing(x: Tensor, o: Options) -> Tensor:
    return x


def _dense(x: Tensor, o: Options) -> Tensor:
    units = o.integer("units")
    kernel = o.weight(0, (x.shape[-1], units))
    return ops.linear(x, kernel.T, o.weight(1, (units,)) if o.flag("use_bias") else None)


# Convolutions and pooling.  The operators want channels first; a transposition rounds nothing.


def _images(x: Tensor, o: Options, axes: int) -> Tensor:
    """Return an input of convolution or pooling with channels first."""
    if len(x.shape) != axes + 2:
        raise InvalidNetwork(f"it needs inputs with {axes} spatial axes and channels, got the shape {x.shape[1:]}")
    return ops.transpose(x, (0, axes + 1, *range(1, axes + 1))) if o.channels_last() else x


def _back(y: Tensor, o: Options) -> Tensor:
    axes = len(y.shape) - 2
    return ops.transpose(y, (0, *range(2, axes + 2), 1)) if o.channels_last() else y


def _paddings(
    o: Options, sizes: Sequence[int], windows: Sequence[int], strides: Sequence[int]
) -> list[tuple[int, int]]:
    """Return how many entries are added before and behind each axis."""
    kind = o.choice("padding", "valid", "same", "causal")
    result = []
    for size, window, stride in zip(sizes, windows, strides, strict=True):
        short = 0 if kind == "valid" else max((math.ceil(size / stride) - 1) * stride + window - size, 0)
        result.append((window - 1, 0) if kind == "causal" else (short // 2, short - short // 2))
    return result


def _convolve(x: Tensor, o: Options, kernel: np.ndarray, bias: np.ndarray | None, groups: int) -> Tensor:
    """Convolve with a kernel (outputs, inputs, *sizes), all else from the options."""
    axes = kernel.ndim - 2
    strides, dilation = o.integers("strides", axes), o.integers("dilation_rate", axes)
    windows = [(size - 1) * rate + 1 for size, rate in zip(kernel.shape[2:], dilation, strict=True)]
    padding = _paddings(o, x.shape[2:], windows, strides)
    check_size([size + before + after for size, (before, after) in zip(x.shape[2:], padding, strict=True)])
    return ops.conv(x, kernel, bias, strides, padding, dilation, groups)


def _conv(x: Tensor, o: Options) -> Tensor:
    axes = o.axes()
    x = _images(x, o, axes)
    filters, groups = o.integer("filters"), o.integer("groups")
    kernel = o.weight(0, (*o.integers("kernel_size", axes), x.shape[1] // groups, filters))
    bias = o.weight(1, (filters,)) if o.flag("use_bias") else None
    return _back(_convolve(x, o, np.moveaxis(kernel, (-1, -2), (0, 1)), bias, groups), o)


def _each_channel(x: Tensor, o: Options, bias: np.ndarray | None) -> Tensor:
    """Convolve every channel with kernels of its own, the layer's first weights; channels first."""
    axes, multiplier = o.axes(), o.integer("depth_multiplier")
    kernel = o.weight(0, (*o.integers("kernel_size", axes), x.shape[1], multiplier))
    flat = np.moveaxis(kernel, (-2, -1), (0, 1)).reshape(-1, 1, *kernel.shape[:axes])
    return _convolve(x, o, flat, bias, x.shape[1])


def _depthwise(x: Tensor, o: Options) -> Tensor:
    x = _images(x, o, o.axes())
    bias = o.weight(1, (x.shape[1] * o.integer("depth_multiplier"),)) if o.flag("use_bias") else None
    return _back(_each_channel(x, o, bias), o)


def _separable(x: Tensor, o: Options) -> Tensor:
    axes, filters = o.axes(), o.integer("filters")
    y = _each_channel(_images(x, o, axes), o, None)
    points = o.weight(1, (*[1] * axes, y.shape[1], filters))
    bias = o.weight(2, (filters,)) if o.flag("use_bias") else None
    return _back(ops.conv(y, np.moveaxis(points, (-1, -2), (0, 1)), bias), o)


def _pool(x: Tensor, o: Options) -> Tensor:
    axes = o.axes()
    x = _images(x, o, axes)
    sizes = o.integers("pool_size", axes)
    strides = o.integers("strides", axes)
    padding = _paddings(o, x.shape[2:], sizes, strides)
    if o.kind.startswith("Max"):
        return _back(ops.max_pool(x, sizes, strides, padding), o)
    if any(before != behind for before, behind in padding):
        raise UnsupportedLayer(
            "with padding 'same', and more of it behind than before, its result depends on the backend of Keras; "
            "use padding 'valid' after ZeroPadding layers"
        )
    return _back(ops.average_pool(x, sizes, strides, padding, count_padding=False), o)


def _global_pool(x: Tensor, o: Options) -> Tensor:
    axes = o.axes()
    first = 1 if o.channels_last() else 2
    _images(x, o, axes)
    reduced = ops.max_along if o.kind.startswith("GlobalMax") else ops.mean
    return reduced(x, range(first, first + axes), keepdims=o.flag("keepdims"))


# Normalisation.


def _batch_norm(x: Tensor, o: Options) -> Tensor:
    axis = o.axis_list("axis", len(x.shape))
    if len(axis) != 1 or o.flag("renorm", False):
        raise UnsupportedLayer("only one axis of channels, without renormalisation, is read")
    shape, number = (x.shape[axis[0]],), 0
    scale = shift = None
    if o.flag("scale"):
        scale, number = o.weight(number, shape), number + 1
    if o.flag("center"):
        shift, number = o.weight(number, shape), number + 1
    mean, variance = o.weight(number, shape), o.weight(number + 1, shape)
    return ops.batch_norm(x, mean, variance, scale, shift, o.number("epsilon"), axis[0])


def _normalization(x: Tensor, o: Options) -> Tensor:
    kept = o.axis_list("axis", len(x.shape))
    spread = [size if axis in kept else 1 for axis, size in enumerate(x.shape)]
    if o.given("mean"):
        mean, variance = o.array("mean") * np.ones(spread), o.array("variance") * np.ones(spread)
    else:
        own = tuple(x.shape[axis] for axis in kept)
        mean, variance = o.weight(0, own).reshape(spread), o.weight(1, own).reshape(spread)
        o.unused_weight(2)  # how many samples they were computed from
    if variance.min() < 0.0:
        raise InvalidNetwork("its variances should not be negative")
    # Keras divides by max(sqrt(variance), 1e-7), its default `epsilon`, which files do not hold.
    least = Fraction(1e-7) ** 2
    small = np.reshape([Fraction(v) < least for v in variance.ravel().tolist()], variance.shape)
    if o.flag("invert"):
        return ops.add(ops.multiply(x, np.where(small, 1e-7, np.sqrt(variance))), mean)
    inverse = [nearest_quotient(1.0, v, 0.0) if v else 0.0 for v in variance.ravel().tolist()]
    factors = np.where(small, 1.0 / 1e-7, np.reshape(inverse, variance.shape))
    return ops.multiply(ops.subtract(x, mean), factors)


def _rescaling(x: Tensor, o: Options) -> Tensor:
    return ops.add(ops.multiply(x, o.array("scale")), o.array("offset"))


def _parametric(x: Tensor, o: Options) -> Tensor:
    shared = [] if not o.given("shared_axes") else o.axis_list("shared_axes", len(x.shape))
    slopes = o.weight(0, [1 if axis in shared else size for axis, size in enumerate(x.shape)][1:])
    each = {slope: Activation.leaky_relu(slope) for slope in set(slopes.ravel().tolist())}
    kinds = np.empty(slopes.size, dtype=object)
    kinds[:] = [each[slope] for slope in slopes.ravel().tolist()]
    return x.activate(kinds.reshape(slopes.shape))


# Several inputs.


def _merge(xs: Sequence[Tensor], o: Options) -> Tensor:
    most = max(len(x.shape) for x in xs)
    parts = [ops.reshape(x, (1, *[1] * (most - len(x.shape)), *x.shape[1:])) for x in xs]
    widest = [max(sizes) for sizes in zip(*(part.shape for part in parts), strict=True)]
    check_size(widest)
    if o.kind == "Subtract":
        if len(parts) != 2:
            raise InvalidNetwork(f"a difference needs two inputs, got {len(parts)}")
        return ops.subtract(*parts)
    if o.kind == "Maximum":
        return ops.maximum(*parts)
    if o.kind == "Minimum":
        return ops.minimum(*parts)
    total = reduce(ops.add, parts)
    return ops.divide(total, float(len(parts))) if o.kind == "Average" else total


def joined(xs: Sequence[Tensor], o: Options) -> Tensor:
    """Concatenate tensors."""
    (axis,) = o.axis_list("axis", len(xs[0].shape))
    check_size((sum(x.size for x in xs),))
    return ops.concatenate(xs, axis)


# Shapes.


def _flatten(x: Tensor, o: Options) -> Tensor:
    axes = len(x.shape)
    x = x if o.channels_last() or axes < 3 else ops.transpose(x, (0, *range(2, axes), 1))
    return ops.reshape(x, (1, -1))


def _reshape(x: Tensor, o: Options) -> Tensor:
    return ops.reshape(x, (1, *o.integers("target_shape", None, low=-1)))


def _permute(x: Tensor, o: Options) -> Tensor:
    return ops.transpose(x, (0, *o.integers("dims", len(x.shape) - 1)))


def _pad(x: Tensor, o: Options) -> Tensor:
    widths = _borders(x, o, "padding")
    check_size([size + before + after for size, (before, after) in zip(x.shape, widths, strict=True)])
    return ops.pad(x, widths)


def _crop(x: Tensor, o: Options) -> Tensor:
    widths = _borders(x, o, "cropping")
    if any(before + after >= size for size, (before, after) in zip(x.shape, widths, strict=True)):
        raise InvalidNetwork(f"nothing is left of the shape {x.shape[1:]} when it is cropped")
    return ops.slice_(x, tuple(slice(a, size - b) for size, (a, b) in zip(x.shape, widths, strict=True)))


def _borders(x: Tensor, o: Options, key: str) -> list[tuple[int, int]]:
    """Return the widths before and behind each axis of x."""
    axes = o.axes()
    _images(x, o, axes)
    pairs = o.pairs(key, axes)
    return [(0, 0), *pairs, (0, 0)] if o.channels_last() else [(0, 0), (0, 0), *pairs]


def _repeat(x: Tensor, o: Options) -> Tensor:
    """Repeat entries along spatial axes."""
    if o.config.get("interpolation", "nearest") != "nearest":
        raise UnsupportedLayer("only the interpolation 'nearest' is read")
    axes = o.axes()
    _images(x, o, axes)
    factors = o.integers("size", axes)
    first = 1 if o.channels_last() else 2
    check_size([*x.shape, *factors])
    numbers = x.numbers()
    for axis, factor in enumerate(factors, start=first):
        numbers = np.repeat(numbers, factor, axis=axis)
    return x.select(numbers)


CONVOLUTION = "strides padding data_format dilation_rate kernel_size use_bias activation"
WEIGHTLESS = re.compile(
    r"name|trainable|dtype|autocast|seed|.*_(initializer|regularizer|constraint)|momentum|renorm_.*|synchronized"
)
"""Options that change nothing when a network is used."""

Function = Callable[..., Tensor]

_TABLE: dict[str, tuple[Function, str]] = {
    "Activation": (_nothing, "activation"),
    "Dense": (_dense, "units use_bias activation"),
    "Conv1D Conv2D Conv3D": (_conv, f"{CONVOLUTION} filters groups"),
    "DepthwiseConv1D DepthwiseConv2D": (_depthwise, f"{CONVOLUTION} depth_multiplier"),
    "SeparableConv1D SeparableConv2D": (_separable, f"{CONVOLUTION} filters depth_multiplier"),
    "MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D": (
        _pool,
        "pool_size strides padding data_format",
    ),
    "GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GlobalAveragePooling1D GlobalAveragePooling2D "
    "GlobalAveragePooling3D": (_global_pool, "data_format keepdims"),
    "BatchNormalization": (_batch_norm, "axis epsilon center scale renorm"),
    "Normalization": (_normalization, "axis invert mean variance"),
    "Rescaling": (_rescaling, "scale offset"),
    "ReLU": (_nothing, "max_value negative_slope threshold"),
    "LeakyReLU": (_nothing, "negative_slope"),
    "PReLU": (_parametric, "shared_axes"),
    "Add Subtract Average Maximum Minimum": (_merge, ""),
    "Concatenate": (joined, "axis"),
    "Flatten": (_flatten, "data_format"),
    "Reshape": (_reshape, "target_shape"),
    "Permute": (_permute, "dims"),
    "ZeroPadding1D ZeroPadding2D ZeroPadding3D": (_pad, "padding data_format"),
    "Cropping1D Cropping2D Cropping3D": (_crop, "cropping data_format"),
    "UpSampling1D UpSampling2D UpSampling3D": (_repeat, "size data_format interpolation"),
    "Identity": (_nothing, ""),
    "Dropout AlphaDropout": (_nothing, "rate noise_shape"),
    "SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianDropout": (_nothing, "rate data_format"),
    "GaussianNoise": (_nothing, "stddev"),
    "ActivityRegularization": (_nothing, "l1 l2"),
}

LAYERS: dict[str, tuple[Function, frozenset[str]]] = {
    kind: (function, frozenset(options.split()))
    for kinds, (function, options) in _TABLE.items()
    for kind in kinds.split()
}
"""What every known layer does, and the options on which that depends."""
