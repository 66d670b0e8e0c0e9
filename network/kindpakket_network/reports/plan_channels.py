"""What `up` would change in the configurations of existing channels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kindpakket_network.channel.capabilities import raised
from kindpakket_network.channel.change import pending_from
from kindpakket_network.channel.configuration import ORDERER
from kindpakket_network.channel.submission import current
from kindpakket_network.description.channel import Channel
from kindpakket_network.nodes.departures import CONSENTER, ORGANISATION
from kindpakket_network.nodes.session import Session
from kindpakket_network.reports.plan import Step

_ROLES = {CONSENTER: "a consenter", ORGANISATION: "a member"}


def channel_steps(session: Session) -> Iterator[Step]:
    """The changes to the configurations of channels with running consenters.

    For an organisation whose certificates are not in the home yet, only its name is given.

    Raises:
        NetworkError: the topology lacks something that a channel has, or no consenter answers.
    """
    for channel in session.own_channels:
        consenters = [
            consenter for consenter in session.consenters_of(channel) if session.runs(consenter.node)
        ]
        if not session.home.genesis(channel.name).is_file() or not consenters:
            continue
        leaving = [each for each in session.leaving(channel=channel.name) if each.kind in _ROLES]
        for departure in leaving:
            yield Step("configure", channel.name, f"{departure.msp} is no longer {_ROLES[departure.kind]}")
        if any(departure.kind == ORGANISATION for departure in leaving):
            continue  # the rest follows from that
        known = _known(session, channel)
        for member in channel.members:
            if member not in known.members:
                yield Step("configure", channel.name, f"{member.organisation} becomes a member")
        for name in channel.consenters:
            if name not in known.consenters:
                yield Step("configure", channel.name, f"the orderer of {name} becomes a consenter")
        gone = tuple(f"/Channel/{ORDERER}/{departure.msp}/" for departure in leaving)
        present = current(session, known)
        for difference in pending_from(present, session, known):
            if difference.path.startswith(gone):
                continue
            yield Step("configure", channel.name, str(difference))
        for group, (before, wanted) in raised(channel, present.group).items():
            text = f"{group}: {before} -> {wanted}, only by `kindpakket network channel raise {channel.name}`"
            yield Step("raise", channel.name, text)


def _known(session: Session, channel: Channel) -> Channel:
    """A channel with only the organisations whose certificates are in the home."""
    orderers = {orderer.organisation for orderer in session.inventory.orderers if orderer.identity.is_file()}
    return replace(
        channel,
        members=tuple(
            member for member in channel.members if session.home.tls_root(member.organisation).is_file()
        ),
        consenters=tuple(name for name in channel.consenters if name in orderers),
    )
