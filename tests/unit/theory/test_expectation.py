"""The volume theorem's right-hand side: against closed forms, plain loops, and other ways to sample."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pytest

import polyregions as pr
from polyregions.errors import DimensionMismatch, InvalidNetwork
from polyregions.theory import expected_pieces_on_line, expected_regions, shallow_volume
from polyregions.theory.integrand import Integrand, Method, activate, batch_size
from polyregions.theory.sampling import Place, Uniform
from polyregions.theory.strata import strata

SQUARE = pr.Polytope.box(-1, 1, dim=2)
TRIANGLE = pr.Polytope.from_vertices([[0.5, 0.5], [2.0, 0.75], [1.0, 3.0]])
NORMAL = pr.Prior(bias_scale=0.5)


def apart(one: pr.Estimate, other: pr.Estimate | float) -> float:
    """Return the difference in standard errors."""
    value, error = (other.value, other.error) if isinstance(other, pr.Estimate) else (other, 0.0)
    return abs(one.value - value) / math.hypot(one.error, error)


# Sets of units.


@pytest.mark.parametrize(("widths", "activation"), [((3, 2), "relu"), ((2, 1, 3), "relu"), ((3, 2), "hard_tanh")])
@pytest.mark.parametrize("codim", [1, 2, 3])
def test_strata_count_all_sets(widths: tuple[int, ...], activation: str, codim: int) -> None:
    shape = pr.Architecture(3, widths, activation=activation)
    units = [(layer, unit) for layer, width in enumerate(widths) for unit in range(width)]
    breakpoints = range(shape.units.n_switches)
    wanted: Counter[tuple[tuple[int, ...], ...]] = Counter()
    for chosen in itertools.combinations(units, codim):
        for places in itertools.product(breakpoints, repeat=codim):
            kinds = [
                tuple(sorted(t for (layer, _), t in zip(chosen, places, strict=True) if layer == number))
                for number in range(len(widths))
            ]
            wanted[tuple(kinds)] += 1
    assert {group.chosen: group.multiplicity for group in strata(shape, codim)} == dict(wanted)


# Points.


def test_uniform_points_fill_a_polytope() -> None:
    points = Uniform(TRIANGLE).draw(np.random.default_rng(0), 20_000)
    assert TRIANGLE.contains(points[:500]).all()
    centre = TRIANGLE.vertices.mean(axis=0)
    assert np.abs(points.mean(axis=0) - centre).max() < 5 * points.std() / math.sqrt(20_000)
    assert Uniform(TRIANGLE).volume == pytest.approx(float(TRIANGLE.volume))


@pytest.mark.parametrize("domain", [SQUARE, TRIANGLE, pr.Polytope.box(-1, 1, dim=1), pr.Polytope.simplex(3, 2.0)])
@pytest.mark.parametrize("core", [1e-6, 1e-2, 0.2])
def test_points_near_the_origin_have_weights_that_make_up_for_it(domain: pr.Polytope, core: float) -> None:
    place = Place.of(pr.Architecture(domain.dim, (2,)), NORMAL, domain, None)
    points, weights = place.draw(np.random.default_rng(1), 40_000, place.shells(core, domain.dim))
    plain = Uniform(domain).draw(np.random.default_rng(2), 40_000)
    volume = Uniform(domain).volume
    assert apart(pr.Estimate.of(weights), volume) < 4.5
    for power in (1, 2):
        there = pr.Estimate.of(weights * (points**power).sum(axis=1))
        assert apart(there, pr.Estimate.of(volume * (plain**power).sum(axis=1))) < 4.5


# Expectations.


@pytest.mark.parametrize("scale", [1.0, 0.05, 1e-3])
@pytest.mark.parametrize(
    ("domain", "widths"),
    [(pr.Polytope.box(-1, 1, dim=1), (5,)), (SQUARE, (6,)), (TRIANGLE, (4,)), (pr.Polytope.box(-1, 1, dim=3), (4,))],
)
def test_one_layer_against_quadrature(scale: float, domain: pr.Polytope, widths: tuple[int, ...]) -> None:
    shape, prior = pr.Architecture(domain.dim, widths), pr.Prior(bias_scale=scale)
    for codim in range(1, domain.dim + 1):
        exact = shallow_volume(shape, prior, domain, codim)
        found = pr.expected_boundary_volume(shape, prior, domain, codim, samples=40_000, seed=11)
        assert apart(found, exact) < 4.5
        assert found.error < 0.05 * exact


def test_methods_agree() -> None:
    shape = pr.Architecture(2, (3, 3))
    for codim in (1, 2):
        ways = [
            pr.expected_boundary_volume(shape, NORMAL, SQUARE, codim, method=method, samples=60_000, seed=seed)
            for seed, method in enumerate(("density", "conditional"))
        ]
        assert apart(*ways) < 4.5


def plain_samples(count: int, codim: int) -> pr.Estimate:
    """The formula in plain loops, for widths (2, 2), all sets of units, and the density of biases."""
    random, widths, total = np.random.default_rng(5), (2, 2), np.zeros(count)
    units = [(layer, unit) for layer in range(2) for unit in range(2)]
    for number in range(count):
        for chosen in itertools.combinations(units, codim):
            h, slopes, rows, density = random.uniform(-1, 1, 2), np.eye(2), [], 1.0
            deepest = max(layer for layer, _ in chosen)
            for layer, width in enumerate(widths):
                weights = random.normal(0, 1, (width, len(h))) * math.sqrt(2 / len(h))
                biases = random.normal(0, 0.5, width)
                z, gradients = weights @ h, weights @ slopes
                h, slopes, any_open = np.zeros(width), np.zeros((width, 2)), False
                for unit in range(width):
                    if (layer, unit) in chosen:
                        density *= math.exp(-0.5 * (z[unit] / 0.5) ** 2) / (0.5 * math.sqrt(2 * math.pi))
                        rows.append(gradients[unit])
                    elif z[unit] + biases[unit] > 0:
                        h[unit], slopes[unit], any_open = z[unit] + biases[unit], gradients[unit], True
                if layer > deepest and not any_open:
                    density = 0.0
            table = np.array(rows)
            total[number] += 4.0 * math.sqrt(max(np.linalg.det(table @ table.T), 0.0)) * density
    return pr.Estimate.of(total)


@pytest.mark.parametrize("codim", [1, 2])
def test_against_plain_loops(codim: int) -> None:
    found = pr.expected_boundary_volume(pr.Architecture(2, (2, 2)), NORMAL, SQUARE, codim, samples=60_000)
    assert apart(found, plain_samples(2500, codim)) < 4.5


def test_parts_by_layers_add_up_and_are_those_of_networks() -> None:
    shape = pr.Architecture(2, (3, 2))
    parts = pr.expected_boundary_volume(shape, NORMAL, SQUARE, 2, by="layer", samples=60_000)
    whole = pr.expected_boundary_volume(shape, NORMAL, SQUARE, 2, samples=60_000)
    assert sum(part.value for part in parts.values()) == pytest.approx(whole.value)
    counted: dict[tuple[int, ...], list[float]] = {key: [] for key in parts}
    for network in pr.random_networks(shape, NORMAL, number=200, seed=9):
        found = pr.boundary_volume(pr.build_complex(network, SQUARE), 2, by="layer")
        for key, values in counted.items():
            values.append(found[key].value if key in found else 0.0)
    for key, values in counted.items():
        assert apart(pr.Estimate.of(np.array(values)), parts[key]) < 4.5


def test_lines_in_many_inputs_cost_three_coordinates() -> None:
    """Normal and uniform weights of one variance: nearly the same in wide layers, the latter without the short cut."""
    start, end = np.zeros(40), np.full(40, 0.7)
    shape = pr.Architecture(40, (6, 5))
    normal, uniform = (
        expected_pieces_on_line(shape, pr.Prior(law, "normal", 0.3), start, end, samples=30_000)  # type: ignore[arg-type]
        for law in ("he-normal", "he-uniform")
    )
    assert normal.value == pytest.approx(uniform.value, rel=0.05)
    networks = pr.random_networks(shape, pr.Prior(bias_scale=0.3), number=300, seed=2)
    counted = [pr.regions_on_line(network, start, end).linear_pieces for network in networks]
    assert apart(pr.Estimate.of(np.array(counted, dtype=float)), normal) < 4.5


def test_regions_in_a_plane_in_many_inputs() -> None:
    random = np.random.default_rng(3)
    matrix, offset = random.normal(size=(9, 2)), random.normal(size=9) / 3
    shape, prior = pr.Architecture(9, (4, 3)), pr.Prior(bias_scale=0.4)
    expected = expected_regions(shape, prior, SQUARE, embedding=(matrix, offset), samples=60_000)
    networks = pr.random_networks(shape, prior, number=250, seed=5)
    counted = [len(pr.enumerate_regions(network.after(matrix, offset), SQUARE)) for network in networks]
    assert apart(pr.Estimate.of(np.array(counted, dtype=float)), expected) < 4.5


@pytest.mark.parametrize("codim", [1, 2])
def test_planes_in_many_inputs_cost_three_coordinates(codim: int) -> None:
    """The same samples with all twelve coordinates and with three."""
    random = np.random.default_rng(8)
    shape, matrix, offset = pr.Architecture(12, (3, 2)), random.normal(size=(12, 2)), random.normal(size=12) / 2
    sums = []
    for place in (
        Place.of(shape, NORMAL, SQUARE, (matrix, offset)),
        Place(Uniform(SQUARE), matrix, offset),
    ):
        total = np.zeros(20_000)
        for group in strata(shape, codim):
            term = Integrand(shape, NORMAL, place, group, "conditional", max(group.layers))
            total += 4.0 * group.multiplicity * term.draw(random, Uniform(SQUARE).draw(random, len(total)))
        sums.append(pr.Estimate.of(total))
    assert apart(*sums) < 4.5
    found = pr.expected_boundary_volume(shape, NORMAL, SQUARE, codim, embedding=(matrix, offset), samples=40_000)
    assert apart(found, sums[1]) < 4.5
    assert sums[1].error < 0.03 * found.value


def test_every_unit_switches_once_on_a_line_through_the_origin() -> None:
    shape, point = pr.Architecture(30, (24, 24, 24)), np.full(30, 1e3)
    pieces = expected_pieces_on_line(shape, pr.Prior(bias_scale=1.0), -point, point, visible=False)
    assert (pieces.value - 1) / 72 == pytest.approx(1.0, abs=0.05)


def test_many_inputs_without_a_flat() -> None:
    shape, cube = pr.Architecture(300, (3,)), pr.Polytope.box(0, 1, dim=300)
    found = pr.expected_boundary_volume(shape, pr.Prior(bias_scale=1.0), cube, 1, samples=2000)
    s = 1.0 + 2 / 300 * 100.0  # |x|^2 is near 100, and gradients near sqrt(2)
    assert found.value == pytest.approx(3 * math.sqrt(2) / math.sqrt(2 * math.pi * s), rel=0.05)


def test_more_walls_than_units_do_not_meet() -> None:
    assert pr.expected_boundary_volume(pr.Architecture(3, (2,)), NORMAL, pr.Polytope.box(-1, 1, dim=3), 3).value == 0.0


def test_the_same_seed_gives_the_same_numbers() -> None:
    shape = pr.Architecture(2, (2, 2))
    one, same, other = (pr.expected_boundary_volume(shape, NORMAL, SQUARE, 1, samples=2000, seed=s) for s in (1, 1, 2))
    assert one == same
    assert one != other


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"prior": pr.Prior(bias_scale=0.0)}, InvalidNetwork),
        ({"codim": 3}, DimensionMismatch),
        ({"codim": 0}, DimensionMismatch),
        ({"domain": pr.Polytope.box(0, 1, dim=3)}, DimensionMismatch),
        ({"embedding": (np.eye(3)[:, :2], np.zeros(3))}, DimensionMismatch),
        ({"embedding": (np.ones((2, 2)), np.zeros(2))}, DimensionMismatch),
        ({"method": "exact"}, ValueError),
        ({"method": "conditional", "prior": pr.Prior("he-uniform", "normal", 0.5)}, ValueError),
        ({"reading": "loose"}, ValueError),
        ({"by": "unit"}, ValueError),
        ({"samples": 10}, ValueError),
    ],
)
def test_bad_input_is_refused(changes: dict[str, object], error: type[Exception]) -> None:
    given = {"architecture": pr.Architecture(2, (3,)), "prior": NORMAL, "domain": SQUARE, "codim": 1} | changes
    with pytest.raises(error):
        pr.expected_boundary_volume(**given)  # type: ignore[call-overload]


# Laws, and scales.


@pytest.mark.parametrize(
    ("prior", "codim"),
    [
        (pr.Prior("he-uniform", "uniform", 0.2), 1),
        (pr.Prior("he-uniform", "uniform", 0.2), 2),
        (pr.Prior("glorot-uniform", "normal", 0.1), 2),
        (pr.Prior("he-normal", "uniform", 0.1), 1),
        (pr.Prior("he-normal", "normal", 0.1), 2),
        (pr.Prior.torch(), 2),
    ],
    ids=str,
)
@pytest.mark.parametrize("activation", ["relu", "hard_tanh(-0.3,0.4)"])
def test_biases_or_the_largest_terms_can_be_integrated_out(prior: pr.Prior, codim: int, activation: str) -> None:
    """Where both can be sampled, they agree; `largest` is meant for where biases are smaller."""
    shape = pr.Architecture(2, (3, 3), activation=activation)
    methods: tuple[Method, ...] = ("density", "largest")
    ways = [
        pr.expected_boundary_volume(shape, prior, SQUARE, codim, method=method, samples=40_000, seed=seed)
        for seed, method in enumerate(methods)
    ]
    assert apart(*ways) < 4.5
    assert ways[1].error < 1.1 * ways[0].error


@pytest.mark.parametrize("ratio", [0.3, 1.0, 20.0, 1e3, 1e20])
def test_uniform_weights_and_biases_on_the_line(ratio: float) -> None:
    """A kink -b / w lies in [-1, 1] with probability r / 2 up to r = max |w| / max |b| = 1, and then 1 - 1 / (2 r)."""
    prior = pr.Prior("torch", "uniform", 1 / ratio)  # weights are up to 1
    found = pr.expected_boundary_volume(pr.Architecture(1, (7,)), prior, pr.Polytope.box(-1, 1, dim=1), 1)
    assert apart(found, 7 * (ratio / 2 if ratio <= 1 else 1 - 0.5 / ratio)) < 4.5
    assert found.error < 0.03


@pytest.mark.parametrize("scale", [1e-4, 1e-20])
def test_uniform_weights_with_tiny_biases_in_the_plane(scale: float) -> None:
    """Lines through the middle of a square, with normals from a square, are 2.2956 long on average; all pairs meet."""
    length = math.sqrt(2) + math.asinh(1)
    shape, prior = pr.Architecture(2, (6,)), pr.Prior("he-uniform", "uniform", scale)
    lines = pr.expected_boundary_volume(shape, prior, SQUARE, 1, samples=60_000)
    crossings = pr.expected_boundary_volume(shape, prior, SQUARE, 2, samples=60_000)
    assert apart(lines, 6 * length) < 4.5
    assert apart(crossings, 15.0) < 4.5
    assert lines.error < 0.1
    assert crossings.error < 0.2


@pytest.mark.parametrize("activation", ["relu", "abs", "leaky_relu(0.5)"])
@pytest.mark.parametrize("scale", [2.0**-100, 2.0**100])
def test_another_unit_of_length_changes_nothing(activation: str, scale: float) -> None:
    """Biases and the domain in other units: the same random numbers, so the same but for rounding."""
    shape, small = pr.Architecture(2, (3, 2), activation=activation), pr.Prior(bias_scale=0.01)
    domain, larger = pr.Polytope.box([-1, 0], [1, 2]), pr.Polytope.box([-scale, 0], [scale, 2 * scale])
    for codim in (1, 2):
        one = pr.expected_boundary_volume(shape, small, domain, codim, samples=2000)
        other = pr.expected_boundary_volume(shape, pr.Prior(bias_scale=0.01 * scale), larger, codim, samples=2000)
        assert other.value == pytest.approx(one.value * scale ** (2 - codim), rel=1e-9)
        assert other.error == pytest.approx(one.error * scale ** (2 - codim), rel=1e-9)


@pytest.mark.parametrize("away", [3.0, 1e3, 1e8])
def test_far_from_the_origin(away: float) -> None:
    """The density of six lines is nearly constant there."""
    shape, prior = pr.Architecture(2, (6,)), pr.Prior(bias_scale=1e-3)
    domain = pr.Polytope.box([away, 0], [away + 1, 0.5])
    for codim in (1, 2):
        found = pr.expected_boundary_volume(shape, prior, domain, codim, samples=20_000)
        assert apart(found, shallow_volume(shape, prior, domain, codim)) < 4.5
        assert found.error < 0.02 * found.value


def test_walls_behind_a_bottleneck_do_not_meet() -> None:
    """Behind one unit all walls are parallel: exactly nothing, not what rounding leaves."""
    nothing = pr.expected_boundary_volume(pr.Architecture(2, (1, 3)), NORMAL, SQUARE, 2, samples=2000)
    assert (nothing.value, nothing.error) == (0.0, 0.0)
    assert pr.expected_boundary_volume(pr.Architecture(2, (1, 3)), NORMAL, SQUARE, 2, by="layer", samples=2000) == {}
    cube = pr.Polytope.box(-1, 1, dim=3)
    parts = pr.expected_boundary_volume(pr.Architecture(3, (2, 3)), NORMAL, cube, 2, by="layer", samples=5000)
    assert sorted(parts) == [(1, 1), (1, 2), (2, 2)]
    assert all(part.value > 3 * part.error > 0 for part in parts.values())
    parts = pr.expected_boundary_volume(pr.Architecture(3, (2, 3)), NORMAL, cube, 3, by="layer", samples=5000)
    assert parts == {}


@pytest.mark.parametrize(
    ("widths", "activation", "outputs", "codim"),
    [((4, 3), "relu", 2, 1), ((4, 3), "relu", 2, 2), ((3, 2), "hard_tanh(-0.5,0.8)", 1, 2), ((3, 2), "relu6", 1, 1)],
)
def test_against_networks_that_are_cut(widths: tuple[int, ...], activation: str, outputs: int, codim: int) -> None:
    shape, prior = pr.Architecture(2, widths, outputs, activation), pr.Prior(bias_scale=0.4, gain=1.5)
    cut = [pr.build_complex(network, SQUARE) for network in pr.random_networks(shape, prior, number=70, seed=4)]
    for visible in (True, False):
        found = pr.expected_boundary_volume(shape, prior, SQUARE, codim, visible=visible, samples=60_000)
        volumes = [pr.boundary_volume(complex_, codim, visible=visible).value for complex_ in cut]
        assert apart(found, pr.Estimate.of(np.array(volumes))) < 4


def test_more_outputs_change_nothing_that_is_seen() -> None:
    """Where one output sees a wall, generically all do: the same numbers from the same seed."""
    found = [
        pr.expected_boundary_volume(pr.Architecture(2, (3, 2), outputs), NORMAL, SQUARE, 2, samples=2000)
        for outputs in (1, 5)
    ]
    assert found[0] == found[1]


def test_numbers_of_walls_of_numpy_and_others() -> None:
    shape = pr.Architecture(2, (3,))
    whole = pr.expected_boundary_volume(shape, NORMAL, SQUARE, 2, samples=2000)
    assert pr.expected_boundary_volume(shape, NORMAL, SQUARE, np.int64(2), samples=2000) == whole  # type: ignore[call-overload]
    for codim in (1.0, "1", None, np.float64(1)):
        with pytest.raises(DimensionMismatch, match="codimension"):
            pr.expected_boundary_volume(shape, NORMAL, SQUARE, codim, samples=2000)  # type: ignore[call-overload]


@pytest.mark.parametrize(("law", "methods"), [("orthogonal", 1), ("he-uniform", 2), ("he-normal", 3)])
def test_methods_that_a_law_allows(law: str, methods: int) -> None:
    shape, prior = pr.Architecture(2, (3,)), pr.Prior(law, "normal", 0.5)  # type: ignore[arg-type]
    names: tuple[Method, ...] = ("density", "largest", "conditional")
    for method in names[:methods]:
        assert pr.expected_boundary_volume(shape, prior, SQUARE, 1, method=method, samples=1000).value > 0
    for method in names[methods:]:
        with pytest.raises(ValueError, match="method"):
            pr.expected_boundary_volume(shape, prior, SQUARE, 1, method=method, samples=1000)


# Pieces of the estimator.


@pytest.mark.parametrize("samples", [1000, 40_000])
def test_as_many_samples_as_asked_for(samples: int) -> None:
    found = pr.expected_boundary_volume(pr.Architecture(2, (3, 3)), NORMAL, SQUARE, 2, samples=samples)
    assert 0.89 * samples < found.samples <= samples
    deep = pr.expected_boundary_volume(pr.Architecture(2, (2,) * 8), NORMAL, SQUARE, 2, samples=1000)
    assert 100 * 36 <= deep.samples <= 110 * 36 + 1000  # a hundred for each pair of layers, at least


@pytest.mark.parametrize("widths", [(2, 1000), (1000, 2), (64, 64, 64), (1,)])
@pytest.mark.parametrize("inputs", [1, 784])
def test_arrays_are_small(widths: tuple[int, ...], inputs: int) -> None:
    """Weights, and gradients of all units by all inputs."""
    count = batch_size(pr.Architecture(inputs, widths), inputs, inputs)
    largest = max(rows * max(columns, inputs) for rows, columns in zip(widths, (inputs, *widths), strict=False))
    assert count * largest <= max(1 << 21, largest)
    assert 8 * count <= 1 << 21
    assert count > 1


@pytest.mark.parametrize("name", ["relu", "leaky_relu(0.1)", "abs", "hard_tanh", "relu6", "soft_shrink(0.5)"])
def test_activations_and_their_slopes(name: str) -> None:
    kind, x = pr.Activation.parse(name), np.random.default_rng(0).uniform(-8, 8, (40, 3))
    values = x.copy()
    slopes = activate(kind, values)
    assert values == pytest.approx(kind(x))
    assert slopes == pytest.approx((kind(x + 1e-7) - kind(x - 1e-7)) / 2e-7, abs=1e-6)


def nearly_parallel(gap: float, copies: int) -> np.ndarray:
    """Rows with the volume 5 * gap."""
    return np.broadcast_to([[3.0, 4.0, 0.0, 0.0], [3.0, 4.0, gap, 0.0]], (copies, 2, 4)).copy()


def test_volumes_of_parallelepipeds() -> None:
    from polyregions.theory.integrand import _sizes

    rows = np.random.default_rng(1).normal(size=(50, 3, 5))
    wanted = np.linalg.svd(rows, compute_uv=False).prod(axis=1)
    assert _sizes(rows) == pytest.approx(wanted)
    assert _sizes(nearly_parallel(1e-12, 2)) == pytest.approx(5e-12, rel=1e-3)
    assert not _sizes(nearly_parallel(0.0, 2)).any()
    assert _sizes(1e90 * np.eye(3)[None]) == pytest.approx(1e270)
    assert not _sizes(np.zeros((4, 2, 2))).any()


# Estimates.


def test_means_and_their_errors() -> None:
    numbers = np.array([1.0, 2.0, 4.0, 9.0])
    found = pr.Estimate.of(numbers)
    assert found.value == 4.0
    assert found.error == pytest.approx(math.sqrt(((numbers - 4.0) ** 2).sum() / 3 / 4))
    assert (found.samples, float(found), found.how) == (4, 4.0, "sampled")
    for scale in (1e-300, 1e-200, 1e200):
        assert pr.Estimate.of(scale * numbers).error == pytest.approx(scale * found.error)
    assert pr.Estimate.of(np.zeros(3)) == pr.Estimate(0.0, 0.0, 3)


def test_sums_and_multiples_of_estimates() -> None:
    total = sum([pr.Estimate(1.0, 0.3, 10), pr.Estimate(2.0, 0.4, 20)]).times(-2.0).plus(1.0)  # type: ignore[arg-type]
    assert isinstance(total, pr.Estimate)
    assert total == pr.Estimate(-5.0, pytest.approx(1.0), 30)
    for other in (1, 0.5, "x"):
        with pytest.raises(TypeError):
            total + other  # type: ignore[operator]
        with pytest.raises(TypeError):
            other + total  # type: ignore[operator]


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (8.6331, 0.0043, "8.6331 ± 0.0043"),
        (123.4, 25.0, "123 ± 25"),
        (123456.0, 2500.0, "123456 ± 2.5e+03"),
        (1.0, 0.0, "1.0 ± 0.0"),
        (1.0, math.nan, "1.0 ± nan"),
        (math.nan, math.nan, "nan ± nan"),
        (math.nan, 0.1, "nan ± 0.1"),
        (math.inf, 0.1, "inf ± 0.1"),
        (1.0, math.inf, "1.0 ± inf"),
        (1e-300, 5e-324, "1e-300 ± 4.9e-324"),
        (0.0, 1e-12, "0 ± 1e-12"),
        (0.0, 2e-11, "0.000000000000 ± 0.000000000020"),
        (-3.0, 0.996, "-3.00 ± 1.00"),
    ],
)
def test_estimates_in_words(value: float, error: float, text: str) -> None:
    estimate = pr.Estimate(value, error, 7)
    assert str(estimate) == text
    assert repr(estimate) == f"Estimate({text}, 7 samples)"
