"""Nodes' logs as entries with a time and a level, merged in order of time."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from pathlib import Path

from kindpakket_network.errors import NetworkError
from kindpakket_network.programs.rotation import files

_BEGINNING = re.compile(
    r"""^(?:\x1b\[[0-9;]*m)?
    (?P<at>\d{4}[-/]\d\d[-/]\d\d[ ]\d\d:\d\d:\d\d(?:\.\d+)?)
    (?:[ ](?P<zone>[A-Z]{3,5}|[+-]\d\d))?
    (?:[ ][0-9a-f]{4,})?
    (?:[ ]\[?(?P<level>DEBU|INFO|WARN|ERRO|PANI|FATA)[A-Z]*\]?)?""",
    re.VERBOSE,
)
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_AGO = re.compile(r"(\d+)\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Level(IntEnum):
    """The severity of a log entry."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


_LEVELS = {
    "DEBU": Level.DEBUG,
    "INFO": Level.INFO,
    "WARN": Level.WARNING,
    "ERRO": Level.ERROR,
    "PANI": Level.ERROR,
    "FATA": Level.ERROR,
}


@dataclass(frozen=True)
class Entry:
    """A log entry: a line with a time stamp, and the lines after it that have none.

    Attributes:
        node: the node that wrote it.
        at: when it was written, UTC; None for lines before the first time stamp.
        level: its severity; INFO if the program does not give one.
        text: its lines, without colour codes.
    """

    node: str
    at: datetime | None
    level: Level
    text: str


def entries(node: str, lines: Iterable[str]) -> Iterator[Entry]:
    """The entries of a node's log.

    Args:
        node: the node.
        lines: the lines, with or without line endings.
    """
    current: Entry | None = None
    texts: list[str] = []
    for line in lines:
        text = _ANSI.sub("", line.rstrip("\n"))
        beginning = _BEGINNING.match(text)
        if beginning is None and current is not None:
            texts.append(text)
            continue
        if current is not None:
            yield _whole(current, texts)
        current, texts = _begun(node, beginning), [text]
    if current is not None:
        yield _whole(current, texts)


def read(node: str, log: Path) -> Iterator[Entry]:
    """The entries of a node's log, oldest first, including those in rotated files."""

    def lines() -> Iterator[str]:
        for path in files(log):
            with suppress(FileNotFoundError), path.open(encoding="utf-8", errors="replace") as file:
                yield from file  # unless it was rotated away just now

    return entries(node, lines())


def selected(log: Iterable[Entry], since: datetime | None, level: Level) -> Iterator[Entry]:
    """The entries from an instant on with at least a level."""
    for entry in log:
        late_enough = since is None or (entry.at is not None and entry.at >= since)
        if late_enough and entry.level >= level:
            yield entry


def merged(logs: Iterable[Iterable[Entry]]) -> Iterator[Entry]:
    """The entries of several logs in order of time; entries of one log keep their order."""
    return heapq.merge(*logs, key=lambda entry: entry.at or datetime.min.replace(tzinfo=UTC))


def instant(text: str, now: datetime) -> datetime:
    """Parse an instant: a duration before now (`10m`, `2h`, `1d`), or a date and time (UTC without a zone).

    Raises:
        NetworkError: the text is neither.
    """
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise NetworkError(
            f"{text!r} is not a point in time: write how long ago, such as 30s, 10m, 2h or 1d, or a date and "
            "time, such as 2026-05-01T12:00"
        ) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _begun(node: str, beginning: re.Match[str] | None) -> Entry:
    if beginning is None:
        return Entry(node, None, Level.INFO, "")
    at = datetime.fromisoformat(beginning["at"].replace("/", "-"))
    # Programs log local time; abbreviations such as CST are ambiguous, so only UTC is taken from the line.
    zoned = at.replace(tzinfo=UTC) if beginning["zone"] == "UTC" else at.astimezone(UTC)
    return Entry(node, zoned, _LEVELS.get(beginning["level"] or "", Level.INFO), "")


def _whole(entry: Entry, texts: list[str]) -> Entry:
    return Entry(entry.node, entry.at, entry.level, "\n".join(texts))
