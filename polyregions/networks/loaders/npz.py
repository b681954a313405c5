"""Networks in NumPy's ``.npz`` files.

Keys ``W0, b0, W1, b1, ...``: weights (outputs, inputs) and biases (outputs,) of a plain stack of layers.  ReLU follows
every layer but the last; an optional string array ``activations``, one entry for each layer, says otherwise (see
`Activation.parse`).
"""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks.activation import Activation
from polyregions.networks.network import Network

UNREADABLE = (
    ValueError,
    TypeError,
    OSError,
    EOFError,
    LookupError,
    OverflowError,
    MemoryError,
    SyntaxError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
)
"""What numpy and zipfile raise on damaged or hostile files."""

MOST_COMPRESSED = 1032
"""No deflated byte stands for more bytes than this (zlib's documentation)."""


def load_npz(path: str | Path) -> Network:
    """Read a network from a ``.npz`` file; nothing in it is ever unpickled.

    Parameters
    ----------
    path : str or pathlib.Path

    Returns
    -------
    Network

    Raises
    ------
    InvalidNetwork
        The file is damaged, is not a ``.npz`` file, or does not hold a network.
    """
    arrays = _read_arrays(Path(path))
    names = set(arrays) - {"activations"}
    count = sum(name.startswith("W") for name in names)
    wanted = {f"{letter}{k}" for k in range(count) for letter in "Wb"}
    if not names or names != wanted:
        missing, unknown = sorted(wanted - names), sorted(names - wanted)
        raise InvalidNetwork(
            f"{Path(path).name}: wanted the arrays W0, b0, W1, b1, ... and perhaps activations; "
            f"missing: {', '.join(missing) or 'none'}; not understood: {', '.join(unknown) or 'none'}"
        )
    activations = None
    if "activations" in arrays:
        if arrays["activations"].dtype.kind != "U" or arrays["activations"].shape != (count,):
            raise InvalidNetwork(
                f"{Path(path).name}: activations must be an array of {count} strings, one for each layer"
            )
        activations = [str(name) for name in arrays["activations"]]
    weights = [arrays[f"W{k}"] for k in range(count)]
    biases = [arrays[f"b{k}"] for k in range(count)]
    return Network.from_arrays(weights, biases, activations)


def _read_arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    """Read all arrays; sizes are checked against the file before memory is taken for them."""
    arrays: dict[str, NDArray[np.generic]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            claimed = sum(member.file_size for member in archive.infolist())
            if claimed > MOST_COMPRESSED * path.stat().st_size:
                raise InvalidNetwork(f"{path.name} claims to hold {claimed} bytes, more than a file of its size can")
            for member in archive.infolist():
                with archive.open(member) as stream:
                    _check_header(path.name, member, stream)  # type: ignore[arg-type]
                with archive.open(member) as stream:
                    name = member.filename.removesuffix(".npy")
                    arrays[name] = np.lib.format.read_array(stream, allow_pickle=False)
        return arrays
    except InvalidNetwork:
        raise
    except UNREADABLE as error:
        raise InvalidNetwork(
            f"{path.name} is not a readable .npz file ({type(error).__name__}: {error}); "
            "write it with numpy.savez or polyregions.save_npz"
        ) from None


def _check_header(name: str, member: zipfile.ZipInfo, stream: zipfile.ZipExtFile) -> None:
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    if dtype.hasobject:
        raise InvalidNetwork(f"{name}: {member.filename} holds Python objects, which are never loaded; store numbers")
    size = dtype.itemsize * int(np.prod(np.array(shape, dtype=object)))
    if size + stream.tell() != member.file_size:
        raise InvalidNetwork(
            f"{name}: {member.filename} claims shape {shape}, which its {member.file_size} bytes are not"
        )


def save_npz(network: Network, path: str | Path) -> None:
    """Write a plain stack of layers to a ``.npz`` file.

    Parameters
    ----------
    network : Network
        Every layer reads the one before it, and every activation has a name that `Activation.parse` knows.
    path : str or pathlib.Path

    Raises
    ------
    InvalidNetwork
        The network is not a plain stack, or an activation has no name.
    """
    arrays: dict[str, NDArray[np.generic]] = {}
    for k, layer in enumerate(network.layers):
        if layer.sources != (k,):
            raise InvalidNetwork(f"a .npz file holds a plain stack of layers; layer {k + 1} reads {layer.sources}")
        if not _is_named(layer.activation):
            raise InvalidNetwork(
                f"a .npz file stores activations by name; {str(layer.activation)!r} is not the name of one"
            )
        arrays |= {f"W{k}": layer.weights, f"b{k}": layer.bias}
    arrays["activations"] = np.array([str(layer.activation) for layer in network.layers])
    np.savez(path, **arrays)  # type: ignore[arg-type]


def _is_named(activation: Activation) -> bool:
    """Tell whether the activation's name is read back as the same function."""
    try:
        return Activation.parse(str(activation)) == activation
    except UnsupportedLayer:
        return False
