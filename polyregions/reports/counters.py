"""Summaries of how counters fared, of the suite, and of all definitions of the number of regions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from polyregions.counters import CaseScore, Runs, Validation
from polyregions.reports.style import counted
from polyregions.reports.tables import facts_table, finite, written

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table


def validation_summary(found: Validation) -> dict[str, Any]:
    """Return how a counter fared on every network with every budget, and the verdict, as JSON can hold it.

    Parameters
    ----------
    found : Validation

    Returns
    -------
    dict
        Numbers that are not finite are None; volumes are shares of the domain's.
    """
    return {
        "counter": found.counter,
        "target": found.target,
        "budget_counts": found.unit,
        "budgets": list(found.budgets),
        "repeats": found.repeats,
        "seed": found.seed,
        "stopped": found.stopped,
        "verdict": [
            {"kind": one.kind, "label": one.label, "good": one.good, "text": one.text} for one in found.verdict
        ],
        "networks": [_case_summary(case) for case in found.cases],
    }


def _case_summary(case: CaseScore) -> dict[str, Any]:
    patterns = case.last.patterns
    smallest = None
    if case.shares is not None and patterns is not None:
        seen = case.shares[patterns.hits > 0]
        smallest = {"exists": float(case.shares.min()), "found": float(seen.min()) if len(seen) else None}
    return {
        "name": case.case,
        "truth": case.truth,
        "activation_regions": case.regions,
        "smallest_volume": smallest,
        "definitions": None if case.definitions is None else case.definitions.as_dict(),
        "runs": [_runs_summary(runs) for runs in case.runs],
    }


def _runs_summary(runs: Runs) -> dict[str, Any]:
    numbers: dict[str, float | None] = {"mean": None, "standard_deviation": None, "bias": None, "z": None}
    if runs.has_values:
        numbers = {"mean": runs.mean, "standard_deviation": runs.spread, "bias": runs.bias, "z": runs.z()}
    covered = runs.covered
    claimed = runs.confidences[np.isfinite(runs.lows)]
    patterns, seconds = runs.patterns, float(runs.seconds.mean())
    return {
        "budget": runs.budget,
        **{name: finite(number) for name, number in numbers.items()},
        "expected_mean": runs.expectation,
        "expected_standard_deviation": runs.deviation,
        "z_from_expected": None
        if runs.expectation is None or not runs.has_values
        else finite(runs.z(runs.expectation, runs.deviation)),
        "intervals": {"runs": len(covered), "held": int(covered.sum()), "confidence": float(claimed.mean())}
        if len(covered)
        else None,
        "patterns": None
        if patterns is None
        else {
            "regions": float(patterns.correct.mean()),
            "volume": finite(float(patterns.volume.mean())),
            "lower_dimensional": float(patterns.flat.mean()),
            "nowhere": float(patterns.absent.mean()),
            "again": float(patterns.again.mean()),
        },
        "seconds": seconds,
        "seconds_per_region": None
        if patterns is None or not patterns.correct.any()
        else seconds / float(patterns.correct.mean()),
    }


def validation_table(summary: Mapping[str, Any]) -> Group:
    """Return a rich table of a `validation_summary`, with the verdict below it."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    cases = summary["networks"]
    runs = [row for case in cases for row in case["runs"]]
    table = Table(
        title=f"{summary['counter']}, counting {summary['target'].replace('_', ' ')}; "
        f"{counted(summary['repeats'], 'run')} each, seed {summary['seed']}",
        title_justify="left",
    )
    columns = [
        (name, cell)
        for name, wanted, cell in _COLUMNS
        if wanted is None or any(row[wanted] is not None for row in runs)
    ]
    table.add_column("network", overflow="fold")
    table.add_column("truth", justify="right")
    for name, _ in columns:
        table.add_column(name.format(**summary), justify="right")
    for case in cases:
        for number, row in enumerate(case["runs"]):
            heading = (case["name"], f"{case['truth']:.6g}") if number == 0 else ("", "")
            end = number == len(case["runs"]) - 1
            table.add_row(*heading, *(cell(row, case) for _, cell in columns), end_section=end)
    marks = {True: ("+", "green"), False: ("-", "red"), None: ("?", "yellow")}
    lines = []
    for one in summary["verdict"]:
        mark, color = marks[one["good"]]
        lines.append(Text.assemble((f" {mark} ", f"bold {color}"), one["text"]))
    if summary["stopped"]:
        lines.append(Text(f" ! Stopped before all networks were done: {summary['stopped']}", style="bold red"))
    return Group(table, *lines)


def _percent(number: float | None) -> str:
    return "-" if number is None else f"{100.0 * number:.4g} %"


def _mean(row: Mapping[str, Any], case: Mapping[str, Any]) -> str:
    spread = row["standard_deviation"]
    return "-" if row["mean"] is None else f"{row['mean']:.5g}" + ("" if not spread else f" ± {spread:.2g}")


def _bias(row: Mapping[str, Any], case: Mapping[str, Any]) -> str:
    return "-" if row["bias"] is None or not case["truth"] else f"{100.0 * row['bias'] / case['truth']:+.3g} %"


def _z(row: Mapping[str, Any], case: Mapping[str, Any]) -> str:
    return written(row["z"], "+.1f") if row["bias"] is not None else "-"


def _expected(row: Mapping[str, Any], case: Mapping[str, Any]) -> str:
    return "-" if row["expected_mean"] is None else f"{row['expected_mean']:.5g}"


def _found(row: Mapping[str, Any], case: Mapping[str, Any]) -> str:
    return _percent(None if row["patterns"] is None else row["patterns"]["regions"] / case["activation_regions"])


def _volume(row: Mapping[str, Any], case: Mapping[str, Any]) -> str:
    return _percent(None if row["patterns"] is None else row["patterns"]["volume"])


def _false(row: Mapping[str, Any], case: Mapping[str, Any]) -> str:
    if row["patterns"] is None:
        return "-"
    return f"{row['patterns']['lower_dimensional'] + row['patterns']['nowhere']:.4g}"


def _held(row: Mapping[str, Any], case: Mapping[str, Any]) -> str:
    return "-" if row["intervals"] is None else f"{row['intervals']['held']} of {row['intervals']['runs']}"


_COLUMNS = (
    ("{budget_counts}", None, lambda row, case: f"{row['budget']:,}"),
    ("answer", "mean", _mean),
    ("bias", "bias", _bias),
    ("z", "bias", _z),
    ("predicted", "expected_mean", _expected),
    ("regions found", "patterns", _found),
    ("volume found", "patterns", _volume),
    ("false", "patterns", _false),
    ("intervals hold", "intervals", _held),
    ("ms", None, lambda row, case: f"{1e3 * row['seconds']:.3g}"),
    (
        "ms a region",
        "seconds_per_region",
        lambda row, case: "-" if row["seconds_per_region"] is None else f"{1e3 * row['seconds_per_region']:.3g}",
    ),
)
"""Columns of the table: heading, the entry without which a column is left out, and what is written."""


def definitions_table(summary: Mapping[str, Any]) -> Table:
    """Return a rich table of the number of regions by all definitions, from `Definitions.as_dict`."""
    table = facts_table()
    for name, number in summary.items():
        written = f"{number:,}" if isinstance(number, int) else f"{number['lower']:,} to {number['upper']:,}"
        table.add_row(name.replace("_", " "), written)
    return table
