"""Mutations that know nothing of what a certificate means: of one entry, and of the file."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import numpy as np
from certificate_truth import Content, canonical_digest, integer

from polyregions.arithmetic.portable import portable_integer

Slot = tuple[Any, Any]  # what holds an entry, and its name or number there
Mutation = Callable[[Content, Random], Any]
RAW: dict[str, Callable[[bytes, Random], bytes]] = {}
ODD = [True, False, None, "", "7", "0x7", "x", [], [[]], {}, [1], -1, 0, 1, 2, 1 << 40, "0x1.8p+0", "-0x" + "f" * 99]


def slots(*holders: Any) -> list[Slot]:
    """All entries of lists and objects."""
    return [
        (holder, name) for holder in holders for name in (holder if isinstance(holder, dict) else range(len(holder)))
    ]


def leaves(part: Any) -> list[Slot]:
    """All numbers and texts in a tree."""
    inner = slots(part) if isinstance(part, list | dict) else []
    own = [slot for slot in inner if not isinstance(slot[0][slot[1]], list | dict)]
    return own + [leaf for holder, name in inner for leaf in leaves(holder[name])]


def layers(content: Content, name: str = "rows") -> list[Any]:
    return [layer[name] for layer in content["network"]["layers"] if name in layer]


def parts(content: Content, number: int) -> list[Any]:
    """Biases, places of weights, or weights, of all rows."""
    return [row[number] for rows in layers(content) for row in rows]


DESCRIBED: dict[str, Callable[[Content], list[Slot]]] = {
    "weight": lambda c: slots(*parts(c, 2)),
    "place of a weight": lambda c: slots(*parts(c, 1)),
    "bias": lambda c: [(row, 0) for rows in layers(c) for row in rows],
    "row": lambda c: slots(*layers(c)),
    "source": lambda c: slots(*layers(c, "sources")),
    "activation": lambda c: slots(*layers(c, "activations")),
    "breakpoint": lambda c: slots(*(kind["breakpoints"] for kinds in layers(c, "activations") for kind in kinds)),
    "slope": lambda c: slots(*(kind["slopes"] for kinds in layers(c, "activations") for kind in kinds)),
    "value of an activation": lambda c: slots(*(kind["value"] for kinds in layers(c, "activations") for kind in kinds)),
    "group": lambda c: slots(*layers(c, "maxima")),
    "candidate": lambda c: slots(*(group for groups in layers(c, "maxima") for group in groups)),
    "layer": lambda c: slots(c["network"]["layers"]),
    "something in the network": lambda c: slots(c["network"], *c["network"]["layers"]),
    "bound of K": lambda c: slots(c["domain"]["lower"], c["domain"]["upper"]),
    "half-space": lambda c: slots(c["domain"]["halfspaces"]),
    "number of a half-space": lambda c: slots(*c["domain"]["halfspaces"]),
}
OTHERS: dict[str, Callable[[Content], list[Slot]]] = {
    "pattern": lambda c: slots(c["regions"]["patterns"]),
    "piece": lambda c: slots(*c["regions"]["patterns"]),
    "witness": lambda c: slots(c["regions"]["witnesses"]),
    "number of a witness": lambda c: slots(*c["regions"]["witnesses"]),
    "vertices of a region": lambda c: slots(c["proof"]["vertices"]),
    "vertex of a region": lambda c: slots(*c["proof"]["vertices"]),
    "point": lambda c: slots(c["proof"]["points"]),
    "number of a point": lambda c: slots(*c["proof"]["points"]),
    "proof of a branch": lambda c: slots(c["proof"]["multipliers"]),
    "multiplier or its row": lambda c: slots(*c["proof"]["multipliers"]),
    "empty branch": lambda c: slots(c["proof"]["empty"]),
    "bound of a region": lambda c: slots(c["proof"]["maximum"]["bounds"]),
    "multiplier of a bound or its row": lambda c: slots(*c["proof"]["maximum"]["bounds"]),
    "region or point of the maximum": lambda c: slots(c["proof"]["maximum"]) + leaves(c["proof"]["maximum"]["point"]),
    "claim": lambda c: slots(c["claims"]),
    "number in a claim": lambda c: leaves(c["claims"]),
    "edge of the graph": lambda c: slots(c["claims"]["region_graph"]),
    "claimed maximum": lambda c: leaves(c["claims"]["maximum"]),
    "something else": lambda c: slots(c, c["proof"], c["regions"], c["digests"]),
}


def dropped(random: Random, places: list[Slot]) -> None:
    holder, name = random.choice(places)
    del holder[name]


def doubled(random: Random, places: list[Slot]) -> None:
    holder, name = random.choice(places)
    holder.insert(name, json.loads(json.dumps(holder[name])))


def exchanged(random: Random, places: list[Slot]) -> None:
    (a, i), (b, j) = random.sample(places, 2)
    a[i], b[j] = b[j], a[i]


def made_odd(random: Random, places: list[Slot]) -> None:
    holder, name = random.choice(places)
    holder[name] = random.choice(ODD)


def nudged(random: Random, places: list[Slot]) -> None:
    """Change a number by little or by much, or only in text."""
    holder, name = random.choice(places)
    old = holder[name]
    if isinstance(old, str) and ("p" in old or not re.fullmatch(r"-?0x[0-9a-f]+", old)):
        number = float.fromhex(old)
        near = [float(np.nextafter(number, side)) for side in (-9e99, 9e99)]
        changed = [*near, number + 0.125, number * 1e6 + 7.0, -number, 0.0]
        longer = number.hex().replace("p", "0000000008p") if number else "0x1p-2000"
        holder[name] = random.choice([*(float(x).hex() for x in changed), longer, f" {old}"])
    else:
        n = integer(old)
        holder[name] = portable_integer(random.choice([n - 1, n + 1, -n, 0, 2 * n, n + (1 << 60)]))


def entry_kinds() -> dict[str, Mutation]:
    """Make a kind of every pair of an entry and what happens to it, and two where the digests can stay or follow."""
    kinds: dict[str, Mutation] = {}

    def change(
        content: Content, random: Random, where: Callable[[Content], list[Slot]], how: Any, follow: bool
    ) -> None:
        how(random, where(content))
        if follow:
            content["digests"] = {name: canonical_digest(content[name]) for name in ("network", "domain")}

    for how in (dropped, doubled, exchanged, made_odd, nudged):
        for name, where in (DESCRIBED | OTHERS).items():
            for follow in (False, True) if name in DESCRIBED else (False,):
                text = f"{name}{', digests too' * follow}: {how.__name__.replace('_', ' ')}"
                kinds[text] = partial(change, where=where, how=how, follow=follow)
    return kinds


# Files.  Integers in the text are those that stand for themselves, not those inside of names and floats.

INTEGERS = re.compile(rb"(?<=[\[,:])-?\d+(?=[\],}])")
NUMBERS = ["NaN", "Infinity", "-Infinity", "1e5", "1.5", "1E400", "-0", "9007199254740993", "01", "0x1", "true", "null"]


def with_number(data: bytes, random: Random, text: bytes) -> bytes:
    """Put a text in the place of some integer."""
    found = random.choice(list(INTEGERS.finditer(data)))
    return data[: found.start()] + text + data[found.end() :]


def raw(mutate: Callable[[bytes, Random], bytes]) -> Callable[[bytes, Random], bytes]:
    RAW[mutate.__name__.replace("_", " ")] = mutate
    return mutate


@raw
def other_number(data: bytes, random: Random) -> bytes:
    return with_number(data, random, random.choice(NUMBERS).encode())


@raw
def huge_integer(data: bytes, random: Random) -> bytes:
    digits = random.choice(
        [b"9" * 10_000, b"9" * 4_000, b'"0x' + b"f" * 100_000 + b'"', b'"-0x1' + b"7" * 99_999 + b'"']
    )
    return with_number(data, random, digits)


@raw
def deep_nesting(data: bytes, random: Random) -> bytes:
    depth = random.choice([50, 300, 900, 100_000])
    nested = b"[" * depth + b"]" * depth
    return random.choice([nested, b"[" * depth, b'{"a":' * depth, with_number(data, random, nested)])


@raw
def name_twice(data: bytes, random: Random) -> bytes:
    found = random.choice(list(re.finditer(rb'"(\w+)":', data)))
    return data[: found.start()] + found.group() + random.choice([b"0,", b"[],", b"{},"]) + data[found.start() :]


@raw
def name_misspelt(data: bytes, random: Random) -> bytes:
    found = random.choice(list(re.finditer(rb'"(\w+)":', data)))
    return data[: found.start() + 1] + b"x" + data[found.start() + 1 :]


@raw
def byte_changed(data: bytes, random: Random) -> bytes:
    place = random.randrange(len(data))
    return data[:place] + bytes([random.randrange(256)]) + data[place + random.randrange(2) :]


@raw
def cut_short(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data))]


@raw
def something_after_it(data: bytes, random: Random) -> bytes:
    return data + random.choice([b"{}", b"\x00", b",", b" " * 99, data])


@raw
def compressed_and_cut_short(data: bytes, random: Random) -> bytes:
    packed = gzip.compress(data, mtime=0)
    return packed[: random.randrange(2, len(packed))]


@raw
def compressed_and_bytes_changed(data: bytes, random: Random) -> bytes:
    packed = bytearray(gzip.compress(data, mtime=0))
    for _ in range(random.randint(1, 3)):
        packed[random.randrange(len(packed))] ^= 1 << random.randrange(8)
    return bytes(packed)


@raw
def another_encoding(data: bytes, random: Random) -> bytes:
    text = data.decode()
    return random.choice([text.encode("utf-16"), b"\xef\xbb\xbf" + data, text.replace("1", "\u0661").encode(), b""])
