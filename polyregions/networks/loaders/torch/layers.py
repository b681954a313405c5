"""PyTorch's convolutions, pools and modules, by name, on `Tensor`; parameters are named as PyTorch names them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from polyregions.errors import UnsupportedLayer
from polyregions.networks import operators
from polyregions.networks.loaders.torch.operators import ACTIVATIONS, ARITHMETIC, Extreme, Indices, array
from polyregions.networks.loaders.torch.shapes import SHAPES, interpolate, moved, padded
from polyregions.networks.loaders.unsupported import reason
from polyregions.networks.tensor import Tensor


def _batched(function: Callable[..., Tensor], spatial: int) -> Callable[..., Any]:
    """Return a function that takes several images, and one without a batch axis, as PyTorch's do."""

    def any_number(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if len(input.shape) == spatial + 1:
            result = function(input.reshape((1, *input.shape)), *args, **kwargs)
            return result.reshape(result.shape[1:])
        if len(input.shape) != spatial + 2 or input.shape[0] == 1:
            return function(input, *args, **kwargs)
        images = operators.split(input, [1] * input.shape[0], 0)
        return operators.concatenate([function(image, *args, **kwargs) for image in images], 0)

    return any_number


def _whole(sizes: Any) -> Any:
    """Return sizes as whole numbers; lists that PyTorch allows to be empty or of one entry are made plain."""
    if not isinstance(sizes, Sequence):
        return sizes
    each = tuple(sizes)
    return None if not each else each[0] if len(each) == 1 else each


def _convolution(spatial: int) -> Callable[..., Any]:
    def function(
        input: Tensor,
        weight: Any,
        bias: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Tensor:
        kernel = array(weight)
        if padding == "same":
            spans = [dilation] * spatial if isinstance(dilation, int) else list(dilation)
            totals = [span * (size - 1) for span, size in zip(spans, kernel.shape[2:], strict=False)]
            padding = [(total // 2, total - total // 2) for total in totals]
        elif padding == "valid":
            padding = 0
        elif isinstance(padding, Sequence):
            padding = _whole(padding)
        offset = None if bias is None else array(bias)
        return operators.conv(input, kernel, offset, _whole(stride), padding, _whole(dilation), groups)

    return _batched(function, spatial)


def _with_indices(values: Tensor, wanted: bool) -> Tensor | Extreme:
    return Extreme(values, Indices()) if wanted else values


def _max_pool(spatial: int, indices: bool = False) -> Callable[..., Any]:
    def function(
        input: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = indices,
    ) -> Any:
        steps = None if stride is None else _whole(stride)
        pool = _batched(operators.max_pool, spatial)
        values = pool(input, _whole(kernel_size), steps, _whole(padding), _whole(dilation), ceil_mode)
        return _with_indices(values, return_indices)

    return function


def _average_pool(spatial: int) -> Callable[..., Any]:
    def function(
        input: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Tensor:
        steps = None if stride is None else _whole(stride)
        sizes = _whole(kernel_size), steps, _whole(padding)
        return operators.average_pool(input, *sizes, ceil_mode, count_include_pad, divisor_override)

    return _batched(function, spatial)


def _adaptive_average_pool(spatial: int) -> Callable[..., Any]:
    def function(input: Tensor, output_size: Any) -> Tensor:
        return operators.adaptive_average_pool(input, _whole(output_size))

    return _batched(function, spatial)


def _adaptive_max_pool(spatial: int, indices: bool = False) -> Callable[..., Any]:
    def function(input: Tensor, output_size: Any, return_indices: bool = indices) -> Any:
        pool = _batched(operators.adaptive_max_pool, spatial)
        return _with_indices(pool(input, _whole(output_size)), return_indices)

    return function


def _batch_norm(
    input: Tensor,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: Any = None,
    eps: float = 1e-5,
) -> Tensor:
    if training or running_mean is None or running_var is None:
        raise UnsupportedLayer(reason("batch_norm"))
    scale, shift = (None if value is None else array(value) for value in (weight, bias))
    return operators.batch_norm(input, array(running_mean), array(running_var), scale, shift, eps)


LAYERS: dict[str, Callable[..., Any]] = {"batch_norm": _batch_norm}
for _d in (1, 2, 3):
    LAYERS |= {
        f"conv{_d}d": _convolution(_d),
        f"max_pool{_d}d": _max_pool(_d),
        f"max_pool{_d}d_with_indices": _max_pool(_d, indices=True),
        f"avg_pool{_d}d": _average_pool(_d),
        f"adaptive_avg_pool{_d}d": _adaptive_average_pool(_d),
        f"adaptive_max_pool{_d}d": _adaptive_max_pool(_d),
        f"adaptive_max_pool{_d}d_with_indices": _adaptive_max_pool(_d, indices=True),
    }

FUNCTIONS: dict[str, Callable[..., Any]] = ARITHMETIC | ACTIVATIONS | SHAPES | LAYERS
"""Every function and method that is more than moving entries, see `polyregions.networks.loaders.torch.shapes.MOVES`."""


def _like(name: str, *attributes: str) -> Callable[..., Any]:
    """Return what a module does that calls the function of a name with the module's attributes."""

    def apply(module: Any, input: Any, *args: Any) -> Any:
        return FUNCTIONS[name](input, *args, *(getattr(module, attribute) for attribute in attributes))

    return apply


def _conv(spatial: int) -> Callable[..., Any]:
    def apply(module: Any, input: Tensor) -> Tensor:
        padding = module.padding
        if module.padding_mode != "zeros":
            input = _batched(padded, spatial)(input, module._reversed_padding_repeated_twice, module.padding_mode)
            padding = 0
        convolve = FUNCTIONS[f"conv{spatial}d"]
        result: Tensor = convolve(
            input, module.weight, module.bias, module.stride, padding, module.dilation, module.groups
        )
        return result

    return apply


def _norm(module: Any, input: Tensor) -> Tensor:
    return _batch_norm(input, module.running_mean, module.running_var, module.weight, module.bias, eps=module.eps)


def _skip(module: Any, input: Tensor) -> Tensor:
    return input


def _move(module: Any, input: Tensor) -> Any:
    return moved(module, (input,), {})


def _constant_pad(module: Any, input: Tensor) -> Tensor:
    return padded(input, module.padding, value=module.value)


def _upsample(module: Any, input: Tensor) -> Any:
    return interpolate(
        input, module.size, module.scale_factor, module.mode, recompute_scale_factor=module.recompute_scale_factor
    )


MODULES: dict[str, Callable[..., Any]] = {
    "Linear": _like("linear", "weight", "bias"),
    **dict.fromkeys(("Identity", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d"), _skip),
    **dict.fromkeys(("AlphaDropout", "FeatureAlphaDropout"), _skip),
    "ReLU": _like("relu"),
    "LeakyReLU": _like("leaky_relu", "negative_slope"),
    "PReLU": _like("prelu", "weight"),
    "ReLU6": _like("relu6"),
    "RReLU": _like("rrelu", "lower", "upper"),
    "Hardtanh": _like("hardtanh", "min_val", "max_val"),
    "Hardsigmoid": _like("hardsigmoid"),
    "Softshrink": _like("softshrink", "lambd"),
    "Threshold": _like("threshold", "threshold", "value"),
    **dict.fromkeys(("Flatten", "Unflatten", "PixelShuffle", "PixelUnshuffle", "ChannelShuffle"), _move),
    **dict.fromkeys(("Upsample", "UpsamplingNearest2d"), _upsample),
    "Unfold": _move,
}
"""What modules of ``torch.nn`` do in inference mode, by the names of their classes."""

_WINDOW = ("kernel_size", "stride", "padding")
for _d in (1, 2, 3):
    MODULES |= {
        f"Conv{_d}d": _conv(_d),
        f"BatchNorm{_d}d": _norm,
        f"MaxPool{_d}d": _like(f"max_pool{_d}d", *_WINDOW, "dilation", "ceil_mode", "return_indices"),
        f"AvgPool{_d}d": _like(
            f"avg_pool{_d}d", *_WINDOW, "ceil_mode", "count_include_pad", *["divisor_override"] * (_d > 1)
        ),
        f"AdaptiveAvgPool{_d}d": _like(f"adaptive_avg_pool{_d}d", "output_size"),
        f"AdaptiveMaxPool{_d}d": _like(f"adaptive_max_pool{_d}d", "output_size", "return_indices"),
        **dict.fromkeys((f"ZeroPad{_d}d", f"ReflectionPad{_d}d", f"ReplicationPad{_d}d", f"CircularPad{_d}d"), _move),
        f"ConstantPad{_d}d": _constant_pad,
    }
MODULES["SyncBatchNorm"] = _norm
