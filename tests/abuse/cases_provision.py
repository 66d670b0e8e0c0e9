"""Holds, replacements, changes, debts and private records: how nobody gains by abusing them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cases_power import CERTIFICATES, issuance, same_person
from ground import Ground
from support import books
from table import Attempt, case

from kindpakket.holder.key import HolderKey
from kindpakket.holder.orders import HoldOrder
from kindpakket.ledger.ids import new_code, new_id
from kindpakket.ledger.records import Line, TopUp
from kindpakket.ledger.refusals import Refusal
from kindpakket_demo.desk import now
from kindpakket_demo.schemes import PRESET
from kindpakket_demo.wallets import Wallet
from kindpakket_network.programs.wait import until
from patience import PATIENCE

HOUR = 3_600


def hold_order(ground: Ground, wallet: Wallet, seconds: int = HOUR) -> HoldOrder:
    """A hold of ten euros, as a till requests it."""
    expires_at = int(time.time()) + seconds
    return ground.till.shop.hold_order(ground.scheme, wallet.voucher, books(1_000), expires_at=expires_at)


def held(ground: Ground, seconds: int = HOUR) -> str:
    """Place a hold of ten euros on a new voucher, and return its id."""
    wallet = ground.wallet()
    order = hold_order(ground, wallet, seconds)
    payment = ground.till.shop.hold(order, wallet.authorise(order))["id"]
    ground.desk.in_step()
    return payment


@case(1, "shop", "holds money without a holder's proof", "HOLDER_PROOF_MISSING")
def hold_without_proof(ground: Ground) -> Attempt:
    order = hold_order(ground, ground.wallet())
    return lambda: ground.till.shop.hold(order, None)


SIGNED: dict[str, Callable[[HoldOrder], HoldOrder]] = {
    "amount": lambda order: replace(order, lines=tuple(books(2_000))),
    "category": lambda order: replace(order, lines=({"category": "toys", "cents": 1_000},)),
    "expiry": lambda order: replace(order, expires_at=order.expires_at + 60),
    "deadline": lambda order: replace(order, deadline=order.deadline + 1),
    "request": lambda order: replace(order, request_id=new_id()),
}


@case(2, "shop", "changes the {} of a hold that the holder signed", "HOLDER_PROOF_INVALID", each=SIGNED)
def changed_hold(ground: Ground, change: Callable[[HoldOrder], HoldOrder]) -> Attempt:
    wallet = ground.wallet()
    order = hold_order(ground, wallet)
    proof = wallet.authorise(order)
    return lambda: ground.till.shop.hold(change(order), proof)


@case(2, "shop", "pays with what was signed for a hold", "HOLDER_PROOF_INVALID")
def hold_as_payment(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    order = hold_order(ground, wallet)
    proof = wallet.authorise(order)
    payment = ground.till.shop.order(
        ground.scheme, wallet.voucher, books(1_000), request_id=order.request_id, deadline=order.deadline
    )
    return lambda: ground.till.shop.pay(payment, proof)


@case(18, "shop", "captures a released hold", "HOLD_NOT_OPEN")
def captures_released(ground: Ground) -> Attempt:
    payment = held(ground)
    ground.till.shop.release(payment, "out-of-stock")
    ground.desk.in_step()
    return lambda: ground.till.shop.capture(payment, books(1_000))


@case(18, "shop", "captures a hold twice", "HOLD_NOT_OPEN")
def captures_twice(ground: Ground) -> Attempt:
    payment = held(ground)
    ground.till.shop.capture(payment, books(400))
    ground.desk.in_step()
    return lambda: ground.till.shop.capture(payment, books(600))


def held_shortly(ground: Ground, seconds: int, *more: int) -> str:
    """A hold that expires soon; on a slow machine, another one with more time."""
    try:
        return held(ground, seconds)
    except Refusal:
        if not more:
            raise
        return held_shortly(ground, *more)


@case(18, "shop", "captures an expired hold", "HOLD_NOT_OPEN")
def captures_expired(ground: Ground) -> Attempt:
    payment = held_shortly(ground, 3, 30, 120)
    expired = ground.till.shop.payment(payment)["expires_at"]
    assert until(lambda: time.time() > expired + 1 or None, PATIENCE)
    return lambda: ground.till.shop.capture(payment, books(1_000))


@case(
    18,
    "shop",
    "captures {}",
    "HOLD_EXCEEDED",
    each={"more than was held": books(1_001), "another category": [{"category": "toys", "cents": 1}]},
)
def captures_more(ground: Ground, lines: list[Line]) -> Attempt:
    payment = held(ground)
    return lambda: ground.till.shop.capture(payment, lines)


@case(18, "shop", "holds for longer than the scheme allows", "HOLD_NOT_ALLOWED")
def holds_for_ever(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    order = hold_order(ground, wallet, seconds=8 * 24 * HOUR)
    return lambda: ground.till.shop.hold(order, wallet.authorise(order))


@case(18, "municipality", "releases a shop's live hold", "HOLD_LIVE")
def releases_live(ground: Ground) -> Attempt:
    payment = held(ground)
    return lambda: ground.desk.clerk.payments.release(payment, "mistake")


@case(18, "shop", "captures a hold of a voucher that has been blocked since", "VOUCHER_BLOCKED")
def captures_blocked(ground: Ground) -> Attempt:
    payment = held(ground)
    voucher = ground.till.shop.payment(payment)["voucher"]
    ground.desk.clerk.vouchers.block(ground.scheme, voucher, "device-lost")
    ground.desk.in_step()
    return lambda: ground.till.shop.capture(payment, books(1_000))


@case(18, "another shop", "releases a hold without being its holder", "HOLDER_PROOF_INVALID")
def releases_for_nobody(ground: Ground) -> Attempt:
    payment = held(ground)
    voucher = ground.till.shop.payment(payment)["voucher"]
    order = ground.other.shop.release_order(ground.scheme, voucher, payment)
    return lambda: ground.other.shop.release_by_holder(order, HolderKey.generate().authorise(order))


@case(18, "municipality", "revokes a voucher with a live hold", "HOLD_LIVE")
def revokes_held(ground: Ground) -> Attempt:
    voucher = ground.till.shop.payment(held(ground))["voucher"]
    proposed = ground.desk.clerk.vouchers.propose_revocation(ground.scheme, [voucher], "mistake")
    ground.desk.in_step()
    return lambda: ground.desk.manager.decisions.approve(proposed["id"])


@case(17, "other shop", "captures or releases a hold that is not its own", "NOT_YOURS")
def captures_others(ground: Ground) -> Attempt:
    payment = held(ground)
    return lambda: ground.other.shop.capture(payment, books(1_000))


@case(3, "anyone", "blocks a voucher by a code that is not its holder's", "SELF_BLOCK_INVALID")
def blocks_by_guess(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    return lambda: ground.till.shop.self_block(ground.scheme, wallet.voucher, new_code())


def replaced(ground: Ground) -> tuple[Wallet, str]:
    """A voucher for which the clerk proposed another key, and the proposal's id."""
    wallet = ground.wallet()
    bound = HolderKey.generate().replace(ground.desk.clerk.caller.domain, ground.scheme, wallet.voucher, 2)
    voucher = ground.desk.clerk.vouchers.replace(ground.scheme, wallet.voucher, bound, "device-lost")
    ground.desk.in_step()
    return wallet, voucher["replacement"]["id"]


