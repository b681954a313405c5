"""Sums, products with constants, and linear maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from polyregions.errors import InvalidNetwork, UnsupportedLayer
from polyregions.networks.layer import exact_floats
from polyregions.networks.operators.shapes import Axes, axis_numbers, broadcast, refusing
from polyregions.networks.tensor import Tensor

Operand = Tensor | ArrayLike


def common_shape(shapes: Sequence[tuple[int, ...]], what: str) -> tuple[int, ...]:
    """Return the shape that all are broadcast to, as in numpy."""
    with refusing(f"{what} needs shapes that fit together, got {', '.join(map(str, shapes))}"):
        return np.broadcast_shapes(*shapes)


def constant_array(numbers: ArrayLike, what: str) -> NDArray[np.float64]:
    """Convert a constant operand to floats without changing any number."""
    return exact_floats(numbers, f"a constant of {what}", np.ndim(numbers))


def _tensor_first(a: Operand, b: Operand, what: str) -> tuple[Tensor, ArrayLike]:
    """Return the operand that is a tensor, then the constant."""
    if isinstance(a, Tensor):
        return a, b  # type: ignore[return-value]
    if isinstance(b, Tensor):
        return b, a
    raise InvalidNetwork(f"{what} needs at least one tensor, got two constants")


def _with_constant(x: Tensor, constant: ArrayLike, what: str) -> tuple[Tensor, NDArray[np.float64]]:
    """Broadcast a tensor to the shape it gets with a constant."""
    numbers = constant_array(constant, what)
    shape = common_shape([x.shape, numbers.shape], what)
    return broadcast(x, shape), numbers


def add(a: Operand, b: Operand) -> Tensor:
    """Add tensors, or a tensor and a constant, broadcast as in numpy.

    Examples
    --------
    >>> from polyregions.networks.tensor import inputs
    >>> x, y = inputs((1, 2), (1, 1))
    >>> add(add(x, y), [10.0, 20.0]).network()([1.0, 2.0, 3.0])
    array([14., 25.])
    """
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        shape = common_shape([a.shape, b.shape], "add")
        return broadcast(a, shape) + broadcast(b, shape)
    x, constant = _tensor_first(a, b, "add")
    start, numbers = _with_constant(x, constant, "add")
    return start.shifted(numbers)


def subtract(a: Operand, b: Operand) -> Tensor:
    """Subtract tensors, or a tensor and a constant in either order, broadcast as in numpy."""
    if isinstance(b, Tensor):
        return add(a, -b)
    return add(a, -constant_array(b, "subtract"))


def multiply(a: Operand, b: Operand) -> Tensor:
    """Multiply a tensor by a constant, in either order, broadcast as in numpy.

    Raises
    ------
    UnsupportedLayer
        Both are tensors.
    """
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        raise UnsupportedLayer("the product of two tensors that depend on the input is not piecewise linear")
    x, constant = _tensor_first(a, b, "multiply")
    start, numbers = _with_constant(x, constant, "multiply")
    return start.scaled(numbers)


def divide(x: Operand, constant: Operand) -> Tensor:
    """Divide a tensor by a constant, broadcast as in numpy.

    Notes
    -----
    The tensor is multiplied by the floats nearest to the reciprocals, which are exact for powers of two; each of the
    others is rounded once.

    Raises
    ------
    UnsupportedLayer
        The divisor is a tensor.
    """
    if isinstance(constant, Tensor):
        raise UnsupportedLayer("a quotient whose divisor depends on the input is not piecewise linear")
    numbers = constant_array(constant, "divide")
    with np.errstate(divide="ignore", over="ignore"):
        reciprocals = 1.0 / numbers
    if not np.isfinite(reciprocals).all():
        worst = float(numbers[~np.isfinite(reciprocals)].flat[0])
        raise InvalidNetwork(f"divide needs constants whose reciprocals are floats, got {worst!r}")
    return multiply(x, reciprocals)


def negate(x: Tensor) -> Tensor:
    """Return ``-x``."""
    return -x


def linear(x: Tensor, weights: ArrayLike, bias: ArrayLike | None = None) -> Tensor:
    """Apply ``weights @ x + bias`` to the last axis.

    Parameters
    ----------
    x : Tensor, shape (..., inputs)
    weights : array_like, shape (outputs, inputs)
    bias : array_like, shape (outputs,), optional

    Examples
    --------
    >>> from polyregions.networks.tensor import inputs
    >>> x, = inputs((1, 2))
    >>> linear(x, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [1.0, 0.0, 0.0]).network()([1.0, 1.0])
    array([ 4.,  7., 11.])
    """
    matrix = exact_floats(weights, "the weights of a linear map", 2)
    if not x.shape or matrix.shape[1] != x.shape[-1]:
        raise InvalidNetwork(
            f"linear needs weights (outputs, inputs) for the last axis of the shape {x.shape}, "
            f"got weights of shape {matrix.shape}"
        )
    offset = np.zeros(len(matrix)) if bias is None else exact_floats(bias, "the bias of a linear map", 1)
    if len(offset) != len(matrix):
        raise InvalidNetwork(f"a linear map to {len(matrix)} outputs needs a bias of that length, got {len(offset)}")
    return _products(x, x.numbers()[..., None, :], matrix, (*x.shape[:-1], len(matrix)), offset)


def matmul(a: Operand, b: Operand) -> Tensor:
    """Multiply a tensor and a constant matrix, in either order, as ``numpy.matmul`` does.

    Raises
    ------
    UnsupportedLayer
        Both are tensors.
    """
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        raise UnsupportedLayer("the matrix product of two tensors that depend on the input is not piecewise linear")
    x, _ = _tensor_first(a, b, "matmul")
    left: NDArray[Any] = a.numbers() if isinstance(a, Tensor) else constant_array(a, "matmul")
    right: NDArray[Any] = b.numbers() if isinstance(b, Tensor) else constant_array(b, "matmul")
    if not left.ndim or not right.ndim:
        raise InvalidNetwork(f"matmul needs at least one axis, got the shapes {left.shape} and {right.shape}")
    rows = left if left.ndim > 1 else left[None, :]
    columns = np.swapaxes(right, -1, -2) if right.ndim > 1 else right[None, :]
    if rows.shape[-1] != columns.shape[-1]:
        raise InvalidNetwork(f"matmul needs inner axes of the same length, got {left.shape} and {right.shape}")
    batch = common_shape([rows.shape[:-2], columns.shape[:-2]], "matmul")
    shape = (*batch, *(rows.shape[-2:-1] if left.ndim > 1 else ()), *(columns.shape[-2:-1] if right.ndim > 1 else ()))
    rows, columns = rows[..., :, None, :], columns[..., None, :, :]
    return _products(x, rows, columns, shape) if x is a else _products(x, columns, rows, shape)


def _products(
    x: Tensor,
    entries: NDArray[np.int64],
    factors: NDArray[np.float64],
    shape: tuple[int, ...],
    bias: NDArray[np.float64] | None = None,
) -> Tensor:
    """Return sums over the last axis of entries, given by different numbers, times factors, plus a bias."""
    columns, data = np.broadcast_arrays(entries, factors)
    ends = np.arange(math.prod(shape) + 1) * columns.shape[-1]
    matrix = csr_array((data.ravel(), columns.ravel(), ends), (math.prod(shape), x.size))
    offset = np.broadcast_to(0.0 if bias is None else bias, shape).ravel()
    return x.affine(matrix, offset, shape)


def grouped(x: Tensor, axes: Axes, keepdims: bool) -> tuple[NDArray[np.int64], tuple[int, ...]]:
    """Return the numbers of the entries that a reduction over axes puts together, (groups, size), and its shape."""
    chosen = axis_numbers(axes, len(x.shape))
    kept = [axis for axis in range(len(x.shape)) if axis not in chosen]
    size = math.prod(x.shape[axis] for axis in chosen)
    table = x.numbers().transpose((*kept, *chosen)).reshape(-1, size)
    if keepdims:
        return table, tuple(1 if axis in chosen else n for axis, n in enumerate(x.shape))
    return table, tuple(x.shape[axis] for axis in kept)


def total(x: Tensor, axes: Axes = None, keepdims: bool = False) -> Tensor:
    """Add all entries along axes; left out, along all."""
    table, shape = grouped(x, axes, keepdims)
    return _products(x, table.reshape(*shape, -1), np.array(1.0), shape)


def mean(x: Tensor, axes: Axes = None, keepdims: bool = False) -> Tensor:
    """Average the entries along axes; left out, along all.

    Notes
    -----
    Every entry is multiplied by the float nearest to 1/n, where n entries are averaged.
    """
    table, shape = grouped(x, axes, keepdims)
    return _products(x, table.reshape(*shape, -1), np.array(1.0 / table.shape[1]), shape)
