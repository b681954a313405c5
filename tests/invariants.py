"""What holds for the polyhedral complex of every network, checked on one of them.

Geometry is done in rationals from the exact vertices, never in floats.  `most` bounds the number of faces of each
kind, evenly spread, on which exact arithmetic is spent; everything combinatorial is checked on all of them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import by_fractions
import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

import polyregions as pr

Vector = list[fmpq]


def check_complex(complex_: pr.PolyhedralComplex, most: int = 40, generic: bool = False) -> None:
    """Everything; with `generic` also what holds only where no more units meet than their number demands."""
    check_lattice(complex_)
    check_regions(complex_)
    check_sign_vectors(complex_)
    check_vertices(complex_, most)
    check_dimensions(complex_, most)
    check_maps_agree(complex_, most)
    if len(complex_.regions) <= 4 * most:
        check_volumes(complex_, most // 4)
    if generic:
        check_generic(complex_)


def spread(count: int, most: int) -> list[int]:
    """At most so many numbers below `count`, evenly spread."""
    return list(range(0, count, max(1, -(-count // most)) if most else max(count, 1)))


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


# The lattice of faces, without coordinates.


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


# Units and faces.


def check_regions(complex_: pr.PolyhedralComplex) -> None:
    """Every unit keeps one sign on every cell, and the regions say which."""
    regions, network = complex_.regions, complex_.network
    assert regions.complete
    assert regions.patterns.tolist() == sorted(regions.patterns.tolist())
    assert rows_are_distinct(regions.patterns)
    assert len(regions) == complex_.f_vector()[-1]
    signs = complex_.signs(complex_.dim)
    pieces = np.zeros_like(regions.patterns)
    for switch, unit in enumerate(network.switch_units.tolist()):
        pieces[:, unit] += signs[:, switch] > 0
    assert (pieces == regions.patterns).all()
    for k in range(complex_.dim + 1) if network.n_switches else ():
        members, signs = complex_.members[k], complex_.signs(k)
        own, face = complex_.vertex_signs[members.indices], np.repeat(signs, np.diff(members.indptr), axis=0)
        assert (own * face >= 0).all()  # nowhere the opposite sign
        assert (own[face == 0] == 0).all()
        assert (np.logical_or.reduceat(own != 0, members.indptr[:-1]) == (signs != 0)).all()


def check_sign_vectors(complex_: pr.PolyhedralComplex) -> None:
    """A face is known by its sign vector and the facets of K that it lies on.

    These sets are convex: within one sign vector of the first layers the next layer's units are affine.
    """
    tables = []
    for k in range(complex_.dim + 1):
        on_facets = complex_.on_domain_facets(k)
        signs = complex_.signs(k)
        assert (complex_.interior(k) == ~on_facets.any(axis=1)).all()
        bits = np.unpackbits(complex_.hyperplanes(k).astype("<u8").view(np.uint8), axis=1, bitorder="little")
        wanted = np.concatenate([on_facets, signs == 0], axis=1)
        assert (bits[:, : wanted.shape[1]] == wanted).all()
        assert not bits[:, wanted.shape[1] :].any()
        tables.append(np.concatenate([on_facets.astype(np.int8), signs], axis=1))
    assert rows_are_distinct(np.concatenate(tables))


# Geometry in rationals.


def check_vertices(complex_: pr.PolyhedralComplex, most: int) -> None:
    """Coordinates, signs, incidences and outputs of vertices, against their exact coordinates."""
    network = complex_.network
    coordinates, outputs = complex_.coordinates, complex_.outputs
    assert (coordinates.error <= 2.0**-20 * np.maximum(complex_.domain.reach[:-1], 1e-300)).all()
    on_facets = complex_.on_domain_facets(0)
    facets = complex_.domain.exact_halfspaces
    chosen = spread(len(complex_.vertices), most)
    points = {vertex: complex_.exact_vertex(vertex) for vertex in chosen}
    assert len({tuple(point) for point in points.values()}) == len(points)
    for vertex, point in points.items():
        room = [offset - by_fractions.dot(normal, point) for normal, offset in facets]
        assert min(room) >= 0
        assert [space == 0 for space in room] == on_facets[vertex].tolist()
        assert by_fractions.signs(network, point) == complex_.vertex_signs[vertex].tolist()
        assert encloses(coordinates.value[vertex], coordinates.error[vertex], point)
        assert encloses(outputs.value[vertex], outputs.error[vertex], pr.evaluate_exactly(network, point))


def encloses(values: NDArray[np.float64], errors: NDArray[np.float64], exact: Sequence[Fraction]) -> bool:
    """Whether the exact numbers are within the bounds; a bound that is infinite or NaN promises nothing."""
    triples = zip(values.tolist(), errors.tolist(), exact, strict=True)
    return all(not math.isfinite(e) or (e >= 0 and abs(Fraction(v) - x) <= Fraction(e)) for v, e, x in triples)


def rank_of(points: Sequence[Vector]) -> int:
    """Dimension of the affine hull."""
    rows = [[x - a for x, a in zip(point, points[0], strict=True)] for point in points[1:]]
    return int(fmpq_mat(len(rows), len(points[0]), [x for row in rows for x in row]).rank()) if rows else 0


def check_dimensions(complex_: Any, most: int) -> None:
    """A k-face has a k-dimensional affine hull, its facets one less; the hull that is returned is that one."""
    for k in range(complex_.dim + 1):
        for face in spread(complex_.f_vector()[k], most):
            vertices = complex_.vertices_of(k, face).tolist()
            points = [complex_.exact_point(vertex) for vertex in vertices]
            assert rank_of(points) == k
            hull = complex_.affine_hull(k, face)
            assert len(hull.directions) == k
            spanned = [[fmpq(x.numerator, x.denominator) for x in hull.point]]
            for direction in hull.directions:
                step = [fmpq(x.numerator, x.denominator) for x in direction]
                spanned.append([a + b for a, b in zip(spanned[0], step, strict=True)])
            assert rank_of(spanned) == k
            assert rank_of([*spanned, *points]) == k
            for facet in (
                complex_.boundary(k).indices[slice(*complex_.boundary(k).indptr[face : face + 2])] if k else ()
            ):
                assert rank_of([complex_.exact_point(v) for v in complex_.vertices_of(k - 1, facet).tolist()]) == k - 1


def check_maps_agree(complex_: pr.PolyhedralComplex, most: int) -> None:
    """On a wall both regions' affine maps give what the network gives."""
    maps = cache(lambda region: complex_.regions.affine_map(region).exact)
    for number in spread(len(complex_.walls), most):
        one, other = complex_.wall_regions[number].tolist()
        for vertex in complex_.vertices_of(complex_.dim - 1, int(complex_.walls[number])).tolist():
            point = complex_.exact_point(vertex)
            column = fmpq_mat(len(point) + 1, 1, [*point, fmpq(1)])
            assert maps(one) * column == maps(other) * column


