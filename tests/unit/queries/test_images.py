"""Images of regions and preimages of polytopes: volumes, dimensions and membership in fractions."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import by_fractions
import numpy as np
import pytest
from flint import fmpq, fmpq_mat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull
from strategies import any_networks, integer_networks, lively_networks, wild_floats, wild_networks

import polyregions as pr

tolerant = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
Row = list[Fraction]
SQUARE = pr.Polytope.box(-1, 1, dim=2)
ABSOLUTE = pr.Network.from_arrays([[[1.0, 0.0], [-1.0, 0.0]], [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
TRIANGLE = [[Fraction(-1, 3), Fraction(-2, 3)], [Fraction(5, 3), Fraction(1, 7)], [Fraction(-1, 3), Fraction(4, 3)]]


def box(network: pr.Network) -> pr.Polytope:
    return pr.Polytope.box(-1, 1, dim=network.input_dim)


def forms_on(regions: pr.Regions, region: int) -> list[Row]:
    return by_fractions.forms(regions.network, regions.patterns[region].tolist())[1]


def rank_of(rows: Sequence[Row]) -> int:
    entries = [fmpq(x.numerator, x.denominator) for row in rows for x in row]
    return int(fmpq_mat(len(rows), len(rows[0]), entries).rank()) if rows else 0


def contains(halfspaces: Sequence[tuple[Sequence[Any], Any]], point: Row) -> bool:
    return all(by_fractions.dot([Fraction(x) for x in normal], point) <= Fraction(b) for normal, b in halfspaces)


def apply(rows: list[Row], vector: Sequence[Any]) -> Row:
    return [by_fractions.dot(row, [Fraction(x) for x in vector]) for row in rows]


# Images.


@tolerant
@given(any_networks())
def test_images_of_regions(network: pr.Network) -> None:
    """The hull of the points is the image: they are the images of the region's vertices, which span its dimension."""
    complex_ = pr.build_complex(network, box(network))
    regions, pieces = complex_.regions, pr.image(complex_)
    assert len(pieces) == len(regions)
    for region in range(len(regions)):
        forms, exact, floats = forms_on(regions, region), pieces.exact_points(region), pieces.points(region)
        corners = regions.polytope(region).exact_vertices
        assert sorted(exact) == sorted(apply(forms, [*corner, 1]) for corner in corners)
        assert np.allclose(floats, np.array(exact, dtype=float), rtol=1e-12, atol=1e-12)
        spread = [[x - y for x, y in zip(point, exact[0], strict=True)] for point in exact[1:]]
        assert pieces.dimension(region) == rank_of(spread)


@tolerant
@given(integer_networks(2, 2, 3, outputs=2) | lively_networks(1), st.integers(0, 99))
def test_square_maps(network: pr.Network, seed: int) -> None:
    """The volume grows by the determinant; the polytope has the image of every point of the region."""
    complex_ = pr.build_complex(network, box(network))
    regions, pieces, rng = complex_.regions, pr.image(complex_), np.random.default_rng(seed)
    for region in range(len(regions) if network.input_dim == network.output_dim else 0):
        forms, domain = forms_on(regions, region), regions.polytope(region)
        matrix = [form[:-1] for form in forms]
        determinant = matrix[0][0] if len(matrix) == 1 else matrix[0][0] * matrix[1][1] - matrix[0][1] * matrix[1][0]
        if determinant == 0:
            with pytest.raises(pr.errors.DimensionMismatch, match="take exact_points"):
                pieces.polytope(region)
            continue
        body = pieces.polytope(region)
        assert body.volume == abs(determinant) * domain.volume
        weights = [Fraction(w) for w in rng.integers(0, 9, len(domain.exact_vertices)).tolist()]
        if sum(weights):
            columns = zip(*domain.exact_vertices, strict=True)
            point = [by_fractions.dot(weights, column) / sum(weights) for column in columns]
            assert contains(body.exact_halfspaces, by_fractions.output(network, point))


@pytest.mark.parametrize("seed", range(3))
def test_projections(seed: int) -> None:
    """From three inputs to two outputs: all sampled outputs are covered, and volumes are those of float hulls."""
    rng = np.random.default_rng(seed)
    weights, biases = [rng.normal(size=(4, 3)), rng.normal(size=(2, 4))], [rng.normal(size=4), rng.normal(size=2)]
    network = pr.Network.from_arrays(weights, biases)
    complex_ = pr.build_complex(network, pr.Polytope.box(-1, 1, dim=3))
    pieces = pr.image(complex_)
    full = {region: pieces.polytope(region) for region in range(len(pieces)) if pieces.dimension(region) == 2}
    assert len(full) >= 4
    for region, body in full.items():
        assert float(body.volume) == pytest.approx(ConvexHull(pieces.points(region)).volume)
    points = rng.uniform(-1, 1, (30, 3))
    for point, region in zip(points.tolist(), complex_.regions.locate(points).tolist(), strict=True):
        if region in full:
            assert contains(full[region].exact_halfspaces, by_fractions.output(network, point))


