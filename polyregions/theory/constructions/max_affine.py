"""The largest of several affine functions."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyregions.errors import DimensionMismatch, InvalidDomain, InvalidNetwork
from polyregions.geometry import Polytope
from polyregions.networks import Activation, Layer, Maximum, Network
from polyregions.theory.constructions.construction import Construction

Units = Literal["maximum", "relu"]


def max_affine(
    slopes: ArrayLike, constants: ArrayLike, domain: Polytope | None = None, units: Units = "maximum"
) -> Construction:
    """Return the largest of affine functions: a linear region for each that is largest on a set with interior.

    Parameters
    ----------
    slopes : array_like, shape (m, n)
    constants : array_like, shape (m,)
        The functions are ``slopes @ x + constants``; m is at least 2.
    domain : Polytope, optional
        The cube [-1, 1]^n if left out.
    units : "maximum" or "relu"
        One unit that is the maximum, or a tree of ReLUs that each compare two functions.

    Returns
    -------
    Construction
        With ReLUs, the number of activation regions depends on the tree; it is None.

    Raises
    ------
    InvalidNetwork
        There are fewer than two functions, shapes do not fit, or numbers are not finite floats.
    DimensionMismatch
        The domain has another dimension.

    Notes
    -----
    The function is convex, so each of its affine functions holds on one convex region.  Whether a function is the
    largest one on a set with interior in the domain is decided exactly, by one linear program for each function.  ReLUs
    compare by ``max(u, v) = v + max(u - v, 0)``; rows pass on as they are, so there are no other units that switch, and
    no number is rounded.

    Examples
    --------
    >>> tent = max_affine([[1.0], [-1.0], [0.0], [0.5]], [0.0, 0.0, 0.25, 0.125])
    >>> tent.linear_regions  # the last function is largest nowhere
    3
    """
    try:
        functions = Layer(np.asarray(slopes), np.asarray(constants), Activation.identity())
    except InvalidNetwork as error:
        raise InvalidNetwork(f"slopes and constants of affine functions are like weights and bias: {error}") from None
    table = np.column_stack([functions.weights, functions.bias])  # type: ignore[list-item]
    count, dim = len(table), table.shape[1] - 1
    if count < 2:
        raise InvalidNetwork(f"a maximum of affine functions needs at least two of them, got {count}")
    if units not in ("maximum", "relu"):
        raise InvalidNetwork(f'the units of a maximum of affine functions are "maximum" or "relu", got {units!r}')
    body = Polytope.box(-1.0, 1.0, dim=dim) if domain is None else domain
    if body.dim != dim:
        raise DimensionMismatch(f"the functions have {dim} variables, got a domain of dimension {body.dim}")
    largest = _largest(table, body)
    return Construction(
        name=f"max_affine({count} functions in dimension {dim}, {units})",
        network=_maximum(functions) if units == "maximum" else _tree(functions),
        domain=body,
        activation_regions=largest if units == "maximum" else None,
        linear_regions=largest,
        distinct_maps=largest,
        face_counts=None,
        source="a region for each function that is the largest on a set with interior",
    )


def _largest(table: NDArray[np.float64], domain: Polytope) -> int:
    """Return how many functions are the largest ones somewhere, with room around; equal ones count once."""
    best: dict[tuple[Fraction, ...], Fraction] = {}
    for *slope, constant in table.tolist():
        key = tuple(map(Fraction, slope))
        best[key] = max(best.get(key, Fraction(constant)), Fraction(constant))
    count = 0
    for slope, constant in best.items():
        others = [other for other in best if other != slope]
        if not others:
            return 1
        normals = np.array([[b - a for a, b in zip(slope, other, strict=True)] for other in others], dtype=object)
        try:
            domain.part(normals, np.array([constant - best[other] for other in others], dtype=object))
        except InvalidDomain:
            continue
        count += 1
    return count


def _maximum(functions: Layer) -> Network:
    layer = Layer(functions.weights, functions.bias, Maximum([range(len(functions.bias))]))
    return Network((layer, Layer([[1.0]], [0.0], Activation.identity())))  # type: ignore[arg-type]


def _tree(functions: Layer) -> Network:
    """Compare the functions in pairs, the larger ones in pairs again; an odd one waits."""
    layers, values = [functions], np.eye(len(functions.bias))  # the functions left, from the outputs of the last layer
    while len(values) > 1:
        paired = len(values) // 2
        one, other = values[: 2 * paired : 2], values[1 : 2 * paired : 2]
        rows = np.concatenate([one - other, other, values[2 * paired :]])
        kinds = [Activation.relu()] * paired + [Activation.identity()] * (len(rows) - paired)
        layers.append(Layer(rows, np.zeros(len(rows)), tuple(kinds)))
        values = np.zeros((len(values) - paired, len(rows)))
        values[:paired, :paired] = values[:paired, paired : 2 * paired] = np.eye(paired)
        values[paired:, 2 * paired :] = np.eye(len(values) - paired)
    return Network((*layers, Layer(values, np.zeros(len(values)), Activation.identity())))
