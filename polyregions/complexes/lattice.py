"""The facets of faces, from the hyperplanes through their vertices; compiled loops.

The facets of a face are its largest proper subsets of vertices that lie on a common hyperplane.  That holds in every
dimension, so the whole face lattice follows from the cells by asking this again and again.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Members = NDArray[np.int32]


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
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
    counts : numpy.ndarray of int, shape (faces,)
        How many facets each face has.
    starts, members : numpy.ndarray of int
        The facets, face after face, as sets of vertices, ascending.
    """
    faces = len(starts) - 1
    counts = np.zeros(faces, dtype=np.int64)
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
            counts[f] += 1
            found += 1
            new_starts[found] = position
    return counts, new_starts[: found + 1], new_members[:position]


@numba.njit(cache=True, nogil=True)
def _hash(face: Members) -> np.uint64:
    state = np.uint64(len(face))
    for vertex in face:
        state = (state ^ np.uint64(vertex)) * np.uint64(0x9E3779B97F4A7C15)
        state ^= state >> np.uint64(29)
    return state


@numba.njit(cache=True, nogil=True)
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
        slot = np.int64(_hash(face) & np.uint64(size - 1))
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
