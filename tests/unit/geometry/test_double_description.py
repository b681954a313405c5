"""Vertices and volumes, against all sets of n rows, Qhull, shapely and formulas."""

import itertools
import math
from fractions import Fraction

import brute_force
import numpy as np
import pytest
import scipy.spatial
import shapely
from effort import examples
from hypothesis import given
from hypothesis import strategies as st

from polyregions.arithmetic import rational, rational_matrix, to_fraction
from polyregions.geometry.double_description import enumerate_vertices, exact_volume, facets_of


def enumerated(rows, lower, upper):
    return enumerate_vertices(rational_matrix(rows), [rational(x) for x in lower], [rational(x) for x in upper])


def points_of(vertices):
    return [tuple(to_fraction(x) for x in point) for point in vertices.points]


def volume_of(rows, lower, upper):
    return to_fraction(exact_volume(enumerated(rows, lower, upper), len(rows)))


def halfspaces_of_hull(points):
    """Integer points' hull as exact rows: Qhull says which points span a facet, the rest is integer arithmetic."""
    hull = scipy.spatial.ConvexHull(points)
    middle = points.mean(axis=0)
    rows = set()
    for simplex in hull.simplices:
        corners = [[Fraction(int(x)) for x in points[i]] for i in simplex]
        edges = [[x - y for x, y in zip(corner, corners[0], strict=True)] for corner in corners[1:]]
        normal = cross(edges)
        row = [*normal, -sum(a * x for a, x in zip(normal, corners[0], strict=True))]
        side = sum(float(a) * x for a, x in zip(row[:-1], middle, strict=True)) + float(row[-1])
        size = max(abs(x) for x in normal)
        rows.add(tuple((1 if side > 0 else -1) * x / size for x in row))
    return sorted(rows), hull


def cross(edges):
    """The vector orthogonal to n - 1 vectors, by minors."""
    dim = len(edges) + 1
    return [(-1) ** i * det([[e for j, e in enumerate(edge) if j != i] for edge in edges]) for i in range(dim)]


def det(table):
    if not table:
        return Fraction(1)
    return sum(
        (-1) ** i * row[0] * det([other[1:] for j, other in enumerate(table) if j != i]) for i, row in enumerate(table)
    )


@examples(150)
@given(st.data(), st.integers(1, 3))
def test_vertices_are_those_that_n_rows_make(data, dim):
    rows = data.draw(brute_force.boxed_rows(dim))
    if brute_force.kind(rows) != "polytope":
        return
    vertices = enumerated(rows, [-2] * dim, [2] * dim)
    points = points_of(vertices)
    assert len(set(points)) == len(points)
    assert set(points) == brute_force.vertices(rows)
    for point, mask in zip(points, vertices.rows, strict=True):
        assert mask == sum((brute_force.value(row, point) == 0) << i for i, row in enumerate(rows))


@examples(60)
@given(st.data(), st.integers(2, 3))
def test_order_and_redundant_rows_do_not_matter(data, dim):
    rows = data.draw(brute_force.boxed_rows(dim))
    if brute_force.kind(rows) != "polytope":
        return
    shuffled = data.draw(st.permutations(rows))
    facets = sorted(brute_force.facets(rows))
    assert set(points_of(enumerated(shuffled, [-2] * dim, [2] * dim))) == brute_force.vertices(rows)
    assert set(points_of(enumerated(facets, [-9] * dim, [5] * dim))) == brute_force.vertices(rows)
    wanted = volume_of(facets, [-2] * dim, [2] * dim)
    assert volume_of(shuffled, [-2] * dim, [2] * dim) == volume_of(rows, [-3] * dim, [2] * dim) == wanted
    corners = np.array(sorted(brute_force.vertices(rows)), dtype=float)
    assert float(wanted) == pytest.approx(scipy.spatial.ConvexHull(corners).volume, rel=1e-9)


@examples(60)
@given(st.data())
def test_polygon_areas_are_exact(data):
    rows = data.draw(brute_force.boxed_rows(2))
    if brute_force.kind(rows) != "polytope":
        return
    corners = sorted(brute_force.vertices(rows))
    middle = brute_force.centre(corners)
    around = sorted(corners, key=lambda p: math.atan2(p[1] - middle[1], p[0] - middle[0]))
    pairs = zip(around, [*around[1:], around[0]], strict=True)
    assert volume_of(rows, [-2] * 2, [2] * 2) == sum(a[0] * b[1] - a[1] * b[0] for a, b in pairs) / 2
    area = shapely.MultiPoint([tuple(map(float, p)) for p in corners]).convex_hull.area
    assert float(volume_of(rows, [-2] * 2, [2] * 2)) == pytest.approx(area, rel=1e-12)


