"""Proof by branches: multipliers show for every piece of a unit in which no region is that none can be.  Any dimension.

The regions' patterns make a tree, whose nodes are what regions begin alike with.  The cells of a node's children, over
all pieces of the next unit, cover the node's cell up to walls.  So if refutations show that the pieces without
regions have no interior there, every point of int K that is on no wall lies in one of the regions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from polyregions.arithmetic import Rational
from polyregions.arithmetic.portable import portable_integer
from polyregions.certificates.refutation import IntegerRow, Refutation, Refuter
from polyregions.certificates.tree import Cell, Entry, Node, Pattern, walk
from polyregions.enumeration.regions import Regions
from polyregions.enumeration.run import Progress
from polyregions.errors import BrokenInvariant


def prove_by_branches(regions: Regions, patterns: list[Pattern], progress: Progress) -> dict[str, Any]:
    """Return the proof that there are no regions but those given.

    Raises
    ------
    BrokenInvariant
        There is another region: this never happens unless the library is wrong.
    """
    branches, done = _Branches(regions, patterns), 0
    for node in walk(regions, patterns):
        if isinstance(node, Node):
            branches.close(node)
        else:
            done += 1
            progress(done / len(regions), done)
    return {"kind": "branches", "multipliers": list(map(list, branches.known)), "empty": branches.empty}


class _Branches:
    def __init__(self, regions: Regions, patterns: list[Pattern]) -> None:
        self.patterns, self.refuter = patterns, Refuter(regions.domain)
        self.witnesses = [regions.point(region) for region in range(len(regions))]
        self.known: dict[tuple[int | str, ...], int] = {}
        self.empty: list[int] = []
        self.entry: Entry | None = None
        self.settled: dict[tuple[int, int], int] = {}

    def close(self, node: Node) -> None:
        """Prove that no region is in the pieces where none is given; once for all that enter the layer alike."""
        entry = node.entry
        if self.entry is not entry:
            self.entry, self.settled = entry, {}
        for piece in range(int(entry.layer.units.n_pieces[node.unit])):
            if piece in node.children:
                continue
            key = (node.unit, piece)
            if key not in self.settled and all(
                self.patterns[region][entry.first + node.unit] != piece for region in entry.group
            ):
                self.settled[key] = self._prove(entry, key, entry.cell, entry.group[0])
            known = self.settled.get(key)
            group = next(iter(node.children.values()))
            self.empty.append(self._prove(entry, key, node.cell, group[0]) if known is None else known)

    def _prove(self, entry: Entry, piece: tuple[int, int], cell: Cell, region: int) -> int:
        """Return the number of the proof that a piece has no interior in a cell, in which a region lies."""
        sides = entry.sides(*piece)
        proof = refute_together(self.refuter, sides, cell, self.witnesses[region].exact)
        if proof is None:
            raise BrokenInvariant(f"beside region {region} there is one that was not found; please report this network")
        return self.known.setdefault(proof, len(self.known))


def refute_together(
    refuter: Refuter, sides: Sequence[IntegerRow], cell: Cell, inside: list[Rational]
) -> tuple[int | str, ...] | None:
    """Prove that some rows are not all positive anywhere in a cell; None if they are somewhere.

    Returns
    -------
    tuple of int or str, or None
        A row, its multiplier, another row, and so on; rows are counted from 0 in `sides` and then in the cell.
    """
    rows, numbers = [cell.rows[row] for row in cell.bounding], [len(sides) + row for row in cell.bounding]
    for place, side in enumerate(sides):
        answer = refuter.settle(side, rows, inside)
        if isinstance(answer, Refutation):
            used = {place: answer.goal, **{numbers[row]: times for row, times in answer.rows.items()}}
            return tuple(x for row, times in used.items() for x in (row, portable_integer(times)))
        inside, rows, numbers = answer, [*rows, side], [*numbers, place]
    return None
