"""Slices are exact, and have the sections of the regions in K as their regions."""

from contextlib import suppress
from fractions import Fraction
from itertools import pairwise

import by_fractions
import numpy as np
import pytest
import strategies
from by_fractions import dot
from effort import examples
from hypothesis import assume, given
from hypothesis import strategies as st
from plain_cells import reduce
from problems import ENGINES
from scipy.sparse import csr_array

import polyregions as pr
from polyregions.errors import DimensionMismatch, InvalidDomain

CUBE = pr.Polytope.box(-2, 2, dim=3)
SUM = pr.Network.from_arrays([np.eye(3), np.ones((1, 3))], [np.zeros(3), [0.0]])

small = st.integers(-2, 2)
networks = strategies.any_networks(4) | strategies.integer_networks(skips=True, sparse=True)
few_numbers = strategies.integer_networks(3, 2) | strategies.lively_networks(
    max_hidden=2, makers=strategies.ALL_KINDS, skips=True
)


def points(dim, count, numbers=small):
    return st.lists(st.lists(numbers, min_size=dim, max_size=dim), min_size=count, max_size=count)


def embedded(corners, y):
    """p_0 + y_1 (p_1 - p_0) + ..., in fractions."""
    columns = zip(*([Fraction(x) for x in corner] for corner in corners), strict=True)
    return [start + dot(y, [x - start for x in others]) for start, *others in columns]


def pulled_back(form, corners):
    """A form (a | c) on the input space as a form on the flat through points."""
    values = [dot(form, [*map(Fraction, corner), 1]) for corner in corners]
    return [*(value - values[0] for value in values[1:]), values[0]]


def are_independent(corners):
    return len(reduce([[Fraction(x) for x in [*corner, 1]] for corner in corners], len(corners[0]) + 1)) == len(corners)


def vertices_of(polytope):
    return sorted(map(tuple, polytope.exact_vertices))


# Restricting


@examples(50)
@given(networks, st.integers(1, 3), st.data())
def test_embedding_and_network_are_exact(network, dim, data):
    dim = min(dim, network.input_dim)
    corners = data.draw(points(network.input_dim, dim + 1))
    assume(are_independent(corners))
    flat = pr.slice_network(network, through=corners)
    y = data.draw(strategies.rational_points(dim))
    place = embedded(corners, y)
    assert by_fractions.output(flat.embedding, y) == pr.evaluate_exactly(flat.embedding, y) == place
    assert by_fractions.output(flat.network, y) == by_fractions.output(network, place)
    assert by_fractions.pattern(flat.network, y) == by_fractions.pattern(network, place)
    assert (flat.network.n_units, flat.domain.dim) == (network.n_units, dim)


@examples(30)
@given(strategies.wild_networks() | strategies.wild_maxout_networks(), st.data())
def test_numbers_of_every_size(network, data):
    start, end = data.draw(points(network.input_dim, 2, strategies.wild_floats()))
    assume(start != end)
    flat, y = pr.slice_network(network, through=[start, end]), data.draw(strategies.rational_points(1))
    place = embedded([start, end], y)
    assert pr.evaluate_exactly(flat.embedding, y) == place
    assert pr.evaluate_exactly(flat.network, y) == by_fractions.output(network, place)


@examples(30)
@given(networks, st.booleans(), st.data())
def test_matrix_and_offset(network, sparse, data):
    """Of any rank."""
    *columns, offset = data.draw(points(network.input_dim, 3))
    matrix = np.transpose(columns)
    flat = pr.slice_network(network, along=(csr_array(matrix) if sparse else matrix, offset), domain="box")
    y = data.draw(strategies.rational_points(2))
    place = [dot(row, y) + x for row, x in zip(matrix.tolist(), offset, strict=True)]
    assert pr.evaluate_exactly(flat.embedding, y) == place
    assert by_fractions.output(flat.network, y) == by_fractions.output(network, place)


def test_points_that_differ_beyond_floats():
    """The last one is off the line of the others by the least float."""
    corners = [[1e308, 0.1, 0.0], [-1e308, 0.3, 0.0], [0.0, 0.2, 2.0**-1074]]
    flat = pr.slice_network(SUM, through=corners)
    assert pr.evaluate_exactly(flat.network, [Fraction(1, 2), Fraction(1, 7)]) == by_fractions.output(
        SUM, embedded(corners, [Fraction(1, 2), Fraction(1, 7)])
    )
    assert len(pr.enumerate_regions(*flat)) == 2


# Regions


