"""Building networks from operations on arrays, as deep-learning frameworks do.

A `Tensor` stands for an array of numbers that a network will compute.  Each is an affine function of the outputs of
layers that are already there; an activation or a maximum makes a new layer.  Affine functions are put together only
where that rounds nothing; elsewhere the first becomes a layer of its own, so that no number of a network ever changes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, vstack

from polyregions.errors import InvalidNetwork
from polyregions.networks.activation import Activation
from polyregions.networks.construction import Construction
from polyregions.networks.exactness import entries_add_up, product_is_exact, products_are_exact, sum_is_exact
from polyregions.networks.layer import Layer, exact_floats, exact_matrix
from polyregions.networks.maximum import Maximum
from polyregions.networks.network import Network


@dataclass(frozen=True, eq=False, slots=True)
class Tensor:
    """An array of affine functions of the outputs of a network's layers.

    Start with `inputs`, go on with the functions of `polyregions.operators`, end with `network`.

    Attributes
    ----------
    construction : Construction
    shape : tuple of int
    sources : tuple of int
        The layers it depends on, ascending; 0 is the input.
    weights : csr_array, shape (size, width of all sources together)
    bias : numpy.ndarray, shape (size,)

    Examples
    --------
    >>> x, = inputs((2,))
    >>> y = x.affine(np.array([[1.0, -1.0], [0.0, 1.0]]), [0.0, 1.0]).activate(Activation.relu())
    >>> (y + x).network()([1.0, 3.0])
    array([1., 7.])
    """

    construction: Construction
    shape: tuple[int, ...]
    sources: tuple[int, ...]
    weights: csr_array
    bias: NDArray[np.float64]

    @property
    def size(self) -> int:
        """Number of entries."""
        return math.prod(self.shape)

    def _like(self, shape: Sequence[int], weights: csr_array, bias: NDArray[np.float64]) -> Tensor:
        return Tensor(self.construction, tuple(map(int, shape)), self.sources, csr_array(weights), bias)

    def select(self, indices: NDArray[np.integer[Any]], filler: float = 0.0) -> Tensor:
        """Return entries by their numbers in row-major order, in any shape: exact.

        Parameters
        ----------
        indices : numpy.ndarray of int
            -1 stands for the constant `filler`.
        filler : float
        """
        flat = np.asarray(indices, dtype=np.int64).ravel()
        if flat.size and not (flat.min() >= -1 and flat.max() < self.size):
            raise InvalidNetwork(
                f"entries of a tensor of {self.size} are numbered from 0, -1 is a constant; got {indices}"
            )
        missing = flat < 0
        if not missing.any():
            return self._like(np.shape(indices), self.weights[flat], self.bias[flat])
        constant = exact_floats(filler, "a filler", 0)
        kept = self.weights[flat[~missing]]
        ends = np.zeros(len(flat) + 1, dtype=np.int64)
        ends[1:][~missing] = np.diff(kept.indptr)
        weights = csr_array((kept.data, kept.indices, np.cumsum(ends)), (len(flat), kept.shape[1]))
        return self._like(np.shape(indices), weights, np.where(missing, constant, self.bias[flat]))

    def reshape(self, shape: Sequence[int]) -> Tensor:
        """Return the same entries in another shape; one -1 is filled in."""
        try:
            wanted = np.empty(self.size, dtype=np.bool_).reshape(tuple(shape)).shape
        except (TypeError, ValueError):
            raise InvalidNetwork(f"a tensor of shape {self.shape} cannot get the shape {tuple(shape)}") from None
        return self._like(wanted, self.weights, self.bias)

    def numbers(self) -> NDArray[np.int64]:
        """Return the numbers of the entries, in the shape of the tensor: to be sliced, transposed, and selected."""
        return np.arange(self.size).reshape(self.shape)

    def constant(self, values: ArrayLike) -> Tensor:
        """Return an array of constants as a tensor of the same network."""
        numbers = exact_floats(values, "a constant", np.ndim(values))
        weights = csr_array((numbers.size, self.construction.input_dim))
        return Tensor(self.construction, numbers.shape, (0,), weights, numbers.ravel())

    def settled(self) -> Tensor:
        """Return the same numbers as outputs of one layer, which is added unless they already are layers' outputs."""
        if self._is_selection():
            return self
        known: Tensor | None = self.construction.settled.get(self)
        if known is None:
            known = self.construction.settled[self] = self._outputs(Activation.identity(), self.shape)
        return known

    def _is_selection(self) -> bool:
        """Tell whether every entry is an output of a layer, or zero, and none occurs twice."""
        lengths = np.diff(self.weights.indptr)
        ones = (lengths <= 1).all() and (self.weights.data == 1.0).all() and not self.bias.any()
        return bool(ones and len(np.unique(self.weights.indices)) == self.weights.nnz)

    def _outputs(self, units: Activation | tuple[Activation, ...] | Maximum, shape: Sequence[int]) -> Tensor:
        """Add the layer that has the entries as rows; return its outputs."""
        self.construction.layers.append(self._layer(units))
        return _outputs_of(self.construction, len(self.construction.layers), shape)

    def _layer(self, units: Activation | tuple[Activation, ...] | Maximum) -> Layer:
        """Return the layer that has the entries as rows; its weights are stored dense if most are not zero."""
        start = self._in_terms_of(self.construction.used(self.weights, self.sources))
        dense = 2 * start.weights.nnz > math.prod(start.weights.shape)
        return Layer(start.weights.toarray() if dense else start.weights, start.bias, units, start.sources)

    def _in_terms_of(self, sources: tuple[int, ...]) -> Tensor:
        """Write the entries with other sources, among which are all that they depend on."""
        if sources == self.sources:
            return self
        weights = self.construction.moved(self.weights, self.sources, sources)
        return Tensor(self.construction, self.shape, sources, weights, self.bias)

    def affine(self, weights: ArrayLike | csr_array, bias: ArrayLike, shape: Sequence[int] | None = None) -> Tensor:
        """Return ``weights @ x + bias`` of the flattened tensor x.

        Parameters
        ----------
        weights : array_like or csr_array, shape (m, size)
        bias : array_like, shape (m,)
        shape : sequence of int, optional
            Of m entries; ``(m,)`` if left out.
        """
        matrix = csr_array(exact_matrix(weights))
        offset = exact_floats(bias, "a bias", 1)
        wanted = (len(offset),) if shape is None else tuple(shape)
        if matrix.shape != (math.prod(wanted), self.size) or len(offset) != matrix.shape[0]:
            raise InvalidNetwork(
                f"an affine map of {self.size} entries to the shape {wanted} needs weights of shape "
                f"{(math.prod(wanted), self.size)} and a bias of that length, got {matrix.shape} and {len(offset)}"
            )
        exact = not self.bias.any() and products_are_exact(matrix, self.weights)
        start = self if exact else self.settled()
        return start._like(wanted, matrix @ start.weights, offset)

    def scaled(self, factors: ArrayLike) -> Tensor:
        """Return the entries times constants, which are broadcast to the shape."""
        numbers = self._spread(factors, "factors")
        each = np.repeat(numbers, np.diff(self.weights.indptr))
        if not (product_is_exact(self.weights.data, each) and product_is_exact(self.bias, numbers)):
            return self.settled().scaled(factors)
        parts = (self.weights.data * each, self.weights.indices, self.weights.indptr)
        weights = csr_array(parts, self.weights.shape, copy=True)
        weights.eliminate_zeros()
        return self._like(self.shape, weights, self.bias * numbers)

    def shifted(self, offsets: ArrayLike) -> Tensor:
        """Return the entries plus constants, which are broadcast to the shape."""
        numbers = self._spread(offsets, "offsets")
        start = self if sum_is_exact(self.bias, numbers) else self.settled()
        return start._like(start.shape, start.weights, start.bias + numbers)

    def _spread(self, numbers: ArrayLike, what: str) -> NDArray[np.float64]:
        """Broadcast constants to the shape, and flatten them."""
        array = exact_floats(numbers, what, np.ndim(numbers))
        try:
            return np.broadcast_to(array, self.shape).ravel()
        except ValueError:
            raise InvalidNetwork(f"{what} of shape {array.shape} do not fit a tensor of shape {self.shape}") from None

    def __add__(self, other: Tensor) -> Tensor:
        """Add two tensors of the same shape."""
        if self.shape != other.shape:
            raise InvalidNetwork(f"only tensors of the same shape can be added, got {self.shape} and {other.shape}")
        one, two = _aligned([self, other])
        if not (entries_add_up(one.weights, two.weights) and sum_is_exact(one.bias, two.bias)):
            return self + other.settled() if self._is_selection() else self.settled() + other
        weights = csr_array(one.weights + two.weights)
        weights.eliminate_zeros()
        return one._like(self.shape, weights, one.bias + two.bias)

    def __mul__(self, factor: ArrayLike) -> Tensor:
        """Multiply by constants, see `scaled`."""
        return self.scaled(factor)

    __rmul__ = __mul__
    __array_ufunc__ = None  # so that an array times a tensor is one tensor

    def __neg__(self) -> Tensor:
        """Negate every entry."""
        return self.scaled(-1.0)

    def __sub__(self, other: Tensor) -> Tensor:
        """Subtract a tensor of the same shape."""
        return self + (-other)

    def activate(self, activation: Activation | Sequence[Activation] | NDArray[np.object_]) -> Tensor:
        """Apply an activation to every entry, in a new layer.

        Parameters
        ----------
        activation : Activation, or array of them
            An array is broadcast to the shape.
        """
        try:
            kinds = np.broadcast_to(np.asarray(activation, dtype=object), self.shape).ravel().tolist()
        except ValueError:
            shape = np.shape(activation)  # type: ignore[arg-type]
            raise InvalidNetwork(f"activations of shape {shape} do not fit a tensor of shape {self.shape}") from None
        if all(kind == Activation.identity() for kind in set(kinds)):
            return self
        return self._outputs(tuple(kinds), self.shape)

    def maximum(self, groups: Sequence[Sequence[int]], shape: Sequence[int] | None = None) -> Tensor:
        """Take the largest entry of every group of entry numbers, in a new layer.

        Parameters
        ----------
        groups : sequence of sequences of int
            See `Maximum`.
        shape : sequence of int, optional
            Of as many entries as there are groups.
        """
        wanted = (len(groups),) if shape is None else tuple(shape)
        if math.prod(wanted) != len(groups):
            raise InvalidNetwork(f"a maximum of {len(groups)} groups cannot get the shape {wanted}")
        used, places = np.unique([number for group in groups for number in group], return_inverse=True)
        ends = np.cumsum([0, *map(len, groups)]).tolist()
        numbers = places.tolist()
        maximum = Maximum([numbers[a:b] for a, b in pairwise(ends)])
        if used[0] < 0 or used[-1] >= self.size:
            raise InvalidNetwork(f"the groups of a maximum name entries 0..{self.size - 1}, got {used[0]}..{used[-1]}")
        return self.select(used)._outputs(maximum, wanted)

    def network(self) -> Network:
        """Return the network whose outputs are the entries, flattened; layers they do not depend on are left out."""
        start = self._in_terms_of(self.construction.used(self.weights, self.sources))
        if start._is_one_layer():
            return self.construction.network(start.sources[0])
        return self.construction.network(start._layer(Activation.identity()))

    def _is_one_layer(self) -> bool:
        """Tell whether the entries are just the outputs of one layer, in order."""
        same = len(self.sources) == 1 and self.sources[0] > 0 and self.size == self.weights.shape[1] == self.weights.nnz
        return bool(same and self._is_selection() and (self.weights.indices == np.arange(self.size)).all())


