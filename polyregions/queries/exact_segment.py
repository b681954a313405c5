"""A network on a segment of its input space, in rationals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Rational, RationalMatrix, rational
from polyregions.networks.affine import exact_layers
from polyregions.networks.maximum import Maximum
from polyregions.networks.network import Network

Pieces = NDArray[np.integer[Any]]
Prefix = tuple[Pieces, ...]
"""The pieces of the units of the first layers, one array for each layer."""


class ExactSegment:
    """A network on a segment, in rationals.

    Parameters
    ----------
    network : Network
    start, end : numpy.ndarray, shape (n,)
    """

    def __init__(self, network: Network, start: NDArray[np.float64], end: NDArray[np.float64]) -> None:
        self.network, self.start, self.end = network, start, end
        self._outputs: dict[tuple[bytes, ...], list[RationalMatrix]] = {}
        self._rows: dict[tuple[bytes, ...], RationalMatrix] = {}

    def outputs(self, prefix: Prefix) -> list[RationalMatrix]:
        """Return the input and the outputs of the first layers as forms where these have given pieces."""
        key = _key(prefix)
        if key not in self._outputs:
            for depth in range(len(key) + 1):  # no recursion, for networks may be deep
                if key[:depth] not in self._outputs:
                    self._outputs[key[:depth]] = self._next_outputs(prefix[:depth])
        return self._outputs[key]

    def _next_outputs(self, prefix: Prefix) -> list[RationalMatrix]:
        if not prefix:
            pairs = [(rational(p), rational(q)) for p, q in zip(self.start.tolist(), self.end.tolist(), strict=True)]
            return [RationalMatrix(len(pairs), 2, [number for p, q in pairs for number in (q - p, p)])]
        units = self.network.layers[len(prefix) - 1].units
        return [*self.outputs(prefix[:-1]), units.exactly_on_pieces(self.rows(prefix[:-1]), prefix[-1])]

    def rows(self, prefix: Prefix) -> RationalMatrix:
        """Return the rows of the layer after the first ones as forms, shape (rows, 2)."""
        key = _key(prefix)
        if key not in self._rows:
            self._rows[key] = exact_layers(self.network).rows(len(prefix), self.outputs(prefix))
        return self._rows[key]

    def switch(self, prefix: Prefix, pieces: Pieces, switch: int) -> list[Rational]:
        """Return a switch of the layer after the first ones, where its units have given pieces, as (a, c)."""
        units = self.network.layers[len(prefix)].units
        return units.exact_switch_form(self.rows(prefix), pieces, switch)


def _key(prefix: Prefix) -> tuple[bytes, ...]:
    return tuple(part.tobytes() for part in prefix)


def cut_between(segment: ExactSegment, before: Prefix, after: Prefix) -> Rational:
    """Return where a segment goes from one pattern to another, as t; the intervals touch there.

    Parameters
    ----------
    segment : ExactSegment
    before, after : tuple of numpy.ndarray
        The pieces on the two sides, layer by layer.
    """
    index = next(i for i, (one, other) in enumerate(zip(before, after, strict=True)) if (one != other).any())
    units, pieces = segment.network.layers[index].units, before[index]
    unit = int(np.flatnonzero(pieces != after[index])[0])
    first = int(np.searchsorted(units.switch_units, unit))
    place = int(after[index][unit]) if isinstance(units, Maximum) else int(min(pieces[unit], after[index][unit]))
    slope, constant = segment.switch(before[:index], pieces, first + place)
    return -constant / slope
