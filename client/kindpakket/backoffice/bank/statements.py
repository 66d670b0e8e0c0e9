"""A statement of the bank and its lines, as far as payments are concerned."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

NOT_PROVIDED = ("", "NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOTAVAIL")
"""What banks write where an id is missing."""
_CAPITALS = re.compile(r"[0-9A-F]{32}")


@dataclass(frozen=True, slots=True)
class Line:
    """What is matched as a whole: an entry, or one of its details when these add up to it.

    Attributes:
        source: the file's name.
        statement: the statement's place in the file, from 1.
        entry: the entry's place in the statement, from 1.
        detail: the detail's place in the entry, from 1; 0 for an entry as a whole.
        row: the line of the file on which it starts.
        cents: the amount in euro cents; below zero when the account was debited.
        booked_on: the booking day.
        value_date: the value date; None if the bank did not say.
        end_to_end: the EndToEndId; "" when missing, also for `NOTPROVIDED`.
        message_id: the payment file's MsgId, as far as the bank repeats it.
        payment_id: the PmtInfId, likewise.
        bank_reference: the bank's own reference of the booking.
        count: how many payments the bank says that it stands for; None if it does not.
        named: EndToEndIds of the details of an entry whose amounts do not add up to it.
        reason: the bank's code, when money came back.
        returned: the bank marks it as the return of a payment.
        reversal: the bank marks it as the reversal of an earlier entry.
        charges: it is the bank's charge.
        account: IBAN of the other side; never printed.
        id: 16 hexadecimal characters by which people name it, whatever file it is in; `distinct` sets it.
    """

    source: str
    statement: int
    entry: int
    detail: int
    row: int
    cents: int
    booked_on: date
    value_date: date | None = None
    end_to_end: str = ""
    message_id: str = ""
    payment_id: str = ""
    bank_reference: str = ""
    count: int | None = None
    named: tuple[str, ...] = ()
    reason: str = ""
    returned: bool = False
    reversal: bool = False
    charges: bool = False
    account: str = field(default="", repr=False)
    id: str = field(default="", compare=False)

    @property
    def place(self) -> str:
        """Where it is, for people."""
        detail = f", detail {self.detail}" if self.detail else ""
        return f"{self.source}: statement {self.statement}, entry {self.entry}{detail} (line {self.row})"

    def values(self) -> list[object]:
        """What it says, without where the file says it."""
        return [
            self.entry,
            self.detail,
            self.cents,
            self.booked_on.isoformat(),
            self.value_date.isoformat() if self.value_date else None,
            self.end_to_end,
            self.message_id,
            self.payment_id,
            self.bank_reference,
            self.count,
            list(self.named),
            self.reason,
            [self.returned, self.reversal, self.charges],
            self.account,
        ]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement whose opening balance and entries make its closing balance.

    Attributes:
        source: the file's name.
        place: its place in the file, from 1.
        id: the bank's id of it; it may contain the account, so it is never printed.
        account: the IBAN; never printed.
        number: the bank's running number; None if it does not count.
        created_at: when the bank made it, in UTC; None if it does not say.
        opened_on: the day of the opening balance.
        closed_on: the day of the closing balance.
        opening: the opening balance in cents.
        closing: the closing balance in cents.
        lines: its booked entries, or their details.
        entries: number of its booked entries.
        pending: number of entries that are not booked yet; nothing is done with them.
    """

    source: str
    place: int
    id: str = field(repr=False)
    account: str = field(repr=False)
    number: int | None
    created_at: datetime | None
    opened_on: date
    closed_on: date
    opening: int
    closing: int
    lines: tuple[Line, ...]
    entries: int
    pending: int = 0

    @property
    def where(self) -> str:
        """Which it is, for people."""
        return f"{self.source}: statement {self.place}"

    @property
    def key(self) -> tuple[str, str, int | None, str]:
        """What a bank uses once: account, id, number, and day."""
        return self.account, self.id, self.number, self.closed_on.isoformat()

    @property
    def digest(self) -> str:
        """Hash of what it says; the same for the same statement in another file."""
        whole = [*self.key, self.opening, self.closing, self.opened_on.isoformat()]
        text = json.dumps([*whole, [line.values() for line in self.lines]])
        return hashlib.sha256(text.encode()).hexdigest()

    def with_ids(self) -> Statement:
        """The same, with ids of its lines that follow from what it says."""
        digest = self.digest

        def named(line: Line) -> Line:
            place = f"{digest} entry {line.entry} detail {line.detail}"
            return replace(line, id=hashlib.sha256(place.encode()).hexdigest()[:16])

        return replace(self, lines=tuple(named(line) for line in self.lines))


