"""``polyregions verify`` and ``polyregions bounds``: the numbers of the library, and what is said about bad input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import polyregions as pr
from polyregions import cli
from polyregions.reports import theory

SMALL = ("--inputs", 2, "--widths", "3,1", "--networks", 60, "--samples", 2000, "--workers", 1, "--seed", 4)


def run(*arguments: object, code: int = 0) -> Any:
    environment = {"COLUMNS": "160", "FORCE_COLOR": None, "TTY_COMPATIBLE": None}
    result = CliRunner(env=environment).invoke(cli.app, [*map(str, arguments)])
    assert result.exit_code == code, (result.output, result.exception)
    return result


def test_verify_says_what_the_library_finds(tmp_path: Path) -> None:
    picture = tmp_path / "both.png"
    content = json.loads(run("verify", *SMALL, "--output", picture, "--json").stdout)
    square = pr.Polytope.box(-1, 1, dim=2)
    shape, prior = pr.Architecture(2, (3, 1)), pr.Prior(bias_scale=0.5)
    found = pr.verify_theorem(shape, prior, square, networks=60, samples=2000, seed=4)
    assert content == theory.verification_summary(found)
    assert picture.stat().st_size > 10_000


def test_options_reach_the_networks() -> None:
    options = ("--activation", "hard_tanh", "--weights", "torch", "--biases", "uniform", "--scale", 0.3)
    more = ("--reading", "ignored", "--all-walls", "--box=0:1,-1:1")
    content = json.loads(run("verify", *SMALL, *options, *more, "--json").stdout)
    assert content["activation"] == "hard_tanh"
    assert content["prior"] == {"weights": "torch", "biases": "uniform", "bias_scale": 0.3, "gain": 1.0}
    assert content["reading"] == "ignored"
    assert content["visible"] is False
    assert content["domain"]["lower"] == [0.0, -1.0]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--inputs", 2, "--widths", "3,x"), 2, "wanted whole numbers"),
        (("--inputs", 2, "--widths", "0"), 1, "all positive"),
        (("--inputs", 2, "--widths", "3", "--scale", 0), 1, "density"),
        (("--inputs", 2, "--widths", "3", "--activation", "sine"), 1, "not known"),
        (("--inputs", 2, "--widths", "3", "--box=0:1,0:1,0:1"), 1, "needs 1 or 2 pairs"),
        (("--inputs", 2, "--widths", "3", "--networks", 1), 2, "networks"),
        (("--inputs", 2, "--widths", "3", "--output", "picture.xyz"), 2, "known endings"),
    ],
)
def test_bad_input_is_named(options: tuple[object, ...], code: int, message: str) -> None:
    assert message in " ".join(run("verify", *options, code=code).output.split())


def test_bounds() -> None:
    content = json.loads(run("bounds", "--inputs", 3, "--widths", "5,5,5", "--json").stdout)
    assert content["upper"] == {"trivial": 32768, "raghu": 17576, "montufar": 17576, "serra": 11776}
    assert "11,776" in run("bounds", "--inputs", 3, "--widths", "5,5,5").output
