"""Maxima, minima and sorting."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from polyregions.errors import InvalidNetwork
from polyregions.networks.activation import Activation
from polyregions.networks.operators.arithmetic import Operand, common_shape, constant_array, grouped
from polyregions.networks.operators.shapes import Axes, axis_number, broadcast, same_network
from polyregions.networks.tensor import Tensor, stacked
from polyregions.networks.units import MOST_PIECES


def largest(x: Tensor, groups: Sequence[Sequence[int]], shape: tuple[int, ...]) -> Tensor:
    """Take the largest entry of every group of entry numbers; groups that are too long become maxima of maxima."""
    if all(len(group) == 1 for group in groups):
        return x.select(np.array([group[0] for group in groups]).reshape(shape))
    if all(len(group) <= MOST_PIECES for group in groups):
        return x.maximum(groups, shape)
    parts = [[group[k : k + MOST_PIECES] for k in range(0, len(group), MOST_PIECES)] for group in groups]
    ends = np.cumsum([0, *map(len, parts)]).tolist()
    first = x.maximum([part for group in parts for part in group])
    return largest(first, [range(a, b) for a, b in pairwise(ends)], shape)


def _clamped(x: Tensor, bound: NDArray[np.float64], side: str) -> Tensor:
    """Bound every entry from one side."""
    shape = common_shape([x.shape, bound.shape], "a maximum or minimum")
    kinds = {value: Activation.clamp(**{side: value}) for value in set(bound.ravel().tolist())}
    table = np.empty(bound.size, dtype=object)
    table[:] = [kinds[value] for value in bound.ravel().tolist()]
    return broadcast(x, shape).activate(table.reshape(bound.shape))


def maximum(*xs: Operand) -> Tensor:
    """Take the largest of tensors and constants elementwise, broadcast as in numpy.

    One tensor and constants make an activation, a ReLU if the constant is 0; several tensors make a `Maximum`.

    Examples
    --------
    >>> from polyregions.networks.tensor import inputs
    >>> x, y = inputs((1, 2), (1, 2))
    >>> maximum(x, y, 0.0).network()([-1.0, 2.0, -3.0, 4.0])
    array([0., 4.])
    """
    tensors = [x for x in xs if isinstance(x, Tensor)]
    constants = [constant_array(x, "maximum") for x in xs if not isinstance(x, Tensor)]
    if not tensors:
        raise InvalidNetwork(f"maximum needs at least one tensor, got {len(xs)} constants")
    shape = common_shape([*(x.shape for x in tensors), *(c.shape for c in constants)], "maximum")
    bound = None
    for constant in constants:
        bound = constant if bound is None else np.maximum(bound, constant)
    if len(tensors) == 1:
        return tensors[0] if bound is None else _clamped(tensors[0], bound, "low")
    parts = [broadcast(x, shape) for x in same_network(tensors if bound is None else [*tensors, bound], "maximum")]
    numbers = np.arange(len(parts) * parts[0].size).reshape(len(parts), -1).T
    return largest(stacked(parts), numbers.tolist(), shape)


def minimum(*xs: Operand) -> Tensor:
    """Take the smallest of tensors and constants elementwise, broadcast as in numpy; see `maximum`."""
    tensors = [x for x in xs if isinstance(x, Tensor)]
    constants = [constant_array(x, "minimum") for x in xs if not isinstance(x, Tensor)]
    if len(tensors) == 1 and constants:
        common_shape([tensors[0].shape, *(c.shape for c in constants)], "minimum")
        bound = constants[0]
        for constant in constants[1:]:
            bound = np.minimum(bound, constant)
        return _clamped(tensors[0], bound, "high")
    if not tensors:
        raise InvalidNetwork(f"minimum needs at least one tensor, got {len(xs)} constants")
    return tensors[0] if len(xs) == 1 else -maximum(*(-x for x in tensors), *(-c for c in constants))


def max_along(x: Tensor, axes: Axes = None, keepdims: bool = False) -> Tensor:
    """Take the largest entry along axes; left out, along all."""
    table, shape = grouped(x, axes, keepdims)
    return largest(x, table.tolist(), shape)


def min_along(x: Tensor, axes: Axes = None, keepdims: bool = False) -> Tensor:
    """Take the smallest entry along axes; left out, along all."""
    return -max_along(-x, axes, keepdims)


def group_sort(x: Tensor, size: int, axis: int = 1) -> Tensor:
    """Sort within groups of neighbours along an axis, ascending.

    Parameters
    ----------
    x : Tensor
    size : int
        The length of a group; divides the length of the axis.  With 2, pairs are sorted (MaxMin); with the length of
        the axis, everything.
    axis : int

    Notes
    -----
    A comparator of a and b is one ReLU, ``r = relu(a - b)``: the larger is ``b + r``, the smaller ``a - r``.  Larger
    groups take Batcher's merge exchange [1], whose comparators of one step share a layer.

    References
    ----------
    .. [1] Knuth (1998), The art of computer programming, volume 3, 5.2.2, algorithm M.

    Examples
    --------
    >>> from polyregions.networks.tensor import inputs
    >>> x, = inputs((1, 6))
    >>> group_sort(x, 3).network()([3.0, 1.0, 2.0, 5.0, 6.0, 4.0])
    array([1., 2., 3., 4., 5., 6.])
    """
    number = axis_number(axis, len(x.shape))
    length = x.shape[number]
    if size < 1 or length % size:
        raise InvalidNetwork(f"group_sort needs a size that divides {length}, the length of axis {axis}, got {size}")
    moved = np.moveaxis(x.numbers(), number, -1)
    places = np.argsort(moved, axis=None).reshape(x.shape)
    result = x.settled().select(moved.reshape(-1, size))
    for low, high in _comparators(size):
        a, b = (result.select(result.numbers()[:, side]) for side in (low, high))
        excess = (a - b).activate(Activation.relu())
        numbers = result.numbers()
        numbers[:, low] = result.size + np.arange(a.size).reshape(a.shape)
        numbers[:, high] = result.size + a.size + np.arange(a.size).reshape(a.shape)
        result = stacked([result, a - excess, b + excess]).select(numbers)
    return result.select(places)


def _comparators(size: int) -> list[tuple[list[int], list[int]]]:
    """Return the steps of Batcher's merge exchange: places to be compared, the lower ones and their partners."""
    steps = []
    top = 1 << max((size - 1).bit_length() - 1, 0)
    p = top if size > 1 else 0
    while p:
        q, r, d = top, 0, p
        while True:
            low = [i for i in range(size - d) if i & p == r]
            steps.append((low, [i + d for i in low]))
            if q == p:
                break
            d, q, r = q - p, q // 2, p
        p //= 2
    return [step for step in steps if step[0]]
