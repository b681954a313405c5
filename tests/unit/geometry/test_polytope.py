"""Polytopes and how they are made; every decision against all sets of n rows."""

import itertools
import math
from decimal import Decimal
from fractions import Fraction

import brute_force
import numpy as np
import pytest
import scipy.spatial
import shapely
from effort import examples
from hypothesis import given
from hypothesis import strategies as st

from polyregions.arithmetic import to_fraction
from polyregions.errors import DimensionMismatch, InvalidDomain
from polyregions.geometry.polytope import Polytope

SQUARE = [[1, 0], [-1, 0], [0, 1], [0, -1]]
TINY = Fraction(1, 10**30)


def rows_of(polytope):
    return [[*(-a for a in normal), offset] for normal, offset in polytope.exact_halfspaces]


def from_rows(rows):
    return Polytope.from_halfspaces([[-entry for entry in row[:-1]] for row in rows], [row[-1] for row in rows])


def corners_of(polytope):
    return {tuple(point) for point in polytope.exact_vertices}


MESSAGES = {"empty": "is empty", "flat": "no interior", "unbounded": "must be bounded"}


@examples(200)
@given(st.data(), st.integers(1, 3))
def test_small_integers(data, dim):
    rows = data.draw(brute_force.small_rows(dim, most=8))
    wanted = brute_force.kind(rows)
    if wanted != "polytope":
        with pytest.raises(InvalidDomain, match=MESSAGES[wanted]):
            from_rows(rows)
        return
    polytope = from_rows(rows)
    assert len(rows_of(polytope)) == polytope.n_facets
    assert brute_force.facets(rows_of(polytope)) == brute_force.facets(rows)
    assert polytope.n_facets == len(brute_force.facets(rows))
    assert corners_of(polytope) == brute_force.vertices(rows)
    for facet, row in zip(polytope.labels, rows_of(polytope), strict=True):
        assert rows[facet] == row  # labels are the numbers of the rows that were given


@examples(100)
@given(st.data(), st.integers(1, 3))
def test_boxed_small_integers(data, dim):
    rows = data.draw(brute_force.boxed_rows(dim))
    wanted = brute_force.kind(rows)
    if wanted != "polytope":
        with pytest.raises(InvalidDomain, match=MESSAGES[wanted]):
            from_rows(rows)
        return
    polytope = from_rows(rows)
    corners = sorted(brute_force.vertices(rows))
    assert brute_force.facets(rows_of(polytope)) == brute_force.facets(rows)
    for axis in range(dim):
        numbers = [corner[axis] for corner in corners]
        low, high = float(polytope.lower[axis]), float(polytope.upper[axis])
        assert Fraction(low) <= min(numbers) < Fraction(math.nextafter(low, math.inf))
        assert Fraction(math.nextafter(high, -math.inf)) < max(numbers) <= Fraction(high)
    inside = [to_fraction(x) for x in polytope.inside.exact]
    assert all(brute_force.value(row, inside) > 0 for row in rows if any(row[:-1]))
    hull = Polytope.from_vertices(corners)
    assert corners_of(hull) == set(corners)
    assert hull.volume == polytope.volume
    assert brute_force.facets(rows_of(hull)) == brute_force.facets(rows)


@examples(80)
@given(st.data(), st.integers(1, 3))
def test_contains(data, dim):
    rows = data.draw(brute_force.boxed_rows(dim))
    if brute_force.kind(rows) != "polytope":
        return
    polytope = from_rows(rows)
    corners = sorted(brute_force.vertices(rows))
    halves = st.lists(st.integers(-5, 5).map(lambda k: k / 2), min_size=dim, max_size=dim)
    points = [data.draw(halves) for _ in range(10)] + [[float(x) for x in corner] for corner in corners]
    points += [[math.nextafter(x, math.inf) for x in point] for point in points]
    values = [[brute_force.value(row, point) for row in rows_of(polytope)] for point in points]
    assert polytope.contains(points).tolist() == [min(each) >= 0 for each in values]
    assert polytope.contains(points, strictly=True).tolist() == [min(each) > 0 for each in values]


