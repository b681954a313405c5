"""Commands on lines, distances and values."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
import typer
from numpy.typing import NDArray

import polyregions as pr
from polyregions.cli.shared import EPILOG, Box, Domain, Json, Machine, Model, app, enumerate_in, load, show
from polyregions.enumeration.engines import has_few_vertices
from polyregions.reports import answers

NORMS = {"1": 1.0, "2": 2.0, "inf": math.inf}


def parse_point(text: str, dim: int, option: str) -> NDArray[np.float64]:
    """Return the point that ``X[,X...]`` means; one number stands for all coordinates."""
    try:
        numbers = [float(number) for number in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"wanted numbers, for example 0.5,-1, got {text!r}", param_hint=option) from None
    if len(numbers) not in (1, dim):
        raise pr.errors.DimensionMismatch(
            f"the network has {dim} inputs, so {option} needs 1 or {dim} numbers, got {len(numbers)}"
        )
    return np.array(numbers * dim if len(numbers) == 1 else numbers)


@app.command(epilog=EPILOG)
def line(
    model: Model,
    *,
    start: Annotated[str, typer.Option("--from", metavar="X[,X...]", help="Where it begins.", show_default=False)],
    end: Annotated[str, typer.Option("--to", metavar="X[,X...]", help="Where it ends.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Follow a line through the regions, in any input dimension: where which units switch, exactly."""
    network = pr.load_network(model)
    ends = [parse_point(text, network.input_dim, option) for text, option in ((start, "--from"), (end, "--to"))]
    show(answers.line_summary(pr.regions_on_line(network, *ends)), as_json, answers.line_table)


@app.command(epilog=EPILOG)
def distance(
    model: Model,
    *,
    point: Annotated[str, typer.Option(metavar="X[,X...]", help="The point.", show_default=False)],
    box: Box = None,
    domain: Domain = None,
    norm: Annotated[Literal["1", "2", "inf"], typer.Option(help="How to measure.", show_default=True)] = "2",
    as_json: Json = False,
) -> None:
    """Say how far a point is from its region's boundary, from B_N, and from where a classifier decides otherwise."""
    network, body = load(model, box, domain)
    place, order = parse_point(point, network.input_dim, "--point"), NORMS[norm]
    region = pr.distance_to_region_boundary(network, place[None], norm=order)
    boundary = pr.distance_to_boundary(network, place[None], body, norm=order)
    found = pr.nearest_counterexample(network, place, body, norm=order)
    show(answers.distance_summary(region, boundary, found), as_json, answers.distance_table)


@app.command(epilog=EPILOG)
def values(
    model: Model,
    *,
    box: Box = None,
    domain: Domain = None,
    output: Annotated[int, typer.Option(min=0, help="Which output.", show_default=True)] = 0,
    engine: Machine = "auto",
    as_json: Json = False,
) -> None:
    """Find the least and largest value of an output on K, where, its Lipschitz constants, and its mean."""
    regions = enumerate_in(*load(model, box, domain), engine, None, None)
    if not regions.complete:
        raise KeyboardInterrupt
    constants = {f"{name}-norm": pr.lipschitz_constant(regions, output, norm=norm) for name, norm in NORMS.items()}
    mean = None
    if regions.domain.dim <= 4 and has_few_vertices(regions.domain):
        mean = pr.mean(pr.build_complex(regions.network, regions.domain))[output]
    extremes = pr.output_range(regions, output)
    show(answers.values_summary(extremes, constants, mean), as_json, answers.values_table)
