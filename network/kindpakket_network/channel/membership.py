"""A channel that lives follows the topology: its members and settings, then its consenters one at a time."""

from __future__ import annotations

from pathlib import Path

from kindpakket_network.channel.admin_commands import AdminCommands
from kindpakket_network.channel.change import SETTINGS, reconcile
from kindpakket_network.channel.configuration import Configuration
from kindpakket_network.channel.genesis import lacking_bundles
from kindpakket_network.channel.submission import administrators, current
from kindpakket_network.description.topology import Channel
from kindpakket_network.errors import CommandFailed, NetworkError, Waiting
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.wait import until

_JOINED = 60.0


def own_founders(session: Session, channel: Channel, genesis: Path) -> list[Orderer]:
    """The acting organisations' consenters that stand in a channel's first block, and join by it."""
    named = {one.msp for one in Configuration.read(genesis.read_bytes()).consenters()}
    return [one for one in session.own_consenters_of(channel) if one.msp in named]


def follow(session: Session, channel: Channel) -> bool:
    """Change a channel's configuration to what the topology wants, and have added consenters take part.

    A consenter joins by the newest configuration block, which must name it already: so each is added, joins
    and takes part before the next is added. Renewed certificates of consenters are not seen to here.

    Returns:
        Whether the configuration was changed.

    Raises:
        Waiting: another organisation has to bring its bundle, to sign, or to have its consenter join.
        NetworkError: a consenter is down, or one that was added does not take part.
    """
    lacking = lacking_bundles(session, channel)
    if lacking:
        raise Waiting(
            [
                f"{channel.name} waits for {', '.join(lacking)}: have each make its bundle with `kindpakket "
                "network export organisation`, and bring them here with `kindpakket network admit FILE...`"
            ]
        )

    def settle(node: str) -> None:
        orderer = next(one for one in session.consenters_of(channel) if one.node == node)
        if orderer.organisation not in session.acting:
            raise Waiting([f"{node} stands in {channel.name} now: have it join with `up` where its key is"])
        _join(session, channel, orderer)

    waiting = [one for one in session.own_consenters_of(channel) if not one.has(channel.name)]
    if session.whole and not waiting:
        return reconcile(session, channel, only=[SETTINGS])
    named = {one.msp for one in _present(session, channel).consenters()}
    for orderer in waiting:
        if orderer.msp in named:
            _join(session, channel, orderer)
    added = [one.node for one in session.consenters_of(channel) if one.msp not in named]
    return reconcile(session, channel, only=[SETTINGS, *added], settle=settle)


def _present(session: Session, channel: Channel) -> Configuration:
    try:
        return current(session, channel)
    except NetworkError as error:
        if session.whole:
            raise
        raise Waiting(
            [
                f"{channel.name} does not answer {', '.join(session.acting)} yet: have its members "
                f"`kindpakket network admit` the bundle and run `up`, then run it here again. {error}"
            ]
        ) from error


def _join(session: Session, channel: Channel, orderer: Orderer) -> None:
    orderer.join(channel.name, _newest_configuration(session, channel, orderer))
    if until(lambda: orderer.active(channel.name) or None, _JOINED) is None:
        raise session.processes.failed(
            orderer.node,
            f"does not take part in ordering {channel.name} {_JOINED:g} seconds after it was added",
        )


def _newest_configuration(session: Session, channel: Channel, joining: Orderer) -> bytes:
    """The newest configuration block that the other consenters have, which names the one that joins."""
    commands = AdminCommands(session, administrators(session)[0])
    found: list[tuple[int, bytes]] = []
    for orderer in session.consenters_of(channel):
        if orderer is joining:
            continue
        try:
            block = commands.configuration_block(channel, orderer)
        except CommandFailed:
            continue
        configuration = Configuration.read(block)
        if joining.msp in {one.msp for one in configuration.consenters()}:
            found.append((configuration.sequence, block))
    if not found:
        raise NetworkError(
            f"no consenter of {channel.name} has the block that names {joining.node}: see whether they run, "
            "and repeat this"
        )
    return max(found)[1]
