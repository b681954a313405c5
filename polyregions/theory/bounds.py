"""Bounds of what random networks have on average, in terms of two constants of their law.

For all sets of k units and all points x, the mean of the product of the lengths of their gradients at x is at most
``C_grad ** k``, and the joint density of their biases at most ``C_bias ** k``.  With N units of T breakpoints each, the
product ``C = T C_grad C_bias`` bounds the mean density of the walls of one unit.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import quad
from scipy.optimize import brentq

from polyregions.errors import DimensionMismatch
from polyregions.theory.architecture import Architecture
from polyregions.theory.estimate import Estimate
from polyregions.theory.integrand import activate, batch_size
from polyregions.theory.prior import Prior
from polyregions.theory.strata import strata

Floats = NDArray[np.float64]


def bias_constant(architecture: Architecture, prior: Prior) -> float:
    """Return C_bias, exactly: the largest density of a bias; infinite if a bias has none.

    Examples
    --------
    >>> round(bias_constant(Architecture(2, (4, 4)), Prior(bias_scale=1e-3)), 1)
    398.9
    """
    return max(prior.bias_peak(inputs) for _, inputs in architecture.shapes[:-1])


def gradient_constant(
    architecture: Architecture,
    prior: Prior,
    points: ArrayLike,
    *,
    codim: int = 1,
    samples: int = 10_000,
    seed: int = 0,
) -> Estimate:
    """Estimate C_grad from random networks, as the largest value over some points and all sets of up to k units.

    Parameters
    ----------
    architecture : Architecture
    prior : Prior
    points : array_like, shape (N, n)
        Where gradients are taken: the supremum over all points is only as good as these.
    codim : int
        The largest number k of units in a set.
    samples : int
        Networks, for all points together.
    seed : int

    Returns
    -------
    Estimate
        Of the largest mean, with its standard error.  The largest of several estimates is too large on average.

    Raises
    ------
    DimensionMismatch
        The points do not fit.

    Examples
    --------
    One layer of He weights with two inputs: gradients are normal with two entries of variance 1.

    >>> constant = gradient_constant(Architecture(2, (6,)), Prior(), [[0.0, 0.0]])
    >>> abs(constant.value - math.sqrt(math.pi / 2)) < 4 * constant.error
    True
    """
    array = architecture.check_points(points)
    if not len(array):
        raise DimensionMismatch(f"gradients need a point at least, got points of shape {array.shape}")
    sets = [group.chosen for k in range(1, codim + 1) for group in strata(architecture, k)]
    random, share = np.random.default_rng(seed), max(100, samples // len(array))
    best = Estimate(0.0, 0.0, 0)
    for point in array:
        norms = _gradient_norms(architecture, prior, point, random, share)
        for chosen in sets:
            k = sum(len(units) for units in chosen)
            used = [norms[layer][:, : len(units)] for layer, units in enumerate(chosen)]
            mean = Estimate.of(np.prod(np.concatenate(used, axis=1), axis=1))
            root = mean.value ** (1.0 / k)
            if root > best.value:
                best = Estimate(root, mean.error * root / (k * mean.value), share)
    return best


def _gradient_norms(
    architecture: Architecture, prior: Prior, point: Floats, random: np.random.Generator, count: int
) -> list[Floats]:
    """Draw networks; return the norms of the gradients of all units at a point, (count, width) for every layer."""
    batch, parts = batch_size(architecture, len(point), len(point)), []
    for first in range(0, count, batch):
        size = min(batch, count - first)
        outputs = np.broadcast_to(point, (size, len(point)))
        slopes: Floats | None = None
        norms = []
        for shape in architecture.shapes[:-1]:
            weights = prior.draw_weights(random, shape, size)
            values = np.einsum("bij,bj->bi", weights, outputs) + prior.draw_biases(random, shape, size)
            gradients = weights if slopes is None else weights @ slopes
            norms.append(np.linalg.norm(gradients, axis=2))
            slopes = gradients * activate(architecture.units, values)[:, :, None]
            outputs = values
        parts.append(norms)
    return [np.concatenate(layer) for layer in zip(*parts, strict=True)]


def volume_bound(architecture: Architecture, constant: float, codim: int, *, published: bool = False) -> float:
    """Return an upper bound of the mean (n-k)-volume of B_{N,k}, per volume of K.

    Parameters
    ----------
    architecture : Architecture
    constant : float
        C_grad * C_bias.
    codim : int
    published : bool
        As Hanin and Rolnick (2019) have it, with 2 C_grad C_bias; by Hadamard's inequality for the Jacobian the 2 is
        not needed.

    Examples
    --------
    >>> volume_bound(Architecture(2, (4, 4)), constant=0.5, codim=2)
    7.0
    """
    factor = architecture.units.n_switches * constant * (2.0 if published else 1.0)
    return _product(math.comb(architecture.n_units, codim), factor, codim)


def _product(count: Fraction | int, base: float, power: int) -> float:
    """Return ``count * base**power``, infinite where floats do not hold it."""
    try:
        return float(count * Fraction(base) ** power)
    except OverflowError:
        return math.inf


def line_bound(architecture: Architecture, constant: float, length: float) -> float:
    """Return an upper bound of the mean number of regions that a segment meets.

    It is linear in the number of units, whatever the depth: Hanin and Rolnick (2019).

    Parameters
    ----------
    architecture : Architecture
    constant : float
        C_grad * C_bias.
    length : float

    Examples
    --------
    >>> line_bound(Architecture(2, (4, 4)), constant=0.5, length=2.0)
    9.0
    """
    return 1.0 + architecture.n_units * architecture.units.n_switches * constant * length


def distance_bound(architecture: Architecture, constant: float) -> float:
    """Return a lower bound of the mean distance of a random point of K to B_N.

    Parameters
    ----------
    architecture : Architecture
    constant : float
        C_grad * C_bias.  Has to hold in a neighbourhood of K, too.

    Notes
    -----
    Hanin and Rolnick (2019) prove c / (N C) with some c.  A point closer to B_N than e lies in the normal disc of
    radius e of a point of some B_{N,k}, so the probability of that is at most f(e C N), where f(d) is the sum of
    ``vol(unit k-ball) d^k / k!``; integrating 1 - f where it is positive gives c.  It depends on n, and is 0.203 at
    least.

    Examples
    --------
    >>> round(distance_bound(Architecture(1, (10,)), constant=1.0), 6), round(distance_factor(50), 3)
    (0.025, 0.203)
    """
    scale = architecture.n_units * architecture.units.n_switches * constant
    return distance_factor(architecture.input_dim) / scale


def distance_factor(dim: int) -> float:
    """Return the constant c of `distance_bound` in a dimension.

    Examples
    --------
    >>> round(distance_factor(1), 12)
    0.25
    """

    def closer(d: float) -> float:
        terms = (
            math.pi ** (k / 2) / math.gamma(k / 2 + 1) * d**k / math.factorial(k) for k in range(1, min(dim, 60) + 1)
        )
        return math.fsum(terms)

    last = brentq(lambda d: closer(d) - 1.0, 0.0, 1.0, xtol=1e-15)
    return float(quad(lambda d: 1.0 - closer(d), 0.0, last)[0])


def cube_bound(architecture: Architecture, constant: float, side: float) -> float:
    """Return an upper bound of the mean number of activation regions in a cube.

    Parameters
    ----------
    architecture : Architecture
    constant : float
        C_grad * C_bias.
    side : float

    Notes
    -----
    Every region in the cube has a vertex, which lies in the interior of a j-face of the cube, where j units vanish, and
    at most 2^j regions meet there: the sum of ``C(n, j) C(N, j) (C side)^j`` over j, times 2^n.  `published_cube_bound`
    is that of Hanin and Rolnick (2019b).

    Examples
    --------
    >>> cube_bound(Architecture(1, (4,)), constant=0.5, side=2.0)
    10.0
    """
    n, scale = architecture.input_dim, architecture.units.n_switches * constant * side
    return sum(_product(math.comb(n, j) * math.comb(architecture.n_units, j) << n, scale, j) for j in range(n + 1))


def published_cube_bound(architecture: Architecture, constant: float, side: float) -> float:
    """Return the bound of Hanin and Rolnick (2019b) in a large cube, ``(32 C N)^n / n!`` per volume.

    Parameters
    ----------
    architecture : Architecture
        With at least as many units as inputs.
    constant : float
        C_grad * C_bias.
    side : float
        At least 1 / (8 C).

    Raises
    ------
    ValueError
        The bound does not hold for so few units, or for so small a cube.

    Examples
    --------
    >>> published_cube_bound(Architecture(2, (20,)), constant=0.5, side=6.0)
    1843200.0
    """
    n, units = architecture.input_dim, architecture.n_units
    if units < n or side * 8.0 * constant < 1.0:
        raise ValueError(
            f"this bound needs {n} units and a side of 1 / (8 C) at least, got {units}, {side} and C = {constant}; "
            "cube_bound has no such conditions"
        )
    return _product(Fraction(1, math.factorial(n)), 32.0 * constant * units * side, n)


def maxout_cube_bound(dim: int, units: int, rank: int, constant: float, side: float) -> float:
    """Return the bound of Tseran and Montufar (2021) for maxout networks: regions in a large cube.

    Parameters
    ----------
    dim : int
        Number of inputs, n.
    units : int
        Number of maxout units, N.
    rank : int
        How many numbers a unit takes the maximum of, r.
    constant : float
        C_grad * C_bias.
    side : float

    Notes
    -----
    ``(32 C r N)^n / n! * C(r n, 2 n)`` per volume.

    Examples
    --------
    >>> maxout_cube_bound(dim=2, units=20, rank=2, constant=0.5, side=6.0)
    7372800.0
    """
    choices = Fraction(math.comb(rank * dim, 2 * dim), math.factorial(dim))
    return _product(choices, 32.0 * constant * rank * units * side, dim)


def maxout_decision_bound(dim: int, units: int, rank: int, constant: float, side: float) -> float:
    """Return their bound for the linear pieces of a decision boundary in a large cube; see `maxout_cube_bound`.

    Notes
    -----
    ``(16 C)^n (2 r N)^(n-1) / (n-1)! * C(r (n-1), 2 (n-1))`` per volume.

    Examples
    --------
    >>> maxout_decision_bound(dim=2, units=20, rank=2, constant=0.5, side=6.0)
    184320.0
    """
    choices = Fraction(math.comb(rank * (dim - 1), 2 * (dim - 1)), math.factorial(dim - 1))
    return _product(choices * (2 * rank * units) ** (dim - 1), 16.0 * constant * side, dim)


def predicted_regions(architecture: Architecture) -> float:
    """Return the scale of the number of regions, N^n / n!, of Hanin and Rolnick (2019b).

    Examples
    --------
    >>> predicted_regions(Architecture(2, (32, 32, 32)))
    4608.0
    """
    return _product(Fraction(1, math.factorial(architecture.input_dim)), architecture.n_units, architecture.input_dim)


def pieces_bound(architecture: Architecture, slope: float, width: float) -> float:
    """Return an upper bound of the mean number of pieces on a segment of length 1, for uniform biases.

    Parameters
    ----------
    architecture : Architecture
        ReLU.
    slope : float
        The largest derivative of any unit along the segment, in any of the networks.
    width : float
        Biases are uniform in an interval of this length.

    Notes
    -----
    Petersen and Zech (2024), theorem 6.9: weights may be anything, biases are independent.

    Examples
    --------
    >>> round(pieces_bound(Architecture(1, (4, 4)), slope=1.0, width=1.0), 3)
    17.318
    """
    first, *later = architecture.widths
    growth = 1.0 + (len(architecture.widths) - 1) * math.log(2.0 * max(architecture.widths))
    return 1.0 + first + slope / width * growth * sum(later)
