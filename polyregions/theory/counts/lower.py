"""Lower bounds: how many regions some network of given widths has."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from polyregions.errors import InvalidNetwork
from polyregions.theory.counts.arrangements import arrangement_regions
from polyregions.theory.counts.parameters import whole_number, width_list


def montufar_lower_bound(input_dim: int, widths: Sequence[int]) -> int:
    """Return a number of regions that networks of ReLUs reach by folding every coordinate again and again.

    Parameters
    ----------
    input_dim : int
    widths : sequence of int
        The number of ReLUs of each hidden layer, none less than `input_dim`.

    Raises
    ------
    InvalidNetwork
        A number is not whole or too small.

    Notes
    -----
    Montúfar, Pascanu, Cho and Bengio (2014), On the number of linear regions of deep neural networks, theorem 5.
    `polyregions.theory.constructions.folding_cube` has as many activation regions.

    Examples
    --------
    >>> montufar_lower_bound(1, [3, 3]), montufar_lower_bound(2, [4, 4, 4]), montufar_lower_bound(2, [32, 32, 32])
    (12, 176, 34668544)
    """
    dim, widths = _checked(input_dim, widths, 1)
    return int(prod((width // dim) ** dim for width in widths[:-1])) * arrangement_regions(widths[-1], dim)


def serra_folding_lower_bound(input_dim: int, widths: Sequence[int]) -> int:
    """Return a number of regions that networks of ReLUs reach by folding with one more piece for each coordinate.

    Parameters
    ----------
    input_dim : int
    widths : sequence of int
        The number of ReLUs of each hidden layer, none less than ``3 * input_dim``.

    Raises
    ------
    InvalidNetwork
        A number is not whole or too small.

    Notes
    -----
    Serra, Tjandraatmadja and Ramalingam (2018), Bounding and counting linear regions of deep neural networks, theorem
    6.

    Examples
    --------
    >>> serra_folding_lower_bound(1, [3, 3]), serra_folding_lower_bound(2, [8])
    (16, 37)
    >>> serra_folding_lower_bound(2, [32, 32, 32])
    44182609
    """
    dim, widths = _checked(input_dim, widths, 3)
    return int(prod((width // dim + 1) ** dim for width in widths[:-1])) * arrangement_regions(widths[-1], dim)


def arora_lower_bound(input_dim: int, widths: Sequence[int]) -> int:
    """Return a number of regions that networks of ReLUs reach by folding the support function of a zonotope.

    Parameters
    ----------
    input_dim : int
    widths : sequence of int
        Of the form ``(2 m, w, ..., w)`` with ``w >= 2``.

    Raises
    ------
    InvalidNetwork
        A number is not whole or too small, or the widths have another form.

    Notes
    -----
    Arora, Basu, Mianjy and Mukherjee (2018), Understanding deep neural networks with rectified linear units.  The first
    layer computes the support function of a zonotope with m generators, which has twice the sum of
    ``binomial(m - 1, j)`` pieces, j from 0 to n - 1; the others fold its values into w pieces each.

    Examples
    --------
    >>> arora_lower_bound(2, [8, 3, 3])
    72
    """
    dim, half, width, depth = _zonotope(input_dim, widths, 2)
    return 2 * arrangement_regions(half - 1, dim - 1) * int(width**depth)


def serra_zonotope_lower_bound(input_dim: int, widths: Sequence[int]) -> int:
    """Return a number of regions that networks of ReLUs reach by folding a zonotope's support function once more.

    Parameters
    ----------
    input_dim : int
    widths : sequence of int
        Of the form ``(2 m, w, ..., w)`` with ``w >= 3``.

    Raises
    ------
    InvalidNetwork
        A number is not whole or too small, or the widths have another form.

    Notes
    -----
    Serra, Tjandraatmadja and Ramalingam (2018), Bounding and counting linear regions of deep neural networks, theorem
    7.  They state it for ``w >= 2``.  It needs folds of a line into w + 1 pieces, one onto another; two ReLUs have none
    with three pieces, so 3 is asked for here.

    Examples
    --------
    >>> serra_zonotope_lower_bound(2, [8, 3, 3])
    128
    """
    dim, half, width, depth = _zonotope(input_dim, widths, 3)
    return 2 * arrangement_regions(half - 1, dim - 1) * int((width + 1) ** depth)


def line_maximum(widths: Sequence[int]) -> int:
    """Return the largest number of regions of networks of ReLUs with one input: the exact maximum.

    Parameters
    ----------
    widths : sequence of int
        The number of ReLUs of each hidden layer, none less than 3.

    Raises
    ------
    InvalidNetwork
        A number is not whole or less than 3.

    Notes
    -----
    Serra, Tjandraatmadja and Ramalingam (2018), Bounding and counting linear regions of deep neural networks, theorem
    5.  `polyregions.theory.constructions.zigzag` has as many.

    Examples
    --------
    >>> line_maximum([3, 3]), line_maximum([4, 3, 5])
    (16, 120)
    """
    return prod(width + 1 for width in _checked(1, widths, 3)[1])


def _checked(input_dim: int, widths: Sequence[int], factor: int) -> tuple[int, tuple[int, ...]]:
    """Return the numbers if no width is less than so many times the number of inputs."""
    dim, widths = whole_number(input_dim, 1, "the number of inputs"), width_list(widths)
    if min(widths) < factor * dim:
        raise InvalidNetwork(
            f"this is known if no layer has fewer than {factor * dim} units ({factor} for each of the {dim} inputs), "
            f"got widths {widths}"
        )
    return dim, widths


def _zonotope(input_dim: int, widths: Sequence[int], least: int) -> tuple[int, int, int, int]:
    """Return the number of inputs, m, w and how many layers have width w."""
    dim, widths = whole_number(input_dim, 1, "the number of inputs"), width_list(widths)
    first, *others = widths
    if first % 2 or len(set(others)) > 1 or min(others, default=least) < least:
        raise InvalidNetwork(f"this is known for widths (2 m, w, ..., w) with m >= 1 and w >= {least}, got {widths}")
    return dim, first // 2, max(others, default=least), len(others)
