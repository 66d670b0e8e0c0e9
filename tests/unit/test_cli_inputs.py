"""What the command's operations take from files, from the register and from the keyboard."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from desk import ACCOUNT, CHANGE, CLERK, REASON, Allocations, Command
from story import CODE, DOMAIN, SCHEME, SHOP, VOUCHER, rules

from kindpakket.backoffice.citizens import entitlement_id
from kindpakket.backoffice.register import Register
from kindpakket.holder.key import HolderKey


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


def test_a_top_up_finds_the_child_in_the_register(kindpakket: Command, tmp_path: Path) -> None:
    csv, path = tmp_path / "kinderen.csv", tmp_path / "register.db"
    csv.write_text(
        "bsn;voornamen;achternaam;geboortedatum;huishouden;zaaknummer;regeling_preset\n"
        "999990019;Fenna;Dijkstra;2015-04-02;h-1;Z-0001;child\n"
    )
    allocations = Allocations(kindpakket.desk)
    kindpakket.desk.answers["scheme:Show"] = {"rules": rules()}
    issue = ("voucher", "issue", SCHEME, str(csv), "--period", "2026", "--register", str(path))
    kindpakket(*issue)
    allocations.decide(state="approved")
    kindpakket(*issue)
    ((issued,),) = [request["vouchers"] for request in kindpakket.desk.requests("voucher:Issue")]
    top_up = ("--preset", "child", "--period", "2026-winter", "--register", str(path), *REASON)
    assert kindpakket("voucher", "top-up", SCHEME, issued["id"], *top_up).exit_code == 5
    assert kindpakket("voucher", "top-up", SCHEME, issued["id"], *top_up).exit_code == 5
    assert [request["use"] for request in kindpakket.desk.requests("allocation:Propose")] == [
        "issue",
        "top-up",
    ]
    allocations.decide(state="approved")
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
