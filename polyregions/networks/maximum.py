"""Units that are the largest of several rows: maxout and max-pooling."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from operator import index

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import UNDECIDED, Enclosure, Rational, RationalMatrix
from polyregions.arithmetic.enclosure import QUIET
from polyregions.errors import InvalidNetwork
from polyregions.frozen import frozen
from polyregions.networks.units import MOST_PIECES, Patterns, Pieces, Signs, Units


class Maximum(Units):
    """The largest row of each group.

    The pieces of a unit are the rows of its group, its *candidates*, in the order given; where several are equal the
    first of them counts.  Every candidate has a switch: the candidate minus the maximum, which is zero or negative.

    Parameters
    ----------
    groups : sequence of sequences of int
        The rows of each unit; groups may overlap and have different sizes, from 1 to 65,536.

    Raises
    ------
    InvalidNetwork
        There is no group, or one is empty, too large, or names no rows.

    Examples
    --------
    >>> pool = Maximum([(0, 1), (1, 2)])
    >>> pool(np.array([3.0, -1.0, 2.0]))
    array([3., 2.])
    """

    def __init__(self, groups: Sequence[Sequence[int]]) -> None:
        try:
            self.groups = tuple(tuple(index(row) for row in group) for group in groups)
        except TypeError as error:
            raise InvalidNetwork(f"the groups of a maximum are lists of rows: {error}") from None
        sizes = np.array([len(group) for group in self.groups], dtype=np.int64)
        if not len(sizes) or sizes.min() < 1 or sizes.max() > MOST_PIECES:
            raise InvalidNetwork(
                f"a maximum needs groups of 1 to {MOST_PIECES} rows, got {len(sizes)} groups"
                + (f" of {sizes.min()} to {sizes.max()}" if len(sizes) else "")
                + "; take the maximum of maxima if there are more"
            )
        self.members = np.array([row for group in self.groups for row in group], dtype=np.int64)
        if self.members.min() < 0 or any(len(set(group)) < len(group) for group in self.groups):
            raise InvalidNetwork("the groups of a maximum hold different rows, counted from 0")
        self.n_rows, self.n_units = int(self.members.max()) + 1, len(sizes)
        self.n_pieces = sizes
        self.switch_units = np.repeat(np.arange(self.n_units), sizes)
        self.starts = np.concatenate([[0], np.cumsum(sizes)])
        for array in (self.members, self.n_pieces, self.switch_units, self.starts):
            frozen(array)

    def __reduce__(self) -> tuple[type[Maximum], tuple[tuple[tuple[int, ...], ...]]]:
        """Make copies and pickles from the groups alone."""
        return Maximum, (self.groups,)

    def __eq__(self, other: object) -> bool:
        """Compare the groups."""
        return isinstance(other, Maximum) and self.groups == other.groups

    def __hash__(self) -> int:
        """Hash the groups."""
        return hash(self.groups)

    def __str__(self) -> str:
        """Return the name for tables."""
        sizes = sorted(set(self.n_pieces.tolist()))
        return f"maximum of {sizes[0]}" + (f" to {sizes[-1]}" if len(sizes) > 1 else "")

    def __repr__(self) -> str:
        """Name the sizes."""
        return f"Maximum({self.n_units} groups of {min(self.n_pieces)} to {max(self.n_pieces)} rows)"

    @cached_property
    def _place(self) -> NDArray[np.int64]:
        """The place of every switch's candidate in its group."""
        return np.asarray(np.arange(self.n_switches) - self.starts[self.switch_units])

    def _reduce(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the largest number of every group: (n_switches, N) to (n_units, N)."""
        return np.asarray(np.maximum.reduceat(numbers, self.starts[:-1], axis=0))

    def __call__(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Evaluate in floats: (..., n_rows) to (..., n_units)."""
        return np.asarray(np.maximum.reduceat(rows[..., self.members], self.starts[:-1], axis=-1))

    def _bounds(self, rows: Enclosure) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return certain bounds of all candidates, shape (n_switches, N); infinite where nothing is known."""
        value, error = rows.value[self.members], rows.error[self.members]
        known = np.isfinite(value) & np.isfinite(error)
        low = np.where(error == 0.0, value, np.nextafter(value - error, -np.inf))
        high = np.where(error == 0.0, value, np.nextafter(value + error, np.inf))
        return np.where(known, low, -np.inf), np.where(known, high, np.inf)

    @QUIET
    def enclose(self, rows: Enclosure) -> Enclosure:
        """Evaluate on enclosures of the rows.

        Only candidates that may be the largest count; the maximum is off by no more than the worst of them.
        """
        low, high = self._bounds(rows)
        value, error = rows.value[self.members], rows.error[self.members]
        possible = high >= self._reduce(low)[self.switch_units]
        unknown = np.where(np.isfinite(high), 0.0, np.inf)
        largest = self._reduce(np.where(np.isfinite(value), value, -np.inf))
        worst = self._reduce(np.where(possible, error, 0.0)) + self._reduce(unknown)
        bounded = np.isfinite(largest) & np.isfinite(worst)
        return Enclosure(np.where(bounded, largest, 0.0), np.where(bounded, worst, np.inf))

    @QUIET
    def signs(self, rows: Enclosure) -> Signs:
        """Return -1 for candidates that are certainly not the largest, 0 for those that certainly are."""
        low, high = self._bounds(rows)
        units = self.switch_units
        top = self._reduce(high)
        at_top = high == top[units]
        several = np.add.reduceat(at_top, self.starts[:-1], axis=0, dtype=np.int64) > 1
        second = self._reduce(np.where(at_top, -np.inf, high))
        others = np.where(at_top & ~several[units], second[units], top[units])
        signs = np.full(low.shape, UNDECIDED, dtype=np.int8)
        signs[low >= others] = 0
        signs[self._reduce(low)[units] > high] = -1
        return signs

    def exact_signs(self, rows: RationalMatrix) -> Signs:
        """Return the exact signs of all switches, by value and then by derivative."""
        last = rows.ncols() - 1
        signs = np.full(self.n_switches, -1, dtype=np.int8)
        for unit, group in enumerate(self.groups):
            keys = [(rows[row, last], rows[row, 0]) for row in group]
            best = max(keys)
            first = int(self.starts[unit])
            for place, key in enumerate(keys):
                if key == best:
                    signs[first + place] = 0
        return signs

    def pieces(self, signs: Signs) -> Patterns:
        """Return the first candidate of every unit whose switch vanishes; the last one if none is known to."""
        places = np.where(signs == 0, self._place, (self.n_pieces - 1)[self.switch_units])
        return np.minimum.reduceat(places, self.starts[:-1], axis=-1).astype(self.piece_type)

    def sides(self, pieces: Pieces) -> Signs:
        """Return -1: a candidate that is not the maximum is below it."""
        return np.full(self.n_switches, -1, dtype=np.int8)

    def allow(self, signs: Signs, pieces: Pieces) -> NDArray[np.bool_]:
        """Tell where all chosen candidates are among the largest of their groups."""
        return np.asarray((signs[..., self.starts[:-1] + pieces] == 0).all(axis=-1))

    def _chosen(self, pieces: Pieces) -> NDArray[np.int64]:
        """Return the row that is the maximum: (n_units, ...) to (n_units, ...)."""
        first = self.starts[:-1].reshape(-1, *[1] * (pieces.ndim - 1))
        return np.asarray(self.members[first + pieces])

    def on_pieces(self, rows: Enclosure, pieces: Pieces) -> Enclosure:
        """Take the rows of the given candidates."""
        index = self._chosen(pieces)
        return Enclosure(np.take_along_axis(rows.value, index, 0), np.take_along_axis(rows.error, index, 0))

    def forms_on_pieces(self, rows: Enclosure, pieces: Pieces) -> Enclosure:
        """Take the forms of the given candidates."""
        index = self._chosen(pieces)[:, :, None]
        return Enclosure(np.take_along_axis(rows.value, index, 0), np.take_along_axis(rows.error, index, 0))

    def exactly_on_pieces(self, rows: RationalMatrix, pieces: Pieces) -> RationalMatrix:
        """Take the rows of the given candidates, in rationals."""
        columns = range(rows.ncols())
        return RationalMatrix(
            self.n_units, len(columns), [rows[row, c] for row in self._chosen(pieces).tolist() for c in columns]
        )

    def likely_pieces(self, rows: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the first of the largest floats of every group: (n_rows, N) to (n_units, N)."""
        candidates = rows[self.members]
        largest = self._reduce(candidates)[self.switch_units]
        places = np.where(candidates == largest, self._place[:, None], (self.n_pieces - 1)[self.switch_units, None])
        return np.asarray(np.minimum.reduceat(places, self.starts[:-1], axis=0))

    def beside(self, signs: Signs, switch: int, piece: int) -> tuple[Signs, Signs]:
        """Let the candidate of the piece be the maximum, and the candidate of the switch across."""
        winner = int(self.starts[self.switch_units[switch]]) + piece
        own, across = signs.copy(), signs.copy()
        own[winner], own[switch] = 0, -1
        across[winner], across[switch] = -1, 0
        return own, across

    @QUIET
    def switch_forms(
        self, rows: Enclosure, pieces: Pieces, switches: NDArray[np.int64], columns: NDArray[np.int64]
    ) -> Enclosure:
        """Return candidates minus those that are the maximum."""
        units, own = self.switch_units[switches], self.members[switches]
        best = self.members[self.starts[units] + pieces[units, columns]]
        difference = rows[own, columns].minus(rows[best, columns])
        different = (own != best)[:, None]
        return Enclosure(np.where(different, difference.value, 0.0), np.where(different, difference.error, 0.0))

    def exact_switch_form(self, rows: RationalMatrix, pieces: Pieces, switch: int) -> list[Rational]:
        """Return the candidate of a switch minus the one that is the maximum."""
        unit, row = int(self.switch_units[switch]), int(self.members[switch])
        best = int(self.members[self.starts[unit] + int(pieces[unit])])
        return [rows[row, column] - rows[best, column] for column in range(rows.ncols())]

    def rows_behind(self, units: NDArray[np.bool_], pieces: Pieces) -> NDArray[np.bool_]:
        """Tell which rows are the maximum of one of the units."""
        result = np.zeros((len(units), self.n_rows), dtype=np.bool_)
        points, numbers = np.nonzero(units)
        result[points, self._chosen(pieces.T).T[points, numbers]] = True
        return result
