"""Volumes of faces of every dimension, in floats with error bounds.

A k-face f spans a *k-vector*: the exterior product of k edge vectors that span a parallelepiped of the same k-volume,
written in its C(n, k) coordinates, the k x k minors.  It follows from the k-vectors of the facets F of f that do not
contain the apex a of f, for any point b of F:

    k-vector of f = (1/k) sum over F of (b - a) ^ (k-1)-vector of F,

with each term oriented alike: f is the union of the pyramids over these F with their tips in a.  The factors 1/k are
left for the end, ``volume = |k-vector| / k!``.  Apex of a face is its vertex of the lowest number.

No division and no difference of large numbers occurs, and thin faces need no care.  All terms of a face are exact
multiples of each other, by positive factors once they are oriented; a term whose sign is lost in its error bound is
left out and counted as error.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.arithmetic import Enclosure
from polyregions.arithmetic.enclosure import QUIET, TINY, gamma
from polyregions.complexes import CellComplex
from polyregions.enumeration.rows import take_rows

ENTRIES = 1 << 23
"""About so many floats are kept in one array; faces are taken in runs if there would be more."""

PAIRS = 1 << 14
"""About so many pairs of faces and facets are worked on at once: their numbers fit into the processor's cache."""

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]
Vertices = NDArray[np.int32]


@lru_cache
def wedge_table(n: int, k: int) -> list[list[tuple[int, int, int]]]:
    """Tell how a vector and a (k-1)-vector in R^n make a k-vector.

    Returns
    -------
    list of list of (sign, coordinate, part)
        One list for each coordinate of the k-vector: it is the sum of ``sign * vector[coordinate] * parts[part]``.
        Coordinates belong to the k-subsets of 0 .. n - 1 in lexicographic order.

    Examples
    --------
    >>> wedge_table(2, 2)
    [[(1, 0, 1), (-1, 1, 0)]]
    """
    parts = {subset: number for number, subset in enumerate(itertools.combinations(range(n), k - 1))}
    return [
        [((-1) ** i, subset[i], parts[subset[:i] + subset[i + 1 :]]) for i in range(k)]
        for subset in itertools.combinations(range(n), k)
    ]


def apexes(complex_: CellComplex, k: int) -> Vertices:
    """Return the vertex of lowest number of every k-face, shape (f_k,)."""
    part = complex_.members[k]
    return part.indices[part.indptr[:-1]]


@QUIET
def volumes(complex_: CellComplex, k: int, faces: ArrayLike | None = None) -> Enclosure:
    """Return the k-volumes of the k-faces with rigorous error bounds.

    Parameters
    ----------
    complex_ : CellComplex
    k : int
        From 0 to n: points count 1 each, edges have lengths, regions volumes.
    faces : array_like of int or bool, optional
        Numbers of k-faces, or a mask of all of them; all is the default.

    Returns
    -------
    Enclosure, shape (number of faces,)

    Raises
    ------
    DimensionMismatch
        There are no faces of dimension k, or not these.

    Notes
    -----
    The bounds allow for the bounds of the vertices and for every rounding; where numbers leave the range of floats they
    are infinite.  Time grows with the number of pairs of faces of dimension j and their facets, for all j up to k, and
    not with that of simplices in a triangulation.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0, -1.0]], [[1.0]]], [[0.0], [0.0]])
    >>> complex_ = pr.build_complex(net, pr.Polytope.box(-1, 1, dim=2))
    >>> volumes(complex_, 2).value
    array([2., 2.])
    """
    chosen = complex_.numbers(k, faces)
    if k == 0:
        return Enclosure.exact(np.ones(len(chosen)))
    parts = [_lengths(*_vectors(complex_, k, run), math.factorial(k)) for run in runs_of_faces(complex_, k, chosen)]
    return Enclosure(np.concatenate([part.value for part in parts]), np.concatenate([part.error for part in parts]))


