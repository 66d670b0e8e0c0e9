"""Changing the chaincode's definition without the consent that it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from config_update import lifecycle_by_anyone
from ground import Ground
from support import identity_of, wake_consenters
from table import Attempt, case
from verdict import Place
from wire import order_at

from kindpakket.ledger.ids import new_id
from kindpakket_demo.desk import AUDITOR, CHAINCODE, MUNICIPALITY, SHOPS
from kindpakket_network.chaincodes.definition import definition_arguments
from kindpakket_network.nodes.deployment_record import DeploymentRecord
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.peer_commands import PeerCommands
from kindpakket_network.programs.fabric import programs
from kindpakket_network.programs.home import Home

WITHOUT_THE_MUNICIPALITY = "OR('WinkelsMSP.peer', 'AuditorMSP.peer')"
ALONE: dict[str, list[str]] = {
    "municipality alone": [MUNICIPALITY],
    "shops' association alone": [SHOPS],
    "auditor alone": [AUDITOR],
    "shops and auditor without the municipality": [SHOPS, AUDITOR],
}


class Definition:
    """A definition that asks for less consent than the committed one, and the steps to bring it about.

    Args:
        ground: the setting of the attempt.
    """

    def __init__(self, ground: Ground) -> None:
        network = ground.desk.network
        wake_consenters(network, ground.desk.channel)
        self._home, self._programs = Home(network.home), programs(print)
        self._inventory = Inventory.of(network.topology, self._home)
        self._channel = network.topology.channel(ground.desk.channel)
        record = DeploymentRecord.read(self._home.deployed(self._channel.name, CHAINCODE))
        assert record is not None
        self._record = record
        (chaincode,) = self._channel.chaincodes
        # A new version each time: peers reject an approval that repeats an earlier one.
        easier = replace(chaincode, endorsement=WITHOUT_THE_MUNICIPALITY, version=new_id()[:8])
        collections = self._home.chaincode(record.label) / f"{self._channel.name}.collections.json"
        self._arguments = definition_arguments(easier, record.sequence + 1, collections)
        ground.look("definition", lambda: self._admin(MUNICIPALITY).committed(self._channel.name, CHAINCODE))

    def approve(self, organisations: Sequence[str]) -> None:
        """Approve it as the administrators of some organisations."""
        for organisation in organisations:
            self._admin(organisation).approve(
                self._channel.name, self._arguments, self._record.package_id, self._inventory.orderers[0]
            )

    def commit(self, organisation: str, endorsers: Sequence[str]) -> None:
        """Commit it as one organisation's administrator, endorsed by the peers of `endorsers`.

        Raises:
            CommandFailed: it is refused.
        """
        peers = [self._inventory.peers_of(name)[0] for name in endorsers]
        self._admin(organisation).commit(
            self._channel.name, self._arguments, peers, self._inventory.orderers[0]
        )

    def _admin(self, organisation: str) -> PeerCommands:
        return PeerCommands(self._programs, self._home, self._inventory.peers_of(organisation)[0], "admin")


@case(28, "{}", "commits a definition", "ENDORSEMENT_POLICY_FAILURE", Place.VALIDATION, each=ALONE)
def committed_alone(ground: Ground, organisations: list[str]) -> Attempt:
    definition = Definition(ground)
    definition.approve(organisations)
    return lambda: definition.commit(organisations[0], organisations)


@case(
    28,
    "municipality",
    "commits what nobody else approved",
    "not agreed to by this org",
    Place.PEER,
)
def not_agreed(ground: Ground) -> Attempt:
    definition = Definition(ground)
    definition.approve([MUNICIPALITY])
    return lambda: definition.commit(MUNICIPALITY, [MUNICIPALITY, SHOPS])


@case(28, "{}", "rewrites the policy for definitions", "policy for [Policy]", Place.ORDERING, each=ALONE)
def configured_alone(ground: Ground, organisations: list[str]) -> Attempt:
    """The detour: first the channel's configuration, then the definition."""
    network = ground.desk.network
    signers = [identity_of(network, organisation, "admin") for organisation in organisations]
    envelope = lifecycle_by_anyone(ground.desk.ledger(organisations[0], "admin"), signers)
    return lambda: order_at(ground, MUNICIPALITY, envelope)
