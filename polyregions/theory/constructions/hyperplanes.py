"""Networks with one hidden layer, a unit for each hyperplane of an arrangement."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import comb, factorial

import numpy as np
from numpy.typing import NDArray

from polyregions.errors import InvalidNetwork
from polyregions.geometry import Polytope
from polyregions.networks import Network
from polyregions.theory.constructions.construction import Construction

Floats = NDArray[np.float64]
Row = Sequence[float | Fraction]
"""A hyperplane a . x + c = 0, as (a, c)."""

STANLEY = "Stanley (2007), An introduction to hyperplane arrangements"
MOST_POWERS = 34
"""Powers of 3 up to this number of them are exact floats."""


def arrangement(
    name: str,
    rows: Sequence[Row],
    half_width: float,
    regions: int | None,
    faces: Sequence[int] | None,
    source: str,
) -> Construction:
    """Return the network of different hyperplanes, in a cube with all their minimal flats in its interior.

    The kink at a hyperplane is seen, for its output weight is not zero; so all regions are linear regions.  The output
    weights are powers of 3 as long as these are exact.  Then different patterns have different maps if each row has 1
    or -1 in a column that holds nothing else but 0: a sum of powers of 3 with factors -1, 0 and 1 is zero only if all
    factors are.
    """
    table = exact_table(rows)
    dim = table.shape[1] - 1
    small = table[:, :-1][:, np.isin(table[:, :-1], (-1.0, 0.0, 1.0)).all(axis=0)]
    ternary = len(table) <= MOST_POWERS and bool(small.any(axis=1).all())
    outputs = 3.0 ** np.arange(len(table)) if ternary else np.arange(1.0, len(table) + 1.0)
    network = Network.from_arrays([table[:, :-1], outputs[None, :]], [table[:, -1], [0.0]])
    return Construction(
        name=name,
        network=network,
        domain=Polytope.box(-half_width, half_width, dim=dim),
        activation_regions=regions,
        linear_regions=regions,
        distinct_maps=regions if ternary else None,
        face_counts=None if faces is None else tuple(faces),
        source=source,
    )


def exact_table(rows: Sequence[Row]) -> Floats:
    """Return numbers as floats, if floats can hold them."""
    exact = [[Fraction(entry) for entry in row] for row in rows]
    try:
        table = np.array([[float(entry) for entry in row] for row in exact])
    except OverflowError:
        table = np.full((1, 1), np.inf)
    if not np.isfinite(table).all() or [[Fraction(entry) for entry in row] for row in table.tolist()] != exact:
        raise InvalidNetwork(
            f"some coefficients of {len(rows)} hyperplanes in dimension {len(rows[0]) - 1} are no float64 numbers; "
            "take fewer hyperplanes or dimensions"
        )
    return table


def coordinate(dim: int, i: int) -> list[float]:
    """Return the hyperplane x_i = 0."""
    return [float(k == i) for k in range(dim + 1)]


def difference(dim: int, i: int, j: int, constant: float = 0.0) -> list[float]:
    """Return the hyperplane x_i - x_j = constant."""
    row = [0.0] * dim + [-constant]
    row[i], row[j] = 1.0, -1.0
    return row


def stirling(n: int, k: int) -> int:
    """Return the number of partitions of n things into k parts."""
    return int(sum((-1) ** (k - i) * comb(k, i) * i**n for i in range(k + 1))) // factorial(k)
