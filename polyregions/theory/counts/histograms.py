"""A frame for upper bounds: how many regions of which dimension each layer makes of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from math import comb
from operator import index

from polyregions.errors import InvalidNetwork
from polyregions.theory.counts.arrangements import arrangement_regions
from polyregions.theory.counts.parameters import whole_number, width_list

Histogram = Callable[[int, int], Sequence[int]]
"""Takes a dimension d and a width n, and gives n + 1 whole numbers: regions by their number of active units."""


def histogram_bound(input_dim: int, widths: Sequence[int], histogram: Histogram) -> int:
    """Return the upper bound that follows from a histogram of active units.

    Parameters
    ----------
    input_dim : int
    widths : sequence of int
        The number of ReLUs of each hidden layer.
    histogram : callable
        For a dimension d and a width n it gives n + 1 whole numbers.  Entry i stands for regions with i active units,
        among those into which n units cut a space of dimension d: for every i, no more regions may have at least i
        active units than the entries from i on add up to.

    Raises
    ------
    InvalidNetwork
        A number is not whole or too small, or the histogram gives something else than n + 1 whole numbers >= 0.

    Notes
    -----
    Hinz and van de Geer (2019), A framework for the construction of upper bounds on the number of affine linear
    regions of ReLU feed-forward neural networks.  What a region's image has as dimension is at most its number of
    active units, and at most what it was before the layer.  `trivial_histogram`, `montufar_histogram` and
    `serra_histogram` give the bounds of these names.

    Examples
    --------
    >>> histograms = [trivial_histogram, montufar_histogram, serra_histogram]
    >>> [histogram_bound(10, [2, 10], histogram) for histogram in histograms]
    [4096, 224, 79]
    """
    counts = Counter({whole_number(input_dim, 1, "the number of inputs"): 1})
    for width in width_list(widths):
        made: Counter[int] = Counter()
        for dim, count in counts.items():
            for active, regions in enumerate(_entries(histogram, dim, width)):
                made[min(active, dim)] += count * regions
        counts = made
    return sum(counts.values())


def trivial_histogram(dim: int, width: int) -> list[int]:
    """Return ``2**n`` regions, all with n active units.

    Parameters
    ----------
    dim, width : int

    Examples
    --------
    >>> trivial_histogram(1, 3)
    [0, 0, 0, 8]
    """
    return [*[0] * width, 2**width]


def montufar_histogram(dim: int, width: int) -> list[int]:
    """Return as many regions as hyperplanes make at most, all with n active units.

    Parameters
    ----------
    dim, width : int

    Examples
    --------
    >>> montufar_histogram(1, 3)
    [0, 0, 0, 4]
    """
    return [*[0] * width, arrangement_regions(width, dim)]


def serra_histogram(dim: int, width: int) -> list[int]:
    """Return as many regions as hyperplanes make at most, with as many active units as different patterns can have.

    Parameters
    ----------
    dim, width : int

    Examples
    --------
    >>> serra_histogram(1, 3)
    [0, 0, 3, 1]
    """
    return [comb(width, active) if width - active <= dim else 0 for active in range(width + 1)]


def _entries(histogram: Histogram, dim: int, width: int) -> list[int]:
    """Return what a histogram gives, checked."""
    given = list(histogram(dim, width))
    try:
        entries = [index(entry) for entry in given]
    except TypeError:
        raise InvalidNetwork(f"a histogram gives whole numbers, got {given}") from None
    if len(entries) != width + 1 or min(entries) < 0:
        raise InvalidNetwork(
            f"a histogram for {width} units in dimension {dim} gives {width + 1} whole numbers >= 0, one for each "
            f"number of active units, got {given}"
        )
    return entries
