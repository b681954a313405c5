"""Hypothesis strategies: networks in which degeneracy is normal, and points at which it shows."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from polyregions.networks import Activation, Layer, Network

KINKED = (
    Activation.relu(),
    Activation.leaky_relu(),
    Activation.leaky_relu(0.25),
    Activation.hard_tanh(),
    Activation.hard_tanh(-0.5, 2.0),
    Activation.absolute(),
    Activation.relu6(),
    Activation((-1.0, 1.0), (1.0, 0.0, 1.0), 0.0, name="soft shrink"),
)
"""Activations with breakpoints: all the library knows, and one that it does not."""


@st.composite
def integer_rows(draw: st.DrawFn, rows: int, columns: int, bound: int = 2) -> NDArray[np.float64]:
    """Weights and bias (last column) of a layer; units are often repeated, opposite, shifted or dead."""
    entries = st.integers(-bound, bound)
    table: list[list[int]] = []
    for _ in range(rows):
        kind = draw(st.sampled_from(("free", "free", "same", "opposite", "parallel", "dead", "constant")))
        known = draw(st.sampled_from(table)) if table else None
        if kind == "dead":
            row = [0] * (columns + 1)
        elif kind == "constant":
            row = [*([0] * columns), draw(entries)]
        elif known is None or kind == "free":
            row = draw(st.lists(entries, min_size=columns + 1, max_size=columns + 1))
        elif kind == "parallel":
            row = [*known[:-1], draw(entries)]
        else:
            row = list(known) if kind == "same" else [-x for x in known]
        table.append(row)
    return np.array(table, dtype=float)


@st.composite
def integer_networks(
    draw: st.DrawFn,
    max_inputs: int = 4,
    max_hidden: int = 3,
    max_width: int = 4,
    *,
    bound: int = 2,
    activations: Sequence[Activation] = (Activation.relu(),),
    outputs: int | None = None,
    skips: bool = False,
) -> Network:
    """Stacks of hidden layers and an affine output layer; with `skips`, layers may also read earlier ones."""
    widths = [draw(st.integers(1, max_inputs))]
    layers = []
    hidden = draw(st.integers(1, max_hidden))
    for number in range(1, hidden + 2):
        sources = (number - 1,)
        if skips and number > 1 and draw(st.booleans()):
            sources = draw(st.sampled_from([(0, number - 1), (number - 1, 0), tuple(range(number))]))
        last = number == hidden + 1
        width = (outputs or draw(st.integers(1, 2))) if last else draw(st.integers(1, max_width))
        table = draw(integer_rows(width, sum(widths[source] for source in sources), bound))
        activation = Activation.identity() if last else draw(st.sampled_from(list(activations)))
        layers.append(Layer(table[:, :-1], table[:, -1], activation, sources))
        widths.append(width)
    return Network(tuple(layers), widths[0])


def kinked_networks(
    max_inputs: int = 3, max_hidden: int = 2, max_width: int = 3, skips: bool = False
) -> st.SearchStrategy[Network]:
    """Networks with any of the activations, mixed between layers."""
    return integer_networks(max_inputs, max_hidden, max_width, activations=KINKED, skips=skips)


def rational_points(dim: int, bound: int = 3) -> st.SearchStrategy[list[Fraction]]:
    """Points with small numerators and denominators: they often lie on walls."""
    numbers = st.fractions(-bound, bound, max_denominator=6)
    return st.lists(numbers, min_size=dim, max_size=dim)


def dyadic_points(dim: int, bound: int = 3) -> st.SearchStrategy[list[float]]:
    """Points with coordinates that are multiples of 1/4: exact floats that often lie on walls."""
    numbers = st.integers(-4 * bound, 4 * bound).map(lambda k: k / 4)
    return st.lists(numbers, min_size=dim, max_size=dim)


def directions(dim: int, bound: int = 2) -> st.SearchStrategy[list[int]]:
    """Integer directions, zero among them."""
    return st.lists(st.integers(-bound, bound), min_size=dim, max_size=dim)


def wild_floats(nonnegative: bool = False) -> st.SearchStrategy[float]:
    """Finite floats of every size: zeros, small integers, subnormals, numbers whose products overflow."""
    mantissas = st.integers(1, 2**53 - 1) | st.sampled_from((1, 2**52 + 1, 2**53 - 1))
    numbers = st.builds(lambda m, e: float(np.ldexp(float(m), e)), mantissas, st.integers(-1126, 970))
    numbers |= st.sampled_from((0.0, 0.0, 1.0, 3.0, 5e-324, 2.0**-1022, 0.1, 1.0 + 2.0**-52, 2.0**-60, 1e300))
    numbers |= st.floats(0.0, 1e3) | st.integers(0, 999).map(lambda k: k * 5e-324)
    return numbers if nonnegative else st.builds(lambda x, s: s * x, numbers, st.sampled_from((-1.0, 1.0)))


def wild_arrays(shape: tuple[int, ...], nonnegative: bool = False) -> st.SearchStrategy[NDArray[np.float64]]:
    """Arrays of wild floats."""
    size = int(np.prod(shape))
    numbers = st.lists(wild_floats(nonnegative), min_size=size, max_size=size)
    return numbers.map(lambda entries: np.array(entries, dtype=float).reshape(shape))


@st.composite
def wild_networks(draw: st.DrawFn, activations: Sequence[Activation] = KINKED) -> Network:
    """Networks whose weights have any size, for which float evaluation underflows, overflows and cancels."""
    widths = [draw(st.integers(1, 3)) for _ in range(draw(st.integers(2, 4)))]
    layers = []
    for inputs, units in itertools.pairwise(widths):
        kind = draw(st.sampled_from(list(activations)))
        layers.append(Layer(draw(wild_arrays((units, inputs))), draw(wild_arrays((units,))), kind))
    return Network(tuple(layers))
