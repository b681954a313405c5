"""Activations of many rows at once, in floats with bounds and exactly, against plain fractions."""

import math
from fractions import Fraction

import by_fractions
import numpy as np
import pytest
import strategies
from effort import examples
from hypothesis import example, given
from hypothesis import strategies as st

from polyregions.arithmetic import UNDECIDED, Enclosure, rational, rational_matrix, to_fraction
from polyregions.networks import Activation
from polyregions.networks.elementwise import Elementwise

EVERY = [
    *strategies.KINKED,
    *strategies.ODD,
    Activation.identity(),
    Activation.leaky_relu(-0.5),
    Activation.hard_tanh(-0.1, 2.5),
]
WIDE = (0.0, 1.0, -1.0, 6.0, 0.1, 2.5, -0.5)

kinds = st.sampled_from(EVERY)
lists = st.lists(kinds, min_size=1, max_size=4)
numbers = strategies.wild_floats() | st.sampled_from(WIDE)
radii = strategies.wild_floats(nonnegative=True) | st.just(0.0)


def arrays(entries, shape):
    size = math.prod(shape)
    return st.lists(entries, min_size=size, max_size=size).map(lambda flat: np.array(flat, dtype=float).reshape(shape))


def single(value, error):
    return Enclosure(np.array([[value]]), np.array([[error]]))


singles = st.builds(single, numbers, radii)


def inside(x, activation):
    """Exact numbers that the enclosure allows: ends, some between, and the breakpoints."""
    value, error = Fraction(x.value[0, 0]), Fraction(x.error[0, 0])
    kinks = [Fraction(b) for b in activation.breakpoints if abs(Fraction(b) - value) <= error]
    return [value + t * error for t in (-1, Fraction(-1, 3), 0, Fraction(1, 2), 1)] + kinks


def assert_encloses(found, exact):
    value, error, sign = found.value.item(), found.error.item(), found.sign().item()
    assert by_fractions.is_enclosed(exact, value, error)
    assert sign in (UNDECIDED, by_fractions.sign(exact))
    assert sign == UNDECIDED or (math.isfinite(value) and math.isfinite(error))


def piece(number):
    return np.array([[number]])


# One unit: bounds hold for every number enclosed.


@examples(300)
@given(kinds, singles)
@example(Activation.relu(), single(-1e-20, 1.0))
@example(Activation.relu(), single(-1.0, 1.0 + 2.0**-52))
@example(Activation.relu(), single(-5e-324, 5e-324))
@example(Activation.leaky_relu(), single(1e-320, 1e-320))
@example(Activation.leaky_relu(0.3), single(-1e-323, 0.0))
@example(Activation.absolute(), single(0.0, 0.0))
@example(Activation.hard_tanh(), single(1.0, 2.0**-54))
@example(Activation.identity(), single(0.1, 1e-320))
def test_enclose_holds_for_every_number_enclosed(activation, x):
    found = Elementwise([activation]).enclose(x)
    for exact in inside(x, activation):
        assert_encloses(found, by_fractions.activation_value(activation, exact))


@examples(300)
@given(kinds, singles, st.data())
def test_the_affine_function_of_a_piece_is_enclosed_wherever_the_number_lies(activation, x, data):
    number = data.draw(st.integers(0, activation.n_switches))
    slope, constant = by_fractions.piece_function(activation, number)
    units = Elementwise([activation])
    affine = units.on_pieces(x, piece(number))
    form = Enclosure(np.repeat(x.value[:, :, None], 2, axis=2), np.repeat(x.error[:, :, None], 2, axis=2))
    forms = units.forms_on_pieces(form, piece(number))
    for exact in inside(x, activation):
        assert_encloses(affine, slope * exact + constant)
        assert_encloses(forms[:, :, 0], slope * exact)
        assert_encloses(forms[:, :, 1], slope * exact + constant)


