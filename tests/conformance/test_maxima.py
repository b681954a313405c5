"""Maxima against upper hulls, the same functions made of ReLUs, known functions, and the plain enumerator."""

from __future__ import annotations

import itertools
import math
import pickle
from fractions import Fraction
from typing import Any

import networkx as nx
import numpy as np
import pytest
from effort import examples, some
from hypothesis import given
from hypothesis import strategies as st
from invariants import check_complex
from maximum_networks import maximum_problems, sorted_numbers
from numpy.typing import NDArray
from problems import ENGINES, Engine
from reference import (
    is_inside,
    reference_graph,
    reference_linear_regions,
    reference_patterns,
    reference_regions,
)
from scipy.spatial import ConvexHull
from strategies import integer_networks, integer_rows

import polyregions as pr

PROBLEMS = maximum_problems()
each_engine = pytest.mark.parametrize("engine", ENGINES)
Corners = frozenset[tuple[Fraction, ...]]


def largest(rows: NDArray[Any]) -> pr.Network:
    """The largest of the functions a . x + c."""
    return pr.Network((pr.Layer(rows[:, :-1], rows[:, -1], pr.Maximum([range(len(rows))])),))


def corners_of(regions: pr.Regions) -> list[Corners]:
    """The exact vertices of every region."""
    return [frozenset(map(tuple, regions.polytope(index).exact_vertices)) for index in range(len(regions))]


def inner_counts(complex_: pr.CellComplex) -> list[int]:
    return [int(complex_.interior(k).sum()) for k in range(complex_.dim + 1)]


# Upper hulls: the candidates that are largest somewhere are the vertices of the upper hull of the points (a, c).


def upper_hull(rows: NDArray[Any]) -> tuple[list[set[tuple[int, ...]]], float]:
    """The simplices of each dimension of the upper hull of points in general position; how far its ties lie apart."""
    dim = rows.shape[1] - 1
    if len(rows) <= dim + 1:
        everything = tuple(range(len(rows)))
        return [set(itertools.combinations(everything, k + 1)) for k in range(dim + 1)], 0.0
    hull = ConvexHull(rows)
    upper = hull.equations[:, dim] > 0
    facets = [sorted(facet) for facet in hull.simplices[upper].tolist()]
    ties = hull.equations[upper, :dim] / hull.equations[upper, dim : dim + 1]
    simplices = [set(itertools.chain(*(itertools.combinations(f, k + 1) for f in facets))) for k in range(dim + 1)]
    return simplices, float(np.abs(ties).max())


def points_in_general_position(random: np.random.Generator, rank: int, dim: int, round_: bool) -> NDArray[np.float64]:
    """Even numbers; if `round_`, near a paraboloid, so that all of them are vertices of the upper hull."""
    rows = 2.0 * random.integers(-500, 501, (rank, dim + 1))
    if round_:
        rows[:, -1] = -((rows[:, :-1] ** 2).sum(axis=1))
    return rows


@pytest.mark.parametrize("round_", [False, True], ids=["anywhere", "paraboloid"])
@pytest.mark.parametrize(
    ("dim", "rank"), [(1, 2), (1, 3), (1, 9), (2, 2), (2, 3), (2, 6), (2, 12), (3, 2), (3, 3), (3, 5), (3, 8), (3, 12)]
)
@pytest.mark.parametrize("seed", [0, 1])
def test_faces_of_upper_envelopes(dim: int, rank: int, seed: int, round_: bool) -> None:
    rows = points_in_general_position(np.random.default_rng([seed, dim, rank]), rank, dim, round_)
    simplices, reach = upper_hull(rows)
    if len(rows) <= dim + 1:
        reach = 1e6  # whatever ties there are, they are a subspace through all of space
        rows[:, -1] = 0.0
    domain = pr.Polytope.box(-2 * reach - 1, 2 * reach + 1, dim=dim)
    complex_ = pr.build_complex(largest(rows), domain)
    assert inner_counts(complex_) == [len(part) for part in reversed(simplices)]
    assert complex_.regions.patterns[:, 0].tolist() == sorted(vertex for (vertex,) in simplices[0])
    assert {tuple(pair) for pair in complex_.regions.patterns[complex_.wall_regions, 0].tolist()} == simplices[1]
    branched = pr.enumerate_regions(largest(rows), domain, engine="branching")
    assert (branched.patterns == complex_.regions.patterns).all()


