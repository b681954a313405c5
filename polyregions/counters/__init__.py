"""Approximate region counters, scored against the exact truth."""

from polyregions.counters.answer import Answer, read_answer
from polyregions.counters.case import Case, ExactAnswers
from polyregions.counters.command import CommandCounter, request
from polyregions.counters.counter import Counter
from polyregions.counters.definitions import Bounds, Definitions, count_all_definitions
from polyregions.counters.estimators import (
    batch_by_batch,
    chao1,
    crofton,
    distinct_gradients,
    distinct_maps,
    distinct_patterns,
    facet_walk,
    good_turing,
    grid_patterns,
    inverse_volume,
    line_scale,
    local_complexity,
    milp_patterns,
    return_time,
    shell_volume,
    sign_changes,
    tube_volume,
    xor_lower_bound,
)
from polyregions.counters.findings import Finding
from polyregions.counters.library import COUNTERS
from polyregions.counters.scores import CaseScore, Patterns, Runs
from polyregions.counters.suite import SUITE_VERSION, case_names, load_case, load_suite
from polyregions.counters.truth import Truth
from polyregions.counters.validate import Validation, validate_counter

__all__ = [
    "COUNTERS",
    "SUITE_VERSION",
    "Answer",
    "Bounds",
    "Case",
    "CaseScore",
    "CommandCounter",
    "Counter",
    "Definitions",
    "ExactAnswers",
    "Finding",
    "Patterns",
    "Runs",
    "Truth",
    "Validation",
    "batch_by_batch",
    "case_names",
    "chao1",
    "count_all_definitions",
    "crofton",
    "distinct_gradients",
    "distinct_maps",
    "distinct_patterns",
    "facet_walk",
    "good_turing",
    "grid_patterns",
    "inverse_volume",
    "line_scale",
    "load_case",
    "load_suite",
    "local_complexity",
    "milp_patterns",
    "read_answer",
    "request",
    "return_time",
    "shell_volume",
    "sign_changes",
    "tube_volume",
    "validate_counter",
    "xor_lower_bound",
]
