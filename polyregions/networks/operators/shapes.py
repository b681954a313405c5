"""Operations that only move entries: nothing is computed, so nothing is rounded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from polyregions.errors import InvalidNetwork
from polyregions.networks.tensor import Tensor, stacked

Axes = int | Sequence[int] | None


@contextmanager
def refusing(what: str) -> Iterator[None]:
    """Turn numpy's complaints about shapes and indices into `InvalidNetwork`."""
    try:
        yield
    except (ValueError, IndexError, TypeError) as error:
        raise InvalidNetwork(f"{what}: {error}") from None


def axis_numbers(axes: Axes, ndim: int) -> tuple[int, ...]:
    """Return different axes as numbers from 0, ascending; None stands for all."""
    if axes is None:
        return tuple(range(ndim))
    given = [axes] if isinstance(axes, int | np.integer) else list(axes)
    if any(not isinstance(axis, int | np.integer) or not -ndim <= axis < ndim for axis in given):
        raise InvalidNetwork(f"axes of a tensor with {ndim} axes lie in {-ndim}..{ndim - 1}, got {axes}")
    numbers = sorted({int(axis) % ndim for axis in given})
    if len(numbers) < len(given):
        raise InvalidNetwork(f"axes must be different, got {axes} of {ndim} axes")
    return tuple(numbers)


def axis_number(axis: int, ndim: int) -> int:
    """Return an axis as a number from 0."""
    return axis_numbers((axis,), ndim)[0]


def reshape(x: Tensor, shape: Sequence[int]) -> Tensor:
    """Return the same entries in another shape; one -1 is filled in.

    Examples
    --------
    >>> from polyregions.networks.tensor import inputs
    >>> x, = inputs((1, 2, 3))
    >>> reshape(x, (1, -1)).shape
    (1, 6)
    """
    return x.reshape(shape)


def flatten(x: Tensor, start: int = 1, end: int = -1) -> Tensor:
    """Make the axes from `start` to `end` (included) one."""
    if not x.shape:
        return x.reshape((1,))
    first, last = axis_number(start, len(x.shape)), axis_number(end, len(x.shape))
    if first > last:
        raise InvalidNetwork(f"flatten needs axes in order, got {start} to {end} of {len(x.shape)} axes")
    size = int(np.prod(x.shape[first : last + 1]))
    return x.reshape((*x.shape[:first], size, *x.shape[last + 1 :]))


def transpose(x: Tensor, axes: Sequence[int] | None = None) -> Tensor:
    """Put the axes into another order; left out, in the opposite order."""
    with refusing(f"transpose of shape {x.shape} cannot take the axes {axes}"):
        numbers = np.transpose(x.numbers(), axes)
    return x.select(numbers)


def concatenate(xs: Sequence[Tensor | ArrayLike], axis: int) -> Tensor:
    """Put tensors one after the other along an axis; constant arrays may be among them.

    Examples
    --------
    >>> from polyregions.networks.tensor import inputs
    >>> a, b = inputs((1, 2, 3), (1, 4, 3))
    >>> concatenate([a, b], axis=1).shape
    (1, 6, 3)
    """
    tensors = same_network(xs, "concatenate")
    ends = np.cumsum([0, *(x.size for x in tensors)])
    with refusing(f"concatenate along axis {axis} does not fit the shapes {', '.join(str(x.shape) for x in tensors)}"):
        numbers = np.concatenate([x.numbers() + first for x, first in zip(tensors, ends, strict=False)], axis=axis)
    return stacked(tensors).select(numbers)


def same_network(xs: Sequence[Tensor | ArrayLike], what: str) -> list[Tensor]:
    """Make constant arrays tensors of the network of the first tensor."""
    first = next((x for x in xs if isinstance(x, Tensor)), None)
    if first is None:
        raise InvalidNetwork(f"{what} needs at least one tensor, got {len(xs)} constants")
    return [x if isinstance(x, Tensor) else first.constant(x) for x in xs]


