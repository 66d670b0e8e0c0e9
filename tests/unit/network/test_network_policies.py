"""Settings of a topology that Fabric would take, and that are unsafe or cannot work."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kindpakket_network import Topology, TopologyError
from kindpakket_network.description.policy import Principal, can_be_satisfied_by, is_satisfied_by, parse

Change = Callable[[dict[str, Any]], Any]
CHAINCODE = "channels[0].chaincodes[0]"


@pytest.fixture
def document() -> dict[str, Any]:
    return copy.deepcopy(dict(Topology.packaged("kindpakket").document))


def mistakes(document: Any) -> list[str]:
    with pytest.raises(TopologyError) as caught:
        Topology.read(document, Path("/"))
    return [str(mistake) for mistake in caught.value.mistakes]


def channel(document: dict[str, Any]) -> Any:
    return document["channels"][0]


def chaincode(document: dict[str, Any]) -> Any:
    return document["channels"][0]["chaincodes"][0]


CASES: list[tuple[str, Change, str]] = [
    (
        "an auditor whose clients may submit",
        lambda d: channel(d)["members"][2].update(writers=["admin", "client"]),
        "channels[0].members[2].writers: the auditor's client 'auditor' could submit transactions",
    ),
    (
        "peers that may submit",
        lambda d: channel(d)["members"][2].update(writers=["admin", "peer"]),
        "channels[0].members[2].writers: peers never submit, but a stolen peer key could then submit",
    ),
    (
        "clients that may endorse",
        lambda d: chaincode(d).update(endorsement="AND('GemeenteMSP.peer', 'WinkelsMSP.member')"),
        f"{CHAINCODE}.endorsement: 'WinkelsMSP.member' lets identities endorse that do not run the chaincode",
    ),
    (
        "clients that may endorse definitions",
        lambda d: channel(d).update(lifecycle_endorsement="OR('GemeenteMSP.client')"),
        "channels[0].lifecycle_endorsement: 'GemeenteMSP.client' lets identities endorse that do not run "
        "the chaincode",
    ),
    (
        "peers that may change the channel",
        lambda d: channel(d).update(administration="AND('GemeenteMSP.admin', 'WinkelsMSP.peer')"),
        "channels[0].administration: 'WinkelsMSP.peer' lets identities other than administrators change",
    ),
    (
        "two endorsements of an organisation with one peer",
        lambda d: chaincode(d).update(endorsement="AND('GemeenteMSP.peer', 'GemeenteMSP.peer')"),
        f"{CHAINCODE}.endorsement: all peers together do not satisfy it",
    ),
    (
        "more than there are",
        lambda d: chaincode(d).update(endorsement="OutOf(3, 'GemeenteMSP.peer', 'WinkelsMSP.peer')"),
        f"{CHAINCODE}.endorsement: OutOf asks for 3 of 2; a number from 1 to 2 expected",
    ),
    (
        "endorsers that do not hold the collection",
        lambda d: chaincode(d)["collections"][0].update(endorsement="OR('WinkelsMSP.peer')"),
        f"{CHAINCODE}.collections[0].endorsement: WinkelsMSP does not hold this collection",
    ),
    (
        "members of a collection that are no list",
        lambda d: chaincode(d)["collections"][1].update(
            members="AND('GemeenteMSP.member', 'WinkelsMSP.member')"
        ),
        f"{CHAINCODE}.collections[1].members: Fabric only accepts a list",
    ),
    (
        "more copies than peers",
        lambda d: chaincode(d)["collections"][0].update(required_peers=1),
        f"{CHAINCODE}.collections[0].required_peers: 1 other peer must receive it, but only 0 can",
    ),
    (
        "a first transaction of someone who may not submit",
        lambda d: chaincode(d)["initialise"].update(organisation="auditor", user="auditor"),
        f"{CHAINCODE}.initialise.user: auditor's clients may not submit",
    ),
    (
        "a first transaction with too few endorsers",
        lambda d: chaincode(d)["initialise"].update(endorsers=["gemeente"]),
        f"{CHAINCODE}.initialise.endorsers: gemeente cannot satisfy the chaincode's endorsement",
    ),
    (
        "a resource that no channel guards",
        lambda d: channel(d).update(acls={"_lifecycle/InstallChaincode": "Writers"}),
        "channels[0].acls._lifecycle/InstallChaincode: Fabric checks the peer's own administrators",
    ),
    (
        "a resource that nobody gets to",
        lambda d: channel(d).update(acls={"event/Block": "Admins"}),
        "channels[0].acls.event/Block: Admins requires several organisations",
    ),
    (
        "a user who is the CA server's own",
        lambda d: d["organisations"][0]["users"].append({"name": "registrar"}),
        "organisations[0].users[4].name: 'registrar' is the CA server's own identity",
    ),
    (
        "a host that calls itself localhost among others",
        lambda d: (
            d.update(
                hosts={
                    "one": {"address": "localhost", "listen": "127.0.0.1"},
                    "two": {"address": "two.example", "listen": "10.0.0.2"},
                }
            ),
            [one.update(host="one") for one in d["organisations"]],
        ),
        "hosts.one.address: the other hosts cannot reach localhost",
    ),
]


@pytest.mark.parametrize(("change", "expected"), [case[1:] for case in CASES], ids=[one[0] for one in CASES])
def test_what_is_unsafe_or_cannot_work_is_refused(
    document: dict[str, Any], change: Change, expected: str
) -> None:
    change(document)
    found = mistakes(document)
    assert any(one.startswith(expected) for one in found), found


def test_double_quotes_are_as_good_as_single_ones(document: dict[str, Any]) -> None:
    plain = Topology.read(copy.deepcopy(document), Path("/"))
    for member in ("lifecycle_endorsement", "administration"):
        if member in channel(document):
            channel(document)[member] = channel(document)[member].replace("'", '"')
    chaincode(document)["endorsement"] = chaincode(document)["endorsement"].replace("'", '"')
    for collection in chaincode(document)["collections"]:
        collection["members"] = collection["members"].replace("'", '"')
    quoted = Topology.read(document, Path("/"))
    assert '"' in channel(document)["lifecycle_endorsement"]
    assert quoted == plain
    assert parse('AND("A.peer", OR(\'B.peer\', "C.peer"))') == parse("AND('A.peer', OR('B.peer', 'C.peer'))")


def test_each_signature_counts_once() -> None:
    policy = parse("AND('A.peer', OutOf(2, 'A.member', 'B.peer', 'C.admin'))")
    peer_a, peer_b = Principal("A", "peer"), Principal("B", "peer")
    assert not is_satisfied_by(policy, [peer_a, peer_b])
    assert is_satisfied_by(policy, [peer_a, peer_a, peer_b])
    assert is_satisfied_by(policy, [peer_a, peer_b, Principal("C", "admin")])
    assert not is_satisfied_by(policy, [peer_b, Principal("A", "client"), Principal("C", "admin")])


def test_which_organisations_have_a_policy_in_their_power() -> None:
    policy = parse("AND('A.peer', OR('B.peer', 'C.peer'))")
    assert can_be_satisfied_by(policy, {"A", "C"})
    assert not can_be_satisfied_by(policy, {"B", "C"})
