"""Summaries, tables and pictures of theorems say what was found."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest
from rich.console import Console

import polyregions as pr
from polyregions.reports import theory

LINE = pr.Polytope.box(-1, 1, dim=1)


@pytest.fixture(scope="module")
def found() -> pr.Verification:
    shape, prior = pr.Architecture(1, (3, 1)), pr.Prior(bias_scale=0.5)
    return pr.verify_theorem(shape, prior, LINE, networks=60, samples=2000)


def printed(table: object) -> str:
    console = Console(width=140, record=True, file=None, quiet=False, force_terminal=False)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def test_summary_holds_both_sides(found: pr.Verification) -> None:
    content = json.loads(json.dumps(theory.verification_summary(found), allow_nan=False))
    row = content["volumes"][0]
    assert content["networks"] == 60
    assert row["left"]["value"] == pytest.approx(np.mean(found.volumes[:, 0]))
    assert row["right"]["value"] == found.right[0].value
    gap = row["left"]["value"] - row["right"]["value"]
    assert row["z"] == pytest.approx(gap / math.hypot(row["left"]["standard_error"], row["right"]["standard_error"]))
    assert content["activation_regions"]["left"]["value"] == pytest.approx(np.mean(found.counts))
    assert row["left"]["known"] == "sampled"


def test_infinite_scores_are_null_in_json_and_words_in_tables(found: pr.Verification) -> None:
    wrong = (pr.Estimate(1.0, 0.0, 1000),)
    certain = dataclasses.replace(found, volumes=np.zeros((2, 1)), right=wrong, counts=np.ones(2, dtype=np.int64))
    content = theory.verification_summary(certain)
    assert content["volumes"][0]["z"] is None
    assert content["chi_squared"] is None
    assert json.dumps(content, allow_nan=False)
    assert "infinite" in printed(theory.verification_table(content))


def test_table_has_a_row_for_each_codimension_and_one_for_regions(found: pr.Verification) -> None:
    text = printed(theory.verification_table(theory.verification_summary(found)))
    assert "boundary of codimension 1" in text
    assert "activation regions" in text
    assert str(found.left[0]) in text
    assert f"{found.z[0]:+.2f}" in text
    assert "normal biases of scale 0.5" in text


def test_in_space_no_number_of_regions_is_expected() -> None:
    shape, prior = pr.Architecture(3, (2,)), pr.Prior(bias_scale=0.5)
    found = pr.verify_theorem(shape, prior, pr.Polytope.box(-1, 1, dim=3), networks=20, samples=1000)
    content = theory.verification_summary(found)
    assert content["activation_regions"]["right"] is None
    assert "activation regions" not in printed(theory.verification_table(content))
    assert len(theory.draw_verification(found).get_yticks()) == 3


def test_picture_shows_values_and_intervals(found: pr.Verification) -> None:
    axes = theory.draw_verification(found)
    written = [text.get_text() for text in axes.texts]
    assert written == [*map(str, (found.left[0], found.right[0], found.regions, found.expected_regions))]
    middle, _, (bar,) = axes.containers[0]
    (ends,) = bar.get_segments()
    assert middle.get_xdata()[0] == pytest.approx(100 * (found.left[0].value / found.right[0].value - 1))
    assert ends[1, 0] - ends[0, 0] == pytest.approx(2 * 196 * found.left[0].error / found.right[0].value)


@pytest.mark.parametrize(
    ("inputs", "widths", "serra", "folding"), [(2, [3, 3], 40, None), (1, [3, 3], 16, 16), (10, [2, 10], 79, None)]
)
def test_bounds(inputs: int, widths: list[int], serra: int, folding: int | None) -> None:
    content = json.loads(json.dumps(theory.bounds_summary(inputs, widths)))
    assert content["upper"]["serra"] == serra
    assert content["lower"]["serra_folding"] == folding
    text = printed(theory.bounds_table(content))
    assert f"{serra}" in text
    assert ("needs wider layers" in text) == (None in content["lower"].values())