def split(x: Tensor, sizes: Sequence[int], axis: int) -> list[Tensor]:
    """Cut a tensor into parts of the given sizes along an axis."""
    number = axis_number(axis, len(x.shape))
    if min(sizes, default=0) < 0 or sum(sizes) != x.shape[number]:
        raise InvalidNetwork(
            f"split needs sizes that add up to {x.shape[number]}, the length of axis {axis}, got {list(sizes)}"
        )
    parts = np.split(x.numbers(), np.cumsum(sizes)[:-1], axis=number)
    return [x.select(part) for part in parts]


def pad(x: Tensor, widths: Sequence[tuple[int, int]], value: float = 0.0) -> Tensor:
    """Put a constant around a tensor.

    Parameters
    ----------
    x : Tensor
    widths : sequence of (before, after), one pair for each axis
        Negative widths cut off.
    value : float

    Examples
    --------
    >>> from polyregions.networks.tensor import inputs
    >>> x, = inputs((1, 3))
    >>> pad(x, [(0, 0), (1, -1)], 7.0).network()([1.0, 2.0, 3.0])
    array([7., 1., 2.])
    """
    pairs = [(int(before), int(after)) for before, after in widths]
    if len(pairs) != len(x.shape):
        raise InvalidNetwork(f"pad needs one pair of widths for each of {len(x.shape)} axes, got {len(pairs)}")
    if any(size + min(before, 0) + min(after, 0) < 0 for size, (before, after) in zip(x.shape, pairs, strict=True)):
        raise InvalidNetwork(f"pad cannot cut {pairs} off the shape {x.shape}")
    numbers = np.pad(x.numbers(), [(max(a, 0), max(b, 0)) for a, b in pairs], constant_values=-1)
    kept = tuple(slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(numbers.shape, pairs, strict=True))
    return x.select(numbers[kept], filler=value)


def slice_(x: Tensor, index: Any) -> Tensor:
    """Return ``x[index]`` as numpy means it.

    Parameters
    ----------
    x : Tensor
    index : slice, int, int array, Ellipsis, None, or tuple of them

    Examples
    --------
    >>> from polyregions.networks.tensor import inputs
    >>> x, = inputs((1, 4))
    >>> slice_(x, (0, slice(None, None, -2))).network()([1.0, 2.0, 3.0, 4.0])
    array([4., 2.])
    """
    with refusing(f"a tensor of shape {x.shape} cannot be indexed by {index!r}"):
        numbers = x.numbers()[index]
    return x.select(numbers)


def squeeze(x: Tensor, axes: Axes = None) -> Tensor:
    """Leave out axes of size 1; left out, all of them."""
    chosen = [a for a, n in enumerate(x.shape) if n == 1] if axes is None else axis_numbers(axes, len(x.shape))
    if any(x.shape[axis] != 1 for axis in chosen):
        raise InvalidNetwork(f"squeeze needs axes of size 1, got axes {axes} of the shape {x.shape}")
    return x.reshape([n for axis, n in enumerate(x.shape) if axis not in chosen])


def unsqueeze(x: Tensor, axes: int | Sequence[int]) -> Tensor:
    """Insert axes of size 1, numbered as in the result."""
    given = (axes,) if isinstance(axes, int | np.integer) else tuple(axes)
    chosen = axis_numbers(given, len(x.shape) + len(given))
    left = iter(x.shape)
    return x.reshape([1 if axis in chosen else next(left) for axis in range(len(x.shape) + len(given))])


def broadcast(x: Tensor, shape: Sequence[int]) -> Tensor:
    """Repeat entries along axes of size 1, as numpy does."""
    if tuple(shape) == x.shape:
        return x
    with refusing(f"the shape {x.shape} cannot be broadcast to {tuple(shape)}"):
        numbers = np.broadcast_to(x.numbers(), tuple(shape))
    return x.select(numbers)


def gather(x: Tensor, indices: ArrayLike, axis: int) -> Tensor:
    """Take entries along an axis by their places, as ``numpy.take`` does; places may be negative and repeated."""
    places = np.asarray(indices)
    if places.dtype.kind not in "iu":
        raise InvalidNetwork(f"gather needs integer places, got dtype {places.dtype}")
    with refusing(f"gather cannot take these places along axis {axis} of the shape {x.shape}"):
        numbers = np.take(x.numbers(), places, axis=axis)
    return x.select(numbers)
