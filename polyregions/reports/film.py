"""Films of the regions of a network during training: a GIF, or a page for the browser."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from operator import length_hint
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.enumeration.run import Progress, reporting
from polyregions.errors import DimensionMismatch, InvalidNetwork
from polyregions.geometry.polytope import Polytope
from polyregions.laboratory.checkpoints import Checkpoints, labelled
from polyregions.laboratory.dynamics import Track
from polyregions.reports.draw import checked_points, draw_scene
from polyregions.reports.film_page import film_page
from polyregions.reports.frames import PALETTE, Frame, film_frames, output_span, upright
from polyregions.reports.style import new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from PIL.Image import Image

ENDINGS = (".gif", ".html")

DECISION: dict[str, Any] = {"color": "black", "linewidth": 2.6, "zorder": 3.8}
"""How the decision boundary is drawn."""


def save_film(
    source: Track | Checkpoints,
    path: str | Path,
    domain: Polytope | None = None,
    *,
    points: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    decision: bool = False,
    seconds: float = 0.4,
    progress: Progress | bool | None = None,
) -> None:
    """Write a film of the regions of a network with one or two inputs during training.

    A pattern has the same colour in all frames, so one sees regions move, appear and vanish.  Regions on the two sides
    of a wall at which one unit goes from a piece to the next differ in colour.

    Parameters
    ----------
    source : Track, or checkpoints as `track` takes them
    path : str or pathlib.Path
        ``.gif``, or ``.html`` for a page that needs nothing else: larger pictures, stops and goes back.
    domain : Polytope, optional
        What is shown; the domain of the track by default.
    points : array_like, shape (N, n), optional
        Points to show in all frames, for example data.
    labels : array_like, shape (N,), optional
        The class of each point, shown by colour.
    decision : bool
        Whether to show where the decision of a classifier changes: between the largest outputs, or the sign of one.
    seconds : float
        How long each frame is shown.
    progress : callable or bool, optional
        Called with the share of the frames seen and the number of regions; True shows a bar.

    Raises
    ------
    ValueError
        The name has another ending, or `seconds` is not positive.
    DimensionMismatch
        The domain is missing, or has more than two dimensions; networks, points or labels do not fit.
    InvalidNetwork
        There are no checkpoints.
    MissingDependency
        matplotlib is not installed.

    Notes
    -----
    A third of a second for a frame of a GIF, some hundredths for one of a page, with some hundreds of regions.
    """
    check_film_name(path)
    if not 0.0 < seconds < math.inf:
        raise ValueError(f"a frame must be shown for a positive number of seconds, got {seconds}")
    known = _domain_of(source, domain)
    if points is None and labels is not None:
        raise DimensionMismatch("labels are the classes of points, and there are no points")
    places, classes = checked_points(points, labels, known.dim) or (None, None)
    checkpoints = zip(source.labels, source.networks, strict=True) if isinstance(source, Track) else labelled(source)
    count = len(source) if isinstance(source, Track) else length_hint(source, 0)
    page = Path(path).suffix.lower() == ".html"
    frames, pictures, found = [], [], 0
    with reporting(progress, "drawing", "frames") as report:
        for frame in film_frames(checkpoints, known, decision):
            frames.append(frame)
            found += len(frame.scene.regions)
            report(len(frames) / count * (1.0 if page else 0.1) if count else 0.0, found)
        if not frames:
            raise InvalidNetwork("a film needs at least one checkpoint, got none")
        for axes in () if page else _drawn(frames, places, classes):
            pictures.append(_picture(axes))
            report(0.1 + 0.9 * len(pictures) / len(frames), found)
        report(1.0, found)
    if page:
        Path(path).write_text(film_page(frames, places, classes, seconds), encoding="utf-8")
    else:
        _save_gif(pictures, path, seconds)


def check_film_name(path: str | Path) -> None:
    """Raise ValueError if the ending of a name is not one of a film."""
    if Path(path).suffix.lower() not in ENDINGS:
        raise ValueError(f"cannot write a film to {Path(path).name!r}; known endings are {', '.join(ENDINGS)}")


def _domain_of(source: Track | Checkpoints, domain: Polytope | None) -> Polytope:
    if domain is None and isinstance(source, Track) and isinstance(source.where, Polytope):
        domain = source.where
    if domain is None:
        raise DimensionMismatch("a film shows a domain; give one, for example Polytope.box(-1, 1, dim=2)")
    if domain.dim not in (1, 2):
        raise DimensionMismatch(
            f"films show one or two inputs, the domain has dimension {domain.dim}; slice_network each network first"
        )
    return domain


def _drawn(frames: Sequence[Frame], points: NDArray[np.float64] | None, labels: NDArray[Any] | None) -> Iterator[Axes]:
    """Draw one frame after the other on the same axes."""
    from matplotlib.collections import LineCollection

    axes, place = _stage(frames)
    plane = frames[0].scene.regions.domain.dim == 2
    span = (0.0, 1.0) if plane else output_span(frames)
    for frame in frames:
        axes.clear()
        draw_scene(frame.scene, axes, points, labels)
        axes.set_position(place)
        axes.set_title(frame.title, fontsize=11)
        if not plane:
            axes.set_ylim(*span)
        ends = list(frame.decision if plane else upright(frame.decision))
        transform = axes.transData if plane else axes.get_xaxis_transform()
        axes.add_collection(LineCollection(ends, transform=transform, **DECISION), autolim=False)
        yield axes


def _stage(frames: Sequence[Frame]) -> tuple[Axes, tuple[float, float, float, float]]:
    """Return axes in a new figure that fits the domain, and where they are on it."""
    from matplotlib.lines import Line2D

    domain = frames[0].scene.regions.domain
    size = np.ptp(domain.vertices, axis=0)
    shape = float(size[-1] / size[0]) if domain.dim == 2 and size.max() <= 5 * size.min() else 0.7
    # Inches: labels on the left, the legend on the right, and room for it below.
    wide, high = min(5.4, 6.4 / shape), min(max(5.4 * shape, 2.6), 6.4)
    axes = new_axes()
    figure: Any = axes.figure
    total = wide + 3.3, high + 1.25
    figure.set_layout_engine("none")
    figure.set_size_inches(*total)
    figure.set_dpi(100)
    place = (0.8 / total[0], 0.6 / total[1], wide / total[0], high / total[1])
    if any(len(frame.decision) for frame in frames):
        line = Line2D([], [], label="decision boundary", **{**DECISION, "zorder": None})
        corner = (place[0] + place[2] + 0.1 / total[0], place[1] + 0.5 * place[3])
        figure.legend(handles=[line], loc="center left", bbox_to_anchor=corner, frameon=False, fontsize=9)
    return axes, place


def _picture(axes: Axes) -> Image:
    """Return what is on axes' figure as an image, compressed in memory."""
    from PIL import Image

    canvas: Any = axes.figure.canvas
    canvas.draw()
    stream = io.BytesIO()
    Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy()).save(stream, format="png", compress_level=1)
    return Image.open(stream)


