"""Walls in the order of their distance from a point: a best-first search over regions.

Every facet of every region that was entered waits in a queue, with a lower bound of its distance.  The first in the
queue is either replaced by a sharper bound, or found to be no facet, or handed out as a wall; who asks for walls says
across which of them the search goes on.

Why nothing nearer is missed: let y be a point of a wall.  For almost all points near y the segment from x crosses
walls one by one, in facets of regions, and each crossing is nearer than y.  So either the search entered all regions on
the way, and the wall of y was in the queue; or a facet on the way is still in the queue, with a bound not above the
distance of y; or the search was told not to cross a wall on the way, which is at most as far as y.  When the queue's
least bound is above some distance, all walls below that are therefore known.  This holds for every norm, because
distances along a segment are proportional in all of them.  (GeoCert, Jordan, Lewis and Dimakis 2019, uses the same
order for pieces of a decision boundary.)
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import UNDECIDED, Enclosure, nearest_float, rational
from polyregions.arithmetic.enclosure import QUIET
from polyregions.complexes.neighbours import Neighbours
from polyregions.enumeration.facets import Facet
from polyregions.enumeration.regions import switch_pattern
from polyregions.errors import BrokenInvariant, DimensionMismatch
from polyregions.geometry.extremum import Witness
from polyregions.geometry.nearest import propose
from polyregions.geometry.simplex import row_values
from polyregions.networks.evaluate import enclosed_signs, signs_beside, switch_signs
from polyregions.networks.maximum import Maximum
from polyregions.networks.vanishing import vanishing
from polyregions.queries.walls import (
    Region,
    Wall,
    float_crossing,
    inside_of,
    root_bounds,
    step_inside,
)

Floats = NDArray[np.float64]
Pattern = NDArray[np.uint8]

SHARES = (0.5, 2.0**-3, 2.0**-6, 2.0**-10, 2.0**-16, 2.0**-24, 2.0**-34)
"""How far beyond a wall, relative to a point known beyond, points of the next region are looked for."""

MARGINS = (2.0**-8, 2.0**-20)
"""How far from the other rows a point of a facet is looked for, relative to the facet's distance."""

DIRECTIONS = 64
"""So many directions are tried to leave a wall; all but those in a set without volume would do."""


