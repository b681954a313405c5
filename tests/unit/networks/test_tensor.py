from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from by_fractions import activation_value
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from strategies import KINKED, rational_points, wild_arrays, wild_floats
from tensors import as_objects, exact_values, values

from polyregions import Activation
from polyregions.errors import InvalidNetwork
from polyregions.networks.tensor import Tensor, inputs, stacked

Numbers = Any
Step = Callable[[st.DataObject, list[tuple[Tensor, Numbers]]], tuple[Tensor, Numbers]]
"""A step takes tensors and what they are worth at a point, in fractions, and makes one more of each."""

simple_floats = st.integers(-3, 3).map(float) | st.sampled_from((0.5, -0.25))
some_floats = simple_floats | wild_floats()


def exactly(array: Any) -> Numbers:
    flat = [Fraction(x) for x in np.asarray(array, dtype=float).ravel().tolist()]
    return as_objects(flat).reshape(np.shape(array))


def drawn(data: st.DataObject, shape: tuple[int, ...]) -> np.ndarray:
    size = int(np.prod(shape))
    return np.array(data.draw(st.lists(some_floats, min_size=size, max_size=size)), dtype=float).reshape(shape)


def one_of(data: st.DataObject, made: list[tuple[Tensor, Numbers]]) -> tuple[Tensor, Numbers]:
    return data.draw(st.sampled_from(made[-3:]))


def select(data: st.DataObject, made: list[tuple[Tensor, Numbers]]) -> tuple[Tensor, Numbers]:
    x, worth = one_of(data, made)
    places = np.array(data.draw(st.lists(st.integers(-1, x.size - 1), min_size=1, max_size=4)))
    filler = data.draw(some_floats)
    return x.select(places, filler), as_objects([worth[k] if k >= 0 else Fraction(filler) for k in places.tolist()])


def affine(data: st.DataObject, made: list[tuple[Tensor, Numbers]]) -> tuple[Tensor, Numbers]:
    x, worth = one_of(data, made)
    weights, bias = drawn(data, (3, x.size)), drawn(data, (3,))
    matrix = csr_array(weights) if data.draw(st.booleans()) else weights
    return x.affine(matrix, bias), exactly(weights) @ worth + exactly(bias)


def scaled(data: st.DataObject, made: list[tuple[Tensor, Numbers]]) -> tuple[Tensor, Numbers]:
    x, worth = one_of(data, made)
    factors = drawn(data, data.draw(st.sampled_from(((), (x.size,)))))
    return x.scaled(factors), worth * exactly(factors)


def shifted(data: st.DataObject, made: list[tuple[Tensor, Numbers]]) -> tuple[Tensor, Numbers]:
    x, worth = one_of(data, made)
    offsets = drawn(data, data.draw(st.sampled_from(((), (x.size,)))))
    return x.shifted(offsets), worth + exactly(offsets)


def added(data: st.DataObject, made: list[tuple[Tensor, Numbers]]) -> tuple[Tensor, Numbers]:
    x, worth = one_of(data, made)
    others = [pair for pair in made if pair[0].size == x.size]
    y, other = data.draw(st.sampled_from(others))
    return (x + y, worth + other) if data.draw(st.booleans()) else (x - y, worth - other)


def together(data: st.DataObject, made: list[tuple[Tensor, Numbers]]) -> tuple[Tensor, Numbers]:
    parts = [one_of(data, made) for _ in range(2)]
    constant = drawn(data, (1,))
    return (
        stacked([*(x for x, _ in parts), parts[0][0].constant(constant)]),
        np.concatenate([*(worth for _, worth in parts), exactly(constant)]),
    )


def activated(data: st.DataObject, made: list[tuple[Tensor, Numbers]]) -> tuple[Tensor, Numbers]:
    x, worth = one_of(data, made)
    kinds = data.draw(st.lists(st.sampled_from((*KINKED, Activation.identity())), min_size=x.size, max_size=x.size))
    return x.activate(kinds), as_objects([activation_value(k, v) for k, v in zip(kinds, worth, strict=True)])


def largest(data: st.DataObject, made: list[tuple[Tensor, Numbers]]) -> tuple[Tensor, Numbers]:
    x, worth = one_of(data, made)
    group = st.lists(st.integers(0, x.size - 1), min_size=1, max_size=3, unique=True)
    groups = data.draw(st.lists(group, min_size=1, max_size=3))
    return x.maximum(groups), as_objects([max(worth[k] for k in group) for group in groups])


