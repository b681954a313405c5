"""Networks in .npz files: what is written is read back, and no file does harm or raises anything unforeseen."""

import contextlib
import io
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import strategies
from effort import examples
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks import Activation, load_network
from polyregions.networks.loaders.npz import load_npz, save_npz

ARRAYS = {
    "W0": np.array([[1.0, -2.0], [0.5, 0.0]]),
    "b0": np.array([0.0, 1.0]),
    "W1": np.ones((1, 2)),
    "b1": np.zeros(1),
}

in_a_shared_folder = examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "network.npz"


def saved(path, **changes):
    """A file with the arrays, some replaced; None leaves one out."""
    arrays = {name: array for name, array in (ARRAYS | changes).items() if array is not None}
    np.savez(path, **arrays)
    return path


def npy(descr="'<f8'", shape="(2, 2)", data=bytes(32), version=(1, 0)):
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}\n".encode("latin1")
    length = struct.pack("<H" if version == (1, 0) else "<I", len(header))
    return b"\x93NUMPY" + bytes(version) + length + header + data


def zipped(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


class Trap:
    """Unpickling this creates a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@in_a_shared_folder
@given(network=strategies.kinked_networks() | strategies.wild_networks())
def test_networks_are_read_back_as_they_were(network, tmp_path):
    save_npz(network, tmp_path / "n.npz")
    back = load_network(tmp_path / "n.npz")
    assert back.digest == network.digest
    for old, new in zip(network.layers, back.layers, strict=True):
        assert (new.weights == old.weights).all()
        assert (new.bias == old.bias).all()
        assert new.activation == old.activation
        assert str(new.activation) == str(old.activation)


def test_files_written_by_numpy(path):
    network = load_network(str(saved(path)))
    assert repr(network) == "Network(2-2-1, 2 units)"
    assert network.layers[0].weights.tolist() == ARRAYS["W0"].tolist()
    assert [layer.activation for layer in network.layers] == [Activation.relu(), Activation.identity()]
    assert load_npz(path).digest == network.digest


def test_compressed_files_and_other_number_types(path):
    np.savez_compressed(path, **{name: array.astype(np.float32) for name, array in ARRAYS.items()})
    single = load_network(path)
    assert single.digest == load_network(saved(path)).digest
    whole = {name: (2 * array).astype(np.int16) for name, array in ARRAYS.items()}
    assert load_network(saved(path, **whole)).layers[0].weights.tolist() == [[2.0, -4.0], [1.0, 0.0]]
    assert load_network(saved(path, W0=np.asfortranarray(ARRAYS["W0"]))).digest == single.digest


def test_the_ending_may_be_in_capitals(tmp_path):
    saved(tmp_path / "n.npz")
    (tmp_path / "n.npz").rename(tmp_path / "n.NPZ")
    assert load_network(tmp_path / "n.NPZ").input_dim == 2


def test_more_than_ten_layers(path):
    arrays = {f"W{k}": np.array([[k + 1.0]]) for k in range(12)} | {f"b{k}": np.zeros(1) for k in range(12)}
    np.savez(path, **arrays)
    assert [layer.weights[0, 0] for layer in load_network(path).layers] == [k + 1.0 for k in range(12)]


# What cannot be read.


def test_a_pickle_disguised_as_npz_is_not_executed(path, tmp_path):
    path.write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    with pytest.raises(InvalidNetwork, match=r"not a readable \.npz file"):
        load_network(path)
    assert not (tmp_path / "sprung").exists()
    pickle.loads(path.read_bytes())
    assert (tmp_path / "sprung").exists()  # the trap works


@pytest.mark.parametrize("name", ["W0", "b0", "activations", "anything"])
def test_a_pickle_inside_an_array_is_not_executed(path, tmp_path, name):
    trap = np.empty(1, dtype=object)
    trap[0] = Trap(tmp_path / "sprung")
    with pytest.raises(InvalidNetwork, match=f"{name}.npy holds Python objects, which are never loaded"):
        load_network(saved(path, **{name: trap}))
    assert not (tmp_path / "sprung").exists()


def test_a_pickle_inside_the_archive_is_not_executed(path, tmp_path):
    members = {
        "W0.npy": npy(),
        "b0.npy": npy(shape="(2,)", data=bytes(16)),
        "W1": pickle.dumps(Trap(tmp_path / "sprung")),
    }
    with pytest.raises(InvalidNetwork, match=r"not a readable \.npz file"):
        load_network(zipped(path, members))
    assert not (tmp_path / "sprung").exists()


def test_objects_inside_records_are_not_loaded(path):
    members = {"W0.npy": npy("[('a', '|O')]", "(1,)", bytes(8))}
    with pytest.raises(InvalidNetwork, match="holds Python objects"):
        load_network(zipped(path, members))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.2, 0.5, 0.8, 0.97, 0.999])
def test_truncated_files(path, share):
    whole = saved(path).read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InvalidNetwork, match=r"network\.npz is not a readable \.npz file"):
        load_network(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"W0 = 1.0, 2.0\n", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), bytes(1000), "größe".encode("utf-16"), npy()],
)
def test_files_that_are_no_archives(path, content):
    path.write_bytes(content)
    with pytest.raises(InvalidNetwork, match=r"network\.npz"):
        load_network(path)


def test_an_array_followed_by_an_archive_is_read_as_the_archive(path):
    whole = saved(path).read_bytes()
    path.write_bytes(npy() + whole)
    assert load_network(path).input_dim == 2


def test_a_text_file(tmp_path):
    (tmp_path / "network.txt").write_text("1 2 3\n")
    with pytest.raises(InvalidNetwork, match=r"cannot tell the format of 'network\.txt'; known endings are \.npz"):
        load_network(tmp_path / "network.txt")


@pytest.mark.parametrize("name", ["network", "network.h5", "network.npy", ".npz"])
def test_unknown_endings(tmp_path, name):
    with pytest.raises(InvalidNetwork, match="cannot tell the format"):
        load_network(tmp_path / name)


def test_a_missing_file_and_a_folder(tmp_path):
    for load in (load_network, load_npz):
        with pytest.raises(InvalidNetwork, match=r"missing\.npz"):
            load(tmp_path / "missing.npz")
        (tmp_path / "folder.npz").mkdir(exist_ok=True)
        with pytest.raises(InvalidNetwork, match=r"folder\.npz"):
            load(tmp_path / "folder.npz")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"W0": None}, "missing: b0|missing: W0"),
        ({"b1": None}, "missing: b1; not understood: none"),
        ({"W1": None}, "not understood: b1"),
        ({"extra": np.ones(2)}, "missing: none; not understood: extra"),
        ({"W2": np.ones((1, 1))}, "missing: b2"),
        ({"W": np.ones((1, 1))}, "not understood: W"),
        (dict.fromkeys(ARRAYS), "wanted the arrays W0, b0"),
        (dict.fromkeys(ARRAYS) | {"activations": np.array(["relu"])}, "wanted the arrays W0, b0"),
    ],
)
def test_missing_and_extra_arrays(path, changes, message):
    with pytest.raises(InvalidNetwork, match=message):
        load_network(saved(path, **changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"W0": np.array([[np.nan, 1.0], [0.0, 0.0]])}, "layer 1: a layer's weights must be finite"),
        ({"b1": np.array([np.inf])}, "layer 2: a layer's bias must be finite"),
        ({"W1": np.ones((2, 1)), "b1": np.zeros(2)}, "layer 2 .*transpose"),
        ({"b0": np.zeros(3)}, r"layer 1: .*needs a bias of shape \(2,\)"),
        ({"W0": np.array([["a", "b"], ["c", "d"]])}, "real numbers, got dtype <U1"),
        ({"W0": np.ones((2, 2), dtype=complex)}, "real numbers, got dtype complex128"),
        ({"W0": np.full((2, 2), 2**53 + 1)}, "float64 can hold"),
        ({"W0": np.zeros((0, 2)), "b0": np.zeros(0)}, "at least one unit"),
        ({"activations": np.array("relu")}, "activations must be an array of 2 strings"),
        ({"activations": np.array(["relu"])}, "activations must be an array of 2 strings"),
        ({"activations": np.array([1.0, 2.0])}, "activations must be an array of 2 strings"),
        ({"activations": np.array([b"relu", b"relu"])}, "activations must be an array of 2 strings"),
    ],
)
def test_arrays_that_make_no_network(path, changes, message):
    with pytest.raises(InvalidNetwork, match=message):
        load_network(saved(path, **changes))


def test_an_activation_that_is_not_known(path):
    with pytest.raises(UnsupportedLayer, match="'softmax' is not known"):
        load_network(saved(path, activations=np.array(["relu", "softmax"])))


@pytest.mark.parametrize("shape", ["(1000000, 1000000)", "(2, 3)", "(1,)", "(-2, -2)", "(99999999999999999999999,)"])
def test_a_header_that_claims_another_shape(path, shape):
    with pytest.raises(InvalidNetwork, match=r"claims shape|not a readable \.npz file"):
        load_network(zipped(path, {"W0.npy": npy(shape=shape)}))


@pytest.mark.parametrize("shape", ["(10000000000000,)", "(10000000000000, 0)"])
def test_huge_arrays_without_bytes(path, shape):
    names = npy("'<U0'", shape, b"")
    with zipfile.ZipFile(saved(path), "a") as archive:
        archive.writestr("activations.npy", names)
    with pytest.raises(InvalidNetwork, match="activations must be an array of 2 strings"):
        load_network(path)


def test_an_archive_that_claims_more_than_it_can_hold(path):
    """The directory of the archive and the array's header agree on 4 GB that are not there."""
    size = 2**32 - 2**10
    content = npy(shape=f"({size // 8 - 16},)", data=bytes(8))
    header = len(content) - 8
    zipped(path, {"W0.npy": content})
    forged = bytearray(path.read_bytes())
    claimed = struct.pack("<I", header + 8 * (size // 8 - 16))
    directory = forged.find(b"PK\x01\x02")
    forged[directory + 24 : directory + 28] = claimed
    path.write_bytes(forged)
    with pytest.raises(InvalidNetwork, match="more than a file of its size can"):
        load_network(path)


@pytest.mark.filterwarnings("ignore::UserWarning")  # numpy's, on headers written by Python 2
@pytest.mark.parametrize(
    "content",
    [
        npy(version=(9, 9)),
        npy(version=(2, 0)) + b"more",
        npy(descr="'<f9'"),
        npy(descr="[('a',)]"),
        npy(descr="3"),
        npy(descr="("),
        npy(descr="'''"),
        npy(shape="'a'"),
        npy(shape="(2, 2"),
        npy(shape="(2.0, 2)"),
        npy(descr="__import__('os').system('false')"),
        npy()[:9],
        npy()[:40],
        b"\x93NUMPY\x01\x00\x06\x00{1: 2}",
        b"\x93NUMPY\x01\x00\x0e\x00{1: 2, 'a': 3}",
        b"\x93NUMPY\x01\x00\x01\x00\n",
        b"",
    ],
)
def test_headers_that_make_no_sense(path, content):
    with pytest.raises(InvalidNetwork, match=r"not a readable \.npz file|claims shape"):
        load_network(zipped(path, {"W0.npy": content}))


def test_other_versions_of_the_format_are_read(path):
    members = {"W0.npy": npy(version=(2, 0)), "b0.npy": npy(shape="(2,)", data=bytes(16), version=(3, 0))}
    assert load_network(zipped(path, members)).layers[0].weights.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_damaged_data_is_noticed(path):
    whole = bytearray(saved(path).read_bytes())
    whole[whole.find(ARRAYS["W0"].tobytes())] ^= 1
    path.write_bytes(whole)
    with pytest.raises(InvalidNetwork, match="BadZipFile"):
        load_network(path)


@pytest.mark.filterwarnings("ignore::UserWarning")
@examples(400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    save=st.sampled_from((np.savez, np.savez_compressed)),
    changes=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), min_size=1, max_size=4),
)
def test_damaged_files_raise_nothing_else(save, changes, tmp_path):
    stream = io.BytesIO()
    save(stream, **ARRAYS)
    damaged = bytearray(stream.getvalue())
    for place, content in changes:
        start = int(place * (len(damaged) - len(content)))
        damaged[start : start + len(content)] = content
    (tmp_path / "n.npz").write_bytes(damaged)
    with contextlib.suppress(InvalidNetwork):
        load_network(tmp_path / "n.npz")
