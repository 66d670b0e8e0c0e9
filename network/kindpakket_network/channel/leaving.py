"""Whether a channel still names an organisation that leaves it."""

from __future__ import annotations

from kindpakket_network.channel.admin_commands import AdminCommands
from kindpakket_network.channel.configuration import APPLICATION, ORDERER, Configuration
from kindpakket_network.channel.submission import current
from kindpakket_network.description.channel import Channel
from kindpakket_network.errors import CommandFailed, NetworkError
from kindpakket_network.nodes.departures import CONSENTER, Departure
from kindpakket_network.nodes.inventory import orderer_of
from kindpakket_network.nodes.session import Session

_OUT = "FORBIDDEN"


def is_named(session: Session, channel: Channel, departure: Departure) -> bool:
    """Whether a channel still names a consenter or a member that leaves it.

    Raises:
        NetworkError: no consenter answers.
    """
    if channel in session.own_channels:
        return _names(current(session, channel), departure)
    organisation = session.topology.organisation(departure.organisation)
    commands = AdminCommands(session, organisation)
    own = orderer_of(session.topology, session.home, organisation)
    refused = False
    for orderer in [own, *session.consenters_of(channel)]:
        try:
            return _names(commands.configuration(channel, orderer), departure)
        except CommandFailed as error:
            # Those that have the change no longer know the organisation.
            refused = refused or _OUT in error.output
    if not refused:
        raise NetworkError(
            f"no consenter of {channel.name} answered whether it still names {departure.subject}: check that "
            "they are running, and try again"
        )
    return False


def _names(found: Configuration, departure: Departure) -> bool:
    group = ORDERER if departure.kind == CONSENTER else APPLICATION
    return departure.msp in found.group.groups[group].groups
