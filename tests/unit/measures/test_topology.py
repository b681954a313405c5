"""Betti numbers of known shapes, by duality, and of random subcomplexes against plain elimination."""

import itertools
import math

import by_elimination
import networkx as nx
import numpy as np
import problems
import pytest
import shapes
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from strategies import kinked_networks

import polyregions as pr
from polyregions.complexes import Subcomplex
from polyregions.measures import betti_numbers


def random_network(widths, seed, grid=None):
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=(m, n)) * np.sqrt(2 / n) for n, m in itertools.pairwise(widths)]
    biases = [0.3 * rng.normal(size=m) for m in widths[1:]]
    if grid:
        weights, biases = ([np.round(a / grid) * grid for a in part] for part in (weights, biases))
    return pr.Network.from_arrays(weights, biases)


def cube_complex(network):
    return pr.build_complex(network, pr.Polytope.box(-1, 1, dim=network.input_dim))


def arrangement_complex(problem):
    return pr.build_complex(problem.network, problem.domain)


def all_walls(complex_):
    return Subcomplex.closure_of(complex_, complex_.dim - 1, complex_.walls)


def alternating(numbers):
    return sum((-1) ** k * number for k, number in enumerate(numbers))


def padded(betti, count):
    return np.array([*betti, *[0] * (count - len(betti))])


# Known shapes.


@pytest.mark.parametrize("shape", shapes.closed_shapes() + shapes.open_shapes(), ids=str)
def test_shapes(shape):
    complex_ = shapes.complex_of(shape)
    level, below, above = shapes.level(complex_), shapes.side(complex_, -1), shapes.side(complex_, 1)
    assert betti_numbers(level) == shape.level
    assert betti_numbers(below) == shape.below
    assert betti_numbers(above) == shape.above
    assert betti_numbers(level, level.on_domain_boundary()) == (shape.level_in_pair or shape.level)
    for part in (level, below, above):
        assert part.euler_characteristic == alternating(betti_numbers(part))


@pytest.mark.parametrize("shape", shapes.closed_shapes(), ids=str)
def test_shapes_shrunk(shape):
    """A closed set modulo the boundary of its complement, and K modulo a set: exactness and excision."""
    complex_ = shapes.complex_of(shape)
    level, below, above = shapes.level(complex_), shapes.side(complex_, -1), shapes.side(complex_, 1)
    whole = Subcomplex.whole(complex_)
    assert betti_numbers(whole, relative_to=below) == betti_numbers(above, relative_to=level)
    first, *higher = shape.below
    assert betti_numbers(whole, relative_to=below) == (0, first - 1, *higher[:-1])


NETWORKS = {
    "1": random_network([1, 8, 8, 1], 0),
    "2": random_network([2, 8, 8, 1], 1),
    "2-coarse": random_network([2, 8, 8, 1], 11, grid=0.5),
    "3": random_network([3, 8, 6, 1], 2),
    "3-coarse": random_network([3, 6, 6, 1], 3, grid=0.5),
    "4": random_network([4, 8, 1], 4),
    "5": random_network([5, 5, 1], 5),
    "dead": pr.Network.from_arrays([np.zeros((2, 2)), np.ones((1, 2))], [np.zeros(2), [0.0]]),
}
each_network = pytest.mark.parametrize("name", NETWORKS)


@each_network
def test_domain_and_its_boundary(name):
    complex_ = cube_complex(NETWORKS[name])
    n, whole, boundary = complex_.dim, Subcomplex.whole(complex_), Subcomplex.domain_boundary(complex_)
    assert betti_numbers(whole) == (1, *[0] * n)
    assert betti_numbers(boundary) == ((2,) if n == 1 else (1, *[0] * (n - 2), 1))
    assert betti_numbers(whole, relative_to=boundary) == (*[0] * n, 1)


# Walls: an arrangement's union is a bouquet of spheres, one for each bounded region (Zaslavsky; Bjorner and Ziegler).


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_coordinate_hyperplanes(n):
    complex_ = arrangement_complex(problems.boolean(n))
    walls = all_walls(complex_)
    assert betti_numbers(walls) == (1, *[0] * (n - 1))
    assert betti_numbers(walls, walls.on_domain_boundary()) == (*[0] * (n - 1), 2**n - 1)


