"""Whether a network that was read computes what its source computes, up to rounding and no more.

The source's own forward pass rounds; how much it may be off is proved here, layer by layer, at the points at which the
two are compared.  Let ``u`` be the unit roundoff of its floats.  What is assumed of it:

* every sum, difference, product, quotient and square root is rounded once, with a relative error of at most u, as
  IEEE 754 prescribes; fused operations round less often; results below the smallest normal number may become zero;
* a row ``sum w_j x_j + b`` may be summed in any order, and its weights may be products of a few numbers, each rounded
  (the factor of a batch norm, the reciprocal of a window's size, a scale), up to 8 roundings in a term beside those
  of the sum;
* an activation computes ``slope * x + constant`` of one of the pieces that the row may lie on, with at most 8 roundings
  of each term; maxima, and pieces ``x``, ``-x`` and 0, are exact.

Let ``e`` bound the errors of the inputs x of a row with k non-zero weights.  Each term of the computed row is a product
of at most ``k + 8`` factors ``1 + d`` with ``|d| <= u`` and a term with the computed input, whose size is at most
``|x| + e``.  With ``gamma(k) = k u / (1 - k u)`` (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed.,
2002, lemma 3.1 and section 3.1) the row is off by at most ``|W| e + gamma(k + 8) (|W| (|x| + e) + |b|)``, and
``4 (k + 8) (1 + max(|x| + e))`` times the smallest normal number for underflow.  An activation multiplies that by the
steepest slope that it can meet and adds ``gamma(8) (|slope| (|x| + e) + |constant|)``; a maximum is off by no more
than the worst of its candidates.  Where numbers come near the largest float, nothing is claimed and nothing compared.

The bound grows with the product of all ``|W|``: for wide networks of more than some ten layers it is larger than the
outputs, and then it would let anything pass.  So outputs must also agree to within a share of the largest terms of any
row at the point, 2**-26 in double precision and 2**-10 in single, which is thousands of times what rounding does in
practice.  Where this is the smaller one, a difference beyond it is no proof, but nothing that rounding has been seen
to do; the message says which of the two it is.

The network's own values are enclosed (`polyregions.arithmetic.enclosure`), so that the two can differ by the sum of
both bounds.  The bounds are sums of non-negative floats with fewer than 2**30 terms, so that computing them in double
precision is off by less than a part in 2**22; they are enlarged by more than that.

Not covered: convolutions by Winograd's method or Fourier transforms, whose terms are larger than the products of a row;
reduced-precision hardware (TF32); and constants that a network adds and takes away again, if that rounds nothing and so
leaves no trace here.  Loaders run their framework on the processor, in double precision where it can.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.arithmetic import Enclosure
from polyregions.arithmetic.enclosure import QUIET, sizes
from polyregions.errors import Disagreement
from polyregions.networks.activation import Activation
from polyregions.networks.affine import joined
from polyregions.networks.elementwise import Elementwise
from polyregions.networks.evaluate import check_points
from polyregions.networks.layer import Layer
from polyregions.networks.maximum import Maximum
from polyregions.networks.network import Network

__all__ = ["DOUBLE", "SINGLE", "check_agreement", "enclosed_outputs", "random_points"]

SINGLE, DOUBLE = 2.0**-24, 2.0**-53
"""Unit roundoff of float32 and float64."""

LIMITS = {SINGLE: (2.0**-126, 2.0**125), DOUBLE: (2.0**-1022, 2.0**1021)}
"""Their smallest normal number, and a size below which nothing can overflow."""

USUAL = {SINGLE: 2.0**-10, DOUBLE: 2.0**-26}
"""By what share of the largest numbers in a network rounding does not change its outputs in practice."""

EXTRA = 8
"""Roundings of a term beside those of the sum."""

ROUNDED_UP = 1.0 + 2.0**-20
"""More than computing a bound in floats can lose."""

Array = NDArray[np.float64]
Evaluate = Callable[[Array], ArrayLike]


def check_agreement(network: Network, evaluate: Evaluate, unit: float, what: str, points: Array | None = None) -> None:
    """Compare a network with the forward pass that it was read from.

    Parameters
    ----------
    network : Network
    evaluate : callable
        The source's own forward pass: points (N, n) to outputs (N, m).
    unit : float
        The unit roundoff it computes with, `SINGLE` or `DOUBLE`.
    what : str
        What was read, for the message.
    points : numpy.ndarray, shape (N, n), optional
        Numbers that the source's floats can hold; `random_points` if left out.

    Raises
    ------
    Disagreement
        An output differs by more than rounding can explain, or does in practice, is NaN, or there are more or fewer of
        them.

    Examples
    --------
    >>> network = Network.from_arrays([[[1.0, 0.1]]], [[0.25]])
    >>> check_agreement(network, lambda x: x[:, :1] + 0.1 * x[:, 1:] + 0.25, DOUBLE, "the sum")
    >>> check_agreement(network, lambda x: x[:, :1] - 0.1 * x[:, 1:] + 0.25, DOUBLE, "the sum")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    polyregions.errors.Disagreement: the sum was not read as what it computes: at the point ...
    """
    at = check_points(network, random_points(network.input_dim) if points is None else points)
    own = enclosed_outputs(network, at, unit)
    given = np.asarray(evaluate(at), dtype=np.float64)
    if given.shape != own.value.shape:
        raise Disagreement(
            f"{what} was not read as what it computes: {len(at)} points should give outputs of shape "
            f"{own.value.shape}, its own forward pass gives {given.shape}. {REPORT}"
        )
    usual = USUAL[unit] * largest_terms(network, at)[:, None]
    with np.errstate(invalid="ignore", over="ignore"):
        limit = np.fmin(own.error, usual)
        wrong = ~(np.abs(given - own.value) <= limit) & np.isfinite(limit)
    if wrong.any():
        point, output = np.argwhere(wrong)[0]
        place = np.array2string(at[point], threshold=8, edgeitems=3, max_line_width=200)
        proved = limit[point, output] == own.error[point, output]
        raise Disagreement(
            f"{what} was not read as what it computes: at the point {place} its own forward pass gives "
            f"{given[point, output]:.17g} as output {output} (from 0), the network that was read "
            f"{own.value[point, output]:.17g}; rounding explains {'at' if proved else 'in practice at'} most "
            f"{limit[point, output]:.3g}. {wrong.sum()} of {wrong.size} values differ. {REPORT}"
        )


@QUIET
def largest_terms(network: Network, points: Array) -> Array:
    """Return the largest sum of sizes of the terms of any row of a network at points, shape (N,)."""
    outputs, largest = [points.T], np.zeros(len(points))
    for layer in network.layers:
        inputs = np.concatenate([outputs[source] for source in layer.sources or ()])
        terms = sizes(layer.weights) @ np.abs(inputs) + np.abs(layer.bias)[:, None]
        largest = np.fmax(largest, terms.max(axis=0))
        rows = layer.weights @ inputs + layer.bias[:, None]
        outputs.append(layer.units(rows.T).T)
    return largest


REPORT = (
    "This is a fault of polyregions, or the model is random or depends on more than its input: please report it; "
    "check=False leaves the comparison out"
)


def random_points(dim: int) -> Array:
    """Return points to compare at, always the same: 16 standard normal ones and 4 ten times larger, in float32.

    Parameters
    ----------
    dim : int

    Returns
    -------
    numpy.ndarray, shape (20, dim)
    """
    points = np.random.default_rng(0).standard_normal((20, dim))
    points[16:] *= 10.0
    return points.astype(np.float32).astype(np.float64)


@QUIET
def enclosed_outputs(network: Network, points: Array, unit: float) -> Enclosure:
    """Return the network's outputs with bounds of how far another forward pass may be off.

    Parameters
    ----------
    network : Network
    points : numpy.ndarray, shape (N, n)
    unit : float
        The unit roundoff of the other forward pass, `SINGLE` or `DOUBLE`.

    Returns
    -------
    Enclosure, shape (N, output_dim)
        Whatever is computed as the module describes lies within; the bound is infinite where that may overflow.
    """
    exact = [Enclosure.exact(points.T)]
    errors = [np.zeros(points.T.shape)]
    for layer in network.layers:
        inputs = joined(layer, exact)
        error = np.concatenate([errors[source] for source in layer.sources or ()])
        rows = inputs.transform(layer.weights, layer.bias[:, None])
        error = _known(_rows_error(layer, inputs, error, unit))
        exact.append(layer.units.enclose(rows))
        errors.append(_known(_units_error(layer, rows, error, unit)))
    error = ROUNDED_UP * (errors[-1] + exact[-1].error)
    return Enclosure(exact[-1].value.T, error.T)


def _known(error: Array) -> Array:
    """Enlarge a bound by what its computation may have lost; what is NaN is not known."""
    return np.where(np.isnan(error), np.inf, ROUNDED_UP * error)


def _gamma(roundings: NDArray[np.int64] | int, unit: float) -> Array:
    share = np.asarray(roundings * unit, dtype=np.float64)
    return np.where(share < 0.5, share / (1.0 - share), np.inf)


def _rows_error(layer: Layer, inputs: Enclosure, error: Array, unit: float) -> Array:
    """Bound the error of computed rows: their inputs' exact values and computed values' errors, shapes (n, N)."""
    tiny, huge = LIMITS[unit]
    weights = sizes(layer.weights)
    counts = np.count_nonzero(weights, axis=1) if isinstance(weights, np.ndarray) else np.diff(weights.indptr)
    roundings = counts.astype(np.int64)[:, None] + EXTRA
    computed = np.abs(inputs.value) + inputs.error + error
    terms = weights @ computed + np.abs(layer.bias)[:, None]
    result = weights @ error + _gamma(roundings, unit) * terms
    result += 4.0 * roundings * tiny * (1.0 + computed.max(axis=0))
    return np.where(terms < huge, result, np.inf)


def _units_error(layer: Layer, rows: Enclosure, error: Array, unit: float) -> Array:
    """Bound the error of computed outputs from that of the rows, shapes (rows, N) to (units, N)."""
    units = layer.units
    if isinstance(units, Maximum):
        return np.asarray(np.maximum.reduceat(error[units.members], units.starts[:-1], axis=0))
    if not isinstance(units, Elementwise):
        raise TypeError(f"no rounding bound is known for {type(units).__name__}")
    places: dict[Activation, list[int]] = {}
    for place, activation in enumerate(units.activations):
        places.setdefault(activation, []).append(place)
    result = np.empty(error.shape)
    for activation, rows_of_it in places.items():
        result[rows_of_it] = _activation_error(activation, rows[rows_of_it], error[rows_of_it], unit)
    return result


def _activation_error(activation: Activation, rows: Enclosure, error: Array, unit: float) -> Array:
    """Bound the error of one activation: that of the row times a slope, and its own roundings."""
    few = float(_gamma(EXTRA, unit))
    tiny, huge = LIMITS[unit]
    spread = rows.error + error
    size = np.abs(rows.value) + spread
    first = np.zeros(rows.value.shape, dtype=np.int64)
    last = first.copy()
    for kink in activation.breakpoints:
        margin = spread + 2.0 * few * (size + abs(kink))
        first += rows.value - margin > kink
        last += ~(rows.value + margin <= kink)
    steepest = np.zeros(rows.value.shape)
    rounding = steepest.copy()
    constants = activation.float_constants
    for t, slope in enumerate(np.abs(activation.slopes)):
        touched = (first <= t) & (t <= last)
        constant = abs(constants.value[t]) + constants.error[t]
        terms = slope * size + constant if constant or slope not in {0.0, 1.0} else np.zeros(size.shape)
        terms = np.where(terms < huge, few * terms, np.inf)
        terms += 4.0 * EXTRA * tiny * (1.0 + slope) if terms.any() else 0.0
        steepest = np.where(touched, np.maximum(steepest, slope), steepest)
        rounding = np.where(touched, np.maximum(rounding, terms), rounding)
    flat = steepest == 0.0
    return np.where(flat, 0.0, steepest * np.where(flat, 0.0, error)) + rounding
