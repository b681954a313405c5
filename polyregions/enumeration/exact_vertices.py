"""Exact coordinates of vertices from the hyperplanes that meet there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Rational, RationalMatrix, rational
from polyregions.errors import BrokenInvariant
from polyregions.geometry.polytope import Polytope
from polyregions.networks.affine import activate_exactly, exact_layers
from polyregions.networks.network import Network

KEPT = 256
"""So many layers' forms are kept, for vertices with the same signs."""


class ExactVertices:
    """Exact coordinates of vertices, and exact values of switches there.

    The zero sets of switches bend at each other.  At a point where a switch vanishes it may be taken to be on either
    side of its breakpoint: that adds multiples of its own gradient to those of later units, so it changes neither the
    span of the gradients nor any value at the point.

    Parameters
    ----------
    network : Network
    domain : Polytope
    """

    def __init__(self, network: Network, domain: Polytope) -> None:
        self.network, self.domain = network, domain
        self._domain_rows = domain.rows.tolist()
        self._first_switch = np.cumsum([0, *(layer.n_switches for layer in network.layers)])
        self._layers = np.repeat(np.arange(len(network.layers)), np.diff(self._first_switch))
        self._kept: dict[bytes, list[RationalMatrix]] = {}

    def point(self, hyperplanes: Sequence[int], signs: NDArray[np.int8]) -> list[Rational]:
        """Return the point where hyperplanes meet.

        Parameters
        ----------
        hyperplanes : sequence of int
            Facets of K, then switches counted from ``n_facets`` on: all that contain the point.
        signs : numpy.ndarray of int8, shape (n_switches,)
            The signs of the switches at the point; only the layers before those of `hyperplanes` count.

        Raises
        ------
        BrokenInvariant
            The hyperplanes do not meet in one point.
        """
        dim, first = self.domain.dim, self.domain.n_facets
        rows = [self._domain_rows[h] if h < first else self.row(h - first, signs) for h in hyperplanes]
        system = RationalMatrix(len(rows), dim + 1, [entry for row in rows for entry in row])
        reduced, rank = system.rref()
        if rank != dim or any(reduced[i, i] != 1 for i in range(dim)):
            raise BrokenInvariant(f"hyperplanes {hyperplanes} should meet in one point; please report this network")
        return [-reduced[i, dim] for i in range(dim)]

    def value(self, switch: int, signs: NDArray[np.int8], point: Sequence[Rational]) -> Rational:
        """Return the exact value of a switch at a point with these signs: the unit's, less the breakpoint."""
        row = self.row(switch, signs)
        return sum((a * x for a, x in zip(row, point, strict=False)), row[-1])

    def row(self, switch: int, signs: NDArray[np.int8]) -> list[Rational]:
        """Return a switch as an exact form that holds at a point with these signs."""
        index = int(self._layers[switch])
        activation = self.network.layers[index].activation
        unit, number = divmod(switch - int(self._first_switch[index]), activation.n_switches)
        forms = self._forms(index, signs)
        row = [forms[unit, column] for column in range(self.domain.dim + 1)]
        row[-1] -= rational(activation.breakpoints[number])
        return row

    def _forms(self, index: int, signs: NDArray[np.int8]) -> RationalMatrix:
        """Return the units of layer `index` before activation as exact forms."""
        key = bytes([index]) + (signs[: self._first_switch[index]] > 0).tobytes()
        if key not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[key] = [
                exact_layers(self.network).preactivations(index, self._outputs(index, signs), self.domain.dim)
            ]
        return self._kept[key][0]

    def _outputs(self, index: int, signs: NDArray[np.int8]) -> list[RationalMatrix]:
        """Return the outputs of the layers before `index`, the input first, as exact forms."""
        outputs = [exact_layers(self.network).input_forms()]
        for number, layer in enumerate(self.network.layers[:index]):
            own = signs[self._first_switch[number] : self._first_switch[number + 1]].reshape(layer.width, -1)
            outputs.append(activate_exactly(layer, self._forms(number, signs), (own > 0).sum(axis=1)))
        return outputs
