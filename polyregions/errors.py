"""Everything that polyregions raises on purpose.

The first group is the caller's to mend, `LimitReached` and `Undecided` say that an answer was not reached, and
`BrokenInvariant` is a fault of the library itself.  A message says what was wanted, what came, and what to do.
"""

__all__ = [
    "BrokenInvariant",
    "CertificateRefused",
    "CounterFailed",
    "DimensionMismatch",
    "Disagreement",
    "InvalidDomain",
    "InvalidNetwork",
    "LimitReached",
    "MissingDependency",
    "PolyregionsError",
    "SolverFailed",
    "UnsupportedLayer",
]


class PolyregionsError(Exception):
    """Base class of all errors raised by polyregions."""


class InvalidNetwork(PolyregionsError, ValueError):
    """The network is not well defined: shapes, non-finite numbers, an unreadable file."""


class UnsupportedLayer(InvalidNetwork):
    """The network uses an activation or a layer that is not continuous and piecewise linear, or not known here."""


class Disagreement(InvalidNetwork):
    """A network that was read computes something else than its source: nothing that was read can be trusted."""


class InvalidDomain(PolyregionsError, ValueError):
    """The domain is not a bounded polytope with interior points."""


class CertificateRefused(PolyregionsError, ValueError):
    """A certificate does not prove what it claims, or is none."""


class DimensionMismatch(PolyregionsError, ValueError):
    """Two things that must live in the same space do not."""


class MissingDependency(PolyregionsError, ImportError):
    """An optional package is needed for this and is not installed."""


class CounterFailed(PolyregionsError, ValueError):
    """A counter gave no answer, or none that can be read."""


class LimitReached(PolyregionsError):
    """The question needs a complete enumeration, but the run was truncated by a limit or interrupted."""


class SolverFailed(PolyregionsError):
    """A solver that was asked for an answer in floats found none."""


class BrokenInvariant(PolyregionsError):
    """Two exact computations contradict each other: a fault of polyregions, please report it."""
