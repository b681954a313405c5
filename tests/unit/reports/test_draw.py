"""What is drawn: the artists and their geometry, compared with partitions that are known; never pixels."""

from __future__ import annotations

import dataclasses
import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import polyregions as pr
from polyregions.errors import DimensionMismatch, LimitReached
from polyregions.reports.draw import draw_regions, save_picture
from polyregions.reports.style import FILLS, fills

SQUARE = pr.Polytope.box(-1, 1, dim=2)


def grid(columns: int, rows: int, **options: Any) -> pr.Regions:
    """Vertical and horizontal lines: (columns + 1) * (rows + 1) rectangles."""
    lines = [[1.0, 0.0]] * columns + [[0.0, 1.0]] * rows
    places = [*np.linspace(-0.75, 0.5, columns), *np.linspace(-0.5, 0.75, rows)]
    network = pr.Network.from_arrays([lines, [2.0 ** np.arange(len(lines))]], [places, [0.0]])
    return pr.enumerate_regions(network, SQUARE, **options)


def deep() -> pr.Regions:
    rng = np.random.default_rng(3)
    shapes = [(6, 2), (6, 6), (1, 6)]
    weights, biases = [rng.normal(size=shape) for shape in shapes], [rng.normal(size=shape[0]) / 3 for shape in shapes]
    return pr.enumerate_regions(pr.Network.from_arrays(weights, biases), SQUARE)


def polygons(axes: Axes) -> list[shapely.Polygon]:
    (filled,) = [artist for artist in axes.collections if isinstance(artist, PolyCollection)]
    return [shapely.Polygon(path.vertices) for path in filled.get_paths()]


def colours(axes: Axes) -> list[str]:
    (filled,) = [artist for artist in axes.collections if isinstance(artist, PolyCollection)]
    return [to_hex(colour) for colour in filled.get_facecolor()]


def walls(axes: Axes) -> dict[str, list[np.ndarray]]:
    lines = [artist for artist in axes.collections if isinstance(artist, LineCollection)]
    return {str(artist.get_label()): [np.array(sorted(s.tolist())) for s in artist.get_segments()] for artist in lines}


def legend(axes: Axes) -> list[str]:
    found = axes.get_legend()
    assert found is not None
    return [text.get_text() for text in found.get_texts()]


def length(segments: list[np.ndarray]) -> float:
    return float(sum(np.linalg.norm(segment[1] - segment[0]) for segment in segments))


def test_a_grid() -> None:
    axes = draw_regions(grid(3, 2))
    assert len(polygons(axes)) == 12
    assert sum(polygon.area for polygon in polygons(axes)) == pytest.approx(4.0)
    assert shapely.union_all(polygons(axes)).area == pytest.approx(4.0)
    (segments,) = walls(axes).values()
    assert len(segments) == 3 * 3 + 2 * 4
    assert length(segments) == pytest.approx(5 * 2.0)
    assert legend(axes) == ["walls of layer 1 (5 units)", "boundary of the domain K"]
    assert axes.get_title().startswith("12 activation regions of a 2-5-1 network\n")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("input $x_0$", "input $x_1$")


def test_two_layers() -> None:
    regions = deep()
    axes = draw_regions(regions)
    drawn = polygons(axes)
    assert len(drawn) == len(regions)
    assert all(polygon.is_valid and polygon.convex_hull.area == pytest.approx(polygon.area) for polygon in drawn)
    assert shapely.union_all(drawn).area == pytest.approx(4.0)
    assert all(polygon.covers(shapely.Point(x)) for polygon, x in zip(drawn, regions.witnesses, strict=True))
    first, second = walls(axes)["walls of layer 1 (6 units)"], walls(axes)["walls of layer 2 (6 units)"]
    layers = regions.network.layers
    for segment, layer in [*((s, 1) for s in first), *((s, 2) for s in second)]:
        middle = layers[0].weights @ segment.mean(axis=0) + layers[0].bias
        values = middle if layer == 1 else layers[1].weights @ np.maximum(middle, 0.0) + layers[1].bias
        assert np.abs(values).min() < 1e-12
    # Every wall belongs to two polygons, every other side to the frame.
    perimeter = sum(polygon.length for polygon in drawn)
    assert 2 * length(first + second) + 8.0 == pytest.approx(perimeter)


