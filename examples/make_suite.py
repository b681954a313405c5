"""Make the benchmark suite that comes with polyregions: networks, domains, exact answers and certificates.

    python examples/make_suite.py generic-2d-8x2 --folder suite

makes one case, in three files; ``--all`` makes all 30, which takes some minutes and needs scikit-learn; without names
it lists the suite.  Weights are rounded to multiples of 2^-12, which keeps proofs short.  All cases but the trained
ones are the same on every machine; training may end differently where floats are added up in another order.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import polyregions as pr
from polyregions.counters.case import Case, ExactAnswers, answers_digest, describe_domain
from polyregions.counters.suite import SUITE_VERSION, case_names, load_case, load_suite
from polyregions.theory import constructions

Floats = NDArray[np.float64]
Made = tuple[pr.Network, pr.Polytope, str]
"""A network, a domain, and how they were made."""

FINE = 2.0**12
ROUNDED = "rounded to multiples of 2^-12"
NORMAL = f"He-normal weights and normal biases of standard deviation 0.3, {ROUNDED}"


def box(reach: float, dim: int) -> pr.Polytope:
    """Return a cube around the origin."""
    return pr.Polytope.box(-reach, reach, dim=dim)


def stack(
    weights: Sequence[ArrayLike], biases: Sequence[ArrayLike], kinds: Any = None, grid: float = FINE
) -> pr.Network:
    """Return a network whose numbers are rounded to multiples of 1 / grid."""
    weights, biases = ([np.round(grid * np.asarray(part)) / grid for part in parts] for parts in (weights, biases))
    return pr.Network.from_arrays(weights, biases, kinds)


def normal(seed: int, dim: int, widths: Sequence[int], scale: float = 0.3) -> tuple[list[Floats], list[Floats]]:
    """Draw He-normal weights and normal biases; one output."""
    random, sizes = np.random.default_rng(seed), [dim, *widths, 1]
    shapes = list(zip(sizes[1:], sizes[:-1], strict=True))
    weights = [random.normal(0.0, np.sqrt(2.0 / inputs), (rows, inputs)) for rows, inputs in shapes]
    return weights, [random.normal(0.0, scale, rows) for rows, _ in shapes]


# Random networks.


def generic(seed: int, dim: int, widths: Sequence[int], kind: str = "relu", domain: pr.Polytope | None = None) -> Made:
    """Return a network as before training."""
    network = stack(*normal(seed, dim, widths), [kind] * len(widths) + ["identity"])
    return network, domain or box(1.0, dim), f"{NORMAL}; seed {seed}"


def pentagon() -> Made:
    """Return a random network on a domain that is no box."""
    sides = [[2, 0], [-1, -2], [-2, 1], [1, 2], [1, -2]]
    return generic(0, 2, (8, 8), domain=pr.Polytope.from_halfspaces(sides, [2, 3, 3, 3, 3]))


def maxout(seed: int, width: int) -> Made:
    """Return a random network whose two hidden layers have units that are the largest of three rows."""
    units = pr.Maximum([(3 * unit, 3 * unit + 1, 3 * unit + 2) for unit in range(width)])
    random, rows = np.random.default_rng(seed), 3 * width
    weights = [random.normal(0.0, 2.0 / np.sqrt(n), (m, n)) for m, n in ((rows, 2), (rows, width), (1, width))]
    biases = [random.normal(0.0, 0.3, rows), random.normal(0.0, 0.3, rows), [0.0]]
    source = f"maxout of three; normal weights and biases of standard deviation 0.3, {ROUNDED}; seed {seed}"
    return stack(weights, biases, [units, units, "identity"]), box(1.0, 2), source


# Trained networks.


def trained(
    widths: Sequence[int], points: Floats, targets: NDArray[Any], domain: pr.Polytope, what: str, tol: float = 1e-4
) -> Made:
    """Return a network that scikit-learn trained; whole numbers are classes."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    kind = MLPClassifier if np.issubdtype(targets.dtype, np.integer) else MLPRegressor
    options = {"learning_rate_init": 0.005, "max_iter": 5000, "tol": tol, "random_state": 0}
    model = kind(hidden_layer_sizes=widths, **options).fit(points, targets)
    network = stack([weights.T for weights in model.coefs_], model.intercepts_)
    return network, domain, f"scikit-learn's {kind.__name__}, seed 0, {what}; {ROUNDED}"


