"""Units that apply a continuous piecewise-linear function to one row each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Enclosure, Rational, RationalMatrix, rational
from polyregions.arithmetic.enclosure import QUIET, TINY, gamma
from polyregions.networks.activation import Activation
from polyregions.networks.units import Patterns, Pieces, Signs, Units


class Elementwise(Units):
    """One activation for every row.

    A switch is a breakpoint of a unit: its function is the row minus the breakpoint.

    Parameters
    ----------
    activations : sequence of Activation, length n_rows
    """

    def __init__(self, activations: Sequence[Activation]) -> None:
        self.activations = tuple(activations)
        self.n_rows = self.n_units = len(self.activations)
        counts = np.array([activation.n_switches for activation in self.activations])
        self.n_pieces = counts + 1
        self.switch_units = np.repeat(np.arange(self.n_units), counts)
        self.breakpoints = np.array([b for activation in self.activations for b in activation.breakpoints])
        kinds = set(self.activations)
        self.is_relu, self.is_identity = kinds == {Activation.relu()}, kinds == {Activation.identity()}

    @cached_property
    def _first(self) -> NDArray[np.int64]:
        """The first switch of every unit, and their number at the end."""
        return np.concatenate([[0], np.cumsum(self.n_pieces - 1)])

    @cached_property
    def _each(self) -> int | None:
        """How many switches every unit has, if all have as many."""
        count = int(self.n_pieces[0]) - 1
        return count if (self.n_pieces == count + 1).all() else None

    def _table(self, rows: Sequence[NDArray[np.float64]], width: int, filler: float) -> NDArray[np.float64]:
        """Put lists of different lengths, one for each unit, into a matrix."""
        table = np.full((self.n_units, width), filler)
        for unit, row in enumerate(rows):
            table[unit, : len(row)] = row
        return table

    @cached_property
    def _kinks(self) -> NDArray[np.float64]:
        """The breakpoints of every unit, shape (n_units, T); infinite where there are fewer."""
        rows = [np.array(activation.breakpoints) for activation in self.activations]
        return self._table(rows, int(self.n_pieces.max()) - 1, np.inf)

    @cached_property
    def _slopes(self) -> NDArray[np.float64]:
        """The slopes of every unit, shape (n_units, T + 1)."""
        rows = [np.array(activation.slopes) for activation in self.activations]
        return self._table(rows, int(self.n_pieces.max()), 0.0)

    @cached_property
    def _constants(self) -> Enclosure:
        """The constants of every unit, shape (n_units, T + 1)."""
        parts = [activation.float_constants for activation in self.activations]
        width = int(self.n_pieces.max())
        value = self._table([part.value for part in parts], width, 0.0)
        return Enclosure(value, self._table([part.error for part in parts], width, 0.0))

    def __call__(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Evaluate in floats: (..., n_rows) to (..., n_units)."""
        if self.is_identity:
            return rows
        if self.is_relu:
            return np.maximum(rows, 0.0)
        flat = rows.reshape(-1, self.n_rows).T
        pieces, units = self.likely_pieces(flat), np.arange(self.n_units)[:, None]
        values = self._slopes[units, pieces] * flat + self._constants.value[units, pieces]
        return values.T.reshape(rows.shape)

    @QUIET
    def enclose(self, rows: Enclosure) -> Enclosure:
        """Evaluate on enclosures of the rows: the result holds for all numbers they enclose."""
        bounded = np.isfinite(rows.value) & np.isfinite(rows.error)
        if self.is_identity:
            return Enclosure(np.where(bounded, rows.value, 0.0), np.where(bounded, rows.error, np.inf))
        if self.is_relu:
            off = rows.value <= -rows.error
            return Enclosure(
                np.where(bounded & ~off, rows.value, 0.0).clip(min=0.0),
                np.where(bounded, np.where(off, 0.0, rows.error), np.inf),
            )
        first = self.likely_pieces(np.nextafter(rows.value - rows.error, -np.inf))
        last = self.likely_pieces(np.nextafter(rows.value + rows.error, np.inf))
        steepest = np.zeros(rows.value.shape)
        for t, slopes in enumerate(np.abs(self._slopes).T):
            touched = (first <= t) & (t <= last)
            steepest = np.where(touched, np.maximum(steepest, slopes[:, None]), steepest)
        result = self.on_pieces(Enclosure.exact(rows.value), self.likely_pieces(rows.value))
        spread = np.where(steepest == 0.0, 0.0, steepest * rows.error * (1.0 + gamma(2)))
        spread += np.where((steepest != 0.0) & (steepest != 1.0) & (rows.error != 0.0), TINY, 0.0)
        error = (result.error + spread) * (1.0 + gamma(1))
        return Enclosure(np.where(bounded, result.value, 0.0), np.where(bounded, error, np.inf))

    def signs(self, rows: Enclosure) -> Signs:
        """Return the signs of all switches where the rows are certain enough.

        The subtraction rounds, but rounding is monotonic: a difference that is larger than the bound in floats is
        larger exactly, and one that is zero in floats is zero.
        """
        value, error = rows.value[self.switch_units], rows.error[self.switch_units]
        return Enclosure(value - self.breakpoints[:, None], error).sign()

    def exact_signs(self, rows: RationalMatrix) -> Signs:
        """Return the exact signs of all switches, by value and then by derivative."""
        last = rows.ncols() - 1
        signs = np.zeros(self.n_switches, dtype=np.int8)
        for switch, unit in enumerate(self.switch_units.tolist()):
            value, kink = rows[unit, last], rational(self.breakpoints[switch])
            signs[switch] = int(value > kink) - int(value < kink)
            if last and not signs[switch]:
                signs[switch] = int(rows[unit, 0] > 0) - int(rows[unit, 0] < 0)
        return signs

    def pieces(self, signs: Signs) -> Patterns:
        """Return how many switches of every unit are positive."""
        if self._each == 1:
            return (signs > 0).astype(self.piece_type)
        if self._each is not None:
            each = (signs > 0).reshape(*signs.shape[:-1], self.n_units, self._each)
            return np.asarray(each.sum(axis=-1, dtype=self.piece_type))
        counts = np.zeros((*signs.shape[:-1], self.n_switches + 1), dtype=np.int64)
        np.cumsum(signs > 0, axis=-1, out=counts[..., 1:])
        return (counts[..., self._first[1:]] - counts[..., self._first[:-1]]).astype(self.piece_type)

    def sides(self, pieces: Pieces) -> Signs:
        """Return 1 for the switches below the pieces and -1 for the others."""
        number = np.arange(self.n_switches) - self._first[self.switch_units]
        return np.where(pieces[self.switch_units] > number, 1, -1).astype(np.int8)

    def allow(self, signs: Signs, pieces: Pieces) -> NDArray[np.bool_]:
        """Tell where no switch has the sign opposite to the one that the pieces need."""
        return np.asarray((signs * self.sides(pieces) >= 0).all(axis=-1))

    @QUIET
    def on_pieces(self, rows: Enclosure, pieces: Pieces) -> Enclosure:
        """Apply the affine function of the given pieces to values, wherever they lie."""
        if self.is_identity:
            return rows
        if self.is_relu:
            return _where(pieces > 0, rows)
        units = np.arange(self.n_units)[:, None]
        linear = _times(self._slopes[units, pieces], rows)
        return _plus(linear, self._constants[units, pieces])

    @QUIET
    def forms_on_pieces(self, rows: Enclosure, pieces: Pieces) -> Enclosure:
        """Apply the affine function of the given pieces to forms."""
        if self.is_identity:
            return rows
        if self.is_relu:
            return _where((pieces > 0)[:, :, None], rows)
        units = np.arange(self.n_units)[:, None]
        result = _times(self._slopes[units, pieces][:, :, None], rows)
        constant = _plus(result[:, :, -1], self._constants[units, pieces])
        result.value[:, :, -1], result.error[:, :, -1] = constant.value, constant.error
        return result

    def exactly_on_pieces(self, rows: RationalMatrix, pieces: Pieces) -> RationalMatrix:
        """Apply the affine function of the given pieces in rationals."""
        if self.is_identity:
            return rows
        last = rows.ncols() - 1
        result = RationalMatrix(self.n_units, last + 1)
        for unit, piece in enumerate(pieces.tolist()):
            activation = self.activations[unit]
            slope, constant = activation.exact_slopes[piece], activation.constants[piece]
            if slope != 0:
                for column in range(last + 1):
                    result[unit, column] = slope * rows[unit, column]
            if constant != 0:
                result[unit, last] += constant
        return result

    def likely_pieces(self, rows: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return how many breakpoints lie strictly below floats: (n_rows, N) to (n_units, N)."""
        pieces = np.zeros(rows.shape, dtype=np.int64)
        for kinks in self._kinks.T:
            pieces += rows > kinks[:, None]
        return pieces

    def beside(self, signs: Signs, switch: int, piece: int) -> tuple[Signs, Signs]:
        """Give the switch the sign it has on the piece, and the other one across."""
        own, across = signs.copy(), signs.copy()
        own[switch] = 1 if piece > switch - self._first[self.switch_units[switch]] else -1
        across[switch] = -own[switch]
        return own, across

    def switch_forms(
        self, rows: Enclosure, pieces: Pieces, switches: NDArray[np.int64], columns: NDArray[np.int64]
    ) -> Enclosure:
        """Return rows minus breakpoints."""
        units, shift = self.switch_units[switches], self.breakpoints[switches]
        value, error = rows.value[units, columns], rows.error[units, columns]
        if shift.any():
            error[:, -1] += gamma(1) * (np.abs(value[:, -1]) + np.abs(shift)) * (shift != 0.0)
            value[:, -1] -= shift
        return Enclosure(value, error)

    def exact_switch_form(self, rows: RationalMatrix, pieces: Pieces, switch: int) -> list[Rational]:
        """Return the row of a switch minus its breakpoint."""
        unit = int(self.switch_units[switch])
        form = [rows[unit, column] for column in range(rows.ncols())]
        form[-1] -= rational(self.breakpoints[switch])
        return form

    def rows_behind(self, units: NDArray[np.bool_], pieces: Pieces) -> NDArray[np.bool_]:
        """Tell which units have a slope on their pieces."""
        return np.asarray(units & (self._slopes[np.arange(self.n_units), pieces] != 0.0))


def _where(active: NDArray[np.bool_], rows: Enclosure) -> Enclosure:
    return Enclosure(np.where(active, rows.value, 0.0), np.where(active, rows.error, 0.0))


def _times(slope: NDArray[np.float64], x: Enclosure) -> Enclosure:
    """Enclose slope times x, elementwise."""
    value = slope * x.value
    error = np.where(slope == 0.0, 0.0, np.abs(slope) * x.error)
    rounded = (np.abs(slope) != 1.0) & (slope != 0.0) & ((x.value != 0.0) | (x.error != 0.0))
    rounding = gamma(2) * (np.abs(value) + error) + 4.0 * TINY
    return Enclosure(np.where(slope == 0.0, 0.0, value), error + np.where(rounded, rounding, 0.0))


def _plus(linear: Enclosure, constant: Enclosure) -> Enclosure:
    """Enclose a sum, elementwise."""
    value = linear.value + constant.value
    rounded = (linear.value != 0.0) & (constant.value != 0.0)
    rounding = np.where(rounded, gamma(2) * (np.abs(linear.value) + np.abs(constant.value)), 0.0)
    return Enclosure(value, (linear.error + constant.error + rounding) * (1.0 + gamma(4)))
