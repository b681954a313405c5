"""Areas from points near walls: closed forms of the bias, and the co-area formula."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from maximum_networks import envelope

import polyregions as pr
from polyregions.counters.estimators import forward
from polyregions.counters.estimators.shells import shell_volume, tube_volume
from polyregions.errors import DimensionMismatch
from polyregions.networks.affine import RegionForms
from polyregions.theory import Architecture, Prior, random_network

SQUARE = pr.Polytope.box(-1, 1, dim=2)
DEEP = random_network(Architecture(2, (4, 3)), Prior(bias_scale=0.4), seed=2)


def hyperplanes(rows: list[list[float]]) -> pr.Network:
    table = np.array(rows, dtype=float)
    return pr.Network.from_arrays([table[:, :-1], np.ones((1, len(table)))], [table[:, -1], [0.0]])


def z(found: pr.Estimate, wanted: float) -> float:
    return abs(found.value - wanted) / found.error


@pytest.mark.parametrize("width", [0.4, 0.1])
def test_a_diagonal_loses_its_ends(width: float) -> None:
    """At distance s from the diagonal of the square the chord is 2 |s| shorter: by the width on average."""
    found = shell_volume(hyperplanes([[5, -5, 0]]), SQUARE, 40_000, np.random.default_rng(0), width=width)
    assert z(found, 2 * math.sqrt(2) - width) < 4
    assert found.error < 0.1


@pytest.mark.parametrize("angle", [math.pi / 2, math.pi / 3, 0.4])
def test_a_crossing_is_counted_once_in_the_tube(angle: float) -> None:
    """Two strips of width 2 w overlap in a parallelogram of area (2 w)^2 / sin(angle)."""
    network, width = hyperplanes([[1, 0, 0], [math.cos(angle), math.sin(angle), 0]]), 0.05
    both = sum(shell_by_levels(network, SQUARE, width))
    shells = shell_volume(network, SQUARE, 40_000, np.random.default_rng(1), width=width)
    tube = tube_volume(network, SQUARE, 40_000, np.random.default_rng(1), width=width)
    assert z(shells, both) < 4
    assert z(tube, both - 2 * width / math.sin(angle)) < 4
    assert tube.value < shells.value


def shell_by_levels(network: pr.Network, domain: pr.Polytope, width: float, steps: int = 40) -> list[float]:
    """The mean over |s| < width of the length of {g = s |grad g|}, for each switch, region by region."""
    regions = pr.enumerate_regions(network, domain)
    shares = (np.arange(steps) + 0.5) * 2.0 / steps - 1.0
    total = np.zeros(network.n_switches)
    for number in range(len(regions)):
        polygon = shapely.Polygon(regions.polytope(number).vertices)
        forms = RegionForms(network, regions.patterns[number])
        for switch in range(network.n_switches):
            a, b, c = (float(entry) for entry in forms.switch(switch))
            size = math.hypot(a, b)
            if size > 0.0:
                normal, along = np.array([a, b]) / size, np.array([-b, a]) / size
                feet = (width * shares - c / size)[:, None] * normal
                chords = shapely.linestrings(np.stack([feet - 9 * along, feet + 9 * along], axis=1))
                total[switch] += shapely.length(shapely.intersection(chords, polygon)).mean()
    return total.tolist()


def test_mean_is_that_of_level_sets() -> None:
    """The co-area formula on a deep network, with shells so thick that the bias is large."""
    wanted = sum(shell_by_levels(DEEP, SQUARE, 0.7))
    found = shell_volume(DEEP, SQUARE, 20_000, np.random.default_rng(2), width=0.7)
    assert z(found, wanted) < 4
    exact = pr.boundary_volume(pr.build_complex(DEEP, SQUARE), 1, visible=False).value
    assert abs(exact - wanted) > 4 * found.error


def test_bias_goes_to_zero_with_the_width() -> None:
    exact = pr.boundary_volume(pr.build_complex(DEEP, SQUARE), 1, visible=False).value
    biases = [abs(sum(shell_by_levels(DEEP, SQUARE, width)) - exact) for width in (0.2, 0.05, 0.0125)]
    assert biases[0] > 2 * biases[1] > 4 * biases[2]
    assert biases[2] < 0.02 * exact
    fine = shell_volume(DEEP, SQUARE, 40_000, np.random.default_rng(3), width=0.0125)
    assert abs(fine.value - exact) < 4 * fine.error + biases[2]


@pytest.mark.parametrize("counter", [shell_volume, tube_volume])
def test_default_width_gets_better_with_the_budget(counter: type[shell_volume]) -> None:
    exact = pr.boundary_volume(pr.build_complex(DEEP, SQUARE), 1, visible=False).value
    gaps = [
        math.sqrt(np.mean([(counter(DEEP, SQUARE, n, np.random.default_rng(k)).value - exact) ** 2 for k in range(8)]))
        for n in (30, 10_000)
    ]
    assert gaps[1] < gaps[0] / 2
    assert gaps[1] < 0.1 * exact


def test_coincident_units() -> None:
    network = hyperplanes([[1, 0, 0], [-3, 0, 0], [0, 0, 0], [0, 0, 1]])
    shells = shell_volume(network, SQUARE, 20_000, np.random.default_rng(4), width=0.1)
    tube = tube_volume(network, SQUARE, 20_000, np.random.default_rng(4), width=0.1)
    assert z(tube, 2.0) < 4
    assert shells.value == 2 * tube.value


def test_maxima() -> None:
    """The largest of x, -x, y and -y: the diagonals, where candidates differ from both sides."""
    network = envelope("", [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]], 4).network
    found = shell_volume(network, SQUARE, 40_000, np.random.default_rng(5), width=0.01)
    assert z(found, 4 * math.sqrt(2)) < 4


def test_scale_of_the_weights_does_not_matter() -> None:
    rows = [[1.0, 0.5, 0.1], [0.25, -1.0, 0.3]]
    plain, *scaled = (
        shell_volume(hyperplanes([[x * factor for x in row] for row in rows]), SQUARE, 500, np.random.default_rng(6))
        for factor in (1.0, 2.0**-700, 2.0**700)
    )
    assert all(found.value == plain.value > 0.0 for found in scaled)


def test_batches_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = shell_volume(DEEP, SQUARE, 100, np.random.default_rng(7), width=0.1)
    monkeypatch.setattr(forward, "ENTRIES", 7 * 3 * 9)
    assert sum(forward.batches(DEEP, 100)) == 100
    assert len(list(forward.batches(DEEP, 100))) == 12
    assert shell_volume(DEEP, SQUARE, 100, np.random.default_rng(7), width=0.1) == whole


def test_errors() -> None:
    random = np.random.default_rng(0)
    with pytest.raises(ValueError, match="width"):
        tube_volume(DEEP, SQUARE, 10, random, width=0.0)
    with pytest.raises(ValueError, match="budget"):
        shell_volume(DEEP, SQUARE, 0, random)
    with pytest.raises(DimensionMismatch):
        shell_volume(DEEP, pr.Polytope.simplex(3), 10, random)
