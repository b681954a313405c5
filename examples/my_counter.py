"""A counter that is a program of its own: the distinct patterns of uniform points, in Python without any library.

polyregions validate --suite small --counter "python examples/my_counter.py {network} {domain} {budget} {seed}"
"""

import json
import random
import sys
from pathlib import Path


def pattern(network, point):
    """Return the piece of every unit of layers that can switch, as one list."""
    outputs, pieces = [point], []
    for layer in network["layers"]:
        inputs = [number for source in layer["sources"] for number in outputs[source]]
        rows = [
            sum(weight * number for weight, number in zip(weights, inputs, strict=True)) + bias
            for weights, bias in zip(layer["weights"], layer["bias"], strict=True)
        ]
        kind = layer["activation"]
        if isinstance(kind, dict) and "maximum" in kind:
            kinds = [kind]
            own = [max(range(len(group)), key=lambda place: rows[group[place]]) for group in kind["maximum"]]
            values = [rows[group[place]] for group, place in zip(kind["maximum"], own, strict=True)]
        else:
            kinds = kind if isinstance(kind, list) else [kind] * len(rows)
            own, values = zip(*(switch(one, row) for one, row in zip(kinds, rows, strict=True)), strict=True)
        outputs.append(list(values))
        if any(one != "identity" for one in kinds):
            pieces += own
    return pieces


def switch(kind, row):
    """Return the piece that a row is on and the unit's value."""
    if kind == "identity":
        return 0, row
    if kind == "relu":
        return int(row > 0), max(row, 0.0)
    breakpoints, slopes, value = kind["breakpoints"], kind["slopes"], kind["value"]
    piece, place = sum(row > at for at in breakpoints), breakpoints[0]
    if piece == 0:
        return 0, value + slopes[0] * (row - place)
    for slope, end in zip(slopes[1:piece], breakpoints[1:], strict=True):
        value, place = value + slope * (end - place), end
    return piece, value + slopes[piece] * (row - place)


def main(network, domain, budget, seed):
    """Count, and print the answer as JSON."""
    rng, found = random.Random(seed), set()
    for _ in range(budget):
        point = [rng.uniform(low, high) for low, high in zip(domain["lower"], domain["upper"], strict=True)]
        sides = zip(domain["normals"], domain["offsets"], strict=True)
        if all(sum(a * x for a, x in zip(normal, point, strict=True)) <= offset for normal, offset in sides):
            found.add(tuple(pattern(network, point)))
    json.dump({"patterns": sorted(found)}, sys.stdout)


if __name__ == "__main__":
    if len(sys.argv) == 5:
        files = [json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:3]]
        main(*files, int(sys.argv[3]), int(sys.argv[4]))
    else:
        print(__doc__)
