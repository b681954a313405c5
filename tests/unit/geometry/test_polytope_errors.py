"""What is not a domain is refused, and the message says why."""

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
import shapely

from polyregions.errors import DimensionMismatch, InvalidDomain, PolyregionsError
from polyregions.geometry.polytope import Polytope

SQUARE = [[1, 0], [-1, 0], [0, 1], [0, -1]]

BOXES = [
    ((0, 0), InvalidDomain, "lower < upper in every coordinate"),
    ((1, 0), InvalidDomain, "lower < upper"),
    (([0, 0], [1, -1]), InvalidDomain, "lower < upper"),
    (([0, 0], [1, 0]), InvalidDomain, "lower < upper"),
    ((math.nan, 1), InvalidDomain, "must be bounded"),
    ((None, 1), InvalidDomain, "must be bounded"),
    ((-math.inf, 1), InvalidDomain, "must be bounded"),
    (([0, 0], [1, math.inf]), InvalidDomain, "must be bounded"),
    ((-1.7e308, 1.7e308), InvalidDomain, r"within 1e\+300"),
    (("a", 1), InvalidDomain, "must be numbers"),
    (([[1], [2, 3]], 1), InvalidDomain, "must be numbers"),
    (([0, 0], [1, 1, 1]), DimensionMismatch, r"shapes \(2,\) and \(3,\)"),
    (([], []), DimensionMismatch, r"shapes \(0,\)"),
    (([[0]], [[1]]), DimensionMismatch, r"shapes \(1, 1\)"),
    ((0, 1, 0), DimensionMismatch, "needs bounds"),
    ((0, 1, -2), DimensionMismatch, "dimension -2"),
    (([0, 0], [1, 1], 3), DimensionMismatch, "dimension 3"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), BOXES)
def test_boxes(arguments, error, message):
    with pytest.raises(error, match=message):
        Polytope.box(*arguments)


def test_bounds_of_one_number_or_n():
    assert Polytope.box(0, [1, 2]).volume == 2
    assert Polytope.box([0, 1], 2).volume == 2
    assert Polytope.box(0, 1).dim == 1


@pytest.mark.parametrize("arguments", [(0,), (-1,), (2, 0), (2, -1), (2, math.nan), (2, math.inf)])
def test_simplices(arguments):
    with pytest.raises(InvalidDomain, match="dimension >= 1 and a finite scale > 0"):
        Polytope.simplex(*arguments)


HALFSPACES = [
    (SQUARE, [1, 1, math.nan, 1], InvalidDomain, "offsets must be finite"),
    (SQUARE, [1, 1, math.inf, 1], InvalidDomain, "offsets must be finite"),
    ([[math.nan, 0], *SQUARE[1:]], [1] * 4, InvalidDomain, "normals must be finite"),
    ([[-math.inf, 0], *SQUARE[1:]], [1] * 4, InvalidDomain, "normals must be finite"),
    ([["x", "y"]], [1], InvalidDomain, "normals must be finite numbers"),
    ([[None, 1]], [1], InvalidDomain, "normals must be finite numbers"),
    ([[1j, 1]], [1], InvalidDomain, "normals must be finite numbers"),
    ([[1, 2], [3]], [1, 1], DimensionMismatch, "rows of different lengths"),
    ([1, 2], [1], DimensionMismatch, r"shape \(N, n\), got \(2,\)"),
    (np.zeros((2, 2, 2)), [1, 1], DimensionMismatch, r"got \(2, 2, 2\)"),
    (np.zeros((0, 2)), [], DimensionMismatch, r"got \(0, 2\)"),
    (np.zeros((2, 0)), [1, 1], DimensionMismatch, r"got \(2, 0\)"),
    (SQUARE, [1, 1, 1], DimensionMismatch, r"offsets of shape \(4,\), got \(3,\)"),
    (SQUARE, [[1, 1], [1, 1]], DimensionMismatch, r"got \(2, 2\)"),
    (SQUARE, 1, DimensionMismatch, r"got \(\)"),
    ([*SQUARE, [0, 0]], [1, 1, 1, 1, -5e-324], InvalidDomain, "is empty"),
    (SQUARE, [1, -2, 1, 1], InvalidDomain, "is empty"),
    (SQUARE, [1, -1, 1, 1], InvalidDomain, "no interior"),
    ([[1, 0], [-1, 0]], [1, -1], InvalidDomain, "no interior"),
    ([[1, 0], [-1, 0]], [1, -2], InvalidDomain, "is empty"),
    ([[0, 0]], [1], InvalidDomain, "whole space of dimension 2"),
    (SQUARE[:3], [1, 1, 1], InvalidDomain, r"unbounded in direction \(0.0, -1.0\)"),
    (SQUARE[:2], [1, 1], InvalidDomain, "contains a line"),
    ([[1, 1]], [0], InvalidDomain, "contains a line"),
    ([[Fraction(1, 10**400)], [-1]], [1, 0], InvalidDomain, r"within 1e\+300"),
    ([[1e-300], [-1e-300]], [1e300, 1e300], InvalidDomain, r"within 1e\+300"),
]


