"""Exact matrices over the rationals, on python-flint.

A finite float *is* a rational number ``p / 2**k``; nothing here rounds on the way in.  On the way out,
`nearest_float` and `nearest_floats` round each number once, correctly.
"""

from __future__ import annotations

import copyreg
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat, fmpz, fmpz_mat
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from polyregions.arithmetic.enclosure import TINY, UNIT, Enclosure

Rational = fmpq
RationalMatrix = fmpq_mat


def _rebuild_rational(numerator: int, denominator: int) -> Rational:
    return fmpq(numerator, denominator)


def _rebuild_matrix(rows: int, columns: int, pairs: list[tuple[int, int]]) -> RationalMatrix:
    return fmpq_mat(rows, columns, [fmpq(*pair) for pair in pairs])


def _pair(number: Rational) -> tuple[int, int]:
    return int(number.p), int(number.q)


# python-flint's numbers cannot be pickled or copied by themselves.
copyreg.pickle(fmpq, lambda number: (_rebuild_rational, _pair(number)))
copyreg.pickle(
    fmpq_mat, lambda matrix: (_rebuild_matrix, (matrix.nrows(), matrix.ncols(), [_pair(x) for x in matrix.entries()]))
)


def rational(number: Any) -> Rational:
    """Convert a number to a rational without loss.

    Parameters
    ----------
    number : int, float, fractions.Fraction, numpy scalar or Rational
        A finite number.

    Returns
    -------
    Rational

    Raises
    ------
    ValueError
        The number is infinite, NaN, or not a number at all.

    Examples
    --------
    >>> rational(0.1) == rational(1) / 10
    False
    >>> rational(0.375)
    3/8
    """
    if isinstance(number, fmpq):
        return number
    if isinstance(number, Fraction):
        return fmpq(number.numerator, number.denominator)
    if isinstance(number, int | np.integer | np.bool_):
        return fmpq(int(number))
    try:
        numerator, denominator = number.as_integer_ratio()
    except (OverflowError, ValueError, AttributeError):
        raise ValueError(f"only finite numbers are rational, got {number!r}") from None
    return fmpq(int(numerator), int(denominator))


def rational_matrix(entries: ArrayLike | Sequence[Any]) -> RationalMatrix:
    """Convert a matrix to rationals without loss; a vector becomes a column.

    Parameters
    ----------
    entries : array_like, shape (m, n) or (m,)
        Finite numbers: floats, integers, fractions or rationals.

    Returns
    -------
    RationalMatrix, shape (m, n) or (m, 1)

    Raises
    ------
    ValueError
        An entry is infinite or not a number.

    Examples
    --------
    >>> rational_matrix([[0.5, 1], [0, -0.25]])
    [1/2,    1]
    [  0, -1/4]
    """
    table = entries if isinstance(entries, np.ndarray) else np.asarray(entries, dtype=object)
    if table.ndim == 1:
        table = table[:, None]
    rows, columns = table.shape
    return fmpq_mat(rows, columns, [rational(number) for number in table.ravel().tolist()])


