"""Small degenerate networks, each with a count that can be found by hand; the comments say how."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from maximum_networks import maximum_problems
from problems import Problem, Row

import polyregions as pr

ULP = 2.0**-52
TRIANGLE = [[1, 0, 0], [0, 1, 0], [1, 1, -0.5]]  # three lines in general position, crossing in [-1, 1]^2: 7 regions
Layers = Sequence[tuple[Any, Any]]


def problem(
    name: str, layers: Layers, regions: int, box: tuple[float, float] = (-1.0, 1.0), activations: Any = None
) -> Problem:
    """A network from (weights, biases) of its hidden layers, with output weights 1, 3, 9, ..., on a cube."""
    width, dim = len(layers[-1][1]), len(layers[0][0][0])
    weights = [*(w for w, _ in layers), [3.0 ** np.arange(width)]]
    biases = [*(b for _, b in layers), [0.0]]
    kinds = None if activations is None else [*activations, "identity"]
    return Problem(name, pr.Network.from_arrays(weights, biases, kinds), pr.Polytope.box(*box, dim=dim), regions)


def lines(name: str, rows: Sequence[Row], regions: int, box: tuple[float, float] = (-1.0, 1.0)) -> Problem:
    """One hidden layer."""
    return problem(name, [([row[:-1] for row in rows], [row[-1] for row in rows])], regions, box)


def scaled(rows: Sequence[Row], *factors: float) -> list[list[float]]:
    return [[factor * x for x in row] for row, factor in zip(rows, factors, strict=True)]


def coincident() -> list[Problem]:
    opposite = [[-x for x in row] for row in TRIANGLE]
    return [
        lines("duplicated-units", TRIANGLE * 2, 7),
        lines("opposite-units", TRIANGLE + opposite, 7),
        lines("duplicated-scaled-units", TRIANGLE + scaled(TRIANGLE, 3, 2.0**-40, 2.0**40), 7),
        # As floats 0.1 : 0.7 is not 0.3 : 2.1, so the lines cross at a tiny angle.
        lines("almost-duplicated-units", [[0.1, 0.7, 0], [0.3, 2.1, 0]], 4),
        # Each of the second layer's units is a positive multiple of one unit of the first, or its opposite.
        problem("duplicate-of-an-earlier-unit", [([[1, 0], [0, 1]], [0, 0]), ([[1, 0], [0, -2]], [0, 0])], 4),
        # Two equal second-layer units x+ + y+ - 1/2: the three quadrants with a positive coordinate are cut in two.
        problem("duplicated-deep-units", [([[1, 0], [0, 1]], [0, 0]), ([[1, 1], [2, 2]], [-0.5, -1])], 7),
        # |x| - |y| and its opposite, from opposite units: each quadrant is cut along its diagonal.
        problem(
            "opposite-deep-units",
            [([[1, 0], [-1, 0], [0, 1], [0, -1]], [0] * 4), ([[1, 1, -1, -1], [-1, -1, 1, 1]], [0, 0])],
            8,
        ),
    ]


def flat() -> list[Problem]:
    crossing = [([[1, 0], [0, 1]], [0, 0])]
    folded = [([[1, 0], [-1, 0], [0, 1], [0, -1]], [0] * 4)]
    return [
        lines("zero-row", [*TRIANGLE, [0, 0, 0]], 7),
        lines("zero-rows-with-bias", [*TRIANGLE, [0, 0, 1], [0, 0, -1]], 7),
        lines("only-zero-rows", [[0, 0, 0], [0, 0, 1]], 1),
        lines("zero-biases", [[1, 0, 0], [0, 1, 0], [1, 1, 0], [1, -2, 0]], 8),
        # Quadrants; behind them x+ - y+ splits only the positive one, and vanishes identically on the negative one.
        problem("zero-biases-deep", [*crossing, ([[1, -1]], [0])], 5),
        problem("identically-zero-on-a-region", [*crossing, ([[1, 1]], [0])], 4),
        problem("dead-layer", [*crossing, ([[-1, -1], [-1, -2]], [-1, -1]), ([[1, 1], [2, -1]], [1, -1])], 4),
        problem(
            "dead-layer-without-bias", [*crossing, ([[-1, -1], [-1, -2]], [-1, -1]), ([[1, 1], [2, -1]], [0, 0])], 4
        ),
        problem("dead-layer-on-its-boundary", [*crossing, ([[-1, -1], [-1, -2]], [0, 0]), ([[1, 1]], [0])], 4),
        # x+ dies for x < 0: the second layer is constant there, at its bias 0.
        problem("dead-on-half", [([[1, 0]], [0]), ([[1], [1]], [0, -0.5])], 3),
        # |x| >= 0 touches 0 on x = 0; |x| - 1 touches it on the boundary of K.
        problem("touching-zero", [*folded, ([[1, 1, 0, 0], [0, 0, 1, 1]], [0, 0])], 4),
        problem("touching-on-the-boundary", [*folded, ([[1, 1, 0, 0], [-1, -1, 0, 0]], [-1, 1])], 4),
    ]


def boundary() -> list[Problem]:
    simplex = pr.Polytope.simplex(2)
    along = lines("", [[1, 1, -1], [1, 0, 0], [1, -1, 0]], 2)
    return [
        lines("boundary-unit-active", [[1, 0, 1]], 1),
        lines("boundary-unit-inactive", [[1, 0, -1], [0, 1, 0]], 2),
        lines("boundary-units-all-sides", [[1, 0, 1], [1, 0, -1], [0, 1, 1], [0, 1, -1]], 1),
        lines("touches-a-corner", [[1, 1, -2], [1, -1, 2], [-1, -1, -2]], 1),
        lines("through-corners", [[1, 1, 0], [1, -1, 0]], 4),
        lines("through-a-corner-into-K", [[2, 1, -3], [1, 2, 1]], 2),
        lines("beside-the-boundary", [[1, 0, -(1 - 2.0**-53)], [0, 1, -1]], 2),
        Problem("boundary-of-a-simplex", along.network, simplex, 2),
        # The second layer sees x - 1 on x > 0 and -1 elsewhere.
        problem("boundary-deep", [([[1, 0]], [0]), ([[1]], [-1])], 2),
    ]


def concurrent() -> list[Problem]:
    star = [[1, 0, 0], [0, 1, 0], [1, 1, 0]]
    two = [([[1, 0], [0, 1]], [0, 0])]
    return [
        lines("three-lines-through-a-point", star, 6),
        lines("three-lines-through-a-third", [[3, 0, -1], [0, 3, -1], [1, -1, 0]], 6),
        lines("five-lines-through-a-tenth", [[10, 0, -1], [0, 10, -1], [1, -1, 0], [10, 20, -3], [20, 10, -3]], 10),
        # 0.1 is not a tenth, but the two coordinates' errors are equal: all three meet in (0.1, 0.1).
        lines("three-lines-through-a-float", [[1, 0, -0.1], [0, 1, -0.1], [1, -1, 0]], 6),
        # 10 * 0.1 is not 1, so x + 2 y = 3 / 10 passes beside (0.1, 0.1) and leaves a triangle of size 1e-17.
        lines("three-lines-beside-a-point", [[1, 0, -0.1], [0, 1, -0.1], [10, 20, -3]], 7),
        # Quadrants; x+ - 2 y+ and x+ - y+ split the positive one through the origin, in three.
        problem("deep-lines-through-a-point", [*two, ([[1, -2], [1, -1]], [0, 0])], 6),
        # On top of quadrants: x + y, as x+ - x- + y+ - y-, splits two of them.
        problem(
            "three-lines-through-a-point-in-two-layers",
            [([[1, 0], [-1, 0], [0, 1], [0, -1]], [0] * 4), ([[1, -1, 1, -1]], [0])],
            6,
        ),
        lines("four-planes-through-a-line", [[1, 0, 0, 0], [0, 1, 0, 0], [1, 1, 0, 0], [1, -1, 0, 0]], 8),
        lines("four-planes-through-a-point", [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [1, 1, 1, 0]], 14),
    ]


def thin() -> list[Problem]:
    """Regions so thin that no float point, or hardly one, lies inside."""
    gaps = {"1e-9": 1e-9, "1e-15": 1e-15, "1e-30": 1e-30, "2^-1000": 2.0**-1000, "the-least": 2.0**-1074}
    apart = [lines(f"lines-{name}-apart", [[1, 0, 0], [1, 0, -gap], [0, 1, 0]], 6) for name, gap in gaps.items()]
    half = [
        lines(f"lines-2^{k}-apart-at-one-half", [[1, 1, -0.5], [1, 1, -0.5 - 2.0**k], [1, -1, 0]], 6)
        for k in (-30, -50, -52)
    ]
    x = ([[1.0]], [0.0])
    steeper = ([[1 + ULP]], [0.0])
    around_one = [
        lines("no-float-between", [[1, -1], [1, -1 - ULP]], 3, (0, 2)),
        lines("no-float-between-in-the-plane", [[1, 0, -1], [1, 0, -1 - ULP], [0, 1, -1]], 6, (0, 2)),
        lines("gap-of-2^-104", [[1 + ULP, -1], [1, -1 + ULP]], 3, (0, 2)),
        lines("crossing-at-one-ulp", [[1, 1, 0], [1 + ULP, 1, 0]], 4),
        lines("crossing-at-one-ulp-in-space", [[1, 1, 1, 0], [1 + ULP, 1, 1, 0], [1, 1 - ULP, 1, 0]], 8),
        # (1 + u)^3 x - 1 against (1 + u)^2 x - 1 / (1 + u), rounded: the kinks lie within 2^-100 of each other.
        problem("gap-by-composition", [x, steeper, steeper, ([[1 + ULP], [1]], [-1, ULP - 1])], 4, (-1, 2)),
        # (1 + u)(1 - u) x = (1 - u^2) x: from x itself it differs by u^2 = 2^-104; with threshold 1 both, two kinks.
        problem(
            "gap-by-cancellation", [([[1.0], [1 + ULP]], [0.0, 0.0]), ([[1, 0], [0, 1 - ULP]], [-1, -1])], 4, (-1, 2)
        ),
        # Twenty layers of (1 + u) x: x > 0, and then the last one, and a copy of the input, switch near 1.
        problem("gap-after-twenty-layers", [x, *[steeper] * 20, ([[1.0], [1 + ULP]], [-1, -1])], 4, (-1, 2)),
    ]
    return [*apart, *half, *around_one]


def extreme() -> list[Problem]:
    """Numbers whose products are not floats, or hardly."""
    quadrants = [[1.0, 0.0], [0.0, 1.0]]
    zero = [0.0, 0.0]
    least = 2.0**-1074
    cases = [
        lines("scaled-by-2^-60", scaled(TRIANGLE, *[2.0**-60] * 3), 7),
        lines("scaled-by-2^60", scaled(TRIANGLE, *[2.0**60] * 3), 7),
        lines("scaled-unevenly", scaled(TRIANGLE, 2.0**60, 2.0**-60, 2.0**-1000), 7),
        lines("scaled-to-the-ends", scaled(TRIANGLE, 2.0**1023, 2.0**-1060, 1), 7),
        lines("subnormal", scaled(TRIANGLE, *[2.0**-1060] * 3), 7),
        lines("least-floats", [[3 * least, -least], [-5 * least, least]], 3),
    ]
    for name, factor in (("underflow", 2.0**-600), ("overflow", 2.0**600)):
        # As zero-biases-deep: x+ - y+, times 2^-1200 or 2^1200.
        deep = (np.array([[1, -1]]) * factor, [0.0])
        cases.append(problem(f"product-{name}", [(np.array(quadrants) * factor, zero), deep], 5))
        # On its positive quadrant: x - y - 2^-1070 or x - y - 2^1000 / 2^1200, a line that does not pass 0.
        bias = 2.0**-1070 if factor < 1 else 2.0**1000
        regions = {"underflow": 4, "overflow": 6}[name]
        shifted = (np.array([[1, -1]]) * factor, [-bias])
        cases.append(problem(f"product-{name}-with-bias", [(np.array(quadrants) * factor, zero), shifted], regions))
    chain = [([[2.0**-600]], [0.0]), ([[2.0**-600]], [0.0]), ([[2.0**600]], [0.0]), ([[2.0**600]], [0.0])]
    cases.append(problem("underflow-and-back", [*chain, ([[1.0]], [-0.5])], 3))
    cases.append(problem("overflow-and-back", [*chain[::-1], ([[1.0]], [-0.5])], 3))
    for name, size in (("tiny-domain", 2.0**-400), ("huge-domain", 2.0**400)):
        rows = [[a, b, c * size] for a, b, c in TRIANGLE]
        cases.append(lines(name, rows, 7, (-size, size)))
    return cases


def other_activations() -> list[Problem]:
    square = ([[1, 0], [0, 1]], [0, 0])
    line = ([[1.0]], [0.0])
    return [
        problem("absolute-values", [square, ([[1, 1]], [-0.5])], 8, activations=["abs", "relu"]),
        problem("absolute-values-folded", [line, ([[1]], [-0.5]), ([[1]], [-0.25])], 8, activations=["abs"] * 3),
        problem("absolute-values-touching", [line, ([[1]], [0]), ([[1]], [-1])], 2, activations=["abs"] * 3),
        # The second unit is -1, x or 1: at its own breakpoints wherever the first is constant.
        problem("saturated-on-breakpoints", [line, line], 3, (-2, 2), ["hard_tanh", "hard_tanh"]),
        problem("saturated-below-a-kink", [line, ([[1]], [-1])], 3, (-2, 2), ["hard_tanh", "relu"]),
        # Kinks of the first at 0 and 6; of the second, 2 x - 6 in between, at 3 and 6.
        problem("relu6", [line, ([[2]], [-6])], 4, (-1, 8), ["relu6", "relu6"]),
        problem("leaky", [square, ([[1, 1]], [0])], 6, activations=["leaky_relu(0.5)", "relu"]),
        problem("no-breakpoints", [square, square], 1, activations=["identity", "identity"]),
        skip_connection(),
        activation_at_the_end(),
    ]


def skip_connection() -> Problem:
    """The second layer sees x itself and x+: x - 2 x+ + 1/2 has kinks where x = -1/2 and x = 1/2."""
    relu, identity = pr.Activation.relu(), pr.Activation.identity()
    layers = (
        pr.Layer(np.array([[1.0]]), np.array([0.0]), relu, (0,)),
        pr.Layer(np.array([[1.0, -2.0]]), np.array([0.5]), relu, (0, 1)),
        pr.Layer(np.array([[1.0, 3.0]]), np.array([0.0]), identity, (1, 2)),
    )
    return Problem("skip-connection", pr.Network(layers, 1), pr.Polytope.box(-1, 1, dim=1), 4)


def activation_at_the_end() -> Problem:
    network = pr.Network.from_arrays([[[1.0, 0.0], [0.0, 1.0]], [[1.0, -1.0]]], [[0.0, 0.0], [0.0]], ["relu", "relu"])
    return Problem("activation-at-the-end", network, pr.Polytope.box(-1, 1, dim=2), 5)


def degenerate_problems() -> list[Problem]:
    groups = (coincident, flat, boundary, concurrent, thin, extreme, other_activations, maximum_problems)
    return [problem for group in groups for problem in group()]


def random_degenerate_networks(seed: int) -> dict[str, pr.Network]:
    """Networks 2-8-8-1 with He-normal weights, degenerate in one way each; their counts only the reference knows."""
    random = np.random.default_rng(seed)
    first, second = random.normal(0, 1, (8, 2)), random.normal(0, 0.5, (8, 8))
    a, b, last = random.normal(0, 0.3, 8), random.normal(0, 0.3, 8), random.normal(0, 0.5, (1, 8))
    zero, half = np.zeros(8), random.normal(0, 1, (4, 2))
    doubled, repeated = np.concatenate([half, half]), np.concatenate([a[:4], a[:4]])
    opposite, mirrored = np.concatenate([half, -half]), np.concatenate([a[:4], -a[:4]])
    pencil = first @ np.array([0.25, -0.5])  # in floats, so the lines pass near a point, some through it
    layers = {
        "zero-biases": ([first, second], [zero, zero]),
        "duplicated": ([doubled, second], [repeated, b]),
        "opposite": ([opposite, second], [mirrored, b]),
        "dead-layer": ([first, -np.abs(second), second], [a, -np.abs(b), b]),
        "dead-layer-without-bias": ([first, -np.abs(second), second], [a, zero, zero]),
        "lines-near-a-point": ([first, second], [-pencil, b]),
        "equal-rows-in-the-second-layer": ([first, second[[0, 0, 1, 1, 2, 2, 3, 3]]], [a, b[[0, 0, 1, 1, 2, 2, 3, 3]]]),
        "rounded": ([np.round(4 * first) / 4, np.round(4 * second) / 4], [np.round(4 * a) / 4, np.round(4 * b) / 4]),
    }
    return {
        name: pr.Network.from_arrays([*weights, last], [*biases, [0.0]]) for name, (weights, biases) in layers.items()
    }
