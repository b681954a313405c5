from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import wild_floats
from tensors import exact_values, values

from polyregions import operators
from polyregions.errors import InvalidNetwork
from polyregions.networks.operators.normalisation import nearest_quotient
from polyregions.networks.tensor import inputs


def is_nearest(number: float, scale: float, total: Fraction) -> bool:
    """Whether no float is nearer to scale / sqrt(total): compare squares with those of the midpoints beside it."""
    square = Fraction(scale) ** 2 / total
    if number == 0.0:
        return square <= Fraction(5e-324) ** 2 / 4
    size = abs(number)
    below = Fraction(float(np.nextafter(size, 0.0)))
    above = float(np.nextafter(size, np.inf))
    upper = Fraction(above) if np.isfinite(above) else Fraction(2) ** 1024
    here = Fraction(size)
    return ((here + below) / 2) ** 2 <= square <= ((here + upper) / 2) ** 2 and (number > 0) == (scale > 0)


@given(wild_floats(), wild_floats(nonnegative=True), wild_floats(nonnegative=True))
@example(1.0, 2.0, 0.0)
@example(5e-324, 4.0, 0.0)
@example(5e-324, 4.0, 5e-324)
@example(1.0, 5e-324, 0.0)
@example(-3.0, 9.0, 0.0)
def test_the_constant_is_rounded_once(scale: float, variance: float, eps: float) -> None:
    total = Fraction(variance) + Fraction(eps)
    try:
        number = nearest_quotient(scale, variance, eps)
    except InvalidNetwork:
        assert total == 0 or Fraction(scale) ** 2 >= total * Fraction(2**1024 - 2**970) ** 2
        return
    assert is_nearest(number, scale, total)


@given(st.integers(2**52, 2**53 - 1), st.integers(-1000, 900), st.integers(-3, 3))
def test_near_ties(digits: int, exponent: int, beside: int) -> None:
    """Variances whose inverse roots lie next to the middle between two floats."""
    middle = Fraction(2 * digits + 1) * Fraction(2) ** (exponent // 3 - 1)
    variance = float(1 / middle**2)
    for _ in range(abs(beside)):
        variance = float(np.nextafter(variance, np.inf if beside > 0 else 0.0))
    if 0.0 < variance < np.inf:
        assert is_nearest(nearest_quotient(1.0, variance, 0.0), 1.0, Fraction(variance))


def test_ties_go_to_the_even_float() -> None:
    """A square root of rationals may be exactly half way between two floats."""
    assert nearest_quotient(3 * 5e-324, 4.0, 0.0) == 2 * 5e-324
    assert nearest_quotient(5 * 5e-324, 4.0, 0.0) == 2 * 5e-324
    assert nearest_quotient(-5e-324, 4.0, 0.0) == 0.0


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.floats(1e-6, 1e-2))
def test_decimal(scale: float, variance: float, eps: float) -> None:
    with localcontext() as context:
        context.prec = 100
        expected = float(Decimal(scale) / (Decimal(variance) + Decimal(eps)).sqrt())
    assert nearest_quotient(scale, variance, eps) == expected


@given(st.data())
def test_exactness(data: st.DataObject) -> None:
    """Exactly (x - mean) * constant + shift."""
    mean, scale, shift = (data.draw(wild_floats()) for _ in range(3))
    variance = data.draw(st.floats(0.0, 1e6))
    scale = scale if abs(scale) < 1e300 else 1.0
    (x,) = inputs((1, 1))
    point = Fraction(1, 3)
    result = operators.batch_norm(x, [mean], [variance], [scale], [shift], eps=1e-3)
    constant = Fraction(nearest_quotient(scale, variance, 1e-3))
    assert exact_values(result, [point]).item() == (point - Fraction(mean)) * constant + Fraction(shift)


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 4), (1, 3, 4, 5), (1, 3, 2, 2, 2)])
@pytest.mark.parametrize("affine", [False, True])
def test_torch(shape: tuple[int, ...], affine: bool) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    image, mean, variance = rng.standard_normal(shape), rng.standard_normal(3), rng.random(3)
    scale, shift = (rng.standard_normal(3), rng.standard_normal(3)) if affine else (None, None)
    tensors = [None if a is None else torch.from_numpy(a) for a in (image, mean, variance, scale, shift)]
    expected = torch.nn.functional.batch_norm(*tensors, eps=1e-3).numpy()
    (x,) = inputs(shape)
    result = operators.batch_norm(x, mean, variance, scale, shift, eps=1e-3)
    assert result.shape == expected.shape
    np.testing.assert_allclose(values(result, image), expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("axis", [3, -1])
def test_channels_may_be_on_another_axis(axis: int) -> None:
    rng = np.random.default_rng(0)
    image, mean, variance = rng.standard_normal((1, 2, 2, 3)), rng.standard_normal(3), rng.random(3)
    (x,) = inputs(image.shape)
    result = operators.batch_norm(x, mean, variance, axis=axis)
    np.testing.assert_allclose(values(result, image), (image - mean) / np.sqrt(variance + 1e-5), rtol=1e-13)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"variance": [1.0, -1.0]}, r"positive variance \+ eps, got -1\.0 \+ 1e-05"),
        ({"variance": [1.0, 0.0], "eps": 0.0}, r"got 0\.0 \+ 0\.0"),
        ({"mean": [1.0]}, "2 channels needs a mean of that length, got 1"),
        ({"variance": [1.0] * 3}, "needs a variance of that length, got 3"),
        ({"scale": [1.0] * 3}, "needs a scale of that length"),
        ({"shift": [1.0] * 3}, "needs a shift of that length"),
        ({"shift": [[1.0, 2.0]]}, r"the shift of batch_norm must have 1 dimension\(s\)"),
        ({"mean": [np.nan, 0.0]}, "the mean of batch_norm must be finite"),
        ({"eps": np.inf}, "the eps of batch_norm must be finite"),
        ({"eps": [1.0]}, "the eps of batch_norm must have 0"),
        ({"axis": 2}, "lie in"),
        ({"scale": [1e300, 1.0], "variance": [5e-324, 1.0], "eps": 0.0}, "floats can hold"),
    ],
)
def test_refusals(options: dict[str, object], message: str) -> None:
    (x,) = inputs((1, 2))
    with pytest.raises(InvalidNetwork, match=message):
        operators.batch_norm(x, **({"mean": [0.0, 0.0], "variance": [1.0, 1.0]} | options))
