"""Logs are rotated while their nodes write: nothing is lost or doubled, and the node goes on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner

from kindpakket_cli.network.group import network as command
from kindpakket_cli.network.logs import _Tail as follow
from kindpakket_network import Topology
from kindpakket_network.description.tuning import Logs
from kindpakket_network.errors import DiskFull
from kindpakket_network.programs import rotation
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.logs import read
from kindpakket_network.programs.process import Processes, Program, is_suspended
from kindpakket_network.programs.rotation import files, rotate_running, tail
from kindpakket_network.programs.wait import until
from patience import PATIENCE

NODE = "peer0.winkels"
ROTATIONS = 12
# Two threads that write as fast as they can, each its own numbers; a line is one write.
WRITER = """
import itertools, os, threading
def work(name):
    for number in itertools.count():
        os.write(1, b"%d %d\\n" % (name, number))
threading.Thread(target=work, args=(1,), daemon=True).start()
work(2)
"""
SUSPENDING = """
import sys, time
import psutil
from kindpakket_network.programs.process import suspended
with suspended(psutil.Process(int(sys.argv[1]))):
    time.sleep(600)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.create()
    write(made.topology, Topology.packaged("kindpakket").as_yaml())
    return made


def test_no_line_is_lost_or_doubled(
    home: Home, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "_MEGABYTE", 10_000)
    processes.start(Program(NODE, [sys.executable, "-c", WRITER], {}, Path("/")))
    log = home.log(NODE)
    for _ in range(ROTATIONS):
        assert until(lambda: processes.rotate_log(NODE, Logs(1, 100)) or None, PATIENCE)
    assert until(lambda: log.stat().st_size or None, PATIENCE), "the node no longer writes"
    process = processes.find(NODE)
    assert process is not None
    assert not is_suspended(process)
    processes.stop(NODE, signal.SIGKILL)
    assert len(files(log)) == ROTATIONS + 1
    lines = b"".join(path.read_bytes() for path in files(log)).split(b"\n")[:-1]
    for name in (b"1", b"2"):
        numbers = [int(line.split()[1]) for line in lines if line.split()[0] == name]
        assert numbers == list(range(len(numbers)))
        assert numbers


def test_a_node_goes_on_when_the_command_that_suspended_it_is_killed(processes: Processes) -> None:
    processes.start(Program(NODE, [sys.executable, "-c", WRITER], {}, Path("/")))
    process = processes.find(NODE)
    assert process is not None
    with subprocess.Popen([sys.executable, "-c", SUSPENDING, str(process.pid)]) as command:
        assert until(lambda: is_suspended(process) or None, PATIENCE)
        command.kill()
    assert until(lambda: not is_suspended(process) or None, PATIENCE)


def test_a_copy_that_a_killed_command_left_is_not_kept_twice(home: Home, processes: Processes) -> None:
    log = home.log(NODE)
    log.write_text("old\n" * 400_000)
    rotation._aside(log, 1).write_text("old\n" * 1_000)
    rotation._aside(log, 2).write_text("older\n")
    processes.start(Program(NODE, [sys.executable, "-c", "import time; time.sleep(60)"], {}, Path("/")))
    assert processes.rotate_log(NODE, Logs(1, 4))
    assert [path.name.rpartition(".")[2] for path in files(log)] == ["2", "1", "log"]
    assert rotation._aside(log, 1).read_text() == "old\n" * 400_000


def test_a_short_log_stays(home: Home) -> None:
    home.log(NODE).write_text("short")
    assert not rotate_running(home.log(NODE), Logs(1, 4), pytest.fail)
    assert files(home.log(NODE)) == [home.log(NODE)]


def test_a_full_disk_leaves_the_log_as_it_was(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    log = home.log(NODE)
    log.write_text("x" * (1 << 20))
    with pytest.raises(DiskFull, match="could not be rotated: the disk of"):
        rotate_running(log, Logs(1, 4), pytest.fail)
    assert files(log) == [log]
    assert log.stat().st_size == 1 << 20


def test_the_end_of_a_log_goes_back_into_the_rotated_file(home: Home) -> None:
    log = home.log(NODE)
    rotation._aside(log, 1).write_text("one\ntwo\n")
    log.write_text("three\n")
    assert tail(log, 10) == "two\nthree\n"
    assert tail(log, 100) == "one\ntwo\nthree\n"
    assert [entry.text for entry in read(NODE, log)] == ["one\ntwo\nthree"]


def test_whoever_follows_a_log_misses_nothing_when_it_is_rotated(home: Home) -> None:
    log = home.log(NODE)
    stamp = "2026-05-01 12:00:0{}.000 UTC INFO [a] f: {}\n"
    log.write_text(stamp.format(0, "é before"))
    followed = follow(NODE, log)
    with log.open("ab") as node:
        node.write(stamp.format(1, "é seen").encode())
        node.flush()
        assert [entry.text[-6:] for entry in followed.new()] == ["é seen"]
        node.write((stamp.format(2, "é late") + "x" * 2_000_000 + "\n").encode())
        node.flush()
        assert rotate_running(log, Logs(1, 4), nullcontext)
        node.write(stamp.format(3, "é next").encode())
        node.flush()
        found = [entry.text.splitlines()[0][-6:] for entry in followed.new()]
    followed._file.close()
    assert found == ["é late", "é next"]


def test_the_command_rotates_what_is_long(home: Home) -> None:
    document = {**Topology.packaged("kindpakket").document, "tuning": {"logs": {"megabytes": 1, "files": 2}}}
    write(home.topology, Topology.read(document, home.root).as_yaml())
    home.log(NODE).write_text("x" * (1 << 20))
    home.log("orderer.winkels").write_text("short")
    shown = CliRunner().invoke(command, ["rotate-logs", "--home", str(home.root), "--json"])
    assert json.loads(shown.stdout) == {"rotated": [NODE]}
    again = CliRunner().invoke(command, ["rotate-logs", "--home", str(home.root)])
    assert again.output == "No log is long.\n"
