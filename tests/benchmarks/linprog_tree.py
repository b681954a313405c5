"""Counting regions as one would in an afternoon: a tree of linear programs with scipy, decided by tolerance."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

TOLERANCE = 1e-9
Array = NDArray[np.float64]


@dataclass
class LinprogTree:
    """Depth-first over the hidden units of a ReLU network on a box, one linear program for each unit and sign.

    Parameters
    ----------
    weights, biases : sequences of arrays
        Weights are (out, in); the last layer is the output and has no units.
    lower, upper : float
        The box, the same in all coordinates.
    deadline : float
        When to give up with a TimeoutError, on the clock of `time.perf_counter`.
    """

    weights: Sequence[Array]
    biases: Sequence[Array]
    lower: float = -1.0
    upper: float = 1.0
    deadline: float = math.inf
    patterns: list[list[int]] = field(default_factory=list)
    programs: int = 0

    def run(self) -> list[list[int]]:
        dim = self.weights[0].shape[1]
        self._layer(0, np.eye(dim), np.zeros(dim), [], [], [])
        return self.patterns

    def _layer(
        self, layer: int, slope: Array, shift: Array, rows: list[Array], ends: list[float], pattern: list[int]
    ) -> None:
        """Enter a layer whose input is ``slope @ x + shift`` on the cell ``rows @ x <= ends``."""
        if layer == len(self.weights) - 1:
            self.patterns.append(pattern)
            return
        matrix = self.weights[layer] @ slope
        vector = self.weights[layer] @ shift + self.biases[layer]
        self._unit(layer, 0, matrix, vector, rows, ends, pattern)

    def _unit(
        self,
        layer: int,
        unit: int,
        matrix: Array,
        vector: Array,
        rows: list[Array],
        ends: list[float],
        pattern: list[int],
    ) -> None:
        if unit == len(vector):
            active = np.array(pattern[len(pattern) - unit :], dtype=float)
            self._layer(layer + 1, matrix * active[:, None], vector * active, rows, ends, pattern)
            return
        norm = np.linalg.norm(matrix[unit])
        if norm < TOLERANCE:
            self._unit(layer, unit + 1, matrix, vector, rows, ends, [*pattern, int(vector[unit] > TOLERANCE)])
            return
        row, end = matrix[unit] / norm, vector[unit] / norm
        for sign in (0, 1):
            new_rows = [*rows, row if sign == 0 else -row]
            new_ends = [*ends, -end if sign == 0 else end]
            if self._has_interior(new_rows, new_ends):
                self._unit(layer, unit + 1, matrix, vector, new_rows, new_ends, [*pattern, sign])

    def _has_interior(self, rows: list[Array], ends: list[float]) -> bool:
        """Maximise t such that every row has slack t."""
        if time.perf_counter() > self.deadline:
            raise TimeoutError
        self.programs += 1
        dim = len(rows[0])
        result = linprog(
            np.append(np.zeros(dim), -1.0),
            A_ub=np.column_stack([np.array(rows), np.ones(len(rows))]),
            b_ub=np.array(ends),
            bounds=[(self.lower, self.upper)] * dim + [(None, 1.0)],
            method="highs",
        )
        return bool(result.status == 0 and -result.fun > TOLERANCE)
