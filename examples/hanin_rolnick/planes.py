"""How many regions there are in planes through data, and a picture of them: before training and after it.

    python examples/hanin_rolnick/planes.py                  # small digits, which come with scikit-learn
    python examples/hanin_rolnick/planes.py --mnist DIR      # MNIST, from a folder with its files

Each plane goes through three images of the training data that show different digits.  Counted are the activation
regions in a square around them, whose half side is 1.5 times the largest distance of the three from their mean, and one
of whose sides is parallel to the line between two of them; and in one 100 times as large, in which one hidden layer of
N units has nearly all of the 1 + N + N (N - 1) / 2 regions that N lines in general position make.

Writes planes.csv, with a row for each network, epoch and plane; planes-slopes.csv; planes.png; and planes-picture.png.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import common
import numpy as np
import training
from common import Floats, Row
from numpy.typing import NDArray

import polyregions as pr
from polyregions.reports.draw import draw_scene
from polyregions.reports.scene import scene_of

QUICK = {"architectures": ["4", "8", "4x2", "5x3", "8x2"], "epochs": [0.0, 1.0], "runs": 1, "planes": 1}
QUICK |= {"picture": "6x3"}


@dataclass(frozen=True)
class Plane:
    """A plane with orthonormal coordinates, whose origin is the mean of three images.

    The basis is that of floats, so the images lie in the plane up to some 1e-16.
    """

    basis: Floats
    centre: Floats
    images: Floats
    labels: NDArray[np.int64]

    @property
    def corners(self) -> Floats:
        """The three images in the coordinates of the plane, shape (3, 2)."""
        return (self.images - self.centre) @ self.basis

    @property
    def radius(self) -> float:
        """The largest distance of an image from the mean."""
        return float(np.linalg.norm(self.corners, axis=1).max())

    def regions(self, network: pr.Network, size: float) -> pr.Regions:
        """Return the regions in a square, whose half side is given in units of the radius."""
        square = pr.Polytope.box(-size * self.radius, size * self.radius, dim=2)
        return pr.enumerate_regions(*pr.slice_network(network, along=(self.basis, self.centre), domain=square))


def choose_plane(data: training.Data, random: np.random.Generator) -> Plane:
    """Return the plane through three images of different digits."""
    digits = random.choice(10, 3, replace=False)
    images = np.stack([data.images[random.choice(np.flatnonzero(data.labels == digit))] for digit in digits])
    basis = np.linalg.qr((images[1:] - images[0]).T)[0]
    return Plane(basis, images.mean(axis=0), images, digits)


def run(data: training.Data, chosen: argparse.Namespace) -> Iterator[Row]:
    """Train networks and return how many regions they have in planes."""

    def images(random: np.random.Generator) -> list[Plane]:
        return [choose_plane(data, random) for _ in range(chosen.planes)]

    def measured(network: pr.Network, planes: list[Plane]) -> Iterator[Row]:
        for place, plane in enumerate(planes):
            counts = [len(plane.regions(network, chosen.window * factor)) for factor in (1, 100)]
            scale = network.n_units**2 / 2
            found = {"regions": counts[0], "wide_regions": counts[1], "scale": scale}
            yield {"plane": place} | found | {"share": counts[0] / scale, "wide_share": counts[1] / scale}

    return training.follow(data, chosen, images, measured)


def slopes(rows: list[Row]) -> list[Row]:
    """Return how regions grow with the number of neurons and with the depth, with all architectures as data."""
    found = []
    for square, column in (("around the images", "regions"), ("100 times as large", "wide_regions")):
        for epoch in sorted({row["epoch"] for row in rows}):
            neurons, depths, counts = common.series([row for row in rows if row["epoch"] == epoch], column)
            about = {"square": square, "epoch": epoch, "architectures": len(neurons)}
            found += [about | slope for slope in common.log_log(counts, neurons=neurons, depth=depths)]
    return found


def draw_counts(rows: list[Row], chosen: argparse.Namespace) -> None:
    """Draw regions for each N^2 / 2 against epochs, and regions against the number of neurons."""
    figure, ((left, middle, right),) = common.new_figure(1, 3, (14.0, 4.8))
    top = max(common.mean_over(rows, "wide_share", "architecture", "epoch").values())
    for axes, column, title in (
        (left, "share", "in a square around three images"),
        (middle, "wide_share", "in a square 100 times as large"),
    ):
        handles = common.draw_epochs(axes, rows, column)
        axes.set_title(title, fontsize=11)
        axes.set(ylabel="activation regions / (N² / 2)", ylim=(0.0, 1.05 * top))
    for axes in (left, middle):
        handles.append(axes.axhline(1.0, color="#888888", linewidth=2.0, zorder=0, alpha=0.7, label="N² / 2"))
    common.draw_scaling(right, rows, "regions")
    common.draw_guide(right, rows, 0.5, 2, "N² / 2")
    right.set_ylabel("activation regions around three images")
    right.set_title("hollow: before training, filled: after it", fontsize=11)
    figure.legend(handles=handles[:-1], loc="outside right upper", fontsize=8.5, title="width x depth", frameon=False)
    figure.suptitle(
        f"{rows[0]['data']}: regions in planes through three images, mean of {chosen.runs} networks with "
        f"{chosen.planes} planes each\n",
        fontsize=11,
    )
    common.save(figure, chosen.output / "planes.png")


def draw_picture(data: training.Data, chosen: argparse.Namespace) -> None:
    """Draw the regions of one network in a plane, before training and after it."""
    key = (chosen.seed, 0)
    plane = choose_plane(data, np.random.default_rng([*key, 2]))
    network = training.initial_network(chosen.picture, data, key)
    figure, (panels,) = common.new_figure(1, 2, (12.0, 5.6))
    ends = (min(chosen.epochs), max(chosen.epochs))
    for axes, now in zip(panels, training.train(network, data, ends, key, chosen.trainer), strict=True):
        regions = plane.regions(now.network, chosen.window)
        draw_scene(scene_of(regions), axes)
        when = "before training" if now.epoch == 0 else f"after {now.epoch:g} epochs"
        axes.set_title(f"{when}: {len(regions):,} activation regions, test accuracy {now.accuracy:.0%}", fontsize=11)
        mark_images(axes, plane)
    panels[0].get_legend().remove()
    panels[1].set_ylabel("")
    for text in panels[1].get_legend().get_texts():  # the plane is an affine layer in front of the others
        text.set_text(re.sub(r"(?<=layer )\d+", lambda found: f"{int(found[0]) - 1}", text.get_text()))
    widths = ", ".join(map(str, common.widths_of(chosen.picture)))
    inputs = data.images.shape[1]
    figure.suptitle(
        f"{data.name}: a plane through three images in the {inputs} inputs of a network with hidden layers of {widths}"
    )
    common.save(figure, chosen.output / "planes-picture.png")


def mark_images(axes: Any, plane: Plane) -> None:
    """Show where the three images are, and which digits they show."""
    for place, digit in zip(plane.corners, plane.labels.tolist(), strict=True):
        box = {"boxstyle": "circle,pad=0.25", "facecolor": "white", "edgecolor": "black", "linewidth": 1.0}
        axes.text(*place, str(digit), ha="center", va="center", fontsize=11, weight="bold", bbox=box, zorder=6)
    axes.set(xlabel="coordinate in the plane (grey levels from 0 to 1)", ylabel="coordinate in the plane")


def main(arguments: list[str] | None = None) -> None:
    """Train, count, print, draw."""
    parser = common.options("Regions in planes through three images, at initialisation and in training.")
    parser.set_defaults(epochs=[0.0, 1.0, 5.0, 20.0], runs=3)
    parser.add_argument("--planes", type=int, default=2, help="for each network")
    parser.add_argument("--window", type=float, default=1.5, help="half side of the square; images are up to 1 away")
    parser.add_argument("--picture", default="64x3", help="the architecture to draw")
    chosen = common.parsed(parser, arguments, QUICK)
    data = training.load_data(chosen.mnist)
    print(f"{data.name}: {data.images.shape[1]} inputs, training with {training.chosen_trainer(chosen.trainer)}")
    draw_picture(data, chosen)
    rows = list(run(data, chosen))
    common.write_csv(chosen.output / "planes.csv", rows)
    found = slopes(rows)
    common.write_csv(chosen.output / "planes-slopes.csv", found)
    for square, column in (("around the images", "share"), ("100 times as large", "wide_share")):
        own = [row for row in found if row["square"] == square]
        common.print_summary(rows, own, column, f"square {square}: regions / (N^2 / 2)")
    draw_counts(rows, chosen)


if __name__ == "__main__":
    main()
