"""The lines of nodes' logs as entries with time and level, merged into one order."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Iterator
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
    """How much an entry matters."""

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
    """An entry of a log: a line, with those after it that belong to it.

    Attributes:
        node: the node that wrote it.
        at: when, UTC; None for what a program wrote before its first entry.
        level: how much it matters; INFO for programs that do not say.
        text: its lines, without colours.
    """

    node: str
    at: datetime | None
    level: Level
    text: str


def entries(node: str, lines: Iterable[str]) -> Iterator[Entry]:
    """The entries of a node's log.

    Args:
        node: the node.
        lines: the lines, with or without their ends.
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
    """The entries of a node's log, the oldest first, those of logs that were put aside included."""

    def lines() -> Iterator[str]:
        for path in files(log):
            with path.open(encoding="utf-8", errors="replace") as file:
                yield from file

    return entries(node, lines())


def selected(found: Iterable[Entry], since: datetime | None, level: Level) -> Iterator[Entry]:
    """Those from an instant on that matter enough."""
    for entry in found:
        late_enough = since is None or (entry.at is not None and entry.at >= since)
        if late_enough and entry.level >= level:
            yield entry


def merged(logs: Iterable[Iterable[Entry]]) -> Iterator[Entry]:
    """The entries of several logs by their times; each log's own order stays."""
    return heapq.merge(*logs, key=lambda entry: entry.at or datetime.min.replace(tzinfo=UTC))


def instant(text: str, now: datetime) -> datetime:
    """An instant as people write it: `10m`, `2h` or `1d` ago, or a date and time, UTC when it has no zone.

    Raises:
        NetworkError: it is neither.
    """
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise NetworkError(
            f"{text!r} is no instant: write how long ago, such as 30s, 10m, 2h or 1d, or a date and time, "
            "such as 2026-05-01T12:00"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _begun(node: str, beginning: re.Match[str] | None) -> Entry:
    if beginning is None:
        return Entry(node, None, Level.INFO, "")
    at = datetime.fromisoformat(beginning["at"].replace("/", "-"))
    # Programs write the time of this machine, and name its zone by letters that several zones share.
    zoned = at.replace(tzinfo=UTC) if beginning["zone"] == "UTC" else at.astimezone(UTC)
    return Entry(node, zoned, _LEVELS.get(beginning["level"] or "", Level.INFO), "")


def _whole(entry: Entry, texts: list[str]) -> Entry:
    return Entry(entry.node, entry.at, entry.level, "\n".join(texts))