@dataclass(frozen=True, slots=True)
class Gap:
    """A statement seems to be missing before another one.

    Attributes:
        before: where the statement is that follows the gap.
        since: the closing day of the last statement before the gap.
        cents: by how much the balances differ; 0 when only the numbers do.
        sentence: what is missing, and what to do.
    """

    before: str
    since: date
    cents: int
    sentence: str

    def __str__(self) -> str:
        """The sentence."""
        return self.sentence


def settlement_id(end_to_end: str) -> str:
    """An EndToEndId; a settlement's id that a bank wrote in capitals is as the ledger has it."""
    return end_to_end.lower() if _CAPITALS.fullmatch(end_to_end) else end_to_end


class ConflictingStatements(ValueError):
    """Two statements of one account have the same id and say different things."""


def distinct(statements: Iterable[Statement]) -> tuple[list[Statement], list[Statement]]:
    """The statements in the order of their days, each once and with ids of its lines; and those again there.

    Raises:
        ConflictingStatements: two have the same account, id, number and day, but not the same content.
    """
    first: dict[tuple[str, str, int | None, str], Statement] = {}
    again: list[Statement] = []
    for statement in sorted(statements, key=_order):
        known = first.setdefault(statement.key, statement)
        if known is statement:
            continue
        if known.digest != statement.digest:
            raise ConflictingStatements(
                f"{statement.where} and {known.where} have the same account, id and day, and different "
                "content: ask the bank which one counts, and leave out the other"
            )
        again.append(statement)
    return [statement.with_ids() for statement in first.values()], again


def gaps(statements: Sequence[Statement]) -> list[Gap]:
    """Where statements seem to be missing between two of an account that follow each other.

    Args:
        statements: as `distinct` gives them.
    """
    found: list[Gap] = []
    last: dict[str, Statement] = {}
    for statement in statements:
        before = last.get(statement.account)
        last[statement.account] = statement
        if before is None:
            continue
        if statement.opening != before.closing:
            sentence = (
                f"{statement.where} opens with {statement.opening} cents, but {before.where}, the last one "
                f"before it, closed with {before.closing}: a statement between {before.closed_on} and "
                f"{statement.opened_on} is missing; fetch it from the bank"
            )
        elif None not in (statement.number, before.number) and statement.number != _next(before, statement):
            sentence = (
                f"{statement.where} has number {statement.number}, but {before.where} before it has number "
                f"{before.number}: one is missing, though the balances agree; fetch it from the bank"
            )
        else:
            continue
        missing = statement.opening - before.closing
        found.append(Gap(statement.where, before.closed_on, missing, sentence))
    return found


def _next(before: Statement, statement: Statement) -> int:
    """The number that follows; some banks begin each year with 1."""
    if before.closed_on.year != statement.closed_on.year and statement.number == 1:
        return 1
    return (before.number or 0) + 1


def _order(statement: Statement) -> tuple[object, ...]:
    number = -1 if statement.number is None else statement.number
    return (
        statement.account,
        statement.closed_on,
        number,
        statement.opened_on,
        statement.digest,
        statement.source,
        statement.place,
    )
