"""The SDK's reference site: builds strictly, shows every public name, and needs no internet."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sdk_modules import PUBLIC

import fabric_gateway as fabric
from fabric_gateway.testing import MemoryGateway

REPOSITORY = Path(__file__).parents[2]
PAGES = sorted((REPOSITORY / "sdk/docs").glob("*.md"))
# What the pages call the objects of each class.
OBJECTS: dict[str, type] = {
    "commit": fabric.Commit,
    "contract": fabric.Contract,
    "gateway": fabric.Gateway,
    "identity": fabric.Identity,
    "memory": MemoryGateway,
    "network": fabric.Network,
    "outbox": fabric.Outbox,
    "proposal": fabric.Proposal,
    "transaction": fabric.Transaction,
}
_LOADED = re.compile(r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?([^"' >]+)|<link\b([^>]*)>""")
_STYLE = re.compile(r"url\(\s*[\"']?(https?:)?//")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "mkdocs",
            "build",
            "--strict",
            "--quiet",
            "--site-dir",
            folder,
            "--config-file",
            "sdk/mkdocs.yml",
        ],
        check=False,
        cwd=REPOSITORY,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder


def _names(module: str) -> dict[str, set[str]]:
    """For each public name of a module where it may be found: there, at its definition, or at the top."""
    found = {}
    for name in _exported(module):
        value = getattr(importlib.import_module(module), name)
        found[name] = {f"{module}.{name}", f"{getattr(value, '__module__', module)}.{name}"}
        if getattr(fabric, name, None) is value:
            found[name].add(f"fabric_gateway.{name}")
    return found


def _exported(module: str) -> list[str]:
    names: list[str] = importlib.import_module(module).__all__
    return names


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_name_is_in_the_reference(built: Path, module: str) -> None:
    shown = {
        anchor
        for page in (built / "reference").glob("*.html")
        for anchor in re.findall(r'\bid="(fabric_gateway[\w.]*)"', page.read_text(encoding="utf-8"))
    }
    missing = [name for name, places in _names(module).items() if not places & shown]
    assert missing == [], "add a line `::: name` for each to a page in sdk/docs/reference"


def test_no_page_loads_anything_from_elsewhere(built: Path) -> None:
    elsewhere = []
    pages = sorted(built.rglob("*.html"))
    assert len(pages) > 10
    for page in pages:
        for source, link in _LOADED.findall(page.read_text(encoding="utf-8")):
            address = source or (link if re.search(r"rel=[\"']?(stylesheet|preconnect|icon)", link) else "")
            if re.search(r"(https?:)?//", address):
                elsewhere.append(f"{page.relative_to(built)}: {address}")
    for style in built.rglob("*.css"):
        if _STYLE.search(style.read_text(encoding="utf-8")):
            elsewhere.append(str(style.relative_to(built)))
    assert elsewhere == []


def test_pages_show_the_programs_and_not_the_marks_of_their_sections(built: Path) -> None:
    marks = [page.name for page in built.rglob("*.html") if "--8<--" in page.read_text(encoding="utf-8")]
    assert marks == []


def _has(cls: type, name: str) -> bool:
    """Whether a class has a member, or lists an attribute in its docstring or that of a base."""
    return hasattr(cls, name) or any(
        re.search(rf"^ +{name}: ", base.__doc__ or "", re.MULTILINE) for base in cls.__mro__
    )


def _mentioned(page: Path) -> set[tuple[str, str]]:
    """The members that a page names in our own column or in its text, such as `contract.submit`."""
    text = page.read_text(encoding="utf-8")
    spans = re.findall(r"`([^`\n]+)`", text)
    rows = [line for line in text.splitlines() if page.stem == "calls" and line.startswith("|")]
    others = {span for row in rows for cell in row.split("|")[1:4] for span in re.findall(r"`([^`]+)`", cell)}
    objects = "|".join(OBJECTS)
    return {
        match
        for span in spans
        if span not in others
        for match in re.findall(rf"(?<![\w./:])({objects})\.([a-z]\w*)", span)
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_names_exists(page: Path) -> None:
    if page.stem in {"hfc", "behaviours"}:  # they name other things, and have tests of their own
        return
    missing = [f"{name}.{member}" for name, member in _mentioned(page) if not _has(OBJECTS[name], member)]
    assert missing == []


def test_names_on_pages_are_found() -> None:
    mentioned = {pair for page in PAGES for pair in _mentioned(page)}
    assert {("contract", "submit"), ("network", "transaction"), ("memory", "hold")} <= mentioned
    assert _has(fabric.Commit, "transaction_id")
    assert not _has(fabric.Commit, "transactionId")
