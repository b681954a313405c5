"""The face lattice as a graph."""

from __future__ import annotations

import networkx as nx

from polyregions.complexes.cell_complex import CellComplex


def hasse_diagram(complex_: CellComplex) -> nx.DiGraph:
    """Return the Hasse diagram of the faces: an arrow from every face to each of its facets.

    Parameters
    ----------
    complex_ : CellComplex

    Returns
    -------
    networkx.DiGraph
        Nodes are pairs ``(k, i)``: face i of dimension k.  Nodes have the attribute ``dim``, and ``boundary`` tells
        whether the face lies on the boundary of K.

    Notes
    -----
    networkx takes some hundred bytes for every node and arrow; for large complexes use `CellComplex.boundary`.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0]], [[1.0]]], [[0.0], [0.0]])
    >>> graph = hasse_diagram(pr.build_complex(net, pr.Polytope.box(-1, 1, dim=1)))
    >>> sorted(graph.edges)
    [((1, 0), (0, 0)), ((1, 0), (0, 2)), ((1, 1), (0, 1)), ((1, 1), (0, 2))]
    >>> graph.nodes[(0, 2)]
    {'dim': 0, 'boundary': False}
    """
    graph = nx.DiGraph()
    for k in range(complex_.dim + 1):
        inside = complex_.interior(k).tolist()
        graph.add_nodes_from(((k, i), {"dim": k, "boundary": not flag}) for i, flag in enumerate(inside))
    for k in range(1, complex_.dim + 1):
        rows, columns = complex_.boundary(k).tocoo().coords
        graph.add_edges_from(((k, i), (k - 1, j)) for i, j in zip(rows.tolist(), columns.tolist(), strict=True))
    return graph
