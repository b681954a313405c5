"""Domains from CVXPY constraints: CVXPY itself is the referee, formulas where there are some."""

import builtins
import itertools
import math
from fractions import Fraction

import cvxpy as cp
import numpy as np
import pytest

from polyregions.errors import DimensionMismatch, InvalidDomain, MissingDependency
from polyregions.geometry.polytope import Polytope

V = np.array([[0.0, 3.0, 4.0, 1.0, -2.0, 1.0], [0.0, -1.0, 2.0, 5.0, 3.0, 1.0]])
G = np.array([[1.0, 2.0, -1.0, 0.5], [0.5, -1.0, 1.0, 3.0], [0.0, 1.0, 0.25, -1.0]])


def corners(polytope):
    return {tuple(point) for point in polytope.exact_vertices}


def mixture(x):
    z, w = cp.Variable(2), cp.Variable(3, nonneg=True)
    return [x[0] <= cp.sum(w), w <= 1, cp.abs(z[0]) + z[1] <= x[1], z >= -1, cp.norm_inf(x - 1) <= 2, x[2] >= z[0] - 1]


CASES = {
    "box": (2, lambda x: [x >= -1, x <= [1, 2]]),
    "one sided bounds and a cut": (3, lambda x: [x >= 0, cp.sum(x) <= 1, x[0] + x[1] <= 0.9]),
    "repeated": (2, lambda x: [cp.norm_inf(x) <= 1, 2 * x <= 2, x <= 1, cp.abs(x) <= 3]),
    "norm1": (3, lambda x: [cp.norm1(x - 0.25) <= 0.5]),
    "norm1 of a map": (3, lambda x: [cp.norm1(G.T @ x) <= 2]),
    "norm_inf of a map": (3, lambda x: [cp.norm_inf(G.T @ x - 1) <= 2]),
    "sum of norms": (2, lambda x: [cp.norm1(x) + cp.norm_inf(x - 1) <= 3]),
    "max": (2, lambda x: [cp.max(V.T @ x) <= 4, x >= -2]),
    "max and min": (2, lambda x: [cp.maximum(x[0], -x[1], x[0] + x[1]) <= cp.minimum(2 - x[0], 3, x[1] + 4), x >= -2]),
    "largest entries": (4, lambda x: [cp.sum_largest(x, 2) <= 1, x >= -1]),
    "smallest entries": (3, lambda x: [cp.sum_smallest(x, 2) >= -1, x <= 1]),
    "total variation": (3, lambda x: [cp.tv(x) <= 1, cp.abs(cp.sum(x)) <= 1]),
    "positive part": (2, lambda x: [cp.sum(cp.pos(x)) <= 1, cp.sum(cp.neg(x)) <= 1]),
    "convex hull": (2, lambda x: [x == V @ (z := cp.Variable(6, nonneg=True)), cp.sum(z) == 1]),
    "zonotope": (3, lambda x: [x == G @ cp.Variable(4, bounds=[-1, 1])]),
    "Minkowski sum": (2, lambda x: [cp.norm1(y := cp.Variable(2)) <= 1, cp.norm_inf(x - y) <= 1]),
    "mixture": (3, mixture),
    "implied equality": (2, lambda x: [x[0] <= (z := cp.Variable()), z <= x[0], cp.abs(z) <= 1, cp.abs(x[1]) <= 1]),
    "trivial": (2, lambda x: [cp.norm_inf(x) <= 1, x <= np.inf, 0 * x <= 1, cp.Variable() >= x[0]]),
    "small and large": (2, lambda x: [cp.norm_inf(x) <= 1e-7, 1e9 * x[0] + x[1] <= 60]),
}


def support(x, constraints, direction):
    problem = cp.Problem(cp.Maximize(direction @ x), constraints)
    problem.solve(solver=cp.CLARABEL)
    return problem.value


def distance(x, constraints, point):
    problem = cp.Problem(cp.Minimize(cp.norm_inf(x - point)), constraints)
    problem.solve(solver=cp.CLARABEL)
    return problem.value


@pytest.mark.parametrize("name", CASES)
def test_cvxpy_agrees(name):
    """Every facet supports the set that CVXPY optimises over, and every vertex belongs to it."""
    dim, make = CASES[name]
    x = cp.Variable(dim)
    constraints = make(x)
    body = Polytope.from_cvxpy(constraints, x)
    assert body.dim == dim
    for normal, offset in zip(body.normals, body.offsets, strict=True):
        assert support(x, constraints, normal) == pytest.approx(offset, rel=1e-6, abs=1e-6 * np.abs(normal).max())
    size = np.abs(body.vertices).max()
    for vertex in body.vertices:
        assert distance(x, constraints, vertex) <= 1e-6 * max(size, 1e-2)
    again = Polytope.from_halfspaces([a for a, _ in body.exact_halfspaces], [b for _, b in body.exact_halfspaces])
    assert again.n_facets == body.n_facets
    assert body.volume > 0


