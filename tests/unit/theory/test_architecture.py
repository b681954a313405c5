"""Shapes of networks: which numbers are taken, and what follows from them."""

from __future__ import annotations

import numpy as np
import pytest

import polyregions as pr
from polyregions.errors import InvalidNetwork, UnsupportedLayer


def test_numbers_of_numpy_become_numbers_of_python() -> None:
    """Powers of the latter do not overflow."""
    shape = pr.Architecture(np.int64(20), np.array([100, 30]), np.int32(2))  # type: ignore[arg-type]
    assert shape == pr.Architecture(20, (100, 30), 2)
    assert [type(number) for number in (shape.input_dim, *shape.widths, shape.output_dim)] == [int] * 4
    assert pr.theory.bounds.predicted_regions(shape) > 0


@pytest.mark.parametrize("widths", [[4], (4,), 4, iter([4])])
def test_ways_to_give_widths(widths: object) -> None:
    shape = pr.Architecture(3, widths)  # type: ignore[arg-type]
    assert shape.widths == (4,)
    assert shape.shapes == ((4, 3), (1, 4))


def test_equal_shapes_are_equal() -> None:
    shape = pr.Architecture(2, [3, 3], activation="relu")
    assert shape == pr.Architecture(2, (3, 3))
    assert hash(shape) == hash(pr.Architecture(2, (3, 3)))
    assert shape != pr.Architecture(2, (3, 3), activation="abs")


def test_any_activation_with_a_breakpoint() -> None:
    kind = pr.Activation((-1.0, 0.5), (0.0, 2.0, -1.0), 0.25)
    assert pr.Architecture(2, (3,), activation=kind).units is kind
    assert pr.Architecture(2, (3,), activation="hard_tanh(-2,2)").units == pr.Activation.hard_tanh(-2.0, 2.0)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ((2, 3.0), InvalidNetwork),
        ((2, "33"), InvalidNetwork),
        ((2, None), InvalidNetwork),
        ((2.0, (3,)), InvalidNetwork),
        ((2, (3, -1)), InvalidNetwork),
        ((2, (3,), 1, None), InvalidNetwork),
        ((2, (3,), 1, np.tanh), InvalidNetwork),
        ((2, (3,), 1, pr.Activation.identity()), InvalidNetwork),
        ((2, (3,), 1, "tanh"), UnsupportedLayer),
    ],
)
def test_what_is_no_shape(given: tuple[object, ...], error: type[Exception]) -> None:
    with pytest.raises(error):
        pr.Architecture(*given)  # type: ignore[arg-type]
