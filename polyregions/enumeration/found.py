"""What an engine hands over: patterns, points inside, and the switches that bound each region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyregions.geometry.extremum import Witness
from polyregions.networks.network import Network


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Regions as an engine finds them, in no particular order.

    Attributes
    ----------
    patterns : numpy.ndarray of uint8, shape (R, n_units)
    points : numpy.ndarray, shape (R, n)
        A point of each region in floats, strictly inside if there is no exact one.
    thin : dict of int to Witness
        An exact point inside those regions where floats were not enough.
    cuts : numpy.ndarray of bool, shape (R, n_switches)
        The switches whose half-spaces make each region, inside K; some may be redundant.
    """

    patterns: NDArray[np.uint8]
    points: NDArray[np.float64]
    thin: dict[int, Witness]
    cuts: NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of regions."""
        return len(self.patterns)

    @classmethod
    def joined(cls, parts: Sequence[Found], network: Network) -> Found:
        """Put the regions of several parts one after the other."""
        thin, first = {}, 0
        for part in parts:
            thin.update({first + number: witness for number, witness in part.thin.items()})
            first += len(part)
        return cls(
            np.concatenate(
                [np.zeros((0, network.n_units), dtype=network.pattern_type), *(part.patterns for part in parts)]
            ),
            np.concatenate([np.zeros((0, network.input_dim)), *(part.points for part in parts)]),
            thin,
            np.concatenate([np.zeros((0, network.n_switches), dtype=np.bool_), *(part.cuts for part in parts)]),
        )

    def sorted(self) -> Found:
        """Return the same regions sorted by pattern."""
        order = pattern_order(self.patterns)
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        thin = {int(place[number]): witness for number, witness in self.thin.items()}
        return Found(self.patterns[order], self.points[order], thin, self.cuts[order])


def pattern_order(patterns: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the order that sorts patterns, shape (R, n_units), unit by unit."""
    if not patterns.shape[1]:
        return np.arange(len(patterns))
    first_byte_first = np.ascontiguousarray(patterns.astype(patterns.dtype.newbyteorder(">")))
    keys = first_byte_first.view(f"S{patterns.shape[1] * patterns.itemsize}")[:, 0]
    return np.argsort(keys, kind="stable")
