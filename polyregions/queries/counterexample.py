"""The nearest point that a classifier decides otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.arithmetic import UNDECIDED, Enclosure, nearest_float, rational, to_fraction
from polyregions.complexes.neighbours import Neighbours
from polyregions.enumeration.engines import check_dimensions
from polyregions.enumeration.regions import switch_pattern
from polyregions.frozen import Frozen, frozen
from polyregions.geometry.nearest import Norm, check_norm
from polyregions.geometry.polytope import Polytope
from polyregions.measures.measure import Measure
from polyregions.networks.evaluate import check_point, enclosed_signs
from polyregions.networks.network import Network
from polyregions.queries.distances import as_distance, nearest_wall, with_decision
from polyregions.queries.search import Search
from polyregions.queries.walls import Wall, inside_of

CLOSE = tuple(2.0**-k for k in range(48, -1, -4))
"""How far beyond the boundary a point of another class is looked for, relative to one that is known."""


@dataclass(frozen=True, eq=False)
class Counterexample(Frozen):
    """A point decided otherwise than a given one, and how near such points can be.

    Parameters
    ----------
    point : list of Fraction, length n
        A point of K of another class, exactly: about the nearest one, beyond the boundary by the least floats tell.
    decision, other : int
        The class of the given point, and that of this one.
    distance : Measure
        Of the given point from the decision boundary: no point of K that is nearer is decided otherwise.
    boundary : numpy.ndarray, shape (n,)
        The nearest point of the decision boundary, in floats.
    """

    point: list[Fraction]
    decision: int
    other: int
    distance: Measure
    boundary: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Freeze the array."""
        frozen(self.boundary)

    def __repr__(self) -> str:
        """Name the classes and the distance."""
        return f"Counterexample(class {self.other} instead of {self.decision}, {self.distance!r} away)"

    @property
    def floats(self) -> NDArray[np.float64]:
        """The point in nearest floats, shape (n,)."""
        return np.array([nearest_float(rational(x)) for x in self.point])


def nearest_counterexample(
    network: Network, point: ArrayLike, domain: Polytope, *, norm: Norm = 2, exact: bool = False
) -> Counterexample | None:
    """Return a nearest point of a domain that a classifier decides otherwise; None if there is none.

    Parameters
    ----------
    network : Network
        With an output for each class, of which the first of the largest counts; or one output, whose sign counts.
    point : array_like, shape (n,)
        In the domain.
    domain : Polytope
    norm : {1, 2, math.inf}
    exact : bool
        Whether to compute the exact distance.

    Returns
    -------
    Counterexample or None
        None is a proof that the whole domain is decided alike.

    Raises
    ------
    DimensionMismatch
        Shapes do not fit, or the point does not lie in the domain.

    Notes
    -----
    See `distance_to_decision_boundary`: nothing nearer than ``distance.lower`` is decided otherwise, which is a
    certified robustness radius; attacks give upper bounds of it.  A point on the boundary belongs to one of its sides,
    and is its own nearest point of the boundary.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0, 0.0], [0.0, 1.0]]], [[0.0, 0.0]])
    >>> found = pr.nearest_counterexample(net, [1, 0], pr.Polytope.box(-1, 1, dim=2), exact=True)
    >>> found.decision, found.other, found.distance, found.boundary
    (0, 1, Measure(0.7071067811865476, exactly 1/2*sqrt(2)), array([0.5, 0.5]))
    >>> net(found.floats).argmax()
    np.int64(1)
    """
    check_dimensions(network, domain)
    place = check_point(network, point)
    decision = with_decision(network)
    search = Search(Neighbours(decision, domain), place, check_norm(norm))
    wall = nearest_wall(search, lambda one, other: bool(one[-1] != other[-1]))
    if wall is None:
        return None
    distance = Measure(float(np.linalg.norm(wall.nearest - wall.start, wall.norm)), wall.lower, wall.upper)
    if exact:
        distance = Measure.of(as_distance(wall.power, wall.norm))
        wall.nearest = np.array([nearest_float(x) for x in wall.exact_nearest])
    own, other = (int(region.pattern[-1]) for region in (wall.region, wall.other))
    return Counterexample(_beyond(decision, domain, wall), own, other, distance, wall.nearest)


def _beyond(decision: Network, domain: Polytope, wall: Wall) -> list[Fraction]:
    """Return a point of the class beyond a wall, as near to it as floats tell."""
    inside = inside_of(wall.other)
    points = wall.nearest + np.array(CLOSE)[:, None] * (inside.floats - wall.nearest)
    signs = enclosed_signs(decision, Enclosure.exact(points))
    last = signs[:, decision.first_switches[-2] :]
    classes = switch_pattern(decision, signs)[:, -1]
    good = (last != UNDECIDED).all(axis=1) & (classes == wall.other.pattern[-1]) & domain.contains(points)
    if good.any():
        return [Fraction(x) for x in points[good.argmax()].tolist()]
    return [to_fraction(x) for x in inside.exact]
