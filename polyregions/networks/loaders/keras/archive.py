"""What is inside a ``.keras`` file: a zip archive of JSON and of arrays in HDF5, which are read without Keras."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyregions.errors import InvalidNetwork, MissingDependency
from polyregions.networks.loaders.archives import MOST_COMPRESSED, check_claims
from polyregions.networks.loaders.npz import UNREADABLE

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"

Json = dict[str, Any]


def read_members(path: Path) -> dict[str, bytes]:
    """Return the contents of a ``.keras`` file; sizes are checked before memory is taken for them."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if not {METADATA, CONFIG, WEIGHTS} <= names:
                raise InvalidNetwork(
                    f"{path.name} should hold {METADATA}, {CONFIG} and {WEIGHTS}, as Keras 3 writes them; "
                    f"it holds {', '.join(sorted(names)[:8]) or 'nothing'}"
                )
            members = [archive.getinfo(name) for name in (METADATA, CONFIG, WEIGHTS)]
            check_claims(path, members)
            return {member.filename: archive.read(member) for member in members}
    except InvalidNetwork:
        raise
    except UNREADABLE as error:
        raise InvalidNetwork(f"{path.name} is not a readable .keras file ({type(error).__name__}: {error})") from None


def parsed(content: bytes, what: str) -> Json:
    """Return a JSON object."""
    try:
        result = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidNetwork(f"{what} is not readable ({type(error).__name__}: {error})") from None
    if not isinstance(result, dict):
        raise InvalidNetwork(f"{what} should be a JSON object, got {type(result).__name__}")
    return result


def field(mapping: Any, key: str, kind: type | tuple[type, ...], where: str) -> Any:
    """Return an entry of a JSON object after making sure that it is there and of a kind."""
    value = mapping.get(key) if isinstance(mapping, dict) else None
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise InvalidNetwork(f"{where} should have an entry {key!r} of another kind, got {str(value)[:60]!r}")
    return value


class Weights:
    """The arrays of a model, by their paths.

    Parameters
    ----------
    content : bytes
        An HDF5 file.

    Attributes
    ----------
    taken : dict
        The arrays that were asked for.
    """

    def __init__(self, content: bytes) -> None:
        try:
            import h5py
        except ImportError:
            raise MissingDependency(
                "reading .keras files needs h5py and keras: python -m pip install 'polyregions[keras]'"
            ) from None
        self._h5py = h5py
        self.taken: dict[str, NDArray[np.float64]] = {}
        try:
            self._file = h5py.File(io.BytesIO(content), "r")
        except UNREADABLE as error:
            raise InvalidNetwork(f"{WEIGHTS} is not readable ({type(error).__name__}: {error})") from None

    def take(self, path: str, shape: Sequence[int]) -> NDArray[np.float64]:
        """Return an array, whose shape is known and is checked before memory is taken for it."""
        if path not in self.taken:
            try:
                self.taken[path] = self._floats(self._dataset(path), path, tuple(shape))
            except InvalidNetwork:
                raise
            except UNREADABLE as error:
                raise InvalidNetwork(f"{WEIGHTS}: {path} is not readable ({type(error).__name__}: {error})") from None
        result = self.taken[path]
        if result.shape != tuple(shape):
            raise InvalidNetwork(f"{WEIGHTS}: {path} should have the shape {tuple(shape)}, got {result.shape}")
        return result

    def _dataset(self, path: str) -> Any:
        """Follow a path; links to other places or files are refused."""
        node = self._file
        hard = self._h5py.h5l.TYPE_HARD
        for part in path.split("/"):
            links = node.id.links if isinstance(node, self._h5py.Group) else None
            if links is None or not links.exists(part.encode()):
                raise InvalidNetwork(f"{WEIGHTS} should hold {path}; it is not there, or the model was not built")
            if links.get_info(part.encode()).type != hard:
                raise InvalidNetwork(f"{WEIGHTS}: {path} is a link to another place, which is not followed")
            node = node[part]
        return node

    def _floats(self, dataset: Any, path: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
        if not isinstance(dataset, self._h5py.Dataset) or dataset.shape != shape:
            found = getattr(dataset, "shape", "none")
            raise InvalidNetwork(f"{WEIGHTS}: {path} should have the shape {shape}, got {found}")
        stored, size = dataset.id.get_storage_size(), math.prod(shape) * dataset.dtype.itemsize
        if dataset.is_virtual or dataset.external or size > MOST_COMPRESSED * stored:
            raise InvalidNetwork(f"{WEIGHTS}: the numbers of {path} are not in the file")
        numbers = np.asarray(dataset[()])
        if dataset.attrs.get("dtype") == "bfloat16" and numbers.dtype.itemsize == 2:
            numbers = (numbers.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
        if numbers.dtype.kind != "f" or not np.isfinite(numbers).all():
            raise InvalidNetwork(f"{WEIGHTS}: {path} should be finite floats, got dtype {numbers.dtype}")
        return numbers.astype(np.float64)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
