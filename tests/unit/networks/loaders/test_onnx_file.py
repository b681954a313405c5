"""Damaged and hostile ONNX files, and external data."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx")

import onnx
from onnx import TensorProto, external_data_helper, helper, numpy_helper
from onnx_cases import CASES
from onnx_models import build, f, i, n, save

from polyregions.errors import InvalidNetwork
from polyregions.networks.loaders.onnx import file as onnx_file
from polyregions.networks.loaders.onnx.read import load_onnx

NETWORK = build(
    n("Gemm", "x w b", "a", transB=1), n("Relu", "a"), shape=("N", 4), stored={"w": f(3, 4), "b": f(3)}
).SerializeToString()


# Damage


def test_truncated_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.onnx"
    for length in range(0, len(NETWORK), 10):
        path.write_bytes(NETWORK[:length])
        with pytest.raises(InvalidNetwork, match=r"cut\.onnx"):
            load_onnx(path)


def test_random_bytes_are_refused(tmp_path: Path) -> None:
    path, generator = tmp_path / "noise.onnx", np.random.default_rng(0)
    for length in (0, 1, 10, 100, 1000):
        path.write_bytes(generator.bytes(length))
        with pytest.raises(InvalidNetwork, match=r"noise\.onnx"):
            load_onnx(path)


@pytest.mark.parametrize("seed", range(4))
def test_changed_bytes_give_a_network_or_an_error_of_ours(seed: int, tmp_path: Path) -> None:
    path, generator = tmp_path / "changed.onnx", np.random.default_rng(seed)
    for case in generator.choice(np.array(CASES, dtype=object), 50):
        data = bytearray(case.model().SerializeToString())
        for place in generator.integers(0, len(data), 3):
            data[place] = (data[place] + 1) % 128
        path.write_bytes(data)
        try:
            load_onnx(path, check=False)
        except InvalidNetwork:
            continue


@pytest.mark.parametrize("name", ["missing.onnx", "."])
def test_files_that_cannot_be_opened_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidNetwork, match="cannot be read"):
        load_onnx(tmp_path / name)


def test_large_files_are_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "large.onnx"
    path.write_bytes(NETWORK)
    monkeypatch.setattr(onnx_file, "MOST_BYTES", 100)
    with pytest.raises(InvalidNetwork, match="at most 100"):
        load_onnx(path)


def test_names_that_are_not_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "names.onnx"
    model = build(n("Relu", "x", "hidden"), n("Neg", "hidden"))
    path.write_bytes(model.SerializeToString().replace(b"hidden", b"\xf0idden"))
    with pytest.raises(InvalidNetwork, match="not text"):
        load_onnx(path)


@pytest.mark.parametrize(
    "nodes",
    [
        [n("Relu", "z")],
        [n("Relu", "x", "z")],
        [n("Nonsense")],
        [n("Relu", "x x")],
        [n("Relu", alpha=1.0)],
        [n("Relu"), n("Neg")],
    ],
)
def test_invalid_graphs_are_refused(nodes: list[Any], tmp_path: Path) -> None:
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    with pytest.raises(InvalidNetwork, match="not a valid ONNX model"):
        load_onnx(save(model, tmp_path))


@pytest.mark.parametrize(
    "node",
    [
        n("MatMul", "x w"),
        n("Gemm", "x w"),
        n("Reshape", "x s"),
        n("Transpose", perm=[0, 0]),
        n("Transpose", perm=[0, 7]),
        n("Concat", "x w", axis=1),
        n("Concat", "x x", axis=9),
        n("Slice", "x s w s"),
        n("Gather", "x s", axis=1),
        n("Gather", "x w", axis=1),
        n("Squeeze", "x s"),
        n("Unsqueeze", "x w"),
        n("Expand", "x s"),
        n("Flatten", axis=3),
        n("Split", "x s", "y z", axis=1),
        n("Pad", "x s"),
        n("Conv", "x w"),
        n("MaxPool", kernel_shape=[2]),
        n("GlobalMaxPool"),
        n("BatchNormalization", "x w w w w"),
        n("PRelu", "x w"),
        n("Clip", "x w"),
        n("ReduceSum", "x s"),
        n("Cast", to=99),
        n("Tile", "x w"),
    ],
    ids=lambda node: node.op_type,
)
def test_nodes_that_do_not_fit_are_named(node: Any, tmp_path: Path) -> None:
    graph = helper.make_graph(
        [node],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])],
        [numpy_helper.from_array(f(3, 2), "w"), numpy_helper.from_array(i(7, -5, 9), "s")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    with pytest.raises(InvalidNetwork, match=f"{node.op_type}|no entries"):
        load_onnx(save(model, tmp_path))


# Sizes that are only claimed


HUGE = 10**12
ROW, IMAGE = (1, 4), (1, 1, 4, 4)
WINDOWS = {"kernel_shape": [HUGE, HUGE], "pads": [HUGE] * 4}
ENDS = {"o": np.array(0), "b": np.array(HUGE), "t": np.array(1)}
CLAIMS: dict[str, tuple[Any, ...]] = {
    "expand": (ROW, {"b": i(HUGE, 1)}, n("Expand", "x b")),
    "tile": (ROW, {"b": i(HUGE, HUGE)}, n("Tile", "x b")),
    "pad": (ROW, {"b": i(0, 0, 0, HUGE)}, n("Pad", "x b")),
    "wrap": (ROW, {"b": i(0, HUGE, 0, HUGE)}, n("Pad", "x b", mode="wrap")),
    "zeros": (ROW, {"b": i(HUGE)}, n("ConstantOfShape", "b", "c"), n("Add", "x c")),
    "range": (ROW, ENDS, n("Range", "o b t", "c"), n("Gather", "x c")),
    "fold": (ROW, {"c": f(4, 9000), "d": f(9000, 1, 1)}, n("Add", "c d", "e"), n("MatMul", "x e")),
    "broadcast": (ROW, {"c": f(2000000, 1)}, n("Add", "x c")),
    "resize": (IMAGE, {"s": np.float32([1, 1, HUGE, HUGE])}, n("Resize", "x _ s")),
    "max-pool": (IMAGE, {}, n("MaxPool", **WINDOWS)),
    "average-pool": (IMAGE, {}, n("AveragePool", **WINDOWS)),
    "conv": (IMAGE, {"w": f(1, 1, 2, 2)}, n("Conv", "x w", pads=[HUGE] * 4)),
    "conv-transpose": (IMAGE, {"w": f(1, 1, 2, 2)}, n("ConvTranspose", "x w", strides=[HUGE, HUGE])),
}
"""Small files that speak of large arrays: the input's shape, what is stored, nodes."""