@pytest.mark.parametrize(("m", "n"), [(6, 1), (5, 2), (8, 2), (4, 3), (6, 3), (5, 4)])
def test_generic_hyperplanes(m, n):
    betti = [0] * n
    betti[0] += 1
    betti[-1] += math.comb(m - 1, n) if n > 1 else m - 1
    complex_ = arrangement_complex(problems.generic(m, n))
    assert betti_numbers(all_walls(complex_)) == tuple(betti)


@pytest.mark.parametrize(
    ("problem", "bounded"),
    [
        (problems.braid(3), 0),
        (problems.braid(4), 0),
        (problems.shi(3), 2**2),
        (problems.shi(4), 3**3),
        (problems.catalan(3), 6 * 2),
        (problems.catalan(4), 24 * 5),
    ],
    ids=str,
)
def test_deformed_braids(problem, bounded):
    """All hyperplanes contain the direction (1, ..., 1), so the spheres have dimension n - 2."""
    complex_ = arrangement_complex(problem)
    n = complex_.dim
    assert betti_numbers(all_walls(complex_)) == (1, *[0] * (n - 3), bounded, 0)


@pytest.mark.parametrize("name", ["2", "2-coarse", "3", "3-coarse"])
def test_bent_hyperplanes_separate(name):
    """Modulo the boundary of K, the top Betti number is the number of pieces of the complement minus one."""
    complex_ = cube_complex(NETWORKS[name])
    signs = complex_.signs(complex_.dim)
    for unit in np.flatnonzero((signs != 0).all(axis=0)).tolist():
        bent = Subcomplex.bent_hyperplane(complex_, unit)
        graph = pr.region_graph(complex_)
        graph.remove_edges_from([(i, j) for i, j in graph.edges if signs[i, unit] != signs[j, unit]])
        betti = padded(betti_numbers(bent, bent.on_domain_boundary()), complex_.dim)
        assert betti[-1] == nx.number_connected_components(graph) - 1


# Duality.


@each_network
def test_visible_boundary_separates_linear_regions(name):
    """Modulo the boundary of K, the top Betti number of B_N is the number of linear regions minus one."""
    complex_ = cube_complex(NETWORKS[name])
    boundary = Subcomplex.closure_of(complex_, complex_.dim - 1, pr.visible_walls(complex_))
    betti = padded(betti_numbers(boundary, boundary.on_domain_boundary()), complex_.dim)
    assert betti[-1] == len(pr.linear_regions(complex_.regions)) - 1


def pieces_of_complement(subcomplex):
    """The connected components of everything outside, with the outside of K as one more region."""
    complex_ = subcomplex.complex
    n = complex_.dim
    graph = nx.Graph()
    graph.add_nodes_from(np.flatnonzero(~subcomplex.faces[n]).tolist())
    graph.add_node("outside")
    around = complex_.coboundary(n - 1)
    for facet in np.flatnonzero(~subcomplex.faces[n - 1]).tolist():
        cells = around.indices[around.indptr[facet] : around.indptr[facet + 1]].tolist()
        graph.add_edge(*(cells if len(cells) == 2 else (*cells, "outside")))
    return nx.number_connected_components(graph)


def some_faces(complex_, k, share, seed):
    chosen = np.random.default_rng(seed).random(complex_.f_vector()[k]) < share
    return Subcomplex.closure_of(complex_, k, chosen)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("name", ["2", "2-coarse", "3", "3-coarse", "4"])
def test_number_of_cavities(name, share):
    """Alexander duality: the complement has one piece more than there are cavities."""
    complex_ = cube_complex(NETWORKS[name])
    for k in (complex_.dim - 1, complex_.dim):
        part = some_faces(complex_, k, share, 5)
        betti = betti_numbers(part)
        assert betti[complex_.dim - 1] == pieces_of_complement(part) - 1
        assert betti[0] == len(part.pieces())
        assert alternating(betti) == part.euler_characteristic


