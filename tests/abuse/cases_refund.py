"""Refunds above the limit of a shop: who tries to do without a second person of it."""

from __future__ import annotations

from collections.abc import Callable

from ground import Ground
from support import books, with_key
from table import Attempt, by_name, case

from kindpakket.shop import Shop
from kindpakket_demo.desk import SHOPS, Till, now

LIMIT = 500


def person(ground: Ground, name: str, role: str = "cashier", pseudonym: str | None = None) -> Shop:
    """A person of the shop that wants a second one for refunds above its limit."""
    shop_id = ground.props.strict.shop.shop_id
    pseudonym = pseudonym or f"p-{name}"
    contract = ground.props.user(SHOPS, f"strict-{name}", role=role, person=pseudonym, shop=shop_id)
    return Shop(contract, shop_id)


def acquirer(ground: Ground) -> Shop:
    """The acquirer of that shop."""
    shop = ground.props.strict.shop
    if "p-strict-acquirer" not in shop.registration.show().get("acquirers", []):
        shop.registration.mandate("p-strict-acquirer", "contract")
        ground.desk.in_step()
    contract = ground.props.user(SHOPS, "strict-acquirer", role="acquirer", person="p-strict-acquirer")
    return Shop(contract, shop.shop_id, till="kassa-1")


def paid(ground: Ground) -> str:
    """A payment of 2 000 cents to that shop, of a voucher that is watched."""
    till: Till = ground.props.strict
    wallet = ground.watch(ground.wallet(), None, till)
    order = ground.order(wallet, 2_000, till=till)
    till.shop.pay(order, wallet.authorise(order))
    ground.desk.in_step()
    return order.request_id


def asked(ground: Ground, by: Shop, payment: str | None = None, cents: int = 1_000) -> str:
    """A refund above the limit that somebody asked for."""
    refund = by.refund(payment or paid(ground), books(cents), "returned-goods")
    assert refund.get("state") == "asked", refund
    ground.desk.in_step()
    return refund["id"]


@case(
    11,
    "shopkeeper",
    "confirms a refund that the same person asked for, with {} certificate",
    "SECOND_PERSON_REQUIRED",
    each=by_name("the same", "a second"),
)
def confirms_alone(ground: Ground, certificate: str) -> Attempt:
    shop = ground.props.strict.shop
    refund = asked(ground, shop)
    shopkeeper = f"p-{shop.shop_id[:8]}"
    again = shop if certificate == "the same" else person(ground, "again", pseudonym=shopkeeper)
    return lambda: again.confirm_refund(refund)


@case(17, "till", "confirms a refund that another till of the shop asked for", "ROLE_REQUIRED")
def two_tills(ground: Ground) -> Attempt:
    refund = asked(ground, person(ground, "till-1"))
    return lambda: person(ground, "till-2").confirm_refund(refund)


@case(
    23,
    "acquirer with a mandate",
    "confirms a refund that {} asked for",
    "ROLE_REQUIRED",
    each=by_name("a till", "it"),
)
def acquirer_confirms(ground: Ground, by: str) -> Attempt:
    hosted = acquirer(ground)
    refund = asked(ground, hosted if by == "it" else person(ground, "till-1"))
    return lambda: hosted.confirm_refund(refund)


@case(23, "shop B", "{} a refund that shop A asked for", "NOT_YOURS", each=by_name("confirms", "rejects"))
def another_shop(ground: Ground, step: str) -> Attempt:
    refund, shop = asked(ground, person(ground, "till-1")), ground.other.shop
    return {
        "confirms": lambda: shop.confirm_refund(refund),
        "rejects": lambda: shop.reject_refund(refund, "not-agreed"),
    }[step]


@case(17, "shopkeeper", "confirms a refund twice", "REFUND_STATE")
def confirms_twice(ground: Ground) -> Attempt:
    refund = asked(ground, person(ground, "till-1"))
    ground.props.strict.shop.confirm_refund(refund)
    ground.desk.in_step()
    return lambda: ground.props.strict.shop.confirm_refund(refund)


