"""Volumes of faces against closed forms, other libraries, and rationals."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import math
from fractions import Fraction

import numpy as np
import problems
import pytest
from degenerate_networks import degenerate_problems
from effort import examples, some
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.spatial import ConvexHull
from strategies import integer_networks, kinked_networks

import polyregions as pr
from polyregions.complexes import decision_complex
from polyregions.measures import Measure, Surd, exact_volume, total_volume, volumes

tolerant = examples(80, suppress_health_check=[HealthCheck.too_slow])


def random_network(*widths: int, seed: int = 0) -> pr.Network:
    rng = np.random.default_rng(seed)
    shapes = list(itertools.pairwise(widths))
    weights = [rng.normal(0, math.sqrt(2 / inputs), (outputs, inputs)) for inputs, outputs in shapes]
    return pr.Network.from_arrays(weights, [rng.normal(0, 0.3, outputs) for _, outputs in shapes])


def one_hidden_layer(rows: list[list[float]]) -> pr.Network:
    table = np.array(rows, dtype=float)
    return pr.Network.from_arrays([table[:, :-1], [3.0 ** np.arange(len(table))]], [table[:, -1], [0.0]])


def whole(domain: pr.Polytope) -> pr.PolyhedralComplex:
    """The faces of a domain that nothing cuts."""
    return pr.build_complex(one_hidden_layer([[*[0.0] * domain.dim, 1.0]]), domain)


def between(enclosure: pr.Enclosure, exact: list[Fraction | Surd]) -> None:
    """Every exact number lies within its bounds."""
    assert len(exact) == len(enclosure.value)
    for value, error, number in zip(enclosure.value.tolist(), enclosure.error.tolist(), exact, strict=True):
        if math.isfinite(error):
            assert Fraction(value) - Fraction(error) <= number <= Fraction(value) + Fraction(error)


def exact_volumes(complex_: pr.CellComplex, k: int) -> list[Fraction | Surd]:
    return [exact_volume(complex_, k, face) for face in range(complex_.f_vector()[k])]


def root(square: Fraction) -> Surd:
    """The square root of a rational."""
    return Surd(((Fraction(1, square.denominator), square.numerator * square.denominator),))


def check(complex_: pr.PolyhedralComplex) -> None:
    """What holds for every network: bounds contain what rationals say, and rationals say the same in two ways."""
    n = complex_.dim
    for k in range(n + 1):
        exact = exact_volumes(complex_, k)
        enclosed = volumes(complex_, k)
        between(enclosed, exact)
        assert (enclosed.error <= 1e-7 * enclosed.value + 1e-12).all()
        for face in np.flatnonzero(np.diff(complex_.members[k].indptr) == k + 1).tolist():
            if k:
                assert exact[face] == simplex_volume([complex_.exact_vertex(v) for v in complex_.vertices_of(k, face)])
        both = total_volume(complex_, k), total_volume(complex_, k, exact=True)
        assert both[1].exact == sum(exact)
        assert Fraction(both[0].lower) <= sum(exact) <= Fraction(both[0].upper)
    regions = pr.enumerate_regions(complex_.network, complex_.domain, engine="branching")
    for region, volume in enumerate(exact_volumes(complex_, n)):
        assert volume == regions.polytope(region).volume
    assert total_volume(complex_, n, exact=True).exact == complex_.domain.volume


def simplex_volume(points: list[list[Fraction]]) -> Surd:
    """The square root of Gram's determinant, by the factorial."""
    edges = [[x - a for x, a in zip(point, points[0], strict=True)] for point in points[1:]]
    gram = [[sum(x * y for x, y in zip(a, b, strict=True)) for b in edges] for a in edges]
    return root(determinant(gram) / math.factorial(len(edges)) ** 2)


def determinant(table: list[list[Fraction]]) -> Fraction:
    """By expansion along the first row."""
    if not table:
        return Fraction(1)
    minors = [[row[:column] + row[column + 1 :] for row in table[1:]] for column in range(len(table))]
    return sum(((-1) ** j * table[0][j] * determinant(minor) for j, minor in enumerate(minors)), Fraction(0))


@pytest.mark.parametrize("n", range(1, 7))
def test_cube(n: int) -> None:
    """Faces of the cube [-1, 2]^n: C(n, k) 2^(n-k) of volume 3^k each."""
    complex_ = whole(pr.Polytope.box(-1, 2, dim=n))
    for k in range(n + 1):
        sizes = volumes(complex_, k)
        assert len(sizes.value) == math.comb(n, k) * 2 ** (n - k)
        between(sizes, [Fraction(3**k)] * len(sizes.value))
        assert (sizes.error <= 1e-13 * sizes.value).all()
        assert exact_volume(complex_, k, 0) == 3**k
        assert isinstance(exact_volume(complex_, k, 0), Fraction if k in (0, n) else Surd)


