"""The exact number always lies within value +- error; what that means is computed in fractions."""

import math
from fractions import Fraction

import by_fractions
import numpy as np
import pytest
import strategies
from effort import examples
from hypothesis import example, given
from hypothesis import strategies as st

from polyregions.arithmetic import UNDECIDED, Enclosure

HUGE = Fraction(10) ** 400


def places(value, error):
    """Numbers that an enclosure of one number allows: its ends and some between; anything if it is not finite."""
    if not (math.isfinite(value) and math.isfinite(error)):
        return [Fraction(0), Fraction(1), Fraction(-3, 7), HUGE, -HUGE]
    return [Fraction(value) + t * Fraction(error) for t in (-1, Fraction(-1, 3), 0, Fraction(1, 2), 1)]


def assert_encloses(enclosure, index, exact):
    value, error, sign = enclosure.value[index], enclosure.error[index], enclosure.sign()[index]
    if math.isfinite(value) and math.isfinite(error):
        assert error >= 0
        assert abs(Fraction(value) - exact) <= Fraction(error)
    else:
        assert sign == UNDECIDED
    assert sign in (UNDECIDED, by_fractions.sign(exact))


def boxed(shape):
    errors = strategies.wild_arrays(shape, nonnegative=True) | st.just(np.zeros(shape))
    return st.builds(Enclosure, strategies.wild_arrays(shape), errors)


@given(st.lists(strategies.wild_floats(), min_size=4, max_size=4), strategies.wild_arrays((4,), nonnegative=True))
def test_a_sign_holds_for_all_numbers_enclosed(values, errors):
    signs = Enclosure(np.array(values), errors).sign()
    for value, error, sign in zip(values, errors.tolist(), signs, strict=True):
        possible = {by_fractions.sign(exact) for exact in places(value, error)}
        assert {int(sign)} == possible or (sign == UNDECIDED and len(possible) > 1)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (math.nan, 0.0),
        (math.inf, 0.0),
        (-math.inf, 1.0),
        (1.0, math.nan),
        (1.0, math.inf),
        (0.0, 5e-324),
        (0.0, math.nan),
        (1.0, 1.0),
        (-5e-324, 5e-324),
    ],
)
def test_undecided(value, error):
    assert Enclosure(np.array([value]), np.array([error])).sign().tolist() == [UNDECIDED]


def test_zero_is_certain_only_without_error():
    numbers = Enclosure(np.array([0.0, -0.0, 0.0]), np.array([0.0, 0.0, 1e-300]))
    assert numbers.sign().tolist() == [0, 0, UNDECIDED]


def test_exact_floats_have_certain_signs():
    assert Enclosure.exact(np.array([[5e-324, -5e-324], [0.0, -1e308]])).sign().tolist() == [[1, -1], [0, -1]]


def test_parts_keep_their_bounds():
    whole = Enclosure(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.1, 0.2], [0.3, 0.4]]))
    part = whole[:, 1]
    assert part.value.tolist() == [2.0, 4.0]
    assert part.error.tolist() == [0.2, 0.4]


def exact_transform(weights, bias, column):
    rows = zip(by_fractions.fractions(weights), by_fractions.fractions(bias), strict=True)
    return [by_fractions.dot(row, column) + constant for row, constant in rows]


def check_transform(x, weights, bias):
    """Compare in every column at the middle, at all-low, and for each row at the corners that are farthest off."""
    result = x.transform(weights, bias)
    assert result.value.shape == result.error.shape == bias.shape
    for k in range(bias.shape[1]):
        choices = [places(v, e) for v, e in zip(x.value[:, k], x.error[:, k], strict=True)]
        columns = [[some[t] for some in choices] for t in range(5)]
        for row in weights:
            columns.append([some[-1] if w > 0 else some[0] for w, some in zip(row, choices, strict=True)])
            columns.append([some[0] if w > 0 else some[-1] for w, some in zip(row, choices, strict=True)])
        for column in columns:
            for i, exact in enumerate(exact_transform(weights, bias[:, k], column)):
                assert_encloses(result, (i, k), exact)
    return result


@st.composite
def transforms(draw, entries=strategies.wild_arrays):
    m, n, k = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 2))
    return draw(boxed((n, k))), draw(entries((m, n))), draw(entries((m, k)))


@examples(200)
@given(transforms())
def test_transform_encloses_the_exact_result(case):
    check_transform(*case)


def close_to_underflow(shape):
    """Sizes at which products, or the products that make up the bound, just underflow or just do not."""
    numbers = st.builds(
        math.ldexp,
        st.integers(-9, 9),
        st.sampled_from((-1074, -1022, -1000, -969, -600, -450, 0, 60)),
    )
    return st.lists(numbers, min_size=math.prod(shape), max_size=math.prod(shape)).map(
        lambda entries: np.array(entries).reshape(shape)
    )


