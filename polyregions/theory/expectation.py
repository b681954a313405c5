"""The volume theorem's right-hand side: how much boundary a random network has, on average.

Hanin and Rolnick (2019): for random weights and biases, with a density of the biases given everything else,

    E vol_{n-k}(B_{N,k} in K) = sum over sets of k units of the integral over x in K of E Y(x),

with Y as in `integrand`.  Sums run over sets, not over tuples, and a unit counts where it has an open path to the
outputs when the other units of the set are taken as open.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal, get_args, overload

import numpy as np

from polyregions.errors import InvalidNetwork
from polyregions.geometry.polytope import Polytope
from polyregions.theory.architecture import Architecture, check_codim
from polyregions.theory.estimate import Estimate
from polyregions.theory.integrand import Integrand, Method, batch_size
from polyregions.theory.prior import Prior
from polyregions.theory.sampling import Embedding, Place, Shells
from polyregions.theory.strata import Stratum, can_meet, strata

Reading = Literal["theorem", "strict", "ordered", "ignored"]
Parts = dict[tuple[int, ...], Estimate]

PILOT = 0.1
"""This share of the samples only tells how the others are best shared out."""


@overload
def expected_boundary_volume(
    architecture: Architecture,
    prior: Prior,
    domain: Polytope,
    codim: int,
    *,
    visible: bool = True,
    by: None = None,
    embedding: Embedding | None = None,
    samples: int = 100_000,
    seed: int = 0,
    method: Method | None = None,
    reading: Reading = "theorem",
) -> Estimate: ...


@overload
def expected_boundary_volume(
    architecture: Architecture,
    prior: Prior,
    domain: Polytope,
    codim: int,
    *,
    visible: bool = True,
    by: Literal["layer"],
    embedding: Embedding | None = None,
    samples: int = 100_000,
    seed: int = 0,
    method: Method | None = None,
    reading: Reading = "theorem",
) -> Parts: ...


def expected_boundary_volume(
    architecture: Architecture,
    prior: Prior,
    domain: Polytope,
    codim: int,
    *,
    visible: bool = True,
    by: Literal["layer"] | None = None,
    embedding: Embedding | None = None,
    samples: int = 100_000,
    seed: int = 0,
    method: Method | None = None,
    reading: Reading = "theorem",
) -> Estimate | Parts:
    """Estimate the mean (n-k)-volume of B_{N,k} inside K over random networks, by the theorem: no network is cut.

    Parameters
    ----------
    architecture : Architecture
    prior : Prior
    domain : Polytope
        K, of dimension n, or m with an embedding.
    codim : int
        The k of B_{N,k}, from 1 to the dimension of K.
    visible : bool
        Whether only walls count across which the gradient jumps, or all walls between activation regions.
    by : {"layer"}, optional
        Split by the layers of the units that meet: a dict with keys as those of `boundary_volume`.
    embedding : (array_like, array_like), optional
        A matrix (n, m) and an offset (n,): networks are restricted to the flat of the points ``matrix @ y + offset``,
        for y in K, as by `Network.after`.  Volumes are those in K.
    samples : int
        Random points, each in a network of its own; more if these are less than 200 for every way to share out the
        units over the layers.  A tenth is a pilot's, and not counted in the result.
    seed : int
    method : {"density", "largest", "conditional"}, optional
        What is integrated out of every unit that meets others: its bias; the bias or weight whose term varies most, for
        independent weights; or its whole row, for normal weights and biases.  Left out, the last of these that the
        prior allows; where biases are small, the others need many more samples.
    reading : {"theorem", "strict", "ordered", "ignored"}
        Wrong readings of the theorem, to see that they are wrong: open paths must avoid the other units; tuples are
        ordered; whether there is a path is ignored.

    Returns
    -------
    Estimate, or dict of Estimate

    Raises
    ------
    DimensionMismatch
        Domain, embedding and codimension do not fit the networks.
    InvalidNetwork
        Biases have no density: with zero biases all walls go through the origin and the theorem does not hold.  Or they
        are too small beside the domain.
    InvalidDomain
        Floats do not hold its volume, or squares of its coordinates.
    ValueError
        There is no such method, reading or way to split, or there are too few samples.

    Notes
    -----
    Units of a layer may be exchanged, so sets of units are grouped by layers; samples are shared out over the groups by
    a pilot.  Where biases are small, points are drawn densely around the origin.  Costs one forward pass with Jacobian
    a sample, and memory for a few million numbers.

    The standard error is that of the samples, and misses what none of them met.  In narrow networks, where all units of
    a layer but one are often closed, walls of later layers lie beside the walls of that one, as near as biases are
    small: with three units in a layer, errors are too small for a bias_scale below some 1e-6 of the domain's size.

    References
    ----------
    Hanin and Rolnick, Complexity of Linear Regions in Deep Networks (2019).

    Examples
    --------
    One layer of six units in the square, as many lines: on average a third of the 15 pairs meet in it.

    >>> import polyregions as pr
    >>> prior = pr.Prior(bias_scale=1.0)
    >>> square = pr.Polytope.box(-1, 1, dim=2)
    >>> crossings = pr.expected_boundary_volume(pr.Architecture(2, (6,)), prior, square, 2)
    >>> abs(crossings.value - 5.0) < 4 * crossings.error, crossings.error < 0.05
    (True, True)
    """
    _check(prior, domain, codim, by, samples, reading)
    methods = _methods(prior)
    if method is not None and method not in methods:
        raise ValueError(f"the method for {prior} is one of {', '.join(methods)}; got {method!r}")
    place = Place.of(architecture, prior, domain, embedding)
    parts: Parts = {}
    groups = [group for group in strata(architecture, codim) if can_meet(architecture, group)]
    integrands = [
        Integrand(
            architecture,
            prior,
            place,
            group,
            method or methods[-1],
            _open_after(group, reading if visible else "ignored"),
        )
        for group in groups
    ]
    factor = math.factorial(codim) if reading == "ordered" else 1
    for group, estimate in zip(groups, _integrals(integrands, codim, samples, seed), strict=True):
        parts[group.layers] = parts.get(group.layers, 0) + estimate.times(factor)
    if by == "layer":
        return dict(sorted(parts.items()))
    return sum(parts.values(), start=Estimate(0.0, 0.0, 0))


def _check(prior: Prior, domain: Polytope, codim: int, by: str | None, samples: int, reading: str) -> None:
    if not prior.has_density:
        raise InvalidNetwork("the theorem needs biases with a density; choose a bias_scale above zero")
    check_codim(codim, domain.dim)
    if by not in (None, "layer"):
        raise ValueError(f'expected volumes are split by "layer", got {by!r}')
    if reading not in get_args(Reading):
        raise ValueError(f"the reading is one of {', '.join(get_args(Reading))}; got {reading!r}")
    if samples < 1000:
        raise ValueError(f"an estimate with a standard error needs 1000 samples or more, got {samples}")


def _methods(prior: Prior) -> tuple[Method, ...]:
    """Return the methods that the prior allows, the better ones later."""
    if not prior.has_independent_weights:
        return ("density",)
    is_normal = prior.has_normal_weights and prior.biases == "normal"
    return ("density", "largest", "conditional") if is_normal else ("density", "largest")


def _open_after(group: Stratum, reading: str) -> int:
    """Return the layer after which every layer needs an open unit."""
    if reading == "ignored":
        return len(group.chosen)
    return min(group.layers) if reading == "strict" else max(group.layers)


def _integrals(integrands: list[Integrand], codim: int, samples: int, seed: int) -> Iterator[Estimate]:
    """Estimate the integrals over the domain of all strata, each times its multiplicity."""
    if not integrands:  # fewer units than the codimension
        return
    streams = [np.random.default_rng(key) for key in np.random.SeedSequence((seed, codim)).spawn(len(integrands))]
    pilot, shells = max(100, round(PILOT * samples / len(integrands))), _shells(integrands[0], codim)
    errors = np.array(
        [_integral(term, shells, pilot, stream).error for term, stream in zip(integrands, streams, strict=True)]
    )
    shares = np.maximum(errors, 0.01 * errors.sum() / len(errors))
    shares = shares / shares.sum() if shares.sum() > 0.0 else np.full(len(errors), 1.0 / len(errors))
    for term, share, stream in zip(integrands, shares, streams, strict=True):
        yield _integral(term, shells, max(100, round((1.0 - PILOT) * samples * share)), stream)


def _shells(term: Integrand, codim: int) -> Shells | None:
    """Return where to draw points more densely, which is the same for all strata."""
    inputs = term.architecture.input_dim
    core = term.prior.bias_std(inputs) / term.prior.weight_std(inputs, term.architecture.widths[0])
    return term.place.shells(core, codim)


def _integral(term: Integrand, shells: Shells | None, samples: int, random: np.random.Generator) -> Estimate:
    """Estimate the integral of one stratum over the domain."""
    batch, values = batch_size(term.architecture, *term.place.matrix.shape), []
    for first in range(0, samples, batch):
        points, weights = term.place.draw(random, min(batch, samples - first), shells)
        values.append(weights * term.draw(random, points))
    return Estimate.of(np.concatenate(values)).times(term.stratum.multiplicity)
