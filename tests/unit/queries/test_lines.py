"""Regions on lines, proved in plain fractions; against slices, samples, and what Hanin and Rolnick expect."""

import math
from fractions import Fraction
from itertools import pairwise

import by_fractions
import numpy as np
import pytest
import strategies
from degenerate_networks import degenerate_problems
from effort import examples
from hypothesis import assume, given
from hypothesis import strategies as st
from problems import ENGINES, sawtooth

import polyregions as pr
from polyregions.errors import DimensionMismatch
from polyregions.queries import tracing

RELU, IDENTITY = pr.Activation.relu(), pr.Activation.identity()

networks = (
    strategies.any_networks()
    | strategies.integer_networks(skips=True, sparse=True)
    | strategies.lively_networks(makers=strategies.ALL_KINDS, skips=True)
    | strategies.kinked_networks(skips=True)
)
wild_networks = strategies.wild_maxout_networks() | strategies.wild_networks(
    (strategies.alike(), strategies.alike(strategies.ODD), strategies.each_its_own(strategies.ODD))
)


def corners(dim, least, most):
    return st.lists(st.lists(st.integers(-2, 2), min_size=dim, max_size=dim), min_size=least, max_size=most)


@st.composite
def segments(draw):
    network = draw(networks)
    start, end = draw(corners(network.input_dim, 2, 2))
    assume(start != end)
    return network, start, end


def exact_breakpoints(line):
    return [line.exact_breakpoint(number) for number in range(len(line) - 1)]


def is_enclosed(number, bounds):
    return by_fractions.is_enclosed(number, float(bounds.value), float(bounds.error))


def prove(line):
    """Between neighbouring breakpoints no switch has a zero, and the pattern in the middle is the one that is given."""
    network, (start, end) = line.network, (list(map(Fraction, x.tolist())) for x in (line.start, line.end))
    step = [q - p for p, q in zip(start, end, strict=True)]
    cuts = [Fraction(0), *exact_breakpoints(line), Fraction(1)]
    slopes = []
    for number, (low, high) in enumerate(pairwise(cuts)):
        assert low < high
        a, middle, b = ([p + t * d for p, d in zip(start, step, strict=True)] for t in (low, (low + high) / 2, high))
        pattern = by_fractions.pattern(network, middle)
        assert line.patterns[number].tolist() == pattern
        for form in by_fractions.switch_forms(network, pattern):
            signs = [by_fractions.sign(by_fractions.dot(form, [*point, 1])) for point in (a, b)]
            assert signs[0] * signs[1] >= 0
        _, outputs = by_fractions.forms(network, pattern)
        slopes.append([by_fractions.dot(form[:-1], step) for form in outputs])
        assert all(is_enclosed(slope, line.slopes[number, i]) for i, slope in enumerate(slopes[-1]))
    assert (line.patterns[1:] != line.patterns[:-1]).any(axis=1).all()
    assert line.visible.tolist() == [a != b for a, b in pairwise(slopes)]
    check_floats(line, cuts[1:-1])


def check_floats(line, cuts):
    floats = line.breakpoints
    assert np.isfinite([floats.value, floats.error]).all()
    assert all(is_enclosed(t, floats[number]) for number, t in enumerate(cuts))
    assert (np.diff(floats.value, prepend=0.0, append=1.0) >= 0).all()
    assert (line.lengths() >= 0).all()
    assert line.lengths().any()
    assert (np.minimum(line.start, line.end) <= line.points()).all()
    assert (line.points() <= np.maximum(line.start, line.end)).all()


@examples(80)
@given(segments())
def test_there_and_back(case):
    network, start, end = case
    there, back = pr.regions_on_line(network, start, end), pr.regions_on_line(network, end, start)
    prove(there)
    assert np.array_equal(there.patterns, back.patterns[::-1])
    assert exact_breakpoints(there) == [1 - t for t in reversed(exact_breakpoints(back))]
    assert np.array_equal(there.visible, back.visible[::-1])
    assert there.switches == back.switches == sum(len(there.switching(i)) for i in range(len(there) - 1))


@examples(25)
@given(wild_networks, st.data())
def test_numbers_of_every_size(network, data):
    start, end = (data.draw(strategies.wild_arrays((network.input_dim,))) for _ in range(2))
    assume((start != end).any())
    prove(pr.regions_on_line(network, start, end))


@pytest.mark.parametrize("problem", degenerate_problems(), ids=str)
def test_degenerate_networks(problem):
    """From corner to corner, and along an edge of K or to its middle."""
    first, second, *_, last = [*problem.domain.vertices, np.mean(problem.domain.vertices, axis=0)][-4:]
    for start, end in ((first, last), (second, first)):
        prove(pr.regions_on_line(problem.network, start, end))


