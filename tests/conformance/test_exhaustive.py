"""The package against an enumerator that tries every pattern, on networks in which degeneracy is normal."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from problems import ENGINES
from reference import (
    Region,
    halfspaces_of,
    is_inside,
    reference_graph,
    reference_linear_regions,
    reference_regions,
)
from strategies import (
    ALL_KINDS,
    KINKED,
    any_networks,
    integer_networks,
    kinked_networks,
    lively_networks,
    random_alike,
    random_maximum,
    wild_maxout_networks,
    wild_networks,
)

import polyregions as pr

KINDS = (random_alike(KINKED),)
engines = st.sampled_from(ENGINES)


def examples(count: int) -> Any:
    return settings(max_examples=count, deadline=None)


@st.composite
def boxes(draw: st.DrawFn, dim: int) -> pr.Polytope:
    """Boxes whose sides often lie on walls."""
    lower = draw(st.lists(st.integers(-6, 3), min_size=dim, max_size=dim))
    sizes = draw(st.lists(st.integers(1, 8), min_size=dim, max_size=dim))
    return pr.Polytope.box([k / 2 for k in lower], [(k + size) / 2 for k, size in zip(lower, sizes, strict=True)])


def simplices(dim: int) -> st.SearchStrategy[pr.Polytope]:
    return st.sampled_from((1.0, 2.0, 5.0)).map(lambda size: pr.Polytope.simplex(dim, size))


@st.composite
def bodies(draw: st.DrawFn, dim: int) -> pr.Polytope:
    """A box, cut by a few half-spaces that contain some point of a grid in their interior."""
    point = [Fraction(k, 2) for k in draw(st.lists(st.integers(-3, 3), min_size=dim, max_size=dim))]
    normals = [list(row) for row in (*np.eye(dim, dtype=int).tolist(), *(-np.eye(dim, dtype=int)).tolist())]
    offsets: list[Fraction] = [Fraction(2)] * (2 * dim)
    for _ in range(draw(st.integers(1, 3))):
        normal = draw(st.lists(st.integers(-2, 2), min_size=dim, max_size=dim))
        room = draw(st.sampled_from((Fraction(1, 3), Fraction(1, 2), Fraction(1))))
        normals.append(normal)
        offsets.append(sum((a * x for a, x in zip(normal, point, strict=True)), Fraction(0)) + room)
    return pr.Polytope.from_halfspaces(normals, offsets)


def patterns_of(regions: pr.Regions | Sequence[Region]) -> list[tuple[int, ...]]:
    if isinstance(regions, pr.Regions):
        return [tuple(row) for row in regions.patterns.tolist()]
    return [region.pattern for region in regions]


def assert_same(network: pr.Network, domain: pr.Polytope) -> None:
    """Both engines find exactly the reference's regions, each with a point strictly inside."""
    expected = patterns_of(reference_regions(network, domain))
    for engine in ENGINES:
        regions = pr.enumerate_regions(network, domain, engine=engine)
        assert regions.complete
        assert patterns_of(regions) == expected
        for index, pattern in enumerate(expected):
            assert is_inside(network, domain, pattern, regions.witness(index))


def rebuilt(network: pr.Network, layers: dict[int, tuple[Any, Any]]) -> pr.Network:
    """The network with the weights and biases of some layers replaced."""
    new = []
    for number, layer in enumerate(network.layers):
        weights, bias = layers.get(number, (layer.weights, layer.bias))
        new.append(pr.Layer(weights, bias, layer.activation, layer.sources))
    return pr.Network(tuple(new), network.input_dim)


@examples(100)
@given(st.data())
def test_small_networks_of_few_numbers(data: st.DataObject) -> None:
    network = data.draw(st.one_of(integer_networks(max_inputs=3), kinked_networks(skips=True), any_networks()))
    assert_same(network, data.draw(boxes(network.input_dim)))


@examples(40)
@given(lively_networks())
def test_relu_networks(network: pr.Network) -> None:
    assert_same(network, pr.Polytope.box(-2, 2, dim=network.input_dim))


@examples(8)
@given(lively_networks(max_inputs=4, max_hidden=2, max_width=5))
def test_relu_networks_in_four_dimensions(network: pr.Network) -> None:
    assert_same(network, pr.Polytope.box(-1, 1, dim=network.input_dim))


@examples(25)
@given(st.data())
def test_relu_networks_on_polytopes(data: st.DataObject) -> None:
    network = data.draw(lively_networks(max_hidden=2))
    assert_same(network, data.draw(bodies(network.input_dim)))


@examples(30)
@given(lively_networks(max_inputs=2, max_hidden=2, makers=KINDS))
def test_all_activations(network: pr.Network) -> None:
    assert_same(network, pr.Polytope.box(-4, 4, dim=network.input_dim))


