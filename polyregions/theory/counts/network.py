"""An upper bound for one network: from the ranks of its weights and what its units can do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import accumulate
from math import comb, prod

from scipy.sparse import csr_array

from polyregions.arithmetic import rank, rational_matrix
from polyregions.errors import UnsupportedLayer
from polyregions.networks import Layer, Maximum, Network
from polyregions.theory.counts.polynomials import product_of


def network_bound(network: Network) -> int:
    """Return an upper bound for the number of activation regions of a network, on any convex domain.

    Parameters
    ----------
    network : Network
        A plain stack of layers, with any activations and maxima.

    Returns
    -------
    int
        At most `serra_bound` of the widths if all hidden units are ReLUs, and less if weight matrices have small ranks.

    Raises
    ------
    UnsupportedLayer
        A layer reads something else than the layer before it, so the dimension behind a layer does not limit the next.

    Notes
    -----
    The bound of Serra, Tjandraatmadja and Ramalingam (2018), Bounding and counting linear regions of deep neural
    networks, theorem 1, with exact ranks and for all activations.  In a space of dimension d, units with T_1, ..., T_n
    breakpoints are n families of parallel hyperplanes, which make at most ``e_0 + ... + e_d`` regions, where e_j is
    the j-th elementary symmetric function of the T.  A unit with s pieces that have a slope and z constant ones has a
    slope in s of s + z cases, so the number of patterns in which i units have a slope is a coefficient of the product
    of all ``z + s * y``.  The bound takes the patterns with most slopes first, for these leave the largest dimension.
    For ReLUs that is theorem 1; for units without constant pieces, the bound of Montúfar (2017).

    A unit that is the maximum of k rows counts as ``k * (k - 1) / 2`` hyperplanes, as in theorem 8.

    Examples
    --------
    >>> import numpy as np
    >>> weights = [np.eye(5, 3) + 1.0, np.eye(5), np.ones((5, 5)), np.ones((1, 5))]
    >>> net = Network.from_arrays(weights, [np.zeros(5), np.zeros(5), np.zeros(5), [0.0]])
    >>> network_bound(net)  # 11776 for these widths; the third matrix has rank 1
    3456
    >>> leaky = Network.from_arrays([np.eye(3, 2), np.ones((1, 3))], [np.ones(3), [0.0]], ["leaky_relu", "identity"])
    >>> network_bound(leaky)
    7
    """
    counts = {network.input_dim: 1}
    for number, layer in enumerate(network.layers, start=1):
        if layer.sources != (number - 1,):
            raise UnsupportedLayer(
                f"the bound is for plain stacks, in which every layer reads the one before; layer {number} reads "
                f"{layer.sources}. For a network with skips, trivial_bound of its widths holds"
            )
        counts = _behind(layer, counts)
    return sum(counts.values())


def _behind(layer: Layer, counts: Mapping[int, int]) -> dict[int, int]:
    """Return how many regions of each dimension there are behind a layer, from how many there are before it."""
    limit = _rank(layer)
    families, patterns = _maximum(layer.activation, limit) if isinstance(layer.activation, Maximum) else _kinks(layer)
    most = list(accumulate(families[: limit + 1]))
    behind: Counter[int] = Counter()
    for dim, count in counts.items():
        reached = min(dim, limit)
        left = most[min(reached, len(most) - 1)]
        for sloped in range(len(patterns) - 1, -1, -1):
            taken = min(left, patterns[sloped])
            behind[min(sloped, reached)] += count * taken
            left -= taken
            if not left:
                break
    return dict(behind)


def _rank(layer: Layer) -> int:
    """Return the exact rank of a layer's weights."""
    weights = layer.weights.toarray() if isinstance(layer.weights, csr_array) else layer.weights
    rows, columns = weights.shape
    return rank(rational_matrix(weights if rows >= columns else weights.T))  # tall matrices are reduced faster


def _kinks(layer: Layer) -> tuple[list[int], list[int]]:
    """Return how many flats of each codimension the units' hyperplanes have, and patterns by units with a slope."""
    activation = layer.activation
    each = activation if isinstance(activation, tuple) else (activation,) * layer.width
    kinds = Counter((kind.slopes.count(0.0), len(kind.slopes)) for kind in each if not isinstance(kind, Maximum))
    families, patterns = [1], [1]
    for (flat, pieces), units in kinds.items():
        families = product_of(families, _power(1, pieces - 1, units))
        patterns = product_of(patterns, _power(flat, pieces - flat, units))
    return families, patterns


def _maximum(maximum: Maximum, limit: int) -> tuple[list[int], list[int]]:
    """Return the same for maxima, all of which have a slope."""
    sizes = maximum.n_pieces.tolist()
    hyperplanes = sum(comb(size, 2) for size in sizes)
    return [comb(hyperplanes, j) for j in range(limit + 1)], [*[0] * len(sizes), prod(sizes)]


def _power(constant: int, slope: int, exponent: int) -> list[int]:
    """Return the coefficients of ``(constant + slope * y) ** exponent``."""
    return [comb(exponent, i) * slope**i * constant ** (exponent - i) for i in range(exponent + 1)]
