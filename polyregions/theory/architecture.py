"""The shape of a network, without its numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.errors import DimensionMismatch, InvalidNetwork
from polyregions.networks.activation import Activation


@dataclass(frozen=True)
class Architecture:
    """A fully connected stack of layers, the last of them affine.

    Parameters
    ----------
    input_dim : int
    widths : sequence of int
        How many units each hidden layer has.
    output_dim : int
    activation : Activation or str
        Of all hidden units.

    Raises
    ------
    InvalidNetwork
        There is no hidden layer, a number is not positive, or the activation has no breakpoint.

    Examples
    --------
    >>> small = Architecture(2, (4, 4))
    >>> small.n_units, small.shapes
    (8, ((4, 2), (4, 4), (1, 4)))
    """

    input_dim: int
    widths: Sequence[int]
    output_dim: int = 1
    activation: Activation | str = field(default_factory=Activation.relu)

    def __post_init__(self) -> None:
        """Check the numbers."""
        widths = tuple(self.widths) if isinstance(self.widths, Iterable) else (self.widths,)
        sizes = (self.input_dim, *widths, self.output_dim)
        if not widths or any(not isinstance(size, int | np.integer) or size < 1 for size in sizes):
            raise InvalidNetwork(
                "an architecture needs a number of inputs, the width of at least one hidden layer and a number of "
                f"outputs, all positive; got {self.input_dim!r}, {widths!r} and {self.output_dim!r}"
            )
        kind = Activation.parse(self.activation) if isinstance(self.activation, str) else self.activation
        if not isinstance(kind, Activation) or not kind.n_switches:
            raise InvalidNetwork(f"the activation of hidden units needs a breakpoint, got {kind}")
        object.__setattr__(self, "input_dim", int(self.input_dim))
        object.__setattr__(self, "widths", tuple(int(width) for width in widths))
        object.__setattr__(self, "output_dim", int(self.output_dim))
        object.__setattr__(self, "activation", kind)

    @cached_property
    def units(self) -> Activation:
        """The activation."""
        assert isinstance(self.activation, Activation)
        return self.activation

    @property
    def n_units(self) -> int:
        """Number of hidden units, which the literature calls neurons."""
        return sum(self.widths)

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """The shapes (outputs, inputs) of the weights of all layers."""
        sizes = (self.input_dim, *self.widths, self.output_dim)
        return tuple(zip(sizes[1:], sizes[:-1], strict=True))

    def check_points(self, points: ArrayLike) -> NDArray[np.float64]:
        """Return points as an array of shape (N, n), or say what is wrong with them.

        Raises
        ------
        DimensionMismatch
            They have another shape, or are not finite.
        """
        array = np.asarray(points, dtype=np.float64)
        if array.ndim != 2 or array.shape[1] != self.input_dim or not np.isfinite(array).all():
            raise DimensionMismatch(
                f"these networks take finite points of shape (N, {self.input_dim}), got shape {array.shape}"
            )
        return array

    def __str__(self) -> str:
        """Name the widths."""
        return "-".join(str(size) for size in (self.input_dim, *self.widths, self.output_dim))


def check_codim(codim: int, dim: int) -> None:
    """Refuse codimensions that nothing in this dimension has.

    Raises
    ------
    DimensionMismatch
        It is no whole number from 1 to `dim`.
    """
    if not isinstance(codim, int | np.integer) or codim not in range(1, dim + 1):
        raise DimensionMismatch(f"the codimension lies in 1..{dim}, got {codim!r}")
