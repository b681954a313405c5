"""Commands on networks and their regions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import polyregions as pr
from polyregions.cli.shared import (
    EPILOG,
    EXIT_CODES,
    Box,
    Domain,
    Json,
    Linear,
    Machine,
    MaxRegions,
    MaxSeconds,
    Model,
    app,
    bar,
    check_name,
    count_linear,
    enumerate_in,
    graph_of,
    load,
    show,
)
from polyregions.reports import export, tables


@app.command(epilog=EPILOG)
def info(model: Model, as_json: Json = False) -> None:
    """Say what a network is: layers, activations, sizes, digest."""
    show(tables.network_summary(pr.load_network(model)), as_json, tables.network_table)


@app.command(epilog=EPILOG)
def count(
    model: Model,
    *,
    box: Box = None,
    domain: Domain = None,
    linear: Linear = False,
    maps: Annotated[bool, typer.Option("--maps", help="Count distinct affine maps, too.")] = False,
    engine: Machine = "auto",
    max_regions: MaxRegions = None,
    max_seconds: MaxSeconds = None,
    as_json: Json = False,
) -> None:
    """Count activation regions, exactly, and say how the count is known."""
    regions = enumerate_in(*load(model, box, domain), engine, max_regions, max_seconds)
    n_linear = count_linear(regions) if linear else None
    n_maps = pr.distinct_affine_maps(regions) if maps else None
    show(tables.regions_summary(regions, linear, n_linear, n_maps), as_json, tables.regions_table)
    raise typer.Exit(EXIT_CODES[regions.status])


@app.command(name="regions", epilog=EPILOG)
def list_regions(
    model: Model,
    *,
    box: Box = None,
    domain: Domain = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write them to a .csv, .json or .npz file.")
    ] = None,
    volumes: Annotated[bool, typer.Option("--volumes", help="With the exact volume of each.")] = False,
    rows: Annotated[int, typer.Option(min=0, help="How many to print if no file is asked for.")] = 20,
    engine: Machine = "auto",
    max_regions: MaxRegions = None,
    max_seconds: MaxSeconds = None,
    as_json: Json = False,
) -> None:
    """List activation regions: pattern, a point inside, perhaps the volume."""
    if output is not None:
        check_name(output, export.check_regions_name)
    regions = enumerate_in(*load(model, box, domain), engine, max_regions, max_seconds)
    content = tables.regions_summary(regions)
    if output is not None:
        export.save_regions(regions, output, volumes)
        content["output"] = str(output)
    elif as_json:
        content["regions"] = list(export.region_records(regions, volumes))
    else:
        Console().print(tables.records_table(export.region_records(regions, volumes, rows), len(regions)))
    show(content, as_json, tables.regions_table)
    raise typer.Exit(EXIT_CODES[regions.status])


@app.command(epilog=EPILOG)
def graph(
    model: Model,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to write it: a .graphml file.", show_default=False)
    ],
    box: Box = None,
    domain: Domain = None,
    engine: Machine = "auto",
    max_regions: MaxRegions = None,
    max_seconds: MaxSeconds = None,
    as_json: Json = False,
) -> None:
    """Write the region graph as GraphML: which regions share a facet, and which units switch there."""
    check_name(output, export.check_graph_name)
    regions = enumerate_in(*load(model, box, domain), engine, max_regions, max_seconds)
    touching = graph_of(regions)
    export.save_graphml(touching, regions, output)
    content = tables.regions_summary(regions) | {"edges": touching.number_of_edges(), "output": str(output)}
    show(content, as_json, tables.regions_table)
    raise typer.Exit(EXIT_CODES[regions.status])


@app.command(epilog=EPILOG)
def faces(model: Model, *, box: Box = None, domain: Domain = None, as_json: Json = False) -> None:
    """Build the complex of all faces: f-vector, volumes of B_N,k for every codimension k, T-junctions, topology."""
    from polyregions.reports import faces as summaries

    complex_ = pr.build_complex(*load(model, box, domain), progress=bar())
    show(summaries.complex_summary(complex_), as_json, summaries.complex_table)


@app.command(epilog=EPILOG)
def decision(model: Model, *, box: Box = None, domain: Domain = None, as_json: Json = False) -> None:
    """Measure a classifier's decision boundary: pieces, volume and topology, by pairs of classes."""
    from polyregions.reports import faces as summaries

    complex_ = pr.decision_complex(*load(model, box, domain), progress=bar())
    show(summaries.decision_summary(complex_), as_json, summaries.decision_table)


@app.command(epilog=EPILOG)
def draw(
    model: Model,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The picture: .png, .pdf, .svg, ...", show_default=False)
    ],
    box: Box = None,
    domain: Domain = None,
    linear: Annotated[bool, typer.Option("--linear", help="Linear regions instead of activation regions.")] = False,
) -> None:
    """Draw the regions of a network with one, two or three inputs, and the walls between them by layer."""
    from polyregions.reports import draw as pictures

    check_name(output, pictures.check_picture_name)
    complex_ = pr.build_complex(*load(model, box, domain), progress=bar())
    pictures.save_picture(complex_, output, colors="linear" if linear else "pattern")


@app.command(epilog=EPILOG)
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to draw the regions.")] = Path(
        "polyregions-demo.png"
    ),
    as_json: Json = False,
) -> None:
    """Enumerate the regions of a small trained network, add up their volumes, and draw them."""
    from polyregions.data import digits_network, digits_points
    from polyregions.reports import draw, scene

    check_name(output, draw.check_picture_name)
    domain = pr.Polytope.box(-2.5, 2.5, dim=2)
    complex_ = pr.build_complex(digits_network(), domain, progress=bar())
    regions, touching = complex_.regions, pr.region_graph(complex_)
    content = tables.regions_summary(regions, True, len(pr.linear_regions(complex_)))
    collected = scene.scene_of(complex_, boundary=False)
    total = pr.total_volume(complex_, domain.dim, exact=True).exact
    volumes = {"sum": str(total), "domain": str(domain.volume), "equal": total == domain.volume}
    draw.save_axes(draw.draw_scene(collected, None, *digits_points()), output)
    content |= {"edges": touching.number_of_edges(), "volumes": volumes, "output": str(output)}
    show(content, as_json, tables.regions_table)
    raise typer.Exit(EXIT_CODES[regions.status])
