"""The reference lists what is read and what is refused: tables of loaders and docs/reference/formats.md agree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from polyregions import operators
from polyregions.networks.loaders.keras.layers import LAYERS
from polyregions.networks.loaders.keras.operations import OPERATIONS
from polyregions.networks.loaders.keras.options import ACTIVATIONS
from polyregions.networks.loaders.onnx.constants import FOLDED
from polyregions.networks.loaders.onnx.operators import OPERATORS
from polyregions.networks.loaders.torch.graph import KNOWN
from polyregions.networks.loaders.torch.layers import MODULES
from polyregions.networks.loaders.unsupported import REASONS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "formats.md"
TEXT = PAGE.read_text(encoding="utf-8")


def names(text: str) -> list[str]:
    """All words between backticks."""
    return re.findall(r"`([^`]+)`", text)


def column(header: str) -> list[str]:
    """The names in the cells of the column with that header."""
    found = []
    place = None
    for line in TEXT.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if header in cells:
            place = cells.index(header)
        elif not line.startswith("|"):
            place = None
        elif place is not None:
            found += names(cells[place])
    return found


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ("modules", set(MODULES)),
        ("functions", set(KNOWN)),
        ("operators", OPERATORS.keys() | FOLDED),
        ("layers", set(LAYERS)),
        ("names", set(REASONS)),
    ],
)
def test_tables(header: str, known: set[str]) -> None:
    listed = column(header)
    assert sorted(listed) == sorted(known)


@pytest.mark.parametrize(
    ("start", "known"), [("Activations, of any layer", set(ACTIVATIONS)), ("Functions of `keras.ops`", set(OPERATIONS))]
)
def test_sentences(start: str, known: set[str]) -> None:
    (paragraph,) = [part for part in TEXT.split("\n\n") if part.startswith(start)]
    assert known <= set(names(paragraph))


def test_reasons_are_told() -> None:
    assert [why for why in set(REASONS.values()) if why not in TEXT] == []


def test_operators_are_in_the_reference() -> None:
    text = PAGE.with_name("operators.md").read_text(encoding="utf-8")
    assert set(re.findall(r"polyregions\.operators\.(\w+)", text)) == set(operators.__all__)
