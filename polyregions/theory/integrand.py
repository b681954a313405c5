"""The random variable whose mean is the density of B_{N,k} at a point: one sample for each of many networks.

For units z_1, ..., z_k and a point x it is

    Y = ||J(x)|| * rho(breakpoints - z(x)) * [all of them have an open path to the outputs],

where z(x) are their pre-activations without their own biases, rho is the density of these biases, and J is the Jacobian
of z, in the network where the output of each of the k units is held at its value at the breakpoint.  That network does
not depend on the k biases, which is what the co-area formula needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from polyregions.networks.activation import Activation
from polyregions.theory.architecture import Architecture
from polyregions.theory.prior import Prior
from polyregions.theory.sampling import Place
from polyregions.theory.strata import Stratum

Floats = NDArray[np.float64]
Method = Literal["density", "largest", "conditional"]

ENTRIES = 1 << 21
"""About so many numbers an array holds at most."""


@dataclass(frozen=True, slots=True)
class Integrand:
    """Samples of Y for one stratum of sets of units.

    Parameters
    ----------
    architecture : Architecture
    prior : Prior
    place : Place
    stratum : Stratum
        The units are the first ones of each layer.
    method : {"density", "largest", "conditional"}
        What puts the units at their breakpoints: their biases; the bias or weight of each whose term varies most; or
        their whole rows, which are drawn given that.
    open_after : int
        Every layer after this one needs an open unit, or Y is 0.
    """

    architecture: Architecture
    prior: Prior
    place: Place
    stratum: Stratum
    method: Method
    open_after: int

    def draw(self, random: np.random.Generator, points: Floats) -> Floats:
        """Draw Y for points of the domain, each in a network of its own.

        Parameters
        ----------
        random : numpy.random.Generator
        points : numpy.ndarray, shape (B, m)

        Returns
        -------
        numpy.ndarray, shape (B,)
        """
        count, units = len(points), self.architecture.units
        outputs = points @ self.place.matrix.T + self.place.offset
        slopes, density, rows = self.place.slopes, np.ones(count), []
        deepest = max(self.stratum.layers)
        for number, (shape, chosen) in enumerate(
            zip(self.architecture.shapes, self.stratum.chosen, strict=False), start=1
        ):
            weights = self.prior.draw_weights(random, shape, count, columns=outputs.shape[1])
            biases = self.prior.draw_biases(random, shape, count)
            held = slice(0, len(chosen))
            targets = np.array([units.breakpoints[t] for t in chosen])
            if chosen and self.method != "density":
                move = self._condition if self.method == "conditional" else self._solve
                density *= move(weights, biases, outputs, targets, shape)
            values = np.einsum("bij,bj->bi", weights, outputs)
            if chosen and self.method == "density":
                density *= self.prior.bias_density(targets - values[:, held], shape[1]).prod(axis=1)
            values += biases
            passed = activate(units, values)
            values[:, held] = units(targets)
            if number > self.open_after:
                density *= (passed[:, len(chosen) :] != 0.0).any(axis=1)
            if number <= deepest:
                used = weights if number < deepest else weights[:, held]
                gradients = used if slopes is None else used @ slopes
                rows.append(gradients[:, held].copy())
            if number < deepest:
                passed[:, held] = 0.0
                slopes = gradients * passed[:, :, None]
            outputs = values
        return density * _sizes(np.concatenate(rows, axis=1))

    def _condition(
        self, weights: Floats, biases: Floats, outputs: Floats, targets: Floats, shape: tuple[int, int]
    ) -> Floats:
        """Move the rows of the chosen units to where these are at their breakpoints; return the density of that."""
        chosen = slice(0, len(targets))
        variance, own = self.prior.weight_std(shape[1], shape[0]) ** 2, self.prior.bias_std(shape[1]) ** 2
        total = (variance * (outputs**2).sum(axis=1) + own)[:, None]
        excess = np.einsum("bij,bj->bi", weights[:, chosen], outputs) + biases[:, chosen] - targets
        weights[:, chosen] -= (variance * excess / total)[:, :, None] * outputs[:, None, :]
        return np.asarray(np.prod(np.exp(-0.5 * targets**2 / total) / np.sqrt(2.0 * np.pi * total), axis=1))

    def _solve(
        self, weights: Floats, biases: Floats, outputs: Floats, targets: Floats, shape: tuple[int, int]
    ) -> Floats:
        """Put the chosen units at their breakpoints by one number of each row; return the density of that."""
        chosen, every, largest = slice(0, len(targets)), np.arange(len(outputs)), np.abs(outputs).argmax(axis=1)
        read = outputs[every, largest]
        by_weight = self.prior.weight_std(shape[1], shape[0]) * np.abs(read) > self.prior.bias_std(shape[1])
        factors = np.where(by_weight, read, 1.0)[:, None]
        old = np.where(by_weight[:, None], weights[every, chosen, largest], biases[:, chosen])
        missing = targets - biases[:, chosen] - np.einsum("bij,bj->bi", weights[:, chosen], outputs)
        new = old + missing / factors
        weights[every[by_weight], chosen, largest[by_weight]] = new[by_weight]
        of_weights, of_biases = (
            self.prior.weight_density(new, shape[1], shape[0]),
            self.prior.bias_density(new, shape[1]),
        )
        return np.asarray((np.where(by_weight[:, None], of_weights, of_biases) / np.abs(factors)).prod(axis=1))


def activate(units: Activation, values: Floats) -> Floats:
    """Apply the activation to values in place; return its slopes there."""
    if units.is_relu:
        slopes = (values > 0.0).astype(np.float64)
        values *= slopes
        return slopes
    slopes = np.asarray(units.slopes)[np.searchsorted(units.breakpoints, values)]
    values[...] = units(values)
    return slopes


def batch_size(architecture: Architecture, columns: int, dim: int) -> int:
    """Return how many networks to draw at once.

    Parameters
    ----------
    architecture : Architecture
    columns : int
        So many numbers the first layer reads.
    dim : int
        So many directions gradients have.
    """
    widths = architecture.widths
    pairs = zip(widths, (columns, *widths), strict=False)
    return max(1, ENTRIES // max(16, *(outputs * max(inputs, dim) for outputs, inputs in pairs)))


def _sizes(rows: Floats) -> Floats:
    """Return the volumes of parallelepipeds spanned by k vectors, shape (B,) from (B, k, m); change the vectors."""
    sizes = np.ones(len(rows))
    for number in range(rows.shape[1]):  # Gram and Schmidt, which do not square what is nearly parallel
        lengths = np.linalg.norm(rows[:, number], axis=1)
        sizes *= lengths
        directions = rows[:, number] / np.where(lengths > 0.0, lengths, 1.0)[:, None]
        rest = rows[:, number + 1 :]
        rest -= np.einsum("bkm,bm->bk", rest, directions)[:, :, None] * directions[:, None, :]
    return sizes