@examples(50)
@given(segments())
def test_same_as_regions_and_complex_of_the_slice(case):
    line = pr.regions_on_line(*case)
    network, segment = pr.slice_network(case[0], through=case[1:])
    patterns = line.patterns.tolist()
    for engine in ENGINES:
        assert sorted(patterns) == pr.enumerate_regions(network, segment, engine=engine).patterns.tolist()
    complex_ = pr.build_complex(network, segment)
    count = complex_.f_vector()[0]
    order = sorted(range(count), key=lambda vertex: complex_.exact_vertex(vertex)[0])
    assert [complex_.exact_vertex(vertex)[0] for vertex in order] == [0, *exact_breakpoints(line), 1]
    assert pr.visible_walls(complex_)[order[1:-1]].tolist() == line.visible.tolist()
    assert line.linear_pieces == len(pr.linear_regions(complex_))
    sides = dict(zip(complex_.walls.tolist(), complex_.wall_regions.tolist(), strict=True))
    for number, vertex in enumerate(order[1:-1]):
        found = complex_.regions.patterns[sides[vertex]].tolist()
        assert sorted(found) == sorted(patterns[number : number + 2])


@pytest.mark.parametrize("part", [1, 1024])
@examples(20)
@given(networks, st.data())
def test_many_segments_at_once(part, network, data):
    ends = data.draw(corners(network.input_dim, 6, 11))
    pairs = [(p, q) for p, q in pairwise(ends) if p != q]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracing, "PART", part)
        lines = pr.regions_on_line(network, *np.reshape(pairs, (-1, 2, network.input_dim)).swapaxes(0, 1))
    assert len(lines) == len(pairs)
    for line, (start, end) in zip(lines, pairs, strict=True):
        alone = pr.regions_on_line(network, start, end)
        assert (line.start.tolist(), line.end.tolist()) == (start, end)
        assert np.array_equal(line.patterns, alone.patterns)
        assert exact_breakpoints(line) == exact_breakpoints(alone)
        check_floats(line, exact_breakpoints(line))


@examples(40)
@given(networks, st.booleans(), st.data())
def test_chains_are_their_segments(network, closed, data):
    points = data.draw(corners(network.input_dim, 2, 5))
    ends = list(pairwise([*points, points[0]] if closed else points))
    assume(all(p != q for p, q in ends))
    chain = pr.regions_on_polyline(network, points, closed=closed)
    patterns, breakpoints, visible = [], [], []
    for number, (start, end) in enumerate(ends):
        line = pr.regions_on_line(network, start, end)
        own = line.patterns.tolist()
        assert np.array_equal(chain.lines[number].patterns, own)
        if patterns and patterns[-1] != own[0]:
            maps = [by_fractions.forms(network, pattern)[1] for pattern in (patterns[-1], own[0])]
            breakpoints, visible = [*breakpoints, number], [*visible, maps[0] != maps[1]]
        patterns += own if patterns[-1:] != own[:1] else own[1:]
        breakpoints += [number + t for t in exact_breakpoints(line)]
        visible += line.visible.tolist()
    assert (chain.patterns.tolist(), chain.visible.tolist()) == (patterns, visible)
    assert len(chain) == len(patterns)
    assert np.abs(chain.breakpoints - np.array(breakpoints, dtype=float)).max(initial=0) < 1e-14


def test_corners_on_walls_and_in_regions():
    quadrants = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [np.zeros(2), [0.0]])
    chain = pr.regions_on_polyline(quadrants, [[1, 1], [0, 1], [1, 2], [-1, 2]], closed=True)
    assert (repr(chain), repr(chain.lines[0])) == ("Polyline(3 regions on 4 segments)", "Line(1 region)")
    assert chain.patterns.tolist() == [[1, 1], [0, 1], [1, 1]]
    assert chain.breakpoints.tolist() == [2.5, 3.5]
    # Along y = 0 the second unit vanishes, which is its lower piece.
    assert pr.regions_on_polyline(quadrants, [[1, 1], [1, 0], [-1, 0]]).patterns.tolist() == [[1, 1], [1, 0], [0, 0]]


@pytest.mark.parametrize("depth", [1, 4, 8])
def test_teeth_of_a_saw(depth):
    line = pr.regions_on_line(sawtooth(depth).network, [0.0], [1.0])
    assert exact_breakpoints(line) == [Fraction(k, 2**depth) for k in range(1, 2**depth)]
    assert line.visible.all()
    assert line.breakpoints.value.tolist() == line.points()[:, 0].tolist() == exact_breakpoints(line)
    assert set(np.abs(line.slopes.value).ravel()) == {2.0**depth}


