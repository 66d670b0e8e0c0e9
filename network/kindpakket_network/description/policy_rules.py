"""Problems with a channel's policies, collections and initialisation that make it unsafe or unusable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kindpakket_network.description.policy import (
    Policy,
    PolicySyntaxError,
    Principal,
    is_satisfied_by,
    parse,
    principals,
    principals_of,
)
from kindpakket_network.description.schema import skip_malformed, text
from kindpakket_network.errors import Mistake

_AUDITOR = ("kindpakket.role", "auditor")


@dataclass(frozen=True)
class _Members:
    """A channel's members.

    Attributes:
        by_name: the organisations by name.
        roles: the rights of each, by organisation name.
    """

    by_name: Mapping[str, Any]
    roles: Mapping[str, Any]

    @property
    def by_msp(self) -> Mapping[str, Any]:
        """The same by MSP id."""
        return {organisation["msp"]: organisation for organisation in self.by_name.values()}

    def peers(self, names: Sequence[str] | None = None) -> list[Principal]:
        """The peers of members, or of some of them, as signers."""
        return [
            Principal(organisation["msp"], "peer")
            for name, organisation in self.by_name.items()
            if names is None or name in names
            for _ in organisation.get("peers", ())
        ]


def channel_policies(place: str, channel: Any, organisations: Mapping[str, Any]) -> Iterator[Mistake]:
    """The problems in a channel's policies and in those of its chaincodes.

    Args:
        place: the channel's path in the file.
        channel: the channel.
        organisations: all organisations by name.
    """
    roles = {member["organisation"]: member for member in channel["members"]}
    members = _Members({name: organisations[name] for name in roles if name in organisations}, roles)
    for number, member in enumerate(channel["members"]):
        at = f"{place}.members[{number}].writers"
        yield from skip_malformed(_writers(at, member, members))
    yield from skip_malformed(
        _signed_by_peers(f"{place}.lifecycle_endorsement", channel["lifecycle_endorsement"], members)
    )
    if "administration" in channel:
        yield from skip_malformed(
            _signed_by_admins(f"{place}.administration", channel["administration"], members)
        )
    for number, chaincode in enumerate(channel.get("chaincodes", ())):
        at = f"{place}.chaincodes[{number}]"
        yield from skip_malformed(_signed_by_peers(f"{at}.endorsement", chaincode["endorsement"], members))
        for rank, collection in enumerate(chaincode.get("collections", ())):
            yield from skip_malformed(_collection(f"{at}.collections[{rank}]", collection, members))
        if "initialise" in chaincode:
            yield from skip_malformed(_initialise(f"{at}.initialise", chaincode, members))


def _writers(place: str, member: Any, members: _Members) -> Iterator[Mistake]:
    if "peer" in member["writers"]:
        message = "peers never submit, but a stolen peer key could then submit transactions: remove peer"
        yield Mistake(place, message)
    if "client" not in member["writers"] or member["organisation"] not in members.by_name:
        return
    role, auditor = _AUDITOR
    for user in members.by_name[member["organisation"]]["users"]:
        if user.get("attributes", {}).get(role) == auditor:
            yield Mistake(
                place,
                f"the auditor's client {user['name']!r} could submit transactions: remove client, "
                f"or the attribute {role}: {auditor}",
            )


def _known(place: str, expression: str, members: _Members) -> Iterator[Mistake]:
    """Problems of any policy: its syntax, and the organisations it names."""
    try:
        found = principals(text(expression))
    except PolicySyntaxError as error:
        yield Mistake(place, str(error))
        return
    for principal in dict.fromkeys(found):
        organisation = members.by_msp.get(principal.msp)
        if organisation is None:
            message = (
                f"{principal.msp!r} is not a member of the channel: use one of {', '.join(members.by_msp)}"
            )
            yield Mistake(place, message)
        elif principal.role == "peer" and not organisation.get("peers"):
            message = f"{principal.msp} has no peer to sign: give it one, or remove it from the policy"
            yield Mistake(place, message)


def _signed_by_peers(place: str, expression: str, members: _Members) -> Iterator[Mistake]:
    """Problems of a policy that endorsements must satisfy."""
    found = list(_known(place, expression, members))
    yield from found
    if found:
        return
    others = [principal for principal in dict.fromkeys(principals(expression)) if principal.role != "peer"]
    for other in others:
        yield Mistake(
            place,
            f"'{other.msp}.{other.role}' lets identities endorse that do not run the chaincode: "
            f"write '{other.msp}.peer'",
        )
    if not others and not is_satisfied_by(parse(expression), members.peers()):
        message = "all peers together do not satisfy it: add peers, or ask for fewer signatures"
        yield Mistake(place, message)


def _signed_by_admins(place: str, expression: str, members: _Members) -> Iterator[Mistake]:
    found = list(_known(place, expression, members))
    yield from found
    for principal in () if found else dict.fromkeys(principals(expression)):
        if principal.role != "admin":
            yield Mistake(
                place,
                f"'{principal.msp}.{principal.role}' lets identities other than administrators change the "
                f"channel: write '{principal.msp}.admin'",
            )


def _collection(place: str, collection: Any, members: _Members) -> Iterator[Mistake]:
    required, most = collection.get("required_peers", 0), collection.get("max_peers", 1)
    if required > most:
        message = f"{required} is more than max_peers ({most}): lower it, or raise max_peers"
        yield Mistake(f"{place}.required_peers", message)
    found = list(_known(f"{place}.members", collection["members"], members))
    yield from found
    if not found:
        yield from _holders(place, parse(collection["members"]), required, members)
    if "endorsement" in collection:
        at = f"{place}.endorsement"
        endorsement = list(_signed_by_peers(at, collection["endorsement"], members))
        yield from endorsement
        if not found and not endorsement:
            holders = {principal.msp for principal in principals(collection["members"])}
            for msp in dict.fromkeys(principal.msp for principal in principals(collection["endorsement"])):
                if msp not in holders:
                    message = f"{msp} does not hold this collection: remove it, or add it to members"
                    yield Mistake(at, message)


def _holders(place: str, policy: Policy, required: int, members: _Members) -> Iterator[Mistake]:
    if not _is_list(policy):
        message = "Fabric only accepts a list of members: write OR('AMSP.member', 'BMSP.member')"
        yield Mistake(f"{place}.members", message)
        return
    peers = collection_peers(policy, members.by_msp)
    if not peers:
        yield Mistake(f"{place}.members", "no peer would hold it: give a peer to one of its members")
    elif required > len(peers) - 1:
        yield Mistake(
            f"{place}.required_peers",
            f"{required} other {'peer' if required == 1 else 'peers'} must receive it, "
            f"but only {len(peers) - 1} can: lower it, or add peers",
        )


def _is_list(policy: Policy) -> bool:
    return isinstance(policy, Principal) or (policy.needed == 1 and all(map(_is_list, policy.policies)))


def collection_peers(policy: Policy, organisations: Mapping[str, Any]) -> list[str]:
    """The peers that hold a collection, as node names.

    Args:
        policy: the collection's members.
        organisations: the channel's members by MSP id.
    """
    msps = dict.fromkeys(principal.msp for principal in principals_of(policy))
    return [
        f"{peer}.{organisations[msp]['name']}" for msp in msps for peer in organisations[msp].get("peers", ())
    ]


def _initialise(place: str, chaincode: Any, members: _Members) -> Iterator[Mistake]:
    initialise = chaincode["initialise"]
    yield from skip_malformed(_submitter(place, initialise, members))
    strangers = 0
    for number, endorser in enumerate(initialise["endorsers"]):
        if not members.by_name.get(endorser, {}).get("peers"):
            strangers += 1
            message = f"{endorser!r} has no peer on the channel: name a member that has one"
            yield Mistake(f"{place}.endorsers[{number}]", message)
    if not strangers and not list(_signed_by_peers(place, chaincode["endorsement"], members)):
        policy, names = parse(chaincode["endorsement"]), initialise["endorsers"]
        one_each = list(dict.fromkeys(members.peers(names)))
        if not is_satisfied_by(policy, one_each):
            message = f"{', '.join(names)} cannot satisfy the chaincode's endorsement policy: name others too"
            yield Mistake(f"{place}.endorsers", message)
    for number, member in enumerate(initialise["check"]["members"]):
        if member not in initialise["argument"]:
            message = f"{member!r} is not in the argument: use one of {', '.join(initialise['argument'])}"
            yield Mistake(f"{place}.check.members[{number}]", message)


def _submitter(place: str, initialise: Any, members: _Members) -> Iterator[Mistake]:
    name = initialise["organisation"]
    organisation = members.by_name.get(name)
    if organisation is None:
        message = f"{name!r} is not a member of the channel: use one of {', '.join(members.roles)}"
        yield Mistake(f"{place}.organisation", message)
        return
    if not organisation.get("peers"):
        message = f"{name} has no peer to submit through: give it one, or name another organisation"
        yield Mistake(f"{place}.organisation", message)
    user = next(
        (candidate for candidate in organisation["users"] if candidate["name"] == initialise["user"]), None
    )
    if user is None:
        message = f"{name} has no user {initialise['user']!r}: declare it in its users"
        yield Mistake(f"{place}.user", message)
    elif user.get("type", "client") not in members.roles[name]["writers"]:
        kind = user.get("type", "client")
        message = f"{name}'s {kind}s may not submit: name another user, or add {kind} to writers"
        yield Mistake(f"{place}.user", message)
