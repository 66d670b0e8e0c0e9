"""The books of a municipality: all entries up to a block, made of the movements on the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kindpakket.backoffice.books.accruals import Accruals
from kindpakket.backoffice.books.charts import Charts
from kindpakket.backoffice.books.closings import Closing, Closings, closing_of
from kindpakket.backoffice.books.entries import Entry
from kindpakket.backoffice.books.errors import BooksError
from kindpakket.backoffice.books.grouping import Grouping, Groups
from kindpakket.backoffice.books.periods import BookingDays, Span, last_day
from kindpakket.backoffice.books.source import MovementSource, Position
from kindpakket.backoffice.books.terms import LedgerTerms, SchemeTerms


@dataclass(frozen=True, slots=True)
class Books:
    """The books up to a block.

    Attributes:
        position: the block.
        charts: accounts, journals and cost centres.
        grouping: what shares an entry.
        through: the last day of the books; "" if they are empty.
        entries: all entries, in the order of periods and journals.
        terms: the ledger's own terms by scheme, added up from the same movements apart from the entries.
        closed: the periods that had been closed.
        by_period: the entries with everything of a period together, of which closings have the hash.
    """

    position: Position
    charts: Charts
    grouping: Grouping
    through: str
    entries: Sequence[Entry] = field(repr=False)
    terms: dict[str, SchemeTerms] = field(repr=False)
    closed: tuple[Closing, ...]
    by_period: Sequence[Entry] = field(repr=False)

    def of(self, span: Span | None = None, scheme: str = "") -> list[Entry]:
        """The entries of some periods and of a scheme; without them, all."""
        return [
            entry
            for entry in self.entries
            if (span is None or entry.period in span) and scheme in ("", entry.scheme)
        ]

    def changed(self) -> list[str]:
        """Closed periods whose entries are not what they were when they were closed, as sentences."""
        found: list[str] = []
        for before, closing in zip(("", *(each.period for each in self.closed)), self.closed, strict=False):
            again = self.closing(closing.period, closing.block, closing.block_hash, after=before)
            if again != closing:
                found.append(
                    f"{closing.period} was closed with {closing} and now has {again}: "
                    "use the mapping that it was closed with, or find out what changed"
                )
        return found

    def closing(self, period: str, block: int, block_hash: str, *, after: str = "") -> Closing:
        """The closing of a period at a block, as these books have it.

        Args:
            period: the period.
            block: the number of the last block that counts.
            block_hash: hash of its header.
            after: the period that was closed before; "": none, so all earlier periods are closed with it.
        """
        entries = [entry for entry in self.by_period if after < entry.period <= period]
        return closing_of(period, block, block_hash, entries)


def keep_books(
    source: MovementSource,
    charts: Charts,
    *,
    grouping: Grouping = "period",
    until_block: int | None = None,
    closings: Closings | None = None,
    through: str = "",
) -> Books:
    """Make the books of all movements up to a block.

    Args:
        source: the movements.
        charts: accounts, journals and cost centres.
        grouping: what shares an entry.
        until_block: the number of the last block that counts; None: the newest.
        closings: the closed periods; those that were closed at a later block do not count.
        through: a day, `YYYY-MM-DD`, up to which the books are made up even if nothing has moved since: the
            accrual of a year is booked when its last day is within the books.

    Raises:
        BooksError: the mapping has no account for something, or the closings are of another channel.
        ValueError: the source cannot be used; its own error.
    """
    position = source.position(until_block)
    closings = closings or Closings()
    if closings.channel not in ("", position.channel):
        raise BooksError(
            f"the closings are of channel {closings.channel}, the movements of {position.channel}: "
            "give the files of one channel"
        )
    closed = closings.until(position.block)
    days = BookingDays([(closing.period, closing.block) for closing in closed])
    asked, by_period = Groups(charts, grouping), Groups(charts, "period")
    accruals, terms = Accruals(charts), LedgerTerms()
    latest = max([through, *(last_day(closing.period) for closing in closed[-1:])])
    # By the block's number, because a source may grow meanwhile.
    for movement in source.movements(position.block):
        booked = days.booked(movement.time, movement.block)
        latest = max(latest, booked.day)
        terms.add(movement)
        accruals.add(movement, booked.day)
        by_period.add(movement, booked)
        if grouping != "period":
            asked.add(movement, booked)
    collected = [by_period] if grouping == "period" else [by_period, asked]
    for groups in collected:
        accruals.book(groups, latest)
    _refuse_missing(by_period)
    entries = [groups.entries() for groups in collected]
    return Books(position, charts, grouping, latest, entries[-1], terms.schemes, closed, entries[0])


def _refuse_missing(groups: Groups) -> None:
    missing = groups.missing()
    if missing:
        lines = "".join(
            f"\n  scheme {scheme}, " + (f"category {category}" if category else "no category")
            for scheme, category in missing
        )
        raise BooksError(
            f"the mapping has no account for the costs of:{lines}\nadd costs.account, or accounts for them"
        )
