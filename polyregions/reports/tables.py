"""Summaries of networks and results: plain dictionaries for machines, rich tables of the same for people."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from polyregions.enumeration import Regions, Statistics
from polyregions.geometry.polytope import Polytope
from polyregions.networks import Network

if TYPE_CHECKING:
    from rich.table import Table


def network_summary(network: Network) -> dict[str, Any]:
    """Return what a network is, as numbers and words that JSON can hold.

    Parameters
    ----------
    network : Network

    Returns
    -------
    dict
        ``inputs``, ``outputs``, ``units``, ``switches``, ``parameters``, ``layers`` (a list) and ``digest``.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0], [-1.0]], [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> summary = network_summary(net)
    >>> summary["parameters"], summary["layers"][0]
    (7, {'units': 2, 'activation': 'relu', 'sources': [0]})
    """
    return {
        "inputs": network.input_dim,
        "outputs": network.output_dim,
        "units": network.n_units,
        "switches": network.n_switches,
        "parameters": sum(layer.weights.size + layer.bias.size for layer in network.layers),
        "layers": [
            {"units": layer.width, "activation": layer.kind, "sources": list(layer.sources or ())}
            for layer in network.layers
        ],
        "digest": network.digest,
    }


def domain_summary(domain: Polytope) -> dict[str, Any]:
    """Return what a domain is: its dimension, number of facets, and the box around it (or that it is)."""
    return {
        "dimension": domain.dim,
        "facets": domain.n_facets,
        "is_box": domain.is_box,
        "lower": domain.lower.tolist(),
        "upper": domain.upper.tolist(),
    }


def decisions(statistics: Statistics) -> dict[str, int]:
    """Return how many of a run's questions were decided in which way; all ways are certain.

    Returns
    -------
    dict
        ``points``: a point of the cell answers, its sign certified by float error bounds; ``bounds``: a rigorous bound
        in floats answers; ``rationals``: rational arithmetic had to; ``total``.  For the subdivision engine, whose
        questions are signs at vertices: ``vertices`` and ``rationals``.
    """
    if statistics.engine == "subdivision":
        return {"vertices": statistics.vertices, "rationals": statistics.vertex_signs_in_rationals}
    ways = {
        "points": statistics.by_known_points + statistics.by_rays + statistics.programs_by_point,
        "bounds": statistics.by_bounds + statistics.programs_by_bound,
        "rationals": statistics.programs_in_rationals,
    }
    return ways | {"total": sum(ways.values())}


def regions_summary(
    regions: Regions, count_linear: bool = False, linear: int | None = None, maps: int | None = None
) -> dict[str, Any]:
    """Return what an enumeration found and how it is known, as numbers and words that JSON can hold.

    Parameters
    ----------
    regions : Regions
    count_linear : bool
        Whether to mention the number of linear regions.
    linear : int, optional
        The number of linear regions.  None says that it is not known: the regions of a run that was cut short may
        belong together by way of others, so their number says nothing about the whole.
    maps : int, optional
        The number of distinct affine maps on the regions, if it is to be mentioned.

    Returns
    -------
    dict
        ``known`` is ``"exact"`` for a complete run and ``"lower bound"`` for one that was cut short.
    """
    summary: dict[str, Any] = {
        "network": network_summary(regions.network),
        "domain": domain_summary(regions.domain),
        "status": regions.status.value,
        "complete": regions.complete,
        "known": "exact" if regions.complete else "lower bound",
        "activation_regions": len(regions),
    }
    if count_linear:
        summary["linear_regions"] = linear
    if maps is not None:
        summary["distinct_affine_maps"] = maps
    return summary | {"decisions": decisions(regions.statistics), "statistics": regions.statistics.as_dict()}


def network_table(summary: Mapping[str, Any]) -> Table:
    """Return a rich table of a `network_summary`."""
    table = facts_table()
    layers = [f"{layer['units']} {layer['activation']}" for layer in summary["layers"]]
    table.add_row("inputs", f"{summary['inputs']}")
    table.add_row("layers", ", ".join(layers))
    table.add_row("units that switch", f"{summary['units']}, with {summary['switches']} switches")
    table.add_row("parameters", f"{summary['parameters']:,}")
    table.add_row("digest", f"{summary['digest'][:16]}... (the whole of it with --json)")
    return table


def regions_table(summary: Mapping[str, Any]) -> Table:
    """Return a rich table of a `regions_summary`, with what a command adds to it."""
    from rich.text import Text

    table = facts_table()
    layers = [summary["network"]["inputs"], *(layer["units"] for layer in summary["network"]["layers"])]
    table.add_row("network", f"{'-'.join(map(str, layers))}, {summary['network']['units']} units that switch")
    table.add_row("domain K", describe_domain(summary["domain"]))
    at_least, known = ("", "exact") if summary["complete"] else ("at least ", f"{summary['status']}: there may be more")
    table.add_row("activation regions", f"{at_least}{summary['activation_regions']:,} ({known})")
    if "linear_regions" in summary:
        count = summary["linear_regions"]
        table.add_row("linear regions", "not known: this needs all regions" if count is None else f"{count:,} (exact)")
    if "distinct_affine_maps" in summary:
        table.add_row("distinct affine maps", f"{at_least}{summary['distinct_affine_maps']:,} ({known})")
    if "edges" in summary:
        table.add_row("pairs that touch", f"{summary['edges']:,} edges of the region graph ({known})")
    if "volumes" in summary:
        exact = summary["volumes"]
        verdict = "exactly vol K" if exact["equal"] else f"part of vol K = {exact['domain']}"
        if summary["complete"] and not exact["equal"]:
            verdict = f"NOT vol K = {exact['domain']}, please report this"
        table.add_row("volumes", f"{summary['activation_regions']:,} exact fractions, sum {exact['sum']}: {verdict}")
    table.add_row("how it is known", describe_decisions(summary["decisions"]))
    table.add_row("time to enumerate", f"{summary['statistics']['seconds']:.2f} s")
    if "output" in summary:
        table.add_row("written to", Text(summary["output"]))
    return table


def records_table(records: Iterable[Mapping[str, Any]], total: int) -> Table:
    """Return a rich table of region records; says how many there are in all."""
    from rich.table import Table

    records = list(records)
    table = Table(box=None, pad_edge=False, caption=f"{len(records):,} of {total:,} regions", caption_justify="left")
    for name in [name for name in (records[0] if records else {}) if name not in ("witness", "exact_volume")]:
        table.add_column(name, overflow="fold", justify="left" if name == "pattern" else "right")
    for record in records:
        table.add_row(*(_cell(record[str(column.header)]) for column in table.columns))
    return table


def _cell(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def facts_table() -> Table:
    """Return an empty rich table for facts: a name and a value each."""
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def finite(number: float | None) -> float | None:
    """Return a number as JSON can hold it: None if it is infinite or none."""
    return number if number is not None and math.isfinite(number) else None


def written(number: float | None, form: str = ".3g") -> str:
    """Write a number that went through `finite`."""
    return "infinite" if number is None else format(number, form)


def describe_decisions(ways: Mapping[str, int]) -> str:
    """Say in one sentence how a run's questions were decided, from its `decisions`."""
    if "vertices" in ways:
        return (
            f"signs of all units at {ways['vertices']:,} vertices decided with certainty: {ways['rationals']:,} signs "
            "in rational arithmetic, the others by float error bounds"
        )
    return (
        f"{ways['total']:,} questions decided with certainty: {ways['points']:,} by a point, {ways['bounds']:,} by a "
        f"bound, both with float error bounds, {ways['rationals']:,} in rational arithmetic"
    )


def describe_domain(domain: Mapping[str, Any]) -> str:
    """Say in one line what a domain is, from its summary."""
    sides = [f"[{low:g}, {high:g}]" for low, high in zip(domain["lower"], domain["upper"], strict=True)]
    box = f"{sides[0]}^{len(sides)}" if len(set(sides)) == 1 and len(sides) > 1 else " x ".join(sides)
    return box if domain["is_box"] else f"polytope with {domain['facets']} facets in {box}"
