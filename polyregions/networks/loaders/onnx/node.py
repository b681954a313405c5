"""One operator of an ONNX graph with its inputs, as the functions that read operators get it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks.tensor import Tensor

__all__ = ["Array", "Node", "Reader", "Value", "check_size", "check_terms", "rearranged"]

Array = NDArray[Any]
Value = Tensor | Array
"""What a name in a graph stands for: something that depends on the input, or a constant."""

MOST_ENTRIES, MOST_TERMS = 2**22, 2**27
"""Larger arrays, and linear maps with more terms, are not made from what a file says."""


def check_size(*factors: int) -> None:
    """Refuse to make arrays of which a file only says how large they are."""
    size = math.prod(int(factor) for factor in factors)
    if size > MOST_ENTRIES:
        raise InvalidNetwork(f"it makes an array of {size} entries; at most {MOST_ENTRIES} are read")


def check_terms(*factors: int) -> None:
    """Refuse to make linear maps that are too large."""
    size = math.prod(int(factor) for factor in factors)
    if size > MOST_TERMS:
        raise InvalidNetwork(f"it adds up {size} products; at most {MOST_TERMS} are read")


def check_product(one: Sequence[int], other: Sequence[int]) -> None:
    """Refuse products of matrices, of these shapes, that are too large or add up too much."""
    inner = max(one[-1] if one else 1, 1)
    rows = math.prod(one) // inner
    check_size(rows, math.prod(other) // inner)
    check_terms(rows, math.prod(other))


@dataclass(frozen=True)
class Node:
    """An operator and what comes in.

    Attributes
    ----------
    operator, name : str
    inputs : tuple of Tensor, numpy.ndarray or None
        None stands for an optional input that is left out.
    attributes : mapping
        Numbers are as stored: floats are float32 values.
    outputs : int
        How many outputs have names.
    opset : int
    anchor : Tensor
        Any tensor of the network.
    """

    operator: str
    name: str
    inputs: tuple[Value | None, ...]
    attributes: Mapping[str, Any]
    outputs: int
    opset: int
    anchor: Tensor

    def has(self, place: int) -> bool:
        """Tell whether there is an input at a place."""
        return place < len(self.inputs) and self.inputs[place] is not None

    def value(self, place: int) -> Value:
        """Return an input that must be there."""
        value = self.inputs[place] if place < len(self.inputs) else None
        if value is None:
            raise InvalidNetwork(f"its input {place} is missing")
        return value

    def values(self) -> list[Value]:
        """Return all inputs, of which none may be missing."""
        return [self.value(place) for place in range(len(self.inputs))]

    def tensor(self, place: int) -> Tensor:
        """Return an input as a tensor, even if it is a constant."""
        value = self.value(place)
        return value if isinstance(value, Tensor) else self.anchor.constant(value)

    def constant(self, place: int, what: str) -> Array:
        """Return an input that must not depend on the network's input."""
        value = self.value(place)
        if isinstance(value, Tensor):
            raise UnsupportedLayer(f"its {what}: only constants are read, not what depends on the input")
        return value

    def integers(self, name: str, place: int | None = None) -> list[int] | None:
        """Return integers from an attribute or, as newer versions of operators have them, from a constant input."""
        if name in self.attributes:
            given = self.attributes[name]
        elif place is not None and self.has(place):
            given = self.constant(place, name)
        else:
            return None
        array = np.asarray(given)
        if array.size and array.dtype.kind not in "iu":
            raise InvalidNetwork(f"its {name} must be integers, got {array.dtype}")
        return [int(entry) for entry in array.ravel()]

    def integer(self, name: str, default: int) -> int:
        """Return an integer attribute."""
        value = self.attributes.get(name, default)
        if not isinstance(value, int):
            raise InvalidNetwork(f"its {name} must be an integer, got {value!r}")
        return value

    def real(self, name: str, default: float) -> float:
        """Return a float attribute, which ONNX stores as float32, as are the defaults."""
        value = self.attributes.get(name, float(np.float32(default)))
        if not isinstance(value, float):
            raise InvalidNetwork(f"its {name} must be a float, got {value!r}")
        return value

    def text(self, name: str, default: str) -> str:
        """Return a string attribute."""
        value = self.attributes.get(name, default)
        return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


Reader = Callable[[Node], Value | Sequence[Value]]
"""What reads an operator: returns its output, or several."""


def rearranged(value: Value, rearrange: Callable[[Array], Array]) -> Value:
    """Move, leave out and repeat entries, of a tensor or a constant, as numpy does."""
    if isinstance(value, Tensor):
        return value.select(rearrange(value.numbers()))
    return np.asarray(rearrange(value))
