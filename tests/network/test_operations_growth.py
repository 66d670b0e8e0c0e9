"""A network that grows while payments go on: shops, a peer, a consenter and a municipality join."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from support import Town, doubted_votes, found_town, in_step, issue_to, running
from trade import Trade, trade

from kindpakket.holder.key import HolderKey
from kindpakket.ledger.ids import new_id
from kindpakket.shop import Shop
from kindpakket_demo.desk import CHANNEL, SHOPS, Desk, Till, now
from kindpakket_demo.schemes import CENTS_PER_CHILD, open_provision
from kindpakket_demo.shops import admit
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network, Topology
from kindpakket_network.description.growth import (
    with_channel,
    with_consenter,
    with_organisation,
    with_peer,
)

pytestmark = pytest.mark.alone

NEIGHBOURS, NEIGHBOURS_MSP, OTHER = "buurt", "BuurtMSP", "westerkwartier"
LONGEST_PAYMENT = 10.0


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with running(Topology.packaged("kindpakket"), tmp_path_factory.mktemp("growth")) as made:
        yield made


@pytest.fixture(scope="module")
def town(live: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with Desk(live, tmp_path_factory.mktemp("results"), Random(1)) as desk:
        yield found_town(desk, 12)


@pytest.fixture(scope="module")
def going_on(town: Town) -> Iterator[Trade]:
    """Payments that go on from the first of these tests to the last."""
    with trade(town, list(islice(town.keys, 8))) as made:
        made.go_on()
        yield made


def test_a_network_as_its_topology_says_has_nothing_to_do(live: Network) -> None:
    assert live.plan().done


def test_a_second_shops_organisation_joins(live: Network, going_on: Trade) -> None:
    larger = with_organisation(live.topology, NEIGHBOURS, NEIGHBOURS_MSP, SHOPS)
    kinds = {step.kind for step in Network(larger, live.home).plan().steps}
    assert {"enrol", "start", "join", "configure", "deploy"} <= kinds
    live.become(larger, progress=print)
    going_on.go_on()
    assert live.plan().done
    heights = live.status().channels[0].heights
    assert heights[f"peer0.{NEIGHBOURS}"] is not None


def test_its_shops_take_payments_through_their_own_peer(live: Network, town: Town, going_on: Trade) -> None:
    desk = town.desk
    proposed = desk.clerk.organisations.propose(
        NEIGHBOURS_MSP, "shops", "new-member", accounts=f"shopAccounts-{NEIGHBOURS}"
    )
    in_step(live, CHANNEL)
    desk.manager.organisations.approve(NEIGHBOURS_MSP, proposed["change"])
    in_step(live, CHANNEL)
    shop = new_id()
    attributes = {
        "kindpakket.role": "shopkeeper",
        "kindpakket.person": "p-neighbour",
        "kindpakket.shop": shop,
    }
    live.enrol(NEIGHBOURS, "shop", attributes)
    till = Till(town.till.store, Shop(desk.contract(NEIGHBOURS, "shop"), shop), "shop")
    store = till.store
    till.shop.registration.apply(
        store.categories, iban=store.iban, holder=store.name, kvk=store.kvk, contact="kassa"
    )
    in_step(live, CHANNEL)
    today = now().date().isoformat()
    desk.manager.shops.approve(shop, [{"code": code, "from": today} for code in store.categories])
    in_step(live, CHANNEL)
    wallet = next(town.keys)
    order = town.order(wallet, till=till)
    till.shop.pay(order, wallet.authorise(order))
    assert town.available(wallet) == CENTS_PER_CHILD - order.cents
    going_on.go_on()


def test_a_second_peer_joins(live: Network, going_on: Trade) -> None:
    live.become(with_peer(live.topology, SHOPS), progress=print)
    going_on.go_on()
    assert live.plan().done


def test_a_fifth_consenter_joins(live: Network, going_on: Trade) -> None:
    live.become(with_consenter(live.topology, NEIGHBOURS), progress=print)
    going_on.go_on()
    status = live.status()
    assert status.up
    assert status.channels[0].heights[f"orderer.{NEIGHBOURS}"] is not None
    assert live.plan().done


def test_a_second_municipality_brings_its_channel(
    live: Network, town: Town, going_on: Trade, tmp_path: Path
) -> None:
    larger = with_channel(live.topology, OTHER, OTHER, "WesterkwartierMSP", "gemeente")
    live.become(larger, progress=print)
    going_on.go_on()
    with Desk(live, tmp_path, Random(2), municipality=OTHER, channel=OTHER) as desk:
        scheme = open_provision(desk, 4, now(), town.scheme.id)
        tills = [desk.here(till) for till in (*town.street.open, town.street.applicant)]
        street = admit(desk, tills, now().date())
        there = Town(desk, scheme, street, iter(()), iter(()))
        wallet = Wallet(new_id(), HolderKey.generate())
        issue_to(desk, scheme.id, [wallet])
        order = there.order(wallet)
        there.till.shop.pay(order, wallet.authorise(order))
        assert there.available(wallet) == CENTS_PER_CHILD - order.cents
    going_on.go_on()
    assert live.plan().done


def test_no_payment_failed_or_took_long_and_no_consenter_doubts_another(
    live: Network, going_on: Trade
) -> None:
    assert going_on.failed == []
    assert max(going_on.paid) < LONGEST_PAYMENT
    assert doubted_votes(live) == []
    print(f"{len(going_on.paid)} payments, the longest took {max(going_on.paid):.2f} s")


def test_the_fifth_consenters_vote_counts(live: Network, going_on: Trade) -> None:
    """A quorum is four of five: with the leader dead, it includes the consenter that joined."""
    failed_before = len(going_on.failed)
    leader = live.leader(CHANNEL)
    assert leader is not None
    live.stop(leader, signal.SIGKILL)
    going_on.go_on()
    live.start(leader)
    going_on.go_on()
    assert going_on.failed[failed_before:] == []
    assert doubted_votes(live) == []
