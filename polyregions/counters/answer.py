"""What a counter answers: a number, an interval, patterns, or several of these."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from polyregions.errors import CounterFailed
from polyregions.frozen import Frozen, frozen
from polyregions.networks.network import Network
from polyregions.theory.estimate import Estimate

KEYS = ("estimate", "interval", "confidence", "patterns")
WANTED = (
    "a counter answers with a number, with patterns (one row of whole numbers for each), with an interval (low, high), "
    'or with a mapping that has some of the keys "estimate", "interval", "confidence" and "patterns"'
)
USUAL_CONFIDENCE = 0.95


@dataclass(frozen=True, eq=False)
class Answer(Frozen):
    """What a counter claims about one network.

    Parameters
    ----------
    value : float, optional
        Its estimate.  Left out, it is the number of patterns if there are any.
    interval : tuple of float, optional
        Where it says that the true number lies, ends included; the upper end may be infinite.
    confidence : float, optional
        How often it says that such an interval holds the truth.  Left out, an interval is claimed to be certain.
    patterns : numpy.ndarray of int, shape (N, n_units), optional
        Activation patterns that it says regions have; those that it names more than once are kept once.

    Raises
    ------
    CounterFailed
        Numbers are not numbers, an interval ends before it begins, or nothing is claimed at all.

    Examples
    --------
    >>> Answer(12.5, interval=(10, 15), confidence=0.95)
    Answer(12.5, in [10, 15] with confidence 0.95)
    """

    value: float | None = None
    interval: tuple[float, float] | None = None
    confidence: float | None = None
    patterns: NDArray[np.integer[Any]] | None = None

    def __post_init__(self) -> None:
        """Check the numbers, and count the patterns."""
        if self.value is None and self.interval is None and self.patterns is None:
            raise CounterFailed(f"the counter claims nothing: {WANTED}")
        if self.patterns is not None:
            object.__setattr__(self, "patterns", frozen(np.unique(self.patterns, axis=0)))
            if self.value is None:
                object.__setattr__(self, "value", float(len(self.patterns)))
        if self.value is not None and not math.isfinite(self.value):
            raise CounterFailed(f"an estimate is a finite number, got {self.value}")
        if self.interval is not None and not self.interval[0] <= self.interval[1]:
            raise CounterFailed(f"an interval is (low, high) with low <= high, got {self.interval}")
        if self.confidence is not None and not 0.0 < self.confidence <= 1.0:
            raise CounterFailed(f"a confidence lies above 0 and is at most 1, got {self.confidence}")

    def __repr__(self) -> str:
        """Name what is claimed."""
        parts = [] if self.value is None else [f"{self.value:g}"]
        if self.interval is not None:
            sure = "" if self.confidence is None else f" with confidence {self.confidence:g}"
            parts.append(f"in [{self.interval[0]:g}, {self.interval[1]:g}]{sure}")
        if self.patterns is not None:
            parts.append(f"{len(self.patterns)} patterns")
        return f"Answer({', '.join(parts)})"


def read_answer(raw: object, network: Network) -> Answer:
    """Make sense of whatever a counter returned.

    Parameters
    ----------
    raw : object
        A number; a `theory.Estimate`, which claims an interval of 1.96 standard errors on either side; a pair of
        numbers, an interval; a matrix of whole numbers, patterns; a mapping with the names of these; or an `Answer`.
    network : Network
        What was counted: patterns have as many entries as it has units.

    Returns
    -------
    Answer

    Raises
    ------
    CounterFailed
        It is nothing of that kind, or the patterns have other lengths or other entries than patterns of this network.

    Examples
    --------
    >>> net = Network.from_arrays([[[1.0]], [[1.0]]], [[0.0], [0.0]])
    >>> read_answer([[0], [1], [1]], net)
    Answer(2, 2 patterns)
    >>> read_answer((1, 5), net)
    Answer(in [1, 5])
    """
    if isinstance(raw, Answer):
        return Answer(raw.value, raw.interval, raw.confidence, _patterns(raw.patterns, network))
    if isinstance(raw, Estimate):
        return _of_estimate(raw)
    if isinstance(raw, Mapping):
        return _of_mapping(raw, network)
    if _is_number(raw):
        return Answer(_float(raw))
    if isinstance(raw, list | tuple) and len(raw) == 2 and all(_is_number(entry) for entry in raw):
        return Answer(interval=_interval(raw))
    if isinstance(raw, list | tuple | np.ndarray):
        return Answer(patterns=_patterns(raw, network))
    raise CounterFailed(f"{WANTED}; got {type(raw).__name__}")


def _of_estimate(estimate: Estimate) -> Answer:
    reach = float(norm.ppf(0.5 + USUAL_CONFIDENCE / 2.0)) * estimate.error
    if not math.isfinite(reach):
        return Answer(estimate.value)
    return Answer(estimate.value, (estimate.value - reach, estimate.value + reach), USUAL_CONFIDENCE)


def _of_mapping(raw: Mapping[Any, Any], network: Network) -> Answer:
    unknown = [key for key in raw if key not in KEYS]
    if unknown:
        raise CounterFailed(f"{WANTED}; got the key {unknown[0]!r}")
    numbers = {key: raw.get(key) for key in ("estimate", "confidence")}
    for key, number in numbers.items():
        if number is not None and not _is_number(number):
            raise CounterFailed(f'"{key}" is a number, got {type(number).__name__}')
    value, confidence = (None if number is None else _float(number) for number in numbers.values())
    interval = raw.get("interval")
    return Answer(
        value, None if interval is None else _interval(interval), confidence, _patterns(raw.get("patterns"), network)
    )


def _is_number(thing: object) -> bool:
    return isinstance(thing, Real) and not isinstance(thing, bool | np.bool_)


def _float(number: Any) -> float:
    try:
        return float(number)
    except OverflowError:
        raise CounterFailed("a counter's numbers must be such that float64 can hold, got a larger one") from None


def _interval(ends: Any) -> tuple[float, float]:
    """Return both ends; None for the upper one is infinity, which JSON cannot hold."""
    if not isinstance(ends, list | tuple) or len(ends) != 2 or not _is_number(ends[0]):
        raise CounterFailed(f"an interval is a pair of numbers, of which the second may be null, got {ends!r}")
    if ends[1] is not None and not _is_number(ends[1]):
        raise CounterFailed(f"an interval is a pair of numbers, of which the second may be null, got {ends!r}")
    return _float(ends[0]), math.inf if ends[1] is None else _float(ends[1])


def _patterns(raw: Any, network: Network) -> NDArray[np.integer[Any]] | None:
    """Check that patterns are such of a network."""
    if raw is None:
        return None
    units = network.n_units
    shape = f"patterns of this network are rows of {units} whole numbers"
    try:
        array = np.asarray(raw)
    except ValueError:
        raise CounterFailed(f"{shape}; got rows of different lengths") from None
    if array.shape == (0,):
        array = np.zeros((0, units), dtype=np.uint8)
    if array.ndim != 2 or array.shape[1] != units:
        raise CounterFailed(f"{shape}; got an array of shape {array.shape}")
    if array.dtype.kind not in "iub":
        raise CounterFailed(f"{shape}; got numbers of type {array.dtype}")
    pieces = np.concatenate(
        [np.zeros(0, np.int64), *(layer.units.n_pieces for layer in network.layers if layer.n_switches)]
    )
    wrong = (array < 0) | (array >= pieces)
    if wrong.any():
        row, unit = (int(place[0]) for place in np.nonzero(wrong))
        raise CounterFailed(f"{shape}; unit {unit} has pieces 0 to {pieces[unit] - 1}, got {array[row, unit]}")
    return array.astype(network.pattern_type)