def test_contains_one_ulp_beside_a_slanted_edge():
    """0.1 x + 0.3 y <= 0.5: floats cannot tell the points next to the line."""
    polytope = Polytope.from_halfspaces([[0.1, 0.3], [-1, 0], [0, -1]], [0.5, 0, 0])
    row = [-Fraction(0.1), -Fraction(0.3), Fraction(0.5)]
    points = []
    for x in np.linspace(0.0, 4.9, 50).tolist():
        y = float((Fraction(0.5) - Fraction(0.1) * Fraction(x)) / Fraction(0.3))
        points += [[x, y], [x, math.nextafter(y, 9)], [x, math.nextafter(y, -9)]]
    assert polytope.contains(points).tolist() == [brute_force.value(row, point) >= 0 for point in points]
    assert 0 < polytope.contains(points).sum() < len(points)


def test_contains_on_the_boundary():
    square = Polytope.box(-1, 1, dim=2)
    up, down = math.nextafter(1, 2), math.nextafter(1, 0)
    points = [[1, 0], [down, 0], [up, 0], [1, 1], [up, 1], [-1, -1], [math.nan, 0], [0, math.inf], [-0.0, 5e-324]]
    assert square.contains(points).tolist() == [True, True, False, True, False, True, False, False, True]
    assert square.contains(points, strictly=True).tolist() == [False, True] + [False] * 6 + [True]
    assert square.contains(np.zeros((0, 2))).shape == (0,)
    with pytest.raises(DimensionMismatch, match=r"shape \(N, 2\), got \(3,\)"):
        square.contains([0, 0, 0])


@pytest.mark.parametrize(
    "thin", [Fraction(1, 10**9), TINY, Fraction(1, 10**300), Fraction(5e-324), Fraction(1, 10**400)]
)
@pytest.mark.parametrize("where", [0, Fraction(1, 3), 1, 1000])
def test_thin_sets(thin, where):
    """|x - where| <= thin is a polytope, |x - where| <= 0 is flat, and less is empty."""
    rows = [[1, thin - where], [-1, where + thin]]
    slab = [[1, -1, thin - where], [-1, 1, where + thin], [0, 1, 1], [0, -1, 1], [5, 3, 5000]]
    assert from_rows(rows).volume == 2 * thin
    assert from_rows(slab).volume == 4 * thin
    assert from_rows(slab).n_facets == 4
    for sign, message in [(0, "no interior"), (-1, "is empty")]:
        for table in (rows, slab):
            less = [[*row[:-1], row[-1] - (1 - sign) * thin] for row in table[:2]] + table[2:]
            with pytest.raises(InvalidDomain, match=message):
                from_rows(less)


@pytest.mark.parametrize("steep", [1, 3, Fraction(1, 3)])
@pytest.mark.parametrize("offset", [0, 1])
def test_thin_cones(steep, offset):
    """Two lines whose slopes differ by 1e-30 meet very far out, or not at all."""
    above = [[-steep, 1, offset], [steep, -1, 0], [1, 0, 0]]
    with pytest.raises(InvalidDomain, match="unbounded in direction" if offset else "no interior"):
        from_rows(above)
    with pytest.raises(InvalidDomain, match="unbounded in direction"):
        from_rows([[-steep, 1, offset], [steep + TINY, -1, 0], [1, 0, 0]])
    if offset:
        wedge = from_rows([[-steep, 1, offset], [steep - TINY, -1, 0], [1, 0, 0]])
        assert wedge.n_facets == 3
        assert wedge.volume == 1 / TINY / 2


@pytest.mark.parametrize(
    ("axis", "gap", "message"),
    [(0, 0, "no interior"), (0, -TINY, "is empty"), (1, 0, "no interior"), (1, -TINY, "is empty")],
)
def test_contradictions_are_found_exactly(axis, gap, message):
    rows = brute_force.box_rows([0, 0, 0], [1, 1, 1])
    rows.append([-int(i == axis) for i in range(3)] + [gap])
    with pytest.raises(InvalidDomain, match=message):
        from_rows(rows)
    rows[-1][-1] = TINY
    assert from_rows(rows).volume == TINY


