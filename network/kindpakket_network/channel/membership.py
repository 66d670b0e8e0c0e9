"""A channel that lives follows the topology: its members and settings, then its consenters one at a time."""

from __future__ import annotations

from pathlib import Path

from ..description.topology import Channel
from ..errors import CommandFailed, NetworkError, Waiting
from ..nodes.orderer import Orderer
from ..site import Site
from ..wait import until
from .admin_commands import AdminCommands
from .change import SETTINGS, reconcile
from .configuration import Configuration
from .genesis import lacking_bundles
from .submission import administrators, current

_JOINED = 60.0


def own_founders(site: Site, channel: Channel, genesis: Path) -> list[Orderer]:
    """The acting organisations' consenters that stand in a channel's first block, and join by it."""
    named = {one.msp for one in Configuration.read(genesis.read_bytes()).consenters()}
    return [one for one in site.own_consenters_of(channel) if one.msp in named]


def follow(site: Site, channel: Channel) -> bool:
    """Change a channel's configuration to what the topology wants, and have added consenters take part.

    A consenter joins by the newest configuration block, which must name it already: so each is added, joins
    and takes part before the next is added. Renewed certificates of consenters are not seen to here.

    Returns:
        Whether the configuration was changed.

    Raises:
        Waiting: another organisation has to bring its bundle, to sign, or to have its consenter join.
        NetworkError: a consenter is down, or one that was added does not take part.
    """
    lacking = lacking_bundles(site, channel)
    if lacking:
        raise Waiting(
            [
                f"{channel.name} waits for {', '.join(lacking)}: have each make its bundle with `kindpakket "
                "network export organisation`, and bring them here with `kindpakket network admit FILE...`"
            ]
        )

    def settle(node: str) -> None:
        orderer = next(one for one in site.consenters_of(channel) if one.node == node)
        if orderer.organisation not in site.acting:
            raise Waiting([f"{node} stands in {channel.name} now: have it join with `up` where its key is"])
        _join(site, channel, orderer)

    waiting = [one for one in site.own_consenters_of(channel) if not one.has(channel.name)]
    if site.whole and not waiting:
        return reconcile(site, channel, only=[SETTINGS])
    named = {one.msp for one in _present(site, channel).consenters()}
    for orderer in waiting:
        if orderer.msp in named:
            _join(site, channel, orderer)
    added = [one.node for one in site.consenters_of(channel) if one.msp not in named]
    return reconcile(site, channel, only=[SETTINGS, *added], settle=settle)


def _present(site: Site, channel: Channel) -> Configuration:
    try:
        return current(site, channel)
    except NetworkError as error:
        if site.whole:
            raise
        raise Waiting(
            [
                f"{channel.name} does not answer {', '.join(site.acting)} yet: have its members `kindpakket "
                f"network admit` the bundle and run `up`, then run it here again. {error}"
            ]
        ) from error


def _join(site: Site, channel: Channel, orderer: Orderer) -> None:
    orderer.join(channel.name, _newest_configuration(site, channel, orderer))
    if until(lambda: orderer.active(channel.name) or None, _JOINED) is None:
        raise site.processes.failed(
            orderer.node,
            f"does not take part in ordering {channel.name} {_JOINED:g} seconds after it was added",
        )


def _newest_configuration(site: Site, channel: Channel, joining: Orderer) -> bytes:
    """The newest configuration block that the other consenters have, which names the one that joins."""
    commands = AdminCommands(site, administrators(site)[0])
    found: list[tuple[int, bytes]] = []
    for orderer in site.consenters_of(channel):
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