@pytest.mark.parametrize("dim", range(1, 6))
def test_balls_are_exact(dim):
    x = cp.Variable(dim)
    diamond = Polytope.from_cvxpy([cp.norm1(x) <= 1], x)
    unit = {tuple(Fraction(s * (i == j)) for j in range(dim)) for i in range(dim) for s in (1, -1)}
    assert corners(diamond) == unit
    assert diamond.n_facets == 2**dim
    assert diamond.volume == Fraction(2**dim, math.factorial(dim))
    cube = Polytope.from_cvxpy([cp.norm_inf(x) <= 0.1], x)
    assert corners(cube) == set(itertools.product((Fraction(0.1), Fraction(-0.1)), repeat=dim))
    assert cube.is_box
    both = Polytope.from_cvxpy([cp.norm1(x) <= 1, cp.norm_inf(x) <= 0.5], x)
    assert both.n_facets == {1: 2, 2: 4}.get(dim, 2**dim + 2 * dim)


def test_hulls_are_exact():
    x, z = cp.Variable(2), cp.Variable(6)
    body = Polytope.from_cvxpy([x == V @ z, z >= 0, cp.sum(z) == 1], x)
    hull = Polytope.from_vertices(V.T)
    assert corners(body) == corners(hull)
    assert body.volume == hull.volume


@pytest.mark.parametrize("shape", [(), 1, (1,)])
def test_one_dimension(shape):
    x = cp.Variable(shape)
    body = Polytope.from_cvxpy([cp.abs(x - 1) <= 2, x <= 2.5], x)
    assert (body.dim, corners(body)) == (1, {(Fraction(-1),), (Fraction(5, 2),)})


@pytest.mark.parametrize(
    ("attributes", "lower", "upper"),
    [
        ({"nonneg": True}, 0, 2),
        ({"pos": True}, 0, 2),
        ({"nonpos": True}, -2, 0),
        ({"neg": True}, -2, 0),
        ({"bounds": [-1, 0.5]}, -1, 0.5),
        ({"bounds": [None, 0.5]}, -2, 0.5),
        ({"bounds": [np.array([-1, -math.inf]), 7]}, [-1, -2], 2),
        ({"bounds": [cp.Parameter(2, value=[-1, 0]), 1]}, [-1, 0], 1),
    ],
)
def test_attributes_are_constraints(attributes, lower, upper):
    x = cp.Variable(2, **attributes)
    wanted = Polytope.box(lower, upper, dim=2)
    body = Polytope.from_cvxpy([cp.norm_inf(x) <= 2], x)
    assert body.is_box
    assert corners(body) == corners(wanted)
    y = cp.Variable(2)
    assert corners(Polytope.from_cvxpy([cp.norm_inf(x) <= 2, y == x + np.array([1, 2])], y)) == {
        (a + 1, b + 2) for a, b in corners(wanted)
    }


def test_bounds_alone_are_enough():
    x = cp.Variable(3, bounds=[0, [1, 2, 3]])
    assert Polytope.from_cvxpy([], x).volume == 6


def test_bounds_beside_the_matrix_count(monkeypatch):
    """As CVXPY hands them to solvers that know bounds."""
    original = cp.Problem.get_problem_data

    def with_bounds(self, solver, **options):
        data, chain, inverse = original(self, solver, **options)
        count = data["A"].shape[1]
        return data | {"lower_bounds": np.full(count, -0.5), "upper_bounds": np.full(count, np.inf)}, chain, inverse

    monkeypatch.setattr(cp.Problem, "get_problem_data", with_bounds)
    x = cp.Variable(2)
    assert Polytope.from_cvxpy([x <= 1], x).volume == Fraction(9, 4)


def test_parameters_count_with_their_values():
    x, side, slope = cp.Variable(2), cp.Parameter(nonneg=True), cp.Parameter()
    constraints = [cp.norm_inf(x) <= side, slope * x[0] <= x[1]]
    with pytest.raises(InvalidDomain, match=r"parameter.*needs a value; these have none: .*, "):
        Polytope.from_cvxpy(constraints, x)
    side.value, slope.value = 2, 0.5
    assert Polytope.from_cvxpy(constraints, x).volume == 8
    side.value = 1
    assert Polytope.from_cvxpy(constraints, x).volume == 2


@pytest.mark.parametrize("thin", [1e-9, 1e-30, 1e-300, 0.0, -1e-30])
def test_decided_without_tolerance(thin):
    x = cp.Variable(2)
    constraints = [cp.norm_inf(x) <= 1, x[0] - x[1] <= thin, x[1] - x[0] <= 0]
    if thin > 0:
        width = Fraction(thin)
        assert Polytope.from_cvxpy(constraints, x).volume == 2 * width - width**2 / 2
    else:
        with pytest.raises(InvalidDomain, match="no interior" if thin == 0 else "is empty"):
            Polytope.from_cvxpy(constraints, x)


def test_hidden_variables_are_eliminated_without_tolerance():
    """x lies between z and z + gap; the shadow is flat, empty or not by 1e-30."""
    for gap, message in [(1e-30, None), (0.0, "no interior"), (-1e-30, "is empty")]:
        x, z = cp.Variable(), cp.Variable()
        constraints = [x >= z, x <= z + gap, z == 0]
        if message is None:
            assert Polytope.from_cvxpy(constraints, x).volume == Fraction(gap)
        else:
            with pytest.raises(InvalidDomain, match=message):
                Polytope.from_cvxpy(constraints, x)


