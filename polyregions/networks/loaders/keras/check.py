"""A Keras model beside the network that was read: the same layers, rebuilt from what was understood of the file.

Keras never sees the file.  It loads an archive that is written here, which holds nothing but known layers of Keras
itself, their known options and the arrays that were read; so nothing of a file is ever executed, and Keras' own
assignment of arrays to layers is part of the comparison.  All layers of that model compute in the same precision,
float64 where the backend can and float32 elsewhere.
"""

from __future__ import annotations

import importlib
import io
import json
import tempfile
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyregions.errors import InvalidNetwork, MissingDependency
from polyregions.networks.loaders.agreement import DOUBLE, SINGLE, check_agreement, random_points
from polyregions.networks.loaders.keras.archive import CONFIG, METADATA, WEIGHTS, Json
from polyregions.networks.loaders.keras.graph import (
    MODELS,
    Call,
    Reference,
    call_input,
    calls_of,
    input_layers,
    input_shape,
    is_operation,
    layers_of,
    name_of,
    references,
)
from polyregions.networks.loaders.keras.layers import LAYERS
from polyregions.networks.loaders.keras.operations import OPERATIONS
from polyregions.networks.loaders.keras.options import activation_layer
from polyregions.networks.network import Network

REFUSALS = (ValueError, TypeError, RuntimeError, AttributeError, LookupError, ArithmeticError)
"""What Keras and its backends raise."""