@pytest.mark.parametrize(("dim", "count", "seed"), [(2, 12, 0), (3, 12, 1), (3, 30, 2), (4, 10, 3), (5, 9, 4)])
def test_random_hulls_as_qhull(dim, count, seed):
    points = np.random.default_rng(seed).integers(-20, 21, (count, dim))
    rows, hull = halfspaces_of_hull(points)
    vertices = enumerated(rows, points.min(axis=0), points.max(axis=0))
    assert set(points_of(vertices)) == {tuple(map(Fraction, points[i].tolist())) for i in hull.vertices}
    assert float(to_fraction(exact_volume(vertices, len(rows)))) == pytest.approx(hull.volume, rel=1e-10)


@pytest.mark.parametrize("dim", range(1, 7))
def test_cubes(dim):
    lower, upper = [Fraction(-1, 3)] * dim, [Fraction(1, 7)] * dim
    rows = brute_force.box_rows(lower, upper)
    points = points_of(enumerated(rows, lower, upper))
    assert sorted(points) == sorted(itertools.product((Fraction(-1, 3), Fraction(1, 7)), repeat=dim))
    assert volume_of(rows, lower, upper) == Fraction(10, 21) ** dim


@pytest.mark.parametrize("dim", range(1, 7))
def test_simplices(dim):
    rows = [[*(int(i == j) for j in range(dim)), 0] for i in range(dim)] + [[-1] * dim + [Fraction(3, 2)]]
    assert len(points_of(enumerated(rows, [0] * dim, [2] * dim))) == dim + 1
    assert volume_of(rows, [0] * dim, [2] * dim) == Fraction(3, 2) ** dim / math.factorial(dim)


@pytest.mark.parametrize("dim", range(1, 6))
def test_cross_polytopes(dim):
    """2^n facets, and every vertex lies on half of them."""
    rows = [[*signs, 1] for signs in itertools.product((1, -1), repeat=dim)]
    vertices = enumerated(rows, [-1] * dim, [1] * dim)
    wanted = {tuple(Fraction(s * (i == j)) for j in range(dim)) for i in range(dim) for s in (1, -1)}
    assert set(points_of(vertices)) == wanted
    assert all(mask.bit_count() == 2 ** (dim - 1) for mask in vertices.rows)
    assert volume_of(rows, [-1] * dim, [1] * dim) == Fraction(2**dim, math.factorial(dim))


def test_cyclic_polytope():
    """Eight points on the moment curve in dimension 4: every pair is an edge, 20 facets."""
    points = np.array([[t, t**2, t**3, t**4] for t in range(-4, 4)])
    gale = [{i, i + 1, j, j + 1} for i in range(7) for j in range(i + 2, 7)] + [{0, 7, i, i + 1} for i in range(1, 6)]
    rows = []
    for facet in gale:
        corners = [[Fraction(int(x)) for x in points[i]] for i in sorted(facet)]
        normal = cross([[x - y for x, y in zip(corner, corners[0], strict=True)] for corner in corners[1:]])
        row = [*normal, -sum(a * x for a, x in zip(normal, corners[0], strict=True))]
        values = [brute_force.value(row, point.tolist()) for point in points]
        assert min(values) == 0 or max(values) == 0
        rows.append([(1 if max(values) > 0 else -1) * x for x in row])
    vertices = enumerated(rows, points.min(axis=0), points.max(axis=0))
    assert len(rows) == 20
    assert set(points_of(vertices)) == {tuple(map(Fraction, point.tolist())) for point in points}
    volume = to_fraction(exact_volume(vertices, len(rows)))
    assert float(volume) == pytest.approx(scipy.spatial.ConvexHull(points).volume, rel=1e-9)


def test_slivers_are_exact():
    thin = Fraction(1, 10**40)
    rows = [[1, -1, 0], [-1, 1, thin], [1, 0, 0], [-1, 0, 1]]
    assert volume_of(rows, [-1, -1], [2, 2]) == thin
    assert len(points_of(enumerated(rows, [-1, -1], [2, 2]))) == 4


def test_facets_of_a_pyramid():
    """A row that touches the tip only, and a repeated row, are not facets."""
    sides = [[1, 0, -1, 1], [-1, 0, -1, 1], [0, 1, -1, 1], [0, -1, -1, 1]]
    rows = [*sides, [0, 0, 1, 0], [0, 0, -1, 1], [0, 0, 2, 0]]
    vertices = enumerated(rows, [-1, -1, 0], [1, 1, 1])
    assert sorted(map(len, facets_of(frozenset(range(5)), vertices.rows, len(rows)))) == [3, 3, 3, 3, 4]
    assert volume_of(rows, [-1, -1, 0], [1, 1, 1]) == Fraction(4, 3)
