"""How much work property-based tests do."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, TypeVar

from hypothesis import settings

T = TypeVar("T")

SERVER = bool(os.environ.get("CI"))
"""Whether this is a server, where the same examples are made at every run: a third of them is enough."""


def examples(number: int, **more: Any) -> settings:
    """Return settings for so many examples, without a limit on the time of one; for fewer on a server."""
    return settings(max_examples=max(20, number // 3) if SERVER else number, deadline=None, **more)


def some(parameters: Sequence[T]) -> Sequence[T]:
    """Return all parameters of a test that has many and takes long; on a server every second one."""
    return parameters[::2] if SERVER else parameters
