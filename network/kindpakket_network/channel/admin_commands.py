"""The `peer` program's commands for channels, run as an organisation's administrator without a peer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kindpakket_network.channel import messages as m
from kindpakket_network.channel.configuration import Configuration
from kindpakket_network.description.channel import Channel
from kindpakket_network.description.organisation import Organisation
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.peer_commands import ordered_by
from kindpakket_network.nodes.peer_program import peer_command
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.command import run

_DEADLINE = 30.0


@dataclass(frozen=True)
class AdminCommands:
    """Calls to consenters as an organisation's administrator.

    Args:
        session: the network.
        organisation: the organisation.
    """

    session: Session
    organisation: Organisation

    def configuration(self, channel: Channel, orderer: Orderer) -> Configuration:
        """A channel's configuration according to a consenter.

        Raises:
            CommandFailed: the consenter did not answer, or refused.
        """
        return Configuration.read(self._fetch("config", channel, orderer))

    @property
    def possible(self) -> bool:
        """Whether the administrator's key is in this home."""
        return (self._msp / "keystore").is_dir()

    @property
    def _msp(self) -> Path:
        return self.session.home.user(self.organisation.name, self.organisation.admin.name) / "msp"

    def newest(self, channel: Channel, orderer: Orderer) -> bytes:
        """The last block of a channel that a consenter has.

        Raises:
            CommandFailed: the consenter did not answer, or refused.
        """
        return self._fetch("newest", channel, orderer)

    def height(self, channel: Channel, orderer: Orderer) -> int:
        """The number of blocks of a channel that a consenter has. Raises as `newest`."""
        return int(m.common.Block.FromString(self.newest(channel, orderer)).header.number) + 1

    def submit(self, channel: Channel, orderer: Orderer, change: Path) -> None:
        """Add the administrator's signature to a proposal, and submit it to a consenter.

        Raises:
            CommandFailed: the consenter did not answer, or refused.
        """
        self._run("channel", "update", "-f", str(change), *_at(channel, orderer))

    def _fetch(self, which: str, channel: Channel, orderer: Orderer) -> bytes:
        with self.session.home.scratch() as folder:
            file = folder / "block"
            self._run("channel", "fetch", which, str(file), *_at(channel, orderer))
            return file.read_bytes()

    def _run(self, *arguments: str) -> None:
        subcommand = " ".join(arguments[:2])
        command = peer_command(
            f"`peer {subcommand}` as {self.organisation.admin.name} of {self.organisation.name}",
            arguments,
            programs=self.session.programs,
            msp=self.organisation.msp,
            folder=self._msp,
            deadline=_DEADLINE,
        )
        run(command)


def _at(channel: Channel, orderer: Orderer) -> list[str]:
    return ["-c", channel.name, *ordered_by(orderer)]
