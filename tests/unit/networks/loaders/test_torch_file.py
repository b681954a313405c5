"""State dicts of plain stacks are read; everything else gets a message that says what to type."""

import contextlib
import pickle
import re
import tarfile
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
from effort import examples
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from polyregions.errors import InvalidNetwork, PolyregionsError
from polyregions.networks import Network
from polyregions.networks.loaders.torch.file import load_torch

torch = pytest.importorskip("torch")
nn = torch.nn


@pytest.fixture
def path(tmp_path):
    return tmp_path / "network.pth"


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def saved(path, content, **options):
    torch.save(content, path, **options)
    return path


def stack():
    return nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 4, bias=False), nn.ReLU(), nn.Linear(4, 2))


class Named(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.ModuleDict({"first": nn.Linear(2, 3)})
        self.out = nn.Linear(3, 1)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_state_dict(path, zipped, dtype):
    module = stack().to(dtype)
    network = load_torch(saved(path, module.state_dict(), _use_new_zipfile_serialization=zipped))
    points = np.random.default_rng(0).normal(size=(7, 3))
    with torch.no_grad():
        wanted = module.double()(torch.tensor(points)).numpy()
    np.testing.assert_allclose(network(points), wanted, 1e-12, 1e-12)
    assert network.digest == Network.from_torch(module).digest


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"state_dict": state},
        lambda state: {"epoch": 3, "model": state, "optimizer": {"state": {}, "param_groups": []}, "loss": 0.5},
        lambda state: {f"module.net.{key}": value for key, value in state.items()},
        lambda state: {key: nn.Parameter(value) for key, value in state.items()},
        lambda state: OrderedDict(sorted(state.items())),
    ],
)
def test_state_dicts_in_other_forms(path, wrap):
    module = stack()
    assert load_torch(saved(path, wrap(module.state_dict()))).digest == Network.from_torch(module).digest


def test_any_names(path):
    assert repr(load_torch(saved(path, Named().state_dict()))) == "Network(2-3-1, 3 units)"
    assert repr(load_torch(saved(path, nn.Linear(2, 3).state_dict()))) == "Network(2-3, 0 units)"
    tied = torch.ones(2, 2)
    assert repr(load_torch(saved(path, {"a.weight": tied, "b.weight": tied}))) == "Network(2-2-2, 2 units)"


def test_views_of_larger_arrays(path):
    large = torch.arange(12.0).reshape(3, 4)
    network = load_torch(saved(path, {"weight": large.T[:2], "bias": large[0, ::2]}))
    assert (network.layers[0].weights == large.numpy().T[:2]).all()
    assert network.layers[0].bias.tolist() == [0.0, 2.0]


STATES = {
    "0.weight of shape (2, 1, 3, 3)": lambda: nn.Conv2d(1, 2, 3),
    "0.weight of shape (3,)": lambda: nn.PReLU(3),
    "0.running_mean": lambda: nn.BatchNorm1d(3, affine=False),
    "0.weight_ih_l0": lambda: nn.LSTM(2, 2),
}


@pytest.mark.parametrize("words", STATES)
def test_modules_of_other_kinds(path, words):
    state = nn.Sequential(STATES[words](), nn.Linear(3, 3)).state_dict()
    for content, place in [(state, ""), ({"epoch": 1, "net": state}, "['net']")]:
        with pytest.raises(InvalidNetwork) as info:
            load_torch(saved(path, content))
        text = str(info.value)
        assert words in text
        assert f"    module.load_state_dict(torch.load('network.pth', weights_only=True){place})\n" in text
        assert "    network = Network.from_torch(module, input_shape=...)" in text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"a.weight": torch.ones(2, 3), "b.weight": torch.ones(2, 3)}, "(2, 3) do not follow those of shape (2, 3)"),
        ({"a.weight": torch.ones(2, 3), "c.bias": torch.ones(2)}, "c.bias of shape (2,)"),
        ({"bias": torch.ones(2)}, "bias of shape (2,)"),
        ({"a.weight": torch.ones(2, 3), "b.scale": torch.ones(())}, "b.scale of shape ()"),
        ({"a.weight": torch.ones(2, 3, dtype=torch.complex64)}, "is not an array of real numbers"),
        ({"a.weight": torch.ones(2, 3).to_sparse()}, "is not an array of real numbers"),
        ({"a": nn.Linear(2, 2).state_dict(), "b": nn.Linear(2, 2).state_dict()}, "several are state dicts"),
        ({"a.weight": torch.ones(2, 3), "a.bias": torch.ones(3)}, "needs a bias of shape (2,)"),
        ({"a.weight": torch.full((2, 3), float("inf"))}, "finite"),
        ({"a.weight": torch.ones(0, 3)}, "at least one unit"),
        ([torch.ones(2, 3)], "holds no state dict"),
        (torch.ones(2, 3), "holds no state dict"),
        ({}, "holds no state dict"),
        ({1: torch.ones(2, 3)}, "with the keys 1"),
        (None, "it is a NoneType"),
    ],
)
def test_other_contents(path, state, words):
    with pytest.raises(InvalidNetwork, match=re.escape(words)):
        load_torch(saved(path, state))


