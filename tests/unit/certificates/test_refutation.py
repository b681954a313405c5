"""Multipliers in whole numbers, or a point: either is verified in fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from effort import examples
from hypothesis import assume, given
from hypothesis import strategies as st

import polyregions as pr
from polyregions.arithmetic import rational, to_fraction
from polyregions.certificates.refutation import IntegerRow, Refutation, Refuter

SCALES = (1, Fraction(1, 3), 2**80, Fraction(1, 10**40), 10**300)
whole = st.integers(-3, 3)


def value(form: list[Fraction], point: list[Fraction]) -> Fraction:
    return sum((a * x for a, x in zip(form, point, strict=False)), form[-1])


@st.composite
def questions(draw: st.DrawFn) -> tuple[int, list[list[Fraction]], list[Fraction], list[Fraction]]:
    """Rows, a goal, and a point of the box [-2, 2]^n at which all rows are positive."""
    dim = draw(st.integers(1, 3))
    inside = [Fraction(draw(st.integers(-7, 7)), 4) for _ in range(dim)]
    forms = draw(st.lists(st.lists(whole, min_size=dim + 1, max_size=dim + 1), min_size=1, max_size=7))
    scaled = [[Fraction(entry) * draw(st.sampled_from(SCALES)) ** 1 for entry in form] for form in forms]
    rows, goal = scaled[1:], scaled[0]
    assume(any(goal))
    rows = [row if value(row, inside) > 0 else [-entry for entry in row] for row in rows]
    return dim, [row for row in rows if value(row, inside) > 0], goal, inside


@examples(300)
@given(questions())
def test_every_answer_can_be_verified(question) -> None:
    dim, forms, goal, inside = question
    refuter = Refuter(pr.Polytope.box(-2, 2, dim=dim))
    rows = [IntegerRow.of([rational(entry) for entry in form]) for form in forms]
    wanted = IntegerRow.of([rational(entry) for entry in goal])
    answer = refuter.settle(wanted, rows, [rational(x) for x in inside])
    if isinstance(answer, Refutation):
        parts = [(wanted, answer.goal), *((rows[row], times) for row, times in answer.rows.items())]
        assert all(times > 0 for _, times in parts)
        total = [sum(times * row.integers[i] for row, times in parts) for i in range(dim + 1)]
        assert sum(2 * abs(entry) for entry in total[:-1]) + total[-1] <= 0
    else:
        point = [to_fraction(x) for x in answer]
        assert all(abs(x) < 2 for x in point)
        assert all(value(form, point) > 0 for form in (*forms, goal))


@pytest.mark.parametrize("gap", [0, Fraction(1, 10**6), Fraction(1, 10**30), Fraction(1, 10**400)])
def test_rows_that_nearly_touch(gap) -> None:
    # x > 0 and y > 0 leave no room for x + y < -gap, and none for x + y < 0 either; for x + y < gap they do.
    refuter = Refuter(pr.Polytope.box(-1, 1, dim=2))
    rows = [IntegerRow.of([rational(entry) for entry in row]) for row in ([1, 0, 0], [0, 1, 0])]
    inside = [rational(0.5), rational(0.5)]
    below = refuter.settle(IntegerRow.of([rational(-1), rational(-1), rational(-gap)]), rows, inside)
    assert isinstance(below, Refutation)
    above = refuter.settle(IntegerRow.of([rational(-1), rational(-1), rational(gap)]), rows, inside)
    assert isinstance(above, Refutation) == (gap == 0)


def test_multipliers_have_few_digits_where_there_is_room() -> None:
    rng = np.random.default_rng(3)
    refuter = Refuter(pr.Polytope.box(-1, 1, dim=2))
    forms = [[rational(entry) for entry in row] for row in np.column_stack([rng.normal(size=(5, 2)), np.ones(5)])]
    rows = [IntegerRow.of(form) for form in forms]
    goal = IntegerRow.of([-(a + b) for a, b in zip(forms[0][:-1], forms[1][:-1], strict=True)] + [rational(-2.5)])
    answer = refuter.settle(goal, rows, [rational(0), rational(0)])
    assert isinstance(answer, Refutation)
    assert all(len(bin(times).strip("0b")) <= 16 for times in answer.rows.values())


def test_the_highest_point() -> None:
    refuter = Refuter(pr.Polytope.box(-1, 1, dim=2))
    rows = [IntegerRow.of([rational(-1), rational(-1), rational(1)])]
    goal = IntegerRow.of([rational(2), rational(1), rational(7)])
    point = refuter.highest(goal, rows, [rational(0), rational(0)])
    assert [to_fraction(x) for x in point] == [1, 0]
    assert goal.value(point) == 9
