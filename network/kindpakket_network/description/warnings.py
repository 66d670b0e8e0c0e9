"""Warnings about a topology that is valid: it works, but its operators may regret it."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from kindpakket_network.description import ports
from kindpakket_network.description.access_rules import access_warnings
from kindpakket_network.description.host import EVERYWHERE
from kindpakket_network.description.organisation import places_of
from kindpakket_network.description.policy import Policy, can_be_satisfied_by, parse, principals_of
from kindpakket_network.description.policy_rules import collection_peers
from kindpakket_network.errors import Mistake

_LONG_DAYS = 365


def warnings_in(document: Any) -> list[Mistake]:
    """The warnings, with advice.

    Args:
        document: the members of a topology without problems.
    """
    return [warning for rule in _RULES for warning in rule(document)]


def failures_tolerated(consenters: int, bft: bool) -> int:
    """How many of a number of consenters may fail before ordering stops."""
    return (consenters - 1) // (3 if bft else 2)


def _hosts(document: Any) -> Iterator[Mistake]:
    for name, host in document.get("hosts", {}).items():
        place, address, listen = f"hosts.{name}", host["address"], host["listen"]
        if _is_loopback(address):
            continue
        if _parsed(address) is not None:
            yield Mistake(
                f"{place}.address",
                f"certificates and channels will contain {address}, and all of them must change when the "
                "machine moves: give a DNS name",
            )
        if _is_loopback(listen):
            yield Mistake(
                f"{place}.listen",
                f"others connect to {address}, but nodes listen on {listen} only: give an address of the "
                "network, unless a proxy forwards to it",
            )
        if host.get("operations_listen") in EVERYWHERE:
            yield Mistake(
                f"{place}.operations_listen",
                "metrics and administration would be reachable on every network of the machine: "
                "give 127.0.0.1 or an address of the management network",
            )


def _ports(document: Any) -> Iterator[Mistake]:
    blocks = 1 + max(places_of(document["organisations"]).values())
    for member, each in (("base", ports.BLOCK), ("chaincodes", ports.CHAINCODE_BLOCK)):
        if member in document["ports"]:
            yield from _ephemeral(member, document["ports"][member], each * blocks)


def _ephemeral(member: str, base: int, count: int) -> Iterator[Mistake]:
    if base + count > ports.EPHEMERAL:
        yield Mistake(
            f"ports.{member}",
            f"the ports {base} to {base + count - 1} reach into those from {ports.EPHEMERAL} on, which Linux "
            "gives to outgoing connections, so one may be taken when its node starts: give at most "
            f"{ports.EPHEMERAL - count}",
        )


def _idle(document: Any) -> Iterator[Mistake]:
    members = {member["organisation"] for channel in document["channels"] for member in channel["members"]}
    for number, organisation in enumerate(document["organisations"]):
        if organisation.get("peers") and organisation["name"] not in members:
            yield Mistake(
                f"organisations[{number}].peers",
                f"{organisation['name']} is a member of no channel, so its peers have nothing to do: add it "
                "to the members of one, or take its peers out",
            )


def _consenters(document: Any) -> Iterator[Mistake]:
    bft = document["ordering"]["type"] == "bft"
    able = [
        organisation["name"] for organisation in document["organisations"] if organisation.get("consenter")
    ]
    for number, channel in enumerate(document["channels"]):
        place = f"channels[{number}]"
        place = f"{place}.consenters" if "consenters" in channel else place
        names = channel.get("consenters", able)
        yield from _number(place, len(names), bft)
        yield from _together(place, names, document, failures_tolerated(len(names), bft))


def _number(place: str, count: int, bft: bool) -> Iterator[Mistake]:
    borne = failures_tolerated(count, bft)
    if not borne:
        consenters = "its only consenter fails" if count == 1 else f"any of its {count} consenters fails"
        yield Mistake(place, f"ordering stops when {consenters}: raft needs 3 to tolerate one failure")
    elif failures_tolerated(count - 1, bft) == borne:
        fewer, more = count - 1, count + 1
        while failures_tolerated(fewer - 1, bft) == borne:
            fewer -= 1
        while failures_tolerated(more, bft) == borne:
            more += 1
        yield Mistake(
            place,
            f"{count} consenters tolerate {_failures(borne)}, as {fewer} would, but more of them must agree: "
            f"use {fewer}, or {more} to tolerate {_failures(borne + 1)}",
        )


def _together(place: str, names: Sequence[str], document: Any, borne: int) -> Iterator[Mistake]:
    hosts = {
        organisation["name"]: organisation["host"]
        for organisation in document["organisations"]
        if "host" in organisation
    }
    for host, count in Counter(hosts[name] for name in names if name in hosts).items():
        if borne and count > borne and len(document["hosts"]) > 1:
            yield Mistake(
                place,
                f"{count} of {len(names)} consenters run on {host}, but ordering tolerates only "
                f"{_failures(borne)}: spread them over more hosts",
            )


def _failures(number: int) -> str:
    return "1 failure" if number == 1 else f"{number} failures"


def _channels(document: Any) -> Iterator[Mistake]:
    organisations = {organisation["name"]: organisation for organisation in document["organisations"]}
    for number, channel in enumerate(document["channels"]):
        place = f"channels[{number}]"
        members = {
            organisations[member["organisation"]]["msp"]: organisations[member["organisation"]]
            for member in channel["members"]
        }
        yield from _administration(place, channel, list(members))
        yield from access_warnings(place, channel)
        for rank, chaincode in enumerate(channel.get("chaincodes", ())):
            at = f"{place}.chaincodes[{rank}]"
            yield from _endorsement(at, chaincode, channel, members)
            yield from _collections(at, chaincode, members)


def _administration(place: str, channel: Any, msps: Sequence[str]) -> Iterator[Mistake]:
    definitions = parse(channel["lifecycle_endorsement"])
    if "administration" in channel:
        place, able = f"{place}.administration", _sets(parse(channel["administration"]))
    else:
        able = map(set, combinations(msps, len(msps) // 2 + 1))
    found = next((some for some in able if not can_be_satisfied_by(definitions, some)), None)
    if found:
        yield Mistake(
            place,
            f"the administrators of {_listed(found)} could change lifecycle_endorsement without the "
            "organisations it requires: write an administration that requires them too",
        )


def _endorsement(place: str, chaincode: Any, channel: Any, members: Mapping[str, Any]) -> Iterator[Mistake]:
    policy = parse(chaincode["endorsement"])
    able = _sets(parse(channel["lifecycle_endorsement"]))
    found = next((some for some in able if not can_be_satisfied_by(policy, some)), None)
    if found:
        yield Mistake(
            f"{place}.endorsement",
            f"{_listed(found)} could replace the chaincode, and this policy with it, without the "
            "organisations it requires: make lifecycle_endorsement require them too",
        )
    with_peers = [msp for msp, member in members.items() if member.get("peers")]
    alone = [msp for msp in with_peers if can_be_satisfied_by(policy, {msp})]
    if alone and len(with_peers) > 1:
        message = f"{' or '.join(alone)} alone decides what is written: require a second organisation"
        yield Mistake(f"{place}.endorsement", message)
    for msp in with_peers:
        needed = not can_be_satisfied_by(policy, set(with_peers) - {msp})
        if needed and len(members[msp]["peers"]) == 1:
            node = f"{members[msp]['peers'][0]}.{members[msp]['name']}"
            message = (
                f"no transaction is endorsed while {node} is down or restarting: give {msp} a second peer"
            )
            yield Mistake(f"{place}.endorsement", message)


def _collections(place: str, chaincode: Any, members: Mapping[str, Any]) -> Iterator[Mistake]:
    for number, collection in enumerate(chaincode.get("collections", ())):
        at = f"{place}.collections[{number}]"
        policy = parse(collection["members"])
        peers = collection_peers(policy, members)
        if len(peers) == 1:
            yield Mistake(
                at,
                f"only {peers[0]} holds {collection['name']}, so it is lost with that peer's disk: "
                "give its organisation a second peer, and back it up",
            )
        elif collection.get("max_peers", 1) == 0:
            message = "no other peer receives the data at endorsement, so it can be lost: give 1 or more"
            yield Mistake(f"{at}.max_peers", message)
        if collection.get("member_only_read", True) and not any(
            principal.role in ("member", "client") for principal in principals_of(policy)
        ):
            message = "with member_only_read no client can read it: write 'AMSP.member' for those that may"
            yield Mistake(f"{at}.members", message)


def _lifetimes(document: Any) -> Iterator[Mistake]:
    days = document.get("tuning", {}).get("certificates", {}).get("node_days", _LONG_DAYS)
    if days < _LONG_DAYS:
        yield Mistake(
            "tuning.certificates.node_days",
            f"each orderer's renewal, every {_days(days)}, updates its channels: give at least {_LONG_DAYS}",
        )


def _days(number: int) -> str:
    return "day" if number == 1 else f"{number} days"


def _sets(policy: Policy) -> Iterator[set[str]]:
    """The sets of organisations that can satisfy a policy, smallest first."""
    msps = sorted({principal.msp for principal in principals_of(policy)})
    for size in range(1, len(msps) + 1):
        for some in combinations(msps, size):
            if can_be_satisfied_by(policy, some):
                yield set(some)


def _listed(msps: set[str]) -> str:
    return " and ".join(sorted(msps))


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_loopback(text: str) -> bool:
    parsed = _parsed(text)
    return text == "localhost" or (parsed is not None and parsed.is_loopback)


_RULES: tuple[Callable[[Any], Iterator[Mistake]], ...] = (
    _ports,
    _hosts,
    _idle,
    _lifetimes,
    _consenters,
    _channels,
)
