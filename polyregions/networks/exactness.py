"""Which sums and products of floats round nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from polyregions.arithmetic.enclosure import QUIET

LARGEST, SMALLEST = 2.0**900, 2.0**-900
"""Between these, the error of a product is itself a float, and so are all numbers that it is found with."""


@QUIET
def sum_is_exact(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    """Tell whether no sum of two floats is rounded: Knuth's two-sum has no remainder.

    Examples
    --------
    >>> sum_is_exact(np.array([0.5, 1.0]), np.array([0.25, 2.0])), sum_is_exact(np.array([1.0]), np.array([1e-20]))
    (True, False)
    """
    total = a + b
    part = total - a
    return bool(((a - (total - part)) + (b - part) == 0.0).all())


@QUIET
def product_is_exact(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    """Tell whether no product of two floats is rounded; may say no where numbers are very large or very small.

    Notes
    -----
    Dekker's product with Veltkamp's splitting has no remainder; factors 0, 1 and -1 are always right.

    Examples
    --------
    >>> product_is_exact(np.array([3.0, 0.0]), np.array([5.0, 0.1])), product_is_exact(np.array([0.1]), np.array([3.0]))
    (True, False)
    """
    open_ = (a != 0.0) & (b != 0.0) & (np.abs(a) != 1.0) & (np.abs(b) != 1.0)
    a, b = a[open_], b[open_]
    product = a * b
    if any(((np.abs(x) >= LARGEST) | (np.abs(x) <= SMALLEST)).any() for x in (a, b, product)):
        return False
    high, other = _high_part(a), _high_part(b)
    low, rest = a - high, b - other
    remainder = ((high * other - product) + high * rest + low * other) + low * rest
    return not remainder.any()


def _high_part(a: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the leading 26 bits."""
    scaled = a * (2.0**27 + 1.0)
    return np.asarray(scaled - (scaled - a))


def entries_add_up(one: csr_array, two: csr_array) -> bool:
    """Tell whether no entry of the sum of two matrices is rounded."""
    first, second = one.multiply(_pattern(two)).tocsr(), two.multiply(_pattern(one)).tocsr()
    first.sort_indices()
    second.sort_indices()
    return sum_is_exact(first.data, second.data)


def products_are_exact(matrix: csr_array, rows: csr_array) -> bool:
    """Tell for certain simple cases whether ``matrix @ rows`` rounds nothing.

    They are those in which each row has at most one entry, and no entry of the product is a sum of several.
    """
    lengths = np.diff(rows.indptr)
    if (lengths > 1).any():
        return False
    each = np.zeros(len(lengths))
    each[lengths == 1] = rows.data
    factors = each[matrix.indices]
    terms = np.count_nonzero(factors)
    return product_is_exact(matrix.data, factors) and bool((_pattern(matrix) @ _pattern(rows)).nnz == terms)


def _pattern(matrix: csr_array) -> csr_array:
    """Return ones where a matrix has entries."""
    return csr_array((np.ones(matrix.nnz), matrix.indices, matrix.indptr), matrix.shape)
