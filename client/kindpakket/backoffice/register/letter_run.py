"""A run of letters as the register keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, func, select

from kindpakket.backoffice.register.households import Household
from kindpakket.backoffice.register.letter_tables import LetterRow, LetterVoucherRow
from kindpakket.backoffice.register.values import Entry

PLANNED, MADE, DONE, DISCARDED = "planned", "made", "done", "discarded"
"""The states of a run: its letters are being made, are whole, are settled, or do not count."""
ORDERED, VALID, VOID = "ordered", "valid", "void"
"""The states of a voucher in a letter: not settled yet, the letter belongs to it, or does not count."""


@dataclass(frozen=True, slots=True)
class LetterRun:
    """A run of letters.

    Attributes:
        id: its id, which the manifest has too.
        scheme: the scheme of its vouchers.
        folder: where its letters are made.
        terms: what was ordered; it must be the same when the run goes on.
        state: `planned`, `made`, `done` or `discarded`.
        made_at: when it was planned, in Unix seconds.
        destroyed_at: when its print files were destroyed, in Unix seconds; None: not known to be.
        letters: how many letters it has.
        vouchers: how many vouchers, by their state: `ordered`, `valid` and `void`.
    """

    id: str
    scheme: str
    folder: str
    terms: Mapping[str, Any]
    state: str
    made_at: int
    destroyed_at: int | None
    letters: int
    vouchers: Mapping[str, int]

    @property
    def is_unfinished(self) -> bool:
        """Whether it has to go on."""
        return self.state in (PLANNED, MADE)

    def as_json(self) -> dict[str, object]:
        """The run as a document. It names nobody."""
        return {
            "run": self.id,
            "scheme": self.scheme,
            "folder": self.folder,
            "state": self.state,
            "made_at": self.made_at,
            "destroyed_at": self.destroyed_at,
            "letters": self.letters,
            **self.vouchers,
            "terms": dict(self.terms),
        }


@dataclass(frozen=True, slots=True)
class PlannedLetter:
    """A letter of a run.

    Attributes:
        reference: what it is found by, also at the print house.
        vouchers: its vouchers, each with the version of the authorisation that the letter gives it.
    """

    reference: str
    vouchers: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class LetterContent:
    """The personal data in a letter.

    Attributes:
        entries: the vouchers with the children that they are for.
        household: where the letter goes.
    """

    entries: tuple[Entry, ...] = field(repr=False)
    household: Household = field(repr=False)


def read_run(connection: Connection, row: Row[Any]) -> LetterRun:
    """Read a row of runs, with what it counts."""
    letters = connection.execute(
        select(func.count()).select_from(LetterRow).where(LetterRow.run == row.id)
    ).scalar_one()
    states = (
        select(LetterVoucherRow.state, func.count())
        .join(LetterRow, LetterRow.reference == LetterVoucherRow.letter)
        .where(LetterRow.run == row.id)
        .group_by(LetterVoucherRow.state)
    )
    counted = {found[0]: found[1] for found in connection.execute(states)}
    return LetterRun(
        row.id,
        row.scheme,
        row.folder,
        json.loads(row.terms),
        row.state,
        row.made_at,
        row.destroyed_at,
        letters,
        {state: counted.get(state, 0) for state in (ORDERED, VALID, VOID)},
    )
