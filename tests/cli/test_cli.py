"""The command line: every command, machine-readable output, exit codes, and what it says about bad input."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from typer.testing import CliRunner

import polyregions as pr
from polyregions import cli
from polyregions.cli import shared
from polyregions.reports import export

PLACES = np.array([-0.5, 0.0, 0.25, 0.5, -0.25])
"""Three vertical and two horizontal lines: 12 rectangles, 17 pairs of which share a side."""


@pytest.fixture
def model(tmp_path: Path) -> str:
    lines = np.array([[1.0, 0.0]] * 3 + [[0.0, 1.0]] * 2)
    network = pr.Network.from_arrays([lines, [2.0 ** np.arange(5)]], [PLACES, [0.0]])
    pr.save_network(network, tmp_path / "grid.npz")
    return str(tmp_path / "grid.npz")


def run(*arguments: object, code: int = 0) -> Any:
    environment = {"COLUMNS": "100", "FORCE_COLOR": None, "TTY_COMPATIBLE": None}
    result = CliRunner(env=environment).invoke(cli.app, [str(argument) for argument in arguments])
    assert result.exit_code == code, (result.output, result.exception)
    return result


def json_of(*arguments: object, code: int = 0) -> dict[str, Any]:
    result = run(*arguments, "--json", code=code)
    assert result.stderr == ""
    content = json.loads(result.stdout)
    assert isinstance(content, dict)
    return content


def test_version() -> None:
    assert run("--version").stdout == f"polyregions {pr.__version__}\n"


@pytest.mark.parametrize("command", [[], ["info"], ["count"], ["regions"], ["graph"], ["demo"]])
def test_help_tells_the_exit_codes(command: list[str]) -> None:
    text = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", run(*command, "--help").stdout).split())
    assert "Exit codes: 0 complete, 1 something is wrong with the input, 2 wrong usage, 3" in text


def test_info(model: str) -> None:
    content = json_of("info", model)
    assert (content["inputs"], content["outputs"], content["units"], content["switches"]) == (2, 1, 5, 5)
    assert content["parameters"] == 5 * 2 + 5 + 5 + 1
    assert content["layers"][0] == {"units": 5, "activation": "relu", "sources": [0]}
    assert content["digest"] == pr.load_network(model).digest
    assert "5 relu, 1 identity" in run("info", model).stdout


@pytest.mark.parametrize("box", [["--box", "-1:1"], ["--box=-1:1"], ["--box", "-1:1,-2:1e0"]])
def test_count(model: str, box: list[str]) -> None:
    content = json_of("count", model, *box, "--linear", "--maps")
    assert content["activation_regions"] == content["linear_regions"] == content["distinct_affine_maps"] == 12
    assert (content["complete"], content["known"], content["status"]) == (True, "exact", "complete")
    assert content["domain"]["is_box"]


def test_count_by_either_engine(model: str) -> None:
    by_points, by_vertices = (
        json_of("count", model, "--box", "-1:1", "--engine", engine) for engine in ("branching", "subdivision")
    )
    assert by_points["activation_regions"] == by_vertices["activation_regions"] == 12
    ways = by_points["decisions"]
    assert ways["total"] == ways["points"] + ways["bounds"] + ways["rationals"] > 0
    assert by_vertices["decisions"] == {"vertices": 4 * 5, "rationals": 0}  # of a grid of 3 by 4 cells
    assert by_points["statistics"]["engine"] == "branching"
    assert "at 20 vertices" in run("count", model, "--box", "-1:1").stdout


def test_count_for_people(model: str) -> None:
    result = run("count", model, "--box", "-1:1", "--linear")
    assert "12 (exact)" in result.stdout
    assert "[-1, 1]^2" in result.stdout
    assert result.stderr == ""
    assert "linear_regions" not in json_of("count", model, "--box", "-1:1")


def test_domain_from_a_file(model: str, tmp_path: Path) -> None:
    (tmp_path / "k.json").write_text('{"vertices": [[-1, -1], [1, -1], [-1, 1]]}')
    content = json_of("count", model, "--domain", tmp_path / "k.json")
    # The triangle x + y < 0 meets a rectangle of the grid if it holds its lower left corner; two lie on its boundary.
    left, low = [-1.0, *sorted(-PLACES[:3])], [-1.0, *sorted(-PLACES[3:])]
    assert content["activation_regions"] == sum(x + y < 0 for x in left for y in low) == 8
    assert content["domain"] == {"dimension": 2, "facets": 3, "is_box": False, "lower": [-1, -1], "upper": [1, 1]}
    assert "polytope with 3 facets in [-1, 1]^2" in run("count", model, "--domain", tmp_path / "k.json").stdout


def test_limits(model: str) -> None:
    content = json_of("count", model, "--box", "-1:1", "--max-regions", 4, "--linear", "--maps", code=3)
    assert 4 <= content["activation_regions"] < 12
    assert (content["complete"], content["known"], content["linear_regions"]) == (False, "lower bound", None)
    assert "limit on regions" in content["status"]
    assert "at least" in run("count", model, "--box", "-1:1", "--max-regions", 4, code=3).stdout
    content = json_of("regions", model, "--box", "-1:1", "--max-seconds", 1e-9, code=3)
    assert len(content["regions"]) == content["activation_regions"] < 12
    assert "limit on time" in content["status"]


def test_regions_as_json(model: str) -> None:
    records = json_of("regions", model, "--box", "-1:1", "--volumes")["regions"]
    assert [record["region"] for record in records] == list(range(12))
    assert sum(Fraction(record["exact_volume"]) for record in records) == 4
    for record in records:
        x, y = (Fraction(part) for part in record["witness"].split())
        assert record["pattern"] == "".join(str(int(c + v > 0)) for c, v in zip(PLACES, (x, x, x, y, y), strict=True))
        assert max(abs(x), abs(y)) < 1
        assert (record["x0"], record["x1"], record["volume"]) == (
            float(x),
            float(y),
            float(Fraction(record["exact_volume"])),
        )
    assert len({record["pattern"] for record in records}) == 12


def test_regions_for_people(model: str) -> None:
    text = run("regions", model, "--box", "-1:1", "--rows", 5).stdout
    assert "5 of 12 regions" in text
    assert "00000" in text
    assert "11111" not in text


def test_regions_as_csv(model: str, tmp_path: Path) -> None:
    result = run("regions", model, "--box", "-1:1", "-o", tmp_path / "r.csv", "--volumes")
    assert "r.csv" in "".join(result.stdout.split())
    with (tmp_path / "r.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["region", "pattern", "x0", "x1", "witness", "volume", "exact_volume"]
    assert sum(Fraction(row["exact_volume"]) for row in rows) == 4
    assert [row["pattern"] for row in rows] == sorted({row["pattern"] for row in rows})


def test_brackets_in_a_file_name_are_not_markup(model: str, tmp_path: Path) -> None:
    text = run("regions", model, "--box", "-1:1", "-o", tmp_path / "[bold]r.csv").stdout
    assert "[bold]r.csv" in "".join(text.split())


def test_regions_as_json_file(model: str, tmp_path: Path) -> None:
    assert json_of("regions", model, "--box", "-1:1", "-o", tmp_path / "r.json")["output"].endswith("r.json")
    content = json.loads((tmp_path / "r.json").read_text())
    assert (content["complete"], len(content["regions"])) == (True, 12)
    assert content["digest"] == pr.load_network(model).digest


def test_regions_as_npz(model: str, tmp_path: Path) -> None:
    run("regions", model, "--box", "-1:1", "-o", tmp_path / "r.npz", "--volumes")
    with np.load(tmp_path / "r.npz") as content:
        assert content["patterns"].shape == (12, 5)
        assert content["witnesses"].shape == (12, 2)
        assert content["volumes"].sum() == 4.0
        assert str(content["status"]) == "complete"
        assert str(content["digest"]) == pr.load_network(model).digest


def test_many_pieces_are_written_with_blanks(tmp_path: Path) -> None:
    stairs = pr.Activation(tuple(range(11)), (0.0, *([1.0, 2.0] * 6)[:11]))
    network = pr.Network.from_arrays([[[1.0]], [[1.0]]], [[0.0], [0.0]], [stairs, "identity"])
    regions = pr.enumerate_regions(network, pr.Polytope.box(-1, 11, dim=1))
    assert [record["pattern"] for record in export.region_records(regions)] == [str(t) for t in range(12)]


def test_graph(model: str, tmp_path: Path) -> None:
    content = json_of("graph", model, "--box", "-1:1", "-o", tmp_path / "g.graphml")
    assert (content["activation_regions"], content["edges"]) == (12, 17)
    graph = nx.read_graphml(tmp_path / "g.graphml", node_type=int)
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (12, 17)
    for a, b, units in graph.edges(data="units"):
        one, other = graph.nodes[a]["pattern"], graph.nodes[b]["pattern"]
        assert [int(unit) for unit in units.split()] == [u for u in range(5) if one[u] != other[u]]
    assert "17 edges" in run("graph", model, "--box", "-1:1", "-o", tmp_path / "g.graphml").stdout


def test_graph_of_a_truncated_run(model: str, tmp_path: Path) -> None:
    run("graph", model, "--box", "-1:1", "-o", tmp_path / "g.graphml", "--max-regions", 4, code=3)
    graph = nx.read_graphml(tmp_path / "g.graphml")
    assert 4 <= graph.number_of_nodes() < 12
    assert "limit on regions" in graph.graph["status"]


def test_demo(tmp_path: Path) -> None:
    content = json_of("demo", "-o", tmp_path / "demo.png")
    assert content["complete"]
    assert content["volumes"] == {"sum": "25", "domain": "25", "equal": True}
    assert content["linear_regions"] <= content["activation_regions"] <= content["edges"] + 1
    assert (tmp_path / "demo.png").read_bytes().startswith(b"\x89PNG")
    # A lower bound that does not use the library: patterns at the training points.
    points, layers = pr.data.digits_points()[0], pr.data.digits_network().layers
    patterns, values = [], points
    for layer in layers[:-1]:
        values = values @ layer.weights.T + layer.bias
        patterns.append(values > 0.0)
        values = np.maximum(values, 0.0)
    assert content["activation_regions"] >= len(np.unique(np.concatenate(patterns, axis=1), axis=0))


def test_demo_for_people(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polyregions.data.digits_network", lambda: pr.load_network(model))
    text = " ".join(run("demo", "-o", tmp_path / "demo.svg").stdout.split())
    assert "12 exact fractions, sum 25: exactly vol K" in text
    assert "17 edges of the region graph (exact)" in text


def test_nothing_but_json_on_standard_output(model: str) -> None:
    """A real process, where output of compiled libraries would show."""
    command = [sys.executable, "-c", "from polyregions.cli import main; main()", "count", model, "--box=-1:1", "--json"]
    result = subprocess.run([*command, "--linear"], capture_output=True, text=True, check=True)
    assert json.loads(result.stdout)["linear_regions"] == 12
    assert result.stderr == ""


def impatient(share: float, found: int) -> None:
    raise KeyboardInterrupt


def test_interrupted_enumeration(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "bar", lambda: impatient)
    content = json_of("count", model, "--box", "-1:1", "--linear", code=130)
    assert (content["status"], content["complete"], content["linear_regions"]) == ("interrupted", False, None)
    assert content["activation_regions"] < 12


def test_interrupted_elsewhere(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(path: Path) -> pr.Network:
        raise KeyboardInterrupt

    monkeypatch.setattr(pr, "load_network", interrupted)
    result = run("info", model, code=130)
    assert (result.stdout, result.stderr) == ("", "polyregions: interrupted\n")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["info", "nowhere.npz"], "there is no file"),
        (["count", "nowhere.npz", "--box", "-1:1"], "there is no file"),
        (["count", "MODEL", "--box", "1:-1"], "lower < upper"),
        (["count", "MODEL", "--box", "0:0"], "lower < upper"),
        (["count", "MODEL", "--box", "-1:inf"], "bounded"),
        (["count", "MODEL", "--box", "nan:1"], "bounded"),
        (["count", "MODEL", "--box", "-1:1,-1:1,-1:1"], "2 inputs, so --box needs 1 or 2 pairs, got 3"),
        (["count", "MODEL", "--domain", "nowhere.json"], "there is no file"),
        (["count", "MODEL", "--domain", "FOLDER/line.json"], "2 inputs"),
        (["info", "FOLDER/truncated.npz"], "truncated.npz is not a readable .npz file"),
        (["info", "FOLDER/line.json"], "cannot tell the format"),
        (["regions", "MODEL", "--box", "-1:1", "-o", "FOLDER/none/r.csv"], "there is no folder"),
        (["demo", "-o", "FOLDER/none/p.png"], "there is no folder"),
    ],
)
def test_bad_input(model: str, tmp_path: Path, arguments: list[str], reason: str) -> None:
    (tmp_path / "line.json").write_text('{"normals": [[1], [-1]], "offsets": [1, 1]}')
    (tmp_path / "truncated.npz").write_bytes(Path(model).read_bytes()[:-100])
    result = run(*(a.replace("MODEL", model).replace("FOLDER", str(tmp_path)) for a in arguments), code=1)
    assert result.stdout == ""
    assert result.stderr.startswith("polyregions: ")
    assert result.stderr.count("\n") == 1
    assert reason in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["unknown"],
        ["count"],
        ["count", "MODEL"],
        ["count", "MODEL", "--box", "-1:1", "--domain", "k.json"],
        ["count", "MODEL", "--box", "one"],
        ["count", "MODEL", "--box", "-1:0:1"],
        ["count", "MODEL", "--box", ""],
        ["count", "MODEL", "--box", "-1:1", "--max-regions", "0"],
        ["count", "MODEL", "--box", "-1:1", "--max-seconds", "-1"],
        ["regions", "MODEL", "--box", "-1:1", "-o", "r.txt"],
        ["graph", "MODEL", "--box", "-1:1"],
        ["graph", "MODEL", "--box", "-1:1", "-o", "g.dot"],
        ["demo", "-o", "picture"],
    ],
)
def test_wrong_usage(model: str, arguments: list[str]) -> None:
    result = run(*(argument.replace("MODEL", model) for argument in arguments), code=2)
    assert result.stdout == ""
    assert "Usage" in result.stderr
    assert "Traceback" not in result.stderr


def test_faces(model: str) -> None:
    content = json_of("faces", model, "--box", "-1:1")
    assert content["f_vector"] == [20, 31, 12]
    assert content["euler_characteristic"] == 1
    assert content["activation_regions"] == content["linear_regions"] == 12
    assert content["walls"] == content["visible_walls"] == 17
    lines, points = content["boundary"]
    assert lines["visible"] == lines["all"] == lines["visible_by_layer"]["1"]
    assert lines["visible"]["lower"] <= 10 <= lines["visible"]["upper"]
    assert points["visible"]["value"] == 6
    assert content["t_junctions"] == 0
    assert content["betti_numbers"] == [1, 2]
    table = " ".join(run("faces", model, "--box", "-1:1").stdout.split())
    assert "20 vertices, 31 edges, 12 regions (Euler characteristic 1)" in table
    assert "B_N,2 6 points (exact)" in table


def test_faces_with_invisible_walls(tmp_path: Path) -> None:
    """relu(relu(x) + relu(y) - 1): the axes are seen from 1 on, and end there on the second layer's wall."""
    network = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]], [[1.0]]], [[0.0, 0.0], [-1.0], [0.0]])
    pr.save_network(network, tmp_path / "corner.npz")
    content = json_of("faces", tmp_path / "corner.npz", "--box", "-2:2")
    lines, _ = content["boundary"]
    assert lines["visible_by_layer"]["1"]["value"] == pytest.approx(2)
    assert lines["all_by_layer"]["1"]["value"] == pytest.approx(8)
    assert lines["visible_by_layer"]["2"]["value"] == pytest.approx(4 + 2**0.5)
    assert content["t_junctions"] == 2
    assert content["linear_regions"] == 4
    assert "of all walls" in run("faces", tmp_path / "corner.npz", "--box", "-2:2").stdout


