"""From half-spaces, points and polygons to bounded bodies with interior points; every check is exact."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.arithmetic import (
    Rational,
    RationalMatrix,
    nearest_float,
    nearest_floats,
    rank,
    rational,
    rational_matrix,
)
from polyregions.arithmetic.enclosure import QUIET
from polyregions.errors import DimensionMismatch, InvalidDomain
from polyregions.geometry.double_description import enumerate_vertices
from polyregions.geometry.extremum import Extremum, Witness, shortened
from polyregions.geometry.feasibility import REMEDY, bounding_box, check_reach, interior_point
from polyregions.geometry.forms import Forms, Row, System
from polyregions.geometry.simplex import row_values

if TYPE_CHECKING:
    import shapely


class Body(NamedTuple):
    """What makes a `Polytope`; see there."""

    rows: RationalMatrix
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    inside: Witness
    labels: tuple[Hashable, ...]


def body_of_rows(rows: Sequence[Sequence[Rational]]) -> Body:
    """Return the body where all forms ``(a | c)`` are non-negative, without its redundant rows.

    Raises
    ------
    InvalidDomain
        The set is empty, has no interior, or is not bounded.
    """
    dim = len(rows[0]) - 1
    numbers, proper = proper_rows(rows)
    if not proper:
        raise InvalidDomain(f"the domain must be bounded; it is the whole space of dimension {dim}. {REMEDY}")
    matrix = RationalMatrix(len(proper), dim + 1, [entry for row in proper for entry in row])
    inside = interior_point(matrix)
    if rank(RationalMatrix(len(proper), dim, [entry for row in proper for entry in row[:-1]])) < dim:
        raise InvalidDomain(f"the domain must be bounded; it contains a line. {REMEDY}")
    lower, upper = bounding_box(matrix, inside)
    return without_redundant_rows(Body(matrix, lower, upper, inside, tuple(numbers)))


def proper_rows(rows: Sequence[Sequence[Rational]]) -> tuple[list[int], list[list[Rational]]]:
    """Return the rows that are not constant, and their numbers; refuse a constant that is negative."""
    numbers = [i for i, row in enumerate(rows) if any(entry != 0 for entry in row[:-1])]
    if any(row[-1] < 0 for row in rows if not any(entry != 0 for entry in row[:-1])):
        raise InvalidDomain("the domain is empty: one of its half-spaces is. Check the signs of the offsets.")
    return numbers, [list(rows[i]) for i in numbers]


Box = tuple[NDArray[np.float64], NDArray[np.float64]]


def common_body(rows: list[list[Rational]], others: list[list[Rational]], box: Box, other_box: Box) -> Body:
    """Return the body where all rows are non-negative, of which boxes are known.

    Raises
    ------
    InvalidDomain
        It is empty or has no interior.
    """
    numbers, both = proper_rows([*rows, *others])
    matrix = RationalMatrix(len(both), len(both[0]), [entry for row in both for entry in row])
    inside = interior_point(matrix)
    lower, upper = np.maximum(box[0], other_box[0]), np.minimum(box[1], other_box[1])
    return without_redundant_rows(Body(matrix, lower, upper, inside, tuple(numbers)))


@QUIET
def without_redundant_rows(body: Body) -> Body:
    """Return the body with its facets only: a row is one if the others allow points that violate it."""
    table, dim = body.rows.tolist(), len(body.lower)
    seen: dict[tuple[Rational, ...], int] = {}
    for number, row in enumerate(table):
        size = max(abs(entry) for entry in row[:-1])
        seen.setdefault(tuple(entry / size for entry in row), number)
    # To tell whether a row is needed there must be room beyond it.
    lower, upper = larger_box(body.lower, body.upper)
    forms = Forms.of_rows(body.rows, np.append(np.maximum(np.abs(lower), np.abs(upper)), 1.0))
    extremum = Extremum(lower, upper)
    system = System.of([Row(forms, number, 1, number) for number in sorted(seen.values())], dim)
    if len(system.rows) > 4 * dim:
        system = System.of([system.rows[i] for i in extremum.possible_facets(system).tolist()], dim)
    position = 0
    while position < len(system.rows):
        facet = system.rows[position]
        others = system.without(position)
        if extremum.positive(Row(facet.forms, facet.index, -1, facet.label), others, body.inside) is None:
            system = others
        else:
            position += 1
    kept = [facet.index for facet in system.rows]
    rows = RationalMatrix(len(kept), dim + 1, [entry for number in kept for entry in table[number]])
    return body._replace(rows=rows, labels=tuple(body.labels[number] for number in kept))


def larger_box(
    lower: NDArray[np.float64], upper: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return an enclosing box with room on every side."""
    margin = 1.0 + np.maximum(upper - lower, np.maximum(np.abs(lower), np.abs(upper)))
    return lower - margin, upper + margin


