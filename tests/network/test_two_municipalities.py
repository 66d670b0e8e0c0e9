"""Two municipalities on one network: each decides on its own channel, and nowhere else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

import pytest
from support import Town, doubted_votes, found_town, issue_to, issue_unbound, running, through

from fabric_gateway import EndorseError, EvaluateError, EventsError, GatewayError
from kindpakket.holder.booklet import Booklet
from kindpakket.holder.key import HolderKey
from kindpakket.ledger.ids import new_id
from kindpakket.ledger.refusals import HolderProofInvalid, VoucherNotFound
from kindpakket_demo.desk import AUDITOR, CHAINCODE, CHANNEL, MUNICIPALITY, SHOPS, Desk, now
from kindpakket_demo.schemes import CENTS_PER_CHILD, open_provision
from kindpakket_demo.shops import admit
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network, Topology

OTHER_MUNICIPALITY = OTHER_CHANNEL = "westerkwartier"
STRANGER = "creator org unknown"


@dataclass
class Region:
    """Two towns, one on each channel.

    Attributes:
        here: the first.
        there: the other; its scheme has the same id and its shops are the same.
        both: vouchers that both have issued under the same id and bound to the same key.
    """

    here: Town
    there: Town
    both: Iterator[Wallet]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """The packaged network of two municipalities, with a copy of the chaincode's source for each."""
    folder = tmp_path_factory.mktemp("two")
    document = json.loads(json.dumps(Topology.packaged("two-municipalities").document))
    for channel in document["channels"]:
        (chaincode,) = channel["chaincodes"]
        unused = shutil.ignore_patterns("*_test.go", "testdata")
        shutil.copytree(chaincode["source"], folder / channel["name"], ignore=unused)
        chaincode["source"] = channel["name"]
    with running(Topology.read(document, folder), folder) as made:
        yield made