@pytest.mark.parametrize("mode", ["pattern", "linear"])
def test_regions_that_touch_differ_in_colour(mode: Any) -> None:
    axes = draw_regions(deep(), colors=mode)
    shown = colours(axes)
    assert set(shown) <= set(FILLS)
    parts = np.arange(len(shown))
    if mode == "linear":
        for number, part in enumerate(pr.linear_regions(deep())):
            parts[part] = number
            assert len({shown[index] for index in part}) == 1
    for (i, one), (j, other) in itertools.combinations(enumerate(polygons(axes)), 2):
        # Sides are longer than rounding in this network; corners that meet have length zero.
        if parts[i] != parts[j] and one.buffer(1e-9).intersection(other).length > 1e-6:
            assert shown[i] != shown[j]


def test_walls_without_a_jump() -> None:
    network = pr.Network.from_arrays([np.eye(2), [[1.0, 0.0]]], [[0.0, 0.0], [0.0]])
    regions = pr.enumerate_regions(network, SQUARE)
    axes = draw_regions(regions, colors="linear")
    assert len(set(colours(axes))) == 2
    hidden, seen = walls(axes)["walls without a jump of the gradient"], walls(axes)["walls of layer 1 (2 units)"]
    assert sorted(segment.tolist() for segment in hidden) == [[[-1, 0], [0, 0]], [[0, 0], [1, 0]]]
    assert sorted(segment.tolist() for segment in seen) == [[[0, -1], [0, 0]], [[0, 0], [0, 1]]]
    assert axes.get_title().startswith("2 linear regions, made of 4 activation regions of a 2-2-1 network")
    assert legend(axes)[:2] == ["walls of layer 1 (2 units)", "walls without a jump of the gradient"]
    assert "walls without a jump of the gradient" not in legend(draw_regions(regions))


def test_a_wall_of_several_units_is_drawn_once() -> None:
    rows = [[1.0, 1.0], [-2.0, -2.0], [1.0, 1.0]]
    network = pr.Network.from_arrays([rows, [[1.0, 1.0, 1.0]]], [[0.25, -0.5, 0.25], [0.0]])
    (segments,) = walls(draw_regions(pr.enumerate_regions(network, SQUARE))).values()
    assert [segment.tolist() for segment in segments] == [[[-1.0, 0.75], [0.75, -1.0]]]


def test_two_breakpoints_of_a_unit() -> None:
    network = pr.Network.from_arrays([[[2.0, 0.0]]], [[0.0]], ["hard_tanh"])
    axes = draw_regions(pr.enumerate_regions(network, SQUARE))
    assert sorted(polygon.bounds for polygon in polygons(axes)) == [
        (-1, -1, -0.5, 1),
        (-0.5, -1, 0.5, 1),
        (0.5, -1, 1, 1),
    ]
    assert [len(segments) for segments in walls(axes).values()] == [2]


def test_a_region_too_thin_for_floats() -> None:
    network = pr.Network.from_arrays([[[1.0, 0.0], [1.0, 0.0]], [[1.0, 1.0]]], [[0.0, 1e-300], [0.0]])
    axes = draw_regions(pr.enumerate_regions(network, SQUARE))
    assert len(polygons(axes)) == 3
    assert sum(polygon.area for polygon in polygons(axes)) == pytest.approx(4.0)
    assert [len(segments) for segments in walls(axes).values()] == [2]


def test_a_triangle_without_walls() -> None:
    network = pr.Network.from_arrays([[[1.0, 1.0]], [[1.0]]], [[1.0], [0.0]])
    axes = draw_regions(pr.enumerate_regions(network, pr.Polytope.simplex(2)))
    assert [polygon.area for polygon in polygons(axes)] == [0.5]
    assert walls(axes) == {}
    assert axes.get_title().startswith("1 activation region of")


