"""Hypothesis strategies: networks in which degeneracy is normal, and points at which it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array

from polyregions.networks import Activation, Layer, Maximum, Network

Kind = Callable[[int], st.SearchStrategy[Any]]
"""Makes, for so many rows, a strategy for what a layer's units do with them."""

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


ODD = (
    Activation((-1.0, 1.0), (1.0, 0.0, 1.0), 0.0),
    Activation((-0.3, 0.1, 0.7), (0.1, -3.0, 1e-5, 1.0), 0.2),
    Activation((1e308,), (0.0, 1e10)),
    Activation((-1e-320, 0.0, 5e-324), (5e-324, 1.0, 1e-310, 2.0), 1e-322),
    Activation((0.0,), (-1e308, 1e308), 1e308),
    Activation((), (0.3,), 0.7),
)
"""Activations of more breakpoints, and with numbers that underflow and overflow."""


def alike(activations: Sequence[Activation] = KINKED) -> Kind:
    """The same activation for all rows."""
    return lambda rows: st.sampled_from(list(activations))


def each_its_own(activations: Sequence[Activation] = (*KINKED, Activation.identity(), Activation.identity())) -> Kind:
    """An activation for each row, and the identity for some."""
    choice = st.sampled_from(list(activations))
    return lambda rows: st.lists(choice, min_size=rows, max_size=rows).map(tuple)


def maxima(most_units: int = 3, largest: int = 4) -> Kind:
    """Maxima over groups of any sizes that may overlap, in any order; some rows may belong to none."""
    return lambda rows: maximum_groups(rows, most_units, largest).map(Maximum)


@st.composite
def maximum_groups(draw: st.DrawFn, rows: int, most_units: int = 3, largest: int = 4) -> list[list[int]]:
    """Groups of rows, the last row among them."""
    group = st.lists(st.integers(0, rows - 1), min_size=1, max_size=largest, unique=True)
    groups = draw(st.lists(group, min_size=1, max_size=most_units))
    if not any(rows - 1 in group for group in groups):
        chosen = draw(st.sampled_from(groups))
        chosen.insert(draw(st.integers(0, len(chosen))), rows - 1)
    return groups


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
    kinds: Sequence[Kind] = (),
    last: Sequence[Kind] = (alike([Activation.identity()]),),
    outputs: int | None = None,
    skips: bool = False,
    sparse: bool = False,
) -> Network:
    """Stacks of hidden layers and an output layer, affine unless `last` says otherwise.

    Hidden layers have one of the activations, or their units are of one of the `kinds`.  With `skips`, layers may also
    read earlier ones; with `sparse`, some weights are stored so.  `max_width` and `outputs` count rows.
    """
    widths = [draw(st.integers(1, max_inputs))]
    layers: list[Layer] = []
    hidden = draw(st.integers(1, max_hidden))
    for number in range(1, hidden + 2):
        sources: tuple[int, ...] = (number - 1,)
        if skips and number > 1 and draw(st.booleans()):
            sources = draw(st.sampled_from([(0, number - 1), (number - 1, 0), tuple(range(number))]))
        ends = number == hidden + 1
        rows = (outputs or draw(st.integers(1, 2))) if ends else draw(st.integers(1, max_width))
        table = draw(integer_rows(rows, sum(widths[source] for source in sources), bound))
        kind = draw(st.sampled_from(list(last if ends else kinds or [alike(activations)])))
        weights = csr_array(table[:, :-1]) if sparse and draw(st.booleans()) else table[:, :-1]
        layers.append(Layer(weights, table[:, -1], draw(kind(rows)), sources))
        widths.append(layers[-1].width)
    return Network(tuple(layers), widths[0])


def kinked_networks(
    max_inputs: int = 3, max_hidden: int = 2, max_width: int = 3, skips: bool = False
) -> st.SearchStrategy[Network]:
    """Networks with any of the activations, mixed between layers."""
    return integer_networks(max_inputs, max_hidden, max_width, activations=KINKED, skips=skips)


def mixed_networks(max_inputs: int = 3, max_hidden: int = 2, max_width: int = 3) -> st.SearchStrategy[Network]:
    """Networks with an activation of its own for each row, the identity for some."""
    return integer_networks(max_inputs, max_hidden, max_width, kinds=(each_its_own(),), skips=True, sparse=True)


