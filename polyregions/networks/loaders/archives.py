"""What archives of compressed files may claim."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

from polyregions.errors import InvalidNetwork

MOST_COMPRESSED = 1032
"""No deflated byte stands for more bytes than this (zlib's documentation)."""


def check_claims(path: Path, members: Iterable[zipfile.ZipInfo]) -> None:
    """Refuse members of an archive that claim to hold more than a file of its size can."""
    claimed = sum(member.file_size for member in members)
    if claimed > MOST_COMPRESSED * path.stat().st_size:
        raise InvalidNetwork(f"{path.name} claims to hold {claimed} bytes, more than a file of its size can")
