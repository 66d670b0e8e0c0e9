"""A channel's first block: configtx.yaml from the template, and configtxgen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .command import Command
from .home import Home, write
from .inventory import Inventory
from .orderer import Orderer
from .policy import any_of
from .process import run
from .site import Site
from .templates import render
from .topology import Channel, Topology

_PROFILE = "channel"


def configtx(topology: Topology, channel: Channel, inventory: Inventory, home: Home) -> str:
    """The configtx.yaml of a channel."""
    return render(
        "configtx.yaml",
        ordering=topology.ordering,
        consenters=[_consenter(orderer, home) for orderer in inventory.consenters_of(channel)],
        members=[
            {
                "msp": topology.organisation(member.organisation).msp,
                "msp_folder": str(home.organisation(member.organisation) / "msp"),
                "readers": member.readers,
                "block_readers": member.block_readers,
                "writers": member.writers,
                "anchors": [
                    {"host": peer.host, "port": peer.ports[0]}
                    for peer in inventory.peers_of(member.organisation)
                ],
            }
            for member in channel.members
        ],
        lifecycle_endorsement=channel.lifecycle_endorsement,
        administration=channel.administration,
        any_of=any_of,
    )


def genesis_block(site: Site, channel: Channel) -> Path:
    """The channel's first block, made when it is not there.

    Raises:
        CommandFailed: configtxgen refused the configuration.
    """
    folder = site.home.channel(channel.name)
    block = folder / "genesis.block"
    if block.is_file():
        return block
    write(folder / "configtx.yaml", configtx(site.topology, channel, site.inventory, site.home))
    temporary = folder / ".genesis.block.new"
    arguments: Sequence[str] = [
        site.programs.path("configtxgen"),
        *("-configPath", str(folder)),
        *("-profile", _PROFILE),
        *("-channelID", channel.name),
        *("-outputBlock", str(temporary)),
    ]
    run(Command(f"configtxgen for {channel.name}", arguments, {"FABRIC_CFG_PATH": str(folder)}))
    temporary.replace(block)
    return block


def _consenter(orderer: Orderer, home: Home) -> dict[str, object]:
    return {
        "host": orderer.host,
        "endpoint": orderer.endpoint,
        "port": orderer.ports[0],
        "msp": orderer.msp,
        "identity": str(orderer.folder / "msp" / "signcerts" / "cert.pem"),
        "tls": str(orderer.folder / "tls" / "cert.pem"),
        "msp_folder": str(home.organisation(orderer.organisation) / "msp"),
    }