def test_sampled_points_lie_in_the_regions():
    random = np.random.default_rng(0)
    network, (start, end) = random_network(random, (20, 32, 32, 2), 0.1), random.normal(0, 3, (2, 20))
    line = pr.regions_on_line(network, start, end)
    t = np.linspace(0, 1, 20_000)
    outputs, sampled = start + t[:, None] * (end - start), []
    for layer in network.layers[:-1]:
        outputs = np.maximum(outputs @ layer.weights.T + layer.bias, 0)
        sampled.append(outputs > 0)
    places = np.searchsorted(line.breakpoints.value, t)
    clear = np.abs(t[:, None] - line.breakpoints.value).min(axis=1) > 1e-9
    assert clear.sum() > 19_900
    assert np.array_equal(np.concatenate(sampled, axis=1)[clear], line.patterns[places[clear]])
    assert len(set(places)) > len(line) - 3 > 20
    assert line.visible.all()


def random_network(random, widths, spread):
    """He-normal weights."""
    weights = [random.normal(0, np.sqrt(2 / n), (m, n)) for n, m in pairwise(widths)]
    return pr.Network.from_arrays(weights, [random.normal(0, spread, m) for m in widths[1:]])


def test_switches_per_neuron_are_as_many_as_expected():
    """Hanin and Rolnick (2019): the mean number of switches is the number of neurons times a constant, at any depth.

    A neuron of the first layer is w . x + b, Gaussian with covariance k(x, y) = 2 x . y / n + s^2.  By Rice's formula
    it has (1 / pi) arccos(k(x, y) / sqrt(k(x, x) k(y, y))) zeros between x and y, the angle between (x, b) and (y, b);
    ReLU layers with such weights keep the lengths of short arcs, so wide layers behind it have as many.
    From 0 to x that is 1/2, from -x to x it is 1, and between |Gaussians| it is arccos(2 / pi) / pi = 0.280.
    """
    random, hidden, lines, shares = np.random.default_rng(0), (16, 16, 16), 4, []
    for _ in range(80):
        network = random_network(random, (784, *hidden, 1), 1e-3)
        points = np.abs(random.normal(size=(2, lines, 784)))
        x, y = 9.2 * points / np.linalg.norm(points, axis=2, keepdims=True)
        found = pr.regions_on_line(network, np.concatenate([0 * x, -x, x]), np.concatenate([x, x, y]))
        changes = [(line.patterns[1:] != line.patterns[:-1]).sum(axis=0) for line in found]
        shares.append(np.reshape(changes, (3, lines, sum(hidden))).mean(axis=1))
    expected = np.array([0.5, 1.0, np.arccos(2 / np.pi) / np.pi])
    for neurons, allowance in ((16, 0.005), (48, 0.03)):  # the first layer need not be wide
        each = np.array(shares)[:, :, :neurons].mean(axis=2)
        mean, error = each.mean(axis=0), each.std(axis=0, ddof=1) / np.sqrt(len(each))
        assert (np.abs(mean - expected) < 4 * error + allowance).all()


def test_signs_just_after_zero_where_floats_underflow():
    """x > 0 is small beside the least float where the first unit switches; 2^-60 x is positive even there."""
    layers = (
        pr.Layer([[2.0**30]], [-(2.0**-1074)], RELU),
        pr.Layer([[2.0**-60]], [0.0], RELU, (0,)),
        pr.Layer([[1.0, 1.0]], [0.0], IDENTITY, (1, 2)),
    )
    line = pr.regions_on_line(pr.Network(layers), [0.0], [1.0])
    assert line.patterns.tolist() == [[0, 1], [1, 1]]
    assert line.exact_breakpoint(0) == Fraction(1, 2**1104)
    prove(line)


@pytest.mark.parametrize("seed", range(3, 9))
def test_breakpoints_that_floats_know_to_some_bits(seed):
    """A slope from cancellation: times 2^-800, with the least float to reach; or with other units just beside."""
    random, start = np.random.default_rng(seed), np.zeros(6)
    weights, end = random.normal(size=6), random.normal(size=6) * [1, 1, 1, 1, 1, 2.0**-12]
    sums = pr.Layer(np.stack([weights, [*weights[:5], 0]]), [0.0, 0.0], IDENTITY)
    tiny = pr.Layer([[2.0**-800, -(2.0**-800)]], [0.0], pr.Activation((2.0**-1074,), (0.0, 1.0), 0.0))
    prove(pr.regions_on_line(pr.Network((sums, tiny)), start, end))
    half = pr.Layer([[1.0, -1.0]], [-weights[5] * end[5] / 2], RELU)
    near = -end[0] / 2 * (1 + 2.0**-46 * np.arange(-60, 61, 8))
    beside = pr.Layer(np.eye(1, 6).repeat(len(near), axis=0), near, RELU, (0,))
    prove(pr.regions_on_line(pr.Network((sums, half, beside)), start, end))


