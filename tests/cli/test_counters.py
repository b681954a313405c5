"""``polyregions validate``, ``suite`` and ``definitions``."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import polyregions as pr
from polyregions import cli
from polyregions.reports import counters

TEN_LINES = """
import json, random, sys
layers = json.load(open(sys.argv[1]))["layers"]
box = json.load(open(sys.argv[2]))
random.seed(int(sys.argv[4]))
found = set()
for _ in range(int(sys.argv[3])):
    values, pattern = [random.uniform(*ends) for ends in zip(box["lower"], box["upper"])], []
    for layer in layers[:-1]:
        rows = [sum(w * v for w, v in zip(row, values)) + b for row, b in zip(layer["weights"], layer["bias"])]
        values = [max(row, 0) for row in rows]
        pattern += [int(row > 0) for row in rows]
    found.add(tuple(pattern))
print(json.dumps({"patterns": sorted(found), "interval": [len(found), None]}))
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "net.npz"
    pr.save_network(pr.random_network(pr.Architecture(2, (4, 4)), pr.Prior(bias_scale=0.5), seed=2), path)
    return path


@pytest.fixture
def command(tmp_path: Path) -> str:
    path = tmp_path / "my_counter.py"
    path.write_text(TEN_LINES, encoding="utf-8")
    return f"{shlex.quote(sys.executable)} -S -E {shlex.quote(str(path))} {{network}} {{domain}} {{budget}} {{seed}}"


def run(*arguments: object, code: int = 0) -> Any:
    environment = {"COLUMNS": "160", "FORCE_COLOR": None, "TTY_COMPATIBLE": None}
    result = CliRunner(env=environment).invoke(cli.app, [*map(str, arguments)])
    assert result.exit_code == code, (result.output, result.exception)
    return result


def test_a_counter_in_another_process_is_scored(model: Path, command: str, tmp_path: Path) -> None:
    picture = tmp_path / "scores.png"
    options = ("--box=-1:1", "--counter", command, "--budgets", "20,400", "--repeats", 4, "--output", picture)
    content = json.loads(run("validate", model, *options, "--json").stdout)
    network = pr.load_network(model)
    truth = len(pr.enumerate_regions(network, pr.Polytope.box(-1, 1, dim=2)))
    case = content["networks"][0]
    assert case["truth"] == case["activation_regions"] == truth
    few, many = case["runs"]
    assert 1 < few["mean"] < many["mean"] <= truth
    assert few["patterns"]["regions"] == few["mean"]
    assert few["patterns"]["nowhere"] == few["patterns"]["lower_dimensional"] == 0
    assert many["intervals"] == {"runs": 4, "held": 4, "confidence": 1.0}
    assert case["smallest_volume"]["exists"] <= case["smallest_volume"]["found"]
    assert {"bias", "consistency", "false patterns", "regions", "intervals"} <= {
        finding["kind"] for finding in content["verdict"]
    }
    assert picture.stat().st_size > 10_000


def test_it_finds_what_uniform_points_find(model: Path, command: str) -> None:
    """The same estimator in the library has an exact mean, which the program's answers must have as well."""
    options = ("--box=-1:1", "--counter", command, "--budgets", "50", "--repeats", 30)
    mean = json.loads(run("validate", model, *options, "--json").stdout)["networks"][0]["runs"][0]["mean"]
    network, square = pr.load_network(model), pr.Polytope.box(-1, 1, dim=2)
    runs = pr.validate_counter(pr.counters.distinct_patterns, network, square, budgets=[50], repeats=2).cases[0].last
    assert abs(mean - runs.expectation) < 4.0 * runs.deviation / np.sqrt(30)


def test_a_counter_of_the_library(model: Path) -> None:
    options = ("--counter", "distinct_patterns", "--budgets", "10,100", "--repeats", 3, "--seed", 4)
    content = json.loads(run("validate", model, "--box=-1:1", *options, "--json").stdout)
    found = pr.validate_counter(
        pr.counters.distinct_patterns,
        [(pr.load_network(model), pr.Polytope.box(-1, 1, dim=2))],
        budgets=[10, 100],
        repeats=3,
        seed=4,
    )
    wanted = counters.validation_summary(found)
    for summary in (content, wanted):
        for runs in summary["networks"][0]["runs"]:
            del runs["seconds"], runs["seconds_per_region"]
    assert content == wanted


