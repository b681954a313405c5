from fractions import Fraction

import by_fractions
import numpy as np
import pytest
import strategies
from effort import examples
from hypothesis import given
from hypothesis import strategies as st

from polyregions.arithmetic import Enclosure, nearest_floats, rational, rational_matrix, to_fraction
from polyregions.errors import DimensionMismatch
from polyregions.networks import Activation, AffineMap, Layer, Maximum, Network, affine_map
from polyregions.networks.affine import (
    ExactLayers,
    RegionForms,
    enclosed_forms,
    enclosed_maps,
    layer_pieces,
    row_forms,
)

STEP = Fraction(1, 2**3000)  # shorter than the distance to any wall not passed by, for the networks drawn here

small = strategies.integer_networks() | strategies.kinked_networks(skips=True) | strategies.any_networks()
wild = strategies.wild_networks() | strategies.wild_maxout_networks()


def table(found):
    return [[to_fraction(entry) for entry in row] for row in found.exact.tolist()]


def applied(rows, point):
    return [by_fractions.dot(row[:-1], point) + row[-1] for row in rows]


@st.composite
def patterns(draw, network):
    return [draw(st.integers(0, count - 1)) for count in by_fractions.piece_counts(network)]


@examples(150)
@given(small, st.data())
def test_at_a_point_of_the_pattern_the_map_is_the_network(network, data):
    point = data.draw(strategies.rational_points(network.input_dim))
    found = affine_map(network, by_fractions.pattern(network, point))
    assert applied(table(found), point) == by_fractions.output(network, point)


@examples(150)
@given(small, st.data())
def test_differences_beside_a_point_are_those_of_the_map(network, data):
    point = data.draw(strategies.rational_points(network.input_dim))
    direction = data.draw(strategies.directions(network.input_dim))
    beside = [x + STEP * d for x, d in zip(point, direction, strict=True)]
    rows = table(affine_map(network, by_fractions.pattern(network, beside)))
    before, after = by_fractions.output(network, point), by_fractions.output(network, beside)
    for row, old, new in zip(rows, before, after, strict=True):
        assert new - old == STEP * by_fractions.dot(row[:-1], direction)


@examples(100)
@given(small | wild, st.data())
def test_for_any_pattern_the_map_is_the_product_of_the_layers(network, data):
    pattern = data.draw(patterns(network))
    assert table(affine_map(network, pattern)) == by_fractions.forms(network, pattern)[1]


@examples(100)
@given(small | wild, st.data())
def test_forms_with_bounds_enclose_the_exact_forms(network, data):
    pattern = np.array(data.draw(patterns(network)), dtype=np.uint8)
    dim = network.input_dim
    outputs = [Enclosure.exact(np.eye(dim, dim + 1))]
    before, last = by_fractions.forms(network, pattern.tolist())
    for layer, pieces, exact in zip(network.layers, layer_pieces(network, pattern), before, strict=True):
        found = row_forms(layer, outputs)
        assert_encloses(found, exact)
        outputs.append(layer.units.forms_on_pieces(found[:, None], pieces[:, None])[:, 0])
    assert_encloses(outputs[-1], last)


def assert_encloses(found, exact):
    signs = found.sign()
    assert found.value.shape == found.error.shape == (len(exact), len(exact[0]))
    for (i, j), value in np.ndenumerate(found.value):
        if np.isfinite(value) and np.isfinite(found.error[i, j]):
            assert abs(Fraction(value) - exact[i][j]) <= Fraction(found.error[i, j])
        assert signs[i, j] in (2, by_fractions.sign(exact[i][j]))


@examples(60)
@given(small | wild, st.data())
def test_maps_of_many_patterns_at_once_enclose_the_exact_maps(network, data):
    chosen = data.draw(st.lists(patterns(network), min_size=0, max_size=3))
    found = enclosed_maps(network, np.array(chosen, dtype=np.uint8).reshape(len(chosen), network.n_units))
    assert found.value.shape == (len(chosen), network.output_dim, network.input_dim + 1)
    for number, pattern in enumerate(chosen):
        assert_encloses(found[number], by_fractions.forms(network, pattern)[1])


@examples(60)
@given(small | wild, st.data())
def test_rows_of_many_patterns_at_once_enclose_the_exact_ones(network, data):
    chosen = data.draw(st.lists(patterns(network), min_size=1, max_size=3))
    exact = [by_fractions.forms(network, pattern) for pattern in chosen]
    found = list(enclosed_forms(network, np.array(chosen, dtype=np.uint8).reshape(len(chosen), network.n_units)))
    assert len(found) == len(network.layers) + 1
    for number, (before, last) in enumerate(exact):
        for forms, rows in zip(found, [*before, last], strict=True):
            assert_encloses(forms[:, number], rows)


@examples(100)
@given(small | wild, st.data())
def test_switches_of_a_pattern_as_exact_forms(network, data):
    pattern = data.draw(patterns(network))
    forms = RegionForms(network, pattern)
    found = [[to_fraction(x) for x in forms.switch(switch)] for switch in range(network.n_switches)]
    assert found == by_fractions.switch_forms(network, pattern)


def test_rows_at_several_points_at_once():
    """The bias belongs to the last column: the others are derivatives."""
    exact = ExactLayers(two_units)
    found = exact.rows(1, [exact.input_forms(), rational_matrix([[1.0, 2.0], [3.0, 4.0]])])
    assert nearest_floats(found).tolist() == [[4.0, 6.5]]


