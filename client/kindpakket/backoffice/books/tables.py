"""The journal and the trial balance as tables, for CSV and XLSX alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kindpakket.backoffice.books.balance import BalanceLine
from kindpakket.backoffice.books.books import Books
from kindpakket.backoffice.books.entries import Entry


@dataclass(frozen=True, slots=True)
class Cents:
    """A cell with an amount in cents; other cells are texts or whole numbers."""

    cents: int


TableCell = str | int | Cents


@dataclass(frozen=True, slots=True)
class BooksTable:
    """A table.

    Attributes:
        name: its name, such as `journal`.
        headings: of its columns.
        widths: of its columns, in characters.
        dictionary: what each column contains.
        rows: the cells.
    """

    name: str
    headings: tuple[str, ...]
    widths: tuple[int, ...]
    dictionary: tuple[str, ...]
    rows: Sequence[tuple[TableCell, ...]]


_JOURNAL: tuple[tuple[str, int, str], ...] = (
    ("entry", 22, "number of the entry: period, journal and a number within both"),
    ("line", 5, "number of the line within the entry, from 1"),
    ("day", 11, "day of the entry in Amsterdam, YYYY-MM-DD; of several days the last"),
    ("period", 8, "accounting period, YYYY-MM"),
    ("journal", 8, "code of the journal"),
    ("journal_name", 16, "name of the journal"),
    ("account", 10, "code of the account"),
    ("account_name", 34, "name of the account"),
    ("cost_centre", 12, "cost centre of costs"),
    ("party", 12, "the shop's number in the administration, or its id, where shops have lines of their own"),
    ("debit", 14, "amount in euros, or empty"),
    ("credit", 14, "amount in euros, or empty"),
    ("description", 44, "what the entry is about"),
    ("kind", 16, "what the entry is about, for programs"),
    ("scheme", 34, "id of the scheme"),
    ("reference", 34, "id of the settlement or transaction, if the entry is about one"),
    ("late", 5, "yes: of a period that had been closed"),
)
_BALANCE: tuple[tuple[str, int, str], ...] = (
    ("account", 10, "code of the account"),
    ("account_name", 40, "name of the account"),
    ("part", 16, "balance sheet, off balance sheet, or costs"),
    ("opening", 16, "balance before the first period, in euros; a credit is below zero"),
    ("debit", 16, "debits of the periods, in euros"),
    ("credit", 16, "credits of the periods, in euros"),
    ("closing", 16, "balance after the last period, in euros; a credit is below zero"),
)


def journal_table(entries: Sequence[Entry]) -> BooksTable:
    """The lines of entries, in their order."""
    return _table("journal", _JOURNAL, [row for entry in entries for row in _journal_rows(entry)])


def balance_table(lines: Sequence[BalanceLine]) -> BooksTable:
    """A trial balance."""
    rows: list[tuple[TableCell, ...]] = [
        (
            line.account.code,
            line.account.name,
            part_of(line),
            Cents(line.opening),
            Cents(line.debit),
            Cents(line.credit),
            Cents(line.closing),
        )
        for line in lines
    ]
    return _table("balance", _BALANCE, rows)


def part_of(line: BalanceLine) -> str:
    """Which part of the books an account belongs to."""
    if line.is_cost:
        return "costs"
    return "off balance sheet" if line.off_balance else "balance sheet"


def about(books: Books) -> list[tuple[str, str]]:
    """What the tables stand for: names and values."""
    position = books.position
    return [
        ("channel", position.channel),
        ("block", str(position.block)),
        ("height", str(position.block + 1)),
        ("block_hash", position.block_hash or "unknown"),
        ("through", books.through or "-"),
        ("entries share", books.grouping),
        ("closed until", books.closed[-1].period if books.closed else "-"),
    ]


def _table(
    name: str, columns: Sequence[tuple[str, int, str]], rows: Sequence[tuple[TableCell, ...]]
) -> BooksTable:
    headings, widths, dictionary = zip(*columns, strict=True)
    return BooksTable(name, headings, widths, dictionary, rows)


def _journal_rows(entry: Entry) -> Iterator[tuple[TableCell, ...]]:
    for number, line in enumerate(entry.lines, 1):
        yield (
            entry.number,
            number,
            entry.day,
            entry.period,
            entry.journal.code,
            entry.journal.name,
            line.account.code,
            line.account.name,
            line.cost_centre,
            line.party,
            Cents(line.debit) if line.debit else "",
            Cents(line.credit) if line.credit else "",
            entry.description,
            entry.kind,
            entry.scheme,
            entry.reference,
            "yes" if entry.late else "",
        )
