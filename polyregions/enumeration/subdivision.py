"""The subdivision engine: cells as sets of vertices, cut by one switch after the other; for low input dimension.

K is the first cell.  For every switch in order its exact sign is found at all vertices.  A cell with vertices on both
sides is cut: every edge with its ends on either side gets a new vertex, shared by all cells around that edge.  Which
vertices of a cell are joined by an edge is decided from the hyperplanes through them alone, so vertices of any degree,
coincident hyperplanes, and functions that touch a cell without crossing it need no special care.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Enclosure, nearest_float
from polyregions.arithmetic.enclosure import QUIET
from polyregions.enumeration.cutting import cut_edges, split_cells
from polyregions.enumeration.found import Found, pattern_order
from polyregions.enumeration.merging import merged_cells
from polyregions.enumeration.regions import switch_pattern
from polyregions.enumeration.rows import take_rows, unpacked
from polyregions.enumeration.run import Limits, Progress, Statistics, Status
from polyregions.enumeration.vertices import VertexTable
from polyregions.geometry.extremum import Witness
from polyregions.geometry.polytope import Polytope
from polyregions.networks.evaluate import enclosed_signs
from polyregions.networks.maximum import Maximum
from polyregions.networks.network import Network

PART = 32768
"""A subdivision with more cells than this is taken apart before its next layer, to bound the memory."""


@dataclass(slots=True, eq=False)
class Cells:
    """A domain, or a part of it, cut by the switches of the first layers of a network.

    Attributes
    ----------
    table : VertexTable
    starts, members : numpy.ndarray of int
        Cell c has the vertices ``members[starts[c]:starts[c + 1]]``.
    signs : numpy.ndarray of int8, shape (cells, switches of these layers)
        The sign of every switch inside every cell, 0 where it vanishes on the whole cell.
    """

    table: VertexTable
    starts: NDArray[np.int64]
    members: NDArray[np.int32]
    signs: NDArray[np.int8]

    @classmethod
    def of_domain(cls, network: Network, domain: Polytope) -> Cells:
        """Return the domain as one cell."""
        table = VertexTable(network, domain)
        everything = np.arange(table.size, dtype=np.int32)
        return cls(table, np.array([0, table.size]), everything, np.zeros((1, 0), dtype=np.int8))

    @property
    def network(self) -> Network:
        """The network whose layers cut."""
        return self.table.network

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.starts) - 1

    @QUIET
    def cut_by_layer(self, tick: Callable[[float], None]) -> None:
        """Cut all cells by the switches of the next layer; `tick` hears of the share that is done."""
        table = self.table
        table.enter_layer()
        if isinstance(self.network.layers[table.layer].units, Maximum):
            self._cut_by_maxima(tick)
        else:
            self._cut_by_switches(tick)
        self.table.leave_layer()

    def _cut_by_switches(self, tick: Callable[[float], None]) -> None:
        """Cut all cells by one switch of the layer after the other."""
        switches = self.table.switches
        count = switches.stop - switches.start
        self.signs = np.concatenate([self.signs, np.zeros((len(self), count), dtype=np.int8)], axis=1)
        for switch in range(switches.start, switches.stop):
            tick((switch - switches.start) / count)
            parents, signs = self._cut(switch)
            if parents is not None:
                self.signs = self.signs[parents]
            self.signs[:, switch] = signs

    def _cut_by_maxima(self, tick: Callable[[float], None]) -> None:
        """Cut all cells into those of the upper envelopes of the layer's groups.

        Candidates are compared with the largest before them.  Where one is larger, the parts of a cell that this leaves
        are put together again, so that nothing is finer than the envelope.
        """
        switches, units = self.table.switches, self.network.layers[self.table.layer].units
        for unit, count in enumerate(units.n_pieces.tolist()):
            self.table.begin_maximum(unit)
            first = switches.start + int(np.searchsorted(units.switch_units, unit))
            whole = np.arange(len(self))  # the cell before this group
            for switch in range(first + 1, first + count):
                tick((switch - switches.start) / units.n_switches)
                self.table.compare(switch)
                parents, signs = self._cut(switch)
                self.table.take_larger(switch)
                if parents is not None:
                    whole, self.signs = whole[parents], self.signs[parents]
                whole = self._merge(whole, signs > 0)
        every = np.bitwise_and.reduceat(self.table.incidence[self.members], self.starts[:-1], axis=0)
        first = self.table.domain.n_facets
        vanishing = unpacked(every, first + switches.stop)[:, first + switches.start :]
        self.signs = np.concatenate([self.signs, np.where(vanishing, 0, -1).astype(np.int8)], axis=1)

    def _merge(self, whole: NDArray[np.int64], larger: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Put cells with `larger` together that are parts of the same cell; return `whole` for the new cells."""
        if len(np.unique(whole[larger])) == np.count_nonzero(larger):
            return whole
        labels = np.where(larger, whole, len(self) + np.arange(len(self)))
        self.starts, self.members, first = merged_cells(self.starts, self.members, self.table.incidence, labels)
        self.signs = self.signs[first]
        (used,) = self.parts(len(self), anyway=True)  # some vertices of the parts are none of the whole
        self.table, self.members = used.table, used.members
        return np.asarray(whole[first])

    def _cut(self, switch: int) -> tuple[NDArray[np.int64] | None, NDArray[np.int8]]:
        """Cut all cells by one switch; return the old cell that each belongs to, if any was cut, and its sign."""
        table = self.table
        sides = table.decide(switch)
        signs, ends, negative, positive = cut_edges(self.starts, self.members, sides, table.incidence, table.domain.dim)
        if not (signs == 2).any():
            return None, signs
        crossings = table.cross(switch, negative, positive)
        self.starts, self.members, parents, signs = split_cells(
            self.starts, self.members, sides, signs, ends, crossings
        )
        return parents, signs

    def parts(self, size: int, anyway: bool = False) -> list[Cells]:
        """Take the cells apart into lists of at most `size` neighbouring ones.

        If there are not more of them they are returned as they are, or with only the vertices they have if `anyway`.
        """
        if len(self) <= size and not anyway:
            return [self]
        parts = []
        for first in range(0, len(self), size):
            last = min(first + size, len(self))
            members = self.members[self.starts[first] : self.starts[last]]
            present = np.zeros(self.table.size, dtype=np.bool_)
            present[members] = True
            used, numbers = np.flatnonzero(present), np.cumsum(present, dtype=np.int32) - np.int32(1)
            starts = self.starts[first : last + 1] - self.starts[first]
            parts.append(Cells(self.table.take(used), starts, numbers[members], self.signs[first:last]))
        parts[0].table.in_rationals = self.table.in_rationals
        return parts

    @property
    def patterns(self) -> NDArray[np.uint8]:
        """The piece of every unit on every cell of the last layer, shape (cells, n_units)."""
        return switch_pattern(self.table.network, self.signs)

    def sorted(self) -> Cells:
        """Return the same cells sorted by pattern."""
        order = pattern_order(self.patterns)
        return Cells(self.table, *take_rows(self.starts, self.members, order), self.signs[order])

    def found(self) -> list[Found]:
        """Return the cells of the last layer as regions, in parts of bounded size."""
        return [self._found(slice(first, first + PART)) for first in range(0, len(self), PART)]

    def _found(self, cells: slice) -> Found:
        network, table = self.table.network, self.table
        ends = self.starts[cells.start : cells.stop + 1]
        starts = ends[:-1] - ends[0]
        members = self.members[ends[0] : ends[-1]]
        masks = np.bitwise_or.reduceat(table.incidence[members], starts, axis=0)
        first = table.domain.n_facets
        cuts = unpacked(masks, first + network.n_switches)[:, first:] & (self.signs[cells] != 0)
        points, thin = self._witnesses(starts, members, self.signs[cells])
        return Found(switch_pattern(network, self.signs[cells]), points, thin, cuts)

    @QUIET
    def _witnesses(
        self, starts: NDArray[np.int64], members: NDArray[np.int32], signs: NDArray[np.int8]
    ) -> tuple[NDArray[np.float64], dict[int, Witness]]:
        """Return the mean of the vertices of cells, and the exact one where floats do not certify it."""
        table, ends = self.table, np.append(starts, len(members))
        points = np.add.reduceat(table.values[members, : table.domain.dim], starts, axis=0) / np.diff(ends)[:, None]
        seen = enclosed_signs(table.network, Enclosure.exact(points))
        certain = ((seen == signs) | (signs == 0)).all(axis=1)
        certain &= table.domain.contains(points, strictly=True)
        thin: dict[int, Witness] = {}
        for cell in np.flatnonzero(~certain).tolist():
            own = [table.point(vertex) for vertex in members[ends[cell] : ends[cell + 1]].tolist()]
            mean = tuple(sum(axis[1:], axis[0]) / len(own) for axis in zip(*own, strict=True))
            thin[cell] = Witness(np.array([nearest_float(x) for x in mean]), mean)
            points[cell] = thin[cell].floats
        return points, thin


