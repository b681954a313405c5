"""Pictures of regions in one and two dimensions, with matplotlib; `save_picture` draws those in three as well."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.complexes import PolyhedralComplex
from polyregions.enumeration import Regions
from polyregions.errors import DimensionMismatch
from polyregions.reports.scene import Scene, complex_of, scene_of
from polyregions.reports.solid import draw_solid
from polyregions.reports.style import FAINT, count_of_regions, counted, crowding, ink, new_axes, walls_of_layer, width

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

THINNEST = 0.28
"""The least width of a line that still shows its colour in print."""

Colors = Literal["pattern", "linear"]


def draw_regions(
    source: Regions | PolyhedralComplex,
    ax: Axes | None = None,
    colors: Colors = "pattern",
    points: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    boundary: bool | None = None,
) -> Axes:
    """Draw the regions of a network with one or two inputs.

    In the plane every region is a filled polygon and the walls between them are drawn by layer.  On the line every
    region is an interval, with the network's outputs drawn over it.

    Parameters
    ----------
    source : Regions or PolyhedralComplex
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure is made otherwise, without touching pyplot.
    colors : {"pattern", "linear"}
        Regions that touch get different colours: activation regions, or linear regions.  With ``"linear"``, walls
        across which the gradient does not jump are dotted and grey.
    points : array_like, shape (N, n), optional
        Points to show with the regions, for example data.
    labels : array_like, shape (N,), optional
        The class of each point, shown by colour and named in a legend.
    boundary : bool, optional
        Whether to show B_N, where the gradient jumps: other walls are dotted and grey, and in the plane there is a dot
        at each point of B_{N,2}, a ring where a wall ends.  By default, if `source` is a complex.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DimensionMismatch
        The network does not have one or two inputs, or points and labels do not fit.
    LimitReached
        The picture is to show B_N, and the run was truncated.
    MissingDependency
        matplotlib is not installed.

    Notes
    -----
    Builds the complex if it is not given.  If the run was truncated, takes the facets of every region and the region
    graph, so somewhat longer than the enumeration.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> axes = draw_regions(pr.enumerate_regions(net, pr.Polytope.box(-1, 1, dim=2)))
    >>> len(axes.collections[0].get_paths())
    4
    """
    _check_colors(colors)
    checked_points(points, labels, source.domain.dim)
    return draw_scene(scene_of(source, colors == "linear", boundary=boundary), ax, points, labels)


def draw_scene(
    scene: Scene, ax: Axes | None = None, points: ArrayLike | None = None, labels: ArrayLike | None = None
) -> Axes:
    """Draw what `scene_of` has collected; the other parameters are those of `draw_regions`."""
    shown = checked_points(points, labels, scene.regions.domain.dim)
    axes = new_axes() if ax is None else ax
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
    source: Regions | PolyhedralComplex,
    path: str | Path,
    colors: Colors = "pattern",
    points: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    boundary: bool | None = None,
) -> None:
    """Draw the regions of a network with one, two or three inputs and write the picture to a file.

    Parameters
    ----------
    source : Regions or PolyhedralComplex
    path : str or pathlib.Path
        The ending tells the format: ``.png``, ``.pdf``, ``.svg`` and whatever else matplotlib writes.
    colors, points, labels, boundary
        As in `draw_regions`.  In three dimensions the picture is that of `draw_solid`, which has more choices: there
        are no points, B_N is always shown, and ``colors="linear"`` leaves out walls without a jump of the gradient.

    Raises
    ------
    ValueError
        matplotlib does not know the ending.
    DimensionMismatch
        The network has more than three inputs, or points and labels do not fit.
    LimitReached
        The run was truncated, and the picture needs all regions: in three dimensions, or to show B_N.
    """
    check_picture_name(path)
    _check_colors(colors)
    if source.domain.dim != 3:
        save_axes(draw_regions(source, None, colors, points, labels, boundary), path)
    elif points is not None:
        raise DimensionMismatch("points can be drawn in one or two dimensions only")
    else:
        save_axes(draw_solid(complex_of(source), visible=colors == "linear"), path)


def save_axes(axes: Axes, path: str | Path) -> None:
    """Write the figure that axes belong to, with all of its legends."""
    figure = axes.get_figure(root=True)
    if figure is not None:
        figure.savefig(path, dpi=160, bbox_inches="tight")


def check_picture_name(path: str | Path) -> None:
    """Raise ValueError if matplotlib cannot tell the format of a picture from the ending of its name."""
    known = new_axes().figure.canvas.get_supported_filetypes()
    if Path(path).suffix[1:].lower() not in known:
        endings = ", ".join(f".{ending}" for ending in sorted(known))
        raise ValueError(f"cannot write a picture to {Path(path).name!r}; known endings are {endings}")


def _check_colors(colors: str) -> None:
    if colors not in ("pattern", "linear"):
        raise ValueError(f'colors must be "pattern" or "linear", got {colors!r}')


def checked_points(
    points: ArrayLike | None, labels: ArrayLike | None, dim: int
) -> tuple[NDArray[np.float64], NDArray[Any] | None] | None:
    """Return points and their classes as arrays, None without points, or say what is wrong with them."""
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

    axes.add_collection(
        PolyCollection(scene.outlines, facecolors=scene.fills, edgecolors=scene.fills, linewidths=0.2, zorder=1)
    )
    handles = _draw_walls(axes, scene, scene.wall_ends, axes.transData, room=900.0)
    if scene.boundary:
        handles += _draw_corners(axes, scene)
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
    bands = [np.column_stack([np.repeat(ends[:, 0], 2), [0, 1, 1, 0]]) for ends in scene.outlines]
    axes.add_collection(
        PolyCollection(bands, facecolors=scene.fills, edgecolors=scene.fills, linewidths=0.2, transform=tall, zorder=1),
        autolim=False,
    )
    places = np.repeat(scene.wall_ends, 2, axis=1)
    segments = np.concatenate([places, np.broadcast_to([[0.0], [1.0]], places.shape)], axis=2)
    handles = _draw_walls(axes, scene, segments, tall, room=15.0)
    corners = np.unique(np.concatenate([scene.regions.domain.vertices, *scene.outlines]), axis=0)
    for number, values in enumerate(scene.regions.network(corners).T):
        name = f"output {number}"
        handles += axes.plot(corners[:, 0], values, label=name, color=f"C{number % 10}", linewidth=2.2, zorder=5)
    axes.set(xlabel="input $x_0$", ylabel="output of the network", xlim=(corners[0, 0], corners[-1, 0]))
    return handles


def _draw_walls(axes: Axes, scene: Scene, segments: NDArray[np.float64], transform: Any, room: float) -> list[Artist]:
    """Draw walls, one collection a layer, the first on top; those without a jump of the gradient dotted and grey.

    Lines become thinner when there are more than `room` of them, but not those in the legend, which are returned.
    """
    from matplotlib.collections import LineCollection
    from matplotlib.lines import Line2D

    layers = np.where(scene.hidden, 0, scene.wall_layers)
    thinner = crowding(len(segments), room)
    handles: list[Artist] = []
    for layer in sorted(set(layers.tolist()), key=lambda layer: (layer == 0, layer)):
        style: dict[str, Any] = {"color": FAINT, "linestyle": "dotted", "label": "walls without a jump of the gradient"}
        if layer:
            name = walls_of_layer(scene.regions.network, layer)
            style = {"color": ink(layer), "linestyle": "solid", "label": name}
        thick, order = (width(layer), 3.0 - 0.01 * layer) if layer else (1.0, 2.0)
        chosen = list(segments[layers == layer])
        lines = LineCollection(
            chosen, linewidth=max(thinner * thick, THINNEST), transform=transform, zorder=order, **style
        )
        axes.add_collection(lines, autolim=False)
        handles.append(Line2D([], [], linewidth=thick, **style))
    return handles


def _draw_corners(axes: Axes, scene: Scene) -> list[Artist]:
    """Draw the points of B_{N,2}: dots, and rings where walls end; smaller if there are many."""
    from matplotlib.lines import Line2D

    thinner = crowding(len(scene.corners), 250.0) ** 1.3
    handles: list[Artist] = []
    for junction, inside, size, name in (
        (False, "black", 3.6, "a kink or crossing"),
        (True, "white", 5.0, "T-junction"),
    ):
        chosen = scene.corners[scene.junctions == junction]
        if len(chosen):
            style: dict[str, Any] = {"markerfacecolor": inside, "markeredgecolor": "black", "linestyle": "none"}
            style |= {"marker": "o", "label": f"points of $B_{{N,2}}$: {name} ({len(chosen):,})"}
            axes.plot(
                *chosen.T,
                markersize=thinner * size,
                markeredgewidth=thinner * 0.9,
                zorder=3.2 + 0.1 * junction,
                **style,
            )
            handles.append(Line2D([], [], markersize=size, markeredgewidth=0.9, **style))
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
    counts = count_of_regions(scene.regions, len(scene.parts) if scene.linear else None)
    meaning = "the network is affine on each; walls are where a unit switches"
    if scene.linear:
        meaning = "linear regions that touch differ in colour; between them the gradient jumps"
    if scene.boundary:
        jumps, walls = int(np.sum(~scene.hidden)), counted(len(scene.hidden), "wall")
        meaning += f"\nthe gradient jumps across {'all' if jumps == len(scene.hidden) else f'{jumps:,} of'} {walls}"
    return f"{counts}\n{meaning}"
