"""Integrals and means against closed forms, triangulations in rationals, and quadrature."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import math
from fractions import Fraction

import by_fractions
import numpy as np
import problems
import pytest
from degenerate_networks import degenerate_problems
from effort import examples
from flint import fmpq_mat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invariants import simplices_of
from scipy.integrate import quad
from scipy.spatial import Delaunay
from strategies import any_networks, integer_networks, wild_networks

import polyregions as pr
from polyregions.complexes import decision_complex
from polyregions.queries import integrals
from polyregions.queries.integrals import integral, mean

tolerant = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def random_network(*widths: int, seed: int = 0) -> pr.Network:
    rng = np.random.default_rng(seed)
    shapes = list(itertools.pairwise(widths))
    weights = [rng.normal(0, math.sqrt(2 / inputs), (outputs, inputs)) for inputs, outputs in shapes]
    return pr.Network.from_arrays(weights, [rng.normal(0, 0.3, outputs) for _, outputs in shapes])


def absolute_values(dim: int, bias: float = 0.0) -> pr.Network:
    """|x_1| + ... + |x_n| + bias."""
    return pr.Network.from_arrays(
        [np.concatenate([np.eye(dim), -np.eye(dim)]), np.ones((1, 2 * dim))], [[0.0] * 2 * dim, [bias]]
    )


def ridge(dim: int, level: float) -> pr.Network:
    """The positive part of x_1 + ... + x_n - level."""
    return pr.Network.from_arrays([np.ones((1, dim)), [[1.0]]], [[-level], [0.0]])


def exactly(measures: list[pr.Measure]) -> list[Fraction]:
    numbers = [measure.exact for measure in measures]
    assert all(isinstance(number, Fraction) for number in numbers)
    return [number for number in numbers if isinstance(number, Fraction)]


def contains(measure: pr.Measure, exact: Fraction) -> bool:
    """Whether a number lies within the bounds, and so does the value."""
    low = measure.lower == -math.inf or Fraction(measure.lower) <= exact
    high = measure.upper == math.inf or exact <= Fraction(measure.upper)
    return low and high and (math.isnan(measure.value) or measure.lower <= measure.value <= measure.upper)


def truth(complex_: pr.PolyhedralComplex) -> list[Fraction]:
    """The integrals: every region cut into simplices, on each its volume times the mean of the values at its corners.

    The network is evaluated in Python's fractions.
    """
    n, network = complex_.dim, complex_.network
    values = [by_fractions.output(network, complex_.exact_vertex(v)) for v in range(len(complex_.vertices))]
    totals = [Fraction(0)] * network.output_dim
    for simplex in itertools.chain.from_iterable(simplices_of(complex_)):
        start, *others = (complex_.exact_point(vertex) for vertex in simplex)
        det = fmpq_mat(n, n, [x - a for point in others for x, a in zip(point, start, strict=True)]).det()
        size = abs(Fraction(int(det.p), int(det.q))) / math.factorial(n)
        for i, _ in enumerate(totals):
            totals[i] += size * sum(values[vertex][i] for vertex in simplex) / (n + 1)
    return totals


def check(complex_: pr.PolyhedralComplex, width: float = 1e-8) -> None:
    """The exact integrals are those of a triangulation; bounds contain them, and are as narrow as outputs allow."""
    wanted, volume = truth(complex_), complex_.domain.volume
    assert exactly(integral(complex_, exact=True)) == wanted
    assert exactly(mean(complex_, exact=True)) == [number / volume for number in wanted]
    outputs = complex_.outputs
    for i, (number, sums, means) in enumerate(zip(wanted, integral(complex_), mean(complex_), strict=True)):
        assert contains(sums, number)
        assert contains(means, number / volume)
        if np.isfinite(outputs.error[:, i]).all() and np.isfinite(outputs.value[:, i]).all():
            reach = float(np.abs(outputs.value[:, i]).max())
            slack = 2.0 * float(outputs.error[:, i].max()) + width * reach + 1e-300
            assert means.upper - means.lower <= 2.0 * slack
            if max(abs(sums.lower), abs(sums.upper)) < math.inf:
                assert Fraction(sums.upper) - Fraction(sums.lower) <= Fraction(2.0 * slack) * volume + Fraction(1e-300)


@pytest.mark.parametrize("dim", range(1, 5))
def test_absolute_values(dim: int) -> None:
    """Over [-1, 1] the mean of |x| is 1/2, over [-1, 2] it is 5/6."""
    complex_ = pr.build_complex(absolute_values(dim), pr.Polytope.box(-1, 1, dim=dim))
    assert exactly(mean(complex_, exact=True)) == [Fraction(dim, 2)]
    assert exactly(integral(complex_, exact=True)) == [dim * 2 ** (dim - 1)]
    complex_ = pr.build_complex(absolute_values(dim, -7.0), pr.Polytope.box(-1, 2, dim=dim))
    assert exactly(mean(complex_, exact=True)) == [Fraction(5 * dim, 6) - 7]
    for found, scale in ((mean(complex_), 1), (integral(complex_), 3**dim)):
        exact = (Fraction(5 * dim, 6) - 7) * scale
        assert contains(found[0], exact)
        assert math.isclose(found[0].value, exact, rel_tol=1e-14)
        assert found[0].upper - found[0].lower <= 1e-13 * abs(exact)


@pytest.mark.parametrize("dim", range(1, 5))
def test_maximum(dim: int) -> None:
    """The largest of n uniform numbers is n / (n + 1) on average."""
    layer = pr.Layer(np.eye(dim), np.zeros(dim), pr.Maximum([list(range(dim))]))
    complex_ = pr.build_complex(pr.Network((layer,)), pr.Polytope.box(0, 1, dim=dim))
    assert exactly(mean(complex_, exact=True)) == exactly(integral(complex_, exact=True)) == [Fraction(dim, dim + 1)]
    assert contains(mean(complex_)[0], Fraction(dim, dim + 1))
    assert mean(complex_)[0].upper - mean(complex_)[0].lower <= 1e-14


@pytest.mark.parametrize("dim", range(1, 5))
@pytest.mark.parametrize("level", [0.0, 0.25, 0.75, 1.5])
def test_ridges(dim: int, level: float) -> None:
    """The sum of n uniform numbers, and that of coordinates of the corner simplex, with density n t**(n-1)."""
    s, factorial = Fraction(level), math.factorial(dim + 1)
    terms = ((-1) ** (dim - i) * math.comb(dim, i) * max(i - s, Fraction(0)) ** (dim + 1) for i in range(dim + 1))
    cube = pr.build_complex(ridge(dim, level), pr.Polytope.box(0, 1, dim=dim))
    assert exactly(mean(cube, exact=True)) == [sum(terms) / factorial]
    t = min(s, Fraction(1))
    wanted = Fraction(dim, dim + 1) - t + t ** (dim + 1) / (dim + 1) if s < 1 else Fraction(0)
    simplex = pr.build_complex(ridge(dim, level), pr.Polytope.simplex(dim))
    assert exactly(mean(simplex, exact=True)) == [wanted]
    assert exactly(integral(simplex, exact=True)) == [wanted / math.factorial(dim)]
    for complex_ in (cube, simplex):
        check(complex_, 1e-14)


def test_several_outputs() -> None:
    """Means are linear in the last layer, and integrals may be negative."""
    network = random_network(2, 6, 5, 4, seed=5)
    complex_ = pr.build_complex(network, pr.Polytope.box(-1, 1, dim=2))
    *hidden, last = network.layers
    mixed = pr.Layer([[1.0, -2.0, 0.5, 0.0]], [-30.0], pr.Activation.identity())
    more = pr.Network((*hidden, last, mixed))
    a, b, c, _ = exactly(mean(complex_, exact=True))
    (combined,) = mean(pr.build_complex(more, complex_.domain), exact=True)
    assert combined.exact == a - 2 * b + c / 2 - 30
    (enclosed,) = integral(pr.build_complex(more, complex_.domain))
    assert enclosed.upper < 0
    assert contains(enclosed, 4 * Fraction(combined.exact))
    check(complex_)


def test_constants() -> None:
    """The mean lies between the least and the largest output: zero is known exactly, in floats too."""
    network = pr.Network.from_arrays([[[1.0, 0.5]], [[0.0], [0.0]]], [[0.0], [0.1, 0.0]])
    complex_ = pr.build_complex(network, pr.Polytope.box(-1, 2, dim=2))
    assert mean(complex_)[1].exact == integral(complex_)[1].exact == 0
    tenth = mean(complex_)[0]
    assert contains(tenth, Fraction(0.1))
    assert tenth.upper - tenth.lower <= 2.0 * complex_.outputs.error[:, 0].max() + 2.0**-55
    assert exactly(integral(complex_, exact=True)) == [9 * Fraction(0.1), 0]


@pytest.mark.parametrize("widths", [(1, 6, 5, 2), (2, 6, 5, 2), (3, 5, 3, 1), (4, 4, 2)])
def test_generic_networks(widths: tuple[int, ...]) -> None:
    check(pr.build_complex(random_network(*widths, seed=2), pr.Polytope.box(-1, 1, dim=widths[0])))


@pytest.mark.parametrize("widths", [(2, 6, 5, 2), (3, 5, 3, 1), (4, 4, 1)])
def test_triangulations_by_qhull(widths: tuple[int, ...]) -> None:
    """The regions alone, as polytopes, and the affine maps on them: no faces, and no values at vertices."""
    n = widths[0]
    complex_ = pr.build_complex(random_network(*widths, seed=1), pr.Polytope.box(-1, 1, dim=n))
    regions, totals, volume = complex_.regions, [Fraction(0)] * widths[-1], Fraction(0)
    for region in range(len(regions)):
        _, forms = by_fractions.forms(complex_.network, regions.patterns[region].tolist())
        corners = regions.polytope(region).exact_vertices
        for simplex in Delaunay(np.array(corners, dtype=float)).simplices.tolist():
            start, *others = (corners[i] for i in simplex)
            rows = [[x - a for x, a in zip(point, start, strict=True)] for point in others]
            det = fmpq_mat(n, n, [pr.arithmetic.rational(x) for row in rows for x in row]).det()
            size = abs(Fraction(int(det.p), int(det.q))) / math.factorial(n)
            centre = [sum(corners[i][j] for i in simplex) / (n + 1) for j in range(n)]
            volume += size
            totals = [t + size * by_fractions.dot(form, [*centre, 1]) for t, form in zip(totals, forms, strict=True)]
    assert volume == complex_.domain.volume
    assert exactly(integral(complex_, exact=True)) == totals
    assert all(contains(found, exact) for found, exact in zip(integral(complex_), totals, strict=True))


def test_by_quadrature_on_an_interval() -> None:
    network = random_network(1, 10, 10, 1, seed=4)
    complex_ = pr.build_complex(network, pr.Polytope.box(-2, 3, dim=1))
    kinks = np.sort(complex_.vertices[:, 0]).tolist()
    parts = [quad(lambda x: float(network([x])[0]), a, b)[0] for a, b in itertools.pairwise(kinks)]
    assert math.isclose(integral(complex_)[0].value, sum(parts), rel_tol=1e-9)


def test_by_quadrature_in_the_plane() -> None:
    """The midpoint rule: its error is of second order, kinks or not."""
    network = random_network(2, 12, 8, 2, seed=3)
    complex_ = pr.build_complex(network, pr.Polytope.box(-1, 1, dim=2))
    ticks = (np.arange(400) + 0.5) / 200 - 1
    values = network(np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2))
    assert np.allclose([m.value for m in mean(complex_)], values.mean(axis=0), atol=1e-4)


@pytest.mark.parametrize("problem", degenerate_problems(), ids=str)
def test_degenerate_networks(problem: problems.Problem) -> None:
    check(pr.build_complex(problem.network, problem.domain))


@tolerant
@given(integer_networks(max_inputs=3, max_hidden=2, max_width=3))
def test_small_networks(network: pr.Network) -> None:
    check(pr.build_complex(network, pr.Polytope.box(-2, 1, dim=network.input_dim)))


@tolerant
@given(any_networks(max_inputs=2))
def test_all_activations_on_a_simplex(network: pr.Network) -> None:
    check(pr.build_complex(network, pr.Polytope.simplex(network.input_dim, 3.0)))


@tolerant
@given(wild_networks())
def test_weights_of_any_size(network: pr.Network) -> None:
    complex_ = pr.build_complex(network, pr.Polytope.box(-1, 1, dim=network.input_dim))
    for found, exact in zip(mean(complex_), exactly(mean(complex_, exact=True)), strict=True):
        assert contains(found, exact)


@pytest.mark.parametrize("scale", [1e-200, 1e-150, 1e-75, 1e75, 1e150, 1e200])
@pytest.mark.parametrize("dim", [1, 2, 3])
def test_huge_and_tiny_weights(scale: float, dim: int) -> None:
    """Two layers scaled alike, so that outputs are as 1e-400 to 1e400: bounds are narrow while floats hold them."""
    plain = random_network(dim, 4, 3, 1, seed=dim)
    weights = [np.asarray(layer.weights) * scale for layer in plain.layers[:-1]]
    biases = [plain.layers[0].bias * scale, plain.layers[1].bias * scale * (scale if 1e-150 <= scale <= 1e150 else 1)]
    network = pr.Network.from_arrays([*weights, [[1.0, -1.0, 0.5]]], [*biases, [0.0]])
    complex_ = pr.build_complex(network, pr.Polytope.box(-1, 1, dim=dim))
    for function in (mean, integral):
        (found,), (exact,) = function(complex_), exactly(function(complex_, exact=True))
        assert contains(found, exact)
        if scale == 1e200:
            assert (found.lower, found.upper) == (-math.inf, math.inf)
            assert math.isnan(found.value)
        else:
            size = float(np.abs(complex_.outputs.value).max())
            assert found.upper - found.lower <= 1e-7 * size + 1e-300


@pytest.mark.parametrize("scale", [2.0**-1060, 1e-200, 1e-100, 1e100, 1e200, 1e300])
@pytest.mark.parametrize("dim", [1, 2, 3])
def test_huge_and_tiny_domains(scale: float, dim: int) -> None:
    """Volumes may leave the range of floats: the mean does not."""
    network = pr.Network.from_arrays([np.eye(dim), np.ones((1, dim))], [[-scale / 4] * dim, [0.0]])
    complex_ = pr.build_complex(network, pr.Polytope.box(0, scale, dim=dim))
    exact = dim * (Fraction(scale) - Fraction(scale / 4)) ** 2 / (2 * Fraction(scale))
    assert exactly(mean(complex_, exact=True)) == [exact]
    (found,) = mean(complex_)
    assert contains(found, exact)
    assert found.upper - found.lower <= 1e-13 * scale + 1e-300
    (found,) = integral(complex_)
    assert contains(found, exact * Fraction(scale) ** dim)


def test_domains_of_different_widths() -> None:
    """One coordinate is tiny, the other huge."""
    domain = pr.Polytope.from_halfspaces(np.concatenate([np.eye(2), -np.eye(2)]), [1e-300, 1e300, 0.0, 0.0])
    network = pr.Network.from_arrays([[[0.0, 1.0], [2.0**900, 0.0]], [[1.0, 1.0]]], [[-5e299, -1e-30], [0.0]])
    complex_ = pr.build_complex(network, domain)
    (found,), (exact,) = mean(complex_), exactly(mean(complex_, exact=True))
    assert contains(found, exact)
    assert math.isclose(found.upper, found.lower, rel_tol=1e-13)


NETWORK = pr.build_complex(random_network(3, 4, 2, 2, seed=3), pr.Polytope.box(-1, 1, dim=3))
EXACT = exactly(mean(NETWORK, exact=True))


def known_as(complex_: pr.PolyhedralComplex, coordinates: pr.Enclosure, outputs: pr.Enclosure) -> pr.PolyhedralComplex:
    """The same complex, its vertices and the outputs there known in another way."""
    vertex_set = copy.copy(complex_.vertex_set)
    vertex_set.__dict__["coordinates"] = coordinates
    return dataclasses.replace(complex_, vertex_set=vertex_set, outputs=outputs)


def moved(rng: np.random.Generator, numbers: pr.Enclosure, size: float) -> pr.Enclosure:
    error = numbers.error + size * rng.choice([0.0, 1e-3, 1.0], numbers.value.shape)
    steps = rng.choice([-0.999, 0.0, 0.5, 0.999], error.shape) * (error - numbers.error)
    return pr.Enclosure(numbers.value + steps, error * (1 + 1e-9))


@examples(60)
@given(st.integers(0, 2**32), st.floats(-50, 3), st.floats(-50, 3))
def test_bounds_allow_for_what_is_wrong(seed: int, exponent: float, other: float) -> None:
    """Vertices are moved by about 2**exponent, in part by more than the size of faces, and outputs too."""
    rng = np.random.default_rng(seed)
    points, outputs = moved(rng, NETWORK.coordinates, 2.0**exponent), moved(rng, NETWORK.outputs, 2.0**other)
    noisy = known_as(NETWORK, points, outputs)
    for i, (found, exact) in enumerate(zip(mean(noisy), EXACT, strict=True)):
        assert contains(found, exact)
        assert found.lower >= (outputs.value - outputs.error)[:, i].min() - 1e-9
        assert found.upper <= (outputs.value + outputs.error)[:, i].max() + 1e-9


@pytest.mark.parametrize(
    ("value", "error"),
    [(np.nan, np.inf), (np.inf, np.inf), (1.0, np.inf), (np.nan, 0.0), (1e300, 1e308), (0.0, np.nan)],
)
def test_what_is_not_known(value: float, error: float) -> None:
    """A vertex that is lost leaves the least and the largest output; an output that is lost leaves nothing."""

    def spoiled(numbers: pr.Enclosure) -> pr.Enclosure:
        copied = pr.Enclosure(numbers.value.copy(), numbers.error.copy())
        copied.value[3, 0], copied.error[3, 0] = value, error
        return copied

    least, most = NETWORK.outputs.value.min(axis=0), NETWORK.outputs.value.max(axis=0)
    for i, found in enumerate(mean(known_as(NETWORK, spoiled(NETWORK.coordinates), NETWORK.outputs))):
        assert contains(found, EXACT[i])
        assert least[i] - 1e-9 <= found.lower <= found.upper <= most[i] + 1e-9
    lost, kept = mean(known_as(NETWORK, NETWORK.coordinates, spoiled(NETWORK.outputs)))
    assert kept == mean(NETWORK)[1]
    assert lost.lower < -1e300
    assert lost.upper > 1e300


@examples(150)
@given(st.integers(0, 2**32))
def test_averages(seed: int) -> None:
    """Parts and weights anywhere within their bounds, weights lost in them and of all sizes among them."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 5, 4)
    columns = int(counts.sum())
    starts = np.concatenate([[0], np.cumsum(counts)])
    sizes = 2.0 ** rng.integers(-1100, 900, columns) if seed % 2 else rng.random(columns)
    weights = pr.Enclosure(sizes, sizes * rng.choice([0.0, 2.0**-52, 0.1, 1.0, 3.0], columns))
    value = rng.normal(size=(2, columns)) * 10.0 ** rng.integers(-3, 4) + rng.choice([0.0, 1e6])
    parts = pr.Enclosure(value, rng.choice([0.0, 1e-12, 0.5], value.shape))
    with np.errstate(all="ignore"):
        found = integrals._averages(parts, weights, starts)
    for run, (first, last) in enumerate(itertools.pairwise(starts.tolist())):
        reach = np.abs(value[:, first:last] - value[:, [first]]) + parts.error[:, first:last]
        assert (found.error[:, run] <= reach.max(axis=1) * (1 + 1e-9)).all()
    for _ in range(4):
        shift, tilt = rng.choice([-1, 0, 1], columns).tolist(), rng.choice([-1, 0, 1], value.shape).tolist()
        exact = [
            max(Fraction(0), Fraction(w) + s * Fraction(e))
            for w, e, s in zip(weights.value.tolist(), weights.error.tolist(), shift, strict=True)
        ]
        for run, (first, last) in enumerate(itertools.pairwise(starts.tolist())):
            for row in range(2 if any(exact[first:last]) else 0):
                numbers = [
                    Fraction(float(value[row, i])) + tilt[row][i] * Fraction(float(parts.error[row, i]))
                    for i in range(first, last)
                ]
                average = by_fractions.dot(exact[first:last], numbers) / sum(exact[first:last])
                assert np.isfinite(found.error[row, run])
                assert abs(average - Fraction(float(found.value[row, run]))) <= Fraction(float(found.error[row, run]))


