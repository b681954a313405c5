"""How much work property-based tests do."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings

SERVER = bool(os.environ.get("CI"))
"""Whether this is a server, where the same examples are made at every run: a third of them is enough."""


def examples(number: int, **more: Any) -> settings:
    """Return settings for so many examples, without a limit on the time of one; for fewer on a server."""
    return settings(max_examples=max(20, number // 3) if SERVER else number, deadline=None, **more)
