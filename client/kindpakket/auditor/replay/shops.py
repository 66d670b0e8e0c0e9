"""Replays what happens to shops and their bank accounts."""

from __future__ import annotations

from kindpakket.auditor.books import Books, ShopBook
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.callers import TILLS
from kindpakket.auditor.replay.rules import MAX_CENTS, Findings, Handlers
from kindpakket.ledger.days import day_of
from kindpakket.ledger.domain import Domain

_MAX_ACQUIRERS = 20
ENDABLE = ("applied", "approved", "suspended")
"""States in which a shop can be ended."""


def _apply(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    content = request.request
    shop = ShopBook(content["request_id"], request.mspid, tuple(content["categories"]), request.person)
    findings.expect(shop.id not in books.shops, f"shop {shop.id} had already applied")
    findings.expect(shop.id == request.shop, f"shop {shop.id} was applied for by {request.shop or 'no shop'}")
    books.shops[shop.id] = shop


def _approve(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    shop = books.shops[request.request["shop"]]
    findings.expect_state(f"shop {shop.id}", shop.state, "applied")
    shop.state, shop.approved_by = "approved", request.person
    shop.grant(request.request["categories"])


def _grant(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    shop = books.shops[request.request["shop"]]
    findings.expect_state(f"shop {shop.id}", shop.state, "approved", "suspended")
    shop.grant(request.request["categories"])


def _suspend(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    shop = books.shops[request.request["shop"]]
    findings.expect_state(f"shop {shop.id}", shop.state, "approved")
    shop.set_state("suspended", request.person, request.request["reason"])


def _reinstate(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    shop = books.shops[request.request["shop"]]
    findings.expect_state(f"shop {shop.id}", shop.state, "suspended")
    if books.layout >= 3:
        findings.expect_second_person(shop.changed_by, request.person)
    shop.set_state("approved", request.person, request.request["reason"])


def _end_alone(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    """What one person could do before layout 3."""
    content = request.request
    shop = books.shops[content["shop"]]
    findings.expect(books.layout < 3, f"shop {shop.id} was ended by one person")
    end_shop(findings, shop, request, content["reason"], content["retention_days"])


def end_shop(
    findings: Findings, shop: ShopBook, request: CommittedRequest, reason: str, retention_days: int
) -> None:
    """End a shop, as two persons decided."""
    findings.expect_state(f"shop {shop.id}", shop.state, *ENDABLE)
    shop.set_state("ended", request.person, reason)
    shop.ended_on, shop.retention_days = day_of(request.at), retention_days


def _freeze_payout(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    shop = books.shops[request.request["shop"]]
    findings.expect_state(f"shop {shop.id}", shop.state, "approved", "suspended", "ended")
    findings.expect(not shop.payout_frozen_by, f"the payout of shop {shop.id} was already frozen")
    shop.payout_frozen_by, shop.payout_freeze_reason = request.person, request.request["reason"]


def _release_payout(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    shop = books.shops[request.request["shop"]]
    findings.expect(bool(shop.payout_frozen_by), f"the payout of shop {shop.id} was not frozen")
    findings.expect_second_person(shop.payout_frozen_by, request.person)
    shop.payout_frozen_by = shop.payout_freeze_reason = ""


def _change_account(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    shop = books.shops[request.request["shop"]]
    if request.role in TILLS:
        findings.expect_own(request, shop)
    else:
        findings.expect_state(f"shop {shop.id}", shop.state, "ended")
    shop.account_change, shop.account_proposed_by = request.request["request_id"], request.person


def _approve_account(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    shop = books.shops[request.request["shop"]]
    _decide(findings, shop, request)
    findings.expect_second_person(shop.account_proposed_by, request.person)
    shop.accounts.append(request.request["change"])
    shop.account_change = shop.account_proposed_by = ""


def _reject_account(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    shop = books.shops[request.request["shop"]]
    _decide(findings, shop, request)
    if request.role in TILLS:
        findings.expect_own(request, shop)
    shop.account_change = shop.account_proposed_by = ""


def _decide(findings: Findings, shop: ShopBook, request: CommittedRequest) -> None:
    change = request.request["change"]
    findings.expect(shop.account_change == change, f"account {change} of shop {shop.id} was not pending")


def _mandate(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    shop, acquirer = books.shops[request.request["shop"]], request.request["acquirer"]
    findings.expect_own(request, shop)
    findings.expect_state(f"shop {shop.id}", shop.state, "applied", "approved", "suspended")
    findings.expect(acquirer not in shop.acquirers, f"shop {shop.id} had already mandated {acquirer}")
    findings.expect(
        len(shop.acquirers) < _MAX_ACQUIRERS, f"shop {shop.id} mandated more than {_MAX_ACQUIRERS} acquirers"
    )
    shop.acquirers.append(acquirer)


def _withdraw_mandate(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    shop, acquirer = books.shops[request.request["shop"]], request.request["acquirer"]
    findings.expect_own(request, shop)
    findings.expect(acquirer in shop.acquirers, f"shop {shop.id} had not mandated {acquirer}")
    shop.acquirers = [other for other in shop.acquirers if other != acquirer]


def _limit_refunds(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    shop, limit = books.shops[request.request["shop"]], request.request.get("refund_alone_cents")
    findings.expect_own(request, shop)
    findings.expect(
        limit is None or 0 <= limit <= MAX_CENTS,
        f"refund_alone_cents of shop {shop.id} became {limit}: it must be 0 to {MAX_CENTS}",
    )
    shop.refund_alone_cents = limit


HANDLERS: Handlers = {
    "shop:LimitRefunds": _limit_refunds,
    "shop:Mandate": _mandate,
    "shop:WithdrawMandate": _withdraw_mandate,
    "shop:Apply": _apply,
    "shop:Approve": _approve,
    "shop:Grant": _grant,
    "shop:Suspend": _suspend,
    "shop:Reinstate": _reinstate,
    "shop:End": _end_alone,
    "shop:FreezePayout": _freeze_payout,
    "shop:ReleasePayout": _release_payout,
    "shop:ChangeAccount": _change_account,
    "shop:ApproveAccount": _approve_account,
    "shop:RejectAccount": _reject_account,
}
"""Applies each operation to the books."""
