"""Bit masks of hyperplanes, and lists of vertices in compressed rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyregions.compiled import compiled

WORD = 64
"""Bits in a word of a mask."""


def packed(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Turn truth values, shape (rows, bits), into masks, shape (rows, words)."""
    padded = np.zeros((len(bits), -(-bits.shape[1] // WORD) * WORD), dtype=np.bool_)
    padded[:, : bits.shape[1]] = bits
    return np.packbits(padded, axis=1, bitorder="little").view("<u8").astype(np.uint64)


def unpacked(masks: NDArray[np.uint64], count: int) -> NDArray[np.bool_]:
    """Turn masks, shape (rows, words), into their first truth values, shape (rows, count)."""
    bits = np.unpackbits(masks.astype("<u8").view(np.uint8), axis=1, bitorder="little", count=count)
    return bits.astype(np.bool_)


@compiled
def take_rows(
    starts: NDArray[np.signedinteger[Any]], members: NDArray[np.int32], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return some compressed rows, in the order asked for; row r is ``members[starts[r]:starts[r + 1]]``."""
    ends = np.zeros(len(rows) + 1, dtype=np.int64)
    for i in range(len(rows)):
        ends[i + 1] = ends[i] + starts[rows[i] + 1] - starts[rows[i]]
    taken = np.empty(ends[-1], dtype=members.dtype)
    for i in range(len(rows)):
        shift = starts[rows[i]] - ends[i]
        for place in range(ends[i], ends[i + 1]):
            taken[place] = members[place + shift]
    return ends, taken


@compiled
def transposed(
    starts: NDArray[np.int32], members: NDArray[np.int32], columns: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return which rows have each member, 0 to ``columns - 1``, as compressed rows, ascending."""
    ends = np.zeros(columns + 1, dtype=np.int32)
    for member in members:
        ends[member + 1] += 1
    for column in range(columns):
        ends[column + 1] += ends[column]
    place, rows = ends[:-1].copy(), np.empty(len(members), dtype=np.int32)
    for row in range(len(starts) - 1):
        for member in members[starts[row] : starts[row + 1]]:
            rows[place[member]] = row
            place[member] += 1
    return ends, rows
