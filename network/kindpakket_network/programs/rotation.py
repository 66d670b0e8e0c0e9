"""Logs that stay bounded: a long one is put aside when its node starts, and the oldest go."""

from __future__ import annotations

from pathlib import Path

LONG = 32 << 20
KEPT = 4


def rotate(log: Path, long: int = LONG, kept: int = KEPT) -> None:
    """Put a long log aside as `<log>.1`, those before as `.2` and so on, so that a new one begins.

    A node holds its log open as long as it runs, so this is for nodes that are about to start.

    Args:
        log: the log; it need not be there.
        long: the size in bytes from which it is put aside.
        kept: how many are kept beside the one that is written.
    """
    if not log.is_file() or log.stat().st_size < long:
        return
    for number in range(kept, 0, -1):
        older = log if number == 1 else _aside(log, number - 1)
        if older.is_file():
            older.replace(_aside(log, number))


def files(log: Path) -> list[Path]:
    """A log and those put aside, the oldest first."""
    aside = [_aside(log, number) for number in range(KEPT, 0, -1)]
    return [path for path in (*aside, log) if path.is_file()]


def _aside(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")
