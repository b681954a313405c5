"""The tree of patterns: what regions begin alike, unit by unit, with the exact rows of their cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from polyregions.arithmetic import Rational, RationalMatrix, rational
from polyregions.certificates.refutation import IntegerRow, box_rows
from polyregions.enumeration.regions import Regions
from polyregions.geometry.polytope import Polytope
from polyregions.networks.affine import exact_layers, layer_pieces
from polyregions.networks.elementwise import Elementwise
from polyregions.networks.layer import Layer
from polyregions.networks.maximum import Maximum

Pattern = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """The rows of a cell, and which of them, beside those of the box, bound it: the others are redundant."""

    rows: tuple[IntegerRow, ...]
    bounding: tuple[int, ...]

    def cut(self, sides: Sequence[IntegerRow], redundant: bool) -> Cell:
        """Add rows."""
        new = () if redundant else tuple(range(len(self.rows), len(self.rows) + len(sides)))
        return Cell((*self.rows, *sides), self.bounding + new)


@dataclass(slots=True, eq=False)
class Entry:
    """Where regions that are alike in all earlier layers enter a layer.

    Attributes
    ----------
    layer : Layer
    forms : RationalMatrix, shape (rows, n + 1)
        The layer's rows as forms.
    group : list of int
        The regions.
    cell : Cell
        Their common cell.
    outputs : list of RationalMatrix
        Of the input and of all earlier layers.
    first : int
        The number of the layer's first unit.
    """

    layer: Layer
    forms: RationalMatrix
    group: list[int]
    cell: Cell
    outputs: list[RationalMatrix]
    first: int
    _sides: dict[tuple[int, int], list[IntegerRow]] = field(default_factory=dict)

    def sides(self, unit: int, piece: int) -> list[IntegerRow]:
        """Return the rows that say that a unit of the layer is in one of its pieces."""
        key = (unit, piece)
        if key not in self._sides:
            self._sides[key] = [_row(form, strict) for form, strict in _sides(self.layer, self.forms, unit, piece)]
        return self._sides[key]


@dataclass(slots=True, eq=False)
class Node:
    """Regions that are alike in all units before one.

    Attributes
    ----------
    entry : Entry
    unit : int
        The unit that comes next, counted in its layer.
    children : dict of int to list of int
        The regions that are in each of its pieces.
    cell : Cell
        Their common cell.
    """

    entry: Entry
    unit: int
    children: dict[int, list[int]]
    cell: Cell


@dataclass(slots=True, eq=False)
class Leaf:
    """One region, its cell, and the network's affine map there."""

    region: int
    cell: Cell
    outputs: RationalMatrix


def full_patterns(regions: Regions) -> list[Pattern]:
    """Return the pieces of all units of each region, those included that cannot switch."""
    parts = layer_pieces(regions.network, regions.patterns)
    return [tuple(pattern) for pattern in np.concatenate(parts, axis=1).tolist()]


def domain_cell(domain: Polytope) -> Cell:
    """Return the rows of K: those of the box around it, and its half-spaces, in ascending order, if it is no box."""
    halfspaces = [] if domain.is_box else [IntegerRow.of(row) for row in domain.rows.tolist()]
    box = Cell(tuple(IntegerRow.of(row) for row in box_rows(domain)), ())
    return box.cut(sorted(halfspaces, key=lambda row: row.integers), redundant=False)


def walk(regions: Regions, patterns: Sequence[Pattern]) -> Iterator[Node | Leaf]:
    """Visit the tree of patterns from the root, nodes before what is below them, larger pieces first."""
    network, exact = regions.network, exact_layers(regions.network)

    def enter(group: list[int], cell: Cell, outputs: list[RationalMatrix], first: int) -> Entry:
        index = len(outputs) - 1
        return Entry(network.layers[index], exact.rows(index, outputs), group, cell, outputs, first)

    root = enter(list(range(len(patterns))), domain_cell(regions.domain), [exact.input_forms()], 0)
    stack = [(root, 0, root.group, root.cell)]
    while stack:
        entry, unit, group, cell = stack.pop()
        first, end = entry.first, entry.first + entry.layer.width
        if unit == entry.layer.width:
            pieces = np.array(patterns[group[0]][first:end], dtype=np.int64)
            outputs = [*entry.outputs, entry.layer.units.exactly_on_pieces(entry.forms, pieces)]
            if len(outputs) > len(network.layers):
                yield Leaf(group[0], cell, outputs[-1])
            else:
                stack.append((enter(group, cell, outputs, end), 0, group, cell))
            continue
        children: dict[int, list[int]] = {}
        for region in group:
            children.setdefault(patterns[region][first + unit], []).append(region)
        yield Node(entry, unit, children, cell)
        for piece in sorted(children):
            below = cell.cut(entry.sides(unit, piece), redundant=len(children) == 1)
            stack.append((entry, unit + 1, children[piece], below))


def _sides(layer: Layer, forms: RationalMatrix, unit: int, piece: int) -> Iterator[tuple[list[Rational], bool]]:
    """Yield forms that are positive where a unit is in a piece, and whether a form that vanishes excludes it."""
    columns, units = range(forms.ncols()), layer.units
    if isinstance(units, Maximum):
        group = units.groups[unit]
        for place, other in enumerate(group):
            if place != piece:
                yield [forms[group[piece], c] - forms[other, c] for c in columns], place < piece
    elif isinstance(units, Elementwise):
        kinks = units.activations[unit].breakpoints
        row = [forms[unit, c] for c in columns]
        if piece > 0:
            yield [*row[:-1], row[-1] - rational(kinks[piece - 1])], True
        if piece < len(kinks):
            yield [-x for x in [*row[:-1], row[-1] - rational(kinks[piece])]], False


def _row(form: list[Rational], strict: bool) -> IntegerRow:
    """Write a side as a row; 1 > 0 takes the place of one that does not count where it vanishes everywhere."""
    if strict or any(entry != 0 for entry in form):
        return IntegerRow.of(form)
    return IntegerRow.of([*form[:-1], rational(1)])
