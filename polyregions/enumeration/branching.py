"""The branching engine: activation regions by LP feasibility, in any input dimension.

Depth-first over the layers.  On a cell all switches of the current layer are affine; those that do not cut it have one
sign, those that do are branched on.  That a switch cuts a cell is shown by two points of the cell, on either side; that
it does not, by a bound.  Points found for one switch answer questions about others, and questions that no known point,
ray or bound answers go to `polyregions.geometry.extremum`.  Every decision is exact.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic.enclosure import QUIET
from polyregions.enumeration.cells import (
    OPEN,
    Cell,
    Points,
    domain_system,
    empty_prefix,
    enter_layer,
    switch_forms,
)
from polyregions.enumeration.found import Found
from polyregions.enumeration.run import Limits, Progress, Statistics, Status
from polyregions.geometry.extremum import Extremum, Witness
from polyregions.geometry.forms import Row, System
from polyregions.geometry.polytope import Polytope
from polyregions.networks.maximum import Maximum
from polyregions.networks.network import Network

BOUNCES = 2
"""How often a walk may be stopped by a row before it is left to a linear program."""

MANY_QUESTIONS = 2
"""Open questions for each dimension of the input from which a box around the cell is worth its linear programs."""


def sides_of(signs: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Tell for each switch whether a point is on its negative, and its positive, side: (k, q) to (2, q)."""
    return np.stack([(signs < 0).any(axis=0), (signs > 0).any(axis=0)])


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
    patterns: list[NDArray[np.uint8]] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)
    cuts: list[NDArray[np.bool_]] = field(default_factory=list)
    extremum: Extremum = field(init=False)
    last_layer: int = field(init=False)
    box_walls: NDArray[np.float64] = field(init=False)
    cells: int = 0
    by_known_points: int = 0
    by_rays: int = 0
    by_bounds: int = 0

    def __post_init__(self) -> None:
        """Prepare the solver."""
        self.extremum = Extremum(self.domain.lower, self.domain.upper)
        identity = np.eye(self.domain.dim)
        self.box_walls = np.concatenate(
            [np.column_stack([identity, -self.domain.lower]), np.column_stack([-identity, self.domain.upper])]
        )
        counts = [layer.n_switches for layer in self.network.layers]
        self.last_layer = max((index for index, count in enumerate(counts) if count), default=-1)

    @QUIET
    def run(self, limits: Limits, progress: Progress) -> Status:
        """Find regions until there are no more or a limit is reached; what it found is whole at any moment."""
        started = time.perf_counter()
        system = domain_system(self.domain)
        if self.network.n_switches == 0:
            self._finish([], system, self.domain.inside)
            return Status.COMPLETE
        box = (self.domain.lower, self.domain.upper)
        root = enter_layer(empty_prefix(self.network), system, [self.domain.inside], box, self.domain.reach, 1.0)
        stack, done = [root], 0.0
        try:
            while stack:
                status = limits.reached(len(self.cuts), started)
                if status is not None:
                    return status
                cell = stack.pop()
                children = self._branch(cell)
                if not children:
                    done += cell.share
                stack.extend(children)
                progress(done, len(self.cuts))
        except KeyboardInterrupt:
            return Status.INTERRUPTED
        return Status.COMPLETE

    def found(self) -> Found:
        """Return the regions found so far."""
        count = len(self.cuts)
        return Found(
            np.array(self.patterns[:count], dtype=self.network.pattern_type).reshape(count, self.network.n_units),
            np.array([witness.floats for witness in self.witnesses[:count]]).reshape(count, self.domain.dim),
            {i: witness for i, witness in enumerate(self.witnesses[:count]) if witness.rationals is not None},
            np.array(self.cuts, dtype=np.bool_).reshape(count, self.network.n_switches),
        )

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
            programs_for_boxes=decisions.for_boxes,
        )

    def _branch(self, cell: Cell) -> list[Cell]:
        """Split a cell by one switch, or take it to its next layer, or record it as a region."""
        self.cells += 1
        cuts = self._settle(cell)
        if isinstance(cell.prefix.layer.units, Maximum):
            larger = np.flatnonzero(cell.signs > 0)  # open, or above what floats took for the maximum
            if len(larger):
                return self._split_maximum(cell, int(larger[0]))
        elif len(cuts):
            return self._split(cell, int(cuts[0]))
        pieces = cell.prefix.layer.units.pieces(cell.signs).astype(np.int64)
        if len(cell.prefix.pieces) == self.last_layer:
            self._finish([*cell.prefix.pieces, pieces], cell.system, cell.points.witnesses[0])
            return []
        prefix = cell.prefix.after(cell.rows, pieces)
        return [enter_layer(prefix, cell.system, cell.points.witnesses, cell.box, self.domain.reach, cell.share)]

    def _finish(self, pieces: list[NDArray[np.int64]], system: System, witness: Witness) -> None:
        switching = [part for part, layer in zip(pieces, self.network.layers, strict=False) if layer.n_switches]
        pattern = np.concatenate([np.zeros(0, dtype=np.int64), *switching]).astype(self.network.pattern_type)
        cuts = np.zeros(self.network.n_switches, dtype=np.bool_)
        cuts[[row.label for row in system.rows if row.label >= 0]] = True
        self.patterns.append(pattern)
        self.witnesses.append(witness)
        self.cuts.append(cuts)

    def _split(self, cell: Cell, switch: int) -> list[Cell]:
        children = []
        label = int(self.network.first_switches[len(cell.prefix.pieces)]) + switch
        for sign in (-1, 1):
            signs = cell.signs.copy()
            signs[switch] = sign
            system = cell.system.extended(Row(cell.forms, switch, sign, label))
            points = cell.points.where(cell.points.signs[:, switch] == sign)
            children.append(replace(cell, signs=signs, system=system, points=points, share=cell.share / 2))
        return children

    def _split_maximum(self, cell: Cell, switch: int) -> list[Cell]:
        """Split a cell into the cells of the upper envelope of one group: for each candidate, where it is largest."""
        units = cell.prefix.layer.units
        unit = int(units.switch_units[switch])
        group = np.flatnonzero(units.switch_units == unit)
        best = int(group[cell.pieces[unit]])
        rivals = [best, *(other for other in group[cell.signs[group] > 0].tolist() if other != best)]
        claims = [self._claim(cell, group, winner, rivals) for winner in rivals]
        children = [child for child in claims if child is not None]
        for child in children:
            child.share = cell.share / len(children)
        return children

    def _claim(self, cell: Cell, group: NDArray[np.int64], winner: int, rivals: list[int]) -> Cell | None:
        """Return the part of a cell where one candidate of a group is largest; None if it has no interior.

        Of candidates that are the same function the first one counts.
        """
        pieces, signs = cell.pieces.copy(), cell.signs.copy()
        pieces[cell.prefix.layer.units.switch_units[winner]] = winner - int(group[0])
        signs[group] = np.where((signs[group] == 0) & (winner == rivals[0]), 0, -1)
        signs[winner] = 0
        forms = switch_forms(cell.prefix, cell.rows, pieces, self.domain.reach)
        system, points = cell.system, Points.of(cell.points.witnesses, forms)
        first = int(self.network.first_switches[len(cell.prefix.pieces)])
        for rival in rivals:
            if rival == winner or forms.constant_sign[rival] == -1:
                continue
            if forms.constant_sign[rival] == 1 or (forms.constant_sign[rival] == 0 and rival < winner):
                return None
            if forms.constant_sign[rival] == 0:
                signs[rival] = 0
                continue
            row, opposite = (Row(forms, rival, sign, first + rival) for sign in (-1, 1))
            if not (points.signs[:, rival] < 0).any():
                witness = self.extremum.positive(row, system, points.witnesses[0])
                if witness is None:
                    return None
                found = Points.of([witness], forms)
                found.signs[0, rival] = -1
                points = points.joined(found)
            above = bool((points.signs[:, rival] > 0).any())
            if above or self.extremum.positive(opposite, system, points.witnesses[0]) is not None:
                system = system.extended(row)
                points = points.where(points.signs[:, rival] < 0)
        return replace(cell, pieces=pieces, forms=forms, signs=signs, system=system, points=points)

    def _settle(self, cell: Cell) -> NDArray[np.int64]:
        """Settle the sign of every switch that does not cut the cell; return those that do."""
        open_ = cell.signs == OPEN
        known = sides_of(cell.points.signs) | ~open_
        self.by_known_points += int(known[:, open_].sum())
        if not known.all():
            self._walk(cell, known)
        if not known.all():
            self._bound(cell, known)
        if np.count_nonzero(~known) > MANY_QUESTIONS * self.domain.dim:
            cell.box = self.extremum.bounding_box(cell.system)
            self._bound(cell, known)
        while not known.all():
            side, switch = (int(x[0]) for x in np.nonzero(~known))
            goal = Row(cell.forms, switch, 2 * side - 1, -1)
            witness = self.extremum.positive(goal, cell.system, cell.points.witnesses[0])
            if witness is None:
                cell.signs[switch] = 1 - 2 * side
                known[:, switch] = True
            else:
                point = Points.of([witness], cell.forms)
                point.signs[0, switch] = 2 * side - 1  # certain, even where the filter alone would not tell
                self._add(cell, point, known)
        return np.flatnonzero(cell.signs == OPEN)

    def _add(self, cell: Cell, points: Points, known: NDArray[np.bool_]) -> None:
        cell.points = cell.points.joined(points)
        known |= sides_of(points.signs)

    def _walk(self, cell: Cell, known: NDArray[np.bool_]) -> None:
        """Look for points on unknown sides: walk from the known point nearest to each, along its gradient.

        Where a walk is stopped by a row it goes on along that row, a few times.  All walks at once.
        """
        sides, switches = np.nonzero(~known)
        goals = (2.0 * sides - 1.0)[:, None] * cell.forms.rows[switches]
        walls = np.concatenate([cell.system.floats, self.box_walls])
        values = cell.points.floats @ goals[:, :-1].T + goals[:, -1]
        position = cell.points.floats[values.argmax(axis=0)]
        direction = goals[:, :-1]
        hits = []
        for _ in range(BOUNCES):
            steps = direction @ walls[:, :-1].T
            room = position @ walls[:, :-1].T + walls[:, -1]
            times = np.where(steps < 0.0, room, np.inf) / np.where(steps < 0.0, -steps, 1.0)
            wall = times.argmin(axis=1)
            last = times[np.arange(len(times)), wall]
            speed = np.einsum("ij,ij->i", direction, goals[:, :-1])
            height = np.einsum("ij,ij->i", position, goals[:, :-1]) + goals[:, -1]
            first = -height / np.where(speed > 0.0, speed, 1.0)
            hit = (first < last) & (speed > 0.0) & np.isfinite(last)
            hits.append(position[hit] + 0.5 * (first + last)[hit, None] * direction[hit])
            going = ~hit & (speed > 0.0) & np.isfinite(last)
            if not going.any():
                break
            position = position[going] + 0.9 * last[going, None] * direction[going]
            stop = walls[wall[going], :-1]
            share = steps[going, wall[going]] / np.einsum("ij,ij->i", stop, stop)
            direction, goals = direction[going] - share[:, None] * stop, goals[going]
        points = np.concatenate(hits)
        points = points[((points > self.domain.lower) & (points < self.domain.upper)).all(axis=1)]
        points = points[cell.system.contains(points)]
        if len(points):
            before = int(known.sum())
            witnesses = [Witness(point) for point in points]
            self._add(cell, Points(witnesses, points, cell.forms.signs_at(points)), known)
            self.by_rays += int(known.sum()) - before

    def _bound(self, cell: Cell, known: NDArray[np.bool_]) -> None:
        """Settle switches that have one sign on the whole box around the cell."""
        switches = np.flatnonzero(~known.all(axis=0))
        rows, error = cell.forms.rows[switches], cell.forms.error[switches]
        low, high = rows[:, :-1] * cell.box[0], rows[:, :-1] * cell.box[1]
        top = np.maximum(low, high).sum(axis=1) + rows[:, -1]
        bottom = np.minimum(low, high).sum(axis=1) + rows[:, -1]
        for settled, sign in ((top <= -error, -1), (bottom >= error, 1)):
            cell.signs[switches[settled]] = sign
            known[:, switches[settled]] = True
            self.by_bounds += int(settled.sum())
