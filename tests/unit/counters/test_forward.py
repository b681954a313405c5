"""Switches and gradients at points in floats, against forms made from patterns."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from strategies import maxout_networks, mixed_networks

import polyregions as pr
from polyregions.counters.estimators.crofton import crofton
from polyregions.counters.estimators.forward import lengths, switches_at
from polyregions.counters.estimators.line_scale import line_scale
from polyregions.counters.estimators.local_complexity import local_complexity, sign_changes
from polyregions.counters.estimators.shells import shell_volume, tube_volume
from polyregions.enumeration.regions import switch_pattern
from polyregions.networks.affine import enclosed_switches


@given(mixed_networks() | maxout_networks(), st.integers(0, 2**32 - 1))
@examples(40)
def test_switches_are_the_forms_of_the_pattern(network: pr.Network, seed: int) -> None:
    points = np.random.default_rng(seed).uniform(-2, 2, (3, network.input_dim))
    patterns = switch_pattern(network, pr.switch_signs(network, points))
    numbers, switches = np.repeat(np.arange(3), network.n_switches), np.tile(np.arange(network.n_switches), 3)
    forms = enclosed_switches(network, patterns, numbers, switches).value.reshape(
        3, network.n_switches, network.input_dim + 1
    )
    values = np.einsum("bsi,bi->bs", forms[:, :, :-1], points) + forms[:, :, -1]
    found = switches_at(network, points)
    size = 1e-9 * (1.0 + np.abs(forms).max(initial=0.0))
    assert found[:, :, :-1].transpose(1, 0, 2) == pytest.approx(forms[:, :, :-1], abs=size)
    assert pytest.approx(values, abs=size) == found[:, :, -1].T


def test_shifts_are_biases() -> None:
    weights = [[[1.0, 2.0], [0.5, -1.0]], [[1.0, -1.0]], [[1.0]]]
    points, shifts = np.array([[0.3, 0.2], [1.0, -0.5]]), np.array([[0.1, 0.2], [-0.3, 0.4], [0.5, -0.6]])
    found = switches_at(pr.Network.from_arrays(weights, [[0.1, 0.2], [0.3], [0.0]]), points, shifts)
    for number in range(2):
        a, b, c = shifts[:, number]
        moved = pr.Network.from_arrays(weights, [[0.1 + a, 0.2 + b], [0.3 + c], [0.0]])
        assert found[:, number] == pytest.approx(switches_at(moved, points)[:, number])


def test_networks_without_switches() -> None:
    network, square = pr.Network.from_arrays([[[1.0, 2.0]]], [[0.5]]), pr.Polytope.box(-1, 1, dim=2)
    assert switches_at(network, np.zeros((3, 2))).shape == (0, 3, 3)
    counters = (
        crofton,
        shell_volume,
        tube_volume,
        partial(local_complexity, noise=1.0),
        partial(sign_changes, radius=1.0),
    )
    for counter in counters:
        assert counter(network, square, 5, np.random.default_rng(0)).value == 0.0
    assert line_scale(network, square, 5, np.random.default_rng(0)).value == 1.0


def test_lengths() -> None:
    vectors = np.array([[3.0, 4.0], [3e200, 4e200], [3e-200, -4e-200], [0.0, 0.0]])
    assert lengths(vectors) == pytest.approx([5.0, 5e200, 5e-200, 0.0], rel=1e-15, abs=0.0)
