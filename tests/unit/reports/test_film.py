"""Films: their frames against exact regions, and what is in the files; never pixels, but that colours last."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from PIL import Image

import polyregions as pr
from polyregions.errors import DimensionMismatch, InvalidNetwork
from polyregions.laboratory.dynamics import track
from polyregions.reports.film import save_film
from polyregions.reports.film_page import Paper
from polyregions.reports.frames import PALETTE, film_frames, output_span, pattern_fills

SQUARE = pr.Polytope.box(-1, 1, dim=2)
INTERVAL = pr.Polytope.box(-1, 1, dim=1)


def networks(inputs: int = 2, steps: int = 3) -> list[pr.Network]:
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=shape) for shape in ((5, inputs), (4, 5), (2, 4))]
    return [
        pr.Network.from_arrays([part + 0.1 * step for part in weights], [np.ones(5) / 4, np.zeros(4), np.zeros(2)])
        for step in range(steps)
    ]


def frames_of(given: list[pr.Network], domain: pr.Polytope = SQUARE, decision: bool = False) -> list[Any]:
    return list(film_frames(iter(enumerate(given)), domain, decision))


def test_colours_last() -> None:
    """The same pattern has the same colour in all frames, and a wall of one unit has two colours."""
    known: dict[bytes, str] = {}
    frames = frames_of(networks(steps=6))
    for frame in frames:
        for pattern, fill in zip(frame.scene.regions.patterns, frame.scene.fills, strict=True):
            assert known.setdefault(pattern.tobytes(), fill) == fill
        graph = pr.region_graph(frame.scene.regions)
        for one, other, units in graph.edges(data="units"):
            assert len(units) > 1 or frame.scene.fills[one] != frame.scene.fills[other]
    assert set(known.values()) == set(PALETTE)
    shared = set(frames[0].scene.regions.index) & set(frames[5].scene.regions.index)
    assert 0 < len(shared) < len(frames[0].scene.regions)


def test_colours_of_neighbouring_pieces_differ() -> None:
    patterns = np.zeros((13, 13), dtype=np.uint8)
    for unit in range(13):
        for piece in range(6):
            patterns[:, unit] = piece
            one = pattern_fills(patterns[:1])[0]
            patterns[:, unit] = piece + 1
            assert pattern_fills(patterns[:1])[0] != one


def test_titles() -> None:
    given = networks()
    found = track(given, SQUARE)
    titles = [frame.title for frame in frames_of(given)]
    assert titles[0] == f"checkpoint 0: {found.activation_regions[0]} activation regions"
    assert titles[1].splitlines() == [
        f"checkpoint 1: {found.activation_regions[1]} activation regions",
        f"{found.born[0]} born, {found.lost[0]} lost",
    ]
    (frame,) = film_frames(iter([("the end", given[0])]), SQUARE, False)
    assert frame.title.startswith("the end: ")


def test_decision() -> None:
    (frame,) = frames_of(networks(steps=1), decision=True)
    complex_ = pr.decision_complex(networks()[0], SQUARE)
    length = np.linalg.norm(frame.decision[:, 1] - frame.decision[:, 0], axis=1).sum()
    assert length == pytest.approx(pr.total_volume(complex_, 1, np.flatnonzero(complex_.decisive)).value)
    assert np.abs(np.diff(networks()[0](frame.decision), axis=-1)).max() < 1e-12


@pytest.mark.parametrize("inputs", [1, 2])
def test_a_gif(inputs: int, tmp_path: Path) -> None:
    domain = INTERVAL if inputs == 1 else SQUARE
    points = np.random.default_rng(0).uniform(-1, 1, (6, inputs))
    found = track(networks(inputs), domain)
    save_film(found, tmp_path / "film.gif", points=points, labels=[0, 1, 2] * 2, decision=True, seconds=0.25)
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 3  # type: ignore[attr-defined]
        assert film.info["duration"] == 250
        assert film.info["loop"] == 0
        colours = []
        for number in range(3):
            film.seek(number)
            image = film.convert("RGB")
            assert image.getpixel((0, 0)) == (255, 255, 255)
            colours.append({colour for _, colour in image.getcolors(256) or ()})
        fills = {tuple(int(fill[i : i + 2], 16) for i in (1, 3, 5)) for fill in PALETTE}
        assert all(own & fills for own in colours)
        assert len(set().union(*colours)) <= 256


def test_tall_and_wide_domains(tmp_path: Path) -> None:
    sizes = []
    for number, upper in enumerate(([0.5, 2.0], [2.0, 0.5], [0.1, 2.0])):
        save_film(networks(steps=1), tmp_path / f"{number}.gif", pr.Polytope.box([0, 0], upper))
        with Image.open(tmp_path / f"{number}.gif") as film:
            sizes.append(film.size)
    assert sizes[0][0] < sizes[0][1]
    assert sizes[1][0] > 1.8 * sizes[1][1]
    assert sizes[2][0] > sizes[2][1]  # too narrow to be drawn to scale


class Page(HTMLParser):
    """The paths and dots in each frame of a page, and what stays."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.frames: list[list[dict[str, str | None]]] = []
        self.open = ""
        self.dots = 0
        self.shown: list[int] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fields = dict(attrs)
        if tag == "g":
            self.open = fields.get("class") or "dots"
            if self.open.startswith("frame"):
                self.shown += [len(self.frames)] if self.open.endswith("on") else []
                self.frames.append([])
        elif tag == "path" and self.open.startswith("frame"):
            self.frames[-1].append(fields)
        elif tag == "circle":
            self.dots += self.open == "dots"

    def handle_endtag(self, tag: str) -> None:
        if tag == "g":
            self.open = ""


