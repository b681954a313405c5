"""Networks from the files that ``torch.save`` writes: state dicts of plain stacks of linear layers.

A state dict holds numbers by name and nothing of what the network does with them.  Only where there is hardly a doubt
is it read: matrices whose shapes chain, in the order of the file, with ReLU between them.
"""

from __future__ import annotations

import pickle
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyregions.errors import InvalidNetwork, MissingDependency
from polyregions.networks.loaders.agreement import DOUBLE, check_agreement
from polyregions.networks.loaders.archives import check_claims
from polyregions.networks.network import Network

Array = NDArray[np.float64]

UNREADABLE = (
    pickle.UnpicklingError,
    RuntimeError,
    ValueError,
    TypeError,
    AttributeError,
    OSError,
    EOFError,
    LookupError,
    OverflowError,
    MemoryError,
    ImportError,
    AssertionError,
    tarfile.TarError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What ``torch.load`` raises on damaged or hostile files."""

STATE_SCRIPT = """
    import torch
    from polyregions import Network

    module = ...  # the torch.nn.Module as it was when the file was written, for example MyModule()
    module.load_state_dict(torch.load({name!r}, weights_only=True){place})
    network = Network.from_torch(module, input_shape=...)  # without the batch axis, for example (1, 28, 28)
"""

PICKLE_SCRIPT = """
    import torch
    from polyregions import Network

    module = torch.load({name!r}, weights_only=False)  # runs code from the file: only if you trust it
    network = Network.from_torch(module, input_shape=...)  # without the batch axis, for example (1, 28, 28)
"""

SCRIPTED_SCRIPT = """
    import torch
    from polyregions import Network

    module = ...  # the torch.nn.Module that was compiled, for example MyModule()
    module.load_state_dict(torch.jit.load({name!r}, map_location="cpu").state_dict())
    network = Network.from_torch(module, input_shape=...)  # without the batch axis, for example (1, 28, 28)
"""


def load_torch(path: str | Path, check: bool = True) -> Network:
    """Read a plain stack of linear layers from a ``.pt`` or ``.pth`` file; nothing in it is ever executed.

    Parameters
    ----------
    path : str or pathlib.Path
        A state dict, or a dictionary with one under any name.  The weights must be matrices whose shapes chain in the
        order of the file; a bias has the name of its weights, and those that are missing are zero.  ReLU follows every
        layer but the last.  Nothing in a file tells whether there are other activations or skips: if there are, build
        the module and read that.
    check : bool
        Whether to compare the network with PyTorch's forward pass of such a stack at random points.

    Returns
    -------
    Network

    Raises
    ------
    InvalidNetwork
        The file is damaged, or holds something else; then the message is a script that reads it.
    Disagreement
        The network computes something else than PyTorch.
    MissingDependency
        PyTorch is not installed.
    """
    path = Path(path)
    _check_archive(path)
    state, place = _state(_read(path), path.name)
    tensors = {key: _array(key, tensor, path.name, place) for key, tensor in state.items()}
    weights, biases = [], []
    for name, tensor in tensors.items():
        prefix, _, kind = name.rpartition(".")
        if kind == "weight" and tensor.ndim == 2:
            weights.append(tensor)
            biases.append(tensors.get(f"{prefix}.bias".removeprefix("."), np.zeros(tensor.shape[0])))
        elif kind != "bias" or f"{prefix}.weight".removeprefix(".") not in tensors:
            reason = f"{name} of shape {tensor.shape} is not the weights or bias of a linear layer"
            raise _not_plain(path.name, reason, place)
    for one, two in pairwise(weights):
        if one.shape[0] != two.shape[1]:
            reason = f"weights of shape {two.shape} do not follow those of shape {one.shape}"
            raise _not_plain(path.name, reason, place)
    network = Network.from_arrays(weights, biases)
    if check:
        check_agreement(network, partial(_forward, weights, biases), DOUBLE, path.name)
    return network


def _forward(weights: list[Array], biases: list[Array], points: Array) -> Array:
    """Return what PyTorch computes for a stack of linear layers with ReLU between them."""
    import torch

    layers: list[torch.nn.Module] = []
    for matrix, bias in zip(weights, biases, strict=True):
        layer = torch.nn.Linear(matrix.shape[1], matrix.shape[0], dtype=torch.float64)
        layer.load_state_dict({"weight": torch.tensor(matrix), "bias": torch.tensor(bias)})
        layers += [layer, torch.nn.ReLU()]
    with torch.no_grad():
        return np.asarray(torch.nn.Sequential(*layers[:-1])(torch.tensor(points)).numpy())


def _not_plain(name: str, reason: str, place: str) -> InvalidNetwork:
    script = STATE_SCRIPT.format(name=name, place=place)
    return InvalidNetwork(
        f"{name} is not the state dict of a plain stack of linear layers: {reason}. A state dict holds the numbers of "
        f"a network, not what it does with them; build the module, and read that:\n{script}"
    )


def _check_archive(path: Path) -> None:
    """Refuse archives of TorchScript, and those that claim more than a file of their size can hold."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return
    check_claims(path, members)
    if any(member.filename.endswith("/constants.pkl") for member in members):
        raise InvalidNetwork(
            f"{path.name} is a TorchScript archive, which holds code. Build the module that was compiled, and read "
            f"that:\n{SCRIPTED_SCRIPT.format(name=path.name)}"
        )


def _read(path: Path) -> Any:
    """Read what is in the file, if that is numbers in plain containers."""
    try:
        import torch
    except ImportError:
        raise MissingDependency(
            f"reading {path.suffix} files needs torch: python -m pip install 'polyregions[torch]'"
        ) from None
    try:
        with warnings.catch_warnings(), path.open("rb") as stream:
            warnings.simplefilter("ignore")
            return torch.load(stream, weights_only=True, map_location="cpu")
    except UNREADABLE as error:
        text = str(error)
        if "weights_only" in text and ("Unsupported global" in text or "Unsupported class" in text):
            raise InvalidNetwork(
                f"{path.name} holds Python objects beside numbers, for example a pickled module, and reading those "
                "may run any code. Save the state dict instead (torch.save(module.state_dict(), ...)); or "
                f"type:\n{PICKLE_SCRIPT.format(name=path.name)}"
            ) from None
        lines = text.strip().splitlines() or [""]
        raise InvalidNetwork(
            f"{path.name} is not a readable PyTorch file ({type(error).__name__}: {lines[0]}); write it with "
            "torch.save(module.state_dict(), ...)"
        ) from None


def _state(content: Any, name: str) -> tuple[dict[str, Any], str]:
    """Return the only state dict in the file, in the order of the file, and where it is."""
    import torch

    def is_state(value: Any) -> bool:
        pairs = value.items() if isinstance(value, Mapping) else ()
        return bool(pairs) and all(isinstance(k, str) and isinstance(v, torch.Tensor) for k, v in pairs)

    if is_state(content):
        return dict(content), ""
    places = {key: value for key, value in content.items() if is_state(value)} if isinstance(content, Mapping) else {}
    if len(places) == 1:
        ((key, state),) = places.items()
        return dict(state), f"[{key!r}]"
    kind = type(content).__name__
    keys = (
        f" with the keys {', '.join(map(repr, list(content)[:10]))}" if isinstance(content, Mapping) and content else ""
    )
    if places:
        raise _not_plain(name, f"it is a {kind}{keys}, of which several are state dicts", "[...]")
    raise InvalidNetwork(
        f"{name} holds no state dict, that is a dictionary of tensors by name; it is a {kind}{keys}. Write the state "
        "dict of a module with torch.save(module.state_dict(), ...), or read a module with Network.from_torch"
    )


def _array(key: str, tensor: Any, name: str, place: str) -> NDArray[np.float64]:
    """Return a tensor as an array, without taking more memory for it than the file gave."""
    import torch

    plain = tensor.layout == torch.strided and tensor.device.type == "cpu" and not tensor.is_quantized
    if not (plain and (tensor.is_floating_point() or tensor.dtype == torch.int64)):
        raise _not_plain(name, f"{key} is not an array of real numbers ({tensor.dtype}, {tensor.layout})", place)
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise InvalidNetwork(
            f"{name}: {key} claims shape {tuple(tensor.shape)}, for which the file has too few numbers"
        )
    return np.asarray(tensor.detach().double().numpy())
