"""The branching engine: activation regions by LP feasibility, in any input dimension.

Depth-first over the layers.  On a cell all switches of the current layer are affine; those that do not cut it have one
sign, those that do are branched on.  That a switch cuts a cell is shown by two points of the cell, on either side; that
it does not, by a bound.  Points found for one switch answer questions about others, and questions that no known point,
ray or bound answers go to `polyregions.geometry.extremum`.  Every decision is exact.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from polyregions.enumeration.cells import OPEN, Cell, Points, empty_prefix, enter_layer
from polyregions.enumeration.run import Limits, Progress, Statistics, Status
from polyregions.errors import BrokenInvariant
from polyregions.geometry.extremum import Extremum, Witness
from polyregions.geometry.forms import Row, System
from polyregions.geometry.polytope import Polytope
from polyregions.networks.network import Network


@dataclass(frozen=True, slots=True, eq=False)
class FoundRegion:
    """A region as the engine finds it.

    Attributes
    ----------
    pattern : numpy.ndarray of uint8, shape (units,)
    witness : Witness
    cuts : tuple of int
        The switches whose rows make the region's cell inside the domain; some may be redundant.
    """

    pattern: NDArray[np.uint8]
    witness: Witness
    cuts: tuple[int, ...]


def domain_system(domain: Polytope) -> System:
    """Return the domain's facets as rows; none for a box, whose bounds the solver knows."""
    rows = [] if domain.is_box else [Row(domain.forms, i, 1, -1 - i) for i in range(domain.n_facets)]
    return System.of(rows, domain.dim)


