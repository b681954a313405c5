"""Arrangements of graphs: their regions are acyclic orientations."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from math import comb

import networkx as nx

from polyregions.errors import InvalidNetwork
from polyregions.theory.constructions.construction import Construction
from polyregions.theory.constructions.hyperplanes import arrangement, difference
from polyregions.theory.counts.polynomials import product_of

MOST_NODES = 10
"""Blocks of more nodes are not counted, unless they are cycles."""


def graphical(graph: nx.Graph) -> Construction:
    """Return the hyperplanes ``x_i = x_j`` for the edges of a graph: a region for each acyclic orientation.

    Parameters
    ----------
    graph : networkx.Graph
        Simple, with at least one edge; the coordinates are its nodes, in their order.

    Returns
    -------
    Construction
        The counts are None if a block of the graph, which is a part that no single node separates, has more than 10
        nodes and is no cycle.

    Raises
    ------
    InvalidNetwork
        The graph is directed, has loops, multiple edges or no edge.

    Notes
    -----
    Stanley (1973), Acyclic orientations of graphs: there are as many as the chromatic polynomial has as absolute value
    at -1.  A face is a partition of the nodes into connected parts, with an acyclic orientation between these; its
    dimension is the number of parts.  The count goes by the parts that only edges leave: these are the components of a
    set of nodes.

    Examples
    --------
    >>> graphical(nx.cycle_graph(5)).activation_regions
    30
    >>> graphical(nx.path_graph(4)).face_counts
    (0, 1, 6, 12, 8)
    """
    if not isinstance(graph, nx.Graph) or graph.is_directed() or graph.is_multigraph():
        raise InvalidNetwork(f"a graphical arrangement needs a simple networkx.Graph, got {type(graph).__name__}")
    if any(a == b for a, b in graph.edges) or not graph.number_of_edges():
        raise InvalidNetwork("a graphical arrangement needs a graph with at least one edge and without loops")
    place = {node: k for k, node in enumerate(graph)}
    edges = [tuple(sorted((place[a], place[b]))) for a, b in graph.edges]
    rows = [difference(len(place), i, j) for i, j in edges]
    faces = _faces(nx.Graph(edges), len(place))
    name = f"graphical({len(place)} nodes, {len(edges)} edges)"
    regions = None if faces is None else faces[-1]
    return arrangement(name, rows, 1.0, regions, faces, "Stanley (1973), Acyclic orientations of graphs")


def _faces(graph: nx.Graph, nodes: int) -> list[int] | None:
    """Return the face counts: in each block all but one coordinate count, and blocks do not interfere."""
    total = [1]
    for block in nx.biconnected_components(graph):
        part = graph.subgraph(block)
        size = part.number_of_nodes()
        if size == part.number_of_edges():
            counts = _cycle(size)
        elif size <= MOST_NODES:
            counts = _block(part)
        else:
            return None
        total = product_of(total, counts[1:])
    return [*[0] * (nodes + 1 - len(total)), *total]


def _cycle(size: int) -> list[int]:
    """Return the face counts of a cycle: differences of neighbours that are not all zero have both signs."""
    counts = [0] * (size + 1)
    counts[1] = 1
    for steps in range(2, size + 1):
        counts[steps] = comb(size, steps) * (2**steps - 2)
    return counts


def _block(graph: nx.Graph) -> list[int]:
    """Return the face counts of a small graph."""
    place = {node: k for k, node in enumerate(graph)}
    near = [sum(1 << place[other] for other in graph[node]) for node in graph]

    @cache
    def components(nodes: int) -> int:
        if not nodes:
            return 0
        reached, waiting = 0, nodes & -nodes
        while waiting:
            node = waiting & -waiting
            reached |= node
            waiting = (waiting | near[node.bit_length() - 1]) & nodes & ~reached
        return 1 + components(nodes & ~reached)

    @cache
    def faces(nodes: int) -> tuple[int, ...]:
        """Count by inclusion and exclusion over sets of parts that only edges leave."""
        counts = [int(not nodes)] + [0] * nodes.bit_count()
        for chosen in _subsets(nodes):
            parts = components(chosen)
            for k, count in enumerate(faces(nodes & ~chosen), start=parts):
                counts[k] -= (-1) ** parts * count
        return tuple(counts)

    return list(faces((1 << len(near)) - 1))


def _subsets(nodes: int) -> Iterator[int]:
    """Yield all non-empty subsets of a set of bits."""
    chosen = nodes
    while chosen:
        yield chosen
        chosen = (chosen - 1) & nodes
