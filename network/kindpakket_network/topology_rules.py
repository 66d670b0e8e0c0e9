"""What makes a topology wrong: its JSON Schema, and rules across its members."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import resources
from typing import Any

import jsonschema
from jsonschema.exceptions import ValidationError

from . import ports
from .errors import Mistake
from .host import EVERYWHERE
from .policy import PolicySyntaxError, principals

_FEWEST_BFT_CONSENTERS = 4


def mistakes_in(document: Any) -> list[Mistake]:
    """All mistakes of a topology that was parsed: those of form, or, when it has none, those of meaning.

    Args:
        document: the members of the file.
    """
    schema = json.loads((resources.files(__package__) / "data" / "topology.schema.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    errors = sorted(validator.iter_errors(document), key=lambda error: [str(part) for part in error.path])
    if errors:
        return [Mistake(_place(error.absolute_path), _words(error)) for error in errors]
    return [mistake for rule in _RULES for mistake in rule(document)]


def _place(path: Iterable[Any]) -> str:
    place = ""
    for part in path:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else str(part)
    return place or "file"


def _words(error: ValidationError) -> str:
    advice = error.schema.get("description") if isinstance(error.schema, Mapping) else None
    return f"{error.message}: {advice}" if advice else error.message


def _repeated(names: Sequence[str], place: Callable[[int], str], what: str) -> Iterator[Mistake]:
    for number, name in enumerate(names):
        if name in names[:number]:
            yield Mistake(place(number), f"{what} {name!r} is given twice: give each a name of its own")


def _organisations(document: Any) -> Iterator[Mistake]:
    organisations = document["organisations"]
    yield from _repeated(
        [one["name"] for one in organisations], lambda n: f"organisations[{n}].name", "the organisation"
    )
    yield from _repeated(
        [one["msp"] for one in organisations], lambda n: f"organisations[{n}].msp", "the MSP id"
    )
    for number, organisation in enumerate(organisations):
        place = f"organisations[{number}]"
        peers = organisation.get("peers", [])
        yield from _repeated(peers, lambda n, at=place: f"{at}.peers[{n}]", "the peer")  # type: ignore[misc]
        for peer_number, peer in enumerate(peers):
            if peer in ("orderer", "ca", "chaincode"):
                yield Mistake(
                    f"{place}.peers[{peer_number}]",
                    f"{peer!r} is the name of another node: call it peer0, peer1, …",
                )
        users = organisation["users"]
        yield from _repeated(
            [user["name"] for user in users],
            lambda n, at=place: f"{at}.users[{n}].name",  # type: ignore[misc]
            "the user",
        )
        if not any(user.get("type") == "admin" for user in users):
            yield Mistake(
                f"{place}.users",
                f"{organisation['name']} has no administrator: add {{name: admin, type: admin}}",
            )


def _hosts(document: Any) -> Iterator[Mistake]:
    hosts = document.get("hosts", {})
    for name, host in hosts.items():
        place = f"hosts.{name}"
        if host["address"] in EVERYWHERE:
            yield Mistake(
                f"{place}.address", f"nobody can reach {host['address']}: give a name or an address"
            )
        for member in ("listen", "operations_listen"):
            if member in host and not _is_address(host[member]):
                yield Mistake(
                    f"{place}.{member}",
                    f"{host[member]!r} is no IP address: give one of this machine's, or 0.0.0.0 for all",
                )
    for number, organisation in enumerate(document["organisations"]):
        if "host" in organisation and organisation["host"] not in hosts:
            yield Mistake(
                f"organisations[{number}].host",
                f"there is no host {organisation['host']!r}: declare it in hosts with address and listen",
            )
        if hosts and "host" not in organisation:
            yield Mistake(
                f"organisations[{number}]",
                f"{organisation['name']} would be on a loopback that the other hosts cannot reach: "
                f"give it a host, one of {', '.join(hosts)}",
            )


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _ports(document: Any) -> Iterator[Mistake]:
    base = document["ports"]["base"]
    last = base + ports.BLOCK * len(document["organisations"]) - 1
    if last > ports.HIGHEST:
        yield Mistake(
            "ports.base",
            f"{base} leads up to {last}, past {ports.HIGHEST}: give {ports.HIGHEST - last + base} or less",
        )


def _consenters(document: Any) -> Iterator[Mistake]:
    able = [one["name"] for one in document["organisations"] if one.get("consenter")]
    bft = document["ordering"]["type"] == "bft"
    if not able:
        yield Mistake(
            "organisations", "no organisation is a consenter: write consenter: true at one at least"
        )
    elif bft and len(able) < _FEWEST_BFT_CONSENTERS:
        yield Mistake(
            "ordering.type",
            f"bft with {len(able)} consenters does not bear the loss of one: make it at least "
            f"{_FEWEST_BFT_CONSENTERS} organisations with consenter: true, or write raft",
        )
    for number, channel in enumerate(document["channels"]):
        if "consenters" in channel:
            yield from _own_consenters(f"channels[{number}].consenters", channel["consenters"], able, bft)


def _own_consenters(place: str, names: Sequence[str], able: Sequence[str], bft: bool) -> Iterator[Mistake]:
    yield from _repeated(names, lambda n: f"{place}[{n}]", "the consenter")
    for number, name in enumerate(names):
        if name not in able:
            yield Mistake(
                f"{place}[{number}]",
                f"{name!r} is no organisation with consenter: true: use some of {', '.join(able)}",
            )
    if bft and len(set(names)) < _FEWEST_BFT_CONSENTERS:
        yield Mistake(
            place,
            f"bft with {len(set(names))} consenters does not bear the loss of one: "
            f"name at least {_FEWEST_BFT_CONSENTERS} organisations, or write raft as ordering.type",
        )


def _channels(document: Any) -> Iterator[Mistake]:
    organisations = {one["name"]: one for one in document["organisations"]}
    channels = document["channels"]
    yield from _repeated([one["name"] for one in channels], lambda n: f"channels[{n}].name", "the channel")
    for number, channel in enumerate(channels):
        place = f"channels[{number}]"
        names = [member["organisation"] for member in channel["members"]]
        yield from _repeated(names, lambda n, at=place: f"{at}.members[{n}].organisation", "the member")  # type: ignore[misc]
        for member_number, member in enumerate(channel["members"]):
            yield from _member(f"{place}.members[{member_number}]", member, organisations)
        if not any(organisations.get(name, {}).get("peers") for name in names):
            yield Mistake(
                f"{place}.members", "no member has a peer: give one of them peers, or add one that has"
            )
        yield from _policy(
            f"{place}.lifecycle_endorsement", channel["lifecycle_endorsement"], names, organisations
        )
        if "administration" in channel:
            yield from _policy(f"{place}.administration", channel["administration"], names, organisations)
        for code_number, chaincode in enumerate(channel.get("chaincodes", ())):
            yield from _chaincode(f"{place}.chaincodes[{code_number}]", chaincode, names, organisations)


def _member(place: str, member: Any, organisations: Mapping[str, Any]) -> Iterator[Mistake]:
    if member["organisation"] not in organisations:
        yield Mistake(
            f"{place}.organisation",
            f"there is no organisation {member['organisation']!r}: use one of {', '.join(organisations)}",
        )
    for wide, narrow in (("readers", "writers"), ("readers", "block_readers")):
        lacking = [role for role in member[narrow] if role not in member[wide]]
        if lacking:
            yield Mistake(
                f"{place}.{narrow}",
                f"{', '.join(lacking)} may not read: add it to {wide}, or take it out here",
            )
    for kind in ("readers", "block_readers"):
        if "peer" not in member[kind]:
            yield Mistake(f"{place}.{kind}", "peers could not fetch the channel's blocks: add peer")
    if "admin" not in member["writers"]:
        yield Mistake(
            f"{place}.writers", "no one could approve chaincode definitions for this organisation: add admin"
        )


def _chaincode(
    place: str, chaincode: Any, names: Sequence[str], organisations: Mapping[str, Any]
) -> Iterator[Mistake]:
    yield from _policy(f"{place}.endorsement", chaincode["endorsement"], names, organisations)
    collections = chaincode.get("collections", [])
    yield from _repeated(
        [one["name"] for one in collections], lambda n: f"{place}.collections[{n}].name", "the collection"
    )
    for number, collection in enumerate(collections):
        at = f"{place}.collections[{number}]"
        yield from _policy(f"{at}.members", collection["members"], names, organisations)
        if "endorsement" in collection:
            yield from _policy(f"{at}.endorsement", collection["endorsement"], names, organisations)
        required, most = collection.get("required_peers", 0), collection.get("max_peers", 1)
        if required > most:
            yield Mistake(
                f"{at}.required_peers",
                f"{required} is more than max_peers, {most}: lower it, or raise max_peers",
            )
    if "initialise" in chaincode:
        yield from _initialise(f"{place}.initialise", chaincode["initialise"], names, organisations)


def _initialise(
    place: str, initialise: Any, names: Sequence[str], organisations: Mapping[str, Any]
) -> Iterator[Mistake]:
    organisation = organisations.get(initialise["organisation"])
    if organisation is None or initialise["organisation"] not in names:
        yield Mistake(
            f"{place}.organisation",
            f"{initialise['organisation']!r} is no member of the channel: use one of {', '.join(names)}",
        )
    elif initialise["user"] not in [user["name"] for user in organisation["users"]]:
        yield Mistake(
            f"{place}.user",
            f"{initialise['organisation']} has no user {initialise['user']!r}: declare it in its users",
        )
    for number, endorser in enumerate(initialise["endorsers"]):
        if endorser not in names or not organisations.get(endorser, {}).get("peers"):
            yield Mistake(
                f"{place}.endorsers[{number}]",
                f"{endorser!r} has no peer on the channel: name a member that has one",
            )
    for number, member in enumerate(initialise["check"]["members"]):
        if member not in initialise["argument"]:
            yield Mistake(
                f"{place}.check.members[{number}]",
                f"{member!r} is no member of the argument: use one of {', '.join(initialise['argument'])}",
            )


def _policy(
    place: str, expression: str, names: Sequence[str], organisations: Mapping[str, Any]
) -> Iterator[Mistake]:
    try:
        named = principals(expression)
    except PolicySyntaxError as error:
        yield Mistake(place, str(error))
        return
    members = {organisations[name]["msp"]: organisations[name] for name in names if name in organisations}
    for principal in named:
        if principal.msp not in members:
            yield Mistake(
                place, f"{principal.msp!r} is no member of the channel: use one of {', '.join(members)}"
            )
        elif principal.role == "peer" and not members[principal.msp].get("peers"):
            yield Mistake(
                place,
                f"{principal.msp} has no peer that could sign: give it one, or take it out of the policy",
            )


def _chaincodes(document: Any) -> Iterator[Mistake]:
    found: set[str] = set()
    for number, channel in enumerate(document["channels"]):
        names = [one["name"] for one in channel.get("chaincodes", ())]
        yield from _repeated(
            names,
            lambda n, at=number: f"channels[{at}].chaincodes[{n}].name",  # type: ignore[misc]
            "the chaincode",
        )
        found.update(names)
    most = ports.CHAINCODE_PLACES - 1
    if len(found) > most:
        yield Mistake(
            "channels",
            f"{len(found)} chaincodes, and a peer has ports for {most} and for one that is being upgraded: "
            "use fewer",
        )


_RULES: tuple[Callable[[Any], Iterator[Mistake]], ...] = (
    _hosts,
    _ports,
    _consenters,
    _organisations,
    _channels,
    _chaincodes,
)
