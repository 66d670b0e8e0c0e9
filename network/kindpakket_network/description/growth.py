"""Extends a topology by an organisation, peer, consenter or channel."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from typing import Any

from kindpakket_network.description.channel import Channel
from kindpakket_network.description.editing import (
    ANYWHERE,
    channel_of,
    document_of,
    named,
    organisation_of,
)
from kindpakket_network.description.numbering import first_free, pinned
from kindpakket_network.description.ports import PEERS_PER_ORGANISATION
from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import NetworkError


def with_organisation(
    topology: Topology,
    name: str,
    msp: str,
    like: str,
    *,
    channels: Sequence[str] | None = None,
    peers: int | None = None,
    consenter: bool = False,
    host: str | None = None,
    share_collections: bool = False,
) -> Topology:
    """The topology with a new organisation that joins another one's channels with the same rights.

    Wherever a policy of a channel asks for the other's signature, the new organisation may sign instead:
    `'A.peer'` becomes `OR('A.peer', 'B.peer')`. Private data is not shared: for each collection that names
    the other, the new one gets a collection of its own, such as `accounts-b`.

    Args:
        topology: the network.
        name: the new organisation's name.
        msp: its MSP id.
        like: the organisation to copy users, number of peers and rights on channels from.
        channels: the channels that it joins; None: all of the other's.
        peers: the number of its peers; None: as many as the other has.
        consenter: whether it runs an orderer.
        host: the host of its nodes; None: the other's.
        share_collections: add it to the other's collections instead.

    Raises:
        NetworkError: there is no such organisation or channel, or the other is not a member of a channel.
        TopologyError: the names cannot be used, or the resulting topology has mistakes.
    """
    other = organisation_of(topology, like)
    joined = (
        [candidate.name for candidate in topology.channels if like in _members(candidate)]
        if channels is None
        else channels
    )
    document = document_of(topology)
    made = _organisation_like(document, like, name, msp, peers, consenter, host)
    document["organisations"].append(made)
    for channel_name in joined:
        if like not in _members(channel_of(topology, channel_name)):
            raise NetworkError(f"{like} is not a member of {channel_name}: name an organisation that is")
        channel = named(document["channels"], channel_name)
        _keep_consenters(channel, channel_of(topology, channel_name), consenter, name)
        member = next(candidate for candidate in channel["members"] if candidate["organisation"] == like)
        channel["members"].append({**copy.deepcopy(member), "organisation": name})
        if not share_collections:
            _add_collections(channel, other.msp, msp, name)
        _each_policy(channel, lambda policy: beside(policy, other.msp, msp), collections=share_collections)
    _keep_other_consenters(document, topology, joined)
    return _read(document)


def with_channel(
    topology: Topology, name: str, organisation: str, msp: str, like: str, *, host: str | None = None
) -> Topology:
    """The topology with a new channel for an organisation, such as a second municipality.

    The channel is a copy of the other organisation's first one, with the new organisation in its place and
    all other members the same. A new organisation gets users, peers and an orderer like the other.

    Args:
        topology: the network.
        name: the new channel's name.
        organisation: the organisation whose channel it is.
        msp: its MSP id.
        like: the organisation that it replaces in the copy.
        host: the host of its nodes, if it is new; None: the other's.

    Raises:
        NetworkError: the other is missing or not on a channel, or the MSP id is not the organisation's.
        TopologyError: the names cannot be used, or the resulting topology has mistakes.
    """
    other = organisation_of(topology, like)
    pattern = next((candidate for candidate in topology.channels if like in _members(candidate)), None)
    if pattern is None:
        raise NetworkError(f"{like} is not on any channel that could be copied: name another organisation")
    document = document_of(topology)
    known = next((candidate for candidate in topology.organisations if candidate.name == organisation), None)
    if known is None:
        document["organisations"].append(
            _organisation_like(document, like, organisation, msp, None, other.consenter, host)
        )
    elif known.msp != msp:
        raise NetworkError(f"{organisation} has the MSP id {known.msp}, not {msp}: omit it, or correct it")
    _keep_other_consenters(document, topology, ())
    channel = copy.deepcopy(named(document["channels"], pattern.name))
    channel["consenters"] = list(pattern.consenters)
    channel.pop("consenter_ids", None)
    replaced = {like: organisation, other.msp: msp}
    channel = _replaced(channel, replaced)
    _each_policy(channel, lambda policy: policy.replace(f"'{other.msp}.", f"'{msp}."))
    document["channels"].append({**channel, "name": name})
    return _read(document)


def with_peer(topology: Topology, organisation: str, name: str | None = None) -> Topology:
    """The topology with another peer of an organisation.

    Args:
        topology: the network.
        organisation: the organisation.
        name: the peer's name; None: `peer` and the next number.

    Raises:
        NetworkError: there is no such organisation.
        TopologyError: the name cannot be used, or the organisation has four already.
    """
    peers = organisation_of(topology, organisation).peers
    if name is None:
        numbers = (int(match[1]) for peer in peers if (match := re.fullmatch(r"peer(\d+)", peer)))
        name = f"peer{max(numbers, default=-1) + 1}"
    document = document_of(topology)
    members = named(document["organisations"], organisation)
    members["peers"] = [*peers, name]
    places = organisation_of(topology, organisation).peer_places
    if name not in places and len(peers) < PEERS_PER_ORGANISATION:
        # The place of a peer that has left is free again.
        given = pinned({**places, name: first_free(places)})
        members |= {"peer_places": given} if given else {}
    return _read(document)


def with_consenter(topology: Topology, organisation: str, channels: Sequence[str] | None = None) -> Topology:
    """The topology with an organisation's orderer as another consenter of channels.

    Args:
        topology: the network.
        organisation: the organisation; it gets an orderer if it has none.
        channels: the channels; None: all.

    Raises:
        NetworkError: there is no such organisation or channel.
        TopologyError: the resulting topology has mistakes.
    """
    organisation_of(topology, organisation)
    document = document_of(topology)
    _keep_other_consenters(document, topology, ())
    named(document["organisations"], organisation)["consenter"] = True
    names = [channel.name for channel in topology.channels] if channels is None else channels
    for name in names:
        present = channel_of(topology, name).consenters
        if organisation not in present:
            named(document["channels"], name)["consenters"] = [*present, organisation]
    return _read(document)


def beside(policy: str, msp: str, other: str) -> str:
    """A policy in which one organisation may sign instead of another.

    Args:
        policy: a signature policy.
        msp: the MSP id of the organisation in it.
        other: the MSP id of the organisation that may sign instead.
    """
    found = re.sub(rf"'{re.escape(msp)}\.(\w+)'", rf"OR('{msp}.\1', '{other}.\1')", policy)
    pair = rf"OR\(('{re.escape(msp)}\.\w+'), ('{re.escape(other)}\.\w+')\)"
    # Inside an OR, add the organisation to that OR instead of nesting another.
    return re.sub(rf"(\bOR\([^()]*?){pair}", r"\1\2, \3", found)


def _read(document: dict[str, Any]) -> Topology:
    return Topology.read(document, ANYWHERE, "the resulting topology")


def _members(channel: Channel) -> list[str]:
    return [member.organisation for member in channel.members]


def _organisation_like(
    document: dict[str, Any],
    like: str,
    name: str,
    msp: str,
    peers: int | None,
    consenter: bool,
    host: str | None,
) -> dict[str, Any]:
    other = named(document["organisations"], like)
    made = {**copy.deepcopy(other), "name": name, "msp": msp, "consenter": consenter}
    for member in ("place", "peer_places"):
        made.pop(member, None)
    if peers is not None:
        made["peers"] = [f"peer{number}" for number in range(peers)]
    if host is not None:
        made["host"] = host
    return made


def _keep_consenters(document: dict[str, Any], channel: Channel, joins: bool, name: str) -> None:
    document["consenters"] = [*channel.consenters, *([name] if joins else [])]


def _keep_other_consenters(document: dict[str, Any], topology: Topology, leaving: Sequence[str]) -> None:
    """Write out the consenters of channels that use the default, which a new orderer would change."""
    for channel in topology.channels:
        if channel.name not in leaving:
            named(document["channels"], channel.name)["consenters"] = list(channel.consenters)


def _each_policy(channel: dict[str, Any], changed: Callable[[str], str], *, collections: bool = True) -> None:
    places = [(channel, "lifecycle_endorsement"), (channel, "administration")]
    for chaincode in channel.get("chaincodes", ()):
        places.append((chaincode, "endorsement"))
        for collection in chaincode.get("collections", ()) if collections else ():
            places += [(collection, "members"), (collection, "endorsement")]
    for holder, name in places:
        if name in holder:
            holder[name] = changed(holder[name])


def _add_collections(channel: dict[str, Any], msp: str, other: str, name: str) -> None:
    """Copy each collection that names an organisation, with another one in its place."""
    for chaincode in channel.get("chaincodes", ()):
        collections = chaincode.get("collections", [])
        for collection in [candidate for candidate in collections if f"'{msp}." in candidate["members"]]:
            made = {**copy.deepcopy(collection), "name": f"{collection['name']}-{name}"}
            for policy in ("members", "endorsement"):
                if policy in made:
                    made[policy] = made[policy].replace(f"'{msp}.", f"'{other}.")
            collections.append(made)


def _replaced(value: Any, replaced: dict[str, str]) -> Any:
    """The same members with names replaced, where a name is the whole text."""
    if isinstance(value, dict):
        return {key: _replaced(item, replaced) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, replaced) for item in value]
    return replaced.get(value, value) if isinstance(value, str) else value
