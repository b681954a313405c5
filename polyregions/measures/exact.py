"""Exact volumes of faces: rationals, and rationals times square roots."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.arithmetic import Rational, rational, to_fraction
from polyregions.complexes import CellComplex
from polyregions.complexes.graph import with_faces
from polyregions.enumeration import Regions
from polyregions.measures.face_volumes import volumes, wedge_table
from polyregions.measures.measure import Exact, Measure
from polyregions.measures.surds import Surd


def exact_volume(complex_: CellComplex, k: int, face: int) -> Exact:
    """Return the exact k-volume of a k-face.

    Parameters
    ----------
    complex_ : CellComplex
    k : int
        From 0 to n.
    face : int

    Returns
    -------
    Fraction or Surd
        A fraction for points, which count 1, and for regions; otherwise a rational times one square root.

    Raises
    ------
    DimensionMismatch
        There is no such face.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0, -1.0]], [[1.0]]], [[0.0], [0.0]])
    >>> complex_ = pr.build_complex(net, pr.Polytope.box(-1, 1, dim=2))
    >>> exact_volume(complex_, 1, complex_.walls[0])
    Surd(2*sqrt(2))
    """
    return exact_volumes(complex_, k, face)[0]


def exact_volumes(complex_: CellComplex, k: int, faces: ArrayLike | None = None) -> list[Exact]:
    """Return the exact k-volumes of k-faces.

    Parameters
    ----------
    complex_ : CellComplex
    k : int
        From 0 to n.
    faces : array_like of int or bool, optional
        Numbers of k-faces, or a mask of all of them; all is the default.

    Returns
    -------
    list of Fraction or Surd
        As `exact_volume`; what faces share is computed once.

    Raises
    ------
    DimensionMismatch
        There are no faces of dimension k, or not these.
    """
    vectors = ExactVectors(complex_)
    return [_total(complex_.dim, k, [vectors.volume(k, face)]) for face in complex_.numbers(k, faces).tolist()]


def region_volumes(regions: Regions, count: int | None = None) -> list[Fraction]:
    """Return the exact volumes of regions.

    Parameters
    ----------
    regions : Regions
    count : int, optional
        Of so many, the first ones; all is the default.

    Returns
    -------
    list of Fraction

    Notes
    -----
    From the complex, where `region_graph` would build it too, a fraction of a millisecond each in the plane; otherwise
    from the polytope of each region, some milliseconds.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0, -1.0]], [[1.0]]], [[0.5], [0.0]])
    >>> pr.region_volumes(pr.enumerate_regions(net, pr.Polytope.box(-1, 1, dim=2)))
    [Fraction(9, 8), Fraction(23, 8)]
    """
    numbers = range(len(regions))[:count]
    known = with_faces(regions)
    if isinstance(known, Regions):
        return [known.polytope(number).volume for number in numbers]
    vectors = ExactVectors(known)
    return [to_fraction(vectors.volume(known.dim, number)[0]) for number in numbers]


def total_volume(complex_: CellComplex, k: int, faces: ArrayLike | None = None, *, exact: bool = False) -> Measure:
    """Return the sum of the k-volumes of k-faces.

    Parameters
    ----------
    complex_ : CellComplex
    k : int
        From 0 to n.
    faces : array_like of int or bool, optional
        Numbers of k-faces, or a mask of all of them; all is the default.
    exact : bool
        Compute the sum exactly: about a millisecond for each face in dimension 3, more in higher ones.  Numbers of
        points are always exact.

    Returns
    -------
    Measure

    Raises
    ------
    DimensionMismatch
        There are no faces of dimension k, or not these.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0, -1.0]], [[1.0]]], [[0.0], [0.0]])
    >>> complex_ = pr.build_complex(net, pr.Polytope.box(-1, 1, dim=2))
    >>> total_volume(complex_, 2, exact=True)
    Measure(4.0, exactly 4)
    >>> total_volume(complex_, 1, exact=True).exact
    Surd(8 + 2*sqrt(2))
    """
    return sums_of_volumes(complex_, k, [complex_.numbers(k, faces)], exact)[0]


def sums_of_volumes(complex_: CellComplex, k: int, groups: Sequence[NDArray[np.int64]], exact: bool) -> list[Measure]:
    """Return the sums of the k-volumes of groups of k-faces, each group given by their numbers."""
    if k == 0:
        return [Measure.of(Fraction(len(group))) for group in groups]
    if exact:
        vectors = ExactVectors(complex_)
        each = ([vectors.volume(k, face) for face in group.tolist()] for group in groups)
        return [Measure.of(_total(complex_.dim, k, parts)) for parts in each]
    sizes = volumes(complex_, k, np.concatenate([np.zeros(0, dtype=np.int64), *groups]))
    ends = np.cumsum([0, *map(len, groups)]).tolist()
    return [Measure.total(sizes[first:last]) for first, last in itertools.pairwise(ends)]


def _total(dim: int, k: int, parts: Iterable[tuple[Rational, int]]) -> Exact:
    if k in (0, dim):
        return to_fraction(sum((factor for factor, _ in parts), rational(0)))
    return Surd(tuple((to_fraction(factor), radicand) for factor, radicand in parts))


class ExactVectors:
    """The k-vectors of faces in rationals, as `polyregions.measures.face_volumes` defines them; those found are kept.

    Parameters
    ----------
    complex_ : CellComplex
    """

    def __init__(self, complex_: CellComplex) -> None:
        self._complex = complex_
        self._known: dict[tuple[int, int], list[Rational]] = {}

    def volume(self, k: int, face: int) -> tuple[Rational, int]:
        """Return the k-volume of a k-face as ``(q, r)``, standing for ``q * sqrt(r)``.

        The k-vector is a multiple of one with whole coprime coordinates, which depend only on the directions of the
        face; r is the square of its length.
        """
        vector = self.vector(k, face)
        common = math.lcm(*(int(x.q) for x in vector))
        whole = [int((x * common).p) for x in vector]
        divisor = math.gcd(*whole)
        radicand = sum((x // divisor) ** 2 for x in whole)
        return rational(divisor) / (common * math.factorial(k)), radicand

    def vector(self, k: int, face: int) -> list[Rational]:
        """Return k! times the k-vector of a face, oriented somehow."""
        if k == 0:
            return [rational(1)]
        if (k, face) not in self._known:
            self._known[k, face] = self._sum(k, face)
        return self._known[k, face]

    def pyramids(self, k: int, face: int) -> Iterator[tuple[int, list[Rational]]]:
        """Find the facets of a k-face that do not contain its apex, and k! times the k-vectors of the pyramids on them.

        These are multiples of each other, and not zero; each is oriented somehow.
        """
        complex_, facets, table = self._complex, self._complex.boundary(k), wedge_table(self._complex.dim, k)
        apex = self._apex(k, face)
        tip = complex_.vertex_set.exact_point(apex)
        for facet in facets.indices[facets.indptr[face] : facets.indptr[face + 1]].tolist():
            foot = self._apex(k - 1, facet)
            if foot == apex:
                continue
            step = [x - a for x, a in zip(complex_.vertex_set.exact_point(foot), tip, strict=True)]
            part = self.vector(k - 1, facet)
            yield facet, [sum((sign * step[i] * part[j] for sign, i, j in row), rational(0)) for row in table]

    def _apex(self, k: int, face: int) -> int:
        part = self._complex.members[k]
        return int(part.indices[part.indptr[face]])

    def _sum(self, k: int, face: int) -> list[Rational]:
        (_, total), *others = self.pyramids(k, face)
        leading = next(i for i, x in enumerate(total) if x != 0)
        for _, term in others:
            same = (term[leading] > 0) == (total[leading] > 0)
            total = [x + y if same else x - y for x, y in zip(total, term, strict=True)]
        return total
