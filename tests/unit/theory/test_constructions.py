"""Networks with known counts: the engines, the complex and the flats of arrangements find the same."""

from __future__ import annotations

import copy
import itertools
import math
import pickle
from collections.abc import Callable

import arrangements
import networkx as nx
import numpy as np
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from problems import ENGINES, Engine

import polyregions as pr
from polyregions.errors import DimensionMismatch, InvalidNetwork
from polyregions.theory.constructions import (
    Construction,
    boolean,
    braid,
    catalan,
    folding,
    folding_cube,
    generic,
    graphical,
    l1_norm,
    linf_norm,
    linial,
    max_affine,
    resonance,
    sawtooth,
    semiorder,
    shi,
    threshold,
    type_b,
    type_d,
    zigzag,
)

WITH_ISOLATED = nx.Graph([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")])
WITH_ISOLATED.add_node("e")
GRAPHS = [
    nx.path_graph(4),
    nx.cycle_graph(5),
    nx.complete_graph(4),
    nx.star_graph(3),
    nx.wheel_graph(4),
    nx.complete_bipartite_graph(2, 3),
    nx.disjoint_union(nx.path_graph(2), nx.cycle_graph(3)),
    WITH_ISOLATED,
]

HYPERPLANES = [
    *[generic(*shape) for shape in [(1, 1), (6, 1), (1, 2), (5, 2), (2, 3), (6, 3), (5, 4)]],
    *[boolean(n) for n in (1, 2, 4)],
    *[type_b(n) for n in (1, 2, 3)],
    *[family(n) for family in (braid, type_d, shi, catalan, semiorder, linial) for n in (2, 3)],
    braid(4),
    linial(4),
    *[resonance(n) for n in (1, 2, 3)],
    *[threshold(n) for n in (1, 2, 3)],
    *[graphical(graph) for graph in GRAPHS],
]

DEEP = [
    *[sawtooth(depth, wide) for depth in (1, 2, 5) for wide in (False, True)],
    *[folding(*shape) for shape in [(2, 2, 2), (3, 2, 3), (3, 3, 3), (4, 3, 2), (1, 3, 2), (2, 1, 3), (2, 5, 1)]],
    *[folding_cube(*shape) for shape in [(2, 2, 2, 3), (2, 3, 2, 3), (2, 2, 3, 3), (2, 4, 2, 1), (1, 3, 3, 3)]],
    *[folding_cube(*shape) for shape in [(3, 2, 2, 3), (3, 3, 2, 1), (2, 2, 1, 4), (3, 2, 2, 2)]],
    *[zigzag(widths) for widths in [[3], [4], [3, 3], [3, 5]]],
    *[l1_norm(n) for n in (1, 2, 3)],
    *[linf_norm(n) for n in (1, 2, 3)],
    *[
        max_affine(
            np.random.default_rng(seed).integers(-3, 4, (count, dim)) / 2,
            np.random.default_rng(seed + 100).integers(-2, 3, count) / 4,
            units=units,
        )
        for seed, (count, dim) in enumerate([(2, 1), (5, 1), (5, 2), (9, 2), (7, 3)])
        for units in ("maximum", "relu")
    ],
]

each_construction = pytest.mark.parametrize("construction", HYPERPLANES + DEEP, ids=str)


def counts(construction: Construction) -> tuple[int | None, ...]:
    return construction.activation_regions, construction.linear_regions, construction.distinct_maps


@pytest.mark.parametrize(
    ("construction", "engine"),
    [
        pytest.param(construction, engine, id=f"{construction}-{engine}")
        for construction in HYPERPLANES + DEEP
        for engine in ENGINES
        if engine == "subdivision" or (construction.activation_regions or 0) <= 12
    ],
)
def test_counts(construction: Construction, engine: Engine) -> None:
    regions = pr.enumerate_regions(*construction, engine=engine)
    groups = pr.linear_regions(regions)
    found = len(regions), len(groups), pr.distinct_affine_maps(regions)
    assert found == tuple(b if a is None else a for a, b in zip(counts(construction), found, strict=True))
    assert construction.linear_regions is not None


@pytest.mark.parametrize("construction", [c for c in HYPERPLANES + DEEP if c.face_counts], ids=str)
def test_faces(construction: Construction) -> None:
    complex_ = pr.build_complex(*construction)
    faces = [int(complex_.interior(k).sum()) for k in range(complex_.dim)]
    assert construction.face_counts == (*faces, len(complex_.regions))
    assert construction.face_counts is not None
    assert construction.face_counts[-1] == construction.activation_regions


@pytest.mark.parametrize(
    "construction",
    [
        *HYPERPLANES,
        *[family(4) for family in (type_b, type_d, shi, catalan, semiorder, resonance)],
        *[braid(5), linial(5), boolean(6), generic(8, 3)],
    ],
    ids=str,
)
def test_faces_of_arrangements_by_their_flats(construction: Construction) -> None:
    """Zaslavsky's theorem, from the lattice of flats."""
    found = arrangements.face_counts(arrangements.rows_of(construction))  # type: ignore[arg-type]
    assert found == construction.face_counts
    assert found[-1] == construction.activation_regions == construction.linear_regions


@pytest.mark.parametrize("construction", [generic(7, 2), type_d(5), shi(6), catalan(6), braid(7), type_b(6)], ids=str)
def test_euler(construction: Construction) -> None:
    """The faces of all dimensions are a cell decomposition of the space."""
    assert construction.face_counts is not None
    assert (
        sum((-1) ** k * face for k, face in enumerate(construction.face_counts))
        == (-1) ** construction.network.input_dim
    )


def test_values_of_the_table() -> None:
    assert [braid(n).activation_regions for n in range(2, 7)] == [2, 6, 24, 120, 720]
    assert [type_b(n).activation_regions for n in range(2, 6)] == [8, 48, 384, 3840]
    assert [type_d(n).activation_regions for n in range(2, 6)] == [4, 24, 192, 1920]
    assert [shi(n).activation_regions for n in range(2, 6)] == [3, 16, 125, 1296]
    assert [catalan(n).activation_regions for n in range(2, 6)] == [4, 30, 336, 5040]
    assert [semiorder(n).activation_regions for n in range(2, 6)] == [3, 19, 183, 2371]
    assert [linial(n).activation_regions for n in range(2, 7)] == [2, 7, 36, 246, 2104]
    assert [resonance(n).activation_regions for n in range(1, 8)] == [2, 6, 32, 370, 11292, 1066044, None]
    assert [threshold(n).activation_regions for n in range(1, 7)] == [4, 14, 104, 1882, 94572, None]
    assert shi(4).face_counts == (0, 24, 144, 244, 125)
    assert [folding(*shape).linear_regions for shape in [(2, 2, 2), (3, 2, 3), (3, 3, 3), (4, 3, 2)]] == [6, 11, 32, 41]
    assert [folding_cube(2, *shape, 3).activation_regions for shape in [(2, 2), (3, 2), (2, 3)]] == [28, 63, 112]
    assert [sawtooth(depth, wide=True).linear_regions for depth in (1, 2, 3)] == [3, 6, 10]


# Graphs.


def acyclic_orientations(graph: nx.Graph) -> int:
    edges = list(graph.edges)
    turned = itertools.product((False, True), repeat=len(edges))
    digraphs = (nx.DiGraph([e[::-1] if t else e for e, t in zip(edges, turns, strict=True)]) for turns in turned)
    return sum(nx.is_directed_acyclic_graph(digraph) for digraph in digraphs)


@pytest.mark.parametrize("seed", range(12))
def test_random_graphs(seed: int) -> None:
    graph = nx.gnm_random_graph(5 + seed % 2, 4 + seed % 5, seed=seed)
    network = graphical(graph)
    assert network.activation_regions == acyclic_orientations(graph)
    assert network.face_counts == arrangements.face_counts(arrangements.rows_of(network))  # type: ignore[arg-type]


def test_long_cycles_and_trees_are_known() -> None:
    assert graphical(nx.cycle_graph(40)).activation_regions == 2**40 - 2
    assert graphical(nx.path_graph(40)).activation_regions == 2**39
    assert graphical(nx.cycle_graph(9)).face_counts == arrangements.face_counts(
        arrangements.rows_of(graphical(nx.cycle_graph(9)))  # type: ignore[arg-type]
    )


def test_complete_graphs_are_braids() -> None:
    for n in range(2, 8):
        assert graphical(nx.complete_graph(n)).face_counts == braid(n).face_counts


def test_large_blocks_are_not_counted() -> None:
    grid = graphical(nx.grid_2d_graph(4, 4))
    assert (*counts(grid), grid.face_counts) == (None, None, None, None)
    assert grid.network.n_units == 24


# Functions.


def points(construction: Construction, seed: int = 0) -> np.ndarray:
    """Multiples of 1/8 in the domain."""
    low, high = construction.domain.lower, construction.domain.upper
    return np.random.default_rng(seed).integers(8 * low, 8 * high + 1, (200, len(low))) / 8


@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5])
def test_norms_are_norms(dim: int) -> None:
    one, largest = l1_norm(dim), linf_norm(dim)
    x = points(one)
    assert np.array_equal(one.network(x)[:, 0], np.abs(x).sum(axis=1))
    assert np.array_equal(largest.network(x)[:, 0], np.abs(x).max(axis=1))
    assert largest.activation_regions == 2 ** (2 * dim - 1)


