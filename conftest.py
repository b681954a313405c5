"""Makes the code blocks of README.md and docs/ into tests: they run page by page, each page in a folder of its own."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import tempfile
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from pathlib import Path
from typing import Any

import typer.testing
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

collect_ignore = ["docs/conf.py"]


def missing(*packages: str) -> bool:
    """Tell whether an optional package is not there, for blocks that are skipped then."""
    return any(importlib.util.find_spec(package) is None for package in packages)


def enter_folder(namespace: dict[str, Any]) -> None:
    """Give a page an empty folder, so that the files it writes are nowhere else."""
    namespace["missing"] = missing
    namespace["_home"], namespace["_folder"] = Path.cwd(), tempfile.mkdtemp()
    os.chdir(namespace["_folder"])


def leave_folder(namespace: dict[str, Any]) -> None:
    """Go back, and take the files away."""
    os.chdir(namespace["_home"])
    shutil.rmtree(namespace["_folder"])


def run_commands(example: Example) -> str | None:
    """Run the lines of a console block that start with ``$ polyregions``, and compare what they print."""
    from polyregions.cli import app

    for command in str(example.parsed).split("$ ")[1:]:
        line, _, expected = command.partition("\n")
        program, *arguments = shlex.split(line)
        assert program == "polyregions", f"only polyregions runs in console blocks, got {program}"
        result = typer.testing.CliRunner(env={"COLUMNS": "200"}).invoke(app, arguments)
        if not OutputChecker().check_output(expected, result.output, ELLIPSIS | NORMALIZE_WHITESPACE):
            return f"$ {line}\n{result.output}\nexpected:\n{expected}"
    return None


pytest_collect_file = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=ELLIPSIS | NORMALIZE_WHITESPACE),
        CodeBlockParser("console", run_commands),
        SkipParser(),
    ],
    patterns=["README.md", "docs/*.md", "docs/*/*.md"],
    setup=enter_folder,
    teardown=leave_folder,
).pytest()
