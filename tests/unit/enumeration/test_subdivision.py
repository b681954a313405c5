"""The subdivision engine's parts: limits, splitting, errors, kernels without compilation, error bounds of new vertices."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from reference import is_inside, reference_regions
from strategies import wild_floats

import polyregions as pr
from polyregions.arithmetic.enclosure import TINY, UNIT
from polyregions.complexes import lattice
from polyregions.enumeration import cutting, engines, subdivision, vertices
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
def test_interruption_keeps_what_was_found(
    everything: pr.Regions, monkeypatch: pytest.MonkeyPatch, least: int
) -> None:
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
    with pytest.raises(LimitReached, match='8,192 vertices.*use engine="branching"'):
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


# Kernels without compilation.

KERNELS: list[tuple[ModuleType, str, list[ModuleType]]] = [
    (cutting, "cut_edges", [subdivision]),
    (cutting, "distinct_edges", [vertices]),
    (cutting, "split_cells", [subdivision]),
    (cutting, "interpolate", [vertices]),
    (lattice, "facets_of_faces", [lattice]),
    (lattice, "distinct_faces", [lattice]),
]


def equal(one: Any, other: Any) -> bool:
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def helpers(module: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, value in vars(module).items():
        if name.startswith("_") and hasattr(value, "py_func"):
            yield name, value.py_func


@pytest.mark.parametrize("grid", [None, 1])
@pytest.mark.parametrize("dim", [1, 2, 3])
def test_kernels_without_compilation(monkeypatch: pytest.MonkeyPatch, dim: int, grid: int | None) -> None:
    """Every call of a real run, compiled and as plain Python: the same results, of the same types."""
    network, domain = random_network((dim, 5, 4, 1), 7, grid), pr.Polytope.box(-1, 1, dim=dim)
    expected = pr.build_complex(network, domain)  # compiles everything
    called = set()

    def checked(name: str, kernel: Any) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            called.add(name)
            result = kernel(*arguments)
            with np.errstate(all="ignore"):
                assert equal(kernel.py_func(*arguments), result)
            return result

        return run

    kernels = {name: getattr(module, name) for module, name, _ in KERNELS}
    for module in (cutting, lattice):
        for name, function in list(helpers(module)):
            monkeypatch.setattr(module, name, function)
    for _, name, users in KERNELS:
        for user in users:
            monkeypatch.setattr(user, name, checked(name, kernels[name]))
    complex_ = pr.build_complex(network, domain)
    assert complex_.f_vector() == expected.f_vector()
    assert called == set(kernels) - ({"facets_of_faces", "distinct_faces"} if dim == 1 else set())


# Error bounds where an edge is crossed.


def exact_number(value: float, error: float, share: Fraction) -> Fraction:
    return Fraction(value) + Fraction(error) * share


def crossing(a: Fraction, b: Fraction, start: Fraction, end: Fraction) -> Fraction:
    """The value, between start and end, where a function that is a and b there vanishes."""
    return start + (end - start) * a / (a - b)


def interpolated(
    values: NDArray[np.float64], errors: NDArray[np.float64], heights: list[float], slack: list[float]
) -> tuple[list[float], list[float]]:
    ends = np.array([0], dtype=np.int32), np.array([1], dtype=np.int32)
    found, bounds = cutting.interpolate(values, errors, *ends, np.array([heights]), np.array([slack]))
    return found[0].tolist(), bounds[0].tolist()


def check_bounds(
    values: NDArray[np.float64],
    errors: NDArray[np.float64],
    shares: list[list[Fraction]],
    heights: list[float],
    slack: list[float],
    exact_heights: list[Fraction],
) -> None:
    """Whatever numbers the floats stand for, the result encloses what follows from them."""
    found, bounds = interpolated(values, errors, heights, slack)
    for column, (value, bound) in enumerate(zip(found, bounds, strict=True)):
        assert not math.isnan(bound)
        if not math.isinf(bound):
            start, end = (
                exact_number(values[i, column], errors[i, column], shares[i][column]) for i in range(2)
            )
            exact = crossing(exact_heights[0], exact_heights[1], start, end)
            assert abs(exact - Fraction(value)) <= Fraction(bound)


shares = st.sampled_from([Fraction(0), Fraction(1), Fraction(-1), Fraction(1, 3), Fraction(-2, 7)])
columns = st.lists(st.tuples(wild_floats(), wild_floats(), shares, shares), min_size=1, max_size=3)
small_errors = st.sampled_from([0.0, 0.0, UNIT, 2.0**-40, 2.0**-20, 5e-324])


@st.composite
def functions(draw: st.DrawFn) -> tuple[NDArray[np.float64], NDArray[np.float64], list[list[Fraction]]]:
    """Values at two vertices with errors: wild, or relative to the values, or none."""
    table = draw(columns)
    values = np.array([[row[i] for row in table] for i in range(2)])
    if draw(st.booleans()):
        with np.errstate(all="ignore"):
            errors = np.abs(values) * np.array([[draw(small_errors) for _ in table] for _ in range(2)])
    else:
        errors = np.array([[draw(wild_floats(nonnegative=True)) for _ in table] for _ in range(2)])
    return values, errors, [[row[2 + i] for row in table] for i in range(2)]


@settings(max_examples=400, deadline=None)
@given(functions(), wild_floats(nonnegative=True), wild_floats(nonnegative=True), st.booleans(), st.data())
def test_bounds_where_heights_are_known_well(
    function: Any, one: float, other: float, flipped: bool, data: st.DataObject
) -> None:
    """Heights that are larger than their errors, of any size."""
    assume(one > 0 and other > 0)
    factors = [data.draw(st.sampled_from([0.0, UNIT, 2.0**-30, 0.5, 1.0 - UNIT])) for _ in range(2)]
    heights, slack = [one, -other], [one * factors[0], other * factors[1]]
    sides = data.draw(shares), data.draw(shares)
    exact = [exact_number(h, s, share) for h, s, share in zip(heights, slack, sides, strict=True)]
    assume(exact[0] > 0 > exact[1])
    if flipped:
        heights, slack, exact = [-h for h in heights], slack, [-x for x in exact]
    check_bounds(*function, heights, slack, exact)


@settings(max_examples=400, deadline=None)
@given(functions(), st.data())
def test_bounds_where_heights_were_decided_in_rationals(function: Any, data: st.DataObject) -> None:
    """The engine then keeps the nearest float, whose error may be larger than the height itself.

    That happens below the smallest normal number, and beside a breakpoint that is not zero.
    """
    numerators = st.tuples(st.integers(1, 2**60), st.integers(1, 7), st.sampled_from([-1140, -1100, -1074, -130, -60]))
    exact = [sign * Fraction(m, q) * Fraction(2) ** e for sign, (m, q, e) in zip((1, -1), data.draw(st.tuples(numerators, numerators)), strict=True)]
    kink = data.draw(st.sampled_from([0.0, 1.0, -0.75, 6.0]))
    numbers = [float(x + Fraction(kink)) for x in exact]
    heights = [number - kink for number in numbers]
    slack = [
        (0.0 if Fraction(number) == x + Fraction(kink) else UNIT * abs(number) + TINY) + (2 * UNIT * abs(h) if kink else 0)
        for number, x, h in zip(numbers, exact, heights, strict=True)
    ]
    check_bounds(*function, heights, slack, exact)


@settings(max_examples=200, deadline=None)
@given(functions(), st.floats(1e-3, 1e3), st.integers(0, 4), st.data())
def test_bounds_where_heights_nearly_agree(function: Any, height: float, ulps: int, data: st.DataObject) -> None:
    other = height
    for _ in range(ulps):
        other = math.nextafter(other, math.inf)
    slack = [data.draw(st.sampled_from([0.0, UNIT * height, height / 3])) for _ in range(2)]
    exact = [exact_number(h, s, data.draw(shares)) for h, s in zip((height, -other), slack, strict=True)]
    check_bounds(*function, [height, -other], slack, exact)


def test_equal_exact_values_stay_exact() -> None:
    """So dead units are exactly zero at all vertices, and coordinates on a facet of a box are exact."""
    values, errors = np.array([[0.1, 0.0, -3.0]] * 2), np.zeros((2, 3))
    assert interpolated(values, errors, [1.0, -0.3], [1e-9, 1e-9]) == ([0.1, 0.0, -3.0], [0.0, 0.0, 0.0])


def test_bounds_are_tight() -> None:
    """Known heights: some units in the last place; uncertain ones: in proportion."""
    values, errors = np.array([[0.0], [1.0]]), np.zeros((2, 1))
    (value,), (bound,) = interpolated(values, errors, [1.0, -3.0], [0.0, 0.0])
    assert value == 0.25
    assert bound < 16 * UNIT
    (value,), (bound,) = interpolated(values, errors, [1.0, -3.0], [1e-6, 1e-6])
    assert bound == pytest.approx(0.25e-6, rel=1e-3)
