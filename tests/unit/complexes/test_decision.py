"""Decision complexes and level sets against an enumeration in plain fractions, and against known shapes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import reference
from effort import examples
from hypothesis import given
from strategies import integer_networks

import polyregions as pr
from polyregions.errors import DimensionMismatch


def cells_in_fractions(network: pr.Network, domain: pr.Polytope) -> set[tuple[tuple[int, ...], int]]:
    """All pairs of a pattern and a class with full-dimensional cells; of equal outputs the first one counts."""
    result = set()
    for region in reference.reference_regions(network, domain):
        forms = list(region.outputs)
        for number, form in enumerate(forms):
            cell = region.cell
            for other, rival in enumerate(forms):
                if cell is not None and other != number:
                    cell = part_where_larger(cell, form, rival, other < number)
            if cell is not None:
                result.add((tuple(region.pattern), number))
    return result


def part_where_larger(
    cell: reference.Cell, form: reference.Form, rival: reference.Form, strictly: bool
) -> reference.Cell | None:
    """The part of a cell where one form is larger than another, None if it is not full-dimensional."""
    gap = tuple(a - b for a, b in zip(form, rival, strict=True))
    if not any(gap):
        return None if strictly else cell
    parts = dict(reference.pieces_on(cell, gap, (0.0,)))
    return parts.get(1)


@given(integer_networks(max_inputs=3, max_hidden=2, max_width=3, outputs=3))
@examples(60)
def test_three_classes(network: pr.Network) -> None:
    check_cells(network)


@given(integer_networks(max_inputs=2, max_hidden=1, max_width=3, outputs=5))
@examples(60)
def test_five_classes(network: pr.Network) -> None:
    """From the fourth output on, comparisons cut cells that have to be put together again."""
    check_cells(network)


def check_cells(network: pr.Network) -> None:
    domain = pr.Polytope.box(-1, 1, dim=network.input_dim)
    complex_ = pr.decision_complex(network, domain)
    cells = list(zip(map(tuple, complex_.patterns.tolist()), complex_.classes.tolist(), strict=True))
    assert len(set(cells)) == len(cells)
    assert set(cells) == cells_in_fractions(network, domain)
    assert complex_.euler_characteristic == 1
    n = complex_.dim
    around = np.diff(complex_.coboundary(n - 1).indptr)
    assert (around == np.where(complex_.on_domain_facets(n - 1).any(axis=1), 1, 2)).all()
    assert pr.total_volume(complex_, n, exact=True).exact == domain.volume
    check_ties(network, complex_)


def check_ties(network: pr.Network, complex_: pr.DecisionComplex) -> None:
    """On a facet between two classes both outputs are largest, at every vertex; and on a cell its own is."""
    values = [pr.evaluate_exactly(network, complex_.exact_vertex(v)) for v in range(complex_.f_vector()[0])]
    for wall, classes in zip(complex_.walls.tolist(), complex_.pairs.tolist(), strict=True):
        for vertex in complex_.vertices_of(complex_.dim - 1, wall).tolist():
            assert all(values[vertex][number] == max(values[vertex]) for number in classes)
    for cell, number in enumerate(complex_.classes.tolist()):
        for vertex in complex_.vertices_of(complex_.dim, cell).tolist():
            assert values[vertex][number] == max(values[vertex])


def affine(rows: list[list[float]]) -> pr.Network:
    """The outputs a . x + c, with no hidden unit."""
    table = np.array(rows, dtype=float)
    return pr.Network.from_arrays([table[:, :-1]], [table[:, -1]])


def test_an_envelope_is_cut_into_its_cells_and_nothing_finer() -> None:
    """Tangents of a paraboloid at the points of a grid: the cells are the squares around them, their Voronoi cells."""
    points = [(float(x), float(y)) for x in (-1, 0, 1) for y in (-1, 0, 1)]
    rows = [[2 * x, 2 * y, -(x * x + y * y)] for x, y in points]
    random = np.random.default_rng(0)
    for _ in range(5):
        complex_ = pr.decision_complex(
            affine([rows[i] for i in random.permutation(9)]), pr.Polytope.box(-1.5, 1.5, dim=2)
        )
        assert complex_.f_vector() == (16, 24, 9)
        assert complex_.decisive.sum() == 12
        assert complex_.decision_boundary.f_vector() == (12, 12, 0)
        boundary = pr.total_volume(complex_, 1, np.flatnonzero(complex_.decisive), exact=True)
        assert boundary.exact == 12


def test_the_sign_of_one_output_decides() -> None:
    complex_ = pr.decision_complex(affine([[1.0, 2.0, 0.5]]), pr.Polytope.box(-1, 1, dim=2))
    assert complex_.classes.tolist() == [0, 1]
    assert complex_.decision_boundary.f_vector() == (2, 1, 0)
    sizes = [pr.exact_volume(complex_, 2, cell) for cell in range(2)]
    assert sizes == [Fraction(3, 2), Fraction(5, 2)]


def test_outputs_that_are_equal_everywhere_belong_to_the_first() -> None:
    complex_ = pr.decision_complex(affine([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]]), pr.Polytope.box(-1, 1, dim=1))
    assert complex_.classes.tolist() == [0, 2]
    assert complex_.pairs.tolist() == [[0, 2]]


def test_boundaries_between_two_classes() -> None:
    rows = [[2.0, 0.0, 0.0], [-1.0, 1.5, 0.0], [-1.0, -1.5, 0.0]]
    complex_ = pr.decision_complex(affine(rows), pr.Polytope.box(-1, 1, dim=2))
    assert complex_.decision_boundary.f_vector() == (4, 3, 0)
    for one, other in ((0, 1), (1, 0), (0, 2), (1, 2)):
        assert complex_.boundary_between(one, other).f_vector() == (2, 1, 0)
    assert complex_.class_region(1).f_vector()[2] == 1


def absolute(half_width: float = 2.0) -> tuple[pr.Network, pr.Polytope]:
    """|x| + |y|."""
    network = pr.Network.from_arrays([np.concatenate([np.eye(2), -np.eye(2)]), np.ones((1, 4))], [np.zeros(4), [0.0]])
    return network, pr.Polytope.box(-half_width, half_width, dim=2)


def test_level_set_of_a_norm() -> None:
    """|x| + |y| = 1 is a circle of four edges of length sqrt 2; the level 0 a point, -1 nothing, 4 the corners."""
    network, domain = absolute()
    circle = pr.level_set(network, domain, 1.0)
    assert circle.f_vector() == (4, 4, 0)
    length = pr.total_volume(circle.complex, 1, np.flatnonzero(circle.faces[1]), exact=True)
    assert float(length) == pytest.approx(4 * 2**0.5, rel=1e-15)
    assert length.exact == pr.Surd(((Fraction(4), 2),))
    assert pr.betti_numbers(circle) == (1, 1)
    assert pr.level_set(network, domain, 0.0).f_vector() == (1, 0, 0)
    assert pr.level_set(network, domain, -1.0).f_vector() == (0, 0, 0)
    assert pr.level_set(network, domain, 4.0).f_vector() == (4, 0, 0)


def test_level_set_with_interior() -> None:
    """relu(x) is 0 on half of K."""
    network = pr.Network.from_arrays([[[1.0, 0.0]], [[1.0]]], [[0.0], [0.0]])
    flat = pr.level_set(network, pr.Polytope.box(-1, 1, dim=2))
    assert flat.f_vector() == (4, 4, 1)
    assert flat.euler_characteristic == 1


def test_outputs_that_do_not_exist() -> None:
    network, domain = absolute()
    with pytest.raises(DimensionMismatch, match="outputs 0 to 0"):
        pr.level_set(network, domain, output=1)
    with pytest.raises(DimensionMismatch):
        pr.decision_complex(network, pr.Polytope.box(-1, 1, dim=3))
