"""The density of walls under noise, against exact boundaries of networks with noisy biases."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from maximum_networks import envelope
from scipy.integrate import quad
from scipy.special import erf
from scipy.stats import norm

import polyregions as pr
from polyregions.counters.estimators.local_complexity import local_complexity, sign_changes
from polyregions.errors import UnsupportedLayer
from polyregions.theory import Architecture, Prior, random_network

SQUARE = pr.Polytope.box(-1, 1, dim=2)
TRIANGLE = pr.Polytope.from_vertices([[-0.5, -0.5], [1.0, -0.25], [0.0, 1.0]])
RELU = random_network(Architecture(2, (3, 3)), Prior(bias_scale=0.3), seed=5)
CLIPPED = random_network(Architecture(2, (3, 2), activation="hard_tanh"), Prior(bias_scale=0.5), seed=6)
SKIP = pr.Network(
    (
        pr.Layer([[1.0, 0.5], [0.5, -1.0]], [0.0, 0.0], pr.Activation.relu(), (0,)),
        pr.Layer([[1.0, -1.0, 0.5, 0.0], [1.0, 1.0, 0.0, 0.0]], [-0.3, -0.6], pr.Activation.absolute(), (1, 0)),
        pr.Layer([[1.0, 1.0]], [0.0], pr.Activation.identity(), (2,)),
    ),
    2,
)
# The same unit twice, and one that is 0 where the first is off: without noise no density at all.
DEGENERATE = pr.Network.from_arrays(
    [[[1, 0], [1, 0], [0, 1]], [[1, 1, 0], [0, 0, 1]], [[1.0, 1.0]]], [[0, 0, 0.5], [0, -0.25], [0.0]]
)


def noisy(network: pr.Network, noise: float, random: np.random.Generator) -> pr.Network:
    return pr.Network(
        tuple(
            replace(layer, bias=layer.bias + noise * random.standard_normal(layer.width)) if layer.n_switches else layer
            for layer in network.layers
        ),
        network.input_dim,
    )


@pytest.mark.parametrize(
    ("network", "domain"), [(RELU, SQUARE), (RELU, TRIANGLE), (CLIPPED, SQUARE), (SKIP, SQUARE), (DEGENERATE, SQUARE)]
)
def test_mean_of_exact_boundaries(network: pr.Network, domain: pr.Polytope) -> None:
    random, noise = np.random.default_rng(0), 0.3
    copies = (pr.build_complex(noisy(network, noise, random), domain) for _ in range(60))
    exact = pr.Estimate.of(np.array([pr.boundary_volume(copy, 1, visible=False).value for copy in copies]))
    found = local_complexity(network, domain, 20_000, random, noise=noise).times(float(domain.volume))
    assert abs(found.value - exact.value) < 4 * math.hypot(found.error, exact.error)
    assert found.error < 0.03 * found.value


@pytest.mark.parametrize("noise", [0.1, 1.0, 5.0])
def test_one_line(noise: float) -> None:
    """The line 2 x + shift = 0 has length 2 in the square as long as |shift| < 2."""
    network = pr.Network.from_arrays([[[2.0, 0.0]], [[1.0]]], [[0.0], [0.0]])
    found = local_complexity(network, SQUARE, 20_000, np.random.default_rng(1), noise=noise)
    assert abs(found.value - (2 * norm.cdf(2 / noise) - 1) / 2) < 4 * found.error
    assert found.error < 0.05


def test_bias_goes_to_zero_with_the_noise() -> None:
    exact = pr.boundary_volume(pr.build_complex(RELU, SQUARE), 1, visible=False).value / 4.0
    found = local_complexity(RELU, SQUARE, 40_000, np.random.default_rng(2), noise=0.01)
    assert abs(found.value - exact) < 4 * found.error + 0.02 * exact


def largest_coordinate(dim: int) -> float:
    """Its mean for a random unit vector: that of normal numbers over that of their length."""
    largest = quad(lambda t: 1.0 - erf(t / math.sqrt(2.0)) ** dim, 0.0, np.inf)[0]
    return float(largest / (math.sqrt(2.0) * math.gamma((dim + 1) / 2) / math.gamma(dim / 2)))


@pytest.mark.parametrize("dim", [2, 3, 5])
def test_sign_changes_at_one_wall(dim: int) -> None:
    network = pr.Network.from_arrays([[[3.0, *[0.0] * (dim - 1)]], [[1.0]]], [[0.0], [0.0]])
    domain, radius = pr.Polytope.box(-1, 1, dim=dim), 0.5
    found = sign_changes(network, domain, 6000, np.random.default_rng(3), radius=radius)
    assert abs(found.value - radius * largest_coordinate(dim)) < 4 * found.error


def test_sign_changes_give_the_area() -> None:
    exact = pr.boundary_volume(pr.build_complex(RELU, SQUARE), 1, visible=False).value
    found = sign_changes(RELU, SQUARE, 20_000, np.random.default_rng(4), radius=0.02)
    area = found.times(4.0 / (2 * 0.02 * math.sqrt(8) / math.pi))
    assert abs(area.value - exact) < 4 * area.error + 0.02 * exact
    assert area.error < 0.05 * exact


def test_sign_changes_need_both_signs() -> None:
    """Around the origin two equal units change; the one behind them is 0 or positive, the fourth is far away."""
    near = pr.Polytope.box(-1e-9, 1e-9, dim=2)
    assert sign_changes(DEGENERATE, near, 50, np.random.default_rng(5), radius=0.1).value == 2.0


def test_errors() -> None:
    random = np.random.default_rng(0)
    with pytest.raises(UnsupportedLayer, match="maxima"):
        local_complexity(envelope("", [[1, 0, 0], [0, 1, 0]], 2).network, SQUARE, 10, random, noise=1.0)
    for noise in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="noise"):
            local_complexity(RELU, SQUARE, 10, random, noise=noise)
    with pytest.raises(ValueError, match="radius"):
        sign_changes(RELU, SQUARE, 10, random, radius=0.0)
