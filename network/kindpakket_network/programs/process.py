"""The processes of a network's nodes: the one place that starts and stops them.

A node's process carries the mark `KINDPAKKET_NODE=<home>#<node>` in its environment. The mark and the start
time distinguish it from a later process with the same pid; the mark also finds a process whose record was
never written because the command that started it was killed.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil

from kindpakket_network.description.tuning import LOGS, Logs
from kindpakket_network.errors import NetworkError, NodeFailed
from kindpakket_network.programs.command import base_environment, last_words
from kindpakket_network.programs.disk import full_disk
from kindpakket_network.programs.history import History
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.ledger_damage import ledger_damage
from kindpakket_network.programs.rotation import rotate, rotate_running, tail
from kindpakket_network.programs.supervision import is_supervised, switch_off, switch_on
from kindpakket_network.programs.wait import until

MARK = "KINDPAKKET_NODE"
# Seconds. The system derives start times from its boot time, which is adjusted along with the clock.
_START_TOLERANCE = 2.0
# Seconds until SIGKILL. Fabric's nodes close their ledgers and exit well within it.
_TERMINATION = 10.0
# Seconds for the service manager to notice the files that switch a node on, and to start it.
_SUPERVISOR = 60.0

# Seconds for the threads of a process to stop.
_STOPPED = 5.0

# Seconds for the threads of a process that is ending to end: one of them may be waiting for a slow disk.
_LAST_THREAD = 60.0

# Nodes go on when the object that started them is dropped, and one that ended stays a zombie until its parent
# asks for its status: so this process keeps its children itself.
_KEPT_CHILDREN: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class Program:
    """A long-running program of a node.

    Attributes:
        node: the node's name.
        arguments: the program and its arguments.
        environment: variables in addition to the few that every process gets.
        folder: its working folder.
        logs: when its log is rotated.
        secrets: further variables, which are never written to a file.
    """

    node: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    logs: Logs = LOGS
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass
class Processes:
    """The processes of a network's nodes.

    Args:
        home: where their records and logs are.
    """

    home: Home
    _children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, program: Program) -> int:
        """Start a node's process in its own session, unless it is running; a suspended one is resumed.

        An earlier process that is ending is awaited: it keeps its locks until its last thread has exited. A
        large log is rotated first, and an earlier unexpected exit is counted.

        Returns:
            The pid.

        Raises:
            NetworkError: the program could not be started, or the node's earlier process does not end.
        """
        running = self.find(program.node)
        if running is not None:
            resume(running)
            return running.pid
        self._await_ending(program.node)
        log = self.home.log(program.node)
        rotate(log, program.logs)
        history = History.read(self.home.history(program.node))
        history.next(ended_by_itself=self.home.pid(program.node).is_file()).write(
            self.home.history(program.node)
        )
        if is_supervised(self.home):
            return self._await_supervised(program)
        own = {**program.environment, **program.secrets, MARK: self._mark(program.node)}
        try:
            with log.open("ab") as output:
                child = subprocess.Popen(
                    list(program.arguments),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**base_environment(), **own},
                    cwd=program.folder,
                    start_new_session=True,
                    umask=0o077,  # Fabric CA relies on it to keep some of its keys private
                )
        except OSError as error:
            raise NetworkError(f"{program.node} could not be started: {error}") from error
        self._children[program.node] = child
        self._record(program.node, psutil.Process(child.pid))
        _keep(child)
        return child.pid

    def find(self, node: str) -> psutil.Process | None:
        """The running process of a node, or None if there is none, or it is ending.

        That is our own child; else the recorded process, if its start time and mark match; else any process
        with the mark.
        """
        self._reap(node)
        if node in self._children:
            with contextlib.suppress(psutil.NoSuchProcess):  # it ended just now
                process = psutil.Process(self._children[node].pid)
                if not _is_zombie(process):
                    return process
        recorded = self._recorded(node)
        if recorded is not None and self._is(recorded, node):
            return recorded
        for process in psutil.process_iter():
            if self._is(process, node):
                self._record(node, process)
                return process
        return None

    def runs(self, node: str) -> bool:
        """Whether a node's process is running and not suspended (SIGSTOP)."""
        process = self.find(node)
        return process is not None and not is_suspended(process)

    def all(self) -> dict[str, psutil.Process]:
        """This home's running processes by node, including nodes that the topology no longer names."""
        prefix = self._mark("")
        running: dict[str, psutil.Process] = {}
        for node in list(self._children):
            self._reap(node)
        for process in psutil.process_iter():
            mark = _mark_of(process)
            if mark is not None and mark.startswith(prefix):
                running[mark.removeprefix(prefix)] = process
        return running

    def stop(
        self, node: str, number: signal.Signals = signal.SIGTERM, deadline: float = _TERMINATION
    ) -> bool:
        """Stop a node's process with a signal, followed by SIGKILL if it outlives the deadline.

        Args:
            node: the node.
            number: the first signal.
            deadline: how long to wait before SIGKILL, in seconds.

        Returns:
            Whether it was running.

        Raises:
            NetworkError: it survived even SIGKILL.
        """
        switch_off(self.home, node)
        process = self.find(node)
        if process is None:
            self._await_ending(node)
        else:
            for step, patience in ((number, deadline), (signal.SIGKILL, _LAST_THREAD)):
                try:
                    process.send_signal(step)
                    resume(process)
                except psutil.NoSuchProcess:
                    break
                if self._ended(node, process, patience):
                    break
            else:
                raise _hangs(node, process)
        self.home.pid(node).unlink(missing_ok=True)
        return process is not None

    def failed(self, node: str, problem: str) -> NodeFailed:
        """The error for a node that does not do what it should, with the last line of its log.

        If its ledger is damaged, the error says so, and which command repairs it.

        Args:
            node: its name.
            problem: what it did or failed to do, such as "did not start".
        """
        log = self.home.log(node)
        damage = ledger_damage(log) if self.find(node) is None else None
        if damage is None:
            line = self.last_words(node)
            full = full_disk(line, [self.home.root])
            remedy = f"{full[:1].upper()}{full[1:]}." if full else ""
            return NodeFailed(node, problem, log, line, remedy)
        return NodeFailed(
            node,
            problem,
            log,
            damage,
            f"Its ledger is damaged: run `kindpakket network rebuild {node}`, which fetches it again.",
        )

    def last_words(self, node: str) -> str:
        """The last line of a node's log that reports an error, or its last line."""
        return last_words(tail(self.home.log(node), 1 << 16))

    def rotate_log(self, node: str, logs: Logs) -> bool:
        """Rotate a node's log if it is long; a running node goes on meanwhile, but for some milliseconds.

        Args:
            node: its name.
            logs: from which size, and how many are kept.

        Returns:
            Whether it was rotated.

        Raises:
            DiskFull: there is no space for the copy.
        """
        process = self.find(node)
        if process is None:
            return rotate(self.home.log(node), logs)
        return rotate_running(self.home.log(node), logs, lambda: suspended(process))

    def _await_supervised(self, program: Program) -> int:
        if program.secrets:
            raise NetworkError(
                f"{program.node} keeps its key in a PKCS#11 token, whose PIN a service manager would have to "
                "read from a file in the home: have this tool start the nodes, with `up --unsupervised`"
            )
        environment = {**program.environment, MARK: self._mark(program.node)}
        switch_on(self.home, program.node, str(program.arguments[0]), environment)
        process = until(lambda: self.find(program.node), _SUPERVISOR)
        if process is None:
            raise NetworkError(
                f"the service manager did not start {program.node} within {_SUPERVISOR:g} s: install the "
                "units from `kindpakket network export systemd`, enable the target, and check "
                "`systemctl status`"
            )
        return process.pid

    def _mark(self, node: str) -> str:
        return f"{self.home.root}#{node}"

    def _is(self, process: psutil.Process, node: str) -> bool:
        return _mark_of(process) == self._mark(node)

    def _record(self, node: str, process: psutil.Process) -> None:
        try:
            record = {"pid": process.pid, "started": process.create_time()}
        except psutil.NoSuchProcess:
            return
        write(self.home.pid(node), json.dumps(record))

    def _recorded(self, node: str) -> psutil.Process | None:
        """The process in a node's record, unless it has gone; it may be ending, or a stranger's."""
        try:
            record = json.loads(self.home.pid(node).read_text("utf-8"))
            process = psutil.Process(record["pid"])
            return process if abs(process.create_time() - record["started"]) < _START_TOLERANCE else None
        except (OSError, ValueError, KeyError, TypeError, psutil.Error):
            return None

    def _await_ending(self, node: str) -> None:
        """Wait for the last thread of a recorded process that is ending, which `find` no longer finds."""
        process = self._recorded(node)
        if process is not None and _is_zombie(process) and not self._ended(node, process, _LAST_THREAD):
            raise _hangs(node, process)

    def _reap(self, node: str) -> None:
        child = self._children.get(node)
        if child is not None and child.poll() is not None:
            del self._children[node]

    def _ended(self, node: str, process: psutil.Process, deadline: float) -> bool:
        child = self._children.get(node)
        if child is None:
            gone = until(lambda: _is_gone(process) or None, deadline, interval=0.02) is not None
            _keep()  # it may be a child of this process, started through another object
            return gone
        try:
            child.wait(deadline)
        except subprocess.TimeoutExpired:
            return False
        self._reap(node)
        return True


