"""The point of a polytope's facet that is nearest to a given point: in floats, with rigorous bounds of the distance.

A facet is where one row of a system of rows vanishes and all others, with a box, are not negative.  A solver proposes
a nearest point and multipliers; neither is taken on trust:

* for multipliers y >= 0 of rows and any multiplier of the facet's row, the combination h of these rows is not negative
  on the facet.  Where it is negative at the point x, the distance is at least ``-h(x) / |gradient of h|*``, in the dual
  norm, whatever the multipliers are (weak duality);
* the point that is proposed, moved a little towards one well inside the facet, is one of the facet itself, which floats
  with error bounds confirm; the distance is at most that to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from polyregions.arithmetic.enclosure import QUIET, TINY, UNIT, gamma
from polyregions.geometry.forms import System

Norm = Literal[1, 2] | float
"""1, 2 or ``math.inf``."""

ROUNDS = 60
"""How often rows that a proposed point violates are added before it is given up."""

AT_FIRST = 400
"""If there are not more rows than this, a linear program gets all of them: asking twice would cost more."""

AT_ONCE = 256
"""At most so many violated rows are added at a time."""

Floats = NDArray[np.float64]


def check_norm(norm: Norm) -> float:
    """Return the order of a norm as a float, or refuse it."""
    if norm not in (1, 2, np.inf):
        raise ValueError(f"norm is 1, 2 or math.inf, got {norm!r}")
    return float(norm)


def lengths(vectors: Floats, norm: float) -> tuple[Floats, Floats]:
    """Return lower and upper bounds of the lengths of vectors, shape (..., n), in a norm."""
    sizes = np.abs(vectors)
    if norm == np.inf:
        largest = sizes.max(axis=-1)
        return largest, largest
    if norm == 1:
        value = sizes.sum(axis=-1)
    else:
        top = np.maximum(sizes.max(axis=-1, keepdims=True), TINY)
        value = top[..., 0] * np.sqrt(np.square(sizes / top).sum(axis=-1))
    slack = gamma(vectors.shape[-1] + 6) * value + TINY * vectors.shape[-1]
    return np.maximum(value - slack, 0.0), value + slack


def dual(norm: float) -> float:
    """Return the dual norm: what a functional's gradient is measured in."""
    return {1.0: np.inf, 2.0: 2.0, np.inf: 1.0}[norm]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """A system and a box as rows, non-negative inside, as `System` has them.

    Attributes
    ----------
    floats : numpy.ndarray, shape (m, n + 1)
    error, size : numpy.ndarray, shape (m,)
    """

    floats: Floats
    error: Floats
    size: Floats

    @classmethod
    def of(cls, system: System, lower: Floats, upper: Floats) -> Rows:
        """Put the box after the system."""
        identity, reach = np.eye(len(lower)), np.maximum(np.abs(lower), np.abs(upper))
        box = np.concatenate([np.column_stack([identity, -lower]), np.column_stack([-identity, upper])])
        size = np.tile(2.0 * reach, 2)
        return cls(
            np.concatenate([system.floats, box]),
            np.concatenate([system.error, gamma(4) * size + TINY]),
            np.concatenate([system.size, size]),
        )

    def values(self, point: Floats) -> Floats:
        """Return the values at a point, shape (m,)."""
        return np.asarray(self.floats[:, :-1] @ point + self.floats[:, -1])

    @QUIET
    def hyperplane_distances(self, point: Floats, norm: float) -> Floats:
        """Return lower bounds of the distances of a point from the zero sets of all rows, shape (m,)."""
        _, steep = lengths(self.floats[:, :-1], dual(norm))
        # One error for the value at the point, one for where the row's floats vanish.
        rooms = (np.abs(self.values(point)) - 2.0 * self.error).clip(min=0.0) / steep
        return np.asarray(rooms * (1.0 - 4.0 * UNIT))

    @QUIET
    def outside(self, point: Floats, norm: float) -> float:
        """Return a lower bound of the distance of a point from the polytope."""
        below = self.values(point) < 0.0
        return float(np.where(below, self.hyperplane_distances(point, norm), 0.0).max(initial=0.0))

    def shows_empty(self, point: Floats, weights: Floats | None, width: float) -> bool:
        """Tell whether multipliers show that a facet is empty: they put it further away than the box is wide."""
        return weights is not None and self.lower_bound(point, weights, np.inf) > width

    @QUIET
    def lower_bound(self, point: Floats, weights: Floats, norm: float) -> float:
        """Return a lower bound of the distance from any multipliers of the rows; see the module.

        Parameters
        ----------
        point : numpy.ndarray, shape (n,)
            In the box.
        weights : numpy.ndarray, shape (m,)
            Not negative but for the row that vanishes.
        """
        used = np.flatnonzero(weights)
        own = weights[used]
        combination = own @ self.floats[used]
        sizes = np.abs(own)
        terms = 2 * (len(used) + len(combination)) + 16
        slack = float(sizes @ self.error[used] + gamma(terms) * (sizes @ self.size[used])) * 2.0
        depth = -float(combination[:-1] @ point + combination[-1]) - slack
        # The gradient is rounded too; what that amounts to over the box is in the slack.
        steep = float(lengths(combination[:-1], dual(norm))[1])
        return depth / steep * (1.0 - 8.0 * UNIT) if depth > 0.0 and steep > 0.0 else 0.0

    @QUIET
    def upper_bound(self, point: Floats, facet: int, candidate: Floats, within: Floats, norm: float) -> float:
        """Return an upper bound of the distance to the facet, infinite if none is found.

        Parameters
        ----------
        point : numpy.ndarray, shape (n,)
        facet : int
            The row that vanishes.
        candidate : numpy.ndarray, shape (n,)
            About the nearest point of the facet.
        within : numpy.ndarray, shape (n,)
            About a point well inside the facet.
        """
        gradient = self.floats[facet, :-1]
        steep = float(gradient @ gradient) * (1.0 - gamma(len(gradient) + 4))
        others = np.arange(len(self.floats)) != facet
        share = 0.0
        for _ in range(40):
            place = candidate + share * (within - candidate)
            values = self.values(place)
            # Somewhere within `step` times the gradient the row vanishes exactly.
            step = (abs(float(values[facet])) + 2.0 * float(self.error[facet])) / steep * (1.0 + 8.0 * UNIT)
            rates = np.abs(self.floats[:, :-1]) @ np.abs(gradient) * (1.0 + gamma(len(gradient) + 4))
            if (values[others] > (2.0 * self.error + step * rates)[others]).all():
                reach = lengths(place - point, norm)[1] + step * lengths(gradient, norm)[1]
                return float(reach * (1.0 + 16.0 * UNIT) + UNIT * lengths(np.abs(place) + np.abs(point), norm)[1] * 2.0)
            if share >= 1.0:
                break
            share = min(1.0, max(4.0 * share, 2.0**-46))
        return np.inf


