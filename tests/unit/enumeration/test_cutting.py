"""The kernels of the subdivision engine: without compilation, and the error bounds of new vertices."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from effort import examples
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import wild_floats

import polyregions as pr
from polyregions.arithmetic.enclosure import TINY, UNIT
from polyregions.complexes import cell_complex, lattice, orders, sharpen
from polyregions.enumeration import crossing, cutting, rows, subdivision, vertices
from polyregions.measures import face_volumes


def random_network(widths: tuple[int, ...], seed: int, grid: int | None = None) -> pr.Network:
    rng = np.random.default_rng(seed)
    weights = [rng.normal(0, np.sqrt(2 / n), (m, n)) for n, m in itertools.pairwise(widths)]
    biases = [rng.normal(0, 0.3, m) for m in widths[1:]]
    if grid:
        weights, biases = ([np.round(a * grid) / grid for a in arrays] for arrays in (weights, biases))
    return pr.Network.from_arrays(weights, biases)


# Kernels without compilation.

KERNELS: list[tuple[ModuleType, str, list[ModuleType]]] = [
    (cutting, "cut_edges", [subdivision]),
    (cutting, "split_cells", [subdivision]),
    (crossing, "certain_signs", [vertices]),
    (crossing, "distinct_edges", [vertices]),
    (crossing, "inherited", [vertices]),
    (crossing, "interpolate", [vertices]),
    (rows, "take_rows", [subdivision, lattice, face_volumes]),
    (rows, "transposed", [cell_complex]),
    (lattice, "facets_of_faces", [lattice]),
    (lattice, "distinct_faces", [lattice]),
    (orders, "_facets_around", [orders]),
    (orders, "_plain_ranks", [orders]),
    (sharpen, "meeting_points", [sharpen]),
]
ABSENT = {
    1: {"facets_of_faces", "distinct_faces", "_facets_around", "_plain_ranks", "meeting_points"},
    2: {"_facets_around"},
    3: set(),
}
"""Kernels that are not needed in this dimension."""


def equal(one: Any, other: Any) -> bool:
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def helpers(module: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, value in vars(module).items():
        if name.startswith("_") and hasattr(value, "py_func"):
            yield name, value.py_func


def everything(network: pr.Network, domain: pr.Polytope) -> tuple[tuple[int, ...], list[pr.Measure]]:
    complex_ = pr.build_complex(network, domain)
    return complex_.f_vector(), [pr.boundary_volume(complex_, k) for k in range(1, domain.dim + 1)]


@pytest.mark.parametrize("grid", [None, 1])
@pytest.mark.parametrize("dim", [1, 2, 3])
def test_kernels_without_compilation(monkeypatch: pytest.MonkeyPatch, dim: int, grid: int | None) -> None:
    """Every call of a real run, compiled and as plain Python: the same results, of the same types."""
    network, domain = random_network((dim, 5, 4, 1), 7, grid), pr.Polytope.box(-1, 1, dim=dim)
    expected = everything(network, domain)  # compiles it
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
    for module in (cutting, lattice, sharpen):
        for name, function in list(helpers(module)):
            monkeypatch.setattr(module, name, function)
    for _, name, users in KERNELS:
        for user in users:
            monkeypatch.setattr(user, name, checked(name, kernels[name]))
    assert everything(network, domain) == expected
    assert called == set(kernels) - ABSENT[dim]


# Error bounds where an edge is crossed.


def exact_number(value: float, error: float, share: Fraction) -> Fraction:
    return Fraction(value) + Fraction(error) * share


def crossed(a: Fraction, b: Fraction, start: Fraction, end: Fraction) -> Fraction:
    """The value, between start and end, where a function that is a and b there vanishes."""
    return start + (end - start) * a / (a - b)


def interpolated(
    values: NDArray[np.float64], errors: NDArray[np.float64], heights: list[float], slack: list[float]
) -> tuple[list[float], list[float]]:
    """What is found for functions at the point where another one, with these heights at the two ends, vanishes."""
    ends = np.array([0], dtype=np.int32), np.array([1], dtype=np.int32)
    columns = np.column_stack([values, heights]), np.column_stack([errors, slack])
    found, bounds = crossing.interpolate(*columns, *ends, values.shape[1], 0.0)
    assert (found[0, -1], bounds[0, -1]) == (0.0, 0.0)
    return found[0, :-1].tolist(), bounds[0, :-1].tolist()


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
            start, end = (exact_number(values[i, column], errors[i, column], shares[i][column]) for i in range(2))
            exact = crossed(exact_heights[0], exact_heights[1], start, end)
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


@examples(150)
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
        heights, exact = [-h for h in heights], [-x for x in exact]
    check_bounds(*function, heights, slack, exact)


@examples(150)
@given(functions(), st.data())
def test_bounds_where_heights_were_decided_in_rationals(function: Any, data: st.DataObject) -> None:
    """The engine then keeps the nearest float, whose error may be larger than the height itself.

    That happens below the smallest normal number, and beside a breakpoint that is not zero.
    """
    numerators = st.tuples(st.integers(1, 2**60), st.integers(1, 7), st.sampled_from([-1140, -1100, -1074, -130, -60]))
    exact = [
        sign * Fraction(m, q) * Fraction(2) ** e
        for sign, (m, q, e) in zip((1, -1), data.draw(st.tuples(numerators, numerators)), strict=True)
    ]
    kink = data.draw(st.sampled_from([0.0, 1.0, -0.75, 6.0]))
    numbers = [float(x + Fraction(kink)) for x in exact]
    heights = [number - kink for number in numbers]
    slack = [
        (0.0 if Fraction(number) == x + Fraction(kink) else UNIT * abs(number) + TINY)
        + (2 * UNIT * abs(h) if kink else 0)
        for number, x, h in zip(numbers, exact, heights, strict=True)
    ]
    check_bounds(*function, heights, slack, exact)


@examples(80)
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
