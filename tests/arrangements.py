"""How many faces of each dimension an arrangement of hyperplanes has: by theorem, and from its flats.

All formulas count relatively open faces in the whole space; in a convex domain with all minimal flats in its interior
the faces that meet the interior are as many.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from problems import Problem

PRIME = 2**29 - 3
"""Larger than any minor of the rows here, so ranks modulo this prime are the rational ones."""


def rows_of(problem: Problem) -> NDArray[np.int64]:
    """The hyperplanes (a, c) of a problem with one hidden layer of whole numbers."""
    layer = problem.network.layers[0]
    rows = np.column_stack([layer.weights, layer.bias])
    assert (rows == np.round(rows)).all()
    bound = math.prod(sorted(np.linalg.norm(np.unique(np.abs(rows), axis=0), axis=1))[-rows.shape[1] :])
    assert bound < PRIME  # Hadamard's bound of all minors
    return rows.astype(np.int64)


def face_counts(rows: NDArray[np.int64]) -> tuple[int, ...]:
    """Zaslavsky (1975): the regions of an arrangement are as many as the sum of |mu| over its flats.

    A k-face is a region of the arrangement that the others make in a flat of dimension k.  The matrix of all mu(X, Y)
    is the inverse of that of the order, which is triangular and whole-numbered.
    """
    dim = rows.shape[1] - 1
    layers = flats(rows)
    masks = np.array([mask for layer in layers for mask in layer], dtype=object)
    codims = [codim for codim, layer in enumerate(layers) for _ in layer]
    order = np.array([[float(x & y == x) for y in masks] for x in masks])
    regions = np.abs(np.rint(np.linalg.inv(order))).sum(axis=1).astype(int)
    assert np.array_equal(np.rint(np.linalg.inv(order)) @ order, np.eye(len(masks)))
    counts = [0] * (dim + 1)
    for codim, number in zip(codims, regions.tolist(), strict=True):
        counts[dim - codim] += number
    return tuple(counts)


def flats(rows: NDArray[np.int64]) -> list[set[int]]:
    """The flats of each codimension, as sets of hyperplanes: bits of a whole number."""
    found: list[dict[int, NDArray[np.int64]]] = [{0: rows % PRIME}]
    while found[-1]:
        deeper: dict[int, NDArray[np.int64]] = {}
        for mask, residuals in found[-1].items():
            for own, smaller in cuts(residuals):
                deeper.setdefault(mask | own, smaller)
        found.append(deeper)
    return [set(layer) for layer in found[:-1]]


def cuts(residuals: NDArray[np.int64]) -> list[tuple[int, NDArray[np.int64]]]:
    """The flats that the hyperplanes cut out of one: which contain it, and all rows reduced by it."""
    groups: dict[bytes, list[int]] = {}
    scaled = np.zeros_like(residuals)
    for number, row in enumerate(residuals):
        if row[:-1].any():
            scaled[number] = row * pow(int(row[np.flatnonzero(row)[0]]), -1, PRIME) % PRIME
            groups.setdefault(scaled[number].tobytes(), []).append(number)
    result = []
    for members in groups.values():
        row = scaled[members[0]]
        pivot = np.flatnonzero(row)[0]
        reduced = (residuals - residuals[:, pivot : pivot + 1] * row) % PRIME
        result.append((sum(1 << number for number in members), reduced))
    return result


# Theorems.


@cache
def stirling(n: int, k: int) -> int:
    """Partitions of n things into k blocks."""
    if n == k:
        return 1
    return 0 if k in (0, n + 1) or k > n else k * stirling(n - 1, k) + stirling(n - 1, k - 1)


@cache
def partitions(n: int, k: int, singletons: int) -> int:
    """Partitions of n things into k blocks, just so many of them of size 1."""
    if singletons:
        rest = partitions(n - singletons, k - singletons, 0) if singletons <= min(n, k) else 0
        return math.comb(n, singletons) * rest
    return sum((-1) ** i * math.comb(n, i) * stirling(n - i, k - i) for i in range(min(n, k) + 1))


def generic(m: int, d: int) -> tuple[int, ...]:
    return tuple(math.comb(m, d - k) * sum(math.comb(m - d + k, i) for i in range(k + 1)) for k in range(d + 1))


def boolean(n: int) -> tuple[int, ...]:
    return tuple(math.comb(n, k) * 2**k for k in range(n + 1))


def braid(n: int) -> tuple[int, ...]:
    """Ordered partitions."""
    return tuple(math.factorial(k) * stirling(n, k) for k in range(n + 1))


def type_b(n: int) -> tuple[int, ...]:
    """Ordered partitions with signs, and a block of zeros."""
    return tuple(
        math.factorial(k) * sum(math.comb(n, i) * 2**i * stirling(i, k) for i in range(k, n + 1)) for k in range(n + 1)
    )


def type_d(n: int) -> tuple[int, ...]:
    """As type B, but a single zero is no flat; without zeros, blocks of one may have any sign together.

    In a flat without zeros, with k blocks of which j are single, the arrangement has the exponents 1, 3, ..., 2 k - 3
    and 2 k - j - 1.
    """
    counts = []
    for k in range(n + 1):
        zeros = sum(math.comb(n, i) * 2**i * math.factorial(k) * stirling(i, k) for i in range(k, n + 1) if n - i >= 2)
        plain = sum(
            partitions(n, k, j) * 2 ** (n - k) * 2 ** (k - 1) * math.factorial(k - 1) * (2 * k - j)
            for j in range(k + 1)
            if k
        )
        counts.append(zeros + plain)
    return tuple(counts)


def shi(n: int) -> tuple[int, ...]:
    """Athanasiadis (1996)."""
    return tuple(
        math.comb(n, k) * sum((-1) ** i * math.comb(n - k, i) * (n - i + 1) ** (n - 1) for i in range(n - k + 1))
        for k in range(n + 1)
    )


FORMULAS = {
    "boolean": boolean,
    "braid": braid,
    "type-B": type_b,
    "type-D": type_d,
    "shi": shi,
}

TABLE: dict[str, Sequence[int]] = {
    "generic-5-in-2d": (10, 25, 16),
    "generic-6-in-3d": (20, 75, 96, 42),
    "generic-5-in-4d": (5, 30, 70, 75, 31),
    "braid-4": (0, 1, 14, 36, 24),
    "type-B-3": (1, 26, 72, 48),
    "type-D-3": (1, 14, 36, 24),
    "shi-3": (0, 6, 21, 16),
    "shi-4": (0, 24, 144, 244, 125),
    "catalan-3": (0, 13, 42, 30),
    "linial-3": (0, 3, 9, 7),
    "resonance-2": (1, 6, 6),
    "resonance-3": (1, 18, 48, 32),
    "resonance-4": (1, 90, 480, 760, 370),
    "threshold-1": (1, 4, 4),
    "threshold-2": (1, 12, 24, 14),
    "threshold-3": (1, 40, 192, 256, 104),
}
"""Values found by deletion and restriction."""


def known_counts(problem: Problem) -> tuple[int, ...] | None:
    """The face counts that a theorem or the table gives; None if neither does."""
    name = problem.name.removesuffix("-shuffled")
    family, _, size = name.rpartition("-")
    if name in TABLE:
        return tuple(TABLE[name])
    if name.startswith("generic"):
        _, m, _, d = name.split("-")
        return generic(int(m), int(d[:-1]))
    return FORMULAS[family](int(size)) if family in FORMULAS else None
