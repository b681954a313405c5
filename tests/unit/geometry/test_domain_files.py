"""Domains from files: what they hold comes back exactly, and everything else is refused with a reason."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from polyregions.errors import DimensionMismatch, InvalidDomain
from polyregions.geometry.domain_files import load_domain

NORMALS, OFFSETS = [[-1.0, 0.0], [0.0, -1.0], [1.0, 2.0]], [0.0, 0.0, 0.2]
VERTICES = [[0.0, 0.0], [0.2, 0.0], [0.0, 0.1]]


def written(path: Path, content: object) -> Path:
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, str):
        path.write_text(content)
    elif path.suffix.lower() == ".npz":
        with path.open("wb") as stream:
            np.savez(stream, **content)  # type: ignore[arg-type]
    else:
        path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize("name", ["k.npz", "k.json", "K.NPZ"])
def test_halfspaces(tmp_path: Path, name: str) -> None:
    domain = load_domain(written(tmp_path / name, {"normals": NORMALS, "offsets": OFFSETS}))
    assert domain.volume == Fraction(0.2) ** 2 / 4


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("k.npz", {"vertices": VERTICES}),
        ("k.json", {"vertices": VERTICES}),
        ("k.wkt", "POLYGON ((0 0, 0.2 0, 0 0.1, 0 0))"),
        ("k.geojson", {"type": "Polygon", "coordinates": [[[0, 0], [0.2, 0], [0, 0.1], [0, 0]]]}),
    ],
)
def test_vertices(tmp_path: Path, name: str, content: object) -> None:
    assert load_domain(written(tmp_path / name, content)).volume == Fraction(0.2) * Fraction(0.1) / 2


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("k.txt", "", "known endings"),
        ("k.npz", b"", "cannot be read"),
        ("k.npz", b"PK\x03\x04 and then nothing", "cannot be read"),
        ("k.npz", {}, "got nothing"),
        ("k.npz", {"normals": NORMALS}, "wanted either normals and offsets"),
        ("k.npz", {"normals": NORMALS, "offsets": OFFSETS, "vertices": VERTICES}, "wanted either"),
        ("k.npz", {"vertices": np.array([[{}, 1], [2, 3]])}, "cannot be read"),
        ("k.json", "{", "cannot be read"),
        ("k.json", "[1, 2]", "a JSON list"),
        ("k.json", {"vertices": [[0, 0], [1]]}, "cannot be read"),
        ("k.json", {"vertices": [["a", "b"]]}, "cannot be read"),
        ("k.json", '{"vertices": [[0, 0], [1, NaN], [0, 1]]}', "finite"),
        ("k.json", "[" * 100_000, "cannot be read"),
        ("k.json", b"\xff\xfe\xff", "cannot be read"),
        ("k.json", {"normals": [[1, 0]], "offsets": [1]}, "bounded"),
        ("k.json", {"normals": [[1], [-1]], "offsets": [0, -1]}, "empty"),
        ("k.json", {"vertices": [[0, 0], [1, 1], [2, 2]]}, "hyperplane"),
        ("k.wkt", "POLYGON ((0 0", "cannot be read"),
        ("k.wkt", "POINT (0 0)", "Polygon"),
        ("k.wkt", "POLYGON EMPTY", "empty"),
        ("k.wkt", "POLYGON ((0 0, 4 0, 4 4, 2 1, 0 0))", "convex"),
        ("k.geojson", "{}", "cannot be read"),
    ],
)
def test_refused(tmp_path: Path, name: str, content: object, reason: str) -> None:
    with pytest.raises(InvalidDomain, match=reason):
        load_domain(written(tmp_path / name, content))


def test_truncated_archive(tmp_path: Path) -> None:
    path = written(tmp_path / "k.npz", {"vertices": VERTICES})
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InvalidDomain, match="cannot be read"):
        load_domain(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidDomain, match="there is no file"):
        load_domain(tmp_path / "k.npz")


def test_shapes_that_do_not_fit(tmp_path: Path) -> None:
    with pytest.raises(DimensionMismatch, match="3 normals"):
        load_domain(written(tmp_path / "k.json", {"normals": NORMALS, "offsets": [1, 2]}))
