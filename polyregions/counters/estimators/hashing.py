"""Lower bounds of numbers of regions from random parities."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import count

import numpy as np
from numpy.typing import NDArray

from polyregions.counters.answer import Answer
from polyregions.counters.estimators.pattern_program import PatternProgram
from polyregions.counters.estimators.sampled import check_budget
from polyregions.geometry.polytope import Polytope
from polyregions.networks.network import Network

Parities = NDArray[np.bool_]
"""Subsets of the binaries, one in each row."""


def xor_lower_bound(
    network: Network,
    domain: Polytope,
    budget: int,
    rng: np.random.Generator,
    *,
    alpha: float = 1.0,
    confidence: float = 0.95,
    density: float = 0.5,
) -> Answer:
    """Bound the number of activation regions from below, by mixed-integer programs with random parities.

    Parameters
    ----------
    network : Network
        Without maxima.
    domain : Polytope
    budget : int
        How many programs are solved at most.
    rng : numpy.random.Generator
    alpha : float
        Positive: the bound for s parities is ``2^(s - alpha)``.  A small one needs more trials, a large one loses more.
    confidence : float
        The bound holds with this probability at least.
    density : float
        How many of the switches a parity has on average, as a share.  Short parities make programs easier and bounds
        lower, but not less certain.

    Returns
    -------
    Answer
        The bound as lower end of an interval without an upper one, with its confidence; no estimate.

    Raises
    ------
    DimensionMismatch, UnsupportedLayer, SolverFailed
        As `polyregions.counters.estimators.milp.milp_patterns`.
    ValueError
        The budget is not positive, or another number lies outside its range.

    Notes
    -----
    See `parity_lower_bound` for how the bound is found, its bias, and why the confidence holds.  Parities are those of
    the switches that interval bounds leave open, on which patterns differ.  Whether a region has them is asked of a
    `PatternProgram`, in floats.  Thin regions that it loses make the bound lower; but the claim rests on it that the
    program finds no pattern that no region has.

    Programs with parities are hard: some tenths of a second for 16 units.

    Sources: Serra and Ramalingam (2020), Empirical bounds on linear regions of deep rectifier networks; Gomes,
    Sabharwal and Selman (2006), Model counting: a new strategy for obtaining good bounds.

    Examples
    --------
    >>> net = Network.from_arrays([np.eye(5), np.ones((1, 5))], [np.zeros(5), [0.0]])
    >>> cube = Polytope.box(-1, 1, dim=5)  # 32 regions
    >>> xor_lower_bound(net, cube, 10, np.random.default_rng(3), confidence=0.75)
    Answer(in [8, inf] with confidence 0.75)
    """
    program = PatternProgram(network, domain)

    def some_region_has(subsets: Parities, odd: NDArray[np.bool_]) -> bool:
        """Tell whether a region has these parities: a sum of binaries is twice a whole number, or one more."""
        rows = np.zeros((len(odd), network.n_switches + len(odd)))
        rows[:, program.free] = subsets
        rows[:, network.n_switches :] = -2.0 * np.eye(len(odd))
        return program.find(rows, odd.astype(np.float64), odd.astype(np.float64)) is not None

    return parity_lower_bound(
        some_region_has, len(program.free), budget, rng, alpha=alpha, confidence=confidence, density=density
    )


def parity_lower_bound(
    some_element_has: Callable[[Parities, NDArray[np.bool_]], bool],
    binaries: int,
    budget: int,
    rng: np.random.Generator,
    *,
    alpha: float = 1.0,
    confidence: float = 0.95,
    density: float = 0.5,
) -> Answer:
    """Bound the size of a set of binary vectors from below, by asking whether some of them have random parities.

    Parameters
    ----------
    some_element_has : callable
        Given subsets of the binaries, shape (s, q), and for each whether its sum shall be odd, shape (s,), it tells
        whether an element of the set has all these parities.
    binaries : int
        Their number q.
    budget : int
        How often it is asked at most.
    rng : numpy.random.Generator
    alpha, confidence, density
        As `xor_lower_bound`.

    Returns
    -------
    Answer

    Raises
    ------
    ValueError
        The budget is not positive, or another number lies outside its range.

    Notes
    -----
    There are ``t = ceil(-log2(1 - confidence) / alpha)`` trials for each number s of parities, s = 1, 2, ...; those for
    which the bound would be 1 are left out.  When a trial fails, or the budget is used up, the bound is
    ``2^(s - alpha)``, rounded up, for the last s whose trials all succeeded; or 1, which is certain if the set is not
    empty.

    Why this holds with probability ``1 - 2^(-alpha t)``: let the set have M elements.  Whatever the subsets are, each
    sum is odd or even with probability 1/2, as it is chosen at random which of them is wanted.  So an element has s
    parities with probability ``2^-s``, and the mean number of elements that have them is ``M 2^-s``.  By Markov's
    inequality a trial succeeds with that probability at most.  For numbers s whose bound is wrong this is less than
    ``2^-alpha``, and less than ``2^(-alpha t)`` for t independent trials.  Now s rises in fixed steps, and ends with
    the first failure: to claim any bound that is wrong, all trials of the least such s must succeed, which is one
    event.  No union over s is needed.

    The bound is biased downwards.  If the density is 1/2, then elements are pairwise independent, and by Chebyshev's
    inequality a trial fails with probability ``2^s / M`` at most, and any of those up to s with ``t 2^(s + 1) / M``.
    So the bound is at least ``M / (t 2^(alpha + 3))`` half of the time or more often, if the budget is large enough.
    It varies by factors of two, and costs about ``t log2 M`` questions.

    Examples
    --------
    >>> vectors = np.arange(1024)[:, None] >> np.arange(10) & 1  # all that there are
    >>> def ask(subsets, odd):
    ...     return bool((vectors @ subsets.T % 2 == odd).all(axis=1).any())
    >>> parity_lower_bound(ask, 10, 100, np.random.default_rng(0))
    Answer(in [8, inf] with confidence 0.96875)
    """
    check_budget(budget)
    if not (0.0 < alpha < math.inf and 0.0 < confidence < 1.0 and 0.0 < density < 1.0):
        raise ValueError(
            "alpha is a positive number, confidence and density lie between 0 and 1, "
            f"got {alpha}, {confidence} and {density}"
        )
    trials = math.ceil(-math.log2(1.0 - confidence) / alpha)
    bound, asked = 1, 0
    for parities in count(math.floor(alpha) + 1):
        if asked + trials > budget:
            break
        for _ in range(trials):
            asked += 1
            subsets = rng.random((parities, binaries)) < density
            if not some_element_has(subsets, rng.random(parities) < 0.5):
                return _answer(bound, alpha, trials)
        bound = math.ceil(2.0 ** (parities - alpha))
    return _answer(bound, alpha, trials)


def _answer(bound: int, alpha: float, trials: int) -> Answer:
    return Answer(interval=(float(bound), math.inf), confidence=1.0 - 2.0 ** (-alpha * trials))
