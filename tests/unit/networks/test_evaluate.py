"""Signs and values at points, held against evaluation in fractions; most points lie on walls on purpose."""

import math
from fractions import Fraction

import by_fractions
import numpy as np
import pytest
import strategies
from effort import examples
from hypothesis import given
from hypothesis import strategies as st

from polyregions.arithmetic import UNDECIDED, Enclosure, rational
from polyregions.errors import DimensionMismatch
from polyregions.networks import Activation, Layer, Maximum, Network, evaluate_exactly, switch_signs
from polyregions.networks.evaluate import ExactEvaluation, enclosed_signs, signs_beside

STEP = Fraction(1, 2**3000)  # shorter than the distance to any wall not passed by, for the networks drawn here

small = strategies.integer_networks() | strategies.kinked_networks(skips=True) | strategies.any_networks()
wild = strategies.wild_networks() | strategies.wild_maxout_networks()


def expected_signs(network, points):
    return [by_fractions.signs(network, point) for point in points]


def dense(weights):
    return weights if isinstance(weights, np.ndarray) else weights.toarray()


def scaled(network, exponents):
    """Multiply layers by powers of two (a subnormal result may round; what counts is what is stored)."""
    layers = [
        Layer(np.ldexp(dense(layer.weights), e), np.ldexp(layer.bias, e), layer.activation, layer.sources)
        for layer, e in zip(network.layers, exponents, strict=True)
    ]
    return Network(tuple(layers), network.input_dim)


@examples(150)
@given(small, st.data())
def test_exact_values(network, data):
    point = data.draw(strategies.rational_points(network.input_dim))
    assert evaluate_exactly(network, point) == by_fractions.output(network, point)


@examples(50)
@given(wild, st.data())
def test_exact_values_of_every_size(network, data):
    point = data.draw(strategies.wild_arrays((network.input_dim,))).tolist()
    assert evaluate_exactly(network, point) == by_fractions.output(network, point)


@pytest.mark.parametrize("point", [[Fraction(1, 7)], [rational(1) / 7]])
def test_points_may_be_fractions_or_rationals(point):
    assert evaluate_exactly(Network.from_arrays([[[1.0]], [[3.0]]], [[0.0], [0.0]]), point) == [Fraction(3, 7)]


@examples(200)
@given(small, st.data())
def test_signs_at_points_that_lie_on_walls(network, data):
    points = data.draw(st.lists(strategies.dyadic_points(network.input_dim), min_size=1, max_size=4))
    assert switch_signs(network, points).tolist() == expected_signs(network, points)


@examples(100)
@given(small, st.data())
def test_signs_at_rational_points(network, data):
    point = data.draw(strategies.rational_points(network.input_dim))
    found = ExactEvaluation(network, [rational(x) for x in point]).signs()
    assert found.dtype == np.int8
    assert found.tolist() == by_fractions.signs(network, point)


@examples(100)
@given(small, st.data())
def test_signs_with_weights_far_from_one(network, data):
    choices = st.sampled_from((-1074, -1070, -530, -60, 0, 60, 900))
    network = scaled(network, data.draw(st.tuples(*[choices for _ in network.layers])))
    points = data.draw(st.lists(strategies.dyadic_points(network.input_dim), min_size=1, max_size=3))
    assert switch_signs(network, points).tolist() == expected_signs(network, points)


@examples(150)
@given(wild, st.data())
def test_signs_where_floats_underflow_overflow_and_cancel(network, data):
    points = data.draw(strategies.wild_arrays((2, network.input_dim)))
    assert switch_signs(network, points).tolist() == expected_signs(network, points.tolist())


@examples(30)
@given(st.integers(0, 2**32 - 1), st.sampled_from(strategies.KINKED))
def test_signs_as_close_to_walls_as_floats_get(seed, kind):
    """Points moved to the rounded zero of a unit in the first or the second layer, and the floats next to it."""
    rng = np.random.default_rng(seed)
    network = Network.from_arrays(
        [rng.normal(size=(3, 2)), rng.normal(size=(3, 3)), np.ones((1, 3))],
        [rng.normal(size=3), rng.normal(size=3), [0.0]],
        [kind, kind, "identity"],
    )
    points = []
    for layer in (0, 1):
        low, high = rng.normal(size=2) * 3, rng.normal(size=2) * 3
        for _ in range(60):
            middle = (low + high) / 2
            value, left = (by_fractions.rows(network, x.tolist())[0][layer][0] for x in (middle, low))
            kink = kind.breakpoints[-1]
            low, high = (low, middle) if (value > kink) != (left > kink) else (middle, high)
        points += [low, high, np.nextafter(low, np.inf), np.nextafter(high, -np.inf)]
    assert switch_signs(network, points).tolist() == expected_signs(network, np.array(points).tolist())


