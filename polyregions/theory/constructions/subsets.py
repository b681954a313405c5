"""Arrangements with a hyperplane for each subset of the coordinates; their counts are known for few dimensions."""

from __future__ import annotations

from itertools import product

from polyregions.theory.constructions.construction import Construction
from polyregions.theory.constructions.hyperplanes import arrangement
from polyregions.theory.counts.parameters import whole_number

RESONANCE = {1: 2, 2: 6, 3: 32, 4: 370, 5: 11292, 6: 1066044}
RESONANCE_FACES = {1: (1, 2), 2: (1, 6, 6), 3: (1, 18, 48, 32), 4: (1, 90, 480, 760, 370)}
THRESHOLD = {1: 4, 2: 14, 3: 104, 4: 1882, 5: 94572}
THRESHOLD_FACES = {
    1: (1, 4, 4),
    2: (1, 12, 24, 14),
    3: (1, 40, 192, 256, 104),
    4: (1, 280, 2320, 6080, 5920, 1882),
}
"""From the flats of the arrangements, by Zaslavsky's theorem."""

MOST_BITS = 12
"""Larger arrangements have thousands of hyperplanes."""


def resonance(dim: int) -> Construction:
    """Return the hyperplanes on which the coordinates of a subset add up to zero, for all non-empty subsets.

    Parameters
    ----------
    dim : int
        From 1 to 12.  The number of regions is known up to 6, the faces up to 4; None stands for the others.

    Raises
    ------
    InvalidNetwork
        The number is not whole, too small or too large.

    Notes
    -----
    Sequence A034997 of the On-line encyclopedia of integer sequences.  Kühne (2023), The universality of the resonance
    arrangement and its Betti numbers.

    Examples
    --------
    >>> [resonance(n).activation_regions for n in (2, 3, 4, 5)], resonance(4).face_counts
    ([6, 32, 370, 11292], (1, 90, 480, 760, 370))
    """
    n = whole_number(dim, 1, "the dimension", MOST_BITS)
    rows = [[*bits, 0.0] for bits in product((0.0, 1.0), repeat=n) if any(bits)]
    source = "OEIS A034997; Kühne (2023), The universality of the resonance arrangement and its Betti numbers"
    return arrangement(f"resonance({n})", rows, 1.0, RESONANCE.get(n), RESONANCE_FACES.get(n), source)


def threshold(bits: int) -> Construction:
    """Return the hyperplanes normal to (1, v) for all v of n bits: a region for each threshold function of n bits.

    Parameters
    ----------
    bits : int
        n, from 1 to 12; the space has dimension n + 1.  The number of regions is known up to 5, the faces up to 4;
        None stands for the others.

    Raises
    ------
    InvalidNetwork
        The number is not whole, too small or too large.

    Notes
    -----
    Sequence A000609 of the On-line encyclopedia of integer sequences.  Muroga (1971), Threshold logic and its
    applications.

    Examples
    --------
    >>> [threshold(n).activation_regions for n in (1, 2, 3, 4)], threshold(3).face_counts
    ([4, 14, 104, 1882], (1, 40, 192, 256, 104))
    """
    n = whole_number(bits, 1, "the number of bits", MOST_BITS)
    rows = [[1.0, *v, 0.0] for v in product((0.0, 1.0), repeat=n)]
    source = "OEIS A000609; Muroga (1971), Threshold logic and its applications"
    return arrangement(f"threshold({n})", rows, 1.0, THRESHOLD.get(n), THRESHOLD_FACES.get(n), source)
