"""Proofs in whole numbers that an affine function is nowhere positive in a cell.

A *row* is a form of n + 1 integers without a common divisor.  Positive multiples of a goal and of rows that add up to a
form which is nowhere positive in the box around K show that the goal is nowhere positive where the rows are: Farkas'
lemma, with room for multipliers of few digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Rational, RationalMatrix, rational
from polyregions.arithmetic.portable import primitive
from polyregions.errors import BrokenInvariant
from polyregions.geometry.lp import Answer, LinearProgram
from polyregions.geometry.polytope import Polytope
from polyregions.geometry.simplex import Maximum, Ray, maximize_exactly, multipliers_of

DIGITS = (6, 16, 32, 53)
"""Numbers of bits to which the solver's multipliers are rounded, until some prove the goal."""

FAR = 1e300


@dataclass(frozen=True, slots=True, eq=False)
class IntegerRow:
    """A row, and nearly the same in floats.

    Attributes
    ----------
    integers : tuple of int, length n + 1
    floats : numpy.ndarray, shape (n + 1,)
        The row divided by ``2**bits``; the largest coefficient lies in [1/2, 1], or is zero.
    bits : int
    """

    integers: tuple[int, ...]
    floats: NDArray[np.float64]
    bits: int

    @classmethod
    def of(cls, form: Sequence[Rational]) -> IntegerRow:
        """Write a form as a row."""
        integers = primitive(form)
        *slope, constant = integers
        bits = max(abs(entry) for entry in slope).bit_length()
        far = constant.bit_length() - bits > 1000
        last = (FAR if constant > 0 else -FAR) if far else constant / (1 << bits)
        return cls(integers, np.array([*(entry / (1 << bits) for entry in slope), last]), bits)

    @property
    def exact(self) -> list[Rational]:
        """The row as rationals."""
        return [rational(entry) for entry in self.integers]

    def value(self, point: Sequence[Rational]) -> Rational:
        """Return the exact value at a point."""
        slope = zip(self.integers, point, strict=False)
        return sum((rational(entry) * x for entry, x in slope), rational(self.integers[-1]))


@dataclass(frozen=True, slots=True)
class Refutation:
    """Positive multipliers of the goal, and of some rows by their position."""

    goal: int
    rows: dict[int, int]


