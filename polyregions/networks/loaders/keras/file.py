"""Networks in ``.keras`` files, as Keras 3 writes them."""

from __future__ import annotations

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks.loaders.keras.archive import CONFIG, METADATA, WEIGHTS, Json, Weights, parsed, read_members
from polyregions.networks.loaders.keras.check import compare, compare_model
from polyregions.networks.loaders.keras.graph import MODELS, Graph, Value, input_layers, input_shape, name_of
from polyregions.networks.loaders.keras.options import is_builtin
from polyregions.networks.loaders.unsupported import UNKNOWN, Problems
from polyregions.networks.network import Network
from polyregions.networks.tensor import Tensor, inputs, stacked

__all__ = ["from_keras", "load_keras"]


def from_keras(model: Any, check: bool = True) -> Network:
    """Read a network from a Keras model: it is saved, and the file is read.

    Parameters
    ----------
    model : keras.Model
        Sequential or functional, built.
    check : bool
        Whether to compare the network with the model itself, in single precision.  See `load_keras` for what is raised.

    Returns
    -------
    Network
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        try:
            with warnings.catch_warnings():  # of Keras about itself, and about numpy
                warnings.simplefilter("ignore")
                model.save(path)
        except (AttributeError, ValueError) as error:
            raise InvalidNetwork(
                f"a Keras model is wanted that can be saved, got {type(model).__name__}: {error}"
            ) from None
        network = load_keras(path, check=False)
    if check:
        compare_model(network, model)
    return network


def load_keras(path: str | Path, check: bool = True) -> Network:
    """Read a network from a ``.keras`` file of a Sequential or functional model.

    Parameters
    ----------
    path : str or pathlib.Path
    check : bool
        Whether to compare the network with Keras' own forward pass.  That needs keras and its backend; reading alone
        needs h5py.

    Returns
    -------
    Network
        Of all inputs, flattened one after the other, to all outputs, likewise.  Channels stay where Keras has them.

    Raises
    ------
    UnsupportedLayer
        Layers, activations or options are not piecewise linear, not known, or not Keras' own: all of them are named.
    InvalidNetwork
        The file is damaged, or does not hold a model of Keras 3.
    Disagreement
        The network computes something else than Keras.
    MissingDependency
        h5py is not installed, or keras or its backend.

    Notes
    -----
    Nothing from the file is executed, and Keras never sees it.  The description of the model is read as data; for the
    comparison Keras builds a model of its own layers with the options and arrays that were understood, and the two must
    agree within a proved bound.  That model computes in double precision with the backend tensorflow; the others do so
    in part only, so there it is single precision.

    Weights are taken as they are stored, and the numbers of the description, such as slopes, as the floats nearest to
    their decimal digits.  The constants that are computed, each rounded once to the nearest float64,
    are the factor of a batch norm or a normalization, ``scale / sqrt(variance + epsilon)``, the reciprocals of the
    sizes of averages and of divisors, and the slope 1/6 of `hard_sigmoid`.
    """
    path = Path(path)
    try:
        return _network(path, check)
    except RecursionError:
        raise InvalidNetwork(f"{path.name}: the model is nested too deeply") from None
    except InvalidNetwork as error:
        if path.name in str(error):
            raise
        raise type(error)(f"{path.name}: {error}") from None


def _network(path: Path, check: bool) -> Network:
    members = read_members(path)
    version = parsed(members[METADATA], METADATA).get("keras_version")
    if not isinstance(version, str) or not version.startswith("3."):
        raise InvalidNetwork(f"it was written by Keras {version}; load and save it with Keras 3")
    model = parsed(members[CONFIG], CONFIG)
    problems = Problems(path.name)
    weights = Weights(members[WEIGHTS])
    try:
        result = _outputs(model, Graph(weights, problems), problems)
    except InvalidNetwork:
        problems.check()  # says more about what is missing
        raise
    finally:
        weights.close()
    problems.check()
    network = stacked([value for value in result if isinstance(value, Tensor)]).network()
    if check:
        compare(network, model, weights.taken, path.name)
    return network


def _outputs(model: Json, graph: Graph, problems: Problems) -> list[Value]:
    """Return the outputs of the model of a file."""
    kind = str(model.get("class_name"))[:60]
    if kind not in MODELS or not is_builtin(model):
        problems.add(
            kind, "the model", "only Sequential and functional models are read, whose layers the file describes"
        )
        problems.check()
    shapes: list[tuple[int, ...] | None] = []
    for layer in input_layers(model):
        try:
            shapes.append(input_shape(layer))
        except UnsupportedLayer as error:
            problems.add("InputLayer", name_of(layer), str(error))
            shapes.append(None)
    known = iter(inputs(*([shape for shape in shapes if shape] or [(1,)])))
    return graph.model(model, "", [next(known) if shape else UNKNOWN for shape in shapes])
