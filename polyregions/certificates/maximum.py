"""The exact maximum of a linear functional of a network's outputs over K, with its proof."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from polyregions.arithmetic import Rational, RationalMatrix, rational
from polyregions.arithmetic.portable import portable_floats, portable_integer
from polyregions.certificates.branches import refute_together
from polyregions.certificates.faces import portable_point
from polyregions.certificates.refutation import IntegerRow, Refuter
from polyregions.certificates.tree import Leaf, Pattern, walk
from polyregions.enumeration.regions import Regions
from polyregions.queries.extremes import output_factors


def prove_maximum(
    regions: Regions, patterns: list[Pattern], objective: Sequence[Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the claim and the proof: multipliers for every region, and a point at which the maximum is attained.

    Raises
    ------
    DimensionMismatch
        The objective has not one number for each output.
    """
    factors = [rational(factor) for factor in output_factors(regions.network, objective).tolist()]
    refuter = Refuter(regions.domain)
    cells = [_Cell(leaf, factors, regions) for leaf in walk(regions, patterns) if isinstance(leaf, Leaf)]
    cells.sort(key=lambda cell: cell.region)
    best = max(cells, key=lambda cell: cell.estimate(refuter))
    while True:
        point, value = best.highest(refuter)
        bounds = []
        for cell in cells:
            bound = cell.bound(refuter, value)
            if bound is None:
                best = cell
                break
            bounds.append(list(bound))
        else:
            break
    claim = {
        "objective": portable_floats([float(x) for x in objective]),
        "value": [portable_integer(int(value.p)), portable_integer(int(value.q))],
    }
    return claim, {"region": best.region, "point": portable_point(point), "bounds": bounds}


class _Cell:
    """A region, with the functional as a form there."""

    def __init__(self, leaf: Leaf, factors: list[Rational], regions: Regions) -> None:
        self.region, self.cell, outputs = leaf.region, leaf.cell, leaf.outputs
        self.form = list((RationalMatrix(1, len(factors), factors) * outputs).entries())
        self.inside = regions.point(leaf.region).exact
        self.rows = [self.cell.rows[row] for row in self.cell.bounding]

    def estimate(self, refuter: Refuter) -> Rational:
        """Return about the maximum on the region: the value where the solver says that it is."""
        point = refuter.likely_highest(IntegerRow.of(self.form), self.rows)
        return self.value(self.inside if point is None else [rational(x) for x in point.tolist()])

    def highest(self, refuter: Refuter) -> tuple[list[Rational], Rational]:
        """Return a point where the functional is largest on the region, and its value."""
        point = refuter.highest(IntegerRow.of(self.form), self.rows, self.inside)
        return point, self.value(point)

    def value(self, point: list[Rational]) -> Rational:
        """Return the functional at a point of the region."""
        return sum((a * x for a, x in zip(self.form, point, strict=False)), self.form[-1])

    def bound(self, refuter: Refuter, value: Rational) -> tuple[int | str, ...] | None:
        """Prove that the functional is at most a value on the region; None if it is not."""
        excess = IntegerRow.of([*self.form[:-1], self.form[-1] - value])
        return refute_together(refuter, [excess], self.cell, self.inside)
