"""What a unit does: continuous piecewise-linear functions of one variable."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Enclosure, Rational, enclosed, rational
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
    @cache
    def identity(cls) -> Activation:
        """Return ``x -> x``: no breakpoint, so such units never switch."""
        return cls((), (1.0,), 0.0, name="identity")

    @classmethod
    @cache
    def relu(cls) -> Activation:
        """Return ``x -> max(x, 0)``."""
        return cls((0.0,), (0.0, 1.0), 0.0, name="relu")

    @classmethod
    def leaky_relu(cls, slope: float = 0.01) -> Activation:
        """Return ``x -> x`` for positive x, ``slope * x`` otherwise; the slopes 1 and 0 make the identity and ReLU."""
        if slope == 1.0:
            return cls.identity()
        if slope == 0.0:
            return cls.relu()
        return cls((0.0,), (slope, 1.0), 0.0, name=f"leaky_relu({_finite_float(slope)!r})")

    @classmethod
    def hard_tanh(cls, low: float = -1.0, high: float = 1.0) -> Activation:
        """Return ``x -> min(max(x, low), high)``."""
        low, high = _finite_float(low), _finite_float(high)
        name = "hard_tanh" if (low, high) == (-1.0, 1.0) else f"hard_tanh({low!r},{high!r})"
        return cls((low, high), (0.0, 1.0, 0.0), low, name=name)

    @classmethod
    def clamp(cls, low: float = -math.inf, high: float = math.inf) -> Activation:
        """Return ``x -> min(max(x, low), high)``, where one of the bounds may be infinite; both make the identity."""
        if low == -math.inf and high == math.inf:
            return cls.identity()
        if high == math.inf:
            low = _finite_float(low)
            return cls((low,), (0.0, 1.0), low, name=f"clamp({low!r},inf)") if low else cls.relu()
        if low == -math.inf:
            high = _finite_float(high)
            return cls((high,), (1.0, 0.0), high, name=f"clamp(-inf,{high!r})")
        return cls.hard_tanh(low, high)

    @classmethod
    def hard_sigmoid(cls) -> Activation:
        """Return ``x -> min(max(x + 3, 0), 6) / 6``; the slope is the float nearest to 1/6."""
        return cls((-3.0, 3.0), (0.0, 1.0 / 6.0, 0.0), 0.0, name="hard_sigmoid")

    @classmethod
    def soft_shrink(cls, threshold: float = 0.5) -> Activation:
        """Return ``x -> x`` moved by `threshold` towards zero, and zero closer to it than that."""
        threshold = _finite_float(threshold)
        if threshold == 0.0:
            return cls.identity()
        if threshold < 0.0:
            raise InvalidNetwork(f"the threshold of a soft shrink is not negative, got {threshold!r}")
        return cls((-threshold, threshold), (1.0, 0.0, 1.0), 0.0, name=f"soft_shrink({threshold!r})")

    @classmethod
    def threshold(cls, threshold: float, value: float) -> Activation:
        """Return ``x -> x`` above `threshold` and `value` below, which is continuous only if they are equal.

        Raises
        ------
        UnsupportedLayer
            The two differ: the function jumps.
        """
        if threshold != value:
            raise UnsupportedLayer(
                f"a threshold at {threshold!r} with the value {value!r} jumps there; only continuous functions have "
                "linear regions, and this one is continuous if the two are equal"
            )
        return cls.clamp(low=threshold)

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
            ``identity``, ``relu``, ``leaky_relu(0.1)``, ``hard_tanh``, ``hard_tanh(-2,2)``, ``relu6``, ``abs``,
            ``clamp(0.5,inf)``, ``hard_sigmoid`` or ``soft_shrink(0.5)``.

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
    def exact_slopes(self) -> tuple[Rational, ...]:
        """The slopes as rationals."""
        return tuple(rational(slope) for slope in self.slopes)

    @cached_property
    def constants(self) -> tuple[Rational, ...]:
        """The exact constants of all pieces; on piece t the function is ``slopes[t] * x + constants[t]``."""
        start = rational(self.breakpoints[0]) if self.breakpoints else rational(0)
        constants = [rational(self.value) - rational(self.slopes[0]) * start]
        for t, breakpoint_ in enumerate(self.breakpoints):
            jump = self.exact_slopes[t] - self.exact_slopes[t + 1]
            constants.append(constants[-1] + jump * rational(breakpoint_))
        return tuple(constants)

    @cached_property
    def float_constants(self) -> Enclosure:
        """`constants` as floats with error bounds, shape (T + 1,)."""
        return enclosed(self.constants)

    def __call__(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Evaluate in floats, elementwise."""
        if self.is_relu:
            return np.maximum(x, 0.0)
        piece = np.searchsorted(self.breakpoints, x, side="left")
        return np.asarray(self.slopes)[piece] * x + self.float_constants.value[piece]


CONSTRUCTORS: dict[str, Callable[..., Activation]] = {
    "identity": Activation.identity,
    "relu": Activation.relu,
    "leaky_relu": Activation.leaky_relu,
    "hard_tanh": Activation.hard_tanh,
    "relu6": Activation.relu6,
    "abs": Activation.absolute,
    "clamp": Activation.clamp,
    "hard_sigmoid": Activation.hard_sigmoid,
    "soft_shrink": Activation.soft_shrink,
}
