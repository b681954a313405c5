"""A domain cut into convex cells: their faces of every dimension and how they bound each other."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from polyregions.arithmetic import Enclosure, Rational, RationalMatrix, to_fraction
from polyregions.complexes.vertex_set import VertexSet
from polyregions.enumeration.rows import transposed, unpacked
from polyregions.errors import DimensionMismatch
from polyregions.frozen import Frozen, frozen, frozen_matrix
from polyregions.geometry.polytope import Polytope

CHUNK = 1 << 22
"""Entries of the largest temporary arrays when faces are asked for what their vertices have in common."""


@dataclass(frozen=True, slots=True)
class Flat:
    """An affine subspace, exactly.

    Attributes
    ----------
    point : list of fractions.Fraction, length n
    directions : list of list of fractions.Fraction, shape (k, n)
        Linearly independent.
    """

    point: list[Fraction]
    directions: list[list[Fraction]]


@dataclass(frozen=True, eq=False)
class CellComplex(Frozen):
    """Convex cells that fill a domain K face to face, with all their faces.

    The faces of dimension k are numbered from 0; those of dimension n are the cells, those of dimension 0 the vertices.
    A face is known by its vertices, never by coordinates.

    Parameters
    ----------
    vertex_set : VertexSet
    members : tuple of csr_array, shapes (f_k, V), for k = 0 .. n
        Which vertices every face has.
    boundaries : tuple of csr_array, shapes (f_k, f_{k-1}), for k = 1 .. n
        Which facets every face has.
    """

    vertex_set: VertexSet
    members: tuple[csr_array, ...]
    boundaries: tuple[csr_array, ...]

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for matrix in (*self.members, *self.boundaries):
            frozen_matrix(matrix)

    @property
    def domain(self) -> Polytope:
        """The domain K."""
        return self.vertex_set.domain

    @property
    def dim(self) -> int:
        """Dimension n of the domain."""
        return self.domain.dim

    def __repr__(self) -> str:
        """Name the numbers of faces."""
        return f"{type(self).__name__}(f-vector {', '.join(f'{count:,}' for count in self.f_vector())})"

    def f_vector(self) -> tuple[int, ...]:
        """Return the numbers of faces of dimension 0, 1, ..., n, those on the boundary of K included."""
        return tuple(part.shape[0] for part in self.members)

    @property
    def euler_characteristic(self) -> int:
        """The alternating sum of the f-vector, which is always 1 because K is convex."""
        return sum((-1) ** k * count for k, count in enumerate(self.f_vector()))

    @property
    def coordinates(self) -> Enclosure:
        """The vertices in floats with error bounds, shape (V, n)."""
        return self.vertex_set.coordinates

    @property
    def vertices(self) -> NDArray[np.float64]:
        """The vertices in floats, shape (V, n)."""
        return self.coordinates.value

    def numbers(self, k: int, faces: ArrayLike | None = None) -> NDArray[np.int64]:
        """Return numbers of k-faces.

        Parameters
        ----------
        k : int
        faces : array_like of int or bool, optional
            Numbers of k-faces, one or several, or a mask of all of them; all is the default.

        Returns
        -------
        numpy.ndarray of int, shape (number of faces,)

        Raises
        ------
        DimensionMismatch
            There are no faces of dimension k, or not these.
        """
        self.check_dimension(k)
        count = self.members[k].shape[0]
        if faces is None:
            return np.arange(count)
        array = np.atleast_1d(np.asarray(faces))
        if array.dtype == np.bool_ and array.shape == (count,):
            return np.flatnonzero(array)
        if array.shape == (0,):
            return np.zeros(0, dtype=np.int64)
        if array.ndim != 1 or array.dtype.kind not in "iu" or array.min() < 0 or array.max() >= count:
            raise DimensionMismatch(
                f"{k}-faces of this complex are chosen by numbers from 0 to {count - 1}, or by a mask of shape "
                f"({count},), got {array.dtype} of shape {array.shape}: {array}"
            )
        return array.astype(np.int64)

    def exact_point(self, vertex: int) -> list[Rational]:
        """Return the exact coordinates of a vertex as rationals, for further exact work."""
        return self.vertex_set.exact_point(int(self.numbers(0, vertex)[0]))

    def exact_vertex(self, vertex: int) -> list[Fraction]:
        """Return the exact coordinates of a vertex."""
        return [to_fraction(x) for x in self.exact_point(vertex)]

    def check_dimension(self, k: int, least: int = 0, most: int | None = None) -> None:
        """Refuse a dimension that no face has."""
        most = self.dim if most is None else most
        if not least <= k <= most:
            raise DimensionMismatch(f"faces of this complex have dimensions {least} to {most} here, got {k}")

    def vertices_of(self, k: int, face: int) -> NDArray[np.int32]:
        """Return the numbers of the vertices of a face, ascending."""
        number = int(self.numbers(k, face)[0])
        part = self.members[k]
        return part.indices[part.indptr[number] : part.indptr[number + 1]]

    def boundary(self, k: int) -> csr_array:
        """Return which (k-1)-faces bound which k-faces, for k from 1 to n: a matrix of ones, shape (f_k, f_{k-1})."""
        self.check_dimension(k, 1)
        return self.boundaries[k - 1]

    def coboundary(self, k: int) -> csr_array:
        """Return which (k+1)-faces lie around which k-faces, for k from 0 to n - 1, shape (f_k, f_{k+1})."""
        self.check_dimension(k, most=self.dim - 1)
        return self._coboundaries[k]

    @cached_property
    def _coboundaries(self) -> list[csr_array]:
        return [frozen_matrix(_transpose(part)) for part in self.boundaries]

    def hyperplanes(self, k: int) -> NDArray[np.uint64]:
        """Return the hyperplanes that contain each k-face, as bits like `VertexSet.incidence`, shape (f_k, words)."""
        self.check_dimension(k)
        part = self.members[k]
        result = np.zeros((part.shape[0], self.vertex_set.incidence.shape[1]), dtype=np.uint64)
        for rows, starts, members in self.chunks(k, 8 * self.vertex_set.incidence.shape[1]):
            result[rows] = np.bitwise_and.reduceat(self.vertex_set.incidence[members], starts, axis=0)
        return result

    def chunks(self, k: int, width: int) -> list[tuple[slice, NDArray[np.int64], NDArray[np.int32]]]:
        """Cut the faces of dimension k into runs whose vertices, `width` entries each, fit into a chunk."""
        part = self.members[k]
        pointers = part.indptr.astype(np.int64)
        chunks, first = [], 0
        while first < part.shape[0]:
            last = int(np.searchsorted(pointers, pointers[first] + CHUNK // max(width, 1)))
            last = min(max(last, first + 1), part.shape[0])
            starts = pointers[first:last] - pointers[first]
            chunks.append((slice(first, last), starts, part.indices[pointers[first] : pointers[last]]))
            first = last
        return chunks

    def on_domain_facets(self, k: int) -> NDArray[np.bool_]:
        """Tell which k-faces lie on which facets of K, shape (f_k, n_facets)."""
        return unpacked(self.hyperplanes(k), self.domain.n_facets)

    def interior(self, k: int) -> NDArray[np.bool_]:
        """Tell which k-faces meet the interior of K, shape (f_k,)."""
        return np.asarray(~self.on_domain_facets(k).any(axis=1))

    @cached_property
    def walls(self) -> NDArray[np.int64]:
        """The facets of the complex between two regions, ascending, shape (W,)."""
        return frozen(np.flatnonzero(np.diff(self.coboundary(self.dim - 1).indptr) == 2))

    @cached_property
    def wall_regions(self) -> NDArray[np.int64]:
        """The two regions at each wall, shape (W, 2), the smaller number first."""
        around = self.coboundary(self.dim - 1)
        first = around.indptr[self.walls]
        return frozen(around.indices[np.stack([first, first + 1], axis=1)].astype(np.int64))

    def affine_hull(self, k: int, face: int) -> Flat:
        """Return the affine hull of a face, exactly.

        Parameters
        ----------
        k : int
            Dimension of the face.
        face : int

        Returns
        -------
        Flat
            With the face's first vertex as point, and k directions.
        """
        points = [self.vertex_set.exact_point(vertex) for vertex in self.vertices_of(k, face).tolist()]
        start = points[0]
        rows = [[x - a for x, a in zip(point, start, strict=True)] for point in points[1:]]
        if not rows:
            return Flat([to_fraction(x) for x in start], [])
        reduced, rank = RationalMatrix(len(rows), self.dim, [x for row in rows for x in row]).rref()
        directions = [[to_fraction(reduced[i, j]) for j in range(self.dim)] for i in range(rank)]
        return Flat([to_fraction(x) for x in start], directions)


def _transpose(part: csr_array) -> csr_array:
    """Return the transpose of a matrix of ones, its columns ascending in every row."""
    rows, columns = part.shape
    starts, members = transposed(part.indptr, part.indices, columns)
    return csr_array((part.data, members, starts), shape=(columns, rows))
