"""Commands on certificates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import polyregions as pr
from polyregions.certificates.certificate import check_file_name
from polyregions.certificates.certify import Kind
from polyregions.cli.shared import (
    EPILOG,
    Box,
    Domain,
    Json,
    Machine,
    Model,
    app,
    bar,
    check_name,
    enumerate_in,
    load,
    show,
)
from polyregions.reports import proofs


def parse_factors(text: str) -> list[float]:
    """Return the numbers that ``C[,C...]`` means."""
    try:
        return [float(factor) for factor in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"wanted numbers, for example 1,-1, got {text!r}", param_hint="--maximize") from None


@app.command(epilog=EPILOG)
def certify(
    model: Model,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The certificate: .json or .json.gz.", show_default=False)
    ],
    box: Box = None,
    domain: Domain = None,
    kind: Annotated[
        Kind, typer.Option(help="How to prove that there are no more regions.", show_default=True)
    ] = "auto",
    maximize: Annotated[
        str | None, typer.Option(metavar="C[,C...]", help="Prove the maximum of this combination of outputs, too.")
    ] = None,
    engine: Machine = "auto",
    as_json: Json = False,
) -> None:
    """Write a certificate: the regions and a proof that these are all, which `check`, or anyone, can check."""
    check_name(output, check_file_name)
    regions = enumerate_in(*load(model, box, domain), engine, None, None)
    factors = None if maximize is None else parse_factors(maximize)
    certificate = pr.certify(regions, kind=kind, maximize=factors, progress=bar())
    certificate.save(output)
    show(proofs.certificate_summary(certificate, output), as_json, proofs.proof_table)


@app.command(epilog=EPILOG)
def check(
    proof: Annotated[Path, typer.Argument(metavar="PROOF", help="A certificate.", show_default=False)],
    *,
    model: Annotated[Path | None, typer.Option(help="The network that it has to be about.")] = None,
    box: Box = None,
    domain: Domain = None,
    as_json: Json = False,
) -> None:
    """Check a certificate, and say what it proves; compare it with your own network and domain if they are given."""
    if model is None and (box or domain):
        raise typer.BadParameter("give the network as well", param_hint="--model")
    own = (None, None) if model is None else load(model, box, domain)
    show(proofs.proof_summary(pr.check(proof, *own), own[0] is not None), as_json, proofs.proof_table)
