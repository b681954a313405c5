"""Regions and region graphs as files for other programs."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from polyregions.enumeration import Regions
from polyregions.measures import region_volumes


def region_records(regions: Regions, volumes: bool = False, limit: int | None = None) -> Iterator[dict[str, Any]]:
    """Yield one dictionary for each region, of numbers and strings that JSON can hold.

    Parameters
    ----------
    regions : Regions
    volumes : bool
        Whether to compute volumes.
    limit : int, optional
        Stop after so many.

    Yields
    ------
    dict
        ``region`` (its number), ``pattern`` (one character a unit, or numbers with blanks between them if some unit has
        more than ten pieces), ``x0, x1, ...`` (a point inside, in floats), ``witness`` (the same point, exactly, as
        fractions with blanks between them), and with `volumes` ``volume`` (float) and ``exact_volume`` (fraction).
    """
    sizes = region_volumes(regions, limit) if volumes else []
    axes = [f"x{axis}" for axis in range(regions.network.input_dim)]
    for number in range(len(regions))[:limit]:
        record: dict[str, Any] = {"region": number, "pattern": pattern_text(regions, number)}
        record |= dict(zip(axes, regions.witnesses[number].tolist(), strict=True))
        record["witness"] = " ".join(str(x) for x in regions.witness(number))
        if volumes:
            record |= {"volume": float(sizes[number]), "exact_volume": str(sizes[number])}
        yield record


def pattern_text(regions: Regions, number: int) -> str:
    """Write the pattern of a region: one digit a unit; for ReLU 1 is active, 0 inactive."""
    pieces = regions.patterns[number].tolist()
    most = max((int(layer.units.n_pieces.max()) for layer in regions.network.layers), default=0)
    return ("" if most <= 10 else " ").join(map(str, pieces))


def save_regions(regions: Regions, path: str | Path, volumes: bool = False) -> None:
    """Write regions to a file.

    Parameters
    ----------
    regions : Regions
    path : str or pathlib.Path
        ``.csv`` and ``.json`` hold the `region_records`, the latter with the status of the run and the network's
        digest; ``.npz`` holds the arrays ``patterns``, ``witnesses``, ``status`` and ``digest``, and ``volumes``.
    volumes : bool
        Whether to compute volumes.

    Raises
    ------
    ValueError
        The name has another ending.
    """
    path = Path(path)
    check_regions_name(path)
    if path.suffix.lower() == ".npz":
        arrays: dict[str, Any] = {"patterns": regions.patterns, "witnesses": regions.witnesses}
        arrays |= {"status": regions.status.value, "digest": regions.network.digest}
        if volumes:
            arrays["volumes"] = np.array([float(volume) for volume in region_volumes(regions)])
        np.savez_compressed(path, **arrays)
        return
    records = list(region_records(regions, volumes))
    with path.open("w", encoding="utf-8", newline="") as stream:
        if path.suffix.lower() == ".csv":
            writer = csv.DictWriter(stream, fieldnames=list(records[0]) if records else ["region", "pattern"])
            writer.writeheader()
            writer.writerows(records)
        else:
            about = {"status": regions.status.value, "complete": regions.complete, "digest": regions.network.digest}
            json.dump(about | {"regions": records}, stream, indent=1)


def save_graphml(graph: nx.Graph, regions: Regions, path: str | Path) -> None:
    """Write a region graph as GraphML.

    Parameters
    ----------
    graph : networkx.Graph
        The result of `region_graph`.
    regions : Regions
    path : str or pathlib.Path

    Notes
    -----
    Nodes have the attribute ``pattern``, edges ``units``: the numbers of the units that switch, with blanks between.
    """
    plain = nx.Graph(status=regions.status.value)
    plain.add_nodes_from((node, {"pattern": pattern_text(regions, node)}) for node in graph.nodes)
    edges = graph.edges(data="units")
    plain.add_edges_from((a, b, {"units": " ".join(map(str, units))}) for a, b, units in edges)
    nx.write_graphml_xml(plain, path)


def check_regions_name(path: str | Path) -> None:
    """Raise ValueError if `save_regions` cannot tell a format from the ending of a file's name."""
    _check_ending(path, (".csv", ".json", ".npz"))


def check_graph_name(path: str | Path) -> None:
    """Raise ValueError if a file's name is not one for GraphML."""
    _check_ending(path, (".graphml",))


def _check_ending(path: str | Path, endings: tuple[str, ...]) -> None:
    if Path(path).suffix.lower() not in endings:
        raise ValueError(f"cannot tell what to write to {Path(path).name!r}; known endings are {', '.join(endings)}")
