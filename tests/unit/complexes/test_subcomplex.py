"""Closed sets of faces, against sets of vertex sets and against signs."""

import networkx as nx
import numpy as np
import pytest
import shapes
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from strategies import kinked_networks

import polyregions as pr
from polyregions.complexes import Subcomplex
from polyregions.errors import DimensionMismatch

L1 = pr.Network.from_arrays([[[1, 0], [-1, 0], [0, 1], [0, -1]], np.ones((1, 4))], [np.zeros(4), [0.0]])


@pytest.fixture(scope="module")
def quarters():
    """The square [-1, 1]^2 in quarters: 9 vertices, 12 edges, 4 squares."""
    return pr.build_complex(L1, pr.Polytope.box(-1, 1, dim=2))


complexes = kinked_networks(max_inputs=3, max_hidden=2, max_width=3).map(
    lambda network: pr.build_complex(network, pr.Polytope.box(-3, 3, dim=network.input_dim))
)


@st.composite
def closures(draw, complex_):
    """A dimension, some faces of it, and their closure."""
    k = draw(st.integers(0, complex_.dim))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    chosen = rng.random(complex_.f_vector()[k]) < draw(st.sampled_from((0.1, 0.5, 0.9)))
    return k, chosen, Subcomplex.closure_of(complex_, k, chosen)


def vertex_sets(complex_, k, faces):
    return {frozenset(complex_.vertices_of(k, face).tolist()) for face in np.flatnonzero(faces).tolist()}


def as_sets(subcomplex):
    return [vertex_sets(subcomplex.complex, k, part) for k, part in enumerate(subcomplex.faces)]


def same(one, other):
    return one.is_within(other) and other.is_within(one)


@examples(40)
@given(complexes, st.data())
def test_closure(complex_, data):
    """The closure's faces are those of the complex whose vertices all belong to one chosen face."""
    k, chosen, closure = data.draw(closures(complex_))
    tops = vertex_sets(complex_, k, chosen)
    for j in range(complex_.dim + 1):
        everything = vertex_sets(complex_, j, np.ones(complex_.f_vector()[j]))
        wanted = {face for face in everything if any(face <= top for top in tops)}
        assert as_sets(closure)[j] == wanted
    assert same(closure, Subcomplex.closure_of(complex_, k, np.flatnonzero(chosen)))
    assert closure.f_vector() == tuple(map(len, as_sets(closure)))
    assert closure.dim == (k if chosen.any() else -1)


@examples(40)
@given(complexes, st.data())
def test_union_and_intersection(complex_, data):
    one, other = (data.draw(closures(complex_))[2] for _ in range(2))
    assert as_sets(one | other) == [a | b for a, b in zip(as_sets(one), as_sets(other), strict=True)]
    assert as_sets(one & other) == [a & b for a, b in zip(as_sets(one), as_sets(other), strict=True)]
    assert same(one.union(other), one | other)
    assert same(one.intersection(other), one & other)
    assert (one & other).is_within(one)
    assert other.is_within(one | other)
    assert one.is_within(other) == all(a <= b for a, b in zip(as_sets(one), as_sets(other), strict=True))


@examples(40)
@given(complexes, st.data())
def test_pieces(complex_, data):
    one = data.draw(closures(complex_))[2] | data.draw(closures(complex_))[2]
    graph = nx.Graph()
    for faces in as_sets(one):
        for face in faces:
            nx.add_star(graph, sorted(face))
    wanted = sorted(map(sorted, nx.connected_components(graph)))
    pieces = one.pieces()
    assert [np.flatnonzero(piece.faces[0]).tolist() for piece in pieces] == wanted
    for k in range(complex_.dim + 1):
        assert (sum(piece.faces[k].astype(int) for piece in pieces) == one.faces[k]).all()
    assert sum(piece.euler_characteristic for piece in pieces) == one.euler_characteristic


@examples(40)
@given(complexes, st.data())
def test_spanned_by_signs(complex_, data):
    """Closed conditions on signs: a face belongs to it if the signs inside the face meet them."""
    switch = data.draw(st.integers(0, complex_.network.n_switches - 1))
    for allowed in ([0], [-1, 0], [0, 1], [-1, 0, 1]):
        spanned = Subcomplex.spanned_by(complex_, np.isin(complex_.vertex_signs[:, switch], allowed))
        for k in range(complex_.dim + 1):
            assert (spanned.faces[k] == np.isin(complex_.signs(k)[:, switch], allowed)).all()


@examples(40)
@given(complexes)
def test_bent_hyperplanes(complex_):
    for unit in range(complex_.network.n_units):
        switches = complex_.network.switch_units == unit
        bent = Subcomplex.bent_hyperplane(complex_, unit)
        for k in range(complex_.dim + 1):
            assert (bent.faces[k] == (complex_.signs(k)[:, switches] == 0).any(axis=1)).all()


