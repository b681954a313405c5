"""Whole numbers and widths that bounds and constructions are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index

from polyregions.errors import InvalidNetwork


def whole_number(number: int, least: int, what: str, most: int | None = None) -> int:
    """Return a whole number as a Python int.

    Raises
    ------
    InvalidNetwork
        It is not whole, less than `least` or more than `most`; the message begins with `what`.
    """
    wanted = f">= {least}" if most is None else f"from {least} to {most}"
    try:
        result = index(number)
    except TypeError:
        raise InvalidNetwork(f"{what} must be a whole number {wanted}, got {number!r}") from None
    if result < least or (most is not None and result > most):
        raise InvalidNetwork(f"{what} must be a whole number {wanted}, got {result}")
    return result


def width_list(widths: Sequence[int]) -> tuple[int, ...]:
    """Return the widths of hidden layers as Python ints.

    Raises
    ------
    InvalidNetwork
        There is no layer, or a width is not a whole number >= 1.
    """
    if isinstance(widths, str | bytes) or not hasattr(widths, "__iter__"):
        raise InvalidNetwork(f"widths must be a list with the number of units of each hidden layer, got {widths!r}")
    result = tuple(whole_number(width, 1, "the width of a layer") for width in widths)
    if not result:
        raise InvalidNetwork("widths must name at least one hidden layer, got none; for one layer write [width]")
    return result
