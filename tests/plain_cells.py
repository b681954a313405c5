"""Convex cells with their points, cut by half-spaces: the geometry of the plain enumerator, in integers and fractions.

A cell is kept as half-spaces and points whose convex hull it is; a half-space ``form >= 0`` cuts it by keeping the
points where the form is not negative and adding the points where it vanishes between two others.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Form = tuple[Fraction, ...]  # coefficients of the inputs, then the constant
Integers = tuple[int, ...]  # a form times a positive number; or a point (x * w, w) with w > 0
Marked = dict[Integers, int]  # points, each with the set of rows that vanish there, as bits of an integer
Halfspaces = Sequence[tuple[Sequence[Any], Any]]  # (normal, offset): normal . x <= offset


@dataclass(frozen=True)
class Cell:
    """A full-dimensional polytope: where `rows` are not negative, and the hull of `points`."""

    dim: int
    rows: tuple[Integers, ...]
    points: Marked

    def where(self, form: Form) -> Cell | None:
        """The part where the form is not negative; None if that has no interior."""
        row = whole(form)
        values = [dot(row, point) for point in self.points]
        if max(values) <= 0:
            return None
        if min(values) >= 0:
            return self
        return Cell(self.dim, (*self.rows, row), cut(self.dim, self.points, row, len(self.rows)))

    def centre(self) -> list[Fraction]:
        """A point strictly inside: the mean of the points."""
        places = [[Fraction(x, point[-1]) for x in point[:-1]] for point in self.points]
        return [sum(column, Fraction(0)) / len(places) for column in zip(*places, strict=True)]


def dot(a: Sequence[Any], b: Sequence[Any]) -> Any:
    return sum(x * y for x, y in zip(a, b, strict=True))


def whole(form: Sequence[Fraction]) -> Integers:
    """The form times a positive number, in integers without a common factor."""
    scale = math.lcm(*(number.denominator for number in form))
    return primitive([int(number * scale) for number in form])


def primitive(numbers: Sequence[int]) -> Integers:
    divisor = math.gcd(*numbers) or 1
    return tuple(number // divisor for number in numbers)


def cut(dim: int, points: Marked, row: Integers, number: int) -> Marked:
    """The points of the part where ``row >= 0``; `number` is the row's bit.

    Adding where the row vanishes between *any* two points would give the right hull; an edge lies in at least
    ``dim - 1`` rows, so pairs with fewer in common are skipped.  A row vanishes between two points if it does at both.
    """
    values = {point: dot(row, point) for point in points}
    kept = {point: mask | (values[point] == 0) << number for point, mask in points.items() if values[point] >= 0}
    inside = [point for point in points if values[point] > 0]
    outside = [point for point in points if values[point] < 0]
    for p, q in itertools.product(inside, outside):
        common = points[p] & points[q]
        if common.bit_count() >= dim - 1:
            between = [values[p] * y - values[q] * x for x, y in zip(p, q, strict=True)]
            kept[primitive(between)] = common | 1 << number
    return corners(kept)


def corners(points: Marked) -> Marked:
    """The vertices among the points: those where not even one other point lies on all the same rows."""
    return {
        p: mask for p, mask in points.items() if not any(mask & other == mask for q, other in points.items() if q != p)
    }


def halfspaces_of(domain: Any) -> Halfspaces:
    """A box (lower, upper), a list of (normal, offset), or anything with `exact_halfspaces`."""
    if hasattr(domain, "exact_halfspaces"):
        return domain.exact_halfspaces
    if isinstance(domain, tuple):
        lower, upper = domain
        units = [[int(i == j) for j in range(len(lower))] for i in range(len(lower))]
        return [(u, x) for u, x in zip(units, upper, strict=True)] + [
            ([-entry for entry in u], -Fraction(x)) for u, x in zip(units, lower, strict=True)
        ]
    return domain


def first_cell(domain: Any) -> Cell:
    """The domain as a cell: its vertices are the solutions of n of its equations that satisfy all inequalities."""
    rows = [whole([*(-Fraction(a) for a in normal), Fraction(b)]) for normal, b in halfspaces_of(domain)]
    dim = len(rows[0]) - 1
    points: Marked = {}
    for chosen in itertools.combinations(rows, dim):
        point = solution(chosen, dim)
        if point is not None:
            values = [dot(row, point) for row in rows]
            if min(values) >= 0:
                points[point] = sum((value == 0) << i for i, value in enumerate(values))
    return Cell(dim, tuple(rows), corners(points))


def solution(rows: Sequence[Integers], dim: int) -> Integers | None:
    """The one point where `dim` rows vanish, or None."""
    table = [[Fraction(entry) for entry in row] for row in rows]
    if len(reduce(table, dim)) < dim:
        return None
    place = [-row[-1] for row in table]
    scale = math.lcm(*(x.denominator for x in place))
    return primitive([*(int(x * scale) for x in place), scale])


def reduce(table: list[list[Fraction]], columns: int) -> list[int]:
    """Bring a table to reduced row echelon form in place; return the pivot columns (their number is the rank)."""
    pivots: list[int] = []
    for column in range(columns):
        top = len(pivots)
        found = next((i for i in range(top, len(table)) if table[i][column] != 0), None)
        if found is None:
            continue
        table[top], table[found] = table[found], table[top]
        table[top] = [entry / table[top][column] for entry in table[top]]
        for i, row in enumerate(table):
            if i != top and row[column] != 0:
                table[i] = [x - row[column] * y for x, y in zip(row, table[top], strict=True)]
        pivots.append(column)
    return pivots
