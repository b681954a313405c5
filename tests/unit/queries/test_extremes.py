"""The exact range of an output: against all exact vertices, mixed-integer programmes, and certificates."""

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
from numpy.typing import NDArray
from problems import ENGINES, Problem
from strategies import any_networks, integer_networks, lively_networks, wild_maxout_networks, wild_networks

import polyregions as pr

tolerant = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
factors_of_two = st.lists(st.integers(-2, 2), min_size=2, max_size=2)

Source = pr.Regions | pr.PolyhedralComplex


def he_network(*widths: int, seed: int = 0, scale: float = 1.0) -> pr.Network:
    rng = np.random.default_rng(seed)
    weights = [rng.normal(0, math.sqrt(2 / a), (b, a)) for a, b in itertools.pairwise(widths)]
    biases = [rng.normal(0, 0.3, b) for b in widths[1:]]
    weights[-1], biases[-1] = weights[-1] * scale, biases[-1] * scale
    return pr.Network.from_arrays(weights, biases)


def thirds(dim: int) -> pr.Polytope:
    """A simplex whose vertices are no floats."""
    corners = [[Fraction(4 * (i == j) - 1, 3) for i in range(dim)] for j in range(dim)]
    return pr.Polytope.from_vertices([*corners, [Fraction(-1, 3)] * dim])


def functional(network: pr.Network, factors: Sequence[Any], point: Sequence[Fraction]) -> Fraction:
    return by_fractions.dot([Fraction(f) for f in factors], by_fractions.output(network, point))


def attained(found: pr.Extreme, source: Source, factors: Sequence[Any]) -> Fraction:
    """The value, if it is attained at the point, and the point lies in the closed region."""
    regions = source.regions if isinstance(source, pr.PolyhedralComplex) else source
    exact = found.value.exact
    assert isinstance(exact, Fraction)
    assert functional(regions.network, factors, found.point) == exact
    for normal, offset in regions.polytope(found.region).exact_halfspaces:
        assert by_fractions.dot(normal, found.point) <= offset
    return exact


def check(network: pr.Network, domain: pr.Polytope, factors: Sequence[Any]) -> tuple[Fraction, Fraction]:
    complex_ = pr.build_complex(network, domain)
    values = [functional(network, factors, complex_.exact_vertex(v)) for v in range(complex_.f_vector()[0])]
    for source in (complex_, *(pr.enumerate_regions(network, domain, engine=engine) for engine in ENGINES)):
        found = pr.output_range(source, factors)
        assert attained(found.minimum, source, factors) == min(values)
        assert attained(found.maximum, source, factors) == max(values)
    return min(values), max(values)


@tolerant
@given(any_networks(), st.data())
def test_vertices(network: pr.Network, data: st.DataObject) -> None:
    entries = st.integers(-2, 2)
    factors = data.draw(st.lists(entries, min_size=network.output_dim, max_size=network.output_dim))
    domain = data.draw(st.sampled_from([pr.Polytope.box(-1, 1, dim=network.input_dim), thirds(network.input_dim)]))
    check(network, domain, factors)


@tolerant
@given(lively_networks(skips=True), st.data())
def test_lively(network: pr.Network, data: st.DataObject) -> None:
    domain = data.draw(st.sampled_from([pr.Polytope.box(-2, 1, dim=network.input_dim), thirds(network.input_dim)]))
    check(network, domain, [1])


@tolerant
@given(wild_networks() | wild_maxout_networks())
def test_weights_of_any_size(network: pr.Network) -> None:
    check(network, pr.Polytope.box(-1, 2, dim=network.input_dim), [1] + [0] * (network.output_dim - 1))


@pytest.mark.parametrize("problem", [p for p in degenerate_problems()[::3] if p.activation_regions <= 12], ids=str)
def test_degenerate(problem: Problem) -> None:
    check(problem.network, problem.domain, [1] + [0] * (problem.network.output_dim - 1))


@pytest.mark.parametrize("scale", [2.0**500, 2.0**-500, 1e150, 1e-150, 1e-320])
def test_scaled_weights(scale: float) -> None:
    """Scaled by a power of two the extremes are just as exact; and take no longer."""
    domain = pr.Polytope.box(-1, 1, dim=2)
    network = he_network(2, 6, 6, 1, scale=scale)
    low, high = check(network, domain, [1])
    if math.frexp(scale)[0] == 0.5:
        plain = pr.output_range(pr.build_complex(he_network(2, 6, 6, 1), domain))
        assert (low, high) == (plain.minimum.value.exact * Fraction(scale), plain.maximum.value.exact * Fraction(scale))


