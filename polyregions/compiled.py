"""Compiling inner loops with numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function when it is first called; keep the result on disk where there is a place for it.

    Floats follow IEEE 754: nothing is reordered, and a division by zero gives infinity or NaN.
    """
    try:
        return cast(Callable[P, R], numba.njit(function, cache=True, nogil=True, error_model="numpy"))
    except RuntimeError:  # numba finds no folder that it may write to
        return cast(Callable[P, R], numba.njit(function, nogil=True, error_model="numpy"))
