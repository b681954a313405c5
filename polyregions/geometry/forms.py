"""Affine functions over a bounded domain, in floats with one error bound each, and exactly on demand.

A *form* ``g(x) = a . x + c`` is stored as the row ``(a, c)``.  Only its sign matters here, so every row is scaled by a
power of two.  Over the domain's bounding box the float row and its evaluation in floats, summed in any order, differ
from the exact form by at most ``error``; ``size`` bounds ``sum |a_i x_i| + |c|``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import UNDECIDED, Enclosure, Rational, RationalMatrix, nearest_floats, scaled_floats
from polyregions.arithmetic.enclosure import UNIT, gamma

COARSE = 2.0**-24
"""A float row whose coefficients may be off by more than this, relative to its largest, is made anew from rationals."""


class Forms:
    """Affine functions over a box, as float rows with error bounds; rows that floats cannot hold come from rationals.

    Parameters
    ----------
    rows : Enclosure, shape (q, n + 1)
        Coefficients and constants.
    reach : numpy.ndarray, shape (n + 1,)
        Bounds of ``|x_i|`` over the domain, and 1 for the constant.
    exact : callable
        Returns the exact rows, a RationalMatrix of shape (q, n + 1); called when needed, once.

    Attributes
    ----------
    rows : numpy.ndarray, shape (q, n + 1)
        Scaled so that the largest coefficient of each row lies in [1/2, 1], or zero.
    error, size : numpy.ndarray, shape (q,)
        See the module.
    constant_sign : numpy.ndarray of int8, shape (q,)
        For forms whose exact gradient is zero, their sign; else `UNDECIDED`.
    """

    __slots__ = ("_exact", "_make_exact", "constant_sign", "error", "rows", "size")

    def __init__(self, rows: Enclosure, reach: NDArray[np.float64], exact: Callable[[], RationalMatrix]) -> None:
        self._make_exact = exact
        self._exact: RationalMatrix | None = None
        largest = np.abs(rows.value[:, :-1]).max(axis=1, initial=0.0)
        slack = rows.error[:, :-1].max(axis=1, initial=0.0)
        usable = (largest > 2.0**-400) & (largest < 2.0**400) & (slack <= COARSE * largest)
        usable &= (np.abs(rows.value[:, -1]) < 2.0**500) & (rows.error[:, -1] < 2.0**500)
        still = (largest == 0.0) & (slack == 0.0)
        self.constant_sign = np.full(len(largest), UNDECIDED, dtype=np.int8)
        if still.any():
            self.constant_sign[still] = rows[:, -1].sign()[still]
            usable |= still & (self.constant_sign != UNDECIDED)
        scale = np.where(still, 1.0, np.ldexp(1.0, -np.frexp(np.where(usable, largest, 1.0))[1]))
        self.rows = rows.value * scale[:, None]
        error = rows.error * scale[:, None]
        if not usable.all():
            self._take_exact_rows(np.flatnonzero(~usable), error)
        terms = len(reach) + 2
        self.size = np.abs(self.rows) @ reach * (1.0 + gamma(terms))
        self.error = (error @ reach + gamma(terms) * self.size) * (1.0 + gamma(terms))
        self.error += 2.0**-500 + 2.0**-990 * reach.sum()  # underflow

    @classmethod
    def of_rows(cls, rows: RationalMatrix, reach: NDArray[np.float64]) -> Forms:
        """Take exact rows, shape (q, n + 1)."""
        value = nearest_floats(rows)
        return cls(Enclosure(value, 2.0 * UNIT * np.abs(value) + 2.0**-1074), reach, lambda: rows)

    def _take_exact_rows(self, indices: NDArray[np.int64], error: NDArray[np.float64]) -> None:
        for index in indices.tolist():
            row = self.exact_row(index)
            gradient, constant = row[:-1], row[-1]
            if any(entry != 0 for entry in gradient):
                exponent = max(scaled_floats(gradient)[1], scaled_floats(row)[1] - 900)
                scaled = [entry / 2**exponent if exponent >= 0 else entry * 2**-exponent for entry in row]
                self.rows[index] = [float(int(entry.p) / int(entry.q)) for entry in scaled]
                error[index] = UNIT * np.abs(self.rows[index]) + 2.0**-1000
            else:
                self.constant_sign[index] = int(constant > 0) - int(constant < 0)
                self.rows[index], error[index] = 0.0, 0.0

    @property
    def exact(self) -> RationalMatrix:
        """The exact rows, not scaled."""
        if self._exact is None:
            self._exact = self._make_exact()
        return self._exact

    def exact_row(self, index: int) -> list[Rational]:
        """Return one exact row, not scaled."""
        exact = self.exact
        return [exact[index, column] for column in range(exact.ncols())]

    def signs_at(self, points: NDArray[np.float64]) -> NDArray[np.int8]:
        """Return the certain signs at points of the domain's box; 0 says nothing.

        Parameters
        ----------
        points : numpy.ndarray, shape (k, n)

        Returns
        -------
        numpy.ndarray of int8, shape (k, q)
        """
        values = points @ self.rows[:, :-1].T + self.rows[:, -1]
        return (values > self.error).astype(np.int8) - (values < -self.error)


@dataclass(frozen=True, slots=True)
class Row:
    """One side of a form: the half-space ``sign * form >= 0``, and what it is called."""

    forms: Forms
    index: int
    sign: int
    label: int

    def exact(self) -> list[Rational]:
        """Return the exact row, oriented so that it is non-negative inside."""
        return [self.sign * entry for entry in self.forms.exact_row(self.index)]


@dataclass(frozen=True, slots=True)
class System:
    """A conjunction of rows: the points of the domain's box where every row is non-negative.

    Attributes
    ----------
    rows : tuple of Row, length k
    floats : numpy.ndarray, shape (k, n + 1)
        Oriented so that they are non-negative inside.
    error, size : numpy.ndarray, shape (k,)
    """

    rows: tuple[Row, ...]
    floats: NDArray[np.float64]
    error: NDArray[np.float64]
    size: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Sequence[Row], dim: int) -> System:
        """Collect rows."""
        floats = np.array([row.sign * row.forms.rows[row.index] for row in rows]).reshape(len(rows), dim + 1)
        error = np.array([row.forms.error[row.index] for row in rows], dtype=np.float64)
        size = np.array([row.forms.size[row.index] for row in rows], dtype=np.float64)
        return cls(tuple(rows), floats, error, size)

    def extended(self, row: Row) -> System:
        """Add one row."""
        floats = np.concatenate([self.floats, row.sign * row.forms.rows[row.index : row.index + 1]])
        error = np.concatenate([self.error, row.forms.error[row.index : row.index + 1]])
        size = np.concatenate([self.size, row.forms.size[row.index : row.index + 1]])
        return System((*self.rows, row), floats, error, size)

    def without(self, position: int) -> System:
        """Leave out one row."""
        keep = np.arange(len(self.rows)) != position
        rows = self.rows[:position] + self.rows[position + 1 :]
        return System(rows, self.floats[keep], self.error[keep], self.size[keep])

    def contains(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell for points of the domain's box, shape (k, n), whether they certainly lie strictly inside all rows."""
        values = points @ self.floats[:, :-1].T + self.floats[:, -1]
        inside: NDArray[np.bool_] = np.all(values > self.error, axis=1)
        return inside
