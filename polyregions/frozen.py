"""Values that do not change: read-only arrays, and copies that hold no more than the fields."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from numpy.typing import NDArray
from scipy.sparse import csr_array

Matrix = TypeVar("Matrix", bound=csr_array)
Array = TypeVar("Array", bound=NDArray[Any])


def frozen(array: Array) -> Array:
    """Make an array read-only, and return it."""
    array.setflags(write=False)
    return array


def frozen_matrix(matrix: Matrix) -> Matrix:
    """Make a sparse matrix read-only, and return it."""
    for array in (matrix.data, matrix.indices, matrix.indptr):
        array.setflags(write=False)
    return matrix


class Frozen:
    """A dataclass whose copies and pickles hold its fields, and not what it has computed from them."""

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields."""
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the fields, and freeze the arrays among them again."""
        self.__dict__.update(state)
        check = getattr(self, "__post_init__", None)
        if check is not None:
            check()