@pytest.mark.parametrize("activation", EVERY, ids=repr)
@pytest.mark.parametrize(
    ("value", "error"), [(math.nan, 0.0), (math.inf, 1.0), (-math.inf, 0.0), (1.0, math.nan), (-1.0, math.inf)]
)
def test_what_is_not_finite_gives_no_wrong_sign(activation, value, error):
    x, units = single(value, error), Elementwise([activation])
    assert units.enclose(x).sign().tolist() == [[UNDECIDED]]
    assert (units.signs(x) == UNDECIDED).all()
    form = Enclosure(np.full((1, 1, 2), value), np.full((1, 1, 2), error))
    for number in range(activation.n_switches + 1):
        slope, constant = by_fractions.piece_function(activation, number)
        found = units.on_pieces(x, piece(number)), units.forms_on_pieces(form, piece(number))
        for exact in (Fraction(0), Fraction(1), Fraction(-1), Fraction(10) ** 700, -(Fraction(10) ** 700)):
            assert_encloses(found[0], slope * exact + constant)
            assert_encloses(found[1][:, :, 0], slope * exact)
            assert_encloses(found[1][:, :, 1], slope * exact + constant)


def test_a_relu_that_is_off_is_exactly_zero():
    off = Elementwise([Activation.relu()]).enclose(Enclosure(np.array([[-1.0, 0.0]]), np.array([[0.5, 0.0]])))
    assert off.sign().tolist() == [[0, 0]]


@given(st.floats(-1e6, 1e6).filter(lambda x: x != 0), st.floats(0.0, 1e-3))
def test_bounds_are_not_wider_than_a_few_roundings(value, error):
    kinds = [Activation.relu(), Activation.leaky_relu(0.3), Activation.absolute(), Activation.identity()]
    for units in ([kind] for kind in kinds):
        found = Elementwise(units).enclose(single(value, error)).error.item()
        size = abs(Fraction(value)) + Fraction(error)
        assert Fraction(found) <= Fraction(error) + 20 * size / 2**53 + Fraction(1, 2**1000)


# Many units: each does with its row what it does alone.


@examples(150)
@given(st.lists(st.sampled_from(EVERY[1:]), min_size=1, max_size=3), st.data())
def test_every_unit_by_itself(activations, data):
    """Layers of nothing but ReLU, or nothing but identity, go a faster way with bounds of their own."""
    activations = [kind for kind in activations if kind != Activation.identity()] or [Activation.absolute()]
    shape = (len(activations), 3)
    x = Enclosure(data.draw(arrays(numbers, shape)), data.draw(arrays(radii, shape)))
    units = Elementwise(activations)
    pieces = data.draw(arrays(st.integers(0, 10**6), shape)).astype(int) % units.n_pieces[:, None]
    with np.errstate(all="ignore"):
        likely, values = units.likely_pieces(x.value), units(x.value.T)
    found = units.enclose(x), units.on_pieces(x, pieces)
    signs = units.signs(x)
    for row, activation in enumerate(activations):
        alone, own = Elementwise([activation]), x[row : row + 1]
        expected = alone.enclose(own), alone.on_pieces(own, pieces[row : row + 1])
        for one, other in zip(found, expected, strict=True):
            assert np.array_equal(one.value[row], other.value[0], equal_nan=True)
            assert np.array_equal(one.error[row], other.error[0], equal_nan=True)
        assert signs[units.switch_units == row].tolist() == alone.signs(own).tolist()
        with np.errstate(all="ignore"):
            assert likely[row].tolist() == alone.likely_pieces(own.value)[0].tolist()
            assert np.array_equal(values[:, row], alone(own.value.T)[:, 0], equal_nan=True)


@examples(100)
@given(lists, st.data())
def test_evaluation_in_floats(activations, data):
    """Points may have any number of axes; small numbers come close to the exact value."""
    rows = data.draw(arrays(st.integers(-32, 32).map(lambda k: k / 4), (2, 3, len(activations))))
    small = [kind for kind in activations if max(map(abs, (*kind.slopes, *kind.breakpoints, kind.value))) < 1e6]
    activations, rows = (small, rows[..., : len(small)]) if small else ([Activation.relu()], rows[..., :1])
    found = Elementwise(activations)(rows)
    assert found.shape == rows.shape
    for index in np.ndindex(rows.shape):
        exact = by_fractions.activation_value(activations[index[-1]], Fraction(rows[index]))
        assert found[index] == pytest.approx(float(exact), rel=1e-14, abs=1e-13)


