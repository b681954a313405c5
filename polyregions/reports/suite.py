"""The benchmark suite: what its networks are, and all of its answers computed again."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from polyregions.certificates import check
from polyregions.complexes import build_complex
from polyregions.counters import SUITE_VERSION, Case, ExactAnswers
from polyregions.enumeration import enumerate_regions
from polyregions.enumeration.run import Progress, reporting
from polyregions.reports.style import counted
from polyregions.reports.tables import network_summary

if TYPE_CHECKING:
    from rich.table import Table


def suite_summary(cases: Iterable[Case]) -> dict[str, Any]:
    """Return what the cases are, with their exact answers, as JSON can hold it."""
    return {"suite": SUITE_VERSION, "cases": [_case_summary(case) for case in cases]}


def _case_summary(case: Case) -> dict[str, Any]:
    return {
        "name": case.name,
        "size": case.size,
        "family": case.family,
        "source": case.source,
        "network": network_summary(case.network),
        "domain": case.domain.digest,
        "answers": case.answers.describe(),
        "proved": list(case.proved),
    }


def suite_table(summary: Mapping[str, Any]) -> Table:
    """Return a rich table of a `suite_summary`."""
    from rich.table import Table

    table = Table(title=f"polyregions suite {summary['suite']}", title_justify="left")
    table.add_column("case", overflow="fold")
    for name in ("size", "units", "patterns", "regions", "convex", "linear", "closed", "maps", "smallest volume"):
        table.add_column(name, justify="left" if name == "size" else "right")
    for case in summary["cases"]:
        answers = case["answers"]
        counts = [
            f"{count:,}" if isinstance(count, int) else f"{count['lower']:,} to {count['upper']:,}"
            for count in answers["definitions"].values()
        ]
        smallest = f"{float(Fraction(answers['smallest_volume'])):.2g}"
        table.add_row(case["name"], case["size"], f"{case['network']['units']}", *counts, smallest)
    return table


def rerun(cases: Iterable[Case], *, progress: Progress | bool | None = None) -> dict[str, Any]:
    """Compute all answers again, by both engines, and check all proofs.

    Parameters
    ----------
    cases : iterable of Case
    progress : callable or bool, optional
        Called with the share of the cases done and their number; True shows a bar.

    Returns
    -------
    dict
        ``suite`` and, for each of ``cases``, its ``name``, its number of ``regions``, what ``differs`` from what is
        stored (empty if nothing does), and seconds for each engine, for all faces and answers, and for the proof.

    Raises
    ------
    CertificateRefused
        A proof is none.
    """
    cases = list(cases)
    with reporting(progress, "running the suite", "cases") as report:
        records = []
        for case in cases:
            records.append(_rerun_case(case))
            report(len(records) / len(cases), len(records))
    return {"suite": SUITE_VERSION, "cases": records}


def _rerun_case(case: Case) -> dict[str, Any]:
    """Compute the answers of one case again; time is taken after every step."""
    marks = [time.perf_counter()]
    patterns = []
    for engine in ("branching", "subdivision"):
        patterns.append(enumerate_regions(*case, engine=engine).patterns)
        marks.append(time.perf_counter())
    answers = ExactAnswers.of(build_complex(*case))
    marks.append(time.perf_counter())
    with case.certificate_path() as path:
        claims = check(path, case.network, case.domain)
    marks.append(time.perf_counter())
    stored = {**case.answers.definitions.as_dict(), "f_vector": list(case.answers.f_vector)}
    differs = [] if np.array_equal(patterns[0], patterns[1]) else ["the engines' regions"]
    differs += case.answers.differences(answers)
    differs += [f"the {name} proved" for name in case.proved if name in stored and claims[name] != stored[name]]
    seconds = dict(zip(("branching", "subdivision", "answers", "proof"), np.diff(marks).tolist(), strict=True))
    return {"name": case.name, "regions": len(patterns[0]), "differs": differs, "seconds": seconds}


def rerun_table(summary: Mapping[str, Any]) -> Table:
    """Return a rich table of what `rerun` returns."""
    from rich.table import Table

    cases = summary["cases"]
    wrong = sum(bool(case["differs"]) for case in cases)
    verdict = f"{wrong} of them differ from what is stored" if wrong else "all answers are those that are stored"
    table = Table(
        title=f"polyregions suite {summary['suite']}",
        caption=f"{counted(len(cases), 'case')}; {verdict}.",
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("case", overflow="fold")
    for name in ("regions", *(f"{name}, s" for name in cases[0]["seconds"])):
        table.add_column(name, justify="right")
    table.add_column("answers")
    for case in cases:
        times = [f"{seconds:.3g}" for seconds in case["seconds"].values()]
        result = f"[red]differ: {', '.join(case['differs'])}" if case["differs"] else "agree"
        table.add_row(case["name"], f"{case['regions']:,}", *times, result)
    return table
