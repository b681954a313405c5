import copy
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import bsr_array, coo_array, csc_array, csr_array, csr_matrix, dok_array, lil_array

from polyregions.errors import InvalidNetwork
from polyregions.networks import Activation, Layer, Maximum
from polyregions.networks.elementwise import Elementwise

RELU, IDENTITY = Activation.relu(), Activation.identity()
FORMATS = (csr_array, csc_array, coo_array, lil_array, dok_array, bsr_array, csr_matrix)


# What units make of rows.


def test_one_activation_for_all_rows():
    layer = Layer(np.ones((3, 2)), np.zeros(3), RELU)
    assert layer.activation == RELU
    assert isinstance(layer.units, Elementwise)
    assert layer.units.activations == (RELU,) * 3
    assert (layer.width, layer.n_switches, layer.kind) == (3, 3, "relu")


def test_an_activation_for_each_row():
    kinds = [RELU, IDENTITY, Activation.relu6()]
    layer = Layer(np.ones((3, 2)), np.zeros(3), kinds)
    assert layer.activation == layer.units.activations == tuple(kinds)
    assert (layer.width, layer.n_switches) == (3, 3)
    assert layer.units.switch_units.tolist() == [0, 2, 2]
    assert layer.kind == "identity, relu, relu6"


def test_the_same_activation_for_each_row_is_one():
    kinds = (RELU, Activation((0,), (0, 1), name="rectifier"))
    assert Layer(np.ones((2, 2)), np.zeros(2), kinds).activation == RELU
    assert Layer([[1.0]], [0.0], [IDENTITY]).activation == IDENTITY


def test_maxima():
    layer = Layer(np.ones((3, 2)), np.zeros(3), Maximum([(0, 2), (1,)]))
    assert layer.units is layer.activation
    assert (layer.width, layer.n_switches, layer.kind) == (2, 3, "maximum of 1 to 2")


def test_many_activations_are_counted():
    kinds = [Activation.leaky_relu(k / 8) for k in range(5)]
    assert Layer(np.ones((5, 1)), np.zeros(5), kinds).kind == "5 activations"


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        ("relu", "2 rows needs an Activation, one for each row, or a Maximum; got 2 of str"),
        (["relu", "relu"], "got 2 of str"),
        ([RELU, "relu"], "got 2 of Activation, str"),
        ([RELU], "got 1 of Activation"),
        ([RELU] * 3, "got 3 of Activation"),
        ([], "got 0 of "),
        (None, "got 2 of NoneType"),
        (np.tanh, "got 2 of ufunc"),
        ([Maximum([(0, 1)])] * 2, "got 2 of Maximum"),
        (Maximum([(0,)]), "a maximum over the rows 0 to 0 needs a layer of 1 rows, got 2"),
        (Maximum([(0, 1, 2)]), "a maximum over the rows 0 to 2 needs a layer of 3 rows, got 2"),
    ],
)
def test_what_is_no_activation_is_refused(activation, message):
    with pytest.raises(InvalidNetwork, match=message):
        Layer(np.ones((2, 1)), np.zeros(2), activation)


# Numbers.


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


@pytest.mark.parametrize("storage", FORMATS, ids=lambda storage: storage.__name__)
def test_sparse_weights_stay_sparse(storage):
    dense = np.array([[0.0, 1.5, 0.0], [2.0, 0.0, -3.0]])
    stored = storage(dense)
    layer = Layer(stored, [0.0, 1.0], RELU)
    assert isinstance(layer.weights, csr_array)
    assert layer.weights.dtype == np.float64
    assert layer.weights.toarray().tolist() == dense.tolist()
    assert layer.weights.has_sorted_indices
    for array in (layer.weights.data, layer.weights.indices, layer.weights.indptr):
        assert not array.flags.writeable


def test_sparse_weights_are_copied_and_hold_no_zeros():
    stored = csr_array(([2.0, 0.0, -0.0], [2, 0, 1], [0, 3]), shape=(1, 3))
    layer = Layer(stored, [0.0], RELU)
    stored.data[:] = 7.0
    assert (layer.weights.nnz, layer.weights.toarray().tolist()) == (1, [[0.0, 0.0, 2.0]])
    assert Layer(csr_array((2, 3)), [0.0, 1.0], RELU).weights.nnz == 0


@pytest.mark.parametrize("storage", [coo_array, csr_array], ids=["coo", "csr"])
def test_sparse_weights_must_hold_every_entry_once(storage):
    """0.1 + 0.2 is no float, and which of the two is meant nobody knows."""
    entries = ([0.1, 0.2], ([0, 0], [1, 1])) if storage is coo_array else ([0.1, 0.2], [1, 1], [0, 2])
    with pytest.raises(InvalidNetwork, match="every entry once"):
        Layer(storage(entries, shape=(1, 2)), [0.0], RELU)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (csr_array([[math.nan, 1.0]]), "weights must be finite; 1 entries are NaN"),
        (csr_array([[math.inf]]), "weights must be finite; 0 entries are NaN, 1 infinite"),
        (csr_array([[1j]]), "real numbers, got dtype complex128"),
        (csr_array(np.array([[2**53 + 1]])), "float64 can hold, which 9007199254740993 is not"),
        (coo_array(np.ones(3)), r"2 dimension\(s\), got shape \(3,\)"),
        (csr_array((0, 2)), "at least one unit and one input"),
        (csr_array((3, 2)), r"needs a bias of shape \(3,\)"),
    ],
)
def test_sparse_numbers_that_make_no_layer_are_refused(weights, message):
    with pytest.raises(InvalidNetwork, match=message):
        Layer(weights, [0.0], RELU)


def test_entries_outside_of_sparse_weights_are_refused():
    broken = csr_array(([1.0], [0], [0, 1]), shape=(1, 2))
    broken.indices[0] = 2
    with pytest.raises(InvalidNetwork, match="no sparse array"):
        Layer(broken, [0.0], RELU)


def test_other_sources_make_another_layer():
    layer = Layer([[1.0, 2.0]], [0.0], RELU)
    other = layer.reading([0, 1])
    assert (layer.sources, other.sources) == (None, (0, 1))
    assert other.weights is layer.weights
    assert copy.copy(other).sources == (0, 1)


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
