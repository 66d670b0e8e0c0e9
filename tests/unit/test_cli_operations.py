"""The command's operations of layout 2: each is one transaction, by a person who may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from desk import (
    ACCOUNT,
    CHANGE,
    CLERK,
    ERASURE,
    MANAGER,
    MOVED,
    ORDERED,
    PAYMENT,
    REASON,
    REQUEST,
    TILL,
    TREASURER,
    Command,
    settlement,
)
from story import ENTITLEMENT, NOON, SCHEME, SHOP, VOUCHER

from fabric_gateway.testing import ChaincodeRefusal
from kindpakket.ledger.days import today
from kindpakket_cli.decision import COLUMNS

REFUND = "6" * 32
BUDGET = {
    "id": CHANGE,
    "kind": "budget",
    "add_cents": 500,
    "state": "proposed",
    "reason": "why",
    "proposed_by": CLERK,
}
PROPOSED = {
    "msp": "KetenMSP",
    "kind": "shops",
    "state": "proposed",
    "change": CHANGE,
    "reason": "why",
    "proposed_by": CLERK,
}
DECISION = {
    "id": CHANGE,
    "kind": "shop-end",
    "shop": SHOP,
    "state": "proposed",
    "reason": "why",
    "proposed_by": CLERK,
    "expires_at": NOON,
}
FREEING = {**DECISION, "kind": "freeing", "entitlements": [ENTITLEMENT]}
ANSWERS: dict[str, Any] = {
    **dict.fromkeys(["shop:ProposeEnd", "decision:Approve", "decision:Reject", "decision:Show"], DECISION),
    "voucher:ProposeRevocation": {**DECISION, "kind": "revocation", "vouchers": [VOUCHER]},
    "voucher:ProposeFreeing": FREEING,
    "organisations:ProposeEnd": {**DECISION, "kind": "organisation-end", "msp": "KetenMSP"},
    "voucher:Show": {"entitlement": ENTITLEMENT},
    **dict.fromkeys(["voucher:Revoke", "voucher:Lapse"], MOVED),
    "voucher:Extend": {"scheme": SCHEME, "vouchers": [VOUCHER], "ends_at": 1},
    **dict.fromkeys(["erasure:Show", "erasure:Order", "erasure:Approve", "erasure:Withdraw"], ORDERED),
    **dict.fromkeys(
        [
            "settlement:Claim",
            "settlement:Collect",
            "settlement:WriteOff",
            "settlement:Reopen",
            "settlement:Net",
            "settlement:Book",
        ],
        settlement(),
    ),
    **dict.fromkeys(["scheme:ProposeBudget", "scheme:ProposeClosing"], BUDGET),
    **dict.fromkeys(["organisations:Propose", "organisations:Approve", "organisations:Reject"], PROPOSED),
    **dict.fromkeys(["scheme:ApproveChange", "scheme:RejectChange"], BUDGET),
}


@pytest.mark.parametrize(
    ("arguments", "operation", "person", "members"),
    [
        (
            ("scheme", "propose-budget", SCHEME, "--add-cents", "500", *REASON),
            "scheme:ProposeBudget",
            CLERK,
            {"scheme": SCHEME, "add_cents": 500, "reason": "why"},
        ),
        (
            ("scheme", "propose-budget", SCHEME, "--remove-cents", "500", *REASON),
            "scheme:ProposeBudget",
            CLERK,
            {"scheme": SCHEME, "remove_cents": 500, "reason": "why"},
        ),
        (
            ("scheme", "propose-closing", SCHEME, *REASON),
            "scheme:ProposeClosing",
            CLERK,
            {"scheme": SCHEME, "reason": "why"},
        ),
        (
            ("scheme", "approve-change", SCHEME, CHANGE),
            "scheme:ApproveChange",
            MANAGER,
            {"scheme": SCHEME, "change": CHANGE},
        ),
        (
            ("scheme", "reject-change", SCHEME, CHANGE, *REASON),
            "scheme:RejectChange",
            MANAGER,
            {"scheme": SCHEME, "change": CHANGE, "reason": "why"},
        ),
        (
            ("organisation", "propose", "KetenMSP", "--kind", "shops", "--accounts", "keten", *REASON),
            "organisations:Propose",
            CLERK,
            {"msp": "KetenMSP", "kind": "shops", "accounts": "keten", "reason": "why"},
        ),
        (
            ("organisation", "propose", "RekenkamerMSP", "--kind", "auditors", *REASON),
            "organisations:Propose",
            CLERK,
            {"msp": "RekenkamerMSP", "kind": "auditors", "reason": "why"},
        ),
        (
            ("organisation", "approve", "KetenMSP", CHANGE),
            "organisations:Approve",
            MANAGER,
            {"msp": "KetenMSP", "change": CHANGE},
        ),
        (
            ("organisation", "propose-end", "KetenMSP", *REASON),
            "organisations:ProposeEnd",
            CLERK,
            {"msp": "KetenMSP", "reason": "why"},
        ),
        (
            ("organisation", "reject", "KetenMSP", CHANGE, *REASON),
            "organisations:Reject",
            MANAGER,
            {"msp": "KetenMSP", "change": CHANGE, "reason": "why"},
        ),
        (
            ("shop", "grant", SHOP, "--category", "books", "--from", "2026-03-01", *REASON),
            "shop:Grant",
            MANAGER,
            {"shop": SHOP, "categories": [{"code": "books", "from": "2026-03-01"}], "reason": "why"},
        ),
        (
            ("shop", "propose-end", SHOP, "--retention-days", "30", *REASON),
            "shop:ProposeEnd",
            CLERK,
            {"shop": SHOP, "reason": "why", "retention_days": 30},
        ),
        (
            ("shop", "freeze-payout", SHOP, *REASON),
            "shop:FreezePayout",
            MANAGER,
            {"shop": SHOP, "reason": "why"},
        ),
        (
            ("shop", "release-payout", SHOP, *REASON),
            "shop:ReleasePayout",
            MANAGER,
            {"shop": SHOP, "reason": "why"},
        ),
        (
            ("voucher", "propose-revocation", SCHEME, VOUCHER, *REASON),
            "voucher:ProposeRevocation",
            CLERK,
            {"scheme": SCHEME, "vouchers": [VOUCHER], "reason": "why"},
        ),
        (
            ("voucher", "propose-freeing", SCHEME, VOUCHER, *REASON),
            "voucher:ProposeFreeing",
            CLERK,
            {"scheme": SCHEME, "entitlements": [ENTITLEMENT], "reason": "why"},
        ),
        (("decision", "approve", CHANGE), "decision:Approve", MANAGER, {"decision": CHANGE}),
        (
            ("decision", "reject", CHANGE, *REASON),
            "decision:Reject",
            MANAGER,
            {"decision": CHANGE, "reason": "why"},
        ),
        (
            ("shop", "approve-account", SHOP, CHANGE),
            "shop:ApproveAccount",
            MANAGER,
            {"shop": SHOP, "change": CHANGE},
        ),
        (
            ("shop", "reject-account", SHOP, CHANGE, *REASON),
            "shop:RejectAccount",
            MANAGER,
            {"shop": SHOP, "change": CHANGE, "reason": "why"},
        ),
        (
            ("voucher", "unblock", SCHEME, VOUCHER, *REASON),
            "voucher:Unblock",
            MANAGER,
            {"scheme": SCHEME, "voucher": VOUCHER, "reason": "why"},
        ),
        (
            ("voucher", "approve-replacement", SCHEME, VOUCHER, CHANGE),
            "voucher:ApproveReplacement",
            MANAGER,
            {"scheme": SCHEME, "voucher": VOUCHER, "change": CHANGE},
        ),
        (
            ("voucher", "reject-replacement", SCHEME, VOUCHER, CHANGE, *REASON),
            "voucher:RejectReplacement",
            MANAGER,
            {"scheme": SCHEME, "voucher": VOUCHER, "change": CHANGE, "reason": "why"},
        ),
        (
            ("voucher", "extend", SCHEME, VOUCHER, "--until", "2027-01-31", *REASON),
            "voucher:Extend",
            MANAGER,
            {"scheme": SCHEME, "vouchers": [VOUCHER], "ends_on": "2027-01-31", "reason": "why"},
        ),
        (
            ("voucher", "revoke", SCHEME, VOUCHER, *REASON),
            "voucher:Revoke",
            MANAGER,
            {"scheme": SCHEME, "vouchers": [VOUCHER], "reason": "why"},
        ),
        (
            ("voucher", "lapse", SCHEME, VOUCHER, *REASON),
            "voucher:Lapse",
            CLERK,
            {"scheme": SCHEME, "vouchers": [VOUCHER], "reason": "why"},
        ),
        (
            ("payment", "release", PAYMENT, *REASON),
            "payment:Release",
            TILL,
            {"payment": PAYMENT, "reason": "why"},
        ),
        (("payment", "endorse-refund", REFUND), "payment:EndorseRefund", CLERK, {"refund": REFUND}),
        (("payment", "approve-refund", REFUND), "payment:ApproveRefund", MANAGER, {"refund": REFUND}),
        (
            ("payment", "reject-refund", REFUND, *REASON, "--user", "clerk"),
            "payment:RejectRefund",
            CLERK,
            {"refund": REFUND, "reason": "why"},
        ),
        (("payment", "confirm-refund", REFUND), "payment:ConfirmRefund", TILL, {"refund": REFUND}),
        (
            ("payment", "reject-refund", REFUND, *REASON, "--user", "till"),
            "payment:RejectRefund",
            TILL,
            {"refund": REFUND, "reason": "why"},
        ),
        (("shop", "limit-refunds", "0"), "shop:LimitRefunds", TILL, {"shop": SHOP, "refund_alone_cents": 0}),
        (("shop", "limit-refunds", "none"), "shop:LimitRefunds", TILL, {"shop": SHOP}),
        (("payment", "void", REQUEST), "request:Void", TILL, {"void": REQUEST}),
        (
            ("settlement", "claim", SCHEME, SHOP, *REASON),
            "settlement:Claim",
            TREASURER,
            {"scheme": SCHEME, "shop": SHOP, "reason": "why"},
        ),
        (
            ("settlement", "collect", SCHEME, CHANGE, *REASON),
            "settlement:Collect",
            TREASURER,
            {"scheme": SCHEME, "settlement": CHANGE, "reason": "why"},
        ),
        (
            ("settlement", "write-off", SCHEME, CHANGE, *REASON),
            "settlement:WriteOff",
            MANAGER,
            {"scheme": SCHEME, "settlement": CHANGE, "reason": "why"},
        ),
        (
            ("settlement", "collect", SCHEME, CHANGE, "--cents", "500", *REASON),
            "settlement:Collect",
            TREASURER,
            {"scheme": SCHEME, "settlement": CHANGE, "reason": "why", "cents": 500},
        ),
        (
            ("settlement", "reopen", SCHEME, CHANGE, "--received", "0", *REASON),
            "settlement:Reopen",
            MANAGER,
            {"scheme": SCHEME, "settlement": CHANGE, "reason": "why", "received_cents": 0},
        ),
        (
            ("settlement", "net", SCHEME, CHANGE, SHOP, *REASON),
            "settlement:Net",
            TREASURER,
            {"scheme": SCHEME, "against": CHANGE, "shop": SHOP, "reason": "why"},
        ),
        (
            ("settlement", "book", SCHEME, CHANGE, "paid", "--bank-reference", "REF-1", *REASON),
            "settlement:Book",
            TREASURER,
            {
                "scheme": SCHEME,
                "settlement": CHANGE,
                "outcome": "paid",
                "reason": "why",
                "bank_reference": "REF-1",
            },
        ),
        (
            ("erasure", "order", "citizens", VOUCHER, "--scheme", SCHEME, *REASON),
            "erasure:Order",
            CLERK,
            {"collection": "citizens", "ids": [VOUCHER], "reason": "why", "scheme": SCHEME},
        ),
        (("erasure", "approve", ERASURE), "erasure:Approve", MANAGER, {"erasure": ERASURE}),
        (
            ("erasure", "withdraw", ERASURE, *REASON),
            "erasure:Withdraw",
            MANAGER,
            {"erasure": ERASURE, "reason": "why"},
        ),
        (("erasure", "purge", ERASURE), "erasure:Purge", CLERK, {"erasure": ERASURE}),
        (("erasure", "certify", ERASURE), "erasure:Certify", CLERK, {"erasure": ERASURE}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_each_command_is_one_transaction_by_who_may(
    kindpakket: Command, arguments: tuple[str, ...], operation: str, person: str, members: dict[str, Any]
) -> None:
    kindpakket.desk.answers |= ANSWERS
    for as_json in ((), ("--json",)):
        result = kindpakket(*arguments, *as_json)
        assert result.exit_code == 0, result.output
    asked = [(request, who) for name, request, who in kindpakket.desk.asked if name == operation]
    assert [who for _, who in asked] == [person, person]
    for request, _ in asked:
        request.pop("request_id")
        assert request == members


def test_decisions_that_wait_are_listed(kindpakket: Command) -> None:
    taken = {**FREEING, "id": REQUEST, "state": "approved", "decided_by": MANAGER}
    kindpakket.desk.answers |= {"decision:List": {"items": [DECISION, taken], "next": ""}, **ANSWERS}
    assert kindpakket("decision", "list", "--all").exit_code == 0
    assert kindpakket.answer("decision", "list") == [DECISION]
    assert kindpakket.answer("decision", "list", "--all") == [DECISION, taken]
    assert [COLUMNS["about"](record) for record in (DECISION, FREEING)] == [f"shop {SHOP}", "1 entitlements"]
    assert COLUMNS["before"](DECISION) == "2026-03-10 11:00 UTC"
    assert kindpakket.answer("decision", "show", CHANGE) == DECISION


def test_a_shop_is_shown_before_it_is_approved(kindpakket: Command) -> None:
    kindpakket.desk.answers |= {
        "shop:Show": {"requested": ["books"]},
        "shop:Account": ACCOUNT,
        "shop:Approve": {"id": SHOP, "state": "approved"},
        "organisations:Show": {"municipality": "GemeenteMSP", "shops": ["WinkelsMSP"], "auditors": []},
    }
    refused = kindpakket("shop", "approve", SHOP, stdin="n\n")
    assert (refused.exit_code, kindpakket.desk.requests("shop:Approve")) == (1, [])
    for shown in ("12345678", "NL91 … 4300", "Boekhandel De Leeslamp", "books", "Approve this shop?"):
        assert shown in refused.stderr
    assert "NL91ABNA0417164300" not in refused.output
    assert kindpakket("shop", "approve", SHOP, stdin="y\n").exit_code == 0
    assert "give --yes" in kindpakket("shop", "approve", SHOP, "--json").stderr
    assert kindpakket.answer("shop", "approve", SHOP, "--yes") == {"id": SHOP, "state": "approved"}
    assert len(kindpakket.desk.requests("shop:Approve")) == 2


def test_a_committed_request_cannot_be_void(kindpakket: Command) -> None:
    kindpakket.desk.answers["request:Void"] = ChaincodeRefusal(
        "REQUEST_COMMITTED: request 44 was committed as payment:Pay: it cannot be voided "
        '{"operation":"payment:Pay"}'
    )
    result = kindpakket("payment", "void", REQUEST)
    assert (result.exit_code, "was committed as payment:Pay" in result.stderr) == (1, True)
    kindpakket.desk.answers["request:Show"] = {
        "request": REQUEST,
        "state": "void",
        "operation": "request:Void",
    }
    assert kindpakket.answer("payment", "outcome", REQUEST)["state"] == "void"


@pytest.mark.parametrize(("user", "closes"), [("clerk", True), ("treasurer", True), ("manager", False)])
def test_who_may_close_days_closes_past_ones_on_the_way(kindpakket: Command, user: str, closes: bool) -> None:
    yesterday = str(today() - timedelta(days=1))
    states = {"1": "open", "2": "closed", "3": "draft", "4": "paused"}
    schemes = [{"id": number * 32, "state": state} for number, state in states.items()]
    kindpakket.desk.answers |= ANSWERS | {
        "scheme:List": {"items": schemes, "next": ""},
        "scheme:Show": {"closed_until": "2026-01-01"},
        "scheme:CloseDay": {"scheme": SCHEME, "closed_until": yesterday},
    }
    if user == "manager":
        kindpakket("scheme", "approve", SCHEME)
    elif user == "clerk":
        kindpakket("scheme", "open", SCHEME)
    else:
        kindpakket("settlement", "claim", SCHEME, SHOP, *REASON)
    closed = [(request["scheme"], request["day"]) for request in kindpakket.desk.requests("scheme:CloseDay")]
    assert closed == ([(i * 32, yesterday) for i in "124"] if closes else [])


def test_what_is_closed_already_is_left_alone(kindpakket: Command) -> None:
    yesterday = str(today() - timedelta(days=1))
    schemes = [{"id": number * 32, "state": "open"} for number in "12"]
    kindpakket.desk.answers |= {
        "scheme:List": {"items": schemes, "next": ""},
        "scheme:Show": {"closed_until": yesterday},
    }
    assert kindpakket.answer("scheme", "close-past-days") == []
    kindpakket.desk.answers |= {
        "scheme:Show": {"closed_until": ""},
        "scheme:CloseDay": ChaincodeRefusal("DAY_NOT_CLOSABLE: somebody was faster {}"),
    }
    assert kindpakket.answer("scheme", "close-past-days") == []
    assert len(kindpakket.desk.requests("scheme:CloseDay")) == 2


@pytest.mark.parametrize("step", ["cancel", "release"])
def test_an_acquirer_says_for_whom_it_acts(kindpakket: Command, step: str) -> None:
    arguments = ("payment", step, PAYMENT, *REASON, "--user", "acquirer")
    kindpakket(*arguments, "--shop", SHOP, "--till", "kassa-2")
    (request,) = kindpakket.desk.requests(f"payment:{step.capitalize()}")
    assert (request["payment"], request["till"]) == (PAYMENT, "kassa-2")
    assert kindpakket.desk.people() == ["p-acquirer"]
    assert "give --shop" in kindpakket(*arguments).stderr
    mine = kindpakket("payment", step, PAYMENT, *REASON, "--till", "kassa-2")
    assert (mine.exit_code, "is not an acquirer" in mine.stderr) == (2, True)


def test_a_shop_mandates_an_acquirer(kindpakket: Command) -> None:
    for verb, operation in (("mandate", "shop:Mandate"), ("withdraw-mandate", "shop:WithdrawMandate")):
        assert kindpakket("shop", verb, "p-acquirer", *REASON).exit_code == 0
        (request,) = kindpakket.desk.requests(operation)
        assert (request["shop"], request["acquirer"], request["reason"]) == (SHOP, "p-acquirer", "why")
    assert kindpakket.desk.people() == [TILL, TILL]


@pytest.mark.parametrize("limit", ["5.00", "all"])
def test_a_limit_of_refunds_is_an_amount_or_none(kindpakket: Command, limit: str) -> None:
    refused = kindpakket("shop", "limit-refunds", limit)
    assert (refused.exit_code, "nor none" in refused.stderr) == (2, True)
    assert not kindpakket.desk.requests("shop:LimitRefunds")


def test_an_acquirer_withdraws_a_refund_that_it_asked_for(kindpakket: Command) -> None:
    reject = ("payment", "reject-refund", REFUND, *REASON, "--user", "acquirer")
    kindpakket(*reject, "--shop", SHOP, "--till", "kassa-2")
    (request,) = kindpakket.desk.requests("payment:RejectRefund")
    assert (request["refund"], request["till"]) == (REFUND, "kassa-2")
    assert kindpakket.desk.people() == ["p-acquirer"]
    assert "give --shop" in kindpakket(*reject).stderr


def test_a_shop_sees_what_a_scheme_means_for_it(kindpakket: Command) -> None:
    kindpakket.desk.answers["shop:Terms"] = {"state": "open", "categories": ["books"], "closed_until": ""}
    assert "books" in kindpakket("shop", "terms", SCHEME).stdout
    hosted = ("shop", "terms", SCHEME, "--user", "acquirer", "--shop", SHOP)
    assert kindpakket.answer(*hosted)["categories"] == ["books"]
    assert [request["shop"] for request in kindpakket.desk.requests("shop:Terms")] == [SHOP, SHOP]
