"""The frames of a film: the regions at one checkpoint after the other, in colours that last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from polyregions.complexes import build_complex, decision_complex
from polyregions.enumeration.engines import check_dimensions
from polyregions.geometry.polytope import Polytope
from polyregions.laboratory.checkpoints import Label, check_same_architecture
from polyregions.networks import Network
from polyregions.reports.scene import Scene, scene_of
from polyregions.reports.shapes import wall_ends
from polyregions.reports.style import FILLS, counted

PALETTE = FILLS[:7]
"""Colours of patterns: a prime number of them, see `pattern_fills`."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a film.

    Attributes
    ----------
    title : str
    scene : Scene
        With a colour for each region that depends on its pattern only.
    decision : numpy.ndarray, shape (D, n, n)
        The ends of the pieces of the decision boundary, if it is to be shown.
    """

    title: str
    scene: Scene
    decision: NDArray[np.float64]


def film_frames(checkpoints: Iterator[tuple[Label, Network]], domain: Polytope, decision: bool) -> Iterator[Frame]:
    """Yield one frame for each checkpoint."""
    first: Network | None = None
    before: set[bytes] = set()
    for label, network in checkpoints:
        if first is None:
            first = network
            check_dimensions(network, domain)
        check_same_architecture(first, label, network)
        scene = scene_of(build_complex(network, domain), boundary=False)
        patterns = scene.regions.patterns
        scene = replace(scene, fills=pattern_fills(patterns))
        own = {pattern.tobytes() for pattern in patterns}
        title = (
            f"{label if isinstance(label, str) else f'checkpoint {label}'}: {counted(len(own), 'activation region')}"
        )
        if network is not first:
            title += f"\n{len(own - before):,} born, {len(before - own):,} lost"
        pieces = np.zeros((0, domain.dim, domain.dim))
        if decision:
            complex_ = decision_complex(network, domain)
            pieces = wall_ends(complex_)[complex_.decisive[complex_.walls]]
        yield Frame(title, scene, pieces)
        before = own


def pattern_fills(patterns: NDArray[np.uint8]) -> list[str]:
    """Return a colour for each pattern, shape (R, n_units), that depends on nothing else.

    The number of the colour is a sum of the pieces of the units with factors from 1 to 6, modulo 7.  So it changes
    wherever one unit alone goes from a piece to the next.
    """
    factors = 1 + np.arange(patterns.shape[1]) % (len(PALETTE) - 1)
    return [PALETTE[number] for number in (patterns.astype(np.int64) @ factors % len(PALETTE)).tolist()]


def output_span(frames: Sequence[Frame]) -> tuple[float, float]:
    """Return the least and the largest output of networks with one input in all frames, with some room around."""
    values = [frame.scene.regions.network(np.concatenate(frame.scene.outlines)) for frame in frames]
    low, high = min(float(part.min()) for part in values), max(float(part.max()) for part in values)
    room = 0.05 * (high - low) or 1.0
    return low - room, high + room


def upright(ends: NDArray[np.float64], low: float = 0.0, high: float = 1.0) -> NDArray[np.float64]:
    """Return walls of a network with one input, shape (W, 1, 1), as vertical segments, shape (W, 2, 2)."""
    heights = np.broadcast_to([[low], [high]], (len(ends), 2, 1))
    return np.concatenate([np.repeat(ends, 2, axis=1), heights], axis=2)
