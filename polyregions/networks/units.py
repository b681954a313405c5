"""What the units of a layer do with its rows.

A *row* of a layer is an affine function of its sources.  Its *units* make the layer's outputs from the rows: an
activation of one row each (`Elementwise`), or the largest of several rows (`Maximum`).  A unit is in one of its
*pieces*, on each of which it is affine in the rows.  Pieces are told apart by *switches*: functions whose exact signs
say in which piece every unit is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Enclosure, Rational, RationalMatrix

MOST_PIECES = 65536
"""Patterns hold the piece of a unit in one byte, or two if a unit of the network has more than 256 pieces."""

Signs = NDArray[np.int8]
Pieces = NDArray[np.integer[Any]]
Patterns = NDArray[np.unsignedinteger[Any]]


class Units(ABC):
    """The units of a layer; one kind for all.

    Attributes
    ----------
    n_rows, n_units : int
    switch_units : numpy.ndarray of int, shape (n_switches,)
        The unit of every switch, ascending.
    n_pieces : numpy.ndarray of int, shape (n_units,)
    """

    n_rows: int
    n_units: int
    switch_units: NDArray[np.int64]
    n_pieces: NDArray[np.int64]

    @property
    def n_switches(self) -> int:
        """Number of switches of all units together."""
        return len(self.switch_units)

    @cached_property
    def piece_type(self) -> type[np.unsignedinteger[Any]]:
        """The smallest type that holds the pieces."""
        return np.uint8 if self.n_pieces.max() <= 256 else np.uint16

    @abstractmethod
    def __call__(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Evaluate in floats: (..., n_rows) to (..., n_units)."""

    @abstractmethod
    def enclose(self, rows: Enclosure) -> Enclosure:
        """Evaluate on enclosures of the rows: (n_rows, N) to (n_units, N)."""

    @abstractmethod
    def signs(self, rows: Enclosure) -> Signs:
        """Return the signs of all switches where the rows are certain enough, else `UNDECIDED`: (n_switches, N)."""

    @abstractmethod
    def exact_signs(self, rows: RationalMatrix) -> Signs:
        """Return the exact signs of all switches, shape (n_switches,).

        Parameters
        ----------
        rows : RationalMatrix, shape (n_rows, 1) or (n_rows, 2)
            Values at a point in the last column; if there are two, the derivatives in a direction in the first one,
            which decide where the values do not.
        """

    @abstractmethod
    def pieces(self, signs: Signs) -> Patterns:
        """Return the piece of every unit from the signs of its switches: (..., n_switches) to (..., n_units)."""

    @abstractmethod
    def sides(self, pieces: Pieces) -> Signs:
        """Return the sign that switches have inside a region with these pieces, unless they vanish: (n_switches,)."""

    @abstractmethod
    def allow(self, signs: Signs, pieces: Pieces) -> NDArray[np.bool_]:
        """Tell where signs, (N, n_switches), leave these pieces possible if zero may count as either side: (N,)."""

    @abstractmethod
    def on_pieces(self, rows: Enclosure, pieces: Pieces) -> Enclosure:
        """Apply the affine function of the given pieces to values: (n_rows, N), (n_units, N) to (n_units, N)."""

    @abstractmethod
    def forms_on_pieces(self, rows: Enclosure, pieces: Pieces) -> Enclosure:
        """Apply it to forms: rows of shape (n_rows, R, n + 1) and pieces (n_units, R) to (n_units, R, n + 1)."""

    @abstractmethod
    def exactly_on_pieces(self, rows: RationalMatrix, pieces: Pieces) -> RationalMatrix:
        """Apply it in rationals: rows of shape (n_rows, k), constants belong to the last column, pieces (n_units,)."""

    @abstractmethod
    def likely_pieces(self, rows: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the pieces that floats suggest: (n_rows, N) to (n_units, N)."""

    @abstractmethod
    def beside(self, signs: Signs, switch: int, piece: int) -> tuple[Signs, Signs]:
        """Complete signs near a wall: on the side where the unit of a switch has a given piece, and across."""

    @abstractmethod
    def switch_forms(
        self, rows: Enclosure, pieces: Pieces, switches: NDArray[np.int64], columns: NDArray[np.int64]
    ) -> Enclosure:
        """Return q switches as forms where the pieces hold, shape (q, n + 1).

        Parameters
        ----------
        rows : Enclosure, shape (n_rows, R, n + 1)
        pieces : numpy.ndarray of int, shape (n_units, R)
        switches, columns : numpy.ndarray of int, shape (q,)
            Which switches, and where: numbers below R.
        """

    @abstractmethod
    def exact_switch_form(self, rows: RationalMatrix, pieces: Pieces, switch: int) -> list[Rational]:
        """Return one switch as an exact form where the pieces hold."""

    @abstractmethod
    def rows_behind(self, units: NDArray[np.bool_], pieces: Pieces) -> NDArray[np.bool_]:
        """Tell which rows some units, (R, n_units), depend on with the given pieces, (R, n_units): (R, n_rows)."""
