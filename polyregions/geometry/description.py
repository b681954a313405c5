"""A domain as JSON can hold it, exactly: what certificates hold, and what the digest of a domain is made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from polyregions.arithmetic.portable import portable_floats, portable_integer, primitive

if TYPE_CHECKING:
    from polyregions.geometry.polytope import Polytope


def describe(domain: Polytope) -> dict[str, Any]:
    """Return a box that contains the domain, and the half-spaces that make it, unless it is the box itself.

    Parameters
    ----------
    domain : Polytope

    Returns
    -------
    dict
        ``lower`` and ``upper`` bounds; ``halfspaces``, each as n + 1 integers (a | c) without a common divisor, for
        ``a . x + c >= 0``, in ascending order.
    """
    rows = [] if domain.is_box else sorted(primitive(row) for row in domain.rows.tolist())
    return {
        "lower": portable_floats(domain.lower.tolist()),
        "upper": portable_floats(domain.upper.tolist()),
        "halfspaces": [[portable_integer(entry) for entry in row] for row in rows],
    }
