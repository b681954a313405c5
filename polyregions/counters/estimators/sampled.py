"""What estimators share: budgets, means of samples, random points in balls, and sizes that floats must hold."""

from __future__ import annotations

import math
from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from polyregions.errors import InvalidDomain
from polyregions.theory.estimate import Estimate

Floats = NDArray[np.float64]


def check_budget(budget: int) -> int:
    """Return a budget, or say what is wrong with it."""
    if not isinstance(budget, Integral) or budget < 1:
        raise ValueError(f"a budget is a whole number, 1 or more, got {budget!r}")
    return int(budget)


def mean(numbers: Floats) -> Estimate:
    """Return the mean of independent samples; a single one says nothing about its error.

    Examples
    --------
    >>> mean(np.array([1.0, 3.0])), mean(np.array([2.0])).error
    (Estimate(2.0 ± 1.0, 2 samples), inf)
    """
    return Estimate.of(numbers) if len(numbers) > 1 else Estimate(float(numbers[0]), math.inf, 1)


def points_in_ball(rng: np.random.Generator, count: int, dim: int) -> Floats:
    """Draw uniform points in the unit ball, shape (count, dim)."""
    directions = rng.standard_normal((count, dim))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return np.asarray(directions * rng.random((count, 1)) ** (1.0 / dim))


def checked_size(size: float, what: str) -> float:
    """Return the size of a domain, or of something around it, if floats hold it.

    Raises
    ------
    InvalidDomain
        It is 0 or infinite.
    """
    if not 0.0 < size < math.inf:
        raise InvalidDomain(f"floats do not hold {what}, got {size}; choose other units")
    return size
