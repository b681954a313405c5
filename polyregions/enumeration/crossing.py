"""The vertices of the subdivision engine in compiled loops: signs at them, and new ones where edges are crossed.

Everything here is compiled by numba when first called; the results are the same without compilation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic.enclosure import TINY, UNDECIDED, UNIT
from polyregions.compiled import compiled
from polyregions.enumeration.rows import WORD

Floats = NDArray[np.float64]
Members = NDArray[np.int32]
Masks = NDArray[np.uint64]


@compiled
def certain_signs(values: Floats, errors: Floats, level: float) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Return the signs of numbers minus a level where error bounds do not leave them open.

    The subtraction rounds, but rounding is monotonic: a difference that is larger than the bound in floats is larger
    exactly, and one that is zero in floats is zero.

    Parameters
    ----------
    values, errors : numpy.ndarray, shape (V,)
    level : float

    Returns
    -------
    signs : numpy.ndarray of int8, shape (V,)
    undecided : numpy.ndarray of int
        The numbers whose sign is `UNDECIDED`.
    """
    signs = np.empty(len(values), dtype=np.int8)
    for i in range(len(values)):
        height = values[i] - level
        if errors[i] < abs(height) < np.inf:
            signs[i] = 1 if height > 0.0 else -1
        else:
            signs[i] = 0 if height == 0.0 and errors[i] == 0.0 else UNDECIDED
    return signs, np.flatnonzero(signs == UNDECIDED)


@compiled
def mark(incidence: Masks, bit: int, where: NDArray[np.bool_], through: bool) -> None:
    """Note in bit masks that a hyperplane passes through some vertices, or that it does not."""
    word, mask = bit // WORD, np.uint64(1) << np.uint64(bit % WORD)
    for vertex in range(len(where)):
        if where[vertex]:
            incidence[vertex, word] = incidence[vertex, word] | mask if through else incidence[vertex, word] & ~mask


@compiled
def distinct_edges(negative: Members, positive: Members) -> tuple[Members, Members, Members]:
    """Give equal edges the same number.

    Parameters
    ----------
    negative, positive : numpy.ndarray of int, shape (edges,)
        The two ends of each edge.

    Returns
    -------
    numbers : numpy.ndarray of int, shape (edges,)
        Counted from 0 in the order of first occurrence.
    one, other : numpy.ndarray of int, shape (distinct edges,)
        The two ends of each distinct edge.
    """
    size = 4
    while size < 2 * len(negative):
        size *= 2
    table = np.full(size, -1, dtype=np.int32)
    numbers, one, other = np.empty_like(negative), np.empty_like(negative), np.empty_like(negative)
    found = 0
    for edge in range(len(negative)):
        slot = (np.int64(negative[edge]) * 1000003 + positive[edge]) % 2147483647 & (size - 1)
        while True:
            known = table[slot]
            if known < 0:
                table[slot], numbers[edge] = found, found
                one[found], other[found] = negative[edge], positive[edge]
                found += 1
                break
            if one[known] == negative[edge] and other[known] == positive[edge]:
                numbers[edge] = known
                break
            slot = (slot + 1) & (size - 1)
    return numbers, one[:found], other[:found]


@compiled
def interpolate(
    values: Floats, errors: Floats, one: Members, other: Members, crossed: int, level: float
) -> tuple[Floats, Floats]:
    """Enclose affine functions at the points of edges where one of them has a certain value.

    Parameters
    ----------
    values, errors : numpy.ndarray, shape (V, k)
        The functions at all vertices, with error bounds.
    one, other : numpy.ndarray of int, shape (edges,)
        The two ends of each edge.
    crossed : int
        The function that has a certain value at the points.
    level : float
        The value.  At the two ends of an edge the exact values lie on either side of it, even where the bounds do not
        show it.

    Returns
    -------
    values, errors : numpy.ndarray, shape (edges, k)

    Notes
    -----
    With heights A and -B over the level at the nearer end a and the farther end b, and errors e and f, the point
    divides the edge in the ratio ``t = A / (A + B)``, off by at most ``(e B + f A) / ((A + B) (A' + B'))`` for the
    exact heights, which are at least ``max(A - e, 0)`` and ``max(B - f, 0)``.  The value there is ``(1 - t) v_a + t
    v_b``: to the same combination of the errors it adds the error of t times ``|v_b - v_a|`` and a few roundings.
    Where the values at both ends are equal and exact, so is the result.
    """
    columns = values.shape[1]
    result, bounds = np.empty((len(one), columns)), np.empty((len(one), columns))
    for edge in range(len(one)):
        a, b = one[edge], other[edge]
        near, far = abs(values[a, crossed] - level), abs(values[b, crossed] - level)
        e, f = errors[a, crossed], errors[b, crossed]
        if level != 0.0:
            e, f = e + 2.0 * UNIT * near, f + 2.0 * UNIT * far
        if near > far:
            a, b, near, far, e, f = b, a, far, near, f, e
        whole = near + far
        t = near / whole
        least = max(near - e, 0.0) + max(far - f, 0.0)
        shift = (e * (far / whole) + f * t + TINY) / least * (1.0 + 32.0 * UNIT)
        shift += 4.0 * UNIT * t + TINY if np.isfinite(whole) else np.inf
        for column in range(columns):
            start, end = values[a, column], values[b, column]
            d, de = errors[a, column], errors[b, column]
            step = end - start
            if step == 0.0 and d == 0.0 and de == 0.0:
                result[edge, column], bounds[edge, column] = start, 0.0
                continue
            value = start + t * step
            bound = d * (1.0 - t) + de * t + shift * (abs(step) + d + de)
            bound += 4.0 * UNIT * (abs(t * step) + abs(value))
            result[edge, column] = value
            bounds[edge, column] = bound * (1.0 + 32.0 * UNIT) + TINY if np.isfinite(value) else np.inf
        result[edge, crossed], bounds[edge, crossed] = level, 0.0
    return result, bounds


@compiled
def inherited(
    signs: NDArray[np.int8], incidence: Masks, one: Members, other: Members, switch: int, bit: int
) -> tuple[NDArray[np.int8], Masks]:
    """Tell what the ends of edges say of the points where a switch vanishes on them.

    Parameters
    ----------
    signs : numpy.ndarray of int8, shape (V, n_switches)
        The sign of every switch at every vertex.
    incidence : numpy.ndarray of uint64, shape (V, words)
        The hyperplanes through every vertex, as a bit mask.
    one, other : numpy.ndarray of int, shape (edges,)
        The two ends of each edge.
    switch : int
        The earlier ones are known, and each has one sign inside an edge.
    bit : int
        That of the switch in the masks.

    Returns
    -------
    signs : numpy.ndarray of int8, shape (edges, n_switches)
        `UNDECIDED` for later switches.
    incidence : numpy.ndarray of uint64, shape (edges, words)
        The switch, and the hyperplanes through the whole edge.
    """
    inside = np.full((len(one), signs.shape[1]), UNDECIDED, dtype=np.int8)
    through = np.empty((len(one), incidence.shape[1]), dtype=np.uint64)
    for edge in range(len(one)):
        a, b = one[edge], other[edge]
        for earlier in range(switch):
            inside[edge, earlier] = signs[a, earlier] if signs[a, earlier] else signs[b, earlier]
        inside[edge, switch] = 0
        for word in range(incidence.shape[1]):
            through[edge, word] = incidence[a, word] & incidence[b, word]
        through[edge, bit // WORD] |= np.uint64(1) << np.uint64(bit % WORD)
    return inside, through
