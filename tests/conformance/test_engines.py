"""The subdivision engine against branching: the same regions and the same graph, on networks of every kind."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import pytest
from degenerate_networks import degenerate_problems, random_degenerate_networks
from effort import SERVER, examples, some
from hypothesis import given
from hypothesis import strategies as st
from invariants import check_complex
from problems import ENGINES, known_problems
from reference import is_inside, reference_regions
from strategies import (
    ALL_KINDS,
    KINKED,
    Maker,
    integer_networks,
    kinked_networks,
    lively_networks,
    random_alike,
    random_maximum,
    random_mixture,
)

import polyregions as pr

Bodies = dict[str, Callable[[int], pr.Polytope]]


class Case(NamedTuple):
    """How to make a random network, and the domain; `widths` count rows."""

    widths: tuple[int, ...]
    domain: str
    activations: str = "relu"
    grid: int | None = None
    skips: bool = False
    seed: int = 0

    def __str__(self) -> str:
        parts = ["-".join(map(str, self.widths)), self.domain, self.activations]
        return "/".join([*parts, *([f"grid{self.grid}"] if self.grid else []), *(["skips"] if self.skips else [])])


def box(dim: int) -> pr.Polytope:
    return pr.Polytope.box(-1, 1, dim=dim)


def uneven_box(dim: int) -> pr.Polytope:
    return pr.Polytope.box([-1.5 + k / 4 for k in range(dim)], [0.5 + k / 3 for k in range(dim)])


def simplex(dim: int) -> pr.Polytope:
    return pr.Polytope.simplex(dim, 2.0)


def cross_polytope(dim: int) -> pr.Polytope:
    """In dimension n every vertex lies on 2^(n - 1) facets."""
    return pr.Polytope.from_vertices(np.concatenate([np.eye(dim), -np.eye(dim)]))


def hull(dim: int) -> pr.Polytope:
    return pr.Polytope.from_vertices(np.random.default_rng(dim).normal(size=(max(dim + 3, 12 - 2 * dim), dim)))


def cut_box(dim: int) -> pr.Polytope:
    """Half-spaces at random, and some through the origin's neighbours on a grid, so that vertices coincide."""
    rng = np.random.default_rng(dim)
    normals = np.concatenate([np.eye(dim), -np.eye(dim), rng.integers(-2, 3, (2 * dim, dim))])
    return pr.Polytope.from_halfspaces(normals[normals.any(axis=1)], np.ones(normals.any(axis=1).sum()))


def polygon(dim: int) -> pr.Polytope:
    """Sixty sides."""
    assert dim == 2
    angles = 2 * np.pi * np.arange(60) / 60
    return pr.Polytope.from_vertices(np.column_stack([np.cos(angles), np.sin(angles)]))


BODIES: Bodies = {body.__name__: body for body in (box, uneven_box, simplex, cross_polytope, hull, cut_box, polygon)}


def maxout(rank: int) -> Maker:
    """Groups of so many rows one after the other, as many as there are; the last may be smaller."""
    return lambda random, rows: pr.Maximum([range(i, min(i + rank, rows)) for i in range(0, rows, rank)])


def windows(random: np.random.Generator, rows: int) -> pr.Maximum:
    """Three neighbours each, with steps of two."""
    return pr.Maximum([range(i, min(i + 3, rows)) for i in range(0, rows - 1, 2)] if rows > 1 else [[0]])


ACTIVATIONS: dict[str, Maker] = {
    "relu": random_alike([pr.Activation.relu()]),
    "leaky": random_alike([pr.Activation.leaky_relu(0.25)]),
    "abs": random_alike([pr.Activation.absolute()]),
    "hard-tanh": random_alike([pr.Activation.hard_tanh()]),
    "custom": random_alike([pr.Activation((-0.75, 0.1, 0.5), (1.0, -0.5, 0.0, 2.0), 0.3, name="zigzag")]),
    "mixed": random_alike(KINKED),
    "each-its-own": random_mixture,
    "maxout-2": maxout(2),
    "maxout-3": maxout(3),
    "maxout-5": maxout(5),
    "windows": windows,
    "any-groups": random_maximum,
}
MAXIMA = [name for name in ACTIVATIONS if name.startswith(("maxout", "windows", "any"))]

