"""How counters fared: their runs on every case, beside the truth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyregions.counters.definitions import Definitions
from polyregions.frozen import Frozen, frozen

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Patterns(Frozen):
    """What patterns a counter named, in each of its runs with one budget on one network.

    Parameters
    ----------
    hits : numpy.ndarray of int, shape (R,)
        In how many runs each region was named.
    correct : numpy.ndarray of int, shape (runs,)
        How many regions were named.
    volume : numpy.ndarray, shape (runs,)
        Their volume as a share of the domain; not a number where volumes are not known.
    flat, absent, again : numpy.ndarray of int, shape (runs,)
        How many patterns belong to no region: those that points on walls have, if zero may count as either side, and
        those that no point has; and how many name a region another time, by units that vanish on it.
    """

    hits: Counts
    correct: Counts
    volume: Floats
    flat: Counts
    absent: Counts
    again: Counts

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for array in (self.hits, self.correct, self.volume, self.flat, self.absent, self.again):
            frozen(array)

    @property
    def false(self) -> Counts:
        """How many patterns belong to no region, shape (runs,)."""
        return self.flat + self.absent


@dataclass(frozen=True, eq=False)
class Runs(Frozen):
    """The runs of a counter with one budget on one network.

    Parameters
    ----------
    budget : int
    truth : float
        The number that is to be found.
    values : numpy.ndarray, shape (runs,)
        The answers; not a number where an interval was the only answer.
    lows, highs : numpy.ndarray, shape (runs,)
        The ends of the intervals claimed; not a number where none was.
    confidences : numpy.ndarray, shape (runs,)
        With which confidence; 1 if the claim is certain.
    seconds : numpy.ndarray, shape (runs,)
        How long each run took, of wall-clock time.
    patterns : Patterns, optional
        If patterns were named in every run.
    expectation, deviation : float, optional
        The exact mean and standard deviation of the answers, where theory has them.
    """

    budget: int
    truth: float
    values: Floats
    lows: Floats
    highs: Floats
    confidences: Floats
    seconds: Floats
    patterns: Patterns | None = None
    expectation: float | None = None
    deviation: float | None = None

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for array in (self.values, self.lows, self.highs, self.confidences, self.seconds):
            frozen(array)

    def __len__(self) -> int:
        """Return the number of runs."""
        return len(self.values)

    @property
    def has_values(self) -> bool:
        """Whether every run gave a number."""
        return bool(np.isfinite(self.values).all())

    @cached_property
    def mean(self) -> float:
        """The mean of the answers."""
        return float(self.values.mean())

    @cached_property
    def spread(self) -> float:
        """The standard deviation of the answers."""
        return float(self.values.std(ddof=1)) if len(self) > 1 else math.nan

    @property
    def bias(self) -> float:
        """The mean minus the truth."""
        return self.mean - self.truth

    @property
    def error(self) -> float:
        """The root mean square of the errors, as a share of the truth."""
        return math.sqrt(float(((self.values - self.truth) ** 2).mean())) / self.truth if self.truth else math.nan

    def z(self, mean: float | None = None, deviation: float | None = None) -> float:
        """Return how many standard errors the mean of the answers lies above a number, the truth if left out."""
        gap = self.mean - (self.truth if mean is None else mean)
        error = (self.spread if deviation is None else deviation) / math.sqrt(len(self))
        if abs(gap) <= 1e-9 * max(abs(self.mean), abs(self.truth)):
            return 0.0
        return gap / error if error > 0.0 else math.copysign(math.inf, gap)

    @property
    def covered(self) -> NDArray[np.bool_]:
        """In which of the runs that claimed an interval it holds the truth, ends included but for rounding."""
        claimed = np.isfinite(self.lows)
        slack = 1e-12 * abs(self.truth)
        inside = (self.lows - slack <= self.truth) & (self.truth <= self.highs + slack)
        return np.asarray(inside[claimed])


@dataclass(frozen=True, eq=False)
class CaseScore(Frozen):
    """How a counter fared on one network.

    Parameters
    ----------
    case : str
        The name of the network.
    truth : float
    regions : int
        The number of activation regions.
    shares : numpy.ndarray, shape (R,), optional
        The volumes of the regions as shares of the domain, if they were needed and are known.
    runs : tuple of Runs
        For each budget, ascending.
    definitions : Definitions, optional
        The number of regions by all definitions, if the answers are always the same wrong number.
    """

    case: str
    truth: float
    regions: int
    shares: Floats | None
    runs: tuple[Runs, ...]
    definitions: Definitions | None = None

    @property
    def last(self) -> Runs:
        """The runs with the largest budget."""
        return self.runs[-1]
