"""Writing networks as ``.onnx`` files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyregions.errors import InvalidNetwork
from polyregions.networks.activation import Activation
from polyregions.networks.layer import Layer
from polyregions.networks.loaders.onnx.file import require_onnx
from polyregions.networks.maximum import Maximum
from polyregions.networks.network import Network

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto

__all__ = ["save_onnx"]

OPSET, IR_VERSION = 17, 8
"""Of 2022; everything newer than that reads them."""

LARGEST = 2 * 10**9
"""Messages of ONNX hold less than 2 GiB."""


def save_onnx(network: Network, path: str | Path) -> None:
    """Write a network to an ``.onnx`` file, in double precision; its numbers do not change.

    The model has one input, "input" of shape (batch, input_dim), and one output, "output" of shape
    (batch, output_dim).  `load_onnx` reads the same function from it.

    Parameters
    ----------
    network : Network
    path : str or pathlib.Path

    Raises
    ------
    InvalidNetwork
        The file would be larger than ONNX allows, as weights are stored in full.
    MissingDependency
        onnx is not installed.

    Notes
    -----
    ReLU, clamps, absolute values and units with one breakpoint at 0 and slope 1 above are operators of ONNX; any other
    activation is written as a sum of clamps of the row, one for each piece, times slopes, so that every number of it is
    stored as it is.  Maxima are reductions of rows that are gathered.

    Examples
    --------
    >>> import tempfile
    >>> from polyregions.networks.loaders.onnx.read import load_onnx
    >>> network = Network.from_arrays([[[1.0], [-1.0]], [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_onnx(network, f"{folder}/network.onnx")
    ...     load_onnx(f"{folder}/network.onnx")
    Network(1-2-1, 2 units)
    """
    require_onnx("writing")
    Path(path).write_bytes(_model(network).SerializeToString())


def _model(network: Network) -> ModelProto:
    from onnx import TensorProto, helper

    writer = _Writer()
    values = ["input"]
    for layer in network.layers:
        given = [values[source] for source in layer.sources or ()]
        rows = writer.rows(layer, given[0] if len(given) == 1 else writer.add("Concat", *given, axis=1))
        values.append(writer.units(layer, rows))
    writer.nodes.append(helper.make_node("Identity", [values[-1]], ["output"]))
    graph = helper.make_graph(
        writer.nodes,
        "network",
        [helper.make_tensor_value_info("input", TensorProto.DOUBLE, ["batch", network.input_dim])],
        [helper.make_tensor_value_info("output", TensorProto.DOUBLE, ["batch", network.output_dim])],
        writer.stored,
    )
    return helper.make_model(
        graph, producer_name="polyregions", ir_version=IR_VERSION, opset_imports=[helper.make_opsetid("", OPSET)]
    )


class _Writer:
    """Operators and stored arrays of a graph; every value is of shape (batch, width)."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.stored: list[TensorProto] = []
        self.bytes = 0

    def add(self, operator: str, *names: str, **attributes: Any) -> str:
        """Append an operator; return the name of its output."""
        from onnx import helper

        name = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(names), [name], name=name, **attributes))
        return name

    def check_room(self, shape: Sequence[int]) -> None:
        """Refuse to store more than a file may hold."""
        needed = self.bytes + 8 * math.prod(shape)
        if needed > LARGEST:
            raise InvalidNetwork(
                f"an .onnx file holds at most {LARGEST} bytes of numbers, and weights are stored in full, which takes "
                f"more than {needed} here; save the network as .npz"
            )

    def store(self, array: NDArray[Any] | float) -> str:
        """Store an array; return its name."""
        from onnx import numpy_helper

        numbers = np.asarray(array)
        self.check_room(numbers.shape)
        self.bytes += numbers.nbytes
        name = f"stored_{len(self.stored)}"
        self.stored.append(numpy_helper.from_array(np.ascontiguousarray(numbers).reshape(numbers.shape), name))
        return name

    def rows(self, layer: Layer, given: str) -> str:
        """Write the affine map of a layer."""
        selected = _selection(layer)
        if selected is None:
            self.check_room(layer.weights.shape)
            matrix = layer.weights if isinstance(layer.weights, np.ndarray) else layer.weights.toarray()
            result = self.add("MatMul", given, self.store(matrix.T))
        else:
            result = self.gathered(given, selected)
        return self.add("Add", result, self.store(layer.bias)) if layer.bias.any() else result

    def gathered(self, given: str, places: NDArray[np.int64]) -> str:
        """Write a choice of entries."""
        return self.add("Gather", given, self.store(places), axis=1)

    def units(self, layer: Layer, rows: str) -> str:
        """Write what a layer does with its rows."""
        if isinstance(layer.activation, Maximum):
            return self.maxima(rows, layer.activation)
        count = layer.weights.shape[0]
        kinds = (layer.activation,) * count if isinstance(layer.activation, Activation) else layer.activation
        places: dict[Any, list[int]] = {}
        for place, kind in enumerate(kinds):
            places.setdefault("sloped" if _is_sloped(kind) else kind, []).append(place)
        groups = [np.array(group) for group in places.values()]
        parts = []
        for group in groups:
            part = self.gathered(rows, group) if len(groups) > 1 else rows
            parts.append(self.activated(part, [kinds[place] for place in group]))
        return self.ordered(parts, groups)

    def ordered(self, parts: list[str], groups: list[NDArray[np.int64]]) -> str:
        """Write parts, whose entries have places, in the order of those."""
        if len(parts) == 1:
            return parts[0]
        return self.gathered(self.add("Concat", *parts, axis=1), np.argsort(np.concatenate(groups)))

    def maxima(self, rows: str, maximum: Maximum) -> str:
        """Write the largest rows of groups, those of one size together."""
        parts, places = [], []
        for size in sorted(set(maximum.n_pieces.tolist())):
            places.append(np.flatnonzero(maximum.n_pieces == size))
            table = np.array([maximum.groups[unit] for unit in places[-1]], dtype=np.int64)
            parts.append(self.add("ReduceMax", self.gathered(rows, table), axes=[2], keepdims=0))
        return self.ordered(parts, places)

    def activated(self, rows: str, kinds: list[Activation]) -> str:
        """Write activations of rows: either all are sloped, or all are the same."""
        kind = kinds[0]
        if not _is_sloped(kind):
            return self.piecewise(rows, kind)
        slopes = np.array([each.slopes[0] for each in kinds])
        if (slopes == 0.0).all():
            return self.add("Relu", rows)
        if (slopes == 1.0).all():
            return rows
        return self.add("Abs", rows) if (slopes == -1.0).all() else self.add("PRelu", rows, self.store(slopes))

    def clip(self, rows: str, low: float, high: float) -> str:
        """Write a clamp, of which one bound may be infinite."""
        names = [self.store(bound) if math.isfinite(bound) else "" for bound in (low, high)]
        return self.add("Clip", rows, *(names if names[1] else names[:1]))

    def piecewise(self, rows: str, kind: Activation) -> str:
        """Write any activation.

        With breakpoints b_0 < ... < b_T, slopes s and v = f(b_0), this is ``v + s_0 (min(x, b_0) - b_0)`` plus
        ``s_t (clip(x, b_t-1, b_t) - b_t-1)`` for every further piece: all constants are the activation's own.
        """
        if not kind.breakpoints:
            scaled = self.add("Mul", rows, self.store(kind.slopes[0]))
            return self.add("Add", scaled, self.store(kind.value)) if kind.value else scaled
        first, last = kind.breakpoints[0], kind.breakpoints[-1]
        bounds = (first if kind.slopes[0] == 0.0 else -math.inf, last if kind.slopes[-1] == 0.0 else math.inf)
        if kind == Activation.clamp(*bounds):
            return self.clip(rows, *bounds)
        ends = [-math.inf, *kind.breakpoints, math.inf]
        terms = []
        for slope, low, high in zip(kind.slopes, ends, ends[1:], strict=False):
            if slope:
                start = low if math.isfinite(low) else high
                moved = self.clip(rows, low, high)
                moved = self.add("Sub", moved, self.store(start)) if start else moved
                terms.append(moved if slope == 1.0 else self.add("Mul", moved, self.store(slope)))
        result = terms[0]
        for term in terms[1:]:
            result = self.add("Add", result, term)
        return self.add("Add", result, self.store(kind.value)) if kind.value else result


def _is_sloped(kind: Activation) -> bool:
    """Tell whether an activation is x for positive x and a multiple of x for others: identity, ReLU, PReLU, abs."""
    return kind == Activation.leaky_relu(kind.slopes[0])


def _selection(layer: Layer) -> NDArray[np.int64] | None:
    """Return which numbers the rows are before the bias is added, if every row is one of them."""
    if isinstance(layer.weights, np.ndarray):
        return None
    single = (np.diff(layer.weights.indptr) == 1).all() and (layer.weights.data == 1.0).all()
    return layer.weights.indices.astype(np.int64) if single else None
