"""The command's operations of layout 2: each is one transaction, by a person who may."""

from __future__ import annotations

from typing import Any

import pytest
from desk import (
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
from story import SCHEME, SHOP, VOUCHER

from kindpakket.fabric.testing import ChaincodeRefusal

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
ANSWERS: dict[str, Any] = {
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
            ("shop", "end", SHOP, "--retention-days", "30", *REASON),
            "shop:End",
            MANAGER,
            {"shop": SHOP, "reason": "why", "retention_days": 30},
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
