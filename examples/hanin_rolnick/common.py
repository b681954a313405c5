"""What all experiments share: options, slopes with confidence intervals, files, figures."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator
from numpy.typing import NDArray
from PIL import Image
from scipy import stats

Floats = NDArray[np.float64]
Row = dict[str, Any]

EPOCHS = [0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0]
"""When to look at a network while it is trained."""

ARCHITECTURES = ["32", "96", "192", "16x2", "48x2", "96x2", "11x3", "32x3", "64x3", "10x5", "20x5", "40x5", "10x10"]
"""Widths times depths: at depths 1 to 5 some 32 to 50, 96 to 100 and 192 to 200 hidden units, at depth 10 a hundred."""

TRAINERS = ["auto", "torch", "sklearn"]

INKS = {1: "#20304f", 2: "#2e86c1", 3: "#1f7a6d", 4: "#6b7f1e", 5: "#b9770e", 10: "#c0392b"}
"""Colours for depths."""


# --- options ------------------------------------------------------------------------------------------------------


def options(description: str, training: bool = True) -> argparse.ArgumentParser:
    """Return a parser with the options that all experiments have; those of training can be left out."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--output", type=Path, default=Path("."), metavar="DIR", help="where to write the files")
    parser.add_argument("--seed", type=int, default=0, help="for everything that is random")
    parser.add_argument("--quick", action="store_true", help="a tiny version, to see whether it runs")
    if training:
        parser.add_argument("--mnist", type=Path, metavar="DIR", help="where the files of MNIST are; else small digits")
        parser.add_argument("--trainer", choices=TRAINERS, default="auto", help="auto is torch, if installed")
        parser.add_argument("--architectures", nargs="+", default=ARCHITECTURES, help="WIDTHxDEPTH, for example 64x3")
        parser.add_argument("--epochs", type=float, nargs="+", default=EPOCHS, help="when to look at the networks")
        parser.add_argument("--runs", type=int, default=5, help="networks for each architecture")
    return parser


def parsed(parser: argparse.ArgumentParser, arguments: list[str] | None, quick: Row) -> argparse.Namespace:
    """Parse options; with --quick, those not given are taken from `quick`.  Makes the folder for the files."""
    if parser.parse_args(arguments).quick:
        parser.set_defaults(**quick)
    chosen = parser.parse_args(arguments)
    chosen.output.mkdir(parents=True, exist_ok=True)
    return chosen


# --- slopes -------------------------------------------------------------------------------------------------------


def log_log(values: Floats, **causes: Floats) -> list[Row]:
    """Fit log(values) = a + sum of slope * log(cause), and return each slope with a 95 % confidence interval.

    The interval is that of least squares with independent normal errors, by Student's t distribution.  Values that are
    zero are left out.
    """
    used = values > 0.0
    matrix = np.log(np.column_stack([np.full(used.sum(), np.e), *(cause[used] for cause in causes.values())]))
    target = np.log(values[used])
    freedom = len(target) - matrix.shape[1]
    if freedom < 1 or np.linalg.matrix_rank(matrix) < matrix.shape[1]:
        return [{"slope": name, "estimate": np.nan, "low": np.nan, "high": np.nan} for name in causes]
    found = np.linalg.lstsq(matrix, target, rcond=None)[0]
    variance = float(np.sum((target - matrix @ found) ** 2)) / freedom
    error = np.sqrt(variance * np.diagonal(np.linalg.inv(matrix.T @ matrix)))
    margin = float(stats.t.ppf(0.975, freedom)) * error
    rows = zip(causes, found[1:].tolist(), margin[1:].tolist(), strict=True)
    return [{"slope": name, "estimate": slope, "low": slope - wide, "high": slope + wide} for name, slope, wide in rows]


def interval(row: Row) -> str:
    """Write an estimate with its confidence interval."""
    return f"{row['estimate']:.3f} ({row['low']:.3f} to {row['high']:.3f})"


def mean_over(rows: Sequence[Row], column: str, *by: str) -> dict[Any, float]:
    """Return the mean of a column over the rows that agree in some others."""
    groups: dict[Any, list[float]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in by), []).append(row[column])
    return {key if len(key) > 1 else key[0]: float(np.mean(group)) for key, group in groups.items()}


def swing(rows: Sequence[Row], column: str, *by: str) -> dict[Any, float]:
    """Return the ratio of the largest to the smallest value during training of the mean of a column."""
    curves: dict[Any, list[float]] = {}
    for key, value in mean_over(rows, column, *by, "epoch").items():
        curves.setdefault(key[:-1] if len(by) > 1 else key[0], []).append(value)
    return {key: max(curve) / min(curve) for key, curve in curves.items()}


def series(rows: Sequence[Row], column: str) -> tuple[Floats, Floats, Floats]:
    """Return the numbers of neurons, depths, and means of a column, with one entry for each architecture."""
    keys = ("architecture", "neurons", "depth")
    found = mean_over(rows, column, *keys)
    neurons, depths = (np.array([key[i] for key in found], dtype=np.float64) for i in (1, 2))
    return neurons, depths, np.array(list(found.values()))


