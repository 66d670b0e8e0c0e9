"""Asking a channel's consenters for its configuration, and having them order a change of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..description.topology import Channel, Organisation
from ..errors import CommandFailed, NetworkError
from ..nodes.catching_up import await_height
from ..nodes.orderer import Orderer
from ..site import Site
from ..wait import together, until
from .admin_commands import AdminCommands
from .configuration import APPLICATION, ORDERER, Configuration
from .proposal import Proposal
from .update import holds, outdated, read_update

_DEADLINE = 60.0
_FINAL = ("BAD_REQUEST", "FORBIDDEN")


class Overtaken(NetworkError):
    """Another change of the channel was faster."""


def current(site: Site, channel: Channel) -> Configuration:
    """The configuration that a channel has: the newest that its consenters know.

    Raises:
        NetworkError: no consenter answers.
    """
    failure: CommandFailed | None = None
    for organisation in administrators(site):
        commands = AdminCommands(site, organisation)

        def ask(orderer: Orderer, commands: AdminCommands = commands) -> Configuration | CommandFailed:
            try:
                return commands.configuration(channel, orderer)
            except CommandFailed as error:
                return error

        answers = together(ask, site.consenters_of(channel))
        found = [one for one in answers if isinstance(one, Configuration)]
        if found:
            return max(found, key=lambda one: one.sequence)
        failure = next(one for one in answers if isinstance(one, CommandFailed))
    if failure is None:
        raise NetworkError(
            f"no administrator's key is in {site.home.root}, so nobody can ask for the configuration of "
            f"{channel.name}: run `up` first"
        )
    raise NetworkError(
        f"no consenter of {channel.name} tells its configuration: see whether they run. {failure}"
    )


def administrators(site: Site) -> list[Organisation]:
    """The organisations whose administrators' keys are here."""
    organisations = (site.topology.organisation(name) for name in site.acting)
    return [one for one in organisations if AdminCommands(site, one).possible]


def signers(site: Site, present: Configuration) -> list[Organisation]:
    """Those of them that stand in a channel's configuration."""
    msps = {*present.group.groups[APPLICATION].groups, *present.group.groups[ORDERER].groups}
    return [one for one in administrators(site) if one.msp in msps]


def submit(site: Site, channel: Channel, proposal: Proposal, present: Configuration) -> Configuration:
    """Have a change ordered, and wait until consenters have it, and all peers of ours that run.

    Args:
        site: the network.
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
    sender = next((one for one in signers(site, present) if one.msp in members), None)
    if sender is None:
        raise NetworkError(
            f"nobody here is a member of {channel.name}, and only members submit: hand the file to one of "
            f"{', '.join(sorted(members))}"
        )
    with site.home.scratch() as folder:
        file = folder / "change.pb"
        proposal.save(file)
        _order(site, channel, file, AdminCommands(site, sender), present)
    found = _ordered(site, channel, read_update(proposal.update))
    _await_peers(site, channel, found.block)
    return found


def _order(site: Site, channel: Channel, file: Path, commands: AdminCommands, present: Configuration) -> None:
    """Bring a change to a consenter: the leader if it is known, else the next one that takes it."""
    named = {one.msp for one in present.consenters()}
    first = site.orderer(channel)
    others = [one for one in site.consenters_of(channel) if one != first and one.msp in named]
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


def _ordered(site: Site, channel: Channel, update: Any) -> Configuration:
    """Wait until the channel has a change."""

    def answer() -> tuple[Configuration, list[str]] | None:
        found = current(site, channel)
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


def _await_peers(site: Site, channel: Channel, block: int) -> None:
    """Wait until the peers that run here have a block."""
    for peer in (one for one in site.own_peers_on(channel) if site.runs(one.node)):
        if peer.height(channel.name) is not None:
            await_height(site.processes, peer, channel.name, block + 1)
