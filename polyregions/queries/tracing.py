"""Following networks along segments: where units switch, exactly, and for many segments at once.

On a segment from p to q, written ``p + t (q - p)`` with t in [0, 1], a network is a piecewise-linear function of t.
Layer after layer, the segment is cut into intervals on which the layers so far are affine.  On each, a function of the
next layer is a form ``a t + c``; where it has different signs at the two ends of an interval, it cuts it.

Signs and the order of cuts come from floats with error bounds.  Where these do not tell, the form and the ends of the
interval are computed in rationals.  A cut needs no record of how it was made: it is where the first unit vanishes whose
pieces differ on its two sides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import UNDECIDED, Enclosure, Rational, enclosed, rational
from polyregions.arithmetic.enclosure import QUIET, TINY, UNIT, gamma
from polyregions.networks.affine import joined
from polyregions.networks.maximum import Maximum
from polyregions.networks.network import Network
from polyregions.queries.exact_segment import ExactSegment, Pieces, Prefix, cut_between

GROUP = 4
"""Segments that are followed together."""

PART = 1024
"""A group with more intervals than this is taken apart before its next layer, to bound the memory."""


def _reshaped(forms: Enclosure, shape: tuple[int, ...]) -> Enclosure:
    return Enclosure(forms.value.reshape(shape), forms.error.reshape(shape))


@dataclass(slots=True, eq=False)
class Intervals:
    """Segments cut into intervals by the first layers of a network.

    Attributes
    ----------
    network : Network
    segments : list of ExactSegment
    segment : numpy.ndarray of int, shape (S,)
        The segment of every interval, ascending; the intervals of a segment in order.
    ends : Enclosure, shape (S, 2)
        Where every interval begins and ends, as t.
    pieces : tuple of numpy.ndarray of int, shapes (S, units)
        The pieces of the units of the layers so far.
    outputs : list of Enclosure or None, shapes (units, S, 2)
        The input and the outputs of the layers so far as forms; None for those that are no longer needed.
    """

    network: Network
    segments: Sequence[ExactSegment]
    segment: NDArray[np.int64]
    ends: Enclosure
    pieces: Prefix
    outputs: list[Enclosure | None]
    rows: Enclosure = field(init=False)

    @classmethod
    @QUIET
    def whole(cls, network: Network, starts: NDArray[np.float64], ends: NDArray[np.float64]) -> Intervals:
        """Return the segments as one interval each, before the first layer; points have shape (L, n)."""
        count = len(starts)
        slope = Enclosure.exact(ends.T).minus(Enclosure.exact(starts.T))
        value = np.stack([slope.value, starts.T], axis=2)
        error = np.stack([slope.error, np.zeros_like(slope.error)], axis=2)
        segments = [ExactSegment(network, p, q) for p, q in zip(starts, ends, strict=True)]
        unit = Enclosure.exact(np.tile([0.0, 1.0], (count, 1)))
        return cls(network, segments, np.arange(count), unit, (), [Enclosure(value, error)])

    def __len__(self) -> int:
        """Return the number of intervals."""
        return len(self.segment)

    @QUIET
    def cut_by_layer(self) -> None:
        """Cut the intervals by the switches of the next layer, and make its outputs."""
        layer = self.network.layers[len(self.pieces)]
        self.rows = self._next_rows()
        later = self.network.layers[len(self.pieces) + 1 :]
        needed = {source for layer in later for source in layer.sources or ()}
        self.outputs = [forms if source in needed else None for source, forms in enumerate(self.outputs)]
        own: Pieces = np.zeros((len(self), layer.width), dtype=np.int64)
        if isinstance(layer.units, Maximum):
            own = self._cut_by_maxima(layer.units, own)
        elif layer.n_switches:
            signs = self._cut(np.arange(layer.n_switches), own)[1]
            own = layer.units.pieces(signs.T).astype(np.int64)
        self.outputs.append(layer.units.forms_on_pieces(self.rows, own.T))
        self.pieces = (*self.pieces, own.astype(layer.units.piece_type))

    def _next_rows(self) -> Enclosure:
        """Return the rows of the next layer as forms, shape (rows, S, 2)."""
        layer, count = self.network.layers[len(self.pieces)], len(self)
        flat: list[Any] = [forms and _reshaped(forms, (-1, 2 * count)) for forms in self.outputs]
        inputs = joined(layer, flat)
        rows = inputs.transform(layer.weights, layer.bias[:, None] * np.tile([0.0, 1.0], count))
        return _reshaped(rows, (-1, count, 2))

    def _cut_by_maxima(self, units: Maximum, own: Pieces) -> Pieces:
        """Cut by upper envelopes: compare one candidate of every group after the other with the largest before it."""
        place = np.arange(units.n_switches) - units.starts[units.switch_units]
        for number in range(1, int(units.n_pieces.max())):
            switches = np.flatnonzero(place == number)
            parents, signs = self._cut(switches, own)
            own = own[parents]
            group = units.switch_units[switches]
            own[:, group] = np.where(signs.T > 0, number, own[:, group])
            own = self._merge(own)
        return own

    def _merge(self, own: Pieces) -> Pieces:
        """Unite neighbouring intervals of a segment on which all units have the same pieces."""
        same = self.segment[1:] == self.segment[:-1]
        for part in (*self.pieces, own):
            same &= (part[1:] == part[:-1]).all(axis=1)
        if not same.any():
            return own
        first, last = np.flatnonzero(~np.insert(same, 0, False)), np.flatnonzero(~np.append(same, False))
        ends = Enclosure(
            np.stack([self.ends.value[first, 0], self.ends.value[last, 1]], axis=1),
            np.stack([self.ends.error[first, 0], self.ends.error[last, 1]], axis=1),
        )
        self._take(first, ends)
        return own[first]

    def _take(self, parents: NDArray[np.int64], ends: Enclosure) -> None:
        """Replace the intervals by parts of them."""
        self.segment, self.ends = self.segment[parents], ends
        self.pieces = tuple(part[parents] for part in self.pieces)
        self.outputs = [forms if forms is None else forms[:, parents] for forms in self.outputs]
        self.rows = self.rows[:, parents]

    def _cut(self, switches: NDArray[np.int64], own: Pieces) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
        """Cut the intervals where some switches of the next layer change their signs.

        Parameters
        ----------
        switches : numpy.ndarray of int, shape (k,)
        own : numpy.ndarray of int, shape (S, units)
            The pieces of the layer's units with which the switches are forms; that matters for maxima only.

        Returns
        -------
        parents : numpy.ndarray of int, shape (S',)
            The old interval that each new one is part of.
        signs : numpy.ndarray of int8, shape (k, S')
            The signs inside the new intervals; 0 where a switch vanishes on the whole interval.
        """
        forms = self._forms(switches, own)
        signs = self._signs_at_ends(forms, switches, own)
        inside = np.where(signs[:, :, 0] != 0, signs[:, :, 0], signs[:, :, 1])
        number, interval = np.nonzero(signs[:, :, 0] * signs[:, :, 1] < 0)
        roots, order, distinct = self._ordered_roots(forms[number, interval], switches[number], interval, own)
        number, interval, roots = number[order], interval[order], roots[order]
        cuts = np.bincount(interval[distinct], minlength=len(self))
        parents = np.repeat(np.arange(len(self)), cuts + 1)
        first = np.cumsum(cuts + 1) - (cuts + 1)
        result = inside[:, parents]
        # A switch has its first sign up to its cut, and the other one in all parts of the interval after it.
        rank = np.cumsum(distinct) - (np.cumsum(cuts) - cuts)[interval]
        begin, end = first[interval] + rank, (first + cuts + 1)[interval]
        lengths = end - begin
        columns = np.repeat(begin - (np.cumsum(lengths) - lengths), lengths) + np.arange(lengths.sum())
        result[np.repeat(number, lengths), columns] *= -1
        at = begin[distinct]
        value, error = self.ends.value[parents], self.ends.error[parents]
        value[at, 0], error[at, 0] = roots.value[distinct], roots.error[distinct]
        value[at - 1, 1], error[at - 1, 1] = roots.value[distinct], roots.error[distinct]
        self._take(parents, Enclosure(value, error))
        return parents, result

    def _forms(self, switches: NDArray[np.int64], own: Pieces) -> Enclosure:
        """Return switches of the next layer as forms on all intervals, shape (k, S, 2)."""
        units, count = self.network.layers[len(self.pieces)].units, len(self)
        each = np.repeat(switches, count), np.tile(np.arange(count), len(switches))
        return _reshaped(units.switch_forms(self.rows, own.T, *each), (len(switches), count, 2))

    def _signs_at_ends(self, forms: Enclosure, switches: NDArray[np.int64], own: Pieces) -> NDArray[np.int8]:
        """Return the exact signs of switches at both ends of all intervals, shape (k, S, 2)."""
        a, da = forms.value[:, :, :1], forms.error[:, :, :1]
        c, dc = forms.value[:, :, 1:], forms.error[:, :, 1:]
        t, dt = self.ends.value, self.ends.error
        step = a * t
        error = dc + da * np.abs(t) + (np.abs(a) + da) * dt + gamma(4) * (np.abs(step) + np.abs(c))
        error = error * (1.0 + gamma(12)) + TINY * ((a != 0.0) | (da != 0.0)) * ((t != 0.0) | (dt != 0.0))
        signs = Enclosure(step + c, error).sign()
        for number, interval, side in np.argwhere(signs == UNDECIDED).tolist():
            slope, constant = self._exact_form(int(switches[number]), interval, own)
            value = slope * self.exact_end(interval, side, own) + constant if slope != 0 else constant
            signs[number, interval, side] = int(value > 0) - int(value < 0)
        return signs

    def _exact_form(self, switch: int, interval: int, own: Pieces) -> list[Rational]:
        segment = self.segments[int(self.segment[interval])]
        return segment.switch(self.prefix(interval), own[interval], switch)

    def prefix(self, interval: int) -> Prefix:
        """Return the pieces of the layers so far on an interval."""
        return tuple(part[interval] for part in self.pieces)

    def exact_end(self, interval: int, side: int, own: Pieces | None = None) -> Rational:
        """Return where an interval begins (side 0) or ends (side 1), in rationals."""
        other = interval + 2 * side - 1
        if not 0 <= other < len(self) or self.segment[other] != self.segment[interval]:
            return rational(side)
        last = () if own is None else (own,)
        sides = [tuple(part[i] for part in (*self.pieces, *last)) for i in sorted((interval, other))]
        return cut_between(self.segments[int(self.segment[interval])], *sides)

    def _ordered_roots(
        self, forms: Enclosure, switches: NDArray[np.int64], interval: NDArray[np.int64], own: Pieces
    ) -> tuple[Enclosure, NDArray[np.int64], NDArray[np.bool_]]:
        """Return where forms vanish, the order of these places on the segments, and which differ from those before.

        Parameters
        ----------
        forms : Enclosure, shape (cuts, 2)
        switches, interval : numpy.ndarray of int, shape (cuts,)
        """
        slope, slack = np.abs(forms.value[:, 0]), forms.error[:, 0]
        value = -forms.value[:, 1] / forms.value[:, 0]
        spread = np.abs(value) * slack + TINY * (slack != 0.0)
        error = (forms.error[:, 1] + spread) / (slope - slack) * (1.0 + 16.0 * UNIT)
        error += 4.0 * UNIT * np.abs(value) + TINY
        unknown = ~(slope > slack * (1.0 + 4.0 * UNIT)) | ~np.isfinite(value) | ~np.isfinite(error)
        value[unknown], error[unknown] = 0.0, np.inf
        order = np.lexsort((value, interval))
        high, low = value + error, value - error
        apart = high[order[:-1]] < low[order[1:]]
        unclear = np.unique(interval[order[1:]][~apart & (interval[order[1:]] == interval[order[:-1]])])
        unclear = np.union1d(unclear, interval[unknown])
        exact: dict[int, Rational] = {}
        for cut in np.flatnonzero(np.isin(interval, unclear)).tolist():
            a, c = self._exact_form(int(switches[cut]), int(interval[cut]), own)
            exact[cut] = -c / a
            root = enclosed([exact[cut]])
            value[cut], error[cut] = root.value[0], root.error[0]
        if exact:
            places = {t: place for place, t in enumerate(sorted(set(exact.values()), key=lambda t: t))}
            rank = np.array([places[exact[cut]] if cut in exact else 0 for cut in range(len(value))])
            order = np.lexsort((value, rank, interval))
        distinct = np.ones(len(order), dtype=np.bool_)
        if exact:
            same = (interval[order[1:]] == interval[order[:-1]]) & np.isin(interval[order[1:]], unclear)
            distinct[1:] = ~(same & (rank[order[1:]] == rank[order[:-1]]))
        return Enclosure(value, error), order, distinct

    def put_in_order(self) -> None:
        """Round ends correctly where their floats are not in the order of the numbers, so that they are."""
        value, error = self.ends.value.copy(), self.ends.error.copy()
        while len(crossed := np.flatnonzero(value[:, 0] > value[:, 1])):
            for interval in crossed.tolist():
                nearest = enclosed([self.exact_end(interval, side) for side in (0, 1)])
                value[interval], error[interval] = nearest.value, nearest.error
                for other, side in ((interval - 1, 0), (interval + 1, 1)):
                    if 0 <= other < len(self) and self.segment[other] == self.segment[interval]:
                        value[other, 1 - side], error[other, 1 - side] = nearest.value[side], nearest.error[side]
        self.ends = Enclosure(value, error)

    def parts(self) -> list[Intervals]:
        """Take the segments apart into groups of bounded size, if there are several and they have many intervals."""
        if len(self) <= PART or len(self.segments) == 1:
            return [self]
        middle = len(self.segments) // 2
        border = int(np.searchsorted(self.segment, middle))
        halves = []
        for first, last, segments in (
            (0, border, self.segments[:middle]),
            (border, len(self), self.segments[middle:]),
        ):
            mine = np.arange(first, last)
            half = replace(self, segments=segments, outputs=list(self.outputs))
            half.rows = self.rows
            half._take(mine, self.ends[mine])
            half.segment = half.segment - (middle if first else 0)
            halves += half.parts()
        return halves


def trace(
    network: Network,
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
    report: Callable[[float, int], None],
) -> list[Intervals]:
    """Cut segments, points of shape (L, n), by all layers of a network; return their intervals in groups, in order."""
    groups = [slice(first, first + GROUP) for first in range(0, len(starts), GROUP)]
    stack = [Intervals.whole(network, starts[group], ends[group]) for group in reversed(groups)]
    done: list[Intervals] = []
    finished = found = 0
    while stack:
        intervals = stack.pop()
        if len(intervals.pieces) < len(network.layers):
            intervals.cut_by_layer()
            stack.extend(reversed(intervals.parts()))
        else:
            intervals.put_in_order()
            done.append(intervals)
            finished, found = finished + len(intervals.segments), found + len(intervals)
            report(finished / len(starts), found)
    return done


def segment_starts(intervals: Intervals) -> list[tuple[int, int]]:
    """Return the first interval of each segment, and the one after its last."""
    bounds = np.searchsorted(intervals.segment, np.arange(len(intervals.segments) + 1)).tolist()
    return list(pairwise(bounds))