def test_redundant_repeated_scaled_and_zero_rows_are_left_out():
    diagonal = [1, 1]
    normals = [*SQUARE, [2, 0], [1e-30, 0], [0, 3], [0, 0], diagonal, diagonal, [0, 0], [7, 1]]
    offsets = [1, 1, 1, 1, 2, 1e-30, 4, 0, 2, 1.5, 5, 8]
    polytope = Polytope.from_halfspaces(normals, offsets)
    assert polytope.labels == (0, 1, 2, 3, 9)
    assert polytope.volume == Fraction(31, 8)


@pytest.mark.parametrize("gap", [0, TINY, -TINY, Fraction(1, 10**9), -Fraction(1, 10**9)])
def test_a_row_is_a_facet_if_and_only_if_it_cuts_something_off(gap):
    """x + y <= 2 - gap touches the unit square's corner, cuts it, or misses it."""
    polytope = Polytope.from_halfspaces([*SQUARE, [1, 1]], [1, 1, 1, 1, 2 - gap])
    assert polytope.n_facets == 4 + (gap > 0)
    assert polytope.volume == 4 - (gap**2 / 2 if gap > 0 else 0)


def test_facets_far_apart_in_scale():
    """Coordinates around 1e8 and 1e-8 at once: no facet is lost."""
    big, small = 10**8, Fraction(1, 10**8)
    polytope = Polytope.from_halfspaces([*SQUARE, [small, big]], [big, big, small, small, 2])
    assert (polytope.n_facets, polytope.volume) == (4, 4)
    polytope = Polytope.from_halfspaces([*SQUARE, [small, big]], [big, big, small, small, 2 - TINY])
    assert (polytope.n_facets, polytope.volume) == (5, 4 - TINY**2 / 2)


@pytest.mark.parametrize("size", [5e-324, 1e-310, 1e-200, 1e-12, 1e12, 1e200, 1e300])
def test_rows_and_bodies_of_any_size(size):
    assert Polytope.from_halfspaces([[x * size for x in row] for row in SQUARE], [size] * 4).volume == 4
    body = Polytope.from_halfspaces(SQUARE, [size] * 4)
    assert body.volume == 4 * Fraction(size) ** 2
    assert body.contains([[size, -size], [size, math.nextafter(size, math.inf)]]).tolist() == [True, False]
    triangle = Polytope.from_vertices([[0, 0], [size, 0], [0, size]])
    assert triangle.volume == Fraction(size) ** 2 / 2
    far = Polytope.from_halfspaces([*SQUARE, [5e-324, 0]], [1, 1, 1, 1, size])
    assert far.volume == 4


@pytest.mark.parametrize(
    "make", [lambda n: Polytope.box(0, 3, dim=n), lambda n: from_rows(brute_force.box_rows([0] * n, [3] * n))]
)
@pytest.mark.parametrize("dim", range(1, 7))
def test_cubes(make, dim):
    cube = make(dim)
    assert cube.is_box
    assert (cube.dim, cube.n_facets, len(cube.vertices)) == (dim, 2 * dim, 2**dim)
    assert cube.volume == 3**dim
    assert repr(cube) == f"Polytope(dim={dim}, {2 * dim} facets)"
    centre, radius = cube.chebyshev_centre
    assert centre == pytest.approx(np.full(dim, 1.5))
    assert radius == pytest.approx(1.5)


@pytest.mark.parametrize("dim", range(1, 7))
def test_simplices(dim):
    body = Polytope.simplex(dim, 0.1)
    assert body.n_facets == dim + 1
    assert corners_of(body) == {tuple(Fraction(0.1) * (i == j) for j in range(dim)) for i in range(dim + 1)}
    assert body.volume == Fraction(0.1) ** dim / math.factorial(dim)
    assert body.is_box == (dim == 1)


