"""Sets of units up to exchange: how many there are, and which can meet."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import polyregions as pr
from polyregions.theory.strata import Stratum, can_meet, strata

SHAPES = [
    pr.Architecture(n, widths)
    for n in (2, 3, 4)
    for depth in (1, 2, 3)
    for widths in itertools.product((1, 2, 3), repeat=depth)
]


@pytest.mark.parametrize("activation", ["relu", "hard_tanh", "abs"])
@pytest.mark.parametrize("widths", [(1,), (4,), (3, 2), (1, 2, 3), (2, 2, 2, 2)])
def test_multiplicities_add_up_to_all_sets(widths: tuple[int, ...], activation: str) -> None:
    shape = pr.Architecture(2, widths, activation=activation)
    for codim in range(sum(widths) + 2):
        wanted = math.comb(sum(widths), codim) * shape.units.n_switches**codim
        assert sum(group.multiplicity for group in strata(shape, codim)) == wanted


def test_units_of_two_breakpoints_are_at_one_each() -> None:
    """One unit cannot meet itself: of one layer of one hard tanh there is no pair."""
    assert strata(pr.Architecture(2, (1,), activation="hard_tanh"), 2) == []
    pairs = {group.chosen: group.multiplicity for group in strata(pr.Architecture(2, (3,), activation="hard_tanh"), 2)}
    assert pairs == {((0, 0),): 3, ((0, 1),): 6, ((1, 1),): 3}


def test_layers_are_named_with_repetitions() -> None:
    assert Stratum(((0, 1), (), (0,)), 5).layers == (1, 1, 3)


def generic_rank(shape: pr.Architecture, group: Stratum, random: np.random.Generator) -> int:
    """The rank of the Jacobian of such units where they are held and all others are open: a product of matrices."""
    jacobian, rows = np.eye(shape.input_dim), []
    for (outputs, inputs), chosen in zip(shape.shapes, group.chosen, strict=False):
        jacobian = random.normal(size=(outputs, inputs)) @ jacobian
        rows.append(jacobian[: len(chosen)].copy())
        jacobian[: len(chosen)] = 0.0
    return int(np.linalg.matrix_rank(np.concatenate(rows), tol=1e-6))


def test_walls_can_meet_where_the_jacobian_has_full_rank() -> None:
    random, told = np.random.default_rng(0), set()
    for shape in SHAPES:
        for codim in range(1, shape.input_dim + 1):
            for group in strata(shape, codim):
                meet = can_meet(shape, group)
                assert meet == (generic_rank(shape, group, random) == codim), (shape, group)
                told.add(meet)
    assert told == {True, False}


def test_no_network_has_walls_that_meet_where_none_can() -> None:
    """The layers whose units do meet in networks that are cut are among those that can."""
    for widths in ((1, 3), (2, 2), (1, 1, 2)):
        shape, cube = pr.Architecture(3, widths), pr.Polytope.box(-1, 1, dim=3)
        possible = {group.layers for codim in (1, 2, 3) for group in strata(shape, codim) if can_meet(shape, group)}
        for network in pr.random_networks(shape, pr.Prior(bias_scale=0.3), number=12):
            complex_ = pr.build_complex(network, cube)
            for codim in (1, 2, 3):
                assert set(pr.boundary_volume(complex_, codim, visible=False, by="layer")) <= possible
