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


@pytest.mark.parametrize("activation", ["relu", "hard_tanh(-0.5,0.5)"])
def test_every_breakpoint_counts(activation: str) -> None:
    """Bounds for uniform weights and biases, on a line: all of them with the number of breakpoints."""
    shape, prior = pr.Architecture(1, (3, 3), activation=activation), pr.Prior("he-uniform", "uniform", 0.5)
    line = pr.Polytope.box(-1, 1, dim=1)
    found = bounds.gradient_constant(shape, prior, [[-1.0], [-0.3], [0.0], [0.7]], samples=8000)
    constant = (found.value + 4 * found.error) * bounds.bias_constant(shape, prior)
    walls = pr.expected_boundary_volume(shape, prior, line, 1, visible=False, samples=20_000)
    assert 0.2 * 2 * bounds.volume_bound(shape, constant, 1) < walls.value < 2 * bounds.volume_bound(shape, constant, 1)
    assert walls.value + 1 < bounds.line_bound(shape, constant, 2.0)
    points = np.random.default_rng(0).uniform(-1, 1, (20, 1))
    near = [
        np.minimum(pr.distance_to_region_boundary(network, points).value, 10.0).mean()
        for network in pr.random_networks(shape, prior, number=40)
    ]
    assert np.mean(near) > bounds.distance_bound(shape, constant)
    assert bounds.distance_bound(shape, constant) == pytest.approx(0.25 / (6 * shape.units.n_switches * constant))


def test_factors_of_distances_by_sums() -> None:
    """The mean of a distance whose law is exactly the bound: (d < f^-1(u)), drawn by bisection of the series."""
    for dim, terms in ((1, [2.0]), (2, [2.0, math.pi / 2]), (3, [2.0, math.pi / 2, 4 / 3 * math.pi / 6])):
        grid = np.linspace(0.0, 0.6, 600_001)
        closer = sum(factor * grid ** (k + 1) for k, factor in enumerate(terms))
        mean = np.maximum(1.0 - closer, 0.0).mean() * 0.6
        assert bounds.distance_factor(dim) == pytest.approx(mean, abs=2e-6)


def test_gradients_behind_a_layer() -> None:
    """Of a unit in the second layer behind one open unit or none: half of a product of two means, for one input."""
    shape, prior = pr.Architecture(1, (1, 1)), pr.Prior(bias_scale=1.0)  # weights of variance 2 in both layers
    found = bounds.gradient_constant(shape, prior, [[0.4]], samples=40_000)
    mean = 2 / math.sqrt(math.pi)  # of |w|, which is larger than half its square
    assert abs(found.value - mean) < 4.5 * found.error
    pairs = bounds.gradient_constant(shape, prior, [[0.0]], codim=2, samples=40_000)
    wanted = math.sqrt(0.5 * 2.0 * mean)  # (mean of w^2, where open, times that of the second |w|)^(1/2)
    assert abs(max(wanted, mean) - pairs.value) < 4.5 * pairs.error


def test_gradients_of_pairs_and_their_error() -> None:
    """Of two units that read one of slope 1 or -1: the square root of the mean of w^2, times that of another |w|."""
    shape, prior = pr.Architecture(1, (1, 2), activation="abs"), pr.Prior(bias_scale=1.0)  # variances 2
    found = [bounds.gradient_constant(shape, prior, [[0.4]], codim=2, samples=2000, seed=seed) for seed in range(60)]
    values = pr.Estimate.of(np.array([estimate.value for estimate in found]))
    assert abs(values.value - math.sqrt(2.0) * 2 / math.sqrt(math.pi)) < 4.5 * values.error + 0.005
    errors = np.array([estimate.error for estimate in found])
    assert math.sqrt((errors**2).mean()) == pytest.approx(values.error * math.sqrt(60), rel=0.35)


def test_cubes_by_counting_vertices() -> None:
    shape, constant, side = pr.Architecture(3, (5, 2)), 0.3, 1.5
    wanted = sum(
        math.comb(3, j) * 2 ** (3 - j) * side**j * math.comb(7, j) * constant**j * 2**j for j in range(4)
    )  # faces of the cube, their volumes, sets of units, regions at a vertex
    assert bounds.cube_bound(shape, constant, side) == pytest.approx(wanted)


def test_bounds_beyond_floats_are_infinite() -> None:
    wide, deep = pr.Architecture(784, (1000,)), pr.Architecture(784, (20, 20))
    assert math.isinf(bounds.predicted_regions(wide))
    assert math.isinf(bounds.published_cube_bound(wide, 1.0, 1.0))
    assert math.isinf(bounds.cube_bound(wide, 1.0, 1.0))
    assert math.isinf(bounds.volume_bound(wide, 1e9, 400))
    assert math.isinf(bounds.maxout_cube_bound(784, 1000, 3, 1.0, 1.0))
    assert math.isinf(bounds.maxout_decision_bound(784, 1000, 3, 1.0, 1.0))
    assert math.isinf(bounds.volume_bound(deep, math.inf, 1))
    product = bounds.volume_bound(pr.Architecture(1, (2000,)), 0.5, 1000)  # of a number beyond floats and a small one
    assert math.log(product) == pytest.approx(math.lgamma(2001) - 2 * math.lgamma(1001) - 1000 * math.log(2))
    assert bounds.cube_bound(deep, 0.0, 1.0) == 2.0**784
    shape = pr.Architecture(np.int64(20), (100,))  # type: ignore[arg-type]
    assert bounds.predicted_regions(shape) == pytest.approx(100.0**20 / math.factorial(20))


def test_conditions_of_the_published_bound() -> None:
    for constant, side in ((0.0, 1.0), (0.1, 1.2)):
        with pytest.raises(ValueError, match=r"a side of 1 / \(8 C\)"):
            bounds.published_cube_bound(pr.Architecture(2, (9,)), constant, side)
    assert bounds.published_cube_bound(pr.Architecture(2, (9,)), 0.1, 1.25) == pytest.approx(36**2 / 2)


@pytest.mark.parametrize("widths", [(3,), (3, 3), (2, 2, 2)])
def test_pieces_of_petersen_and_zech(widths: tuple[int, ...]) -> None:
    """Slopes of any unit are at most the product of all sums of weights, which uniform ones bound."""
    shape, prior = pr.Architecture(1, widths), pr.Prior("torch", "uniform", 0.5)
    slope = math.prod(inputs / math.sqrt(inputs) for _, inputs in shape.shapes[:-1])
    found = expected_pieces_on_line(shape, prior, [0.0], [1.0], visible=False, samples=10_000)
    assert found.value < bounds.pieces_bound(shape, slope, width=1.0)
    later = sum(widths[1:])
    growth = 1 + (len(widths) - 1) * math.log(2 * max(widths))
    assert bounds.pieces_bound(shape, slope, 1.0) == pytest.approx(1 + widths[0] + slope * growth * later)


def test_decision_boundaries_of_maxout() -> None:
    assert bounds.maxout_decision_bound(2, 20, 2, 0.5, 6.0) == 8.0**2 * 80 * 36
    assert bounds.maxout_decision_bound(3, 5, 3, 0.25, 1.0) == 4.0**3 * 30**2 / 2 * math.comb(6, 4)
