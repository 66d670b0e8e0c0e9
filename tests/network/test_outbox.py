"""Tills that pay through an outbox are killed: each payment has exactly one valid transaction on the ledger.

The chaincode itself counts a request id once. So the tests count transactions, and not only cents.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from random import Random

from outbox_tills import TRANSACTION, Desk, Payment, pay, pay_all, pay_one
from support import Town

import killing
from fabric_gateway import Outbox
from fabric_gateway.blocks import Block
from kindpakket_demo.desk import CHAINCODE, SHOPS
from kindpakket_demo.wallets import Wallet

CENTS = 1_000
FULL = 30_000
INSTANTS_OF_A_PAYMENT = 15
ROW = 30


def till_desk(town: Town, outbox: Path) -> Desk:
    """The desk of the town's till."""
    network, till = town.desk.network, town.till
    return Desk(outbox, network.profile(SHOPS), network.user(SHOPS, till.user), town.desk.channel, CHAINCODE)


def payment_of(town: Town, wallet: Wallet) -> Payment:
    """A payment that the wallet's holder authorised."""
    order = town.order(wallet, CENTS)
    return Payment(order.request_id, json.dumps(order.request(wallet.authorise(order))))


def transactions_of(town: Town, start: int, payments: Iterable[Payment]) -> dict[str, list[str]]:
    """For each payment, the ids of its valid transactions in the blocks from `start` on."""
    ledger = town.desk.ledger(SHOPS, "admin")
    ids: dict[str, list[str]] = {payment.request_id: [] for payment in payments}
    for message in ledger.blocks(start, ledger.ledger_height() - 1):
        for transaction in Block.decode(message).transactions:
            if transaction.valid and transaction.function == TRANSACTION:
                request_id = json.loads(transaction.arguments[0])["request_id"]
                ids.get(request_id, []).append(transaction.transaction_id)
    return ids


def test_a_till_killed_at_any_instant_has_paid_once_or_pays_when_it_resumes(
    town: Town, tmp_path: Path
) -> None:
    start = town.desk.ledger(SHOPS, "admin").ledger_height()
    before = counted(town)
    paid: dict[str, Payment] = {}
    wallets: list[Wallet] = []
    transactions: dict[str, str] = {}
    for instant in count():
        wallet = next(town.keys)
        payment = payment_of(town, wallet)
        desk = till_desk(town, tmp_path / f"{instant}.db")
        finished = killing.run_and_die(instant, pay_one, desk, payment)
        with Outbox(desk.outbox) as outbox, desk.connect() as gateway:
            resumed = list(outbox.resume(gateway))
            assert [request.error for request in resumed] == [None] * len(resumed)
            assert outbox.pending() == ()
            answer = json.loads(pay(outbox, gateway, desk, payment))
            entry = outbox.get(payment.request_id)
        assert answer["id"] == payment.request_id
        assert entry is not None
        paid[payment.request_id], transactions[payment.request_id] = payment, entry.transaction_id
        wallets.append(wallet)
        if finished:
            break
    assert instant >= INSTANTS_OF_A_PAYMENT
    committed = transactions_of(town, start, paid.values())
    assert committed == {request_id: [transactions[request_id]] for request_id in paid}
    assert counted(town) == before + CENTS * len(paid)
    assert {town.available(wallet) for wallet in wallets} == {FULL - CENTS}


def test_a_till_killed_at_random_times_pays_its_row_once_each(town: Town, tmp_path: Path) -> None:
    """The till does not know how far it got: it starts with the first payment every time."""
    start, seed = town.desk.ledger(SHOPS, "admin").ledger_height(), Random(4)
    before = counted(town)
    payments = [payment_of(town, next(town.keys)) for _ in range(ROW)]
    desk = till_desk(town, tmp_path / "outbox.db")
    deaths = 0
    while True:
        process = killing.running(pay_all, desk, payments)
        process.join(seed.uniform(0.2, 0.6) * (1 + deaths / 10))  # longer each time, for slow machines
        if process.exitcode is not None:
            break
        process.kill()
        process.join()
        deaths += 1
    assert process.exitcode == 0
    assert deaths > 1
    with Outbox(desk.outbox) as outbox:
        kept = {payment.request_id: outbox.get(payment.request_id) for payment in payments}
    committed = transactions_of(town, start, payments)
    assert committed == {request_id: [entry.transaction_id] for request_id, entry in kept.items() if entry}
    assert len(committed) == ROW
    assert counted(town) == before + CENTS * ROW


def counted(town: Town) -> int:
    """What was spent at the shop according to its statement, in cents."""
    town.desk.in_step()
    return town.till.shop.settlements.statement(town.scheme.id)["sums"]["unsettled_cents"]
