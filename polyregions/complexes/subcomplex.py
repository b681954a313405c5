"""Sets of faces that hold with every face its own faces: walls, boundaries, level sets, regions of a class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from polyregions.complexes.cell_complex import CellComplex
from polyregions.complexes.complex import PolyhedralComplex
from polyregions.errors import DimensionMismatch

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class Subcomplex:
    """A closed set of faces of a complex: with every face it holds all faces of that face.

    Parameters
    ----------
    complex : CellComplex
    faces : tuple of numpy.ndarray of bool, shapes (f_k,), for k = 0 .. n
        Which faces of each dimension belong to it.

    Raises
    ------
    DimensionMismatch
        The arrays do not fit the complex.
    ValueError
        The set is not closed; `closure_of` closes one.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> complex_ = pr.build_complex(net, pr.Polytope.box(-1, 1, dim=2))
    >>> cross = Subcomplex.bent_hyperplane(complex_, 0) | Subcomplex.bent_hyperplane(complex_, 1)
    >>> cross
    Subcomplex(f-vector 5, 4, 0)
    >>> cross.euler_characteristic
    1
    >>> len((cross & Subcomplex.domain_boundary(complex_)).pieces())
    4
    """

    complex: CellComplex
    faces: tuple[Mask, ...]

    def __post_init__(self) -> None:
        """Check that the set is closed, and freeze it."""
        faces = tuple(np.array(part) for part in self.faces)
        shapes = [(part.dtype.name, *part.shape) for part in faces]
        if shapes != [("bool", count) for count in self.complex.f_vector()]:
            raise DimensionMismatch(f"a subcomplex of {self.complex} needs a mask for each dimension, got {shapes}")
        for k in range(1, len(faces)):
            if not faces[k - 1][_facets(self.complex, k, faces[k])].all():
                raise ValueError(f"some faces of dimension {k} are in the set, but not all of their facets")
        for part in faces:
            part.setflags(write=False)
        object.__setattr__(self, "faces", faces)

    @classmethod
    def closure_of(cls, complex_: CellComplex, k: int, faces: ArrayLike) -> Subcomplex:
        """Return some k-faces with all their faces.

        Parameters
        ----------
        complex_ : CellComplex
        k : int
        faces : array_like of bool, shape (f_k,), or of int
            A mask, or the numbers of the faces.

        Raises
        ------
        DimensionMismatch
            There is no such dimension, or there are no such faces.
        """
        chosen = complex_.numbers(k, faces)
        parts = [np.zeros(count, dtype=np.bool_) for count in complex_.f_vector()]
        parts[k][chosen] = True
        for j in range(k, 0, -1):
            parts[j - 1][_facets(complex_, j, parts[j])] = True
        return cls(complex_, tuple(parts))

    @classmethod
    def spanned_by(cls, complex_: CellComplex, vertices: ArrayLike) -> Subcomplex:
        """Return the faces all of whose vertices are chosen.

        Parameters
        ----------
        complex_ : CellComplex
        vertices : array_like of bool, shape (V,), or of int
            A mask, or the numbers of the vertices.

        Raises
        ------
        DimensionMismatch
            There are no such vertices.

        Notes
        -----
        With the vertices at which switches have signs among given closed ones, such as "not positive" or "zero", these
        are just the points of K where they have such signs: a switch has one sign inside every face.
        """
        missing = np.ones(len(complex_.vertex_set), dtype=np.int32)
        missing[complex_.numbers(0, vertices)] = 0
        counts = [part.astype(np.int32) @ missing for part in complex_.members]
        return cls(complex_, tuple(count == 0 for count in counts))

    @classmethod
    def whole(cls, complex_: CellComplex) -> Subcomplex:
        """Return all faces."""
        return cls(complex_, tuple(np.ones(count, dtype=np.bool_) for count in complex_.f_vector()))

    @classmethod
    def domain_boundary(cls, complex_: CellComplex) -> Subcomplex:
        """Return the faces on the boundary of K."""
        return cls(complex_, tuple(~complex_.interior(k) for k in range(complex_.dim + 1)))

    @classmethod
    def bent_hyperplane(cls, complex_: PolyhedralComplex, unit: int) -> Subcomplex:
        """Return the points of K at which a unit is at one of its breakpoints.

        Parameters
        ----------
        complex_ : PolyhedralComplex
        unit : int

        Raises
        ------
        DimensionMismatch
            There is no such unit.

        Notes
        -----
        Where a unit is at a breakpoint all over a region, as dead units with a bias of zero are, it holds the region.
        The points at which the unit changes its piece are the closures of the regions on the two sides, intersected.
        """
        network = complex_.network
        if not 0 <= unit < network.n_units:
            raise DimensionMismatch(f"the network has units 0 to {network.n_units - 1}, got {unit}")
        parts = [np.zeros(count, dtype=np.bool_) for count in complex_.f_vector()]
        for switch in np.flatnonzero(network.switch_units == unit).tolist():
            vanishing = cls.spanned_by(complex_, complex_.vertex_signs[:, switch] == 0)
            parts = [part | more for part, more in zip(parts, vanishing.faces, strict=True)]
        return cls(complex_, tuple(parts))

    def __repr__(self) -> str:
        """Name the numbers of faces."""
        return f"Subcomplex(f-vector {', '.join(f'{count:,}' for count in self.f_vector())})"

    @property
    def dim(self) -> int:
        """The largest dimension of its faces; -1 if there are none."""
        return max((k for k, count in enumerate(self.f_vector()) if count), default=-1)

    def f_vector(self) -> tuple[int, ...]:
        """Return the numbers of its faces of dimension 0, 1, ..., n."""
        return tuple(int(part.sum()) for part in self.faces)

    @property
    def euler_characteristic(self) -> int:
        """The alternating sum of the f-vector."""
        return sum((-1) ** k * count for k, count in enumerate(self.f_vector()))

    def on_domain_boundary(self) -> Subcomplex:
        """Return the part on the boundary of K."""
        return self & Subcomplex.domain_boundary(self.complex)

    def is_within(self, other: Subcomplex) -> bool:
        """Tell whether all its faces belong to another subcomplex of the same complex."""
        return not any((mine & ~theirs).any() for mine, theirs in self._with(other))

    def union(self, other: Subcomplex) -> Subcomplex:
        """Return the faces of both; also written ``|``."""
        return self._combined(other, np.logical_or)

    def __or__(self, other: object) -> Subcomplex:
        """Return the union."""
        return self.union(other) if isinstance(other, Subcomplex) else NotImplemented

    def intersection(self, other: Subcomplex) -> Subcomplex:
        """Return the common faces; also written ``&``."""
        return self._combined(other, np.logical_and)

    def __and__(self, other: object) -> Subcomplex:
        """Return the intersection."""
        return self.intersection(other) if isinstance(other, Subcomplex) else NotImplemented

    def pieces(self) -> list[Subcomplex]:
        """Return the connected components, in the order of their first vertices."""
        labels, count = self._labels()
        kept = [np.full(len(part), -1, dtype=np.int64) for part in self.faces]
        for k, part in enumerate(self.faces):
            chosen = np.flatnonzero(part)
            members = self.complex.members[k]
            kept[k][chosen] = labels[members.indices[members.indptr[chosen]]]
        return [Subcomplex(self.complex, tuple(part == number for part in kept)) for number in range(count)]

    def _labels(self) -> tuple[NDArray[np.int64], int]:
        """Return the connected component of every vertex, -1 where there is none, and their number."""
        vertices = np.flatnonzero(self.faces[0])
        ends = self.complex.boundary(1).indices.reshape(-1, 2)[self.faces[1]]
        size = len(self.faces[0])
        graph = csr_array((np.ones(len(ends), dtype=np.int8), (ends[:, 0], ends[:, 1])), shape=(size, size))
        found = connected_components(graph, directed=False)[1][vertices]
        first, numbers = np.unique(found, return_index=True, return_inverse=True)[1:]
        labels = np.full(size, -1, dtype=np.int64)
        labels[vertices] = np.argsort(np.argsort(first))[numbers]
        return labels, len(first)

    def _with(self, other: Subcomplex) -> list[tuple[Mask, Mask]]:
        if self.complex is not other.complex:
            raise ValueError("the two subcomplexes belong to different complexes")
        return list(zip(self.faces, other.faces, strict=True))

    def _combined(self, other: Subcomplex, operation: Callable[[Mask, Mask], Mask]) -> Subcomplex:
        return Subcomplex(self.complex, tuple(operation(mine, theirs) for mine, theirs in self._with(other)))


def _facets(complex_: CellComplex, k: int, faces: Mask) -> NDArray[np.int32]:
    """Return the numbers of the facets of some k-faces, with repetitions."""
    boundary = complex_.boundary(k)
    if faces.all():
        return boundary.indices
    return boundary[np.flatnonzero(faces)].indices