def widths_of(name: str) -> tuple[int, ...]:
    """Read an architecture: ``"64x3"`` has three hidden layers of 64 units, ``"64"`` one."""
    width, _, depth = name.partition("x")
    return (int(width),) * int(depth or 1)


def print_summary(rows: Sequence[Row], found: Sequence[Row], column: str, title: str) -> None:
    """Print the mean of a column while training, how much it changes, and slopes before training and after it."""
    epochs = sorted({row["epoch"] for row in rows})
    at = mean_over(rows, column, "epoch")
    print(f"\n{title}, mean over architectures")
    print("  " + ", ".join(f"epoch {epoch:g}: {at[epoch]:.3f}" for epoch in epochs))
    changes = swing(rows, column, "architecture")
    print("  largest / smallest while training: " + ", ".join(f"{key}: {x:.2f}" for key, x in changes.items()))
    for row in found:
        if row["epoch"] in (epochs[0], epochs[-1]):
            print(f"  epoch {row['epoch']:g}: slope in log({row['slope']}) {interval(row)}")


def shape_columns(name: str) -> Row:
    """Return the columns that say what an architecture is."""
    widths = widths_of(name)
    return {"architecture": name, "depth": len(widths), "neurons": sum(widths)}


# --- files --------------------------------------------------------------------------------------------------------


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """Write rows with the names of their columns."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: f"{x:.6g}" if isinstance(x, float) else x for name, x in row.items()})
    print(f"{len(rows)} rows in {path}")


# --- figures ------------------------------------------------------------------------------------------------------


def new_figure(rows: int, columns: int, size: tuple[float, float], **more: Any) -> tuple[Figure, NDArray[Any]]:
    """Return a figure and its axes, an array of shape (rows, columns), without touching pyplot."""
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=False, **more)


def save(figure: Figure, path: Path, dpi: int = 100) -> None:
    """Write a figure as PNG with few colours, which makes small files."""
    figure.savefig(path, dpi=dpi)
    Image.open(path).convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE).save(path, optimize=True)
    print(f"drawn in {path}")


def ink(depth: int) -> str:
    """Return the colour of a depth."""
    return INKS.get(depth, "#7d3c98")


def style(depth: int, neurons: int) -> Row:
    """Return how to draw an architecture: a colour for its depth, dashes and a marker for its number of neurons."""
    size = 0 if neurons < 75 else 1 if neurons < 150 else 2
    dashes, marker = (((0, (1, 1.2)), "o"), ((0, (5, 1.5)), "s"), ("solid", "D"))[size]
    return {"color": ink(depth), "linestyle": dashes, "marker": marker, "markersize": 3.5}


def draw_epochs(axes: Axes, rows: Sequence[Row], column: str) -> list[Any]:
    """Draw the mean of a column against the epoch, with a line for each architecture; return the lines."""
    handles = []
    for name, depth, neurons in dict.fromkeys((row["architecture"], row["depth"], row["neurons"]) for row in rows):
        curve = mean_over([row for row in rows if row["architecture"] == name], column, "epoch")
        label = f"{name}: {depth} layer{'s' * (depth > 1)}, N = {neurons}"
        handles += axes.plot(list(curve), list(curve.values()), linewidth=1.2, label=label, **style(depth, neurons))
    epochs = sorted({row["epoch"] for row in rows})
    axes.set_xscale("symlog", linthresh=0.1, linscale=0.4)
    axes.set_xticks(epochs, [f"{epoch:g}" for epoch in epochs], fontsize=8)
    axes.set_xticks([], minor=True)
    axes.set_xlabel("epochs of training")
    axes.grid(alpha=0.25)
    return handles


def draw_scaling(axes: Axes, rows: Sequence[Row], column: str) -> None:
    """Draw the mean of a column against the number of neurons, before training hollow and after it filled."""
    epochs = sorted({row["epoch"] for row in rows})
    for epoch in dict.fromkeys((epochs[0], epochs[-1])):
        now = [row for row in rows if row["epoch"] == epoch]
        for neurons, depth, value in zip(*series(now, column), strict=True):
            color = ink(int(depth))
            fill = "none" if epoch == epochs[0] else color
            axes.plot([neurons], [value], "o", markersize=6, markeredgecolor=color, markerfacecolor=fill)
    axes.set(xscale="log", yscale="log", xlabel="number of neurons N")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter("{x:g}")
    axes.set_xticks([16, 32, 64, 96, 192], ["16", "32", "64", "96", "192"])
    axes.minorticks_off()
    axes.grid(alpha=0.25)


def draw_guide(axes: Axes, rows: Sequence[Row], factor: float, power: int, label: str) -> None:
    """Draw factor * N^power over the numbers of neurons N there are, with its name near the middle."""
    reach = np.array([min(row["neurons"] for row in rows), max(row["neurons"] for row in rows)], dtype=np.float64)
    axes.plot(reach, factor * reach**power, color="#888888", linewidth=1.0, zorder=0)
    place = float(np.sqrt(reach.prod())) * 0.95
    vertical = "bottom" if power > 0 else "top"
    axes.text(place, factor * place**power, label, ha="right", va=vertical, color="#666666")
