"""Patterns from mixed-integer programs against exact enumeration."""

from __future__ import annotations

import itertools

import degenerate_networks
import numpy as np
import pytest
from effort import examples
from hypothesis import given
from problems import Problem, hamming_trap, linf_norm, sawtooth
from strategies import mixed_networks

import polyregions as pr
from polyregions.counters.estimators.milp import milp_patterns
from polyregions.counters.estimators.pattern_program import PatternProgram
from polyregions.networks.vanishing import vanishing

RNG = np.random.default_rng(0)  # nothing is drawn from it
SKIPPED = (
    "almost-duplicated-units",
    "beside-the-boundary",
    "duplicated-units",
    "opposite-units",
    "zero-biases",
)  # thin; slow


def random_network(widths: tuple[int, ...], seed: int, activation: str = "relu", bias: float = 0.5) -> pr.Network:
    rng, pairs = np.random.default_rng(seed), list(itertools.pairwise(widths))
    weights = [rng.normal(size=(b, a)) * np.sqrt(2 / a) for a, b in pairs]
    kinds = [activation] * (len(pairs) - 1) + ["identity"]
    return pr.Network.from_arrays(weights, [bias * rng.normal(size=b) for _, b in pairs], kinds)


def found_and_true(network: pr.Network, domain: pr.Polytope, budget: int = 60) -> tuple[set[bytes], set[bytes]]:
    patterns = milp_patterns(network, domain, budget, RNG)
    truth = pr.enumerate_regions(network, domain).patterns
    assert patterns.dtype == truth.dtype
    found = {pattern.tobytes() for pattern in patterns}
    assert len(found) == len(patterns)
    return found, {pattern.tobytes() for pattern in truth}


def small_problems() -> list[Problem]:
    cases = [
        *degenerate_networks.coincident(),
        *degenerate_networks.flat(),
        *degenerate_networks.boundary(),
        *degenerate_networks.other_activations(),
        sawtooth(3, outside=True),
        linf_norm(),
        hamming_trap(),
    ]
    return [case for case in cases if case.name not in SKIPPED]


@pytest.mark.parametrize("case", small_problems(), ids=str)
def test_known_networks(case: Problem) -> None:
    found, truth = found_and_true(case.network, case.domain)
    assert found == truth
    assert len(found) == case.activation_regions


@pytest.mark.parametrize(
    ("widths", "activation", "bias"),
    [
        ((3, 4, 1), "relu", 0.5),
        ((1, 4, 4, 4, 1), "relu", 0.5),
        ((2, 3, 2, 1), "leaky_relu(0.1)", 0.5),
        ((1, 3, 2, 1), "hard_tanh", 0.5),
        ((2, 3, 3, 3, 1), "relu", 0.0),
    ],
)
def test_random_networks(widths: tuple[int, ...], activation: str, bias: float) -> None:
    network = random_network(widths, 2, activation, bias)
    found, truth = found_and_true(network, pr.Polytope.box(-2, 2, dim=widths[0]))
    assert found == truth
    assert len(truth) > 4


def test_duplicated_units() -> None:
    half = random_network((2, 4, 1), 3)
    first = half.layers[0]
    network = pr.Network.from_arrays(
        [np.tile(first.weights, (2, 1)), np.ones((1, 8))], [np.tile(first.bias, 2), [0.0]], ["relu", "identity"]
    )
    found, truth = found_and_true(network, pr.Polytope.box(-1, 1, dim=2))
    assert found == truth
    assert len(truth) == len(pr.enumerate_regions(half, pr.Polytope.box(-1, 1, dim=2)))


def test_domains_that_are_no_boxes() -> None:
    network = random_network((2, 4, 4, 1), 4)
    for domain in (pr.Polytope.simplex(2), pr.Polytope.from_vertices([[0, 0], [3, 1], [1, 2], [2, 2]])):
        found, truth = found_and_true(network, domain)
        assert found == truth
        assert len(truth) > 4


