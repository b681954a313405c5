from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import wild_floats
from tensors import exact_values, integers, values

from polyregions import operators
from polyregions.errors import InvalidNetwork
from polyregions.networks.tensor import inputs

torch = pytest.importorskip("torch")
CONV = {1: torch.nn.functional.conv1d, 2: torch.nn.functional.conv2d, 3: torch.nn.functional.conv3d}


@st.composite
def convolutions(draw: st.DrawFn) -> dict[str, object]:
    axes = draw(st.sampled_from((1, 2, 2, 2, 3)))

    def each(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.lists(st.integers(low, high), min_size=axes, max_size=axes)))

    groups = draw(st.integers(1, 3))
    return {
        "sizes": each(1, 6 if axes < 3 else 4),
        "kernel": each(1, 3),
        "stride": each(1, 3),
        "padding": each(0, 2),
        "dilation": each(1, 2),
        "groups": groups,
        "depth": draw(st.integers(1, 2)),
        "outputs": groups * draw(st.integers(1, 2)),
        "biased": draw(st.booleans()),
    }


@given(convolutions(), st.integers(0, 2**32 - 1))
def test_torch(case: dict[str, object], seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes, kernel, groups, depth = case["sizes"], case["kernel"], case["groups"], case["depth"]
    image = integers(rng, 1, groups * depth, *sizes)
    weights = integers(rng, case["outputs"], depth, *kernel)
    bias = integers(rng, case["outputs"]) if case["biased"] else None
    options = {name: case[name] for name in ("stride", "padding", "dilation", "groups")}
    (x,) = inputs(image.shape)
    tensors = [None if a is None else torch.from_numpy(a) for a in (image, weights, bias)]
    fits = all(
        n + 2 * p > d * (k - 1) for n, p, k, d in zip(sizes, case["padding"], kernel, case["dilation"], strict=True)
    )
    if not fits:
        with pytest.raises(InvalidNetwork, match="does not fit into"):
            operators.conv(x, weights, bias, **options)
        return
    expected = CONV[len(sizes)](*tensors, **options).numpy()
    result = operators.conv(x, weights, bias, **options)
    assert result.shape == expected.shape
    assert (values(result, image) == expected).all()


def test_padding_that_differs_between_the_sides() -> None:
    rng = np.random.default_rng(1)
    image, weights = integers(rng, 1, 2, 5, 6), integers(rng, 3, 2, 3, 2)
    (x,) = inputs(image.shape)
    padded = torch.nn.functional.pad(torch.from_numpy(image), (0, 2, 3, 1))
    expected = torch.nn.functional.conv2d(padded, torch.from_numpy(weights), stride=(2, 1)).numpy()
    result = operators.conv(x, weights, stride=(2, 1), padding=[(3, 1), (0, 2)])
    assert (values(result, image) == expected).all()


def test_one_number_stands_for_all_axes() -> None:
    image, weights = np.ones((1, 1, 7, 7)), np.ones((1, 1, 2, 2))
    (x,) = inputs(image.shape)
    several = operators.conv(x, weights, stride=(2, 2), padding=[(1, 1), (1, 1)], dilation=(2, 2))
    for padding in (1, (1,), (1, 1), [(1, 1)]):
        one = operators.conv(x, weights, stride=2, padding=padding, dilation=(2,))
        assert (values(one, image) == values(several, image)).all()


@given(st.data())
def test_exactness(data: st.DataObject) -> None:
    """Floats of every size: exactly the sum of the products."""
    numbers = st.lists(wild_floats(), min_size=7, max_size=7).map(lambda xs: [Fraction(x) for x in xs])
    *weights, bias = data.draw(numbers)
    image = data.draw(st.lists(st.fractions(-3, 3, max_denominator=9), min_size=8, max_size=8))
    (x,) = inputs((1, 2, 4))
    y = operators.conv(x, np.array(weights, dtype=float).reshape(1, 2, 3), [float(bias)], padding=1)
    expected = []
    for place in range(4):
        terms = [
            weights[3 * channel + k] * image[4 * channel + place + k - 1]
            for channel in range(2)
            for k in range(3)
            if 0 <= place + k - 1 < 4
        ]
        expected.append(sum(terms) + bias)
    assert exact_values(y, image).ravel().tolist() == expected


def test_weights_are_sparse_and_the_stored_ones() -> None:
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((4, 2, 3, 3)).astype(np.float32)
    (x,) = inputs((1, 2, 12, 12))
    (layer,) = operators.conv(x, weights).network().layers
    assert layer.weights.nnz == 4 * 10 * 10 * 2 * 9
    assert set(layer.weights.data.tolist()) == set(weights.astype(float).ravel().tolist())


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((2, 1, 4, 4), {}, r"one image of shape \(1, channels, \.\.\.\), got shape \(2, 1, 4, 4\)"),
        ((1, 4), {}, "one image"),
        ((1, 1, 4), {}, r"3 dimension\(s\), got shape \(1, 1, 3, 3\)"),
        ((1, 2, 4, 4), {}, r"2 channels in 1 groups needs weights .* got shape \(1, 1, 3, 3\)"),
        ((1, 2, 4, 4), {"groups": 2}, "2 channels in 2 groups"),
        ((1, 1, 4, 4), {"groups": 0}, "in 0 groups"),
        ((1, 1, 2, 4), {}, r"window of 3 \(dilation 1\) does not fit into 2 pixels with padding \(0, 0\)"),
        ((1, 1, 4, 4), {"bias": [1.0, 2.0]}, "conv to 1 channels needs a bias of that length, got 2"),
        ((1, 1, 4, 4), {"stride": 0}, "stride must be an integer from 1, or 2 of them, got 0"),
        ((1, 1, 4, 4), {"stride": (1, 2, 3)}, "stride must be"),
        ((1, 1, 4, 4), {"dilation": 1.5}, "dilation must be"),
        ((1, 1, 4, 4), {"padding": -1}, "padding must be an integer from 0"),
        ((1, 1, 4, 4), {"padding": (1, 2, 3)}, "padding must be"),
        ((1, 1, 4, 4), {"padding": [(1, 2, 3), (1, 2, 3)]}, r"or 2 pairs \(before, after\)"),
        ((1, 1, 4, 4), {"padding": "same"}, "padding must be"),
    ],
)
def test_refusals(shape: tuple[int, ...], options: dict[str, object], message: str) -> None:
    (x,) = inputs(shape)
    with pytest.raises(InvalidNetwork, match=message):
        operators.conv(x, np.ones((1, 1, 3, 3)), **options)