@examples(60)
@given(strategies.integer_networks(skips=True, sparse=True), st.data())
def test_sparse_weights_give_the_same_rows(network, data):
    pattern = data.draw(patterns(network))
    layers = [
        Layer(np.array(by_fractions.fractions(layer.weights), dtype=float), layer.bias, layer.activation, layer.sources)
        for layer in network.layers
    ]
    dense = Network(tuple(layers), network.input_dim)
    assert affine_map(network, pattern) == affine_map(dense, pattern)


def test_small_integers_do_not_blur():
    layer = Layer([[1.0, -1.0], [2.0, -2.0]], [0.0, 0.0], Activation.relu(), (0,))
    forms = row_forms(layer, [Enclosure.exact(np.eye(2, 3))])
    assert forms.value.tolist() == [[1.0, -1.0, 0.0], [2.0, -2.0, 0.0]]
    assert forms.sign().tolist() == [[1, -1, 0], [1, -1, 0]]
    off = layer.units.forms_on_pieces(forms[:, None], np.array([[1], [0]]))
    assert off[:, 0].sign().tolist() == [[1, -1, 0], [0, 0, 0]]


def test_patterns_are_split_by_layers():
    kinds = [Activation.relu6(), Activation.identity(), Activation.relu(), Activation.identity()]
    network = Network.from_arrays(
        [np.ones((2, 1)), np.ones((3, 2)), np.ones((1, 3)), [[1.0]]], [[0] * 2, [0] * 3, [0], [0]], kinds
    )
    assert [part.tolist() for part in layer_pieces(network, np.array([2, 1, 1]))] == [[2, 1], [0, 0, 0], [1], [0]]


def test_a_map_in_floats():
    found = AffineMap(rational_matrix([[0.5, 2.0, 1.0], [0.0, -1.0, 0.25]]))
    assert found.matrix.tolist() == [[0.5, 2.0], [0.0, -1.0]]
    assert found.offset.tolist() == [1.0, 0.25]
    assert found([1.0, 1.0]).tolist() == [3.5, -0.75]
    assert found([[[1.0, 1.0]], [[0.0, 0.0]]]).tolist() == [[[3.5, -0.75]], [[1.0, 0.25]]]


def test_entries_are_rounded_once():
    third = AffineMap(rational_matrix([[Fraction(1, 3), Fraction(10**30 + 1)]]))
    assert third.matrix.tolist() == [[1 / 3]]
    assert third.offset.tolist() == [1e30]


def test_equal_if_and_only_if_the_same_map():
    one = AffineMap(rational_matrix([[1.0, 2.0]]))
    same = AffineMap(rational_matrix([[Fraction(3, 3), Fraction(4, 2)]]))
    near = AffineMap(rational_matrix([[1.0, Fraction(2) + Fraction(1, 10**40)]]))
    assert one == same
    assert hash(one) == hash(same)
    assert one != near
    assert len({one, same, near}) == 2
    assert one != AffineMap(rational_matrix([[1.0, 2.0], [0.0, 0.0]]))
    assert one != AffineMap(rational_matrix([[1.0], [2.0]]))
    assert one != rational(1)


def test_a_network_without_units_has_one_map():
    network = Network.from_arrays([[[1.0, 2.0]], [[3.0]]], [[4.0], [5.0]], ["identity", "identity"])
    for pattern in ([], (), np.zeros(0, dtype=np.uint8)):
        assert table(affine_map(network, pattern)) == [[3, 6, 17]]


two_units = Network.from_arrays([[[1.0], [-1.0]], [[1.0, 1.0]]], [[0.0, 0.0], [0.5]])


def test_patterns_may_be_whole_numbers_of_any_type():
    for pattern in ([0, 1], (False, True), np.array([0, 1], dtype=np.uint8), np.array([False, True])):
        assert table(affine_map(two_units, pattern)) == [[-1, Fraction(1, 2)]]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ([0], "2 whole numbers, got shape"),
        ([0, 1, 1], "2 whole numbers, got shape"),
        ([[0, 1]], "2 whole numbers, got shape"),
        (1, "2 whole numbers, got shape"),
        ([], "2 whole numbers, got shape"),
        ([0.0, 1.0], "of dtype float64"),
        (["0", "1"], "of dtype <U1"),
        ([None, 1], "of dtype object"),
        ([[0], [1, 1]], "2 whole numbers"),
        ([0, 2], r"lie in 0\.\.1"),
        ([-1, 0], r"lie in 0\.\.1"),
        (np.array([0, 255], dtype=np.uint8), r"lie in 0\.\.1"),
    ],
)
def test_patterns_of_another_network_are_refused(pattern, message):
    with pytest.raises(DimensionMismatch, match=message):
        affine_map(two_units, pattern)


def test_units_of_one_layer_have_their_own_numbers_of_pieces():
    kinds = (Activation.relu6(), Activation.identity())
    network = Network.from_arrays(
        [[[1.0], [2.0]], np.eye(2)], [[0.0, 0.5], [0.0, 0.0]], [kinds, Maximum([(0, 1), (1,)])]
    )
    assert table(affine_map(network, [2, 0, 1, 0])) == [[2, Fraction(1, 2)]] * 2
    assert table(affine_map(network, [2, 0, 0, 0])) == [[0, 6], [2, Fraction(1, 2)]]
    for pattern in ([0, 1, 0, 0], [3, 0, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]):
        with pytest.raises(DimensionMismatch, match="lie in"):
            affine_map(network, pattern)


def test_each_unit_has_its_own_number_of_pieces():
    mixed = Network.from_arrays([[[1.0]], [[1.0]]], [[0.0], [0.0]], ["relu6", "relu"])
    assert table(affine_map(mixed, [2, 1])) == [[0, 6]]
    with pytest.raises(DimensionMismatch, match="lie in"):
        affine_map(mixed, [1, 2])
