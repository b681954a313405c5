"""The sawtooth network, which has 2^L regions with 2 L neurons, and what perturbations of its parameters make of them.

    python examples/hanin_rolnick/sawtooth.py

The network folds [0, 1] in each of its L layers of two units.  Its weights and biases are perturbed by normal noise:
relative, each times 1 + size * noise, so that biases that are 0 stay so; or absolute, each plus size * noise.  Counted
are the activation and linear regions in [0, 1], exactly.

Writes sawtooth.csv, with a row for each kind and size of noise and each depth; sawtooth-growth.csv, how fast the number
of regions grows with the depth; and sawtooth.png.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import common
import numpy as np
from common import Row

import polyregions as pr
from polyregions.theory.constructions import sawtooth

SIZES = [1e-6, 1e-5, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.2, 0.3, 0.5, 1.0]
DRAWN = [0.0, 0.01, 0.1, 0.5]
"""Sizes of relative noise for which a function is drawn."""

QUICK = {"depths": [1, 2, 3, 4], "sizes": [1e-4, 0.1, 1.0], "draws": 5}
INKS = ["#20304f", "#2e86c1", "#1f7a6d", "#b9770e", "#c0392b"]


def perturbed(depth: int, noise: str, size: float, random: np.random.Generator) -> pr.Network:
    """Return the sawtooth network with noise on all weights and biases."""
    layers = sawtooth(depth).network.layers
    parts = [
        [array + size * random.standard_normal(array.shape) * (array if noise == "relative" else 1.0) for array in kind]
        for kind in ([layer.weights for layer in layers], [layer.bias for layer in layers])
    ]
    return pr.Network.from_arrays(*parts)


def run(chosen: argparse.Namespace) -> Iterator[Row]:
    """Yield how many regions there are, for each kind and size of noise and each depth."""
    for i, noise in enumerate(("relative", "absolute")):
        for depth in chosen.depths:
            for size in (0.0, *chosen.sizes):
                random = np.random.default_rng([chosen.seed, i, depth, round(size * 1e9)])
                draws = chosen.draws if size else 1
                networks = [perturbed(depth, noise, size, random) for _ in range(draws)]
                lines = [pr.regions_on_line(network, [0.0], [1.0]) for network in networks]
                yield {"noise": noise, "depth": depth, "neurons": 2 * depth, "size": size} | summary(lines)
            print(f"{noise} noise, depth {depth}: done", flush=True)


def summary(lines: list[pr.Line]) -> Row:
    """Return the mean, median and spread of the numbers of regions."""
    regions = np.array([len(line) for line in lines])
    low, median, high = np.quantile(regions, [0.05, 0.5, 0.95]).tolist()
    linear = float(np.mean([line.linear_pieces for line in lines]))
    found = {"mean": float(regions.mean()), "low": low, "median": median, "high": high}
    found |= {"least": int(regions.min()), "most": int(regions.max())}
    return {"draws": len(lines), **found, "linear_mean": linear}


def growth(rows: list[Row]) -> list[Row]:
    """Return by which factor the mean number of regions grows with each layer; 2 without noise."""
    found = []
    for noise, size in dict.fromkeys((row["noise"], row["size"]) for row in rows):
        own = [row for row in rows if (row["noise"], row["size"]) == (noise, size)]
        depths, means = (np.array([row[name] for row in own], dtype=np.float64) for name in ("depth", "mean"))
        (slope,) = common.log_log(means, layers=np.exp(depths))  # so linear in the depth
        factors = {name: float(np.exp(slope[name])) for name in ("estimate", "low", "high")}
        found.append({"noise": noise, "size": size, "depths": len(own)} | factors)
    return found


def draw_function(axes: Any, depth: int, size: float, seed: int) -> None:
    """Draw one network as a function, exactly: it is affine between its breakpoints."""
    network = perturbed(depth, "relative", size, np.random.default_rng([seed, 7]))
    line = pr.regions_on_line(network, [0.0], [1.0])
    x = np.concatenate([[0.0], line.breakpoints.value, [1.0]])
    axes.plot(x, network(x[:, None])[:, 0], color="#20304f", linewidth=1.0)
    name = "no noise" if size == 0.0 else f"relative noise of {size:g}"
    axes.set_title(f"{name}: {len(line)} regions", fontsize=10)
    axes.set(xlabel="input $x$", xlim=(0.0, 1.0))
    axes.grid(alpha=0.25)


def draw_counts(axes: Any, rows: list[Row], noise: str) -> None:
    """Draw the numbers of regions against the size of the noise."""
    for number, depth in enumerate(dict.fromkeys(row["depth"] for row in rows)):
        own = [row for row in rows if (row["noise"], row["depth"]) == (noise, depth)]
        ink, noisy = INKS[number % len(INKS)], [row for row in own if row["size"] > 0.0]
        sizes, mean, low, high = ([row[name] for row in noisy] for name in ("size", "mean", "low", "high"))
        layers = f"{depth} layers, {2 * depth} neurons"
        axes.plot(sizes, mean, "o-", color=ink, markersize=3, linewidth=1.3, label=layers)
        axes.fill_between(sizes, low, high, color=ink, alpha=0.18, linewidth=0)
        axes.axhline(own[0]["mean"], color=ink, linestyle=":", linewidth=1.0)
        axes.text(sizes[0], own[0]["mean"] * 0.9, f"{own[0]['mean']:g}", color=ink, fontsize=8, va="top", ha="left")
    formula = "parameters times 1 + size x N(0, 1)" if noise == "relative" else "parameters plus size x N(0, 1)"
    axes.set(xscale="log", yscale="log", xlabel=f"size of the noise: {formula}")
    axes.set_yscale("log", base=2)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_title(f"{noise} noise", fontsize=11)
    axes.grid(alpha=0.25)


def draw(rows: list[Row], chosen: argparse.Namespace) -> None:
    """Draw some functions and all counts."""
    figure, _ = common.new_figure(1, 1, (13.0, 7.6))
    figure.clear()
    axes = figure.subplot_mosaic("AABBCCDD;EEEEFFFF", height_ratios=[1.0, 1.6])
    depth = chosen.depths[len(chosen.depths) // 2]
    for key, size in zip("ABCD", DRAWN, strict=True):
        draw_function(axes[key], depth, size, chosen.seed)
    axes["A"].set_ylabel(f"output, {depth} layers")
    for key, noise in zip("EF", ("relative", "absolute"), strict=True):
        draw_counts(axes[key], rows, noise)
    axes["F"].sharey(axes["E"])
    axes["E"].set_ylabel("activation regions in [0, 1]")
    figure.legend(*axes["E"].get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False)
    figure.suptitle(
        "The sawtooth network with perturbed parameters.  Above: one perturbation each.  Below: mean of "
        f"{chosen.draws} perturbations, shaded 5 % to 95 %, dotted without noise",
        fontsize=11,
    )
    common.save(figure, chosen.output / "sawtooth.png")


def main(arguments: list[str] | None = None) -> None:
    """Perturb, count, print, draw."""
    parser = common.options("Regions of the sawtooth network with perturbed parameters.", training=False)
    parser.add_argument("--depths", type=int, nargs="+", default=[2, 4, 6, 8, 10], help="numbers of hidden layers")
    parser.add_argument("--sizes", type=float, nargs="+", default=SIZES, help="of the noise")
    parser.add_argument("--draws", type=int, default=100, help="perturbations for each size and depth")
    chosen = common.parsed(parser, arguments, QUICK)
    rows = list(run(chosen))
    common.write_csv(chosen.output / "sawtooth.csv", rows)
    found = growth(rows)
    common.write_csv(chosen.output / "sawtooth-growth.csv", found)
    for row in found:
        print(f"{row['noise']} noise of {row['size']:g}: times {common.interval(row)} for each layer")
    draw(rows, chosen)


if __name__ == "__main__":
    main()
