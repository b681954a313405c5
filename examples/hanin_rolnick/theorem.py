"""Both sides of the volume theorem for random networks with one, two and three inputs, and readings that are wrong.

    python examples/hanin_rolnick/theorem.py

The left-hand side averages the volumes of B_N,k in [-1, 1]^n over networks that are cut exactly; which walls are
visible is decided by their gradients.  The right-hand side is the formula of Hanin and Rolnick (2019).  Weights are
He-normal.  Beside the theorem stand three readings of it that are not meant: open paths that must avoid the other
neurons of a set, ordered tuples instead of sets, and no condition of open paths at all.

Writes theorem.csv, with a row for each case, codimension and reading, and theorem.png.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from typing import get_args

import common
from common import Row
from scipy import stats

import polyregions as pr
from polyregions.laboratory import z_score
from polyregions.theory.expectation import Reading

Case = tuple[int, tuple[int, ...], str, float, int]

CASES: list[Case] = [
    (1, (8,), "normal", 1.0, 20_000),
    (1, (8,), "uniform", 0.8, 20_000),
    (1, (5, 5), "normal", 0.5, 20_000),
    (1, (3, 1), "normal", 0.5, 20_000),
    (1, (2, 2, 2), "uniform", 0.6, 20_000),
    (2, (6,), "normal", 1.0, 30_000),
    (2, (6,), "uniform", 0.8, 30_000),
    (2, (4, 4), "normal", 0.5, 30_000),
    (2, (2, 2), "normal", 0.5, 40_000),
    (2, (3, 3), "uniform", 0.6, 24_000),
    (2, (3, 3, 3), "normal", 0.5, 20_000),
    (2, (3, 1), "normal", 0.5, 20_000),
    (3, (5,), "normal", 1.0, 10_000),
    (3, (3, 3), "normal", 0.5, 10_000),
    (3, (4, 2), "normal", 0.5, 10_000),
]
"""Inputs, widths, law and scale of biases, and how many networks."""

MARKS = {"theorem": ("o", 1, "as meant"), "strict": ("x", 2, "paths avoid the set"), "ordered": ("^", 3, "ordered")}
MARKS |= {"ignored": ("s", 5, "no open paths")}
COLORS = {1: "#20304f", 2: "#c0392b", 3: "#1f7a6d", 5: "#b9770e"}


def verified(case: Case, chosen: argparse.Namespace, executor: Executor) -> Iterator[pr.Verification]:
    """Yield both sides as the theorem is meant, then with the right-hand side misread."""
    inputs, widths, biases, scale, networks = case
    shape, prior = pr.Architecture(inputs, widths), pr.Prior(biases=biases, bias_scale=scale)  # type: ignore[arg-type]
    cube = pr.Polytope.box(-1, 1, dim=inputs)
    options = {"samples": chosen.samples, "seed": 1000 * chosen.seed + CASES.index(case)}  # all cases independent
    number = max(20, round(networks * chosen.share))
    found = pr.verify_theorem(shape, prior, cube, networks=number, executor=executor, **options)  # type: ignore[arg-type]
    yield found
    for reading in get_args(Reading)[1:]:
        right = tuple(
            pr.expected_boundary_volume(shape, prior, cube, k, reading=reading, **options)  # type: ignore[call-overload]
            for k in range(1, inputs + 1)
        )
        yield dataclasses.replace(found, right=right, reading=reading)


def rows_of(found: pr.Verification) -> Iterator[Row]:
    """Yield a row for each codimension, and one for the number of regions."""
    case = {
        "inputs": found.architecture.input_dim,
        "widths": "-".join(map(str, found.architecture.widths)),
        "biases": f"{found.prior.biases} {found.prior.bias_scale:g}",
        "networks": found.networks,
        "reading": found.reading,
        "chi_squared": found.chi_squared,
        "p": found.p_value,
    }
    sides = [(f"B_N,{k}", *both) for k, both in enumerate(zip(found.left, found.right, strict=True), start=1)]
    if found.expected_regions is not None and found.reading == "theorem":
        sides.append(("activation regions", found.regions, found.expected_regions))
    for what, left, right in sides:
        numbers = {"left": left.value, "left_error": left.error, "right": right.value, "right_error": right.error}
        yield case | {"what": what} | numbers | {"z": z_score(left, right)}


def draw(rows: list[Row], path: Path) -> None:
    """Draw how many standard errors both sides are apart, for every case, codimension and reading."""
    names = [f"{row['inputs']}: ({row['widths'].replace('-', ', ')}), {row['biases']},  {row['what']}" for row in rows]
    places = {name: -number for number, name in enumerate(dict.fromkeys(names))}
    figure, ((axes,),) = common.new_figure(1, 1, (9.0, 1.5 + 0.24 * len(places)))
    meant = {name: row["z"] for row, name in zip(rows, names, strict=True) if row["reading"] == "theorem"}
    for reading, (mark, ink, label) in MARKS.items():
        shown = [(row["z"], name) for row, name in zip(rows, names, strict=True) if row["reading"] == reading]
        if reading != "theorem":  # misreadings that make a difference
            shown = [(z, name) for z, name in shown if z != meant[name]]
        across, down = [z for z, _ in shown], [places[name] for _, name in shown]
        axes.scatter(across, down, marker=mark, color=COLORS[ink], label=label, s=28, zorder=3)
    axes.axvspan(-4, 4, color="0.92", zorder=0)
    axes.axvline(0, color="0.6", linewidth=0.8)
    axes.set_xscale("symlog", linthresh=4, linscale=1.5)
    axes.set_xticks([-100, -10, -4, 0, 4, 10, 100], ["-100", "-10", "-4", "0", "4", "10", "100"])
    axes.set_ylim(-len(places), 1)
    axes.set_yticks(list(places.values()), list(places))
    axes.set_xlabel("mean over networks minus formula, in standard errors (linear up to 4, then logarithmic)")
    axes.set_title("Both sides of the volume theorem: inputs, widths, biases and codimension")
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, title="the formula read")
    common.save(figure, path)


def main(arguments: list[str] | None = None) -> None:
    """Verify all cases, and say how well they agree."""
    parser = common.options("Both sides of the volume theorem, and wrong readings of it.", training=False)
    parser.add_argument("--share", type=float, default=1.0, help="of the networks that the table takes")
    parser.add_argument("--samples", type=int, default=2_000_000, help="for each right-hand side")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes")
    chosen = common.parsed(parser, arguments, {"share": 0.001, "samples": 5_000})
    rows, total, degrees = [], 0.0, 0
    with ProcessPoolExecutor(chosen.workers) as executor:
        for case in CASES:
            started = time.perf_counter()
            for found in verified(case, chosen, executor):
                rows += rows_of(found)
                if found.reading == "theorem":
                    total, degrees = total + found.chi_squared, degrees + found.degrees
                    print(f"{found}, {time.perf_counter() - started:.0f} s")
    largest = max(abs(row["z"]) for row in rows if row["reading"] == "theorem")
    chance = stats.chi2.sf(total, degrees)
    print(f"largest |z| {largest:.2f}; chi-squared {total:.1f} with {degrees} degrees of freedom, p = {chance:.3f}")
    common.write_csv(chosen.output / "theorem.csv", rows)
    draw(rows, chosen.output / "theorem.png")


if __name__ == "__main__":
    main()
