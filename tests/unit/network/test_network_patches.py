"""Modules are patched before programs are built with them, or nothing is built."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from kindpakket_network.errors import ProgramError
from kindpakket_network.programs.patches import Patch, patched_copy, patches_in

SOURCE = b"package view\n\nfunc decide() { wait() }\n"
PATCH = Patch(
    module="example.org/view",
    file="internal/view.go",
    sha256=hashlib.sha256(SOURCE).hexdigest(),
    changes=[("wait()", "goOn()")],
)


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A module's source, read-only as in Go's cache."""
    folder = tmp_path / "module"
    (folder / "internal").mkdir(parents=True)
    (folder / "internal" / "view.go").write_bytes(SOURCE)
    (folder / "internal" / "view.go").chmod(0o444)
    (folder / "internal").chmod(0o555)
    return folder


def test_a_copy_is_changed_and_the_module_is_not(module: Path, tmp_path: Path) -> None:
    copy = patched_copy(PATCH, module, tmp_path / "patched")
    assert (copy / "internal" / "view.go").read_bytes() == b"package view\n\nfunc decide() { goOn() }\n"
    assert (module / "internal" / "view.go").read_bytes() == SOURCE


def test_a_second_patch_of_a_module_goes_into_the_same_copy(module: Path, tmp_path: Path) -> None:
    (module / "view_test.go").write_bytes(SOURCE)
    first = patched_copy(PATCH, module, tmp_path / "patched")
    assert patched_copy(replace(PATCH, file="view_test.go"), module, tmp_path / "patched") == first
    assert b"goOn" in (first / "internal" / "view.go").read_bytes()
    assert b"goOn" in (first / "view_test.go").read_bytes()


def test_another_version_of_the_file_is_not_changed() -> None:
    with pytest.raises(ProgramError, match=r"^internal/view.go of example.org/view has SHA-256 "):
        PATCH.applied(SOURCE + b"// newer\n")


@pytest.mark.parametrize(("old", "places"), [("sleep()", 0), ("e", 4)])
def test_a_change_fits_exactly_one_place(old: str, places: int) -> None:
    with pytest.raises(ProgramError, match=f" matches {places} times instead of once: "):
        replace(PATCH, changes=[(old, "")]).applied(SOURCE)


def test_a_folder_without_patches_has_none(tmp_path: Path) -> None:
    assert patches_in(tmp_path / "patches.yaml") == []


def test_the_patches_concern_fabric_and_the_modules_that_it_is_built_with() -> None:
    folder = Path(str(resources.files("kindpakket_network") / "data" / "tools" / "fabric"))
    modules = {patch.module for patch in patches_in(folder / "patches.yaml")}
    assert modules == {
        "github.com/hyperledger-labs/SmartBFT",
        "github.com/hyperledger/fabric",
        "google.golang.org/protobuf",
    }
    required = (folder / "go.mod").read_text("utf-8")
    assert "github.com/hyperledger-labs/SmartBFT v1.0.1" in required
    assert "google.golang.org/protobuf v1.36.11" in required
