"""Lower bounds from parities: against brute force, and against closed forms of how often they succeed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import polyregions as pr
from polyregions.counters.estimators.hashing import parity_lower_bound, xor_lower_bound
from polyregions.counters.estimators.pattern_program import PatternProgram


def random_network(widths: tuple[int, ...], activation: str, bias: float) -> pr.Network:
    rng, pairs = np.random.default_rng(2), list(itertools.pairwise(widths))
    weights, biases = [rng.normal(size=(b, a)) for a, b in pairs], [bias * rng.normal(size=b) for _, b in pairs]
    return pr.Network.from_arrays(weights, biases, [activation] * (len(pairs) - 1) + ["identity"])


def brute_force(vectors: NDArray[Any]) -> Callable[[NDArray[np.bool_], NDArray[np.bool_]], bool]:
    """Try all vectors."""
    return lambda subsets, odd: bool((vectors.astype(int) @ subsets.T % 2 == odd).all(axis=1).any())


def bounds(vectors: NDArray[Any], seeds: int, budget: int = 10**6, **options: float) -> NDArray[np.float64]:
    answers = [
        parity_lower_bound(brute_force(vectors), vectors.shape[1], budget, np.random.default_rng(seed), **options)
        for seed in range(seeds)
    ]
    intervals = [answer.interval for answer in answers if answer.interval is not None]
    assert {high for _, high in intervals} == {math.inf}
    return np.array([low for low, _ in intervals])


def off_by(observed: NDArray[np.bool_], probability: float) -> float:
    """How many standard errors a frequency lies above a probability."""
    error = math.sqrt(probability * (1 - probability) / len(observed))
    return float((observed.mean() - probability) / error)


def share_of_rank(rows: int, columns: int, rank: int) -> float:
    """The share of the matrices over the field of two elements that have a rank."""
    counted = 1.0
    for i in range(rank):
        counted *= (2.0**rows - 2.0**i) * (2.0**columns - 2.0**i) / (2.0**rank - 2.0**i)
    return counted / 2.0 ** (rows * columns)


@pytest.mark.parametrize("density", [0.5, 0.1])
def test_one_element_has_all_parities_with_probability_two_to_minus_s(density: float) -> None:
    """With one trial for alpha = 1 the first question has two parities; this is the claim at its limit."""
    single = np.array([[0, 1, 1]])
    for confidence, trials in ((0.5, 1), (0.75, 2)):
        wrong = bounds(single, 4000, confidence=confidence, density=density) > 1
        assert abs(off_by(wrong, 0.25**trials)) < 4


def test_all_vectors() -> None:
    """Parities can be had if their equations have a solution: with probability 2^(rank - s)."""
    binaries = 3
    vectors = np.arange(8)[:, None] >> np.arange(binaries) & 1
    found = bounds(vectors, 3000, confidence=0.5)  # one trial
    expected = 1.0
    for parities in (2, 3, 4, 5):
        ranks = range(min(parities, binaries) + 1)
        expected *= sum(share_of_rank(parities, binaries, rank) * 2.0 ** (rank - parities) for rank in ranks)
        assert abs(off_by(found >= 2.0 ** (parities - 1), expected)) < 4


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("size", [5, 16, 100])
def test_the_claim_holds_as_often_as_it_says(size: int, alpha: float) -> None:
    rng = np.random.default_rng(size)
    vectors = np.unique(rng.integers(0, 2, (size, 12)), axis=0)
    claimed = 1 - 2 ** (-alpha * math.ceil(2 / alpha))
    found = bounds(vectors, 400, confidence=0.75, alpha=alpha)
    assert off_by(found > len(vectors), 1 - claimed) < 4
    trials = math.ceil(2 / alpha)
    assert np.mean(found >= len(vectors) / (trials * 2 ** (alpha + 3))) >= 0.5


def test_more_confidence_costs_more_and_claims_less() -> None:
    vectors = np.unique(np.random.default_rng(0).integers(0, 2, (200, 12)), axis=0)
    means = [bounds(vectors, 100, confidence=confidence).mean() for confidence in (0.5, 0.9, 0.999)]
    assert means[0] > means[1] > means[2] > 2
    by_budget = np.array([bounds(vectors, 40, budget=budget) for budget in (1, 10, 20, 40, 10**6)])
    assert (by_budget[0] == 1).all()
    assert (np.diff(by_budget, axis=0) >= 0).all()
    sure = parity_lower_bound(brute_force(vectors), 12, 9, np.random.default_rng(0), alpha=0.3, confidence=0.9)
    assert sure.confidence == pytest.approx(1 - 2 ** (-0.3 * 12))


@pytest.mark.parametrize(
    ("widths", "activation", "bias"),
    [((2, 4, 4, 1), "relu", 0.5), ((2, 3, 3, 1), "relu", 0.0), ((1, 3, 2, 1), "hard_tanh", 0.5)],
)
def test_programs_find_what_brute_force_finds(widths: tuple[int, ...], activation: str, bias: float) -> None:
    """The same parities are asked for in the same order, so that answers are the same."""
    network, domain = random_network(widths, activation, bias), pr.Polytope.box(-1, 1, dim=widths[0])
    free = PatternProgram(network, domain).free
    regions = pr.enumerate_regions(network, domain)
    first = np.searchsorted(network.switch_units, network.switch_units)
    active = regions.patterns[:, network.switch_units] > np.arange(network.n_switches) - first
    for seed in range(4):
        asked, expected = (np.random.default_rng(seed) for _ in range(2))
        found = xor_lower_bound(network, domain, 12, asked, confidence=0.75)
        same = parity_lower_bound(brute_force(active[:, free]), len(free), 12, expected, confidence=0.75)
        assert (found.interval, found.confidence) == (same.interval, same.confidence)
        assert asked.random() == expected.random()


def test_one_region() -> None:
    """No switch is free: the sum over no binaries is even, and mostly something odd is wanted."""
    network = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[5.0, 5.0], [0.0]])
    answer = xor_lower_bound(network, pr.Polytope.box(-1, 1, dim=2), 20, np.random.default_rng(0))
    assert (answer.value, answer.interval, answer.confidence) == (None, (1.0, math.inf), 1 - 2**-5)


@pytest.mark.parametrize(
    "options", [{"alpha": 0.0}, {"alpha": math.inf}, {"confidence": 1.0}, {"confidence": 0.0}, {"density": 0.0}]
)
def test_numbers_out_of_range(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="alpha is a positive number"):
        bounds(np.eye(2), 1, **options)
    with pytest.raises(ValueError, match="budget"):
        bounds(np.eye(2), 1, budget=0)
