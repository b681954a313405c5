"""Shadows of polyhedra, against the shadows of their vertices."""

from fractions import Fraction

import brute_force
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st

from polyregions.arithmetic import rational_matrix, to_fraction
from polyregions.errors import InvalidDomain
from polyregions.geometry.projection import distinct, pruned, shadow, solve_for


def exact(rows):
    return rational_matrix(rows).tolist()


def back(rows):
    return [[to_fraction(entry) for entry in row] for row in rows]


@examples(100)
@given(st.data(), st.sampled_from([(2, 1), (3, 1), (3, 2)]))
def test_shadows_of_bounded_sets(data, sizes):
    """Flat ones among them: their shadow may be full-dimensional."""
    dim, leading = sizes
    rows = data.draw(brute_force.boxed_rows(dim))
    corners = brute_force.vertices(rows)
    if not corners:
        with pytest.raises(InvalidDomain, match="is empty"):
            shadow(exact(rows), leading)
        return
    result = back(shadow(exact(rows), leading))
    dropped = {corner[leading:] for corner in corners}
    assert brute_force.vertices(result) <= dropped  # the shadow is in the hull of the dropped vertices
    assert all(brute_force.value(row, point) >= 0 for row in result for point in dropped)


@examples(100)
@given(brute_force.small_rows(3), st.integers(1, 2))
def test_shadows_of_any_sets(rows, leading):
    """In a huge box, which has the same shadow near the origin."""
    box = brute_force.box_rows([-brute_force.FAR] * 3, [brute_force.FAR] * 3)
    boxed = brute_force.vertices([*rows, *box])
    if not boxed:
        with pytest.raises(InvalidDomain, match="is empty"):
            shadow(exact(rows), leading)
        return
    result = back(shadow(exact(rows), leading))
    assert all(len(row) == 4 - leading for row in result)
    assert all(brute_force.value(row, corner[leading:]) >= 0 for row in result for corner in boxed)
    near = brute_force.box_rows([-10] * (3 - leading), [10] * (3 - leading))
    for corner in brute_force.vertices([*result, *near]):
        above = [
            [*row[:leading], brute_force.value([*row[leading:]], corner)] for row in [*rows, *box]
        ]  # what the corner leaves of the leading coordinates
        assert brute_force.vertices(above)


@examples(60)
@given(st.data(), st.integers(1, 3))
def test_pruned_rows_describe_the_same_set(data, dim):
    rows = data.draw(brute_force.boxed_rows(dim))
    corners = sorted(brute_force.vertices(rows))
    if not corners:
        return
    start = data.draw(st.sampled_from([*corners, brute_force.centre(corners)]))
    kept = back(pruned(distinct(exact(rows)), rational_matrix(start).entries()))
    assert brute_force.vertices(kept) == set(corners)
    if brute_force.kind(rows) == "polytope":
        assert len(kept) == len(brute_force.facets(rows))


def test_no_row_is_left():
    assert shadow(exact([[1, 1, 0]]), 1) == []
    assert shadow(exact([[1, -1, 0], [1, 1, 0]]), 1) == []  # the epigraph of the absolute value
    assert shadow([], 1) == []
    assert distinct(exact([[0, 0, 0], [0, 0, 5]])) == []


def test_distinct_keeps_the_strongest():
    rows = [[2, 0, 4], [1, 0, 3], [-1, 0, 3], [0, 3, 1], [0, 0, 1]]
    assert back(distinct(exact(rows))) == [[1, 0, 2], [-1, 0, 3], [0, 1, Fraction(1, 3)]]
    with pytest.raises(InvalidDomain, match="is empty"):
        distinct(exact([[1, 0, 1], [0, 0, -1]]))


def test_solve_for():
    rows = exact([[1, 0, 0, 0], [0, 1, 1, 2]])
    equations = exact([[1, 2, -1, 0], [2, 4, -2, 0]])  # t + 2 s = x, twice
    assert back(solve_for(rows, equations, 2)) == [[0, -2, 1, 0], [0, 1, 1, 2]]
    assert back(solve_for(rows, [], 2)) == back(rows)
    assert back(solve_for(rows, exact([[0, 0, 0, 0]]), 2)) == back(rows)


@pytest.mark.parametrize(
    ("equations", "message"),
    [
        ([[0, 0, 1, -1]], "keep this one in a hyperplane"),
        ([[1, 0, 1, 0], [1, 0, 0, 0]], "keep this one in a hyperplane"),
        ([[1, 0, 1, 0], [1, 0, 1, -1]], "contradict each other"),
        ([[0, 0, 0, 1]], "contradict each other"),
        ([[0, 0, 1, -1], [0, 0, 1, Fraction(1, 10**30) - 1]], "contradict each other"),
    ],
)
def test_equations_that_leave_no_room(equations, message):
    with pytest.raises(InvalidDomain, match=message):
        solve_for(exact([[1, 1, 1, 1]]), exact(equations), 2)
