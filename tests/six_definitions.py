"""Networks for which all six definitions of "number of regions" are known; the docstrings say how."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from problems import l1_norm, linf_norm, sawtooth

import polyregions as pr

SIDES = [[1, 0], [-1, 0], [0, 1], [0, -1]]  # x+, x-, y+, y-
Known = tuple[pr.Network, pr.Polytope, tuple[int, ...]]


def of_the_paper() -> Known:
    """max(-y, min(0, -x)): the example by which Stargalla, Hertrich and Reichman tell definitions apart.

    -y holds below the graph of max(0, x), in 225 degrees at the origin: a convex piece has at most 180.
    """
    network = pr.Network(
        (
            pr.Layer([[1, 0], [0, 1], [0, -1]], [0, 0, 0], pr.Activation.relu()),
            pr.Layer([[1, -1, 1]], [0], pr.Activation.relu()),
            pr.Layer([[-1, 0, 0, 1]], [0], pr.Activation.identity(), (1, 2)),
        ),
        2,
    )
    return network, pr.Polytope.box(-1, 1, dim=2), (7, 5, 4, 3, 3, 3)


def all_different() -> Known:
    """max(|x| - |y| - 2 max(x - 1, 0), 0) on [-2, 3] x [-1, 1].

    It vanishes above and below the origin (|y| > |x|, two regions that touch there) and on the right (|y| > 2 - x).
    The latter touches the others in (1, 1) and (1, -1) only, on the boundary of K.  Elsewhere it has six more maps,
    (-x, x, 2 - x) -/+ y.  So there are 7 maps, 8 closed and 9 open regions.  The zero region on the right is not
    convex in (2, 0): 10 pieces.  The lines x = 0, y = 0, x = 1 make 6 parts, each cut in two: 12.  On y = 0 no y unit
    is active, 4 more patterns; on x = 0 no x unit, 2 more; in the origin no unit at all.
    """
    network = pr.Network.from_arrays([[*SIDES, [1, 0]], [[1, 1, -1, -1, -2]], [[1]]], [[0, 0, 0, 0, -1], [0], [0]])
    return network, pr.Polytope.box([-2, -1], [3, 1]), (19, 12, 10, 9, 8, 7)


def around_a_diamond() -> Known:
    """max(1 - |x| - |y|, 0) on [-2, 2]^2: 4 pieces inside; outside one region, whose walls face away from each other.

    No convex piece outside has two of the four walls, so it takes 4; quadrants do it.  Patterns: 3 * 3 for the signs of
    x and y, each inside and outside but for the origin, which lies inside.
    """
    network = pr.Network.from_arrays([SIDES, [[-1] * 4], [[1]]], [[0] * 4, [1], [0]])
    return network, pr.Polytope.box(-2, 2, dim=2), (17, 8, 8, 5, 5, 5)


def clipped(shifts: Sequence[float] = (0.0,), left: float = -2.0) -> tuple[pr.Network, pr.Polytope]:
    """One output for each shift s: x - s, clipped to -b .. b with b = max(1 - |y|, 0)."""
    count = len(shifts)
    bends = np.concatenate([[[1, 0, -1], [-1, 0, -1]]] * count)
    signs = np.kron(np.eye(count), [-1, 1])
    offsets = [sign * shift for shift in shifts for sign in (-1.0, 1.0)]
    network = pr.Network(
        (
            pr.Layer([[0, 1], [0, -1]], [0, 0], pr.Activation.relu()),
            pr.Layer([[-1, -1]], [1], pr.Activation.relu()),
            pr.Layer(bends, offsets, pr.Activation.relu(), (0, 2)),
            pr.Layer(
                np.concatenate([np.tile([1, 0], (count, 1)), signs], axis=1),
                [-shift for shift in shifts],
                pr.Activation.identity(),
                (0, 3),
            ),
        ),
        2,
    )
    return network, pr.Polytope.box([left, -2], [2, 2])


def joined_by_a_segment() -> Known:
    """x clipped to -b .. b with b = max(1 - |y|, 0), on [-2, 2]^2.

    It vanishes for y > 1, for y < -1, and on x = 0 between them, inside the diamond |x| < b where it is x: two open
    regions, one closed.  With it b and -b for y > 0 and y < 0, 4 regions.  The edge y = 1 has two of these on its other
    side, so above it there must be two pieces, as below y = -1.  y = 0 cuts the diamond.  Patterns: for y > 0 as for
    y < 0 left, right and between, with b > 0 or not; for y = 0 only with b > 0.
    """
    return *clipped(), (15, 10, 9, 7, 6, 6)


def saws(depth: int) -> Known:
    """On [-1, 2] the teeth and two outer pieces, both zero and far apart.

    Where the teeth before the last unit touch zero, inside, all further units are off: a pattern of that point only.
    """
    problem = sawtooth(depth, outside=True)
    teeth = 2**depth + 2
    return problem.network, problem.domain, (teeth + 2 ** (depth - 2) - 1, *[teeth] * 4, teeth - 1)


def norms() -> list[Known]:
    """l1: signs and zeros of each coordinate.  l-infinity: 2 rays without x units, 2 without y units, the origin."""
    known = [((3**d, *[2**d] * 5), l1_norm(d)) for d in (1, 2, 3)]
    known.append(((13, 8, 4, 4, 4, 4), linf_norm()))
    return [(problem.network, problem.domain, numbers) for numbers, problem in known]


def in_space(known: Known) -> Known:
    """The same in one more dimension, along which nothing changes."""
    network, domain, numbers = known
    first, *others = network.layers
    wide = pr.Layer(np.pad(first.weights, ((0, 0), (0, 1))), first.bias, first.activation)
    assert all(0 not in (layer.sources or ()) for layer in others)
    box = pr.Polytope.box([*domain.lower, -1], [*domain.upper, 1])
    return pr.Network((wide, *others), network.input_dim + 1), box, numbers


KNOWN = [
    of_the_paper(),
    all_different(),
    around_a_diamond(),
    joined_by_a_segment(),
    *map(saws, range(2, 6)),
    *norms(),
    *map(in_space, (of_the_paper(), all_different(), around_a_diamond())),
]
