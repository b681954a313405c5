"""The least and the largest value of an output, or of a linear functional of the outputs, on K; exactly."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.arithmetic import Enclosure, Rational, RationalMatrix, rational, to_fraction
from polyregions.arithmetic.enclosure import QUIET, gamma
from polyregions.complexes import PolyhedralComplex
from polyregions.enumeration import Regions
from polyregions.enumeration.facets import FacetFinder
from polyregions.errors import DimensionMismatch, InvalidNetwork, LimitReached
from polyregions.geometry.forms import System
from polyregions.measures.measure import Measure
from polyregions.networks.affine import enclosed_maps
from polyregions.networks.evaluate import ExactEvaluation
from polyregions.networks.layer import exact_floats
from polyregions.networks.network import Network

Source = Regions | PolyhedralComplex
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Extreme:
    """A least or largest value.

    Attributes
    ----------
    value : Measure
        Exact.
    point : list of Fraction, length n
        Where it is attained.
    region : int
        A region whose closure contains the point.
    """

    value: Measure
    point: list[Fraction]
    region: int


@dataclass(frozen=True, slots=True)
class Extremes:
    """The least and the largest value of a function on K, each with a point where it is attained."""

    minimum: Extreme
    maximum: Extreme


def all_regions(source: Source) -> Regions:
    """Return the regions of a complex, or complete regions as they are.

    Raises
    ------
    LimitReached
        Not all regions are known.
    DimensionMismatch
        It is something else.
    """
    regions = source.regions if isinstance(source, PolyhedralComplex) else source
    if not isinstance(regions, Regions):
        raise DimensionMismatch(f"wanted Regions or a PolyhedralComplex, got {type(source).__name__}")
    if not regions.complete:
        raise LimitReached(f"this needs all regions, but the run was {regions.status.value}")
    return regions


def functional(network: Network, objective: ArrayLike | int | None) -> Floats:
    """Return the factors of the outputs: one output by its number, all factors, or the only output by default.

    Raises
    ------
    DimensionMismatch
        There is no such output, or not one factor for each.
    """
    count = network.output_dim
    if objective is None and count == 1:
        return np.ones(1)
    if isinstance(objective, int | np.integer) and not isinstance(objective, bool):
        if not 0 <= objective < count:
            raise DimensionMismatch(f"the network has outputs 0 to {count - 1}, got {objective}")
        return np.asarray(np.eye(count)[objective])
    if objective is None:
        raise DimensionMismatch(f"the network has {count} outputs; say which, or give {count} factors")
    return output_factors(network, objective)


def output_factors(network: Network, objective: ArrayLike) -> Floats:
    """Return one factor for each output.

    Raises
    ------
    DimensionMismatch
        They are not as many finite numbers.
    """
    try:
        factors = exact_floats(objective, "the objective", 1)
    except InvalidNetwork as error:
        raise DimensionMismatch(str(error)) from None
    if len(factors) != network.output_dim:
        raise DimensionMismatch(f"the network has {network.output_dim} outputs, got {len(factors)} factors")
    return factors


def output_range(source: Source, objective: ArrayLike | int | None = None) -> Extremes:
    """Return the exact minimum and maximum of an output on K, with points where they are attained.

    Parameters
    ----------
    source : Regions or PolyhedralComplex
    objective : int or array_like, shape (outputs,), optional
        Which output, or factors of all outputs, taken as exact; networks with one output need none.

    Returns
    -------
    Extremes

    Raises
    ------
    LimitReached
        Not all regions are known.
    DimensionMismatch
        The objective does not fit the outputs.

    Notes
    -----
    From a complex, the values at its vertices: rationals only for those that floats with error bounds do not rule out.
    From regions, a linear program for each that may hold an extreme value, whose multipliers bound it rigorously; the
    exact simplex method for those that still may.  In low dimension `build_complex` and its vertices take less time.
    For a proof that others can check see ``certify(..., maximize=)``.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, -3.0]]], [[0.0, 0.0], [0.5]])
    >>> found = pr.output_range(pr.enumerate_regions(net, pr.Polytope.box(-1, 1, dim=2)))
    >>> found.minimum.value, found.maximum.value
    (Measure(-2.5, exactly -5/2), Measure(1.5, exactly 3/2))
    """
    regions = all_regions(source)
    factors = functional(regions.network, objective)
    if isinstance(source, PolyhedralComplex):
        return Extremes(*(_of_vertices(source, factors, sign) for sign in SIGNS))
    return _of_regions(regions, factors)


SIGNS = (-1, 1)
"""What makes the largest value of the least, and of the largest one."""


@QUIET
def enclosed_functionals(regions: Regions, factors: Floats) -> Enclosure:
    """Enclose functionals of the outputs on all regions, as forms.

    Parameters
    ----------
    regions : Regions
    factors : numpy.ndarray, shape (k, outputs)

    Returns
    -------
    Enclosure, shape (R, k, n + 1)
    """
    maps = enclosed_maps(regions.network, regions.patterns)
    if np.array_equal(factors, np.eye(len(factors))):
        return maps
    count, outputs, width = maps.value.shape
    flat = [part.transpose(1, 0, 2).reshape(outputs, -1) for part in (maps.value, maps.error)]
    result = Enclosure(*flat).transform(factors, np.zeros((len(factors), count * width)))
    shape = len(factors), count, width
    return Enclosure(*(part.reshape(shape).transpose(1, 0, 2) for part in (result.value, result.error)))


@QUIET
def _of_vertices(complex_: PolyhedralComplex, factors: Floats, sign: int) -> Extreme:
    """Return the least (sign -1) or largest (sign 1) value at the vertices."""
    outputs = Enclosure(complex_.outputs.value.T, complex_.outputs.error.T)
    goal = outputs.transform(sign * factors[None], np.zeros((1, outputs.value.shape[1])))
    lower, upper = _bounds(goal[0])
    limit = lower.max()
    best: tuple[Rational, int] | None = None
    for vertex in np.argsort(-upper).tolist():
        bound = float(upper[vertex])
        if bound < limit or (best is not None and np.isfinite(bound) and rational(bound) <= best[0]):
            break
        value = _value(complex_.network, complex_.exact_point(vertex), factors) * sign
        if best is None or value > best[0]:
            best = value, vertex
    assert best is not None
    value, vertex = best
    cells = complex_.members[complex_.dim].tocsc()
    region = int(cells.indices[cells.indptr[vertex]])
    return Extreme(Measure.of(to_fraction(sign * value)), complex_.exact_vertex(vertex), region)


def _bounds(numbers: Enclosure) -> tuple[Floats, Floats]:
    """Return lower and upper bounds of numbers, infinite where nothing is known."""
    value, error = numbers.value, numbers.error
    lower = np.where(error == 0.0, value, np.nextafter(value - error, -np.inf))
    upper = np.where(error == 0.0, value, np.nextafter(value + error, np.inf))
    return np.where(np.isnan(lower), -np.inf, lower), np.where(np.isnan(upper), np.inf, upper)


def _value(network: Network, point: list[Rational], factors: Floats) -> Rational:
    output = ExactEvaluation(network, point).output()
    return sum((rational(f) * y for f, y in zip(factors.tolist(), output, strict=True)), rational(0))


def _of_regions(regions: Regions, factors: Floats) -> Extremes:
    """Return the least and largest value by linear programs, those with the best bounds exactly."""
    finder = FacetFinder(regions.network, regions.domain, boundary=False)
    found = []
    for sign, bounds in zip(SIGNS, _bounds_on_regions(regions, finder, factors), strict=True):
        best: tuple[Rational, list[Rational], int] | None = None
        for region in np.argsort(-bounds, kind="stable").tolist():
            bound = float(bounds[region])
            if best is not None and (bound == -np.inf or (bound < np.inf and rational(bound) <= best[0])):
                break
            value, point = _highest(regions, finder, region, [sign * rational(f) for f in factors.tolist()])
            if best is None or value > best[0]:
                best = value, point, region
        assert best is not None
        found.append(Extreme(Measure.of(to_fraction(sign * best[0])), [to_fraction(x) for x in best[1]], best[2]))
    return Extremes(*found)


def _highest(
    regions: Regions, finder: FacetFinder, region: int, factors: list[Rational]
) -> tuple[Rational, list[Rational]]:
    """Return the exact maximum of a functional over a region, and a point where it is attained."""
    forms = regions.affine_map(region).exact
    goal = list((RationalMatrix(1, len(factors), factors) * forms).entries())
    if not any(entry != 0 for entry in goal[:-1]):
        return goal[-1], regions.point(region).exact
    system = finder.system(regions.patterns[region], regions.switches(region))
    return finder.extremum.highest(goal, system, regions.point(region))


@QUIET
def _bounds_on_regions(regions: Regions, finder: FacetFinder, factors: Floats) -> Floats:
    """Return rigorous upper bounds of minus a functional, and of itself, on every region, shape (2, R).

    Regions on which the affine function is nowhere in K's box as large as at another region's witness get minus
    infinity, the others a linear program.
    """
    forms, terms = enclosed_functionals(regions, factors[None])[:, 0], 2 * len(finder.reach) + 8
    value, error = forms.value, forms.error
    size = np.abs(value) @ finder.reach * (1.0 + gamma(terms))
    doubt = (error @ finder.reach + gamma(terms) * size) * (1.0 + gamma(terms)) + finder.extremum.underflow
    at_witness = (value[:, :-1] * regions.witnesses).sum(axis=1) + value[:, -1]
    lower, upper = finder.extremum.lower, finder.extremum.upper
    constant = ~(value[:, :-1].any(axis=1) | error[:, :-1].any(axis=1))
    bounds = np.empty((2, len(value)))
    for row, sign in enumerate(SIGNS):
        known, _ = _bounds(Enclosure(sign * at_witness, doubt))
        known[list(regions.thin)] = -np.inf
        highest = np.maximum(sign * value[:, :-1] * lower, sign * value[:, :-1] * upper).sum(axis=1)
        _, high = _bounds(Enclosure(highest + sign * value[:, -1], np.where(constant, error[:, -1], doubt)))
        bounds[row] = np.where(high < known.max(), -np.inf, high)
    for region in np.flatnonzero((bounds > -np.inf).any(axis=0) & ~constant & np.isfinite(size)).tolist():
        system = finder.system(regions.patterns[region], regions.switches(region))
        for row in np.flatnonzero(bounds[:, region] > -np.inf).tolist():
            bound = _upper_bound(finder, system, SIGNS[row] * value[region], error[region])
            bounds[row, region] = np.fmin(bounds[row, region], bound)
    return bounds


def _upper_bound(finder: FacetFinder, system: System, value: Floats, error: Floats) -> float:
    """Return a rigorous upper bound of a form on a region, by a linear program; infinite if there is none."""
    # The solver's tolerances are absolute, so it gets numbers near 1.
    scale = float(np.ldexp(1.0, np.frexp(np.abs(value[:-1]).max())[1]))
    if not np.isfinite(scale):
        return np.inf
    form, terms = value / scale, len(value) + 4
    size = float(np.abs(form) @ finder.reach) * (1.0 + gamma(terms))
    doubt = float(error / scale @ finder.reach) * (1.0 + gamma(terms)) + gamma(terms) * size
    extremum = finder.extremum
    extremum.program.set_system(system)
    answer = extremum.program.maximize(form[:-1])
    if answer is None:
        return np.inf
    bound = extremum.upper_bound(form, doubt, size, system, answer.multipliers)
    return float(np.nextafter(bound * scale, np.inf))
