"""How a run may be limited, how it ended, and what it took."""

from __future__ import annotations

import enum
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

Progress = Callable[[float, int], None]
"""Called now and then with the share of the work done, in [0, 1], and the number of regions found so far."""


class Status(enum.Enum):
    """How a run ended.  Its regions are certain in any case; only `COMPLETE` says that there are no others.

    `RESTRICTED` says so of the part of K that was searched.
    """

    COMPLETE = "complete"
    RESTRICTED = "all in the part asked for"
    REGION_LIMIT = "truncated by the limit on regions"
    TIME_LIMIT = "truncated by the limit on time"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop early.

    Parameters
    ----------
    regions : int, optional
        Stop when so many regions are found and there may be more.  The subdivision engine finds many at a time and may
        return more than that.
    seconds : float, optional
        Stop when so much time has passed.

    Raises
    ------
    ValueError
        A limit is not positive.
    """

    regions: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name, limit in (("regions", self.regions), ("seconds", self.seconds)):
            if limit is not None and not limit > 0:
                raise ValueError(f"a limit on {name} must be positive, got {limit}")

    def reached(self, regions: int, started: float) -> Status | None:
        """Return the status of a run that has to stop now, or None."""
        if self.regions is not None and regions >= self.regions:
            return Status.REGION_LIMIT
        if self.seconds is not None and time.perf_counter() - started >= self.seconds:
            return Status.TIME_LIMIT
        return None


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a run took, and how its questions were decided.

    A *question* asks whether a switch is positive, or negative, somewhere in a cell.

    Attributes
    ----------
    engine : str
        "branching" or "subdivision"; the numbers of the other one are zero.
    seconds : float
    cells : int
        Cells visited: nodes of the branch tree.
    by_known_points : int
        Questions answered by points already known to lie in the cell.
    by_rays : int
        Questions answered by a point on a ray from a known point along the gradient.
    by_bounds : int
        Questions answered by a bound over the cell's box, without a linear program.
    linear_programs : int
        Questions that needed a linear program.
    programs_by_point : int
        Of these, how many were decided by a point that float error bounds certify.
    programs_by_bound : int
        How many by a safe bound from the multipliers.
    programs_in_rationals : int
        How many in rational arithmetic.
    exact_simplex : int
        How many of the last kind needed the exact simplex method; for the others one exact solve was enough.
    programs_for_boxes : int
        Linear programs, besides, that made boxes around cells.
    vertices : int
        Vertices that the subdivision engine made; those between parts of a large run count for each part.
    vertex_signs_in_rationals : int
        Signs of switches at vertices that needed rational arithmetic.
    """

    engine: str = "branching"
    seconds: float = 0.0
    cells: int = 0
    by_known_points: int = 0
    by_rays: int = 0
    by_bounds: int = 0
    linear_programs: int = 0
    programs_by_point: int = 0
    programs_by_bound: int = 0
    programs_in_rationals: int = 0
    exact_simplex: int = 0
    programs_for_boxes: int = 0
    vertices: int = 0
    vertex_signs_in_rationals: int = 0

    def as_dict(self) -> dict[str, float | str]:
        """Return all numbers by name."""
        return asdict(self)


@contextmanager
def reporting(progress: Progress | bool | None, what: str, things: str = "regions") -> Iterator[Progress]:
    """Turn what the user asked for into a function to call: nothing, a bar on standard error, or the user's own."""
    if callable(progress):
        yield progress
    elif progress:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        columns = [TextColumn(what), BarColumn(), TextColumn("{task.fields[found]:,} " + things), TimeElapsedColumn()]
        with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=1.0, found=0)
            yield lambda share, found: bar.update(task, completed=share, found=found)
    else:
        yield lambda share, found: None


class Throttle:
    """Lets a progress function through a few times a second only."""

    def __init__(self, progress: Progress, interval: float = 0.1) -> None:
        self._progress, self._interval, self._last = progress, interval, -math.inf

    def __call__(self, share: float, found: int) -> None:
        """Report, unless the last report was a moment ago."""
        now = time.perf_counter()
        if now - self._last >= self._interval:
            self._last = now
            self._progress(min(share, 1.0), found)
