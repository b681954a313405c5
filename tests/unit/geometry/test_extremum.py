"""Is a form positive somewhere inside?  Against decisions in fractions, with a solver that lies among others."""

import itertools
from fractions import Fraction

import brute_force
import numpy as np
import pytest
from effort import examples
from hypothesis import example, given
from hypothesis import strategies as st

from polyregions.arithmetic import Enclosure, rational, rational_matrix, to_fraction
from polyregions.geometry.extremum import Extremum, Witness, shortened
from polyregions.geometry.forms import Forms, Row, System
from polyregions.geometry.lp import Answer


def forms_of(rows, reach, off=0.0):
    """Exact rows as forms whose floats are off by a rounding, or by a share of them: one number, or one a row."""
    value = np.array([[float(entry) for entry in row] for row in rows])
    share = np.broadcast_to(off, len(rows))[:, None] * np.resize([1.0, -1.0, -1.0], value.shape)
    error = (2.0**-52 + 1.5 * np.abs(share)) * np.abs(value) + 2.0**-1074
    return Forms(Enclosure(value * (1.0 + share), error), reach, lambda: rational_matrix(rows))


class Question:
    """A goal over rows in a box, and what is true of it."""

    def __init__(self, rows, goal, side=2, off=0.0):
        self.dim = len(goal) - 1
        self.rows, self.goal = rows, goal
        self.everything = [*rows, *brute_force.box_rows([-side] * self.dim, [side] * self.dim)]
        self.corners = sorted(brute_force.vertices(self.everything))
        middle = [rational(x) for x in brute_force.centre(self.corners)]
        self.inside = shortened(middle, rational_matrix([[Fraction(x) for x in row] for row in self.everything]))
        self.extremum = Extremum(np.full(self.dim, -float(side)), np.full(self.dim, float(side)))
        self.forms = forms_of([*rows, goal], np.append(np.full(self.dim, float(side)), 1.0), off)
        self.system = System.of([Row(self.forms, i, 1, i) for i in range(len(rows))], self.dim)

    @property
    def maximum(self):
        return max(brute_force.value(self.goal, corner) for corner in self.corners)

    def ask(self):
        return self.extremum.positive(Row(self.forms, len(self.rows), 1, 0), self.system, self.inside)

    def assert_right(self):
        found = self.ask()
        assert (found is not None) == (self.maximum > 0)
        if found is not None:
            point = [to_fraction(x) for x in found.exact]
            assert all(brute_force.value(row, point) > 0 for row in [*self.everything, self.goal])

    def bound(self, multipliers):
        index = len(self.rows)
        form, error, size = self.forms.rows[index], float(self.forms.error[index]), float(self.forms.size[index])
        return self.extremum.upper_bound(form, error, size, self.system, multipliers)

    def scaled_maximum(self):
        """The maximum of the goal as it is stored: scaled so that its largest coefficient lies in [1/2, 1]."""
        largest = max(abs(Fraction(entry)) for entry in self.goal[:-1])
        scale = Fraction(1)
        while largest * scale > 1:
            scale /= 2
        while largest * scale < Fraction(1, 2):
            scale *= 2
        # A power of two is stored as 1/2.
        return self.maximum * (scale / 2 if largest * scale == 1 else scale)


@st.composite
def questions(draw, dims=(1, 2, 3), most=5, ties=False):
    dim = draw(st.sampled_from(dims))
    rows = [row for row in draw(brute_force.small_rows(dim, most)) if any(row[:-1])]
    everything = [*rows, *brute_force.box_rows([-2] * dim, [2] * dim)]
    if brute_force.kind(everything) != "polytope":
        rows = []
    gradient = draw(st.lists(st.integers(-3, 3), min_size=dim, max_size=dim).filter(any))
    goal = [*gradient, draw(st.integers(-4, 4))]
    if ties:
        question = Question(rows, goal)
        goal = [*gradient, Fraction(goal[-1]) - question.maximum]
    return Question(rows, goal)


@examples(150)
@given(questions())
def test_small_integers(question):
    question.assert_right()


