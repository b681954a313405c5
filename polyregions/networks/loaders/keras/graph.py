"""The models of a ``.keras`` file as tensors: stacks and graphs of layers, and models within them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks.loaders.keras.archive import Json, Weights, field
from polyregions.networks.loaders.keras.layers import LAYERS, WEIGHTLESS, check_size
from polyregions.networks.loaders.keras.operations import OPERATIONS
from polyregions.networks.loaders.keras.options import Options, is_builtin
from polyregions.networks.loaders.unsupported import UNKNOWN, Problems, Unknown, reason
from polyregions.networks.tensor import Tensor

MODELS = {"Sequential", "Functional"}
FLOATS = {"float16", "bfloat16", "float32", "float64", "mixed_float16", "mixed_bfloat16"}
FOREIGN = (
    "it is not a layer of Keras itself; write it with layers that are, or build the network with polyregions.operators"
)

Value = Tensor | Unknown


@dataclass(frozen=True)
class Reference:
    """An output of a call of a layer."""

    layer: str
    call: int
    output: int


@dataclass(frozen=True)
class Call:
    """One use of a layer: what it is given, with references for tensors."""

    layer: Json
    number: int
    args: list[Any]
    kwargs: Json

    def references(self) -> Iterator[Reference]:
        """Return all references among the arguments."""
        waiting: list[Any] = [list(self.kwargs.values()), self.args]
        while waiting:
            item = waiting.pop()
            if isinstance(item, list):
                waiting.extend(reversed(item))
            elif isinstance(item, Reference):
                yield item


def argument(value: Any) -> Any:
    """Return an argument of a call: plain values, arrays of numbers, references, and lists of them."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [argument(entry) for entry in value]
    kind, config = field(value, "class_name", str, "an argument"), field(value, "config", dict, "an argument")
    if kind == "__keras_tensor__":
        return reference(config.get("keras_history"))
    if kind in {"__numpy__", "__tensor__"}:
        numbers = np.array(field(config, "value", (list, int, float), "an array"))
        if numbers.dtype.kind in "iuf":
            return numbers.astype(np.float64)
    raise UnsupportedLayer(f"an argument of the kind {kind[:40]!r} is not read")


def reference(value: Any) -> Reference:
    """Return a reference from its three parts."""
    if isinstance(value, list) and [type(part) for part in value] == [str, int, int]:
        return Reference(*value)
    raise InvalidNetwork(f"a tensor should come from a layer, a call and an output, got {str(value)[:60]!r}")


def references(value: Any) -> list[Reference]:
    """Return the inputs or outputs of a model, however nested, in the order of Keras."""
    if isinstance(value, dict) and value:
        return [part for key in sorted(value) for part in references(value[key])]
    if isinstance(value, list) and value and not isinstance(value[0], str):
        return [part for entry in value for part in references(entry)]
    return [reference(value)]


def output_references(model: Json) -> list[Reference]:
    """Return the outputs of a functional model; there, calls of functional models are counted from 1."""
    models = {name_of(layer) for layer in layers_of(model) if layer["class_name"] == "Functional"}
    parts = references(model["config"].get("output_layers"))
    return [replace(part, call=part.call - (part.layer in models)) for part in parts]


def layers_of(model: Json) -> list[Json]:
    """Return the layers of a model, each of which is an object with a class and options."""
    layers = field(field(model, "config", dict, "a model"), "layers", list, "a model")
    for layer in layers:
        field(layer, "class_name", str, "a layer")
        field(field(layer, "config", dict, "a layer"), "name", str, "the options of a layer")
    return list(layers)


def name_of(layer: Json) -> str:
    """Return a layer's own name."""
    return str(layer["config"]["name"])


def calls_of(layer: Json) -> list[Call]:
    """Return the calls of a layer of a functional model."""
    calls = []
    for number, node in enumerate(field(layer, "inbound_nodes", list, f"layer {name_of(layer)!r}")):
        args, kwargs = (field(node, key, kind, "a call") for key, kind in (("args", list), ("kwargs", dict)))
        calls.append(Call(layer, number, argument(args), {key: argument(value) for key, value in kwargs.items()}))
    return calls


def is_operation(layer: Json) -> bool:
    """Tell whether this is a function of keras.ops, not a layer."""
    return str(layer.get("module")).startswith("keras.src.ops.")


