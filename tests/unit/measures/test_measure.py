"""Sums of square roots, and numbers with bounds."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import polyregions as pr
from polyregions.measures import Measure, Surd
from polyregions.measures.surds import small_squares

BIG = 2**127 - 1, 2**89 - 1  # primes, far beyond those that are tried as factors

rationals = st.fractions(-20, 20, max_denominator=50)
radicands = st.integers(1, 200) | st.sampled_from((BIG[0], 8 * BIG[1], BIG[0] * BIG[1]))
pairs = st.lists(st.tuples(rationals, radicands), max_size=5)


def truth(terms: list[tuple[Fraction, int]]) -> Decimal:
    """The number to some 100 digits; the caller sets the precision."""
    return sum((Decimal(q.numerator) / q.denominator * Decimal(r).sqrt() for q, r in terms), Decimal(0))


def surd(*terms: tuple[Fraction | int, int]) -> Surd:
    return Surd(tuple((Fraction(q), r) for q, r in terms))


@given(pairs)
def test_float_is_the_nearest(terms: list[tuple[Fraction, int]]) -> None:
    number = float(surd(*terms))
    with localcontext(prec=150):
        exact = truth(terms)
        if abs(exact) < Decimal(10) ** -60:
            assert number == 0.0 == surd(*terms).sign()
        else:
            below, above = (Decimal(math.nextafter(number, end)) for end in (-math.inf, math.inf))
            assert (below + Decimal(number)) / 2 <= exact <= (Decimal(number) + above) / 2
            assert surd(*terms).sign() == (exact > 0) - (exact < 0)


@given(pairs, st.integers(1, 300))
def test_bounds(terms: list[tuple[Fraction, int]], bits: int) -> None:
    low, high = surd(*terms).bounds(bits)
    with localcontext(prec=250):
        assert low - Decimal(10) ** -100 <= truth(terms) * 2**bits <= high + Decimal(10) ** -100
    assert high - low <= len(terms)


@given(pairs, pairs, rationals)
def test_arithmetic(one: list[tuple[Fraction, int]], other: list[tuple[Fraction, int]], factor: Fraction) -> None:
    a, b = surd(*one), surd(*other)
    assert a + b == b + a == surd(*one, *other)
    assert a - b == -(b - a)
    assert a - a == 0 == hash(a - a)
    assert factor * (a + b) == a * factor + b * factor
    assert (a < b) + (a == b) + (a > b) == 1
    with localcontext(prec=150):
        assert (a < b) == (truth(one) < truth(other) and a != b)


@given(st.sampled_from([*range(2, 1500, 7), *BIG, BIG[0] * BIG[1]]), st.sampled_from([*range(1, 60), 1009, *BIG]))
def test_square_factors_do_not_matter(radicand: int, factor: int) -> None:
    one, other = surd((1, radicand * factor**2)), surd((factor, radicand))
    assert one == other
    assert hash(one) == hash(other)
    assert (one - other).terms == ()
    assert len((one + other).terms) == 1
    assert one + Fraction(1, 10**40) != other


def test_roots_that_differ_stay_apart() -> None:
    """For r from 1 to 300, by trial division: roots are commensurable if and only if the square-free parts agree."""
    parts = [r // max(s * s for s in range(1, 18) if r % (s * s) == 0) for r in range(1, 301)]
    total = surd(*((1, r) for r in range(1, 301)))
    assert sorted(r for _, r in total.terms) == sorted(set(parts))
    shifted = surd(*((1, r * 1009**2 * BIG[0]) for r in range(1, 301)))
    assert len(shifted.terms) == len(set(parts))
    assert math.isclose(float(shifted), 1009 * math.sqrt(BIG[0]) * sum(map(math.sqrt, range(1, 301))))


def test_a_close_call() -> None:
    """sqrt(a) + sqrt(b) and sqrt(c) + sqrt(d) that agree to 40 digits."""
    n = 10**27
    one, other = surd((1, n - 1), (1, n + 1)), surd((2, n))
    assert one < other
    assert float(one) == float(other)
    assert one != other
    assert hash(surd((1, 4))) == hash(2)
    assert surd((1, 4)) == 2 == Fraction(2) == surd((2, 1))
    assert 1.4142135623730949 < surd((1, 2)) < 1.4142135623730951
    assert surd((1, 2)) != math.sqrt(2)


def test_small_squares() -> None:
    for r in range(1, 2000):
        root, rest = small_squares(r)
        assert root * root * rest == r
        assert all(rest % (s * s) for s in range(2, 45))
    with pytest.raises(ValueError, match="positive"):
        surd((1, 0))


def test_types() -> None:
    with pytest.raises(TypeError):
        surd((1, 2)) + "1"  # type: ignore[operator]
    with pytest.raises(TypeError):
        surd((1, 2)) * 0.5  # type: ignore[operator]
    with pytest.raises(TypeError):
        surd((1, 2)) < "1"  # noqa: B015
    with pytest.raises(TypeError):
        Measure.of(Fraction(1)) + 1  # type: ignore[operator]
    assert surd((1, 2)) != "1"


def test_texts() -> None:
    assert repr(surd()) == "Surd(0)"
    assert repr(surd((Fraction(-1, 2), 3), (2, 1), (1, 5))) == "Surd(2 - 1/2*sqrt(3) + sqrt(5))"
    long = Surd(((Fraction(1, 3**9000), 7**15001),))  # Python refuses to write such numbers
    assert repr(long).endswith("terms: 1)")
    assert "known exactly" in repr(Measure.of(long))
    assert repr(Measure.of(surd((2, 2)))) == "Measure(2.8284271247461903, exactly 2*sqrt(2))"
    assert repr(Measure(1.0, 0.5, 2.0)) == "Measure(1.0, between 0.5 and 2.0)"
    assert [Measure.of(Fraction(1)).how, Measure(1.0, 0.5, 2.0).how] == ["exact", "enclosed"]


@given(rationals, pairs)
def test_measures_of_exact_numbers(number: Fraction, terms: list[tuple[Fraction, int]]) -> None:
    for exact in (number, surd(*terms)):
        measure = Measure.of(exact)
        assert Fraction(measure.lower) <= exact <= Fraction(measure.upper)
        assert measure.lower <= measure.value <= measure.upper
        assert measure.upper <= math.nextafter(measure.lower, math.inf)
        assert float(measure) == measure.value


@given(st.lists(st.tuples(st.fractions(0, 10**6), st.floats(0, 1e3)), max_size=8))
def test_totals_and_sums(items: list[tuple[Fraction, float]]) -> None:
    """Floats that are off by at most some error: all bounds of sums hold."""
    value = np.array([float(exact) + error * 0.99 for exact, error in items])
    error = np.array([error + 1e-9 for _, error in items])
    exact = sum(exact for exact, _ in items)
    total = Measure.total(pr.Enclosure(value, error))
    parts = [Measure.total(pr.Enclosure(value[i : i + 1], error[i : i + 1])) for i in range(len(items))]
    for measure in (total, sum(parts, Measure.of(Fraction(0)))):
        assert Fraction(measure.lower) <= exact <= Fraction(measure.upper)
        assert 0.0 <= measure.lower <= measure.value <= measure.upper
        assert measure.upper - measure.lower <= 2.0 * error.sum() + 1e-12 * max(1.0, measure.value)
    both = sum([Measure.of(exact) for exact, _ in items] + [Measure.of(surd((1, 2)))])
    assert both.exact == exact + surd((1, 2))


@given(st.lists(st.floats(0, 1e300) | st.sampled_from((1.0, 2.0**-53, 2.0**-60, 5e-324)), max_size=6))
def test_totals_round_outwards(numbers: list[float]) -> None:
    exact = sum(map(Fraction, numbers), Fraction(0))
    total = Measure.total(pr.Enclosure.exact(np.array(numbers)))
    assert total.value == float(exact)
    assert Fraction(total.lower) <= exact <= Fraction(total.upper)
    assert total.upper <= math.nextafter(total.lower, math.inf)
    assert (total.exact == exact) == (Fraction(float(exact)) == exact)


def test_totals_out_of_range() -> None:
    huge = 1.7e308
    for value, error in itertools.product(([huge, huge], [1.0, np.inf], [1.0, np.nan]), ([0.0, 0.0], [0.0, np.inf])):
        total = Measure.total(pr.Enclosure(np.array(value), np.array(error)))
        assert total.upper == math.inf
        assert 0.0 <= total.lower < math.inf
        assert total.how == "enclosed"
    assert (Measure(huge, huge, huge) + Measure(huge, huge, huge)).upper == math.inf
    large = Measure.of(Fraction(10) ** 400)
    assert large.lower == np.finfo(float).max
    assert large.upper == math.inf
    assert (large + large).exact == 2 * Fraction(10) ** 400
    tiny = Measure.of(Fraction(1, 10**400))
    assert (tiny.lower, tiny.value) == (0.0, 0.0)
    assert tiny.upper > 0.0


def test_nothing_is_exactly_zero() -> None:
    assert Measure.total(pr.Enclosure.exact(np.zeros(0))).exact == 0
    assert Measure.total(pr.Enclosure.exact(np.ones(7))).exact == 7
