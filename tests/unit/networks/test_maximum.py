"""Maxima of groups of rows, in floats with bounds and exactly, against plain fractions."""

import math
from fractions import Fraction

import by_fractions
import numpy as np
import pytest
import strategies
from effort import examples
from hypothesis import example, given
from hypothesis import strategies as st

from polyregions.arithmetic import UNDECIDED, Enclosure, rational_matrix, to_fraction
from polyregions.errors import InvalidNetwork
from polyregions.networks import Maximum

groups = st.integers(1, 5).flatmap(strategies.maximum_groups)
few = st.sampled_from((0.0, 1.0, 1.0 + 2.0**-52, 1.0 - 2.0**-53, 2.0, -1.0))
numbers = strategies.wild_floats() | few | few
radii = st.just(0.0) | st.sampled_from((2.0**-53, 1.0, 5e-324)) | strategies.wild_floats(nonnegative=True)
parts = st.sampled_from((Fraction(-1), Fraction(0), Fraction(1), Fraction(1, 3)))


def arrays(entries, shape):
    size = math.prod(shape)
    return st.lists(entries, min_size=size, max_size=size).map(lambda flat: np.array(flat, dtype=float).reshape(shape))


def tables(entries, rows, columns):
    return st.lists(st.lists(entries, min_size=columns, max_size=columns), min_size=rows, max_size=rows)


@st.composite
def boxed(draw):
    """Groups, enclosures of their rows, and exact numbers in these."""
    units = Maximum(draw(groups))
    x = Enclosure(draw(arrays(numbers, (units.n_rows, 1))), draw(arrays(radii, (units.n_rows, 1))))
    chosen = draw(st.lists(parts, min_size=units.n_rows, max_size=units.n_rows))
    pairs = zip(x.value[:, 0].tolist(), x.error[:, 0].tolist(), chosen, strict=True)
    return units, x, [Fraction(value) + part * Fraction(error) for value, error, part in pairs]


def exact_signs(units, values):
    """Candidates minus the largest of their group."""
    return [by_fractions.sign(values[row] - max(values[r] for r in group)) for group in units.groups for row in group]


def first_largest(units, values):
    found = []
    for group in units.groups:
        candidates = [values[row] for row in group]
        found.append(candidates.index(max(candidates)))
    return found


def column(*entries):
    return np.array(entries, dtype=float)[:, None]


# In floats.


@given(groups, st.data())
def test_evaluation_in_floats(members, data):
    units = Maximum(members)
    rows = data.draw(arrays(numbers, (2, 3, units.n_rows)))
    found = units(rows)
    assert found.shape == (2, 3, len(members))
    for index in np.ndindex(found.shape):
        assert found[index] == max(rows[index[:2]][row] for row in members[index[2]])


@examples(300)
@given(boxed())
def test_bounds_hold_for_all_numbers_enclosed(drawn):
    units, x, values = drawn
    found = units.enclose(x)
    for unit, group in enumerate(units.groups):
        exact = max(values[row] for row in group)
        assert by_fractions.is_enclosed(exact, found.value[unit, 0], found.error[unit, 0])
        assert found.sign()[unit, 0] in (UNDECIDED, by_fractions.sign(exact))


@examples(300)
@given(boxed())
@example((Maximum([(0, 1)]), Enclosure(column(1, 1), column(0, 0)), [Fraction(1)] * 2))
@example((Maximum([(0, 1)]), Enclosure(column(2, 1), column(0.5, 0.5)), [Fraction(3, 2)] * 2))
@example((Maximum([(0, 1)]), Enclosure(column(1e308, -1e308), column(1e308, 0)), [Fraction(0), Fraction(-1e308)]))
def test_signs_hold_for_all_numbers_enclosed(drawn):
    units, x, values = drawn
    found = units.signs(x)[:, 0]
    assert all(
        sign in (UNDECIDED, exact) for sign, exact in zip(found.tolist(), exact_signs(units, values), strict=True)
    )


@examples(100)
@given(groups, st.data())
def test_floats_without_error_decide_everything(members, data):
    units = Maximum(members)
    x = Enclosure.exact(data.draw(arrays(numbers, (units.n_rows, 4))))
    found, largest = units.signs(x), units.enclose(x)
    for place in range(4):
        values = by_fractions.fractions(x.value[:, place])
        signs = exact_signs(units, values)
        assert found[:, place].tolist() == signs
        assert largest.value[:, place].tolist() == [max(values[row] for row in group) for group in members]
        assert units.likely_pieces(x.value)[:, place].tolist() == first_largest(units, values)
        assert units.pieces(found.T)[place].tolist() == first_largest(units, values)
    assert not largest.error.any()


