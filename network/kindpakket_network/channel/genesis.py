"""A channel's configuration according to the topology: configtx.yaml from the template, and configtxgen.

They make a channel's genesis block and, later, the configuration that it should have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kindpakket_network.channel.access import MEMBER_READERS, access
from kindpakket_network.channel.configuration import Configuration, Consenter
from kindpakket_network.description.channel import Channel
from kindpakket_network.description.host import at
from kindpakket_network.description.policy import any_of
from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import NetworkError, Waiting
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.pending import newest_folder
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.command import Command, run
from kindpakket_network.programs.files import place
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.templates import render

_PROFILE = "channel"


@dataclass(frozen=True)
class ConsenterFiles:
    """A consenter in configtx.yaml: a `Consenter` with the paths of its certificates.

    Attributes:
        msp_folder: the folder with its organisation's MSP definition.
    """

    id: int
    msp: str
    host: str
    port: int
    identity: str
    client_tls: str
    server_tls: str
    msp_folder: str

    @property
    def endpoint(self) -> str:
        """Host and port."""
        return at(self.host, self.port)


def configtx(
    topology: Topology,
    channel: Channel,
    inventory: Inventory,
    home: Home,
    consenters: Sequence[ConsenterFiles] | None = None,
) -> str:
    """The configtx.yaml of a channel.

    Args:
        topology: the network.
        channel: the channel.
        inventory: its nodes.
        home: where their certificates are.
        consenters: the consenters; None: the topology's, with their certificates in the home.
    """
    if consenters is None:
        consenters = [
            consenter_files(orderer, number, home) for number, orderer in inventory.by_id(channel).items()
        ]
    strangers = _strangers(topology, channel)
    return render(
        "configtx.yaml",
        ordering=topology.ordering,
        consenters=consenters,
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
        capabilities=channel.capabilities,
        acls=access(channel.acls, strangers=bool(strangers)),
        strangers=strangers,
        member_readers=MEMBER_READERS,
        any_of=any_of,
    )


def _strangers(topology: Topology, channel: Channel) -> list[str]:
    """The MSP ids of organisations that order a channel and have peers, but are not members of it."""
    members = {member.organisation for member in channel.members}
    ordering = [topology.organisation(name) for name in channel.consenters if name not in members]
    return [organisation.msp for organisation in ordering if organisation.peers]


def genesis_block(session: Session, channel: Channel, *, first: bool = False) -> Path:
    """A channel's genesis block, which is made if it does not exist.

    Two blocks made from the same configuration differ, so where organisations have separate homes, one makes
    the block and the others admit it.

    Args:
        session: the network.
        channel: the channel.
        first: make it even if this home acts for some organisations only.

    Raises:
        Waiting: another organisation's bundle or the genesis block is missing.
        CommandFailed: configtxgen rejected the configuration.
    """
    block = session.home.genesis(channel.name)
    if block.is_file():
        return block
    lacking = lacking_bundles(session, channel)
    if lacking:
        raise Waiting(
            [
                f"{channel.name} waits for {', '.join(lacking)}: ask each for its bundle from `kindpakket "
                "network export organisation`, and import it with `kindpakket network admit FILE...`"
            ]
        )
    if not (first or session.whole):
        raise Waiting(
            [
                f"{channel.name} waits for its genesis block: one organisation makes it with `kindpakket "
                f"network export channel {channel.name}`, and the others `kindpakket network admit` it"
            ]
        )
    render_block(session, channel, block)
    return block


def lacking_bundles(session: Session, channel: Channel) -> list[str]:
    """The organisations of a channel whose certificates are not in this home yet."""
    names = dict.fromkeys([*(member.organisation for member in channel.members), *channel.consenters])

    def known(name: str) -> bool:
        if not session.home.tls_root(name).is_file():
            return False
        orderers = [orderer for orderer in session.inventory.orderers if orderer.organisation == name]
        return name not in channel.consenters or all(orderer.identity.is_file() for orderer in orderers)

    return [name for name in names if not known(name)]


def render_block(session: Session, channel: Channel, block: Path) -> None:
    """Make a genesis block from the topology, next to the configtx.yaml that it is made from.

    Raises:
        CommandFailed: configtxgen rejected the configuration.
    """
    folder = block.parent
    write(folder / "configtx.yaml", configtx(session.topology, channel, session.inventory, session.home))
    temporary = folder / ".genesis.block.new"
    _configtxgen(session, channel, folder, temporary)
    place(temporary, block)


def desired(session: Session, channel: Channel, consenters: Sequence[Consenter]) -> Any:
    """The configuration that the topology gives a channel, a `common.ConfigGroup` with version 0.

    Args:
        session: the network.
        channel: the channel.
        consenters: its consenters, in the order of their ids.

    Raises:
        CommandFailed: configtxgen rejected the configuration.
        NetworkError: a consenter's organisation is not in the topology.
    """
    with session.home.scratch() as folder:
        files = [
            _written(folder / str(number), consenter, session) for number, consenter in enumerate(consenters)
        ]
        write(
            folder / "configtx.yaml",
            configtx(session.topology, channel, session.inventory, session.home, files),
        )
        _configtxgen(session, channel, folder, folder / "block")
        return Configuration.read((folder / "block").read_bytes()).group


def consenter_files(orderer: Orderer, number: int, home: Home) -> ConsenterFiles:
    """A consenter according to the topology and the home, with its pending certificates if it has any.

    Args:
        orderer: its node.
        number: its consenter id.
        home: where its certificates are.
    """
    tls = str(newest_folder(orderer.folder / "tls") / "cert.pem")
    return ConsenterFiles(
        id=number,
        msp=orderer.msp,
        host=orderer.host,
        port=orderer.ports[0],
        identity=str(newest_folder(orderer.folder / "msp") / "signcerts" / "cert.pem"),
        client_tls=tls,
        server_tls=tls,
        msp_folder=str(home.organisation(orderer.organisation) / "msp"),
    )


def _written(folder: Path, consenter: Consenter, session: Session) -> ConsenterFiles:
    names = {organisation.msp: organisation.name for organisation in session.topology.organisations}
    if consenter.msp not in names:
        raise NetworkError(
            f"the consenter {consenter.host}:{consenter.port} belongs to "
            f"{consenter.msp or 'an unknown organisation'}, which is not in the topology: add it there"
        )
    files = {"identity": consenter.identity, "client": consenter.client_tls, "server": consenter.server_tls}
    for name, content in files.items():
        write(folder / f"{name}.pem", content)
    return ConsenterFiles(
        id=consenter.id,
        msp=consenter.msp,
        host=consenter.host,
        port=consenter.port,
        identity=str(folder / "identity.pem"),
        client_tls=str(folder / "client.pem"),
        server_tls=str(folder / "server.pem"),
        msp_folder=str(session.home.organisation(names[consenter.msp]) / "msp"),
    )


def _configtxgen(session: Session, channel: Channel, folder: Path, block: Path) -> None:
    arguments: Sequence[str] = [
        session.programs.path("configtxgen"),
        *("-configPath", str(folder)),
        *("-profile", _PROFILE),
        *("-channelID", channel.name),
        *("-outputBlock", str(block)),
    ]
    run(Command(f"configtxgen for {channel.name}", arguments, {"FABRIC_CFG_PATH": str(folder)}))