@examples(60)
@given(lively_networks(max_hidden=2, makers=ALL_KINDS, skips=True))
def test_maxima_and_mixed_activations(network: pr.Network) -> None:
    assert_same(network, pr.Polytope.box(-2, 2, dim=network.input_dim))


@examples(25)
@given(st.data())
def test_maxima_and_mixed_activations_on_polytopes(data: st.DataObject) -> None:
    network = data.draw(lively_networks(max_hidden=2, makers=ALL_KINDS, skips=True))
    assert_same(network, data.draw(bodies(network.input_dim) | simplices(network.input_dim)))


@examples(80)
@given(wild_networks() | wild_maxout_networks())
def test_weights_of_any_size(network: pr.Network) -> None:
    assert_same(network, pr.Polytope.box(-1, 1, dim=network.input_dim))


@examples(20)
@given(st.integers(0, 10**6), st.sampled_from((None, 1, 2, 4)), st.integers(1, 3))
def test_random_networks_and_quantised_ones(seed: int, grid: int | None, dim: int) -> None:
    """He-normal weights as they are, or rounded to multiples of 1 / grid."""
    random = np.random.default_rng(seed)
    widths = [dim, 5, 5, 1]
    weights = [random.normal(0, np.sqrt(2 / n), (m, n)) for n, m in itertools.pairwise(widths)]
    biases = [random.normal(0, 0.3, m) for m in widths[1:]]
    if grid:
        weights, biases = ([np.round(array * grid) / grid for array in arrays] for arrays in (weights, biases))
    assert_same(pr.Network.from_arrays(weights, biases), pr.Polytope.box(-1, 1, dim=dim))


@examples(80)
@given(st.data())
def test_graph_cells_and_maps(data: st.DataObject) -> None:
    network = data.draw(
        st.one_of(lively_networks(3, 2, 3), lively_networks(2, 2, 3, KINDS), lively_networks(3, 2, 4, ALL_KINDS, True))
    )
    domain = data.draw(boxes(network.input_dim))
    truth = reference_regions(network, domain)
    assume(len(truth) <= 40)
    regions = pr.enumerate_regions(network, domain, engine=data.draw(engines))
    graph = pr.region_graph(regions)
    assert {tuple(sorted(edge)) for edge in graph.edges} == reference_graph(truth)
    for i, j, units in graph.edges(data="units"):
        assert list(units) == [
            u for u, (a, b) in enumerate(zip(truth[i].pattern, truth[j].pattern, strict=True)) if a != b
        ]
    assert {frozenset(group.tolist()) for group in pr.linear_regions(regions)} == reference_linear_regions(truth)
    assert pr.distinct_affine_maps(regions) == len({region.outputs for region in truth})
    for index, region in enumerate(truth):
        corners = {tuple(Fraction(x, point[-1]) for x in point[:-1]) for point in region.cell.points}
        assert {tuple(vertex) for vertex in regions.polytope(index).exact_vertices} == corners
    assert sum(regions.polytope(index).volume for index in range(len(regions))) == domain.volume


@examples(40)
@given(st.data())
def test_points_are_located(data: st.DataObject) -> None:
    """Vertices of a region lie on walls or on the boundary; a centre that is a float lies in its region."""
    network = data.draw(lively_networks(2, 2, 3, KINDS) | lively_networks(2, 2, 4, ALL_KINDS))
    domain = data.draw(boxes(network.input_dim))
    regions = pr.enumerate_regions(network, domain, engine=data.draw(engines))
    for index, region in enumerate(reference_regions(network, domain)):
        centre = region.cell.centre()
        floats = [float(x) for x in centre]
        corners = [[float(Fraction(x, point[-1])) for x in point[:-1]] for point in region.cell.points]
        exact = [
            c
            for c, p in zip(corners, region.cell.points, strict=True)
            if all(Fraction(x) * p[-1] == y for x, y in zip(c, p[:-1], strict=True))
        ]
        if is_inside(network, domain, region.pattern, [Fraction(x) for x in floats]):
            assert regions.locate([floats]).tolist() == [index]
        if exact:
            assert regions.locate(exact).tolist() == [-1] * len(exact)


@examples(20)
@given(st.data())
def test_order_of_units_does_not_matter(data: st.DataObject) -> None:
    network = data.draw(lively_networks(max_hidden=2))
    domain = pr.Polytope.box(-1, 2, dim=network.input_dim)
    changed, orders, layers = network, [], dict(enumerate(network.layers))
    for number in range(len(layers) - 1):
        order = data.draw(st.permutations(range(layers[number].width)))
        this, following = changed.layers[number], changed.layers[number + 1]
        changed = rebuilt(
            changed,
            {
                number: (this.weights[order], this.bias[order]),
                number + 1: (following.weights[:, order], following.bias),
            },
        )
        orders += [len(orders) + unit for unit in order]
    engine = data.draw(engines)
    expected = pr.enumerate_regions(network, domain, engine=engine).patterns[:, orders].tolist()
    assert pr.enumerate_regions(changed, domain, engine=engine).patterns.tolist() == sorted(expected)