@examples(60)
@given(st.integers(0, 2**32))
def test_averages_on_the_domain(seed: int) -> None:
    """Shares that add up to 1, and means, anywhere within their bounds."""
    rng = np.random.default_rng(seed)
    whole = [Fraction(x) for x in (2.0 ** rng.integers(-60, 1, 9) * rng.random(9)).tolist()]
    exact = [x / sum(whole) for x in whole]
    off = rng.choice([0.0, 1e-3, 0.9, 2.0]) * rng.uniform(-1, 1, 9)
    value = np.abs(np.array([float(x) for x in exact]) * (1 + off))
    error = np.array([abs(float(x - Fraction(v))) for x, v in zip(exact, value.tolist(), strict=True)])
    shares = pr.Enclosure(value, error * (1 + 2.0**-50) + 2.0**-1000)
    means = [Fraction(x) for x in (rng.normal(size=9) + rng.choice([0.0, 1e6])).tolist()]
    error = rng.choice([0.0, 1e-12, 0.5]) * rng.uniform(-1, 1, 9)
    around = pr.Enclosure(np.array([float(m) for m in means]) + error, np.abs(error) + 2.0**-30 * (error != 0))
    outputs = pr.Enclosure.exact(np.array([-1e9, 1e9]))
    lower, upper = integrals._average_on_domain(around, shares, outputs)
    assert lower is not None
    assert upper is not None
    assert lower <= by_fractions.dot(exact, means) <= upper


