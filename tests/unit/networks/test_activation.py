import math
from fractions import Fraction

import by_fractions
import numpy as np
import pytest
import strategies
from hypothesis import example, given, settings
from hypothesis import strategies as st

from polyregions.arithmetic import UNDECIDED, Enclosure, to_fraction
from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks import Activation

KNOWN = {
    "identity": (Activation.identity(), lambda x: x),
    "relu": (Activation.relu(), lambda x: max(x, 0)),
    "leaky_relu(0.01)": (Activation.leaky_relu(), lambda x: x if x > 0 else Fraction(0.01) * x),
    "leaky_relu(-0.5)": (Activation.leaky_relu(-0.5), lambda x: x if x > 0 else -x / 2),
    "hard_tanh": (Activation.hard_tanh(), lambda x: min(max(x, -1), 1)),
    "hard_tanh(-0.1,2.5)": (Activation.hard_tanh(-0.1, 2.5), lambda x: min(max(x, Fraction(-0.1)), Fraction(2.5))),
    "relu6": (Activation.relu6(), lambda x: min(max(x, 0), 6)),
    "abs": (Activation.absolute(), abs),
}
CUSTOM = [
    Activation((-1.0, 1.0), (1.0, 0.0, 1.0), 0.0),
    Activation((-0.3, 0.1, 0.7), (0.1, -3.0, 1e-5, 1.0), 0.2),
    Activation((1e308,), (0.0, 1e10)),
    Activation((-1e-320, 0.0, 5e-324), (5e-324, 1.0, 1e-310, 2.0), 1e-322),
    Activation((0.0,), (-1e308, 1e308), 1e308),
    Activation((), (0.3,), 0.7),
]
EVERY = [known for known, _ in KNOWN.values()] + CUSTOM

kinds = st.sampled_from(EVERY)
numbers = st.builds(
    lambda x, e: Enclosure(np.array([x]), np.array([e])),
    strategies.wild_floats() | st.sampled_from((-1.0, 1.0, 6.0, 0.1, -0.1, 2.5)),
    strategies.wild_floats(nonnegative=True) | st.just(0.0),
)


def inside(x, activation):
    """Exact numbers that the enclosure allows: ends, some between, and the breakpoints."""
    value, error = Fraction(x.value[0]), Fraction(x.error[0])
    kinks = [Fraction(b) for b in activation.breakpoints if abs(Fraction(b) - value) <= error]
    return [value + t * error for t in (-1, Fraction(-1, 3), 0, Fraction(1, 2), 1)] + kinks


def assert_encloses(found, exact):
    value, error, sign = found.value[0], found.error[0], found.sign()[0]
    if math.isfinite(value) and math.isfinite(error):
        assert abs(Fraction(value) - exact) <= Fraction(error)
    else:
        assert sign == UNDECIDED
    assert sign in (UNDECIDED, by_fractions.sign(exact))


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
        assert_encloses(found[[piece]], by_fractions.piece_function(activation, piece)[1])


@given(kinds, strategies.wild_floats())
def test_pieces_count_the_breakpoints_strictly_below(activation, x):
    kinks = np.array([x, *activation.breakpoints])
    expected = [by_fractions.piece_of(activation, Fraction(number)) for number in kinks.tolist()]
    assert activation.pieces(kinks).tolist() == expected


def test_evaluation_in_floats():
    x = np.linspace(-8.0, 8.0, 65)  # multiples of 1/4: nothing rounds
    assert (Activation.relu()(x) == np.maximum(x, 0)).all()
    assert (Activation.leaky_relu(0.25)(x) == np.where(x > 0, x, 0.25 * x)).all()
    assert (Activation.hard_tanh()(x) == np.clip(x, -1, 1)).all()
    assert (Activation.relu6()(x) == np.clip(x, 0, 6)).all()
    assert (Activation.absolute()(x) == np.abs(x)).all()
    assert (Activation.identity()(x) == x).all()
    assert Activation.relu6()(x.reshape(5, 13)).shape == (5, 13)


