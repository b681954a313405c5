"""Networks that fold their input space: the number of regions grows exponentially with depth."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import prod

import numpy as np

from polyregions.geometry import Polytope
from polyregions.networks import Network
from polyregions.theory.constructions.construction import Construction
from polyregions.theory.constructions.hyperplanes import Floats, exact_table
from polyregions.theory.counts.arrangements import arrangement_regions
from polyregions.theory.counts.lower import line_maximum
from polyregions.theory.counts.parameters import whole_number, width_list

SERRA = "Serra, Tjandraatmadja and Ramalingam (2018), Bounding and counting linear regions of deep neural networks"
MONTUFAR = (
    "Montúfar, Pascanu, Cho and Bengio (2014), On the number of linear regions of deep neural networks; linear regions "
    "by adding up the pieces whose common wall is not seen"
)


def sawtooth(depth: int, wide: bool = False) -> Construction:
    """Return the depth-fold composition of the tent map: ``2**depth`` teeth flanks on [0, 1].

    Parameters
    ----------
    depth : int
        Number of hidden layers, each of two units.
    wide : bool
        Whether the domain is [-1, 2], where the function is zero on both sides of the teeth.

    Raises
    ------
    InvalidNetwork
        The number is not whole or too small.

    Notes
    -----
    Telgarsky (2016), Benefits of depth in neural networks.  The two outer pieces of the wide domain have the same
    affine map and do not touch, so they are two linear regions.  If `depth` is 1, the right one is no piece of its own.

    Examples
    --------
    >>> sawtooth(5).linear_regions
    32
    >>> wide = sawtooth(5, wide=True)
    >>> wide.linear_regions, wide.distinct_maps
    (34, 33)
    """
    depth = whole_number(depth, 1, "the depth")
    weights = [[[2.0], [4.0]], *[[[2.0, -2.0], [4.0, -4.0]]] * (depth - 1), [[1.0, -1.0]]]
    network = Network.from_arrays(weights, [*[[0.0, -2.0]] * depth, [0.0]])
    outside = 0 if not wide else 1 if depth == 1 else 2
    count = 2**depth + outside
    return Construction(
        name=f"sawtooth({depth}, wide=True)" if wide else f"sawtooth({depth})",
        network=network,
        domain=Polytope.box(-1.0, 2.0, dim=1) if wide else Polytope.box(0.0, 1.0, dim=1),
        activation_regions=count,
        linear_regions=count,
        distinct_maps=count - (outside == 2),
        face_counts=(count - 1, count),
        source="Telgarsky (2016), Benefits of depth in neural networks",
    )


def folding(pieces: int, depth: int, thresholds: int) -> Construction:
    """Return depth - 1 folds of [0, 1] into equal pieces, then units that switch at thresholds.

    Parameters
    ----------
    pieces : int
        Into how many pieces each fold divides [0, 1], and its number of units.
    depth : int
        Number of hidden layers.
    thresholds : int
        Number of units in the last of them.

    Raises
    ------
    InvalidNetwork
        A number is not whole or too small.

    Notes
    -----
    Montúfar, Pascanu, Cho and Bengio (2014), On the number of linear regions of deep neural networks.  A fold maps each
    piece onto [0, 1], up and down in turn; weights and biases are whole numbers.  Thresholds are multiples of a power
    of 2.  Where the folded coordinate is 0, all units of the last layer are inactive on both sides, so that fold is not
    seen: there are fewer linear regions than activation regions.

    Examples
    --------
    >>> saw = folding(pieces=3, depth=3, thresholds=3)
    >>> saw.activation_regions, saw.linear_regions
    (36, 32)
    """
    p, depth = whole_number(pieces, 1, "the number of pieces"), whole_number(depth, 1, "the depth")
    q = whole_number(thresholds, 1, "the number of thresholds")
    positions = np.arange(1, q + 1) / 2.0 ** q.bit_length()
    teeth = p ** (depth - 1)
    count = teeth * (q + 1)
    return Construction(
        name=f"folding({p}, {depth}, {q})",
        network=_folded(1, p, depth, np.ones((q, 1)), -positions),
        domain=Polytope.box(0.0, 1.0, dim=1),
        activation_regions=count,
        linear_regions=count - (teeth - 1) // 2,
        distinct_maps=teeth * q + 1,
        face_counts=(count - 1, count),
        source=MONTUFAR,
    )


def zigzag(widths: Sequence[int]) -> Construction:
    """Return folds of a line into one piece more than they have units: the most regions for one input.

    Parameters
    ----------
    widths : sequence of int
        The number of units of each hidden layer, at least 3.

    Raises
    ------
    InvalidNetwork
        A number is not whole or less than 3.

    Notes
    -----
    Serra, Tjandraatmadja and Ramalingam (2018), Bounding and counting linear regions of deep neural networks, theorem
    5, say that there is such a network.  This one has the slopes 2, -1, 1, -1, ... in each layer, with breakpoints at
    0, 1, 2, ...: all units but the third switch on from left to right, the third one switches off.  Each piece covers
    [0, 1], which the next layer scales to the length of its own zigzag.

    Examples
    --------
    >>> zigzag([3, 3]).linear_regions, zigzag([4, 3, 5]).linear_regions
    (16, 120)
    """
    count, layers = line_maximum(widths), width_list(widths)
    weights, biases = [], []
    values, shift = np.ones((1, 1)), 0.0  # the folded coordinate, from the outputs of the last layer
    for number, width in enumerate(layers):
        scale, start = (width + 1.0, -1.0) if number else (1.0, 0.0)
        sides = np.where(np.arange(width) == 2, -1.0, 1.0)
        weights.append(scale * sides[:, None] * values)
        biases.append(sides * (scale * shift + start - np.arange(width)))
        values = np.array([[-3.0, *(2.0 * (-1.0) ** k for k in range(width - 1))]])
        shift = 5.0  # the value at 0 is 1, where the third unit is 2
    return Construction(
        name=f"zigzag({list(layers)})",
        network=Network.from_arrays([*weights, values], [*biases, [shift]]),
        domain=Polytope.box(-1.0, float(layers[0]), dim=1),
        activation_regions=count,
        linear_regions=count,
        distinct_maps=None,
        face_counts=(count - 1, count),
        source=SERRA,
    )


def folding_cube(dim: int, pieces: int, depth: int, hyperplanes: int) -> Construction:
    """Return depth - 1 folds of every coordinate of the unit cube, then hyperplanes in general position.

    Parameters
    ----------
    dim : int
    pieces : int
        Into how many pieces each fold divides each coordinate; it has so many units for each of them.
    depth : int
        Number of hidden layers.
    hyperplanes : int
        Number of units in the last of them.

    Returns
    -------
    Construction
        The number of activation regions is `montufar_lower_bound` of the widths, if there are at least `dim`
        hyperplanes.

    Raises
    ------
    InvalidNetwork
        A number is not whole or too small, or the arrangement needs coefficients that floats cannot hold.

    Notes
    -----
    Montúfar, Pascanu, Cho and Bengio (2014), On the number of linear regions of deep neural networks.  The hyperplanes
    are ``y_1 + t y_2 + ... + t^(d-1) y_d + t^d = 0`` for t = 1, 2, ..., scaled so that all vertices lie in the open
    unit cube; scaling by a power of 2 is exact.  Units of the second and later folds touch zero on walls of the folds
    before them and do not switch there.

    All normals are positive, so the fold of a coordinate is seen wherever a unit of the last layer is active.  Only
    the region without active units is joined to its mirror images: at the folds of all coordinates where the folded
    one is 0, and where it is 1 if that region reaches so far.

    Examples
    --------
    >>> cube = folding_cube(dim=2, pieces=2, depth=3, hyperplanes=3)
    >>> cube.activation_regions, cube.linear_regions
    (112, 105)
    """
    d, p = whole_number(dim, 1, "the dimension"), whole_number(pieces, 1, "the number of pieces")
    depth, count = whole_number(depth, 1, "the depth"), whole_number(hyperplanes, 1, "the number of hyperplanes")
    normals, constants = _positive_hyperplanes(count, d)
    teeth = p ** (depth - 1)
    last = arrangement_regions(count, d)
    reaches = [bool((normals[:, i] + constants < 0.0).all()) for i in range(d)]  # the far side, with no unit active
    dead = prod(1 if reach else teeth - (teeth - 1) // 2 for reach in reaches)
    return Construction(
        name=f"folding_cube({d}, {p}, {depth}, {count})",
        network=_folded(d, p, depth, normals, constants),
        domain=Polytope.box(0.0, 1.0, dim=d),
        activation_regions=teeth**d * last,
        linear_regions=teeth**d * (last - 1) + dead,
        distinct_maps=None,
        face_counts=None,
        source=MONTUFAR,
    )


def _folded(dim: int, pieces: int, depth: int, normals: Floats, constants: Floats) -> Network:
    """Return units behind folds of all coordinates: the signed sum of a fold's units is the folded coordinate."""
    slopes = np.array([pieces, *[2.0 * pieces] * (pieces - 1)])
    shifts, signs = -2.0 * np.arange(pieces), (-1.0) ** np.arange(pieces)
    fold, joined = np.kron(np.eye(dim), slopes[:, None]), np.kron(np.eye(dim), signs)
    weights, before = [], np.eye(dim)
    for _ in range(depth - 1):
        weights.append(fold @ before)
        before = joined
    biases = [np.tile(shifts, dim)] * (depth - 1)
    outputs = np.ones((1, len(normals)))
    return Network.from_arrays([*weights, normals @ before, outputs], [*biases, constants, [0.0]])


def _positive_hyperplanes(count: int, dim: int) -> tuple[Floats, Floats]:
    """Return hyperplanes in general position with positive normals, all of whose flats meet the open unit cube."""
    rows = [[t**k for k in range(dim + 1)] for t in range(1, count + 1)]
    scale = 2 ** (2 * (1 + max(count, dim)) ** dim - 1).bit_length()  # coordinates are less than half of it
    table = [[*row[:-1], Fraction(row[-1], scale) - Fraction(sum(row[:-1]), 2)] for row in rows]
    exact = exact_table(table)
    return exact[:, :-1], exact[:, -1]
