"""Which switches vanish on whole regions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyregions.arithmetic import Enclosure
from polyregions.arithmetic.enclosure import QUIET
from polyregions.networks.affine import CHUNK, RegionForms, enclosed_forms, layer_pieces
from polyregions.networks.network import Network


def vanishing(
    network: Network,
    patterns: NDArray[np.integer],
    numbers: NDArray[np.int64],
    switches: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Tell of which switches the form is zero where a pattern holds, exactly.

    Parameters
    ----------
    network : Network
    patterns : numpy.ndarray of int, shape (R, n_units)
    numbers, switches : numpy.ndarray of int, shape (q,)
        The questions: which pattern, and which switch.

    Returns
    -------
    numpy.ndarray of bool, shape (q,)

    Notes
    -----
    Enclosures of all forms at once; what they leave open is computed in rationals, once for each pattern.
    """
    result = np.zeros(len(numbers), dtype=np.bool_)
    for first in range(0, len(patterns), CHUNK):
        mine = np.flatnonzero((numbers >= first) & (numbers < first + CHUNK))
        result[mine] = _vanishing(network, patterns[first : first + CHUNK], numbers[mine] - first, switches[mine])
    return result


@QUIET
def _vanishing(
    network: Network, patterns: NDArray[np.integer], numbers: NDArray[np.int64], switches: NDArray[np.int64]
) -> NDArray[np.bool_]:
    width = network.input_dim + 1
    found = Enclosure(np.zeros((len(numbers), width)), np.zeros((len(numbers), width)))
    bounds = network.first_switches.tolist()
    each = zip(network.layers, enclosed_forms(network, patterns), layer_pieces(network, patterns), strict=False)
    for index, (layer, rows, pieces) in enumerate(each):
        mine = np.flatnonzero((switches >= bounds[index]) & (switches < bounds[index + 1]))
        if len(mine):
            forms = layer.units.switch_forms(rows, pieces.T, switches[mine] - bounds[index], numbers[mine])
            found.value[mine], found.error[mine] = forms.value, forms.error
    signs = found.sign()
    zero, other = (signs == 0).all(axis=1), ((signs == 1) | (signs == -1)).any(axis=1)
    exact: dict[int, RegionForms] = {}
    for question in np.flatnonzero(~zero & ~other).tolist():
        number = int(numbers[question])
        if number not in exact:
            exact[number] = RegionForms(network, patterns[number])
        zero[question] = not any(entry != 0 for entry in exact[number].switch(int(switches[question])))
    return np.asarray(zero)