@examples(80)
@given(questions(ties=True), st.sampled_from([0, 1, -1]), st.sampled_from([9, 15, 30, 60]))
def test_ties_and_near_ties(question, sign, digits):
    """The maximum is exactly 0, or off by 1e-9, 1e-15, 1e-30, 1e-60."""
    goal = [*question.goal[:-1], Fraction(question.goal[-1]) + sign * Fraction(1, 10**digits)]
    question = Question(question.rows, goal)
    assert question.maximum == sign * Fraction(1, 10**digits)
    question.assert_right()


@examples(100)
@given(questions(ties=True), st.sampled_from([0, 1, -1]), st.data())
def test_coarse_floats(question, sign, data):
    """The floats of some rows are wrong by more than the maximum, and say so."""
    goal = [*question.goal[:-1], Fraction(question.goal[-1]) + sign * Fraction(1, 10**13)]
    count = len(question.rows)
    shares = st.lists(st.sampled_from([0.0, 2.0**-26, -(2.0**-26)]), min_size=count + 1, max_size=count + 1)
    question = Question(question.rows, goal, off=data.draw(shares))
    question.assert_right()
    multipliers = data.draw(st.lists(st.sampled_from([0.0, 0.3, 1.0, 2.0]), min_size=count, max_size=count))
    question.extremum.program.set_system(question.system)
    answer = question.extremum.program.maximize(question.forms.rows[-1, :-1])
    for weights in [multipliers] + ([answer.multipliers] if answer is not None else []):
        assert Fraction(question.bound(np.array(weights, dtype=float))) >= question.scaled_maximum()


@pytest.mark.parametrize("digits", [5, 9, 12, 15, 20, 30, 100, 300])
@pytest.mark.parametrize("slope", [1, 3, Fraction(1, 3)])
def test_slabs(digits, slope):
    """Goals that are positive in half of a slab, on its face only, and not at all."""
    thin = Fraction(1, 10**digits)
    slab = [[slope, -1, 0], [-slope, 1, thin]]
    for share, sign in [(Fraction(1, 2), 1), (1 - Fraction(1, 10**6), 1), (1, 0), (1 + Fraction(1, 10**6), -1)]:
        question = Question(slab, [slope, -1, -share * thin])
        assert (question.maximum > 0) - (question.maximum < 0) == sign
        question.assert_right()


@pytest.mark.parametrize("digits", [8, 16, 40])
def test_needles(digits):
    """Slabs in several directions at once, around a point that is not a float."""
    thin = Fraction(1, 10**digits)
    x, y, z = Fraction(1, 3), Fraction(-2, 7), Fraction(1, 11)
    sides = [(1, 1, 0), (1, -1, 0), (0, 1, 1)]
    rows = []
    for a in sides:
        at = a[0] * x + a[1] * y + a[2] * z
        rows += [[*a, thin - at], [*(-e for e in a), thin + at]]
    for goal, offset in [((1, 0, 0), -x), ((0, 0, 1), -z - 2 * thin), ((0, 0, 1), -z - 3 * thin)]:
        Question(rows, [*goal, offset]).assert_right()


@pytest.mark.parametrize("size", [1e-200, 1e-30, 1e30, 1e200])
def test_rows_of_any_size(size):
    rows = [[Fraction(size), -Fraction(size), Fraction(size) / 10**20], [-1, 1, 0]]
    Question(rows, [Fraction(1), -1, 0]).assert_right()
    Question(rows, [-Fraction(size), Fraction(size), -Fraction(size) / 10**20]).assert_right()
    Question(rows, [-Fraction(size), Fraction(size), -Fraction(size) / 10**21]).assert_right()


@examples(40)
@given(questions(ties=True), st.sampled_from([0, 1, -1]), st.data())
def test_the_solver_may_say_anything(question, sign, data):
    """Wrong points, wrong multipliers, wrong bases, failures: answers stay right."""
    goal = [*question.goal[:-1], Fraction(question.goal[-1]) + sign * Fraction(1, 100)]
    question = Question(question.rows, goal)
    count, dim = len(question.rows), question.dim
    numbers = st.sampled_from([0.0, 1e-20, 0.5, 1.0, 3.0, 1e18, -1.0, -1e18])
    point = np.array(data.draw(st.lists(numbers, min_size=dim, max_size=dim)))
    weights = np.abs(data.draw(st.lists(numbers, min_size=count, max_size=count))).reshape(count)
    indices = st.lists(st.integers(0, max(count, dim) - 1), max_size=dim)
    rows = [i for i in data.draw(indices) if i < count]
    lower, upper = ([i for i in data.draw(indices) if i < dim] for _ in range(2))

    class Liar:
        answers = data.draw(st.booleans())

        def set_system(self, system):
            pass

        def maximize(self, gradient):
            return Answer(point, weights) if self.answers else None

        def active(self):
            return rows, lower, upper

    question.extremum.program = Liar()
    question.assert_right()


