"""The scale from walls on lines: exact in one dimension, and what areas say in more."""

from __future__ import annotations

import math

import numpy as np
import pytest
from effort import examples
from hypothesis import given
from problems import generic
from strategies import kinked_networks

import polyregions as pr
from polyregions.counters.estimators.chords import Chords
from polyregions.counters.estimators.line_scale import line_scale

LINE = pr.Polytope.box(-2, 2, dim=1)
SQUARE = pr.Polytope.box(-1, 1, dim=2)


@given(kinked_networks(max_inputs=1))
@examples(30)
def test_exact_in_one_dimension(network: pr.Network) -> None:
    found = line_scale(network, LINE, 1, np.random.default_rng())
    assert (found.value, found.error) == (len(pr.enumerate_regions(network, LINE)), 0.0)


def scale(walls: float, dim: int) -> float:
    """Regions of so many hyperplanes, by products."""
    return sum(math.prod((walls - j) / (j + 1) for j in range(i)) for i in range(dim + 1))


def test_scale_counts_generic_hyperplanes() -> None:
    for m, d in [(3, 2), (5, 2), (4, 3), (6, 3), (5, 4)]:
        assert scale(m, d) == generic(m, d).activation_regions


@pytest.mark.parametrize(("m", "d"), [(1, 2), (6, 2), (5, 3)])
def test_scale_of_areas(m: int, d: int) -> None:
    problem = generic(m, d)
    area = pr.boundary_volume(pr.build_complex(problem.network, problem.domain), 1, visible=False).value
    walls = 2.0 * area / Chords(problem.domain).surface
    found = line_scale(problem.network, problem.domain, 1500, np.random.default_rng(0))
    assert abs(found.value - scale(walls, d)) < 4 * found.error
    assert found.error < 0.1 * found.value
    assert found.value < problem.activation_regions  # no line crosses all of them


def test_parallel_walls_are_overrated() -> None:
    shifts = np.linspace(-0.9, 0.9, 12)
    network = pr.Network.from_arrays([[[1.0, 0.0]] * 12, [3.0 ** np.arange(12)]], [shifts, [0.0]])
    found = line_scale(network, SQUARE, 500, np.random.default_rng(0))
    assert found.value > 13 + 4 * found.error  # regions


def test_one_line_says_nothing_about_the_error() -> None:
    network = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [np.zeros(2), [0.0]])
    found = line_scale(network, SQUARE, 1, np.random.default_rng(0))
    assert found.error == math.inf
    assert found.value in (1.0, 2.0, 4.0)
