"""Ordering goes on with one consenter dead or suspended, and refuses the auditor's writes: BFT and Raft."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from random import Random

import pytest
from faults import pay, send
from support import Town, doubted_votes, found_town, running

from fabric_gateway import SubmitError
from kindpakket_demo.desk import AUDITOR, CHANNEL, Desk
from kindpakket_network import Network, Topology
from kindpakket_network.programs.wait import until

pytestmark = pytest.mark.alone

SECONDS_WITHOUT_LEADER = 12
SECONDS_TO_CHANGE_THE_VIEW = 10
SECONDS_TO_NOTICE = 45  # pings show a peer that its consenter does not answer
SECONDS_TO_CATCH_UP = 60


@pytest.fixture(scope="module", params=["bft", "raft"])
def ordered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town on a separate network, ordered by BFT, then by Raft."""
    folder = tmp_path_factory.mktemp(request.param)
    document = json.loads(json.dumps(Topology.packaged("kindpakket").document))
    document["ordering"]["type"] = request.param
    topology = Topology.read(document, folder)
    with running(topology, folder) as network, Desk(network, folder, Random(1)) as desk:
        yield found_town(desk, 60)


def network_of(town: Town) -> Network:
    """The network that a town is on."""
    return town.desk.network


def leader_of(network: Network) -> str:
    """The consenter that leads."""
    leader = until(lambda: network.leader(CHANNEL), SECONDS_WITHOUT_LEADER)
    assert leader is not None
    return leader


def leads_other_than(network: Network, node: str) -> bool | None:
    """Whether a node other than this one leads."""
    return network.leader(CHANNEL) not in (None, node) or None


def pay_within(town: Town, seconds: float, payments: int = 1) -> None:
    """Pay, and check that it does not take too long."""
    begun = time.monotonic()
    for _ in range(payments):
        pay(town)
    assert time.monotonic() - begun < seconds


def test_payments_go_on_with_the_leading_consenter_dead(ordered: Town) -> None:
    network = network_of(ordered)
    leader = leader_of(network)
    send(network, leader, signal.SIGKILL)
    pay_within(ordered, SECONDS_WITHOUT_LEADER)
    pay_within(ordered, SECONDS_WITHOUT_LEADER, payments=3)
    assert network.leader(CHANNEL) not in (None, leader)
    places = [finding.place for finding in network.status().findings]
    assert leader in places  # it is not running
    assert CHANNEL in places  # and no second consenter may fail
    network.up()
    assert network.status().findings == ()


def test_payments_go_on_with_the_leading_consenter_suspended_and_it_catches_up_when_resumed(
    ordered: Town,
) -> None:
    network = network_of(ordered)
    leader = leader_of(network)
    send(network, leader, signal.SIGSTOP)
    try:
        if network.topology.ordering.type == "raft":
            # Until the others elect another leader, what they forward to this one may wait for its return.
            assert until(lambda: leads_other_than(network, leader), SECONDS_WITHOUT_LEADER)
        pay_within(ordered, SECONDS_TO_NOTICE)
        pay_within(ordered, SECONDS_TO_NOTICE, payments=3)
        assert network.leader(CHANNEL) not in (None, leader)
        assert [node.state for node in network.status().nodes if node.node == leader] == ["suspended"]
    finally:
        send(network, leader, signal.SIGCONT)

    def in_step() -> bool | None:
        pay(ordered)
        return network.status().findings == () or None

    assert until(in_step, SECONDS_TO_CATCH_UP)


@pytest.mark.parametrize("ordered", ["bft"], indirect=True)
def test_a_leader_that_was_restarted_and_missed_votes_holds_nothing_up_for_long(ordered: Town) -> None:
    """The others go on without it, and the next payment waits for a view change."""
    network = network_of(ordered)
    leader = leader_of(network)
    network.stop(leader, signal.SIGKILL)
    network.start(leader)
    pay_within(ordered, 2 * SECONDS_TO_CHANGE_THE_VIEW, payments=2)
    assert network.status().findings == ()


def test_the_auditors_client_is_refused_by_ordering(ordered: Town) -> None:
    contract = ordered.desk.contract(AUDITOR, "auditor")
    show = json.dumps({"scheme": ordered.scheme.id})
    assert contract.evaluate("scheme:Show", show)
    with pytest.raises(SubmitError, match="FORBIDDEN") as caught:
        contract.submit("scheme:Show", show)
    assert caught.value.refused


def test_no_consenter_doubts_anothers_votes(ordered: Town) -> None:
    assert doubted_votes(network_of(ordered)) == []
