"""The experiments in examples/hanin_rolnick/ run in tiny versions, without warnings, and find what they should."""

from __future__ import annotations

import csv
import gzip
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "examples" / "hanin_rolnick"
TINY = ["--architectures", "4", "4x2", "--lines", "3", "--runs", "1", "--epochs", "0", "0.02"]

needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")


def run(script: str, folder: Path, *arguments: object) -> str:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "error", str(FOLDER / script), "--quick", *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Rows of a CSV file, with numbers where there are any."""
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: number(text) for name, text in row.items()} for row in csv.DictReader(file)]


def number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def is_picture(path: Path) -> bool:
    return path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 10_000


def test_lines(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    run("lines.py", tmp_path, "--trainer", "sklearn")
    rows = rows_of(tmp_path / "lines.csv")
    assert len(rows) == 5 * 2 * 2 * 3  # architectures, runs, epochs, kinds
    assert {row["data"] for row in rows} == {"8x8 digits"}
    for row in rows:
        assert row["linear_regions"] <= row["activation_regions"]
        assert row["activation_regions"] <= 1.001 + row["switches_per_neuron"] * row["neurons"]
        assert row["per_neuron"] == pytest.approx((row["linear_regions"] - 1) / row["neurons"], rel=1e-4)
        assert 0 < row["accuracy"] < 1
    for kind, least, most in (("ray", 0.35, 0.65), ("line", 0.75, 1.25), ("segment", 0.1, 0.5)):
        assert least < mean(rows, "per_neuron", kind=kind, epoch=0) < most
    slopes = rows_of(tmp_path / "lines-slopes.csv")
    assert all(row["low"] <= row["estimate"] <= row["high"] for row in slopes)
    assert is_picture(tmp_path / "lines.png")


def mean(rows: list[dict[str, Any]], column: str, **values: object) -> float:
    """The mean of a column over the rows with some values in others."""
    return float(np.mean([row[column] for row in rows if all(row[key] == value for key, value in values.items())]))


@pytest.mark.slow
@needs_torch
def test_trainers_agree(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    for trainer in ("torch", "sklearn"):
        text = run("lines.py", tmp_path, "--trainer", trainer, "--output", trainer, *TINY, "--epochs", 0, 3)
        assert f"training with {trainer}" in text
    for one, other in zip(*(rows_of(tmp_path / name / "lines.csv") for name in ("torch", "sklearn")), strict=True):
        if one["epoch"] == 0:
            assert one == other
        assert one["accuracy"] == pytest.approx(other["accuracy"], abs=0.05)
        assert one["linear_regions"] == pytest.approx(other["linear_regions"], abs=1)


def write_idx(path: Path, array: np.ndarray, packed: bool) -> None:
    content = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.astype(np.uint8).tobytes()
    if packed:
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(content, 1))
    else:
        path.write_bytes(content)


@pytest.mark.parametrize("with_training_images", [False, True])
def test_mnist_files(tmp_path: Path, with_training_images: bool) -> None:
    pytest.importorskip("sklearn")
    random = np.random.default_rng(0)
    parts = [("t10k", 10_000)] + [("train", 60_000)] * with_training_images
    for place, (name, count) in enumerate(parts):
        write_idx(tmp_path / f"{name}-images-idx3-ubyte", random.integers(0, 256, (count, 3, 3)), packed=not place)
        write_idx(tmp_path / f"{name}-labels-idx1-ubyte", random.integers(0, 10, count), packed=bool(place))
    text = run("lines.py", tmp_path, "--mnist", tmp_path, "--trainer", "sklearn", *TINY)
    assert "MNIST: 9 inputs" in text
    rows = rows_of(tmp_path / "lines.csv")
    assert {row["data"] for row in rows} == {"MNIST"}
    tested = 10_000 if with_training_images else 1_000
    assert all(row["accuracy"] * tested == pytest.approx(round(row["accuracy"] * tested), abs=1e-6) for row in rows)


def test_distances(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    run("distances.py", tmp_path, "--trainer", "sklearn")
    rows = rows_of(tmp_path / "distances.csv")
    assert len(rows) == 5 * 2 * 2
    for row in rows:
        assert row["scaled"] == pytest.approx(row["distance"] * row["neurons"], rel=1e-4)
        assert row["distance"] > 0
    assert 0.5 < mean(rows, "scaled", epoch=0, depth=1) / mean(rows, "wide", epoch=0, depth=1) < 2
    assert is_picture(tmp_path / "distances.png")


def test_planes(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    run("planes.py", tmp_path, "--trainer", "sklearn")
    rows = rows_of(tmp_path / "planes.csv")
    assert len(rows) == 5 * 2
    for row in rows:
        assert 1 < row["regions"] <= row["wide_regions"]
        assert row["share"] == pytest.approx(row["regions"] / (row["neurons"] ** 2 / 2), rel=1e-4)
    shallow = [row for row in rows if (row["depth"], row["epoch"]) == (1, 0)]
    assert shallow
    for row in shallow:
        every = 1 + row["neurons"] * (row["neurons"] + 1) / 2  # regions of so many lines in general position
        assert 0.8 * every < row["wide_regions"] <= every
    assert is_picture(tmp_path / "planes.png")
    assert is_picture(tmp_path / "planes-picture.png")


def test_sawtooth(tmp_path: Path) -> None:
    run("sawtooth.py", tmp_path)
    rows = rows_of(tmp_path / "sawtooth.csv")
    exact = [row for row in rows if row["size"] == 0]
    assert {row["depth"] for row in exact} == {1, 2, 3, 4}
    for row in exact:
        assert row["mean"] == row["least"] == row["most"] == row["linear_mean"] == 2 ** row["depth"]
    assert all(1 <= row["least"] <= row["median"] <= row["most"] for row in rows)
    assert mean(rows, "mean", size=1, depth=4) < 16
    for row in rows_of(tmp_path / "sawtooth-growth.csv"):
        if row["size"] == 0:
            assert [row[name] for name in ("estimate", "low", "high")] == pytest.approx([2, 2, 2])
    assert is_picture(tmp_path / "sawtooth.png")


def test_boundary_volume(tmp_path: Path) -> None:
    run("boundary_volume.py", tmp_path)
    rows = rows_of(tmp_path / "boundary_volume.csv")
    assert len(rows) == 5 * 2
    for row in rows:
        assert row["per_neuron"] == pytest.approx(row["volume"] / row["neurons"], rel=1e-4)
        if row["depth"] == 1:  # there the mean is that of the limit at any width
            assert abs(row["volume"] - row["neurons"] * row["wide_per_neuron"]) < 5 * row["standard_error"]
    assert mean(rows, "wide_per_neuron", bias_std=0.001) == pytest.approx(8 * np.log(1 + np.sqrt(2)) / np.pi, rel=1e-3)
    assert is_picture(tmp_path / "boundary_volume.png")


def test_theorem(tmp_path: Path) -> None:
    output = run("theorem.py", tmp_path)
    assert "28 degrees of freedom" in output
    rows = rows_of(tmp_path / "theorem.csv")
    assert {row["reading"] for row in rows} == {"theorem", "strict", "ordered", "ignored"}
    assert max(abs(row["z"]) for row in rows if row["reading"] == "theorem") < 5
    assert max(abs(row["z"]) for row in rows if row["reading"] == "ordered") > 6
    for row in rows:
        gap, error = row["left"] - row["right"], np.hypot(row["left_error"], row["right_error"])
        assert row["z"] == pytest.approx(gap / error, rel=0.01, abs=0.01)
    assert is_picture(tmp_path / "theorem.png")


def test_every_script_is_described() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in FOLDER.glob("*.py") if f"`{path.name}`" not in text] == []
