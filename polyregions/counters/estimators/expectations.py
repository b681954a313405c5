"""What counters by uniform points find on average, and how that varies: from the volumes of all regions."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlog1py
from scipy.stats import binom

from polyregions.counters.estimators.sampled import check_budget

Floats = NDArray[np.float64]

CHUNK = 1 << 21
"""Pairs of regions that are looked at together: bounds the memory."""


def expected_distinct(volumes: ArrayLike, budget: int) -> float:
    """Return in how many regions uniform points lie, on average.

    Parameters
    ----------
    volumes : array_like, shape (M,)
        Of all regions: floats or fractions, as `region_volumes` returns them.
    budget : int
        The number n of points.

    Returns
    -------
    float
        ``sum(1 - (1 - p)^n)`` for the shares p of the volume; `expected_missed` is what lacks to M.

    Raises
    ------
    ValueError
        There are no volumes, or not all are positive; or the budget is not.

    Examples
    --------
    >>> expected_distinct([1, 1], 2), expected_distinct([3, 1], 2)
    (1.5, 1.375)
    """
    return float(-np.expm1(_log_missed(shares(volumes), budget)).sum())


def expected_missed(volumes: ArrayLike, budget: int) -> float:
    """Return how many regions hold none of some uniform points on average, ``sum((1 - p)^n)``.

    Parameters
    ----------
    volumes, budget
        As in `expected_distinct`, also the errors.

    Returns
    -------
    float

    Notes
    -----
    The probability that any region is missed is at most this, and about this if it is small.

    Examples
    --------
    >>> expected_missed([3, 1], 2)
    0.625
    """
    return float(np.exp(_log_missed(shares(volumes), budget)).sum())


def expected_recall(volumes: ArrayLike, budget: int) -> float:
    """Return which share of the number of regions uniform points find on average.

    Parameters
    ----------
    volumes, budget
        As in `expected_distinct`, also the errors.

    Returns
    -------
    float

    Examples
    --------
    >>> expected_recall([3, 1], 2)
    0.6875
    """
    return expected_distinct(volumes, budget) / len(shares(volumes))


def expected_coverage(volumes: ArrayLike, budget: int) -> float:
    """Return which share of the volume those regions have on average in which uniform points lie.

    Parameters
    ----------
    volumes, budget
        As in `expected_distinct`, also the errors.

    Returns
    -------
    float

    Notes
    -----
    It is ``sum(p (1 - (1 - p)^n))``, and by Good (1953) equal to ``1 - E[f1] / (n + 1)``, where f1 of the regions hold
    one of ``n + 1`` points.

    Examples
    --------
    >>> expected_coverage([3, 1], 2)
    0.8125
    """
    p = shares(volumes)
    return float(-(p * np.expm1(_log_missed(p, budget))).sum())


def expected_frequency(volumes: ArrayLike, budget: int, times: int) -> float:
    """Return how many regions hold exactly `times` of some uniform points, on average.

    Parameters
    ----------
    volumes, budget
        As in `expected_distinct`, also the errors.
    times : int
        1 for f1, 2 for f2 of the estimators of Chao and of Good and Turing.

    Returns
    -------
    float

    Examples
    --------
    >>> round(expected_frequency([3, 1], 2, 1), 12), round(expected_frequency([3, 1], 2, 2), 12)
    (0.75, 0.625)
    """
    return float(np.sum(binom.pmf(times, float(check_budget(budget)), shares(volumes))))


def variance_distinct(volumes: ArrayLike, budget: int) -> float:
    """Return the variance of the number of regions in which uniform points lie.

    Parameters
    ----------
    volumes, budget
        As in `expected_distinct`, also the errors.

    Returns
    -------
    float

    Notes
    -----
    With ``q = (1 - p)^n`` it is the sum of ``q (1 - q)``, and over all ordered pairs of ``(1 - p - p')^n - q q'``.  The
    latter is computed as ``q q' ((1 - o o')^n - 1)`` with the odds ``o = p / (1 - p)``, which does not cancel.  Two
    seconds for 12,000 regions, growing with the square of their number.

    Examples
    --------
    >>> variance_distinct([1, 1], 2)
    0.25
    """
    p = np.sort(shares(volumes))
    missed = np.exp(_log_missed(p, budget))
    with np.errstate(divide="ignore"):
        odds = p / (1.0 - p)
    pairs, step = 0.0, max(1, CHUNK // len(p))
    for start in range(0, len(p), step):
        rows = slice(start, start + step)
        both = np.minimum(odds[rows, None] * odds[start:], 1.0)
        terms = missed[rows, None] * missed[start:] * np.expm1(xlog1py(float(budget), -both))
        pairs += 2.0 * float(np.triu(terms, 1).sum())
    return max(float((missed * (1.0 - missed)).sum()) + pairs, 0.0)


def budget_for_coverage(volumes: ArrayLike, delta: float) -> int:
    """Return so many uniform points that they lie in all regions, with probability ``1 - delta`` at least.

    Parameters
    ----------
    volumes
        As in `expected_distinct`, also the errors.
    delta : float
        Between 0 and 1.

    Returns
    -------
    int
        The least n with ``M (1 - p)^n <= delta`` for the smallest share p, about ``ln(M / delta) / p``.

    Raises
    ------
    ValueError
        There is no such probability.

    Notes
    -----
    Enough by the union bound; fewer than ``ln(1 / delta) / -ln(1 - p)`` are not, for the smallest region alone.

    Examples
    --------
    >>> budget_for_coverage([3, 1], 0.05), round(expected_missed([3, 1], 13), 3)
    (13, 0.024)
    """
    if not 0.0 < delta < 1.0:
        raise ValueError(f"delta is a probability between 0 and 1, got {delta}")
    p = shares(volumes)
    return 1 if len(p) == 1 else max(1, math.ceil(math.log(len(p) / delta) / -math.log1p(-float(p.min()))))


def inverse_volume_variance(volumes: ArrayLike, budget: int) -> float:
    """Return the variance of `inverse_volume`, ``(sum(1 / p) - M^2) / n``.

    Parameters
    ----------
    volumes, budget
        As in `expected_distinct`, also the errors.

    Returns
    -------
    float

    Notes
    -----
    Computed as the mean of ``(1 / p - M)^2``, which does not cancel.

    Examples
    --------
    >>> inverse_volume_variance([3, 1], 100), inverse_volume_variance([1, 1, 1, 1], 1)
    (0.013333333333333334, 0.0)
    """
    p = shares(volumes)
    return float((p * (1.0 / p - len(p)) ** 2).sum()) / check_budget(budget)


def shares(volumes: ArrayLike) -> Floats:
    """Return which shares of the volume regions have, or say what is wrong with their volumes.

    Parameters
    ----------
    volumes
        As in `expected_distinct`, also the errors.

    Returns
    -------
    numpy.ndarray, shape (M,)

    Examples
    --------
    >>> shares([3, 1])
    array([0.75, 0.25])
    """
    sizes = np.asarray(volumes, dtype=np.float64)
    if sizes.ndim != 1 or not len(sizes) or not (sizes > 0.0).all() or not np.isfinite(sizes).all():
        raise ValueError("volumes are positive numbers in the range of floats, one for each region, at least one")
    return sizes / math.fsum(sizes.tolist())


def _log_missed(p: Floats, budget: int) -> Floats:
    """Return log((1 - p)^n)."""
    return np.asarray(xlog1py(float(check_budget(budget)), -p))