@examples(20)
@given(mixed_networks(2, 2, 3))
def test_mixed_activations(network: pr.Network) -> None:
    """No pattern is made up; those that are missing belong to regions on which a row cancels to a breakpoint."""
    domain = pr.Polytope.box(-1, 1.5, dim=network.input_dim)
    regions = pr.enumerate_regions(network, domain)
    if len(regions) > 30:
        return
    found = {pattern.tobytes() for pattern in milp_patterns(network, domain, 40, RNG)}
    assert found <= set(regions.index)
    lost = [number for pattern, number in regions.index.items() if pattern not in found]
    switches = np.arange(network.n_switches)
    for number in lost:
        numbers = np.full(len(switches), number)
        assert vanishing(network, regions.patterns, numbers, switches).any()


def test_the_budget_is_the_number_of_programs() -> None:
    network, square = random_network((2, 5, 4, 1), 0), pr.Polytope.box(-1, 1, dim=2)
    truth = {pattern.tobytes() for pattern in pr.enumerate_regions(network, square).patterns}
    for budget in (1, 5):
        found = {pattern.tobytes() for pattern in milp_patterns(network, square, budget, RNG)}
        assert len(found) == budget < len(truth)
        assert found <= truth


@pytest.mark.parametrize("bias", [0.5, 0.0])
def test_every_pattern_is_possible_or_not(bias: float) -> None:
    """With all binaries given, the program says whether a region has them."""
    network, square = random_network((2, 3, 2, 1), 1, bias=bias), pr.Polytope.box(-1, 1, dim=2)
    program, regions = PatternProgram(network, square), pr.enumerate_regions(network, square)
    possible = 0
    for pattern in itertools.product((0, 1), repeat=network.n_switches):
        point = program.find(np.eye(network.n_switches), pattern, pattern)
        known = np.array(pattern, dtype=np.uint8).tobytes() in regions.index
        assert known == (point is not None)
        assert point is None or tuple(point) == pattern
        possible += known
    assert possible == len(regions)


def test_thin_regions_are_lost() -> None:
    """As the documentation says: two strips between lines that are 1e-9 apart."""
    (case,) = (case for case in degenerate_networks.degenerate_problems() if case.name == "lines-1e-9-apart")
    found, truth = found_and_true(case.network, case.domain)
    assert found < truth
    assert (len(found), len(truth)) == (4, 6)


def test_switches_that_bounds_settle() -> None:
    network = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[5.0, 0.0], [0.0]])
    assert PatternProgram(network, pr.Polytope.box(-1, 1, dim=2)).free.tolist() == [1]
    assert milp_patterns(network, pr.Polytope.box(-1, 1, dim=2), 9, RNG).tolist() in (
        [[1, 0], [1, 1]],
        [[1, 1], [1, 0]],
    )


def test_what_is_refused() -> None:
    square, pool = (
        pr.Polytope.box(-1, 1, dim=2),
        pr.Network.from_arrays([np.eye(2)], [np.zeros(2)], [pr.Maximum([(0, 1)])]),
    )
    with pytest.raises(pr.errors.UnsupportedLayer, match="layer 1 is a maximum of 2"):
        milp_patterns(pool, square, 1, RNG)
    plain = random_network((2, 3, 1), 0)
    with pytest.raises(pr.errors.DimensionMismatch):
        milp_patterns(plain, pr.Polytope.box(-1, 1, dim=3), 1, RNG)
    with pytest.raises(ValueError, match="a budget is a whole number, 1 or more"):
        milp_patterns(plain, square, 0, RNG)
    large = pr.Network.from_arrays([[[1e300, 0.0]], [[1e300]], [[1.0]]], [[0.0], [0.0], [0.0]])
    with pytest.raises(pr.errors.SolverFailed, match="floats do not hold"):
        milp_patterns(large, square, 1, RNG)
