"""Bounds on the least number of convex pieces: complexes that prove the upper one, and walls that prove the lower."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from effort import examples
from hypothesis import given
from numpy.typing import NDArray
from scipy.spatial import ConvexHull
from six_definitions import SIDES, around_a_diamond
from strategies import integer_networks, lively_networks

import polyregions as pr
from polyregions.counters.definitions import pieces as module
from polyregions.counters.definitions.coarsening import Coarsening
from polyregions.counters.definitions.pieces import Bounds, convex_pieces, different_pieces
from polyregions.counters.definitions.walled_regions import walled_regions
from polyregions.measures import volumes


def owners_of(complex_: pr.PolyhedralComplex) -> NDArray[np.int64]:
    owners = np.zeros(len(complex_.regions), dtype=np.int64)
    for number, part in enumerate(pr.linear_regions(complex_)):
        owners[part] = number
    return owners


def coarsened(complex_: pr.PolyhedralComplex) -> Coarsening:
    parts = [part for part in pr.linear_regions(complex_) if len(part) > 1]
    return Coarsening(complex_, walled_regions(complex_, parts))


def check_is_a_complex(complex_: pr.PolyhedralComplex, labels: NDArray[np.int64]) -> None:
    """Cells are as large as the hulls of their vertices, and what two have in common is a face of both; with Qhull."""
    sizes = volumes(complex_, complex_.dim).value
    members = complex_.members[complex_.dim]
    cells = []
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        corners = np.unique(members[own].indices)
        hull = ConvexHull(complex_.vertices[corners])
        assert hull.volume == pytest.approx(sizes[own].sum(), rel=1e-9)
        distances = complex_.vertices @ hull.equations[:, :-1].T + hull.equations[:, -1]
        cells.append((set(corners.tolist()), np.abs(distances) < 1e-9))
    for one, other in itertools.combinations(cells, 2):
        common = one[0] & other[0]
        for corners_of_one, on_facets in (one, other) if common else ():
            through = on_facets[sorted(common)].all(axis=0)
            assert {v for v in corners_of_one if on_facets[v, through].all()} == common


@given(integer_networks(max_inputs=3, max_hidden=2, max_width=3) | lively_networks(max_inputs=2, max_width=4))
@examples(50)
def test_bounds_are_certain(network: pr.Network) -> None:
    """The coarsening is a complex; walls said to bound different pieces do so there, and among activation regions."""
    if network.input_dim == 1:
        return
    complex_ = pr.build_complex(network, pr.Polytope.box(-2, 2, dim=network.input_dim))
    owners, coarsening = owners_of(complex_), coarsened(complex_)
    finest = coarsening.labels.copy()
    coarsening.join_greedily()
    check_is_a_complex(complex_, coarsening.labels)
    assert (owners[coarsening.labels] == owners).all()
    for region in walled_regions(complex_, [part for part in pr.linear_regions(complex_) if len(part) > 1]):
        walls, different = different_pieces(complex_, region, owners)
        sides = complex_.wall_regions[walls]
        inner = sides[np.isin(sides, region.regions)]
        assert len(inner) == len(walls)
        assert (different == different.T).all()
        for labels in (finest, coarsening.labels):
            first, second = np.nonzero(different)
            assert (labels[inner[first]] != labels[inner[second]]).all()


@given(integer_networks(max_inputs=2, max_hidden=2, max_width=4))
@examples(40)
def test_nothing_is_left_to_join(network: pr.Network) -> None:
    complex_ = pr.build_complex(network, pr.Polytope.box(-2, 2, dim=network.input_dim))
    coarsening = coarsened(complex_)
    coarsening.join_greedily()
    least = len(coarsening)
    for pair in complex_.wall_regions:
        coarsening.join(pair)
    assert len(coarsening) == least


def test_joining_what_cannot_be_one_changes_nothing() -> None:
    network, domain, _ = around_a_diamond()
    complex_ = pr.build_complex(network, domain)
    coarsening = coarsened(complex_)
    outside = next(part for part in pr.linear_regions(complex_) if len(part) > 1)
    assert not coarsening.join(outside)
    assert not coarsening.join(outside[:2])  # even two are too many: a wall of the diamond would turn inwards
    assert not coarsening.join(np.arange(len(complex_.regions)))
    assert len(coarsening) == len(complex_.regions) == 8


def test_joining_two_of_four_joins_the_others() -> None:
    """Four quadrants of one map: two alone would leave a wall that ends in the middle of a facet."""
    network = pr.Network.from_arrays([np.eye(2), [[0.0, 0.0]]], [[0.0, 0.0], [1.0]])
    complex_ = pr.build_complex(network, pr.Polytope.box(-1, 1, dim=2))
    coarsening = coarsened(complex_)
    one, other = complex_.wall_regions[0]
    assert coarsening.join(np.array([one, other]))
    labels = coarsening.labels
    assert labels[one] == labels[other]
    assert np.unique(labels, return_counts=True)[1].tolist() == [2, 2]
    assert convex_pieces(complex_) == Bounds(1, 1)


@pytest.mark.parametrize("thresholds", [(1.0,), (1.0, 1.5), (0.5, 1.0, 1.5)])
def test_rings(thresholds: tuple[float, ...]) -> None:
    """A sum of max(|x| + |y| - t, 0): a diamond, and around it rings of four convex parts.

    The kinks of the rings end in the corners of the diamond, so it needs no cut.
    """
    count = len(thresholds)
    network = pr.Network.from_arrays(
        [SIDES, np.ones((count, 4)), np.ones((1, count))], [[0] * 4, [-t for t in thresholds], [0]]
    )
    found = convex_pieces(pr.build_complex(network, pr.Polytope.box(-2, 2, dim=2)))
    assert found == Bounds(1 + 4 * count, 1 + 4 * count)


@pytest.mark.parametrize("dim", [2, 3])
def test_outside_a_cross_polytope(dim: int) -> None:
    """max(1 - |x|_1, 0) on [-2, 2]^d: inside 2^d pieces; no convex piece outside has two of the 2^d facets."""
    network = pr.Network.from_arrays(
        [np.concatenate([np.eye(dim), -np.eye(dim)]), [[-1] * (2 * dim)], [[1]]], [[0] * (2 * dim), [1], [0]]
    )
    complex_ = pr.build_complex(network, pr.Polytope.box(-2, 2, dim=dim))
    assert len(pr.linear_regions(complex_)) == 2**dim + 1
    assert convex_pieces(complex_) == Bounds(2 * 2**dim, 2 * 2**dim)


def test_a_large_clique_is_found_without_trying_all(monkeypatch: pytest.MonkeyPatch) -> None:
    network, domain, _ = around_a_diamond()
    complex_ = pr.build_complex(network, domain)
    monkeypatch.setattr(module, "LARGEST", 0)
    assert convex_pieces(complex_) == Bounds(8, 8)


def test_bounds() -> None:
    assert (Bounds(2, 2).exact, Bounds(2, 3).exact) == (2, None)
    assert [repr(Bounds(2, 2)), repr(Bounds(2, 3))] == ["2", "2 to 3"]