def sections(regions, corners):
    """The regions with interior points in the triangle: patterns with exact areas in its coordinates."""
    triangle = [([-1, 0], 0), ([0, -1], 0), ([1, 1], 1)]
    found = {}
    for number, pattern in enumerate(map(tuple, regions.patterns.tolist())):
        halfspaces = list(triangle)
        for normal, offset in regions.polytope(number).exact_halfspaces:
            *inward, constant = pulled_back([*(-x for x in normal), offset], corners)
            halfspaces.append(([-x for x in inward], constant))
        if not all(any(normal) or offset > 0 for normal, offset in halfspaces):
            continue  # the plane passes it by, or lies in a facet
        with suppress(InvalidDomain):  # no interior
            found[pattern] = pr.Polytope.from_halfspaces(*map(list, zip(*halfspaces, strict=True))).volume
    return found


def has_unit_that_vanishes_on_the_plane_only(network, pattern, corners):
    forms = by_fractions.switch_forms(network, pattern)
    return any(any(form) and not any(pulled_back(form, corners)) for form in forms)


def check_sections(network, corners):
    """Where walls of the network lie in the plane, regions of the slice are parts of these; else all are sections."""
    domain = pr.Polytope.box(-3, 3, dim=network.input_dim)  # corners lie inside
    expected = sections(pr.enumerate_regions(network, domain), corners)
    flat = pr.slice_network(network, through=corners)
    for engine in ENGINES:
        regions = pr.enumerate_regions(*flat, engine=engine)
        areas = {tuple(row): regions.polytope(i).volume for i, row in enumerate(regions.patterns.tolist())}
        assert sum(areas.values()) == Fraction(1, 2)
        assert expected.items() <= areas.items()
        inside_walls = areas.keys() - expected.keys()
        assert all(has_unit_that_vanishes_on_the_plane_only(network, pattern, corners) for pattern in inside_walls)
    return len(expected), len(inside_walls)


@examples(25)
@given(few_numbers, st.data())
def test_regions_are_sections(network, data):
    assume(network.input_dim > 1)
    corners = data.draw(points(network.input_dim, 3))
    assume(are_independent(corners))
    check_sections(network, corners)


@pytest.mark.parametrize("seed", range(2))
def test_regions_of_random_networks_are_sections(seed):
    random = np.random.default_rng(seed)
    sizes = (3, 5, 5, 1)
    weights = [random.normal(size=(m, n)) for n, m in pairwise(sizes)]
    network = pr.Network.from_arrays(weights, [random.normal(0, 0.3, m) for m in sizes[1:]])
    count, inside_walls = check_sections(network, random.uniform(-2, 2, (3, 3)).tolist())
    assert count > 3
    assert inside_walls == 0


def test_planes_inside_walls():
    """Units that vanish on the plane are off, whether or not any region of K is like that."""
    assert check_sections(SUM, [[1, 0, 0], [0, 1, 0], [-1, -1, 0]]) == (0, 4)
    network = pr.Network.from_arrays([[[1, 0, -1], [-1, 0, 1], [0, 1, 0]], np.ones((1, 3))], [np.zeros(3), [0.0]])
    flat = pr.slice_network(network, through=[[1, 1, 1], [-1, 1, -1], [0, -2, 0]])
    assert pr.enumerate_regions(*flat).patterns.tolist() == [[0, 0, 0], [0, 0, 1]]
    assert len(pr.enumerate_regions(network, CUBE)) == 4


@examples(30)
@given(few_numbers, st.data())
def test_lines_in_a_plane_are_lines(network, data):
    assume(network.input_dim > 1)
    corners = data.draw(points(network.input_dim, 3))
    assume(are_independent(corners))
    ends = data.draw(points(2, 2))
    assume(ends[0] != ends[1])
    plane = pr.slice_network(network, through=corners).network
    direct = pr.regions_on_line(network, *[np.array(embedded(corners, y), dtype=float) for y in ends])
    line = pr.regions_on_line(plane, *ends)
    twice = pr.slice_network(plane, through=ends)
    assert np.array_equal(line.patterns, direct.patterns)
    assert sorted(direct.patterns.tolist()) == pr.enumerate_regions(*twice).patterns.tolist()
    exact = [[x.exact_breakpoint(i) for i in range(len(x) - 1)] for x in (line, direct)]
    assert exact[0] == exact[1]
    assert line.visible.tolist() == direct.visible.tolist()


