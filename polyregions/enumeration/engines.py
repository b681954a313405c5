"""Which engine enumerates the regions, and running it."""

from __future__ import annotations

import time
from typing import Literal

from polyregions.enumeration.branching import Branching
from polyregions.enumeration.regions import Regions
from polyregions.enumeration.run import Limits, Progress, Status, Throttle, reporting
from polyregions.enumeration.subdivision import Subdivision
from polyregions.errors import DimensionMismatch, LimitReached
from polyregions.geometry.polytope import Polytope
from polyregions.networks.network import Network

Engine = Literal["auto", "branching", "subdivision"]

FEW_VERTICES = 256
"""Up to so many vertices of K, "auto" chooses the subdivision engine: a box of dimension 8 has so many."""

MOST_VERTICES = 4096
"""With more vertices of K the subdivision engine is refused; up to dimension 3 "auto" goes so far as well."""


def enumerate_regions(
    network: Network,
    domain: Polytope,
    *,
    engine: Engine = "auto",
    limits: Limits | None = None,
    progress: Progress | bool | None = None,
) -> Regions:
    """Enumerate the activation regions of a network in a domain, exactly.

    Parameters
    ----------
    network : Network
    domain : Polytope
        Of dimension ``network.input_dim``.
    engine : {"auto", "branching", "subdivision"}
        How: the regions are the same.  *subdivision* cuts K, given by its vertices, by one unit after the other; it is
        the faster one in low dimension.  *branching* asks linear programs, in any dimension.  *auto* is subdivision
        if no limit is set and K has at most 256 vertices, as a box of dimension 8 has, or 4096 up to dimension 3: a
        limited run of branching has regions to show at any time.
    limits : Limits, optional
        When to stop early.
    progress : callable or bool, optional
        Called with the share of the work done and the number of regions found; True shows a bar on the terminal.

    Returns
    -------
    Regions
        All regions if its status is `Status.COMPLETE`.  A run that is stopped by a limit, or by Ctrl-C, returns the
        regions found so far, which are certain, and says so in its status.

    Raises
    ------
    DimensionMismatch
        Network and domain have different dimensions.
    LimitReached
        The subdivision engine was asked for, and K has too many vertices for it.
    ValueError
        There is no such engine.

    Notes
    -----
    Every decision is certified by float error bounds or made in rational arithmetic, so the count is right for
    coincident walls, slivers of any width, and dead units.

    Branching walks a tree of linear programs over the layers: the maximum and minimum of a unit over a cell tell
    whether it cuts the cell.  Some 1 to 20 linear programs for each region; about a millisecond.

    Subdivision finds the sign of each unit at all vertices.  A region has about ``2**n`` vertices or more, and time and
    memory grow with these: some microseconds a region in the plane, some tens of them in dimension 5.

    References
    ----------
    .. [1] Neumaier and Shcherbina (2004), Safe bounds in linear and mixed-integer linear programming.
    .. [2] Hanin and Rolnick (2019), Complexity of linear regions in deep networks.

    Examples
    --------
    >>> import numpy as np
    >>> net = Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> len(enumerate_regions(net, Polytope.box(-1, 1, dim=2)))
    4
    """
    check_dimensions(network, domain)
    started = time.perf_counter()
    run: Branching | Subdivision
    if engine == "subdivision" or (engine == "auto" and limits is None and has_few_vertices(domain)):
        check_vertices(domain)
        run = Subdivision(network, domain)
    elif engine in ("auto", "branching"):
        run = Branching(network, domain)
    else:
        raise ValueError(f'engine is "auto", "branching" or "subdivision", got {engine!r}')
    with reporting(progress, "enumerating") as report:
        status = run.run(limits or Limits(), Throttle(report))
        found = run.found().sorted()
        if status is Status.COMPLETE:
            report(1.0, len(found))
    statistics = run.statistics(time.perf_counter() - started)
    return Regions(network, domain, found.patterns, found.points, found.thin, found.cuts, status, statistics)


def check_dimensions(network: Network, domain: Polytope) -> None:
    """Refuse a domain of another dimension than the network's input."""
    if network.input_dim != domain.dim:
        raise DimensionMismatch(
            f"the network has {network.input_dim} inputs, so the domain must have dimension {network.input_dim}; "
            f"it has {domain.dim}"
        )


def has_few_vertices(domain: Polytope) -> bool:
    """Tell whether the subdivision engine is the better one for this domain."""
    return domain.most_vertices <= (MOST_VERTICES if domain.dim <= 3 else FEW_VERTICES)


def check_vertices(domain: Polytope) -> None:
    """Refuse a domain that may have too many vertices for the subdivision engine."""
    bound = domain.most_vertices
    if bound > MOST_VERTICES:
        raise LimitReached(
            f"a domain of dimension {domain.dim} with {domain.n_facets} facets may have {bound:,} vertices, and the "
            f'subdivision engine takes {MOST_VERTICES:,} at most; use engine="branching"'
        )
