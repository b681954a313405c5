"""Linear regions with the walls around and inside them, and on which sides of the walls' hyperplanes all lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Rational, RationalMatrix, rational
from polyregions.complexes import PolyhedralComplex
from polyregions.geometry.simplex import kernel

Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class WalledRegion:
    """A linear region of c activation regions, w walls that bound these, and the p hyperplanes of the walls.

    Parameters
    ----------
    regions : numpy.ndarray of int, shape (c,)
        Its activation regions, ascending.
    walls : numpy.ndarray of int, shape (w,)
        Places in `PolyhedralComplex.walls`, ascending.
    planes : numpy.ndarray of int, shape (w,)
        The number of each wall's hyperplane.
    above, below : numpy.ndarray of bool, shape (c, p)
        Whether a part of an activation region lies strictly above, or below, a hyperplane.
    centres : numpy.ndarray of int8, shape (p, w)
        On which side of each hyperplane the centre of each wall lies.
    """

    regions: Numbers
    walls: Numbers
    planes: Numbers
    above: NDArray[np.bool_]
    below: NDArray[np.bool_]
    centres: NDArray[np.int8]


def walled_regions(complex_: PolyhedralComplex, parts: Sequence[Numbers]) -> list[WalledRegion]:
    """Find the walls of linear regions, and what lies on which sides of them, exactly.

    Parameters
    ----------
    complex_ : PolyhedralComplex
    parts : sequence of numpy.ndarray of int
        The activation regions of each linear region, ascending.

    Returns
    -------
    list of WalledRegion

    Notes
    -----
    All in rationals.  For each linear region time grows with its number of hyperplanes times that of its vertices.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[0.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> complex_ = pr.build_complex(net, pr.Polytope.box(-1, 1, dim=2))
    >>> first, second = walled_regions(complex_, pr.linear_regions(complex_))
    >>> first.regions, first.planes  # the walls x = 0 for y < 0, and y = 0 on both sides of it
    (array([0, 2]), array([0, 1, 1]))
    >>> first.centres
    array([[ 0, -1,  1],
           [-1,  0,  0]], dtype=int8)
    """
    places = _Places(complex_)
    owner = np.full(len(complex_.regions), -1, dtype=np.int64)
    for number, part in enumerate(parts):
        owner[part] = number
    sides = owner[complex_.wall_regions]
    found = []
    for number, part in enumerate(parts):
        walls = np.flatnonzero((sides == number).any(axis=1))
        found.append(places.walled(part, walls))
    return found


class _Places:
    """Exact vertices and hyperplanes of walls, each computed once."""

    def __init__(self, complex_: PolyhedralComplex) -> None:
        self.complex = complex_
        self._points: dict[int, list[Rational]] = {}
        self._planes: dict[int, tuple[Rational, ...]] = {}

    def point(self, vertex: int) -> list[Rational]:
        """Return the coordinates of a vertex, and 1."""
        if vertex not in self._points:
            self._points[vertex] = [*self.complex.exact_point(vertex), rational(1)]
        return self._points[vertex]

    def corners(self, wall: int) -> list[int]:
        """Return the vertices of a wall."""
        found: list[int] = self.complex.vertices_of(self.complex.dim - 1, int(self.complex.walls[wall])).tolist()
        return found

    def plane(self, wall: int) -> tuple[Rational, ...]:
        """Return the hyperplane of a wall as a form whose first coefficient that is not zero is 1."""
        if wall not in self._planes:
            rows = [self.point(vertex) for vertex in self.corners(wall)]
            (form,) = kernel(RationalMatrix(len(rows), self.complex.dim + 1, [x for row in rows for x in row]))
            first = next(x for x in form if x != 0)
            self._planes[wall] = tuple(x / first for x in form)
        return self._planes[wall]

    def walled(self, regions: Numbers, walls: Numbers) -> WalledRegion:
        """Compare the hyperplanes of walls with the vertices of regions and with the centres of the walls."""
        numbers: dict[tuple[Rational, ...], int] = {}
        planes = [numbers.setdefault(self.plane(wall), len(numbers)) for wall in walls.tolist()]
        members = self.complex.members[self.complex.dim][regions].tocsc()
        used = np.flatnonzero(np.diff(members.indptr))
        points = [self.point(vertex) for vertex in used.tolist()]
        centres = [
            [sum(column, rational(0)) for column in zip(*map(self.point, self.corners(wall)), strict=True)]
            for wall in walls.tolist()
        ]
        signs = _signs(list(numbers), [*points, *centres])
        at, centre = signs[:, : len(points)], signs[:, len(points) :]
        touched = members[:, used].astype(np.int64)
        above, below = (touched @ (at == side).T.astype(np.int64) > 0 for side in (1, -1))
        return WalledRegion(regions, walls, np.array(planes, dtype=np.int64), above, below, centre)


def _signs(forms: Sequence[Sequence[Rational]], points: Sequence[Sequence[Rational]]) -> NDArray[np.int8]:
    """Return the signs of forms at points, each a row of n + 1 numbers, shape (forms, points)."""
    if not forms:
        return np.zeros((0, len(points)), dtype=np.int8)
    width = len(points[0])
    rows = RationalMatrix(len(forms), width, [x for form in forms for x in form])
    columns = RationalMatrix(len(points), width, [x for point in points for x in point]).transpose()
    signs = [(x > 0) - (x < 0) for x in (rows * columns).entries()]
    return np.array(signs, dtype=np.int8).reshape(len(forms), len(points))
