"""Score the library's counters on the benchmark suite: a table, and a picture of how uniform points fare.

python examples/score_counters.py                               # some of them, on the small networks
python examples/score_counters.py --all --size medium           # all of them takes some minutes
python examples/score_counters.py --picture validation.png      # and a picture
"""

import argparse
import sys

import numpy as np

import polyregions as pr
from polyregions.counters import COUNTERS
from polyregions.reports.counters_picture import draw_validation
from polyregions.reports.draw import save_axes

BUDGETS = {"points": [100, 1000], "lines": [10, 100], "flats": [10, 100], "tours": [10, 100], "programs": [5, 20]}
QUICK = ("distinct_patterns", "chao1", "good_turing", "grid_patterns", "batch_by_batch", "crofton_1")
SHOWN = ("generic-2d-8x2", "trained-2d-moons-8x2", "degenerate-2d-zero-biases-8x2", "constructed-1d-sawtooth")


def score(counter: pr.Counter, cases: list[pr.counters.Case], repeats: int) -> None:
    """Run a counter on the cases that have what it counts, and print a row of the table."""
    codim = int(counter.target[-1]) if counter.target[-1].isdigit() else 0
    cases = [case for case in cases if case.domain.dim >= codim]
    found = pr.validate_counter(
        counter, cases, budgets=BUDGETS[counter.unit], repeats=repeats, progress=sys.stderr.isatty()
    )
    sizes = [np.median([case.runs[place].error for case in found.cases]) for place in (0, -1)]
    errors = " to ".join(f"{size:.1%}" for size in sizes) if np.isfinite(sizes).all() else "no estimate"
    seconds = np.median([case.last.seconds.mean() for case in found.cases])
    few, many = (f"{budget:,}" for budget in BUDGETS[counter.unit])
    labels = "; ".join(finding.label for finding in found.verdict)
    print(f"| `{counter}` | {few} to {many} {counter.unit} | {errors} | {seconds:.2g} s | {labels} |")


def main() -> None:
    """Score some counters, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="all counters, not only the quick ones")
    parser.add_argument("--size", default="small", help="which networks: small, medium or large")
    parser.add_argument("--repeats", type=int, default=3, help="runs with each budget on each network")
    parser.add_argument("--picture", help="draw how uniform points fare on four networks")
    options = parser.parse_args()
    cases = list(pr.load_suite(options.size))
    print("| counter | budget | usual error | a run | verdict |\n|---|---|---|---|---|")
    for name in COUNTERS if options.all else QUICK:
        score(COUNTERS[name], cases, options.repeats)
    if options.picture is None:
        return
    shown = [pr.counters.load_case(name) for name in SHOWN]
    points = pr.validate_counter(COUNTERS["distinct_patterns"], shown, budgets=[30, 100, 300, 1000, 3000, 10_000])
    save_axes(draw_validation(points)[0], options.picture)


if __name__ == "__main__":
    main()
