"""Payments on real peers: what counts, and how often."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from support import Town

from kindpakket.refusals import IdempotencyConflict
from kindpakket_demo.desk import SHOPS
from kindpakket_demo.wallets import Wallet

FULL = 30_000


def test_a_resent_payment_counts_once(town: Town, wallet: Wallet) -> None:
    order = town.order(wallet)
    first = town.till.shop.pay(order, wallet.authorise(order))
    again = town.till.shop.pay(order, wallet.authorise(order))
    assert first == again
    assert town.available(wallet) == FULL - order.cents


def test_a_payment_sent_twice_at_the_same_time_counts_once(town: Town, booklet: Wallet) -> None:
    order = town.order(booklet)
    proof = booklet.authorise(order)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: town.till.shop.pay(order, proof), range(4)))
    assert all(answer == answers[0] for answer in answers)
    assert town.available(booklet) == FULL - order.cents


def test_a_request_id_with_other_content_is_a_conflict(town: Town, wallet: Wallet) -> None:
    order = town.order(wallet)
    town.till.shop.pay(order, wallet.authorise(order))
    other = replace(order, lines=({"category": "books", "cents": 2_000},))
    with pytest.raises(IdempotencyConflict):
        town.till.shop.pay(other, wallet.authorise(other))
    assert town.available(wallet) == FULL - order.cents


def test_many_vouchers_pay_at_one_shop_without_a_conflict(town: Town) -> None:
    """No payment writes a key that another voucher's payment reads."""
    contract = town.desk.contract(SHOPS, town.till.user)

    def pay(wallet: Wallet) -> str:
        order = town.order(wallet)
        request = json.dumps(order.request(wallet.authorise(order)))
        return contract.submit_async("payment:Pay", request).status().code

    with ThreadPoolExecutor(20) as pool:
        codes = list(pool.map(pay, [next(town.keys) for _ in range(100)]))
    assert codes == ["VALID"] * 100
