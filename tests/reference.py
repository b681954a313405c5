"""The activation regions of a network, found the plain slow way: what the package is held against.

Nothing of the package is used but the numbers that define a network and its domain.  All arithmetic is in integers and
fractions.  A cell is kept as half-spaces and points whose convex hull it is; a half-space ``form >= 0`` cuts it by
keeping the points where the form is not negative and adding the points where it vanishes between two others.  A form is
positive somewhere inside a full-dimensional cell if and only if it is positive at one of those points.  So every
unit is tried with every piece of its activation on every cell, and a cell lives on if it still has an interior.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Form = tuple[Fraction, ...]  # coefficients of the inputs, then the constant
Integers = tuple[int, ...]  # a form times a positive number; or a point (x * w, w) with w > 0
Marked = dict[Integers, int]  # points, each with the set of rows that vanish there, as bits of an integer
Halfspaces = Sequence[tuple[Sequence[Any], Any]]  # (normal, offset): normal . x <= offset


@dataclass(frozen=True)
class Cell:
    """A full-dimensional polytope: where `rows` are not negative, and the hull of `points`."""

    dim: int
    rows: tuple[Integers, ...]
    points: Marked

    def where(self, form: Form) -> Cell | None:
        """The part where the form is not negative; None if that has no interior."""
        row = whole(form)
        values = [dot(row, point) for point in self.points]
        if max(values) <= 0:
            return None
        if min(values) >= 0:
            return self
        return Cell(self.dim, (*self.rows, row), cut(self.dim, self.points, row, len(self.rows)))

    def centre(self) -> list[Fraction]:
        """A point strictly inside: the mean of the points."""
        places = [[Fraction(x, point[-1]) for x in point[:-1]] for point in self.points]
        return [sum(column, Fraction(0)) / len(places) for column in zip(*places, strict=True)]


@dataclass(frozen=True)
class Region:
    """An activation region: its pattern, its closure, and the network's affine map on it, one form for each output."""

    pattern: tuple[int, ...]
    cell: Cell
    outputs: tuple[Form, ...]


def dot(a: Sequence[Any], b: Sequence[Any]) -> Any:
    return sum(x * y for x, y in zip(a, b, strict=True))


def whole(form: Sequence[Fraction]) -> Integers:
    """The form times a positive number, in integers without a common factor."""
    scale = math.lcm(*(number.denominator for number in form))
    return primitive([int(number * scale) for number in form])


