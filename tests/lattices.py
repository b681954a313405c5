"""What holds for the faces of all convex cells that fill a convex body, checked without coordinates."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray


def sets(matrix: Any) -> list[tuple[int, ...]]:
    """The columns of every row of a sparse matrix."""
    pairs = itertools.pairwise(matrix.indptr.tolist())
    return [tuple(sorted(matrix.indices[first:last].tolist())) for first, last in pairs]


def ones(matrix: Any) -> Any:
    """A sparse matrix of counts as a matrix of ones."""
    result = matrix.astype(np.int32).tocsr()
    result.sort_indices()
    result.data[:] = 1
    return result


def same(one: Any, other: Any) -> bool:
    return one.shape == other.shape and (one != other).nnz == 0


def rows_are_distinct(table: NDArray[Any]) -> bool:
    return len({row.tobytes() for row in np.ascontiguousarray(table)}) == len(table)


def check_lattice(complex_: Any) -> None:
    """The faces of each dimension, and how they bound each other; holds for any cells that fill K face to face."""
    n, counts = complex_.dim, complex_.f_vector()
    assert counts[0] == len(complex_.vertices)
    assert complex_.euler_characteristic == 1
    inner = [int(complex_.interior(k).sum()) for k in range(n + 1)]
    assert sum((-1) ** k * count for k, count in enumerate(inner)) == (-1) ** n  # open cells of an open ball
    for k in range(n + 1):
        members = complex_.members[k]
        assert members.shape == (counts[k], counts[0])
        assert (members.data == 1).all()
        assert len(set(sets(members))) == counts[k]
        assert complex_.vertices_of(k, 0).tolist() == list(sets(members)[0])
        assert (np.diff(members.indptr) >= k + 1).all()
    assert sets(complex_.members[0]) == [(vertex,) for vertex in range(counts[0])]
    check_boundaries(complex_)
    check_two_cells_at_every_facet(complex_)
    check_euler_of_every_face(complex_)


def check_boundaries(complex_: Any) -> None:
    """A face is the hull of its facets, and any face of codimension 2 in it lies in just two of them."""
    n, counts = complex_.dim, complex_.f_vector()
    for k in range(1, n + 1):
        boundary = complex_.boundary(k)
        assert boundary.shape == (counts[k], counts[k - 1])
        assert (boundary.data == 1).all()
        assert (np.diff(boundary.indptr) >= k + 1).all()
        assert same(ones(complex_.coboundary(k - 1)), ones(boundary.T))
        assert (np.diff(complex_.coboundary(k - 1).indptr) >= 1).all()
        hull = boundary.astype(np.int32) @ complex_.members[k - 1].astype(np.int32)
        assert same(ones(hull), ones(complex_.members[k]))
        if k > 1:
            twice = boundary.astype(np.int32) @ complex_.boundary(k - 1).astype(np.int32)
            assert (twice.data == 2).all()
    assert (np.diff(complex_.boundary(1).indptr) == 2).all()


def check_two_cells_at_every_facet(complex_: Any) -> None:
    n = complex_.dim
    cells, sides = np.diff(complex_.coboundary(n - 1).indptr), complex_.on_domain_facets(n - 1).sum(axis=1)
    assert (cells == np.where(sides > 0, 1, 2)).all()
    assert (sides <= 1).all()
    assert complex_.walls.tolist() == np.flatnonzero(complex_.interior(n - 1)).tolist()
    around = sets(complex_.coboundary(n - 1))
    assert complex_.wall_regions.tolist() == [list(around[wall]) for wall in complex_.walls.tolist()]


def check_euler_of_every_face(complex_: Any) -> None:
    """Every face is a ball: its own faces, itself included, alternate to 1."""
    for k in range(1, complex_.dim + 1):
        total = np.full(complex_.f_vector()[k], (-1) ** k)
        below = ones(complex_.boundary(k))
        for j in range(k - 1, -1, -1):
            total += (-1) ** j * np.diff(below.indptr)
            below = ones(below @ complex_.boundary(j).astype(np.int32)) if j else below
        assert (total == 1).all()
