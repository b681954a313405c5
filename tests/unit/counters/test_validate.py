"""Scoring counters: the numbers, and the words on counters that are wrong on purpose."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import polyregions as pr
from polyregions.counters import Counter, Truth, Validation, distinct_patterns, validate_counter
from polyregions.counters.estimators.expectations import expected_distinct
from polyregions.errors import CounterFailed, DimensionMismatch

SQUARE = pr.Polytope.box(-1, 1, dim=2)
CASES = [
    (pr.random_network(pr.Architecture(2, widths), pr.Prior(bias_scale=0.5), seed=1), SQUARE)
    for widths in ((5,), (6, 6), (10, 10))
]
TRUTHS = [Truth(*case) for case in CASES]
BY_DIGEST = {truth.network.digest: truth for truth in TRUTHS}

# x = 0, y = 0, x + y = 0 through one point, each twice: six regions, and many patterns on the walls
CONCURRENT = pr.Network.from_arrays(
    [[[1, 0], [0, 1], [1, 1], [-1, 0], [0, -1], [-1, -1]], [[1, 2, 4, 8, 16, 32]]], [[0] * 6, [0]]
)


def kinds(found: Validation) -> dict[str, Any]:
    return {finding.kind: finding for finding in found.verdict}


def truth_of(network: pr.Network) -> Truth:
    return BY_DIGEST[network.digest]


def right(network: pr.Network, domain: pr.Polytope, budget: int, rng: np.random.Generator) -> Any:
    return truth_of(network).regions.patterns


def noisy(shift: float, spread: float) -> Callable[..., float]:
    def counter(network: pr.Network, domain: pr.Polytope, budget: int, rng: np.random.Generator) -> float:
        size = len(truth_of(network).regions)
        return size * (1.0 + shift + spread / np.sqrt(budget) * rng.standard_normal())

    return counter


class TestNumbers:
    """What is measured."""

    def test_a_counter_that_is_right(self) -> None:
        found = validate_counter(right, CASES, budgets=[10], repeats=3)
        for case, truth in zip(found.cases, TRUTHS, strict=True):
            assert case.truth == case.regions == len(truth.regions)
            patterns = case.last.patterns
            assert patterns is not None
            assert (patterns.hits == 3).all()
            assert patterns.correct.tolist() == [case.regions] * 3
            np.testing.assert_allclose(patterns.volume, 1.0)
            assert not patterns.false.any()
            assert not patterns.again.any()
        assert {finding.good for finding in found.verdict} == {True}

    def test_recall_of_a_half(self) -> None:
        def half(network: pr.Network, domain: pr.Polytope, budget: int, rng: np.random.Generator) -> Any:
            return truth_of(network).regions.patterns[::2]

        found = validate_counter(half, CASES, budgets=[10], repeats=2)
        for case, truth in zip(found.cases, TRUTHS, strict=True):
            patterns = case.last.patterns
            assert patterns is not None
            assert patterns.correct.tolist() == [(case.regions + 1) // 2] * 2
            np.testing.assert_allclose(patterns.volume, truth.shares[::2].sum())
            assert patterns.hits.tolist() == [2 - 2 * (number % 2) for number in range(case.regions)]

    def test_mean_spread_and_bias(self) -> None:
        answers = itertools.cycle([10.0, 14.0])
        found = validate_counter(lambda *_: next(answers), *CASES[0], budgets=[1], repeats=4)
        runs, size = found.cases[0].last, len(TRUTHS[0].regions)
        assert (runs.mean, runs.bias) == (12.0, 12.0 - size)
        np.testing.assert_allclose(runs.spread, np.std([10, 14, 10, 14], ddof=1))
        np.testing.assert_allclose(runs.z(), (12.0 - size) / (runs.spread / 2.0))

    def test_the_same_seed_gives_the_same_answers_in_any_company(self) -> None:
        alone = validate_counter(distinct_patterns, CASES[1:2], budgets=[50], repeats=3, seed=5)
        again = validate_counter(distinct_patterns, CASES[1:2], budgets=[20, 50], repeats=5, seed=5)
        other = validate_counter(distinct_patterns, CASES[1:2], budgets=[50], repeats=3, seed=6)
        np.testing.assert_array_equal(alone.cases[0].last.values, again.cases[0].last.values[:3])
        assert (alone.cases[0].last.values != other.cases[0].last.values).any()

    def test_progress_counts_the_runs(self) -> None:
        seen: list[tuple[float, int]] = []
        validate_counter(right, CASES, budgets=[1, 2], repeats=2, progress=lambda *now: seen.append(now))
        assert [count for _, count in seen] == list(range(1, 13))
        assert seen[-1] == (1.0, 12)

    @pytest.mark.parametrize("target", ["linear_regions", "boundary_volume_1", "wall_volume_2"])
    def test_targets(self, target: str) -> None:
        found = validate_counter(lambda *_: 1.0, CASES, budgets=[1], repeats=2, target=target)
        assert [case.truth for case in found.cases] == [truth.value(target) for truth in TRUTHS]


class TestVerdicts:
    """What is said of counters whose faults are known."""

    def test_unbiased(self) -> None:
        found = kinds(validate_counter(noisy(0.0, 2.0), CASES, budgets=[10, 100, 1000], repeats=30))
        assert found["bias"].good
        assert found["consistency"].good
        assert "saturation" not in found

    @pytest.mark.parametrize(("shift", "side"), [(-0.1, "low"), (0.1, "high")])
    def test_biased(self, shift: float, side: str) -> None:
        found = kinds(validate_counter(noisy(shift, 0.1), CASES, budgets=[100, 1000], repeats=20))
        assert (found["bias"].label, found["bias"].good) == (f"biased {side}", False)
        assert found["consistency"].good is False

    def test_unbiased_counters_are_rarely_accused(self) -> None:
        accused = sum(
            kinds(validate_counter(noisy(0.0, 1.0), CASES, budgets=[10, 20], repeats=5, seed=seed))["bias"].good
            is False
            for seed in range(100)
        )
        assert accused <= 1

    def test_rare_answers_are_no_bias(self) -> None:
        """Once in a thousand runs a hundred times the truth would make up for all others: ten runs do not tell."""

        def rare(network: pr.Network, domain: pr.Polytope, budget: int, rng: np.random.Generator) -> float:
            return noisy(0.0, 1.0)(network, domain, budget, rng) if budget > 1 else 0.0

        finding = kinds(validate_counter(rare, CASES, budgets=[1, 10], repeats=10))["bias"]
        assert finding.good
        assert "of 3 means of 10 runs each" in finding.text
        assert "In 3 more, all runs gave the same wrong answer" in finding.text

    def test_few_runs_do_not_tell(self) -> None:
        """Two answers that are far from the truth and close together: what Student makes of that is not much."""
        size = len(TRUTHS[0].regions)
        answers = itertools.cycle([0.4 * size, 0.5 * size])
        finding = kinds(validate_counter(lambda *_: next(answers), *CASES[0], budgets=[1], repeats=3))["bias"]
        assert (finding.label, finding.good) == ("perhaps biased", None)
        assert finding.text.startswith("The runs do not tell whether it is biased: the mean of 3 runs")

    def test_a_counter_without_chance_is_biased_if_it_is_wrong(self) -> None:
        finding = kinds(validate_counter(lambda *_: 4, CASES, budgets=[1, 10], repeats=3))["bias"]
        assert finding.label == "biased low"
        assert finding.text.startswith("Biased low: 6 of 6 means are off")

    def test_uniform_points_are_as_predicted(self) -> None:
        counter = Counter(
            "points", distinct_patterns, expectation=lambda truth, budget: expected_distinct(truth.shares, budget)
        )
        found = kinds(validate_counter(counter, CASES, budgets=[20, 200], repeats=20))
        assert found["prediction"].good
        assert found["bias"].label == "biased low"
        assert found["false patterns"].good
        assert found["regions"].label.startswith("finds")

    def test_a_wrong_prediction_is_noticed(self) -> None:
        counter = Counter(
            "points", distinct_patterns, expectation=lambda truth, budget: expected_distinct(truth.shares, 2 * budget)
        )
        found = kinds(validate_counter(counter, CASES, budgets=[20, 200], repeats=20))
        assert found["prediction"].good is False

    def test_misses_regions_below_a_volume(self) -> None:
        def thick(network: pr.Network, domain: pr.Polytope, budget: int, rng: np.random.Generator) -> Any:
            truth = truth_of(network)
            found = distinct_patterns(network, domain, budget, rng)
            return found[truth.shares[truth.places(found)] > 0.01]

        finding = kinds(validate_counter(thick, CASES, budgets=[100, 2000], repeats=10))["regions"]
        assert (finding.label, finding.good) == ("misses thin regions", False)
        assert "It has a threshold" in finding.text
        assert "regions below 0.01" in finding.text

    def test_uniform_points_have_no_threshold(self) -> None:
        for budget in (20, 100, 1000):
            finding = kinds(validate_counter(distinct_patterns, CASES, budgets=[budget], repeats=10))["regions"]
            assert "threshold" not in finding.text

    def test_saturates_at_the_batch_size(self) -> None:
        def batch(network: pr.Network, domain: pr.Polytope, budget: int, rng: np.random.Generator) -> int:
            return min(32, len(distinct_patterns(network, domain, budget, rng)))

        finding = kinds(validate_counter(batch, CASES, budgets=[50, 500, 5000], repeats=5))["saturation"]
        assert (finding.label, finding.good) == ("never above 32", False)
        assert "a fixed size inside the counter, such as a batch" in finding.text

    def test_stops_growing(self) -> None:
        def tired(network: pr.Network, domain: pr.Polytope, budget: int, rng: np.random.Generator) -> float:
            return len(truth_of(network).regions) * min(0.5, budget / 100.0)

        finding = kinds(validate_counter(tired, CASES, budgets=[10, 100, 1000], repeats=3))["saturation"]
        assert finding.label == "saturated"
        assert "on 3 of 3 networks" in finding.text

    def test_counts_its_budget(self) -> None:
        finding = kinds(validate_counter(lambda n, d, budget, r: budget, CASES, budgets=[2, 4, 8], repeats=2))
        assert finding["saturation"].label == "limited by the budget"

    def test_an_exact_counter_is_not_called_saturated(self) -> None:
        assert "saturation" not in kinds(validate_counter(right, CASES, budgets=[1, 10, 100], repeats=2))

    def test_counts_closed_patterns(self) -> None:
        """Weak inequalities: each unit through the common point may be on or off there."""

        def closed(network: pr.Network, domain: pr.Polytope, budget: int, rng: np.random.Generator) -> Any:
            return list(itertools.product([0, 1], repeat=network.n_units))

        finding = kinds(validate_counter(closed, CONCURRENT, SQUARE, budgets=[1], repeats=2))["false patterns"]
        assert (finding.label, finding.good) == ("counts lower-dimensional patterns", False)
        assert "Of 128 patterns named, 116 are false: 116 exist only as lower-dimensional faces" in finding.text
        assert "it counts closed patterns" in finding.text

    def test_patterns_that_exist_nowhere(self) -> None:
        parallel = pr.Network.from_arrays([[[1, 0], [1, 0]], [[1, 1]]], [[0, -0.5], [0]])
        found = validate_counter(lambda *_: [[0, 1], [0, 0]], parallel, SQUARE, budgets=[1], repeats=2)
        assert "2 exist nowhere in the domain" in kinds(found)["false patterns"].text

    def test_counts_by_another_definition(self) -> None:
        """On walls through a point with duplicates: 6 regions, and 13 patterns of points with those on walls."""
        numbers = pr.count_all_definitions(CONCURRENT, SQUARE)
        assert numbers.activation_regions == 6 < numbers.activation_patterns
        found = kinds(
            validate_counter(lambda *_: numbers.activation_patterns, CONCURRENT, SQUARE, budgets=[1, 2], repeats=2)
        )
        assert found["definition"].label == "counts activation patterns"
        assert f"for example {numbers.activation_patterns} on" in found["definition"].text

    @pytest.mark.parametrize(("width", "good"), [(1.96, True), (0.5, False)])
    def test_intervals(self, width: float, good: bool) -> None:
        def counter(network: pr.Network, domain: pr.Polytope, budget: int, rng: np.random.Generator) -> Any:
            value = len(truth_of(network).regions) + 3.0 * rng.standard_normal()
            return {"estimate": value, "interval": [value - 3 * width, value + 3 * width], "confidence": 0.95}

        finding = kinds(validate_counter(counter, CASES, budgets=[1], repeats=50))["intervals"]
        assert finding.good is good

    def test_intervals_alone(self) -> None:
        found = validate_counter(lambda *_: (1, 10**6), CASES, budgets=[1], repeats=2)
        assert [finding.kind for finding in found.verdict] == ["intervals"]
        assert "6 of 6 runs (100.0%), which they claim to do always" in found.verdict[0].text
        assert repr(found) == "Validation(<lambda>, 3 networks: intervals hold)"


class TestEnds:
    """Interrupts, failures and wrong arguments."""

    @staticmethod
    def failing(error: BaseException, after: int) -> Callable[..., int]:
        count = iter(range(10**6))

        def counter(*_: object) -> int:
            if next(count) >= after:
                raise error
            return 1

        return counter

    @pytest.mark.parametrize(
        ("error", "why"),
        [
            (KeyboardInterrupt(), "interrupted"),
            (CounterFailed("no answer"), r"no answer (on network 1, with a budget of 5, in run 2)"),
        ],
    )
    def test_what_was_done_is_kept(self, error: BaseException, why: str) -> None:
        found = validate_counter(self.failing(error, 3), CASES, budgets=[5], repeats=2)
        assert (len(found.cases), found.stopped) == (1, why)

    @pytest.mark.parametrize("error", [KeyboardInterrupt(), CounterFailed("no answer")])
    def test_nothing_is_kept_before_the_first_network_is_done(self, error: BaseException) -> None:
        with pytest.raises(type(error)):
            validate_counter(self.failing(error, 1), CASES, budgets=[5], repeats=2)

    def test_other_errors_are_the_users(self) -> None:
        with pytest.raises(ZeroDivisionError):
            validate_counter(self.failing(ZeroDivisionError(), 3), CASES, budgets=[5], repeats=2)

    @pytest.mark.parametrize(
        ("arguments", "options", "error", "message"),
        [
            ((right, []), {}, ValueError, "one network or more, got none"),
            ((right, CASES[0][0]), {}, TypeError, "needs its domain"),
            ((right, CASES, SQUARE), {}, TypeError, "with a single network only"),
            ((right, [(1, SQUARE)]), {}, TypeError, "a pair of a Network and a Polytope, got int and Polytope"),
            ((3, CASES), {}, TypeError, "a counter is a callable"),
            ((right, CASES), {"repeats": 1}, ValueError, "two runs or more with each budget, got 1"),
            ((right, CASES), {"budgets": []}, ValueError, "whole numbers from 1"),
            ((right, CASES), {"budgets": [0, 5]}, ValueError, "whole numbers from 1"),
            ((right, CASES), {"budgets": [1.5]}, ValueError, "whole numbers from 1"),
            ((right, CASES), {"target": "cells"}, ValueError, "got 'cells'"),
            ((right, [(CASES[0][0], pr.Polytope.box(0, 1, dim=3))]), {}, DimensionMismatch, "2 inputs"),
        ],
    )
    def test_wrong_arguments(
        self, arguments: Sequence[Any], options: dict[str, Any], error: type[Exception], message: str
    ) -> None:
        with pytest.raises(error, match=message):
            validate_counter(*arguments, **options)

    def test_answers_that_cannot_be_read(self) -> None:
        with pytest.raises(
            CounterFailed, match=r"rows of 5 whole numbers; got an array of shape \(1, 2\) \(on network 0"
        ):
            validate_counter(lambda *_: [[0, 1]], CASES, budgets=[1], repeats=2)

    def test_a_partial_has_a_name(self) -> None:
        found = validate_counter(functools.partial(right), CASES[:1], budgets=[1], repeats=2)
        assert found.counter == "right"
