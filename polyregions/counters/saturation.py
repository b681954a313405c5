"""Answers that stop growing below the truth, or that are no more than the budget."""

from __future__ import annotations

import math
from collections.abc import Sequence

from polyregions.counters.findings import CLOSE, Finding
from polyregions.counters.scores import CaseScore


def saturation(cases: Sequence[CaseScore]) -> Finding | None:
    """Tell whether answers stop growing below the truth, or are as large as the budget lets them be."""
    ceiling = _ceiling(cases)
    if ceiling is not None:
        return ceiling
    bound = [
        (case, runs)
        for case in cases
        for runs in case.runs
        if runs.truth > 1.1 * runs.budget and 0.9 * runs.budget <= runs.mean <= 1.02 * runs.budget
    ]
    if len(cases[0].runs) > 1:
        stuck = [case for case in cases if _stands_still(case)]
        if stuck:
            case = max(stuck, key=lambda case: 1.0 - case.last.mean / case.truth)
            before, last = case.runs[-2], case.last
            return Finding(
                "saturation",
                "saturated",
                False,
                f"Saturated below the truth on {len(stuck)} of {len(cases)} networks: on {case.case} the answer goes "
                f"from {before.mean:.6g} to {last.mean:.6g} as the budget goes from {before.budget:,} to "
                f"{last.budget:,}, and the truth is {case.truth:.6g}.",
            )
    if bound:
        case, runs = bound[0]
        return Finding(
            "saturation",
            "limited by the budget",
            False,
            f"Limited by the budget: with {runs.budget:,} on {case.case} the answer is {runs.mean:.6g}, nearly the "
            f"budget itself, and the truth is {runs.truth:.6g}. Such answers say nothing of the network.",
        )
    return None


def _ceiling(cases: Sequence[CaseScore]) -> Finding | None:
    """Find the largest answer that comes again and again where the truth is larger."""
    runs = [runs for case in cases for runs in case.runs]
    top = max(float(run.values.max()) for run in runs)
    reached = [run for run in runs if float(run.values.max()) >= (1.0 - 1e-9) * top and run.truth > (1.0 + CLOSE) * top]
    full = [run for run in reached if run.mean >= (1.0 - CLOSE) * top and run.budget > top]
    if len({run.truth for run in full}) < 2:
        return None
    return Finding(
        "saturation",
        f"never above {top:.6g}",
        False,
        f"Saturated: no answer is above {top:.6g}, whatever the network and the budget, though the truth goes up to "
        f"{max(run.truth for run in runs):.6g}. This looks like a fixed size inside the counter, such as a batch.",
    )


def _stands_still(case: CaseScore) -> bool:
    before, last = case.runs[-2:]
    spreads = [runs.spread if runs.deviation is None else runs.deviation for runs in (before, last)]
    noise = 3.0 * math.hypot(*spreads) / math.sqrt(len(last))
    grows = last.mean - before.mean > max(CLOSE * abs(before.mean), noise)
    below = case.truth - last.mean > max(5.0 * CLOSE * case.truth, noise)
    return below and not grows and last.budget >= 2 * before.budget
