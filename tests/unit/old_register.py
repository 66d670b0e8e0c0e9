"""Registers of layouts 1 and 2, as versions up to 0.4 wrote them: without encryption."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

from stdnum.nl import bsn

from kindpakket.backoffice.citizens import Child, entitlement_id
from kindpakket.backoffice.register import Bulk, Entry, Proposal
from kindpakket.ledger.ids import new_id, new_salt

SCHEME = "5" * 32
_LAYOUT_1 = """
CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE entry (
    scheme TEXT NOT NULL, entitlement TEXT NOT NULL, voucher TEXT NOT NULL UNIQUE, salt TEXT NOT NULL,
    bulk TEXT NOT NULL, preset TEXT NOT NULL, units INTEGER NOT NULL, bsn TEXT NOT NULL,
    first_names TEXT NOT NULL, family_name TEXT NOT NULL, born TEXT NOT NULL, household TEXT NOT NULL,
    case_number TEXT NOT NULL,
    PRIMARY KEY (scheme, entitlement)
);
CREATE INDEX entry_by_bulk ON entry (scheme, bulk);
PRAGMA user_version = 1;
"""
_LAYOUT_2 = """
CREATE TABLE proposal (
    id TEXT PRIMARY KEY, scheme TEXT NOT NULL, cents INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    reason TEXT NOT NULL
);
CREATE TABLE part (
    proposal TEXT NOT NULL, number INTEGER NOT NULL, bulk TEXT NOT NULL, PRIMARY KEY (proposal, number)
);
CREATE INDEX part_by_bulk ON part (bulk);
PRAGMA user_version = 2;
"""


def children(count: int) -> list[Child]:
    """Invented children with valid BSNs, three to a household."""
    numbers = (text for text in map(str, range(900000000, 1000000000)) if bsn.is_valid(text))
    return [
        Child(
            number,
            f"Kind{at} Ångström",
            "van Testerdam",
            date(2015, 1, 1),
            f"huis-{at // 3}",
            f"Z-{at:05}",
            "child",
            1,
        )
        for at, number in zip(range(count), numbers, strict=False)
    ]


def write(
    path: Path, layout: int, enrolled: Sequence[Child], size: int = 500, scheme: str = SCHEME
) -> tuple[bytes, list[Bulk], list[Proposal]]:
    """Write a register; return its secret, its bulks and, from layout 2 on, its proposals."""
    secret = bytes(range(32))
    bulks = []
    for start in range(0, len(enrolled), size):
        bulk = new_id()
        entries = [
            Entry(new_id(), entitlement_id(secret, scheme, child.bsn, "2026"), new_salt(), bulk, child)
            for child in enrolled[start : start + size]
        ]
        bulks.append(Bulk(bulk, tuple(entries)))
    proposals = [
        Proposal(new_id(), scheme, 100, 5, "intake", tuple(bulk.request_id for bulk in bulks)),
        Proposal(new_id(), scheme, 50, 9, "again", tuple(bulk.request_id for bulk in bulks[-1:])),
    ]
    path.touch(0o600)
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(_LAYOUT_1 + (_LAYOUT_2 if layout == 2 else ""))
        database.execute("INSERT INTO setting VALUES ('secret', ?)", (secret,))
        database.executemany(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [_row(scheme, bulk.request_id, entry) for bulk in bulks for entry in bulk.entries],
        )
        for proposal in proposals if layout == 2 else ():
            members = (
                proposal.id, proposal.scheme, proposal.cents, proposal.expires_at, proposal.reason,
            )  # fmt: skip
            database.execute("INSERT INTO proposal VALUES (?, ?, ?, ?, ?)", members)
            parts = [(proposal.id, number, bulk) for number, bulk in enumerate(proposal.bulks)]
            database.executemany("INSERT INTO part VALUES (?, ?, ?)", parts)
    return secret, bulks, proposals if layout == 2 else []


def _row(scheme: str, bulk: str, entry: Entry) -> tuple[object, ...]:
    child = entry.child
    return (
        scheme, entry.entitlement, entry.voucher, entry.salt, bulk, child.preset, child.units, child.bsn,
        child.first_names, child.family_name, child.born.isoformat(), child.household, child.case,
    )  # fmt: skip
