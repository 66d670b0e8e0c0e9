"""The rules across members of a topology: names, references, ports; `policy_rules` has those on policies."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from kindpakket_network.description import ports
from kindpakket_network.description.access_rules import access_mistakes
from kindpakket_network.description.build import BUILDS, STANDARD_BUILD
from kindpakket_network.description.channel import CHOSEN, FIRST_CONSENTER
from kindpakket_network.description.host import EVERYWHERE, LOOPBACK
from kindpakket_network.description.numbering import numbered
from kindpakket_network.description.organisation import places_of
from kindpakket_network.description.policy_rules import channel_policies
from kindpakket_network.description.schema import check_schema, skip_malformed, text
from kindpakket_network.description.tuning import STANDARD
from kindpakket_network.errors import Mistake

FEWEST_BFT_CONSENTERS = 4
_OTHER_NODES = ("orderer", "ca", "chaincode")
_REGISTRAR = "registrar"
# Fabric 3.1.1's orderer parses the brackets around an IPv6 address as a list.
_LISTENING_VERSION = 4


def mistakes_in(document: Any) -> list[Mistake]:
    """All problems of a parsed topology: violations of the schema, and of the rules where the schema holds.

    Args:
        document: the members of the file.
    """
    mistakes, remaining = check_schema(document)
    if remaining is not None:
        mistakes += [mistake for rule in _RULES for mistake in skip_malformed(rule(remaining))]
    return mistakes


def _numbers(place: str, given: Mapping[str, int], numbers: Mapping[str, int]) -> Iterator[Mistake]:
    """Numbers of names that are not listed, and numbers that two names have."""
    for name in given:
        if name not in numbers:
            yield Mistake(f"{place}.{name}", "is not listed: remove it here, or list it there")
    names = list(numbers)
    for rank, name in enumerate(names):
        other = next((before for before in names[:rank] if numbers[before] == numbers[name]), None)
        if other is not None:
            yield Mistake(place, f"{other} and {name} both have {numbers[name]}: give each its own number")


def _repeated(names: Sequence[str], place: str, what: str) -> Iterator[Mistake]:
    """Duplicate names; `place` has {} for the index of the name."""
    for number, name in enumerate(names):
        if name in names[:number]:
            message = f"{what} {name!r} appears twice: use different names"
            yield Mistake(place.format(number), message)


def _names(document: Any) -> Iterator[Mistake]:
    organisations, channels = document["organisations"], document["channels"]
    for names, place, what in (
        (
            (organisation["name"] for organisation in organisations),
            "organisations[{}].name",
            "the organisation",
        ),
        ((organisation["msp"] for organisation in organisations), "organisations[{}].msp", "the MSP id"),
        ((channel["name"] for channel in channels), "channels[{}].name", "the channel"),
    ):
        yield from skip_malformed(_repeated(list(names), place, what))


def _organisations(document: Any) -> Iterator[Mistake]:
    for number, organisation in enumerate(document["organisations"]):
        yield from skip_malformed(_peers(f"organisations[{number}].peers", organisation))
        yield from skip_malformed(_users(f"organisations[{number}].users", organisation))


def _peers(place: str, organisation: Any) -> Iterator[Mistake]:
    peers = organisation.get("peers", [])
    yield from _repeated(peers, place + "[{}]", "the peer")
    places = numbered(peers, organisation.get("peer_places", {}))
    yield from _numbers(f"{place[: -len('peers')]}peer_places", organisation.get("peer_places", {}), places)
    for name, number in places.items():
        if number >= ports.PEERS_PER_ORGANISATION:
            most = ports.PEERS_PER_ORGANISATION - 1
            message = f"{name} would have place {number}, but the last one is {most}: give peer_places"
            yield Mistake(place, message)
    for number, peer in enumerate(peers):
        if peer in _OTHER_NODES:
            message = f"{peer!r} is the name of another node: call it peer0, peer1, …"
            yield Mistake(f"{place}[{number}]", message)


def _users(place: str, organisation: Any) -> Iterator[Mistake]:
    users = organisation["users"]
    yield from _repeated([user["name"] for user in users], place + "[{}].name", "the user")
    for number, user in enumerate(users):
        if user["name"] == _REGISTRAR:
            message = f"{_REGISTRAR!r} is the CA server's own identity: use another name"
            yield Mistake(f"{place}[{number}].name", message)
    if not any(user.get("type") == "admin" for user in users):
        message = f"{organisation['name']} has no administrator: add {{name: admin, type: admin}}"
        yield Mistake(place, message)


def _hosts(document: Any) -> Iterator[Mistake]:
    hosts = document.get("hosts", {})
    for name, host in hosts.items():
        yield from skip_malformed(_host(f"hosts.{name}", host, alone=len(hosts) == 1))
    for number, organisation in enumerate(document["organisations"]):
        yield from skip_malformed(_placed(f"organisations[{number}]", organisation, hosts))


def _host(place: str, host: Any, alone: bool) -> Iterator[Mistake]:
    for member in ("listen", "operations_listen"):
        found = _address(host.get(member, LOOPBACK))
        if found is None:
            message = f"{host[member]!r} is not an IP address: give one of this machine's, or 0.0.0.0 for all"
            yield Mistake(f"{place}.{member}", message)
        elif member == "listen" and found.version != _LISTENING_VERSION:
            message = f"Fabric's orderers cannot listen on {found}: give an IPv4 address, or 0.0.0.0 for all"
            yield Mistake(f"{place}.{member}", message)
    address = host["address"]
    parsed = _address(address)
    if address in EVERYWHERE:
        yield Mistake(f"{place}.address", f"nobody can reach {address}: give a name or an address")
    elif not alone and (address == "localhost" or (parsed is not None and parsed.is_loopback)):
        message = f"the other hosts cannot reach {address}: give the name by which they reach this one"
        yield Mistake(f"{place}.address", message)


def _placed(place: str, organisation: Any, hosts: Mapping[str, Any]) -> Iterator[Mistake]:
    if "host" in organisation and organisation["host"] not in hosts:
        message = f"there is no host {organisation['host']!r}: declare it in hosts with address and listen"
        yield Mistake(f"{place}.host", message)
    if hosts and "host" not in organisation:
        yield Mistake(
            place,
            f"{organisation['name']} has no host, so the others could not reach it: "
            f"give it one of {', '.join(hosts)}",
        )


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _ports(document: Any) -> Iterator[Mistake]:
    base = document["ports"]["base"]
    places = places_of(document["organisations"])
    yield from _numbers("organisations", {}, places)
    last = base + ports.BLOCK * (max(places.values()) + 1) - 1
    yield from _too_high("ports.base", base, last)
    if "chaincodes" not in document["ports"]:
        return
    area = document["ports"]["chaincodes"]
    end = area + ports.CHAINCODE_BLOCK * (max(places.values()) + 1) - 1
    yield from _too_high("ports.chaincodes", area, end)
    if area <= last and base <= end:
        yield Mistake(
            "ports.chaincodes",
            f"its ports {area} to {end} overlap the nodes' {base} to {last}: give {last + 1} or more",
        )


def _too_high(place: str, first: int, last: int) -> Iterator[Mistake]:
    if last > ports.HIGHEST:
        yield Mistake(
            place,
            f"{first} puts the last port at {last}, above {ports.HIGHEST}: give at most "
            f"{ports.HIGHEST - last + first}",
        )


def _lifetimes(document: Any) -> Iterator[Mistake]:
    given = document.get("tuning", {}).get("certificates", {})
    warning = given.get("warning_days", STANDARD.warning_days)
    for name in ("user_days", "node_days", "tls_days"):
        days = given.get(name, getattr(STANDARD, name))
        if days <= warning:
            yield Mistake(
                f"tuning.certificates.{name}",
                f"{days} days is not more than warning_days ({warning}), so certificates would be reported "
                "from their first day: raise it, or lower warning_days",
            )


def _consenters(document: Any) -> Iterator[Mistake]:
    able = [
        organisation["name"] for organisation in document["organisations"] if organisation.get("consenter")
    ]
    bft = document["ordering"]["type"] == "bft"
    if not able:
        message = "no organisation is a consenter: write consenter: true for at least one"
        yield Mistake("organisations", message)
    elif bft and len(able) < FEWEST_BFT_CONSENTERS:
        yield Mistake(
            "ordering.type",
            f"bft with {_consenter_count(len(able))} tolerates no failure: write consenter: true for at "
            f"least {FEWEST_BFT_CONSENTERS} organisations, or use raft",
        )
    for number, channel in enumerate(document["channels"]):
        place = f"channels[{number}]"
        if "consenters" in channel:
            own = _own_consenters(f"{place}.consenters", channel["consenters"], able, bft)
            yield from skip_malformed(own)
        ids = channel.get("consenter_ids", {})
        numbers = numbered(channel.get("consenters", able), ids, FIRST_CONSENTER)
        yield from skip_malformed(_numbers(f"{place}.consenter_ids", ids, numbers))


def _own_consenters(place: str, names: Sequence[str], able: Sequence[str], bft: bool) -> Iterator[Mistake]:
    yield from _repeated(names, place + "[{}]", "the consenter")
    for number, name in enumerate(names):
        if name not in able:
            message = f"{name!r} is not an organisation with consenter: true: use some of {', '.join(able)}"
            yield Mistake(f"{place}[{number}]", message)
    if bft and len(set(names)) < FEWEST_BFT_CONSENTERS:
        yield Mistake(
            place,
            f"bft with {_consenter_count(len(set(names)))} tolerates no failure: "
            f"name at least {FEWEST_BFT_CONSENTERS} organisations, or use raft as ordering.type",
        )


def _consenter_count(number: int) -> str:
    return "1 consenter" if number == 1 else f"{number} consenters"


def _channels(document: Any) -> Iterator[Mistake]:
    organisations = {organisation["name"]: organisation for organisation in document["organisations"]}
    for number, channel in enumerate(document["channels"]):
        place = f"channels[{number}]"
        for rule in (_members, channel_policies, access_mistakes, _collections):
            yield from skip_malformed(rule(place, channel, organisations))


def _capabilities(document: Any) -> Iterator[Mistake]:
    build = BUILDS[document.get("fabric", {}).get("build", STANDARD_BUILD)]
    for number, channel in enumerate(document["channels"]):
        place = f"channels[{number}].capabilities"
        for group, capability in {**CHOSEN, **channel.get("capabilities", {})}.items():
            if not build.knows(group, capability):
                yield Mistake(
                    f"{place}.{group}",
                    f"nodes of build {build.name} know {build.capabilities[group]} at most and would stop at "
                    f"{capability}: choose a newer fabric.build, or a lower capability for a new channel",
                )
            if (group, capability) == ("channel", "V2_0") and document["ordering"]["type"] == "bft":
                yield Mistake(f"{place}.channel", "bft needs V3_0: write V3_0, or leave it out")


def _members(place: str, channel: Any, organisations: Mapping[str, Any]) -> Iterator[Mistake]:
    members = channel["members"]
    names = [member["organisation"] for member in members]
    yield from _repeated(names, place + ".members[{}].organisation", "the member")
    for number, member in enumerate(members):
        yield from skip_malformed(_member(f"{place}.members[{number}]", member, organisations))
    if not any(organisations.get(name, {}).get("peers") for name in names):
        message = "no member has a peer: give a peer to one of them, or add a member that has one"
        yield Mistake(f"{place}.members", message)


def _member(place: str, member: Any, organisations: Mapping[str, Any]) -> Iterator[Mistake]:
    if member["organisation"] not in organisations:
        yield Mistake(
            f"{place}.organisation",
            f"there is no organisation {member['organisation']!r}: use one of {', '.join(organisations)}",
        )
    for wide, narrow in (("readers", "writers"), ("readers", "block_readers")):
        lacking = [role for role in member[narrow] if role not in member[wide]]
        if lacking:
            message = f"{', '.join(lacking)} may not read: add it to {wide}, or remove it here"
            yield Mistake(f"{place}.{narrow}", message)
    for kind in ("readers", "block_readers"):
        if "peer" not in member[kind]:
            yield Mistake(f"{place}.{kind}", "peers could not fetch the channel's blocks: add peer")
    if "admin" not in member["writers"]:
        message = "no one could approve chaincode definitions for this organisation: add admin"
        yield Mistake(f"{place}.writers", message)


def _collections(place: str, channel: Any, _: Mapping[str, Any]) -> Iterator[Mistake]:
    for number, chaincode in enumerate(channel.get("chaincodes", ())):
        names = [collection["name"] for collection in chaincode.get("collections", ())]
        at = f"{place}.chaincodes[{number}].collections[{{}}].name"
        yield from skip_malformed(_repeated(names, at, "the collection"))


def _chaincodes(document: Any) -> Iterator[Mistake]:
    found: set[str] = set()
    for number, channel in enumerate(document["channels"]):
        names = [chaincode["name"] for chaincode in channel.get("chaincodes", ())]
        yield from _repeated(names, f"channels[{number}].chaincodes[{{}}].name", "the chaincode")
        found.update(names)
    usual = ports.CHAINCODE_PLACES - 1
    if len(found) > ports.MOST_CHAINCODES:
        most = ports.MOST_CHAINCODES
        yield Mistake("channels", f"has {len(found)} chaincodes, but a peer has ports for {most}: use fewer")
    elif len(found) > usual and "chaincodes" not in document["ports"]:
        yield Mistake(
            "channels",
            f"has {len(found)} chaincodes, but the ports of an organisation are for {usual}, and one for "
            "upgrades: give `ports.chaincodes`, the first port for the processes of the others",
        )


def _tokens(document: Any) -> Iterator[Mistake]:
    """Variables of a token's library that differ: a process loads the library, and reads them, once."""
    before: dict[tuple[str, str], str] = {}
    for number, organisation in enumerate(document["organisations"]):
        token = organisation.get("keys", {}).get("pkcs11", {})
        for name, value in token.get("environment", {}).items():
            known = before.setdefault((text(token["library"]), name), text(value))
            if known != value:
                yield Mistake(
                    f"organisations[{number}].keys.pkcs11.environment.{name}",
                    f"{value!r} is not {known!r}, which another organisation gives to the same library: use "
                    "one value, or act for the organisations in separate homes and topologies",
                )


_RULES: tuple[Callable[[Any], Iterator[Mistake]], ...] = (
    _names,
    _hosts,
    _ports,
    _lifetimes,
    _consenters,
    _organisations,
    _tokens,
    _channels,
    _chaincodes,
    _capabilities,
)
