"""Commands on counters: score one, and the suite that they are scored on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

import polyregions as pr
from polyregions.cli.shared import EPILOG, Box, Domain, Json, Model, app, bar, check_name, load, show
from polyregions.counters import COUNTERS, Case, CommandCounter, Counter, load_suite
from polyregions.counters.counter import as_counter
from polyregions.counters.suite import CASES
from polyregions.counters.truth import check_target
from polyregions.reports import counters, suite


def parse_budgets(text: str) -> list[int]:
    """Return the budgets that ``N[,N...]`` means."""
    try:
        budgets = [int(budget) for budget in text.split(",")]
    except ValueError:
        budgets = []
    if not budgets or min(budgets) < 1:
        raise typer.BadParameter(
            f"wanted whole numbers from 1, for example 100,1000, got {text!r}", param_hint="--budgets"
        )
    return budgets


def parse_counter(text: str, timeout: float | None) -> Counter | CommandCounter:
    """Return one of the library's counters, or one that is a command."""
    if text in COUNTERS:
        return COUNTERS[text]
    if " " not in text.strip() and "{" not in text:
        raise typer.BadParameter(
            f"wanted a command with words such as {{network}} and {{domain}}, or one of {', '.join(COUNTERS)}; "
            f"got {text!r}",
            param_hint="--counter",
        )
    try:
        return CommandCounter(text, timeout)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--counter") from None


def cases_of(sizes: list[str] | None) -> list[Case]:
    """Return the cases of some sizes, of all if there are none."""
    try:
        return [case for size in sizes or CASES for case in load_suite(size)]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def with_target(pairs: list[Any], target: str) -> list[Any]:
    """Return the cases that have enough inputs for what is to be counted."""
    fitting, error = [], ""
    for pair in pairs:
        _, domain = pair
        try:
            check_target(target, domain.dim)
        except ValueError as wrong:
            error = str(wrong)
        else:
            fitting.append(pair)
    if not fitting:
        raise typer.BadParameter(error, param_hint="--target")
    return fitting


TheCounter = Annotated[
    str,
    typer.Option(
        help="A command that answers in JSON, such as 'python count.py {network} {domain}'; or the name of one of "
        "the library's counters.",
        show_default=False,
    ),
]
Budgets = Annotated[str, typer.Option(metavar="N[,N...]", help="How much work a counter may do, smallest to largest.")]
Repeats = Annotated[int, typer.Option(min=2, help="Runs with each budget on each network.")]
Seed = Annotated[int, typer.Option(min=0)]
Target = Annotated[str | None, typer.Option(help="What it counts, if not activation regions; a wrong name lists all.")]
Timeout = Annotated[float | None, typer.Option(min=1e-3, help="Seconds that a command may take to answer.")]
Picture = Annotated[Path | None, typer.Option("--output", "-o", help="Draw it: .png, .pdf, .svg, ...")]


@app.command(epilog=EPILOG)
def validate(
    model: Annotated[
        Path | None, typer.Argument(metavar="[MODEL]", help="A network; or give --suite.", show_default=False)
    ] = None,
    *,
    counter: TheCounter,
    box: Box = None,
    domain: Domain = None,
    sizes: Annotated[
        list[str] | None, typer.Option("--suite", help="Score it on networks of the suite; may be repeated.")
    ] = None,
    budgets: Budgets = "100,1000,10000",
    repeats: Repeats = 20,
    seed: Seed = 0,
    target: Target = None,
    timeout: Timeout = None,
    output: Picture = None,
    as_json: Json = False,
) -> None:
    """Score an approximate counter of regions: run it many times on networks that are known exactly."""
    from polyregions.reports import counters_picture, draw

    if (model is None) == (not sizes):
        raise typer.BadParameter("give either a network or --suite", param_hint="MODEL / --suite")
    if output is not None:
        check_name(output, draw.check_picture_name)
    amounts, used = parse_budgets(budgets), as_counter(parse_counter(counter, timeout), target)
    pairs = with_target([load(model, box, domain)] if model is not None else cases_of(sizes), used.target)
    found = pr.validate_counter(used, pairs, budgets=amounts, repeats=repeats, seed=seed, progress=bar())
    if output is not None:
        draw.save_axes(counters_picture.draw_validation(found)[0], output)
    show(counters.validation_summary(found), as_json, counters.validation_table)
    raise typer.Exit(0 if found.stopped is None else 130 if found.stopped == "interrupted" else 1)


@app.command(epilog=EPILOG)
def definitions(model: Model, *, box: Box = None, domain: Domain = None, as_json: Json = False) -> None:
    """Count the regions by six definitions that are not equivalent, side by side."""
    numbers = pr.count_all_definitions(*load(model, box, domain))
    show(numbers.as_dict(), as_json, counters.definitions_table)


the_suite = typer.Typer(no_args_is_help=True, help="The benchmark suite: networks whose exact answers are stored.")
app.add_typer(the_suite, name="suite", epilog=EPILOG)
Sizes = Annotated[list[str] | None, typer.Argument(metavar="[SIZE]...", help="small, medium, large; all if left out.")]


@the_suite.command(name="list", epilog=EPILOG)
def list_suite(sizes: Sizes = None, *, as_json: Json = False) -> None:
    """List the networks of the suite with their exact answers."""
    show(suite.suite_summary(cases_of(sizes)), as_json, suite.suite_table)


@the_suite.command(name="run", epilog=EPILOG)
def run_suite(sizes: Sizes = None, *, as_json: Json = False) -> None:
    """Compute all answers of the suite again, by both engines, check all proofs, and say whether they agree."""
    found = suite.rerun(cases_of(sizes), progress=bar())
    show(found, as_json, suite.rerun_table)
    raise typer.Exit(int(any(case["differs"] for case in found["cases"])))
