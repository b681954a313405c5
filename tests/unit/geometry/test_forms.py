"""Forms never claim a wrong sign, whatever the numbers are."""

from fractions import Fraction

import brute_force
import numpy as np
import pytest
import strategies
from effort import examples
from hypothesis import given
from hypothesis import strategies as st

from polyregions.arithmetic import UNDECIDED, Enclosure, rational_matrix, to_fraction
from polyregions.geometry.forms import Forms, Row, System


def sign(number):
    return (number > 0) - (number < 0)


@st.composite
def wild_forms(draw):
    """Exact rows, floats beside them with true error bounds, and a box with points in it."""
    dim = draw(st.integers(1, 3))
    table = draw(strategies.wild_arrays((3, dim + 1)))
    exact = [[Fraction(x) for x in row] for row in table.tolist()]
    loose = draw(st.sampled_from([0.0, 2.0**-52, 2.0**-20, 0.5, 3.0]))
    off = np.array(draw(st.lists(st.sampled_from([-1.0, 0.0, 0.5, 1.0]), min_size=table.size, max_size=table.size)))
    with np.errstate(all="ignore"):
        value = table + np.abs(table) * loose * off.reshape(table.shape)
        error = 1.5 * loose * np.abs(table) + (2.0**-1000 if loose else 0.0)
    reach = np.append(np.minimum(draw(strategies.wild_arrays((dim,), nonnegative=True)), 1e300), 1.0)
    shares = draw(st.lists(st.floats(-1, 1), min_size=4 * dim, max_size=4 * dim))
    points = np.array(shares).reshape(4, dim) * reach[:-1]
    return exact, Forms(Enclosure(value, error), reach, lambda: rational_matrix(exact)), reach, points


@examples(300)
@given(wild_forms())
def test_signs_are_never_wrong(case):
    exact, forms, _, points = case
    signs = forms.signs_at(points)
    for point, found in zip(points.tolist(), signs.tolist(), strict=True):
        for row, claimed in zip(exact, found, strict=True):
            assert claimed in (0, sign(brute_force.value(row, point)))


@examples(200)
@given(wild_forms())
def test_rows_are_within_their_error_after_scaling(case):
    exact, forms, reach, _ = case
    for row, stored, error, size, constant in zip(
        exact, forms.rows.tolist(), forms.error.tolist(), forms.size.tolist(), forms.constant_sign.tolist(), strict=True
    ):
        if not any(row[:-1]):
            assert constant == sign(row[-1])
            continue
        assert constant == UNDECIDED
        scale = scale_between(row, stored)
        gaps = [abs(Fraction(x) - scale * a) * Fraction(r) for x, a, r in zip(stored, row, reach.tolist(), strict=True)]
        assert sum(gaps) <= Fraction(error)
        most = sum(abs(Fraction(x)) * Fraction(r) for x, r in zip(stored, reach.tolist(), strict=True))
        assert most <= Fraction(size) + Fraction(2.0**-1000)


def scale_between(row, stored):
    """The power of two that brings the largest number of a row next to what is stored."""
    index = max(range(len(row)), key=lambda i: abs(Fraction(stored[i])))
    ratio = Fraction(stored[index]) / row[index]
    exponent = ratio.numerator.bit_length() - ratio.denominator.bit_length()
    return min((Fraction(2) ** k for k in range(exponent - 1, exponent + 2)), key=lambda power: abs(power / ratio - 1))


@pytest.mark.parametrize(
    "row",
    [
        [5e-324, 1e308],
        [1e-300, 1.0, 1e300],
        [1e300, 1e-300, 1.0],
        [Fraction(1, 10**400), Fraction(10**400)],
        [Fraction(10**400), Fraction(1, 10**400)],
        [Fraction(1, 10**400), Fraction(-1, 10**400)],
    ],
)
def test_rows_beyond_floats(row):
    with np.errstate(over="ignore"):
        value = np.array([[nearest(entry) for entry in row]])
    dim = len(row) - 1
    forms = Forms(
        Enclosure(value, 2.0**-52 * np.abs(value) + 2.0**-1074), np.ones(dim + 1), lambda: rational_matrix([row])
    )
    assert np.isfinite(forms.rows).all()
    assert np.isfinite(forms.error).all()
    assert forms.error[0] < 1e-14 * forms.size[0]
    for point in (np.zeros((1, dim)), np.full((1, dim), 0.5), np.full((1, dim), -1.0)):
        assert forms.signs_at(point)[0, 0] in (0, sign(brute_force.value(row, point[0].tolist())))
    assert [to_fraction(entry) for entry in forms.exact_row(0)] == [Fraction(entry) for entry in row]


def nearest(number):
    try:
        return float(number)
    except OverflowError:
        return np.inf if number > 0 else -np.inf


def test_constant_forms_know_their_sign():
    rows = [[0, 0, 3], [0, 0, -3], [0, 0, 0], [1, 0, 0]]
    forms = Forms(Enclosure.exact(np.array(rows, dtype=float)), np.ones(3), lambda: rational_matrix(rows))
    assert forms.constant_sign.tolist() == [1, -1, 0, UNDECIDED]
    blurred = Enclosure(np.full((4, 3), 1e-20), np.full((4, 3), 2e-20 + 3.0))
    assert Forms(blurred, np.ones(3), lambda: rational_matrix(rows)).constant_sign.tolist() == [1, -1, 0, UNDECIDED]


def test_exact_rows_are_made_once_and_only_when_needed():
    calls = []

    def make():
        calls.append(1)
        return rational_matrix([[1, 2, 3]])

    forms = Forms(Enclosure.exact(np.array([[1.0, 2.0, 3.0]])), np.ones(3), make)
    forms.signs_at(np.zeros((1, 2)))
    assert not calls
    forms.exact_row(0)
    assert Row(forms, 0, -1, 0).exact() == [-1, -2, -3]
    assert len(calls) == 1


def test_systems():
    table = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, -0.5], [-1.0, -1.0, 1.0]])
    forms = Forms(Enclosure.exact(table), np.ones(3), lambda: rational_matrix(table))
    rows = [Row(forms, 0, 1, 0), Row(forms, 1, -1, 1), Row(forms, 2, 1, 2)]
    system = System.of(rows, 2)
    points = np.array([[0.25, 0.25], [-0.25, 0.25], [0.25, 0.75], [0.75, 0.5], [0.0, 0.0]])
    assert system.contains(points).tolist() == [True, False, False, False, False]
    built = System.of([], 2)
    assert built.contains(points).all()
    for row in rows:
        built = built.extended(row)
    assert built.rows == system.rows
    assert np.array_equal(built.floats, system.floats)
    less = system.without(1)
    assert less.rows == (rows[0], rows[2])
    assert less.contains(points).tolist() == [True, False, False, False, False]
    assert System.of(rows[:1], 2).contains(points).tolist() == [True, False, True, True, False]
