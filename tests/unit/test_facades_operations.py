"""Each method of the facades is one transaction, or one query."""

from __future__ import annotations

import re
from datetime import date
from operator import attrgetter
from typing import Any

import pytest
from fake_ledger import FakeLedger
from story import rules

from kindpakket.holder.key import HolderKey
from kindpakket.holder.orders import binding_digest
from kindpakket.ledger.lists import ApprovableList
from kindpakket.ledger.records import Issuance
from kindpakket.municipality import Municipality
from kindpakket.shop import Shop, receipt_hash

LINE: Issuance = {"id": "c" * 32, "entitlement": "d" * 32, "preset": "child", "units": 1}
LIST = ApprovableList.cut([LINE])


@pytest.mark.parametrize(
    ("method", "arguments", "operation"),
    [
        ("schemes.approve", ("a",), "scheme:Approve"),
        ("schemes.pause", ("a", "audit"), "scheme:Pause"),
        ("shops.approve", ("a", []), "shop:Approve"),
        ("shops.suspend", ("a", "x"), "shop:Suspend"),
        ("shops.reinstate", ("a", "x"), "shop:Reinstate"),
        ("allocations.propose", ("a", "issue", LIST, 1, 2, "x"), "allocation:Propose"),
        ("allocations.approve", ("a", "d"), "allocation:Approve"),
        ("allocations.reject", ("a", "d", "x"), "allocation:Reject"),
        ("allocations.withdraw", ("a", "d", "x"), "allocation:Withdraw"),
        ("vouchers.issue", ("a", "d", LIST.parts[0]), "voucher:Issue"),
        ("vouchers.activate", ("a", []), "voucher:Activate"),
        ("vouchers.block", ("a", "c", "x"), "voucher:Block"),
        ("vouchers.unblock", ("a", "c", "x"), "voucher:Unblock"),
        ("vouchers.self_block", ("a", "c", "f" * 32), "voucher:SelfBlock"),
        ("vouchers.revoke", ("a", ["c"], "x"), "voucher:Revoke"),
        ("vouchers.propose_revocation", ("a", ["c"], "x"), "voucher:ProposeRevocation"),
        ("vouchers.propose_freeing", ("a", ["e"], "x"), "voucher:ProposeFreeing"),
        ("decisions.approve", ("d",), "decision:Approve"),
        ("decisions.reject", ("d", "x"), "decision:Reject"),
        ("decisions.index", (["scheme/a"],), "decision:Index"),
        ("vouchers.top_up", ("a", "d", LIST.parts[0], "x"), "voucher:TopUp"),
        ("vouchers.extend", ("a", ["c"], date(2027, 1, 31), "x"), "voucher:Extend"),
        ("vouchers.lapse", ("a", ["c"], "x"), "voucher:Lapse"),
        ("vouchers.replace", ("a", "c", {}, "x"), "voucher:Replace"),
        ("vouchers.approve_replacement", ("a", "c", "d"), "voucher:ApproveReplacement"),
        ("vouchers.reject_replacement", ("a", "c", "d", "x"), "voucher:RejectReplacement"),
        ("schemes.propose_rules", ("a", rules(), "all", "x"), "scheme:ProposeRules"),
        ("schemes.propose_budget", ("a", 100, "x"), "scheme:ProposeBudget"),
        ("schemes.propose_closing", ("a", "x"), "scheme:ProposeClosing"),
        ("schemes.approve_change", ("a", "d"), "scheme:ApproveChange"),
        ("schemes.reject_change", ("a", "d", "x"), "scheme:RejectChange"),
        ("shops.grant", ("b", [], "x"), "shop:Grant"),
        ("shops.propose_end", ("b", "x", 30), "shop:ProposeEnd"),
        ("shops.freeze_payout", ("b", "x"), "shop:FreezePayout"),
        ("shops.release_payout", ("b", "x"), "shop:ReleasePayout"),
        ("shops.approve_account", ("b", "d"), "shop:ApproveAccount"),
        ("shops.reject_account", ("b", "d", "x"), "shop:RejectAccount"),
        ("settlements.claim", ("a", "b", "x"), "settlement:Claim"),
        ("settlements.collect", ("a", "d", "x"), "settlement:Collect"),
        ("settlements.write_off", ("a", "d", "x"), "settlement:WriteOff"),
        ("settlements.reopen", ("a", "d", "x"), "settlement:Reopen"),
        ("settlements.net", ("a", "e", "b", "x"), "settlement:Net"),
        ("settlements.index", ("a", "d"), "settlement:Index"),
        ("payments.index", (["p"],), "payment:Index"),
        ("shops.change_account", ("b", "x", {}), "shop:ChangeAccount"),
        ("erasures.order", ("citizens", ["c"], "retention"), "erasure:Order"),
        ("erasures.approve", ("d",), "erasure:Approve"),
        ("erasures.withdraw", ("d", "x"), "erasure:Withdraw"),
        ("erasures.certify", ("d",), "erasure:Certify"),
        ("payments.release", ("p", "expired"), "payment:Release"),
        ("payments.endorse_refund", ("r",), "payment:EndorseRefund"),
        ("payments.approve_refund", ("r",), "payment:ApproveRefund"),
        ("payments.reject_refund", ("r", "x"), "payment:RejectRefund"),
        ("requests.void", ("d",), "request:Void"),
        ("settlements.draft", ("a", "b"), "settlement:Draft"),
        ("settlements.approve", ("a", "b"), "settlement:Approve"),
        ("settlements.withdraw", ("a", "b", "x"), "settlement:Withdraw"),
        ("settlements.export", ("a", ["b"], "f"), "settlement:Export"),
        ("settlements.book", ("a", "b", "paid", "x"), "settlement:Book"),
        ("organisations.initialise", ("A", ["B"], ["C"]), "organisations:Initialise"),
        ("organisations.propose", ("A", "shops", "x"), "organisations:Propose"),
        ("organisations.approve", ("A", "b"), "organisations:Approve"),
        ("organisations.reject", ("A", "b", "x"), "organisations:Reject"),
        ("organisations.propose_end", ("A", "x"), "organisations:ProposeEnd"),
    ],
)
def test_each_method_is_one_transaction(method: str, arguments: tuple[Any, ...], operation: str) -> None:
    ledger = FakeLedger([{}])
    attrgetter(method)(Municipality(ledger))(*arguments, request_id="1" * 32)
    (call,) = ledger.calls
    assert call.name == operation
    assert call.request["request_id"] == "1" * 32
    noun, _, name = operation.partition(":")
    assert method in (f"{noun}s.{_snake(name)}", f"{noun}.{_snake(name)}")


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


