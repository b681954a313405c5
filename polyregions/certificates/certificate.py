"""A certificate: a claim about a network's regions with its proof, as data and as a file."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import Any

from polyregions.certificates import checker
from polyregions.errors import CertificateRefused
from polyregions.frozen import Frozen
from polyregions.geometry.polytope import Polytope
from polyregions.networks.network import Network


@dataclass(frozen=True, eq=False)
class Certificate(Frozen):
    """What a network's regions in a domain are, and why; anyone can check it without this library.

    Make one with `certify`; nothing is believed of one that comes from a file until `check` passed it.

    Parameters
    ----------
    content : mapping
        What the file holds; see the format of certificates.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0], [1.0]], [[1.0, 1.0]]], [[0.5, -0.5], [0.0]])
    >>> pr.certify(pr.enumerate_regions(net, pr.Polytope.box(-1, 1, dim=1)))
    Certificate(3 activation regions, proved by faces)
    """

    content: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """How it is proved that there are no other regions: ``branches`` or ``faces``."""
        return str(self.content["proof"]["kind"])

    @property
    def why(self) -> str:
        """Why this kind of proof was chosen."""
        return str(self.content["proof"]["why"])

    @property
    def claims(self) -> dict[str, Any]:
        """What is claimed, by name, as `check` returns it."""
        return _readable(self.content["claims"])

    @property
    def digests(self) -> Mapping[str, str]:
        """The digests of the network and the domain that it is about."""
        digests: Mapping[str, str] = self.content["digests"]
        return digests

    def __repr__(self) -> str:
        """Name size and kind."""
        return f"Certificate({self.claims['activation_regions']} activation regions, proved by {self.kind})"

    def to_json(self) -> str:
        """Return the text of the file."""
        return json.dumps(self.content, separators=(",", ":"))

    def save(self, path: str | PathLike[str]) -> None:
        """Write a file: ``.json``, or ``.json.gz`` compressed.

        Raises
        ------
        ValueError
            The name ends otherwise.
        """
        check_file_name(path)
        data = self.to_json().encode()
        Path(path).write_bytes(gzip.compress(data, mtime=0) if str(path).endswith(".gz") else data)


def check_file_name(path: str | PathLike[str]) -> None:
    """Refuse names that are not those of certificates."""
    if not str(path).endswith((".json", ".json.gz")):
        raise ValueError(f"certificates are written to .json or .json.gz, got {Path(path).name!r}")


def check(
    certificate: Certificate | str | PathLike[str], network: Network | None = None, domain: Polytope | None = None
) -> dict[str, Any]:
    """Check a certificate, or the file of one, with the checker that needs nothing of this library.

    Parameters
    ----------
    certificate : Certificate or path
    network : Network, optional
    domain : Polytope, optional
        What the certificate has to be about.

    Returns
    -------
    dict
        What is proved: the digests of the ``network`` and the ``domain`` that it is about; ``activation_regions``,
        their number; perhaps ``linear_regions``, their number, ``region_graph``, pairs of regions, ``f_vector``, and
        ``maximum``, with the ``objective`` and its ``value``, a fraction.

    Raises
    ------
    CertificateRefused
        It does not prove what it claims, is no certificate, or is about another network or domain; the message says
        what is wrong.
    OSError
        There is no such file.

    Notes
    -----
    The checker is one file of plain Python, ``polyregions/certificates/checker.py``, which can be copied and run alone.
    It takes about a millisecond for each region in the plane.

    Examples
    --------
    >>> import polyregions as pr
    >>> net = pr.Network.from_arrays([[[1.0], [1.0]], [[1.0, 1.0]]], [[0.5, -0.5], [0.0]])
    >>> K = pr.Polytope.box(-1, 1, dim=1)
    >>> proved = pr.check(pr.certify(pr.enumerate_regions(net, K)), net, K)
    >>> proved["activation_regions"], proved["linear_regions"], proved["f_vector"]
    (3, 3, [4, 3])
    """
    try:
        if isinstance(certificate, Certificate):
            proved = checker.verify(io.BytesIO(certificate.to_json().encode()))
        else:
            with open(certificate, "rb") as file:
                proved = checker.verify(file)
    except checker.Refused as error:
        raise CertificateRefused(f"the certificate is refused: {error}") from None
    for name, own in (("network", network), ("domain", domain)):
        if own is not None and proved[name] != own.digest:
            raise CertificateRefused(
                f"the certificate is about another {name}: its digest is {proved[name]}, yours is {own.digest}"
            )
    return _readable(proved)


def _readable(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return claims with Python's numbers."""
    if "maximum" not in claims:
        return dict(claims)
    objective, value = claims["maximum"]["objective"], claims["maximum"]["value"]
    numerator, denominator = (int(part, 16) if isinstance(part, str) else part for part in value)
    maximum = {"objective": list(map(float.fromhex, objective)), "value": Fraction(numerator, denominator)}
    return {**claims, "maximum": maximum}
