"""Making polytopes from half-spaces and from points; every check is exact."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import (
    Rational,
    RationalMatrix,
    nearest_float,
    nearest_floats,
    rank,
    rational,
    scaled_floats,
)
from polyregions.arithmetic.enclosure import QUIET
from polyregions.errors import BrokenInvariant, InvalidDomain
from polyregions.geometry.extremum import Extremum, Witness, shortened
from polyregions.geometry.forms import Row, System
from polyregions.geometry.lp import chebyshev
from polyregions.geometry.polytope import Polytope, check_reach
from polyregions.geometry.simplex import Ray, kernel, maximize_exactly, row_values

if TYPE_CHECKING:
    import shapely

REMEDY = "Intersect it with a box, for example polyregions.Polytope.box(-1, 1, dim=2)."


def polytope_from_rows(rows: Sequence[Sequence[Rational]]) -> Polytope:
    """Return the polytope where all forms ``(a | c)`` are non-negative, without its redundant rows.

    Raises
    ------
    InvalidDomain
        The set is empty, has no interior, or is not bounded.
    """
    dim = len(rows[0]) - 1
    numbers = [i for i, row in enumerate(rows) if any(entry != 0 for entry in row[:-1])]
    proper = [list(rows[i]) for i in numbers]
    if any(row[-1] < 0 for row in rows if not any(entry != 0 for entry in row[:-1])):
        raise InvalidDomain("the domain is empty: one of its half-spaces is. Check the signs of the offsets.")
    if not proper:
        raise InvalidDomain(f"the domain must be bounded; it is the whole space of dimension {dim}. {REMEDY}")
    matrix = RationalMatrix(len(proper), dim + 1, [entry for row in proper for entry in row])
    inside = interior_point(matrix)
    if rank(RationalMatrix(len(proper), dim, [entry for row in proper for entry in row[:-1]])) < dim:
        raise InvalidDomain(f"the domain must be bounded; it contains a line. {REMEDY}")
    lower, upper = _bounding_box(matrix, inside)
    return irredundant(matrix, lower, upper, inside, tuple(numbers))


def interior_point(rows: RationalMatrix) -> Witness:
    """Return a point at which all rows are positive.

    Raises
    ------
    InvalidDomain
        There is none; the message tells an empty set from a flat one.
    """
    centre, _ = chebyshev(np.array([_at_scale(row) for row in rows.tolist()]))
    if np.isfinite(centre).all():
        start = [rational(x) for x in centre.tolist()]
        if all(value > 0 for value in row_values(rows, start)):
            return shortened(start, rows)
    point, depth = deepest_point(rows)
    if depth < 0:
        raise InvalidDomain("the domain is empty: its half-spaces contradict each other. Check their signs.")
    if depth == 0:
        raise InvalidDomain(
            "the domain has no interior: it lies in a hyperplane. A domain must be full-dimensional; "
            "for a flat piece of space, restrict the network to its coordinates first."
        )
    return shortened(point, rows)


def _at_scale(row: list[Rational]) -> list[float]:
    """Round a row to floats after scaling it by a power of two so that its largest coefficient is near 1."""
    _, exponent = scaled_floats(row[:-1])
    factor = rational(1 << -exponent) if exponent < 0 else 1 / rational(1 << exponent)
    return [nearest_float(entry * factor) for entry in row]


def deepest_point(rows: RationalMatrix) -> tuple[list[Rational], Rational]:
    """Return a point at which the smallest of all rows is largest, but not above 1, and that value; exactly."""
    dim = rows.ncols() - 1
    # Maximise t over rows(x) >= t, t <= 1; the origin with its smallest value is feasible.
    lifted = [[*row[:-1], rational(-1), row[-1]] for row in rows.tolist()]
    lifted.append([*[rational(0)] * dim, rational(-1), rational(1)])
    matrix = RationalMatrix(len(lifted), dim + 2, [entry for row in lifted for entry in row])
    least = min(*[row[-1] for row in rows.tolist()], rational(1))
    goal = [*[rational(0)] * dim, rational(1), rational(0)]
    best = _highest(matrix, goal, [*[rational(0)] * dim, least])
    return best[:-1], best[-1]


def _highest(rows: RationalMatrix, goal: list[Rational], start: list[Rational]) -> list[Rational]:
    """Maximise a bounded goal that is constant along lines in the polyhedron; `start` is orthogonal to those lines."""
    width = rows.ncols()
    gradients = RationalMatrix(rows.nrows(), width - 1, [entry for row in rows.tolist() for entry in row[:-1]])
    across = [[*(sign * x for x in line), rational(0)] for line in kernel(gradients) for sign in (1, -1)]
    entries = [entry for row in [*rows.tolist(), *across] for entry in row]
    best = maximize_exactly(RationalMatrix(rows.nrows() + len(across), width, entries), goal, start)
    if isinstance(best, Ray):
        raise BrokenInvariant("a bounded linear program came out unbounded; please report this domain")
    return best.point


def _bounding_box(rows: RationalMatrix, inside: Witness) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a float box around the polytope, as tight as floats allow."""
    dim = rows.ncols() - 1
    bounds = np.zeros((2, dim))
    for axis in range(dim):
        for side, sign in enumerate((-1, 1)):
            goal = [rational(sign * int(i == axis)) for i in range(dim)] + [rational(0)]
            best = maximize_exactly(rows, goal, inside.exact)
            if isinstance(best, Ray):
                direction = tuple(round(nearest_float(x), 6) for x in best.direction)
                raise InvalidDomain(f"the domain must be bounded; it is unbounded in direction {direction}. {REMEDY}")
            exact = sign * best.value
            bound = nearest_float(exact)
            check_reach(np.array(bound), np.array(bound))
            if sign * rational(bound) < sign * exact:
                bound = float(np.nextafter(bound, sign * np.inf))
            bounds[side, axis] = bound
    return bounds[0], bounds[1]