@case(
    11,
    "clerk",
    "approves the new key that the same person proposed, {}",
    "SECOND_PERSON_REQUIRED",
    each=CERTIFICATES,
)
def approves_own_replacement(ground: Ground, how: str) -> Attempt:
    alone = same_person(ground, how)
    wallet, change = replaced(ground)
    return lambda: alone.vouchers.approve_replacement(ground.scheme, wallet.voucher, change)


@case(11, "issuer", "has another key approved than the approver saw", "CHANGE_NOT_FOUND")
def approves_unseen(ground: Ground) -> Attempt:
    wallet, seen = replaced(ground)
    other = HolderKey.generate().replace(ground.desk.clerk.caller.domain, ground.scheme, wallet.voucher, 2)
    ground.desk.clerk.vouchers.replace(ground.scheme, wallet.voucher, other, "device-lost")
    ground.desk.in_step()
    return lambda: ground.desk.manager.vouchers.approve_replacement(ground.scheme, wallet.voucher, seen)


@case(3, "issuer", "binds a booklet again that a key has replaced", "AUTHORISATION_USED")
def binds_used_booklet(ground: Ground) -> Attempt:
    wallet, desk = ground.booklet(), ground.desk
    domain = desk.clerk.caller.domain
    ground.paid(wallet)
    key = HolderKey.generate().replace(domain, ground.scheme, wallet.voucher, 2)
    waiting = desk.clerk.vouchers.replace(ground.scheme, wallet.voucher, key, "paper-lost")
    desk.in_step()
    desk.manager.vouchers.approve_replacement(ground.scheme, wallet.voucher, waiting["replacement"]["id"])
    desk.in_step()
    again = wallet.authority.replace(domain, ground.scheme, wallet.voucher, 3)
    return lambda: desk.clerk.vouchers.replace(ground.scheme, wallet.voucher, again, "found")


