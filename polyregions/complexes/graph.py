"""Who touches whom: the region graph."""

from __future__ import annotations

from typing import get_args

import networkx as nx
import numpy as np

from polyregions.complexes.build import build_complex
from polyregions.complexes.complex import PolyhedralComplex
from polyregions.complexes.neighbours import Neighbours
from polyregions.complexes.walls import wall_units
from polyregions.enumeration.engines import Engine, has_few_vertices
from polyregions.enumeration.regions import Regions
from polyregions.enumeration.run import Progress, Throttle, reporting
from polyregions.errors import BrokenInvariant, LimitReached

FACES_UP_TO = 4
"""Up to this dimension "auto" finds what touches from the faces of the complex."""


def region_graph(
    regions: Regions | PolyhedralComplex, *, engine: Engine = "auto", progress: Progress | bool | None = None
) -> nx.Graph:
    """Return the graph whose nodes are regions and whose edges are shared facets.

    Parameters
    ----------
    regions : Regions or PolyhedralComplex
    engine : {"auto", "branching", "subdivision"}
        How, if `regions` is not a complex: by linear programs, or by building the complex.  *auto* builds it up to
        dimension 4 if all regions are known and K is not too large.
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
    LimitReached
        Not all regions are known, or K has too many vertices, and engine "subdivision" was asked for.

    Notes
    -----
    Edges come from facets, decided exactly, never from patterns that differ in one unit: such regions need not touch.
    Without a complex every facet is found by a ray or a linear program, some 2 milliseconds for each region.  K's
    interior is connected, so on a complete run the graph is connected, and that every neighbour is in the list proves
    the enumeration a second time.  If the run was truncated, the graph has the edges between the regions that were
    found.

    Examples
    --------
    >>> import numpy as np
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> graph = pr.region_graph(pr.enumerate_regions(net, pr.Polytope.box(-1, 1, dim=2)))
    >>> sorted(graph.edges(data="units"))
    [(0, 1, (1,)), (0, 2, (0,)), (1, 3, (0,)), (2, 3, (1,))]
    """
    known = with_faces(regions, engine, progress)
    return _from_walls(known) if isinstance(known, PolyhedralComplex) else _from_facets(known, progress)


def with_faces(
    regions: Regions | PolyhedralComplex, engine: Engine = "auto", progress: Progress | bool | None = None
) -> PolyhedralComplex | Regions:
    """Return the complex of regions, or the regions if linear programs are the better way to see what touches.

    Raises
    ------
    LimitReached
        As `region_graph`.
    ValueError
        There is no such engine.
    """
    if isinstance(regions, PolyhedralComplex):
        return regions
    if engine not in get_args(Engine):
        raise ValueError(f"engine is one of {', '.join(get_args(Engine))}; got {engine!r}")
    if engine == "subdivision" and not regions.complete:
        raise LimitReached("the complex needs all regions, but this run was " + regions.status.value)
    small = regions.domain.dim <= FACES_UP_TO and has_few_vertices(regions.domain)
    if engine == "subdivision" or (engine == "auto" and regions.complete and small):
        return build_complex(regions.network, regions.domain, progress=progress)
    return regions


def _from_facets(regions: Regions, progress: Progress | bool | None) -> nx.Graph:
    """Find the facets of each region by linear programs, and look up what lies across."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(regions)))
    neighbours = Neighbours(regions.network, regions.domain)
    known: list[set[int]] = [set() for _ in range(len(regions))]
    with reporting(progress, "region graph") as report:
        throttled = Throttle(report)
        for index in range(len(regions)):
            throttled(index / len(regions), index)
            here = regions.patterns[index], regions.point(index)
            facets = neighbours.finder.facets(here[0], regions.switches(index), here[1], frozenset(known[index]))
            for facet, pattern in zip(facets, neighbours.patterns_across(*here, facets), strict=True):
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
