"""Log rotation: a large log is rotated when its node starts, and the oldest files are deleted."""

from __future__ import annotations

from pathlib import Path

# Bytes from which a log is rotated when its node next starts.
LONG = 32 << 20
KEPT = 4


def rotate(log: Path, long: int = LONG, kept: int = KEPT) -> None:
    """Rename a large log to `<log>.1`, and earlier ones to `.2` and so on.

    A running node holds its log open, so this is only for nodes that are about to start.

    Args:
        log: the log; it may be missing.
        long: the size in bytes from which it is rotated.
        kept: how many rotated files are kept.
    """
    if not log.is_file() or log.stat().st_size < long:
        return
    for number in range(kept, 0, -1):
        older = log if number == 1 else _aside(log, number - 1)
        if older.is_file():
            older.replace(_aside(log, number))


def files(log: Path) -> list[Path]:
    """A log and its rotated files, oldest first."""
    aside = [_aside(log, number) for number in range(KEPT, 0, -1)]
    return [path for path in (*aside, log) if path.is_file()]


def _aside(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")
