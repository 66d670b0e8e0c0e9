"""A network from which things are taken while payments go on: on BFT and on Raft."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner
from disaster import document
from support import Town, doubted_votes, found_town, running
from trade import Trade, trade
from verified import findings

from fabric_gateway import FabricError, UnknownOutcome
from kindpakket.ledger.refusals import Refusal
from kindpakket_cli.main import main
from kindpakket_demo.desk import CHANNEL, MUNICIPALITY, SHOPS, Desk
from kindpakket_network import Network, NetworkError, Topology
from kindpakket_network.channel.configuration import APPLICATION, ORDERER
from kindpakket_network.channel.submission import current
from kindpakket_network.description.growth import with_consenter, with_organisation, with_peer
from kindpakket_network.nodes.departures import departures
from kindpakket_network.programs.home import Home
from kindpakket_network.verbs import removal

NEIGHBOURS, NEIGHBOURS_MSP, OPERATOR = "buurt", "BuurtMSP", "regie"


@pytest.fixture(scope="module", params=["bft", "raft"])
def live(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, proof: bool
) -> Iterator[Network]:
    """The packaged network, with a second shops' organisation, five consenters, and a second peer."""
    if request.param == "raft" and not proof:
        pytest.skip("make proof removes things from a Raft network, too")
    topology = Topology.read(document(request.param), Path("/"))
    topology = with_organisation(topology, NEIGHBOURS, NEIGHBOURS_MSP, SHOPS)
    topology = with_peer(with_consenter(topology, NEIGHBOURS), MUNICIPALITY)
    with running(topology, tmp_path_factory.mktemp(request.param)) as made:
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


