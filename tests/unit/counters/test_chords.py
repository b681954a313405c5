"""Random lines through polytopes: where they lie, and that no direction and no place is preferred."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad

import polyregions as pr
from polyregions.counters.estimators.chords import Chords
from polyregions.counters.estimators.sampled import mean, points_in_ball

TRIANGLE = pr.Polytope.from_vertices([[0.5, 0.5], [2.0, 0.75], [1.0, 3.0]])
DOMAINS = {
    "square": pr.Polytope.box(-1, 1, dim=2),
    "thin box": pr.Polytope.box([0, 0, 5], [1, 0.01, 7]),
    "far box": pr.Polytope.box(1e6, 1e6 + 1, dim=2),
    "box in four dimensions": pr.Polytope.box(0, [1, 2, 3, 4]),
    "triangle": TRIANGLE,
    "small simplex": pr.Polytope.simplex(3, 1e-30),
    "cut cube": pr.Polytope.box(-1, 1, dim=3).part([[1, 1, 1]], [0.5]),
}

each_domain = pytest.mark.parametrize("domain", DOMAINS.values(), ids=DOMAINS.keys())


def mean_cosine(dim: int) -> float:
    """The mean of |cos| of the angle between a fixed and a uniform direction, by quadrature."""
    above = quad(lambda a: math.cos(a) * math.sin(a) ** (dim - 2), 0.0, math.pi / 2.0)[0]
    return float(above / quad(lambda a: math.sin(a) ** (dim - 2), 0.0, math.pi / 2.0)[0])


@each_domain
def test_ends_lie_in_the_domain(domain: pr.Polytope) -> None:
    starts, ends = Chords(domain).draw(np.random.default_rng(0), 2000)
    assert domain.contains(starts).all()
    assert domain.contains(ends).all()
    met = (starts != ends).any(axis=1)
    assert met.mean() > 0.99
    middles = starts[met] / 2 + ends[met] / 2
    assert domain.contains(middles, strictly=True).mean() > 0.99


@each_domain
def test_mean_length(domain: pr.Polytope) -> None:
    """Lines of one direction fill the volume; the body's shadow is on average half its surface times the mean |cos|."""
    chords = Chords(domain)
    starts, ends = chords.draw(np.random.default_rng(1), 20_000)
    size = float((domain.upper - domain.lower).max())
    found = mean(np.linalg.norm(ends / size - starts / size, axis=1)).times(size)
    wanted = float(domain.volume) / (mean_cosine(domain.dim) * chords.surface / 2.0)
    assert abs(found.value - wanted) < 4 * found.error


def test_surfaces() -> None:
    complex_ = {
        name: pr.build_complex(pr.Network.from_arrays([np.ones((1, d.dim))], [[0.0]]), d) for name, d in DOMAINS.items()
    }
    for name, domain in DOMAINS.items():
        assert Chords(domain).surface == pytest.approx(pr.surface(complex_[name]).value[0], rel=1e-9)


def test_directions_are_isotropic() -> None:
    starts, ends = Chords(pr.Polytope.box(0, [1, 3], dim=2)).draw(np.random.default_rng(2), 40_000)
    # A direction is as likely as the rectangle's shadow is long; angles are from the second axis.
    angles = np.arctan2(*(ends - starts).T) % math.pi
    for first, last in ((0.0, 0.5), (0.5, math.pi / 2), (math.pi / 2, 3.0)):
        share = quad(lambda a: abs(math.cos(a)) + 3 * abs(math.sin(a)), first, last)[0] / 8.0
        found = np.mean((angles >= first) & (angles < last))
        assert abs(found - share) < 4 * math.sqrt(share * (1 - share) / len(angles))


def test_points_in_a_ball() -> None:
    points = points_in_ball(np.random.default_rng(3), 20_000, 3)
    sizes = np.linalg.norm(points, axis=1)
    assert sizes.max() < 1.0
    found = mean(sizes**3)  # uniform in [0, 1]
    assert abs(found.value - 0.5) < 4 * found.error
    assert np.abs(points.mean(axis=0)).max() < 4 * points.std() / math.sqrt(len(points))
