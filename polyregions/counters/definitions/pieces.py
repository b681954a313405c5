"""The least number of convex pieces on which a network is affine: bounds that often meet."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from polyregions.complexes import PolyhedralComplex, linear_regions
from polyregions.counters.definitions.coarsening import Coarsening
from polyregions.counters.definitions.walled_regions import WalledRegion, walled_regions

LARGEST = 32
"""Up to so many walls of a linear region the largest clique is found, beyond that only a large one."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """A whole number that lies between two others, these included.

    Parameters
    ----------
    lower, upper : int

    Examples
    --------
    >>> Bounds(3, 4), Bounds(5, 5), Bounds(5, 5).exact
    (3 to 4, 5, 5)
    """

    lower: int
    upper: int

    @property
    def exact(self) -> int | None:
        """The number, if the bounds meet."""
        return self.lower if self.lower == self.upper else None

    def __repr__(self) -> str:
        """Name the number, or both bounds."""
        return str(self.lower) if self.exact is not None else f"{self.lower} to {self.upper}"


def convex_pieces(complex_: PolyhedralComplex) -> Bounds:
    """Bound the least number of convex pieces of a network.

    Parameters
    ----------
    complex_ : PolyhedralComplex

    Returns
    -------
    Bounds
        On the least number of full-dimensional polytopes in a polyhedral complex that fills K and on whose cells the
        network is affine.

    Notes
    -----
    The number itself is hard to find: already a polygon with holes is hard to cut into few convex pieces (Lingas 1982,
    The power of non-rectilinear holes).  Both bounds are certain.

    *Upper bound.*  Activation regions are joined, one wall after the other, as long as they make a complex; see
    `Coarsening`.  The result cannot be joined further, but another order may lead to fewer pieces, and so may cuts that
    follow no wall.

    *Lower bound.*  Every piece lies in the closure of one linear region.  Take a point near the centre of each wall of
    that region, such that just one piece has a facet there.  Two of these points belong to different pieces if one lies
    beyond the hyperplane of the other's wall; or if both walls lie in one hyperplane, and what lies across belongs to
    different linear regions, for pieces meet face to face.  A clique of such points is a bound.

    They meet if all linear regions are convex and meet face to face, which is always so in dimension 1.  Time grows
    with the squares of the numbers of walls of linear regions that consist of several activation regions; all numbers
    are rationals.

    The definition is that of *convex regions* in Stargalla, Hertrich, Reichman (2025), The Computational Complexity of
    Counting Linear Regions in ReLU Neural Networks.

    Examples
    --------
    ``max(-y, min(0, -x))`` has three linear regions, of which one takes more than half of the directions at the origin:

    >>> import polyregions as pr
    >>> layers = [[[1, 0], [0, 1], [0, -1]], [[1, 0, 0], [1, -1, 1]], [[-1, 1]]]
    >>> net = pr.Network.from_arrays(layers, [[0] * 3, [0] * 2, [0]])
    >>> convex_pieces(pr.build_complex(net, pr.Polytope.box(-1, 1, dim=2)))
    4
    """
    parts = linear_regions(complex_)
    owners = np.zeros(len(complex_.regions), dtype=np.int64)
    for number, part in enumerate(parts):
        owners[part] = number
    regions = walled_regions(complex_, [part for part in parts if len(part) > 1])
    coarsening = Coarsening(complex_, regions)
    coarsening.join_greedily()
    lower = sum(_clique(different_pieces(complex_, region, owners)[1]) for region in regions)
    return Bounds(len(parts) - len(regions) + lower, len(coarsening))


def different_pieces(
    complex_: PolyhedralComplex, region: WalledRegion, owners: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Tell which walls around a linear region bound different pieces of it, whatever the pieces are.

    Parameters
    ----------
    complex_ : PolyhedralComplex
    region : WalledRegion
    owners : numpy.ndarray of int, shape (R,)
        The linear region of each activation region.

    Returns
    -------
    walls : numpy.ndarray of int, shape (w,)
        The walls around the region, without those inside it, as places in `PolyhedralComplex.walls`.
    different : numpy.ndarray of bool, shape (w, w)
        True is certain, False may mean either.

    Examples
    --------
    Of the four walls of a diamond, seen from outside, no convex piece has two:

    >>> import polyregions as pr
    >>> layers = [[[1, 0], [-1, 0], [0, 1], [0, -1]], [[-1] * 4], [[1]]]
    >>> net = pr.Network.from_arrays(layers, [[0] * 4, [1], [0]])
    >>> complex_ = pr.build_complex(net, pr.Polytope.box(-2, 2, dim=2))
    >>> owners = np.zeros(8, dtype=int)
    >>> for number, part in enumerate(pr.linear_regions(complex_)):
    ...     owners[part] = number
    >>> (outside,) = walled_regions(complex_, [np.flatnonzero(np.bincount(owners)[owners] > 1)])
    >>> different_pieces(complex_, outside, owners)[1].sum(axis=1)
    array([3, 3, 3, 3])
    """
    sides = complex_.wall_regions[region.walls]
    ours = owners[sides] == owners[region.regions[0]]
    outer = ours[:, 0] != ours[:, 1]
    own, across = sides[outer][ours[outer]], owners[sides[outer][~ours[outer]]]
    planes = region.planes[outer]
    side = np.where(region.above[np.searchsorted(region.regions, own), planes], 1, -1)
    beyond = region.centres[planes][:, outer] == -side[:, None]
    opposite = (side[:, None] != side) | (across[:, None] != across)
    return region.walls[outer], beyond | beyond.T | ((planes[:, None] == planes) & opposite)


def _clique(adjacent: NDArray[np.bool_]) -> int:
    """Return the size of a large clique, at least 1; of the largest if there are not many nodes."""
    used = np.flatnonzero(adjacent.any(axis=0))
    if not len(used):
        return 1
    if len(used) <= LARGEST:
        graph = nx.from_numpy_array(adjacent[np.ix_(used, used)])
        return int(nx.max_weight_clique(graph, weight=None)[1])
    clique: list[int] = []
    for node in used[np.argsort(-adjacent[used].sum(axis=1), kind="stable")].tolist():
        if adjacent[node, clique].all():
            clique.append(node)
    return len(clique)