@given(lists, st.data())
def test_pieces_count_the_breakpoints_strictly_below(activations, data):
    places = [Fraction(data.draw(numbers | st.sampled_from((*kind.breakpoints, 0.0)))) for kind in activations]
    units = Elementwise(activations)
    likely = units.likely_pieces(np.array([[float(x)] for x in places]))[:, 0]
    expected = [by_fractions.piece_of(kind, x) for kind, x in zip(activations, places, strict=True)]
    assert likely.tolist() == expected
    signs = units.exact_signs(rational_matrix(places))
    wanted = [
        by_fractions.sign(x - Fraction(b)) for k, x in zip(activations, places, strict=True) for b in k.breakpoints
    ]
    assert signs.tolist() == wanted
    assert signs.dtype == np.int8
    assert units.pieces(signs).tolist() == expected
    several = np.stack([signs, -signs, np.ones_like(signs)])
    assert units.pieces(several)[0].tolist() == expected
    assert units.pieces(several)[2].tolist() == [kind.n_switches for kind in activations]
    assert units.pieces(several).dtype == np.uint8


@given(lists, st.data())
def test_the_derivative_decides_where_a_row_is_at_a_breakpoint(activations, data):
    steps = data.draw(st.lists(st.fractions(-2, 2), min_size=len(activations), max_size=len(activations)))
    places = [Fraction(data.draw(st.sampled_from((*kind.breakpoints, 0.25)))) for kind in activations]
    found = Elementwise(activations).exact_signs(rational_matrix(list(zip(steps, places, strict=True))))
    tiny = Fraction(1, 2**1100)
    moved = [place + step * tiny for place, step in zip(places, steps, strict=True)]
    wanted = [
        by_fractions.sign(x - Fraction(b)) for k, x in zip(activations, moved, strict=True) for b in k.breakpoints
    ]
    assert found.tolist() == wanted


@examples(100)
@given(lists, st.data())
def test_pieces_of_exact_forms(activations, data):
    units = Elementwise(activations)
    pieces = np.array([data.draw(st.integers(0, kind.n_switches)) for kind in activations])
    entries = st.lists(st.fractions(-3, 3, max_denominator=5), min_size=3, max_size=3)
    rows = data.draw(st.lists(entries, min_size=len(activations), max_size=len(activations)))
    found = units.exactly_on_pieces(rational_matrix(rows), pieces)
    for unit, (kind, row) in enumerate(zip(activations, rows, strict=True)):
        slope, constant = by_fractions.piece_function(kind, int(pieces[unit]))
        wanted = [*(slope * x for x in row[:-1]), slope * row[-1] + constant]
        assert [to_fraction(found[unit, column]) for column in range(3)] == wanted
    for switch, unit in enumerate(units.switch_units.tolist()):
        form = [to_fraction(x) for x in units.exact_switch_form(rational_matrix(rows), pieces, switch)]
        assert form == [*rows[unit][:-1], rows[unit][-1] - Fraction(float(units.breakpoints[switch]))]


@examples(100)
@given(lists, st.data())
def test_switches_as_forms_with_bounds(activations, data):
    units = Elementwise(activations)
    rows = Enclosure.exact(data.draw(arrays(numbers, (len(activations), 2, 3))))
    if not units.n_switches:
        return
    switches, columns = np.repeat(np.arange(units.n_switches), 2), np.tile([0, 1], units.n_switches)
    found = units.switch_forms(rows, np.zeros((len(activations), 2), dtype=int), switches, columns)
    assert found.value.shape == (len(switches), 3)
    for number, (switch, column) in enumerate(zip(switches.tolist(), columns.tolist(), strict=True)):
        exact = by_fractions.fractions(rows.value[units.switch_units[switch], column])
        exact[-1] -= Fraction(float(units.breakpoints[switch]))
        for entry, wanted in enumerate(exact):
            assert_encloses(found[number, entry], wanted)


@examples(150)
@given(singles)
def test_relu_and_identity_among_others(x):
    units = Elementwise([Activation.relu(), Activation.absolute(), Activation.identity()])
    three = Enclosure(np.repeat(x.value, 3, axis=0), np.repeat(x.error, 3, axis=0))
    found = units.enclose(three)
    for exact in inside(x, Activation.relu()):
        assert_encloses(found[0], max(exact, Fraction(0)))
        assert_encloses(found[2], exact)
    if x.error == 0.0:
        assert found.error.tolist() == [[0.0], [0.0], [0.0]]