def _save_gif(pictures: Sequence[Image], path: str | Path, seconds: float) -> None:
    """Write images with the same colours in all of them, so that nothing flickers."""
    palette = _palette(pictures)
    first, *others = (_indexed(picture, palette) for picture in pictures)
    first.save(path, save_all=True, append_images=others, duration=round(1000 * seconds), loop=0, disposal=1)


def _palette(pictures: Sequence[Image]) -> NDArray[np.int64]:
    """Return colours for some images, shape (256, 3): those of large areas exactly, and the most useful others."""
    from matplotlib.colors import to_rgb
    from PIL import Image

    large = [round(255 * part) for color in (*PALETTE, "white", "black") for part in to_rgb(color)]
    width, height = pictures[0].size
    chosen = sorted({0, len(pictures) // 2, len(pictures) - 1})
    sample = Image.new("RGB", (width, height * len(chosen)))
    for row, number in enumerate(chosen):
        sample.paste(pictures[number].convert("RGB"), (0, row * height))
    others = sample.quantize(256 - len(large) // 3, dither=Image.Dither.NONE).getpalette() or []
    return np.resize(np.array([*large, *others], dtype=np.int64), (256, 3))


def _indexed(picture: Image, palette: NDArray[np.int64]) -> Image:
    """Return an image with each pixel in the nearest colour of a palette."""
    from PIL import Image

    pixels = np.asarray(picture.convert("RGB"), dtype=np.int64)
    codes, places = np.unique(pixels @ (65536, 256, 1), return_inverse=True)
    colors = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1)
    nearest = ((colors[:, None] - palette) ** 2).sum(axis=2).argmin(axis=1)
    result = Image.fromarray(nearest[places].reshape(pixels.shape[:2]).astype(np.uint8))
    result.putpalette(palette.astype(np.uint8).tobytes())
    return result
