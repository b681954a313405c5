"""Affine functions of the network's input that hold where the pattern does.

A *form* is an affine function of the input, written as its coefficients followed by its constant, ``n + 1`` numbers.
The functions here push forms through layers, in rationals and as enclosures; the network's input is ``(I | 0)``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.arithmetic import (
    Enclosure,
    Rational,
    RationalMatrix,
    RationalWeights,
    nearest_floats,
    rational,
    rational_matrix,
)
from polyregions.arithmetic.enclosure import QUIET
from polyregions.errors import DimensionMismatch
from polyregions.networks.layer import Layer
from polyregions.networks.network import Network


@dataclass(frozen=True, eq=False)
class AffineMap:
    """An affine map ``x -> matrix @ x + offset``, known exactly.

    Parameters
    ----------
    exact : RationalMatrix, shape (outputs, inputs + 1)
        The matrix, with the offset as last column.

    Notes
    -----
    Two maps are equal, and have the same hash, if and only if they are the same map: a comparison of rationals.
    """

    exact: RationalMatrix

    @cached_property
    def matrix(self) -> NDArray[np.float64]:
        """The matrix in nearest floats, shape (outputs, inputs)."""
        return nearest_floats(self.exact)[:, :-1]

    @cached_property
    def offset(self) -> NDArray[np.float64]:
        """The offset in nearest floats, shape (outputs,)."""
        return nearest_floats(self.exact)[:, -1]

    def __call__(self, x: ArrayLike) -> NDArray[np.float64]:
        """Apply the map in floats to points of shape (..., inputs)."""
        return np.asarray(x, dtype=np.float64) @ self.matrix.T + self.offset

    def __eq__(self, other: object) -> bool:
        """Compare exactly."""
        return isinstance(other, AffineMap) and bool(self.exact == other.exact)

    @cached_property
    def _key(self) -> tuple[Rational, ...]:
        return tuple(self.exact.entries())

    def __hash__(self) -> int:
        """Hash the exact entries."""
        return hash(self._key)


def stack(matrices: list[RationalMatrix]) -> RationalMatrix:
    """Put rational matrices of equal width on top of each other."""
    if len(matrices) == 1:
        return matrices[0]
    entries = [entry for matrix in matrices for entry in matrix.entries()]
    return RationalMatrix(sum(matrix.nrows() for matrix in matrices), matrices[0].ncols(), entries)


class ExactLayers:
    """The weights and biases of a network as rationals, converted once and kept.

    Parameters
    ----------
    network : Network
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._weights: dict[int, tuple[RationalWeights, list[tuple[int, Rational]]]] = {}

    def input_forms(self) -> RationalMatrix:
        """Return the forms of the input itself, shape (n, n + 1)."""
        return rational_matrix(np.eye(self.network.input_dim, self.network.input_dim + 1))

    def rows(self, index: int, outputs: list[RationalMatrix]) -> RationalMatrix:
        """Push columns through the affine map of layer `index` (from 0).

        Parameters
        ----------
        index : int
        outputs : list of RationalMatrix, shapes (width, k)
            The input and the outputs of all earlier layers: forms, values at a point, or derivatives and values there.
            The bias is added to the last column.

        Returns
        -------
        RationalMatrix, shape (rows, k)
        """
        layer = self.network.layers[index]
        if index not in self._weights:
            biases = [(row, rational(bias)) for row, bias in enumerate(layer.bias.tolist()) if bias]
            self._weights[index] = RationalWeights(layer.weights), biases
        weights, biases = self._weights[index]
        result = weights @ stack([outputs[source] for source in layer.sources or ()])
        last = result.ncols() - 1
        for row, bias in biases:
            result[row, last] += bias
        return result


@lru_cache(maxsize=4)
def exact_layers(network: Network) -> ExactLayers:
    """Return the network's weights as rationals; those of the last few networks are kept."""
    return ExactLayers(network)