def input_layers(model: Json) -> list[Json]:
    """Return the input layers of a model in the order of its inputs."""
    layers = layers_of(model)
    if model["class_name"] == "Sequential":
        if layers and layers[0]["class_name"] == "InputLayer":
            return layers[:1]
        raise InvalidNetwork("a Sequential model should begin with its input layer; build it before it is saved")
    named = {name_of(layer): layer for layer in layers if layer["class_name"] == "InputLayer"}
    wanted = references(model["config"].get("input_layers"))
    if not wanted or any(part.layer not in named for part in wanted):
        raise InvalidNetwork(f"a model's inputs should be input layers, got {[part.layer for part in wanted]}")
    return [named[part.layer] for part in wanted]


def input_shape(layer: Json) -> tuple[int, ...]:
    """Return the shape of an input, with a batch of 1."""
    config = layer["config"]
    shape = field(config, "batch_shape", list, f"input {name_of(layer)!r}")[1:]
    if not all(type(size) is int and 0 < size < 2**31 for size in shape):
        raise UnsupportedLayer(f"its shape {shape} is open; save the model with inputs of a fixed shape")
    if str(config.get("dtype")) not in FLOATS or config.get("sparse") or config.get("ragged"):
        raise UnsupportedLayer(f"it takes {config.get('dtype')}, sparse or ragged arrays; only dense floats are read")
    check_size(shape)
    return (1, *shape)


class Graph:
    """Turns models into tensors.

    Parameters
    ----------
    weights : Weights
    problems : Problems
    """

    def __init__(self, weights: Weights, problems: Problems) -> None:
        self.weights, self.problems = weights, problems

    def model(self, model: Json, path: str, given: list[Value]) -> list[Value]:
        """Apply a model, whose weights are at a path, to its inputs."""
        names = [layer["config"]["name"] for layer in layers_of(model)]
        if len(set(names)) < len(names):
            raise InvalidNetwork("the layers of a model should have different names")
        own = input_layers(model)
        if len(own) != len(given):
            raise InvalidNetwork(f"a model of {len(own)} inputs is given {len(given)}")
        for layer, value in zip(own, given, strict=True):
            if isinstance(value, Tensor) and value.shape != input_shape(layer):
                raise InvalidNetwork(f"input {name_of(layer)!r} should have the shape {input_shape(layer)[1:]}")
        paths = _weight_paths(model, path)
        if model["class_name"] == "Functional":
            return self._functional(model, paths, dict(zip(map(name_of, own), given, strict=True)))
        (value,) = given
        for layer in layers_of(model)[1:]:
            (value,) = self._layer(Call(layer, 0, [value], {}), paths.get(name_of(layer), ""), [value], {})
        return [value]

    def _functional(self, model: Json, paths: dict[str, str], given: dict[str, Value]) -> list[Value]:
        values: dict[tuple[str, int], list[Value]] = {(name, 0): [value] for name, value in given.items()}
        waiting: dict[tuple[str, int], list[Call]] = {}
        missing: dict[int, int] = {}
        ready: list[Call] = []
        for call in [call for layer in layers_of(model) for call in self._calls(layer)]:
            needed = {(part.layer, part.call) for part in call.references()} - set(values)
            missing[id(call)] = len(needed)
            for key in needed:
                waiting.setdefault(key, []).append(call)
            if not needed:
                ready.append(call)
        while ready:
            call = ready.pop()
            key = (name_of(call.layer), call.number)
            args, kwargs = self._resolved(call.args, values), self._resolved(call.kwargs, values)
            values[key] = self._layer(call, paths.get(key[0], ""), args, kwargs)
            for other in waiting.pop(key, []):
                missing[id(other)] -= 1
                if not missing[id(other)]:
                    ready.append(other)
        wanted = output_references(model)
        if self.problems and waiting:
            return [UNKNOWN for _ in wanted]
        result = [self._resolved(part, values) for part in wanted]
        if waiting:
            layer, number = next(iter(waiting))
            raise InvalidNetwork(f"call {number} of a layer {layer!r} is used but never made")
        return result

    def _calls(self, layer: Json) -> list[Call]:
        try:
            return calls_of(layer)
        except UnsupportedLayer as error:
            self.problems.add(layer["class_name"], name_of(layer), str(error))
            return []

    def _resolved(self, item: Any, values: dict[tuple[str, int], list[Value]]) -> Any:
        """Put tensors in the place of references."""
        if isinstance(item, list):
            return [self._resolved(entry, values) for entry in item]
        if isinstance(item, dict):
            return {key: self._resolved(entry, values) for key, entry in item.items()}
        if not isinstance(item, Reference):
            return item
        outputs = values.get((item.layer, item.call), [])
        if not 0 <= item.output < len(outputs):
            raise InvalidNetwork(f"there is no output {item.output} of call {item.call} of a layer {item.layer!r}")
        return outputs[item.output]

    def _layer(self, call: Call, path: str, args: list[Any], kwargs: Json) -> list[Value]:
        """Apply a layer; what is not supported is noted and gives an unknown value."""
        kind, name = call.layer["class_name"], name_of(call.layer)
        try:
            if not is_builtin(call.layer):
                raise UnsupportedLayer(reason(kind) if kind == "Lambda" else FOREIGN)
            if is_operation(call.layer):
                return [operation(call.layer, args, kwargs)]
            inputs_ = call_input(args, kwargs)
            if kind in MODELS:
                return self.model(call.layer, path, inputs_ if isinstance(inputs_, list) else [inputs_])
            return [self._apply(Options(kind, name, call.layer["config"], self.weights, path), inputs_)]
        except UnsupportedLayer as error:
            self.problems.add(kind, name, str(error))
            return [UNKNOWN]
        except InvalidNetwork as error:
            raise InvalidNetwork(f"{kind} {name!r}: {error}") from None

    def _apply(self, options: Options, given: Any) -> Value:
        """Apply a layer that is not a model."""
        if options.kind not in LAYERS:
            raise UnsupportedLayer(reason(options.kind))
        function, known = LAYERS[options.kind]
        check_options(options, known)
        activation = options.activation()
        many = isinstance(given, list)
        if any(isinstance(value, Unknown) for value in (given if many else [given])):
            return UNKNOWN
        if many != (options.kind in SEVERAL) or not all(isinstance(x, Tensor) for x in (given if many else [given])):
            raise UnsupportedLayer("it is given something else than tensors, or more or fewer than it takes")
        return function(given, options).activate(activation)


