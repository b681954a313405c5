"""What networks and activations are worth exactly, in the standard library's fractions and nothing else.

Of the package only the numbers that define a network are used.  An activation is evaluated as the integral of its
slopes, which needs neither pieces nor constants; a maximum is the largest of its candidates, and its piece the first
of these.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

Row = list[Fraction]


def fractions(numbers: Any) -> list[Any]:
    """Floats as fractions, nested as the array is, whether it is stored dense or sparse."""
    table = numbers.toarray() if hasattr(numbers, "toarray") else np.asarray(numbers)
    return [fractions(part) if isinstance(part, list) else Fraction(part) for part in table.tolist()]


def sign(number: Fraction | float) -> int:
    return (number > 0) - (number < 0)


def is_enclosed(exact: Fraction, value: float, error: float) -> bool:
    """Whether a number lies within bounds; what is not finite promises nothing."""
    return not (math.isfinite(value) and math.isfinite(error)) or abs(Fraction(value) - exact) <= Fraction(error)


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


def groups_of(layer: Any) -> list[list[int]]:
    """The rows that each unit depends on."""
    if hasattr(layer.activation, "groups"):
        return [list(group) for group in layer.activation.groups]
    return [[row] for row in range(len(layer.bias))]


def activations_of(layer: Any) -> list[Any]:
    """The activation of every row; None for each unit if these are maxima."""
    if hasattr(layer.activation, "groups"):
        return [None] * len(layer.activation.groups)
    return list(layer.activation) if isinstance(layer.activation, tuple) else [layer.activation] * len(layer.bias)


def units_of(layer: Any) -> list[tuple[Any, list[int]]]:
    """Every unit: its activation, or None for a maximum, and its rows."""
    return list(zip(activations_of(layer), groups_of(layer), strict=True))


def can_switch(layer: Any) -> bool:
    """Whether the units of a layer count in patterns: all of them do if one has a breakpoint or is a maximum."""
    return any(activation is None or activation.breakpoints for activation in activations_of(layer))


def piece_counts(network: Any) -> list[int]:
    """The number of pieces of every unit that counts in patterns."""
    return [
        len(group) if activation is None else len(activation.breakpoints) + 1
        for layer in network.layers
        if can_switch(layer)
        for activation, group in units_of(layer)
    ]


def unit_values(layer: Any, values: Row) -> Row:
    return [
        max(values[row] for row in group) if activation is None else activation_value(activation, values[group[0]])
        for activation, group in units_of(layer)
    ]


def unit_pieces(layer: Any, values: Row) -> list[int]:
    pieces = []
    for activation, group in units_of(layer):
        candidates = [values[row] for row in group]
        pieces.append(candidates.index(max(candidates)) if activation is None else piece_of(activation, candidates[0]))
    return pieces


def layer_signs(layer: Any, values: Row) -> list[int]:
    """The sign of every switch of a layer: rows minus breakpoints, or candidates minus their maximum."""
    found = []
    for activation, group in units_of(layer):
        candidates = [values[row] for row in group]
        if activation is None:
            found += [sign(candidate - max(candidates)) for candidate in candidates]
        else:
            found += [sign(candidates[0] - Fraction(b)) for b in activation.breakpoints]
    return found


def rows(network: Any, point: Sequence[Any]) -> tuple[list[Row], Row]:
    """The values of each layer's rows, and the network's output."""
    outputs = [[Fraction(x) for x in point]]
    values = []
    for layer in network.layers:
        incoming = [number for source in layer.sources for number in outputs[source]]
        table = zip(fractions(layer.weights), fractions(layer.bias), strict=True)
        values.append([dot(weights, incoming) + bias for weights, bias in table])
        outputs.append(unit_values(layer, values[-1]))
    return values, outputs[-1]


def output(network: Any, point: Sequence[Any]) -> Row:
    return rows(network, point)[1]


def signs(network: Any, point: Sequence[Any]) -> list[int]:
    """The sign of every switch."""
    values, _ = rows(network, point)
    return [found for layer, own in zip(network.layers, values, strict=True) for found in layer_signs(layer, own)]


def pattern(network: Any, point: Sequence[Any]) -> list[int]:
    """The piece of every unit of the layers that can switch."""
    values, _ = rows(network, point)
    layers = zip(network.layers, values, strict=True)
    return [piece for layer, own in layers if can_switch(layer) for piece in unit_pieces(layer, own)]


def forms(network: Any, pieces: Sequence[int]) -> tuple[list[list[Row]], list[Row]]:
    """The forms of each layer's rows if the units take these pieces, and the forms of the output."""
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
        own = [left.pop(0) if can_switch(layer) else 0 for _ in groups_of(layer)]
        outputs.append(forms_on_pieces(layer, table, own))
    return before, outputs[-1]


def forms_on_pieces(layer: Any, table: list[Row], pieces: Sequence[int]) -> list[Row]:
    """The forms of a layer's units from those of its rows."""
    after = []
    for (activation, group), piece in zip(units_of(layer), pieces, strict=True):
        if activation is None:
            after.append(list(table[group[piece]]))
            continue
        slope, constant = piece_function(activation, piece)
        form = [slope * x for x in table[group[0]]]
        after.append([*form[:-1], form[-1] + constant])
    return after


def switch_forms(network: Any, pieces: Sequence[int]) -> list[Row]:
    """All switches as forms that hold where the units take these pieces."""
    before, _ = forms(network, pieces)
    left, found = list(pieces), []
    for layer, table in zip(network.layers, before, strict=True):
        for activation, group in units_of(layer) if can_switch(layer) else ():
            piece, form = left.pop(0), table[group[0]]
            if activation is None:
                best = table[group[piece]]
                found += [[x - y for x, y in zip(table[row], best, strict=True)] for row in group]
            else:
                found += [[*form[:-1], form[-1] - Fraction(b)] for b in activation.breakpoints]
    return found
