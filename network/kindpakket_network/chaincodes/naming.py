"""Whether chaincodes name an organisation in what they were initialised with, and have added to it since."""

from __future__ import annotations

import json
from typing import Any

from kindpakket_network.description.chaincode import Initialise
from kindpakket_network.description.channel import Channel
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.session import Session


def naming(session: Session, msp: str) -> list[str]:
    """The chaincodes that name an organisation, such as `kindpakket on zuidhorn (organisations:Show)`.

    Args:
        session: the network.
        msp: the organisation's MSP id.

    Raises:
        NetworkError: no peer of this home can be asked, or one does not answer.
    """
    found: list[str] = []
    for channel in session.own_channels:
        for chaincode in channel.chaincodes:
            if chaincode.initialise is None:
                continue
            peer = _peer(session, channel, msp)
            commands = session.admin(peer)
            answer = json.loads(
                commands.query(channel.name, chaincode.name, chaincode.initialise.check, "{}")
            )
            if _names(answer, chaincode.initialise, msp):
                found.append(f"{chaincode.name} on {channel.name} ({chaincode.initialise.check})")
    return found


def _peer(session: Session, channel: Channel, msp: str) -> Peer:
    peers = [peer for peer in session.own_peers_on(channel) if peer.msp != msp and session.runs(peer.node)]
    if not peers:
        raise NetworkError(
            f"no peer of {channel.name} runs here that could tell whether its chaincodes name {msp}: run "
            "`kindpakket network up` first"
        )
    return peers[0]


def _names(answer: Any, initialise: Initialise, msp: str) -> bool:
    values = [answer.get(member) for member in initialise.check_members]
    return any(msp == value or (isinstance(value, list) and msp in value) for value in values)
