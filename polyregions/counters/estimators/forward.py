"""Switches and their gradients at many points, in floats."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from polyregions.arithmetic import Enclosure
from polyregions.arithmetic.enclosure import QUIET
from polyregions.counters.estimators.sampled import Floats
from polyregions.networks.network import Network

ENTRIES = 1 << 21
"""About so many numbers an array holds at most."""


def batches(network: Network, budget: int) -> Iterator[int]:
    """Yield numbers of points that are dealt with together; they add up to the budget."""
    widest = max(network.n_switches, *(len(layer.bias) for layer in network.layers), network.input_dim)
    size = max(1, ENTRIES // (widest * (network.input_dim + 1)))
    for begin in range(0, budget, size):
        yield min(size, budget - begin)


@QUIET
def switches_at(network: Network, points: Floats, shifts: Floats | None = None) -> Floats:
    """Return the switches at points, with their gradients, in floats.

    Parameters
    ----------
    network : Network
    points : numpy.ndarray, shape (B, n)
    shifts : numpy.ndarray, shape (n_units, B), optional
        Added to the biases of the units, other ones for every point; only for units of one row each.

    Returns
    -------
    numpy.ndarray, shape (n_switches, B, n + 1)
        The gradients, then the values.

    Examples
    --------
    >>> net = Network.from_arrays([[[2.0], [1.0]], [[1.0, 1.0]]], [[0.0, -1.0], [0.0]])
    >>> switches_at(net, np.array([[3.0]])).tolist()
    [[[2.0, 6.0]], [[1.0, 2.0]]]
    """
    count, dim = points.shape
    identity = np.broadcast_to(np.eye(dim)[:, None], (dim, count, dim))
    outputs, unit = [np.concatenate([identity, points.T[:, :, None]], axis=2)], 0
    switches = [np.zeros((0, count, dim + 1))]
    for layer in network.layers:
        inputs = np.concatenate([outputs[source] for source in layer.sources or ()])
        rows = np.asarray(layer.weights @ inputs.reshape(len(inputs), -1)).reshape(-1, count, dim + 1)
        rows[:, :, -1] += layer.bias[:, None]
        if shifts is not None and layer.n_switches:
            rows[:, :, -1] += shifts[unit : unit + layer.width]
            unit += layer.width
        forms, pieces = Enclosure.exact(rows), layer.units.likely_pieces(rows[:, :, -1])
        each = np.repeat(np.arange(layer.n_switches), count), np.tile(np.arange(count), layer.n_switches)
        switches.append(layer.units.switch_forms(forms, pieces, *each).value.reshape(-1, count, dim + 1))
        outputs.append(layer.units.forms_on_pieces(forms, pieces).value)
    return np.concatenate(switches)


def lengths(vectors: Floats) -> Floats:
    """Return Euclidean lengths along the last axis, also where squares are too small or too large for floats."""
    largest = np.abs(vectors).max(axis=-1)
    return np.asarray(largest * np.linalg.norm(vectors / np.where(largest > 0.0, largest, 1.0)[..., None], axis=-1))
