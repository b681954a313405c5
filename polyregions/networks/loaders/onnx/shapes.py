"""ONNX's operators that move entries, on tensors and on constants alike: nothing is rounded."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks import operators
from polyregions.networks.loaders.onnx.node import Array, Node, Reader, Value, check_size, rearranged
from polyregions.networks.loaders.unsupported import reason
from polyregions.networks.tensor import Tensor, stacked

__all__ = ["SHAPES"]


def _axis(number: int, ndim: int) -> int:
    """Return an axis counted from 0."""
    if not -ndim <= number < ndim:
        raise InvalidNetwork(f"axis {number} of {ndim} axes")
    return number % ndim


def _identity(node: Node) -> Value:
    return node.value(0)


def _dropout(node: Node) -> Value:
    if node.has(2) and bool(node.constant(2, "training mode").any()):
        raise UnsupportedLayer("it is in training mode, which is random; export the model for inference")
    return node.value(0)


def _reshape(node: Node) -> Value:
    value = node.value(0)
    target = node.integers("shape", 1)
    if target is None:
        raise InvalidNetwork("its new shape is missing")
    if not node.integer("allowzero", 0):
        target = [value.shape[place] if size == 0 else size for place, size in enumerate(target)]
    return rearranged(value, lambda entries: entries.reshape(target))


def _flatten(node: Node) -> Value:
    value = node.value(0)
    axis = node.integer("axis", 1)
    if not -len(value.shape) <= axis <= len(value.shape):
        raise InvalidNetwork(f"axis {axis} of {len(value.shape)} axes")
    before, after = value.shape[:axis], value.shape[axis:]
    if axis < 0:
        before, after = value.shape[: len(value.shape) + axis], value.shape[len(value.shape) + axis :]
    return rearranged(value, lambda entries: entries.reshape(math.prod(before), math.prod(after)))


def _transpose(node: Node) -> Value:
    order = node.integers("perm")
    return rearranged(node.value(0), lambda entries: np.transpose(entries, order))


def _squeeze(node: Node) -> Value:
    axes = node.integers("axes", 1)
    return rearranged(node.value(0), lambda entries: np.squeeze(entries, None if axes is None else tuple(axes)))


def _unsqueeze(node: Node) -> Value:
    axes = node.integers("axes", 1) or []
    return rearranged(node.value(0), lambda entries: np.expand_dims(entries, tuple(axes)))


def _expand(node: Node) -> Value:
    value = node.value(0)
    shape = np.broadcast_shapes(value.shape, tuple(node.integers("shape", 1) or ()))
    check_size(*shape)
    return rearranged(value, lambda entries: np.broadcast_to(entries, shape))


def _tile(node: Node) -> Value:
    value = node.value(0)
    repeats = node.integers("repeats", 1) or []
    check_size(math.prod(value.shape), *repeats)
    return rearranged(value, lambda entries: np.tile(entries, repeats))


def _slice(node: Node) -> Value:
    value = node.value(0)
    starts, ends = node.integers("starts", 1) or [], node.integers("ends", 2) or []
    axes = node.integers("axes", 3)
    steps = node.integers("steps", 4)
    axes = list(range(len(starts))) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    index = [slice(None)] * len(value.shape)
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        index[_axis(axis, len(value.shape))] = slice(start, end, step)
    return rearranged(value, lambda entries: entries[tuple(index)])


def _gather(node: Node) -> Value:
    value, places = node.value(0), _places(node)
    axis = _axis(node.integer("axis", 0), len(value.shape))
    check_size(math.prod(value.shape[:axis]), places.size, math.prod(value.shape[axis + 1 :]))
    return rearranged(value, lambda entries: np.take(entries, places, axis=axis))


def _gather_elements(node: Node) -> Value:
    value, places = node.value(0), _places(node)
    axis = _axis(node.integer("axis", 0), len(value.shape))
    if places.ndim != len(value.shape):
        raise InvalidNetwork(f"its indices of shape {places.shape} do not fit data of shape {value.shape}")
    part = tuple(slice(None) if k == axis else slice(length) for k, length in enumerate(places.shape))
    return rearranged(value, lambda entries: np.take_along_axis(entries[part], places, axis=axis))


def _places(node: Node) -> Array:
    """Return the indices to gather."""
    places = node.constant(1, "indices")
    if places.dtype.kind not in "iu":
        raise InvalidNetwork(f"its indices must be integers, got {places.dtype}")
    return places


def _concat(node: Node) -> Value:
    values = node.values()
    axis = node.integer("axis", 1)
    check_size(sum(math.prod(value.shape) for value in values))
    if any(isinstance(value, Tensor) for value in values):
        return operators.concatenate(values, axis)
    return np.concatenate([np.asarray(value) for value in values], axis=axis)


def _split(node: Node) -> Sequence[Value]:
    value = node.value(0)
    axis = _axis(node.integer("axis", 0), len(value.shape))
    length = value.shape[axis]
    sizes = node.integers("split", 1)
    if sizes is None:
        parts = node.integer("num_outputs", node.outputs)
        each = -(-length // max(parts, 1))
        sizes = [each] * (parts - 1) + [length - each * (parts - 1)]
    if min(sizes, default=-1) < 0 or sum(sizes) != length:
        raise InvalidNetwork(f"it splits {length} entries into parts of {sizes}")
    ends = np.cumsum([0, *sizes]).tolist()
    index = [(slice(None),) * axis + (slice(ends[k], ends[k + 1]),) for k in range(len(sizes))]
    return [rearranged(value, lambda entries, at=part: entries[at]) for part in index]  # type: ignore[misc]


def _pad(node: Node) -> Value:
    value = node.value(0)
    ndim = len(value.shape)
    pads = node.integers("pads", 1) or []
    axes = node.integers("axes", 3)
    axes = list(range(ndim)) if axes is None else [_axis(axis, ndim) for axis in axes]
    if len(pads) != 2 * len(axes):
        raise InvalidNetwork(f"it pads {len(axes)} axes by {pads}")
    pairs = [(0, 0)] * ndim
    for place, axis in enumerate(axes):
        pairs[axis] = (pads[place], pads[place + len(axes)])
    added = [(max(a, 0), max(b, 0)) for a, b in pairs]
    check_size(*(n + a + b for n, (a, b) in zip(value.shape, added, strict=True)))
    if any(n + min(a, 0) + min(b, 0) < 0 for n, (a, b) in zip(value.shape, pairs, strict=True)):
        raise InvalidNetwork(f"it cuts {pairs} off the shape {value.shape}")
    cut = tuple(slice(max(-a, 0), -max(-b, 0) or None) for a, b in pairs)
    mode = node.text("mode", "constant")
    if mode != "constant":
        if mode not in {"reflect", "edge", "wrap"}:
            raise UnsupportedLayer(f"its mode {mode!r} is not known")
        return rearranged(value, lambda entries: np.pad(entries, added, mode=mode)[cut])  # type: ignore[call-overload]
    filler = node.constant(2, "constant value").item() if node.has(2) else node.attributes.get("value", 0)
    if isinstance(value, Tensor):
        return value.select(np.pad(value.numbers(), added, constant_values=-1)[cut], float(filler))
    return np.pad(value, added, constant_values=filler)[cut]


def _where(node: Node) -> Value:
    value = node.value(0)
    if isinstance(value, Tensor):
        raise UnsupportedLayer(reason("where"))
    condition = value.astype(np.bool_)
    one, other = node.tensor(1), node.tensor(2)
    check_size(*np.broadcast_shapes(condition.shape, one.shape, other.shape))
    return stacked([one, other]).select(np.where(condition, one.numbers(), other.numbers() + one.size))


def _channels_first(node: Node) -> bool:
    """Tell which of two ways of cutting channels into blocks is meant."""
    mode = node.text("mode", "DCR")
    if mode not in {"DCR", "CRD"}:
        raise InvalidNetwork(f"its mode {mode!r} is not one of ONNX's")
    return mode == "CRD"


def _depth_to_space(node: Node) -> Value:
    block, channels_first = node.integer("blocksize", 0), _channels_first(node)

    def rearrange(entries: Array) -> Array:
        n, c, h, w = entries.shape
        depth = c // block**2
        if channels_first:
            parts = entries.reshape(n, depth, block, block, h, w).transpose(0, 1, 4, 2, 5, 3)
        else:
            parts = entries.reshape(n, block, block, depth, h, w).transpose(0, 3, 4, 1, 5, 2)
        return parts.reshape(n, depth, h * block, w * block)

    return rearranged(node.value(0), rearrange)


def _space_to_depth(node: Node) -> Value:
    block = node.integer("blocksize", 0)
    order = (0, 1, 3, 5, 2, 4) if _channels_first(node) else (0, 3, 5, 1, 2, 4)

    def rearrange(entries: Array) -> Array:
        n, c, h, w = entries.shape
        parts = entries.reshape(n, c, h // block, block, w // block, block).transpose(order)
        return parts.reshape(n, c * block**2, h // block, w // block)

    return rearranged(node.value(0), rearrange)


HALF_PIXEL = {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel"}


def _resize(node: Node) -> Value:
    """Repeat entries: nearest neighbours, for whole factors."""
    value = node.value(0)
    old = node.operator == "Upsample" or node.opset < 11
    rule = node.text("coordinate_transformation_mode", "half_pixel")
    rounding = node.text("nearest_mode", "round_prefer_floor")
    repeats = (
        old or (rule, rounding) == ("asymmetric", "floor") or (rule in HALF_PIXEL and rounding.startswith("round"))
    )
    special = {"axes", "keep_aspect_ratio_policy"} & set(node.attributes)
    plain = repeats and not special and node.text("mode", "nearest") == "nearest"
    factors = _factors(node, 1 if old else 2) if plain else []
    if not plain or any(factor < 1 or factor % 1 for factor in factors):
        raise UnsupportedLayer("only nearest neighbours and whole factors are read, as torch.nn.Upsample exports them")
    if len(factors) != len(value.shape):
        raise InvalidNetwork(f"it scales {len(value.shape)} axes by {factors}")
    check_size(math.prod(value.shape), *map(int, factors))

    def repeat(entries: Array) -> Array:
        for axis, factor in enumerate(factors):
            entries = np.repeat(entries, int(factor), axis=axis)
        return entries

    return rearranged(value, repeat)


def _factors(node: Node, place: int) -> list[float]:
    """Return by how much each axis grows."""
    if "scales" in node.attributes:
        return [float(scale) for scale in node.attributes["scales"]]
    if node.has(place) and node.constant(place, "scales").size:
        return [float(scale) for scale in node.constant(place, "scales").ravel()]
    sizes = node.integers("sizes", 3) or []
    return [size / n for size, n in zip(sizes, node.value(0).shape, strict=True)]


SHAPES: dict[str, Reader] = {
    "Concat": _concat,
    "DepthToSpace": _depth_to_space,
    "Dropout": _dropout,
    "Expand": _expand,
    "Flatten": _flatten,
    "Gather": _gather,
    "GatherElements": _gather_elements,
    "Identity": _identity,
    "Pad": _pad,
    "Reshape": _reshape,
    "Resize": _resize,
    "Slice": _slice,
    "SpaceToDepth": _space_to_depth,
    "Split": _split,
    "Squeeze": _squeeze,
    "Tile": _tile,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
    "Upsample": _resize,
    "Where": _where,
}
"""What reads each operator."""
