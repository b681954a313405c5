"""The library's counters on the suite: unbiased ones are right on average, others as wrong as predicted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import polyregions as pr
from polyregions.counters import COUNTERS, Case, Finding, load_case
from polyregions.counters.estimators import expectations

SMALL = pr.load_suite("small")


def with_inputs(*dims: int) -> list[Case]:
    return [case for case in SMALL if case.domain.dim in dims]


def verdict(name: str, cases: Any, **options: Any) -> dict[str, Finding]:
    found = pr.validate_counter(COUNTERS[name], cases, **options)
    return {finding.kind: finding for finding in found.verdict}


def test_uniform_points_are_as_wrong_as_predicted() -> None:
    found = verdict("distinct_patterns", SMALL, budgets=[30, 300], repeats=20)
    assert found["prediction"].good
    assert found["bias"].label == "biased low"
    assert found["false patterns"].good


def test_the_spread_of_uniform_points_is_as_predicted() -> None:
    """The sample variance of 300 runs is within five of its standard errors of the exact one."""
    case = load_case("generic-2d-8x2")
    runs = pr.validate_counter(COUNTERS["distinct_patterns"], case, budgets=[100], repeats=300).cases[0].last
    squares = (runs.values - runs.expectation) ** 2
    assert abs(squares.mean() - runs.deviation**2) < 5.0 * squares.std() / np.sqrt(300)


def test_batches_are_as_wrong_as_predicted() -> None:
    found = verdict("batch_by_batch", SMALL, budgets=[64, 640], repeats=10)
    assert found["prediction"].good
    assert found["consistency"].label == "not consistent"
    assert found["saturation"].good is False


def test_inverse_volumes_are_unbiased() -> None:
    names = ("generic-1d-16x3", "trained-2d-moons-8x2", "degenerate-2d-close-lines")
    found = verdict("inverse_volume", [load_case(name) for name in names], budgets=[40], repeats=10)
    assert found["bias"].good
    assert found["prediction"].good
    assert "regions too thin to be hit" in found["bias"].text  # lines 1e-30 apart


@pytest.mark.parametrize(
    ("name", "dims", "budget"),
    [
        ("crofton_1", (1, 2, 3), 40),
        ("wall_crofton_1", (1, 2, 3), 40),
        ("crofton_2", (2, 3), 20),
        ("wall_crofton_2", (2, 3), 20),
        ("crofton_3", (3,), 1),
        ("wall_crofton_3", (3,), 1),
    ],
)
def test_crofton_is_right_in_every_codimension(name: str, dims: tuple[int, ...], budget: int) -> None:
    found = verdict(name, with_inputs(*dims), budgets=[budget], repeats=8)
    assert found["bias"].good
    assert "intervals" not in found or found["intervals"].good


def test_walks_are_unbiased() -> None:
    cases = [load_case(name) for name in ("degenerate-2d-zero-biases-8x2", "degenerate-2d-close-lines")]
    assert verdict("facet_walk", cases, budgets=[6], repeats=12)["bias"].good


def test_bounds_from_parities_hold() -> None:
    found = verdict("xor_lower_bound", [load_case("degenerate-2d-boundary")], budgets=[10], repeats=4)
    assert found["intervals"].good


def test_programs_find_all_regions_that_are_not_too_thin() -> None:
    case = load_case("degenerate-2d-boundary")
    found = verdict("milp_patterns", case, budgets=[50], repeats=2)
    assert found["bias"].good
    assert found["regions"].label == "finds all regions"


def test_a_sampler_needs_more_points_than_the_smallest_region_is_part_of_the_domain() -> None:
    shares = pr.counters.Truth(*load_case("generic-2d-8x2")).shares
    enough = expectations.budget_for_coverage(shares, 0.05)
    assert enough * shares.min() > 1.0
    assert expectations.expected_missed(shares, enough) <= 0.05
