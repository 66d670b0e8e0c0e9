"""Which second steps there are, and who took the first one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from kindpakket.auditor.books import Books
from kindpakket.auditor.committed_requests import CommittedRequest


class First(NamedTuple):
    """The first step of two: on what, by whom, about how many cents."""

    subject: str
    scheme: str
    person: str
    cents: int = 0


_Finder: TypeAlias = Callable[[Books, Mapping[str, Any]], Iterator[First]]


def first_steps(books: Books, request: CommittedRequest) -> list[First]:
    """The first steps that a request is the second one of, from the books before it; none for most.

    A request about something unknown has none: that is a finding of the replay.
    """
    finder = _FINDERS.get(request.operation)
    if finder is None:
        return []
    try:
        return [first for first in finder(books, request.request) if first.person]
    except (LookupError, TypeError, AttributeError):
        return []


def _scheme(books: Books, content: Mapping[str, Any]) -> Iterator[First]:
    scheme = books.schemes[content["scheme"]]
    yield First(scheme.id, scheme.id, scheme.drafted_by, scheme.budget)


def _resumption(books: Books, content: Mapping[str, Any]) -> Iterator[First]:
    scheme = books.schemes[content["scheme"]]
    if scheme.state == "paused":
        yield First(scheme.id, scheme.id, scheme.paused_by)


def _change(books: Books, content: Mapping[str, Any]) -> Iterator[First]:
    change = books.schemes[content["scheme"]].changes[content["change"]]
    cents = change.content.get("add_cents", 0) - change.content.get("remove_cents", 0)
    yield First(change.id, content["scheme"], change.proposed_by, cents)


def _allocation(books: Books, content: Mapping[str, Any]) -> Iterator[First]:
    allocation = books.schemes[content["scheme"]].allocations[content["allocation"]]
    yield First(allocation.id, content["scheme"], allocation.proposed_by, allocation.cents)


def _activation(books: Books, content: Mapping[str, Any]) -> Iterator[First]:
    vouchers = books.schemes[content["scheme"]].vouchers
    for activation in content["activations"]:
        voucher = vouchers[activation["voucher"]]
        yield First(voucher.id, content["scheme"], voucher.issued_by, voucher.terms.given)


def _unblocking(books: Books, content: Mapping[str, Any]) -> Iterator[First]:
    voucher = books.schemes[content["scheme"]].vouchers[content["voucher"]]
    yield First(voucher.id, content["scheme"], voucher.blocked_by, voucher.terms.available)


def _replacement(books: Books, content: Mapping[str, Any]) -> Iterator[First]:
    voucher = books.schemes[content["scheme"]].vouchers[content["voucher"]]
    if voucher.replacement is not None:
        yield First(
            voucher.id, content["scheme"], voucher.replacement["proposed_by"], voucher.terms.available
        )


def _decision(books: Books, content: Mapping[str, Any]) -> Iterator[First]:
    decision = books.decisions[content["decision"]]
    yield First(decision.id, decision.content.get("scheme", ""), decision.proposed_by)


def _shop(member: str) -> _Finder:
    def find(books: Books, content: Mapping[str, Any]) -> Iterator[First]:
        shop = books.shops[content["shop"]]
        yield First(shop.id, "", getattr(shop, member))

    return find


def _settlement(member: str) -> _Finder:
    def find(books: Books, content: Mapping[str, Any]) -> Iterator[First]:
        for settlement_id in content.get("settlements") or [content["settlement"]]:
            settlement = books.settlements[settlement_id]
            yield First(settlement.id, settlement.scheme, getattr(settlement, member), abs(settlement.cents))

    return find


def _refund(member: str) -> _Finder:
    def find(books: Books, content: Mapping[str, Any]) -> Iterator[First]:
        refund = books.refunds[content["refund"]]
        cents = sum(line["cents"] for line in refund.lines)
        yield First(refund.id, refund.scheme, getattr(refund, member), cents)

    return find


def _erasure(books: Books, content: Mapping[str, Any]) -> Iterator[First]:
    erasure = books.erasures[content["erasure"]]
    yield First(erasure.id, erasure.scheme, erasure.ordered_by)


def _organisation(books: Books, content: Mapping[str, Any]) -> Iterator[First]:
    for organisation in books.later_organisations.values():
        if organisation.change == content["change"]:
            yield First(organisation.id, "", organisation.proposed_by)


_FINDERS: Mapping[str, _Finder] = {
    "scheme:Approve": _scheme,
    "scheme:Open": _resumption,
    "scheme:ApproveChange": _change,
    "allocation:Approve": _allocation,
    "voucher:Activate": _activation,
    "voucher:Unblock": _unblocking,
    "voucher:ApproveReplacement": _replacement,
    "decision:Approve": _decision,
    "shop:Approve": _shop("applied_by"),
    "shop:Reinstate": _shop("changed_by"),
    "shop:ReleasePayout": _shop("payout_frozen_by"),
    "shop:ApproveAccount": _shop("account_proposed_by"),
    "settlement:Approve": _settlement("drafted_by"),
    "settlement:Export": _settlement("approved_by"),
    "settlement:Collect": _settlement("drafted_by"),
    "settlement:WriteOff": _settlement("drafted_by"),
    "settlement:Reopen": _settlement("booked_by"),
    "payment:ConfirmRefund": _refund("asked_by"),
    "payment:ApproveRefund": _refund("endorsed_by"),
    "erasure:Approve": _erasure,
    "organisations:Approve": _organisation,
}
