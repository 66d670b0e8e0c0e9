"""What docstrings and documents refer to exists: modules and names of this project, and files."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import reduce
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [
    *(path for folder in ("client", "network") for path in sorted((ROOT / folder).rglob("*.py"))),
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "README.md",
]
_NAME = re.compile(r"`((?:kindpakket|kindpakket_cli|kindpakket_network)(?:\.\w+)+)`")
_FILE = re.compile(r"`((?:chaincode|client|demo|docs|network|tests|tools)/[\w./-]+\.\w+)`")
_ATTRIBUTES = {"kindpakket.role", "kindpakket.person", "kindpakket.shop", "kindpakket.till"}
_LOGGERS = {"fabric_gateway.events", "fabric_gateway.peers"}


def _texts(path: Path) -> Iterator[str]:
    """A document, or the docstrings of a module."""
    if path.suffix == ".md":
        yield path.read_text("utf-8")
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def _exists(name: str) -> bool:
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            module = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        try:
            reduce(getattr, parts[length:], module)
        except AttributeError:
            return False
        return True
    return False


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_referred_to_exists(path: Path) -> None:
    texts = list(_texts(path))
    names = {name for text in texts for name in _NAME.findall(text)} - _ATTRIBUTES - _LOGGERS
    files = {name for text in texts for name in _FILE.findall(text)}
    assert [name for name in sorted(names) if not _exists(name)] == []
    assert [name for name in sorted(files) if not (ROOT / name).exists()] == []
