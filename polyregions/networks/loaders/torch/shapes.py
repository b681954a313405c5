"""PyTorch's functions that only move numbers, by name: PyTorch itself moves the numbers of the entries."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks.loaders.torch.operators import array
from polyregions.networks.loaders.unsupported import reason
from polyregions.networks.tensor import Tensor, stacked


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


VIEWS = _words(
    "view reshape flatten ravel unflatten permute transpose t swapaxes swapdims movedim moveaxis squeeze unsqueeze "
    "getitem select narrow chunk split split_with_sizes tensor_split hsplit vsplit dsplit unbind expand expand_as "
    "view_as reshape_as broadcast_to diagonal unfold contiguous detach to float double cpu type type_as "
    "dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout"
)
"""Functions whose results share memory with their arguments, or may."""

JOINS = _words("cat concat concatenate stack hstack vstack dstack column_stack")
"""Functions of a list of tensors, of which some may be constants."""

MOVES = JOINS | _words(
    "view reshape flatten ravel unflatten permute transpose t swapaxes swapdims movedim moveaxis squeeze unsqueeze "
    "getitem select narrow index_select chunk split split_with_sizes tensor_split hsplit vsplit dsplit unbind flip "
    "fliplr flipud roll rot90 expand expand_as view_as reshape_as broadcast_to repeat tile repeat_interleave take "
    "gather take_along_dim diagonal diag diag_embed tril triu unfold pixel_shuffle pixel_unshuffle channel_shuffle"
)
"""Functions whose results hold entries of their arguments, or zeros, and nothing else."""

TORCH_ERRORS = (RuntimeError, IndexError, TypeError, ValueError, NotImplementedError)
"""What torch raises when arguments do not fit."""


def replaced(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return the value with every part of it replaced, inside lists, tuples, dictionaries and slices."""
    if isinstance(value, slice):
        return slice(*(replaced(part, change) for part in (value.start, value.stop, value.step)))
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(replaced(part, change) for part in value))
    if type(value) is tuple or isinstance(value, list):
        return type(value)([replaced(part, change) for part in value])
    if isinstance(value, dict):
        return {key: replaced(part, change) for key, part in value.items()}
    return change(value)


def parts(value: Any, kind: type | tuple[type, ...]) -> list[Any]:
    """Return the parts of a value that are of a kind, in order, those of lists, tuples, dictionaries and slices too."""
    found: list[Any] = []

    def look(part: Any) -> Any:
        if isinstance(part, kind):
            found.append(part)
        return part

    replaced(value, look)
    return found


def moved(function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any], filler: float = 0.0) -> Any:
    """Return what a function returns that only moves entries of its arguments.

    It is called with the entries' numbers, counted from 1; where the result is 0 there is `filler`.

    Raises
    ------
    InvalidNetwork
        PyTorch cannot call it with arguments of these shapes.
    UnsupportedLayer
        It does something else than moving entries.
    """
    import torch

    found = parts([list(args), kwargs], Tensor)
    everything = found[0] if len(found) == 1 else stacked(found)
    ends = np.cumsum([0, *(tensor.size for tensor in found)]).tolist()
    waiting = iter(ends)

    def to_numbers(part: Any) -> Any:
        if not isinstance(part, Tensor):
            return part
        first = next(waiting) + 1
        return torch.arange(first, first + part.size, dtype=torch.float64).reshape(part.shape)

    def from_numbers(part: Any) -> Any:
        if not isinstance(part, torch.Tensor):
            raise UnsupportedLayer("it returns something else than tensors")
        numbers = part.numpy()
        indices = numbers.astype(np.int64)
        if (indices != numbers).any() or indices.min(initial=0) < 0 or indices.max(initial=0) > ends[-1]:
            raise UnsupportedLayer("with these arguments it does more than moving numbers")
        return everything.select(indices - 1, filler)

    numbered = replaced([list(args), kwargs], to_numbers)
    try:
        result = function(*numbered[0], **numbered[1])
    except TORCH_ERRORS as error:
        shapes = ", ".join(str(tensor.shape) for tensor in found)
        raise InvalidNetwork(f"torch cannot do this with tensors of shapes {shapes}: {error}") from None
    return replaced(tuple(result) if isinstance(result, tuple) else result, from_numbers)


