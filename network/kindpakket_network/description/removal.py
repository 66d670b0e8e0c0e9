"""Takes a user, peer, consenter, organisation or channel out of a topology."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from kindpakket_network.description.chaincode import Collection as PrivateCollection
from kindpakket_network.description.channel import FIRST_CONSENTER, Channel
from kindpakket_network.description.editing import (
    ANYWHERE,
    channel_of,
    document_of,
    named,
    organisation_of,
)
from kindpakket_network.description.numbering import pinned
from kindpakket_network.description.organisation import Organisation
from kindpakket_network.description.policy import (
    Policy,
    can_be_satisfied_by,
    parse,
    principals_of,
    without,
    written,
)
from kindpakket_network.description.rules import FEWEST_BFT_CONSENTERS
from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import NetworkError, NoSuch, TopologyError


def without_user(topology: Topology, organisation: str, user: str) -> Topology:
    """The topology without a user; the same if it does not declare the user.

    Raises:
        NetworkError: the user is the only administrator, or a chaincode's first transaction is theirs.
    """
    found = organisation_of(topology, organisation)
    admins = [known.name for known in found.users if known.kind == "admin"]
    if admins == [user]:
        raise NetworkError(
            f"{user} is the only administrator of {organisation}, which could then change nothing: add "
            "another one to its users, and run `kindpakket network up` first"
        )
    document = document_of(topology)
    members = named(document["organisations"], organisation)
    members["users"] = [members for members in members["users"] if members["name"] != user]
    return _read(document, f"{user}@{organisation}")


def without_peer(topology: Topology, organisation: str, peer: str) -> Topology:
    """The topology without a peer. The organisation's other peers keep their ports.

    Raises:
        NoSuch: there is no such organisation or peer.
        NetworkError: an endorsement policy or a private data collection needs it.
    """
    found = organisation_of(topology, organisation)
    if peer not in found.peers:
        raise NoSuch(f"{organisation} has no peer {peer!r}: use one of {', '.join(found.peers) or 'none'}")
    document = document_of(topology)
    members = named(document["organisations"], organisation)
    members["peers"] = [name for name in found.peers if name != peer]
    _pin(members, "peer_places", {name: found.peer_places[name] for name in members["peers"]})
    if not members["peers"]:
        for channel in topology.channels:
            _ensure_endorsed(topology, channel, found, peer)
    return _read(document, f"{peer}.{organisation}")


def without_consenter(
    topology: Topology, organisation: str, channels: Sequence[str] | None = None
) -> Topology:
    """The topology with channels that an organisation's orderer no longer orders.

    The other consenters keep their ids. An orderer that orders no channel any longer is taken out.

    Args:
        topology: the network.
        organisation: the organisation.
        channels: the channels; None: all.

    Raises:
        NoSuch: there is no such organisation or channel, or its orderer does not order one that was named.
        NetworkError: too few consenters would be left.
    """
    found = organisation_of(topology, organisation)
    if not found.consenter:
        raise NoSuch(f"{organisation} has no orderer")
    document = document_of(topology)
    for channel in [channel_of(topology, name) for name in channels or ()]:
        if organisation not in channel.consenters:
            raise NoSuch(f"orderer.{organisation} does not order {channel.name}")
    left = False
    for channel in topology.channels:
        leaves = organisation in channel.consenters and (channels is None or channel.name in channels)
        if leaves:
            _ensure_enough(topology, channel, organisation)
        _write_consenters(document, channel, without_one=organisation if leaves else "")
        left = left or (organisation in channel.consenters and not leaves)
    if not left:
        named(document["organisations"], organisation)["consenter"] = False
    return _read(document, f"orderer.{organisation}")


def apart(topology: Topology, organisation: str) -> Topology:
    """The topology whose policies and collections no longer ask for an organisation, which is still there.

    Where a policy lets others sign instead, they do. A collection that it shares stays with the others, as
    Fabric lets none be removed, and they alone endorse what is written to it.

    Raises:
        NoSuch: there is no such organisation.
        NetworkError: a policy requires it, or it alone holds a collection.
    """
    found = organisation_of(topology, organisation)
    document = document_of(topology)
    problems: list[str] = []

    def change(holder: dict[str, Any], name: str, where: str, *, shared: bool = False) -> None:
        if name not in holder or not _names(holder[name], found.msp):
            return
        left = without(parse(holder[name]), found.msp, even_if_required=shared)
        if left is None:
            problems.append(f"{where}.{name} requires {found.msp}: {holder[name]}")
        else:
            holder[name] = written(left)

    for channel in document["channels"]:
        where = f"channels.{channel['name']}"
        change(channel, "lifecycle_endorsement", where)
        change(channel, "administration", where)
        for chaincode in channel.get("chaincodes", ()):
            at = f"{where}.chaincodes.{chaincode['name']}"
            change(chaincode, "endorsement", at)
            problems += _first_transaction(at, chaincode, organisation)
            for collection in chaincode.get("collections", ()):
                place = f"{at}.collections.{collection['name']}"
                shares = _names(collection["members"], found.msp)
                change(collection, "members", place)
                change(collection, "endorsement", place, shared=shares)
    if problems:
        raise NetworkError(
            f"{organisation} cannot leave yet: write what is to hold without it into the topology, and run "
            "`kindpakket network up` first\n" + "\n".join(f"  {problem}" for problem in problems)
        )
    return _read(document, organisation)


def without_organisation(topology: Topology, organisation: str) -> Topology:
    """The topology without an organisation that no policy asks for and that orders no channel.

    The others keep their ports.

    Raises:
        NoSuch: there is no such organisation.
        NetworkError: something still needs it.
    """
    organisation_of(topology, organisation)
    document = document_of(topology)
    for channel in topology.channels:
        _write_consenters(document, channel)
        members = named(document["channels"], channel.name)
        members["members"] = [
            member for member in members["members"] if member["organisation"] != organisation
        ]
    document["organisations"] = [
        members for members in document["organisations"] if members["name"] != organisation
    ]
    places = {known.name: known.place for known in topology.organisations if known.name != organisation}
    given = pinned(places)
    for members in document["organisations"]:
        members.pop("place", None)
        if members["name"] in given:
            members["place"] = given[members["name"]]
    return _read(document, organisation)


def without_channel(topology: Topology, channel: str) -> Topology:
    """The topology without a channel.

    Raises:
        NoSuch: there is no such channel.
        NetworkError: it is the only one.
    """
    channel_of(topology, channel)
    document = document_of(topology)
    document["channels"] = [members for members in document["channels"] if members["name"] != channel]
    if not document["channels"]:
        raise NetworkError(
            f"{channel} is the only channel: `kindpakket network reset` deletes the network as a whole"
        )
    return _read(document, channel)


def holders(topology: Topology, channel: Channel, collection: PrivateCollection) -> list[str]:
    """The peers that hold a collection, as node names."""
    msps = {principal.msp for principal in principals_of(parse(collection.members))}
    return [
        f"{peer}.{member.name}"
        for member in topology.members_with_peers(channel)
        if member.msp in msps
        for peer in member.peers
    ]


def endorsable(policy: str, msps: Collection[str]) -> bool:
    """Whether organisations can satisfy a policy together."""
    return can_be_satisfied_by(parse(policy), msps)


def _ensure_endorsed(topology: Topology, channel: Channel, leaving: Organisation, peer: str) -> None:
    """Check that an organisation's last peer is not needed by a channel."""
    able = {member.msp for member in topology.members_with_peers(channel)} - {leaving.msp}
    node = f"{peer}.{leaving.name}"
    remedy = f"add another one first with `kindpakket network add-peer {leaving.name}`"
    for chaincode in channel.chaincodes:
        for collection in chaincode.collections:
            if holders(topology, channel, collection) == [node]:
                raise NetworkError(
                    f"{node} is the only peer that holds the private data in {collection.name} on "
                    f"{channel.name}: {remedy}, and let it catch up"
                )
        policies = [chaincode.endorsement, *(c.endorsement for c in chaincode.collections if c.endorsement)]
        if not all(endorsable(policy, able) for policy in policies):
            raise NetworkError(
                f"{node} is the last peer of {leaving.name}, without which no transaction of "
                f"{chaincode.name} on {channel.name} can be endorsed: {remedy}"
            )
    if not endorsable(channel.lifecycle_endorsement, able):
        raise NetworkError(
            f"{node} is the last peer of {leaving.name}, without which no chaincode can be deployed to "
            f"{channel.name}: {remedy}"
        )


