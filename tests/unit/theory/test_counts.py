"""Bounds on numbers of regions: table values, one against another, and against counts of networks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from math import comb, prod

import numpy as np
import pytest
from effort import examples
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import KINKED, alike, each_its_own, integer_networks, lively_networks, maxima

import polyregions as pr
from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.theory import constructions
from polyregions.theory.counts.arrangements import (
    arrangement_bounded_regions,
    arrangement_faces,
    arrangement_regions,
)
from polyregions.theory.counts.histograms import (
    Histogram,
    histogram_bound,
    montufar_histogram,
    serra_histogram,
    trivial_histogram,
)
from polyregions.theory.counts.lower import (
    arora_lower_bound,
    line_maximum,
    montufar_lower_bound,
    serra_folding_lower_bound,
    serra_zonotope_lower_bound,
)
from polyregions.theory.counts.network import network_bound
from polyregions.theory.counts.upper import (
    maxout_bound,
    montufar_bound,
    raghu_bound,
    serra_bound,
    trivial_bound,
    width_bound,
)

Bound = Callable[[int, Sequence[int]], int]

UPPER_BOUNDS: list[Bound] = [lambda _, widths: trivial_bound(widths), raghu_bound, montufar_bound, serra_bound]
"""The later ones are never larger."""

LOWER_BOUNDS: list[Bound] = [
    montufar_lower_bound,
    serra_folding_lower_bound,
    arora_lower_bound,
    serra_zonotope_lower_bound,
    lambda dim, widths: line_maximum(widths) if dim == 1 else montufar_lower_bound(dim, widths),
]

SHAPES = [
    (dim, widths)
    for dim in range(1, 5)
    for depth in (1, 2, 3)
    for widths in itertools.product(range(1, 5), repeat=depth)
]

TABLE = [
    # inputs, widths, trivial, Raghu, Montúfar, Serra
    (1, (3, 3), (64, 16, 16, 16)),
    (2, (3, 3), (64, 49, 49, 40)),
    (2, (8,), (256, 37, 37, 37)),
    (2, (4, 4, 4), (4096, 1331, 1331, 1331)),
    (3, (5, 5, 5), (32768, 17576, 17576, 11776)),
    (10, (2, 10), (4096, 4096, 224, 79)),
    (10, (10, 2), (4096, 4096, 4096, 4083)),
    (784, (11, 11), (4194304, 4194304, 4194304, 2449868)),
    (784, (1, 21), (4194304, 4194304, 44, 23)),
    (784, (21, 1), (4194304, 4194304, 4194304, 4194303)),
    (2, (32, 32, 32), (2**96, 148035889, 148035889, 148035889)),
]


def by_the_theorem(dim: int, widths: Sequence[int], ranks: Sequence[int] | None = None) -> int:
    """Theorem 1 of Serra et al. as it is written: a sum over all indices."""
    total = 0
    for indices in itertools.product(*(range(width + 1) for width in widths)):
        bounds, most = [], dim
        for width, rank, index in zip(widths, ranks or widths, indices, strict=True):
            bounds.append(min(most, rank))
            most = min(most, width - index)
        if all(index <= bound for index, bound in zip(indices, bounds, strict=True)):
            total += prod(comb(width, index) for width, index in zip(widths, indices, strict=True))
    return total


def cube(network: pr.Network, half_width: float = 3.0) -> pr.Polytope:
    return pr.Polytope.box(-half_width, half_width, dim=network.input_dim)


def hidden_widths(network: pr.Network) -> list[int]:
    return [layer.width for layer in network.layers[:-1]]


def stack(dim: int, widths: Sequence[int], activation: pr.Activation, seed: int = 0) -> pr.Network:
    """Random weights, small whole numbers over 8."""
    random = np.random.default_rng(seed)
    shapes = list(zip([*widths, 1], [dim, *widths], strict=True))
    weights = [random.integers(-20, 21, shape) / 8 for shape in shapes]
    biases = [random.integers(-8, 9, rows) / 8 for rows, _ in shapes]
    return pr.Network.from_arrays(weights, biases, [activation] * len(widths) + ["identity"])


# Upper bounds.


@pytest.mark.parametrize(("dim", "widths", "values"), TABLE)
def test_upper_bounds_of_the_table(dim: int, widths: tuple[int, ...], values: tuple[int, ...]) -> None:
    assert tuple(bound(dim, widths) for bound in UPPER_BOUNDS) == values


@pytest.mark.parametrize(
    ("histogram", "bound"),
    [(trivial_histogram, UPPER_BOUNDS[0]), (montufar_histogram, montufar_bound), (serra_histogram, serra_bound)],
)
def test_histograms_give_the_bounds(histogram: Histogram, bound: Bound) -> None:
    assert [histogram_bound(*shape, histogram) for shape in SHAPES] == [bound(*shape) for shape in SHAPES]


def test_serra_is_the_sum_of_the_theorem() -> None:
    assert [serra_bound(*shape) for shape in SHAPES] == [by_the_theorem(*shape) for shape in SHAPES]


def test_ranks_that_are_full_change_nothing() -> None:
    for dim, widths in SHAPES:
        ranks = [min(rows, columns) for rows, columns in zip(widths, (dim, *widths), strict=False)]
        assert serra_bound(dim, widths, ranks) == serra_bound(dim, widths)


@given(st.data())
@settings(deadline=None)
def test_ranks_lower_the_bound(data: st.DataObject) -> None:
    """By the theorem, or a little more: ranks limit the layers behind as well."""
    dim, widths = data.draw(st.integers(1, 4)), data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    shapes = zip(widths, [dim, *widths], strict=False)
    ranks = [data.draw(st.integers(0, min(rows, columns))) for rows, columns in shapes]
    bound = serra_bound(dim, widths, ranks)
    assert bound <= by_the_theorem(dim, widths, ranks) <= serra_bound(dim, widths)
    if len(widths) == 1:
        assert bound == by_the_theorem(dim, widths, ranks)


def test_upper_bounds_descend() -> None:
    for shape in SHAPES:
        values = [bound(*shape) for bound in UPPER_BOUNDS]
        assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("breakpoints", [0, 1, 2, 3])
def test_bounds_with_breakpoints_descend(breakpoints: int) -> None:
    for dim, widths in SHAPES:
        raghu, montufar = raghu_bound(dim, widths, breakpoints), montufar_bound(dim, widths, breakpoints)
        assert trivial_bound(widths, breakpoints) >= raghu >= montufar >= 1
        if dim == 1:
            assert width_bound(widths, breakpoints + 1) >= montufar
            assert montufar == prod(breakpoints * width + 1 for width in widths)


def test_maxout_of_two_functions_is_like_absolute_values() -> None:
    assert maxout_bound(2, (4, 4), 3) == 6241
    for shape in SHAPES:
        assert maxout_bound(*shape, 2) == montufar_bound(*shape)
        assert maxout_bound(*shape, 1) == 1


# Lower bounds.


def test_lower_bounds_of_the_table() -> None:
    shapes = [(1, (3, 3)), (2, (3, 3)), (2, (8,)), (2, (4, 4, 4)), (3, (5, 5, 5)), (2, (32, 32, 32))]
    assert [montufar_lower_bound(*shape) for shape in shapes] == [12, 7, 37, 176, 26, 34668544]
    shapes = [(1, (3, 3)), (2, (8,)), (2, (32, 32, 32))]
    assert [serra_folding_lower_bound(*shape) for shape in shapes] == [16, 37, 44182609]
    assert arora_lower_bound(2, (8, 3, 3)) == 72
    assert serra_zonotope_lower_bound(2, (8, 3, 3)) == 128


def test_lower_bounds_are_below_upper_bounds() -> None:
    known = 0
    for dim in range(1, 4):
        for widths in itertools.product(range(1, 11), repeat=2):
            for bound in LOWER_BOUNDS:
                try:
                    least = bound(dim, (*widths, widths[-1]))
                except InvalidNetwork:
                    continue
                known += 1
                assert least <= serra_bound(dim, (*widths, widths[-1]))
    assert known > 500


def test_the_maximum_on_a_line_is_between_the_bounds() -> None:
    for widths in itertools.product(range(3, 7), repeat=3):
        assert line_maximum(widths) == serra_bound(1, widths) == montufar_bound(1, widths)
        assert line_maximum(widths) == serra_folding_lower_bound(1, widths) <= width_bound(widths)


def test_more_folds_give_more_regions() -> None:
    for dim, width in [(1, 3), (2, 6), (2, 9), (3, 9)]:
        assert montufar_lower_bound(dim, [width] * 3) < serra_folding_lower_bound(dim, [width] * 3)
        assert arora_lower_bound(dim, [8, width, width]) < serra_zonotope_lower_bound(dim, [8, width, width])


@pytest.mark.parametrize(("dim", "pieces", "depth", "last"), [(1, 3, 3, 4), (2, 2, 2, 3), (3, 2, 2, 3), (2, 2, 3, 2)])
def test_foldings_reach_the_lower_bound(dim: int, pieces: int, depth: int, last: int) -> None:
    folds = constructions.folding_cube(dim, pieces, depth, last)
    widths = [dim * pieces] * (depth - 1) + [last]
    assert hidden_widths(folds.network) == widths
    assert folds.activation_regions == montufar_lower_bound(dim, widths)


def test_a_norm_reaches_the_first_factor_of_arora() -> None:
    """A sum of absolute values of m functions in general position has a zonotope's number of vertices of pieces."""
    for dim, half in [(1, 1), (2, 3), (2, 4), (3, 4)]:
        rows = np.array([[t**k for k in range(dim)] for t in range(half)], dtype=float)
        network = pr.Network.from_arrays(
            [np.concatenate([rows, -rows]), np.ones((1, 2 * half))], [np.zeros(2 * half), [0]]
        )
        assert len(pr.enumerate_regions(network, cube(network))) == arora_lower_bound(dim, [2 * half])


