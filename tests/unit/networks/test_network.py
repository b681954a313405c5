import math
import string
from fractions import Fraction

import by_fractions
import numpy as np
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

from polyregions.errors import DimensionMismatch, InvalidNetwork, PolyregionsError, UnsupportedLayer
from polyregions.networks import Activation, Layer, Network

RELU, IDENTITY = Activation.relu(), Activation.identity()


def small(**changes):
    arrays = {
        "weights": [np.array([[1.0, -2.0], [0.0, 3.0], [0.5, 0.5]]), np.array([[1.0, -1.0, 2.0]])],
        "biases": [np.array([0.0, -1.0, 0.25]), np.array([0.5])],
    }
    return Network.from_arrays(**(arrays | changes))


def test_sizes():
    network = small()
    assert (network.input_dim, network.output_dim, network.n_units, network.n_switches) == (2, 1, 3, 3)
    assert [layer.width for layer in network.layers] == [3, 1]
    assert network.switch_units.tolist() == [0, 1, 2]
    assert network.unit_layers.tolist() == [1, 1, 1]
    assert repr(network) == "Network(2-3-1, 3 units)"


def test_units_and_switches_are_counted_in_layer_order():
    kinds = [Activation.hard_tanh(), IDENTITY, RELU, Activation.relu6()]
    network = Network.from_arrays(
        [np.ones((2, 1)), np.ones((3, 2)), np.ones((1, 3)), [[1.0]]], [[0] * 2, [0] * 3, [0], [0]], kinds
    )
    assert (network.n_units, network.n_switches) == (4, 7)
    assert network.switch_units.tolist() == [0, 0, 1, 1, 2, 3, 3]
    assert network.unit_layers.tolist() == [1, 1, 3, 4]
    assert [layer.n_switches for layer in network.layers] == [4, 0, 1, 2]


def test_a_network_without_breakpoints_has_no_units():
    network = Network.from_arrays([[[1.0, 2.0]]], [[3.0]])
    assert (network.n_units, network.n_switches) == (0, 0)
    assert network.switch_units.shape == network.unit_layers.shape == (0,)


def test_relu_follows_every_layer_but_the_last_unless_told_otherwise():
    assert [layer.activation for layer in small().layers] == [RELU, IDENTITY]
    assert [layer.activation for layer in small(activations=["abs", "relu6"]).layers] == [
        Activation.absolute(),
        Activation.relu6(),
    ]


@settings(max_examples=50, deadline=None)
@given(strategies.kinked_networks(skips=True), st.data())
def test_floats_come_close_to_the_exact_value(network, data):
    points = data.draw(st.lists(strategies.dyadic_points(network.input_dim), min_size=1, max_size=3))
    found = network(points)
    assert found.shape == (len(points), network.output_dim)
    for row, point in zip(found.tolist(), points, strict=True):
        exact = by_fractions.output(network, point)
        assert np.allclose(row, [float(x) for x in exact], rtol=1e-12, atol=1e-9)
    assert (network(points[0]) == found[0]).all() or np.allclose(network(points[0]), found[0], rtol=1e-12, atol=1e-9)


def test_points_of_any_shape():
    network = small()
    assert network(np.zeros((4, 5, 2))).shape == (4, 5, 1)
    assert network([0.0, 0.0]).shape == (1,)
    assert network([1.0, 0.0]).tolist() == [1.0 + 2 * 0.75 + 0.5]


def skipping(sources, columns):
    first = Layer([[1.0], [-1.0]], [0.0, 0.0], RELU)
    return Network((first, Layer([columns], [0.0], IDENTITY, sources)))


def test_a_layer_may_read_the_input_and_earlier_layers():
    network = skipping((0, 1), [5.0, 1.0, 2.0])  # 5 x + relu(x) + 2 relu(-x)
    assert network([[3.0], [-3.0]]).tolist() == [[18.0], [-9.0]]
    swapped = skipping((1, 0), [1.0, 2.0, 5.0])
    assert swapped([[3.0], [-3.0]]).tolist() == [[18.0], [-9.0]]
    residual = skipping((0,), [2.0])
    assert residual([[3.0]]).tolist() == [[6.0]]


def test_sources_of_a_plain_stack_are_filled_in():
    assert [layer.sources for layer in small().layers] == [(0,), (1,)]


def test_arrays_are_frozen_copies():
    weights = np.array([[1.0]])
    layer = Layer(weights, np.array([0.0]), RELU)
    weights[0, 0] = 7.0
    assert layer.weights.tolist() == [[1.0]]
    with pytest.raises(ValueError, match="read-only"):
        layer.weights[0, 0] = 7.0


