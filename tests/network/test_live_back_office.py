"""Shops, their debts and accounts, private records, and the auditor's queries, on real peers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import cast

import pytest
from support import Town, agreed, books, end_shop, open_shop, revoke, with_key

from kindpakket.ledger.ids import new_id, new_salt
from kindpakket.ledger.lists import ApprovableList
from kindpakket.ledger.records import Issuance, ShopSums
from kindpakket.ledger.refusals import (
    AlreadyIssued,
    CaseRecordMissing,
    ErasureIncomplete,
    ErasureNotDue,
    NothingToSettle,
    NotYours,
    SecondPersonRequired,
    SettlementNotDue,
    ShopNotApproved,
    VoucherExists,
)
from kindpakket_demo.desk import AUDITOR, MUNICIPALITY, SHOPS, Desk, Till, now
from kindpakket_demo.schemes import PRESET, OpenScheme, open_provision
from kindpakket_demo.vouchers import allocate
from kindpakket_demo.wallets import Wallet

OTHER_IBAN = "NL02ABNA0123456789"


def total(sums: ShopSums) -> int:
    """The net amount that was spent in a shop, in cents."""
    return sum(cast(Mapping[str, int], sums).values())


def bought(desk: Desk, scheme: OpenScheme, till: Till, cents: int) -> str:
    """Pay with a new voucher, and return the payment's id."""
    wallet = with_key(desk, scheme.id)
    order = till.shop.order(scheme.id, wallet.voucher, books(cents))
    return till.shop.pay(order, wallet.authorise(order))["id"]


def paid_out(desk: Desk, scheme: str, settlement: str) -> None:
    """Approve and export a settlement, and book it as paid."""
    desk.manager.settlements.approve(scheme, settlement)
    desk.in_step()
    desk.treasurer.settlements.export(scheme, [settlement], "ab" * 32)
    desk.treasurer.settlements.book(scheme, settlement, "paid", "bank")
    desk.in_step()


def test_a_shop_has_itself_settled_when_it_is_due_and_then_ends_in_debt(town: Town) -> None:
    desk = town.desk
    scheme, till = open_provision(desk, 4, now()), open_shop(desk, "corner")
    payment = bought(desk, scheme, till, 4_000)
    shop = till.shop
    with pytest.raises(NothingToSettle):
        shop.settlements.draft(scheme.id)
    with pytest.raises(NotYours):
        town.till.shop.caller.invoke("settlement:Draft", {"scheme": scheme.id, "shop": shop.shop_id})
    desk.treasurer.schemes.close_day(scheme.id, now().date())
    desk.in_step()
    assert shop.settlements.due(scheme.id)["why"] == "rhythm"
    drafted = shop.settlements.draft(scheme.id)
    desk.in_step()
    paid_out(desk, scheme.id, drafted["id"])

    shop.refund(payment, books(1_500), "returned")
    desk.in_step()
    end_shop(desk, shop.shop_id, "bankrupt")
    desk.in_step()
    wallet = with_key(desk, scheme.id)
    order = shop.order(scheme.id, wallet.voucher, books(500))
    with pytest.raises(ShopNotApproved):
        shop.pay(order, wallet.authorise(order))
    # Today is closed, so the refund was booked on the next day, which nobody can close yet.
    assert desk.treasurer.settlements.due(scheme.id, shop.shop_id)["cents"] == 0
    sums = desk.auditor.audit.shop_statement(scheme.id, shop.shop_id)["sums"]
    assert (sums["paid_cents"], sums["unsettled_cents"]) == (4_000, -1_500)
    assert total(sums) == 2_500


def test_a_till_with_the_pseudonym_of_the_approver_is_another_person(town: Town) -> None:
    desk = town.desk
    scheme, till = open_provision(desk, 4, now()), open_shop(desk, "corner")
    namesake = {
        "kindpakket.role": "cashier",
        "kindpakket.person": "p-manager",
        "kindpakket.shop": till.shop.shop_id,
    }
    desk.network.enrol(SHOPS, "namesake", namesake)
    bought(desk, scheme, till, 4_000)
    desk.treasurer.schemes.close_day(scheme.id, now().date())
    desk.in_step()
    drafted = type(till.shop)(desk.contract(SHOPS, "namesake"), till.shop.shop_id).settlements.draft(
        scheme.id
    )
    assert drafted["drafted_by"] == "WinkelsMSP/p-manager"
    desk.in_step()
    paid_out(desk, scheme.id, drafted["id"])
    settlement = desk.auditor.settlements.show(scheme.id, drafted["id"])
    assert settlement["account_sha256"] == desk.auditor.shops.show(till.shop.shop_id)["account_sha256"]


