"""How much boundary does a network have?  The volumes of B_{N,k} for every codimension k, split by layers.

    python examples/boundary_volumes.py                                    # a random network with two inputs
    python examples/boundary_volumes.py --inputs 3 --hidden 3 2 --seed 0   # another one, with three
    python examples/boundary_volumes.py net.npz --box -2 2 --json          # one from a file, for programs

Prints faces, boundary volumes with their bounds, T-junctions, and the mean number of facets of a region.  In the plane
it checks that regions = 1 + crossings + (ends of walls on the boundary of K) / 2, which holds on generic networks.
"""

import argparse
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np

import polyregions as pr
from polyregions.reports.draw import save_picture
from polyregions.reports.faces import measure_record


def random_network(inputs: int, hidden: list[int], seed: int, bias_std: float) -> pr.Network:
    """Return a ReLU network with one output: He-normal weights, normal biases."""
    rng = np.random.default_rng(seed)
    sizes = [inputs, *hidden, 1]
    weights = [rng.normal(0.0, np.sqrt(2.0 / old), (new, old)) for old, new in itertools.pairwise(sizes)]
    return pr.Network.from_arrays(weights, [rng.normal(0.0, bias_std, new) for new in sizes[1:]])


def boundary_volumes(complex_: pr.PolyhedralComplex, visible: bool) -> list[dict[str, Any]]:
    """Return one record for each codimension: the volume of B_{N,k}, or of all walls, in all and by layers."""
    records = []
    for k in range(1, complex_.dim + 1):
        parts = pr.boundary_volume(complex_, k, visible=visible, by="layer")
        records.append(
            {
                "codimension": k,
                "volume": measure_record(pr.boundary_volume(complex_, k, visible=visible)),
                "by_layer": {"+".join(map(str, layers)): measure_record(part) for layers, part in parts.items()},
            }
        )
    return records


def identity_in_the_plane(complex_: pr.PolyhedralComplex) -> dict[str, Any]:
    """Compare the number of regions with 1 + crossings + ends / 2.

    Euler's relation says regions = 1 + sum over the vertices of (degree / 2 - 1).  A crossing of two walls has degree 4
    and counts 1, a point where one wall meets the boundary of K has degree 3 and counts 1 / 2.  A network is generic
    here if all vertices, but for those of K, are such ones.
    """
    degrees = np.diff(complex_.coboundary(0).indptr)
    inside = complex_.interior(0)
    ends = ~inside & (degrees > 2)
    corners = complex_.on_domain_facets(0).sum(axis=1) > 1
    generic = bool((degrees[inside] == 4).all() and (degrees[ends] == 3).all() and not (ends & corners).any())
    predicted = 1 + int(inside.sum()) + int(ends.sum()) / 2
    return {
        "crossings": int(inside.sum()),
        "ends_on_boundary": int(ends.sum()),
        "predicted_regions": predicted,
        "generic": generic,
        "holds": predicted == len(complex_.regions),
    }


def analysis(complex_: pr.PolyhedralComplex) -> dict[str, Any]:
    """Return all that is printed, as numbers that JSON can hold."""
    n = complex_.dim
    result = {
        "network": str(complex_.network),
        "domain": {"lower": complex_.domain.lower.tolist(), "upper": complex_.domain.upper.tolist()},
        "f_vector": list(complex_.f_vector()),
        "activation_regions": len(complex_.regions),
        "linear_regions": len(pr.linear_regions(complex_)),
        "walls": len(complex_.walls),
        "visible_walls": int(pr.visible_walls(complex_).sum()),
        "t_junctions": int(pr.t_junctions(complex_).sum()) if n > 1 else 0,
        "mean_facets": complex_.boundary(n).nnz / len(complex_.regions),
        "mean_walls": 2 * len(complex_.walls) / len(complex_.regions),
        "visible": boundary_volumes(complex_, visible=True),
        "all": boundary_volumes(complex_, visible=False),
    }
    return result | ({"identity": identity_in_the_plane(complex_)} if n == 2 else {})


