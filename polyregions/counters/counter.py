"""What a counter is: a function, what it counts, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from polyregions.counters.command import CommandCounter
from polyregions.counters.truth import Truth
from polyregions.geometry.polytope import Polytope
from polyregions.networks.network import Network

CounterFunction = Callable[[Network, Polytope, int, np.random.Generator], Any]
"""Takes a network, a domain, a budget and a random generator; returns whatever `read_answer` can read."""

Prediction = Callable[[Truth, int], float]
"""Says from the truth and the budget what the mean, or the standard deviation, of a counter's answers is."""


@dataclass(frozen=True)
class Counter:
    """A counter, and what is known of it.

    Parameters
    ----------
    name : str
    function : callable
        Takes a network, a domain, a budget and a random generator; see `read_answer` for what it may return.
    target : str
        What it counts: a definition's name, as in `Definitions`, or ``boundary_volume_k`` or ``wall_volume_k``.
    unit : str
        What its budget counts, in the plural.
    expectation, deviation : callable, optional
        Take a `Truth` and a budget; return the exact mean and standard deviation of the counter's answers.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0], [1.0]], [[1.0, 1.0]]], [[0.5, -0.5], [0.0]])
    >>> two = Counter("always two", lambda network, domain, budget, rng: 2)
    >>> two(net, pr.Polytope.box(-1, 1, dim=1), 10, np.random.default_rng(0))
    2
    """

    name: str
    function: CounterFunction
    target: str = "activation_regions"
    unit: str = "points"
    expectation: Prediction | None = None
    deviation: Prediction | None = None

    def __call__(self, network: Network, domain: Polytope, budget: int, rng: np.random.Generator) -> Any:
        """Return the function's answer."""
        return self.function(network, domain, budget, rng)

    def __str__(self) -> str:
        """Return the name."""
        return self.name


def as_counter(counter: CounterFunction, target: str | None) -> Counter:
    """Return a counter for any callable, with another target if one is given."""
    if isinstance(counter, Counter):
        if target is None or target == counter.target:
            return counter
        return Counter(counter.name, counter.function, target, counter.unit)
    if not callable(counter):
        raise TypeError(f"a counter is a callable (network, domain, budget, rng), got {type(counter).__name__}")
    return Counter(_name(counter), counter, target or "activation_regions", "budget")


def _name(counter: CounterFunction) -> str:
    if isinstance(counter, CommandCounter):
        return str(counter)
    if isinstance(counter, partial):
        return _name(counter.func)
    return str(getattr(counter, "__name__", type(counter).__name__))
