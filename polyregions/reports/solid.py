"""Pictures of regions in three dimensions, with matplotlib."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from polyregions.complexes import PolyhedralComplex, boundary_order, visible_walls
from polyregions.errors import DimensionMismatch
from polyregions.reports.scene import parts_of, wall_layers
from polyregions.reports.sheet import Sheet
from polyregions.reports.style import (
    FAINT,
    FILLS,
    count_of_regions,
    counted,
    crowding,
    fills,
    ink,
    new_axes,
    part_numbers,
    rgba,
    walls_of_layer,
    width,
)
from polyregions.reports.view import GREY, Side, View

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

Style = Literal["auto", "walls", "cutaway", "exploded"]

FEW_WALLS = 40
"""Up to so many walls are drawn as glass; one would not see through more."""

APART = 0.45
"""How far the regions of an exploded view are moved, as a part of their distance from the middle of K."""

PALE = 0.45
"""How much white there is in the colour of walls that one does not see through."""

DARK = (0.1, 0.1, 0.12, 1.0)


def draw_solid(
    complex_: PolyhedralComplex,
    ax: Axes | None = None,
    style: Style = "auto",
    visible: bool = False,
    azimuth: float = -55.0,
    elevation: float = 22.0,
) -> Axes:
    """Draw the regions of a network with three inputs.

    Parameters
    ----------
    complex_ : PolyhedralComplex
    ax : matplotlib.axes.Axes, optional
        Where to draw: ordinary axes, not those of mplot3d; a new figure is made otherwise, without touching pyplot.
    style : {"auto", "walls", "cutaway", "exploded"}
        *walls* are translucent, coloured by layer.  A *cutaway* is a solid block without the regions in the corner
        towards the viewer: the outside of K has the colours of the regions, the walls that come to light those of their
        layers.  In an *exploded* view the regions are moved apart.  *auto* is *walls* for up to 40 walls, else
        *cutaway*.
    visible : bool
        Whether to show only walls across which the gradient jumps, so that the regions are the linear regions.
    azimuth, elevation : float
        Where the viewer is, in degrees: the angle in the plane of the first two inputs, and above it.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DimensionMismatch
        The network does not have three inputs.
    MissingDependency
        matplotlib is not installed.

    Notes
    -----
    A parallel projection.  What hides what follows from the walls: of two regions that share one, that on the viewer's
    side is in front.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(3), [[1.0, 1.0, 1.0]]], [np.zeros(3), [0.0]])
    >>> axes = draw_solid(pr.build_complex(net, pr.Polytope.box(-1, 1, dim=3)))
    >>> axes.get_title().splitlines()[0]
    '8 activation regions of a 3-3-1 network'
    """
    if style not in ("auto", "walls", "cutaway", "exploded"):
        raise ValueError(f'style must be "auto", "walls", "cutaway" or "exploded", got {style!r}')
    if complex_.dim != 3:
        raise DimensionMismatch(f"only regions in dimension 3 can be drawn like this, these are in {complex_.dim}")
    solid = _Solid(complex_, visible, View(complex_, azimuth, elevation))
    if style == "auto":
        style = "walls" if len(solid.shown) <= FEW_WALLS else "cutaway"
    axes = new_axes() if ax is None else ax
    sheet = Sheet()
    handles = {"walls": solid.glass, "cutaway": solid.cutaway, "exploded": solid.exploded}[style](sheet)
    sheet.draw(axes)
    apart = style == "exploded"
    solid.view.draw_axes(axes, 1.0 + APART * apart, not apart)
    axes.set_title(solid.title(style), fontsize=10)
    axes.set_aspect("equal")
    axes.margins(0.02)
    axes.set_axis_off()
    look: dict[str, Any] = {"frameon": False, "fontsize": 9, "alignment": "left", "borderaxespad": 0.0}
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.02, 1.0), **look)
    return axes


class _Solid:
    """What there is to draw, and the three ways to do it."""

    def __init__(self, complex_: PolyhedralComplex, visible: bool, view: View) -> None:
        self.complex, self.visible, self.view = complex_, visible, view
        self.jumps = visible_walls(complex_)
        walls = complex_.walls
        self.shown = walls[self.jumps[walls]] if visible else walls
        self.layers = np.zeros(complex_.f_vector()[2], dtype=np.int64)
        self.layers[walls] = wall_layers(complex_)
        self.parts = parts_of(complex_, visible)
        self.part_of = part_numbers(self.parts)
        self.ends = complex_.members[1].indices.reshape(-1, 2)
        self.outside = complex_.on_domain_facets(1).sum(axis=1)

    @cached_property
    def inks(self) -> NDArray[np.float64]:
        """The colour of the walls of each layer; number 0 is for walls without a jump of the gradient."""
        return rgba([FAINT, *(ink(layer) for layer in range(1, len(self.complex.network.layers) + 1))])

    def colours(self, facets: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the colour of walls."""
        return self.inks[np.where(self.jumps[facets], self.layers[facets], 0)]

    @cached_property
    def creases(self) -> NDArray[np.int64]:
        """The edges in B_{N,2}."""
        return np.flatnonzero(boundary_order(self.complex, 2) == 2)

    @cached_property
    def corners(self) -> NDArray[np.int64]:
        """The vertices in B_{N,3}."""
        return np.flatnonzero(boundary_order(self.complex, 3) == 3)

    def lines(self, edges: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return where edges are seen, shape (N, 2, 2)."""
        return self.view.on_paper(self.view.points[self.ends[edges]])

    @cached_property
    def middles(self) -> NDArray[np.float64]:
        """The middle of the part that each region belongs to, placed."""
        sums = np.zeros((len(self.parts), 3))
        np.add.at(sums, self.part_of, self.view.centres)
        return (sums / np.bincount(self.part_of)[:, None])[self.part_of]

    @cached_property
    def kept(self) -> NDArray[np.bool_]:
        """The regions that a cutaway shows: all but those whose middle is in the octant towards the viewer."""
        kept = ~np.asarray((self.middles * self.view.axes[2] > 0.0).all(axis=1))
        return kept if kept.any() else ~kept

    def glass(self, sheet: Sheet) -> list[Artist]:
        """Draw walls as glass, B_{N,2} as lines and B_{N,3} as dots."""
        sides = self.complex.wall_regions
        behind = np.minimum(*self.view.ranks[sides].T)[np.searchsorted(self.complex.walls, self.shown)]
        thin = crowding(len(self.shown), 100.0)
        opacity = 0.4 * crowding(len(self.shown), 15.0)
        colours = self.colours(self.shown)
        shapes = [self.view.on_paper(self.view.points[self.view.rings[facet]]) for facet in self.shown.tolist()]
        sheet.add(shapes, behind, colours * [1.0, 1.0, 1.0, opacity], colours * [1.0, 1.0, 1.0, 0.8], 0.9 * thin)
        around = csr_array(self.complex.coboundary(1) @ self.complex.coboundary(2))
        nearest = around.multiply(self.view.ranks[None, :] + 1.0).max(axis=1).toarray().ravel() - 1.0
        sheet.add_lines(self.lines(self.creases), nearest[self.creases] - 0.5, DARK, 1.8 * thin)
        dots = self.view.on_paper(self.view.points[self.corners])
        sheet.add_dots(dots, self.view.ranks.max() + 1.0, DARK, 0.009 * thin)
        self.add_frame(sheet, np.ones(len(self.part_of), dtype=np.bool_))
        return self.legend(self.shown, max(opacity, 0.25), 0.0)

    def cutaway(self, sheet: Sheet) -> list[Artist]:
        """Draw a block without the regions in the corner towards the viewer."""
        kept = self.kept
        side = self.view.surface(kept, np.zeros_like(self.part_of))
        shapes = [self.view.on_paper(self.view.points[self.view.rings[facet]]) for facet in side.facets.tolist()]
        faces = self.painted(side)
        sheet.add(shapes, self.view.ranks[side.regions], faces, faces, 0.3)
        self.add_edges(sheet, side)
        self.add_frame(sheet, kept)
        return self.legend(side.facets, 1.0, PALE)

    def exploded(self, sheet: Sheet) -> list[Artist]:
        """Draw the regions apart from each other."""
        side = self.view.surface(np.ones(len(self.part_of), dtype=np.bool_), self.part_of)
        moves = APART * self.middles
        shapes = [
            self.view.on_paper(self.view.points[self.view.rings[facet]] + moves[region])
            for facet, region in zip(side.facets.tolist(), side.regions.tolist(), strict=True)
        ]
        faces = self.painted(side)
        sheet.add(shapes, self.view.ranks[side.regions], faces, faces, 0.3)
        part = self.complex.boundary(2)[side.facets]
        pairs = np.stack([part.indices, np.repeat(side.regions, np.diff(part.indptr))], axis=1)
        edges, regions = np.unique(pairs[self.outlined[part.indices]], axis=0).T
        ends = self.view.points[self.ends[edges]] + moves[regions][:, None]
        thin = crowding(len(self.parts), 60.0)
        sheet.add_lines(self.view.on_paper(ends), self.view.ranks[regions] + 0.5, DARK, 0.8 * thin)
        return self.legend(side.facets, 1.0, PALE, boundary=False)

    @cached_property
    def outlined(self) -> NDArray[np.bool_]:
        """The edges of the complex at which a part has an edge of its own."""
        result = (self.outside >= 2) | ((self.outside == 1) & self.touched)
        result[self.creases] = True
        return np.asarray(result | ((self.outside == 0) & (not self.visible)))

    def add_frame(self, sheet: Sheet, kept: NDArray[np.bool_]) -> None:
        """Draw the edges of K: faint where they are behind K, or nothing is left of it."""
        edges = np.flatnonzero(self.outside >= 2)
        around = csr_array(self.complex.coboundary(1)[edges] @ self.complex.coboundary(2))
        there = np.asarray(around @ kept.astype(np.int32)) > 0
        hidden = self.view.hidden(edges)
        keys = np.where(hidden, -1.0, self.view.ranks.max() + 2.0)
        sheet.add_lines(self.lines(edges), keys, rgba([GREY]), np.where(~hidden & there, 1.3, 0.6))

    def add_edges(self, sheet: Sheet, side: Side) -> None:
        """Draw the edges of facets that are seen: traces of walls on the boundary of K, and B_{N,2}."""
        part = self.complex.boundary(2)[side.facets]
        edges = part.indices
        keys = np.zeros(self.complex.f_vector()[1])
        np.maximum.at(keys, edges, np.repeat(self.view.ranks[side.regions], np.diff(part.indptr)) + 0.5)
        seen = np.unique(edges)
        trace = seen[(self.outside[seen] == 1) & self.touched[seen]]
        first = self.first_layers(trace)
        thin = crowding(len(trace), 300.0)
        widths = np.array([0.7, *(width(layer) for layer in range(1, len(self.inks)))])
        sheet.add_lines(self.lines(trace), keys[trace], self.inks[first], thin * widths[first])
        inner = np.intersect1d(seen, self.creases)
        sheet.add_lines(self.lines(inner), keys[inner], DARK, 1.1 * thin)
        dots = np.intersect1d(self.ends[inner], self.corners)
        height = np.zeros(len(self.complex.vertices))
        np.maximum.at(height, self.ends[inner].ravel(), np.repeat(keys[inner], 2))
        sheet.add_dots(self.view.on_paper(self.view.points[dots]), height[dots] + 0.1, DARK, 0.007 * thin)

    def first_layers(self, edges: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the first layer of a wall with a jump of the gradient at each edge; 0 if there is none."""
        count = len(self.inks)
        early = np.where(self.jumps, count - self.layers, 0)
        largest = self.complex.coboundary(1)[edges].multiply(early[None, :]).max(axis=1).toarray().ravel()
        return np.where(largest > 0, count - largest, 0).astype(np.int64)

    @cached_property
    def touched(self) -> NDArray[np.bool_]:
        """The edges of walls that are shown."""
        shown = np.zeros(len(self.layers), dtype=np.int32)
        shown[self.shown] = 1
        return np.asarray(self.complex.coboundary(1).astype(np.int32) @ shown) > 0

    def painted(self, side: Side) -> NDArray[np.float64]:
        """Return the colours of facets of a block: that of the part on the boundary of K, else of the wall's layer."""
        walls = self.layers[side.facets] > 0
        seen = np.isin(self.complex.wall_regions, side.regions[~walls]).all(axis=1)
        palette = rgba(fills(nx.Graph(self.complex.wall_regions[seen].tolist()), self.parts, FILLS))
        faces = palette[side.regions]
        faces[walls] = self.colours(side.facets[walls])
        faces[walls, :3] += PALE * (1.0 - faces[walls, :3])
        faces[:, :3] *= self.view.shade(self.view.outward(side))[:, None]
        return faces

    def legend(self, facets: NDArray[np.int64], opacity: float, white: float, boundary: bool = True) -> list[Artist]:
        """Name the walls that are seen, and B_{N,2} and B_{N,3} with the numbers of their faces in all of K."""
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

        walls = facets[self.layers[facets] > 0]
        found = np.unique(np.where(self.jumps[walls], self.layers[walls], len(self.inks))).tolist()
        handles: list[Artist] = []
        if white:
            handles.append(Patch(facecolor=FILLS[0], edgecolor=GREY, label="regions, on the boundary of K"))
        for layer in found:
            name, color = "walls without a jump of the gradient", FAINT
            if layer < len(self.inks):
                name, color = walls_of_layer(self.complex.network, layer), ink(layer)
            handles.append(Patch(facecolor=rgba([color], opacity, white)[0], edgecolor=color, label=name))
        if boundary and len(self.creases):
            name = f"$B_{{N,2}}$: {counted(len(self.creases), 'edge')} in K"
            handles.append(Line2D([], [], color=DARK, linewidth=1.8, label=name))
        if boundary and len(self.corners):
            name = f"$B_{{N,3}}$: {counted(len(self.corners), 'point')} in K"
            handles.append(Line2D([], [], color=DARK, marker="o", markersize=5, linestyle="none", label=name))
        return handles

    def title(self, style: str) -> str:
        """Say what the picture shows."""
        counts = count_of_regions(self.complex.regions, len(self.parts) if self.visible else None)
        walls = f"the {counted(len(self.complex.walls), 'wall')} between them, translucent"
        if self.visible:
            number = f"{len(self.shown):,} of {counted(len(self.complex.walls), 'wall')}"
            walls = f"the walls across which the gradient jumps ({number}), translucent"
        block = "cut open: the regions in the corner towards the viewer are left out"
        if self.kept.all():
            block = "the outside of K: no region lies in the corner towards the viewer"
        meaning = {"walls": walls, "cutaway": block, "exploded": "moved apart; the network is affine on each"}
        return f"{counts}\n{meaning[style]}"
