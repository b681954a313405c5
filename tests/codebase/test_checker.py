"""The checker of certificates is a file of its own: short, and without anything of the library."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import polyregions as pr
from polyregions.certificates import checker

SOURCE = Path(checker.__file__)
PACKAGE = SOURCE.parents[1]


def imports_of(path: Path) -> set[str]:
    """All modules that a file imports, with what it takes from them."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names}
    return found


def test_it_is_short() -> None:
    assert len(SOURCE.read_text(encoding="utf-8").splitlines()) <= 300


def test_it_imports_the_standard_library_alone() -> None:
    modules = {name.split(".")[0] for name in imports_of(SOURCE)}
    assert modules <= set(sys.stdlib_module_names)
    names = {node.id for node in ast.walk(ast.parse(SOURCE.read_text(encoding="utf-8"))) if isinstance(node, ast.Name)}
    assert not names & {"__import__", "eval", "exec", "compile", "globals", "importlib"}


def test_nothing_but_check_uses_it() -> None:
    users = [
        path.relative_to(PACKAGE).as_posix()
        for path in sorted(PACKAGE.rglob("*.py"))
        if any(name.endswith("checker") for name in imports_of(path))
    ]
    assert users == ["certificates/certificate.py"]


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Path:
    network = pr.Network.from_arrays([[[1.0, 0.5], [0.0, 1.0], [1.0, -1.0]], [[1.0, 1.0, 2.0]]], [[0.1, 0, 0], [0.0]])
    path = tmp_path_factory.mktemp("proof") / "proof.json.gz"
    pr.certify(pr.enumerate_regions(network, pr.Polytope.box(-1, 1, dim=2))).save(path)
    return path


def run_alone(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a copy of the checker where polyregions, and all else that is installed, cannot be imported."""
    alone = Path(shutil.copy(SOURCE, folder / "alone.py"))
    command = [sys.executable, "-I", "-S", str(alone), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def test_it_runs_alone(proof: Path, tmp_path: Path) -> None:
    result = run_alone(tmp_path, proof)
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    proved = pr.check(proof)
    assert lines[0] == f"network: {proved['network']}"
    assert f"activation_regions: {proved['activation_regions']}" in lines
    assert lines[-1] == "proved"


def test_it_says_what_is_wrong(proof: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.json.gz"
    damaged.write_bytes(proof.read_bytes()[:-40])
    for arguments, message in (
        ([damaged], "refused: this is no certificate: EOFError"),
        ([tmp_path / "none.json"], "refused: [Errno 2] No such file or directory"),
        ([], "refused: [Errno 2] No such file or directory: 'FILE'"),
        ([tmp_path], "refused: "),
    ):
        result = run_alone(tmp_path, *arguments)
        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr.startswith(message)
        assert "Traceback" not in result.stderr
