import itertools
import math
from fractions import Fraction

import by_fractions
import numpy as np
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

from polyregions.arithmetic import (
    determinant,
    nearest_float,
    nearest_floats,
    rank,
    rational,
    rational_matrix,
    scaled_floats,
    solve,
    to_fraction,
)

small = st.integers(-3, 3).map(Fraction) | st.fractions(-2, 2, max_denominator=4)


def tables(rows, columns, entries=small):
    return st.lists(st.lists(entries, min_size=columns, max_size=columns), min_size=rows, max_size=rows)


squares = st.integers(1, 4).flatmap(lambda n: tables(n, n))


def back(matrix):
    return [[to_fraction(entry) for entry in row] for row in matrix.tolist()]


def leibniz(table):
    total = Fraction(0)
    for order in itertools.permutations(range(len(table))):
        inversions = sum(a > b for a, b in itertools.combinations(order, 2))
        total += (-1) ** inversions * math.prod((table[i][j] for i, j in enumerate(order)), start=Fraction(1))
    return total


def rank_by_minors(table):
    """The size of the largest square part with a non-zero determinant."""
    rows, columns = range(len(table)), range(len(table[0]))
    for size in range(min(len(rows), len(columns)), 0, -1):
        for some, others in itertools.product(
            itertools.combinations(rows, size), itertools.combinations(columns, size)
        ):
            if leibniz([[table[i][j] for j in others] for i in some]) != 0:
                return size
    return 0


@given(st.floats(allow_nan=False, allow_infinity=False) | strategies.wild_floats())
def test_a_float_becomes_the_rational_that_it_is(number):
    assert to_fraction(rational(number)) == Fraction(number)
    assert nearest_float(rational(number)) == number


@given(st.fractions())
def test_fractions_go_through_unchanged(number):
    assert to_fraction(rational(number)) == number


@pytest.mark.parametrize(
    "number",
    [7, -(10**40), True, np.int64(2**62), np.uint64(2**64 - 1), np.bool_(True), np.float32(0.1), np.float16(-0.3)],
)
def test_other_numbers_are_taken_exactly(number):
    exact = Fraction(float(number)) if isinstance(number, np.floating) else Fraction(int(number))
    assert to_fraction(rational(number)) == exact


def test_rationals_stay_what_they_are():
    assert rational(rational(0.1)) == rational(0.1)


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan, np.float64("nan"), "1", None, 1j])
def test_what_is_not_a_finite_number_is_refused(number):
    with pytest.raises(ValueError, match="only finite numbers are rational"):
        rational(number)


@given(strategies.wild_arrays((2, 3)))
def test_float_arrays_are_taken_exactly(array):
    assert back(rational_matrix(array)) == by_fractions.fractions(array)
    assert (nearest_floats(rational_matrix(array)) == array).all()


def test_lists_that_numpy_would_round_are_taken_exactly():
    assert back(rational_matrix([[2**53 + 1, 0.5]])) == [[2**53 + 1, Fraction(1, 2)]]
    assert back(rational_matrix([[2**63 + 1, -1]])) == [[2**63 + 1, -1]]
    assert back(rational_matrix([Fraction(1, 3), 10**30])) == [[Fraction(1, 3)], [10**30]]


def test_a_vector_becomes_a_column_and_empty_sides_are_kept():
    column = rational_matrix([1.0, 2.0, 3.0])
    assert (column.nrows(), column.ncols()) == (3, 1)
    empty = rational_matrix(np.zeros((3, 0)))
    assert (empty.nrows(), empty.ncols()) == (3, 0)


def test_a_matrix_with_nan_is_refused():
    with pytest.raises(ValueError, match="only finite numbers are rational, got nan"):
        rational_matrix([[1.0, math.nan]])


