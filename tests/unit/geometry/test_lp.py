"""What is asked of HiGHS."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.optimize

from polyregions.arithmetic import Enclosure, rational_matrix
from polyregions.geometry.forms import Forms, Row, System
from polyregions.geometry.lp import LinearProgram, chebyshev


def random_rows(rng, count, dim):
    table = np.column_stack([rng.standard_normal((count, dim)), rng.uniform(0.1, 1.0, count)])
    forms = Forms(Enclosure.exact(table), np.ones(dim + 1), lambda: rational_matrix(table))
    return [Row(forms, i, 1, i) for i in range(count)]


@pytest.mark.parametrize("seed", range(5))
def test_optima_and_multipliers(seed):
    """Systems change at the end, in the middle and completely; scipy says the same, and the dual equation holds."""
    rng = np.random.default_rng(seed)
    rows = random_rows(rng, 8, 3)
    lower, upper = np.array([-1.0, -0.5, -2.0]), np.array([1.0, 0.25, 0.5])
    program = LinearProgram(lower, upper)
    for chosen in [rows[:3], rows[:5], rows[:2], [*rows[:1], *rows[4:]], rows[::-1], []]:
        system = System.of(chosen, 3)
        program.set_system(system)
        for gradient in rng.standard_normal((4, 3)):
            answer = program.maximize(gradient)
            result = scipy.optimize.linprog(
                -gradient,
                A_ub=-system.floats[:, :-1],
                b_ub=system.floats[:, -1],
                bounds=np.column_stack([lower, upper]),
            )
            assert gradient @ answer.point == pytest.approx(-result.fun, abs=1e-8)
            assert (answer.multipliers >= 0).all()
            residual = gradient + answer.multipliers @ system.floats[:, :-1]
            bound = np.maximum(residual * lower, residual * upper).sum() + answer.multipliers @ system.floats[:, -1]
            assert bound == pytest.approx(-result.fun, abs=1e-8)
            at_rows, at_lower, at_upper = program.active()
            assert len(at_rows) + len(at_lower) + len(at_upper) == 3
            assert system.floats[at_rows] @ np.append(answer.point, 1.0) == pytest.approx(0, abs=1e-8)
            assert answer.point[at_lower] == pytest.approx(lower[at_lower])
            assert answer.point[at_upper] == pytest.approx(upper[at_upper])


def test_contradictory_rows_have_no_answer():
    table = np.array([[1.0, -0.75], [-1.0, 0.5]])
    forms = Forms(Enclosure.exact(table), np.ones(2), lambda: rational_matrix(table))
    program = LinearProgram(np.array([0.0]), np.array([1.0]))
    program.set_system(System.of([Row(forms, 0, 1, 0), Row(forms, 1, 1, 1)], 1))
    assert program.maximize(np.array([1.0])) is None
    program.set_system(System.of([Row(forms, 0, 1, 0)], 1))
    assert program.maximize(np.array([-1.0])).point == pytest.approx([0.75])


def test_chebyshev():
    centre, radius = chebyshev(np.array([[1, 0, 0], [0, 1, 0], [-3, -4, 12.0]]))
    assert (centre.tolist(), radius) == (pytest.approx([1, 1]), pytest.approx(1))
    assert chebyshev(np.array([[1, 0], [-1, -1.0]]))[1] == pytest.approx(-0.5)
    assert chebyshev(np.array([[1.0, 0.0]]))[1] == pytest.approx(1e6)
    assert np.isfinite(chebyshev(np.array([[1.0, np.inf]]))[0]).all()


def test_nothing_is_printed():
    """HiGHS greets on the process's standard output, once, if it may."""
    script = """
import numpy as np
from polyregions.geometry.polytope import Polytope
from polyregions.geometry.lp import LinearProgram
LinearProgram(np.zeros(2), np.ones(2)).maximize(np.ones(2))
Polytope.from_halfspaces(np.concatenate([np.eye(2), -np.eye(2), np.eye(2)]), np.ones(6)).chebyshev_centre
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert result.stdout == b""
    assert result.stderr == b""