@case(3, "issuer", "binds the booklet of one voucher to another as well", "AUTHORISATION_USED")
def binds_booklet_twice(ground: Ground) -> Attempt:
    wallet, other = ground.booklet(), ground.wallet()
    domain = ground.desk.clerk.caller.domain
    twice = wallet.authority.replace(domain, ground.scheme, other.voucher, 2)
    return lambda: ground.desk.clerk.vouchers.replace(ground.scheme, other.voucher, twice, "found")


@case(7, "shop", "charges a voucher whose key is being replaced", "VOUCHER_BLOCKED")
def pays_meanwhile(ground: Ground) -> Attempt:
    wallet, _ = replaced(ground)
    order = ground.order(wallet)
    return lambda: ground.till.shop.pay(order, wallet.authorise(order))


@case(2, "holder", "pays with a key that was replaced", "HOLDER_PROOF_INVALID")
def pays_with_old_key(ground: Ground) -> Attempt:
    wallet, change = replaced(ground)
    ground.desk.manager.vouchers.approve_replacement(ground.scheme, wallet.voucher, change)
    ground.desk.in_step()
    order = ground.till.shop.order(ground.scheme, wallet.voucher, books(1_000), version=2)
    return lambda: ground.till.shop.pay(order, wallet.authorise(order))


@case(11, "clerk", "approves the {} that the same person proposed", "SECOND_PERSON_REQUIRED", each={
    "budget": lambda ground: ground.desk.clerk.schemes.propose_budget(ground.scheme, 1_000, "more-children"),
    "rules": lambda ground: ground.desk.clerk.schemes.propose_rules(
        ground.scheme, ground.town.scheme.rules, "all", "council-decision"
    ),
    "closing": lambda ground: ground.desk.clerk.schemes.propose_closing(ground.scheme, "council-decision"),
})  # fmt: skip
def approves_own_change(ground: Ground, propose: Callable[[Ground], Any]) -> Attempt:
    alone, change = same_person(ground, "again"), propose(ground)["id"]
    ground.desk.in_step()
    return lambda: alone.schemes.approve_change(ground.scheme, change)


@case(10, "issuer", "asks for a budget below what is allocated", "BUDGET_EXCEEDED")
def proposes_too_small_a_budget(ground: Ground) -> Attempt:
    left = ground.desk.clerk.schemes.show(ground.scheme)["budget"]["unallocated_cents"]
    return lambda: ground.desk.clerk.schemes.propose_budget(ground.scheme, -left - 1, "fewer-children")


@case(10, "approver", "shrinks a budget below what was allocated meanwhile", "BUDGET_EXCEEDED")
def shrinks_too_far(ground: Ground) -> Attempt:
    draft = ground.desk.clerk.schemes.draft(ground.props.rules(), 1_000)["id"]
    ground.desk.in_step()
    ground.desk.manager.schemes.approve(draft)
    ground.desk.in_step()
    less = ground.desk.clerk.schemes.propose_budget(draft, -1_000, "fewer-children")["id"]
    ground.issuing(issuance(), scheme=draft, cents=1)  # has one cent allocated
    ground.desk.in_step()
    return lambda: ground.desk.manager.schemes.approve_change(draft, less)


