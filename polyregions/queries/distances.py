"""How far points are from the boundary of their region, from B_N, and from the decision boundary."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.arithmetic import Rational, nearest_float, to_fraction
from polyregions.complexes.neighbours import Neighbours
from polyregions.complexes.walls import gradient_jumps
from polyregions.enumeration.engines import check_dimensions
from polyregions.enumeration.run import Progress, Throttle, reporting
from polyregions.errors import DimensionMismatch
from polyregions.frozen import Frozen, frozen
from polyregions.geometry.nearest import Norm, check_norm
from polyregions.geometry.polytope import Polytope
from polyregions.measures.measure import Exact, Measure
from polyregions.measures.surds import Surd
from polyregions.networks.compare import with_level, with_maximum
from polyregions.networks.evaluate import check_points
from polyregions.networks.network import Network
from polyregions.queries.search import Search
from polyregions.queries.walls import Wall

Pattern = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Distances(Frozen):
    """Distances of points from walls, each with rigorous bounds.

    Parameters
    ----------
    value, lower, upper : numpy.ndarray, shape (N,)
        The exact distance lies between `lower` and `upper`; infinite where there is no wall.
    nearest : numpy.ndarray, shape (N, n)
        The nearest point of the walls in floats; NaN where there is none.
    units : numpy.ndarray of int, shape (N,)
        A unit that switches there, the lowest of those on that wall; -1 where there is none.  For decision boundaries
        the units are followed by one that stands for the decision.
    patterns : numpy.ndarray of uint8, shape (N, units)
        The region on this side of the wall.
    entered : numpy.ndarray of int, shape (N,)
        How many regions the answer took.
    exact : tuple of Fraction, Surd or None, length N
        The exact distances, where they were asked for.
    """

    value: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    nearest: NDArray[np.float64]
    units: NDArray[np.int64]
    patterns: Pattern
    entered: NDArray[np.int64]
    exact: tuple[Exact | None, ...]

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for name in ("value", "lower", "upper", "nearest", "units", "patterns", "entered"):
            frozen(getattr(self, name))

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.value)

    def __getitem__(self, index: int) -> Measure:
        """Return one distance, with how it is known."""
        value, lower, upper = (float(array[index]) for array in (self.value, self.lower, self.upper))
        return Measure(value, lower, upper, self.exact[index])

    def __repr__(self) -> str:
        """Name the number of points and the range."""
        if not len(self):
            return "Distances(0 points)"
        return f"Distances({len(self)} points, from {self.value.min():.6g} to {self.value.max():.6g})"


def as_distance(power: Rational, norm: float) -> Exact:
    """Return an exact distance from its value, or in the 2-norm from its square."""
    fraction = to_fraction(power)
    if norm != 2 or not fraction:
        return fraction
    root = Surd(((Fraction(1, fraction.denominator), fraction.numerator * fraction.denominator),))
    return root if not root.is_rational else sum((q for q, _ in root.terms), Fraction(0))


def distance_to_boundary(
    network: Network,
    points: ArrayLike,
    domain: Polytope,
    *,
    norm: Norm = 2,
    exact: bool = False,
    progress: Progress | bool | None = None,
) -> Distances:
    """Return how far points are from B_N in a domain: from the nearest wall across which the gradient jumps.

    Parameters
    ----------
    network : Network
    points : array_like, shape (N, n)
        In the domain; floats, taken as exact.
    domain : Polytope
        K: walls outside it do not count, and neither does its own boundary.
    norm : {1, 2, math.inf}
    exact : bool
        Whether to compute the exact distances too: fractions, in the 2-norm square roots.
    progress : callable or bool, optional
        Called with the share of the points done, and their number; True shows a bar.

    Returns
    -------
    Distances

    Raises
    ------
    DimensionMismatch
        Shapes do not fit, or a point does not lie in K.
    ValueError
        There is no such norm here.

    Notes
    -----
    A best-first search over regions, which ends when nothing that is left can be nearer.  That walls are walls, that
    the gradient jumps, and which of several is the nearest is decided exactly.  The nearest wall of the point's own
    region is nearly always visible; then one region is enough, in any input dimension.  What is to be expected is in
    Hanin and Rolnick (2019): about 0.4 over the number of units at initialisation, for inputs like images.

    References
    ----------
    .. [1] Hanin and Rolnick (2019), Complexity of linear regions in deep networks.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0, 1.0], [1.0, 0.0]], [[1.0, 0.0]]], [[-1.0, 0.0], [0.0]])
    >>> square = pr.Polytope.box(-1, 1, dim=2)
    >>> found = pr.distance_to_boundary(net, [[0.25, 0.25]], square, exact=True)
    >>> found[0], found.units  # the nearer wall of unit 1 is invisible
    (Measure(0.3535533905932738, exactly 1/4*sqrt(2)), array([0]))
    """

    def visible(one: Pattern, other: Pattern) -> bool:
        return gradient_jumps(network, one, other)

    return _distances(network, points, domain, norm, visible, exact, progress)


def distance_to_decision_boundary(
    network: Network,
    points: ArrayLike,
    domain: Polytope,
    *,
    norm: Norm = 2,
    exact: bool = False,
    progress: Progress | bool | None = None,
) -> Distances:
    """Return how far points are from where a classifier decides otherwise.

    Parameters
    ----------
    network : Network
        With an output for each class, of which the first of the largest counts; or one output, whose sign counts.
    points, domain, norm, exact, progress
        As in `distance_to_boundary`.

    Returns
    -------
    Distances
        Patterns and units are those of the network with one more unit, the decision; its piece is the class.

    Raises
    ------
    DimensionMismatch, ValueError
        As `distance_to_boundary`.

    Notes
    -----
    The same search, but only the decision's own walls end it: all regions nearer than the answer are entered.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0, 0.0], [0.0, 1.0]]], [[0.0, 0.0]])
    >>> square = pr.Polytope.box(-1, 1, dim=2)
    >>> found = pr.distance_to_decision_boundary(net, [[1, 0]], square, norm=math.inf, exact=True)
    >>> found[0], found.nearest, found.patterns[:, -1]
    (Measure(0.5, exactly 1/2), array([[0.5, 0.5]]), array([0], dtype=uint8))
    """

    def decides(one: Pattern, other: Pattern) -> bool:
        return bool(one[-1] != other[-1])

    return _distances(with_decision(network), points, domain, norm, decides, exact, progress)


def with_decision(network: Network) -> Network:
    """Return a classifier with one more unit, whose piece is the class."""
    return with_level(network, 0, 0.0) if network.output_dim == 1 else with_maximum(network)


def _distances(
    network: Network,
    points: ArrayLike,
    domain: Polytope,
    norm: Norm,
    wanted: Callable[[Pattern, Pattern], bool],
    exact: bool,
    progress: Progress | bool | None,
) -> Distances:
    check_dimensions(network, domain)
    array, order = check_points(network, points), check_norm(norm)
    outside = np.flatnonzero(~domain.contains(array))
    if len(outside):
        raise DimensionMismatch(f"points must lie in the domain; number {outside[0]}, {array[outside[0]]}, does not")
    neighbours, found = Neighbours(network, domain), []
    with reporting(progress, "distances") as report:
        throttled = Throttle(report)
        for number, point in enumerate(array):
            throttled(number / len(array), number)
            search = Search(neighbours, point, order)
            wall = nearest_wall(search, wanted)
            found.append(_Answer.of(wall, len(search.entered), exact))
        report(1.0, len(array))
    return _collected(found, network)


def nearest_wall(search: Search, wanted: Callable[[Pattern, Pattern], bool]) -> Wall | None:
    """Return the nearest wall between regions of which something is true; None if there is none in K.

    Walls that floats do not tell apart are compared in rationals; of equal distances, the lowest switch counts.
    """
    best: list[Wall] = []
    limit = math.inf
    for wall in search.walls():
        if wall.lower > limit:
            break
        if wanted(wall.region.pattern, wall.other.pattern):
            best.append(wall)
            limit = min(limit, wall.upper)
        else:
            search.cross(wall)
    near = [wall for wall in best if wall.lower <= limit]
    if len(near) <= 1:
        return near[0] if near else None
    return min(near, key=lambda wall: (wall.power, wall.switch))


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    """One point's distance."""

    value: float
    lower: float
    upper: float
    entered: int
    wall: Wall | None
    exact: Exact | None

    @classmethod
    def of(cls, wall: Wall | None, entered: int, exact: bool) -> _Answer:
        """Say how far a wall is."""
        if wall is None:
            return cls(math.inf, math.inf, math.inf, entered, None, None)
        if exact:
            known = Measure.of(as_distance(wall.power, wall.norm))
            wall.nearest = np.array([nearest_float(x) for x in wall.exact_nearest])
            return cls(known.value, known.lower, known.upper, entered, wall, known.exact)
        middle = min(max(float(np.linalg.norm(wall.nearest - wall.start, wall.norm)), wall.lower), wall.upper)
        return cls(middle, wall.lower, wall.upper, entered, wall, None)


def _collected(found: list[_Answer], network: Network) -> Distances:
    count = len(found)
    nearest = np.full((count, network.input_dim), np.nan)
    units = np.full(count, -1, dtype=np.int64)
    patterns = np.zeros((count, network.n_units), dtype=network.pattern_type)
    for number, answer in enumerate(found):
        if answer.wall is not None:
            nearest[number] = answer.wall.nearest
            patterns[number] = answer.wall.region.pattern
            units[number] = int(np.flatnonzero(answer.wall.region.pattern != answer.wall.other.pattern)[0])
    value, lower, upper = (
        np.array([getattr(answer, name) for answer in found]).reshape(count) for name in ("value", "lower", "upper")
    )
    entered = np.array([answer.entered for answer in found], dtype=np.int64).reshape(count)
    exact = tuple(answer.exact for answer in found)
    return Distances(value, lower, upper, nearest, units, patterns, entered, exact)
