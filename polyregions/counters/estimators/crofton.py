"""Volumes of boundaries from random lines and flats: Crofton's formula."""

from __future__ import annotations

import math

import numpy as np

from polyregions.arithmetic.enclosure import QUIET
from polyregions.complexes import build_complex
from polyregions.counters.estimators.chords import Chords
from polyregions.counters.estimators.sampled import Floats, check_budget, checked_size, mean, points_in_ball
from polyregions.enumeration.engines import check_dimensions
from polyregions.errors import InvalidDomain
from polyregions.geometry.polytope import Polytope
from polyregions.measures import boundary_volume
from polyregions.networks.network import Network
from polyregions.queries.slices import slice_network
from polyregions.theory.architecture import check_codim
from polyregions.theory.estimate import Estimate


@QUIET
def crofton(
    network: Network,
    domain: Polytope,
    budget: int,
    rng: np.random.Generator,
    *,
    codim: int = 1,
    visible: bool = True,
) -> Estimate:
    """Estimate the (n-k)-volume of B_{N,k} in K from the points in which random k-flats meet it.

    Parameters
    ----------
    network : Network
    domain : Polytope
        K, of dimension n.
    budget : int
        How many flats are drawn.
    rng : numpy.random.Generator
    codim : int
        k, from 1 to n: lines for the walls, planes for codimension 2, and so on.
    visible : bool
        Whether only walls count across which the Jacobian jumps, as in B_N, or all walls between regions.

    Returns
    -------
    Estimate
        Its error is infinite if the budget is 1, and 0 if k = n.

    Raises
    ------
    DimensionMismatch
        Network and domain have different dimensions, or there is no such codimension.
    InvalidDomain
        Floats do not hold the surface of the domain, or the volume of a ball around it.
    ValueError
        The budget is not positive.

    Notes
    -----
    **Lines.**  For isotropic lines that hit K, the mean number of points in B_N is
    ``2 vol(B_{N,1}) / vol(boundary of K)`` (Santaló 1976, III.14; for n = 2 this is Cauchy's and Crofton's formula).

    **Flats**, for 1 < k < n.  The direction is uniform, and the flat meets its orthogonal complement in a uniform point
    of a ball of radius r around K.  The mean number of points in which it meets an (n-k)-dimensional surface of volume
    v inside is ``c v / (w r^(n-k))``, where w is the volume of the unit ball in n - k dimensions and ``c = G((n-k+1)/2)
    G((k+1)/2) / (G((n+1)/2) G(1/2))``, with the gamma function G, is the mean size of the shadow of a unit piece.
    Flats that miss K count 0.

    For k = n the flat is the whole space, the number exact, and the budget without meaning.

    Unbiased.  The variance is that of the number of points on one flat, times the squared factor, divided by the
    budget.  Points on a flat are counted exactly; that flats with float coordinates are isotropic, and the volume or
    surface of K, are a matter of rounding.  A line costs one pass of `regions_on_line`, a flat the complex of the
    network on it.

    Source: Santaló (1976), Integral geometry and geometric probability.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(3), [[1.0, 1.0, 1.0]]], [np.zeros(3), [0.0]])
    >>> cube = pr.Polytope.box(-1, 1, dim=3)
    >>> found = crofton(net, cube, 300, np.random.default_rng(0))  # three squares of area 4
    >>> abs(found.value - 12.0) < 4 * found.error < 3.0
    True
    >>> crofton(net, cube, 1, np.random.default_rng(0), codim=3).value
    1.0
    """
    check_dimensions(network, domain)
    check_budget(budget)
    check_codim(codim, domain.dim)
    if codim == domain.dim:
        return Estimate(_volume(network, domain, codim, visible), 0.0, budget)
    if codim == 1:
        chords = Chords(domain)
        surface = checked_size(chords.surface, "the surface of the domain")
        return mean(chords.crossings(network, rng, budget, visible)).times(surface / 2.0)
    k, rest = codim, domain.dim - codim
    centre = domain.lower / 2.0 + domain.upper / 2.0
    radius = float(np.linalg.norm(domain.vertices - centre, axis=1).max())
    numbers = np.zeros(budget)
    for number in range(budget):
        frame = np.linalg.qr(rng.standard_normal((domain.dim, domain.dim)))[0]
        offset = centre + radius * (frame[:, k:] @ points_in_ball(rng, 1, rest)[0])
        numbers[number] = _points_on_flat(network, domain, frame[:, :k], offset, visible)
    ball = checked_size(math.pi ** (rest / 2.0) / math.gamma(rest / 2.0 + 1.0) * radius**rest, "a ball around it")
    return mean(numbers).times(ball / mean_shadow(domain.dim, k))


def mean_shadow(dim: int, codim: int) -> float:
    """Return the mean size of the shadow of a unit (n-k)-dimensional piece on a random (n-k)-dimensional flat.

    Examples
    --------
    >>> [round(mean_shadow(n, k), 9) for n, k in [(3, 1), (3, 2), (2, 1)]]  # 1/2, 1/2, 2/pi
    [0.5, 0.5, 0.636619772]
    """
    logs = [math.lgamma(m / 2.0) for m in (dim - codim + 1, codim + 1, dim + 1, 1)]
    return math.exp(logs[0] + logs[1] - logs[2] - logs[3])


def _points_on_flat(network: Network, domain: Polytope, matrix: Floats, offset: Floats, visible: bool) -> float:
    """Count the points of B_{N,k} on a k-flat in the domain; none if the flat misses it."""
    try:
        section = slice_network(network, along=(matrix, offset), within=domain)
    except InvalidDomain:
        return 0.0
    return _volume(section.network, section.domain, matrix.shape[1], visible)


def _volume(network: Network, domain: Polytope, codim: int, visible: bool) -> float:
    return boundary_volume(build_complex(network, domain), codim, visible=visible).value
