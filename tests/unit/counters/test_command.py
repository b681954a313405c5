"""Counters that are programs of their own."""

import json
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest

import polyregions as pr
from polyregions.counters import CommandCounter
from polyregions.counters.command import request
from polyregions.errors import CounterFailed

NET = pr.Network.from_arrays([[[1.0, 0.1], [0.0, 1.0]], [[1.0, 1.0]]], [[0.3, 0.0], [0.0]])
SQUARE = pr.Polytope.box(-1, 1, dim=2)


def run(program: str, arguments: str = "", timeout: float | None = None, seed: int = 0) -> object:
    """The answer of a Python program."""
    counter = CommandCounter(f"{sys.executable} -c {shlex.quote(program)} {arguments}", timeout)
    return counter(NET, SQUARE, 50, np.random.default_rng(seed))


def test_the_question_comes_on_standard_input_and_in_files() -> None:
    program = (
        "import json, sys\n"
        "asked = json.load(sys.stdin)\n"
        "network, domain = (json.load(open(name)) for name in sys.argv[1:3])\n"
        "assert asked['network'] == network and asked['domain'] == domain\n"
        "assert (asked['budget'], asked['seed']) == tuple(map(int, sys.argv[3:5])) and asked['budget'] == 50\n"
        "print(sum(len(layer['bias']) for layer in network['layers']) + len(domain['lower']))"
    )
    answer = run(program, "{network} {domain} {budget} {seed}")
    assert answer.value == 5.0


def test_numbers_come_unchanged() -> None:
    program = (
        "import json, sys\n"
        "import polyregions as pr\n"
        "asked = json.load(sys.stdin)['network']\n"
        "layers = asked['layers']\n"
        "again = pr.Network.from_arrays([l['weights'] for l in layers], [l['bias'] for l in layers])\n"
        "print(int(again.digest == pr.load_network(sys.argv[1]).digest == sys.argv[2]))"
    )
    assert run(program, "{npz} " + NET.digest).value == 1.0


def test_seeds_follow_from_the_generator() -> None:
    program = "import sys; print(sys.argv[1])"
    first, again, other = (run(program, "{seed}", seed=seed).value for seed in (1, 1, 2))
    assert first == again != other


def test_other_braces_stay() -> None:
    assert run("import sys; print(len(sys.argv[1]))", "'{else} {0}'").value == 10.0


def test_nothing_is_given_to_a_shell(tmp_path: Path) -> None:
    run("print(3)", f"; touch {tmp_path / 'made'} && echo $HOME `id`")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("printed", "value", "interval"),
    [
        ("7", 7.0, None),
        ("[3, 9]", None, (3.0, 9.0)),
        ('{"estimate": 7, "interval": [3, null], "confidence": 0.9}', 7.0, (3.0, np.inf)),
        ("[[0, 0], [0, 1]]", 2.0, None),
    ],
)
def test_answers(printed: str, value: float | None, interval: tuple[float, float] | None) -> None:
    answer = run(f"print({printed!r})")
    assert (answer.value, answer.interval) == (value, interval)


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import sys; sys.exit(3)", "ended with code 3: nothing on standard error"),
        ("raise ValueError('of my own')", "ended with code 1: ValueError: of my own"),
        ("pass", r"did not answer with JSON \(.*\), but with ''"),
        ("print('about 12 regions')", "but with 'about 12 regions'"),
        ("print('NaN')", "answered with NaN"),
        ("print('[1, Infinity]')", "answered with Infinity"),
        ("print('1' * 5000)", "did not answer with JSON"),
        ("print('[' * 10**6)", "did not answer with JSON"),
        ('print(\'{"estimate": "many"}\')', '"estimate" is a number, got str'),
        ("print('null')", "got NoneType"),
        ("import sys; sys.stdout.buffer.write(bytes([255, 254]))", "not text in UTF-8"),
    ],
)
def test_failures(program: str, message: str) -> None:
    with pytest.raises(CounterFailed, match=message):
        run(program)


def test_a_slow_program_is_stopped() -> None:
    with pytest.raises(CounterFailed, match=r"did not answer within 0\.5 seconds"):
        run("import time; time.sleep(60)", timeout=0.5)


def test_there_is_no_such_program() -> None:
    with pytest.raises(CounterFailed, match="'no-such-counter' cannot be run: No such file"):
        CommandCounter("no-such-counter {network}")(NET, SQUARE, 1, np.random.default_rng(0))


@pytest.mark.parametrize(("command", "message"), [("", "empty line"), ("count 'it", "cannot be split into words")])
def test_commands_that_are_none(command: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CommandCounter(command)


def test_all_kinds_of_layers_are_written() -> None:
    odd = pr.Activation((-1.0, 2.0), (1.0, 0.0, 3.0), 0.5)
    layers = (
        pr.Layer(np.eye(2), [0.0, 0.1], (pr.Activation.relu(), odd)),
        pr.Layer([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], np.zeros(3), pr.Maximum([(0, 1), (2,)])),
        pr.Layer(np.ones((1, 4)), [0.0], pr.Activation.identity(), (0, 2)),
    )
    asked = request(pr.Network(layers), SQUARE, 10, 3)
    assert json.loads(json.dumps(asked)) == asked
    kinds = [layer["activation"] for layer in asked["network"]["layers"]]
    assert kinds[0] == ["relu", {"breakpoints": [-1.0, 2.0], "slopes": [1.0, 0.0, 3.0], "value": 0.5}]
    assert kinds[1:] == [{"maximum": [[0, 1], [2]]}, "identity"]
    assert [layer["sources"] for layer in asked["network"]["layers"]] == [[0], [1], [0, 2]]


def test_a_domain_that_is_no_box() -> None:
    asked = request(NET, pr.Polytope.simplex(2), 10, 3)["domain"]
    again = pr.Polytope.from_halfspaces(asked["normals"], asked["offsets"])
    assert again.digest == pr.Polytope.simplex(2).digest
    assert asked["upper"] == [1.0, 1.0]