def test_decision(tmp_path: Path) -> None:
    """The classes of (x, -x, y) on a square: two trapezia and a triangle on top."""
    network = pr.Network.from_arrays([[[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]]], [[0.0, 0.0, 0.0]])
    pr.save_network(network, tmp_path / "three.npz")
    content = json_of("decision", tmp_path / "three.npz", "--box", "-1:1")
    assert [record["volume"]["value"] for record in content["classes"]] == [1.5, 1.5, 1.0]
    assert [record["betti_numbers"] for record in content["classes"]] == [[1, 0, 0]] * 3
    assert content["pieces"] == 3
    assert [record["classes"] for record in content["pairs"]] == [[0, 1], [0, 2], [1, 2]]
    assert content["volume"]["value"] == pytest.approx(1 + 2 * 2**0.5)
    assert content["betti_numbers"] == [1, 0]
    assert "between 0 and 1 1 piece" in " ".join(
        run("decision", tmp_path / "three.npz", "--box", "-1:1").stdout.split()
    )


def test_draw(model: str, tmp_path: Path) -> None:
    run("draw", model, "--box", "-1:1", "-o", tmp_path / "grid.svg")
    assert "12 activation regions" in (tmp_path / "grid.svg").read_text()
    failed = run("draw", model, "--box", "-1:1", "-o", tmp_path / "grid.xyz", code=2)
    assert "grid.xyz" in failed.stderr


