"""A full or read-only disk is told with its folder and what to do; a missing HOME is found out."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

import pytest

from kindpakket_network.errors import CommandFailed, DiskFull, ProgramError
from kindpakket_network.programs import disk
from kindpakket_network.programs.command import Command, base_environment, run
from kindpakket_network.programs.disk import disk_problem, full_disk
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.process import Processes


@pytest.mark.parametrize(
    "output",
    [
        "go: creating work dir: mkdir {}/go-build1/b001: no space left on device",
        "cannot write '{}/file': No space left on device",
    ],
)
def test_a_program_that_found_the_disk_full_is_told_with_the_folder(output: str, tmp_path: Path) -> None:
    told = full_disk(output.format(tmp_path), [Path("/usr")])
    assert told is not None
    assert told.startswith(f"the disk of {tmp_path} (")
    assert told.endswith("is full: free up space there, then run the command again")


def test_the_disk_with_little_space_is_meant_if_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, cache = tmp_path / "home", tmp_path / "cache"
    home.mkdir()
    cache.mkdir()
    monkeypatch.setattr(disk, "_free", lambda folder: 4096 if folder == home else 1 << 40)
    told = full_disk("write: no space left on device", [cache, home])
    assert told is not None
    assert str(home) in told
    assert str(cache) not in told


def test_other_failures_are_no_full_disk() -> None:
    assert full_disk("main.go:3: undefined: x", []) is None
    assert disk_problem(OSError(errno.EACCES, "Permission denied", "/x"), []) is None


def test_the_systems_errors_are_told_with_what_to_do(tmp_path: Path) -> None:
    file = str(tmp_path / "topology.yaml")
    full = disk_problem(OSError(errno.ENOSPC, "No space left on device", file), [])
    assert full is not None
    assert full.startswith(f"the disk of {tmp_path} (")
    locked = disk_problem(OSError(errno.EROFS, "Read-only file system", "/srv/home/lock"), [])
    assert locked is not None
    assert locked.startswith("/srv/home/lock cannot be written, because its disk is read-only: mount it")


def test_a_command_that_fails_for_it_says_so(tmp_path: Path) -> None:
    words = f"open {tmp_path}/a: no space left on device"
    failing = Command("go build", [sys.executable, "-c", f"import sys; sys.exit({words!r})"])
    with pytest.raises(DiskFull, match=f"^go build failed, because the disk of {tmp_path}"):
        run(failing)
    with pytest.raises(CommandFailed, match="does not compile"):
        run(Command("go build", [sys.executable, "-c", "import sys; sys.exit('does not compile')"]))


def test_a_node_that_ended_for_it_says_so(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    write(home.log("peer0.a"), f"panic: write {tmp_path}/1.log: no space left on device\n")
    error = str(Processes(home).failed("peer0.a", "exited unexpectedly"))
    assert f"The disk of {tmp_path} (" in error


def test_programs_find_a_home_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "")
    assert Path(base_environment()["HOME"]).is_dir()
    monkeypatch.delenv("HOME")
    assert Path(base_environment()["HOME"]).is_dir()

    def unknown(_: int) -> None:
        raise KeyError

    monkeypatch.setattr("pwd.getpwuid", unknown)
    with pytest.raises(ProgramError, match="HOME is not set"):
        base_environment()
