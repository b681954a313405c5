"""Summaries of certificates and of what they prove, for machines and for people."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyregions.arithmetic import nearest_float, rational
from polyregions.certificates import Certificate
from polyregions.reports.tables import facts_table

if TYPE_CHECKING:
    from rich.table import Table


def certificate_summary(certificate: Certificate, path: Path) -> dict[str, Any]:
    """Return what a certificate that was written claims, and how it proves it."""
    written = {"kind": certificate.kind, "why": certificate.why, "output": str(path), "bytes": path.stat().st_size}
    return {**certificate.digests, "claims": _plain(certificate.claims), **written}


def proof_summary(proved: Mapping[str, Any], own: bool) -> dict[str, Any]:
    """Return what a certificate proves; `own` says that network and domain are known to be those it is about."""
    claims = {name: claim for name, claim in proved.items() if name not in ("network", "domain")}
    digests = {name: proved[name] for name in ("network", "domain")}
    return {**digests, "own": own, "claims": _plain(claims), "proved": True}


def _plain(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return claims as JSON can hold them, fractions as text."""
    if "maximum" not in claims:
        return dict(claims)
    return {**claims, "maximum": {**claims["maximum"], "value": _fraction_text(claims["maximum"]["value"])}}


def _fraction_text(number: Fraction) -> str:
    """Write a fraction, in hexadecimal digits if there are more decimal ones than Python writes."""
    try:
        return str(number)
    except ValueError:
        return f"{number.numerator:#x}/{number.denominator:#x}"


def proof_table(summary: Mapping[str, Any]) -> Table:
    """Return a rich table of either summary."""
    table, claims = facts_table(), summary["claims"]
    for name in ("network", "domain"):
        table.add_row(name, f"{summary[name][:16]}... (yours)" if summary.get("own") else summary[name])
    known = "proved" if summary.get("proved") else "claimed"
    table.add_row("activation regions", f"{claims['activation_regions']:,} ({known})")
    if "linear_regions" in claims:
        table.add_row("linear regions", f"{claims['linear_regions']:,} ({known})")
    if "region_graph" in claims:
        table.add_row("pairs that touch", f"{len(claims['region_graph']):,} ({known})")
    if "f_vector" in claims:
        table.add_row("f-vector", f"{', '.join(f'{count:,}' for count in claims['f_vector'])} ({known})")
    if "maximum" in claims:
        table.add_row("maximum", f"{_maximum(claims['maximum'])} ({known})")
    if "kind" in summary:
        table.add_row("proof", f"by {summary['kind']}: {summary['why']}")
        table.add_row("written to", f"{summary['output']}, {summary['bytes']:,} bytes")
    return table


def _maximum(claim: Mapping[str, Any]) -> str:
    exact = claim["value"]
    numerator, _, denominator = exact.partition("/")
    near = nearest_float(rational(int(numerator, 0)) / int(denominator or "1", 0))
    shown = exact if len(exact) <= 40 else f"about {near!r}" if isfinite(near) else "a number that no float can hold"
    return f"{shown}, of " + (" ".join(f"{x:+g} y{i}" for i, x in enumerate(claim["objective"]) if x) or "0")
