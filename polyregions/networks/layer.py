"""A layer: an affine map of the input and of earlier layers' outputs, then what its units do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csr_array, issparse

from polyregions.errors import InvalidNetwork
from polyregions.frozen import Frozen, frozen_matrix
from polyregions.networks.activation import Activation
from polyregions.networks.elementwise import Elementwise
from polyregions.networks.maximum import Maximum
from polyregions.networks.units import Units

Weights = NDArray[np.float64] | csr_array
"""A matrix of floats, dense or in compressed rows."""


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


def exact_matrix(weights: ArrayLike | csr_array) -> Weights:
    """Convert weights to read-only floats without changing any; sparse ones stay sparse, in canonical form."""
    if not issparse(weights):
        return exact_floats(weights, "a layer's weights", 2)
    if weights.ndim != 2:
        raise InvalidNetwork(f"a layer's weights must have 2 dimension(s), got shape {weights.shape}")
    try:
        entries = coo_array(weights)  # other formats add up entries of the same place
    except ValueError as error:
        raise InvalidNetwork(f"a layer's weights are no sparse array: {error}") from None
    data = exact_floats(entries.data, "a layer's weights", 1)
    matrix: csr_array = coo_array((data, entries.coords), shape=entries.shape).tocsr()  # adds up equal places
    if matrix.nnz != len(data):
        raise InvalidNetwork("sparse weights must hold every entry once, for sums of floats may be rounded")
    matrix.eliminate_zeros()
    return frozen_matrix(matrix)


@dataclass(frozen=True, eq=False)
class Layer(Frozen):
    """An affine map of the input and of earlier layers' outputs, then what the layer's units do with its rows.

    Parameters
    ----------
    weights : array_like or scipy sparse array, shape (rows, width of all sources together)
        Acts on the sources' outputs, concatenated in the order of `sources`.
    bias : array_like, shape (rows,)
    activation : Activation, sequence of Activation, or Maximum
        The same for all rows, or one for each of them; or the groups of rows of which the largest is taken.
    sources : tuple of int or None
        Where the layer's inputs come from: 0 is the network's input, ``k`` the output of the k-th layer (from 1).
        None stands for the layer just before.

    Attributes
    ----------
    units : Units
        What makes the outputs from the rows.

    Raises
    ------
    InvalidNetwork
        Numbers are not finite or would change in float64, shapes do not fit, or there is no unit.
    """

    weights: Weights
    bias: NDArray[np.float64]
    activation: Activation | tuple[Activation, ...] | Maximum
    sources: tuple[int, ...] | None = None
    units: Units = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check shapes and numbers, and freeze the arrays."""
        weights = exact_matrix(self.weights)
        bias = exact_floats(self.bias, "a layer's bias", 1)
        if 0 in weights.shape:
            raise InvalidNetwork(f"a layer needs at least one unit and one input, got weights of shape {weights.shape}")
        if bias.shape != (weights.shape[0],):
            raise InvalidNetwork(
                f"a layer with weights of shape {weights.shape} needs a bias of shape ({weights.shape[0]},), "
                f"got {bias.shape}; weights are (outputs, inputs)"
            )
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "bias", bias)
        object.__setattr__(self, "units", self._units(len(bias)))

    def _units(self, rows: int) -> Units:
        """Make the units from the activation, and put that into its simplest form."""
        activation: Any = self.activation
        if isinstance(activation, Maximum):
            if activation.n_rows != rows:
                raise InvalidNetwork(
                    f"a maximum over the rows 0 to {activation.n_rows - 1} needs a layer of {activation.n_rows} rows, "
                    f"got {rows}"
                )
            return activation
        each = tuple(activation) if isinstance(activation, Sequence) and not isinstance(activation, str) else None
        if each is None:
            each = (activation,) * rows
        if len(each) != rows or any(not isinstance(kind, Activation) for kind in each):
            names = ", ".join(sorted({type(kind).__name__ for kind in each}))
            raise InvalidNetwork(
                f"a layer of {rows} rows needs an Activation, one for each row, or a Maximum; "
                f"got {len(each)} of {names}"
            )
        object.__setattr__(self, "activation", each[0] if len(set(each)) == 1 else each)
        return Elementwise(each)

    def reading(self, sources: Sequence[int]) -> Layer:
        """Return the same layer with other sources."""
        layer = object.__new__(Layer)
        layer.__dict__.update(self.__dict__, sources=tuple(sources))
        return layer

    @property
    def kind(self) -> str:
        """The name of the activation, for tables."""
        if not isinstance(self.activation, tuple):
            return str(self.activation)
        names = sorted({str(kind) for kind in self.activation})
        return ", ".join(names) if len(names) <= 3 else f"{len(names)} activations"

    @property
    def width(self) -> int:
        """Number of units, which are the layer's outputs."""
        return self.units.n_units

    @property
    def n_switches(self) -> int:
        """Number of switches of all units together."""
        return self.units.n_switches
