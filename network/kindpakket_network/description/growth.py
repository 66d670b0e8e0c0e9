"""Topologies that have grown: one more organisation, peer, consenter or channel in the file."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from kindpakket_network.description.topology import Channel, Topology
from kindpakket_network.errors import NetworkError

_ANYWHERE = Path("/")


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
    """The topology with an organisation that stands beside another one on the channels of that one.

    It may do what the other may, and signs in its place wherever a policy of the channel asks for the other's
    signature: `'A.peer'` becomes `OR('A.peer', 'B.peer')`. Private data is for the other's eyes, though: for
    each collection that names the other, the new one gets one of its own, such as `accounts-b`.

    Args:
        topology: the network.
        name: the new organisation's name.
        msp: its MSP id.
        like: the organisation that it resembles: its users, its number of peers, its part in channels.
        channels: the channels that it joins; not given: all those of the other.
        peers: how many peers it has; not given: as many as the other.
        consenter: whether it runs an orderer.
        host: the host of its nodes; not given: that of the other.
        share_collections: it becomes a member of the other's collections instead.

    Raises:
        NetworkError: there is no such organisation or channel, or the other is no member of a channel.
        TopologyError: the names cannot be used, or the topology that results has mistakes.
    """
    other = _organisation(topology, like)
    joined = (
        [one.name for one in topology.channels if like in _members(one)] if channels is None else channels
    )
    document = _document(topology)
    made = _organisation_like(document, like, name, msp, peers, consenter, host)
    document["organisations"].append(made)
    for channel_name in joined:
        if like not in _members(_channel(topology, channel_name)):
            raise NetworkError(f"{like} is no member of {channel_name}: name an organisation that is")
        channel = _member_of(document["channels"], channel_name)
        _keep_consenters(channel, _channel(topology, channel_name), consenter, name)
        member = next(one for one in channel["members"] if one["organisation"] == like)
        channel["members"].append({**copy.deepcopy(member), "organisation": name})
        if not share_collections:
            _add_collections(channel, other.msp, msp, name)
        _each_policy(channel, lambda policy: beside(policy, other.msp, msp), collections=share_collections)
    _keep_other_consenters(document, topology, joined)
    return _read(document)


def with_channel(
    topology: Topology, name: str, organisation: str, msp: str, like: str, *, host: str | None = None
) -> Topology:
    """The topology with a further channel, which an organisation brings, such as a further municipality.

    The channel is as the other organisation's first one, with the new organisation in its place and all
    others the same. An organisation that is not there yet is made, with users, peers and orderer as that one.

    Args:
        topology: the network.
        name: the new channel's name.
        organisation: the organisation that brings it.
        msp: its MSP id.
        like: the organisation that it takes the place of.
        host: the host of its nodes, when it is new; not given: that of the other.

    Raises:
        NetworkError: the other is not there or on no channel, or the MSP id is not the organisation's.
        TopologyError: the names cannot be used, or the topology that results has mistakes.
    """
    other = _organisation(topology, like)
    pattern = next((one for one in topology.channels if like in _members(one)), None)
    if pattern is None:
        raise NetworkError(f"{like} is on no channel that a new one could be like: name another organisation")
    document = _document(topology)
    known = next((one for one in topology.organisations if one.name == organisation), None)
    if known is None:
        document["organisations"].append(
            _organisation_like(document, like, organisation, msp, None, other.consenter, host)
        )
    elif known.msp != msp:
        raise NetworkError(f"{organisation} has the MSP id {known.msp}, not {msp}: leave it out")
    _keep_other_consenters(document, topology, ())
    channel = copy.deepcopy(_member_of(document["channels"], pattern.name))
    channel["consenters"] = list(pattern.consenters)
    replaced = {like: organisation, other.msp: msp}
    channel = _replaced(channel, replaced)
    _each_policy(channel, lambda policy: policy.replace(f"'{other.msp}.", f"'{msp}."))
    document["channels"].append({**channel, "name": name})
    return _read(document)


def with_peer(topology: Topology, organisation: str, name: str | None = None) -> Topology:
    """The topology with a further peer of an organisation.

    Args:
        topology: the network.
        organisation: the organisation.
        name: the peer's name; not given: `peer` and the next number.

    Raises:
        NetworkError: there is no such organisation.
        TopologyError: the name cannot be used, or the organisation has four already.
    """
    peers = _organisation(topology, organisation).peers
    if name is None:
        numbers = (int(found[1]) for one in peers if (found := re.fullmatch(r"peer(\d+)", one)))
        name = f"peer{max(numbers, default=-1) + 1}"
    document = _document(topology)
    _member_of(document["organisations"], organisation)["peers"] = [*peers, name]
    return _read(document)


def with_consenter(topology: Topology, organisation: str, channels: Sequence[str] | None = None) -> Topology:
    """The topology with an organisation's orderer as a further consenter of channels.

    Args:
        topology: the network.
        organisation: the organisation; its orderer is added when it has none.
        channels: the channels; not given: all.

    Raises:
        NetworkError: there is no such organisation or channel.
        TopologyError: the topology that results has mistakes.
    """
    _organisation(topology, organisation)
    document = _document(topology)
    _keep_other_consenters(document, topology, ())
    _member_of(document["organisations"], organisation)["consenter"] = True
    names = [one.name for one in topology.channels] if channels is None else channels
    for name in names:
        present = _channel(topology, name).consenters
        if organisation not in present:
            _member_of(document["channels"], name)["consenters"] = [*present, organisation]
    return _read(document)


def beside(policy: str, msp: str, other: str) -> str:
    """A policy in which an organisation may sign in the place of another one.

    Args:
        policy: a signature policy.
        msp: the organisation in it.
        other: the one that may sign as well.
    """
    found = re.sub(rf"'{re.escape(msp)}\.(\w+)'", rf"OR('{msp}.\1', '{other}.\1')", policy)
    pair = rf"OR\(('{re.escape(msp)}\.\w+'), ('{re.escape(other)}\.\w+')\)"
    # Among alternatives it is simply one more of them.
    return re.sub(rf"(\bOR\([^()]*?){pair}", r"\1\2, \3", found)


def _read(document: dict[str, Any]) -> Topology:
    return Topology.read(document, _ANYWHERE, "the topology that would result")


def _document(topology: Topology) -> dict[str, Any]:
    return copy.deepcopy(dict(topology.document))


def _organisation(topology: Topology, name: str) -> Any:
    found = next((one for one in topology.organisations if one.name == name), None)
    if found is None:
        names = ", ".join(one.name for one in topology.organisations)
        raise NetworkError(f"there is no organisation {name!r}: use one of {names}")
    return found


def _channel(topology: Topology, name: str) -> Channel:
    found = next((one for one in topology.channels if one.name == name), None)
    if found is None:
        names = ", ".join(one.name for one in topology.channels)
        raise NetworkError(f"there is no channel {name!r}: use one of {names}")
    return found


def _members(channel: Channel) -> list[str]:
    return [member.organisation for member in channel.members]


def _member_of(some: Iterable[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(one for one in some if one["name"] == name)


def _organisation_like(
    document: dict[str, Any],
    like: str,
    name: str,
    msp: str,
    peers: int | None,
    consenter: bool,
    host: str | None,
) -> dict[str, Any]:
    other = _member_of(document["organisations"], like)
    made = {**copy.deepcopy(other), "name": name, "msp": msp, "consenter": consenter}
    if peers is not None:
        made["peers"] = [f"peer{number}" for number in range(peers)]
    if host is not None:
        made["host"] = host
    return made


def _keep_consenters(document: dict[str, Any], channel: Channel, joins: bool, name: str) -> None:
    document["consenters"] = [*channel.consenters, *([name] if joins else [])]


def _keep_other_consenters(document: dict[str, Any], topology: Topology, leaving: Sequence[str]) -> None:
    """Name the consenters of channels that left them to a default, which one more orderer would change."""
    for channel in topology.channels:
        if channel.name not in leaving:
            _member_of(document["channels"], channel.name)["consenters"] = list(channel.consenters)


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
    """Give an organisation a collection for each one that names another one, with itself in its place."""
    for chaincode in channel.get("chaincodes", ()):
        collections = chaincode.get("collections", [])
        for collection in [one for one in collections if f"'{msp}." in one["members"]]:
            made = {**copy.deepcopy(collection), "name": f"{collection['name']}-{name}"}
            for policy in ("members", "endorsement"):
                if policy in made:
                    made[policy] = made[policy].replace(f"'{msp}.", f"'{other}.")
            collections.append(made)


def _replaced(value: Any, replaced: dict[str, str]) -> Any:
    """The same members with names in the place of others, wherever one is a whole text."""
    if isinstance(value, dict):
        return {key: _replaced(one, replaced) for key, one in value.items()}
    if isinstance(value, list):
        return [_replaced(one, replaced) for one in value]
    return replaced.get(value, value) if isinstance(value, str) else value
