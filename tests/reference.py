"""The activation regions of a network, found the plain slow way: what the package is held against.

Nothing of the package is used but the numbers that define a network and its domain.  All arithmetic is in integers and
fractions.  A form is positive somewhere inside a full-dimensional cell if and only if it is positive at one of the
cell's points.  So every unit is tried with every piece of its activation, or every candidate of its maximum, on every
cell, and a cell lives on if it still has an interior.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from plain_cells import Cell, Form, cut, dot, first_cell, halfspaces_of, reduce

Unit = tuple[Any, list[int]]  # an activation and its row; None and the rows of which the largest is taken


@dataclass(frozen=True)
class Region:
    """An activation region: its pattern, its closure, and the network's affine map on it, one form for each output."""

    pattern: tuple[int, ...]
    cell: Cell
    outputs: tuple[Form, ...]


def units_of(layer: Any) -> list[Unit]:
    """The units of a layer with the rows that they depend on."""
    if hasattr(layer.activation, "groups"):
        return [(None, list(group)) for group in layer.activation.groups]
    count = len(layer.bias)
    kinds = layer.activation if isinstance(layer.activation, tuple) else [layer.activation] * count
    return [(kind, [row]) for row, kind in enumerate(kinds)]


def can_switch(layer: Any) -> bool:
    """Whether any unit of a layer has several pieces, or is a maximum: then patterns hold the pieces of all."""
    return any(kind is None or kind.breakpoints for kind, _ in units_of(layer))


def rows_of(layer: Any, outputs: Sequence[Sequence[Form]]) -> list[Form]:
    """The rows of a layer, given the forms of the input (first) and of all earlier layers."""
    incoming = [form for source in layer.sources for form in outputs[source]]
    table = layer.weights.toarray() if hasattr(layer.weights, "toarray") else layer.weights
    forms = []
    for weights, bias in zip(table.tolist(), layer.bias.tolist(), strict=True):
        form = [Fraction(0)] * (len(outputs[0]) + 1)
        form[-1] = Fraction(bias)
        for weight, part in zip(weights, incoming, strict=True):
            if weight:
                form = [x + Fraction(weight) * y for x, y in zip(form, part, strict=True)]
        forms.append(tuple(form))
    return forms


def piece_function(activation: Any, piece: int) -> tuple[Fraction, Fraction]:
    """Slope and constant of a piece: walk from the value at the first breakpoint to that piece."""
    kinks = [Fraction(b) for b in activation.breakpoints]
    place, value = (kinks[0] if kinks else Fraction(0)), Fraction(activation.value)
    for t in range(1, piece):
        value += Fraction(activation.slopes[t]) * (kinks[t] - place)
        place = kinks[t]
    slope = Fraction(activation.slopes[piece])
    return slope, value - slope * place


def on_piece(unit: Unit, forms: Sequence[Form], piece: int) -> Form:
    """What a unit is on one of its pieces, from the forms of its layer's rows."""
    activation, rows = unit
    if activation is None:
        return forms[rows[piece]]
    form, (slope, constant) = forms[rows[0]], piece_function(activation, piece)
    return (*(slope * x for x in form[:-1]), slope * form[-1] + constant)


def difference(a: Form, b: Form) -> Form:
    return tuple(x - y for x, y in zip(a, b, strict=True))


def shifted(form: Form, number: Fraction) -> Form:
    return (*form[:-1], form[-1] - number)


def negated(form: Form) -> Form:
    return tuple(-x for x in form)


def pieces_on(cell: Cell, form: Form, breakpoints: Sequence[float]) -> Iterator[tuple[int, Cell]]:
    """Each piece that the unit takes inside the cell, with the part of the cell where it does.

    A unit that is constant on the cell takes one piece; at a breakpoint, the one below.
    """
    kinks = [Fraction(b) for b in breakpoints]
    if not any(form[:-1]):
        yield sum(kink < form[-1] for kink in kinks), cell
        return
    for piece in range(len(kinks) + 1):
        part: Cell | None = cell
        if piece > 0:
            part = part.where(shifted(form, kinks[piece - 1]))
        if part is not None and piece < len(kinks):
            part = part.where(negated(shifted(form, kinks[piece])))
        if part is not None:
            yield piece, part


def largest_on(cell: Cell, candidates: Sequence[Form]) -> Iterator[tuple[int, Cell]]:
    """Each candidate that is the largest somewhere inside the cell, with the part of the cell where it is.

    Of candidates that are the same function the first one is taken.
    """
    for place, form in enumerate(candidates):
        part: Cell | None = cell
        for other, rival in enumerate(candidates):
            gap = difference(form, rival)
            if any(gap):
                part = part.where(gap) if part is not None else None
            elif other < place:
                part = None
        if part is not None:
            yield place, part


