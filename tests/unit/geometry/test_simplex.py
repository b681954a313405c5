"""The exact simplex method, against scipy and against all sets of n rows."""

import itertools
from fractions import Fraction

import brute_force
import numpy as np
import pytest
import scipy.optimize
from effort import examples
from hypothesis import given
from hypothesis import strategies as st

from polyregions.arithmetic import rational, rational_matrix, to_fraction
from polyregions.geometry.simplex import Maximum, Ray, kernel, maximize_exactly, multipliers_of, row_values


def exact(numbers):
    return [rational(x) for x in numbers]


def back(numbers):
    return [to_fraction(x) for x in numbers]


def maximize(rows, objective, start, hint=None):
    return maximize_exactly(rational_matrix(rows), exact(objective), exact(start), hint)


def assert_optimal(best, rows, objective):
    """Primal feasible, dual feasible, no gap: no trust needed."""
    point, weights = back(best.point), back(best.multipliers)
    assert isinstance(best, Maximum)
    assert len(best.active) == len(weights) == len(point)
    assert all(brute_force.value(row, point) >= 0 for row in rows)
    assert brute_force.value(objective, point) == to_fraction(best.value)
    assert all(brute_force.value(rows[row], point) == 0 for row in best.active)
    assert min(weights) >= 0
    for i in range(len(point)):
        gradient = Fraction(objective[i])
        assert gradient + sum(w * Fraction(rows[row][i]) for w, row in zip(weights, best.active, strict=True)) == 0


def assert_ray(ray, rows, objective):
    direction = [*back(ray.direction), Fraction(1)]
    assert any(direction[:-1])
    assert all(brute_force.value([*row[:-1], 0], direction[:-1]) >= 0 for row in rows)
    return brute_force.value([*objective[:-1], 0], direction[:-1])


@examples(120)
@given(st.data(), st.integers(1, 3))
def test_maximum_is_the_best_vertex(data, dim):
    rows = data.draw(brute_force.boxed_rows(dim))
    corners = sorted(brute_force.vertices(rows))
    if not corners:
        return
    objective = data.draw(st.lists(st.integers(-3, 3), min_size=dim + 1, max_size=dim + 1))
    start = data.draw(st.sampled_from([*corners, brute_force.centre(corners)]))
    best = maximize(rows, objective, start)
    assert_optimal(best, rows, objective)
    assert to_fraction(best.value) == max(brute_force.value(objective, point) for point in corners)


@examples(80)
@given(st.data(), st.integers(1, 3))
def test_hints_change_nothing_but_the_way(data, dim):
    rows = data.draw(brute_force.boxed_rows(dim, most=3))
    corners = sorted(brute_force.vertices(rows))
    if not corners:
        return
    objective = data.draw(st.lists(st.integers(-3, 3), min_size=dim + 1, max_size=dim + 1))
    wanted = max(brute_force.value(objective, point) for point in corners)
    hints = st.lists(st.integers(0, len(rows) - 1), min_size=dim, max_size=dim) | st.just([]) | st.just([0] * (dim + 1))
    best = maximize(rows, objective, corners[0], data.draw(hints))  # independent or not, feasible or not
    assert to_fraction(best.value) == wanted


@examples(120)
@given(st.data(), st.integers(1, 3))
def test_unbounded_sets_give_a_ray_that_stays_inside(data, dim):
    rows = [[*row[:-1], abs(row[-1])] for row in data.draw(brute_force.small_rows(dim))]  # the origin is feasible
    objective = data.draw(st.lists(st.integers(-3, 3), min_size=dim + 1, max_size=dim + 1))
    best = maximize(rows, objective, [0] * dim)
    far = brute_force.vertices([*rows, *brute_force.box_rows([-brute_force.FAR] * dim, [brute_force.FAR] * dim)])
    highest = max(brute_force.value(objective, point) for point in far)
    if isinstance(best, Ray):
        growth = assert_ray(best, rows, objective)
        opposite = [[*(-x for x in row[:-1]), row[-1]] for row in rows]
        if growth == 0:  # only along a line
            assert_ray(best, opposite, objective)
        else:
            assert growth > 0
            assert highest > 1000
    else:
        assert_optimal(best, rows, objective)
        assert to_fraction(best.value) == highest


@pytest.mark.parametrize("dim", [2, 5, 9])
@pytest.mark.parametrize("seed", range(4))
def test_scipy_agrees(dim, seed):
    rng = np.random.default_rng(seed)
    normals = rng.standard_normal((3 * dim, dim))
    offsets = rng.uniform(0.5, 2.0, 3 * dim)
    bounds = np.concatenate([np.eye(dim), -np.eye(dim)])
    rows = np.column_stack([np.concatenate([-normals, -bounds]), np.concatenate([offsets, np.full(2 * dim, 3.0)])])
    objective = rng.standard_normal(dim + 1)
    best = maximize(rows, objective, [0] * dim)
    assert_optimal(best, rows.tolist(), objective.tolist())
    result = scipy.optimize.linprog(-objective[:-1], A_ub=-rows[:, :-1], b_ub=rows[:, -1], bounds=(None, None))
    assert float(to_fraction(best.value)) == pytest.approx(objective[-1] - result.fun, rel=1e-9)


