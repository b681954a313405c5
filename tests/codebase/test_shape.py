"""The code base keeps its own rules: short files and functions, docstrings, a light import, a complete reference."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

import polyregions as pr
from polyregions.cli import app

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "polyregions").rglob("*.py"))
REFERENCE = ROOT / "docs" / "reference"
HEAVY = ("torch", "cvxpy", "shapely", "matplotlib", "pandas", "sklearn", "typer", "rich")

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

each_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The number of lines without the docstring."""
    first = function.body[0]
    described = ast.get_docstring(function) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if described else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def public(tree: ast.Module) -> Iterator[tuple[str, Definition]]:
    """Public functions and classes of a module, and the public methods of its public classes."""
    for node in tree.body:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and not node.name.startswith("_"):
            yield node.name, node
            for member in node.body if isinstance(node, ast.ClassDef) else []:
                if isinstance(member, FUNCTIONS) and not member.name.startswith("_"):
                    yield f"{node.name}.{member.name}", member


def caught(handler: ast.ExceptHandler) -> set[str]:
    """The names that an except clause catches; nothing at all counts as everything."""
    if handler.type is None:
        return {"BaseException"}
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {ast.unparse(kind) for kind in kinds}


def test_there_are_sources() -> None:
    assert len(SOURCES) > 20


@each_source
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350


@each_source
def test_functions_are_short(path: Path) -> None:
    functions = [node for node in ast.walk(parsed(path)) if isinstance(node, FUNCTIONS)]
    assert {node.name: lines_of(node) for node in functions if lines_of(node) > 50} == {}


@each_source
def test_docstrings(path: Path) -> None:
    tree = parsed(path)
    assert ast.get_docstring(tree)
    assert [name for name, node in public(tree) if not ast.get_docstring(node) and not is_overload(node)] == []


def is_overload(node: ast.AST) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "overload" for d in getattr(node, "decorator_list", []))


@each_source
def test_no_error_is_caught_blindly(path: Path) -> None:
    handlers = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.ExceptHandler)]
    assert [node.lineno for node in handlers if caught(node) & {"Exception", "BaseException"}] == []


@each_source
def test_only_the_command_line_prints(path: Path) -> None:
    calls = [node.func for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)]
    printing = [func.lineno for func in calls if isinstance(func, ast.Name) and func.id == "print"]
    assert printing == [] or path.parent.name == "cli" or path.name == "checker.py"  # the checker runs alone


def test_import_is_light() -> None:
    code = f"import sys, polyregions; print([name for name in {HEAVY} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_public_names_are_in_the_reference() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in REFERENCE.glob("*.md"))
    documented = set(re.findall(r"\bpolyregions\.(\w+)", text))
    assert sorted(set(pr.__all__) - documented) == []
    assert sorted(name for name in pr.__all__ if not hasattr(pr, name)) == []


def test_commands_and_options_are_in_the_reference() -> None:
    text = (REFERENCE / "command-line.md").read_text(encoding="utf-8")
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for name, command in commands.items():
        assert f"### `polyregions {name}" in text
        options = {option for parameter in command.params for option in parameter.opts if option.startswith("-")}
        assert sorted(option for option in options if f"`{option}" not in text) == []


def test_exit_codes_are_in_the_reference() -> None:
    text = (REFERENCE / "command-line.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (\d+) \|", text, re.MULTILINE) == ["0", "1", "2", "3", "130"]


def test_every_python_block_is_where_pytest_looks() -> None:
    """Folder decisions is left out of the test run, so nothing there may look like tested code."""
    blocks = [
        page.name for page in (ROOT / "docs" / "decisions").glob("*.md") if "```python" in page.read_text("utf-8")
    ]
    assert blocks == []


def test_no_machine_paths() -> None:
    """No file speaks of a folder of somebody's machine."""
    machine = re.compile(r"(?<![\w.$}/])/(home|root|work|opt|tmp|mnt|Users)/\w|\b[A-Z]:\\+Users\b")
    files = [path for path in ROOT.iterdir() if path.is_file()]
    for folder in (".ci", "docs", "examples", "polyregions", "tests"):
        files += [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    texts = {".py", ".md", ".cfg", ".toml", ".cff", ".sh", ".txt", ".json", ".yaml", ".yml", ""}
    found = []
    for path in files:
        if path.suffix in texts and not {"__pycache__", "_build", ".hypothesis"} & set(path.parts):
            hits = machine.findall(path.read_text(encoding="utf-8", errors="replace"))
            found += [str(path.relative_to(ROOT))] if hits else []
    assert found == []