def joined(layer: Layer, outputs: Sequence[Enclosure] | Mapping[int, Enclosure]) -> Enclosure:
    """Put the outputs of a layer's sources on top of each other."""
    sources = [outputs[source] for source in layer.sources or ()]
    if len(sources) == 1:
        return sources[0]
    return Enclosure(
        np.concatenate([source.value for source in sources]), np.concatenate([source.error for source in sources])
    )


def row_forms(layer: Layer, outputs: list[Enclosure]) -> Enclosure:
    """Push forms, shapes (width, n + 1), through the affine map of a layer, with error bounds; shape (rows, n + 1)."""
    inputs = joined(layer, outputs)
    bias = np.zeros((len(layer.bias), inputs.value.shape[1]))
    bias[:, -1] = layer.bias
    return inputs.transform(layer.weights, bias)


def layer_pieces(network: Network, pattern: NDArray[np.integer]) -> list[NDArray[np.int64]]:
    """Split patterns, shape (..., n_units), by layers; layers that never switch have piece 0 everywhere."""
    pieces, start = [], 0
    for layer in network.layers:
        if layer.n_switches:
            pieces.append(pattern[..., start : start + layer.width].astype(np.int64))
            start += layer.width
        else:
            pieces.append(np.zeros((*pattern.shape[:-1], layer.width), dtype=np.int64))
    return pieces


def check_pattern(network: Network, pattern: ArrayLike) -> NDArray[np.integer]:
    """Return the pattern as an array, or say what is wrong with it."""
    try:
        array = np.asarray(pattern)
    except ValueError as error:
        raise DimensionMismatch(f"a pattern of this network has {network.n_units} whole numbers: {error}") from None
    if array.shape != (network.n_units,) or (array.dtype.kind not in "biu" and array.size):
        raise DimensionMismatch(
            f"a pattern of this network has {network.n_units} whole numbers, "
            f"got shape {array.shape} of dtype {array.dtype}"
        )
    counts = [layer.units.n_pieces for layer in network.layers if layer.n_switches]
    limits = np.concatenate(counts) - 1 if counts else np.zeros(0, dtype=np.int64)
    if ((array < 0) | (array > limits)).any():
        raise DimensionMismatch(f"pieces of this network's units lie in 0..{limits.max()}, got {array}")
    return array.astype(np.int64)


def affine_map(network: Network, pattern: ArrayLike) -> AffineMap:
    """Return the exact affine map that the network is where its activation pattern is `pattern`.

    Parameters
    ----------
    network : Network
    pattern : array_like of int, shape (n_units,)
        The piece of every unit; for ReLU 1 is active, 0 inactive.

    Returns
    -------
    AffineMap

    Raises
    ------
    DimensionMismatch
        The pattern does not belong to this network.

    Examples
    --------
    >>> net = Network.from_arrays([[[1.0], [-1.0]], [[1.0, 1.0]]], [[0.0, 0.0], [0.5]])
    >>> affine_map(net, [0, 1]).exact
    [-1, 1/2]
    """
    return AffineMap(_push(network, check_pattern(network, pattern))[1])


class RegionForms:
    """The switches of a network as exact forms that hold where its activation pattern is `pattern`.

    Parameters
    ----------
    network : Network
    pattern : array_like of int, shape (n_units,)
    """

    def __init__(self, network: Network, pattern: ArrayLike) -> None:
        checked = check_pattern(network, pattern)
        self._network, self._pieces = network, layer_pieces(network, checked)
        self._rows, _ = _push(network, checked)

    def switch(self, switch: int) -> list[Rational]:
        """Return one switch as a form, n + 1 numbers."""
        index = int(np.searchsorted(self._network.first_switches, switch, side="right")) - 1
        number = switch - int(self._network.first_switches[index])
        units = self._network.layers[index].units
        return units.exact_switch_form(self._rows[index], self._pieces[index], number)


def _push(network: Network, pattern: NDArray[np.integer]) -> tuple[list[RationalMatrix], RationalMatrix]:
    """Push the input's forms through all layers; return the rows of every layer, and the output."""
    exact = exact_layers(network)
    outputs = [exact.input_forms()]
    rows = []
    for index, (layer, pieces) in enumerate(zip(network.layers, layer_pieces(network, pattern), strict=True)):
        rows.append(exact.rows(index, outputs))
        outputs.append(layer.units.exactly_on_pieces(rows[-1], pieces))
    return rows, outputs[-1]