@pytest.mark.parametrize(
    "dtype", [np.float16, np.float32, np.longdouble, np.int8, np.int64, np.uint64, np.bool_], ids=lambda d: d.__name__
)
def test_numbers_of_every_type_that_float64_holds(dtype):
    layer = Layer(np.array([[1, 0]], dtype=dtype), np.array([1], dtype=dtype), RELU)
    assert layer.weights.dtype == np.float64
    assert layer.weights.tolist() == [[1.0, 0.0]]
    assert layer.bias.tolist() == [1.0]


def test_orders_of_memory_do_not_matter():
    wide = np.arange(6.0).reshape(2, 3)
    for weights in (np.asfortranarray(wide), wide.astype(">f8"), np.repeat(wide, 2, axis=1)[:, ::2]):
        assert Layer(weights, [0, 0], RELU).weights.tolist() == wide.tolist()


# What defines a network, and what does not.


def test_the_digest_is_a_sha256():
    assert len(small().digest) == 64
    assert set(small().digest) <= set(string.hexdigits.lower())


def test_equal_numbers_give_equal_digests():
    other = Network.from_arrays(
        [np.asfortranarray(np.array([[1, -2], [0, 3], [0.5, 0.5]], dtype=np.float32)), [[1, -1, 2]]],
        [[-0.0, -1, 0.25], [0.5]],
        [Activation((-0.0,), (-0.0, 1.0), -0.0, name="mine"), "identity"],
    )
    assert other.digest == small().digest
    zero = small(weights=[[[1.0, -2.0], [-0.0, 3.0], [0.5, 0.5]], [[1.0, -1.0, 2.0]]])
    assert zero.digest == small().digest
    assert zero.digest == zero.digest


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize(("what", "attribute"), [("weights", "weights"), ("biases", "bias")])
def test_one_changed_number_gives_another_digest(layer, what, attribute):
    arrays = [getattr(part, attribute) for part in small().layers]
    digests = {small().digest}
    for index in np.ndindex(arrays[layer].shape):
        changed = [array.copy() for array in arrays]
        changed[layer][index] = np.nextafter(changed[layer][index], np.inf)
        digests.add(small(**{what: changed}).digest)
    assert len(digests) == arrays[layer].size + 1


def test_networks_of_another_make_have_other_digests():
    made = [
        small(),
        small(activations=["relu", "relu"]),
        small(activations=["leaky_relu", "identity"]),
        small(activations=["leaky_relu(0.25)", "identity"]),
        small(activations=[Activation((0.0,), (0.0, 1.0), 1.0), "identity"]),
        small(activations=[Activation((1.0,), (0.0, 1.0)), "identity"]),
        Network.from_arrays([np.ones((1, 4))], [[0.0]]),
        Network.from_arrays([np.ones((4, 1))], [[0.0] * 4]),
        Network.from_arrays([np.ones((2, 2))], [[0.0] * 2]),
        skipping((0, 1), [1.0, 2.0, 3.0]),
        skipping((1, 0), [1.0, 2.0, 3.0]),
        skipping((0,), [1.0]),
        Network.from_arrays([[[1.0], [-1.0]], [[1.0, 2.0]]], [[0.0, 0.0], [0.0]]),
    ]
    assert len({network.digest for network in made}) == len(made)


# What is refused.


@pytest.mark.parametrize(
    ("weights", "bias", "message"),
    [
        ([[math.nan]], [0.0], "weights must be finite; 1 entries are NaN"),
        ([[math.inf, -math.inf]], [0.0], "weights must be finite; 0 entries are NaN, 2 infinite"),
        ([[1.0]], [math.nan], "bias must be finite"),
        ([[1.0]], [-math.inf], "bias must be finite"),
        (np.zeros((0, 2)), [], "at least one unit and one input"),
        (np.zeros((2, 0)), [0.0, 0.0], "at least one unit and one input"),
        ([1.0, 2.0], [0.0], "must have 2 dimension"),
        (np.zeros((1, 1, 1)), [0.0], "must have 2 dimension"),
        (3.0, [0.0], "must have 2 dimension"),
        ([], [], "must have 2 dimension"),
        ([[1.0]], [0.0, 0.0], r"needs a bias of shape \(1,\)"),
        ([[1.0]], [[0.0]], "must have 1 dimension"),
        ([[1.0]], 0.0, "must have 1 dimension"),
        ([[1.0 + 0j]], [0.0], "real numbers, got dtype complex128"),
        (np.array([[1.0]], dtype=object), [0.0], "real numbers, got dtype object"),
        ([["1.0"]], [0.0], "real numbers, got dtype <U3"),
        ([[Fraction(1, 3)]], [0.0], "real numbers, got dtype object"),
        ([[None]], [0.0], "real numbers, got dtype object"),
        (np.array([[0]], dtype="M8[s]"), [0.0], "real numbers, got dtype datetime64"),
        ([[1.0], [1.0, 2.0]], [0.0, 0.0], "array of real numbers"),
        (np.array([[2**53 + 1]]), [0.0], "float64 can hold, which 9007199254740993 is not"),
        (np.array([[2**64 - 1]], dtype=np.uint64), [0.0], "float64 can hold, which 18446744073709551615 is not"),
        ([[2**53 + 1, 0.5]], [0.0, 0.0], "float64 can hold, which 9007199254740993 is not"),
        ([[1.0]], [-(2**53) - 1], "float64 can hold, which -9007199254740993 is not"),
        ([[10**400]], [0.0], "real numbers"),
    ],
)
def test_numbers_that_make_no_layer_are_refused(weights, bias, message):
    with pytest.raises(InvalidNetwork, match=message):
        Layer(weights, bias, RELU)


