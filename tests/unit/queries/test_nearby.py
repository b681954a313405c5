"""Restricted searches against full enumeration."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from strategies import any_networks

import polyregions as pr


def patterns_of(regions: pr.Regions) -> set[bytes]:
    return {pattern.tobytes() for pattern in regions.patterns}


def ball(point: Any, radius: float, norm: float) -> pr.Polytope:
    """A ball in the 1-norm or the largest."""
    centre = np.array(point, dtype=float)
    if norm == math.inf:
        return pr.Polytope.box(centre - radius, centre + radius)
    signs = np.array(list(itertools.product((1.0, -1.0), repeat=len(centre))))
    return pr.Polytope.from_halfspaces(signs, signs @ centre + radius)


@examples(25)
@given(any_networks(3), st.sampled_from((1, math.inf)), st.integers(0, 999))
def test_regions_in_a_ball(network: pr.Network, norm: float, seed: int) -> None:
    """A search by distance, and an enumeration of the ball's own regions; radii on a grid, so that walls touch it."""
    rng, n = np.random.default_rng(seed), network.input_dim
    domain = pr.Polytope.box(-1, 1.5, dim=n)
    point, radius = rng.integers(-3, 5, size=n) / 4, float(rng.integers(1, 5)) / 4
    near = pr.regions_within(network, domain, point, radius, norm=norm)
    meeting = pr.regions_meeting(network, domain, ball(point, radius, norm))
    assert patterns_of(near) == patterns_of(meeting)
    assert near.status is meeting.status is pr.Status.RESTRICTED
    assert not near.complete
    assert near.patterns.tolist() == meeting.patterns.tolist()


@examples(15)
@given(any_networks(2), st.integers(0, 999))
def test_regions_in_a_half_space(network: pr.Network, seed: int) -> None:
    """The regions are those whole ones that have interior points in the half-space."""
    domain = pr.Polytope.box(-1, 1, dim=network.input_dim)
    rng = np.random.default_rng(seed)
    normal = rng.integers(-2, 3, size=(1, network.input_dim))
    normal[0, 0] += not normal.any()
    try:
        part = domain.part(normal, [float(rng.integers(-2, 3)) / 2])
    except pr.errors.InvalidDomain:
        return
    found, regions = pr.regions_meeting(network, domain, part), pr.enumerate_regions(network, domain)
    expected = set()
    for number, pattern in enumerate(regions.patterns):
        try:
            regions.polytope(number).intersection(part)
        except pr.errors.InvalidDomain:
            continue
        expected.add(pattern.tobytes())
        place = [p.tobytes() for p in found.patterns].index(pattern.tobytes())
        assert found.polytope(place).volume == regions.polytope(number).volume
    assert patterns_of(found) == expected


def test_the_2_norm_and_limits() -> None:
    rng = np.random.default_rng(0)
    network = pr.Network.from_arrays(
        [rng.normal(size=(12, 2)), rng.normal(size=(8, 12)), rng.normal(size=(1, 8))],
        [rng.normal(size=12), rng.normal(size=8), [0.0]],
    )
    domain, point = pr.Polytope.box(-1, 1, dim=2), np.array([0.1, -0.2])
    complex_ = pr.build_complex(network, domain)
    within = pr.regions_within(network, domain, point, 0.5)
    angles = np.linspace(0, 2 * np.pi, 2000)
    circles = [point + r * np.stack([np.cos(angles), np.sin(angles)], axis=1) for r in np.linspace(0, 0.4999, 60)]
    seen = complex_.regions.locate(np.concatenate(circles))
    assert {complex_.regions.patterns[i].tobytes() for i in set(seen.tolist()) - {-1}} <= patterns_of(within)
    for index in range(len(within)):
        corners = complex_.vertices[complex_.vertices_of(2, complex_.regions.index[within.patterns[index].tobytes()])]
        middle = corners.mean(axis=0)
        spread = np.linspace(0, 1, 200)[:, None]
        rim = np.concatenate([a + spread * (b - a) for a in corners for b in [*corners, middle]])
        assert np.linalg.norm(rim - point, axis=1).min() < 0.5 + 1e-9 or within.locate(point[None])[0] == index
    few = pr.regions_within(network, domain, point, 0.5, limits=pr.Limits(regions=5))
    assert len(few) == 5
    assert few.status is pr.Status.REGION_LIMIT
    assert patterns_of(few) <= patterns_of(within)
    assert patterns_of(pr.regions_within(network, domain, point, 10.0)) == patterns_of(complex_.regions)


def test_many_inputs() -> None:
    """Fifty inputs, of which the whole cube has far too many regions to list."""
    rng = np.random.default_rng(1)
    network = pr.Network.from_arrays(
        [rng.normal(size=(40, 50)) / 7, rng.normal(size=(2, 40))], [rng.normal(size=40), np.zeros(2)]
    )
    cube, point = pr.Polytope.box(-1, 1, dim=50), np.full(50, 0.01)
    near = pr.distance_to_region_boundary(network, point[None])
    two = pr.regions_within(network, cube, point, float(near.upper[0]) * 1.0001)
    assert len(two) == 2
    assert len(pr.regions_within(network, cube, point, float(near.lower[0]))) == 1
    (units,) = [data["units"] for _, _, data in pr.region_graph(two).edges(data=True)]
    assert units == (near.units[0],)


def test_intersections() -> None:
    cube = pr.Polytope.box(0, 1, dim=3)
    corner = cube.part([[1, 1, 1]], [1])
    assert corner.volume.limit_denominator() == pr.Polytope.simplex(3).volume
    assert cube.intersection(cube).is_box
    with pytest.raises(pr.errors.InvalidDomain, match="interior"):
        cube.intersection(pr.Polytope.box(1, 2, dim=3))
    with pytest.raises(pr.errors.InvalidDomain, match="empty"):
        cube.part([[0, 0, 0]], [-1])
    with pytest.raises(pr.errors.DimensionMismatch, match="same dimension"):
        cube.intersection(pr.Polytope.box(0, 1, dim=2))
    with pytest.raises(pr.errors.DimensionMismatch, match="normals"):
        cube.part([[1, 1]], [1])


def test_bad_questions() -> None:
    network, square = pr.Network.from_arrays([np.eye(2)], [[0.0, 0.0]]), pr.Polytope.box(-1, 1, dim=2)
    for radius in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="radius"):
            pr.regions_within(network, square, [0, 0], radius)
    with pytest.raises(pr.errors.DimensionMismatch, match="lie in the domain"):
        pr.regions_within(network, square, [2, 0], 1.0)
    with pytest.raises(pr.errors.DimensionMismatch, match="one point"):
        pr.regions_within(network, square, [[0, 0]], 1.0)
    with pytest.raises(pr.errors.InvalidDomain, match=r"no interior|empty"):
        pr.regions_meeting(network, square, pr.Polytope.box(1, 2, dim=2))
