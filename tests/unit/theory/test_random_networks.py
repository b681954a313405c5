"""Architectures and priors: moments, laws, seeds, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

import polyregions as pr
from polyregions.errors import InvalidNetwork
from polyregions.theory.prior import BIAS_LAWS, VARIANCES

WEIGHTS = sorted(VARIANCES)
SHAPES = [(3, 5), (5, 3), (4, 4)]


@pytest.mark.parametrize("law", WEIGHTS)
@pytest.mark.parametrize("shape", SHAPES)
def test_weights_have_the_variance_that_their_law_says(law: str, shape: tuple[int, int]) -> None:
    prior, (outputs, inputs) = pr.Prior(law, gain=1.5), shape  # type: ignore[arg-type]
    drawn = prior.draw_weights(np.random.default_rng(0), shape, 20_000)
    fan = {"he": 2 / inputs, "glorot": 2 / (inputs + outputs), "orthogonal": 1 / max(shape), "torch": 1 / (3 * inputs)}
    wanted = 1.5**2 * fan[law.split("-", maxsplit=1)[0]]
    assert drawn.shape == (20_000, *shape)
    assert np.abs(drawn.mean(axis=0)).max() < 5 * math.sqrt(wanted / 20_000)
    assert drawn.var(axis=0) == pytest.approx(np.full(shape, wanted), rel=0.06)
    assert prior.weight_std(inputs, outputs) == pytest.approx(math.sqrt(wanted))


@pytest.mark.parametrize("law", ["he-normal", "he-uniform", "torch"])
def test_weights_have_the_shape_of_their_law(law: str) -> None:
    prior = pr.Prior(law)  # type: ignore[arg-type]
    drawn = prior.draw_weights(np.random.default_rng(1), (2, 5), 5000).ravel() / prior.weight_std(5, 2)
    wanted = stats.norm() if "normal" in law else stats.uniform(-math.sqrt(3), 2 * math.sqrt(3))
    assert stats.kstest(drawn, wanted.cdf).pvalue > 1e-4


@pytest.mark.parametrize("shape", SHAPES)
def test_orthogonal_weights_are_orthogonal_and_turned_at_random(shape: tuple[int, int]) -> None:
    drawn = pr.Prior("orthogonal").draw_weights(np.random.default_rng(2), shape, 4000)
    small = drawn if shape[0] <= shape[1] else np.swapaxes(drawn, 1, 2)
    assert small @ np.swapaxes(small, 1, 2) == pytest.approx(
        np.broadcast_to(np.eye(min(shape)), (4000, min(shape), min(shape)))
    )
    first = small[:, 0, 0]  # a coordinate of a uniform point of a sphere
    n = max(shape)
    assert stats.kstest((first + 1) / 2, stats.beta((n - 1) / 2, (n - 1) / 2).cdf).pvalue > 1e-4


@pytest.mark.parametrize("law", BIAS_LAWS)
def test_densities_of_biases_belong_to_what_is_drawn(law: str) -> None:
    prior = pr.Prior(biases=law, bias_scale=0.3)  # type: ignore[arg-type]
    drawn = prior.draw_biases(np.random.default_rng(3), (4, 6), 5000).ravel()
    width = min(prior.bias_width(6), 8 * 0.3)
    assert drawn.std() == pytest.approx(prior.bias_std(6), rel=0.05)
    below = quad(lambda b: prior.bias_density(np.array([b]), 6)[0], -width, 0.1)[0]
    assert quad(lambda b: prior.bias_density(np.array([b]), 6)[0], -width, width)[0] == pytest.approx(1.0)
    assert abs((drawn < 0.1).mean() - below) < 5 * math.sqrt(0.25 / len(drawn))
    assert prior.bias_peak(6) == prior.bias_density(np.array([0.0]), 6)[0]


def test_the_law_of_torch_is_that_of_torch() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    layers = [torch.nn.Linear(6, 4) for _ in range(400)]
    weights = np.concatenate([layer.weight.detach().numpy().ravel() for layer in layers])
    biases = np.concatenate([layer.bias.detach().numpy().ravel() for layer in layers])
    prior, random = pr.Prior.torch(), np.random.default_rng(4)
    assert stats.ks_2samp(weights, prior.draw_weights(random, (4, 6), 400).ravel()).pvalue > 1e-4
    assert stats.ks_2samp(biases, prior.draw_biases(random, (4, 6), 400).ravel()).pvalue > 1e-4


def test_networks_are_reproducible_and_have_the_shape() -> None:
    shape = pr.Architecture(3, [5, 4], 2, "leaky_relu(0.1)")
    one, same, other = (pr.random_network(shape, pr.Prior.torch(), seed) for seed in (7, 7, 8))
    assert one.digest == same.digest
    assert one.digest != other.digest
    assert [layer.weights.shape for layer in one.layers] == list(shape.shapes)
    assert [layer.kind for layer in one.layers] == ["leaky_relu(0.1)", "leaky_relu(0.1)", "identity"]
    assert one.n_units == shape.n_units == 9
    assert str(shape) == "3-5-4-2"


def test_a_longer_run_begins_as_a_shorter_one() -> None:
    shape = pr.Architecture(1, (2,))
    digests = [network.digest for network in pr.random_networks(shape, number=6, seed=3)]
    assert len(set(digests)) == 6
    assert [network.digest for network in pr.random_networks(shape, number=4, seed=3)] == digests[:4]
    assert [network.digest for network in pr.random_networks(shape, number=6, first=4, seed=3)] == digests[4:]


def test_the_default_is_that_of_the_paper() -> None:
    assert pr.Prior().bias_std(784) ** 2 == pytest.approx(1e-6)
    assert pr.Prior().weight_std(784, 10) ** 2 == pytest.approx(2 / 784)


@pytest.mark.parametrize(
    "wrong",
    [
        {"weights": "he"},
        {"biases": "gaussian"},
        {"bias_scale": -1.0},
        {"bias_scale": math.nan},
        {"gain": 0.0},
        {"gain": math.inf},
        {"bias_scale": "1"},
    ],
)
def test_wrong_priors_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidNetwork):
        pr.Prior(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong", [(0, (3,)), (2, ()), (2, (3, 0)), (2, (2.5,)), (2, (3,), 0), (2, (3,), 1, "identity")]
)
def test_wrong_architectures_are_refused(wrong: tuple[object, ...]) -> None:
    with pytest.raises(InvalidNetwork):
        pr.Architecture(*wrong)  # type: ignore[arg-type]
