"""The benchmark's baseline and its script work; nothing is timed."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import polyregions as pr


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return importlib.import_module("bench_enumeration")


@pytest.mark.parametrize("shape", ["1:4-4", "2:5-3", "3:4"])
def test_baseline_finds_the_same_regions(bench: ModuleType, shape: str) -> None:
    network = bench.generated(shape, 0)
    tree = importlib.import_module("linprog_tree").LinprogTree(
        [layer.weights for layer in network.layers], [layer.bias for layer in network.layers]
    )
    regions = pr.enumerate_regions(network, pr.Polytope.box(-1, 1, dim=network.input_dim))
    assert sorted(tree.run()) == regions.patterns.tolist()
    assert tree.programs >= len(regions)


def test_script_prints_a_table(bench: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    bench.main(["--shapes", "2:4", "1:3-3"])
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split()[:2] == ["network", "regions"]
    assert len(rows) == 2


def test_script_reads_files_and_prints_json(
    bench: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pr.save_network(pr.Network.from_arrays([np.eye(2), [[1.0, 2.0]]], [[0.0, 0.0], [0.0]]), tmp_path / "cross.npz")
    bench.main([str(tmp_path / "cross.npz"), "--only-ours", "--json"])
    (result,) = json.loads(capsys.readouterr().out)
    assert (result["name"], result["regions"], result["their_regions"]) == ("cross", 4, None)


def test_script_on_certificates(bench: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    certificates = importlib.import_module("bench_certificates")
    certificates.main(["--shapes", "2:3-2", "--json"])
    results = json.loads(capsys.readouterr().out)
    assert [result["kind"] for result in results] == ["faces", "branches"]
    certificates.main(["--shapes", "1:3", "--kinds", "branches"])
    assert len(capsys.readouterr().out.splitlines()) == 2
