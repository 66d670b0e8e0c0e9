"""Votes that BFT consenters could not verify, as their logs tell.

A consenter whose votes do not count shows in no other way: all goes on, until another consenter is down.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from kindpakket_network.programs.logs import entries

_TAIL = 4 << 20


def doubts(
    log: Path, channel: str, since: datetime, started: Mapping[int, datetime] | None = None
) -> dict[int, int]:
    """How many votes a consenter could not verify, by the ids of the consenters that gave them.

    Args:
        log: the log of the consenter that doubts; the last 4 MB are read.
        channel: the channel.
        since: votes before this instant are left out.
        started: when consenters were started, by their ids. Votes before that are left out: between the
            change of a channel that names a consenter's renewed certificate, and its start with that, its
            votes do not count, as is to be expected.
    """
    marked = re.compile(rf"Couldn't verify (\d+)'s signature.*\bchannel={re.escape(channel)}(?!\S)")
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return {}
    counted: Counter[int] = Counter()
    for line in text.splitlines():
        found = marked.search(line)
        if found is None:
            continue
        voter = int(found[1])
        if _is_late(line, max(since, (started or {}).get(voter, since))):
            counted[voter] += 1
    return dict(sorted(counted.items()))


def _is_late(line: str, since: datetime) -> bool:
    at = next(entries("", [line])).at
    return at is None or at >= since
