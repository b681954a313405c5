"""Convolutions, as sparse affine maps."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from polyregions.errors import InvalidNetwork
from polyregions.networks.layer import exact_floats
from polyregions.networks.operators.windows import Padding, Sizes, each_axis, each_side, image_axes, sliding
from polyregions.networks.tensor import Tensor


def conv(
    x: Tensor,
    weights: ArrayLike,
    bias: ArrayLike | None = None,
    stride: Sizes = 1,
    padding: Padding = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve an image, or a signal, with zeros around it (cross-correlation, as all frameworks have it).

    Parameters
    ----------
    x : Tensor, shape ``(1, channels, *sizes)``
        With any number of spatial axes.
    weights : array_like, shape ``(outputs, channels / groups, *kernel)``
    bias : array_like, shape (outputs,), optional
    stride, dilation : int or one for each spatial axis
    padding : int, one for each spatial axis, or one pair (before, after) for each
    groups : int
        Output channels and input channels are cut into so many groups, which have nothing to do with each other.

    Returns
    -------
    Tensor, shape ``(1, outputs, *sizes)``

    Raises
    ------
    InvalidNetwork
        Shapes do not fit.

    Examples
    --------
    >>> from polyregions.networks.tensor import inputs
    >>> x, = inputs((1, 1, 4))
    >>> conv(x, [[[1.0, -1.0]]], padding=[(1, 0)]).network()([1.0, 2.0, 4.0, 8.0])
    array([-1., -1., -2., -4.])
    """
    sizes = image_axes(x, "conv")
    kernels = exact_floats(weights, "the weights of a convolution", len(x.shape))
    outputs, depth, *kernel = kernels.shape
    if groups < 1 or 0 in kernels.shape or outputs % groups or depth * groups != x.shape[1]:
        raise InvalidNetwork(
            f"conv of {x.shape[1]} channels in {groups} groups needs weights (outputs, channels / groups, ...), "
            f"got shape {kernels.shape}"
        )
    offset = np.zeros(outputs) if bias is None else exact_floats(bias, "the bias of a convolution", 1)
    if len(offset) != outputs:
        raise InvalidNetwork(f"conv to {outputs} channels needs a bias of that length, got {len(offset)}")
    axes = len(sizes)
    steps, gaps = each_axis(stride, axes, "stride"), each_axis(dilation, axes, "dilation")
    windows = sliding(sizes, kernel, steps, each_side(padding, axes), gaps)
    inside = windows.pixels >= 0
    channels = np.arange(outputs)[:, None] // (outputs // groups) * depth + np.arange(depth)
    full = (outputs, len(inside), depth, inside.shape[1])
    columns = channels[:, None, :, None] * math.prod(sizes) + windows.pixels[None, :, None, :]
    data = np.broadcast_to(kernels.reshape(outputs, 1, depth, -1), full)
    chosen = np.broadcast_to(inside[None, :, None, :], full)
    lengths = np.tile(inside.sum(axis=1) * depth, outputs)
    ends = np.concatenate([[0], np.cumsum(lengths)])
    matrix = csr_array((data[chosen], columns[chosen], ends), (len(lengths), x.size))
    return x.affine(matrix, np.repeat(offset, len(inside)), (1, outputs, *windows.shape))
