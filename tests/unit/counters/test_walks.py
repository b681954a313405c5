"""Walks from region to region: the graph they see, and the law of their tours, against the whole region graph."""

from __future__ import annotations

import itertools
import math

import networkx as nx
import numpy as np
import pytest
from degenerate_networks import degenerate_problems, random_degenerate_networks
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from problems import hamming_trap, l1_norm, sawtooth
from strategies import any_networks

import polyregions as pr
from polyregions.counters.estimators.walks import RegionWalk, facet_walk, return_time
from polyregions.theory.sampling import Uniform


def generic(widths: tuple[int, ...], seed: int) -> tuple[pr.Network, pr.Polytope]:
    rng, pairs = np.random.default_rng(seed), list(itertools.pairwise(widths))
    weights, biases = [rng.normal(size=(b, a)) for a, b in pairs], [rng.normal(size=b) / 2 for _, b in pairs]
    return pr.Network.from_arrays(weights, biases), pr.Polytope.box(-1, 1, dim=widths[0])


def cases() -> dict[str, tuple[pr.Network, pr.Polytope]]:
    saw, norm, trap = sawtooth(3, outside=True), l1_norm(3), hamming_trap()
    return {
        "a row of intervals": (saw.network, saw.domain),
        "in the plane": generic((2, 5, 4, 1), 1),
        "in space": generic((3, 5, 1), 2),
        "a simplex": (generic((2, 6, 1), 3)[0], pr.Polytope.simplex(2)),
        "opposite units": (norm.network, norm.domain),
        "duplicated units": (random_degenerate_networks(0)["duplicated"], pr.Polytope.box(-1, 1, dim=2)),
        "one unit apart, not adjacent": (trap.network, trap.domain),
    }


CASES = cases()
each_case = pytest.mark.parametrize("name", CASES)


def moments(graph: nx.Graph, start: int, gains: NDArray[np.float64]) -> tuple[float, float]:
    """The mean and variance of the sum of gains over a tour, from the chain that is stopped when it is back.

    With Q the steps between other nodes, ``m1 = g + Q m1`` and ``m2 = g^2 + 2 g Q m1 + Q m2``.
    """
    steps = nx.to_numpy_array(graph, nodelist=range(len(graph)), weight=None)
    steps /= steps.sum(axis=1, keepdims=True)
    others = np.arange(len(graph)) != start
    inner, leaving = steps[np.ix_(others, others)], steps[start, others]
    rest = np.eye(len(inner)) - inner
    g = gains[others]
    first = np.linalg.solve(rest, g)
    second = np.linalg.solve(rest, g**2 + 2 * g * (inner @ first))
    mean = gains[start] + leaving @ first
    square = gains[start] ** 2 + 2 * gains[start] * (leaving @ first) + leaving @ second
    return float(mean), float(square - mean**2)


def graph_and_start(name: str, seed: int) -> tuple[nx.Graph, int]:
    """The exact graph, and the region of the point that a generator with this seed draws first."""
    network, domain = CASES[name]
    regions = pr.enumerate_regions(network, domain)
    point = Uniform(domain).draw(np.random.default_rng(seed), 64)[:1]
    return pr.region_graph(regions), int(regions.locate(point)[0])


