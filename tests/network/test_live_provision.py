"""What a provision can do beyond paying, on real peers: changes, holds, replacements, grace, closing."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date, timedelta

import pytest
from support import Town, books, issue_to, issue_unbound, revoke, with_key

from kindpakket.holder.key import HolderKey
from kindpakket.holder.orders import self_block_hash
from kindpakket.ledger.ids import new_code, new_id
from kindpakket.ledger.lists import ApprovableList
from kindpakket.ledger.records import Rules, TopUp
from kindpakket.ledger.refusals import (
    BudgetExceeded,
    ChangeNotFound,
    HolderProofInvalid,
    HoldExceeded,
    HoldLive,
    HoldNotOpen,
    InsufficientBalance,
    OrganisationNamed,
    PaymentCapExceeded,
    Refusal,
    RequestCommitted,
    RequestVoid,
    SchemeNotOpen,
    SecondPersonRequired,
    VoucherBlocked,
    VoucherExpired,
)
from kindpakket.municipality import Municipality
from kindpakket_demo.desk import now
from kindpakket_demo.schemes import PRESET, SHORT_CENTS, OpenScheme, open_provision, open_short
from kindpakket_demo.vouchers import allocate
from kindpakket_demo.wallets import Wallet
from kindpakket_network.programs.wait import until
from patience import PATIENCE

FULL = 30_000
# If the first ends before a payment is made, the next is tried.
SHORT_SECONDS = (10, 40, 160)


def pay(town: Town, scheme: OpenScheme, wallet: Wallet, cents: int) -> str:
    """Pay for books, and return the payment's id."""
    order = town.till.shop.order(scheme.id, wallet.voucher, books(cents))
    return town.till.shop.pay(order, wallet.authorise(order))["id"]


def test_an_organisation_is_named_between_an_order_and_its_payment(town: Town) -> None:
    desk = town.desk
    wallet = with_key(town.desk, town.scheme.id)
    before = desk.auditor.organisations.show()
    proposed = desk.clerk.organisations.propose("KetenMSP", "shops", "new-chain")
    desk.in_step()
    with pytest.raises(ChangeNotFound):
        desk.manager.organisations.approve("KetenMSP", new_id())
    order = town.till.shop.order(town.scheme.id, wallet.voucher, books(1_000))
    named = desk.manager.organisations.approve("KetenMSP", proposed["change"])
    town.till.shop.pay(order, wallet.authorise(order))
    desk.in_step()
    assert (named["state"], named["decided_by"]) == ("approved", "p-manager")
    assert desk.auditor.organisations.show()["shops"] == [*before["shops"], "KetenMSP"]
    assert [item for item in desk.auditor.organisations.list() if item["msp"] == "KetenMSP"] == [named]
    with pytest.raises(OrganisationNamed):
        desk.clerk.organisations.propose("WinkelsMSP", "shops", "new-chain")


def test_rules_that_two_persons_agree_on_count_for_all_vouchers(town: Town) -> None:
    desk = town.desk
    scheme = open_provision(desk, 2, now())
    wallet = with_key(town.desk, scheme.id)
    stricter: Rules = {**scheme.rules, "payment_cap_cents": 5_000}
    change = desk.clerk.schemes.propose_rules(scheme.id, stricter, "all", "council-decision")
    pay(town, scheme, wallet, 6_000)
    desk.in_step()
    desk.manager.schemes.approve_change(scheme.id, change["id"])
    desk.in_step()
    with pytest.raises(PaymentCapExceeded):
        pay(town, scheme, wallet, 6_000)
    pay(town, scheme, wallet, 5_000)
    shown = desk.auditor.schemes.show(scheme.id)
    assert (shown["scheme"]["rules_version"], shown["scheme"]["rules_floor"]) == (2, 2)
    assert desk.auditor.schemes.rules(scheme.id, 1)["payment_cap_cents"] == scheme.rules["payment_cap_cents"]
    assert [item["state"] for item in desk.auditor.schemes.changes(scheme.id)] == ["approved"]