# Arrangements.


def test_arrangements_of_the_table() -> None:
    assert [arrangement_regions(m, 2) for m in range(9)] == [1, 2, 4, 7, 11, 16, 22, 29, 37]
    assert [arrangement_regions(m, 3) for m in range(9)] == [1, 2, 4, 8, 15, 26, 42, 64, 93]
    assert [arrangement_faces(5, 2, k) for k in range(3)] == [10, 25, 16]
    assert [arrangement_faces(5, 4, k) for k in range(5)] == [5, 30, 70, 75, 31]


@pytest.mark.parametrize("count", range(8))
@pytest.mark.parametrize("dim", range(5))
def test_faces_of_arrangements(count: int, dim: int) -> None:
    """Euler's relations; the last faces are the regions; bounded faces are the complement of the unbounded ones."""
    faces = [arrangement_faces(count, dim, k) for k in range(dim + 1)]
    bounded = [arrangement_faces(count, dim, k, bounded=True) for k in range(dim + 1)]
    assert faces[-1] == arrangement_regions(count, dim)
    assert bounded[-1] == arrangement_bounded_regions(count, dim)
    assert sum((-1) ** k * face for k, face in enumerate(faces)) == (-1) ** dim
    assert sum((-1) ** k * face for k, face in enumerate(bounded)) == (count >= dim)  # their union is contractible
    assert bounded[-1] == (comb(count - 1, dim) if count else dim == 0)
    assert all(some <= all_ for some, all_ in zip(bounded, faces, strict=True))


