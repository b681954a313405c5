"""Convex queries on one region, in CVXPY."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyregions.enumeration.facets import FacetFinder
from polyregions.enumeration.regions import Regions
from polyregions.errors import DimensionMismatch, MissingDependency, SolverFailed
from polyregions.geometry.nearest import Rows

if TYPE_CHECKING:
    import cvxpy

Objective = Callable[["cvxpy.Variable"], Any]


@dataclass(frozen=True, slots=True)
class Closest:
    """Where a convex function is least on a region, as a solver says.

    Attributes
    ----------
    value : float
        Within the solver's tolerances, like everything here.
    point : numpy.ndarray, shape (n,)
    solver : str
    """

    value: float
    point: NDArray[np.float64]
    solver: str


def closest_in_region(regions: Regions, index: int, objective: Objective, **options: Any) -> Closest:
    """Minimise a convex function over a closed region.

    Parameters
    ----------
    regions : Regions
    index : int
    objective : callable
        Takes the point, a CVXPY variable of shape (n,), and returns a convex expression, for example
        ``lambda y: cvxpy.norm(y - x)``; or that and a list of further constraints.
    **options
        For ``cvxpy.Problem.solve``, such as ``solver=cvxpy.CLARABEL``.

    Returns
    -------
    Closest
        In floats: unlike everything else here, the answer is as good as the solver's tolerances.

    Raises
    ------
    ValueError
        The objective or a constraint is not convex by CVXPY's rules.
    DimensionMismatch
        There is no such region.
    SolverFailed
        The solver found no optimum.
    MissingDependency
        CVXPY is not installed.

    Notes
    -----
    For distances use `distance_to_boundary` and its relatives, whose bounds are rigorous.

    Examples
    --------
    >>> import cvxpy as cp
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> regions = pr.enumerate_regions(net, pr.Polytope.box(-1, 1, dim=2))
    >>> found = pr.closest_in_region(regions, 3, lambda y: cp.norm1(y - np.array([-0.5, 0.25])))
    >>> round(found.value, 6)
    0.5
    """
    try:
        import cvxpy as cp
    except ImportError:
        raise MissingDependency("convex queries need CVXPY: python -m pip install cvxpy") from None
    if not isinstance(index, int | np.integer) or isinstance(index, bool) or index not in range(len(regions)):
        raise DimensionMismatch(f"the regions are 0 to {len(regions) - 1}, got {index!r}")
    finder = FacetFinder(regions.network, regions.domain, boundary=False)
    system = finder.system(regions.patterns[index], regions.switches(index))
    rows = Rows.of(system, regions.domain.lower, regions.domain.upper).floats
    point = cp.Variable(regions.domain.dim)
    asked = objective(point)
    expression, constraints = asked if isinstance(asked, tuple) else (asked, [])
    goal = cp.Minimize(expression)
    if not goal.is_dcp():
        raise ValueError("the objective is not convex by CVXPY's rules; see https://www.cvxpy.org/tutorial/dcp")
    inside: Any = rows[:, :-1] @ point + rows[:, -1] >= 0
    problem = cp.Problem(goal, [inside, *constraints])
    if not problem.is_dcp():
        raise ValueError("a constraint is not convex by CVXPY's rules; see https://www.cvxpy.org/tutorial/dcp")
    try:
        problem.solve(**options)  # type: ignore[no-untyped-call]
    except cp.error.SolverError as error:
        raise SolverFailed(f"CVXPY found no optimum on region {index}: {error}") from None
    if problem.status not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE) or point.value is None:
        raise SolverFailed(f"CVXPY found no optimum on region {index}: the problem is {problem.status}")
    return Closest(float(problem.value), np.asarray(point.value), str(problem.solver_stats.solver_name))
