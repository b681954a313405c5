"""Regions and walls as a search finds them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import UNDECIDED, Rational, RationalMatrix, nearest_float, rational
from polyregions.arithmetic.enclosure import QUIET
from polyregions.enumeration.facets import Facet, FacetFinder
from polyregions.errors import BrokenInvariant
from polyregions.geometry.extremum import Witness, shortened
from polyregions.geometry.forms import System
from polyregions.geometry.nearest import Rows
from polyregions.geometry.nearest_exact import distance_power, nearest_exactly
from polyregions.geometry.simplex import row_values

Floats = NDArray[np.float64]
Pattern = NDArray[np.uint8]

STEPS = (2.0**24, 2.0**12, 4.0)
"""How far from a wall points on its two sides are taken, in units of its error bound."""


class Region:
    """A region that the search has entered.

    Attributes
    ----------
    pattern : numpy.ndarray of uint8, shape (n_units,)
    inside : Witness
    system : System
        The domain's rows, then all switches that are not constant.
    rows : Rows
        The same with the domain's box.
    """

    def __init__(self, finder: FacetFinder, pattern: Pattern, inside: Witness | None = None) -> None:
        self.pattern, self.inside = pattern, inside
        everything = finder.system(pattern, tuple(range(finder.network.n_switches)))
        moving = [row for row in everything.rows if row.forms.constant_sign[row.index] == UNDECIDED]
        self.system = System.of(moving, finder.network.input_dim)
        self._extremum = finder.extremum
        self._redundant: set[int] = set()

    @cached_property
    def rows(self) -> Rows:
        """The system with the domain's box."""
        return Rows.of(self.system, self._extremum.lower, self._extremum.upper)

    @cached_property
    def exact_rows(self) -> list[list[Rational]]:
        """The system and the domain's box in rationals."""
        return [*(row.exact() for row in self.system.rows), *self._extremum.box_rows]

    def facet(self, finder: FacetFinder, position: int) -> Facet | None:
        """Return a row of the system as a facet of the region, or None; of equal rows one is a facet."""
        kept = [i for i in range(len(self.system.rows)) if i not in self._redundant]
        system = System.of([self.system.rows[i] for i in kept], self.rows.floats.shape[1] - 1)
        facet = finder.facet(system, kept.index(position), inside_of(self))
        if facet is None:
            self.drop(position)
        return facet

    def drop(self, position: int) -> None:
        """Note that a row is redundant."""
        self._redundant.add(position)

    @QUIET
    def only_violates(self, switch: int, point: Floats) -> bool:
        """Tell whether all rows but that of one switch are certainly positive at a point."""
        values = self.system.floats[:, :-1] @ point + self.system.floats[:, -1]
        others = np.array([row.label != switch for row in self.system.rows])
        return bool((values > self.system.error)[others].all())

    @QUIET
    def pairs_beside(self, position: int, border: Floats) -> list[tuple[Floats, Floats]]:
        """Return pairs of points on the two sides of a row, close to a point of it, that certainly violate no other."""
        rows, lower, upper = self.system, self._extremum.lower, self._extremum.upper
        row, error = rows.floats[position], float(rows.error[position])
        height, steep = float(row[:-1] @ border + row[-1]), float(row[:-1] @ row[:-1])
        pairs = []
        for scale in STEPS:
            points = border + (np.array([[scale], [-scale]]) * error - height) / steep * row[:-1]
            values = points @ rows.floats[:, :-1].T + rows.floats[:, -1]
            values[1, position] *= -1.0
            if (values > rows.error).all() and ((lower < points) & (points < upper)).all():
                pairs.append((points[0], points[1]))
        return pairs


@dataclass(eq=False)
class Wall:
    """A facet between two regions, as a search hands it out.

    Attributes
    ----------
    region : Region
        The region on this side.
    position : int
        Its row that vanishes.
    facet : Facet
    other : Region
        The region on the other side.
    lower, upper : float
        Bounds of its distance from the search's point.
    nearest : numpy.ndarray, shape (n,)
        About its nearest point.
    start : numpy.ndarray, shape (n,)
        The search's point.
    norm : float
    """

    region: Region
    position: int
    facet: Facet
    other: Region
    lower: float
    upper: float
    nearest: Floats
    start: Floats
    norm: float

    @property
    def switch(self) -> int:
        """The switch that vanishes on the wall."""
        return self.facet.row.label

    @cached_property
    def exact_nearest(self) -> list[Rational]:
        """The wall's nearest point."""
        within = self.facet.crossing(inside_of(self.region))
        return nearest_exactly(self.region.exact_rows, self.position, self._exact_start, within, self.norm)

    @cached_property
    def power(self) -> Rational:
        """The exact distance; in the 2-norm its square."""
        return distance_power(self.exact_nearest, self._exact_start, self.norm)

    @property
    def _exact_start(self) -> list[Rational]:
        return [rational(x) for x in self.start.tolist()]


def inside_of(region: Region) -> Witness:
    """Return the point known inside a region."""
    if region.inside is None:
        raise BrokenInvariant("a region was searched before a point of it was known; please report this")
    return region.inside


def float_crossing(inside: Witness, facet: Facet) -> Floats:
    """Return about the point where the segment from inside to beyond a facet crosses it."""
    row = facet.row.sign * facet.row.forms.rows[facet.row.index]
    start, beyond = inside.floats, facet.beyond.floats
    here, there = (float(row[:-1] @ point + row[-1]) for point in (start, beyond))
    share = min(max(here / (here - there), 0.0), 1.0) if here != there else 0.5
    return np.asarray(start + share * (beyond - start))


def step_inside(region: Region, point: list[Rational], direction: list[Rational]) -> Witness:
    """Return a point inside a region, half of the way from a point of its boundary in a direction into it."""
    rows = region.exact_rows
    matrix = RationalMatrix(len(rows), len(point) + 1, [entry for row in rows for entry in row])
    values = row_values(matrix, point)
    slopes = [sum((a * d for a, d in zip(row[:-1], direction, strict=True)), rational(0)) for row in rows]
    step = min((value / -slope for value, slope in zip(values, slopes, strict=True) if slope < 0), default=rational(2))
    step = min(step, rational(2))
    return shortened([x + step / 2 * d for x, d in zip(point, direction, strict=True)], matrix)


def root_bounds(power: Rational, norm: float) -> tuple[float, float]:
    """Return floats around a distance, from its exact value, or its square in the 2-norm."""
    value = nearest_float(power)
    if norm != 2:
        return math.nextafter(value, 0.0), math.nextafter(value, math.inf)
    root = math.sqrt(value)
    low, high = math.nextafter(math.nextafter(root, 0.0), 0.0), math.nextafter(math.nextafter(root, math.inf), math.inf)
    return low, high
