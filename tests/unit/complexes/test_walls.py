"""Which walls are visible, and in which piece of the boundary faces lie: against plain fractions and known networks."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import reference
from effort import examples
from hypothesis import given
from problems import folding, linf_norm
from strategies import integer_networks, kinked_networks

import polyregions as pr
from polyregions.complexes.walls import units_with_open_paths
from polyregions.errors import DimensionMismatch

Vector = list[Fraction]


def rank(rows: list[Vector], dim: int) -> int:
    return len(reference.reduce([list(row) for row in rows], dim)) if rows else 0


def directions(complex_: pr.CellComplex, k: int, face: int) -> list[Vector]:
    """The differences of a face's exact vertices."""
    first, *others = (complex_.exact_vertex(v) for v in complex_.vertices_of(k, face).tolist())
    return [[x - a for x, a in zip(point, first, strict=True)] for point in others]


def common_directions(spans: list[list[Vector]], dim: int) -> int:
    """The dimension of the intersection of hyperplanes' directions, from a normal of each."""
    return dim - rank([normal(span, dim) for span in spans], dim)


def normal(span: list[Vector], dim: int) -> Vector:
    """The vector, up to scale, with zero product with vectors of rank dim - 1: the maximal minors with signs."""
    basis: list[Vector] = []
    for vector in span:
        if rank([*basis, vector], dim) > len(basis):
            basis.append(vector)
    assert len(basis) == dim - 1
    return [(-1) ** i * determinant([row[:i] + row[i + 1 :] for row in basis]) for i in range(dim)]


def determinant(rows: list[Vector]) -> Fraction:
    if not rows:
        return Fraction(1)
    return sum(
        ((-1) ** j * rows[0][j] * determinant([row[:j] + row[j + 1 :] for row in rows[1:]]) for j in range(len(rows))),
        Fraction(0),
    )


def jumps(complex_: pr.PolyhedralComplex) -> list[bool]:
    """For each facet, whether the exact affine maps on its two sides differ."""
    result = [False] * complex_.f_vector()[complex_.dim - 1]
    maps = [complex_.regions.affine_map(i) for i in range(len(complex_.regions))]
    for wall, (one, other) in zip(complex_.walls.tolist(), complex_.wall_regions.tolist(), strict=True):
        result[wall] = maps[one] != maps[other]
    return result


def orders(complex_: pr.PolyhedralComplex, codim: int, counted: list[bool]) -> list[int]:
    n, k = complex_.dim, complex_.dim - codim
    facets = [set(complex_.vertices_of(n - 1, f).tolist()) for f in range(complex_.f_vector()[n - 1])]
    result = []
    for face in range(complex_.f_vector()[k]):
        own = set(complex_.vertices_of(k, face).tolist())
        on_boundary = complex_.on_domain_facets(k)[face].any()
        around = [f for f, vertices in enumerate(facets) if counted[f] and own <= vertices]
        spans = [directions(complex_, n - 1, f) for f in around]
        result.append(0 if on_boundary or not spans else n - common_directions(spans, n))
    return result


@given(integer_networks(max_inputs=3, max_hidden=2, max_width=4))
@examples(60)
def test_orders_are_the_ranks_of_normals(network: pr.Network) -> None:
    complex_ = pr.build_complex(network, pr.Polytope.box(-1, 1, dim=network.input_dim))
    if len(complex_.regions) > 40:
        return
    seen = jumps(complex_)
    assert pr.visible_walls(complex_).tolist() == seen
    walls = [bool(flag) for flag in np.isin(np.arange(len(seen)), complex_.walls)]
    for codim in range(1, complex_.dim + 1):
        assert pr.boundary_order(complex_, codim).tolist() == orders(complex_, codim, seen)
        assert pr.boundary_order(complex_, codim, visible=False).tolist() == orders(complex_, codim, walls)


@given(kinked_networks())
@examples(60)
def test_visible_walls_and_linear_regions(network: pr.Network) -> None:
    """With other activations and skip connections; linear regions against those found by linear programs."""
    if network.input_dim > 3:
        return
    domain = pr.Polytope.box(-1, 1, dim=network.input_dim)
    complex_ = pr.build_complex(network, domain)
    if len(complex_.regions) > 60:
        return
    assert pr.visible_walls(complex_).tolist() == jumps(complex_)
    regions = pr.enumerate_regions(network, domain, engine="branching")
    ours = [part.tolist() for part in pr.linear_regions(complex_)]
    theirs = [part.tolist() for part in pr.linear_regions(regions, pr.region_graph(regions, engine="branching"))]
    assert ours == theirs


@given(kinked_networks())
@examples(40)
def test_units_without_open_paths_do_not_reach_the_output(network: pr.Network) -> None:
    """Against moving the bias of a unit: the output of the region's affine map does not change."""
    regions = pr.enumerate_regions(network, pr.Polytope.box(-1, 1, dim=network.input_dim), limits=pr.Limits(regions=3))
    reached = units_with_open_paths(network, regions.patterns)
    for pattern, flags in zip(regions.patterns, reached, strict=True):
        before = pr.affine_map(network, pattern)
        for unit in np.flatnonzero(~flags).tolist():
            assert pr.affine_map(moved(network, unit), pattern) == before


