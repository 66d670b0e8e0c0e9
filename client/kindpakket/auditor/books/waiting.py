"""What waits for a second person, as the books have it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from kindpakket.auditor.books import Books, SchemeBook, ShopBook


class WaitingEntry(NamedTuple):
    """Something that waits; `proposed_by` is who another person has to differ from, "" if nobody yet."""

    kind: str
    scheme: str
    id: str
    proposed_by: str

    def members(self) -> dict[str, object]:
        """The members that the ledger's list must have; nothing of a refund says who asked for it."""
        return {"proposed_by": self.proposed_by} if self.proposed_by else {}


def waiting(books: Books) -> Iterator[WaitingEntry]:
    """Everything that waits after the last block, in no particular order."""
    for organisation in books.later_organisations.values():
        if organisation.state == "proposed":
            yield WaitingEntry("organisation", "", organisation.change, organisation.proposed_by)
    for scheme in books.schemes.values():
        yield from _of_scheme(scheme)
    for decision in books.decisions.values():
        if decision.state == "proposed":
            scheme_id = decision.content.get("scheme", "")
            yield WaitingEntry(decision.kind, scheme_id, decision.id, decision.proposed_by)
    for shop in books.shops.values():
        yield from _of_shop(shop)
    for erasure in books.erasures.values():
        if erasure.state == "ordered":
            yield WaitingEntry("erasure", erasure.scheme, erasure.id, erasure.ordered_by)
    yield from _money(books)


def _of_scheme(scheme: SchemeBook) -> Iterator[WaitingEntry]:
    if scheme.state == "draft":
        yield WaitingEntry("scheme", scheme.id, scheme.id, scheme.drafted_by)
    if scheme.state == "paused":
        yield WaitingEntry("pause", scheme.id, scheme.id, scheme.paused_by)
    for change in scheme.changes.values():
        if change.state == "proposed":
            yield WaitingEntry(change.kind, scheme.id, change.id, change.proposed_by)
    for allocation in scheme.allocations.values():
        if allocation.state == "proposed":
            yield WaitingEntry("allocation", scheme.id, allocation.id, allocation.proposed_by)
    for voucher in scheme.vouchers.values():
        if (replacement := voucher.replacement) is not None:
            yield WaitingEntry("replacement", scheme.id, replacement["id"], replacement["proposed_by"])


def _of_shop(shop: ShopBook) -> Iterator[WaitingEntry]:
    if shop.state == "applied":
        yield WaitingEntry("shop", "", shop.id, shop.applied_by)
    if shop.state == "suspended":
        yield WaitingEntry("suspension", "", shop.id, shop.changed_by)
    if shop.payout_frozen_by:
        yield WaitingEntry("freeze", "", shop.id, shop.payout_frozen_by)
    if shop.account_change:
        yield WaitingEntry("account", "", shop.account_change, shop.account_proposed_by)


def _money(books: Books) -> Iterator[WaitingEntry]:
    """Settlements, receivables and refunds."""
    for settlement in books.settlements.values():
        match settlement.state:
            case "drafted":
                yield WaitingEntry("settlement", settlement.scheme, settlement.id, settlement.drafted_by)
            case "approved":
                yield WaitingEntry("settlement", settlement.scheme, settlement.id, settlement.approved_by)
            case "claimed":
                yield WaitingEntry("receivable", settlement.scheme, settlement.id, settlement.drafted_by)
    for refund in books.refunds.values():
        if refund.state in ("waiting", "endorsed"):
            yield WaitingEntry("refund", refund.scheme, refund.id, refund.endorsed_by)
