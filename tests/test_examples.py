"""The scripts in examples/ run, without warnings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted(path.name for path in (ROOT / "examples").glob("*.py") if path.name != "train_digits.py")


def run(script: str, folder: Path) -> str:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}
    command = [sys.executable, "-W", "error", str(ROOT / "examples" / script)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_script(script: str, tmp_path: Path) -> None:
    output = run(script, tmp_path)
    if script == "quickstart.py":
        assert "areas add up to 25; the domain has 25" in output
        assert (tmp_path / "digits.png").stat().st_size > 10_000
    if script == "custom_domain.py":
        assert output.count("volumes add up exactly: True") == 2
    if script == "boundary_volumes.py":
        assert "= 84; there are 84 regions (generic)" in output
        assert (tmp_path / "boundary.png").stat().st_size > 10_000


def test_every_script_is_described() -> None:
    text = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in (ROOT / "examples").glob("*.py") if f"`{path.name}`" not in text] == []
