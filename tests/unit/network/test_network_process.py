"""Starting, finding and stopping processes, with real children."""

from __future__ import annotations

import fcntl
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import psutil
import pytest

from kindpakket_network import CommandFailed, NetworkError
from kindpakket_network.description.tuning import Logs
from kindpakket_network.programs.command import Command, last_words, run
from kindpakket_network.programs.history import History
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import MARK, Processes, Program
from kindpakket_network.programs.rotation import files, rotate
from kindpakket_network.programs.wait import until
from patience import PATIENCE

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""

# Its first thread ends on SIGTERM, the one with the lock only when told: as when it waits for a slow disk.
ENDS_LATE = """
import ctypes, fcntl, os, platform, signal, sys, threading, time
lock, told = sys.argv[1:]
exit_of_a_thread = {"x86_64": 60, "aarch64": 93}[platform.machine()]

def late():
    with open(lock, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        print("locked", flush=True)
        while not os.path.exists(told):
            time.sleep(0.01)
        os._exit(0)

signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
threading.Thread(target=late).start()
signal.sigwait([signal.SIGTERM])
ctypes.CDLL(None).syscall(exit_of_a_thread, 0)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.create()
    return home


def sleeper(node: str, code: str = "import time; time.sleep(60)") -> Program:
    return Program(node, [sys.executable, "-c", code], {}, Path("/"))


def test_nobody_else_reads_what_a_process_writes(tmp_path: Path, processes: Processes) -> None:
    written = tmp_path / "written"
    processes.start(sleeper("peer0.x", f"import time; open('{written}', 'w'); time.sleep(60)"))
    assert until(lambda: written.is_file() or None, PATIENCE)
    assert written.stat().st_mode & 0o777 == 0o600


def test_a_process_is_found_by_its_record_from_another_command(home: Home, processes: Processes) -> None:
    pid = processes.start(sleeper("peer0.x"))
    found = Processes(home).find("peer0.x")
    assert found is not None
    assert found.pid == pid
    assert processes.start(sleeper("peer0.x")) == pid
    assert os.getsid(pid) == pid


def test_a_process_goes_on_when_what_started_it_is_dropped_and_leaves_no_zombie(home: Home) -> None:
    """As when a network is restored from a backup: the nodes of before are then another object's."""
    starting = Processes(home)
    pid = starting.start(sleeper("peer0.x"))
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            del starting
            gc.collect()
        assert [str(warning.message) for warning in warned] == []
        assert psutil.pid_exists(pid)
    finally:
        assert Processes(home).stop("peer0.x", signal.SIGKILL)
    assert not psutil.pid_exists(pid)


def test_a_process_whose_record_is_lost_is_found_by_its_mark(home: Home, processes: Processes) -> None:
    pid = processes.start(sleeper("peer0.x"))
    home.pid("peer0.x").unlink()
    # The system shows a program's environment only a moment after the program has begun.
    found = until(lambda: Processes(home).find("peer0.x"), PATIENCE)
    assert found is not None
    assert found.pid == pid
    assert home.pid("peer0.x").is_file()


def test_a_process_that_got_the_pid_later_is_not_taken_for_the_node(home: Home) -> None:
    ours = psutil.Process()
    home.pid("peer0.x").write_text(json.dumps({"pid": ours.pid, "started": ours.create_time()}))
    assert Processes(home).find("peer0.x") is None
    stranger = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], env={MARK: f"{home.root}#peer0.x"}
    )
    try:
        # A program that has only just been loaded has no environment yet.
        assert until(lambda: MARK in psutil.Process(stranger.pid).environ() or None, PATIENCE)
        started = psutil.Process(stranger.pid).create_time()
        home.pid("peer0.x").write_text(json.dumps({"pid": stranger.pid, "started": started - 100}))
        found = Processes(home).find("peer0.x")
        assert found is not None  # by its mark, and the record is put right
        assert json.loads(home.pid("peer0.x").read_text())["started"] == pytest.approx(started)
    finally:
        stranger.kill()
        stranger.wait()
    assert Processes(home).find("peer0.x") is None


@pytest.mark.parametrize("record", ["", "{}", '{"pid": "x"}', "[1]", '{"pid": 0, "started": 0}'])
def test_a_broken_record_is_no_process(home: Home, record: str) -> None:
    home.pid("peer0.x").write_text(record)
    assert Processes(home).find("peer0.x") is None