@examples(60)
@given(st.integers(0, 2**32), st.integers(1, 5))
def test_pyramids(seed: int, k: int) -> None:
    """Values known exactly, or between bounds that they attain, so that every rounding counts."""
    rng = np.random.default_rng(seed)
    value = rng.normal(size=(2, 40)) * 10.0 ** rng.integers(-3, 4, (2, 40))
    error = rng.choice([0.0, 1e-9], (2, 1)) * np.ones((2, 40))
    found, bound = integrals._towards(*(pr.Enclosure(value[i], error[i]) for i in (0, 1)), k)
    for sign in (-1, 0, 1):
        for i in range(40):
            base, tip = (Fraction(float(value[j, i])) + sign * Fraction(float(error[j, i])) for j in (0, 1))
            assert abs((k * base + tip) / (k + 1) - Fraction(float(found[i]))) <= Fraction(float(bound[i]))


def test_in_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Regions that are taken in many small runs, as those of large complexes are, have the same means."""
    complex_ = pr.build_complex(random_network(3, 8, 4, 2), pr.Polytope.box(-1, 1, dim=3))
    plain = mean(complex_)
    monkeypatch.setitem(pr.volumes.__wrapped__.__globals__, "ENTRIES", 100)  # type: ignore[attr-defined]
    monkeypatch.setitem(pr.volumes.__wrapped__.__globals__, "PAIRS", 7)  # type: ignore[attr-defined]
    for one, other in zip(plain, mean(complex_), strict=True):
        assert math.isclose(one.lower, other.lower, rel_tol=1e-13)
        assert math.isclose(one.upper, other.upper, rel_tol=1e-13)


def test_a_face_with_many_vertices() -> None:
    """A polygon of 60 corners times an interval, cut once: prisms with 60 sides."""
    angles = 2 * np.pi * np.arange(60) / 60
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    prism = pr.Polytope.from_vertices([[*point, z] for point in ring for z in (0.0, 1.0)])
    network = pr.Network.from_arrays([[[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]], [[1.0, 1.0]]], [[-0.25, 0.25], [0.0]])
    complex_ = pr.build_complex(network, prism)
    assert exactly(mean(complex_, exact=True)) == [Fraction(5, 16)]
    (found,) = mean(complex_)
    assert contains(found, Fraction(5, 16))
    assert found.upper - found.lower <= 1e-12


def test_refusals() -> None:
    network, domain = absolute_values(2), pr.Polytope.box(-1, 1, dim=2)
    for other in (pr.enumerate_regions(network, domain), decision_complex(network, domain), network):
        for function in (integral, mean):
            for exact in (False, True):
                with pytest.raises(pr.errors.DimensionMismatch, match=rf"got {type(other).__name__}: .*build_complex"):
                    function(other, exact=exact)  # type: ignore[arg-type]
