"""Scoring a counter: many runs on networks whose regions are known exactly."""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyregions.counters.answer import Answer, read_answer
from polyregions.counters.case import Case
from polyregions.counters.counter import Counter, CounterFunction, as_counter
from polyregions.counters.definitions import NAMES, Definitions
from polyregions.counters.findings import Finding
from polyregions.counters.library import from_library
from polyregions.counters.scores import CaseScore, Patterns, Runs
from polyregions.counters.truth import ABSENT, FLAT, Truth, check_target
from polyregions.counters.verdict import verdict_on
from polyregions.enumeration.engines import check_dimensions
from polyregions.enumeration.run import Progress, reporting
from polyregions.errors import CounterFailed
from polyregions.frozen import Frozen
from polyregions.geometry.polytope import Polytope
from polyregions.networks.network import Network

BUDGETS = (100, 1000, 10_000)

Work = tuple[str, Network, Polytope, Definitions | None]
"""The name of a network, the network, the domain, and the numbers of regions if they are known."""


@dataclass(frozen=True, eq=False)
class Validation(Frozen):
    """How a counter fared on all networks: what `validate_counter` returns.

    Parameters
    ----------
    counter : str
        Its name.
    target : str
        What it counts.
    unit : str
        What its budget counts.
    budgets : tuple of int
        Ascending.
    repeats : int
        Runs with each budget on each network.
    seed : int
    cases : tuple of CaseScore
    stopped : str, optional
        Why there are fewer networks than were asked for: an interrupt, or the failure of the counter.
    """

    counter: str
    target: str
    unit: str
    budgets: tuple[int, ...]
    repeats: int
    seed: int
    cases: tuple[CaseScore, ...]
    stopped: str | None = None

    @cached_property
    def verdict(self) -> tuple[Finding, ...]:
        """What the numbers mean, in words."""
        return verdict_on(self.cases, self.target)

    def __repr__(self) -> str:
        """Name the counter, the number of networks, and the verdict in short."""
        short = "; ".join(finding.label for finding in self.verdict)
        many = "network" if len(self.cases) == 1 else "networks"
        return f"Validation({self.counter}, {len(self.cases)} {many}: {short})"


def validate_counter(
    counter: CounterFunction,
    cases: Any,
    domain: Polytope | None = None,
    *,
    budgets: Sequence[int] = BUDGETS,
    repeats: int = 20,
    seed: int = 0,
    target: str | None = None,
    progress: Progress | bool | None = None,
) -> Validation:
    """Run a counter many times on networks whose regions are known exactly, and say how wrong it is, and why.

    Parameters
    ----------
    counter : callable
        Takes a network, a domain, a budget and a ``numpy.random.Generator``; returns a number, an interval, patterns,
        or several of these, see `counters.read_answer`.  A `counters.Counter` says itself what it counts; a
        `counters.CommandCounter` is a program of its own.
    cases : Network, Case, or sequence of pairs of Network and Polytope
        A network, with `domain`; a case of the suite; or several pairs, such as ``load_suite("small")``.
    domain : Polytope, optional
    budgets : sequence of int
        How much work a counter may do; what it counts is the counter's affair.
    repeats : int
        Runs with each budget on each network, two at least.
    seed : int
        Every run gets a generator of its own, which follows from this, the case, the budget and the run.
    target : str, optional
        What it counts: a definition's name, as in `counters.Definitions`, or ``boundary_volume_k`` or
        ``wall_volume_k``; the counter's own, or activation regions, if left out.
    progress : callable or bool, optional
        Called with the share of the runs done and the number of runs; True shows a bar.

    Returns
    -------
    Validation
        After an interrupt or a failure of the counter, of the networks that were done till then, unless there are
        none.

    Raises
    ------
    CounterFailed
        An answer could not be read, or a program failed, on the first network.
    DimensionMismatch
        A network and its domain do not fit, or have too many inputs for the target.
    ValueError
        There are too few repeats, or there is no such target, or a budget is not positive.

    Notes
    -----
    The truth is computed exactly: all faces up to five inputs, regions alone above, where volumes are not known.
    Whatever the counter itself raises is not caught.

    Examples
    --------
    >>> import polyregions as pr
    >>> square = pr.Polytope.box(-1, 1, dim=2)
    >>> net = pr.random_network(pr.Architecture(2, (6,)), pr.Prior(bias_scale=0.5), seed=1)
    >>> found = pr.validate_counter(pr.counters.distinct_patterns, net, square, budgets=[10, 1000])
    >>> [finding.label for finding in found.verdict if finding.kind in ("bias", "prediction")]
    ['biased low', 'as predicted']
    """
    used = as_counter(from_library(counter), target)
    work = _work(cases, domain)
    budgets = _checked(budgets, repeats)
    for _, network, space, _ in work:
        check_dimensions(network, space)
        check_target(used.target, space.dim)
    scores: list[CaseScore] = []
    stopped = None
    total = len(work) * len(budgets) * repeats
    with reporting(progress, "counting", "runs") as report:
        try:
            for name, network, space, known in work:
                truth, runs = Truth(network, space, known), list[Runs]()
                wanted = truth.value(used.target)
                for budget in budgets:
                    answers = []
                    for repeat in range(repeats):
                        answers.append(_answer(used, name, truth, budget, repeat, seed))
                        done = (len(scores) * len(budgets) + len(runs)) * repeats + repeat + 1
                        report(done / total, done)
                    runs.append(_runs(used, truth, wanted, budget, answers))
                scores.append(_case_score(used, name, truth, runs))
        except (KeyboardInterrupt, CounterFailed) as stop:
            if not scores:
                raise
            stopped = str(stop) or "interrupted"
    return Validation(used.name, used.target, used.unit, budgets, repeats, seed, tuple(scores), stopped)