def test_the_sawtooth_has_teeth() -> None:
    x = np.arange(0, 33) / 32
    teeth = np.tile([0.0, 1.0], 16)
    assert np.array_equal(sawtooth(5).network(x[:, None])[:, 0], [*teeth, 0.0])
    assert np.array_equal(sawtooth(5, wide=True).network([[-1.0], [1.5], [2.0]])[:, 0], [0.0, 0.0, 0.0])


def test_folds_are_onto() -> None:
    """A unit of the last layer sees each height of the unit interval once for each piece."""
    fold, x = folding(3, 3, 1), np.arange(0, 19) / 18
    heights = fold.network(x[:, None])[:, 0]
    assert np.allclose(heights, np.tile([0.0, 0.0, 0.5, 0.0], 5)[:19], atol=1e-12)


affine_functions = st.integers(1, 3).flatmap(
    lambda dim: st.lists(st.lists(st.integers(-2, 2), min_size=dim + 1, max_size=dim + 1), min_size=2, max_size=7)
)


@given(affine_functions)
@examples(20)
def test_maxima_of_affine_functions(rows: list[list[int]]) -> None:
    """Equal functions, and such that are largest on a wall only, are normal here."""
    table = np.array(rows, dtype=float)
    unit = max_affine(table[:, :-1], table[:, -1] / 2)
    tree = max_affine(table[:, :-1], table[:, -1] / 2, units="relu")
    x = points(unit)
    wanted = (x @ table[:, :-1].T + table[:, -1] / 2).max(axis=1)
    assert np.array_equal(unit.network(x)[:, 0], wanted)
    assert np.array_equal(tree.network(x)[:, 0], wanted)
    found = pr.enumerate_regions(*unit)
    assert len(found) == len(pr.linear_regions(found)) == unit.activation_regions == unit.linear_regions
    assert len(pr.linear_regions(pr.enumerate_regions(*tree))) == tree.linear_regions == unit.linear_regions


