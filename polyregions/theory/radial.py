"""The mean density of B_{N,k} where it depends on the distance from the origin alone, and its integral over polytopes.

That is the density for k units whose rows (w, b) are independent and normal, with entries of two variances: one for
weights, `slope`, and one for biases, `offset`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.typing import NDArray
from scipy.integrate import cubature
from scipy.spatial import ConvexHull
from scipy.special import gammaln, hyp2f1, roots_legendre

from polyregions.geometry.polytope import Polytope
from polyregions.theory.sampling import Uniform

Floats = NDArray[np.float64]
Function = Callable[[Floats], Floats]

ACCURACY = 1e-8
"""Integrals are asked for with this relative error."""

MOST_SUBDIVISIONS = 300
"""More do not help: rounding stands in the way, as where a facet all but goes through the origin."""

NODES = 100
"""Of Gauss-Legendre quadrature along a ray."""

DEGREE = 200
"""Of the polynomials that stand for slow functions along a ray.  Nodes are dense at its end where these change fast."""


def density(n: int, k: int, slope: float, offset: float, sizes: Floats) -> Floats:
    """Return the density for one set of k units, whose weights and biases have the variances `slope` and `offset`."""
    u = np.arcsinh(sizes * math.sqrt(slope / offset))
    return np.asarray(_factor(n, k, slope) * (math.sqrt(offset) * np.cosh(u)) ** -k * _shrinking(n, k, u))


def _factor(n: int, k: int, slope: float) -> float:
    lengths = sum(gammaln((n - i + 1) / 2.0) - gammaln((n - i) / 2.0) for i in range(k))
    return math.exp(lengths + k / 2.0 * math.log(slope / math.pi))


def _shrinking(n: int, k: int, u: Floats) -> Floats:
    """Return how much smaller parallelepipeds are on average for the condition that units vanish at a point."""
    return np.asarray(hyp2f1(-0.5, k / 2.0, n / 2.0, np.tanh(u) ** 2)) if k < n else 1.0 / np.cosh(u)


def integral(n: int, k: int, slope: float, offset: float, domain: Polytope) -> float:
    """Integrate the density of one set of units over a polytope: over signed cones from 0 to simplices of its boundary.

    Distances from 0 are ``core * sinh(u)``, which makes everything smooth in u however small the core is.  Far from 0,
    where cones would cancel, simplices fill the polytope.
    """
    core = math.sqrt(offset / slope)
    reach = float(np.arcsinh(np.linalg.norm(domain.vertices, axis=1).max() / core))
    shrinking: Function = partial(_shrinking, n, k)
    if k < n:
        shrinking = _interpolated(shrinking, reach)
    away = np.linalg.norm(np.clip(0.0, domain.lower, domain.upper))
    if away > np.linalg.norm(domain.upper - domain.lower):
        filling, shape = Uniform(domain), shrinking
        simplices, sizes = filling.simplices, filling.sizes * math.factorial(n)
    else:
        simplices, signs = _facets(domain)
        sizes, shape = signs * np.abs(np.linalg.det(simplices)), _along_rays(n, k, shrinking, reach)

    def at(points: Floats) -> Floats:
        far = np.linalg.norm(points, axis=1)
        return np.asarray((offset + slope * far**2) ** (-k / 2.0) * shape(np.arcsinh(far / core)))

    total = 0.0
    for number in np.argsort(-np.abs(sizes)):  # small ones last, which need fewer digits
        if size := float(sizes[number]):
            total += size * _over_simplex(at, simplices[number], ACCURACY / 10.0 * abs(total / size))
    return _factor(n, k, slope) * total


def _interpolated(function: Function, reach: float) -> Function:
    return Chebyshev.interpolate(function, DEGREE, [0.0, reach])


def _facets(domain: Polytope) -> tuple[Floats, Floats]:
    """Return simplices that fill the boundary, shape (S, n, n), and on which side 0 lies, 1 inside and -1 outside."""
    if domain.dim == 1:
        ends = np.sort(domain.vertices[:, 0])
        return ends[:, None, None], np.sign(ends) * (-1.0, 1.0)
    low, high = domain.vertices.min(axis=0), domain.vertices.max(axis=0)
    hull = ConvexHull((domain.vertices - low) / (high - low))
    sides = hull.equations[:, :-1] @ (low / (high - low)) - hull.equations[:, -1]
    return domain.vertices[hull.simplices], np.sign(sides)


def _along_rays(n: int, k: int, shrinking: Function, reach: float) -> Function:
    """Return integrals from 0 to u, per n times the volume of a cone, over the density at u without `shrinking`."""
    nodes, weights = roots_legendre(NODES)

    def along(u: Floats) -> Floats:
        t, end = u[:, None] / 2.0 * (nodes + 1.0), u[:, None]
        values = shrinking(t) * (np.tanh(t) / np.tanh(end)) ** (k - 1) * (np.sinh(t) / np.sinh(end)) ** (n - k)
        return np.asarray(values @ weights * u / np.tanh(u) / 2.0)

    return _interpolated(along, reach)


def _over_simplex(function: Function, corners: Floats, error: float) -> float:
    """Integrate over a simplex, as a share of a parallelepiped, mapped from the cube as by Duffy (1982)."""
    dim = len(corners) - 1

    def over_cube(coordinates: Floats) -> Floats:
        rest, weight = np.ones(len(coordinates)), np.ones(len(coordinates))
        points = np.zeros((len(coordinates), corners.shape[1]))
        for share, corner in zip(coordinates.T, corners[:-1], strict=True):
            points += (rest * share)[:, None] * corner
            weight *= rest
            rest = rest * (1.0 - share)
        return function(points + rest[:, None] * corners[-1]) * weight

    if dim == 0:
        return float(function(corners)[0])
    low, high = np.zeros(dim), np.ones(dim)
    found = cubature(over_cube, low, high, rtol=ACCURACY, atol=error, max_subdivisions=MOST_SUBDIVISIONS)
    return float(found.estimate)
