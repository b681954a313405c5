"""Closed forms: against elementary integrals, each other, and sampling."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import dblquad, quad

import polyregions as pr
from polyregions.errors import DimensionMismatch, InvalidNetwork
from polyregions.theory import (
    line_density,
    line_hits,
    lines_meet,
    shallow_density,
    shallow_regions,
    shallow_volume,
    wide_limit_density,
    wide_limit_volume,
)

SQUARE = pr.Polytope.box(-1, 1, dim=2)
UNIT = pr.Prior(bias_scale=1.0, gain=math.sqrt(0.5))
"""With one input: weights and biases of variance 1."""


@pytest.mark.parametrize("scale", [3.0, 1.0, 0.1, 1e-3, 1e-9])
def test_kinks_on_the_line(scale: float) -> None:
    """Their places are Cauchy: the share in [-1, 1] is an arctangent."""
    found = shallow_volume(pr.Architecture(1, (5,)), pr.Prior(bias_scale=scale), pr.Polytope.box(-1, 1, dim=1), 1)
    assert found == pytest.approx(5 * 2 / math.pi * math.atan(math.sqrt(2) / scale), rel=1e-9)


@pytest.mark.parametrize("scale", [2.0, 1.0, 0.1, 1e-3])
def test_crossings_in_a_square(scale: float) -> None:
    found = shallow_volume(pr.Architecture(2, (6,)), pr.Prior(bias_scale=scale), SQUARE, 2)
    assert found == pytest.approx(15 * lines_meet(1 / scale), rel=1e-7)


@pytest.mark.parametrize("ratio", [0.3, 1.0, 20.0])
def test_discs_and_squares_bound_each_other(ratio: float) -> None:
    for probability in (line_hits, lines_meet):
        inner, outer = probability(ratio, "disc"), probability(math.sqrt(2) * ratio, "disc")
        assert inner < probability(ratio) < outer


def test_a_disc_is_the_integral_of_the_density() -> None:
    prior = pr.Prior(bias_scale=1.0)
    inside = quad(
        lambda r: 2 * math.pi * r * shallow_density(pr.Architecture(2, (2,)), prior, [[r, 0.0]], 2)[0], 0, 1.7
    )
    assert inside[0] == pytest.approx(lines_meet(1.7, "disc"), rel=1e-8)


def test_six_lines() -> None:
    assert shallow_regions(6, 1.0) == pytest.approx(10.7019, abs=5e-5)
    assert shallow_regions(6, 1e9) == pytest.approx(22.0, abs=1e-6)  # 1 + 6 + 15: all lines hit, all pairs meet
    assert shallow_regions(6, 0.0) == 1.0


@pytest.mark.parametrize("codim", [1, 2])
@pytest.mark.parametrize(
    "corners", [[[0.5, 0.5], [2, 0.7], [1, 3]], [[0, 0], [1, 0], [0, 1]], [[-1, -1], [2, 0], [0, 2]]]
)
def test_polygons_against_quadrature_in_coordinates(corners: list[list[float]], codim: int) -> None:
    shape, prior = pr.Architecture(2, (3,)), pr.Prior(bias_scale=0.6)
    a, b, c = (np.array(corner, dtype=float) for corner in corners)
    area = abs(np.linalg.det([b - a, c - a]))

    def height(t: float, s: float) -> float:
        place = a + s * (1 - t) * (b - a) + t * (c - a)
        return float((1 - t) * shallow_density(shape, prior, place[None], codim)[0])

    wanted = area * dblquad(height, 0, 1, 0, 1, epsabs=1e-9)[0]
    assert shallow_volume(shape, prior, pr.Polytope.from_vertices(corners), codim) == pytest.approx(wanted, rel=1e-6)


def test_density_by_sampling() -> None:
    """The mean of det(G S G^T)^(1/2), drawn."""
    n, k, x, sw, sb = 4, 2, np.array([0.3, -1.0, 0.5, 0.2]), math.sqrt(0.5), 0.7
    s = sb**2 + sw**2 * x @ x
    spread = sw**2 * (np.eye(n) - sw**2 * np.outer(x, x) / s)
    rows = np.random.default_rng(0).normal(size=(200_000, k, n)) @ np.linalg.cholesky(spread).T
    sizes = pr.Estimate.of(np.sqrt(np.linalg.det(rows @ np.swapaxes(rows, 1, 2))))
    found = shallow_density(pr.Architecture(n, (3,)), pr.Prior(bias_scale=sb), x[None], k)[0]
    scaled = sizes.times(3 * (2 * math.pi * s) ** (-k / 2))
    assert abs(scaled.value - found) < 4.5 * scaled.error


def test_dimensions_three_and_four_by_sampling() -> None:
    for n in (3, 4):
        shape, prior, cube = pr.Architecture(n, (4,)), pr.Prior(bias_scale=0.8), pr.Polytope.box(-1, 0.5, dim=n)
        for codim in (1, n):
            found = pr.expected_boundary_volume(shape, prior, cube, codim, samples=40_000)
            assert abs(found.value - shallow_volume(shape, prior, cube, codim)) < 4.5 * found.error


def test_uniform_biases_on_the_line() -> None:
    prior, shape = pr.Prior(biases="uniform", bias_scale=0.8), pr.Architecture(1, (8,))
    share = quad(lambda x: line_density(prior, [x])[0], -1, 1, points=[0.0])[0]
    found = pr.expected_boundary_volume(shape, prior, pr.Polytope.box(-1, 1, dim=1), 1, samples=60_000)
    assert abs(found.value - 8 * share) < 4.5 * found.error
    assert quad(lambda x: line_density(prior, [x])[0], -np.inf, np.inf)[0] == pytest.approx(1.0, abs=1e-3)
    normal = pr.Prior(bias_scale=0.8)
    assert line_density(normal, [0.3]) == pytest.approx(shallow_density(pr.Architecture(1, (1,)), normal, [[0.3]], 1))


def test_wide_layers_on_the_line() -> None:
    line = pr.Polytope.box(-1, 1, dim=1)
    shares = [wide_limit_volume(pr.Architecture(1, (1,) * depth), UNIT, line) for depth in (1, 2, 3)]
    each = np.diff([0.0, *shares])
    assert each == pytest.approx([2 / math.pi * math.asin(2 ** (-layer / 2)) for layer in (1, 2, 3)], rel=1e-8)
    whole = wide_limit_volume(pr.Architecture(1, (1, 1, 1)), UNIT, pr.Polytope.box(-1e6, 1e6, dim=1))
    assert whole == pytest.approx(3.0, abs=1e-5)


def test_wide_layers_are_what_widening_layers_approach() -> None:
    prior = pr.Prior(bias_scale=0.5)
    shape = pr.Architecture(2, (64, 64))
    found = pr.expected_boundary_volume(shape, prior, SQUARE, 1, samples=10_000)
    assert found.value == pytest.approx(wide_limit_volume(shape, prior, SQUARE), rel=0.03)
    density = wide_limit_density(shape, prior, [[0.2, 0.1]])
    shallow = shallow_density(pr.Architecture(2, (1,)), prior, [[0.2, 0.1]], 1)
    assert density[0] == pytest.approx(shallow)


@pytest.mark.parametrize(
    ("shape", "prior"),
    [
        (pr.Architecture(2, (3, 3)), pr.Prior(bias_scale=1.0)),
        (pr.Architecture(2, (3,), activation="hard_tanh"), pr.Prior(bias_scale=1.0)),
        (pr.Architecture(2, (3,)), pr.Prior("he-uniform", "normal", 1.0)),
        (pr.Architecture(2, (3,)), pr.Prior(biases="uniform", bias_scale=1.0)),
        (pr.Architecture(2, (3,)), pr.Prior(bias_scale=0.0)),
    ],
)
def test_formulas_say_what_they_are_for(shape: pr.Architecture, prior: pr.Prior) -> None:
    with pytest.raises(InvalidNetwork, match="formula"):
        shallow_volume(shape, prior, SQUARE, 1)


def test_wrong_dimensions() -> None:
    shape, prior = pr.Architecture(2, (3,)), pr.Prior(bias_scale=1.0)
    with pytest.raises(DimensionMismatch):
        shallow_volume(shape, prior, pr.Polytope.box(0, 1, dim=3), 1)
    with pytest.raises(DimensionMismatch):
        shallow_density(shape, prior, [[0.0, 0.0]], 3)
    with pytest.raises(DimensionMismatch):
        wide_limit_density(shape, prior, [[0.0]])
    with pytest.raises(ValueError, match="square"):
        line_hits(1.0, "cube")  # type: ignore[arg-type]
