"""Common connection profiles, from which clients learn where their organisation's peers and CA are."""

from __future__ import annotations

from typing import Any

import yaml

from .authority import IDENTITIES
from .home import Home
from .inventory import Inventory
from .topology import Topology


def profile(topology: Topology, organisation: str, inventory: Inventory, home: Home) -> str:
    """The profile of an organisation, as YAML."""
    msp = topology.organisation(organisation).msp
    peers = inventory.peers_of(organisation)
    authority = inventory.authorities[organisation]
    channels = [
        channel
        for channel in topology.channels
        if organisation in [member.organisation for member in channel.members]
    ]
    document: dict[str, Any] = {
        "name": f"{topology.name}-{organisation}",
        "version": "1.0.0",
        "client": {"organization": organisation},
        "organizations": {
            organisation: {
                "mspid": msp,
                "peers": [peer.node for peer in peers],
                "certificateAuthorities": [authority.node],
            }
        },
        "peers": {
            peer.node: {
                "url": f"grpcs://{peer.endpoint}",
                "tlsCACerts": {"path": str(home.tls_root(organisation))},
                "grpcOptions": {"ssl-target-name-override": peer.node},
            }
            for peer in peers
        },
        "certificateAuthorities": {
            authority.node: {
                "url": authority.url,
                "caName": IDENTITIES,
                "tlsCACerts": {"path": str(home.tls_root(organisation))},
            }
        },
        "channels": {channel.name: {"peers": {peer.node: {} for peer in peers}} for channel in channels},
    }
    return yaml.safe_dump(document, sort_keys=False)
