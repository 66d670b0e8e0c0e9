"""The trial balance: of each account its opening balance, its debits and credits, and its closing balance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kindpakket.backoffice.books.books import Books
from kindpakket.backoffice.books.chart import COSTS, OFF_BALANCE, Account, Role
from kindpakket.backoffice.books.entries import Entry, EntryLine
from kindpakket.backoffice.books.periods import Span


@dataclass(slots=True)
class BalanceLine:
    """An account over some periods, in cents; a credit balance is below zero.

    Attributes:
        account: the account.
        is_cost: whether it begins each year with 0.
        off_balance: whether it is off the balance sheet.
        opening: its balance before.
        debit, credit: what was debited and credited.
    """

    account: Account
    is_cost: bool
    off_balance: bool
    opening: int = 0
    debit: int = 0
    credit: int = 0

    @property
    def closing(self) -> int:
        """Its balance afterwards."""
        return self.opening + self.debit - self.credit


def trial_balance(books: Books, span: Span | None = None, scheme: str = "") -> list[BalanceLine]:
    """The trial balance of some periods and a scheme; without them, of all.

    Costs of the years before that of the first period are on the account of the results.

    Args:
        books: the books.
        span: the periods.
        scheme: id of the scheme, or "".

    Returns:
        A line for each account that has ever moved, in the order of the codes. Debits equal credits, and the
        balances add up to 0, on and off the balance sheet.
    """
    entries = books.of(scheme=scheme)
    first = span.first if span else (entries[0].period if entries else "")
    lines: dict[str, BalanceLine] = {}
    for entry in entries:
        if span is not None and entry.period > span.last:
            continue
        for line in entry.lines:
            _add(books, lines, entry, line, first)
    return [lines[code] for code in sorted(lines)]


def sums(lines: Sequence[BalanceLine]) -> BalanceLine:
    """The sums of all lines."""
    total = BalanceLine(Account("", ""), is_cost=False, off_balance=False)
    for line in lines:
        total.opening += line.opening
        total.debit += line.debit
        total.credit += line.credit
    return total


def _add(books: Books, lines: dict[str, BalanceLine], entry: Entry, line: EntryLine, first: str) -> None:
    if entry.period >= first:
        found = _line(lines, line.account, line.role)
        found.debit += line.debit
        found.credit += line.credit
    elif line.role in COSTS and entry.period[:4] < first[:4]:
        _line(lines, books.charts.newest.accounts["result"], "result").opening += line.cents
    else:
        _line(lines, line.account, line.role).opening += line.cents


def _line(lines: dict[str, BalanceLine], account: Account, role: Role) -> BalanceLine:
    found = lines.get(account.code)
    if found is None:
        found = BalanceLine(account, is_cost=role in COSTS, off_balance=role in OFF_BALANCE)
        lines[account.code] = found
    return found
