"""The signs of all switches at points, certain whatever the rounding; and just beside a point.

The sign of a switch is that of the unit's value before activation minus the breakpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.arithmetic import UNDECIDED, Enclosure, Rational, RationalMatrix, rational, to_fraction
from polyregions.arithmetic.enclosure import QUIET
from polyregions.errors import DimensionMismatch, InvalidNetwork
from polyregions.networks.affine import exact_layers
from polyregions.networks.network import Layer, Network, exact_floats


def check_points(network: Network, points: ArrayLike) -> NDArray[np.float64]:
    """Return points as an array of shape (N, n), or say what is wrong with them."""
    try:
        array = exact_floats(points, "points", 2)
    except InvalidNetwork as error:
        raise DimensionMismatch(f"{error}; points of this network have shape (N, {network.input_dim})") from None
    if array.shape[1] != network.input_dim:
        raise DimensionMismatch(f"points of this network have shape (N, {network.input_dim}), got {array.shape}")
    return array


@QUIET
def enclosed_signs(network: Network, points: Enclosure) -> NDArray[np.int8]:
    """Return the signs of all switches that hold on the whole of each given box.

    Parameters
    ----------
    network : Network
    points : Enclosure, shape (N, n)
        Boxes ``value +- error``; points if the error is zero.

    Returns
    -------
    numpy.ndarray of int8, shape (N, n_switches)
        -1, 0, 1, or `UNDECIDED`.
    """
    outputs = [Enclosure(points.value.T, points.error.T)]
    signs = []
    for layer in network.layers:
        sources = [outputs[source] for source in layer.sources or ()]
        joined = Enclosure(
            np.concatenate([source.value for source in sources]),
            np.concatenate([source.error for source in sources]),
        )
        values = joined.transform(layer.weights, layer.bias[:, None])
        if layer.n_switches:
            signs.append(layer_signs(layer, values))
        outputs.append(layer.activation.enclose(values))
    if not signs:
        return np.zeros((len(points.value), 0), dtype=np.int8)
    return np.concatenate(signs).T


def layer_signs(layer: Layer, values: Enclosure) -> NDArray[np.int8]:
    """Signs of ``value - breakpoint`` for every switch of a layer.

    The subtraction rounds, but rounding is monotonic: a difference that is larger than the bound in floats is larger
    exactly, and one that is zero in floats is zero.
    """
    shifted = [Enclosure(values.value - b, values.error) for b in layer.activation.breakpoints]
    return np.stack([part.sign() for part in shifted], axis=1).reshape(layer.n_switches, -1)


class ExactEvaluation:
    """A network evaluated in rationals at one point, layer by layer as far as anyone asks.

    Parameters
    ----------
    network : Network
    point : sequence of Rational, length n
    """

    def __init__(self, network: Network, point: Sequence[Rational]) -> None:
        self.network, self.point = network, list(point)
        self._outputs = [RationalMatrix(len(point), 1, self.point)]
        self._before: list[RationalMatrix] = []

    def before(self, index: int) -> RationalMatrix:
        """Return the values of layer `index` (from 0) before activation, shape (units, 1)."""
        exact = exact_layers(self.network)
        while len(self._before) <= index:
            number = len(self._before)
            if number:
                self._outputs.append(_activate_values(self.network.layers[number - 1], self._before[-1]))
            self._before.append(exact.preactivations(number, self._outputs, 0))
        return self._before[index]


def exact_values(network: Network, point: Sequence[Any]) -> list[RationalMatrix]:
    """Return every layer's values before activation at a point, in rationals.

    Parameters
    ----------
    network : Network
    point : sequence of numbers, length n
        Floats, fractions or rationals.

    Returns
    -------
    list of RationalMatrix, shapes (units, 1)
        One for each layer.
    """
    evaluation = ExactEvaluation(network, [rational(number) for number in point])
    return [evaluation.before(index) for index in range(len(network.layers))]


def _activate_values(layer: Layer, values: RationalMatrix) -> RationalMatrix:
    kinks = [rational(b) for b in layer.activation.breakpoints]
    slopes = [rational(slope) for slope in layer.activation.slopes]
    numbers = []
    for value in values.entries():
        piece = sum(value > kink for kink in kinks)
        numbers.append(slopes[piece] * value + layer.activation.constants[piece])
    return RationalMatrix(len(numbers), 1, numbers)


def evaluate_exactly(network: Network, point: Sequence[Any]) -> list[Fraction]:
    """Return the network's exact output at a point.

    Parameters
    ----------
    network : Network
    point : sequence of numbers, length n
        Floats, fractions or rationals, taken as exact.

    Returns
    -------
    list of fractions.Fraction, length output_dim

    Raises
    ------
    DimensionMismatch
        The point does not have n coordinates, or they are not finite numbers.

    Examples
    --------
    >>> net = Network.from_arrays([[[1.0]], [[3.0]]], [[0.0], [0.0]])
    >>> evaluate_exactly(net, [Fraction(1, 7)])
    [Fraction(3, 7)]
    """
    if len(point) != network.input_dim:
        raise DimensionMismatch(f"the network has {network.input_dim} inputs, got a point of {len(point)} coordinates")
    try:
        exact_point = [rational(number) for number in point]
    except ValueError as error:
        raise DimensionMismatch(f"a point needs finite coordinates: {error}") from None
    last = exact_values(network, exact_point)[-1]
    return [to_fraction(number) for number in _activate_values(network.layers[-1], last).entries()]


def exact_signs(network: Network, point: Sequence[Any]) -> NDArray[np.int8]:
    """Return the signs of all switches at one point, decided in rationals; shape (n_switches,)."""
    signs = [
        _sign(value - rational(b))
        for layer, values in zip(network.layers, exact_values(network, point), strict=True)
        for value in values.entries()
        for b in layer.activation.breakpoints
    ]
    return np.array(signs, dtype=np.int8)


def switch_signs(network: Network, points: ArrayLike) -> NDArray[np.int8]:
    """Return the signs of all switches at points, exactly.

    Parameters
    ----------
    network : Network
    points : array_like, shape (N, n)
        Floats, taken as exact.

    Returns
    -------
    numpy.ndarray of int8, shape (N, n_switches)
        -1, 0 or 1.

    Raises
    ------
    DimensionMismatch
        The points have another shape, are not finite, or would change in float64.

    Notes
    -----
    Floats with error bounds first; only the points at which a sign is undecided are evaluated in rationals.

    Examples
    --------
    >>> net = Network.from_arrays([[[3.0], [1.0]], [[1.0, 1.0]]], [[-0.3, 0.0], [0.0]])
    >>> switch_signs(net, [[0.1], [0.0]])  # 3 times the float 0.1 is a little more than the float 0.3
    array([[ 1,  1],
           [-1,  0]], dtype=int8)
    """
    array = check_points(network, points)
    signs = enclosed_signs(network, Enclosure.exact(array))
    for index in np.flatnonzero((signs == UNDECIDED).any(axis=1)):
        signs[index] = exact_signs(network, array[index].tolist())
    return signs


def signs_beside(network: Network, point: Sequence[Rational], direction: Sequence[Rational]) -> NDArray[np.int8]:
    """Return the signs of all switches at ``point + epsilon * direction`` for every small enough epsilon > 0.

    Parameters
    ----------
    network : Network
    point, direction : sequence of Rational, length n

    Returns
    -------
    numpy.ndarray of int8, shape (n_switches,)
        Zero where the switch vanishes on the whole short segment.

    Notes
    -----
    Carries pairs (value, derivative) through the network in rationals and compares them lexicographically, so that
    coincident walls, units that touch zero, and units that vanish identically need no special case.

    Examples
    --------
    >>> net = Network.from_arrays([[[1.0], [-1.0]], [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> signs_beside(net, [rational(0)], [rational(1)])
    array([ 1, -1], dtype=int8)
    """
    exact = exact_layers(network)
    entries = [rational(number) for pair in zip(direction, point, strict=True) for number in pair]
    outputs = [RationalMatrix(len(point), 2, entries)]  # columns: derivative, value
    signs: list[int] = []
    for index, layer in enumerate(network.layers):
        pairs = exact.preactivations(index, outputs, 1)
        after = RationalMatrix(layer.width, 2)
        for unit in range(layer.width):
            slope, value = pairs[unit, 0], pairs[unit, 1]
            unit_signs = [_sign(value - rational(b)) or _sign(slope) for b in layer.activation.breakpoints]
            piece = unit_signs.count(1)
            factor = rational(layer.activation.slopes[piece])
            after[unit, 0] = factor * slope
            after[unit, 1] = factor * value + layer.activation.constants[piece]
            signs += unit_signs
        outputs.append(after)
    return np.array(signs, dtype=np.int8)


def _sign(number: Rational) -> int:
    return int(number > 0) - int(number < 0)