def test_units_with_two_breakpoints():
    network = pr.Network.from_arrays([np.eye(2), np.ones((1, 2))], [np.zeros(2), [0.0]], ["hard_tanh", "identity"])
    complex_ = pr.build_complex(network, pr.Polytope.box(-2, 2, dim=2))
    lines = Subcomplex.bent_hyperplane(complex_, 0)
    assert lines.f_vector() == (8, 6, 0)
    assert sorted({tuple(complex_.vertices[piece.faces[0], 0]) for piece in lines.pieces()}) == [
        (-1.0,) * 4,
        (1.0,) * 4,
    ]


def test_units_at_their_breakpoint_on_whole_regions():
    """max(|x| - 1, 0), once more through a unit: zero on a slab, and nowhere negative."""
    circuit = shapes.Circuit(2)
    inner = circuit.fold(circuit.inputs[0]) - 1.0
    value = circuit.layer([inner], pr.Activation.relu())[0]
    (final,) = circuit.layer([value], pr.Activation.relu())
    complex_ = pr.build_complex(circuit.network(final), pr.Polytope.box(-2, 2, dim=2))
    slab = Subcomplex.bent_hyperplane(complex_, 2)
    assert slab.dim == 2
    assert (np.abs(complex_.vertices[slab.faces[0], 0]) <= 1).all()
    signs = complex_.signs(2)[:, 2]
    negative, positive = (Subcomplex.closure_of(complex_, 2, signs == sign) for sign in (-1, 1))
    assert negative.dim == -1
    assert len(positive.pieces()) == 2
    assert (slab & positive).f_vector() == (4, 2, 0)


def test_touching_zero_in_a_point():
    circuit = shapes.Circuit(2)
    (final,) = circuit.layer([shapes.one_norm(circuit, circuit.inputs)], pr.Activation.relu())
    complex_ = pr.build_complex(circuit.network(final), pr.Polytope.box(-1, 1, dim=2))
    point = Subcomplex.bent_hyperplane(complex_, 2)
    assert point.f_vector() == (1, 0, 0)
    assert (complex_.vertices[point.faces[0]] == 0).all()


def test_whole_and_boundary(quarters):
    whole, boundary = Subcomplex.whole(quarters), Subcomplex.domain_boundary(quarters)
    assert whole.f_vector() == quarters.f_vector() == (9, 12, 4)
    assert boundary.f_vector() == (8, 8, 0)
    assert (whole.dim, boundary.dim) == (2, 1)
    assert (whole.euler_characteristic, boundary.euler_characteristic) == (1, 0)
    assert same(whole.on_domain_boundary(), boundary)
    assert (np.abs(quarters.vertices[boundary.faces[0]]).max(axis=1) == 1).all()
    assert repr(boundary) == "Subcomplex(f-vector 8, 8, 0)"


def test_closure_of_one_region(quarters):
    square = Subcomplex.closure_of(quarters, 2, [0])
    assert square.f_vector() == (4, 4, 1)
    assert square.on_domain_boundary().f_vector() == (3, 2, 0)
    assert same(square, Subcomplex.closure_of(quarters, 2, [True, False, False, False]))


def test_nothing(quarters):
    for nothing in (Subcomplex.closure_of(quarters, 1, []), Subcomplex.closure_of(quarters, 2, [False] * 4)):
        assert nothing.f_vector() == (0, 0, 0)
        assert nothing.dim == -1
        assert nothing.pieces() == []
        assert nothing.is_within(nothing)


def test_faces_are_frozen_copies(quarters):
    faces = tuple(np.ones(count, dtype=bool) for count in quarters.f_vector())
    whole = Subcomplex(quarters, faces)
    faces[0][:] = False
    assert whole.f_vector() == (9, 12, 4)
    with pytest.raises(ValueError, match="read-only"):
        whole.faces[0][0] = False


def test_wrong_faces(quarters):
    empty = [np.zeros(count, dtype=bool) for count in quarters.f_vector()]
    with pytest.raises(DimensionMismatch, match="a mask for each dimension"):
        Subcomplex(quarters, tuple(empty[:2]))
    with pytest.raises(ValueError, match="not all of their facets"):
        Subcomplex(quarters, (empty[0], empty[1], ~empty[2]))
    with pytest.raises(DimensionMismatch, match="dimensions 0 to 2"):
        Subcomplex.closure_of(quarters, 3, [0])
    for faces in ([4], [-1], [0.5], [True], np.zeros(5, dtype=bool)):
        with pytest.raises(DimensionMismatch, match="by numbers from 0 to 3"):
            Subcomplex.closure_of(quarters, 2, faces)
    with pytest.raises(DimensionMismatch, match="units 0 to 3, got 4"):
        Subcomplex.bent_hyperplane(quarters, 4)


def test_different_complexes(quarters):
    other = pr.build_complex(L1, pr.Polytope.box(-1, 1, dim=2))
    with pytest.raises(ValueError, match="different complexes"):
        Subcomplex.whole(quarters) | Subcomplex.whole(other)