@pytest.mark.parametrize(("normals", "offsets", "error", "message"), HALFSPACES)
def test_halfspaces(normals, offsets, error, message):
    with pytest.raises(error, match=message):
        Polytope.from_halfspaces(normals, offsets)


def test_messages_say_what_to_do():
    with pytest.raises(InvalidDomain, match=r"Intersect it with a box, for example polyregions\.Polytope\.box"):
        Polytope.from_halfspaces([[1, 0]], [1])
    with pytest.raises(ValueError, match="Check their signs") as caught:
        Polytope.from_halfspaces([[1], [-1]], [-1, -1])
    assert isinstance(caught.value, PolyregionsError)


POINTS = [
    ([[0, 0], [1, 1], [2, 2]], InvalidDomain, "3 points in dimension 2 must have an interior"),
    ([[0, 0]], InvalidDomain, "lie in a hyperplane"),
    ([[0, 0]] * 5 + [[1, 0]] * 5, InvalidDomain, "lie in a hyperplane"),
    ([[0, 0, 1], [1, 0, 1], [0, 1, 1], [1, 1, 1]], InvalidDomain, "lie in a hyperplane"),
    ([[Fraction(1, 3), 1], [Fraction(2, 3), 2], [1, 3]], InvalidDomain, "lie in a hyperplane"),
    ([[0, math.nan], [1, 0], [0, 1]], InvalidDomain, "points must be finite"),
    ([[0, math.inf], [1, 0], [0, 1]], InvalidDomain, "points must be finite"),
    ([[10**400, 0], [0, 1], [0, 0]], InvalidDomain, r"within 1e\+300"),
    ([0, 1], DimensionMismatch, r"got \(2,\)"),
    ([[0, 1], [2]], DimensionMismatch, "rows of different lengths"),
    ([], DimensionMismatch, r"got \(0,\)"),
    (np.zeros((4, 0)), DimensionMismatch, r"got \(4, 0\)"),
]


@pytest.mark.parametrize(("points", "error", "message"), POINTS)
def test_points(points, error, message):
    with pytest.raises(error, match=message):
        Polytope.from_vertices(points)


def pentagram():
    return shapely.Polygon([(math.cos(0.8 * math.pi * k), math.sin(0.8 * math.pi * k)) for k in range(5)])


def with_corner(corner):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shapely warns of NaN
        return shapely.Polygon([(0, 0), corner, (1, 1)])


POLYGONS = [
    (shapely.Polygon([(0, 0), (1, 0), (0.5, 0.25), (0, 1)]), "is not.*convex_hull"),
    (shapely.Polygon([(0, 0), (0.5, 5e-324), (1, 0), (1, 1), (0, 1)]), "must be convex"),
    (shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "must be convex"),
    (shapely.Polygon([(0, 0), (1, 0), (1, 1), (0, 1)] * 2), "must be convex"),
    (pentagram(), "must be convex"),
    (shapely.box(0, 0, 9, 9).difference(shapely.box(1, 1, 2, 2)), r"must be convex; the polygon has 1 hole"),
    (shapely.Polygon(), "non-empty shapely Polygon, got an empty one"),
    (shapely.MultiPolygon([shapely.box(0, 0, 1, 1)]), "got MultiPolygon"),
    (shapely.LineString([(0, 0), (1, 1)]), "got LineString"),
    (shapely.Point(0, 0), "got Point"),
    (None, "got NoneType"),
    ([(0, 0), (1, 0), (0, 1)], "got list"),
    (shapely.Polygon([(0, 0), (1, 1), (2, 2)]), "lie in a hyperplane"),
    (shapely.Polygon([(0, 0, 1), (1, 0, 1), (1, 1, 1)]), "force_2d"),
    (with_corner((math.nan, 0)), "NaN or infinite"),
    (with_corner((math.inf, 0)), "NaN or infinite"),
]


@pytest.mark.parametrize(("polygon", "message"), POLYGONS)
def test_polygons(polygon, message):
    with pytest.raises(InvalidDomain, match=message):
        Polytope.from_shapely(polygon)


@pytest.mark.parametrize(
    ("ring", "facets"),
    [
        ([(0, 0), (0.5, -5e-324), (1, 0), (1, 1), (0, 1)], 5),
        ([(0, 0), (0.5, 0), (1, 0), (1, 1), (0, 1), (0, 0.5)], 4),
        ([(0, 0), (0, 0), (1, 0), (1, 1), (1, 1), (0, 1)], 4),
        ([(0, 0), (1, 0), (0.5, 1e-40)], 3),
    ],
)
def test_polygons_that_are_just_convex(ring, facets):
    for corners in (ring, ring[::-1]):
        assert Polytope.from_shapely(shapely.Polygon(corners)).n_facets == facets


def test_large_integers_beside_floats_are_not_rounded() -> None:
    interval = Polytope.from_halfspaces([[1], [-1]], [2**60 + 1, 0.5])
    assert interval.exact_halfspaces[0] == ([1], 2**60 + 1)


def test_half_spaces_at_the_end_of_the_floats() -> None:
    interval = Polytope.box(-1, 1, dim=1)
    assert interval.part([[0.5]], [1.7e308]).n_facets == 2
    with pytest.raises(InvalidDomain, match="empty"):
        interval.part([[0.5]], [-1.7e308])
