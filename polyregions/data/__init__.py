"""A small trained network to try things on, and the points it was trained on.

Both come from the 1,797 handwritten digits of 8 x 8 pixels that scikit-learn includes, part of E. Alpaydin and
C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository,
https://doi.org/10.24432/C50P49 (CC BY 4.0).  ``examples/train_digits.py`` made the files.
"""

from __future__ import annotations

from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from polyregions.networks import Network, load_network

__all__ = ["digits_network", "digits_points"]


def digits_network() -> Network:
    """Return a network that recognises handwritten digits from two numbers.

    Returns
    -------
    Network
        Two inputs, the first two principal components of the 64 pixels, standardised; three hidden layers of 16 ReLU
        units; ten outputs, of which the largest names the digit.

    Notes
    -----
    Trained by ``examples/train_digits.py`` with its default options: scikit-learn's ``MLPClassifier``, Adam with
    learning rate 0.003, seed 0, until the loss stopped falling after 201 epochs.  It gets 1,218 of the 1,797 training
    points right (67.8 %); the two components hold 29 % of the pixels' variance, so no network could get all of them.

    Examples
    --------
    >>> network = digits_network()
    >>> network
    Network(2-16-16-16-10, 48 units)
    >>> points, digits = digits_points()
    >>> int((network(points).argmax(axis=1) == digits).sum())
    1218
    """
    with as_file(files(__name__) / "digits.npz") as path:
        return load_network(path)


def digits_points() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the points that `digits_network` was trained on.

    Returns
    -------
    points : numpy.ndarray, shape (1797, 2)
        Two standardised principal components of each image; they lie in ``[-2.5, 2.5] x [-2.5, 2.5]``.
    digits : numpy.ndarray of int, shape (1797,)
        What each image shows, 0 to 9.

    Examples
    --------
    >>> points, digits = digits_points()
    >>> points.shape, np.bincount(digits).tolist()
    ((1797, 2), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
    """
    with as_file(files(__name__) / "digits_points.npz") as path, np.load(path, allow_pickle=False) as data:
        return data["points"].astype(np.float64), data["labels"].astype(np.int64)
