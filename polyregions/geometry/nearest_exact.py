"""The point of a facet that is nearest to a given point, in rationals; slow, and always right."""

from __future__ import annotations

from collections.abc import Sequence

from polyregions.arithmetic import Rational, RationalMatrix, rational, solve
from polyregions.errors import BrokenInvariant
from polyregions.geometry.simplex import Ray, maximize_exactly

Row = Sequence[Rational]


def nearest_exactly(
    rows: Sequence[Row], facet: int, point: Sequence[Rational], within: Sequence[Rational], norm: float
) -> list[Rational]:
    """Return the nearest point of a facet in the 1-, 2- or maximum norm.

    Parameters
    ----------
    rows : sequence of rows ``(a | c)``
        Non-negative on the polytope.
    facet : int
        The row that vanishes.
    point : sequence of Rational, length n
    within : sequence of Rational, length n
        A point of the facet.
    norm : float

    Examples
    --------
    >>> from polyregions.arithmetic import rational_matrix
    >>> square = rational_matrix([[1, 0, 1], [-1, 0, 1], [0, 1, 1], [0, -1, 1]]).tolist()
    >>> [str(x) for x in nearest_exactly(square, 1, [rational(3), rational(5)], [rational(1), rational(0)], 2)]
    ['1', '1']
    """
    opposite = [-entry for entry in rows[facet]]
    everything = [*rows, opposite]
    if norm == 2:
        return _least_squares(everything, point)
    return _linear_program(everything, point, within, largest=norm != 1)


def distance_power(one: Sequence[Rational], other: Sequence[Rational], norm: float) -> Rational:
    """Return the distance of two points; in the 2-norm its square."""
    gaps = [abs(a - b) for a, b in zip(one, other, strict=True)]
    if norm == 2:
        return sum((gap * gap for gap in gaps), rational(0))
    return sum(gaps, rational(0)) if norm == 1 else max(gaps)


def _least_squares(rows: Sequence[Row], point: Sequence[Rational]) -> list[Rational]:
    """Project orthogonally: least distance programming by non-negative least squares.

    Lawson and Hanson (1974), Solving least squares problems, chapter 23.  In exact arithmetic the method ends: every
    set of columns occurs at most once, because the residual becomes smaller each time.
    """
    heights = [row[-1] + sum((a * x for a, x in zip(row[:-1], point, strict=False)), rational(0)) for row in rows]
    columns = [[*row[:-1], -height] for row, height in zip(rows, heights, strict=True)]
    length = len(point) + 1
    target = [rational(int(i == length - 1)) for i in range(length)]
    table = RationalMatrix(len(columns), length, [entry for column in columns for entry in column])
    weights: dict[int, Rational] = {}
    while True:
        residual = [
            t - sum((weight * columns[j][i] for j, weight in weights.items()), rational(0))
            for i, t in enumerate(target)
        ]
        gains = (table * RationalMatrix(length, 1, residual)).entries()
        entering = max((j for j in range(len(columns)) if j not in weights), key=lambda j: gains[j], default=None)
        if entering is None or gains[entering] <= 0:
            break
        weights[entering] = rational(0)
        while True:
            support = list(weights)
            chosen = RationalMatrix(len(support), length, [entry for j in support for entry in columns[j]])
            answer = solve(chosen * chosen.transpose(), chosen * RationalMatrix(length, 1, target))
            if answer is None:
                raise BrokenInvariant("dependent columns in an exact least-squares problem; please report this")
            wanted = dict(zip(support, answer.entries(), strict=True))
            if all(weight > 0 for weight in wanted.values()):
                weights = wanted
                break
            share = min(weights[j] / (weights[j] - wanted[j]) for j in support if wanted[j] <= 0)
            moved = {j: weights[j] + share * (wanted[j] - weights[j]) for j in support}
            weights = {j: weight for j, weight in moved.items() if weight > 0}
    if residual[-1] == 0:
        raise BrokenInvariant("a facet came out empty; please report this")
    return [x - r / residual[-1] for x, r in zip(point, residual[:-1], strict=True)]


def _linear_program(
    rows: Sequence[Row], point: Sequence[Rational], within: Sequence[Rational], largest: bool
) -> list[Rational]:
    """Minimise the largest entry, or the sum, of bounds of ``|y_i - x_i|``."""
    dim = len(point)
    extra = 1 if largest else dim
    zero, one = rational(0), rational(1)
    table = [[*row[:-1], *[zero] * extra, row[-1]] for row in rows]
    for i, x in enumerate(point):
        for sign in (1, -1):
            bound = [one if largest or j == i else zero for j in range(extra)]
            table.append([*(-rational(sign) if j == i else zero for j in range(dim)), *bound, sign * x])
    gaps = [abs(y - x) for y, x in zip(within, point, strict=True)]
    matrix = RationalMatrix(len(table), dim + extra + 1, [entry for row in table for entry in row])
    goal = [*[zero] * dim, *[-one] * extra, zero]
    best = maximize_exactly(matrix, goal, [*within, *([max(gaps)] if largest else gaps)])
    if isinstance(best, Ray):
        raise BrokenInvariant("a distance came out unbounded; please report this")
    return best.point[:dim]