def test_maxima_in_another_domain() -> None:
    """Tangents of a parabola: each is largest around its point, and only those in the domain count."""
    points_ = np.arange(-4, 5)
    tangents = max_affine(2.0 * points_[:, None], -1.0 * points_**2)
    assert tangents.linear_regions == 3
    assert max_affine(2.0 * points_[:, None], -1.0 * points_**2, pr.Polytope.box(-5, 5, dim=1)).linear_regions == 9
    assert max_affine(2.0 * points_[:, None], -1.0 * points_**2, pr.Polytope.box(0.5, 1.5, dim=1)).linear_regions == 1


def test_maxima_are_decided_exactly() -> None:
    """The third function touches the others' maximum, or is above it in a set as wide as a float's last digit."""
    slopes = [[1.0], [-1.0], [0.0]]
    assert max_affine(slopes, [0.0, 0.0, 0.0]).linear_regions == 2
    assert max_affine(slopes, [0.0, 0.0, 5e-324]).linear_regions == 3


# The type.


def test_constructions_unpack_and_copy() -> None:
    saw = sawtooth(2)
    network, domain = saw
    assert (network, domain) == (saw.network, saw.domain)
    assert str(saw) == saw.name == "sawtooth(2)"
    for other in (copy.deepcopy(saw), pickle.loads(pickle.dumps(saw))):
        assert other.network.digest == saw.network.digest
        assert counts(other) == counts(saw)


