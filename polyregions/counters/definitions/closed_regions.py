"""Linear regions that are closed: parts of the domain, however thin, on which the network is one affine map."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from polyregions.arithmetic import UNDECIDED, Enclosure, Rational, RationalMatrix, rational
from polyregions.arithmetic.enclosure import QUIET
from polyregions.complexes import PolyhedralComplex, distinct_affine_maps, linear_regions
from polyregions.geometry.feasibility import deepest_point
from polyregions.geometry.simplex import Ray, maximize_exactly
from polyregions.networks.affine import AffineMap
from polyregions.networks.evaluate import ExactEvaluation


def closed_linear_regions(complex_: PolyhedralComplex) -> int:
    """Return the number of closed connected regions of a network.

    Parameters
    ----------
    complex_ : PolyhedralComplex

    Returns
    -------
    int
        How many maximal connected closed subsets of the interior of K there are on which the network f equals one
        affine map h, and that have interior points.

    Notes
    -----
    They are the components of ``{f = h}`` that hold an open linear region with the map h.  Several such regions may be
    one: by a common vertex or edge, or by a thin part of ``{f = h}`` that runs through regions with other maps.

    Inside one activation region ``{f = h}`` is convex.  Two of these convex parts touch in a point x only if they touch
    across walls through x, because all regions around x do: so walls that meet ``{f = h}`` inside K tell what is
    connected.  Signs of ``f - h`` at the vertices of a wall decide if there is one output.  With several, an exact
    linear program decides where signs do not.  Signs are computed in floats with error bounds, and in rationals where
    these do not tell.  Only maps of two or more linear regions need any of this; if there are such maps, those of all
    linear regions are computed in rationals, about a millisecond each.

    The definition is that of *closed connected regions* in Stargalla, Hertrich, Reichman (2025), The Computational
    Complexity of Counting Linear Regions in ReLU Neural Networks.

    Examples
    --------
    ``max(|x| - |y|, 0)`` vanishes above and below the diagonals, and these two parts touch in one point:

    >>> import polyregions as pr
    >>> layers = [[[1, 0], [-1, 0], [0, 1], [0, -1]], [[1, 1, -1, -1]], [[1]]]
    >>> net = pr.Network.from_arrays(layers, [[0] * 4, [0], [0]])
    >>> complex_ = pr.build_complex(net, pr.Polytope.box(-1, 1, dim=2))
    >>> len(pr.linear_regions(complex_)), closed_linear_regions(complex_)
    (6, 5)
    """
    open_regions = linear_regions(complex_)
    if distinct_affine_maps(complex_.regions) == len(open_regions):
        return len(open_regions)
    parts: dict[AffineMap, list[NDArray[np.int64]]] = defaultdict(list)
    for part in open_regions:
        parts[complex_.regions.affine_map(int(part[0]))].append(part)
    agreement = _Agreement(complex_)
    return sum(1 if len(same) == 1 else agreement.components(h, np.concatenate(same)) for h, same in parts.items())


class _Agreement:
    """Where a network agrees with one of its affine maps."""

    def __init__(self, complex_: PolyhedralComplex) -> None:
        self.complex = complex_
        self.corners = complex_.members[complex_.dim - 1][complex_.walls].astype(np.int64)
        self.on_boundary = complex_.on_domain_facets(0)
        self._outputs: dict[int, list[Rational]] = {}

    def components(self, h: AffineMap, regions: NDArray[np.int64]) -> int:
        """Return how many components of ``{f = h}`` hold some of the given regions, on which f is h."""
        known: NDArray[np.bool_] = np.zeros(len(self.complex.vertices), dtype=np.bool_)
        known[self.complex.members[self.complex.dim][regions].indices] = True
        signs = self.signs(h, known)
        strict = [(self.corners @ (signs == sign)) > 0 for sign in (1, -1)]
        zeros = self.corners @ (signs == 0).astype(np.int64)
        possible = ((zeros > 0) | (strict[0] & strict[1])).all(axis=1)
        inside = ((strict[0] | strict[1]) == 0).all(axis=1)
        if signs.shape[1] == 1:
            inside |= (strict[0] & strict[1])[:, 0]
        open_ = np.flatnonzero(possible & ~inside)
        inside[open_] = [self.meets(h, signs, wall) for wall in open_.tolist()]
        joins, count = self.complex.wall_regions[inside], len(self.complex.regions)
        joined = coo_array((np.ones(len(joins)), (joins[:, 0], joins[:, 1])), shape=(count, count))
        return len(np.unique(connected_components(joined, directed=False)[1][regions]))

    def meets(self, h: AffineMap, signs: NDArray[np.int8], wall: int) -> bool:
        """Tell whether ``f = h`` at some point of a wall inside K, if no output has both signs or there are several."""
        corners = self.corners.indices[self.corners.indptr[wall] : self.corners.indptr[wall + 1]]
        if signs.shape[1] == 1:
            touching = corners[signs[corners, 0] == 0]
            return not self.on_boundary[touching].all(axis=0).any()
        gaps = [self.gap(h, corner) for corner in corners.tolist()]
        facets = self.on_boundary[corners].T
        return meets_interior(gaps, facets[facets.any(axis=1)])

    @QUIET
    def signs(self, h: AffineMap, known: NDArray[np.bool_]) -> NDArray[np.int8]:
        """Return the exact signs of ``f - h`` at the vertices, shape (V, outputs); at those `known` it vanishes."""
        at, values = self.complex.coordinates, self.complex.outputs
        weights = np.concatenate([h.matrix, h.offset[:, None]], axis=1)
        points = np.concatenate([at.value, np.ones((len(at.value), 1))], axis=1)
        sizes = np.abs(points) @ np.abs(weights).T + np.abs(values.value)
        spread = at.error @ np.abs(h.matrix).T
        # Far more than what the roundings of the weights, of all products and sums, and of this bound make.
        error = 1.01 * (values.error + spread) + sizes * 2.0**-49 * points.shape[1]
        error += 2.0**-900 * (1.0 + np.abs(points).sum(axis=1) + at.error.sum(axis=1))[:, None]
        signs = Enclosure(values.value - points @ weights.T, np.where(np.isnan(error), np.inf, error)).sign()
        signs[known] = 0
        for vertex in np.flatnonzero((signs == UNDECIDED).any(axis=1)).tolist():
            signs[vertex] = [int(gap > 0) - int(gap < 0) for gap in self.gap(h, vertex)]
        return signs

    def gap(self, h: AffineMap, vertex: int) -> list[Rational]:
        """Return ``f - h`` at a vertex, exactly."""
        point = self.complex.exact_point(vertex)
        if vertex not in self._outputs:
            self._outputs[vertex] = ExactEvaluation(self.complex.network, point).output()
        values = (h.exact * RationalMatrix(len(point) + 1, 1, [*point, rational(1)])).entries()
        return [a - b for a, b in zip(self._outputs[vertex], values, strict=True)]


def meets_interior(gaps: Sequence[Sequence[Rational]], facets: NDArray[np.bool_]) -> bool:
    """Tell whether an affine map vanishes at a point of a polytope that lies on none of some facets; exactly.

    Parameters
    ----------
    gaps : sequence of sequence of Rational, shape (v, outputs)
        The map's values at the vertices of the polytope.
    facets : numpy.ndarray of bool, shape (facets, v)
        Which vertices lie on which facets.

    Returns
    -------
    bool

    Notes
    -----
    A point is a convex combination of the vertices, and lies off a facet if some vertex off the facet has a positive
    weight.  One linear program finds weights with which the map vanishes.  One more for each facet finds such weights
    that leave it; the mean of these leaves all.  The weights are the unknowns, so they have no more than v dimensions.

    Examples
    --------
    A map that vanishes at the middle of an edge, and whether that point counts:

    >>> gaps = [[rational(1), rational(-1)], [rational(-1), rational(1)]]
    >>> meets_interior(gaps, np.zeros((0, 2), dtype=bool)), meets_interior(gaps, np.ones((1, 2), dtype=bool))
    (True, False)
    """
    count = len(gaps)
    equations = [[*column, rational(0)] for column in zip(*gaps, strict=True)]
    equations.append([*[rational(1)] * count, rational(-1)])
    rows = [[rational(int(i == j)) for j in range(count + 1)] for i in range(count)]
    rows += [[sign * x for x in row] for row in equations for sign in (1, -1)]
    system = RationalMatrix(len(rows), count + 1, [x for row in rows for x in row])
    start, depth = deepest_point(system)
    if depth < 0:
        return False
    for on in facets.tolist():
        best = maximize_exactly(system, [*(rational(int(not flag)) for flag in on), rational(0)], start)
        if isinstance(best, Ray) or best.value <= 0:
            return False
    return True
