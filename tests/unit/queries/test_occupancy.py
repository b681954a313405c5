"""Which regions points visit, against patterns in fractions; and convex programmes on one region."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import Any

import by_fractions
import cvxpy as cp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import any_networks, dyadic_points, lively_networks, wild_maxout_networks, wild_networks

import polyregions as pr

tolerant = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
SQUARE = pr.Polytope.box(-1, 1, dim=2)
QUADRANTS = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])


def pattern_inside(network: pr.Network, point: list[float]) -> tuple[int, ...] | None:
    """The pattern around a point; None on a wall, where a switch vanishes that does not vanish on the whole region."""
    pattern = by_fractions.pattern(network, point)
    signs, forms = by_fractions.signs(network, point), by_fractions.switch_forms(network, pattern)
    on_wall = any(sign == 0 and any(form) for sign, form in zip(signs, forms, strict=True))
    return None if on_wall else tuple(pattern)


def check_patterns(visited: pr.Occupancy, expected: list[tuple[int, ...] | None]) -> None:
    counts = Counter(pattern for pattern in expected if pattern is not None)
    assert list(map(tuple, visited.patterns.tolist())) == sorted(counts)
    assert visited.counts.tolist() == [counts[pattern] for pattern in sorted(counts)]
    found = [tuple(visited.patterns[number].tolist()) if number >= 0 else None for number in visited.members.tolist()]
    assert found == expected


def check(network: pr.Network, points: list[list[float]]) -> None:
    """In the whole space, and in a box."""
    inside = [pattern_inside(network, point) for point in points]
    check_patterns(pr.occupancy(network, points), inside)
    complex_ = pr.build_complex(network, pr.Polytope.box(-1, 1, dim=network.input_dim))
    regions = complex_.regions
    in_box = [pattern if max(map(abs, point)) < 1 else None for pattern, point in zip(inside, points, strict=True)]
    for source in (regions, complex_):
        visited = pr.occupancy(source, points)
        check_patterns(visited, in_box)
        numbers = [visited.regions[number] if number >= 0 else -1 for number in visited.members.tolist()]
        assert numbers == regions.locate(points).tolist()
        assert visited.volumes() == [regions.polytope(int(region)).volume for region in visited.regions]
        assert repr(visited).endswith(f"in {len(visited)} of {len(regions)} regions)")


@tolerant
@given(any_networks(), st.data())
def test_points_that_often_lie_on_walls(network: pr.Network, data: st.DataObject) -> None:
    points = data.draw(st.lists(dyadic_points(network.input_dim, 1), min_size=1, max_size=8))
    check(network, [*points, points[0], [5.0] * network.input_dim])


@tolerant
@given(wild_networks() | wild_maxout_networks(), st.data())
def test_weights_of_any_size(network: pr.Network, data: st.DataObject) -> None:
    points = data.draw(st.lists(dyadic_points(network.input_dim, 1), min_size=1, max_size=4))
    check_patterns(pr.occupancy(network, points), [pattern_inside(network, point) for point in points])


@pytest.mark.parametrize("hidden", [(60,), (30, 30)])
def test_fifty_inputs(hidden: tuple[int, ...]) -> None:
    rng, widths = np.random.default_rng(0), (50, *hidden, 3)
    weights = [rng.normal(size=(b, a)) / math.sqrt(a) for a, b in itertools.pairwise(widths)]
    network = pr.Network.from_arrays(weights, [np.zeros(b) for b in widths[1:]])
    points = rng.normal(size=(40, 50)).round(3)
    points[5], points[7], points[9] = 0.0, points[8], 2 * points[8]  # biases are zero: regions are cones
    visited = pr.occupancy(network, points)
    assert visited.members[5] == -1
    assert visited.members[7] == visited.members[8] == visited.members[9] >= 0
    assert (len(visited), visited.counts.sum(), visited.counts.max()) == (37, 39, 3)
    assert visited.patterns[visited.members[0]].tolist() == by_fractions.pattern(network, points[0].tolist())
    assert visited.distances()[5].upper == 0.0
    assert visited.distances().value.tolist() == pr.distance_to_region_boundary(network, points).value.tolist()


def test_switches_that_vanish_on_whole_regions() -> None:
    """Dead units do not make walls; the last digit decides."""
    network = pr.Network.from_arrays(
        [[[1.0, 0], [0, 0]], [[1.0, 0], [0.0, 1.0]]], [[-0.1, 0], [0, 0]], ["relu", "relu"]
    )
    points = [[0.1, 0], [np.nextafter(0.1, 1), 0], [np.nextafter(0.1, 0), 9], [-1, 3]]
    assert pr.occupancy(network, points).members.tolist() == [-1, 1, 0, 0]


def test_one_region() -> None:
    """Networks without switches."""
    network = pr.Network.from_arrays([np.eye(2)], [[0.0, 0.0]])
    for source, members in ((network, [0, 0, 0]), (pr.enumerate_regions(network, SQUARE), [0, 0, -1])):
        visited = pr.occupancy(source, [[0.0, 0.0], [0.5, 0.5], [1.0, 0.0]])
        assert visited.members.tolist() == members
        assert visited.patterns.shape == (1, 0)
        assert len(pr.occupancy(source, np.zeros((0, 2)))) == 0


def test_no_points() -> None:
    regions = pr.enumerate_regions(QUADRANTS, SQUARE)
    for source in (QUADRANTS, regions):
        for points in (np.zeros((0, 2)), [[0.0, 0.5]]):  # none at all, and one on a wall
            visited = pr.occupancy(source, points)
            assert (len(visited), visited.patterns.shape, visited.counts.tolist()) == (0, (0, 2), [])
            assert visited.members.tolist() == [-1] * len(points)
    assert visited.volumes() == []
    assert visited.regions.tolist() == []


def test_truncated_runs() -> None:
    """Points in regions that were not reached are in none."""
    some = pr.enumerate_regions(QUADRANTS, SQUARE, limits=pr.Limits(regions=2))
    points = [[0.5, 0.5], [0.5, -0.5], [-0.5, 0.5], [-0.5, -0.5]]
    visited = pr.occupancy(some, points)
    assert len(visited) == len(some) == int((visited.members >= 0).sum()) < 4
    assert visited.regions[visited.members[visited.members >= 0]].tolist() == [n for n in some.locate(points) if n >= 0]


def test_answers_are_frozen_and_bad_input_is_refused() -> None:
    visited = pr.occupancy(QUADRANTS, [[1.0, 2.0]])
    assert repr(visited) == "Occupancy(1 points in 1 regions)"
    for array in (visited.points, visited.patterns, visited.members):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    for ask in (lambda: visited.regions, visited.volumes):
        with pytest.raises(pr.errors.DimensionMismatch, match="give occupancy"):
            ask()
    for points in ([1.0, 2.0], [[1.0, 2.0, 3.0]], [[math.nan, 0.0]], [[math.inf, 0.0]], [[]], [["a", "b"]]):
        for source in (QUADRANTS, pr.enumerate_regions(QUADRANTS, SQUARE)):
            with pytest.raises(pr.errors.DimensionMismatch):
                pr.occupancy(source, points)


# Convex programmes.


def grid(dim: int) -> tuple[pr.Regions, list[tuple[NDArray[np.float64], NDArray[np.float64]]]]:
    """Boxes between -1, 0, 1/2 and 2 in every coordinate, which are the regions."""
    weights, biases = np.repeat(np.eye(dim), 2, axis=0), np.tile([0.0, -0.5], dim)
    network = pr.Network.from_arrays([weights, np.ones((1, 2 * dim))], [biases, [0.0]])
    regions = pr.enumerate_regions(network, pr.Polytope.box(-1, 2, dim=dim))
    levels, steps = np.array([-1.0, 0.0, 0.5, 2.0]), regions.patterns.reshape(len(regions), dim, 2).sum(axis=2)
    return regions, [(levels[step], levels[step + 1]) for step in steps]


@pytest.mark.parametrize("dim", [1, 2])
def test_projections_onto_boxes(dim: int) -> None:
    regions, boxes = grid(dim)
    assert len(regions) == 3**dim
    rng = np.random.default_rng(dim)
    for region, (low, high) in enumerate(boxes):
        x = rng.uniform(-3, 3, dim)
        nearest = np.clip(x, low, high)
        for norm in (2, 1, math.inf):
            found = pr.closest_in_region(
                regions, region, lambda y, x=x, norm=norm: cp.norm(y - x, "inf" if norm == math.inf else norm)
            )
            assert found.value == pytest.approx(np.linalg.norm(x - nearest, norm), abs=1e-5)
            assert (low - 1e-5 <= found.point).all()
            assert (found.point <= high + 1e-5).all()
        found = pr.closest_in_region(regions, region, lambda y, x=x: cp.sum_squares(y - x))
        assert found.point == pytest.approx(nearest, abs=1e-4)


def test_further_constraints_and_options() -> None:
    regions, _ = grid(2)
    index = int(regions.locate([[1.0, 1.0]])[0])
    found = pr.closest_in_region(
        regions, index, lambda y: (cp.sum_squares(y), [y[0] + y[1] == 2, y[0] <= 0.75]), solver=cp.CLARABEL
    )
    assert found.solver == "CLARABEL"
    assert found.point == pytest.approx([0.75, 1.25], abs=1e-5)
    assert found.value == pytest.approx(0.75**2 + 1.25**2, abs=1e-5)
    other = cp.Variable()
    found = pr.closest_in_region(regions, np.int64(index), lambda y: (other, [other >= y[0], other >= -y[1]]))
    assert found.value == pytest.approx(0.5, abs=1e-5)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(lively_networks(2, 2, 3))
def test_least_values_are_at_vertices(network: pr.Network) -> None:
    """Of a linear function, on every region."""
    regions = pr.enumerate_regions(network, pr.Polytope.box(-1, 1, dim=network.input_dim))
    slope = np.arange(1.0, network.input_dim + 1)
    for region in range(0, len(regions), 1 + len(regions) // 4):
        least = (regions.polytope(region).vertices @ slope).min()
        found = pr.closest_in_region(regions, region, lambda y: slope @ y, solver=cp.CLARABEL)
        assert found.value == pytest.approx(least, abs=1e-5)


def test_other_domains_and_huge_weights() -> None:
    """Rows are scaled; the domain's facets count."""
    network = pr.Network.from_arrays([1e150 * np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    regions = pr.enumerate_regions(network, pr.Polytope.simplex(2))
    assert len(regions) == 1
    found = pr.closest_in_region(regions, 0, lambda y: cp.norm(y - np.array([1.0, 1.0])))
    assert found.point == pytest.approx([0.5, 0.5], abs=1e-5)


def test_programmes_that_are_refused() -> None:
    regions, _ = grid(2)
    for objective in (
        lambda y: -cp.sum_squares(y),
        lambda y: cp.sqrt(y[0]),
        lambda y: y,
        lambda y: (cp.sum_squares(y), [cp.norm(y) >= 1]),
    ):
        with pytest.raises(ValueError, match=r"convex|scalar"):
            pr.closest_in_region(regions, 4, objective)
    unbounded = cp.Variable()
    for objective in (lambda y: (cp.norm(y), [y[0] >= 3]), lambda y: (cp.norm(y) + unbounded, [])):
        with pytest.raises(pr.errors.SolverFailed, match="no optimum on region 4"):
            pr.closest_in_region(regions, 4, objective)
    with pytest.raises(pr.errors.SolverFailed):
        pr.closest_in_region(regions, 4, cp.norm, solver="NONE")


@pytest.mark.parametrize("region", [-1, 9, 2.0, True, None, "a"])
def test_no_such_region(region: Any) -> None:
    with pytest.raises(pr.errors.DimensionMismatch, match="the regions are 0 to 8"):
        pr.closest_in_region(grid(2)[0], region, cp.norm)