def test_line(model: str) -> None:
    """From left to right through the three vertical lines, and a corner of two lines."""
    content = json_of("line", model, "--from=-1,0", "--to=1,0")
    assert content["activation_regions"] == content["linear_pieces"] == 4
    assert [place["t"] for place in content["breakpoints"]] == [0.375, 0.5, 0.75]
    assert [place["units"] for place in content["breakpoints"]] == [[2], [1], [0]]
    assert "0.60 for each unit" in run("line", model, "--from=-1,0", "--to=1,0").stdout
    assert "wanted numbers" in run("line", model, "--from=a", "--to=1", code=2).stderr
    assert "needs 1 or 2 numbers" in run("line", model, "--from=1,2,3", "--to=1", code=1).stderr
    assert "is a point" in run("line", model, "--from=1", "--to=1", code=1).stderr


def test_distance(model: str) -> None:
    content = json_of("distance", model, "--box=0:1", "--point=0.125,0.125", "--norm=inf")
    assert content["region"]["value"] == pytest.approx(0.125)
    assert content["region"]["unit"] == 1
    assert content["boundary"]["lower"] <= 0.125 <= content["boundary"]["upper"]
    assert content["decision"] is None  # here the output is positive
    assert "none in K" in run("distance", model, "--box=0:1", "--point=0.125").stdout
    assert "lie in the domain" in run("distance", model, "--box=0:1", "--point=3", code=1).stderr