def runs_of_faces(complex_: CellComplex, k: int, faces: Numbers, more: int = 0) -> list[Numbers]:
    """Cut a list of k-faces into runs small enough for arrays of all their faces' vectors, and of more numbers each."""
    share = len(faces) / max(complex_.f_vector()[k], 1)
    counts = enumerate(complex_.f_vector()[: k + 1])
    largest = max(count * (math.comb(complex_.dim, j) + more) for j, count in counts)
    parts = math.ceil(largest * share / ENTRIES)
    return np.array_split(faces, parts) if parts > 1 else [faces]


def _vectors(complex_: CellComplex, k: int, faces: Numbers) -> tuple[Floats, Floats]:
    """Return k! times the k-vectors of faces, oriented somehow, and bounds: two arrays of shape (C(n, k), faces)."""
    if k == 0:
        return np.ones((1, len(faces))), np.zeros((1, len(faces)))
    pyramids = Pyramids.of(complex_, k, faces)
    parts = Enclosure(*_vectors(complex_, k - 1, pyramids.bases))
    value, error = np.empty((2, math.comb(complex_.dim, k), len(faces)))
    for own, run, terms, errors in pyramids.vectors(complex_.coordinates, k, parts):
        value[:, own], error[:, own], _ = oriented_sums(pyramids.starts_in(own, run), terms, errors)
    return value, error


