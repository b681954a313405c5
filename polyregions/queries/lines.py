"""The regions that a line meets, in any input dimension."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.arithmetic import Enclosure, to_fraction
from polyregions.arithmetic.enclosure import QUIET, gamma
from polyregions.complexes.walls import units_with_open_paths
from polyregions.enumeration.run import Progress, Throttle, reporting
from polyregions.errors import DimensionMismatch
from polyregions.frozen import Frozen, frozen
from polyregions.networks.affine import affine_map, layer_pieces
from polyregions.networks.evaluate import check_points
from polyregions.networks.network import Network
from polyregions.queries.exact_segment import ExactSegment, cut_between
from polyregions.queries.tracing import Intervals, segment_starts, trace


@dataclass(frozen=True, eq=False)
class Line(Frozen):
    """The activation regions that the open segment from p to q meets, in order.

    These are the regions of the network restricted to the segment: the points with one activation pattern, where that
    is an interval.  Make one with `regions_on_line`.

    Parameters
    ----------
    network : Network
    start, end : numpy.ndarray, shape (n,)
        The points p and q.
    breakpoints : Enclosure, shape (R - 1,)
        Where the segment ``p + t (q - p)`` goes from one region to the next, as t, ascending.  Neighbours may be equal
        as floats; they are different numbers.
    patterns : numpy.ndarray of uint8, shape (R, n_units)
    slopes : Enclosure, shape (R, outputs)
        The derivatives of the outputs by t.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0]]], [[0.0, 0.0], [0.0]])
    >>> line = pr.regions_on_line(net, [-1, -1], [2, 1])
    >>> line
    Line(3 regions)
    >>> line.breakpoints.value, line.exact_breakpoint(0), line.switching(0)
    (array([0.33333333, 0.5       ]), Fraction(1, 3), (0,))
    >>> line.visible  # the second unit does not reach the output
    array([ True, False])
    """

    network: Network
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    breakpoints: Enclosure
    patterns: NDArray[np.uint8]
    slopes: Enclosure

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for array in (self.start, self.end, self.breakpoints.value, self.breakpoints.error, self.patterns):
            frozen(array)

    def __len__(self) -> int:
        """Return the number of regions."""
        return len(self.patterns)

    def __repr__(self) -> str:
        """Name the number of regions."""
        return f"{type(self).__name__}({len(self)} region{'s' * (len(self) != 1)})"

    def exact_breakpoint(self, number: int) -> Fraction:
        """Return one breakpoint exactly, as t."""
        before, after = self._sides(number)
        return to_fraction(cut_between(self._exact, before, after))

    def points(self) -> NDArray[np.float64]:
        """Return the breakpoints as points of the input space, in floats, shape (R - 1, n)."""
        t = self.breakpoints.value[:, None]
        half = self.end / 2 - self.start / 2  # the whole may be too long for floats
        return np.where(t <= 0.5, self.start, self.end) + 2 * np.where(t <= 0.5, t, t - 1) * half

    def lengths(self) -> NDArray[np.float64]:
        """Return the lengths of the regions on the line in floats, shape (R,)."""
        shares = np.diff(self.breakpoints.value, prepend=0.0, append=1.0)
        size = math.dist(self.start, self.end)
        return shares * size if math.isfinite(size) else 2 * shares * math.dist(self.start / 2, self.end / 2)

    def switching(self, number: int) -> tuple[int, ...]:
        """Return the units that change their piece at a breakpoint: one, or several where walls meet on the line."""
        self._check(number)
        return tuple(np.flatnonzero(self.patterns[number] != self.patterns[number + 1]).tolist())

    @cached_property
    def switches(self) -> int:
        """How often units change their pieces: at least the number of breakpoints."""
        return int(np.count_nonzero(self.patterns[1:] != self.patterns[:-1]))

    @cached_property
    @QUIET
    def visible(self) -> NDArray[np.bool_]:
        """At which breakpoints the derivative along the line jumps, exactly, shape (R - 1,)."""
        gap = np.abs(np.diff(self.slopes.value, axis=0))
        slack = (self.slopes.error[1:] + self.slopes.error[:-1]) * (1.0 + gamma(8))
        jumps = np.asarray((gap > slack).any(axis=1))
        open_ = np.flatnonzero(~jumps)
        pairs = self.patterns[open_], self.patterns[open_ + 1]
        reached = [units_with_open_paths(self.network, side) for side in pairs]
        possible = ((pairs[0] != pairs[1]) & (reached[0] | reached[1])).any(axis=1)
        for number in open_[possible].tolist():
            before, after = (self._exact.outputs(side)[-1] for side in self._sides(number))
            jumps[number] = any(before[output, 0] != after[output, 0] for output in range(before.nrows()))
        return frozen(jumps)

    @property
    def linear_pieces(self) -> int:
        """The number of intervals between visible breakpoints: on each the network is affine along the line."""
        return 1 + int(np.count_nonzero(self.visible))

    @cached_property
    def _exact(self) -> ExactSegment:
        return ExactSegment(self.network, self.start, self.end)

    def _check(self, number: int) -> None:
        if number not in range(len(self) - 1):
            raise DimensionMismatch(f"this line has {len(self) - 1} breakpoints, counted from 0; got {number}")

    def _sides(self, number: int) -> list[tuple[NDArray[np.int64], ...]]:
        self._check(number)
        return [tuple(layer_pieces(self.network, self.patterns[i])) for i in (number, number + 1)]


@dataclass(frozen=True, eq=False)
class Polyline(Frozen):
    """The activation regions along a chain of segments, in order.

    Parameters
    ----------
    lines : tuple of Line
        One for each segment.

    Notes
    -----
    A corner inside a region is no breakpoint.  A region that the chain leaves and meets again counts each time.
    """

    lines: tuple[Line, ...]

    def __len__(self) -> int:
        """Return the number of regions, one after the other."""
        return len(self.patterns)

    def __repr__(self) -> str:
        """Name the numbers of regions and segments."""
        return f"Polyline({len(self)} regions on {len(self.lines)} segments)"

    @cached_property
    def _corners(self) -> NDArray[np.bool_]:
        """At which corners the pattern changes, shape (segments - 1,)."""
        pairs = zip(self.lines, self.lines[1:], strict=False)
        return np.array([(a.patterns[-1] != b.patterns[0]).any() for a, b in pairs], dtype=np.bool_)

    @cached_property
    def patterns(self) -> NDArray[np.uint8]:
        """The patterns along the chain, shape (R, n_units)."""
        parts = [self.lines[0].patterns]
        for line, switches in zip(self.lines[1:], self._corners.tolist(), strict=True):
            parts.append(line.patterns if switches else line.patterns[1:])
        return frozen(np.concatenate(parts))

    @cached_property
    def breakpoints(self) -> NDArray[np.float64]:
        """Where regions end, in floats, shape (R - 1,): the whole part counts segments, the rest is t on that one."""
        parts = [self.lines[0].breakpoints.value]
        for number, line in enumerate(self.lines[1:], start=1):
            corner = [float(number)] * bool(self._corners[number - 1])
            parts += [np.array(corner), number + line.breakpoints.value]
        return frozen(np.concatenate(parts))

    @cached_property
    def visible(self) -> NDArray[np.bool_]:
        """At which breakpoints the derivative jumps, shape (R - 1,); at corners the network's Jacobian, exactly."""
        parts = [self.lines[0].visible]
        for number, line in enumerate(self.lines[1:]):
            if self._corners[number]:
                sides = self.lines[number].patterns[-1], line.patterns[0]
                before, after = (affine_map(line.network, side) for side in sides)
                parts.append(np.array([before != after]))
            parts.append(line.visible)
        return frozen(np.concatenate(parts))


