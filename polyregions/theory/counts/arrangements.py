"""The most regions and faces that hyperplanes can make, which is what a single layer can do."""

from __future__ import annotations

from math import comb

from polyregions.errors import InvalidNetwork
from polyregions.theory.counts.parameters import whole_number


def arrangement_regions(hyperplanes: int, dim: int) -> int:
    """Return the most regions into which hyperplanes cut a space; those in general position make as many.

    Parameters
    ----------
    hyperplanes, dim : int
        Both >= 0.

    Returns
    -------
    int
        The sum of ``binomial(hyperplanes, j)`` for ``j <= dim``.

    Raises
    ------
    InvalidNetwork
        A number is negative or not whole.

    Notes
    -----
    Zaslavsky (1975), Facing up to arrangements.  It is the largest number of regions of one hidden layer of ReLUs.

    Examples
    --------
    >>> [arrangement_regions(m, 2) for m in range(9)]
    [1, 2, 4, 7, 11, 16, 22, 29, 37]
    >>> [arrangement_regions(m, 3) for m in range(9)]
    [1, 2, 4, 8, 15, 26, 42, 64, 93]
    """
    count, dim = _checked(hyperplanes, dim)
    return sum(comb(count, j) for j in range(min(count, dim) + 1))


def arrangement_bounded_regions(hyperplanes: int, dim: int) -> int:
    """Return the most bounded regions that hyperplanes can cut out; those in general position make as many.

    Parameters
    ----------
    hyperplanes, dim : int
        Both >= 0.

    Returns
    -------
    int
        ``binomial(hyperplanes - 1, dim)``.

    Raises
    ------
    InvalidNetwork
        A number is negative or not whole.

    Notes
    -----
    Zaslavsky (1975), Facing up to arrangements.

    Examples
    --------
    >>> arrangement_bounded_regions(3, 2), arrangement_bounded_regions(5, 2)
    (1, 6)
    """
    return arrangement_faces(hyperplanes, dim, dim, bounded=True)


def arrangement_faces(hyperplanes: int, dim: int, k: int, bounded: bool = False) -> int:
    """Return the number of k-dimensional faces of hyperplanes in general position, which is the largest possible.

    Parameters
    ----------
    hyperplanes, dim : int
        Both >= 0.
    k : int
        From 0 to `dim`; faces are relatively open.
    bounded : bool
        Whether only bounded faces count.

    Raises
    ------
    InvalidNetwork
        A number is negative or not whole, or `k` is larger than `dim`.

    Notes
    -----
    Zaslavsky (1975), Facing up to arrangements.  A k-face lies on ``dim - k`` of the hyperplanes; the others cut the
    flat in which these meet.

    Examples
    --------
    >>> [arrangement_faces(6, 3, k) for k in range(4)]
    [20, 75, 96, 42]
    >>> [arrangement_faces(6, 3, k, bounded=True) for k in range(4)]
    [20, 45, 36, 10]
    """
    count, dim = _checked(hyperplanes, dim)
    k = whole_number(k, 0, "the dimension of faces")
    if k > dim:
        raise InvalidNetwork(f"faces in a space of dimension {dim} have at most that dimension, got {k}")
    flats, others = comb(count, dim - k), count - (dim - k)
    if not flats:
        return 0
    if not bounded:
        return flats * arrangement_regions(others, k)
    return flats * comb(others - 1, k) if others else flats * (k == 0)


def _checked(hyperplanes: int, dim: int) -> tuple[int, int]:
    return whole_number(hyperplanes, 0, "the number of hyperplanes"), whole_number(dim, 0, "the dimension")
