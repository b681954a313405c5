"""What training does to regions: summaries, tables, files and curves of a `Track`."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyregions.enumeration import Status
from polyregions.errors import DimensionMismatch
from polyregions.geometry.polytope import Polytope
from polyregions.laboratory.dynamics import Bounded, Track
from polyregions.reports.style import counted, ink, new_axes
from polyregions.reports.tables import describe_domain, domain_summary, network_summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.table import Table


def track_summary(track: Track) -> dict[str, Any]:
    """Return what training did to the regions of a network, as numbers and words that JSON can hold.

    Parameters
    ----------
    track : Track

    Returns
    -------
    dict
        ``records`` has the `Track.records`, one for each checkpoint; ``bounds`` the rigorous bounds of what is no
        count; ``patterns`` how many there are in all, at every checkpoint, and at the first and the last one; and with
        lines there are the counts ``by_line``.

    Examples
    --------
    >>> import polyregions as pr
    >>> from polyregions.laboratory.dynamics import track
    >>> networks = [pr.Network.from_arrays([[[1.0]], [[1.0]]], [[bias], [0.0]]) for bias in (0.5, 2.0)]
    >>> summary = track_summary(track(networks, pr.Polytope.box(-1, 1, dim=1)))
    >>> summary["patterns"]
    {'in_all': 2, 'always': 1, 'first': 2, 'last': 1, 'first_and_last': 1}
    """
    in_domain, shared = isinstance(track.where, Polytope), track.shared()
    network = network_summary(track.networks[0])
    summary: dict[str, Any] = {
        "network": {name: network[name] for name in ("inputs", "outputs", "units", "switches", "layers")},
        "domain": domain_summary(track.where) if isinstance(track.where, Polytope) else None,
        "lines": None if in_domain else len(track.where),  # type: ignore[arg-type]
        "points": None if track.points is None else len(track.points),
        "checkpoints": len(track),
        "status": track.status.value,
        "complete": track.status is Status.COMPLETE,
        "patterns": {
            "in_all": len(track.patterns),
            "always": int((track.lifetimes == len(track)).sum()),
            "first": int(shared[0, 0]),
            "last": int(shared[-1, -1]),
            "first_and_last": int(shared[0, -1]),
        },
        "records": track.records(),
    }
    known = {"changed": track.changed, "boundary": track.boundary, "distances": track.distances}
    summary["bounds"] = {name: _bounds(array) for name, array in known.items() if array is not None}
    if not in_domain:
        counts = {"activation_regions": track.activation_regions, "linear_pieces": track.linear_regions}
        summary["by_line"] = {name: array.tolist() for name, array in counts.items() if array is not None}
    return summary


def _bounds(array: Bounded) -> dict[str, Any]:
    """Return bounds as nested lists, with null where they are infinite."""
    return {name: _plain(getattr(array, name).tolist()) for name in ("lower", "upper")}


def _plain(numbers: Any) -> Any:
    if isinstance(numbers, list):
        return [_plain(part) for part in numbers]
    return numbers if np.isfinite(numbers) else None


def _count(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:,.2f}"


COLUMNS: Sequence[tuple[str, str, Callable[[Any], str]]] = (
    ("label", "checkpoint", str),
    ("activation_regions", "regions", _count),
    ("linear_regions", "linear", _count),
    ("linear_pieces", "linear pieces", _count),
    ("born", "born", _count),
    ("lost", "lost", _count),
    ("kept", "kept", _count),
    ("changed", "changed", "{:.1%}".format),
    ("boundary_1", "B_N,1", "{:.6g}".format),
    ("boundary_2", "B_N,2", "{:.6g}".format),
    ("boundary_3", "B_N,3", "{:.6g}".format),
    ("boundary_4", "B_N,4", "{:.6g}".format),
    ("distance", "distance", "{:.3g}".format),
    ("distance_times_units", "distance x units", "{:.3g}".format),
)
"""What the table shows: the name in a record, the heading, and how it is written."""


def track_table(summary: Mapping[str, Any]) -> Table:
    """Return a rich table of a `track_summary`, with what a command adds to it."""
    from rich.table import Table

    patterns, records = summary["patterns"], summary["records"]
    place = describe_domain(summary["domain"]) if summary["domain"] else counted(summary["lines"], "line")
    lines = [
        f"{place}: {counted(patterns['in_all'], 'pattern')} in all, {patterns['always']:,} of them at all checkpoints; "
        f"{patterns['first']:,} at the first, of which {patterns['first_and_last']:,} are there at the last",
    ]
    if not summary["complete"]:
        lines.append(f"{summary['status']}: there may be more checkpoints")
    lines += [f"written to {path}" for path in summary.get("outputs", [])]
    table = Table(box=None, pad_edge=False, caption="\n".join(lines), caption_justify="left", caption_style="")
    shown = [column for column in COLUMNS if column[0] in records[-1]]
    for name, heading, _ in shown:
        table.add_column(heading, justify="left" if name == "label" else "right")
    for record in records:
        table.add_row(*("-" if record[name] is None else write(record[name]) for name, _, write in shown))
    return table


def check_track_name(path: str | Path) -> None:
    """Raise ValueError if `save_track` cannot tell a format from the ending of a file's name."""
    if Path(path).suffix.lower() not in (".csv", ".json"):
        raise ValueError(f"cannot tell what to write to {Path(path).name!r}; known endings are .csv, .json")


