"""Reading the messages of an ONNX file: sizes, external data, validity, numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyregions.errors import InvalidNetwork, MissingDependency

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto

__all__ = ["FLOATS", "messages", "numbers", "opset", "read_model", "require_onnx"]

MOST_BYTES = 2**31 - 1
"""The most that one ONNX message holds."""

MOST_NODES = 100_000
"""Operators, after all functions are written out."""

OLDEST_OPSET = 7
"""Before that, arithmetic broadcast by rules of its own."""

FLOATS = ("FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ")
"""Types of real numbers, all of which float64 holds exactly."""

INTEGERS = ("INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "INT4", "UINT4")


def require_onnx(doing: str) -> None:
    """Raise an error that says what to install if onnx is missing."""
    try:
        import onnx  # noqa: F401
    except ImportError:
        message = f"{doing} .onnx files needs onnx: python -m pip install 'polyregions[onnx]'"
        raise MissingDependency(message) from None


def read_model(path: Path) -> ModelProto:
    """Read a valid model, with its external data, and with calls of its own functions written out.

    Parameters
    ----------
    path : pathlib.Path

    Raises
    ------
    InvalidNetwork
        The file is damaged or too large, its external data is not beside it, or ``onnx.checker`` refuses the model.
    MissingDependency
        onnx is not installed.
    """
    require_onnx("reading")
    import onnx.inliner
    from google.protobuf.message import DecodeError

    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise InvalidNetwork(f"{path.name} has {size} bytes; an .onnx file has at most {MOST_BYTES}")
        model: ModelProto = onnx.ModelProto.FromString(path.read_bytes())
    except OSError as error:
        raise InvalidNetwork(f"{path.name} cannot be read: {error.strerror}") from None
    except DecodeError:
        raise InvalidNetwork(f"{path.name} is not an .onnx file, or it is damaged; export the model again") from None
    _check_text(model, path.name)
    _embed(model, path)
    _check_functions(model, path.name)
    try:
        onnx.checker.check_model(model)
        if model.functions:
            model = onnx.inliner.inline_local_functions(model)
    except (onnx.checker.ValidationError, DecodeError, ValueError, RuntimeError, TypeError) as error:
        raise InvalidNetwork(f"{path.name} is not a valid ONNX model: {str(error).strip()}") from None
    if opset(model) < OLDEST_OPSET:
        raise InvalidNetwork(
            f"{path.name} uses version {opset(model)} of ONNX's operators; from {OLDEST_OPSET} on they are read: "
            "convert it with onnx.version_converter.convert_version(model, 13)"
        )
    return model


def _check_functions(model: ModelProto, name: str) -> None:
    """Refuse functions that call each other so often that they make too many operators."""
    functions = {(function.domain, function.name): list(function.node) for function in model.functions}
    counts: dict[tuple[str, str], int] = {}

    def count(nodes: Sequence[NodeProto]) -> int:
        return sum(counts.get((node.domain, node.op_type), 1) for node in nodes)

    for _ in functions:  # a function that calls others is as large as it will be after as many rounds as they are deep
        before = dict(counts)
        counts |= {key: min(count(nodes), MOST_NODES + 1) for key, nodes in functions.items()}
        if counts == before:
            break
    if count(model.graph.node) > MOST_NODES:
        raise InvalidNetwork(f"{name} has functions that make more than {MOST_NODES} operators")


def opset(model: ModelProto) -> int:
    """Return the version of ONNX's own operators that a model uses."""
    return max((entry.version for entry in model.opset_import if entry.domain in {"", "ai.onnx"}), default=0)


def messages(message: Any, kind: str = "") -> Iterator[Any]:
    """Yield all messages of a kind, such as "TensorProto", or of any kind, wherever they are in a message."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for part in [value] if hasattr(value, "ListFields") else value:
            if not kind or part.DESCRIPTOR.full_name == f"onnx.{kind}":
                yield part
            yield from messages(part, kind)


def _check_text(model: ModelProto, name: str) -> None:
    """Refuse names that are not text, which protobuf hands on as bytes."""
    for message in (model, *messages(model)):
        for field, value in message.ListFields():
            if field.type == field.TYPE_STRING:
                parts = [value] if isinstance(value, str | bytes) else value
                if any(isinstance(part, bytes) for part in parts):
                    raise InvalidNetwork(f"{name} is damaged: a {field.name} in it is not text")


def _embed(model: ModelProto, path: Path) -> None:
    """Put all external data into the model; nothing outside the file's own folder is ever opened."""
    import onnx

    total = path.stat().st_size
    for tensor in list(messages(model, "TensorProto")):
        if tensor.data_location != onnx.TensorProto.EXTERNAL and not tensor.external_data:
            continue
        entries = {entry.key: entry.value for entry in tensor.external_data}
        place = _beside(path, entries.get("location", ""), tensor.name)
        available = place.stat().st_size
        try:
            offset = int(entries.get("offset", 0))
            length = int(entries.get("length", available - offset))
        except ValueError:
            offset = length = -1
        total += length
        if min(offset, length) < 0 or offset + length > available or total > MOST_BYTES:
            raise InvalidNetwork(
                f"{path.name}: tensor {tensor.name!r} claims {entries.get('length', 'all')} bytes from "
                f"{entries.get('offset', 0)} of {place.name}, which has {available}; at most {MOST_BYTES} are read"
            )
        with place.open("rb") as stream:
            stream.seek(offset)
            tensor.raw_data = stream.read(length)
        tensor.ClearField("external_data")
        tensor.data_location = onnx.TensorProto.DEFAULT


def _beside(path: Path, location: str, tensor: str) -> Path:
    """Return the file of external data, which must be in the model's folder or below."""
    folder = path.parent.resolve()
    try:
        place = (folder / location).resolve()
        fine = place.is_relative_to(folder) and place.is_file()
    except (OSError, ValueError, RuntimeError):
        fine = False
    if not fine:
        raise InvalidNetwork(
            f"{path.name}: the numbers of tensor {tensor!r} should be in {location!r}, which is not a file in the "
            "model's folder; copy it there (links that lead out of the folder are not followed)"
        )
    return place


def numbers(tensor: TensorProto) -> NDArray[np.generic]:
    """Return the numbers of a tensor, all of them exact: float64, int64 or bool.

    Raises
    ------
    InvalidNetwork
        They are not real numbers, or not as many as the tensor's shape wants.
    """
    import onnx

    types = onnx.TensorProto.DataType
    kind = types.Name(tensor.data_type) if tensor.data_type in types.values() else str(tensor.data_type)
    if kind not in (*FLOATS, *INTEGERS, "BOOL"):
        raise InvalidNetwork(f"tensor {tensor.name!r} holds {kind}, not real numbers")
    try:
        array = onnx.numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError, MemoryError, OverflowError) as error:
        raise InvalidNetwork(f"tensor {tensor.name!r} of shape {tuple(tensor.dims)} is damaged: {error}") from None
    if kind == "BOOL":
        return array.astype(np.bool_)
    with np.errstate(invalid="ignore"):
        result: NDArray[np.generic] = array.astype(np.float64 if kind in FLOATS else np.int64)
    if kind == "UINT64" and (array > np.iinfo(np.int64).max).any():
        raise InvalidNetwork(f"tensor {tensor.name!r} holds integers of 2**63 or more")
    return result