def test_another_homes_node_of_the_same_name_is_left_alone(tmp_path: Path, processes: Processes) -> None:
    pid = processes.start(sleeper("peer0.x"))
    other = Home(tmp_path / "home2")
    other.create()
    assert Processes(other).find("peer0.x") is None
    assert Processes(other).stop("peer0.x") is False
    assert psutil.pid_exists(pid)


def test_stopping_ends_the_process_and_its_record(home: Home, processes: Processes) -> None:
    pid = processes.start(sleeper("peer0.x"))
    assert processes.stop("peer0.x") is True
    assert not psutil.pid_exists(pid)
    assert not home.pid("peer0.x").exists()
    assert processes.stop("peer0.x") is False


def test_a_process_that_ignores_sigterm_is_killed_after_the_deadline(
    home: Home, processes: Processes
) -> None:
    pid = processes.start(sleeper("peer0.x", STUBBORN))
    assert until(lambda: "up" in home.log("peer0.x").read_text() or None, PATIENCE)
    assert processes.stop("peer0.x", deadline=0.2) is True
    assert not psutil.pid_exists(pid)


class EndsLate:
    """A node whose first thread ends on SIGTERM, and another one, which has a lock, when it is told to."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.lock, self.told = home.root / "lock", home.root / "told"
        self.program = Program(
            "peer0.x", [sys.executable, "-c", ENDS_LATE, str(self.lock), str(self.told)], {}, Path("/")
        )

    def start(self) -> int:
        pid = Processes(self.home).start(self.program)
        assert until(lambda: "locked" in self.home.log("peer0.x").read_text() or None, PATIENCE)
        return pid

    def is_locked_after(self, act: Callable[[], object], pid: int) -> bool:
        """Whether the lock was still held when an act returned; the late thread is told only afterwards."""
        found: list[bool] = []

        def watched() -> None:
            act()
            found.append(self._is_locked())

        acting = threading.Thread(target=watched)
        acting.start()
        assert until(lambda: psutil.Process(pid).status() == psutil.STATUS_ZOMBIE or None, PATIENCE)
        acting.join(0.3)
        self.told.touch()
        acting.join(PATIENCE)
        assert not psutil.pid_exists(pid)
        return found[0]

    def _is_locked(self) -> bool:
        with self.lock.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False


def test_a_process_has_stopped_when_its_last_thread_has_ended(home: Home) -> None:
    """A peer keeps its ledgers locked until then: `peer node unjoin` failed, rarely, on a slow disk."""
    node = EndsLate(home)
    pid = node.start()
    assert not node.is_locked_after(lambda: Processes(home).stop("peer0.x"), pid)


@pytest.mark.parametrize("again", ["start", "stop"])
def test_a_process_that_is_ending_is_awaited(home: Home, processes: Processes, again: str) -> None:
    node = EndsLate(home)
    pid = node.start()
    os.kill(pid, signal.SIGTERM)
    assert until(lambda: psutil.Process(pid).status() == psutil.STATUS_ZOMBIE or None, PATIENCE)
    assert processes.find("peer0.x") is None
    act = {
        "start": lambda: processes.start(sleeper("peer0.x")),
        "stop": lambda: processes.stop("peer0.x"),
    }[again]
    assert not node.is_locked_after(act, pid)


def test_a_process_whose_threads_go_while_they_are_listed_has_stopped(
    home: Home, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the system tells of a process goes away between one question and the next."""
    real = {name: getattr(os, name) for name in ("listdir", "scandir")}

    def listed(name: str, folder: str | bytes | Path) -> object:
        if "/task" in str(folder):
            raise FileNotFoundError(folder)
        return real[name](folder)

    for name in real:
        monkeypatch.setattr(os, name, partial(listed, name))
    pid = processes.start(sleeper("peer0.x"))
    assert Processes(home).stop("peer0.x") is True
    assert not psutil.pid_exists(pid)


def test_a_suspended_process_does_not_run_until_it_is_started_again(processes: Processes) -> None:
    pid = processes.start(sleeper("peer0.x"))
    os.kill(pid, signal.SIGSTOP)
    assert until(lambda: True if not processes.runs("peer0.x") else None, PATIENCE)
    assert processes.find("peer0.x") is not None
    assert processes.start(sleeper("peer0.x")) == pid
    assert until(lambda: processes.runs("peer0.x") or None, PATIENCE)


