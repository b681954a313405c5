"""Domains from files."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from polyregions.errors import InvalidDomain
from polyregions.geometry.polytope import Polytope

UNREADABLE = (
    ValueError,
    TypeError,
    AttributeError,
    KeyError,
    OSError,
    EOFError,
    MemoryError,
    OverflowError,
    RecursionError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What numpy, zipfile and json raise on damaged or hostile files."""


def load_domain(path: str | Path) -> Polytope:
    """Read a domain from a file; the ending of its name tells the format.

    Parameters
    ----------
    path : str or pathlib.Path
        ``.npz`` or ``.json`` with either ``normals`` (m, n) and ``offsets`` (m,), for ``normals @ x <= offsets``, or
        ``vertices`` (N, n); or a convex polygon as ``.wkt`` or ``.geojson``.  Numbers become floats, taken as exact.

    Returns
    -------
    Polytope

    Raises
    ------
    InvalidDomain
        There is no such file, it cannot be read, or what it holds is not a bounded polytope with interior points.
    DimensionMismatch
        The arrays' shapes do not fit.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in {".npz", ".json", ".wkt", ".geojson"}:
        raise InvalidDomain(f"cannot tell the format of {path.name!r}; known endings are .npz, .json, .wkt, .geojson")
    if not path.is_file():
        raise InvalidDomain(f"there is no file {str(path)!r}")
    if suffix in {".wkt", ".geojson"}:
        return _polygon(path, suffix)
    return _polytope(path, _read_npz(path) if suffix == ".npz" else _read_json(path))


def _polytope(path: Path, arrays: Mapping[str, Any]) -> Polytope:
    names = set(arrays)
    if names == {"normals", "offsets"}:
        return Polytope.from_halfspaces(arrays["normals"], arrays["offsets"])
    if names == {"vertices"}:
        return Polytope.from_vertices(arrays["vertices"])
    raise InvalidDomain(
        f"{path.name}: wanted either normals and offsets (normals @ x <= offsets) or vertices, "
        f"got {', '.join(sorted(names)) or 'nothing'}"
    )


def _read_npz(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as data:
            return {name: data[name] for name in data.files}
    except UNREADABLE as error:
        raise _unreadable(path, error) from None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        pairs = content.items() if isinstance(content, dict) else [(f"a JSON {type(content).__name__}", [])]
        return {str(name): np.array(numbers, dtype=np.float64) for name, numbers in pairs}
    except UNREADABLE as error:
        raise _unreadable(path, error) from None


def _polygon(path: Path, suffix: str) -> Polytope:
    import shapely

    try:
        text = path.read_text(encoding="utf-8")
        polygon = shapely.from_wkt(text) if suffix == ".wkt" else shapely.from_geojson(text)
    except (shapely.errors.ShapelyError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from None
    return Polytope.from_shapely(polygon)


def _unreadable(path: Path, error: Exception) -> InvalidDomain:
    reason = str(error).strip().splitlines()
    return InvalidDomain(f"{path.name} cannot be read ({type(error).__name__}: {reason[0] if reason else 'no reason'})")