@pytest.mark.parametrize("dim", range(1, 6))
def test_cross_polytopes(dim):
    body = Polytope.from_vertices(np.concatenate([np.eye(dim), -np.eye(dim)]))
    assert body.n_facets == 2**dim
    assert body.volume == Fraction(2**dim, math.factorial(dim))
    signs = np.array(list(itertools.product((1, -1), repeat=dim)))
    assert Polytope.from_halfspaces(signs, np.ones(2**dim)).volume == body.volume
    assert body.chebyshev_centre[1] == pytest.approx(1 / math.sqrt(dim))


@pytest.mark.parametrize(("dim", "count", "seed"), [(1, 5, 0), (2, 30, 0), (3, 20, 1), (4, 10, 2), (5, 9, 3)])
def test_random_hulls_as_qhull(dim, count, seed):
    points = np.random.default_rng(seed).standard_normal((count, dim))
    body = Polytope.from_vertices(points)
    if dim == 1:
        assert sorted(body.vertices[:, 0]) == [points.min(), points.max()]
        return
    hull = scipy.spatial.ConvexHull(points)
    assert float(body.volume) == pytest.approx(hull.volume, rel=1e-10)
    assert body.n_facets == len(hull.equations)  # random points are in general position
    assert sorted(map(tuple, body.vertices)) == sorted(map(tuple, points[hull.vertices]))
    assert body.contains(points).all()
    again = Polytope.from_halfspaces([a for a, _ in body.exact_halfspaces], [b for _, b in body.exact_halfspaces])
    assert (again.volume, again.n_facets) == (body.volume, body.n_facets)


@examples(50)
@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=1, max_size=8))
def test_polygons_as_shapely(points):
    hull = shapely.MultiPoint(points).convex_hull
    if hull.geom_type != "Polygon":
        with pytest.raises(InvalidDomain, match="lie in a hyperplane"):
            Polytope.from_vertices(points)
        return
    corners = {(Fraction(x), Fraction(y)) for x, y in hull.exterior.coords}
    for body in (Polytope.from_vertices(points), Polytope.from_shapely(hull), Polytope.from_shapely(hull.reverse())):
        assert body.volume == Fraction(hull.area)  # halves of integers are exact
        assert corners_of(body) == corners
        assert shapely.Polygon(body.vertices).equals(hull)  # in order around it


def test_numbers_of_other_types():
    wanted = Polytope.from_halfspaces(SQUARE, [1, 1, 1, 1]).volume
    for convert in (np.float32, np.int64, np.int8, object):
        assert Polytope.from_halfspaces(np.array(SQUARE, dtype=convert), np.ones(4, dtype=convert)).volume == wanted
    third = Polytope.from_halfspaces([[3], [-1]], [1, 0])
    assert third.volume == Fraction(1, 3)
    assert Polytope.from_halfspaces([[Decimal(1)], [-1]], [Decimal("0.1"), 0]).volume == Fraction(1, 10)
    assert Polytope.from_halfspaces([[10**400], [-1]], [10**400, 0]).volume == 1
    assert third.normals.tolist() == [[3.0], [-1.0]]
    assert third.offsets.tolist() == [1.0, 0.0]


def test_box_of_neighbouring_floats():
    above = math.nextafter(1, 2)
    box = Polytope.box([1, 0], [above, 5e-324])
    assert box.volume == (Fraction(above) - 1) * Fraction(5e-324)
    inside = [to_fraction(x) for x in box.inside.exact]
    assert all(brute_force.value(row, inside) > 0 for row in rows_of(box))


@pytest.mark.parametrize("other", [[[1, 0], [-1, 0], [1, 1], [0, -1]], [[1, 0], [-1, 0], [0, 1], [1, -3]]])
def test_is_box_is_exact(other):
    assert Polytope.from_halfspaces(SQUARE, [1, 2, 3, 4]).is_box
    assert not Polytope.from_halfspaces(other, [1, 1, 1, 1]).is_box
    assert not Polytope.from_halfspaces([*SQUARE, [1, 1]], [1, 1, 1, 1, 2 - TINY]).is_box
