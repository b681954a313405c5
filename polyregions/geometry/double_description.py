"""From half-spaces to vertices, exactly: the double description method in rationals.

Start from a simplex around the polytope and cut it by one half-space after the other.  Two vertices are joined by an
edge if and only if no third vertex lies on all the hyperplanes that both lie on (Motzkin, Raiffa, Thompson and Thrall
1953; Fukuda and Prodon 1996, "Double description method revisited"), so degenerate polytopes need no special care.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from polyregions.arithmetic import Rational, RationalMatrix, determinant, rational
from polyregions.geometry.simplex import row_values


@dataclass(frozen=True)
class Vertices:
    """The vertices of a polytope.

    Attributes
    ----------
    points : list of list of Rational
    rows : list of int
        For each vertex the set of rows that vanish there, as a bit mask.
    """

    points: list[list[Rational]]
    rows: list[int]


def enumerate_vertices(rows: RationalMatrix, lower: list[Rational], upper: list[Rational]) -> Vertices:
    """Return all vertices of a bounded polytope.

    Parameters
    ----------
    rows : RationalMatrix, shape (m, n + 1)
        Forms ``(a | c)``, non-negative inside.
    lower, upper : list of Rational, length n
        A box that contains the polytope.

    Returns
    -------
    Vertices
    """
    dim = len(lower)
    points, masks = _simplex_around(lower, upper, rows.nrows())
    for number in range(rows.nrows()):
        form = RationalMatrix(1, dim + 1, [rows[number, column] for column in range(dim + 1)])
        values = [row_values(form, point)[0] for point in points]
        negative = [i for i, value in enumerate(values) if value < 0]
        masks = [mask | (1 << number) if value == 0 else mask for mask, value in zip(masks, values, strict=True)]
        if not negative:
            continue
        positive = [i for i, value in enumerate(values) if value > 0]
        new = [
            (_crossing(points[i], values[i], points[j], values[j]), (masks[i] & masks[j]) | (1 << number))
            for i in positive
            for j in negative
            if _adjacent(i, j, masks, dim)
        ]
        keep = [i for i, value in enumerate(values) if value >= 0]
        points = [points[i] for i in keep] + [point for point, _ in new]
        masks = [masks[i] for i in keep] + [mask for _, mask in new]
    return Vertices(points, masks)


def _simplex_around(
    lower: list[Rational], upper: list[Rational], first_bit: int
) -> tuple[list[list[Rational]], list[int]]:
    """Return the vertices of a simplex with the box strictly inside; its facets get the bits from `first_bit` on."""
    dim = len(lower)
    corner = [x - 1 for x in lower]
    reach = sum((high - low for low, high in zip(corner, upper, strict=True)), rational(1))
    everything = ((1 << (dim + 1)) - 1) << first_bit
    points, masks = [list(corner)], [everything & ~(1 << (first_bit + dim))]
    for axis in range(dim):
        points.append([x + reach if i == axis else x for i, x in enumerate(corner)])
        masks.append(everything & ~(1 << (first_bit + axis)))
    return points, masks


def _crossing(inside: list[Rational], value: Rational, outside: list[Rational], other: Rational) -> list[Rational]:
    share = value / (value - other)
    return [x + share * (y - x) for x, y in zip(inside, outside, strict=True)]


def _adjacent(i: int, j: int, masks: list[int], dim: int) -> bool:
    common = masks[i] & masks[j]
    if common.bit_count() < dim - 1:
        return False
    return not any(common & ~mask == 0 for k, mask in enumerate(masks) if k not in (i, j))


def exact_volume(vertices: Vertices, n_rows: int) -> Rational:
    """Return the volume of a full-dimensional polytope from its vertices.

    Parameters
    ----------
    vertices : Vertices
    n_rows : int
        Number of rows that the bit masks speak of.

    Returns
    -------
    Rational

    Notes
    -----
    Triangulates by joining one vertex of each face to the facets that do not contain it (Cohen and Hickey 1979); the
    facets of a face are its largest proper intersections with a row.
    """
    dim = len(vertices.points[0])
    total = rational(0)
    for simplex in _triangulate(frozenset(range(len(vertices.points))), vertices.rows, n_rows):
        apex = vertices.points[simplex[0]]
        edges = [[x - a for x, a in zip(vertices.points[i], apex, strict=True)] for i in simplex[1:]]
        total += abs(determinant(RationalMatrix(dim, dim, [entry for edge in edges for entry in edge])))
    return total / math.factorial(dim)


def _triangulate(face: frozenset[int], masks: list[int], n_rows: int) -> list[list[int]]:
    if len(face) == 1:
        return [list(face)]
    apex = min(face)
    return [
        [apex, *simplex]
        for facet in facets_of(face, masks, n_rows)
        if apex not in facet
        for simplex in _triangulate(facet, masks, n_rows)
    ]


def facets_of(face: frozenset[int], masks: list[int], n_rows: int) -> list[frozenset[int]]:
    """Return the facets of a face, both as sets of vertices."""
    candidates = {frozenset(i for i in face if masks[i] >> row & 1) for row in range(n_rows)} - {face, frozenset()}
    return [facet for facet in candidates if not any(facet < other for other in candidates)]


def around(masks: list[int]) -> list[int]:
    """Order the vertices of a polygon so that neighbours share an edge."""
    order, left = [0], set(range(1, len(masks)))
    while left:
        following = next(i for i in sorted(left) if masks[i] & masks[order[-1]])
        order.append(following)
        left.remove(following)
    return order
