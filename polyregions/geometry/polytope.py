"""Bounded convex bodies with interior points, given by half-spaces that are known exactly."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.arithmetic import Enclosure, RationalMatrix, enclosed, nearest_floats, rational, to_fraction
from polyregions.arithmetic.enclosure import QUIET
from polyregions.arithmetic.portable import digest
from polyregions.errors import DimensionMismatch, InvalidDomain
from polyregions.frozen import Frozen, frozen
from polyregions.geometry.construct import (
    are_box_rows,
    body_of_box,
    body_of_polygon,
    body_of_rows,
    common_body,
    halfspace_rows,
    hull_of_points,
    larger_box,
    number_table,
)
from polyregions.geometry.cvxpy_domain import rows_from_cvxpy
from polyregions.geometry.description import describe
from polyregions.geometry.double_description import Vertices, around, enumerate_vertices, exact_volume
from polyregions.geometry.extremum import Witness
from polyregions.geometry.forms import Forms
from polyregions.geometry.lp import chebyshev
from polyregions.geometry.simplex import row_values

if TYPE_CHECKING:
    import cvxpy
    import shapely


@dataclass(frozen=True, eq=False)
class Polytope(Frozen):
    """A bounded convex polytope with interior points: ``{x : normals @ x <= offsets}``.

    Make one with `box`, `simplex`, `from_halfspaces`, `from_vertices`, `from_cvxpy` or `from_shapely`; these check what
    they are given.  Every half-space is a facet: redundant ones are left out.

    Parameters
    ----------
    rows : RationalMatrix, shape (m, n + 1)
        Exact forms ``(a | c)``; the polytope is where ``a . x + c >= 0`` for all of them.
    lower, upper : numpy.ndarray, shape (n,)
        A box that contains it.
    inside : Witness
        A point strictly inside.
    labels : tuple, length m
        What each facet is called; its number, unless somebody knows better.

    Examples
    --------
    >>> square = Polytope.box(-1, 1, dim=2)
    >>> square.volume
    Fraction(4, 1)
    >>> square.contains([[0.5, 0.5], [2, 0]])
    array([ True, False])
    """

    rows: RationalMatrix
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    inside: Witness
    labels: tuple[Hashable, ...]

    @classmethod
    def box(cls, lower: ArrayLike, upper: ArrayLike, dim: int | None = None) -> Polytope:
        """Return an axis-parallel box.

        Parameters
        ----------
        lower, upper : array_like, shape (n,) or scalar
            Floats, taken as exact; a scalar needs `dim`.
        dim : int, optional

        Raises
        ------
        InvalidDomain
            Bounds are not finite, or some ``lower >= upper``.
        DimensionMismatch
            The lengths differ.
        """
        return cls(*body_of_box(lower, upper, dim))

    @classmethod
    def simplex(cls, dim: int, scale: float = 1.0) -> Polytope:
        """Return the simplex with the origin and ``scale`` times each unit vector as vertices."""
        if dim < 1 or not (np.isfinite(scale) and scale > 0):
            raise InvalidDomain(f"a simplex needs a dimension >= 1 and a finite scale > 0, got {dim} and {scale}")
        normals = np.concatenate([-np.eye(dim), np.ones((1, dim))])
        return cls.from_halfspaces(normals, np.append(np.zeros(dim), scale))

    @classmethod
    def from_halfspaces(cls, normals: ArrayLike, offsets: ArrayLike) -> Polytope:
        """Return ``{x : normals @ x <= offsets}``.

        Parameters
        ----------
        normals : array_like, shape (m, n)
        offsets : array_like, shape (m,)
            Floats, integers or fractions, all taken as exact.

        Raises
        ------
        InvalidDomain
            The set is empty, has no interior, or is not bounded; decided exactly.
        DimensionMismatch
            The shapes do not fit.

        Notes
        -----
        Costs some ``2 n + m`` small linear programs, partly in rationals.

        Examples
        --------
        >>> triangle = Polytope.from_halfspaces([[-1, 0], [0, -1], [1, 1], [1, 1]], [0, 0, 1, 5])
        >>> triangle
        Polytope(dim=2, 3 facets)
        """
        return cls(*body_of_rows(halfspace_rows(normals, offsets)))

    @classmethod
    def from_vertices(cls, points: ArrayLike) -> Polytope:
        """Return the convex hull of points, shape (N, n); their numbers are taken as exact.

        Raises
        ------
        InvalidDomain
            The points lie in a hyperplane.
        """
        return cls(*hull_of_points(number_table(points, "points")))

    @classmethod
    def from_cvxpy(cls, constraints: Sequence[cvxpy.Constraint], variable: cvxpy.Variable) -> Polytope:
        """Return the values of a CVXPY variable that constraints allow.

        Parameters
        ----------
        constraints : sequence of cvxpy.Constraint
            Equalities and inequalities of affine functions, ``abs``, ``max``, ``norm1``, ``norm_inf``, sums of them,
            and whatever else CVXPY turns into a linear program.  Other variables may occur; they are projected out.
        variable : cvxpy.Variable, shape (n,), or () for n = 1
            Its attributes (``nonneg``, ``nonpos``, ``bounds``) count as constraints.

        Raises
        ------
        InvalidDomain
            The constraints are not convex by CVXPY's rules, need more than linear inequalities, or describe a set that
            is empty, flat or not bounded.

        Notes
        -----
        The coefficients that CVXPY computes in floats define the domain; everything after that is exact.

        Examples
        --------
        >>> import cvxpy as cp
        >>> x = cp.Variable(3)
        >>> Polytope.from_cvxpy([cp.norm1(x) <= 1, x[0] >= 0], x)
        Polytope(dim=3, 5 facets)
        """
        return cls(*body_of_rows(rows_from_cvxpy(constraints, variable)))

    @classmethod
    def from_shapely(cls, polygon: shapely.Polygon) -> Polytope:
        """Return a convex shapely polygon; its coordinates are taken as exact.

        Raises
        ------
        InvalidDomain
            The polygon is empty, has holes, or is not convex (decided exactly).
        """
        return cls(*body_of_polygon(polygon))

    def intersection(self, other: Polytope) -> Polytope:
        """Return the points in both polytopes.

        Raises
        ------
        DimensionMismatch
            The other one has another dimension.
        InvalidDomain
            They have no interior points in common; decided exactly.

        Examples
        --------
        >>> square = Polytope.box(0, 1, dim=2)
        >>> square.intersection(Polytope.box(-0.5, 0.5, dim=2)).volume
        Fraction(1, 4)
        """
        if other.dim != self.dim:
            raise DimensionMismatch(f"both polytopes must have the same dimension, got {self.dim} and {other.dim}")
        rows, boxes = (self.rows.tolist(), other.rows.tolist()), ((self.lower, self.upper), (other.lower, other.upper))
        return Polytope(*common_body(*rows, *boxes))

    def part(self, normals: ArrayLike, offsets: ArrayLike) -> Polytope:
        """Return the part of the polytope where ``normals @ x <= offsets``; numbers as in `from_halfspaces`.

        Raises
        ------
        DimensionMismatch
            The shapes do not fit.
        InvalidDomain
            The part has no interior points; decided exactly.

        Examples
        --------
        >>> Polytope.box(0, 1, dim=2).part([[1, 1]], [1]).volume
        Fraction(1, 2)
        """
        rows, box = halfspace_rows(normals, offsets), (self.lower, self.upper)
        if len(rows[0]) != self.dim + 1:
            raise DimensionMismatch(f"normals of this polytope have {self.dim} entries, got {len(rows[0]) - 1}")
        return Polytope(*common_body(self.rows.tolist(), rows, box, box))

    @property
    def dim(self) -> int:
        """Dimension n of the space, and of the polytope."""
        return len(self.lower)

    @cached_property
    def n_facets(self) -> int:
        """Number of facets."""
        return int(self.rows.nrows())

    @cached_property
    def normals(self) -> NDArray[np.float64]:
        """Outer normals in nearest floats, shape (m, n)."""
        return -nearest_floats(self.rows)[:, :-1] + 0.0

    @cached_property
    def offsets(self) -> NDArray[np.float64]:
        """Right-hand sides in nearest floats, shape (m,)."""
        return nearest_floats(self.rows)[:, -1]

    @property
    def exact_halfspaces(self) -> list[tuple[list[Fraction], Fraction]]:
        """Normals and offsets as fractions."""
        forms = [[to_fraction(entry) for entry in row] for row in self.rows.tolist()]
        return [([-entry for entry in form[:-1]], form[-1]) for form in forms]

    @cached_property
    def reach(self) -> NDArray[np.float64]:
        """Bounds of ``|x_i|`` inside, and 1, as `Forms` need them, shape (n + 1,)."""
        return np.append(np.maximum(np.abs(self.lower), np.abs(self.upper)), 1.0)

    def in_larger_box(self) -> Polytope:
        """Return the same polytope in an enclosing box with room on every side."""
        return Polytope(self.rows, *larger_box(self.lower, self.upper), self.inside, self.labels)

    @cached_property
    def is_box(self) -> bool:
        """Whether the polytope is exactly its enclosing box."""
        return are_box_rows(self.rows, self.lower, self.upper)

    @cached_property
    def forms(self) -> Forms:
        """The facets as forms over the enclosing box."""
        return Forms.of_rows(self.rows, self.reach)

    @QUIET
    def contains(self, points: ArrayLike, strictly: bool = False) -> NDArray[np.bool_]:
        """Tell which points lie in the polytope, exactly.

        Parameters
        ----------
        points : array_like, shape (N, n)
            Floats, taken as exact.
        strictly : bool
            Leave out its boundary.

        Returns
        -------
        numpy.ndarray of bool, shape (N,)
        """
        array = np.asarray(points, dtype=np.float64)
        if array.ndim != 2 or array.shape[1] != self.dim:
            raise DimensionMismatch(f"points of this polytope have shape (N, {self.dim}), got {array.shape}")
        result: NDArray[np.bool_] = np.all((self.lower <= array) & (array <= self.upper), axis=1)
        candidates = np.flatnonzero(result)
        signs = self.forms.signs_at(array[candidates])
        outside = (signs < 0).any(axis=1)
        result[candidates[outside]] = False
        for index in candidates[(signs == 0).any(axis=1) & ~outside]:
            values = row_values(self.rows, [rational(x) for x in array[index].tolist()])
            result[index] = all(value > 0 if strictly else value >= 0 for value in values)
        return result

    @cached_property
    def v_representation(self) -> Vertices:
        """The exact vertices, and the facets through each."""
        lower, upper = ([rational(x) for x in bounds.tolist()] for bounds in (self.lower, self.upper))
        return enumerate_vertices(self.rows, lower, upper)

    @cached_property
    def corners(self) -> Enclosure:
        """The vertices in floats with error bounds, in the order of `v_representation`, shape (N, n)."""
        points = [enclosed(point) for point in self.v_representation.points]
        value, error = (np.stack([getattr(point, name) for point in points]) for name in ("value", "error"))
        return Enclosure(frozen(value), frozen(error))

    @property
    def most_vertices(self) -> int:
        """How many vertices there may be: their number if it is known, or McMullen's bound (1970) from the facets."""
        n, m = self.dim, self.n_facets
        if "v_representation" in self.__dict__:
            return len(self.v_representation.points)
        return 1 << n if self.is_box else math.comb(m - (n + 1) // 2, m - n) + math.comb(m - (n + 2) // 2, m - n)

    @cached_property
    def vertices(self) -> NDArray[np.float64]:
        """Vertices in nearest floats, shape (N, n); in order around it in dimension 2."""
        points = self.corners.value
        return points[around(self.v_representation.rows)] if self.dim == 2 else points

    @property
    def exact_vertices(self) -> list[list[Fraction]]:
        """Vertices as fractions, in no particular order."""
        return [[to_fraction(x) for x in point] for point in self.v_representation.points]

    @cached_property
    def volume(self) -> Fraction:
        """The exact volume."""
        return to_fraction(exact_volume(self.v_representation, self.n_facets))

    @cached_property
    def chebyshev_centre(self) -> tuple[NDArray[np.float64], float]:
        """Centre, shape (n,), and radius of a largest inscribed ball, in floats from HiGHS."""
        return chebyshev(self.forms.rows)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the text that defines the domain, as hexadecimal digits; see the format of certificates."""
        return digest(describe(self))

    def __repr__(self) -> str:
        """Name dimension and size."""
        return f"Polytope(dim={self.dim}, {self.n_facets} facets)"
