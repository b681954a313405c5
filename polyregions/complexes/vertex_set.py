"""The vertices of a complex: what the subdivision left of each, and its coordinates as sharp as one asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Enclosure, Rational, enclosed
from polyregions.complexes.sharpen import sharpen
from polyregions.frozen import Frozen
from polyregions.geometry.polytope import Polytope
from polyregions.networks.network import Network

COARSE = 2.0**-24
"""Coordinates whose bounds are wider than this, relative to K, are computed in rationals and rounded once."""


@dataclass(frozen=True, slots=True, eq=False)
class Renumbered:
    """Exact points of some vertices, numbered anew."""

    exact_point: Callable[[int], list[Rational]]
    numbers: tuple[int, ...]

    def __call__(self, vertex: int) -> list[Rational]:
        """Return the exact coordinates of a vertex."""
        return self.exact_point(self.numbers[vertex])


@dataclass(frozen=True, eq=False)
class VertexSet(Frozen):
    """Vertices of a subdivided domain.

    Parameters
    ----------
    network : Network
        The network whose switches cut the domain.
    domain : Polytope
    rough : Enclosure, shape (V, n)
        Coordinates with the bounds that the engine left.
    signs : numpy.ndarray of int8, shape (V, n_switches)
        The exact sign of every switch at every vertex.
    incidence : numpy.ndarray of uint64, shape (V, words)
        The hyperplanes through every vertex: bit i is facet i of K, bit ``n_facets + s`` switch s.
    exact_point : callable
        Returns the exact coordinates of a vertex as rationals.
    """

    network: Network
    domain: Polytope
    rough: Enclosure
    signs: NDArray[np.int8]
    incidence: NDArray[np.uint64]
    exact_point: Callable[[int], list[Rational]]

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for array in (self.rough.value, self.rough.error, self.signs, self.incidence):
            array.setflags(write=False)

    def __len__(self) -> int:
        """Return the number of vertices."""
        return len(self.signs)

    @cached_property
    def coordinates(self) -> Enclosure:
        """The vertices in floats with sharp error bounds, shape (V, n)."""
        sharp = sharpen(self.network, self.domain, self.signs, self.incidence, self.rough)
        fine = (sharp.error <= COARSE * self.domain.reach[:-1]).all(axis=1)
        for vertex in np.flatnonzero(~fine).tolist():
            exact = enclosed(self.exact_point(vertex))
            sharp.value[vertex], sharp.error[vertex] = exact.value, exact.error
        for array in (sharp.value, sharp.error):
            array.setflags(write=False)
        return sharp

    def take(self, used: NDArray[np.integer]) -> VertexSet:
        """Return some of the vertices, as a set of its own."""
        return VertexSet(
            self.network,
            self.domain,
            self.rough[used],
            self.signs[used],
            self.incidence[used],
            Renumbered(self.exact_point, tuple(used.tolist())),
        )
