"""Networks in NumPy's ``.npz`` files.

The k-th layer, from 0, is an affine map of its sources followed by what its units do:

* ``W{k}``: weights (rows, inputs), or four arrays of a sparse matrix in compressed rows, ``W{k}_data``,
  ``W{k}_indices``, ``W{k}_indptr`` and ``W{k}_shape``, as scipy has them, every entry once;
* ``b{k}``: bias (rows,);
* ``sources{k}``: integers, the layers it reads, one after the other: 0 is the network's input, j the output of
  ``W{j - 1}``.  Left out, the layer before.

The optional array of strings ``activations`` has one entry for each layer; left out, ReLU follows every layer but the
last.  An entry is the name of an activation (see `Activation.parse`), or one of

* ``maximum``: each unit is the largest of a group of rows.  ``groups{k}`` lists the rows of all groups, one group after
  the other, and those of group i are ``groups{k}[starts{k}[i]:starts{k}[i + 1]]``;
* ``custom``: ``kinds{k}`` (rows,) numbers the activation of every row, which the file spells out (see `Activation`).
  Activation i is called ``names{k}[i]``, has the breakpoints ``breakpoints{k}[starts{k}[i]:starts{k}[i + 1]]``, the
  value ``values{k}[i]`` at the first of them, and one slope more than breakpoints, for which ``slopes{k}`` is split
  likewise.

So a plain stack of layers is ``W0, b0, W1, b1, ...`` and perhaps ``activations``.  All numbers are taken as they are.
"""

from __future__ import annotations

import re
import tokenize
import zipfile
import zlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks.activation import Activation
from polyregions.networks.layer import Layer, exact_floats
from polyregions.networks.loaders.archives import check_claims
from polyregions.networks.maximum import Maximum
from polyregions.networks.network import Network

__all__ = ["load_npz", "save_npz"]

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

SPARSE = ("data", "indices", "indptr", "shape")
TABLES = {"maximum": ("groups", "starts"), "custom": ("kinds", "names", "values", "breakpoints", "slopes", "starts")}
"""Arrays that a layer needs beside its weights and bias, by its entry in `activations`."""

