"""What the numbers of a validation mean, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import binomtest, t

from polyregions.counters.definitions import NAMES
from polyregions.counters.findings import CLOSE, RARE, UNUSUAL, Finding
from polyregions.counters.pattern_findings import false_patterns, thin_regions
from polyregions.counters.saturation import saturation
from polyregions.counters.scores import CaseScore, Runs


def verdict_on(cases: Sequence[CaseScore], target: str) -> tuple[Finding, ...]:
    """Return what the runs say of a counter.

    Parameters
    ----------
    cases : sequence of CaseScore
    target : str
        What it counts.

    Returns
    -------
    tuple of Finding
    """
    found: list[Finding | None] = []
    if all(runs.has_values for case in cases for runs in case.runs):
        found += [bias(cases), prediction(cases), consistency(cases), saturation(cases), definition(cases, target)]
    if all(runs.patterns is not None for case in cases for runs in case.runs):
        found += [false_patterns(cases), thin_regions(cases)]
    found.append(intervals(cases))
    return tuple(finding for finding in found if finding is not None)


def bias(cases: Sequence[CaseScore]) -> Finding:
    """Tell whether the means of the answers are the truth, by tests that are corrected for their number."""
    table = [(case, runs) for case in cases for runs in case.runs]
    random = any(runs.spread > 0.0 for _, runs in table)
    chances = [_chance(runs, random) for _, runs in table]
    wrong = [place for place, chance in enumerate(chances) if chance * len(table) < RARE]
    if not wrong:
        return _unbiased([runs for _, runs in table], min(chances) * len(table) >= UNUSUAL)
    case, runs = table[min(wrong, key=lambda place: (chances[place], -abs(table[place][1].bias)))]
    low = sum(table[place][1].bias < 0.0 for place in wrong)
    label = "biased low" if low == len(wrong) else "biased" if low else "biased high"
    sizes = [abs(table[place][1].bias) / table[place][1].truth for place in wrong if table[place][1].truth]
    reach = f" by {min(sizes):.2%} to {max(sizes):.2%}" if sizes else ""
    text = (
        f"{label.capitalize()}: {len(wrong)} of {len(table)} means are off{reach}; for example {runs.mean:.6g} instead "
        f"of {runs.truth:.6g} on {case.case} with a budget of {runs.budget:,}."
    )
    return Finding("bias", label, False, text)


def _chance(runs: Runs, random: bool) -> float:
    """Return how likely a mean at least so far from the truth is if the counter is unbiased.

    By its exact standard deviation if that is known, by Student's t-test otherwise.  Where all runs of a counter that
    is random elsewhere gave the same wrong answer, others may be rare, and nothing is known.
    """
    if runs.deviation is not None:
        return math.erfc(abs(runs.z(deviation=runs.deviation)) / math.sqrt(2.0))
    score = runs.z()
    if math.isinf(score):
        return float(random)
    return float(2.0 * t.sf(abs(score), len(runs) - 1))


def _unbiased(table: Sequence[Runs], usual: bool) -> Finding:
    """Say that no mean is certainly off, and where that means little."""
    scores = [abs(runs.z(deviation=runs.deviation)) for runs in table]
    known = [place for place, score in enumerate(scores) if math.isfinite(score)]
    farthest = max((scores[place] for place in known), default=0.0)
    size = max((abs(table[place].bias) / table[place].truth for place in known if table[place].truth), default=0.0)
    runs = f"{len(table[0])} runs"
    many = f"of {len(known)} means of {runs} each, none is" if len(known) != 1 else f"the mean of {runs} is not"
    text = "Unbiased as far as the runs tell" if usual else "The runs do not tell whether it is biased"
    text += (
        f": {many} farther from the truth than {farthest:.1f} of its standard errors "
        f"(largest relative difference {size:.2%})."
    )
    if len(known) < len(table):
        text += (
            f" In {len(table) - len(known)} more, all runs gave the same wrong answer; right ones may be rare there."
        )
    errors = [runs.deviation / math.sqrt(len(runs)) / runs.truth for runs in table if runs.deviation and runs.truth]
    if max(errors, default=0.0) > 1.0:
        text += (
            f" But its exact standard error is up to {max(errors):.1g} times the truth, of regions too thin to be hit: "
            "where it is so large, the means say nothing."
        )
    return Finding("bias", "unbiased" if usual else "perhaps biased", usual or None, text)


def prediction(cases: Sequence[CaseScore]) -> Finding | None:
    """Tell whether the means are those that theory gives for this counter."""
    scores = [
        runs.z(runs.expectation, runs.deviation) for case in cases for runs in case.runs if runs.expectation is not None
    ]
    if not scores:
        return None
    worst = max(map(abs, scores))
    chance = math.erfc(worst / math.sqrt(2.0)) * len(scores)
    good = chance >= RARE
    return Finding(
        "prediction",
        "as predicted" if good else "not as predicted",
        good,
        f"The means are {'as' if good else 'not as'} predicted from the exact volumes of regions: of {len(scores)}, "
        f"{'none is farther off than' if good else 'the worst is off by'} {worst:.1f} standard errors.",
    )


def consistency(cases: Sequence[CaseScore]) -> Finding | None:
    """Tell whether the error falls as the budget grows."""
    errors = np.array([[runs.error for runs in case.runs] for case in cases])
    errors = errors[np.isfinite(errors).all(axis=1)]
    if len(cases[0].runs) < 2 or not len(errors):
        return None
    few, many = cases[0].runs[0].budget, cases[0].last.budget
    first, last = np.median(errors, axis=0)[[0, -1]].tolist()
    span = f"from {first:.2%} with a budget of {few:,} to {last:.2%} with {many:,}"
    if not first and not last:
        return Finding("consistency", "exact", True, "Right with every budget on most of the networks.")
    power = math.log(last / first) / math.log(many / few) if first and last else -math.inf if first else 0.0
    if power <= -0.25:
        like = f", like the budget to the power {power:.2f}" if last else ""
        return Finding("consistency", "consistent", True, f"Looks consistent: the usual error falls {span}{like}.")
    if power >= -0.05 and last >= CLOSE:
        text = f"Not consistent as far as the budgets reach: the usual error goes {span}."
        return Finding("consistency", "not consistent", False, text)
    text = f"The usual error goes {span}: larger budgets would tell whether it goes to zero."
    return Finding("consistency", "slow", None, text)


def definition(cases: Sequence[CaseScore], target: str) -> Finding | None:
    """Tell whether wrong answers are right by another definition of the number of regions."""
    wrong = [case for case in cases if case.definitions is not None]
    if not wrong:
        return None
    for name in NAMES:
        words = name.replace("_", " ")
        numbers = [case.definitions.as_dict()[name] for case in wrong if case.definitions is not None]
        if name != target and numbers == [case.last.values[0] for case in wrong]:
            case = wrong[0]
            return Finding(
                "definition",
                f"counts {words}",
                False,
                f"It counts something else: where its answers are always the same and wrong, they are the number of "
                f"{words}, on all {len(wrong)} networks; for example {case.last.values[0]:.6g} on {case.case}, which "
                f"has {case.truth:.6g} {target.replace('_', ' ')}.",
            )
    return None


def intervals(cases: Sequence[CaseScore]) -> Finding | None:
    """Tell whether the intervals hold the truth as often as they claim."""
    covered = np.concatenate([runs.covered for case in cases for runs in case.runs])
    if not len(covered):
        return None
    claims = np.concatenate([runs.confidences[np.isfinite(runs.lows)] for case in cases for runs in case.runs])
    held, claimed = int(covered.sum()), float(claims.mean())
    chance = float(binomtest(held, len(covered), claimed, alternative="less").pvalue)
    good = chance >= RARE
    text = f"The intervals hold the truth in {held:,} of {len(covered):,} runs ({held / len(covered):.1%})"
    promise = "which they claim to do always" if claimed == 1.0 else f"as against {claimed:.1%} claimed"
    return Finding("intervals", "intervals hold" if good else "intervals too short", good, f"{text}, {promise}.")