def test_dimensions_of_images() -> None:
    network = pr.Network.from_arrays([np.eye(2), [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]], [[0, 0], [0, 0, 7]])
    pieces = pr.image(pr.build_complex(network, SQUARE))
    assert [pieces.dimension(region) for region in range(4)] == [0, 1, 1, 2]
    assert repr(pieces) == "Image(4 polytopes in dimension 3)"
    assert pieces.exact_points(0) == [[0, 0, 7]] * 4
    for region in range(4):
        with pytest.raises(pr.errors.DimensionMismatch, match="in a space of 3"):
            pieces.polytope(region)


@pytest.mark.parametrize("region", [-1, 4, 1.0, True, None, [0, 1], "a"])
def test_no_such_region(region: Any) -> None:
    pieces = pr.image(pr.build_complex(pr.Network.from_arrays([np.eye(2)], [[0.0, 0.0]], ["relu"]), SQUARE))
    for ask in (pieces.points, pieces.exact_points, pieces.dimension, pieces.polytope):
        with pytest.raises(pr.errors.DimensionMismatch, match="the regions are 0 to 3"):
            ask(region)


def test_images_need_a_complex() -> None:
    with pytest.raises(pr.errors.DimensionMismatch, match="wanted a PolyhedralComplex"):
        pr.image(pr.enumerate_regions(ABSOLUTE, SQUARE))  # type: ignore[arg-type]


# Preimages.


def volume(part: pr.Subcomplex) -> Fraction:
    n = part.complex.dim
    exact = pr.total_volume(part.complex, n, part.faces[n], exact=True).exact
    assert isinstance(exact, Fraction)
    return exact


def clipped_volume(
    network: pr.Network, domain: pr.Polytope, halfspaces: Sequence[tuple[Sequence[Any], Any]]
) -> Fraction:
    """Every region of the network itself, cut by the half-spaces as they are on it."""
    regions, total = pr.enumerate_regions(network, domain), Fraction(0)
    for region in range(len(regions)):
        forms, body = forms_on(regions, region), regions.polytope(region)
        rows: list[tuple[Row, Fraction]] = []
        for normal, offset in halfspaces:
            *cut, constant = apply([list(column) for column in zip(*forms, strict=True)], normal)
            heights = [by_fractions.dot(cut, corner) + constant - Fraction(offset) for corner in body.exact_vertices]
            if max(heights) > 0:
                rows.append(
                    (cut, Fraction(offset) - constant) if min(heights) < 0 else ([Fraction(0)] * len(cut), Fraction(-1))
                )
        with contextlib.suppress(pr.errors.InvalidDomain):
            total += (body.part(*map(list, zip(*rows, strict=True))) if rows else body).volume
    return total


def check(
    network: pr.Network, domain: pr.Polytope, body: Any, halfspaces: Sequence[tuple[Sequence[Any], Any]]
) -> pr.Subcomplex:
    part = pr.preimage(network, domain, body)
    assert volume(part) == clipped_volume(network, domain, halfspaces)
    assert isinstance(part.complex, pr.PolyhedralComplex)
    points = np.random.default_rng(0).integers(-8, 9, (12, domain.dim)) / 8
    for point, cell in zip(points.tolist(), part.complex.regions.locate(points).tolist(), strict=True):
        if cell >= 0:
            assert part.faces[-1][cell] == contains(halfspaces, by_fractions.output(network, point))
    return part


@tolerant
@given(any_networks(), st.data())
def test_a_halfspace_and_its_complement(network: pr.Network, data: st.DataObject) -> None:
    """Together they fill K; plateaus on the hyperplane belong to both."""
    outputs, domain = network.output_dim, box(network)
    normal = data.draw(st.lists(st.integers(-2, 2), min_size=outputs, max_size=outputs))
    offset = data.draw(st.integers(-2, 2) | st.fractions(-2, 2, max_denominator=7))
    opposite = [-x for x in normal]
    one = check(network, domain, ([normal], [offset]), [(normal, offset)])
    other = check(network, domain, ([opposite], [-offset]), [(opposite, -offset)])
    plateau = clipped_volume(network, domain, [(normal, offset), (opposite, -offset)])
    assert volume(one) + volume(other) == domain.volume + plateau


@tolerant
@given(integer_networks(2, 2, 4, outputs=2, skips=True))
def test_rational_bodies(network: pr.Network) -> None:
    body = pr.Polytope.from_vertices(np.array(TRIANGLE, dtype=object))
    check(network, box(network), body, body.exact_halfspaces)


@tolerant
@given(wild_networks(), wild_floats())
def test_weights_of_any_size(network: pr.Network, offset: float) -> None:
    normal = [1.0] + [0.0] * (network.output_dim - 1)
    check(network, box(network), ([normal], [offset]), [(normal, offset)])


