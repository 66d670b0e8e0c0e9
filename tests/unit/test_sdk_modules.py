"""What a program may import of `fabric_gateway`, and what an import loads."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sdk_modules import FORMER, PUBLIC

import fabric_gateway as fabric
from fabric_gateway import ca

PACKAGE = Path(fabric.__file__).parent
REFERENCE = Path(__file__).parents[2] / "sdk/docs/reference/index.md"
HEAVY = [
    "asyncio",
    "cryptography",
    "google.protobuf",
    "grpc",
    "httpx",
    "requests",
    "sqlalchemy",
    "sqlite3",
    "yaml",
]


def _module(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def test_modules_that_are_not_the_api_have_an_underscore() -> None:
    modules = map(_module, PACKAGE.rglob("*.py"))
    public = {name for name in modules if not any(part.startswith("_") for part in name.split("."))}
    public = {name for name in public if not name.startswith("fabric_gateway.hfc")}  # has hfc's modules
    assert public == {*PUBLIC, *FORMER}


@pytest.mark.parametrize("place", ["docstring", "reference"])
def test_the_api_is_written_down(place: str) -> None:
    text = (fabric.__doc__ or "") if place == "docstring" else REFERENCE.read_text(encoding="utf-8")
    assert [name for name in PUBLIC if f"`{name}`" not in text] == []
    assert [name for name in FORMER if f"{name.rpartition('.')[2]}`" not in text] == []


@pytest.mark.parametrize("module", PUBLIC)
def test_a_public_module_says_what_it_exports(module: str) -> None:
    loaded = importlib.import_module(module)
    assert loaded.__all__ == sorted(loaded.__all__, key=lambda name: (not name.isupper(), name))
    assert [name for name in loaded.__all__ if not hasattr(loaded, name)] == []


@pytest.mark.parametrize(("former", "present"), FORMER.items())
def test_a_former_module_has_names_of_the_present_one(former: str, present: str) -> None:
    was, now = importlib.import_module(former), importlib.import_module(present)
    assert was.__all__
    assert all(getattr(was, name) is getattr(now, name) for name in was.__all__)


@pytest.mark.parametrize("package", [fabric, ca], ids=lambda package: package.__name__)
def test_names_that_load_late_are_those_that_type_checkers_see(package: Any) -> None:
    tree = ast.parse(inspect.getsource(package))
    seen = {
        alias.name: node.module
        for branch in tree.body
        if isinstance(branch, ast.If)
        for node in branch.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert sorted(seen) == sorted(package.__all__)
    for name, module in seen.items():
        assert getattr(package, name) is getattr(importlib.import_module(module or ""), name)
    assert set(package.__all__) <= set(dir(package))


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"'fabric_gateway' has no attribute 'Gatewayy'"):
        _ = fabric.Gatewayy  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("program", "loaded"),
    [
        ("import fabric_gateway", []),
        ("from fabric_gateway import Deadlines, Limits", []),
        (
            "from fabric_gateway.ca import Enrolment",
            ["cryptography", "google.protobuf", "grpc", "asyncio"],
        ),
        # grpc itself imports asyncio
        ("from fabric_gateway import connect", ["asyncio", "cryptography", "google.protobuf", "grpc"]),
    ],
)
def test_an_import_loads_only_what_it_needs(program: str, loaded: list[str]) -> None:
    asked = f"import sys\n{program}\nprint(*(name for name in {HEAVY} if name in sys.modules))"
    printed = subprocess.check_output([sys.executable, "-c", asked], text=True, timeout=60)
    assert sorted(printed.split()) == sorted(loaded)