@pytest.mark.parametrize("name", CLAIMS)
def test_large_arrays_are_not_made(name: str, tmp_path: Path) -> None:
    shape, stored, *nodes = CLAIMS[name]
    path = save(build(*nodes, shape=shape, stored=stored), tmp_path)
    start = time.perf_counter()
    with pytest.raises(InvalidNetwork, match=r"at most|too small"):
        load_onnx(path)
    assert time.perf_counter() - start < 1.0


def test_large_inputs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidNetwork, match="at most"):
        load_onnx(save(build(n("Relu"), shape=(1, HUGE)), tmp_path))


def test_initialisers_that_claim_more_than_they_hold_are_refused(tmp_path: Path) -> None:
    model = build(n("Add", "x c"), stored={"c": f(4)})
    model.graph.initializer[0].dims[:] = [HUGE, HUGE]
    with pytest.raises(InvalidNetwork):
        load_onnx(save(model, tmp_path))


def test_text_among_the_initialisers_is_refused_where_it_is_used(tmp_path: Path) -> None:
    labels = helper.make_tensor("labels", TensorProto.STRING, [2], [b"cat", b"dog"])
    model = build(n("Relu"))
    model.graph.initializer.append(labels)
    assert load_onnx(save(model, tmp_path)).output_dim == 4
    model = build(n("Concat", "x labels", axis=0))
    model.graph.initializer.append(labels)
    with pytest.raises(InvalidNetwork, match="holds STRING"):
        load_onnx(save(model, tmp_path))


# External data


def external(folder: Path, location: str, **entries: Any) -> Path:
    """A model whose weights are said to be somewhere else."""
    model = build(n("MatMul", "x w"), stored={"w": f(4, 2)})
    external_data_helper.set_external_data(model.graph.initializer[0], location)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=str(value))
    return save(model, folder)


def test_external_data_beside_the_file_is_read(tmp_path: Path) -> None:
    weights = np.arange(8, dtype=np.float32)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "weights.bin").write_bytes(b"1234" + weights.tobytes() + b"5678")
    network = load_onnx(external(tmp_path, "data/weights.bin", offset=4, length=32))
    assert network([1.0, 0.0, 0.0, 1.0]).tolist() == [6.0, 8.0]


def test_external_data_as_onnx_saves_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    model = onnx.load_from_string(NETWORK)
    onnx.save(model, path, save_as_external_data=True, location="model.data", size_threshold=0)
    assert (tmp_path / "model.data").is_file()
    (tmp_path / "plain.onnx").write_bytes(NETWORK)
    assert load_onnx(path).digest == load_onnx(tmp_path / "plain.onnx").digest


@pytest.mark.parametrize(
    "location", ["../secret.bin", "a/../../secret.bin", "{absolute}", "link.bin", "missing.bin", ""]
)
def test_external_data_elsewhere_is_not_opened(location: str, tmp_path: Path) -> None:
    (tmp_path / "secret.bin").write_bytes(bytes(32))
    folder = tmp_path / "model"
    (folder / "a").mkdir(parents=True)
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    with pytest.raises(InvalidNetwork, match="not a file in the model's folder"):
        load_onnx(external(folder, location.format(absolute=tmp_path / "secret.bin")))


@pytest.mark.parametrize(
    "entries",
    [{"length": 33}, {"offset": 4, "length": 32}, {"offset": -4}, {"offset": 40}, {"length": -1}, {"offset": "x"}],
)
def test_external_data_out_of_bounds_is_refused(entries: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(bytes(32))
    with pytest.raises(InvalidNetwork, match=r"weights\.bin, which has 32"):
        load_onnx(external(tmp_path, "weights.bin", **entries))


def test_external_data_of_the_wrong_length_is_refused(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(bytes(28))
    with pytest.raises(InvalidNetwork):
        load_onnx(external(tmp_path, "weights.bin"))


def test_functions_that_call_each_other_too_often(tmp_path):
    """Ten levels of ten calls are a small file, and ten thousand million operators."""
    model = build(n("f9", domain="own"), domains=("own",))
    for level in range(10):
        inner = [
            n(
                "Relu" if level == 0 else f"f{level - 1}",
                "x" if k == 0 else f"v{k}",
                "y" if k == 9 else f"v{k + 1}",
                **({} if level == 0 else {"domain": "own"}),
            )
            for k in range(10)
        ]
        versions = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
        model.functions.append(helper.make_function("own", f"f{level}", ["x"], ["y"], inner, versions))
    with pytest.raises(InvalidNetwork, match="functions that make more than"):
        load_onnx(save(model, tmp_path))
