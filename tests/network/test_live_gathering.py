"""Payments that are gathered into batches on real peers: each has the outcome that it has alone, once."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from support import Town, identity_of

from fabric_gateway import FabricError, Profile, aio
from fabric_gateway.blocks import Block
from kindpakket.auditor import Auditor
from kindpakket.holder.key import HolderKey
from kindpakket.holder.orders import PaymentOrder
from kindpakket.ledger.events import single_events
from kindpakket.ledger.records import Payment
from kindpakket.ledger.refusals import HolderProofInvalid, InsufficientBalance, Refusal
from kindpakket.shop import aio as asynchronous
from kindpakket_demo.desk import AUDITOR, CHAINCODE, CHANNEL, SHOPS
from kindpakket_demo.wallets import Wallet
from patience import PATIENCE

FULL = 30_000
CENTS = 1_000
SINGLE, ON_ONE, TWICE, FORGED = 200, 40, 20, 20
"""Of 300 payments: of a voucher each, on one voucher, sent twice, and signed by nobody who may."""

Attempt = Callable[[], Payment]


def outcome(attempt: Attempt) -> Payment | Exception:
    try:
        return attempt()
    except (FabricError, Refusal) as error:
        return error


def at_once(attempts: Sequence[Attempt]) -> list[Payment | Exception]:
    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(outcome, attempts))


def in_batches(town: Town, since: int) -> Counter[str]:
    """How many valid transactions of each kind the shop made since a block."""
    ledger = town.desk.ledger(AUDITOR, "auditor")
    found: Counter[str] = Counter()
    for block in map(Block.decode, ledger.blocks(since, ledger.ledger_height() - 1)):
        found.update(each.function for each in block.transactions if each.valid and each.function)
    return found


def test_three_hundred_at_once_have_the_outcomes_of_single_payments(town: Town) -> None:
    desk = town.desk
    desk.in_step()
    since = desk.ledger(AUDITOR, "auditor").ledger_height()
    wallets = [next(town.keys) for _ in range(SINGLE + TWICE + FORGED + 1)]
    shared, stranger = wallets[-1], HolderKey.generate()
    calls: list[tuple[PaymentOrder, Any]] = []
    for wallet in wallets[:SINGLE]:
        order = town.order(wallet, CENTS)
        calls.append((order, wallet.authorise(order)))
    for _ in range(ON_ONE):
        order = town.order(shared, CENTS)
        calls.append((order, shared.authorise(order)))
    for wallet in wallets[SINGLE : SINGLE + TWICE]:
        order = town.order(wallet, CENTS)
        calls += [(order, wallet.authorise(order))] * 2
    for wallet in wallets[SINGLE + TWICE : -1]:
        order = town.order(wallet, CENTS)
        calls.append((order, stranger.authorise(order)))

    with town.till.shop.gathering() as shop:
        outcomes = at_once([lambda call=call: shop.pay(*call) for call in calls])  # type: ignore[misc]

    paid = outcomes[:SINGLE]
    assert [each["id"] for each in paid if not isinstance(each, Exception)] == [
        order.request_id for order, _ in calls[:SINGLE]
    ]
    one = outcomes[SINGLE : SINGLE + ON_ONE]
    poor = [each for each in one if isinstance(each, Exception)]
    assert [type(each) for each in poor] == [InsufficientBalance] * (ON_ONE - FULL // CENTS)
    doubles = outcomes[SINGLE + ON_ONE : -FORGED]
    assert not [each for each in doubles if isinstance(each, Exception)]
    assert doubles[::2] == doubles[1::2]
    assert [type(each) for each in outcomes[-FORGED:]] == [HolderProofInvalid] * FORGED

    balances = [town.available(wallet) for wallet in (*wallets[:5], shared, *wallets[SINGLE : SINGLE + 5])]
    assert balances == [FULL - CENTS] * 5 + [0] + [FULL - CENTS] * 5
    made = in_batches(town, since)
    assert made["payment:Batch"] >= 2
    assert made.total() < len(calls) / 4, made
    _events_are_single(town, since, SINGLE + FULL // CENTS + TWICE)
    _audit_agrees(town)


def _events_are_single(town: Town, since: int, taken: int) -> None:
    ledger = town.desk.ledger(AUDITOR, "auditor")
    payments = []
    with ledger.chaincode_events(CHAINCODE, start_block=since) as events:
        for event in events:
            payments += [each for each in single_events(event) if each.name == "PaymentTaken"]
            if len(payments) >= taken:
                break
    assert len(payments) == taken
    assert all(b'"voucher"' in each.payload for each in payments)


def _audit_agrees(town: Town) -> None:
    ledger = town.desk.ledger(AUDITOR, "auditor")
    town.desk.in_step()
    audit = Auditor(ledger.contract(CHAINCODE), ledger, signatures=False).verify()
    assert [str(each) for each in audit.findings if each.kind == "error"] == []


def test_with_asyncio_and_refunds_of_what_was_just_paid(town: Town) -> None:
    network, till = town.desk.network, town.till
    profile = Profile.load(network.profile(SHOPS))
    wallets = [next(town.keys) for _ in range(50)]

    async def sell() -> list[Any]:
        async with aio.connect(profile, identity_of(network, SHOPS, till.user)) as gateway:
            plain = asynchronous.Shop(gateway.network(CHANNEL).contract(CHAINCODE), till.shop.shop_id)
            async with plain.gathering() as shop:

                async def buy_and_return(wallet: Wallet) -> Any:
                    order = town.order(wallet, CENTS)
                    payment = await shop.pay(order, wallet.authorise(order))
                    lines = [{"category": "books", "cents": 400}]
                    return await shop.refund(payment["id"], lines, "returned")  # type: ignore[arg-type]

                return await asyncio.gather(*map(buy_and_return, wallets))

    refunds = asyncio.run(sell())
    assert [refund["cents"] for refund in refunds] == [400] * 50
    assert {town.available(wallet) for wallet in wallets[:10]} == {FULL - 600}


@pytest.mark.alone
def test_a_peer_that_is_killed_meanwhile_loses_and_doubles_nothing(town: Town) -> None:
    network = town.desk.network
    peer = "peer0.winkels"
    wallets = [next(town.keys) for _ in range(100)]
    orders = [town.order(wallet, CENTS) for wallet in wallets]
    proofs = [wallet.authorise(order) for wallet, order in zip(wallets, orders, strict=True)]
    answered = threading.Semaphore(0)

    with town.till.shop.gathering() as shop:

        def pay(call: tuple[PaymentOrder, Any]) -> Payment | Exception:
            try:
                return outcome(lambda: shop.pay(*call))
            finally:
                answered.release()

        with ThreadPoolExecutor(100) as pool:
            first = list(pool.map(pay, zip(orders[:5], proofs[:5], strict=True)))
            assert not [each for each in first if isinstance(each, Exception)]
            rest = [pool.submit(pay, call) for call in zip(orders[5:], proofs[5:], strict=True)]
            assert all(answered.acquire(timeout=PATIENCE) for _ in range(len(first) + 1))
            assert network.stop(peer, signal.SIGKILL)
            network.start(peer)
            outcomes = [*first, *(each.result() for each in rest)]
        failed = [number for number, each in enumerate(outcomes) if isinstance(each, Exception)]
        assert all(isinstance(outcomes[number], FabricError) for number in failed), outcomes
        # Whoever got no answer sends the same request again, as the documentation says.
        for number in failed:
            outcomes[number] = shop.pay(orders[number], proofs[number])
    assert [each["id"] for each in outcomes if not isinstance(each, Exception)] == [
        order.request_id for order in orders
    ]
    assert {town.available(wallet) for wallet in wallets} == {FULL - CENTS}
