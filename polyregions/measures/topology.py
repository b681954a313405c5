"""Betti numbers of subcomplexes: how many pieces, tunnels and cavities they have."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from polyregions.complexes import CellComplex, Subcomplex
from polyregions.measures.gf2 import free_pairs, independent_rows

Mask = NDArray[np.bool_]


def betti_numbers(subcomplex: Subcomplex, relative_to: Subcomplex | None = None) -> tuple[int, ...]:
    """Return the Betti numbers over GF(2), of a subcomplex or of a pair.

    Parameters
    ----------
    subcomplex : Subcomplex
    relative_to : Subcomplex, optional
        A part of `subcomplex` that counts as shrunk to a point, such as ``subcomplex.on_domain_boundary()``.

    Returns
    -------
    tuple of int
        The dimensions of the homology groups ``b_0, ..., b_d`` for the dimension d of `subcomplex`; empty for the
        empty one.  ``b_0`` is the number of pieces, or of those that do not meet `relative_to`.

    Raises
    ------
    ValueError
        `relative_to` is not a part of `subcomplex`.

    Notes
    -----
    ``b_k`` is the number of k-faces minus the ranks of the boundary maps from and to them, which are exact.  First,
    faces with a facet that bounds nothing else are taken away together with it, again and again; that keeps the
    homotopy type.  Then, from the vertices upwards, faces with independent boundaries are set aside; the next boundary
    map may leave them out, because no sum of them is a cycle.  Nearly all elimination then needs no arithmetic, and
    600,000 faces take less than a second.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> complex_ = pr.build_complex(net, pr.Polytope.box(-1, 1, dim=2))
    >>> whole, circle = Subcomplex.whole(complex_), Subcomplex.domain_boundary(complex_)
    >>> betti_numbers(whole), betti_numbers(circle), betti_numbers(whole, relative_to=circle)
    ((1, 0, 0), (1, 1), (0, 0, 1))
    """
    faces = [part.copy() for part in subcomplex.faces[: subcomplex.dim + 1]]
    if relative_to is not None:
        if not relative_to.is_within(subcomplex):
            raise ValueError("Betti numbers are relative to a part of the subcomplex; intersect the two first")
        faces = [part & ~shrunk for part, shrunk in zip(faces, relative_to.faces, strict=False)]
    if not faces:
        return ()
    complex_ = subcomplex.complex
    _collapse(complex_, faces)
    independent, ranks = _vertices_of_pieces(complex_, faces), [0]
    for k in range(1, len(faces)):
        facets = faces[k - 1].copy()
        facets[independent] = False
        independent = np.flatnonzero(faces[k])[independent_rows(_boundary(complex_, k, faces[k], facets))]
        ranks.append(len(independent))
    return tuple(int(part.sum()) - sum(pair) for part, pair in zip(faces, pairwise([*ranks, 0]), strict=True))


def _collapse(complex_: CellComplex, faces: list[Mask]) -> None:
    """Take away facets that bound only one face, together with that face, from the largest dimension downwards."""
    for k in range(len(faces) - 1, 0, -1):
        rows, columns = free_pairs(_boundary(complex_, k, faces[k], faces[k - 1]))
        faces[k][np.flatnonzero(faces[k])[rows]] = False
        faces[k - 1][np.flatnonzero(faces[k - 1])[columns]] = False


def _vertices_of_pieces(complex_: CellComplex, faces: list[Mask]) -> NDArray[np.int64]:
    """Return a vertex of each connected component, except for those with an edge that lacks a vertex."""
    vertices = np.flatnonzero(faces[0])
    if len(faces) == 1:
        return vertices
    edges = _boundary(complex_, 1, faces[1], faces[0])
    ends = np.diff(edges.indptr)
    count, labels = connected_components(edges.T @ edges.astype(np.int32), directed=False)
    first = np.full(count, -1, dtype=np.int64)
    first[labels[::-1]] = vertices[::-1]
    first[labels[edges[ends == 1].indices]] = -1
    return first[first >= 0]


def _boundary(complex_: CellComplex, k: int, faces: Mask, facets: Mask) -> csr_array:
    """Return the part of a boundary matrix that belongs to some k-faces and some of their facets."""
    return csr_array(complex_.boundary(k)[np.flatnonzero(faces)][:, np.flatnonzero(facets)])
