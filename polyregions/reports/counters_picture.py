"""The picture of a validation: how the answers approach the truth, and which regions are found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from polyregions.counters import CaseScore, Validation
from polyregions.errors import DimensionMismatch
from polyregions.reports.style import counted, ink, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_NAMED = 8
"""So many networks have colours of their own and are named in the legend."""


def draw_validation(found: Validation, axes: Sequence[Axes] | None = None) -> list[Axes]:
    """Draw answers against budgets, and below it how often each region was found against its volume.

    Without patterns, the lower panel has the answers with the largest budget, beside the truth.

    Parameters
    ----------
    found : Validation
    axes : sequence of matplotlib.axes.Axes, length 2, optional
        Where to draw; a new figure is made otherwise, without touching pyplot.

    Returns
    -------
    list of matplotlib.axes.Axes

    Raises
    ------
    DimensionMismatch
        There is another number of axes.
    MissingDependency
        matplotlib is not installed.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.random_network(pr.Architecture(2, (4,)), pr.Prior(bias_scale=0.5), seed=1)
    >>> square = pr.Polytope.box(-1, 1, dim=2)
    >>> found = pr.validate_counter(pr.counters.distinct_patterns, net, square, budgets=[10, 100])
    >>> [panel.get_xlabel() for panel in draw_validation(found)]
    ['points', 'volume of a region, as a share of the domain']
    """
    if axes is None:
        figure: Any = new_axes().figure
        figure.clear()
        axes = figure.subplots(2, 1, height_ratios=(1.0, 1.1)).tolist()
    if len(axes) != 2:
        raise DimensionMismatch(f"a validation has two panels, got {len(axes)} axes to draw on")
    above, below = axes
    _draw_answers(above, found)
    if all(case.shares is not None for case in found.cases):
        _draw_found(below, found)
    else:
        _draw_errors(below, found)
    for panel in (above, below):
        panel.spines[["top", "right"]].set_visible(False)
    title = f"{found.counter}, counting {found.target.replace('_', ' ')}"
    above.set_title(f"{title}\n{'; '.join(finding.label for finding in found.verdict)}", loc="left", fontsize=11)
    return [above, below]


def _draw_answers(panel: Axes, found: Validation) -> None:
    """Draw the answers as shares of the truth, with one standard deviation, and what theory expects.

    Counters that answer with intervals alone are drawn by the ends of these.
    """
    panel.axhline(1.0, color="0.5", linewidth=1.0, label="truth")
    for number, case in enumerate(found.cases):
        color, name = _look(number, case, found)
        runs = [run for run in case.runs if run.truth]
        budgets = np.array([run.budget for run in runs]) * 1.03 ** (number - len(found.cases) / 2.0)
        truths = np.array([run.truth for run in runs])
        style: dict[str, Any] = {"color": color, "markersize": 4, "capsize": 3, "label": name}
        if all(run.has_values for run in runs):
            spreads = np.array([run.spread for run in runs]) / truths
            panel.errorbar(budgets, [run.mean for run in runs] / truths, yerr=spreads, marker="o", **style)
        else:
            panel.errorbar(budgets, [run.lows.mean() for run in runs] / truths, marker="^", **style)
            panel.plot(budgets, [run.highs.mean() for run in runs] / truths, "v-", color=color, markersize=4)
        expected = [(run.budget, run.expectation / run.truth) for run in runs if run.expectation is not None]
        if expected:
            label = "predicted" if number == 0 else None
            panel.plot(*zip(*expected, strict=True), "_", markersize=16, color="0.2", label=label)
    panel.set_xscale("log")
    panel.set_ylim(bottom=0.0)
    panel.set_xlabel(found.unit)
    panel.set_ylabel("answer / truth")
    panel.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _draw_found(panel: Axes, found: Validation) -> None:
    """Draw in how many of the runs with the largest budget each region was found, against its volume."""
    smallest = 1.0
    for number, case in enumerate(found.cases):
        color, _ = _look(number, case, found)
        if case.shares is not None and case.last.patterns is not None:
            rates = case.last.patterns.hits / len(case.last)
            panel.plot(case.shares, rates, ".", color=color, alpha=0.4, markersize=5)
            smallest = min(smallest, float(case.shares[case.shares > 0.0].min()))
    budget = found.budgets[-1]
    volumes = np.geomspace(smallest, 1.0, 300)
    with np.errstate(divide="ignore"):  # a region that is everything is found by every point
        chances = -np.expm1(budget * np.log1p(-volumes))
    (curve,) = panel.plot(volumes, chances, color="0.2", linewidth=1.0, label=f"chance with {budget:,} uniform points")
    panel.set_xscale("log")
    panel.set_xlabel("volume of a region, as a share of the domain")
    panel.set_ylabel(f"found, share of {counted(found.repeats, 'run')}")
    panel.legend(handles=[curve], frameon=False, fontsize=8, loc="upper left")


def _draw_errors(panel: Axes, found: Validation) -> None:
    """Draw how far the mean answers with the largest budget are from the truth, with 95 % intervals, or their ends."""
    for number, case in enumerate(found.cases):
        run = case.last
        if run.truth and run.has_values:
            error = 196.0 * run.spread / np.sqrt(len(run)) / run.truth
            middle = 100.0 * run.bias / run.truth
            panel.errorbar(middle, number, xerr=error, fmt="o", color=ink(1), capsize=3, markersize=4)
        elif run.truth:
            ends = np.array([run.lows.mean(), run.highs.mean()]) / run.truth
            panel.plot(100.0 * (ends - 1.0), [number, number], "|-", color=ink(1), markersize=8)
    panel.axvline(0.0, color="0.5", linewidth=1.0)
    panel.set_yticks(range(len(found.cases)), [case.case for case in found.cases], fontsize=8)
    panel.set_ylim(len(found.cases) - 0.5, -0.5)
    panel.set_xlabel(
        f"mean answer minus truth, % of it, with {found.budgets[-1]:,} {found.unit} (bars: 95 % intervals)"
    )


def _look(number: int, case: CaseScore, found: Validation) -> tuple[Any, str | None]:
    """Return the colour of a network and its name for the legend."""
    if len(found.cases) <= MOST_NAMED:
        return ink(number + 1), case.case
    from matplotlib import colormaps

    return colormaps["viridis"](number / (len(found.cases) - 1)), case.case