@dataclass(frozen=True, slots=True)
class Pyramids:
    """The pyramids that k-faces consist of, face after face: over the facets without its apex, their tips there.

    Parameters
    ----------
    starts : numpy.ndarray of int, shape (faces + 1,)
        Where the pyramids of each face start, and where the last ones end.
    tips, feet : numpy.ndarray of int, shape (pyramids,)
        The apexes of the face and of the facet: two vertices.
    bases : numpy.ndarray of int
        The facets that pyramids stand on, each once, ascending.
    places : numpy.ndarray of int, shape (pyramids,)
        Which of the bases each pyramid stands on.
    """

    starts: Numbers
    tips: Vertices
    feet: Vertices
    bases: Numbers
    places: Numbers

    @classmethod
    def of(cls, complex_: CellComplex, k: int, faces: Numbers) -> Pyramids:
        """Return the pyramids of k-faces, for k from 1."""
        boundary = complex_.boundary(k)
        ends, facets = take_rows(boundary.indptr, boundary.indices, faces)
        tips, feet = np.repeat(apexes(complex_, k)[faces], np.diff(ends)), apexes(complex_, k - 1)[facets]
        opposite = feet != tips
        starts, facets = np.concatenate([[0], np.cumsum(opposite)])[ends], facets[opposite]
        needed = np.zeros(complex_.f_vector()[k - 1], dtype=np.bool_)
        needed[facets] = True
        return cls(starts, tips[opposite], feet[opposite], np.flatnonzero(needed), (np.cumsum(needed) - 1)[facets])

    def vectors(self, points: Enclosure, k: int, parts: Enclosure) -> Iterator[tuple[slice, slice, Floats, Floats]]:
        """Find k! times the k-vectors of the pyramids, each oriented somehow, run after run of faces.

        Parameters
        ----------
        points : Enclosure, shape (V, n)
            The vertices.
        k : int
        parts : Enclosure, shape (C(n, k-1), bases)
            (k-1)! times the (k-1)-vectors of the bases.

        Yields
        ------
        own, run : slice
            Some of the faces, and their pyramids.
        terms, errors : numpy.ndarray, shape (C(n, k), pyramids of the run)
            The vectors, and bounds.
        """
        breaks = np.flatnonzero(np.diff(self.starts[:-1] // PAIRS)) + 1
        table = wedge_table(points.value.shape[1], k)
        for begin, end in itertools.pairwise([0, *breaks.tolist(), len(self.starts) - 1]):
            run = slice(int(self.starts[begin]), int(self.starts[end]))
            step, slack = _differences(points, self.feet[run], self.tips[run])
            yield slice(begin, end), run, *_wedge(table, step, slack, parts[:, self.places[run]])

    def starts_in(self, own: slice, run: slice) -> Numbers:
        """Return where the pyramids of each face of a run start in it, and where the last ones end."""
        starts: Numbers = self.starts[own.start : own.stop + 1] - run.start
        return starts


def _differences(points: Enclosure, feet: Vertices, tips: Vertices) -> tuple[Floats, Floats]:
    """Return the vectors from vertices to others, and bounds, shape (n, pairs)."""
    step = (points.value[feet] - points.value[tips]).T
    slack = (points.error[feet] + points.error[tips]).T * (1.0 + gamma(4)) + gamma(1) * np.abs(step)
    return step, slack


def _wedge(
    table: list[list[tuple[int, int, int]]], step: Floats, slack: Floats, parts: Enclosure
) -> tuple[Floats, Floats]:
    """Return the exterior products of vectors with (k-1)-vectors, and bounds, shape (C(n, k), pairs)."""
    length, size = np.abs(step), np.abs(parts.value)
    spread = parts.error + gamma(len(table[0]) + 1) * size + TINY
    reach = size + parts.error
    terms, errors = np.zeros((2, len(table), step.shape[1]))
    for row, entries in enumerate(table):
        for sign, i, j in entries:
            product = step[i] * parts.value[j]
            terms[row] += product if sign > 0 else -product
            errors[row] += length[i] * spread[j] + slack[i] * reach[j]
    errors *= 1.0 + gamma(len(table[0]) + 8)
    errors += 4.0 * len(table[0]) * TINY
    return terms, errors


def oriented_sums(starts: Numbers, terms: Floats, errors: Floats) -> tuple[Floats, Floats, Enclosure]:
    """Add up the terms of every face after turning them all to one side; its terms end where the next one's start.

    Returns
    -------
    value, error : numpy.ndarray, shape (C(n, k), faces)
    weights : Enclosure, shape (terms,)
        How the sizes of the terms of one face compare.
    """
    counts, starts = np.diff(starts), starts[:-1]
    if terms.shape[1] == len(starts):
        return terms, errors, Enclosure.exact(np.ones(len(starts)))
    sizes = np.add.reduceat(np.abs(terms), starts, axis=1)
    # The terms of a face are multiples of one k-vector, so the largest coordinate of all tells best.
    leading = np.repeat(sizes.argmax(axis=0), counts)
    pairs = np.arange(terms.shape[1])
    lead, doubt = terms[leading, pairs], errors[leading, pairs]
    weights = Enclosure(np.abs(lead), doubt)
    lost = ~(weights.value > doubt) & (np.repeat(counts, counts) > 1)
    errors[:, lost] += np.abs(terms[:, lost])
    terms *= np.where(lost, 0.0, np.where(lead < 0.0, -1.0, 1.0))
    value = np.add.reduceat(terms, starts, axis=1)
    error = np.add.reduceat(errors, starts, axis=1) + gamma(1) * counts * sizes
    return value, error * (1.0 + gamma(1) * (counts + 8)), weights


def _lengths(value: Floats, error: Floats, divisor: int) -> Enclosure:
    """Return the Euclidean lengths of vectors, the columns, divided by a whole number."""
    if not value.shape[1]:
        return Enclosure.exact(np.zeros(0))
    length, slack = _norms(value), _norms(error)
    result = length / divisor
    # Relative roundings of C terms: 3 in each square, C - 1 in the sum, half of that in the root, and 3 more.
    bound = (slack + gamma(len(value) // 2 + 3) * length) / divisor * (1.0 + gamma(len(value) + 8)) + 4.0 * TINY
    known = np.isfinite(result) & np.isfinite(bound)
    return Enclosure(np.where(known, result, np.inf), np.where(known, bound, np.inf))


def _norms(vectors: Floats) -> Floats:
    """Return Euclidean norms of columns, scaled so that squares stay within the range of floats."""
    sizes = np.abs(vectors)
    largest = sizes.max(axis=0)
    largest[largest == 0.0] = 1.0
    norms: Floats = largest * np.sqrt(np.square(sizes / largest).sum(axis=0))
    return norms