def sine() -> Made:
    """Fit a function of one variable."""
    points = np.linspace(-1.0, 1.0, 400)[:, None]
    values = np.sin(9.0 * points[:, 0])
    return trained((16, 16), points, values, box(1.0, 1), "on sin(9 x) at 400 points", tol=1e-7)


def moons() -> Made:
    """Classify two half circles."""
    from sklearn.datasets import make_moons

    domain = pr.Polytope.box([-1.5, -1.0], [2.5, 1.5])
    return trained((8, 8), *make_moons(400, noise=0.1, random_state=0), domain, "on make_moons(400, noise=0.1)")


def circles() -> Made:
    """Classify two circles."""
    from sklearn.datasets import make_circles

    data = make_circles(400, noise=0.1, factor=0.5, random_state=0)
    return trained((16, 16), *data, box(1.5, 2), "on make_circles(400, noise=0.1, factor=0.5)")


def spirals() -> Made:
    """Classify two spirals."""
    turns = np.linspace(0.25, 2.0, 300)
    arm = turns[:, None] * np.column_stack([np.cos(2.0 * np.pi * turns), np.sin(2.0 * np.pi * turns)])
    points, classes = np.concatenate([arm, -arm]), np.repeat([0, 1], len(turns))
    return trained((32, 32, 32), points, classes, box(2.25, 2), "on two spirals of 300 points each")


def components(name: str, count: int) -> tuple[Floats, NDArray[Any]]:
    """Return standardised principal components of a data set that scikit-learn includes."""
    from sklearn import datasets
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    points, targets = getattr(datasets, f"load_{name}")(return_X_y=True)
    parts = PCA(count, svd_solver="full").fit_transform(StandardScaler().fit_transform(points))
    return parts / parts.std(axis=0), targets if targets.dtype.kind == "i" else (
        targets - targets.mean()
    ) / targets.std()


def wine() -> Made:
    """Classify wines, on a domain that is an octahedron."""
    signs = np.array(np.meshgrid(*[[-1.0, 1.0]] * 3)).reshape(3, -1).T
    octahedron = pr.Polytope.from_halfspaces(signs, np.full(8, 4.0))
    return trained((12, 12), *components("wine", 3), octahedron, "on three components of load_wine()")


def diabetes() -> Made:
    """Fit the progress of an illness."""
    return trained((16, 16), *components("diabetes", 3), box(2.5, 3), "on three components of load_diabetes()")


def digits() -> Made:
    """Classify handwritten digits."""
    return trained((32, 32, 32), *components("digits", 2), box(3.0, 2), "on two components of load_digits()")


# Degenerate networks.


def zero_biases(seed: int) -> Made:
    """Return a network all of whose walls pass the origin."""
    return stack(*normal(seed, 2, (8, 8), 0.0)), box(1.0, 2), f"{NORMAL}, but biases are zero; seed {seed}"


def close_lines() -> Made:
    """Return lines that are so close that hardly a float lies between them."""
    gap = 1e-30
    rows = [[1, 0, 0], [1, 0, -gap], [0, 1, 0], [0, 1, gap], [1, 1, -gap], [1, -1, 0.5]]
    weights = [[row[:2] for row in rows], [[1, -2, 1, 1, -1, 1], [1, 1, -3, 0, 1, 2]], [[1, 1]]]
    network = pr.Network.from_arrays(weights, [[row[2] for row in rows], [-gap, -1], [0]])
    return network, box(1.0, 2), "two layers of small whole numbers; lines at a distance of about 1e-30"


