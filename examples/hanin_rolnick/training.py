"""Data, initial networks, and training: what the experiments on images of handwritten digits share.

The networks are classifiers: ten outputs, which are scores, and ReLU in all hidden layers.  Weights are kept in float32
while training; the networks handed out have exactly these weights.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from common import Floats, Row, shape_columns, widths_of
from numpy.typing import NDArray

import polyregions as pr
from polyregions.theory import Architecture, Prior, random_network

Arrays = tuple[list[NDArray[Any]], list[NDArray[Any]]]

BATCH = 128
LEARNING_RATE = 1e-3
MNIST = (("train-images-idx3-ubyte", "train-labels-idx1-ubyte"), ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"))


# --- data ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Data:
    """Images as rows of numbers from 0 to 1, and which digits they are."""

    name: str
    images: Floats
    labels: NDArray[np.int64]
    test_images: Floats
    test_labels: NDArray[np.int64]


def load_data(folder: Path | None) -> Data:
    """Return MNIST from a folder with its files, or scikit-learn's images of 8 x 8 pixels.

    If the folder has only the 10,000 test images, 9,000 of them are trained on and 1,000 are for the test.
    """
    if folder is None:
        return split("8x8 digits", *read_digits(), 1_500)
    (train_images, train_labels), (test_images, test_labels) = MNIST
    test = read_idx(folder / test_images).reshape(10_000, -1) / 255, read_idx(folder / test_labels)
    if not any((folder / f"{train_images}{ending}").exists() for ending in ("", ".gz")):
        return split("MNIST", *test, 9_000)
    train = read_idx(folder / train_images).reshape(60_000, -1) / 255, read_idx(folder / train_labels)
    return Data("MNIST", rounded(train[0]), train[1].astype(np.int64), rounded(test[0]), test[1].astype(np.int64))


def read_digits() -> tuple[Floats, NDArray[np.int64]]:
    """Return the 1,797 images that come with scikit-learn, and which digits they are."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        sys.exit("the default images come with scikit-learn: python -m pip install 'polyregions[sklearn]'")
    bunch = load_digits()
    return bunch.data / 16, bunch.target


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read an array in the format of the MNIST files, gzipped or not."""
    packed = path.with_name(f"{path.name}.gz")
    content = path.read_bytes() if path.exists() else gzip.decompress(packed.read_bytes())
    kind, dimensions = content[2], content[3]
    if content[:2] != b"\0\0" or kind != 8:
        raise ValueError(f"{path.name} is not an array of bytes in the IDX format")
    start = 4 + 4 * dimensions
    return np.frombuffer(content, np.uint8, offset=start).reshape(np.frombuffer(content[4:start], ">u4"))


def rounded(images: Floats) -> Floats:
    """Return images as training sees them, in float32."""
    return images.astype(np.float32).astype(np.float64)


def split(name: str, images: Floats, labels: NDArray[Any], count: int) -> Data:
    """Train on `count` images, always the same ones, and test on the rest."""
    order = np.random.default_rng(0).permutation(len(images))
    images, labels = rounded(images)[order], labels[order].astype(np.int64)
    return Data(name, images[:count], labels[:count], images[count:], labels[count:])


# --- networks -----------------------------------------------------------------------------------------------------


def initial_network(name: str, data: Data, key: Sequence[int]) -> pr.Network:
    """Return a network as Hanin and Rolnick begin: He-normal weights, normal biases of variance 1e-6."""
    shape = Architecture(data.images.shape[1], widths_of(name), 10)
    seed = np.random.SeedSequence([*key, *shape.widths])
    return network_of(*arrays_of(random_network(shape, Prior(bias_scale=1e-3), seed)))


def arrays_of(network: pr.Network) -> Arrays:
    """Return weights and biases of all layers in float32."""
    return tuple([np.asarray(part, np.float32) for part in parts] for parts in zip(*pairs(network), strict=True))


def pairs(network: pr.Network) -> list[tuple[Floats, Floats]]:
    """Return the weights and the bias of each layer."""
    return [(layer.weights, layer.bias) for layer in network.layers]


def network_of(weights: Sequence[NDArray[Any]], biases: Sequence[NDArray[Any]]) -> pr.Network:
    """Return the ReLU network with these weights, of the shapes (outputs, inputs), and biases."""
    return pr.Network.from_arrays(*([part.astype(np.float64) for part in parts] for parts in (weights, biases)))


# --- training -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Checkpoint:
    """A network after some epochs, and the share of the test images that it gets right."""

    epoch: float
    network: pr.Network
    accuracy: float


def train(
    network: pr.Network, data: Data, epochs: Sequence[float], seed: Sequence[int], trainer: str = "auto"
) -> Iterator[Checkpoint]:
    """Train with Adam on the cross-entropy and yield the network after each of some numbers of epochs.

    The batches, and their order, depend on the seed alone and are the same with both trainers.
    """
    stepper = STEPPERS[chosen_trainer(trainer)](*arrays_of(network))
    images, random = data.images.astype(np.float32), np.random.default_rng(seed)
    batches: list[NDArray[np.int64]] = []
    per_epoch, done = -(-len(images) // BATCH), 0
    for epoch in sorted(epochs):
        for _ in range(done, round(epoch * per_epoch)):
            batches = batches or np.array_split(random.permutation(len(images)), per_epoch)
            batch = batches.pop()
            stepper.step(images[batch], data.labels[batch])
            done += 1
        now = network_of(*stepper.arrays())
        right = now(data.test_images).argmax(axis=1) == data.test_labels
        yield Checkpoint(epoch, now, float(right.mean()))


def follow(
    data: Data,
    chosen: argparse.Namespace,
    choose: Callable[[np.random.Generator], Any],
    measure: Callable[[pr.Network, Any], Iterable[Row]],
) -> Iterator[Row]:
    """Train networks of all architectures; choose where to look once for each, and yield what is measured there."""
    for name in chosen.architectures:
        for number in range(chosen.runs):
            key = (chosen.seed, number)
            places = choose(np.random.default_rng([*key, 1]))
            network = initial_network(name, data, key)
            for now in train(network, data, chosen.epochs, key, chosen.trainer):
                about = {"data": data.name, **shape_columns(name), "run": number, "epoch": now.epoch}
                for found in measure(now.network, places):
                    yield about | {"accuracy": now.accuracy} | found
        print(f"{name}: test accuracy {now.accuracy:.1%} in the last run", flush=True)


def chosen_trainer(name: str) -> str:
    """Return which trainer is meant by ``"auto"``: torch if it is installed."""
    if name != "auto":
        return name
    return "torch" if importlib.util.find_spec("torch") else "sklearn"


class TorchSteps:
    """Steps of Adam with PyTorch, in one thread."""

    def __init__(self, weights: list[NDArray[Any]], biases: list[NDArray[Any]]) -> None:
        """Begin with these weights and biases."""
        import torch

        torch.set_num_threads(1)
        self.torch = torch
        self.layers = [
            tuple(torch.tensor(part, requires_grad=True) for part in pair) for pair in zip(weights, biases, strict=True)
        ]
        self.adam = torch.optim.Adam([part for pair in self.layers for part in pair], lr=LEARNING_RATE)

    def step(self, images: NDArray[np.float32], labels: NDArray[np.int64]) -> None:
        """Make a step with a batch."""
        values = self.torch.from_numpy(images)
        for weights, bias in self.layers[:-1]:
            values = self.torch.relu(self.torch.addmm(bias, values, weights.T))
        weights, bias = self.layers[-1]
        scores = self.torch.addmm(bias, values, weights.T)
        self.adam.zero_grad()
        self.torch.nn.functional.cross_entropy(scores, self.torch.from_numpy(labels)).backward()
        self.adam.step()

    def arrays(self) -> Arrays:
        """Return the weights and biases as they are now."""
        weights, biases = zip(*self.layers, strict=True)
        return [part.detach().numpy().copy() for part in weights], [part.detach().numpy().copy() for part in biases]


class SklearnSteps:
    """Steps of Adam with scikit-learn."""

    def __init__(self, weights: list[NDArray[Any]], biases: list[NDArray[Any]]) -> None:
        """Begin with these weights and biases."""
        from sklearn.neural_network import MLPClassifier

        hidden = [len(bias) for bias in biases[:-1]]
        self.model = MLPClassifier(hidden, learning_rate_init=LEARNING_RATE, alpha=0.0, shuffle=False, random_state=0)
        nothing = np.zeros((1, weights[0].shape[1]), np.float32)
        self.model.partial_fit(nothing, [0], classes=np.arange(10))  # a step, so that there are arrays to overwrite
        for mine, given in zip(self.model.coefs_ + self.model.intercepts_, [*weights, *biases], strict=True):
            mine[...] = given.T
        del self.model._optimizer  # it remembers that step; the next one makes a new one

    def step(self, images: NDArray[np.float32], labels: NDArray[np.int64]) -> None:
        """Make a step with a batch: for scikit-learn, one epoch on these images."""
        self.model.partial_fit(images, labels)

    def arrays(self) -> Arrays:
        """Return the weights and biases as they are now."""
        return [part.T.copy() for part in self.model.coefs_], [part.copy() for part in self.model.intercepts_]


STEPPERS: dict[str, Any] = {"torch": TorchSteps, "sklearn": SklearnSteps}
