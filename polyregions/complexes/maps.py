"""The affine maps of regions: which are equal, and how many there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic.enclosure import QUIET, gamma
from polyregions.enumeration.regions import Regions
from polyregions.networks.affine import AffineMap, enclosed_maps


class RegionMaps:
    """The affine maps of regions: enclosures of all, and exact ones when asked for.

    Parameters
    ----------
    regions : Regions
    """

    def __init__(self, regions: Regions) -> None:
        self._regions = regions
        self.enclosed = enclosed_maps(regions.network, regions.patterns)
        self._exact: dict[int, AffineMap] = {}

    def exact(self, index: int) -> AffineMap:
        """Return one exact map; computed once."""
        if index not in self._exact:
            self._exact[index] = self._regions.affine_map(index)
        return self._exact[index]

    @QUIET
    def apart(self, ones: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell of which pairs of regions the enclosed maps show that they differ; False may mean either."""
        gap = np.abs(self.enclosed.value[ones] - self.enclosed.value[others])
        slack = (self.enclosed.error[ones] + self.enclosed.error[others]) * (1.0 + gamma(8))
        return np.asarray((gap > slack).any(axis=(1, 2)))

    def equal(self, one: int, other: int) -> bool:
        """Tell whether two regions have the same affine map, exactly."""
        seen = self.apart(np.array([one]), np.array([other]))[0]
        return not seen and self.exact(one) == self.exact(other)


@QUIET
def distinct_affine_maps(regions: Regions) -> int:
    """Return how many different affine maps the network has on the regions, wherever they lie.

    Parameters
    ----------
    regions : Regions

    Returns
    -------
    int

    Notes
    -----
    Maps are sorted by a combination of their float coefficients; only those whose enclosures overlap there are compared
    as rationals.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 0.0]]], [[0.0, 0.0], [0.0]])
    >>> pr.distinct_affine_maps(pr.enumerate_regions(net, pr.Polytope.box(-1, 1, dim=2)))
    2
    """
    if not len(regions):
        return 0
    maps = RegionMaps(regions)
    shape = (len(regions), -1)
    value, error = maps.enclosed.value.reshape(shape), maps.enclosed.error.reshape(shape)
    # A key whose enclosure follows from theirs: any fixed weights would do; these are unlikely to coincide.
    weights = np.cos(np.arange(1, value.shape[1] + 1))
    key = value @ weights
    spread = error.sum(axis=1) * 1.01 + np.abs(value).sum(axis=1) * 2.0**-50 * value.shape[1] + 2.0**-900
    low, high = key - spread, key + spread
    unbounded = ~(np.isfinite(low) & np.isfinite(high))
    low[unbounded], high[unbounded] = -np.inf, np.inf
    count, reached = 0, -np.inf
    group: list[int] = []
    for index in np.argsort(low, kind="stable").tolist():
        if low[index] > reached and group:
            count += _distinct(maps, group)
            group = []
        group.append(index)
        reached = max(reached, float(high[index]))
    return count + _distinct(maps, group)


def _distinct(maps: RegionMaps, group: list[int]) -> int:
    return 1 if len(group) == 1 else len({maps.exact(index) for index in group})
