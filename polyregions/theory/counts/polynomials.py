"""Polynomials with whole coefficients."""

from __future__ import annotations

from collections.abc import Sequence


def product_of(one: Sequence[int], other: Sequence[int]) -> list[int]:
    """Return the coefficients of the product of two polynomials, those of low degree first.

    Examples
    --------
    >>> product_of([1, 1], [1, 2, 1])
    [1, 3, 3, 1]
    """
    result = [0] * (len(one) + len(other) - 1)
    for i, factor in enumerate(one):
        for j, entry in enumerate(other):
            result[i + j] += factor * entry
    return result
