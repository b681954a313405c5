"""Networks with units that compare outputs: with each other, or with a level."""

from __future__ import annotations

import numpy as np

from polyregions.errors import DimensionMismatch, InvalidNetwork
from polyregions.networks.activation import Activation
from polyregions.networks.network import Layer, Network


def with_level(network: Network, output: int, level: float) -> Network:
    """Return the network with one more layer: a ReLU unit of an output minus a level.

    Parameters
    ----------
    network : Network
    output : int
    level : float

    Returns
    -------
    Network
        The new unit is the last one.

    Raises
    ------
    DimensionMismatch
        There is no such output.
    InvalidNetwork
        The level is not a finite number.
    """
    if output not in range(network.output_dim):
        raise DimensionMismatch(f"the network has outputs 0 to {network.output_dim - 1}, got {output!r}")
    if not isinstance(level, int | float | np.number) or not np.isfinite(level):
        raise InvalidNetwork(f"a level must be a finite number, got {level!r}")
    weights = np.zeros((1, network.output_dim))
    weights[0, output] = 1.0
    return Network((*network.layers, Layer(weights, np.array([-level]), Activation.relu())), network.input_dim)


def with_maximum(network: Network) -> Network:
    """Return the network with ReLU units that compare each output with the largest one before it.

    Parameters
    ----------
    network : Network
        With m outputs ``y_0, ..., y_{m-1}``.

    Returns
    -------
    Network
        With m - 1 more units, in layers of their own: unit j is ``y_j - max(y_0, ..., y_{j-1})`` before activation.
        The maximum so far is y_0 plus the sum of the earlier new units after activation, so all weights are 0, 1, -1.
    """
    layers = list(network.layers)
    outputs = len(layers)
    for j in range(1, network.output_dim):
        weights = np.zeros((1, network.output_dim))
        weights[0, [0, j]] = -1.0, 1.0
        sources = (outputs, *range(outputs + 1, len(layers) + 1))
        row = np.concatenate([weights, -np.ones((1, j - 1))], axis=1)
        layers.append(Layer(row, np.zeros(1), Activation.relu(), sources))
    return Network(tuple(layers), network.input_dim)
