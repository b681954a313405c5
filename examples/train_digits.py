"""Train the small network on handwritten digits that comes with polyregions.

The inputs are the first two principal components of scikit-learn's 1,797 handwritten digits of 8 x 8 pixels,
standardised; the ten outputs score the ten digits.  The two components hold 29 % of the pixels' variance, so the
network cannot be accurate, but its partition of the plane can be drawn together with the data.

    python examples/train_digits.py --output digits.npz --points digits_points.npz

writes the network in the format of `polyregions.load_network` and the points it was trained on.  The run is
deterministic: the same versions on the same machine give the same files.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.neural_network import MLPClassifier

import polyregions as pr


def training_data() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the digits' two principal components, shape (1797, 2), rounded to float32, and which digits they are."""
    digits = load_digits()
    components = PCA(2, svd_solver="full").fit_transform(digits.data)
    standardised = (components - components.mean(axis=0)) / components.std(axis=0)
    return standardised.astype(np.float32).astype(np.float64), digits.target


def train(points: NDArray[np.float64], labels: NDArray[np.int64], hidden: tuple[int, ...], seed: int) -> MLPClassifier:
    """Fit a ReLU network with Adam until its loss stops falling."""
    classifier = MLPClassifier(hidden, learning_rate_init=0.003, max_iter=1000, random_state=seed)
    return classifier.fit(points, labels)


def network_of(classifier: MLPClassifier) -> pr.Network:
    """Return the classifier's scores before softmax; scikit-learn stores its weights as (inputs, outputs)."""
    return pr.Network.from_arrays([weights.T for weights in classifier.coefs_], classifier.intercepts_)


def main(arguments: list[str] | None = None) -> None:
    """Train, write the files, and say how accurate the network is."""
    parser = argparse.ArgumentParser(description="Train a small network on handwritten digits.")
    parser.add_argument("--output", type=Path, default=Path("digits.npz"), help="where to write the network (.npz)")
    parser.add_argument("--points", type=Path, help="where to write the training points and labels (.npz)")
    parser.add_argument("--seed", type=int, default=0, help="for initial weights and the order of the batches")
    parser.add_argument("--hidden", type=int, nargs="+", default=[16, 16, 16], help="widths of the hidden layers")
    chosen = parser.parse_args(arguments)
    points, labels = training_data()
    classifier = train(points, labels, tuple(chosen.hidden), chosen.seed)
    network = network_of(classifier)
    pr.save_network(network, chosen.output)
    if chosen.points:
        np.savez_compressed(chosen.points, points=points.astype(np.float32), labels=labels.astype(np.uint8))
    right = int((network(points).argmax(axis=1) == labels).sum())
    print(f"{network}: {right} of {len(labels)} digits right ({right / len(labels):.1%}), {classifier.n_iter_} epochs")


if __name__ == "__main__":
    main()
