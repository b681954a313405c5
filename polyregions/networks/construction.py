"""The layers of a network that is being built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from polyregions.networks.layer import Layer
from polyregions.networks.network import Network


@dataclass(eq=False)
class Construction:
    """The layers of a network that is being built; tensors hold on to it.

    Attributes
    ----------
    input_dim : int
    layers : list of Layer
        All with their sources; 0 is the input.
    settled : dict
        Tensors, and the same ones as outputs of a layer.
    """

    input_dim: int
    layers: list[Layer] = field(default_factory=list)
    settled: dict[Any, Any] = field(default_factory=dict)

    def width(self, source: int) -> int:
        """Return the number of outputs of a layer; 0 is the input."""
        return self.layers[source - 1].width if source else self.input_dim

    def first_columns(self, sources: Sequence[int]) -> NDArray[np.int64]:
        """Return where the outputs of each source begin if they are concatenated, and their number at the end."""
        return np.cumsum([0, *map(self.width, sources)])

    def used(self, weights: csr_array, sources: Sequence[int]) -> tuple[int, ...]:
        """Return the sources that weights act on; the input if there is none."""
        first = self.first_columns(sources)
        used = np.unique(np.searchsorted(first, weights.indices, side="right") - 1)
        return tuple(sources[k] for k in used.tolist()) or (0,)

    def moved(self, weights: csr_array, sources: Sequence[int], others: Sequence[int]) -> csr_array:
        """Let weights act on other sources, among which are all that they act on now."""
        old, new = self.first_columns(sources), self.first_columns(others)
        place = dict(zip(others, new.tolist(), strict=False))
        moves = np.array([place.get(source, 0) - a for source, a in zip(sources, old.tolist(), strict=False)])
        indices = weights.indices + moves[np.searchsorted(old, weights.indices, side="right") - 1]
        return csr_array((weights.data, indices, weights.indptr), (weights.shape[0], int(new[-1])))

    def network(self, last: Layer | int) -> Network:
        """Return the network with the given last layer, without the layers that it does not depend on."""
        layers = [*self.layers, last] if isinstance(last, Layer) else self.layers
        waiting = [len(layers) if isinstance(last, Layer) else last]
        needed: set[int] = set()
        while waiting:
            number = waiting.pop()
            if number and number not in needed:
                needed.add(number)
                waiting.extend(layers[number - 1].sources or ())
        place = {number: k for k, number in enumerate([0, *sorted(needed)])}
        kept = [layers[number - 1] for number in sorted(needed)]
        renumbered = [layer.reading([place[source] for source in layer.sources or ()]) for layer in kept]
        return Network(tuple(renumbered), self.input_dim)