def shapes_of(path: dict[str, str | None]) -> list[np.ndarray]:
    parts = (path["d"] or "").replace("Z", "").split("M")[1:]
    return [np.array(part.split(), dtype=float).reshape(-1, 2) for part in parts]


def test_a_page(tmp_path: Path) -> None:
    given = networks()
    points = np.random.default_rng(0).uniform(-1, 1, (9, 2))
    save_film(given, tmp_path / "film.html", SQUARE, points=points, labels=list("abc") * 3, seconds=0.125)
    text = (tmp_path / "film.html").read_text(encoding="utf-8")
    page = Page(text)
    assert (len(page.frames), page.shown, page.dots) == (3, [0], 9)
    assert "125)" in text
    assert "walls of layer 1 (5 units)" in text
    assert ">class a</li>" in text
    assert "http" not in text.replace("http://www.w3.org", "")
    for frame, paths in zip(frames_of(given), page.frames, strict=True):
        filled = [path for path in paths if path["fill"] != "none"]
        drawn = {path["fill"]: [shapely.Polygon(shape) for shape in shapes_of(path)] for path in filled}
        assert {fill: len(own) for fill, own in drawn.items()} == {
            fill: frame.scene.fills.count(fill) for fill in set(frame.scene.fills)
        }
        area = sum(polygon.area for own in drawn.values() for polygon in own) / 7200.0**2
        assert area == pytest.approx(1.0, abs=1e-3)
        walls = [shape for path in paths if path["fill"] == "none" for shape in shapes_of(path)]
        assert len(walls) == len(frame.scene.wall_ends)
        length = sum(np.linalg.norm(wall[1] - wall[0]) for wall in walls) / 3600.0
        expected = np.linalg.norm(frame.scene.wall_ends[:, 1] - frame.scene.wall_ends[:, 0], axis=1).sum()
        assert length == pytest.approx(expected, rel=1e-3)


def test_words_on_a_page_are_no_code(tmp_path: Path) -> None:
    label = '</script><b>"@box@" & more'
    save_film([(label, network) for network in networks(steps=2)], tmp_path / "film.html", SQUARE)
    text = (tmp_path / "film.html").read_text(encoding="utf-8")
    assert text.count("</script>") == 1
    assert "<b>" not in text.partition("<script>")[0]
    titles = re.search(r"const titles = (\[.*?\]), frames", text)
    assert titles is not None
    assert [title.split(":")[0] for title in json.loads(titles[1])] == [label] * 2


