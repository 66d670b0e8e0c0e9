"""What the network tool builds: which versions, and when it builds anew."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest
from click.testing import CliRunner

from kindpakket_cli.network import group
from kindpakket_network.description.build import BUILDS
from kindpakket_network.programs.fabric import FABRIC, FABRIC_CA, Programs, ToolModule, cache_key, fabric

SMARTBFT = "github.com/hyperledger-labs/SmartBFT"
# The commit of Fabric 3.1.1: its tags are not Go module versions.
FABRIC_3_1_1 = "v1.4.0-rc1.0.20250510200036-435a7f1a780a"


def tool_file(module: ToolModule, name: str) -> str:
    return (resources.files("kindpakket_network") / "data" / "tools" / module.name / name).read_text("utf-8")


def required(module: ToolModule, path: str) -> str:
    found = re.search(rf"^\t{re.escape(path)} (\S+)", tool_file(module, "go.mod"), re.MULTILINE)
    assert found is not None
    return found[1]


def test_orderers_are_built_with_the_smartbft_that_keeps_its_place_in_a_view() -> None:
    """Fabric 3.1.1 asks for an older one, with which a consenter can fall silent (decision 0025)."""
    version = required(FABRIC, SMARTBFT)
    assert version == "v1.0.1"
    assert f"{SMARTBFT} {version} h1:" in tool_file(FABRIC, "go.sum")
    assert "replace" not in tool_file(FABRIC, "go.mod")
    assert FABRIC.title == f"Fabric 3.1.1 with SmartBFT {version.removeprefix('v')} (patched)"


def test_the_titles_and_what_the_programs_say_of_themselves_are_the_versions_of_the_modules() -> None:
    assert required(FABRIC, "github.com/hyperledger/fabric") == FABRIC_3_1_1
    assert FABRIC.version.endswith("=3.1.1")
    version = required(FABRIC_CA, "github.com/hyperledger/fabric-ca").removeprefix("v")
    assert FABRIC_CA.title == f"Fabric CA {version}"
    assert FABRIC_CA.version.endswith(f"={version}")


@pytest.mark.parametrize("module", [*map(fabric, BUILDS), FABRIC_CA], ids=lambda module: str(module.title))
def test_programs_that_use_tokens_are_another_build_which_needs_c(module: ToolModule) -> None:
    with_tokens = module.with_tokens()
    assert cache_key(with_tokens, "go1.26.1") != cache_key(module, "go1.26.1")
    assert (with_tokens.needs_c, with_tokens.tags, module.tags) == (True, ("pkcs11",), ())
    assert (with_tokens.version, with_tokens.programs) == (module.version, module.programs)
    assert "github.com/miekg/pkcs11 v1.1.1 h1:" in tool_file(module, "go.sum")


@pytest.mark.parametrize("name", ["go.mod", "go.sum", "patches.yaml"])
def test_another_version_of_any_module_is_built_into_another_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data" / "tools" / FABRIC.name
    folder.mkdir(parents=True)
    for file in ("go.mod", "go.sum", "patches.yaml"):
        (folder / file).write_text(tool_file(FABRIC, file), "utf-8")
    before = cache_key(FABRIC, "go1.26.1")
    monkeypatch.setattr(resources, "files", lambda _: tmp_path)
    assert cache_key(FABRIC, "go1.26.1") == before
    (folder / name).write_text((folder / name).read_text("utf-8") + "\n", "utf-8")
    assert cache_key(FABRIC, "go1.26.1") != before


def test_the_command_says_which_versions_it_has_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "kindpakket_network.programs.fabric.programs",
        lambda *_, **__: Programs(tmp_path / "fabric", tmp_path / "ca"),
    )
    answer = CliRunner().invoke(group.network, ["programs"])
    assert answer.output == (
        f"Fabric 3.1.1 with SmartBFT 1.0.1 (patched) and Fabric CA 1.5.15 are built in {tmp_path}\n"
    )
