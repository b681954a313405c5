"""The interior facets of regions, and what lies across them; decided exactly.

A row of a region is a facet if and only if the others allow points beyond it.  Such a point w, and the region's witness
x, give a point of the facet's relative interior: where the segment from x to w crosses the row.  The neighbour is the
region just beyond it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import UNDECIDED, Enclosure, Rational
from polyregions.enumeration.branching import domain_system
from polyregions.enumeration.cells import empty_prefix, switch_forms
from polyregions.enumeration.regions import Regions, switch_pattern
from polyregions.geometry.extremum import Extremum, Witness
from polyregions.geometry.forms import Row, System
from polyregions.networks.affine import layer_pieces, preactivations
from polyregions.networks.evaluate import enclosed_signs, signs_beside

NEARBY = 2.0**-28
"""Size of the boxes around facet points, relative to the segment they lie on; any size would be correct."""


@dataclass(frozen=True, slots=True, eq=False)
class Facet:
    """A facet of a region inside K.

    Attributes
    ----------
    row : Row
        Non-negative on the region; its label is the switch.
    beyond : Witness
        A point inside all other rows of the region where this one is negative.
    """

    row: Row
    beyond: Witness


class FacetFinder:
    """Finds the facets of regions and the patterns across them.

    Parameters
    ----------
    regions : Regions
    """

    def __init__(self, regions: Regions) -> None:
        self.regions = regions
        self.extremum = Extremum(regions.domain.lower, regions.domain.upper)
        self.domain_rows = domain_system(regions.domain)
        self.root = empty_prefix(regions.network)

    def system(self, index: int) -> System:
        """Return the rows of a region: those of K, then one for each of its cuts."""
        network, pattern = self.regions.network, self.regions.patterns[index].astype(np.int64)
        cuts = self.regions.cuts[index]
        rows: list[Row] = []
        prefix, first = self.root, 0
        for layer, pieces in zip(network.layers, layer_pieces(network, pattern), strict=True):
            if not cuts or first > max(cuts):
                break
            layer_forms = preactivations(layer, prefix.outputs)
            if layer.n_switches:
                forms = switch_forms(prefix, layer_forms, self.regions.domain.reach)
                for switch in cuts:
                    if first <= switch < first + layer.n_switches:
                        unit, breakpoint_ = divmod(switch - first, layer.activation.n_switches)
                        rows.append(Row(forms, switch - first, 1 if pieces[unit] > breakpoint_ else -1, switch))
                first += layer.n_switches
            prefix = prefix.after(layer_forms, pieces)
        return System.of([*self.domain_rows.rows, *rows], network.input_dim)

    def facets(self, index: int, known: set[int]) -> list[Facet]:
        """Return the facets of a region inside K, except those across the switches in `known`."""
        system, inside = self.system(index), self.regions.points[index]
        asked = [i for i, row in enumerate(system.rows) if row.label >= 0 and row.label not in known]
        seen = self._by_rays(system, inside, asked)
        if len(asked) - len(seen) > 2 * self.regions.domain.dim:
            asked = self._near_box(system, asked)
        facets = []
        for position in asked:
            row = system.rows[position]
            beyond = seen.get(position)
            if beyond is None:
                opposite = Row(row.forms, row.index, -row.sign, row.label)
                beyond = self.extremum.positive(opposite, system.without(position), inside)
            if beyond is not None:
                facets.append(Facet(row, beyond))
        return facets

    def _near_box(self, system: System, asked: list[int]) -> list[int]:
        """Leave out rows that are positive on a box around the region."""
        lower, upper = self.extremum.bounding_box(system)
        rows = system.floats[asked]
        least = np.minimum(rows[:, :-1] * lower, rows[:, :-1] * upper).sum(axis=1) + rows[:, -1]
        return [position for position, low in zip(asked, least, strict=True) if low <= system.error[position]]

    def _by_rays(self, system: System, inside: Witness, asked: list[int]) -> dict[int, Witness]:
        """Shoot a ray from the witness along every row's normal; what it passes first is a facet."""
        if not asked:
            return {}
        start, lower, upper = inside.floats, self.extremum.lower, self.extremum.upper
        directions = -system.floats[asked, :-1]
        room = np.concatenate([system.floats[:, :-1] @ start + system.floats[:, -1], start - lower, upper - start])
        steps = np.concatenate([directions @ system.floats[:, :-1].T, directions, -directions], axis=1)
        times = np.divide(room, -steps, out=np.full(steps.shape, np.inf), where=steps < 0.0)
        first = times.argmin(axis=1)
        nearest = np.sort(times, axis=1)[:, :2]
        usable = (first < len(system.rows)) & (nearest[:, 0] < nearest[:, 1])
        points = start + np.where(usable, nearest.mean(axis=1), 0.0)[:, None] * directions
        found: dict[int, Witness] = {}
        values = points @ system.floats[:, :-1].T + system.floats[:, -1]
        within = ((lower < points) & (points < upper)).all(axis=1)
        for ray in np.flatnonzero(usable & within).tolist():
            position = int(first[ray])
            signs = values[ray] > system.error
            signs[position] = values[ray, position] < -system.error[position]
            if position in asked and signs.all():
                found[position] = Witness(points[ray])
        return found

    def patterns_across(self, index: int, facets: list[Facet]) -> list[NDArray[np.uint8]]:
        """Return the pattern just beyond each facet of a region."""
        certified = self._across_in_floats(index, facets)
        return [
            pattern if pattern is not None else self._across_in_rationals(index, facet)
            for facet, pattern in zip(facets, certified, strict=True)
        ]

    def _across_in_floats(self, index: int, facets: list[Facet]) -> list[NDArray[np.uint8] | None]:
        """Certify neighbours with small boxes around points of the facets.

        If in a box inside K every other switch keeps the sign it has on the region, and the facet's row takes both
        signs, then the box is divided by the facet into the region's part and its neighbour's, which differ in that
        switch alone.
        """
        if not facets or self.regions.points[index].rationals is not None:
            return [None] * len(facets)
        rows = np.array([facet.row.sign * facet.row.forms.rows[facet.row.index] for facet in facets])
        errors = np.array([facet.row.forms.error[facet.row.index] for facet in facets])
        start = self.regions.points[index].floats
        span = np.array([facet.beyond.floats for facet in facets]) - start
        here = rows[:, :-1] @ start + rows[:, -1]
        there = here + np.einsum("ij,ij->i", rows[:, :-1], span)
        share = here / np.where(there < here, here - there, np.inf)
        centre = start + share[:, None] * span
        radius = np.broadcast_to(NEARBY * np.abs(span).max(axis=1)[:, None], centre.shape)
        step = radius * np.sign(rows[:, :-1])
        low, high = (np.einsum("ij,ij->i", rows[:, :-1], centre + side * step) + rows[:, -1] for side in (-0.5, 0.5))
        crosses = (low < -errors) & (high > errors)
        crosses &= ((self.extremum.lower < centre - 2 * radius) & (centre + 2 * radius < self.extremum.upper)).all(
            axis=1
        )
        crosses &= self._inside_domain(centre, radius)
        signs = enclosed_signs(self.regions.network, Enclosure(centre, radius))
        result: list[NDArray[np.uint8] | None] = []
        for number, facet in enumerate(facets):
            switch, across = facet.row.label, signs[number]
            across[switch] = -facet.row.sign
            certain = crosses[number] and not (across == UNDECIDED).any()
            pattern = switch_pattern(self.regions.network, across)
            across[switch] = facet.row.sign
            own = switch_pattern(self.regions.network, across)
            certain = certain and bool((own == self.regions.patterns[index]).all())
            result.append(pattern if certain else None)
        return result

    def _inside_domain(self, centre: NDArray[np.float64], radius: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which boxes lie inside the facets of K, for domains that are not boxes."""
        floats, error = self.domain_rows.floats, self.domain_rows.error
        values = centre @ floats[:, :-1].T + floats[:, -1]
        least = values - 2.0 * radius[:, :1] * np.abs(floats[:, :-1]).sum(axis=1)
        return np.asarray((least > 2.0 * error).all(axis=1))

    def _across_in_rationals(self, index: int, facet: Facet) -> NDArray[np.uint8]:
        start, beyond, row = self.regions.points[index].exact, facet.beyond.exact, facet.row.exact()

        def value(point: list[Rational]) -> Rational:
            return sum((a * x for a, x in zip(row[:-1], point, strict=True)), row[-1])

        share = value(start) / (value(start) - value(beyond))
        direction = [b - a for a, b in zip(start, beyond, strict=True)]
        point = [a + share * d for a, d in zip(start, direction, strict=True)]
        signs = signs_beside(self.regions.network, point, direction, self.root.exact_layers)
        return switch_pattern(self.regions.network, signs)