@pytest.mark.skipif(np.finfo(np.longdouble).nmant <= 52, reason="long double is no longer than double here")
@pytest.mark.parametrize("number", ["0.1", "1e4000", "1e-4000"])
def test_long_doubles_that_would_change_are_refused(number):
    with pytest.raises(InvalidNetwork, match=r"float64 can hold|must be finite"):
        Layer(np.array([[np.longdouble(number)]]), [0.0], RELU)


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_are_held_exactly_or_refused(number):
    try:
        layer = Layer(np.array([[number]]), [0.0], RELU)
    except InvalidNetwork:
        assert Fraction(float(number)) != number
    else:
        assert Fraction(layer.weights[0, 0]) == number


def test_an_activation_must_be_one():
    with pytest.raises(InvalidNetwork, match="needs an Activation, got str"):
        Layer([[1.0]], [0.0], "relu")


def test_an_unknown_activation_is_refused():
    with pytest.raises(UnsupportedLayer, match="'swish' is not known"):
        small(activations=["relu", "swish"])


def test_an_activation_that_is_no_activation_is_refused():
    with pytest.raises(InvalidNetwork, match="layer 1: a layer needs an Activation"):
        small(activations=[np.tanh, "identity"])


def test_weights_stored_the_other_way_round_are_recognized():
    with pytest.raises(InvalidNetwork, match=r"layer 2 has weights of shape .*transpose the weights"):
        small(weights=[np.ones((3, 2)), np.ones((3, 1))], biases=[np.zeros(3), np.zeros(3)])


def test_the_number_of_inputs_must_fit():
    with pytest.raises(InvalidNetwork, match=r"layer 1 has weights of shape .*its sources give 3 numbers"):
        Network((Layer([[1.0, 2.0]], [0.0], RELU),), input_dim=3)


@pytest.mark.parametrize(
    "build", [lambda: Network(()), lambda: Network.from_arrays([], []), lambda: Network.from_arrays([], [], [])]
)
def test_a_network_needs_a_layer(build):
    with pytest.raises(InvalidNetwork, match="at least one layer, got none"):
        build()


def test_lists_must_be_equally_long():
    with pytest.raises(InvalidNetwork, match="got 2 weights, 1 biases and 2 activations"):
        small(biases=[np.zeros(3)])
    with pytest.raises(InvalidNetwork, match="got 2 weights, 2 biases and 1 activations"):
        small(activations=["relu"])


def test_the_message_says_which_layer_is_wrong():
    with pytest.raises(InvalidNetwork, match="layer 2: a layer's bias must be finite"):
        small(biases=[np.zeros(3), [math.nan]])


@pytest.mark.parametrize("sources", [(2,), (-1,), (), (0, 3), (0.0,), ("0",)])
def test_sources_must_be_earlier_layers(sources):
    with pytest.raises(InvalidNetwork, match=r"the sources of layer 2 must lie in 0\.\.1"):
        skipping(sources, [1.0])


def test_the_widths_of_all_sources_count():
    with pytest.raises(InvalidNetwork, match="its sources give 3 numbers"):
        skipping((0, 1), [1.0, 2.0])


@pytest.mark.parametrize("points", [0.0, [0.0], [[0.0, 0.0, 0.0]], np.zeros((2, 0)), [["a", "b"]], [[0.0], [0.0, 0.0]]])
def test_points_of_another_dimension_are_refused(points):
    with pytest.raises(DimensionMismatch, match=r"2 inputs, got points of shape|arrays of numbers"):
        small()(points)


def test_every_failure_has_one_base_class():
    assert issubclass(UnsupportedLayer, InvalidNetwork)
    assert issubclass(InvalidNetwork, PolyregionsError)
    assert issubclass(DimensionMismatch, PolyregionsError)
    assert issubclass(InvalidNetwork, ValueError)
