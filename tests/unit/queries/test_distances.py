"""Distances against brute force over all walls, closed forms, attacks, and the other engine."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.optimize
from degenerate_networks import degenerate_problems
from effort import examples, some
from hypothesis import given
from hypothesis import strategies as st
from maximum_networks import maximum_problems
from numpy.typing import NDArray
from strategies import any_networks, lively_networks

import polyregions as pr
from polyregions.complexes.neighbours import Neighbours
from polyregions.complexes.walls import gradient_jumps
from polyregions.queries.search import Search

NORMS = (1, 2, math.inf)
Point = list[Fraction]
Measure = Callable[..., pr.Distances]


def random_network(seed: int, widths: tuple[int, ...] = (2, 6, 5, 3), grid: int | None = None) -> pr.Network:
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=(b, a)) for a, b in itertools.pairwise(widths)]
    biases = [rng.normal(size=b) / 2 for b in widths[1:]]
    if grid:
        weights, biases = ([np.round(w * grid) / grid for w in arrays] for arrays in (weights, biases))
    return pr.Network.from_arrays(weights, biases)


def power(step: Point, norm: float) -> Fraction:
    if norm == 2:
        return sum((x * x for x in step), Fraction(0))
    return sum(map(abs, step), Fraction(0)) if norm == 1 else max(map(abs, step))


def squared(number: Any) -> Fraction:
    """The square of a fraction, or of a surd of one term."""
    if isinstance(number, Fraction):
        return number * number
    ((q, r),) = number.terms
    return Fraction(q) ** 2 * r


def from_segment(x: Point, a: Point, b: Point, norm: float) -> Fraction:
    """The distance of a point from a segment, exactly, squared in the 2-norm: the least of those where it may be."""
    gap, d = [p - q for p, q in zip(x, a, strict=True)], [q - p for p, q in zip(a, b, strict=True)]
    places = {Fraction(0), Fraction(1)}
    if norm == 2:
        places.add(sum((p * q for p, q in zip(gap, d, strict=True)), Fraction(0)) / sum(q * q for q in d))
    else:
        places |= {p / q for p, q in zip(gap, d, strict=True) if q}
        if norm == math.inf:
            places |= {(gap[0] - s * gap[1]) / (d[0] - s * d[1]) for s in (1, -1) if d[0] != s * d[1]}
    clipped = {min(max(t, Fraction(0)), Fraction(1)) for t in places}
    return min(power([t * q - p for p, q in zip(gap, d, strict=True)], norm) for t in clipped)


def nearest_in_plane(
    complex_: Any, walls: NDArray[np.bool_], point: NDArray[np.float64], norm: float
) -> Fraction | None:
    x = [Fraction(float(coordinate)) for coordinate in point]
    ends = [[complex_.exact_vertex(v) for v in complex_.vertices_of(1, int(w))] for w in np.flatnonzero(walls)]
    return min((from_segment(x, a, b, norm) for a, b in ends), default=None)


def check_in_plane(network: pr.Network, domain: pr.Polytope, points: NDArray[np.float64], norm: float) -> None:
    complex_ = pr.build_complex(network, domain)
    decision = pr.decision_complex(network, domain)
    for measure, source, walls in (
        (pr.distance_to_boundary, complex_, pr.visible_walls(complex_)),
        (pr.distance_to_decision_boundary, decision, decision.decisive),
    ):
        found = measure(network, points, domain, norm=norm, exact=True)
        rough = measure(network, points, domain, norm=norm)
        for number, point in enumerate(points):
            truth = nearest_in_plane(source, walls, point, norm)
            if truth is None:
                assert math.isinf(found.value[number])
                assert found.units[number] == -1
                continue
            exact = found.exact[number]
            assert exact is not None
            assert (squared(exact) if norm == 2 else exact) == truth
            assert rough.lower[number] <= found[number].upper
            assert found[number].lower <= rough.upper[number]
            gap = np.linalg.norm(found.nearest[number] - point, norm)
            assert gap == pytest.approx(found.value[number], abs=1e-9)
            assert rough.upper[number] - rough.lower[number] <= 1e-6 * (1.0 + found.value[number])


def some_points(domain: pr.Polytope, seed: int, count: int = 2) -> NDArray[np.float64]:
    """Points at random, on a grid (often on walls), corners and a point inside."""
    rng = np.random.default_rng(seed)
    spread = rng.uniform(domain.lower, domain.upper, size=(2 * count, domain.dim))
    spread[count:] = np.round(2 * spread[count:]) / 2
    points = np.concatenate([spread, domain.vertices[:1], domain.inside.floats[None]])
    return points[domain.contains(points)]


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("grid", [None, 2])
def test_random_networks_in_the_plane(norm: float, grid: int | None) -> None:
    box = pr.Polytope.box(-1, 1, dim=2)
    check_in_plane(random_network(1, grid=grid), box, some_points(box, 1), norm)


FLAT = [
    p for p in (*degenerate_problems(), *maximum_problems()) if p.network.input_dim == 2 and p.activation_regions < 30
]


@pytest.mark.parametrize("problem", some(FLAT[::4]), ids=str)
def test_degenerate_networks_in_the_plane(problem: Any) -> None:
    number = FLAT.index(problem)
    check_in_plane(problem.network, problem.domain, some_points(problem.domain, number, 1), NORMS[number // 4 % 3])


@examples(10)
@given(any_networks(2), st.sampled_from(NORMS), st.integers(0, 99))
def test_small_integer_networks(network: pr.Network, norm: float, seed: int) -> None:
    domain = pr.Polytope.box(-1, 1.5, dim=network.input_dim)
    if network.input_dim == 2:
        check_in_plane(network, domain, some_points(domain, seed, 1), norm)


def from_hull(point: NDArray[np.float64], corners: NDArray[np.float64], norm: float) -> float:
    """The distance of a point from the hull of others, in floats."""
    count, dim = corners.shape
    if norm == 2:
        heavy = np.vstack([(corners - point).T, np.full(count, 1e4)])
        weights, _ = scipy.optimize.nnls(heavy, np.append(np.zeros(dim), 1e4))
        return float(np.linalg.norm(weights / weights.sum() @ corners - point))
    extra = 1 if norm == math.inf else dim
    bound = np.ones((dim, 1)) if norm == math.inf else np.eye(dim)
    step = (corners - point).T
    above = np.block([[step, -bound], [-step, -bound]])
    answer = scipy.optimize.linprog(
        np.append(np.zeros(count), np.ones(extra)),
        A_ub=above,
        b_ub=np.zeros(2 * dim),
        A_eq=np.append(np.ones(count), np.zeros(extra))[None],
        b_eq=[1.0],
    )
    return float(answer.fun)


@pytest.mark.parametrize("norm", NORMS)
def test_in_space(norm: float) -> None:
    for seed, grid in ((0, None), (3, 2)):
        network, domain = random_network(seed, (3, 6, 4, 1), grid), pr.Polytope.box(-1, 1, dim=3)
        complex_ = pr.build_complex(network, domain)
        walls = np.flatnonzero(pr.visible_walls(complex_)).tolist()
        points = some_points(domain, seed, 1)
        found = pr.distance_to_boundary(network, points, domain, norm=norm)
        for number, point in enumerate(points):
            truth = min(from_hull(point, complex_.vertices[complex_.vertices_of(2, w)], norm) for w in walls)
            assert found.lower[number] - 1e-7 <= truth <= found.upper[number] + 1e-7


@pytest.mark.parametrize("norm", NORMS)
def test_the_search_goes_outwards(norm: float) -> None:
    """Walls come by lower bounds; exact distances lie between the bounds; every region that was entered is nearer."""
    network, domain = random_network(3, grid=4), pr.Polytope.box(-1, 1, dim=2)
    search = Search(Neighbours(network, domain), np.array([0.125, -0.25]), float(norm))
    last = 0.0
    for wall in itertools.islice(search.walls(), 40):
        assert last * (1 - 1e-9) <= wall.lower <= wall.upper
        last = wall.lower
        exact = math.sqrt(wall.power) if norm == 2 else float(pr.arithmetic.to_fraction(wall.power))
        assert wall.lower <= exact * (1 + 1e-15)
        assert exact <= wall.upper * (1 + 1e-15)
        search.cross(wall)
        assert last <= search.least
    complex_ = pr.build_complex(network, domain)
    for region in search.entered.values():
        number = complex_.regions.index[region.pattern.tobytes()]
        assert from_hull(search.point, complex_.vertices[complex_.vertices_of(2, number)], norm) <= last + 1e-9


@examples(15)
@given(lively_networks(3), st.sampled_from(NORMS), st.integers(0, 99))
def test_region_distance_is_the_least_over_facets(network: pr.Network, norm: float, seed: int) -> None:
    """In a large box no facet of the box is near."""
    domain = pr.Polytope.box(-64, 64, dim=network.input_dim)
    point = np.random.default_rng(seed).integers(-8, 9, size=(1, network.input_dim)) / 4
    found = pr.distance_to_region_boundary(network, point, norm=norm, exact=True)
    regions = pr.enumerate_regions(network, domain)
    place = regions.locate(point)[0]
    if place < 0:
        assert found.value[0] == 0.0
        return
    x = [Fraction(float(c)) for c in point[0]]
    polytope, least = regions.polytope(int(place)), math.inf
    for (normal, offset), label in zip(polytope.exact_halfspaces, polytope.labels, strict=True):
        room = offset - sum(a * c for a, c in zip(normal, x, strict=True))
        steep = power(normal, {1: math.inf, 2: 2, math.inf: 1}[norm])
        if label[0] == "unit":  # type: ignore[index]
            least = min(least, room * room / steep if norm == 2 else room / steep)
    if math.isinf(least):
        assert math.isinf(found.value[0]) or found.value[0] > 30.0
    elif least < 900:
        exact = found.exact[0]
        assert exact is not None
        assert (squared(exact) if norm == 2 else exact) == least


def test_region_distance_never_exceeds_that_from_the_boundary() -> None:
    network, domain = random_network(5, (4, 8, 8, 1)), pr.Polytope.box(-1, 1, dim=4)
    points = np.random.default_rng(0).uniform(-0.5, 0.5, size=(6, 4))
    near = pr.distance_to_region_boundary(network, points)
    far = pr.distance_to_boundary(network, points, domain)
    assert (near.lower <= far.upper).all()
    same = far.entered == 1
    assert same.any()
    inner = np.linalg.norm(near.nearest[same], np.inf, axis=1) < 1.0
    assert near.value[same][inner] == pytest.approx(far.value[same][inner], rel=1e-9)


def test_distances_at_initialisation() -> None:
    """Hanin and Rolnick 2019: |g| / |gradient g| is about N(0, |x|^2 / n), so neurons x distance is about
    |x| / sqrt(n) * sqrt(pi / 2), the expected least of many half-normals."""
    rng = np.random.default_rng(0)
    n, means = 784, []
    for _ in range(16):
        widths = (n, 32, 32, 32, 1)
        weights = [rng.normal(size=(b, a)) * math.sqrt(2 / a) for a, b in itertools.pairwise(widths)]
        network = pr.Network.from_arrays(weights, [1e-3 * rng.normal(size=b) for b in widths[1:]])
        points = np.abs(rng.normal(size=(4, n)))
        points *= 9.2 / np.linalg.norm(points, axis=1, keepdims=True)
        means.append(96 * pr.distance_to_region_boundary(network, points).value.mean())
    error = np.std(means) / math.sqrt(len(means))
    assert abs(np.mean(means) - 9.2 / 28 * math.sqrt(math.pi / 2)) < 4 * error
    assert error < 0.08


def test_attacks_are_no_nearer() -> None:
    torch = pytest.importorskip("torch")
    network, domain = random_network(7, (3, 8, 6, 3)), pr.Polytope.box(-1, 1, dim=3)
    rng = np.random.default_rng(1)
    point = rng.uniform(-0.5, 0.5, size=3)
    found = pr.nearest_counterexample(network, point, domain, norm=math.inf)
    assert found is not None
    own = int(network(point).argmax())
    assert own == found.decision
    assert int(network(found.floats).argmax()) == found.other != own
    weights = [torch.tensor(np.array(layer.weights)) for layer in network.layers]
    biases = [torch.tensor(np.array(layer.bias)) for layer in network.layers]
    least = math.inf
    for radius in np.repeat([0.9, 1.1, 1.5, 2.0, 4.0], 4) * found.distance.value:
        y = torch.tensor(np.clip(point + rng.uniform(-radius, radius, size=3), -1, 1), requires_grad=True)
        for _ in range(10):
            h = y
            for w, b in zip(weights[:-1], biases[:-1], strict=True):
                h = torch.relu(w @ h + b)
            out = weights[-1] @ h + biases[-1]
            others = torch.cat([out[:own], out[own + 1 :]]).max()
            (gradient,) = torch.autograd.grad(others - out[own], y)
            step = (y + radius / 8 * gradient.sign()).detach().numpy()
            near = np.clip(np.clip(step, point - radius, point + radius), -1, 1)
            y = torch.tensor(near, requires_grad=True)
            if int(network(near).argmax()) != own:
                least = min(least, float(np.abs(near - point).max()))
    assert found.distance.lower <= least < math.inf


def test_nearest_counterexample() -> None:
    constant = pr.Network.from_arrays([np.zeros((2, 3))], [[1.0, 0.0]])
    cube = pr.Polytope.box(-1, 1, dim=3)
    assert pr.nearest_counterexample(constant, [0, 0, 0], cube) is None
    network = random_network(9, (3, 6, 2))
    for norm in NORMS:
        found = pr.nearest_counterexample(network, [0.1, 0.2, -0.3], cube, norm=norm)
        if found is None:
            assert len(set(network(np.random.default_rng(0).uniform(-1, 1, (999, 3))).argmax(axis=1).tolist())) == 1
            continue
        value = pr.evaluate_exactly(network, found.point)
        assert max(value) == value[found.other] > value[found.decision]
        assert cube.contains(found.floats[None])[0]
        gap = np.linalg.norm(found.floats - [0.1, 0.2, -0.3], norm)
        assert found.distance.lower <= gap <= found.distance.upper + 1e-6


def test_gradient_jumps_agree_with_the_complex() -> None:
    for network in (random_network(11), random_network(12, grid=1)):
        complex_ = pr.build_complex(network, pr.Polytope.box(-1, 1, dim=2))
        visible = pr.visible_walls(complex_)[complex_.walls]
        patterns = complex_.regions.patterns
        seen = [gradient_jumps(network, patterns[a], patterns[b]) for a, b in complex_.wall_regions]
        assert seen == visible.tolist()


def test_bad_questions() -> None:
    network, square = random_network(0), pr.Polytope.box(-1, 1, dim=2)
    with pytest.raises(pr.errors.DimensionMismatch, match=r"number 1, .* does not"):
        pr.distance_to_boundary(network, [[0, 0], [2, 0]], square)
    with pytest.raises(ValueError, match="norm is 1, 2 or"):
        pr.distance_to_region_boundary(network, [[0, 0]], norm=3)
    with pytest.raises(pr.errors.DimensionMismatch, match="finite"):
        pr.distance_to_boundary(network, [[0, np.nan]], square)
    with pytest.raises(pr.errors.DimensionMismatch, match="one point"):
        pr.nearest_counterexample(network, [[0, 0]], square)
    empty = pr.distance_to_boundary(network, np.zeros((0, 2)), square)
    assert len(empty) == 0
    assert repr(empty) == "Distances(0 points)"
    affine = pr.Network.from_arrays([[[1.0, 2.0]]], [[0.0]])
    assert math.isinf(pr.distance_to_region_boundary(affine, [[0, 0]]).value[0])
    assert math.isinf(pr.distance_to_boundary(affine, [[0, 0]], square).value[0])
