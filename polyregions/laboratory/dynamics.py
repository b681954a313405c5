"""What training does to the regions of a network, checkpoint by checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from operator import length_hint

from numpy.typing import ArrayLike

from polyregions.enumeration.run import Progress, Status, reporting
from polyregions.geometry.nearest import Norm, check_norm
from polyregions.geometry.polytope import Polytope
from polyregions.laboratory.checkpoints import Checkpoints, Label, check_same_architecture, labelled
from polyregions.laboratory.history import Track
from polyregions.laboratory.looks import Look, look_at
from polyregions.laboratory.snapshot import Bounded, Snapshot
from polyregions.networks.evaluate import check_points
from polyregions.networks.network import Network
from polyregions.queries import distance_to_region_boundary

__all__ = ["Bounded", "Snapshot", "Track", "observe", "track"]


def track(
    checkpoints: Checkpoints,
    where: Polytope | ArrayLike,
    *,
    points: ArrayLike | None = None,
    norm: Norm = 2,
    volumes: bool | None = None,
    linear: bool = True,
    changed: bool = False,
    progress: Progress | bool | None = None,
) -> Track:
    """Return what training does to the regions of a network, in a domain or along lines.

    Parameters
    ----------
    checkpoints : iterable of Network or of (label, Network), or mapping of labels to Networks
        In order, all of one architecture.  A generator that trains between checkpoints is asked for one at a time.
    where : Polytope, or array_like of shape (S, 2, n)
        The domain K, for few inputs; or the ends of S line segments, for any number of inputs.
    points : array_like, shape (N, n), optional
        Measure how far these are from the boundary of their region, in the whole input space.
    norm : {1, 2, math.inf}
        How to measure distances of points.
    volumes : bool, optional
        Whether to build the complex at every checkpoint, for f-vectors, and volumes of regions and of B_{N,k}.  By
        default in a domain of dimension 4 or less with at most 256 vertices, up to dimension 3 with 4,096.  Otherwise
        regions are enumerated and counted.
    linear : bool
        Whether to count linear regions as well, on lines linear pieces.  Without volumes, these take longer than the
        enumeration: they need the facets of every region.
    changed : bool
        Whether to measure on what share of K, or of each line, the pattern changes between checkpoints.
    progress : callable or bool, optional
        Called with the share of the work done and the number of regions found; True shows a bar.  The share stays 0
        if `checkpoints` has no length.

    Returns
    -------
    Track
        Ctrl-C ends it early, with all checkpoints that were finished and `Status.INTERRUPTED`.

    Raises
    ------
    DimensionMismatch
        Checkpoints have different architectures, or shapes do not fit.
    InvalidNetwork
        There are no checkpoints, or there is something else among them.
    LimitReached
        Volumes are asked for and K has too many vertices.
    ValueError
        There is no such norm here.
    KeyboardInterrupt
        Ctrl-C came before the first checkpoint was finished.

    Notes
    -----
    Regions of different checkpoints are the same if their patterns are.  All counts are exact, all measures have
    rigorous bounds.  For `changed`, the regions of both networks together are cut out and measured: in the plane some
    three times as many, in higher dimension more.  An error at a checkpoint loses what was found before it; to keep
    that in any case, use `observe`.

    References
    ----------
    .. [1] Hanin and Rolnick (2019), Complexity of linear regions in deep networks.
    .. [2] Hanin and Rolnick (2019), Deep ReLU networks have surprisingly few activation patterns.

    Examples
    --------
    A kink moves to the right, and leaves the domain:

    >>> import polyregions as pr
    >>> def kinks(place):
    ...     return pr.Network.from_arrays([[[1.0], [1.0]], [[1.0, 1.0]]], [[0.0, -place], [0.0]])
    >>> found = track({place: kinks(place) for place in (0.25, 0.5, 1.5)}, pr.Polytope.box(-1, 1, dim=1), changed=True)
    >>> found
    Track(3 checkpoints, 3 patterns in all)
    >>> found.activation_regions, found.born, found.lost
    (array([3, 3, 2]), array([0, 0]), array([0, 1]))
    >>> found.changed.value
    array([0.125, 0.25 ])
    >>> found.patterns[found.lifetimes < 3]
    array([[1, 1]], dtype=uint8)
    """
    seen = observe(
        checkpoints,
        where,
        points=points,
        norm=norm,
        volumes=volumes,
        linear=linear,
        changed=changed,
        progress=progress,
    )
    snapshots, status = [], Status.COMPLETE
    try:
        for snapshot in seen:
            snapshots.append(snapshot.without_source())  # noqa: PERF401  # keeps what there is when Ctrl-C comes
    except KeyboardInterrupt:
        if not snapshots:
            raise
        status = Status.INTERRUPTED
    return Track.of(snapshots, status)


def observe(
    checkpoints: Checkpoints,
    where: Polytope | ArrayLike,
    *,
    points: ArrayLike | None = None,
    norm: Norm = 2,
    volumes: bool | None = None,
    linear: bool = True,
    changed: bool = False,
    progress: Progress | bool | None = None,
) -> Iterator[Snapshot]:
    """Yield what there is to see of one checkpoint after the other; `track` puts it together.

    Parameters
    ----------
    checkpoints, where, points, norm, volumes, linear, changed, progress
        As in `track`.

    Yields
    ------
    Snapshot
        With the complex, the regions or the lines themselves as `source`.

    Raises
    ------
    DimensionMismatch, InvalidNetwork, LimitReached
        As in `track`.

    Examples
    --------
    >>> import polyregions as pr
    >>> def network(bias):
    ...     return pr.Network.from_arrays([[[1.0]], [[1.0]]], [[bias], [0.0]])
    >>> for snapshot in observe(map(network, [0.5, 2.0]), pr.Polytope.box(-1, 1, dim=1)):
    ...     print(snapshot, snapshot.lost)
    Snapshot(0, 2 activation regions) None
    Snapshot(1, 1 activation regions) 1
    """
    look, named = look_at(where, volumes, linear), labelled(checkpoints)
    check_norm(norm)
    return _observe(named, length_hint(checkpoints, 0), look, points, norm, changed, progress)


def _observe(
    checkpoints: Iterator[tuple[Label, Network]],
    count: int,
    look: Look,
    points: ArrayLike | None,
    norm: Norm,
    changed: bool,
    progress: Progress | bool | None,
) -> Iterator[Snapshot]:
    before: Snapshot | None = None
    found = 0
    with reporting(progress, "checkpoints") as report:
        for number, (label, network) in enumerate(checkpoints):
            if before is None:
                look.check(network)
            else:
                check_same_architecture(before.network, label, network)

            def tick(share: float, regions: int, number: int = number, found: int = found) -> None:
                report(min((number + share) / count, 1.0) if count else 0.0, found + regions)

            places = None if points is None else check_points(network, points)
            snapshot = Snapshot(number, label, network, look.where, points=places, **look.see(network, tick))
            if places is not None:
                known = distance_to_region_boundary(network, places, norm=norm)
                snapshot = replace(snapshot, distances=Bounded(known.value, known.lower, known.upper))
            if before is not None:
                snapshot = snapshot.after(before, look.changed(before.network, network) if changed else None)
            found += len(snapshot.patterns)
            yield snapshot
            before = snapshot.without_source()
        report(1.0, found)
