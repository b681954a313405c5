"""Networks with units that compare outputs: with each other, or with a level."""

from __future__ import annotations

import numpy as np

from polyregions.errors import DimensionMismatch, InvalidNetwork
from polyregions.networks.activation import Activation
from polyregions.networks.layer import Layer
from polyregions.networks.maximum import Maximum
from polyregions.networks.network import Network


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
    """Return the network with one more layer: the largest output.

    Parameters
    ----------
    network : Network

    Returns
    -------
    Network
        The new unit is the last one, and its piece is the first of the largest outputs.
    """
    count = network.output_dim
    largest = Layer(np.eye(count), np.zeros(count), Maximum([range(count)]))
    return Network((*network.layers, largest), network.input_dim)
