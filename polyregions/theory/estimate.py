"""A number that is known by sampling, and how well."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over random samples, or a sum of such.

    Parameters
    ----------
    value : float
    error : float
        The standard error: the estimated standard deviation of `value`.
    samples : int
        How many were drawn.

    Examples
    --------
    >>> Estimate(8.6331, 0.0043, 100_000)
    Estimate(8.6331 ± 0.0043, 100000 samples)
    >>> Estimate(1.0, 0.3, 10) + Estimate(2.0, 0.4, 10)
    Estimate(3.00 ± 0.50, 20 samples)
    """

    value: float
    error: float
    samples: int

    @classmethod
    def of(cls, numbers: NDArray[np.float64]) -> Estimate:
        """Return the mean of independent samples, of which there are two at least."""
        scale = float(np.abs(numbers).max()) or 1.0  # squares of small and large numbers stay in range
        spread = float((numbers / scale).std(ddof=1)) / math.sqrt(len(numbers))
        return cls(float((numbers / scale).mean()) * scale, spread * scale, len(numbers))

    @property
    def how(self) -> str:
        """How the number is known: "sampled"."""
        return "sampled"

    def __float__(self) -> float:
        """Return `value`."""
        return self.value

    def __add__(self, other: Estimate) -> Estimate:
        """Add two estimates from independent samples."""
        if not isinstance(other, Estimate):
            return NotImplemented
        return Estimate(self.value + other.value, math.hypot(self.error, other.error), self.samples + other.samples)

    def __radd__(self, other: int) -> Estimate:
        """Let `sum` begin with 0."""
        return self if other == 0 else NotImplemented

    def times(self, factor: float) -> Estimate:
        """Return a multiple."""
        return Estimate(factor * self.value, abs(factor) * self.error, self.samples)

    def plus(self, number: float) -> Estimate:
        """Return the sum with a number that is known."""
        return Estimate(self.value + number, self.error, self.samples)

    def __str__(self) -> str:
        """Write the value with as many digits as the error leaves meaning."""
        if not (math.isfinite(self.error) and self.error > 0.0 and math.isfinite(self.value)):
            return f"{self.value!r} ± {self.error!r}"
        digits = 1 - math.floor(math.log10(self.error))
        if 0 <= digits <= 12:
            return f"{self.value:.{digits}f} ± {self.error:.{digits}f}"
        return f"{self.value:.6g} ± {self.error:.2g}"

    def __repr__(self) -> str:
        """Name the number, the error and the samples."""
        return f"Estimate({self}, {self.samples} samples)"
