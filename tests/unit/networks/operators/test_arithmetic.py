from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from strategies import wild_floats
from tensors import exact_values, integers, values

from polyregions import operators
from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks.tensor import Tensor, inputs

BROADCAST = arrays.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3)
seeds = st.integers(0, 2**32 - 1)


@given(BROADCAST, seeds)
def test_broadcasting(shapes: arrays.BroadcastableShapes, seed: int) -> None:
    """Tensors and constants of any shapes that numpy broadcasts."""
    rng = np.random.default_rng(seed)
    (first, second), expected = shapes.input_shapes, shapes.result_shape
    a, b = integers(rng, *first), integers(rng, *second)
    x, y = inputs(first, second)
    cases = [
        (operators.add(x, y), a + b),
        (operators.add(x, b), a + b),
        (operators.add(a, y), a + b),
        (operators.subtract(x, y), a - b),
        (operators.subtract(x, b), a - b),
        (operators.subtract(a, y), a - b),
        (operators.multiply(x, b), a * b),
        (operators.multiply(a, y), a * b),
    ]
    for result, truth in cases:
        assert result.shape == expected
        assert (values(result, a, b) == truth).all()
    assert not x.construction.layers


@given(wild_floats(), wild_floats(), st.fractions(-3, 3, max_denominator=9))
def test_exactness(a: float, b: float, point: Fraction) -> None:
    (x,) = inputs((1, 1))
    cases = [
        (operators.add(operators.multiply(x, a), b), point * Fraction(a) + Fraction(b)),
        (operators.multiply(operators.add(x, a), b), (point + Fraction(a)) * Fraction(b)),
        (operators.subtract(operators.subtract(x, a), b), point - Fraction(a) - Fraction(b)),
        (operators.multiply(operators.multiply(x, a), b), point * Fraction(a) * Fraction(b)),
        (
            operators.add(operators.multiply(x, a), operators.multiply(x, b)),
            point * (Fraction(a) + Fraction(b)),
        ),
        (operators.linear(operators.linear(x, [[a], [b]]), [[a, b]], [b]), None),
    ]
    for result, truth in cases:
        expected = truth
        if expected is None:
            expected = point * (Fraction(a) ** 2 + Fraction(b) ** 2) + Fraction(b)
        assert exact_values(result, [point]).ravel().tolist() == [expected]


def test_division_by_powers_of_two_is_exact() -> None:
    (x,) = inputs((1, 3))
    point = [Fraction(1, 3)] * 3
    result = operators.divide(x, [4.0, -0.5, 2.0**-1000])
    assert exact_values(result, point).ravel().tolist() == [Fraction(1, 12), Fraction(-2, 3), Fraction(2**1000, 3)]


@given(st.floats(1e-300, 1e300))
def test_other_reciprocals_are_rounded_once(divisor: float) -> None:
    (x,) = inputs((1, 1))
    (factor,) = exact_values(operators.divide(x, -divisor), [Fraction(1)]).ravel().tolist()
    exact = -1 / Fraction(divisor)
    assert factor == Fraction(float(exact))  # Python rounds quotients of integers correctly


def test_negation() -> None:
    (x,) = inputs((2,))
    assert values(operators.negate(x), [1.0, -2.0]).tolist() == [-1.0, 2.0]
    assert not x.construction.layers