def test_the_table(model: Path) -> None:
    options = ("--counter", "distinct_patterns", "--budgets", "10,100", "--repeats", 3)
    text = " ".join(run("validate", model, "--box=-1:1", *options).stdout.split())
    assert "distinct_patterns, counting activation regions; 3 runs each, seed 0" in text
    assert "Every pattern that it named is that of a region" in text


def test_on_the_suite() -> None:
    options = ("--counter", "crofton_2", "--budgets", "2", "--repeats", 2)
    content = json.loads(run("validate", "--suite", "small", *options, "--json").stdout)
    names = [case["name"] for case in content["networks"]]
    assert names == [case.name for case in pr.load_suite("small") if case.domain.dim >= 2]
    assert content["target"] == "boundary_volume_2"


def test_definitions(model: Path) -> None:
    content = json.loads(run("definitions", model, "--box=-1:1", "--json").stdout)
    assert content == pr.count_all_definitions(pr.load_network(model), pr.Polytope.box(-1, 1, dim=2)).as_dict()
    text = run("definitions", model, "--box=-1:1").stdout
    assert f"activation regions     {content['activation_regions']}" in text


def test_the_suite_is_listed() -> None:
    content = json.loads(run("suite", "list", "small", "medium", "--json").stdout)
    assert content["suite"] == pr.counters.SUITE_VERSION
    assert [case["name"] for case in content["cases"]] == [
        *pr.counters.case_names("small"),
        *pr.counters.case_names("medium"),
    ]
    assert "degenerate-2d-close-lines" in run("suite", "list", "small").stdout


@pytest.mark.slow
def test_the_suite_is_run() -> None:
    content = json.loads(run("suite", "run", "small", "--json").stdout)
    assert [case["differs"] for case in content["cases"]] == [[]] * 10
    assert "10 cases; all answers are those that are stored." in run("suite", "run", "small").stdout


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ((), 2, "either a network or --suite"),
        (("--suite", "tiny"), 2, "sizes of the suite are small, medium, large; got 'tiny'"),
        (("--suite", "small", "--counter", "crofton"), 2, "or one of distinct_patterns, chao1"),
        (("--suite", "small", "--counter", "count 'it {network}"), 2, "cannot be split into words"),
        (("--suite", "small", "--budgets", "10,x"), 2, "wanted whole numbers from 1"),
        (("--suite", "small", "--target", "cells"), 2, "one of activation_patterns"),
        (("--suite", "small", "--repeats", 1), 2, "repeats"),
        (("--suite", "small", "--output", "picture.xyz"), 2, "known endings"),
        (("--suite", "small", "--counter", "no-such-program {network}"), 1, "'no-such-program' cannot be run"),
        (("--suite", "small", "--counter", f"{sys.executable} -c 'print(1/0)'"), 1, "ZeroDivisionError"),
    ],
)
def test_bad_input_is_named(options: tuple[object, ...], code: int, message: str) -> None:
    more = () if "--counter" in options else ("--counter", "distinct_patterns")
    assert message in " ".join(run("validate", *options, *more, code=code).output.split())


def test_a_failure_keeps_the_networks_that_were_done(tmp_path: Path) -> None:
    program = tmp_path / "count.py"
    program.write_text(
        "import json, sys\n"
        "inputs = json.load(open(sys.argv[1]))['inputs']\n"
        "sys.exit('too many inputs') if inputs > 1 else print(7)",
        encoding="utf-8",
    )
    command = f"{shlex.quote(sys.executable)} {shlex.quote(str(program))} {{network}}"
    options = ("--suite", "small", "--counter", command, "--budgets", 1, "--repeats", 2)
    content = json.loads(run("validate", *options, "--json", code=1).stdout)
    assert [case["name"] for case in content["networks"]] == ["generic-1d-16x3"]
    assert "too many inputs (on generic-2d-8x2, with a budget of 1, in run 1)" in content["stopped"]
    assert "Stopped before all networks were done" in run("validate", *options, code=1).stdout
