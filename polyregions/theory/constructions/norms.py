"""Norms as networks."""

from __future__ import annotations

from math import comb

import numpy as np

from polyregions.geometry import Polytope
from polyregions.networks import Network
from polyregions.theory.constructions.construction import Construction
from polyregions.theory.counts.parameters import whole_number


def l1_norm(dim: int) -> Construction:
    """Return the sum of absolute values: ``2**n`` regions; each hyperplane is used by two opposite units.

    Parameters
    ----------
    dim : int
        At least 1.

    Raises
    ------
    InvalidNetwork
        The number is not whole or too small.

    Examples
    --------
    >>> l1_norm(3).linear_regions, l1_norm(3).face_counts
    (8, (1, 6, 12, 8))
    """
    n = whole_number(dim, 1, "the dimension")
    both = np.concatenate([np.eye(n), -np.eye(n)])
    return Construction(
        name=f"l1_norm({n})",
        network=Network.from_arrays([both, np.ones((1, 2 * n))], [np.zeros(2 * n), [0.0]]),
        domain=Polytope.box(-1.0, 1.0, dim=n),
        activation_regions=2**n,
        linear_regions=2**n,
        distinct_maps=2**n,
        face_counts=tuple(comb(n, k) * 2**k for k in range(n + 1)),
        source="a sum over the coordinates: the regions are the orthants",
    )


def linf_norm(dim: int) -> Construction:
    """Return the largest absolute value: ``2 n`` linear regions, and ``2**(2 n - 1)`` activation regions.

    Parameters
    ----------
    dim : int
        At least 1.  The faces are known up to 2.

    Raises
    ------
    InvalidNetwork
        The number is not whole or too small.

    Notes
    -----
    One coordinate joins in each layer, by ``max(m, |x|) = m + max(|x| - m, 0)``.  In each orthant every set of later
    coordinates can be those that exceed all before them, so there are ``2**n * 2**(n - 1)`` patterns.  Most walls are
    not seen: kinks of ``|x|`` and of the difference cancel where ``|x| < m``, and units that carry numbers on touch
    zero without crossing it.

    Examples
    --------
    >>> linf_norm(2).activation_regions, linf_norm(2).linear_regions, linf_norm(2).face_counts
    (8, 4, (1, 8, 8))
    >>> linf_norm(2).network([-3.0, 2.0])
    array([3.])
    """
    n = whole_number(dim, 1, "the dimension")
    weights = [np.kron(np.eye(n), [[1.0], [-1.0]])]
    values = np.kron(np.eye(n), [1.0, 1.0])  # of the layer's units: the maximum so far, and the absolute values to come
    while len(values) > 1:
        weights.append(np.concatenate([values[:1], values[1:2] - values[:1], values[2:]]))
        values = np.zeros((len(weights[-1]) - 1, len(weights[-1])))
        values[0, :2] = 1.0
        values[1:, 2:] = np.eye(len(values) - 1)
    weights.append(values)
    return Construction(
        name=f"linf_norm({n})",
        network=Network.from_arrays(weights, [np.zeros(len(matrix)) for matrix in weights]),
        domain=Polytope.box(-1.0, 1.0, dim=n),
        activation_regions=2 ** (2 * n - 1),
        linear_regions=2 * n,
        distinct_maps=2 * n,
        face_counts={1: (1, 2), 2: (1, 8, 8)}.get(n),
        source="a region for each coordinate and sign that can be largest",
    )
