"""What all commands share: the program, its options, its errors, and how it prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup

import polyregions as pr
from polyregions.enumeration import Engine
from polyregions.errors import LimitReached, PolyregionsError

EXIT_CODES = {pr.Status.COMPLETE: 0, pr.Status.REGION_LIMIT: 3, pr.Status.TIME_LIMIT: 3, pr.Status.INTERRUPTED: 130}
EPILOG = (
    "Exit codes: 0 complete, 1 something is wrong with the input, 2 wrong usage, 3 cut short by a limit, "
    "130 interrupted with Ctrl-C. What was found until then is still printed."
)


class Edge(TyperGroup):
    """The commands; the one place where errors become messages and exit codes."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except (PolyregionsError, OSError) as error:
            Console(stderr=True, soft_wrap=True).print(
                Text("polyregions: ", style="bold red"), Text(str(error)), sep=""
            )
            raise typer.Exit(3 if isinstance(error, LimitReached) else 1) from None
        except KeyboardInterrupt:
            Console(stderr=True).print("polyregions: interrupted")
            raise typer.Exit(130) from None


app = typer.Typer(cls=Edge, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, epilog=EPILOG)

Model = Annotated[
    Path, typer.Argument(metavar="MODEL", help="The network, for example a .npz file.", show_default=False)
]
Box = Annotated[
    str | None,
    typer.Option(metavar="LO:HI[,LO:HI...]", help="The domain as a box; one pair stands for all inputs."),
]
Domain = Annotated[
    Path | None,
    typer.Option(
        help="The domain from a file: .npz or .json with normals and offsets or with vertices; .wkt or .geojson."
    ),
]
MaxRegions = Annotated[int | None, typer.Option(min=1, help="Stop when so many regions are found.")]
MaxSeconds = Annotated[float | None, typer.Option(min=1e-9, help="Stop when so much time has passed.")]
Linear = Annotated[bool, typer.Option("--linear", help="Count linear regions, too.")]
Machine = Annotated[
    Engine, typer.Option(help="How: subdivision is fast in low dimension, branching works in any.", show_default=True)
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on standard output.")]


def parse_box(text: str, dim: int) -> pr.Polytope:
    """Return the box that ``LO:HI[,LO:HI...]`` means for a network with `dim` inputs."""
    try:
        pairs = [tuple(float(bound) for bound in pair.split(":")) for pair in text.split(",")]
    except ValueError:
        pairs = [()]
    if any(len(pair) != 2 for pair in pairs):
        raise typer.BadParameter(f"wanted LO:HI or LO:HI,LO:HI,..., for example -1:1, got {text!r}", param_hint="--box")
    if len(pairs) not in (1, dim):
        raise pr.errors.DimensionMismatch(
            f"the network has {dim} inputs, so --box needs 1 or {dim} pairs, got {len(pairs)}"
        )
    lower, upper = zip(*(pairs * dim if len(pairs) == 1 else pairs), strict=True)
    return pr.Polytope.box(lower, upper)


def bar() -> bool:
    """Tell whether to show progress bars: if standard error is a terminal."""
    return sys.stderr.isatty()


def load(model: Path, box: str | None, domain: Path | None) -> tuple[pr.Network, pr.Polytope]:
    """Load the network and make the domain."""
    if (box is None) == (domain is None):
        raise typer.BadParameter("give the domain with either --box or --domain", param_hint="--box / --domain")
    network = pr.load_network(model)
    return network, domain_of(network, box, domain)


def domain_of(network: pr.Network, box: str | None, domain: Path | None) -> pr.Polytope:
    """Make the domain from whichever option is given."""
    return parse_box(box, network.input_dim) if box is not None else pr.load_domain(domain or "")


def enumerate_in(
    network: pr.Network, domain: pr.Polytope, engine: Engine, max_regions: int | None, max_seconds: float | None
) -> pr.Regions:
    """Find the regions."""
    limited = max_regions is not None or max_seconds is not None
    limits = pr.Limits(max_regions, max_seconds) if limited else None
    return pr.enumerate_regions(network, domain, engine=engine, limits=limits, progress=bar())


def graph_of(regions: pr.Regions) -> Any:
    """Return the region graph, with a bar."""
    return pr.region_graph(regions, progress=bar())


def count_linear(regions: pr.Regions, graph: Any = None) -> int | None:
    """Return the number of linear regions, None if not all regions are known."""
    if not regions.complete:
        return None
    return len(pr.linear_regions(regions, graph_of(regions) if graph is None else graph))


def show(content: Any, as_json: bool, table: Callable[[Any], Any]) -> None:
    """Print a summary, for machines or for people."""
    if as_json:
        typer.echo(json.dumps(content, indent=2, allow_nan=False))
    else:
        Console().print(table(content))


def check_name(output: Path, check: Callable[[Path], None], option: str = "--output") -> None:
    """Refuse names of output files before any work is done."""
    try:
        check(output)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
    if not output.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(output.parent)!r} to write {output.name!r} to")


@app.callback(invoke_without_command=True)
def common(
    version: Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version and stop.")] = False,
) -> None:
    """Exact activation regions of piecewise-linear neural networks inside a bounded domain."""
    if version:
        typer.echo(f"polyregions {pr.__version__}")
        raise typer.Exit
