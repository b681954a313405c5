"""Pictures in space."""
from __future__ import annotations
from typing import Any
def draw_solid(complex_: Any, visible: bool = False) -> Any:
    """Later."""
