"""The sets of k units of an architecture, up to exchanging units of one layer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from polyregions.theory.architecture import Architecture


@dataclass(frozen=True, slots=True)
class Stratum:
    """All sets of units with so many in each layer, at each breakpoint of their activation.

    Parameters
    ----------
    chosen : tuple of tuple of int
        For every layer, the breakpoints of the units chosen there, ascending.
    multiplicity : int
        How many such sets there are.
    """

    chosen: tuple[tuple[int, ...], ...]
    multiplicity: int

    @property
    def layers(self) -> tuple[int, ...]:
        """The layers of the units, counted from 1, with repetitions."""
        return tuple(number for number, units in enumerate(self.chosen, start=1) for _ in units)


def strata(architecture: Architecture, codim: int) -> list[Stratum]:
    """Return the strata of the sets of `codim` units, each at one of its breakpoints.

    Examples
    --------
    >>> for stratum in strata(Architecture(2, (4, 3)), 2):
    ...     print(stratum.layers, stratum.multiplicity)
    (2, 2) 3
    (1, 2) 12
    (1, 1) 6
    """
    return [
        Stratum(
            chosen, math.prod(_ways(units, width) for units, width in zip(chosen, architecture.widths, strict=True))
        )
        for chosen in _choices(tuple(architecture.widths), architecture.units.n_switches, codim)
    ]


def can_meet(architecture: Architecture, stratum: Stratum) -> bool:
    """Tell whether walls of such units meet at all, but for rare networks.

    Where units are at their breakpoints, what lies behind a layer depends on its other units only: on as many numbers
    as these, so no more walls from there meet than so many.

    Examples
    --------
    Lines of one layer behind a single unit are parallel.

    >>> narrow = Architecture(2, (1, 3))
    >>> [stratum.layers for stratum in strata(narrow, 2) if can_meet(narrow, stratum)]
    []
    """
    behind = 0
    for units, width in zip(reversed(stratum.chosen), reversed(architecture.widths), strict=True):
        if behind > width - len(units):
            return False
        behind += len(units)
    return behind <= architecture.input_dim


def _choices(widths: tuple[int, ...], breakpoints: int, size: int) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Choose units from the layers, and their breakpoints."""
    if not widths:
        if size == 0:
            yield ()
        return
    for number in range(min(widths[0], size) + 1):
        for rest in _choices(widths[1:], breakpoints, size - number):
            for units in _ascending(number, breakpoints):
                yield (units, *rest)


def _ascending(length: int, below: int, first: int = 0) -> Iterator[tuple[int, ...]]:
    if length == 0:
        yield ()
        return
    for number in range(first, below):
        for rest in _ascending(length - 1, below, number):
            yield (number, *rest)


def _ways(units: tuple[int, ...], width: int) -> int:
    """In how many ways units with these breakpoints are chosen from a layer."""
    ways, left = 1, width
    for number in set(units):
        ways *= math.comb(left, units.count(number))
        left -= units.count(number)
    return ways