@pytest.mark.parametrize("seed", range(10))
def test_floats_ascend_where_walls_of_several_layers_all_but_meet(seed):
    random = np.random.default_rng(seed)
    place, first, second = random.uniform(0.1, 0.9), random.normal(size=(6, 1)), random.normal(size=(6, 6))
    bias = -first[:, 0] * place
    near = -second @ np.maximum(first[:, 0] * place + bias, 0) + random.normal(size=6) * 1e-17
    prove(
        pr.regions_on_line(pr.Network.from_arrays([first, second, np.ones((1, 6))], [bias, near, [0.0]]), [0.0], [1.0])
    )


def test_networks_deeper_than_the_stack():
    layers = [pr.Layer([[1.0]], [0.0], IDENTITY)] * 520
    line = pr.regions_on_line(pr.Network((*layers, pr.Layer([[3.0]], [-1.0], RELU))), [0.0], [1.0])
    assert line.exact_breakpoint(0) == Fraction(1, 3)


@pytest.mark.parametrize("size", [1.2e308, 1.0, 1e-300, 5e-324])
def test_lines_too_long_or_short_for_floats(size):
    network = pr.Network.from_arrays([[[1.0, 0.0], [1.0, 1.0]], [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    line = pr.regions_on_line(network, [-size, -size], [size, 0])
    assert exact_breakpoints(line) == [Fraction(1, 2), Fraction(2, 3)]
    assert line.visible.all()
    if size > 1e-300:
        assert line.lengths() / size == pytest.approx(np.array([1 / 2, 1 / 6, 1 / 3]) * math.sqrt(5))
        assert line.points() / size == pytest.approx(np.array([[0, -1 / 2], [1 / 3, -1 / 3]]))


def test_lines_without_breakpoints_and_units_of_many_pieces():
    line = pr.regions_on_line(pr.Network.from_arrays([[[1.0, 2.0]]], [[0.0]]), [0, 0], [1, 1])
    assert (line.patterns.shape, line.visible.shape, line.points().shape) == ((1, 0), (0,), (0, 2))
    assert (line.linear_pieces, line.slopes.value.tolist(), line.lengths().tolist()) == (1, [[3.0]], [np.sqrt(2)])
    many = pr.Layer([[2.0 * k] for k in range(300)], [-1.0 * k * k for k in range(300)], pr.Maximum([range(300)]))
    line = pr.regions_on_line(pr.Network((many,)), [0.0], [299.0])  # tangents of x^2, which meet at k + 1/2
    assert line.patterns.ravel().tolist() == list(range(300))
    assert [299 * t for t in exact_breakpoints(line)] == [Fraction(2 * k + 1, 2) for k in range(299)]


def test_progress_grows_to_one():
    network, calls = random_network(np.random.default_rng(0), (3, 8, 1), 1.0), []
    ends = np.random.default_rng(1).normal(size=(2, 9, 3))
    lines = pr.regions_on_line(network, *ends, progress=lambda share, found: calls.append((share, found)))
    assert calls == sorted(calls)
    assert calls[-1] == (1.0, sum(map(len, lines)))


SQUARE = pr.Network.from_arrays([np.eye(2)], [np.zeros(2)])
WRONG_SEGMENTS = {
    "two different ends; number 0": ([1, 2], [1, 2]),
    "two different ends; number 1": ([[1, 2], [3, 4]], [[0, 0], [3, 4]]),
    "1 entries are NaN": ([1, np.nan], [1, 2]),
    r"got \(1, 3\)": ([1, 2, 3], [1, 2]),
    r"got \(2,\) and \(1, 2\)": ([1, 2], [[3, 4]]),
    r"got \(1, 2\) and \(2, 2\)": ([[1, 2]], [[3, 4], [5, 6]]),
    "different|inhomogeneous": ([[1, 2], [3]], [1, 2]),
    f"float64 can hold, which {2**60 + 1} is not": ([2**60 + 1, 0.5], [1, 2]),
}


@pytest.mark.parametrize("message", WRONG_SEGMENTS)
def test_wrong_segments(message):
    with pytest.raises(DimensionMismatch, match=message):
        pr.regions_on_line(SQUARE, *WRONG_SEGMENTS[message])


@pytest.mark.parametrize(
    ("points", "closed", "message"),
    [
        ([[1, 2]], False, "two points or more, got 1"),
        (np.zeros((0, 2)), True, "two points or more, got 0"),
        ([[1, 2], [1, 2]], False, "number 0 is a point"),
        ([[1, 2], [3, 4], [1, 2]], True, "number 2 is a point"),
    ],
)
def test_wrong_chains(points, closed, message):
    with pytest.raises(DimensionMismatch, match=message):
        pr.regions_on_polyline(SQUARE, points, closed=closed)


def test_breakpoints_that_a_line_does_not_have():
    for number in (-1, 0):
        with pytest.raises(DimensionMismatch, match=f"got {number}"):
            pr.regions_on_line(SQUARE, [1, 2], [3, 4]).exact_breakpoint(number)
