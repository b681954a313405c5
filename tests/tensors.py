"""What tensors are worth at a point, in the shape of the tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions import evaluate_exactly
from polyregions.networks.tensor import Tensor


def values(y: Tensor, *xs: ArrayLike) -> NDArray[np.float64]:
    """In floats, by the network."""
    point = np.concatenate([np.ravel(x) for x in xs])
    return y.network()(point).reshape(y.shape)


def exact_values(y: Tensor, point: Sequence[Any]) -> NDArray[np.object_]:
    """In fractions."""
    return as_objects(evaluate_exactly(y.network(), list(point))).reshape(y.shape)


def as_objects(numbers: Sequence[Any]) -> NDArray[np.object_]:
    result = np.empty(len(numbers), dtype=object)
    result[:] = list(numbers)
    return result


def integers(rng: np.random.Generator, *shape: int, bound: int = 9) -> NDArray[np.float64]:
    """Small integers as floats: sums of their products round nothing, so results may be compared for equality."""
    return rng.integers(-bound, bound + 1, shape).astype(float)
