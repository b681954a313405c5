"""Networks whose level sets are known shapes: circles, tori, shells, and worse.

A `Circuit` builds a network from formulas in the coordinates; every absolute value and every maximum is a unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

import polyregions as pr
from polyregions.complexes import Subcomplex

Betti = tuple[int, ...]


@dataclass(frozen=True)
class Value:
    """A sum of coordinates and units with weights, and a constant; the key (0, i) is coordinate i."""

    terms: tuple[tuple[tuple[int, int], float], ...] = ()
    constant: float = 0.0

    def __add__(self, other: Value | float) -> Value:
        if not isinstance(other, Value):
            return Value(self.terms, self.constant + other)
        sums = dict(self.terms)
        for key, weight in other.terms:
            sums[key] = sums.get(key, 0.0) + weight
        return Value(tuple(sums.items()), self.constant + other.constant)

    def __mul__(self, factor: float) -> Value:
        return Value(tuple((key, factor * weight) for key, weight in self.terms), factor * self.constant)

    def __neg__(self) -> Value:
        return self * -1.0

    def __sub__(self, other: Value | float) -> Value:
        return self + (-other)


class Circuit:
    """A network under construction."""

    def __init__(self, inputs: int) -> None:
        self.widths = [inputs]
        self.layers: list[pr.Layer] = []

    @property
    def inputs(self) -> list[Value]:
        return [Value((((0, i), 1.0),)) for i in range(self.widths[0])]

    def layer(self, values: Sequence[Value], activation: pr.Activation) -> list[Value]:
        """Units with an activation, one for each value; they read all layers before them."""
        first = np.cumsum([0, *self.widths])
        weights = np.zeros((len(values), int(first[-1])))
        for row, value in zip(weights, values, strict=True):
            for (source, unit), weight in value.terms:
                row[first[source] + unit] += weight
        bias = np.array([value.constant for value in values])
        self.layers.append(pr.Layer(weights, bias, activation, tuple(range(len(self.widths)))))
        self.widths.append(len(values))
        return [Value((((len(self.layers), unit), 1.0),)) for unit in range(len(values))]

    def absolute(self, *values: Value) -> list[Value]:
        return self.layer(values, pr.Activation.absolute())

    def fold(self, value: Value, centre: float = 0.0) -> Value:
        """The distance of one value from a number."""
        return self.absolute(value - centre)[0]

    def largest(self, one: Value, other: Value) -> Value:
        return one + self.layer([other - one], pr.Activation.relu())[0]

    def smallest(self, one: Value, other: Value) -> Value:
        return one - self.layer([one - other], pr.Activation.relu())[0]

    def network(self, value: Value) -> pr.Network:
        """The network whose only output is the value; finishes the circuit."""
        self.layer([value], pr.Activation.identity())
        return pr.Network(tuple(self.layers), self.widths[0])


@dataclass(frozen=True, eq=False)
class Shape:
    """A network with one output, and the Betti numbers of where it is zero, at most zero, and at least zero.

    Zero means a change of sign: the points that are limits both of smaller and of larger outputs.
    """

    name: str
    network: pr.Network
    domain: pr.Polytope
    level: Betti
    below: Betti
    above: Betti
    level_in_pair: Betti | None = None
    """Betti numbers of the level set relative to its part on the boundary of K, if it has such a part."""

    def __str__(self) -> str:
        return self.name

    @property
    def switched(self) -> pr.Network:
        """The network with one more layer: a ReLU unit of the output, which is the last unit."""
        last = pr.Layer(np.ones((1, 1)), np.zeros(1), pr.Activation.relu())
        return pr.Network((*self.network.layers, last), self.network.input_dim)


@cache
def complex_of(shape: Shape) -> pr.PolyhedralComplex:
    """The complex of the network with the unit that switches at the level; built once."""
    return pr.build_complex(shape.switched, shape.domain)


def side(complex_: pr.PolyhedralComplex, sign: int) -> Subcomplex:
    """The closure of the points at which the last unit has a sign, -1 or 1."""
    return Subcomplex.closure_of(complex_, complex_.dim, last_signs(complex_) == sign)


def level(complex_: pr.PolyhedralComplex) -> Subcomplex:
    """Where the last unit changes its sign."""
    return side(complex_, -1) & side(complex_, 1)


def last_signs(complex_: pr.PolyhedralComplex) -> NDArray[np.int8]:
    """The sign of the last unit on every region."""
    return complex_.signs(complex_.dim)[:, -1]


def shape(name: str, circuit: Circuit, value: Value, half_widths: Sequence[float], *betti: Betti) -> Shape:
    domain = pr.Polytope.box([-width for width in half_widths], half_widths)
    return Shape(name, circuit.network(value), domain, *betti)


def one_norm(circuit: Circuit, values: Sequence[Value]) -> Value:
    folded = circuit.absolute(*values)
    return sum(folded[1:], folded[0])


def largest_norm(circuit: Circuit, values: Sequence[Value]) -> Value:
    first, *others = circuit.absolute(*values)
    for other in others:
        first = circuit.largest(first, other)
    return first


# Level sets inside K.


def sphere(n: int, cubes: bool = False) -> Shape:
    """The boundary of a cross-polytope or of a cube."""
    circuit = Circuit(n)
    norm = (largest_norm if cubes else one_norm)(circuit, circuit.inputs)
    full, ball = (1, *[0] * (n - 2), 1), (1, *[0] * n)
    outside = (*full, 0)
    return shape(f"{'cube' if cubes else 'cross'}-{n}", circuit, norm - 1.0, [2.0] * n, full, ball, outside)


def spheres(n: int) -> Shape:
    """Two spheres beside each other."""
    circuit = Circuit(n)
    first, *others = circuit.inputs
    norm = one_norm(circuit, [circuit.fold(first, 0.0) - 2.0, *others])
    full, balls = (2, *[0] * (n - 2), 2), (2, *[0] * n)
    return shape(f"two-spheres-{n}", circuit, norm - 1.0, [4.0, *[2.0] * (n - 1)], full, balls, (1, *full[1:], 0))


def spheres_by_minimum() -> Shape:
    """Two circles of different sizes, from the smaller one of two distances."""
    circuit = Circuit(2)
    x, y = circuit.inputs
    one, other = one_norm(circuit, [x - 1.5, y]), largest_norm(circuit, [x + 1.0, y - 0.5])
    value = circuit.smallest(one - 1.0, other - 0.5)
    return shape("two-circles-by-minimum", circuit, value, [3.0, 2.0], (2, 2), (2, 0, 0), (1, 2, 0))


def shell(n: int) -> Shape:
    """Two spheres, one inside the other; between them an annulus or a shell."""
    circuit = Circuit(n)
    value = circuit.fold(one_norm(circuit, circuit.inputs), 2.0) - 0.5
    between, two = (1, *[0] * (n - 2), 1, 0), (2, *[0] * (n - 2), 2)
    return shape(f"shell-{n}", circuit, value, [3.0] * n, two, between, (2, *between[1:]))


def kissing_circles() -> Shape:
    """Two circles that touch in one point."""
    circuit = Circuit(2)
    x, y = circuit.inputs
    value = one_norm(circuit, [circuit.fold(x) - 1.0, y]) - 1.0
    return shape("kissing-circles", circuit, value, [3.0, 2.0], (1, 2), (1, 0, 0), (1, 2, 0))


def torus(cubes: bool = False) -> Shape:
    """A tube around a closed curve in the plane z = 0."""
    circuit = Circuit(3)
    x, y, z = circuit.inputs
    norm = largest_norm if cubes else one_norm
    value = norm(circuit, [norm(circuit, [x, y]) - 2.0, z]) - 0.5
    name = f"torus{'-of-cubes' if cubes else ''}"
    return shape(name, circuit, value, [4.0, 4.0, 4.0], (1, 2, 1), (1, 1, 0, 0), (1, 1, 1, 0))


def double_torus() -> Shape:
    """A tube around two closed curves that touch: the surface of genus 2."""
    circuit = Circuit(3)
    x, y, z = circuit.inputs
    ring = one_norm(circuit, [circuit.fold(x) - 2.0, y]) - 2.0
    value = one_norm(circuit, [ring, z]) - 0.5
    return shape("double-torus", circuit, value, [5.0, 3.0, 1.0], (1, 4, 1), (1, 2, 0, 0), (1, 2, 1, 0))


def circle_times_sphere() -> Shape:
    """In four dimensions: the boundary of a tube around a closed curve."""
    circuit = Circuit(4)
    x, y, z, w = circuit.inputs
    value = one_norm(circuit, [one_norm(circuit, [x, y]) - 2.0, z, w]) - 0.5
    return shape(
        "circle-times-sphere", circuit, value, [3.0, 3.0, 1.0, 1.0], (1, 1, 1, 1), (1, 1, 0, 0, 0), (1, 0, 1, 1, 0)
    )


def torus_of_three() -> Shape:
    """In four dimensions: the boundary of a tube around a torus, the product of three circles."""
    circuit = Circuit(4)
    x, y, z, w = circuit.inputs
    surface = one_norm(circuit, [one_norm(circuit, [x, y]) - 4.0, z]) - 2.0
    value = one_norm(circuit, [surface, w]) - 0.5
    betti = (1, 3, 3, 1), (1, 2, 1, 0, 0), (1, 1, 2, 1, 0)
    return shape("torus-of-three-circles", circuit, value, [7.0, 7.0, 3.0, 1.0], *betti)


# Level sets that meet the boundary of K.


def graph_of_absolute_value() -> Shape:
    """An arc from side to side."""
    circuit = Circuit(2)
    x, y = circuit.inputs
    value = circuit.fold(x) - y - 1.0
    return shape("arc", circuit, value, [2.0, 2.0], (1, 0), (1, 0, 0), (1, 0, 0), (0, 1))


def cross() -> Shape:
    """Four arcs from one point: two lines that meet."""
    circuit = Circuit(2)
    x, y = circuit.absolute(*circuit.inputs)
    return shape("two-lines", circuit, x - y, [1.0, 1.0], (1, 0), (1, 0, 0), (1, 0, 0), (0, 3))


def pipe() -> Shape:
    """A tube through K."""
    circuit = Circuit(3)
    value = one_norm(circuit, circuit.inputs[:2]) - 1.0
    betti = (1, 1, 0), (1, 0, 0, 0), (1, 1, 0, 0), (0, 1, 1)
    return shape("pipe", circuit, value, [2.0, 2.0, 1.0], *betti)


def points() -> Shape:
    """In one dimension: both ends of two intervals."""
    circuit = Circuit(1)
    value = circuit.fold(circuit.fold(circuit.inputs[0]), 2.0) - 1.0
    return shape("points", circuit, value, [4.0], (4,), (2, 0), (3, 0))


def closed_shapes() -> list[Shape]:
    """Level sets in the interior of K."""
    return [
        points(),
        *[sphere(n, cubes) for n in (2, 3, 4) for cubes in (False, True)],
        *[spheres(n) for n in (2, 3)],
        spheres_by_minimum(),
        *[shell(n) for n in (2, 3)],
        kissing_circles(),
        torus(),
        torus(cubes=True),
        double_torus(),
        circle_times_sphere(),
        torus_of_three(),
    ]


def open_shapes() -> list[Shape]:
    """Level sets that meet the boundary of K."""
    return [graph_of_absolute_value(), cross(), pipe()]
