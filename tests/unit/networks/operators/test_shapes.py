from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tensors import values

from polyregions import operators
from polyregions.errors import InvalidNetwork
from polyregions.networks.tensor import Tensor, inputs

SHAPE = (1, 2, 3, 4)
IMAGE = np.arange(24.0).reshape(SHAPE) + 1.0

SAME_AS_NUMPY: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "reshape": (lambda x: operators.reshape(x, (2, -1)), lambda a: a.reshape(2, -1)),
    "reshape to nothing left": (lambda x: operators.reshape(x, (24,)), lambda a: a.ravel()),
    "transpose": (lambda x: operators.transpose(x, (0, 2, 3, 1)), lambda a: a.transpose(0, 2, 3, 1)),
    "transpose negative": (lambda x: operators.transpose(x, (0, -1, 1, 2)), lambda a: a.transpose(0, -1, 1, 2)),
    "transpose all": (operators.transpose, lambda a: a.T),
    "concatenate": (
        lambda x: operators.concatenate([x, operators.negate(x), x], 2),
        lambda a: np.concatenate([a, -a, a], 2),
    ),
    "concatenate a constant": (
        lambda x: operators.concatenate([np.ones((1, 1, 3, 4)), x], -3),
        lambda a: np.concatenate([np.ones((1, 1, 3, 4)), a], 1),
    ),
    "pad": (
        lambda x: operators.pad(x, [(0, 0), (1, 0), (0, 2), (3, 1)], -2.5),
        lambda a: np.pad(a, [(0, 0), (1, 0), (0, 2), (3, 1)], constant_values=-2.5),
    ),
    "pad and cut": (
        lambda x: operators.pad(x, [(0, 0), (-1, 0), (2, -1), (-1, -2)]),
        lambda a: np.pad(a, [(0, 0), (0, 0), (2, 0), (0, 0)])[:, 1:, :-1, 1:-2],
    ),
    "pad after cutting everything": (
        lambda x: operators.pad(x, [(0, 0), (-2, 3), (0, 0), (0, 0)], 1.0),
        lambda a: np.ones((1, 3, 3, 4)),
    ),
    "slice": (
        lambda x: operators.slice_(x, (slice(None), 1, slice(None, None, -1), slice(0, 3, 2))),
        lambda a: a[:, 1, ::-1, 0:3:2],
    ),
    "slice by places": (
        lambda x: operators.slice_(x, (0, ..., None, np.array([3, 0, 3]))),
        lambda a: a[0, ..., None, [3, 0, 3]],
    ),
    "squeeze": (lambda x: operators.squeeze(x, 0), lambda a: a.squeeze(0)),
    "squeeze all": (lambda x: operators.squeeze(operators.unsqueeze(x, (0, -1))), lambda a: a.squeeze()),
    "unsqueeze": (lambda x: operators.unsqueeze(x, (0, -2)), lambda a: np.expand_dims(a, (0, -2))),
    "unsqueeze one": (lambda x: operators.unsqueeze(x, -1), lambda a: a[..., None]),
    "broadcast": (
        lambda x: operators.broadcast(operators.slice_(x, (..., slice(1))), (2, 2, 3, 5)),
        lambda a: np.broadcast_to(a[..., :1], (2, 2, 3, 5)),
    ),
    "broadcast nothing": (lambda x: operators.broadcast(x, list(SHAPE)), lambda a: a),
    "gather": (lambda x: operators.gather(x, [[0, -1], [1, 1]], 2), lambda a: np.take(a, [[0, -1], [1, 1]], 2)),
    "gather one": (lambda x: operators.gather(x, 1, -1), lambda a: a[..., 1]),
}


@pytest.mark.parametrize("name", SAME_AS_NUMPY)
def test_numpy(name: str) -> None:
    ours, theirs = SAME_AS_NUMPY[name]
    (x,) = inputs(SHAPE)
    result, expected = ours(x), theirs(IMAGE)
    assert result.shape == expected.shape
    assert (values(result, IMAGE) == expected).all()
    assert not x.construction.layers


@given(arrays.basic_indices(SHAPE, allow_newaxis=True, allow_ellipsis=True))
def test_every_index_of_numpy(index: Any) -> None:
    (x,) = inputs(SHAPE)
    expected = IMAGE[index]
    result = operators.slice_(x, index)
    assert result.shape == expected.shape
    assert result.select(result.numbers()).weights.indices.tolist() == (expected.ravel() - 1).astype(int).tolist()


