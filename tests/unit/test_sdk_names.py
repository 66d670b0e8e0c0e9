"""The public names of `fabric_gateway`: apart from the rest, documented, and the same for asyncio."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fabric_gateway as fabric
from fabric_gateway import aio, ca
from fabric_gateway.ca import aio as aio_ca

PACKAGE = Path(fabric.__file__).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))

# The method that asyncio calls instead.
_ASYNC_NAMES = {
    "__enter__": "__aenter__",
    "__exit__": "__aexit__",
    "__iter__": "__aiter__",
    "__next__": "__anext__",
}


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports hide what is imported"
            yield from (f"{node.module}.{name.name}" for name in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_imports_nothing_of_kindpakket(path: Path) -> None:
    assert [name for name in _imports(ast.parse(path.read_text())) if name.startswith("kindpakket")] == []


def test_loads_nothing_of_kindpakket() -> None:
    program = (
        "import sys, fabric_gateway.aio, fabric_gateway.testing, fabric_gateway.ca\n"
        "print(*(name for name in sys.modules if name.startswith(('fabric_gateway', 'kindpakket'))))"
    )
    printed = subprocess.check_output([sys.executable, "-c", program], text=True, timeout=600)
    loaded = set(printed.split())
    assert "fabric_gateway.aio" in loaded
    assert [name for name in loaded if name.startswith("kindpakket")] == []


def _public(holder: Any) -> dict[str, Any]:
    return {name: getattr(holder, name) for name in holder.__all__}


def _members(cls: type) -> dict[str, Any]:
    """The methods and properties of a class that it or its bases of this package define."""
    ours = [base for base in cls.__mro__ if base.__module__.startswith("fabric_gateway")]
    found = {name: value for base in reversed(ours) for name, value in vars(base).items()}
    return {
        name: value
        for name, value in found.items()
        if not name.startswith("_") and (inspect.isroutine(value) or isinstance(value, property))
    }


@pytest.mark.parametrize("module", [fabric, aio], ids=lambda module: module.__name__)
def test_every_public_name_says_what_it_is(module: Any) -> None:
    silent = []
    for name, value in _public(module).items():
        if not (inspect.isclass(value) or inspect.isroutine(value)):
            continue
        if not value.__doc__ or value.__doc__.startswith(f"{name}("):  # what dataclasses say by themselves
            silent.append(name)
        if inspect.isclass(value):
            silent += [f"{name}.{member}" for member, it in _members(value).items() if not inspect.getdoc(it)]
    assert silent == []


@pytest.mark.parametrize("module", [fabric, aio], ids=lambda module: module.__name__)
def test_public_names_are_listed_in_order(module: Any) -> None:
    assert module.__all__ == sorted(module.__all__)


def _annotations(routine: Any) -> str:
    return " ".join(str(kind) for kind in getattr(routine, "__annotations__", {}).values())


def _mentions(cls: type, names: set[str]) -> bool:
    made: Any = vars(cls).get("__init__")
    texts = [_annotations(routine) for routine in (made, *_members(cls).values())]
    return any(re.search(rf"\b{name}\b", text) for name in names for text in texts)


def _speaking() -> list[str]:
    """Classes that work over a session, or with such a class: their methods block, and need twins."""
    classes = {name: value for name, value in _public(fabric).items() if inspect.isclass(value)}
    found = {
        name
        for name, value in classes.items()
        if any("SyncSession" in str(base) for base in getattr(value, "__orig_bases__", ()))
    }
    found |= {name for name, value in classes.items() if _mentions(value, {"SyncSession"})}
    while more := {name for name, value in classes.items() if _mentions(value, found)} - found:
        found |= more
    return sorted(found)


SPEAKING = _speaking()
BLOCKING = [
    name
    for name, value in _public(fabric).items()
    if inspect.isroutine(value) and str(value.__annotations__.get("return")) in SPEAKING
]
TWINS = {name: (getattr(fabric, name), getattr(aio, name, None)) for name in SPEAKING}
TWINS["CaClient"] = (ca.CaClient, aio_ca.CaClient)  # apart, since it needs no gateway


def test_the_classes_that_need_a_twin_are_found() -> None:
    assert {"Gateway", "Network", "Contract", "Proposal", "Transaction", "Commit", "Stream"} <= set(SPEAKING)
    assert "connect" in BLOCKING


def test_asyncio_has_the_same_names() -> None:
    assert set(aio.__all__) == {*SPEAKING, *BLOCKING}


def _signature(routine: Any) -> list[tuple[str, Any, Any]]:
    parameters = inspect.signature(routine).parameters.values()
    return [(item.name, item.kind, item.default) for item in parameters]


def _described(cls: type, *, asynchronous: bool) -> dict[str, Any]:
    """For each public member of a class what a caller sees of it: kind, parameters, defaults."""
    described: dict[str, Any] = {}
    for name, value in _members(cls).items():
        described[name] = "property" if isinstance(value, property) else _signature(getattr(cls, name))
    for sync, other in _ASYNC_NAMES.items():
        if hasattr(cls, other if asynchronous else sync):
            described[sync] = "there"
    return described


@pytest.mark.parametrize("name", TWINS)
def test_twins_have_the_same_members_and_signatures(name: str) -> None:
    sync, other = TWINS[name]
    assert other is not None
    assert _described(other, asynchronous=True) == _described(sync, asynchronous=False)
    assert sync.__doc__
    assert other.__doc__


@pytest.mark.parametrize("name", BLOCKING)
def test_twin_functions_have_the_same_signature(name: str) -> None:
    assert _signature(getattr(aio, name)) == _signature(getattr(fabric, name))


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_class_points_at_its_twin_or_says_the_same(name: str) -> None:
    """One line, so that nothing is described twice."""
    doc = inspect.getdoc(TWINS[name][1]) or ""
    assert re.search(rf"fabric_gateway\.(ca\.)?{name}\b", doc) or name == "Stream", doc
