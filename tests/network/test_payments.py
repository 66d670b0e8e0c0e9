"""Payments on real peers: what counts, and how often."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from support import Town, identity_of

from fabric_gateway import Profile, aio
from kindpakket.ledger.refusals import IdempotencyConflict
from kindpakket_demo.desk import CHAINCODE, CHANNEL, SHOPS
from kindpakket_demo.wallets import Wallet

FULL = 30_000
AT_ONCE = 200


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


def test_two_hundred_vouchers_pay_at_one_shop_at_once_without_a_conflict(town: Town) -> None:
    """No payment writes what another voucher's payment reads: all are endorsed before any is ordered."""
    network, till = town.desk.network, town.till
    profile = Profile.load(network.profile(SHOPS))
    calls = []
    for wallet in [next(town.keys) for _ in range(AT_ONCE)]:
        order = town.order(wallet)
        calls.append(json.dumps(order.request(wallet.authorise(order))))

    async def pay_all() -> list[str]:
        async with aio.connect(profile, identity_of(network, SHOPS, till.user)) as gateway:
            contract = gateway.network(CHANNEL).contract(CHAINCODE)
            proposals = [contract.proposal("payment:Pay", call) for call in calls]
            endorsed = await asyncio.gather(*(proposal.endorse() for proposal in proposals))
            submitted = await asyncio.gather(*(transaction.submit() for transaction in endorsed))
            statuses = await asyncio.gather(*(commit.status() for commit in submitted))
            return [status.code for status in statuses]

    assert asyncio.run(pay_all()) == ["VALID"] * AT_ONCE
