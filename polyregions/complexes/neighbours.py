"""What lies across the facets of regions inside K; decided exactly.

The neighbour across a facet is the region just beyond a point of its relative interior.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import UNDECIDED, Enclosure
from polyregions.arithmetic.enclosure import QUIET
from polyregions.enumeration.facets import Facet, FacetFinder
from polyregions.enumeration.regions import switch_pattern
from polyregions.geometry.extremum import Witness
from polyregions.geometry.polytope import Polytope
from polyregions.networks.evaluate import enclosed_signs, signs_beside
from polyregions.networks.network import Network

NEARBY = 2.0**-28
"""Size of the boxes around facet points, relative to the segment they lie on; any size would be correct."""


class Neighbours:
    """Finds the facets of regions inside K, and the patterns across them.

    Parameters
    ----------
    network : Network
    domain : Polytope
    """

    def __init__(self, network: Network, domain: Polytope) -> None:
        self.network = network
        self.finder = FacetFinder(network, domain, boundary=False)

    @QUIET
    def patterns_across(
        self, pattern: NDArray[np.uint8], inside: Witness, facets: list[Facet]
    ) -> list[NDArray[np.uint8]]:
        """Return the pattern just beyond each facet of a region, given by its pattern and a point inside."""
        certified = self._across_in_floats(pattern, inside, facets)
        return [
            across if across is not None else self._across_in_rationals(inside, facet)
            for facet, across in zip(facets, certified, strict=True)
        ]

    def _across_in_floats(
        self, pattern: NDArray[np.uint8], inside: Witness, facets: list[Facet]
    ) -> list[NDArray[np.uint8] | None]:
        """Certify neighbours with small boxes around points of the facets.

        If in a box inside K every other switch keeps the sign it has on the region, and the facet's row takes both
        signs, then the box is divided by the facet into the region's part and its neighbour's, which differ in that
        switch alone.
        """
        if not facets or inside.rationals is not None:
            return [None] * len(facets)
        rows = np.array([facet.row.sign * facet.row.forms.rows[facet.row.index] for facet in facets])
        errors = np.array([facet.row.forms.error[facet.row.index] for facet in facets])
        start = inside.floats
        span = np.array([facet.beyond.floats for facet in facets]) - start
        here = rows[:, :-1] @ start + rows[:, -1]
        there = here + np.einsum("ij,ij->i", rows[:, :-1], span)
        share = here / np.where(there < here, here - there, np.inf)
        centre = start + share[:, None] * span
        radius = np.broadcast_to(NEARBY * np.abs(span).max(axis=1)[:, None], centre.shape)
        step = radius * np.sign(rows[:, :-1])
        low, high = (np.einsum("ij,ij->i", rows[:, :-1], centre + side * step) + rows[:, -1] for side in (-0.5, 0.5))
        crosses = (low < -errors) & (high > errors)
        crosses &= (
            (self.finder.extremum.lower < centre - 2 * radius) & (centre + 2 * radius < self.finder.extremum.upper)
        ).all(axis=1)
        crosses &= self._inside_domain(centre, radius)
        signs = enclosed_signs(self.network, Enclosure(centre, radius))
        result: list[NDArray[np.uint8] | None] = []
        for number, facet in enumerate(facets):
            own, across = self._beside(signs[number], facet.row.label, pattern)
            certain = crosses[number] and not (across == UNDECIDED).any()
            certain = certain and bool((switch_pattern(self.network, own) == pattern).all())
            result.append(switch_pattern(self.network, across) if certain else None)
        return result

    def _beside(
        self, signs: NDArray[np.int8], switch: int, pattern: NDArray[np.uint8]
    ) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        """Complete signs near a facet where one switch changes: on the region's side, and across."""
        network = self.network
        layer = int(np.searchsorted(network.first_switches, switch, side="right")) - 1
        own = slice(*network.first_switches[layer : layer + 2].tolist())
        piece = int(pattern[network.switch_units[switch]])
        result = signs.copy(), signs.copy()
        sides = network.layers[layer].units.beside(signs[own], switch - own.start, piece)
        for part, side in zip(result, sides, strict=True):
            part[own] = side
        return result

    def _inside_domain(self, centre: NDArray[np.float64], radius: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which boxes lie inside the facets of K, for domains that are not boxes."""
        floats, error = self.finder.domain_rows.floats, self.finder.domain_rows.error
        values = centre @ floats[:, :-1].T + floats[:, -1]
        least = values - 2.0 * radius[:, :1] * np.abs(floats[:, :-1]).sum(axis=1)
        return np.asarray((least > 2.0 * error).all(axis=1))

    def _across_in_rationals(self, inside: Witness, facet: Facet) -> NDArray[np.uint8]:
        direction = [b - a for a, b in zip(inside.exact, facet.beyond.exact, strict=True)]
        return switch_pattern(self.network, signs_beside(self.network, facet.crossing(inside), direction))
