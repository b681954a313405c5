"""Time lines and distances, in one process and one thread.

    OMP_NUM_THREADS=1 python tests/benchmarks/bench_queries.py              # generated networks
    OMP_NUM_THREADS=1 python tests/benchmarks/bench_queries.py FILE.npz ... --lines 20 --points 5

For each network and random points of its cube [-1, 1]^n: processor seconds for each line from point to point, and how
many times as long the subdivision engine takes on the same lines as sliced networks; for each point, seconds for its
distance from the boundary of its region, as a multiple of a float64 forward pass over as many points, and from B_N in
the cube, with the number of regions that took.  Times of one run are comparable with each other only.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from bench_enumeration import aligned, networks, timed

import polyregions as pr

SHAPES = ("2:32-32-32", "20:32-32-32", "100:64-64", "784:100-100")
HEADER = (
    "network",
    "regions/line",
    "s/line",
    "subdivision x",
    "s/point, region",
    "forward x",
    "s/point, B_N",
    "entered",
)


def measure(name: str, network: pr.Network, n_lines: int, n_points: int) -> tuple[str, ...]:
    n = network.input_dim
    points = np.random.default_rng(0).uniform(-1.0, 1.0, (max(2 * n_lines, n_points), n))
    starts, ends = points[:n_lines], points[n_lines : 2 * n_lines]
    pr.regions_on_line(network, starts[0], ends[0])
    lines, _, line_s = timed(lambda: pr.regions_on_line(network, starts, ends))
    slices = [pr.slice_network(network, through=pair) for pair in zip(starts, ends, strict=True)]
    pr.enumerate_regions(*slices[0], engine="subdivision")
    regions, _, slice_s = timed(lambda: [pr.enumerate_regions(*one, engine="subdivision") for one in slices])
    assert [len(line) for line in lines] == [len(one) for one in regions]
    some = points[:n_points]
    _, _, forward_s = timed(lambda: [network(some) for _ in range(100)])
    _, _, near_s = timed(lambda: pr.distance_to_region_boundary(network, some))
    found, _, far_s = timed(lambda: pr.distance_to_boundary(network, some, pr.Polytope.box(-1, 1, dim=n)))
    return (
        name,
        f"{np.mean([len(line) for line in lines]):.0f}",
        f"{line_s / n_lines:.4f}",
        f"{slice_s / line_s:.1f}",
        f"{near_s / n_points:.4f}",
        f"{near_s / max(forward_s / 100, 1e-9):.0f}",
        f"{far_s / n_points:.3f}",
        f"{found.entered.mean():.1f}",
    )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="networks as .npz; generated ones if there are none")
    parser.add_argument("--shapes", nargs="+", default=SHAPES, help="inputs:width-width of generated networks")
    parser.add_argument("--seeds", type=int, default=1, help="how many networks of each shape")
    parser.add_argument("--lines", type=int, default=20)
    parser.add_argument("--points", type=int, default=5)
    options = parser.parse_args(arguments)
    rows = [measure(name, network, options.lines, options.points) for name, network in networks(options)]
    print(aligned([HEADER, *rows]))


if __name__ == "__main__":
    main()
