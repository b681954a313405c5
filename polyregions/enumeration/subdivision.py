"""The subdivision engine: cells as sets of vertices, cut by one switch after the other; for low input dimension.

K is the first cell.  For every switch in order its exact sign is found at all vertices.  A cell with vertices on both
sides is cut: every edge with its ends on either side gets a new vertex, shared by all cells around that edge.  Which
vertices of a cell are joined by an edge is decided from the hyperplanes through them alone, so vertices of any degree,
coincident hyperplanes, and functions that touch a cell without crossing it need no special care.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic.enclosure import QUIET
from polyregions.enumeration.cutting import cut_edges, split_cells
from polyregions.enumeration.vertices import VertexTable
from polyregions.geometry.polytope import Polytope
from polyregions.networks.network import Network


@dataclass(slots=True, eq=False)
class Subdivision:
    """A domain cut by the switches of a network, as far as it has got.

    Attributes
    ----------
    table : VertexTable
    starts, members : numpy.ndarray of int
        Cell c has the vertices ``members[starts[c]:starts[c + 1]]``.
    pieces : list of numpy.ndarray of uint8, shapes (cells, width)
        For every finished layer that has switches, the piece of each unit on each cell.
    """

    table: VertexTable
    starts: NDArray[np.int64]
    members: NDArray[np.int32]
    pieces: list[NDArray[np.uint8]]

    @classmethod
    def of_domain(cls, network: Network, domain: Polytope) -> Subdivision:
        """Return the domain as one cell."""
        table = VertexTable(network, domain)
        return cls(table, np.array([0, table.size]), np.arange(table.size, dtype=np.int32), [])

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return len(self.starts) - 1

    @property
    def patterns(self) -> NDArray[np.uint8]:
        """The piece of every unit of the finished layers on every cell, shape (cells, units)."""
        return np.concatenate([np.zeros((self.n_cells, 0), dtype=np.uint8), *self.pieces], axis=1)

    @QUIET
    def cut_by_layer(self) -> None:
        """Cut all cells by the switches of the next layer."""
        table = self.table
        table.enter_layer()
        layer = table.network.layers[table.layer]
        switches = range(table.switches.start, table.switches.stop)
        origin = np.arange(self.n_cells)
        positive = np.zeros((self.n_cells, layer.n_switches), dtype=np.bool_)
        for number, switch in enumerate(switches):
            parents, signs = self._cut(switch)
            if parents is not None:
                origin, positive = origin[parents], positive[parents]
            positive[:, number] = signs > 0
        if layer.n_switches:
            self.pieces = [part[origin] for part in self.pieces]
            self.pieces.append(positive.reshape(self.n_cells, layer.width, -1).sum(axis=2).astype(np.uint8))
        table.leave_layer()

    def _cut(self, switch: int) -> tuple[NDArray[np.int64] | None, NDArray[np.int8]]:
        """Cut all cells by one switch; return the old cell that each belongs to, if any was cut, and its sign."""
        table = self.table
        sides = table.decide(switch)
        signs, ends, negative, positive = cut_edges(
            self.starts, self.members, sides, table.incidence, table.domain.dim
        )
        if not (signs == 2).any():
            return None, signs
        crossings = table.cross(switch, negative, positive)
        self.starts, self.members, parents, signs = split_cells(
            self.starts, self.members, sides, signs, ends, crossings
        )
        return parents, signs
