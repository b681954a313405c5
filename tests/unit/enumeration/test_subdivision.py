"""The subdivision engine: limits, interruption, splitting, what is refused, and heights that floats do not know."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from reference import is_inside, reference_regions

import polyregions as pr
from polyregions.enumeration import engines, subdivision
from polyregions.errors import DimensionMismatch, LimitReached


def random_network(widths: tuple[int, ...], seed: int, grid: int | None = None) -> pr.Network:
    rng = np.random.default_rng(seed)
    weights = [rng.normal(0, np.sqrt(2 / n), (m, n)) for n, m in itertools.pairwise(widths)]
    biases = [rng.normal(0, 0.3, m) for m in widths[1:]]
    if grid:
        weights, biases = ([np.round(a * grid) / grid for a in arrays] for arrays in (weights, biases))
    return pr.Network.from_arrays(weights, biases)


NETWORK, SQUARE = random_network((2, 10, 10, 8, 1), 0), pr.Polytope.box(-1, 1, dim=2)


@pytest.fixture(scope="module")
def everything() -> pr.Regions:
    return pr.enumerate_regions(NETWORK, SQUARE, engine="subdivision")


@pytest.fixture
def _unthrottled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every report of progress gets through."""
    monkeypatch.setattr(engines, "Throttle", lambda progress: progress)


def patterns_of(regions: pr.Regions) -> set[tuple[int, ...]]:
    return set(map(tuple, regions.patterns.tolist()))


# Limits, interruption, parts.


