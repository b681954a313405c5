"""Summaries of complexes and decisions: plain dictionaries for machines, rich tables of the same for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from polyregions.complexes import (
    DecisionComplex,
    PolyhedralComplex,
    Subcomplex,
    linear_regions,
    t_junctions,
    visible_walls,
)
from polyregions.measures import Measure, betti_numbers, boundary_volume, total_volume
from polyregions.reports.style import counted
from polyregions.reports.tables import (
    decisions,
    describe_decisions,
    describe_domain,
    domain_summary,
    facts_table,
    network_summary,
)

if TYPE_CHECKING:
    from rich.table import Table


def measure_record(measure: Measure) -> dict[str, Any]:
    """Return a measure as numbers that JSON can hold; an exact one also written out."""
    exact = None if measure.exact is None else str(measure.exact)
    return {"value": measure.value, "lower": measure.lower, "upper": measure.upper, "exact": exact}


def complex_summary(complex_: PolyhedralComplex) -> dict[str, Any]:
    """Return the faces of a complex, its boundaries by codimension, and their topology.

    Parameters
    ----------
    complex_ : PolyhedralComplex

    Returns
    -------
    dict
        ``boundary`` has for each codimension k the volume of B_{N,k} inside K, the same for all walls, and both split
        by layers.
    """
    n, visible = complex_.dim, visible_walls(complex_)
    boundary = []
    for k in range(1, n + 1):
        record: dict[str, Any] = {"codimension": k}
        for name, seen in (("visible", True), ("all", False)):
            parts = boundary_volume(complex_, k, visible=seen, by="layer")
            record[name] = measure_record(sum(parts.values(), Measure(0.0, 0.0, 0.0)))
            record[f"{name}_by_layer"] = {
                "+".join(map(str, layers)): measure_record(part) for layers, part in parts.items()
            }
        boundary.append(record)
    return {
        "network": network_summary(complex_.network),
        "domain": domain_summary(complex_.domain),
        "f_vector": list(complex_.f_vector()),
        "euler_characteristic": complex_.euler_characteristic,
        "activation_regions": len(complex_.regions),
        "linear_regions": len(linear_regions(complex_)),
        "walls": len(complex_.walls),
        "visible_walls": int(visible.sum()),
        "t_junctions": int(t_junctions(complex_).sum()) if n > 1 else 0,
        "boundary": boundary,
        "betti_numbers": list(betti_numbers(Subcomplex.closure_of(complex_, n - 1, visible))),
        "decisions": decisions(complex_.regions.statistics),
        "statistics": complex_.regions.statistics.as_dict(),
    }


def complex_table(summary: Mapping[str, Any]) -> Table:
    """Return a rich table of a `complex_summary`."""
    table = facts_table()
    n = len(summary["f_vector"]) - 1
    table.add_row("domain K", describe_domain(summary["domain"]))
    names = [face_name(k, n) for k in range(n + 1)]
    faces = ", ".join(f"{count:,} {name}" for count, name in zip(summary["f_vector"], names, strict=True))
    table.add_row("faces", f"{faces} (Euler characteristic {summary['euler_characteristic']})")
    table.add_row("linear regions", f"{summary['linear_regions']:,} (exact)")
    table.add_row("walls", f"{summary['walls']:,}, the gradient jumps across {summary['visible_walls']:,}")
    for record in summary["boundary"]:
        k = record["codimension"]
        size = describe_size(record["visible"], n - k)
        if record["all"] != record["visible"]:
            size += f"; of all walls {describe_size(record['all'], n - k)}"
        table.add_row(f"B_N,{k}", size)
        if len(record["visible_by_layer"]) > 1 and k < n:
            parts = record["visible_by_layer"].items()
            table.add_row("", ", ".join(f"{part['value']:.6g} in layer {layers}" for layers, part in parts))
    if n > 1:
        table.add_row("T-junctions", f"{summary['t_junctions']:,}")
    table.add_row("Betti numbers of B_N", ", ".join(map(str, summary["betti_numbers"])))
    table.add_row("how it is known", describe_decisions(summary["decisions"]))
    table.add_row("time to enumerate", f"{summary['statistics']['seconds']:.2f} s")
    return table


def face_name(k: int, n: int) -> str:
    """Name the faces of dimension k in dimension n."""
    if k == n:
        return "regions"
    return {0: "vertices", 1: "edges"}.get(k, f"{k}-faces")


def describe_size(record: Mapping[str, Any], k: int) -> str:
    """Say how much of dimension k there is, and how that is known."""
    what = {0: "points", 1: "length", 2: "area"}.get(k, f"{k}-volume")
    if k == 0:
        return f"{int(record['value']):,} points (exact)"
    error = max(record["upper"] - record["value"], record["value"] - record["lower"])
    return f"{what} {record['value']:.12g} (certain to {error:.1g})"


def decision_summary(complex_: DecisionComplex) -> dict[str, Any]:
    """Return the decision boundary of a classifier: its pieces, volume, and topology, by pairs of classes.

    Parameters
    ----------
    complex_ : DecisionComplex
    """
    n = complex_.dim
    boundary = complex_.decision_boundary
    pairs = []
    for one, other in np.unique(complex_.pairs[complex_.decisive[complex_.walls]], axis=0).tolist():
        facets = complex_.walls[(complex_.pairs == (one, other)).all(axis=1)]
        size = total_volume(complex_, n - 1, facets)
        pairs.append({"classes": [one, other], "pieces": len(facets), "volume": measure_record(size)})
    classes = [
        {
            "class": number,
            "cells": int((complex_.classes == number).sum()),
            "volume": measure_record(total_volume(complex_, n, np.flatnonzero(complex_.classes == number))),
            "betti_numbers": list(betti_numbers(complex_.class_region(number))),
        }
        for number in np.unique(complex_.classes).tolist()
    ]
    return {
        "network": network_summary(complex_.network),
        "domain": domain_summary(complex_.domain),
        "classes": classes,
        "pieces": int(complex_.decisive.sum()),
        "volume": measure_record(total_volume(complex_, n - 1, np.flatnonzero(complex_.decisive))),
        "pairs": pairs,
        "euler_characteristic": boundary.euler_characteristic,
        "betti_numbers": list(betti_numbers(boundary)),
    }


def decision_table(summary: Mapping[str, Any]) -> Table:
    """Return a rich table of a `decision_summary`."""
    table = facts_table()
    n = summary["domain"]["dimension"]
    table.add_row("domain K", describe_domain(summary["domain"]))
    for record in summary["classes"]:
        components, *holes = record["betti_numbers"]
        parts = f"{counted(components, 'part')}, Betti numbers {components}"
        table.add_row(
            f"class {record['class']}",
            f"{describe_size(record['volume'], n)}; {counted(record['cells'], 'cell')}; "
            f"{', '.join([parts, *map(str, holes)])}",
        )
    table.add_row(
        "decision boundary", f"{counted(summary['pieces'], 'piece')}, {describe_size(summary['volume'], n - 1)}"
    )
    for record in summary["pairs"]:
        one, other = record["classes"]
        table.add_row(
            f"  between {one} and {other}",
            f"{counted(record['pieces'], 'piece')}, {describe_size(record['volume'], n - 1)}",
        )
    table.add_row("  Betti numbers", ", ".join(map(str, summary["betti_numbers"])))
    return table