def test_a_long_domain_is_not_squeezed_to_a_line() -> None:
    network = pr.Network.from_arrays([[[1.0, 0.0]], [[1.0]]], [[0.0], [0.0]])
    axes = draw_regions(pr.enumerate_regions(network, pr.Polytope.box([-100, -1], [100, 1])))
    assert axes.get_aspect() == "auto"
    assert draw_regions(grid(1, 1)).get_aspect() == 1.0


def test_a_truncated_run_says_so() -> None:
    regions = grid(3, 2, limits=pr.Limits(regions=5))
    axes = draw_regions(regions, colors="linear")
    assert len(polygons(axes)) == len(regions) < 12
    assert "truncated by the limit on regions" in axes.get_title()


def test_points_by_class() -> None:
    points, labels = np.array([[0.0, 0.1], [0.2, 0.3], [0.4, 0.5]]), ["b", "a", "b"]
    axes = draw_regions(grid(1, 1), points=points, labels=labels)
    dots = [artist for artist in axes.collections if isinstance(artist, PathCollection)]
    assert [artist.get_label() for artist in dots] == ["a", "b"] == legend(axes)
    assert np.asarray(dots[1].get_offsets()).tolist() == [[0.0, 0.1], [0.4, 0.5]]
    assert to_hex(dots[0].get_facecolor()[0]) != to_hex(dots[1].get_facecolor()[0])
    assert legend(draw_regions(grid(1, 1), points=points)) == ["points"]


def test_on_the_line() -> None:
    # |x| and a second layer: kinks at -1/2, 0 and 1/2, values known.
    network = pr.Network.from_arrays([[[1.0], [-1.0]], [[1.0, 1.0]], [[1.0], [-2.0]]], [[0.0, 0.0], [-0.5], [0.0, 1.0]])
    regions = pr.enumerate_regions(network, pr.Polytope.box(-1, 1, dim=1))
    axes = draw_regions(regions, points=[[0.25]])
    assert sorted(polygon.bounds[::2] for polygon in polygons(axes)) == [(-1, -0.5), (-0.5, 0), (0, 0.5), (0.5, 1)]
    assert len(set(colours(axes))) == 2
    places = {name: sorted(segment[0, 0] for segment in found) for name, found in walls(axes).items()}
    assert places == {"walls of layer 1 (2 units)": [0.0], "walls of layer 2 (1 unit)": [-0.5, 0.5]}
    assert [line.get_xydata().tolist() for line in axes.get_lines()] == [
        [[-1.0, 0.5], [-0.5, 0.0], [0.0, 0.0], [0.5, 0.0], [1.0, 0.5]],
        [[-1.0, 0.0], [-0.5, 1.0], [0.0, 1.0], [0.5, 1.0], [1.0, 0.0]],
    ]
    assert axes.get_title().startswith("4 activation regions of a 1-2-1-2 network")
    linear = draw_regions(regions, colors="linear")
    assert linear.get_title().startswith("3 linear regions, made of 4 activation regions")
    found = {name: len(segments) for name, segments in walls(linear).items()}
    assert found == {"walls without a jump of the gradient": 1, "walls of layer 2 (1 unit)": 2}


def test_where_walls_end() -> None:
    # relu(relu(x) - relu(y)) is x for y < 0 < x, x - y for 0 < y < x, else 0: kinks along three half-lines.
    network = pr.Network.from_arrays([np.eye(2), [[1.0, -1.0]]], [[0.0, 0.0], [0.0]], ["relu", "relu"])
    axes = draw_regions(pr.build_complex(network, SQUARE))
    ends = {name: [segment.tolist() for segment in found] for name, found in walls(axes).items()}
    assert sorted(ends["walls of layer 1 (2 units)"]) == [[[0, -1], [0, 0]], [[0, 0], [1, 0]]]
    assert ends["walls of layer 2 (1 unit)"] == [[[0, 0], [1, 1]]]
    assert sorted(ends["walls without a jump of the gradient"]) == [[[-1, 0], [0, 0]], [[0, 0], [0, 1]]]
    places = {str(line.get_label()): line.get_xydata().tolist() for line in axes.get_lines()}
    assert places["points of $B_{N,2}$: T-junction (1)"] == [[0.0, 0.0]]
    assert not any("crossing" in name for name in places)
    assert axes.get_title().endswith("the gradient jumps across 3 of 5 walls")


