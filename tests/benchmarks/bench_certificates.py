"""Sizes and times of certificates, in one process and one thread.

    OMP_NUM_THREADS=1 python tests/benchmarks/bench_certificates.py              # generated networks
    OMP_NUM_THREADS=1 python tests/benchmarks/bench_certificates.py FILE.npz ... --kinds faces --json

For each network, on [-1, 1]^n: seconds to enumerate the regions with each engine; for each kind of proof the bytes of
the compressed file, seconds to make it, to check it, and the time to check it over that of each engine.  All are CPU
times of one run.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from bench_enumeration import aligned, generated, networks, timed

import polyregions as pr

SHAPES = ("1:32-32", "2:8-8", "2:16-16-16", "3:8-8", "4:8-8")
KINDS = ("faces", "branches")


@dataclass
class Result:
    """One certificate."""

    name: str
    regions: int
    subdivision_s: float
    branching_s: float
    kind: str
    bytes: int
    making_s: float
    checking_s: float

    @property
    def over_subdivision(self) -> float:
        return self.checking_s / self.subdivision_s

    @property
    def over_branching(self) -> float:
        return self.checking_s / self.branching_s


def measure(name: str, network: pr.Network, kinds: list[str]) -> Iterator[Result]:
    domain = pr.Polytope.box(-1, 1, dim=network.input_dim)
    regions, _, fast = timed(lambda: pr.enumerate_regions(network, domain, engine="subdivision"))
    _, _, slow = timed(lambda: pr.enumerate_regions(network, domain, engine="branching"))
    for kind in kinds:
        proof, _, making = timed(lambda: pr.certify(regions, kind=kind))  # noqa: B023 - called at once
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "proof.json.gz"
            proof.save(path)
            proved, _, checking = timed(lambda: pr.check(path, network, domain))  # noqa: B023 - called at once
            assert proved["activation_regions"] == len(regions)
            yield Result(name, len(regions), fast, slow, kind, path.stat().st_size, making, checking)


def table(results: list[Result]) -> str:
    head = ("network", "regions", "subdivision s", "branching s", "kind", "bytes", "making s", "checking s", "x", "x")
    return aligned([head, *map(line, results)])


def line(r: Result) -> tuple[str, ...]:
    seconds = tuple(f"{number:.3f}" for number in (r.subdivision_s, r.branching_s, r.making_s, r.checking_s))
    ratios = (f"{r.over_subdivision:.0f}", f"{r.over_branching:.2f}")
    return (r.name, str(r.regions), *seconds[:2], r.kind, str(r.bytes), *seconds[2:], *ratios)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="networks as .npz; generated ones if there are none")
    parser.add_argument("--shapes", nargs="+", default=SHAPES, help="inputs:width-width of generated networks")
    parser.add_argument("--seeds", type=int, default=1, help="how many networks of each shape")
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS, help="kinds of proof")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(arguments)
    for inputs in (1, 2, 3):
        list(measure("warm", generated(f"{inputs}:4", 0), ["faces"]))  # compilation and first calls
    results = [r for name, network in networks(options) for r in measure(name, network, options.kinds)]
    print(json.dumps([asdict(r) for r in results], indent=1) if options.json else table(results))


if __name__ == "__main__":
    main()
