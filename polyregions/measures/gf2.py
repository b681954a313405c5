"""Ranks of sparse matrices over GF(2), the field with the two elements 0 and 1."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from polyregions.compiled import compiled

Indices = NDArray[np.int64]


def independent_rows(matrix: csr_array) -> Indices:
    """Find a largest set of rows that are linearly independent over GF(2).

    Parameters
    ----------
    matrix : csr_array
        Stored entries are ones.

    Returns
    -------
    numpy.ndarray of int, shape (rank,)
        Numbers of rows, ascending.

    Notes
    -----
    Gaussian elimination by entries that stand alone in their row or column needs no arithmetic.  It eliminates nearly
    all of a boundary matrix.  What is left is eliminated by its shortest row first.
    """
    rows, _, left_rows, left_columns = _peel(matrix, both=True)
    if not len(left_rows):
        return np.sort(rows)
    rest = csr_array(matrix[left_rows][:, left_columns])
    return np.sort(np.concatenate([rows, left_rows[_eliminate(rest)]]))


def free_pairs(matrix: csr_array) -> tuple[Indices, Indices]:
    """Eliminate by columns with a single entry, as long as there are any.

    Parameters
    ----------
    matrix : csr_array
        Stored entries are ones.

    Returns
    -------
    rows, columns : numpy.ndarray of int, same shape
        The rows and columns eliminated: those of the i-th such entry, in no particular order.
    """
    return _peel(matrix, both=False)[:2]


def _peel(matrix: csr_array, both: bool) -> tuple[Indices, Indices, Indices, Indices]:
    """Eliminate by lone entries; return their rows and columns, and those left with entries."""
    height = matrix.shape[0]
    columns = matrix.T.tocsr()
    starts = np.concatenate([matrix.indptr, columns.indptr[1:].astype(np.int64) + matrix.nnz])
    neighbours = np.concatenate([matrix.indices.astype(np.int64) + height, columns.indices])
    degree = np.diff(starts)
    partner = _lone_pairs(starts, neighbours, degree, 0 if both else height)
    rows = np.flatnonzero(partner[:height] >= 0)
    left = np.flatnonzero(degree)
    return rows, partner[rows] - height, left[left < height], left[left >= height] - height


@compiled
def _lone_pairs(starts: Indices, neighbours: Indices, degree: Indices, first: int) -> Indices:
    """Pair nodes of a graph with their only neighbour, and take both away, as long as there are any.

    Only nodes from `first` on look for a neighbour.  Returns the partner of every node, or -1; changes `degree` to that
    of the graph that is left.
    """
    count = len(degree)
    partner = np.full(count, -1, dtype=np.int64)
    queue = np.empty(count, dtype=np.int64)
    head = tail = 0
    for node in range(first, count):
        if degree[node] == 1:
            queue[tail] = node
            tail += 1
    while head < tail:
        node = queue[head]
        head += 1
        if degree[node] != 1:
            continue
        for other in neighbours[starts[node] : starts[node + 1]]:
            if degree[other] > 0:
                partner[node], partner[other] = other, node
        for gone in (partner[node], node):
            degree[gone] = 0
            for near in neighbours[starts[gone] : starts[gone + 1]]:
                if degree[near] > 0:
                    degree[near] -= 1
                    if degree[near] == 1 and near >= first:
                        queue[tail] = near
                        tail += 1
    return partner


def _eliminate(matrix: csr_array) -> list[int]:
    """Return independent rows of a matrix by sparse Gaussian elimination."""
    bounds = zip(matrix.indptr[:-1].tolist(), matrix.indptr[1:].tolist(), strict=True)
    rows = [set(matrix.indices[start:end].tolist()) for start, end in bounds]
    columns: list[set[int]] = [set() for _ in range(matrix.shape[1])]
    for number, row in enumerate(rows):
        for column in row:
            columns[column].add(number)
    shortest = [(len(row), number) for number, row in enumerate(rows)]
    heapq.heapify(shortest)
    independent = []
    while shortest:
        length, number = heapq.heappop(shortest)
        row = rows[number]
        if not row or length != len(row):
            continue
        independent.append(number)
        pivot = min(row, key=lambda column: len(columns[column]))
        for column in row:
            columns[column].remove(number)
        for other in list(columns[pivot]):
            rows[other] ^= row
            for column in row:
                columns[column] ^= {other}
            heapq.heappush(shortest, (len(rows[other]), other))
        rows[number] = set()
    return independent
