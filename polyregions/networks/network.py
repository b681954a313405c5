"""What a network is: layers in topological order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.arithmetic.portable import digest
from polyregions.errors import DimensionMismatch, InvalidNetwork
from polyregions.frozen import Frozen
from polyregions.networks.activation import Activation
from polyregions.networks.description import describe
from polyregions.networks.layer import Layer, Weights
from polyregions.networks.maximum import Maximum

if TYPE_CHECKING:
    import torch

Shape = int | tuple[int, ...] | tuple[tuple[int, ...], ...]


@dataclass(frozen=True, eq=False)
class Network(Frozen):
    """A feed-forward network with piecewise-linear activations; the last layer's output is the network's.

    Units of layers that can switch are counted from 0 in layer order (`n_units`).  Each breakpoint of each unit, and
    each candidate of a maximum, is a *switch*, counted in the same order, those of a unit together (`n_switches`).

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
            resolved.append(layer if layer.sources == sources else layer.reading(sources))
        object.__setattr__(self, "layers", tuple(resolved))
        object.__setattr__(self, "input_dim", input_dim)

    @classmethod
    def from_arrays(
        cls,
        weights: Sequence[ArrayLike],
        biases: Sequence[ArrayLike],
        activations: Sequence[Activation | Sequence[Activation] | Maximum | str] | None = None,
    ) -> Network:
        """Build a plain stack of layers.

        Parameters
        ----------
        weights : sequence of array_like, shapes (outputs, inputs)
        biases : sequence of array_like, shapes (outputs,)
        activations : sequence, optional
            One for each layer, as `Layer` takes them or by name; ReLU after every layer but the last is the default.

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

    @classmethod
    def from_torch(cls, module: torch.nn.Module, input_shape: Shape | None = None, check: bool = True) -> Network:
        """Read a PyTorch module, as it is used for inference.

        Parameters
        ----------
        module : torch.nn.Module
            Anything that ``torch.fx`` can trace: stacks, skips, concatenations, functions of ``torch``.
        input_shape : int, tuple of int, or tuple of such for several inputs, optional
            Without the batch axis; it may be left out if the only input goes into an ``nn.Linear`` first.
        check : bool
            Whether to compare the network with the module at random points.

        Raises
        ------
        UnsupportedLayer
            The module has operators that are not continuous and piecewise linear, or not known here; all are listed.
        InvalidNetwork
            The shapes do not fit, or something else is wrong with the module.
        Disagreement
            The network computes something else than the module.
        MissingDependency
            torch is not installed.

        Examples
        --------
        >>> import torch  # doctest: +SKIP
        >>> Network.from_torch(torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.ReLU()))  # doctest: +SKIP
        Network(2-8, 8 units)
        """
        from polyregions.networks.loaders.torch import from_torch

        return from_torch(module, input_shape, check)

    @classmethod
    def from_keras(cls, model: Any, check: bool = True) -> Network:
        """Read a Sequential or functional Keras model, by way of a ``.keras`` file.

        Parameters
        ----------
        model : keras.Model
        check : bool
            Whether to compare the network with the model at random points.

        Raises
        ------
        UnsupportedLayer
            Layers, activations or options are not piecewise linear, not known, or not Keras' own: all are named.
        Disagreement
            The network computes something else than the model.
        MissingDependency
            h5py is not installed.
        """
        from polyregions.networks.loaders.keras import from_keras

        return from_keras(model, check)

    @classmethod
    def from_sklearn(cls, model: Any, check: bool = True) -> Network:
        """Read a fitted scikit-learn MLP, or a pipeline of scalers and one.

        Parameters
        ----------
        model : sklearn.neural_network.MLPClassifier, MLPRegressor, or sklearn.pipeline.Pipeline
            With the activation ``relu`` or ``identity``.  The outputs of a classifier are its scores before softmax or
            the logistic function; for two classes there is one, positive for the second class.
        check : bool
            Whether to compare the network with the model at random points.

        Raises
        ------
        UnsupportedLayer
            The model has another activation, or a step that is not affine.
        InvalidNetwork
            The model is not fitted.
        Disagreement
            The network computes something else than the model.
        """
        from polyregions.networks.loaders.sklearn_model import from_sklearn

        return from_sklearn(model, check)

    @property
    def output_dim(self) -> int:
        """Number of outputs."""
        return self.layers[-1].width

    @cached_property
    def n_units(self) -> int:
        """Number of units of layers that can switch."""
        return sum(layer.width for layer in self.layers if layer.n_switches)

    @cached_property
    def n_switches(self) -> int:
        """Number of switches of all units together; for ReLU networks, the number of units."""
        return sum(layer.n_switches for layer in self.layers)

    @cached_property
    def pattern_type(self) -> type[np.unsignedinteger[Any]]:
        """The type of patterns: uint8, or uint16 if a unit has more than 256 pieces."""
        return np.uint16 if any(layer.units.piece_type is np.uint16 for layer in self.layers) else np.uint8

    @cached_property
    def first_switches(self) -> NDArray[np.int64]:
        """The first switch of every layer, and their number at the end, shape (layers + 1,)."""
        first = np.cumsum([0, *(layer.n_switches for layer in self.layers)])
        first.setflags(write=False)
        return first

    @cached_property
    def switch_units(self) -> NDArray[np.int64]:
        """The unit of every switch, shape (n_switches,)."""
        parts, first = [np.zeros(0, dtype=np.int64)], 0
        for layer in self.layers:
            if layer.n_switches:
                parts.append(first + layer.units.switch_units)
                first += layer.width
        units = np.concatenate(parts)
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
            flat = values.reshape(-1, values.shape[-1])
            rows = (layer.weights @ flat.T).T + layer.bias
            outputs.append(layer.units(rows.reshape(*values.shape[:-1], -1)))
        return outputs[-1]

    def after(self, matrix: ArrayLike | Weights, offset: ArrayLike) -> Network:
        """Return the network after an affine map: ``y -> network(matrix @ y + offset)``.

        With the columns of a matrix as directions, this restricts a network to a line or a plane of its input space.

        Parameters
        ----------
        matrix : array_like, shape (input_dim, k)
        offset : array_like, shape (input_dim,)

        Returns
        -------
        Network
            With k inputs.  The map is a layer of its own, so no weight changes.

        Raises
        ------
        InvalidNetwork
            The map does not give the network's inputs.

        Examples
        --------
        >>> net = Network.from_arrays([[[1.0, 2.0]]], [[0.0]])
        >>> net.after([[1.0], [1.0]], [0.0, 1.0])([3.0])
        array([11.])
        """
        first = Layer(matrix, offset, Activation.identity(), (0,))  # type: ignore[arg-type]
        if first.width != self.input_dim:
            raise InvalidNetwork(f"the network has {self.input_dim} inputs, got a map to {first.width} numbers")
        later = [layer.reading([source + 1 for source in layer.sources or ()]) for layer in self.layers]
        return Network((first, *later))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the text that defines the function, as hexadecimal digits; see the format of certificates.

        The same for equal numbers, however they were stored; independent of machine, version and activation names.
        """
        return digest(describe(self))

    def __repr__(self) -> str:
        """Name widths and size."""
        widths = "-".join(str(width) for width in (self.input_dim, *(layer.width for layer in self.layers)))
        return f"Network({widths}, {self.n_units} units)"