def print_table(found: dict[str, Any]) -> None:
    """Print an analysis for people."""
    print(f"{found['network']} on a box from {found['domain']['lower']} to {found['domain']['upper']}")
    print(f"f-vector            {', '.join(map(str, found['f_vector']))}")
    print(f"regions             {found['activation_regions']} activation, {found['linear_regions']} linear")
    print(f"walls               {found['walls']}, of them {found['visible_walls']} visible")
    print(f"T-junctions         {found['t_junctions']}")
    print(f"facets of a region  {found['mean_facets']:.3f} in the mean, of them {found['mean_walls']:.3f} walls")
    print(f"\n{'':12}{'layers':>9}  {'visible: B_{N,k}':>18}{'error <=':>10}  {'all walls':>18}{'error <=':>10}")
    for visible, all_ in zip(found["visible"], found["all"], strict=True):
        print(f"{'codimension':<11} {visible['codimension']:<3}{'':6}  {columns(visible['volume'], all_['volume'])}")
        for layers in sorted({*visible["by_layer"], *all_["by_layer"]}):
            print(f"{layers:>21}  {columns(visible['by_layer'].get(layers), all_['by_layer'].get(layers))}")
    if "identity" in found:
        print_identity(found["identity"], found["activation_regions"])


def columns(*records: dict[str, Any] | None) -> str:
    """Write volumes and how far they can be off at most."""
    written = []
    for record in records:
        value, error = 0.0, 0.0
        if record is not None:
            value = record["value"]
            error = max(record["upper"] - value, value - record["lower"])
        written.append(f"{value:18.12g}{error:10.1g}")
    return "  ".join(written)


def print_identity(identity: dict[str, Any], regions: int) -> None:
    """Say whether the number of regions is what crossings and ends of walls make it."""
    kind = "generic" if identity["generic"] else "not generic, so these may differ"
    print(
        f"\n1 + {identity['crossings']} crossings + {identity['ends_on_boundary']} ends on the boundary of K / 2",
        end="",
    )
    print(f" = {identity['predicted_regions']:g}; there are {regions} regions ({kind})")


def main(arguments: list[str] | None = None) -> None:
    """Build the complex, print what there is, draw."""
    parser = argparse.ArgumentParser(description="Boundary volumes of a network by codimension and layer.")
    parser.add_argument("network", nargs="?", type=Path, help="a .npz file; a random network if there is none")
    parser.add_argument("--inputs", type=int, default=2, help="of the random network")
    parser.add_argument("--hidden", type=int, nargs="+", default=[8, 6, 3], help="widths of its hidden layers")
    parser.add_argument("--seed", type=int, default=1, help="for its weights and biases")
    parser.add_argument("--bias-std", type=float, default=0.5, help="standard deviation of its biases")
    parser.add_argument("--box", type=float, nargs=2, default=[-1.0, 1.0], metavar=("LO", "HI"), help="the domain")
    parser.add_argument("--output", type=Path, default=Path("boundary.png"), help="where to draw, up to 3 inputs")
    parser.add_argument("--json", action="store_true", help="print JSON, and nothing else")
    chosen = parser.parse_args(arguments)

    if chosen.network is None:
        network = random_network(chosen.inputs, chosen.hidden, chosen.seed, chosen.bias_std)
    else:
        network = pr.load_network(chosen.network)
    complex_ = pr.build_complex(network, pr.Polytope.box(*chosen.box, dim=network.input_dim))
    found = analysis(complex_)
    drawn = complex_.dim <= 3
    if drawn:
        save_picture(complex_, chosen.output)
    if chosen.json:
        print(json.dumps(found, indent=2, allow_nan=False))
    else:
        print_table(found)
        print(f"\ndrawn in {chosen.output}" if drawn else "\nno picture in more than three dimensions")


if __name__ == "__main__":
    main()
