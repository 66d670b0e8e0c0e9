"""Connection profiles, which tell clients the addresses of their organisation's peers and CA."""

from __future__ import annotations

from typing import Any

import yaml

from kindpakket_network.description.topology import Topology
from kindpakket_network.nodes.authority import IDENTITIES
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.programs.home import Home


def profile(
    topology: Topology, organisation: str, inventory: Inventory, home: Home, *, portable: bool = False
) -> str:
    """The profile of an organisation, as YAML.

    Args:
        topology: the network.
        organisation: the organisation's name.
        inventory: its nodes.
        home: the network's folder.
        portable: embed the trusted certificate, for clients on other machines, instead of its path.
    """
    root = home.tls_root(organisation)
    trusted = {"pem": root.read_text("ascii")} if portable else {"path": str(root)}
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
                "tlsCACerts": dict(trusted),
                "grpcOptions": {"ssl-target-name-override": peer.node},
            }
            for peer in peers
        },
        "certificateAuthorities": {
            authority.node: {
                "url": authority.url,
                "caName": IDENTITIES,
                "tlsCACerts": dict(trusted),
            }
        },
        "channels": {channel.name: {"peers": {peer.node: {} for peer in peers}} for channel in channels},
    }
    return yaml.safe_dump(document, sort_keys=False)
