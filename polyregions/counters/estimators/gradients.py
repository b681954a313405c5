"""Counters that look at the network's gradients, or affine maps, at points."""

from __future__ import annotations

import numpy as np

from polyregions.arithmetic.enclosure import QUIET
from polyregions.complexes.maps import distinct_affine_maps
from polyregions.counters.estimators.samples import Sample
from polyregions.geometry.polytope import Polytope
from polyregions.networks.affine import affine_map, enclosed_maps
from polyregions.networks.network import Network


def distinct_maps(network: Network, domain: Polytope, budget: int, rng: np.random.Generator) -> int:
    """Return the number of different affine maps that the network is around uniform points, exactly.

    Parameters
    ----------
    network : Network
    domain : Polytope
    budget : int
        The number n of points; those on walls are left out.
    rng : numpy.random.Generator

    Returns
    -------
    int

    Raises
    ------
    DimensionMismatch
        Network and domain have different dimensions.
    ValueError
        The budget is not positive.

    Notes
    -----
    Target: what `distinct_affine_maps` tells of all regions, never more; so it is a lower bound of the number of linear
    regions too.  Mean and variance are those of `expected_distinct` and `variance_distinct` with the volumes on which
    the network is each of the maps.  Cost: n evaluations, and a comparison of the maps of the regions visited.

    Examples
    --------
    >>> import polyregions as pr
    >>> tent = pr.Network.from_arrays([[[1.0], [1.0]], [[2.0, -4.0]]], [[0.0, -0.5], [0.0]])
    >>> line, rng = pr.Polytope.box(-1, 2, dim=1), np.random.default_rng(0)
    >>> distinct_maps(tent, line, 50, rng), distinct_gradients(tent, line, 50, rng)
    (3, 3)
    """
    return distinct_affine_maps(Sample.uniform(network, domain, budget, rng).regions)


@QUIET
def distinct_gradients(
    network: Network, domain: Polytope, budget: int, rng: np.random.Generator, *, decimals: int | None = None
) -> int:
    """Return the number of different gradients, or Jacobian matrices, at uniform points.

    Parameters
    ----------
    network : Network
    domain : Polytope
    budget : int
        The number n of points; those on walls are left out.
    rng : numpy.random.Generator
    decimals : int, optional
        Round Jacobians in floats to so many places, as is usual, and compare these.  That is a tolerance: it merges
        gradients that are close, or small, and two floats for one gradient may be rounded to both sides.  Left out,
        they are compared exactly.

    Returns
    -------
    int

    Raises
    ------
    DimensionMismatch
        Network and domain have different dimensions.
    ValueError
        The budget is not positive.

    Notes
    -----
    Target: the number of different affine maps, or of linear regions.  Without `decimals` never more than either; but
    regions with equal gradients and different offsets count once, such as all pieces of equal slope of a sawtooth, so
    there is a bias that no budget removes.  On top of it comes that of `distinct_patterns`: mean and variance are those
    of `expected_distinct` and `variance_distinct` with the volumes on which the network has each of the gradients.
    Cost: n evaluations, and a Jacobian for each region visited, exactly about a millisecond.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0], [1.0]], [[1.0, -1.0]]], [[0.0, -0.5], [0.0]])  # slopes 0, 1, 0
    >>> line, rng = pr.Polytope.box(-1, 2, dim=1), np.random.default_rng(0)
    >>> distinct_gradients(net, line, 50, rng), distinct_maps(net, line, 50, rng)
    (2, 3)
    """
    patterns = Sample.uniform(network, domain, budget, rng).patterns
    if decimals is not None:
        rounded = np.round(enclosed_maps(network, patterns).value[..., :-1], decimals) + 0.0
        return len(np.unique(rounded.reshape(len(patterns), -1), axis=0))
    exact = (affine_map(network, pattern).exact.tolist() for pattern in patterns)
    return len({tuple(entry for row in rows for entry in row[:-1]) for rows in exact})
