"""Walls of the complex: which units switch there, and across which the gradient jumps.

A *wall* is a facet between two regions; it is *visible* if the network's Jacobian differs across it.  B_N is the
closure of the visible walls.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from polyregions.arithmetic.enclosure import QUIET, gamma, sizes
from polyregions.complexes.complex import PolyhedralComplex
from polyregions.complexes.maps import RegionMaps
from polyregions.networks.affine import affine_map, enclosed_maps, layer_pieces
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
    a path to the output through units of non-zero slope, there is none (Hanin and Rolnick call units with one *good*).
    What is left, such as paths that cancel, is compared in rationals.
    """
    known = _VISIBLE.get(complex_)
    if known is not None:
        return known
    sides = complex_.wall_regions
    maps = RegionMaps(complex_.regions)
    jumps = maps.apart(sides[:, 0], sides[:, 1])
    open_ = np.flatnonzero(~jumps)
    for number in open_[_may_jump(complex_.network, complex_.regions.patterns[sides[open_]])].tolist():
        one, other = sides[number].tolist()
        jumps[number] = maps.exact(one) != maps.exact(other)
    visible: NDArray[np.bool_] = np.zeros(complex_.f_vector()[complex_.dim - 1], dtype=np.bool_)
    visible[complex_.walls] = jumps
    visible.setflags(write=False)
    _VISIBLE[complex_] = visible
    return visible


@QUIET
def gradient_jumps(network: Network, one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Tell whether the Jacobian differs between two neighbouring regions, given by their patterns; exactly."""
    both = np.stack([one, other])
    maps = enclosed_maps(network, both)
    gap = np.abs(maps.value[0] - maps.value[1])
    if (gap > (maps.error[0] + maps.error[1]) * (1.0 + gamma(8))).any():
        return True
    return bool(_may_jump(network, both[None])[0]) and affine_map(network, one) != affine_map(network, other)


def _may_jump(network: Network, both: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell for pairs of neighbours' patterns, shape (pairs, 2, n_units), whether a unit with an open path switches."""
    if not len(both):
        return np.zeros(0, dtype=np.bool_)
    reached = units_with_open_paths(network, both.reshape(-1, network.n_units)).reshape(both.shape).any(axis=1)
    return np.asarray((reached & (both[:, 0] != both[:, 1])).any(axis=1))


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
        rows = layer.units.rows_behind(reached[index], pieces[index])
        onwards = (sizes(layer.weights).T @ rows.T.astype(np.float64) > 0.0).T
        first = 0
        for source in layer.sources or ():
            width = network.layers[source - 1].width if source else network.input_dim
            if source:
                reached[source - 1] |= onwards[:, first : first + width]
            first += width
    parts = [part for part, layer in zip(reached, network.layers, strict=True) if layer.n_switches]
    return np.concatenate([np.zeros((len(patterns), 0), dtype=np.bool_), *parts], axis=1)
