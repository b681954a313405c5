"""Who touches whom: the region graph."""

from __future__ import annotations

import networkx as nx
import numpy as np

from polyregions.complexes.complex import PolyhedralComplex
from polyregions.complexes.neighbours import Neighbours
from polyregions.complexes.walls import wall_units
from polyregions.enumeration.regions import Regions
from polyregions.enumeration.run import Progress, Throttle, reporting
from polyregions.errors import BrokenInvariant


def region_graph(regions: Regions | PolyhedralComplex, *, progress: Progress | bool | None = None) -> nx.Graph:
    """Return the graph whose nodes are regions and whose edges are shared facets.

    Parameters
    ----------
    regions : Regions or PolyhedralComplex
        A complex knows its facets already, which is much faster where one can be built.
    progress : callable or bool, optional
        Called with the share of the work done and the number of regions visited; True shows a bar.

    Returns
    -------
    networkx.Graph
        Nodes ``0 .. R - 1``.  The edge attribute ``units`` is the tuple of units whose piece changes across the facet:
        one on generic networks, several where walls coincide.

    Raises
    ------
    BrokenInvariant
        A complete enumeration lacks a neighbour: this never happens unless the library is wrong.

    Notes
    -----
    Edges come from facets, each found by a ray or a linear program and decided exactly, never from patterns that differ
    in one unit: such regions need not touch.  K's interior is connected, so on a complete run the graph is connected,
    and that every neighbour is in the list proves the enumeration a second time.  If the run was truncated, the graph
    has the edges between the regions that were found.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> graph = pr.region_graph(pr.enumerate_regions(net, pr.Polytope.box(-1, 1, dim=2)))
    >>> sorted(graph.edges(data="units"))
    [(0, 1, (1,)), (0, 2, (0,)), (1, 3, (0,)), (2, 3, (1,))]
    """
    if isinstance(regions, PolyhedralComplex):
        return _from_walls(regions)
    graph = nx.Graph()
    graph.add_nodes_from(range(len(regions)))
    neighbours = Neighbours(regions)
    known: list[set[int]] = [set() for _ in range(len(regions))]
    with reporting(progress, "region graph") as report:
        throttled = Throttle(report)
        for index in range(len(regions)):
            throttled(index / len(regions), index)
            facets = neighbours.facets(index, known[index])
            for facet, pattern in zip(facets, neighbours.patterns_across(index, facets), strict=True):
                other = regions.index.get(pattern.tobytes())
                if other is not None:
                    units = np.flatnonzero(regions.patterns[index] != pattern)
                    graph.add_edge(index, other, units=tuple(units.tolist()))
                    known[other].add(facet.row.label)
                elif regions.complete:
                    raise BrokenInvariant(
                        f"region {index} has a neighbour that the enumeration did not find; please report this network"
                    )
        report(1.0, len(regions))
    return graph


def _from_walls(complex_: PolyhedralComplex) -> nx.Graph:
    graph = nx.Graph()
    graph.add_nodes_from(range(len(complex_.regions)))
    units = wall_units(complex_)[complex_.walls]
    switching = np.split(units.indices, units.indptr[1:-1]) if len(complex_.walls) else []
    graph.add_edges_from(
        (one, other, {"units": tuple(own.tolist())})
        for (one, other), own in zip(complex_.wall_regions.tolist(), switching, strict=True)
    )
    return graph
