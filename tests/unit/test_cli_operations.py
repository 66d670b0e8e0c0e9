"""The command's operations of layout 2: who acts, what is asked, how it reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from desk import ACCOUNT, Command, settlement
from story import CODE, DOMAIN, SCHEME, SHOP, VOUCHER, rules

from kindpakket.backoffice.citizens import entitlement_id
from kindpakket.backoffice.register import Register
from kindpakket.fabric.testing import ChaincodeRefusal
from kindpakket.holder.key import HolderKey

CHANGE, ERASURE, PAYMENT, REQUEST = (letter * 32 for letter in "1234")
CLERK, MANAGER, TREASURER, TILL = "p-clerk", "p-manager", "p-treasurer", "p-shop"
REASON = ("--reason", "why")
MOVED = {"scheme": SCHEME, "vouchers": [{"id": VOUCHER, "cents": 1500}], "cents": 1500}
ORDERED = {
    "id": ERASURE,
    "collection": "citizens",
    "state": "ordered",
    "records": [{"id": VOUCHER, "key": "k", "sha256": "f" * 64}],
    "reason": "retention",
    "ordered_by": CLERK,
}

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
    **dict.fromkeys(["settlement:Claim", "settlement:Collect", "settlement:WriteOff"], settlement()),
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


def test_rules_are_proposed_from_a_file(kindpakket: Command, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump(dict(rules(hold_days=3))))
    change = {"id": CHANGE, "kind": "rules", "applies_to": "all", "state": "proposed", "reason": "council"}
    kindpakket.desk.answers["scheme:ProposeRules"] = {**change, "proposed_by": CLERK}
    propose = ("scheme", "propose-rules", SCHEME, str(file), "--applies-to", "all", "--reason", "council")
    assert "rules for all vouchers" in kindpakket(*propose).stdout
    (request,) = kindpakket.desk.requests("scheme:ProposeRules")
    assert (request["rules"], request["applies_to"]) == (rules(hold_days=3), "all")


def test_another_account_stays_private(kindpakket: Command) -> None:
    account = [f"--{name}={value}" for name, value in ACCOUNT.items() if name != "salt"]
    kindpakket("shop", "change-account", *account, "--reason", "new-bank")
    (request,) = kindpakket.desk.requests("shop:ChangeAccount")
    assert (request["shop"], request["reason"], "iban" in request) == (SHOP, "new-bank", False)
    assert json.loads(kindpakket.desk.transient["account"])["iban"] == ACCOUNT["iban"]


def test_an_account_that_waits_is_shown_with_its_change(kindpakket: Command) -> None:
    kindpakket.desk.answers |= {
        "shop:Show": {"id": SHOP, "account_change": {"id": CHANGE, "proposed_by": TILL, "sha256": "f" * 64}},
        "shop:ProposedAccount": ACCOUNT,
    }
    assert kindpakket.answer("shop", "proposed-account", SHOP) == {"change": CHANGE, **ACCOUNT}


def test_everything_lapsable_lapses_in_bulks(kindpakket: Command) -> None:
    found = [{"id": f"{number:032x}"} for number in range(501)]
    kindpakket.desk.answers |= {"voucher:Lapsable": {"items": found, "next": ""}, "voucher:Lapse": MOVED}
    result = kindpakket("voucher", "lapse", SCHEME, *REASON)
    assert "€ 30.00" in result.stdout
    assert "Lapsing 501 vouchers" in result.stderr
    bulks = [len(request["vouchers"]) for request in kindpakket.desk.requests("voucher:Lapse")]
    assert bulks == [500, 1]


def test_nothing_lapsable_is_no_failure(kindpakket: Command) -> None:
    kindpakket.desk.answers["voucher:Lapsable"] = {"items": [], "next": ""}
    assert kindpakket.answer("voucher", "lapse", SCHEME, *REASON)["cents"] == 0
    assert not kindpakket.desk.requests("voucher:Lapse")


def test_a_top_up_finds_the_child_in_the_register(kindpakket: Command, tmp_path: Path) -> None:
    csv, path = tmp_path / "kinderen.csv", tmp_path / "register.db"
    csv.write_text(
        "bsn;voornamen;achternaam;geboortedatum;huishouden;zaaknummer;regeling_preset\n"
        "999990019;Fenna;Dijkstra;2015-04-02;h-1;Z-0001;child\n"
    )
    kindpakket.desk.answers |= {
        "voucher:Issue": {"scheme": SCHEME, "vouchers": [], "issued_cents": 0},
        "voucher:TopUp": MOVED,
    }
    kindpakket("voucher", "issue", SCHEME, str(csv), "--period", "2026", "--register", str(path))
    ((issued,),) = [request["vouchers"] for request in kindpakket.desk.requests("voucher:Issue")]
    top_up = ("--preset", "child", "--period", "2026-winter", "--register", str(path), *REASON)
    assert kindpakket.answer("voucher", "top-up", SCHEME, issued["id"], *top_up)["cents"] == 1500
    with Register(path) as register:
        entitlement = entitlement_id(register.secret, SCHEME, "999990019", "2026-winter")
    (request,) = kindpakket.desk.requests("voucher:TopUp")
    wanted = {"voucher": issued["id"], "entitlement": entitlement, "preset": "child", "units": 1}
    assert request["top_ups"] == [wanted]
    assert entitlement != issued["entitlement"]
    stranger = kindpakket("voucher", "top-up", SCHEME, "9" * 32, *top_up)
    assert (stranger.exit_code, f"is not in {path}" in stranger.stderr) == (2, True)


def test_a_replacement_is_read_from_a_file(kindpakket: Command, tmp_path: Path) -> None:
    file = tmp_path / "replacement.json"
    replacement = HolderKey.generate().replace(DOMAIN, SCHEME, VOUCHER, 2)
    file.write_text(json.dumps(replacement))
    kindpakket("voucher", "replace", SCHEME, VOUCHER, str(file), *REASON)
    (request,) = kindpakket.desk.requests("voucher:Replace")
    assert {name: request[name] for name in replacement} == replacement
    file.write_text("[]")
    assert kindpakket("voucher", "replace", SCHEME, VOUCHER, str(file), *REASON).exit_code == 2


def test_a_holder_blocks_with_the_code(kindpakket: Command) -> None:
    kindpakket("voucher", "self-block", SCHEME, VOUCHER, "--user", "till", stdin=f"{CODE.upper()}\n")
    (request,) = kindpakket.desk.requests("voucher:SelfBlock")
    assert request["code"] == CODE


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


def test_holds_are_seen_in_the_list_of_payments(kindpakket: Command) -> None:
    held = {"id": PAYMENT, "shop": SHOP, "state": "held", "day": "", "cents": 0, "refunded_cents": 0}
    found = {**held, "held_day": "2026-03-10", "held_cents": 1500}
    kindpakket.desk.answers["payment:List"] = {"items": [found], "next": ""}
    shown = kindpakket("payment", "list", SCHEME).stdout
    assert "held" in shown and "€ 15.00" in shown and "2026-03-10" in shown


def test_what_is_due_is_shown_for_one_shop_or_for_all(kindpakket: Command) -> None:
    due = {"due": True, "why": "rhythm", "cents": 1500, "items": 2}
    kindpakket.desk.answers |= {
        "settlement:Due": {**due, "oldest_day": "2026-03-01", "closed_until": "2026-03-10"},
        "shop:List": {"items": [{"id": SHOP}, {"id": "7" * 32}], "next": ""},
    }
    assert "yes, by rhythm" in kindpakket("settlement", "due", SCHEME, SHOP).stdout
    assert [found["shop"] for found in kindpakket.answer("settlement", "due", SCHEME)] == [SHOP, "7" * 32]


def test_erasures_that_are_due_are_ordered_together(kindpakket: Command) -> None:
    kindpakket.desk.answers |= {
        "erasure:Due": {"items": [{"id": VOUCHER, "due_on": "2033-12-31"}], "next": ""},
        "erasure:Order": ORDERED,
    }
    assert "2033-12-31" in kindpakket("erasure", "due", "citizens", "--scheme", SCHEME).stdout
    order = ("erasure", "order", "citizens", "--scheme", SCHEME, "--reason", "retention")
    kindpakket(*order, "--all-due")
    (request,) = kindpakket.desk.requests("erasure:Order")
    assert request["ids"] == [VOUCHER]
    assert "or --all-due" in kindpakket(*order).stderr
    assert "give --scheme with citizens" in kindpakket("erasure", "due", "citizens").stderr


BY = {"operation": "payment:Pay", "request": REQUEST, "person": TILL, "msp": "WinkelsMSP", "role": "cashier"}


def test_a_vouchers_statement_says_what_moved(kindpakket: Command) -> None:
    entry = {
        "transaction_id": "t" * 64,
        "at": 1_773_140_400,
        "by": {**BY, "till": "till-2"},
        "state": "active",
        "moved": {"available_cents": -1500, "spent_cents": 1500},
        "balance": {"available_cents": 28500},
    }
    kindpakket.desk.answers["audit:VoucherStatement"] = {"entries": [entry], "next": ""}
    shown = " ".join(kindpakket("audit", "statement", "voucher", SCHEME, VOUCHER).stdout.split())
    for words in ("2026-03-10 12:00:00", "available -€ 15.00", "spent +€ 15.00", "€ 285.00"):
        assert words in shown
    assert "till-2" in shown
    assert kindpakket.answer("audit", "statement", "voucher", SCHEME, VOUCHER) == [entry]


def test_a_schemes_statement_says_what_is_left(kindpakket: Command) -> None:
    entry = {
        "transaction_id": "t" * 64,
        "at": 1_773_140_400,
        "by": None,
        "moved": {"issued_cents": 30000},
        "balance": {"unallocated_cents": 70000},
    }
    kindpakket.desk.answers["audit:SchemeStatement"] = {"entries": [entry], "next": ""}
    shown = kindpakket("audit", "statement", "scheme", SCHEME).stdout
    assert "issued +€ 300.00" in shown and "€ 700.00" in shown and "the block says" in shown


def test_a_shops_statement_has_its_sums(kindpakket: Command) -> None:
    entries = [
        {
            "kind": "settlement",
            "id": CHANGE,
            "state": "paid",
            "through": "2026-03-10",
            "cents": 1500,
            "items": 2,
        },
        {"kind": "open", "id": PAYMENT, "day": "2026-03-11", "cents": -500},
    ]
    sums = {"unsettled_cents": -500, "paid_cents": 1500, "written_off_cents": 0}
    kindpakket.desk.answers["audit:ShopStatement"] = {"entries": entries, "sums": sums, "next": ""}
    shown = kindpakket("audit", "statement", "shop", SCHEME, SHOP).stdout
    for words in ("unsettled", "-€ 5.00", "€ 15.00", "total", "€ 10.00"):
        assert words in shown
    assert kindpakket.answer("audit", "statement", "shop", SCHEME, SHOP)["sums"] == sums


def test_a_sample_is_drawn_by_a_seed(kindpakket: Command) -> None:
    found = {"id": PAYMENT, "state": "paid", "cents": 1500}
    kindpakket.desk.answers["audit:Sample"] = {"items": [found], "next": ""}
    draw = ("audit", "sample", SCHEME, "payment", "--seed", "5EED", "--per-mille", "20")
    assert "€ 15.00" in kindpakket(*draw).stdout
    (request,) = kindpakket.desk.requests("audit:Sample")
    assert (request["seed"], request["per_mille"], request["kind"]) == ("5eed", 20, "payment")
