"""Payments that the holder did not authorise: no proof, another payment's proof, a used page."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from ground import Ground
from table import Attempt, case

from kindpakket.holder.booklet import Booklet
from kindpakket.holder.orders import MAX_DEADLINE, PaymentOrder
from kindpakket.ledger.ids import new_id
from kindpakket.ledger.records import Line
from kindpakket_demo.wallets import Wallet

BOOKS: tuple[Line, ...] = ({"category": "books", "cents": 2_000},)
TWO: tuple[Line, ...] = ({"category": "books", "cents": 1_000}, {"category": "toys", "cents": 500})


@case(
    1,
    "shop",
    "takes a payment without a proof of the holder of {}",
    "HOLDER_PROOF_MISSING",
    each={"a key": False, "a booklet": True},
)
def without_proof(ground: Ground, paper: bool) -> Attempt:
    wallet = ground.booklet() if paper else ground.wallet()
    order = ground.order(wallet)
    return lambda: ground.till.shop.pay(order, None)


@case(1, "shop", "looks at what a voucher holds without its holder", "HOLDER_PROOF_MISSING")
def looks_without_proof(ground: Ground) -> Attempt:
    shop = ground.till.shop
    order = shop.allowance_order(ground.scheme, ground.wallet().voucher)
    return lambda: shop.allowance(order, None)


SIGNED: dict[str, Callable[[PaymentOrder], PaymentOrder]] = {
    "the amount": lambda order: replace(order, lines=BOOKS),
    "the category": lambda order: replace(order, lines=({"category": "toys", "cents": 1_000},)),
    "the number of lines": lambda order: replace(
        order, lines=(*order.lines, {"category": "toys", "cents": 1})
    ),
    "the deadline": lambda order: replace(order, deadline=order.deadline + 1),
    "the request": lambda order: replace(order, request_id=new_id()),
}


@case(2, "shop", "changes {} that the holder signed", "HOLDER_PROOF_INVALID", each=SIGNED)
def other_than_signed(ground: Ground, change: Callable[[PaymentOrder], PaymentOrder]) -> Attempt:
    wallet = ground.wallet()
    order = ground.order(wallet)
    proof = wallet.authorise(order)
    return lambda: ground.till.shop.pay(change(order), proof)


@case(2, "shop", "charges at itself what the holder signed for another shop", "HOLDER_PROOF_INVALID")
def for_another_shop(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    order = ground.order(wallet)
    proof = wallet.authorise(order)
    shop = ground.other.shop
    return lambda: shop.pay(replace(order, shop=shop.shop_id), proof)


@case(2, "shop", "charges another voucher than the holder signed for", "HOLDER_PROOF_INVALID")
def for_another_voucher(ground: Ground) -> Attempt:
    signed, charged = ground.wallet(), ground.wallet()
    order = ground.order(signed)
    proof = signed.authorise(order)
    return lambda: ground.till.shop.pay(replace(order, voucher=charged.voucher), proof)


@case(2, "shop", "turns the order of the lines round that the holder signed", "HOLDER_PROOF_INVALID")
def other_order_of_lines(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    order = replace(ground.order(wallet), lines=TWO)
    proof = wallet.authorise(order)
    return lambda: ground.till.shop.pay(replace(order, lines=TWO[::-1]), proof)


@case(2, "shop", "gives another version of the authorisation than the voucher has", "HOLDER_PROOF_INVALID")
def other_version(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    order = replace(ground.order(wallet), version=2)
    return lambda: ground.till.shop.pay(order, wallet.authorise(order))


@case(
    2,
    "shop",
    "uses the holder's agreement {}",
    "HOLDER_PROOF_EXPIRED",
    each={"after its deadline": -1, "long before its deadline": MAX_DEADLINE + 300},
)
def outside_its_time(ground: Ground, seconds: int) -> Attempt:
    wallet = ground.wallet()
    order = replace(ground.order(wallet), deadline=int(time.time()) + seconds)
    return lambda: ground.till.shop.pay(order, wallet.authorise(order))


@case(3, "shop", "uses a booklet's page twice", "HOLDER_PROOF_INVALID")
def page_again(ground: Ground) -> Attempt:
    wallet = ground.booklet()
    ground.paid(wallet)
    order = ground.order(wallet)
    return lambda: ground.till.shop.pay(order, wallet.authorise_again(order))


@case(3, "shop", "looks at a voucher with a page that has paid", "HOLDER_PROOF_INVALID")
def looks_with_a_used_page(ground: Ground) -> Attempt:
    wallet, shop = ground.booklet(), ground.till.shop
    ground.paid(wallet)
    order = shop.allowance_order(ground.scheme, wallet.voucher)
    proof = booklet_of(wallet).page(wallet.last_page).authorise(order)
    return lambda: shop.allowance(order, proof)


def booklet_of(wallet: Wallet) -> Booklet:
    assert isinstance(wallet.authority, Booklet)
    return wallet.authority


@case(3, "shop", "uses a page before one that was used", "HOLDER_PROOF_INVALID")
def page_before(ground: Ground) -> Attempt:
    wallet = ground.booklet()
    wallet.last_page = 2
    ground.paid(wallet)
    order = ground.order(wallet)
    return lambda: ground.till.shop.pay(order, booklet_of(wallet).page(2).authorise(order))


@case(3, "shop", "pays with the page that activated the booklet", "HOLDER_PROOF_INVALID")
def activation_page(ground: Ground) -> Attempt:
    wallet = ground.booklet()
    order = ground.order(wallet)
    return lambda: ground.till.shop.pay(order, booklet_of(wallet).page(0).authorise(order))


@case(3, "shop", "pays with a page of another booklet", "HOLDER_PROOF_INVALID")
def foreign_page(ground: Ground) -> Attempt:
    wallet, another = ground.booklet(), ground.booklet()
    order = ground.order(wallet)
    return lambda: ground.till.shop.pay(order, another.authorise(order))


@case(3, "shop", "passes a used page off as a later one", "HOLDER_PROOF_INVALID")
def renumbered_page(ground: Ground) -> Attempt:
    wallet = ground.booklet()
    ground.paid(wallet)
    order = ground.order(wallet)
    proof = wallet.authorise_again(order)
    return lambda: ground.till.shop.pay(order, {**proof, "page": wallet.last_page + 1})
