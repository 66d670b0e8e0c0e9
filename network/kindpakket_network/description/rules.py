"""What makes a topology wrong: names, places and references; `topology_policies` has the other rules."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from kindpakket_network.description import ports
from kindpakket_network.description.access_rules import access_mistakes
from kindpakket_network.description.form import as_far_as_formed, formed
from kindpakket_network.description.host import EVERYWHERE, LOOPBACK
from kindpakket_network.description.policy_rules import channel_policies
from kindpakket_network.description.tuning import STANDARD
from kindpakket_network.errors import Mistake

_FEWEST_BFT_CONSENTERS = 4
_OTHER_NODES = ("orderer", "ca", "chaincode")
_REGISTRAR = "registrar"
# In Fabric 3.1.1 an orderer reads the brackets around an IPv6 address as a list of addresses.
_LISTENING_VERSION = 4


def mistakes_in(document: Any) -> list[Mistake]:
    """All mistakes of a topology that was parsed: those of form, and those of meaning of what is well formed.

    Args:
        document: the members of the file.
    """
    mistakes, remaining = formed(document)
    if remaining is not None:
        mistakes += [mistake for rule in _RULES for mistake in as_far_as_formed(rule(remaining))]
    return mistakes


def _repeated(names: Sequence[str], place: str, what: str) -> Iterator[Mistake]:
    """The names that are there twice; `place` has {} for the number of the name."""
    for number, name in enumerate(names):
        if name in names[:number]:
            words = f"{what} {name!r} is given twice: give each a name of its own"
            yield Mistake(place.format(number), words)


def _names(document: Any) -> Iterator[Mistake]:
    organisations, channels = document["organisations"], document["channels"]
    for names, place, what in (
        ((one["name"] for one in organisations), "organisations[{}].name", "the organisation"),
        ((one["msp"] for one in organisations), "organisations[{}].msp", "the MSP id"),
        ((one["name"] for one in channels), "channels[{}].name", "the channel"),
    ):
        yield from as_far_as_formed(_repeated(list(names), place, what))


def _organisations(document: Any) -> Iterator[Mistake]:
    for number, organisation in enumerate(document["organisations"]):
        yield from as_far_as_formed(_peers(f"organisations[{number}].peers", organisation))
        yield from as_far_as_formed(_users(f"organisations[{number}].users", organisation))


def _peers(place: str, organisation: Any) -> Iterator[Mistake]:
    peers = organisation.get("peers", [])
    yield from _repeated(peers, place + "[{}]", "the peer")
    for number, peer in enumerate(peers):
        if peer in _OTHER_NODES:
            words = f"{peer!r} is the name of another node: call it peer0, peer1, …"
            yield Mistake(f"{place}[{number}]", words)


def _users(place: str, organisation: Any) -> Iterator[Mistake]:
    users = organisation["users"]
    yield from _repeated([user["name"] for user in users], place + "[{}].name", "the user")
    for number, user in enumerate(users):
        if user["name"] == _REGISTRAR:
            words = f"{_REGISTRAR!r} is the CA server's own identity: use another name"
            yield Mistake(f"{place}[{number}].name", words)
    if not any(user.get("type") == "admin" for user in users):
        words = f"{organisation['name']} has no administrator: add {{name: admin, type: admin}}"
        yield Mistake(place, words)


def _hosts(document: Any) -> Iterator[Mistake]:
    hosts = document.get("hosts", {})
    for name, host in hosts.items():
        yield from as_far_as_formed(_host(f"hosts.{name}", host, alone=len(hosts) == 1))
    for number, organisation in enumerate(document["organisations"]):
        yield from as_far_as_formed(_placed(f"organisations[{number}]", organisation, hosts))


def _host(place: str, host: Any, alone: bool) -> Iterator[Mistake]:
    for member in ("listen", "operations_listen"):
        found = _address(host.get(member, LOOPBACK))
        if found is None:
            words = f"{host[member]!r} is no IP address: give one of this machine's, or 0.0.0.0 for all"
            yield Mistake(f"{place}.{member}", words)
        elif member == "listen" and found.version != _LISTENING_VERSION:
            words = f"Fabric's orderers cannot listen on {found}: give an IPv4 address, or 0.0.0.0 for all"
            yield Mistake(f"{place}.{member}", words)
    address = host["address"]
    parsed = _address(address)
    if address in EVERYWHERE:
        yield Mistake(f"{place}.address", f"nobody can reach {address}: give a name or an address")
    elif not alone and (address == "localhost" or (parsed is not None and parsed.is_loopback)):
        words = f"the other hosts cannot reach {address}: give the name by which they know this one"
        yield Mistake(f"{place}.address", words)


def _placed(place: str, organisation: Any, hosts: Mapping[str, Any]) -> Iterator[Mistake]:
    if "host" in organisation and organisation["host"] not in hosts:
        words = f"there is no host {organisation['host']!r}: declare it in hosts with address and listen"
        yield Mistake(f"{place}.host", words)
    if hosts and "host" not in organisation:
        yield Mistake(
            place,
            f"{organisation['name']} would be on a loopback that the other hosts cannot reach: "
            f"give it a host, one of {', '.join(hosts)}",
        )


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _ports(document: Any) -> Iterator[Mistake]:
    base = document["ports"]["base"]
    last = base + ports.BLOCK * len(document["organisations"]) - 1
    if last > ports.HIGHEST:
        yield Mistake(
            "ports.base",
            f"{base} leads up to {last}, past {ports.HIGHEST}: give {ports.HIGHEST - last + base} or less",
        )


def _lifetimes(document: Any) -> Iterator[Mistake]:
    given = document.get("tuning", {}).get("certificates", {})
    warning = given.get("warning_days", STANDARD.warning_days)
    for name in ("user_days", "node_days", "tls_days"):
        days = given.get(name, getattr(STANDARD, name))
        if days <= warning:
            yield Mistake(
                f"tuning.certificates.{name}",
                f"{days} days is not more than warning_days, {warning}, so that every certificate "
                "would be reported from its first day: raise it, or lower warning_days",
            )


def _consenters(document: Any) -> Iterator[Mistake]:
    able = [one["name"] for one in document["organisations"] if one.get("consenter")]
    bft = document["ordering"]["type"] == "bft"
    if not able:
        words = "no organisation is a consenter: write consenter: true at one at least"
        yield Mistake("organisations", words)
    elif bft and len(able) < _FEWEST_BFT_CONSENTERS:
        yield Mistake(
            "ordering.type",
            f"bft with {len(able)} consenters does not bear the loss of one: make it at least "
            f"{_FEWEST_BFT_CONSENTERS} organisations with consenter: true, or write raft",
        )
    for number, channel in enumerate(document["channels"]):
        if "consenters" in channel:
            place = f"channels[{number}].consenters"
            yield from as_far_as_formed(_own_consenters(place, channel["consenters"], able, bft))


def _own_consenters(place: str, names: Sequence[str], able: Sequence[str], bft: bool) -> Iterator[Mistake]:
    yield from _repeated(names, place + "[{}]", "the consenter")
    for number, name in enumerate(names):
        if name not in able:
            words = f"{name!r} is no organisation with consenter: true: use some of {', '.join(able)}"
            yield Mistake(f"{place}[{number}]", words)
    if bft and len(set(names)) < _FEWEST_BFT_CONSENTERS:
        yield Mistake(
            place,
            f"bft with {len(set(names))} consenters does not bear the loss of one: "
            f"name at least {_FEWEST_BFT_CONSENTERS} organisations, or write raft as ordering.type",
        )


def _channels(document: Any) -> Iterator[Mistake]:
    organisations = {one["name"]: one for one in document["organisations"]}
    for number, channel in enumerate(document["channels"]):
        place = f"channels[{number}]"
        for rule in (_members, channel_policies, access_mistakes, _collections):
            yield from as_far_as_formed(rule(place, channel, organisations))


def _members(place: str, channel: Any, organisations: Mapping[str, Any]) -> Iterator[Mistake]:
    members = channel["members"]
    names = [member["organisation"] for member in members]
    yield from _repeated(names, place + ".members[{}].organisation", "the member")
    for number, member in enumerate(members):
        yield from as_far_as_formed(_member(f"{place}.members[{number}]", member, organisations))
    if not any(organisations.get(name, {}).get("peers") for name in names):
        words = "no member has a peer: give one of them peers, or add one that has"
        yield Mistake(f"{place}.members", words)


def _member(place: str, member: Any, organisations: Mapping[str, Any]) -> Iterator[Mistake]:
    if member["organisation"] not in organisations:
        yield Mistake(
            f"{place}.organisation",
            f"there is no organisation {member['organisation']!r}: use one of {', '.join(organisations)}",
        )
    for wide, narrow in (("readers", "writers"), ("readers", "block_readers")):
        lacking = [role for role in member[narrow] if role not in member[wide]]
        if lacking:
            words = f"{', '.join(lacking)} may not read: add it to {wide}, or take it out here"
            yield Mistake(f"{place}.{narrow}", words)
    for kind in ("readers", "block_readers"):
        if "peer" not in member[kind]:
            yield Mistake(f"{place}.{kind}", "peers could not fetch the channel's blocks: add peer")
    if "admin" not in member["writers"]:
        words = "no one could approve chaincode definitions for this organisation: add admin"
        yield Mistake(f"{place}.writers", words)


def _collections(place: str, channel: Any, _: Mapping[str, Any]) -> Iterator[Mistake]:
    for number, chaincode in enumerate(channel.get("chaincodes", ())):
        names = [one["name"] for one in chaincode.get("collections", ())]
        at = f"{place}.chaincodes[{number}].collections[{{}}].name"
        yield from as_far_as_formed(_repeated(names, at, "the collection"))


def _chaincodes(document: Any) -> Iterator[Mistake]:
    found: set[str] = set()
    for number, channel in enumerate(document["channels"]):
        names = [one["name"] for one in channel.get("chaincodes", ())]
        yield from _repeated(names, f"channels[{number}].chaincodes[{{}}].name", "the chaincode")
        found.update(names)
    most = ports.CHAINCODE_PLACES - 1
    if len(found) > most:
        yield Mistake(
            "channels",
            f"{len(found)} chaincodes, and a peer has ports for {most} and for one that is being upgraded: "
            "use fewer",
        )


_RULES: tuple[Callable[[Any], Iterator[Mistake]], ...] = (
    _names,
    _hosts,
    _ports,
    _lifetimes,
    _consenters,
    _organisations,
    _channels,
    _chaincodes,
)
