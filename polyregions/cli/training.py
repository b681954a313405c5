"""Commands on checkpoints of a training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

import polyregions as pr
from polyregions.cli.shared import EPILOG, EXIT_CODES, Box, Domain, Json, app, bar, check_name, domain_of, show
from polyregions.errors import DimensionMismatch
from polyregions.laboratory.dynamics import track as follow
from polyregions.reports import training


def read_table(path: Path, option: str) -> NDArray[np.float64]:
    """Read numbers from a .npy or .csv file; a first line of a .csv file that is not of numbers is its heading."""
    if path.suffix.lower() not in (".npy", ".csv"):
        raise typer.BadParameter(
            f"cannot tell the format of {path.name!r}; known endings are .npy, .csv", param_hint=option
        )
    try:
        if path.suffix.lower() == ".npy":
            return np.asarray(np.load(path, allow_pickle=False), dtype=np.float64)
        lines = path.read_text(encoding="utf-8").splitlines()
        return np.loadtxt(lines[_is_heading(lines[:1]) :], delimiter=",", ndmin=2)
    except (ValueError, UnicodeDecodeError, EOFError) as error:
        raise DimensionMismatch(f"{path.name} holds no table of numbers: {error}") from None


def _is_heading(lines: list[str]) -> bool:
    try:
        return bool(lines) and not [float(entry) for entry in lines[0].split(",")]
    except ValueError:
        return True


def read_lines(path: Path, dim: int) -> NDArray[np.float64]:
    """Read segments, shape (S, 2, n); a table has one in each row, first where it begins."""
    table = read_table(path, "--lines")
    if table.ndim == 2 and table.shape[1] == 2 * dim:
        return table.reshape(-1, 2, dim)
    if table.ndim != 3:
        raise DimensionMismatch(
            f"the networks have {dim} inputs, so {path.name} needs {2 * dim} numbers in a row, the two ends of a line; "
            f"got shape {table.shape}"
        )
    return table


def read_points(path: Path, dim: int) -> tuple[NDArray[np.float64], NDArray[Any] | None]:
    """Read points, one in each row, perhaps with a class in one more column."""
    table = read_table(path, "--points")
    if table.ndim != 2 or table.shape[1] not in (dim, dim + 1):
        raise DimensionMismatch(
            f"the networks have {dim} inputs, so {path.name} needs {dim} numbers in a row, or {dim + 1} with a class; "
            f"got shape {table.shape}"
        )
    if table.shape[1] == dim:
        return table, None
    classes = table[:, dim]
    return table[:, :dim].copy(), classes.astype(np.int64) if (classes == np.rint(classes)).all() else classes


def where_of(network: pr.Network, box: str | None, domain: Path | None, lines: Path | None) -> Any:
    """Return what is looked at: a domain, or lines."""
    if sum(option is not None for option in (box, domain, lines)) != 1:
        raise typer.BadParameter("give exactly one of them", param_hint="--box / --domain / --lines")
    if lines is not None:
        return read_lines(lines, network.input_dim)
    return domain_of(network, box, domain)


def check_file(path: Path | None, option: str, check: Callable[[Path], None]) -> None:
    """Refuse the name of a file that is asked for before any work is done."""
    if path is not None:
        check_name(path, check, option)


def labels_of(models: list[Path]) -> list[str]:
    """Return the names of files without folder and ending; as they are given if that makes some of them the same."""
    stems = [model.stem for model in models]
    return stems if len(set(stems)) == len(stems) else list(map(str, models))


@app.command(epilog=EPILOG)
def track(
    models: Annotated[
        list[Path], typer.Argument(metavar="MODEL", help="The checkpoints, in order.", show_default=False)
    ],
    *,
    box: Box = None,
    domain: Domain = None,
    lines: Annotated[
        Path | None, typer.Option(help="Look at lines instead of a domain: a .npy or .csv file, both ends in a row.")
    ] = None,
    points: Annotated[
        Path | None, typer.Option(help="Measure distances of points: a .npy or .csv file, perhaps with their classes.")
    ] = None,
    volumes: Annotated[
        bool | None, typer.Option("--volumes/--no-volumes", help="Whether to measure B_N,k. By default if it is cheap.")
    ] = None,
    changed: Annotated[bool, typer.Option("--changed", help="Measure where the pattern changes, too.")] = False,
    film: Annotated[Path | None, typer.Option(help="Make a film of one or two inputs: .gif or .html.")] = None,
    decision: Annotated[bool, typer.Option("--decision", help="Show the decision boundary in the film.")] = False,
    picture: Annotated[Path | None, typer.Option(help="Draw curves: .png, .pdf, .svg, ...")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write a .csv or .json file.")] = None,
    as_json: Json = False,
) -> None:
    """Follow the regions through the checkpoints of a training: how many there are, appear, vanish and stay."""
    from polyregions.reports import draw
    from polyregions.reports import film as films

    check_file(film, "--film", films.check_film_name)
    check_file(picture, "--picture", draw.check_picture_name)
    check_file(output, "--output", training.check_track_name)
    networks = list(zip(labels_of(models), map(pr.load_network, models), strict=True))
    where = where_of(networks[0][1], box, domain, lines)
    places, classes = (None, None) if points is None else read_points(points, networks[0][1].input_dim)
    if film is not None and (lines is not None or where.dim > 2):
        raise DimensionMismatch("a film needs a domain of one or two inputs; leave out --film")
    found = follow(networks, where, points=places, volumes=volumes, changed=changed, progress=bar())
    if output is not None:
        training.save_track(found, output)
    if picture is not None:
        draw.save_axes(training.draw_track(found)[0], picture)
    if film is not None:
        films.save_film(found, film, points=places, labels=classes, decision=decision, progress=bar())
    content = training.track_summary(found)
    content["outputs"] = [str(path) for path in (output, picture, film) if path is not None]
    show(content, as_json, training.track_table)
    raise typer.Exit(EXIT_CODES[found.status])
