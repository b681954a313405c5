"""Proof by faces: the regions, as convex hulls of exact vertices, fill K facet to facet.  Low dimension.

Each facet of a region is shared with just one other, or lies on the boundary of K; int K is connected, so there is no
room for other regions.  The proof is nothing but the vertices: the checker finds all faces from them.
"""

from __future__ import annotations

from typing import Any

from polyregions.arithmetic import rational
from polyregions.arithmetic.portable import portable_integer, primitive
from polyregions.complexes.complex import PolyhedralComplex
from polyregions.enumeration.run import Progress


def prove_by_faces(complex_: PolyhedralComplex, progress: Progress) -> dict[str, Any]:
    """Return the proof that there are no regions but those of a complex."""
    points = []
    for vertex in range(len(complex_.vertex_set)):
        points.append(portable_point(complex_.vertex_set.exact_point(vertex)))
        progress(vertex / len(complex_.vertex_set), vertex)
    members = complex_.members[complex_.dim]
    vertices = [complex_.vertices_of(complex_.dim, region).tolist() for region in range(members.shape[0])]
    return {"kind": "faces", "points": points, "vertices": vertices}


def portable_point(point: list[Any]) -> list[int | str]:
    """Write a point as integers: coordinates over their common denominator, and then that."""
    return [portable_integer(entry) for entry in primitive([*point, rational(1)])]
