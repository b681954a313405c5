"""What a network is: affine layers with piecewise-linear activations, in topological order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.errors import DimensionMismatch, InvalidNetwork
from polyregions.networks.activation import Activation


def exact_floats(numbers: ArrayLike, what: str, ndim: int) -> NDArray[np.float64]:
    """Convert numbers to a read-only float64 array without changing any of them."""
    try:
        array = np.asarray(numbers)
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidNetwork(f"{what} must be an array of real numbers: {error}") from None
    if array.dtype.kind not in "biuf":
        raise InvalidNetwork(f"{what} must be an array of real numbers, got dtype {array.dtype}")
    if array.ndim != ndim:
        raise InvalidNetwork(f"{what} must have {ndim} dimension(s), got shape {array.shape}")
    with np.errstate(over="ignore"):
        result = np.array(array, dtype=np.float64, order="C")
    if not np.isfinite(result).all():
        raise InvalidNetwork(
            f"{what} must be finite; {np.isnan(result).sum()} entries are NaN, {np.isinf(result).sum()} infinite"
        )
    changed = _changed(numbers if isinstance(numbers, list | tuple) else array, result)
    if changed:
        raise InvalidNetwork(f"{what} must be numbers that float64 can hold, which {changed[0]} is not")
    result.setflags(write=False)
    return result


def _changed(numbers: ArrayLike, floats: NDArray[np.float64]) -> list[Any]:
    """Return the numbers that differ from their floats; numpy rounds large integers that stand among floats."""
    array = np.array(numbers, dtype=object) if isinstance(numbers, list | tuple) else np.asarray(numbers)
    if array.dtype.kind in "bf" and array.dtype.itemsize <= 8:
        return []
    pairs = zip(array.ravel().tolist(), floats.ravel().tolist(), strict=True)
    return [a for a, b in pairs if a != b or int(a) != int(b)]


@dataclass(frozen=True, eq=False)
class Layer:
    """An affine map of the input and of earlier layers' outputs, then an activation.

    Parameters
    ----------
    weights : array_like, shape (units, width of all sources together)
        Acts on the sources' outputs, concatenated in the order of `sources`.
    bias : array_like, shape (units,)
    activation : Activation
        The same for all units of the layer.
    sources : tuple of int or None
        Where the layer's inputs come from: 0 is the network's input, ``k`` the output of the k-th layer (from 1).
        None stands for the layer just before.

    Raises
    ------
    InvalidNetwork
        Numbers are not finite or would change in float64, shapes do not fit, or there is no unit.
    """

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    activation: Activation
    sources: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        """Check shapes and numbers, and freeze the arrays."""
        weights = exact_floats(self.weights, "a layer's weights", 2)
        bias = exact_floats(self.bias, "a layer's bias", 1)
        if 0 in weights.shape:
            raise InvalidNetwork(f"a layer needs at least one unit and one input, got weights of shape {weights.shape}")
        if bias.shape != (weights.shape[0],):
            raise InvalidNetwork(
                f"a layer with weights of shape {weights.shape} needs a bias of shape ({weights.shape[0]},), "
                f"got {bias.shape}; weights are (outputs, inputs)"
            )
        if not isinstance(self.activation, Activation):
            raise InvalidNetwork(f"a layer needs an Activation, got {type(self.activation).__name__}")
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "bias", bias)

    @property
    def width(self) -> int:
        """Number of units."""
        return int(self.weights.shape[0])

    @property
    def n_switches(self) -> int:
        """Number of breakpoints of all units together."""
        return self.width * self.activation.n_switches


@dataclass(frozen=True, eq=False)
class Network:
    """A feed-forward network with piecewise-linear activations; the last layer's output is the network's.

    Units of layers whose activation has breakpoints are counted from 0 in layer order (`n_units`).  Each breakpoint of
    each unit is a *switch*, counted in the same order, the breakpoints of a unit together (`n_switches`).

    Parameters
    ----------
    layers : sequence of Layer
        In topological order.
    input_dim : int, optional
        Number of inputs; left out, it is taken from the first layer, whose only source then is the input.

    Raises
    ------
    InvalidNetwork
        There is no layer, a source is not an earlier layer, or widths do not fit.

    Examples
    --------
    >>> net = Network.from_arrays([[[1.0], [-1.0]], [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> net(np.array([-3.0]))
    array([3.])
    >>> net
    Network(1-2-1, 2 units)
    """

    layers: tuple[Layer, ...]
    input_dim: int = 0

    def __post_init__(self) -> None:
        """Resolve the sources and check that widths fit."""
        if not self.layers:
            raise InvalidNetwork("a network needs at least one layer, got none")
        input_dim = int(self.input_dim) or int(self.layers[0].weights.shape[1])
        widths = [input_dim]
        resolved = []
        for number, layer in enumerate(self.layers, start=1):
            sources = (number - 1,) if layer.sources is None else tuple(layer.sources)
            if not sources or any(not isinstance(s, int | np.integer) or not 0 <= s < number for s in sources):
                raise InvalidNetwork(f"the sources of layer {number} must lie in 0..{number - 1}, got {sources}")
            wanted = sum(widths[source] for source in sources)
            if layer.weights.shape[1] != wanted:
                raise InvalidNetwork(
                    f"layer {number} has weights of shape {layer.weights.shape} (outputs, inputs), but its sources "
                    f"give {wanted} numbers; transpose the weights if they are stored (inputs, outputs)"
                )
            widths.append(layer.width)
            resolved.append(Layer(layer.weights, layer.bias, layer.activation, sources))
        object.__setattr__(self, "layers", tuple(resolved))
        object.__setattr__(self, "input_dim", input_dim)

    @classmethod
    def from_arrays(
        cls,
        weights: Sequence[ArrayLike],
        biases: Sequence[ArrayLike],
        activations: Sequence[Activation | str] | None = None,
    ) -> Network:
        """Build a plain stack of layers.

        Parameters
        ----------
        weights : sequence of array_like, shapes (outputs, inputs)
        biases : sequence of array_like, shapes (outputs,)
        activations : sequence of Activation or str, optional
            One for each layer; ReLU after every layer but the last is the default.

        Raises
        ------
        InvalidNetwork
            The arrays do not make a network; the message says where.
        """
        weights, biases = list(weights), list(biases)
        if not weights:
            raise InvalidNetwork("a network needs at least one layer, got none")
        if activations is None:
            activations = [Activation.relu()] * (len(weights) - 1) + [Activation.identity()]
        if not len(weights) == len(biases) == len(activations):
            raise InvalidNetwork(
                f"every layer needs weights, a bias and an activation, got {len(weights)} weights, "
                f"{len(biases)} biases and {len(activations)} activations"
            )
        layers = []
        for number, (matrix, bias, activation) in enumerate(zip(weights, biases, activations, strict=True), start=1):
            kind = Activation.parse(activation) if isinstance(activation, str) else activation
            try:
                layers.append(Layer(matrix, bias, kind))  # type: ignore[arg-type]
            except InvalidNetwork as error:
                raise InvalidNetwork(f"layer {number}: {error}") from None
        return cls(tuple(layers))

    @property
    def output_dim(self) -> int:
        """Number of outputs."""
        return self.layers[-1].width

    @cached_property
    def n_units(self) -> int:
        """Number of units whose activation has a breakpoint."""
        return sum(layer.width for layer in self.layers if layer.n_switches)

    @cached_property
    def n_switches(self) -> int:
        """Number of breakpoints of all units together; for ReLU networks, the number of units."""
        return sum(layer.n_switches for layer in self.layers)

    @cached_property
    def first_switches(self) -> NDArray[np.int64]:
        """The first switch of every layer, and their number at the end, shape (layers + 1,)."""
        first = np.cumsum([0, *(layer.n_switches for layer in self.layers)])
        first.setflags(write=False)
        return first

    @cached_property
    def switch_units(self) -> NDArray[np.int64]:
        """The unit of every switch, shape (n_switches,)."""
        repeats = [np.full(layer.width, layer.activation.n_switches) for layer in self.layers if layer.n_switches]
        counts = np.concatenate(repeats) if repeats else np.zeros(0, dtype=np.int64)
        units = np.repeat(np.arange(self.n_units), counts)
        units.setflags(write=False)
        return units

    @cached_property
    def unit_layers(self) -> NDArray[np.int64]:
        """The layer of every unit, counted from 1, shape (n_units,)."""
        numbers = [np.full(layer.width, k) for k, layer in enumerate(self.layers, start=1) if layer.n_switches]
        layers = np.concatenate(numbers) if numbers else np.zeros(0, dtype=np.int64)
        layers.setflags(write=False)
        return layers

    def __call__(self, x: ArrayLike) -> NDArray[np.float64]:
        """Evaluate in floats.

        Parameters
        ----------
        x : array_like, shape (..., input_dim)

        Returns
        -------
        numpy.ndarray, shape (..., output_dim)

        Raises
        ------
        DimensionMismatch
            The last axis of `x` is not `input_dim`, or its entries are not numbers.
        """
        try:
            points = np.asarray(x, dtype=np.float64)
        except (ValueError, TypeError) as error:
            raise DimensionMismatch(f"points of this network are arrays of numbers: {error}") from None
        if points.ndim == 0 or points.shape[-1] != self.input_dim:
            raise DimensionMismatch(f"the network has {self.input_dim} inputs, got points of shape {points.shape}")
        outputs = [points]
        for layer in self.layers:
            values = np.concatenate([outputs[source] for source in layer.sources or ()], axis=-1)
            outputs.append(layer.activation(values @ layer.weights.T + layer.bias))
        return outputs[-1]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that defines the function, as hexadecimal digits.

        The same for equal numbers, however they were stored; independent of machine, version and activation names.
        """
        state = hashlib.sha256(b"polyregions network 1")

        def feed(*numbers: Any) -> None:
            state.update(np.asarray(len(numbers), dtype="<i8").tobytes())
            state.update((np.asarray(numbers, dtype="<f8") + 0.0).tobytes())

        feed(self.input_dim, len(self.layers))
        for layer in self.layers:
            feed(*layer.weights.shape, *(layer.sources or ()))
            feed(*layer.weights.ravel())
            feed(*layer.bias)
            feed(*layer.activation.breakpoints)
            feed(*layer.activation.slopes, layer.activation.value)
        return state.hexdigest()

    def __repr__(self) -> str:
        """Name widths and size."""
        widths = "-".join(str(width) for width in (self.input_dim, *(layer.width for layer in self.layers)))
        return f"Network({widths}, {self.n_units} units)"