STEPS: tuple[Step, ...] = (select, affine, scaled, shifted, added, together, activated, largest)


@given(st.data(), st.lists(st.sampled_from(STEPS), min_size=1, max_size=7), rational_points(3))
def test_nothing_is_rounded(data: st.DataObject, steps: list[Step], point: list[Fraction]) -> None:
    """Whatever is done to tensors, the network computes exactly that, for floats of every size."""
    a, b = inputs((1,), (2,))
    made = [(a, as_objects(point[:1])), (b, as_objects(point[1:]))]
    for step in steps:
        made.append(step(data, made))
    x, worth = made[-1]
    assert x.size == len(worth)
    assert exact_values(x, point).tolist() == worth.tolist()
    assert exact_values(x.settled(), point).tolist() == worth.tolist()


@given(wild_arrays((2, 2)), wild_arrays((2, 2)).filter(np.any), wild_arrays((2,)))
def test_weights_are_those_given(first: np.ndarray, second: np.ndarray, bias: np.ndarray) -> None:
    """One affine map after another: both matrices are there, unchanged."""
    (x,) = inputs((2,))
    network = x.affine(first, bias).activate(Activation.absolute()).affine(second, bias).network()
    dense = [np.asarray(w.toarray() if isinstance(w, csr_array) else w) for w in (y.weights for y in network.layers)]
    assert [w.tolist() for w in dense] == [first.tolist(), second.tolist()]
    assert [layer.bias.tolist() for layer in network.layers] == [bias.tolist(), bias.tolist()]


def widths(x: Tensor) -> list[int]:
    return [layer.width for layer in x.network().layers]


class TestLayers:
    """Layers are made only where they are needed."""

    def test_exact_steps_share_a_layer(self) -> None:
        (x,) = inputs((1, 3))
        y = (-x.scaled(0.5)).affine([[0.1, 0.2, 0.3]], [1.0]).shifted(2.0)
        assert widths(y.activate(Activation.relu())) == [1]

    def test_inexact_steps_do_not(self) -> None:
        (x,) = inputs((1, 1))
        assert widths(x.scaled(0.1).scaled(0.1)) == [1, 1]
        assert widths(x.shifted(0.1).shifted(1e20)) == [1, 1]
        assert widths(x.affine([[0.1]], [0.0]) + x.affine([[1e20]], [0.0])) == [1, 1]
        assert widths(x.affine([[0.1]], [1.0]).affine([[2.0]], [0.0])) == [1, 1]

    def test_repeated_entries(self) -> None:
        (x,) = inputs((2,))
        twice = x.select(np.array([0, 1, 0, 1]))
        assert widths(twice.scaled([0.1, 0.2, 0.3, 0.4])) == [4]
        assert widths(twice.affine([[0.1, 0.0, 0.0, 0.2], [0.0, 0.1, 0.3, 0.0]], [0.0, 0.0])) == [2]
        assert widths(twice.affine([[0.1, 0.0, 0.2, 0.0]], [0.0])) == [4, 1]

    def test_a_settled_tensor_is_settled_once(self) -> None:
        (x,) = inputs((2,))
        y = x.shifted(0.1)
        assert y.settled() is y.settled()
        assert y.settled().settled() is y.settled()
        assert widths(y.scaled(3.0) + y.scaled(5.0)) == [2, 2]

    def test_layers_that_do_not_matter_are_left_out(self) -> None:
        (x,) = inputs((2,))
        relu = x.activate(Activation.relu())
        relu.scaled(3.0).activate(Activation.absolute())
        other = x.activate(Activation.relu6())
        both = stacked([relu, other])
        last = both.select(np.array([2, 3]))
        assert [layer.kind for layer in last.network().layers] == ["relu6"]
        assert [layer.kind for layer in last.scaled(2.0).activate(Activation.relu()).network().layers] == [
            "relu6",
            "relu",
        ]

    def test_a_layer_that_is_the_output_is_the_last(self) -> None:
        (x,) = inputs((2,))
        y = x.activate(Activation.relu())
        assert widths(y) == [2]
        assert widths(y.select(np.array([1, 0]))) == [2, 2]
        assert widths(y.select(np.array([0]))) == [2, 1]
        assert widths(x) == [2]

    def test_constants(self) -> None:
        a, b = inputs((1,), (2,))
        constant = b.activate(Activation.relu()).constant([[1.0, 2.0]])
        assert values(constant, [0.0], [1.0, 1.0]).tolist() == [[1.0, 2.0]]
        assert widths(a.select(np.array([-1, -1]), 5.0)) == [2]

    def test_identity_makes_no_layer(self) -> None:
        (x,) = inputs((2,))
        assert x.activate(Activation.identity()) is x
        assert x.activate([Activation.clamp(), Activation.leaky_relu(1.0)]) is x

    @pytest.mark.parametrize(("weights", "sparse"), [(np.ones((4, 4)), False), (np.eye(4), True)])
    def test_full_weights_are_stored_dense(self, weights: np.ndarray, sparse: bool) -> None:
        (x,) = inputs((4,))
        for given_weights in (weights, csr_array(weights)):
            layer = x.affine(given_weights, np.zeros(4)).activate(Activation.relu()).network().layers[0]
            assert isinstance(layer.weights, csr_array) == sparse


