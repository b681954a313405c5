"""Networks whose region counts are known from mathematics: hyperplane arrangements and deep constructions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

import polyregions as pr

Engine = Literal["branching", "subdivision"]
ENGINES: tuple[Engine, ...] = ("branching", "subdivision")
Row = Sequence[float]  # the hyperplane a . x + c = 0, as (a, c)


@dataclass(frozen=True, eq=False)
class Problem:
    """A network on a domain, with the counts that are known; None where they are not."""

    name: str
    network: pr.Network
    domain: pr.Polytope
    activation_regions: int
    linear_regions: int | None = None
    distinct_maps: int | None = None
    adjacencies: int | None = None
    slow: bool = False

    def __str__(self) -> str:
        return self.name


# One hidden layer: a hyperplane for each unit.


def arrangement(name: str, rows: Sequence[Row], half_width: float, regions: int, slow: bool = False) -> Problem:
    """Hyperplanes in the cube of that half width, which must hold all minimal flats in its interior.

    With output weights 3^i, and entries in {-1, 0, 1} in some column of every row, different patterns have different
    maps: balanced ternary numbers are unique.  So the count is that of linear regions and of distinct maps as well.
    """
    table = np.array(rows, dtype=float)
    dim = table.shape[1] - 1
    network = pr.Network.from_arrays([table[:, :-1], [3.0 ** np.arange(len(table))]], [table[:, -1], [0.0]])
    small = bool(np.isin(table[:, :-1], (-1, 0, 1)).all())
    domain = pr.Polytope.box(-half_width, half_width, dim=dim)
    return Problem(name, network, domain, regions, regions, regions if small else None, slow=slow)


def unit(n: int, i: int, scale: float = 1.0) -> list[float]:
    return [scale * (k == i) for k in range(n)]


def difference(n: int, i: int, j: int, sign: int = -1, constant: float = 0.0) -> list[float]:
    """The hyperplane x_i + sign * x_j + constant = 0."""
    return [*(float(k == i) + sign * float(k == j) for k in range(n)), constant]


def pairs(n: int) -> list[tuple[int, int]]:
    return list(itertools.combinations(range(n), 2))


def braid(n: int) -> Problem:
    return arrangement(f"braid-{n}", [difference(n, i, j) for i, j in pairs(n)], 1, math.factorial(n))


def type_d_rows(n: int) -> list[list[float]]:
    return [difference(n, i, j, sign) for i, j in pairs(n) for sign in (1, -1)]


def type_b(n: int) -> Problem:
    rows = type_d_rows(n) + [[*unit(n, i), 0.0] for i in range(n)]
    return arrangement(f"type-B-{n}", rows, 1, 2**n * math.factorial(n))


def type_d(n: int) -> Problem:
    return arrangement(f"type-D-{n}", type_d_rows(n), 1, 2 ** (n - 1) * math.factorial(n))


def deformed_braid(name: str, n: int, offsets: Sequence[int], regions: int) -> Problem:
    """Hyperplanes x_i - x_j = offset for i < j."""
    rows = [difference(n, i, j, constant=-float(k)) for i, j in pairs(n) for k in offsets]
    return arrangement(f"{name}-{n}", rows, n, regions)


def shi(n: int) -> Problem:
    return deformed_braid("shi", n, (0, 1), (n + 1) ** (n - 1))


def catalan(n: int) -> Problem:
    return deformed_braid("catalan", n, (-1, 0, 1), math.factorial(2 * n) // math.factorial(n + 1))


def semiorder(n: int) -> Problem:
    return deformed_braid("semiorder", n, (-1, 1), {2: 3, 3: 19, 4: 183, 5: 2371}[n])


def linial(n: int) -> Problem:
    regions = sum(math.comb(n, k) * (k + 1) ** (n - 1) for k in range(n + 1)) // 2**n
    return deformed_braid("linial", n, (1,), regions)


def resonance(n: int) -> Problem:
    """All sums over non-empty subsets of the coordinates."""
    rows = [[*v, 0.0] for v in itertools.product((0.0, 1.0), repeat=n) if any(v)]
    return arrangement(f"resonance-{n}", rows, 1, {2: 6, 3: 32, 4: 370, 5: 11292}[n], slow=n > 4)


def threshold(n: int) -> Problem:
    """Normals (1, v) for v in {0, 1}^n: regions are the threshold functions of n bits."""
    rows = [[1.0, *v, 0.0] for v in itertools.product((0.0, 1.0), repeat=n)]
    return arrangement(f"threshold-{n}", rows, 1, {1: 4, 2: 14, 3: 104, 4: 1882, 5: 94572}[n], slow=n > 3)


def cycle(n: int) -> Problem:
    """Hyperplanes x_i = x_j for the edges of a cycle: regions are its acyclic orientations."""
    return arrangement(f"cycle-{n}", [difference(n, i, (i + 1) % n) for i in range(n)], 1, 2**n - 2)


def star(n: int) -> Problem:
    """Hyperplanes x_0 = x_i: the graph is a tree."""
    return arrangement(f"star-{n}", [difference(n, 0, i) for i in range(1, n)], 1, 2 ** (n - 1))


def boolean(n: int) -> Problem:
    return arrangement(f"boolean-{n}", [[*unit(n, i), 0.0] for i in range(n)], 1, 2**n)


def generic(m: int, d: int) -> Problem:
    """Hyperplanes x_1 + t x_2 + ... + t^(d-1) x_d + t^d = 0 for m whole numbers t.

    Any d of them meet in one point (Vandermonde), whose coordinates are up to sign the elementary symmetric functions
    of their t; no d + 1 do.
    """
    numbers = [k // 2 + 1 if k % 2 else -(k // 2) for k in range(m)]  # 0, 1, -1, 2, -2, ...
    rows = [[float(t**k) for k in range(d + 1)] for t in numbers]
    half_width = 2.0 * (1 + max(map(abs, numbers))) ** d
    return arrangement(f"generic-{m}-in-{d}d", rows, half_width, sum(math.comb(m, i) for i in range(d + 1)))


def shuffled(problem: Problem, seed: int) -> Problem:
    """The same hyperplanes in another order."""
    first, last = problem.network.layers
    order = np.random.default_rng(seed).permutation(first.width)
    network = pr.Network.from_arrays([first.weights[order], last.weights], [first.bias[order], last.bias])
    return replace(problem, name=f"{problem.name}-shuffled", network=network)


# Deep constructions.


def sawtooth(depth: int, outside: bool = False) -> Problem:
    """The depth-fold composition of the tent map; on [-1, 2] with the two outer pieces, where it is zero."""
    weights = [[[2.0], [4.0]], *[[[2.0, -2.0], [4.0, -4.0]]] * (depth - 1), [[1.0, -1.0]]]
    network = pr.Network.from_arrays(weights, [*[[0.0, -2.0]] * depth, [0.0]])
    if not outside:
        return Problem(f"sawtooth-{depth}", network, pr.Polytope.box(0, 1, dim=1), *[2**depth] * 3, 2**depth - 1)
    count = 3 if depth == 1 else 2**depth + 2
    distinct = 3 if depth == 1 else 2**depth + 1
    domain = pr.Polytope.box(-1, 2, dim=1)
    return Problem(f"sawtooth-{depth}-outside", network, domain, count, count, distinct, count - 1)


def fold_rows(p: int) -> tuple[list[float], list[float], list[float]]:
    """Weights and biases of p units of x, and signs: their signed sum folds every [(j-1)/p, j/p] onto [0, 1]."""
    weights = [float(p), *[2.0 * p] * (p - 1)]
    return weights, [-2.0 * j for j in range(p)], [(-1.0) ** j for j in range(p)]


def folding(p: int, depth: int, thresholds: int) -> Problem:
    """depth - 1 folds of [0, 1], then units that switch at thresholds.

    All thresholds lie above 0, so at every second fold point no unit of the last layer is active: no kink is seen.
    """
    weights, biases, signs = (np.array(v) for v in fold_rows(p))
    matrices, shifts = [weights[:, None]], [biases]
    for _ in range(depth - 2):
        matrices.append(np.outer(weights, signs))
        shifts.append(biases)
    matrices.append(np.tile(signs, (thresholds, 1)))
    shifts.append(-np.arange(1, thresholds + 1) / 8.0)
    network = pr.Network.from_arrays([*matrices, [3.0 ** np.arange(thresholds)]], [*shifts, [0.0]])
    teeth = p ** (depth - 1)
    count = teeth * (thresholds + 1)
    domain = pr.Polytope.box(0, 1, dim=1)
    return Problem(f"folding-{p}-{depth}-{thresholds}", network, domain, count, count - (teeth - 1) // 2)


def folding_plane(p: int, depth: int) -> Problem:
    """Both coordinates folded separately, then three lines that cut the unit square in 7; they also touch the folds."""
    weights, biases, signs = (np.array(v) for v in fold_rows(p))
    both, joined = np.kron(np.eye(2), weights[:, None]), np.kron(np.eye(2), signs)
    last = np.array([[1.0, 0.3], [0.25, 1.0], [1.0, -1.1]])
    matrices = [both, *[both @ joined] * (depth - 2), last @ joined, [[1.0, 3.0, 9.0]]]
    shifts = [*[np.tile(biases, 2)] * (depth - 1), [-0.6, -0.55, 0.2], [0.0]]
    network = pr.Network.from_arrays(matrices, shifts)
    return Problem(f"folding-plane-{p}-{depth}", network, pr.Polytope.box(0, 1, dim=2), 7 * p ** (2 * (depth - 1)))


def l1_norm(d: int) -> Problem:
    """Every coordinate hyperplane is used by two opposite units."""
    network = pr.Network.from_arrays(
        [np.concatenate([np.eye(d), -np.eye(d)]), np.ones((1, 2 * d))], [np.zeros(2 * d), [0.0]]
    )
    return Problem(f"l1-norm-{d}", network, pr.Polytope.box(-1, 1, dim=d), 2**d, 2**d, 2**d, d * 2 ** (d - 1))


def linf_norm() -> Problem:
    """|y| + max(|x| - |y|, 0); the kinks of the first term on y = 0 cancel, and a unit touches zero there."""
    network = pr.Network.from_arrays(
        [[[1, 0], [-1, 0], [0, 1], [0, -1]], [[0, 0, 1, 1], [1, 1, -1, -1]], [[1, 1]]],
        [np.zeros(4), np.zeros(2), [0]],
    )
    return Problem("linf-norm", network, pr.Polytope.box(-1, 1, dim=2), 8, 4, 4, 8)


def hamming_trap() -> Problem:
    """A pair of patterns that differ in one unit but do not touch: above and below y = 0, where |y| > 1 + |x|."""
    network = pr.Network.from_arrays(
        [[[0, 1], [1, 0], [0, 1]], [[2, 1, -1], [2, -1, -1]], [[1, 3]]], [[0, 10, 10], [-1, 19], [0]]
    )
    return Problem("hamming-trap", network, pr.Polytope.box(-5, 5, dim=2), 8, adjacencies=11)


FAMILIES: list[tuple[Callable[[int], Problem], range]] = [
    (braid, range(2, 6)),
    (type_b, range(2, 5)),
    (type_d, range(2, 5)),
    (shi, range(2, 5)),
    (catalan, range(2, 5)),
    (semiorder, range(2, 5)),
    (linial, range(2, 6)),
    (resonance, range(2, 6)),
    (threshold, range(1, 5)),
    (boolean, range(1, 6)),
]


def arrangements() -> list[Problem]:
    families = [family(n) for family, sizes in FAMILIES for n in sizes]
    return families + [
        generic(m, d) for m, d in [(1, 1), (6, 1), (3, 2), (5, 2), (8, 2), (4, 3), (6, 3), (8, 3), (5, 4)]
    ]


def deep_constructions() -> list[Problem]:
    saws = [sawtooth(depth, outside) for outside in (False, True) for depth in range(1, 9)]
    folds = [folding(*shape) for shape in [(2, 2, 2), (3, 2, 3), (3, 3, 3), (4, 3, 2)]]
    planes = [folding_plane(p, depth) for p, depth in [(2, 2), (3, 2), (2, 3)]]
    return [*saws, *folds, *planes, *[l1_norm(d) for d in (1, 2, 3)], linf_norm(), hamming_trap()]


def known_problems(slow: bool = False) -> list[Problem]:
    """All problems that are slow, or all that are not; every arrangement also in another order."""
    plain = arrangements()
    everything = [*plain, *[shuffled(problem, seed) for seed, problem in enumerate(plain)], *deep_constructions()]
    return [problem for problem in everything if problem.slow == slow]