def started_at(home: Home, node: str) -> datetime | None:
    """When a node's process was started, UTC, according to its record; None without one."""
    try:
        record = json.loads(home.pid(node).read_text("utf-8"))
        return datetime.fromtimestamp(record["started"], UTC)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_suspended(process: psutil.Process) -> bool:
    """Whether a process is suspended, as by SIGSTOP."""
    try:
        return bool(process.status() == psutil.STATUS_STOPPED)
    except psutil.NoSuchProcess:
        return False


def resume(process: psutil.Process) -> None:
    """Resume a process if it is suspended."""
    if is_suspended(process):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.resume()


@contextlib.contextmanager
def suspended(process: psutil.Process) -> Iterator[None]:
    """Suspend a process for the duration of the block, and wait until none of its threads writes any more.

    It goes on afterwards even if this process is killed meanwhile.

    Raises:
        NetworkError: it did not stand still.
    """
    if is_suspended(process):
        yield
        return
    with _waking(process.pid):
        yield from _standing_still(process)


@contextlib.contextmanager
def _waking(pid: int) -> Iterator[None]:
    """Have another process resume a process as soon as this block or this process ends."""
    # It reads until the other end of its input is closed, which the system does when this process is killed.
    script = 'read -r _; kill -CONT "$1"'
    arguments = ["/bin/sh", "-c", script, "sh", str(pid)]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ):
        yield