def maxout_networks(
    max_inputs: int = 3, max_hidden: int = 2, max_width: int = 4, bound: int = 2
) -> st.SearchStrategy[Network]:
    """Networks with maxima, between them ReLU layers and such of mixed activations; outputs may be maxima as well.

    With few numbers, ties and candidates that are the same function are normal.
    """
    kinds = (maxima(), maxima(), alike([Activation.relu()]), each_its_own())
    last = (alike([Activation.identity()]), maxima())
    return integer_networks(
        max_inputs, max_hidden, max_width, bound=bound, kinds=kinds, last=last, skips=True, sparse=True
    )


def any_networks(max_inputs: int = 3, max_hidden: int = 2, max_width: int = 3) -> st.SearchStrategy[Network]:
    """Networks with maxima or with mixed activations."""
    return maxout_networks(max_inputs, max_hidden, max_width) | mixed_networks(max_inputs, max_hidden, max_width)


Maker = Callable[[np.random.Generator, int], Any]
"""Makes at random what a layer's units do with so many rows."""


def random_alike(activations: Sequence[Activation] = KINKED) -> Maker:
    return lambda random, rows: activations[int(random.integers(len(activations)))]


def random_mixture(random: np.random.Generator, rows: int) -> tuple[Activation, ...]:
    kinds = (*KINKED, Activation.identity(), Activation.identity())
    return tuple(kinds[int(random.integers(len(kinds)))] for _ in range(rows))


def random_maximum(random: np.random.Generator, rows: int) -> Maximum:
    """Groups of 1 to 4 rows, overlapping, in any order."""
    sizes = random.integers(1, min(rows, 4) + 1, int(random.integers(1, 4)))
    groups = [random.permutation(rows)[:size].tolist() for size in sizes]
    if not any(rows - 1 in group for group in groups):
        groups[0].append(rows - 1)
    return Maximum(groups)


RELUS: tuple[Maker, ...] = (random_alike((Activation.relu(),)),)
ALL_KINDS: tuple[Maker, ...] = (random_maximum, random_maximum, *RELUS, random_mixture)


@st.composite
def lively_networks(
    draw: st.DrawFn,
    max_inputs: int = 3,
    max_hidden: int = 3,
    max_width: int = 5,
    makers: Sequence[Maker] = RELUS,
    skips: bool = False,
) -> Network:
    """Integer weights from a seed: most units cut K, some rows are copies, opposites or shifts of others, or dead."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    hidden = int(random.integers(1, max_hidden + 1))
    inputs = max(1, max_inputs - int(random.geometric(0.6)) + 1)
    widths, layers = [inputs], []
    for number in range(hidden + 1):
        sources = (number, 0) if skips and number and random.integers(2) else (number,)
        rows = 1 if number == hidden else int(random.integers(2, max_width + 1))
        weights = random.integers(-3, 4, (rows, sum(widths[source] for source in sources)))
        bias = random.integers(-2, 3, rows)
        for row in range(1, rows):
            kind, other = random.integers(0, 12), random.integers(0, row)
            if kind < 3:
                weights[row] = weights[other] * (-1) ** kind
                bias[row] = bias[other] * (-1) ** kind + (kind == 2)
            elif kind == 3:
                weights[row] = 0
        maker = makers[int(random.integers(len(makers)))]
        layers.append(Layer(weights, bias, Activation.identity() if number == hidden else maker(random, rows), sources))
        widths.append(layers[-1].width)
    return Network(tuple(layers), inputs)


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
def wild_networks(draw: st.DrawFn, kinds: Sequence[Kind] = (alike(),)) -> Network:
    """Networks whose weights have any size, for which float evaluation underflows, overflows and cancels."""
    widths = [draw(st.integers(1, 3))]
    layers: list[Layer] = []
    for rows in draw(st.lists(st.integers(1, 3), min_size=1, max_size=3)):
        kind = draw(st.sampled_from(list(kinds)))
        layers.append(Layer(draw(wild_arrays((rows, widths[-1]))), draw(wild_arrays((rows,))), draw(kind(rows))))
        widths.append(layers[-1].width)
    return Network(tuple(layers))


def wild_maxout_networks() -> st.SearchStrategy[Network]:
    """The same with maxima between ReLU layers and mixed ones."""
    return wild_networks((maxima(), maxima(), alike([Activation.relu()]), each_its_own()))
