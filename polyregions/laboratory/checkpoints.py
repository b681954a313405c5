"""Checkpoints of a training: networks with labels, all of one architecture, and two of them side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from polyregions.errors import DimensionMismatch, InvalidNetwork
from polyregions.networks.layer import Layer
from polyregions.networks.maximum import Maximum
from polyregions.networks.network import Network

Label = str | int | float
"""What a user counts: epochs, steps, or names."""

Checkpoints = Iterable[Network] | Iterable[tuple[Label, Network]] | Mapping[Label, Network]
"""Networks in order, with labels or without."""


def labelled(checkpoints: Checkpoints) -> Iterator[tuple[Label, Network]]:
    """Yield checkpoints one after the other, each when it is asked for; without a label, its number from 0 is one.

    Raises
    ------
    InvalidNetwork
        There is something else among them.
    """
    wanted = "checkpoints are networks, or pairs (label, network), in a list, a mapping or a generator"
    if isinstance(checkpoints, Network) or not isinstance(checkpoints, Iterable):
        raise InvalidNetwork(f"{wanted}; got {_named(checkpoints)}")
    return _labelled(checkpoints, wanted)


def _labelled(checkpoints: Iterable[Any], wanted: str) -> Iterator[tuple[Label, Network]]:
    items = checkpoints.items() if isinstance(checkpoints, Mapping) else checkpoints
    for number, item in enumerate(items):
        label, network = item if isinstance(item, tuple | list) and len(item) == 2 else (number, item)
        label = label.item() if isinstance(label, np.generic) else label
        if not isinstance(network, Network):
            raise InvalidNetwork(f"{wanted}; number {number} is {_named(item)}; read it with Network.from_torch or so")
        if not isinstance(label, str | int | float):
            raise InvalidNetwork(f"labels are words or numbers; that of number {number} is {_named(label)}")
        yield label, network


def _named(thing: object) -> str:
    return repr(thing) if isinstance(thing, Network) else f"an object of type {type(thing).__name__}"


def check_same_architecture(first: Network, label: Label, network: Network) -> None:
    """Refuse a checkpoint whose patterns would mean something else than those of the first one.

    Raises
    ------
    DimensionMismatch
        The number of inputs or of layers, or some layer's sources, rows, units or switches differ.
    """
    if network.input_dim != first.input_dim or len(network.layers) != len(first.layers):
        raise DimensionMismatch(
            f"all checkpoints need the architecture of the first one, {first}; checkpoint {label!r} is {network}"
        )
    for number, (one, other) in enumerate(zip(first.layers, network.layers, strict=True), start=1):
        if _shape(one) != _shape(other):
            raise DimensionMismatch(
                f"all checkpoints need the architecture of the first one; layer {number} of checkpoint {label!r} is "
                f"{_described(other)}, that of the first is {_described(one)}"
            )


def _shape(layer: Layer) -> tuple[Any, ...]:
    groups = layer.units.groups if isinstance(layer.units, Maximum) else None
    return layer.sources, layer.weights.shape, groups, layer.units.switch_units.tolist()


def _described(layer: Layer) -> str:
    rows, columns = layer.weights.shape
    return f"{rows} x {columns} {layer.kind} with {layer.n_switches} switches, reading {list(layer.sources or ())}"


def side_by_side(one: Network, other: Network) -> Network:
    """Return two networks of one architecture as one, on the same input: its layers are theirs in turn.

    The regions of the result are the intersections of their regions; `two_patterns` takes its patterns apart.

    Examples
    --------
    >>> net = Network.from_arrays([[[1.0]], [[1.0]]], [[0.0], [0.0]])
    >>> side_by_side(net, net)
    Network(1-1-1-1-1, 2 units)
    """
    layers = []
    for pair in zip(one.layers, other.layers, strict=True):
        for side, layer in enumerate(pair):
            layers.append(layer.reading([2 * source - 1 + side if source else 0 for source in layer.sources or ()]))
    return Network(tuple(layers), one.input_dim)


def two_patterns(both: Network, patterns: Any) -> tuple[Any, Any]:
    """Return the patterns of the two networks that `side_by_side` has joined, shape (R, n_units) each."""
    first = both.unit_layers % 2 == 1
    return patterns[:, first], patterns[:, ~first]
