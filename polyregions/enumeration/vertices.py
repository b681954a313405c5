"""Vertices of a subdivision: what is known of each, in floats with error bounds and exactly.

A vertex is the set of hyperplanes that meet there: facets of K and zero sets of switches.  From these its coordinates
follow in rationals whenever they are needed.  Its floats, with bounds, decide nearly every sign without them.
"""

from __future__ import annotations

import copy

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import UNDECIDED, Enclosure, Rational, enclosed, rational
from polyregions.arithmetic.enclosure import UNIT
from polyregions.enumeration.cutting import distinct_edges, interpolate
from polyregions.enumeration.exact_vertices import ExactVertices
from polyregions.enumeration.rows import WORD, unpacked
from polyregions.geometry.polytope import Polytope
from polyregions.networks.evaluate import ExactEvaluation, layer_signs
from polyregions.networks.network import Network


class VertexTable:
    """The vertices of a subdivision, one row each.

    Parameters
    ----------
    network : Network
    domain : Polytope
    points : list of list of Rational
        The vertices to begin with.
    masks : list of int
        The facets of K through each, as bits.

    Attributes
    ----------
    size : int
        Number of vertices, V.
    signs : numpy.ndarray of int8, shape (at least V, n_switches)
        The sign of every switch at every vertex, `UNDECIDED` for those not looked at yet.
    incidence : numpy.ndarray of uint64, shape (at least V, words)
        The hyperplanes through every vertex: bit i is facet i of K, bit ``n_facets + s`` switch s.
    values, errors : numpy.ndarray, shape (at least V, columns)
        Functions that are affine on every cell, with error bounds: the input, outputs of earlier layers that are still
        needed, and the current layer's units before activation.
    """

    def __init__(self, network: Network, domain: Polytope, points: list[list[Rational]], masks: list[int]) -> None:
        self.network, self.domain = network, domain
        self.exact = ExactVertices(network, domain)
        self.size = len(points)
        self.evaluations = {vertex: ExactEvaluation(network, point) for vertex, point in enumerate(points)}
        words = -(-(domain.n_facets + network.n_switches) // WORD)
        self.incidence = np.array(
            [[mask >> (WORD * word) & (2**WORD - 1) for word in range(words)] for mask in masks], dtype=np.uint64
        )
        self.signs = np.full((self.size, network.n_switches), UNDECIDED, dtype=np.int8)
        coordinates = [enclosed(point) for point in points]
        self.values = np.stack([row.value for row in coordinates])
        self.errors = np.stack([row.error for row in coordinates])
        self.blocks = {0: slice(0, network.input_dim)}
        self.layer, self.units = -1, slice(0, 0)
        self.in_rationals = 0

    @classmethod
    def of_corners(cls, network: Network, domain: Polytope) -> VertexTable:
        """Return the vertices of the domain, before the first layer."""
        corners = domain.v_representation
        return cls(network, domain, corners.points, corners.rows)

    def trim(self) -> None:
        """Give back the room for vertices to come."""
        for name in ("values", "errors", "signs", "incidence"):
            setattr(self, name, getattr(self, name)[: self.size].copy())

    def take(self, vertices: NDArray[np.integer]) -> VertexTable:
        """Return a table with some of the vertices, ascending."""
        part = copy.copy(self)
        part.size, part.in_rationals = len(vertices), 0
        for name in ("values", "errors", "signs", "incidence"):
            setattr(part, name, getattr(self, name)[vertices])
        known = self.evaluations.keys() & set(vertices.tolist())
        part.evaluations = {int(np.searchsorted(vertices, vertex)): self.evaluations[vertex] for vertex in known}
        return part

    def enter_layer(self) -> None:
        """Evaluate the units of the next layer before activation at all vertices; forget what is not needed."""
        self.layer += 1
        layer = self.network.layers[self.layer]
        columns = [self.blocks[source] for source in layer.sources or ()]
        inputs = Enclosure(
            np.concatenate([self.values[: self.size, block] for block in columns], axis=1).T,
            np.concatenate([self.errors[: self.size, block] for block in columns], axis=1).T,
        )
        units = inputs.transform(layer.weights, layer.bias[:, None])
        needed = {source for later in self.network.layers[self.layer + 1 :] for source in later.sources or ()}
        kept = [source for source in self.blocks if source == 0 or source in needed]
        values = [self.values[: self.size, self.blocks[source]] for source in kept]
        errors = [self.errors[: self.size, self.blocks[source]] for source in kept]
        self.values = np.concatenate([*values, units.value.T], axis=1)
        self.errors = np.concatenate([*errors, units.error.T], axis=1)
        ends = np.cumsum([0, *(part.shape[1] for part in values)]).tolist()
        self.blocks = {source: slice(a, b) for source, a, b in zip(kept, ends, ends[1:], strict=False)}
        self.units = slice(ends[-1], ends[-1] + layer.width)
        self.signs, self.incidence = self.signs[: self.size], self.incidence[: self.size]
        if layer.n_switches:
            self.signs[:, self.switches] = layer_signs(layer, units).T

    @property
    def switches(self) -> slice:
        """The switches of the current layer."""
        first, last = self.network.first_switches[self.layer : self.layer + 2].tolist()
        return slice(first, last)

    def leave_layer(self) -> None:
        """Apply the activation of the current layer: its units become its outputs."""
        layer = self.network.layers[self.layer]
        signs = self.signs[: self.size, self.switches].reshape(self.size, layer.width, layer.activation.n_switches)
        pieces = (signs > 0).sum(axis=2)
        before = Enclosure(self.values[: self.size, self.units], self.errors[: self.size, self.units])
        after = layer.activation.on_pieces(before, pieces)
        self.values[: self.size, self.units], self.errors[: self.size, self.units] = after.value, after.error
        self.blocks[self.layer + 1] = self.units

    def decide(self, switch: int) -> NDArray[np.int8]:
        """Return the exact sign of a switch of the current layer at every vertex, and note where it vanishes."""
        sides = self.signs[: self.size, switch]
        for vertex in np.flatnonzero(sides == UNDECIDED).tolist():
            self._decide_exactly(vertex, switch)
        bit = self.domain.n_facets + switch
        self.incidence[: self.size, bit // WORD] |= (sides == 0).astype(np.uint64) << np.uint64(bit % WORD)
        return sides

    def _decide_exactly(self, vertex: int, switch: int) -> None:
        self.in_rationals += 1
        unit, breakpoint_ = self._unit(switch)
        value = self._evaluation(vertex).before(self.layer)[unit - self.units.start, 0]
        kink = rational(breakpoint_)
        self.signs[vertex, switch] = (value > kink) - (value < kink)
        number = enclosed([value])
        self.values[vertex, unit], self.errors[vertex, unit] = number.value[0], number.error[0]

    def _unit(self, switch: int) -> tuple[int, float]:
        """Return the column of a switch's unit, and its breakpoint."""
        breakpoints = self.network.layers[self.layer].activation.breakpoints
        unit, number = divmod(switch - self.switches.start, len(breakpoints))
        return self.units.start + unit, breakpoints[number]

    def _evaluation(self, vertex: int) -> ExactEvaluation:
        """Return the network evaluated exactly at a vertex."""
        if vertex not in self.evaluations:
            point = self.exact.point(self.hyperplanes(vertex), self.signs[vertex])
            self.evaluations[vertex] = ExactEvaluation(self.network, point)
        return self.evaluations[vertex]

    def point(self, vertex: int) -> list[Rational]:
        """Return the exact coordinates of a vertex."""
        return self._evaluation(vertex).point

    def block(self, source: int) -> Enclosure:
        """Return the outputs of a layer at all vertices, shape (V, width): 0 is the input."""
        columns = self.blocks[source]
        return Enclosure(self.values[: self.size, columns], self.errors[: self.size, columns])

    def hyperplanes(self, vertex: int) -> list[int]:
        """Return the hyperplanes through a vertex, ascending: facets of K, then switches."""
        count = self.domain.n_facets + self.network.n_switches
        return np.flatnonzero(unpacked(self.incidence[vertex : vertex + 1], count)).tolist()

    def cross(self, switch: int, negative: NDArray[np.int32], positive: NDArray[np.int32]) -> NDArray[np.int32]:
        """Add the points where a switch vanishes on edges; return their numbers.

        Parameters
        ----------
        switch : int
            Of the current layer.
        negative, positive : numpy.ndarray of int, shape (edges,)
            The ends of each edge; an edge may occur several times.

        Returns
        -------
        numpy.ndarray of int, shape (edges,)
        """
        numbers, first = distinct_edges(negative, positive)
        one, other = negative[first], positive[first]
        unit, breakpoint_ = self._unit(switch)
        heights = np.stack([self.values[one, unit], self.values[other, unit]], axis=1) - breakpoint_
        slack = np.stack([self.errors[one, unit], self.errors[other, unit]], axis=1)
        if breakpoint_:
            slack += 2.0 * UNIT * np.abs(heights)
        values, errors = interpolate(self.values, self.errors, one, other, heights, slack)
        values[:, unit], errors[:, unit] = breakpoint_, 0.0
        done = switch + 1
        signs = np.full((len(one), self.network.n_switches), UNDECIDED, dtype=np.int8)
        signs[:, :done] = np.where(self.signs[one, :done] != 0, self.signs[one, :done], self.signs[other, :done])
        layer = self.network.layers[self.layer]
        now = layer_signs(layer, Enclosure(values[:, self.units].T, errors[:, self.units].T)).T
        signs[:, done : self.switches.stop] = now[:, done - self.switches.start :]
        signs[:, switch] = 0
        incidence = self.incidence[one] & self.incidence[other]
        bit = self.domain.n_facets + switch
        incidence[:, bit // WORD] |= np.uint64(1) << np.uint64(bit % WORD)
        numbers += self._append(values, errors, signs, incidence)
        return numbers

    def _append(
        self,
        values: NDArray[np.float64],
        errors: NDArray[np.float64],
        signs: NDArray[np.int8],
        incidence: NDArray[np.uint64],
    ) -> int:
        """Add vertices; return the number of the first."""
        first, size = self.size, self.size + len(values)
        if size > len(self.values):
            for name in ("values", "errors", "signs", "incidence"):
                old = getattr(self, name)
                grown = np.empty((2 * size, old.shape[1]), dtype=old.dtype)
                grown[:first] = old[:first]
                setattr(self, name, grown)
        self.values[first:size], self.errors[first:size] = values, errors
        self.signs[first:size], self.incidence[first:size] = signs, incidence
        self.size = size
        return first
