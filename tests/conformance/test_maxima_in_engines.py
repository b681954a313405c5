"""Maxima in either engine: any start, parts, limits; labels of facets, orders of faces, and results as values."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

import by_fractions
import numpy as np
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from maximum_networks import maximum_problems
from numpy.typing import NDArray
from problems import ENGINES, Engine, Problem
from reference import reduce, reference_patterns, reference_regions
from strategies import ALL_KINDS, lively_networks, maximum_groups, random_maximum

import polyregions as pr
from polyregions.enumeration import subdivision

PROBLEMS = maximum_problems()
each_engine = pytest.mark.parametrize("engine", ENGINES)


# Whatever candidate the branching engine writes switches with, and however work is divided.


def last_candidates(self: pr.Maximum, rows: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.repeat(self.n_pieces[:, None] - 1, rows.shape[1], axis=1)


def first_candidates(self: pr.Maximum, rows: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.zeros((self.n_units, rows.shape[1]), dtype=np.int64)


def smallest_candidates(self: pr.Maximum, rows: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.array([[int(np.argmin(rows[list(group), k])) for k in range(rows.shape[1])] for group in self.groups])


GUESSES = (first_candidates, last_candidates, smallest_candidates)
each_guess = pytest.mark.parametrize("guess", GUESSES, ids=lambda guess: guess.__name__)


@each_guess
@pytest.mark.parametrize("problem", PROBLEMS, ids=str)
def test_any_candidate_serves_for_a_start(problem: Problem, guess: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pr.Maximum, "likely_pieces", guess)
    regions = pr.enumerate_regions(problem.network, problem.domain, engine="branching")
    assert [tuple(row) for row in regions.patterns.tolist()] == sorted(
        reference_patterns(problem.network, problem.domain)
    )
    assert sum(regions.polytope(index).volume for index in range(len(regions))) == problem.domain.volume


@pytest.mark.parametrize("seed", range(12))
def test_any_candidate_serves_for_a_start_in_deep_networks(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    network, domain = deep_network(seed), pr.Polytope.box(-2, 2, dim=2)
    expected = pr.enumerate_regions(network, domain, engine="subdivision").patterns
    for guess in GUESSES:
        monkeypatch.setattr(pr.Maximum, "likely_pieces", guess)
        regions = pr.enumerate_regions(network, domain, engine="branching")
        assert np.array_equal(regions.patterns, expected)


def deep_network(seed: int, rows: Sequence[int] = (6, 5, 5), bound: int = 3) -> pr.Network:
    """Small integers and groups at random."""
    random = np.random.default_rng(seed)
    layers: list[pr.Layer] = []
    width = 2
    for count in rows:
        weights, bias = random.integers(-bound, bound + 1, (count, width)), random.integers(-bound, bound + 1, count)
        layers.append(pr.Layer(weights, bias, random_maximum(random, count)))
        width = layers[-1].width
    return pr.Network(tuple(layers))


@pytest.mark.parametrize("seed", range(6))
def test_subdivision_in_parts(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    network, domain = deep_network(seed, (7, 6, 5)), pr.Polytope.box(-2, 2, dim=2)
    expected = pr.enumerate_regions(network, domain, engine="branching")
    monkeypatch.setattr(subdivision, "PART", 3)
    regions = pr.enumerate_regions(network, domain, engine="subdivision")
    assert np.array_equal(regions.patterns, expected.patterns)
    volumes = [sorted(found.polytope(i).volume for i in range(len(found))) for found in (regions, expected)]
    assert volumes[0] == volumes[1]


@each_engine
@pytest.mark.parametrize("limit", [1, 4, 9])
def test_limited_runs_find_true_regions(limit: int, engine: Engine) -> None:
    network, domain = deep_network(3, (7, 6, 5)), pr.Polytope.box(-2, 2, dim=2)
    full = {tuple(row) for row in pr.enumerate_regions(network, domain).patterns.tolist()}
    assert len(full) > 9
    regions = pr.enumerate_regions(network, domain, engine=engine, limits=pr.Limits(regions=limit))
    found = {tuple(row) for row in regions.patterns.tolist()}
    assert found <= full
    assert regions.complete == (found == full)


# Facets and orders.


@examples(60)
@given(lively_networks(3, 2, 5, (random_maximum,)), st.sampled_from(ENGINES))
def test_facets_are_labelled_with_a_candidate_that_ties_there(network: pr.Network, engine: Engine) -> None:
    domain = pr.Polytope.box(-1, 2, dim=network.input_dim)
    regions = pr.enumerate_regions(network, domain, engine=engine)
    groups = [group for layer in network.layers if by_fractions.can_switch(layer) for group in layer.activation.groups]
    for index in range(0, len(regions), 1 + len(regions) // 6):
        polytope, pattern = regions.polytope(index), regions.patterns[index].tolist()
        forms = by_fractions.switch_forms(network, pattern)
        first = [sum(len(group) for group in groups[:unit]) for unit in range(len(groups))]
        for (normal, offset), (kind, *what) in zip(polytope.exact_halfspaces, polytope.labels, strict=True):
            if kind == "unit":
                unit, candidate = what
                assert candidate != pattern[unit]
                form = forms[first[unit] + candidate]
                ratios = {a / b for a, b in zip([*normal, -offset], form, strict=True) if b}
                assert len(ratios) == 1
                assert min(ratios) > 0


@examples(40)
@given(lively_networks(3, 2, 4, ALL_KINDS, skips=True))
def test_orders_are_the_ranks_of_the_jumps(network: pr.Network) -> None:
    """Around a face the Jacobian jumps along the normals of visible walls."""
    complex_ = pr.build_complex(network, pr.Polytope.box(-1, 2, dim=network.input_dim))
    n = complex_.dim
    if len(complex_.regions) > 60:
        return
    jacobians = [region.outputs for region in reference_regions(network, complex_.domain)]
    cells = [set(complex_.vertices_of(n, cell).tolist()) for cell in range(len(jacobians))]
    for codim in range(1, n + 1):
        inner, expected = complex_.interior(n - codim), []
        for face in range(complex_.f_vector()[n - codim]):
            own = set(complex_.vertices_of(n - codim, face).tolist())
            around = [jacobians[cell] for cell, vertices in enumerate(cells) if own <= vertices]
            jumps = [
                [x - y for x, y in zip(row[:-1], start[:-1], strict=True)]
                for outputs in around[1:]
                for row, start in zip(outputs, around[0], strict=True)
            ]
            expected.append(len(reduce(jumps, n)) if inner[face] and jumps else 0)
        assert pr.boundary_order(complex_, codim).tolist() == expected


# Values.


@examples(30)
@given(lively_networks(2, 2, 4, ALL_KINDS))
def test_results_are_pickled(network: pr.Network) -> None:
    domain = pr.Polytope.box(-1, 1, dim=network.input_dim)
    complex_ = pr.build_complex(network, domain)
    same = pickle.loads(pickle.dumps(complex_))
    assert same.network.digest == network.digest
    assert same.f_vector() == complex_.f_vector()
    assert (same.regions.patterns == complex_.regions.patterns).all()
    assert [same.exact_vertex(v) for v in range(len(same.vertices))] == [
        complex_.exact_vertex(v) for v in range(len(complex_.vertices))
    ]
    assert [part.tolist() for part in pr.linear_regions(same)] == [
        part.tolist() for part in pr.linear_regions(complex_)
    ]


@given(st.integers(1, 6).flatmap(lambda rows: st.tuples(st.just(rows), maximum_groups(rows), maximum_groups(rows))))
def test_digests_tell_groups_apart(drawn: tuple[int, list[list[int]], list[list[int]]]) -> None:
    rows, one, other = drawn
    weights = np.arange(2.0 * rows).reshape(rows, 2)
    networks = [pr.Network((pr.Layer(weights, np.zeros(rows), pr.Maximum(groups)),)) for groups in (one, other)]
    assert (networks[0].digest == networks[1].digest) == (one == other)
