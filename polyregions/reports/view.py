"""Looking at a complex in space: parallel projection, what is in front of what, and which facets one sees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyregions.complexes import PolyhedralComplex
from polyregions.reports.shapes import rings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVEL = 1e-9
"""Facets that the line of sight meets at a smaller angle hide nothing: on paper they are lines."""

ROUNDS = 2000
"""More regions than this are not behind each other."""

SHORT = 0.05
"""Axes that look shorter are left out."""

GREY = "#555555"
"""The colour of axes."""

LIGHT = np.array([-0.35, 0.5, 0.8])
"""Where light comes from: how far on the right, above, and on the viewer's side."""


class Side(NamedTuple):
    """Facets of cells, each seen from inside one of them.

    Attributes
    ----------
    facets : numpy.ndarray of int
    regions : numpy.ndarray of int
        The region whose facet it is.
    """

    facets: NDArray[np.int64]
    regions: NDArray[np.int64]


@dataclass(frozen=True)
class View:
    """A complex in space from one direction.

    Parameters
    ----------
    complex_ : PolyhedralComplex
        Of dimension 3.
    azimuth, elevation : float
        Where the viewer is, in degrees: the angle in the plane of the first two inputs, and above it.
    """

    complex_: PolyhedralComplex
    azimuth: float
    elevation: float

    @cached_property
    def axes(self) -> NDArray[np.float64]:
        """Orthonormal rows: to the right, up, towards the viewer."""
        turn, rise = np.radians([self.azimuth, self.elevation])
        right = [-np.sin(turn), np.cos(turn), 0.0]
        towards = [np.cos(rise) * np.cos(turn), np.cos(rise) * np.sin(turn), np.sin(rise)]
        return np.array([right, np.cross(towards, right), towards])

    @cached_property
    def middle(self) -> NDArray[np.float64]:
        """The middle of the box around K."""
        return (self.low + self.high) / 2

    @cached_property
    def low(self) -> NDArray[np.float64]:
        """The lower corner of the box around K."""
        return np.asarray(self.complex_.domain.vertices.min(axis=0))

    @cached_property
    def high(self) -> NDArray[np.float64]:
        """The upper corner of the box around K."""
        return np.asarray(self.complex_.domain.vertices.max(axis=0))

    @cached_property
    def scale(self) -> NDArray[np.float64]:
        """What coordinates are multiplied by: axes keep their proportions unless K is more than five times as long."""
        size = self.high - self.low
        return 1.0 / size if size.max() > 5 * size.min() else np.full(3, 1.0 / size.max())

    def placed(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return points with the middle of K as origin, scaled to about unit length."""
        return (points - self.middle) * self.scale

    def on_paper(self, placed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where placed points are seen, shape (..., 2)."""
        return placed @ self.axes[:2].T

    @cached_property
    def points(self) -> NDArray[np.float64]:
        """The vertices, placed."""
        return self.placed(self.complex_.vertices)

    @cached_property
    def rings(self) -> list[NDArray[np.int64]]:
        """The vertices of each facet in the order in which one meets them walking around it."""
        starts, members = self._rings
        return np.split(members, starts[1:-1])

    @cached_property
    def _rings(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return rings(self.complex_)

    @cached_property
    def normals(self) -> NDArray[np.float64]:
        """A unit normal of each facet, in floats; zeros for facets that are too thin."""
        starts, members = self._rings
        corners = self.points[members]
        following = np.arange(1, len(members) + 1)
        following[starts[1:] - 1] = starts[:-1]
        centres = np.add.reduceat(corners, starts[:-1]) / np.diff(starts)[:, None]
        spokes = corners - np.repeat(centres, np.diff(starts), axis=0)
        sums = np.add.reduceat(np.cross(spokes, spokes[following]), starts[:-1])
        length = np.linalg.norm(sums, axis=1, keepdims=True)
        return np.where(length > 0.0, sums / np.where(length > 0.0, length, 1.0), 0.0)

    @cached_property
    def centres(self) -> NDArray[np.float64]:
        """The mean of the vertices of each region, placed."""
        members = self.complex_.members[3]
        return np.asarray(members @ self.points / np.diff(members.indptr)[:, None])

    def outward(self, side: Side) -> NDArray[np.float64]:
        """Return the unit normals that point out of the regions."""
        first = self.points[[self.rings[facet][0] for facet in side.facets]].reshape(-1, 3)
        normals: NDArray[np.float64] = self.normals[side.facets]
        inward = np.einsum("ij,ij->i", normals, self.centres[side.regions] - first) > 0
        return np.where(inward[:, None], -normals, normals)

    @cached_property
    def ranks(self) -> NDArray[np.int64]:
        """A number for each region that is larger than those of all regions behind it.

        Of two regions at a wall the one on the viewer's side is in front.  Cells that arise by cutting cells are never
        in front of each other in a circle; facets too thin for floats could make one, so the number of rounds is
        limited.
        """
        sides = self.complex_.wall_regions
        normal = self.outward(Side(self.complex_.walls, sides[:, 0])) @ self.axes[2]
        steep = np.abs(normal) > LEVEL
        behind = np.where(normal > 0, sides[:, 0], sides[:, 1])[steep]
        front = np.where(normal > 0, sides[:, 1], sides[:, 0])[steep]
        ranks = np.zeros(len(self.complex_.regions), dtype=np.int64)
        for _ in range(ROUNDS):
            wrong = ranks[front] <= ranks[behind]
            if not wrong.any():
                break
            np.maximum.at(ranks, front[wrong], ranks[behind[wrong]] + 1)
        return ranks

    def surface(self, kept: NDArray[np.bool_], parts: NDArray[np.int64]) -> Side:
        """Return the facets of some regions that are turned towards the viewer, from the back to the front.

        Parameters
        ----------
        kept : numpy.ndarray of bool, shape (R,)
            The regions that are there.
        parts : numpy.ndarray of int, shape (R,)
            Facets between regions with the same number are inside, not on the surface.
        """
        around = self.complex_.boundary(3)
        regions = np.repeat(np.arange(around.shape[0]), np.diff(around.indptr))
        facets = around.indices.astype(np.int64)
        other = np.full(around.shape[1], -1, dtype=np.int64)
        other[self.complex_.walls] = self.complex_.wall_regions.sum(axis=1)
        across = np.where(other[facets] >= 0, other[facets] - regions, -1)
        shows = kept[regions] & ((across < 0) | ~kept[across] | (parts[across] != parts[regions]))
        side = Side(facets[shows], regions[shows])
        faces = self.outward(side) @ self.axes[2] > LEVEL
        order = np.argsort(self.ranks[side.regions[faces]], kind="stable")
        return Side(side.facets[faces][order], side.regions[faces][order])

    def shade(self, normals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how light facets are, from their outward normals: from 0.84 to 1."""
        light = LIGHT / np.linalg.norm(LIGHT)
        return np.asarray(0.84 + 0.16 * np.clip(normals @ self.axes.T @ light, 0.0, 1.0))

    def hidden(self, edges: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which edges of the complex on the boundary of K are behind K."""
        facing = self.complex_.domain.normals / self.scale @ self.axes[2] > 0.0
        return np.asarray(~(self.complex_.on_domain_facets(1)[edges] & facing).any(axis=1))

    def draw_axes(self, axes: Axes, grown: float = 1.0, numbers: bool = True) -> None:
        """Draw an axis with some numbers along one edge of the box around K for each input.

        Parameters
        ----------
        axes : matplotlib.axes.Axes
        grown : float
            How much larger than the box the picture is.
        numbers : bool
            Whether places on the axes mean anything.
        """
        from matplotlib.ticker import MaxNLocator

        words: dict[str, Any] = {"ha": "center", "va": "center"}
        for axis in range(3):
            ends = grown * self.on_paper(self.placed(self._edge(axis)))
            length = float(np.linalg.norm(ends[1] - ends[0]))
            if length < SHORT:
                continue
            across = np.array([[0.0, -1.0], [1.0, 0.0]]) @ (ends[0] - ends[1]) / length
            if across @ ends.mean(axis=0) < 0.0:
                across = -across
            ends = ends + 0.03 * across
            axes.plot(*ends.T, color=GREY, linewidth=0.8, zorder=1)
            low, high = float(self.low[axis]), float(self.high[axis])
            marks = [mark for mark in MaxNLocator(4).tick_values(low, high) if low <= mark <= high] if numbers else []
            for mark in marks:
                place = ends[0] + (ends[1] - ends[0]) * (mark - low) / (high - low)
                axes.plot(*np.array([place, place + 0.012 * across]).T, color=GREY, linewidth=0.8, zorder=1)
                x, y = place + 0.05 * across
                axes.text(x, y, f"{mark:g}".replace("-", "\N{MINUS SIGN}"), fontsize=8, color=GREY, **words)
            x, y = ends.mean(axis=0) + (0.06 + 0.06 * numbers) * across
            axes.text(x, y, f"input $x_{axis}$", fontsize=10, rotation=90 if axis == 2 else 0, **words)

    def _edge(self, axis: int) -> NDArray[np.float64]:
        """Return the ends of an edge of the box on its outline: the lowest one, for the last axis that on the left."""
        box = np.array([self.low, self.high])
        others = [other for other in range(3) if other != axis]
        best: list[NDArray[np.float64]] = []
        for choice in ((0, 0), (0, 1), (1, 0), (1, 1)):
            signs = [np.sign(self.axes[2, other]) * (2 * way - 1) for other, way in zip(others, choice, strict=True)]
            if signs[0] * signs[1] <= 0:
                ends = box.copy()
                ends[:, others] = [box[way, other] for other, way in zip(others, choice, strict=True)]
                best.append(ends)
        return min(best, key=lambda ends: float(self.on_paper(self.placed(ends))[:, 0 if axis == 2 else 1].sum()))