@case(10, "issuer", "tops up above the scheme's budget", "BUDGET_EXCEEDED")
def tops_up_too_much(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    budget = ground.desk.clerk.schemes.show(ground.scheme)["budget"]
    units = budget["unallocated_cents"] // ground.town.scheme.rules["presets"][PRESET] + 1
    top_up: TopUp = {"voucher": wallet.voucher, "entitlement": new_id(), "preset": PRESET, "units": units}
    return lambda: ground.topping_up(top_up)


@case(11, "issuer", "tops up twice for one entitlement", "ALREADY_ISSUED")
def tops_up_twice(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    top_up: TopUp = {"voucher": wallet.voucher, "entitlement": new_id(), "preset": PRESET, "units": 1}
    once, again = ground.topping_up(top_up), ground.topping_up(top_up)
    once()
    ground.desk.in_step()
    return again


@case(10, "issuer", "lets a voucher lapse that can be spent", "LAPSE_NOT_DUE")
def lapses_early(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    return lambda: ground.desk.clerk.vouchers.lapse(ground.scheme, [wallet.voucher], "mistake")


@case(19, "shop", "drafts the settlement of another shop", "NOT_YOURS")
def drafts_for_others(ground: Ground) -> Attempt:
    request = {"scheme": ground.scheme, "shop": ground.other.shop.shop_id}
    return lambda: ground.till.shop.caller.invoke("settlement:Draft", request)


@case(19, "shop", "is paid on an account that nobody approved", "ROLE_REQUIRED")
def approves_own_account(ground: Ground) -> Attempt:
    changed = ground.till.shop.registration.change_account(
        "another-bank", iban="NL02ABNA0123456789", holder="Winkel", kvk="12345678", contact="administratie"
    )
    ground.desk.in_step()
    request = {"shop": ground.till.shop.shop_id, "change": changed["account_change"]["id"]}
    return lambda: ground.till.shop.caller.invoke("shop:ApproveAccount", request)


@case(30, "anyone", "sends a request that was voided", "REQUEST_VOID")
def sends_voided(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    order = ground.order(wallet)
    ground.till.shop.requests.void(order.request_id)
    ground.desk.in_step()
    return lambda: ground.till.shop.pay(order, wallet.authorise(order))


@case(30, "anyone", "voids a payment that was committed", "REQUEST_COMMITTED")
def voids_committed(ground: Ground) -> Attempt:
    payment = ground.paid(ground.wallet())
    return lambda: ground.till.shop.requests.void(payment)


@case(16, "issuer", "has a case purged {}", "ERASURE_NOT_DUE", each={"before its term": "retention"})
def purges_early(ground: Ground, reason: str) -> Attempt:
    wallet = ground.wallet()
    return lambda: ground.desk.clerk.erasures.order(
        "citizens", [wallet.voucher], reason, scheme=ground.scheme
    )


@case(16, "clerk", "approves the erasure that the same person ordered", "SECOND_PERSON_REQUIRED")
def approves_own_erasure(ground: Ground) -> Attempt:
    alone, wallet = same_person(ground, "again"), ground.wallet()
    ordered = ground.desk.clerk.erasures.order("citizens", [wallet.voucher], "request", scheme=ground.scheme)
    ground.desk.in_step()
    return lambda: alone.erasures.approve(ordered["id"])


@case(16, "clerk", "purges what nobody approved", "ERASURE_STATE")
def purges_alone(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    ordered = ground.desk.clerk.erasures.order("citizens", [wallet.voucher], "request", scheme=ground.scheme)
    ground.desk.in_step()
    return lambda: ground.desk.clerk.erasures.purge(ordered["id"])


@case(8, "shop", "closes a day of a scheme", "ROLE_REQUIRED")
def shop_closes_day(ground: Ground) -> Attempt:
    request = {"scheme": ground.scheme, "day": now().date().isoformat()}
    return lambda: ground.till.shop.caller.invoke("scheme:CloseDay", request)