class Proposal(NamedTuple):
    """What a solver says of the nearest point of a facet.

    Attributes
    ----------
    point : numpy.ndarray, shape (n,), or None
        None if the solver says that the facet is empty, or nothing.
    weights : numpy.ndarray, shape (m,), or None
        Multipliers that show the distance, or that the facet is empty.
    """

    point: Floats | None
    weights: Floats | None


@QUIET
def propose(rows: Rows, facet: int, point: Floats, norm: float, margin: float = 0.0) -> Proposal:
    """Propose the nearest point of a facet, and multipliers.

    Parameters
    ----------
    rows : Rows
    facet : int
        The row that vanishes.
    point : numpy.ndarray, shape (n,)
    norm : float
    margin : float
        How far away all other rows must stay, relative to how far away the facet seems to be.

    Returns
    -------
    Proposal

    Notes
    -----
    Only few rows matter for the answer: those that a point violates are added until there are none.
    """
    steep = np.linalg.norm(rows.floats[:, :-1], axis=1)
    scaled = rows.floats / np.where(steep > 0.0, steep, 1.0)[:, None]
    heights = scaled[:, :-1] @ point + scaled[:, -1]
    unit = max(abs(float(heights[facet])), float((-heights).max()), 2.0**-40)
    heights = heights / unit
    heights[np.arange(len(heights)) != facet] -= margin
    few = norm != 2 and len(rows.floats) <= AT_FIRST
    used: list[int] = [row for row in range(len(rows.floats)) if row != facet] if few else []
    for _ in range(ROUNDS):
        own = [facet, *used]
        step, multipliers = _solve(scaled[own, :-1], heights[own], norm)
        if multipliers is None:
            return Proposal(None, None)
        violated = np.zeros(0) if step is None else heights + scaled[:, :-1] @ step
        violated[own if step is not None else []] = 0.0
        worst = np.argsort(violated)[:AT_ONCE]
        worst = worst[violated[worst] < -1e-12]
        if not len(worst):
            weights = np.zeros(len(rows.floats))
            weights[own] = multipliers / np.where(steep > 0.0, steep, 1.0)[own]
            return Proposal(None if step is None else point + unit * step, weights)
        used += worst.tolist()
    return Proposal(None, None)