def boundary() -> Made:
    """Return units that vanish on sides of the domain, or touch its corners."""
    rows = [[1, 0, 1], [1, 0, -1], [0, 1, 1], [0, -1, 1], [1, 1, -2], [1, 1, 0], [1, -1, 0], [2, 1, -1]]
    deep = [[1, -1, 0, 0, 1, 0, 0, 0], [0, 0, 1, -1, 0, 1, -1, 0], [1, 0, 1, 0, 0, -1, -1, 1]]
    weights = [[row[:2] for row in rows], deep, [[1, -1, 2]]]
    network = pr.Network.from_arrays(weights, [[row[2] for row in rows], [-2, 0, -1], [0]])
    return network, box(1.0, 2), "two layers of small whole numbers; units vanish on sides and corners of the domain"


def concurrent_lines(seed: int) -> Made:
    """Return a network most of whose walls pass one point."""
    (first, second, last), (one, two, out) = normal(seed, 2, (16, 16))
    first = np.round(16.0 * first) / 16.0
    one[:12] = -first[:12] @ [0.25, -0.5]
    one[12:] = -first[12:] @ [-0.5, 0.5]
    second[:8, 12:], two[:8] = 0.0, 0.0
    source = f"{NORMAL}, but 12 lines of the first layer and 8 units of the second vanish at (1/4, -1/2), the other "
    return stack([first, second, last], [one, two, out]), box(1.0, 2), source + f"4 lines at (-1/2, 1/2); seed {seed}"


def dead_layer(seed: int) -> Made:
    """Return a network with units that never switch, or that the output does not see."""
    weights, biases = normal(seed, 2, (16, 16, 16))
    weights[1][:8], biases[1][:8] = -np.abs(weights[1][:8]), -np.abs(biases[1][:8])
    biases[2][:4] = 0.0
    weights[3][:, ::2] = 0.0
    source = (
        f"{NORMAL}, but 8 units of the second layer are always off, and the output sees 8 of the third; seed {seed}"
    )
    return stack(weights, biases), box(1.0, 2), source


def equal_units(seed: int) -> Made:
    """Return a network with units that are the same, a multiple, or the opposite of another one."""
    (first, second, last), (one, two, out) = normal(seed, 3, (12, 12))
    fold = np.concatenate([np.eye(6)[:, :6], 2.0 * np.eye(6)[:3], -np.eye(6)[3:]])
    source = f"{NORMAL}, but units 7 to 12 of both layers are double or opposite ones of units 1 to 6; seed {seed}"
    weights = [fold @ (np.round(FINE * part[:6]) / FINE) for part in (first, second)]
    biases = [fold @ (np.round(FINE * part[:6]) / FINE) for part in (one, two)]
    return stack([*weights, last], [*biases, out]), box(1.0, 3), source


def quantised(seed: int, dim: int, widths: Sequence[int], grid: int) -> Made:
    """Return a network whose numbers are multiples of a simple fraction."""
    source = f"{NORMAL.replace('2^-12', f'1/{grid}')}; seed {seed}"
    return stack(*normal(seed, dim, widths), grid=grid), box(1.0, dim), source


# Networks whose counts theorems give.


def constructed(construction: constructions.Construction) -> Made:
    """Return a construction."""
    return construction.network, construction.domain, f"theory.constructions.{construction.name}: {construction.source}"


