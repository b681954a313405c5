"""Batch normalisation at inference."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.errors import InvalidNetwork
from polyregions.networks.layer import exact_floats
from polyregions.networks.operators.shapes import axis_number
from polyregions.networks.tensor import Tensor


def batch_norm(
    x: Tensor,
    mean: ArrayLike,
    variance: ArrayLike,
    scale: ArrayLike | None = None,
    shift: ArrayLike | None = None,
    eps: float = 1e-5,
    axis: int = 1,
) -> Tensor:
    """Normalise every channel by a stored mean and variance.

    Parameters
    ----------
    x : Tensor
    mean, variance : array_like, shape (channels,)
    scale, shift : array_like, shape (channels,), optional
    eps : float
    axis : int
        The axis of the channels.

    Raises
    ------
    InvalidNetwork
        Lengths do not fit, or a variance plus `eps` is not positive.

    Notes
    -----
    First ``x - mean``, which rounds nothing, then times the float nearest to ``scale / sqrt(variance + eps)``, then
    plus `shift`.  That constant is rounded once, correctly; it is the only number here that is not a stored one.

    Examples
    --------
    >>> from polyregions.networks.tensor import inputs
    >>> x, = inputs((1, 2))
    >>> batch_norm(x, mean=[1.0, 0.0], variance=[4.0, 0.25], scale=[3.0, 1.0], eps=0.0).network()([5.0, 1.0])
    array([6., 2.])
    """
    number = axis_number(axis, len(x.shape))
    channels = x.shape[number]

    def spread(values: ArrayLike | None, what: str, default: float) -> NDArray[np.float64]:
        numbers = exact_floats(np.full(channels, default) if values is None else values, f"the {what} of batch_norm", 1)
        if len(numbers) != channels:
            raise InvalidNetwork(f"batch_norm of {channels} channels needs a {what} of that length, got {len(numbers)}")
        return numbers

    centre, spreads = spread(mean, "mean", 0.0), spread(variance, "variance", 1.0)
    sizes, offset = spread(scale, "scale", 1.0), spread(shift, "shift", 0.0)
    extra = float(exact_floats(eps, "the eps of batch_norm", 0))
    factors = np.array([nearest_quotient(s, v, extra) for s, v in zip(sizes.tolist(), spreads.tolist(), strict=True)])
    along = [channels if axis_ == number else 1 for axis_ in range(len(x.shape))]
    return x.shifted(-centre.reshape(along)).scaled(factors.reshape(along)).shifted(offset.reshape(along))


def nearest_quotient(scale: float, variance: float, eps: float) -> float:
    """Return the float nearest to ``scale / sqrt(variance + eps)``.

    Raises
    ------
    InvalidNetwork
        ``variance + eps`` is not positive, or the quotient is too large for floats.

    Notes
    -----
    An integer square root gives at least 55 leading bits and whether any follow; then one correct rounding.

    Examples
    --------
    >>> nearest_quotient(1.0, 2.0, 0.0) == 0.5**0.5
    True
    """
    total = Fraction(variance) + Fraction(eps)
    if total <= 0:
        raise InvalidNetwork(f"batch_norm needs a positive variance + eps, got {variance!r} + {eps!r}")
    square = Fraction(scale) ** 2 / total
    top, bottom = square.numerator, square.denominator
    exponent = 56 - (top.bit_length() - bottom.bit_length()) // 2
    top, bottom = (top << 2 * exponent, bottom) if exponent > 0 else (top, bottom << -2 * exponent)
    root = math.isqrt(top // bottom)
    digits = 2 * root + (root * root * bottom != top)  # the last digit tells whether the root goes on
    try:
        size = digits / (1 << (exponent + 1)) if exponent >= -1 else float(digits << (-exponent - 1))
    except OverflowError:
        raise InvalidNetwork(
            f"batch_norm needs constants that floats can hold; {scale!r} / sqrt({total}) is not"
        ) from None
    return math.copysign(size, scale)