@settings(max_examples=50)
@given(st.data(), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_products_are_exact(data, m, n, k):
    numbers = small | strategies.wild_floats().map(Fraction)
    a, b = data.draw(tables(m, n, numbers)), data.draw(tables(n, k, numbers))
    assert back(rational_matrix(a) * rational_matrix(b)) == by_fractions.product(a, b)


@given(squares)
def test_determinants_agree_with_the_sum_over_permutations(table):
    assert to_fraction(determinant(rational_matrix(table))) == leibniz(table)


@given(st.integers(1, 3).flatmap(lambda m: st.integers(1, 4).flatmap(lambda n: tables(m, n))))
def test_ranks_agree_with_minors(table):
    assert rank(rational_matrix(table)) == rank_by_minors(table)


@given(squares, st.data())
def test_solving_undoes_multiplying_and_fails_only_for_singular_matrices(table, data):
    right = data.draw(tables(len(table), data.draw(st.integers(1, 2))))
    solution = solve(rational_matrix(table), rational_matrix(right))
    assert (solution is None) == (leibniz(table) == 0)
    if solution is not None:
        assert by_fractions.product(table, back(solution)) == right


def test_nearly_singular_is_not_singular():
    table = [[1.0, 1.0], [1.0, 1.0 + 2.0**-52]]
    assert rank(rational_matrix(table)) == 2
    assert to_fraction(determinant(rational_matrix(table))) == Fraction(1, 2**52)
    assert back(solve(rational_matrix(table), rational_matrix([0.0, 1.0]))) == [[-(2**52)], [2**52]]


def neighbours(number):
    return [math.nextafter(number, -math.inf), math.nextafter(number, math.inf)]


@given(st.fractions() | st.builds(Fraction, st.integers(-(10**30), 10**30), st.integers(1, 10**340)))
def test_the_nearest_float_is_nearest(exact):
    found = nearest_float(rational(exact))
    distance = abs(Fraction(found) - exact)
    for other in neighbours(found):
        away = abs(Fraction(other) - exact)
        assert distance < away or (distance == away and np.float64(found).view(np.int64) % 2 == 0)


@given(strategies.wild_floats(nonnegative=True).filter(lambda x: 0 < x < 1e300))
def test_halfway_between_two_floats_the_even_one_is_taken(number):
    above = math.nextafter(number, math.inf)
    even = next(x for x in (number, above) if np.float64(x).view(np.int64) % 2 == 0)
    halfway = (Fraction(number) + Fraction(above)) / 2
    assert nearest_float(rational(halfway)) == even
    assert nearest_float(rational(halfway + Fraction(1, 10**400))) == above
    assert nearest_float(rational(halfway - Fraction(1, 10**400))) == number


@pytest.mark.parametrize(
    ("exact", "expected"),
    [
        (Fraction(2) ** 1024, math.inf),
        (-(Fraction(10) ** 400), -math.inf),
        (Fraction(2) ** 1024 - Fraction(2) ** 970, math.inf),
        (Fraction(2) ** 1024 - Fraction(2) ** 970 - 1, 1.7976931348623157e308),
        (Fraction(1, 2**1075), 0.0),
        (Fraction(1, 2**1075) + Fraction(1, 2**2000), 5e-324),
    ],
)
def test_rounding_at_the_ends_of_the_float_range(exact, expected):
    assert nearest_float(rational(exact)) == expected


exponents = st.integers(-4000, 4000)


@settings(max_examples=50)
@given(st.lists(st.fractions(-5, 5), min_size=1, max_size=4), exponents)
def test_scaled_floats_are_off_by_a_unit_roundoff_at_most(numbers, shift):
    row = [number * Fraction(2) ** shift for number in numbers]
    floats, exponent = scaled_floats([rational(number) for number in row])
    assert floats.shape == (len(row),)
    assert floats.dtype == np.float64
    for found, exact in zip(floats.tolist(), row, strict=True):
        assert abs(Fraction(found) - exact / Fraction(2) ** exponent) <= Fraction(1, 2**53)
    if any(row):
        assert 0.25 <= np.abs(floats).max() <= 1.0


def test_scaled_floats_of_zeros():
    floats, exponent = scaled_floats([rational(0), rational(0)])
    assert floats.tolist() == [0.0, 0.0]
    assert exponent == 0
