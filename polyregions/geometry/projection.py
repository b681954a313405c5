"""Shadows of polyhedra: leaving coordinates out, exactly."""

from __future__ import annotations

from collections.abc import Sequence

from polyregions.arithmetic import Rational, RationalMatrix, rational
from polyregions.errors import InvalidDomain
from polyregions.geometry.feasibility import deepest_point
from polyregions.geometry.simplex import Ray, maximize_exactly

ExactRow = list[Rational]


def solve_for(rows: Sequence[ExactRow], equations: Sequence[ExactRow], leading: int) -> list[ExactRow]:
    """Use equations to rid rows of as many of their leading coordinates as possible.

    Parameters
    ----------
    rows : sequence of rows ``(a | c)``, length d + 1 each
        Inequalities ``a . x + c >= 0``.
    equations : sequence of rows ``(a | c)``
        ``a . x + c == 0``.
    leading : int
        Number of coordinates, the first ones, to solve for.

    Returns
    -------
    list of rows
        Inequalities that hold exactly for the points whose leading coordinates can be completed to a solution; the
        coordinates that were solved for are zero in all of them.

    Raises
    ------
    InvalidDomain
        The equations contradict each other, or confine the other coordinates to a hyperplane.
    """
    if not equations:
        return [list(row) for row in rows]
    width = len(equations[0])
    reduced, rank = RationalMatrix(len(equations), width, [entry for row in equations for entry in row]).rref()
    table = reduced.tolist()[: int(rank)]
    pivots = [next(column for column, entry in enumerate(row) if entry != 0) for row in table]
    if pivots and pivots[-1] == width - 1:
        raise InvalidDomain("the domain is empty: its equalities contradict each other")
    if pivots and pivots[-1] >= leading:
        raise InvalidDomain(
            "a domain must be full-dimensional; equalities keep this one in a hyperplane. Solve them for some of the "
            "coordinates and restrict the network to the others first."
        )
    result = []
    for row in rows:
        solved = list(row)
        for pivot, equation in zip(pivots, table, strict=True):
            if solved[pivot] != 0:
                factor = solved[pivot]
                solved = [entry - factor * other for entry, other in zip(solved, equation, strict=True)]
        result.append(solved)
    return result


def shadow(rows: Sequence[ExactRow], leading: int) -> list[ExactRow]:
    """Project a polyhedron along its leading coordinates.

    Parameters
    ----------
    rows : sequence of rows ``(a | c)``, length d + 1 each
        The polyhedron is where ``a . x + c >= 0``.
    leading : int
        Number of coordinates, the first ones, to leave out.

    Returns
    -------
    list of rows, length d - leading + 1 each
        None of them is constant; no rows at all mean the whole space.

    Raises
    ------
    InvalidDomain
        The polyhedron is empty.

    Notes
    -----
    Fourier-Motzkin elimination: for each coordinate every lower bound is set against every upper bound.  Whenever that
    makes more rows than there were, the redundant ones are taken out, each by one linear program in rationals.

    Examples
    --------
    >>> from polyregions.arithmetic import rational_matrix
    >>> triangle = rational_matrix([[1, -1, 0], [-1, -1, 2], [0, 1, 0]])  # t >= s, t <= 2 - s, s >= 0
    >>> shadow(triangle.tolist(), leading=1)
    [[1, 0], [-1, 1]]
    """
    remaining = distinct(rows)
    if not remaining:
        return []
    point, depth = deepest_point(_matrix(remaining))
    if depth < 0:
        raise InvalidDomain("the domain is empty: its constraints contradict each other")
    left = leading
    while left:
        column = min(range(left), key=lambda i: _growth(remaining, i))
        grows = _growth(remaining, column) > 0
        remaining = distinct(_without(remaining, column))
        del point[column]
        left -= 1
        if grows and left:
            remaining = pruned(remaining, point)
    return remaining


def distinct(rows: Sequence[ExactRow]) -> list[ExactRow]:
    """Scale all rows alike and keep the strongest of those that differ in their constant only.

    Raises
    ------
    InvalidDomain
        A row without gradient is negative.
    """
    strongest: dict[tuple[Rational, ...], Rational] = {}
    for row in rows:
        size = max((abs(entry) for entry in row[:-1]), default=rational(0))
        if size == 0:
            if row[-1] < 0:
                raise InvalidDomain("the domain is empty: its constraints contradict each other")
            continue
        gradient, constant = tuple(entry / size for entry in row[:-1]), row[-1] / size
        strongest[gradient] = min(strongest.get(gradient, constant), constant)
    return [[*gradient, constant] for gradient, constant in strongest.items()]


def pruned(rows: Sequence[ExactRow], point: list[Rational]) -> list[ExactRow]:
    """Leave out rows that follow from the others, which hold at a point."""
    kept = list(rows)
    for row in rows:
        others = [other for other in kept if other is not row]
        if not others:
            break
        best = maximize_exactly(_matrix(others), [-entry for entry in row], point)
        if not isinstance(best, Ray) and best.value <= 0:
            kept = others
    return kept


def _without(rows: Sequence[ExactRow], column: int) -> list[ExactRow]:
    lower = [[entry / row[column] for entry in row] for row in rows if row[column] > 0]
    upper = [[entry / -row[column] for entry in row] for row in rows if row[column] < 0]
    combined = [row for row in rows if row[column] == 0]
    combined += [[a + b for a, b in zip(low, high, strict=True)] for low in lower for high in upper]
    return [row[:column] + row[column + 1 :] for row in combined]


def _growth(rows: Sequence[ExactRow], column: int) -> int:
    """How many rows more there are when a coordinate is eliminated."""
    lower = sum(row[column] > 0 for row in rows)
    upper = sum(row[column] < 0 for row in rows)
    return lower * upper - lower - upper


def _matrix(rows: Sequence[ExactRow]) -> RationalMatrix:
    return RationalMatrix(len(rows), len(rows[0]), [entry for row in rows for entry in row])