@dataclass(eq=False)
class Search:
    """A best-first search from a point.

    Parameters
    ----------
    neighbours : Neighbours
        Of the network and the domain K.
    point : numpy.ndarray, shape (n,)
        In K, which may be on its boundary, or on walls.
    norm : float
    """

    neighbours: Neighbours
    point: Floats
    norm: float
    entered: dict[bytes, Region] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Enter the region of the point, or one that it touches."""
        self.exact_point = [rational(x) for x in self.point.tolist()]
        self._queue: list[tuple[float, int, Wall | tuple[Region, int]]] = []
        self._number, self._frontier = count(), 0.0
        self._seen: set[tuple[bytes, int]] = set()
        extremum = self.neighbours.finder.extremum
        self._width = float((extremum.upper - extremum.lower).max())
        self._enter(self._home())

    @property
    def least(self) -> float:
        """No wall that is still to come is nearer than this."""
        return self._queue[0][0] if self._queue else math.inf

    @QUIET
    def walls(self) -> Iterator[Wall]:
        """Yield walls by lower bounds of their distances; those beyond walls that were crossed among them."""
        while self._queue:
            lower, _, entry = heapq.heappop(self._queue)
            self._frontier = lower
            if isinstance(entry, Wall):
                yield entry
            elif not self._known(*entry):
                wall = self._wall(lower, *entry)
                if wall is not None:
                    opposite = self._opposite(wall.region, wall.switch)
                    self._seen.add((wall.other.pattern.tobytes(), opposite))
                    self._push(wall.lower, wall)

    def cross(self, wall: Wall) -> None:
        """Let the search go on in the region beyond a wall."""
        if wall.other.pattern.tobytes() not in self.entered:
            self._enter(wall.other)

    def _known(self, region: Region, position: int) -> bool:
        """Tell whether a row is a wall that was found from its other side."""
        return (region.pattern.tobytes(), region.system.rows[position].label) in self._seen

    def _enter(self, region: Region) -> None:
        """Put the facets of a region into the queue."""
        self.entered[region.pattern.tobytes()] = region
        least = region.rows.hyperplane_distances(self.point, self.norm)
        least = np.maximum(least, region.rows.outside(self.point, self.norm))
        for position, row in enumerate(region.system.rows):
            if row.label >= 0:
                self._push(float(least[position]), (region, position))

    def _push(self, lower: float, entry: Wall | tuple[Region, int]) -> None:
        """Put something into the queue; what was the least bound before holds for all that is to come."""
        heapq.heappush(self._queue, (max(lower, self._frontier), next(self._number), entry))

    def _wall(self, lower: float, region: Region, position: int) -> Wall | None:
        """Return a row of a region as a wall, None if it is no facet."""
        rows, point = region.rows, self.point
        proposal = propose(rows, position, point, 2.0)
        if proposal.point is None and rows.shows_empty(point, proposal.weights, self._width):
            region.drop(position)
            return None
        found = None if proposal.point is None else self._across_in_floats(region, position)
        found = found or self._across_exactly(region, position)
        if found is None:
            return None
        facet, other, within = found
        if self.norm != 2:
            proposal = propose(rows, position, point, self.norm)
        if proposal.weights is not None:
            lower = max(lower, rows.lower_bound(point, proposal.weights, self.norm))
        nearest = point if proposal.point is None else proposal.point
        upper = rows.upper_bound(point, position, nearest, within, self.norm)
        wall = Wall(region, position, facet, other, lower, upper, nearest, point, self.norm)
        if upper == math.inf:  # too thin a facet for floats
            wall.nearest = np.array([nearest_float(x) for x in wall.exact_nearest])
            wall.lower, wall.upper = root_bounds(wall.power, self.norm)
        return wall

    def _across_in_floats(self, region: Region, position: int) -> tuple[Facet, Region, Floats] | None:
        """Certify a facet, and the region beyond it, by two points a and b on its two sides.

        They violate no other row of the region, and the row's unit is the first that has different pieces at a and b.
        If the rows of the region at b but for this one are positive at a, then they are on the whole segment from a to
        b, as are those of the region at a: the point where the segment crosses the row belongs to both regions'
        boundaries, and to no other row.

        Returns
        -------
        The facet, the region beyond, and a point near the facet; None if floats do not tell.
        """
        row = region.system.rows[position]
        for margin in MARGINS:
            border = propose(region.rows, position, self.point, 2.0, margin).point
            for near, beyond in [] if border is None else region.pairs_beside(position, border):
                other = self._region_at(beyond, region, row.label)
                if other is not None and other.only_violates(self._opposite(region, row.label), near):
                    return Facet(row, Witness(beyond)), other, near
        return None

    def _region_at(self, point: Floats, region: Region, switch: int) -> Region | None:
        """Return the region of a point beyond a wall if floats tell it and its layers up to the wall's fit."""
        network = self.neighbours.network
        signs = enclosed_signs(network, Enclosure.exact(point[None]))
        if (signs == UNDECIDED).any():
            return None
        pattern = switch_pattern(network, signs)[0]
        unit = int(network.switch_units[switch])
        changed = np.flatnonzero(pattern != region.pattern)
        layer = network.unit_layers[unit]
        if (network.unit_layers[changed] < layer).any() or (
            changed[network.unit_layers[changed] == layer] != unit
        ).any():
            return None
        known = self.entered.get(pattern.tobytes())
        return known or Region(self.neighbours.finder, pattern, Witness(point))

    def _opposite(self, region: Region, switch: int) -> int:
        """Return the switch of a wall as the other side has it: for a maximum, of the candidate that was largest."""
        network = self.neighbours.network
        unit = int(network.switch_units[switch])
        if not isinstance(network.layers[int(network.unit_layers[unit]) - 1].units, Maximum):
            return switch
        return int(np.searchsorted(network.switch_units, unit)) + int(region.pattern[unit])

    def _across_exactly(self, region: Region, position: int) -> tuple[Facet, Region, Floats] | None:
        """Return the same by linear programs and rationals; None if the row is no facet."""
        inside = inside_of(region)
        facet = region.facet(self.neighbours.finder, position)
        if facet is None:
            return None
        (pattern,) = self.neighbours.patterns_across(region.pattern, inside, [facet])
        other = self.entered.get(pattern.tobytes()) or Region(self.neighbours.finder, pattern)
        border = float_crossing(inside, facet)
        if other.inside is None:
            other.inside = self._beside(other, border, facet.beyond.floats)
        if other.inside is None:
            direction = [b - a for a, b in zip(inside.exact, facet.beyond.exact, strict=True)]
            other.inside = step_inside(other, facet.crossing(inside), direction)
        return facet, other, border

    def _home(self) -> Region:
        """Return the region that contains the point, or one whose boundary does."""
        network, domain = self.neighbours.network, self.neighbours.finder.domain
        if not domain.contains(self.point[None])[0]:
            raise DimensionMismatch(f"the point {self.point} does not lie in the domain")
        signs = switch_signs(network, self.point[None])
        pattern = switch_pattern(network, signs)[0]
        if self._settled(pattern, signs[0]):
            region = Region(self.neighbours.finder, pattern)
            strictly = bool(domain.contains(self.point[None], strictly=True)[0])
            aim = [b - a for a, b in zip(self.exact_point, domain.inside.exact, strict=True)]
            region.inside = (
                Witness(self.point)
                if strictly
                else self._beside(region, self.point, domain.inside.floats)
                or step_inside(region, self.exact_point, aim)
            )
            return region
        random = np.random.default_rng(0)
        for _ in range(DIRECTIONS):
            share = random.uniform(size=domain.dim)
            box = domain.upper - domain.lower
            aim = [x + rational(float(s)) / 64 for x, s in zip(domain.inside.exact, (share - 0.5) * box, strict=True)]
            while not all(value > 0 for value in row_values(domain.rows, aim)):
                aim = [(a + x) / 2 for a, x in zip(aim, domain.inside.exact, strict=True)]
            direction = [a - x for a, x in zip(aim, self.exact_point, strict=True)]
            signs = signs_beside(network, self.exact_point, direction)
            pattern = switch_pattern(network, signs)
            if self._settled(pattern, signs):
                region = Region(self.neighbours.finder, pattern)
                region.inside = step_inside(region, self.exact_point, direction)
                return region
        raise BrokenInvariant("no region was found beside a point; please report this network")

    def _settled(self, pattern: Pattern, signs: NDArray[np.int8]) -> bool:
        """Tell whether only those switches vanish that do on the whole region of a pattern."""
        zero = np.flatnonzero(signs == 0)
        numbers = np.zeros(len(zero), dtype=np.int64)
        return bool(vanishing(self.neighbours.network, pattern[None], numbers, zero).all())

    def _beside(self, region: Region, border: Floats, beyond: Floats) -> Witness | None:
        """Return a float point that certainly lies inside a region, on the way from one of its boundary."""
        extremum = self.neighbours.finder.extremum
        points = border + np.array(SHARES)[:, None] * (beyond - border)
        good = region.system.contains(points) & ((extremum.lower < points) & (points < extremum.upper)).all(axis=1)
        return Witness(points[good.argmax()]) if good.any() else None
