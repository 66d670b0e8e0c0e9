"""The file that carries a channel's genesis block from the organisation that made it to the others."""

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
from kindpakket_network.description.channel import Channel
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.home import write

KIND = "kindpakket-channel"


def genesis_file(session: Session, channel: Channel) -> str:
    """The file with a channel's genesis block, which is made first if it does not exist.

    Raises:
        Waiting: bundles of other organisations are missing.
        CommandFailed: configtxgen rejected the configuration.
    """
    block = genesis_block(session, channel, first=True).read_bytes()
    members = {
        "kind": KIND,
        "network": session.topology.name,
        "channel": channel.name,
        "block": base64.b64encode(block).decode("ascii"),
    }
    return json.dumps(members, indent=1) + "\n"


def admit_genesis(session: Session, members: Any, source: str) -> bool:
    """Import a channel's genesis block from another organisation, if it matches the topology.

    If none of the organisations that this home acts for is in the block, they joined the channel later, and
    the topology describes the channel as it is today. Then only the organisations are compared; `plan` shows
    other differences once the channel answers.

    Args:
        session: the network.
        members: the file's members.
        source: the file's name in error messages.

    Returns:
        Whether it was new.

    Raises:
        NetworkError: it does not match, the home has another one, or bundles to compare it with are missing.
    """
    channel = next(
        (candidate for candidate in session.topology.channels if candidate.name == members.get("channel")),
        None,
    )
    if channel is None or members.get("network") != session.topology.name:
        raise NetworkError(
            f"{source} is for channel {members.get('channel')} of network {members.get('network')}, which is "
            f"not in the topology {session.topology.name}: use the same topology on both sides"
        )
    try:
        block = base64.b64decode(members["block"], validate=True)
    except (KeyError, TypeError, ValueError) as error:
        raise NetworkError(f"{source} does not contain a block ({error}): export it again") from error
    present = session.home.genesis(channel.name)
    if present.is_file():
        if present.read_bytes() == block:
            return False
        raise NetworkError(
            f"{source} is not the genesis block of {channel.name} in {present}, and there can only be one: "
            "agree on whose to use, and delete the other before any node joins by it"
        )
    lacking = lacking_bundles(session, channel)
    if lacking:
        raise NetworkError(
            f"{source} cannot be checked against the topology: first admit the bundles of "
            f"{', '.join(lacking)}"
        )
    found = Configuration.read(block)
    if (found.channel, found.block) != (channel.name, 0):
        raise NetworkError(
            f"{source} contains block {found.block} of {found.channel}, not block 0 of {channel.name}: "
            "export it again"
        )
    with tempfile.TemporaryDirectory() as temporary:
        wanted = Path(temporary) / "wanted.block"
        render_block(session, channel, wanted)
        expected = Configuration.read(wanted.read_bytes()).group
    own = {session.topology.organisation(name).msp for name in session.own_organisations}
    founded = own & {*found.group.groups[APPLICATION].groups, *found.group.groups[ORDERER].groups}
    places = list((differences if founded else unknown_organisations)(found.group, expected))
    if places:
        raise NetworkError(
            f"{source} is rejected: it differs from the topology in {', '.join(places)}. Compare the "
            "topologies and the bundles of both sides"
        )
    write(present, block)
    return True


def differences(first: Any, second: Any, place: str = "") -> Iterator[str]:
    """The paths at which two configurations (`common.ConfigGroup`) differ, such as `Orderer/BatchSize`."""
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


def unknown_organisations(genesis: Any, present: Any) -> Iterator[str]:
    """The organisations of a genesis block's configuration that the present one lacks, or has otherwise.

    Roots may have been renewed since. Others are no danger if all consenters of the genesis block are at
    addresses of present ones, whose roots are known: peers only believe blocks from there, and none of them
    follows a genesis block that somebody made up.
    """
    reachable = _addresses(genesis) <= _addresses(present)
    for kind in (APPLICATION, ORDERER):
        known = present.groups[kind].groups
        for msp, organisation in sorted(genesis.groups[kind].groups.items()):
            if msp not in known or not (reachable or _roots(organisation) == _roots(known[msp])):
                yield f"{kind}/{msp}"


def _addresses(group: Any) -> set[str]:
    """The addresses of all orderers in a configuration."""
    return {
        address
        for organisation in group.groups[ORDERER].groups.values()
        for address in m.configuration.OrdererAddresses.FromString(
            organisation.values["Endpoints"].value
        ).addresses
    }


def _roots(organisation: Any) -> tuple[list[bytes], ...]:
    config = m.msp_config.MSPConfig.FromString(organisation.values["MSP"].value).config
    found = m.msp_config.FabricMSPConfig.FromString(config)
    return list(found.root_certs), list(found.intermediate_certs), list(found.tls_root_certs)


def _same(name: str, first: Any, second: Any) -> bool:
    if name == "ACLs" and first.mod_policy == second.mod_policy:
        # Protobuf does not define the order of a map's entries.
        return bool(m.peer.ACLs.FromString(first.value) == m.peer.ACLs.FromString(second.value))
    return bool(first == second)
