"""The exact answers that counters are scored against."""

import itertools
from fractions import Fraction
from typing import Any

import brute_force
import by_fractions
import numpy as np
import pytest
from effort import examples
from hypothesis import given
from strategies import any_networks, integer_networks

import polyregions as pr
from polyregions.counters import Truth
from polyregions.counters.truth import ABSENT, FLAT

SQUARE = pr.Polytope.box(-1, 1, dim=2)


def test_volumes_are_those_of_the_regions() -> None:
    network = pr.random_network(pr.Architecture(2, (8, 8)), pr.Prior(bias_scale=0.5), seed=3)
    truth = Truth(network, SQUARE)
    exact = pr.region_volumes(truth.regions)
    assert sum(exact) == 4
    assert truth.smallest == min(exact)
    np.testing.assert_allclose(truth.volumes, [float(volume) for volume in exact], rtol=1e-8)
    np.testing.assert_allclose(truth.shares.sum(), 1.0)


def test_the_volume_of_a_sliver_is_not_lost() -> None:
    """Two lines 2^-90 apart have a region between them."""
    network = pr.Network.from_arrays([[[1.0, 0.0], [1.0, 0.0]], [[1.0, 1.0]]], [[0.0, 2.0**-90], [0.0]])
    truth = Truth(network, SQUARE)
    assert truth.smallest == Fraction(2, 2**90)
    np.testing.assert_allclose(truth.volumes.min(), 2.0**-89, rtol=1e-8)


@pytest.mark.parametrize("number", [1, 2])
def test_volumes_of_walls(number: int) -> None:
    network = pr.Network.from_arrays([np.eye(2), [[1.0, 0.0]]], [[0.0, 0.0], [0.0]])
    truth = Truth(network, SQUARE)
    assert truth.value(f"wall_volume_{number}") == (4.0, 1.0)[number - 1]
    assert truth.value(f"boundary_volume_{number}") == (2.0, 0.0)[number - 1]


def test_definitions_by_name() -> None:
    network = pr.Network.from_arrays([np.eye(2), [[1.0, 0.0]]], [[0.0, 0.0], [0.0]])
    truth = Truth(network, SQUARE)
    names = ("activation_patterns", "activation_regions", "convex_pieces", "linear_regions", "distinct_affine_maps")
    assert [truth.value(name) for name in names] == [4, 4, 2, 2, 2]


@pytest.mark.parametrize("target", ["regions", "boundary_volume_3", "wall_volume_0", "boundary_volume_", ""])
def test_unknown_targets_are_refused(target: str) -> None:
    network = pr.Network.from_arrays([np.eye(2), [[1.0, 0.0]]], [[0.0, 0.0], [0.0]])
    with pytest.raises(ValueError, match=r"one of activation_patterns, .* k from 1 to 2; got"):
        Truth(network, SQUARE).value(target)


def test_many_inputs_have_regions_but_no_volumes() -> None:
    network = pr.Network.from_arrays([np.eye(6)[:2], [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    truth = Truth(network, pr.Polytope.box(-1, 1, dim=6))
    assert truth.value("activation_regions") == 4.0
    assert not truth.has_faces
    assert truth.places(np.array([[1, 0]])).tolist() == [2]
    with pytest.raises(pr.errors.DimensionMismatch, match="up to 5 inputs, got 6"):
        _ = truth.shares


def test_kinds_of_patterns() -> None:
    """Two parallel lines, x = 0 and x = 1/2, and one on the boundary of K, x = 1."""
    network = pr.Network.from_arrays([[[1, 0], [1, 0], [1, 0]], [[1, 1, 1]]], [[0, -0.5, -1], [0]])
    truth = Truth(network, SQUARE)
    assert truth.regions.patterns.tolist() == [[0, 0, 0], [1, 0, 0], [1, 1, 0]]
    patterns = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 1], [0, 0, 1]])
    assert truth.places(patterns).tolist() == [1, ABSENT, FLAT, ABSENT]


def test_other_names_of_a_region() -> None:
    """Where the first unit is off, the second is zero on a whole region: it may be called active there."""
    network = pr.Network.from_arrays([[[1.0]], [[1.0]], [[1.0]]], [[0.0], [0.0], [0.0]])
    truth = Truth(network, pr.Polytope.box(-1, 1, dim=1))
    assert truth.regions.patterns.tolist() == [[0, 0], [1, 1]]
    assert truth.places(np.array([[0, 1], [1, 0]])).tolist() == [0, FLAT]


@examples(60)
@given(any_networks(2, 2, 3) | integer_networks(2, 2, 3))
def test_kinds_of_patterns_by_trying_all_vertices(network: pr.Network) -> None:
    """All patterns of small networks, against systems of weak inequalities solved in fractions."""
    dim, counts = network.input_dim, by_fractions.piece_counts(network)
    patterns = list(itertools.product(*map(range, counts)))[:100]
    truth = Truth(network, pr.Polytope.box(-2, 2, dim=dim))
    places = truth.places(np.array(patterns, dtype=np.uint8).reshape(len(patterns), len(counts)))
    for pattern, place in zip(patterns, places.tolist(), strict=True):
        rows = brute_force.box_rows([-2] * dim, [2] * dim) + _weak_rows(network, pattern)
        wanted = {"polytope": 0, "flat": FLAT, "empty": ABSENT}[brute_force.kind(rows)]
        assert min(place, 0) == wanted, pattern


def _weak_rows(network: pr.Network, pattern: tuple[int, ...]) -> list[Any]:
    """The half-spaces in which every switch has the sign that a pattern needs, or none."""
    signs = np.concatenate([np.zeros(0, dtype=np.int8), *_sides(network, pattern)]).tolist()
    forms = by_fractions.switch_forms(network, pattern)
    return [[sign * entry for entry in form] for sign, form in zip(signs, forms, strict=True)]


def _sides(network: pr.Network, pattern: tuple[int, ...]) -> list[Any]:
    left, found = list(pattern), []
    for layer in network.layers:
        if layer.n_switches:
            own, left = np.array(left[: layer.width]), left[layer.width :]
            found.append(layer.units.sides(own))
    return found
