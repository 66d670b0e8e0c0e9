"""What `up` would change in the configurations of channels that live."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kindpakket_network.channel.change import pending
from kindpakket_network.description.topology import Channel
from kindpakket_network.nodes.session import Session
from kindpakket_network.reports.plan import Step


def configured(session: Session) -> Iterator[Step]:
    """The changes of channels' configurations, of all channels whose consenters can be asked.

    What an organisation's certificates are needed for is told by its name alone until these are there.

    Raises:
        NetworkError: the topology lacks something that a channel has, or no consenter answers.
    """
    for channel in session.own_channels:
        consenters = [one for one in session.consenters_of(channel) if session.runs(one.node)]
        if not session.home.genesis(channel.name).is_file() or not consenters:
            continue
        known = _known(session, channel)
        for member in channel.members:
            if member not in known.members:
                yield Step("configure", channel.name, f"{member.organisation} becomes a member")
        for name in channel.consenters:
            if name not in known.consenters:
                yield Step("configure", channel.name, f"the orderer of {name} becomes a consenter")
        for difference in pending(session, known):
            yield Step("configure", channel.name, str(difference))


def _known(session: Session, channel: Channel) -> Channel:
    """A channel with only those whose certificates are in the home."""
    orderers = {one.organisation for one in session.inventory.orderers if one.identity.is_file()}
    return replace(
        channel,
        members=tuple(one for one in channel.members if session.home.tls_root(one.organisation).is_file()),
        consenters=tuple(name for name in channel.consenters if name in orderers),
    )
