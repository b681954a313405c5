"""Compare approximate counters with exact enumeration, in one process.

    OMP_NUM_THREADS=1 python tests/benchmarks/bench_counters.py --case generic-2d-16x3

For every counter of regions: how long a run takes as a multiple of an exact enumeration of the same network, and of
building the complex for the volumes of its boundary; and the error of one run, as a share of the truth.  A counter that
takes longer and errs is of no use on this network.
"""

from __future__ import annotations

import argparse

from bench_enumeration import aligned, timed

import polyregions as pr
from polyregions.counters import COUNTERS

BUDGETS = {"points": (1000, 10_000), "lines": (10, 100), "flats": (10, 100), "tours": (1, 10), "programs": (5, 20)}
SLOW = ("inverse_volume", "milp_patterns", "xor_lower_bound", "facet_walk")


def row(name: str, case: pr.counters.Case, exact: float, repeats: int) -> tuple[str, ...]:
    """Return the cost and the error of a counter with both budgets."""
    counter = COUNTERS[name]
    runs = pr.validate_counter(counter, case, budgets=BUDGETS[counter.unit], repeats=repeats).cases[0].runs
    cells = []
    for run in runs:
        error = f"{run.error:.1%}" if run.has_values else "bound"
        cells += [f"{run.budget:,} {counter.unit}", f"{run.seconds.mean() / exact:.3g}", error]
    return name, *cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", default="generic-2d-16x3")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--slow", action="store_true", help=f"also {', '.join(SLOW)}")
    chosen = parser.parse_args()
    case = pr.counters.load_case(chosen.case)
    pr.build_complex(*case)  # compiles the kernels
    regions, _, enumeration_s = timed(lambda: pr.enumerate_regions(*case))
    _, _, complex_s = timed(lambda: pr.build_complex(*case))
    print(f"{case}: {len(regions):,} regions in {enumeration_s:.3g} s; with all faces {complex_s:.3g} s\n")
    rows = [("counter", "budget", "cost", "error", "budget", "cost", "error")]
    for name, counter in COUNTERS.items():
        codim = int(counter.target[-1]) if counter.target[-1].isdigit() else 0
        if codim <= case.domain.dim and (chosen.slow or name not in SLOW):
            rows.append(row(name, case, complex_s if codim else enumeration_s, chosen.repeats))
    print(aligned(rows))


if __name__ == "__main__":
    main()
