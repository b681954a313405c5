"""Has a system of half-spaces an interior, and how far does it reach?  Decided exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Rational, RationalMatrix, nearest_float, rational, scaled_floats
from polyregions.errors import BrokenInvariant, InvalidDomain
from polyregions.geometry.extremum import Witness, shortened
from polyregions.geometry.lp import chebyshev
from polyregions.geometry.simplex import Ray, kernel, maximize_exactly, row_values

REMEDY = "Intersect it with a box, for example polyregions.Polytope.box(-1, 1, dim=2)."
LARGEST = 1e300
"""Coordinates of a domain are at most this."""


def interior_point(rows: RationalMatrix) -> Witness:
    """Return a point at which all rows are positive.

    Raises
    ------
    InvalidDomain
        There is none; the message tells an empty set from a flat one.
    """
    centre, _ = chebyshev(np.array([_at_scale(row) for row in rows.tolist()]))
    if np.isfinite(centre).all():
        start = [rational(x) for x in centre.tolist()]
        if all(value > 0 for value in row_values(rows, start)):
            return shortened(start, rows)
    point, depth = deepest_point(rows)
    if depth < 0:
        raise InvalidDomain("the domain is empty: its half-spaces contradict each other. Check their signs.")
    if depth == 0:
        raise InvalidDomain(
            "the domain has no interior: it lies in a hyperplane. A domain must be full-dimensional; "
            "for a flat piece of space, restrict the network to its coordinates first."
        )
    return shortened(point, rows)


def _at_scale(row: list[Rational]) -> list[float]:
    """Round a row to floats after scaling it by a power of two so that its largest coefficient is near 1."""
    _, exponent = scaled_floats(row[:-1])
    factor = rational(1 << -exponent) if exponent < 0 else 1 / rational(1 << exponent)
    return [nearest_float(entry * factor) for entry in row]


def deepest_point(rows: RationalMatrix) -> tuple[list[Rational], Rational]:
    """Return a point at which the smallest of all rows is largest, but not above 1, and that value; exactly."""
    dim = rows.ncols() - 1
    # Maximise t over rows(x) >= t, t <= 1; the origin with its smallest value is feasible.
    lifted = [[*row[:-1], rational(-1), row[-1]] for row in rows.tolist()]
    lifted.append([*[rational(0)] * dim, rational(-1), rational(1)])
    matrix = RationalMatrix(len(lifted), dim + 2, [entry for row in lifted for entry in row])
    least = min(*[row[-1] for row in rows.tolist()], rational(1))
    goal = [*[rational(0)] * dim, rational(1), rational(0)]
    best = _highest(matrix, goal, [*[rational(0)] * dim, least])
    return best[:-1], best[-1]


def _highest(rows: RationalMatrix, goal: list[Rational], start: list[Rational]) -> list[Rational]:
    """Maximise a bounded goal that is constant along lines in the polyhedron; `start` is orthogonal to those lines."""
    width = rows.ncols()
    gradients = RationalMatrix(rows.nrows(), width - 1, [entry for row in rows.tolist() for entry in row[:-1]])
    across = [[*(sign * x for x in line), rational(0)] for line in kernel(gradients) for sign in (1, -1)]
    entries = [entry for row in [*rows.tolist(), *across] for entry in row]
    best = maximize_exactly(RationalMatrix(rows.nrows() + len(across), width, entries), goal, start)
    if isinstance(best, Ray):
        raise BrokenInvariant("a bounded linear program came out unbounded; please report this domain")
    return best.point


def bounding_box(rows: RationalMatrix, inside: Witness) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a float box around the polytope, as tight as floats allow."""
    dim = rows.ncols() - 1
    bounds = np.zeros((2, dim))
    for axis in range(dim):
        for side, sign in enumerate((-1, 1)):
            goal = [rational(sign * int(i == axis)) for i in range(dim)] + [rational(0)]
            best = maximize_exactly(rows, goal, inside.exact)
            if isinstance(best, Ray):
                direction = tuple(round(nearest_float(x), 6) for x in best.direction)
                raise InvalidDomain(f"the domain must be bounded; it is unbounded in direction {direction}. {REMEDY}")
            exact = sign * best.value
            bound = nearest_float(exact)
            check_reach(np.array(bound), np.array(bound))
            if sign * rational(bound) < sign * exact:
                bound = float(np.nextafter(bound, sign * np.inf))
            bounds[side, axis] = bound
    return bounds[0], bounds[1]


def check_reach(lower: NDArray[np.float64], upper: NDArray[np.float64]) -> None:
    """Refuse domains so large that sums of a few coordinates need not be floats."""
    if not (np.maximum(np.abs(lower), np.abs(upper)) <= LARGEST).all():
        raise InvalidDomain(f"a domain must lie within {LARGEST:.0e} of the origin; scale it and the network")
