"""Replays what happens to shops and their bank accounts."""

from __future__ import annotations

from kindpakket.auditor.books import Books, ShopBook
from kindpakket.auditor.committed_requests import CommittedRequest
from kindpakket.auditor.replay.callers import TILLS
from kindpakket.auditor.replay.rules import Findings, Handlers
from kindpakket.ledger.days import day_of
from kindpakket.ledger.domain import Domain


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
    shop.set_state("approved", request.person, request.request["reason"])


def _end(books: Books, findings: Findings, request: CommittedRequest, _: Domain) -> None:
    shop = books.shops[request.request["shop"]]
    findings.expect_state(f"shop {shop.id}", shop.state, "applied", "approved", "suspended")
    shop.set_state("ended", request.person, request.request["reason"])
    shop.ended_on, shop.retention_days = day_of(request.at), request.request["retention_days"]


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


HANDLERS: Handlers = {
    "shop:Apply": _apply,
    "shop:Approve": _approve,
    "shop:Grant": _grant,
    "shop:Suspend": _suspend,
    "shop:Reinstate": _reinstate,
    "shop:End": _end,
    "shop:ChangeAccount": _change_account,
    "shop:ApproveAccount": _approve_account,
    "shop:RejectAccount": _reject_account,
}
"""Applies each operation to the books."""
