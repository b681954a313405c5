"""Which switches vanish on whole regions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyregions.networks.affine import CHUNK, RegionForms, enclosed_switches
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


def _vanishing(
    network: Network, patterns: NDArray[np.integer], numbers: NDArray[np.int64], switches: NDArray[np.int64]
) -> NDArray[np.bool_]:
    signs = enclosed_switches(network, patterns, numbers, switches).sign()
    zero, other = (signs == 0).all(axis=1), ((signs == 1) | (signs == -1)).any(axis=1)
    exact: dict[int, RegionForms] = {}
    for question in np.flatnonzero(~zero & ~other).tolist():
        number = int(numbers[question])
        if number not in exact:
            exact[number] = RegionForms(network, patterns[number])
        zero[question] = not any(entry != 0 for entry in exact[number].switch(int(switches[question])))
    return np.asarray(zero)
