"""Recognises a node whose process ended over a damaged ledger, by the panic with which its log ends."""

from __future__ import annotations

import re
from pathlib import Path

from kindpakket_network.programs.command import LONGEST
from kindpakket_network.programs.rotation import tail

# What peers and orderers of Fabric 3.1.1 say when their block files, indexes or databases were flipped,
# shortened or deleted, as seen by doing so.
_DAMAGED = re.compile(
    r"last block f(?:or|ro)m file|for detecting last block|block ?files? ?info|error in block index"
    r"|unexpected end of blockfile|varint bytes|truncate current file"
    r"|Error opening leveldb|leveldb: |leveldb/|[Cc]orrupted"
    r"|Error creating ledger resources|Failed to sanitize identity|Failed to retrieve (?:config )?block"
    r"|membership from config-block|appropriately encoded last config|could not retrieve it: "
    r"|restore persisted raft data|tocommit\(\d+\) is out of range"
)
# The same messages, when the ledger may well be sound.
_ELSEWHERE = re.compile(
    r"no space left|disk quota|permission denied|read-only|too many open files|temporarily unavailable"
    r"|cannot allocate",
    re.IGNORECASE,
)
_ENTRY = re.compile(r"^(?:\x1b\[[0-9;]*m)?\d{4}-\d\d-\d\d[ T]\d", re.MULTILINE)
_PANIC = re.compile(r"^panic: .*", re.MULTILINE)
# Bytes from the end of a log that hold a panic with its stack.
_TAIL = 1 << 17


def ledger_damage(log: Path) -> str | None:
    """The panic over a damaged ledger with which a node's log ends; None if it ends otherwise.

    Args:
        log: the log of an orderer or a peer that does not run; it may be missing.
    """
    text = tail(log, _TAIL)
    panics = list(_PANIC.finditer(text))
    if not panics or _ENTRY.search(text, panics[-1].end()):
        return None
    words = panics[-1].group()
    return words[:LONGEST] if _DAMAGED.search(words) and not _ELSEWHERE.search(words) else None
