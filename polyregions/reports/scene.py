"""What there is to draw of regions in one or two dimensions: their outlines, the walls between them, and colours.

Drawing decides nothing: which walls there are, between which regions, and where the gradient jumps comes from the exact
complex, or from the exact facets of each region if the run was truncated; only where they are put on paper is float.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from polyregions.complexes import (
    PolyhedralComplex,
    boundary_order,
    build_complex,
    linear_regions,
    region_graph,
    t_junctions,
    visible_walls,
    wall_units,
)
from polyregions.enumeration import Regions
from polyregions.errors import BrokenInvariant, DimensionMismatch, LimitReached
from polyregions.geometry.polytope import Polytope
from polyregions.reports.shapes import outlines, wall_ends
from polyregions.reports.style import FILLS, fills, part_numbers


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a picture shows.

    Attributes
    ----------
    regions : Regions
    linear : bool
        Whether the parts are linear regions instead of activation regions.
    boundary : bool
        Whether the picture shows B_N: the walls across which the gradient jumps, apart from the others.
    outlines : list of numpy.ndarray
        The corners of the closed regions: counter-clockwise in the plane, two ends on the line.
    parts : list of numpy.ndarray of int
        The regions that make each part: one activation region, or one linear region.
    wall_ends : numpy.ndarray, shape (W, 2, 2) in the plane, (W, 1, 1) on the line
        Every facet between two regions, once.
    wall_layers : numpy.ndarray of int, shape (W,)
        The first layer, counted from 1, with a unit that switches at each wall.
    hidden : numpy.ndarray of bool, shape (W,)
        The walls to be drawn as such across which the gradient does not jump; none unless `linear` or `boundary`.
    corners : numpy.ndarray, shape (P, 2)
        The points of B_{N,2}, if they are to be drawn.
    junctions : numpy.ndarray of bool, shape (P,)
        Which of them are T-junctions, where a wall ends on another one.
    fills : list of str
        A colour for each region.
    """

    regions: Regions
    linear: bool
    boundary: bool
    outlines: list[NDArray[np.float64]]
    parts: list[NDArray[np.int64]]
    wall_ends: NDArray[np.float64]
    wall_layers: NDArray[np.int64]
    hidden: NDArray[np.bool_]
    corners: NDArray[np.float64]
    junctions: NDArray[np.bool_]
    fills: list[str]

    @property
    def cells(self) -> list[Polytope]:
        """The closed regions as exact polytopes; takes some linear programs for each region."""
        return [self.regions.polytope(index) for index in range(len(self.regions))]


def scene_of(
    source: Regions | PolyhedralComplex,
    linear: bool = False,
    graph: nx.Graph | None = None,
    boundary: bool | None = None,
) -> Scene:
    """Collect what a picture of regions shows.

    Parameters
    ----------
    source : Regions or PolyhedralComplex
        The complex is built if it is not given; regions of a truncated run are taken one by one, which is slow.
    linear : bool
        Whether the parts are linear regions instead of activation regions.
    graph : networkx.Graph, optional
        The result of `region_graph`, if it is there already; needed only for truncated runs.
    boundary : bool, optional
        Whether to show B_N; by default if a complex is given.

    Raises
    ------
    DimensionMismatch
        The network does not have one or two inputs.
    LimitReached
        The picture is to show B_N, and the run was truncated.
    """
    regions = source.regions if isinstance(source, PolyhedralComplex) else source
    if regions.domain.dim not in (1, 2):
        raise DimensionMismatch(
            f"only regions in dimension 1 or 2 can be drawn, these are in dimension {regions.domain.dim}; "
            "restrict the network to a line or a plane first"
        )
    shows = isinstance(source, PolyhedralComplex) if boundary is None else boundary
    if regions.complete:
        return _of_complex(regions, complex_of(source), linear, shows)
    if shows:
        raise LimitReached("B_N can be drawn only if all regions are known, and this run was truncated")
    return _of_cells(regions, linear, region_graph(regions) if graph is None else graph)


