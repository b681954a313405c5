"""How weights and biases are drawn at random, as before training."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Real
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from polyregions.errors import InvalidNetwork
from polyregions.networks.activation import Activation
from polyregions.networks.network import Network
from polyregions.theory.architecture import Architecture

Floats = NDArray[np.float64]
Seed = int | np.random.SeedSequence | np.random.Generator | None
WeightLaw = Literal["he-normal", "he-uniform", "glorot-normal", "glorot-uniform", "orthogonal", "torch"]
BiasLaw = Literal["normal", "uniform", "torch"]

VARIANCES = {
    "he-normal": lambda inputs, outputs: 2.0 / inputs,
    "he-uniform": lambda inputs, outputs: 2.0 / inputs,
    "glorot-normal": lambda inputs, outputs: 2.0 / (inputs + outputs),
    "glorot-uniform": lambda inputs, outputs: 2.0 / (inputs + outputs),
    "orthogonal": lambda inputs, outputs: 1.0 / max(inputs, outputs),
    "torch": lambda inputs, outputs: 1.0 / (3.0 * inputs),
}
"""The variance of every weight, by law, from the numbers of inputs and outputs of the layer."""

BIAS_LAWS = get_args(BiasLaw)

LEAST, MOST = 1e-50, 1e50
"""Scales lie between these, so that floats hold their powers."""


@dataclass(frozen=True)
class Prior:
    """The law of the weights and biases of a random network: all independent, but for orthogonal weights.

    Parameters
    ----------
    weights : str
        ``"he-normal"`` (variance 2 / inputs), ``"he-uniform"``, ``"glorot-normal"`` (variance 2 / (inputs + outputs)),
        ``"glorot-uniform"``, ``"orthogonal"`` (orthonormal rows or columns, whichever fit, uniformly distributed), or
        ``"torch"``, which ``torch.nn.Linear`` uses: uniform between plus and minus 1 / sqrt(inputs).
    biases : str
        ``"normal"``, ``"uniform"``, or ``"torch"``: uniform between plus and minus 1 / sqrt(inputs).
    bias_scale : float
        The standard deviation of normal biases; uniform ones lie between plus and minus this.  Has no effect on
        ``"torch"``.  The default is that of Hanin and Rolnick (2019): the variance 1e-6.
    gain : float
        A factor for all weights.

    Raises
    ------
    InvalidNetwork
        There is no such law, or a number is negative, or its powers leave the range of floats: scales lie between
        1e-50 and 1e50.

    Notes
    -----
    Laws by He et al. (2015), Glorot and Bengio (2010), Saxe et al. (2014).

    Examples
    --------
    >>> Prior().weight_std(inputs=8, outputs=3), Prior(biases="uniform", bias_scale=0.5).bias_peak(inputs=8)
    (0.5, 1.0)
    """

    weights: WeightLaw = "he-normal"
    biases: BiasLaw = "normal"
    bias_scale: float = 1e-3
    gain: float = 1.0

    def __post_init__(self) -> None:
        """Check the names and numbers."""
        if self.weights not in VARIANCES:
            raise InvalidNetwork(f"the law of weights is one of {', '.join(VARIANCES)}; got {self.weights!r}")
        if self.biases not in BIAS_LAWS:
            raise InvalidNetwork(f"the law of biases is one of {', '.join(BIAS_LAWS)}; got {self.biases!r}")
        numbers = (self.bias_scale, self.gain)
        if not all(isinstance(number, Real) and math.isfinite(number) for number in numbers):
            raise InvalidNetwork(f"bias_scale and gain must be finite numbers, got {numbers}")
        object.__setattr__(self, "bias_scale", float(self.bias_scale))
        object.__setattr__(self, "gain", float(self.gain))
        if self.bias_scale < 0.0 or self.gain <= 0.0:
            raise InvalidNetwork(f"bias_scale must not be negative, and gain must be positive; got {numbers}")
        if not (LEAST <= self.gain <= MOST and (self.bias_scale == 0.0 or LEAST <= self.bias_scale <= MOST)):
            raise InvalidNetwork(f"bias_scale and gain must lie between {LEAST} and {MOST}, got {numbers}")

    @classmethod
    def torch(cls) -> Prior:
        """Return the law of a fresh ``torch.nn.Linear``."""
        return cls("torch", "torch")

    @property
    def has_normal_weights(self) -> bool:
        """Whether all weights are normal."""
        return self.weights in ("he-normal", "glorot-normal")

    @property
    def has_independent_weights(self) -> bool:
        """Whether all weights are independent, so that each has a density given the others."""
        return self.weights != "orthogonal"

    @property
    def has_density(self) -> bool:
        """Whether biases have a density: their scale is not zero."""
        return self.biases == "torch" or self.bias_scale > 0.0

    def weight_std(self, inputs: int, outputs: int) -> float:
        """Return the standard deviation of a weight in a layer of this shape."""
        return self.gain * math.sqrt(VARIANCES[self.weights](inputs, outputs))

    def weight_density(self, values: Floats, inputs: int, outputs: int) -> Floats:
        """Return the density of a weight at some values, in a layer of this shape; not of orthogonal weights."""
        std = self.weight_std(inputs, outputs)
        if self.has_normal_weights:
            return _normal_density(values, std)
        return _uniform_density(values, math.sqrt(3.0) * std)

    def bias_width(self, inputs: int) -> float:
        """Return the largest bias of a layer, infinite for normal biases."""
        if self.biases == "normal":
            return math.inf
        return 1.0 / math.sqrt(inputs) if self.biases == "torch" else self.bias_scale

    def bias_std(self, inputs: int) -> float:
        """Return the standard deviation of a bias in a layer with so many inputs."""
        return self.bias_scale if self.biases == "normal" else self.bias_width(inputs) / math.sqrt(3.0)

    def bias_peak(self, inputs: int) -> float:
        """Return the largest value of the density of a bias in a layer with so many inputs."""
        if not self.has_density:
            return math.inf
        if self.biases == "normal":
            return 1.0 / (math.sqrt(2.0 * math.pi) * self.bias_scale)
        return 0.5 / self.bias_width(inputs)

    def bias_density(self, values: Floats, inputs: int) -> Floats:
        """Return the density of a bias at some values.

        Parameters
        ----------
        values : numpy.ndarray, any shape
        inputs : int
            Of the layer.

        Returns
        -------
        numpy.ndarray, of the same shape
        """
        if self.biases == "normal":
            return _normal_density(values, self.bias_scale)
        return _uniform_density(values, self.bias_width(inputs))

    def draw_weights(
        self, random: np.random.Generator, shape: tuple[int, int], count: int, columns: int | None = None
    ) -> Floats:
        """Draw the weights of a layer of the shape (outputs, inputs) for some networks at once.

        Parameters
        ----------
        random : numpy.random.Generator
        shape : (int, int)
        count : int
        columns : int, optional
            Draw only so many columns; not of orthogonal weights.

        Returns
        -------
        numpy.ndarray, shape (count, outputs, columns)
        """
        outputs, inputs = shape
        std = self.weight_std(inputs, outputs)
        if self.weights == "orthogonal":
            return self.gain * _orthogonal(random, shape, count)
        inputs = inputs if columns is None else columns
        if self.has_normal_weights:
            return std * random.standard_normal((count, outputs, inputs))
        return math.sqrt(3.0) * std * random.uniform(-1.0, 1.0, (count, outputs, inputs))

    def draw_biases(self, random: np.random.Generator, shape: tuple[int, int], count: int) -> Floats:
        """Draw the biases of a layer of the shape (outputs, inputs) for some networks at once.

        Returns
        -------
        numpy.ndarray, shape (count, outputs)
        """
        outputs, inputs = shape
        if self.biases == "normal":
            return self.bias_scale * random.standard_normal((count, outputs))
        return self.bias_width(inputs) * random.uniform(-1.0, 1.0, (count, outputs))


def _normal_density(values: Floats, std: float) -> Floats:
    scaled = np.minimum(np.abs(values / std), 100.0)  # where the density is zero in floats
    return np.asarray(np.exp(-0.5 * scaled**2) / (math.sqrt(2.0 * math.pi) * std))


def _uniform_density(values: Floats, width: float) -> Floats:
    return np.where(np.abs(values) <= width, 0.5 / width, 0.0)


def _orthogonal(random: np.random.Generator, shape: tuple[int, int], count: int) -> Floats:
    """Return uniformly distributed matrices with orthonormal rows or columns, by Mezzadri (2007)."""
    larger, smaller = max(shape), min(shape)
    q, r = np.linalg.qr(random.standard_normal((count, larger, smaller)))
    signs = np.where(np.diagonal(r, axis1=1, axis2=2) < 0.0, -1.0, 1.0)
    tall = q * signs[:, None, :]
    return tall if shape[0] >= shape[1] else np.swapaxes(tall, 1, 2)


def random_network(architecture: Architecture, prior: Prior | None = None, seed: Seed = None) -> Network:
    """Draw a network.

    Parameters
    ----------
    architecture : Architecture
    prior : Prior, optional
        Left out, that of Hanin and Rolnick (2019).
    seed : int, numpy.random.SeedSequence or numpy.random.Generator, optional
        The same numbers give the same network.

    Returns
    -------
    Network

    Examples
    --------
    >>> random_network(Architecture(2, (8, 8)), seed=0)
    Network(2-8-8-1, 16 units)
    """
    prior, random = prior or Prior(), np.random.default_rng(seed)
    weights, biases = [], []
    for shape in architecture.shapes:
        weights.append(prior.draw_weights(random, shape, 1)[0])
        biases.append(prior.draw_biases(random, shape, 1)[0])
    activations = [architecture.units] * len(architecture.widths) + [Activation.identity()]
    return Network.from_arrays(weights, biases, activations)


def random_networks(
    architecture: Architecture, prior: Prior | None = None, *, number: int, seed: int = 0, first: int = 0
) -> Iterator[Network]:
    """Draw some independent networks, each from a seed of its own, so that a longer run begins as a shorter one.

    Parameters
    ----------
    architecture : Architecture
    prior : Prior, optional
    number : int
    seed : int
    first : int
        Leave out so many of them at the beginning.

    Yields
    ------
    Network

    Examples
    --------
    >>> longer = list(random_networks(Architecture(1, (2,)), number=3, seed=5))
    >>> [network.digest for network in random_networks(Architecture(1, (2,)), number=2, seed=5)] == [
    ...     network.digest for network in longer[:2]
    ... ]
    True
    """
    for i in range(first, number):
        yield random_network(architecture, prior, np.random.SeedSequence(seed, spawn_key=(i,)))
