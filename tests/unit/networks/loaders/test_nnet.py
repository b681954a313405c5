"""Networks in .nnet files: read as they are written, evaluated beside fractions, and no file does harm."""

import contextlib
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from effort import examples
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from polyregions.errors import InvalidNetwork
from polyregions.networks import Activation, evaluate_exactly
from polyregions.networks.loaders.nnet import load_nnet

SMALL = """\
// A comment
// and another, with commas,
2,2,2,3,
2,3,2,
0,
-1.0,-2.0,
1.0,2e0,
0.5,-0.1,3.0,
2.0,3.0,0.7,
1.0,-0.25,
0.1,2.0,
-1.5e-1,.5
0.0,
-1.0,
0.125,
1.0,2.0,-3.0,
0.3,0.0,1,
0.5,
-0.75,
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "network.nnet"


def written(path, text, newline="\n"):
    path.write_bytes(text.replace("\n", newline).encode())
    return path


def layers_by_hand(x):
    """The two layers of SMALL in fractions of its decimal numbers' floats."""
    first = [((1.0, -0.25), 0.0), ((0.1, 2.0), -1.0), ((-0.15, 0.5), 0.125)]
    last = [((1.0, 2.0, -3.0), 0.5), ((0.3, 0.0, 1.0), -0.75)]

    def row(weights, bias, values):
        return sum((Fraction(w) * v for w, v in zip(weights, values, strict=True)), Fraction(bias))

    hidden = [max(row(*unit, x), Fraction(0)) for unit in first]
    return [row(*unit, hidden) for unit in last]


POINTS = [(0.0, 0.0), (1.0, -2.0), (-7.5, 0.375), (1e6, 1e-6), (0.5, -0.1)]


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_small_file_by_hand(path, point, newline):
    raw, plain = load_nnet(written(path, SMALL, newline)), load_nnet(path, normalise=False)
    x = [Fraction(number) for number in point]
    assert evaluate_exactly(plain, point) == layers_by_hand(x)
    inner = layers_by_hand([(x[0] - Fraction(0.5)) * Fraction(0.5), (x[1] - Fraction(-0.1)) * Fraction(1.0 / 3.0)])
    assert evaluate_exactly(raw, point) == [y * Fraction(0.7) + 3 for y in inner]


def test_normalisation_that_does_nothing_leaves_no_layer(path):
    text = SMALL.replace("0.5,-0.1,3.0,", "0,0,0").replace("2.0,3.0,0.7,", "1,1,1")
    network = load_nnet(written(path, text))
    assert network.digest == load_nnet(path, normalise=False).digest
    assert [layer.activation for layer in network.layers] == [Activation.relu(), Activation.identity()]


def test_ranges_that_are_powers_of_two_join_the_means(path):
    network = load_nnet(written(path, SMALL.replace("2.0,3.0,0.7,", "2.0,0.25,4.0,").replace("0.5,-0.1,", "0.5,-1,")))
    assert network.layers[0].weights.toarray().tolist() == [[0.5, 0.0], [0.0, 4.0]]
    assert network.layers[0].bias.tolist() == [-0.25, 4.0]


def test_one_layer_is_affine(path):
    network = load_nnet(written(path, "1,1,1,1\n1,1\n0\n0\n0\n0,0\n1,1\n-2\n1\n"))
    assert network([3.0]).tolist() == [-5.0]


@examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), depth=st.integers(1, 4))
def test_decimal_numbers_of_any_length_are_read_as_their_nearest_floats(path, seed, depth):
    rng = np.random.default_rng(seed)
    widths = rng.integers(1, 5, size=depth + 1).tolist()
    weights = [rng.normal(size=(b, a)) * 10.0 ** rng.integers(-30, 30) for a, b in pairwise(widths)]
    biases = [rng.normal(size=b) for b in widths[1:]]
    lines = [f"{depth},{widths[0]},{widths[-1]},{max(widths)},", ",".join(map(str, widths)), "0"]
    lines += [",".join(["0"] * widths[0])] * 2 + [",".join(["0"] * (widths[0] + 1)), ",".join(["1"] * (widths[0] + 1))]
    for matrix, bias in zip(weights, biases, strict=True):
        lines += [",".join(f"{number:.25e}" for number in row) + "," for row in matrix]
        lines += [repr(float(number)) for number in bias]
    network = load_nnet(written(path, "\n".join(lines)))
    for layer, matrix, bias in zip(network.layers, weights, biases, strict=True):
        dense = layer.weights if isinstance(layer.weights, np.ndarray) else layer.weights.toarray()
        assert (dense == matrix).all()
        assert (layer.bias == bias).all()