RECIPES: dict[str, Callable[[], Made]] = {
    "generic-1d-16x3": lambda: generic(0, 1, (16, 16, 16)),
    "generic-2d-8x2": pentagon,
    "generic-5d-5x2": lambda: generic(0, 5, (5, 5), domain=pr.Polytope.simplex(5, 4.0)),
    "trained-1d-sine-16x2": sine,
    "trained-2d-moons-8x2": moons,
    "degenerate-2d-zero-biases-8x2": lambda: zero_biases(0),
    "degenerate-2d-close-lines": close_lines,
    "degenerate-2d-boundary": boundary,
    "constructed-1d-sawtooth": lambda: constructed(constructions.sawtooth(6, wide=True)),
    "constructed-3d-type-b": lambda: constructed(constructions.type_b(3)),
    "generic-2d-16x3": lambda: generic(0, 2, (16, 16, 16)),
    "generic-2d-maxout-8x2": lambda: maxout(0, 8),
    "generic-3d-leaky-relu-12x2": lambda: generic(0, 3, (12, 12), "leaky_relu(0.125)"),
    "generic-4d-8x2": lambda: generic(0, 4, (8, 8)),
    "trained-2d-circles-16x2": circles,
    "trained-3d-wine-12x2": wine,
    "degenerate-2d-concurrent-lines-16x2": lambda: concurrent_lines(0),
    "degenerate-2d-dead-layer-16x3": lambda: dead_layer(0),
    "degenerate-3d-equal-units-12x2": lambda: equal_units(0),
    "constructed-4d-resonance": lambda: constructed(constructions.resonance(4)),
    "generic-2d-32x3": lambda: generic(0, 2, (32, 32, 32)),
    "generic-2d-hard-tanh-24x2": lambda: generic(0, 2, (24, 24), "hard_tanh", box(2.0, 2)),
    "generic-3d-16x2": lambda: generic(0, 3, (16, 16)),
    "trained-2d-digits-32x3": digits,
    "trained-2d-spirals-32x3": spirals,
    "trained-3d-diabetes-16x2": diabetes,
    "degenerate-2d-quantised-32x3": lambda: quantised(0, 2, (32, 32, 32), 4),
    "degenerate-3d-quantised-16x2": lambda: quantised(0, 3, (16, 16), 8),
    "constructed-2d-folding-cube": lambda: constructed(constructions.folding_cube(2, 4, 3, 4)),
    "constructed-3d-hyperplanes": lambda: constructed(constructions.generic(25, 3)),
}


def make(name: str, folder: Path) -> Case:
    """Write the three files of a case, and return it as it is read again."""
    network, domain, source = RECIPES[name]()
    complex_ = pr.build_complex(network, domain)
    proof = pr.certify(complex_, kind="faces")
    content = {
        "suite": SUITE_VERSION,
        "name": name,
        "source": source,
        "domain": describe_domain(domain),
        "answers": ExactAnswers.of(complex_).describe(),
        "proved": sorted(proof.claims),
    }
    content["digests"] = {"network": network.digest, "domain": domain.digest, "answers": answers_digest(content)}
    folder.mkdir(parents=True, exist_ok=True)
    pr.save_network(network, folder / f"{name}.npz")
    (folder / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    proof.save(folder / f"{name}.proof.json.gz")
    return load_case(name, folder)


def line(case: Case) -> str:
    """Return a line of the table."""
    numbers = case.answers.definitions
    with case.certificate_path() as path:
        size = path.stat().st_size
    return (
        f"{case.name:<36}{case.size:<8}{numbers.activation_patterns:>7,}{numbers.activation_regions:>7,}"
        f"{numbers.convex_pieces!r:>15}{numbers.linear_regions:>7,}{numbers.closed_linear_regions:>7,}"
        f"{numbers.distinct_affine_maps:>7,}{float(case.answers.smallest_volume):>10.1e}{size / 1000:>7,.0f} kB"
    )


def main(arguments: list[str] | None = None) -> None:
    """Make cases, or list them."""
    parser = argparse.ArgumentParser(description="Make the benchmark suite.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which cases to make; left out, the suite is listed")
    parser.add_argument("--all", action="store_true", help="make all cases")
    parser.add_argument("--folder", type=Path, default=Path("suite"), help="where to write them")
    chosen = parser.parse_args(arguments)
    names = case_names() if chosen.all else chosen.names
    if unknown := sorted(set(names) - set(RECIPES)):
        parser.error(f"the suite has no {', '.join(unknown)}; there are {', '.join(RECIPES)}")
    print("case, size, regions by six definitions, smallest volume, certificate")
    for case in load_suite() if not names else ():
        print(line(case))
    for name in names:
        start = time.perf_counter()
        print(f"{line(make(name, chosen.folder))} {time.perf_counter() - start:5.1f} s", flush=True)


if __name__ == "__main__":
    main()
