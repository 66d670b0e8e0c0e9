"""Nodes that run with other settings than the topology tunes now, started again one after the other."""

from __future__ import annotations

import psutil

from kindpakket_network.certificates.node_renewal import NodeRenewal
from kindpakket_network.description.form import schema
from kindpakket_network.nodes.authority import Authority
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.session import Session
from kindpakket_network.nodes.staging import mark_for_restart
from kindpakket_network.programs.process import Processes
from kindpakket_network.programs.waiting import collected

# Beside the settings that may be tuned, what a topology may change of a node that runs.
_PEER = ("FABRIC_LOGGING_SPEC", "CORE_PEER_LISTENADDRESS", "CORE_OPERATIONS_LISTENADDRESS")
_ORDERER = (
    "FABRIC_LOGGING_SPEC",
    "ORDERER_GENERAL_LISTENADDRESS",
    "ORDERER_OPERATIONS_LISTENADDRESS",
    "ORDERER_ADMIN_LISTENADDRESS",
)


def outdated(inventory: Inventory, processes: Processes) -> list[Authority]:
    """The CA servers that run with another configuration than the topology leads to."""
    found = inventory.authorities.values()
    return [one for one in found if processes.find(one.node) is not None and one.outdated]


def untuned(inventory: Inventory, processes: Processes) -> list[Peer | Orderer]:
    """The peers and orderers that were started with other settings, of those that a topology may change.

    Args:
        inventory: the nodes as the topology wants them.
        processes: what runs.
    """
    definitions = schema()["$defs"]
    peers = (*_PEER, *definitions["peer_settings"]["properties"])
    orderers = (*_ORDERER, *definitions["orderer_settings"]["properties"])
    return [
        *(one for one in inventory.peers if _differs(one, peers, processes)),
        *(one for one in inventory.orderers if _differs(one, orderers, processes)),
    ]


def stop_outdated(session: Session) -> None:
    """Stop CA servers that run with another configuration, so that they are started with the present one."""
    for authority in outdated(session.inventory, session.processes):
        if authority.organisation in session.acting:
            session.processes.stop(authority.node)


def retune(session: Session) -> None:
    """Start such nodes again, with the ones that lead last, so that the others go on meanwhile.

    Raises:
        NetworkError: other nodes do not run, of which the network has need meanwhile; or a node does not take
            part again in time. The next call carries on.
    """
    nodes = [
        one for one in untuned(session.inventory, session.processes) if one.organisation in session.acting
    ]
    leaders = [session.leading(channel) for channel in session.topology.channels] if nodes else []
    with collected() as collecting:
        for node in sorted(nodes, key=lambda one: one in leaders):
            with collecting(), session.stage(f"settings of {node.node}"):
                mark_for_restart(node.folder)
                NodeRenewal(session, node).run()


def _differs(node: Peer | Orderer, names: tuple[str, ...], processes: Processes) -> bool:
    running = processes.find(node.node)
    if running is None:
        return False
    try:
        present = running.environ()
    except psutil.NoSuchProcess:
        return False
    wanted = node.environment()
    return any(present.get(name) != wanted.get(name) for name in names)