@pytest.mark.parametrize("offset", [Fraction(1, 3), Fraction(1, 3**90), Fraction(2**200 + 1, 2**201), 0.1, 2.0**-900])
def test_many_digits(offset: Any) -> None:
    """|x| <= c: the volume is 4 c exactly, however many digits c has."""
    for sign in (1, -1):  # with -|x| >= -c as well
        network = pr.Network.from_arrays([[[1, 0], [-1, 0]], [[sign, sign]]], [[0, 0], [0]])
        assert volume(pr.preimage(network, SQUARE, ([[sign]], [offset]))) == 4 * Fraction(offset)
        inverse = [[sign / Fraction(offset)], [Fraction(0)]], [Fraction(1), Fraction(1, 3)]
        assert volume(pr.preimage(network, SQUARE, inverse)) == 4 * Fraction(offset)


def test_numbers_of_very_different_sizes() -> None:
    assert volume(pr.preimage(ABSOLUTE, SQUARE, ([[1.0]], [5e-324]))) == 4 * Fraction(5e-324)
    for factor in (1e300, 1e-5):
        assert volume(pr.preimage(ABSOLUTE, SQUARE, ([[factor]], [1e-300]))) == 4 * Fraction(1e-300) / Fraction(factor)
    with pytest.raises(pr.errors.InvalidNetwork, match="more than 1000 bits"):
        pr.preimage(ABSOLUTE, SQUARE, ([[1]], [Fraction(1, 10**330)]))


def test_plateaus_belong_to_closed_bodies() -> None:
    relu = pr.Network.from_arrays([[[1.0, 0.0]], [[1.0]]], [[0.0], [0.25]])
    cases = {0.25: 2, 0.25 - 2.0**-53: 0, 0.25 + 2.0**-52: 2 + Fraction(2, 2**52), 2.0: 4}
    for level, expected in cases.items():
        assert volume(pr.preimage(relu, SQUARE, ([[1.0]], [level]))) == expected
    level_only = pr.preimage(relu, SQUARE, ([[1.0], [-1.0]], [0.25, -0.25]))
    assert volume(level_only) == 2
    assert volume(pr.preimage(relu, SQUARE, pr.Polytope.box(0.25, 0.5, dim=1))) == Fraction(5, 2)
    assert volume(pr.preimage(relu, SQUARE, pr.Polytope.box(-3, 0.25, dim=1))) == 2
    activated = pr.Network.from_arrays([[[1.0, 0.0]]], [[0.0]], ["relu"])
    assert volume(pr.preimage(activated, SQUARE, ([[1.0]], [0.0]))) == 2


@pytest.mark.parametrize(
    ("normals", "offsets", "expected"),
    [
        ([[0.0]], [0.0], 4),
        ([[0.0]], [1.0], 4),
        ([[0.0]], [-1.0], 0),
        ([[1.0]], [-1.0], 0),
        ([[1.0], [0.0]], [0.5, 0.0], 2),
    ],
)
def test_all_or_nothing(normals: Any, offsets: Any, expected: int) -> None:
    part = pr.preimage(ABSOLUTE, SQUARE, (normals, offsets))
    assert volume(part) == expected
    if not expected:
        assert part.f_vector() == (0, 0, 0)
        assert part.dim == -1


def test_topology_and_other_domains() -> None:
    """Where | |x| - 1/2 | <= 1/8: two strips, in a triangle as well."""
    ring = pr.Network.from_arrays([[[1.0, 0.0], [-1.0, 0.0]], [[1.0, 1.0]]], [[0.0, 0.0], [-0.5]])
    band = pr.Polytope.box(-0.125, 0.125, dim=1)
    part = pr.preimage(ring, SQUARE, band)
    assert volume(part) == 1
    assert [volume(piece) for piece in part.pieces()] == [Fraction(1, 2)] * 2
    triangle = pr.Polytope.from_vertices(np.array(TRIANGLE, dtype=object))
    check(ring, triangle, band, band.exact_halfspaces)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (None, pr.errors.DimensionMismatch),
        (([[1.0]],), pr.errors.DimensionMismatch),
        (([1.0], [1.0]), pr.errors.DimensionMismatch),
        (([[1.0, 2.0]], [0.0]), pr.errors.DimensionMismatch),
        (([[1.0]], [0.0, 1.0]), pr.errors.DimensionMismatch),
        ((np.zeros((0, 1)), np.zeros(0)), pr.errors.DimensionMismatch),
        (SQUARE, pr.errors.DimensionMismatch),
        (([[math.nan]], [0.0]), pr.errors.InvalidDomain),
        (([[1.0]], [math.inf]), pr.errors.InvalidDomain),
    ],
)
def test_bodies_that_do_not_fit(body: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        pr.preimage(ABSOLUTE, SQUARE, body)


def test_domains_that_do_not_fit() -> None:
    with pytest.raises(pr.errors.DimensionMismatch):
        pr.preimage(ABSOLUTE, pr.Polytope.box(-1, 1, dim=3), ([[1.0]], [0.0]))
