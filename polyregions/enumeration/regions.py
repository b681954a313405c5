"""The activation regions of a network in a domain: what `enumerate_regions` returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.arithmetic import RationalMatrix, to_fraction
from polyregions.enumeration.facets import FacetFinder
from polyregions.enumeration.run import Statistics, Status
from polyregions.frozen import Frozen
from polyregions.geometry.extremum import Witness
from polyregions.geometry.polytope import Polytope
from polyregions.networks.affine import AffineMap, affine_map
from polyregions.networks.evaluate import check_points, switch_signs
from polyregions.networks.network import Network
from polyregions.networks.vanishing import vanishing

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, eq=False)
class Regions(Frozen):
    """Activation regions of a network in a domain K, each known with certainty.

    An activation region is an open, full-dimensional set of one activation pattern inside the interior of K.  The
    regions are sorted by pattern, so the result does not depend on how they were found.

    Parameters
    ----------
    network : Network
    domain : Polytope
    patterns : numpy.ndarray of uint8, shape (R, n_units)
        The piece of every unit: how many of its breakpoints lie strictly below its value; for a maximum, the first of
        its largest candidates.  For ReLU 1 is active and 0 inactive, also where the unit vanishes on a whole region.
    witnesses : numpy.ndarray, shape (R, n)
        A point of each region in floats: strictly inside but for those regions that are too thin; see `witness`.
    thin : dict of int to Witness
        An exact point strictly inside those regions.
    cuts : numpy.ndarray of bool, shape (R, n_switches)
        The switches whose half-spaces make each region, inside K; some may be redundant.
    status : Status
        Whether these are all.
    statistics : Statistics

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0], [1.0]], [[1.0, 1.0]]], [[0.5, -0.5], [0.0]])
    >>> regions = pr.enumerate_regions(net, pr.Polytope.box(-1, 1, dim=1))
    >>> regions
    Regions(3 activation regions, complete)
    >>> regions.patterns
    array([[0, 0],
           [1, 0],
           [1, 1]], dtype=uint8)
    >>> regions.locate([[0.0], [0.5], [3.0]])  # inside the second; on a wall; outside K
    array([ 1, -1, -1])
    """

    network: Network
    domain: Polytope
    patterns: NDArray[np.uint8]
    witnesses: NDArray[np.float64]
    thin: Mapping[int, Witness]
    cuts: NDArray[np.bool_]
    status: Status
    statistics: Statistics

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for array in (self.patterns, self.witnesses, self.cuts):
            array.setflags(write=False)

    def __len__(self) -> int:
        """Return the number of activation regions."""
        return len(self.patterns)

    def __repr__(self) -> str:
        """Name size and status."""
        return f"Regions({len(self)} activation regions, {self.status.value})"

    @property
    def complete(self) -> bool:
        """Whether there are no other regions in K."""
        return self.status is Status.COMPLETE

    def point(self, index: int) -> Witness:
        """Return a point that lies strictly inside region `index`, as geometry needs it."""
        return self.thin.get(index) or Witness(self.witnesses[index])

    def witness(self, index: int) -> list[Fraction]:
        """Return a point that lies strictly inside region `index`, exactly."""
        return [to_fraction(x) for x in self.point(index).exact]

    def affine_map(self, index: int) -> AffineMap:
        """Return the exact affine map that the network is on region `index`."""
        return affine_map(self.network, self.patterns[index])

    def polytope(self, index: int) -> Polytope:
        """Return region `index`, closed, as a polytope.

        Parameters
        ----------
        index : int

        Returns
        -------
        Polytope
            Its `labels` are ``("unit", unit, breakpoint)`` for walls, with a candidate instead of a breakpoint for
            maxima, and ``("domain", facet)`` on the boundary of K.

        Notes
        -----
        Every redundant half-space is left out, decided exactly.  One small linear program for each candidate.
        """
        facets = self._finder.facets(self.patterns[index], self.switches(index), self.point(index))
        rows = [facet.row.exact() for facet in facets]
        labels = tuple(self._label(facet.row.label) for facet in facets)
        matrix = RationalMatrix(len(rows), self.domain.dim + 1, [entry for row in rows for entry in row])
        return Polytope(matrix, self.domain.lower, self.domain.upper, self.point(index), labels)

    def switches(self, index: int) -> tuple[int, ...]:
        """Return the switches whose half-spaces make region `index`; some may be redundant."""
        return tuple(np.flatnonzero(self.cuts[index]).tolist())

    @cached_property
    def _finder(self) -> FacetFinder:
        return FacetFinder(self.network, self.domain, boundary=True)

    def _label(self, label: int) -> tuple[str | int, ...]:
        """Name a row of a region."""
        if label < 0:
            return ("domain", -1 - label)
        unit = int(self.network.switch_units[label])
        return ("unit", unit, label - int(np.searchsorted(self.network.switch_units, unit)))

    @cached_property
    def index(self) -> dict[bytes, int]:
        """The number of every pattern, by its bytes."""
        return {pattern.tobytes(): number for number, pattern in enumerate(self.patterns)}

    def locate(self, points: ArrayLike) -> NDArray[np.int64]:
        """Tell in which region points lie, exactly.

        Parameters
        ----------
        points : array_like, shape (N, n)
            Floats, taken as exact.

        Returns
        -------
        numpy.ndarray of int, shape (N,)
            -1 for points in no region: on a wall, not in the interior of K, or in a part that a truncated run did not
            reach.

        Raises
        ------
        DimensionMismatch
            The points have another shape, or are not finite.
        """
        array = check_points(self.network, points)
        inside = np.flatnonzero(self.domain.contains(array, strictly=True))
        signs = switch_signs(self.network, array[inside])
        numbers = np.array(
            [self.index.get(pattern.tobytes(), -1) for pattern in switch_pattern(self.network, signs)], dtype=np.int64
        )
        found, switches = np.nonzero((signs == 0) & (numbers >= 0)[:, None])
        # A switch that vanishes at a point of the closed region, but not on all of it, vanishes on a wall.
        known, places = np.unique(numbers[found], return_inverse=True)
        numbers[found[~vanishing(self.network, self.patterns[known], places, switches)]] = -1
        result = np.full(len(array), -1, dtype=np.int64)
        result[inside] = numbers
        return result

    def to_frame(self) -> pandas.DataFrame:
        """Return a pandas DataFrame, one row a region: pattern, witness ``x0, x1, ...``, number of active units.

        Raises
        ------
        MissingDependency
            pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            from polyregions.errors import MissingDependency

            raise MissingDependency("to_frame needs pandas: python -m pip install 'polyregions[pandas]'") from None
        columns: dict[str, Any] = {"pattern": ["".join(map(str, row)) for row in self.patterns.tolist()]}
        columns |= {f"x{axis}": self.witnesses[:, axis] for axis in range(self.network.input_dim)}
        columns["active"] = (self.patterns > 0).sum(axis=1)
        return pd.DataFrame(columns).rename_axis("region")


def switch_pattern(network: Network, signs: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Turn the signs of all switches, shape (..., n_switches), into patterns, shape (..., n_units)."""
    first = network.first_switches.tolist()
    parts = [
        layer.units.pieces(signs[..., start:end])
        for layer, (start, end) in zip(network.layers, pairwise(first), strict=True)
        if start < end
    ]
    return np.concatenate([np.zeros((*signs.shape[:-1], 0), dtype=np.uint8), *parts], axis=-1)
