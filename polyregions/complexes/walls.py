"""Walls of the complex: which units switch there, where the gradient jumps, and how many directions they take up.

A *wall* is a facet between two regions; it is *visible* if the network's Jacobian differs across it.  B_N is the
closure of the visible walls.  Near a face f, B_N does not change along the directions that all visible walls through f
have in common, so the relative interior of f lies in B_{N,k} for the rank k of the normals of these walls.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from polyregions.arithmetic import Rational, RationalMatrix, rank
from polyregions.arithmetic.enclosure import QUIET
from polyregions.complexes.complex import PolyhedralComplex
from polyregions.complexes.maps import RegionMaps
from polyregions.enumeration.exact_vertices import ExactVertices
from polyregions.errors import BrokenInvariant, DimensionMismatch
from polyregions.networks.affine import layer_pieces
from polyregions.networks.network import Network

_VISIBLE: WeakKeyDictionary[PolyhedralComplex, NDArray[np.bool_]] = WeakKeyDictionary()
"""The visible walls of complexes that are in use."""


def wall_units(complex_: PolyhedralComplex) -> csr_array:
    """Tell which units switch at which facets.

    Parameters
    ----------
    complex_ : PolyhedralComplex

    Returns
    -------
    csr_array of bool, shape (f_{n-1}, n_units)
        The units whose piece differs between the two regions at a wall: one on generic networks, several where walls
        coincide.  Rows of facets on the boundary of K are empty.
    """
    patterns, sides = complex_.regions.patterns, complex_.wall_regions
    walls, units = np.nonzero(patterns[sides[:, 0]] != patterns[sides[:, 1]])
    shape = (complex_.f_vector()[complex_.dim - 1], complex_.network.n_units)
    return csr_array((np.ones(len(walls), dtype=np.bool_), (complex_.walls[walls], units)), shape=shape)


@QUIET
def visible_walls(complex_: PolyhedralComplex) -> NDArray[np.bool_]:
    """Tell across which facets the network's Jacobian jumps, exactly.

    Parameters
    ----------
    complex_ : PolyhedralComplex

    Returns
    -------
    numpy.ndarray of bool, shape (f_{n-1},)
        False on the boundary of K.

    Notes
    -----
    The affine maps on both sides are enclosed in floats, which shows nearly all jumps.  Where no unit that switches has
    a path to the output through units with non-zero slopes (Hanin and Rolnick call it *good* otherwise), there is none.
    What is left, such as paths that cancel, is compared in rationals.
    """
    known = _VISIBLE.get(complex_)
    if known is not None:
        return known
    sides = complex_.wall_regions
    maps = RegionMaps(complex_.regions)
    value, error = maps.enclosed.value, maps.enclosed.error
    gap = np.abs(value[sides[:, 0]] - value[sides[:, 1]])
    jumps = np.asarray((gap > (error[sides[:, 0]] + error[sides[:, 1]]) * 1.0000001).any(axis=(1, 2)))
    open_ = np.flatnonzero(~jumps)
    patterns, pairs = complex_.regions.patterns, sides[open_]
    switching = patterns[pairs[:, 0]] != patterns[pairs[:, 1]]
    reached = [units_with_open_paths(complex_.network, patterns[pairs[:, side]]) for side in (0, 1)]
    for number in open_[(switching & (reached[0] | reached[1])).any(axis=1)].tolist():
        one, other = sides[number].tolist()
        jumps[number] = maps.exact(one) != maps.exact(other)
    visible: NDArray[np.bool_] = np.zeros(complex_.f_vector()[complex_.dim - 1], dtype=np.bool_)
    visible[complex_.walls] = jumps
    visible.setflags(write=False)
    _VISIBLE[complex_] = visible
    return visible


def units_with_open_paths(network: Network, patterns: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which units have a path to an output along non-zero weights and units of non-zero slope.

    Parameters
    ----------
    network : Network
    patterns : numpy.ndarray of uint8, shape (R, n_units)

    Returns
    -------
    numpy.ndarray of bool, shape (R, n_units)
        The unit's own slope does not count, and neither do the outputs' slopes if the last layer has any.
    """
    reached = [np.zeros((len(patterns), layer.width), dtype=np.bool_) for layer in network.layers]
    reached[-1][:] = True
    pieces = layer_pieces(network, patterns)
    for index in range(len(network.layers) - 1, -1, -1):
        layer = network.layers[index]
        slopes = np.asarray(layer.activation.slopes)[pieces[index]] != 0.0
        onwards = (reached[index] & slopes).astype(np.float64) @ (layer.weights != 0.0) > 0.0
        first = 0
        for source in layer.sources or ():
            width = network.layers[source - 1].width if source else network.input_dim
            if source:
                reached[source - 1] |= onwards[:, first : first + width]
            first += width
    parts = [part for part, layer in zip(reached, network.layers, strict=True) if layer.n_switches]
    return np.concatenate([np.zeros((len(patterns), 0), dtype=np.bool_), *parts], axis=1)


