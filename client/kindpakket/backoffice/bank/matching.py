"""Matching lines of statements with payments: by EndToEndId, then by batch, else proposed to a person.

It is code over values: what comes out depends on what the files say, never on their order. Every line ends in
exactly one place, so the sums of the three places are the sum of the statements.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from kindpakket.backoffice.bank.orders import Expected, merged
from kindpakket.backoffice.bank.outcomes import (
    Booked,
    Booking,
    Listed,
    Matched,
    Outcome,
    Proposed,
    Rejection,
    booking,
    ledger_code,
)
from kindpakket.backoffice.bank.reports import Answer
from kindpakket.backoffice.bank.statements import Line, Statement, distinct, gaps

_SETTLEMENT = re.compile(r"[0-9a-f]{32}")
_MAX_CANDIDATES = 20
"""More are no proposal, but a list to search."""


def match(
    orders: Iterable[Expected],
    statements: Iterable[Statement],
    answers: Iterable[Answer] = (),
    decisions: Mapping[str, Sequence[str]] | None = None,
) -> Outcome:
    """Match all statements with all payments.

    Args:
        orders: the payments of all payment files.
        statements: the statements of all files.
        answers: what status reports say.
        decisions: what persons decided on lines: id of the line -> the settlements that it pays or returns;
            none: it is of no payment here.

    Raises:
        ConflictingStatements: two statements have the same id and say different things.
    """
    counted, again = distinct(statements)
    matching = _Matching(merged(orders), list(answers), decisions or {})
    matching.take(counted)
    return Outcome(
        matched=tuple(matching.matched),
        proposed=tuple(matching.proposed),
        listed=tuple(matching.listed),
        rejections=matching.rejections(),
        answers=matching.standings(),
        again=tuple(statement.where for statement in again),
        gaps=tuple(gaps(counted)),
    )


class _Matching:
    """What is known while lines are matched."""

    def __init__(
        self, orders: Sequence[Expected], answers: Sequence[Answer], decisions: Mapping[str, Sequence[str]]
    ) -> None:
        self.decisions = decisions
        self.orders: dict[str, Expected] = {}
        for order in orders:
            self.orders.setdefault(order.settlement, order)
        self.by_cents: dict[int, list[Expected]] = defaultdict(list)
        self.groups: dict[tuple[str, str], list[Expected]] = defaultdict(list)
        self.of_payment_id: dict[str, list[Expected]] = defaultdict(list)
        for order in self.orders.values():
            self.by_cents[order.cents].append(order)
            for name in _groups_of(order):
                self.groups[name].append(order)
            self.of_payment_id[order.payment_id].append(order)
        own: dict[str, list[Answer]] = defaultdict(list)
        for answer in answers:
            own[answer.settlement].append(answer)
        self.answers = {
            order.settlement: counting
            for order in self.orders.values()
            if (counting := _counting(order, [*own[""], *own[order.settlement]])) is not None
        }
        self.rejected = {
            settlement for settlement, answer in self.answers.items() if answer.standing == "rejected"
        }
        self.open_cents = {
            name: _sum([order for order in group if order.settlement not in self.rejected])
            for name, group in self.groups.items()
        }
        self.paid: dict[str, Line] = {}
        self.returned: dict[str, Line] = {}
        self.matched: list[Matched] = []
        self.proposed: list[Proposed] = []
        self.listed: list[Listed] = []

    def take(self, statements: Sequence[Statement]) -> None:
        """Give every line its place.

        Decided and certain ones go first, and debits before the credits that undo them.
        """
        lines = self._without_repeated(statements)
        debits = [line for line in lines if line.cents < 0]
        credits = [line for line in lines if line.cents >= 0]
        for find in (
            self._decided,
            self._charge,
            self._debit_by_id,
            self._debit_by_details,
            self._debit_by_batch,
        ):
            debits = [line for line in debits if not find(line)]
        for line in debits:
            self._other_debit(line)
        for find in (self._decided, self._charge, self._credit_by_id, self._credit_by_batch):
            credits = [line for line in credits if not find(line)]
        for line in credits:
            self._other_credit(line)

    def standings(self) -> dict[str, str]:
        """What is known of each payment."""
        standings: dict[str, str] = {}
        for settlement in sorted(self.orders):
            answer = self.answers.get(settlement)
            if settlement in self.returned:
                standings[settlement] = "returned"
            elif settlement in self.paid:
                standings[settlement] = "paid"
            elif answer is None or answer.standing in ("unknown", "verified"):
                standings[settlement] = "silent"
            else:
                standings[settlement] = answer.standing
        return standings

    def rejections(self) -> tuple[Rejection, ...]:
        """Rejected payments, but those that a statement shows all the same."""
        shown = {candidate.settlement for proposal in self.proposed for candidate in proposal.candidates}
        return tuple(
            Rejection(Booking(settlement, "rejected", ledger_code(answer.reason)), answer.place)
            for settlement in sorted(self.rejected - shown - set(self.paid))
            if (answer := self.answers[settlement])
        )

    def _without_repeated(self, statements: Sequence[Statement]) -> list[Line]:
        """The lines, but those that another statement showed already, by the bank's own reference."""
        first: dict[tuple[object, ...], int] = {}
        lines: list[Line] = []
        for place, statement in enumerate(statements):
            for line in statement.lines:
                key = (statement.account, line.bank_reference, line.cents, line.booked_on, line.end_to_end)
                if line.bank_reference and first.setdefault(key, place) != place:
                    self.listed.append(
                        Listed(line, "repeated", "another statement shows the same booking: nothing to do")
                    )
                else:
                    lines.append(line)
        return lines

    def _decided(self, line: Line) -> bool:
        """A line on which a person decided; not if a payment that was named then is in no file here."""
        named = self.decisions.get(line.id)
        if named is None or any(settlement not in self.orders for settlement in named):
            return False
        if named:
            orders = [self.orders[settlement] for settlement in named]
            self._match(line, orders, "paid" if line.cents < 0 else "returned", "decision")
        else:
            self.listed.append(Listed(line, "set-aside", "somebody decided that it is of no payment here"))
        return True

    def _charge(self, line: Line) -> bool:
        if line.charges:
            self.listed.append(
                Listed(line, "charges", "book the bank's charge in the municipality's own accounts")
            )
        return line.charges

    def _debit_by_id(self, line: Line) -> bool:
        order = self.orders.get(line.end_to_end)
        if order is None:
            return False
        reason = self._doubt(line, order)
        if reason:
            self._propose(line, [order], "paid", reason)
        elif order.settlement in self.paid:
            self._twice(line, self.paid[order.settlement])
        else:
            self._match(line, [order], "paid", "end-to-end-id")
        return True

    def _doubt(self, line: Line, order: Expected) -> str:
        """Why a debit with the id of a payment may not be that payment; "" when it is."""
        if line.reversal:
            return "it reverses an earlier entry: see what that was"
        if -line.cents != order.cents:
            return f"it has the payment's id, but {-line.cents} cents instead of {order.cents}: ask the bank"
        if line.account and order.account and line.account != order.account:
            return "it has the payment's id, but another account than was ordered: ask the bank at once"
        if order.settlement in self.rejected:
            return f"the bank reported it rejected ({self.answers[order.settlement].place}): ask the bank"
        return ""

    def _debit_by_details(self, line: Line) -> bool:
        """An entry whose details name their payments, without amounts of their own."""
        orders = [self.orders[settlement] for settlement in line.named if settlement in self.orders]
        fits = (
            orders
            and len(orders) == len(line.named) == (line.count or len(orders))
            and sum(order.cents for order in orders) == -line.cents
            and not line.reversal
            and all(self._open(order) for order in orders)
        )
        if fits:
            self._match(line, orders, "paid", "ids-of-details")
        return bool(fits)

    def _debit_by_batch(self, line: Line) -> bool:
        group = self._group(line)
        if not group:
            return False
        left = [order for order in group if self._open(order)]
        same = [order for order in left if order.cents == -line.cents]
        if not line.reversal and _adds_up(line, left):
            self._match(line, left, "paid", "batch")
        elif same and not line.reversal and line.count in (None, 1):
            self._propose(
                line, same, "paid", "it names a file or group, and is as much as this payment of it"
            )
        else:
            unpaid = [order for order in group if order.settlement not in self.paid]
            self._propose(
                line,
                unpaid,
                "paid",
                f"it names a file or group of which {len(left)} payments of {_sum(left)} cents are open, but "
                f"is for {-line.cents} cents: compare it with the bank's list of the batch",
            )
        return True

    def _other_debit(self, line: Line) -> None:
        """A debit without a known id."""
        if line.end_to_end:
            self._unknown(line, "other-debit")
            return
        same = [
            order
            for order in self.by_cents.get(-line.cents, ())
            if self._open(order) and order.day <= line.booked_on
        ]
        if to_account := [order for order in same if order.account and order.account == line.account]:
            self._propose(
                line, to_account, "paid", "it has no id, but this amount went to this shop's account"
            )
        elif batches := self._whole_groups(line):
            self._propose(
                line, batches, "paid", "it has no id, but is as much as this file or group together"
            )
        elif not line.account and 0 < len(same) <= _MAX_CANDIDATES:
            self._propose(line, same, "paid", "it has no id and no account, but is as much as this payment")
        else:
            self._unknown(line, "other-debit")

    def _credit_by_id(self, line: Line) -> bool:
        order = self.orders.get(line.end_to_end)
        if order is None:
            return False
        reason = self._doubt_of_return(line, order)
        if reason:
            self._propose(line, [order], "returned", reason)
        elif order.settlement in self.returned:
            self._twice(line, self.returned[order.settlement])
        else:
            self._match(line, [order], "returned", "end-to-end-id")
        return True

    def _doubt_of_return(self, line: Line, order: Expected) -> str:
        if not (line.returned or line.reversal):
            return "it has the payment's id, but is not marked as a return: ask who sent it"
        if line.cents != order.cents:
            return f"{line.cents} cents came back of {order.cents}: ask the bank for the rest"
        if order.settlement not in self.paid:
            return "it came back, but no statement here shows that it was paid: give it, or book paid first"
        return ""

    def _credit_by_batch(self, line: Line) -> bool:
        if not (line.returned or line.reversal):
            return False
        group = self._group(line)
        named = [self.orders[settlement] for settlement in line.named if settlement in self.orders]
        group = named if named and len(named) == len(line.named) else group
        if not group:
            return False
        out = [order for order in group if self._out(order)]
        if _adds_up(line, out):
            self._match(line, out, "returned", "batch")
        else:
            reason = (
                f"it returns money of a file or group of which {_sum(out)} cents are paid, but is for "
                f"{line.cents} cents: ask the bank which payments came back"
            )
            self._propose(line, out, "returned", reason)
        return True

    def _other_credit(self, line: Line) -> None:
        """A credit without a known id."""
        if line.end_to_end:
            self._unknown(line, "other-credit")
            return
        same = [order for order in self.by_cents.get(line.cents, ()) if self._out(order)]
        undone = self._undone(line) if line.reversal else []
        if from_account := [order for order in same if order.account and order.account == line.account]:
            self._propose(
                line, from_account, "returned", "it has no id, but this amount came from this shop's account"
            )
        elif len(undone) == 1:
            self._propose(line, undone[0], "returned", "it reverses an entry of the same amount as this one")
        elif line.returned and 0 < len(same) <= _MAX_CANDIDATES:
            self._propose(line, same, "returned", "it is a return without an id, as much as this payment")
        else:
            self._unknown(line, "other-credit")

    def _undone(self, line: Line) -> list[list[Expected]]:
        """The payments of each matched debit of the same amount."""
        return [
            [self.orders[made.settlement] for made in match.bookings]
            for match in self.matched
            if match.line.cents == -line.cents and match.bookings[0].outcome == "paid"
        ]

    def _unknown(self, line: Line, kind: str) -> None:
        if _SETTLEMENT.fullmatch(line.end_to_end):
            sentence = (
                f"it has the id of settlement {line.end_to_end}, which no file here pays: give its file"
            )
            self.listed.append(Listed(line, "unknown-payment", sentence))
        else:
            self.listed.append(Listed(line, kind, "not of these payments: nothing to do here"))

    def _twice(self, line: Line, first: Line) -> None:
        sentence = f"the same payment is at {first.place}: ask the bank to undo this one"
        self.listed.append(Listed(line, "paid-twice" if line.cents < 0 else "returned-twice", sentence))

    def _open(self, order: Expected) -> bool:
        """Whether a payment may still show on a statement."""
        return order.settlement not in self.paid and order.settlement not in self.rejected

    def _out(self, order: Expected) -> bool:
        """Whether a payment was made and did not come back."""
        return order.settlement in self.paid and order.settlement not in self.returned

    def _group(self, line: Line) -> list[Expected]:
        """The payments of the group or file that a line names; a bank may add its own message's id."""
        if not line.payment_id:
            return self.groups.get((line.message_id, ""), []) if line.message_id else []
        of_group = self.of_payment_id.get(line.payment_id, [])
        return [order for order in of_group if order.message_id == line.message_id] or of_group

    def _whole_groups(self, line: Line) -> list[Expected]:
        """The open payments of the only file or group that a line is as much as."""
        fitting: dict[tuple[str, ...], list[Expected]] = {}
        for name, cents in self.open_cents.items():
            if cents != -line.cents:
                continue
            group = [order for order in self.groups[name] if self._open(order)]
            if len(group) > 1 and _adds_up(line, group) and group[0].day <= line.booked_on:
                fitting[tuple(order.settlement for order in group)] = group
        return next(iter(fitting.values())) if len(fitting) == 1 else []

    def _match(self, line: Line, orders: Sequence[Expected], outcome: Booked, by: str) -> None:
        if outcome == "paid":
            for order in orders:
                if self._open(order):
                    for name in _groups_of(order):
                        self.open_cents[name] -= order.cents
        into = self.paid if outcome == "paid" else self.returned
        into.update(dict.fromkeys([order.settlement for order in orders], line))
        bookings = tuple(booking(order.settlement, outcome, line) for order in orders)
        self.matched.append(Matched(line, bookings, by))

    def _propose(self, line: Line, orders: Sequence[Expected], outcome: Booked, reason: str) -> None:
        candidates = tuple(booking(order.settlement, outcome, line) for order in orders)
        together = len(orders) > 1 and _sum(orders) == abs(line.cents)
        self.proposed.append(Proposed(line, candidates, reason, together))


def _groups_of(order: Expected) -> set[tuple[str, str]]:
    """The names of its group and of its file."""
    return {(order.message_id, order.payment_id), (order.message_id, "")}


def _sum(orders: Sequence[Expected]) -> int:
    return sum(order.cents for order in orders)


def _adds_up(line: Line, orders: Sequence[Expected]) -> bool:
    """Whether a line is for exactly these payments, by sum and, if the bank says it, by count."""
    counts = line.count is None or line.count == len(orders)
    return bool(orders) and counts and _sum(orders) == abs(line.cents)


def _counting(order: Expected, answers: Sequence[Answer]) -> Answer | None:
    """The answer that counts for a payment, of those about it, groups and files: the latest.

    A rejection of the payment itself comes before all others.
    """
    applying = [
        answer
        for answer in answers
        if answer.standing not in ("verified", "unknown")
        and (answer.settlement or answer.message_id == order.message_id)
        and (answer.settlement or answer.payment_id in ("", order.payment_id))
    ]
    own = [answer for answer in applying if answer.settlement and answer.standing == "rejected"]
    return max(own or applying, key=lambda answer: answer.order, default=None)