@settings(max_examples=300, deadline=None)
@given(kinds, numbers)
@example(Activation.relu(), Enclosure(np.array([-1e-20]), np.array([1.0])))
@example(Activation.relu(), Enclosure(np.array([-1.0]), np.array([1.0 + 2.0**-52])))
@example(Activation.relu(), Enclosure(np.array([-5e-324]), np.array([5e-324])))
@example(Activation.leaky_relu(), Enclosure(np.array([1e-320]), np.array([1e-320])))
@example(Activation.leaky_relu(0.3), Enclosure(np.array([-1e-323]), np.array([0.0])))
@example(Activation.absolute(), Enclosure(np.array([0.0]), np.array([0.0])))
@example(Activation.hard_tanh(), Enclosure(np.array([1.0]), np.array([2.0**-54])))
def test_enclose_holds_for_every_number_enclosed(activation, x):
    found = activation.enclose(x)
    for exact in inside(x, activation):
        assert_encloses(found, by_fractions.activation_value(activation, exact))


@settings(max_examples=300, deadline=None)
@given(kinds, numbers, st.data())
def test_the_affine_function_of_a_piece_is_enclosed_wherever_the_number_lies(activation, x, data):
    piece = data.draw(st.integers(0, activation.n_switches))
    slope, constant = by_fractions.piece_function(activation, piece)
    linear, affine = activation.linear_part(x, np.array([piece])), activation.on_pieces(x, np.array([piece]))
    for exact in inside(x, activation):
        assert_encloses(linear, slope * exact)
        assert_encloses(affine, slope * exact + constant)


@pytest.mark.parametrize("activation", EVERY, ids=repr)
@pytest.mark.parametrize(
    ("value", "error"), [(math.nan, 0.0), (math.inf, 1.0), (-math.inf, 0.0), (1.0, math.nan), (-1.0, math.inf)]
)
def test_what_is_not_finite_gives_no_wrong_sign(activation, value, error):
    x = Enclosure(np.array([value]), np.array([error]))
    assert activation.enclose(x).sign().tolist() == [UNDECIDED]
    for piece in range(activation.n_switches + 1):
        slope, constant = by_fractions.piece_function(activation, piece)
        for exact in (Fraction(0), Fraction(1), Fraction(-1), Fraction(10) ** 700, -(Fraction(10) ** 700)):
            assert_encloses(activation.linear_part(x, np.array([piece])), slope * exact)
            assert_encloses(activation.on_pieces(x, np.array([piece])), slope * exact + constant)


def test_enclosing_arrays_entry_by_entry():
    values = np.array([[-2.0, 0.5, 7.0], [0.0, 6.0, math.nan]])
    whole = Activation.relu6().enclose(Enclosure(values, np.full((2, 3), 0.25)))
    for index in np.ndindex(values.shape):
        single = Activation.relu6().enclose(Enclosure(values[index].reshape(1), np.array([0.25])))
        assert whole.value[index] == single.value[0]
        assert whole.error[index] == single.error[0]


def test_a_relu_that_is_off_is_exactly_zero():
    off = Activation.relu().enclose(Enclosure(np.array([-1.0, 0.0]), np.array([0.5, 0.0])))
    assert off.sign().tolist() == [0, 0]


@given(st.floats(-1e6, 1e6).filter(lambda x: x != 0), st.floats(0.0, 1e-3))
def test_bounds_are_not_wider_than_a_few_roundings(value, error):
    x = Enclosure(np.array([value]), np.array([error]))
    for activation in (Activation.relu(), Activation.leaky_relu(0.3), Activation.absolute()):
        size = abs(Fraction(value)) + Fraction(error)
        assert Fraction(activation.enclose(x).error[0]) <= Fraction(error) + 20 * size / 2**53 + Fraction(1, 2**1000)


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


def test_a_leaky_relu_of_slope_one_is_refused():
    with pytest.raises(InvalidNetwork, match="must change at every breakpoint"):
        Activation.leaky_relu(1.0)


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
