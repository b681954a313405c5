"""Putting cells together again: the points of the parts that are vertices of the whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyregions.compiled import compiled
from polyregions.enumeration.rows import take_rows

Indices = NDArray[np.int64]
Members = NDArray[np.int32]


@compiled
def extreme_vertices(starts: Indices, members: Members, incidence: NDArray[np.uint64]) -> tuple[Indices, Members]:
    """Leave out the points of each cell that are not its vertices: those whose hyperplanes all contain another one.

    Parameters
    ----------
    starts, members : numpy.ndarray of int
        Points of each cell, its vertices among them; a point may occur several times.
    incidence : numpy.ndarray of uint64, shape (V, words)

    Returns
    -------
    starts, members : numpy.ndarray of int
    """
    new_starts, new_members = np.zeros(len(starts), dtype=np.int64), np.empty(len(members), dtype=np.int32)
    position = 0
    for c in range(len(starts) - 1):
        points = np.unique(members[starts[c] : starts[c + 1]])
        for point in points:
            extreme = True
            for other in points:
                if other != point and not (incidence[point] & ~incidence[other]).any():
                    extreme = False
                    break
            if extreme:
                new_members[position] = point
                position += 1
        new_starts[c + 1] = position
    return new_starts, new_members[:position]


def merged_cells(
    starts: Indices, members: Members, incidence: NDArray[np.uint64], labels: Indices
) -> tuple[Indices, Members, Indices]:
    """Unite cells with the same label, whose union is convex.

    Parameters
    ----------
    starts, members : numpy.ndarray of int
        Cell c has the vertices ``members[starts[c]:starts[c + 1]]``.
    incidence : numpy.ndarray of uint64, shape (V, words)
        The hyperplanes through every vertex; those of the facets of every union among them.
    labels : numpy.ndarray of int, shape (cells,)

    Returns
    -------
    starts, members : numpy.ndarray of int
        The united cells, then the others.
    first : numpy.ndarray of int, shape (new cells,)
        An old cell in each new one.
    """
    order = np.argsort(labels, kind="stable")
    begins = np.flatnonzero(np.diff(labels[order], prepend=labels[order[0]] - 1))
    sizes = np.diff(np.append(begins, len(order)))
    together = np.repeat(sizes > 1, sizes)
    ends, points = take_rows(starts, members, order[together])
    bounds = np.concatenate([[0], np.cumsum(sizes[sizes > 1])])
    united, vertices = extreme_vertices(ends[bounds], points, incidence)
    kept, others = take_rows(starts, members, order[~together])
    return (
        np.concatenate([united, united[-1] + kept[1:]]),
        np.concatenate([vertices, others]),
        np.concatenate([order[begins[sizes > 1]], order[~together]]),
    )
