"""Which entries of an image the windows of a convolution or of pooling cover."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyregions.errors import InvalidNetwork
from polyregions.networks.tensor import Tensor

Sizes = int | Sequence[int]
Padding = int | Sequence[int] | Sequence[tuple[int, int]]

OUTSIDE = -1
PADDING = -2


@dataclass(frozen=True, eq=False)
class Windows:
    """The windows that slide over an image.

    Attributes
    ----------
    shape : tuple of int
        How many there are along each axis.
    pixels : numpy.ndarray of int, shape (windows, window size)
        The pixels, numbered in row-major order; negative where a window reaches over the image.
    counts : numpy.ndarray of int, shape (windows,)
        How many entries of a window lie in the image or its padding.
    """

    shape: tuple[int, ...]
    pixels: NDArray[np.int64]
    counts: NDArray[np.int64]


def image_axes(x: Tensor, what: str) -> tuple[int, ...]:
    """Return the spatial sizes of a batch of one image, (1, channels, *sizes)."""
    if len(x.shape) < 3 or x.shape[0] != 1:
        raise InvalidNetwork(f"{what} needs one image of shape (1, channels, ...), got shape {x.shape}")
    return x.shape[2:]


def each_axis(numbers: Sizes, axes: int, what: str, least: int = 1) -> tuple[int, ...]:
    """Return one integer for each axis."""
    given = tuple(numbers) if isinstance(numbers, Iterable) else (numbers,)
    if len(given) == 1:
        given *= axes
    if len(given) != axes or any(not isinstance(n, int | np.integer) or n < least for n in given):
        raise InvalidNetwork(f"{what} must be an integer from {least}, or {axes} of them, got {numbers!r}")
    return tuple(int(n) for n in given)


def each_side(padding: Padding, axes: int) -> tuple[tuple[int, int], ...]:
    """Return the padding before and after for each axis."""
    given: list[Any] = list(padding) if isinstance(padding, Iterable) else [padding]
    pairs = [tuple(width) if isinstance(width, Iterable) else (width, width) for width in given]
    if len(pairs) == 1:
        pairs *= axes
    numbers = [n for pair in pairs for n in pair]
    integers = all(isinstance(n, int | np.integer) and n >= 0 for n in numbers)
    if not integers or len(pairs) != axes or any(len(pair) != 2 for pair in pairs):
        raise InvalidNetwork(
            f"padding must be an integer from 0, {axes} of them, or {axes} pairs (before, after), got {padding!r}"
        )
    return tuple((int(before), int(after)) for before, after in pairs)


def sliding(
    sizes: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int],
    ceil_mode: bool = False,
) -> Windows:
    """Slide a window over an image.

    With `ceil_mode`, a last window may reach over the padding if it starts in the image or the padding before it;
    so may the only one.

    Raises
    ------
    InvalidNetwork
        No window fits.
    """
    tables = []
    for n, k, s, (before, after), d in zip(sizes, kernel, stride, padding, dilation, strict=True):
        room = n + before + after - d * (k - 1) - 1
        count = (room + (s - 1 if ceil_mode else 0)) // s + 1
        if ceil_mode and (count - 1) * s >= n + before:
            count -= 1
        if count < 1:
            raise InvalidNetwork(
                f"a window of {k} (dilation {d}) does not fit into {n} pixels with padding {(before, after)}"
            )
        places = np.arange(count)[:, None] * s - before + np.arange(k) * d
        outside = np.where(places < n + after, PADDING, OUTSIDE)
        tables.append(np.where((places >= 0) & (places < n), places, outside))
    return combined(sizes, tables)


def adaptive(sizes: Sequence[int], counts: Sequence[int]) -> Windows:
    """Cover an image with given numbers of windows; the i-th of m is floor(i n / m) to ceil((i + 1) n / m)."""
    tables = []
    for n, m in zip(sizes, counts, strict=True):
        begin, end = np.arange(m) * n // m, -(-(np.arange(m) + 1) * n // m)
        places = begin[:, None] + np.arange((end - begin).max())
        tables.append(np.where(places < end[:, None], places, OUTSIDE))
    return combined(sizes, tables)


def combined(sizes: Sequence[int], tables: Sequence[NDArray[np.int64]]) -> Windows:
    """Combine the windows along each axis, (windows, window size)."""
    axes = len(sizes)
    pixels, inside, counted = np.zeros((1,) * (2 * axes), dtype=np.int64), np.array(True), np.array(True)
    for axis, (n, table) in enumerate(zip(sizes, tables, strict=True)):
        place = [1] * (2 * axes)
        place[axis], place[axes + axis] = table.shape
        part = table.reshape(place)
        pixels = pixels * n + part
        inside, counted = inside & (part >= 0), counted & (part != OUTSIDE)
    shape = tuple(len(table) for table in tables)
    flat = np.where(inside, pixels, OUTSIDE).reshape(int(np.prod(shape)), -1)
    return Windows(shape, flat, counted.reshape(len(flat), -1).sum(axis=1))