@examples(100)
@given(questions(), st.data())
def test_upper_bounds_hold_for_any_multipliers(question, data):
    count = len(question.rows)
    numbers = st.floats(0, 1e3) | st.sampled_from([0.0, 5e-324, 1e-300, 1e-9, 1.0, 1e12, 1e200])
    multipliers = np.array(data.draw(st.lists(numbers, min_size=count, max_size=count)), dtype=float)
    assert Fraction(question.bound(multipliers)) >= question.scaled_maximum()


@examples(60)
@given(questions())
@example(Question([[1, -3, 1, 0], [-2, 0, -2, 1], [1, -3, 1, 0], [-2, 0, -2, 3]], [-3, -1, -3, 3]))
@example(Question([[1, -3, 2, -3], [2, -2, 0, 3], [-3, 2, 0, 0]], [-1, -3, 0, -1]))  # HiGHS' primal simplex fails here
@example(Question([[-1, 0, -1, 2], [0, -3, 0, 0], [-2, 0, -2, 4], [0, -3, 0, 0]], [-3, -3, -1, 0]))
def test_upper_bounds_from_the_solver_are_tight(question):
    question.extremum.program.set_system(question.system)
    answer = question.extremum.program.maximize(question.forms.rows[-1, :-1])
    if answer is None:
        return  # the solver may fail; the tests above hold nevertheless
    bound, wanted = question.bound(answer.multipliers), question.scaled_maximum()
    assert Fraction(bound) >= wanted
    assert bound - float(wanted) < 1e-9


@examples(50)
@given(st.data())
def test_upper_bounds_over_wild_rows(data):
    """Rows and boxes of any size, whose floats are exact; the linear program over the box alone is a sum."""
    sizes = st.sampled_from([1e-150, 1e-9, 1.0, 1 / 3, 1e9, 1e120])
    numbers = st.builds(lambda a, b: a * b, sizes, st.floats(-1, 1).filter(lambda x: abs(x) > 1e-3))
    dim = data.draw(st.integers(1, 3))
    lower = np.array(data.draw(st.lists(numbers, min_size=dim, max_size=dim)))
    upper = lower + np.abs(np.array(data.draw(st.lists(numbers, min_size=dim, max_size=dim))))
    table = data.draw(st.lists(st.lists(numbers, min_size=dim + 1, max_size=dim + 1), min_size=3, max_size=3))
    forms = Forms(
        Enclosure.exact(np.array(table)),
        np.append(np.maximum(np.abs(lower), np.abs(upper)), 1.0),
        lambda: rational_matrix(table),
    )
    system = System.of([Row(forms, 0, 1, 0), Row(forms, 1, -1, 1)], dim)
    multipliers = np.array(data.draw(st.lists(st.floats(0, 100), min_size=2, max_size=2)))
    extremum = Extremum(lower, upper)
    bound = extremum.upper_bound(forms.rows[2], float(forms.error[2]), float(forms.size[2]), system, multipliers)
    scaled = [
        [Fraction(entry) * scale_of(row, stored) for entry in row]
        for row, stored in zip(table, forms.rows, strict=True)
    ]
    total = [
        g + Fraction(float(multipliers[0])) * a - Fraction(float(multipliers[1])) * b
        for g, a, b in zip(scaled[2], scaled[0], scaled[1], strict=True)
    ]
    corners = zip(lower.tolist(), upper.tolist(), strict=True)
    highest = sum((max(a * Fraction(x) for x in ends) for a, ends in zip(total, corners, strict=False)), total[-1])
    assert Fraction(bound) >= highest


def scale_of(row, stored):
    """The power of two by which a row was scaled."""
    ratio = max(abs(Fraction(float(x))) for x in stored[:-1]) / max(abs(Fraction(x)) for x in row[:-1])
    exponent = ratio.numerator.bit_length() - ratio.denominator.bit_length()
    return min((Fraction(2) ** k for k in range(exponent - 1, exponent + 2)), key=lambda power: abs(power / ratio - 1))


