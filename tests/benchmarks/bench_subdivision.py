"""Time the subdivision engine, the complex and its measures, in one process and one thread.

    OMP_NUM_THREADS=1 python tests/benchmarks/bench_subdivision.py              # generated networks
    OMP_NUM_THREADS=1 python tests/benchmarks/bench_subdivision.py FILE.npz ... --branching --json

For each network, on [-1, 1]^n: seconds for the regions, for all faces, and for all wall volumes with their bounds; as
ratios, the branching engine's time over that of the regions (stopped at --stop-at times that, then a lower bound), and
the time of all faces over one float64 forward pass of the network over the vertices.  The first call of a kernel
compiles it; that is done before.  Times of one run are comparable with each other, not with those of other machines.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from bench_enumeration import aligned, generated, networks, shown, timed

import polyregions as pr

SHAPES = ("1:64-64", "2:16-16-16", "2:32-32-32", "3:16-16", "4:12-12", "5:10-10")


@dataclass
class Result:
    """One network: sizes, processor seconds, and ratios; None where something was not run."""

    name: str
    regions: int
    faces: int | None = None
    regions_s: float = 0.0
    complex_s: float | None = None
    volumes_s: float | None = None
    forward_s: float | None = None
    branching_s: float | None = None
    branching_done: bool = True
    bytes_per_face: float | None = None

    @property
    def over_branching(self) -> float | None:
        return None if self.branching_s is None else self.branching_s / self.regions_s

    @property
    def over_forward(self) -> float | None:
        return None if self.complex_s is None or self.forward_s is None else self.complex_s / self.forward_s


def memory(complex_: pr.PolyhedralComplex) -> int:
    """Bytes of all arrays that a complex keeps."""
    matrices = [*complex_.members, *complex_.boundaries]
    vertices = complex_.vertex_set
    arrays = [part for matrix in matrices for part in (matrix.data, matrix.indices, matrix.indptr)]
    arrays += [vertices.signs, vertices.incidence, vertices.rough.value, vertices.rough.error]
    arrays += [complex_.regions.patterns, complex_.regions.witnesses, complex_.regions.cuts]
    return sum({id(array): array.nbytes for array in arrays}.values())


def measure(name: str, network: pr.Network, options: argparse.Namespace) -> Result:
    domain = pr.Polytope.box(-1, 1, dim=network.input_dim)
    regions, _, seconds = timed(lambda: pr.enumerate_regions(network, domain, engine="subdivision"))
    result = Result(name, len(regions), regions_s=seconds)
    if network.input_dim <= options.faces_up_to:
        complex_, _, result.complex_s = timed(lambda: pr.build_complex(network, domain))
        result.faces = sum(complex_.f_vector())
        result.bytes_per_face = memory(complex_) / result.faces
        points = complex_.vertex_set.rough.value
        result.forward_s = min(timed(lambda: network(points))[2] for _ in range(3))
        codims = range(1, network.input_dim + 1)
        _, _, result.volumes_s = timed(lambda: [pr.boundary_volume(complex_, k, visible=False) for k in codims])
    if options.branching:
        limits = pr.Limits(seconds=options.stop_at * seconds)
        other, _, result.branching_s = timed(
            lambda: pr.enumerate_regions(network, domain, engine="branching", limits=limits)
        )
        result.branching_done = other.complete
        assert not other.complete or (other.patterns == regions.patterns).all()
    return result


def table(results: list[Result]) -> str:
    head = ("network", "regions", "s", "faces", "s", "volumes s", "bytes/face", "forward s", "x forward", "branching x")
    return aligned([head, *map(line, results)])


def line(r: Result) -> tuple[str, ...]:
    return (
        r.name,
        str(r.regions),
        f"{r.regions_s:.3f}",
        shown(r.faces, "d"),
        shown(r.complex_s, ".3f"),
        shown(r.volumes_s, ".3f"),
        shown(r.bytes_per_face, ".0f"),
        shown(r.forward_s, ".4f"),
        shown(r.over_forward, ".0f"),
        ("" if r.branching_done else "> ") + shown(r.over_branching, ".0f"),
    )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="networks as .npz; generated ones if there are none")
    parser.add_argument("--shapes", nargs="+", default=SHAPES, help="inputs:width-width of generated networks")
    parser.add_argument("--seeds", type=int, default=1, help="how many networks of each shape")
    parser.add_argument("--faces-up-to", type=int, default=4, metavar="N", help="build the complex up to dimension N")
    parser.add_argument("--branching", action="store_true", help="run the branching engine, too")
    parser.add_argument("--stop-at", type=float, default=100.0, help="give branching so many times our time at most")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(arguments)
    for inputs in (1, 2, 3):
        measure("warm", generated(f"{inputs}:4", 0), options)  # compilation and first calls
    results = [measure(name, network, options) for name, network in networks(options)]
    if options.json:
        ratios = [{"over_branching": r.over_branching, "over_forward": r.over_forward} for r in results]
        print(json.dumps([asdict(r) | more for r, more in zip(results, ratios, strict=True)], indent=1))
    else:
        print(table(results))


if __name__ == "__main__":
    main()
