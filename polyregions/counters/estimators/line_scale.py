"""The scale of the number of regions that the walls on random lines suggest."""

from __future__ import annotations

import numpy as np
from scipy.special import binom

from polyregions.counters.estimators.chords import Chords
from polyregions.counters.estimators.crofton import crofton
from polyregions.counters.estimators.sampled import check_budget, mean
from polyregions.enumeration.engines import check_dimensions
from polyregions.geometry.polytope import Polytope
from polyregions.networks.network import Network
from polyregions.theory.estimate import Estimate


def line_scale(network: Network, domain: Polytope, budget: int, rng: np.random.Generator) -> Estimate:
    """Extrapolate the number of activation regions in K from the walls that random lines cross.

    Parameters
    ----------
    network : Network
    domain : Polytope
        K, of dimension n.
    budget : int
        How many lines are drawn.
    rng : numpy.random.Generator

    Returns
    -------
    Estimate
        ``C(m, 0) + C(m, 1) + ... + C(m, n)`` for the mean number m of walls on isotropic lines that hit K.  Its error
        is what one standard error of m makes of it; how far the scale is from the number of regions it does not tell.

    Raises
    ------
    DimensionMismatch
        Network and domain have different dimensions.
    ValueError
        The budget is not positive.

    Notes
    -----
    So many regions m hyperplanes in general position have in R^n (Zaslavsky 1975); for large m that is ``m^n / n!``,
    the scale of Hanin and Rolnick (2019) for N units instead of m walls.  It is an order of magnitude with a bias of
    either sign.  Too small for hyperplanes of which each meets K but lines only some: m is the sum of their areas times
    ``2 / vol(boundary of K)``.  Too large where walls do not cross each other: parallel ones in n > 1 dimensions
    have m + 1 regions.  In one dimension K is its only chord and the number is exact: 1 + m.

    The variance of m is that of the number of walls on one line, divided by the budget; the answer is convex in m for
    m > 1, so its mean is a little larger than the scale of the mean.  One pass of `regions_on_line` for each line.

    Sources: Hanin and Rolnick (2019), Deep ReLU networks have surprisingly few activation patterns; Zaslavsky (1975),
    Facing up to arrangements.

    Examples
    --------
    >>> import polyregions as pr
    >>> saw = pr.Network.from_arrays([[[1.0], [1.0], [1.0]], [[1.0, -2.0, 2.0]]], [[0.0, -0.25, -0.5], [0.0]])
    >>> line_scale(saw, pr.Polytope.box(-1, 1, dim=1), 1, np.random.default_rng(0)).value
    4.0
    """
    check_dimensions(network, domain)
    check_budget(budget)
    if domain.dim == 1:
        return crofton(network, domain, budget, rng, visible=False).plus(1.0)
    walls = mean(Chords(domain).crossings(network, rng, budget, visible=False))
    if not np.isfinite(walls.error):
        return Estimate(_regions(walls.value, domain.dim), walls.error, budget)
    low, high = (_regions(walls.value + sign * walls.error, domain.dim) for sign in (-1.0, 1.0))
    return Estimate(_regions(walls.value, domain.dim), abs(high - low) / 2.0, budget)


def _regions(walls: float, dim: int) -> float:
    """Return how many regions so many hyperplanes in general position have, if that were a number between two whole."""
    return float(binom(walls, np.arange(dim + 1)).sum())
