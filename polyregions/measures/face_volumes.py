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
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.arithmetic import Enclosure
from polyregions.arithmetic.enclosure import QUIET, TINY, gamma
from polyregions.complexes import CellComplex

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
    share = len(chosen) / max(complex_.f_vector()[k], 1)
    largest = max(count * math.comb(complex_.dim, j) for j, count in enumerate(complex_.f_vector()[: k + 1]))
    runs = np.array_split(chosen, max(1, math.ceil(largest * share / ENTRIES)))
    parts = [_lengths(*_vectors(complex_, k, run), math.factorial(k)) for run in runs]
    return Enclosure(np.concatenate([part.value for part in parts]), np.concatenate([part.error for part in parts]))


def _vectors(complex_: CellComplex, k: int, faces: Numbers) -> tuple[Floats, Floats]:
    """Return k! times the k-vectors of faces, oriented somehow, and bounds: two arrays of shape (C(n, k), faces)."""
    if k == 0:
        return np.ones((1, len(faces))), np.zeros((1, len(faces)))
    starts, facets = _opposite_facets(complex_, k, faces)
    needed = np.zeros(complex_.f_vector()[k - 1], dtype=np.bool_)
    needed[facets] = True
    parts = Enclosure(*_vectors(complex_, k - 1, np.flatnonzero(needed)))
    place = (np.cumsum(needed) - 1)[facets]
    feet, tips = apexes(complex_, k - 1)[facets], np.repeat(apexes(complex_, k)[faces], np.diff(starts))
    value, error = np.empty((2, math.comb(complex_.dim, k), len(faces)))
    breaks = np.flatnonzero(np.diff(starts[:-1] // PAIRS)) + 1
    for begin, end in itertools.pairwise([0, *breaks.tolist(), len(faces)]):
        run = slice(starts[begin], starts[end])
        step, slack = _differences(complex_.coordinates, feet[run], tips[run])
        terms, errors = _wedge(wedge_table(complex_.dim, k), step, slack, parts[:, place[run]])
        sums = _oriented_sums(starts[begin : end + 1] - starts[begin], terms, errors)
        value[:, begin:end], error[:, begin:end] = sums
    return value, error


def _opposite_facets(complex_: CellComplex, k: int, faces: Numbers) -> tuple[Numbers, Vertices]:
    """Return the facets of faces that do not contain their apexes, face after face, as compressed rows."""
    facets = complex_.boundary(k)[faces]
    tips = np.repeat(apexes(complex_, k)[faces], np.diff(facets.indptr))
    opposite = apexes(complex_, k - 1)[facets.indices] != tips
    return np.concatenate([[0], np.cumsum(opposite)])[facets.indptr], facets.indices[opposite]


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


def _oriented_sums(starts: Numbers, terms: Floats, errors: Floats) -> tuple[Floats, Floats]:
    """Add up the terms of every face after turning them all to one side; its terms end where the next one's start."""
    counts, starts = np.diff(starts), starts[:-1]
    if terms.shape[1] == len(starts):
        return terms, errors
    sizes = np.add.reduceat(np.abs(terms), starts, axis=1)
    # The terms of a face are multiples of one k-vector, so the largest coordinate of all tells best.
    leading = np.repeat(sizes.argmax(axis=0), counts)
    pairs = np.arange(terms.shape[1])
    lead, doubt = terms[leading, pairs], errors[leading, pairs]
    lost = ~(np.abs(lead) > doubt) & (np.repeat(counts, counts) > 1)
    errors[:, lost] += np.abs(terms[:, lost])
    terms *= np.where(lost, 0.0, np.where(lead < 0.0, -1.0, 1.0))
    value = np.add.reduceat(terms, starts, axis=1)
    error = np.add.reduceat(errors, starts, axis=1) + gamma(1) * counts * sizes
    return value, error * (1.0 + gamma(1) * (counts + 8))


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
