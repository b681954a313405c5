"""The vertices of regions against cddlib in rationals, where it is installed: ``pip install '.[oracles]'``."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from degenerate_networks import degenerate_problems
from hypothesis import given, settings
from problems import Problem, known_problems
from strategies import kinked_networks

import polyregions as pr

cdd: Any = pytest.importorskip("cdd.gmp", reason="needs pycddlib with GMP")

SMALL = [p for p in [*known_problems(), *degenerate_problems()] if p.activation_regions <= 64 and p.domain.dim <= 4]


def vertices_by_cddlib(polytope: pr.Polytope) -> set[tuple[Fraction, ...]]:
    """From half-spaces ``b - A x >= 0`` to vertices."""
    from cdd import RepType

    rows = [[offset, *(-entry for entry in normal)] for normal, offset in polytope.exact_halfspaces]
    matrix = cdd.matrix_from_array(rows, rep_type=RepType.INEQUALITY)
    generators = cdd.copy_generators(cdd.polyhedron_from_matrix(matrix)).array
    assert all(generator[0] == 1 for generator in generators)
    return {tuple(generator[1:]) for generator in generators}


def check(network: pr.Network, domain: pr.Polytope) -> None:
    """Facets come from linear programs over the regions of the branching engine."""
    complex_ = pr.build_complex(network, domain)
    regions = pr.enumerate_regions(network, domain, engine="branching")
    for region in range(len(regions)):
        ours = {tuple(complex_.exact_vertex(v)) for v in complex_.vertices_of(domain.dim, region).tolist()}
        assert ours == vertices_by_cddlib(regions.polytope(region))


@pytest.mark.parametrize("problem", SMALL, ids=str)
def test_known_problems(problem: Problem) -> None:
    check(problem.network, problem.domain)


@settings(max_examples=40, deadline=None)
@given(kinked_networks(max_inputs=3, max_hidden=2, max_width=3))
def test_small_networks(network: pr.Network) -> None:
    check(network, pr.Polytope.box(-1, 1, dim=network.input_dim))
