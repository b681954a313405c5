"""The polyhedral complex of a network in a domain: the regions with all their faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Enclosure
from polyregions.complexes.cell_complex import CellComplex
from polyregions.enumeration.regions import Regions
from polyregions.networks.network import Network


@dataclass(frozen=True, eq=False, repr=False)
class PolyhedralComplex(CellComplex):
    """The regions of a network in a domain K, closed, with all their faces.

    The faces of dimension n are the regions, in the order of `regions`.  Beside its vertices a face has a sign vector,
    which no other face has.  Make one with `build_complex`.

    Parameters
    ----------
    regions : Regions
    outputs : Enclosure, shape (V, output_dim)
        The network's outputs at the vertices.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> complex_ = pr.build_complex(net, pr.Polytope.box(-1, 1, dim=2))
    >>> complex_
    PolyhedralComplex(f-vector 9, 12, 4)
    >>> complex_.euler_characteristic
    1
    """

    regions: Regions
    outputs: Enclosure

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        super().__post_init__()
        self.outputs.value.setflags(write=False)
        self.outputs.error.setflags(write=False)

    @property
    def network(self) -> Network:
        """The network."""
        return self.regions.network

    @property
    def vertex_signs(self) -> NDArray[np.int8]:
        """The exact sign of every switch at every vertex, shape (V, n_switches)."""
        return self.vertex_set.signs

    def signs(self, k: int) -> NDArray[np.int8]:
        """Return the sign vectors of all k-faces: the sign of every switch in their relative interiors.

        Returns
        -------
        numpy.ndarray of int8, shape (f_k, n_switches)
        """
        self.check_dimension(k)
        part = self.members[k]
        result = np.zeros((part.shape[0], self.network.n_switches), dtype=np.int8)
        for rows, starts, members in self.chunks(k, self.network.n_switches):
            signs = self.vertex_signs[members]
            result[rows] = np.where((np.maximum.reduceat(signs, starts) > 0), 1, np.minimum.reduceat(signs, starts))
        return result

    def region_signs(self, region: int) -> NDArray[np.int8]:
        """Return the sign vector of one region, shape (n_switches,)."""
        signs = self.vertex_signs[self.vertices_of(self.dim, region)]
        return np.where(signs.max(axis=0) > 0, np.int8(1), signs.min(axis=0))
