"""Compare ways to estimate the volume theorem's right-hand side, and time its left-hand side, in one process.

    OMP_NUM_THREADS=1 python tests/benchmarks/bench_theory.py --samples 100000 --networks 200

First table: the variance of one sample, relative to the square of the mean, of the density method and of the
conditional one, with uniform points and with those that the library takes, for smaller and smaller biases; widths
(4, 4), two inputs, the square.  What the methods cost differs little, so variances tell how many samples they need.

Second table: for small networks, milliseconds to draw one, to build its complex, and to add up the volumes of all
B_{N,k}; and how many samples of the right-hand side could be drawn meanwhile.
"""

from __future__ import annotations

import argparse
import math

from bench_enumeration import aligned, timed

import polyregions as pr
from polyregions.theory import sampling

SHAPES = [(1, (8,)), (2, (6,)), (2, (4, 4)), (2, (3, 3, 3)), (3, (5,)), (3, (3, 3))]


def spread(scale: float, codim: int, method: str, shells: bool, samples: int) -> float:
    """Return the relative variance of a sample."""
    most, sampling.MOST_DIMENSIONS = sampling.MOST_DIMENSIONS, sampling.MOST_DIMENSIONS if shells else 0
    found = pr.expected_boundary_volume(
        pr.Architecture(2, (4, 4)),
        pr.Prior(bias_scale=scale),
        pr.Polytope.box(-1, 1, dim=2),
        codim,
        method=method,  # type: ignore[call-overload]
        samples=samples,
    )
    sampling.MOST_DIMENSIONS = most
    return found.samples * (found.error / found.value) ** 2


def left(inputs: int, widths: tuple[int, ...], networks: int, samples: int) -> tuple[str, ...]:
    """Return what one network takes, part by part."""
    shape, prior, cube = pr.Architecture(inputs, widths), pr.Prior(bias_scale=0.5), pr.Polytope.box(-1, 1, dim=inputs)
    codims = range(1, inputs + 1)
    warm = pr.build_complex(pr.random_network(shape, prior, 0), cube)
    assert all(pr.boundary_volume(warm, k).value >= 0.0 for k in codims)
    nets, _, draw_s = timed(lambda: list(pr.random_networks(shape, prior, number=networks)))
    complexes, _, build_s = timed(lambda: [pr.build_complex(net, cube) for net in nets])
    _, _, volume_s = timed(lambda: [[pr.boundary_volume(one, k) for k in codims] for one in complexes])
    _, _, right_s = timed(lambda: pr.expected_boundary_volume(shape, prior, cube, inputs, samples=samples))
    times = [1000 * seconds / networks for seconds in (draw_s, build_s, volume_s)]
    return (f"{inputs}:{widths}", *(f"{ms:.2f}" for ms in times), f"{sum(times) * samples / (1000 * right_s):,.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--networks", type=int, default=200)
    chosen = parser.parse_args()
    rows = [("bias scale", "k", "density", "density, shells", "conditional", "conditional, shells")]
    for scale in (1.0, 0.1, 0.01, 0.001):
        for codim in (1, 2):
            ways = [(method, shells) for method in ("density", "conditional") for shells in (False, True)]
            numbers = [spread(scale, codim, *way, chosen.samples) for way in ways]
            rows.append((f"{scale:g}", str(codim), *(f"{x:.3g}" if math.isfinite(x) else "-" for x in numbers)))
    print(aligned(rows))
    rows = [("network", "draw, ms", "build, ms", "volumes, ms", "samples meanwhile")]
    print("\n" + aligned(rows + [left(*shape, chosen.networks, chosen.samples) for shape in SHAPES]))


if __name__ == "__main__":
    main()
