"""What a whole ONNX model is read as: inputs, numbers, what is refused; and that differences are found."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper
from onnx_models import Shape, build, f, i, n, save

from polyregions.errors import Disagreement, InvalidNetwork, MissingDependency, UnsupportedLayer
from polyregions.networks import Activation, Network, evaluate_exactly
from polyregions.networks.loaders.onnx import operators as onnx_operators
from polyregions.networks.loaders.onnx.read import load_onnx


def read(folder: Path, *nodes: Any, check: bool = True, **how: Any) -> Network:
    return load_onnx(save(build(*nodes, **how), folder), check)


# Inputs


@pytest.mark.parametrize(
    ("shape", "size"),
    [(("N", 4), 4), ((None, 2, 3), 6), ((1, 4), 4), ((4,), 4), ((1, 1, 1, 5), 5), ((2, 3), 6), (("N",), 1), ((), 1)],
)
def test_shape_of_the_input_gives_the_dimension(shape: Shape, size: int, tmp_path: Path) -> None:
    network = read(tmp_path, n("Relu"), shape=shape)
    assert (network.input_dim, network.output_dim) == (size, size)


@pytest.mark.parametrize("shape", [("N", "features"), (1, None, 3), (1, 0), (1, -2)])
def test_sizes_that_are_not_known_are_refused_with_advice(shape: Shape, tmp_path: Path) -> None:
    with pytest.raises(InvalidNetwork, match="update_inputs_outputs_dims"):
        read(tmp_path, n("Relu"), shape=shape)


def test_input_without_a_shape_is_refused(tmp_path: Path) -> None:
    model = build(n("Relu"))
    model.graph.input[0].type.tensor_type.ClearField("shape")
    with pytest.raises(InvalidNetwork):
        load_onnx(save(model, tmp_path))


def test_whole_numbers_as_inputs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidNetwork, match=r"input 'x' is of type INT64.*extract_model"):
        read(tmp_path, n("Abs"), kind=TensorProto.INT64)


def test_sequences_as_inputs_are_refused(tmp_path: Path) -> None:
    given = helper.make_tensor_sequence_value_info("x", TensorProto.FLOAT, [1, 2])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2])
    graph = helper.make_graph(
        [n("SequenceAt", "x j")], "g", [given], [result], [numpy_helper.from_array(np.array(0), "j")]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    with pytest.raises(InvalidNetwork, match="input 'x'"):
        load_onnx(save(model, tmp_path))


def test_initialisers_among_the_inputs_are_constants(tmp_path: Path) -> None:
    model = build(n("MatMul", "x w"), shape={"w": (4, 2), "x": (1, 4)}, stored={"w": f(4, 2)})
    assert load_onnx(save(model, tmp_path)).input_dim == 4


def test_model_without_inputs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidNetwork, match="no inputs"):
        read(tmp_path, n("Relu"), stored={"x": f(1, 4)})


def test_constant_output_is_read(tmp_path: Path) -> None:
    network = read(tmp_path, n("Relu"), n("Neg", "c", "z"), outputs="z y", stored={"c": f(2)})
    assert network.output_dim == 6


def test_output_without_entries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidNetwork, match="no entries"):
        read(tmp_path, n("Slice", "x a a b"), stored={"a": i(1), "b": i(1)})


def test_functions_of_the_model_are_written_out(tmp_path: Path) -> None:
    opsets = [helper.make_opsetid("", 17)]
    function = helper.make_function("own", "Twice", ["a"], ["c"], [n("Add", "a a", "c")], opsets)
    model = build(helper.make_node("Twice", ["x"], ["t"], domain="own"), n("Relu", "t"), domains=("own",))
    model.functions.append(function)
    assert load_onnx(save(model, tmp_path))([1.0, -1.0, 0.5, 0.0]).tolist() == [2.0, 0.0, 1.0, 0.0]


# Numbers


@pytest.mark.parametrize("kind", ["FLOAT16", "BFLOAT16", "FLOAT", "DOUBLE"])
def test_stored_numbers_are_exact(kind: str, tmp_path: Path) -> None:
    number = TensorProto.DataType.Value(kind)
    tensor = helper.make_tensor("w", number, [2, 1], [0.1, -1.0 / 3.0])
    stored = numpy_helper.to_array(tensor).astype(np.float64)
    model = build(n("MatMul", "x w"), shape=(1, 2), kind=number)
    model.graph.initializer.append(tensor)
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", number, [1, 1]))
    network = load_onnx(save(model, tmp_path))
    assert evaluate_exactly(network, [1, 3]) == [Fraction(stored[0, 0]) + 3 * Fraction(stored[1, 0])]


def test_plain_stack_is_what_its_arrays_make(tmp_path: Path) -> None:
    w, b, u, c = f(5, 4), f(5), f(2, 5), f(2)
    nodes = [n("Gemm", "x w b", "a", transB=1), n("Relu", "a", "h"), n("Gemm", "h u c", transB=1)]
    network = read(tmp_path, *nodes, shape=("N", 4), stored={"w": w, "b": b, "u": u, "c": c})
    assert network.digest == Network.from_arrays([w, u], [b, c]).digest


def test_floats_of_attributes_are_float32(tmp_path: Path) -> None:
    network = read(tmp_path, n("LeakyRelu", alpha=0.1), n("LeakyRelu", "y", "z"), outputs="z")
    slopes = [layer.activation.slopes[0] for layer in network.layers if isinstance(layer.activation, Activation)]
    assert slopes == [float(np.float32(0.1)), float(np.float32(0.01))]


def test_hard_sigmoid_is_exact(tmp_path: Path) -> None:
    alpha, beta = Fraction(float(np.float32(1 / 6))), Fraction(float(np.float32(0.45)))
    network = read(tmp_path, n("HardSigmoid", alpha=1 / 6, beta=0.45), shape=(1, 1))
    for x in (Fraction(-27, 10), Fraction(1, 3), Fraction(3), Fraction(100)):
        assert evaluate_exactly(network, [x]) == [min(max(alpha * x + beta, 0), 1)]


def test_rectifiers_are_one_layer_each(tmp_path: Path) -> None:
    nodes = [n("Add", "x c", "a"), n("PRelu", "a s", "b"), n("Clip", "b _ u")]
    stored = {"c": f(4), "s": np.float32([0.0, 1.0, 0.5, -1.0]), "u": np.float32(0.5)}
    network = read(tmp_path, *nodes, stored=stored)
    assert [layer.n_switches for layer in network.layers] == [3, 4]


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_numbers_that_are_not_finite_are_refused(value: float, tmp_path: Path) -> None:
    with pytest.raises(InvalidNetwork, match="finite"):
        read(tmp_path, n("Add", "x c"), stored={"c": np.float32([1, 2, 3, value])})


# What is refused


def test_everything_unsupported_is_told_at_once(tmp_path: Path) -> None:
    nodes = [
        n("Sigmoid", "x", "a", name="gate"),
        n("Mul", "a x", "b", name="swish"),
        n("MatMul", "b w", "c", name="linear"),
        n("Elu", "c", "d", name="first"),
        n("Elu", "x", "e", name="second"),
        n("Mul", "e x", "g", name="unknown"),
        n("Mul", "x x", "h", name="square"),
        n("Greater", "x x", "j"),
        n("Concat", "d g h", "k", axis=1),
        n("Softmax", "k", name="last"),
    ]
    with pytest.raises(UnsupportedLayer) as caught:
        read(tmp_path, *nodes, stored={"w": f(4, 4)})
    lines = str(caught.value).splitlines()
    assert lines[0] == "model.onnx has 5 operators that are not supported:"
    assert [line.split(":")[0] for line in lines[1:]] == [
        "- Sigmoid (gate)",
        "- Elu (first, second)",
        "- Mul (square)",
        "- Greater (output j)",
        "- Softmax (last)",
    ]
    assert "export the model without it, the decision regions are the same" in lines[-1]


@pytest.mark.parametrize("operator", ["Softmax", "LogSoftmax", "Sigmoid", "Tanh"])
def test_last_steps_are_told_to_be_left_out(operator: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedLayer, match="export the model without it"):
        read(tmp_path, n(operator))
    with pytest.raises(UnsupportedLayer, match="it is curved"):
        read(tmp_path, n(operator, "x", "a"), n("Neg", "a"))


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        (n("Mul", "x x"), "quadratic"),
        (n("MatMul", "x x"), "quadratic"),
        (n("Div", "c x"), "quotient"),
        (n("Pow", "x c"), "power"),
        (n("Shrink"), "jumps"),
        (n("Shrink", bias=0.5, lambd=0.4), "jumps"),
        (n("ThresholdedRelu", alpha=0.5), "jumps"),
        (n("Sign"), "jumps"),
        (n("Floor"), "rounds"),
        (n("Cast", to=TensorProto.INT64), "rounds"),
        (n("HardSwish"), "quadratic"),
        (n("Sqrt"), "root"),
        (n("ReduceL2"), "root"),
        (n("ReduceProd"), "product"),
        (n("Conv", "x x"), "weights: only constants"),
        (n("PRelu", "x x"), "slope: only constants"),
        (n("Where", "x x c"), "jumps"),
        (n("Einsum", equation="ij->ji"), "MatMul and Transpose"),
        (n("Dropout", "x r t"), "training mode"),
        (n("TopK", "x k", "y places", axis=1, sorted=0), "sorted"),
        (n("LayerNormalization", "x c"), "standard deviation"),
        (n("CumSum", "x k"), "not known here"),
        (n("Pad", "x p", mode="circular"), "mode 'circular'"),
        (n("Constant", "", value_string="text"), "value_string"),
    ],
    ids=lambda value: value.op_type if hasattr(value, "op_type") else "",
)
def test_reasons(node: Any, reason: str, tmp_path: Path) -> None:
    stored = {"c": f(4), "k": i(1), "p": i(0, 0, 0, 1), "r": np.float32(0.5), "t": np.array(True)}
    with pytest.raises(UnsupportedLayer, match=reason):
        read(tmp_path, node, stored=stored)


def test_batch_normalisation_in_training_is_refused(tmp_path: Path) -> None:
    stored = {name: np.abs(f(4)) for name in "sbmv"}
    with pytest.raises(UnsupportedLayer, match="inference"):
        read(tmp_path, n("BatchNormalization", "x s b m v", "y p q", training_mode=1), stored=stored)


def test_second_outputs_are_refused_where_they_are_used(tmp_path: Path) -> None:
    pool = n("MaxPool", "x", "y j", kernel_shape=[2])
    assert read(tmp_path, pool, shape=(1, 1, 4)).output_dim == 3
    with pytest.raises(UnsupportedLayer, match=r"MaxPool .*its output 1 \(from 0\) is used"):
        read(tmp_path, pool, n("Cast", "j", "k", to=TensorProto.FLOAT), outputs="y k", shape=(1, 1, 4))


def test_quantised_models_are_refused(tmp_path: Path) -> None:
    stored = {"s": np.float32(0.1), "z": np.uint8(3)}
    nodes = [n("QuantizeLinear", "x s z", "q"), n("DequantizeLinear", "q s z")]
    with pytest.raises(UnsupportedLayer, match="it rounds, so it jumps") as caught:
        read(tmp_path, *nodes, stored=stored)
    assert "QuantizeLinear" in str(caught.value)
    assert "DequantizeLinear" in str(caught.value)


def test_other_domains_are_named(tmp_path: Path) -> None:
    model = build(helper.make_node("FastGelu", ["x"], ["y"], domain="com.microsoft"), domains=("com.microsoft",))
    with pytest.raises(UnsupportedLayer, match=r"com\.microsoft\.FastGelu \(output y\): it is curved"):
        load_onnx(save(model, tmp_path))


def test_old_operators_are_refused_with_advice(tmp_path: Path) -> None:
    model = build(n("Relu"))
    model.opset_import[0].version = 6
    with pytest.raises(InvalidNetwork, match="convert_version"):
        load_onnx(save(model, tmp_path))


def test_missing_package_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = save(build(n("Relu")), tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(MissingDependency, match=r"polyregions\[onnx\]"):
        load_onnx(path)


# The comparison with the model itself


def test_a_wrong_constant_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def wrong(node: Any) -> Any:
        return node.tensor(0).activate(Activation.leaky_relu(node.real("alpha", 0.01) * (1.0 + 2.0**-40)))

    path = save(build(n("MatMul", "x w", "a"), n("LeakyRelu", "a"), stored={"w": f(4, 4)}), tmp_path)
    monkeypatch.setitem(onnx_operators.OPERATORS, "LeakyRelu", wrong)
    with pytest.raises(Disagreement, match=r"model\.onnx"):
        load_onnx(path)
    assert load_onnx(path, check=False).n_units == 4


def test_model_that_cannot_be_followed_is_refused_unless_unchecked(tmp_path: Path) -> None:
    path = save(build(n("Pad", "x p"), stored={"p": i(0, -1, 0, -1)}), tmp_path)
    with pytest.raises(InvalidNetwork, match="check=False"):
        load_onnx(path)
    assert load_onnx(path, check=False).output_dim == 2


def test_arrays_that_grow_with_every_operator(tmp_path):
    doubling = [n("Concat", f"a{k} a{k}", f"a{k + 1}", axis=1) for k in range(40)]
    path = save(build(n("Identity", "x", "a0"), *doubling, n("Relu", "a40", "y")), tmp_path)
    with pytest.raises(InvalidNetwork, match="it makes an array of"):
        load_onnx(path)


def test_a_product_of_constants_that_is_far_larger_than_they_are(tmp_path):
    stored = {"one": np.ones((1, 1), dtype=np.float32), "c": i(11000, 1), "r": i(1, 11000)}
    nodes = n("Expand", "one c", "column"), n("Expand", "one r", "row"), n("MatMul", "column row", "y")
    with pytest.raises(InvalidNetwork, match="it makes an array of"):
        load_onnx(save(build(*nodes, stored=stored), tmp_path))