@pytest.mark.parametrize(("dim", "rank"), [(1, 5), (2, 5), (2, 9), (3, 7)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_candidates_below_the_hull_on_its_edges_and_twice(dim: int, rank: int, seed: int) -> None:
    """They have no region, or, of equal ones, the first has it."""
    random = np.random.default_rng([seed, dim, rank])
    base = points_in_general_position(random, rank, dim, bool(seed % 2))
    simplices, reach = upper_hull(base)
    pairs = [random.permutation(rank)[:2] for _ in range(6)]
    between = np.array([base[pair].mean(axis=0) for pair in pairs])
    below = between[:3] - np.eye(dim + 1)[-1]
    everyone = np.concatenate([base, base[random.integers(0, rank, 4)], between, below])
    order = random.permutation(len(everyone))
    rows = everyone[order]
    wanted = {next(i for i, row in enumerate(rows) if (row == base[vertex]).all()) for (vertex,) in simplices[0]}
    domain = pr.Polytope.box(-2 * reach - 1, 2 * reach + 1, dim=dim)
    for engine in ENGINES:
        regions = pr.enumerate_regions(largest(rows), domain, engine=engine)
        assert regions.patterns[:, 0].tolist() == sorted(wanted)
    complex_ = pr.build_complex(largest(rows), domain)
    assert inner_counts(complex_) == [len(part) for part in reversed(simplices)]
    check_complex(complex_, most=8)


@each_engine
@pytest.mark.parametrize("count", [256, 257, 600])
def test_many_candidates(count: int, engine: Engine) -> None:
    """Tangents of x^2, of which twelve are not far below the others: places that need one byte, or two."""
    random = np.random.default_rng(count)
    places = random.permutation(count).astype(float)
    alive = sorted({0, count - 1, *random.permutation(count)[:10].tolist()}, key=lambda i: places[i])
    below = np.where(np.isin(np.arange(count), alive), 0.0, 1e7)
    network = largest(np.column_stack([2 * places, -(places**2) - below]))
    regions = pr.enumerate_regions(network, pr.Polytope.box(-1, count, dim=1), engine=engine)
    assert regions.patterns.dtype == (np.uint8 if count == 256 else np.uint16)
    assert regions.patterns.tolist() == [[candidate] for candidate in sorted(alive)]
    numbers = [sorted(alive).index(candidate) for candidate in alive]
    assert regions.locate(places[alive][:, None]).tolist() == numbers
    middles = (places[alive][1:] + places[alive][:-1]) / 2
    assert regions.locate(middles[:, None]).tolist() == [-1] * len(middles)
    same = pickle.loads(pickle.dumps(regions))
    assert same.patterns.dtype == regions.patterns.dtype
    assert same.locate(places[alive][:, None]).tolist() == numbers
    edges = {tuple(sorted(edge)) for edge in pr.region_graph(regions, engine=engine).edges}
    assert edges == {tuple(sorted(pair)) for pair in itertools.pairwise(numbers)}


# The same function made of ReLUs: max(a, b) = b + [a - b]_+.


@st.composite
def pair_networks(draw: st.DrawFn) -> tuple[pr.Network, pr.Network]:
    """Layers of maxima of two rows; and the same function with a ReLU of their difference and the second row."""
    widths = [draw(st.integers(1, 3))]
    ours: list[pr.Layer] = []
    theirs: list[pr.Layer] = []
    for units in draw(st.lists(st.integers(1, 3), min_size=1, max_size=2)):
        table = draw(integer_rows(2 * units, widths[-1]))
        groups = [draw(st.permutations((k, k + units))) for k in range(units)]
        first, second = table[[a for a, _ in groups]], table[[b for _, b in groups]]
        ours.append(pr.Layer(table[:, :-1], table[:, -1], pr.Maximum(groups)))
        rows = np.concatenate([first - second, second])
        twice = np.concatenate([rows[:, :-1]] * (2 if theirs else 1), axis=1)
        kinds = [pr.Activation.relu()] * units + [pr.Activation.identity()] * units
        theirs.append(pr.Layer(twice, rows[:, -1], kinds))
        widths.append(units)
    last = draw(integer_rows(1, widths[-1]))
    ours.append(pr.Layer(last[:, :-1], last[:, -1], pr.Activation.identity()))
    theirs.append(pr.Layer(np.tile(last[:, :-1], 2), last[:, -1], pr.Activation.identity()))
    return pr.Network(tuple(ours)), pr.Network(tuple(theirs))


@examples(60)
@given(pair_networks())
def test_maxima_of_two_are_relus_of_the_difference(networks: tuple[pr.Network, pr.Network]) -> None:
    domain = pr.Polytope.box(-2, 3, dim=networks[0].input_dim)
    found = []
    for network in networks:
        regions = pr.enumerate_regions(network, domain)
        corners = corners_of(regions)
        assert len(set(corners)) == len(corners)
        maps = {own: regions.affine_map(index) for index, own in enumerate(corners)}
        graph = pr.region_graph(regions)
        edges = {frozenset((corners[i], corners[j])) for i, j in graph.edges}
        linear = {frozenset(corners[i] for i in group.tolist()) for group in pr.linear_regions(regions)}
        found.append((maps, edges, linear))
    assert found[0] == found[1]


@pytest.mark.parametrize("seed", range(4))
def test_larger_maxima_of_two(seed: int) -> None:
    """With weights of 24 bits, so that differences are floats."""
    random = np.random.default_rng(seed)

    def table(rows: int, columns: int) -> NDArray[np.float64]:
        return np.asarray(np.round(random.normal(0, 1, (rows, columns)) * 2.0**20) / 2.0**20)

    a, b, last = table(10, 2), table(10, 5), table(1, 5)
    c, d = table(1, 10)[0], table(1, 10)[0]
    groups = [(k, k + 5) for k in range(5)]
    ours = pr.Network.from_arrays([a, b, last], [c, d, [0.0]], [pr.Maximum(groups), pr.Maximum(groups), "identity"])
    kinds = [pr.Activation.relu()] * 5 + [pr.Activation.identity()] * 5
    weights = [np.concatenate([w[:5] - w[5:], w[5:]]) for w in (a, b)]
    biases = [np.concatenate([w[:5] - w[5:], w[5:]]) for w in (c, d)]
    theirs = pr.Network.from_arrays(
        [weights[0], np.tile(weights[1], 2), np.tile(last, 2)], [*biases, [0.0]], [kinds, kinds, "identity"]
    )
    domain = pr.Polytope.box(-1, 1, dim=2)
    one, other = (pr.build_complex(network, domain) for network in (ours, theirs))
    assert one.f_vector() == other.f_vector()
    assert {tuple(one.exact_vertex(v)) for v in range(len(one.vertices))} == {
        tuple(other.exact_vertex(v)) for v in range(len(other.vertices))
    }
    relu_patterns = np.concatenate([other.regions.patterns[:, :5], other.regions.patterns[:, 10:15]], axis=1)
    assert sorted(map(tuple, (1 - relu_patterns).tolist())) == list(map(tuple, one.regions.patterns.tolist()))
    assert nx.is_isomorphic(pr.region_graph(one), pr.region_graph(other))
    assert len(pr.linear_regions(one)) == len(pr.linear_regions(other))
    check_complex(one, most=8)


# Known functions.


def test_a_window_of_zeros_has_one_piece() -> None:
    """Where all inputs of a window are off, all candidates are the same function and the first one counts."""
    network = next(p for p in PROBLEMS if p.name == "pooled-relus").network
    domain = pr.Polytope.box(-1, 1, dim=2)
    for engine in ENGINES:
        regions = pr.enumerate_regions(network, domain, engine=engine)
        assert regions.patterns.tolist() == [[0, 0, 0], [0, 1, 1], [1, 0, 0], [1, 1, 0], [1, 1, 1]]
        assert regions.locate([[-0.5, -0.25], [-0.5, 0.25], [0.5, 0.5], [0.25, 0.5]]).tolist() == [0, 1, -1, 4]
        assert sorted(len(group) for group in pr.linear_regions(regions)) == [1, 2, 2]
    complex_ = pr.build_complex(network, domain)
    assert complex_.signs(2)[:, 2:].tolist() == [[0, 0], [-1, 0], [0, -1], [0, -1], [-1, 0]]
    (junction,) = np.flatnonzero(pr.t_junctions(complex_)).tolist()  # the ReLU of x shows below y = 0 only
    assert complex_.exact_vertex(junction) == [0, 0]


@pytest.mark.parametrize("seed", range(3))
def test_pooled_relus(seed: int) -> None:
    """Windows of four with steps of two over eight ReLUs; where a whole window is off its piece is the first."""
    random = np.random.default_rng(seed)
    table = random.integers(-3, 4, (8, 3)) - np.array([0, 0, 1])
    windows = pr.Maximum([[(k + i) % 8 for i in range(4)] for k in range(0, 8, 2)])
    network = pr.Network.from_arrays(
        [table[:, :-1], np.eye(8), [[1, 3, 9, 27]]], [table[:, -1], np.zeros(8), [0]], ["relu", windows, "identity"]
    )
    domain = pr.Polytope.box(-2, 2, dim=2)
    complex_ = pr.build_complex(network, domain)
    patterns = [tuple(row) for row in complex_.regions.patterns.tolist()]
    assert patterns == sorted(reference_patterns(network, domain))
    assert patterns == [
        tuple(row) for row in pr.enumerate_regions(network, domain, engine="branching").patterns.tolist()
    ]
    for pattern in patterns:
        for unit, window in enumerate(windows.groups):
            on = [place for place, row in enumerate(window) if pattern[row]]
            assert pattern[8 + unit] in (on or [0])
    check_complex(complex_, most=12)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_sorted_numbers(count: int) -> None:
    """A region for each order; neighbours differ by two numbers that stand beside each other."""
    problem = sorted_numbers(count)
    for point in np.random.default_rng(count).permutation(np.arange(4.0 * count)).reshape(4, count).tolist():
        values = [abs(x) for x in pr.evaluate_exactly(problem.network, point)]
        assert values == sorted(point, reverse=True)
    regions = pr.enumerate_regions(problem.network, problem.domain)
    graph = pr.region_graph(regions)
    assert len(regions) == len(pr.linear_regions(regions)) == math.factorial(count)
    assert {degree for _, degree in graph.degree} == {count - 1}
    orders = [tuple(np.argsort([-x for x in regions.witness(i)]).tolist()) for i in range(len(regions))]
    swaps = [sum(a != b for a, b in zip(orders[i], orders[j], strict=True)) for i, j in graph.edges]
    assert set(swaps) == {2}


def test_linear_regions_are_fewer_where_maxima_do_not_show() -> None:
    """|x| as a maximum, times zero for the first output and one for the second; then max - max = 0."""
    first = pr.Layer([[1.0], [-1.0]], [0.0, 0.0], pr.Maximum([(0, 1), (1, 0)]))
    domain = pr.Polytope.box(-1, 1, dim=1)
    for row, count in (([[0.0, 0.0]], 1), ([[1.0, 0.0]], 2), ([[1.0, -1.0]], 1)):
        network = pr.Network((first, pr.Layer(row, [0.0], pr.Activation.identity())))
        for regions in (pr.enumerate_regions(network, domain, engine="branching"), pr.build_complex(network, domain)):
            assert len(pr.linear_regions(regions)) == count


@pytest.mark.parametrize("grid", [1, 4])
@pytest.mark.parametrize("rank", [2, 3])
@pytest.mark.parametrize("seed", some(range(4)))
def test_maxout_networks(seed: int, rank: int, grid: int) -> None:
    """Two layers of four maxima over two inputs: regions, points inside, neighbours, linear regions and maps."""
    random = np.random.default_rng([seed, rank, grid])
    groups = pr.Maximum(np.arange(4 * rank).reshape(rank, 4).T)
    weights = [np.round(random.normal(0, 1, shape) * grid) / grid for shape in ((4 * rank, 3), (4 * rank, 5), (1, 5))]
    network = pr.Network.from_arrays(
        [w[:, :-1] for w in weights], [w[:, -1] for w in weights], [groups, groups, "identity"]
    )
    domain = pr.Polytope.box(-2, 2, dim=2)
    expected = reference_regions(network, domain)
    for engine in ENGINES:
        regions = pr.enumerate_regions(network, domain, engine=engine)
        assert [tuple(row) for row in regions.patterns.tolist()] == [region.pattern for region in expected]
        for index, region in enumerate(expected):
            assert is_inside(network, domain, region.pattern, regions.witness(index))
        graph = pr.region_graph(regions, engine=engine)
        assert {tuple(sorted(edge)) for edge in graph.edges} == reference_graph(expected)
        groups_found = {frozenset(group.tolist()) for group in pr.linear_regions(regions, graph)}
        assert groups_found == reference_linear_regions(expected)
        assert pr.distinct_affine_maps(regions) == len({region.outputs for region in expected})


# Decision complexes are complexes with a maximum of the outputs.


@examples(40)
@given(integer_networks(max_inputs=3, max_hidden=1, max_width=3, outputs=4, skips=True))
def test_decisions_are_maxima_of_the_outputs(network: pr.Network) -> None:
    domain = pr.Polytope.box(-1, 2, dim=network.input_dim)
    maximum = pr.Layer(np.eye(4), np.zeros(4), pr.Maximum([range(4)]))
    complex_ = pr.build_complex(pr.Network((*network.layers, maximum), network.input_dim), domain)
    decisions = pr.decision_complex(network, domain)
    patterns = complex_.regions.patterns
    assert (patterns[:, :-1] == decisions.patterns).all()
    assert (patterns[:, -1] == decisions.classes).all()
    assert decisions.f_vector() == complex_.f_vector()
    for one, other in zip(decisions.members, complex_.members, strict=True):
        assert (one != other).nnz == 0
    for vertex in range(len(complex_.vertices)):
        assert decisions.exact_vertex(vertex) == complex_.exact_vertex(vertex)
    assert (decisions.pairs == np.sort(patterns[complex_.wall_regions, -1], axis=1)).all()