@pytest.mark.parametrize(("count", "dim"), [(5, 1), (4, 2), (6, 2), (5, 3)])
def test_bounded_regions_do_not_touch_the_cube(count: int, dim: int) -> None:
    lines = constructions.generic(count, dim)
    regions = pr.enumerate_regions(*lines)
    sides = lines.domain.upper
    inner = [bool((np.abs(regions.polytope(i).vertices) < sides).all()) for i in range(len(regions))]
    assert sum(inner) == arrangement_bounded_regions(count, dim)


# Networks.


@given(integer_networks(3, 3, 4))
@examples(40)
def test_counts_of_relu_networks_are_below_all_bounds(network: pr.Network) -> None:
    count = len(pr.enumerate_regions(network, cube(network)))
    bounds = [bound(network.input_dim, hidden_widths(network)) for bound in reversed(UPPER_BOUNDS)]
    assert [count, network_bound(network), *bounds] == sorted([count, network_bound(network), *bounds])


@given(lively_networks(2, 2, 4), st.floats(0.125, 8.0, width=16))
@examples(40)
def test_counts_of_lively_networks(network: pr.Network, half_width: float) -> None:
    assert len(pr.enumerate_regions(network, cube(network, half_width))) <= network_bound(network)


@given(integer_networks(2, 2, 3, kinds=(alike(KINKED), each_its_own(), maxima()), sparse=True))
@examples(50)
def test_counts_of_any_networks_are_below_their_bound(network: pr.Network) -> None:
    count = len(pr.enumerate_regions(network, cube(network)))
    pieces = [int(pieces) for layer in network.layers for pieces in layer.units.n_pieces]
    assert count <= network_bound(network) <= prod(pieces)