class RationalWeights:
    """A matrix of floats as rationals, to multiply others by; one in compressed rows costs what it holds.

    Parameters
    ----------
    weights : numpy.ndarray or scipy.sparse.csr_array, shape (m, n)
        Finite floats.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> RationalWeights(csr_array([[0.5, 0.0], [1.0, 1.0]])) @ rational_matrix([[1, 2], [3, 4]])
    [1/2, 1]
    [  4, 6]
    """

    def __init__(self, weights: NDArray[np.float64] | csr_array) -> None:
        self._dense: RationalMatrix | None = None
        self._rows: list[list[tuple[int, fmpz]]] = []
        if isinstance(weights, np.ndarray):
            self._dense = rational_matrix(weights)
        else:
            pairs = [number.as_integer_ratio() for number in weights.data.tolist()]
            self._denominator = max((q for _, q in pairs), default=1)  # all are powers of two
            numerators = [fmpz(p * (self._denominator // q)) for p, q in pairs]
            entries = list(zip(weights.indices.tolist(), numerators, strict=True))
            self._rows = [entries[a:b] for a, b in pairwise(weights.indptr.tolist())]

    def __matmul__(self, other: RationalMatrix) -> RationalMatrix:
        """Multiply: (m, n) times (n, k); in whole numbers over a common denominator if this matrix is sparse."""
        if self._dense is not None:
            return self._dense * other
        numerators, denominator = other.numer_denom()
        zero, columns = fmpz(0), other.ncols()
        rows = [row if any(row) else None for row in numerators.tolist()]
        sums: list[fmpz] = []
        for entries in self._rows:
            terms = [(weight, row) for j, weight in entries if (row := rows[j]) is not None]
            sums += [sum((weight * row[column] for weight, row in terms), zero) for column in range(columns)]
        whole = fmpq_mat(fmpz_mat(len(self._rows), columns, sums))
        return whole * fmpq(1, denominator * self._denominator)


def nearest_float(number: Rational) -> float:
    """Round a rational to the nearest float, once and correctly; infinite where it is too large.

    Examples
    --------
    >>> nearest_float(rational(1) / 3)
    0.3333333333333333
    """
    numerator, denominator = int(number.p), int(number.q)
    try:
        return numerator / denominator
    except OverflowError:
        return float("inf") if numerator > 0 else float("-inf")


def nearest_floats(matrix: RationalMatrix) -> NDArray[np.float64]:
    """Round every entry of a rational matrix to the nearest float.

    Parameters
    ----------
    matrix : RationalMatrix, shape (m, n)

    Returns
    -------
    numpy.ndarray, shape (m, n)
    """
    numbers = [nearest_float(number) for number in matrix.entries()]
    return np.array(numbers, dtype=np.float64).reshape(matrix.nrows(), matrix.ncols())


def enclosed(numbers: Sequence[Rational]) -> Enclosure:
    """Round rationals to the nearest floats, with error bounds.

    Parameters
    ----------
    numbers : sequence of Rational, length n

    Returns
    -------
    Enclosure, shape (n,)
        No error where a float is the number itself; infinite values and bounds where it is too large for floats.

    Examples
    --------
    >>> enclosed([rational(0.75), rational(1) / 3])
    Enclosure(value=array([0.75      , 0.33333333]), error=array([0.00000000e+00, 3.70074342e-17]))
    """
    value = np.array([nearest_float(number) for number in numbers])
    finite = np.isfinite(value)
    exact = [fits and rational(float(x)) == y for fits, x, y in zip(finite, value, numbers, strict=True)]
    error = np.where(exact, 0.0, np.where(finite, UNIT * np.abs(value) + TINY, np.inf))
    return Enclosure(value, error)


def scaled_floats(row: Sequence[Rational]) -> tuple[NDArray[np.float64], int]:
    """Round a row of rationals to floats after scaling it by a power of two so that its largest entry is near 1.

    Parameters
    ----------
    row : sequence of Rational, length n
        If all are zero, the exponent is 0.

    Returns
    -------
    numbers : numpy.ndarray, shape (n,)
        The nearest floats of ``row * 2**-exponent``: each is off by at most ``2**-53`` in absolute value.
    exponent : int
        The power of two; it may lie far outside the range of floats.
    """
    sizes = [abs(int(number.p)).bit_length() - int(number.q).bit_length() for number in row if number != 0]
    exponent = max(sizes, default=-1) + 1
    factor = fmpq(1 << -exponent) if exponent < 0 else fmpq(1, 1 << exponent)
    return np.array([nearest_float(number * factor) for number in row]), exponent


def to_fraction(number: Rational) -> Fraction:
    """Convert to the standard library's type, for results that leave the library.

    Examples
    --------
    >>> to_fraction(rational(0.75))
    Fraction(3, 4)
    """
    return Fraction(int(number.p), int(number.q))


def solve(matrix: RationalMatrix, right: RationalMatrix) -> RationalMatrix | None:
    """Solve ``matrix @ x == right`` exactly; None if the square matrix is singular.

    Parameters
    ----------
    matrix : RationalMatrix, shape (n, n)
    right : RationalMatrix, shape (n, k)

    Returns
    -------
    RationalMatrix, shape (n, k), or None

    Examples
    --------
    >>> solve(rational_matrix([[3, 0], [0, 7]]), rational_matrix([1, 1]))
    [1/3]
    [1/7]
    >>> solve(rational_matrix([[1, 2], [2, 4]]), rational_matrix([1, 1])) is None
    True
    """
    try:
        return matrix.solve(right)
    except ZeroDivisionError:
        return None


def rank(matrix: RationalMatrix) -> int:
    """Return the exact rank.

    Examples
    --------
    >>> rank(rational_matrix([[1, 1], [1, 1 + 2**-52]]))
    2
    """
    return int(matrix.rank())


def determinant(matrix: RationalMatrix) -> Rational:
    """Return the exact determinant of a square matrix.

    Examples
    --------
    >>> determinant(rational_matrix([[0.5, 1], [0.25, 1]]))
    1/4
    """
    return matrix.det()
