"""Float arrays that know how wrong they may be.

An `Enclosure` holds floats ``value`` and bounds ``error`` with ``|exact - value| <= error`` in every entry, whatever
the exact numbers are.  `Enclosure.sign` is therefore never wrong; it may be *undecided*, and then the question belongs
to `polyregions.arithmetic.rational`.

The bounds rest on the standard model of floating point: ``fl(a op b) = (a op b)(1 + d) + t`` with ``|d| <= u =
2**-53``, and ``t = 0`` except for products that underflow.  An inner product of n terms, summed in any order and with
or without fused operations, then has an error of at most ``gamma(n) * sum |a_i b_i|``, ``gamma(n) = n u / (1 - n u)``
(Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., 2002, sections 2.2, 3.1 and 3.5).  Three things go
beyond it:

* the bound itself is computed in floats: all its terms are non-negative, so its own relative error is below
  ``gamma(n + 5)``, and it is enlarged by more than that;
* where products may underflow, each term adds ``4 TINY (1 + max |W|)`` with ``TINY = 2**-1021``, twice the smallest
  normal number, which covers gradual underflow, in the value and in the bound itself (sums of floats do not underflow);
* overflow makes value or bound infinite or NaN, and such entries are undecided.

Gradual underflow is what IEEE 754 prescribes and what every processor does that polyregions runs on, unless a library
compiled with ``-ffast-math`` has switched it off for the whole process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from polyregions.compiled import compiled

UNDECIDED = np.int8(2)
"""What `Enclosure.sign` answers where the bound is too wide to tell."""

QUIET = np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore")
"""Decorates functions whose floats may overflow or become NaN, because all their decisions allow for it."""

UNIT = 2.0**-53
TINY = 2.0**-1021
SAFE_PRODUCT = 2.0**-900
"""Products whose factors' smallest sizes multiply to more than this cannot underflow."""


@compiled
def gamma(terms: int) -> float:
    """Bound the relative error of `terms` roundings, itself rounded upwards."""
    return 2.0 * terms * UNIT


@compiled
def smallest_size(array: NDArray[np.float64]) -> float:
    """Return the smallest non-zero absolute value: infinity if there is none, 0 if NaN hides it."""
    smallest = np.inf
    for number in array.flat:
        if np.isnan(number):
            return 0.0
        if number != 0.0:
            smallest = min(smallest, abs(number))
    return smallest


def sizes(weights: NDArray[np.float64] | csr_array) -> Any:
    """Return the absolute values of a dense or sparse matrix."""
    return np.abs(weights) if isinstance(weights, np.ndarray) else abs(weights)


@compiled
def _add_roundings(
    error: NDArray[np.float64],
    value: NDArray[np.float64],
    bias: NDArray[np.float64],
    rounding: float,
    factor: float,
    underflow: float,
) -> None:
    """Add to bounds what adding a bias to values costs, and the bounds' own roundings; infinity for lost values."""
    for i in range(value.shape[0]):
        for j in range(value.shape[1]):
            offset = bias[i, j if bias.shape[1] > 1 else 0]
            if np.isfinite(value[i, j]):
                error[i, j] = (error[i, j] + rounding * abs(offset)) * factor + underflow
            else:
                error[i, j] = np.inf


@dataclass(frozen=True, slots=True)
class Enclosure:
    """An array of floats with error bounds.

    Parameters
    ----------
    value : numpy.ndarray
        The floats.
    error : numpy.ndarray, same shape
        Non-negative bounds: the exact number differs from `value` by at most this.

    Examples
    --------
    >>> import numpy as np
    >>> Enclosure(np.array([1.0, -1e-17, 0.0]), np.array([1e-16, 1e-16, 0.0])).sign()
    array([1, 2, 0], dtype=int8)
    """

    value: NDArray[np.float64]
    error: NDArray[np.float64]

    @classmethod
    def exact(cls, value: NDArray[np.float64]) -> Enclosure:
        """Take floats at their word: no error."""
        return cls(value, np.zeros(value.shape))

    def __getitem__(self, index: Any) -> Enclosure:
        """Take part of the array, with its bounds."""
        return Enclosure(self.value[index], self.error[index])

    def minus(self, other: Enclosure) -> Enclosure:
        """Enclose the difference to another one of the same shape."""
        value = self.value - other.value
        error = (self.error + other.error) * (1.0 + 4.0 * UNIT) + 2.0 * UNIT * np.abs(value)
        return Enclosure(value, error)

    def sign(self) -> NDArray[np.int8]:
        """Return the certain signs: -1, 0, 1, or `UNDECIDED`.

        Zero is answered only where the value is zero and its bound is zero, so that it is exactly zero.
        """
        certain = (np.abs(self.value) > self.error) | ((self.value == 0.0) & (self.error == 0.0))
        certain &= np.isfinite(self.value)
        signs = np.full(self.value.shape, UNDECIDED, dtype=np.int8)
        signs[certain] = np.sign(self.value[certain]).astype(np.int8)
        return signs

    @QUIET
    def transform(self, weights: NDArray[np.float64] | csr_array, bias: NDArray[np.float64]) -> Enclosure:
        """Enclose ``weights @ x + bias`` for exact floats `weights` and `bias`.

        Parameters
        ----------
        weights : numpy.ndarray or scipy.sparse.csr_array, shape (m, n)
        bias : numpy.ndarray, shape (m, k)
            For this enclosure's shape (n, k).

        Returns
        -------
        Enclosure, shape (m, k)

        Notes
        -----
        With ``e = error``, ``v = value`` and n entries in a row: ``|W x + b - fl(W v + b)| <= |W| e + gamma(n + 1) (|W|
        |v| + |b|)``, and the terms for underflow where it is possible.
        Two matrix products.  Entries that are structurally zero have a bound of zero when nothing can underflow, so
        that dead units stay exactly zero.
        """
        if isinstance(weights, np.ndarray):
            entries, most = weights, weights.shape[1]
        else:
            entries, most = np.asarray(weights.data), int(np.diff(weights.indptr).max(initial=0))
        terms = most + 1
        value = weights @ self.value + bias
        spread = self.error + gamma(terms) * np.abs(self.value)
        error = sizes(weights) @ spread
        least, underflow = min(smallest_size(self.value), smallest_size(self.error)) * UNIT, 0.0
        if min(least, least * smallest_size(entries), smallest_size(bias)) < SAFE_PRODUCT:
            underflow = 4.0 * terms * TINY * (1.0 + float(np.abs(entries).max(initial=0.0)))
        _add_roundings(error, value, bias, gamma(terms), 1.0 + gamma(terms + 8), underflow)
        return Enclosure(value, error)