@pytest.mark.parametrize(
    ("value", "error"), [(math.nan, 0.0), (math.inf, 1.0), (-math.inf, 0.0), (1.0, math.nan), (-1.0, math.inf)]
)
@pytest.mark.parametrize("members", [[(0, 1)], [(1, 0)], [(0,)], [(0, 1), (0,)]], ids=str)
def test_what_is_not_finite_gives_no_wrong_sign(value, error, members):
    units = Maximum(members)
    x = Enclosure(column(value, 5.0)[: units.n_rows], column(error, 0.0)[: units.n_rows])
    for unit in np.flatnonzero([0 in group for group in members]).tolist():
        assert units.enclose(x).sign()[unit].tolist() == [UNDECIDED]
    wanted = [0 if len(group) == 1 else UNDECIDED for group in members for _ in group]
    assert units.signs(x)[:, 0].tolist() == wanted
    pieces = units.likely_pieces(x.value)[:, 0]
    assert ((pieces >= 0) & (pieces < units.n_pieces)).all()


def test_only_candidates_that_may_be_largest_widen_the_bound():
    units = Maximum([(0, 1, 2)])
    found = units.enclose(Enclosure(column(5, 4.5, 1), column(0.25, 1, 3)))
    assert found.value.tolist() == [[5.0]]
    assert found.error.tolist() == [[1.0]]
    assert units.signs(Enclosure(column(5, 4.5, 1), column(0.25, 1, 3)))[:, 0].tolist() == [UNDECIDED, UNDECIDED, -1]
    assert units.signs(Enclosure(column(5, 3.5, 1), column(0.25, 1, 3)))[:, 0].tolist() == [0, -1, -1]


# Exactly.


@given(groups, st.data())
def test_exact_signs_and_pieces(members, data):
    units = Maximum(members)
    entries = st.fractions(-2, 2, max_denominator=3)
    values = data.draw(st.lists(entries, min_size=units.n_rows, max_size=units.n_rows))
    signs = units.exact_signs(rational_matrix(values))
    assert signs.dtype == np.int8
    assert signs.tolist() == exact_signs(units, values)
    assert units.pieces(signs).tolist() == first_largest(units, values)
    assert units.pieces(np.stack([signs, signs])).tolist() == [first_largest(units, values)] * 2
    assert units.pieces(signs).dtype == np.uint8


@given(groups, st.data())
def test_the_derivative_decides_between_equal_candidates(members, data):
    units = Maximum(members)
    pairs = data.draw(tables(st.integers(-1, 1), units.n_rows, 2))
    tiny = Fraction(1, 10**6)
    assert units.exact_signs(rational_matrix(pairs)).tolist() == exact_signs(units, [b + tiny * a for a, b in pairs])


@examples(100)
@given(groups, st.data())
def test_candidates_taken_by_number(members, data):
    """Whether they are the largest or not: values, forms, and forms in rationals."""
    units = Maximum(members)
    count = 2
    pieces = np.array([[data.draw(st.integers(0, len(group) - 1)) for _ in range(count)] for group in members])
    x = Enclosure(data.draw(arrays(numbers, (units.n_rows, count))), data.draw(arrays(radii, (units.n_rows, count))))
    wide = Enclosure(np.stack([x.value, -x.value, x.value], axis=2), np.stack([x.error] * 3, axis=2))
    values, forms = units.on_pieces(x, pieces), units.forms_on_pieces(wide, pieces)
    exact = [units.exactly_on_pieces(rational_matrix(wide.value[:, place]), pieces[:, place]) for place in range(count)]
    assert forms.value.shape == (len(members), count, 3)
    for unit, place in np.ndindex(pieces.shape):
        row = members[unit][pieces[unit, place]]
        assert values.value[unit, place] == x.value[row, place]
        assert values.error[unit, place] == x.error[row, place]
        assert forms.value[unit, place].tolist() == wide.value[row, place].tolist()
        assert forms.error[unit, place].tolist() == wide.error[row, place].tolist()
        wanted = by_fractions.fractions(wide.value[row, place])
        assert [to_fraction(exact[place][unit, entry]) for entry in range(3)] == wanted