@pytest.mark.parametrize(
    ("weights", "bias"),
    [([1.7e308, 1.7e308], 1e308), ([1e308, -1e308], 0.0), ([5e-324, 1e308], -1e308), ([5e-324, -5e-324], 0.0)],
)
def test_overflow_and_underflow(weights: list[float], bias: float) -> None:
    network = pr.Network.from_arrays([1e200 * np.eye(2), [weights]], [[0.0, 0.0], [bias]])
    low, high = check(network, pr.Polytope.box(-2, 2, dim=2), [1])
    steps = [Fraction(0), *(2 * Fraction(1e200) * Fraction(weight) for weight in weights)]
    assert low == Fraction(bias) + sum(min(step, 0) for step in steps)
    assert high == Fraction(bias) + sum(max(step, 0) for step in steps)


def test_values_beyond_floats_at_all_vertices() -> None:
    """Nothing is known in floats: 1e400 (x - 2 y + 4)."""
    layers = [1e200 * np.eye(2), [[1.0, -2.0]], [[1e200]]], [[0.0, 0.0], [4e200], [0.0]]
    network = pr.Network.from_arrays(*layers, ["relu", "identity", "identity"])
    low, high = check(network, pr.Polytope.box(0.5, 0.875, dim=2), [1])
    square = Fraction(1e200) ** 2
    assert (low, high) == (square * Fraction(11, 4), square * Fraction(31, 8))


def test_tiny_differences_count() -> None:
    """The larger of two peaks, at 1 and -1, that floats do not tell apart."""
    hats = [[1.0], [-1.0], [1.0], [-1.0]], [[-1.0, -1.0, 0.0, 0.0], [0.0, 0.0, -1.0, -1.0]], [[1.0, 1.0]]
    network = pr.Network.from_arrays(hats, [[-1, 1, 1, -1], [0.5, 0.5 + 2.0**-52], [1e6]])
    domain = pr.Polytope.box(-2, 2, dim=1)
    assert check(network, domain, [1]) == (10**6, 10**6 + Fraction(1, 2) + Fraction(1, 2**52))
    assert pr.output_range(pr.enumerate_regions(network, domain)).maximum.point == [-1]


@pytest.mark.parametrize("constant", [0.0, 0.1, -5e-324, 1e308])
@pytest.mark.parametrize("dim", [1, 3])
def test_dead_networks(constant: float, dim: int) -> None:
    """The output is the same everywhere, in all 2^n regions."""
    network = pr.Network.from_arrays(
        [np.eye(dim), -np.ones((2, dim)), [[1e300, 0.1]]], [np.zeros(dim), [-0.1, 0.0], [constant]]
    )
    assert check(network, pr.Polytope.box(-1, 1, dim=dim), [1]) == (Fraction(constant),) * 2


def test_plateaus_and_ties() -> None:
    """max(|x| - 1/2, 0) is largest at both ends, least in the middle; its opposite the other way round."""
    network = pr.Network.from_arrays([[[1.0], [-1.0]], [[1.0, 1.0]]], [[0.0, 0.0], [-0.5]], ["relu", "relu"])
    assert check(network, pr.Polytope.box(-1, 1, dim=1), [1]) == (0, Fraction(1, 2))
    assert check(network, pr.Polytope.box(-1, 1, dim=1), [-3]) == (Fraction(-3, 2), 0)


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_affine_networks(dim: int) -> None:
    network = pr.Network.from_arrays([np.full((1, dim), 0.1)], [[0.3]])
    assert check(network, thirds(dim), [1]) == (
        Fraction(0.3) - dim * Fraction(0.1) / 3,
        Fraction(0.3) + (4 - dim) * Fraction(0.1) / 3,
    )


@tolerant
@given(integer_networks(2, 2, 3, outputs=2), factors_of_two)
def test_certificates_agree(network: pr.Network, factors: list[int]) -> None:
    regions = pr.enumerate_regions(network, pr.Polytope.box(-1, 1, dim=network.input_dim))
    proved = pr.check(pr.certify(regions, maximize=[float(f) for f in factors]))["maximum"]
    opposite = pr.check(pr.certify(regions, maximize=[-float(f) for f in factors]))["maximum"]
    found = pr.output_range(regions, factors)
    assert (found.maximum.value.exact, found.minimum.value.exact) == (proved["value"], -opposite["value"])


