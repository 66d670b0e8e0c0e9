"""A channel's first block on its way from the organisation that made it to the others."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kindpakket_network.channel import messages as m
from kindpakket_network.channel.configuration import APPLICATION, ORDERER, Configuration
from kindpakket_network.channel.genesis import genesis_block, lacking_bundles, render_block
from kindpakket_network.description.topology import Channel
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.home import write

KIND = "kindpakket-channel"


def first_block_file(session: Session, channel: Channel) -> str:
    """The file with a channel's first block, which is made when it is not there.

    Raises:
        Waiting: bundles of other organisations lack.
        CommandFailed: configtxgen refused the configuration.
    """
    block = genesis_block(session, channel, first=True).read_bytes()
    members = {
        "kind": KIND,
        "network": session.topology.name,
        "channel": channel.name,
        "block": base64.b64encode(block).decode("ascii"),
    }
    return json.dumps(members, indent=1) + "\n"


def admit_first_block(session: Session, members: Any, source: str) -> bool:
    """Take the first block of a channel that another organisation made, if it says what the topology says.

    Where no acting organisation stands in the block, the channel is older than their part in it, and the
    topology is about the channel as it is today. Then only the organisations' roots are compared; what else
    differs shows in `plan` once the channel answers.

    Args:
        session: the network.
        members: the file's members.
        source: what to call the file in errors.

    Returns:
        Whether it was new.

    Raises:
        NetworkError: it says something else, the home has another one, or bundles lack to compare it.
    """
    channel = next((one for one in session.topology.channels if one.name == members.get("channel")), None)
    if channel is None or members.get("network") != session.topology.name:
        raise NetworkError(
            f"{source} is of the channel {members.get('channel')} of {members.get('network')}, which the "
            f"topology {session.topology.name} does not have: use the same topology on both sides"
        )
    try:
        block = base64.b64decode(members["block"], validate=True)
    except (KeyError, TypeError, ValueError) as error:
        raise NetworkError(f"{source} holds no block ({error}): have it made again") from error
    present = session.home.genesis(channel.name)
    if present.is_file():
        if present.read_bytes() == block:
            return False
        raise NetworkError(
            f"{source} is another first block of {channel.name} than the one in {present}: there can be one "
            "only; agree on whose it is, and delete the other before any node joins by it"
        )
    lacking = lacking_bundles(session, channel)
    if lacking:
        raise NetworkError(
            f"{source} cannot be compared with the topology: admit the bundles of {', '.join(lacking)} first"
        )
    found = Configuration.read(block)
    if (found.channel, found.block) != (channel.name, 0):
        raise NetworkError(f"{source} holds block {found.block} of {found.channel}: have it made again")
    with tempfile.TemporaryDirectory() as temporary:
        wanted = Path(temporary) / "wanted.block"
        render_block(session, channel, wanted)
        expected = Configuration.read(wanted.read_bytes()).group
    own = {session.topology.organisation(name).msp for name in session.acting}
    founded = own & {*found.group.groups[APPLICATION].groups, *found.group.groups[ORDERER].groups}
    places = list((differences if founded else strangers)(found.group, expected))
    if places:
        raise NetworkError(
            f"{source} is not admitted: it differs from what the topology says in {', '.join(places)}. "
            "Compare the topologies and the bundles of both sides"
        )
    write(present, block)
    return True


def differences(first: Any, second: Any, place: str = "") -> Iterator[str]:
    """Where two configurations (`common.ConfigGroup`) differ, as `Orderer/BatchSize`."""
    if first.mod_policy != second.mod_policy:
        yield f"{place}mod_policy"
    for kind in ("values", "policies"):
        ours, theirs = getattr(first, kind), getattr(second, kind)
        for name in sorted({*ours, *theirs}):
            if name not in ours or name not in theirs or not _same(name, ours[name], theirs[name]):
                yield f"{place}{name}"
    for name in sorted({*first.groups, *second.groups}):
        if name in first.groups and name in second.groups:
            yield from differences(first.groups[name], second.groups[name], f"{place}{name}/")
        else:
            yield f"{place}{name}"


def strangers(first: Any, second: Any) -> Iterator[str]:
    """Which organisations of a configuration another one does not have, or has with other roots."""
    for kind in (APPLICATION, ORDERER):
        known = second.groups[kind].groups
        for msp, organisation in sorted(first.groups[kind].groups.items()):
            if msp not in known or _roots(organisation) != _roots(known[msp]):
                yield f"{kind}/{msp}"


def _roots(organisation: Any) -> tuple[list[bytes], ...]:
    config = m.msp_config.MSPConfig.FromString(organisation.values["MSP"].value).config
    found = m.msp_config.FabricMSPConfig.FromString(config)
    return list(found.root_certs), list(found.intermediate_certs), list(found.tls_root_certs)


def _same(name: str, first: Any, second: Any) -> bool:
    if name == "ACLs" and first.mod_policy == second.mod_policy:
        # The order of a map's members in the bytes means nothing.
        return bool(m.peer.ACLs.FromString(first.value) == m.peer.ACLs.FromString(second.value))
    return bool(first == second)
