"""Rolling restart of nodes that run with settings other than the topology's present ones."""

from __future__ import annotations

import psutil

from kindpakket_network.certificates.node_renewal import NodeRenewal
from kindpakket_network.description.schema import schema
from kindpakket_network.nodes.authority import Authority
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.pending import mark_for_restart
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.deferral import deferring
from kindpakket_network.programs.process import Processes

# The settings that a topology may change for a running node, in addition to the tuned ones.
_PEER = ("FABRIC_LOGGING_SPEC", "CORE_PEER_LISTENADDRESS", "CORE_OPERATIONS_LISTENADDRESS")
_ORDERER = (
    "FABRIC_LOGGING_SPEC",
    "ORDERER_GENERAL_LISTENADDRESS",
    "ORDERER_OPERATIONS_LISTENADDRESS",
    "ORDERER_ADMIN_LISTENADDRESS",
)


def outdated_authorities(inventory: Inventory, processes: Processes) -> list[Authority]:
    """The running CA servers whose configuration differs from the topology's."""
    found = inventory.authorities.values()
    return [
        authority for authority in found if processes.find(authority.node) is not None and authority.outdated
    ]


def outdated_nodes(inventory: Inventory, processes: Processes) -> list[Peer | Orderer]:
    """The running peers and orderers whose settings differ from the topology's.

    Args:
        inventory: the nodes according to the topology.
        processes: the running processes.
    """
    definitions = schema()["$defs"]
    peers = (*_PEER, *definitions["peer_settings"]["properties"])
    orderers = (*_ORDERER, *definitions["orderer_settings"]["properties"])
    return [
        *(peer for peer in inventory.peers if _differs(peer, peers, processes)),
        *(orderer for orderer in inventory.orderers if _differs(orderer, orderers, processes)),
    ]


def stop_outdated_authorities(session: Session) -> None:
    """Stop CA servers with an outdated configuration, so that they start with the present one."""
    for authority in outdated_authorities(session.inventory, session.processes):
        if authority.organisation in session.own_organisations:
            session.processes.stop(authority.node)


def restart_outdated(session: Session) -> None:
    """Restart such nodes one after the other, leaders last, while the others keep running.

    Raises:
        NetworkError: other nodes that the network needs during a restart are not running; or a node does not
            take part again in time. The next call resumes.
    """
    nodes = [
        outdated_node
        for outdated_node in outdated_nodes(session.inventory, session.processes)
        if outdated_node.organisation in session.own_organisations
    ]
    leaders = [session.leading(channel) for channel in session.topology.channels] if nodes else []
    with deferring() as deferred:
        for node in sorted(nodes, key=lambda candidate: candidate in leaders):
            with deferred(), session.stage(f"settings of {node.node}"):
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
