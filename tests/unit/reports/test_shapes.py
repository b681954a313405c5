"""Regions and walls as shapely geometries: areas, lengths and contacts as shapely and exact polytopes know them."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import shapely
from scipy.spatial import ConvexHull

import polyregions as pr
from polyregions.errors import DimensionMismatch
from polyregions.reports.shapes import rings, to_shapely

SQUARE = pr.Polytope.box(-1, 1, dim=2)
HEPTAGON = pr.Polytope.from_vertices([[np.cos(t), np.sin(t)] for t in 2 * np.pi / 7 * np.arange(7)])


def random_network(seed: int, *widths: int) -> pr.Network:
    rng = np.random.default_rng(seed)
    shapes = list(itertools.pairwise(widths))
    weights = [rng.normal(size=(after, before)) for before, after in shapes]
    return pr.Network.from_arrays(weights, [rng.normal(size=after) / 3 for _, after in shapes])


def grid_of_integers(seed: int) -> pr.Network:
    """Weights among few integers: walls coincide and many meet in a point."""
    rng = np.random.default_rng(seed)
    weights = [rng.integers(-2, 3, size=shape).astype(float) for shape in ((6, 2), (5, 6), (1, 5))]
    return pr.Network.from_arrays(weights, [rng.integers(-1, 2, size=len(w)).astype(float) / 2 for w in weights])


CASES = [
    (random_network(3, 2, 6, 6, 1), SQUARE),
    (random_network(4, 2, 8, 6, 4, 2), HEPTAGON),
    (grid_of_integers(5), SQUARE),
    (grid_of_integers(6), pr.Polytope.simplex(2)),
]


@pytest.mark.parametrize(("network", "domain"), CASES)
def test_regions(network: pr.Network, domain: pr.Polytope) -> None:
    polygons = to_shapely(pr.build_complex(network, domain))
    regions = pr.enumerate_regions(network, domain, engine="branching")
    area = float(domain.volume)
    assert len(polygons) == len(regions)
    assert all(polygon.is_valid and polygon.exterior.is_ccw for polygon in polygons)
    assert sum(polygon.area for polygon in polygons) == pytest.approx(area, rel=1e-12)
    assert shapely.union_all(polygons).area == pytest.approx(area, rel=1e-12)
    for number, polygon in enumerate(polygons):
        cell = regions.polytope(number)
        assert polygon.area == pytest.approx(float(cell.volume), rel=1e-9, abs=1e-13)
        assert len(polygon.exterior.coords) - 1 == cell.n_facets
        assert polygon.contains(shapely.Point(regions.witnesses[number]))


@pytest.mark.parametrize(("network", "domain"), CASES)
def test_walls(network: pr.Network, domain: pr.Polytope) -> None:
    complex_ = pr.build_complex(network, domain)
    polygons, walls = to_shapely(complex_), to_shapely(complex_, what="walls")
    corners = [set(polygon.exterior.coords) for polygon in polygons]
    assert len(walls) == len(complex_.walls)
    for wall, (one, other) in zip(walls, complex_.wall_regions.tolist(), strict=True):
        assert set(wall.coords) == corners[one] & corners[other]
    perimeter = sum(polygon.length for polygon in polygons)
    outline = shapely.MultiPoint(domain.vertices).convex_hull.length
    assert 2 * sum(wall.length for wall in walls) + outline == pytest.approx(perimeter, rel=1e-12)
    assert set().union(*corners) == set(map(tuple, complex_.vertices.tolist()))


def test_a_region_too_thin_for_floats() -> None:
    network = pr.Network.from_arrays([[[1.0, 0.5], [1.0, 0.5]], [[1.0, 1.0]]], [[0.0, 1e-300], [0.0]])
    complex_ = pr.build_complex(network, SQUARE)
    assert [polygon.is_valid for polygon in to_shapely(complex_)] == [True, False, True]
    starts, members = rings(complex_)
    for first, last in itertools.pairwise(starts.tolist()):
        corners = [complex_.exact_vertex(vertex) for vertex in members[first:last].tolist()]
        around = zip(corners, corners[1:] + corners[:1], strict=True)
        assert sum((a[0] * b[1] - a[1] * b[0] for a, b in around), Fraction(0)) > 0


def test_outlines_of_facets_in_space() -> None:
    complex_ = pr.build_complex(random_network(2, 3, 5, 3, 1), pr.Polytope.simplex(3, 2.0))
    starts, members = rings(complex_)
    assert len(starts) - 1 == complex_.f_vector()[2]
    edges = [frozenset(complex_.vertices_of(1, edge).tolist()) for edge in range(complex_.f_vector()[1])]
    sides = complex_.boundary(2)
    for face, (first, last) in enumerate(itertools.pairwise(starts.tolist())):
        ring = members[first:last].tolist()
        around = {frozenset(pair) for pair in zip(ring, ring[1:] + ring[:1], strict=True)}
        assert around == {edges[edge] for edge in sides.indices[sides.indptr[face] : sides.indptr[face + 1]]}
        points = complex_.vertices[ring] - complex_.vertices[ring[0]]
        flat = points @ np.linalg.svd(points)[2][:2].T
        hull = ConvexHull(flat) if len(ring) > 3 else None
        assert hull is None or shapely.Polygon(flat).area == pytest.approx(hull.volume, rel=1e-6)


def test_cells_of_a_classifier() -> None:
    network = pr.Network.from_arrays([np.eye(2)], [[0.0, 0.5]])
    complex_ = pr.decision_complex(network, SQUARE)
    areas = {int(number): 0.0 for number in complex_.classes}
    for number, polygon in zip(complex_.classes.tolist(), to_shapely(complex_), strict=True):
        areas[number] += polygon.area
    assert areas == pytest.approx({0: 1.125, 1: 2.875})  # x > y + 1/2 is a triangle with legs of 3/2
    assert sum(wall.length for wall in to_shapely(complex_, "walls")) == pytest.approx(1.5 * np.sqrt(2))


def test_no_walls() -> None:
    network = pr.Network.from_arrays([[[1.0, 1.0]], [[1.0]]], [[1.0], [0.0]])
    complex_ = pr.build_complex(network, pr.Polytope.simplex(2))
    assert [polygon.area for polygon in to_shapely(complex_)] == [0.5]
    assert to_shapely(complex_, "walls") == []


@pytest.mark.parametrize("dim", [1, 3])
def test_other_dimensions(dim: int) -> None:
    complex_ = pr.build_complex(random_network(0, dim, 2, 1), pr.Polytope.box(-1, 1, dim=dim))
    with pytest.raises(DimensionMismatch, match=f"regions in the plane .* dimension {dim}"):
        to_shapely(complex_)


def test_other_things() -> None:
    what: Any = "vertices"
    with pytest.raises(ValueError, match="what must name one of them"):
        to_shapely(pr.build_complex(random_network(0, 2, 2, 1), SQUARE), what)
