"""The variables with which Fabric's own `peer` command acts as a user of an organisation."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from kindpakket_network.errors import NetworkError, NoSuch
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.peer_program import peer_command
from kindpakket_network.nodes.session import Session


def shell_variables(
    session: Session, organisation: str, msp: Path, peer: str | None = None
) -> dict[str, str]:
    """The variables by name: the peer, the user, Fabric's settings, a consenter, and the PATH.

    Args:
        session: the network.
        organisation: the user's organisation.
        msp: the user's MSP folder.
        peer: the peer of the organisation to call, such as `peer1`; None: its first one.

    Raises:
        NetworkError: the organisation has no such peer.
    """
    called = _peer(session, organisation, peer)
    command = peer_command("peer", (), programs=session.programs, msp=called.msp, folder=msp, peer=called)
    variables = {name: value for name, value in command.environment.items() if name != "FABRIC_LOGGING_SPEC"}
    channels = [channel for channel in session.topology.channels if called in session.peers_on(channel)]
    if channels:
        consenter = session.orderer(channels[0])
        variables |= {"ORDERER_ADDRESS": consenter.endpoint, "ORDERER_CA": str(consenter.tls_root)}
    programs = str(session.programs.fabric / "bin")
    others = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if folder != programs]
    return variables | {"PATH": os.pathsep.join([programs, *others])}


def as_exports(variables: Mapping[str, str]) -> str:
    """Variables as commands of a POSIX shell, one a line."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())


def _peer(session: Session, organisation: str, name: str | None) -> Peer:
    peers = {peer.node.partition(".")[0]: peer for peer in session.inventory.peers_of(organisation)}
    if not peers:
        with_peers = dict.fromkeys(peer.organisation for peer in session.inventory.peers)
        raise NetworkError(
            f"{organisation} has no peer, which Fabric's `peer` command calls: use one of "
            f"{', '.join(with_peers)}"
        )
    if name is None:
        return next(iter(peers.values()))
    if name not in peers:
        raise NoSuch(f"{organisation} has no peer {name!r}: use one of {', '.join(peers)}")
    return peers[name]