def test_a_page_of_one_input(tmp_path: Path) -> None:
    given = networks(1)
    save_film(given, tmp_path / "film.html", INTERVAL, points=[[0.5]], decision=True)
    page = Page((tmp_path / "film.html").read_text(encoding="utf-8"))
    frames = frames_of(given, INTERVAL, decision=True)
    low, high = output_span(frames)
    for frame, paths in zip(frames, page.frames, strict=True):
        bands = [shape for path in paths if path["fill"] != "none" for shape in shapes_of(path)]
        assert len(bands) == len(frame.scene.regions)
        assert sum(np.ptp(band[:, 0]) for band in bands) == pytest.approx(7200, abs=1)
        curves = [shape for path in paths if path["fill"] == "none" for shape in shapes_of(path) if len(shape) > 2]
        assert len(curves) == 2
        for output, curve in enumerate(curves):
            x = curve[:, 0] / 3600.0 - 1.0
            y = low + (high - low) * (1.0 - curve[:, 1] / Paper(frames).size[1])
            assert y == pytest.approx(frame.scene.regions.network(x[:, None])[:, output], abs=0.01 * (high - low))


def test_all_outputs_alike() -> None:
    flat = pr.Network.from_arrays([[[0.0]]], [[3.0]])
    assert output_span(frames_of([flat], INTERVAL)) == (2.0, 4.0)


def never() -> Iterator[pr.Network]:
    raise AssertionError("the checkpoints were asked for")
    yield


LINES = [[[0.0, 0.0], [1.0, 1.0]]]


@pytest.mark.parametrize(
    ("name", "domain", "options", "error", "message"),
    [
        ("film.mp4", SQUARE, {}, ValueError, r"cannot write a film to 'film.mp4'; known endings are .gif, .html"),
        ("film.gif", SQUARE, {"seconds": 0.0}, ValueError, "positive number of seconds, got 0.0"),
        ("film.gif", None, {}, DimensionMismatch, "a film shows a domain; give one"),
        (
            "film.gif",
            pr.Polytope.box(0, 1, dim=3),
            {},
            DimensionMismatch,
            "one or two inputs, the domain has dimension 3",
        ),
        ("film.gif", SQUARE, {"points": [[0.0]]}, DimensionMismatch, r"shape \(N, 2\), got \(1, 1\)"),
        ("film.gif", SQUARE, {"points": [[0.0, 0.0]], "labels": [1, 2]}, DimensionMismatch, "1 points need as many"),
        ("film.gif", SQUARE, {"labels": [1, 2]}, DimensionMismatch, "there are no points"),
    ],
)
def test_refused_before_any_work(
    name: str, domain: Any, options: Any, error: type[Exception], message: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message):
        save_film(never(), tmp_path / name, domain, **options)
    assert list(tmp_path.iterdir()) == []


def test_bad_checkpoints(tmp_path: Path) -> None:
    path = tmp_path / "film.html"
    with pytest.raises(InvalidNetwork, match="at least one checkpoint"):
        save_film([], path, SQUARE)
    with pytest.raises(InvalidNetwork, match="a list, a mapping or a generator"):
        save_film(networks()[0], path, SQUARE)  # type: ignore[arg-type]
    with pytest.raises(DimensionMismatch, match="domain must have dimension 2"):
        save_film(networks(), path, INTERVAL)
    with pytest.raises(DimensionMismatch, match="architecture"):
        save_film([networks()[0], pr.Network.from_arrays([np.eye(2)], [[0.0, 0.0]])], path, SQUARE)
    with pytest.raises(DimensionMismatch, match="a film shows a domain"):
        save_film(track(networks(), LINES), path)
    save_film(track(networks(), LINES), path, SQUARE)
    assert path.exists()


@pytest.mark.parametrize(("name", "known"), [("film.html", True), ("film.gif", False)])
def test_progress(name: str, known: bool, tmp_path: Path) -> None:
    given = networks(steps=2)
    calls: list[tuple[float, int]] = []
    source = given if known else iter(given)
    save_film(source, tmp_path / name, SQUARE, progress=lambda *call: calls.append(call))
    shares = [share for share, _ in calls]
    assert shares == sorted(shares)
    assert calls[-1] == (1.0, sum(len(pr.enumerate_regions(network, SQUARE)) for network in given))
