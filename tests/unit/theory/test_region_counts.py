"""Mean numbers of regions by the theorem, against networks whose regions are counted."""

from __future__ import annotations

import math

import numpy as np
import pytest

import polyregions as pr
from polyregions.errors import DimensionMismatch, InvalidNetwork
from polyregions.theory import expected_pieces_on_line, expected_regions, shallow_regions

NORMAL = pr.Prior(bias_scale=0.4)
TRIANGLE = pr.Polytope.from_vertices([[-1.0, -0.5], [2.0, 0.0], [0.0, 1.5]])


def counted(numbers: list[int]) -> pr.Estimate:
    return pr.Estimate.of(np.array(numbers, dtype=float))


def agree(one: pr.Estimate, other: pr.Estimate) -> bool:
    return abs(one.value - other.value) < 4.5 * math.hypot(one.error, other.error)


@pytest.mark.parametrize(
    ("domain", "shape", "prior"),
    [
        (pr.Polytope.box(-1, 1, dim=1), pr.Architecture(1, (5, 4)), NORMAL),
        (pr.Polytope.box(0.5, 3, dim=1), pr.Architecture(1, (4, 4), activation="hard_tanh"), pr.Prior(bias_scale=1.0)),
        (pr.Polytope.box(-1, 1, dim=1), pr.Architecture(1, (3, 3), activation="abs"), pr.Prior.torch()),
        (pr.Polytope.box(-1, 1, dim=2), pr.Architecture(2, (4, 3)), NORMAL),
        (pr.Polytope.box(0, 1, dim=2), pr.Architecture(2, (4, 3)), pr.Prior("he-uniform", "uniform", 0.05)),
        (TRIANGLE, pr.Architecture(2, (3, 1, 3)), NORMAL),
        (TRIANGLE, pr.Architecture(2, (3, 2), activation="hard_tanh(-0.5,0.5)"), pr.Prior("orthogonal", "normal", 0.4)),
    ],
    ids=str,
)
def test_regions_of_networks(domain: pr.Polytope, shape: pr.Architecture, prior: pr.Prior) -> None:
    expected = expected_regions(shape, prior, domain, samples=20_000)
    networks = pr.random_networks(shape, prior, number=150, seed=1)
    found = counted([len(pr.enumerate_regions(network, domain)) for network in networks])
    assert agree(found, expected)
    assert expected.error < found.error


def test_regions_in_a_plane_of_ten_inputs() -> None:
    """Normal weights are turned to three coordinates, uniform ones are not."""
    random = np.random.default_rng(3)
    matrix, offset = random.normal(size=(10, 2)), 3.0 * random.normal(size=10)
    shape = pr.Architecture(10, (4, 3))
    for prior in (NORMAL, pr.Prior("he-uniform", "uniform", 0.6)):
        expected = expected_regions(shape, prior, TRIANGLE, embedding=(matrix, offset), samples=20_000)
        networks = pr.random_networks(shape, prior, number=120, seed=2)
        numbers = [len(pr.enumerate_regions(network.after(matrix, offset), TRIANGLE)) for network in networks]
        assert agree(counted(numbers), expected)


@pytest.mark.parametrize("visible", [True, False])
@pytest.mark.parametrize("prior", [NORMAL, pr.Prior("he-uniform", "uniform", 0.3)], ids=str)
def test_pieces_on_a_segment_of_ten_inputs(visible: bool, prior: pr.Prior) -> None:
    """A narrow last layer hides many kinks."""
    random, shape = np.random.default_rng(5), pr.Architecture(10, (4, 1))
    start, end = random.normal(size=10), random.normal(size=10)
    expected = expected_pieces_on_line(shape, prior, start, end, visible=visible, samples=20_000)
    lines = [
        pr.regions_on_line(network, start, end) for network in pr.random_networks(shape, prior, number=200, seed=6)
    ]
    assert agree(counted([line.linear_pieces if visible else len(line) for line in lines]), expected)


def test_lines_that_hit_a_square_and_meet_in_it() -> None:
    """One hidden layer has a closed form, wherever the square's edges are taken from."""
    square = pr.Polytope.from_vertices([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    for scale in (2.0, 0.5, 1e-4):
        found = expected_regions(pr.Architecture(2, (7,)), pr.Prior(bias_scale=scale), square, samples=20_000)
        assert abs(found.value - shallow_regions(7, 1 / scale)) < 4.5 * found.error
        assert found.error < 0.02 * found.value


def test_pieces_do_not_depend_on_how_a_segment_is_given() -> None:
    shape = pr.Architecture(2, (3,))
    kinks = pr.expected_boundary_volume(
        shape, NORMAL, pr.Polytope.box(-3, 3, dim=1), 1, embedding=([[0.6], [0.8]], [0.5, 0.0]), samples=20_000
    )
    start, end = [0.5 - 1.8, -2.4], [0.5 + 1.8, 2.4]
    pieces = [expected_pieces_on_line(shape, NORMAL, *ends, samples=20_000) for ends in ((start, end), (end, start))]
    for found in pieces:
        assert agree(found, kinks.plus(1.0))


def test_what_is_not_counted() -> None:
    shape, square = pr.Architecture(2, (3,)), pr.Polytope.box(-1, 1, dim=2)
    with pytest.raises(DimensionMismatch, match="dimension 1 and 2"):
        expected_regions(pr.Architecture(3, (3,)), NORMAL, pr.Polytope.box(-1, 1, dim=3))
    with pytest.raises(DimensionMismatch):
        expected_regions(pr.Architecture(3, (3,)), NORMAL, square)
    with pytest.raises(DimensionMismatch, match="embedding"):
        expected_regions(shape, NORMAL, square, embedding=(np.eye(3)[:, :2], np.zeros(3)))
    with pytest.raises(InvalidNetwork, match="density"):
        expected_regions(shape, pr.Prior(bias_scale=0.0), square)
    with pytest.raises(DimensionMismatch, match="different end points"):
        expected_pieces_on_line(shape, NORMAL, [1.0, 2.0], [1.0, 2.0])
    for wrong in ([1.0], [1.0, math.nan], [[1.0, 2.0]], [1.0, 2.0, 3.0]):
        with pytest.raises(DimensionMismatch, match="2 finite numbers"):
            expected_pieces_on_line(shape, NORMAL, [0.0, 0.0], wrong)
    with pytest.raises(InvalidNetwork, match="density"):
        expected_pieces_on_line(shape, pr.Prior(bias_scale=0.0), [0.0, 0.0], [1.0, 0.0])
    with pytest.raises(ValueError, match="samples"):
        expected_regions(shape, NORMAL, square, samples=5)