@pytest.mark.parametrize("start", range(-4, 4))
@pytest.mark.parametrize("end", range(-4, 4))
def test_flatten(start: int, end: int) -> None:
    (x,) = inputs(SHAPE)
    if start % 4 > end % 4:
        with pytest.raises(InvalidNetwork, match="axes in order"):
            operators.flatten(x, start, end)
        return
    torch = pytest.importorskip("torch")
    assert operators.flatten(x, start, end).shape == tuple(torch.from_numpy(IMAGE).flatten(start, end).shape)


def test_flatten_leaves_the_batch() -> None:
    (x,) = inputs(SHAPE)
    assert operators.flatten(x).shape == (1, 24)
    assert operators.flatten(operators.slice_(x, (0, 0, 0, 0))).shape == (1,)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=5).filter(lambda sizes: sum(sizes) == 4), st.booleans())
def test_split(sizes: list[int], negative: bool) -> None:
    (x,) = inputs(SHAPE)
    parts = operators.split(x, sizes, -1 if negative else 3)
    ends = np.cumsum([0, *sizes])
    expected = [IMAGE[..., a:b] for a, b in pairwise(ends)]
    assert [part.shape for part in parts] == [part.shape for part in expected]
    for part, truth in zip(parts, expected, strict=True):
        if part.size:
            assert (values(part, IMAGE) == truth).all()


def test_parts_put_together() -> None:
    (x,) = inputs(SHAPE)
    together = operators.concatenate(operators.split(x, [1, 2, 1], 3), 3)
    assert (values(together, IMAGE) == IMAGE).all()


REFUSED: dict[str, tuple[Callable[[Tensor], Any], str]] = {
    "reshape": (lambda x: operators.reshape(x, (5, 5)), r"shape \(1, 2, 3, 4\) cannot get the shape \(5, 5\)"),
    "transpose": (lambda x: operators.transpose(x, (0, 1)), r"transpose of shape .* cannot take the axes \(0, 1\)"),
    "transpose repeated": (lambda x: operators.transpose(x, (0, 1, 1, 2)), "repeated"),
    "concatenate shapes": (
        lambda x: operators.concatenate([x, operators.slice_(x, (slice(None), slice(1)))], 2),
        r"axis 2 does not fit the shapes \(1, 2, 3, 4\), \(1, 1, 3, 4\)",
    ),
    "concatenate axis": (lambda x: operators.concatenate([x, x], 4), "axis 4"),
    "concatenate constants": (lambda x: operators.concatenate([[1.0], [2.0]], 0), "at least one tensor"),
    "concatenate nothing": (lambda x: operators.concatenate([], 0), "at least one tensor, got 0"),
    "split": (lambda x: operators.split(x, [1, 2], 3), r"add up to 4, the length of axis 3, got \[1, 2\]"),
    "split negative": (lambda x: operators.split(x, [5, -1], 3), "add up to 4"),
    "split axis": (lambda x: operators.split(x, [4], 4), r"4 axes lie in -4\.\.3, got"),
    "pad": (lambda x: operators.pad(x, [(1, 1)]), "one pair of widths for each of 4 axes, got 1"),
    "pad too little": (lambda x: operators.pad(x, [(0, 0), (-1, -2), (0, 0), (0, 0)]), "cannot cut"),
    "pad infinite": (lambda x: operators.pad(x, [(0, 1)] * 4, np.inf), "finite"),
    "slice": (lambda x: operators.slice_(x, (0, 0, 3)), "cannot be indexed"),
    "slice float": (lambda x: operators.slice_(x, 0.5), "cannot be indexed"),
    "squeeze": (lambda x: operators.squeeze(x, (0, 1)), "axes of size 1"),
    "squeeze axis": (lambda x: operators.squeeze(x, 5), "lie in"),
    "squeeze twice": (lambda x: operators.squeeze(x, (0, -4)), "different"),
    "unsqueeze": (lambda x: operators.unsqueeze(x, 5), "lie in"),
    "unsqueeze twice": (lambda x: operators.unsqueeze(x, (0, 0)), "different"),
    "broadcast": (lambda x: operators.broadcast(x, (3, 3, 4)), r"cannot be broadcast to \(3, 3, 4\)"),
    "gather": (lambda x: operators.gather(x, [3], 2), "cannot take these places along axis 2"),
    "gather floats": (lambda x: operators.gather(x, [0.0], 2), "integer places"),
    "gather axis": (lambda x: operators.gather(x, [0], 4), "axis 4"),
    "axis float": (lambda x: operators.squeeze(x, (0.0,)), "lie in"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    call, message = REFUSED[name]
    (x,) = inputs(SHAPE)
    with pytest.raises(InvalidNetwork, match=message):
        call(x)
