"""Recovers revocations made after a backup from the organisation's channels.

A backup contains the certificate revocation list of its day. A newer list in a channel is stored next to it,
so that updating the channel from the home does not undo a revocation.
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
from kindpakket_network.description.channel import Channel
from kindpakket_network.errors import CommandFailed, NetworkError
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.home import write


@dataclass(frozen=True)
class RevocationRecovery:
    """The revocation lists of a restored organisation.

    Args:
        session: the network.
        organisation: the organisation's name.
    """

    session: Session
    organisation: str

    def run(self) -> None:
        """Store the revocation lists from the organisation's channels in its folders.

        Raises:
            NetworkError: no consenter of a channel answers.
        """
        nodes: list[Orderer | Peer] = [*self.session.inventory.orderers, *self.session.inventory.peers]
        folders = [node.folder for node in nodes if node.organisation == self.organisation]
        for channel in self.session.topology.channels:
            members = [*channel.consenters, *(member.organisation for member in channel.members)]
            if self.organisation in members:
                lists = self._lists(self._configuration(channel))
                for folder in (self.session.home.organisation(self.organisation), *folders):
                    if (folder / "msp").is_dir():
                        store_newer(folder / "msp" / "crls", lists)

    def _configuration(self, channel: Channel) -> Configuration:
        commands = AdminCommands(self.session, self.session.topology.organisation(self.organisation))
        failure = ""
        for orderer in self.session.consenters_of(channel):
            try:
                return commands.configuration(channel, orderer)
            except CommandFailed as error:
                failure = str(error)
        raise NetworkError(
            f"no consenter of {channel.name} returned its configuration: check that they run. {failure}"
        )

    def _lists(self, configuration: Configuration) -> list[bytes]:
        msp = self.session.topology.organisation(self.organisation).msp
        found: dict[bytes, None] = {}
        for name in (APPLICATION, ORDERER):
            group = configuration.group.groups[name].groups
            if msp in group:
                config = m.msp_config.MSPConfig.FromString(group[msp].values["MSP"].value).config
                found |= dict.fromkeys(m.msp_config.FabricMSPConfig.FromString(config).revocation_list)
        return list(found)


def store_newer(folder: Path, lists: Sequence[bytes]) -> None:
    """Store the lists that revoke a certificate which the lists in a folder do not.

    Args:
        folder: an MSP's `crls` folder.
        lists: the lists, PEM.
    """
    known = {serial for path in folder.glob("*.pem") for serial in _serials(path.read_bytes())}
    for pem in lists:
        if not _serials(pem) <= known:
            write(folder / f"kept-{hashlib.sha256(pem).hexdigest()[:8]}.pem", pem)


def _serials(pem: bytes) -> set[int]:
    return {entry.serial_number for entry in x509.load_pem_x509_crl(pem)}