def enclosed_maps(network: Network, patterns: NDArray[np.integer]) -> Enclosure:
    """Enclose the affine maps of many patterns at once.

    Parameters
    ----------
    network : Network
    patterns : numpy.ndarray of int, shape (R, n_units)

    Returns
    -------
    Enclosure, shape (R, outputs, n + 1)
        The offset is the last column.
    """
    count, width = len(patterns), network.input_dim + 1
    parts = [_enclosed_maps(network, patterns[start : start + CHUNK]) for start in range(0, count, CHUNK)]
    if not parts:
        return Enclosure.exact(np.zeros((0, network.output_dim, width)))
    return Enclosure(np.concatenate([part.value for part in parts]), np.concatenate([part.error for part in parts]))


CHUNK = 4096
"""Patterns whose maps are made together: bounds the memory for intermediate forms."""


@QUIET
def _enclosed_maps(network: Network, patterns: NDArray[np.integer]) -> Enclosure:
    *_, last = enclosed_forms(network, patterns)
    return Enclosure(last.value.transpose(1, 0, 2), last.error.transpose(1, 0, 2))


def enclosed_forms(network: Network, patterns: NDArray[np.integer]) -> Iterator[Enclosure]:
    """Enclose the rows of one layer after the other as forms; then the network's output.

    Parameters
    ----------
    network : Network
    patterns : numpy.ndarray of int, shape (R, n_units)

    Yields
    ------
    Enclosure, shape (rows, R, n + 1)
    """
    count, width = len(patterns), network.input_dim + 1
    # Columns: the forms of the first pattern, those of the second, ...
    identity = np.zeros((network.input_dim, count, width))
    identity[np.arange(network.input_dim), :, np.arange(network.input_dim)] = 1.0
    outputs = [Enclosure.exact(identity.reshape(network.input_dim, -1))]
    for layer, pieces in zip(network.layers, layer_pieces(network, patterns), strict=True):
        bias = np.zeros((len(layer.bias), count, width))
        bias[:, :, -1] = layer.bias[:, None]
        rows = joined(layer, outputs).transform(layer.weights, bias.reshape(len(bias), -1))
        forms = _by_pattern(rows, count)
        yield forms
        after = layer.units.forms_on_pieces(forms, pieces.T)
        shape = (layer.width, -1)
        outputs.append(Enclosure(after.value.reshape(shape), after.error.reshape(shape)))
    yield _by_pattern(outputs[-1], count)


@QUIET
def enclosed_switches(
    network: Network, patterns: NDArray[np.integer], numbers: NDArray[np.int64], switches: NDArray[np.int64]
) -> Enclosure:
    """Enclose q switches as forms that hold where patterns do.

    Parameters
    ----------
    network : Network
    patterns : numpy.ndarray of int, shape (R, n_units)
    numbers, switches : numpy.ndarray of int, shape (q,)
        Which pattern, and which switch.

    Returns
    -------
    Enclosure, shape (q, n + 1)
    """
    shape = (len(numbers), network.input_dim + 1)
    value, error = np.zeros(shape), np.zeros(shape)
    each = zip(network.layers, enclosed_forms(network, patterns), layer_pieces(network, patterns), strict=False)
    for (first, end), (layer, rows, pieces) in zip(pairwise(network.first_switches.tolist()), each, strict=True):
        mine = np.flatnonzero((first <= switches) & (switches < end))
        if len(mine):
            forms = layer.units.switch_forms(rows, pieces.T, switches[mine] - first, numbers[mine])
            value[mine], error[mine] = forms.value, forms.error
        if end > switches.max(initial=-1):
            break
    return Enclosure(value, error)


def _by_pattern(forms: Enclosure, count: int) -> Enclosure:
    """Take columns apart: (rows, R (n + 1)) to (rows, R, n + 1)."""
    shape = (len(forms.value), count, -1)
    return Enclosure(forms.value.reshape(shape), forms.error.reshape(shape))