def regions_on_line(
    network: Network, start: ArrayLike, end: ArrayLike, *, progress: Progress | bool | None = None
) -> Any:
    """Return the activation regions on a segment, or on many, in any input dimension.

    Parameters
    ----------
    network : Network
    start, end : array_like, shape (n,) or (L, n)
        The ends of each segment: floats, taken as exact.
    progress : callable or bool, optional
        Called with the share of the work done and the number of regions found; True shows a bar.

    Returns
    -------
    Line, or list of Line for arrays of shape (L, n)

    Raises
    ------
    DimensionMismatch
        The points have other shapes, are not finite, or a segment is a point.

    Notes
    -----
    Exact also where breakpoints coincide or are closer than floats.  All segments go through a layer together; time
    grows with the numbers of regions and weights: 0.3 seconds for a segment that meets 800 regions of a network with
    five hidden layers of 340 units.  Hanin and Rolnick (2019) say how many are to be expected: their number grows with
    that of units, not with depth.

    References
    ----------
    .. [1] Hanin and Rolnick (2019), Complexity of linear regions in deep networks.

    Examples
    --------
    >>> import numpy as np
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(100), np.ones((1, 100))], [np.zeros(100), [0.0]])
    >>> pr.regions_on_line(net, -np.arange(1.0, 101.0), np.ones(100))
    Line(101 regions)
    """
    (starts, single), (ends, other) = (_one_or_many(network, points) for points in (start, end))
    if starts.shape != ends.shape or single != other:
        shapes = [points.shape[alone:] for points, alone in ((starts, single), (ends, other))]
        raise DimensionMismatch(f"segments need as many starts as ends, got {shapes[0]} and {shapes[1]}")
    lines = _lines(network, starts, ends, progress)
    return lines[0] if single else lines


