"""Certificates for regions that are known: which proof, and what it proves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

from polyregions.certificates.branches import prove_by_branches
from polyregions.certificates.certificate import Certificate
from polyregions.certificates.faces import portable_point, prove_by_faces
from polyregions.certificates.maximum import prove_maximum
from polyregions.certificates.tree import full_patterns
from polyregions.complexes.complex import PolyhedralComplex
from polyregions.complexes.graph import FACES_UP_TO, region_graph, with_faces
from polyregions.complexes.linear import linear_regions
from polyregions.enumeration.engines import has_few_vertices
from polyregions.enumeration.regions import Regions
from polyregions.enumeration.run import Progress, Throttle, reporting
from polyregions.errors import LimitReached
from polyregions.geometry.description import describe as describe_domain
from polyregions.networks.description import describe as describe_network

Kind = Literal["auto", "faces", "branches"]


def certify(
    regions: Regions | PolyhedralComplex,
    *,
    kind: Kind = "auto",
    maximize: Sequence[Any] | None = None,
    progress: Progress | bool | None = None,
) -> Certificate:
    """Return a certificate for the regions of a network in a domain K.

    Parameters
    ----------
    regions : Regions or PolyhedralComplex
        From whichever engine.
    kind : {"auto", "faces", "branches"}
        How to prove that there are no other regions.  *faces* gives the exact vertices of all regions, which fill K
        facet to facet; it is fast in low dimension, and proves the region graph, the number of linear regions and the
        f-vector as well.  *branches* gives multipliers for every branch of the tree of patterns that ends, in any
        dimension, and proves the regions.  *auto* is faces for a complex, and up to dimension 4.
    maximize : sequence of float, length output_dim, optional
        A linear functional of the outputs, as floats or other numbers that floats can hold, whose exact maximum over K
        is to be proved as well.
    progress : callable or bool, optional
        Called with the share of the work done and the number of regions done; True shows a bar.

    Returns
    -------
    Certificate

    Raises
    ------
    LimitReached
        Not all regions are known; or K has too many vertices for faces.
    DimensionMismatch
        The functional has not one number for each output.
    ValueError
        There is no such kind.

    Notes
    -----
    The certificate does not depend on how the regions were found.  By branches it takes about a linear program for each
    unit of each region, some 0.2 milliseconds each; by faces, the exact coordinates of all vertices.

    Examples
    --------
    >>> import numpy as np
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([np.eye(2), [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    >>> regions = pr.enumerate_regions(net, pr.Polytope.box(-1, 1, dim=2))
    >>> proof = pr.certify(regions, kind="branches", maximize=[1.0])
    >>> pr.check(proof)["maximum"]
    {'objective': [1.0], 'value': Fraction(2, 1)}
    """
    chosen, why = _choose(regions, kind)
    known = regions.regions if isinstance(regions, PolyhedralComplex) else regions
    if not known.complete:
        raise LimitReached("a certificate needs all regions, but this run was " + known.status.value)
    patterns = full_patterns(known)
    with reporting(progress, "certifying") as report:
        throttled = Throttle(report)
        claims: dict[str, Any] = {"activation_regions": len(known)}
        if chosen == "faces":
            complex_ = with_faces(regions, "subdivision")
            assert isinstance(complex_, PolyhedralComplex)
            proof, more = prove_by_faces(complex_, throttled), _claims_of(complex_)
            claims |= more
        else:
            proof = prove_by_branches(known, patterns, throttled)
        if maximize is not None:
            claims["maximum"], proof["maximum"] = prove_maximum(known, patterns, maximize)
        report(1.0, len(known))
    return Certificate(
        {
            "format": "polyregions certificate",
            "version": 1,
            "digests": {"network": known.network.digest, "domain": known.domain.digest},
            "claims": claims,
            "network": describe_network(known.network),
            "domain": describe_domain(known.domain),
            "regions": {"patterns": [list(pattern) for pattern in patterns], "witnesses": _witnesses(known)},
            "proof": {"why": why, **proof},
        }
    )


def _choose(regions: Regions | PolyhedralComplex, kind: Kind) -> tuple[str, str]:
    """Return which kind of proof it will be, and why."""
    if kind not in get_args(Kind):
        raise ValueError(f"the kind of a proof is one of {', '.join(get_args(Kind))}; got {kind!r}")
    if kind != "auto":
        return kind, "asked for"
    if isinstance(regions, PolyhedralComplex):
        return "faces", "all faces are known"
    dim = regions.domain.dim
    if dim <= FACES_UP_TO and has_few_vertices(regions.domain):
        return "faces", f"the dimension is {dim}, so there are few vertices"
    return "branches", f"the dimension is {dim}, so there may be very many vertices"


def _claims_of(complex_: PolyhedralComplex) -> dict[str, Any]:
    """Return what is known about a complex beside its regions."""
    return {
        "linear_regions": len(linear_regions(complex_)),
        "region_graph": sorted([min(edge), max(edge)] for edge in region_graph(complex_).edges),
        "f_vector": list(complex_.f_vector()),
    }


def _witnesses(regions: Regions) -> list[list[int | str]]:
    return [portable_point(regions.point(region).exact) for region in range(len(regions))]
