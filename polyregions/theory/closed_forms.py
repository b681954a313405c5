"""Expected volumes as formulas and integrals of one function: one hidden layer, or layers without end in width.

All are for normal weights and biases.  With one hidden layer the rows (w, b) of the units are independent, and the
density of B_{N,k} at x depends on |x| alone.  As widths grow, so do the units of deeper layers: those of a layer become
independent Gaussian processes.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.errors import DimensionMismatch, InvalidNetwork
from polyregions.geometry.polytope import Polytope
from polyregions.theory.architecture import Architecture, check_codim
from polyregions.theory.prior import Prior
from polyregions.theory.radial import density, integral

Floats = NDArray[np.float64]
Shape = Literal["square", "disc"]


def shallow_density(architecture: Architecture, prior: Prior, points: ArrayLike, codim: int) -> Floats:
    """Return the mean (n-k)-volume of B_{N,k} per volume at points, for one hidden layer.

    Parameters
    ----------
    architecture : Architecture
        One hidden layer with a single breakpoint, at zero.
    prior : Prior
        Normal weights and biases.
    points : array_like, shape (N, n)
    codim : int

    Returns
    -------
    numpy.ndarray, shape (N,)

    Raises
    ------
    InvalidNetwork
        The formula is not for such networks.
    DimensionMismatch
        Points or codimension do not fit.

    Notes
    -----
    With ``s = sb^2 + sw^2 |x|^2`` and a standard normal (k, n)-matrix G, the density is ``C(N, k) (2 pi s)^(-k/2)``
    times the mean of ``det(G S G^T)^(1/2)`` for ``S = sw^2 (1 - sw^2 x x^T / s)``.  That mean factors: the row space of
    G is a uniformly random flat independent of ``det(G G^T)``, and the squared length of the projection of ``x / |x|``
    to it has the law Beta(k/2, (n-k)/2), which gives a hypergeometric function.

    Examples
    --------
    Lines with sb = sw: the density of their crossings is the Cauchy law of two dimensions.

    >>> layer, prior = Architecture(2, (2,)), Prior(bias_scale=1.0)
    >>> shallow_density(layer, prior, [[0.0, 0.0], [1.0, 0.0]], codim=2) * 2 * math.pi
    array([1.        , 0.35355339])
    """
    weight_std, bias_std = _shallow(architecture, prior)
    n, sizes = architecture.input_dim, np.linalg.norm(architecture.check_points(points), axis=1)
    check_codim(codim, n)
    return math.comb(architecture.n_units, codim) * density(n, codim, weight_std**2, bias_std**2, sizes)


def shallow_volume(architecture: Architecture, prior: Prior, domain: Polytope, codim: int) -> float:
    """Return the mean (n-k)-volume of B_{N,k} in K, for one hidden layer.

    Parameters
    ----------
    architecture : Architecture
    prior : Prior
    domain : Polytope
    codim : int

    Returns
    -------
    float
        The integral of `shallow_density` by adaptive quadrature, asked for eight digits; these are not proved.

    Raises
    ------
    InvalidNetwork, DimensionMismatch
        As `shallow_density`.

    Examples
    --------
    >>> square = Polytope.box(-1, 1, dim=2)
    >>> round(shallow_volume(Architecture(2, (6,)), Prior(bias_scale=1.0), square, 2), 9)
    5.0
    """
    weight_std, bias_std = _shallow(architecture, prior)
    n = architecture.input_dim
    if domain.dim != n:
        raise DimensionMismatch(f"networks with {n} inputs need a domain of that dimension, got {domain.dim}")
    check_codim(codim, n)
    return math.comb(architecture.n_units, codim) * integral(n, codim, weight_std**2, bias_std**2, domain)


def line_density(prior: Prior, points: ArrayLike, *, units: int = 1) -> Floats:
    """Return the mean number of kinks per length and unit at points of the line, for one input and one hidden layer.

    Parameters
    ----------
    prior : Prior
        Normal weights, and any biases.
    points : array_like, shape (N,)
    units : int
        Of the layer; only Glorot's weights depend on it.

    Returns
    -------
    numpy.ndarray, shape (N,)

    Raises
    ------
    InvalidNetwork
        The formula is not for such networks.
    DimensionMismatch
        Points have another shape, or are not finite.

    Notes
    -----
    The kink of a unit lies at -b / w.  For normal biases that has a Cauchy law; for uniform ones between -s and s its
    density is ``sw / (2 s) sqrt(2 / pi) (1 - exp(-s^2 / (2 sw^2 x^2)))``.

    Examples
    --------
    >>> line_density(Prior(biases="uniform", bias_scale=1.0), [0.0, 1.0]).round(4)
    array([0.5642, 0.1248])
    """
    array, slope = np.asarray(points, dtype=np.float64), prior.weight_std(1, units)
    if array.ndim != 1 or not np.isfinite(array).all():
        raise DimensionMismatch(f"points of the line have shape (N,) and are finite, got {array.shape}")
    if not prior.has_normal_weights or not prior.has_density:
        raise InvalidNetwork(f"this formula is for normal weights and biases of positive scale, got {prior}")
    if prior.biases == "normal":
        return density(1, 1, slope**2, prior.bias_std(1) ** 2, np.abs(array))
    width = prior.bias_width(1)
    with np.errstate(divide="ignore", over="ignore"):
        share = -np.expm1(-0.5 * (width / (slope * array)) ** 2)
    return np.asarray(slope / (2.0 * width) * math.sqrt(2.0 / math.pi) * share)


def shallow_regions(units: int, ratio: float, shape: Shape = "square") -> float:
    """Return the mean number of activation regions of one hidden layer with two inputs, in a square or a disc.

    Parameters
    ----------
    units : int
    ratio : float
        R sw / sb: the square is [-R, R]^2, the disc has the radius R.
    shape : {"square", "disc"}

    Notes
    -----
    One region, one more for each line that hits the domain, and one more for each pair of lines that meet in it:
    `line_hits` and `lines_meet` are the probabilities.

    Examples
    --------
    >>> round(shallow_regions(6, 1.0), 4)
    10.7019
    """
    return 1.0 + units * line_hits(ratio, shape) + math.comb(units, 2) * lines_meet(ratio, shape)


def line_hits(ratio: float, shape: Shape = "square") -> float:
    """Return the probability that the line w . x + b = 0 hits a square or disc around 0, as `shallow_regions`.

    Examples
    --------
    >>> round(line_hits(1.0), 4), round(line_hits(1.0, "disc"), 4)
    (0.7837, 0.7071)
    """
    _check_ratio(ratio, shape)
    if shape == "disc":
        return ratio / math.hypot(1.0, ratio)
    return 4.0 / math.pi * math.asin(ratio / math.hypot(1.0, math.sqrt(2.0) * ratio))  # 1 - 2/pi asin 1/(1 + 2 ratio^2)


def lines_meet(ratio: float, shape: Shape = "square") -> float:
    """Return the probability that two such lines meet in a square or disc around 0, as `shallow_regions`.

    Examples
    --------
    >>> round(lines_meet(1.0), 4), round(lines_meet(1.0, "disc"), 4)
    (0.3333, 0.2929)
    """
    _check_ratio(ratio, shape)
    sine = ratio / math.hypot(1.0, ratio)
    if shape == "disc":
        return sine * ratio / (1.0 + math.hypot(1.0, ratio))  # 1 - 1 / sqrt(1 + ratio^2)
    return 2.0 / math.pi * math.asin(sine**2)


def wide_limit_density(architecture: Architecture, prior: Prior, points: ArrayLike) -> Floats:
    """Return the mean boundary volume per unit and volume at points, as all widths go to infinity.

    Parameters
    ----------
    architecture : Architecture
        Of which only the number of inputs and layers, and the activation count; one like ReLU, that only scales
        positive and negative numbers.
    prior : Prior
        Normal weights and biases.
    points : array_like, shape (N, n)

    Returns
    -------
    numpy.ndarray, shape (layers, N)

    Raises
    ------
    InvalidNetwork
        The formula is not for such networks.
    DimensionMismatch
        Points do not fit.

    Notes
    -----
    In the limit the pre-activations of layer l are Gaussian processes (Lee et al., 2018) with the variance
    ``A_l + B_l |x|^2``, and with gradients of variance B_l that have the covariance ``B_l x`` with the value.  So the
    density is that of one hidden layer with sb^2 = A_l and sw^2 = B_l.  With one input the integral over the whole line
    is 1 for every layer: as many kinks as units (Kogan et al., 2025).

    Examples
    --------
    With one input and all variances 1, half a kink per unit of the first layer lies in [-1, 1], in the second a third.

    >>> prior = Prior(bias_scale=1.0, gain=math.sqrt(0.5))
    >>> wide_limit_density(Architecture(1, (9, 9)), prior, [[0.0]]) * math.pi
    array([[1.        ],
           [0.57735027]])
    """
    n, sizes = architecture.input_dim, np.linalg.norm(architecture.check_points(points), axis=1)
    return np.array([density(n, 1, slope, offset, sizes) for offset, slope in _variances(architecture, prior)])


def wide_limit_volume(architecture: Architecture, prior: Prior, domain: Polytope) -> float:
    """Return the mean boundary volume (codimension 1) in K that the densities of the wide limit give.

    Parameters
    ----------
    architecture : Architecture
        Now with its widths.
    prior : Prior
    domain : Polytope

    Returns
    -------
    float

    Raises
    ------
    InvalidNetwork, DimensionMismatch
        As `wide_limit_density`.

    Examples
    --------
    >>> prior = Prior(bias_scale=1.0, gain=math.sqrt(0.5))
    >>> round(wide_limit_volume(Architecture(1, (60, 60)), prior, Polytope.box(-1, 1, dim=1)), 6)  # 60 / 2 + 60 / 3
    50.0
    """
    n = architecture.input_dim
    if domain.dim != n:
        raise DimensionMismatch(f"networks with {n} inputs need a domain of that dimension, got {domain.dim}")
    return math.fsum(
        width * integral(n, 1, slope, offset, domain)
        for width, (offset, slope) in zip(architecture.widths, _variances(architecture, prior), strict=True)
    )


def _shallow(architecture: Architecture, prior: Prior) -> tuple[float, float]:
    """Check that there is a formula; return the standard deviations of weights and biases."""
    n, widths = architecture.input_dim, architecture.widths
    if len(widths) != 1 or architecture.units.breakpoints != (0.0,):
        raise InvalidNetwork(f"this formula is for one hidden layer with a breakpoint at zero, got {architecture}")
    _check_normal(prior)
    return prior.weight_std(n, widths[0]), prior.bias_std(n)


def _check_normal(prior: Prior) -> None:
    if not prior.has_normal_weights or prior.biases != "normal" or not prior.has_density:
        raise InvalidNetwork(f"this formula is for normal weights and biases of positive scale, got {prior}")


def _check_ratio(ratio: float, shape: str) -> None:
    if shape not in ("square", "disc") or not 0.0 <= ratio < math.inf:
        raise ValueError(f'wanted a finite ratio from 0 and "square" or "disc", got {ratio!r} and {shape!r}')


def _variances(architecture: Architecture, prior: Prior) -> list[tuple[float, float]]:
    """Return the variance of a unit at zero, A, and how it grows with |x|^2, B, for every layer."""
    units = architecture.units
    if units.breakpoints != (0.0,) or units.value != 0.0:
        raise InvalidNetwork(f"the wide limit is for activations that scale both half-lines, got {units}")
    _check_normal(prior)
    passed = (units.slopes[0] ** 2 + units.slopes[1] ** 2) / 2.0
    result, offset, slope = [], 0.0, 0.0
    for number, (outputs, inputs) in enumerate(architecture.shapes[:-1]):
        variance = prior.weight_std(inputs, outputs) ** 2
        gain = passed * inputs * variance
        offset, slope = prior.bias_std(inputs) ** 2 + gain * offset, gain * slope if number else variance
        result.append((offset, slope))
    return result
