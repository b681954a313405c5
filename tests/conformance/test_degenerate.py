"""Degenerate networks: coincident, flat, concurrent, thin, huge and tiny, held against the reference."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from degenerate_networks import degenerate_problems, random_degenerate_networks
from effort import some
from problems import ENGINES, Engine, Problem
from reference import Region, is_inside, reference_graph, reference_linear_regions, reference_regions

import polyregions as pr

PROBLEMS = degenerate_problems()
NAMED = {problem.name: problem for problem in PROBLEMS}
everyone = pytest.mark.parametrize("problem", PROBLEMS, ids=str)
many = pytest.mark.parametrize("problem", some(PROBLEMS), ids=str)
each_engine = pytest.mark.parametrize("engine", ENGINES)


@cache
def enumerated(problem: Problem, engine: Engine) -> pr.Regions:
    return pr.enumerate_regions(problem.network, problem.domain, engine=engine)


@cache
def truth(problem: Problem) -> list[Region]:
    return reference_regions(problem.network, problem.domain)


@each_engine
@everyone
def test_count_and_patterns(problem: Problem, engine: Engine) -> None:
    regions = enumerated(problem, engine)
    assert regions.complete
    assert len(regions) == problem.activation_regions
    assert [tuple(row) for row in regions.patterns.tolist()] == [region.pattern for region in truth(problem)]


@each_engine
@many
def test_witnesses(problem: Problem, engine: Engine) -> None:
    regions = enumerated(problem, engine)
    for index, pattern in enumerate(regions.patterns.tolist()):
        assert is_inside(problem.network, problem.domain, pattern, regions.witness(index))


@each_engine
@many
def test_float_witnesses_are_inside_where_they_are_the_exact_ones(problem: Problem, engine: Engine) -> None:
    regions = enumerated(problem, engine)
    assert np.isfinite(regions.witnesses).all()
    for index, point in enumerate(regions.witnesses.tolist()):
        if [Fraction(x) for x in point] == regions.witness(index):
            assert regions.locate([point]).tolist() == [index]


@each_engine
@many
def test_graph(problem: Problem, engine: Engine) -> None:
    graph = pr.region_graph(enumerated(problem, engine))
    assert {tuple(sorted(edge)) for edge in graph.edges} == reference_graph(truth(problem))
    for i, j, units in graph.edges(data="units"):
        one, other = truth(problem)[i].pattern, truth(problem)[j].pattern
        assert list(units) == [u for u in range(len(one)) if one[u] != other[u]]


@each_engine
@many
def test_linear_regions_and_distinct_maps(problem: Problem, engine: Engine) -> None:
    groups = {frozenset(group.tolist()) for group in pr.linear_regions(enumerated(problem, engine))}
    assert groups == reference_linear_regions(truth(problem))
    assert pr.distinct_affine_maps(enumerated(problem, engine)) == len({region.outputs for region in truth(problem)})


@each_engine
@many
def test_volumes_and_vertices(problem: Problem, engine: Engine) -> None:
    regions = enumerated(problem, engine)
    polytopes = [regions.polytope(index) for index in range(len(regions))]
    for polytope, region in zip(polytopes, truth(problem), strict=True):
        corners = {tuple(Fraction(x, point[-1]) for x in point[:-1]) for point in region.cell.points}
        assert {tuple(vertex) for vertex in polytope.exact_vertices} == corners
    assert sum(polytope.volume for polytope in polytopes) == problem.domain.volume


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", random_degenerate_networks(0))
def test_larger_networks(name: str, seed: int) -> None:
    network, domain = random_degenerate_networks(seed)[name], pr.Polytope.box(-1, 1, dim=2)
    expected = reference_regions(network, domain)
    for engine in ENGINES:
        check_larger_network(pr.enumerate_regions(network, domain, engine=engine), expected)


def check_larger_network(regions: pr.Regions, expected: list[Region]) -> None:
    assert [tuple(row) for row in regions.patterns.tolist()] == [region.pattern for region in expected]
    assert pr.distinct_affine_maps(regions) == len({region.outputs for region in expected})
    assert all(
        is_inside(regions.network, regions.domain, pattern, regions.witness(index))
        for index, pattern in enumerate(regions.patterns.tolist())
    )


@each_engine
@pytest.mark.parametrize("name", ["duplicated-units", "opposite-units", "duplicated-scaled-units"])
def test_coincident_units_flip_together(name: str, engine: Engine) -> None:
    """A facet on a line that several units share is one edge, labelled with all of them."""
    graph = pr.region_graph(enumerated(NAMED[name], engine))
    assert graph.number_of_edges() == 9  # three lines, each cut in three by the others
    for _, _, units in graph.edges(data="units"):
        first = units[0]
        assert units == tuple(range(first, NAMED[name].network.n_units, 3))


@each_engine
@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("lines-1e-9-apart", Fraction(1e-9)),
        ("lines-1e-15-apart", Fraction(1e-15)),
        ("lines-1e-30-apart", Fraction(1e-30)),
        ("lines-the-least-apart", Fraction(5e-324)),
    ],
)
def test_the_region_between_two_lines_has_its_width_as_area(name: str, width: Fraction, engine: Engine) -> None:
    regions = enumerated(NAMED[name], engine)
    areas = sorted(regions.polytope(index).volume for index in range(len(regions)))
    assert areas[:2] == [width, width]


@each_engine
def test_a_region_without_float_points_has_a_rational_witness(engine: Engine) -> None:
    problem = NAMED["no-float-between"]
    regions = enumerated(problem, engine)
    (thin,) = [index for index, pattern in enumerate(regions.patterns.tolist()) if pattern == [1, 0]]
    (point,) = regions.witness(thin)
    assert 1 < point < 1 + Fraction(2.0**-52)
    assert Fraction(float(point)) != point
    assert regions.locate([[1.0], [1 + 2.0**-52]]).tolist() == [-1, -1]


@each_engine
def test_units_that_vanish_on_a_region_count_as_inactive_and_do_not_hide_its_points(engine: Engine) -> None:
    problem = NAMED["identically-zero-on-a-region"]
    regions = enumerated(problem, engine)
    assert regions.patterns.tolist() == [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
    assert regions.locate([[-0.5, -0.25], [-0.5, 0.0], [0.5, 0.5]]).tolist() == [0, -1, 3]


@each_engine
def test_saturated_units_take_the_piece_below_their_breakpoint(engine: Engine) -> None:
    regions = enumerated(NAMED["saturated-on-breakpoints"], engine)
    assert regions.patterns.tolist() == [[0, 0], [1, 1], [2, 1]]


@each_engine
def test_a_network_without_breakpoints_has_one_region(engine: Engine) -> None:
    regions = enumerated(NAMED["no-breakpoints"], engine)
    assert regions.patterns.shape == (1, 0)
    assert [group.tolist() for group in pr.linear_regions(regions)] == [[0]]
    assert regions.polytope(0).volume == 4
