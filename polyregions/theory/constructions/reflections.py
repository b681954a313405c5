"""Arrangements of reflection groups, and hyperplanes in general position."""

from __future__ import annotations

from itertools import combinations
from math import comb, factorial

from polyregions.theory.constructions.construction import Construction
from polyregions.theory.constructions.hyperplanes import STANLEY, arrangement, coordinate, difference, stirling
from polyregions.theory.counts.arrangements import arrangement_faces
from polyregions.theory.counts.parameters import whole_number


def generic(hyperplanes: int, dim: int) -> Construction:
    """Return hyperplanes in general position, in a cube that holds all their vertices.

    Parameters
    ----------
    hyperplanes : int
        At least 1.
    dim : int
        At least 1.

    Raises
    ------
    InvalidNetwork
        A number is not whole or too small, or the arrangement needs coefficients that floats cannot hold.

    Notes
    -----
    Zaslavsky (1975), Facing up to arrangements.  The hyperplanes are ``x_1 + t x_2 + ... + t^(d-1) x_d + t^d = 0`` for
    the whole numbers t = 0, 1, -1, 2, ...: by Vandermonde's determinant any d of them meet in one point, and d + 1 do
    not.  A vertex's coordinates are up to sign the elementary symmetric functions of its t.

    Examples
    --------
    >>> generic(6, 3).activation_regions, generic(6, 3).face_counts
    (42, (20, 75, 96, 42))
    """
    count = whole_number(hyperplanes, 1, "the number of hyperplanes")
    dim = whole_number(dim, 1, "the dimension")
    numbers = [(k + 1) // 2 if k % 2 else -(k // 2) for k in range(max(count, dim))]
    rows = [[t**k for k in range(dim + 1)] for t in numbers[:count]]
    faces = [arrangement_faces(count, dim, k) for k in range(dim + 1)]
    half_width = 2 * (1 + max(map(abs, numbers))) ** dim
    source = "Zaslavsky (1975), Facing up to arrangements"
    return arrangement(f"generic({count}, {dim})", rows, half_width, faces[-1], faces, source)


def boolean(dim: int) -> Construction:
    """Return the coordinate hyperplanes: ``2**n`` regions.

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
    >>> boolean(3).activation_regions, boolean(3).face_counts
    (8, (1, 6, 12, 8))
    """
    n = whole_number(dim, 1, "the dimension")
    faces = [comb(n, k) * 2**k for k in range(n + 1)]
    return arrangement(f"boolean({n})", [coordinate(n, i) for i in range(n)], 1.0, faces[-1], faces, STANLEY)


def braid(dim: int) -> Construction:
    """Return the hyperplanes ``x_i = x_j``, type A: ``n!`` regions.

    Parameters
    ----------
    dim : int
        At least 2.  The reflection group is that of rank n - 1.

    Raises
    ------
    InvalidNetwork
        The number is not whole or too small.

    Notes
    -----
    Stanley (2007), An introduction to hyperplane arrangements.  Faces are ordered partitions of the coordinates.

    Examples
    --------
    >>> braid(4).activation_regions, braid(4).face_counts
    (24, (0, 1, 14, 36, 24))
    """
    n = whole_number(dim, 2, "the dimension")
    rows = [difference(n, i, j) for i, j in combinations(range(n), 2)]
    faces = _braid_faces(n)
    return arrangement(f"braid({n})", rows, 1.0, faces[-1], faces, STANLEY)


def type_b(dim: int) -> Construction:
    """Return the hyperplanes ``x_i = x_j``, ``x_i = -x_j`` and ``x_i = 0``: ``2**n n!`` regions.

    Parameters
    ----------
    dim : int
        At least 1.

    Raises
    ------
    InvalidNetwork
        The number is not whole or too small.

    Notes
    -----
    Stanley (2007), An introduction to hyperplane arrangements.  Faces are ordered partitions of the coordinates that
    are not zero, with signs.

    Examples
    --------
    >>> type_b(3).activation_regions, type_b(3).face_counts
    (48, (1, 26, 72, 48))
    """
    n = whole_number(dim, 1, "the dimension")
    rows = [*_signed_pairs(n), *(coordinate(n, i) for i in range(n))]
    faces = _type_b_faces(n)
    return arrangement(f"type_b({n})", rows, 1.0, faces[-1], faces, STANLEY)


def type_d(dim: int) -> Construction:
    """Return the hyperplanes ``x_i = x_j`` and ``x_i = -x_j``: ``2**(n-1) n!`` regions.

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
    Faces by the relation of the Eulerian polynomials, ``D_n(t) = B_n(t) - n 2**(n-1) t A_{n-2}(t)``, in Brenti (1994),
    q-Eulerian polynomials arising from Coxeter groups.

    Examples
    --------
    >>> type_d(3).activation_regions, type_d(3).face_counts
    (24, (1, 14, 36, 24))
    """
    n = whole_number(dim, 2, "the dimension")
    less = _braid_faces(n - 1)
    lost = [a + b for a, b in zip([*less, 0], [0, *less], strict=True)]
    faces = [b - n * 2 ** (n - 1) * a for a, b in zip(lost, _type_b_faces(n), strict=True)]
    source = "Brenti (1994), q-Eulerian polynomials arising from Coxeter groups"
    return arrangement(f"type_d({n})", _signed_pairs(n), 1.0, faces[-1], faces, source)


def _signed_pairs(n: int) -> list[list[float]]:
    rows = []
    for i, j in combinations(range(n), 2):
        minus = difference(n, i, j)
        rows += [minus, [abs(entry) for entry in minus]]
    return rows


def _braid_faces(n: int) -> list[int]:
    return [factorial(k) * stirling(n, k) for k in range(n + 1)]


def _type_b_faces(n: int) -> list[int]:
    return [factorial(k) * sum(comb(n, i) * 2**i * stirling(i, k) for i in range(k, n + 1)) for k in range(n + 1)]
