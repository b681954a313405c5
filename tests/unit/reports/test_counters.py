"""Summaries, tables and pictures of scored counters, and of the suite."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from rich.console import Console

import polyregions as pr
from polyregions.reports.counters import definitions_table, validation_summary, validation_table
from polyregions.reports.counters_picture import draw_validation
from polyregions.reports.suite import rerun, rerun_table, suite_summary, suite_table

LINE = pr.Polytope.box(-1, 1, dim=1)
THREE = pr.Network.from_arrays([[[1.0], [1.0]], [[1.0, 1.0]]], [[0.5, -0.5], [0.0]])


def scored(counter: Any, **options: Any) -> pr.Validation:
    return pr.validate_counter(counter, THREE, LINE, **{"budgets": [1, 10], "repeats": 2, **options})


def text_of(renderable: Any) -> str:
    written = io.StringIO()
    Console(width=200, file=written).print(renderable)
    return written.getvalue()


def test_numbers_that_json_cannot_hold_are_none() -> None:
    summary = json.loads(json.dumps(validation_summary(scored(lambda *_: 5.0)), allow_nan=False))
    runs = summary["networks"][0]["runs"][0]
    assert (runs["mean"], runs["bias"], runs["z"], runs["standard_deviation"]) == (5.0, 2.0, None, 0.0)
    assert summary["networks"][0]["definitions"]["activation_regions"] == 3


def test_intervals_alone() -> None:
    summary = json.loads(json.dumps(validation_summary(scored(lambda *_: (2, float("inf")))), allow_nan=False))
    runs = summary["networks"][0]["runs"][0]
    assert runs["mean"] is None
    assert runs["intervals"] == {"runs": 2, "held": 2, "confidence": 1.0}


def test_patterns_are_counted_by_kind() -> None:
    summary = validation_summary(scored(lambda *_: [[0, 0], [0, 1], [1, 0]]))
    patterns = summary["networks"][0]["runs"][0]["patterns"]
    assert patterns == {"regions": 2.0, "volume": 0.75, "lower_dimensional": 0.0, "nowhere": 1.0, "again": 0.0}
    assert summary["networks"][0]["smallest_volume"] == {"exists": 0.25, "found": 0.25}


@pytest.mark.parametrize(
    ("counter", "words"),
    [
        (lambda *_: 5.0, ["truth", "bias", "5", "+66.7 %", "infinite", "- Biased high"]),
        (lambda *_: (2, 4), ["intervals hold", "2 of 2", "+ The intervals hold the truth"]),
        (lambda *_: [[0, 0]], ["regions found", "33.33 %", "volume found", "25 %"]),
    ],
)
def test_the_table_has_what_there_is(counter: Any, words: list[str]) -> None:
    text = text_of(validation_table(validation_summary(scored(counter))))
    assert [word for word in words if word not in text] == []
    assert ("regions found" in text) == ("regions found" in words)


def test_a_stop_is_told() -> None:
    found = pr.Validation("mine", "activation_regions", "budget", (1,), 2, 0, scored(lambda *_: 3).cases, "no answer")
    assert "Stopped before all networks were done: no answer" in text_of(validation_table(validation_summary(found)))


@pytest.mark.parametrize(
    ("counter", "label"),
    [
        (lambda *_: [[0, 0]], "volume of a region, as a share of the domain"),
        (lambda *_: 5.0, "mean answer minus truth, % of it, with 10 budget (bars: 95 % intervals)"),
        (lambda *_: (2, 4), "mean answer minus truth, % of it, with 10 budget (bars: 95 % intervals)"),
        (lambda *_: (2, float("inf")), "mean answer minus truth, % of it, with 10 budget (bars: 95 % intervals)"),
    ],
)
def test_pictures_of_all_kinds_of_answers(counter: Any, label: str) -> None:
    above, below = draw_validation(scored(counter))
    assert above.get_ylabel() == "answer / truth"
    assert below.get_xlabel() == label
    above.figure.canvas.draw()


def test_every_region_is_a_dot() -> None:
    _, below = draw_validation(scored(lambda *_: [[0, 0]]))
    assert [len(line.get_xdata()) for line in below.lines] == [3, 300]
    assert below.lines[0].get_ydata().tolist() == [1.0, 0.0, 0.0]


def test_a_picture_has_two_panels() -> None:
    with pytest.raises(pr.errors.DimensionMismatch, match="two panels, got 1 axes"):
        draw_validation(scored(lambda *_: 3), [draw_validation(scored(lambda *_: 3))[0]])


def test_definitions_with_bounds() -> None:
    text = text_of(definitions_table({"activation_regions": 1200, "convex_pieces": {"lower": 3, "upper": 5}}))
    assert [line.split() for line in text.splitlines()] == [
        ["activation", "regions", "1,200"],
        ["convex", "pieces", "3", "to", "5"],
    ]


def test_a_case_with_wrong_answers_is_noticed() -> None:
    case = pr.counters.load_case("degenerate-2d-boundary")
    other = pr.counters.load_case("generic-5d-5x2")
    wrong = pr.counters.Case(**{**case.__getstate__(), "answers": other.answers})
    found = rerun([case, wrong])
    assert found["cases"][0]["differs"] == []
    assert {"definitions", "f_vector", "the activation_regions proved"} <= set(found["cases"][1]["differs"])
    assert "1 of them differ from what is stored" in text_of(rerun_table(found))


def test_the_suite_as_a_table() -> None:
    summary = suite_summary([pr.counters.load_case("degenerate-2d-close-lines")])
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    text = text_of(suite_table(summary))
    assert "degenerate-2d-close-lines" in text
    assert "e-6" in text  # the smallest volume
