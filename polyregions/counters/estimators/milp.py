"""Activation patterns listed by mixed-integer linear programs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyregions.counters.estimators.pattern_program import PatternProgram
from polyregions.counters.estimators.sampled import check_budget
from polyregions.enumeration.regions import switch_pattern
from polyregions.geometry.polytope import Polytope
from polyregions.networks.network import Network


def milp_patterns(
    network: Network, domain: Polytope, budget: int, rng: np.random.Generator
) -> NDArray[np.integer[Any]]:
    """List activation patterns with mixed-integer programs, one for each.

    Parameters
    ----------
    network : Network
        Without maxima.
    domain : Polytope
    budget : int
        How many programs are solved at most.  One more than there are regions is enough.
    rng : numpy.random.Generator
        Not used: nothing here is random.

    Returns
    -------
    numpy.ndarray of int, shape (N, n_units)
        The patterns, in the order in which they were found; their number estimates the number of activation regions.

    Raises
    ------
    DimensionMismatch
        Network and domain have different dimensions.
    UnsupportedLayer
        A layer has maxima.
    SolverFailed
        HiGHS gave up, or floats do not hold the bounds of some rows.
    ValueError
        The budget is not positive.

    Notes
    -----
    Every pattern that was found is cut off, and the next program finds another one, until none is left or the budget is
    used up.  The constraints are those of Serra et al., see `PatternProgram`.

    In exact arithmetic, and with a budget that is large enough, N would be the number of regions but for those on which
    a row equals its breakpoint because terms cancel: nothing here is random, and there is no other bias.  A budget B
    below that gives ``N = B``.  But this is a method with tolerances.  Regions are lost on which no point keeps all
    rows away from their breakpoints by 1e-6 of half their range, and patterns may be found that no region has, where
    what the solver tolerates adds up over layers or where products underflow.  A solver that calls
    a program infeasible that is not, as rounding may make it do, ends the list too early.

    A program takes 50 to 300 milliseconds for 16 units, and exponential time in the worst case.  There is one cut for
    each pattern that is known, so that later programs are larger.

    Source: Serra, Tjandraatmadja and Ramalingam (2018), Bounding and counting linear regions of deep neural networks.

    Examples
    --------
    >>> net = Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> square, rng = Polytope.box(-1, 1, dim=2), np.random.default_rng(0)
    >>> len(milp_patterns(net, square, 9, rng)), len(milp_patterns(net, square, 3, rng))
    (4, 3)
    """
    check_budget(budget)
    program = PatternProgram(network, domain)
    found: list[NDArray[np.int8]] = []
    while len(found) < budget:
        known = np.array(found, dtype=np.float64).reshape(len(found), network.n_switches)
        # The next pattern differs from a known one in a switch at least: z = 0 where it has 1, or the other way round.
        point = program.find(1.0 - 2.0 * known, 1.0 - known.sum(axis=1), np.full(len(known), np.inf))
        if point is None:
            break
        found.append(point)
    signs = 2 * np.array(found, dtype=np.int8).reshape(len(found), network.n_switches) - 1
    return switch_pattern(network, signs)
