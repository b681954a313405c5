from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from strategies import integer_rows, wild_arrays, wild_floats

from polyregions.networks.exactness import entries_add_up, product_is_exact, products_are_exact, sum_is_exact

related = st.tuples(wild_floats(), wild_floats()) | wild_floats().flatmap(
    lambda x: st.tuples(st.just(x), st.sampled_from((-x, x, 2 * x if abs(x) < 1e300 else x, x / 4, 0.0, 1.0, -0.5)))
)


def is_float(number: Fraction) -> bool:
    try:
        return Fraction(float(number)) == number
    except OverflowError:
        return False


@given(related)
def test_sums(pair: tuple[float, float]) -> None:
    a, b = pair
    assert sum_is_exact(np.array([1.0, a]), np.array([2.0, b])) == is_float(Fraction(a) + Fraction(b))


@given(related)
def test_products(pair: tuple[float, float]) -> None:
    a, b = pair
    answer, truth = product_is_exact(np.array([1.0, a]), np.array([2.0, b])), is_float(Fraction(a) * Fraction(b))
    assert truth or not answer
    sizes = [abs(x) for x in (a, b, a * b)]
    if all(x == 0.0 or 1e-250 < x < 1e250 for x in sizes):
        assert answer == truth


@given(st.integers(1, 2**27), st.integers(1, 2**27), st.integers(-60, 60))
def test_products_that_just_fit(a: int, b: int, exponent: int) -> None:
    factors = np.array([float(a)]), np.array([float(b) * 2.0**exponent])
    assert product_is_exact(*factors) == is_float(Fraction(a) * b)


def test_nothing_is_exact() -> None:
    empty = np.zeros(0)
    assert sum_is_exact(empty, empty)
    assert product_is_exact(empty, empty)
    nothing = csr_array((2, 3))
    assert entries_add_up(nothing, nothing)
    assert products_are_exact(nothing, csr_array((3, 4)))


@given(wild_arrays((2, 3)), wild_arrays((2, 3)))
def test_entries_of_sums(one: np.ndarray, two: np.ndarray) -> None:
    pairs = zip(one.ravel().tolist(), two.ravel().tolist(), strict=True)
    assert entries_add_up(csr_array(one), csr_array(two)) == all(is_float(Fraction(a) + Fraction(b)) for a, b in pairs)


@given(st.data(), wild_arrays((2, 3)))
def test_products_of_matrices_only_move_entries(data: st.DataObject, matrix: np.ndarray) -> None:
    """Where the answer is yes, the float product of the matrices is the exact one."""
    rows = data.draw(integer_rows(3, 2)) * data.draw(st.sampled_from((0.0, 1.0, -0.5, 3.0)))
    if not products_are_exact(csr_array(matrix), csr_array(rows)):
        return
    product = csr_array(matrix) @ csr_array(rows)
    exact = [
        [sum(Fraction(a) * Fraction(b) for a, b in zip(row, column, strict=True)) for column in rows.T.tolist()]
        for row in matrix.tolist()
    ]
    assert [[Fraction(x) for x in row] for row in product.toarray().tolist()] == exact


@pytest.mark.parametrize(
    ("rows", "exact"),
    [
        ([[1.0, 0.0], [0.0, 1.0]], True),
        ([[0.0, 1.0], [0.0, 0.0]], True),
        ([[0.0, -4.0], [0.5, 0.0]], True),
        ([[1.0, 0.0], [1.0, 0.0]], False),
        ([[1.0, 1.0], [0.0, 1.0]], False),
        ([[3.0, 0.0], [0.0, 1.0]], False),
    ],
)
def test_products_that_are_seen_to_be_exact(rows: list[list[float]], exact: bool) -> None:
    assert products_are_exact(csr_array([[0.1, 0.7]]), csr_array(rows)) == exact
