"""Laws of weights and biases: densities, joint laws, which numbers are taken."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

import polyregions as pr
from polyregions.errors import InvalidNetwork

INDEPENDENT = ["he-normal", "he-uniform", "glorot-normal", "glorot-uniform", "torch"]


@pytest.mark.parametrize("law", INDEPENDENT)
def test_densities_of_weights_belong_to_what_is_drawn(law: str) -> None:
    """Compare a histogram with the integral of the density over its bins."""
    prior, count = pr.Prior(law, gain=0.7), 20_000  # type: ignore[arg-type]
    drawn = prior.draw_weights(np.random.default_rng(0), (3, 5), count)[:, 1, 2]
    edges = np.linspace(-3.0, 3.0, 25) * prior.weight_std(5, 3)
    fine = np.linspace(edges[:-1], edges[1:], 2001, axis=1)
    shares = prior.weight_density(fine, 5, 3).mean(axis=1) * np.diff(edges)
    assert shares.sum() == pytest.approx(1.0, abs=4e-3)
    counted = np.histogram(drawn, edges)[0]
    assert np.abs(counted - count * shares).max() < 5 * np.sqrt(count * shares.max())
    used = shares > 1e-3
    assert stats.chisquare(counted[used], counted[used].sum() * shares[used] / shares[used].sum()).pvalue > 1e-4


@pytest.mark.parametrize("scale", [1e-50, 1e-3, 1e50])
def test_densities_of_biases_are_those_of_scipy(scale: float) -> None:
    values = np.array([0.0, 0.3, -0.99, 1.01, 3.0, -40.0, 1e60]) * scale
    normal, uniform = pr.Prior(biases="normal", bias_scale=scale), pr.Prior(biases="uniform", bias_scale=scale)
    assert normal.bias_density(values, 4) == pytest.approx(stats.norm(scale=scale).pdf(values), rel=1e-12)
    assert uniform.bias_density(values, 4) == pytest.approx(stats.uniform(-scale, 2 * scale).pdf(values))
    torch = pr.Prior(biases="torch").bias_density(values / scale, 4)
    assert torch == pytest.approx(stats.uniform(-0.5, 1.0).pdf(values / scale))


@pytest.mark.parametrize("law", INDEPENDENT)
def test_weights_are_independent(law: str) -> None:
    drawn = pr.Prior(law).draw_weights(np.random.default_rng(1), (2, 3), 20_000).reshape(20_000, 6)  # type: ignore[arg-type]
    of_values, of_sizes = np.corrcoef(drawn.T), np.corrcoef(drawn.T**2)
    assert np.abs(of_values - np.eye(6)).max() < 5 / math.sqrt(20_000)
    assert np.abs(of_sizes - np.eye(6)).max() < 5 / math.sqrt(20_000)


def test_only_independent_weights_have_densities() -> None:
    assert [law for law in [*INDEPENDENT, "orthogonal"] if pr.Prior(law).has_independent_weights] == INDEPENDENT  # type: ignore[arg-type]


def test_squares_that_are_orthogonal_turn_and_reflect() -> None:
    """Both signs of the determinant, and eigenvalues that keep apart (Mezzadri 2007), as in the Haar law."""
    drawn = pr.Prior("orthogonal").draw_weights(np.random.default_rng(2), (4, 4), 3000)
    assert abs((np.linalg.det(drawn) > 0).mean() - 0.5) < 5 * 0.5 / math.sqrt(3000)
    haar = stats.ortho_group(4, seed=3).rvs(3000)
    assert stats.ks_2samp(np.trace(drawn, axis1=1, axis2=2), np.trace(haar, axis1=1, axis2=2)).pvalue > 1e-4


def test_gain_is_a_factor() -> None:
    for law in [*INDEPENDENT, "orthogonal"]:
        one, three = (
            pr.Prior(law, gain=gain).draw_weights(np.random.default_rng(4), (3, 2), 5)  # type: ignore[arg-type]
            for gain in (1.0, 3.0)
        )
        assert three == pytest.approx(3.0 * one)


def test_numbers_of_any_kind() -> None:
    wanted = pr.Prior(bias_scale=0.5, gain=2.0)
    for scale, gain in ((np.float32(0.5), np.int64(2)), (Fraction(1, 2), 2), (0.5, np.float64(2.0))):
        assert pr.Prior(bias_scale=scale, gain=gain) == wanted  # type: ignore[arg-type]


def test_zero_biases_can_be_drawn() -> None:
    for law in ("normal", "uniform"):
        prior = pr.Prior(biases=law, bias_scale=0.0)  # type: ignore[arg-type]
        network = pr.random_network(pr.Architecture(2, (3,)), prior, seed=0)
        assert not prior.has_density
        assert not network.layers[0].bias.any()


@pytest.mark.parametrize("wrong", [{"bias_scale": 1e-300}, {"bias_scale": 1e60}, {"gain": 1e-51}, {"gain": 1e200}])
def test_scales_whose_powers_floats_do_not_hold(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidNetwork, match=r"between 1e-50 and 1e\+50"):
        pr.Prior(**wrong)  # type: ignore[arg-type]


def test_seeds_of_every_kind() -> None:
    shape = pr.Architecture(2, (3,))
    by_number = pr.random_network(shape, seed=5).digest
    assert pr.random_network(shape, seed=np.random.SeedSequence(5)).digest == by_number
    assert pr.random_network(shape, seed=np.random.default_rng(5)).digest == by_number
    random = np.random.default_rng(5)
    assert pr.random_network(shape, seed=random).digest != pr.random_network(shape, seed=random).digest


def test_networks_of_a_run_have_the_law_of_the_prior() -> None:
    """One weight and one bias of each, from seeds of their own."""
    prior = pr.Prior("he-uniform", "normal", 0.4)
    networks = list(pr.random_networks(pr.Architecture(2, (2, 2)), prior, number=1500, seed=1))
    weights = np.array([network.layers[1].weights[0, 1] for network in networks])
    biases = np.array([network.layers[1].bias[0] for network in networks])
    assert stats.kstest(weights, stats.uniform(-math.sqrt(3), 2 * math.sqrt(3)).cdf).pvalue > 1e-4
    assert stats.kstest(biases, stats.norm(scale=0.4).cdf).pvalue > 1e-4
    assert abs(np.corrcoef(weights[:-1], weights[1:])[0, 1]) < 5 / math.sqrt(1500)
