"""How many regions there are on lines through data, for each neuron: at initialisation and while training.

    python examples/hanin_rolnick/lines.py                  # small digits, which come with scikit-learn
    python examples/hanin_rolnick/lines.py --mnist DIR      # MNIST, from a folder with its files

Lines go from the origin to an image x, from -x to x, and from one image to another.  Counted are intervals on which the
network is affine: a breakpoint is where the derivative of any of the ten outputs jumps.  Writes lines.csv, with a row
for each network, epoch and kind of line; lines-slopes.csv; and lines.png.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator

import common
import numpy as np
import training
from common import Floats, Row

import polyregions as pr

KINDS = {
    "ray": ("from the origin to an image", 0.5),
    "line": ("from $-x$ to $x$, for an image $x$", 1.0),
    "segment": ("from one image to another", None),
}
"""The kinds of lines; and the expected number of breakpoints for each neuron of a wide network, where it is simple."""

QUICK = {"architectures": ["8", "16", "8x2", "12x3", "16x2"], "epochs": [0.0, 1.0], "runs": 2, "lines": 10}


def ends(data: training.Data, count: int, random: np.random.Generator) -> dict[str, tuple[Floats, Floats]]:
    """Choose images from the training data, and return where lines of each kind start and end."""
    chosen = data.images[random.choice(len(data.images), 2 * count, replace=False)]
    x, other = chosen[:count], chosen[count:]
    return {"ray": (np.zeros_like(x), x), "line": (-x, x), "segment": (other, x)}


def measured(network: pr.Network, places: dict[str, tuple[Floats, Floats]]) -> Iterator[Row]:
    """Yield the mean numbers of breakpoints on each kind of lines: visible ones, and all switches of units."""
    for kind, (starts, stops) in places.items():
        lines = pr.regions_on_line(network, starts, stops)
        visible = np.array([line.linear_pieces - 1 for line in lines])
        yield {
            "kind": kind,
            "lines": len(lines),
            "linear_regions": 1.0 + float(visible.mean()),
            "activation_regions": float(np.mean([len(line) for line in lines])),
            "per_neuron": float(visible.mean()) / network.n_units,
            "switches_per_neuron": float(np.mean([line.switches for line in lines])) / network.n_units,
        }


def run(data: training.Data, chosen: argparse.Namespace) -> Iterator[Row]:
    """Train networks and return what is found on lines."""
    return training.follow(data, chosen, lambda random: ends(data, chosen.lines, random), measured)


def slopes(rows: list[Row]) -> list[Row]:
    """Return how breakpoints grow with the number of neurons and with the depth, with all architectures as data."""
    found = []
    for kind in KINDS:
        for epoch in sorted({row["epoch"] for row in rows}):
            now = [row for row in rows if (row["kind"], row["epoch"]) == (kind, epoch)]
            neurons, depths, ratios = common.series(now, "per_neuron")
            about = {"kind": kind, "epoch": epoch, "architectures": len(neurons)}
            found += [about | slope for slope in common.log_log(ratios * neurons, neurons=neurons, depth=depths)]
    return found


def draw(rows: list[Row], chosen: argparse.Namespace) -> None:
    """Draw breakpoints for each neuron against epochs, and breakpoints against the number of neurons."""
    figure, axes = common.new_figure(2, 3, (13.0, 7.6), sharey="row")
    for column, (kind, (title, expected)) in enumerate(KINDS.items()):
        own = [row for row in rows if row["kind"] == kind]
        upper, lower = axes[:, column]
        handles = common.draw_epochs(upper, own, "per_neuron")
        upper.set_title(title, fontsize=11)
        common.draw_scaling(lower, [row | {"breakpoints": row["linear_regions"] - 1.0} for row in own], "breakpoints")
        factor = expected or math.exp(np.mean(np.log([row["per_neuron"] for row in own if row["epoch"] == 0.0])))
        common.draw_guide(lower, rows, factor, 1, f"{factor:.2g} N")
        if expected:
            handles.append(upper.axhline(expected, color="#888888", linewidth=2.0, zorder=0, alpha=0.7))
            handles[-1].set_label("wide networks before training")
            legend = handles
    axes[0, 0].set(ylabel="breakpoints / neurons", ylim=(0.0, None))
    axes[1, 0].set_ylabel("breakpoints on a line\n(hollow: before training, filled: after it)")
    figure.legend(handles=legend, loc="outside right upper", fontsize=8.5, title="width x depth", frameon=False)
    figure.suptitle(
        f"{rows[0]['data']}: points on a line where a network's derivative jumps, mean of {chosen.runs} networks with "
        f"{chosen.lines} lines each"
    )
    common.save(figure, chosen.output / "lines.png")


def main(arguments: list[str] | None = None) -> None:
    """Train, count, print, draw."""
    parser = common.options("Regions on lines through data, at initialisation and while training.")
    parser.add_argument("--lines", type=int, default=40, help="of each kind, for each network")
    chosen = common.parsed(parser, arguments, QUICK)
    data = training.load_data(chosen.mnist)
    print(f"{data.name}: {data.images.shape[1]} inputs, training with {training.chosen_trainer(chosen.trainer)}")
    rows = list(run(data, chosen))
    common.write_csv(chosen.output / "lines.csv", rows)
    found = slopes(rows)
    common.write_csv(chosen.output / "lines-slopes.csv", found)
    for kind in KINDS:
        own = [row for row in rows if row["kind"] == kind]
        common.print_summary(
            own, [row for row in found if row["kind"] == kind], "per_neuron", f"{kind}: breakpoints / N"
        )
    draw(rows, chosen)


if __name__ == "__main__":
    main()
