"""Random lines through a domain, by the measure that no rotation and no shift changes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import ConvexHull

from polyregions.arithmetic.enclosure import QUIET, gamma
from polyregions.counters.estimators.sampled import Floats, points_in_ball
from polyregions.geometry.polytope import Polytope
from polyregions.networks.network import Network
from polyregions.queries.lines import regions_on_line

BATCH = 256
"""Lines that are followed together."""


@dataclass(frozen=True)
class Chords:
    """Isotropic random lines, given that they hit a polytope of dimension n >= 2.

    Parameters
    ----------
    domain : Polytope

    Notes
    -----
    The measure of lines through a piece of surface dA is ``|cos| dA`` by directions, with the angle from its normal.
    Every line that hits a convex body goes in once, so it begins at a uniform point of the surface, and the shadow of
    its direction on the facet there is a uniform point of the unit ball.  No line misses, whatever the dimension.
    """

    domain: Polytope

    @cached_property
    def _simplices(self) -> tuple[Floats, Floats, Floats]:
        """Simplices that fill the surface: corners (S, n, n), inward normals (S, n) and areas (S,)."""
        points, dim = self.domain.vertices, self.domain.dim
        low = points.min(axis=0)
        scale = float((points.max(axis=0) - low).max())
        hull = ConvexHull((points - low) / scale)
        corners = hull.points[hull.simplices]
        triangles = np.linalg.qr((corners[:, 1:] - corners[:, :1]).transpose(0, 2, 1), mode="r")
        areas = np.abs(np.diagonal(triangles, axis1=1, axis2=2)).prod(axis=1) / math.factorial(dim - 1)
        return low + scale * corners, -hull.equations[:, :-1], areas * scale ** (dim - 1)

    @cached_property
    def _sides(self) -> Floats:
        """The areas of the facets of a box that are orthogonal to each axis, shape (n,)."""
        edges = self.domain.upper - self.domain.lower
        return np.array([np.delete(edges, axis).prod() for axis in range(self.domain.dim)])

    @cached_property
    def surface(self) -> float:
        """The (n-1)-volume of the domain's boundary, in floats."""
        return float(2.0 * self._sides.sum() if self.domain.is_box else self._simplices[2].sum())

    def draw(self, rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
        """Draw lines; return the ends of their chords, two arrays of shape (count, n).

        Notes
        -----
        Facets are moved inwards by a bound of the rounding, so the ends lie in the domain, and walls that lie in its
        boundary are not met.  Where nothing is left of a chord, both ends are equal.
        """
        origins, normals = self._entries(rng, count)
        shadows = points_in_ball(rng, count, self.domain.dim - 1)
        heights = np.sqrt(np.maximum(0.0, 1.0 - (shadows**2).sum(axis=1, keepdims=True)))
        return self._clipped(origins, _turned(np.concatenate([heights, shadows], axis=1), normals))

    def _entries(self, rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
        """Draw uniform points of the surface; return them with the inward normals there."""
        dim, every = self.domain.dim, np.arange(count)
        if not self.domain.is_box:
            corners, normals, areas = self._simplices
            chosen = rng.choice(len(areas), size=count, p=areas / areas.sum())
            shares = rng.dirichlet(np.ones(dim), size=count)
            return np.einsum("bi,bij->bj", shares, corners[chosen]), normals[chosen]
        lower, upper = self.domain.lower, self.domain.upper
        axes = rng.choice(dim, size=count, p=self._sides / self._sides.sum())
        above = rng.random(count) < 0.5
        points = lower + rng.random((count, dim)) * (upper - lower)
        points[every, axes] = np.where(above, upper[axes], lower[axes])
        normals = np.zeros((count, dim))
        normals[every, axes] = np.where(above, -1.0, 1.0)
        return points, normals

    @QUIET
    def _clipped(self, origins: Floats, directions: Floats) -> tuple[Floats, Floats]:
        """Return the ends of the parts of lines in the domain."""
        domain = self.domain
        sizes = np.abs(domain.normals) @ domain.reach[:-1] + np.abs(domain.offsets)
        gaps = domain.offsets - gamma(4 * (domain.dim + 8)) * sizes - origins @ domain.normals.T
        slopes = directions @ domain.normals.T
        first = np.where(slopes < 0.0, gaps / slopes, -np.inf).max(axis=1)
        last = np.where(slopes > 0.0, gaps / slopes, np.inf).min(axis=1)
        met = (first < last) & ~((slopes == 0.0) & (gaps < 0.0)).any(axis=1)
        first, last = np.where(met, first, 0.0)[:, None], np.where(met, last, 0.0)[:, None]
        return origins + first * directions, origins + last * directions

    def crossings(self, network: Network, rng: np.random.Generator, count: int, visible: bool) -> Floats:
        """Count the walls of a network that random lines cross inside the domain, exactly on each, shape (count,)."""
        numbers = np.zeros(count)
        for begin in range(0, count, BATCH):
            starts, ends = self.draw(rng, min(BATCH, count - begin))
            met = np.flatnonzero((starts != ends).any(axis=1))
            lines = regions_on_line(network, starts[met], ends[met]) if len(met) else []
            numbers[begin + met] = [line.visible.sum() if visible else len(line.breakpoints.value) for line in lines]
        return numbers


def _turned(directions: Floats, normals: Floats) -> Floats:
    """Reflect directions such that the first axis becomes the given unit normal, one for each."""
    mirrors = -normals
    mirrors[:, 0] += 1.0
    sizes = (mirrors**2).sum(axis=1, keepdims=True)
    shares = 2.0 * (mirrors * directions).sum(axis=1, keepdims=True) / np.where(sizes > 0.0, sizes, 1.0)
    return np.asarray(directions - shares * mirrors)