@pytest.mark.parametrize("tiny", [1e-30, 2.0**-60, 1e-300, 5e-324])
@pytest.mark.parametrize("scale", [-1.0, 1.0, 2.0**-60, 2.0**60, 2.0**900])
def test_points_a_hair_beside_a_wall(tiny, scale):
    network = Network.from_arrays([[[scale, scale], [scale, -scale]], [[1.0, 0.0]]], [[-scale, -scale], [0.0]])
    points = [[1.0, tiny], [1.0, 0.0], [1.0, -tiny]]
    side = int(np.sign(scale))
    assert switch_signs(network, points).tolist() == [[side, -side], [0, 0], [-side, side]]


def test_products_that_underflow_keep_their_signs():
    network = Network.from_arrays([[[1e-200]], [[1e-200]], [[1.0]]], [[0.0], [0.0], [0.0]])
    assert switch_signs(network, [[1.0], [1e-300], [-1e-300], [0.0]]).tolist() == [[1, 1], [1, 1], [-1, 0], [0, 0]]


def test_subnormal_weights_that_cancel():
    network = Network.from_arrays([[[5e-324, -5e-324], [1e-323, -5e-324]], [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    points = [[1.0, 1.0], [1.0, 1.0 + 2.0**-52], [1.0, 2.0], [1.0, 2.0 - 2.0**-52], [1e-10, 2e-10]]
    assert switch_signs(network, points).tolist() == expected_signs(network, points)
    assert switch_signs(network, points).tolist() == [[0, 1], [-1, 1], [-1, 0], [-1, 1], [-1, 0]]


def test_sums_that_overflow_keep_their_signs():
    network = Network.from_arrays(
        [[[1e308, 1e308], [1e308, -1e308]], [[1.0, -1.0]], [[1.0]]], [[0.0, 0.0], [-1.0], [0.0]]
    )
    points = [[10.0, 10.0], [10.0, -10.0], [-10.0, 1.0]]
    assert switch_signs(network, points).tolist() == [[1, 0, 1], [0, 1, -1], [-1, -1, -1]]


def test_the_floats_decide_ordinary_points():
    rng = np.random.default_rng(7)
    sizes = [(16, 4), (16, 16), (16, 16), (1, 16)]
    network = Network.from_arrays([rng.normal(size=size) for size in sizes], [rng.normal(size=m) for m, _ in sizes])
    points = rng.normal(size=(2000, 4))
    signs = enclosed_signs(network, Enclosure.exact(points))
    assert (signs == UNDECIDED).any(axis=1).mean() < 1e-3
    assert (switch_signs(network, points[:20]) == expected_signs(network, points[:20].tolist())).all()


@examples(150)
@given(small | wild, st.data())
def test_signs_on_boxes_hold_for_every_point_of_the_box(network, data):
    shape = (network.input_dim,)
    middle = np.array(data.draw(strategies.dyadic_points(network.input_dim)))
    radius = data.draw(st.sampled_from((0.0, 2.0**-60, 2.0**-20, 0.25, 3.0))) * np.ones(shape)
    found = enclosed_signs(network, Enclosure(middle[None], radius[None]))[0]
    shares = st.lists(st.fractions(-1, 1, max_denominator=3), min_size=shape[0], max_size=shape[0])
    for share in data.draw(st.lists(shares, min_size=1, max_size=3)):
        point = [Fraction(x) + t * Fraction(r) for x, t, r in zip(middle, share, radius, strict=True)]
        for sign, exact in zip(found.tolist(), by_fractions.signs(network, point), strict=True):
            assert sign in (UNDECIDED, exact)


@examples(200)
@given(small, st.data())
def test_signs_beside_a_point_are_those_a_tiny_step_away(network, data):
    point = data.draw(strategies.rational_points(network.input_dim))
    direction = data.draw(strategies.directions(network.input_dim))
    found = signs_beside(network, [rational(x) for x in point], [rational(d) for d in direction])
    beside = [x + STEP * d for x, d in zip(point, direction, strict=True)]
    assert found.dtype == np.int8
    assert found.tolist() == by_fractions.signs(network, beside)


def test_beside_a_point_where_everything_vanishes():
    network = Network.from_arrays(
        [[[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 0.0]], [[1.0, -1.0, 1.0, 5.0]], [[1.0]]], [[0.0] * 4, [0.0], [0.0]]
    )
    origin = [rational(0), rational(0)]
    assert signs_beside(network, origin, [rational(1), rational(0)]).tolist() == [1, 1, -1, 0, 0]
    assert signs_beside(network, origin, [rational(-1), rational(0)]).tolist() == [-1, -1, 1, 0, 1]
    assert signs_beside(network, origin, [rational(0), rational(1)]).tolist() == [0, 0, 0, 0, 0]


def test_skip_connections():
    hidden = Layer([[1.0], [-1.0]], [0.0, 0.0], Activation.relu())
    network = Network(
        (
            hidden,
            Layer([[-1.0, 1.0, 0.0]], [0.0], Activation.relu(), (0, 1)),
            Layer([[1.0]], [0.0], Activation.identity()),
        )
    )
    assert switch_signs(network, [[2.0], [-2.0]]).tolist() == [[1, -1, 0], [-1, 1, 1]]  # -x + relu(x) = relu(-x)
    assert evaluate_exactly(network, [-2.0]) == [2]


def test_several_switches_of_a_unit_stand_together():
    network = Network.from_arrays([[[1.0], [-1.0]], [[1.0, 1.0]]], [[0.0, 0.0], [0.0]], ["hard_tanh", "identity"])
    points = [[-2.0], [-1.0], [0.0], [1.0], [2.0]]
    assert switch_signs(network, points).tolist() == [
        [-1, -1, 1, 1],
        [0, -1, 1, 0],
        [1, -1, 1, -1],
        [1, 0, 0, -1],
        [1, 1, -1, -1],
    ]


def test_candidates_of_a_maximum_stand_together():
    """The maxima of x, 0 and -x, and of 0 and x; behind them, one of their sum and 2."""
    rows = Layer([[1.0], [0.0], [-1.0]], [0.0] * 3, Maximum([(0, 1, 2), (1, 0)]))
    network = Network((rows, Layer([[1.0, 1.0], [0.0, 0.0]], [0.0, 2.0], Maximum([(0, 1)]))))
    points = [[-3.0], [-2.0], [0.0], [0.5], [1.0], [2.0]]
    assert switch_signs(network, points).tolist() == [
        [-1, -1, 0, 0, -1, 0, -1],
        [-1, -1, 0, 0, -1, 0, 0],
        [0, 0, 0, 0, 0, -1, 0],
        [0, -1, -1, -1, 0, -1, 0],
        [0, -1, -1, -1, 0, 0, 0],
        [0, -1, -1, -1, 0, 0, -1],
    ]


def test_beside_a_tie_the_derivative_decides_and_what_is_equal_stays_so():
    network = Network((Layer([[1.0], [2.0], [-1.0], [2.0]], [0.0] * 4, Maximum([(0, 1, 2, 3)])),))
    assert signs_beside(network, [rational(0)], [rational(1)]).tolist() == [-1, 0, -1, 0]
    assert signs_beside(network, [rational(0)], [rational(-1)]).tolist() == [-1, -1, 0, -1]
    assert signs_beside(network, [rational(0)], [rational(0)]).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("tiny", [1e-30, 1e-300, 5e-324])
def test_candidates_a_hair_apart(tiny):
    """1, 1 + tiny x and 1 - tiny x: their floats are equal."""
    network = Network((Layer([[0.0], [tiny], [-tiny]], [1.0] * 3, Maximum([(0, 1, 2)])),))
    points = [[1.0], [0.0], [-tiny], [1e-10]]
    assert switch_signs(network, points).tolist() == [[-1, 0, -1], [0, 0, 0], [-1, -1, 0], [-1, 0, -1]]


def test_candidates_that_overflow_and_underflow():
    layers = (
        Layer([[1e300, 0.0], [0.0, 1e300], [1e-300, 0.0]], [0.0] * 3, Activation.identity()),
        Layer([[1e300, 0.0, 0.0], [0.0, 1e300, 0.0], [0.0, 0.0, 1e-300]], [0.0] * 3, Maximum([(0, 1), (2, 0, 1)])),
    )
    points = [[1.0, 1.0], [1.0, 2.0], [-1.0, -1.0], [0.0, -1.0], [-1e-300, -1.0]]
    network = Network(layers)
    assert switch_signs(network, points).tolist() == expected_signs(network, points)
    assert switch_signs(network, points)[:, 2:].tolist() == [
        [-1, 0, 0],
        [-1, -1, 0],
        [0, -1, -1],
        [0, 0, -1],
        [0, -1, -1],
    ]


def test_floats_decide_at_breakpoints_other_than_zero():
    """Differences to a breakpoint round; they are neither called zero nor undecided for that."""
    network = Network.from_arrays([[[1.0], [0.0]], [[1.0, 1.0]]], [[0.0, 6.0], [0.0]], ["relu6", "identity"])
    points = np.array([[6.0], [np.nextafter(6.0, 7.0)], [np.nextafter(6.0, 5.0)], [1e-30], [5e-324]])
    found = enclosed_signs(network, Enclosure(points, np.array([[0.0], [1e-20], [1e-20], [6.0], [0.0]])))
    assert found[:, 1].tolist() == [UNDECIDED, UNDECIDED, UNDECIDED, UNDECIDED, -1]
    assert found[:, 2:].tolist() == [[1, UNDECIDED]] * 5
    assert switch_signs(network, points).tolist() == expected_signs(network, points.tolist())


def test_no_points_and_no_switches():
    network = Network.from_arrays([[[1.0]], [[1.0]]], [[0.0], [0.0]])
    assert switch_signs(network, np.zeros((0, 1))).shape == (0, 1)
    linear = Network.from_arrays([[[1.0]]], [[0.0]])
    assert switch_signs(linear, [[1.0], [2.0]]).shape == (2, 0)


two_inputs = Network.from_arrays([[[1.0, 1.0]], [[1.0]]], [[0.0], [0.0]])


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([0.0, 0.0], "must have 2 dimension"),
        ([[0.0]], r"shape \(N, 2\), got \(1, 1\)"),
        ([[0.0, 0.0, 0.0]], r"shape \(N, 2\), got \(1, 3\)"),
        (np.zeros((1, 1, 2)), "must have 2 dimension"),
        ([], "must have 2 dimension"),
        ([[math.nan, 0.0]], "points must be finite; 1 entries are NaN"),
        ([[0.0, math.inf]], "points must be finite"),
        ([["0", "1"]], "real numbers, got dtype <U1"),
        ([[0j, 0j]], "real numbers, got dtype complex128"),
        ([[Fraction(1, 3), Fraction(1, 3)]], "real numbers, got dtype object"),
        ([[0.0], [0.0, 0.0]], "array of real numbers"),
        ([[2**53 + 1, 0]], "numbers that float64 can hold"),
        ([[2**53 + 1, 0.5]], "numbers that float64 can hold"),
    ],
)
def test_points_that_are_no_points_are_refused(points, message):
    with pytest.raises(DimensionMismatch, match=message):
        switch_signs(two_inputs, points)


@pytest.mark.parametrize(
    ("point", "message"),
    [
        ([0.0], "2 inputs, got a point of 1 coordinates"),
        ([0.0, 0.0, 0.0], "2 inputs, got a point of 3 coordinates"),
        ([math.nan, 0.0], "finite coordinates"),
        ([0.0, -math.inf], "finite coordinates"),
        (["0", "1"], "finite coordinates"),
        ([[0.0, 0.0], [0.0, 0.0]], "finite coordinates"),
    ],
)
def test_exact_evaluation_refuses_what_is_no_point(point, message):
    with pytest.raises(DimensionMismatch, match=message):
        evaluate_exactly(two_inputs, point)