def test_distance_from_another_decision(tmp_path: Path) -> None:
    pr.save_network(pr.Network.from_arrays([[[1.0, 0.0], [0.0, 1.0]]], [[0.0, 0.0]]), tmp_path / "two.npz")
    content = json_of("distance", tmp_path / "two.npz", "--box=-1:1", "--point=1,0", "--norm=1")["decision"]
    assert (content["class"], content["other"], content["value"]) == (0, 1, pytest.approx(1.0))
    assert content["counterexample"][1] > content["counterexample"][0]
    assert "from class 0 to 1" in run("distance", tmp_path / "two.npz", "--box=-1:1", "--point=1,0").stdout


def test_values(model: str) -> None:
    """The output is a sum of 2^i [x - p_i], so largest in the corner (1, 1)."""
    content = json_of("values", model, "--box=-1:1")
    assert content["minimum"]["value"] == 0.0
    assert content["maximum"]["point"] == [1.0, 1.0]
    assert content["maximum"]["value"] == sum(2.0**i * (1 + p) for i, p in enumerate(PLACES))
    assert content["lipschitz"]["inf-norm"] == {"value": 31.0, "lower": 31.0, "upper": 31.0, "known": "exact"}
    assert content["lipschitz"]["1-norm"]["value"] == 24.0
    assert content["mean"]["value"] == pytest.approx(sum(2.0**i * (1 + p) ** 2 / 4 for i, p in enumerate(PLACES)))
    assert "24 (exact, rounded)" in run("values", model, "--box=-1:1").stdout
    assert "outputs 0 to 0" in run("values", model, "--box=-1:1", "--output=1", code=1).stderr


