"""In which piece B_{N,k} of the boundary a face lies, and where visible walls end.

Near a face f, B_N does not change along the directions that all visible walls through f have in common, so the relative
interior of f lies in B_{N,k} for the rank k of the normals of these walls.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Rational, RationalMatrix, rank
from polyregions.compiled import compiled
from polyregions.complexes.complex import PolyhedralComplex
from polyregions.complexes.walls import visible_walls, wall_units
from polyregions.errors import BrokenInvariant, DimensionMismatch
from polyregions.networks.affine import RegionForms

Rows = NDArray[np.int32]


def boundary_order(complex_: PolyhedralComplex, codim: int, visible: bool = True) -> NDArray[np.int64]:
    """Tell in which B_{N,k} the faces of a codimension lie.

    Parameters
    ----------
    complex_ : PolyhedralComplex
    codim : int
        From 1 to n.
    visible : bool
        Whether only visible walls count, as in B_N, or all walls.

    Returns
    -------
    numpy.ndarray of int, shape (f_{n-codim},)
        The rank k of the normals of the walls that contain each face.  0 if there is none, and for faces on the
        boundary of K.  Faces with ``k < codim`` only subdivide a larger piece of B_{N,k}.

    Raises
    ------
    DimensionMismatch
        There is no such codimension.

    Notes
    -----
    A region that has just ``codim`` facets through a face, all of them walls that count, shows full rank.  Other ranks
    are computed in rationals.
    """
    n = complex_.dim
    if not 1 <= codim <= n:
        raise DimensionMismatch(f"faces inside this domain have codimensions 1 to {n}, got {codim}")
    if visible:
        counted = visible_walls(complex_)
    else:
        counted = np.zeros(complex_.f_vector()[n - 1], dtype=np.bool_)
        counted[complex_.walls] = True
    if codim == 1:
        return counted.astype(np.int64)
    return _Orders(complex_, codim, counted).all()


def t_junctions(complex_: PolyhedralComplex) -> NDArray[np.bool_]:
    """Tell at which faces of codimension 2 of B_N the wall of a unit stops being visible.

    Parameters
    ----------
    complex_ : PolyhedralComplex
        Of dimension 2 or more.

    Returns
    -------
    numpy.ndarray of bool, shape (f_{n-2},)
        Faces of B_{N,2} where the wall of some unit is visible on one side and invisible on the other.

    Raises
    ------
    DimensionMismatch
        The complex has dimension 1.

    Notes
    -----
    The jumps of the Jacobian around a face of codimension 2 add up to zero, so at least three visible walls meet there.
    """
    order = boundary_order(complex_, 2)
    around = complex_.coboundary(complex_.dim - 2).astype(np.int32)
    visible = visible_walls(complex_).astype(np.int32)
    units = wall_units(complex_).astype(np.int32)
    seen = around @ units.multiply(visible[:, None]).tocsr()
    unseen = around @ units.multiply(1 - visible[:, None]).tocsr()
    ends = np.asarray(seen.multiply(unseen).sum(axis=1)).ravel() > 0
    return np.asarray(ends & (order == 2))


@compiled
def _facets_around(starts: Rows, members: Rows, onwards: Rows, further: Rows, count: int) -> tuple[Rows, Rows]:
    """Return for every face, in compressed rows, what lies around the faces around it, each of `count` faces once."""
    seen = np.full(count, -1, dtype=np.int64)
    ends, found = np.zeros_like(starts), [np.int32(0) for _ in range(0)]
    for face in range(len(starts) - 1):
        for member in members[starts[face] : starts[face + 1]]:
            for other in further[onwards[member] : onwards[member + 1]]:
                if seen[other] != face:
                    seen[other] = face
                    found.append(other)
        ends[face + 1] = len(found)
    return ends, np.array(found, dtype=np.int32)


@compiled
def _plain_ranks(
    starts: Rows, facets: Rows, sides: Rows, regions: Rows, counted: NDArray[np.bool_], codim: int
) -> NDArray[np.int64]:
    """Return the rank of the normals of the walls that count around each face, -1 where it is not plain to see.

    It is full if a face lies in just `codim` facets of some region, all of which count.

    Parameters
    ----------
    starts, facets : numpy.ndarray of int
        Face f lies in the facets ``facets[starts[f]:starts[f + 1]]``.
    sides, regions : numpy.ndarray of int
        Facet i bounds the regions ``regions[sides[i]:sides[i + 1]]``.
    counted : numpy.ndarray of bool, shape (f_{n-1},)
    codim : int
        2 or more.
    """
    ranks = np.zeros(len(starts) - 1, dtype=np.int64)
    every, own = np.zeros((2, regions.max() + 1), dtype=np.int64)
    for face in range(len(ranks)):
        around = facets[starts[face] : starts[face + 1]]
        for facet in around:
            ranks[face] += counted[facet]
            for region in regions[sides[facet] : sides[facet + 1]]:
                every[region] += 1
                own[region] += counted[facet]
        if ranks[face] > 1:
            ranks[face] = -1
        for facet in around:
            for region in regions[sides[facet] : sides[facet + 1]]:
                if every[region] == codim and own[region] == codim:
                    ranks[face] = codim
                every[region] = own[region] = 0
    return ranks


class _Orders:
    """Ranks of the normals of walls through faces of one codimension."""

    def __init__(self, complex_: PolyhedralComplex, codim: int, counted: NDArray[np.bool_]) -> None:
        self.complex, self.codim, self.counted = complex_, codim, counted
        first = complex_.coboundary(complex_.dim - codim)
        self.starts, self.facets = first.indptr, first.indices
        for k in range(complex_.dim - codim + 1, complex_.dim - 1):
            around = complex_.coboundary(k)
            self.starts, self.facets = _facets_around(
                self.starts, self.facets, around.indptr, around.indices, around.shape[1]
            )
        self._normals: dict[int, list[Rational]] = {}

    def all(self) -> NDArray[np.int64]:
        """Return the rank for every face."""
        sides = self.complex.coboundary(self.complex.dim - 1)
        ranks = _plain_ranks(self.starts, self.facets, sides.indptr, sides.indices, self.counted, self.codim)
        ranks[~self.complex.interior(self.complex.dim - self.codim)] = 0
        for face in np.flatnonzero(ranks < 0).tolist():
            ranks[face] = self._rank(face)
        return ranks

    def _rank(self, face: int) -> int:
        """Return the exact rank of the normals of the counted walls through a face."""
        facets = self.facets[self.starts[face] : self.starts[face + 1]]
        walls = facets[self.counted[facets]].tolist()
        for wall in walls:
            if wall not in self._normals:
                self._find_normals(wall)
        normals = {tuple(self._normals[wall]) for wall in walls}
        return rank(RationalMatrix(len(normals), self.complex.dim, [x for normal in normals for x in normal]))

    def _find_normals(self, facet: int) -> None:
        """Find the exact normals of a wall and the other walls of the region that has it; their first entries are 1."""
        complex_, dim = self.complex, self.complex.dim
        around, bounding = complex_.coboundary(dim - 1), complex_.boundary(dim)
        for region in around.indices[around.indptr[facet] : around.indptr[facet + 1]].tolist():
            inside = complex_.region_signs(region) != 0
            if self._switch(facet, inside) is not None:
                break
        else:
            raise BrokenInvariant(f"no unit vanishes on facet {facet} inside the domain; please report this network")
        forms = RegionForms(complex_.network, complex_.regions.patterns[region])
        for wall in bounding.indices[bounding.indptr[region] : bounding.indptr[region + 1]].tolist():
            switch = self._switch(wall, inside) if self.counted[wall] and wall not in self._normals else None
            if switch is not None:
                row = forms.switch(switch)[:-1]
                first = next(x for x in row if x != 0)
                self._normals[wall] = [x / first for x in row]

    def _switch(self, facet: int, inside: NDArray[np.bool_]) -> int | None:
        """Return a switch that vanishes on a facet, of those that do not inside its region; None if none does."""
        vertices = self.complex.vertices_of(self.complex.dim - 1, facet)
        switches = np.flatnonzero((self.complex.vertex_signs[vertices] == 0).all(axis=0) & inside)
        return int(switches[0]) if len(switches) else None