@case(17, "shopkeeper", "confirms refunds of more than was paid", "REFUND_EXCEEDS_PAYMENT")
def confirms_too_much(ground: Ground) -> Attempt:
    payment, till = paid(ground), person(ground, "till-1")
    first, second = (asked(ground, till, payment, 1_500) for _ in range(2))
    ground.props.strict.shop.confirm_refund(first)
    ground.desk.in_step()
    return lambda: ground.props.strict.shop.confirm_refund(second)


@case(17, "shopkeeper", "confirms after the term of the scheme, and once more as it waits", "REFUND_STATE")
def confirms_late(ground: Ground) -> Attempt:
    desk, till, shop = ground.desk, person(ground, "till-1"), ground.props.strict.shop
    scheme = ground.props.opened_scheme(30_000, refund_days=0)
    wallet = ground.watch(with_key(desk, scheme), scheme, ground.props.strict)
    order = ground.order(wallet, 2_000, till=ground.props.strict, scheme=scheme)
    shop.pay(order, wallet.authorise(order))
    desk.in_step()
    refund = asked(ground, till, order.request_id)
    desk.clerk.schemes.close_day(scheme, now().date())
    desk.in_step()
    confirmed = shop.confirm_refund(refund)
    assert (confirmed["state"], confirmed["waits"]) == ("waiting", "term")
    desk.in_step()
    return lambda: shop.confirm_refund(refund)


@case(17, "till", "refunds in small parts, and another till confirms what exceeds the limit", "ROLE_REQUIRED")
def in_small_parts(ground: Ground) -> Attempt:
    payment, till = paid(ground), person(ground, "till-1")
    for _ in range(2):
        assert "state" not in till.refund(payment, books(LIMIT // 2), "returned-goods")
        ground.desk.in_step()
    rest = asked(ground, till, payment, 1)
    return lambda: person(ground, "till-2").confirm_refund(rest)


@case(
    17,
    "till",
    "{} the limit of its shop",
    "ROLE_REQUIRED",
    each={"raises": 100_000, "lifts": None},
)
def till_lifts(ground: Ground, cents: int | None) -> Attempt:
    shop, till = ground.props.strict.shop, person(ground, "till-1")
    ground.look("the limit", lambda: shop.registration.show().get("refund_alone_cents"))
    return lambda: till.registration.limit_refunds(cents)


@case(23, "shop B", "lifts the limit of shop A", "NOT_YOURS")
def another_lifts(ground: Ground) -> Attempt:
    shop = Shop(ground.other.shop.caller.contract, ground.props.strict.shop.shop_id)
    return lambda: shop.registration.limit_refunds(None)


def of_the_shop(ground: Ground) -> dict[str, Callable[[str], object]]:
    """What the municipality attempts with a refund that is the shop's to confirm."""
    desk = ground.desk
    return {
        "clerk would endorse": desk.clerk.payments.endorse_refund,
        "approver would approve": desk.manager.payments.approve_refund,
        "clerk would reject": lambda refund: desk.clerk.payments.reject_refund(refund, "not-agreed"),
        "approver would reject": lambda refund: desk.manager.payments.reject_refund(refund, "not-agreed"),
    }


CODES = {
    "clerk would endorse": "REFUND_STATE",
    "approver would approve": "REFUND_STATE",
    "clerk would reject": "ROLE_REQUIRED",
    "approver would reject": "SHOP_STATE",
}


@case(
    17,
    "{}",
    "a refund that the shop has yet to confirm",
    "REFUND_STATE",
    each={name: (name, code) for name, code in CODES.items()},
)
def municipality_decides(ground: Ground, step: str) -> Attempt:
    refund = asked(ground, person(ground, "till-1"))
    return lambda: of_the_shop(ground)[step](refund)
