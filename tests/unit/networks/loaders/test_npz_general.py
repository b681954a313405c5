"""Any network in a .npz file: sparse weights, skips, maxima, activations of rows, and what may be wrong with them."""

import contextlib

import numpy as np
import pytest
import strategies
from effort import examples
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from polyregions.errors import InvalidNetwork
from polyregions.networks import Activation, Layer, Maximum, Network, load_network, save_network

in_a_shared_folder = examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])

SAWTOOTH = Activation((-1.0, 0.1, 2.0**-60 + 0.5), (1.0, -0.3, 0.3, 1 / 3), -0.7, name="saw tooth")
MIXED = (Activation.relu(), SAWTOOTH, Activation.identity(), Activation.leaky_relu(1 / 3), Activation.relu())


def general():
    """A layer of every kind: sparse with mixed activations, a maximum, one custom activation, one with a name."""
    rng = np.random.default_rng(0)
    sparse = csr_array(rng.normal(size=(5, 3)) * (rng.random((5, 3)) < 0.5))
    return Network(
        (
            Layer(sparse, rng.normal(size=5), MIXED, (0,)),
            Layer(rng.normal(size=(4, 8)), rng.normal(size=4), Maximum([(3, 0), (1,), (2, 1, 0)]), (0, 1)),
            Layer(rng.normal(size=(2, 3)), np.zeros(2), SAWTOOTH, (2,)),
            Layer(rng.normal(size=(2, 5)), np.ones(2), Activation.hard_tanh(-0.1, 2.0), (3, 2)),
        ),
        3,
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "network.npz"


def same(old, new):
    assert new.digest == old.digest
    assert new.input_dim == old.input_dim
    for one, two in zip(old.layers, new.layers, strict=True):
        assert type(one.weights) is type(two.weights)
        assert one.sources == two.sources
        assert one.activation == two.activation
        if isinstance(one.activation, tuple):
            assert [str(kind) for kind in one.activation] == [str(kind) for kind in two.activation]
        else:
            assert str(one.activation) == str(two.activation)


def arrays_of(network, path):
    save_network(network, path)
    with np.load(path) as file:
        return dict(file)


def test_any_network_is_read_back(path):
    network = general()
    save_network(network, path)
    back = load_network(path)
    same(network, back)
    points = np.random.default_rng(1).normal(size=(9, 3))
    assert (back(points) == network(points)).all()


@in_a_shared_folder
@given(network=strategies.kinked_networks(skips=True))
def test_networks_with_skips_are_read_back(network, tmp_path):
    save_network(network, tmp_path / "n.npz")
    same(network, load_network(tmp_path / "n.npz"))


def test_a_first_layer_that_reads_the_input_twice(path):
    network = Network((Layer(np.ones((1, 4)), [0.0], Activation.relu(), (0, 0)),), 2)
    save_network(network, path)
    same(network, load_network(path))


@pytest.mark.parametrize("name", ["custom", "relu", "abs", "maximum", "relu6(", "leaky_relu(0.5)", "", "größe"])
def test_a_name_that_stands_for_another_function_is_kept_and_not_believed(path, name):
    network = Network((Layer([[1.0]], [0.0], Activation((0.0,), (0.0, 2.0), name=name)),))
    save_network(network, path)
    back = load_network(path)
    same(network, back)
    assert back([3.0]).tolist() == [6.0]


def test_plain_stacks_are_written_plainly(path):
    network = Network.from_arrays([np.eye(2), np.ones((1, 2))], [np.zeros(2), np.zeros(1)])
    arrays = arrays_of(network, path)
    assert set(arrays) == {"W0", "b0", "W1", "b1", "activations"}
    assert arrays["activations"].tolist() == ["relu", "identity"]


def test_the_format(path):
    arrays = arrays_of(general(), path)
    assert arrays["activations"].tolist() == ["custom", "maximum", "custom", "hard_tanh(-0.1,2.0)"]
    assert arrays["W0_shape"].tolist() == [5, 3]
    assert arrays["sources1"].tolist() == [0, 1]
    assert (arrays["groups1"].tolist(), arrays["starts1"].tolist()) == ([3, 0, 1, 2, 1, 0], [0, 2, 3, 6])
    assert arrays["kinds0"].tolist() == [0, 1, 2, 3, 0]
    assert arrays["names0"].tolist() == ["relu", "saw tooth", "identity", f"leaky_relu({1 / 3!r})"]
    assert arrays["starts0"].tolist() == [0, 1, 4, 4, 5]
    assert arrays["breakpoints0"].tolist() == [0.0, *SAWTOOTH.breakpoints, 0.0]
    assert arrays["slopes0"].tolist() == [0.0, 1.0, *SAWTOOTH.slopes, 1.0, 1 / 3, 1.0]
    assert arrays["values2"].tolist() == [-0.7]
    assert set(arrays) == {
        "activations",
        *(f"W0_{part}" for part in ("data", "indices", "indptr", "shape")),
        *(f"{part}{k}" for part in ("kinds", "names", "values", "breakpoints", "slopes", "starts") for k in (0, 2)),
        *("groups1", "starts1", "sources1", "sources3", "W1", "W2", "W3", "b0", "b1", "b2", "b3"),
    }


def test_integers_of_any_type(path):
    arrays = arrays_of(general(), path)
    small = {
        key: array.astype(np.uint8 if key.startswith("kinds") else np.uint64) if array.dtype.kind == "i" else array
        for key, array in arrays.items()
    }
    np.savez(path, **small)
    same(general(), load_network(path))


# What may be wrong.


def with_entry(place, value):
    def change(array):
        result = array.copy()
        result[place] = value
        return result

    return change


@pytest.mark.parametrize(
    ("key", "change", "message"),
    [
        ("W0_indices", with_entry(0, 3), r"layer 1: W0_indices must lie in 0\.\.2, got"),
        ("W0_indices", with_entry(0, -1), r"W0_indices must lie in 0\.\.2, got -1"),
        ("W0_indices", lambda a: a[:-1], r"are no matrix of shape \(5, 3\)"),
        ("W0_indices", lambda a: a.astype(float), "W0_indices must be a list of integers, got dtype float64"),
        ("W0_indices", lambda a: a[:, None], r"W0_indices must be a list of integers, .*shape \("),
        ("W0_indptr", lambda a: a[::-1], "are no matrix"),
        ("W0_indptr", with_entry(1, 99), r"W0_indptr must lie in 0\.\."),
        ("W0_indptr", with_entry(0, 1), "are no matrix"),
        ("W0_indptr", with_entry(-1, 1), "are no matrix"),
        ("W0_indptr", lambda a: a[:0], "are no matrix"),
        ("W0_data", with_entry(0, np.nan), "W0_data must be finite"),
        ("W0_data", lambda a: a[None], r"W0_data must have 1 dimension\(s\)"),
        ("W0_data", lambda a: a.astype(str), "W0_data must be an array of real numbers"),
        ("W0_shape", lambda a: a[:1], "W0_shape must be two numbers"),
        ("W0_shape", with_entry(0, 10**12), r"W0_shape must lie in 1\.\.2147483647"),
        ("W0_shape", with_entry(0, 10**9), "are no matrix of shape"),
        ("W0_shape", with_entry(1, 2**31 - 1), r"layer 2 .*transpose"),
        ("W0_shape", lambda a: a.astype(np.uint64) + np.uint64(2**63), "W0_shape must lie in"),
        ("sources1", with_entry(1, 2), r"layer 2: sources1 must lie in 0\.\.1, got 0\.\.2"),
        ("sources1", with_entry(1, -1), "sources1 must lie in"),
        ("sources1", lambda a: a[:0], "sources1 does not fit"),
        ("sources1", lambda a: a[:1], "layer 2 .*transpose"),
        ("groups1", with_entry(0, 4), r"layer 2: groups1 must lie in 0\.\.3, got 0\.\.4"),
        ("groups1", with_entry(0, 0), "different rows"),
        ("groups1", lambda a: a[:-1], "starts1 must lie in"),
        ("groups1", lambda a: a.astype(bool), "groups1 must be a list of integers, got dtype bool"),
        ("starts1", with_entry(1, 0), "a maximum needs groups of 1 to"),
        ("starts1", lambda a: a[:0], "starts1 must ascend from 0 to 6"),
        ("starts1", with_entry(1, 5), "starts1 must ascend from 0 to 6"),
        ("starts1", lambda a: a[:-1], "starts1 must ascend from 0 to 6"),
        ("kinds0", with_entry(1, 4), r"kinds0 must lie in 0\.\.3, got 0\.\.4"),
        ("kinds0", lambda a: a[:-1], "layer 1: a layer of 5 rows needs .* got 4"),
        ("starts0", lambda a: a[:-1], "starts0 must ascend from 0 to 5"),
        ("names0", lambda a: a[:-1], "names0 and values0 must be 4 strings and numbers"),
        ("names0", lambda a: np.arange(4), "names0 and values0 must be 4 strings and numbers"),
        ("values0", lambda a: a[:-1], "names0 and values0 must be 4 strings and numbers"),
        ("values0", with_entry(0, np.inf), "values0 must be finite"),
        ("slopes0", lambda a: a[:-1], "slopes0 must be 9 numbers, got 8"),
        ("slopes0", lambda a: np.ones(9), "slope of an activation must change"),
        ("breakpoints0", lambda a: a[::-1].copy(), "breakpoints of an activation must increase"),
        ("breakpoints0", lambda a: a[:-1], "starts0 must lie in"),
        ("breakpoints0", lambda a: a.astype(complex), "breakpoints0 must be an array of real numbers"),
        ("b1", lambda a: np.array(1.0), "layer 2: groups1 must lie in"),
        ("b0", lambda a: np.zeros(0), r"layer 1: .*needs a bias of shape \(5,\)"),
        ("activations", lambda a: a[::-1], "missing: .*groups2.*not understood: breakpoints0"),
    ],
)
def test_arrays_that_make_no_network(path, key, change, message):
    arrays = arrays_of(general(), path)
    arrays[key] = change(arrays[key])
    np.savez(path, **arrays)
    with pytest.raises(InvalidNetwork, match=message) as caught:
        load_network(path)
    assert "network.npz" in str(caught.value) or "layer 2 has weights" in str(caught.value)


def test_an_entry_that_is_stored_twice(path):
    arrays = {
        "W0_data": np.array([1.0, 2.0]),
        "W0_indices": np.array([1, 1]),
        "W0_indptr": np.array([0, 2]),
        "W0_shape": np.array([1, 2]),
        "b0": np.zeros(1),
    }
    np.savez(path, **arrays)
    with pytest.raises(InvalidNetwork, match="every entry once"):
        load_network(path)


@pytest.mark.parametrize("key", sorted({"W0_data", "W0_indptr", "b2", "groups1", "starts0", "kinds2", "names0", "W3"}))
def test_missing_arrays(path, key):
    arrays = arrays_of(general(), path)
    del arrays[key]
    np.savez(path, **arrays)
    with pytest.raises(InvalidNetwork, match=f"missing: {key}|must be an array of 3 strings"):
        load_network(path)


@pytest.mark.parametrize("key", ["W1_data", "sources4", "kinds1", "groups0", "starts3", "W0"])
def test_extra_arrays(path, key):
    np.savez(path, **(arrays_of(general(), path) | {key: np.zeros(1)}))
    with pytest.raises(InvalidNetwork, match=f"not understood: .*{key}"):
        load_network(path)


@examples(300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_wrong_numbers_raise_nothing_else(path, data):
    arrays = arrays_of(general(), path)
    for key in data.draw(st.lists(st.sampled_from(sorted(set(arrays) - {"activations"})), min_size=1, max_size=3)):
        array = arrays[key]
        if array.dtype.kind == "i":
            array[data.draw(st.integers(0, len(array) - 1))] = data.draw(st.integers(-2, 9) | st.just(2**31 - 1))
        elif array.ndim == 1 and data.draw(st.booleans()):
            arrays[key] = array[: data.draw(st.integers(0, len(array)))]
        elif array.dtype.kind == "f" and array.size:
            array.flat[data.draw(st.integers(0, array.size - 1))] = data.draw(st.floats())
    np.savez(path, **arrays)
    with contextlib.suppress(InvalidNetwork), np.errstate(over="ignore", invalid="ignore"):
        assert load_network(path)([0.5, -1.0, 2.0]).shape == (2,)