def test_points_where_walls_cross() -> None:
    regions = grid(3, 2)
    axes = draw_regions(regions, boundary=True)
    (line,) = [line for line in axes.get_lines() if "B_{N,2}" in str(line.get_label())]
    expected = itertools.product([-0.5, 0.125, 0.75], [-0.75, 0.5])
    assert sorted(map(tuple, line.get_xydata().tolist())) == sorted(expected)
    assert "points of $B_{N,2}$: a kink or crossing (6)" in legend(axes)
    assert axes.get_title().endswith("the gradient jumps across all 17 walls")
    plain = draw_regions(pr.build_complex(regions.network, regions.domain), boundary=False)
    assert legend(plain) == legend(draw_regions(regions))


def test_a_truncated_run_and_a_complete_one_agree() -> None:
    # The same regions, called truncated, are drawn one by one.
    regions = deep()
    truncated = dataclasses.replace(regions, status=pr.Status.REGION_LIMIT)
    whole, single = draw_regions(regions, colors="linear"), draw_regions(truncated, colors="linear")
    for one, other in zip(polygons(whole), polygons(single), strict=True):
        assert one.equals_exact(other, 1e-12) or one.normalize().equals_exact(other.normalize(), 1e-12)
    assert colours(whole) == colours(single)
    assert walls(whole).keys() == walls(single).keys()
    for name, found in walls(whole).items():
        assert length(found) == pytest.approx(length(walls(single)[name]))
    with pytest.raises(LimitReached, match="only if all regions are known"):
        draw_regions(truncated, boundary=True)


def test_your_own_axes() -> None:
    axes = Figure().add_subplot()
    assert draw_regions(grid(1, 1), ax=axes) is axes


def test_three_inputs_cannot_be_drawn() -> None:
    network = pr.Network.from_arrays([np.eye(3), [[1.0, 1.0, 1.0]]], [np.zeros(3), [0.0]])
    with pytest.raises(
        DimensionMismatch, match="only regions in dimension 1 or 2 can be drawn, these are in dimension 3"
    ):
        draw_regions(pr.enumerate_regions(network, pr.Polytope.box(-1, 1, dim=3)))


def test_wrong_arguments() -> None:
    regions = grid(1, 1)
    with pytest.raises(ValueError, match="colors must be"):
        draw_regions(regions, colors="volume")  # type: ignore[arg-type]
    with pytest.raises(DimensionMismatch, match=r"shape \(N, 2\)"):
        draw_regions(regions, points=[[1.0, 2.0, 3.0]])
    with pytest.raises(DimensionMismatch, match="as many labels"):
        draw_regions(regions, points=[[0.0, 0.0]], labels=[1, 2])


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")])
def test_files(tmp_path: Path, name: str, start: bytes) -> None:
    save_picture(grid(2, 1), tmp_path / name, points=[[0.0, 0.0]], labels=["zero"])
    assert (tmp_path / name).read_bytes().startswith(start)


def test_a_file_name_without_a_format(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="known endings are"):
        save_picture(grid(1, 1), tmp_path / "a.xyz")


def test_five_colours_at_every_node_leave_another() -> None:
    graph = nx.icosahedral_graph()  # plane, and every node has five neighbours
    shown = fills(graph, [np.array([node]) for node in graph], FILLS)
    assert all(shown[a] != shown[b] for a, b in graph.edges)


def test_drawing_leaves_pyplot_alone() -> None:
    code = (
        "import sys, numpy as np, polyregions as pr; from polyregions.reports.draw import draw_regions\n"
        "assert 'matplotlib' not in sys.modules\n"
        "net = pr.Network.from_arrays([np.eye(2), [[1, 1]]], [[0, 0], [0]])\n"
        "draw_regions(pr.enumerate_regions(net, pr.Polytope.box(-1, 1, dim=2)))\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