# Damaged files.


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2,2,2,3,", "2,2,2", r"network\.nnet, line 3: wanted 4 number\(s\), the numbers of layers.* got 3"),
        ("2,2,2,3,", "2,2,2.5,3,", "line 3: .* must be positive integers"),
        ("2,2,2,3,", "0,2,2,3,", "line 3: .* must be positive integers"),
        ("2,2,2,3,", "-2,2,2,3,", "line 3: .* must be positive integers"),
        ("2,2,2,3,", "3,2,2,3,", r"line 4: wanted 4 number\(s\), the widths"),
        ("2,2,2,3,", "99999999999,2,2,3,", "line 4: wanted 100000000000 number"),
        ("2,2,2,3,", "2,1000000000000,2,3,", "line 4: the widths say 2 inputs and 2 outputs, the line before 1000"),
        ("\n2,3,2,", "\n2,3,1,", "line 4: the widths say 2 inputs and 1 outputs"),
        ("\n2,3,2,", "\n2,1000000000000,2,", "ask for 2000000000004 lines .* after line 9, there are 10"),
        ("\n2,3,2,", "\n2,1e300,2,", "lines of weights and biases after line 9, there are 10"),
        ("\n0,\n", "\n", r"line 5: wanted 1 number\(s\), a flag, got 2"),
        ("1.0,2e0,", "1.0,2e0,1.0,", r"line 7: wanted 2 number\(s\), the largest inputs, got 3"),
        ("0.5,-0.1,3.0,", "0.5,-0.1,", r"line 8: wanted 3 number\(s\), means"),
        ("2.0,3.0,0.7,", "2.0,0.0,0.7,", "line 9: a range is zero"),
        ("2.0,3.0,0.7,", "2.0,3.0,nan,", "line 9: ranges of the inputs and the outputs: 'nan' is not a finite number"),
        ("1.0,-0.25,", "1.0,-inf,", "line 10: the weights of unit 1 of 3 in layer 1 of 2: '-inf' is not"),
        ("1.0,-0.25,", "1.0,1e999,", "line 10: .*'1e999' is not a finite number"),
        ("1.0,-0.25,", "1.0,,", r"line 10: .*'' is not a finite number"),
        ("1.0,-0.25,", "1.0,-0.25,,", r"line 10: wanted 2 number\(s\), .*got 3"),
        ("1.0,-0.25,", "1.0;-0.25,", r"line 10: wanted 2 number\(s\), .*got 1"),
        ("1.0,-0.25,", "1.0,1_0,", "'1_0' is not a finite number"),
        ("1.0,-0.25,", "1.0,0x1p3,", "'0x1p3' is not a finite number"),
        ("1.0,-0.25,", "1.0,\u0663,", "is not a finite number"),
        ("-1.0,\n0.125", "-1.0,2.0\n0.125", "line 14: wanted 1 number.*the bias of unit 2 of 3 in layer 1 of 2, got 2"),
        ("0.5,\n-0.75,\n", "0.5,\n", "ask for 10 lines of weights and biases after line 9, there are 9"),
        ("-0.75,\n", "-0.75,\n1.0,\n", "there are 11"),
        ("// A", "/ A", r"line 1: wanted 4 number"),
    ],
)
def test_damaged_files(path, old, new, message):
    assert SMALL.count(old) == 1
    with pytest.raises(InvalidNetwork, match=message):
        load_nnet(written(path, SMALL.replace(old, new)))


@pytest.mark.parametrize("lines", range(len(SMALL.splitlines())))
def test_truncated_files(path, lines):
    with pytest.raises(InvalidNetwork, match=r"network\.nnet"):
        load_nnet(written(path, "\n".join(SMALL.splitlines()[:lines])))


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"// only this", bytes(100), b"\xff\xfe1\x00", b"PK\x03\x04", b"1" * 10**5]
)
def test_files_of_another_kind(path, content):
    path.write_bytes(content)
    with pytest.raises(InvalidNetwork, match=r"network\.nnet, line \d"):
        load_nnet(path)


def test_missing_files_and_folders(tmp_path):
    (tmp_path / "folder.nnet").mkdir()
    for name in ("folder.nnet", "missing.nnet"):
        with pytest.raises(InvalidNetwork, match=f"cannot read {name}"):
            load_nnet(tmp_path / name)


@examples(200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.binary(max_size=3)), min_size=1, max_size=3))
def test_damaged_files_raise_nothing_else(path, changes):
    content = SMALL.encode()
    for place, new in changes:
        content = content[:place] + new + content[place + len(new) :]
    path.write_bytes(content)
    with contextlib.suppress(InvalidNetwork):
        assert load_nnet(path).input_dim == 2