SHAPES = [(1, 9, 9, 2), (2, 9, 8, 1), (3, 6, 6, 2), (4, 6, 4, 1), (5, 4, 4, 1)]

CASES = [
    *(Case(widths, domain) for widths in SHAPES for domain in BODIES if domain != "polygon" or widths[0] == 2),
    *(
        Case(widths, domain, grid=grid)
        for widths in SHAPES
        for domain in ("box", "cross_polytope")
        for grid in (1, 2, 4)
    ),
    *(Case((2, 5, 5, 1), "uneven_box", kind, grid, seed=1) for kind in ACTIVATIONS for grid in (None, 2)),
    *(Case((3, 4, 3, 2), "cross_polytope", kind, grid, seed=2) for kind in ACTIVATIONS for grid in (None, 1)),
    *(Case((2, 5, 4, 4, 1), "hull", "mixed", grid, True, seed) for grid in (None, 1, 2) for seed in range(2)),
    *(Case((3, 4, 3, 3, 1), "simplex", "relu", grid, True, seed) for grid in (None, 1, 2) for seed in range(2)),
    *(Case((2, 9, 8, 1), domain, kind, seed=3) for domain in ("hull", "simplex") for kind in MAXIMA),
    *(Case((1, 9, 9, 2), "box", kind, grid, True, seed=4) for grid in (None, 1) for kind in MAXIMA),
    *(Case((3, 6, 6, 1), "cut_box", kind, grid, True, seed=5) for grid in (None, 1) for kind in MAXIMA),
    *(Case((4, 6, 4, 1), "box", kind, seed=6) for kind in ("maxout-2", "maxout-3")),
    Case((2, 3, 3, 3, 3, 3, 3, 1), "box"),
]


def takes_long(case: Case) -> bool:
    return case.widths[0] > 4 and case.domain != "box"


each_case = pytest.mark.parametrize(
    "case", some([case for case in CASES if not (SERVER and takes_long(case))]), ids=str
)


@cache
def network_of(case: Case) -> pr.Network:
    """He-normal weights, rounded to multiples of 1 / grid; with skips every layer reads the input as well."""
    rng = np.random.default_rng([case.seed, *case.widths, case.grid or 0])
    layers: list[pr.Layer] = []
    widths = [case.widths[0]]
    for number, rows in enumerate(case.widths[1:]):
        sources = (number, 0) if case.skips and number else (number,)
        columns = sum(widths[source] for source in sources)
        weights, bias = rng.normal(0, np.sqrt(2 / columns), (rows, columns)), rng.normal(0, 0.3, rows)
        if case.grid:
            weights, bias = np.round(weights * case.grid) / case.grid, np.round(bias * case.grid) / case.grid
        last = number == len(case.widths) - 2
        kind = pr.Activation.identity() if last else ACTIVATIONS[case.activations](rng, rows)
        layers.append(pr.Layer(weights, bias, kind, sources))
        widths.append(layers[-1].width)
    return pr.Network(tuple(layers), case.widths[0])


@cache
def domain_of(case: Case) -> pr.Polytope:
    return BODIES[case.domain](case.widths[0])


@cache
def branched(case: Case) -> pr.Regions:
    return pr.enumerate_regions(network_of(case), domain_of(case), engine="branching")


def edges_of(graph: nx.Graph) -> dict[tuple[int, ...], tuple[int, ...]]:
    return {tuple(sorted(edge)): units for *edge, units in graph.edges(data="units")}


def walls_of(complex_: pr.PolyhedralComplex) -> dict[tuple[int, ...], tuple[int, ...]]:
    """The pairs of regions at each wall, and the units whose pieces differ."""
    patterns = complex_.regions.patterns
    pairs = [tuple(pair) for pair in complex_.wall_regions.tolist()]
    assert len(set(pairs)) == len(pairs)
    return {(i, j): tuple(np.flatnonzero(patterns[i] != patterns[j]).tolist()) for i, j in pairs}