def _work(cases: Any, domain: Polytope | None) -> list[Work]:
    """Return names, networks, domains, and the numbers of regions that are known."""
    if isinstance(cases, Network):
        if not isinstance(domain, Polytope):
            raise TypeError("a single network needs its domain: validate_counter(counter, network, domain)")
        return [(f"{cases}", cases, domain, None)]
    if domain is not None:
        raise TypeError("give a domain with a single network only; several come as pairs of network and domain")
    found: list[Work] = []
    for number, case in enumerate([cases] if isinstance(cases, Case) else cases):
        network, space = case
        if not (isinstance(network, Network) and isinstance(space, Polytope)):
            raise TypeError(
                f"a case is a pair of a Network and a Polytope, got {type(network).__name__} and {type(space).__name__}"
            )
        if isinstance(case, Case):
            found.append((case.name, network, space, case.answers.definitions))
        else:
            found.append((str(getattr(case, "name", f"network {number}")), network, space, None))
    if not found:
        raise ValueError("a counter is validated on one network or more, got none")
    return found


def _checked(budgets: Sequence[int], repeats: int) -> tuple[int, ...]:
    """Return the budgets in ascending order, each once."""
    if repeats < 2:
        raise ValueError(f"a spread needs two runs or more with each budget, got {repeats}")
    if not len(budgets) or any(budget != int(budget) or budget < 1 for budget in budgets):
        raise ValueError(f"budgets are whole numbers from 1, one or more, got {list(budgets)}")
    return tuple(sorted({int(budget) for budget in budgets}))


def _answer(counter: Counter, name: str, truth: Truth, budget: int, repeat: int, seed: int) -> tuple[Answer, float]:
    """Run the counter once; return its answer and the seconds it took."""
    rng = np.random.default_rng([seed, zlib.crc32(name.encode()), budget, repeat])
    started = time.perf_counter()
    try:
        raw = counter(truth.network, truth.domain, budget, rng)
        seconds = time.perf_counter() - started
        return read_answer(raw, truth.network), seconds
    except CounterFailed as error:
        raise CounterFailed(f"{error} (on {name}, with a budget of {budget}, in run {repeat + 1})") from None


def _runs(counter: Counter, truth: Truth, wanted: float, budget: int, timed: list[tuple[Answer, float]]) -> Runs:
    """Put the answers with one budget beside the truth."""
    answers, seconds = [answer for answer, _ in timed], np.array([took for _, took in timed])
    nothing = (math.nan, math.nan)
    intervals = np.array([nothing if answer.interval is None else answer.interval for answer in answers])
    named = [answer.patterns for answer in answers if answer.patterns is not None]
    return Runs(
        budget,
        wanted,
        np.array([math.nan if answer.value is None else answer.value for answer in answers]),
        intervals[:, 0],
        intervals[:, 1],
        np.array([1.0 if answer.confidence is None else answer.confidence for answer in answers]),
        seconds,
        _patterns(truth, named) if len(named) == len(answers) else None,
        *(
            None if predict is None or not truth.has_faces else predict(truth, budget)
            for predict in (counter.expectation, counter.deviation)
        ),
    )


def _patterns(truth: Truth, named: list[NDArray[np.integer[Any]]]) -> Patterns:
    """Compare the patterns named in each run with the regions."""
    hits = np.zeros(len(truth.regions), dtype=np.int64)
    columns = []
    for patterns in named:
        places = truth.places(patterns)
        found = np.unique(places[places >= 0])
        hits[found] += 1
        flat, absent = (int(np.count_nonzero(places == kind)) for kind in (FLAT, ABSENT))
        again = len(places) - flat - absent - len(found)
        columns.append((len(found), flat, absent, again, truth.shares[found].sum() if truth.has_faces else math.nan))
    correct, flat, absent, again, volume = zip(*columns, strict=True)
    counts = (np.array(part, dtype=np.int64) for part in (flat, absent, again))
    return Patterns(hits, np.array(correct, dtype=np.int64), np.array(volume, dtype=np.float64), *counts)


def _case_score(counter: Counter, name: str, truth: Truth, runs: list[Runs]) -> CaseScore:
    """Put the runs on one network together."""
    last = runs[-1]
    wrong = bool((last.values == last.values[0]).all()) and last.values[0] != last.truth
    about_regions = counter.target in NAMES and truth.has_faces
    shares = truth.shares if last.patterns is not None and truth.has_faces else None
    return CaseScore(
        name,
        last.truth,
        len(truth.regions),
        shares,
        tuple(runs),
        truth.definitions if wrong and about_regions else None,
    )
