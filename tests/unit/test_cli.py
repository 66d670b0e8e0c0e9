"""The command `kindpakket`, against a gateway in memory: who acts, what is asked, how it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from desk import (
    ACCOUNT,
    CHANGE,
    CLERK,
    MANAGER,
    REASON,
    USERS,
    Allocations,
    Command,
    settlement,
    write_user,
)
from grpc import StatusCode
from story import DOMAIN, ENTITLEMENT, NOON, SCHEME, SHOP, VOUCHER, rules

from fabric_gateway.testing import ChaincodeRefusal
from kindpakket.holder.booklet import Booklet
from kindpakket.ledger.lists import ApprovableList
from kindpakket.ledger.receipts import receipt_hash
from kindpakket_cli.home import Home, HomeError
from kindpakket_cli.main import main


def test_commands_act_as_a_user_with_the_role(kindpakket: Command) -> None:
    kindpakket.desk.answers["settlement:Draft"] = settlement("drafted")
    kindpakket("scheme", "approve", SCHEME)
    kindpakket("settlement", "draft", SCHEME, SHOP)
    kindpakket("query", "shop:List", "--organisation", "auditor")
    people = kindpakket.desk.people()
    assert people == ["p-manager", "p-treasurer", "p-auditor"]


def test_users_of_the_description_come_before_those_enrolled_later(kindpakket: Command) -> None:
    folder = kindpakket.home / "organisations" / "gemeente" / "users" / "aaron" / "msp"
    write_user(folder, "aaron", {"kindpakket.role": "approver", "kindpakket.person": "p-clerk"})
    kindpakket("scheme", "approve", SCHEME)
    kindpakket("scheme", "approve", SCHEME, "--user", "aaron")
    assert kindpakket.desk.people() == ["p-manager", "p-clerk"]


def test_another_user_can_be_named(kindpakket: Command) -> None:
    kindpakket("scheme", "approve", SCHEME, "--organisation", "gemeente", "--user", "clerk")
    assert kindpakket.desk.asked[0][2] == "p-clerk"


def test_the_options_may_stand_before_the_command_too(kindpakket: Command) -> None:
    before = ["--home", str(kindpakket.home), "--organisation", "gemeente", "--user", "clerk", "--json"]
    result = CliRunner().invoke(main, [*before, "scheme", "approve", SCHEME])
    assert (result.exit_code, result.stdout) == (0, "{}\n")
    after = CliRunner().invoke(main, [*before, "scheme", "approve", SCHEME, "--user", "manager"])
    assert after.exit_code == 0
    assert kindpakket.desk.people() == ["p-clerk", "p-manager"]


def test_the_home_before_the_command_is_the_networks_too(tmp_path: Path) -> None:
    named = str(tmp_path / "somewhere")
    results = [
        CliRunner().invoke(main, arguments)
        for arguments in (["--home", named, "network", "status"], ["network", "status", "--home", named])
    ]
    # The disk may fill or empty meanwhile.
    before, after = (re.sub(r"[0-9.]+ GB free", "", result.output) for result in results)
    assert before == after
    assert named in results[0].output.replace("\n", "")


def test_a_scheme_is_drafted_from_yaml(kindpakket: Command, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump(dict(rules())).replace("'2026-01-01'", "2026-01-01"))
    assert "starts_on: 2026-01-01" in file.read_text()
    kindpakket("scheme", "draft", str(file), "--budget-cents", "100000")
    (request,) = kindpakket.desk.requests("scheme:Draft")
    assert request["rules"] == rules()
    assert request["budget_cents"] == 100000


@pytest.mark.parametrize("content", ["- a list\n", "a: [unclosed\n", "\xff"])
def test_rules_that_are_none_are_wrong(kindpakket: Command, tmp_path: Path, content: str) -> None:
    file = tmp_path / "rules.yaml"
    file.write_bytes(content.encode("latin-1"))
    result = kindpakket("scheme", "draft", str(file), "--budget-cents", "1")
    assert result.exit_code == 2
    assert str(file) in result.stderr


def test_tables_are_for_people(kindpakket: Command) -> None:
    kindpakket.desk.answers |= {
        "scheme:List": {"items": [{"id": SCHEME}], "next": ""},
        "scheme:Show": {
            "scheme": {"id": SCHEME, "state": "open"},
            "rules": rules(),
            "budget": {"budget_cents": 123456, "issued_cents": 30000, "unallocated_cents": 93456},
            "closed_until": "",
        },
    }
    shown = kindpakket("scheme", "list").stdout
    for text in (SCHEME, "kindpakket-2026", "open", "€ 1,234.56", "€ 300.00"):
        assert text in shown
    (view,) = kindpakket.answer("scheme", "list")
    assert view["budget"]["budget_cents"] == 123456


def test_a_refusal_is_one_sentence_and_exit_code_1(kindpakket: Command) -> None:
    kindpakket.desk.answers["scheme:Open"] = ChaincodeRefusal(
        'SCHEME_STATE: scheme aa is draft {"state":"draft"}'
    )
    result = kindpakket("scheme", "open", SCHEME)
    assert result.exit_code == 1
    assert result.stderr == "Error: refused: SCHEME_STATE: scheme aa is draft\n"


def test_no_network_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["scheme", "list", "--home", str(tmp_path / "none")])
    assert result.exit_code == 2
    assert "there is no network in" in result.stderr
    assert "kindpakket network up" in result.stderr


def test_a_peer_that_is_down_is_one_sentence_and_exit_code_3(kindpakket: Command) -> None:
    kindpakket.memory.fail("Evaluate", StatusCode.UNAVAILABLE, "connection refused", times=1000)
    result = kindpakket("query", "shop:List")
    assert result.exit_code == 3
    assert "the peer cannot be reached (connection refused)" in result.stderr
    assert "kindpakket network status" in result.stderr


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("access denied: channel [zuidhorn] creator org [WinkelsMSP]", "its certificate was revoked"),
        ("failed evaluating policy on signed data", "failed evaluating policy"),
    ],
)
def test_an_identity_that_the_channel_refuses_is_a_refusal(
    kindpakket: Command, words: str, shown: str
) -> None:
    kindpakket.memory.fail("Evaluate", StatusCode.UNKNOWN, words, times=9)
    result = kindpakket("query", "shop:List")
    assert result.exit_code == 1
    assert shown in result.stderr


def test_nobody_with_the_role_is_exit_code_2(kindpakket: Command) -> None:
    result = kindpakket("scheme", "approve", SCHEME, "--organisation", "winkels")
    assert result.exit_code == 2
    assert "no user with the role approver of winkels" in result.stderr


CSV = (
    "bsn;voornamen;achternaam;geboortedatum;huishouden;zaaknummer;regeling_preset\n"
    "999990019;Fenna;Dijkstra;2015-04-02;h-1;Z-0001;child\n"
    "999990020;Mees;Dijkstra;2013-04-02;h-1;Z-0002;child\n"
)


def test_vouchers_are_issued_from_the_municipalitys_file_once_another_person_approved(
    kindpakket: Command, tmp_path: Path
) -> None:
    file, register = tmp_path / "kinderen.csv", tmp_path / "register.db"
    file.write_text(CSV, "utf-8")
    allocations = Allocations(kindpakket.desk)
    kindpakket.desk.answers["scheme:Show"] = {"rules": rules()}
    issue = ("voucher", "issue", SCHEME, str(file), "--period", "2026", "--register", str(register))
    waiting = kindpakket(*issue)
    assert waiting.exit_code == 5
    (proposal,) = kindpakket.desk.requests("allocation:Propose")
    assert (proposal["vouchers"], proposal["cents"], proposal["parts"]) == (2, 60000, 1)
    assert f"kindpakket allocation approve {SCHEME} {proposal['request_id']}" in waiting.stderr
    assert "2 vouchers and € 600.00" in waiting.stderr
    # Until somebody has approved it, the same file finds the same allocation.
    assert kindpakket(*issue).exit_code == 5
    assert len(kindpakket.desk.requests("allocation:Propose")) == 1
    assert kindpakket.desk.requests("voucher:Issue") == []

    allocation = allocations.decide(state="approved")
    done = {"scheme": SCHEME, "vouchers": 2, "issued_cents": 60000}
    assert kindpakket.answer(*issue) == done
    assert kindpakket.answer(*issue) == done
    (request,) = kindpakket.desk.requests("voucher:Issue")
    assert (request["allocation"], request["part"], request["path"]) == (allocation, 0, [])
    assert ApprovableList([request["vouchers"]]).sha256 == proposal["list_sha256"]
    assert [line["preset"] for line in request["vouchers"]] == ["child", "child"]
    cases = json.loads(kindpakket.desk.transient["cases"])
    assert [case["case"] for case in cases] == ["Z-0001", "Z-0002"]
    public = json.dumps([request for _, request, _ in kindpakket.desk.asked])
    assert not any(value in public for value in ("999990019", "Fenna", "Dijkstra", "Z-0001"))


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"state": "rejected", "decided_by": "p-manager", "reject_reason": "unclear"}, "(unclear)"),
        ({"state": "withdrawn", "withdrawn_by": "p-treasurer", "withdraw_reason": "late"}, "(late)"),
        ({"state": "approved", "expires_at": 1_700_000_000}, "expired on 2023-11-14 23:13"),
    ],
)
def test_an_allocation_that_is_over_is_proposed_anew_only_when_asked(
    over: dict[str, Any], says: str, kindpakket: Command, tmp_path: Path
) -> None:
    file, register = tmp_path / "kinderen.csv", tmp_path / "register.db"
    file.write_text(CSV, "utf-8")
    allocations = Allocations(kindpakket.desk)
    kindpakket.desk.answers["scheme:Show"] = {"rules": rules()}
    issue = ("voucher", "issue", SCHEME, str(file), "--period", "2026", "--register", str(register))
    kindpakket(*issue)
    first = allocations.decide(**over)
    result = kindpakket(*issue)
    assert result.exit_code == 1
    assert f"allocation {first}" in result.stderr
    assert says in result.stderr
    assert kindpakket(*issue, "--again").exit_code == 5
    second = allocations.decide(state="approved")
    assert second != first
    assert kindpakket.answer(*issue)["vouchers"] == 2
    assert [request["allocation"] for request in kindpakket.desk.requests("voucher:Issue")] == [second]


def test_a_run_that_was_cut_off_before_the_proposal_proposes_the_same(
    kindpakket: Command, tmp_path: Path
) -> None:
    file, register = tmp_path / "kinderen.csv", tmp_path / "register.db"
    file.write_text(CSV, "utf-8")
    allocations = Allocations(kindpakket.desk)
    kindpakket.desk.answers["scheme:Show"] = {"rules": rules()}
    issue = ("voucher", "issue", SCHEME, str(file), "--period", "2026", "--register", str(register))
    kindpakket(*issue)
    allocations.by_id.clear()
    assert kindpakket(*issue).exit_code == 5
    first, second = kindpakket.desk.requests("allocation:Propose")
    assert first == second


def test_a_preset_that_the_scheme_lacks_is_not_proposed(kindpakket: Command, tmp_path: Path) -> None:
    file, register = tmp_path / "kinderen.csv", tmp_path / "register.db"
    file.write_text(CSV.replace(";child", ";baby"), "utf-8")
    Allocations(kindpakket.desk)
    kindpakket.desk.answers["scheme:Show"] = {"rules": rules()}
    result = kindpakket(
        "voucher", "issue", SCHEME, str(file), "--period", "2026", "--register", str(register)
    )
    assert result.exit_code == 2
    assert "regeling_preset is not in the scheme's rules, which have child, course" in result.stderr
    assert kindpakket.desk.requests("allocation:Propose") == []


def test_allocations_are_decided_by_others(kindpakket: Command) -> None:
    allocations = Allocations(kindpakket.desk)
    made = allocations.propose(
        {
            "request_id": CHANGE, "scheme": SCHEME, "use": "issue", "vouchers": 3, "cents": 90000,
            "list_sha256": "f" * 64, "parts": 1, "expires_at": NOON, "reason": "intake",
        }
    )  # fmt: skip
    for step, person in (("approve", MANAGER), ("reject", MANAGER), ("withdraw", CLERK)):
        name = f"allocation:{step.capitalize()}"
        kindpakket.desk.answers[name] = made
        reason = () if step == "approve" else REASON
        assert kindpakket.answer("allocation", step, SCHEME, CHANGE, *reason)["id"] == CHANGE
        assert [who for asked, _, who in kindpakket.desk.asked if asked == name] == [person]
    assert kindpakket.answer("allocation", "show", SCHEME, CHANGE)["cents"] == 90000
    listed = kindpakket("allocation", "list", SCHEME).stdout
    for text in (CHANGE, "proposed", "€ 900.00", "p-clerk"):
        assert text in listed


def test_a_bad_file_issues_nothing(kindpakket: Command, tmp_path: Path) -> None:
    file = tmp_path / "kinderen.csv"
    file.write_text(CSV.replace("999990020", "123456789"), "utf-8")
    register = tmp_path / "register.db"
    kindpakket.desk.answers["scheme:Show"] = {"rules": rules()}
    result = kindpakket(
        "voucher", "issue", SCHEME, str(file), "--period", "2026", "--register", str(register)
    )
    assert result.exit_code == 2
    assert "line 3: bsn is not a citizen service number" in result.stderr
    # The scheme's rules are asked for, with which the file has to agree; nothing else is.
    assert [name for name, _, _ in kindpakket.desk.asked] == ["scheme:Show"]
    assert not register.exists()


def test_vouchers_are_activated_from_a_file(kindpakket: Command, tmp_path: Path) -> None:
    file = tmp_path / "activations.json"
    file.write_text(json.dumps([Booklet.generate(3).activate(DOMAIN, SCHEME, VOUCHER)]))
    kindpakket.desk.answers["voucher:Activate"] = {"scheme": SCHEME, "vouchers": [VOUCHER]}
    assert kindpakket.answer("voucher", "activate", SCHEME, str(file))["vouchers"] == [VOUCHER]
    file.write_text("{}")
    assert kindpakket("voucher", "activate", SCHEME, str(file)).exit_code == 2


def test_a_till_takes_a_payment_with_a_scanned_page(kindpakket: Command) -> None:
    booklet = Booklet.generate(4)
    kindpakket.desk.answers |= {
        "voucher:Binding": {"kind": "booklet", "version": 1},
        "payment:Pay": {"id": "p"},
    }
    pay = ("payment", "pay", SCHEME, VOUCHER, "--line", "books=1295", "--line", "toys=5")
    kindpakket.answer(*pay, "--request-id", "1" * 32, stdin=booklet.page(2).as_text() + "\n")
    (request,) = kindpakket.desk.requests("payment:Pay")
    assert (request["request_id"], request["shop"], request["proof"]["page"]) == ("1" * 32, SHOP, 2)
    assert request["lines"] == [{"category": "books", "cents": 1295}, {"category": "toys", "cents": 5}]
    assert kindpakket.desk.asked[-1][2] == "p-shop"


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ({"id": "1" * 32, "lines": [{"category": "books", "cents": 5}]}, True),
        ({"id": "1" * 32, "lines": [{"category": "books", "cents": 6}]}, False),
        (ChaincodeRefusal("PAYMENT_NOT_FOUND: there is no payment {}"), False),
    ],
    ids=["taken", "another", "none"],
)
def test_a_payment_that_is_sent_again_is_shown_if_it_was_taken(
    kindpakket: Command, stored: dict[str, Any] | ChaincodeRefusal, shown: bool
) -> None:
    """Its deadline is another, so the chaincode sees another request under the same id."""
    if isinstance(stored, dict):
        stored |= {"scheme": SCHEME, "voucher": VOUCHER}
    kindpakket.desk.answers |= {
        "voucher:Binding": {"kind": "booklet", "version": 1},
        "payment:Pay": ChaincodeRefusal("IDEMPOTENCY_CONFLICT: the id is taken {}"),
        "payment:Show": stored,
    }
    pay = ("payment", "pay", SCHEME, VOUCHER, "--line", "books=5", "--request-id", "1" * 32)
    result = kindpakket(*pay, "--json", stdin=Booklet.generate(4).page(2).as_text() + "\n")
    assert (result.exit_code == 0) == shown
    assert ("IDEMPOTENCY_CONFLICT" in result.stderr) != shown


def test_a_till_gives_the_text_of_its_receipt_and_sends_the_hash(kindpakket: Command) -> None:
    kindpakket.desk.answers["voucher:Binding"] = {"kind": "booklet", "version": 1}
    page = Booklet.generate(4).page(2).as_text()
    receipt = ("--receipt", "kassabon 2026-0001234")
    kindpakket("payment", "pay", SCHEME, VOUCHER, "--line", "books=5", *receipt, stdin=page)
    refund = ("payment", "refund", "4" * 32, "--line", "books=5", "--reason", "returned")
    kindpakket(*refund, *receipt)
    sent = kindpakket.desk.requests("payment:Pay") + kindpakket.desk.requests("payment:Refund")
    assert [request["receipt"] for request in sent] == [receipt_hash(receipt[1])] * 2
    empty = kindpakket(*refund, "--receipt", "")
    assert (empty.exit_code, "--receipt: the reference" in empty.stderr) == (2, True)


def test_a_till_sees_what_a_voucher_may_buy_with_the_page_that_is_next(kindpakket: Command) -> None:
    booklet = Booklet.generate(4)
    kindpakket.desk.answers |= {
        "voucher:Binding": {"kind": "booklet", "version": 1},
        "voucher:Allowance": {"available_cents": 500},
    }
    ask = ("voucher", "allowance", SCHEME, VOUCHER)
    assert kindpakket.answer(*ask, stdin=booklet.page(2).as_text())["available_cents"] == 500
    (request,) = kindpakket.desk.requests("voucher:Allowance")
    assert (request["shop"], request["proof"]["page"]) == (SHOP, 2)
    assert kindpakket(*ask, stdin="no page").exit_code == 2


@pytest.mark.parametrize(
    ("line", "code"), [("books=1,50", "page"), ("books", "page"), ("=5", "page"), ("books=5", "x")]
)
def test_a_payment_that_cannot_be_read_is_not_sent(kindpakket: Command, line: str, code: str) -> None:
    text = Booklet.generate(2).page(1).as_text() if code == "page" else code
    kindpakket.desk.answers["voucher:Binding"] = {"kind": "booklet", "version": 1}
    assert kindpakket("payment", "pay", SCHEME, VOUCHER, "--line", line, stdin=text).exit_code == 2
    assert not kindpakket.desk.requests("payment:Pay")


def test_an_audit_that_finds_nothing_ends_with_0(kindpakket: Command, tmp_path: Path) -> None:
    kindpakket.desk.answers |= {
        "scheme:List": {"items": [], "next": ""},
        "shop:List": {"items": [], "next": ""},
    }
    personal = tmp_path / "personal.txt"
    personal.write_text("999990019\nFenna Dijkstra\n", "utf-8")
    result = kindpakket("audit", "verify", "--personal", str(personal))
    assert result.exit_code == 0, result.output
    assert "Verdict: no problems found." in result.stdout
    assert "2 personal values searched for, 0 found." in result.stdout
    assert kindpakket.answer("audit", "verify")["passed"] is True


def test_an_audit_that_finds_something_ends_with_1(kindpakket: Command) -> None:
    kindpakket.desk.answers |= {
        "scheme:List": {"items": [{"id": SCHEME, "state": "open"}], "next": ""},
        "shop:List": {"items": [], "next": ""},
    }
    result = kindpakket("audit", "verify")
    assert result.exit_code == 1
    assert f"state: scheme {SCHEME}, id: None according to the blocks" in result.stdout
    assert "Verdict: 1 problem found." in result.stdout


def test_values_that_are_too_short_are_wrong(kindpakket: Command, tmp_path: Path) -> None:
    personal = tmp_path / "personal.txt"
    personal.write_text("Bos\n", "utf-8")
    assert kindpakket("audit", "verify", "--personal", str(personal)).exit_code == 2


def test_history_and_totals(kindpakket: Command) -> None:
    by = {"operation": "scheme:Pause", "request": "1" * 32, "person": "p-manager", "msp": "GemeenteMSP"}
    mark = {**by, "role": "approver", "reason": "audit"}
    paused = {
        "transaction_id": "t" * 64,
        "at": 1_773_140_400,
        "deleted": False,
        "by": mark,
        "before": {"v": 1, "state": "open", "day": {}, "rules": {"presets": {"child": 30000}}},
        "value": {"v": 2, "by": mark, "state": "paused", "rules": {"presets": {"child": 30000, "baby": 1}}},
    }
    gone = {**paused, "deleted": True, "by": None, "before": {"v": 1, "cents": 0, "day": ""}, "value": None}
    kindpakket.desk.answers["audit:History"] = {"entries": [gone, paused], "next": ""}
    shown = kindpakket("audit", "history", f"scheme/{SCHEME}").stdout
    assert shown == (
        "2026-03-10 12:00:00  deleted: the block says by whom\n"
        f"    transaction {'t' * 64}\n"
        "    cents: 0 → -\n"
        "2026-03-10 12:00:00  scheme:Pause by p-manager (approver of GemeenteMSP), audit\n"
        f"    transaction {'t' * 64}\n"
        "    state: open → paused\n"
        "    rules.presets.baby: - → 1\n"
    )
    assert kindpakket.answer("audit", "history", f"scheme/{SCHEME}") == [gone, paused]


def test_any_transaction_can_be_called(kindpakket: Command, tmp_path: Path) -> None:
    kindpakket.desk.answers["voucher:Show"] = {"id": VOUCHER, "entitlement": ENTITLEMENT}
    shown = kindpakket("query", "voucher:Show", json.dumps({"scheme": SCHEME, "voucher": VOUCHER}))
    assert json.loads(shown.stdout)["entitlement"] == ENTITLEMENT
    secret = tmp_path / "account.json"
    secret.write_text(json.dumps(ACCOUNT))
    request = json.dumps({"request_id": "1" * 32, "categories": ["books"]})
    kindpakket("invoke", "shop:Apply", request, "--transient", "account", str(secret), "--user", "till")
    assert kindpakket.desk.requests("shop:Apply") == [{"request_id": "1" * 32, "categories": ["books"]}]
    assert json.loads(kindpakket.desk.transient["account"]) == ACCOUNT


@pytest.mark.parametrize("request_text", ["[]", "{", "1"])
def test_a_request_is_a_json_object(kindpakket: Command, request_text: str) -> None:
    assert kindpakket("query", "voucher:Show", request_text).exit_code == 2
    assert kindpakket.desk.asked == []


def test_a_home_with_several_channels_needs_to_be_told_which(kindpakket: Command) -> None:
    profile = kindpakket.home / "organisations" / "gemeente" / "profile.yaml"
    members = yaml.safe_load(profile.read_text())
    members["channels"]["westerkwartier"] = {"peers": ["peer0"]}
    profile.write_text(yaml.safe_dump(members))
    result = kindpakket("scheme", "approve", SCHEME)
    assert result.exit_code == 2
    assert "has 2 channels (westerkwartier, zuidhorn): give --channel" in result.stderr
    assert kindpakket("scheme", "approve", SCHEME, "--channel", "zuidhorn").exit_code == 0


def test_users_are_found_by_role_shop_and_name(kindpakket: Command) -> None:
    home = Home(kindpakket.home)
    assert home.user(["treasurer", "issuer"]).name == "treasurer"
    assert home.user(shop=SHOP).name == "till"
    assert home.user(organisation="auditor").role == "auditor"
    assert len(list(home.users())) == len(USERS)
    with pytest.raises(HomeError, match="called nobody"):
        home.user(name="nobody")
    with pytest.raises(HomeError, match="of shop"):
        home.user(shop="0" * 32)