def unit_pieces_on(cell: Cell, unit: Unit, forms: Sequence[Form]) -> Iterator[tuple[int, Cell]]:
    activation, rows = unit
    if activation is None:
        return largest_on(cell, [forms[row] for row in rows])
    return pieces_on(cell, forms[rows[0]], activation.breakpoints)


def identity_forms(dim: int) -> list[Form]:
    return [tuple(Fraction(int(i == j)) for j in range(dim + 1)) for i in range(dim)]


def reference_regions(network: Any, domain: Any) -> list[Region]:
    """All activation regions of the network inside the domain, sorted by pattern."""
    start = first_cell(domain)
    found: list[tuple[tuple[int, ...], Cell, list[list[Form]]]] = [((), start, [identity_forms(start.dim)])]
    for layer in network.layers:
        deeper = []
        for pattern, cell, outputs in found:
            forms, units = rows_of(layer, outputs), units_of(layer)
            parts: list[tuple[tuple[int, ...], Cell]] = [((), cell)]
            for unit in units:
                parts = [
                    ((*pieces, piece), smaller)
                    for pieces, part in parts
                    for piece, smaller in unit_pieces_on(part, unit, forms)
                ]
            for pieces, part in parts:
                after = [on_piece(unit, forms, piece) for unit, piece in zip(units, pieces, strict=True)]
                deeper.append((pattern + (pieces if can_switch(layer) else ()), part, [*outputs, after]))
        found = deeper
    regions = [Region(pattern, cell, tuple(outputs[-1])) for pattern, cell, outputs in found]
    return sorted(regions, key=lambda region: region.pattern)


def reference_patterns(network: Any, domain: Any) -> set[tuple[int, ...]]:
    """The patterns of all activation regions; no two regions share one."""
    regions = reference_regions(network, domain)
    patterns = {region.pattern for region in regions}
    assert len(patterns) == len(regions)
    return patterns


def reference_graph(regions: Sequence[Region]) -> set[tuple[int, int]]:
    """Pairs (i < j) of regions whose closures share a set of dimension n - 1: one is cut with all rows of the other."""
    pairs = set()
    for (i, a), (j, b) in itertools.combinations(enumerate(regions), 2):
        shared = a.cell.points
        for number, row in enumerate(b.cell.rows, start=len(a.cell.rows)):
            shared = cut(a.cell.dim, shared, row, number)
            if len(shared) < a.cell.dim:
                break
        else:
            table = [[Fraction(x) for x in point] for point in shared]
            if len(reduce(table, a.cell.dim + 1)) == a.cell.dim:
                pairs.add((i, j))
    return pairs


def reference_linear_regions(regions: Sequence[Region]) -> set[frozenset[int]]:
    """The linear regions as sets of activation regions: neighbours with the same map belong together."""
    group = list(range(len(regions)))
    for i, j in reference_graph(regions):
        if regions[i].outputs == regions[j].outputs:
            group = [group[j] if g == group[i] else g for g in group]
    return {frozenset(k for k, g in enumerate(group) if g == label) for label in group}


def is_inside(network: Any, domain: Any, pattern: Sequence[int], point: Sequence[Fraction]) -> bool:
    """Tell whether the point lies strictly inside the domain and the region of the pattern.

    Each unit must lie strictly between the breakpoints of its piece; on a breakpoint only if it is constant there.  Of
    each maximum the candidate must be larger than all others, but for those that are the same function and come later.
    """
    place = [*point, Fraction(1)]
    if any(dot(normal, point) >= offset for normal, offset in halfspaces_of(domain)):
        return False
    pieces = iter(pattern)
    outputs = [identity_forms(len(point))]
    for layer in network.layers:
        forms, units = rows_of(layer, outputs), units_of(layer)
        chosen = [int(next(pieces)) if can_switch(layer) else 0 for _ in units]
        if not all(has_piece(unit, forms, place, piece) for unit, piece in zip(units, chosen, strict=True)):
            return False
        outputs.append([on_piece(unit, forms, piece) for unit, piece in zip(units, chosen, strict=True)])
    return True


def has_piece(unit: Unit, forms: Sequence[Form], place: Sequence[Fraction], piece: int) -> bool:
    """Whether a unit takes a piece on a neighbourhood of a point."""
    activation, rows = unit
    form = forms[rows[piece if activation is None else 0]]
    if activation is None:
        gaps = [difference(form, forms[row]) for row in rows]
        return all(dot(gap, place) > 0 or (not any(gap) and n >= piece) for n, gap in enumerate(gaps))
    value, kinks = dot(form, place), [Fraction(b) for b in activation.breakpoints]
    return piece == sum(kink < value for kink in kinks) and (value not in kinks or not any(form[:-1]))
