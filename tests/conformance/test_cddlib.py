"""The vertices of regions against cddlib in rationals, where it is installed: ``pip install '.[oracles]'``."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import by_fractions
import pytest
from degenerate_networks import degenerate_problems
from effort import examples
from hypothesis import given
from invariants import units_of
from problems import Problem, known_problems
from strategies import ALL_KINDS, kinked_networks, lively_networks

import polyregions as pr

cdd: Any = pytest.importorskip("cdd.gmp", reason="needs pycddlib with GMP")

SMALL = [p for p in [*known_problems(), *degenerate_problems()] if p.activation_regions <= 64 and p.domain.dim <= 4]


def halfspaces(network: pr.Network, domain: pr.Polytope, pattern: list[int]) -> list[list[Fraction]]:
    """Rows ``(b, -A)`` of a region: one for each facet of K and for each switch, in plain fractions."""
    rows = [[offset, *(-entry for entry in normal)] for normal, offset in domain.exact_halfspaces]
    switches = by_fractions.switch_forms(network, pattern)
    for (maximum, own), piece in zip(units_of(network), pattern, strict=True):
        for number, form in enumerate(switches[own]):
            side = 1 if piece > number and not maximum else -1
            rows.append([side * form[-1], *(side * x for x in form[:-1])])
    return rows


def check(network: pr.Network, domain: pr.Polytope) -> None:
    complex_ = pr.build_complex(network, domain)
    for region, pattern in enumerate(complex_.regions.patterns.tolist()):
        matrix = cdd.matrix_from_array(halfspaces(network, domain, pattern), rep_type=cdd.RepType.INEQUALITY)
        generators = cdd.copy_generators(cdd.polyhedron_from_matrix(matrix)).array
        assert all(generator[0] == 1 for generator in generators)
        own = complex_.vertices_of(domain.dim, region).tolist()
        assert {tuple(row[1:]) for row in generators} == {tuple(complex_.exact_vertex(v)) for v in own}


@pytest.mark.parametrize("problem", SMALL, ids=str)
def test_known_problems(problem: Problem) -> None:
    check(problem.network, problem.domain)


@examples(40)
@given(kinked_networks() | lively_networks(3, 2, 4, ALL_KINDS))
def test_small_networks(network: pr.Network) -> None:
    check(network, pr.Polytope.box(-1, 1, dim=network.input_dim))
