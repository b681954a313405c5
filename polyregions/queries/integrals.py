"""The integral and the mean of a network over its domain K, exactly or with rigorous bounds.

On a face f of dimension k the network is affine, and f consists of the pyramids over its facets F that do not contain
its apex a, with their tips there (see `polyregions.measures.face_volumes`).  The mean of an affine function g on such a
pyramid is ``(k * mean on F + g(a)) / (k + 1)``, and the mean on f is that of its pyramids, weighted by their volumes.
Outputs are continuous, so that their values at the vertices say all.

Every mean is an average of values at vertices: where a face is so thin that the weights are lost in their error bounds,
the mean still lies among those that it is an average of.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Enclosure, Rational, nearest_float, rational, to_fraction
from polyregions.arithmetic.enclosure import QUIET, TINY, gamma
from polyregions.complexes import PolyhedralComplex
from polyregions.errors import DimensionMismatch
from polyregions.measures.exact import ExactVectors
from polyregions.measures.face_volumes import Pyramids, apexes, oriented_sums, runs_of_faces
from polyregions.measures.measure import Measure
from polyregions.networks.evaluate import ExactEvaluation

Floats = NDArray[np.float64]
Bounds = tuple[Fraction | None, Fraction | None]
"""Between which rationals a number lies; None where that is not known."""


def integral(complex_: PolyhedralComplex, *, exact: bool = False) -> list[Measure]:
    """Return the integral of every output over the domain K.

    Parameters
    ----------
    complex_ : PolyhedralComplex
    exact : bool
        Compute the integrals exactly: they are rational.

    Returns
    -------
    list of Measure, length output_dim
        Value and bounds are negative where the integral is.

    Raises
    ------
    DimensionMismatch
        This is no `PolyhedralComplex`.

    Notes
    -----
    The `mean` times the exact volume of K; it costs the same.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0], [-1.0]], [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])  # |x|
    >>> integral(pr.build_complex(net, pr.Polytope.box(-1, 1, dim=1)), exact=True)
    [Measure(1.0, exactly 1)]
    """
    means = _means(complex_, exact)
    volume = complex_.domain.volume
    return [_measure(*(None if bound is None else bound * volume for bound in bounds)) for bounds in means]


def mean(complex_: PolyhedralComplex, *, exact: bool = False) -> list[Measure]:
    """Return the mean of every output over the domain K: its integral divided by the volume of K.

    Parameters
    ----------
    complex_ : PolyhedralComplex
    exact : bool
        Compute the means exactly: they are rational.

    Returns
    -------
    list of Measure, length output_dim

    Raises
    ------
    DimensionMismatch
        This is no `PolyhedralComplex`.

    Notes
    -----
    In floats with error bounds, time grows with the number of pairs of faces and their facets: half a second for
    100,000 regions in dimension 3.  Where an output at a vertex leaves the range of floats its mean is NaN, between
    infinite bounds.  Exact means take the exact outputs at all vertices, and have about as many digits as all of these
    together: some milliseconds for each region.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0], [-1.0]], [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])  # |x|
    >>> complex_ = pr.build_complex(net, pr.Polytope.box(-1, 1, dim=1))
    >>> mean(complex_, exact=True)
    [Measure(0.5, exactly 1/2)]
    >>> abs(mean(complex_)[0].value - 0.5) < 1e-15
    True
    """
    return [_measure(*bounds) for bounds in _means(complex_, exact)]


def _means(complex_: PolyhedralComplex, exact: bool) -> Sequence[Bounds]:
    if not isinstance(complex_, PolyhedralComplex):
        raise DimensionMismatch(
            f"integrals need a PolyhedralComplex, got {type(complex_).__name__}: "
            "make one with build_complex(network, domain)"
        )
    return [(number, number) for number in _exact_means(complex_)] if exact else _enclosed_means(complex_)


def _measure(lower: Fraction | None, upper: Fraction | None) -> Measure:
    """Return a measure of what lies between rationals."""
    if lower is not None and lower == upper:
        return Measure.of(lower)
    low = -math.inf if lower is None else Measure.of(lower).lower
    high = math.inf if upper is None else Measure.of(upper).upper
    value = math.nan if lower is None or upper is None else nearest_float(rational((lower + upper) / 2))
    return Measure(value, low, high)


# In rationals.


class _ExactMeans:
    """The means of all outputs on faces; those found are kept."""

    def __init__(self, complex_: PolyhedralComplex, vectors: ExactVectors) -> None:
        self._complex, self._vectors = complex_, vectors
        self._known: dict[tuple[int, int], list[Rational]] = {}

    def on(self, k: int, face: int) -> list[Rational]:
        """Return the means on a k-face, length output_dim."""
        if (k, face) not in self._known:
            self._known[k, face] = self._find(k, face)
        return self._known[k, face]

    def _find(self, k: int, face: int) -> list[Rational]:
        if k == 0:
            return ExactEvaluation(self._complex.network, self._complex.exact_point(face)).output()
        facets, terms = zip(*self._vectors.pyramids(k, face), strict=True)
        leading = next(i for i, x in enumerate(terms[0]) if x != 0)
        weights = [abs(term[leading]) for term in terms]
        averages = _weighted([self.on(k - 1, facet) for facet in facets], weights)
        tip = self.on(0, int(self._complex.vertices_of(k, face)[0]))
        return [(k * x + y) / (k + 1) for x, y in zip(averages, tip, strict=True)]


def _exact_means(complex_: PolyhedralComplex) -> list[Fraction]:
    vectors = ExactVectors(complex_)
    means, regions = _ExactMeans(complex_, vectors), range(complex_.f_vector()[-1])
    weights = [abs(vectors.vector(complex_.dim, region)[0]) for region in regions]
    return [to_fraction(x) for x in _weighted([means.on(complex_.dim, region) for region in regions], weights)]


def _weighted(rows: Sequence[list[Rational]], weights: Sequence[Rational]) -> list[Rational]:
    """Return the averages of rows with positive weights."""
    total = _sum(weights)
    products = zip(*([weight * x for x in row] for weight, row in zip(weights, rows, strict=True)), strict=True)
    return [_sum(column) / total for column in products]


def _sum(numbers: Sequence[Rational]) -> Rational:
    """Add up, in halves: denominators grow with the number of terms."""
    if len(numbers) == 1:
        return numbers[0]
    middle = len(numbers) // 2
    return _sum(numbers[:middle]) + _sum(numbers[middle:])


# In floats with error bounds.


@QUIET
def _enclosed_means(complex_: PolyhedralComplex) -> list[Bounds]:
    n, outputs = complex_.dim, complex_.outputs
    exponents, points = _scaled(complex_.coordinates)
    runs = runs_of_faces(complex_, n, complex_.numbers(n), more=outputs.value.shape[1])
    found = [_on_faces(complex_, points, n, run) for run in runs]
    sizes, means = (_joined([parts[i] for parts in found]) for i in (0, 1))
    # The sizes are n! times the volumes of scaled regions; these add up to the volume of K, scaled, exactly.
    whole = nearest_float(rational(complex_.domain.volume * math.factorial(n) / Fraction(2) ** sum(exponents)))
    divisor = np.array(whole if TINY < whole < math.inf else math.nan)
    shares = _divided(Enclosure(np.abs(sizes.value[0]), sizes.error[0]), divisor)
    return [_average_on_domain(means[i], shares, outputs[:, i]) for i in range(len(means.value))]


def _joined(parts: Sequence[Enclosure]) -> Enclosure:
    value, error = ([getattr(part, name) for part in parts] for name in ("value", "error"))
    return Enclosure(np.concatenate(value, axis=1), np.concatenate(error, axis=1))


def _scaled(points: Enclosure) -> tuple[list[int], Enclosure]:
    """Scale every coordinate by a power of two so that none is larger than 1; return the exponents too."""
    largest = np.abs(points.value).max(axis=0)
    exponents = np.where(np.isfinite(largest), np.frexp(largest)[1], 0)
    value, error = np.ldexp(points.value, -exponents), np.ldexp(points.error, -exponents)
    return exponents.tolist(), Enclosure(value, np.where(exponents == 0, error, error + TINY))


def _divided(numbers: Enclosure, divisors: Floats) -> Enclosure:
    """Divide by positive floats; the bounds allow for one more rounding of the divisors."""
    value = numbers.value / divisors
    error = (numbers.error / divisors) * (1.0 + gamma(4)) + gamma(2) * np.abs(value) + 4.0 * TINY
    return Enclosure(value, error)


def _on_faces(
    complex_: PolyhedralComplex, points: Enclosure, k: int, faces: NDArray[np.int64]
) -> tuple[Enclosure, Enclosure]:
    """Return k! times the k-vectors of faces, shape (C(n, k), faces), and means on them, shape (output_dim, faces)."""
    outputs = Enclosure(complex_.outputs.value.T, complex_.outputs.error.T)
    if k == 0:
        return Enclosure.exact(np.ones((1, len(faces)))), outputs[:, faces]
    pyramids, tips = Pyramids.of(complex_, k, faces), apexes(complex_, k)[faces]
    vectors, means = _on_faces(complex_, points, k - 1, pyramids.bases)
    found = Enclosure(*np.empty((2, math.comb(complex_.dim, k), len(faces))))
    result = Enclosure(*np.empty((2, len(means.value), len(faces))))
    for own, run, terms, errors in pyramids.vectors(points, k, vectors):
        starts = pyramids.starts_in(own, run)
        found.value[:, own], found.error[:, own], weights = oriented_sums(starts, terms, errors)
        averages = _averages(means[:, pyramids.places[run]], weights, starts)
        result.value[:, own], result.error[:, own] = _towards(averages, outputs[:, tips[own]], k)
    return found, result


def _averages(parts: Enclosure, weights: Enclosure, starts: NDArray[np.int64]) -> Enclosure:
    """Enclose the weighted averages of runs of columns, each of which ends where the next one starts.

    Parameters
    ----------
    parts : Enclosure, shape (m, columns)
    weights : Enclosure, shape (columns,)
        The exact ones are not negative, and not all zero.
    starts : numpy.ndarray of int, shape (runs + 1,)

    Returns
    -------
    Enclosure, shape (m, runs)
    """
    counts, first = np.diff(starts), starts[:-1]
    if len(weights.value) == len(first):
        return parts
    shares = _divided(weights, np.repeat(np.add.reduceat(weights.value, first), counts))
    centre = parts.value[:, first]
    gap = parts.value - np.repeat(centre, counts, axis=1)
    size = np.abs(gap)
    spread = parts.error + gamma(1) * size
    # The average differs from the first part by at most this, whatever the weights.
    reach = np.maximum.reduceat(size + spread, first, axis=1) * (1.0 + gamma(4))
    total, lost = np.add.reduceat(shares.value, first), np.add.reduceat(shares.error, first)
    lost = (lost + gamma(1) * counts * total) * (1.0 + gamma(1) * (counts + 8))
    step = np.add.reduceat(shares.value * gap, first, axis=1) / total
    doubt = shares.error + gamma(1) * np.repeat(counts + 1, counts) * shares.value
    slack = (shares.value + shares.error) * spread + doubt * size + 4.0 * TINY
    error = (np.add.reduceat(slack, first, axis=1) + np.abs(step) * lost) / np.maximum(total - lost, 0.0)
    value = centre + step
    error = (error + gamma(1) * (np.abs(step) + np.abs(value))) * (1.0 + gamma(1) * (counts + 16)) + 4.0 * TINY
    sharp = error < reach
    return Enclosure(np.where(sharp, value, centre), np.where(sharp, error, reach))


def _towards(averages: Enclosure, tips: Enclosure, k: int) -> tuple[Floats, Floats]:
    """Return means on k-faces, and bounds, given the averages on the bases of their pyramids and values at the tips."""
    step = (tips.value - averages.value) / (k + 1)
    value = averages.value + step
    error = (k * averages.error + tips.error) / (k + 1) + gamma(2) * np.abs(step) + gamma(1) * np.abs(value)
    return value, error * (1.0 + gamma(8)) + 4.0 * TINY


def _average_on_domain(means: Enclosure, shares: Enclosure, outputs: Enclosure) -> Bounds:
    """Bound the mean of one output on K: by its means on the regions, whose exact shares of K add up to 1."""
    lowest, highest = _extremes(outputs)
    centre = float(np.sum(means.value * shares.value) / np.sum(shares.value))
    gap = means.value - centre
    spread = means.error + gamma(1) * np.abs(gap)
    step = shares.value * gap
    slack = (shares.value + shares.error) * spread + shares.error * np.abs(gap) + gamma(1) * np.abs(step)
    slack = slack * (1.0 + gamma(8)) + 4.0 * TINY
    low, high = np.nextafter(step - slack, -np.inf), np.nextafter(step + slack, np.inf)
    if not math.isfinite(centre + 2.0 * float(np.abs(low).sum() + np.abs(high).sum())):
        return lowest, highest
    least = Fraction(centre) + Fraction(math.nextafter(math.fsum(low.tolist()), -math.inf))
    most = Fraction(centre) + Fraction(math.nextafter(math.fsum(high.tolist()), math.inf))
    return (least if lowest is None else max(least, lowest)), (most if highest is None else min(most, highest))


def _extremes(outputs: Enclosure) -> Bounds:
    """Bound the outputs at all vertices from below and from above."""
    if not (np.isfinite(outputs.value).all() and np.isfinite(outputs.error).all()):
        return None, None
    sharp = outputs.error == 0.0
    low = np.where(sharp, outputs.value, np.nextafter(outputs.value - outputs.error, -np.inf)).min()
    high = np.where(sharp, outputs.value, np.nextafter(outputs.value + outputs.error, np.inf)).max()
    return (Fraction(low) if np.isfinite(low) else None), (Fraction(high) if np.isfinite(high) else None)
