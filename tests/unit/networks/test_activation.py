import math
from fractions import Fraction

import by_fractions
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from polyregions.arithmetic import to_fraction
from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks import Activation

SIXTH = Fraction(1.0 / 6.0)
KNOWN = {
    "identity": (Activation.identity(), lambda x: x),
    "relu": (Activation.relu(), lambda x: max(x, 0)),
    "leaky_relu(0.01)": (Activation.leaky_relu(), lambda x: x if x > 0 else Fraction(0.01) * x),
    "leaky_relu(-0.5)": (Activation.leaky_relu(-0.5), lambda x: x if x > 0 else -x / 2),
    "hard_tanh": (Activation.hard_tanh(), lambda x: min(max(x, -1), 1)),
    "hard_tanh(-0.1,2.5)": (Activation.hard_tanh(-0.1, 2.5), lambda x: min(max(x, Fraction(-0.1)), Fraction(2.5))),
    "relu6": (Activation.relu6(), lambda x: min(max(x, 0), 6)),
    "abs": (Activation.absolute(), abs),
    "clamp(0.5,inf)": (Activation.clamp(low=0.5), lambda x: max(x, Fraction(1, 2))),
    "clamp(-inf,-0.1)": (Activation.clamp(high=-0.1), lambda x: min(x, Fraction(-0.1))),
    "hard_sigmoid": (Activation.hard_sigmoid(), lambda x: SIXTH * min(max(x + 3, 0), 6)),
    "soft_shrink(0.5)": (Activation.soft_shrink(), lambda x: x - min(max(x, Fraction(-1, 2)), Fraction(1, 2))),
}
EVERY = [*(known for known, _ in KNOWN.values()), *strategies.ODD]


@pytest.mark.parametrize("name", KNOWN)
@given(x=st.fractions(-10, 10) | st.floats(-10, 10).map(Fraction) | st.sampled_from((-1, 0, 1, 6)).map(Fraction))
def test_the_activations_are_the_functions_of_that_name(name, x):
    activation, function = KNOWN[name]
    assert by_fractions.activation_value(activation, x) == function(x)
    piece = by_fractions.piece_of(activation, x)
    assert Fraction(activation.slopes[piece]) * x + to_fraction(activation.constants[piece]) == function(x)


@pytest.mark.parametrize("name", KNOWN)
def test_names_are_read_back(name):
    activation, _ = KNOWN[name]
    assert str(activation) == name
    assert Activation.parse(name) == activation
    assert Activation.parse(f"  {name} ") == activation


@pytest.mark.parametrize("activation", EVERY, ids=repr)
def test_constants_make_the_function_continuous(activation):
    assert activation.n_switches == len(activation.breakpoints) == len(activation.constants) - 1
    for t, kink in enumerate(activation.breakpoints):
        left = Fraction(activation.slopes[t]) * Fraction(kink) + to_fraction(activation.constants[t])
        right = Fraction(activation.slopes[t + 1]) * Fraction(kink) + to_fraction(activation.constants[t + 1])
        assert left == right == by_fractions.activation_value(activation, Fraction(kink))


@pytest.mark.parametrize("activation", EVERY, ids=repr)
def test_constants_in_floats_are_enclosed(activation):
    found = activation.float_constants
    for piece in range(activation.n_switches + 1):
        exact = by_fractions.piece_function(activation, piece)[1]
        assert by_fractions.is_enclosed(exact, found.value[piece], found.error[piece])


def test_evaluation_in_floats():
    x = np.linspace(-8.0, 8.0, 65)  # multiples of 1/4: nothing rounds
    assert (Activation.relu()(x) == np.maximum(x, 0)).all()
    assert (Activation.leaky_relu(0.25)(x) == np.where(x > 0, x, 0.25 * x)).all()
    assert (Activation.hard_tanh()(x) == np.clip(x, -1, 1)).all()
    assert (Activation.relu6()(x) == np.clip(x, 0, 6)).all()
    assert (Activation.absolute()(x) == np.abs(x)).all()
    assert (Activation.identity()(x) == x).all()
    assert Activation.relu6()(x.reshape(5, 13)).shape == (5, 13)


def test_equal_if_the_same_function_whatever_the_name():
    other = Activation((-0.0,), (0, 1), 0, name="rectifier")
    assert other == Activation.relu()
    assert hash(other) == hash(Activation.relu())
    assert other != Activation.absolute()
    assert other != "relu"
    assert Activation.relu().is_relu
    assert not Activation.leaky_relu().is_relu