def complex_of(source: Regions | PolyhedralComplex) -> PolyhedralComplex:
    """Return the complex that the regions of a complete run belong to; built if need be."""
    if isinstance(source, PolyhedralComplex):
        return source
    if not source.complete:
        raise LimitReached("the polyhedral complex has all regions, and this run was truncated")
    complex_ = build_complex(source.network, source.domain)
    if not np.array_equal(complex_.regions.patterns, source.patterns):
        raise BrokenInvariant("the complex has other regions than the enumeration; please report this network")
    return complex_


def _of_complex(regions: Regions, complex_: PolyhedralComplex, linear: bool, boundary: bool) -> Scene:
    plane = complex_.dim == 2
    parts = parts_of(complex_, linear)
    jumps = np.ones(len(complex_.walls), dtype=np.bool_)
    if linear or boundary:
        jumps = visible_walls(complex_)[complex_.walls]
    corners = junctions = np.zeros(len(complex_.vertices), dtype=np.bool_)
    if plane and boundary:
        corners, junctions = boundary_order(complex_, 2) == 2, t_junctions(complex_)
    return Scene(
        regions,
        linear,
        boundary,
        outlines(complex_) if plane else list(complex_.vertices[complex_.members[1].indices.reshape(-1, 2)]),
        parts,
        wall_ends(complex_),
        wall_layers(complex_),
        ~jumps,
        complex_.vertices[corners],
        junctions[corners],
        fills(region_graph(complex_), parts, FILLS if plane else FILLS[:2]),
    )


def parts_of(complex_: PolyhedralComplex, linear: bool) -> list[NDArray[np.int64]]:
    """Return the regions of each part: one activation region each, or one linear region."""
    if linear:
        return linear_regions(complex_)
    return [np.array([index]) for index in range(len(complex_.regions))]


def wall_layers(complex_: PolyhedralComplex) -> NDArray[np.int64]:
    """Return the first layer, counted from 1, with a unit that switches at each wall."""
    units = wall_units(complex_)[complex_.walls]
    layers = complex_.network.unit_layers[units.indices].astype(np.int64)
    return np.minimum.reduceat(layers, units.indptr[:-1]) if len(complex_.walls) else layers


def _of_cells(regions: Regions, linear: bool, graph: nx.Graph) -> Scene:
    """Collect a scene from single regions, of which some may be missing."""
    parts = linear_regions(regions, graph) if linear else [np.array([index]) for index in range(len(regions))]
    cells = [regions.polytope(index) for index in range(len(regions))]
    ends, layers, hidden = _walls(regions, cells, part_numbers(parts))
    colours = fills(graph, parts, FILLS if regions.domain.dim == 2 else FILLS[:2])
    shapes = [cell.vertices if cell.dim == 2 else np.sort(cell.vertices, axis=0) for cell in cells]
    nothing = np.zeros((0, regions.domain.dim)), np.zeros(0, dtype=np.bool_)
    return Scene(regions, linear, False, shapes, parts, ends, layers, hidden, *nothing, colours)


def _walls(
    regions: Regions, cells: Sequence[Polytope], part_of: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return every facet that is not on the boundary of the domain, once: its ends, as fractions, are its name."""
    units: dict[frozenset[tuple[Fraction, ...]], int] = {}
    sides: dict[frozenset[tuple[Fraction, ...]], list[int]] = {}
    for number, cell in enumerate(cells):
        corners = [tuple(corner) for corner in cell.exact_vertices]
        for label, (normal, offset) in zip(cell.labels, cell.exact_halfspaces, strict=True):
            if isinstance(label, tuple) and label[0] == "unit":
                ends = (v for v in corners if sum(a * x for a, x in zip(normal, v, strict=True)) == offset)
                name = frozenset(ends)
                units[name] = min(int(label[1]), units.get(name, int(label[1])))
                sides.setdefault(name, []).append(int(part_of[number]))
    dim = regions.domain.dim
    places = np.array([sorted(name) for name in units], dtype=np.float64).reshape(-1, dim, dim)
    layers = regions.network.unit_layers[list(units.values())].astype(np.int64)
    hidden = np.array([len(parts) == 2 and parts[0] == parts[1] for parts in sides.values()], dtype=np.bool_)
    return places, layers, hidden