def test_too_many_inputs_for_the_complex(tmp_path: Path) -> None:
    network = pr.Network.from_arrays([np.ones((1, 13)), [[1.0]]], [[0.0], [0.0]])
    pr.save_network(network, tmp_path / "wide.npz")
    failed = run("faces", tmp_path / "wide.npz", "--box", "-1:1", code=3)
    assert "branching" in failed.stderr


# Certificates.


@pytest.mark.parametrize("kind", ["auto", "faces", "branches"])
@pytest.mark.parametrize("ending", [".json", ".json.gz"])
def test_certify_and_check(model: str, tmp_path: Path, kind: str, ending: str) -> None:
    proof = tmp_path / f"proof{ending}"
    content = json_of("certify", model, "--box=-1:1", "--kind", kind, "--output", proof)
    assert content["kind"] == ("faces" if kind == "auto" else kind)
    assert content["bytes"] == proof.stat().st_size
    proved = json_of("check", proof, "--model", model, "--box=-1:1")
    assert (proved["proved"], proved["own"], proved["claims"]) == (True, True, content["claims"])
    assert proved["claims"]["activation_regions"] == 12
    if content["kind"] == "faces":
        assert (len(proved["claims"]["region_graph"]), proved["claims"]["f_vector"]) == (17, [20, 31, 12])
    assert json_of("check", proof)["own"] is False


