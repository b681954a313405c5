"""Painting in space: polygons, lines and dots in one collection, from the back to the front."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOT = np.column_stack([np.cos(np.arange(16) * np.pi / 8), np.sin(np.arange(16) * np.pi / 8)])
"""The outline of a dot."""


@dataclass
class Sheet:
    """Everything on a picture with what hides what.

    Lines are polygons with two corners, dots polygons with many, so one collection holds all and each thing is hidden
    by whatever has a larger key.
    """

    shapes: list[NDArray[np.float64]] = field(default_factory=list)
    keys: list[NDArray[np.float64]] = field(default_factory=list)
    faces: list[NDArray[np.float64]] = field(default_factory=list)
    edges: list[NDArray[np.float64]] = field(default_factory=list)
    widths: list[NDArray[np.float64]] = field(default_factory=list)

    def add(
        self, shapes: list[NDArray[np.float64]], keys: ArrayLike, faces: ArrayLike, edges: ArrayLike, widths: ArrayLike
    ) -> None:
        """Add polygons; colours are rows of four numbers, and keys, colours and widths may be one for all."""
        count = len(shapes)
        self.shapes += shapes
        self.keys.append(np.broadcast_to(np.asarray(keys, dtype=np.float64), (count,)))
        self.faces.append(np.broadcast_to(np.asarray(faces, dtype=np.float64), (count, 4)))
        self.edges.append(np.broadcast_to(np.asarray(edges, dtype=np.float64), (count, 4)))
        self.widths.append(np.broadcast_to(np.asarray(widths, dtype=np.float64), (count,)))

    def add_lines(self, ends: NDArray[np.float64], keys: ArrayLike, colors: ArrayLike, widths: ArrayLike) -> None:
        """Add lines between two points each, shape (N, 2, 2)."""
        self.add(list(ends), keys, np.zeros(4), colors, widths)

    def add_dots(self, places: NDArray[np.float64], keys: ArrayLike, color: ArrayLike, radius: float) -> None:
        """Add dots, shape (N, 2)."""
        self.add(list(places[:, None] + radius * DOT), keys, color, np.zeros(4), 0.0)

    def draw(self, axes: Axes) -> None:
        """Draw everything."""
        from matplotlib.collections import PolyCollection

        order = np.argsort(np.concatenate(self.keys), kind="stable")
        faces, edges, widths = (np.concatenate(part)[order] for part in (self.faces, self.edges, self.widths))
        shapes = [self.shapes[number] for number in order.tolist()]
        style: dict[str, Any] = {"capstyle": "round", "joinstyle": "round", "zorder": 2}
        axes.add_collection(PolyCollection(shapes, facecolors=faces, edgecolors=edges, linewidths=widths, **style))
