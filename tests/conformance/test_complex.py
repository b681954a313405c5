"""The polyhedral complex against mathematics, and against faces, volumes and areas found in other ways."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction
from functools import cache

import by_fractions
import numpy as np
import pytest
import shapely
from arrangements import face_counts, known_counts, rows_of
from degenerate_networks import degenerate_problems
from effort import SERVER, examples, some
from hypothesis import given
from hypothesis import strategies as st
from invariants import check_complex, check_generic, check_regions, exact_volumes
from lattices import check_lattice, sets
from problems import (
    Problem,
    arrangements,
    braid,
    catalan,
    cycle,
    deep_constructions,
    generic,
    known_problems,
    semiorder,
    shi,
    shuffled,
    star,
    threshold,
    type_b,
    type_d,
)
from reference import Cell, Region, reduce, reference_regions
from scipy.spatial import ConvexHull
from strategies import (
    ALL_KINDS,
    integer_networks,
    kinked_networks,
    lively_networks,
    wild_maxout_networks,
    wild_networks,
)

import polyregions as pr

Corner = tuple[Fraction, ...]

LARGER = [braid(6), type_b(5), type_d(5), shi(5), catalan(5), semiorder(5)]
MORE = [*(star(n) for n in (3, 4, 5)), *(cycle(n) for n in (3, 4, 5)), generic(7, 4), generic(7, 5)]
ARRANGEMENTS = [
    *arrangements(),
    *MORE,
    *LARGER,
    *(shuffled(problem, seed) for seed, problem in enumerate([*arrangements(), *MORE, *LARGER])),
]


def random_network(widths: Sequence[int], seed: int, grid: int | None = None) -> pr.Network:
    rng = np.random.default_rng(seed)
    weights = [rng.normal(0, np.sqrt(2 / n), (m, n)) for n, m in itertools.pairwise(widths)]
    biases = [rng.normal(0, 0.3, m) for m in widths[1:]]
    if grid:
        weights, biases = ([np.round(a * grid) / grid for a in arrays] for arrays in (weights, biases))
    return pr.Network.from_arrays(weights, biases)


def inner_counts(complex_: pr.PolyhedralComplex) -> tuple[int, ...]:
    return tuple(int(complex_.interior(k).sum()) for k in range(complex_.dim + 1))


@cache
def counted(name: str) -> tuple[int, ...]:
    """The face counts of an arrangement from its flats; they do not depend on the order of its rows."""
    return face_counts(rows_of(next(problem for problem in ARRANGEMENTS if problem.name == name)))


# Everything that holds for every complex.


@pytest.mark.parametrize("problem", some([*known_problems(), *degenerate_problems()]), ids=str)
def test_invariants(problem: Problem) -> None:
    complex_ = pr.build_complex(problem.network, problem.domain)
    assert len(complex_.regions) == problem.activation_regions
    check_complex(complex_, most=12)


@pytest.mark.parametrize(
    "widths", [(1, 12, 12, 1), (2, 14, 12, 2), (2, 6, 6, 6, 6, 1), (3, 8, 7, 1), (4, 7, 5, 1)], ids=str
)
@pytest.mark.parametrize("seed", [0, 1])
def test_generic_networks(widths: tuple[int, ...], seed: int) -> None:
    """Among others, the count of regions in the plane from crossings, and few facets on average."""
    dim = widths[0]
    for domain in (pr.Polytope.box(-1, 1, dim=dim), pr.Polytope.simplex(dim, 1.5)):
        check_complex(pr.build_complex(random_network(widths, seed), domain), most=12, generic=True)


def test_generic_network_on_a_large_scale() -> None:
    complex_ = pr.build_complex(random_network((2, 32, 32, 32, 1), 0), pr.Polytope.box(-2, 2, dim=2))
    check_lattice(complex_)
    check_regions(complex_)
    check_generic(complex_)


@pytest.mark.parametrize("grid", [2, 4, 16])
def test_quantised_network_on_a_large_scale(grid: int) -> None:
    """Many walls coincide and many meet in a point."""
    complex_ = pr.build_complex(random_network((3, 12, 10, 1), 5, grid), pr.Polytope.box(-1, 1, dim=3))
    check_lattice(complex_)
    check_regions(complex_)


@examples(80)
@given(wild_networks() | wild_maxout_networks())
def test_weights_of_any_size(network: pr.Network) -> None:
    check_complex(pr.build_complex(network, pr.Polytope.box(-1, 1, dim=network.input_dim)), most=12)


# Arrangements of hyperplanes.


@pytest.mark.parametrize("problem", some(ARRANGEMENTS), ids=str)
def test_faces_of_arrangements(problem: Problem) -> None:
    """The faces that meet int K are those of the whole space, in any order of the hyperplanes."""
    complex_ = pr.build_complex(problem.network, problem.domain)
    name = problem.name.removesuffix("-shuffled")
    assert inner_counts(complex_) == counted(name)
    assert known_counts(problem) in (None, counted(name))
    assert len(complex_.regions) == problem.activation_regions
    check_regions(complex_)
    if len(complex_.regions) <= 400 or name == "resonance-5":
        check_lattice(complex_)


@pytest.mark.slow
@pytest.mark.parametrize(
    "problem", [*([] if SERVER else [threshold(5)]), shuffled(braid(7), 1), braid(7), type_b(6)], ids=str
)
def test_faces_of_large_arrangements(problem: Problem) -> None:
    complex_ = pr.build_complex(problem.network, problem.domain)
    assert len(complex_.regions) == problem.activation_regions
    assert known_counts(problem) in (None, inner_counts(complex_))
    assert complex_.euler_characteristic == 1
    assert sum((-1) ** k * count for k, count in enumerate(inner_counts(complex_))) == (-1) ** complex_.dim


# Faces found in another way: all intersections of the facets of the cells that the plain enumerator finds.


def corner(point: Sequence[int]) -> Corner:
    return tuple(Fraction(x, point[-1]) for x in point[:-1])


def faces_of_cell(cell: Cell) -> set[frozenset[Corner]]:
    """The sets of points on any rows together, and the cell itself."""
    rows = [
        frozenset(corner(point) for point, mask in cell.points.items() if mask >> number & 1)
        for number in range(len(cell.rows))
    ]
    faces = {frozenset(map(corner, cell.points))}
    for row in rows:
        faces |= {face & row for face in faces}
    return faces - {frozenset()}


def dimension(face: frozenset[Corner]) -> int:
    return len(reduce([[*point, Fraction(1)] for point in face], len(next(iter(face))) + 1)) - 1


def reference_faces(regions: Sequence[Region], dim: int) -> list[set[frozenset[Corner]]]:
    faces: list[set[frozenset[Corner]]] = [set() for _ in range(dim + 1)]
    for face in set().union(*(faces_of_cell(region.cell) for region in regions)):
        faces[dimension(face)].add(face)
    return faces


def check_faces(network: pr.Network, domain: pr.Polytope) -> None:
    """The same faces, as sets of exact points; and the signs of all units in the middle of each."""
    complex_ = pr.build_complex(network, domain)
    expected = reference_faces(reference_regions(network, domain), domain.dim)
    corners = [tuple(complex_.exact_vertex(vertex)) for vertex in range(len(complex_.vertices))]
    for k in range(domain.dim + 1):
        found = [frozenset(corners[v] for v in vertices) for vertices in sets(complex_.members[k])]
        assert set(found) == expected[k]
        assert len(found) == len(expected[k])
        signs, inside = complex_.signs(k), complex_.interior(k)
        for number in range(0, len(found), 1 + len(found) // 20):
            middle = [sum(axis, Fraction(0)) / len(found[number]) for axis in zip(*found[number], strict=True)]
            assert signs[number].tolist() == by_fractions.signs(network, middle)
            assert inside[number] == all(by_fractions.dot(a, middle) < b for a, b in domain.exact_halfspaces)


SMALL = [p for p in [*known_problems(), *degenerate_problems()] if p.activation_regions <= 50 and p.domain.dim <= 4]


@pytest.mark.parametrize("problem", [p for p in SMALL if "shuffled" not in p.name], ids=str)
def test_faces_of_known_problems(problem: Problem) -> None:
    check_faces(problem.network, problem.domain)


@examples(30)
@given(st.one_of(integer_networks(max_inputs=4, max_hidden=2, max_width=3), kinked_networks(skips=True, max_width=2)))
def test_faces_of_networks_of_few_numbers(network: pr.Network) -> None:
    check_faces(network, pr.Polytope.box(-1, 2, dim=network.input_dim))


@examples(60)
@given(lively_networks(max_hidden=2, makers=ALL_KINDS, skips=True))
def test_faces_of_networks_with_maxima(network: pr.Network) -> None:
    domain = pr.Polytope.box(-1, 2, dim=network.input_dim)
    if len(pr.enumerate_regions(network, domain)) <= 60:
        check_faces(network, domain)


@pytest.mark.parametrize("dim", [2, 3, 4])
@pytest.mark.parametrize("grid", [None, 1, 2])
def test_faces_in_domains_of_other_shapes(dim: int, grid: int | None) -> None:
    network = random_network((dim, 4, 3, 1), dim, grid)
    check_faces(network, pr.Polytope.simplex(dim))
    check_faces(network, pr.Polytope.from_vertices(np.concatenate([np.eye(dim), -np.eye(dim)])))


# Volumes and areas by other programs.


@pytest.mark.parametrize("dim", [2, 3, 4])
@pytest.mark.parametrize("grid", [None, 2])
def test_volumes_by_qhull(dim: int, grid: int | None) -> None:
    complex_ = pr.build_complex(random_network((dim, 7, 5, 1), 3, grid), pr.Polytope.box(-1, 1, dim=dim))
    volumes = exact_volumes(complex_)
    assert sum(volumes) == 2**dim
    for cell, vertices in enumerate(sets(complex_.members[dim])):
        if volumes[cell] > Fraction(1, 10**6):
            hull = ConvexHull(complex_.vertices[list(vertices)])
            assert hull.volume == pytest.approx(float(volumes[cell]), rel=1e-9)
            assert len(hull.vertices) == len(vertices)


@pytest.mark.parametrize("grid", [None, 2, 8])
def test_areas_by_shapely(grid: int | None) -> None:
    """Polygons with the right areas that fill the square and overlap nowhere; neighbours share the whole wall."""
    complex_ = pr.build_complex(random_network((2, 10, 8, 1), 4, grid), pr.Polytope.box(-1, 1, dim=2))
    hulls = [shapely.MultiPoint(complex_.vertices[list(v)]).convex_hull for v in sets(complex_.members[2])]
    areas = [float(volume) for volume in exact_volumes(complex_)]
    assert [hull.area for hull in hulls] == pytest.approx(areas, rel=1e-9)
    assert shapely.union_all(hulls).area == pytest.approx(4, rel=1e-9)
    tree = shapely.STRtree(hulls)
    for i, j in tree.query(hulls).T.tolist():
        assert i == j or hulls[i].intersection(hulls[j]).area < 1e-12
    for wall, (i, j) in zip(complex_.walls.tolist(), complex_.wall_regions.tolist(), strict=True):
        ends = complex_.vertices[complex_.vertices_of(1, wall)]
        line = shapely.LineString(ends)
        assert hulls[i].distance(line.centroid) < 1e-9
        assert hulls[j].distance(line.centroid) < 1e-9


# Constructions whose faces can be counted by hand.


def test_two_cells_of_a_pair_of_patterns_one_unit_apart_do_not_touch() -> None:
    problem = next(p for p in deep_constructions() if p.name == "hamming-trap")
    complex_ = pr.build_complex(problem.network, problem.domain)
    assert len(complex_.walls) == problem.adjacencies == 11


def test_a_fold_that_is_touched_does_not_cut() -> None:
    """|x| vanishes on x = 0 without changing sign: its unit is zero on that wall, which two cells share."""
    network = pr.Network.from_arrays([[[1.0, 0.0], [-1.0, 0.0]], [[1.0, 1.0]], [[1.0]]], [[0.0, 0.0], [0.0], [0.0]])
    complex_ = pr.build_complex(network, pr.Polytope.box(-1, 1, dim=2))
    assert complex_.f_vector() == (6, 7, 2)
    (wall,) = complex_.walls.tolist()
    assert complex_.signs(1)[wall].tolist() == [0, 0, 0]
    assert complex_.signs(2)[:, 2].tolist() == [1, 1]


def test_a_unit_that_vanishes_on_a_region_vanishes_on_all_its_faces() -> None:
    problem = next(p for p in degenerate_problems() if p.name == "identically-zero-on-a-region")
    complex_ = pr.build_complex(problem.network, problem.domain)
    assert complex_.f_vector() == (9, 12, 4)
    assert complex_.signs(2)[0].tolist() == [-1, -1, 0]
    for k in (0, 1):
        faces = complex_.signs(k)
        assert (faces[(faces[:, :2] < 1).all(axis=1), 2] == 0).all()