def test_certify_a_maximum(model: str, tmp_path: Path) -> None:
    run("certify", model, "--box=-1:1", "--maximize=-2", "--output", tmp_path / "proof.json")
    output = run("check", tmp_path / "proof.json").stdout
    assert "maximum             0, of -2 y0 (proved)" in output
    assert "activation regions  12 (proved)" in output
    claims = json_of("check", tmp_path / "proof.json")["claims"]
    assert claims["maximum"] == {"objective": [-2.0], "value": "0"}


@pytest.mark.parametrize(
    ("layers", "shown"),
    [
        (1, "about 1.0715086071862673e+301"),
        (2, "a number that no float can hold"),
        (16, "a number that no float can hold"),
    ],
)
def test_certify_a_maximum_of_many_digits(layers: int, shown: str, tmp_path: Path) -> None:
    network = pr.Network.from_arrays([np.array([[2.0**1000]])] * layers, [np.array([1.0])] * layers)
    pr.save_network(network, tmp_path / "large.npz")
    run("certify", tmp_path / "large.npz", "--box=0:1", "--maximize=1", "--output", tmp_path / "proof.json")
    assert f"maximum             {shown}, of +1 y0 (proved)" in run("check", tmp_path / "proof.json").stdout
    value = json_of("check", tmp_path / "proof.json")["claims"]["maximum"]["value"]
    numerator, _, denominator = value.partition("/")
    assert int(numerator, 0) == sum(2 ** (1000 * k) for k in range(layers + 1))
    assert int(denominator or "1", 0) == 1


def test_certificates_that_are_refused(model: str, tmp_path: Path) -> None:
    proof = tmp_path / "proof.json"
    run("certify", model, "--box=-1:1", "--output", proof)
    assert "about another domain" in run("check", proof, "--model", model, "--box=-1:2", code=1).stderr
    proof.write_text(proof.read_text().replace('"activation_regions":12', '"activation_regions":13'))
    assert "the certificate is refused" in run("check", proof, code=1).stderr
    assert "no such file" in run("check", tmp_path / "other.json", code=1).stderr.lower()
    assert "no certificate" in run("check", model, code=1).stderr


def test_wrong_usage_of_certificates(model: str, tmp_path: Path) -> None:
    proof = tmp_path / "proof.json"
    assert "--maximize" in run("certify", model, "--box=-1:1", "--maximize=a,b", "-o", proof, code=2).stderr
    assert "1 factors" not in run("certify", model, "--box=-1:1", "--maximize=1,1", "-o", proof, code=1).stderr
    assert ".json" in run("certify", model, "--box=-1:1", "-o", tmp_path / "proof.npz", code=2).stderr
    run("certify", model, "--box=-1:1", "-o", proof)
    assert "--model" in run("check", proof, "--box=-1:1", code=2).stderr
    assert "--box" in run("check", proof, "--model", model, code=2).stderr