@each_case
def test_random_networks(case: Case) -> None:
    network, domain, expected = network_of(case), domain_of(case), branched(case)
    regions = pr.enumerate_regions(network, domain, engine="subdivision")
    assert regions.complete
    assert np.array_equal(regions.patterns, expected.patterns)
    for index in range(0, len(regions), 1 + len(regions) // 8):
        assert is_inside(network, domain, regions.patterns[index].tolist(), regions.witness(index))
    complex_ = pr.build_complex(network, domain)
    assert np.array_equal(complex_.regions.patterns, expected.patterns)
    check_complex(complex_, most=16)


@pytest.mark.parametrize("case", some([case for case in CASES if case.widths[0] < 5]), ids=str)
def test_graphs(case: Case) -> None:
    """Three ways: facets of the regions of either engine, and walls of the complex."""
    expected = edges_of(pr.region_graph(branched(case)))
    assert walls_of(pr.build_complex(network_of(case), domain_of(case))) == expected
    regions = pr.enumerate_regions(network_of(case), domain_of(case), engine="subdivision")
    assert edges_of(pr.region_graph(regions)) == expected


@pytest.mark.parametrize("problem", [p for p in known_problems() if p.activation_regions <= 60], ids=str)
def test_graphs_of_known_problems(problem: Any) -> None:
    expected = pr.region_graph(pr.enumerate_regions(problem.network, problem.domain, engine="branching"))
    assert walls_of(pr.build_complex(problem.network, problem.domain)) == edges_of(expected)


@pytest.mark.parametrize("problem", degenerate_problems(), ids=str)
def test_graphs_of_degenerate_problems(problem: Any) -> None:
    expected = pr.region_graph(pr.enumerate_regions(problem.network, problem.domain, engine="branching"))
    assert walls_of(pr.build_complex(problem.network, problem.domain)) == edges_of(expected)


@pytest.mark.parametrize("name", random_degenerate_networks(2))
def test_graphs_of_larger_degenerate_networks(name: str) -> None:
    network, domain = random_degenerate_networks(2)[name], box(2)
    complex_ = pr.build_complex(network, domain)
    check_complex(complex_)
    expected = pr.region_graph(pr.enumerate_regions(network, domain, engine="branching"))
    assert walls_of(complex_) == edges_of(expected)


few_numbers = st.one_of(
    integer_networks(max_inputs=5, max_hidden=2),
    kinked_networks(skips=True),
    lively_networks(max_hidden=2, makers=ALL_KINDS, skips=True),
)


@examples(40)
@given(few_numbers, st.integers(1, 3))
def test_networks_of_few_numbers(network: pr.Network, size: int) -> None:
    domain = pr.Polytope.box(-size, 1, dim=network.input_dim)
    found = [pr.enumerate_regions(network, domain, engine=engine) for engine in ENGINES]
    assert np.array_equal(found[0].patterns, found[1].patterns)
    if len(found[0]) <= 40:
        complex_ = pr.build_complex(network, domain)
        check_complex(complex_, most=12)
        for regions in found:
            assert edges_of(pr.region_graph(regions)) == walls_of(complex_)


@examples(15)
@given(integer_networks(max_inputs=3), st.sampled_from(["simplex", "cross_polytope", "hull", "cut_box"]))
def test_domains_of_other_shapes(network: pr.Network, shape: str) -> None:
    domain = BODIES[shape](network.input_dim)
    regions = pr.enumerate_regions(network, domain, engine="subdivision")
    expected = [region.pattern for region in reference_regions(network, domain)]
    assert [tuple(row) for row in regions.patterns.tolist()] == expected


def test_auto_takes_the_engine_that_suits_the_domain() -> None:
    """Up to 256 vertices of K and without limits it is subdivision, else branching."""
    wide, narrow = (pr.Network.from_arrays([np.eye(n), np.ones((1, n))], [np.zeros(n), [0.0]]) for n in (9, 8))
    assert pr.enumerate_regions(narrow, box(8)).statistics.engine == "subdivision"
    assert pr.enumerate_regions(wide, box(9)).statistics.engine == "branching"
    limited = pr.enumerate_regions(narrow, box(8), limits=pr.Limits(regions=3))
    assert (limited.statistics.engine, len(limited)) == ("branching", 3)
