"""Asking HiGHS: many small linear programs over the same rows, or over rows that change one at a time.

Nothing here decides: answers are hints, which `polyregions.geometry.extremum` proves or refutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from polyregions.geometry.forms import System

SETTINGS: dict[str, bool | int | float | str] = {
    "output_flag": False,
    "presolve": "off",
    "solver": "simplex",
    "simplex_strategy": 4,  # primal: most questions change the objective only
    "threads": 1,
    "primal_feasibility_tolerance": 1e-10,
    "dual_feasibility_tolerance": 1e-10,
    "small_matrix_value": 1e-12,
}


FAR = 1e15
"""Rows further away than this, in units of the box, are put there: they are never needed, or never fulfilled."""


class SilentHighs(highspy.Highs):
    """HiGHS without callbacks: enabling them, which its constructor does, prints a banner before options can be set."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def enableCallbacks(self) -> None:
        """Leave them off."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What HiGHS says the maximum is.

    Attributes
    ----------
    point : numpy.ndarray, shape (n,)
    multipliers : numpy.ndarray, shape (k,)
        Non-negative weights of the system's rows.
    """

    point: NDArray[np.float64]
    multipliers: NDArray[np.float64]


class LinearProgram:
    """Maximise affine functions over a box and a system of rows; keeps its basis from question to question.

    Parameters
    ----------
    lower, upper : numpy.ndarray, shape (n,)
        The box.

    Notes
    -----
    HiGHS sees the box as ``[-1, 1]^n`` or less, because its tolerances are absolute and it takes 1e20 for infinite.
    """

    def __init__(self, lower: NDArray[np.float64], upper: NDArray[np.float64]) -> None:
        self._dim = len(lower)
        self._columns = np.arange(self._dim, dtype=np.int32)
        self._rows: Sequence[object] = ()
        self._centre = 0.5 * lower + 0.5 * upper
        self._unit = max(float(np.max(0.5 * upper - 0.5 * lower)), 2.0**-1000)
        self._highs = SilentHighs()
        for name, value in SETTINGS.items():
            self._highs.setOptionValue(name, value)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = self._dim, 0
        model.col_cost_ = np.zeros(self._dim)
        model.col_lower_ = (lower - self._centre) / self._unit
        model.col_upper_ = (upper - self._centre) / self._unit
        model.sense_ = highspy.ObjSense.kMaximize
        self._highs.passModel(model)

    def set_system(self, system: System) -> None:
        """Make these the rows; those that stay at the front cost nothing."""
        self.set_rows(system.rows, system.floats)

    def set_rows(self, names: Sequence[object], floats: Sequence[NDArray[np.float64]] | NDArray[np.float64]) -> None:
        """Make these the rows, non-negative inside; those that stay at the front, which are the same objects, stay."""
        old, new = self._rows, names
        if old is new:
            return
        common = 0
        for before, after in zip(old, new, strict=False):
            if before is not after:
                break
            common += 1
        if common < len(old):
            gone = np.arange(common, len(old), dtype=np.int32)
            self._highs.deleteRows(len(gone), gone)
        for position in range(common, len(new)):
            row = floats[position]
            height = (row[:-1] @ self._centre + row[-1]) / self._unit
            bound = min(max(-height, -FAR), FAR)
            self._highs.addRow(bound, highspy.kHighsInf, self._dim, self._columns, row[:-1])
        self._rows = new

    def maximize(self, gradient: NDArray[np.float64]) -> Answer | None:
        """Maximise ``gradient . x``; None unless HiGHS says that it found the optimum."""
        highs = self._highs
        highs.changeColsCost(self._dim, self._columns, gradient)
        if not self._solved():
            # The primal simplex method gives up on some degenerate questions; the dual one, afresh, hardly ever.
            highs.clearSolver()
            highs.setOptionValue("simplex_strategy", 1)
            solved = self._solved()
            highs.setOptionValue("simplex_strategy", SETTINGS["simplex_strategy"])
            if not solved:
                highs.clearSolver()
                return None
        solution = highs.getSolution()
        point = np.array(solution.col_value)
        multipliers = np.maximum(-np.array(solution.row_dual), 0.0)
        if not (np.isfinite(point).all() and np.isfinite(multipliers).all()):
            return None
        return Answer(self._centre + self._unit * point, multipliers)

    def _solved(self) -> bool:
        run = self._highs.run()
        return run == highspy.HighsStatus.kOk and self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal

    def active(self) -> tuple[list[int], list[int], list[int]]:
        """Return what is at its bound in the last basis: rows, columns at lower, columns at upper."""
        basis = self._highs.getBasis()
        at = highspy.HighsBasisStatus
        rows = [i for i, status in enumerate(basis.row_status) if status in (at.kLower, at.kUpper, at.kNonbasic)]
        lower = [i for i, status in enumerate(basis.col_status) if status in (at.kLower, at.kNonbasic)]
        upper = [i for i, status in enumerate(basis.col_status) if status == at.kUpper]
        return rows, lower, upper


def chebyshev(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return centre and radius of a largest ball (radius at most 1e6) where all rows are non-negative, in floats.

    Parameters
    ----------
    rows : numpy.ndarray, shape (m, n + 1)
        Forms ``(a | c)``, scaled so that the largest coefficient of each is near 1.

    Returns
    -------
    centre : numpy.ndarray, shape (n,)
    radius : float
        Negative if HiGHS finds no interior point; both are NaN if it finds no answer.
    """
    dim = rows.shape[1] - 1
    with np.errstate(over="ignore"):
        scaled = rows / np.linalg.norm(rows[:, :-1], axis=1)[:, None]
    near = scaled[np.isfinite(scaled[:, -1])]  # the others are beyond all floats
    result = scipy.optimize.linprog(
        np.append(np.zeros(dim), -1.0),
        A_ub=np.column_stack([-near[:, :-1], np.ones(len(near))]),
        b_ub=near[:, -1],
        bounds=[(None, None)] * dim + [(None, 1e6)],
        method="highs",
    )
    if result.x is None:
        return np.full(dim, np.nan), float("nan")
    return result.x[:-1], float(result.x[-1])
