"""Revocations that a restored organisation has forgotten, and that its channels remember.

A backup holds the list of revoked certificates of its day. The list of a channel that is newer is kept beside
it, so that bringing the channel to what the home says revokes no less than before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from kindpakket_network.channel import messages as m
from kindpakket_network.channel.admin_commands import AdminCommands
from kindpakket_network.channel.configuration import APPLICATION, ORDERER, Configuration
from kindpakket_network.description.topology import Channel
from kindpakket_network.errors import CommandFailed, NetworkError
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.home import write


@dataclass(frozen=True)
class KeptRevocations:
    """The lists of a restored organisation.

    Args:
        session: the network.
        organisation: the organisation's name.
    """

    session: Session
    organisation: str

    def run(self) -> None:
        """Keep what the organisation's channels say that it revoked.

        Raises:
            NetworkError: no consenter of a channel answers.
        """
        nodes: list[Orderer | Peer] = [*self.session.inventory.orderers, *self.session.inventory.peers]
        folders = [node.folder for node in nodes if node.organisation == self.organisation]
        for channel in self.session.topology.channels:
            members = [*channel.consenters, *(one.organisation for one in channel.members)]
            if self.organisation in members:
                lists = self._lists(self._configuration(channel))
                for folder in (self.session.home.organisation(self.organisation), *folders):
                    if (folder / "msp").is_dir():
                        keep(folder / "msp" / "crls", lists)

    def _configuration(self, channel: Channel) -> Configuration:
        commands = AdminCommands(self.session, self.session.topology.organisation(self.organisation))
        words = ""
        for orderer in self.session.consenters_of(channel):
            try:
                return commands.configuration(channel, orderer)
            except CommandFailed as error:
                words = str(error)
        raise NetworkError(f"no consenter of {channel.name} gives its configuration: {words}")

    def _lists(self, configuration: Configuration) -> list[bytes]:
        msp = self.session.topology.organisation(self.organisation).msp
        found: dict[bytes, None] = {}
        for name in (APPLICATION, ORDERER):
            group = configuration.group.groups[name].groups
            if msp in group:
                config = m.msp_config.MSPConfig.FromString(group[msp].values["MSP"].value).config
                found |= dict.fromkeys(m.msp_config.FabricMSPConfig.FromString(config).revocation_list)
        return list(found)


def keep(folder: Path, lists: Sequence[bytes]) -> None:
    """Keep the lists that revoke something which the lists in a folder do not.

    Args:
        folder: the folder of an MSP for such lists.
        lists: the lists, PEM.
    """
    known = {serial for path in folder.glob("*.pem") for serial in _serials(path.read_bytes())}
    for pem in lists:
        if not _serials(pem) <= known:
            write(folder / f"kept-{hashlib.sha256(pem).hexdigest()[:8]}.pem", pem)


def _serials(pem: bytes) -> set[int]:
    return {one.serial_number for one in x509.load_pem_x509_crl(pem)}
