"""Six definitions of "number of regions" on networks where all are known, and what holds between them on any others."""

from __future__ import annotations

import itertools
import json
from dataclasses import fields
from fractions import Fraction

import by_fractions
import numpy as np
import pytest
from degenerate_networks import degenerate_problems
from effort import examples
from hypothesis import given
from problems import Problem
from six_definitions import KNOWN, clipped, of_the_paper
from strategies import any_networks, integer_networks, kinked_networks

import polyregions as pr
from polyregions.counters.definitions import (
    NAMES,
    Definitions,
    activation_patterns,
    count_all_definitions,
    definitions_of,
)
from polyregions.counters.definitions.pieces import Bounds
from polyregions.errors import DimensionMismatch


def numbers_of(found: Definitions) -> tuple[object, ...]:
    return tuple(found.as_dict().values())


@pytest.mark.parametrize(("network", "domain", "numbers"), KNOWN)
def test_known_numbers(network: pr.Network, domain: pr.Polytope, numbers: tuple[int, ...]) -> None:
    assert numbers_of(count_all_definitions(network, domain)) == numbers


def test_joined_outside_the_domain_is_not_joined() -> None:
    """Of `joined_by_a_segment` the half x > 0: the segment lies on the boundary of K."""
    found = count_all_definitions(*clipped(left=0.0))
    assert (found.linear_regions, found.closed_linear_regions, found.distinct_affine_maps) == (5, 5, 4)


def check_chain(complex_: pr.PolyhedralComplex) -> Definitions:
    found = definitions_of(complex_)
    least = found.convex_pieces
    chain = [
        found.activation_patterns,
        found.activation_regions,
        least.upper,
        least.lower,
        found.linear_regions,
        found.closed_linear_regions,
        found.distinct_affine_maps,
    ]
    assert chain == sorted(chain, reverse=True)
    assert chain[-1] >= 1
    if complex_.dim == 1:
        assert least.exact == found.linear_regions
    return found


@given(integer_networks(max_inputs=3, max_hidden=3, max_width=3) | kinked_networks(max_hidden=2, max_width=2))
@examples(60)
def test_no_number_is_smaller_than_the_next(network: pr.Network) -> None:
    check_chain(pr.build_complex(network, pr.Polytope.box(-2, 2, dim=network.input_dim)))


@pytest.mark.parametrize("problem", degenerate_problems(), ids=str)
def test_degenerate_networks(problem: Problem) -> None:
    found = check_chain(pr.build_complex(problem.network, problem.domain))
    assert found.activation_regions == problem.activation_regions


def with_other_outputs(network: pr.Network) -> pr.Network:
    """The outputs combined by an invertible matrix, and an affine function of the input added."""
    last = network.layers[-1]
    count = network.output_dim
    mixed = np.tri(count) + np.triu(np.full((count, count), 2.0), 1)
    added = np.arange(1.0, count * network.input_dim + 1).reshape(count, -1)
    weights = np.concatenate([mixed @ last.weights, added], axis=1)
    sources = (*(last.sources or (len(network.layers) - 1,)), 0)
    layer = pr.Layer(weights, mixed @ last.bias + 1, last.activation, sources)
    return pr.Network((*network.layers[:-1], layer), network.input_dim)


@given(integer_networks(max_inputs=3, max_hidden=2, max_width=3))
@examples(40)
def test_numbers_do_not_depend_on_what_is_done_to_all_maps_alike(network: pr.Network) -> None:
    domain = pr.Polytope.box(-1, 1, dim=network.input_dim)
    assert count_all_definitions(with_other_outputs(network), domain) == count_all_definitions(network, domain)


@given(any_networks(max_inputs=3, max_hidden=2, max_width=3))
@examples(40)
def test_patterns_of_points_in_all_faces(network: pr.Network) -> None:
    """The patterns of the middle of every face inside K, in fractions."""
    domain = pr.Polytope.box(-1, 1, dim=network.input_dim)
    complex_ = pr.build_complex(network, domain)
    corners = [complex_.exact_vertex(vertex) for vertex in range(complex_.f_vector()[0])]
    found = set()
    for k, count in enumerate(complex_.f_vector()):
        for face in range(count):
            points = [corners[vertex] for vertex in complex_.vertices_of(k, face)]
            middle = [sum(column, Fraction(0)) / len(points) for column in zip(*points, strict=True)]
            if all(abs(x) < 1 for x in middle):
                found.add(tuple(by_fractions.pattern(network, middle)))
    assert activation_patterns(complex_) == len(found)


def test_patterns_on_a_grid_of_an_arrangement() -> None:
    """Four lines of integers: every face inside K has a point on a grid of sixths."""
    network = pr.Network.from_arrays([[[1, 0], [0, 1], [1, 1], [1, -1]], [[1, 2, 3, 5]]], [[0, 0, 0, 0], [0]])
    domain = pr.Polytope.box(-1, 1, dim=2)
    ticks = [Fraction(k, 6) for k in range(-5, 6)]
    found = {tuple(by_fractions.pattern(network, point)) for point in itertools.product(ticks, repeat=2)}
    assert count_all_definitions(network, domain).activation_patterns == len(found)


def test_a_network_without_units_has_one_region() -> None:
    network = pr.Network.from_arrays([[[1.0, 2.0]]], [[0.0]])
    assert numbers_of(count_all_definitions(network, pr.Polytope.simplex(2))) == (1,) * 6


def test_names_and_tables() -> None:
    found = Definitions(19, 12, Bounds(9, 10), 9, 8, 7)
    assert tuple(field.name for field in fields(found)) == NAMES
    assert json.loads(json.dumps(found.as_dict())) == {
        "activation_patterns": 19,
        "activation_regions": 12,
        "convex_pieces": {"lower": 9, "upper": 10},
        "linear_regions": 9,
        "closed_linear_regions": 8,
        "distinct_affine_maps": 7,
    }
    lines = str(found).splitlines()
    assert [line.split("  ")[0].replace(" ", "_") for line in lines] == list(NAMES)
    assert lines[2].endswith(" 9 to 10")
    assert Definitions(19, 12, Bounds(10, 10), 9, 8, 7).as_dict()["convex_pieces"] == 10


def test_another_dimension_is_refused() -> None:
    network, _, _ = of_the_paper()
    with pytest.raises(DimensionMismatch):
        count_all_definitions(network, pr.Polytope.box(-1, 1, dim=3))
