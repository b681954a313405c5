"""Does an affine function become positive inside a polytope?  Exactly, whatever the solver says.

The polytope is a box and a `System` of rows, and has interior points, of which one is known.  A form g that is not
constant is positive somewhere in the interior if and only if its maximum over the polytope is positive.  In order:

1. HiGHS proposes a maximiser.  Pulled towards the known interior point it becomes a point strictly inside; if all
   rows and g are certainly positive there, the answer is *yes*, with that point.
2. HiGHS also proposes multipliers y >= 0 of the rows r_j.  On the polytope ``g <= g + sum y_j r_j``, and the maximum
   of the right-hand side over the box is easily bounded with all rounding errors, whatever y is (Neumaier and
   Shcherbina 2004, "Safe bounds in linear and mixed-integer linear programming").  If the bound is not positive, the
   answer is *no*.
3. Otherwise the solver's basis is solved in rationals, and if that settles nothing an exact simplex method does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Rational, RationalMatrix, nearest_float, rational, scaled_floats
from polyregions.arithmetic.enclosure import gamma
from polyregions.errors import BrokenInvariant
from polyregions.geometry.forms import Row, System
from polyregions.geometry.lp import Answer, LinearProgram
from polyregions.geometry.simplex import Ray, maximize_exactly, multipliers_of, row_values


@dataclass(frozen=True, slots=True, eq=False)
class Witness:
    """A point strictly inside: floats where float error bounds certify it, else rationals as well.

    Attributes
    ----------
    floats : numpy.ndarray, shape (n,)
        The point, or the floats nearest to it.
    rationals : tuple of Rational, length n, or None
        The point itself where rational arithmetic was needed to find it.
    """

    floats: NDArray[np.float64]
    rationals: tuple[Rational, ...] | None = None

    @property
    def exact(self) -> list[Rational]:
        """The point in rationals."""
        return [rational(x) for x in self.floats.tolist()] if self.rationals is None else list(self.rationals)


@dataclass(slots=True)
class Decisions:
    """How questions were decided: counters, for the statistics of a run."""

    programs: int = 0
    by_point: int = 0
    by_bound: int = 0
    in_rationals: int = 0
    exact_simplex: int = 0
    for_boxes: int = 0


@dataclass(eq=False)
class Extremum:
    """Answers questions about the polytope ``box and system``.

    Parameters
    ----------
    lower, upper : numpy.ndarray, shape (n,)
        A box that contains the domain, in floats taken as exact.
    """

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    decisions: Decisions = field(default_factory=Decisions)
    program: LinearProgram = field(init=False)
    underflow: float = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the solver."""
        self.program = LinearProgram(self.lower, self.upper)
        self.underflow = 2.0**-900 + 2.0**-990 * float(np.maximum(abs(self.lower), abs(self.upper)).sum())

    @cached_property
    def box_rows(self) -> list[list[Rational]]:
        """The box as exact rows: lower bounds, then upper bounds."""
        dim = len(self.lower)
        return [
            [rational(sign * int(i == j)) for j in range(dim)] + [-sign * rational(bound)]
            for sign, bounds in ((1, self.lower), (-1, self.upper))
            for i, bound in enumerate(bounds.tolist())
        ]

    def positive(self, goal: Row, system: System, inside: Witness) -> Witness | None:
        """Find a point strictly inside the polytope at which the goal is positive, or None if there is none.

        Parameters
        ----------
        goal : Row
            A form that is not constant.
        system : System
        inside : Witness
            A point strictly inside the polytope.

        Returns
        -------
        Witness or None
            Both answers are certain.
        """
        form = goal.sign * goal.forms.rows[goal.index]
        error, size = float(goal.forms.error[goal.index]), float(goal.forms.size[goal.index])
        self.decisions.programs += 1
        self.program.set_system(system)
        answer = self.program.maximize(form[:-1])
        if answer is not None:
            found = self._pulled(form, error, system, inside, answer)
            if found is not None:
                self.decisions.by_point += 1
                return found
            if self.upper_bound(form, error, size, system, answer.multipliers) <= 0.0:
                self.decisions.by_bound += 1
                return None
        self.decisions.in_rationals += 1
        return self._decide_exactly(goal, system, inside, answer is not None)

    def highest(self, goal: list[Rational], system: System, inside: Witness) -> tuple[Rational, list[Rational]]:
        """Return the exact maximum of a form over the polytope, and a vertex where it is attained.

        Parameters
        ----------
        goal : list of Rational, length n + 1
        system : System
        inside : Witness
        """
        gradient, _ = scaled_floats(goal[:-1])
        self.program.set_system(system)
        answer = self.program.maximize(gradient)
        rows, hint = self._in_rationals(system, answer is not None)
        matrix = RationalMatrix(len(rows), len(goal), [entry for row in rows for entry in row])
        best = maximize_exactly(matrix, goal, inside.exact, hint)
        if isinstance(best, Ray):
            raise BrokenInvariant("an affine function is unbounded over a bounded domain; please report this network")
        return best.value, best.point

    def bounding_box(self, system: System) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return a box that certainly contains the polytope, nearly as tight as possible.

        Parameters
        ----------
        system : System

        Returns
        -------
        lower, upper : numpy.ndarray, shape (n,)

        Notes
        -----
        Two linear programs for each dimension, and safe bounds from their multipliers.
        """
        lower, upper = self.lower.copy(), self.upper.copy()
        self.program.set_system(system)
        for axis in range(len(lower)):
            size = max(abs(self.lower[axis]), abs(self.upper[axis]))
            for sign, bounds in ((-1.0, lower), (1.0, upper)):
                form = np.zeros(len(lower) + 1)
                form[axis] = sign
                self.decisions.for_boxes += 1
                answer = self.program.maximize(form[:-1])
                if answer is not None:
                    bound = sign * self.upper_bound(form, 0.0, size, system, answer.multipliers)
                    bounds[axis] = min(bounds[axis], bound) if sign > 0 else max(bounds[axis], bound)
        return lower, upper

    def possible_facets(self, system: System) -> NDArray[np.int64]:
        """Return the positions of all rows but those that are positive on a box around the polytope."""
        lower, upper = self.bounding_box(system)
        gradients = system.floats[:, :-1]
        least = np.minimum(gradients * lower, gradients * upper).sum(axis=1) + system.floats[:, -1]
        return np.flatnonzero(~(least > system.error))

    def _pulled(
        self, form: NDArray[np.float64], error: float, system: System, inside: Witness, answer: Answer
    ) -> Witness | None:
        """Pull the maximiser towards the interior until the goal has half its value there."""
        top = float(form[:-1] @ answer.point + form[-1])
        if not top > error:
            return None
        start = float(form[:-1] @ inside.floats + form[-1])
        share = 0.5 if start >= top else min(0.5, 0.5 * top / (top - start))
        point = answer.point + share * (inside.floats - answer.point)
        return Witness(point) if self.certain(point, form, error, system) else None

    def certain(self, point: NDArray[np.float64], form: NDArray[np.float64], error: float, system: System) -> bool:
        """Tell whether a float point certainly lies strictly inside, with the goal positive."""
        if not ((self.lower < point) & (point < self.upper)).all():
            return False
        return bool(form[:-1] @ point + form[-1] > error) and bool(system.contains(point[None, :])[0])

    def upper_bound(
        self, form: NDArray[np.float64], error: float, size: float, system: System, multipliers: NDArray[np.float64]
    ) -> float:
        """Return a rigorous upper bound of the goal over the polytope, from any non-negative multipliers."""
        used = np.flatnonzero(multipliers)
        weights = multipliers[used]
        residual = form + weights @ system.floats[used]
        highest = np.maximum(residual[:-1] * self.lower, residual[:-1] * self.upper).sum() + residual[-1]
        # Rows are off by their error; the sums above are off by gamma times the sizes of what is added.
        magnitude = size + float(weights @ system.size[used])
        uncertain = error + float(weights @ system.error[used])
        terms = 2 * (len(used) + len(form)) + 8
        return float(highest + (uncertain + gamma(terms) * magnitude) * (1.0 + gamma(terms)) + self.underflow)

    def _decide_exactly(self, goal: Row, system: System, inside: Witness, has_basis: bool) -> Witness | None:
        objective = goal.exact()
        rows, hint = self._in_rationals(system, has_basis)
        matrix = RationalMatrix(len(rows), len(objective), [entry for row in rows for entry in row])
        if hint is not None:
            multipliers = multipliers_of(matrix, objective, hint)
            if multipliers is None:
                hint = None
            elif all(multiplier >= 0 for multiplier in multipliers):
                bound = objective[-1] + sum(
                    (y * matrix[row, len(objective) - 1] for y, row in zip(multipliers, hint, strict=True)), rational(0)
                )
                if bound <= 0:
                    return None
        self.decisions.exact_simplex += 1
        best = maximize_exactly(matrix, objective, inside.exact, hint)
        if isinstance(best, Ray):
            raise BrokenInvariant("an affine function is unbounded over a bounded domain; please report this network")
        if best.value <= 0:
            return None
        start = sum((a * x for a, x in zip(objective[:-1], inside.exact, strict=True)), objective[-1])
        share = rational(1) / 2 if start >= best.value else best.value / (best.value - start) / 2
        point = [v + min(share, rational(1) / 2) * (x - v) for v, x in zip(best.point, inside.exact, strict=True)]
        everything = RationalMatrix(len(rows) + 1, len(objective), [e for r in (*rows, objective) for e in r])
        short = shortened(point, everything)
        return Witness(short.floats, tuple(short.exact))

    def _in_rationals(self, system: System, has_basis: bool) -> tuple[list[list[Rational]], list[int] | None]:
        """Return box and system as exact rows, and the solver's active rows among them."""
        dim = len(self.lower)
        rows = self.box_rows + [row.exact() for row in system.rows]
        hint = None
        if has_basis:
            active, at_lower, at_upper = self.program.active()
            hint = [*at_lower, *(dim + i for i in at_upper), *(2 * dim + i for i in active)]
            hint = hint if len(hint) == dim else None
        return rows, hint


def shortened(point: Sequence[Rational], rows: RationalMatrix) -> Witness:
    """Replace a point at which all rows are positive by one with fewer digits: floats if any near it will do.

    Parameters
    ----------
    point : sequence of Rational, length n
    rows : RationalMatrix, shape (m, n + 1)

    Returns
    -------
    Witness
    """
    floats = np.array([nearest_float(x) for x in point])
    if np.isfinite(floats).all() and _all_positive(rows, [rational(x) for x in floats.tolist()]):
        return Witness(floats)
    for bits in (64, 96, 128, 192, 256, 384, 512, 1024, 2048):
        grid = rational(1 << bits)
        rounded = [(x * grid).floor() / grid for x in point]
        if _all_positive(rows, rounded):
            return Witness(floats, tuple(rounded))
    return Witness(floats, tuple(point))


def _all_positive(rows: RationalMatrix, point: list[Rational]) -> bool:
    return all(value > 0 for value in row_values(rows, point))
