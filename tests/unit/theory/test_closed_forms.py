"""Closed forms: against elementary integrals, each other, and sampling."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.integrate import dblquad, quad
from scipy.spatial.transform import Rotation

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


# Lines and squares.


@pytest.mark.parametrize("ratio", [0.1, 1.0, 7.0])
def test_lines_that_hit_and_meet_by_drawing_them(ratio: float) -> None:
    """A line hits a square where corners lie on both sides; two lines are met by solving for their point."""
    random, count = np.random.default_rng(0), 100_000
    weights, biases = random.normal(size=(count, 2, 2)), random.normal(size=(count, 2)) / ratio
    corners = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    sides = np.sign(weights[:, 0] @ corners.T + biases[:, :1])
    points = np.linalg.solve(weights, -biases[:, :, None])[:, :, 0]
    found = {
        (line_hits, "square"): np.ptp(sides, axis=1) > 0,
        (line_hits, "disc"): np.abs(biases[:, 0]) < np.linalg.norm(weights[:, 0], axis=1),
        (lines_meet, "square"): np.abs(points).max(axis=1) < 1,
        (lines_meet, "disc"): np.linalg.norm(points, axis=1) < 1,
    }
    for (formula, shape), share in found.items():
        assert abs(share.mean() - formula(ratio, shape)) < 5 * math.sqrt(0.25 / count)


@pytest.mark.parametrize("ratio", [1e-3, 0.1, 0.5, 1.0, 3.0, 50.0])
def test_formulas_as_they_are_usually_written(ratio: float) -> None:
    square = ratio**2
    assert line_hits(ratio) == pytest.approx(1 - 2 / math.pi * math.asin(1 / (1 + 2 * square)), rel=1e-9)
    assert lines_meet(ratio) == pytest.approx(2 / math.pi * math.asin(square / (1 + square)), rel=1e-12)
    assert line_hits(ratio, "disc") == pytest.approx(ratio / math.sqrt(1 + square), rel=1e-12)
    assert lines_meet(ratio, "disc") == pytest.approx(1 - 1 / math.sqrt(1 + square), rel=1e-9)


@pytest.mark.parametrize("ratio", [1e-12, 1e-100])
def test_small_probabilities_keep_their_digits(ratio: float) -> None:
    assert line_hits(ratio) == pytest.approx(4 / math.pi * ratio, rel=1e-12)  # a perimeter of 8, over 2 pi
    assert line_hits(ratio, "disc") == pytest.approx(ratio, rel=1e-12)
    assert lines_meet(ratio) == pytest.approx(2 / math.pi * ratio**2, rel=1e-12)
    assert lines_meet(ratio, "disc") == pytest.approx(ratio**2 / 2, rel=1e-12)


def test_large_ratios_make_all_lines_hit_and_meet() -> None:
    for formula in (line_hits, lines_meet):
        for shape in ("square", "disc"):
            assert formula(1e200, shape) == pytest.approx(1.0)  # type: ignore[operator]
    for wrong in (math.inf, math.nan, -1.0):
        with pytest.raises(ValueError, match="finite ratio"):
            lines_meet(wrong)


# Integrals.


@pytest.mark.parametrize("scale", [1e-50, 1e-20, 1e-6])
@pytest.mark.parametrize("dim", [1, 2, 3])
def test_all_hyperplanes_meet_near_the_origin_if_biases_are_small(scale: float, dim: int) -> None:
    shape, cube = pr.Architecture(dim, (5,)), pr.Polytope.box(-1, 1, dim=dim)
    found = shallow_volume(shape, pr.Prior(bias_scale=scale), cube, dim)
    assert found == pytest.approx(math.comb(5, dim), rel=5 * scale + 1e-9)


@pytest.mark.parametrize("scale", [1e-50, 1e-30, 1e-9])
def test_lines_go_through_the_origin_if_biases_are_small(scale: float) -> None:
    """Those at random directions are 8 / pi asinh(1) long in the square on average."""
    found = shallow_volume(pr.Architecture(2, (3,)), pr.Prior(bias_scale=scale), SQUARE, 1)
    assert found == pytest.approx(3 * 8 / math.pi * math.asinh(1), rel=1e-8)


@pytest.mark.parametrize("dim", [2, 3])
def test_vertices_have_a_law_of_cauchy(dim: int) -> None:
    """They are drawn, by solving equations, and counted in a box away from the origin."""
    random, count = np.random.default_rng(dim), 100_000
    prior, box = pr.Prior(bias_scale=0.7), pr.Polytope.box([0.2] + [-0.5] * (dim - 1), [2.0] * dim)
    weights = random.normal(size=(count, dim, dim)) * math.sqrt(2 / dim)
    points = np.linalg.solve(weights, 0.7 * random.normal(size=(count, dim, 1)))[:, :, 0]
    share = ((box.lower < points) & (points < box.upper)).all(axis=1).mean()
    found = shallow_volume(pr.Architecture(dim, (dim,)), prior, box, dim)
    assert abs(share - found) < 5 * math.sqrt(found / count)


@pytest.mark.parametrize(
    ("lower", "upper", "cut"),
    [
        ([-1, -1], [1, 2], 0.3),
        ([-1, -1], [1, 2], 0.0),
        ([-1, -1], [1, 2], 1e-13),
        ([0, 0], [5, 1], 4.0),  # one part touches the origin, the other is farther from it than it is wide
        ([1, -2], [9, 1], 4.0),
        ([3e5, 0], [3e5 + 1, 2], 3e5 + 0.5),
        ([0, 0, -1], [1, 1, 0.5], 0.25),
        ([1, 0, 0], [6, 1, 1], 4.0),
    ],
)
@pytest.mark.parametrize("scale", [1e-13, 0.1])
def test_parts_of_a_domain_add_up(lower: list[float], upper: list[float], cut: float, scale: float) -> None:
    """By cones from the origin, inside or outside, or by simplices far from it."""
    shape, prior = pr.Architecture(len(lower), (3,)), pr.Prior(bias_scale=scale)
    parts = pr.Polytope.box(lower, [cut, *upper[1:]]), pr.Polytope.box([cut, *lower[1:]], upper)
    for codim in range(1, len(lower) + 1):
        whole = shallow_volume(shape, prior, pr.Polytope.box(lower, upper), codim)
        assert whole > 0
        assert sum(shallow_volume(shape, prior, part, codim) for part in parts) == pytest.approx(whole, rel=1e-7)


@pytest.mark.parametrize("dim", [2, 3])
def test_turns_change_nothing(dim: int) -> None:
    """Also with the origin on a facet, that rounding moves to one of its sides."""
    turn = Rotation.from_rotvec([0.3, 0.4, 0.5]).as_matrix() if dim == 3 else np.array([[0.8, -0.6], [0.6, 0.8]])
    corners = np.array(list(itertools.product((0.0, 2.0), *[(-1.0, 1.0)] * (dim - 1))))
    shape, prior = pr.Architecture(dim, (4,)), pr.Prior(bias_scale=1e-3)
    one, other = pr.Polytope.from_vertices(corners), pr.Polytope.from_vertices(corners @ turn.T)
    for codim in range(1, dim + 1):
        wanted = shallow_volume(shape, prior, one, codim)
        assert shallow_volume(shape, prior, other, codim) == pytest.approx(wanted, rel=1e-8)


@pytest.mark.parametrize("unit", [1e-90, 1e-20, 1e20])
def test_another_unit_of_length_changes_nothing(unit: float) -> None:
    """Domain and biases in other units; in the smallest ones, biases alone count."""
    corners = np.array([[-1.0, -1.0], [2.0, 0.0], [0.0, 1.0]])
    shape, triangle = pr.Architecture(2, (4,)), pr.Polytope.from_vertices(unit * corners)
    for codim in (1, 2):
        if unit == 1e-90:
            wanted = shallow_density(shape, UNIT, [[0.0, 0.0]], codim)[0] * 2.5 * unit**2
        else:
            wanted = shallow_volume(shape, UNIT, pr.Polytope.from_vertices(corners), codim) * unit ** (2 - codim)
        prior = UNIT if unit == 1e-90 else pr.Prior(bias_scale=unit, gain=math.sqrt(0.5))
        assert shallow_volume(shape, prior, triangle, codim) == pytest.approx(wanted, rel=1e-8)


def test_four_dimensions_against_quadrature_of_the_radius() -> None:
    """A cross polytope lies between two balls, whose integrals are of one function of the radius."""
    shape, prior = pr.Architecture(4, (4,)), pr.Prior(bias_scale=0.8)
    corner = pr.Polytope.simplex(4)  # a sixteenth of a cross polytope
    for codim in (1, 3, 4):
        inner, outer = (
            quad(
                lambda r, k=codim: 2 * math.pi**2 * r**3 * shallow_density(shape, prior, [[r, 0, 0, 0]], k)[0], 0, end
            )[0]
            for end in (0.5, 1.0)
        )
        assert inner < 16 * shallow_volume(shape, prior, corner, codim) < outer


# Wide layers.


def test_half_a_third_and_less() -> None:
    """Kinks in [-1, 1] per unit of the first three layers, and of all units, with variances 1 (Özkan and Hirsch)."""
    line = pr.Polytope.box(-1, 1, dim=1)
    totals = [wide_limit_volume(pr.Architecture(1, (60,) * depth), UNIT, line) / 60 for depth in (1, 2, 3)]
    assert np.diff([0.0, *totals]) == pytest.approx([1 / 2, 1 / 3, 0.2301], abs=5e-5)
    assert [total / depth for depth, total in enumerate(totals, start=1)] == pytest.approx(
        [1 / 2, 5 / 12, 0.3545], abs=5e-5
    )


@pytest.mark.parametrize("activation", ["relu", "abs", "leaky_relu(0.3)"])
def test_layers_of_64_are_nearly_without_end(activation: str) -> None:
    shape, line = pr.Architecture(1, (64, 64), activation=activation), pr.Polytope.box(-1, 1, dim=1)
    found = pr.expected_boundary_volume(shape, UNIT, line, 1, by="layer", samples=6000)
    limit = [
        wide_limit_volume(pr.Architecture(1, widths, activation=activation), UNIT, line) for widths in ((64,), (64, 64))
    ]
    assert abs(found[1,].value - limit[0]) < 4.5 * found[1,].error  # exact for the first layer
    assert found[2,].value == pytest.approx(limit[1] - limit[0], rel=0.04)


def test_wide_limits_are_for_activations_that_scale() -> None:
    for activation in ("hard_tanh", "relu6", "clamp(0.5,inf)"):
        with pytest.raises(InvalidNetwork, match="scale"):
            wide_limit_density(pr.Architecture(1, (3,), activation=activation), UNIT, [[0.0]])
    with pytest.raises(InvalidNetwork, match="normal"):
        wide_limit_volume(pr.Architecture(1, (3,)), pr.Prior.torch(), pr.Polytope.box(-1, 1, dim=1))
    with pytest.raises(DimensionMismatch):
        wide_limit_volume(pr.Architecture(1, (3,)), UNIT, SQUARE)


# Numbers.


def test_glorot_needs_the_number_of_units() -> None:
    for units in (1, 9):
        prior, shape = pr.Prior("glorot-normal", "normal", 0.4), pr.Architecture(1, (units,))
        wanted = shallow_density(shape, prior, [[0.3], [-2.0]], 1) / units
        assert line_density(prior, [0.3, -2.0], units=units) == pytest.approx(wanted)


def test_densities_on_the_line_at_all_scales() -> None:
    prior = pr.Prior(biases="uniform", bias_scale=1e-3)
    peak = math.sqrt(2) / 2e-3 * math.sqrt(2 / math.pi)
    assert line_density(prior, [0.0, 1e-300, -1e-200]) == pytest.approx([peak] * 3)
    far = line_density(prior, [1e3, 1e6])
    assert far[0] / far[1] == pytest.approx(1e6, rel=1e-6)
    for wrong in ([math.nan], [[0.0]], 0.0):
        with pytest.raises(DimensionMismatch, match="points of the line"):
            line_density(prior, wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidNetwork, match="formula"):
        line_density(pr.Prior.torch(), [0.0])


def test_codimensions_are_whole_numbers() -> None:
    shape, prior = pr.Architecture(2, (3,)), pr.Prior(bias_scale=1.0)
    assert shallow_volume(shape, prior, SQUARE, np.int64(2)) == shallow_volume(shape, prior, SQUARE, 2)  # type: ignore[arg-type]
    for wrong in (1.0, "1", 0, 3, None):
        with pytest.raises(DimensionMismatch, match="codimension"):
            shallow_volume(shape, prior, SQUARE, wrong)  # type: ignore[arg-type]
        with pytest.raises(DimensionMismatch, match="codimension"):
            shallow_density(shape, prior, [[0.0, 0.0]], wrong)  # type: ignore[arg-type]
    assert shallow_volume(pr.Architecture(2, (1,)), prior, SQUARE, 2) == 0.0
