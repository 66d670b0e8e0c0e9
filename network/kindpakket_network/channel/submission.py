"""Reads a channel's configuration from its consenters, and has them order a change of it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from kindpakket_network.channel.admin_commands import AdminCommands
from kindpakket_network.channel.configuration import APPLICATION, ORDERER, Configuration
from kindpakket_network.channel.proposal import Proposal
from kindpakket_network.channel.update import holds, outdated, read_update
from kindpakket_network.description.channel import Channel
from kindpakket_network.description.organisation import Organisation
from kindpakket_network.errors import CommandFailed, NetworkError
from kindpakket_network.nodes.catching_up import await_height
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.wait import in_parallel, until

# Seconds from submission to commit: it leaves room for one change of leader.
_DEADLINE = 20.0
# How often a change is submitted again: a Raft leader that ends, or that the change takes out, may lose it.
_AGAIN = 2
# Refusals that every consenter would repeat.
_FINAL = ("BAD_REQUEST", "FORBIDDEN")


class Overtaken(NetworkError):
    """Another change of the channel was committed first."""


def current(session: Session, channel: Channel) -> Configuration:
    """A channel's present configuration: the newest that its consenters have.

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

        answers = in_parallel(ask, session.consenters_of(channel))
        found = [answer for answer in answers if isinstance(answer, Configuration)]
        if found:
            return max(found, key=lambda configuration: configuration.sequence)
        failure = next(answer for answer in answers if isinstance(answer, CommandFailed))
    if failure is None:
        raise NetworkError(
            f"{session.home.root} has no administrator's key to read the configuration of {channel.name} "
            "with: run `up` first"
        )
    raise NetworkError(
        f"no consenter of {channel.name} returned its configuration: check that they are running. {failure}"
    )


def administrators(session: Session) -> list[Organisation]:
    """The organisations whose administrators' keys are in this home."""
    organisations = (session.topology.organisation(name) for name in session.own_organisations)
    return [organisation for organisation in organisations if AdminCommands(session, organisation).possible]


def signers(session: Session, present: Configuration) -> list[Organisation]:
    """Those of the `administrators` whose organisations are in a channel's configuration."""
    msps = {*present.group.groups[APPLICATION].groups, *present.group.groups[ORDERER].groups}
    return [organisation for organisation in administrators(session) if organisation.msp in msps]


def submit(session: Session, channel: Channel, proposal: Proposal, present: Configuration) -> Configuration:
    """Submit a change, and wait until consenters and this home's running peers have it.

    Args:
        session: the network.
        channel: the channel.
        proposal: the change with all required signatures.
        present: the configuration that it changes.

    Returns:
        The configuration with the change.

    Raises:
        CommandFailed: the consenters refused it; the message says why.
        Overtaken: another change was committed first, so this one is outdated.
        NodeFailed: a peer exited, or received no block for two minutes.
        NetworkError: this home acts for no member of the channel; or the change was accepted but not
            committed in time.
    """
    members = present.group.groups[APPLICATION].groups
    sender = next((signer for signer in signers(session, present) if signer.msp in members), None)
    if sender is None:
        raise NetworkError(
            f"this home acts for no member of {channel.name}, and only members may submit: give the file to "
            f"one of {', '.join(sorted(members))}"
        )
    with session.home.scratch() as folder:
        file = folder / "change.pb"
        proposal.save(file)
        commands, update = AdminCommands(session, sender), read_update(proposal.update)
        _order(session, channel, file, commands, present)
        found = _ordered(session, channel, update)
        for _ in range(_AGAIN):
            if found is not None:
                break
            # One that was ordered in the meantime is refused the second time.
            with contextlib.suppress(CommandFailed):
                _order(session, channel, file, commands, present)
            found = _ordered(session, channel, update)
    if found is None:
        raise NetworkError(
            f"the change of {channel.name} was accepted but not committed within "
            f"{(_AGAIN + 1) * _DEADLINE:g} s: check in `status` that its consenters have a leader, and try "
            "again"
        )
    _await_peers(session, channel, found.block)
    return found


def _order(
    session: Session, channel: Channel, file: Path, commands: AdminCommands, present: Configuration
) -> None:
    """Send a change to a consenter: the leader if known, else the first that accepts it."""
    named = {consenter.msp for consenter in present.consenters()}
    first = session.orderer(channel)
    others = [
        consenter
        for consenter in session.consenters_of(channel)
        if consenter != first and consenter.msp in named
    ]
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


def _ordered(session: Session, channel: Channel, update: Any) -> Configuration | None:
    """Wait until the channel has a change; None if it does not come to it.

    Raises:
        Overtaken: another change was committed first.
    """

    def answer() -> tuple[Configuration, list[str]] | None:
        found = current(session, channel)
        if holds(found.group, update):
            return found, []
        late = outdated(found.group, update)
        return (found, late) if late else None

    answered = until(answer, _DEADLINE, interval=0.2)
    if answered is None:
        return None
    found, late = answered
    if late:
        raise Overtaken(
            f"another change of {channel.name} was committed first, in {', '.join(late)}: propose this one "
            "again"
        )
    return found


def _await_peers(session: Session, channel: Channel, block: int) -> None:
    """Wait until the peers that run here have a block."""
    for peer in (candidate for candidate in session.own_peers_on(channel) if session.runs(candidate.node)):
        if peer.height(channel.name) is not None:
            await_height(session.processes, peer, channel.name, block + 1, session.progress)
