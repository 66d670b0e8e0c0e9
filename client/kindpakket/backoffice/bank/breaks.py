"""The three-way match of ledger, payment files and bank: every break, and what to do about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from kindpakket.backoffice.bank.orders import Expected
from kindpakket.backoffice.bank.outcomes import Booking, Outcome
from kindpakket.ledger.records import Settlement

LEFT = ("exported", "paid", "rejected", "returned")
"""States of settlements whose payment file was made."""
_LINES = ("paid-twice", "returned-twice", "unknown-payment")
"""Kinds of listed lines on which somebody has to act."""
_DOUBTS = frozenset({"ordered-twice", "other-file", "other-amount"})
"""Kinds of breaks of a settlement that keep it from being booked before somebody has looked."""


@dataclass(frozen=True, slots=True)
class Break:
    """Something on which the ledger, the payment files and the bank do not agree.

    Attributes:
        kind: `to-book`, `to-decide`, `no-answer`, `without-line`, `contradiction`, `other-amount`,
            `other-file`, `ordered-twice`, `not-exported`, `not-on-ledger`, `file-missing`, `gap`, or the kind
            of a listed line.
        what: the settlement, or the place of the line.
        what_to_do: a sentence.
        cents: the amount in cents; None where it is not about one.
        since: the day it began; None if unknown.
        age: days since then; None if unknown.
        bookings: transactions that mend it.
        line: id of the line on which somebody decides; "" when it is not about one.
        together: the bookings are decided on together.
    """

    kind: str
    what: str
    what_to_do: str
    cents: int | None = None
    since: date | None = None
    age: int | None = None
    bookings: tuple[Booking, ...] = ()
    line: str = ""
    together: bool = False

    def as_json(self) -> dict[str, object]:
        """The break as a JSON document."""
        return {
            "kind": self.kind,
            "what": self.what,
            "line": self.line or None,
            "what_to_do": self.what_to_do,
            "cents": self.cents,
            "since": self.since.isoformat() if self.since else None,
            "age_days": self.age,
            "bookings": [booking.as_json() for booking in self.bookings],
        }


def three_way(
    orders: Iterable[Expected], outcome: Outcome, on: date, ledger: Iterable[Settlement] | None = None
) -> list[Break]:
    """All breaks, oldest first.

    Args:
        orders: the payments of all payment files.
        outcome: what `match` made of them.
        on: the day on which it is asked; ages count from it.
        ledger: all settlements of the schemes that the files pay; None compares files and bank alone.
    """
    comparison = _Comparison(outcome, on)
    by_settlement: dict[str, list[Expected]] = defaultdict(list)
    for order in orders:
        by_settlement[order.settlement].append(order)
    records = None if ledger is None else {record["id"]: record for record in ledger}
    for settlement in sorted({*by_settlement, *(records or {})}):
        ordered = by_settlement.get(settlement, [])
        record = None if records is None else records.get(settlement)
        comparison.files(settlement, ordered)
        if records is None:
            comparison.without_ledger(settlement, ordered)
        elif record is None:
            comparison.not_on_ledger(settlement, ordered)
        elif record["state"] in LEFT or ordered:
            comparison.ledger_and_file(record, ordered)
            comparison.ledger_and_bank(record, ordered)
    comparison.lines()
    # Those of unknown age come first, as old debts do in lists of receivables.
    return sorted(comparison.breaks, key=lambda made: (made.since or date.min, made.kind, made.what))


class _Comparison:
    def __init__(self, outcome: Outcome, on: date) -> None:
        self.outcome = outcome
        self.on = on
        self.breaks: list[Break] = []
        self.bookings: dict[str, list[Booking]] = defaultdict(list)
        for booking in outcome.bookings():
            self.bookings[booking.settlement].append(booking)

    def files(self, settlement: str, ordered: Sequence[Expected]) -> None:
        """What payment files say among themselves."""
        if len({order.file_sha256 for order in ordered}) > 1:
            places = " and ".join(sorted(order.place for order in ordered))
            self._add(
                "ordered-twice", settlement, f"two files pay it ({places}): stop one at the bank", ordered
            )

    def without_ledger(self, settlement: str, ordered: Sequence[Expected]) -> None:
        """What the bank has not answered."""
        if self.outcome.answers.get(settlement, "silent") in ("silent", "accepted", "pending"):
            self._no_answer(settlement, ordered)

    def not_on_ledger(self, settlement: str, ordered: Sequence[Expected]) -> None:
        """A payment that nobody approved."""
        sentence = "a file pays it, and the ledger does not know it: stop it, and find out who made the file"
        self._add("not-on-ledger", settlement, sentence, ordered)

    def ledger_and_file(self, record: Settlement, ordered: Sequence[Expected]) -> None:
        """Whether a file pays what the ledger says."""
        recorded = record.get("file_sha256")
        if not ordered:
            if record["state"] == "exported":
                sentence = (
                    "the ledger says that it was exported, and no file here pays it: give its payment file"
                )
                self._add("file-missing", record["id"], sentence, cents=record["cents"])
            return
        if record["state"] not in LEFT:
            sentence = (
                f"a file pays it, but on the ledger it is {record['state']}: do not send the file, or stop it"
            )
            self._add("not-exported", record["id"], sentence, ordered)
        elif all(order.file_sha256 != recorded for order in ordered):
            sentence = (
                "the file that pays it is not the one whose hash is on the ledger: compare the two files"
            )
            self._add("other-file", record["id"], sentence, ordered)
        if any(order.cents != record["cents"] for order in ordered):
            sentence = f"the ledger says {record['cents']} cents, the file something else: stop the payment"
            self._add("other-amount", record["id"], sentence, ordered)

    def ledger_and_bank(self, record: Settlement, ordered: Sequence[Expected]) -> None:
        """Whether the bank did what the ledger says."""
        settlement, state = record["id"], record["state"]
        if state not in LEFT or not ordered:
            return
        bank = self.outcome.answers.get(settlement, "silent")
        due = {
            ("exported", "paid"): ["paid"],
            ("exported", "returned"): ["paid", "returned"],
            ("exported", "rejected"): ["rejected"],
            ("paid", "returned"): ["returned"],
        }.get((state, bank))
        answered = bank in ("paid", "returned", "rejected")
        if due is not None:
            bookings = tuple(made for made in self.bookings[settlement] if made.outcome in due)
            sentence = f"the bank's answer is {bank}, the ledger still says {state}: book it"
            self._add("to-book", settlement, sentence, ordered, bookings=bookings)
        elif state == "exported":
            self._no_answer(settlement, ordered)
        elif answered and bank != state:
            sentence = (
                f"the ledger says {state}, the bank's files say {bank}: look for a statement that is missing"
            )
            self._add("contradiction", settlement, sentence, ordered)
        elif not answered:
            sentence = f"the ledger says {state}, and no file of the bank here shows it: give that statement"
            self._add("without-line", settlement, sentence, ordered)

    def lines(self) -> None:
        """Lines on which a person decides, and statements that are missing."""
        for proposal in self.outcome.proposed:
            line = proposal.line
            self._add(
                "to-decide",
                line.place,
                proposal.reason,
                cents=line.cents,
                since=line.booked_on,
                bookings=proposal.candidates,
                on_line=line.id,
                together=proposal.together,
            )
        for listed in self.outcome.listed:
            if listed.kind in _LINES:
                line = listed.line
                self._add(
                    listed.kind,
                    line.place,
                    listed.what_to_do,
                    cents=line.cents,
                    since=line.booked_on,
                    on_line=line.id,
                )
        for gap in self.outcome.gaps:
            self._add("gap", gap.before, gap.sentence, cents=gap.cents, since=gap.since)

    def _no_answer(self, settlement: str, ordered: Sequence[Expected]) -> None:
        day = max((order.day for order in ordered), default=None)
        if day is None or day > self.on:
            return
        bank = self.outcome.answers.get(settlement, "silent")
        said = "the bank has not answered" if bank == "silent" else f"the bank says {bank}, which is not paid"
        sentence = f"{said}: fetch the statements since {day}, then ask the bank"
        self._add("no-answer", settlement, sentence, ordered)

    def _add(
        self,
        kind: str,
        what: str,
        what_to_do: str,
        ordered: Sequence[Expected] = (),
        *,
        cents: int | None = None,
        since: date | None = None,
        bookings: tuple[Booking, ...] = (),
        on_line: str = "",
        together: bool = False,
    ) -> None:
        if ordered:
            cents, since = ordered[0].cents, min(order.day for order in ordered)
        age = None if since is None else max((self.on - since).days, 0)
        self.breaks.append(Break(kind, what, what_to_do, cents, since, age, bookings, on_line, together))


def bookable(breaks: Sequence[Break]) -> Iterator[Booking]:
    """The transactions of all breaks that only have to be booked.

    A settlement whose payment file is in doubt is left to a person.
    """
    doubtful = {made.what for made in breaks if made.kind in _DOUBTS}
    for made in breaks:
        if made.kind == "to-book" and made.what not in doubtful:
            yield from made.bookings
