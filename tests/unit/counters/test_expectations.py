"""What uniform points find on average: against all outcomes one by one, closed forms, and simulated multinomials."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st

from polyregions.counters.estimators.expectations import (
    budget_for_coverage,
    expected_coverage,
    expected_distinct,
    expected_frequency,
    expected_missed,
    expected_recall,
    inverse_volume_variance,
    shares,
    variance_distinct,
)


def mean_over_outcomes(volumes: list[Fraction], budget: int, value: Callable[[Counter[int]], Fraction]) -> Fraction:
    """The mean of a function of the counts, over all sequences of regions that points may hit."""
    p = [volume / sum(volumes) for volume in volumes]
    return sum(
        (
            math.prod(p[i] for i in hits) * value(Counter(hits))
            for hits in itertools.product(range(len(p)), repeat=budget)
        ),
        Fraction(0),
    )


small_volumes = st.lists(st.fractions(Fraction(1, 20), 5, max_denominator=20), min_size=1, max_size=4)


@examples(30)
@given(small_volumes, st.integers(1, 4))
def test_all_outcomes(volumes: list[Fraction], budget: int) -> None:
    total, number = sum(volumes), len(volumes)

    def mean(value: Callable[[Counter[int]], Fraction]) -> Fraction:
        return mean_over_outcomes(volumes, budget, value)

    distinct = mean(lambda counts: Fraction(len(counts)))
    assert expected_distinct(volumes, budget) == pytest.approx(float(distinct), rel=1e-13)
    assert expected_missed(volumes, budget) == pytest.approx(float(number - distinct), rel=1e-12, abs=1e-15)
    assert expected_recall(volumes, budget) == pytest.approx(float(distinct / number), rel=1e-13)
    variance = mean(lambda counts: (len(counts) - distinct) ** 2)
    assert variance_distinct(volumes, budget) == pytest.approx(float(variance), rel=1e-11, abs=1e-15)
    covered = mean(lambda counts: sum((volumes[i] for i in counts), Fraction(0)) / total)
    assert expected_coverage(volumes, budget) == pytest.approx(float(covered), rel=1e-13)
    for times in range(1, budget + 1):
        seen = mean(lambda counts, times=times: Fraction(sum(count == times for count in counts.values())))
        assert expected_frequency(volumes, budget, times) == pytest.approx(float(seen), rel=1e-12)
    weighed = [
        mean(lambda counts, k=k: (sum(m * total / volumes[i] for i, m in counts.items()) / budget) ** k) for k in (1, 2)
    ]
    assert weighed[0] == number  # unbiased
    wanted = float(weighed[1] - weighed[0] ** 2)
    assert inverse_volume_variance(volumes, budget) == pytest.approx(wanted, rel=1e-11, abs=1e-14)


@pytest.mark.parametrize(("number", "budget"), [(3, 5), (100, 80), (400, 600)])
def test_equal_regions(number: int, budget: int) -> None:
    """The classical occupancy problem, in fractions."""
    one, two = Fraction(number - 1, number) ** budget, Fraction(number - 2, number) ** budget
    volumes = [0.3] * number
    assert expected_distinct(volumes, budget) == pytest.approx(float(number * (1 - one)), rel=1e-12)
    variance = number * (number - 1) * two + number * one - number**2 * one**2
    assert variance_distinct(volumes, budget) == pytest.approx(float(variance), rel=1e-9)
    assert inverse_volume_variance(volumes, budget) == pytest.approx(0.0, abs=1e-20 * number**2)


@pytest.mark.parametrize("small", [1e-3, 1e-9, 1e-17, 1e-40])
def test_slivers_that_many_points_may_hit(small: float) -> None:
    """Of a large region and a sliver only the latter may be missed: with probability q, so D varies by q (1 - q)."""
    budget = round(0.7 / small)
    with localcontext() as context:
        context.prec = 120
        p = Decimal(small) / (1 + Decimal(small))
        missed = (budget * (1 - p).ln()).exp()
    volumes = [1.0, small]
    assert expected_missed(volumes, budget) == pytest.approx(float(missed), rel=1e-12)
    assert variance_distinct(volumes, budget) == pytest.approx(float(missed * (1 - missed)), rel=1e-11)
    assert expected_frequency(volumes, budget, 1) == pytest.approx(float(missed * budget * p / (1 - p)), rel=1e-9)


def test_simulated_multinomials() -> None:
    rng = np.random.default_rng(0)
    volumes, budget, runs = rng.exponential(size=150) ** 3, 300, 4000
    counts = rng.multinomial(budget, volumes / volumes.sum(), size=runs)
    distinct = (counts > 0).sum(axis=1)
    variance = variance_distinct(volumes, budget)
    assert abs(distinct.mean() - expected_distinct(volumes, budget)) < 4 * math.sqrt(variance / runs)
    assert abs(distinct.var() / variance - 1) < 4 * math.sqrt(2 / runs)
    assert variance < (1 - np.exp(budget * np.log1p(-shares(volumes)))).sum() / 4  # covariances count
    for times in (1, 2, 5):
        seen = (counts == times).sum(axis=1)
        assert abs(seen.mean() - expected_frequency(volumes, budget, times)) < 4 * seen.std() / math.sqrt(runs)
    covered = (counts > 0) @ shares(volumes)
    assert abs(covered.mean() - expected_coverage(volumes, budget)) < 4 * covered.std() / math.sqrt(runs)


def test_chunks_of_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    volumes = np.random.default_rng(1).exponential(size=60) ** 2
    whole = variance_distinct(volumes, 90)
    monkeypatch.setattr("polyregions.counters.estimators.expectations.CHUNK", 500)
    assert variance_distinct(volumes, 90) == pytest.approx(whole, rel=1e-12)


@examples(50)
@given(small_volumes, st.integers(1, 50))
def test_identities(volumes: list[Fraction], budget: int) -> None:
    """Every region is hit 0, 1, 2, ... times; coverage and singletons by Good; one more point finds what lacks."""
    times = [expected_frequency(volumes, budget, k) for k in range(budget + 1)]
    assert sum(times) == pytest.approx(len(volumes))
    assert sum(k * seen for k, seen in enumerate(times)) == pytest.approx(budget)
    assert times[0] == pytest.approx(expected_missed(volumes, budget), rel=1e-9)
    coverage = expected_coverage(volumes, budget)
    assert coverage == pytest.approx(1 - expected_frequency(volumes, budget + 1, 1) / (budget + 1), rel=1e-9)
    more = expected_distinct(volumes, budget + 1) - expected_distinct(volumes, budget)
    assert more == pytest.approx(1 - coverage, abs=1e-12)


@examples(50)
@given(small_volumes, st.sampled_from([0.5, 0.05, 1e-3, 1e-12]))
def test_budgets_for_all_regions(volumes: list[Fraction], delta: float) -> None:
    budget, least = budget_for_coverage(volumes, delta), min(volumes) / sum(volumes)
    assert expected_missed(volumes, budget) <= delta * (1 + 1e-9)
    if len(volumes) == 1:
        assert budget == 1
    else:
        assert len(volumes) * (1 - float(least)) ** (budget - 1) > delta * (1 - 1e-9)
        assert budget <= math.ceil(math.log(len(volumes) / delta) / float(least))


def test_one_region() -> None:
    for budget in (1, 10**18):
        assert expected_distinct([7], budget) == expected_recall([7], budget) == expected_coverage([7], budget) == 1.0
        assert (
            expected_missed([7], budget) == variance_distinct([7], budget) == inverse_volume_variance([7], budget) == 0
        )
    assert expected_frequency([7], 3, 3) == 1.0
    assert expected_frequency([7], 3, 2) == 0.0


@pytest.mark.parametrize("volumes", [[], [1.0, 0.0], [1.0, -1.0], [1.0, math.nan], [1.0, math.inf], [[1.0]], 1.0])
def test_what_are_no_volumes(volumes: list[float]) -> None:
    for function in (expected_distinct, expected_missed, variance_distinct, inverse_volume_variance):
        with pytest.raises(ValueError, match="volumes are positive"):
            function(volumes, 3)


def test_what_are_no_budgets() -> None:
    for budget in (0, -1, 1.5):
        for function in (expected_distinct, expected_coverage, variance_distinct, inverse_volume_variance):
            with pytest.raises(ValueError, match="a budget is a whole number"):
                function([1, 2], budget)  # type: ignore[arg-type]
    for delta in (0.0, 1.0, math.nan):
        with pytest.raises(ValueError, match="delta is a probability"):
            budget_for_coverage([1, 2], delta)