@each_construction
def test_all_numbers_are_exact_and_sources_are_named(construction: Construction) -> None:
    """Weights are multiples of a power of 2 that is not small, so nothing was rounded to make them."""
    for layer in construction.network.layers:
        for number in np.concatenate([np.ravel(layer.weights), layer.bias]).tolist():
            assert number.as_integer_ratio()[1] <= 2**40
    assert construction.source
    assert construction.name


def test_many_hyperplanes_have_plain_output_weights() -> None:
    """Powers of 3 would not be exact."""
    large = braid(10)
    assert large.network.layers[1].weights.tolist() == [list(range(1, 46))]
    assert large.linear_regions == math.factorial(10)
    assert large.distinct_maps is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sawtooth(0), "the depth must be a whole number >= 1, got 0"),
        (lambda: sawtooth(1.5), "got 1.5"),  # type: ignore[arg-type]
        (lambda: folding(0, 2, 2), "number of pieces"),
        (lambda: folding(2, 2, 0), "number of thresholds"),
        (lambda: folding_cube(0, 2, 2, 2), "dimension"),
        (lambda: folding_cube(40, 2, 2, 40), "no float64 numbers"),
        (lambda: generic(60, 12), "no float64 numbers"),
        (lambda: generic(60, 300), "no float64 numbers"),
        (lambda: generic(0, 2), "number of hyperplanes"),
        (lambda: zigzag([3, 2]), "fewer than 3 units"),
        (lambda: braid(1), ">= 2, got 1"),
        (lambda: type_d(1), ">= 2, got 1"),
        (lambda: shi(1), ">= 2, got 1"),
        (lambda: resonance(13), "from 1 to 12, got 13"),
        (lambda: threshold(0), "from 1 to 12, got 0"),
        (lambda: graphical(nx.DiGraph([(0, 1)])), "simple networkx.Graph, got DiGraph"),
        (lambda: graphical(nx.MultiGraph([(0, 1)])), "got MultiGraph"),
        (lambda: graphical([(0, 1)]), "got list"),  # type: ignore[arg-type]
        (lambda: graphical(nx.Graph([(0, 0), (0, 1)])), "without loops"),
        (lambda: graphical(nx.empty_graph(3)), "at least one edge"),
        (lambda: l1_norm(0), "dimension"),
        (lambda: linf_norm(0), "dimension"),
        (lambda: max_affine([[1.0]], [0.0]), "at least two"),
        (lambda: max_affine([[1.0], [2.0]], [0.0]), "like weights and bias"),
        (lambda: max_affine([[1.0], [np.nan]], [0.0, 0.0]), "finite"),
        (lambda: max_affine([[1.0], [2.0]], [0.0, 0.0], units="tanh"), "got 'tanh'"),  # type: ignore[arg-type]
    ],
)
def test_errors(call: Callable[[], Construction], message: str) -> None:
    with pytest.raises(InvalidNetwork, match=message) as caught:
        call()
    assert isinstance(caught.value, ValueError)


def test_a_domain_of_another_dimension() -> None:
    with pytest.raises(DimensionMismatch, match="2 variables, got a domain of dimension 1"):
        max_affine([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], pr.Polytope.box(0, 1, dim=1))
