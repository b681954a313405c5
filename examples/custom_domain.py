"""Regions of a network in domains that are described with CVXPY: a ball of the 1-norm, and a budget with a hidden part.

python examples/custom_domain.py
"""

import cvxpy as cp
import numpy as np

import polyregions as pr


def main() -> None:
    """Enumerate a small random network in two domains; the volumes of its regions add up to those of the domains."""
    generator = np.random.default_rng(0)
    weights = [generator.normal(size=(8, 3)), generator.normal(size=(4, 8)), generator.normal(size=(1, 4))]
    biases = [generator.normal(size=8), generator.normal(size=4), [0.0]]
    network = pr.Network.from_arrays(weights, biases)

    x = cp.Variable(3)
    ball = pr.Polytope.from_cvxpy([cp.norm1(x) <= 2], x)

    reserve = cp.Variable(nonneg=True)  # occurs in the constraints only: the domain is where some reserve fits
    budget = pr.Polytope.from_cvxpy([x >= 0, cp.sum(x) + reserve == 3, reserve >= x[0], cp.max(x) <= 2], x)

    for name, domain in (("ball", ball), ("budget", budget)):
        regions = pr.enumerate_regions(network, domain)
        total = sum(regions.polytope(index).volume for index in range(len(regions)))
        print(f"{name}: {domain}, {regions}; volumes add up exactly: {total == domain.volume}")


if __name__ == "__main__":
    main()
