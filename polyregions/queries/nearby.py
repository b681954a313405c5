"""Only some of the regions: those within a distance of a point, or that meet a polytope."""

from __future__ import annotations

import time
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.arithmetic import rational
from polyregions.complexes.neighbours import Neighbours
from polyregions.enumeration.engines import Engine, check_dimensions, enumerate_regions
from polyregions.enumeration.facets import FacetFinder
from polyregions.enumeration.found import Found
from polyregions.enumeration.regions import Regions
from polyregions.enumeration.run import Limits, Progress, Statistics, Status, Throttle, reporting
from polyregions.geometry.extremum import Witness
from polyregions.geometry.nearest import Norm, check_norm
from polyregions.geometry.polytope import Polytope
from polyregions.networks.evaluate import check_point
from polyregions.networks.network import Network
from polyregions.queries.search import Search
from polyregions.queries.walls import Region, Wall, inside_of


def regions_within(
    network: Network,
    domain: Polytope,
    point: ArrayLike,
    radius: float,
    *,
    norm: Norm = 2,
    limits: Limits | None = None,
    progress: Progress | bool | None = None,
) -> Regions:
    """Enumerate the regions within a distance of a point, and no others.

    Parameters
    ----------
    network : Network
    domain : Polytope
    point : array_like, shape (n,)
        In the domain.
    radius : float
        Positive; taken as exact.
    norm : {1, 2, math.inf}
    limits : Limits, optional
        When to stop early; the regions found are then the nearest ones.
    progress : callable or bool, optional
        Called with the share of the radius that is done, and the number of regions.

    Returns
    -------
    Regions
        Those that meet the open ball, whole and not only their parts in it.  The status is `Status.RESTRICTED`: there
        are no others within the distance.

    Raises
    ------
    DimensionMismatch
        Shapes do not fit, or the point does not lie in the domain.
    ValueError
        The radius is not positive, or there is no such norm here.

    Notes
    -----
    A best-first search over regions; walls exactly at the radius are not crossed.  Some milliseconds a region in few
    dimensions, seconds for hundreds of inputs.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> square = pr.Polytope.box(-1, 1, dim=2)
    >>> len(pr.regions_within(net, square, [0.25, 0.5], 0.25)), len(pr.regions_within(net, square, [0.25, 0.5], 0.3))
    (1, 2)
    """
    check_dimensions(network, domain)
    order, place = check_norm(norm), check_point(network, point)
    if not 0.0 < radius < np.inf:
        raise ValueError(f"the radius must be a positive number, got {radius!r}")
    started, limits = time.perf_counter(), limits or Limits()
    search = Search(Neighbours(network, domain), place, order)
    status = Status.RESTRICTED
    with reporting(progress, "searching") as report:
        throttled = Throttle(report)
        try:
            for wall in search.walls():
                stopped = limits.reached(len(search.entered), started)
                if wall.lower >= radius or stopped is not None:
                    status = stopped if stopped is not None and wall.lower < radius else status
                    break
                throttled(wall.lower / radius, len(search.entered))
                if _nearer(wall, radius):
                    search.cross(wall)
        except KeyboardInterrupt:
            status = Status.INTERRUPTED
    return _collected(network, domain, search.entered.values(), status, time.perf_counter() - started)


def _nearer(wall: Wall, radius: float) -> bool:
    """Tell whether a wall is nearer than the radius, exactly."""
    if wall.upper < radius:
        return True
    limit = rational(radius)
    return bool(wall.power < (limit * limit if wall.norm == 2 else limit))


def regions_meeting(
    network: Network,
    domain: Polytope,
    body: Polytope,
    *,
    engine: Engine = "auto",
    limits: Limits | None = None,
    progress: Progress | bool | None = None,
) -> Regions:
    """Enumerate the regions that meet the interior of a polytope, and no others.

    Parameters
    ----------
    network : Network
    domain, body : Polytope
        For a half-space take ``domain.part(normals, offsets)`` as the body.
    engine, limits, progress
        As in `enumerate_regions`, which searches the common part of domain and body.

    Returns
    -------
    Regions
        Whole regions, not only their parts in the body, with witnesses in the body.  The status of a finished run is
        `Status.RESTRICTED`.

    Raises
    ------
    DimensionMismatch
        Network, domain and body have different dimensions.
    InvalidDomain
        Domain and body have no interior points in common.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> square = pr.Polytope.box(-1, 1, dim=2)
    >>> above = pr.regions_meeting(net, square, square.part([[0, -1]], [0]))
    >>> above, above.polytope(0).volume
    (Regions(2 activation regions, all in the part asked for), Fraction(1, 1))
    """
    check_dimensions(network, domain)
    part = enumerate_regions(network, domain.intersection(body), engine=engine, limits=limits, progress=progress)
    finder = FacetFinder(network, domain, boundary=False)
    whole = [Region(finder, pattern, part.point(index)) for index, pattern in enumerate(part.patterns)]
    status = Status.RESTRICTED if part.complete else part.status
    return _collected(network, domain, whole, status, part.statistics.seconds)


def _collected(
    network: Network, domain: Polytope, regions: Iterable[Region], status: Status, seconds: float
) -> Regions:
    """Return regions that were entered as a result."""
    every = list(regions)
    witnesses: list[Witness] = [inside_of(region) for region in every]
    cuts: NDArray[np.bool_] = np.zeros((len(every), network.n_switches), dtype=np.bool_)
    for number, region in enumerate(every):
        cuts[number, [row.label for row in region.system.rows if row.label >= 0]] = True
    found = Found(
        np.array([region.pattern for region in every], dtype=network.pattern_type).reshape(len(every), network.n_units),
        np.array([witness.floats for witness in witnesses]).reshape(len(every), network.input_dim),
        {number: witness for number, witness in enumerate(witnesses) if witness.rationals is not None},
        cuts,
    ).sorted()
    statistics = Statistics(seconds=seconds)
    return Regions(network, domain, found.patterns, found.points, found.thin, found.cuts, status, statistics)
