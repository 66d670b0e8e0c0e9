"""The chaincode package: the same bytes for the same source, and nothing of any organisation in it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import stat
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from kindpakket_network import NetworkError
from kindpakket_network.chaincodes import go_program
from kindpakket_network.chaincodes import package as chaincode
from kindpakket_network.chaincodes.source import Source
from kindpakket_network.description.chaincode import Chaincode
from kindpakket_network.programs.command import Command, Result, run
from kindpakket_network.programs.home import Home

DIGEST = "ab" * 32
KNOWN = "bbec012e5439850af05d690ae074b9754aadea6a9ea5dbaf35a923d2e011762a"


def declared(source: Path, name: str = "x", **commands: str) -> Chaincode:
    members = {"name": name, "version": "1", "source": str(source), "endorsement": "OR('A.peer')"}
    return Chaincode.read(members | commands)


def digest_of(source: Path, **commands: str) -> str:
    return Source.of(declared(source, **commands)).digest()


def entries(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(content))) as archive:
        found = {}
        for member in archive.getmembers():
            assert (member.mtime, member.uid, member.gid, member.uname) == (0, 0, 0, "")
            file = archive.extractfile(member)
            assert file is not None
            found[member.name] = file.read()
        return found


@pytest.fixture
def module(tmp_path: Path) -> Path:
    folder = tmp_path / "module"
    (folder / "rules").mkdir(parents=True)
    (folder / "go.mod").write_text("module x\n")
    (folder / "main.go").write_text("package main\n")
    (folder / "rules" / "refusals.json").write_text("[]")
    return folder


def test_the_package_id_is_fixed_by_the_source_alone() -> None:
    made = chaincode.package("kindpakket", DIGEST)
    assert made == chaincode.package("kindpakket", DIGEST)
    assert made.id == f"kindpakket-abababababab:{hashlib.sha256(made.content).hexdigest()}"
    # Every organisation must compute this very id, on whatever machine and Python.
    assert made.id.endswith(":" + KNOWN)


def test_the_package_names_the_source_and_no_address_or_key() -> None:
    outer = entries(chaincode.package("kindpakket", DIGEST).content)
    assert json.loads(outer["metadata.json"]) == {
        "label": "kindpakket-abababababab",
        "path": "",
        "type": "ccaas",
    }
    inner = entries(outer["code.tar.gz"])
    assert {name: json.loads(text) for name, text in inner.items()} == {
        "chaincode.json": {"name": "kindpakket", "source_sha256": DIGEST}
    }


def test_the_digest_follows_what_is_compiled(module: Path) -> None:
    first = digest_of(module)
    (module / "main_test.go").write_text("package main\n")
    (module / "README.md").write_text("words")
    (module / ".git").mkdir()
    (module / ".git" / "HEAD").write_text("x")
    assert digest_of(module) == first
    (module / "rules" / "refusals.json").write_text('["A"]')
    second = digest_of(module)
    (module / "rules" / "refusals.json").rename(module / "refusals.json")
    assert len({first, second, digest_of(module)}) == 3


def test_a_folder_that_nothing_says_how_to_build_is_named(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=r"has none of go\.mod, package\.json, .*`build` and `run`"):
        digest_of(tmp_path)
    with pytest.raises(NetworkError, match=r"no folder .*absent: name x's folder"):
        digest_of(tmp_path / "absent")
    (tmp_path / "build.gradle").touch()
    with pytest.raises(NetworkError, match=r"Java with Gradle, which has no usual way"):
        digest_of(tmp_path)
    assert len({digest_of(tmp_path, run=run) for run in ("a", "b")}) == 2


@pytest.mark.parametrize(
    ("marker", "text", "written"),
    [
        ("package.json", '{"scripts": {"build": "tsc"}}', ("node_modules", "dist", ".cache")),
        ("pom.xml", "<project/>", ("target", ".settings")),
    ],
)
def test_the_digest_ignores_what_a_build_writes(
    tmp_path: Path, marker: str, text: str, written: tuple[str, ...]
) -> None:
    (tmp_path / marker).write_text(text)
    first = digest_of(tmp_path)
    for name in written:
        (tmp_path / "deeper" / name).mkdir(parents=True)
        (tmp_path / "deeper" / name / "file").write_text("built")
    assert digest_of(tmp_path) == first
    (tmp_path / "deeper" / "README.md").write_text("source")
    assert digest_of(tmp_path) != first


def test_a_package_without_a_build_script_may_keep_source_in_dist(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text("{}")
    first = digest_of(tmp_path)
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "index.js").write_text("source")
    assert digest_of(tmp_path) != first


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
    """The folders in which programs were compiled; there is an empty cache for them."""
    found: list[Path] = []

    def noted(command: Command) -> Result:
        if command.name == "go build":
            assert command.folder is not None
            found.append(command.folder)
        return run(command)

    monkeypatch.setattr(go_program, "run", noted)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return found


def build_in(home: Path, source: Path, **commands: str) -> bytes:
    wanted = declared(source, **commands)
    built = chaincode.build(wanted, chaincode.package_of(wanted), Home(home))
    assert built.stat().st_mode & stat.S_IXUSR
    return built.read_bytes()


def test_another_home_gets_the_program_that_was_compiled_before(
    module: Path, tmp_path: Path, compiled: list[Path]
) -> None:
    (module / "main.go").write_text("package main\n\nfunc main() {}\n")
    first = build_in(tmp_path / "first", module)
    assert build_in(tmp_path / "second", module) == first
    assert compiled == [module]
    assert build_in(tmp_path / "second", module) == first
    (module / "main.go").write_text('package main\n\nfunc main() { println("other") }\n')
    assert build_in(tmp_path / "second", module) != first
    assert compiled == [module, module]


def test_a_program_of_more_than_its_own_folder_is_compiled_for_each_home(
    module: Path, tmp_path: Path, compiled: list[Path]
) -> None:
    (module / "main.go").write_text("package main\n\nfunc main() {}\n")
    (module / "go.mod").write_text("module x\n\nreplace y => ../y\n")
    for home in ("first", "second"):
        build_in(tmp_path / home, module)
    assert compiled == [module, module]


def test_what_is_left_of_a_killed_build_and_what_is_old_leaves_the_cache(
    module: Path, tmp_path: Path, compiled: list[Path]
) -> None:
    cache = tmp_path / "cache" / "kindpakket" / "chaincodes"
    cache.mkdir(parents=True)
    for name, days in ((".killed.new", 0), ("old", 31), ("kept", 29)):
        (cache / name).touch()
        then = time.time() - days * 86_400
        os.utime(cache / name, (then, then))
    (module / "main.go").write_text("package main\n\nfunc main() {}\n")
    build_in(tmp_path / "home", module)
    assert len(compiled) == 1
    assert {path.name for path in cache.iterdir() if len(path.name) < 64} == {"kept", "lock"}
    assert len(list(cache.iterdir())) == 3


def test_source_that_does_not_compile_is_refused_each_time_with_what_go_says(
    module: Path, tmp_path: Path, compiled: list[Path]
) -> None:
    (module / "main.go").write_text("package main\n\nfunc main() { nothing() }\n")
    for home in ("first", "second"):
        with pytest.raises(NetworkError, match=r"(?s)does not compile.*undefined: nothing"):
            build_in(tmp_path / home, module)
    assert len(compiled) == 2


@pytest.fixture
def builder(tmp_path: Path) -> Path:
    home = Home(tmp_path / "home")
    home.install_builder()
    return home.builder / "bin"


def build(
    builder: Path, tmp_path: Path, metadata: str, connections: Path
) -> subprocess.CompletedProcess[str]:
    for name in ("src", "meta", "out", "rel"):
        (tmp_path / name).mkdir()
    (tmp_path / "meta" / "metadata.json").write_text(metadata)
    steps = (("detect", "src", "meta"), ("build", "src", "meta", "out"), ("release", "out", "rel"))
    for script, *folders in steps:
        done = subprocess.run(
            [builder / script, *(tmp_path / folder for folder in folders)],
            env={"PATH": "/usr/bin:/bin", "KINDPAKKET_CONNECTIONS": str(connections)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            break
    return done


def test_the_builder_releases_the_peers_own_connection(builder: Path, tmp_path: Path) -> None:
    connections = tmp_path / "with a space"
    connections.mkdir()
    (connections / "kindpakket-abababababab.json").write_text('{"address": "127.0.0.1:1"}')
    metadata = entries(chaincode.package("kindpakket", DIGEST).content)["metadata.json"].decode()
    done = build(builder, tmp_path, metadata, connections)
    assert done.returncode == 0, done.stderr
    released = tmp_path / "rel" / "chaincode" / "server" / "connection.json"
    assert released.read_text() == '{"address": "127.0.0.1:1"}'
    assert released.stat().st_mode & 0o077 == 0


def test_the_builder_says_which_connection_is_missing(builder: Path, tmp_path: Path) -> None:
    done = build(builder, tmp_path, '{"type":"ccaas","label":"x-1"}', tmp_path)
    assert done.returncode != 0
    assert f"there is no connection file {tmp_path}/x-1.json" in done.stderr


def test_the_builder_leaves_other_packages_alone(builder: Path, tmp_path: Path) -> None:
    assert build(builder, tmp_path, '{"type":"golang","label":"x"}', tmp_path).returncode != 0