Arrays = dict[str, NDArray[Any]]


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
    path = Path(path)
    arrays = _read_arrays(path)
    kinds = _kinds(path.name, arrays)
    layers = []
    for k, kind in enumerate(kinds):
        try:
            layers.append(_layer(arrays, k, kind))
        except InvalidNetwork as error:
            raise type(error)(f"{path.name}, layer {k + 1}: {error}") from None
    width, readings = layers[0].weights.shape[1], len(layers[0].sources or (0,))
    return Network(tuple(layers), width // readings)


def _kinds(name: str, arrays: Arrays) -> list[str]:
    """Return what the units of every layer do, after making sure that the arrays for it are all there."""
    count = len({match[1] for key in arrays if (match := re.fullmatch(r"(W\d+)(_shape)?", key, re.ASCII))})
    kinds = ["relu"] * (count - 1) + ["identity"] * min(count, 1)
    given = arrays.get("activations")
    if count and given is not None:
        if given.dtype.kind != "U" or given.shape != (count,):
            raise InvalidNetwork(f"{name}: activations must be an array of {count} strings, one for each layer")
        kinds = [str(kind) for kind in given]
    wanted = set()
    for k, kind in enumerate(kinds):
        sparse = f"W{k}_shape" in arrays and f"W{k}" not in arrays
        wanted |= {f"W{k}_{part}" for part in SPARSE} if sparse else {f"W{k}"}
        wanted |= {f"b{k}", *(f"{part}{k}" for part in TABLES.get(kind, ()))}
    allowed = wanted | {"activations"} | {f"sources{k}" for k in range(count)}
    missing, unknown = sorted(wanted - set(arrays)), sorted(set(arrays) - allowed)
    if not count or missing or unknown:
        raise InvalidNetwork(
            f"{name}: wanted the arrays W0, b0, W1, b1, ... and perhaps activations, or more for other networks; "
            f"missing: {', '.join(missing) or 'none'}; not understood: {', '.join(unknown) or 'none'}"
        )
    return kinds


def _layer(arrays: Arrays, k: int, kind: str) -> Layer:
    """Make one layer from its arrays."""
    weights = arrays[f"W{k}"] if f"W{k}" in arrays else _sparse(arrays, k)
    sources = _integers(arrays[f"sources{k}"], f"sources{k}", 0, k) if f"sources{k}" in arrays else [k]
    if not len(sources) or (k == 0 and weights.ndim == 2 and weights.shape[1] % len(sources)):
        raise InvalidNetwork(f"sources{k} does not fit to the weights' shape {weights.shape}")
    activation: Activation | tuple[Activation, ...] | Maximum
    if kind == "maximum":
        groups = _integers(arrays[f"groups{k}"], f"groups{k}", 0, arrays[f"b{k}"].size - 1)
        activation = Maximum(_parts(groups.tolist(), _starts(arrays, k, len(groups))))
    elif kind == "custom":
        table = _activations(arrays, k)
        activation = tuple(table[i] for i in _integers(arrays[f"kinds{k}"], f"kinds{k}", 0, len(table) - 1))
    else:
        activation = Activation.parse(kind)
    return Layer(weights, arrays[f"b{k}"], activation, tuple(int(source) for source in sources))


def _sparse(arrays: Arrays, k: int) -> csr_array:
    """Make a sparse matrix, after making sure that it is one: scipy does not look at every number."""
    data = exact_floats(arrays[f"W{k}_data"], f"W{k}_data", 1)
    shape = _integers(arrays[f"W{k}_shape"], f"W{k}_shape", 1, LARGEST)
    if len(shape) != 2:
        raise InvalidNetwork(f"W{k}_shape must be two numbers, got {len(shape)}")
    indices = _integers(arrays[f"W{k}_indices"], f"W{k}_indices", 0, int(shape[1]) - 1)
    ends = _integers(arrays[f"W{k}_indptr"], f"W{k}_indptr", 0, len(data))
    if len(indices) != len(data) or len(ends) != shape[0] + 1 or not _ascending(ends, len(data)):
        raise InvalidNetwork(f"W{k}_data, W{k}_indices and W{k}_indptr are no matrix of shape {tuple(shape.tolist())}")
    return csr_array((data, indices, ends), (int(shape[0]), int(shape[1])))


LARGEST = 2**31 - 1
"""No width is larger."""


def _integers(array: NDArray[Any], what: str, low: int, high: int) -> NDArray[np.int64]:
    """Return integers of one dimension that lie between bounds."""
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise InvalidNetwork(f"{what} must be a list of integers, got dtype {array.dtype} and shape {array.shape}")
    if len(array) and (array.min() < low or array.max() > high):
        raise InvalidNetwork(f"{what} must lie in {low}..{high}, got {array.min()}..{array.max()}")
    return array.astype(np.int64)


def _ascending(ends: NDArray[np.int64], last: int) -> bool:
    return bool(len(ends) and ends[0] == 0 and ends[-1] == last and (np.diff(ends) >= 0).all())


def _starts(arrays: Arrays, k: int, size: int) -> list[int]:
    """Return the places where the parts of a list of that size begin, and its end."""
    starts = _integers(arrays[f"starts{k}"], f"starts{k}", 0, size)
    if not _ascending(starts, size):
        raise InvalidNetwork(f"starts{k} must ascend from 0 to {size}")
    return [int(start) for start in starts]


def _parts(numbers: list[Any], starts: list[int]) -> list[list[Any]]:
    return [numbers[a:b] for a, b in pairwise(starts)]


def _activations(arrays: Arrays, k: int) -> list[Activation]:
    """Return the activations that a layer spells out."""
    breakpoints, slopes, values = (
        exact_floats(arrays[f"{part}{k}"], f"{part}{k}", 1).tolist() for part in ("breakpoints", "slopes", "values")
    )
    names, starts = arrays[f"names{k}"], _starts(arrays, k, len(breakpoints))
    count = len(starts) - 1
    if names.dtype.kind != "U" or names.shape != (count,) or len(values) != count:
        raise InvalidNetwork(f"names{k} and values{k} must be {count} strings and numbers, one for each activation")
    if len(slopes) != len(breakpoints) + count:
        raise InvalidNetwork(f"slopes{k} must be {len(breakpoints) + count} numbers, got {len(slopes)}")
    kinks, lines = _parts(breakpoints, starts), _parts(slopes, [start + i for i, start in enumerate(starts)])
    return [Activation(tuple(kinks[i]), tuple(lines[i]), values[i], name=str(names[i])) for i in range(count)]


def _read_arrays(path: Path) -> Arrays:
    """Read all arrays; sizes are checked against the file before memory is taken for them."""
    arrays: Arrays = {}
    try:
        with zipfile.ZipFile(path) as archive:
            check_claims(path, archive.infolist())
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
            "write it with numpy.savez or polyregions.save_network"
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
    """Write a network to a ``.npz`` file.

    Parameters
    ----------
    network : Network
    path : str or pathlib.Path

    Notes
    -----
    `load_npz` gives back the same layers, and so the same `digest`.
    """
    arrays: Arrays = {}
    for k, layer in enumerate(network.layers):
        if isinstance(layer.weights, np.ndarray):
            arrays[f"W{k}"] = layer.weights
        else:
            matrix = layer.weights
            parts = (matrix.data, matrix.indices, matrix.indptr, np.array(matrix.shape))
            arrays |= {f"W{k}_{name}": part for name, part in zip(SPARSE, parts, strict=True)}
        arrays[f"b{k}"] = layer.bias
        if layer.sources != (k,):
            arrays[f"sources{k}"] = np.array(layer.sources)
        if isinstance(layer.activation, Maximum):
            arrays |= {f"groups{k}": layer.activation.members, f"starts{k}": layer.activation.starts}
        elif not _is_named(layer.activation):
            kinds = layer.activation if isinstance(layer.activation, tuple) else (layer.activation,) * len(layer.bias)
            arrays |= {f"{name}{k}": table for name, table in _tables(kinds).items()}
    arrays["activations"] = np.array([_entry(layer.activation) for layer in network.layers])
    np.savez(path, **arrays)  # type: ignore[arg-type]


def _is_named(activation: Activation | tuple[Activation, ...] | Maximum) -> bool:
    """Tell whether this is one activation whose name is read back as the same function."""
    try:
        return isinstance(activation, Activation) and Activation.parse(str(activation)) == activation
    except UnsupportedLayer:
        return False


def _entry(activation: Activation | tuple[Activation, ...] | Maximum) -> str:
    if isinstance(activation, Maximum):
        return "maximum"
    return str(activation) if _is_named(activation) else "custom"


def _tables(kinds: tuple[Activation, ...]) -> Arrays:
    """Spell out the activations of a layer's rows, each once."""
    numbers: dict[tuple[Activation, str], int] = {}
    each = [numbers.setdefault((kind, kind.name), len(numbers)) for kind in kinds]
    different = [kind for kind, _ in numbers]
    return {
        "kinds": np.array(each),
        "names": np.array([kind.name for kind in different]),
        "values": np.array([kind.value for kind in different]),
        "breakpoints": np.array([number for kind in different for number in kind.breakpoints], dtype=np.float64),
        "slopes": np.array([number for kind in different for number in kind.slopes]),
        "starts": np.cumsum([0, *(len(kind.breakpoints) for kind in different)]),
    }