def body_of_box(lower: ArrayLike, upper: ArrayLike, dim: int | None) -> Body:
    """Return an axis-parallel box; see `Polytope.box`."""
    try:
        low, high = (np.asarray(bound, dtype=np.float64) for bound in (lower, upper))
    except (TypeError, ValueError):
        raise InvalidDomain(f"the bounds of a box must be numbers, got {lower!r} and {upper!r}") from None
    length = dim if dim is not None else max(low.size, high.size)
    if low.ndim > 1 or high.ndim > 1 or length < 1 or not {low.size, high.size} <= {1, length}:
        raise DimensionMismatch(
            f"a box in dimension {dim or 'n'} needs bounds of one number or of n each, "
            f"got shapes {low.shape} and {high.shape}"
        )
    low, high = np.array(np.broadcast_to(low, (length,))), np.array(np.broadcast_to(high, (length,)))
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise InvalidDomain(f"a domain must be bounded; the box goes from {low} to {high}")
    if not (low < high).all():
        raise InvalidDomain(f"a box needs lower < upper in every coordinate, got {low} and {high}")
    check_reach(low, high)
    centre = [(rational(a) + rational(b)) / 2 for a, b in zip(low.tolist(), high.tolist(), strict=True)]
    middle = np.array([nearest_float(x) for x in centre])
    fits = bool(((low < middle) & (middle < high)).all())
    rows = RationalMatrix(2 * length, length + 1)
    for axis, (least, most) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        rows[axis, axis], rows[axis, length] = rational(1), -rational(least)
        rows[length + axis, axis], rows[length + axis, length] = rational(-1), rational(most)
    inside = Witness(middle, None if fits else tuple(centre))
    return Body(rows, low, high, inside, tuple(range(2 * length)))


def are_box_rows(rows: RationalMatrix, lower: NDArray[np.float64], upper: NDArray[np.float64]) -> bool:
    """Tell whether rows are exactly the facets of a box."""
    dim = len(lower)
    corners = [rational(x) for x in np.concatenate([-lower, upper]).tolist()]
    wanted = {(axis, sign): corners[axis + dim * (sign < 0)] for axis in range(dim) for sign in (1, -1)}
    for row in rows.tolist():
        used = [i for i, entry in enumerate(row[:-1]) if entry != 0]
        if len(used) != 1:
            return False
        size = abs(row[used[0]])
        if wanted.pop((used[0], 1 if row[used[0]] > 0 else -1), None) != row[-1] / size:
            return False
    return not wanted


def hull_of_points(points: RationalMatrix) -> Body:
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
    polar = body_of_rows([[*point, rational(1)] for point in scaled])
    corner = [[rational(x) for x in bounds.tolist()] for bounds in (polar.lower, polar.upper)]
    rows = []
    for vertex in enumerate_vertices(polar.rows, *corner).points:
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
    return Body(matrix, lower, upper, shortened(centre, matrix), tuple(range(len(rows))))


def body_of_polygon(polygon: shapely.Polygon) -> Body:
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
    hull = hull_of_points(RationalMatrix(len(table), 2, [x for corner in table for x in corner]))
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


def number_table(numbers: Any, what: str) -> RationalMatrix:
    """Return a table of numbers as rationals, or say what is wrong with it."""
    try:
        array = np.asarray(numbers, dtype=object)  # lists of integers and floats must not be rounded to floats
    except ValueError:  # from numpy, for lists of arrays
        array = None
    if array is None or (array.ndim == 1 and any(np.ndim(row) for row in array)):
        raise DimensionMismatch(f"{what} must have shape (N, n), got rows of different lengths") from None
    if array.ndim != 2 or 0 in array.shape:
        raise DimensionMismatch(f"{what} must have shape (N, n), got {array.shape}")
    try:
        return rational_matrix(array)
    except (ValueError, AttributeError, TypeError):
        raise InvalidDomain(f"{what} must be finite numbers") from None


def halfspace_rows(normals: ArrayLike, offsets: ArrayLike) -> list[list[Rational]]:
    """Return ``normals @ x <= offsets`` as forms that are not negative inside."""
    left = number_table(normals, "normals")
    column = np.asarray(offsets, dtype=object)  # large integers beside floats must not be rounded
    if column.shape != (left.nrows(),):
        raise DimensionMismatch(f"{left.nrows()} normals need offsets of shape ({left.nrows()},), got {column.shape}")
    right = number_table(column[:, None], "offsets")
    return [[*(-entry for entry in row), right[i, 0]] for i, row in enumerate(left.tolist())]
