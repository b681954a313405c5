import copy
import itertools
import math
import pickle
import string

import by_fractions
import numpy as np
import pytest
import strategies
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csc_array, csr_array

from polyregions.errors import DimensionMismatch, InvalidNetwork, PolyregionsError, UnsupportedLayer
from polyregions.networks import Activation, Layer, Maximum, Network

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


def test_units_of_mixed_layers_and_maxima():
    """All units of a layer that can switch count, those with one piece too."""
    layers = (
        Layer(np.ones((3, 1)), np.zeros(3), (RELU, IDENTITY, Activation.hard_tanh())),
        Layer(np.ones((2, 3)), np.zeros(2), IDENTITY),
        Layer(np.ones((4, 2)), np.zeros(4), Maximum([(0, 1, 2), (3,), (0, 3)])),
    )
    network = Network(layers)
    assert (network.n_units, network.n_switches, network.output_dim) == (6, 9, 3)
    assert network.switch_units.tolist() == [0, 2, 2, 3, 3, 3, 4, 5, 5]
    assert network.unit_layers.tolist() == [1, 1, 1, 3, 3, 3]
    assert network.first_switches.tolist() == [0, 3, 3, 9]
    assert network.pattern_type is np.uint8
    assert repr(network) == "Network(1-3-2-3, 6 units)"


def test_patterns_need_more_room_if_a_unit_has_many_pieces():
    layers = (Layer(np.ones((257, 1)), np.zeros(257), Maximum([range(257)])), Layer([[1.0]], [0.0], RELU))
    assert Network(layers).pattern_type is np.uint16
    assert Network(layers[:1]).pattern_type is np.uint16


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


@examples(100)
@given(strategies.kinked_networks(skips=True) | strategies.any_networks(), st.data())
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


@examples(60)
@given(strategies.any_networks(), st.data())
def test_dense_and_sparse_weights_give_equal_digests(network, data):
    dense = [
        layer.weights if isinstance(layer.weights, np.ndarray) else layer.weights.toarray() for layer in network.layers
    ]
    for storage in (np.asarray, csr_array, csc_array):
        layers = [
            Layer(storage(weights), layer.bias, layer.activation, layer.sources)
            for weights, layer in zip(dense, network.layers, strict=True)
        ]
        assert Network(tuple(layers), network.input_dim).digest == network.digest
        number = data.draw(st.integers(0, len(layers) - 1))
        changed = dense[number].copy()
        index = data.draw(st.sampled_from(list(np.ndindex(changed.shape))))
        changed[index] += 1.0
        layer = network.layers[number]
        layers[number] = Layer(storage(changed), layer.bias, layer.activation, layer.sources)
        assert Network(tuple(layers), network.input_dim).digest != network.digest


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
        *(small(activations=[kinds, "identity"]) for kinds in list(itertools.product((RELU, IDENTITY), repeat=3))[1:]),
    ]
    rows = ([np.ones((3, 2))], [[0.0] * 3])
    groups = [[(0, 1, 2)], [(0, 2, 1)], [(0, 1), (2,)], [(2,), (0, 1)], [(0, 1), (1, 2)], [(0,), (1,), (2,)]]
    made += [Network.from_arrays(*rows, [Maximum(members)]) for members in groups]
    made += [Network.from_arrays(*rows, [kind]) for kind in ("identity", "relu")]
    assert len({network.digest for network in made}) == len(made)


@examples(40)
@given(strategies.any_networks())
def test_networks_are_pickled_and_copied(network):
    for same in (pickle.loads(pickle.dumps(network)), copy.deepcopy(network), copy.copy(network)):
        assert same.digest == network.digest
        assert [str(layer) for layer in same.layers] == [str(layer) for layer in network.layers]
        point = np.ones(network.input_dim)
        assert same(point).tolist() == network(point).tolist()


def test_a_network_after_an_affine_map():
    network = small(activations=[Maximum([(0, 1), (2, 1)]), "identity"], weights=[np.ones((3, 2)), [[1.0, 2.0]]])
    line = network.after([[1.0], [-2.0]], [0.5, 0.25])
    assert line.input_dim == 1
    assert [layer.sources for layer in line.layers] == [(0,), (1,), (2,)]
    for x in (-1.0, 0.0, 0.75):
        assert line([x]).tolist() == network([x + 0.5, 0.25 - 2 * x]).tolist()
    with pytest.raises(InvalidNetwork, match="2 inputs, got a map to 1 numbers"):
        network.after([[1.0]], [0.0])


# What is refused.


def test_an_unknown_activation_is_refused():
    with pytest.raises(UnsupportedLayer, match="'swish' is not known"):
        small(activations=["relu", "swish"])


def test_an_activation_that_is_no_activation_is_refused():
    with pytest.raises(InvalidNetwork, match="layer 1: a layer of 3 rows needs an Activation"):
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
