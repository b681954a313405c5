"""What half-spaces describe, by trying all sets of n of them, in the standard library's fractions and nothing else.

A row ``(a, c)`` means ``a . x + c >= 0``, as in the package.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

Row = Sequence[Any]
Point = tuple[Fraction, ...]

FAR = 10**6
"""Rows of small integers in dimension 3 or less have no vertex beyond this, and no bounded set reaches it."""


def value(row: Row, point: Sequence[Any]) -> Fraction:
    return sum((Fraction(a) * Fraction(x) for a, x in zip(row[:-1], point, strict=True)), Fraction(row[-1]))


def solution(rows: Sequence[Row]) -> Point | None:
    """The point at which n rows in dimension n vanish, None unless there is exactly one."""
    table = [[Fraction(entry) for entry in row] for row in rows]
    dim = len(table)
    for column in range(dim):
        pivot = next((i for i in range(column, dim) if table[i][column] != 0), None)
        if pivot is None:
            return None
        table[column], table[pivot] = table[pivot], table[column]
        table[column] = [entry / table[column][column] for entry in table[column]]
        for i in range(dim):
            factor = table[i][column]
            if i != column and factor != 0:
                table[i] = [a - factor * b for a, b in zip(table[i], table[column], strict=True)]
    return tuple(-row[-1] for row in table)


def vertices(rows: Sequence[Row]) -> set[Point]:
    """All points of the set at which n independent rows vanish."""
    dim = len(rows[0]) - 1
    found = set()
    for chosen in itertools.combinations(rows, dim):
        point = solution(chosen)
        if point is not None and point not in found and all(value(row, point) >= 0 for row in rows):
            found.add(point)
    return found


def affine_rank(points: Sequence[Sequence[Any]]) -> int:
    """Dimension of the affine hull of points; -1 if there are none."""
    if not points:
        return -1
    start = [Fraction(x) for x in points[0]]
    table = [[Fraction(x) - y for x, y in zip(point, start, strict=True)] for point in points[1:]]
    rank = 0
    for column in range(len(start)):
        pivot = next((i for i in range(rank, len(table)) if table[i][column] != 0), None)
        if pivot is None:
            continue
        table[rank], table[pivot] = table[pivot], table[rank]
        for i in range(rank + 1, len(table)):
            factor = table[i][column] / table[rank][column]
            table[i] = [a - factor * b for a, b in zip(table[i], table[rank], strict=True)]
        rank += 1
    return rank


def box_rows(lower: Sequence[Any], upper: Sequence[Any]) -> list[list[Fraction]]:
    """The rows of a box."""
    dim = len(lower)
    unit = [[Fraction(int(i == j)) for j in range(dim)] for i in range(dim)]
    below = [[*unit[i], -Fraction(lower[i])] for i in range(dim)]
    return below + [[*(-x for x in unit[i]), Fraction(upper[i])] for i in range(dim)]


def kind(rows: Sequence[Row]) -> str:
    """``empty``, ``flat``, ``unbounded`` or ``polytope``, for rows of small integers in dimension 3 or less."""
    dim = len(rows[0]) - 1
    found = vertices([*rows, *box_rows([-FAR] * dim, [FAR] * dim)])
    if not found:
        return "empty"
    if affine_rank(list(found)) < dim:
        return "flat"
    return "unbounded" if any(abs(x) == FAR for point in found for x in point) else "polytope"


def facets(rows: Sequence[Row]) -> set[tuple[Fraction, ...]]:
    """The rows that touch a polytope in dimension n - 1, divided by their largest coefficient."""
    corners = vertices(rows)
    found = set()
    for row in rows:
        size = max(abs(Fraction(entry)) for entry in row[:-1])
        touching = [point for point in corners if value(row, point) == 0]
        if size and affine_rank(touching) == len(row) - 2:
            found.add(tuple(Fraction(entry) / size for entry in row))
    return found


def centre(points: Sequence[Point]) -> list[Fraction]:
    """The mean, which lies strictly inside if the points have a full-dimensional hull."""
    return [sum(column, Fraction(0)) / len(points) for column in zip(*points, strict=True)]


@st.composite
def small_rows(draw: st.DrawFn, dim: int, most: int = 7, bound: int = 3) -> list[list[int]]:
    """Rows of small integers: zero rows, repeated, opposite and parallel rows and rows through one point are normal."""
    entries = st.integers(-bound, bound)
    table: list[list[int]] = []
    for _ in range(draw(st.integers(1, most))):
        how = draw(st.sampled_from(("free", "free", "free", "through", "scaled", "opposite", "parallel", "zero")))
        known = draw(st.sampled_from(table)) if table else None
        if how == "zero":
            row = [*([0] * dim), draw(entries)]
        elif known is None or how in ("free", "through"):
            row = [*draw(st.lists(entries, min_size=dim, max_size=dim)), 0 if how == "through" else draw(entries)]
        elif how == "scaled":
            row = [draw(st.integers(2, 3)) * entry for entry in known]
        elif how == "opposite":
            row = [-entry for entry in known]
        else:
            row = [*known[:-1], draw(entries)]
        table.append([max(-9, min(9, entry)) for entry in row])
    return table


@st.composite
def boxed_rows(draw: st.DrawFn, dim: int, most: int = 5, bound: int = 3) -> list[list[Fraction]]:
    """Small rows and a box of side 4, so that the set is bounded; it may be empty or flat."""
    return [*draw(small_rows(dim, most, bound)), *box_rows([-2] * dim, [2] * dim)]