def check_volumes(complex_: pr.PolyhedralComplex, most: int) -> None:
    """Cells cut into simplices add up to K; so do the polytopes of the regions, facet by facet."""
    volumes = exact_volumes(complex_)
    assert min(volumes) > 0
    assert sum(volumes) == complex_.domain.volume
    facets = complex_.boundary(complex_.dim)
    for region in spread(len(volumes), most):
        polytope = complex_.regions.polytope(region)
        assert polytope.volume == volumes[region]
        assert polytope.n_facets == facets.indptr[region + 1] - facets.indptr[region]
        vertices = complex_.vertices_of(complex_.dim, region).tolist()
        corners = {tuple(complex_.exact_vertex(vertex)) for vertex in vertices}
        assert {tuple(point) for point in polytope.exact_vertices} == corners


def simplices_of(complex_: Any) -> list[list[tuple[int, ...]]]:
    """A triangulation of every cell, by pulling the first vertex of every face."""
    known = [[(vertex,)] for vertex in range(complex_.f_vector()[0])]
    for k in range(1, complex_.dim + 1):
        members, facets, pulled = sets(complex_.members[k]), sets(complex_.boundary(k)), []
        for face, vertices in enumerate(members):
            apex = vertices[0]
            pulled.append([(apex, *s) for facet in facets[face] for s in known[facet] if known[facet][0][0] != apex])
        known = pulled
    return known


def exact_volumes(complex_: Any) -> list[Fraction]:
    """The volumes of all cells."""
    n, factorial = complex_.dim, math.factorial(complex_.dim)
    volumes = []
    for simplices in simplices_of(complex_):
        total = fmpq(0)
        for first, *others in simplices:
            start = complex_.exact_point(first)
            rows = [x - a for v in others for x, a in zip(complex_.exact_point(v), start, strict=True)]
            total += abs(fmpq_mat(n, n, rows).det())
        volumes.append(Fraction(int(total.p), int(total.q)) / factorial)
    return volumes


def check_generic(complex_: pr.PolyhedralComplex) -> None:
    """What holds where no point lies on more zero sets than it must."""
    n, inner = complex_.dim, [int(complex_.interior(k).sum()) for k in range(complex_.dim + 1)]
    assert 2 * len(complex_.walls) <= 2 * n * len(complex_.regions)
    for k in range(1, n + 1):
        inside = complex_.boundary(k).astype(np.int32) @ complex_.interior(k - 1).astype(np.int32)
        assert int(inside[complex_.interior(k)].sum()) <= 2 * k * inner[k]
    if n == 2:
        sides = complex_.on_domain_facets(0).sum(axis=1)
        assert len(complex_.regions) == 1 + inner[0] + Fraction(int((sides == 1).sum()), 2)
    zeros = (complex_.signs(0) == 0).sum(axis=1) + complex_.on_domain_facets(0).sum(axis=1)
    assert (zeros == n).all() or not complex_.domain.is_box