@examples(50)
@given(questions())
def test_bounding_boxes_contain_the_polytope_and_are_tight(question):
    lower, upper = question.extremum.bounding_box(question.system)
    for axis in range(question.dim):
        numbers = [corner[axis] for corner in question.corners]
        assert Fraction(float(lower[axis])) <= min(numbers)
        assert max(numbers) <= Fraction(float(upper[axis]))
        assert lower[axis] == pytest.approx(float(min(numbers)), abs=1e-9)
        assert upper[axis] == pytest.approx(float(max(numbers)), abs=1e-9)


def test_certain_asks_for_more_than_the_error():
    """x - 1/2 > 0 at a float whose value there is positive but below the error bound."""
    off = 2.0**-26
    question = Question([[0, 1, 1]], [1, 0, Fraction(-1, 2)], off=off)
    form, error = question.forms.rows[1], float(question.forms.error[1])
    for value, wanted in [(0.5 * error, False), (0.99 * error, False), (1.01 * error, True), (-error, False)]:
        point = np.array([(value - form[-1]) / form[0], 0.0])
        assert question.extremum.certain(point, form, error, question.system) == wanted
    for point in ([2.0, 0.0], [1.0, -1.0], [1.0, -1.0 + off], [1.0, 2.0]):
        assert not question.extremum.certain(np.array(point), form, error, question.system)


def test_one_extremum_answers_many_questions():
    """Rows come and go, in any order; the answers do not depend on what was asked before."""
    rows = [[1, 0, Fraction(1, 2)], [-1, 1, 1], [0, -1, Fraction(3, 4)], [-1, -1, 1], [2, 1, 1]]
    goals = [[1, 1, Fraction(-1, 2)], [1, 1, -1], [1, -2, 0], [-1, 0, Fraction(-1, 2)], [0, 1, Fraction(-3, 4)]]
    forms = forms_of([*rows, *goals], np.array([2.0, 2.0, 1.0]))
    extremum = Extremum(np.full(2, -2.0), np.full(2, 2.0))
    kept = [Row(forms, i, 1, i) for i in range(len(rows))]
    choices = [*itertools.combinations(range(5), 3), *itertools.permutations(range(3)), (0, 1, 2, 3, 4), ()]
    for chosen in choices:
        system = System.of([kept[i] for i in chosen], 2)
        corners = brute_force.vertices([*(rows[i] for i in chosen), *brute_force.box_rows([-2, -2], [2, 2])])
        for number, goal in enumerate(goals):
            found = extremum.positive(Row(forms, 5 + number, 1, 0), system, Witness(np.zeros(2)))
            assert (found is not None) == (max(brute_force.value(goal, corner) for corner in corners) > 0)
    assert extremum.decisions.programs == len(choices) * len(goals)


def test_decisions_are_counted():
    question = Question([[1, -1, 0], [-1, 1, Fraction(1, 10**30)]], [1, -1, Fraction(-1, 2 * 10**30)])
    question.ask()
    decisions = question.extremum.decisions
    assert (decisions.programs, decisions.in_rationals, decisions.exact_simplex) == (1, 1, 1)
    assert (decisions.by_point, decisions.by_bound) == (0, 0)


@examples(100)
@given(st.data())
def test_shortened_points_stay_inside(data):
    dim = data.draw(st.integers(1, 3))
    thin = Fraction(1, data.draw(st.sampled_from([3, 10**9, 10**40, 10**200])))
    middle = data.draw(st.lists(st.fractions(-3, 3, max_denominator=11), min_size=dim, max_size=dim))
    rows = brute_force.box_rows([x - thin for x in middle], [x + thin for x in middle])
    witness = shortened([rational(x) for x in middle], rational_matrix(rows))
    point = [to_fraction(x) for x in witness.exact]
    assert all(brute_force.value(row, point) > 0 for row in rows)
    assert witness.floats.tolist() == [float(x) for x in point] or witness.rationals is not None
    assert np.allclose(witness.floats, [float(x) for x in middle], atol=float(thin) + 1e-15)
    if thin > Fraction(1, 10**12):
        assert witness.rationals is None
