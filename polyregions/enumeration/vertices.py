"""Vertices of a subdivision: what is known of each, in floats with error bounds and exactly.

A vertex is the set of hyperplanes that meet there: facets of K and zero sets of switches.  From these its coordinates
follow in rationals whenever they are needed.  Its floats, with bounds, decide nearly every sign without them.
"""

from __future__ import annotations

import copy

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import UNDECIDED, Enclosure, Rational, enclosed, rational
from polyregions.enumeration.crossing import certain_signs, distinct_edges, inherited, interpolate, mark
from polyregions.enumeration.exact_vertices import ExactVertices
from polyregions.enumeration.rows import WORD, unpacked
from polyregions.errors import BrokenInvariant
from polyregions.geometry.polytope import Polytope
from polyregions.networks.affine import joined
from polyregions.networks.elementwise import Elementwise
from polyregions.networks.evaluate import ExactEvaluation
from polyregions.networks.maximum import Maximum
from polyregions.networks.network import Network


class VertexTable:
    """The vertices of a subdivision, one row each; those of the domain before the first layer.

    Parameters
    ----------
    network : Network
    domain : Polytope

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
        needed, and the current layer's rows; for maxima also their values so far, and a candidate minus that.
    """

    def __init__(self, network: Network, domain: Polytope) -> None:
        self.network, self.domain = network, domain
        self.exact = ExactVertices(network, domain)
        self.evaluations: dict[int, ExactEvaluation] = {}
        corners, masks = domain.corners, domain.v_representation.rows
        self.size = len(masks)
        words = range(-(-(domain.n_facets + network.n_switches) // WORD))
        self.incidence = np.array(
            [[mask >> (WORD * word) & (2**WORD - 1) for word in words] for mask in masks], dtype=np.uint64
        )
        self.signs = np.full((self.size, network.n_switches), UNDECIDED, dtype=np.int8)
        self.values, self.errors = corners.value, corners.error
        self.blocks = {0: slice(0, network.input_dim)}
        self.layer, self.switches, self.rows, self.maxima = -1, slice(0, 0), slice(0, 0), slice(0, 0)
        self.in_rationals = 0

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
        """Evaluate the rows of the next layer at all vertices; forget what is not needed."""
        self.layer += 1
        layer = self.network.layers[self.layer]
        self.switches = slice(*self.network.first_switches[self.layer : self.layer + 2].tolist())
        sources = {source: self.block(source) for source in self.blocks}
        inputs = joined(layer, {source: Enclosure(known.value.T, known.error.T) for source, known in sources.items()})
        rows = inputs.transform(layer.weights, layer.bias[:, None])
        needed = {source for later in self.network.layers[self.layer + 1 :] for source in later.sources or ()}
        kept = [source for source in self.blocks if source == 0 or source in needed]
        room = np.zeros((self.size, layer.width + 1 if isinstance(layer.units, Maximum) else 0))
        self.values = np.concatenate([*(sources[source].value for source in kept), rows.value.T, room], axis=1)
        self.errors = np.concatenate([*(sources[source].error for source in kept), rows.error.T, room], axis=1)
        self.blocks, first = {}, 0
        for source in kept:
            self.blocks[source] = slice(first, first + sources[source].value.shape[1])
            first = self.blocks[source].stop
        self.rows = slice(first, first + len(layer.bias))
        self.maxima = slice(self.rows.stop, self.rows.stop + room.shape[1] - 1)
        self.signs, self.incidence = self.signs[: self.size], self.incidence[: self.size]

    def leave_layer(self) -> None:
        """Make the outputs of the current layer from its rows."""
        units = self.network.layers[self.layer].units
        if isinstance(units, Maximum):
            self.blocks[self.layer + 1] = self.maxima
            return
        pieces = units.pieces(self.signs[: self.size, self.switches])
        rows = Enclosure(self.values[: self.size, self.rows].T, self.errors[: self.size, self.rows].T)
        after = units.on_pieces(rows, pieces.T)
        self.values[: self.size, self.rows], self.errors[: self.size, self.rows] = after.value.T, after.error.T
        self.blocks[self.layer + 1] = self.rows

    def begin_maximum(self, unit: int) -> None:
        """Let the first candidate of a unit be its maximum so far."""
        units = self._maximum
        first = int(units.starts[unit])
        self._copy_candidate(unit, first, np.ones(self.size, dtype=np.bool_))
        self.signs[: self.size, self.switches.start + first] = 0
        self._mark(self.switches.start + first, np.ones(self.size, dtype=np.bool_))

    def compare(self, switch: int) -> None:
        """Evaluate a candidate minus the maximum of those before it."""
        units, number = self._maximum, switch - self.switches.start
        row = self.rows.start + int(units.members[number])
        maximum = self.maxima.start + int(units.switch_units[number])
        functions = Enclosure(self.values[: self.size], self.errors[: self.size])
        difference = functions[:, row].minus(functions[:, maximum])
        functions.value[:, self.maxima.stop], functions.error[:, self.maxima.stop] = difference.value, difference.error

    def take_larger(self, switch: int) -> None:
        """Let a candidate be the maximum wherever it is larger than all before it."""
        units, number = self._maximum, switch - self.switches.start
        unit = int(units.switch_units[number])
        signs = self.signs[: self.size, switch]
        larger = signs > 0
        for earlier in range(self.switches.start + int(units.starts[unit]), switch):
            self.signs[: self.size][larger, earlier] = -1
            self._mark(earlier, larger, through=False)
        self._mark(switch, larger)
        signs[larger] = 0
        self._copy_candidate(unit, number, larger)

    @property
    def _maximum(self) -> Maximum:
        units = self.network.layers[self.layer].units
        if not isinstance(units, Maximum):
            raise BrokenInvariant(f"layer {self.layer + 1} has no maxima")
        return units

    def _copy_candidate(self, unit: int, number: int, where: NDArray[np.bool_]) -> None:
        row, maximum = self.rows.start + int(self._maximum.members[number]), self.maxima.start + unit
        for table in (self.values[: self.size], self.errors[: self.size]):
            table[where, maximum] = table[where, row]

    def _mark(self, switch: int, where: NDArray[np.bool_], through: bool = True) -> None:
        """Note that a switch vanishes at some vertices, or that it does not."""
        mark(self.incidence, self.domain.n_facets + switch, where, through)

    def decide(self, switch: int) -> NDArray[np.int8]:
        """Find the exact sign of a switch of the current layer at every vertex, and note where it vanishes."""
        column, level = self._column(switch)
        sides, undecided = certain_signs(self.values[: self.size, column], self.errors[: self.size, column], level)
        for vertex in undecided.tolist():
            sides[vertex] = self._exact_sign(vertex, switch)
        self.signs[: self.size, switch] = sides
        self._mark(switch, sides == 0)
        return sides

    def _exact_sign(self, vertex: int, switch: int) -> int:
        """Return the sign of a switch at a vertex in rationals; keep its value."""
        self.in_rationals += 1
        column, level = self._column(switch)
        rows = self._evaluation(vertex).rows(self.layer)
        units, number = self.network.layers[self.layer].units, switch - self.switches.start
        if isinstance(units, Maximum):
            first = int(units.starts[units.switch_units[number]])
            value = rows[int(units.members[number]), 0] - max(rows[int(i), 0] for i in units.members[first:number])
        else:
            value = rows[column - self.rows.start, 0]
        kink = rational(level)
        enclosure = enclosed([value])
        self.values[vertex, column], self.errors[vertex, column] = enclosure.value[0], enclosure.error[0]
        return int(value > kink) - int(value < kink)

    def _column(self, switch: int) -> tuple[int, float]:
        """Return the column of the function that a switch compares with a level, and the level."""
        units, number = self.network.layers[self.layer].units, switch - self.switches.start
        if isinstance(units, Elementwise):
            return self.rows.start + int(units.switch_units[number]), float(units.breakpoints[number])
        return self.maxima.stop, 0.0

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
        numbers, one, other = distinct_edges(negative, positive)
        values, errors = interpolate(self.values, self.errors, one, other, *self._column(switch))
        signs, incidence = inherited(self.signs, self.incidence, one, other, switch, self.domain.n_facets + switch)
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
