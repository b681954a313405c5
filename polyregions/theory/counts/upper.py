"""Upper bounds: the most regions that networks of given widths can have."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import comb, prod

from polyregions.errors import InvalidNetwork
from polyregions.theory.counts.arrangements import arrangement_regions
from polyregions.theory.counts.parameters import whole_number, width_list


def trivial_bound(widths: Sequence[int], breakpoints: int = 1) -> int:
    """Return the number of activation patterns, ``(breakpoints + 1) ** units``.

    Parameters
    ----------
    widths : sequence of int
        The number of units of each hidden layer.
    breakpoints : int
        Of the activation; 1 for ReLU.

    Raises
    ------
    InvalidNetwork
        A number is not whole or too small.

    Notes
    -----
    Montúfar, Pascanu, Cho and Bengio (2014), On the number of linear regions of deep neural networks.

    Examples
    --------
    >>> trivial_bound([3, 3]), trivial_bound([8]), trivial_bound([5, 5, 5])
    (64, 256, 32768)
    """
    return int((whole_number(breakpoints, 0, "the number of breakpoints") + 1) ** sum(width_list(widths)))


def raghu_bound(input_dim: int, widths: Sequence[int], breakpoints: int = 1) -> int:
    """Return a bound that counts layer by layer, as if every layer cut the whole input space.

    Parameters
    ----------
    input_dim : int
    widths : sequence of int
        The number of units of each hidden layer.
    breakpoints : int
        Of the activation; 1 for ReLU.

    Raises
    ------
    InvalidNetwork
        A number is not whole or too small.

    Notes
    -----
    Raghu, Poole, Kleinberg, Ganguli and Sohl-Dickstein (2017), On the expressive power of deep neural networks, count
    like this and state how it grows.  In a space of dimension d, n families of T parallel hyperplanes make at most
    the sum of ``binomial(n, j) * T**j`` regions, j from 0 to d.

    Examples
    --------
    >>> raghu_bound(1, [3, 3]), raghu_bound(2, [3, 3]), raghu_bound(3, [5, 5, 5])
    (16, 49, 17576)
    >>> raghu_bound(2, [3, 3], breakpoints=2)
    361
    """
    dim, widths = _checked(input_dim, widths)
    return prod(_families(width, dim, breakpoints) for width in widths)


def montufar_bound(input_dim: int, widths: Sequence[int], breakpoints: int = 1) -> int:
    """Return a bound that knows that narrow layers leave a small dimension to those behind them.

    Parameters
    ----------
    input_dim : int
    widths : sequence of int
        The number of units of each hidden layer.
    breakpoints : int
        Of the activation; 1 for ReLU.

    Raises
    ------
    InvalidNetwork
        A number is not whole or too small.

    Notes
    -----
    Montúfar (2017), Notes on the number of linear regions of deep neural networks.  It holds for every activation with
    so many breakpoints, also if it is nowhere constant, such as a leaky ReLU.

    Examples
    --------
    >>> montufar_bound(2, [4, 4, 4]), montufar_bound(10, [2, 10]), montufar_bound(784, [1, 21])
    (1331, 224, 44)
    """
    dim, widths = _checked(input_dim, widths)
    dims = list(accumulate(widths, min, initial=dim))[1:]
    return prod(_families(width, d, breakpoints) for width, d in zip(widths, dims, strict=True))


def serra_bound(input_dim: int, widths: Sequence[int], ranks: Sequence[int] | None = None) -> int:
    """Return a bound that knows that inactive ReLUs leave a smaller dimension to the layers behind them.

    Parameters
    ----------
    input_dim : int
    widths : sequence of int
        The number of ReLUs of each hidden layer.
    ranks : sequence of int, optional
        The ranks of the layers' weight matrices, if they are known.

    Raises
    ------
    InvalidNetwork
        A number is not whole or too small, or a rank is larger than its matrix allows.

    Notes
    -----
    Serra, Tjandraatmadja and Ramalingam (2018), Bounding and counting linear regions of deep neural networks, theorem
    1 and the remark on ranks; a rank here also limits the layers behind.  It is attained by one layer, and for one
    input if all widths are at least 3.  It needs units that are constant where they are inactive: for two inputs and
    widths 2 and 2 it is 11, and absolute values make 16 regions.  `network_bound` is for a given network, with any
    activations.

    Examples
    --------
    >>> serra_bound(1, [3, 3]), serra_bound(2, [3, 3]), serra_bound(3, [5, 5, 5])
    (16, 40, 11776)
    >>> serra_bound(10, [2, 10]), serra_bound(10, [10, 2])
    (79, 4083)
    >>> serra_bound(784, [11, 11]), serra_bound(784, [1, 21]), serra_bound(784, [21, 1])
    (2449868, 23, 4194303)
    >>> serra_bound(2, [32, 32, 32])
    148035889
    >>> serra_bound(3, [5, 5], ranks=[1, 3])
    36
    """
    dim, widths = _checked(input_dim, widths)
    limits = list(map(min, _ranks(dim, widths, ranks), widths))
    later = [1]  # by dimension: the regions that the layers behind make of one
    for width, limit in zip(reversed(widths), reversed(limits), strict=True):
        most = min(limit, dim)
        later = [
            sum(comb(width, j) * later[min(width - j, d, len(later) - 1)] for j in range(d + 1))
            for d in range(most + 1)
        ]
    return later[-1]


def maxout_bound(input_dim: int, widths: Sequence[int], rank: int) -> int:
    """Return a bound for networks whose units are maxima.

    Parameters
    ----------
    input_dim : int
    widths : sequence of int
        The number of units of each hidden layer.
    rank : int
        Of how many affine functions each unit is the maximum.

    Raises
    ------
    InvalidNetwork
        A number is not whole or too small.

    Notes
    -----
    Serra, Tjandraatmadja and Ramalingam (2018), Bounding and counting linear regions of deep neural networks, theorem
    8: the functions of a unit are equal in pairs on at most ``rank * (rank - 1) / 2`` hyperplanes.

    Examples
    --------
    >>> maxout_bound(2, [4, 4], rank=3)
    6241
    """
    dim, widths = _checked(input_dim, widths)
    pairs = comb(whole_number(rank, 1, "the rank of a maxout unit"), 2)
    dims = list(accumulate(widths, min, initial=dim))[1:]
    return prod(arrangement_regions(pairs * width, d) for width, d in zip(widths, dims, strict=True))


def width_bound(widths: Sequence[int], pieces: int = 2) -> int:
    """Return a bound for the pieces of networks with one input, from the largest width only.

    Parameters
    ----------
    widths : sequence of int
        The number of units of each hidden layer.
    pieces : int
        Of the activation; 2 for ReLU.

    Raises
    ------
    InvalidNetwork
        A number is not whole or too small.

    Notes
    -----
    Petersen and Zech (2024), Mathematical theory of deep learning, theorem 6.3.  `montufar_bound` is never larger.

    Examples
    --------
    >>> width_bound([3, 3]), width_bound([2, 4], pieces=3)
    (36, 144)
    """
    widths = width_list(widths)
    return int((whole_number(pieces, 1, "the number of pieces") * max(widths)) ** len(widths))


def _checked(input_dim: int, widths: Sequence[int]) -> tuple[int, tuple[int, ...]]:
    return whole_number(input_dim, 1, "the number of inputs"), width_list(widths)


def _families(width: int, dim: int, breakpoints: int) -> int:
    """Return the most regions that families of parallel hyperplanes make, one family for each unit."""
    each = whole_number(breakpoints, 0, "the number of breakpoints")
    return int(sum(comb(width, j) * each**j for j in range(min(width, dim) + 1)))


def _ranks(dim: int, widths: tuple[int, ...], ranks: Sequence[int] | None) -> tuple[int, ...]:
    """Return the ranks, or the largest ones possible."""
    if ranks is None:
        return widths
    known = tuple(whole_number(rank, 0, "the rank of a weight matrix") for rank in ranks)
    if len(known) != len(widths):
        raise InvalidNetwork(f"every layer needs its rank, got {len(known)} ranks for {len(widths)} layers")
    for number, (rank, rows, columns) in enumerate(zip(known, widths, (dim, *widths), strict=False), start=1):
        if rank > min(rows, columns):
            raise InvalidNetwork(
                f"the weights of layer {number} have {rows} rows and {columns} columns, so their rank is at most "
                f"{min(rows, columns)}, got {rank}"
            )
    return known