def test_budget_grows_by_two_persons_and_gives_no_cent_more(town: Town) -> None:
    desk = town.desk
    scheme = open_provision(desk, 1, now())
    first = with_key(town.desk, scheme.id)
    left = desk.clerk.schemes.show(scheme.id)["budget"]["unallocated_cents"]
    top_up: TopUp = {"voucher": first.voucher, "entitlement": new_id(), "preset": PRESET, "units": 2}
    lines = ApprovableList.cut([top_up])
    with pytest.raises(BudgetExceeded):
        allocate(desk, scheme.id, "top-up", lines)
    change = desk.clerk.schemes.propose_budget(scheme.id, 2 * FULL - left, "more-children")
    desk.in_step()
    desk.manager.schemes.approve_change(scheme.id, change["id"])
    desk.in_step()
    allocation = allocate(desk, scheme.id, "top-up", lines)
    assert desk.clerk.schemes.show(scheme.id)["budget"]["allocated_cents"] == 2 * FULL
    answer = desk.clerk.vouchers.top_up(scheme.id, allocation, lines.parts[0], "second-child")
    assert answer["cents"] == 2 * FULL
    assert desk.clerk.allocations.show(scheme.id, allocation)["state"] == "used"
    assert desk.clerk.schemes.show(scheme.id)["budget"]["unallocated_cents"] == 0


def test_a_hold_is_captured_in_part_and_a_block_stops_captures(town: Town, wallet: Wallet) -> None:
    shop, desk = town.till.shop, town.desk
    expires = int(time.time()) + 3_600
    orders = [
        shop.hold_order(town.scheme.id, wallet.voucher, books(cents), expires_at=expires)
        for cents in (9_000, 2_000)
    ]
    held, late = (shop.hold(order, wallet.authorise(order)) for order in orders)
    assert town.available(wallet) == FULL - 11_000
    with pytest.raises(HoldExceeded):
        shop.capture(held["id"], books(9_001))
    assert shop.capture(held["id"], books(8_000))["cents"] == 8_000
    with pytest.raises(HoldNotOpen):
        shop.release(held["id"], "out-of-stock")
    with pytest.raises(SecondPersonRequired):
        desk.manager.vouchers.revoke(town.scheme.id, [wallet.voucher], "moved-away")
    desk.clerk.vouchers.block(town.scheme.id, wallet.voucher, "device-lost")
    desk.in_step()
    with pytest.raises(VoucherBlocked):
        shop.capture(late["id"], books(2_000))
    with pytest.raises(HoldLive):
        desk.manager.vouchers.revoke(town.scheme.id, [wallet.voucher], "moved-away")
    desk.manager.payments.release(late["id"], "device-lost")
    assert town.available(wallet) == FULL - 8_000
    desk.manager.vouchers.revoke(town.scheme.id, [wallet.voucher], "moved-away")
    assert town.available(wallet) == 0


def test_what_was_signed_for_a_hold_is_held_and_nothing_else(town: Town, wallet: Wallet) -> None:
    shop = town.till.shop
    expires = int(time.time()) + 3_600
    order = shop.hold_order(town.scheme.id, wallet.voucher, books(5_000), expires_at=expires)
    proof = wallet.authorise(order)
    with pytest.raises(HolderProofInvalid):
        shop.hold(replace(order, expires_at=expires + 60), proof)
    with pytest.raises(HolderProofInvalid):
        shop.pay(town.till.shop.order(town.scheme.id, wallet.voucher, books(5_000)), proof)
    assert town.available(wallet) == FULL


def test_a_lost_key_is_blocked_by_its_holder_and_replaced_by_two_persons(town: Town) -> None:
    desk, shop = town.desk, town.till.shop
    lost, code = Wallet(new_id(), HolderKey.generate()), new_code()
    domain = desk.clerk.caller.domain
    scheme = town.scheme
    hashed = self_block_hash(domain, scheme.id, lost.voucher, code)
    issue_unbound(desk, scheme.id, [lost])
    desk.manager.vouchers.activate(
        scheme.id, [lost.authority.activate(domain, scheme.id, lost.voucher, hashed)]
    )
    desk.in_step()
    shop.self_block(scheme.id, lost.voucher, code)
    with pytest.raises(VoucherBlocked):
        pay(town, scheme, lost, 1_000)
    desk.in_step()
    fresh = HolderKey.generate()
    bound = fresh.replace(domain, scheme.id, lost.voucher, 2)
    waits = desk.clerk.vouchers.replace(scheme.id, lost.voucher, bound, "device-lost")["replacement"]["id"]
    desk.in_step()
    same_person = {"kindpakket.role": "approver", "kindpakket.person": "p-clerk"}
    desk.network.enrol(desk.municipality, "clerk-as-replacer", same_person)
    alone = Municipality(desk.contract(desk.municipality, "clerk-as-replacer"))
    with pytest.raises(SecondPersonRequired):
        alone.vouchers.approve_replacement(scheme.id, lost.voucher, waits)
    with pytest.raises(ChangeNotFound):
        desk.manager.vouchers.approve_replacement(scheme.id, lost.voucher, new_id())
    desk.manager.vouchers.approve_replacement(scheme.id, lost.voucher, waits)
    desk.in_step()
    with pytest.raises(HolderProofInvalid):
        pay(town, scheme, lost, 1_000)
    order = shop.order(scheme.id, lost.voucher, books(1_000), version=2)
    assert shop.pay(order, fresh.authorise(order))["state"] == "paid"