@pytest.mark.parametrize("shape", [(1, 4), (4,), (1, 3, 4), (2, 3, 4)])
@pytest.mark.parametrize("biased", [False, True])
def test_linear(shape: tuple[int, ...], biased: bool) -> None:
    rng = np.random.default_rng(0)
    point, weights = integers(rng, *shape), integers(rng, 5, 4).astype(np.float32)
    bias = integers(rng, 5) if biased else None
    (x,) = inputs(shape)
    result = operators.linear(x, weights, bias)
    expected = point @ weights.T + (bias if biased else 0.0)
    assert result.shape == expected.shape
    assert (values(result, point) == expected).all()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((4,), (4,)),
        ((4,), (4, 3)),
        ((2, 4), (4,)),
        ((1, 4), (4, 3)),
        ((5, 2, 4), (4, 3)),
        ((2, 4), (5, 4, 3)),
        ((5, 1, 2, 4), (6, 4, 3)),
        ((4,), (5, 4, 3)),
        ((5, 2, 4), (4,)),
        ((1, 1), (1, 1)),
    ],
)
def test_matmul(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    a, b = integers(rng, *first), integers(rng, *second)
    x, y = inputs(first, second)
    for result in (operators.matmul(x, b), operators.matmul(a, y)):
        assert result.shape == (a @ b).shape
        assert (values(result, a, b) == a @ b).all()


@pytest.mark.parametrize("axes", [None, 0, 2, -1, (1, 2), (2, 0), (0, 1, 2), ()])
@pytest.mark.parametrize("keepdims", [False, True])
def test_sums(axes: Any, keepdims: bool) -> None:
    point = integers(np.random.default_rng(0), 2, 3, 4)
    (x,) = inputs(point.shape)
    total, mean = operators.total(x, axes, keepdims), operators.mean(x, axes, keepdims)
    expected = point.sum(axis=axes, keepdims=keepdims)
    assert total.shape == mean.shape == expected.shape
    assert (values(total, point) == expected).all()
    np.testing.assert_allclose(values(mean, point), point.mean(axis=axes, keepdims=keepdims), rtol=1e-14, atol=1e-15)


def test_means_are_sums_times_the_float_nearest_to_the_reciprocal() -> None:
    (x,) = inputs((1, 7))
    point = [Fraction(k, k + 1) for k in range(7)]
    assert exact_values(operators.mean(x), point).item() == sum(point) * Fraction(1 / 7)


REFUSED: dict[str, tuple[Callable[[Tensor], Any], str]] = {
    "add shapes": (lambda x: operators.add(x, np.ones(4)), r"add needs shapes that fit together, got \(2, 3\), \(4,\)"),
    "add constants": (lambda x: operators.add(1.0, 2.0), "add needs at least one tensor, got two constants"),
    "add NaN": (lambda x: operators.add(x, np.nan), "a constant of add must be finite"),
    "add words": (lambda x: operators.add(x, "one"), "a constant of add must be an array of real numbers"),
    "subtract shapes": (lambda x: operators.subtract(np.ones(4), x), "add needs shapes"),
    "multiply shapes": (lambda x: operators.multiply(np.ones(4), x), "multiply needs shapes"),
    "multiply constants": (lambda x: operators.multiply(1.0, 2.0), "multiply needs at least one tensor"),
    "divide by zero": (lambda x: operators.divide(x, [1.0, 0.0, 2.0]), r"reciprocals are floats, got 0\.0"),
    "divide by almost zero": (lambda x: operators.divide(x, 5e-324), "got 5e-324"),
    "divide by NaN": (lambda x: operators.divide(x, np.nan), "finite"),
    "linear": (lambda x: operators.linear(x, np.ones((3, 2))), r"shape \(2, 3\), got weights of shape \(3, 2\)"),
    "linear weights": (lambda x: operators.linear(x, np.ones(3)), r"2 dimension\(s\), got shape \(3,\)"),
    "linear bias": (lambda x: operators.linear(x, np.ones((2, 3)), np.ones(3)), "2 outputs needs a bias"),
    "matmul": (lambda x: operators.matmul(x, np.ones((2, 3))), r"same length, got \(2, 3\) and \(2, 3\)"),
    "matmul batches": (lambda x: operators.matmul(x.reshape((2, 1, 3)), np.ones((3, 3, 1))), "matmul needs shapes"),
    "matmul scalars": (lambda x: operators.matmul(x, 2.0), r"at least one axis, got the shapes \(2, 3\) and \(\)"),
    "matmul constants": (lambda x: operators.matmul([1.0], [2.0]), "matmul needs at least one tensor"),
    "sum": (lambda x: operators.total(x, 2), "lie in"),
    "mean": (lambda x: operators.mean(x, (0, 0)), "different"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    call, message = REFUSED[name]
    (x,) = inputs((2, 3))
    with pytest.raises(InvalidNetwork, match=message):
        call(x)


def test_products_of_tensors_are_refused_as_not_piecewise_linear() -> None:
    (x,) = inputs((2, 2))
    for call in (operators.multiply, operators.divide, operators.matmul):
        with pytest.raises(UnsupportedLayer, match="not piecewise linear"):
            call(x, x)
    with pytest.raises(UnsupportedLayer, match="not piecewise linear"):
        operators.divide(1.0, x)
