"""The largest gradient norm: the exact Lipschitz constant of a network on K."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.arithmetic import Enclosure, Rational, RationalMatrix, rational, rational_matrix, scaled_floats
from polyregions.arithmetic.enclosure import QUIET, TINY, UNIT, gamma
from polyregions.enumeration import Regions
from polyregions.geometry.nearest import Norm, check_norm, dual, lengths
from polyregions.measures.measure import Measure
from polyregions.queries.distances import as_distance
from polyregions.queries.extremes import Source, all_regions, enclosed_functionals, functional

Floats = NDArray[np.float64]

LOOSE = 1e-9
"""Matrices whose largest singular value floats enclose less tightly than this, relatively, come from rationals."""


@dataclass(frozen=True, slots=True)
class Lipschitz:
    """How fast a network changes at most, and where.

    Attributes
    ----------
    constant : Measure
    region : int
        Where the gradient is largest; where floats do not tell, one where it may be.
    """

    constant: Measure
    region: int


def lipschitz_constant(source: Source, objective: ArrayLike | int | None = None, *, norm: Norm = 2) -> Lipschitz:
    """Return the Lipschitz constant of a network on K: the largest norm of its gradient on a region.

    Parameters
    ----------
    source : Regions or PolyhedralComplex
    objective : int or array_like, shape (outputs,), optional
        Which output, or factors of all outputs.  Left out, all outputs together.
    norm : {1, 2, math.inf}
        In which inputs, and several outputs, are measured: the gradient of one output then in the dual norm, the
        Jacobian of several in the operator norm.

    Returns
    -------
    Lipschitz
        Exact, but for several outputs in the 2-norm: there the constant is the root of a polynomial, and enclosed.

    Raises
    ------
    LimitReached
        Not all regions are known.
    DimensionMismatch
        The objective does not fit the outputs.
    ValueError
        There is no such norm here.

    Notes
    -----
    K is convex, so the constant is the supremum over K of the norm of the Jacobian, which is constant on regions.
    Floats with error bounds rule out most regions; the others are compared in rationals.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[3.0, -4.0]]], [[0.0, 0.0], [0.0]])
    >>> regions = pr.enumerate_regions(net, pr.Polytope.box(-1, 1, dim=2))
    >>> pr.lipschitz_constant(regions)
    Lipschitz(constant=Measure(5.0, exactly 5), region=3)
    >>> pr.lipschitz_constant(regions, norm=np.inf).constant
    Measure(7.0, exactly 7)
    """
    regions, order = all_regions(source), check_norm(norm)
    count = regions.network.output_dim
    factors = np.eye(count) if objective is None else functional(regions.network, objective)[None]
    jacobians = enclosed_functionals(regions, factors)[:, :, :-1]
    if len(factors) == 1:
        low, high = _enclosed_lengths(jacobians[:, 0], dual(order))
        return _largest(regions, factors, low, high, lambda rows: _power(rows[0], dual(order)), dual(order))
    if order == 2:
        low, high = _spectral_norms(jacobians)
        for region in np.flatnonzero((high >= low.max()) & ~(high <= (1.0 + LOOSE) * low)).tolist():
            low[region], high[region] = _scaled_spectral_norm(regions.affine_map(region).exact)
        best = int(np.argmax(high))
        lower, upper = float(low.max()), float(high.max())
        middle = float(0.5 * low[best] + 0.5 * high[best])
        exact = Fraction(lower) if lower == upper < np.inf else None
        return Lipschitz(Measure(min(max(middle, lower), upper), lower, upper, exact), best)
    if order == 1:  # the largest 1-norm of a column
        flipped = Enclosure(jacobians.value.swapaxes(1, 2), jacobians.error.swapaxes(1, 2))
        low, high = _enclosed_lengths(flipped, 1.0)
        return _largest(regions, factors, low.max(axis=1), high.max(axis=1), _column_sum, 1.0)
    low, high = _enclosed_lengths(jacobians, 1.0)
    return _largest(regions, factors, low.max(axis=1), high.max(axis=1), _row_sum, 1.0)


def _row_sum(rows: list[list[Rational]]) -> Rational:
    return max(_power(row, 1.0) for row in rows)


def _column_sum(rows: list[list[Rational]]) -> Rational:
    return max(_power(column, 1.0) for column in zip(*rows, strict=True))


def _power(vector: list[Rational] | tuple[Rational, ...], norm: float) -> Rational:
    """Return the norm of a vector; the square of the 2-norm."""
    if norm == 2:
        return sum((x * x for x in vector), rational(0))
    return sum((abs(x) for x in vector), rational(0)) if norm == 1 else max(abs(x) for x in vector)


@QUIET
def _enclosed_lengths(vectors: Enclosure, norm: float) -> tuple[Floats, Floats]:
    """Return bounds of the lengths of vectors that are known with errors."""
    least, most = lengths(vectors.value, norm)
    _, doubt = lengths(vectors.error, norm)
    low, high = (least - doubt).clip(min=0.0) * (1.0 - gamma(2)), (most + doubt) * (1.0 + gamma(2))
    unknown = ~(np.isfinite(low) & np.isfinite(high))
    low[unknown], high[unknown] = 0.0, np.inf
    return low, high


def _largest(
    regions: Regions,
    factors: Floats,
    low: Floats,
    high: Floats,
    power: Callable[[list[list[Rational]]], Rational],
    norm: float,
) -> Lipschitz:
    """Return the exact largest of numbers of which bounds are known."""
    limit, best = float(low.max()), (rational(-1), -1)
    matrix = rational_matrix(factors)
    for region in np.argsort(-high, kind="stable").tolist():
        if high[region] < limit or (best[1] >= 0 and _at_most(float(high[region]), best[0], norm)):
            break
        exact = matrix * regions.affine_map(region).exact
        found = power([row[:-1] for row in exact.tolist()])
        if found > best[0]:
            best = found, region
    return Lipschitz(Measure.of(as_distance(best[0], norm)), best[1])


def _at_most(bound: float, power: Rational, norm: float) -> bool:
    """Tell whether a bound is not above an exact number, or its square root in the 2-norm."""
    if not np.isfinite(bound):
        return False
    exact = rational(bound)
    return bool((exact * exact if norm == 2 else exact) <= power)


@QUIET
def _spectral_norms(jacobians: Enclosure) -> tuple[Floats, Floats]:
    """Return bounds of the largest singular values of matrices, shape (R, m, n).

    The square of the largest one of A is the largest eigenvalue of A A^T.  For float eigenvectors Q and eigenvalues L
    it is at most ``max L |Q^T Q| + |A A^T - Q L Q^T|`` (Weyl), with all roundings counted; and A's is off by at most
    the length of the matrix of its errors.
    """
    value, (m, n) = jacobians.value, jacobians.value.shape[1:]
    largest = np.maximum(np.maximum(np.abs(value), jacobians.error).max(axis=(1, 2)), TINY)
    finite = largest < 2.0**1022
    scale = np.ldexp(1.0, np.frexp(np.where(finite, largest, 1.0))[1])
    matrix = np.where(finite[:, None, None], value / scale[:, None, None], 0.0)
    gram = matrix @ matrix.swapaxes(1, 2)
    values, vectors = np.linalg.eigh(gram)
    again = (vectors * values[:, None, :]) @ vectors.swapaxes(1, 2)
    rounding = gamma(2 * m + n + 16) * m * n  # entries of the matrix are at most 1
    residual = np.linalg.norm(gram - again, axis=(1, 2)) + rounding
    skew = np.linalg.norm(vectors.swapaxes(1, 2) @ vectors - np.eye(m), axis=(1, 2)) + rounding
    top = np.abs(values).max(axis=1)
    high = np.sqrt(top * (1.0 + skew) + residual) * (1.0 + gamma(8))
    low = np.sqrt((top * (1.0 - skew) - residual).clip(min=0.0)) * (1.0 - gamma(8))
    doubt = np.sqrt(np.square(jacobians.error / scale[:, None, None]).sum(axis=(1, 2))) * (1.0 + gamma(m * n + 8))
    low, high = (low - doubt - TINY).clip(min=0.0) * scale, (high + doubt + TINY) * scale
    return np.where(finite, low, 0.0), np.where(finite, high, np.inf)


def _scaled_spectral_norm(exact: RationalMatrix) -> tuple[float, float]:
    """Return bounds of the largest singular value of a map that floats hardly hold."""
    rows = [row[:-1] for row in exact.tolist()]
    floats, exponent = scaled_floats([entry for row in rows for entry in row])
    if not floats.any():
        return 0.0, 0.0
    value = floats.reshape(1, len(rows), -1)
    low, high = _spectral_norms(Enclosure(value, np.full(value.shape, 2.0 * UNIT)))
    with np.errstate(over="ignore", under="ignore"):
        low, high = np.ldexp(low, exponent), np.ldexp(high, exponent)
    return float(np.nextafter(low[0], 0.0)), float(np.nextafter(high[0], np.inf))