def milp_maximum(network: pr.Network, low: float, high: float, sign: float) -> float:
    """Maximise an output over a cube: for each unit y >= z, 0 <= y <= u a, y <= z - l (1 - a), with binary a."""
    n = network.input_dim
    count = n + 2 * sum(layer.width for layer in network.layers[:-1])
    rows: list[NDArray[np.float64]] = []
    upper: list[float] = []
    bounds, binary = [(low, high)] * n + [(0.0, math.inf)] * (count - n), np.zeros(count)
    inputs, least, most, first = list(range(n)), np.full(n, low), np.full(n, high), n
    for layer in network.layers[:-1]:
        weights, width = np.asarray(layer.weights), layer.width
        centre, radius = weights @ (least + most) / 2 + layer.bias, np.abs(weights) @ (most - least) / 2
        least, most = centre - radius, centre + radius
        for unit in range(width):
            y, a = first + unit, first + width + unit
            bounds[a], binary[a] = (0.0, 1.0), 1
            l, u = min(least[unit], 0.0), max(most[unit], 0.0)  # noqa: E741
            for own, switch, limit in ((-1.0, 0.0, -layer.bias[unit]), (1.0, -l, layer.bias[unit] - l)):
                row = np.zeros(count)
                row[inputs], row[y], row[a] = -own * weights[unit], own, switch
                rows.append(row)
                upper.append(limit)
            rows.append(np.eye(count)[y] - u * np.eye(count)[a])
            upper.append(0.0)
        inputs, first = list(range(first, first + width)), first + 2 * width
        least, most = np.maximum(least, 0.0), np.maximum(most, 0.0)
    goal = np.zeros(count)
    goal[inputs] = sign * np.asarray(network.layers[-1].weights)[0]
    answer = scipy.optimize.milp(
        -goal,
        constraints=scipy.optimize.LinearConstraint(np.array(rows), -np.inf, np.array(upper)),
        bounds=scipy.optimize.Bounds(*np.array(bounds).T),
        integrality=binary,
        options={"mip_rel_gap": 1e-9},
    )
    assert answer.status == 0
    return sign * -answer.fun + float(network.layers[-1].bias[0])


@pytest.mark.parametrize(("widths", "seed"), [((2, 6, 1), 0), ((2, 5, 5, 1), 1), ((3, 6, 4, 1), 2), ((4, 6, 1), 3)])
def test_mixed_integer_programmes_agree(widths: tuple[int, ...], seed: int) -> None:
    network = he_network(*widths, seed=seed)
    found = pr.output_range(pr.enumerate_regions(network, pr.Polytope.box(-1, 1, dim=widths[0])))
    assert found.maximum.value.value == pytest.approx(milp_maximum(network, -1, 1, 1.0), abs=1e-6)
    assert found.minimum.value.value == pytest.approx(milp_maximum(network, -1, 1, -1.0), abs=1e-6)


def test_some_hundred_regions() -> None:
    network, domain = he_network(2, 18, 18, 1, seed=4), pr.Polytope.box(-2, 2, dim=2)
    regions = pr.enumerate_regions(network, domain, engine="branching")
    assert len(regions) > 300
    complex_ = pr.build_complex(network, domain)
    found, other = pr.output_range(regions), pr.output_range(complex_)
    assert (found.minimum.value, found.maximum.value) == (other.minimum.value, other.maximum.value)
    values = complex_.outputs.value
    assert (found.minimum.value.value, found.maximum.value.value) == pytest.approx((values.min(), values.max()))


def test_one_output_or_all() -> None:
    network = pr.Network.from_arrays([np.eye(2), [[1.0, 0.0], [0.0, -2.0]]], [[0.0, 0.0], [0.0, 1.0]])
    regions = pr.enumerate_regions(network, pr.Polytope.box(-1, 1, dim=2))
    for objective, low, high in ((0, 0, 1), (1, -1, 1), (np.int64(1), -1, 1), ([1, 1], -1, 2), ([0.0, 0.0], 0, 0)):
        found = pr.output_range(regions, objective)
        assert (found.minimum.value.exact, found.maximum.value.exact) == (low, high)


@pytest.mark.parametrize(
    "objective",
    [None, 2, -1, True, math.nan, "one", [1.0], [1.0, 2.0, 3.0], [[1.0, 0.0]], [math.nan, 0], [2**60 + 1, 0]],
)
def test_objectives_that_do_not_fit(objective: Any) -> None:
    network = pr.Network.from_arrays([np.eye(2), np.eye(2)], [[0.0, 0.0], [0.0, 0.0]])
    complex_ = pr.build_complex(network, pr.Polytope.box(-1, 1, dim=2))
    for source in (complex_, complex_.regions):
        with pytest.raises(pr.errors.DimensionMismatch):
            pr.output_range(source, objective)


def test_truncated_runs_are_refused() -> None:
    regions = pr.enumerate_regions(he_network(2, 6, 1), pr.Polytope.box(-1, 1, dim=2), limits=pr.Limits(regions=3))
    assert not regions.complete
    with pytest.raises(pr.errors.LimitReached, match="needs all regions"):
        pr.output_range(regions)


def test_a_network_alone() -> None:
    with pytest.raises(pr.errors.DimensionMismatch, match="got Network"):
        pr.output_range(pr.Network.from_arrays([[[1.0]]], [[0.0]]))  # type: ignore[arg-type]
