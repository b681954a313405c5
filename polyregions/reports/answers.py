"""Summaries of lines, distances and extreme values, for machines and for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from polyregions.measures import Measure
from polyregions.queries import Counterexample, Distances, Extreme, Extremes, Line, Lipschitz
from polyregions.reports.tables import facts_table

if TYPE_CHECKING:
    from rich.table import Table


def measure_record(measure: Measure) -> dict[str, Any]:
    """Return a number and how it is known, as JSON can hold it; null where it is infinite."""
    numbers = {"value": measure.value, "lower": measure.lower, "upper": measure.upper}
    finite = {name: number if abs(number) < float("inf") else None for name, number in numbers.items()}
    return {**finite, "known": measure.how}


def line_summary(line: Line) -> dict[str, Any]:
    """Return how many regions a line meets, and each breakpoint with the units that switch there."""
    return {
        "start": line.start.tolist(),
        "end": line.end.tolist(),
        "activation_regions": len(line),
        "linear_pieces": line.linear_pieces,
        "switches": line.switches,
        "units": line.network.n_units,
        "breakpoints": [
            {"t": float(t), "units": list(line.switching(number)), "visible": bool(line.visible[number])}
            for number, t in enumerate(line.breakpoints.value.tolist())
        ],
    }


def line_table(summary: Mapping[str, Any]) -> Table:
    """Return a rich table of a `line_summary`."""
    table = facts_table()
    share = f", {summary['switches'] / summary['units']:.2f} for each unit" if summary["units"] else ""
    table.add_row("activation regions", f"{summary['activation_regions']:,} (exact)")
    table.add_row("linear pieces", f"{summary['linear_pieces']:,} (exact)")
    table.add_row("switches", f"{summary['switches']:,} (exact){share}")
    shown = summary["breakpoints"][:12]
    for place in shown:
        units = ", ".join(map(str, place["units"]))
        seen = "" if place["visible"] else ", invisible"
        table.add_row(f"t = {place['t']:.6g}", f"unit{'s' * (len(place['units']) > 1)} {units}{seen}")
    if len(summary["breakpoints"]) > len(shown):
        table.add_row("...", f"{len(summary['breakpoints']) - len(shown):,} more, with --json")
    return table


def distance_summary(region: Distances, boundary: Distances, found: Counterexample | None) -> dict[str, Any]:
    """Return the distances of one point: from its region's boundary, from B_N, and from another decision."""
    content: dict[str, Any] = {
        "region": measure_record(region[0]) | {"unit": int(region.units[0])},
        "boundary": measure_record(boundary[0]) | {"unit": int(boundary.units[0])},
        "decision": None,
    }
    if found is not None:
        content["decision"] = measure_record(found.distance) | {
            "class": found.decision,
            "other": found.other,
            "counterexample": found.floats.tolist(),
        }
    return content


def distance_table(summary: Mapping[str, Any]) -> Table:
    """Return a rich table of a `distance_summary`."""
    table = facts_table()
    for name, title in (("region", "region's boundary"), ("boundary", "B_N in K")):
        place = summary[name]
        table.add_row(title, f"{_written(place)}, unit {place['unit']}" if place["unit"] >= 0 else "none")
    decision = summary["decision"]
    if decision is None:
        table.add_row("other decision", "none in K (exact)")
    else:
        table.add_row("other decision", f"{_written(decision)}, from class {decision['class']} to {decision['other']}")
        table.add_row("counterexample", ", ".join(f"{x:.6g}" for x in decision["counterexample"]))
    return table


def values_summary(values: Extremes, lipschitz: Mapping[str, Lipschitz], mean: Measure | None) -> dict[str, Any]:
    """Return the least and largest value, Lipschitz constants by norm, and perhaps the mean."""
    content: dict[str, Any] = {
        "minimum": _extreme(values.minimum),
        "maximum": _extreme(values.maximum),
        "lipschitz": {norm: measure_record(found.constant) for norm, found in lipschitz.items()},
    }
    return content if mean is None else content | {"mean": measure_record(mean)}


def _extreme(extreme: Extreme) -> dict[str, Any]:
    return measure_record(extreme.value) | {"point": [float(x) for x in extreme.point]}


def values_table(summary: Mapping[str, Any]) -> Table:
    """Return a rich table of a `values_summary`."""
    table = facts_table()
    for name in ("minimum", "maximum"):
        point = ", ".join(f"{x:.6g}" for x in summary[name]["point"])
        table.add_row(name, f"{_written(summary[name])} at ({point})")
    if "mean" in summary:
        table.add_row("mean over K", _written(summary["mean"]))
    for norm, constant in summary["lipschitz"].items():
        table.add_row(f"Lipschitz constant, {norm}", _written(constant))
    return table


def _written(record: Mapping[str, Any]) -> str:
    if record["value"] is None:
        return "infinite"
    if record["known"] == "exact":
        return f"{record['value']:.12g} (exact, rounded)"
    if record["upper"] is None:
        return f"at least {record['lower']:.12g}"
    slack = max(record["upper"] - record["value"], record["value"] - record["lower"])
    return f"{record['value']:.12g} (off by at most {slack:.1g})"
