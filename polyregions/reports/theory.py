"""Summaries and a picture of theorems: the volume theorem's two sides, and bounds of the number of regions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from polyregions.errors import InvalidNetwork
from polyregions.laboratory import Verification
from polyregions.reports.style import counted, ink, new_axes
from polyregions.reports.tables import describe_domain, domain_summary, facts_table, finite, written
from polyregions.theory import Estimate, counts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.table import Table


def estimate_record(estimate: Estimate) -> dict[str, Any]:
    """Return an estimate, and that it is one, as JSON can hold it."""
    return {
        "value": estimate.value,
        "standard_error": estimate.error,
        "samples": estimate.samples,
        "known": estimate.how,
    }


def verification_summary(found: Verification) -> dict[str, Any]:
    """Return both sides of the volume theorem for every codimension, how far apart they are, and chi-squared."""
    prior = found.prior
    rows = [
        {"codimension": k, "left": estimate_record(left), "right": estimate_record(right), "z": finite(z)}
        for k, (left, right, z) in enumerate(zip(found.left, found.right, found.z, strict=True), start=1)
    ]
    regions: dict[str, Any] = {"left": estimate_record(found.regions), "right": None, "z": None}
    if found.expected_regions is not None:
        regions |= {"right": estimate_record(found.expected_regions), "z": finite(found.z_regions)}
    return {
        "architecture": str(found.architecture),
        "activation": str(found.architecture.activation),
        "prior": {"weights": prior.weights, "biases": prior.biases, "bias_scale": prior.bias_scale, "gain": prior.gain},
        "domain": domain_summary(found.domain),
        "visible": found.visible,
        "reading": found.reading,
        "networks": found.networks,
        "complete": found.complete,
        "volumes": rows,
        "activation_regions": regions,
        "chi_squared": finite(found.chi_squared),
        "degrees_of_freedom": found.degrees,
        "p_value": found.p_value,
    }


def verification_table(summary: Mapping[str, Any]) -> Table:
    """Return a rich table of a `verification_summary`."""
    from rich.table import Table

    prior = summary["prior"]
    scale = "" if prior["biases"] == "torch" else f" of scale {prior['bias_scale']:g}"
    table = Table(
        title=f"{summary['architecture']}, {prior['weights']} weights, {prior['biases']} biases{scale}; "
        f"K = {describe_domain(summary['domain'])}; {counted(summary['networks'], 'network')}",
        caption=f"chi-squared {written(summary['chi_squared'])} with "
        f"{counted(summary['degrees_of_freedom'], 'degree')} of freedom, p = {summary['p_value']:.3g}",
        title_justify="left",
        caption_justify="left",
    )
    for name in ("mean of", "cut exactly", "by the theorem", "z"):
        table.add_column(name, justify="left" if name == "mean of" else "right")
    walls = "boundary" if summary["visible"] else "walls, visible or not,"
    for row in summary["volumes"]:
        table.add_row(f"{walls} of codimension {row['codimension']}", *_cells(row))
    if summary["activation_regions"]["right"] is not None:
        table.add_row("activation regions", *_cells(summary["activation_regions"]))
    return table


def draw_verification(found: Verification, ax: Axes | None = None) -> Axes:
    """Draw how far the means over networks are from the theorem, with 95 % intervals.

    Parameters
    ----------
    found : Verification
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure is made otherwise, without touching pyplot.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    MissingDependency
        matplotlib is not installed.

    Examples
    --------
    >>> import polyregions as pr
    >>> line = pr.Polytope.box(-1, 1, dim=1)
    >>> found = pr.verify_theorem(pr.Architecture(1, (4,)), pr.Prior(bias_scale=1.0), line, networks=100)
    >>> [text.get_text() for text in draw_verification(found).get_yticklabels()]
    ['$B_{N,1}$', 'activation regions']
    """
    axes = new_axes() if ax is None else ax
    rows = [(f"$B_{{N,{k}}}$", *both) for k, both in enumerate(zip(found.left, found.right, strict=True), start=1)]
    if found.expected_regions is not None:
        rows.append(("activation regions", found.regions, found.expected_regions))
    for place, (_, left, right) in enumerate(rows):
        scale = 100.0 / right.value if right.value else math.nan
        for estimate, shift, color in ((left, -0.12, ink(1)), (right, 0.12, ink(2))):
            middle = scale * (estimate.value - right.value)
            axes.errorbar(middle, place + shift, xerr=1.96 * scale * estimate.error, fmt="o", color=color, capsize=4)
            axes.annotate(
                str(estimate), (middle, place + shift), (0, 7), textcoords="offset points", ha="center", color=color
            )
    axes.axvline(0.0, color="0.6", linewidth=0.8, zorder=0)
    axes.set_yticks(range(len(rows)), [name for name, _, _ in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.margins(x=0.2)
    axes.set_xlabel("difference from the theorem, % (bars: 95 % intervals)")
    axes.set_title(
        f"{found.architecture}: {counted(found.networks, 'network')} cut exactly, and the volume theorem\n"
        f"chi-squared {found.chi_squared:.3g}, {counted(found.degrees, 'degree')} of freedom, p = {found.p_value:.3g}"
    )
    marks = [axes.plot([], [], "o", color=ink(number))[0] for number in (1, 2)]
    axes.legend(marks, ["cut exactly", "by the theorem"], loc="best", frameon=False)
    return axes


def bounds_summary(input_dim: int, widths: Sequence[int]) -> dict[str, Any]:
    """Return what theorems say of the largest number of regions of ReLU networks with such widths.

    Bounds whose conditions do not hold are None.

    Examples
    --------
    >>> bounds_summary(2, [3, 3])["upper"]["serra"], bounds_summary(1, [3, 3])["lower"]["serra_folding"]
    (40, 16)
    """
    upper = {
        "trivial": counts.trivial_bound(widths),
        "raghu": counts.raghu_bound(input_dim, widths),
        "montufar": counts.montufar_bound(input_dim, widths),
        "serra": counts.serra_bound(input_dim, widths),
    }
    lower: dict[str, int | None] = {}
    for name, bound in (("montufar", counts.montufar_lower_bound), ("serra_folding", counts.serra_folding_lower_bound)):
        try:
            lower[name] = bound(input_dim, widths)
        except InvalidNetwork:
            lower[name] = None
    return {"inputs": input_dim, "widths": list(widths), "units": sum(widths), "upper": upper, "lower": lower}


def bounds_table(summary: Mapping[str, Any]) -> Table:
    """Return a rich table of a `bounds_summary`."""
    table = facts_table()
    names = {
        "trivial": "at most (2^units)",
        "raghu": "at most (Raghu et al. 2017)",
        "montufar": "at most (Montúfar 2017)",
        "serra": "at most (Serra et al. 2018)",
    }
    lower = {"montufar": "some have (Montúfar et al. 2014)", "serra_folding": "some have (Serra et al. 2018)"}
    for name, title in names.items():
        table.add_row(title, f"{summary['upper'][name]:,}")
    for name, title in lower.items():
        number = summary["lower"][name]
        table.add_row(title, "needs wider layers" if number is None else f"{number:,}")
    return table


def _cells(row: Mapping[str, Any]) -> list[str]:
    sides = [Estimate(side["value"], side["standard_error"], side["samples"]) for side in (row["left"], row["right"])]
    return [*map(str, sides), written(row["z"], "+.2f")]
