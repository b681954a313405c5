"""What a validation may find, and when it says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "bias", "prediction", "consistency", "saturation", "false patterns", "definition", "regions", "intervals"
]

RARE = 1e-3
"""A verdict against a counter needs chance to explain the numbers less often than this, over all cases and budgets."""

UNUSUAL = 0.05
"""What chance explains less often than this does not speak for the counter either."""

CLOSE = 0.01
"""Answers that differ by less than this share count as the same size."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a validation found.

    Parameters
    ----------
    kind : str
        Which question it answers.
    label : str
        The answer in a word or a few.
    good : bool or None
        Whether that speaks for the counter; None if the runs do not tell.
    text : str
        The answer in a sentence, with numbers.
    """

    kind: Kind
    label: str
    good: bool | None
    text: str
