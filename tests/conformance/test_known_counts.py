"""Counts, witnesses, volumes and graphs of networks whose answers mathematics knows."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from effort import SERVER, some
from problems import ENGINES, Engine, Problem, hamming_trap, known_problems
from reference import is_inside, reference_patterns

import polyregions as pr

PROBLEMS = known_problems()
SLOW = known_problems(slow=True)


each_engine = pytest.mark.parametrize("engine", ENGINES)


@cache
def enumerated(problem: Problem, engine: Engine = "branching") -> pr.Regions:
    return pr.enumerate_regions(problem.network, problem.domain, engine=engine)


def sized(problems: list[Problem], plain: int) -> list[Any]:
    """Parameters for a test: problems with more regions than `plain`, and shuffled ones, only in the slow run."""
    return [
        pytest.param(p, id=p.name, marks=[pytest.mark.slow] * (p.activation_regions > plain or "shuffled" in p.name))
        for p in problems
    ]


@each_engine
@pytest.mark.parametrize("problem", PROBLEMS, ids=str)
def test_count(problem: Problem, engine: Engine) -> None:
    regions = enumerated(problem, engine)
    assert regions.complete
    assert regions.status is pr.Status.COMPLETE
    assert len(regions) == problem.activation_regions
    assert regions.patterns.shape == (len(regions), problem.network.n_units)
    assert len(np.unique(regions.patterns, axis=0)) == len(regions)
    assert [tuple(row) for row in regions.patterns.tolist()] == sorted(map(tuple, regions.patterns.tolist()))


def takes_long(problem: Problem) -> bool:
    """Tell whether branching takes half a minute, and there is another problem like this one."""
    return "shuffled" in problem.name or (SERVER and problem.activation_regions > 5000)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("problem", "engine"),
    [
        pytest.param(problem, engine, id=f"{problem}-{engine}")
        for problem in SLOW
        for engine in ENGINES
        if engine == "subdivision" or not takes_long(problem)
    ],
)
def test_large_count(problem: Problem, engine: Engine) -> None:
    assert len(enumerated(problem, engine)) == problem.activation_regions


@pytest.mark.slow
@pytest.mark.parametrize("problem", some(PROBLEMS), ids=str)
def test_reference_finds_the_same(problem: Problem) -> None:
    """Mathematics, the plain enumerator and the package agree."""
    patterns = reference_patterns(problem.network, problem.domain)
    assert len(patterns) == problem.activation_regions
    assert patterns == set(map(tuple, enumerated(problem).patterns.tolist()))


@each_engine
@pytest.mark.parametrize("problem", some(PROBLEMS), ids=str)
def test_witnesses_lie_strictly_inside(problem: Problem, engine: Engine) -> None:
    """All of them in small problems, evenly spread ones in large problems."""
    regions = enumerated(problem, engine)
    for index in range(0, len(regions), 1 + len(regions) // 25):
        assert is_inside(problem.network, problem.domain, regions.patterns[index].tolist(), regions.witness(index))


@each_engine
@pytest.mark.parametrize("problem", some(sized([p for p in PROBLEMS if p.linear_regions is not None], 130)))
def test_linear_regions(problem: Problem, engine: Engine) -> None:
    groups = pr.linear_regions(enumerated(problem, engine))
    assert len(groups) == problem.linear_regions
    members = np.sort(np.concatenate(groups))
    assert members.tolist() == list(range(problem.activation_regions))


@each_engine
@pytest.mark.parametrize("problem", [p for p in PROBLEMS if p.distinct_maps is not None], ids=str)
def test_distinct_maps(problem: Problem, engine: Engine) -> None:
    assert pr.distinct_affine_maps(enumerated(problem, engine)) == problem.distinct_maps


@each_engine
@pytest.mark.parametrize("problem", some(sized([p for p in PROBLEMS if p.domain.dim <= 3], 100)))
def test_volumes_add_up(problem: Problem, engine: Engine) -> None:
    regions = enumerated(problem, engine)
    volumes = [regions.polytope(index).volume for index in range(len(regions))]
    assert all(isinstance(volume, Fraction) and volume > 0 for volume in volumes)
    assert sum(volumes) == problem.domain.volume


@each_engine
@pytest.mark.parametrize("problem", some(sized([p for p in PROBLEMS if p.adjacencies is not None], 130)))
def test_adjacencies(problem: Problem, engine: Engine) -> None:
    graph = pr.region_graph(enumerated(problem, engine))
    assert graph.number_of_nodes() == problem.activation_regions
    assert graph.number_of_edges() == problem.adjacencies


def test_patterns_one_unit_apart_need_not_touch() -> None:
    regions = enumerated(next(p for p in PROBLEMS if p.name == hamming_trap().name))
    patterns = regions.patterns.astype(int)
    distances = np.abs(patterns[:, None] - patterns[None]).sum(axis=2)
    close = {tuple(pair) for pair in np.argwhere(np.triu(distances == 1)).tolist()}
    touching = {tuple(sorted(edge)) for edge in pr.region_graph(regions).edges}
    assert len(close) == 12
    assert touching < close
    ((i, j),) = close - touching
    assert np.flatnonzero(patterns[i] != patterns[j]).tolist() == [0]
    assert patterns[i, 3:].tolist() == patterns[j, 3:].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("name", "walls"),
    [("boolean-3", {3}), ("braid-4", {3}), ("type-B-3", {3}), ("type-D-3", {3}), ("threshold-2", {3, 4})],
)
def test_number_of_walls(name: str, walls: set[int]) -> None:
    """Reflection arrangements are simplicial: every cone has as many walls as the rank."""
    graph = pr.region_graph(enumerated(next(p for p in PROBLEMS if p.name == name)))
    assert {degree for _, degree in graph.degree} == walls
    assert all(len(units) == 1 for _, _, units in graph.edges(data="units"))


def test_braid_regions_touch_by_adjacent_transpositions() -> None:
    """The graph of the braid arrangement is that of the permutohedron: an edge for each adjacent transposition."""
    problem = next(p for p in PROBLEMS if p.name == "braid-4")
    regions = enumerated(problem)
    orders = [tuple(np.argsort([float(x) for x in regions.witness(i)]).tolist()) for i in range(len(regions))]
    expected = set()
    for i, order in enumerate(orders):
        for k in range(3):
            other = orders.index((*order[:k], order[k + 1], order[k], *order[k + 2 :]))
            expected.add((min(i, other), max(i, other)))
    assert {tuple(sorted(edge)) for edge in pr.region_graph(regions).edges} == expected


@pytest.mark.parametrize("limit", [1, 5, 48])
def test_limited_runs_find_true_regions(limit: int) -> None:
    problem = next(p for p in PROBLEMS if p.name == "type-B-3")
    regions = pr.enumerate_regions(problem.network, problem.domain, limits=pr.Limits(regions=limit))
    full = set(map(tuple, enumerated(problem).patterns.tolist()))
    assert len(regions) == limit
    assert set(map(tuple, regions.patterns.tolist())) <= full
    assert regions.complete == (limit == 48)