def compare(network: Network, model: Json, arrays: dict[str, NDArray[np.float64]], what: str) -> None:
    """Compare a network with Keras' own forward pass of a model that was understood.

    Raises
    ------
    Disagreement
    MissingDependency
        Keras is not installed, or its backend is not.
    """
    keras = import_keras()
    points = random_points(network.input_dim)
    try:
        # Most backends turn float64 into float32 in the midst of a layer.
        precision = str(keras.backend.result_type("float64", "float64"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the way Keras calls numpy and torch is not the user's concern
            outputs = forward(keras, archive(Rebuilt(precision).model(model), arrays, keras.__version__), model, points)
    except ImportError as error:
        raise MissingDependency(f"{ADVICE} ({error})") from None
    except REFUSALS as error:
        text = f"{type(error).__name__}: {str(error)[:300]}"
        raise InvalidNetwork(f"keras cannot build or evaluate the model that was read ({text})") from None
    check_agreement(network, lambda _: outputs, DOUBLE if precision == "float64" else SINGLE, what, points)


def forward(keras: Any, content: bytes, model: Json, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the outputs of a ``.keras`` file at points, on the processor."""
    processor = "cpu" if keras.backend.backend() == "torch" else "cpu:0"
    with tempfile.TemporaryDirectory() as folder, keras.device(processor):
        path = Path(folder, "model.keras")
        path.write_bytes(content)
        loaded = keras.saving.load_model(path, compile=False, safe_mode=True)
        return outputs_of(keras, loaded, [input_shape(layer)[1:] for layer in input_layers(model)], points)


def compare_model(network: Network, model: Any) -> None:
    """Compare a network with the Keras model that it was read from.

    Raises
    ------
    Disagreement
    """
    keras = import_keras()
    points = random_points(network.input_dim)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outputs = outputs_of(keras, model, [tuple(given.shape[1:]) for given in model.inputs], points)
    check_agreement(network, lambda _: outputs, SINGLE, f"the model {model.name}", points)


def outputs_of(
    keras: Any, model: Any, shapes: Sequence[tuple[int, ...]], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the outputs of a Keras model at points: all of them, flattened, one after the other."""
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    parts = np.split(points, ends, axis=1)
    given = [part.reshape(len(points), *shape) for part, shape in zip(parts, shapes, strict=True)]
    answers = keras.tree.flatten(model(given if len(given) > 1 else given[0], training=False))
    flat = [np.asarray(keras.ops.convert_to_numpy(answer)).reshape(len(points), -1) for answer in answers]
    return np.concatenate(flat, axis=1).astype(np.float64)


ADVICE = (
    "keras cannot compute with its backend: install that, or another one, for example torch, and set the environment "
    "variable KERAS_BACKEND=torch before Python starts; check=False reads the file without keras"
)


def import_keras() -> Any:
    """Return the module keras, with the backend that the user has chosen."""
    try:
        return importlib.import_module("keras")
    except ModuleNotFoundError as error:
        if error.name == "keras":
            raise MissingDependency(
                "comparing with keras needs keras: python -m pip install 'polyregions[keras]'; "
                "check=False reads the file without it"
            ) from None
        raise MissingDependency(f"{ADVICE} ({error})") from None
    except ImportError as error:
        raise MissingDependency(f"{ADVICE} ({error})") from None


def archive(model: Json, arrays: dict[str, NDArray[np.float64]], version: str) -> bytes:
    """Return a ``.keras`` file."""
    import h5py

    weights, result = io.BytesIO(), io.BytesIO()
    with h5py.File(weights, "w") as file:
        for path, array in arrays.items():
            file[path] = array
    with zipfile.ZipFile(result, "w") as members:
        members.writestr(METADATA, json.dumps({"keras_version": version, "date_saved": ""}))
        members.writestr(CONFIG, json.dumps(model))
        members.writestr(WEIGHTS, weights.getvalue())
    return result.getvalue()


class Rebuilt:
    """Writes a model with nothing but what is known.

    Parameters
    ----------
    precision : str
        What all its layers compute in.
    """

    def __init__(self, precision: str) -> None:
        self.precision = precision

    def model(self, model: Json) -> Json:
        """Return a model."""
        config: Json = {"name": name_of(model), "trainable": True}
        layers = [self.layer(layer) for layer in layers_of(model)]
        if model["class_name"] == "Sequential":
            shape = [None, *input_shape(layers_of(model)[0])[1:]]
            config |= {"dtype": self.precision, "layers": layers, "build_input_shape": shape}
            return {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": None}
        for layer, old in zip(layers, layers_of(model), strict=True):
            calls = [] if old["class_name"] == "InputLayer" else calls_of(old)
            layer |= {"name": name_of(old), "inbound_nodes": [self.call(call) for call in calls]}
        config |= {"layers": layers}
        for key in ("input_layers", "output_layers"):
            parts = references(model["config"][key])
            config[key] = [[part.layer, part.call, part.output] for part in parts]
        own = "Functional"
        return {"module": "keras.src.models.functional", "class_name": own, "config": config, "registered_name": own}

    def layer(self, layer: Json) -> Json:
        """Return a layer with its known options."""
        kind, config, name = layer["class_name"], layer["config"], name_of(layer)
        if kind in MODELS:
            return self.model(layer)
        if is_operation(layer):
            known = {key: plain(config[key]) for key in OPERATIONS[kind][1] if key in config}
            module = "keras.src.ops.nn" if ".nn" in layer["module"] else "keras.src.ops.numpy"
            return {"module": module, "class_name": kind, "config": known | {"name": name}, "registered_name": kind}
        if kind == "InputLayer":
            return self._own(kind, {"batch_shape": [None, *input_shape(layer)[1:]], "name": name})
        known = {key: plain(config[key]) for key in LAYERS[kind][1] if key in config and key != "activation"}
        if isinstance(config.get("activation"), dict):
            inner, options = activation_layer(config["activation"])
            known["activation"] = self._own(
                inner, {key: plain(options[key]) for key in LAYERS[inner][1] & set(options)}
            )
        elif "activation" in config:
            known["activation"] = plain(config["activation"])
        return self._own(kind, known | {"name": name})

    def _own(self, kind: str, config: Json) -> Json:
        config = config | {"dtype": self.precision}
        return {"module": "keras.layers", "class_name": kind, "config": config, "registered_name": None}

    def call(self, call: Call) -> Json:
        """Return a call of a layer with its tensors alone, or of a function with its arguments."""
        args = call.args if is_operation(call.layer) else [call_input(call.args, call.kwargs)]
        return {"args": [self.argument(value) for value in args], "kwargs": {}}

    def argument(self, value: Any) -> Any:
        """Return an argument as Keras writes it; shapes of tensors are found again when the model is built."""
        if isinstance(value, list):
            return [self.argument(entry) for entry in value]
        if isinstance(value, Reference):
            history = [value.layer, value.call, value.output]
            config = {"shape": [None], "dtype": self.precision, "keras_history": history}
            return {"class_name": "__keras_tensor__", "config": config}
        if isinstance(value, np.ndarray):
            return {"class_name": "__numpy__", "config": {"value": value.tolist(), "dtype": self.precision}}
        return plain(value)


def plain(value: Any) -> Any:
    """Return a value that holds nothing but numbers, words and lists."""
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    if value is not None and not isinstance(value, bool | int | float | str):
        raise InvalidNetwork(f"an option should be made of numbers, words and lists, got {type(value).__name__}")
    return value