def test_plane_through_images():
    """Its edges meet the regions that they meet in the space of images."""
    random = np.random.default_rng(0)
    sizes, images = (784, 8, 8, 3), random.uniform(0, 1, (3, 784))
    weights = [random.normal(0, np.sqrt(2 / n), (m, n)) for n, m in pairwise(sizes)]
    network = pr.Network.from_arrays(weights, [random.normal(0, 0.3, m) for m in sizes[1:]])
    simplex, box = (
        pr.enumerate_regions(*pr.slice_network(network, through=images, domain=d)) for d in ("simplex", "box")
    )
    edges = pr.regions_on_polyline(network, images, closed=True)
    assert len(edges) > 3
    on_edges, within, around = ({bytes(row) for row in x.patterns} for x in (edges, simplex, box))
    assert on_edges <= within <= around


# Parts of a flat

DIAGONAL = [[1, 0], [-1, 1], [0, -1]]  # the plane x + y + z = 0
HEXAGON = [(-1, -1), (-1, 0), (0, -1), (0, 1), (1, 0), (1, 1)]
SECTIONS = {
    "hexagon": (DIAGONAL, [0, 0, 0], HEXAGON),
    "triangle": (DIAGONAL, [2, 0, 0], [(-2, -1), (-1, -1), (-1, 0)]),
    "irregular hexagon": (
        DIAGONAL,
        [0.5, 0, 0],
        [(-1.5, -1), (-1.5, -0.5), (0, -1), (0, 1), (0.5, -0.5), (0.5, 1)],
    ),
    "rectangle": ([[1, 0], [1, 0], [0, 2]], [0, 0, 0], [(-1, -0.5), (-1, 0.5), (1, -0.5), (1, 0.5)]),
    "facet": ([[0, 0], [1, 0], [0, 1]], [1, 0, 0], [(-1, -1), (-1, 1), (1, -1), (1, 1)]),
    "chord": ([[3], [0], [1]], [0, 0.5, 0], [(Fraction(-1, 3),), (Fraction(1, 3),)]),
}


@pytest.mark.parametrize("name", SECTIONS)
def test_sections_of_a_cube(name):
    matrix, offset, expected = SECTIONS[name]
    flat = pr.slice_network(SUM, along=(matrix, offset), within=pr.Polytope.box(-1, 1, dim=3))
    assert vertices_of(flat.domain) == sorted(expected)
    assert flat.domain.n_facets == max(len(expected), 2)
    pr.build_complex(*flat)


PARTS = {
    None: [],
    "simplex": [(-1, 0, 0), (0, -1, 0), (1, 1, 1)],
    "box": [(-1, 0, 0), (0, -1, 0), (1, 0, 1), (0, 1, 1)],
}


@examples(50)
@given(
    st.lists(st.tuples(*[st.integers(-2, 2)] * 3, st.integers(1, 3)), max_size=4), st.sampled_from([*PARTS]), st.data()
)
def test_part_within_is_what_is_mapped_there(rows, domain, data):
    rows = [row for row in rows if any(row[:3])]
    rows += [[*row, 2] for row in np.concatenate([np.eye(3), -np.eye(3)]).tolist()]
    body = pr.Polytope.from_halfspaces([row[:3] for row in rows], [row[3] for row in rows])
    corners = data.draw(points(3, 3, st.integers(-3, 3)))
    assume(are_independent(corners))
    places = data.draw(st.lists(strategies.dyadic_points(2, 2), min_size=30, max_size=30))
    images = [embedded(corners, place) for place in places]
    allowed = [
        all(dot(map(Fraction, row[:3]), x) <= row[3] for row in rows)
        and all(dot(row[:2], place) <= row[2] for row in PARTS[domain])
        for place, x in zip(places, images, strict=True)
    ]
    try:
        flat = pr.slice_network(SUM, through=corners, within=body, domain=domain)
    except InvalidDomain:
        table = [[*map(Fraction, place), Fraction(1)] for place, inside in zip(places, allowed, strict=True) if inside]
        assert len(reduce(table, 3)) < 3
    else:
        assert flat.domain.contains(places).tolist() == allowed


