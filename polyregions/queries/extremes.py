"""The least and the largest value of an output, or of a linear functional of the outputs, on K; exactly."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
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
    """
    regions = source.regions if isinstance(source, PolyhedralComplex) else source
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
    try:
        factors = exact_floats(objective, "the objective", 1)
    except InvalidNetwork as error:
        raise DimensionMismatch(str(error)) from None
    if len(factors) != count:
        raise DimensionMismatch(f"the network has {count} outputs, got {len(factors)} factors")
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
    From regions, a linear program for each, whose multipliers bound it rigorously; the exact simplex method for those
    that may hold the extreme value.  For a proof that others can check see ``certify(..., maximize=)``.

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
        return Extremes(*(_of_vertices(source, factors, sign) for sign in (-1, 1)))
    return Extremes(*(_of_regions(regions, factors, sign) for sign in (-1, 1)))


@QUIET
def _of_vertices(complex_: PolyhedralComplex, factors: Floats, sign: int) -> Extreme:
    """Return the least (sign -1) or largest (sign 1) value at the vertices."""
    outputs = Enclosure(complex_.outputs.value.T, complex_.outputs.error.T)
    goal = outputs.transform(sign * factors[None], np.zeros((1, outputs.value.shape[1])))
    upper = np.nextafter(goal.value[0] + goal.error[0], np.inf)
    upper[np.isnan(upper)] = np.inf
    lower = np.nextafter(goal.value[0] - goal.error[0], -np.inf)
    limit = np.nanmax(lower)
    best: tuple[Rational, int] | None = None
    for vertex in np.argsort(-upper).tolist():
        bound = float(upper[vertex])
        if bound < limit or (best is not None and np.isfinite(bound) and rational(bound) <= best[0]):
            break
        value = _value(complex_.network, complex_.exact_point(vertex), factors) * sign
        if best is None or value > best[0]:
            best = value, vertex
    value, vertex = best or (rational(0), 0)
    cells = complex_.members[complex_.dim].tocsc()
    region = int(cells.indices[cells.indptr[vertex]])
    return Extreme(Measure.of(to_fraction(sign * value)), complex_.exact_vertex(vertex), region)


def _value(network: Network, point: list[Rational], factors: Floats) -> Rational:
    output = ExactEvaluation(network, point).output()
    return sum((rational(f) * y for f, y in zip(factors.tolist(), output, strict=True)), rational(0))


def _of_regions(regions: Regions, factors: Floats, sign: int) -> Extreme:
    """Return the least or largest value by linear programs, those with the best bounds exactly."""
    finder = FacetFinder(regions.network, regions.domain, boundary=False)
    queue = list(_bounds(regions, finder, sign * factors))
    heapq.heapify(queue)
    best: tuple[Rational, list[Rational], int] | None = None
    while queue:
        bound, region = heapq.heappop(queue)
        if best is not None and np.isfinite(bound) and rational(-bound) <= best[0]:
            break
        system = finder.system(regions.patterns[region], regions.switches(region))
        forms = regions.affine_map(region).exact
        exact = [sign * rational(f) for f in factors.tolist()]
        goal = list((RationalMatrix(1, len(exact), exact) * forms).entries())
        value, point = finder.extremum.highest(goal, system, regions.point(region))
        if best is None or value > best[0]:
            best = value, point, region
    assert best is not None
    return Extreme(Measure.of(to_fraction(sign * best[0])), [to_fraction(x) for x in best[1]], best[2])


@QUIET
def _bounds(regions: Regions, finder: FacetFinder, factors: Floats) -> Iterable[tuple[float, int]]:
    """Yield minus a rigorous upper bound of a functional on each region, and the region's number."""
    for region, pattern in enumerate(regions.patterns):
        maps = enclosed_maps(regions.network, pattern[None])[0]
        form = maps.transform(factors[None], np.zeros((1, maps.value.shape[1])))
        value, error = form.value[0], form.error[0]
        size = float(np.abs(value) @ finder.reach) * (1.0 + gamma(len(value) + 4))
        doubt = float(error @ finder.reach) * (1.0 + gamma(len(value) + 4)) + gamma(len(value) + 4) * size
        system = finder.system(pattern, regions.switches(region))
        finder.extremum.program.set_system(system)
        answer = finder.extremum.program.maximize(value[:-1]) if np.isfinite(value).all() else None
        bound = np.inf
        if answer is not None:
            bound = finder.extremum.upper_bound(value, doubt, size, system, answer.multipliers)
        yield (-bound if np.isfinite(bound) else -np.inf), region
