"""``polyregions track``: the same numbers as the library, files, and what it says about bad input."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import polyregions as pr
from polyregions import cli
from polyregions.cli import training
from polyregions.laboratory.dynamics import Track, track

SQUARE = pr.Polytope.box(-1, 1, dim=2)


def networks() -> list[pr.Network]:
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=shape) for shape in ((4, 2), (3, 4), (2, 3))]
    return [
        pr.Network.from_arrays([part + 0.2 * step for part in weights], [np.ones(4) / 4, np.zeros(3), np.zeros(2)])
        for step in range(3)
    ]


@pytest.fixture
def models(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"epoch{step}.npz" for step in range(3)]
    for network, path in zip(networks(), paths, strict=True):
        pr.save_network(network, path)
    return paths


def run(*arguments: object, code: int = 0) -> Any:
    environment = {"COLUMNS": "160", "FORCE_COLOR": None, "TTY_COMPATIBLE": None}
    result = CliRunner(env=environment).invoke(cli.app, ["track", *map(str, arguments)])
    assert result.exit_code == code, (result.output, result.exception)
    return result


def json_of(*arguments: object) -> dict[str, Any]:
    content = json.loads(run(*arguments, "--json").stdout)
    assert isinstance(content, dict)
    return content


def records(found: Track) -> list[dict[str, Any]]:
    return [record | {"label": f"epoch{step}"} for step, record in enumerate(found.records())]


def test_a_domain(models: list[Path]) -> None:
    content = json_of(*models, "--box=-1:1", "--changed")
    assert content["records"] == records(track(networks(), SQUARE, changed=True))
    assert content["outputs"] == []
    lines = run(*models, "--box=-1:1").stdout.splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["checkpoint", "epoch0", "epoch1", "epoch2"]
    assert "B_N,1" not in run(*models, "--box=-1:1", "--no-volumes").stdout


def test_files(models: list[Path], tmp_path: Path) -> None:
    points = np.random.default_rng(1).uniform(-1, 1, (5, 2))
    table = np.column_stack([points, [0, 1, 0, 1, 1]])
    np.savetxt(tmp_path / "points.csv", table, delimiter=",", header="x,y,class", comments="")
    outputs = [tmp_path / name for name in ("track.csv", "curves.svg", "film.gif")]
    options = ("--output", outputs[0], "--picture", outputs[1], "--film", outputs[2], "--decision")
    content = json_of(*models, "--box=-1:1", "--points", tmp_path / "points.csv", *options)
    assert content["outputs"] == list(map(str, outputs))
    expected = records(track(networks(), SQUARE, points=points))
    assert content["records"] == expected
    with outputs[0].open(encoding="utf-8", newline="") as stream:
        assert [row["distance"] for row in csv.DictReader(stream)] == [str(record["distance"]) for record in expected]
    with Image.open(outputs[2]) as film:
        assert film.n_frames == 3  # type: ignore[attr-defined]
    assert outputs[1].read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.parametrize("name", ["lines.csv", "lines.npy", "flat.npy"])
def test_lines(models: list[Path], name: str, tmp_path: Path) -> None:
    lines = np.random.default_rng(2).uniform(-1, 1, (4, 2, 2))
    if name == "lines.csv":
        np.savetxt(tmp_path / name, lines.reshape(4, 4), delimiter=",")
    else:
        np.save(tmp_path / name, lines if name == "lines.npy" else lines.reshape(4, 4))
    content = json_of(*models, "--lines", tmp_path / name)
    assert content["records"] == records(track(networks(), lines))
    assert content["lines"] == 4


def test_equal_names_keep_their_folders(models: list[Path], tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    twin = tmp_path / "other" / "epoch0.npz"
    pr.save_network(networks()[0], twin)
    content = json_of(models[0], twin, "--box=-1:1")
    assert [record["label"] for record in content["records"]] == [str(models[0]), str(twin)]


def test_a_domain_from_a_file(models: list[Path], tmp_path: Path) -> None:
    (tmp_path / "triangle.json").write_text('{"vertices": [[0, 0], [1, 0], [0, 1]]}', encoding="utf-8")
    content = json_of(*models, "--domain", tmp_path / "triangle.json")
    assert content["records"] == records(track(networks(), pr.Polytope.simplex(2)))


def test_interrupted(models: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def follow(checkpoints: Any, *arguments: Any, **options: Any) -> Track:
        def stopped() -> Any:
            yield checkpoints[0]
            raise KeyboardInterrupt

        return track(stopped(), *arguments, **options)

    monkeypatch.setattr(training, "follow", follow)
    assert "interrupted: there may be more checkpoints" in run(*models, "--box=-1:1", code=130).stdout


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ([], 2, "give exactly one of them"),
        (["--box=-1:1", "--lines", "lines.npy"], 2, "give exactly one of them"),
        (["--box=-1:1", "--film", "film.mp4"], 2, "--film: cannot write a film"),
        (["--box=-1:1", "--picture", "curves.xyz"], 2, "--picture: cannot write a picture"),
        (["--box=-1:1", "--output", "track.txt"], 2, "--output: cannot tell what to write"),
        (["--box=-1:1", "--output", "nowhere/track.csv"], 1, "there is no folder"),
        (["--lines", "lines.txt"], 2, "known endings are .npy, .csv"),
        (["--lines", "absent.npy"], 1, "No such file"),
        (["--lines", "three.csv"], 1, "needs 4 numbers in a row, the two ends of a line; got shape (1, 3)"),
        (["--lines", "words.csv"], 1, "words.csv holds no table of numbers"),
        (["--lines", "broken.npy"], 1, "broken.npy holds no table of numbers"),
        (["--lines", "lines.npy", "--film", "film.gif"], 1, "a film needs a domain"),
        (["--box=-1:1", "--points", "lines.npy"], 1, "needs 2 numbers in a row, or 3 with a class"),
        (["--box=-1:1,0:1,0:1"], 1, "--box needs 1 or 2 pairs"),
    ],
)
def test_bad_input(
    models: list[Path], options: list[str], code: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("lines.npy", np.zeros((1, 2, 2)) + np.arange(2)[:, None])
    Path("three.csv").write_text("1,2,3\n", encoding="utf-8")
    Path("words.csv").write_text("a,b\nc,d\n", encoding="utf-8")
    Path("broken.npy").write_bytes(b"nothing")
    result = run(*models, *options, code=code)
    assert message in " ".join(result.stderr.replace("│", " ").split())


def test_another_architecture(models: list[Path], tmp_path: Path) -> None:
    pr.save_network(pr.Network.from_arrays([np.eye(2)], [[0.0, 0.0]]), tmp_path / "other.npz")
    result = run(models[0], tmp_path / "other.npz", "--box=-1:1", code=1)
    assert "all checkpoints need the architecture of the first one" in result.stderr