def nonnegative(rows):
    dim = len(rows[0]) - 1
    return [*rows, *([*(int(i == j) for j in range(dim)), 0] for i in range(dim))]


BEALE = nonnegative(
    [
        [Fraction(-1, 4), 60, Fraction(1, 25), -9, 0],
        [Fraction(-1, 2), 90, Fraction(1, 50), -3, 0],
        [0, 0, -1, 0, 1],
    ]
)
CHVATAL = nonnegative(
    [
        [Fraction(-1, 2), Fraction(11, 2), Fraction(5, 2), -9, 0],
        [Fraction(-1, 2), Fraction(3, 2), Fraction(1, 2), -1, 0],
        [-1, 0, 0, 0, 1],
    ]
)
CYCLING = [  # rows, objective, optimum: examples on which the largest-coefficient rule cycles
    (BEALE, [Fraction(3, 4), -150, Fraction(1, 50), -6, 0], Fraction(1, 20)),
    (CHVATAL, [10, -57, -9, -24, 0], Fraction(1)),
]


@pytest.mark.parametrize(("rows", "objective", "optimum"), CYCLING)
def test_degenerate_problems_do_not_cycle(rows, objective, optimum):
    for order in itertools.islice(itertools.permutations(range(len(rows))), 0, None, 97):
        shuffled = [rows[i] for i in order]
        best = maximize(shuffled, objective, [0, 0, 0, 0])
        assert_optimal(best, shuffled, objective)
        assert to_fraction(best.value) == optimum


@pytest.mark.parametrize("dim", [2, 4, 6])
def test_klee_minty_cubes(dim):
    rows = []
    for i in range(dim):
        rows.append([int(i == j) for j in range(dim)] + [0])
        rows.append([-(2 ** (i - j + 1)) if j < i else -int(i == j) for j in range(dim)] + [5 ** (i + 1)])
    objective = [*(2 ** (dim - 1 - i) for i in range(dim)), 0]
    best = maximize(rows, objective, [0] * dim)
    assert_optimal(best, rows, objective)
    assert to_fraction(best.value) == 5**dim


def test_many_rows_through_one_point():
    """A pyramid with 40 sides over its tip: every basis there is degenerate."""
    sides = [[-x, -y, -1, 0] for x, y in itertools.product(range(-5, 6), repeat=2) if max(abs(x), abs(y)) >= 5]
    rows = [*sides, [0, 0, 1, 1]]
    best = maximize(rows, [0, 0, 1, 0], [0, 0, -1])
    assert_optimal(best, rows, [0, 0, 1, 0])
    assert to_fraction(best.value) == 0


def test_differences_far_below_floats():
    tiny = Fraction(1, 10**40)
    rows = [[-1, 1], [-1, 1 + tiny], [1, 0]]
    best = maximize(rows, [1, -1 - tiny], [0])
    assert to_fraction(best.value) == -tiny
    assert isinstance(maximize([[1 + tiny, -1, 0], [-1, 1, 0]], [1, 0, 0], [0, 0]), Ray)
    assert isinstance(maximize([[1 - tiny, -1, 0], [-1, 1, 0]], [1, 0, 0], [0, 0]), Maximum)


@pytest.mark.parametrize("rows", [[[1, 0, 0]], [[1, 0, 0], [-1, 0, 2]]])
def test_lines_are_reported_as_rays(rows):
    assert isinstance(maximize(rows, [-1, 0, 0], [0, 0]), Ray)
    assert isinstance(maximize(rows, [0, 1, 0], [0, 0]), Ray)


@pytest.mark.parametrize("rows", [[[1, 1], [-1, 1]], [[1, 1]], [[-1, 1]]])
def test_constant_objective_finds_a_vertex(rows):
    best = maximize(rows, [0, 7], [0])
    assert to_fraction(best.value) == 7
    assert abs(to_fraction(best.point[0])) == 1


small_tables = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(st.integers(-2, 2), min_size=n, max_size=n), min_size=1, max_size=4)
)


@given(small_tables)
def test_kernel(table):
    dim = len(table[0])
    basis = [back(vector) for vector in kernel(rational_matrix(table))]
    rank = brute_force.affine_rank([[0] * dim, *table])
    assert len(basis) == dim - rank
    assert brute_force.affine_rank([[0] * dim, *basis]) == dim - rank
    assert all(brute_force.value([*row, 0], vector) == 0 for row in table for vector in basis)


@given(small_tables, st.lists(st.integers(-2, 2), min_size=5, max_size=5), st.randoms(use_true_random=False))
def test_multipliers_solve_the_dual_equation(table, numbers, random):
    dim = len(table[0])
    rows = [[*row, 1] for row in table]
    active = [random.randrange(len(rows)) for _ in range(dim)]
    objective = numbers[: dim + 1]
    weights = multipliers_of(rational_matrix(rows), exact(objective), active)
    independent = brute_force.affine_rank([[0] * dim, *(table[i] for i in active)]) == dim
    assert (weights is not None) == independent
    if weights is not None:
        for column in range(dim):
            pairs = zip(back(weights), active, strict=True)
            assert objective[column] + sum(w * table[row][column] for w, row in pairs) == 0


def test_row_values():
    rows = [[0.5, -1, 3], [0, 0, 2]]
    assert back(row_values(rational_matrix(rows), exact([2, Fraction(1, 3)]))) == [Fraction(11, 3), 2]