@pytest.mark.parametrize("n", range(1, 6))
def test_simplex(n: int) -> None:
    """The corner simplex: C(n, k) faces at the origin of volume 1/k!, the others sqrt(k+1)/k!."""
    complex_ = whole(pr.Polytope.simplex(n))
    for k in range(1, n + 1):
        sizes = np.sort(volumes(complex_, k).value)
        others = math.comb(n, k + 1)
        wanted = [1 / math.factorial(k)] * math.comb(n, k) + [math.sqrt(k + 1) / math.factorial(k)] * others
        assert np.allclose(sizes, wanted, rtol=1e-14)
        exact = math.comb(n, k) + Surd(((others, k + 1),))
        assert total_volume(complex_, k, exact=True).exact == exact * Fraction(1, math.factorial(k))


@pytest.mark.parametrize("n", range(1, 6))
def test_cross_polytope(n: int) -> None:
    """2^n n-simplices around the origin make a body of volume 2^n / n!; its facets have sqrt(n) / (n-1)!."""
    domain = pr.Polytope.from_vertices([[s * (i == j) for j in range(n)] for i in range(n) for s in (1, -1)])
    complex_ = whole(domain)
    assert exact_volume(complex_, n, 0) == Fraction(2**n, math.factorial(n))
    facets = [exact_volume(complex_, n - 1, face) for face in range(complex_.f_vector()[n - 1])]
    assert facets == [Surd(((Fraction(1, math.factorial(n - 1)), n),)) if n > 1 else 1] * 2**n


@pytest.mark.parametrize("n", range(2, 7))
def test_sections_of_the_cube(n: int) -> None:
    """The cube [0, 1]^n cut by x_1 + ... + x_n = s, for whole s: volumes are Eulerian numbers (Laplace)."""

    def power_sum(s: int, power: int) -> int:
        return sum((-1) ** i * math.comb(n, i) * (s - i) ** power for i in range(s + 1))

    complex_ = pr.build_complex(
        one_hidden_layer([[1.0] * n + [-float(s)] for s in range(1, n)]), pr.Polytope.box(0, 1, dim=n)
    )
    slabs = sorted(Fraction(power_sum(s, n) - power_sum(s - 1, n), math.factorial(n)) for s in range(1, n + 1))
    assert sorted(exact_volumes(complex_, n)) == slabs
    between(volumes(complex_, n)[np.argsort(volumes(complex_, n).value)], slabs)
    sections = Fraction(sum(power_sum(s, n - 1) for s in range(1, n)), math.factorial(n - 1))
    walls = total_volume(complex_, n - 1, complex_.walls, exact=True)
    assert walls.exact == Surd(((sections, n),))
    enclosed = total_volume(complex_, n - 1, complex_.walls)
    assert enclosed.lower <= walls.lower
    assert walls.upper <= enclosed.upper


@pytest.mark.parametrize(("widths", "domain"), [((2, 12, 8, 1), (-1, 1)), ((2, 6, 6, 6, 2), (-3, 0.1))])
def test_polygons_by_shapely(widths: tuple[int, ...], domain: tuple[float, float]) -> None:
    shapely = pytest.importorskip("shapely")
    complex_ = pr.build_complex(random_network(*widths), pr.Polytope.box(*domain, dim=2))
    areas, lengths = volumes(complex_, 2), volumes(complex_, 1)
    polygons = [shapely.Polygon(complex_.regions.polytope(i).vertices) for i in range(len(complex_.regions))]
    assert np.allclose(areas.value, shapely.area(polygons), rtol=1e-9, atol=1e-12)
    assert (areas.error < 1e-9).all()
    segments = [complex_.vertices[complex_.vertices_of(1, edge)] for edge in range(complex_.f_vector()[1])]
    assert np.allclose(lengths.value, shapely.length(shapely.linestrings(segments)), rtol=1e-12)


