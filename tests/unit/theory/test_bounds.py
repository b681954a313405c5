"""Bounds of averages hold, and have the values of their formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest

import polyregions as pr
from polyregions.theory import bounds, expected_pieces_on_line, expected_regions

SHAPE, PRIOR = pr.Architecture(2, (4, 4)), pr.Prior(bias_scale=0.5)
SQUARE = pr.Polytope.box(-1, 1, dim=2)
GRID = [[x, y] for x in (-1.0, 0.0, 1.0) for y in (-1.0, 0.0, 1.0)]


@pytest.fixture(scope="module")
def constant() -> float:
    """C_grad C_bias, with some room for the error of the first."""
    found = bounds.gradient_constant(SHAPE, PRIOR, GRID, codim=2, samples=20_000)
    return (found.value + 4 * found.error) * bounds.bias_constant(SHAPE, PRIOR)


@pytest.mark.parametrize("codim", [1, 2])
def test_volumes(codim: int, constant: float) -> None:
    found = pr.expected_boundary_volume(SHAPE, PRIOR, SQUARE, codim, samples=20_000)
    sharp = bounds.volume_bound(SHAPE, constant, codim)
    assert found.value < 4 * sharp
    assert bounds.volume_bound(SHAPE, constant, codim, published=True) == pytest.approx(2**codim * sharp)


def test_lines(constant: float) -> None:
    found = expected_pieces_on_line(SHAPE, PRIOR, [-1, -1], [1, 1], visible=False, samples=20_000)
    assert found.value < bounds.line_bound(SHAPE, constant, 2 * math.sqrt(2))


def test_regions(constant: float) -> None:
    found = expected_regions(SHAPE, PRIOR, SQUARE, samples=20_000)
    assert found.value < bounds.cube_bound(SHAPE, constant, 2.0)
    assert bounds.cube_bound(SHAPE, constant, 2.0) < bounds.published_cube_bound(SHAPE, constant, 2.0)


def test_distances(constant: float) -> None:
    points = np.random.default_rng(0).uniform(-1, 1, (20, 2))
    near = [
        pr.distance_to_region_boundary(network, points).value.mean()
        for network in pr.random_networks(SHAPE, PRIOR, number=40)
    ]
    assert np.mean(near) > bounds.distance_bound(SHAPE, constant)


def test_constants_of_one_layer() -> None:
    layer = pr.Architecture(2, (6,))
    for codim in (1, 2):  # independent gradients: the same constant
        found = bounds.gradient_constant(layer, PRIOR, [[0.3, 0.4]], codim=codim)
        assert abs(found.value - math.sqrt(math.pi / 2)) < 4.5 * found.error + 0.01 * (codim - 1)
    assert bounds.bias_constant(layer, pr.Prior(biases="uniform", bias_scale=0.8)) == 0.625
    assert bounds.bias_constant(SHAPE, pr.Prior.torch()) == pytest.approx(1.0)  # the wider layer: sqrt(4) / 2
    assert math.isinf(bounds.bias_constant(layer, pr.Prior(bias_scale=0.0)))


def test_factor_of_distances() -> None:
    assert bounds.distance_factor(1) == pytest.approx(0.25)
    factors = [bounds.distance_factor(n) for n in (1, 2, 3, 10, 784)]
    assert factors == sorted(factors, reverse=True)
    assert factors[-1] == pytest.approx(0.203, abs=5e-4)


def test_numbers() -> None:
    assert bounds.predicted_regions(pr.Architecture(2, (32, 32, 32))) == 4608
    assert bounds.volume_bound(pr.Architecture(3, (10,)), 1.0, 3) == math.comb(10, 3)
    assert bounds.line_bound(pr.Architecture(1, (3,), activation="hard_tanh"), 1.0, 2.0) == 13
    per_unit = 32 * 0.5 * 2 * 20
    assert bounds.maxout_cube_bound(2, 20, 2, 0.5, 1.0) == per_unit**2 / 2
    assert bounds.maxout_cube_bound(2, 20, 3, 0.5, 1.0) == (1.5 * per_unit) ** 2 / 2 * math.comb(6, 4)
    with pytest.raises(ValueError, match="cube_bound has no such conditions"):
        bounds.published_cube_bound(pr.Architecture(3, (2,)), 1.0, 1.0)
    with pytest.raises(ValueError, match="side"):
        bounds.published_cube_bound(pr.Architecture(2, (9,)), 0.1, 1.0)


def test_wrong_points() -> None:
    with pytest.raises(ValueError, match="points of shape"):
        bounds.gradient_constant(SHAPE, PRIOR, [[0.0]])
    with pytest.raises(ValueError, match="points of shape"):
        bounds.gradient_constant(SHAPE, PRIOR, np.zeros((0, 2)))
