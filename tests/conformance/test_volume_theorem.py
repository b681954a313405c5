"""Both sides of the volume theorem agree, for all kinds of networks; readings of it that are wrong do not.

Networks are few here, so errors are some percent; examples/hanin_rolnick/theorem.py is the long version.
"""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest

import polyregions as pr
from polyregions.theory import counts, shallow_regions, shallow_volume

NORMAL, UNIFORM = pr.Prior(bias_scale=0.5), pr.Prior(biases="uniform", bias_scale=0.6)
CASES = [
    (1, (8,), pr.Prior(bias_scale=1.0), "relu"),
    (1, (2, 2, 2), UNIFORM, "relu"),
    (1, (3,), pr.Prior("torch", "torch"), "hard_tanh(-0.2,0.2)"),
    (2, (6,), pr.Prior(bias_scale=1.0), "relu"),
    (2, (4, 4), NORMAL, "relu"),
    (2, (3, 3), UNIFORM, "relu"),
    (2, (3, 3, 3), NORMAL, "relu"),
    (2, (3, 1), NORMAL, "relu"),
    (2, (4, 3), pr.Prior("orthogonal", "uniform", 0.4, gain=1.4), "abs"),
    (2, (3, 3), pr.Prior("glorot-uniform", "normal", 0.3, gain=1.4), "leaky_relu(0.25)"),
    (3, (5,), pr.Prior(bias_scale=1.0), "relu"),
    (3, (4, 2), NORMAL, "relu"),
]
NARROW = 7
"""The case in which open paths matter most."""


@cache
def both_sides(case: int) -> pr.Verification:
    inputs, widths, prior, activation = CASES[case]
    shape = pr.Architecture(inputs, widths, activation=activation)
    cube, networks = pr.Polytope.box(-1, 1, dim=inputs), 400 if case == NARROW else 150
    return pr.verify_theorem(shape, prior, cube, networks=networks, samples=50_000, seed=case)


@pytest.mark.parametrize("case", range(len(CASES)))
def test_both_sides_agree(case: int) -> None:
    found = both_sides(case)
    assert max(map(abs, found.z)) < 4
    assert found.p_value > 1e-4
    if found.z_regions is not None:
        assert abs(found.z_regions) < 4


@pytest.mark.parametrize("case", range(len(CASES)))
def test_no_network_has_more_regions_than_the_bound(case: int) -> None:
    inputs, widths, _, activation = CASES[case]
    shape = pr.Architecture(inputs, widths, activation=activation)
    most = counts.trivial_bound(widths, shape.units.n_switches)
    if activation == "relu":
        most = counts.serra_bound(inputs, widths)
    assert both_sides(case).counts.max() <= most


def test_all_together_chi_squared_is_as_it_should_be() -> None:
    """Some forty differences in standard errors: neither too large nor too small."""
    total = sum(both_sides(case).chi_squared for case in range(len(CASES)))
    freedom = sum(both_sides(case).degrees for case in range(len(CASES)))
    assert abs(total - freedom) < 4 * np.sqrt(2 * freedom)


@pytest.mark.parametrize(("reading", "codim"), [("strict", 2), ("ordered", 2), ("ignored", 1), ("ignored", 2)])
def test_wrong_readings_are_rejected(reading: str, codim: int) -> None:
    shape, square = pr.Architecture(2, (3, 1)), pr.Polytope.box(-1, 1, dim=2)
    right = tuple(
        pr.expected_boundary_volume(shape, NORMAL, square, k, reading=reading, samples=50_000)  # type: ignore[call-overload]
        for k in (1, 2)
    )
    found = dataclasses.replace(both_sides(NARROW), right=right, reading=reading)
    assert abs(found.z[codim - 1]) > 6
    assert found.p_value < 1e-9


def test_all_walls_obey_the_theorem_without_open_paths() -> None:
    shape, square = pr.Architecture(2, (3, 1)), pr.Polytope.box(-1, 1, dim=2)
    found = pr.verify_theorem(shape, NORMAL, square, networks=150, samples=50_000, visible=False)
    assert max(map(abs, found.z)) < 4
    assert found.left[0].value > both_sides(NARROW).left[0].value


def test_one_hidden_layer_has_closed_forms() -> None:
    found = both_sides(3)
    volumes = [shallow_volume(found.architecture, found.prior, found.domain, k) for k in (1, 2)]
    for exact, left, right in zip(volumes, found.left, found.right, strict=True):
        assert abs(left.value - exact) < 4 * left.error
        assert abs(right.value - exact) < 4 * right.error
    assert volumes[1] == pytest.approx(5.0, rel=1e-7)
    assert shallow_regions(6, 1.0) == pytest.approx(10.7019, abs=5e-5)
    assert abs(found.regions.value - shallow_regions(6, 1.0)) < 4 * found.regions.error
