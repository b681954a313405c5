"""Time the branching engine against the linear-programming tree, in one process.

    python tests/benchmarks/bench_enumeration.py                       # generated networks
    python tests/benchmarks/bench_enumeration.py FILE.npz ... --only-ours
    python tests/benchmarks/bench_enumeration.py FILE.npz ... --stop-at 20   # give the tree 20 times our time, no more
    python tests/benchmarks/bench_enumeration.py --shapes 2:16-16 3:8-8 --seeds 3 --json

Generated networks have He-normal weights and biases N(0, 0.3^2); the domain is [-1, 1]^n.  Times of one run are
comparable with each other, not with those of other runs or machines.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import polyregions as pr

SHAPES = ("2:16-16-16", "3:12-12", "4:10-10", "6:8-8")


@dataclass
class Result:
    """One network: counts, wall-clock and processor seconds, linear programs; None where the baseline did not run.

    If the baseline was stopped early it has no count, and the ratio is a lower bound.
    """

    name: str
    regions: int
    seconds: float
    cpu: float
    programs: int
    their_regions: int | None = None
    their_seconds: float | None = None
    their_cpu: float | None = None
    their_programs: int | None = None

    @property
    def ratio(self) -> float | None:
        return None if self.their_seconds is None else self.their_seconds / self.seconds


def generated(shape: str, seed: int) -> pr.Network:
    """A random network; the shape is like 2:16-16, inputs and hidden widths."""
    inputs, hidden = shape.split(":")
    widths = [int(inputs), *map(int, hidden.split("-")), 1]
    random = np.random.default_rng(seed)
    weights = [random.normal(0.0, np.sqrt(2.0 / n), (m, n)) for n, m in itertools.pairwise(widths)]
    return pr.Network.from_arrays(weights, [random.normal(0.0, 0.3, m) for m in widths[1:]])


def networks(options: argparse.Namespace) -> Iterator[tuple[str, pr.Network]]:
    for path in options.files:
        yield path.stem, pr.load_network(path)
    if not options.files:
        for shape, seed in itertools.product(options.shapes, range(options.seeds)):
            yield f"{shape} seed {seed}", generated(shape, seed)


def timed(function: Callable[[], Any]) -> tuple[Any, float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    answer = function()
    return answer, time.perf_counter() - wall, time.process_time() - cpu


def measure(name: str, network: pr.Network, only_ours: bool, stop_at: float = math.inf) -> Result:
    domain = pr.Polytope.box(-1, 1, dim=network.input_dim)
    regions, seconds, cpu = timed(lambda: pr.enumerate_regions(network, domain, engine="branching"))
    result = Result(name, len(regions), seconds, cpu, regions.statistics.linear_programs)
    if not only_ours:
        from linprog_tree import LinprogTree  # beside this script, so on the path when it runs

        tree = LinprogTree([layer.weights for layer in network.layers], [layer.bias for layer in network.layers])
        tree.deadline = time.perf_counter() + stop_at * seconds

        def count() -> int | None:
            try:
                return len(tree.run())
            except TimeoutError:
                return None

        result.their_regions, result.their_seconds, result.their_cpu = timed(count)
        result.their_programs = tree.programs
    return result


def table(results: list[Result]) -> str:
    head = ("network", "regions", "linprog", "s", "cpu s", "linprog s", "cpu s", "ratio", "LPs/region", "linprog")
    return aligned([head, *map(line, results)])


def aligned(lines: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(text.rjust(w) for text, w in zip(row, widths, strict=True)) for row in lines)


def line(r: Result) -> tuple[str, ...]:
    return (
        r.name,
        str(r.regions),
        shown(r.their_regions, "d"),
        f"{r.seconds:.3f}",
        f"{r.cpu:.3f}",
        shown(r.their_seconds, ".2f"),
        shown(r.their_cpu, ".2f"),
        ("> " if r.their_regions is None and r.ratio else "") + shown(r.ratio, ".1f"),
        f"{r.programs / r.regions:.2f}",
        shown(None if r.their_programs is None or not r.their_regions else r.their_programs / r.regions, ".1f"),
    )


def shown(number: float | None, form: str) -> str:
    return "-" if number is None else format(number, form)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="networks as .npz; generated ones if there are none")
    parser.add_argument("--shapes", nargs="+", default=SHAPES, help="inputs:width-width of generated networks")
    parser.add_argument("--seeds", type=int, default=1, help="how many networks of each shape")
    parser.add_argument("--only-ours", action="store_true", help="leave out the linear-programming tree")
    parser.add_argument("--stop-at", type=float, default=math.inf, help="give the tree so many times our time at most")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(arguments)
    warm = generated("2:4", 0)
    measure("warm", warm, options.only_ours)  # imports and first calls
    results = [measure(name, network, options.only_ours, options.stop_at) for name, network in networks(options)]
    if options.json:
        print(json.dumps([asdict(result) | {"ratio": result.ratio} for result in results], indent=1))
    else:
        print(table(results))


if __name__ == "__main__":
    main()