@pytest.mark.parametrize(
    ("method", "arguments", "operation"),
    [
        ("capture", ("p", []), "payment:Capture"),
        ("capture_part", ("p", []), "payment:CapturePart"),
        ("release", ("p", "x"), "payment:Release"),
        ("cancel", ("p", "x"), "payment:Cancel"),
        ("refund", ("p", [], "x"), "payment:Refund"),
        ("self_block", ("a", "c", "f" * 32), "voucher:SelfBlock"),
        ("settlements.draft", ("a",), "settlement:Draft"),
        ("registration.reject_account", ("d", "x"), "shop:RejectAccount"),
        ("confirm_refund", ("r",), "payment:ConfirmRefund"),
        ("reject_refund", ("r", "x"), "payment:RejectRefund"),
        ("registration.limit_refunds", (0,), "shop:LimitRefunds"),
        ("requests.void", ("d",), "request:Void"),
    ],
)
def test_each_method_of_a_till_is_one_transaction(
    method: str, arguments: tuple[Any, ...], operation: str
) -> None:
    ledger = FakeLedger([{}])
    attrgetter(method)(Shop(ledger, "b" * 32))(*arguments, request_id="1" * 32)
    (call,) = ledger.calls
    assert (call.name, call.request["request_id"]) == (operation, "1" * 32)


@pytest.mark.parametrize(
    ("method", "arguments", "operation", "members"),
    [
        ("schemes.rules", ("a", 2), "scheme:Rules", {"scheme": "a", "version": 2}),
        ("settlements.due", ("a", "b"), "settlement:Due", {"scheme": "a", "shop": "b"}),
        ("erasures.show", ("d",), "erasure:Show", {"erasure": "d"}),
        ("decisions.show", ("d",), "decision:Show", {"decision": "d"}),
        ("payments.show_refund", ("d",), "payment:ShowRefund", {"refund": "d"}),
        ("audit.scheme_totals", ("a",), "audit:SchemeTotals", {"scheme": "a"}),
        ("requests.show", ("d",), "request:Show", {"request": "d"}),
    ],
)
def test_each_question_is_one_query(
    method: str, arguments: tuple[Any, ...], operation: str, members: dict[str, Any]
) -> None:
    ledger = FakeLedger([{"answer": 1}])
    assert attrgetter(method)(Municipality(ledger))(*arguments) == {"answer": 1}
    assert [(call.name, call.request) for call in ledger.calls] == [(operation, members)]


@pytest.mark.parametrize(("cents", "given"), [(0, {"refund_alone_cents": 0}), (None, {})])
def test_no_limit_of_refunds_is_a_member_that_is_left_out(cents: int | None, given: dict[str, int]) -> None:
    ledger = FakeLedger([{}])
    Shop(ledger, "b" * 32).registration.limit_refunds(cents, request_id="1" * 32)
    assert [call.request for call in ledger.calls] == [
        {"request_id": "1" * 32, "shop": "b" * 32} | given,
    ]


def test_an_acquirer_withdraws_a_refund_at_the_shops_till() -> None:
    ledger = FakeLedger([{}])
    Shop(ledger, "b" * 32, till="kassa-2").reject_refund("r", "mistake")
    assert ledger.calls[0].request["till"] == "kassa-2"