def refused(make, error, message, **attributes):
    x = cp.Variable(2, **attributes)
    with pytest.raises(error, match=message):
        Polytope.from_cvxpy(make(x), x)


REFUSED = [
    (lambda x: [cp.abs(x) >= 1], "does not follow CVXPY's rules"),
    (lambda x: [x[0] * x[1] <= 1], "does not follow CVXPY's rules"),
    (lambda x: [cp.norm1(x) == 1], "does not follow CVXPY's rules"),
    (lambda x: [cp.norm2(x) <= 1], "second-order cones"),
    (lambda x: [cp.sum_squares(x) <= 1], "second-order cones"),
    (lambda x: [cp.quad_form(x, np.eye(2)) <= 1], "second-order cones"),
    (lambda x: [cp.SOC(x[0], x)], "second-order cones"),
    (lambda x: [cp.geo_mean(x) >= 1, x <= 2], "second-order cones"),
    (lambda x: [cp.exp(x) <= 1, x >= -1], "exponential cones"),
    (lambda x: [cp.log(x) >= 0, x <= 2], "exponential cones"),
    (lambda x: [cp.diag(x) >> 0, x <= 1], "semidefinite cones"),
    (lambda x: [cp.PowCone3D(x[0], x[1], 1, 0.3)], "power cones"),
    (lambda x: [cp.norm_inf(x) <= 1, cp.Variable(integer=True) == x[0]], "integer or boolean"),
    (lambda x: [cp.norm_inf(x) <= 1, cp.Variable(boolean=True) == x[0]], "integer or boolean"),
    (lambda x: [cp.FiniteSet(x[0], [0, 1]), x[1] == 0], "must be convex"),
    (lambda x: [x >= 0], r"unbounded in direction"),
    (lambda x: [cp.abs(x[0]) <= 1], "contains a line"),
    (lambda x: [x == cp.Variable(2)], "whole space of dimension 2"),
    (lambda x: [x >= 1, x <= 0], "is empty"),
    (lambda x: [cp.norm1(x) <= -1], "is empty"),
    (lambda x: [cp.norm1(x) <= 0], "no interior"),
    (lambda x: [cp.norm1(x) <= 1, x[0] == x[1]], "must be full-dimensional; equalities keep"),
    (lambda x: [x == [1, 1]], "must be full-dimensional; equalities keep"),
    (lambda x: [x == [1, 1], x == [1, 2]], "equalities contradict each other"),
    (lambda x: [x >= 1, cp.Constant(1) <= 0], "is empty"),
    (lambda x: [cp.norm1(x) <= 1, x >= np.array([0, np.nan])], "NaN or infinite"),
    (lambda x: [cp.norm1(x) <= 1, x[0] >= np.inf], "NaN or infinite"),
    (lambda x: [cp.norm1(x) <= 1, cp.Variable() == -np.inf], "NaN or infinite"),
    (lambda x: [cp.norm1(x) <= 1, cp.Variable() == np.inf], "NaN or infinite"),
    (lambda x: [cp.norm1(cp.Variable(2, name="other")) <= 1], "does not occur in the constraints.*about other"),
    (lambda x: [], "does not occur in the constraints.*about nothing"),
    (lambda x: cp.norm1(x) <= 1, "got a single one; put it in a list"),
    (lambda x: [cp.norm1(x) <= 1, True], "got a bool in it"),
    (lambda x: [cp.norm1(x)], "in it"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_what_is_no_polytope_is_refused(make, message):
    refused(make, InvalidDomain, message)


@pytest.mark.parametrize("kind", ["integer", "boolean"])
def test_integer_variables_are_refused(kind):
    refused(lambda x: [cp.norm_inf(x) <= 1], InvalidDomain, "integer or boolean", **{kind: True})


def test_complex_variables_are_refused():
    refused(lambda x: [cp.norm_inf(cp.real(x)) <= 1], InvalidDomain, "must be real", complex=True)


@pytest.mark.parametrize("shape", [(2, 2), (1, 1), (0,)])
def test_matrices_are_refused(shape):
    x = cp.Variable(shape)
    with pytest.raises(DimensionMismatch, match=r"shape \(n,\) or \(\)"):
        Polytope.from_cvxpy([x <= 1, x >= 0], x)


@pytest.mark.parametrize("thing", [None, "x", np.zeros(2), cp.Parameter(2), cp.Variable(2) + 1])
def test_other_things_than_variables_are_refused(thing):
    with pytest.raises(InvalidDomain, match=r"wanted a cvxpy.Variable, got"):
        Polytope.from_cvxpy([cp.Variable(2) <= 1], thing)


def test_without_cvxpy(monkeypatch):
    real_import = builtins.__import__

    def fail(name, *args, **kwargs):
        if name == "cvxpy":
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", fail)
    with pytest.raises(MissingDependency, match="pip install cvxpy"):
        Polytope.from_cvxpy([], None)
