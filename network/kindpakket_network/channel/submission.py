"""Asking a channel's consenters for its configuration, and having them order a change of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kindpakket_network.channel.admin_commands import AdminCommands
from kindpakket_network.channel.configuration import APPLICATION, ORDERER, Configuration
from kindpakket_network.channel.proposal import Proposal
from kindpakket_network.channel.update import holds, outdated, read_update
from kindpakket_network.description.topology import Channel, Organisation
from kindpakket_network.errors import CommandFailed, NetworkError
from kindpakket_network.nodes.catching_up import await_height
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.wait import together, until

_DEADLINE = 60.0
_FINAL = ("BAD_REQUEST", "FORBIDDEN")


class Overtaken(NetworkError):
    """Another change of the channel was faster."""


def current(session: Session, channel: Channel) -> Configuration:
    """The configuration that a channel has: the newest that its consenters know.

    Raises:
        NetworkError: no consenter answers.
    """
    failure: CommandFailed | None = None
    for organisation in administrators(session):
        commands = AdminCommands(session, organisation)

        def ask(orderer: Orderer, commands: AdminCommands = commands) -> Configuration | CommandFailed:
            try:
                return commands.configuration(channel, orderer)
            except CommandFailed as error:
                return error

        answers = together(ask, session.consenters_of(channel))
        found = [one for one in answers if isinstance(one, Configuration)]
        if found:
            return max(found, key=lambda one: one.sequence)
        failure = next(one for one in answers if isinstance(one, CommandFailed))
    if failure is None:
        raise NetworkError(
            f"no administrator's key is in {session.home.root}, so nobody can ask for the configuration of "
            f"{channel.name}: run `up` first"
        )
    raise NetworkError(
        f"no consenter of {channel.name} tells its configuration: see whether they run. {failure}"
    )


def administrators(session: Session) -> list[Organisation]:
    """The organisations whose administrators' keys are here."""
    organisations = (session.topology.organisation(name) for name in session.acting)
    return [one for one in organisations if AdminCommands(session, one).possible]


def signers(session: Session, present: Configuration) -> list[Organisation]:
    """Those of them that stand in a channel's configuration."""
    msps = {*present.group.groups[APPLICATION].groups, *present.group.groups[ORDERER].groups}
    return [one for one in administrators(session) if one.msp in msps]


def submit(session: Session, channel: Channel, proposal: Proposal, present: Configuration) -> Configuration:
    """Have a change ordered, and wait until consenters have it, and all peers of ours that run.

    Args:
        session: the network.
        channel: the channel.
        proposal: the change with all signatures that it needs.
        present: the configuration that it changes.

    Returns:
        The configuration with the change.

    Raises:
        CommandFailed: the consenters refused it; it says why.
        Overtaken: another change was faster, and this one is outdated.
        NodeFailed: a peer ended meanwhile, or got no block for two minutes.
        NetworkError: nobody here is a member of the channel; or it was taken and is in no block in time.
    """
    members = present.group.groups[APPLICATION].groups
    sender = next((one for one in signers(session, present) if one.msp in members), None)
    if sender is None:
        raise NetworkError(
            f"nobody here is a member of {channel.name}, and only members submit: hand the file to one of "
            f"{', '.join(sorted(members))}"
        )
    with session.home.scratch() as folder:
        file = folder / "change.pb"
        proposal.save(file)
        _order(session, channel, file, AdminCommands(session, sender), present)
    found = _ordered(session, channel, read_update(proposal.update))
    _await_peers(session, channel, found.block)
    return found


def _order(
    session: Session, channel: Channel, file: Path, commands: AdminCommands, present: Configuration
) -> None:
    """Bring a change to a consenter: the leader if it is known, else the next one that takes it."""
    named = {one.msp for one in present.consenters()}
    first = session.orderer(channel)
    others = [one for one in session.consenters_of(channel) if one != first and one.msp in named]
    refusals: list[CommandFailed] = []
    for orderer in (first, *others):
        try:
            commands.submit(channel, orderer, file)
        except CommandFailed as error:
            refusals.append(error)
            if any(word in error.output for word in _FINAL):
                raise
        else:
            return
    raise refusals[0]


def _ordered(session: Session, channel: Channel, update: Any) -> Configuration:
    """Wait until the channel has a change."""

    def answer() -> tuple[Configuration, list[str]] | None:
        found = current(session, channel)
        if holds(found.group, update):
            return found, []
        late = outdated(found.group, update)
        return (found, late) if late else None

    answered = until(answer, _DEADLINE, interval=0.2)
    if answered is None:
        raise NetworkError(
            f"the change of {channel.name} was taken and is in no block after {_DEADLINE:g} seconds: see in "
            "`status` whether its consenters have a leader, and repeat this"
        )
    found, late = answered
    if late:
        raise Overtaken(
            f"another change of {channel.name} was faster, in {', '.join(late)}: propose this one again"
        )
    return found


def _await_peers(session: Session, channel: Channel, block: int) -> None:
    """Wait until the peers that run here have a block."""
    for peer in (one for one in session.own_peers_on(channel) if session.runs(one.node)):
        if peer.height(channel.name) is not None:
            await_height(session.processes, peer, channel.name, block + 1)
