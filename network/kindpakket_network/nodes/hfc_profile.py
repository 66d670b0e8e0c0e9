"""The connection profile that programs written for hfc read, `network.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kindpakket_network.description.topology import Topology
from kindpakket_network.nodes.authority import IDENTITIES
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.programs.home import Home

STORE = "hfc-users"
"""Where hfc keeps the users that it has read, a folder in a program's working folder."""


def hfc_profile(topology: Topology, organisation: str, inventory: Inventory, home: Home) -> str:
    """The profile of an organisation in hfc's form, as JSON.

    hfc's programs name the peers that endorse, also those of other organisations, and hfc itself needs an
    orderer: so it has all nodes whose organisations' certificates this home has. Certificates are there
    twice, by path for hfc itself and embedded for `fabric_gateway.hfc` elsewhere; keys by their path only.

    Args:
        topology: the network.
        organisation: the organisation's name.
        inventory: the network's nodes.
        home: the network's folder.
    """
    known = [found for found in topology.organisations if home.tls_root(found.name).is_file()]
    names = {found.name for found in known}
    peers = [peer for peer in inventory.peers if peer.organisation in names]
    orderers = [orderer for orderer in inventory.orderers if orderer.organisation in names]
    authority = inventory.authorities[organisation]
    document: dict[str, Any] = {
        "name": f"{topology.name}-{organisation}",
        "version": "1.0.0",
        "client": {"organization": organisation, "credentialStore": {"path": STORE}},
        "organizations": {
            found.name: {
                "mspid": found.msp,
                "peers": [peer.node for peer in peers if peer.organisation == found.name],
                "orderers": [orderer.node for orderer in orderers if orderer.organisation == found.name],
            }
            for found in known
        },
        "orderers": {orderer.node: _node(orderer) for orderer in orderers},
        "peers": {peer.node: _node(peer) for peer in peers},
        "certificateAuthorities": {
            authority.node: {
                "url": authority.url,
                "caName": IDENTITIES,
                "tlsCACerts": _certificates(home.tls_root(organisation)),
            }
        },
    }
    own = document["organizations"][organisation]
    own["certificateAuthorities"] = [authority.node]
    own["users"] = _users(home.organisation(organisation) / "users")
    return json.dumps(document, indent=2) + "\n"


def _node(node: Peer | Orderer) -> dict[str, Any]:
    return {
        "url": node.endpoint,
        "grpcOptions": {"grpc.ssl_target_name_override": node.node},
        "tlsCACerts": _certificates(node.tls_root),
    }


def _certificates(root: Path) -> dict[str, str]:
    return {"path": str(root.absolute()), "pem": root.read_text("ascii")}


def _users(folder: Path) -> dict[str, dict[str, str]]:
    """The users whose keys are files here, by name; a key in a token is none that hfc could use."""
    found = {}
    for user in sorted(folder.glob("*")):
        keys = sorted((user / "msp" / "keystore").glob("*"))
        certificates = sorted((user / "msp" / "signcerts").glob("*"))
        if keys and certificates:
            found[user.name] = {
                "private_key": str(keys[0].absolute()),
                "cert": str(certificates[0].absolute()),
            }
    return found