@st.composite
def tiny_transforms(draw):
    m, n, k = draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    x = Enclosure(draw(close_to_underflow((n, k))), np.abs(draw(close_to_underflow((n, k)))))
    return x, draw(close_to_underflow((m, n))), draw(close_to_underflow((m, k)))


@examples(200)
@given(tiny_transforms())
def test_transform_encloses_results_that_underflow(case):
    check_transform(*case)


@st.composite
def spoilt(draw, array):
    """The array with one entry that may be NaN or infinite."""
    result = array.copy()
    spot = tuple(draw(st.integers(0, side - 1)) for side in array.shape)
    result[spot] = draw(st.sampled_from((math.nan, math.inf, array[spot])))
    return result


@examples(100)
@given(transforms(), st.data())
@example((Enclosure.exact(np.array([[math.nan, 1e-315]])), np.array([[1e-10]]), np.zeros((1, 1))), None)
@example((Enclosure(np.array([[1.0, 0.0]]), np.array([[math.nan, 1e-320]])), np.array([[0.3]]), np.zeros((1, 1))), None)
def test_what_is_not_finite_spoils_no_other_entry(case, data):
    x, weights, bias = case
    if data is not None:
        x = Enclosure(data.draw(spoilt(x.value)), data.draw(spoilt(x.error)))
    check_transform(x, weights, np.broadcast_to(bias, (len(weights), x.value.shape[1])))


@pytest.mark.parametrize("x", [[[1e200], [-1e200]], [[1e308], [1e308]], [[-1e308], [1e308]]])
def test_overflow_is_undecided(x):
    result = Enclosure.exact(np.array(x)).transform(np.array([[1e200, 1e200], [1.0, 1.0]]), np.zeros((2, 1)))
    assert result.sign()[0, 0] == UNDECIDED
    check_transform(Enclosure.exact(np.array(x)), np.array([[1e200, 1e200], [1.0, 1.0]]), np.zeros((2, 1)))


def test_a_product_that_vanishes_in_floats_is_not_called_zero():
    tiny = Enclosure.exact(np.array([[1e-200]])).transform(np.array([[1e-200]]), np.zeros((1, 1)))
    assert tiny.value.tolist() == [[0.0]]
    assert tiny.sign().tolist() == [[UNDECIDED]]


def test_sums_that_cancel_are_undecided_or_right():
    weights = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, -1.0]])
    x = Enclosure.exact(np.array([[1.0], [-1.0], [1e-30]]))
    signs = x.transform(weights, np.zeros((2, 1))).sign()[:, 0]
    assert signs[0] in (1, UNDECIDED)
    assert signs[1] in (-1, UNDECIDED)


def test_dead_rows_are_exactly_zero():
    x = Enclosure(np.array([[3.0, 0.1], [0.0, 0.0]]), np.array([[1e-9, 1e-12], [0.0, 0.0]]))
    result = x.transform(np.array([[0.0, 0.0], [0.0, -7.0], [1.0, 0.0]]), np.zeros((3, 2)))
    assert result.sign().tolist() == [[0, 0], [0, 0], [1, 1]]


sizes = st.floats(2.0**-30, 2.0**30)
ordinary = st.builds(lambda x, s: s * x, sizes, st.sampled_from((-1, 0, 1)))


@st.composite
def ordinary_transforms(draw):
    m, n, k = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 2))

    def table(*shape):
        size = math.prod(shape)
        return np.array(draw(st.lists(ordinary, min_size=size, max_size=size)), dtype=float).reshape(shape)

    return Enclosure(table(n, k), np.abs(table(n, k)) * 2.0**-40), table(m, n), table(m, k)


@examples(100)
@given(ordinary_transforms())
def test_bounds_are_not_wider_than_a_few_roundings(case):
    x, weights, bias = case
    error = x.transform(weights, bias).error
    terms = weights.shape[1] + 1
    sizes = by_fractions.fractions(np.abs(weights))
    for k in range(bias.shape[1]):
        inherited = exact_transform(np.abs(weights), np.zeros(len(bias)), by_fractions.fractions(x.error[:, k]))
        values = by_fractions.fractions(np.abs(x.value[:, k]))
        for i, row in enumerate(sizes):
            size = by_fractions.dot(row, values) + abs(Fraction(bias[i, k]))
            wanted = inherited[i] * (1 + Fraction(terms + 20, 2**51)) + 3 * terms * size / 2**53
            assert Fraction(error[i, k]) <= wanted


@examples(50)
@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_long_sums(n, seed):
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(3, n)) * 2.0 ** rng.integers(-40, 40, size=(3, n))
    x = Enclosure(rng.normal(size=(n, 2)), np.abs(rng.normal(size=(n, 2))) * 2.0**-50)
    check_transform(x, weights, -(weights @ x.value))
