"""The region graph and linear regions, against polygons in the plane and affine maps in rationals."""

import itertools

import networkx as nx
import numpy as np
import pytest
import shapely
from problems import ENGINES

import polyregions as pr


def random_network(widths, seed, grid=None):
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=(m, n)) * np.sqrt(2 / n) for n, m in itertools.pairwise(widths)]
    biases = [0.3 * rng.normal(size=m) for m in widths[1:]]
    if grid:
        weights, biases = ([np.round(a / grid) * grid for a in part] for part in (weights, biases))
    return pr.Network.from_arrays(weights, biases)


@pytest.fixture(scope="module", params=itertools.product((None, 0.25, 0.5), ENGINES), ids=str)
def regions(request):
    grid, engine = request.param
    return pr.enumerate_regions(random_network([2, 8, 8, 1], 11, grid), pr.Polytope.box(-1, 1, dim=2), engine=engine)


def test_edges_are_shared_sides_of_polygons(regions):
    """Polygons share a side exactly if two corners of one lie on one side of the other: decided in rationals."""
    corners = [{tuple(v) for v in regions.polytope(i).exact_vertices} for i in range(len(regions))]
    polygons = [shapely.Polygon(regions.polytope(i).vertices) for i in range(len(regions))]
    tree = shapely.STRtree(polygons)
    wanted = set()
    for i, j in itertools.combinations(range(len(regions)), 2):
        # Regions meet face to face, so a shared side has two corners of both.
        if len(corners[i] & corners[j]) >= 2:
            wanted.add((i, j))
    graph = pr.region_graph(regions)
    assert {tuple(sorted(edge)) for edge in graph.edges} == wanted
    assert all(j in tree.query(polygons[i].buffer(1e-9)) for i, j in wanted)


def test_edge_units_are_what_flips(regions):
    graph = pr.region_graph(regions)
    for i, j, units in graph.edges(data="units"):
        assert units == tuple(np.flatnonzero(regions.patterns[i] != regions.patterns[j]))
    assert nx.is_connected(graph)


def test_facets_of_polytopes_are_edges_of_the_graph(regions):
    graph = pr.region_graph(regions)
    inner = [sum(label[0] == "unit" for label in regions.polytope(i).labels) for i in range(len(regions))]
    assert inner == [graph.degree(i) for i in range(len(regions))]


def test_linear_regions_join_equal_maps_only(regions):
    graph = pr.region_graph(regions)
    maps = [regions.affine_map(i) for i in range(len(regions))]
    part_of = {}
    for number, part in enumerate(pr.linear_regions(regions, graph)):
        for index in part:
            part_of[index] = number
            assert maps[index] == maps[part[0]]
    assert sorted(part_of) == list(range(len(regions)))
    for i, j in graph.edges:
        assert (part_of[i] == part_of[j]) == (maps[i] == maps[j])
    assert pr.distinct_affine_maps(regions) == len(set(maps))


def test_maps_agree_on_shared_facets():
    regions = pr.enumerate_regions(random_network([3, 5, 5, 2], 2), pr.Polytope.box(-1, 1, dim=3))
    for i, j in pr.region_graph(regions).edges:
        shared = {tuple(v) for v in regions.polytope(i).exact_vertices} & {
            tuple(v) for v in regions.polytope(j).exact_vertices
        }
        assert len(shared) >= 3
        difference = (regions.affine_map(i).exact - regions.affine_map(j).exact).tolist()
        for vertex in shared:
            for row in difference:
                assert (
                    sum((int(x.numerator) * a / int(x.denominator) for a, x in zip(row, vertex, strict=False)), row[-1])
                    == 0
                )


def test_maps_too_close_for_floats_are_told_apart():
    tiny = 2.0**-80
    net = pr.Network.from_arrays([[[1.0], [tiny]], [[1.0, 1.0]]], [[10.0, 0.0], [0.0]])
    regions = pr.enumerate_regions(net, pr.Polytope.box(-1, 1, dim=1))
    assert len(regions) == len(pr.linear_regions(regions)) == pr.distinct_affine_maps(regions) == 2


def test_invisible_walls():
    net = pr.Network.from_arrays([[[1.0], [1.0]], [[1.0, -1.0]]], [[0.0, 0.0], [3.0]])
    regions = pr.enumerate_regions(net, pr.Polytope.box(-1, 1, dim=1))
    assert len(regions) == 2
    assert [part.tolist() for part in pr.linear_regions(regions)] == [[0, 1]]
    assert pr.distinct_affine_maps(regions) == 1


def test_progress_is_reported(regions):
    calls = []
    pr.region_graph(regions, progress=lambda share, found: calls.append(share))
    assert calls == sorted(calls)
    assert calls