def _standing_still(process: psutil.Process) -> Iterator[None]:
    try:
        process.suspend()
        if until(lambda: _stands_still(process) or None, _STOPPED, interval=0.001) is None:
            raise NetworkError(f"process {process.pid} did not stand still within {_STOPPED:g} s: try again")
        yield
    except psutil.NoSuchProcess:
        yield
    finally:
        resume(process)


def _stands_still(process: psutil.Process) -> bool:
    """Whether all threads of a process are stopped: a signal reaches one that is writing only afterwards."""
    states = _thread_states(process)
    return all(state in "tTXZ" for state in states) if states else is_suspended(process)


def _thread_states(process: psutil.Process) -> list[str]:
    """The states of a process's threads, as Linux's letters; without those that end meanwhile."""
    states = []
    with contextlib.suppress(OSError):  # the process has gone, or this is not Linux
        for thread in Path(f"/proc/{process.pid}/task").iterdir():
            with contextlib.suppress(OSError):
                states.append((thread / "stat").read_text().rpartition(")")[2].split()[0])
    return states


def _keep(*children: subprocess.Popen[bytes]) -> None:
    """Keep children until they end; those that have ended are reaped."""
    _KEPT_CHILDREN.extend(children)
    for child in list(_KEPT_CHILDREN):
        if child.poll() is not None:
            with contextlib.suppress(ValueError):  # another thread was faster
                _KEPT_CHILDREN.remove(child)


def _is_gone(process: psutil.Process) -> bool:
    """Whether its last thread has exited, and with it its locks have gone.

    What is left may still be a zombie, as in a container without an init process.
    """
    return not process.is_running() or (_is_zombie(process) and len(_thread_states(process)) <= 1)


def _is_zombie(process: psutil.Process) -> bool:
    """Whether its first thread has exited; others may still be running."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _hangs(node: str, process: psutil.Process) -> NetworkError:
    return NetworkError(
        f"{node} (pid {process.pid}) is ending, but has not exited after {_LAST_THREAD:g} s: "
        "look for a hung disk"
    )


def _mark_of(process: psutil.Process) -> str | None:
    try:
        return None if _is_zombie(process) else process.environ().get(MARK)
    except (psutil.Error, OSError):
        return None
