"""The regions of a network during training: one snapshot after the other, as arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Enclosure
from polyregions.enumeration import Status
from polyregions.errors import InvalidNetwork, MissingDependency
from polyregions.frozen import Frozen, frozen
from polyregions.geometry.polytope import Polytope
from polyregions.laboratory.checkpoints import Label
from polyregions.laboratory.snapshot import Bounded, Snapshot, keys
from polyregions.networks.network import Network

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, eq=False)
class Track(Frozen):
    """What training does to the regions of a network: the result of `track`.

    The first axis of all arrays counts the C checkpoints, or the C - 1 steps from one to the next.  Counts have one
    number for each place that was looked at: dots stand for no axis if that is a domain, and for an axis of length S if
    it is S lines.

    Parameters
    ----------
    labels : tuple of str, int or float, length C
    networks : tuple of Network, length C
    where : Polytope, or numpy.ndarray of shape (S, 2, n)
        The domain K, or the ends of the lines.
    patterns : numpy.ndarray of uint8, shape (P, n_units)
        Every pattern that ever occurs; on several lines once for each of them.
    places : numpy.ndarray of int, shape (P,)
        The line that each of them lies on; 0 in a domain.
    members : tuple of numpy.ndarray of int, length C
        The patterns, as rows of `patterns`, that there are at each checkpoint: ascending in a domain, otherwise line
        after line and in order along each of them.
    activation_regions : numpy.ndarray of int, shape (C, ...)
    linear_regions : numpy.ndarray of int, shape (C, ...), or None
        On lines, the linear pieces.
    born, lost, kept : numpy.ndarray of int, shape (C - 1, ...)
        How many patterns appear, vanish, and stay at each step.
    changed : Bounded of shape (C - 1, ...), or None
        The share of K, or of each line, where the pattern changes at each step.
    f_vectors : numpy.ndarray of int, shape (C, n + 1), or None
        The numbers of faces of dimension 0 .. n.
    boundary : Bounded of shape (C, n), or None
        The (n-k)-volumes of B_{N,k} for k = 1 .. n.
    volumes : tuple of Enclosure, length C, or None
        The volumes of the regions, in the order of `members`.
    points : numpy.ndarray of shape (N, n), or None
    distances : Bounded of shape (C, N), or None
        How far the points are from the boundaries of their regions.
    status : Status
        `Status.COMPLETE`, or `Status.INTERRUPTED` if Ctrl-C came before the last checkpoint.
    """

    labels: tuple[Label, ...]
    networks: tuple[Network, ...]
    where: Polytope | NDArray[np.float64]
    patterns: NDArray[np.uint8]
    places: NDArray[np.int64]
    members: tuple[NDArray[np.int64], ...]
    activation_regions: NDArray[np.int64]
    linear_regions: NDArray[np.int64] | None
    born: NDArray[np.int64]
    lost: NDArray[np.int64]
    kept: NDArray[np.int64]
    changed: Bounded | None
    f_vectors: NDArray[np.int64] | None
    boundary: Bounded | None
    volumes: tuple[Enclosure, ...] | None
    points: NDArray[np.float64] | None
    distances: Bounded | None
    status: Status = Status.COMPLETE

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        counts = (self.activation_regions, self.linear_regions, self.born, self.lost, self.kept, self.f_vectors)
        for array in (self.patterns, self.places, *self.members, *counts):
            if array is not None:
                frozen(array)

    @classmethod
    def of(cls, snapshots: Sequence[Snapshot], status: Status = Status.COMPLETE) -> Track:
        """Put the snapshots of `observe` together.

        Parameters
        ----------
        snapshots : sequence of Snapshot
            The first ones, without gaps.
        status : Status

        Raises
        ------
        InvalidNetwork
            There is no snapshot, or some are missing.
        """
        if not snapshots:
            raise InvalidNetwork("a track needs at least one checkpoint, got none")
        numbers = [snapshot.number for snapshot in snapshots]
        if numbers != list(range(len(numbers))):
            raise InvalidNetwork(
                f"a track needs all snapshots from the first one on, in order, got the numbers {numbers}"
            )
        places, patterns, members = _together(snapshots)
        first, later = snapshots[0], snapshots[1:]

        def stacked(name: str, parts: Sequence[Snapshot]) -> Any:
            arrays = [getattr(snapshot, name) for snapshot in parts]
            if not arrays:
                return np.zeros((0, *first.activation_regions.shape), dtype=np.int64)
            return None if arrays[0] is None else np.stack(arrays)

        def bounded(name: str, parts: Sequence[Snapshot]) -> Bounded | None:
            arrays = [getattr(snapshot, name) for snapshot in parts]
            return Bounded.stacked(arrays) if arrays and arrays[0] is not None else None

        sizes = tuple(snapshot.volumes for snapshot in snapshots if snapshot.volumes is not None)
        return cls(
            labels=tuple(snapshot.label for snapshot in snapshots),
            networks=tuple(snapshot.network for snapshot in snapshots),
            where=first.where,
            patterns=patterns,
            places=places,
            members=members,
            activation_regions=stacked("activation_regions", snapshots),
            linear_regions=stacked("linear_regions", snapshots),
            born=stacked("born", later),
            lost=stacked("lost", later),
            kept=stacked("kept", later),
            changed=bounded("changed", later),
            f_vectors=stacked("f_vector", snapshots),
            boundary=bounded("boundary", snapshots),
            volumes=sizes or None,
            points=first.points,
            distances=bounded("distances", snapshots),
            status=status,
        )

    def __len__(self) -> int:
        """Return the number of checkpoints."""
        return len(self.labels)

    def __repr__(self) -> str:
        """Name the numbers of checkpoints and patterns."""
        on = "" if isinstance(self.where, Polytope) else f" on {len(self.where)} lines"
        note = "" if self.status is Status.COMPLETE else f", {self.status.value}"
        return f"Track({len(self)} checkpoints, {len(self.patterns):,} patterns in all{on}{note})"

    @property
    def n_units(self) -> int:
        """Number of units that can switch."""
        return self.networks[0].n_units

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """Which patterns there are at which checkpoints, shape (C, P)."""
        result = np.zeros((len(self), len(self.patterns)), dtype=np.bool_)
        for row, members in zip(result, self.members, strict=True):
            row[members] = True
        return frozen(result)

    @property
    def lifetimes(self) -> NDArray[np.int64]:
        """At how many checkpoints each pattern is there, shape (P,)."""
        return np.asarray(np.bincount(np.concatenate(self.members), minlength=len(self.patterns)))

    @property
    def first(self) -> NDArray[np.int64]:
        """The first checkpoint at which each pattern is there, shape (P,)."""
        return np.asarray(self.present.argmax(axis=0))

    @property
    def last(self) -> NDArray[np.int64]:
        """The last checkpoint at which each pattern is there, shape (P,)."""
        return np.asarray(len(self) - 1 - self.present[::-1].argmax(axis=0))

    def shared(self) -> NDArray[np.int64]:
        """Return how many patterns each two checkpoints have in common, shape (C, C)."""
        present = self.present.astype(np.float64)
        return np.asarray((present @ present.T).astype(np.int64))

    def records(self) -> list[dict[str, Any]]:
        """Return one dictionary for each checkpoint, of numbers that JSON can hold.

        Returns
        -------
        list of dict
            ``label``; ``activation_regions`` and ``linear_regions`` (on lines ``linear_pieces``), each also over the
            number of units with ``_per_unit``; ``born``, ``lost``, ``kept`` and ``changed`` since the checkpoint
            before, None at the first; ``faces_0``, ``faces_1``, ...; ``boundary_1``, ... for B_{N,1}, ...;
            ``distance`` and ``distance_times_units``.  On lines all are means over the lines.  Means, those of
            distances too, have standard errors with ``_error``.
        """
        return [self._record(number) for number in range(len(self))]

    def _record(self, number: int) -> dict[str, Any]:
        on_lines = not isinstance(self.where, Polytope)
        record: dict[str, Any] = {"label": self.labels[number]}
        counts = {"activation_regions": self.activation_regions}
        if self.linear_regions is not None:
            counts["linear_pieces" if on_lines else "linear_regions"] = self.linear_regions
        for name, array in counts.items():
            record |= _mean(name, array[number])
            record[f"{name}_per_unit"] = record[name] / self.n_units if self.n_units else None
        steps: dict[str, Any] = {"born": self.born, "lost": self.lost, "kept": self.kept}
        steps |= {} if self.changed is None else {"changed": self.changed.value}
        for name, array in steps.items():
            record[name] = _mean(name, array[number - 1])[name] if number else None
        if self.f_vectors is not None:
            record |= {f"faces_{k}": count for k, count in enumerate(self.f_vectors[number].tolist())}
        if self.boundary is not None:
            sizes = self.boundary.value[number].tolist()
            record |= {f"boundary_{k}": _finite(size) for k, size in enumerate(sizes, start=1)}
        if self.distances is not None:
            record |= _mean("distance", self.distances.value[number])
            known = record["distance"]
            record["distance_times_units"] = None if known is None else known * self.n_units
        return record

    def to_frame(self) -> pandas.DataFrame:
        """Return a pandas DataFrame of the `records`, one row a checkpoint, with the labels as index.

        Raises
        ------
        MissingDependency
            pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise MissingDependency("to_frame needs pandas: python -m pip install 'polyregions[pandas]'") from None
        return pd.DataFrame(self.records()).set_index("label")


def _together(
    snapshots: Sequence[Snapshot],
) -> tuple[NDArray[np.int64], NDArray[np.uint8], tuple[NDArray[np.int64], ...]]:
    """Return places and patterns of all snapshots without repetitions, and which of them each snapshot has."""
    places = np.concatenate([snapshot.places for snapshot in snapshots])
    patterns = np.concatenate([snapshot.patterns for snapshot in snapshots])
    _, index, inverse = np.unique(keys(places, patterns), return_index=True, return_inverse=True)
    ends = np.cumsum([len(snapshot.places) for snapshot in snapshots])
    members = tuple(part.astype(np.int64) for part in np.split(inverse, ends[:-1]))
    return places[index], patterns[index], members


def _mean(name: str, numbers: NDArray[Any]) -> dict[str, Any]:
    """Return a number by its name, or the mean of several with its standard error; None where there is none."""
    if numbers.ndim == 0:
        return {name: numbers.item()}
    count, finite = len(numbers), bool(np.isfinite(numbers).all())
    known = {name: float(numbers.mean()) if count and finite else None, f"{name}_error": None}
    if count > 1 and finite:
        known[f"{name}_error"] = float(numbers.std(ddof=1)) / math.sqrt(count)
    return known


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