class _Stop(Exception):
    """A limit was reached between two switches."""


@dataclass(slots=True, eq=False)
class Subdivision:
    """One run of the engine.

    Parameters
    ----------
    network : Network
    domain : Polytope
        Of the network's input dimension.
    """

    network: Network
    domain: Polytope
    parts: list[Found] = field(default_factory=list)
    vertices: int = 0
    in_rationals: int = 0

    @property
    def n_found(self) -> int:
        """Number of regions found so far."""
        return sum(len(part) for part in self.parts)

    def run(self, limits: Limits, progress: Progress) -> Status:
        """Find regions until there are no more or a limit is reached; `parts` is whole at any moment."""
        started = time.perf_counter()
        last = max((i for i, layer in enumerate(self.network.layers) if layer.n_switches), default=-1)

        def tick(start: float, whole: float, share: float) -> None:
            progress(start + whole * share, self.n_found)
            if limits.reached(self.n_found, started):
                raise _Stop

        try:
            stack = [(Cells.of_domain(self.network, self.domain), 0.0, 1.0)]  # cells, and their part of the work
            while stack:
                cells, start, end = stack.pop()
                tick(start, 0.0, 0.0)
                remaining = last - cells.table.layer
                if remaining:
                    layer = (end - start) / remaining
                    cells.cut_by_layer(partial(tick, start, layer))
                    parts = cells.parts(PART) if remaining > 1 else [cells]
                    bounds = np.linspace(start + layer, end, len(parts) + 1).tolist()
                    stack.extend(reversed(list(zip(parts, bounds[:-1], bounds[1:], strict=True))))
                else:
                    self.parts.extend(cells.found())
                    self.vertices += cells.table.size
                    self.in_rationals += cells.table.in_rationals
        except KeyboardInterrupt:
            return Status.INTERRUPTED
        except _Stop:
            return limits.reached(self.n_found, started) or Status.TIME_LIMIT
        return Status.COMPLETE

    def found(self) -> Found:
        """Return the regions found so far."""
        return Found.joined(self.parts, self.network)

    def statistics(self, seconds: float) -> Statistics:
        """Return what the run took so far."""
        return Statistics("subdivision", seconds, vertices=self.vertices, vertex_signs_in_rationals=self.in_rationals)
