"""Small networks with maxima, each with a count that can be found by hand; the comments say how."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from problems import Problem, Row

import polyregions as pr

ULP = 2.0**-52
IDENTITY = pr.Activation.identity()
RELU = pr.Activation.relu()
Stage = tuple[Sequence[Row], Any] | tuple[Sequence[Row], Any, tuple[int, ...]]  # rows (a, c), activation, sources


def stack(name: str, stages: Sequence[Stage], regions: int, size: float = 1.0) -> Problem:
    """Layers of rows (a, c) with what their units do, on the cube of that half width."""
    layers = []
    for rows, activation, *sources in stages:
        table = np.array(rows, dtype=float)
        layers.append(pr.Layer(table[:, :-1], table[:, -1], activation, *sources))
    dim = layers[0].weights.shape[1]
    return Problem(name, pr.Network(tuple(layers), dim), pr.Polytope.box(-size, size, dim=dim), regions)


def envelope(name: str, rows: Sequence[Row], regions: int, size: float = 1.0) -> Problem:
    """The largest of some affine functions; linear regions are the regions."""
    return stack(name, [(rows, pr.Maximum([range(len(rows))]))], regions, size)


def ties() -> list[Problem]:
    cube = [[*v, 0] for v in np.concatenate([np.eye(3), -np.eye(3)]).tolist()]
    octants = [[*v, 0] for v in itertools.product((1, -1), repeat=3)]
    orders = [[*v, 0] for v in itertools.permutations((0, 1, 3))]
    return [
        envelope("largest-coordinate", [[1, 0, 0], [0, 1, 0]], 2),
        envelope("largest-of-equals", [[1, 0, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0]], 2),
        envelope("largest-of-one-function", [[1, 2, 3]] * 3, 1),
        envelope("largest-of-constants", [[0, 0, 0], [0, 0, 1], [0, 0, 1]], 1),
        envelope("one-candidate", [[1, 0, 0]], 1),
        # 0 and x / 2 are largest on the line x = 0 only.
        envelope("candidates-largest-on-a-line", [[1, 0, 0], [0, 0, 0], [0.5, 0, 0], [-1, 0, 0]], 2),
        envelope("candidates-largest-at-a-point", [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 0]], 4),
        envelope("candidates-largest-on-the-boundary", [[0, 0, 1], [1, 0, 0], [0, -1, 0], [1, 1, -1]], 1),
        envelope("three-candidates-at-a-point", [[0, 0, 0], [1, 0, 0], [0, 1, 0]], 3),
        # 3 x - 1 touches the largest of 0 and 6 x - 2, at a third.
        envelope("touching-at-a-third", [[0, 0], [3, -1], [6, -2]], 2),
        envelope("faces-of-a-cube", cube, 6),
        envelope("orders-of-three-numbers", orders, 6),
        envelope("octants", octants, 8),
        envelope("octants-with-their-means", [*octants, [0, 0, 0, 0], [1, 0, 0, 0], [0.5, 0.5, 1, 0]], 8),
    ]


def thin() -> list[Problem]:
    """Candidates whose floats are equal, and such that are largest hardly anywhere."""
    gaps = {"1e-9": 1e-9, "1e-30": 1e-30, "2^-1000": 2.0**-1000, "the-least": 2.0**-1074}
    cases = []
    for name, gap in gaps.items():
        cases += [
            # x is largest from 0 to the gap.
            envelope(f"candidate-on-{name}", [[0, 0], [1, 0], [2, -gap]], 3),
            envelope(f"candidate-below-by-{name}", [[0, 0], [1, -gap], [2, 0]], 2),
            envelope(f"candidate-always-above-by-{name}", [[1, 0], [1, gap]], 1),
            envelope(f"candidates-{name}-apart", [[1, 0, 0], [1, gap, 0], [1, -gap, 0]], 2),
            envelope(f"slope-of-{name}", [[0, 0, 0], [gap, 0, 0], [0, gap, 0]], 3),
        ]
    return [
        *cases,
        # 2 (1 - u) (1 + u) x - 2 passes x - 1 at 1 / (1 - 2 u^2), just after that has passed zero.
        stack(
            "candidate-on-2^-103-by-composition",
            [
                ([[1, 0], [1 + ULP, 0]], IDENTITY),
                ([[0, 0, 0], [1, 0, -1], [0, 2 - 2 * ULP, -2]], pr.Maximum([(0, 1, 2)])),
            ],
            3,
            2.0,
        ),
        # From 1 / 3 on by an ulp 3 x - 1 is the largest; or it misses by one.
        envelope("candidate-on-an-ulp-at-a-third", [[0, 0], [3, -1], [6, -2 - 2 * ULP]], 3),
        envelope("candidate-below-by-an-ulp-at-a-third", [[0, 0], [3, -1], [6, -2 + ULP]], 2),
    ]


def extreme() -> list[Problem]:
    """Candidates and differences that are no floats."""
    half, both = 2.0**1023, pr.Maximum([(0, 1)])
    huge = [[half, 0, half], [0, half, half], [half / 2, half / 2, -half]]
    cases = [
        envelope("candidates-that-overflow", huge, 2),
        envelope("subnormal-candidates", [[3 * 2.0**-1074, 0, 0], [0, 2.0**-1074, 0], [0, 0, 0]], 3),
    ]
    for name, factor in (("underflow", 2.0**-600), ("overflow", 2.0**600)):
        first = ([[factor, 0, 0], [0, factor, 0]], IDENTITY)
        cases.append(stack(f"candidates-whose-products-{name}", [first, (first[0], both)], 2))
        # The sum of two ReLUs: quadrants.
        rows = [[0, 0, 0], [factor, 0, 0], [0, factor, 0], [factor, factor, 0]]
        cases.append(stack(f"candidates-of-products-{name}", [first, (rows, pr.Maximum([range(4)]))], 4))
    # x comes back from x + 2^60 in rationals only: in floats it is 0, or far off.
    lost = ([[1, 0, 2.0**60], [0, 1, 0]], IDENTITY)
    cases += [
        stack("candidate-lost-in-floats", [lost, ([[1, 0, -(2.0**60)], [0, 1, 0]], both)], 2),
        stack(
            "candidates-lost-in-floats",
            [lost, ([[1, 0, -(2.0**60)], [0, 0, 0.25], [-1, 0, 2.0**60]], pr.Maximum([(1, 0, 2)]))],
            3,
        ),
        stack("candidate-found-again", [lost, ([[0, 1, 2.0**60], [1, 0, 0], [1, 0, -1]], pr.Maximum([(2, 0, 1)]))], 2),
    ]
    return cases


def layers() -> list[Problem]:
    square = [[1, 0, 0], [0, 1, 0]]
    pairs = [[1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0]]
    line: Stage = ([[1, 0]], RELU)
    return [
        stack("windows-that-overlap", [([[1, 0, 0], [0, 0, 0], [0, 1, 0]], pr.Maximum([(0, 1), (1, 2)]))], 4),
        stack("maxima-of-one", [(square, pr.Maximum([(1,), (0,)]))], 1),
        # The larger and the smaller of two numbers, the latter with a minus: they change together.
        stack("two-numbers-sorted", [(pairs, pr.Maximum([(0, 1), (2, 3)]))], 2),
        sorted_numbers(3),
        # Where both are negative they are zero, which is one piece; where both are positive there are two.
        stack("pooled-relus", [(square, RELU), (square, pr.Maximum([(0, 1)]))], 5),
        stack(
            "pooled-relus-and-dead-ones",
            [([*square, [0, 0, -1], [1, 1, -3]], RELU), (np.eye(4, 5).tolist(), pr.Maximum([(2, 1, 0, 3)]))],
            5,
        ),
        # The larger of x and y against the larger of -x and -y, which changes on the same line.
        stack("maximum-of-maxima", [(pairs, pr.Maximum([(0, 1), (2, 3)])), (square, pr.Maximum([(0, 1)]))], 4),
        # x and [x]_+ are the same function for positive x; for negative x the latter is the larger.
        stack("relu-or-its-input", [line, ([[1, 0, 0], [0, 1, 0]], pr.Maximum([(0, 1)]), (1, 0))], 2),
        stack("input-or-its-relu", [line, ([[1, 0, 0], [0, 1, 0]], pr.Maximum([(1, 0)]), (1, 0))], 2),
        # [x]_+ against 1/2 above zero; a leaky ReLU, the identity and a saturated row beside each other.
        stack(
            "mixed-rows-and-a-maximum",
            [
                ([[1, 0], [1, 0], [1, 0]], (RELU, IDENTITY, pr.Activation.hard_tanh(-0.5, 0.5))),
                (np.eye(3, 4).tolist(), pr.Maximum([(2, 0), (1,)])),
            ],
            4,
        ),
        # Behind the larger of x and y, its ReLU: where both are negative it is off.
        stack("relu-of-a-maximum", [(square, pr.Maximum([(0, 1)])), ([[1, 0]], RELU)], 4),
    ]


def sorted_numbers(count: int) -> Problem:
    """Numbers sorted by turns of neighbours, larger ones first: the regions are their orders.

    The smaller of two numbers is minus the larger of their negatives, so numbers are kept with signs.
    """
    signs, stages = [1.0] * count, []
    for turn in range(count):
        rows: list[list[float]] = []
        groups, after = [], []
        for place in range(count):
            partner = place + 1 if (place - turn) % 2 == 0 else place - 1
            both = sorted({place, partner if 0 <= partner < count else place})
            sign = -1.0 if both[0] < place else 1.0
            groups.append(range(len(rows), len(rows) + len(both)))
            rows += [[sign * signs[k] * (k == j) for j in range(count)] + [0.0] for k in both]
            after.append(sign)
        signs = after
        stages.append((rows, pr.Maximum(groups)))
    return stack(f"{count}-numbers-sorted", stages, math.factorial(count))


def maximum_problems() -> list[Problem]:
    return [problem for group in (ties, thin, extreme, layers) for problem in group()]