def test_domains():
    corners = [[0, 0, 0], [1, 0, 0], [0, 0, 2]]
    disc = pr.Polytope.from_vertices([[5, 5], [6, 5], [5, 7]])
    assert vertices_of(pr.slice_network(SUM, through=corners).domain) == [(0, 0), (0, 1), (1, 0)]
    assert vertices_of(pr.slice_network(SUM, through=corners, domain="simplex").domain) == [(0, 0), (0, 1), (1, 0)]
    assert vertices_of(pr.slice_network(SUM, through=corners, domain="box").domain) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert pr.slice_network(SUM, through=corners, domain=disc).domain is disc
    assert pr.slice_network(SUM, along=(np.eye(3), np.ones(3)), domain=CUBE).domain is CUBE
    # Both: y_1 <= 1 / 4 from the cube, and the rest from the box.
    cube = pr.Polytope.box(-0.5, 0.25, dim=3)
    both = pr.slice_network(SUM, through=corners, domain="box", within=cube)
    assert vertices_of(both.domain) == [(0, 0), (0, 0.125), (0.25, 0), (0.25, 0.125)]
    network, domain = both
    assert (network, domain) == (both.network, both.domain)


# Mistakes

TRIANGLE = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
WRONG = {
    "either points to go through or a map": {},
    "either points": {"through": TRIANGLE, "along": (np.eye(3), [0, 0, 0])},
    "needs 3 points in general position; these 3": {"through": [[0, 0, 0], [1, 2, 3], [3, 6, 9]]},
    "a flat of dimension 4 needs 5 points": {"through": [*TRIANGLE, [0, 0, 0], [1, 1, 1]]},
    "needs 2 points in general position; these 2": {"through": [[1, 2, 3]] * 2},
    "needs 2 points in general position; these 1": {"through": [[1, 2, 3]]},
    "needs 2 points in general position; these 0": {"through": np.zeros((0, 3))},
    r"\(N, 3\), got \(2, 2\)": {"through": [[1, 2], [3, 4]]},
    "2 dimension": {"through": [1, 2, 3]},
    "1 entries are NaN": {"through": [[1, 2, np.nan], [1, 2, 3]]},
    "which part of the flat": {"along": (np.eye(3), [0, 0, 0])},
    "pair of a matrix and an offset": {"along": np.eye(3), "domain": "box"},
    "a pair of a": {"along": 3, "domain": "box"},
    "3 inputs, got a map to 2 numbers": {"along": ([[1], [2]], [0, 0]), "domain": "box"},
    r"bias of shape \(3,\), got \(2,\)": {"along": ([[1], [2], [3]], [0, 0]), "domain": "box"},
    "at least one unit and one input": {"along": (np.zeros((3, 0)), [0, 0, 0]), "domain": "box"},
    "must be finite": {"along": ([[1], [2], [np.inf]], [0, 0, 0]), "domain": "box"},
    "got 'ball'": {"through": TRIANGLE, "domain": "ball"},
    "dimension 2, got a domain of dimension 3; see within=": {"through": TRIANGLE, "domain": CUBE},
    "3 inputs, got a polytope in 2": {"through": TRIANGLE, "within": pr.Polytope.simplex(2)},
}


@pytest.mark.parametrize("message", WRONG)
def test_flats_and_parts_that_are_none(message):
    with pytest.raises(DimensionMismatch, match=message):
        pr.slice_network(SUM, **WRONG[message])


@pytest.mark.parametrize(
    ("matrix", "offset", "message"),
    [
        (DIAGONAL, [7, 0, 0], "empty"),  # beside the cube
        (DIAGONAL, [6, 0, 0], "no interior"),  # through a corner
        ([[1, 0], [-1, 0], [0, 1]], [2, 2, 0], "no interior"),  # along an edge
        ([[0, 0], [1, 0], [0, 1]], [3, 0, 0], "empty"),  # parallel to a facet
    ],
)
def test_parts_without_interior(matrix, offset, message):
    with pytest.raises(InvalidDomain, match=f"the flat within the polytope: .*{message}"):
        pr.slice_network(SUM, along=(matrix, offset), within=CUBE)


def test_parts_without_bounds():
    with pytest.raises(InvalidDomain, match=r"the flat within the polytope: .*bounded"):
        pr.slice_network(SUM, along=([[1, 2], [1, 2], [0, 0]], [0, 0, 0]), within=CUBE)
    with pytest.raises(InvalidDomain, match="bounded"):
        pr.slice_network(SUM, along=(np.zeros((3, 1)), [0, 0, 0]), within=CUBE)


def test_parts_that_are_no_polytopes() -> None:
    for wrong in ({"domain": [0, 1]}, {"within": "box"}):
        with pytest.raises(DimensionMismatch, match=r"must be a Polytope, got (list|str)"):
            pr.slice_network(SUM, through=np.eye(3), **wrong)  # type: ignore[arg-type]