@pytest.mark.parametrize("widths", [(3,), (3, 3), (2, 4), (4, 2, 3), (1, 5), (5, 5, 5)])
@pytest.mark.parametrize("dim", [1, 2, 3, 10])
def test_bounds_of_networks_by_their_activations(dim: int, widths: tuple[int, ...]) -> None:
    """Full ranks: ReLUs give Serra's bound, leaky ones Montúfar's; so do units of two breakpoints, nowhere constant."""
    relu, leaky = stack(dim, widths, pr.Activation.relu(), 3), stack(dim, widths, pr.Activation.leaky_relu(), 3)
    shrink = stack(dim, widths, pr.Activation((-1.0, 1.0), (1.0, 2.0, 1.0), 0.0), 3)
    for layer in relu.layers:
        assert np.linalg.matrix_rank(layer.weights) == min(layer.weights.shape)
    assert network_bound(relu) == serra_bound(dim, widths)
    assert network_bound(leaky) == montufar_bound(dim, widths)
    assert network_bound(shrink) == montufar_bound(dim, widths, 2)


def test_one_layer_in_general_position_reaches_the_bound() -> None:
    for activation, breakpoints in [(pr.Activation.relu(), 1), (pr.Activation.hard_tanh(-0.125, 0.125), 2)]:
        network = stack(2, [4], activation, 5)
        count = len(pr.enumerate_regions(network, cube(network, 1000.0)))
        assert count == network_bound(network) == montufar_bound(2, [4], breakpoints)


def test_absolute_values_pass_the_bound_of_relus() -> None:
    """In each quadrant the second layer makes four regions, for no unit is ever constant."""
    weights = [np.eye(2), [[1.0, 1.0], [1.0, -1.0]], [[1.0, 3.0]]]
    network = pr.Network.from_arrays(weights, [[0, 0], [-2.0, 0.5], [0]], ["abs", "abs", "identity"])
    assert len(pr.enumerate_regions(network, cube(network))) == network_bound(network) == 16
    assert serra_bound(2, [2, 2]) == 11


def test_ranks_of_a_network_count() -> None:
    """Two equal columns, and weights of which floats would not say that they are dependent."""
    weights = [[[1.0, 1.0], [3.0, 3.0], [2.0**-60, 2.0**-60]], np.eye(3), [[1.0, 1.0, 1.0]]]
    network = pr.Network.from_arrays(weights, [[0, 1, 0], [-1, -1, -1], [0]])
    assert network_bound(network) == serra_bound(2, [3, 3], [1, 3]) < serra_bound(2, [3, 3])
    weights[0] = [[1.0, 1.0], [1.0, 1.0 + 2.0**-52], [1.0, 1.0]]
    assert network_bound(pr.Network.from_arrays(weights, [[0, 1, 0], [-1, -1, -1], [0]])) == serra_bound(2, [3, 3])


def test_affine_layers_only_limit_the_dimension() -> None:
    shapes = [(4, 3), (1, 4), (4, 1), (1, 4)]
    weights = [np.random.default_rng(2).normal(size=shape) for shape in shapes]
    network = pr.Network.from_arrays(weights, [np.ones(4), [1], np.ones(4), [1]], ["relu", "identity"] * 2)
    assert network_bound(network) == arrangement_regions(4, 3) * 5


