"""Kindpakket answers direct calls only: calls through another chaincode on the channel are refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import Town

from fabric_gateway import Contract, EndorseError, EvaluateError, GatewayError
from fabric_gateway import Network as Ledger
from kindpakket.ledger.ids import new_id
from kindpakket_demo.desk import CHANNEL, MUNICIPALITY
from kindpakket_demo.wallets import Wallet
from kindpakket_network import Network, Topology

RELAY = "relay"
SOURCE = Path(__file__).parent / "data" / RELAY


@pytest.fixture(scope="module")
def channel(town: Town) -> Iterator[Ledger]:
    """The channel, as the clerk sees it, with a second chaincode that forwards calls to Kindpakket."""
    network = town.desk.network
    document = json.loads(json.dumps(network.topology.document))
    policy = document["channels"][0]["chaincodes"][0]["endorsement"]
    document["channels"][0]["chaincodes"].append(
        {"name": RELAY, "version": "1.0", "source": str(SOURCE), "endorsement": policy}
    )
    larger = Network(Topology.read(document, SOURCE), network.home)
    try:
        larger.up()
        yield town.desk.gateway(MUNICIPALITY, "clerk").network(CHANNEL)
    finally:
        for node in set(larger.nodes()) - set(network.nodes()):
            larger.stop(node)


def refusal(error: GatewayError) -> str:
    """The messages that the peers passed on."""
    return f"{error.chaincode_message} {error} {[detail.message for detail in error.details]}"


def block(town: Town, wallet: Wallet) -> str:
    """A request that would be accepted if the same clerk sent it directly."""
    members = {"scheme": town.scheme.id, "voucher": wallet.voucher, "reason": "device-lost"}
    return json.dumps({"request_id": new_id(), **members})


def test_other_arguments_than_the_user_signed_are_refused(
    town: Town, wallet: Wallet, channel: Ledger
) -> None:
    with pytest.raises(EndorseError) as caught:
        channel.contract(RELAY).submit("relay:Send", "voucher:Block", block(town, wallet))
    assert "DIRECT_CALLS_ONLY" in refusal(caught.value)
    assert town.desk.clerk.vouchers.show(town.scheme.id, wallet.voucher)["state"] == "active"


def test_the_same_arguments_by_way_of_another_chaincode_are_refused(
    town: Town, wallet: Wallet, channel: Ledger
) -> None:
    request = block(town, wallet)
    with pytest.raises(EndorseError) as caught:
        channel.contract(RELAY).submit("voucher:Block", request)
    assert "DIRECT_CALLS_ONLY" in refusal(caught.value)
    with pytest.raises(EvaluateError) as read:
        channel.contract(RELAY).evaluate("scheme:Show", json.dumps({"scheme": town.scheme.id}))
    assert "DIRECT_CALLS_ONLY" in refusal(read.value)
    direct: Contract = channel.contract("kindpakket")
    assert json.loads(direct.submit("voucher:Block", request))["state"] == "blocked"
