"""Proofs: certificates that anyone can check, and their checker, which needs nothing of this library."""

from polyregions.certificates.certificate import Certificate, check
from polyregions.certificates.certify import certify

__all__ = ["Certificate", "certify", "check"]