def regions_on_polyline(
    network: Network, points: ArrayLike, *, closed: bool = False, progress: Progress | bool | None = None
) -> Polyline:
    """Return the activation regions along a chain of segments.

    Parameters
    ----------
    network : Network
    points : array_like, shape (m, n)
        The corners, m >= 2.
    closed : bool
        Whether a last segment goes back to the first corner.
    progress : callable or bool, optional
        As in `regions_on_line`.

    Returns
    -------
    Polyline

    Raises
    ------
    DimensionMismatch
        As `regions_on_line`; or there are fewer than two corners.

    Examples
    --------
    >>> import numpy as np
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> pr.regions_on_polyline(net, [[1, 1], [2, 3], [-1, 1], [-1, -1]])
    Polyline(3 regions on 3 segments)
    """
    corners = check_points(network, points)
    if len(corners) < 2:
        raise DimensionMismatch(f"a chain of segments needs two points or more, got {len(corners)}")
    if closed:
        corners = np.concatenate([corners, corners[:1]])
    return Polyline(tuple(_lines(network, corners[:-1], corners[1:], progress)))


def _one_or_many(network: Network, points: ArrayLike) -> tuple[NDArray[np.float64], bool]:
    """Return points, shape (L, n), and whether it was a single one, shape (n,)."""
    try:
        single = np.ndim(points) == 1
    except ValueError:  # rows of different lengths
        single = False
    if single:
        points = [points] if isinstance(points, list | tuple) else np.asarray(points)[None]
    return check_points(network, points), single


def _lines(
    network: Network, starts: NDArray[np.float64], ends: NDArray[np.float64], progress: Progress | bool | None
) -> list[Line]:
    points = np.flatnonzero((starts == ends).all(axis=1))
    if len(points):
        raise DimensionMismatch(f"a segment needs two different ends; number {points[0]} is a point")
    with reporting(progress, "following lines") as report:
        groups = trace(network, starts, ends, Throttle(report))
        report(1.0, sum(map(len, groups)))
    lines = []
    for group in groups:
        for own, (first, last) in zip(group.segments, segment_starts(group), strict=True):
            lines.append(_line(group, own, slice(first, last)))
    return lines


def _line(group: Intervals, segment: ExactSegment, own: slice) -> Line:
    network = group.network
    outputs: Any = group.outputs[-1]
    parts = [part[own] for part, layer in zip(group.pieces, network.layers, strict=True) if layer.n_switches]
    empty = np.zeros((own.stop - own.start, 0), dtype=network.pattern_type)
    patterns = np.concatenate([empty, *parts], axis=1).astype(network.pattern_type)
    slopes = Enclosure(outputs.value[:, own, 0].T.copy(), outputs.error[:, own, 0].T.copy())
    ends = Enclosure(group.ends.value[own][1:, 0].copy(), group.ends.error[own][1:, 0].copy())
    return Line(network, segment.start, segment.end, ends, patterns, slopes)