def command(network: Network, *arguments: str, answers: str = "") -> tuple[int, str]:
    """Run a command of `kindpakket network`, and return its exit code and output."""
    result = CliRunner().invoke(
        main, ["network", *arguments, "--home", str(network.home)], input=answers or None
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def removed(network: Network, *arguments: str) -> Network:
    """Run a command that removes something, and look at the network as it is then."""
    code, output = command(network, *arguments, "--yes")
    assert code == 0, output
    smaller = Network.open(network.home)
    assert smaller.plan().done
    assert smaller.status().healthy, smaller.status().findings
    return smaller


def ensure_paid(network: Network, going_on: Trade) -> None:
    """Check that no payment has failed."""
    if network.topology.ordering.type == "raft":
        # A Raft leader takes with it what it has accepted and not ordered, whether it leaves or dies.
        assert all(isinstance(error, UnknownOutcome) for error in going_on.failed), going_on.failed
    else:
        assert going_on.failed == []


def msps(network: Network, group: str) -> set[str]:
    """The MSP ids of the channel's members, or of those that order it."""
    session = network.session()
    return set(current(session, session.topology.channel(CHANNEL)).group.groups[group].groups)


def test_a_user_is_removed(live: Network, town: Town, going_on: Trade) -> None:
    code, output = command(live, "remove-user", MUNICIPALITY, "admin", "--yes")
    assert (code, "only administrator" in output) == (1, True), output
    code, output = command(live, "remove-user", MUNICIPALITY, "treasurer", answers="n\n")
    assert (code, "organisations.gemeente.users.treasurer: is removed" in output) == (1, True), output
    contract = town.desk.contract(MUNICIPALITY, "treasurer")
    contract.evaluate("scheme:List", "{}")

    smaller = removed(live, "remove-user", MUNICIPALITY, "treasurer")

    going_on.go_on()
    with pytest.raises((FabricError, Refusal)):
        contract.evaluate("scheme:List", "{}")
    with pytest.raises(NetworkError, match="has no user 'treasurer'"):
        smaller.user(MUNICIPALITY, "treasurer")
    (kept,) = (smaller.home / "removed").glob("*.treasurer@gemeente")
    assert list(kept.glob("organisations/gemeente/users/treasurer/msp/keystore/*"))
    assert command(live, "remove-user", MUNICIPALITY, "treasurer", "--yes") == (
        0,
        "treasurer@gemeente was removed before.\n",
    )


def test_the_only_peer_of_the_municipality_is_not_removed(live: Network, going_on: Trade) -> None:
    network = Network.open(live.home)
    network.stop("peer1.gemeente")
    code, output = command(network, "remove-peer", MUNICIPALITY, "peer0", "--yes")
    assert (code, "without peer0.gemeente" in output) == (1, True), output
    network.start("peer1.gemeente")
    going_on.go_on()
    assert Network.open(live.home).topology == network.topology


def test_a_peer_is_removed_and_its_name_can_come_back(live: Network, going_on: Trade) -> None:
    network = Network.open(live.home)
    kinds = [step.kind for step in removal.plan(network, removal.peer(network, MUNICIPALITY, "peer0")).steps]
    assert kinds == ["configure", "remove"]

    smaller = removed(network, "remove-peer", MUNICIPALITY, "peer0")

    going_on.go_on()
    assert "peer0.gemeente" not in smaller.nodes()
    assert smaller.endpoint("peer1.gemeente") == live.endpoint("peer1.gemeente")
    (kept,) = (smaller.home / "removed").glob("*.peer0.gemeente")
    assert (kept / "nodes" / "peer0.gemeente" / "data" / "ledgersData").is_dir()
    code, output = command(smaller, "add-peer", MUNICIPALITY, "peer0")
    assert code == 0, output
    going_on.go_on()
    back = Network.open(live.home)
    assert back.endpoint("peer0.gemeente") == live.endpoint("peer0.gemeente")
    assert back.plan().done


def test_a_consenter_is_removed_and_can_come_back(live: Network, going_on: Trade) -> None:
    network = Network.open(live.home)
    leader = network.leader(CHANNEL)
    assert leader is not None
    organisation = leader.removeprefix("orderer.")

    smaller = removed(network, "remove-consenter", organisation)

    going_on.go_on()
    assert leader not in smaller.nodes()
    msp = smaller.topology.organisation(organisation).msp
    assert (msp in msps(smaller, ORDERER), msp in msps(smaller, APPLICATION)) == (
        False,
        organisation != OPERATOR,
    )
    ensure_paid(live, going_on)
    code, output = command(smaller, "add-consenter", organisation)
    assert code == 0, output
    going_on.go_on()
    ensure_paid(live, going_on)
    assert Network.open(live.home).plan().done


def test_a_lost_consenter_is_removed_and_no_more_than_ordering_can_spare(
    live: Network, going_on: Trade
) -> None:
    network = Network.open(live.home)
    bft = network.topology.ordering.type == "bft"
    network.stop("orderer.regie", signal.SIGKILL)
    (network.home / "nodes" / "orderer.regie").rename(network.home.parent / "lost")
    if not bft:
        network.stop("orderer.winkels")
    code, output = command(network, "remove-consenter", "auditor", "--yes")
    assert (code, "orderer.regie" in output, "down or behind" in output) == (1, True, True), output
    assert Network.open(live.home).topology == network.topology

    smaller = removed(network, "remove-consenter", OPERATOR)

    going_on.go_on()
    assert not smaller.topology.organisation(OPERATOR).consenter
    if bft:
        code, output = command(smaller, "remove-consenter", "auditor", "--yes")
        assert (code, "bft needs at least 4" in output) == (1, True), output


def test_an_organisation_is_removed(live: Network, town: Town, going_on: Trade) -> None:
    network = Network.open(live.home)
    code, output = command(network, "remove-org", MUNICIPALITY, "--yes")
    assert (code, "requires GemeenteMSP" in output) == (1, True), output
    if network.topology.ordering.type == "bft":
        code, output = command(network, "remove-org", NEIGHBOURS, "--yes")
        assert (code, "bft needs at least 4" in output) == (1, True), output
        assert Network.open(live.home).topology == network.topology
        code, output = command(network, "add-consenter", OPERATOR)
        assert code == 0, output
        network = Network.open(live.home)

    desk = town.desk
    proposed = desk.clerk.organisations.propose(NEIGHBOURS_MSP, "shops", "new-member")
    desk.in_step()
    desk.manager.organisations.approve(NEIGHBOURS_MSP, proposed["change"])
    desk.in_step()
    code, output = command(network, "remove-org", NEIGHBOURS, "--yes")
    assert (code, "kindpakket on zuidhorn (organisations:Show) names BuurtMSP" in output) == (1, True), output

    ending = desk.clerk.organisations.propose_end(NEIGHBOURS_MSP, "left")
    desk.in_step()
    desk.manager.decisions.approve(ending["id"])
    desk.in_step()
    assert desk.auditor.organisations.show()["ended"] == [NEIGHBOURS_MSP]

    smaller = removed(network, "remove-org", NEIGHBOURS)

    going_on.go_on()
    assert NEIGHBOURS_MSP not in msps(smaller, APPLICATION) | msps(smaller, ORDERER)
    assert not [node for node in smaller.session().processes.all() if NEIGHBOURS in node.split(".")]
    assert not (smaller.home / "organisations" / NEIGHBOURS).exists()
    (chaincode,) = smaller.topology.channel(CHANNEL).chaincodes
    assert "BuurtMSP" not in chaincode.endorsement
    assert all(departure.done for departure in departures(Home(smaller.home)))
    code, output = command(smaller, "add-org", "wijk", "--msp", NEIGHBOURS_MSP, "--like", SHOPS)
    assert (code, "BuurtMSP was the MSP id of buurt" in output) == (1, True), output


def test_no_payment_failed_and_no_consenter_doubts_another(live: Network, going_on: Trade) -> None:
    ensure_paid(live, going_on)
    assert doubted_votes(Network.open(live.home)) == []
    print(f"{len(going_on.paid)} payments, the longest took {max(going_on.paid):.2f} s")


def test_the_ledger_of_every_node_is_verified_whole(live: Network) -> None:
    """Each block was signed by the consenters that there were then, and each configuration follows."""
    found = findings(Network.open(live.home), CHANNEL)
    assert {name: list(map(str, items)) for name, items in found.items() if items} == {}