def test_an_entitlement_is_free_again_after_a_mistake(town: Town) -> None:
    desk = town.desk
    scheme = open_provision(desk, 4, now())
    wrong = with_key(desk, scheme.id)
    entitlement = desk.clerk.vouchers.show(scheme.id, wrong.voucher)["entitlement"]
    revoke(desk, scheme.id, wrong.voucher, "no-right")
    again = new_id()
    desk.clerk.vouchers.record_cases(scheme.id, [{"voucher": again, "case": "Z-1", "salt": new_salt()}])
    issuance: Issuance = {"id": again, "entitlement": entitlement, "preset": PRESET, "units": 1}
    lines = ApprovableList.cut([issuance])
    allocation = allocate(desk, scheme.id, "issue", lines)
    with pytest.raises(AlreadyIssued):
        desk.clerk.vouchers.issue(scheme.id, allocation, lines.parts[0])
    agreed(desk, desk.clerk.vouchers.propose_freeing(scheme.id, [entitlement], "wrong-revocation"))
    issued = desk.clerk.vouchers.issue(scheme.id, allocation, lines.parts[0])
    assert issued["vouchers"][0]["id"] == again
    desk.in_step()
    history = list(desk.auditor.audit.history(f"entitlement/{entitlement}"))
    assert [entry["deleted"] for entry in history] == [False, True, False]


def test_what_an_ended_shop_owes_becomes_a_receivable(town: Town) -> None:
    desk = town.desk
    scheme, till = open_provision(desk, 4, now()), open_shop(desk, "corner")
    yesterday = now().date() - timedelta(days=1)
    first = bought(desk, scheme, till, 4_000)
    desk.treasurer.schemes.close_day(scheme.id, yesterday)
    desk.in_step()
    till.shop.refund(first, books(4_000), "returned")
    second = bought(desk, scheme, till, 2_000)
    till.shop.cancel(second, "mistake")
    desk.in_step()
    end_shop(desk, till.shop.shop_id, "bankrupt")
    desk.treasurer.schemes.close_day(scheme.id, now().date())
    desk.in_step()
    # What comes to nothing is closed, and leaves nothing.
    assert desk.treasurer.settlements.draft(scheme.id, till.shop.shop_id)["state"] == "carried"
    desk.in_step()
    with pytest.raises(NothingToSettle):
        desk.treasurer.settlements.draft(scheme.id, till.shop.shop_id)
    assert total(desk.auditor.audit.shop_statement(scheme.id, till.shop.shop_id)["sums"]) == 0
    assert list(desk.auditor.payments.unsettled(scheme.id, till.shop.shop_id)) == []


def test_nobody_settles_before_it_is_due(town: Town) -> None:
    desk = town.desk
    scheme, till = open_provision(desk, 2, now()), open_shop(desk, "corner")
    slower = {**scheme.rules, "settlement_days": 7, "settlement_cents": 5_000}
    change = desk.clerk.schemes.propose_rules(scheme.id, slower, "new", "once-a-week")  # type: ignore[arg-type]
    desk.in_step()
    desk.manager.schemes.approve_change(scheme.id, change["id"])
    desk.in_step()
    bought(desk, scheme, till, 4_999)
    desk.treasurer.schemes.close_day(scheme.id, now().date())
    desk.in_step()
    for official in (desk.treasurer, desk.clerk):
        with pytest.raises(SettlementNotDue):
            official.settlements.draft(scheme.id, till.shop.shop_id)
    with pytest.raises(SettlementNotDue):
        till.shop.settlements.draft(scheme.id)


def test_a_shop_is_paid_on_another_account_once_a_second_person_approved_it(town: Town) -> None:
    desk, till = town.desk, open_shop(town.desk, "corner")
    before = desk.treasurer.shops.account(till.shop.shop_id)["iban"]
    changed = till.shop.registration.change_account(
        "another-bank", iban=OTHER_IBAN, holder="Winkel", kvk=till.store.kvk, contact="administratie"
    )
    desk.in_step()
    assert desk.treasurer.shops.account(till.shop.shop_id)["iban"] == before
    assert desk.manager.shops.proposed_account(till.shop.shop_id)["iban"] == OTHER_IBAN
    desk.manager.shops.approve_account(till.shop.shop_id, changed["account_change"]["id"])
    desk.in_step()
    assert desk.treasurer.shops.account(till.shop.shop_id)["iban"] == OTHER_IBAN


def test_a_case_is_purged_by_two_persons_and_certified(town: Town) -> None:
    desk = town.desk
    scheme = open_provision(desk, 2, now())
    wallet = with_key(desk, scheme.id)
    with pytest.raises(ErasureNotDue):
        desk.clerk.erasures.order("citizens", [wallet.voucher], "retention", scheme=scheme.id)
    ordered = desk.clerk.erasures.order("citizens", [wallet.voucher], "request", scheme=scheme.id)
    desk.in_step()
    desk.manager.erasures.approve(ordered["id"])
    desk.in_step()
    with pytest.raises(ErasureIncomplete):
        desk.clerk.erasures.certify(ordered["id"])
    assert desk.clerk.erasures.purge(ordered["id"])["purged"] == 1
    desk.in_step()
    assert desk.clerk.erasures.purge(ordered["id"])["purged"] == 1
    desk.in_step()
    certificate = desk.clerk.erasures.certify(ordered["id"])
    assert (certificate["state"], len(certificate["records"][0]["sha256"])) == ("certified", 64)
    desk.in_step()
    with pytest.raises(VoucherExists):
        desk.clerk.vouchers.record_cases(
            scheme.id, [{"voucher": wallet.voucher, "case": "Z-1", "salt": new_salt()}]
        )
    with pytest.raises(CaseRecordMissing):
        desk.clerk.erasures.order("citizens", [wallet.voucher], "request", scheme=scheme.id)


