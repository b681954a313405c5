"""Ranks and Betti numbers over GF(2) by plain elimination on whole numbers as bit vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from polyregions.complexes import Subcomplex


def rank(matrix: Any) -> int:
    """The rank of a matrix of zeros and ones."""
    bits = [sum(1 << int(column) for column in np.flatnonzero(row)) for row in np.asarray(matrix)]
    pivots: dict[int, int] = {}
    for row in bits:
        while row and row.bit_length() in pivots:
            row ^= pivots[row.bit_length()]  # noqa: PLW2901
        if row:
            pivots[row.bit_length()] = row
    return len(pivots)


def betti_numbers(subcomplex: Subcomplex, relative_to: Subcomplex | None = None) -> tuple[int, ...]:
    """Numbers of faces minus ranks of boundary matrices."""
    faces = list(subcomplex.faces)
    if relative_to is not None:
        faces = [part & ~shrunk for part, shrunk in zip(faces, relative_to.faces, strict=True)]
    faces = faces[: subcomplex.dim + 1]
    matrices = [subcomplex.complex.boundary(k).toarray() for k in range(1, len(faces))]
    inner = [rank(matrix[faces[k]][:, faces[k - 1]]) for k, matrix in enumerate(matrices, start=1)]
    ranks = [0, *inner, 0]
    return tuple(int(part.sum()) - ranks[k] - ranks[k + 1] for k, part in enumerate(faces))
