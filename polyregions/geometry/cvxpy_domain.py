"""Domains from CVXPY constraints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from polyregions.arithmetic import rational
from polyregions.errors import DimensionMismatch, InvalidDomain, MissingDependency
from polyregions.geometry.projection import ExactRow, shadow, solve_for

if TYPE_CHECKING:
    import cvxpy


def rows_from_cvxpy(constraints: Sequence[cvxpy.Constraint], variable: cvxpy.Variable) -> list[ExactRow]:
    """Return half-spaces that hold exactly the values of a CVXPY variable that constraints allow.

    See `Polytope.from_cvxpy` for what may be asked.

    Returns
    -------
    list of list of Rational, each of length n + 1
        Forms ``(a | c)``, non-negative on the set.

    Raises
    ------
    InvalidDomain
        The constraints do not follow CVXPY's rules of disciplined convex programming, need other cones than linear
        ones, integers, or parameters without value.
    DimensionMismatch
        The variable is a matrix or has no entries.
    MissingDependency
        CVXPY is not installed.

    Notes
    -----
    CVXPY writes the constraints as a linear program and computes its coefficients in floats; these floats, taken as
    exact, are what defines the domain.  (``3 * (0.1 * x) <= 1`` may thus differ from ``0.3 * x <= 1`` in the last
    bit.)  Everything after that is exact: auxiliary variables are eliminated by Fourier and Motzkin's method in
    rationals, and no tolerance decides anything.  The method suits small domains; its effort can grow exponentially
    with the number of auxiliary variables.
    """
    try:
        import cvxpy as cp
    except ImportError:
        raise MissingDependency("domains from constraints need CVXPY: python -m pip install cvxpy") from None
    wanted = _checked(constraints, variable)
    # A fresh variable without attributes keeps its columns through all of CVXPY's reductions.
    image = cp.Variable(variable.shape)
    problem = cp.Problem(cp.Minimize(0), [image == variable, *wanted])
    unset = [parameter.name() for parameter in problem.parameters() if parameter.value is None]
    if unset:
        raise InvalidDomain(f"every parameter of the constraints needs a value; these have none: {', '.join(unset)}")
    try:
        # The data for SCS are documented there: A x + s == b, with s in cones of given sizes.
        data, _, _ = problem.get_problem_data(cp.SCS, ignore_dpp=True)
    except cp.error.SolverError as error:
        raise InvalidDomain(f"CVXPY cannot write these constraints as linear inequalities: {error}") from None
    columns = data["param_prob"].var_id_to_col[image.id]
    equations, rows = _exact_rows(data, range(columns, columns + image.size))
    hidden = len(equations[0]) - 1 - image.size
    projected = shadow(solve_for(rows, equations, hidden), hidden)
    return projected or [[rational(0)] * (image.size + 1)]


def _checked(constraints: Sequence[cvxpy.Constraint], variable: cvxpy.Variable) -> list[cvxpy.Constraint]:
    """Return the constraints as a list if they and the variable may make a domain."""
    import cvxpy as cp

    if not isinstance(variable, cp.Variable):
        raise InvalidDomain(f"wanted a cvxpy.Variable, got {type(variable).__name__}")
    if variable.ndim > 1 or variable.size == 0:
        raise DimensionMismatch(f"the variable of a domain must have shape (n,) or (), got {variable.shape}")
    if isinstance(constraints, cp.Constraint):
        raise InvalidDomain("wanted a list of constraints, got a single one; put it in a list")
    wanted = list(constraints)
    for constraint in wanted:
        if not isinstance(constraint, cp.Constraint):
            raise InvalidDomain(f"wanted a list of cvxpy constraints, got a {type(constraint).__name__} in it")
        if isinstance(constraint, cp.FiniteSet):
            raise InvalidDomain(f"a domain must be convex; {constraint} is not")
        if not constraint.is_dcp():
            raise InvalidDomain(
                f"{constraint} does not follow CVXPY's rules (DCP), so that it need not be convex; see "
                "https://www.cvxpy.org/tutorial/dcp"
            )
    variables = {v.id: v for constraint in wanted for v in constraint.variables()}
    bounded = any(variable.attributes.get(name) for name in ("nonneg", "nonpos", "pos", "neg")) or (
        variable.attributes.get("bounds") is not None
    )
    if variable.id not in variables and not bounded:
        raise InvalidDomain(
            f"the variable {variable.name()} does not occur in the constraints, which are about "
            f"{', '.join(v.name() for v in variables.values()) or 'nothing'}"
        )
    for each in (variable, *variables.values()):
        if each.attributes["integer"] or each.attributes["boolean"]:
            raise InvalidDomain(f"a domain must be convex; the variable {each.name()} is integer or boolean")
    if variable.is_complex():
        raise InvalidDomain(f"a domain must be real; the variable {variable.name()} is complex")
    return wanted


def _exact_rows(data: dict[str, Any], last: range) -> tuple[list[ExactRow], list[ExactRow]]:
    """Return equations ``a . x + c == 0`` and inequalities ``a . x + c >= 0``, with some columns moved to the end."""
    dims = data["dims"]
    cones = {
        "second-order": sum(dims.soc),
        "exponential": dims.exp,
        "semidefinite": sum(dims.psd),
        "power": len(dims.p3d) + len(dims.pnd),
    }
    curved = [name for name, size in cones.items() if size]
    offsets = np.asarray(data["b"], dtype=np.float64)
    if curved or dims.zero + dims.nonneg != len(offsets):
        raise InvalidDomain(
            f"a domain must be a polytope; its constraints need {' and '.join(curved) or 'other than linear'} cones. "
            "Use linear constraints, abs, max, norm1 or norm_inf."
        )
    forms = np.column_stack([-data["A"].toarray(), offsets])
    for name, sign in (("lower_bounds", 1.0), ("upper_bounds", -1.0)):
        if data.get(name) is not None:
            forms = np.concatenate([forms, sign * np.column_stack([np.eye(len(data[name])), -data[name]])])
    vacuous = forms[:, -1] == np.inf  # bounds that are infinite
    vacuous[: dims.zero] = False
    if not np.isfinite(forms[~vacuous]).all():
        raise InvalidDomain("the constraints contain numbers that are NaN or infinite")
    order = [i for i in range(forms.shape[1] - 1) if i not in last] + [*last, forms.shape[1] - 1]
    exact = [[rational(entry) for entry in row] for row in forms[~vacuous][:, order].tolist()]
    return exact[: dims.zero], exact[dims.zero :]