def save_track(track: Track, path: str | Path) -> None:
    """Write a track to a file.

    Parameters
    ----------
    track : Track
    path : str or pathlib.Path
        ``.csv`` holds the `Track.records`, one row for each checkpoint; ``.json`` the `track_summary`.

    Raises
    ------
    ValueError
        The name has another ending.
    """
    path = Path(path)
    check_track_name(path)
    with path.open("w", encoding="utf-8", newline="") as stream:
        if path.suffix.lower() == ".json":
            json.dump(track_summary(track), stream, indent=1, allow_nan=False)
            return
        records = track.records()
        writer = csv.DictWriter(stream, fieldnames=list(records[0]))
        writer.writeheader()
        writer.writerows(records)


def draw_track(track: Track, axes: Sequence[Axes] | None = None) -> list[Axes]:
    """Draw what training did to the regions as curves over the checkpoints.

    Parameters
    ----------
    track : Track
    axes : sequence of matplotlib.axes.Axes, optional
        Where to draw, one for each panel; a new figure is made otherwise, without touching pyplot.

    Returns
    -------
    list of matplotlib.axes.Axes
        The panels, from above: numbers of regions, on the right over the number of units; patterns born and lost; the
        share that changed; volumes of B_{N,k}, each over its largest; distances of points times the number of units.
        Those of which the track knows nothing are left out.  Means are drawn with bands of one standard error.

    Raises
    ------
    DimensionMismatch
        There are more panels than axes, or fewer.
    MissingDependency
        matplotlib is not installed.

    Notes
    -----
    Labels that are increasing numbers make the horizontal axis; others are written at equal distances.

    Examples
    --------
    >>> import polyregions as pr
    >>> from polyregions.laboratory.dynamics import track
    >>> networks = [pr.Network.from_arrays([[[1.0]], [[1.0]]], [[bias], [0.0]]) for bias in (0.5, 2.0)]
    >>> [panel.get_ylabel() for panel in draw_track(track(networks, pr.Polytope.box(-1, 1, dim=1)))]
    ['regions', 'patterns', 'boundary']
    """
    panels = [draw for wanted, draw in _panels(track) if wanted]
    if axes is None:
        figure: Any = new_axes().figure
        figure.clear()
        figure.set_size_inches(8.0, 0.7 + 2.2 * len(panels))
        axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0].tolist()
    chosen = list(axes or ())
    if len(chosen) != len(panels):
        raise DimensionMismatch(f"this track has {counted(len(panels), 'panel')}, got {len(chosen)} axes to draw on")
    places = _positions(track)
    for panel, draw in zip(chosen, panels, strict=True):
        draw(panel, track, places)
        panel.spines[["top", "right"]].set_visible(False)
        if panel.get_legend_handles_labels()[0]:
            panel.legend(frameon=False, fontsize=9)
    if not _are_numbers(track):
        chosen[-1].set_xticks(places, [str(label) for label in track.labels], rotation=30, ha="right")
    chosen[-1].set_xlabel("checkpoint")
    return chosen


