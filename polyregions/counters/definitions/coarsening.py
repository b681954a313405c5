"""Activation regions put together to larger convex pieces that still meet face to face."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from polyregions.complexes import PolyhedralComplex
from polyregions.counters.definitions.walled_regions import WalledRegion

Numbers = NDArray[np.int64]


class Coarsening:
    """A polyhedral complex whose cells are unions of activation regions with one affine map; at first these themselves.

    Parameters
    ----------
    complex_ : PolyhedralComplex
    regions : sequence of WalledRegion
        All linear regions that consist of several activation regions.

    Attributes
    ----------
    labels : numpy.ndarray of int, shape (R,)
        The cell of every activation region: the number of one of its activation regions.

    Notes
    -----
    A union of activation regions is convex if and only if it lies on one side of the hyperplane of every wall that
    bounds it.  Convex cells that fill K meet face to face if every facet of a cell is a facet of just one other cell,
    or lies on the boundary of K: then the smallest faces that hold a given point are the same for all cells around it,
    because one can go round the point from cell to cell through facets that hold it.  Gruber and Ryshkov (1989),
    Facet-to-facet implies face-to-face, prove this for tilings of space.

    Where cells fail this, more of them have to be joined, and it is clear which: a cell on both sides of a wall's
    hyperplane must take in what lies across the wall; and all that lies across one facet must be one cell.  So there
    is a least valid complex in which given cells are one, or none.

    Examples
    --------
    Two activation regions below y = 0 are joined across x = 0, and so are those above, which meet the facet y = 0:

    >>> import polyregions as pr
    >>> from polyregions.counters.definitions.walled_regions import walled_regions
    >>> net = pr.Network.from_arrays([np.eye(2), [[0.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> complex_ = pr.build_complex(net, pr.Polytope.box(-1, 1, dim=2))
    >>> coarsening = Coarsening(complex_, walled_regions(complex_, pr.linear_regions(complex_)))
    >>> coarsening.join(np.array([0, 2])), coarsening.labels
    (True, array([0, 1, 0, 1]))
    >>> coarsening.join(np.array([0, 1])), len(coarsening)  # their maps differ
    (False, 2)
    """

    def __init__(self, complex_: PolyhedralComplex, regions: Sequence[WalledRegion]) -> None:
        self._sides = complex_.wall_regions
        self._regions = regions
        self._owner = np.full(len(complex_.regions), -1, dtype=np.int64)
        for number, region in enumerate(regions):
            self._owner[region.regions] = number
        self.labels = np.arange(len(complex_.regions))

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(np.unique(self.labels))

    def join(self, together: Numbers) -> bool:
        """Join cells, and all that must be joined because of it; False, and nothing happens, if that is impossible.

        Parameters
        ----------
        together : numpy.ndarray of int
            Activation regions that are to be in one cell.
        """
        labels, pending = self.labels.copy(), [together]
        while pending:
            chosen = pending.pop()
            cells = np.unique(labels[chosen])
            if len(cells) == 1:
                continue
            owner = int(self._owner[chosen[0]])
            if owner < 0 or (self._owner[chosen] != owner).any():
                return False
            region = self._regions[owner]
            inside = np.isin(labels[region.regions], cells)
            labels[region.regions[inside]] = cells[0]
            pending += self._forced(region, inside, labels)
        self.labels = labels
        return True

    def join_greedily(self) -> None:
        """Join across one wall after the other, until no two cells can be joined."""
        owners = self._owner[self._sides]
        for pair in self._sides[(owners[:, 0] == owners[:, 1]) & (owners[:, 0] >= 0)]:
            self.join(pair)

    def _forced(self, region: WalledRegion, inside: NDArray[np.bool_], labels: Numbers) -> list[Numbers]:
        """Return which activation regions must be in one cell if those inside are one."""
        own = region.regions[inside]
        sides = self._sides[region.walls]
        ours = labels[sides] == labels[own[0]]
        bounding = ours[:, 0] != ours[:, 1]
        across = sides[bounding][~ours[bounding]]
        planes = region.planes[bounding]
        bent = np.logical_and(region.above[inside].any(axis=0), region.below[inside].any(axis=0))[planes]
        forced = [np.append(across[bent], own[0])]
        order = np.argsort(planes[~bent], kind="stable")
        starts = np.flatnonzero(np.diff(planes[~bent][order])) + 1
        forced += [group for group in np.split(across[~bent][order], starts) if len(group)]
        return forced
