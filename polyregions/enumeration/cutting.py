"""The inner loops of the subdivision engine: cells as lists of vertices, cut by one function after the other.

Cells are stored in compressed rows: cell c has the vertices ``members[starts[c]:starts[c + 1]]``.  Everything here is
compiled by numba when first called; the results are the same without compilation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyregions.compiled import compiled

Indices = NDArray[np.int64]


@compiled
def _count(bits: np.uint64) -> np.int64:
    """Count the bits of a word that are set: by pairs, by fours, by bytes, then all at once."""
    bits -= (bits >> np.uint64(1)) & np.uint64(0x5555555555555555)
    bits = (bits & np.uint64(0x3333333333333333)) + ((bits >> np.uint64(2)) & np.uint64(0x3333333333333333))
    bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((bits * np.uint64(0x0101010101010101)) >> np.uint64(56))


@compiled
def _shared(a: np.int64, others: NDArray[np.int64], masks: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Count the hyperplanes that one vertex shares with others."""
    counts = np.zeros(len(others), dtype=np.int64)
    for word in range(masks.shape[1]):
        mask = masks[a, word]
        if mask:
            for i in range(len(others)):
                counts[i] += _count(mask & masks[others[i], word])
    return counts


@compiled
def _degrees(masks: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Count the hyperplanes through every vertex."""
    counts = np.zeros(len(masks), dtype=np.int64)
    for word in range(masks.shape[1]):
        for i in range(len(masks)):
            counts[i] += _count(masks[i, word])
    return counts


@compiled
def _joined(a: np.int64, b: np.int64, masks: NDArray[np.uint64]) -> bool:
    """Tell whether no third vertex lies on all hyperplanes that two vertices share."""
    for vertex in range(len(masks)):
        if vertex not in (a, b):
            contains = True
            for word in range(masks.shape[1]):
                if masks[a, word] & masks[b, word] & ~masks[vertex, word]:
                    contains = False
                    break
            if contains:
                return False
    return True


@compiled
def _proper_masks(masks: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Leave out the hyperplanes that contain all vertices of a cell."""
    for word in range(masks.shape[1]):
        every = masks[0, word]
        for i in range(1, len(masks)):
            every &= masks[i, word]
        if every:
            for i in range(len(masks)):
                masks[i, word] &= ~every
    return masks


@compiled
def cut_edges(
    starts: Indices, members: NDArray[np.int32], sides: NDArray[np.int8], incidence: NDArray[np.uint64], dim: int
) -> tuple[NDArray[np.int8], Indices, NDArray[np.int32], NDArray[np.int32]]:
    """Find the cells with vertices on both sides of a function, and their edges that it crosses.

    Parameters
    ----------
    starts, members : numpy.ndarray of int
        The cells.
    sides : numpy.ndarray of int8, shape (V,)
        The sign of the function at every vertex: -1, 0, 1.
    incidence : numpy.ndarray of uint64, shape (V, words)
        The hyperplanes through every vertex, as a bit mask.
    dim : int
        Dimension of the cells.

    Returns
    -------
    signs : numpy.ndarray of int8, shape (cells,)
        The sign on each cell, 0 where the function vanishes on it; 2 for cells that are cut.
    ends : numpy.ndarray of int, shape (cells + 1,)
        Edges ``ends[c]:ends[c + 1]`` belong to cell c.
    negative, positive : numpy.ndarray of int, shape (edges,)
        The two vertices of each edge.
    """
    count = len(starts) - 1
    signs = np.zeros(count, dtype=np.int8)
    ends = np.zeros(count + 1, dtype=np.int64)
    room = 1024
    negative, positive = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
    found = 0
    for c in range(count):
        cell = members[starts[c] : starts[c + 1]]
        below = above = False
        for vertex in cell:
            below |= sides[vertex] < 0
            above |= sides[vertex] > 0
        signs[c] = np.int8(2) if below and above else np.int8(above) - np.int8(below)
        if below and above:
            masks, own = _proper_masks(incidence[cell]), sides[cell]
            simple = _degrees(masks) == dim
            lower, upper = np.flatnonzero(own < 0), np.flatnonzero(own > 0)
            for a in lower:
                shared = _shared(a, upper, masks)
                for i in np.flatnonzero(shared >= dim - 1):
                    b = upper[i]
                    if simple[a] or simple[b] or _joined(a, b, masks):
                        if found == room:
                            room *= 2
                            negative = np.append(negative, np.empty(found, dtype=np.int32))
                            positive = np.append(positive, np.empty(found, dtype=np.int32))
                        negative[found], positive[found] = cell[a], cell[b]
                        found += 1
        ends[c + 1] = found
    return signs, ends, negative[:found], positive[:found]


@compiled
def split_cells(
    starts: Indices,
    members: NDArray[np.int32],
    sides: NDArray[np.int8],
    signs: NDArray[np.int8],
    ends: Indices,
    crossings: NDArray[np.int32],
) -> tuple[Indices, NDArray[np.int32], Indices, NDArray[np.int8]]:
    """Replace every cut cell by its part below and its part above.

    Parameters
    ----------
    starts, members, sides
        As for `cut_edges`.
    signs, ends
        Its results.
    crossings : numpy.ndarray of int, shape (edges,)
        The vertex at which each edge is crossed.

    Returns
    -------
    starts, members : numpy.ndarray of int
        The new cells; the parts of a cell take its place.
    parents : numpy.ndarray of int, shape (new cells,)
        The cell each was part of.
    signs : numpy.ndarray of int8, shape (new cells,)
        The sign of the function on each.
    """
    count = len(starts) - 1
    size, total = count, len(members)
    for c in range(count):
        if signs[c] == 2:
            size += 1
            total += 2 * (ends[c + 1] - ends[c])
            for vertex in members[starts[c] : starts[c + 1]]:
                total += sides[vertex] == 0
    new_starts, new_members = np.zeros(size + 1, dtype=np.int64), np.empty(total, dtype=np.int32)
    parents, new_signs = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int8)
    cell = position = 0
    for c in range(count):
        for side in (-1, 1):
            if signs[c] != 2 and side > 0:
                continue
            for vertex in members[starts[c] : starts[c + 1]]:
                if signs[c] != 2 or sides[vertex] * side >= 0:
                    new_members[position] = vertex
                    position += 1
            if signs[c] == 2:
                for edge in range(ends[c], ends[c + 1]):
                    new_members[position] = crossings[edge]
                    position += 1
            parents[cell] = c
            new_signs[cell] = side if signs[c] == 2 else signs[c]
            cell += 1
            new_starts[cell] = position
    return new_starts, new_members, parents, new_signs
