"""The benchmark suite: networks whose exact answers are stored with proofs, under names that papers can cite."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from polyregions.counters.case import Case, read_case

SUITE_VERSION = "1"
"""It changes with any number in the suite, so that "polyregions suite 1, generic-2d-16x3" stays the same for ever."""

CASES: Mapping[str, tuple[str, ...]] = {
    "small": (
        "generic-1d-16x3",
        "generic-2d-8x2",
        "generic-5d-5x2",
        "trained-1d-sine-16x2",
        "trained-2d-moons-8x2",
        "degenerate-2d-zero-biases-8x2",
        "degenerate-2d-close-lines",
        "degenerate-2d-boundary",
        "constructed-1d-sawtooth",
        "constructed-3d-type-b",
    ),
    "medium": (
        "generic-2d-16x3",
        "generic-2d-maxout-8x2",
        "generic-3d-leaky-relu-12x2",
        "generic-4d-8x2",
        "trained-2d-circles-16x2",
        "trained-3d-wine-12x2",
        "degenerate-2d-concurrent-lines-16x2",
        "degenerate-2d-dead-layer-16x3",
        "degenerate-3d-equal-units-12x2",
        "constructed-4d-resonance",
    ),
    "large": (
        "generic-2d-32x3",
        "generic-2d-hard-tanh-24x2",
        "generic-3d-16x2",
        "trained-2d-digits-32x3",
        "trained-2d-spirals-32x3",
        "trained-3d-diabetes-16x2",
        "degenerate-2d-quantised-32x3",
        "degenerate-3d-quantised-16x2",
        "constructed-2d-folding-cube",
        "constructed-3d-hyperplanes",
    ),
}
"""The names of all cases by size: up to 120, 1,500 and 6,000 activation regions."""


def case_names(size: str | None = None) -> tuple[str, ...]:
    """Return the names of the cases of one size, or of all.

    Parameters
    ----------
    size : {"small", "medium", "large"}, optional

    Raises
    ------
    ValueError
        There is no such size.

    Examples
    --------
    >>> len(case_names()), case_names("small")[0]
    (30, 'generic-1d-16x3')
    """
    if size is not None and size not in CASES:
        raise ValueError(f"sizes of the suite are {', '.join(CASES)}; got {size!r}")
    return tuple(name for own, names in CASES.items() if size in (None, own) for name in names)


def load_case(name: str, folder: str | Path | None = None) -> Case:
    """Read a case of the suite.

    Parameters
    ----------
    name : str
        One of `case_names`.
    folder : str or pathlib.Path, optional
        Where its files are; left out, those that come with polyregions.

    Returns
    -------
    Case

    Raises
    ------
    ValueError
        There is no such case, its file cannot be read, or its answers are not those that were stored.
    InvalidNetwork
        The network cannot be read, or is not the one that the answers are about.
    InvalidDomain
        The same of the domain.

    Notes
    -----
    Some milliseconds.  Network, domain and answers are compared with their digests; no answer is computed again.
    `check` checks the proof, from ``case.certificate_path()``.

    Examples
    --------
    >>> case = load_case("degenerate-2d-close-lines")
    >>> case.answers.definitions.activation_regions, case.answers.smallest_volume < 1e-59
    (30, True)
    """
    if name not in case_names():
        raise ValueError(f"the suite has no case {name!r}; there are {', '.join(case_names())}")
    size = next(size for size, names in CASES.items() if name in names)
    place = files("polyregions.counters") / "cases" if folder is None else Path(folder)
    return read_case(name, SUITE_VERSION, size, place)


def load_suite(size: str | None = None) -> tuple[Case, ...]:
    """Read all cases of the suite, or those of one size; see `load_case`.

    Parameters
    ----------
    size : {"small", "medium", "large"}, optional

    Returns
    -------
    tuple of Case
        In the order of `case_names`.

    Raises
    ------
    ValueError
        There is no such size; or see `load_case`.

    Examples
    --------
    >>> [case.family for case in load_suite("small")[::3]]
    ['generic', 'trained', 'degenerate', 'constructed']
    """
    return tuple(load_case(name) for name in case_names(size))