def test_tensors_that_claim_too_much(path):
    with pytest.raises(InvalidNetwork, match="too few numbers"):
        load_torch(saved(path, {"weight": torch.zeros(1).expand(1 << 20, 1 << 20)}))


def test_zip_bombs(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("network/data.pkl", b"x")
    data = path.read_bytes().replace((1).to_bytes(4, "little") * 2, (2**31).to_bytes(4, "little") * 2)
    path.write_bytes(data)
    with pytest.raises(InvalidNetwork, match="more than a file of its size can"):
        load_torch(path)


class Trap:
    """Unpickling this creates a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("content", [stack, lambda: {"model": stack()}])
def test_pickled_modules(path, content):
    with pytest.raises(InvalidNetwork) as info:
        load_torch(saved(path, content()))
    text = str(info.value)
    assert "    module = torch.load('network.pth', weights_only=False)  # runs code from the file" in text
    assert "torch.save(module.state_dict(), ...)" in text


@pytest.mark.parametrize("zipped", [True, False])
def test_nothing_is_executed(path, tmp_path, zipped):
    saved(path, {"weight": torch.ones(1, 1), "trap": Trap(tmp_path / "ran")}, _use_new_zipfile_serialization=zipped)
    with pytest.raises(InvalidNetwork):
        load_torch(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_torchscript(path):
    torch.jit.script(nn.Sequential(nn.Linear(2, 1))).save(path)
    with pytest.raises(InvalidNetwork, match=r"TorchScript archive(.|\n)*torch\.jit\.load\('network\.pth'"):
        load_torch(path)


def test_the_scripts_read_the_files(path, tmp_path, monkeypatch):
    """What the messages say works when typed, with the dots filled in."""
    monkeypatch.chdir(tmp_path)
    module = nn.Sequential(nn.Conv1d(1, 2, 2), nn.Flatten(), nn.Linear(4, 1))
    fillings = {"module = ...": "module = make()", "input_shape=...": "input_shape=(1, 3)"}
    for content in (module.state_dict(), {"epoch": 1, "net": module.state_dict()}, module):
        with pytest.raises(InvalidNetwork) as info:
            load_torch(saved(path, content))
        script = "\n".join(line.strip() for line in str(info.value).splitlines() if line.startswith("    "))
        for dots, filling in fillings.items():
            script = script.replace(dots, filling)
        script = script.replace("from polyregions import", "from polyregions.networks import")
        names = {"make": lambda: nn.Sequential(nn.Conv1d(1, 2, 2), nn.Flatten(), nn.Linear(4, 1))}
        exec(script, names)
        assert names["network"].digest == Network.from_torch(module, (1, 3)).digest


@pytest.mark.parametrize("data", [b"", b"hello", b"\x80\x02", b"PK\x03\x04", pickle.dumps({"a": 1}), bytes(300)])
def test_files_of_other_kinds(path, data):
    path.write_bytes(data)
    with pytest.raises(InvalidNetwork):
        load_torch(path)


@pytest.mark.parametrize("zipped", [True, False])
def test_every_cut(path, zipped):
    """No prefix of a file, and no file with a byte of its beginning set to zero or 255, raises anything else."""
    content = saved(path, nn.Linear(2, 1).state_dict(), _use_new_zipfile_serialization=zipped).read_bytes()
    changed = [content[:k] + bytes([byte]) + content[k + 1 :] for k in range(0, 700, 3) for byte in (0, 255)]
    for data in [content[:k] for k in range(0, len(content), 5)] + changed:
        path.write_bytes(data)
        with contextlib.suppress(PolyregionsError):
            load_torch(path)


def test_other_archives(path):
    with tarfile.open(path, "w"):
        pass
    with pytest.raises(InvalidNetwork):
        load_torch(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "text")
    with pytest.raises(InvalidNetwork, match="not a readable PyTorch file"):
        load_torch(path)
    with pytest.raises(InvalidNetwork):
        load_torch(path.parent / "missing.pt")
    with pytest.raises(InvalidNetwork):
        load_torch(path.parent)


@examples(80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.booleans())
def test_damaged_files(path, data, zipped):
    saved(path, stack().state_dict(), _use_new_zipfile_serialization=zipped)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content)
    with contextlib.suppress(PolyregionsError):
        load_torch(path)
