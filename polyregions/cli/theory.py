"""Commands on theorems: the volume theorem beside exact values, and bounds of the number of regions."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Annotated

import typer

import polyregions as pr
from polyregions.cli.shared import EPILOG, Json, app, bar, check_name, parse_box, show
from polyregions.reports import theory
from polyregions.theory.expectation import Reading
from polyregions.theory.prior import BiasLaw, WeightLaw


def parse_widths(text: str) -> tuple[int, ...]:
    """Return the widths that ``N[,N...]`` means."""
    try:
        return tuple(int(width) for width in text.split(","))
    except ValueError:
        raise typer.BadParameter(
            f"wanted whole numbers, for example 4,4, got {text!r}", param_hint="--widths"
        ) from None


def _processes(workers: int | None) -> ProcessPoolExecutor:
    """Return new processes, which leave Ctrl-C to this one."""
    fresh = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers or os.cpu_count(), fresh, signal.signal, (signal.SIGINT, signal.SIG_IGN))


Inputs = Annotated[int, typer.Option(min=1, help="Number of inputs.", show_default=False)]
Widths = Annotated[str, typer.Option(metavar="N[,N...]", help="Widths of the hidden layers.", show_default=False)]


@app.command(epilog=EPILOG)
def verify(
    *,
    inputs: Inputs,
    widths: Widths,
    box: Annotated[str, typer.Option(metavar="LO:HI[,LO:HI...]", help="The domain K.")] = "-1:1",
    activation: Annotated[str, typer.Option(help="Of hidden units.")] = "relu",
    weights: Annotated[WeightLaw, typer.Option(help="The law of weights.", show_default=True)] = "he-normal",
    biases: Annotated[BiasLaw, typer.Option(help="The law of biases.", show_default=True)] = "normal",
    scale: Annotated[float, typer.Option(help="Standard deviation or largest size of biases.")] = 0.5,
    networks: Annotated[int, typer.Option(min=2, help="How many to draw and cut.")] = 1000,
    samples: Annotated[int, typer.Option(min=1000, help="For the theorem's side.")] = 200_000,
    all_walls: Annotated[bool, typer.Option("--all-walls", help="Count invisible walls, too.")] = False,
    reading: Annotated[Reading, typer.Option(help="Wrong readings must not agree.", show_default=True)] = "theorem",
    seed: Annotated[int, typer.Option(min=0)] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; as many as processors, if left out.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Draw it: .png, .pdf, .svg, ...")] = None,
    as_json: Json = False,
) -> None:
    """Set the volumes of B_N,k of random networks, cut exactly, beside the theorem of Hanin and Rolnick (2019)."""
    from polyregions.reports import draw

    if output is not None:
        check_name(output, draw.check_picture_name)
    architecture = pr.Architecture(inputs, parse_widths(widths), activation=activation)
    options = {"networks": networks, "samples": samples, "visible": not all_walls, "reading": reading, "seed": seed}
    with _processes(workers) as executor:
        prior, domain = pr.Prior(weights, biases, scale), parse_box(box, inputs)
        found = pr.verify_theorem(architecture, prior, domain, executor=executor, progress=bar(), **options)  # type: ignore[arg-type]
    if output is not None:
        draw.save_axes(theory.draw_verification(found), output)
    show(theory.verification_summary(found), as_json, theory.verification_table)
    raise typer.Exit(0 if found.complete else 130)


@app.command(epilog=EPILOG)
def bounds(*, inputs: Inputs, widths: Widths, as_json: Json = False) -> None:
    """Say how many regions ReLU networks of given widths have at most, and how many some of them have."""
    show(theory.bounds_summary(inputs, parse_widths(widths)), as_json, theory.bounds_table)
