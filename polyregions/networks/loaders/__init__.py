"""Networks from files and from other frameworks, one module for each format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from polyregions.errors import InvalidNetwork
from polyregions.networks.loaders.keras import load_keras
from polyregions.networks.loaders.nnet import load_nnet
from polyregions.networks.loaders.npz import load_npz, save_npz
from polyregions.networks.loaders.onnx import load_onnx, save_onnx
from polyregions.networks.loaders.torch import load_torch
from polyregions.networks.network import Network

__all__ = ["load_network", "save_network"]

LOADERS: dict[str, Callable[[Path, bool], Network]] = {
    ".onnx": load_onnx,
    ".pt": load_torch,
    ".pth": load_torch,
    ".keras": load_keras,
    ".nnet": load_nnet,
}
SAVERS = {".npz": save_npz, ".onnx": save_onnx}


def load_network(path: str | Path, check: bool = True) -> Network:
    """Read a network from a file; the ending of its name tells the format.

    Parameters
    ----------
    path : str or pathlib.Path
        ``.npz`` (NumPy), ``.onnx``, ``.pt`` or ``.pth`` (a PyTorch state dict of linear layers), ``.keras``, or
        ``.nnet`` (ACAS Xu).
    check : bool
        Whether to compare the network with the framework's own forward pass at random points; ``.npz`` has none.

    Returns
    -------
    Network

    Raises
    ------
    InvalidNetwork
        There is no such file, its format is not known, or what it holds is not a network.
    UnsupportedLayer
        It uses operators that are not continuous and piecewise linear, or not known here: all of them are named.
    Disagreement
        The network computes something else than the framework that the file belongs to.
    MissingDependency
        That framework is not installed.

    Notes
    -----
    Loading never executes code from a file.  Numbers are taken as they are stored, and as exact.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in (".npz", *LOADERS):
        raise InvalidNetwork(f"cannot tell the format of {path.name!r}; known endings are .npz, {', '.join(LOADERS)}")
    if not path.is_file():
        raise InvalidNetwork(f"there is no file {str(path)!r}")
    return load_npz(path) if ending == ".npz" else LOADERS[ending](path, check)


def save_network(network: Network, path: str | Path) -> None:
    """Write a network to a file; what is read again is the same function, exactly.

    Parameters
    ----------
    network : Network
    path : str or pathlib.Path
        ``.npz`` or ``.onnx``; the latter in double precision.

    Raises
    ------
    InvalidNetwork
        The name has another ending, or the format cannot hold the network exactly.
    MissingDependency
        onnx is not installed.
    """
    path = Path(path)
    saver = SAVERS.get(path.suffix.lower())
    if saver is None:
        raise InvalidNetwork(f"networks are saved as {' or '.join(SAVERS)}, got {path.name!r}")
    saver(network, path)