def _panels(track: Track) -> list[tuple[bool, Callable[[Axes, Track, NDArray[np.float64]], None]]]:
    return [
        (True, _draw_counts),
        (len(track) > 1, _draw_turnover),
        (track.changed is not None, _draw_changed),
        (track.boundary is not None, _draw_boundary),
        (track.distances is not None, _draw_distances),
    ]


def _are_numbers(track: Track) -> bool:
    """Tell whether labels can be places on an axis."""
    if any(isinstance(label, str) for label in track.labels):
        return False
    places = np.array(track.labels, dtype=np.float64)
    return bool(np.isfinite(places).all() and (np.diff(places) > 0).all())


def _positions(track: Track) -> NDArray[np.float64]:
    return np.array(track.labels if _are_numbers(track) else range(len(track)), dtype=np.float64)


def _draw_mean(axes: Axes, places: NDArray[np.float64], numbers: NDArray[Any], **style: Any) -> None:
    """Draw numbers, shape (C,), or means of numbers, shape (C, S), with their standard errors."""
    table = np.asarray(numbers, dtype=np.float64).reshape(len(places), -1)
    table = np.where(np.isfinite(table).all(axis=1, keepdims=True), table, np.nan)
    middle = table.mean(axis=1)
    axes.plot(places, middle, marker=".", **style)
    if table.shape[1] > 1:
        error = table.std(axis=1, ddof=1) / np.sqrt(table.shape[1])
        axes.fill_between(places, middle - error, middle + error, color=style["color"], alpha=0.2, linewidth=0)


def _draw_counts(axes: Axes, track: Track, places: NDArray[np.float64]) -> None:
    in_domain = isinstance(track.where, Polytope)
    _draw_mean(axes, places, track.activation_regions, color=ink(1), label="activation regions")
    if track.linear_regions is not None:
        name = "linear regions" if in_domain else "linear pieces"
        _draw_mean(axes, places, track.linear_regions, color=ink(2), linestyle="dashed", label=name)
    axes.set_ylabel("regions" if in_domain else "regions on a line")
    axes.set_ylim(bottom=0.0)
    units = track.n_units
    if units:
        both: Any = (lambda count: count / units, lambda share: share * units)
        other = axes.secondary_yaxis("right", functions=both)
        other.set_ylabel("for each unit")


def _draw_turnover(axes: Axes, track: Track, places: NDArray[np.float64]) -> None:
    for sign, counts, color, name in ((1, track.born, ink(3), "born"), (-1, track.lost, ink(2), "lost")):
        heights = sign * counts.reshape(len(places) - 1, -1).mean(axis=1)
        axes.bar(places[1:], heights, width=0.7 * np.diff(places).min(), color=color, label=name)
    axes.axhline(0.0, color="black", linewidth=0.8)
    axes.yaxis.set_major_formatter(lambda count, _: f"{abs(count):g}")
    axes.set_ylabel("patterns" if isinstance(track.where, Polytope) else "patterns on a line")


def _draw_changed(axes: Axes, track: Track, places: NDArray[np.float64]) -> None:
    if track.changed is not None:
        _draw_mean(axes, places[1:], 100 * track.changed.value, color=ink(4))
    axes.set_ylabel("changed, %")
    axes.set_ylim(bottom=0.0)


def _draw_boundary(axes: Axes, track: Track, places: NDArray[np.float64]) -> None:
    sizes = np.zeros((len(places), 0)) if track.boundary is None else track.boundary.value
    for k, column in enumerate(sizes.T, start=1):
        most = float(column.max()) or 1.0
        axes.plot(places, column / most, marker=".", color=ink(k), label=f"$B_{{N,{k}}}$, at most {column.max():.4g}")
    axes.set_ylabel("boundary")
    axes.set_ylim(bottom=0.0)


def _draw_distances(axes: Axes, track: Track, places: NDArray[np.float64]) -> None:
    if track.distances is not None:
        _draw_mean(axes, places, max(track.n_units, 1) * track.distances.value, color=ink(5))
    axes.set_ylabel("distance x units")
    axes.set_ylim(bottom=0.0)
