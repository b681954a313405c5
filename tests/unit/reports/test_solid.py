"""Pictures in space: what is in front of what by casting rays, areas on paper, and numbers of things drawn."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

import polyregions as pr
from polyregions.errors import DimensionMismatch, LimitReached
from polyregions.reports.draw import save_picture
from polyregions.reports.solid import draw_solid
from polyregions.reports.view import View

CUBE = pr.Polytope.box(-1, 1, dim=3)
OCTAHEDRON = pr.Polytope.from_vertices(np.vstack([np.eye(3), -np.eye(3)]))


def random_complex(seed: int, domain: pr.Polytope, *widths: int) -> pr.PolyhedralComplex:
    rng = np.random.default_rng(seed)
    shapes = list(itertools.pairwise(widths))
    weights = [rng.normal(size=(after, before)) for before, after in shapes]
    network = pr.Network.from_arrays(weights, [rng.normal(size=after) / 3 for _, after in shapes])
    return pr.build_complex(network, domain)


def octants(outputs: list[float]) -> pr.PolyhedralComplex:
    """Three units whose walls are the planes of coordinates; those of weight zero are invisible."""
    return pr.build_complex(pr.Network.from_arrays([np.eye(3), [outputs]], [np.zeros(3), [0.0]]), CUBE)


VIEWS = [
    View(random_complex(2, CUBE, 3, 4, 3, 1), -55.0, 22.0),
    View(random_complex(1, OCTAHEDRON, 3, 5, 3, 1), 130.0, -35.0),
    View(random_complex(5, pr.Polytope.box([-1, 0, -9], [1, 1, 9]), 3, 3, 3, 2, 1), 10.0, 60.0),
]


def along_ray(view: View, start: np.ndarray, region: int) -> tuple[float, float] | None:
    """Where a line towards the viewer enters and leaves a region, by its exact half-spaces."""
    cell = view.complex_.regions.polytope(region)
    towards = view.axes[2] / view.scale
    slopes, room = cell.normals @ towards, cell.offsets - cell.normals @ start
    before, after = room[slopes < 0] / slopes[slopes < 0], room[slopes > 0] / slopes[slopes > 0]
    return (before.max(), after.min()) if before.max() < after.min() - 1e-9 else None


def starts(view: View, count: int) -> np.ndarray:
    return np.random.default_rng(0).dirichlet(np.ones(len(view.complex_.domain.vertices)), count) @ (
        view.complex_.domain.vertices
    )


@pytest.mark.parametrize("view", VIEWS)
def test_ranks_grow_along_every_line_of_sight(view: View) -> None:
    count = len(view.complex_.regions)
    for start in starts(view, 25):
        met = [(span[0], number) for number in range(count) if (span := along_ray(view, start, number))]
        ranks = [view.ranks[number] for _, number in sorted(met)]
        assert len(ranks) > 1
        assert (np.diff(ranks) > 0).all()


@pytest.mark.parametrize("view", VIEWS)
def test_one_sees_what_rays_meet_first(view: View) -> None:
    count = len(view.complex_.regions)
    kept = np.random.default_rng(1).random(count) < 0.5
    side = view.surface(kept, np.zeros(count, dtype=np.int64))
    drawn = [shapely.Polygon(view.on_paper(view.points[view.rings[facet]])) for facet in side.facets]
    for start in starts(view, 40):
        spans = {number: along_ray(view, start, number) for number in np.flatnonzero(kept).tolist()}
        met = {number: span[1] for number, span in spans.items() if span}
        place = shapely.Point(view.on_paper(view.placed(start)))
        seen = [int(side.regions[number]) for number, polygon in enumerate(drawn) if polygon.contains(place)]
        assert (seen[-1] if seen else None) == max(met, key=met.__getitem__, default=None)


@pytest.mark.parametrize("view", VIEWS)
def test_areas_on_paper(view: View) -> None:
    count = len(view.complex_.regions)
    alone = view.surface(np.ones(count, dtype=np.bool_), np.arange(count))
    areas = np.zeros(count)
    for facet, region in zip(alone.facets, alone.regions, strict=True):
        areas[region] += shapely.Polygon(view.on_paper(view.points[view.rings[facet]])).area
    outlines = [view.points[view.complex_.vertices_of(3, number)] for number in range(count)]
    hulls = [shapely.MultiPoint(view.on_paper(points)).convex_hull.area for points in outlines]
    np.testing.assert_allclose(areas, hulls, rtol=1e-9, atol=1e-14)
    whole = view.surface(np.ones(count, dtype=np.bool_), np.zeros(count, dtype=np.int64))
    parts = [shapely.Polygon(view.on_paper(view.points[view.rings[facet]])) for facet in whole.facets]
    silhouette = shapely.MultiPoint(view.on_paper(view.placed(view.complex_.domain.vertices))).convex_hull
    assert sum(part.area for part in parts) == pytest.approx(silhouette.area, rel=1e-9)
    assert shapely.union_all(parts).area == pytest.approx(silhouette.area, rel=1e-9)


@pytest.mark.parametrize("view", VIEWS)
def test_normals_point_out(view: View) -> None:
    side = view.surface(np.ones(len(view.complex_.regions), dtype=np.bool_), np.arange(len(view.complex_.regions)))
    for facet, region, normal in zip(side.facets, side.regions, view.outward(side), strict=True):
        heights = view.points[view.complex_.vertices_of(3, region)] @ normal
        level = view.points[view.complex_.vertices_of(2, facet)] @ normal
        assert np.linalg.norm(normal) == pytest.approx(1.0)
        assert np.ptp(level) < 1e-9
        assert heights.max() < level.max() + 1e-9


def shapes(axes: Axes) -> list[int]:
    """The numbers of corners of everything that is drawn; lines have two, dots sixteen."""
    (collection,) = [artist for artist in axes.collections if isinstance(artist, PolyCollection)]
    return [len(path.vertices) - 1 for path in collection.get_paths()]


def legend(axes: Axes) -> list[str]:
    found = axes.get_legend()
    assert found is not None
    return [text.get_text() for text in found.get_texts()]


def test_octants_of_glass() -> None:
    axes = draw_solid(octants([1.0, 2.0, 4.0]))
    drawn = shapes(axes)
    # 3 planes of 4 squares; 6 half-axes and the edges of the cube in halves; the origin.
    assert [drawn.count(corners) for corners in (4, 2, 16)] == [12, 6 + 24, 1]
    assert len(drawn) == 12 + 6 + 24 + 1
    assert legend(axes) == ["walls of layer 1 (3 units)", "$B_{N,2}$: 6 edges in K", "$B_{N,3}$: 1 point in K"]
    assert axes.get_title() == "8 activation regions of a 3-3-1 network\nthe 12 walls between them, translucent"


def test_walls_without_a_jump() -> None:
    complex_ = octants([1.0, 2.0, 0.0])
    axes = draw_solid(complex_)
    assert shapes(axes).count(4) == 12
    names = ["walls of layer 1 (3 units)", "walls without a jump of the gradient", "$B_{N,2}$: 2 edges in K"]
    assert legend(axes) == names
    axes = draw_solid(complex_, visible=True)
    assert shapes(axes).count(4) == 8
    assert legend(axes) == [names[0], names[2]]
    assert axes.get_title().splitlines() == [
        "4 linear regions, made of 8 activation regions of a 3-3-1 network",
        "the walls across which the gradient jumps (8 of 12 walls), translucent",
    ]


def test_a_cutaway_of_octants() -> None:
    axes = draw_solid(octants([1.0, 2.0, 4.0]), style="cutaway")
    drawn = shapes(axes)
    # The octant towards the viewer is gone: 9 squares on the outside and 3 inside, which show 3 half-axes and the
    # origin; 2 half-lines cross each of the 3 sides of the cube, and half of them border on the hole.
    assert [drawn.count(corners) for corners in (4, 2, 16)] == [9 + 3, 3 + 3 * 4 + 24, 1]
    assert axes.get_title().endswith("cut open: the regions in the corner towards the viewer are left out")
    assert legend(axes)[0] == "regions, on the boundary of K"


def test_octants_moved_apart() -> None:
    drawn = shapes(draw_solid(octants([1.0, 2.0, 4.0]), style="exploded"))
    assert [drawn.count(corners) for corners in (4, 2)] == [8 * 3, 8 * 9]  # cubes: three sides and nine edges are seen
    linear = shapes(draw_solid(octants([1.0, 2.0, 0.0]), style="exploded", visible=True))
    assert linear.count(4) == 2 * 4 + 2 * 4 + 4  # two sides of four columns in halves, and their tops
    assert draw_solid(octants([1.0, 2.0, 0.0]), style="exploded", visible=True).get_title().startswith("4 linear")


def test_many_walls_are_cut_open() -> None:
    complex_ = random_complex(4, CUBE, 3, 6, 4, 1)
    axes = draw_solid(complex_, visible=True)
    (collection,) = axes.collections
    assert axes.get_title().splitlines()[1].startswith("cut open")
    assert (collection.get_facecolor()[:, 3][np.array(shapes(axes)) != 2] == 1.0).all()


def test_one_region() -> None:
    network = pr.Network.from_arrays([[[1.0, 1.0, 1.0]], [[1.0]]], [[9.0], [0.0]])
    complex_ = pr.build_complex(network, CUBE)
    assert shapes(draw_solid(complex_)) == [2] * 12
    axes = draw_solid(complex_, style="cutaway")
    assert sorted(shapes(axes)) == [2] * 12 + [4] * 3
    assert axes.get_title().endswith("no region lies in the corner towards the viewer")


def test_axes_of_inputs() -> None:
    axes = draw_solid(octants([1.0, 1.0, 1.0]), azimuth=20.0, elevation=10.0)
    assert {text.get_text() for text in axes.texts} >= {"input $x_0$", "input $x_1$", "input $x_2$", "\N{MINUS SIGN}1"}
    above = draw_solid(octants([1.0, 1.0, 1.0]), azimuth=-90.0, elevation=90.0)
    assert "input $x_2$" not in {text.get_text() for text in above.texts}
    assert "0.5" not in {text.get_text() for text in draw_solid(octants([1.0, 1.0, 1.0]), style="exploded").texts}


def test_a_region_too_thin_for_floats() -> None:
    rows = [[1.0, 0.5, 0.25]] * 2
    network = pr.Network.from_arrays([rows, [[1.0, 1.0]]], [[0.0, 1e-300], [0.0]])
    complex_ = pr.build_complex(network, CUBE)
    for style in ("walls", "cutaway", "exploded"):
        assert draw_solid(complex_, style=style).get_title().startswith("3 activation regions")


def test_your_own_axes() -> None:
    axes = Figure().add_subplot()
    assert draw_solid(octants([1.0, 1.0, 1.0]), ax=axes) is axes


def test_files(tmp_path: Path) -> None:
    complex_ = octants([1.0, 2.0, 0.0])
    save_picture(complex_, tmp_path / "complex.png")
    save_picture(complex_.regions, tmp_path / "regions.svg", colors="linear")
    assert (tmp_path / "complex.png").read_bytes().startswith(b"\x89PNG")
    assert "4 linear regions" in (tmp_path / "regions.svg").read_text(encoding="utf-8")


def test_wrong_arguments(tmp_path: Path) -> None:
    complex_ = octants([1.0, 1.0, 1.0])
    style: Any = "wire"
    with pytest.raises(ValueError, match="style must be"):
        draw_solid(complex_, style=style)
    with pytest.raises(DimensionMismatch, match="one or two dimensions only"):
        save_picture(complex_, tmp_path / "a.png", points=[[0.0, 0.0, 0.0]])
    truncated = pr.enumerate_regions(complex_.network, CUBE, limits=pr.Limits(regions=2))
    with pytest.raises(LimitReached, match="truncated"):
        save_picture(truncated, tmp_path / "a.png")
    plane = pr.build_complex(pr.Network.from_arrays([np.eye(2)], [np.zeros(2)]), pr.Polytope.box(-1, 1, dim=2))
    with pytest.raises(DimensionMismatch, match="dimension 3"):
        draw_solid(plane)
