"""Pictures of regions in one and two dimensions, with matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.enumeration import Regions
from polyregions.errors import DimensionMismatch, MissingDependency
from polyregions.reports.scene import Scene, scene_of

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

Colors = Literal["pattern", "linear"]

INKS = ("#20304f", "#c0392b", "#1f7a6d", "#7d3c98", "#b9770e", "#566573")
"""Colours for the walls of layer 1, 2, ...; after the last they start again."""

WIDTHS = (1.7, 1.2, 0.9, 0.7, 0.6, 0.5)
"""Line widths for the walls of layer 1, 2, ...; the last is for all deeper layers."""


def draw_regions(
    regions: Regions,
    ax: Axes | None = None,
    colors: Colors = "pattern",
    points: ArrayLike | None = None,
    labels: ArrayLike | None = None,
) -> Axes:
    """Draw the regions of a network with one or two inputs.

    In the plane every region is a filled polygon and the walls between them are drawn by layer.  On the line every
    region is an interval, with the network's outputs drawn over it.

    Parameters
    ----------
    regions : Regions
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure is made otherwise, without touching pyplot.
    colors : {"pattern", "linear"}
        Regions that touch get different colours: activation regions, or linear regions.  With ``"linear"``, walls
        across which the gradient does not jump are dotted and grey.
    points : array_like, shape (N, n), optional
        Points to show with the regions, for example data.
    labels : array_like, shape (N,), optional
        The class of each point, shown by colour and named in a legend.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DimensionMismatch
        The network does not have one or two inputs, or points and labels do not fit.
    MissingDependency
        matplotlib is not installed.

    Notes
    -----
    Takes the facets of every region and the region graph, so somewhat longer than the enumeration.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> axes = draw_regions(pr.enumerate_regions(net, pr.Polytope.box(-1, 1, dim=2)))
    >>> len(axes.collections[0].get_paths())
    4
    """
    if colors not in ("pattern", "linear"):
        raise ValueError(f'colors must be "pattern" or "linear", got {colors!r}')
    _checked(points, labels, regions.domain.dim)
    return draw_scene(scene_of(regions, colors == "linear"), ax, points, labels)


def draw_scene(
    scene: Scene, ax: Axes | None = None, points: ArrayLike | None = None, labels: ArrayLike | None = None
) -> Axes:
    """Draw what `scene_of` has collected; the other parameters are those of `draw_regions`."""
    shown = _checked(points, labels, scene.regions.domain.dim)
    axes = _new_axes() if ax is None else ax
    handles = _draw_line(axes, scene) if scene.regions.domain.dim == 1 else _draw_plane(axes, scene)
    axes.set_title(_title(scene), fontsize=10)
    style: dict[str, Any] = {"frameon": False, "fontsize": 9, "alignment": "left", "borderaxespad": 0.0}
    first = axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.02, 1.0), **style)
    if shown is not None:
        axes.add_artist(first).set_clip_on(False)  # the layout would leave out what is clipped to the axes
        dots = _draw_points(axes, *shown)
        heading = None if labels is None else "points, by class"
        axes.legend(handles=dots, loc="lower left", bbox_to_anchor=(1.02, 0.0), title=heading, **style)
    return axes


def save_picture(
    regions: Regions,
    path: str | Path,
    colors: Colors = "pattern",
    points: ArrayLike | None = None,
    labels: ArrayLike | None = None,
) -> None:
    """Draw regions and write the picture to a file.

    Parameters
    ----------
    regions : Regions
    path : str or pathlib.Path
        The ending tells the format: ``.png``, ``.pdf``, ``.svg`` and whatever else matplotlib writes.
    colors, points, labels
        As in `draw_regions`.

    Raises
    ------
    ValueError
        matplotlib does not know the ending.
    """
    check_picture_name(path)
    save_axes(draw_regions(regions, None, colors, points, labels), path)


def save_axes(axes: Axes, path: str | Path) -> None:
    """Write the figure that axes belong to, with all of its legends."""
    figure = axes.get_figure(root=True)
    if figure is not None:
        figure.savefig(path, dpi=160, bbox_inches="tight")


def check_picture_name(path: str | Path) -> None:
    """Raise ValueError if matplotlib cannot tell the format of a picture from the ending of its name."""
    known = _new_axes().figure.canvas.get_supported_filetypes()
    if Path(path).suffix[1:].lower() not in known:
        endings = ", ".join(f".{ending}" for ending in sorted(known))
        raise ValueError(f"cannot write a picture to {Path(path).name!r}; known endings are {endings}")


def _new_axes() -> Axes:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingDependency("pictures need matplotlib: python -m pip install matplotlib") from None
    figure = Figure(figsize=(9.5, 7.5), layout="compressed")
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def _checked(
    points: ArrayLike | None, labels: ArrayLike | None, dim: int
) -> tuple[NDArray[np.float64], NDArray[Any] | None] | None:
    if points is None:
        return None
    array = np.asarray(points, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != dim:
        raise DimensionMismatch(f"points to draw must have shape (N, {dim}), got {array.shape}")
    classes = None if labels is None else np.asarray(labels)
    if classes is not None and classes.shape != array.shape[:1]:
        raise DimensionMismatch(f"{len(array)} points need as many labels, got shape {classes.shape}")
    return array, classes


def _draw_plane(axes: Axes, scene: Scene) -> list[Artist]:
    from matplotlib.collections import PolyCollection

    polygons = [cell.vertices for cell in scene.cells]
    axes.add_collection(
        PolyCollection(polygons, facecolors=scene.fills, edgecolors=scene.fills, linewidths=0.2, zorder=1)
    )
    segments = [(wall.layer, wall.ends) for wall in scene.walls]
    handles = _draw_walls(axes, scene, segments, axes.transData, room=900.0)
    frame = scene.regions.domain.vertices[[*range(len(scene.regions.domain.vertices)), 0]]
    handles += axes.plot(*frame.T, color="black", linewidth=1.4, zorder=3.5, label="boundary of the domain K")
    size = np.ptp(frame, axis=0)
    axes.set_aspect("equal" if size.max() <= 5 * size.min() else "auto")
    axes.set(xlabel="input $x_0$", ylabel="input $x_1$")
    axes.margins(0.01)
    axes.spines[:].set_visible(False)
    return handles


def _draw_line(axes: Axes, scene: Scene) -> list[Artist]:
    from matplotlib.collections import PolyCollection

    tall = axes.get_xaxis_transform()
    bands = [np.column_stack([np.repeat(np.sort(cell.vertices[:, 0]), 2), [0, 1, 1, 0]]) for cell in scene.cells]
    axes.add_collection(
        PolyCollection(bands, facecolors=scene.fills, edgecolors=scene.fills, linewidths=0.2, transform=tall, zorder=1),
        autolim=False,
    )
    segments = [(wall.layer, np.column_stack([np.repeat(wall.ends, 2), [0.0, 1.0]])) for wall in scene.walls]
    handles = _draw_walls(axes, scene, segments, tall, room=15.0)
    corners = np.unique(np.concatenate([cell.vertices for cell in (scene.regions.domain, *scene.cells)]), axis=0)
    for number, values in enumerate(scene.regions.network(corners).T):
        name = f"output {number}"
        handles += axes.plot(corners[:, 0], values, label=name, color=f"C{number % 10}", linewidth=2.2, zorder=5)
    axes.set(xlabel="input $x_0$", ylabel="output of the network", xlim=(corners[0, 0], corners[-1, 0]))
    return handles


def _draw_walls(
    axes: Axes, scene: Scene, segments: list[tuple[int, NDArray[np.float64]]], transform: Any, room: float
) -> list[Artist]:
    """Draw walls, one collection a layer, the first on top; those inside a part dotted and grey.

    Lines become thinner when there are more than `room` of them, but not those in the legend, which are returned.
    """
    from matplotlib.collections import LineCollection
    from matplotlib.lines import Line2D

    crowding = float(np.clip(np.sqrt(room / max(len(segments), 1)), 0.2, 1.0))
    units = np.bincount(scene.regions.network.unit_layers, minlength=1)
    handles: list[Artist] = []
    for layer in sorted({layer for layer, _ in segments}, key=lambda layer: (layer == 0, layer)):
        if layer:
            color, width = INKS[(layer - 1) % len(INKS)], WIDTHS[min(layer, len(WIDTHS)) - 1]
            name = f"walls of layer {layer} ({_counted(int(units[layer]), 'unit')})"
        else:
            color, width, name = "#9a9a9a", 1.0, "walls without a jump of the gradient"
        chosen = [ends for other, ends in segments if other == layer]
        style: dict[str, Any] = {"color": color, "linestyle": "solid" if layer else "dotted", "label": name}
        order = 3.0 - 0.01 * layer if layer else 2.0
        lines = LineCollection(chosen, linewidth=crowding * width, transform=transform, zorder=order, **style)
        axes.add_collection(lines, autolim=False)
        handles.append(Line2D([], [], linewidth=width, **style))
    return handles


def _draw_points(axes: Axes, points: NDArray[np.float64], labels: NDArray[Any] | None) -> list[Artist]:
    """Draw points as dots, on the line as ticks at its lower end; one artist for each class."""
    classes: list[Any] = [None] if labels is None else np.unique(labels).tolist()
    style: dict[str, Any] = {"s": 10, "linewidths": 0.3, "edgecolors": "white", "zorder": 4}
    if points.shape[1] == 1:
        points = np.column_stack([points, np.full(len(points), 0.02)])
        style = {"s": 60, "marker": "|", "linewidths": 1.2, "zorder": 6, "transform": axes.get_xaxis_transform()}
    handles: list[Artist] = []
    for number, name in enumerate(classes):
        chosen = points if labels is None else points[labels == name]
        color, label = ("#333333", "points") if name is None else (f"C{number % 10}", str(name))
        handles.append(axes.scatter(*chosen.T, color=color, label=label, **style))
    return handles


def _title(scene: Scene) -> str:
    regions = scene.regions
    widths = "-".join(str(width) for width in (regions.network.input_dim, *(k.width for k in regions.network.layers)))
    counts = f"{_counted(len(regions), 'activation region')} of a {widths} network"
    meaning = "the network is affine on each; walls are where a unit switches"
    if scene.linear:
        counts = f"{_counted(len(scene.parts), 'linear region')}, made of {counts}"
        meaning = "linear regions that touch differ in colour; between them the gradient jumps"
    return f"{counts}\n{meaning}" if regions.complete else f"{counts} ({regions.status.value})\n{meaning}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