@examples(150)
@given(groups, st.data())
def test_switches_are_candidates_minus_the_one_taken(members, data):
    units = Maximum(members)
    pieces = np.array([[data.draw(st.integers(0, len(group) - 1)) for _ in range(2)] for group in members])
    rows = Enclosure(data.draw(arrays(numbers, (units.n_rows, 2, 3))), data.draw(arrays(radii, (units.n_rows, 2, 3))))
    switches, columns = np.repeat(np.arange(units.n_switches), 2), np.tile([0, 1], units.n_switches)
    found = units.switch_forms(rows, pieces, switches, columns)
    for number, (switch, place) in enumerate(zip(switches.tolist(), columns.tolist(), strict=True)):
        unit, row = int(units.switch_units[switch]), int(units.members[switch])
        best = members[unit][pieces[unit, place]]
        exact = units.exact_switch_form(rational_matrix(rows.value[:, place]), pieces[:, place], switch)
        for entry in range(3):
            middle, radius = (
                by_fractions.fractions(part[[row, best], place, entry]) for part in (rows.value, rows.error)
            )
            assert to_fraction(exact[entry]) == middle[0] - middle[1]
            ends = [(-radius[0], radius[1]), (radius[0], -radius[1])] if row != best else [(0, 0)]
            for a, b in ends:
                difference = middle[0] + a - middle[1] - b
                assert by_fractions.is_enclosed(difference, found.value[number, entry], found.error[number, entry])
        if row == best:
            assert not found.value[number].any()
            assert not found.error[number].any()


# What is known of switches by number.


def test_switches_of_a_unit_stand_together():
    units = Maximum([(0, 2), (1,), (2, 1, 0)])
    assert (units.n_rows, units.n_units, units.n_switches) == (3, 3, 6)
    assert units.switch_units.tolist() == [0, 0, 1, 2, 2, 2]
    assert units.members.tolist() == [0, 2, 1, 2, 1, 0]
    assert units.n_pieces.tolist() == [2, 1, 3]
    assert units.sides(np.array([1, 0, 0])).tolist() == [-1] * 6


def test_signs_on_both_sides_of_a_wall():
    units = Maximum([(0, 1), (2, 3, 4)])
    signs = np.array([0, -1, -1, 2, 2], dtype=np.int8)
    own, across = units.beside(signs, 4, 1)
    assert own.tolist() == [0, -1, -1, 0, -1]
    assert across.tolist() == [0, -1, -1, -1, 0]
    assert signs.tolist() == [0, -1, -1, 2, 2]


def test_units_depend_on_the_candidate_that_is_largest():
    units = Maximum([(0, 1), (1, 2), (2,)])
    pieces = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]])
    every = np.ones((3, 3), dtype=bool)
    assert units.rows_behind(every, pieces).tolist() == [[True, True, True], [False, True, True], [True, False, True]]
    first = np.tile([True, False, False], (3, 1))
    assert units.rows_behind(first, pieces).tolist() == [
        [True, False, False],
        [False, True, False],
        [True, False, False],
    ]


def test_signs_that_are_not_known_are_not_taken_for_zero():
    units = Maximum([(0, 1, 2)])
    signs = np.array([[2, 0, 0], [-1, 2, 0], [-1, -1, 2], [2, 2, 2]], dtype=np.int8)
    assert units.pieces(signs).tolist() == [[1], [2], [2], [2]]


# What is a maximum, and what is not.


def test_equal_if_the_groups_are():
    one = Maximum([(0, 1), (2,)])
    assert one == Maximum([np.array([0, 1], dtype=np.uint8), [2]])
    assert hash(one) == hash(Maximum([[0, 1], [2]]))
    others = [Maximum([(1, 0), (2,)]), Maximum([(2,), (0, 1)]), Maximum([(0, 1, 2)]), "maximum"]
    assert all(one != other for other in others)


def test_names():
    assert str(Maximum([(0, 1), (2, 3)])) == "maximum of 2"
    assert str(Maximum([(0, 1), (2,), (0, 1, 2)])) == "maximum of 1 to 3"
    assert repr(Maximum([(0, 1), (2,)])) == "Maximum(2 groups of 1 to 2 rows)"


def test_pieces_are_held_in_the_smallest_type():
    assert Maximum([range(256)]).piece_type is np.uint8
    assert Maximum([range(257)]).piece_type is np.uint16
    units = Maximum([(0,), range(65536)])
    signs = np.full(units.n_switches, -1, dtype=np.int8)
    signs[[0, -1]] = 0
    assert units.pieces(signs).tolist() == [0, 65535]
    assert units.pieces(signs).dtype == np.uint16


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([], "groups of 1 to 65536 rows, got 0 groups"),
        ([()], "groups of 1 to 65536 rows, got 1 groups of 0 to 0"),
        ([(0, 1), ()], "got 2 groups of 0 to 2"),
        ([range(65537)], "got 1 groups of 65537 to 65537; take the maximum of maxima"),
        ([(0, 1, 0)], "different rows"),
        ([(0, -1)], "different rows, counted from 0"),
        ([0, 1], "are lists of rows"),
        (3, "are lists of rows"),
        (["01"], "are lists of rows"),
        ([(0.5, 1)], "are lists of rows"),
        ([(0.0, 1.0)], "are lists of rows"),
        ([(None,)], "are lists of rows"),
    ],
)
def test_what_is_no_maximum_is_refused(members, message):
    with pytest.raises(InvalidNetwork, match=message):
        Maximum(members)
