"""A number and how it is known: exactly, or between two floats."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Enclosure, nearest_float, rational
from polyregions.arithmetic.enclosure import QUIET
from polyregions.measures.surds import Surd

Exact = Fraction | Surd


@dataclass(frozen=True, slots=True)
class Measure:
    """A volume, or a sum of volumes, with rigorous bounds.

    Parameters
    ----------
    value : float
        The nearest float where the exact number is known, else the best guess.
    lower, upper : float
        The exact number lies between them, they included.
    exact : Fraction or Surd, optional
        The number itself, if it was computed.

    Examples
    --------
    >>> half = Measure.of(Fraction(1, 2))
    >>> half + half
    Measure(1.0, exactly 1)
    >>> Measure(2.0, 1.75, 2.25) + half
    Measure(2.5, between 2.25 and 2.75)
    """

    value: float
    lower: float
    upper: float
    exact: Exact | None = None

    @classmethod
    def of(cls, exact: Exact) -> Measure:
        """Return a measure that is known exactly."""
        value = float(exact) if isinstance(exact, Surd) else nearest_float(rational(exact))
        lower, upper = value, value
        if math.isinf(value):
            lower, upper = (math.nextafter(value, 0.0), value) if value > 0 else (value, math.nextafter(value, 0.0))
        elif exact < Fraction(value):
            lower = math.nextafter(value, -math.inf)
        elif exact > Fraction(value):
            upper = math.nextafter(value, math.inf)
        return cls(value, lower, upper, exact)

    @classmethod
    @QUIET
    def total(cls, sizes: Enclosure) -> Measure:
        """Return the sum of numbers that are not negative.

        Parameters
        ----------
        sizes : Enclosure, any shape
        """
        value, error = sizes.value.ravel(), sizes.error.ravel()
        known = np.isfinite(value) & np.isfinite(error)
        lower = np.where(error == 0.0, value, np.nextafter(value - error, -np.inf))
        upper = np.where(error == 0.0, value, np.nextafter(value + error, np.inf))
        lower, upper = np.where(known, np.maximum(lower, 0.0), 0.0), np.where(known, upper, np.inf)
        low, high = _sum(lower)[0], _sum(upper)[2]
        exact = Fraction(low) if low == high else None
        return cls(_sum(np.where(known, value, np.inf))[1], low, high, exact)

    @property
    def how(self) -> str:
        """How the number is known: "exact" or "enclosed"."""
        return "enclosed" if self.exact is None else "exact"

    def __float__(self) -> float:
        """Return `value`."""
        return self.value

    def __add__(self, other: Measure) -> Measure:
        """Add two measures; bounds stay rigorous, and exact numbers exact."""
        if not isinstance(other, Measure):
            return NotImplemented
        if self.exact is not None and other.exact is not None:
            return Measure.of(self.exact + other.exact)
        low, _, _ = _sum(np.array([self.lower, other.lower]))
        _, _, high = _sum(np.array([self.upper, other.upper]))
        return Measure(self.value + other.value, low, high)

    def __radd__(self, other: int) -> Measure:
        """Let `sum` begin with 0."""
        return self if other == 0 else NotImplemented

    def __repr__(self) -> str:
        """Name the number and how it is known."""
        if self.exact is None:
            return f"Measure({self.value!r}, between {self.lower!r} and {self.upper!r})"
        number = self.exact if isinstance(self.exact, Surd) else Surd(((self.exact, 1),))
        text = number.written_out()
        return f"Measure({self.value!r}, {f'exactly {text}' if text else 'known exactly'})"


def _sum(numbers: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the exact sum of floats that are not negative, rounded down, to nearest, and up."""
    terms = numbers.tolist()
    try:
        total = math.fsum(terms)
    except OverflowError:
        total = math.inf
    if math.isinf(total):
        return float(np.finfo(np.float64).max), total, total
    rest = math.fsum([*terms, -total])
    low = math.nextafter(total, -math.inf) if rest < 0 else total
    high = math.nextafter(total, math.inf) if rest > 0 else total
    return low, total, high
