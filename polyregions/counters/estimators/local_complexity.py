"""How dense walls are near points: the local complexity, for noisy biases and by signs at corners."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from polyregions.arithmetic.enclosure import QUIET
from polyregions.counters.estimators.forward import batches, lengths, switches_at
from polyregions.counters.estimators.sampled import check_budget, mean
from polyregions.enumeration.engines import check_dimensions
from polyregions.errors import UnsupportedLayer
from polyregions.geometry.polytope import Polytope
from polyregions.networks.evaluate import switch_signs
from polyregions.networks.maximum import Maximum
from polyregions.networks.network import Network
from polyregions.theory.estimate import Estimate
from polyregions.theory.sampling import Uniform


@QUIET
def local_complexity(
    network: Network, domain: Polytope, budget: int, rng: np.random.Generator, *, noise: float
) -> Estimate:
    """Estimate the area of walls per volume of K, on average over normal noise on the biases.

    Parameters
    ----------
    network : Network
        Without maxima.
    domain : Polytope
        K.
    budget : int
        How many points are drawn, uniform in K, each with noise of its own.
    rng : numpy.random.Generator
    noise : float
        The standard deviation of the independent normal noise on the bias of every unit of the layers that can switch.

    Returns
    -------
    Estimate
        A density: times the volume of K it is the expected area of all walls between regions, visible or not.

    Raises
    ------
    DimensionMismatch
        Network and domain have different dimensions.
    UnsupportedLayer
        The network has maxima.
    ValueError
        The budget is not positive, or the noise not a positive number.

    Notes
    -----
    The mean of ``sum over switches of |grad z(x)| * density(b - z(x))`` over points x and noise is estimated, where z
    is the unit's row with noise on the biases of earlier units but not on its own, b the breakpoint, and the density
    that of its own noise.  For this noise, given all other, the co-area formula says that the expected area of
    ``{z + noise = b}`` in K is the integral of that product: the volume theorem of Hanin and Rolnick (2019) with fixed
    weights.  Almost surely no two of these sets share an area, and each is crossed, not touched, so the sum is the area
    of the walls.

    Unbiased for the network with noise.  For the network itself the bias goes to 0 with the noise where walls coincide
    nowhere and units do not vanish on regions.  The variance is that of the sum at one point divided by the budget; it
    grows like 1 / noise as the noise goes to 0.  Floats; one forward pass with gradients for each point.

    Patel and Montúfar (2025) call a density of this kind, over the distribution of the data, the local complexity of a
    network.

    Sources: Patel and Montúfar (2025), On the local complexity of linear regions in deep ReLU networks; Hanin and
    Rolnick (2019), Complexity of linear regions in deep networks.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> square = pr.Polytope.box(-1, 1, dim=2)  # two lines of length 2 in an area of 4
    >>> found = local_complexity(net, square, 20_000, np.random.default_rng(0), noise=0.1)
    >>> abs(found.value - 1.0) < 4 * found.error < 0.1
    True
    """
    check_dimensions(network, domain)
    check_budget(budget)
    if any(isinstance(layer.units, Maximum) for layer in network.layers):
        raise UnsupportedLayer("local complexity is defined for units with one bias each, the network has maxima")
    if not 0.0 < noise < np.inf:
        raise ValueError(f"noise is a standard deviation, a positive number, got {noise!r}")
    uniform, numbers = Uniform(domain), []
    for size in batches(network, budget):
        shifts = noise * rng.standard_normal((network.n_units, size))
        switches = switches_at(network, uniform.draw(rng, size), shifts)
        missing = switches[:, :, -1] - shifts[network.switch_units]
        numbers.append((lengths(switches[:, :, :-1]) * norm.pdf(missing, scale=noise)).sum(axis=0))
    return mean(np.concatenate(numbers))


def sign_changes(
    network: Network, domain: Polytope, budget: int, rng: np.random.Generator, *, radius: float
) -> Estimate:
    """Estimate how many switches have both signs at the corners of a small cross-polytope, on average over K.

    Parameters
    ----------
    network : Network
    domain : Polytope
        K, of dimension n and volume V.
    budget : int
        How many points are drawn, uniform in K; each is the centre of a cross-polytope in a random position, whose
        corners are the 2 n points at a distance along n orthogonal directions.
    rng : numpy.random.Generator
    radius : float
        That distance.

    Returns
    -------
    Estimate
        The mean number of switches.

    Raises
    ------
    DimensionMismatch
        Network and domain have different dimensions.
    ValueError
        The budget is not positive, or the radius not a positive number.

    Notes
    -----
    The local complexity of Humayun, Balestriero and Baraniuk (2024), with uniform points instead of data.  Unbiased for
    this mean, with the variance of the number at one point divided by the budget.  Signs are exact, at 2 n points for
    each one drawn.

    A switch with both signs at corners vanishes in between; one that vanishes inside with equal signs at all corners is
    missed, but none that is affine there.  So for a small radius the mean is about ``2 radius c / V`` times the area of
    the walls, each unit counted for itself, where c is the mean of the largest coordinate of a random unit vector, for
    n = 2 ``sqrt(8) / pi``; the relative error is O(radius), from bends and from walls that the boundary of K cuts off.

    Source: Humayun, Balestriero and Baraniuk (2024), Deep networks always grok and here is why.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0, 0.0]], [[1.0]]], [[0.0], [0.0]])
    >>> square = pr.Polytope.box(-1, 1, dim=2)
    >>> found = sign_changes(net, square, 5000, np.random.default_rng(0), radius=0.1)
    >>> abs(found.value - 0.1 * np.sqrt(8) / np.pi) < 4 * found.error < 0.02
    True
    """
    check_dimensions(network, domain)
    check_budget(budget)
    if not 0.0 < radius < np.inf:
        raise ValueError(f"a radius is a positive number, got {radius!r}")
    uniform, dim, numbers = Uniform(domain), domain.dim, []
    for size in batches(network, budget):
        frames = radius * np.linalg.qr(rng.standard_normal((size, dim, dim)))[0]
        corners = uniform.draw(rng, size)[:, None] + np.concatenate([frames, -frames], axis=1)
        signs = switch_signs(network, corners.reshape(-1, dim)).reshape(size, 2 * dim, network.n_switches)
        numbers.append(((signs > 0).any(axis=1) & (signs < 0).any(axis=1)).sum(axis=1).astype(np.float64))
    return mean(np.concatenate(numbers))
