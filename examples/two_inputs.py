"""Regions of a network with many inputs where two of them vary and the others stay.

    python examples/two_inputs.py --output two_inputs.png
    python examples/two_inputs.py ACASXU_experimental_v2a_1_1.nnet --at 5000 0 0 650 600 --inputs 1 2 --radius 0.6 0.6

The second line cuts one of the ACAS Xu networks for collision avoidance (K. Julian et al. 2019), whose five inputs are
a distance in feet, two angles in radians and two speeds in feet per second: the angles vary by 0.6 around 0.  Without a
file, a network of five inputs is made, which turns the wheel of a car: keep away from the walls of a road.
"""

import argparse
from pathlib import Path

import numpy as np

import polyregions as pr
from polyregions import operators
from polyregions.reports.draw import draw_regions, save_axes


def steering() -> pr.Network:
    """Return a network of five distances to walls, from left to right; outputs: turn left, go on, turn right."""
    (distances,) = operators.inputs((1, 5))
    near = operators.linear(distances, -np.eye(5), np.full(5, 10.0)).activate(pr.Activation.hard_tanh(0.0, 8.0))
    left, ahead, right = (near.select(near.numbers()[:, part]) for part in (slice(0, 2), slice(1, 4), slice(3, 5)))
    danger = operators.concatenate([operators.max_along(x, (1,), keepdims=True) for x in (left, ahead, right)], 1)
    scores = [[-2.0, 1.0, 1.0], [0.0, -3.0, 0.0], [1.0, 1.0, -2.0]]
    return operators.linear(danger, scores, [0.0, 18.0, 0.0]).network()


def main(arguments: list[str] | None = None) -> None:
    """Read or make a network, let two inputs vary, count and draw."""
    parser = argparse.ArgumentParser(description="Regions of a network where two inputs vary.")
    parser.add_argument("network", nargs="?", type=Path, help="a file: .nnet, .onnx, .keras, .pt, .npz")
    parser.add_argument("--at", type=float, nargs="+", help="a number for every input; zeros if left out")
    parser.add_argument("--inputs", type=int, nargs=2, default=[1, 3], help="the two inputs that vary, from 0")
    parser.add_argument("--radius", type=float, nargs=2, default=[8.0, 8.0], help="by how much they vary")
    parser.add_argument("--output", type=Path, default=Path("two_inputs.png"), help="where to draw")
    chosen = parser.parse_args(arguments)

    network = steering() if chosen.network is None else pr.load_network(chosen.network)
    default = [9.0, 10.0, 6.0, 10.0, 9.0] if chosen.network is None else [0.0] * network.input_dim
    centre = np.array(chosen.at or default)
    if len(centre) != network.input_dim or not set(chosen.inputs) <= set(range(network.input_dim)):
        parser.error(
            f"the network has {network.input_dim} inputs, got {len(centre)} numbers and inputs {chosen.inputs}"
        )
    plane = network.after(np.eye(network.input_dim)[:, chosen.inputs], centre)
    radius = np.array(chosen.radius)
    regions = pr.enumerate_regions(plane, pr.Polytope.box(-radius, radius))
    decisions = pr.decision_complex(plane, regions.domain)
    print(f"{network}: {len(regions):,} activation regions where inputs {chosen.inputs} vary around {centre.tolist()}")
    for number, count in enumerate(np.bincount(decisions.classes, minlength=network.output_dim).tolist()):
        print(f"  output {number} is the largest in {count:,} parts of them")
    save_axes(draw_regions(regions), chosen.output)
    print(f"drawn in {chosen.output}")


if __name__ == "__main__":
    main()