def test_many_faces():
    """20,000 faces, where elimination needs arithmetic."""
    complex_ = cube_complex(random_network([3, 16, 16, 1], 6))
    for share in (0.4, 0.6, 0.8):
        part = some_faces(complex_, 2, share, 8) | some_faces(complex_, 3, share / 4, 9)
        betti = betti_numbers(part)
        assert betti[2] == pieces_of_complement(part) - 1
        assert betti[0] == len(part.pieces())
        assert alternating(betti) == part.euler_characteristic


# Against plain elimination.


@st.composite
def subcomplexes(draw, complex_):
    """Unions of closures of some faces of each dimension."""
    result = Subcomplex.closure_of(complex_, 0, [])
    for k in draw(st.sets(st.integers(0, complex_.dim), min_size=1)):
        share = draw(st.sampled_from((0.1, 0.3, 0.5, 0.7, 0.9)))
        result |= some_faces(complex_, k, share, draw(st.integers(0, 2**32 - 1)))
    return result


complexes = kinked_networks(max_inputs=3, max_hidden=2, max_width=3).map(
    lambda network: pr.build_complex(network, pr.Polytope.box(-3, 3, dim=network.input_dim))
)


@examples(80)
@given(complexes, st.data())
def test_random_subcomplexes(complex_, data):
    part = data.draw(subcomplexes(complex_))
    betti = betti_numbers(part)
    assert betti == by_elimination.betti_numbers(part)
    assert alternating(betti) == part.euler_characteristic
    assert (betti[0] if betti else 0) == len(part.pieces())


@examples(80)
@given(complexes, st.data())
def test_random_pairs(complex_, data):
    part, other = data.draw(subcomplexes(complex_)), data.draw(subcomplexes(complex_))
    for shrunk in (part & other, part.on_domain_boundary()):
        betti = betti_numbers(part, shrunk)
        assert betti == by_elimination.betti_numbers(part, shrunk)
        assert alternating(betti) == part.euler_characteristic - shrunk.euler_characteristic


@examples(40)
@given(complexes, st.data())
def test_union_and_intersection(complex_, data):
    """What Mayer and Vietoris leave possible, and excision."""
    one, other = data.draw(subcomplexes(complex_)), data.draw(subcomplexes(complex_))
    size = complex_.dim + 2
    both, common = padded(betti_numbers(one | other), size), padded(betti_numbers(one & other), size)
    apart = padded(betti_numbers(one), size) + padded(betti_numbers(other), size)
    assert alternating(both) + alternating(common) == alternating(apart)
    assert (both <= apart + np.concatenate([[0], common[:-1]])).all()
    assert (apart <= both + common).all()
    joined = padded(betti_numbers(one | other, relative_to=other), size)
    assert (joined == padded(betti_numbers(one, relative_to=one & other), size)).all()


# Edges of the definition.


def test_nothing():
    complex_ = cube_complex(NETWORKS["2"])
    nothing, whole = Subcomplex.closure_of(complex_, 0, []), Subcomplex.whole(complex_)
    assert betti_numbers(nothing) == ()
    assert betti_numbers(nothing, relative_to=nothing) == ()
    assert betti_numbers(whole, relative_to=nothing) == (1, 0, 0)
    assert betti_numbers(whole, relative_to=whole) == (0, 0, 0)


def test_points():
    complex_ = cube_complex(NETWORKS["2"])
    points = Subcomplex.closure_of(complex_, 0, [0, 3, 5])
    assert betti_numbers(points) == (3,)
    assert betti_numbers(points, relative_to=Subcomplex.closure_of(complex_, 0, [3])) == (2,)


def test_relative_to_something_else():
    complex_ = cube_complex(NETWORKS["2"])
    boundary = Subcomplex.domain_boundary(complex_)
    with pytest.raises(ValueError, match="relative to a part"):
        betti_numbers(boundary, relative_to=Subcomplex.whole(complex_))
    with pytest.raises(ValueError, match="different complexes"):
        betti_numbers(boundary, relative_to=Subcomplex.domain_boundary(cube_complex(NETWORKS["2"])))
