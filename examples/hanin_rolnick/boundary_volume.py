"""How much boundary random networks with two and three inputs have, against their number of neurons.

    python examples/hanin_rolnick/boundary_volume.py

Measured is the volume of codimension 1 of B_N in the cube [-1, 1]^n: in the plane a length, in space an area.  It is
computed for each network from its complex of regions, with the walls where the gradient jumps; the networks have one
output, He-normal weights and normal biases.  Compared with the limit for wide layers, which is a sum over neurons.

Writes boundary_volume.csv, with a row for each architecture and law of biases; boundary_volume-slopes.csv; and
boundary_volume.png.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import common
import numpy as np
from common import Row

import polyregions as pr
from polyregions.theory import Architecture, Prior, random_network, wide_limit_volume

ARCHITECTURES = {
    2: ["8", "16", "32", "64", "4x2", "8x2", "16x2", "32x2", "3x3", "5x3", "11x3", "21x3", "4x5", "7x5", "13x5"],
    3: ["6", "12", "24", "3x2", "6x2", "12x2", "3x3", "4x3", "8x3"],
}
"""For each number of inputs."""

QUICK = {"inputs": [2], "networks": 8, "architectures": ["3", "6", "2x2", "3x2", "6x2"]}
WIDE = 6
"""Slopes are also computed with layers of at least this width alone: narrow ones tend to switch off as a whole."""

UNITS = {2: ("length in the square", "length"), 3: ("area in the cube", "area")}


def measured(inputs: int, name: str, bias_std: float, count: int, seed: int) -> Row:
    """Return the mean volume over some networks, and its standard error."""
    shape, prior = Architecture(inputs, common.widths_of(name)), Prior(bias_scale=bias_std)
    cube = pr.Polytope.box(-1, 1, dim=inputs)
    key = [seed, inputs, round(bias_std * 1e6), *shape.widths]
    networks = [random_network(shape, prior, np.random.SeedSequence([*key, number])) for number in range(count)]
    volumes = np.array([pr.boundary_volume(pr.build_complex(network, cube), 1).value for network in networks])
    return {
        "networks": count,
        "volume": float(volumes.mean()),
        "standard_error": float(volumes.std(ddof=1) / np.sqrt(count)),
        "per_neuron": float(volumes.mean()) / shape.n_units,
    }


def wide_limits(inputs: int, bias_std: float, depths: set[int]) -> dict[int, float]:
    """Return the volume for each neuron in the limit of wide layers, by depth."""
    cube = pr.Polytope.box(-1, 1, dim=inputs)
    return {
        depth: wide_limit_volume(Architecture(inputs, (1,) * depth), Prior(bias_scale=bias_std), cube) / depth
        for depth in sorted(depths)
    }


def run(chosen: argparse.Namespace) -> Iterator[Row]:
    """Yield what is found for each number of inputs, law of biases, and architecture."""
    for inputs in chosen.inputs:
        for bias_std in chosen.bias_std:
            names = chosen.architectures or ARCHITECTURES[inputs]
            wide = wide_limits(inputs, bias_std, {len(common.widths_of(name)) for name in names})
            for name in names:
                about = {"inputs": inputs, "bias_std": bias_std, **common.shape_columns(name)}
                found = measured(inputs, name, bias_std, chosen.networks, chosen.seed)
                yield about | found | {"wide_per_neuron": wide[about["depth"]]}
            print(f"{inputs} inputs, biases of standard deviation {bias_std:g}: done", flush=True)


def slopes(rows: list[Row]) -> list[Row]:
    """Return how volumes grow with the number of neurons and with the depth, of all architectures and of wide ones."""
    found = []
    for inputs, bias_std in dict.fromkeys((row["inputs"], row["bias_std"]) for row in rows):
        for least in (1, WIDE):
            own = [row for row in rows if (row["inputs"], row["bias_std"]) == (inputs, bias_std)]
            own = [row for row in own if row["neurons"] >= least * row["depth"]]
            neurons, depths, volumes = common.series(own, "volume")
            about = {"inputs": inputs, "bias_std": bias_std, "least_width": least, "architectures": len(neurons)}
            found += [about | slope for slope in common.log_log(volumes, neurons=neurons, depth=depths)]
    return found


def draw(rows: list[Row], chosen: argparse.Namespace) -> None:
    """Draw volumes for each neuron against the number of neurons, with the limit for wide layers as lines."""
    figure, axes = common.new_figure(len(chosen.bias_std), len(chosen.inputs), (6.0 * len(chosen.inputs) + 2.5, 7.0))
    handles = {}
    for (i, j), panel in np.ndenumerate(axes):
        bias_std, inputs = chosen.bias_std[i], chosen.inputs[j]
        own = [row for row in rows if (row["inputs"], row["bias_std"]) == (inputs, bias_std)]
        for depth in sorted({row["depth"] for row in own}):
            line = [row for row in own if row["depth"] == depth]
            neurons, values = ([row[name] for row in line] for name in ("neurons", "per_neuron"))
            errors = [2.0 * row["standard_error"] / row["neurons"] for row in line]
            label = f"{depth} hidden layer{'s' * (depth > 1)}"
            ink = common.ink(depth)
            bars = panel.errorbar(neurons, values, errors, fmt="o-", ms=4, lw=1.2, capsize=3, color=ink, label=label)
            handles[depth] = bars
            panel.axhline(line[0]["wide_per_neuron"], color=ink, linestyle=":", linewidth=1.2, zorder=0)
        panel.set_xscale("log")
        ticks = sorted({row["neurons"] for row in own if row["neurons"] & (row["neurons"] - 1) == 0 or inputs == 3})
        panel.set_xticks(ticks, [str(tick) for tick in ticks])
        panel.set_xticks([], minor=True)
        panel.set_ylim(0.0, 1.25 * max(row["per_neuron"] for row in own))
        panel.grid(alpha=0.25)
        panel.set(xlabel="number of neurons N", ylabel=f"{UNITS[inputs][1]} / N")
        panel.set_title(f"{inputs} inputs: {UNITS[inputs][0]}; biases N(0, {bias_std:g}²)", fontsize=11)
    shown = [handles[depth] for depth in sorted(handles)]
    limit = axes[0, 0].plot([], [], ":", color="#666666", label="the same, in the limit\nof wide layers")
    figure.legend(handles=[*shown, *limit], loc="outside right upper", fontsize=9, frameon=False)
    figure.suptitle(
        f"Boundary between linear regions in [-1, 1]ⁿ for each neuron, before training\n"
        f"mean of {chosen.networks} random networks, bars of two standard errors",
        fontsize=11,
    )
    common.save(figure, chosen.output / "boundary_volume.png")


def main(arguments: list[str] | None = None) -> None:
    """Draw networks, measure, print, draw."""
    parser = common.options("Boundary volumes of random networks against their numbers of neurons.", training=False)
    parser.add_argument("--inputs", type=int, nargs="+", choices=[2, 3], default=[2, 3], help="numbers of inputs")
    parser.add_argument("--bias-std", type=float, nargs="+", default=[0.001, 0.5], help="of the biases")
    parser.add_argument("--networks", type=int, default=100, help="for each architecture")
    parser.add_argument("--architectures", nargs="+", help="WIDTHxDEPTH, for all numbers of inputs")
    chosen = common.parsed(parser, arguments, QUICK)
    rows = list(run(chosen))
    common.write_csv(chosen.output / "boundary_volume.csv", rows)
    found = slopes(rows)
    common.write_csv(chosen.output / "boundary_volume-slopes.csv", found)
    for row in found:
        which = f"{row['inputs']} inputs, bias_std {row['bias_std']:g}, widths of {row['least_width']} or more"
        print(f"{which}: slope in log({row['slope']}) {common.interval(row)}")
    draw(rows, chosen)


if __name__ == "__main__":
    main()