def test_given_arrays_are_not_changed() -> None:
    (x,) = inputs((2,))
    weights = csr_array((np.array([0.0, 1.0]), np.array([0, 1]), np.array([0, 2])), (1, 2))
    x.affine(weights, [0.0])
    assert weights.nnz == 2
    y = x.affine([[1.0, 2.0]], [0.0])
    y.scaled(0.0)
    assert y.weights.nnz == 2


def test_several_inputs_are_concatenated() -> None:
    a, b = inputs((2, 2), (1,))
    assert (a.shape, b.shape) == ((2, 2), (1,))
    assert values(stacked([b, a]), [[1.0, 2.0], [3.0, 4.0]], [5.0]).tolist() == [5.0, 1.0, 2.0, 3.0, 4.0]


def test_scalars() -> None:
    (x,) = inputs((2,))
    total = x.affine([[1.0, 1.0]], [0.0], ())
    assert total.shape == ()
    assert x.maximum([(0, 1)], ()).shape == ()
    assert values(total.scaled(3.0).activate(Activation.relu()), [1.0, 2.0]) == 9.0


def test_wrong_shapes() -> None:
    (x,) = inputs((2, 3))
    for shape in ((4,), (-1, -1), (-1, 4), (2.5,)):
        with pytest.raises(InvalidNetwork, match=r"shape \(2, 3\) cannot get the shape"):
            x.reshape(shape)  # type: ignore[arg-type]
    with pytest.raises(InvalidNetwork, match=r"\(1, 6\).*got \(1, 5\) and 1"):
        x.affine(np.ones((1, 5)), [0.0])
    with pytest.raises(InvalidNetwork, match=r"shape \(2,\) needs weights of shape \(2, 6\)"):
        x.affine(np.ones((1, 6)), [0.0], (2,))
    with pytest.raises(InvalidNetwork, match=r"factors of shape \(2,\) do not fit a tensor of shape \(2, 3\)"):
        x.scaled([1.0, 2.0])
    with pytest.raises(InvalidNetwork, match=r"offsets of shape \(4, 2, 3\)"):
        x.shifted(np.ones((4, 2, 3)))
    with pytest.raises(InvalidNetwork, match=r"activations of shape \(2,\)"):
        x.activate([Activation.relu()] * 2)
    with pytest.raises(InvalidNetwork, match="same shape"):
        x + x.reshape((3, 2))
    with pytest.raises(InvalidNetwork, match="1 groups cannot get the shape"):
        x.maximum([(0, 1)], (2,))


def test_wrong_numbers() -> None:
    (x,) = inputs((2,))
    for places in ([2], [-2]):
        with pytest.raises(InvalidNetwork, match="numbered from 0"):
            x.select(np.array(places))
        with pytest.raises(InvalidNetwork, match="maximum"):
            x.maximum([places])
    with pytest.raises(InvalidNetwork, match="finite"):
        x.select(np.array([-1]), np.inf)
    with pytest.raises(InvalidNetwork, match="float64 can hold"):
        x.scaled(2**53 + 1)
    with pytest.raises(InvalidNetwork, match="real numbers"):
        x.constant(["a"])


def test_inputs_need_entries() -> None:
    for shapes in ((), ((0,),), ((2,), (1, 0)), ((-1, -2),)):
        with pytest.raises(InvalidNetwork, match="at least one entry"):
            inputs(*shapes)


def test_two_networks_do_not_mix() -> None:
    (x,), (y,) = inputs((2,)), inputs((2,))
    with pytest.raises(InvalidNetwork, match="same network"):
        x + y
    with pytest.raises(InvalidNetwork, match="same network"):
        stacked([x, y])
