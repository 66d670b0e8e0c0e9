"""What a holder and the municipality can do against a thief, and what becomes of refunds that wait."""

from __future__ import annotations

import time

from cases_refund import asked, paid, person
from ground import Ground
from support import books, issue_unbound, revoke

from kindpakket.holder.key import HolderKey
from kindpakket.holder.orders import self_block_hash
from kindpakket.ledger.ids import new_code, new_id
from kindpakket_demo.desk import now
from kindpakket_demo.wallets import Wallet

HOUR = 3_600


def held(ground: Ground, wallet: Wallet, scheme: str | None = None) -> str:
    shop, expires_at = ground.till.shop, int(time.time()) + HOUR
    order = shop.hold_order(scheme or ground.scheme, wallet.voucher, books(1_000), expires_at=expires_at)
    payment = shop.hold(order, wallet.authorise(order))["id"]
    ground.desk.in_step()
    return payment


def test_a_holder_releases_a_hold_at_another_shop_with_the_page_of_the_hold(ground: Ground) -> None:
    wallet = ground.booklet()
    payment = held(ground, wallet)
    order = ground.other.shop.release_order(ground.scheme, wallet.voucher, payment)
    proof = wallet.authorise_again(order)
    assert ground.other.shop.release_by_holder(order, proof) == {"payment": payment, "state": "released"}
    ground.desk.in_step()
    voucher = ground.desk.clerk.vouchers.show(ground.scheme, wallet.voucher)
    assert (voucher["held_cents"], voucher["available_cents"]) == (0, voucher["issued_cents"])
    assert voucher["authorisation"] is not None
    assert voucher["authorisation"]["last_page"] == wallet.last_page
    ground.paid(wallet)


def test_a_self_block_stays_when_another_block_is_lifted_and_frees_what_a_thief_holds(ground: Ground) -> None:
    desk, code = ground.desk, new_code()
    wallet = Wallet(new_id(), HolderKey.generate())
    issue_unbound(desk, ground.scheme, [wallet])
    domain = desk.clerk.caller.domain
    stored = self_block_hash(domain, ground.scheme, wallet.voucher, code)
    activation = wallet.authority.activate(domain, ground.scheme, wallet.voucher, stored)
    desk.manager.vouchers.activate(ground.scheme, [activation])
    desk.in_step()
    payment = held(ground, wallet)
    desk.clerk.vouchers.block(ground.scheme, wallet.voucher, "inspection")
    desk.in_step()
    assert ground.other.shop.self_block(ground.scheme, wallet.voucher, code)["state"] == "blocked"
    desk.in_step()
    voucher = desk.manager.vouchers.unblock(ground.scheme, wallet.voucher, "inspected")
    assert (voucher["state"], voucher["blocked_by"]) == ("blocked", "holder")
    desk.in_step()
    assert desk.manager.payments.release(payment, "stolen")["state"] == "released"
    desk.in_step()
    revoke(desk, ground.scheme, wallet.voucher, "stolen")


def test_a_large_refund_of_what_may_have_been_paid_out_waits_for_two_persons(ground: Ground) -> None:
    desk, shop = ground.desk, ground.till.shop
    scheme = ground.props.opened_scheme(30_000, refund_days=30, refund_limit_cents=500)
    wallet = Wallet(new_id(), HolderKey.generate())
    issue_unbound(desk, scheme, [wallet])
    desk.manager.vouchers.activate(scheme, [wallet.activate(desk.clerk.caller.domain, scheme)])
    desk.in_step()
    order = ground.order(wallet, 2_000, scheme=scheme)
    shop.pay(order, wallet.authorise(order))
    desk.in_step()
    desk.clerk.schemes.close_day(scheme, now().date())
    desk.in_step()
    desk.clerk.settlements.draft(scheme, shop.shop_id)
    desk.in_step()
    refund = shop.refund(order.request_id, books(1_500), "returned")
    assert (refund["state"], refund["waits"]) == ("waiting", "limit")
    desk.in_step()
    assert desk.clerk.vouchers.show(scheme, wallet.voucher)["refunded_cents"] == 0
    assert [waiting["id"] for waiting in desk.auditor.payments.waiting_refunds(scheme)] == [refund["id"]]
    desk.clerk.payments.endorse_refund(refund["id"])
    desk.in_step()
    assert desk.manager.payments.approve_refund(refund["id"])["returned_to"] == "available"
    desk.in_step()
    assert desk.clerk.vouchers.show(scheme, wallet.voucher)["refunded_cents"] == 1_500
    assert list(desk.auditor.payments.waiting_refunds(scheme)) == []


def test_a_second_person_of_the_shop_confirms_a_refund_above_its_limit(ground: Ground) -> None:
    desk, shop = ground.desk, ground.props.strict.shop
    payment = paid(ground)
    refund = asked(ground, person(ground, "till-1"), payment)
    for peer in (shop, desk.auditor.payments):
        waiting = [found["state"] for found in peer.waiting_refunds(ground.scheme) if found["id"] == refund]
        assert waiting == ["asked"]
    assert shop.payment(payment)["refunded_cents"] == 0
    assert shop.confirm_refund(refund)["returned_to"] == "available"
    desk.in_step()
    found = shop.payment(payment)
    assert (found["refunded_cents"], found["refunded_confirmed_cents"]) == (1_000, 1_000)


def test_bindings_of_before_are_recorded_once(ground: Ground) -> None:
    """On this network everything was bound after the upgrade, so nothing is new and nothing is shared."""
    answers = list(ground.desk.clerk.vouchers.record_bindings(ground.scheme))
    assert answers
    assert {answer["recorded"] for answer in answers} == {0}
    assert [voucher for answer in answers for voucher in answer["shared"]] == []