def boundary_order(complex_: PolyhedralComplex, codim: int, visible: bool = True) -> NDArray[np.int64]:
    """Tell in which B_{N,k} the faces of a codimension lie.

    Parameters
    ----------
    complex_ : PolyhedralComplex
    codim : int
        From 1 to n.
    visible : bool
        Whether only visible walls count, as in B_N, or all walls.

    Returns
    -------
    numpy.ndarray of int, shape (f_{n-codim},)
        The rank k of the normals of the walls that contain each face.  0 if there is none, and for faces on the
        boundary of K.  Faces with ``k < codim`` only subdivide a larger piece of B_{N,k}.

    Raises
    ------
    DimensionMismatch
        There is no such codimension.

    Notes
    -----
    A region that has just ``codim`` facets through a face, all of them walls that count, shows full rank.  Other ranks
    are computed in rationals.
    """
    n = complex_.dim
    if not 1 <= codim <= n:
        raise DimensionMismatch(f"faces inside this domain have codimensions 1 to {n}, got {codim}")
    counted = np.zeros(complex_.f_vector()[n - 1], dtype=np.bool_)
    counted[complex_.walls] = True
    if visible:
        counted = visible_walls(complex_)
    if codim == 1:
        return counted.astype(np.int64)
    return _Orders(complex_, codim, counted).all()


class _Orders:
    """Ranks of the normals of walls through faces of one codimension."""

    def __init__(self, complex_: PolyhedralComplex, codim: int, counted: NDArray[np.bool_]) -> None:
        self.complex, self.codim, self.counted = complex_, codim, counted
        around = complex_.coboundary(complex_.dim - codim)
        for k in range(complex_.dim - codim + 1, complex_.dim - 1):
            around = (around.astype(np.int32) @ complex_.coboundary(k).astype(np.int32)).astype(np.bool_)
        self.facets = csr_array(around)
        self.exact = ExactVertices(complex_.network, complex_.domain)

    def all(self) -> NDArray[np.int64]:
        """Return the rank for every face."""
        interior = self.complex.interior(self.complex.dim - self.codim)
        number = (self.facets.astype(np.int64) @ self.counted.astype(np.int64)) * interior
        result: NDArray[np.int64] = np.minimum(number, 1)
        full = self._shown_full() & interior
        result[full] = self.codim
        for face in np.flatnonzero((number > 1) & ~full).tolist():
            result[face] = self._rank(face)
        return result

    def _shown_full(self) -> NDArray[np.bool_]:
        """Tell which faces lie in just `codim` facets of some region, all of which count."""
        around = self.complex.coboundary(self.complex.dim - 1).astype(np.int32)
        incident = self.facets.astype(np.int32) @ around
        counted = (self.facets.astype(np.int32) * self.counted[None, :].astype(np.int32)).tocsr() @ around
        simple = (incident == self.codim).multiply(counted == self.codim)
        return np.asarray(simple.sum(axis=1)).ravel() > 0

    def _rank(self, face: int) -> int:
        """Return the exact rank of the normals of the counted walls through a face."""
        facets = self.facets.indices[self.facets.indptr[face] : self.facets.indptr[face + 1]]
        normals = {tuple(self._normal(facet)) for facet in facets.tolist() if self.counted[facet]}
        return rank(RationalMatrix(len(normals), self.complex.dim, [x for normal in normals for x in normal]))

    def _normal(self, facet: int) -> list[Rational]:
        """Return the exact normal of a wall, with its first non-zero coordinate 1."""
        around = self.complex.coboundary(self.complex.dim - 1)
        for region in around.indices[around.indptr[facet] : around.indptr[facet + 1]].tolist():
            signs = self.complex.region_signs(region)
            vanishing = self.complex.vertex_signs[self.complex.vertices_of(self.complex.dim - 1, facet)] == 0
            switches = np.flatnonzero(vanishing.all(axis=0) & (signs != 0))
            if len(switches):
                row = self.exact.row(int(switches[0]), signs)[:-1]
                first = next(x for x in row if x != 0)
                return [x / first for x in row]
        raise BrokenInvariant(f"no unit vanishes on facet {facet} inside the domain; please report this network")
