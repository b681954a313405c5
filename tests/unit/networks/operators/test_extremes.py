from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from strategies import rational_points, wild_floats
from tensors import exact_values, integers, values

from polyregions import Activation, Maximum, operators
from polyregions.errors import InvalidNetwork
from polyregions.networks.tensor import Tensor, inputs

seeds = st.integers(0, 2**32 - 1)


@given(arrays.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3), seeds)
def test_broadcasting(shapes: arrays.BroadcastableShapes, seed: int) -> None:
    """Tensors and constants in every combination."""
    rng = np.random.default_rng(seed)
    points = [integers(rng, *shape) for shape in shapes.input_shapes]
    for constants in range(8):
        tensors = inputs(*shapes.input_shapes)
        mixed = [a if constants >> k & 1 else x for k, (x, a) in enumerate(zip(tensors, points, strict=True))]
        if constants == 7:
            continue
        largest, smallest = operators.maximum(*mixed), operators.minimum(*mixed)
        assert largest.shape == smallest.shape == shapes.result_shape
        assert (values(largest, *points) == np.maximum(np.maximum(points[0], points[1]), points[2])).all()
        assert (values(smallest, *points) == np.minimum(np.minimum(points[0], points[1]), points[2])).all()


@given(st.lists(wild_floats(), min_size=1, max_size=3), wild_floats(), rational_points(1))
def test_exactness(constants: list[float], factor: float, point: list[Fraction]) -> None:
    (x,) = inputs((1, 1))
    scaled = x.scaled(factor)
    numbers = [point[0] * Fraction(factor), *map(Fraction, constants)]
    assert exact_values(operators.maximum(scaled, *constants), point).item() == max(numbers)
    assert exact_values(operators.minimum(*constants, scaled), point).item() == min(numbers)
    assert exact_values(operators.maximum(x, *constants, scaled), point).item() == max([*numbers, point[0]])
    assert exact_values(operators.minimum(x, *constants, scaled), point).item() == min([*numbers, point[0]])


def test_a_tensor_and_a_constant_make_an_activation() -> None:
    (x,) = inputs((1, 2))
    for y, expected in (
        (operators.maximum(x, 0.0), Activation.relu()),
        (operators.maximum(1.0, x, 2.0), Activation.clamp(low=2.0)),
        (operators.minimum(x, [6.0]), Activation.clamp(high=6.0)),
        (operators.maximum(x, [0.0, 1.0]), (Activation.relu(), Activation.clamp(low=1.0))),
    ):
        (layer,) = y.network().layers
        assert layer.activation == expected


def test_tensors_make_a_maximum() -> None:
    x, y = inputs((1, 2), (1, 2))
    (layer,) = operators.maximum(x, y).network().layers
    assert layer.activation == Maximum([(0, 2), (1, 3)])


def test_one_tensor_is_its_own_maximum() -> None:
    (x,) = inputs((1, 2))
    assert operators.maximum(x) is operators.minimum(x) is x


@pytest.mark.parametrize("axes", [None, 0, 2, -1, (1, 2), (2, 0), (0, 1, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_along_axes(axes: Any, keepdims: bool) -> None:
    point = integers(np.random.default_rng(0), 2, 3, 4)
    (x,) = inputs(point.shape)
    largest, smallest = operators.max_along(x, axes, keepdims), operators.min_along(x, axes, keepdims)
    expected = point.max(axis=axes, keepdims=keepdims)
    assert largest.shape == smallest.shape == expected.shape
    assert (values(largest, point) == expected).all()
    assert (values(smallest, point) == point.min(axis=axes, keepdims=keepdims)).all()


def grouped_and_sorted(point: np.ndarray, size: int, axis: int) -> np.ndarray:
    moved = np.moveaxis(point, axis, -1)
    ordered = np.sort(moved.reshape(*moved.shape[:-1], -1, size), axis=-1)
    return np.moveaxis(ordered.reshape(moved.shape), -1, axis)


@pytest.mark.parametrize("size", range(1, 13))
def test_every_zero_one_sequence_is_sorted(size: int) -> None:
    """Then every sequence is, for comparators know nothing but order (Knuth's zero-one principle)."""
    (x,) = inputs((1, size))
    network = operators.group_sort(x, size).network()
    sequences = (np.arange(2**size)[:, None] >> np.arange(size) & 1).astype(float)
    assert (network(sequences) == np.sort(sequences, axis=1)).all()


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    st.integers(0, 2),
    st.integers(1, 5),
    st.booleans(),
    seeds,
)
def test_groups_along_an_axis(shape: list[int], axis: int, size: int, negative: bool, seed: int) -> None:
    place = axis % len(shape)
    shape[place] *= size
    point = integers(np.random.default_rng(seed), *shape)
    (x,) = inputs(shape)
    result = operators.group_sort(x, size, place - len(shape) if negative else place)
    assert result.shape == tuple(shape)
    assert (values(result, point) == grouped_and_sorted(point, size, place)).all()


@given(st.lists(wild_floats(), min_size=5, max_size=5), st.lists(wild_floats(), min_size=5, max_size=5))
def test_sorting_rounds_nothing(factors: list[float], offsets: list[float]) -> None:
    (x,) = inputs((1, 1))
    point = Fraction(1, 3)
    y = operators.group_sort(operators.linear(x, np.array(factors)[:, None], offsets), 5)
    numbers = [point * Fraction(a) + Fraction(b) for a, b in zip(factors, offsets, strict=True)]
    assert exact_values(y, [point]).ravel().tolist() == sorted(numbers)


def test_comparators_are_relus() -> None:
    (x,) = inputs((1, 6))
    layers = operators.group_sort(x, 2).network().layers
    assert [(layer.width, layer.kind) for layer in layers] == [(3, "relu"), (6, "identity")]


REFUSED: dict[str, tuple[Callable[[Tensor], Any], str]] = {
    "maximum shapes": (lambda x: operators.maximum(x, [1.0, 2.0]), r"maximum needs shapes .* got \(1, 3\), \(2,\)"),
    "minimum shapes": (lambda x: operators.minimum([1.0, 2.0], x), "minimum needs shapes"),
    "maximum constants": (lambda x: operators.maximum(1.0, 2.0), "at least one tensor, got 2 constants"),
    "minimum nothing": (lambda x: operators.minimum(), "at least one tensor, got 0 constants"),
    "maximum infinite": (lambda x: operators.maximum(x, np.inf), "a constant of maximum must be finite"),
    "minimum NaN": (lambda x: operators.minimum(x, x, np.nan), "a constant of minimum must be finite"),
    "along": (lambda x: operators.max_along(x, 2), "lie in"),
    "sort size": (lambda x: operators.group_sort(x, 2), "divides 3, the length of axis 1, got 2"),
    "sort nothing": (lambda x: operators.group_sort(x, 0), "got 0"),
    "sort axis": (lambda x: operators.group_sort(x, 3, 2), "lie in"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    call, message = REFUSED[name]
    (x,) = inputs((1, 3))
    with pytest.raises(InvalidNetwork, match=message):
        call(x)