def moved(network: pr.Network, unit: int) -> pr.Network:
    """The same network with another bias at one unit."""
    layers, first = [], 0
    for layer in network.layers:
        bias = layer.bias.copy()
        if layer.n_switches:
            if first <= unit < first + layer.width:
                bias[unit - first] += 1.0
            first += layer.width
        layers.append(pr.Layer(layer.weights, bias, layer.activation, layer.sources))
    return pr.Network(tuple(layers), network.input_dim)


@pytest.mark.parametrize(
    ("folds", "activation", "linear"), [((3, 2, 3), 12, 11), ((3, 3, 3), 36, 32), ((4, 3, 2), 48, 41)]
)
def test_folding_networks(folds: tuple[int, int, int], activation: int, linear: int) -> None:
    problem = folding(*folds)
    complex_ = pr.build_complex(problem.network, problem.domain)
    assert len(complex_.regions) == activation
    assert len(pr.linear_regions(complex_)) == linear
    assert pr.visible_walls(complex_).sum() == linear - 1


def test_largest_coordinate() -> None:
    """|y| + [|x| - |y|]_+: the axes are walls, but the function is the same on both of their sides."""
    problem = linf_norm()
    complex_ = pr.build_complex(problem.network, problem.domain)
    assert len(complex_.regions) == 8
    assert len(pr.linear_regions(complex_)) == 4
    middles = np.array([complex_.vertices[complex_.vertices_of(1, wall)].mean(axis=0) for wall in complex_.walls])
    seen = pr.visible_walls(complex_)[complex_.walls]
    assert (np.isclose(abs(middles[:, 0]), abs(middles[:, 1])) == seen).all()
    origin = np.flatnonzero((complex_.vertices == 0).all(axis=1))
    assert pr.boundary_order(complex_, 2)[origin] == 2
    assert not pr.t_junctions(complex_).any()


def network_with_dead_corner() -> pr.Network:
    """relu(relu(x) + relu(y) - 1), so nothing is seen where x + y < 1 in the positive quadrant and beyond."""
    return pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]], [[1.0]]], [[0.0, 0.0], [-1.0], [0.0]])


def test_walls_end_where_the_layer_behind_is_dead() -> None:
    """The wall x = 0 is visible for y > 1 only, y = 0 for x > 1; where they end, the second layer's wall bends."""
    complex_ = pr.build_complex(network_with_dead_corner(), pr.Polytope.box(-2, 2, dim=2))
    visible, order = pr.visible_walls(complex_), pr.boundary_order(complex_, 2)
    points = {tuple(map(float, complex_.exact_vertex(v))): int(order[v]) for v in range(len(order))}
    assert points[(0.0, 1.0)] == points[(1.0, 0.0)] == 2
    assert points[(0.0, 0.0)] == 0
    assert pr.boundary_order(complex_, 2, visible=False)[[p == (0.0, 0.0) for p in points]] == 2
    for wall in complex_.walls.tolist():
        middle = complex_.vertices[complex_.vertices_of(1, wall)].mean(axis=0)
        expected = middle.max() > 1.0 if 0.0 in middle else np.isclose(np.maximum(middle, 0.0).sum(), 1.0)
        assert visible[wall] == expected
    ends = complex_.vertices[pr.t_junctions(complex_)]
    assert sorted(map(tuple, ends.tolist())) == [(0.0, 1.0), (1.0, 0.0)]


def test_a_hidden_dead_layer_hides_every_wall() -> None:
    network = pr.Network.from_arrays([np.eye(2), -np.ones((2, 2)), [[1.0, 1.0]]], [[0.0, 0.0], [-1.0, -2.0], [0.0]])
    complex_ = pr.build_complex(network, pr.Polytope.box(-1, 1, dim=2))
    assert complex_.f_vector() == (9, 12, 4)
    assert not pr.visible_walls(complex_).any()
    assert not pr.boundary_order(complex_, 2).any()
    assert len(pr.linear_regions(complex_)) == 1
    assert pr.boundary_order(complex_, 2, visible=False).sum() == 2


def test_walls_know_the_units_that_switch() -> None:
    """A duplicated unit switches together with its copy, an opposite one too."""
    network = pr.Network.from_arrays(
        [[[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]], np.ones((1, 4))], [np.zeros(4), [0.0]]
    )
    complex_ = pr.build_complex(network, pr.Polytope.box(-1, 1, dim=2))
    units = pr.wall_units(complex_)
    sets = {tuple(units.indices[units.indptr[w] : units.indptr[w + 1]].tolist()) for w in complex_.walls.tolist()}
    assert sets == {(0, 1, 2), (3,)}
    assert units.shape == (complex_.f_vector()[1], 4)
    assert units.sum() == 2 * 3 + 2


@pytest.mark.parametrize("codim", [0, 3, -1])
def test_codimensions_that_do_not_exist(codim: int) -> None:
    complex_ = pr.build_complex(network_with_dead_corner(), pr.Polytope.box(-2, 2, dim=2))
    with pytest.raises(DimensionMismatch, match="codimensions 1 to 2"):
        pr.boundary_order(complex_, codim)


def test_no_junctions_on_a_line() -> None:
    network = pr.Network.from_arrays([[[1.0]], [[1.0]]], [[0.0], [0.0]])
    with pytest.raises(DimensionMismatch, match="codimensions 1 to 1"):
        pr.t_junctions(pr.build_complex(network, pr.Polytope.box(-1, 1, dim=1)))
