"""What all pictures have in common: colours, line widths, words, and new axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from polyregions.enumeration import Regions
from polyregions.errors import MissingDependency
from polyregions.networks import Network

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FILLS = ("#dbe6f1", "#f6e6cf", "#dcebd6", "#efdbe0", "#e4def0", "#f3efc6", "#d2e8e6", "#ebdccb")
"""Muted colours for regions; six are enough in the plane and two on the line, see `fills`."""

INKS = ("#20304f", "#c0392b", "#1f7a6d", "#7d3c98", "#b9770e", "#2e86c1", "#6b7f1e", "#a23b72")
"""Colours for the walls of layer 1, 2, ...; after the last they start again."""

WIDTHS = (1.7, 1.2, 0.9, 0.7, 0.6, 0.5)
"""Line widths for the walls of layer 1, 2, ...; the last is for all deeper layers."""

FAINT = "#9a9a9a"
"""The colour of walls across which the gradient does not jump."""


def ink(layer: int) -> str:
    """Return the colour for the walls of a layer, counted from 1."""
    return INKS[(layer - 1) % len(INKS)]


def width(layer: int) -> float:
    """Return the line width for the walls of a layer, counted from 1."""
    return WIDTHS[min(layer, len(WIDTHS)) - 1]


def crowding(number: int, room: float) -> float:
    """Return by which factor lines become thinner where there is room for so many and there are more."""
    return float(np.clip(np.sqrt(room / max(number, 1)), 0.2, 1.0))


def fills(graph: nx.Graph, parts: Sequence[NDArray[np.int64]], palette: Sequence[str]) -> list[str]:
    """Return a colour for each region, so that parts that touch differ.

    In smallest-last order a part meets at most five earlier ones in the plane, where parts and their contacts make a
    plane graph, and at most one on the line.  So some colour is left; the one used least makes neighbourhoods varied.
    In space there need not be any left; then the one used least among all is taken.
    """
    part_of = part_numbers(parts)
    touching = nx.Graph()
    touching.add_nodes_from(range(len(parts)))
    touching.add_edges_from((int(part_of[a]), int(part_of[b])) for a, b in graph.edges if part_of[a] != part_of[b])
    chosen: dict[int, str] = {}
    used = dict.fromkeys(palette, 0)
    for part in nx.coloring.strategy_smallest_last(touching, {}):
        taken = {chosen.get(other) for other in touching[part]}
        free = [fill for fill in palette if fill not in taken] or palette
        chosen[part] = min(free, key=used.__getitem__)
        used[chosen[part]] += 1
    return [chosen[part] for part in part_of.tolist()]


def part_numbers(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return the number of the part that each region belongs to."""
    numbers = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return numbers[np.argsort(np.concatenate([np.zeros(0, dtype=np.int64), *parts]))]


def counted(number: int, noun: str) -> str:
    """Write a number with its noun."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def count_of_regions(regions: Regions, parts: int | None = None) -> str:
    """Say how many regions of what network there are; with the number of `parts` if these are linear regions."""
    widths = "-".join(str(width) for width in (regions.network.input_dim, *(k.width for k in regions.network.layers)))
    counts = f"{counted(len(regions), 'activation region')} of a {widths} network"
    if parts is not None:
        counts = f"{counted(parts, 'linear region')}, made of {counts}"
    return counts if regions.complete else f"{counts} ({regions.status.value})"


def walls_of_layer(network: Network, layer: int) -> str:
    """Name the walls of a layer, counted from 1."""
    return f"walls of layer {layer} ({counted(int(np.sum(network.unit_layers == layer)), 'unit')})"


def new_axes() -> Axes:
    """Make axes in a new figure, without touching pyplot."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingDependency("pictures need matplotlib: python -m pip install matplotlib") from None
    figure = Figure(figsize=(9.5, 7.5), layout="compressed")
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def rgba(colors: Sequence[str], opacity: float = 1.0, white: float = 0.0) -> NDArray[np.float64]:
    """Return colours as rows of four numbers, shape (len(colors), 4), mixed with white."""
    from matplotlib.colors import to_rgba_array

    result = np.asarray(to_rgba_array(list(colors)), dtype=np.float64).reshape(-1, 4)
    result[:, :3] += white * (1.0 - result[:, :3])
    result[:, 3] = opacity
    return result
