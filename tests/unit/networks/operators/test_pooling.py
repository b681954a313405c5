from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensors import exact_values, integers, values

from polyregions import operators
from polyregions.errors import InvalidNetwork
from polyregions.networks.operators import extremes
from polyregions.networks.tensor import inputs

torch = pytest.importorskip("torch")
F = torch.nn.functional
MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVERAGE = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
ADAPTIVE_MAX = {1: F.adaptive_max_pool1d, 2: F.adaptive_max_pool2d, 3: F.adaptive_max_pool3d}
ADAPTIVE_AVERAGE = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}


@st.composite
def windows(draw: st.DrawFn, dilated: bool) -> dict[str, object]:
    """Padding up to half of the kernel, which is all that torch allows."""
    axes = draw(st.sampled_from((1, 2, 2, 2, 3)))
    kernel = draw(st.lists(st.integers(1, 4), min_size=axes, max_size=axes))
    dilation = [draw(st.integers(1, 3)) if dilated else 1 for _ in kernel]
    case: dict[str, object] = {
        "sizes": draw(st.lists(st.integers(1, 7 if axes < 3 else 5), min_size=axes, max_size=axes)),
        "kernel": kernel,
        "stride": draw(st.none() | st.lists(st.integers(1, 5), min_size=axes, max_size=axes)),
        "padding": [draw(st.integers(0, k // 2)) for k in kernel],
        "ceil_mode": draw(st.booleans()),
    }
    return case | ({"dilation": dilation} if dilated else {})


def same_as_torch(case: dict[str, object], ours: object, theirs: object, rng: np.random.Generator) -> None:
    """The same shape and numbers, or both refuse."""
    image = integers(rng, 1, 2, *case.pop("sizes"))
    (x,) = inputs(image.shape)
    kernel = case.pop("kernel")
    try:
        expected = theirs(torch.from_numpy(image), kernel, **torch_options(case)).numpy()
    except RuntimeError as error:
        if "smaller than kernel size" in str(error):  # avg_pool3d forgets the padding
            return
        expected = np.zeros(0)
    if not expected.size or not np.isfinite(expected).all():
        with pytest.raises(InvalidNetwork, match=r"does not fit|padding alone"):
            ours(x, kernel, **case)
        return
    result = ours(x, kernel, **case)
    assert result.shape == expected.shape
    np.testing.assert_allclose(values(result, image), expected, rtol=1e-14, atol=1e-13)


def torch_options(case: dict[str, object]) -> dict[str, object]:
    names = {"count_padding": "count_include_pad", "divisor": "divisor_override"}
    return {names.get(name, name): value for name, value in case.items()}


@given(windows(dilated=True), st.integers(0, 2**32 - 1))
def test_max_pool(case: dict[str, object], seed: int) -> None:
    same_as_torch(case, operators.max_pool, MAX[len(case["sizes"])], np.random.default_rng(seed))


@given(windows(dilated=False), st.booleans(), st.none() | st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_average_pool(case: dict[str, object], count_padding: bool, divisor: int | None, seed: int) -> None:
    axes = len(case["sizes"])
    more = {"count_padding": count_padding} | ({"divisor": divisor} if axes > 1 else {})
    same_as_torch(case | more, operators.average_pool, AVERAGE[axes], np.random.default_rng(seed))


@given(st.lists(st.tuples(st.integers(1, 7), st.integers(1, 9)), min_size=1, max_size=3), st.integers(0, 2**32 - 1))
def test_adaptive_pools(axes: list[tuple[int, int]], seed: int) -> None:
    sizes, wanted = zip(*axes, strict=True)
    image = integers(np.random.default_rng(seed), 1, 2, *sizes)
    (x,) = inputs(image.shape)
    average, largest = operators.adaptive_average_pool(x, wanted), operators.adaptive_max_pool(x, wanted)
    expected = ADAPTIVE_AVERAGE[len(axes)](torch.from_numpy(image), wanted).numpy()
    assert average.shape == largest.shape == expected.shape
    np.testing.assert_allclose(values(average, image), expected, rtol=1e-14, atol=1e-13)
    assert (values(largest, image) == ADAPTIVE_MAX[len(axes)](torch.from_numpy(image), wanted).numpy()).all()


def test_adaptive_sizes_that_stay() -> None:
    image = integers(np.random.default_rng(0), 1, 2, 4, 5)
    (x,) = inputs(image.shape)
    expected = F.adaptive_avg_pool2d(torch.from_numpy(image), (None, 2)).numpy()
    assert np.allclose(values(operators.adaptive_average_pool(x, (None, 2)), image), expected, rtol=1e-14)
    assert operators.adaptive_max_pool(x, None).shape == x.shape
    assert operators.adaptive_max_pool(x, 3).shape == (1, 2, 3, 3)


@pytest.mark.parametrize("sizes", [(5,), (3, 4), (2, 3, 2)])
def test_global_pools(sizes: tuple[int, ...]) -> None:
    image = integers(np.random.default_rng(0), 1, 3, *sizes)
    (x,) = inputs(image.shape)
    axes = tuple(range(2, image.ndim))
    average, largest = operators.global_average_pool(x), operators.global_max_pool(x)
    assert average.shape == largest.shape == (1, 3, *[1] * len(sizes))
    assert np.allclose(values(average, image), image.mean(axis=axes, keepdims=True), rtol=1e-14)
    assert (values(largest, image) == image.max(axis=axes, keepdims=True)).all()


def test_padding_that_differs_between_the_sides() -> None:
    image = integers(np.random.default_rng(0), 1, 2, 5, 6)
    (x,) = inputs(image.shape)
    sides, padding = (0, 2, 1, 0), [(1, 0), (0, 2)]
    high = F.max_pool2d(F.pad(torch.from_numpy(image), sides, value=-torch.inf), 3, 1).numpy()
    assert (values(operators.max_pool(x, 3, 1, padding), image) == high).all()
    zeros = F.avg_pool2d(F.pad(torch.from_numpy(image), sides), 4, 2)
    assert (values(operators.average_pool(x, 4, 2, padding), image) == zeros.numpy()).all()
    counts = F.avg_pool2d(F.pad(torch.ones(1, 2, 5, 6), sides), 4, 2)
    result = values(operators.average_pool(x, 4, 2, padding, count_padding=False), image)
    np.testing.assert_allclose(result, (zeros / counts).numpy(), rtol=1e-14)


def test_dilated_averages() -> None:
    image = integers(np.random.default_rng(0), 1, 1, 7)
    (x,) = inputs(image.shape)
    result = values(operators.average_pool(x, 2, 1, dilation=3), image)
    assert (result[0, 0] == (image[0, 0, :4] + image[0, 0, 3:]) / 2).all()


def test_averages_are_sums_times_the_float_nearest_to_the_reciprocal() -> None:
    (x,) = inputs((1, 1, 3))
    point = [Fraction(1, 3), Fraction(1, 7), Fraction(2)]
    for y in (operators.average_pool(x, 3), operators.global_average_pool(x), operators.adaptive_average_pool(x, 1)):
        assert exact_values(y, point).ravel().tolist() == [sum(point) * Fraction(1 / 3)]
    reaching_over = operators.average_pool(x, 2, 2, ceil_mode=True)
    assert exact_values(reaching_over, point).ravel().tolist() == [(point[0] + point[1]) / 2, 2]


def test_windows_with_too_many_entries_are_maxima_of_maxima(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extremes, "MOST_PIECES", 5)
    image = np.random.default_rng(0).standard_normal((1, 2, 6, 6))
    (x,) = inputs(image.shape)
    for y, size in ((operators.max_pool(x, 5, 1), 5), (operators.global_max_pool(x), 6)):
        layers = y.network().layers
        assert max(max(layer.units.n_pieces) for layer in layers) == 5
        assert len(layers) == (2 if size == 5 else 3)
        assert (values(y, image) == F.max_pool2d(torch.from_numpy(image), size, 1).numpy()).all()


def test_windows_of_one_entry_make_no_layer() -> None:
    (x,) = inputs((1, 1, 4))
    assert len(operators.max_pool(x, 1, 2).network().layers) == 1
    assert not x.construction.layers


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: operators.max_pool(x, 5), "window of 5 .* does not fit into 4"),
        (lambda x: operators.max_pool(x, (2, 2, 2)), "kernel must be an integer from 1, or 2 of them"),
        (lambda x: operators.max_pool(x, 0), "kernel must be"),
        (lambda x: operators.max_pool(x, 1, padding=2), "padding alone"),
        (lambda x: operators.average_pool(x, 1, padding=2, count_padding=False), "padding alone"),
        (lambda x: operators.average_pool(x, 2, divisor=0), "divisor"),
        (lambda x: operators.adaptive_max_pool(x, (1, 2, 3)), "2 axes needs one size for each"),
        (lambda x: operators.adaptive_average_pool(x, 0), "sizes of adaptive_average_pool must be an integer from 1"),
        (lambda x: operators.global_max_pool(x.reshape((1, 16))), "global_max_pool needs one image"),
        (lambda x: operators.max_pool(x.reshape((4, 1, 4)), 2), r"got shape \(4, 1, 4\)"),
    ],
)
def test_refusals(call: object, message: str) -> None:
    (x,) = inputs((1, 1, 4, 4))
    with pytest.raises(InvalidNetwork, match=message):
        call(x)
