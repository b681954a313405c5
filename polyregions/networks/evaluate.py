"""The signs of all switches at points, certain whatever the rounding; and just beside a point.

The sign of a switch is that of a row minus a breakpoint, or of a candidate minus the maximum of its group.
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
from polyregions.networks.affine import exact_layers, joined
from polyregions.networks.layer import exact_floats
from polyregions.networks.network import Network


def check_points(network: Network, points: ArrayLike) -> NDArray[np.float64]:
    """Return points as an array of shape (N, n), or say what is wrong with them."""
    try:
        array = exact_floats(points, "points", 2)
    except InvalidNetwork as error:
        raise DimensionMismatch(f"{error}; points of this network have shape (N, {network.input_dim})") from None
    if array.shape[1] != network.input_dim:
        raise DimensionMismatch(f"points of this network have shape (N, {network.input_dim}), got {array.shape}")
    return array


def check_point(network: Network, point: ArrayLike) -> NDArray[np.float64]:
    """Return one point as an array of shape (n,), or say what is wrong with it."""
    array = np.asarray(point)
    if array.ndim != 1:
        raise DimensionMismatch(f"wanted one point of shape ({network.input_dim},), got shape {array.shape}")
    return np.asarray(check_points(network, array[None])[0])


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
    signs = [np.zeros((0, len(points.value)), dtype=np.int8)]
    count = int(np.searchsorted(network.first_switches, network.n_switches))  # layers up to the last switches
    for layer in network.layers[:count]:
        rows = joined(layer, outputs).transform(layer.weights, layer.bias[:, None])
        signs.append(layer.units.signs(rows))
        outputs.append(layer.units.enclose(rows))
    return np.concatenate(signs).T


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
        self._rows: list[RationalMatrix] = []

    def rows(self, index: int) -> RationalMatrix:
        """Return the rows of layer `index` (from 0), shape (rows, 1)."""
        exact = exact_layers(self.network)
        while len(self._rows) <= index:
            number = len(self._rows)
            if number:
                self._outputs.append(self._outputs_of(number - 1))
            self._rows.append(exact.rows(number, self._outputs))
        return self._rows[index]

    def _outputs_of(self, index: int) -> RationalMatrix:
        units = self.network.layers[index].units
        rows = self.rows(index)
        return units.exactly_on_pieces(rows, units.pieces(units.exact_signs(rows)))

    def signs(self) -> NDArray[np.int8]:
        """Return the exact signs of all switches, shape (n_switches,)."""
        layers = self.network.layers
        return np.concatenate([layer.units.exact_signs(self.rows(index)) for index, layer in enumerate(layers)])

    def output(self) -> list[Rational]:
        """Return the network's output."""
        last = len(self.network.layers) - 1
        self.rows(last)
        return list(self._outputs_of(last).entries())


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
    return [to_fraction(number) for number in ExactEvaluation(network, exact_point).output()]


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
        signs[index] = ExactEvaluation(network, [rational(x) for x in array[index].tolist()]).signs()
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
    signs = []
    for index, layer in enumerate(network.layers):
        rows = exact.rows(index, outputs)
        signs.append(layer.units.exact_signs(rows))
        outputs.append(layer.units.exactly_on_pieces(rows, layer.units.pieces(signs[-1])))
    return np.concatenate(signs)
