"""Counters that guess from a sample how many regions it missed, as ecologists do for species; and by volumes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from polyregions.counters.answer import USUAL_CONFIDENCE, Answer
from polyregions.counters.estimators.samples import Sample
from polyregions.geometry.polytope import Polytope
from polyregions.networks.network import Network
from polyregions.theory.estimate import Estimate


def chao1(network: Network, domain: Polytope, budget: int, rng: np.random.Generator) -> Answer:
    """Estimate the number of regions from those that hold one and two of some uniform points.

    Parameters
    ----------
    network : Network
    domain : Polytope
    budget : int
        The number n of points.
    rng : numpy.random.Generator

    Returns
    -------
    Answer
        ``D + f1 (f1 - 1) / (2 (f2 + 1))`` and an interval, where D regions hold points, f1 one and f2 two of them.

    Raises
    ------
    DimensionMismatch
        Network and domain have different dimensions.
    ValueError
        The budget is not positive.

    Notes
    -----
    Target: the number of activation regions.  The estimate is biased downwards, for large n: by the inequality of
    Cauchy and Schwarz the number of missed regions is at least ``E[f1]^2 / (2 E[f2])``, with equality for regions of
    equal volume.  It is never more than ``n (n + 1) / 2``.  The variance is estimated by that of Chao, for
    ``r = f2 + 1`` by ``f1 (f1 - 1) / (2 r) + f1 (2 f1 - 1)^2 / (4 r^2) + f2 f1^2 (f1 - 1)^2 / (4 r^4)``, minus
    ``f1^4 / (4 value)`` if f2 is 0.

    The interval says that the number of missed regions is log-normal around the estimate; where that is zero,
    ``D / (1 - P)`` with ``P = exp(-n / D)`` and the variance ``D P / (1 - P)`` is its middle.  It claims 95 %, but does
    not know of the bias: for regions of uneven volumes it holds the truth far less often.  Cost: n evaluations of the
    network.

    Sources: Chao (1984), Nonparametric estimation of the number of classes in a population; Chao (1987), Estimating the
    population size for capture-recapture data with unequal catchability; Colwell (2013), EstimateS: statistical
    estimation of species richness, appendix B.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(6), np.ones((1, 6))], [np.zeros(6), [0.0]])  # 64 equal regions
    >>> chao1(net, pr.Polytope.box(-1, 1, dim=6), 100, np.random.default_rng(0))
    Answer(62.6667, in [55.05, 84.6078] with confidence 0.95)
    """
    sample = Sample.uniform(network, domain, budget, rng)
    return chao1_of_counts(sample.counts)


def chao1_of_counts(counts: NDArray[np.int64]) -> Answer:
    """Return what `chao1` answers if regions were seen so often."""
    distinct, once, twice = (int(np.count_nonzero(chosen)) for chosen in (counts > 0, counts == 1, counts == 2))
    missed = once * (once - 1) / (2 * (twice + 1))
    z = float(norm.ppf(0.5 + USUAL_CONFIDENCE / 2.0))
    if missed > 0.0:
        more = twice + 1
        variance = missed + once * (2 * once - 1) ** 2 / (4 * more**2)
        variance += twice * once**2 * (once - 1) ** 2 / (4 * more**4)
        variance -= once**4 / (4 * (distinct + missed)) if twice == 0 else 0.0
        factor = math.exp(z * math.sqrt(math.log1p(variance / missed**2)))
        interval = distinct + missed / factor, distinct + missed * factor
    elif distinct:
        unseen = math.exp(-int(counts.sum()) / distinct)
        middle, reach = distinct / (1.0 - unseen), z * math.sqrt(distinct * unseen / (1.0 - unseen))
        interval = max(float(distinct), middle - reach), middle + reach
    else:
        return Answer(0.0)
    return Answer(distinct + missed, interval, USUAL_CONFIDENCE)


def good_turing(network: Network, domain: Polytope, budget: int, rng: np.random.Generator) -> float:
    """Divide the number of regions that uniform points lie in by the share of the volume that these regions have.

    Parameters
    ----------
    network : Network
    domain : Polytope
    budget : int
        The number n of points.
    rng : numpy.random.Generator

    Returns
    -------
    float
        ``D / (1 - f1 / n)``, where D regions hold points and f1 of them one.  If all hold one, f1 is taken as ``n - 1``
        and the answer is ``n^2``: so many equal regions keep n points apart with the probability 0.6.

    Raises
    ------
    DimensionMismatch
        Network and domain have different dimensions.
    ValueError
        The budget is not positive.

    Notes
    -----
    Target: the number M of activation regions.  ``1 - f1 / n`` estimates the share of the volume, with a bias of less
    than 1 / n.  If all regions are equal the estimate is right for large n; otherwise it is too small on average, for
    regions that were missed are smaller than those that were seen: with C for the share and g for the coefficient of
    variation of the volumes ``n (1 - C) g^2 / C`` are lacking (Chao and Lee).  Its mean is about ``E[D] / (1 - E[f1] /
    n)``, see `expected_distinct` and `expected_frequency`, and its variance about that of ``(D + f1 M / n) / C``.
    Cost: n evaluations of the network.

    Sources: Good (1953), The population frequencies of species and the estimation of population parameters; Chao and
    Lee (1992), Estimating the number of classes via sample coverage.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(6), np.ones((1, 6))], [np.zeros(6), [0.0]])  # 64 equal regions
    >>> round(good_turing(net, pr.Polytope.box(-1, 1, dim=6), 100, np.random.default_rng(0)), 1)
    64.6
    """
    return good_turing_of_counts(Sample.uniform(network, domain, budget, rng).counts)


def good_turing_of_counts(counts: NDArray[np.int64]) -> float:
    """Return what `good_turing` answers if regions were seen so often."""
    size, distinct, once = int(counts.sum()), int(np.count_nonzero(counts)), int(np.count_nonzero(counts == 1))
    return distinct * size / (size - min(once, size - 1)) if distinct else 0.0


def inverse_volume(network: Network, domain: Polytope, budget: int, rng: np.random.Generator) -> Estimate:
    """Return the mean of ``vol(K) / vol(R)`` over uniform points, where R is the region of a point.

    Parameters
    ----------
    network : Network
    domain : Polytope
        K, of low dimension.
    budget : int
        The number n of points.
    rng : numpy.random.Generator

    Returns
    -------
    theory.Estimate
        The standard error of a single point is infinite.

    Raises
    ------
    DimensionMismatch
        Network and domain have different dimensions.
    ValueError
        The budget is not positive.

    Notes
    -----
    Target: the number M of activation regions.  Unbiased: a region with the share p of the volume is hit with
    probability p, and adds 1 / p then.  The variance is ``(sum(1 / p) - M^2) / n``, see `inverse_volume_variance`; one
    sliver may make up nearly all of it, and then both estimate and standard error are too small nearly always, until a
    point hits it.  Cost: the exact volume of each region that is hit, some milliseconds in two and three dimensions,
    growing like its number of vertices; each is computed once.

    The estimator of Horvitz and Thompson (1952), A generalization of sampling without replacement from a finite
    universe; with other functions of a region instead of 1 it estimates their sum over all regions.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.5], [0.0]])
    >>> inverse_volume(net, pr.Polytope.box(-1, 1, dim=2), 1000, np.random.default_rng(0))  # of 4 regions
    Estimate(4.043 ± 0.074, 1000 samples)
    """
    sample = Sample.uniform(network, domain, budget, rng)
    ratios = [float(domain.volume / sample.regions.polytope(region).volume) for region in range(len(sample))]
    drawn = np.repeat(np.array(ratios, dtype=np.float64), sample.counts)
    return Estimate.of(drawn) if len(drawn) > 1 else Estimate(float(drawn.sum()), math.inf, len(drawn))
