"""What networks and activations are worth exactly, in the standard library's fractions and nothing else.

Of the package only the numbers that define a network are used.  An activation is evaluated as the integral of its
slopes, which needs neither pieces nor constants.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

Row = list[Fraction]


def fractions(numbers: Any) -> list[Any]:
    """Floats as fractions, nested as the array is."""
    return [fractions(part) if isinstance(part, list) else Fraction(part) for part in np.asarray(numbers).tolist()]


def sign(number: Fraction | float) -> int:
    return (number > 0) - (number < 0)


def dot(a: Sequence[Any], b: Sequence[Any]) -> Fraction:
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))


def product(a: list[Row], b: list[Row]) -> list[Row]:
    return [[dot(row, column) for column in zip(*b, strict=True)] for row in a]


def activation_value(activation: Any, x: Fraction) -> Fraction:
    """Value at the first breakpoint (or at 0), and the slopes integrated from there to x."""
    kinks = [Fraction(b) for b in activation.breakpoints]
    start = kinks[0] if kinks else Fraction(0)
    value = Fraction(activation.value)
    if x <= start or not kinks:
        return value + Fraction(activation.slopes[0]) * (x - start)
    for slope, low, high in zip(activation.slopes[1:], kinks, [*kinks[1:], x], strict=True):
        value += Fraction(slope) * (min(x, max(low, high)) - low) if x > low else 0
    return value


def piece_of(activation: Any, x: Fraction) -> int:
    return sum(Fraction(b) < x for b in activation.breakpoints)


def piece_function(activation: Any, piece: int) -> tuple[Fraction, Fraction]:
    """Slope and constant: the line of that slope through the function's value at a neighbouring breakpoint."""
    slope = Fraction(activation.slopes[piece])
    kinks = [Fraction(b) for b in activation.breakpoints]
    place = kinks[max(piece - 1, 0)] if kinks else Fraction(0)
    return slope, activation_value(activation, place) - slope * place


def preactivations(network: Any, point: Sequence[Any]) -> tuple[list[Row], Row]:
    """Each layer's values before activation, and the network's output."""
    outputs = [[Fraction(x) for x in point]]
    values = []
    for layer in network.layers:
        incoming = [number for source in layer.sources for number in outputs[source]]
        rows = zip(fractions(layer.weights), fractions(layer.bias), strict=True)
        values.append([dot(weights, incoming) + bias for weights, bias in rows])
        outputs.append([activation_value(layer.activation, x) for x in values[-1]])
    return values, outputs[-1]


def output(network: Any, point: Sequence[Any]) -> Row:
    return preactivations(network, point)[1]


def signs(network: Any, point: Sequence[Any]) -> list[int]:
    """The sign of every switch."""
    values, _ = preactivations(network, point)
    return [
        sign(x - Fraction(b))
        for layer, numbers in zip(network.layers, values, strict=True)
        for x in numbers
        for b in layer.activation.breakpoints
    ]


def pattern(network: Any, point: Sequence[Any]) -> list[int]:
    """The piece of every unit that has a breakpoint."""
    values, _ = preactivations(network, point)
    return [
        piece_of(layer.activation, x)
        for layer, numbers in zip(network.layers, values, strict=True)
        for x in numbers
        if layer.activation.breakpoints
    ]


def forms(network: Any, pieces: Sequence[int]) -> tuple[list[list[Row]], list[Row]]:
    """Each layer's forms before activation if the units take these pieces, and the forms of the output."""
    dim = network.input_dim
    outputs = [[[Fraction(int(i == j)) for j in range(dim + 1)] for i in range(dim)]]
    left = list(pieces)
    before = []
    for layer in network.layers:
        incoming = [form for source in layer.sources for form in outputs[source]]
        table = product(fractions(layer.weights), incoming)
        for row, bias in zip(table, fractions(layer.bias), strict=True):
            row[-1] += bias
        before.append(table)
        after = []
        for row in table:
            slope, constant = piece_function(layer.activation, left.pop(0) if layer.activation.breakpoints else 0)
            after.append([slope * x for x in row[:-1]] + [slope * row[-1] + constant])
        outputs.append(after)
    return before, outputs[-1]
