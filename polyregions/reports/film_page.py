"""A film as one HTML page: every frame is a drawing of its own, in SVG."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyregions.reports.frames import PALETTE, Frame, output_span, upright
from polyregions.reports.style import crowding, ink, walls_of_layer, width

WIDE, UNIT = 720.0, 10
"""The width of the picture in pixels, and how many steps of the drawing's coordinates make a pixel."""

CLASSES = (
    *("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd"),
    *("#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf"),
)
"""Colours of classes and of outputs, as matplotlib has them."""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Regions during training</title>
<style>
body { font: 15px/1.4 system-ui, sans-serif; color: #222; max-width: 1000px; margin: 1.5em auto; padding: 0 1em; }
p { color: #555; font-size: .9em; margin: .5em 0; }
h1 { font-size: 1.1em; font-weight: 600; white-space: pre-line; min-height: 2.8em; margin: 0 0 .5em; }
main { display: flex; gap: 1.5em; flex-wrap: wrap; align-items: flex-start; }
svg.film { width: @wide@px; max-width: 100%; height: auto; }
.frame { display: none; } .frame.on { display: inline; }
path, rect { stroke-linejoin: round; stroke-linecap: round; }
ul { list-style: none; margin: 0; padding: 0; font-size: .9em; }
li svg { width: 22px; height: 12px; margin-right: .5em; }
.controls { display: flex; gap: .8em; align-items: center; max-width: @wide@px; margin-top: .6em; }
.controls input { flex: 1; }
button { font: inherit; width: 5.5em; padding: .2em 0; }
</style>
</head>
<body>
<h1 id="title">@first@</h1>
<main>
<div>
<svg class="film" viewBox="@box@" role="img" aria-labelledby="title">
@frames@
@above@
</svg>
<div class="controls"><button id="play">Play</button>
<input id="place" type="range" min="0" max="@last@" value="0" aria-label="frame"></div>
<p>@axes@</p>
</div>
<ul>
@legend@
</ul>
</main>
<script>
const titles = @titles@, frames = document.querySelectorAll(".frame");
const title = document.getElementById("title"), place = document.getElementById("place");
const button = document.getElementById("play");
let timer = null;
function show(number) {
  frames.forEach((frame, i) => frame.classList.toggle("on", i === number));
  title.textContent = titles[number];
  place.value = number;
}
function play(on) {
  clearInterval(timer);
  timer = on ? setInterval(() => show((+place.value + 1) % frames.length), @pause@) : null;
  button.textContent = on ? "Stop" : "Play";
}
place.oninput = () => { play(false); show(+place.value); };
button.onclick = () => play(timer === null);
if (!matchMedia("(prefers-reduced-motion: reduce)").matches) play(true);
</script>
</body>
</html>
"""


class Paper:
    """Where things are on the page.

    Parameters
    ----------
    frames : sequence of Frame
        Of one domain, which fills the picture; with one input the other axis has room for all outputs.
    """

    def __init__(self, frames: Sequence[Frame]) -> None:
        domain = frames[0].scene.regions.domain
        self.plane = domain.dim == 2
        corners = domain.vertices
        self.low, self.high = corners.min(axis=0), corners.max(axis=0)
        if not self.plane:
            bottom, top = output_span(frames)
            self.low, self.high = np.append(self.low, bottom), np.append(self.high, top)
        size = self.high - self.low
        shape = size[1] / size[0] if self.plane and size.max() <= 5 * size.min() else 0.7
        self.size = np.array([WIDE, WIDE * shape]) * UNIT

    def placed(self, points: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return where points are drawn, in whole steps."""
        share = (points - self.low) / (self.high - self.low)
        share[..., 1] = 1.0 - share[..., 1]
        return np.asarray(np.rint(share * self.size).astype(np.int64))

    def path(self, shapes: Iterable[NDArray[np.float64]], closed: bool = False) -> str:
        """Return shapes, given by their corners, as one SVG path."""
        end = "Z" if closed else ""
        return "".join(f"M{' '.join(map(str, self.placed(shape).ravel().tolist()))}{end}" for shape in shapes)

    def axes(self) -> str:
        """Say what the two directions are."""
        names = ("input 0", "input 1") if self.plane else ("input 0", "outputs")
        ends = zip(names, ("to the right", "upwards"), self.low.tolist(), self.high.tolist(), strict=True)
        return "; ".join(f"{name} {way}, from {low:.4g} to {high:.4g}" for name, way, low, high in ends)

    def segments(self, ends: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return walls as segments of the plane, shape (W, 2, 2)."""
        return ends if self.plane else upright(ends, self.low[1], self.high[1])

    def areas(self, outlines: Sequence[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
        """Return the corners of regions in the plane."""
        if self.plane:
            return list(outlines)
        bottom, top = self.low[1], self.high[1]
        return [np.column_stack([np.repeat(ends[:, 0], 2), [bottom, top, top, bottom]]) for ends in outlines]


def film_page(
    frames: Sequence[Frame],
    points: NDArray[np.float64] | None,
    labels: NDArray[Any] | None,
    seconds: float,
) -> str:
    """Return a page that shows frames one after the other."""
    paper = Paper(frames)
    margin = 2 * UNIT
    box = [-margin, -margin, *(round(side) + 2 * margin for side in paper.size.tolist())]
    words = {
        "wide": f"{WIDE:g}",
        "box": " ".join(map(str, box)),
        "first": escape(frames[0].title),
        "frames": "\n".join(_frame(frame, paper, number) for number, frame in enumerate(frames)),
        "above": _above(frames[0], paper, points, labels),
        "last": str(len(frames) - 1),
        "axes": paper.axes(),
        "legend": "\n".join(_legend(frames, points, labels)),
        "titles": json.dumps([frame.title for frame in frames]).replace("</", "<\\/"),
        "pause": str(round(1000 * seconds)),
    }
    parts = PAGE.split("@")  # every second one is the name of a word
    parts[1::2] = [words[name] for name in parts[1::2]]
    return "".join(parts)


def _line(path: str, color: str, thickness: float) -> str:
    return f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{UNIT * thickness:.2g}"/>' if path else ""


def _frame(frame: Frame, paper: Paper, number: int) -> str:
    """Draw what changes: regions by colour, walls by layer, outputs, the decision boundary."""
    scene, parts = frame.scene, []
    areas = paper.areas(scene.outlines)
    for color in PALETTE:
        own = paper.path((area for area, fill in zip(areas, scene.fills, strict=True) if fill == color), closed=True)
        if own:
            parts.append(f'<path d="{own}" fill="{color}" stroke="{color}" stroke-width="3"/>')
    segments = paper.segments(scene.wall_ends)
    thinner = crowding(len(segments), 900.0)
    for layer in sorted(set(scene.wall_layers.tolist()), reverse=True):
        chosen = segments[scene.wall_layers == layer]
        parts.append(_line(paper.path(chosen), ink(layer), max(thinner * 1.3 * width(layer), 0.4)))
    if not paper.plane:
        corners = np.unique(np.concatenate(scene.outlines), axis=0)
        for output, values in enumerate(scene.regions.network(corners).T):
            curve = paper.path([np.column_stack([corners[:, 0], values])])
            parts.append(_line(curve, CLASSES[output % len(CLASSES)], 2.5))
    parts.append(_line(paper.path(paper.segments(frame.decision)), "#000000", 3.2))
    return f'<g class="frame{" on" * (number == 0)}">{"".join(parts)}</g>'


def _above(frame: Frame, paper: Paper, points: NDArray[np.float64] | None, labels: NDArray[Any] | None) -> str:
    """Draw what stays: the domain's boundary, and points."""
    domain = frame.scene.regions.domain
    outline = domain.vertices if paper.plane else paper.areas([np.sort(domain.vertices, axis=0)])[0]
    parts = [_line(paper.path([outline], closed=True), "#000000", 1.5)]
    if points is not None:
        bottom = paper.low[1] + 0.02 * (paper.high[1] - paper.low[1])
        array = points if paper.plane else np.column_stack([points, np.full(len(points), bottom)])
        for color, _, chosen in _classes(points, labels):
            dots = "".join(f'<circle cx="{x}" cy="{y}" r="32"/>' for x, y in paper.placed(array[chosen]).tolist())
            parts.append(f'<g fill="{color}" stroke="#ffffff" stroke-width="5">{dots}</g>')
    return "\n".join(parts)


def _classes(points: NDArray[np.float64], labels: NDArray[Any] | None) -> list[tuple[str, str, NDArray[np.bool_]]]:
    """Return the colour and the name of each class, and which points it has."""
    if labels is None:
        return [("#333333", "points", np.ones(len(points), dtype=np.bool_))]
    names = np.unique(labels)
    return [(CLASSES[i % len(CLASSES)], f"class {name}", labels == name) for i, name in enumerate(names)]


def _legend(frames: Sequence[Frame], points: NDArray[np.float64] | None, labels: NDArray[Any] | None) -> list[str]:
    network = frames[0].scene.regions.network
    layers = np.unique(network.unit_layers).tolist()
    lines = [(ink(layer), 1.3 * width(layer), walls_of_layer(network, layer)) for layer in layers]
    if network.input_dim == 1:
        lines += [(CLASSES[i % len(CLASSES)], 2.5, f"output {i}") for i in range(network.output_dim)]
    if any(len(frame.decision) for frame in frames):
        lines.append(("#000000", 3.2, "decision boundary"))
    marks = [
        (f'<path d="M0 6 22 6" stroke="{color}" stroke-width="{thick:.2g}"/>', name) for color, thick, name in lines
    ]
    if points is not None:
        dots = _classes(points, labels)
        marks += [(f'<circle cx="11" cy="6" r="4" fill="{color}"/>', name) for color, name, _ in dots]
    return [f'<li><svg viewBox="0 0 22 12">{mark}</svg>{escape(name)}</li>' for mark, name in marks]
