"""Chaincodes that are built in a copy of their source: by which commands, from which cache, started how."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from kindpakket_cli.network.chaincode import LANGUAGES as COMMAND_LANGUAGES
from kindpakket_network import NetworkError
from kindpakket_network.chaincodes import package
from kindpakket_network.chaincodes.languages import language_or_other
from kindpakket_network.chaincodes.sample import LANGUAGES, write_sample
from kindpakket_network.description.chaincode import Chaincode
from kindpakket_network.programs.home import Home


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "kindpakket" / "chaincodes"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "scripts").mkdir(parents=True)
    script = folder / "scripts" / "serve"
    script.write_text('#!/bin/sh\necho "$CHAINCODE_ID from $(cat made)"\n')
    script.chmod(0o755)
    return folder


def build(source: Path, home: Path, **commands: str) -> Path:
    members = {"name": "x", "version": "1", "source": str(source), "endorsement": "OR('A.peer')"}
    wanted = Chaincode.read(members | commands)
    return package.build(wanted, package.package_of(wanted), Home(home))


def started(program: Path) -> str:
    """What a program writes, started by a link in another folder as a service manager does."""
    link = program.parents[2] / "link"
    link.unlink(missing_ok=True)
    link.symlink_to(program)
    done = subprocess.run(
        [link],
        cwd="/",
        env={"PATH": os.environ["PATH"], "CHAINCODE_ID": "x:1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_it_is_built_once_outside_its_source_and_started_where_it_was_built(
    source: Path, tmp_path: Path
) -> None:
    commands = {"build": f"echo built >>{tmp_path}/count; echo a copy >made", "run": "scripts/serve"}
    program = build(source, tmp_path / "home", **commands)
    assert started(program) == "x:1 from a copy"
    assert not (source / "made").exists()
    assert build(source, tmp_path / "home", **commands) == program
    build(source, tmp_path / "other home", **commands)
    assert (tmp_path / "count").read_text() == "built\n"
    (tmp_path / "home").rename(tmp_path / "moved")
    assert started(tmp_path / "moved" / program.relative_to(tmp_path / "home")) == "x:1 from a copy"


def test_a_build_that_fails_says_with_its_last_lines_what_is_wrong_and_leaves_nothing(
    source: Path, tmp_path: Path, cache: Path
) -> None:
    for _ in range(2):
        with pytest.raises(NetworkError, match=r"(?s)does not build with `echo .*cannot find module"):
            build(source, tmp_path / "home", build="echo cannot find module >&2; exit 3", run="scripts/serve")
    assert [path for path in cache.iterdir() if path.name[0] not in ".l"] == []
    build(source, tmp_path / "home", build="touch made", run="scripts/serve")


@pytest.mark.parametrize(
    ("marker", "tool", "package"), [("package.json", "npm", "Node.js 18"), ("pom.xml", "mvn", "Maven")]
)
def test_a_missing_tool_is_named_with_what_to_install(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, marker: str, tool: str, package: str
) -> None:
    (source / marker).write_text("{}")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NetworkError, match=f"`{tool}` is not on the PATH: install {package}"):
        build(source, tmp_path / "home")


def test_a_node_package_that_brings_no_server_is_refused(source: Path, tmp_path: Path) -> None:
    (source / "package.json").write_text("{}")
    with pytest.raises(NetworkError, match=r"package\.json does not bring fabric-shim"):
        build(source, tmp_path / "home", build="true")


def test_a_lock_file_decides_what_npm_installs(tmp_path: Path) -> None:
    (tmp_path / "package.json").touch()
    usual = language_or_other(tmp_path).build
    assert usual is not None
    assert usual(tmp_path).startswith("npm install --no-audit")
    (tmp_path / "package-lock.json").touch()
    assert usual(tmp_path).startswith("npm ci --no-audit")


def test_a_jar_is_started_by_its_main_class_if_that_asks_for_certificates(tmp_path: Path) -> None:
    (tmp_path / "pom.xml").touch()
    start = language_or_other(tmp_path).run
    assert start is not None
    with pytest.raises(NetworkError, match="left no jar in target/"):
        start(tmp_path)
    (tmp_path / "target").mkdir()
    for name, manifest in (("a-1.jar", "X: y\r\n"), ("b-1.jar", "Main-Class: a.very.long\r\n .Main\r\n")):
        with zipfile.ZipFile(tmp_path / "target" / name, "w") as jar:
            jar.writestr("META-INF/MANIFEST.MF", manifest)
    assert start(tmp_path).endswith(" -cp 'target/b-1.jar:target/dependency/*' a.very.long.Main")
    (tmp_path / "target" / "b-1.jar").unlink()
    with zipfile.ZipFile(tmp_path / "target" / "c-1.jar", "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", "Main-Class: org.hyperledger.fabric.contract.ContractRouter\r\n")
    with pytest.raises(NetworkError, match=r"no main class that serves its peer .*ContractRouter"):
        start(tmp_path)


def test_the_command_offers_what_there_is() -> None:
    assert COMMAND_LANGUAGES == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sample_is_written_once(tmp_path: Path, language: str) -> None:
    files = write_sample(language, tmp_path / "new")
    assert files
    assert all(file.is_file() for file in files)
    assert language_or_other(tmp_path / "new").markers
    with pytest.raises(NetworkError, match="is not empty"):
        write_sample(language, tmp_path / "new")