def test_maxima_are_bounded_by_theorem_8() -> None:
    groups = pr.Maximum([(0, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11)])
    random = np.random.default_rng(1)
    layers = [
        pr.Layer(random.normal(size=(12, 2)), random.normal(size=12), groups),
        pr.Layer(random.normal(size=(12, 4)), random.normal(size=12), groups),
        pr.Layer(random.normal(size=(1, 4)), [0.0], pr.Activation.identity()),
    ]
    network = pr.Network(tuple(layers))
    assert network_bound(network) == maxout_bound(2, [4, 4], 3) == 6241
    assert len(pr.enumerate_regions(network, cube(network))) <= 6241


def test_large_networks_are_quick() -> None:
    network = stack(784, [128, 128, 128], pr.Activation.relu())
    assert 0 < network_bound(network) < 2**384


# Errors.


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: serra_bound(0, [3]), "number of inputs must be a whole number >= 1, got 0"),
        (lambda: serra_bound(2, []), "at least one hidden layer"),
        (lambda: serra_bound(2, 3), "must be a list"),  # type: ignore[arg-type]
        (lambda: serra_bound(2, "33"), "must be a list"),  # type: ignore[arg-type]
        (lambda: serra_bound(2, [3, 0]), "width of a layer must be a whole number >= 1, got 0"),
        (lambda: serra_bound(2, [3, 1.5]), "got 1.5"),  # type: ignore[list-item]
        (lambda: serra_bound(2, [3, 3], [1]), "1 ranks for 2 layers"),
        (lambda: serra_bound(2, [3, 3], [3, 1]), "at most 2, got 3"),
        (lambda: serra_bound(2, [3, 3], [-1, 1]), ">= 0, got -1"),
        (lambda: trivial_bound([2], -1), "breakpoints"),
        (lambda: raghu_bound(2, [2], -1), "breakpoints"),
        (lambda: maxout_bound(2, [2], 0), "rank of a maxout unit"),
        (lambda: width_bound([2], 0), "number of pieces"),
        (lambda: montufar_lower_bound(3, [3, 2]), "fewer than 3 units"),
        (lambda: serra_folding_lower_bound(2, [6, 5]), "fewer than 6 units"),
        (lambda: line_maximum([3, 2]), "fewer than 3 units"),
        (lambda: arora_lower_bound(2, [3, 2]), r"\(2 m, w, ..., w\)"),
        (lambda: arora_lower_bound(2, [4, 2, 3]), r"\(2 m, w, ..., w\)"),
        (lambda: arora_lower_bound(2, [4, 1]), "w >= 2"),
        (lambda: serra_zonotope_lower_bound(2, [4, 2]), "w >= 3"),
        (lambda: arrangement_regions(-1, 2), "number of hyperplanes"),
        (lambda: arrangement_faces(3, 2, 3), "at most that dimension"),
        (lambda: histogram_bound(2, [3], lambda dim, width: [1]), "gives 4 whole numbers"),
        (lambda: histogram_bound(2, [1], lambda dim, width: [2, -1]), "gives 2 whole numbers"),
        (lambda: histogram_bound(2, [1], lambda dim, width: [0.5, 1]), "whole numbers"),  # type: ignore[list-item]
    ],
)
def test_errors(call: Callable[[], int], message: str) -> None:
    with pytest.raises(InvalidNetwork, match=message) as caught:
        call()
    assert isinstance(caught.value, ValueError)


def test_numbers_of_numpy_are_numbers() -> None:
    assert serra_bound(np.int64(2), np.array([3, 3])) == 40  # type: ignore[arg-type]
    assert type(serra_bound(np.int64(2), np.array([3, 3]))) is int  # type: ignore[arg-type]


@given(integer_networks(2, 2, 3, skips=True))
@examples(15)
def test_skips_have_no_bound(network: pr.Network) -> None:
    assume(any(layer.sources != (number,) for number, layer in enumerate(network.layers)))
    with pytest.raises(UnsupportedLayer, match="plain stacks"):
        network_bound(network)
