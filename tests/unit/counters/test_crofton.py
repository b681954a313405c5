"""Volumes of boundaries from random lines and flats, against exact volumes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from degenerate_networks import boundary
from problems import l1_norm, linf_norm

import polyregions as pr
from polyregions.counters.estimators.crofton import crofton, mean_shadow
from polyregions.errors import DimensionMismatch, InvalidDomain
from polyregions.theory import Architecture, Prior, random_network

SQUARE = pr.Polytope.box(-1, 1, dim=2)
CUBE = pr.Polytope.box(-1, 1, dim=3)
PLANE = random_network(Architecture(2, (6, 4)), Prior(bias_scale=0.5), seed=3)
SPACE = random_network(Architecture(3, (4, 3)), Prior(bias_scale=0.3), seed=1)
# Units of the second layer with opposite weights to one output: walls that coincide, and some that nobody sees.
HIDDEN = pr.Network.from_arrays(
    [[[1, 0], [0, 1], [0, 1]], [[1, 1, 0], [-1, -1, 0], [1, 0, -1]], [[1, 1, 0]]],
    [[0.25, 0, 0], [-0.5, 0.5, 0.125], [0.0]],
)


def z(found: pr.Estimate, wanted: float) -> float:
    return abs(found.value - wanted) / found.error


@pytest.mark.parametrize(("dim", "codim"), [(2, 1), (3, 1), (3, 2), (4, 2), (5, 2), (5, 4), (4, 4)])
def test_mean_shadow(dim: int, codim: int) -> None:
    """The determinant of a projection of one flat on another, at random."""
    random = np.random.default_rng(dim)
    frames = np.linalg.qr(random.standard_normal((4000, dim, dim)))[0]
    rest = dim - codim
    shadows = np.abs(np.linalg.det(frames[:, :rest, :rest])) if rest else np.ones(2)
    error = max(shadows.std() / math.sqrt(len(shadows)), 1e-12)
    assert abs(shadows.mean() - mean_shadow(dim, codim)) < 4 * error


@pytest.mark.parametrize("visible", [True, False])
@pytest.mark.parametrize(
    ("network", "domain"),
    [
        (PLANE, SQUARE),
        (PLANE, pr.Polytope.from_vertices([[-0.5, -0.5], [1.0, -0.25], [0.0, 1.0]])),
        (HIDDEN, SQUARE),
        (linf_norm().network, SQUARE),
        (SPACE, CUBE),
        (SPACE, pr.Polytope.simplex(3, 1.5)),
        (l1_norm(3).network, CUBE),
    ],
)
def test_lines(network: pr.Network, domain: pr.Polytope, visible: bool) -> None:
    exact = pr.boundary_volume(pr.build_complex(network, domain), 1, visible=visible).value
    found = crofton(network, domain, 300, np.random.default_rng(4), visible=visible)
    assert z(found, exact) < 4
    assert found.error < 0.2 * exact


@pytest.mark.parametrize("visible", [True, False])
@pytest.mark.parametrize("domain", [CUBE, pr.Polytope.simplex(3, 1.5)])
def test_planes(domain: pr.Polytope, visible: bool) -> None:
    exact = pr.boundary_volume(pr.build_complex(SPACE, domain), 2, visible=visible).value
    found = crofton(SPACE, domain, 50, np.random.default_rng(5), codim=2, visible=visible)
    assert z(found, exact) < 4
    assert found.error < 0.5 * exact


def test_planes_and_concurrent_walls() -> None:
    """|x| + |y| + |z|: three lines, on each of which four units switch."""
    found = crofton(l1_norm(3).network, CUBE, 40, np.random.default_rng(6), codim=2)
    assert z(found, 6.0) < 4


@pytest.mark.parametrize(("network", "domain"), [(PLANE, SQUARE), (HIDDEN, SQUARE), (SPACE, CUBE)])
def test_points_are_exact(network: pr.Network, domain: pr.Polytope) -> None:
    complex_ = pr.build_complex(network, domain)
    for visible in (True, False):
        found = crofton(network, domain, 7, np.random.default_rng(), codim=domain.dim, visible=visible)
        exact = pr.boundary_volume(complex_, domain.dim, visible=visible).value
        assert (found.value, found.error) == (exact, 0.0)


@pytest.mark.parametrize(
    ("row", "domain", "area"),
    [
        ([1, 1, 1, 0], CUBE, 3 * math.sqrt(3)),  # a regular hexagon with sides of length sqrt(2)
        ([0, 1, 0, 0, -0.25], pr.Polytope.box(0, [1, 2, 3, 4]), 12.0),
        (
            [*[1.0] * 10, 0.0],
            pr.Polytope.box(-1, [1.0] * 10),
            512 * math.sqrt(10) * 15619 / 36288,
        ),  # by the density of a sum of ten uniform numbers
        ([1, 1, 1, -0.5], pr.Polytope.simplex(3), math.sqrt(3) / 8),
    ],
)
def test_one_hyperplane(row: list[float], domain: pr.Polytope, area: float) -> None:
    network = pr.Network.from_arrays([[row[:-1]], [[1.0]]], [row[-1:], [0.0]])
    found = crofton(network, domain, 600, np.random.default_rng(7))
    assert z(found, area) < 4
    assert found.error < 0.15 * area


def test_error_is_right() -> None:
    """A line that hits the square meets x = 0 with probability 2 * 2 / 8."""
    network = pr.Network.from_arrays([[[1.0, 0.0]], [[1.0]]], [[0.0], [0.0]])
    found = crofton(network, SQUARE, 1000, np.random.default_rng(8))
    assert found.error == pytest.approx(4.0 * math.sqrt(0.25 / 1000), rel=0.05)


def test_walls_in_the_boundary_do_not_count() -> None:
    for case in boundary():
        if case.activation_regions == 1:
            assert crofton(case.network, case.domain, 50, np.random.default_rng(9), visible=False).value == 0.0


def test_one_line_says_nothing_about_the_error() -> None:
    assert crofton(PLANE, SQUARE, 1, np.random.default_rng(0)).error == math.inf


def test_errors() -> None:
    random = np.random.default_rng(0)
    with pytest.raises(DimensionMismatch, match="dimension"):
        crofton(PLANE, CUBE, 10, random)
    with pytest.raises(DimensionMismatch, match=r"1\.\.2"):
        crofton(PLANE, SQUARE, 10, random, codim=3)
    with pytest.raises(InvalidDomain, match="surface"):
        crofton(SPACE, pr.Polytope.box(-(2.0**600), 2.0**600, dim=3), 10, random)
    with pytest.raises(ValueError, match="budget"):
        crofton(PLANE, SQUARE, 0, random)
