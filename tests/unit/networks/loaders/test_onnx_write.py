"""Networks written as ONNX: other programs compute the same, and reading gives the same function back, exactly."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

pytest.importorskip("onnx")

import onnx
from onnx.reference import ReferenceEvaluator

from polyregions.errors import InvalidNetwork, MissingDependency
from polyregions.networks import Activation, Layer, Maximum, Network, evaluate_exactly
from polyregions.networks.loaders.onnx import write as onnx_write
from polyregions.networks.loaders.onnx.read import load_onnx
from polyregions.networks.loaders.onnx.write import save_onnx

generator = np.random.default_rng(3)

CUSTOM = Activation((-1.0, 0.1, 2.0), (0.3, -1.1, 0.0, 0.7), 0.123)
ACTIVATIONS = {
    "relu": Activation.relu(),
    "identity": Activation.identity(),
    "leaky-relu": Activation.leaky_relu(0.1),
    "absolute": Activation.absolute(),
    "relu6": Activation.relu6(),
    "below": Activation.clamp(low=0.3),
    "above": Activation.clamp(high=-0.2),
    "hard-tanh": Activation.hard_tanh(-0.7, 0.1),
    "soft-shrink": Activation.soft_shrink(0.3),
    "hard-sigmoid": Activation.hard_sigmoid(),
    "custom": CUSTOM,
    "hat": Activation((-1.0, 0.0, 1.0), (0.0, 1.0, -1.0, 0.0), 0.0),
    "valley": Activation((0.5,), (-1.0, 0.5), -0.25),
    "steep": Activation((0.0,), (2.0, 1.0), 0.0),
    "shifted": Activation((), (2.5,), 0.3),
    "constant": Activation((), (0.0,), 0.3),
}


def matrix(*shape: int) -> np.ndarray:
    return generator.standard_normal(shape)


def ending_with(*layers: Layer, sources: tuple[int, ...] | None = None) -> Network:
    """A network with one more layer of two outputs."""
    last = len(layers)
    widths = [layers[0].weights.shape[1], *(layer.width for layer in layers)]
    width = sum(widths[source] for source in (sources or (last,)))
    return Network((*layers, Layer(matrix(2, width), matrix(2), Activation.identity(), sources)))


def networks() -> dict[str, Network]:
    found = {name: ending_with(Layer(matrix(4, 3), matrix(4), kind)) for name, kind in ACTIVATIONS.items()}
    kinds = tuple(ACTIVATIONS.values())
    slopes = tuple(Activation.leaky_relu(slope) for slope in (0.0, 0.5, 1.0, -1.0, 3.0))
    selection = csr_array(([1.0] * 4, [2, 0, 2, 1], [0, 1, 2, 3, 4]), (4, 3))
    thin = csr_array(([0.1, 2.0, 1.0], [2, 0, 1], [0, 2, 2, 3]), (3, 3))
    first = Layer(matrix(5, 3), matrix(5), Activation.relu())
    return found | {
        "each": ending_with(Layer(matrix(len(kinds), 3), matrix(len(kinds)), kinds)),
        "slopes": ending_with(Layer(matrix(5, 3), matrix(5), slopes)),
        "maxout": ending_with(Layer(matrix(6, 3), matrix(6), Maximum([(0, 1), (2, 3), (4, 5)]))),
        "groups": ending_with(Layer(matrix(6, 3), matrix(6), Maximum([(0, 1), (2, 3, 4), (1, 5), (0,), (5, 2, 1)]))),
        "maximum-last": Network((first, Layer(matrix(3, 5), np.zeros(3), Maximum([(2, 0), (1, 2)])))),
        "skip": ending_with(first, Layer(matrix(4, 8), matrix(4), Activation.relu(), (1, 0)), sources=(2, 0, 1)),
        "twice": ending_with(first, sources=(1, 1)),
        "selection": ending_with(Layer(selection, np.array([0.0, 0.1, 0.0, 0.2]), Activation.relu())),
        "sparse": ending_with(Layer(thin, np.array([0.1, 0.0, -0.3]), Activation.relu())),
        "plain": ending_with(first, Layer(matrix(4, 5), np.zeros(4), Activation.relu())),
        "activation-last": Network((first, Layer(matrix(2, 5), matrix(2), CUSTOM))),
        "extreme": ending_with(Layer(matrix(3, 3) * 1e-300, matrix(3) * 1e300, Activation.relu())),
    }


NETWORKS = networks()


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_read_again_is_the_same_function(name: str, tmp_path: Path) -> None:
    network = NETWORKS[name]
    save_onnx(network, tmp_path / "network.onnx")
    again = load_onnx(tmp_path / "network.onnx")
    for point in generator.integers(-16, 17, (12, network.input_dim)) / 8:
        assert evaluate_exactly(again, point) == evaluate_exactly(network, point)


@pytest.mark.parametrize("name", NETWORKS)
def test_other_programs_compute_the_same(name: str, tmp_path: Path) -> None:
    network, path = NETWORKS[name], tmp_path / "network.onnx"
    save_onnx(network, path)
    onnx.checker.check_model(str(path), full_check=True)
    points = generator.integers(-16, 17, (7, network.input_dim)) / 8
    wanted = np.array([[float(y) for y in evaluate_exactly(network, point)] for point in points])
    found = {"reference": ReferenceEvaluator(str(path)).run(None, {"input": points})[0]}
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found["onnxruntime"] = session.run(["output"], {"input": points})[0]
    for outputs in found.values():
        np.testing.assert_allclose(outputs, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["relu", "identity", "leaky-relu", "absolute", "relu6", "below", "hard-tanh", "plain"])
def test_plain_stacks_are_read_as_they_were(name: str, tmp_path: Path) -> None:
    save_onnx(NETWORKS[name], tmp_path / "network.onnx")
    assert load_onnx(tmp_path / "network.onnx").digest == NETWORKS[name].digest


@pytest.mark.parametrize("name", ["slopes", "maxout", "skip", "selection", "sparse"])
def test_switches_are_read_as_they_were(name: str, tmp_path: Path) -> None:
    save_onnx(NETWORKS[name], tmp_path / "network.onnx")
    again = load_onnx(tmp_path / "network.onnx")
    assert (again.n_units, again.n_switches) == (NETWORKS[name].n_units, NETWORKS[name].n_switches)


def test_deep_random_stacks_keep_their_digest(tmp_path: Path) -> None:
    for depth in (1, 2, 5):
        widths = generator.integers(1, 9, depth + 1).tolist()
        weights = [matrix(b, a).astype(np.float32) for a, b in pairwise(widths)]
        network = Network.from_arrays(weights, [matrix(len(w)).astype(np.float32) for w in weights])
        save_onnx(network, tmp_path / "network.onnx")
        assert load_onnx(tmp_path / "network.onnx").digest == network.digest


def test_names_and_shapes_are_as_documented(tmp_path: Path) -> None:
    save_onnx(NETWORKS["plain"], tmp_path / "network.onnx")
    model = onnx.load(tmp_path / "network.onnx")
    for value, name, size in ((model.graph.input[0], "input", 3), (model.graph.output[0], "output", 2)):
        assert value.name == name
        assert value.type.tensor_type.elem_type == onnx.TensorProto.DOUBLE
        assert [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim] == ["batch", size]


def test_networks_that_are_too_large_are_refused_before_they_are_made(tmp_path: Path) -> None:
    size = 20_000
    wide = csr_array(([2.0], [0], [0, 1, *[1] * (size - 1)]), (size, size))
    network = Network((Layer(wide, np.zeros(size), Activation.identity()),))
    with pytest.raises(InvalidNetwork, match="save the network as"):
        save_onnx(network, tmp_path / "network.onnx")
    assert not (tmp_path / "network.onnx").exists()


def test_total_size_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(onnx_write, "LARGEST", 250)
    with pytest.raises(InvalidNetwork, match="at most 250"):
        save_onnx(NETWORKS["plain"], tmp_path / "network.onnx")


def test_missing_package_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(MissingDependency, match=r"writing \.onnx files needs onnx"):
        save_onnx(NETWORKS["plain"], tmp_path / "network.onnx")
