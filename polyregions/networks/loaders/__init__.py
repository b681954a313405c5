"""Networks from files, one module for each format."""

from __future__ import annotations

from pathlib import Path

from polyregions.errors import InvalidNetwork
from polyregions.networks.loaders.npz import load_npz, save_npz
from polyregions.networks.network import Network

__all__ = ["load_network", "load_npz", "save_npz"]

LOADERS = {".npz": load_npz}


def load_network(path: str | Path) -> Network:
    """Read a network from a file; the ending of its name tells the format.

    Parameters
    ----------
    path : str or pathlib.Path
        A ``.npz`` file, see `polyregions.networks.loaders.npz`.

    Returns
    -------
    Network

    Raises
    ------
    InvalidNetwork
        There is no such file, its format is not known, or what it holds is not a network.

    Notes
    -----
    Loading never executes code from a file.
    """
    path = Path(path)
    loader = LOADERS.get(path.suffix.lower())
    if loader is None:
        raise InvalidNetwork(f"cannot tell the format of {path.name!r}; known endings are {', '.join(LOADERS)}")
    if not path.is_file():
        raise InvalidNetwork(f"there is no file {str(path)!r}")
    return loader(path)