def test_cases_that_led_to_no_voucher_are_found(town: Town) -> None:
    desk, voucher = town.desk, new_id()
    desk.clerk.vouchers.record_cases(
        town.scheme.id, [{"voucher": voucher, "case": "Z-2", "salt": new_salt()}]
    )
    desk.in_step()
    (found,) = [case for case in desk.clerk.erasures.unused_cases(town.scheme.id) if case["id"] == voucher]
    assert not found["is_due"]
    assert found["due_on"] > "2030"
    ordered = desk.clerk.erasures.order("citizens", [voucher], "mistake", scheme=town.scheme.id)
    desk.in_step()
    desk.manager.erasures.approve(ordered["id"])
    desk.in_step()
    purge = new_id()
    for _ in range(2):
        assert desk.clerk.erasures.purge(ordered["id"], request_id=purge)["purged"] == 1
        desk.in_step()
    assert desk.clerk.requests.show(purge)["state"] == "committed"
    assert voucher not in {case["id"] for case in desk.clerk.erasures.unused_cases(town.scheme.id)}


def test_an_ended_shops_accounts_are_purged_when_due(town: Town) -> None:
    desk, till = town.desk, open_shop(town.desk, "corner")
    shop = till.shop.shop_id
    end_shop(desk, shop, "moved")
    desk.in_step()
    assert shop in {due["id"] for due in desk.auditor.erasures.due("shopAccounts")}
    ordered = desk.clerk.erasures.order("shopAccounts", [shop], "retention")
    same_person = {"kindpakket.role": "approver", "kindpakket.person": "p-clerk"}
    desk.network.enrol(MUNICIPALITY, "clerk-as-eraser", same_person)
    desk.in_step()
    with pytest.raises(SecondPersonRequired):
        type(desk.clerk)(desk.contract(MUNICIPALITY, "clerk-as-eraser")).erasures.approve(ordered["id"])
    desk.manager.erasures.approve(ordered["id"])
    desk.in_step()
    desk.manager.erasures.purge(ordered["id"])
    desk.in_step()
    assert desk.manager.erasures.certify(ordered["id"])["state"] == "certified"
    desk.in_step()
    assert shop not in {due["id"] for due in desk.auditor.erasures.due("shopAccounts")}


def test_histories_and_statements_say_who_when_why_before_and_after(town: Town, wallet: Wallet) -> None:
    desk = town.desk
    order = town.order(wallet)
    town.till.shop.pay(order, wallet.authorise(order))
    desk.in_step()
    desk.clerk.vouchers.block(town.scheme.id, wallet.voucher, "device-lost")
    desk.in_step()
    newest, paid, *_ = desk.auditor.audit.history(f"voucher/{town.scheme.id}/{wallet.voucher}")
    by = newest["by"]
    assert by is not None
    assert (by["operation"], by["person"], by["role"]) == ("voucher:Block", "p-clerk", "issuer")
    assert by.get("reason") == "device-lost"
    assert newest["before"] == paid["value"]
    assert newest["value"] is not None
    assert newest["value"]["state"] == "blocked"
    statement = list(desk.auditor.audit.voucher_statement(town.scheme.id, wallet.voucher))
    assert statement[1]["moved"] == {"available_cents": -order.cents, "spent_cents": order.cents}
    assert statement[-1]["moved"] == {"available_cents": 30_000, "issued_cents": 30_000}
    budget = list(desk.auditor.audit.scheme_statement(town.scheme.id))
    assert (
        sum(entry["moved"].get("issued_cents", 0) for entry in budget) == budget[0]["balance"]["issued_cents"]
    )


def test_a_sample_can_be_drawn_again(town: Town, wallet: Wallet) -> None:
    def draw(seed: str) -> list[str]:
        sample = town.desk.auditor.audit.sample(town.scheme.id, "voucher", seed, 300)
        return [voucher["id"] for voucher in sample]

    first = draw("5eed")
    assert first == draw("5eed") != draw("beef")
    assert 0 < len(first) < len(list(town.desk.auditor.vouchers.list(town.scheme.id)))


def test_a_generic_tool_learns_every_transaction_from_the_metadata(town: Town) -> None:
    contract = town.desk.contract(AUDITOR, "auditor")
    document = json.loads(contract.evaluate("org.hyperledger.fabric:GetMetadata"))
    transactions = {
        f"{name}:{transaction['name']}": transaction
        for name, described in document["contracts"].items()
        for transaction in described["transactions"]
    }
    assert len(transactions) > 80
    pay = transactions["payment:Pay"]
    assert (pay["tag"][0], pay["x-roles"]) == ("submit", ["cashier", "shopkeeper", "acquirer"])
    assert "lines" in pay["parameters"][0]["schema"]["properties"]


def test_the_audit_agrees_after_all_of_it(town: Town) -> None:
    town.desk.in_step()
    audit = town.desk.auditor.verify()
    assert audit.passed, (audit.findings, audit.differences)
