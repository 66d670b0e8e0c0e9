"""Findings of `kindpakket audit verify`, as a report takes them over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kindpakket.auditor.legality.errors import LegalityError

KINDS = ("error", "uncertainty", "note")


@dataclass(frozen=True, slots=True)
class OutsideFinding:
    """A finding that is not this report's own.

    Attributes:
        block: the block; None: none in particular.
        transaction: the transaction; "" for none in particular.
        rule: the code of the rule that was broken.
        kind: `error`, `uncertainty` or `note`.
        cents: the amount; 0 if there is none.
        sentence: what was found.
    """

    block: int | None
    transaction: str
    rule: str
    kind: str
    cents: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings of a verification.

    Attributes:
        sha256: hash of the file, hexadecimal.
        entries: its findings.
    """

    sha256: str
    entries: tuple[OutsideFinding, ...]


def read_findings(content: bytes, source: str = "the findings") -> Findings:
    """Read JSON Lines: an object with block, transaction, rule, kind, cents and sentence on each line.

    Raises:
        LegalityError: a line is something else.
    """
    try:
        lines = content.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise LegalityError(f"{source} is not UTF-8: {error.reason}") from None
    return Findings(hashlib.sha256(content).hexdigest(), tuple(_entries(lines, source)))


def _entries(lines: list[str], source: str) -> Iterator[OutsideFinding]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{source}, line {number}"
        try:
            members: Any = json.loads(line)
        except ValueError as error:
            raise LegalityError(f"{place} is not JSON: {error}") from None
        if not isinstance(members, dict) or members.get("kind") not in KINDS:
            raise LegalityError(f"{place} is not a finding: its kind must be error, uncertainty or note")
        block, cents = members.get("block"), members.get("cents") or 0
        if not (block is None or type(block) is int) or type(cents) is not int:
            raise LegalityError(f"{place}: block and cents must be whole numbers")
        yield OutsideFinding(
            block,
            str(members.get("transaction") or ""),
            str(members.get("rule") or ""),
            str(members["kind"]),
            cents,
            str(members.get("sentence") or ""),
        )