Answer = tuple[Floats | None, Floats | None]


def _solve(gradients: Floats, heights: Floats, norm: float) -> Answer:
    """Minimise |z| where the first of ``gradients @ z + heights`` vanishes and the others are not negative."""
    if norm != 2:
        return _linear_program(gradients[0], heights[0], gradients[1:], heights[1:], norm)
    opposite = np.vstack([gradients[:1], -gradients[:1], gradients[1:]])
    return _least_squares(opposite, np.concatenate([[-heights[0], heights[0]], -heights[1:]]))


def _least_squares(matrix: Floats, wanted: Floats) -> Answer:
    """Minimise |z| over ``matrix @ z >= wanted``, whose first two rows are opposite: least distance programming.

    Lawson and Hanson (1974), Solving least squares problems, chapter 23: z follows from the residual of a least-squares
    problem with multipliers that are not negative.
    """
    dim = matrix.shape[1]
    try:
        weights, _ = scipy.optimize.nnls(np.vstack([matrix.T, wanted]), np.append(np.zeros(dim), 1.0))
    except RuntimeError:  # too many iterations
        return None, None
    residual = 1.0 - float(wanted @ weights)
    if not residual > 1e-12:  # the rows contradict each other
        return None, np.append(weights[0] - weights[1], weights[2:])
    # Once more, more accurately, from the rows that have weight.
    support = np.flatnonzero(weights > 0.0)
    gram = matrix[support] @ matrix[support].T
    better = np.zeros(len(weights))
    better[support] = np.linalg.lstsq(gram, wanted[support], rcond=None)[0].clip(min=0.0)
    return better @ matrix, np.append(better[0] - better[1], better[2:])


def _linear_program(gradient: Floats, height: float, gradients: Floats, heights: Floats, norm: float) -> Answer:
    """Minimise the 1-norm or the largest entry of z over the same z, by HiGHS."""
    n = len(gradient)
    extra = 1 if norm == np.inf else n
    sizes = np.ones((n, 1)) if norm == np.inf else np.eye(n)
    above = np.block([[np.eye(n), -sizes], [-np.eye(n), -sizes]])
    rows = np.column_stack([-gradients, np.zeros((len(gradients), extra))])
    answer = scipy.optimize.linprog(
        np.append(np.zeros(n), np.ones(extra)),
        A_ub=np.vstack([above, rows]),
        b_ub=np.append(np.zeros(2 * n), heights),
        A_eq=np.append(gradient, np.zeros(extra))[None],
        b_eq=[-height],
        bounds=(None, None),
        method="highs",
    )
    if answer.status != 0 or answer.x is None:
        return None, None
    return answer.x[:n], np.append(answer.eqlin.marginals, -answer.ineqlin.marginals[2 * n :].clip(max=0.0))
