"""Exact coordinates of vertices from the hyperplanes that meet there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Rational, RationalMatrix
from polyregions.errors import BrokenInvariant
from polyregions.geometry.polytope import Polytope
from polyregions.networks.affine import exact_layers
from polyregions.networks.network import Network
from polyregions.networks.units import Patterns


class ExactVertices:
    """Exact coordinates of vertices.

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
        self._first_switch = network.first_switches.tolist()
        self._first_forms: RationalMatrix | None = None

    def point(self, hyperplanes: Sequence[int], signs: NDArray[np.int8]) -> list[Rational]:
        """Return the point where hyperplanes meet.

        Parameters
        ----------
        hyperplanes : sequence of int
            Facets of K, then switches counted from ``n_facets`` on: all that contain the point, ascending.
        signs : numpy.ndarray of int8, shape (n_switches,)
            The signs of the switches at the point; only the layers before those of `hyperplanes` count.

        Raises
        ------
        BrokenInvariant
            The hyperplanes do not meet in one point.
        """
        first = self.domain.n_facets
        rows = [self._domain_rows[h] for h in hyperplanes if h < first]
        point = self._meeting(rows)
        for index, forms in enumerate(self._forms(signs)):
            if point is not None:
                return point
            low, high = (first + switch for switch in self._first_switch[index : index + 2])
            own = [h - low for h in hyperplanes if low <= h < high]
            rows += [self._switch_row(index, forms, signs, number) for number in own]
            point = self._meeting(rows) if own else None
        if point is None:
            raise BrokenInvariant(f"hyperplanes {hyperplanes} should meet in one point; please report this network")
        return point

    def _meeting(self, rows: list[list[Rational]]) -> list[Rational] | None:
        """Return the only point where forms vanish, None if it is not the only one."""
        dim = self.domain.dim
        if len(rows) < dim:
            return None
        reduced, rank = RationalMatrix(len(rows), dim + 1, [entry for row in rows for entry in row]).rref()
        if rank != dim or any(reduced[i, i] != 1 for i in range(dim)):
            return None
        return [-reduced[i, dim] for i in range(dim)]

    def _switch_row(self, index: int, rows: RationalMatrix, signs: NDArray[np.int8], number: int) -> list[Rational]:
        """Return switch `number` of a layer, from the layer's rows."""
        return self.network.layers[index].units.exact_switch_form(rows, self._pieces(index, signs), number)

    def _pieces(self, index: int, signs: NDArray[np.int8]) -> Patterns:
        """Return the pieces of a layer's units where switches have these signs."""
        own = signs[self._first_switch[index] : self._first_switch[index + 1]]
        layer = self.network.layers[index]
        return layer.units.pieces(own) if layer.n_switches else np.zeros(layer.width, dtype=np.uint8)

    def _forms(self, signs: NDArray[np.int8]) -> Iterator[RationalMatrix]:
        """Yield the rows of one layer after the other as exact forms."""
        exact = exact_layers(self.network)
        if self._first_forms is None:
            self._first_forms = exact.rows(0, [exact.input_forms()])
        outputs, rows = [exact.input_forms()], self._first_forms
        for index, layer in enumerate(self.network.layers):
            if index:
                rows = exact.rows(index, outputs)
            yield rows
            outputs.append(layer.units.exactly_on_pieces(rows, self._pieces(index, signs)))
