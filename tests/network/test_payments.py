"""Payments on real peers: what counts, and what moves no value."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from support import Town, identity_of, through

from kindpakket.fabric import CommitError, Profile, aio
from kindpakket.refusals import (
    HolderProofInvalid,
    HolderProofMissing,
    IdempotencyConflict,
    InsufficientBalance,
    NotYours,
    VoucherBlocked,
)
from kindpakket.shop import Shop
from kindpakket_demo.desk import CHAINCODE, CHANNEL, MUNICIPALITY, SHOPS
from kindpakket_demo.wallets import Wallet

FULL = 30_000
AT_ONCE = 200


def mspids(town: Town, *organisations: str) -> list[str]:
    return [Profile.load(town.desk.network.profile(each)).mspid for each in organisations]


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


def test_the_holder_must_have_agreed_to_exactly_this(town: Town, wallet: Wallet, booklet: Wallet) -> None:
    order = town.order(wallet)
    with pytest.raises(HolderProofMissing):
        town.till.shop.pay(order, None)
    with pytest.raises(HolderProofInvalid):
        town.till.shop.pay(
            replace(order, lines=({"category": "books", "cents": 2_000},)), wallet.authorise(order)
        )
    on_paper = town.order(booklet)
    town.till.shop.pay(on_paper, booklet.authorise(on_paper))
    second = town.order(booklet)
    with pytest.raises(HolderProofInvalid):
        town.till.shop.pay(second, booklet.authorise_again(second))
    assert (town.available(wallet), town.available(booklet)) == (FULL, FULL - on_paper.cents)


@pytest.mark.parametrize("alone", [MUNICIPALITY, SHOPS])
def test_a_payment_endorsed_by_one_organisation_is_invalid(town: Town, wallet: Wallet, alone: str) -> None:
    order = town.order(wallet)
    contract = town.desk.contract(SHOPS, town.till.user)
    with pytest.raises(CommitError) as caught:
        contract.submit(
            "payment:Pay",
            json.dumps(order.request(wallet.authorise(order))),
            endorsing_organizations=mspids(town, alone),
        )
    assert caught.value.code == "ENDORSEMENT_POLICY_FAILURE"
    assert town.available(wallet) == FULL


def test_a_withheld_payment_dies_when_its_voucher_is_blocked(town: Town, wallet: Wallet) -> None:
    order = town.order(wallet)
    contract = town.desk.contract(SHOPS, town.till.user)
    proposal = contract.proposal("payment:Pay", json.dumps(order.request(wallet.authorise(order))))
    withheld = proposal.endorse()
    town.desk.clerk.block(town.scheme.id, wallet.voucher, "device-lost")
    assert withheld.submit().status().code == "MVCC_READ_CONFLICT"
    assert town.available(wallet) == FULL
    with pytest.raises(VoucherBlocked):
        town.till.shop.pay(order, wallet.authorise(order))


def test_a_voucher_is_spent_once_though_two_shops_charge_it_on_two_peers(town: Town, wallet: Wallet) -> None:
    here, there = town.street.open[0], town.street.open[1]
    orders = [town.order(wallet, FULL, here), town.order(wallet, FULL, there)]
    requests = [json.dumps(order.request(wallet.authorise(order))) for order in orders]
    network = town.desk.network
    with (
        through(network, "winkels", SHOPS, here.user) as first,
        through(network, "auditor", SHOPS, there.user) as second,
    ):
        here_pays, there_pays = first.contract(CHAINCODE), second.contract(CHAINCODE)
        endorsed = [
            here_pays.proposal(
                "payment:Pay", requests[0], endorsing_organizations=mspids(town, "gemeente", "winkels")
            ).endorse(),
            there_pays.proposal(
                "payment:Pay", requests[1], endorsing_organizations=mspids(town, "gemeente", "auditor")
            ).endorse(),
        ]
        commits = [transaction.submit() for transaction in endorsed]
        codes = [commit.status().code for commit in commits]
        assert sorted(codes) == ["MVCC_READ_CONFLICT", "VALID"]
        loser = codes.index("MVCC_READ_CONFLICT")
        till = (here, there)[loser]
        with pytest.raises(InsufficientBalance):
            till.shop.pay(orders[loser], wallet.authorise(orders[loser]))
    assert town.available(wallet) == 0


def test_a_shop_cannot_read_what_is_another_shops(town: Town, wallet: Wallet) -> None:
    order = town.order(wallet)
    paid = town.till.shop.pay(order, wallet.authorise(order))
    other = town.street.open[1].shop
    with pytest.raises(NotYours):
        other.payment(paid["id"])
    with pytest.raises(NotYours):
        Shop(other.contract, town.till.shop.shop_id).allowance(town.scheme.id, wallet.voucher)


def test_two_hundred_vouchers_pay_at_one_shop_at_once_without_a_conflict(town: Town) -> None:
    """No payment writes what another voucher's reads: all are endorsed before any is ordered."""
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
            return [status.code for status in await asyncio.gather(*(one.status() for one in submitted))]

    assert asyncio.run(pay_all()) == ["VALID"] * AT_ONCE