@pytest.mark.parametrize("widths", [(3, 8, 6, 1), (4, 7, 5, 1), (5, 6, 3, 1)])
def test_bodies_by_qhull(widths: tuple[int, ...]) -> None:
    """Qhull measures regions, and walls after a rotation into their hyperplane, where they are one dimension less."""
    n = widths[0]
    complex_ = pr.build_complex(random_network(*widths, seed=1), pr.Polytope.box(-1, 1, dim=n))
    for k in (n, n - 1, 2):
        sizes = volumes(complex_, k)
        for face in range(0, len(sizes.value), max(1, len(sizes.value) // 60)):
            points = complex_.vertices[complex_.vertices_of(k, face)]
            _, _, axes = np.linalg.svd(points - points.mean(axis=0))
            flat = (points - points.mean(axis=0)) @ axes[:k].T
            assert math.isclose(sizes.value[face], ConvexHull(flat, qhull_options="QJ Pp").volume, rel_tol=1e-6)
    total = total_volume(complex_, n)
    assert total.lower <= 2.0**n <= total.upper
    assert total.upper - total.lower < 1e-6


def test_regions_by_quadrature() -> None:
    """The area of a region is the integral of the lengths of its sections."""
    rows = [[1.0, 2.0, -0.25], [-1.0, 1.0, 0.5], [3.0, 1.0, 1.0]]
    complex_ = pr.build_complex(one_hidden_layer(rows), pr.Polytope.box(-1, 1, dim=2))
    for pattern, area in zip(complex_.regions.patterns, volumes(complex_, 2).value, strict=True):
        signs = 2.0 * pattern - 1.0

        def section(x: float, signs: np.ndarray = signs) -> float:
            ends = [(-(a * x + c) / b, s * b) for (a, b, c), s in zip(rows, signs.tolist(), strict=True)]
            low = max([-1.0, *(y for y, slope in ends if slope > 0)])
            return max(0.0, min([1.0, *(y for y, slope in ends if slope < 0)]) - low)

        corners = sorted({float(x) for i in range(len(complex_.vertices)) for x in [complex_.vertices[i, 0]]})
        parts = [quad(section, a, b)[0] for a, b in itertools.pairwise(corners) if b - a > 1e-9]
        assert math.isclose(area, sum(parts), rel_tol=1e-9)


@tolerant
@given(integer_networks(max_inputs=3, max_hidden=2, max_width=3))
def test_small_networks(network: pr.Network) -> None:
    check(pr.build_complex(network, pr.Polytope.box(-2, 1, dim=network.input_dim)))


@tolerant
@given(kinked_networks(max_inputs=3, max_width=2))
def test_all_activations_on_a_simplex(network: pr.Network) -> None:
    check(pr.build_complex(network, pr.Polytope.simplex(network.input_dim, 3.0)))


@pytest.mark.parametrize("widths", [(1, 5, 5, 1), (2, 5, 4, 3, 1), (3, 5, 3, 1), (4, 5, 1)])
def test_generic_networks(widths: tuple[int, ...]) -> None:
    check(pr.build_complex(random_network(*widths, seed=2), pr.Polytope.box(-1, 1, dim=widths[0])))


@pytest.mark.parametrize("seed", range(20))
def test_simplices_with_any_floats_as_vertices(seed: int) -> None:
    """Vertices are known exactly, so only roundings are left: bounds hold, and are narrow, however thin the simplex."""
    rng = np.random.default_rng(seed)
    dim = seed % 4 + 1
    flat = rng.normal(size=(dim + 1, dim)) * 2.0 ** rng.integers(-40, 3, dim)
    points = flat @ np.linalg.qr(rng.normal(size=(dim, dim)))[0] + rng.normal(size=dim) * 2.0 ** rng.integers(-30, 30)
    complex_ = whole(pr.Polytope.from_vertices(points))
    reach = np.abs(points).max()
    for k in range(1, dim + 1):
        sizes = volumes(complex_, k)
        between(sizes, exact_volumes(complex_, k))
        longest = volumes(complex_, 1).value.max()
        assert (sizes.error <= 2.0**-46 * longest**k + 2.0**-48 * reach * longest ** (k - 1)).all()


@pytest.mark.parametrize("problem", some(degenerate_problems()), ids=str)
def test_degenerate_networks(problem: problems.Problem) -> None:
    check(pr.build_complex(problem.network, problem.domain))


def with_coordinates(complex_: pr.PolyhedralComplex, coordinates: pr.Enclosure) -> pr.PolyhedralComplex:
    """The same complex, its vertices known in another way."""
    vertex_set = copy.copy(complex_.vertex_set)
    vertex_set.__dict__["coordinates"] = coordinates
    return dataclasses.replace(complex_, vertex_set=vertex_set)


@examples(40)
@given(st.integers(0, 2**32), st.floats(-50, 3))
def test_bounds_allow_for_vertices_that_are_wrong(seed: int, exponent: float) -> None:
    """Vertices are moved by about 2**exponent, in part by more than the size of faces: the bounds still hold."""
    rng = np.random.default_rng(seed)
    sharp = NETWORK.coordinates
    error = sharp.error + 2.0**exponent * rng.choice([0.0, 1e-3, 1.0], sharp.value.shape)
    moved = sharp.value + rng.choice([-0.999, 0.0, 0.5, 0.999], error.shape) * (error - sharp.error)
    noisy = with_coordinates(NETWORK, pr.Enclosure(moved, error))
    for k, exact in enumerate(EXACT):
        between(volumes(noisy, k), exact)


NETWORK = pr.build_complex(random_network(3, 4, 2, 1, seed=3), pr.Polytope.box(-1, 1, dim=3))
EXACT = [exact_volumes(NETWORK, k) for k in range(4)]


@pytest.mark.parametrize("scale", [2.0**-1060, 1e-300, 1e-160, 1e-100, 1e100, 1e160, 1e300])
@pytest.mark.parametrize("dim", [1, 2, 3])
def test_out_of_range(scale: float, dim: int) -> None:
    """Products that underflow or overflow: bounds hold, and are infinite where there is nothing to say."""
    rows = [[*np.eye(dim)[i], -scale / 4] for i in range(dim)]
    complex_ = pr.build_complex(one_hidden_layer(rows), pr.Polytope.box(0, scale, dim=dim))
    for k in range(1, dim + 1):
        sizes = volumes(complex_, k)
        assert not np.isnan(sizes.value).any()
        assert not np.isnan(sizes.error).any()
        between(sizes, exact_volumes(complex_, k))
        total = total_volume(complex_, k)
        exact = total_volume(complex_, k, exact=True)
        assert total.lower <= exact.lower <= exact.upper <= total.upper
        if abs(k * math.log10(scale)) < 290:
            assert (sizes.error <= 1e-13 * sizes.value).all()


def test_points_that_are_not_known() -> None:
    for value, error in [(np.nan, np.inf), (np.inf, np.inf), (1.0, np.inf), (np.nan, 0.0), (1e300, 1e308)]:
        coordinates = pr.Enclosure(NETWORK.coordinates.value.copy(), NETWORK.coordinates.error.copy())
        coordinates.value[3], coordinates.error[3] = value, error
        noisy = with_coordinates(NETWORK, coordinates)
        for k in range(1, 4):
            sizes = volumes(noisy, k)
            assert not np.isnan(sizes.value).any()
            assert not np.isnan(sizes.error).any()
            around = np.array([3 in noisy.vertices_of(k, face) for face in range(len(sizes.value))])
            assert (sizes.error[around] > 1e300).all()
            assert (np.isfinite(sizes.error) | around).all()
            assert total_volume(noisy, k).lower >= 0.0


def test_selections() -> None:
    complex_ = pr.build_complex(random_network(3, 6, 3, 1), pr.Polytope.box(-1, 1, dim=3))
    rng = np.random.default_rng(0)
    for k in range(4):
        everything = volumes(complex_, k)
        numbers = rng.integers(0, len(everything.value), 50)
        mask = rng.random(len(everything.value)) < 0.5
        for faces in (numbers, numbers.tolist(), mask, [], np.zeros_like(mask)):
            some = volumes(complex_, k, faces)
            chosen = np.asarray(faces, dtype=int) if len(faces) == 0 else faces
            assert np.array_equal(some.value, everything.value[chosen])
            assert np.array_equal(some.error, everything.error[chosen])
    assert total_volume(complex_, 2, []).exact == 0
    assert total_volume(complex_, 2, [], exact=True).exact == 0
    assert total_volume(complex_, 0, exact=True).exact == complex_.f_vector()[0]


def test_in_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faces that are taken in many small runs, as those of large complexes are, have the same volumes."""
    complex_ = pr.build_complex(random_network(3, 8, 4, 1), pr.Polytope.box(-1, 1, dim=3))
    plain = [volumes(complex_, k) for k in range(4)]
    monkeypatch.setitem(volumes.__wrapped__.__globals__, "ENTRIES", 100)  # type: ignore[attr-defined]
    monkeypatch.setitem(volumes.__wrapped__.__globals__, "PAIRS", 7)  # type: ignore[attr-defined]
    for k in range(4):
        assert np.array_equal(volumes(complex_, k).value, plain[k].value)
        assert np.allclose(volumes(complex_, k).error, plain[k].error, rtol=1e-12)


def test_a_face_with_many_vertices() -> None:
    """A polygon of 60 corners times an interval, cut once: prisms with 60 sides."""
    angles = 2 * np.pi * np.arange(60) / 60
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    prism = pr.Polytope.from_vertices([[*point, z] for point in ring for z in (0.0, 1.0)])
    complex_ = pr.build_complex(one_hidden_layer([[0.0, 0.0, 1.0, -0.25]]), prism)
    area = 30 * math.sin(2 * math.pi / 60)
    assert np.allclose(np.sort(volumes(complex_, 3).value), [area / 4, area * 3 / 4], rtol=1e-13)
    check(complex_)


def test_decision_complexes_have_volumes() -> None:
    """Two classes, |x| + |y| above and below 1 in the square [-1, 1]^2: areas 2 and 2, boundary 4 sqrt(2)."""
    network = pr.Network.from_arrays(
        [[[1, 0], [-1, 0], [0, 1], [0, -1]], [[1, 1, 1, 1], [0, 0, 0, 0]]], [np.zeros(4), [0, 1]]
    )
    complex_ = decision_complex(network, pr.Polytope.box(-1, 1, dim=2))
    for number in (0, 1):
        assert total_volume(complex_, 2, complex_.classes == number, exact=True).exact == 2
    assert total_volume(complex_, 1, complex_.decisive, exact=True).exact == Surd(((4, 2),))


@pytest.mark.parametrize("problem", [problems.braid(4), problems.resonance(3), problems.threshold(2)], ids=str)
def test_symmetric_arrangements(problem: problems.Problem) -> None:
    """Permutations of the coordinates permute the regions: volumes come in few sizes, and add up."""
    complex_ = pr.build_complex(problem.network, problem.domain)
    exact = exact_volumes(complex_, complex_.dim)
    assert sum(exact) == problem.domain.volume
    between(volumes(complex_, complex_.dim), exact)
    if problem.name == "braid-4":
        assert set(exact) == {Fraction(2**4, math.factorial(4))}


def test_refusals() -> None:
    for k in (-1, 4):
        for function in (volumes, total_volume):
            with pytest.raises(pr.errors.DimensionMismatch, match="dimensions 0 to 3"):
                function(NETWORK, k)
    count = NETWORK.f_vector()[2]
    for faces in ([count], [-1], [0.5], [[0]], np.zeros(count + 1, dtype=bool)):
        with pytest.raises(pr.errors.DimensionMismatch, match=f"numbers from 0 to {count - 1}"):
            volumes(NETWORK, 2, faces)
    with pytest.raises(pr.errors.DimensionMismatch, match="chosen by numbers"):
        exact_volume(NETWORK, 2, count)


def test_measures_are_measures() -> None:
    total = total_volume(NETWORK, 3)
    assert isinstance(total, Measure)
    assert total.how == "enclosed"
    assert total_volume(NETWORK, 3, exact=True).how == "exact"


@pytest.mark.parametrize("dim", [1, 2, 3, 5])
def test_volumes_of_regions(dim: int) -> None:
    """From the complex up to dimension 4, or for a truncated run from each polytope: the same fractions."""
    random = np.random.default_rng(dim)
    weights = [random.integers(-4, 5, (3, dim)) / 4, random.integers(-4, 5, (2, 3)) / 4, np.ones((1, 2))]
    network = pr.Network.from_arrays(weights, [random.integers(-2, 3, 3) / 4, random.integers(-2, 3, 2) / 4, [0.0]])
    domain = pr.Polytope.simplex(dim, 2.0)
    regions = pr.enumerate_regions(network, domain)
    volumes = pr.region_volumes(regions)
    assert volumes == [regions.polytope(i).volume for i in range(len(regions))]
    assert sum(volumes) == domain.volume
    assert pr.region_volumes(regions, 2) == volumes[:2]
    part = pr.enumerate_regions(network, domain, limits=pr.Limits(regions=2))
    assert pr.region_volumes(part) == [volumes[regions.index[pattern.tobytes()]] for pattern in part.patterns]


def test_exact_volumes_of_many_faces() -> None:
    complex_ = pr.build_complex(*tilted_square())
    for k in (0, 1, 2):
        count = complex_.f_vector()[k]
        each = [pr.exact_volume(complex_, k, face) for face in range(count)]
        assert pr.exact_volumes(complex_, k) == each
        assert pr.exact_volumes(complex_, k, [count - 1, 0]) == [each[-1], each[0]]


def tilted_square() -> tuple[pr.Network, pr.Polytope]:
    network = pr.Network.from_arrays([[[1.0, 2.0], [1.0, -1.0]], [[1.0, 1.0]]], [[0.5, 0.0], [0.0]])
    return network, pr.Polytope.box(-1, 1, dim=2)