def inputs(*shapes: Sequence[int]) -> tuple[Tensor, ...]:
    """Return the inputs of a new network as tensors, one for each shape.

    The network's input is all of them, flattened, one after the other.

    Raises
    ------
    InvalidNetwork
        A shape has no entries.
    """
    if not shapes or any(size < 1 for shape in shapes for size in shape):
        raise InvalidNetwork(f"inputs need shapes with at least one entry, got {shapes}")
    ends = np.cumsum([0, *map(math.prod, shapes)])
    everything = _outputs_of(Construction(int(ends[-1])), 0, (int(ends[-1]),))
    return tuple(
        everything.select(np.arange(a, b)).reshape(shape) for (a, b), shape in zip(pairwise(ends), shapes, strict=True)
    )


def _outputs_of(construction: Construction, source: int, shape: Sequence[int]) -> Tensor:
    """Return the outputs of a layer."""
    width = construction.width(source)
    identity = csr_array((np.ones(width), np.arange(width), np.arange(width + 1)), (width, width))
    return Tensor(construction, tuple(map(int, shape)), (source,), identity, np.zeros(width))


def _aligned(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Write tensors in terms of the same sources."""
    construction = tensors[0].construction
    if any(tensor.construction is not construction for tensor in tensors):
        raise InvalidNetwork("only tensors of the same network can be combined; make all inputs with one call")
    sources = tuple(sorted({source for tensor in tensors for source in tensor.sources}))
    return [tensor._in_terms_of(sources) for tensor in tensors]


def stacked(tensors: Sequence[Tensor]) -> Tensor:
    """Return the entries of tensors of the same network one after the other, in one dimension."""
    parts = _aligned(tensors)
    weights = vstack([part.weights for part in parts], format="csr")
    bias = np.concatenate([part.bias for part in parts])
    return Tensor(parts[0].construction, (len(bias),), parts[0].sources, csr_array(weights), bias)
