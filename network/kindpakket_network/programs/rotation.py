"""Log rotation: long logs are put aside, also while their nodes run, and the oldest files are deleted.

A node writes to a file that it holds open for appending, and none of Fabric's programs opens its log anew. So
a running node's log is copied and then emptied, as `logrotate` does with `copytruncate`; but the node is
suspended while the last lines are copied, so that none is lost between the copy and the emptying. Most of the
log is copied before that: the node stands still for some milliseconds.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from kindpakket_network.description.tuning import LOGS, Logs
from kindpakket_network.errors import DiskFull
from kindpakket_network.programs.disk import disk_problem

# Bytes by which a copy is recognised as one of the log that is still there.
_ALIKE = 4096
_LOCK = ".rotating"
_MEGABYTE = 1 << 20


def rotate(log: Path, logs: Logs = LOGS) -> bool:
    """Rename a long log to `<log>.1`, and earlier ones to `.2` and so on, if its node does not run.

    Args:
        log: the log; it may be missing.
        logs: from which size, and how many are kept.

    Returns:
        Whether it was long enough.
    """
    if not is_long(log, logs):
        return False
    _shift(log, logs)
    log.replace(_aside(log, 1))
    return True


def rotate_running(log: Path, logs: Logs, suspended: Callable[[], AbstractContextManager[None]]) -> bool:
    """Put the lines of a running node's long log aside as `<log>.1`; the node goes on in the same file.

    Args:
        log: the log.
        logs: from which size, and how many are kept.
        suspended: suspends the node for the duration of a block.

    Returns:
        Whether it was long enough, and no other command is rotating logs.

    Raises:
        DiskFull: there is no space for the copy; the log is as it was.
    """
    with _alone(log.parent) as alone:
        if not alone or not is_long(log, logs):
            return False
        copy = _aside(log, 1)
        # A command that was killed may have left a copy of what is still in the log.
        if not _is_copied(log, copy):
            _shift(log, logs)
        try:
            _move_lines(log, copy, suspended)
        except OSError as error:
            if problem := disk_problem(error, [log.parent]):
                copy.unlink(missing_ok=True)
                raise DiskFull(f"the log {log} could not be rotated: {problem}") from error
            raise
        return True


def files(log: Path) -> list[Path]:
    """A log and its rotated files, oldest first."""
    numbers = [
        int(path.name.rpartition(".")[2])
        for path in log.parent.glob(f"{log.name}.*")
        if re.fullmatch(r"\d+", path.name.rpartition(".")[2])
    ]
    aside = [_aside(log, number) for number in sorted(numbers, reverse=True)]
    return [path for path in (*aside, log) if path.is_file()]


def tail(log: Path, length: int) -> str:
    """The last bytes of a log as text, including its last rotated file; "" without a log."""
    content = b""
    for path in reversed(files(log)[-2:]):
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - (length - len(content))))
            content = file.read() + content
        if len(content) >= length:
            break
    return content.decode("utf-8", "replace")


def _move_lines(log: Path, copy: Path, suspended: Callable[[], AbstractContextManager[None]]) -> None:
    with log.open("rb") as source, copy.open("wb") as target:
        os.fchmod(target.fileno(), 0o600)
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())
        with suspended():
            shutil.copyfileobj(source, target)
            target.flush()
            os.truncate(log, 0)


def is_long(log: Path, logs: Logs) -> bool:
    """Whether a log is long enough to be rotated; it may be missing."""
    return log.is_file() and log.stat().st_size >= logs.megabytes * _MEGABYTE


def _shift(log: Path, logs: Logs) -> None:
    """Make room for a new `<log>.1`; what is beyond the number of files to keep is deleted."""
    for path in files(log)[:-1]:
        number = int(path.name.rpartition(".")[2])
        if number >= logs.files:
            path.unlink()
        else:
            path.replace(_aside(log, number + 1))


def _is_copied(log: Path, copy: Path) -> bool:
    if not copy.is_file():
        return False
    with log.open("rb") as one, copy.open("rb") as other:
        beginning = other.read(_ALIKE)
        return bool(beginning) and one.read(len(beginning)) == beginning


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Whether no other command rotates logs of a folder meanwhile."""
    with (folder / _LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _aside(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")
