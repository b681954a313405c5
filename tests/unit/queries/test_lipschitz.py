"""The exact Lipschitz constant: against gradients in fractions, sampled slopes, and mixed-integer programmes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import by_fractions
import numpy as np
import pytest
import scipy.optimize
from degenerate_networks import degenerate_problems
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import any_networks, integer_networks, lively_networks, wild_networks

import polyregions as pr
from polyregions.measures import Measure, Surd

tolerant = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
Matrix = list[list[Fraction]]
NORMS = (1, 2, math.inf)
DUAL = {1: math.inf, 2: 2, math.inf: 1}


def box(network: pr.Network) -> pr.Polytope:
    return pr.Polytope.box(-1, 1, dim=network.input_dim)


def jacobian(regions: pr.Regions, region: int) -> Matrix:
    _, forms = by_fractions.forms(regions.network, regions.patterns[region].tolist())
    return [form[:-1] for form in forms]


def power(vector: Sequence[Fraction], norm: float) -> Fraction:
    """The length, squared in the 2-norm."""
    if norm == 2:
        return sum((x * x for x in vector), Fraction(0))
    return sum(map(abs, vector), Fraction(0)) if norm == 1 else max(map(abs, vector))


def power_of(measure: Measure, norm: float) -> Fraction:
    """An exact length, squared in the 2-norm."""
    exact = measure.exact
    assert exact is not None
    assert math.isinf(measure.upper) or Fraction(measure.lower) <= exact <= Fraction(measure.upper)
    if isinstance(exact, Surd):
        ((factor, radicand),) = exact.terms
        return factor * factor * radicand
    return exact**2 if norm == 2 else exact


def combined(matrix: Matrix, factors: Sequence[Any]) -> list[Fraction]:
    return [by_fractions.dot([Fraction(f) for f in factors], column) for column in zip(*matrix, strict=True)]


def operator_norm(matrix: Matrix, norm: float) -> Fraction:
    return max(power(row, 1) for row in (matrix if norm == math.inf else zip(*matrix, strict=True)))


def largest_eigenvalue(matrix: Matrix, bound: Fraction) -> int:
    """The sign of the largest eigenvalue of A A^T, for two rows, minus a bound: half the trace and root of a number."""
    (a, b), (_, d) = by_fractions.product(matrix, [list(row) for row in zip(*matrix, strict=True)])
    excess, root = 2 * bound - a - d, (a - d) ** 2 + 4 * b * b
    return 1 if excess < 0 else by_fractions.sign(root - excess**2)


def check_functional(regions: pr.Regions, objective: Any, factors: Sequence[Any]) -> None:
    gradients = [combined(jacobian(regions, region), factors) for region in range(len(regions))]
    for norm in NORMS:
        found = pr.lipschitz_constant(regions, objective, norm=norm)
        lengths = [power(gradient, DUAL[norm]) for gradient in gradients]
        assert power_of(found.constant, norm) == lengths[found.region] == max(lengths)


def check_all_outputs(regions: pr.Regions) -> None:
    jacobians = [jacobian(regions, region) for region in range(len(regions))]
    for norm in (1, math.inf):
        found = pr.lipschitz_constant(regions, norm=norm)
        lengths = [operator_norm(matrix, norm) for matrix in jacobians]
        assert found.constant.exact == lengths[found.region] == max(lengths)
    found = pr.lipschitz_constant(regions)
    constant = found.constant
    assert constant.lower <= constant.value <= constant.upper <= constant.lower * (1 + 1e-12) + 1e-300
    floats = [np.linalg.norm(np.array(matrix, dtype=float), 2) for matrix in jacobians]
    assert constant.lower * (1 - 1e-12) <= max(floats) <= constant.upper * (1 + 1e-12)
    assert floats[found.region] == pytest.approx(max(floats), rel=1e-12)
    if regions.network.output_dim == 2:
        check_two_outputs(jacobians, constant)


def check_two_outputs(jacobians: list[Matrix], constant: Measure) -> None:
    assert any(largest_eigenvalue(matrix, Fraction(constant.lower) ** 2) >= 0 for matrix in jacobians)
    if math.isfinite(constant.upper):
        assert all(largest_eigenvalue(matrix, Fraction(constant.upper) ** 2) <= 0 for matrix in jacobians)


@tolerant
@given(any_networks(), st.data())
def test_gradients(network: pr.Network, data: st.DataObject) -> None:
    regions, outputs = pr.enumerate_regions(network, box(network)), network.output_dim
    factors = data.draw(st.lists(st.integers(-2, 2), min_size=outputs, max_size=outputs))
    check_functional(regions, factors, factors)
    check_functional(regions, outputs - 1, np.eye(outputs)[outputs - 1].tolist())
    if outputs > 1:
        check_all_outputs(regions)
    else:
        check_functional(regions, None, [1])


@tolerant
@given(integer_networks(3, 2, 4, outputs=2, skips=True) | integer_networks(3, 2, 3, outputs=3))
def test_several_outputs(network: pr.Network) -> None:
    check_all_outputs(pr.enumerate_regions(network, box(network)))


@pytest.mark.parametrize("problem", [p for p in degenerate_problems()[1::3] if p.activation_regions < 40], ids=str)
def test_degenerate(problem: Any) -> None:
    regions = pr.enumerate_regions(problem.network, problem.domain)
    check_functional(regions, 0, np.eye(problem.network.output_dim)[0].tolist())


@tolerant
@given(wild_networks())
def test_weights_of_any_size(network: pr.Network) -> None:
    regions = pr.enumerate_regions(network, box(network))
    check_functional(regions, 0, np.eye(network.output_dim)[0].tolist())
    if network.output_dim == 2:
        constant = pr.lipschitz_constant(regions).constant
        assert 0 <= constant.lower <= constant.value <= constant.upper
        check_two_outputs([jacobian(regions, region) for region in range(len(regions))], constant)


def slope(network: pr.Network, one: Sequence[Any], other: Sequence[Any], norm: float) -> Fraction:
    """Change of the outputs over change of the inputs; squared in the 2-norm."""
    step = [Fraction(a) - Fraction(b) for a, b in zip(one, other, strict=True)]
    outputs = zip(by_fractions.output(network, one), by_fractions.output(network, other), strict=True)
    return power([a - b for a, b in outputs], norm) / power(step, norm)


@tolerant
@given(lively_networks(), st.integers(0, 99))
def test_sampled_slopes_are_not_steeper(network: pr.Network, seed: int) -> None:
    points = np.random.default_rng(seed).uniform(-1, 1, (4, network.input_dim))
    regions = pr.enumerate_regions(network, box(network))
    for norm in NORMS:
        constant = power_of(pr.lipschitz_constant(regions, norm=norm).constant, norm)
        assert all(slope(network, a, b, norm) <= constant for a, b in itertools.combinations(points.tolist(), 2))


@tolerant
@given(lively_networks())
def test_the_constant_is_attained(network: pr.Network) -> None:
    """By a small step in the steepest direction of the region that is named."""
    regions = pr.enumerate_regions(network, box(network))
    for norm in NORMS:
        found = pr.lipschitz_constant(regions, norm=norm)
        (gradient,) = jacobian(regions, found.region)
        direction = list(gradient)
        if norm != 2:
            direction = [Fraction((x > 0) - (x < 0)) for x in gradient]
        if norm == 1:
            steepest = max(range(len(gradient)), key=lambda axis: abs(gradient[axis]))
            direction = [Fraction(axis == steepest) for axis in range(len(gradient))]
        if any(gradient):
            start = regions.witness(found.region)
            end = [x + d / 2**60 for x, d in zip(start, direction, strict=True)]
            assert slope(network, end, start, norm) == power_of(found.constant, norm)


def steepest_by_programmes(network: pr.Network) -> float:
    """The largest 1-norm of a gradient v diag(a) W: for each choice of signs, a programme for the binary pattern a."""
    weights, bias, last = (
        np.asarray(x) for x in (network.layers[0].weights, network.layers[0].bias, network.layers[1].weights)
    )
    width, n = weights.shape
    reach = np.abs(weights).sum(axis=1)
    # w x + b >= l (1 - a) and w x + b <= u a, on the cube [-1, 1]^n.
    rows = np.block([[weights, np.diag(bias - reach)], [-weights, np.diag(bias + reach)]])
    limits = np.concatenate([-reach, bias])
    best = -math.inf
    for signs in itertools.product((1.0, -1.0), repeat=n):
        answer = scipy.optimize.milp(
            -np.concatenate([np.zeros(n), last[0] * (weights @ np.array(signs))]),
            constraints=scipy.optimize.LinearConstraint(rows, limits, np.inf),
            bounds=scipy.optimize.Bounds(np.repeat([-1.0, 0.0], [n, width]), np.ones(n + width)),
            integrality=np.repeat([0, 1], [n, width]),
        )
        assert answer.status == 0
        best = max(best, -answer.fun)
    return best


@pytest.mark.parametrize(("dim", "width", "seed"), [(1, 6, 0), (2, 8, 1), (2, 10, 2), (3, 7, 3)])
def test_mixed_integer_programmes_agree(dim: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = pr.Network.from_arrays(
        [rng.normal(size=(width, dim)), rng.normal(size=(1, width))], [rng.normal(0, 0.5, width), [0.0]]
    )
    found = pr.lipschitz_constant(pr.enumerate_regions(network, box(network)), norm=math.inf)
    assert found.constant.value == pytest.approx(steepest_by_programmes(network), abs=1e-6)


def test_a_complex_or_its_regions() -> None:
    rng = np.random.default_rng(5)
    network = pr.Network.from_arrays(
        [rng.normal(size=(16, 2)), rng.normal(size=(16, 16)), rng.normal(size=(3, 16))],
        [rng.normal(size=16)] * 2 + [[0] * 3],
    )
    complex_ = pr.build_complex(network, box(network))
    assert len(complex_.regions) > 100
    check_all_outputs(complex_.regions)
    for norm in NORMS:
        assert pr.lipschitz_constant(complex_, norm=norm) == pr.lipschitz_constant(complex_.regions, norm=norm)


def constants(weights: Any, last: Any, third: float = 1.0) -> list[Measure]:
    network = pr.Network.from_arrays([weights, last, third * np.eye(2)], [[0, 0]] * 3, ["relu", "identity", "identity"])
    regions = pr.enumerate_regions(network, box(network))
    return [pr.lipschitz_constant(regions, norm=norm).constant for norm in NORMS]


def test_large_numbers() -> None:
    """Several outputs in the 2-norm: floats whose squares overflow, and such that overflow on the way."""
    for found in constants(np.eye(2), np.diag([1e308, 5e307])):
        assert found.lower <= 1e308 <= found.upper < 1.0001e308
    for found in constants(1e200 * np.eye(2), np.diag([1e200, -1e199]), 1e-300):
        assert 0.9999e100 < found.lower <= found.value <= found.upper < 1.0001e100
    for found in constants(1e200 * np.eye(2), np.diag([1e200, -1e199])):
        assert (found.value, found.upper) == (math.inf, math.inf)
        assert found.lower > 1e308


def test_small_numbers() -> None:
    for found in constants(np.eye(2), np.diag([5e-324, 0.0])):
        assert found.lower <= 5e-324 <= found.upper < 1e-300
    for found in constants(1e-200 * np.eye(2), np.diag([1e-200, 0.0])):
        assert found.lower == 0.0
        assert 0.0 < found.upper < 1e-300
    one, two, inf = constants(-np.eye(2), np.zeros((2, 2)))
    assert one.exact == inf.exact == two.lower == 0


@pytest.mark.parametrize("steepest", [0, 1])
def test_differences_below_floats(steepest: int) -> None:
    """Two slopes that differ in the last digits of an exact product: (1 + 2^-52)^2 and 1 + 2^-51."""
    one, other = 1.0 + 2.0**-52, 1.0 + 2.0**-51
    inner, outer = [[one], [-1.0]], [one, other]
    network = pr.Network.from_arrays(
        [inner[::-1], [outer[::-1]]] if steepest else [inner, [outer]], [[0.0, 0.0], [0.0]]
    )
    regions = pr.enumerate_regions(network, box(network))
    for norm in NORMS:
        found = pr.lipschitz_constant(regions, norm=norm)
        assert found.constant.exact == Fraction(one) ** 2 > Fraction(other)
        assert regions.patterns[found.region].argmax() == steepest


def test_bad_input() -> None:
    network = pr.Network.from_arrays([np.eye(2), np.eye(2)], [[0.0, 0.0], [0.0, 0.0]])
    regions = pr.enumerate_regions(network, box(network))
    for norm in (0, 3, "2", None, math.nan):
        with pytest.raises(ValueError, match="norm is 1, 2"):
            pr.lipschitz_constant(regions, norm=norm)  # type: ignore[arg-type]
    for objective in (2, -1, [1.0], [math.nan, 0.0], [[1.0, 0.0]], True):
        with pytest.raises(pr.errors.DimensionMismatch):
            pr.lipschitz_constant(regions, objective)
    some = pr.enumerate_regions(network, box(network), limits=pr.Limits(regions=1))
    with pytest.raises(pr.errors.LimitReached):
        pr.lipschitz_constant(some)
