"""Making small ONNX models, and evaluating them by onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Shape = tuple[int | str | None, ...]
Array = NDArray[Any]

generator = np.random.default_rng(7)


def f(*shape: int) -> Array:
    """Random float32 numbers of few digits, so that ties and signs of all kinds occur."""
    return np.asarray(generator.integers(-12, 13, shape) / 8, dtype=np.float32)


def i(*numbers: int) -> Array:
    return np.array(numbers, dtype=np.int64)


def n(operator: str, names: str = "x", outputs: str = "y", **attributes: Any) -> onnx.NodeProto:
    """A node; names are separated by spaces, and _ is an input that is left out."""
    inputs = ["" if name == "_" else name for name in names.split()]
    return helper.make_node(operator, inputs, ["" if o == "_" else o for o in outputs.split()], **attributes)


def build(
    *nodes: onnx.NodeProto,
    shape: Shape | dict[str, Shape] = (1, 4),
    stored: dict[str, Array] | None = None,
    outputs: str = "y",
    opset: int = 17,
    kind: int = TensorProto.FLOAT,
    domains: tuple[str, ...] = (),
) -> onnx.ModelProto:
    shapes = shape if isinstance(shape, dict) else {"x": shape}
    graph = helper.make_graph(
        list(nodes),
        "graph",
        [helper.make_tensor_value_info(name, kind, each) for name, each in shapes.items()],
        [helper.make_tensor_value_info(name, kind, None) for name in outputs.split()],
        [numpy_helper.from_array(array, name) for name, array in (stored or {}).items()],
    )
    versions = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    model = helper.make_model(graph, opset_imports=versions, ir_version=8)
    inferred = onnx.shape_inference.infer_shapes(model)
    for value, other in zip(model.graph.output, inferred.graph.output, strict=True):
        value.type.CopyFrom(other.type)
        value.type.tensor_type.shape.SetInParent()
    return model


def save(model: onnx.ModelProto, folder: Path, name: str = "model.onnx") -> Path:
    path = folder / name
    path.write_bytes(model.SerializeToString())
    return path


def run(path: Path, points: Array) -> Array:
    """Evaluate by onnxruntime, point by point, whatever the inputs' shapes."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    types = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16}
    rows = []
    for point in points:
        feeds, first = {}, 0
        for value in session.get_inputs():
            shape = [size if isinstance(size, int) else 1 for size in value.shape]
            size = int(np.prod(shape))
            feeds[value.name] = point[first : first + size].reshape(shape).astype(types[value.type])
            first += size
        rows.append(
            np.concatenate([np.asarray(output, dtype=np.float64).ravel() for output in session.run(None, feeds)])
        )
    return np.array(rows)