@QUIET
def irredundant(
    rows: RationalMatrix,
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    inside: Witness,
    labels: tuple[Hashable, ...],
) -> Polytope:
    """Return the polytope with its facets only: a row is one if the others allow points that violate it."""
    table = rows.tolist()
    seen: dict[tuple[Rational, ...], int] = {}
    for number, row in enumerate(table):
        size = max(abs(entry) for entry in row[:-1])
        seen.setdefault(tuple(entry / size for entry in row), number)
    distinct = sorted(seen.values())
    entries = [entry for i in distinct for entry in table[i]]
    several = Polytope(
        RationalMatrix(len(distinct), rows.ncols(), entries), lower, upper, inside, tuple(labels[i] for i in distinct)
    )
    outer = several.in_larger_box()
    extremum = Extremum(outer.lower, outer.upper)
    system = System.of([Row(outer.forms, i, 1, i) for i in range(len(distinct))], outer.dim)
    if len(distinct) > 4 * outer.dim:
        low, high = extremum.bounding_box(system)
        least = np.minimum(system.floats[:, :-1] * low, system.floats[:, :-1] * high).sum(axis=1) + system.floats[:, -1]
        near = np.flatnonzero(least <= system.error)  # the others are positive on a box around the polytope
        system = System.of([system.rows[i] for i in near.tolist()], outer.dim)
    position = 0
    while position < len(system.rows):
        facet = system.rows[position]
        others = system.without(position)
        if extremum.positive(Row(facet.forms, facet.index, -1, facet.label), others, inside) is None:
            system = others
        else:
            position += 1
    kept = [facet.index for facet in system.rows]
    entries = [entry for i in kept for entry in table[distinct[i]]]
    return Polytope(
        RationalMatrix(len(kept), rows.ncols(), entries), lower, upper, inside, tuple(outer.labels[i] for i in kept)
    )


def polytope_from_points(points: RationalMatrix) -> Polytope:
    """Return the convex hull of points (N, n): the polar body of the polar body.

    Raises
    ------
    InvalidDomain
        The points lie in a hyperplane.
    """
    count, dim = points.nrows(), points.ncols()
    table = points.tolist()
    centre = [sum((point[i] for point in table), rational(0)) / count for i in range(dim)]
    shifted = [[x - c for x, c in zip(point, centre, strict=True)] for point in table]
    if rank(RationalMatrix(count, dim, [entry for point in shifted for entry in point])) < dim:
        raise InvalidDomain(
            f"the convex hull of {count} points in dimension {dim} must have an interior; these lie in a hyperplane"
        )
    # Every coordinate is scaled to [-1, 1], lest the polar body of a small one be beyond floats.
    extent = [max(abs(point[i]) for point in shifted) for i in range(dim)]
    scaled = [[-x / size for x, size in zip(point, extent, strict=True)] for point in shifted]
    polar = polytope_from_rows([[*point, rational(1)] for point in scaled])
    rows = []
    for vertex in polar._vertices.points:
        normal = [x / size for x, size in zip(vertex, extent, strict=True)]
        offset = sum((a * c for a, c in zip(normal, centre, strict=True)), rational(1))
        rows.append([*(-a for a in normal), offset])
    matrix = RationalMatrix(len(rows), dim + 1, [entry for row in rows for entry in row])
    floats = nearest_floats(points)
    check_reach(floats, floats)
    lower = np.nextafter(floats.min(axis=0), -np.inf)
    upper = np.nextafter(floats.max(axis=0), np.inf)
    exact = all(rational(x) == y for x, y in zip(floats.ravel().tolist(), points.entries(), strict=True))
    if exact:
        lower, upper = floats.min(axis=0), floats.max(axis=0)
    return Polytope(matrix, lower, upper, shortened(centre, matrix), tuple(range(len(rows))))


def polytope_from_shapely(polygon: shapely.Polygon) -> Polytope:
    """Return a convex polygon; see `Polytope.from_shapely`."""
    kind = getattr(polygon, "geom_type", type(polygon).__name__)
    if kind != "Polygon" or polygon.is_empty:
        raise InvalidDomain(f"wanted a non-empty shapely Polygon, got {'an empty one' if kind == 'Polygon' else kind}")
    if len(polygon.interiors):
        raise InvalidDomain(f"a domain must be convex; the polygon has {len(polygon.interiors)} hole(s)")
    if polygon.has_z:
        raise InvalidDomain(
            "a polygon with z coordinates is not a domain in the plane; drop them with shapely.force_2d"
        )
    corners = np.asarray(polygon.exterior.coords)[:-1]
    if not np.isfinite(corners).all():
        raise InvalidDomain("the polygon has coordinates that are NaN or infinite")
    table = [[rational(x) for x in corner] for corner in corners.tolist()]
    hull = polytope_from_points(RationalMatrix(len(table), 2, [x for corner in table for x in corner]))
    # Convex if every corner lies on the boundary of the hull and the ring runs once around it.
    turns = [_turn(table[i - 2], table[i - 1], table[i]) for i in range(len(table))]
    on_boundary = all(min(row_values(hull.rows, corner)) == 0 for corner in table)
    if not on_boundary or (min(turns) < 0 < max(turns)) or not polygon.is_valid:
        raise InvalidDomain(
            "a domain must be convex; the polygon is not. Take polygon.convex_hull, or cut it in pieces."
        )
    return hull


def _turn(a: list[Rational], b: list[Rational], c: list[Rational]) -> Rational:
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