@pytest.mark.parametrize(
    ("breakpoints", "slopes", "value", "message"),
    [
        ((math.nan,), (0, 1), 0, "finite numbers, got nan"),
        ((0,), (0, math.inf), 0, "finite numbers, got inf"),
        ((0,), (0, 1), -math.inf, "finite numbers, got -inf"),
        ((0,), (0,), 0, "1 breakpoints needs 2 slopes, got 1"),
        ((), (), 0, "0 breakpoints needs 1 slopes, got 0"),
        ((1, 0), (0, 1, 0), 0, "breakpoints of an activation must increase"),
        ((1, 1), (0, 1, 0), 0, "breakpoints of an activation must increase"),
        ((0, 1), (0, 1, 1), 0, "must change at every breakpoint"),
        ((0,), (-0.0, 0.0), 0, "must change at every breakpoint"),
        ((2**53 + 1,), (0, 1), 0, "numbers that float64 can hold"),
        ((10**400,), (0, 1), 0, "numbers that float64 can hold"),
        ((Fraction(1, 3),), (0, 1), 0, "numbers that float64 can hold"),
        (("a",), (0, 1), 0, "numbers that float64 can hold"),
        ((0,), (0, 1j), 0, "numbers that float64 can hold"),
        ((0,), (0, None), 0, "numbers that float64 can hold"),
    ],
)
def test_what_is_no_activation_is_refused(breakpoints, slopes, value, message):
    with pytest.raises(InvalidNetwork, match=message):
        Activation(breakpoints, slopes, value)


@pytest.mark.parametrize("build", [lambda: Activation.leaky_relu("x"), lambda: Activation.hard_tanh(0, None)])
def test_parameters_that_are_no_numbers_are_refused(build):
    with pytest.raises(InvalidNetwork, match="numbers that float64 can hold"):
        build()


@pytest.mark.parametrize(
    "activation",
    [Activation.leaky_relu(1.0), Activation.clamp(), Activation.soft_shrink(0), Activation.parse("leaky_relu(1)")],
    ids=["leaky", "clamp", "soft shrink", "parsed"],
)
def test_what_changes_nothing_is_the_identity(activation):
    assert activation == Activation.identity()
    assert str(activation) == "identity"
    assert activation.n_switches == 0


def test_a_clamp_is_a_known_function_where_there_is_one():
    assert Activation.clamp(low=0.0) == Activation.relu()
    assert Activation.clamp(low=-0.0) == Activation.relu()
    assert Activation.clamp(0, 6) == Activation.relu6()
    assert Activation.clamp(-1, 1) == Activation.hard_tanh()
    assert str(Activation.clamp(low=0)) == "relu"


def test_a_threshold_is_continuous_only_if_its_value_is_the_threshold():
    assert Activation.threshold(0.5, 0.5) == Activation.clamp(low=0.5)
    assert Activation.threshold(0, 0) == Activation.relu()
    with pytest.raises(UnsupportedLayer, match="jumps"):
        Activation.threshold(0.5, 0.0)


@pytest.mark.parametrize("bounds", [(math.inf, math.inf), (-math.inf, -math.inf), (math.nan, 1.0), (0.0, math.nan)])
def test_clamps_without_a_range_are_refused(bounds):
    with pytest.raises(InvalidNetwork, match="finite numbers"):
        Activation.clamp(*bounds)


def test_a_negative_soft_shrink_is_refused():
    with pytest.raises(InvalidNetwork, match="not negative"):
        Activation.soft_shrink(-1.0)


def test_a_hard_tanh_upside_down_is_refused():
    with pytest.raises(InvalidNetwork, match="must increase"):
        Activation.hard_tanh(1.0, -1.0)


@pytest.mark.parametrize("name", ["tanh", "", "relu relu", "relu(", "gelu()", "Relu", "relu" + " " * 50_000 + ")"])
def test_unknown_names_are_refused(name):
    with pytest.raises(UnsupportedLayer, match="is not known; known are identity, relu"):
        Activation.parse(name)


@pytest.mark.parametrize("name", ["leaky_relu(x)", "relu(1)", "hard_tanh(2,1)", "leaky_relu(nan)", "leaky_relu(1e999)"])
def test_bad_parameters_are_refused(name):
    with pytest.raises(UnsupportedLayer, match="cannot read the parameters of activation"):
        Activation.parse(name)
