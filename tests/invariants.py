"""What holds for the polyhedral complex of every network, checked on one of them.

Geometry is done in rationals from the exact vertices, never in floats.  `most` bounds the number of faces of each
kind, evenly spread, on which exact arithmetic is spent; everything combinatorial is checked on all of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import by_fractions
import numpy as np
from flint import fmpq, fmpq_mat
from lattices import check_lattice, rows_are_distinct, sets
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


# Units and faces.


def check_regions(complex_: pr.PolyhedralComplex) -> None:
    """Every switch keeps one sign on every cell, and the regions say which."""
    regions = complex_.regions
    assert regions.complete
    assert regions.patterns.tolist() == sorted(regions.patterns.tolist())
    assert rows_are_distinct(regions.patterns)
    assert len(regions) == complex_.f_vector()[-1]
    assert (pieces_of(complex_.network, complex_.signs(complex_.dim)) == regions.patterns).all()
    check_maxima(complex_)
    for k in range(complex_.dim + 1) if complex_.network.n_switches else ():
        members, signs = complex_.members[k], complex_.signs(k)
        own, face = complex_.vertex_signs[members.indices], np.repeat(signs, np.diff(members.indptr), axis=0)
        assert (own * face >= 0).all()  # nowhere the opposite sign
        assert (own[face == 0] == 0).all()
        assert (np.logical_or.reduceat(own != 0, members.indptr[:-1]) == (signs != 0)).all()


def units_of(network: pr.Network) -> list[tuple[bool, slice]]:
    """Whether each unit is a maximum, and its switches; counted by hand."""
    found, first = [], 0
    for layer in network.layers:
        for kind, group in by_fractions.units_of(layer) if by_fractions.can_switch(layer) else ():
            last = first + (len(group) if kind is None else len(kind.breakpoints))
            found.append((kind is None, slice(first, last)))
            first = last
    assert first == network.n_switches
    return found


def pieces_of(network: pr.Network, signs: NDArray[np.int8]) -> NDArray[np.int64]:
    """How many switches of each activation are positive; of a maximum the first that vanishes."""
    pieces = np.zeros((len(signs), network.n_units), dtype=np.int64)
    for unit, (maximum, switches) in enumerate(units_of(network)):
        own = signs[:, switches]
        pieces[:, unit] = (own == 0).argmax(axis=1) if maximum else (own > 0).sum(axis=1)
    return pieces


def check_maxima(complex_: pr.PolyhedralComplex) -> None:
    """Everywhere some candidate of each maximum is the largest, and none is larger than the largest."""
    for maximum, switches in units_of(complex_.network):
        for k in range(complex_.dim + 1) if maximum else ():
            own = complex_.signs(k)[:, switches]
            assert (own <= 0).all()
            assert (own == 0).any(axis=1).all()


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
