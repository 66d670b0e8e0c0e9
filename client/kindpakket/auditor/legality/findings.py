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
        item: of a batch of payments, the number of the request; None: the whole transaction.
    """

    block: int | None
    transaction: str
    rule: str
    kind: str
    cents: int
    sentence: str
    item: int | None = None

    @property
    def place(self) -> tuple[str, int | None]:
        """Its transaction, and which request of it; None for all."""
        return self.transaction, self.item


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings of a verification.

    Attributes:
        sha256: hash of the file, hexadecimal.
        channel: name of the channel that was verified.
        height: number of blocks that were verified.
        head: header hash of the last of them, hexadecimal.
        entries: its findings.
    """

    sha256: str
    channel: str
    height: int
    head: str
    entries: tuple[OutsideFinding, ...]


def read_findings(content: bytes, source: str = "the findings") -> Findings:
    """Read JSON Lines: findings, and on the last line what was verified.

    A finding has block, transaction, rule, kind, cents and sentence. The last line has a member `verified`,
    with channel, height and head: a file without it is cut off, or of a verification that did not end.

    Raises:
        LegalityError: a line is something else, or the last line is missing.
    """
    try:
        lines = [line for line in content.decode("utf-8").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise LegalityError(f"{source} is not UTF-8: {error.reason}") from None
    verified = _verified(lines[-1] if lines else "", source)
    entries = tuple(_entries(lines[:-1], source))
    return Findings(
        hashlib.sha256(content).hexdigest(),
        verified["channel"],
        verified["height"],
        verified["head"],
        entries,
    )


def _verified(line: str, source: str) -> dict[str, Any]:
    try:
        verified = json.loads(line)["verified"]
        if type(verified["height"]) is int and all(
            type(verified[name]) is str for name in ("channel", "head")
        ):
            return dict(verified)
    except (ValueError, TypeError, LookupError):
        pass
    raise LegalityError(
        f"{source} does not say on its last line what was verified: give the findings of a "
        "`kindpakket audit verify` that ended"
    )


def _entries(lines: list[str], source: str) -> Iterator[OutsideFinding]:
    for number, line in enumerate(lines, 1):
        place = f"{source}, line {number}"
        try:
            members: Any = json.loads(line)
        except ValueError as error:
            raise LegalityError(f"{place} is not JSON: {error}") from None
        if not isinstance(members, dict) or members.get("kind") not in KINDS:
            raise LegalityError(f"{place} is not a finding: its kind must be error, uncertainty or note")
        block, cents = members.get("block"), members.get("cents") or 0
        item = members.get("item")
        whole = all(number is None or type(number) is int for number in (block, item))
        if not whole or type(cents) is not int:
            raise LegalityError(f"{place}: block, item and cents must be whole numbers")
        yield OutsideFinding(
            block,
            str(members.get("transaction") or ""),
            str(members.get("rule") or ""),
            str(members["kind"]),
            cents,
            str(members.get("sentence") or ""),
            item,
        )