def _ensure_enough(topology: Topology, channel: Channel, leaving: str) -> None:
    """Check that enough consenters of a channel are left."""
    left, bft = len(channel.consenters) - 1, topology.ordering.type == "bft"
    fewest = FEWEST_BFT_CONSENTERS if bft else 1
    if left < fewest:
        raise NetworkError(
            f"without orderer.{leaving}, {channel.name} would have {left} consenters, and "
            f"{topology.ordering.type} needs at least {fewest}: add another one first with `kindpakket "
            "network add-consenter`"
        )


def _first_transaction(place: str, chaincode: dict[str, Any], organisation: str) -> Iterable[str]:
    initialise = chaincode.get("initialise", {})
    if organisation in (initialise.get("organisation"), *initialise.get("endorsers", ())):
        yield f"{place}.initialise names {organisation}"


def _names(expression: str, msp: str) -> bool:
    found: Policy = parse(expression)
    return any(principal.msp == msp for principal in principals_of(found))


def _write_consenters(document: dict[str, Any], channel: Channel, without_one: str = "") -> None:
    """Write out a channel's consenters, which may be the default, with the ids that they keep."""
    members = named(document["channels"], channel.name)
    ids = {name: number for name, number in channel.consenter_ids.items() if name != without_one}
    members["consenters"] = list(ids)
    _pin(members, "consenter_ids", ids, FIRST_CONSENTER)


def _pin(members: dict[str, Any], member: str, numbers: dict[str, int], first: int = 0) -> None:
    members.pop(member, None)
    given = pinned(numbers, first)
    if given:
        members[member] = given


def _read(document: dict[str, Any], leaving: str) -> Topology:
    source = f"the network without {leaving}"
    try:
        return Topology.read(document, ANYWHERE, source)
    except TopologyError as error:
        raise NetworkError(f"{leaving} cannot leave: {error}") from error
