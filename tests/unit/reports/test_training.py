"""Summaries, tables, files and curves of tracks, against the tracks themselves."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console

import polyregions as pr
from polyregions.errors import DimensionMismatch
from polyregions.laboratory.dynamics import Track, track
from polyregions.reports.training import draw_track, save_track, track_summary, track_table

SQUARE = pr.Polytope.box(-1, 1, dim=2)


def networks() -> list[pr.Network]:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(4, 2)), rng.normal(size=(3, 4))
    return [
        pr.Network.from_arrays([first + 0.2 * step, second, np.ones((1, 3))], [np.ones(4) / 4, [0.1, -0.2, 0.0], [0.0]])
        for step in range(4)
    ]


@pytest.fixture(scope="module")
def whole() -> Track:
    points = np.random.default_rng(1).uniform(-1, 1, (6, 2))
    return track({10 * step: network for step, network in enumerate(networks())}, SQUARE, points=points, changed=True)


@pytest.fixture(scope="module")
def on_lines() -> Track:
    segments = np.random.default_rng(2).uniform(-1, 1, (5, 2, 2))
    return track([(f"epoch {step}", network) for step, network in enumerate(networks())], segments, changed=True)


def table_of(found: Track | dict[str, Any], columns: int = 200) -> str:
    summary = track_summary(found) if isinstance(found, Track) else found
    console = Console(width=columns, file=None)
    with console.capture() as capture:
        console.print(track_table(summary))
    return capture.get()


def test_summary(whole: Track) -> None:
    summary = json.loads(json.dumps(track_summary(whole), allow_nan=False))
    assert summary["network"]["units"] == 7
    assert [layer["units"] for layer in summary["network"]["layers"]] == [4, 3, 1]
    assert (summary["domain"]["dimension"], summary["lines"], summary["points"]) == (2, None, 6)
    assert (summary["checkpoints"], summary["status"], summary["complete"]) == (4, "complete", True)
    assert summary["records"] == whole.records()
    present = whole.present
    assert summary["patterns"] == {
        "in_all": present.shape[1],
        "always": int(present.all(axis=0).sum()),
        "first": int(present[0].sum()),
        "last": int(present[3].sum()),
        "first_and_last": int((present[0] & present[3]).sum()),
    }
    assert whole.boundary is not None
    assert whole.changed is not None
    assert whole.distances is not None
    for name, array in (("boundary", whole.boundary), ("changed", whole.changed), ("distances", whole.distances)):
        assert summary["bounds"][name] == {"lower": array.lower.tolist(), "upper": array.upper.tolist()}


def test_summary_of_lines(on_lines: Track) -> None:
    summary = json.loads(json.dumps(track_summary(on_lines), allow_nan=False))
    assert (summary["domain"], summary["lines"], summary["points"]) == (None, 5, None)
    assert on_lines.linear_regions is not None
    assert summary["by_line"] == {
        "activation_regions": on_lines.activation_regions.tolist(),
        "linear_pieces": on_lines.linear_regions.tolist(),
    }


def test_what_is_infinite() -> None:
    affine = pr.Network.from_arrays([[[1.0]], [[0.0]]], [[0.0], [0.0]], ["identity", "identity"])
    found = track([affine], pr.Polytope.box(0, 1, dim=1), points=[[0.5]])
    summary = json.loads(json.dumps(track_summary(found), allow_nan=False))
    assert summary["bounds"]["distances"] == {"lower": [[None]], "upper": [[None]]}
    assert "-" in table_of(found).splitlines()[1].split()
    assert len(draw_track(found)) == 3


def test_table(whole: Track) -> None:
    lines = table_of(whole).splitlines()
    headings = "checkpoint regions linear born lost kept changed B_N,1 B_N,2 distance distance x units"
    assert " ".join(lines[0].split()) == headings
    rows = [line.split() for line in lines[1:5]]
    assert [row[0] for row in rows] == ["0", "10", "20", "30"]
    assert [int(row[1]) for row in rows] == whole.activation_regions.tolist()
    assert rows[0][3:7] == ["-"] * 4
    assert [int(row[3]) for row in rows[1:]] == whole.born.tolist()
    assert [int(row[4]) for row in rows[1:]] == whole.lost.tolist()
    assert whole.boundary is not None
    assert float(rows[3][7]) == pytest.approx(whole.boundary.value[3, 0], rel=1e-5)
    assert f"{len(whole.patterns)} patterns in all" in lines[5]
    assert lines[5].startswith("[-1, 1]^2: ")


def test_table_of_lines(on_lines: Track) -> None:
    lines = table_of(on_lines).splitlines()
    assert "linear pieces" in lines[0]
    assert lines[2].startswith("epoch 1 ")
    assert float(lines[2].split()[2]) == pytest.approx(on_lines.activation_regions[1].mean(), abs=0.005)
    assert lines[5].startswith("5 lines: ")


def test_table_says_what_is_missing(whole: Track) -> None:
    cut = track_summary(whole) | {"complete": False, "status": "interrupted", "outputs": ["track.csv"]}
    assert "interrupted: there may be more checkpoints" in table_of(cut)
    assert "written to track.csv" in table_of(cut)


def test_files(whole: Track, on_lines: Track, tmp_path: Path) -> None:
    for found in (whole, on_lines):
        save_track(found, tmp_path / "track.csv")
        save_track(found, str(tmp_path / "track.JSON"))
        with (tmp_path / "track.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        for row, record in zip(rows, found.records(), strict=True):
            assert list(row) == list(record)
            for name, number in record.items():
                assert row[name] == ("" if number is None else str(number))
        content = json.loads((tmp_path / "track.JSON").read_text(encoding="utf-8"))
        assert content == json.loads(json.dumps(track_summary(found)))


def test_unknown_ending(whole: Track, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"cannot tell what to write to 'track.txt'; known endings are .csv, .json"):
        save_track(whole, tmp_path / "track.txt")
    assert list(tmp_path.iterdir()) == []


def curve(axes: Axes, number: int = 0) -> tuple[list[float], list[float]]:
    line = axes.lines[number]
    return np.asarray(line.get_xdata()).tolist(), np.asarray(line.get_ydata()).tolist()


def test_curves(whole: Track, tmp_path: Path) -> None:
    counts, turnover, changed, boundary, distances = draw_track(whole)
    assert whole.linear_regions is not None
    assert whole.boundary is not None
    assert whole.changed is not None
    assert whole.distances is not None
    assert curve(counts) == ([0.0, 10.0, 20.0, 30.0], whole.activation_regions.tolist())
    assert curve(counts, 1)[1] == whole.linear_regions.tolist()
    heights = [bar.get_height() for bar in turnover.patches]  # type: ignore[attr-defined]
    assert heights == [*whole.born.tolist(), *(-whole.lost).tolist()]
    assert curve(changed) == ([10.0, 20.0, 30.0], (100 * whole.changed.value).tolist())
    for k in range(2):
        sizes = whole.boundary.value[:, k]
        assert curve(boundary, k)[1] == pytest.approx((sizes / sizes.max()).tolist())
    assert curve(distances)[1] == pytest.approx((7 * whole.distances.value.mean(axis=1)).tolist())
    assert distances.get_xlabel() == "checkpoint"
    counts.figure.savefig(tmp_path / "curves.png", dpi=30)  # draws all of it


def test_curves_of_lines(on_lines: Track) -> None:
    counts, turnover, changed = draw_track(on_lines)
    assert curve(counts) == ([0.0, 1.0, 2.0, 3.0], on_lines.activation_regions.mean(axis=1).tolist())
    assert len(counts.collections) == 2  # bands of one standard error
    assert turnover.get_ylabel() == "patterns on a line"
    assert [text.get_text() for text in changed.get_xticklabels()] == [f"epoch {step}" for step in range(4)]


def test_given_axes(whole: Track) -> None:
    panels = Figure().subplots(5, 1).tolist()
    assert draw_track(whole, panels) == panels
    with pytest.raises(DimensionMismatch, match="5 panels, got 2 axes"):
        draw_track(whole, panels[:2])


def test_one_checkpoint() -> None:
    (counts, boundary) = draw_track(track(networks()[:1], SQUARE))
    assert (counts.get_ylabel(), boundary.get_ylabel()) == ("regions", "boundary")


def test_labels_that_do_not_increase() -> None:
    found = track([(5, networks()[0]), (3, networks()[1])], SQUARE, volumes=False)
    counts, _ = draw_track(found)
    assert curve(counts)[0] == [0.0, 1.0]
