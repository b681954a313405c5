"""How far data are from the nearest boundary of a region: at initialisation and while training.

    python examples/hanin_rolnick/distances.py                  # small digits, which come with scikit-learn
    python examples/hanin_rolnick/distances.py --mnist DIR      # MNIST, from a folder with its files

Measured is the distance, in the 2-norm of all inputs, from an image of the training data to the boundary of its
activation region, exactly.  The distance to B_N, where the gradient jumps, is at least this; it is larger where the
unit that switches first does not reach the outputs.

Before training, |g(x)| / |gradient of g at x| is for a unit of a wide network about half-normal, with the scale
|x| / sqrt(inputs), whatever its layer.  The least of N independent ones has the mean sqrt(pi / 2) |x| / sqrt(inputs)
divided by N.

Writes distances.csv, with a row for each network and epoch; distances-slopes.csv; and distances.png.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import common
import numpy as np
import training
from common import Floats, Row

import polyregions as pr

QUICK = {"architectures": ["8", "16", "8x2", "12x3", "16x2"], "epochs": [0.0, 1.0], "runs": 2, "points": 10}


def measured(network: pr.Network, points: Floats) -> Iterator[Row]:
    """Yield the mean distance from the boundary; times the number of neurons; and what that is in wide networks."""
    distances = pr.distance_to_region_boundary(network, points).value
    scale = np.sqrt(np.pi / 2 / points.shape[1]) * np.linalg.norm(points, axis=1)
    yield {
        "points": len(points),
        "distance": float(distances.mean()),
        "scaled": network.n_units * float(distances.mean()),
        "standard_error": network.n_units * float(distances.std(ddof=1)) / np.sqrt(len(points)),
        "wide": float(scale.mean()),
    }


def run(data: training.Data, chosen: argparse.Namespace) -> Iterator[Row]:
    """Train networks and return how far images are from boundaries."""

    def images(random: np.random.Generator) -> Floats:
        return data.images[random.choice(len(data.images), chosen.points, replace=False)]

    return training.follow(data, chosen, images, measured)


def slopes(rows: list[Row]) -> list[Row]:
    """Return how distances change with the number of neurons and with the depth, with all architectures as data."""
    found = []
    for epoch in sorted({row["epoch"] for row in rows}):
        neurons, depths, distances = common.series([row for row in rows if row["epoch"] == epoch], "distance")
        about = {"epoch": epoch, "architectures": len(neurons)}
        found += [about | slope for slope in common.log_log(distances, neurons=neurons, depth=depths)]
    return found


def draw(rows: list[Row], chosen: argparse.Namespace) -> None:
    """Draw distances times neurons against epochs, and distances against the number of neurons."""
    figure, ((left, right),) = common.new_figure(1, 2, (12.5, 4.8))
    wide = float(np.mean([row["wide"] for row in rows]))
    handles = common.draw_epochs(left, rows, "scaled")
    handles.append(left.axhline(wide, color="#888888", linewidth=2.0, zorder=0, alpha=0.7))
    handles[-1].set_label("wide networks before training:\n" r"$\sqrt{\pi/2}\ |x| / \sqrt{\mathrm{inputs}}$")
    left.set_ylabel("distance x neurons  (grey levels from 0 to 1, 2-norm)")
    left.set_ylim(0.0, None)
    left.set_title("while training", fontsize=11)
    common.draw_scaling(right, rows, "distance")
    common.draw_guide(right, rows, wide, -1, f"{wide:.2g} / N")
    right.set_ylabel("distance")
    right.set_title("hollow: before training, filled: after it", fontsize=11)
    figure.legend(handles=handles, loc="outside right upper", fontsize=8.5, title="width x depth", frameon=False)
    figure.suptitle(
        f"{rows[0]['data']}: from a training image to the nearest boundary of its region, "
        f"mean over {chosen.runs} networks x {chosen.points} images\n",
        fontsize=11,
    )
    common.save(figure, chosen.output / "distances.png")


def main(arguments: list[str] | None = None) -> None:
    """Train, measure, print, draw."""
    parser = common.options("Distances from data to the boundary of their regions, at initialisation and in training.")
    parser.add_argument("--points", type=int, default=40, help="images, for each network")
    chosen = common.parsed(parser, arguments, QUICK)
    data = training.load_data(chosen.mnist)
    print(f"{data.name}: {data.images.shape[1]} inputs, training with {training.chosen_trainer(chosen.trainer)}")
    rows = list(run(data, chosen))
    common.write_csv(chosen.output / "distances.csv", rows)
    found = slopes(rows)
    common.write_csv(chosen.output / "distances-slopes.csv", found)
    common.print_summary(rows, found, "scaled", "distance x neurons")
    draw(rows, chosen)


if __name__ == "__main__":
    main()