# What is known of switches by number.


def test_switches_of_a_unit_stand_together():
    units = Elementwise([Activation.hard_tanh(), Activation.identity(), Activation.relu(), Activation.relu6()])
    assert (units.n_rows, units.n_units, units.n_switches) == (4, 4, 5)
    assert units.switch_units.tolist() == [0, 0, 2, 3, 3]
    assert units.breakpoints.tolist() == [-1.0, 1.0, 0.0, 0.0, 6.0]
    assert units.n_pieces.tolist() == [3, 1, 2, 3]
    assert units.sides(np.array([1, 0, 0, 2])).tolist() == [1, -1, -1, 1, 1]


@given(lists, st.data())
def test_sides_and_pieces_belong_together(activations, data):
    units = Elementwise(activations)
    pieces = np.array([data.draw(st.integers(0, kind.n_switches)) for kind in activations])
    assert units.pieces(units.sides(pieces)).tolist() == pieces.tolist()


def test_signs_on_both_sides_of_a_wall():
    units = Elementwise([Activation.hard_tanh(), Activation.identity(), Activation.relu()])
    signs = np.array([1, 0, -1], dtype=np.int8)
    own, across = units.beside(signs, 1, 2)
    assert own.tolist() == [1, 1, -1]
    assert across.tolist() == [1, -1, -1]
    own, across = units.beside(signs, 1, 1)
    assert own.tolist() == [1, -1, -1]
    assert across.tolist() == [1, 1, -1]
    assert signs.tolist() == [1, 0, -1]


def test_a_unit_depends_on_its_row_where_its_slope_is_not_zero():
    units = Elementwise([Activation.hard_tanh(), Activation.identity(), Activation.relu(), Activation.absolute()])
    everyone = np.ones((3, 4), dtype=bool)
    pieces = np.array([[0, 0, 0, 0], [1, 0, 1, 1], [2, 0, 0, 1]])
    wanted = [[False, True, False, True], [True, True, True, True], [False, True, False, True]]
    assert units.rows_behind(everyone, pieces).tolist() == wanted
    assert not units.rows_behind(~everyone, pieces).any()


def test_a_row_on_a_breakpoint_has_the_sign_zero_in_floats():
    units = Elementwise([Activation.relu6(), Activation.hard_tanh()])
    x = Enclosure(np.array([[0.0, 6.0], [1.0, -1.0]]), np.zeros((2, 2)))
    assert units.signs(x).tolist() == [[0, 1], [-1, 0], [1, 0], [0, -1]]
    near = Enclosure(x.value, np.full((2, 2), 1e-300))
    assert units.signs(near).tolist() == [[UNDECIDED, 1], [-1, UNDECIDED], [1, UNDECIDED], [UNDECIDED, -1]]


@examples(200)
@given(st.sampled_from((6.0, 0.1, 1e300, 5e-324)), strategies.wild_floats() | st.just(0.0), st.integers(-2, 2))
def test_the_sign_of_a_difference_that_rounds(kink, value, steps):
    """The bound is the distance to the breakpoint, or a few floats more or less."""
    error = abs(value - kink)
    for _ in range(abs(steps)):
        error = max(0.0, math.nextafter(error, math.copysign(math.inf, steps)))
    if math.isinf(error):
        return
    found = Elementwise([Activation((kink,), (0.0, 1.0))]).signs(single(value, error))[0, 0]
    ends = [by_fractions.sign(Fraction(value) + t * Fraction(error) - Fraction(kink)) for t in (-1, 1)]
    assert found == UNDECIDED or ends == [found, found]


def test_rationals_of_any_size():
    units = Elementwise([Activation.relu(), Activation.relu6()])
    huge = rational(10) ** 400
    assert units.exact_signs(rational_matrix([[huge], [-huge]])).tolist() == [1, -1, -1]
    assert units.exact_signs(rational_matrix([[1 / huge], [6 + 1 / huge]])).tolist() == [1, 1, 1]