def test_refunds_that_others_have_to_agree_to_are_listed() -> None:
    ledger = FakeLedger([{"items": [{"id": "r"}], "next": ""}] * 3)
    municipality = Municipality(ledger)
    for waiting in (
        Shop(ledger, "b" * 32).waiting_refunds("a"),
        municipality.payments.waiting_refunds("a"),
        municipality.payments.waiting_refunds("a", "b"),
    ):
        assert [refund["id"] for refund in waiting] == ["r"]
    assert [call.request.get("shop") for call in ledger.calls] == ["b" * 32, None, "b"]


@pytest.mark.parametrize("municipal", [True, False])
def test_a_holder_releases_a_hold_anywhere(municipal: bool) -> None:
    ledger = FakeLedger([{"payment": "p", "state": "released"}])
    till, key = Shop(ledger, "b" * 32), HolderKey.generate()
    order = till.release_order("a", "c", "p", version=2, deadline=5, request_id="1" * 32)
    proof = key.authorise(order)
    desk = Municipality(ledger).payments if municipal else till
    assert desk.release_by_holder(order, proof)["state"] == "released"
    (call,) = ledger.calls
    assert call.name == "payment:ReleaseByHolder"
    assert call.request == {"request_id": "1" * 32, "payment": "p", "deadline": 5, "proof": proof}
    assert proof["version"] == 2


def test_a_till_sends_the_hash_of_its_own_reference() -> None:
    ledger = FakeLedger([{} for _ in range(6)])
    till, key, receipt = Shop(ledger, "b" * 32, till="kassa-2"), HolderKey.generate(), receipt_hash("2026-1")
    order = till.order("a", "c", [], deadline=5)
    held = till.hold_order("a", "c", [], deadline=5, expires_at=9)
    till.pay(order, key.authorise(order), receipt=receipt)
    till.hold(held, key.authorise(held), receipt=receipt)
    till.capture("p", [], receipt=receipt)
    till.capture_part("p", [], receipt=receipt)
    till.refund("p", [], "x", receipt=receipt)
    sent = [(call.request["receipt"], call.request["till"]) for call in ledger.calls]
    assert sent == [(receipt, "kassa-2")] * 5
    till.refund("p", [], "x")
    assert "receipt" not in ledger.calls[-1].request
    assert receipt == "8a91deb7856ecafb11031e541525530aa8f16515af59d450d6f643d18518ad89"
    with pytest.raises(ValueError, match="leave the receipt out"):
        receipt_hash("")


def test_a_holder_shows_a_shop_what_a_voucher_may_buy() -> None:
    ledger = FakeLedger([{"kind": "key", "version": 2}, {"available_cents": 5}])
    till, key = Shop(ledger, "b" * 32), HolderKey.generate()
    version = till.binding("a", "c")["version"]
    order = till.allowance_order("a", "c", version=version, deadline=5)
    proof = key.authorise(order)
    assert till.allowance(order, proof)["available_cents"] == 5
    place = {"scheme": "a", "voucher": "c", "shop": "b" * 32}
    assert [(call.name, call.request) for call in ledger.calls] == [
        ("voucher:Binding", place),
        ("voucher:Allowance", {**place, "deadline": 5, "proof": proof}),
    ]
    assert proof["version"] == 2


def bound_voucher(number: int, version: int) -> dict[str, Any]:
    bound = {**KEYS[version].authorisation(), "version": version}
    return {"id": f"{number:032x}", "scheme": "a", "authorisation": bound if version else None}


KEYS = [HolderKey.generate() for _ in range(4)]


def test_bindings_are_recorded_with_those_of_the_histories() -> None:
    """Only a voucher that was replaced has a history to look at."""
    vouchers = [bound_voucher(1, 1), bound_voucher(2, 0), bound_voucher(3, 3)]
    versions = [{"value": bound_voucher(3, version)} for version in (3, 3, 2, 1, 0)]
    recorded = {"scheme": "a", "recorded": 4, "shared": []}
    ledger = FakeLedger(
        [{"items": vouchers, "next": ""}, {"entries": [*versions, {"value": None}], "next": ""}, recorded]
    )
    assert list(Municipality(ledger).vouchers.record_bindings("a")) == [recorded]
    assert ledger.calls[1].request["key"] == f"voucher/a/{3:032x}"
    earlier = sorted(binding_digest(KEYS[version].authorisation()) for version in (1, 2))
    assert ledger.calls[2].name == "voucher:RecordBindings"
    assert ledger.calls[2].request["vouchers"] == [
        {"voucher": f"{1:032x}"},
        {"voucher": f"{2:032x}"},
        {"voucher": f"{3:032x}", "earlier": earlier},
    ]


def test_bindings_are_recorded_in_bulks() -> None:
    vouchers = [bound_voucher(number, 1) for number in range(501)]
    answers: list[Any] = [{"scheme": "a", "recorded": number, "shared": []} for number in (500, 1)]
    ledger = FakeLedger([{"items": vouchers, "next": ""}, *answers])
    assert list(Municipality(ledger).vouchers.record_bindings("a")) == answers
    assert [len(call.request["vouchers"]) for call in ledger.calls[1:]] == [500, 1]
