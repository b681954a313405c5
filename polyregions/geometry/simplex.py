"""Exact linear programming in rationals: a primal simplex method on active sets, with Bland's rule.

Slow and always right; it starts from a point that is known to be feasible, so there is no first phase.
"""

from __future__ import annotations

from dataclasses import dataclass

from polyregions.arithmetic import Rational, RationalMatrix, rational, solve


@dataclass(frozen=True)
class Maximum:
    """A vertex at which an affine function is largest, with the proof.

    Attributes
    ----------
    value : Rational
    point : list of Rational, length n
    active : list of int, length n
        Rows that vanish at the point.
    multipliers : list of Rational, length n
        Non-negative; ``objective + sum multipliers[i] * row[active[i]]`` is the constant `value`.
    """

    value: Rational
    point: list[Rational]
    active: list[int]
    multipliers: list[Rational]


@dataclass(frozen=True)
class Ray:
    """A direction in which the function grows for ever inside the polyhedron."""

    direction: list[Rational]


def multipliers_of(rows: RationalMatrix, objective: list[Rational], active: list[int]) -> list[Rational] | None:
    """Return y with ``gradient(objective) + sum y_i gradient(row_i) == 0`` over n independent rows, else None."""
    dim = rows.ncols() - 1
    transposed = RationalMatrix(dim, dim, [rows[row, column] for column in range(dim) for row in active])
    solution = solve(transposed, RationalMatrix(dim, 1, [-entry for entry in objective[:-1]]))
    return None if solution is None else list(solution.entries())


def maximize_exactly(
    rows: RationalMatrix, objective: list[Rational], start: list[Rational], hint: list[int] | None = None
) -> Maximum | Ray:
    """Maximise an affine function over the polyhedron where all rows are non-negative.

    Parameters
    ----------
    rows : RationalMatrix, shape (m, n + 1)
        Forms ``(a | c)``; the polyhedron is ``a . x + c >= 0`` for every row.
    objective : list of Rational, length n + 1
    start : list of Rational, length n
        A point of the polyhedron.
    hint : list of int, optional
        n rows that may be active at an optimal vertex, for example from a float solver.

    Returns
    -------
    Maximum or Ray
        A ray also if the polyhedron has no vertex (it contains a line) along which the function grows or is constant.

    Notes
    -----
    Bland's rule cannot cycle [1]_.  One inverse and two matrix-vector products in rationals for each step.

    References
    ----------
    .. [1] Bland (1977), New finite pivoting rules for the simplex method.

    Examples
    --------
    >>> from polyregions.arithmetic import rational_matrix
    >>> square = rational_matrix([[1, 0, 1], [-1, 0, 1], [0, 1, 1], [0, -1, 1]])
    >>> maximize_exactly(square, [rational(1), rational(2), rational(0)], [rational(0), rational(0)]).value
    3
    """
    dim = rows.ncols() - 1
    vertex = _vertex(rows, hint) if hint is not None and len(hint) == dim else None
    if vertex is None:
        walked = _walk_to_vertex(rows, objective, list(start))
        if isinstance(walked, Ray):
            return walked
        vertex = walked
    point, active = vertex
    while True:
        inverse = _submatrix(rows, active).inv()
        multipliers = [-entry for entry in (RationalMatrix(1, dim, objective[:-1]) * inverse).entries()]
        leaving = (
            min((row, place) for place, row in enumerate(active) if multipliers[place] < 0)
            if any(multiplier < 0 for multiplier in multipliers)
            else None
        )
        if leaving is None:
            return Maximum(_value(objective, point), point, active, multipliers)
        direction = [inverse[i, leaving[1]] for i in range(dim)]
        step = _first_blocking(rows, point, direction)
        if step is None:
            return Ray(direction)
        length, entering = step
        point = [x + length * d for x, d in zip(point, direction, strict=True)]
        active = [entering if row == leaving[0] else row for row in active]


def _value(form: list[Rational], point: list[Rational]) -> Rational:
    return sum((a * x for a, x in zip(form[:-1], point, strict=True)), form[-1])


def row_values(rows: RationalMatrix, point: list[Rational]) -> list[Rational]:
    """Return the values of all rows at a point."""
    return list((rows * RationalMatrix(len(point) + 1, 1, [*point, rational(1)])).entries())


def _submatrix(rows: RationalMatrix, chosen: list[int]) -> RationalMatrix:
    dim = rows.ncols() - 1
    return RationalMatrix(len(chosen), dim, [rows[row, column] for row in chosen for column in range(dim)])


def _vertex(rows: RationalMatrix, active: list[int]) -> tuple[list[Rational], list[int]] | None:
    """Return the vertex at which the active rows vanish, if there is one and it is feasible."""
    constants = RationalMatrix(len(active), 1, [-rows[row, rows.ncols() - 1] for row in active])
    solution = solve(_submatrix(rows, active), constants)
    if solution is None:
        return None
    point = list(solution.entries())
    return (point, list(active)) if all(value >= 0 for value in row_values(rows, point)) else None


def _first_blocking(
    rows: RationalMatrix, point: list[Rational], direction: list[Rational]
) -> tuple[Rational, int] | None:
    """Return how far one can go and which row stops it; the first such row where several do."""
    columns = [entry for x, d in zip(point, direction, strict=True) for entry in (x, d)]
    both = (rows * RationalMatrix(len(point) + 1, 2, [*columns, rational(1), rational(0)])).entries()
    values, slopes = both[::2], both[1::2]
    return min(((values[row] / -slope, row) for row, slope in enumerate(slopes) if slope < 0), default=None)


def kernel(matrix: RationalMatrix) -> list[list[Rational]]:
    """Return a basis of the vectors that the matrix sends to zero."""
    dim = matrix.ncols()
    reduced, rank = matrix.rref() if matrix.nrows() else (matrix, 0)
    pivots = [next(c for c in range(dim) if reduced[row, c] != 0) for row in range(rank)]
    basis = []
    for free in (c for c in range(dim) if c not in pivots):
        vector = [rational(int(c == free)) for c in range(dim)]
        for row, pivot in enumerate(pivots):
            vector[pivot] = -reduced[row, free]
        basis.append(vector)
    return basis


def _walk_to_vertex(
    rows: RationalMatrix, objective: list[Rational], point: list[Rational]
) -> tuple[list[Rational], list[int]] | Ray:
    """Go from a feasible point to a vertex that is no worse, gaining one active row at each step."""
    dim = rows.ncols() - 1
    gradient = objective[:-1]
    active: list[int] = []
    while len(active) < dim:
        free = kernel(_submatrix(rows, active))
        gains = [sum((a * b for a, b in zip(gradient, vector, strict=True)), rational(0)) for vector in free]
        chosen = next((i for i, gain in enumerate(gains) if gain != 0), 0)
        direction = free[chosen] if gains[chosen] >= 0 else [-entry for entry in free[chosen]]
        step = _first_blocking(rows, point, direction)
        if step is None and gains[chosen] == 0:
            direction = [-entry for entry in direction]
            step = _first_blocking(rows, point, direction)
        if step is None:
            return Ray(direction)
        point = [x + step[0] * d for x, d in zip(point, direction, strict=True)]
        active.append(step[1])
    return point, active
