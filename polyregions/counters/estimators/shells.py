"""The area of walls from the points near them: thin shells and tubes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic.enclosure import QUIET
from polyregions.counters.estimators.forward import batches, lengths, switches_at
from polyregions.counters.estimators.sampled import check_budget, checked_size, mean
from polyregions.enumeration.engines import check_dimensions
from polyregions.geometry.polytope import Polytope
from polyregions.networks.network import Network
from polyregions.theory.estimate import Estimate
from polyregions.theory.sampling import Uniform


def shell_volume(
    network: Network, domain: Polytope, budget: int, rng: np.random.Generator, *, width: float | None = None
) -> Estimate:
    """Estimate the area of the walls in K from the volumes of a thin shell around each.

    Parameters
    ----------
    network : Network
    domain : Polytope
        K, of dimension n and volume V.
    budget : int
        How many uniform points are drawn.
    rng : numpy.random.Generator
    width : float, optional
        Half the width of the shells, a length.  ``V^(1/n) / (4 budget^(1/3))`` is the default.

    Returns
    -------
    Estimate
        Of the (n-1)-volume of the places where a unit is at a breakpoint, each unit counted for itself: coincident
        walls several times, walls that the output does not see once.  A unit that touches its breakpoint on a wall of
        others without crossing it counts as well.  Of a maximum, each wall between two candidates counts half for
        either.

    Raises
    ------
    DimensionMismatch
        Network and domain have different dimensions.
    InvalidDomain
        Floats do not hold the volume of the domain.
    ValueError
        The budget is not positive, or the width not a positive number.

    Notes
    -----
    A point x lies in the shell of a switch g if ``|g(x)| < width * |grad g(x)|``: nearer than that to where the affine
    function vanishes that g is there.  The mean number of shells around a point, times V / (2 width), is estimated.

    By the co-area formula its mean is exactly the mean over ``|s| < width`` of the area of ``{g = s |grad g|}`` in K,
    summed over the switches.  For s = 0 that is the area wanted, so the bias is O(width): from shells that bend with
    their walls, or that the boundary of K cuts off.  Crossings of walls make none.  The variance is at most
    ``V / (2 width) * area * (number of shells around a point at most) / budget``; with width in proportion to
    ``budget^(-1/3)`` it goes to 0 as fast as the squared bias, which is why this is the default.

    A shell ``|g| < width``, weighted by the gradient, has the same limit; but it depends on the scale of each unit's
    weights, and varies more.  `local_complexity` is of that kind.

    Everything is in floats, one forward pass with gradients for each point: n + 1 times the cost of an evaluation.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> square = pr.Polytope.box(-1, 1, dim=2)
    >>> found = shell_volume(net, square, 20_000, np.random.default_rng(0), width=0.1)  # two lines of length 2
    >>> abs(found.value - 4.0) < 4 * found.error < 0.4
    True
    """
    near, factor = _near(network, domain, budget, rng, width)
    return mean(near.astype(np.float64)).times(factor)


def tube_volume(
    network: Network, domain: Polytope, budget: int, rng: np.random.Generator, *, width: float | None = None
) -> Estimate:
    """Estimate the area of the walls in K from the volume of one tube around all of them.

    Parameters
    ----------
    network, domain, budget, rng, width
        As in `shell_volume`.

    Returns
    -------
    Estimate
        Of the (n-1)-volume of the places where a unit is at a breakpoint; coincident walls count once.

    Raises
    ------
    DimensionMismatch, InvalidDomain, ValueError
        As in `shell_volume`.

    Notes
    -----
    The tube is the union of the shells: the points with ``min over g of |g(x)| / |grad g(x)| < width``.  Its share of K
    times V / (2 width) is estimated.  Where shells overlap the tube is smaller than they are together, so on top of the
    bias of `shell_volume` there is ``-2 width / sin(angle)`` times the (n-2)-volume of the crossings of two straight
    walls, in first order.  With many walls that is most of the error, and the default width, the same, is too large.
    For p, the share of the tube, the variance is ``(V / (2 width))^2 p (1 - p) / budget``.  Floats, and the same cost.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> square = pr.Polytope.box(-1, 1, dim=2)
    >>> found = tube_volume(net, square, 20_000, np.random.default_rng(0), width=0.1)  # 4 without the crossing
    >>> abs(found.value - 3.8) < 4 * found.error < 0.4
    True
    """
    near, factor = _near(network, domain, budget, rng, width)
    return mean((near > 0).astype(np.float64)).times(factor)


@QUIET
def _near(
    network: Network, domain: Polytope, budget: int, rng: np.random.Generator, width: float | None
) -> tuple[NDArray[np.int64], float]:
    """Count the shells around uniform points, shape (budget,); return also the area that one shell stands for."""
    check_dimensions(network, domain)
    check_budget(budget)
    uniform = Uniform(domain)
    volume = checked_size(uniform.volume, "the volume of the domain")
    if width is None:
        width = volume ** (1.0 / domain.dim) / (4.0 * budget ** (1.0 / 3.0))
    if not 0.0 < width < np.inf:
        raise ValueError(f"a width is a positive number, got {width!r}")
    counts = []
    for size in batches(network, budget):
        switches = switches_at(network, uniform.draw(rng, size))
        distances = np.abs(switches[:, :, -1]) / lengths(switches[:, :, :-1])
        counts.append((distances < width).sum(axis=0))
    return np.concatenate(counts), volume / (2.0 * width)
