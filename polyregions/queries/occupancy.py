"""Which regions a data set visits."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.complexes import PolyhedralComplex
from polyregions.enumeration import Regions
from polyregions.enumeration.regions import switch_pattern
from polyregions.errors import DimensionMismatch
from polyregions.frozen import Frozen, frozen
from polyregions.geometry.nearest import Norm
from polyregions.networks.evaluate import check_points, switch_signs
from polyregions.networks.network import Network
from polyregions.networks.vanishing import vanishing
from polyregions.queries.distances import Distances
from polyregions.queries.region_distance import distance_to_region_boundary


@dataclass(frozen=True, eq=False)
class Occupancy(Frozen):
    """The activation regions that points lie in.

    Parameters
    ----------
    network : Network
    points : numpy.ndarray, shape (N, n)
    patterns : numpy.ndarray of uint8, shape (V, n_units)
        The patterns of the regions visited, sorted.
    members : numpy.ndarray of int, shape (N,)
        In which of these each point lies; -1 for points in none: on a wall, or not inside the domain.
    source : Regions, optional
        Where the regions were looked up.
    """

    network: Network
    points: NDArray[np.float64]
    patterns: NDArray[np.uint8]
    members: NDArray[np.int64]
    source: Regions | None = None

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for array in (self.points, self.patterns, self.members):
            frozen(array)

    def __len__(self) -> int:
        """Return the number of regions visited."""
        return len(self.patterns)

    def __repr__(self) -> str:
        """Name the numbers of points and regions."""
        known = "" if self.source is None else f" of {len(self.source):,}"
        return f"Occupancy({len(self.points):,} points in {len(self):,}{known} regions)"

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many points lie in each region visited, shape (V,)."""
        return np.bincount(self.members[self.members >= 0], minlength=len(self))

    @property
    def regions(self) -> NDArray[np.int64]:
        """The numbers of the regions visited in `source`, shape (V,)."""
        index = self._known.index
        return np.array([index[pattern.tobytes()] for pattern in self.patterns], dtype=np.int64)

    def volumes(self) -> list[Fraction]:
        """Return the exact volumes of the regions visited."""
        return [self._known.polytope(int(region)).volume for region in self.regions]

    def distances(self, norm: Norm = 2) -> Distances:
        """Return the distances of all points from the boundaries of their regions; see there for the cost."""
        return distance_to_region_boundary(self.network, self.points, norm=norm)

    @property
    def _known(self) -> Regions:
        if self.source is None:
            raise DimensionMismatch("regions have numbers and volumes only in a domain: give occupancy() Regions")
        return self.source


def occupancy(source: Network | Regions | PolyhedralComplex, points: ArrayLike) -> Occupancy:
    """Tell which activation regions a data set visits, exactly.

    Parameters
    ----------
    source : Network, Regions or PolyhedralComplex
        A network of any input dimension, whose regions in the whole space count; or known regions in a domain.
    points : array_like, shape (N, n)
        Floats, taken as exact.

    Returns
    -------
    Occupancy

    Raises
    ------
    DimensionMismatch
        The points have another shape, or are not finite.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> visited = pr.occupancy(net, [[1, 2], [2, 1], [-1, 1], [0, 5]])
    >>> visited, visited.counts, visited.members
    (Occupancy(4 points in 2 regions), array([1, 2]), array([ 1,  1,  0, -1]))
    """
    regions = source.regions if isinstance(source, PolyhedralComplex) else source
    if isinstance(regions, Regions):
        array = check_points(regions.network, points)
        numbers = regions.locate(array)
        visited, places = np.unique(numbers, return_inverse=True)
        shift = int(len(visited) > 0 and visited[0] < 0)
        return Occupancy(regions.network, array, regions.patterns[visited[shift:]], places - shift, regions)
    network, array = regions, check_points(regions, points)
    signs = switch_signs(network, array)
    patterns = switch_pattern(network, signs)
    which, switches = np.nonzero(signs == 0)
    on_wall = np.zeros(len(array), dtype=np.bool_)
    on_wall[which[~vanishing(network, patterns, which, switches)]] = True
    kept: NDArray[np.uint8] = patterns[~on_wall]
    members = np.full(len(array), -1, dtype=np.int64)
    if not network.n_units:  # one region, the whole space
        members[:] = 0
        return Occupancy(network, array, kept[:1], members)
    chosen, places = np.unique(kept, axis=0, return_inverse=True)
    members[~on_wall] = places.ravel()
    return Occupancy(network, array, np.asarray(chosen, dtype=kept.dtype), members)
