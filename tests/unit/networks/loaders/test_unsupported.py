"""All problems are told at once, each with a reason."""

import pytest

from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks.loaders.unsupported import NOT_KNOWN, REASONS, UNKNOWN, Problems, reason


def test_no_problems():
    problems = Problems()
    assert not problems
    problems.check()


def test_one_problem():
    problems = Problems("model.onnx")
    problems.add("Sin", "node_3")
    assert problems
    with pytest.raises(UnsupportedLayer) as info:
        problems.check()
    assert str(info.value).splitlines() == [
        "model.onnx has an operator that is not supported:",
        f"- Sin (node_3): {REASONS['sin']}",
    ]
    assert isinstance(info.value, InvalidNetwork)


def test_the_same_operator_is_listed_once_for_each_advice():
    problems = Problems()
    for operator, node, advice in [
        ("Mul", "a", None),
        ("Exp", "b", None),
        ("Mul", "c", None),
        ("Mul", "d", "divide instead"),
        ("Mul", "a", None),
    ]:
        problems.add(operator, node, advice)
    with pytest.raises(UnsupportedLayer) as info:
        problems.check()
    assert str(info.value).splitlines() == [
        "the network has 2 operators that are not supported:",
        f"- Mul (a, c): {reason('Mul')}",
        f"- Exp (b): {reason('Exp')}",
        "- Mul (d): divide instead",
    ]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["GELU", "gelu", "torch.nn.functional.gelu", "aten.gelu_"], "curved"),
        (["Sigmoid", "tanh", "LogSigmoid"], "leave it out"),
        (["Softmax", "log_softmax", "LogSoftmax", "Softmax2d"], "the largest output stays the largest"),
        (["Hardswish", "hard_swish", "HardSwish", "hard_silu"], "quadratic between -3 and 3"),
        (["Hardshrink", "Sign", "heaviside"], "jumps"),
        (["LayerNorm", "layer_normalization", "InstanceNorm1d", "GroupNorm"], "standard deviation"),
        (["LSTM", "GRUCell", "SimpleRNN"], "feed-forward"),
        (["MultiheadAttention", "MultiHeadAttention", "Attention"], "multiplies values"),
        (["Lambda"], "any code"),
        (["frobnicate", "//", ""], "not known here"),
    ],
)
def test_reasons(names, words):
    for name in names:
        assert words in reason(name)
        assert (reason(name) == NOT_KNOWN) == (words == "not known here")


def test_names_are_written_as_they_are_looked_up():
    assert all(name.isalnum() and name == name.lower() for name in REASONS)


def test_unknown_has_a_name():
    assert repr(UNKNOWN) == "UNKNOWN"
