"""What is seen of one checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Enclosure
from polyregions.complexes import PolyhedralComplex
from polyregions.enumeration import Regions
from polyregions.frozen import Frozen, frozen
from polyregions.geometry.polytope import Polytope
from polyregions.laboratory.checkpoints import Label
from polyregions.measures import Measure
from polyregions.networks.network import Network
from polyregions.queries import Line


@dataclass(frozen=True, eq=False)
class Bounded(Frozen):
    """An array of numbers with rigorous bounds.

    Parameters
    ----------
    value, lower, upper : numpy.ndarray, all of one shape
        The exact numbers lie between `lower` and `upper`, they included; where these are equal they are exact.

    Examples
    --------
    >>> Bounded.of([Measure.of(Fraction(1, 2)), Measure(2.0, 1.75, 2.25)]).measure(0)
    Measure(0.5, exactly 1/2)
    """

    value: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for array in (self.value, self.lower, self.upper):
            frozen(array)

    @classmethod
    def of(cls, measures: Sequence[Measure]) -> Bounded:
        """Put measures into arrays of shape (len(measures),)."""
        return cls(*(np.array([getattr(measure, name) for measure in measures], dtype=np.float64) for name in NAMES))

    @classmethod
    def stacked(cls, parts: Sequence[Bounded]) -> Bounded:
        """Put arrays of one shape on top of each other, shape (len(parts), ...)."""
        return cls(*(np.stack([getattr(part, name) for part in parts]) for name in NAMES))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the arrays."""
        return self.value.shape

    def measure(self, *index: int) -> Measure:
        """Return one of the numbers, with how it is known."""
        value, lower, upper = (float(getattr(self, name)[index]) for name in NAMES)
        return Measure(value, lower, upper, Fraction(value) if lower == value == upper and value < np.inf else None)

    def __repr__(self) -> str:
        """Name the values and the largest gap between bounds."""
        return f"Bounded({np.array2string(self.value, threshold=8, precision=6)})"


NAMES = ("value", "lower", "upper")


@dataclass(frozen=True, eq=False)
class Snapshot(Frozen):
    """What `observe` sees of one checkpoint, and what has changed since the one before.

    Counts are arrays with one number for each place that was looked at: shape () for a domain, shape (S,) for S lines.

    Parameters
    ----------
    number : int
        How many checkpoints came before.
    label : str, int or float
    network : Network
    where : Polytope, or numpy.ndarray of shape (S, 2, n)
        The domain K, or the ends of the lines.
    patterns : numpy.ndarray of uint8, shape (R, n_units)
        The patterns of all regions: sorted in a domain, line after line and in order along each of them otherwise.
    places : numpy.ndarray of int, shape (R,)
        The line that each of them lies on; 0 in a domain.
    activation_regions : numpy.ndarray of int
    linear_regions : numpy.ndarray of int, or None
        On lines, the linear pieces.
    born, lost, kept : numpy.ndarray of int, or None
        How many patterns are there and were not at the checkpoint before, were and are not, and are there both times;
        None at the first checkpoint.
    changed : Bounded, or None
        The share of K, or of each line, where the pattern is another one than before.
    f_vector : tuple of int, or None
    boundary : Bounded of shape (n,), or None
        The (n-k)-volumes of B_{N,k} for k = 1 .. n.
    volumes : Enclosure of shape (R,), or None
        The volumes of the regions.
    points : numpy.ndarray of shape (N, n), or None
    distances : Bounded of shape (N,), or None
        How far the points are from the boundaries of their regions.
    source : PolyhedralComplex, Regions, tuple of Line, or None
        Where all that comes from, for whoever wants to know more.
    """

    number: int
    label: Label
    network: Network
    where: Polytope | NDArray[np.float64]
    patterns: NDArray[np.uint8]
    places: NDArray[np.int64]
    activation_regions: NDArray[np.int64]
    linear_regions: NDArray[np.int64] | None = None
    born: NDArray[np.int64] | None = None
    lost: NDArray[np.int64] | None = None
    kept: NDArray[np.int64] | None = None
    changed: Bounded | None = None
    f_vector: tuple[int, ...] | None = None
    boundary: Bounded | None = None
    volumes: Enclosure | None = None
    points: NDArray[np.float64] | None = None
    distances: Bounded | None = None
    source: PolyhedralComplex | Regions | tuple[Line, ...] | None = None

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for name in ("patterns", "places", "activation_regions", "linear_regions", "born", "lost", "kept", "points"):
            array = getattr(self, name)
            if array is not None:
                frozen(array)

    def __repr__(self) -> str:
        """Name the label and the number of regions."""
        on = "" if isinstance(self.where, Polytope) else f" on {len(self.where)} lines"
        return f"Snapshot({self.label!r}, {int(self.activation_regions.sum())} activation regions{on})"

    def after(self, before: Snapshot, changed: Bounded | None) -> Snapshot:
        """Return the snapshot with what has changed since the one before."""
        own, other = keys(self.places, self.patterns), keys(before.places, before.patterns)
        stays, stayed = np.isin(own, other), np.isin(other, own)
        shape = self.activation_regions.shape

        def counted(places: NDArray[np.int64]) -> NDArray[np.int64]:
            return np.bincount(places, minlength=self.activation_regions.size).reshape(shape)

        counts = counted(self.places[~stays]), counted(before.places[~stayed]), counted(self.places[stays])
        return replace(self, born=counts[0], lost=counts[1], kept=counts[2], changed=changed)

    def without_source(self) -> Snapshot:
        """Return the snapshot without `source`, which needs most of the memory."""
        return replace(self, source=None)


def keys(places: NDArray[np.int64], patterns: NDArray[np.uint8]) -> NDArray[Any]:
    """Return one number of many bytes for each pair of a place and a pattern, in their order, shape (R,)."""
    big = np.ascontiguousarray(patterns, dtype=patterns.dtype.newbyteorder(">"))
    width = big.shape[1] * big.itemsize
    parts = places.astype(">u4")[:, None].view(np.uint8), big.view(np.uint8).reshape(len(big), width)
    table = np.ascontiguousarray(np.concatenate(parts, axis=1))
    return table.view(np.dtype((np.void, table.shape[1]))).ravel()
