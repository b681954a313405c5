"""Random points: their moments, the weights of those near the origin, and flats turned to few coordinates."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import polyregions as pr
from polyregions.errors import DimensionMismatch, InvalidDomain, InvalidNetwork
from polyregions.theory.sampling import Place, Shells, Uniform

NORMAL = pr.Prior(bias_scale=0.5)
TURN = Rotation.from_rotvec([0.3, -0.4, 0.5]).as_matrix()


def cross(dim: int, scale: float = 1.0) -> pr.Polytope:
    """Return the points whose absolute values add up to `scale` at most."""
    return pr.Polytope.from_vertices(scale * np.concatenate([np.eye(dim), -np.eye(dim)]))


def turned_cube() -> pr.Polytope:
    """Return a cube whose facets, as given in floats, are not exactly flat: its hull has more of them."""
    return pr.Polytope.from_vertices(np.array(list(itertools.product((-1.0, 1.0), repeat=3))) @ TURN.T)


def permutahedron(dim: int) -> pr.Polytope:
    """Return one whose first coordinates are given; the last one follows."""
    return pr.Polytope.from_vertices([p[:-1] for p in itertools.permutations(range(dim + 1))])


def place_of(domain: pr.Polytope, prior: pr.Prior = NORMAL, width: int = 3) -> Place:
    return Place.of(pr.Architecture(domain.dim, (width,)), prior, domain, None)


# Uniform points.


@pytest.mark.parametrize(
    "domain",
    [
        cross(2),
        cross(3),
        cross(5),
        permutahedron(2),
        permutahedron(3),
        turned_cube(),
        pr.Polytope.simplex(6),
        pr.Polytope.from_halfspaces([[3], [-7]], [1, 1]),  # no box: its ends are no floats
        cross(3, 1e-60),
        cross(2, 1e90),
        pr.Polytope.from_vertices([[1e6, 0], [1e6 + 1e-3, 0], [1e6, 1]]),
    ],
    ids=str,
)
def test_simplices_fill_a_polytope(domain: pr.Polytope) -> None:
    filling = Uniform(domain)
    assert filling.volume == pytest.approx(float(domain.volume), rel=1e-9)
    assert filling.sizes.sum() == pytest.approx(float(domain.volume), rel=1e-9)
    assert domain.in_larger_box().contains(filling.simplices.mean(axis=1)).all()


@pytest.mark.parametrize("dim", [2, 3, 4])
def test_moments_in_a_cross_polytope(dim: int) -> None:
    """The mean of x_i^2 is 2 / ((n + 1) (n + 2)), of x_i^2 x_j^2 it is 4 / ((n + 1) ... (n + 4))."""
    points = Uniform(cross(dim)).draw(np.random.default_rng(dim), 40_000)
    second = 2 / ((dim + 1) * (dim + 2))
    spread = points.T @ points / len(points)
    assert np.abs(spread - second * np.eye(dim)).max() < 5 * second / math.sqrt(len(points) / 2)
    fourth = pr.Estimate.of(points[:, 0] ** 2 * points[:, 1] ** 2)
    assert abs(fourth.value - 2 * second / ((dim + 3) * (dim + 4))) < 5 * fourth.error
    assert (np.abs(points).sum(axis=1) <= 1 + 1e-12).all()


def test_moments_in_a_simplex_and_in_a_turned_cube() -> None:
    for dim in (1, 3, 8):
        points = Uniform(pr.Polytope.simplex(dim)).draw(np.random.default_rng(dim), 20_000)
        for power, wanted in ((1, 1 / (dim + 1)), (2, 2 / ((dim + 1) * (dim + 2)))):
            mean = pr.Estimate.of(points[:, 0] ** power)
            assert abs(mean.value - wanted) < 5 * mean.error
    points = Uniform(turned_cube()).draw(np.random.default_rng(0), 20_000) @ TURN
    assert np.abs(np.sort(points, axis=0) - np.linspace(-1, 1, len(points))[:, None]).max() < 0.03
    assert np.abs(np.corrcoef(points.T) - np.eye(3)).max() < 5 / math.sqrt(len(points))


def test_boxes_need_no_vertices() -> None:
    box = pr.Polytope.box(-0.25, 0.75, dim=200)
    points = Uniform(box).draw(np.random.default_rng(0), 300)
    assert Uniform(box).volume == 1.0
    assert "v_representation" not in box.__dict__
    assert box.contains(points[:5]).all()
    assert abs(points.mean() - 0.25) < 5 / math.sqrt(12 * points.size)


# Points near the origin.


def test_shells_have_the_density_that_they_say() -> None:
    """The mean of 1 / density over what is drawn is the volume of the ellipsoid; shares of points are as asked for."""
    metric = np.array([[2.0, 0.5, 0.0], [0.0, 0.5, 0.1], [0.0, 0.0, 1.0]])
    shells = Shells.around(np.array([0.3, -1.0, 2.0]), metric, core=0.05, power=3.0)
    points = shells.draw(np.random.default_rng(0), 50_000)
    weights = pr.Estimate.of(1 / shells.density(points))
    assert abs(weights.value - 4 / 3 * math.pi) < 5 * weights.error  # the metric has determinant 1
    sizes = np.linalg.norm((points - shells.centre) @ metric.T, axis=1)
    counted = np.histogram(sizes, shells.radii)[0]
    assert np.abs(counted - 50_000 * shells.shares).max() < 5 * np.sqrt(50_000 * shells.shares.max())
    directions = ((points - shells.centre) @ metric.T) / sizes[:, None]
    assert np.abs(directions.T @ directions / len(points) - np.eye(3) / 3).max() < 0.01
    assert shells.density(shells.centre + 1.001 * np.linalg.inv(metric).T) == pytest.approx(np.zeros(3))


@pytest.mark.parametrize("core", [1e-30, 1e-9, 1e-3, 0.1])
def test_weights_make_peaks_cheap(core: float) -> None:
    """Functions peaked at the core have integrals that are known, and few samples find them."""
    line = place_of(pr.Polytope.box(-1, 2, dim=1))
    points, weights = line.draw(np.random.default_rng(1), 20_000, line.shells(core, 1))
    found = pr.Estimate.of(weights * core / (core**2 + points[:, 0] ** 2))
    exact = math.atan(1 / core) + math.atan(2 / core)
    assert abs(found.value - exact) < 5 * found.error
    assert found.error < 0.02 * exact

    plane = place_of(pr.Polytope.box(-1, 1, dim=2))
    points, weights = plane.draw(np.random.default_rng(2), 20_000, plane.shells(core, 2))
    u = (points / core) ** 2
    found = pr.Estimate.of(weights * (1 + u.sum(axis=1)) ** -1.5 / core**2 / (2 * math.pi))
    assert abs(found.value - pr.theory.lines_meet(1 / core)) < 5 * found.error
    assert found.error < 0.02


@pytest.mark.parametrize("domain", [cross(3), turned_cube(), pr.Polytope.from_vertices([[0, 0], [3, 1], [1, 2]])])
def test_weights_have_the_volume_as_mean_and_are_bounded(domain: pr.Polytope) -> None:
    place = place_of(domain)
    shells = place.shells(1e-3, 1)
    assert shells is not None
    points, weights = place.draw(np.random.default_rng(3), 40_000, shells)
    volume, mean = float(domain.volume), pr.Estimate.of(weights)
    assert abs(mean.value - volume) < 5 * mean.error
    assert weights.max() <= volume / 0.3 * (1 + 1e-9)
    inside = domain.in_larger_box().contains(points[:2000])
    assert np.array_equal(inside, weights[:2000] > 0)


def test_shells_are_around_the_point_of_the_flat_nearest_to_the_origin() -> None:
    matrix, offset = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0], [0.5, 0.5]]), np.array([0.1, -0.2, 0.1, 0.05])
    place = Place.of(pr.Architecture(4, (3,)), NORMAL, pr.Polytope.box(-9, 9, dim=2), (matrix, offset))
    shells = place.shells(1e-6, 1)
    assert shells is not None
    nearest = matrix @ shells.centre + offset
    assert matrix.T @ nearest == pytest.approx(np.zeros(2), abs=1e-12)
    one, other = np.array([0.3, -2.0]), np.array([1.0, 1.0])
    ratio = np.linalg.norm(shells.metric @ one) / np.linalg.norm(shells.metric @ other)
    assert ratio == pytest.approx(np.linalg.norm(matrix @ one) / np.linalg.norm(matrix @ other))


@pytest.mark.parametrize(
    ("domain", "core"),
    [
        (pr.Polytope.box(-1, 1, dim=2), 0.6),
        (pr.Polytope.box(1, 2, dim=2), 1e-9),
        (pr.Polytope.box(1e6, 1e6 + 1, dim=3), 1e-9),
        (pr.Polytope.box(-1, 1, dim=7), 1e-9),
    ],
)
def test_uniform_points_do_where_there_is_no_peak(domain: pr.Polytope, core: float) -> None:
    assert place_of(domain).shells(core, 1) is None


# Flats.


def test_a_flat_is_turned_to_few_coordinates() -> None:
    """Products of all points remain, and so the law of what normal weights make of them."""
    random = np.random.default_rng(5)
    matrix, offset = random.normal(size=(20, 2)), random.normal(size=20)
    shape, square = pr.Architecture(20, (3,)), pr.Polytope.box(-1, 1, dim=2)
    place = Place.of(shape, NORMAL, square, (matrix, offset))
    points = random.uniform(-1, 1, (6, 2))
    whole, turned = points @ matrix.T + offset, points @ place.matrix.T + place.offset
    assert turned.shape == (6, 3)
    assert turned @ turned.T == pytest.approx(whole @ whole.T)
    assert place.matrix.T @ place.matrix == pytest.approx(matrix.T @ matrix)
    for law in ("he-uniform", "orthogonal", "torch"):
        other = Place.of(shape, pr.Prior(law, "normal", 0.5), square, (matrix, offset))  # type: ignore[arg-type]
        assert np.array_equal(other.matrix, matrix)
        assert np.array_equal(other.offset, offset)


def test_flats_that_cannot_be_made_smaller_stay() -> None:
    place = Place.of(pr.Architecture(2, (3,)), NORMAL, pr.Polytope.box(-1, 1, dim=2), (2 * np.eye(2), [0.0, 1.0]))
    assert np.array_equal(place.matrix, 2 * np.eye(2))
    assert place.slopes is not None
    assert place_of(pr.Polytope.box(-1, 1, dim=2)).slopes is None


@pytest.mark.parametrize(
    "embedding",
    [
        (np.eye(3), np.zeros(3)),
        (np.ones((3, 2)), np.zeros(3)),  # rank 1
        (np.eye(3)[:, :2], np.zeros(2)),
        (np.eye(3)[:2], np.zeros(3)),
        (np.zeros(3), np.zeros(3)),
        (np.eye(3)[:, :2], np.array([0.0, math.nan, 0.0])),
        (np.array([[1.0, 0.0], [0.0, math.inf], [0.0, 1.0]]), np.zeros(3)),
    ],
)
def test_what_is_no_embedding(embedding: tuple[np.ndarray, np.ndarray]) -> None:
    with pytest.raises(DimensionMismatch, match="embedding"):
        Place.of(pr.Architecture(3, (2,)), NORMAL, pr.Polytope.box(0, 1, dim=2), embedding)


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        (pr.Polytope.box(-1e-300, 1e-300, dim=2), "do not hold the volume"),
        (pr.Polytope.box(0, 255, dim=784), "do not hold the volume"),
        (pr.Polytope.box(-1e150, 1e150, dim=2), "up to 1e"),
        (pr.Polytope.box(1e200, 1.1e200, dim=1), "up to 1e"),
    ],
)
def test_domains_beyond_the_range_of_floats(domain: pr.Polytope, words: str) -> None:
    with pytest.raises(InvalidDomain, match=words):
        place_of(domain)
    if domain.dim < 3:
        with pytest.raises(InvalidDomain, match=words):
            pr.expected_boundary_volume(pr.Architecture(domain.dim, (2,)), NORMAL, domain, 1)


def test_cores_beyond_the_range_of_floats() -> None:
    with pytest.raises(InvalidNetwork, match="larger bias_scale"):
        place_of(pr.Polytope.box(-1e90, 1e90, dim=3)).shells(1.0, 1)
