"""What there is to draw of regions in one or two dimensions: their polygons, the walls between them, and colours.

Drawing decides nothing: which walls there are, and between which regions, comes from the exact facets of each region;
only where they are put on paper is float.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from polyregions.complexes import linear_regions, region_graph
from polyregions.enumeration import Regions
from polyregions.errors import DimensionMismatch
from polyregions.geometry.polytope import Polytope

FILLS = ("#dbe6f1", "#f6e6cf", "#dcebd6", "#efdbe0", "#e4def0", "#f3efc6", "#d2e8e6", "#ebdccb")
"""Muted colours for regions; six are enough in the plane and two on the line, see `fills`."""


@dataclass(frozen=True, slots=True)
class Wall:
    """A facet between two regions.

    Attributes
    ----------
    layer : int
        The layer of its unit, counted from 1; 0 if the regions on both sides belong to the same part.
    ends : numpy.ndarray, shape (2, 2) in the plane, (1, 1) on the line
    """

    layer: int
    ends: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a picture shows.

    Attributes
    ----------
    regions : Regions
    linear : bool
        Whether the parts are linear regions instead of activation regions.
    cells : list of Polytope
        The closed regions.
    parts : list of numpy.ndarray of int
        The regions that make each part: one activation region, or one linear region.
    walls : list of Wall
    fills : list of str
        A colour for each region.
    """

    regions: Regions
    linear: bool
    cells: list[Polytope]
    parts: list[NDArray[np.int64]]
    walls: list[Wall]
    fills: list[str]


def scene_of(regions: Regions, linear: bool = False, graph: nx.Graph | None = None) -> Scene:
    """Collect what a picture of regions shows.

    Parameters
    ----------
    regions : Regions
    linear : bool
        Whether the parts are linear regions instead of activation regions.
    graph : networkx.Graph, optional
        The result of `region_graph`, if it is there already.

    Raises
    ------
    DimensionMismatch
        The network does not have one or two inputs.
    """
    if regions.domain.dim not in (1, 2):
        raise DimensionMismatch(
            f"only regions in dimension 1 or 2 can be drawn, these are in dimension {regions.domain.dim}; "
            "restrict the network to a line or a plane first"
        )
    graph = region_graph(regions) if graph is None else graph
    parts = linear_regions(regions, graph) if linear else [np.array([index]) for index in range(len(regions))]
    part_of = np.zeros(len(regions), dtype=np.int64)
    for number, part in enumerate(parts):
        part_of[part] = number
    cells = [regions.polytope(index) for index in range(len(regions))]
    palette = FILLS if regions.domain.dim == 2 else FILLS[:2]
    return Scene(regions, linear, cells, parts, walls(regions, cells, part_of), fills(graph, part_of, palette))


def walls(regions: Regions, cells: Sequence[Polytope], part_of: NDArray[np.int64]) -> list[Wall]:
    """Return every facet that is not on the boundary of the domain, once: its ends, as fractions, are its name."""
    units: dict[frozenset[tuple[Fraction, ...]], int] = {}
    sides: dict[frozenset[tuple[Fraction, ...]], list[int]] = {}
    for number, cell in enumerate(cells):
        corners = [tuple(corner) for corner in cell.exact_vertices]
        for label, (normal, offset) in zip(cell.labels, cell.exact_halfspaces, strict=True):
            if isinstance(label, tuple) and label[0] == "unit":
                ends = (v for v in corners if sum(a * x for a, x in zip(normal, v, strict=True)) == offset)
                name = frozenset(ends)
                units.setdefault(name, int(label[1]))
                sides.setdefault(name, []).append(int(part_of[number]))
    result = []
    for name, unit in units.items():
        inner = len(sides[name]) == 2 and sides[name][0] == sides[name][1]
        layer = 0 if inner else int(regions.network.unit_layers[unit])
        result.append(Wall(layer, np.array(sorted(name), dtype=np.float64)))
    return result


def fills(graph: nx.Graph, part_of: NDArray[np.int64], palette: Sequence[str]) -> list[str]:
    """Return a colour for each region, so that parts that touch differ.

    In smallest-last order a part meets at most five earlier ones in the plane, where parts and their contacts make a
    plane graph, and at most one on the line.  So some colour is left; the one used least makes neighbourhoods varied.
    """
    touching = nx.Graph()
    touching.add_nodes_from(part_of.tolist())
    touching.add_edges_from((int(part_of[a]), int(part_of[b])) for a, b in graph.edges if part_of[a] != part_of[b])
    chosen: dict[int, str] = {}
    used = dict.fromkeys(palette, 0)
    for part in nx.coloring.strategy_smallest_last(touching, {}):
        taken = {chosen.get(other) for other in touching[part]}
        chosen[part] = min((fill for fill in palette if fill not in taken), key=used.__getitem__)
        used[chosen[part]] += 1
    return [chosen[part] for part in part_of.tolist()]
