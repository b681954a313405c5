"""Regions of a small convolutional network in a plane through three images of handwritten digits.

    python examples/read_networks.py --output plane.png                # build a network, fit its last layer
    python examples/read_networks.py digits.onnx --output plane.png    # read one: .onnx, .keras, .nnet, .pt, .npz

The network is built with `polyregions.operators`: two filters for edges, batch norm, ReLU, max-pooling, and a linear
layer that is fitted by least squares.  It has 64 inputs; enumerated and drawn is its restriction to the plane.  Then
ReLU and max-pooling change places.  That leaves the function as it is: it has fewer activation regions now, and as many
linear ones.  A network that is read must have 64 inputs, pixels from 0 to 16, and an output for each digit.

Needs scikit-learn, for the images: python -m pip install 'polyregions[sklearn]'
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import polyregions as pr
from polyregions import operators
from polyregions.reports.draw import draw_regions, save_axes

EDGE = np.array([[1.0, 2.0, 1.0], [0.0, 0.0, 0.0], [-1.0, -2.0, -1.0]])
FILTERS = np.stack([EDGE, EDGE.T])[:, None]  # (outputs, inputs, height, width)
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])  # the three images, in the coordinates of the plane

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


def digits() -> tuple[Floats, Labels]:
    """Return scikit-learn's 1,797 images of 8 x 8 pixels from 0 to 16, shape (1797, 64), and which digits they are."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        sys.exit("this example needs scikit-learn, for its images: python -m pip install 'polyregions[sklearn]'")
    bunch = load_digits()
    return bunch.data, bunch.target


def convolutional(images: Floats, labels: Labels, pool_first: bool = False) -> pr.Network:
    """Return a classifier with fixed filters and a fitted last layer; `pool_first` pools before ReLU."""
    relu, count = pr.Activation.relu(), len(FILTERS)
    (pixels,) = operators.inputs((1, 1, 8, 8))
    edges = operators.conv(operators.divide(pixels, 16), FILTERS, padding=1)
    values = edges.network()(images).reshape(len(images), count, -1)  # a tensor is a network at any time
    normal = operators.batch_norm(edges, values.mean(axis=(0, 2)), values.var(axis=(0, 2)))
    pooled = (
        operators.max_pool(normal, 2).activate(relu) if pool_first else operators.max_pool(normal.activate(relu), 2)
    )
    features = operators.flatten(pooled)
    measured = np.column_stack([features.network()(images), np.ones(len(images))])
    fitted = np.linalg.lstsq(measured, np.eye(10)[labels], rcond=None)[0]
    return operators.linear(features, fitted[:-1].T, fitted[-1]).network()


def report(name: str, network: pr.Network, images: Floats, labels: Labels, three: Floats) -> pr.PolyhedralComplex:
    """Print what a network is and how many regions it has in the plane; return the complex of these."""
    right = int((network(images).argmax(axis=1) == labels).sum())
    plane = network.after((three[1:] - three[0]).T, three[0])  # (s, t) to three[0] + s (three[1] - three[0]) + ...
    complex_ = pr.build_complex(plane, pr.Polytope.box(-0.25, 1.25, dim=2))
    print(f"{name}: {network.n_units} units, {right} of {len(labels)} digits right; in the plane")
    print(f"  {len(complex_.regions):,} activation regions, {len(pr.linear_regions(complex_)):,} linear regions")
    return complex_


def draw(complex_: pr.PolyhedralComplex, names: Labels, path: Path) -> None:
    """Draw the linear regions, the three images, and in red the boundary between the digits."""
    from matplotlib.collections import LineCollection

    axes = draw_regions(complex_, colors="linear", points=CORNERS, labels=names, boundary=False)
    decisions = pr.decision_complex(complex_.network, complex_.domain)
    lines = [
        decisions.vertices[decisions.vertices_of(1, facet)] for facet in np.flatnonzero(decisions.decisive).tolist()
    ]
    axes.add_collection(LineCollection(lines, colors="#b00020", linewidths=2.0, zorder=3.8))
    axes.set_title(f"{axes.get_title()}; red: the predicted digit changes")
    save_axes(axes, path)
    print(f"drawn in {path}")


def main(arguments: list[str] | None = None) -> None:
    """Build or read a network, cut it, print what is known, draw."""
    parser = argparse.ArgumentParser(description="Regions of a network in a plane through three images of digits.")
    parser.add_argument("network", nargs="?", type=Path, help="a file; a small network is built if there is none")
    parser.add_argument("--images", type=int, nargs=3, default=[0, 1, 2], help="numbers of the three images")
    parser.add_argument("--output", type=Path, default=Path("plane.png"), help="where to draw")
    chosen = parser.parse_args(arguments)

    images, labels = digits()
    three, names = images[chosen.images], labels[chosen.images]
    if chosen.network is not None:
        complex_ = report(chosen.network.name, pr.load_network(chosen.network), images, labels, three)
    else:
        report("ReLU, then max-pooling", convolutional(images, labels), images, labels, three)
        pooled = convolutional(images, labels, pool_first=True)
        complex_ = report("max-pooling, then ReLU", pooled, images, labels, three)
    draw(complex_, names, chosen.output)


if __name__ == "__main__":
    main()