@each_case
def test_tours_have_the_mean_and_the_variance_of_theory(name: str) -> None:
    graph, start = graph_and_start(name, 5)
    degrees = np.array([graph.degree[node] for node in range(len(graph))], dtype=float)
    others = [node for node in range(len(graph)) if node != start]
    inverse = np.linalg.inv(
        nx.laplacian_matrix(graph, nodelist=range(len(graph)), weight=None).toarray()[np.ix_(others, others)]
    )
    regions, walls, d, tours = len(graph), graph.number_of_edges(), degrees[start], 1500
    documented = (
        2 * d * inverse.sum() + 2 * regions - d * (1 / degrees).sum() - regions**2,
        d * (degrees[others] @ inverse @ degrees[others] + walls) / 2 - walls**2,
    )
    for counter, gains, truth, formula in (
        (facet_walk, d / degrees, regions, documented[0]),
        (return_time, d / 2 + 0 * degrees, walls, documented[1]),
    ):
        mean, variance = moments(graph, start, gains)
        assert mean == pytest.approx(truth)
        assert variance == pytest.approx(formula, rel=1e-9, abs=1e-6)
        found = counter(*CASES[name], tours, np.random.default_rng(5))
        assert found.samples == tours
        assert abs(found.value - truth) < 4 * math.sqrt(variance / tours) + 1e-9
        assert found.error == pytest.approx(math.sqrt(variance / tours), rel=0.35, abs=1e-9)


@examples(15)
@given(any_networks(3, 2, 3), st.integers(0, 999))
def test_a_walk_sees_the_whole_graph(network: pr.Network, seed: int) -> None:
    """All regions, and the same facets from both sides, wherever it begins: on walls as well."""
    domain = pr.Polytope.box(-1, 1.5, dim=network.input_dim)
    regions = pr.enumerate_regions(network, domain)
    start = np.random.default_rng(seed).integers(-4, 7, network.input_dim) / 4
    assert_same_graph(RegionWalk(network, domain, start), regions)


@pytest.mark.parametrize("name", ["lines-1e-15-apart", "lines-the-least-apart", "product-underflow", "tiny-domain"])
def test_a_walk_sees_thin_regions(name: str) -> None:
    (case,) = (case for case in degenerate_problems() if case.name == name)
    walk = RegionWalk(case.network, case.domain, case.domain.inside.floats)
    assert_same_graph(walk, pr.enumerate_regions(case.network, case.domain))


def assert_same_graph(walk: RegionWalk, regions: pr.Regions) -> None:
    graph, seen, waiting = nx.Graph(), {0}, [0]
    graph.add_node(0)
    while waiting:
        here = waiting.pop()
        beside = walk.beside(here)
        assert len(set(beside)) == len(beside)
        graph.add_edges_from((here, other) for other in beside)
        waiting += [other for other in beside if other not in seen]
        seen.update(beside)
        assert all(here in walk.beside(other) for other in beside)
    truth = pr.region_graph(regions)
    numbers = {node: regions.index[walk.pattern(node).tobytes()] for node in graph}
    assert len(set(numbers.values())) == len(graph) == len(regions)
    assert {frozenset(map(numbers.get, edge)) for edge in graph.edges} == set(map(frozenset, truth.edges))


def test_one_region_and_two() -> None:
    square, rng = pr.Polytope.box(-1, 1, dim=2), np.random.default_rng(0)
    alone = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[1.0, 5.0], [0.0]])
    answer = facet_walk(alone, square, 3, rng)
    assert (answer.value, answer.error, answer.samples) == (1.0, 0.0, 3)
    assert return_time(alone, square, 3, rng).value == 0.0
    halves = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 5.0], [0.0]])
    answer = facet_walk(halves, square, 3, rng)
    assert (answer.value, answer.error) == (2.0, 0.0)  # there and back again
    assert return_time(halves, square, 3, rng).value == 1.0


def test_one_tour_has_no_error() -> None:
    answer = facet_walk(*CASES["in the plane"], 1, np.random.default_rng(0))
    assert answer.samples == 1
    assert answer.error == math.inf
    assert answer.value > 0


def test_what_is_refused() -> None:
    network, square = generic((2, 3, 1), 0)
    for counter in (facet_walk, return_time):
        with pytest.raises(ValueError, match="a budget is a whole number, 1 or more"):
            counter(network, square, 0, np.random.default_rng(0))
        with pytest.raises(pr.errors.DimensionMismatch):
            counter(network, pr.Polytope.box(-1, 1, dim=3), 5, np.random.default_rng(0))
