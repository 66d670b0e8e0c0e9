"""Votes that BFT consenters could not verify, counted from their logs.

A consenter whose votes do not count is not visible in any other way: ordering goes on until another fails.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from kindpakket_network.programs.logs import entries
from kindpakket_network.programs.rotation import tail

# Bytes. Bounds what `status` reads of a busy consenter's log; older lines hardly fall in the last hour.
_TAIL = 4 << 20


def unverified_votes(
    log: Path, channel: str, since: datetime, started: Mapping[int, datetime] | None = None
) -> dict[int, int]:
    """The number of votes that a consenter could not verify, by the id of the voting consenter.

    Args:
        log: the log of the consenter that checked the votes; its last 4 MB are read.
        channel: the channel.
        since: earlier votes are ignored.
        started: when the consenters were started, by id. Their votes from before are ignored: after a channel
            names a consenter's renewed certificate, and until it restarts with that, its votes do not count,
            as expected.
    """
    marked = re.compile(rf"Couldn't verify (\d+)'s signature.*\bchannel={re.escape(channel)}(?!\S)")
    text = tail(log, _TAIL)
    counted: Counter[int] = Counter()
    for line in text.splitlines():
        match = marked.search(line)
        if match is None:
            continue
        voter = int(match[1])
        if _is_late(line, max(since, (started or {}).get(voter, since))):
            counted[voter] += 1
    return dict(sorted(counted.items()))


def _is_late(line: str, since: datetime) -> bool:
    at = next(entries("", [line])).at
    return at is None or at >= since
