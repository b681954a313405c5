"""A network as JSON can hold it, exactly: what certificates hold, and what the digest of a network is made from."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from polyregions.arithmetic.portable import portable_floats
from polyregions.networks.activation import Activation
from polyregions.networks.layer import Layer, Weights
from polyregions.networks.maximum import Maximum

if TYPE_CHECKING:
    from polyregions.networks.network import Network


def describe(network: Network) -> dict[str, Any]:
    """Return everything that defines the function, as lists, names and portable numbers.

    Parameters
    ----------
    network : Network

    Returns
    -------
    dict
        ``inputs``, and for each of ``layers``: ``sources``; ``rows``, for each its bias, the places of its weights that
        are not zero among the sources' numbers, and these weights; and either ``activations`` or ``maxima``.
    """
    return {"inputs": network.input_dim, "layers": [_describe_layer(layer) for layer in network.layers]}


def _describe_layer(layer: Layer) -> dict[str, Any]:
    description = {
        "sources": [int(source) for source in layer.sources or ()],
        "rows": [
            [bias, places, portable_floats(weights)]
            for bias, (places, weights) in zip(portable_floats(layer.bias.tolist()), _rows(layer.weights), strict=True)
        ],
    }
    if isinstance(layer.activation, Maximum):
        return description | {"maxima": [list(group) for group in layer.activation.groups]}
    kinds = layer.activation if isinstance(layer.activation, tuple) else [layer.activation] * layer.width
    known: dict[Activation, dict[str, list[str]]] = {}
    return description | {"activations": [known.setdefault(kind, _describe_activation(kind)) for kind in kinds]}


def _describe_activation(kind: Activation) -> dict[str, list[str]]:
    return {
        "breakpoints": portable_floats(kind.breakpoints),
        "slopes": portable_floats(kind.slopes),
        "value": portable_floats([kind.value]),
    }


def _rows(weights: Weights) -> list[tuple[list[int], list[float]]]:
    """Return the places and values of the entries of each row that are not zero."""
    if isinstance(weights, np.ndarray):
        places = [np.flatnonzero(row) for row in weights]
        return [(own.tolist(), row[own].tolist()) for own, row in zip(places, weights, strict=True)]
    columns, data = weights.indices.tolist(), weights.data.tolist()
    return [(columns[start:end], data[start:end]) for start, end in pairwise(weights.indptr.tolist())]
