"""Which patterns a counter makes up, and which regions it misses."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from polyregions.counters.estimators.expectations import expected_recall
from polyregions.counters.findings import RARE, Finding
from polyregions.counters.scores import CaseScore, Counts, Floats

NEAR = 4.0
"""Volumes within this factor of a threshold are near it."""


def false_patterns(cases: Sequence[CaseScore]) -> Finding:
    """Tell how many patterns belong to no region, and what they are."""
    totals = {"flat": 0, "absent": 0, "again": 0}
    runs = [run.patterns for case in cases for run in case.runs if run.patterns is not None]
    for name in totals:
        totals[name] = int(sum(getattr(patterns, name).sum() for patterns in runs))
    named = int(sum(patterns.correct.sum() for patterns in runs)) + sum(totals.values())
    if not any(totals.values()):
        text = (
            f"Every pattern that it named is that of a region: {named:,} in {sum(len(p.correct) for p in runs):,} runs."
        )
        return Finding("false patterns", "no false patterns", True, text)
    parts = []
    if totals["flat"]:
        parts.append(
            f"{totals['flat']:,} exist only as lower-dimensional faces, where units vanish: it takes weak inequalities "
            "for strict ones, so it counts closed patterns"
        )
    if totals["absent"]:
        parts.append(f"{totals['absent']:,} exist nowhere in the domain")
    if totals["again"]:
        parts.append(f"{totals['again']:,} are other names of regions that it had named, by units that vanish on them")
    label = "counts lower-dimensional patterns" if totals["flat"] else "false patterns"
    return Finding(
        "false patterns",
        label,
        False,
        f"Of {named:,} patterns named, {sum(totals.values()):,} are false: {'; '.join(parts)}.",
    )


def thin_regions(cases: Sequence[CaseScore]) -> Finding:
    """Tell how many regions are found with the largest budget, how thin they are, and whether there is a threshold."""
    last = [(case, case.last.patterns) for case in cases if case.last.patterns is not None]
    number = float(np.mean([patterns.correct.mean() / case.regions for case, patterns in last]))
    text = f"With the largest budget a run names {number:.1%} of the regions"
    known = [(case, patterns.hits, case.shares) for case, patterns in last if case.shares is not None]
    if not known:
        return Finding("regions", f"finds {number:.0%}", number == 1.0 or None, f"{text} on average.")
    text += f", which fill {np.mean([patterns.volume.mean() for _, patterns in last]):.4%} of the domain"
    if number == 1.0:
        return Finding("regions", "finds all regions", True, f"{text}: none is missed in any run.")
    budget = cases[0].last.budget
    uniform = float(np.mean([expected_recall(shares, budget) for _, _, shares in known]))
    text += f"; {budget:,} uniform points would find {uniform:.1%}. {_smallest(known)}"
    cut = _threshold(known, len(cases[0].last))
    if cut is not None:
        return Finding("regions", "misses thin regions", False, f"Misses the thin regions. {cut} {text}")
    return Finding("regions", f"finds {number:.0%}", None, text)


def _smallest(known: Sequence[tuple[CaseScore, Counts, Floats]]) -> str:
    """Say how small a region was ever found beside the smallest that exists, where they are farthest apart."""
    gaps = [(float(shares[hits > 0].min(initial=1.0)), float(shares.min()), case.case) for case, hits, shares in known]
    found, exists, name = max(gaps, key=lambda gap: gap[0] / gap[1] if gap[1] > 0.0 else math.inf)
    return f"The smallest region ever found on {name} has {found:.2g} of the volume, the smallest there {exists:.2g}."


def _threshold(known: Sequence[tuple[CaseScore, Counts, Floats]], runs: int) -> str | None:
    """Look for a volume below which nothing is ever found, though regions a little larger are.

    Were regions found in proportion to their volume, one that is x times as large as some that are found with
    probability f would be found with probability ``x f`` or more, for x < 1.
    """
    luck, missed, lowest, often = 0.0, 0, [], []
    for _, hits, shares in known:
        if not hits.any() or hits.all():
            continue
        least = shares[hits > 0].min()
        above = (shares >= least) & (shares <= NEAR * least)
        below = (shares < least) & (shares >= least / NEAR)
        rate = float(hits[above].mean()) / runs
        luck += float(runs * np.log1p(-rate * shares[below] / (NEAR * least)).sum())
        missed += int(np.count_nonzero(shares < least))
        lowest.append(float(least))
        often.append(rate)
    if not lowest or luck > math.log(RARE):
        return None
    span = f"{min(lowest):.2g}" if max(lowest) < 1.5 * min(lowest) else f"{min(lowest):.2g} to {max(lowest):.2g}"
    return (
        f"It has a threshold: in no run did it find any of the {missed:,} regions below {span} of the volume, though "
        f"it finds those up to {NEAR:.0f} times larger in {np.mean(often):.0%} of the runs."
    )
