"""Random walks from region to region, and what their returns say of the numbers of regions and of walls."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyregions.complexes.neighbours import Neighbours
from polyregions.counters.estimators.sampled import check_budget, mean
from polyregions.enumeration.engines import check_dimensions
from polyregions.enumeration.facets import Facet
from polyregions.errors import InvalidDomain
from polyregions.geometry.extremum import Witness
from polyregions.geometry.polytope import Polytope
from polyregions.networks.network import Network
from polyregions.queries.search import Search
from polyregions.queries.walls import Region, inside_of, step_inside
from polyregions.theory.estimate import Estimate
from polyregions.theory.sampling import Uniform

Floats = NDArray[np.float64]

TRIES = 64
"""So many points are drawn to find one in the domain; floats may put some outside of thin ones."""


def facet_walk(network: Network, domain: Polytope, budget: int, rng: np.random.Generator) -> Estimate:
    """Estimate the number of activation regions by random walks across facets.

    Parameters
    ----------
    network : Network
    domain : Polytope
    budget : int
        How many tours are made: walks from a region v, each until it is back there.
    rng : numpy.random.Generator

    Returns
    -------
    Estimate
        Its error is the sample standard error of the tours; infinite for one tour.

    Raises
    ------
    DimensionMismatch
        Network and domain have different dimensions.
    InvalidDomain
        The domain is too thin for floats.
    ValueError
        The budget is not positive.

    Notes
    -----
    The region v is that of a uniform point.  Each step crosses one of the d(u) facets of a region u that are inside K,
    all with the same probability.  With ``X_0 = v``, and T the first time of return, every tour gives
    ``d(v) * sum(1 / d(X_t), t < T)``; the answer is their mean.

    It is unbiased: in a tour a region u is visited ``d(u) / d(v)`` times on average, so that every region adds 1 to the
    mean of the sum.  For M regions the variance of a tour is ``2 d(v) s + 2 M - d(v) sum(1 / d(u)) - M^2``, where s is
    the sum of all entries of the inverse of the graph's Laplacian matrix without the row and the column of v.  Tours
    are alike only where the graph is well connected: for M regions in a row, from the first one, the variance is about
    ``2 M^3 / 3``.  It comes from few long tours, so that the sample standard error is often too small.

    A tour has ``2 E / d(v)`` steps on average, for E facets between regions.  The facets of a region are found exactly,
    from the region alone, when the walk first enters it: some milliseconds, for linear programs.  Visits after that
    cost next to nothing.  The memory grows with the number of regions visited.

    Source: Massoulie, Le Merrer, Kermarrec and Ganesh (2006), Peer counting and sampling in overlay networks.

    Examples
    --------
    >>> net = Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> facet_walk(net, Polytope.box(-1, 1, dim=2), 1000, np.random.default_rng(0))  # of four regions in a ring
    Estimate(3.882 ± 0.084, 1000 samples)
    """
    degree, tours = _tours(network, domain, budget, rng)
    return mean(degree * tours[:, 0]) if degree else Estimate(1.0, 0.0, budget)


def return_time(network: Network, domain: Polytope, budget: int, rng: np.random.Generator) -> Estimate:
    """Estimate the number of facets between regions, by how long random walks need to return.

    Parameters
    ----------
    network, domain, budget, rng
        As `facet_walk`, which makes the same walks.

    Returns
    -------
    Estimate
        Of the number of edges of the region graph.

    Raises
    ------
    DimensionMismatch, InvalidDomain, ValueError
        As `facet_walk`.

    Notes
    -----
    A tour of T steps gives ``d(v) T / 2``.  It is unbiased, as the mean of T is ``2 E / d(v)`` for E edges.  The
    variance of a tour is ``d(v) (r + E) / 2 - E^2``, where r is the sum of ``d(u) d(w)`` times the entries (u, w) of
    the inverse of the graph's Laplacian matrix without the row and the column of v.  The cost is that of `facet_walk`.

    Source: Cooper, Radzik and Siantos (2013), Fast low-cost estimation of network properties using random walks.

    Examples
    --------
    >>> net = Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> return_time(net, Polytope.box(-1, 1, dim=2), 1000, np.random.default_rng(1))  # of four regions in a ring
    Estimate(4.050 ± 0.092, 1000 samples)
    """
    degree, tours = _tours(network, domain, budget, rng)
    return mean(degree * tours[:, 1] / 2.0) if degree else Estimate(0.0, 0.0, budget)


class RegionWalk:
    """The part of the region graph that a walk has seen: regions are numbered as they come into sight, from 0.

    Parameters
    ----------
    network : Network
    domain : Polytope
    start : numpy.ndarray, shape (n,)
        A point of the domain; its region, or one that it touches, has number 0.

    Raises
    ------
    DimensionMismatch
        The point does not lie in the domain.

    Examples
    --------
    >>> net = Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> walk = RegionWalk(net, Polytope.box(-1, 1, dim=2), np.array([0.5, 0.25]))
    >>> walk.beside(0), walk.beside(1)
    ([1, 2], [0, 3])
    """

    def __init__(self, network: Network, domain: Polytope, start: Floats) -> None:
        self._neighbours = Neighbours(network, domain)
        (home,) = Search(self._neighbours, start, 2.0).entered.values()
        self._regions = [home]
        self._numbers = {home.pattern.tobytes(): 0}
        self._entries: list[tuple[Witness, Facet] | None] = [None]
        self._beside: dict[int, list[int]] = {}

    def beside(self, number: int) -> list[int]:
        """Return the regions across the facets of a region that are inside the domain, one for each facet."""
        if number not in self._beside:
            self._beside[number] = self._look_around(number)
        return self._beside[number]

    def pattern(self, number: int) -> NDArray[np.uint8]:
        """Return the activation pattern of a region that is in sight, shape (n_units,)."""
        return self._regions[number].pattern

    def _look_around(self, number: int) -> list[int]:
        region, entry = self._regions[number], self._entries[number]
        if entry is not None:
            inside, facet = entry
            direction = [b - a for a, b in zip(inside.exact, facet.beyond.exact, strict=True)]
            region.inside = step_inside(region, facet.crossing(inside), direction)
        inside = inside_of(region)
        switches = tuple(row.label for row in region.system.rows if row.label >= 0)
        facets = self._neighbours.finder.facets(region.pattern, switches, inside)
        patterns = self._neighbours.patterns_across(region.pattern, inside, facets)
        return [self._number(pattern, inside, facet) for pattern, facet in zip(patterns, facets, strict=True)]

    def _number(self, pattern: NDArray[np.uint8], inside: Witness, facet: Facet) -> int:
        """Return the number of the region across a facet, of which it may be the first sight."""
        known = self._numbers.setdefault(pattern.tobytes(), len(self._regions))
        if known == len(self._regions):
            self._regions.append(Region(self._neighbours.finder, pattern))
            self._entries.append((inside, facet))
        return known


def _tours(network: Network, domain: Polytope, budget: int, rng: np.random.Generator) -> tuple[int, Floats]:
    """Return the number of facets of the region where tours begin, and of each the sum of 1 / d and the length."""
    check_dimensions(network, domain)
    check_budget(budget)
    points = Uniform(domain).draw(rng, TRIES)
    points = points[domain.contains(points)]
    if not len(points):
        raise InvalidDomain(f"floats hold no point of {domain}, which is too thin; choose other units")
    walk = RegionWalk(network, domain, points[0])
    degree = len(walk.beside(0))
    return degree, np.array([_tour(walk, rng) for _ in range(budget)]) if degree else np.zeros((budget, 2))


def _tour(walk: RegionWalk, rng: np.random.Generator) -> tuple[float, int]:
    """Walk until the return; return the sum of 1 / d over the regions, and the number of steps."""
    here, total, steps = 0, 0.0, 0
    while here or not steps:
        beside = walk.beside(here)
        total, steps = total + 1.0 / len(beside), steps + 1
        here = beside[int(rng.integers(len(beside)))]
    return total, steps
