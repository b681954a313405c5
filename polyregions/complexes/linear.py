"""Linear regions: activation regions across whose common facets the network's affine map stays the same."""

from __future__ import annotations

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from polyregions.complexes.complex import PolyhedralComplex
from polyregions.complexes.graph import region_graph, with_faces
from polyregions.complexes.maps import RegionMaps
from polyregions.complexes.walls import visible_walls
from polyregions.enumeration.regions import Regions


def linear_regions(regions: Regions | PolyhedralComplex, graph: nx.Graph | None = None) -> list[NDArray[np.int64]]:
    """Return the linear regions: connected components of int K minus the set where the gradient jumps.

    Parameters
    ----------
    regions : Regions or PolyhedralComplex
    graph : networkx.Graph, optional
        The result of `region_graph`, if it is there already; not needed for a complex.

    Returns
    -------
    list of numpy.ndarray of int
        Each holds the activation regions that make one linear region, ascending; sorted by the first of them.

    Notes
    -----
    Two activation regions belong together if they share a facet and have the same affine map.  Maps that float error
    bounds do not tell apart are compared as rationals.  If the run was truncated, linear regions of the part that was
    found.

    Examples
    --------
    The second unit does not reach the output, so its wall is invisible:

    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 0.0]]], [[0.0, 0.0], [0.0]])
    >>> pr.linear_regions(pr.enumerate_regions(net, pr.Polytope.box(-1, 1, dim=2)))
    [array([0, 1]), array([2, 3])]
    """
    known = with_faces(regions, "branching" if graph is not None else "auto")
    if isinstance(known, PolyhedralComplex):
        joins = known.wall_regions[~visible_walls(known)[known.walls]]
        count = len(known.regions)
    else:
        graph = region_graph(known) if graph is None else graph
        maps = RegionMaps(known)
        joins = np.array([(a, b) for a, b in graph.edges if maps.equal(a, b)], dtype=np.int64).reshape(-1, 2)
        count = len(known)
    joined = coo_array((np.ones(len(joins)), (joins[:, 0], joins[:, 1])), shape=(count, count))
    number, parts = connected_components(joined, directed=False)
    order = np.argsort(parts, kind="stable")
    ends = np.cumsum(np.bincount(parts, minlength=number))
    return sorted(np.split(order, ends[:-1]), key=lambda part: int(part[0])) if count else []