def test_a_suspended_process_ends_on_the_first_signal(processes: Processes) -> None:
    pid = processes.start(sleeper("peer0.x"))
    os.kill(pid, signal.SIGSTOP)
    assert processes.stop("peer0.x", deadline=30) is True
    assert not psutil.pid_exists(pid)


def test_ends_that_nobody_asked_for_are_counted(home: Home, processes: Processes) -> None:
    processes.start(sleeper("peer0.x"))
    processes.stop("peer0.x", signal.SIGKILL)
    pid = processes.start(sleeper("peer0.x"))
    assert History.read(home.history("peer0.x")) == History(starts=2, deaths=0)
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: True if processes.find("peer0.x") is None else None, PATIENCE)
    processes.start(sleeper("peer0.x"))
    assert History.read(home.history("peer0.x")) == History(starts=3, deaths=1)


@pytest.mark.parametrize("record", ["", "{}", "[]", '{"starts": "many", "deaths": 0}'])
def test_a_broken_history_is_an_empty_one(tmp_path: Path, record: str) -> None:
    (tmp_path / "node").write_text(record)
    assert History.read(tmp_path / "node") == History()


def test_a_long_log_is_put_aside_when_its_node_starts(
    home: Home, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kindpakket_network.programs.rotation._MEGABYTE", 100)
    log = home.log("peer0.x")
    log.write_text("x" * 100)
    waiting = sleeper("peer0.x", "import time; print('new', flush=True); time.sleep(60)")
    processes.start(replace(waiting, logs=Logs(1, 4)))
    assert until(lambda: log.read_text() or None, PATIENCE) == "new\n"
    assert [path.name for path in files(log)] == ["peer0.x.log.1", "peer0.x.log"]


def test_the_oldest_logs_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kindpakket_network.programs.rotation._MEGABYTE", 1)
    log = tmp_path / "log"
    for number in range(5):
        log.write_text(str(number))
        rotate(log, Logs(1, 3))
    assert [path.read_text() for path in files(log)] == ["2", "3", "4"]


def test_a_child_that_ended_is_not_running(processes: Processes) -> None:
    processes.start(sleeper("peer0.x", "print('FATA no disk')"))
    assert until(lambda: True if processes.find("peer0.x") is None else None, PATIENCE)
    assert processes.last_words("peer0.x") == "FATA no disk"


def test_a_program_that_is_not_there_is_named(processes: Processes) -> None:
    with pytest.raises(NetworkError, match=r"peer0\.x could not be started: .*/no/such/program"):
        processes.start(Program("peer0.x", ["/no/such/program"], {}, Path("/")))


def test_a_command_gives_its_output_and_lines_as_they_come() -> None:
    lines: list[str] = []
    code = "import sys; print('out'); print('one', file=sys.stderr); print('two', file=sys.stderr)"
    result = run(Command("python", [sys.executable, "-c", code]), lines.append)
    assert (result.output, lines) == ("out\n", ["one", "two"])


def test_a_failing_command_is_told_with_the_line_that_matters() -> None:
    code = "import sys; print('Error: no such channel\\nUsage: ...', file=sys.stderr); sys.exit(3)"
    with pytest.raises(
        CommandFailed, match=r"`x` failed \(exit status 3\): Error: no such channel$"
    ) as caught:
        run(Command("`x`", [sys.executable, "-c", code]))
    assert "Usage" in caught.value.output


def test_a_command_is_killed_at_its_deadline() -> None:
    with pytest.raises(CommandFailed, match=r"did not finish within 0\.2 s"):
        run(Command("`x`", [sys.executable, "-c", "import time; time.sleep(60)"], deadline=0.2))


def test_settings_of_fabric_and_proxies_do_not_reach_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CORE_PEER_ID", "ORDERER_GENERAL_LISTENPORT", "FABRIC_CFG_PATH", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "wrong")
    code = "import os; print(sorted(n for n, v in os.environ.items() if v == 'wrong'))"
    assert run(Command("x", [sys.executable, "-c", code])).output == "[]\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'Exception in thread "main" java.lang.IllegalStateException: no key\n\tat store.Main.main\n',
            'Exception in thread "main" java.lang.IllegalStateException: no key',
        ),
        ("", ""),
        ("one\n\n", "one"),
        ("INFO a\nPANI [x] f: port taken\ngoroutine 1 [running]:\nmain.main()", "PANI [x] f: port taken"),
        ("Error: bad\nUsage:\n  peer", "Error: bad"),
    ],
)
def test_the_line_that_matters(text: str, expected: str) -> None:
    assert last_words(text) == expected