def test_an_unknown_outcome_is_made_certain(town: Town, wallet: Wallet) -> None:
    shop = town.till.shop
    order = town.order(wallet)
    assert shop.requests.show(order.request_id)["state"] == "unknown"
    shop.requests.void(order.request_id)
    with pytest.raises(RequestVoid):
        shop.pay(order, wallet.authorise(order))
    second = town.order(wallet)
    shop.pay(second, wallet.authorise(second))
    with pytest.raises(RequestCommitted):
        shop.requests.void(second.request_id)
    assert shop.requests.show(second.request_id)["state"] == "committed"
    assert town.available(wallet) == FULL - second.cents


def paid_before_the_end(town: Town, seconds: int, *more: int) -> tuple[OpenScheme, list[Wallet], str]:
    """A scheme that ends soon, three of its vouchers, and a payment with the first one."""
    short = open_short(town.desk, 3, now(), seconds)
    wallets = [Wallet(new_id(), HolderKey.generate()) for _ in range(3)]
    try:
        issue_to(town.desk, short.id, wallets)
        return short, wallets, pay(town, short, wallets[0], 3_000)
    except Refusal:
        if not more:
            raise
        return paid_before_the_end(town, *more)


def test_after_the_end_only_grace_and_extensions_spend(town: Town) -> None:
    desk, shop = town.desk, town.till.shop
    short, wallets, payment = paid_before_the_end(town, *SHORT_SECONDS)
    wallet, rest, extended = wallets
    assert until(lambda: time.time() > short.rules["ends_at"] or None, PATIENCE)
    for expired in wallets:
        with pytest.raises(VoucherExpired):
            pay(town, short, expired, 500)
    shop.refund(payment, books(2_000), "returned")
    with pytest.raises(InsufficientBalance):
        pay(town, short, wallet, 2_001)
    pay(town, short, wallet, 1_500)
    later = date.fromisoformat(short.rules["ends_on"]) + timedelta(days=30)
    desk.in_step()
    desk.manager.vouchers.extend(short.id, [extended.voucher], later, "shop-was-closed")
    desk.in_step()
    pay(town, short, extended, 500)
    desk.in_step()
    moved = {
        voucher["id"]: voucher["cents"]
        for part in desk.clerk.vouchers.lapse_all(short.id, "over")
        for voucher in part["vouchers"]
    }
    assert moved == {wallet.voucher: 2_000, rest.voucher: SHORT_CENTS}
    desk.in_step()
    shown = desk.auditor.vouchers.show(short.id, wallet.voucher)
    assert (shown["state"], shown["available_cents"], shown.get("grace_cents")) == ("active", 500, 500)


def test_a_closed_scheme_only_winds_up(town: Town) -> None:
    desk = town.desk
    scheme = open_provision(desk, 2, now())
    wallet, revoked = with_key(town.desk, scheme.id), with_key(town.desk, scheme.id)
    payment = pay(town, scheme, wallet, 4_000)
    revoke(desk, scheme.id, revoked.voucher, "no-right")
    change = desk.clerk.schemes.propose_closing(scheme.id, "council-decision")
    desk.in_step()
    desk.manager.schemes.approve_change(scheme.id, change["id"])
    desk.in_step()
    with pytest.raises(SchemeNotOpen):
        pay(town, scheme, wallet, 500)
    assert sum(part["cents"] for part in desk.clerk.vouchers.lapse_all(scheme.id, "closed")) == FULL - 4_000
    desk.in_step()
    assert town.till.shop.refund(payment, books(1_000), "returned")["returned_to"] == "lapsed"
    desk.in_step()
    budget = desk.auditor.schemes.show(scheme.id)["budget"]
    assert budget["unallocated_cents"] == budget["budget_cents"] - 3_000
