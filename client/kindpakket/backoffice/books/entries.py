"""Entries of a journal and their lines. Amounts are euro cents."""

from __future__ import annotations

from dataclasses import dataclass

from kindpakket.backoffice.books.chart import Account, Journal, Role
from kindpakket.backoffice.books.postings import DESCRIPTIONS, EntryKind


@dataclass(frozen=True, slots=True)
class EntryLine:
    """A line of an entry: a debit or a credit, and the other one is 0.

    Attributes:
        account: the account.
        role: what the account is for.
        cost_centre: the cost centre of costs, or "".
        party: the shop, by its number in the administration or its id; "" if the line is not about one.
        debit: the amount in cents, above 0, or 0.
        credit: the same.
    """

    account: Account
    role: Role
    cost_centre: str
    party: str
    debit: int
    credit: int

    @property
    def cents(self) -> int:
        """The amount; a credit is below zero."""
        return self.debit - self.credit


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal entry, whose debits equal its credits.

    Attributes:
        number: its number: the period, the journal and a number within both.
        day: the day, `YYYY-MM-DD`; of several days the last.
        journal: the journal.
        kind: what it is about.
        scheme: id of the scheme.
        scheme_name: the scheme's name in the mapping, or its id.
        reference: id of the settlement or transaction that it is about; "" if it is about several.
        late: its movements are of periods that had been closed.
        lines: its lines: debits first, each account once on a side.
    """

    number: str
    day: str
    journal: Journal
    kind: EntryKind
    scheme: str
    scheme_name: str
    reference: str
    late: bool
    lines: tuple[EntryLine, ...]

    @property
    def period(self) -> str:
        """The period of its day."""
        return self.day[:7]

    @property
    def debit(self) -> int:
        """The sum of its debits, in cents."""
        return sum(line.debit for line in self.lines)

    @property
    def credit(self) -> int:
        """The sum of its credits, in cents."""
        return sum(line.credit for line in self.lines)

    @property
    def description(self) -> str:
        """What it is about, in words."""
        late = ", from closed periods" if self.late else ""
        return f"{DESCRIPTIONS[self.kind]}: {self.scheme_name}{late}"

    def members(self) -> dict[str, object]:
        """The entry as programs read it."""
        return {
            "number": self.number,
            "day": self.day,
            "period": self.period,
            "journal": self.journal.code,
            "kind": self.kind,
            "scheme": self.scheme,
            "reference": self.reference or None,
            "late": self.late,
            "description": self.description,
            "lines": [
                {
                    "account": line.account.code,
                    "account_name": line.account.name,
                    "cost_centre": line.cost_centre or None,
                    "party": line.party or None,
                    "debit_cents": line.debit,
                    "credit_cents": line.credit,
                }
                for line in self.lines
            ],
        }
