"""Boundary volumes by codimension, unit and layer, and surfaces."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from fractions import Fraction

import numpy as np
import problems
import pytest
from degenerate_networks import degenerate_problems
from effort import examples, some
from flint import fmpq_mat
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from scipy.spatial import ConvexHull
from strategies import integer_networks, kinked_networks

import polyregions as pr
from polyregions.arithmetic import rational
from polyregions.measures import Measure, Surd, boundary_volume, exact_volume, surface, volumes

Key = tuple[int, ...]

tolerant = examples(100, suppress_health_check=[HealthCheck.too_slow])


def built(problem: problems.Problem) -> pr.PolyhedralComplex:
    return pr.build_complex(problem.network, problem.domain)


def random_network(*widths: int, seed: int = 0) -> pr.Network:
    rng = np.random.default_rng(seed)
    shapes = list(itertools.pairwise(widths))
    weights = [rng.normal(0, math.sqrt(2 / inputs), (outputs, inputs)) for inputs, outputs in shapes]
    return pr.Network.from_arrays(weights, [rng.normal(0, 0.3, outputs) for _, outputs in shapes])


def exactly(measure: Measure) -> Fraction | Surd:
    assert measure.exact is not None
    assert measure.how == "exact"
    return measure.exact


def contained(whole: Measure, exact: Fraction | Surd) -> None:
    assert Fraction(whole.lower) <= exact <= Fraction(whole.upper)
    assert whole.upper - whole.lower <= 1e-8 * (whole.upper + 1.0)


# What the definition says, face by face, in rationals and without the package's own orders and incidences.


def walls_around(complex_: pr.PolyhedralComplex, k: int, face: int, visible: bool) -> list[tuple[int, int]]:
    """The pairs of neighbouring regions between which there is a wall that contains a face."""
    regions, n = complex_.regions, complex_.dim
    corners = set(complex_.vertices_of(k, face).tolist())
    around = [r for r in range(len(regions)) if corners <= set(complex_.vertices_of(n, r).tolist())]
    found = []
    for one, other in itertools.combinations(around, 2):
        common = set(complex_.vertices_of(n, one).tolist()) & set(complex_.vertices_of(n, other).tolist())
        jump = any(
            regions.affine_map(one).exact[i, j] != regions.affine_map(other).exact[i, j]
            for i in range(complex_.network.output_dim)
            for j in range(n)
        )
        if rank_of([complex_.exact_point(v) for v in sorted(common)]) == n - 1 and (jump or not visible):
            found.append((one, other))
    return found


def rank_of(points: list[list[object]]) -> int:
    """Dimension of the affine hull."""
    rows = [[x - a for x, a in zip(point, points[0], strict=True)] for point in points[1:]]  # type: ignore[operator]
    return int(fmpq_mat(len(rows), len(points[0]), list(itertools.chain(*rows))).rank()) if rows else 0


def normals_of(complex_: pr.PolyhedralComplex, pairs: list[tuple[int, int]]) -> int:
    """The rank of the normals: n minus the dimension of the directions that all the walls have in common."""
    rows = []
    for one, other in pairs:
        common = sorted(
            set(complex_.vertices_of(complex_.dim, one).tolist())
            & set(complex_.vertices_of(complex_.dim, other).tolist())
        )
        points = [complex_.exact_point(v) for v in common]
        edges = [[x - a for x, a in zip(point, points[0], strict=True)] for point in points[1:]]
        kernel, nullity = _nullspace(edges, complex_.dim)
        assert nullity == 1
        rows.append(kernel)
    return int(fmpq_mat(len(rows), complex_.dim, list(itertools.chain(*rows))).rank()) if rows else 0


def _nullspace(edges: list[list[object]], dim: int) -> tuple[list[object], int]:
    """A vector orthogonal to the edges of a wall, and how many there are."""
    table = fmpq_mat(len(edges), dim, list(itertools.chain(*edges))) if edges else fmpq_mat(1, dim)
    reduced, rank = table.rref()
    pivots = [next(j for j in range(dim) if reduced[i, j] != 0) for i in range(rank)]
    free = next(j for j in range(dim) if j not in pivots)
    vector = [rational(int(j == free)) for j in range(dim)]
    for i, j in enumerate(pivots):
        vector[j] = -reduced[i, free]
    return vector, dim - rank


def by_definition(complex_: pr.PolyhedralComplex, codim: int, visible: bool) -> dict[Key, Fraction | Surd]:
    """Volumes by units; the empty dictionary where there is no such boundary."""
    k, patterns = complex_.dim - codim, complex_.regions.patterns
    interior = complex_.interior(k)
    found: dict[Key, Fraction | Surd] = {}
    for face in np.flatnonzero(interior).tolist():
        pairs = walls_around(complex_, k, face, visible)
        if normals_of(complex_, pairs) == codim:
            switching = [np.flatnonzero(patterns[one] != patterns[other]).tolist() for one, other in pairs]
            key = tuple(sorted({unit for units in switching for unit in units}))
            found[key] = exact_volume(complex_, k, face) + found.get(key, Fraction(0))
    return found


def check(complex_: pr.PolyhedralComplex, codims: range | None = None) -> None:
    layers = complex_.network.unit_layers
    for codim, visible in itertools.product(codims or range(1, complex_.dim + 1), (True, False)):
        wanted = by_definition(complex_, codim, visible)
        by_unit = boundary_volume(complex_, codim, visible=visible, by="unit", exact=True)
        assert {key: exactly(part) for key, part in by_unit.items()} == wanted
        by_layer = boundary_volume(complex_, codim, visible=visible, by="layer", exact=True)
        assert {key: exactly(part) for key, part in by_layer.items()} == {
            key: sum(part for units, part in wanted.items() if tuple(layers[list(units)].tolist()) == key)
            for key in {tuple(layers[list(units)].tolist()) for units in wanted}
        }
        total = sum(wanted.values(), Fraction(0))
        assert exactly(boundary_volume(complex_, codim, visible=visible, exact=True)) == total
        contained(boundary_volume(complex_, codim, visible=visible), total)
        for by in ("unit", "layer"):
            parts = boundary_volume(complex_, codim, visible=visible, by=by)
            assert list(parts) == sorted(parts)
            contained(sum(parts.values(), Measure.of(Fraction(0))), total)
        for key, part in boundary_volume(complex_, codim, visible=visible, by="unit").items():
            contained(part, wanted[key])


@tolerant
@given(integer_networks(max_inputs=2, max_hidden=3, max_width=3))
def test_small_networks(network: pr.Network) -> None:
    check(pr.build_complex(network, pr.Polytope.box(-2, 1, dim=network.input_dim)))


@examples(40, suppress_health_check=[HealthCheck.too_slow])
@given(integer_networks(max_inputs=3, max_hidden=2, max_width=2), st.sampled_from([1, 2, 3]))
def test_small_networks_in_space(network: pr.Network, codim: int) -> None:
    codims = range(min(codim, network.input_dim), min(codim, network.input_dim) + 1)
    check(pr.build_complex(network, pr.Polytope.simplex(network.input_dim, 3.0)), codims)


@examples(60, suppress_health_check=[HealthCheck.too_slow])
@given(kinked_networks(max_inputs=2, max_width=2, skips=True))
def test_all_activations(network: pr.Network) -> None:
    check(pr.build_complex(network, pr.Polytope.box(-2, 3, dim=network.input_dim)))


@pytest.mark.parametrize("widths", [(1, 5, 5, 1), (2, 4, 3, 1), (2, 3, 2, 2, 3), (3, 3, 2, 1)])
def test_generic_networks(widths: tuple[int, ...]) -> None:
    complex_ = pr.build_complex(random_network(*widths, seed=3), pr.Polytope.box(-1, 1, dim=widths[0]))
    check(complex_)
    for codim in range(1, complex_.dim + 1):
        assert all(len(key) == codim for key in boundary_volume(complex_, codim, visible=False, by="unit"))


KNOWN = [
    problems.braid(3),
    problems.type_b(2),
    problems.shi(3),
    problems.resonance(3),
    problems.threshold(2),
    problems.l1_norm(3),
    problems.folding_plane(2, 2),
    problems.hamming_trap(),
    *degenerate_problems(),
]


@pytest.mark.parametrize("problem", some(KNOWN), ids=str)
def test_degenerate_networks(problem: problems.Problem) -> None:
    check(built(problem))


@pytest.mark.parametrize("n", range(1, 6))
def test_coordinate_hyperplanes(n: int) -> None:
    """x_i = 0 in [-1, 1]^n: C(n, c) flats of codimension c, of volume 2^(n - c) each; every unit is in layer 1."""
    complex_ = built(problems.boolean(n))
    for codim, visible in itertools.product(range(1, n + 1), (True, False)):
        each = Fraction(2 ** (n - codim))
        parts = boundary_volume(complex_, codim, visible=visible, by="unit", exact=True)
        assert {key: exactly(part) for key, part in parts.items()} == dict.fromkeys(
            itertools.combinations(range(n), codim), each
        )
        layers = boundary_volume(complex_, codim, visible=visible, by="layer", exact=True)
        assert {key: exactly(part) for key, part in layers.items()} == {(1,) * codim: math.comb(n, codim) * each}
        contained(boundary_volume(complex_, codim, visible=visible), math.comb(n, codim) * each)


@pytest.mark.parametrize(("offset", "length"), [(0, 2), (0.5, 1.5), (1, 1), (-1.5, 0.5), (2, 0), (3, 0)])
def test_one_line(offset: float, length: float) -> None:
    """x + y = offset in the square [-1, 1]^2 has the length (2 - |offset|) sqrt(2)."""
    network = pr.Network.from_arrays([[[1.0, 1.0]], [[1.0]]], [[-offset], [0.0]])
    complex_ = pr.build_complex(network, pr.Polytope.box(-1, 1, dim=2))
    for visible in (True, False):
        assert exactly(boundary_volume(complex_, 1, visible=visible, exact=True)) == Surd(((Fraction(length), 2),))
        assert exactly(boundary_volume(complex_, 2, visible=visible)) == 0


def test_one_plane() -> None:
    """x + y + z = 0 cuts the cube [-1, 1]^3 in a regular hexagon with sides sqrt(2), of area 3 sqrt(3)."""
    network = pr.Network.from_arrays([[[1.0, 1.0, 1.0]], [[1.0]]], [[0.0], [0.0]])
    complex_ = pr.build_complex(network, pr.Polytope.box(-1, 1, dim=3))
    assert exactly(boundary_volume(complex_, 1, exact=True)) == Surd(((3, 3),))
    hexagon = math.sqrt(27)
    assert np.allclose(surface(complex_).value, 12 + hexagon, rtol=1e-14)
    assert np.allclose(surface(complex_, inner=True).value, hexagon, rtol=1e-14)


@pytest.mark.parametrize(("m", "d"), [(6, 1), (5, 2), (8, 2), (6, 3), (5, 4)])
def test_points_of_generic_arrangements(m: int, d: int) -> None:
    """Any d of m hyperplanes meet in one point."""
    parts = boundary_volume(built(problems.generic(m, d)), d, by="unit")
    assert {key: exactly(part) for key, part in parts.items()} == {
        units: Fraction(1) for units in itertools.combinations(range(m), d)
    }


def test_units_that_share_hyperplanes() -> None:
    """The l1 norm: units i and i + 3 switch at x_i = 0 together."""
    complex_ = built(problems.l1_norm(3))
    for codim in (1, 2, 3):
        parts = boundary_volume(complex_, codim, by="unit", exact=True)
        wanted = {tuple(sorted([*axes, *(i + 3 for i in axes)])) for axes in itertools.combinations(range(3), codim)}
        assert {key: exactly(part) for key, part in parts.items()} == dict.fromkeys(wanted, 2 ** (3 - codim))
        layers = boundary_volume(complex_, codim, by="layer", exact=True)
        assert list(layers) == [(1,) * 2 * codim]


def test_hidden_walls_are_left_out() -> None:
    """The l-infinity norm bends at the diagonals only; its network also switches on the axes."""
    complex_ = built(problems.linf_norm())
    assert exactly(boundary_volume(complex_, 1, exact=True)) == Surd(((4, 2),))
    assert exactly(boundary_volume(complex_, 1, visible=False, exact=True)) == 4 + Surd(((4, 2),))
    for visible in (True, False):
        assert exactly(boundary_volume(complex_, 2, visible=visible)) == 1
    assert boundary_volume(complex_, 1, by="layer", exact=True).keys() == {(2,)}


def test_walls_that_are_cut_by_hidden_ones_stay_whole() -> None:
    """|x| beside |y| with weight 0: the origin lies inside the straight wall x = 0 and not in B_{N,2}."""
    network = pr.Network.from_arrays([np.eye(2), [[1.0, 0.0]]], [[0.0, 0.0], [0.0]])
    complex_ = pr.build_complex(network, pr.Polytope.box(-1, 1, dim=2))
    assert exactly(boundary_volume(complex_, 1, exact=True)) == 2
    assert exactly(boundary_volume(complex_, 1, visible=False, exact=True)) == 4
    assert boundary_volume(complex_, 2, by="unit") == {}
    assert exactly(boundary_volume(complex_, 2)) == 0
    assert exactly(boundary_volume(complex_, 2, visible=False)) == 1
    parts = boundary_volume(complex_, 1, by="unit", exact=True)
    assert {key: exactly(part) for key, part in parts.items()} == {(0,): 2}


@pytest.mark.parametrize(("problem", "kinks"), [(problems.folding(3, 3, 3), 31), (problems.sawtooth(4), 15)], ids=str)
def test_kinks_in_one_dimension(problem: problems.Problem, kinks: int) -> None:
    """On a line B_{N,1} are points: one less than linear regions."""
    complex_ = built(problem)
    assert exactly(boundary_volume(complex_, 1)) == kinks == (problem.linear_regions or 0) - 1
    assert exactly(boundary_volume(complex_, 1, visible=False)) == problem.activation_regions - 1
    assert (surface(complex_).value == 2.0).all()
    assert (surface(complex_).error == 0.0).all()
    assert Counter(surface(complex_, inner=True).value.tolist()) == {1.0: 2, 2.0: problem.activation_regions - 2}


@pytest.mark.parametrize("widths", [(2, 9, 6, 1), (3, 6, 4, 1), (4, 5, 3, 1)])
def test_surfaces(widths: tuple[int, ...]) -> None:
    """Against Qhull; inner surfaces count every wall twice."""
    n = widths[0]
    complex_ = pr.build_complex(random_network(*widths, seed=4), pr.Polytope.box(-1, 1, dim=n))
    sizes, inner = surface(complex_), surface(complex_, inner=True)
    assert (sizes.error < 1e-9).all()
    for region in range(len(complex_.regions)):
        hull = ConvexHull(complex_.vertices[complex_.vertices_of(n, region)])
        assert math.isclose(sizes.value[region], hull.area, rel_tol=1e-7)
        facets = complex_.boundary(n)[[region]].indices
        exact = sum((exact_volume(complex_, n - 1, facet) for facet in facets.tolist()), Fraction(0))
        contained(Measure.total(sizes[region : region + 1]), exact)
    walls = Measure.total(volumes(complex_, n - 1, complex_.walls))
    outside = 2 * n * 2.0 ** (n - 1)
    assert math.isclose(inner.value.sum(), 2 * walls.value, rel_tol=1e-12)
    assert math.isclose(sizes.value.sum(), 2 * walls.value + outside, rel_tol=1e-12)


def test_surfaces_out_of_range() -> None:
    complex_ = pr.build_complex(random_network(3, 3, 1), pr.Polytope.box(-1e160, 1e160, dim=3))
    sizes = surface(complex_)
    assert (sizes.value == np.inf).all()
    assert (sizes.error == np.inf).all()
    assert boundary_volume(complex_, 1).upper == np.inf


def test_refusals() -> None:
    complex_ = built(problems.boolean(2))
    for codim in (0, 3, -1):
        with pytest.raises(pr.errors.DimensionMismatch, match="codimensions 1 to 2"):
            boundary_volume(complex_, codim)
    with pytest.raises(ValueError, match='"unit" or "layer", got \'region\''):
        boundary_volume(complex_, 1, by="region")  # type: ignore[call-overload]
