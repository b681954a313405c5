"""Nearest points of facets: bounds against brute force over active sets, in fractions."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from brute_force import affine_rank, box_rows, solution, value, vertices
from effort import examples
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from polyregions.arithmetic import rational, to_fraction
from polyregions.geometry.nearest import Rows, check_norm, dual, lengths, propose
from polyregions.geometry.nearest_exact import distance_power, nearest_exactly

NORMS = (1.0, 2.0, math.inf)
Table = list[list[Fraction]]


def rows_of(table: Table, facet: int) -> Rows:
    floats = np.array(table, dtype=float)
    size = np.abs(floats) @ np.append(np.full(floats.shape[1] - 1, 2.0), 1.0)
    return Rows(floats, 1e-14 * size + 1e-300, size)


@st.composite
def facets(draw: st.DrawFn) -> tuple[Table, list[Fraction], list[list[Fraction]]]:
    """Small whole rows and a box, the first row vanishing on a facet; a point of the box; the facet's vertices."""
    dim = draw(st.integers(1, 3))
    small = st.lists(st.integers(-3, 3), min_size=dim + 1, max_size=dim + 1)
    table = [[Fraction(x) for x in row] for row in draw(st.lists(small, min_size=1, max_size=4))]
    table = [row for row in table if any(row[:-1])]
    assume(table)
    table += box_rows([-2] * dim, [2] * dim)
    corners = [list(corner) for corner in vertices(table)]
    own = [corner for corner in corners if value(table[0], corner) == 0]
    assume(len(own) >= dim and affine_rank(own) == dim - 1 and any(value(table[0], c) > 0 for c in corners))
    point = [Fraction(x, 2) for x in draw(st.lists(st.integers(-4, 4), min_size=dim, max_size=dim))]
    return table, point, own


def projection(point: list[Fraction], rows: Table) -> list[Fraction] | None:
    """The nearest point of a flat in the 2-norm, by its normal equations; None if the rows are dependent."""
    gram = [[sum(a * b for a, b in zip(r[:-1], s[:-1], strict=True)) for s in rows] for r in rows]
    weights = solution([[*line, value(row, point)] for line, row in zip(gram, rows, strict=True)])
    if weights is None:
        return None
    steps = zip(*(([w * a for a in row[:-1]]) for w, row in zip(weights, rows, strict=True)), strict=True)
    return [x + sum(step) for x, step in zip(point, steps, strict=True)]


def least_square(table: Table, point: list[Fraction]) -> Fraction:
    best: Fraction | None = None
    for count in range(len(point)):
        for chosen in itertools.combinations(table[1:], count):
            place = projection(point, [table[0], *chosen])
            if place is not None and all(value(row, place) >= 0 for row in table):
                power = sum(((a - b) ** 2 for a, b in zip(place, point, strict=True)), Fraction(0))
                best = power if best is None else min(best, power)
    assert best is not None
    return best


def exact(table: Table, point: list[Fraction], within: list[Fraction], norm: float) -> Fraction:
    rows = [[rational(x) for x in row] for row in table]
    start = [rational(x) for x in point]
    place = nearest_exactly(rows, 0, start, [rational(x) for x in within], norm)
    values = [value(row, [to_fraction(x) for x in place]) for row in table]
    assert values[0] == 0
    assert min(values) >= 0
    return to_fraction(distance_power(place, start, norm))


@examples(25)
@given(facets())
def test_projections_are_nearest(case: tuple[Table, list[Fraction], list[list[Fraction]]]) -> None:
    table, point, own = case
    assert exact(table, point, own[0], 2.0) == least_square(table, point)


@examples(25)
@given(facets(), st.sampled_from(NORMS), st.integers(0, 99))
def test_bounds(case: tuple[Table, list[Fraction], list[list[Fraction]]], norm: float, seed: int) -> None:
    """What the solver proposes gives close bounds of the exact distance; any multipliers give a lower one."""
    table, point, own = case
    middle = [sum(axis, Fraction(0)) / len(own) for axis in zip(*own, strict=True)]
    assume(all(value(row, middle) > 0 for row in table[1:]))  # else another row makes the same facet
    power = exact(table, point, middle, norm)
    truth = math.sqrt(power) if norm == 2 else float(power)
    rows, x = rows_of(table, 0), np.array(point, dtype=float)
    proposal = propose(rows, 0, x, norm)
    assert proposal.point is not None
    assert proposal.weights is not None
    assert not rows.shows_empty(x, proposal.weights, 4.0)
    low = rows.lower_bound(x, proposal.weights, norm)
    high = rows.upper_bound(x, 0, proposal.point, np.array(middle, dtype=float), norm)
    assert low <= truth * (1 + 1e-15)
    assert truth <= high * (1 + 1e-15)
    assert high - low <= 1e-6
    assert rows.hyperplane_distances(x, norm)[0] <= truth * (1 + 1e-15)
    assert rows.outside(x, norm) <= truth * (1 + 1e-15)
    weights = np.random.default_rng(seed).exponential(size=len(table))
    weights[0] -= 2 * weights[0] * (seed % 2)
    assert rows.lower_bound(x, weights, norm) <= truth * (1 + 1e-15)


def test_empty_facets_are_shown_to_be_empty() -> None:
    """x + y = 5 does not meet the square of half width 2."""
    table = [[Fraction(1), Fraction(1), Fraction(-5)], *box_rows([-2] * 2, [2] * 2)]
    rows, x = rows_of(table, 0), np.zeros(2)
    proposal = propose(rows, 0, x, 2.0)
    assert proposal.point is None
    assert rows.shows_empty(x, proposal.weights, 4.0)


@pytest.mark.parametrize("norm", NORMS)
def test_lengths(norm: float) -> None:
    vectors: NDArray[np.float64] = np.random.default_rng(0).normal(size=(50, 7)) * np.array(
        [1e200, 1, 1e-200, 0, 1, 1, 1]
    )
    low, high = lengths(vectors, norm)
    value_ = np.linalg.norm(vectors / 1e200, norm, axis=1) * 1e200
    assert (low <= value_ * (1 + 1e-15)).all()
    assert (value_ <= high * (1 + 1e-15)).all()
    assert (high - low <= 1e-13 * value_).all()


def test_norms() -> None:
    assert [dual(norm) for norm in NORMS] == [math.inf, 2.0, 1.0]
    assert check_norm(2) == 2.0
    with pytest.raises(ValueError, match=r"1, 2 or math.inf"):
        check_norm(0.5)
