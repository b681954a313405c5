"""The facets of regions; decided exactly.

A row of a region is a facet if and only if the others allow points beyond it.  Such a point w, and the region's witness
x, give a point of the facet's relative interior: where the segment from x to w crosses the row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Rational
from polyregions.arithmetic.enclosure import QUIET
from polyregions.enumeration.cells import domain_system, empty_prefix, switch_forms
from polyregions.geometry.extremum import Extremum, Witness
from polyregions.geometry.forms import Row, System
from polyregions.geometry.polytope import Polytope
from polyregions.networks.affine import layer_pieces
from polyregions.networks.network import Network


@dataclass(frozen=True, slots=True, eq=False)
class Facet:
    """A facet of a region.

    Attributes
    ----------
    row : Row
        Non-negative on the region; its label is the switch, or ``-1 - k`` for facet k of the domain.
    beyond : Witness
        A point inside all other rows of the region where this one is negative.
    """

    row: Row
    beyond: Witness

    def crossing(self, inside: Witness) -> list[Rational]:
        """Return the exact point where the segment from a point of the region to `beyond` crosses the facet."""
        start, end, row = inside.exact, self.beyond.exact, self.row.exact()
        here, there = (sum((a * x for a, x in zip(row[:-1], p, strict=True)), row[-1]) for p in (start, end))
        share = here / (here - there)
        return [a + share * (b - a) for a, b in zip(start, end, strict=True)]


class FacetFinder:
    """Finds the facets of regions.

    Parameters
    ----------
    network : Network
    domain : Polytope
    boundary : bool
        Whether facets on the boundary of the domain are wanted too.

    Attributes
    ----------
    extremum : Extremum
    domain_rows : System
        Empty for a box of which no facets are wanted: then its bounds are enough.
    root : Prefix
    """

    def __init__(self, network: Network, domain: Polytope, boundary: bool) -> None:
        self.network, self.domain = network, domain
        # To tell whether a facet of the domain is needed there must be room beyond it.
        outer = domain.in_larger_box() if boundary else domain
        self.boundary, self.reach = boundary, outer.reach
        self.extremum = Extremum(outer.lower, outer.upper)
        self.domain_rows = domain_system(outer)
        self.root = empty_prefix(network)

    def system(self, pattern: NDArray[np.uint8], cuts: tuple[int, ...]) -> System:
        """Return the rows of a region: those of the domain, then one for each of its cuts."""
        rows: list[Row] = []
        prefix, first = self.root, 0
        for layer, pieces in zip(self.network.layers, layer_pieces(self.network, pattern), strict=True):
            if not cuts or first > max(cuts):
                break
            layer_rows = prefix.rows()
            own = [switch for switch in cuts if first <= switch < first + layer.n_switches]
            if own:
                forms, sides = switch_forms(prefix, layer_rows, pieces, self.reach), layer.units.sides(pieces)
                rows += [Row(forms, switch - first, int(sides[switch - first]), switch) for switch in own]
            first += layer.n_switches
            prefix = prefix.after(layer_rows, pieces)
        return System.of([*self.domain_rows.rows, *rows], self.network.input_dim)

    @QUIET
    def facets(
        self, pattern: NDArray[np.uint8], cuts: tuple[int, ...], inside: Witness, known: frozenset[int] = frozenset()
    ) -> list[Facet]:
        """Return the facets of a region, except those whose labels are in `known`.

        Parameters
        ----------
        pattern : numpy.ndarray of uint8, shape (n_units,)
        cuts : tuple of int
            The switches that make the region.
        inside : Witness
            A point of the region.
        known : frozenset of int

        Returns
        -------
        list of Facet
            In the order of the region's rows: the domain's first, then switches.
        """
        system = self.system(pattern, cuts)
        asked = [
            position
            for position, row in enumerate(system.rows)
            if row.label not in known and (self.boundary or row.label >= 0)
        ]
        seen = self._by_rays(system, inside, asked)
        if len(asked) - len(seen) > 2 * self.network.input_dim:
            possible = set(self.extremum.possible_facets(system).tolist())
            asked = [position for position in asked if position in possible]
        facets = []
        for position in reversed(asked):  # of rows with the same hyperplane the first is kept
            facet = self._beyond(system, position, inside, seen.get(position))
            if facet is None:
                system = system.without(position)
            else:
                facets.append(facet)
        return facets[::-1]

    @QUIET
    def facet(self, system: System, position: int, inside: Witness) -> Facet | None:
        """Return one row of a system as a facet; None if it is redundant, so that it may be left out."""
        return self._beyond(system, position, inside, self._by_rays(system, inside, [position]).get(position))

    def _beyond(self, system: System, position: int, inside: Witness, seen: Witness | None) -> Facet | None:
        row = system.rows[position]
        if seen is None:
            opposite = Row(row.forms, row.index, -row.sign, row.label)
            seen = self.extremum.positive(opposite, system.without(position), inside)
        return None if seen is None else Facet(row, seen)

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
