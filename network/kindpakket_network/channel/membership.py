"""Has a running channel follow the topology: its members and settings, then its consenters one at a time."""

from __future__ import annotations

from pathlib import Path

from kindpakket_network.channel.change import SETTINGS, consenter_of, reconcile
from kindpakket_network.channel.configuration import Configuration
from kindpakket_network.channel.genesis import lacking_bundles
from kindpakket_network.channel.submission import current
from kindpakket_network.description.channel import Channel
from kindpakket_network.errors import NetworkError, Waiting
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.wait import until

# Seconds from joining to taking part: the new consenter first fetches the channel's blocks.
_JOINED = 60.0


def own_founders(session: Session, channel: Channel, genesis: Path) -> list[Orderer]:
    """This home's consenters that are in a channel's genesis block, and join by it.

    One that has left and comes back joins as a new one does: it has other certificates, or the channel no
    longer names it.
    """
    founding = Configuration.read(genesis.read_bytes())

    def founded(orderer: Orderer) -> bool:
        named = [consenter for consenter in founding.consenters() if consenter.msp == orderer.msp]
        if not named or orderer.has(channel.name):
            return bool(named)
        return named[0].same(consenter_of(orderer, session, channel, founding.raft))

    founders = [consenter for consenter in session.own_consenters_of(channel) if founded(consenter)]
    absent = {consenter.msp for consenter in founders if not consenter.has(channel.name)}
    if not absent or len(absent) == len(founders):
        return founders
    try:
        left = absent - {consenter.msp for consenter in current(session, channel).consenters()}
    except NetworkError:  # the channel is only being made
        return founders
    return [consenter for consenter in founders if consenter.msp not in left]


def follow(session: Session, channel: Channel) -> bool:
    """Change a channel's configuration to match the topology, and have new consenters join.

    A consenter joins by the newest configuration block, which must already name it. So each is added, joins
    and takes part before the next is added. Renewed certificates are handled elsewhere.

    Returns:
        Whether the configuration was changed.

    Raises:
        Waiting: another organisation must supply its bundle, sign, or have its consenter join.
        NetworkError: a consenter is down, or a new one does not take part.
    """
    lacking = lacking_bundles(session, channel)
    if lacking:
        raise Waiting(
            [
                f"{channel.name} waits for {', '.join(lacking)}: ask each for its bundle from `kindpakket "
                "network export organisation`, and import it with `kindpakket network admit FILE...`"
            ]
        )

    def settle(node: str) -> None:
        orderer = next(consenter for consenter in session.consenters_of(channel) if consenter.node == node)
        if orderer.organisation not in session.own_organisations:
            raise Waiting(
                [f"{channel.name} now includes {node}: run `up` where its key is, so that it joins"]
            )
        _join(session, channel, orderer)

    waiting = [
        consenter for consenter in session.own_consenters_of(channel) if not consenter.has(channel.name)
    ]
    if session.whole and not waiting:
        return reconcile(session, channel, only=[SETTINGS])
    named = {consenter.msp for consenter in _present(session, channel).consenters()}
    for orderer in waiting:
        if orderer.msp in named:
            _join(session, channel, orderer)
    added = [consenter.node for consenter in session.consenters_of(channel) if consenter.msp not in named]
    return reconcile(session, channel, only=[SETTINGS, *added], settle=settle)


def _present(session: Session, channel: Channel) -> Configuration:
    try:
        return current(session, channel)
    except NetworkError as error:
        if session.whole:
            raise
        raise Waiting(
            [
                f"{channel.name} does not answer {', '.join(session.own_organisations)} yet: have its "
                "members run `kindpakket network admit` with the bundle, then `up`; then run `up` here. "
                f"{error}"
            ]
        ) from error


def _join(session: Session, channel: Channel, orderer: Orderer) -> None:
    orderer.join(channel.name, newest_configuration(session, channel, orderer))
    if until(lambda: orderer.active(channel.name) or None, _JOINED) is None:
        raise session.processes.failed(
            orderer.node,
            f"did not take part in ordering {channel.name} within {_JOINED:g} s of joining",
        )


def newest_configuration(session: Session, channel: Channel, joining: Orderer) -> bytes:
    """The newest configuration block of a channel, which names the joining consenter.

    Raises:
        NetworkError: no consenter returned one, or it does not name that one.
    """
    found = current(session, channel)
    if joining.msp not in {consenter.msp for consenter in found.consenters()}:
        raise NetworkError(
            f"no consenter of {channel.name} returned the block that names {joining.node}: check that they "
            "are running, and try again"
        )
    return found.content
