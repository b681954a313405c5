"""Closed linear regions against components of level sets that are cut out exactly, and by hand."""

from __future__ import annotations

from collections import Counter

import networkx as nx
import numpy as np
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from six_definitions import all_different, clipped
from strategies import integer_networks, lively_networks

import polyregions as pr
from polyregions.arithmetic import rational
from polyregions.counters.definitions.closed_regions import closed_linear_regions, meets_interior


def with_difference(network: pr.Network, h: pr.AffineMap) -> pr.Network:
    """The network followed by units that vanish where it equals the affine map h, of whole numbers."""
    count = network.output_dim
    weights = np.concatenate([np.eye(count), -h.matrix], axis=1)
    layer = pr.Layer(weights, -h.offset, pr.Activation.relu(), (len(network.layers), 0))
    return pr.Network((*network.layers, layer), network.input_dim)


def components_by_level_sets(network: pr.Network, domain: pr.Polytope) -> int:
    """Cut K along {f = h} for every map h of several open regions, and count the components there that hold a cell."""
    regions = pr.enumerate_regions(network, domain)
    maps = Counter(regions.affine_map(int(part[0])) for part in pr.linear_regions(regions))
    return sum(1 if count == 1 else components_of(network, domain, h) for h, count in maps.items())


def components_of(network: pr.Network, domain: pr.Polytope, h: pr.AffineMap) -> int:
    """The components, inside K, of the faces on which the network is h that hold a cell."""
    complex_ = pr.build_complex(with_difference(network, h), domain)
    zero = (complex_.vertex_signs[:, -network.output_dim :] == 0).all(axis=1)
    kept = [part & complex_.interior(k) for k, part in enumerate(pr.Subcomplex.spanned_by(complex_, zero).faces)]
    graph = nx.Graph()
    for k, part in enumerate(kept):
        graph.add_nodes_from((k, face) for face in np.flatnonzero(part).tolist())
        if k:
            pairs = zip(*(ends.tolist() for ends in complex_.boundary(k).tocoo().coords), strict=True)
            graph.add_edges_from(((k, i), (k - 1, j)) for i, j in pairs if part[i] and kept[k - 1][j])
    return sum(any(k == domain.dim for k, _ in nodes) for nodes in nx.connected_components(graph))


@given(integer_networks(max_inputs=3, max_hidden=2, max_width=3) | lively_networks(max_inputs=2, max_width=4))
@examples(30)
def test_components_of_level_sets(network: pr.Network) -> None:
    domain = pr.Polytope.box(-2, 2, dim=network.input_dim)
    assert closed_linear_regions(pr.build_complex(network, domain)) == components_by_level_sets(network, domain)


def bent_row(left: int, right: int, below: int, above: int) -> list[int]:
    """u(x) + v(y), zero in the origin, with these values where x or y is -1 or 1: weights of x, y, x+, y+."""
    return [-left, -below, right + left, above + below]


@st.composite
def saddles(draw: st.DrawFn) -> pr.Network:
    """Outputs max(g, 0), or max(g, 0) - max(h, 0), for such functions g, h; often a saddle in the origin."""
    values = st.sampled_from([(1, 1, -1, -1), (-1, -1, 1, 1), (1, 2, -1, -2)]) | st.tuples(*[st.integers(-1, 1)] * 4)
    rows = [bent_row(*row) for row in draw(st.lists(values, min_size=1, max_size=2))]
    last = np.array([[1.0, -1.0]]) if len(rows) == 2 and draw(st.booleans()) else np.eye(len(rows))
    relu, identity = pr.Activation.relu(), pr.Activation.identity()
    shifts = [draw(st.sampled_from((0, 0, 0.5))) for _ in rows]
    layers = (
        pr.Layer(np.eye(2), [0, 0], relu),
        pr.Layer(rows, shifts, relu, (0, 1)),
        pr.Layer(last, [0] * len(last), identity),
    )
    return pr.Network(layers, 2)


@given(saddles())
@examples(60)
def test_components_that_touch(network: pr.Network) -> None:
    domain = pr.Polytope.box(-1, 1, dim=2)
    assert closed_linear_regions(pr.build_complex(network, domain)) == components_by_level_sets(network, domain)


def test_touching_in_one_point_joins() -> None:
    network, domain, _ = all_different()
    assert closed_linear_regions(pr.build_complex(network, domain)) == 8
    left = pr.Polytope.box([-2, -1], [0, 1])  # the origin lies on the boundary: 2 zero regions, 2 others
    assert closed_linear_regions(pr.build_complex(network, left)) == 4


@pytest.mark.parametrize(("shifts", "joined"), [((0.0,), 1), ((0.0, 0.0), 1), ((0.0, 0.5), 0), ((0.5, 0.25, 0.5), 0)])
def test_a_thin_part_joins_if_all_outputs_agree_on_it(shifts: tuple[float, ...], joined: int) -> None:
    """All outputs vanish above and below, output i on the segment x = shift i between: these must be the same."""
    complex_ = pr.build_complex(*clipped(shifts))
    assert closed_linear_regions(complex_) == len(pr.linear_regions(complex_)) - joined


def test_a_thin_part_on_the_boundary_does_not_join() -> None:
    for shifts in ((0.0,), (0.0, 0.0)):
        complex_ = pr.build_complex(*clipped(shifts, left=0.0))
        assert closed_linear_regions(complex_) == len(pr.linear_regions(complex_))


def test_outputs_that_vanish_at_different_places_of_a_wall() -> None:
    """|y| plus functions of x: both outputs change their signs along the wall y = 0, at 0 and at `gap`.

    Above y = 1 and below y = -1 both outputs are 0; between these, both vanish on x = 0, or nowhere.
    """
    for gap, regions in ((0.0, 1), (0.5, 0)):
        network, domain = clipped((0.0, gap))
        last = network.layers[-1]
        turned = np.array([[1.0, 2.0], [3.0, -1.0]])
        layer = pr.Layer(turned @ last.weights, turned @ last.bias, last.activation, last.sources)
        complex_ = pr.build_complex(pr.Network((*network.layers[:-1], layer), 2), domain)
        assert len(pr.linear_regions(complex_)) - closed_linear_regions(complex_) == regions


def test_where_a_map_vanishes_on_a_square() -> None:
    """Two outputs at the corners (0, 0), (1, 0), (0, 1), (1, 1)."""
    corners = [(0, 0), (1, 0), (0, 1), (1, 1)]
    sides = np.array([[x == 0 for x, _ in corners], [y == 0 for _, y in corners]])

    def meets(centre: tuple[float, float], facets: slice) -> bool:
        gaps = [[rational(x - centre[0]), rational(y - centre[1])] for x, y in corners]
        return meets_interior(gaps, sides[facets])

    everything, nothing = slice(None), slice(0)
    assert meets((0.25, 0.75), everything)
    assert meets((1, 1), everything)  # a corner that lies on other sides
    assert not meets((0, 0.5), everything)
    assert meets((0, 0.5), slice(1, 2))  # on x = 0, which does not count now
    assert not meets((0.25, 0), everything)
    assert meets((0, 0), nothing)
    assert not meets((1.25, 0.5), nothing)