@pytest.fixture(scope="module")
def region(two: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    """A town on each channel, with the same shops."""
    results = tmp_path_factory.mktemp("results")
    with (
        Desk(two, results, Random(1)) as desk,
        Desk(two, results, Random(2), municipality=OTHER_MUNICIPALITY, channel=OTHER_CHANNEL) as other,
    ):
        here = found_town(desk, 8)
        scheme = open_provision(other, 16, now(), here.scheme.id)
        tills = [other.here(till) for till in (*here.street.open, here.street.applicant)]
        street = admit(other, tills, now().date())
        holders: list[HolderKey | Booklet] = [*(HolderKey.generate() for _ in range(3)), Booklet.generate(4)]
        both = [Wallet(new_id(), holder) for holder in holders]
        issue_to(desk, here.scheme.id, both)
        issue_to(other, scheme.id, both)
        yield Region(here, Town(other, scheme, street, iter(()), iter(())), iter(both))


def refused(attempt: Callable[[], object], text: str) -> None:
    """Check that an attempt fails with a text in the message of the gateway or of a peer behind it."""
    with pytest.raises(GatewayError) as caught:
        attempt()
    assert text in str(caught.value)


def test_a_shop_serves_both_and_each_pays_out_of_its_own_budget(region: Region) -> None:
    wallet = next(region.both)
    for town, cents in ((region.here, 1_000), (region.there, 2_500)):
        order = town.order(wallet, cents)
        payment = town.till.shop.pay(order, wallet.authorise(order))
        assert town.available(wallet) == CENTS_PER_CHILD - cents
        assert {"id": payment["id"], "day": payment["day"], "cents": cents} in list(
            town.till.shop.settlements.unsettled(town.scheme.id)
        )
    assert region.here.till.shop.shop_id == region.there.till.shop.shop_id
    assert region.here.available(wallet) == CENTS_PER_CHILD - 1_000


def test_what_one_issued_does_not_exist_for_the_other(region: Region) -> None:
    wallet = next(region.here.keys)
    there = region.there
    with pytest.raises(VoucherNotFound):
        there.desk.clerk.vouchers.show(there.scheme.id, wallet.voucher)
    order = there.order(wallet)
    with pytest.raises(VoucherNotFound):
        there.till.shop.pay(order, wallet.authorise(order))
    assert region.here.available(wallet) == CENTS_PER_CHILD


@pytest.mark.parametrize("kind", ["key", "booklet"])
def test_a_holders_agreement_on_one_channel_is_none_on_the_other(region: Region, kind: str) -> None:
    """Scheme, voucher, shop, key and request are the same on both; only the signed channel differs."""
    wallet = next(item for item in region.both if item.on_paper == (kind == "booklet"))
    order = region.here.order(wallet)
    proof = wallet.authorise(order)
    with pytest.raises(HolderProofInvalid) as caught:
        region.there.till.shop.pay(order, proof)
    assert caught.value.details["why"] == "signature"
    assert region.there.available(wallet) == CENTS_PER_CHILD
    region.here.till.shop.pay(order, proof)
    assert region.here.available(wallet) == CENTS_PER_CHILD - order.cents


def test_a_binding_made_on_one_channel_is_none_on_the_other(region: Region) -> None:
    wallet = Wallet(new_id(), HolderKey.generate())
    there = region.there
    issue_unbound(there.desk, there.scheme.id, [wallet])
    made_here = wallet.activate(region.here.desk.clerk.caller.domain, there.scheme.id)
    with pytest.raises(HolderProofInvalid):
        there.desk.manager.vouchers.activate(there.scheme.id, [made_here])
    assert there.desk.clerk.vouchers.show(there.scheme.id, wallet.voucher)["state"] == "issued"


@pytest.mark.parametrize(
    ("municipality", "channel"), [(MUNICIPALITY, OTHER_CHANNEL), (OTHER_MUNICIPALITY, CHANNEL)]
)
def test_a_municipality_is_a_stranger_on_the_others_channel(
    region: Region, two: Network, municipality: str, channel: str
) -> None:
    request = json.dumps({"scheme": region.here.scheme.id})
    for peer in (SHOPS, AUDITOR):
        for user in ("clerk", "admin"):
            with through(two, peer, municipality, user, channel) as ledger:
                contract = ledger.contract(CHAINCODE)
                refused(lambda contract=contract: contract.evaluate("scheme:Show", request), STRANGER)  # type: ignore[misc]
                refused(lambda contract=contract: contract.submit("scheme:Open", request), STRANGER)  # type: ignore[misc]
                with pytest.raises(EventsError):
                    next(iter(ledger.blocks(0, 0)))
                with pytest.raises(EvaluateError):
                    ledger.ledger_height()


def test_a_municipalitys_own_peer_does_not_have_the_others_channel(region: Region, two: Network) -> None:
    heights = {channel.name: channel.heights for channel in two.status().channels}
    assert "peer0.gemeente" in heights[CHANNEL]
    assert "peer0.gemeente" not in heights[OTHER_CHANNEL]
    assert "orderer.gemeente" not in heights[OTHER_CHANNEL]
    with through(two, MUNICIPALITY, MUNICIPALITY, "clerk", OTHER_CHANNEL) as ledger:
        with pytest.raises(EvaluateError):
            ledger.contract(CHAINCODE).evaluate("scheme:List", "{}")
        with pytest.raises(EndorseError):
            ledger.contract(CHAINCODE).submit("scheme:List", "{}")


def test_both_audits_agree_and_each_channel_has_its_own_books(region: Region) -> None:
    audits = []
    for town in (region.here, region.there):
        town.desk.in_step()
        audits.append(town.desk.auditor.verify())
    assert all(audit.passed for audit in audits)
    assert audits[0].channel != audits[1].channel
    assert audits[0].head != audits[1].head


def test_all_consenters_of_both_channels_trust_one_another(region: Region, two: Network) -> None:
    assert {channel.leader is not None for channel in two.status().channels} == {True}
    assert doubted_votes(two) == []


def test_one_municipality_upgrades_before_the_other(region: Region, two: Network) -> None:
    """The peers that serve both run both packages, until nobody needs the older one any more."""
    sources = {channel.name: channel.chaincodes[0].source for channel in two.topology.channels}
    shared = f"chaincode.peer0.{SHOPS}."

    def served(channel: str) -> str | None:
        return packages(two)[channel]

    def pay_on_both() -> None:
        wallet = next(region.here.keys)
        issue_to(region.there.desk, region.there.scheme.id, [wallet])
        for town in (region.here, region.there):
            order = town.order(wallet)
            town.till.shop.pay(order, wallet.authorise(order))
            assert town.available(wallet) == CENTS_PER_CHILD - order.cents

    old = served(OTHER_CHANNEL)
    assert served(CHANNEL) == old
    for upgraded, processes in ((CHANNEL, 2), (OTHER_CHANNEL, 1)):
        (sources[upgraded] / "next.go").write_text("package main\n")
        two.deploy()
        assert served(upgraded) != old
        assert sum(node.startswith(shared) for node in two.nodes()) == processes
        pay_on_both()
    assert served(CHANNEL) == served(OTHER_CHANNEL)
    assert two.status().up


def packages(network: Network) -> dict[str, str | None]:
    """The package that each channel uses."""
    return {channel.name: channel.chaincodes[0].package_id for channel in network.status().channels}
