"""The volume theorem's right-hand side: against closed forms, plain loops, and other ways to sample."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pytest

import polyregions as pr
from polyregions.errors import DimensionMismatch, InvalidNetwork
from polyregions.theory import expected_pieces_on_line, expected_regions, shallow_volume
from polyregions.theory.sampling import Place, Uniform
from polyregions.theory.strata import strata

SQUARE = pr.Polytope.box(-1, 1, dim=2)
TRIANGLE = pr.Polytope.from_vertices([[0.5, 0.5], [2.0, 0.75], [1.0, 3.0]])
NORMAL = pr.Prior(bias_scale=0.5)


def apart(one: pr.Estimate, other: pr.Estimate | float) -> float:
    """Return the difference in standard errors."""
    value, error = (other.value, other.error) if isinstance(other, pr.Estimate) else (other, 0.0)
    return abs(one.value - value) / math.hypot(one.error, error)


# Sets of units.


@pytest.mark.parametrize(("widths", "activation"), [((3, 2), "relu"), ((2, 1, 3), "relu"), ((3, 2), "hard_tanh")])
@pytest.mark.parametrize("codim", [1, 2, 3])
def test_strata_count_all_sets(widths: tuple[int, ...], activation: str, codim: int) -> None:
    shape = pr.Architecture(3, widths, activation=activation)
    units = [(layer, unit) for layer, width in enumerate(widths) for unit in range(width)]
    breakpoints = range(shape.units.n_switches)
    wanted: Counter[tuple[tuple[int, ...], ...]] = Counter()
    for chosen in itertools.combinations(units, codim):
        for places in itertools.product(breakpoints, repeat=codim):
            kinds = [
                tuple(sorted(t for (layer, _), t in zip(chosen, places, strict=True) if layer == number))
                for number in range(len(widths))
            ]
            wanted[tuple(kinds)] += 1
    assert {group.chosen: group.multiplicity for group in strata(shape, codim)} == dict(wanted)


# Points.


def test_uniform_points_fill_a_polytope() -> None:
    points = Uniform(TRIANGLE).draw(np.random.default_rng(0), 20_000)
    assert TRIANGLE.contains(points[:500]).all()
    centre = TRIANGLE.vertices.mean(axis=0)
    assert np.abs(points.mean(axis=0) - centre).max() < 5 * points.std() / math.sqrt(20_000)
    assert Uniform(TRIANGLE).volume == pytest.approx(float(TRIANGLE.volume))


@pytest.mark.parametrize("domain", [SQUARE, TRIANGLE, pr.Polytope.box(-1, 1, dim=1), pr.Polytope.simplex(3, 2.0)])
@pytest.mark.parametrize("core", [1e-6, 1e-2, 0.2])
def test_points_near_the_origin_have_weights_that_make_up_for_it(domain: pr.Polytope, core: float) -> None:
    place = Place.of(pr.Architecture(domain.dim, (2,)), NORMAL, domain, None)
    points, weights = place.draw(np.random.default_rng(1), 40_000, place.shells(core, domain.dim))
    plain = Uniform(domain).draw(np.random.default_rng(2), 40_000)
    volume = Uniform(domain).volume
    assert apart(pr.Estimate.of(weights), volume) < 4.5
    for power in (1, 2):
        there = pr.Estimate.of(weights * (points**power).sum(axis=1))
        assert apart(there, pr.Estimate.of(volume * (plain**power).sum(axis=1))) < 4.5


# Expectations.


@pytest.mark.parametrize("scale", [1.0, 0.05, 1e-3])
@pytest.mark.parametrize(
    ("domain", "widths"),
    [(pr.Polytope.box(-1, 1, dim=1), (5,)), (SQUARE, (6,)), (TRIANGLE, (4,)), (pr.Polytope.box(-1, 1, dim=3), (4,))],
)
def test_one_layer_against_quadrature(scale: float, domain: pr.Polytope, widths: tuple[int, ...]) -> None:
    shape, prior = pr.Architecture(domain.dim, widths), pr.Prior(bias_scale=scale)
    for codim in range(1, domain.dim + 1):
        exact = shallow_volume(shape, prior, domain, codim)
        found = pr.expected_boundary_volume(shape, prior, domain, codim, samples=40_000, seed=11)
        assert apart(found, exact) < 4.5
        assert found.error < 0.05 * exact


def test_methods_agree() -> None:
    shape = pr.Architecture(2, (3, 3))
    for codim in (1, 2):
        ways = [
            pr.expected_boundary_volume(shape, NORMAL, SQUARE, codim, method=method, samples=60_000, seed=seed)
            for seed, method in enumerate(("density", "conditional"))
        ]
        assert apart(*ways) < 4.5


def plain_samples(count: int, codim: int) -> pr.Estimate:
    """The formula in plain loops, for widths (2, 2), all sets of units, and the density of biases."""
    random, widths, total = np.random.default_rng(5), (2, 2), np.zeros(count)
    units = [(layer, unit) for layer in range(2) for unit in range(2)]
    for number in range(count):
        for chosen in itertools.combinations(units, codim):
            h, slopes, rows, density = random.uniform(-1, 1, 2), np.eye(2), [], 1.0
            deepest = max(layer for layer, _ in chosen)
            for layer, width in enumerate(widths):
                weights = random.normal(0, 1, (width, len(h))) * math.sqrt(2 / len(h))
                biases = random.normal(0, 0.5, width)
                z, gradients = weights @ h, weights @ slopes
                h, slopes, any_open = np.zeros(width), np.zeros((width, 2)), False
                for unit in range(width):
                    if (layer, unit) in chosen:
                        density *= math.exp(-0.5 * (z[unit] / 0.5) ** 2) / (0.5 * math.sqrt(2 * math.pi))
                        rows.append(gradients[unit])
                    elif z[unit] + biases[unit] > 0:
                        h[unit], slopes[unit], any_open = z[unit] + biases[unit], gradients[unit], True
                if layer > deepest and not any_open:
                    density = 0.0
            table = np.array(rows)
            total[number] += 4.0 * math.sqrt(max(np.linalg.det(table @ table.T), 0.0)) * density
    return pr.Estimate.of(total)


@pytest.mark.parametrize("codim", [1, 2])
def test_against_plain_loops(codim: int) -> None:
    found = pr.expected_boundary_volume(pr.Architecture(2, (2, 2)), NORMAL, SQUARE, codim, samples=60_000)
    assert apart(found, plain_samples(2500, codim)) < 4.5


def test_parts_by_layers_add_up_and_are_those_of_networks() -> None:
    shape = pr.Architecture(2, (3, 2))
    parts = pr.expected_boundary_volume(shape, NORMAL, SQUARE, 2, by="layer", samples=60_000)
    whole = pr.expected_boundary_volume(shape, NORMAL, SQUARE, 2, samples=60_000)
    assert sum(part.value for part in parts.values()) == pytest.approx(whole.value)
    counted: dict[tuple[int, ...], list[float]] = {key: [] for key in parts}
    for network in pr.random_networks(shape, NORMAL, number=200, seed=9):
        found = pr.boundary_volume(pr.build_complex(network, SQUARE), 2, by="layer")
        for key, values in counted.items():
            values.append(found[key].value if key in found else 0.0)
    for key, values in counted.items():
        assert apart(pr.Estimate.of(np.array(values)), parts[key]) < 4.5


def test_lines_in_many_inputs_cost_three_coordinates() -> None:
    """Normal and uniform weights of one variance: nearly the same in wide layers, the latter without the short cut."""
    start, end = np.zeros(40), np.full(40, 0.7)
    shape = pr.Architecture(40, (6, 5))
    normal, uniform = (
        expected_pieces_on_line(shape, pr.Prior(law, "normal", 0.3), start, end, samples=30_000)  # type: ignore[arg-type]
        for law in ("he-normal", "he-uniform")
    )
    assert normal.value == pytest.approx(uniform.value, rel=0.05)
    networks = pr.random_networks(shape, pr.Prior(bias_scale=0.3), number=300, seed=2)
    counted = [pr.regions_on_line(network, start, end).linear_pieces for network in networks]
    assert apart(pr.Estimate.of(np.array(counted, dtype=float)), normal) < 4.5


def test_regions_in_a_plane_in_many_inputs() -> None:
    random = np.random.default_rng(3)
    matrix, offset = random.normal(size=(9, 2)), random.normal(size=9) / 3
    shape, prior = pr.Architecture(9, (4, 3)), pr.Prior(bias_scale=0.4)
    expected = expected_regions(shape, prior, SQUARE, embedding=(matrix, offset), samples=60_000)
    networks = pr.random_networks(shape, prior, number=250, seed=5)
    counted = [len(pr.enumerate_regions(network.after(matrix, offset), SQUARE)) for network in networks]
    assert apart(pr.Estimate.of(np.array(counted, dtype=float)), expected) < 4.5


def test_every_unit_switches_once_on_a_line_through_the_origin() -> None:
    shape, point = pr.Architecture(30, (24, 24, 24)), np.full(30, 1e3)
    pieces = expected_pieces_on_line(shape, pr.Prior(bias_scale=1.0), -point, point, visible=False)
    assert (pieces.value - 1) / 72 == pytest.approx(1.0, abs=0.05)


def test_many_inputs_without_a_flat() -> None:
    shape, cube = pr.Architecture(300, (3,)), pr.Polytope.box(0, 1, dim=300)
    found = pr.expected_boundary_volume(shape, pr.Prior(bias_scale=1.0), cube, 1, samples=2000)
    s = 1.0 + 2 / 300 * 100.0  # |x|^2 is near 100, and gradients near sqrt(2)
    assert found.value == pytest.approx(3 * math.sqrt(2) / math.sqrt(2 * math.pi * s), rel=0.05)


def test_more_walls_than_units_do_not_meet() -> None:
    assert pr.expected_boundary_volume(pr.Architecture(3, (2,)), NORMAL, pr.Polytope.box(-1, 1, dim=3), 3).value == 0.0


def test_the_same_seed_gives_the_same_numbers() -> None:
    shape = pr.Architecture(2, (2, 2))
    one, same, other = (pr.expected_boundary_volume(shape, NORMAL, SQUARE, 1, samples=2000, seed=s) for s in (1, 1, 2))
    assert one == same
    assert one != other


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"prior": pr.Prior(bias_scale=0.0)}, InvalidNetwork),
        ({"codim": 3}, DimensionMismatch),
        ({"codim": 0}, DimensionMismatch),
        ({"domain": pr.Polytope.box(0, 1, dim=3)}, DimensionMismatch),
        ({"embedding": (np.eye(3)[:, :2], np.zeros(3))}, DimensionMismatch),
        ({"embedding": (np.ones((2, 2)), np.zeros(2))}, DimensionMismatch),
        ({"method": "exact"}, ValueError),
        ({"method": "conditional", "prior": pr.Prior("he-uniform", "normal", 0.5)}, ValueError),
        ({"reading": "loose"}, ValueError),
        ({"by": "unit"}, ValueError),
        ({"samples": 10}, ValueError),
    ],
)
def test_bad_input_is_refused(changes: dict[str, object], error: type[Exception]) -> None:
    given = {"architecture": pr.Architecture(2, (3,)), "prior": NORMAL, "domain": SQUARE, "codim": 1} | changes
    with pytest.raises(error):
        pr.expected_boundary_volume(**given)  # type: ignore[call-overload]