@pytest.mark.parametrize("part", [1, 2, 7, 100])
def test_parts_give_the_same_regions(everything: pr.Regions, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    monkeypatch.setattr(subdivision, "PART", part)
    regions = pr.enumerate_regions(NETWORK, SQUARE, engine="subdivision")
    assert regions.complete
    assert np.array_equal(regions.patterns, everything.patterns)
    assert np.array_equal(regions.cuts, everything.cuts)
    for index in range(0, len(regions), 10):
        assert is_inside(NETWORK, SQUARE, regions.patterns[index].tolist(), regions.witness(index))


@pytest.mark.parametrize("grid", [1, 2])
def test_parts_of_degenerate_networks(monkeypatch: pytest.MonkeyPatch, grid: int) -> None:
    network, cube = random_network((3, 6, 5, 5, 1), 1, grid), pr.Polytope.box(-1, 1, dim=3)
    whole = pr.enumerate_regions(network, cube, engine="subdivision")
    monkeypatch.setattr(subdivision, "PART", 3)
    regions = pr.enumerate_regions(network, cube, engine="subdivision")
    assert np.array_equal(regions.patterns, whole.patterns)
    assert np.array_equal(regions.cuts, whole.cuts)


def test_rational_signs_are_counted_once_however_a_run_is_split(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three lines through a point that floats do not hold: one sign needs rationals, before the cells are split."""
    first = [[3.0, 0.0], [0.0, 3.0], [1.0, -1.0]]
    network = pr.Network.from_arrays([first, np.eye(3), np.ones((1, 3))], [[-1.0, -1.0, 0.0], np.zeros(3), [0.0]])
    whole = pr.enumerate_regions(network, SQUARE, engine="subdivision").statistics
    assert whole.vertex_signs_in_rationals > 0
    monkeypatch.setattr(subdivision, "PART", 1)
    split = pr.enumerate_regions(network, SQUARE, engine="subdivision").statistics
    assert split.vertex_signs_in_rationals >= whole.vertex_signs_in_rationals


def test_limit_on_regions(everything: pr.Regions, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine finds regions in batches; a limit stops it between two of them."""
    monkeypatch.setattr(subdivision, "PART", 8)
    limits = pr.Limits(regions=10)
    found = pr.enumerate_regions(NETWORK, SQUARE, engine="subdivision", limits=limits)
    assert found.status is pr.Status.REGION_LIMIT
    assert 10 <= len(found) < len(everything)
    assert patterns_of(found) < patterns_of(everything)
    assert np.array_equal(found.patterns, np.array(sorted(found.patterns.tolist())))


@pytest.mark.parametrize("part", [8, 10**6])
def test_limit_on_time(everything: pr.Regions, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    """There may be nothing to show yet, and that is a result as well."""
    monkeypatch.setattr(subdivision, "PART", part)
    limits = pr.Limits(seconds=1e-9)
    found = pr.enumerate_regions(NETWORK, SQUARE, engine="subdivision", limits=limits)
    assert (found.status, len(found)) == (pr.Status.TIME_LIMIT, 0)
    assert found.patterns.shape == (0, NETWORK.n_units)
    assert found.witnesses.shape == (0, 2)
    assert found.cuts.shape == (0, NETWORK.n_switches)
    assert pr.region_graph(found).number_of_nodes() == 0
    assert found.locate([[0.0, 0.0]]).tolist() == [-1]
    assert len(found.to_frame()) == 0


@pytest.mark.usefixtures("_unthrottled")
@pytest.mark.parametrize("least", [0, 1, 30])
def test_interruption_keeps_what_was_found(everything: pr.Regions, monkeypatch: pytest.MonkeyPatch, least: int) -> None:
    monkeypatch.setattr(subdivision, "PART", 8)

    def interrupt(share: float, found: int) -> None:
        if found >= least:
            raise KeyboardInterrupt

    found = pr.enumerate_regions(NETWORK, SQUARE, engine="subdivision", progress=interrupt)
    assert found.status is pr.Status.INTERRUPTED
    assert least <= len(found) < len(everything)
    assert patterns_of(found) < patterns_of(everything)
    for index in range(len(found)):
        assert is_inside(NETWORK, SQUARE, found.patterns[index].tolist(), found.witness(index))


@pytest.mark.usefixtures("_unthrottled")
@pytest.mark.parametrize("part", [8, 10**6])
def test_progress_never_goes_back(monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    monkeypatch.setattr(subdivision, "PART", part)
    calls: list[tuple[float, int]] = []

    def progress(share: float, found: int) -> None:
        calls.append((share, found))

    regions = pr.enumerate_regions(NETWORK, SQUARE, engine="subdivision", progress=progress)
    shares, counts = [share for share, _ in calls], [count for _, count in calls]
    assert calls[-1] == (1.0, len(regions))
    assert counts == sorted(counts)
    # Sums of shares round, each by less than a part in 10^12.
    assert max(a - b for a, b in itertools.pairwise(shares)) <= 1e-12
    assert 0.0 <= min(shares) <= max(shares) <= 1.0 + 1e-12


# What is refused.


def test_a_domain_with_too_many_vertices() -> None:
    network = pr.Network.from_arrays([np.ones((1, 13))], [[0.0]])
    with pytest.raises(LimitReached, match="8,192 vertices, and the"):
        pr.enumerate_regions(network, pr.Polytope.box(-1, 1, dim=13), engine="subdivision")
    with pytest.raises(LimitReached, match="branching"):
        pr.build_complex(network, pr.Polytope.box(-1, 1, dim=13))


def test_no_such_engine() -> None:
    with pytest.raises(ValueError, match="got 'magic'"):
        pr.enumerate_regions(NETWORK, SQUARE, engine="magic")  # type: ignore[arg-type]


def test_dimensions_that_differ() -> None:
    for engine in ("auto", "branching", "subdivision"):
        with pytest.raises(DimensionMismatch, match="the domain must have dimension 2"):
            pr.enumerate_regions(NETWORK, pr.Polytope.box(-1, 1, dim=3), engine=engine)  # type: ignore[arg-type]
    with pytest.raises(DimensionMismatch, match="the domain must have dimension 2"):
        pr.build_complex(NETWORK, pr.Polytope.box(-1, 1, dim=3))


# More breakpoints than bits, words of masks, and signed bytes hold.


def test_units_with_many_breakpoints() -> None:
    """A staircase of 200 kinks: 201 pieces, in the order of their numbers."""
    kinks = tuple(float(k) for k in range(200))
    stairs = pr.Activation(kinks, tuple(float(k % 2) for k in range(201)), 0.0, name="stairs")
    network = pr.Network.from_arrays([[[200.0]]], [[-0.5]], [stairs])
    regions = pr.enumerate_regions(network, pr.Polytope.box(0, 1, dim=1), engine="subdivision")
    assert regions.patterns[:, 0].tolist() == list(range(201))
    assert (np.diff(regions.witnesses[:, 0]) > 0).all()


def test_more_units_than_one_word_has_bits() -> None:
    """The grid of 70 and 80 lines has 71 * 81 cells, and two bits of any word are never confused."""
    weights = np.concatenate([np.tile([1.0, 0.0], (70, 1)), np.tile([0.0, 1.0], (80, 1))])
    bias = np.concatenate([-np.arange(1, 71) / 71, -np.arange(1, 81) / 81])
    network = pr.Network.from_arrays([weights, np.ones((1, 150))], [bias, [0.0]])
    complex_ = pr.build_complex(network, pr.Polytope.box(0, 1, dim=2))
    assert complex_.f_vector() == (72 * 82, 71 * 82 + 72 * 81, 71 * 81)


# Heights that floats hardly know: the engine decides them in rationals.


def check_against_reference(network: pr.Network, domain: pr.Polytope) -> None:
    regions = pr.enumerate_regions(network, domain, engine="subdivision")
    expected = [region.pattern for region in reference_regions(network, domain)]
    assert [tuple(row) for row in regions.patterns.tolist()] == expected


def test_heights_around_a_breakpoint_that_is_not_zero() -> None:
    """The first unit is 1 - 2^-80 at one corner and 1 + 2^-52 at another, so in floats at its breakpoint or beside it.

    It switches at x = 2^-28, which is right of 2^-40, where the second one does.
    """
    kink = pr.Activation((1.0,), (0.0, 1.0), 0.0, name="relu from 1")
    first = [[2.0**-52, -(2.0**-80)], [1.0, 0.0]]
    network = pr.Network.from_arrays([first, [[1.0, 3.0]]], [[1.0, 1.0 - 2.0**-40], [0.0]], [kink, "identity"])
    check_against_reference(network, pr.Polytope.box([0, 1], [1, 2]))


def test_heights_below_the_least_float() -> None:
    """A unit that is -2/3 and 2 times the least float at the ends of [1/3, 1] switches at 1/2, before 0.53."""
    least = 2.0**-1074
    layers = [[[3.0], [1.0]], [[0.0, 4 * least], [0.0, 1.0]], [[1.0, 3.0]]]
    network = pr.Network.from_arrays(layers, [[-1.0, 0.0], [-2 * least, -0.53], [0.0]])
    check_against_reference(network, pr.Polytope.box(0, 1, dim=1))


def test_values_beyond_the_largest_float() -> None:
    layers = [[[1.0, 0.0], [0.0, 1.0]], [[1e200, -1e200], [1e200, 1e200]], [[1e200, -3e200]], [[1.0]]]
    network = pr.Network.from_arrays(layers, [[0.0, 0.0], [0.0, -1e200], [1e300], [0.0]])
    check_against_reference(network, SQUARE)