def primitive(numbers: Sequence[int]) -> Integers:
    divisor = math.gcd(*numbers) or 1
    return tuple(number // divisor for number in numbers)


def cut(dim: int, points: Marked, row: Integers, number: int) -> Marked:
    """The points of the part where ``row >= 0``; `number` is the row's bit.

    Adding where the row vanishes between *any* two points would give the right hull; an edge lies in at least
    ``dim - 1`` rows, so pairs with fewer in common are skipped.  A row vanishes between two points if it does at both.
    """
    values = {point: dot(row, point) for point in points}
    kept = {point: mask | (values[point] == 0) << number for point, mask in points.items() if values[point] >= 0}
    inside = [point for point in points if values[point] > 0]
    outside = [point for point in points if values[point] < 0]
    for p, q in itertools.product(inside, outside):
        common = points[p] & points[q]
        if common.bit_count() >= dim - 1:
            between = [values[p] * y - values[q] * x for x, y in zip(p, q, strict=True)]
            kept[primitive(between)] = common | 1 << number
    return corners(kept)


def corners(points: Marked) -> Marked:
    """The vertices among the points: those where not even one other point lies on all the same rows."""
    return {
        p: mask for p, mask in points.items() if not any(mask & other == mask for q, other in points.items() if q != p)
    }


def halfspaces_of(domain: Any) -> Halfspaces:
    """A box (lower, upper), a list of (normal, offset), or anything with `exact_halfspaces`."""
    if hasattr(domain, "exact_halfspaces"):
        return domain.exact_halfspaces
    if isinstance(domain, tuple):
        lower, upper = domain
        units = [[int(i == j) for j in range(len(lower))] for i in range(len(lower))]
        return [(u, x) for u, x in zip(units, upper, strict=True)] + [
            ([-entry for entry in u], -Fraction(x)) for u, x in zip(units, lower, strict=True)
        ]
    return domain


def first_cell(domain: Any) -> Cell:
    """The domain as a cell: its vertices are the solutions of n of its equations that satisfy all inequalities."""
    rows = [whole([*(-Fraction(a) for a in normal), Fraction(b)]) for normal, b in halfspaces_of(domain)]
    dim = len(rows[0]) - 1
    points: Marked = {}
    for chosen in itertools.combinations(rows, dim):
        point = solution(chosen, dim)
        if point is not None:
            values = [dot(row, point) for row in rows]
            if min(values) >= 0:
                points[point] = sum((value == 0) << i for i, value in enumerate(values))
    return Cell(dim, tuple(rows), corners(points))


def solution(rows: Sequence[Integers], dim: int) -> Integers | None:
    """The one point where `dim` rows vanish, or None."""
    table = [[Fraction(entry) for entry in row] for row in rows]
    if len(reduce(table, dim)) < dim:
        return None
    place = [-row[-1] for row in table]
    scale = math.lcm(*(x.denominator for x in place))
    return primitive([*(int(x * scale) for x in place), scale])


def reduce(table: list[list[Fraction]], columns: int) -> list[int]:
    """Bring a table to reduced row echelon form in place; return the pivot columns (their number is the rank)."""
    pivots: list[int] = []
    for column in range(columns):
        top = len(pivots)
        found = next((i for i in range(top, len(table)) if table[i][column] != 0), None)
        if found is None:
            continue
        table[top], table[found] = table[found], table[top]
        table[top] = [entry / table[top][column] for entry in table[top]]
        for i, row in enumerate(table):
            if i != top and row[column] != 0:
                table[i] = [x - row[column] * y for x, y in zip(row, table[top], strict=True)]
        pivots.append(column)
    return pivots


def preactivations(layer: Any, outputs: Sequence[Sequence[Form]]) -> list[Form]:
    """What the units of a layer receive, given the forms of the input (first) and of all earlier layers."""
    incoming = [form for source in layer.sources for form in outputs[source]]
    forms = []
    for weights, bias in zip(layer.weights.tolist(), layer.bias.tolist(), strict=True):
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


def activated(activation: Any, form: Form, piece: int) -> Form:
    slope, constant = piece_function(activation, piece)
    return (*(slope * x for x in form[:-1]), slope * form[-1] + constant)


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


def identity_forms(dim: int) -> list[Form]:
    return [tuple(Fraction(int(i == j)) for j in range(dim + 1)) for i in range(dim)]


def reference_regions(network: Any, domain: Any) -> list[Region]:
    """All activation regions of the network inside the domain, sorted by pattern."""
    start = first_cell(domain)
    found: list[tuple[tuple[int, ...], Cell, list[list[Form]]]] = [((), start, [identity_forms(start.dim)])]
    for layer in network.layers:
        deeper = []
        for pattern, cell, outputs in found:
            forms = preactivations(layer, outputs)
            parts: list[tuple[tuple[int, ...], Cell]] = [((), cell)]
            for form in forms:
                parts = [
                    ((*pieces, piece), smaller)
                    for pieces, part in parts
                    for piece, smaller in pieces_on(part, form, layer.activation.breakpoints)
                ]
            for pieces, part in parts:
                after = [activated(layer.activation, form, t) for form, t in zip(forms, pieces, strict=True)]
                recorded = pieces if layer.activation.breakpoints else ()
                deeper.append((pattern + recorded, part, [*outputs, after]))
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

    Each unit must lie strictly between the breakpoints of its piece; on a breakpoint only if it is constant there.
    """
    place = [*point, Fraction(1)]
    if any(dot(normal, point) >= offset for normal, offset in halfspaces_of(domain)):
        return False
    pieces = iter(pattern)
    outputs = [identity_forms(len(point))]
    for layer in network.layers:
        kinks = [Fraction(b) for b in layer.activation.breakpoints]
        forms = preactivations(layer, outputs)
        chosen = [int(next(pieces)) if kinks else 0 for _ in forms]
        for form, piece in zip(forms, chosen, strict=True):
            value = dot(form, place)
            if value in kinks and any(form[:-1]):
                return False
            if piece != sum(kink < value for kink in kinks):
                return False
        outputs.append([activated(layer.activation, form, piece) for form, piece in zip(forms, chosen, strict=True)])
    return True
