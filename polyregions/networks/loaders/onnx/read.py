"""Networks in ``.onnx`` files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks.loaders.agreement import DOUBLE, check_agreement
from polyregions.networks.loaders.onnx.constants import FOLDED, fold
from polyregions.networks.loaders.onnx.file import FLOATS, numbers, opset, read_model
from polyregions.networks.loaders.onnx.node import Node, Value, check_size
from polyregions.networks.loaders.onnx.operators import OPERATORS
from polyregions.networks.loaders.onnx.source import forward_pass
from polyregions.networks.loaders.unsupported import UNKNOWN, Problems, Unknown, reason
from polyregions.networks.network import Network
from polyregions.networks.tensor import Tensor, inputs, stacked

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, ValueInfoProto

__all__ = ["load_onnx"]

MALFORMED = (ValueError, TypeError, LookupError, ArithmeticError, MemoryError)
"""What shapes, axes and attributes that make no sense lead to."""

LAST_STEPS = {"Softmax", "LogSoftmax", "Hardmax", "Sigmoid", "LogSigmoid", "Tanh", "ArgMax", "ArgMin"}
AS_LAST_STEP = (
    "it is the last step and not piecewise linear: export the model without it, the decision regions are the same"
)

QUANTISED_NAMES = re.compile("Quantize|QLinear|Integer$|^QGemm|^QAttention")
QUANTISED = (
    "the model is quantised: it rounds, so it jumps, and only continuous functions have linear regions; "
    "export the model before it is quantised"
)


def load_onnx(path: str | Path, check: bool = True) -> Network:
    """Read a network from an ``.onnx`` file.

    Parameters
    ----------
    path : str or pathlib.Path
    check : bool
        Whether to compare the network with the model's own forward pass, in double precision by onnx's reference
        evaluator, on some points.

    Returns
    -------
    Network
        Several inputs, and several outputs, are flattened and put one after the other.

    Raises
    ------
    InvalidNetwork
        The file is damaged, or its graph does not fit together.
    UnsupportedLayer
        Some operators are not continuous and piecewise linear, or not known here: all of them are named.
    Disagreement
        The network computes something else than the model.
    MissingDependency
        onnx is not installed.

    Notes
    -----
    The model is read for a batch of one: an unknown first dimension of an input is 1.

    Stored numbers are taken as exact, whatever their type; floats in attributes are float32 values.  Operations on
    stored numbers alone, such as a weight times a scale, are done in float64, so that each of them may round; batch
    normalisation, averages and division use constants that are rounded once (see `polyregions.operators`).
    Conversions between real types, by which a runtime rounds, do nothing.

    Nothing but the file and its external data, in the same folder, is read; nothing in it is executed.
    """
    path = Path(path)
    model = read_model(path)
    try:
        with np.errstate(all="ignore"):
            reading = _Reading(model, path.name)
            for node in model.graph.node:
                reading.read(node)
            network = reading.network()
            if check:
                shapes = {name: tensor.shape for name, tensor in reading.inputs.items()}
                check_agreement(network, forward_pass(model, shapes, path.name), DOUBLE, path.name)
    except MemoryError:
        raise InvalidNetwork(f"{path.name} needs more memory than there is") from None
    return network


class _Reading:
    """The values of a graph's names, as far as they are known."""

    def __init__(self, model: ModelProto, source: str) -> None:
        graph = model.graph
        self.source, self.opset = source, opset(model)
        self.problems = Problems(source)
        self.stored = {tensor.name: tensor for tensor in graph.initializer}
        given = [value for value in graph.input if value.name not in self.stored]
        if not given:
            raise InvalidNetwork(f"{source} has no inputs, so it is a constant")
        shapes = [self._shape(value) for value in given]
        self.inputs = dict(zip([value.name for value in given], inputs(*shapes), strict=True))
        self.anchor = next(iter(self.inputs.values()))
        self.values: dict[str, Value | Unknown] = dict(self.inputs)
        self.results = [value.name for value in graph.output]
        self.used_again = {name for node in graph.node for name in node.input}
        self.used = self.used_again | set(self.results)

    def _shape(self, value: ValueInfoProto) -> tuple[int, ...]:
        """Return the shape of an input for a batch of one."""
        import onnx

        kind = value.type.tensor_type
        types = onnx.TensorProto.DataType
        name = types.Name(kind.elem_type) if kind.elem_type in types.values() else "unknown"
        if value.type.WhichOneof("value") != "tensor_type" or name not in FLOATS:
            raise InvalidNetwork(
                f"{self.source}: input {value.name!r} is of type {name}, not an array of real numbers; cut the model "
                "off after what turns it into one, for example with onnx.utils.extract_model"
            )
        known = [dim.dim_value if dim.HasField("dim_value") else None for dim in kind.shape.dim]
        shape = [1 if size is None and place == 0 else size for place, size in enumerate(known)]
        sizes = [size for size in shape if size is not None]
        if not kind.HasField("shape") or len(sizes) < len(shape) or min(sizes, default=1) < 1:
            text = f"({', '.join('?' if size is None else str(size) for size in known)})"
            raise InvalidNetwork(
                f"{self.source}: the shape of input {value.name!r} must be known but for its first axis, it is "
                f"{text if kind.HasField('shape') else 'not given'}; export the model with fixed sizes, or set them "
                "with onnx.tools.update_model_dims.update_inputs_outputs_dims"
            )
        check_size(*sizes)
        return tuple(sizes)

    def _value(self, name: str) -> Value | Unknown | None:
        """Return what a name stands for; stored numbers are converted when they are used."""
        if not name:
            return None
        if name not in self.values and name in self.stored:
            self.values[name] = numbers(self.stored[name])
        if name not in self.values:
            raise InvalidNetwork(f"{self.source}: nothing computes {name!r}; sparse initialisers are not read")
        return self.values[name]

    def read(self, node: NodeProto) -> None:
        """Work out the outputs of an operator; what cannot be read is noted, and unknown from there on."""
        operator = node.op_type if node.domain in {"", "ai.onnx"} else f"{node.domain}.{node.op_type}"
        place = node.name or f"output {', '.join(name for name in node.output if name)}"
        results: list[Value] = []
        try:
            if operator in OPERATORS or operator in FOLDED:
                results = self._outputs(node, operator)
            else:
                self.problems.add(operator, place, self._advice(node))
        except UnsupportedLayer as error:
            self.problems.add(operator, place, str(error))
        except InvalidNetwork as error:
            raise InvalidNetwork(f"{self.source}: {operator} ({place}): {error}") from None
        except MALFORMED as error:
            raise InvalidNetwork(
                f"{self.source}: {operator} ({place}) does not make sense ({type(error).__name__}: {error})"
            ) from None
        for number, name in enumerate(node.output):
            self.values[name] = results[number] if number < len(results) else UNKNOWN
            if 0 < len(results) <= number and name in self.used:
                self.problems.add(operator, place, f"its output {number} (from 0) is used; only the first is read")

    def _outputs(self, node: NodeProto, operator: str) -> list[Value]:
        """Return the outputs of an operator; none if an input is unknown."""
        import onnx

        given = [self._value(name) for name in node.input]
        known = tuple(value for value in given if not isinstance(value, Unknown))
        if len(known) < len(given):
            if operator not in OPERATORS:
                raise UnsupportedLayer(reason(operator))
            return []
        attributes = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
        count = sum(bool(name) for name in node.output)
        ready = Node(operator, node.name, known, attributes, count, self.opset, self.anchor)
        folded = fold(ready)
        if folded is not None:
            return [folded]
        if operator not in OPERATORS:
            raise UnsupportedLayer(reason(operator))
        result = OPERATORS[operator](ready)
        return [result] if isinstance(result, Tensor | np.ndarray) else list(result)

    def _advice(self, node: NodeProto) -> str | None:
        """Return what could be done about an operator that is not known, if there is more than the usual to say."""
        if QUANTISED_NAMES.search(node.op_type):
            return QUANTISED
        if node.op_type == "Einsum":
            return "write it as MatMul and Transpose, which are read"
        if node.op_type in LAST_STEPS and not self.used_again & set(node.output):
            return AS_LAST_STEP
        return None

    def network(self) -> Network:
        """Return the network, if everything could be read."""
        self.problems.check()
        if not self.results:
            raise InvalidNetwork(f"{self.source} has no outputs")
        values = [self._value(name) for name in self.results]
        tensors = [self.anchor.constant(value) if isinstance(value, np.ndarray) else value for value in values]
        result = stacked([tensor for tensor in tensors if isinstance(tensor, Tensor)])
        if not result.size:
            raise InvalidNetwork(f"{self.source}: the outputs have no entries")
        return result.network()
