"""The facets of faces, from the hyperplanes through their vertices; compiled loops.

The facets of a face are its largest proper subsets of vertices that lie on a common hyperplane.  That holds in every
dimension, so the whole face lattice follows from the cells by asking this again and again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from polyregions.compiled import compiled
from polyregions.enumeration.rows import take_rows

Indices = NDArray[np.int64]
Members = NDArray[np.int32]


@compiled
def _vertex_sets(masks: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return for every hyperplane through some vertices, but not all, which vertices it contains: (hyperplanes, m)."""
    count, words = masks.shape
    some, every = masks[0].copy(), masks[0].copy()
    for i in range(1, count):
        for word in range(words):
            some[word] |= masks[i, word]
            every[word] &= masks[i, word]
    total = 0
    for word in range(words):
        bits = some[word] & ~every[word]
        while bits:
            bits &= bits - np.uint64(1)
            total += 1
    sets = np.zeros((total, count), dtype=np.bool_)
    number = 0
    for word in range(words):
        bits = some[word] & ~every[word]
        while bits:
            lowest = bits & (~bits + np.uint64(1))
            for i in range(count):
                sets[number, i] = (masks[i, word] & lowest) != 0
            bits ^= lowest
            number += 1
    return sets


@compiled
def _largest(sets: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which sets are contained in no other one; of equal sets the first."""
    count, size = sets.shape
    sizes = np.zeros(count, dtype=np.int64)
    for i in range(count):
        for v in range(size):
            sizes[i] += sets[i, v]
    result = np.ones(count, dtype=np.bool_)
    for i in range(count):
        for j in range(count):
            if i == j or not result[j] or sizes[j] < sizes[i] or (sizes[j] == sizes[i] and j > i):
                continue
            inside = True
            for v in range(size):
                if sets[i, v] and not sets[j, v]:
                    inside = False
                    break
            if inside:
                result[i] = False
                break
    return result


@compiled
def facets_of_faces(
    starts: Indices, members: Members, incidence: NDArray[np.uint64]
) -> tuple[Indices, Indices, Members]:
    """Find the facets of faces of dimension 2 or more.

    Parameters
    ----------
    starts, members : numpy.ndarray of int
        Face f has the vertices ``members[starts[f]:starts[f + 1]]``, ascending.
    incidence : numpy.ndarray of uint64, shape (V, words)
        The hyperplanes through every vertex, as a bit mask.

    Returns
    -------
    ends : numpy.ndarray of int, shape (faces + 1,)
        Face f has the facets ``ends[f]`` to ``ends[f + 1] - 1``.
    starts, members : numpy.ndarray of int
        The facets, face after face, as sets of vertices, ascending.
    """
    faces = len(starts) - 1
    ends = np.zeros(faces + 1, dtype=np.int64)
    room, space = 4 * faces + 4, 2 * len(members) + 4
    new_starts, new_members = np.zeros(room + 1, dtype=np.int64), np.empty(space, dtype=np.int32)
    found = position = 0
    for f in range(faces):
        face = members[starts[f] : starts[f + 1]]
        sets = _vertex_sets(incidence[face])
        for number in np.flatnonzero(_largest(sets)):
            if found == room:
                new_starts = np.append(new_starts, np.zeros(room, dtype=np.int64))
                room *= 2
            if position + len(face) > space:
                new_members = np.append(new_members, np.empty(space + len(face), dtype=np.int32))
                space = len(new_members)
            for i in range(len(face)):
                if sets[number, i]:
                    new_members[position] = face[i]
                    position += 1
            found += 1
            new_starts[found] = position
        ends[f + 1] = found
    return ends, new_starts[: found + 1], new_members[:position]


@compiled
def _hash(face: Members) -> np.int64:
    state = np.int64(len(face))
    for vertex in face:
        state = (state * 1000003 + vertex) % 2147483647
    return state


@compiled
def distinct_faces(starts: Indices, members: Members) -> tuple[Indices, Indices]:
    """Give equal sets of vertices the same number.

    Parameters
    ----------
    starts, members : numpy.ndarray of int
        Sets of vertices, each ascending.

    Returns
    -------
    numbers : numpy.ndarray of int, shape (sets,)
        Equal for equal sets; counted from 0 in the order of first occurrence.
    first : numpy.ndarray of int, shape (distinct sets,)
        The first occurrence of each.
    """
    count = len(starts) - 1
    size = 4
    while size < 2 * count:
        size *= 2
    table = np.full(size, -1, dtype=np.int64)
    numbers, first = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    found = 0
    for s in range(count):
        face = members[starts[s] : starts[s + 1]]
        slot = _hash(face) & (size - 1)
        while True:
            other = table[slot]
            if other < 0:
                table[slot], first[found], numbers[s] = found, s, found
                found += 1
                break
            known = members[starts[first[other]] : starts[first[other] + 1]]
            if len(known) == len(face) and (known == face).all():
                numbers[s] = other
                break
            slot = (slot + 1) & (size - 1)
    return numbers, first[:found]


def face_lattice(
    starts: Indices, members: Members, incidence: NDArray[np.uint64], dim: int
) -> tuple[tuple[csr_array, ...], tuple[csr_array, ...]]:
    """Find all faces of cells.

    Parameters
    ----------
    starts, members : numpy.ndarray of int
        Cell c has the vertices ``members[starts[c]:starts[c + 1]]``.
    incidence : numpy.ndarray of uint64, shape (V, words)
        The hyperplanes through every vertex.
    dim : int
        Dimension of the cells.

    Returns
    -------
    members : tuple of csr_array, shapes (f_k, V), for k = 0 .. dim
        The vertices of all faces.
    boundaries : tuple of csr_array, shapes (f_k, f_{k-1}), for k = 1 .. dim
        The facets of all faces.
    """
    count = len(incidence)
    order = np.lexsort((members, np.repeat(np.arange(len(starts) - 1), np.diff(starts))))
    members = members[order]
    faces, boundaries = [_incidence(starts, members, count)], []
    for _ in range(dim - 1):
        ends, parts, vertices = facets_of_faces(starts, members, incidence)
        numbers, first = distinct_faces(parts, vertices)
        boundaries.append(_incidence(ends, numbers.astype(np.int32), len(first)))
        starts, members = take_rows(parts, vertices, first)
        faces.append(_incidence(starts, members, count))
    faces.append(_incidence(np.arange(count + 1), np.arange(count, dtype=np.int32), count))
    boundaries.append(faces[-2])
    return tuple(faces[::-1]), tuple(boundaries[::-1])


def _incidence(starts: Indices, members: Members, columns: int) -> csr_array:
    """Return compressed rows as a matrix of ones."""
    ones = np.ones(len(members), dtype=np.int32)
    return csr_array((ones, members, starts.astype(np.int32)), shape=(len(starts) - 1, columns))
