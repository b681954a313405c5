"""Average and maximum pooling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from polyregions.errors import InvalidNetwork
from polyregions.networks.operators.arithmetic import mean
from polyregions.networks.operators.extremes import largest, max_along
from polyregions.networks.operators.windows import (
    Padding,
    Sizes,
    Windows,
    adaptive,
    each_axis,
    each_side,
    image_axes,
    sliding,
)
from polyregions.networks.tensor import Tensor


def max_pool(
    x: Tensor,
    kernel: Sizes,
    stride: Sizes | None = None,
    padding: Padding = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """Take the largest entry of every window of every channel; padding is never the largest.

    Parameters
    ----------
    x : Tensor, shape ``(1, channels, *sizes)``
    kernel, stride, dilation : int or one for each spatial axis
        The stride is that of the kernel if left out.
    padding : int, one for each spatial axis, or one pair (before, after) for each
    ceil_mode : bool
        Whether a last window may reach over the padding; one that would begin behind the image is left out, as in
        torch.

    Raises
    ------
    InvalidNetwork
        Shapes do not fit, or a window lies in the padding alone.

    Notes
    -----
    Windows of more entries than a `Maximum` takes (65,536) become maxima of maxima.

    Examples
    --------
    >>> from polyregions.networks.tensor import inputs
    >>> x, = inputs((1, 1, 4))
    >>> max_pool(x, 2).network()([1.0, 2.0, 4.0, 3.0])
    array([2., 4.])
    """
    sizes = image_axes(x, "max_pool")
    windows = _sliding(sizes, kernel, stride, padding, dilation, ceil_mode)
    return _largest_of(x, windows)


def average_pool(
    x: Tensor,
    kernel: Sizes,
    stride: Sizes | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_padding: bool = True,
    divisor: int | None = None,
    dilation: Sizes = 1,
) -> Tensor:
    """Average every window of every channel.

    Parameters
    ----------
    x : Tensor, shape ``(1, channels, *sizes)``
    kernel, stride, padding, ceil_mode, dilation
        See `max_pool`.
    count_padding : bool
        Whether zeros of the padding count as entries.  What reaches over the padding (`ceil_mode`) never does.
    divisor : int, optional
        Divides the sums instead of the number of entries.

    Notes
    -----
    Entries are multiplied by the float nearest to the reciprocal of their number.
    """
    sizes = image_axes(x, "average_pool")
    windows = _sliding(sizes, kernel, stride, padding, dilation, ceil_mode)
    counts = windows.counts if count_padding else (windows.pixels >= 0).sum(axis=1)
    if divisor is not None:
        if divisor == 0:
            raise InvalidNetwork("average_pool needs a divisor that is not zero")
        counts = np.full_like(counts, divisor)
    return _averages(x, windows, counts)


def adaptive_average_pool(x: Tensor, sizes: int | Sequence[int | None] | None) -> Tensor:
    """Average windows so that an image of the given size comes out; None keeps the size of an axis.

    Window i of m along an axis of length n begins at ``floor(i n / m)`` and ends before ``ceil((i + 1) n / m)``.

    Notes
    -----
    Entries are multiplied by the float nearest to the reciprocal of their number.
    """
    windows = _adaptive(x, sizes, "adaptive_average_pool")
    return _averages(x, windows, windows.counts)


def adaptive_max_pool(x: Tensor, sizes: int | Sequence[int | None] | None) -> Tensor:
    """Take the largest entries of windows so that an image of the given size comes out; None keeps it.

    The windows are those of `adaptive_average_pool`.
    """
    return _largest_of(x, _adaptive(x, sizes, "adaptive_max_pool"))


def global_average_pool(x: Tensor) -> Tensor:
    """Average every channel: ``(1, channels, *sizes)`` to ``(1, channels, 1, ...)``; see `mean`."""
    return mean(x, range(2, 2 + len(image_axes(x, "global_average_pool"))), keepdims=True)


def global_max_pool(x: Tensor) -> Tensor:
    """Take the largest entry of every channel, ``(1, channels, *sizes)`` to ``(1, channels, 1, ...)``: `max_along`."""
    return max_along(x, range(2, 2 + len(image_axes(x, "global_max_pool"))), keepdims=True)


def _sliding(
    sizes: Sequence[int], kernel: Sizes, stride: Sizes | None, padding: Padding, dilation: Sizes, ceil_mode: bool
) -> Windows:
    """Slide windows as pooling does, with the kernel as the default of the stride."""
    axes = len(sizes)
    window = each_axis(kernel, axes, "kernel")
    steps = window if stride is None else each_axis(stride, axes, "stride")
    return sliding(sizes, window, steps, each_side(padding, axes), each_axis(dilation, axes, "dilation"), ceil_mode)


def _adaptive(x: Tensor, wanted: int | Sequence[int | None] | None, what: str) -> Windows:
    """Return windows of which so many as are wanted cover the image."""
    sizes = image_axes(x, what)
    given = (wanted,) * len(sizes) if wanted is None or isinstance(wanted, int | np.integer) else tuple(wanted)
    if len(given) != len(sizes):
        raise InvalidNetwork(f"{what} of {len(sizes)} axes needs one size for each, got {wanted!r}")
    counts = [n if m is None else m for n, m in zip(sizes, given, strict=True)]
    return adaptive(sizes, each_axis(counts, len(sizes), f"the sizes of {what}"))


def _all_channels(x: Tensor, windows: Windows) -> NDArray[np.int64]:
    """Return the entries of the windows of every channel, shape (channels * windows, window size)."""
    channels, pixels = x.shape[1], x.size // x.shape[1]
    entries = windows.pixels + np.arange(channels)[:, None, None] * pixels
    return np.where(windows.pixels >= 0, entries, -1).reshape(-1, windows.pixels.shape[1])


def _largest_of(x: Tensor, windows: Windows) -> Tensor:
    """Take the largest entry of every window of every channel."""
    if not (windows.pixels >= 0).any(axis=1).all():
        raise InvalidNetwork("max_pool needs windows with at least one pixel; one of them lies in the padding alone")
    entries = _all_channels(x, windows)
    groups = [[number for number in row if number >= 0] for row in entries.tolist()]
    return largest(x, groups, (1, x.shape[1], *windows.shape))


def _averages(x: Tensor, windows: Windows, counts: NDArray[np.int64]) -> Tensor:
    """Add up every window of every channel, times the reciprocals of the counts."""
    if not counts.all():
        raise InvalidNetwork("average_pool needs windows with at least one pixel; one lies in the padding alone")
    entries = _all_channels(x, windows)
    inside = entries >= 0
    factors = np.broadcast_to(np.tile(1.0 / counts, x.shape[1])[:, None], entries.shape)
    ends = np.concatenate([[0], np.cumsum(inside.sum(axis=1))])
    matrix = csr_array((factors[inside], entries[inside], ends), (len(entries), x.size))
    return x.affine(matrix, np.zeros(len(entries)), (1, x.shape[1], *windows.shape))
