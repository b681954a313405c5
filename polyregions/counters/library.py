"""The library's counters by name, with what they count and what theory says of their answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from polyregions.counters import estimators
from polyregions.counters.counter import Counter
from polyregions.counters.estimators import expectations
from polyregions.counters.truth import Truth

BATCH = 64
"""The batches of `batch_by_batch`, unless others are asked for."""


def _distinct(truth: Truth, budget: int) -> float:
    return expectations.expected_distinct(truth.volumes, budget)


def _distinct_deviation(truth: Truth, budget: int) -> float:
    return math.sqrt(expectations.variance_distinct(truth.volumes, budget))


def _inverse_volume_deviation(truth: Truth, budget: int) -> float:
    return math.sqrt(expectations.inverse_volume_variance(truth.volumes, budget))


def _regions(truth: Truth, budget: int) -> float:
    return float(len(truth.regions))


def _batch(truth: Truth, budget: int) -> float:
    return expectations.expected_distinct(truth.volumes, min(budget, BATCH))


def _batch_deviation(truth: Truth, budget: int) -> float:
    size = min(budget, BATCH)
    return math.sqrt(expectations.variance_distinct(truth.volumes, size) / (budget // size))


ALL = (
    Counter("distinct_patterns", estimators.distinct_patterns, expectation=_distinct, deviation=_distinct_deviation),
    Counter("chao1", estimators.chao1),
    Counter("good_turing", estimators.good_turing),
    Counter("inverse_volume", estimators.inverse_volume, expectation=_regions, deviation=_inverse_volume_deviation),
    Counter("grid_patterns", estimators.grid_patterns),
    Counter(
        "batch_by_batch",
        estimators.batch_by_batch,
        expectation=_batch,
        deviation=_batch_deviation,
    ),
    Counter("distinct_maps", estimators.distinct_maps, "distinct_affine_maps"),
    Counter("distinct_gradients", estimators.distinct_gradients, "distinct_affine_maps"),
    Counter("line_scale", estimators.line_scale, unit="lines"),
    Counter("milp_patterns", estimators.milp_patterns, unit="programs"),
    Counter("xor_lower_bound", estimators.xor_lower_bound, unit="programs"),
    Counter("facet_walk", estimators.facet_walk, unit="tours"),
    Counter("crofton_1", estimators.crofton, "boundary_volume_1", "lines"),
    *(Counter(f"crofton_{k}", partial(estimators.crofton, codim=k), f"boundary_volume_{k}", "flats") for k in (2, 3)),
    *(
        Counter(
            f"wall_crofton_{k}",
            partial(estimators.crofton, codim=k, visible=False),
            f"wall_volume_{k}",
            "lines" if k == 1 else "flats",
        )
        for k in (1, 2, 3)
    ),
    Counter("shell_volume", estimators.shell_volume, "wall_volume_1"),
    Counter("tube_volume", estimators.tube_volume, "wall_volume_1"),
)

COUNTERS: Mapping[str, Counter] = MappingProxyType({counter.name: counter for counter in ALL})
"""The library's counters by name."""


def from_library(counter: Any) -> Any:
    """Return the library's counter whose function this is, or what is given."""
    return next((known for known in ALL if known.function is counter), counter)
