"""What is questionable in a topology that is free of mistakes: it works, and someone may regret it."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from kindpakket_network.description.access_rules import access_warnings
from kindpakket_network.description.host import EVERYWHERE
from kindpakket_network.description.policy import Policy, in_the_power_of, named, parse
from kindpakket_network.description.policy_rules import collection_peers
from kindpakket_network.errors import Mistake

_LONG_DAYS = 365


def warnings_in(document: Any) -> list[Mistake]:
    """What is questionable, with advice.

    Args:
        document: the members of a topology without mistakes.
    """
    return [warning for rule in _RULES for warning in rule(document)]


def losses_borne(consenters: int, bft: bool) -> int:
    """How many of so many consenters may be lost before ordering stops."""
    return (consenters - 1) // (3 if bft else 2)


def _hosts(document: Any) -> Iterator[Mistake]:
    for name, host in document.get("hosts", {}).items():
        place, address, listen = f"hosts.{name}", host["address"], host["listen"]
        if _is_loopback(address):
            continue
        if _parsed(address) is not None:
            yield Mistake(
                f"{place}.address",
                f"certificates and channels will hold {address}, and moving means changing them all: "
                "give a DNS name",
            )
        if _is_loopback(listen):
            yield Mistake(
                f"{place}.listen",
                f"others are told {address} and nodes listen on {listen} only: give an address of the "
                "network, unless something forwards to it",
            )
        if host.get("operations_listen") in EVERYWHERE:
            yield Mistake(
                f"{place}.operations_listen",
                "metrics and administration would be open to every network of the machine: "
                "give 127.0.0.1 or an address for management",
            )


def _consenters(document: Any) -> Iterator[Mistake]:
    bft = document["ordering"]["type"] == "bft"
    able = [one["name"] for one in document["organisations"] if one.get("consenter")]
    for number, channel in enumerate(document["channels"]):
        place = f"channels[{number}]"
        place = f"{place}.consenters" if "consenters" in channel else place
        names = channel.get("consenters", able)
        yield from _number(place, len(names), bft)
        yield from _together(place, names, document, losses_borne(len(names), bft))


def _number(place: str, count: int, bft: bool) -> Iterator[Mistake]:
    borne = losses_borne(count, bft)
    if not borne:
        words = f"ordering stops with the loss of any of {count}: raft takes 3 to bear the loss of one"
        yield Mistake(place, words)
    elif losses_borne(count - 1, bft) == borne:
        fewer, more = count - 1, count + 1
        while losses_borne(fewer - 1, bft) == borne:
            fewer -= 1
        while losses_borne(more, bft) == borne:
            more += 1
        yield Mistake(
            place,
            f"{count} consenters bear the loss of {borne}, as {fewer} would, and more of them must agree: "
            f"have {fewer}, or {more} to bear the loss of {borne + 1}",
        )


def _together(place: str, names: Sequence[str], document: Any, borne: int) -> Iterator[Mistake]:
    hosts = {one["name"]: one["host"] for one in document["organisations"] if "host" in one}
    for host, count in Counter(hosts[name] for name in names if name in hosts).items():
        if borne and count > borne and len(document["hosts"]) > 1:
            yield Mistake(
                place,
                f"{count} of {len(names)} consenters run on {host}, and ordering bears the loss of {borne}: "
                "spread them",
            )


def _channels(document: Any) -> Iterator[Mistake]:
    organisations = {one["name"]: one for one in document["organisations"]}
    for number, channel in enumerate(document["channels"]):
        place = f"channels[{number}]"
        members = {
            organisations[one["organisation"]]["msp"]: organisations[one["organisation"]]
            for one in channel["members"]
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
    found = next((some for some in able if not in_the_power_of(definitions, some)), None)
    if found:
        yield Mistake(
            place,
            f"the administrators of {_listed(found)} could change lifecycle_endorsement without those whom "
            "it asks for: write an administration that needs them too",
        )


def _endorsement(place: str, chaincode: Any, channel: Any, members: Mapping[str, Any]) -> Iterator[Mistake]:
    policy = parse(chaincode["endorsement"])
    able = _sets(parse(channel["lifecycle_endorsement"]))
    found = next((some for some in able if not in_the_power_of(policy, some)), None)
    if found:
        yield Mistake(
            f"{place}.endorsement",
            f"{_listed(found)} could replace the chaincode, and with it this policy, without those whom it "
            "asks for: let lifecycle_endorsement ask for as much",
        )
    with_peers = [msp for msp, one in members.items() if one.get("peers")]
    alone = [msp for msp in with_peers if in_the_power_of(policy, {msp})]
    if alone and len(with_peers) > 1:
        words = f"{' or '.join(alone)} alone decides what is written: ask for a second organisation"
        yield Mistake(f"{place}.endorsement", words)
    for msp in with_peers:
        needed = not in_the_power_of(policy, set(with_peers) - {msp})
        if needed and len(members[msp]["peers"]) == 1:
            node = f"{members[msp]['peers'][0]}.{members[msp]['name']}"
            words = f"nothing is endorsed while {node} is down or renewed: give {msp} a second peer"
            yield Mistake(f"{place}.endorsement", words)


def _collections(place: str, chaincode: Any, members: Mapping[str, Any]) -> Iterator[Mistake]:
    for number, collection in enumerate(chaincode.get("collections", ())):
        at = f"{place}.collections[{number}]"
        policy = parse(collection["members"])
        peers = collection_peers(policy, members)
        if len(peers) == 1:
            yield Mistake(
                at,
                f"{collection['name']} is held by {peers[0]} alone, and is lost with its disk: "
                "give its organisation a second peer, and back it up",
            )
        elif collection.get("max_peers", 1) == 0:
            words = "no other peer gets it when it is endorsed, so that it can be lost: give 1 or more"
            yield Mistake(f"{at}.max_peers", words)
        if collection.get("member_only_read", True) and not any(
            one.role in ("member", "client") for one in named(policy)
        ):
            words = "with member_only_read no client can read it: write 'AMSP.member' for those who may"
            yield Mistake(f"{at}.members", words)


def _lifetimes(document: Any) -> Iterator[Mistake]:
    days = document.get("tuning", {}).get("certificates", {}).get("node_days", _LONG_DAYS)
    if days < _LONG_DAYS:
        yield Mistake(
            "tuning.certificates.node_days",
            f"every {days} days each orderer's renewal takes an update of its channels: give a year or more",
        )


def _sets(policy: Policy) -> Iterator[set[str]]:
    """The sets of organisations that can meet a policy, small ones first."""
    msps = sorted({one.msp for one in named(policy)})
    for size in range(1, len(msps) + 1):
        for some in combinations(msps, size):
            if in_the_power_of(policy, some):
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


_RULES: tuple[Callable[[Any], Iterator[Mistake]], ...] = (_hosts, _lifetimes, _consenters, _channels)
