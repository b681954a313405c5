"""The network and the points that come with the package are what their docstrings say."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import numpy as np
import pytest

import polyregions as pr
from polyregions import data

ROOT = Path(__file__).parents[2]


def test_shapes() -> None:
    network, (points, digits) = data.digits_network(), data.digits_points()
    assert (network.input_dim, [layer.width for layer in network.layers]) == (2, [16, 16, 16, 10])
    assert [str(layer.activation) for layer in network.layers] == ["relu", "relu", "relu", "identity"]
    assert points.shape == (1797, 2)
    assert (points.dtype, digits.dtype) == (np.float64, np.int64)
    assert sorted(set(digits.tolist())) == list(range(10))


def test_points_are_standardised_and_lie_in_the_box() -> None:
    points, _ = data.digits_points()
    np.testing.assert_allclose(points.mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(points.std(axis=0), 1.0, atol=1e-6)
    assert pr.Polytope.box(-2.5, 2.5, dim=2).contains(points, strictly=True).all()


def test_accuracy_is_the_one_in_the_docstring() -> None:
    network, (points, digits) = data.digits_network(), data.digits_points()
    values = points
    for layer in network.layers[:-1]:
        values = np.maximum(values @ layer.weights.T + layer.bias, 0.0)
    scores = values @ network.layers[-1].weights.T + network.layers[-1].bias
    right = int((scores.argmax(axis=1) == digits).sum())
    claimed = re.search(
        r"([\d,]+) of the ([\d,]+) training\s+points right \(([\d.]+) %\)", str(data.digits_network.__doc__)
    )
    assert claimed is not None
    assert [int(number.replace(",", "")) for number in claimed.groups()[:2]] == [right, len(digits)]
    assert float(claimed[3]) == round(100 * right / len(digits), 1)


def test_points_are_those_of_scikit_learn() -> None:
    pytest.importorskip("sklearn")
    digits = pytest.importorskip("sklearn.datasets").load_digits()
    points, labels = data.digits_points()
    assert (labels == digits.target).all()
    centred = digits.data - digits.data.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    components = centred @ vectors[:, ::-1][:, :2]
    components /= components.std(axis=0)
    np.testing.assert_allclose(np.abs((components * points).mean(axis=0)), 1.0, atol=1e-6)
    assert f"{100 * values[-2:].sum() / values.sum():.0f} % of the pixels' variance" in str(data.digits_network.__doc__)


def test_the_example_writes_the_network_it_trains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    example = runpy.run_path(str(ROOT / "examples" / "train_digits.py"))
    files = tmp_path / "net.npz", tmp_path / "points.npz"
    example["main"](["--output", str(files[0]), "--points", str(files[1]), "--hidden", "4", "3", "--seed", "7"])
    network = pr.load_network(files[0])
    assert [layer.width for layer in network.layers] == [4, 3, 10]
    points, labels = example["training_data"]()
    classifier = example["train"](points, labels, (4, 3), 7)
    assert (network(points).argmax(axis=1) == classifier.predict(points)).all()
    with np.load(files[1]) as stored:
        assert (stored["points"] == points).all()
        assert (stored["labels"] == labels).all()
    assert f"{int((classifier.predict(points) == labels).sum())} of 1797" in capsys.readouterr().out
