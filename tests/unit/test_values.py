"""Results are values: they can be pickled and copied, their arrays do not change, and wrong numbers are refused."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

import polyregions as pr
from polyregions.arithmetic import RationalMatrix, rational
from polyregions.errors import DimensionMismatch, InvalidNetwork


def corner() -> tuple[pr.Network, pr.Polytope]:
    """relu(relu(x) + relu(y) - 1) on a triangle whose corners are no floats."""
    network = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]], [[1.0]]], [[0.0, 0.0], [-1.0], [0.0]])
    return network, pr.Polytope.from_halfspaces([[-3, 1], [1, -3], [1, 1]], [1, 1, 3])


def copies(value: Any) -> list[Any]:
    return [pickle.loads(pickle.dumps(value)), copy.deepcopy(value), copy.copy(value)]


def test_rationals() -> None:
    third = rational(1) / 3
    matrix = RationalMatrix(1, 2, [third, rational(-5)])
    assert copies(third) == [third] * 3
    assert copies(matrix) == [matrix] * 3


def test_polytopes() -> None:
    domain = corner()[1]
    assert domain.forms.error.shape == (3,)  # something that is computed and kept
    for same in copies(domain):
        assert same.exact_vertices == domain.exact_vertices
        assert same.contains([[0.0, 0.0], [5.0, 0.0]]).tolist() == [True, False]


@pytest.mark.parametrize("engine", ["branching", "subdivision"])
def test_regions(engine: Any) -> None:
    regions = pr.enumerate_regions(*corner(), engine=engine)
    volumes = [regions.polytope(i).volume for i in range(len(regions))]
    for same in copies(regions):
        assert (same.patterns == regions.patterns).all()
        assert [same.polytope(i).volume for i in range(len(same))] == volumes
        assert same.locate([[1.0, 1.0]]) == regions.locate([[1.0, 1.0]])
        assert not same.patterns.flags.writeable


@pytest.mark.parametrize("build", [pr.build_complex, pr.decision_complex])
def test_complexes(build: Callable[..., pr.CellComplex]) -> None:
    complex_ = build(*corner())
    points = [complex_.exact_vertex(v) for v in range(complex_.f_vector()[0])]
    total = pr.total_volume(complex_, 1, exact=True)
    for same in copies(complex_):
        assert same.f_vector() == complex_.f_vector()
        assert [same.exact_vertex(v) for v in range(len(points))] == points
        assert pr.total_volume(same, 1, exact=True) == total
        assert pr.betti_numbers(pr.Subcomplex.domain_boundary(same)) == (1, 1)
        assert [array.flags.writeable for array in arrays_of(same)] == [False] * len(arrays_of(same))


def arrays_of(complex_: Any) -> list[Any]:
    matrices = [*complex_.members, *complex_.boundaries, *(complex_.coboundary(k) for k in range(complex_.dim))]
    arrays = [array for matrix in matrices for array in (matrix.data, matrix.indices, matrix.indptr)]
    arrays += [complex_.walls, complex_.wall_regions, complex_.vertices, complex_.coordinates.error]
    if isinstance(complex_, pr.DecisionComplex):
        return [*arrays, complex_.patterns, complex_.classes, complex_.pairs, complex_.decisive]
    return [*arrays, complex_.vertex_signs, complex_.outputs.value, complex_.outputs.error]


def test_numbers_of_faces() -> None:
    complex_ = pr.build_complex(*corner())
    count = complex_.f_vector()[1]
    assert complex_.numbers(1).tolist() == list(range(count))
    assert complex_.numbers(1, 3).tolist() == [3]
    assert complex_.numbers(1, np.arange(count) == 2).tolist() == [2]
    assert complex_.numbers(1, []).tolist() == []
    for wrong in (-1, count, [0, count], 0.5, [[0]], np.zeros(count + 1, dtype=bool), "a", [None]):
        with pytest.raises(DimensionMismatch, match="are chosen by numbers from 0"):
            complex_.numbers(1, wrong)
    for ask in (complex_.exact_vertex, complex_.exact_point, complex_.region_signs):
        for wrong in (-1, 10**6):
            with pytest.raises(DimensionMismatch):
                ask(wrong)
    for wrong in (-1, 10**6):
        with pytest.raises(DimensionMismatch):
            complex_.vertices_of(1, wrong)
        with pytest.raises(DimensionMismatch):
            complex_.affine_hull(1, wrong)


def test_corners_of_large_cells_are_counted_right() -> None:
    """Products of incidence matrices do not overflow."""
    angles = np.linspace(0.0, 2.0 * np.pi, 400, endpoint=False)
    polygon = pr.Polytope.from_vertices(np.round(2.0**30 * np.column_stack([np.cos(angles), np.sin(angles)])))
    complex_ = pr.build_complex(pr.Network.from_arrays([[[1.0, 0.0]], [[1.0]]], [[2.0**31], [0.0]]), polygon)
    assert (complex_.members[2] @ complex_.members[2].T).toarray().tolist() == [[400]]


def test_vertices_of_a_complex_with_an_activation_at_the_end() -> None:
    layer = pr.Layer(np.eye(2), np.zeros(2), pr.Activation.relu())
    complex_ = pr.build_complex(pr.Network((layer,), 2), pr.Polytope.box(-1, 1, dim=2))
    assert complex_.f_vector() == (9, 12, 4)
    assert sorted(map(tuple, (complex_.exact_vertex(v) for v in range(9)))) == [
        (x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)
    ]
    with pytest.raises(DimensionMismatch):
        complex_.exact_vertex(9)


def test_activations_with_too_many_pieces() -> None:
    slopes = tuple(float(i % 2) for i in range(257))
    with pytest.raises(InvalidNetwork, match="at most 255 breakpoints"):
        pr.Activation(tuple(map(float, range(256))), slopes)
    most = pr.Activation(tuple(map(float, range(255))), slopes[:256])
    network = pr.Network((pr.Layer(np.ones((1, 1)), np.zeros(1), most),), 1)
    for engine in ("branching", "subdivision"):
        assert len(pr.enumerate_regions(network, pr.Polytope.box(-1, 400, dim=1), engine=engine)) == 256  # type: ignore[arg-type]


def test_ties_between_many_classes() -> None:
    """300 classes, most of them tied at the origin; deep comparisons in rationals."""
    random = np.random.default_rng(0)
    weights = [random.integers(-1, 2, (4, 2)).astype(float), random.integers(-1, 2, (300, 4)).astype(float)]
    network = pr.Network.from_arrays(weights, [np.zeros(4), np.zeros(300)])
    complex_ = pr.decision_complex(network, pr.Polytope.box(-1, 1, dim=2))
    assert complex_.euler_characteristic == 1
    for cell, number in enumerate(complex_.classes.tolist()):
        corners = [complex_.exact_vertex(v) for v in complex_.vertices_of(2, cell).tolist()]
        middle = [sum(axis) / len(corners) for axis in zip(*corners, strict=True)]
        outputs = pr.evaluate_exactly(network, middle)
        assert number == outputs.index(max(outputs))


def test_classes_and_levels_that_do_not_exist() -> None:
    complex_ = pr.decision_complex(*corner())
    for ask in (complex_.class_region, lambda number: complex_.boundary_between(0, number)):
        for wrong in (-1, 2):
            with pytest.raises(DimensionMismatch, match="classes are 0 to 1"):
                ask(wrong)
    with pytest.raises(DimensionMismatch, match="two different classes"):
        complex_.boundary_between(1, 1)
    for level in (float("nan"), float("inf"), "a"):
        with pytest.raises(InvalidNetwork, match="a level must be a finite number"):
            pr.level_set(*corner(), level)  # type: ignore[arg-type]
    for output in (-1, 1, 0.5):
        with pytest.raises(DimensionMismatch, match="outputs 0 to 0"):
            pr.level_set(*corner(), output=output)  # type: ignore[arg-type]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda network: pickle.loads(pickle.dumps(network))])
def test_copies_of_networks_are_frozen_and_compute_their_own_digest(copied):
    layers = [
        pr.Layer(np.eye(2), [1.0, -1.0], pr.Activation.relu()),
        pr.Layer(csr_array([[1.0, 0.0], [2.0, 1.0]]), [0.0, 0.5], pr.Maximum([(0, 1), (1,)])),
    ]
    network = pr.Network(layers)
    wanted = network.digest
    same = copied(network)
    assert "digest" not in same.__dict__
    assert same.digest == wanted
    arrays = [same.layers[0].weights, same.layers[0].bias, same.layers[1].weights.data, same.layers[1].units.members]
    assert not any(array.flags.writeable for array in arrays)
