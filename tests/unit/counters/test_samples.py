"""Counters by points: against exact enumeration, exact expectations, counts made by hand, and the published matrix."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from degenerate_networks import degenerate_problems, random_degenerate_networks
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from problems import Problem, boolean, linf_norm, sawtooth
from strategies import any_networks, dyadic_points, lively_networks

import polyregions as pr
from polyregions.counters.answer import read_answer
from polyregions.counters.estimators import expectations
from polyregions.counters.estimators.gradients import distinct_gradients, distinct_maps
from polyregions.counters.estimators.richness import (
    chao1,
    chao1_of_counts,
    good_turing,
    good_turing_of_counts,
    inverse_volume,
)
from polyregions.counters.estimators.samples import Sample, batch_by_batch, distinct_patterns, grid_patterns

COUNTERS: tuple[Callable[..., Any], ...] = (
    distinct_patterns,
    grid_patterns,
    batch_by_batch,
    chao1,
    good_turing,
    inverse_volume,
    distinct_maps,
    distinct_gradients,
)
SQUARE = pr.Polytope.box(-1, 1, dim=2)
TRIANGLE = pr.Polytope.from_vertices([[-1, -0.5], [1, 0], [0.25, 1]])


def random_case(dim: int, widths: tuple[int, ...], domain: pr.Polytope | None = None) -> tuple[pr.Regions, list[Any]]:
    """Regions and volumes of a network drawn at random."""
    network = pr.random_network(pr.Architecture(dim, widths), pr.Prior(bias_scale=0.5), seed=3)
    regions = pr.enumerate_regions(network, domain or pr.Polytope.box(-1, 1, dim=dim))
    return regions, pr.region_volumes(regions)


def degenerate_case(name: str) -> tuple[pr.Regions, list[Any]]:
    regions = pr.enumerate_regions(random_degenerate_networks(0)[name], SQUARE)
    return regions, pr.region_volumes(regions)


CASES: dict[str, tuple[pr.Regions, list[Any]]] = {
    "line": random_case(1, (8, 8)),
    "plane": random_case(2, (6, 4)),
    "triangle": random_case(2, (6, 4), TRIANGLE),
    "space": random_case(3, (4, 2)),
    "zero biases": degenerate_case("zero-biases"),
    "opposite": degenerate_case("opposite"),
}
each_case = pytest.mark.parametrize(("regions", "volumes"), CASES.values(), ids=CASES.keys())


def boxes(cuts: list[list[float]]) -> pr.Network:
    """A network whose regions are boxes between given coordinates."""
    rows = [(axis, cut) for axis, own in enumerate(cuts) for cut in own]
    weights = [[float(axis == i) for i in range(len(cuts))] for axis, _ in rows]
    return pr.Network.from_arrays([weights, [[3.0**i for i in range(len(rows))]]], [[-cut for _, cut in rows], [0.0]])


# Which regions points lie in.


@examples(40)
@given(any_networks(2, 2, 3) | lively_networks(2, 2, 4), st.data())
def test_samples_find_what_enumeration_finds(network: pr.Network, data: st.DataObject) -> None:
    """Points that often lie on walls; no pattern is reported that no region has."""
    regions = pr.enumerate_regions(network, pr.Polytope.box(-1, 1, dim=network.input_dim))
    points = data.draw(st.lists(dyadic_points(network.input_dim, 1), min_size=1, max_size=12))
    sample = Sample.of(network, regions.domain, np.array(points))
    where = regions.locate(points)
    inside = where[where >= 0]
    numbers = [regions.index[pattern.tobytes()] for pattern in sample.patterns]
    assert numbers == list(dict.fromkeys(inside.tolist()))
    assert dict(zip(numbers, sample.counts.tolist(), strict=True)) == {n: (inside == n).sum() for n in numbers}
    assert regions.locate(sample.witnesses).tolist() == numbers
    for index, number in enumerate(numbers[:2]):
        assert sample.regions.polytope(index).volume == regions.polytope(number).volume


@pytest.mark.parametrize("problem", [p for p in degenerate_problems() if p.domain.dim <= 3], ids=str)
def test_degenerate_networks(problem: Problem) -> None:
    known = {tuple(pattern) for pattern in pr.enumerate_regions(problem.network, problem.domain).patterns.tolist()}
    for counter in (distinct_patterns, grid_patterns):
        found = counter(problem.network, problem.domain, 64, np.random.default_rng(1))
        assert {tuple(pattern) for pattern in found.tolist()} <= known
        assert len(np.unique(found, axis=0)) == len(found)
        assert found.dtype == problem.network.pattern_type


def test_chunks_of_points_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    regions, _ = CASES["plane"]
    whole = Sample.uniform(regions.network, regions.domain, 100, np.random.default_rng(2))
    monkeypatch.setattr("polyregions.counters.estimators.samples.CHUNK", 7)
    parts = Sample.uniform(regions.network, regions.domain, 100, np.random.default_rng(2))
    for name in ("patterns", "counts", "witnesses"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name))
    assert whole.size == sum(k * whole.seen(k) for k in range(101)) == 100


# Numbers of different patterns.


@each_case
def test_mean_and_variance_of_distinct_patterns(regions: pr.Regions, volumes: list[Any]) -> None:
    rng, budget, runs = np.random.default_rng(4), 40, 150
    found = [len(distinct_patterns(regions.network, regions.domain, budget, rng)) for _ in range(runs)]
    variance = expectations.variance_distinct(volumes, budget)
    assert abs(np.mean(found) - expectations.expected_distinct(volumes, budget)) < 4 * math.sqrt(variance / runs)
    assert abs(np.var(found) / variance - 1) < 5 * math.sqrt(2 / runs)
    assert max(found) <= len(regions)


def test_enough_points_find_all_regions() -> None:
    regions, volumes = CASES["zero biases"]
    budget = expectations.budget_for_coverage(volumes, 1e-6)
    found = distinct_patterns(regions.network, regions.domain, budget, np.random.default_rng(0))
    assert sorted(map(bytes, found)) == sorted(map(bytes, regions.patterns))


@examples(40)
@given(
    st.lists(st.lists(st.integers(-15, 15), max_size=3), min_size=1, max_size=3).filter(any),
    st.sampled_from([(1, 0.0), (2, 0.0), (4, 0.0)]) | st.tuples(st.integers(1, 5), st.just(1 / 97)),
    st.integers(0, 3),
)
def test_grids_among_boxes(numbers: list[list[int]], case: tuple[int, float], more: int) -> None:
    """A box is seen if and only if it holds a centre; with cuts at sixteenths, some centres are on walls."""
    (steps, shift), dim = case, len(numbers)
    cuts = [[k / 16 + shift for k in own] for own in numbers]
    centres = [Fraction(2 * i + 1, steps) - 1 for i in range(steps)]
    seen = [{sum(c > cut for cut in set(own)) for c in centres if c not in own} for own in cuts]
    budget = min(steps**dim + more, (steps + 1) ** dim - 1)
    found = grid_patterns(boxes(cuts), pr.Polytope.box(-1, 1, dim=dim), budget, np.random.default_rng())
    assert len(found) == math.prod(map(len, seen))


def test_grids_stay_in_the_domain() -> None:
    network, rng = boxes([[0.5], [0.5]]), np.random.default_rng()
    assert len(grid_patterns(network, pr.Polytope.box(0, 1, dim=2), 16, rng)) == 4
    assert grid_patterns(network, pr.Polytope.simplex(2), 16, rng).tolist() == [[0, 0], [0, 1], [1, 0]]
    assert grid_patterns(network, pr.Polytope.box(0, 1, dim=2), 3, rng).shape == (0, 2)  # its point is on both walls


def test_batches_against_the_matrix_of_architecture_search() -> None:
    """The sum over rows of 1 / (number of equal rows), from the float matrix of different units of two points."""
    regions, volumes = CASES["plane"]
    network, rng, scores = regions.network, np.random.default_rng(5), []
    for _ in range(6):
        points = rng.random((16, 2)) * 2 - 1
        active = (pr.switch_signs(network, points) > 0).astype(float)
        differing = active @ (1 - active).T
        equal = 1 - np.sign(differing + differing.T)
        scores.append((1 / equal.sum(axis=1)).sum())
    found = batch_by_batch(network, regions.domain, 6 * 16 + 15, np.random.default_rng(5), batch=16)
    assert found == pytest.approx(np.mean(scores))
    assert found <= 16 < len(regions)
    for budget in (400, 4000):  # more points do not help
        found = batch_by_batch(network, regions.domain, budget, np.random.default_rng(6), batch=8)
        error = math.sqrt(expectations.variance_distinct(volumes, 8) / (budget // 8))
        assert abs(found - expectations.expected_distinct(volumes, 8)) < 4 * error
    few = batch_by_batch(network, regions.domain, 5, np.random.default_rng(7))
    assert few == len(distinct_patterns(network, regions.domain, 5, np.random.default_rng(7)))


# How many were missed.


def test_estimates_from_counts_made_by_hand() -> None:
    """Of 18 regions 7 hold one point and 3 hold two."""
    counts = np.array([19, 12, 7, 3, 3] + [2] * 3 + [1] * 7 + [4, 4, 4])
    answer = chao1_of_counts(counts)
    assert answer.value == 18 + Fraction(7 * 6, 2 * 4)
    variance = Fraction(21, 4) + Fraction(7 * 13**2, 4 * 4**2) + Fraction(3 * 7**2 * 6**2, 4 * 4**4)
    factor = math.exp(1.959963984540054 * math.sqrt(math.log(1 + variance / Fraction(21, 4) ** 2)))
    assert answer.interval == pytest.approx((18 + 5.25 / factor, 18 + 5.25 * factor), rel=1e-12)
    assert answer.confidence == 0.95
    size = 19 + 12 + 7 + 3 + 3 + 6 + 7 + 12
    assert good_turing_of_counts(counts) == pytest.approx(18 / (1 - 7 / size))


def test_variance_without_pairs_is_that_of_the_delta_method() -> None:
    """Of frequencies in a multinomial of as many regions as are estimated; log-normal bounds give it back."""
    counts = np.array([1] * 6 + [3, 4, 5, 9])
    value = 10 + 6 * 5 / 2
    slopes, seen = np.array([1 + (2 * 6 - 1) / 2, 1, 1, 1, 1]), np.array([6, 1, 1, 1, 1])
    variance = (slopes**2 * seen).sum() - (slopes * seen).sum() ** 2 / value
    answer = chao1_of_counts(counts)
    assert answer.value == value
    assert answer.interval is not None
    low, high = (end - 10 for end in answer.interval)
    assert low * high == pytest.approx((value - 10) ** 2)
    assert 15**2 * math.expm1((math.log(high / low) / 2 / 1.959963984540054) ** 2) == pytest.approx(variance)


def test_counts_without_singletons_and_of_singletons_alone() -> None:
    every = np.full(8, 2)
    share = math.exp(-2)
    middle, reach = 8 / (1 - share), 1.959963984540054 * math.sqrt(8 * share / (1 - share))
    assert chao1_of_counts(every).value == 8
    assert chao1_of_counts(every).interval == pytest.approx((max(8, middle - reach), middle + reach))
    assert good_turing_of_counts(every) == 8
    alone = np.ones(5, dtype=int)
    assert chao1_of_counts(alone).value == 5 + 5 * 4 / 2
    assert good_turing_of_counts(alone) == 25
    assert chao1_of_counts(np.array([1])).value == good_turing_of_counts(np.array([1])) == 1
    nothing = np.zeros(0, dtype=int)
    assert chao1_of_counts(nothing).value == good_turing_of_counts(nothing) == 0


@pytest.mark.parametrize("name", ["line", "plane", "space"])
def test_uneven_regions_are_underestimated(name: str) -> None:
    """By both estimators in the mean, which expected frequencies predict; by less than without any."""
    regions, volumes = CASES[name]
    budget, runs, rng = 2 * len(regions), 100, np.random.default_rng(8)
    samples = [Sample.uniform(regions.network, regions.domain, budget, rng) for _ in range(runs)]
    distinct = expectations.expected_distinct(volumes, budget)
    once, twice = (expectations.expected_frequency(volumes, budget, k) for k in (1, 2))
    for numbers, predicted in (
        (pr.Estimate.of(np.array([chao1_of_counts(sample.counts).value for sample in samples])), once**2 / (2 * twice)),
        (pr.Estimate.of(np.array([good_turing_of_counts(sample.counts) for sample in samples])), 0.0),
    ):
        assert numbers.value + 4 * numbers.error < len(regions)
        wanted = distinct + predicted if predicted else distinct / (1 - once / budget)
        assert wanted < len(regions)
        assert abs(numbers.value - wanted) < 0.07 * wanted
        assert numbers.value - 4 * numbers.error > distinct


def test_equal_regions_are_estimated_well() -> None:
    """64 orthants, of which 100 points find 51 in the mean."""
    problem, rng = boolean(6), np.random.default_rng(9)
    for counter in (chao1, good_turing):
        found = [read_answer(counter(problem.network, problem.domain, 100, rng), problem.network) for _ in range(80)]
        mean = pr.Estimate.of(np.array([answer.value for answer in found]))
        assert abs(mean.value - 64) < 4 * mean.error + 1.5
        if counter is chao1:
            assert sum(a.interval[0] <= 64 <= a.interval[1] for a in found if a.interval) > 0.85 * len(found)


@each_case
def test_inverse_volumes_are_unbiased(regions: pr.Regions, volumes: list[Any]) -> None:
    """With the variance that the volumes give; it comes from few rare regions, so its own estimate is poor."""
    budget, ask = 1500, (regions.network, regions.domain)
    found = inverse_volume(*ask, budget, np.random.default_rng(10))
    error = math.sqrt(expectations.inverse_volume_variance(volumes, budget))
    assert abs(found.value - len(regions)) < 4 * error
    assert found.samples == budget
    sample, shares = Sample.uniform(*ask, budget, np.random.default_rng(10)), expectations.shares(volumes)
    numbers = [regions.index[pattern.tobytes()] for pattern in sample.patterns]
    assert found.value == pytest.approx((sample.counts / shares[numbers]).sum() / budget)


def test_standard_errors_of_inverse_volumes() -> None:
    """Without slivers they are what the volumes say."""
    network = boxes([[-0.5, 0.5], [0.25]])
    found = inverse_volume(network, SQUARE, 4000, np.random.default_rng(11))
    volumes = pr.region_volumes(pr.enumerate_regions(network, SQUARE))
    error = math.sqrt(expectations.inverse_volume_variance(volumes, 4000))
    assert abs(found.value - 6) < 4 * error
    assert found.error == pytest.approx(error, rel=0.05)


def test_inverse_volumes_of_one_point_and_of_equal_regions() -> None:
    quarters = boxes([[0.0], [0.0]])
    for budget, error in ((1, math.inf), (20, 0.0)):
        found = inverse_volume(quarters, SQUARE, budget, np.random.default_rng(0))
        assert found == pr.Estimate(4.0, error, budget)


# Gradients.


def test_gradients_of_a_sawtooth() -> None:
    """Two slopes, and three with what lies outside; the affine maps are all different."""
    for problem in (sawtooth(4), sawtooth(4, outside=True)):
        ask = problem.network, problem.domain, 600
        complete = pr.distinct_affine_maps(pr.enumerate_regions(problem.network, problem.domain))
        assert distinct_maps(*ask, np.random.default_rng(0)) == complete == problem.distinct_maps
        slopes = distinct_gradients(*ask, np.random.default_rng(0))
        assert slopes == distinct_gradients(*ask, np.random.default_rng(0), decimals=3) < complete
        assert slopes == (2 if problem.domain.volume == 1 else 3)


@each_case
def test_affine_maps_of_saturating_samples(regions: pr.Regions, volumes: list[Any]) -> None:
    if (budget := expectations.budget_for_coverage(volumes, 1e-6)) > 20_000:
        budget = 2000
    maps = distinct_maps(regions.network, regions.domain, budget, np.random.default_rng(0))
    gradients = distinct_gradients(regions.network, regions.domain, budget, np.random.default_rng(0))
    patterns = distinct_patterns(regions.network, regions.domain, budget, np.random.default_rng(0))
    assert gradients <= maps == len({pr.affine_map(regions.network, pattern) for pattern in patterns})
    if len(patterns) == len(regions):
        assert maps == pr.distinct_affine_maps(regions)


def test_rounding_merges_and_splits() -> None:
    line, rng = pr.Polytope.box(-1, 1, dim=1), np.random.default_rng(0)
    close = pr.Network.from_arrays([[[1.0], [-1.0]], [[1.0, -1.0 - 2.0**-40]]], [[0.0, 0.0], [0.0]])
    assert [distinct_gradients(close, line, 50, rng, decimals=d) for d in (None, 15, 6)] == [2, 2, 1]
    linf = linf_norm()
    assert distinct_gradients(linf.network, linf.domain, 500, rng) == linf.distinct_maps == 4
    outputs = pr.Network.from_arrays([np.eye(2), np.eye(2)], [[0.0, 0.0], [0.0, 0.0]])
    assert distinct_gradients(outputs, SQUARE, 100, rng) == 4  # Jacobians of two outputs


# What all counters have in common.


@pytest.mark.parametrize("counter", COUNTERS, ids=lambda counter: counter.__name__)
def test_counters_follow_the_protocol(counter: Callable[..., Any]) -> None:
    regions, _ = CASES["triangle"]
    one, other = (
        read_answer(counter(regions.network, TRIANGLE, budget, np.random.default_rng(1)), regions.network)
        for budget in (50, np.int64(50))
    )
    assert one.value == other.value > 0

    constant = pr.Network.from_arrays([np.eye(2)], [[0.0, 0.0]])  # no units: one region
    answer = counter(constant, SQUARE, 9, np.random.default_rng(1))
    assert len(answer) == 1 if isinstance(answer, np.ndarray) else read_answer(answer, constant).value == 1

    for budget in (0, -3, 2.5):
        with pytest.raises(ValueError, match="a budget is a whole number"):
            counter(regions.network, TRIANGLE, budget, np.random.default_rng(1))
    with pytest.raises(pr.errors.DimensionMismatch):
        counter(regions.network, pr.Polytope.box(0, 1, dim=3), 5, np.random.default_rng(1))


@pytest.mark.parametrize("counter", COUNTERS, ids=lambda counter: counter.__name__)
def test_no_float_inside_the_domain(counter: Callable[..., Any]) -> None:
    """All points are on the boundary and are left out."""
    thin = pr.Polytope.box([0.0, 0.0], [5e-324, 1.0])
    answer = read_answer(counter(boxes([[0.5], [0.5]]), thin, 10, np.random.default_rng(0)), boxes([[0.5], [0.5]]))
    assert answer.value == 0


def test_domains_beyond_the_range_of_floats() -> None:
    network = boxes([[0.0], [0.0]])
    tiny = pr.Polytope.from_vertices([[0.0, 0.0], [1e-200, 0.0], [0.0, 1e-200]])
    with pytest.raises(pr.errors.InvalidDomain, match="do not hold the volume"):
        distinct_patterns(network, tiny, 5, np.random.default_rng(0))
    huge = pr.Polytope.box(-1e150, 1e150, dim=2)
    assert len(distinct_patterns(network, huge, 50, np.random.default_rng(0))) == 4