def constant(numbers: NDArray[np.generic], like: Tensor) -> Tensor:
    """Return constants as a tensor of the same network."""
    return like.select(np.full(numbers.shape, -1)).shifted(numbers)


def joined(function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Return what a function of several tensors returns, some of which are constants."""
    import torch

    (like, *_) = parts([list(args), kwargs], Tensor)

    def as_tensor(part: Any) -> Any:
        return constant(array(part), like) if isinstance(part, torch.Tensor) else part

    return moved(function, *replaced([list(args), kwargs], as_tensor))


def where(condition: Any, input: Any, other: Any) -> Tensor:
    """Choose entries by a constant condition."""
    import torch

    if isinstance(condition, Tensor):
        raise UnsupportedLayer(reason("where"))
    like = input if isinstance(input, Tensor) else other
    either = [part if isinstance(part, Tensor) else constant(array(part), like) for part in (input, other)]
    result: Tensor = moved(torch.where, (condition, *either), {})
    return result


def masked_fill(input: Any, mask: Any, value: Any) -> Tensor:
    """Replace entries by a constant where a constant mask says so."""
    return where(mask, value, input)


def padded(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Pad as ``torch.nn.functional.pad`` does."""
    import torch

    arguments = {"mode": mode} if mode != "constant" else {}
    result: Tensor = moved(torch.nn.functional.pad, (input, list(pad)), arguments, float(value or 0.0))
    return result


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: Any = None,
    recompute_scale_factor: Any = None,
    antialias: bool = False,
) -> Tensor:
    """Repeat entries; other ways of resizing are refused."""
    import torch

    if mode not in {"nearest", "nearest-exact"}:
        raise UnsupportedLayer(f"the mode {mode!r} is not known here; 'nearest' is, or write it as a linear layer")
    arguments = {"size": size, "scale_factor": scale_factor, "mode": mode}
    arguments["recompute_scale_factor"] = recompute_scale_factor
    result: Tensor = moved(torch.nn.functional.interpolate, (input,), arguments)
    return result


def _size(input: Tensor, dim: int | None = None) -> Any:
    return input.shape if dim is None else input.shape[dim]


def _rank(input: Tensor) -> int:
    return len(input.shape)


def _count(input: Tensor) -> int:
    return math.prod(input.shape)


def _constants(name: str) -> Callable[..., Any]:
    """Return a function that makes constants in the shape of a tensor, such as ``torch.zeros_like``."""

    def function(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        import torch

        like = torch.empty(input.shape, dtype=torch.float64)
        if name.endswith("_like"):
            return getattr(torch, name)(like, *args, **kwargs)
        return getattr(like, name)(*args, **kwargs)

    return function


def _type(input: Tensor) -> Any:
    import torch

    return torch.float64


def _device(input: Tensor) -> Any:
    import torch

    return torch.device("cpu")


SHAPES: dict[str, Callable[..., Any]] = {
    "where": where,
    "masked_fill": masked_fill,
    "pad": padded,
    "interpolate": interpolate,
    "size": _size,
    **dict.fromkeys(("dim", "ndimension"), _rank),
    **dict.fromkeys(("numel", "nelement"), _count),
    "len": lambda input: input.shape[0],
    **{name: _constants(name) for name in ("zeros_like", "ones_like", "full_like")},
    **{name: _constants(name) for name in ("new_zeros", "new_ones", "new_full", "new_tensor")},
}

ATTRIBUTES: dict[str, Callable[[Tensor], Any]] = {
    "shape": _size,
    "ndim": _rank,
    "data": lambda input: input,
    "dtype": _type,
    "device": _device,
    "T": lambda input: input.select(input.numbers().T),
    "mT": lambda input: input.select(np.swapaxes(input.numbers(), -1, -2)),
}
"""What can be asked of a tensor beside its methods."""
