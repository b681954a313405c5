"""Bit masks of hyperplanes, and lists of vertices in compressed rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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


def take_rows(
    starts: NDArray[np.int64], members: NDArray[np.int32], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return some compressed rows, in the order asked for; row r is ``members[starts[r]:starts[r + 1]]``."""
    lengths = np.diff(starts)[rows]
    ends = np.concatenate([[0], np.cumsum(lengths)])
    return ends, members[np.repeat(starts[rows] - ends[:-1], lengths) + np.arange(ends[-1])]