@examples(20)
@given(st.data())
def test_order_of_candidates_does_not_matter(data: st.DataObject) -> None:
    """The regions have the same points, whatever the order of candidates and of groups."""
    network = data.draw(lively_networks(3, 2, 4, (random_maximum,)))
    domain = pr.Polytope.box(-1, 2, dim=network.input_dim)
    layers = []
    for layer in network.layers[:-1]:
        assert isinstance(layer.activation, pr.Maximum)
        groups = [data.draw(st.permutations(group)) for group in layer.activation.groups]
        layers.append(pr.Layer(layer.weights, layer.bias, pr.Maximum(groups), layer.sources))
    changed = pr.Network((*layers, network.layers[-1]), network.input_dim)
    for engine in ENGINES:
        found = [pr.enumerate_regions(net, domain, engine=engine) for net in (network, changed)]
        assert len(found[0]) == len(found[1])
        assert corners_of(found[0]) == corners_of(found[1])


def corners_of(regions: pr.Regions) -> set[frozenset[tuple[Fraction, ...]]]:
    """The exact vertices of every region."""
    return {frozenset(map(tuple, regions.polytope(index).exact_vertices)) for index in range(len(regions))}


@examples(20)
@given(st.data())
def test_scaling_units_changes_nothing(data: st.DataObject) -> None:
    """A unit times a positive number, and its outgoing weights divided by it: ReLU is positively homogeneous."""
    network = data.draw(lively_networks(max_hidden=2))
    domain = pr.Polytope.box(-1, 2, dim=network.input_dim)
    number = data.draw(st.integers(0, len(network.layers) - 2))
    this, following = network.layers[number], network.layers[number + 1]
    factors = st.sampled_from((1.0, 3.0, 7.0, 2.0**-60, 2.0**60, 2.0**-500, 2.0**900))
    scale = np.array(data.draw(st.lists(factors, min_size=this.width, max_size=this.width)))
    # Thirds and sevenths are not floats: the network compared with has outgoing weights that contain the factor.
    odd = np.where(np.isin(scale, (3.0, 7.0)), scale, 1.0)
    original = rebuilt(network, {number + 1: (following.weights * odd, following.bias)})
    changed = rebuilt(
        network,
        {
            number: (this.weights * scale[:, None], this.bias * scale),
            number + 1: (following.weights * odd / scale, following.bias),
        },
    )
    for engine in ENGINES:
        patterns = [patterns_of(pr.enumerate_regions(net, domain, engine=engine)) for net in (changed, original)]
        assert patterns[0] == patterns[1]


@examples(20)
@given(st.data())
def test_moving_network_and_domain_together(data: st.DataObject) -> None:
    """Translations, reflections and permutations of the coordinates keep every pattern."""
    network = data.draw(lively_networks(max_hidden=2))
    dim = network.input_dim
    body = data.draw(bodies(dim))
    shift = np.array(data.draw(st.lists(st.integers(-1000, 1000), min_size=dim, max_size=dim)), dtype=float)
    signs = np.array(data.draw(st.lists(st.sampled_from((-1, 1)), min_size=dim, max_size=dim)))
    move = np.eye(dim, dtype=int)[data.draw(st.permutations(range(dim)))] * signs  # y = move @ x + shift
    first = network.layers[0]
    weights = first.weights @ move.T
    moved = rebuilt(network, {0: (weights, first.bias - weights @ shift)})
    halfspaces = [
        ([int(a) for a in move @ np.array([int(x) for x in normal])], b) for normal, b in halfspaces_of(scaled(body))
    ]
    offsets = [b + sum(a * int(s) for a, s in zip(normal, shift, strict=True)) for normal, b in halfspaces]
    domain = pr.Polytope.from_halfspaces([normal for normal, _ in halfspaces], offsets)
    for engine in ENGINES:
        patterns = patterns_of(pr.enumerate_regions(moved, domain, engine=engine))
        assert patterns == patterns_of(pr.enumerate_regions(network, body, engine=engine))


def scaled(body: pr.Polytope) -> list[tuple[list[Fraction], Fraction]]:
    """The half-spaces of a body with whole-number normals."""
    result = []
    for normal, offset in body.exact_halfspaces:
        factor = np.lcm.reduce([x.denominator for x in normal])
        result.append(([x * int(factor) for x in normal], offset * int(factor)))
    return result
