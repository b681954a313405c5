"""Arrangements of hyperplanes parallel to those of the braid arrangement."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb, factorial

from polyregions.theory.constructions.construction import Construction
from polyregions.theory.constructions.hyperplanes import arrangement, difference, stirling
from polyregions.theory.counts.parameters import whole_number

ATHANASIADIS = "Athanasiadis (1996), Characteristic polynomials of subspace arrangements and finite fields"
POSTNIKOV_STANLEY = "Postnikov and Stanley (2000), Deformations of Coxeter hyperplane arrangements"

SEMIORDER_FACES = {2: (0, 2, 3), 3: (0, 12, 30, 19), 4: (0, 74, 336, 444, 183)}
LINIAL_FACES = {2: (0, 1, 2), 3: (0, 3, 9, 7), 4: (0, 10, 51, 76, 36), 5: (0, 40, 305, 740, 720, 246)}
"""From the flats of the arrangements, by Zaslavsky's theorem."""


def shi(dim: int) -> Construction:
    """Return the hyperplanes ``x_i - x_j = 0`` and ``x_i - x_j = 1`` for i < j: ``(n + 1)**(n - 1)`` regions.

    Parameters
    ----------
    dim : int
        At least 2.

    Raises
    ------
    InvalidNetwork
        The number is not whole or too small.

    Notes
    -----
    Regions by Shi (1986), The Kazhdan-Lusztig cells in certain affine Weyl groups; faces by Athanasiadis (1996),
    Characteristic polynomials of subspace arrangements and finite fields.

    Examples
    --------
    >>> [shi(n).activation_regions for n in (2, 3, 4)], shi(3).face_counts
    ([3, 16, 125], (0, 6, 21, 16))
    """
    n = whole_number(dim, 2, "the dimension")
    faces = [
        comb(n, k) * sum((-1) ** i * comb(n - k, i) * (n - i + 1) ** (n - 1) for i in range(n - k + 1))
        for k in range(n + 1)
    ]
    return _deformation("shi", n, (0, 1), (n + 1) ** (n - 1), faces, ATHANASIADIS)


def catalan(dim: int) -> Construction:
    """Return the hyperplanes ``x_i - x_j`` = -1, 0 and 1: n! times the n-th Catalan number of regions.

    Parameters
    ----------
    dim : int
        At least 2.

    Raises
    ------
    InvalidNetwork
        The number is not whole or too small.

    Notes
    -----
    Regions by Postnikov and Stanley (2000), Deformations of Coxeter hyperplane arrangements.  Faces are ordered
    partitions of the coordinates into j values, with how the values lie among the values plus 1: a Schröder path with
    a level step, never on the ground, for each value that is another one plus 1.  Of these paths with j - k level
    steps there are ``binomial(j - 1, j - k) * binomial(j + k, j) / (j + 1)``.

    Examples
    --------
    >>> [catalan(n).activation_regions for n in (2, 3, 4, 5)], catalan(3).face_counts
    ([4, 30, 336, 5040], (0, 13, 42, 30))
    """
    n = whole_number(dim, 2, "the dimension")
    faces = [0] + [
        sum(stirling(n, j) * factorial(j) * _schroeder_paths(j, k) for j in range(k, n + 1)) for k in range(1, n + 1)
    ]
    return _deformation("catalan", n, (-1, 0, 1), factorial(2 * n) // factorial(n + 1), faces, POSTNIKOV_STANLEY)


def semiorder(dim: int) -> Construction:
    """Return the hyperplanes ``x_i - x_j`` = -1 and 1: a region for each semiorder of n things.

    Parameters
    ----------
    dim : int
        At least 2.  Faces are known up to 4.

    Raises
    ------
    InvalidNetwork
        The number is not whole or too small.

    Notes
    -----
    Postnikov and Stanley (2000), Deformations of Coxeter hyperplane arrangements: if f is the exponential generating
    function of the regions of Catalan arrangements, that of semiorders is ``f(1 - exp(-x))``.

    Examples
    --------
    >>> [semiorder(n).activation_regions for n in (2, 3, 4, 5)], semiorder(3).face_counts
    ([3, 19, 183, 2371], (0, 12, 30, 19))
    """
    n = whole_number(dim, 2, "the dimension")
    regions = sum((-1) ** (n - j) * stirling(n, j) * factorial(2 * j) // factorial(j + 1) for j in range(1, n + 1))
    return _deformation("semiorder", n, (-1, 1), regions, SEMIORDER_FACES.get(n), POSTNIKOV_STANLEY)


def linial(dim: int) -> Construction:
    """Return the hyperplanes ``x_i - x_j = 1`` for i < j.

    Parameters
    ----------
    dim : int
        At least 2.  Faces are known up to 5.

    Raises
    ------
    InvalidNetwork
        The number is not whole or too small.

    Notes
    -----
    Postnikov and Stanley (2000), Deformations of Coxeter hyperplane arrangements: the sum of
    ``binomial(n, k) * (k + 1)**(n - 1)``, divided by ``2**n``.

    Examples
    --------
    >>> [linial(n).activation_regions for n in (2, 3, 4, 5, 6)], linial(3).face_counts
    ([2, 7, 36, 246, 2104], (0, 3, 9, 7))
    """
    n = whole_number(dim, 2, "the dimension")
    regions = sum(comb(n, k) * (k + 1) ** (n - 1) for k in range(n + 1)) // 2**n
    return _deformation("linial", n, (1,), regions, LINIAL_FACES.get(n), POSTNIKOV_STANLEY)


def _deformation(
    name: str, n: int, constants: Sequence[int], regions: int, faces: Sequence[int] | None, source: str
) -> Construction:
    """Return hyperplanes parallel to x_i = x_j; every flat has a point whose coordinates differ by less than n."""
    rows = [difference(n, i, j, constant) for i, j in combinations(range(n), 2) for constant in constants]
    return arrangement(f"{name}({n})", rows, float(n), regions, faces, source)


def _schroeder_paths(length: int, ups: int) -> int:
    """Return how many paths of that half length with so many steps up have no level step on the ground."""
    return comb(length - 1, length - ups) * comb(length + ups, length) // (length + 1)
