"""What a unit does: continuous piecewise-linear functions of one variable."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Enclosure, Rational, enclosed, rational
from polyregions.arithmetic.enclosure import QUIET, TINY, gamma
from polyregions.errors import InvalidNetwork, UnsupportedLayer

MOST_BREAKPOINTS = 255
"""Patterns hold the piece of a unit in one byte."""


def _finite_float(number: Any) -> float:
    """Convert a number to a float without changing it."""
    try:
        result = float(number)
    except (TypeError, ValueError, OverflowError):
        raise InvalidNetwork(f"an activation needs numbers that float64 can hold, got {number!r}") from None
    if not math.isfinite(result):
        raise InvalidNetwork(f"an activation needs finite numbers, got {number!r}")
    if number != result:
        raise InvalidNetwork(f"an activation needs numbers that float64 can hold, got {number!r}")
    return result


@dataclass(frozen=True)
class Activation:
    """A continuous piecewise-linear function of one variable.

    Piece ``t`` lies between breakpoint ``t - 1`` and breakpoint ``t``, so there is one piece more than breakpoints.

    Parameters
    ----------
    breakpoints : tuple of float, length T
        Where the slope changes, increasing.
    slopes : tuple of float, length T + 1
        The slope of each piece; neighbours differ.
    value : float
        The value at the first breakpoint, or at zero if there is no breakpoint.
    name : str
        How it is written in files and tables; two activations are equal if they are the same function.

    Raises
    ------
    InvalidNetwork
        Numbers are not finite or would change in float64, breakpoints do not increase or are more than 255, or two
        neighbouring slopes are equal.

    Notes
    -----
    The numbers are taken as exact.  The constant of each piece follows from continuity, in rationals.

    Examples
    --------
    >>> relu = Activation.relu()
    >>> relu.breakpoints, relu.slopes
    ((0.0,), (0.0, 1.0))
    >>> Activation.relu6()(np.array([-1.0, 4.0, 7.0]))
    array([0., 4., 6.])
    >>> Activation((-1.0, 1.0), (1.0, 0.0, 1.0), 0.0, name="soft shrink")(np.array([-3.0, 0.5, 2.0]))
    array([-2.,  0.,  1.])
    """

    breakpoints: tuple[float, ...]
    slopes: tuple[float, ...]
    value: float = 0.0
    name: str = "custom"

    def __post_init__(self) -> None:
        """Check the numbers."""
        object.__setattr__(self, "breakpoints", tuple(_finite_float(b) for b in self.breakpoints))
        object.__setattr__(self, "slopes", tuple(_finite_float(s) for s in self.slopes))
        object.__setattr__(self, "value", _finite_float(self.value))
        if len(self.slopes) != len(self.breakpoints) + 1:
            raise InvalidNetwork(
                f"an activation with {len(self.breakpoints)} breakpoints needs {len(self.breakpoints) + 1} slopes, "
                f"got {len(self.slopes)}"
            )
        if len(self.breakpoints) > MOST_BREAKPOINTS:
            raise InvalidNetwork(
                f"an activation has at most {MOST_BREAKPOINTS} breakpoints, got {len(self.breakpoints)}; "
                "write it as a sum of several units"
            )
        if any(a >= b for a, b in zip(self.breakpoints, self.breakpoints[1:], strict=False)):
            raise InvalidNetwork(f"the breakpoints of an activation must increase, got {self.breakpoints}")
        if any(a == b for a, b in zip(self.slopes, self.slopes[1:], strict=False)):
            raise InvalidNetwork(
                f"the slope of an activation must change at every breakpoint, got slopes {self.slopes}; "
                "leave out the breakpoints where nothing happens"
            )

    def __eq__(self, other: object) -> bool:
        """Compare as functions; the name does not count."""
        if not isinstance(other, Activation):
            return NotImplemented
        return (self.breakpoints, self.slopes, self.value) == (other.breakpoints, other.slopes, other.value)

    def __hash__(self) -> int:
        """Hash the function; the name does not count."""
        return hash((self.breakpoints, self.slopes, self.value))

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    @classmethod
    def identity(cls) -> Activation:
        """Return ``x -> x``: no breakpoint, so such units never switch."""
        return cls((), (1.0,), 0.0, name="identity")

    @classmethod
    def relu(cls) -> Activation:
        """Return ``x -> max(x, 0)``."""
        return cls((0.0,), (0.0, 1.0), 0.0, name="relu")

    @classmethod
    def leaky_relu(cls, slope: float = 0.01) -> Activation:
        """Return ``x -> x`` for positive x, ``slope * x`` otherwise."""
        return cls((0.0,), (slope, 1.0), 0.0, name=f"leaky_relu({_finite_float(slope)!r})")

    @classmethod
    def hard_tanh(cls, low: float = -1.0, high: float = 1.0) -> Activation:
        """Return ``x -> min(max(x, low), high)``."""
        low, high = _finite_float(low), _finite_float(high)
        name = "hard_tanh" if (low, high) == (-1.0, 1.0) else f"hard_tanh({low!r},{high!r})"
        return cls((low, high), (0.0, 1.0, 0.0), low, name=name)

    @classmethod
    def relu6(cls) -> Activation:
        """Return ``x -> min(max(x, 0), 6)``."""
        return cls((0.0, 6.0), (0.0, 1.0, 0.0), 0.0, name="relu6")

    @classmethod
    def absolute(cls) -> Activation:
        """Return ``x -> |x|``."""
        return cls((0.0,), (-1.0, 1.0), 0.0, name="abs")

    @classmethod
    def parse(cls, name: str) -> Activation:
        """Read an activation as written in a network file.

        Parameters
        ----------
        name : str
            ``identity``, ``relu``, ``leaky_relu(0.1)``, ``hard_tanh``, ``hard_tanh(-2,2)``, ``relu6`` or ``abs``.

        Raises
        ------
        UnsupportedLayer
            The name is not known or its parameters are not numbers.

        Examples
        --------
        >>> Activation.parse("leaky_relu(0.25)").slopes
        (0.25, 1.0)
        """
        match = re.fullmatch(r"(\w+)\s*(?:\(([^()]*)\))?", name.strip())
        if match and match[1] in CONSTRUCTORS:
            try:
                parameters = [float(text) for text in match[2].split(",")] if match[2] else []
                return CONSTRUCTORS[match[1]](*parameters)
            except (TypeError, ValueError) as error:
                raise UnsupportedLayer(f"cannot read the parameters of activation {name!r}: {error}") from None
        raise UnsupportedLayer(
            f"activation {name!r} is not known; known are {', '.join(CONSTRUCTORS)}. "
            "Other continuous piecewise-linear functions: Activation(breakpoints, slopes, value)"
        )

    @property
    def n_switches(self) -> int:
        """Number of breakpoints."""
        return len(self.breakpoints)

    @cached_property
    def is_relu(self) -> bool:
        """Whether this is ``max(x, 0)``, for which pieces multiply by 0 or 1 and nothing rounds."""
        return self == Activation.relu()

    @cached_property
    def constants(self) -> tuple[Rational, ...]:
        """The exact constants of all pieces; on piece t the function is ``slopes[t] * x + constants[t]``."""
        start = rational(self.breakpoints[0]) if self.breakpoints else rational(0)
        constants = [rational(self.value) - rational(self.slopes[0]) * start]
        for t, breakpoint_ in enumerate(self.breakpoints):
            jump = rational(self.slopes[t]) - rational(self.slopes[t + 1])
            constants.append(constants[-1] + jump * rational(breakpoint_))
        return tuple(constants)

    @cached_property
    def float_constants(self) -> Enclosure:
        """`constants` as floats with error bounds, shape (T + 1,)."""
        return enclosed(self.constants)

    def pieces(self, x: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the piece of each number: how many breakpoints lie strictly below it."""
        return np.searchsorted(self.breakpoints, x, side="left")

    def __call__(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Evaluate in floats, elementwise."""
        if self.is_relu:
            return np.maximum(x, 0.0)
        piece = self.pieces(x)
        return np.asarray(self.slopes)[piece] * x + self.float_constants.value[piece]

    @QUIET
    def enclose(self, x: Enclosure) -> Enclosure:
        """Evaluate on an enclosure, elementwise: the result holds for every number it encloses."""
        bounded = np.isfinite(x.value) & np.isfinite(x.error)
        if self.is_relu:
            off = x.value <= -x.error
            return Enclosure(
                np.where(bounded & ~off, x.value, 0.0).clip(min=0.0),
                np.where(bounded, np.where(off, 0.0, x.error), np.inf),
            )
        low, high = x.value - x.error, x.value + x.error
        first = self.pieces(np.nextafter(low, -np.inf))
        last = self.pieces(np.nextafter(high, np.inf))
        piece = self.pieces(x.value)
        steepest = np.zeros(x.value.shape)
        for t, slope in enumerate(self.slopes):
            touched = (first <= t) & (t <= last)
            steepest[touched] = np.maximum(steepest[touched], abs(slope))
        result = self.on_pieces(Enclosure.exact(x.value), piece)
        spread = np.where(steepest == 0.0, 0.0, steepest * x.error * (1.0 + gamma(2)))
        spread += np.where((steepest != 0.0) & (steepest != 1.0) & (x.error != 0.0), TINY, 0.0)
        error = (result.error + spread) * (1.0 + gamma(1))
        return Enclosure(np.where(bounded, result.value, 0.0), np.where(bounded, error, np.inf))

    @QUIET
    def linear_part(self, x: Enclosure, piece: NDArray[np.int64]) -> Enclosure:
        """Enclose slope times `x` for the given pieces, elementwise."""
        if self.is_relu:
            return Enclosure(np.where(piece > 0, x.value, 0.0), np.where(piece > 0, x.error, 0.0))
        slope = np.asarray(self.slopes)[piece]
        value = slope * x.value
        error = np.where(slope == 0.0, 0.0, np.abs(slope) * x.error)
        rounded = (np.abs(slope) != 1.0) & (slope != 0.0) & ((x.value != 0.0) | (x.error != 0.0))
        rounding = gamma(2) * (np.abs(value) + error) + 4.0 * TINY
        return Enclosure(np.where(slope == 0.0, 0.0, value), error + np.where(rounded, rounding, 0.0))

    @QUIET
    def on_pieces(self, x: Enclosure, piece: NDArray[np.int64]) -> Enclosure:
        """Enclose the affine function of the given pieces, elementwise, wherever `x` lies."""
        if self.is_relu:
            return self.linear_part(x, piece)
        linear, constant = self.linear_part(x, piece), self.float_constants[piece]
        value = linear.value + constant.value
        rounded = (linear.value != 0.0) & (constant.value != 0.0)
        rounding = np.where(rounded, gamma(2) * (np.abs(linear.value) + np.abs(constant.value)), 0.0)
        return Enclosure(value, (linear.error + constant.error + rounding) * (1.0 + gamma(4)))


CONSTRUCTORS: dict[str, Callable[..., Activation]] = {
    "identity": Activation.identity,
    "relu": Activation.relu,
    "leaky_relu": Activation.leaky_relu,
    "hard_tanh": Activation.hard_tanh,
    "relu6": Activation.relu6,
    "abs": Activation.absolute,
}