SEVERAL = {"Add", "Subtract", "Average", "Maximum", "Minimum", "Concatenate"}


def call_input(args: list[Any], kwargs: Json) -> Any:
    """Return the tensors that a layer is given; everything else must be as it is when a network is used."""
    rest = {key: value for key, value in kwargs.items() if args or key != "inputs"}
    if not _is_nothing([*args[1:], *rest.values()]):
        raise UnsupportedLayer(
            f"it is called with other arguments than tensors: {', '.join(map(str, rest)) or 'unnamed'}"
        )
    if not args and "inputs" not in kwargs:
        raise InvalidNetwork("it is called without an input")
    return args[0] if args else kwargs["inputs"]


def _is_nothing(value: Any) -> bool:
    """Tell whether an argument asks for nothing: null, false, or lists of them."""
    return all(map(_is_nothing, value)) if isinstance(value, list) else value is None or value is False


def check_options(options: Options, known: frozenset[str]) -> None:
    """Refuse options that are not known, and numbers that are not floats."""
    policy = options.config.get("dtype")
    name = policy.get("config", {}).get("name") if isinstance(policy, dict) else policy
    if name is not None and (not isinstance(name, str) or name not in FLOATS):
        raise UnsupportedLayer(f"it computes with {str(name)[:40]!r}; only floats are read, not quantised numbers")
    other = [key for key in options.config if key not in known and not WEIGHTLESS.fullmatch(key) and options.given(key)]
    if other:
        raise UnsupportedLayer(f"its options {', '.join(other)} are not known here")


def operation(layer: Json, args: list[Any], kwargs: Json) -> Value:
    """Apply a function of keras.ops."""
    kind, config = layer["class_name"], layer["config"]
    if kind not in OPERATIONS:
        raise UnsupportedLayer(reason(kind))
    function, known = OPERATIONS[kind]
    if kwargs or not all(key == "name" or key in known for key in config):
        raise UnsupportedLayer("its arguments are not known here")
    flat = [value for entry in args for value in (entry if isinstance(entry, list) else [entry])]
    if any(isinstance(value, Unknown) for value in flat):
        return UNKNOWN
    numbers = [value for value in flat if not isinstance(value, Tensor)]
    if len(numbers) == len(flat) or not all(type(value) in (np.ndarray, float, int) for value in numbers):
        raise UnsupportedLayer("it is given something else than tensors and numbers")
    return function(Options(kind, name_of(layer), config, None, ""), *args)  # type: ignore[arg-type]


def _weight_paths(model: Json, path: str) -> dict[str, str]:
    """Return where the weights of the layers are: their classes in snake case, numbered where one occurs again."""
    counts: Counter[str] = Counter()
    paths = {}
    for layer in layers_of(model):
        kind = layer["class_name"]
        if is_operation(layer) or (kind == "InputLayer" and model["class_name"] == "Sequential"):
            continue
        snake = re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", kind)).lower()
        number = counts[snake]
        counts[snake] += 1
        paths[name_of(layer)] = f"{path}layers/{snake}{f'_{number}' if number else ''}" + (
            "/" if kind in MODELS else ""
        )
    return paths