class Refuter:
    """Decides whether goals are positive somewhere inside cells of a domain.

    Parameters
    ----------
    domain : Polytope
    """

    def __init__(self, domain: Polytope) -> None:
        self._dim, self._program = domain.dim, LinearProgram(domain.lower, domain.upper)
        bounds = [rational(bound) for bound in (*domain.lower.tolist(), *domain.upper.tolist())]
        scaled = primitive([*bounds, rational(1)])
        self._unit = scaled[-1]
        self._box = list(zip(scaled[: domain.dim], scaled[domain.dim : -1], strict=True))
        self._box_rows = box_rows(domain)

    def settle(
        self, goal: IntegerRow, rows: Sequence[IntegerRow], inside: Sequence[Rational]
    ) -> Refutation | list[Rational]:
        """Prove that a goal is nowhere positive where all rows are, or find a point where all are.

        Parameters
        ----------
        goal : IntegerRow
        rows : sequence of IntegerRow
            Those that make the cell, without those of the box.
        inside : sequence of Rational, length n
            A point at which all rows are positive.
        """
        if self._nowhere_positive([(goal, 1)]):
            return Refutation(1, {})
        if not any(goal.integers[:-1]):
            return list(inside)
        self._program.set_rows(rows, [row.floats for row in rows])
        answer = self._program.maximize(goal.floats[:-1])
        if answer is not None and float(goal.floats[:-1] @ answer.point + goal.floats[-1]) <= 0.0:
            for bits in DIGITS:
                refutation = _rounded(goal, rows, answer.multipliers, bits)
                parts = [(goal, refutation.goal), *((rows[i], times) for i, times in refutation.rows.items())]
                if self._nowhere_positive(parts):
                    return refutation
        return self._settle_exactly(goal, rows, inside, self._hint(answer))

    def likely_highest(self, goal: IntegerRow, rows: Sequence[IntegerRow]) -> NDArray[np.float64] | None:
        """Return a point of the closed cell at which the goal is largest, as the solver says; None if it does not."""
        self._program.set_rows(rows, [row.floats for row in rows])
        answer = self._program.maximize(goal.floats[:-1])
        return None if answer is None else answer.point

    def highest(self, goal: IntegerRow, rows: Sequence[IntegerRow], inside: Sequence[Rational]) -> list[Rational]:
        """Return a point of the closed cell at which the goal is largest, exactly."""
        self._program.set_rows(rows, [row.floats for row in rows])
        hint = self._hint(self._program.maximize(goal.floats[:-1]))
        return self._maximum(self._matrix(rows), goal.exact, inside, hint).point

    def _nowhere_positive(self, parts: Sequence[tuple[IntegerRow, int]]) -> bool:
        """Tell whether multiples of rows add up to a form that is nowhere positive in the box."""
        *slope, constant = (
            sum(times * row.integers[i] for row, times in parts) for i in range(len(parts[0][0].integers))
        )
        highest = sum(max(a * low, a * high) for a, (low, high) in zip(slope, self._box, strict=True))
        return highest + constant * self._unit <= 0

    def _hint(self, answer: Answer | None) -> list[int] | None:
        """Return the rows, after those of the box, that are active at the solver's vertex."""
        if answer is None:
            return None
        at_rows, at_lower, at_upper = self._program.active()
        hint = [*at_lower, *(self._dim + i for i in at_upper), *(2 * self._dim + i for i in at_rows)]
        return hint if len(hint) == self._dim else None

    def _settle_exactly(
        self, goal: IntegerRow, rows: Sequence[IntegerRow], inside: Sequence[Rational], hint: list[int] | None
    ) -> Refutation | list[Rational]:
        objective, matrix = goal.exact, self._matrix(rows)
        if hint is not None:
            multipliers = multipliers_of(matrix, objective, hint)
            if multipliers is not None and all(multiplier >= 0 for multiplier in multipliers):
                constants = (y * matrix[row, self._dim] for row, y in zip(hint, multipliers, strict=True))
                if sum(constants, objective[-1]) <= 0:
                    return self._refutation(hint, multipliers)
        best = self._maximum(matrix, objective, inside, hint)
        if best.value <= 0:
            return self._refutation(best.active, best.multipliers)
        start = goal.value(inside)
        share = rational(1) / 2 if start >= best.value else best.value / (best.value - start) / 2
        share = min(share, rational(1) / 2)
        return [top + share * (x - top) for top, x in zip(best.point, inside, strict=True)]

    def _matrix(self, rows: Sequence[IntegerRow]) -> RationalMatrix:
        table = [*self._box_rows, *(row.exact for row in rows)]
        return RationalMatrix(len(table), self._dim + 1, [entry for row in table for entry in row])

    def _maximum(
        self, matrix: RationalMatrix, objective: list[Rational], inside: Sequence[Rational], hint: list[int] | None
    ) -> Maximum:
        best = maximize_exactly(matrix, objective, list(inside), hint)
        if isinstance(best, Ray):
            raise BrokenInvariant("an affine function grows for ever inside a box; please report this network")
        return best

    def _refutation(self, active: list[int], multipliers: list[Rational]) -> Refutation:
        """Write multipliers as whole numbers; the box needs none."""
        pairs = [(row, y) for row, y in zip(active, multipliers, strict=True) if row >= 2 * self._dim and y != 0]
        goal, *times = primitive([rational(1), *(y for _, y in pairs)])
        return Refutation(goal, {row - 2 * self._dim: y for (row, _), y in zip(pairs, times, strict=True)})


def box_rows(domain: Polytope) -> list[list[Rational]]:
    """Return the box around a domain as forms: lower bounds, then upper bounds."""
    return [
        [rational(sign * int(i == j)) for j in range(domain.dim)] + [-sign * rational(bound)]
        for sign, bounds in ((1, domain.lower), (-1, domain.upper))
        for i, bound in enumerate(bounds.tolist())
    ]


def _rounded(goal: IntegerRow, rows: Sequence[IntegerRow], multipliers: NDArray[np.float64], bits: int) -> Refutation:
    """Turn multipliers of floats into whole numbers of so many significant bits, times powers of two."""
    used = np.flatnonzero(multipliers).tolist()
    mantissas, exponents = np.frexp(multipliers[used])
    whole = np.rint(np.ldexp(mantissas, bits)).astype(np.int64).tolist()
    shifts = [int(exponent) - bits + goal.bits - rows[row].bits for row, exponent in zip(used, exponents, strict=True)]
    common = max(0, -min(shifts, default=0))
    times = {row: mantissa << (shift + common) for row, mantissa, shift in zip(used, whole, shifts, strict=True)}
    return Refutation(1 << common, times)
