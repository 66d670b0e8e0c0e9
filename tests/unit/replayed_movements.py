"""Movements by the auditor's replay: what each request changed in the auditor's own books."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kindpakket.auditor.books import Books, SettlementBook, Terms
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.replay import Replay
from kindpakket.ledger.domain import Domain
from kindpakket.ledger.movements import Movement, MovementKind

_MOVED: dict[str, MovementKind] = {"payment": "spent", "refund": "refunded", "cancellation": "cancelled"}
_STATES: dict[str, MovementKind] = {
    "drafted": "drafted",
    "withdrawn": "withdrawn",
    "approved": "approved",
    "exported": "exported",
    "paid": "paid",
    "rejected": "rejected",
    "returned": "returned",
}


class ReplayedMovements:
    """Replays requests, and notes the movements of money.

    Attributes:
        replay: the replay.
        movements: the movements so far.
    """

    def __init__(self) -> None:
        self.replay = Replay(Domain("zuidhorn", "kindpakket"))
        self.replay.books.layout = 3
        self.movements: list[Movement] = []
        self._terms: dict[tuple[str, str], Terms] = {}
        self._moved = 0
        self._settlements: dict[str, tuple[str, int]] = {}

    @property
    def books(self) -> Books:
        return self.replay.books

    def apply(self, request: CommittedRequest) -> None:
        self.replay.apply(request)
        changes = [*self._given(), *self._spent(), *self._taken(), *self._settled()]
        for line, members in enumerate(change for change in changes if change["cents"]):
            self.movements.append(
                Movement(
                    block=request.block_number,
                    position=0,
                    line=line,
                    transaction_id=request.transaction_id,
                    time=request.at,
                    **members,
                )
            )

    def _changed(self) -> Iterator[tuple[str, str, Terms, Terms]]:
        """Vouchers with their terms before and now."""
        for scheme in self.books.schemes.values():
            for voucher in scheme.vouchers.values():
                before = self._terms.get((scheme.id, voucher.id), Terms())
                if before != voucher.terms:
                    yield scheme.id, voucher.id, before, voucher.terms

    def _given(self) -> list[dict[str, Any]]:
        """What vouchers got, and what holds gave back to be spent or not."""
        found: list[dict[str, Any]] = []
        for scheme, voucher, before, now in self._changed():
            about = {"scheme": scheme, "voucher": voucher}
            found.append({"kind": "issued", "cents": now.issued - before.issued, **about})
            found.append({"kind": "topped_up", "cents": now.topped_up - before.topped_up, **about})
            found.append({"kind": "released", "cents": max(before.held - now.held, 0), **about})
        return found

    def _spent(self) -> list[dict[str, Any]]:
        new, self._moved = self.books.movements[self._moved :], len(self.books.movements)
        return [
            {
                "kind": _MOVED[move.kind],
                "cents": abs(move.cents),
                "scheme": move.scheme,
                "shop": move.shop,
                "category": move.category,
            }
            for move in new
        ]

    def _taken(self) -> list[dict[str, Any]]:
        """What was held, and what ended."""
        found: list[dict[str, Any]] = []
        for scheme, voucher, before, now in list(self._changed()):
            about = {"scheme": scheme, "voucher": voucher}
            found.append({"kind": "held", "cents": max(now.held - before.held, 0), **about})
            found.append({"kind": "lapsed", "cents": now.lapsed - before.lapsed, **about})
            found.append({"kind": "revoked", "cents": now.revoked - before.revoked, **about})
            self._terms[scheme, voucher] = Terms.sum([now])
        return found

    def _settled(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for key, settlement in self.books.settlements.items():
            before = self._settlements.get(key, ("", 0))
            now = settlement.state, settlement.collected_cents
            if before != now:
                self._settlements[key] = now
                about = {"scheme": settlement.scheme, "shop": settlement.shop, "settlement": settlement.id}
                found += [
                    {"kind": kind, "cents": cents, **about} for kind, cents in _steps(before, settlement)
                ]
        return found


def _steps(before: tuple[str, int], settlement: SettlementBook) -> Iterator[tuple[MovementKind, int]]:
    """What happened to a settlement, a receivable or a side of a netting."""
    state, collected = before
    if settlement.state in _STATES:
        yield _STATES[settlement.state], settlement.cents
    elif settlement.state == "netted":
        yield "netted_out" if settlement.cents > 0 else "netted_in", abs(settlement.cents)
    elif settlement.state == "reopened":
        owed = -settlement.cents
        if state == "written-off":
            yield "write_off_reversed", owed - collected
        yield "recovery_reversed", collected - settlement.collected_cents
        yield "claim_reopened", owed - settlement.collected_cents
    elif settlement.state != "carried":
        if not state:
            yield "claimed", -settlement.cents
        yield "recovered", settlement.collected_cents - collected
        if settlement.state == "written-off":
            yield "written_off", -settlement.cents - settlement.collected_cents
