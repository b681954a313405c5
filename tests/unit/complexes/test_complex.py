"""What a polyhedral complex tells of its faces: shapes, types, refusals, and small examples by hand."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from degenerate_networks import degenerate_problems
from invariants import check_complex

import polyregions as pr
from polyregions.complexes import cell_complex
from polyregions.errors import DimensionMismatch

DIAGONAL = pr.Network.from_arrays([[[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]], np.ones((1, 3))], [np.zeros(3), [0.0]])


@pytest.fixture(scope="module")
def square() -> pr.PolyhedralComplex:
    """Both axes and the diagonal, in the square: 6 regions around the origin."""
    return pr.build_complex(DIAGONAL, pr.Polytope.box(-1, 1, dim=2))


def random_network(widths: tuple[int, ...], seed: int) -> pr.Network:
    rng = np.random.default_rng(seed)
    weights = [rng.normal(0, np.sqrt(2 / n), (m, n)) for n, m in itertools.pairwise(widths)]
    return pr.Network.from_arrays(weights, [rng.normal(0, 0.3, m) for m in widths[1:]])


def test_shapes_and_types(square: pr.PolyhedralComplex) -> None:
    counts = square.f_vector()
    assert counts == (9, 14, 6)
    assert all(isinstance(count, int) for count in counts)
    assert (square.dim, square.euler_characteristic) == (2, 1)
    assert repr(square) == "PolyhedralComplex(f-vector 9, 14, 6)"
    assert square.vertices.shape == square.coordinates.error.shape == (9, 2)
    assert square.outputs.value.shape == (9, 1)
    for k in range(3):
        assert square.members[k].shape == (counts[k], 9)
        assert (square.signs(k).shape, square.signs(k).dtype) == ((counts[k], 3), np.int8)
        assert (square.on_domain_facets(k).shape, square.on_domain_facets(k).dtype) == ((counts[k], 4), np.bool_)
        assert (square.interior(k).shape, square.interior(k).dtype) == ((counts[k],), np.bool_)
        assert square.hyperplanes(k).shape[0] == counts[k]
    assert square.wall_regions.shape == (6, 2)
    check_complex(square)


def test_faces_of_the_square(square: pr.PolyhedralComplex) -> None:
    points = {tuple(point): vertex for vertex, point in enumerate(square.vertices.tolist())}
    assert set(points) == set(itertools.product((-1.0, 0.0, 1.0), repeat=2))
    origin = points[0.0, 0.0]
    assert square.exact_vertex(origin) == [Fraction(0), Fraction(0)]
    assert square.signs(0)[origin].tolist() == [0, 0, 0]
    assert np.flatnonzero(square.interior(0)).tolist() == [origin]
    assert square.on_domain_facets(0)[points[1.0, 1.0]].sum() == 2
    edges = {frozenset(square.vertices_of(1, edge).tolist()): edge for edge in range(14)}
    diagonal = edges[frozenset((origin, points[1.0, 1.0]))]
    assert square.interior(1)[diagonal]
    assert square.signs(1)[diagonal].tolist() == [1, 1, 0]
    assert square.vertices_of(1, diagonal).tolist() == sorted((origin, points[1.0, 1.0]))
    sides = square.coboundary(1)[[diagonal]].indices
    assert sorted(square.regions.patterns[sides].tolist()) == [[1, 1, 0], [1, 1, 1]]
    assert square.coboundary(0)[[origin]].nnz == square.boundary(2).nnz // 2 - 4
    hull = square.affine_hull(1, diagonal)
    assert len(hull.directions) == 1
    assert hull.directions[0][0] == hull.directions[0][1] != 0
    assert hull.point[0] == hull.point[1]
    assert square.affine_hull(0, origin) == pr.Flat([Fraction(0), Fraction(0)], [])
    assert len(square.affine_hull(2, 0).directions) == 2


def test_walls_are_between_two_regions(square: pr.PolyhedralComplex) -> None:
    graph = pr.region_graph(square.regions)
    assert {tuple(pair) for pair in square.wall_regions.tolist()} == {tuple(sorted(edge)) for edge in graph.edges}
    assert (square.wall_regions[:, 0] < square.wall_regions[:, 1]).all()
    assert square.interior(1)[square.walls].all()


def test_dimensions_that_no_face_has(square: pr.PolyhedralComplex) -> None:
    for ask in (square.signs, square.interior, square.on_domain_facets, square.hyperplanes):
        for k in (-1, 3):
            with pytest.raises(DimensionMismatch, match="have dimensions 0 to 2"):
                ask(k)
    for k in (0, 3, -1):
        with pytest.raises(DimensionMismatch, match="have dimensions 1 to 2"):
            square.boundary(k)
    for k in (-1, 2):
        with pytest.raises(DimensionMismatch):
            square.coboundary(k)
    with pytest.raises(DimensionMismatch):
        square.vertices_of(3, 0)
    with pytest.raises(DimensionMismatch):
        square.affine_hull(3, 0)


def test_arrays_are_read_only(square: pr.PolyhedralComplex) -> None:
    arrays = [square.vertices, square.coordinates.error, square.vertex_signs, square.regions.patterns]
    arrays += [square.regions.witnesses, square.regions.cuts, square.outputs.value, square.outputs.error]
    assert [array.flags.writeable for array in arrays] == [False] * len(arrays)


def test_regions_are_those_of_the_enumeration() -> None:
    network, domain = random_network((3, 6, 5, 2), 0), pr.Polytope.simplex(3, 2.0)
    complex_ = pr.build_complex(network, domain)
    regions = pr.enumerate_regions(network, domain, engine="subdivision")
    assert complex_.regions.complete
    assert complex_.network is network
    assert complex_.domain is domain
    assert np.array_equal(complex_.regions.patterns, regions.patterns)
    assert np.array_equal(complex_.regions.cuts, regions.cuts)
    assert np.array_equal(complex_.regions.witnesses, regions.witnesses)
    assert complex_.regions.statistics.vertices == len(complex_.vertices)
    assert complex_.regions.locate(regions.witnesses).tolist() == list(range(len(regions)))


def test_large_answers_come_in_pieces(square: pr.PolyhedralComplex, monkeypatch: pytest.MonkeyPatch) -> None:
    complex_ = pr.build_complex(random_network((3, 6, 5, 2), 0), pr.Polytope.box(-1, 1, dim=3))
    whole = [(complex_.signs(k), complex_.hyperplanes(k)) for k in range(4)]
    for size in (1, 37, 1000):
        monkeypatch.setattr(cell_complex, "CHUNK", size)
        for k, (signs, masks) in enumerate(whole):
            assert np.array_equal(complex_.signs(k), signs)
            assert np.array_equal(complex_.hyperplanes(k), masks)


@pytest.mark.parametrize("dim", [1, 2, 3, 4])
def test_a_network_without_units(dim: int) -> None:
    """The complex is K with its faces."""
    network = pr.Network.from_arrays([np.ones((1, dim))], [[1.0]])
    cube, simplex = (pr.build_complex(network, K) for K in (pr.Polytope.box(0, 1, dim=dim), pr.Polytope.simplex(dim)))
    assert cube.f_vector() == tuple(
        len(list(itertools.combinations(range(dim), k))) * 2 ** (dim - k) for k in range(dim + 1)
    )
    assert simplex.f_vector() == tuple(len(list(itertools.combinations(range(dim + 1), k + 1))) for k in range(dim + 1))
    for complex_ in (cube, simplex):
        check_complex(complex_)
        assert complex_.walls.shape == (0,)
        assert complex_.wall_regions.shape == (0, 2)
        assert complex_.signs(dim).shape == (1, 0)


def test_bounds_are_sharp_after_many_layers() -> None:
    """Every layer widens the engine's own bounds; the coordinates' do not follow."""
    network = random_network((2, *[6] * 12, 1), 3)
    complex_ = pr.build_complex(network, pr.Polytope.box(-3, 3, dim=2))
    assert len(complex_.regions) > 50
    assert np.median(complex_.coordinates.error) < 1e-12
    assert complex_.coordinates.error.max() < 1e-7
    check_complex(complex_, most=25)


@pytest.mark.parametrize("name", ["lines-the-least-apart", "tiny-domain", "huge-domain", "scaled-to-the-ends"])
def test_bounds_at_the_ends_of_the_range_of_floats(name: str) -> None:
    problem = next(problem for problem in degenerate_problems() if problem.name == name)
    complex_ = pr.build_complex(problem.network, problem.domain)
    size = np.abs(complex_.vertices).max()
    assert complex_.coordinates.error.max() <= 2.0**-24 * size
    check_complex(complex_)


def test_progress_and_interruption() -> None:
    calls: list[tuple[float, int]] = []

    def progress(share: float, found: int) -> None:
        calls.append((share, found))

    complex_ = pr.build_complex(DIAGONAL, pr.Polytope.box(-1, 1, dim=2), progress=progress)
    shares = [share for share, _ in calls]
    assert shares == sorted(shares)
    assert calls[-1] == (1.0, len(complex_.regions))

    def interrupt(share: float, found: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pr.build_complex(DIAGONAL, pr.Polytope.box(-1, 1, dim=2), progress=interrupt)