@dataclass(slots=True, eq=False)
class Branching:
    """One run of the engine.

    Parameters
    ----------
    network : Network
    domain : Polytope
        Of the network's input dimension.
    """

    network: Network
    domain: Polytope
    found: list[FoundRegion] = field(default_factory=list)
    extremum: Extremum = field(init=False)
    first_switch: NDArray[np.int64] = field(init=False)
    cells: int = 0
    by_known_points: int = 0
    by_rays: int = 0
    by_bounds: int = 0

    def __post_init__(self) -> None:
        """Prepare the solver."""
        self.extremum = Extremum(self.domain.lower, self.domain.upper)
        self.first_switch = np.cumsum([0, *(layer.n_switches for layer in self.network.layers)])

    def run(self, limits: Limits, progress: Progress) -> Status:
        """Find regions until there are no more or a limit is reached; `found` is whole at any moment."""
        started = time.perf_counter()
        system = domain_system(self.domain)
        root = enter_layer(empty_prefix(self.network), system, [self.domain.inside], self.domain, 1.0)
        if root is None:
            self._finish([], system, self.domain.inside)
            return Status.COMPLETE
        stack, done = [root], 0.0
        try:
            while stack:
                status = limits.reached(len(self.found), started)
                if status is not None:
                    return status
                cell = stack.pop()
                children = self._branch(cell)
                if not children:
                    done += cell.share
                stack.extend(children)
                progress(done, len(self.found))
        except KeyboardInterrupt:
            return Status.INTERRUPTED
        return Status.COMPLETE

    def statistics(self, seconds: float) -> Statistics:
        """Return what the run took so far."""
        decisions = self.extremum.decisions
        return Statistics(
            seconds=seconds,
            cells=self.cells,
            by_known_points=self.by_known_points,
            by_rays=self.by_rays,
            by_bounds=self.by_bounds,
            linear_programs=decisions.programs,
            programs_by_point=decisions.by_point,
            programs_by_bound=decisions.by_bound,
            programs_in_rationals=decisions.in_rationals,
            exact_simplex=decisions.exact_simplex,
        )

    def _branch(self, cell: Cell) -> list[Cell]:
        """Split a cell by one switch, or take it to its next layer, or record it as a region."""
        self.cells += 1
        cuts = self._settle(cell)
        if len(cuts):
            return self._split(cell, int(cuts[0]))
        layer = cell.prefix.layer
        pieces = (cell.signs > 0).reshape(layer.width, -1).sum(axis=1)
        prefix = cell.prefix.after(cell.layer_forms, pieces)
        deeper = enter_layer(prefix, cell.system, cell.points.witnesses, self.domain, cell.share)
        if deeper is not None:
            return [deeper]
        self._finish(list(prefix.pieces), cell.system, cell.points.witnesses[0])
        return []

    def _finish(self, pieces: list[NDArray[np.int64]], system: System, witness: Witness) -> None:
        switching = [part for part, layer in zip(pieces, self.network.layers, strict=False) if layer.n_switches]
        pattern = np.concatenate(switching).astype(np.uint8) if switching else np.zeros(0, dtype=np.uint8)
        self.found.append(FoundRegion(pattern, witness, tuple(row.label for row in system.rows if row.label >= 0)))

    def _split(self, cell: Cell, switch: int) -> list[Cell]:
        children = []
        label = int(self.first_switch[len(cell.prefix.pieces)]) + switch
        for sign in (-1, 1):
            signs = cell.signs.copy()
            signs[switch] = sign
            system = cell.system.extended(Row(cell.forms, switch, sign, label))
            points = cell.points.where(cell.points.signs[:, switch] == sign)
            children.append(Cell(cell.prefix, cell.layer_forms, cell.forms, signs, system, points, cell.share / 2))
        return children

    def _settle(self, cell: Cell) -> NDArray[np.int64]:
        """Settle the sign of every switch that does not cut the cell; return those that do."""
        known = self._known_sides(cell)
        self.by_known_points += int(known.sum())
        if not known.all():
            self._shoot_rays(cell, known)
        if not known.all():
            self._bound(cell, known)
        while True:
            asked = np.flatnonzero((cell.signs == OPEN) & ~known.all(axis=0))
            if not len(asked):
                break
            switch = int(asked[0])
            side = 1 if not known[1, switch] else -1
            goal = Row(cell.forms, switch, side, -1)
            witness = self.extremum.positive(goal, cell.system, cell.points.witnesses[0])
            if witness is None:
                if known[(1 - side) // 2, switch] is None:
                    raise BrokenInvariant("a switch that is not constant has no sign on a cell; please report this")
                cell.signs[switch] = -side
            else:
                cell.points = cell.points.joined(Points.of([witness], cell.forms))
                known |= self._known_sides(cell)
                known[(side + 1) // 2, switch] = True
        return np.flatnonzero(cell.signs == OPEN)

    def _known_sides(self, cell: Cell) -> NDArray[np.bool_]:
        """Tell for each switch whether a known point is on its negative, and its positive, side; shape (2, q)."""
        known = np.stack([(cell.points.signs < 0).any(axis=0), (cell.points.signs > 0).any(axis=0)])
        known[:, cell.signs != OPEN] = True
        return known

    def _shoot_rays(self, cell: Cell, known: NDArray[np.bool_]) -> None:
        """Look for points on unknown sides: from the known point nearest to it, along the gradient."""
        sides, switches = np.nonzero(~known)
        orientation = 2.0 * sides - 1.0
        goals = orientation[:, None] * cell.forms.rows[switches]
        values = cell.points.floats @ goals[:, :-1].T + goals[:, -1]
        nearest = values.argmax(axis=0)
        start = cell.points.floats[nearest]
        rows = cell.system.floats
        steps = np.concatenate([goals[:, :-1] @ rows[:, :-1].T, goals[:, :-1], -goals[:, :-1]], axis=1)
        room = np.concatenate(
            [start @ rows[:, :-1].T + rows[:, -1], start - self.domain.lower, self.domain.upper - start], axis=1
        )
        blocked = steps < 0.0
        last = np.divide(room, -steps, out=np.full(steps.shape, np.inf), where=blocked).min(axis=1)
        first = -values[nearest, np.arange(len(goals))] / np.einsum("ij,ij->i", goals[:, :-1], goals[:, :-1])
        hits = np.flatnonzero(first < last)
        if not len(hits):
            return
        points = start[hits] + (0.5 * (first + last))[hits, None] * goals[hits, :-1]
        inside = ((points > self.domain.lower) & (points < self.domain.upper)).all(axis=1)
        inside &= cell.system.contains(points)
        points, hits = points[inside], hits[inside]
        if len(points):
            self._add(cell, points, known)

    def _add(self, cell: Cell, points: NDArray[np.float64], known: NDArray[np.bool_]) -> None:
        new = Points([Witness(point) for point in points], points, cell.forms.signs_at(points))
        before = int(known.sum())
        cell.points = cell.points.joined(new)
        known |= self._known_sides(cell)
        self.by_rays += int(known.sum()) - before

    def _bound(self, cell: Cell, known: NDArray[np.bool_]) -> None:
        """Settle switches whose sign is the same on the whole box around the domain."""
        switches = np.flatnonzero(~known.all(axis=0))
        rows, error = cell.forms.rows[switches], cell.forms.error[switches]
        low, high = rows[:, :-1] * self.domain.lower, rows[:, :-1] * self.domain.upper
        top = np.maximum(low, high).sum(axis=1) + rows[:, -1]
        bottom = np.minimum(low, high).sum(axis=1) + rows[:, -1]
        for settled, sign in ((top <= -error, -1), (bottom >= error, 1)):
            cell.signs[switches[settled]] = sign
            known[:, switches[settled]] = True
            self.by_bounds += int(settled.sum())
