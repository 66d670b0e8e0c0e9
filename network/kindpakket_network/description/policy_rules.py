"""What makes a topology unsafe or unworkable: policies, collections, and the first transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kindpakket_network.description.form import as_far_as_formed, text
from kindpakket_network.description.policy import (
    Policy,
    PolicySyntaxError,
    Principal,
    met_by,
    named,
    parse,
    principals,
)
from kindpakket_network.errors import Mistake

_AUDITOR = ("kindpakket.role", "auditor")


@dataclass(frozen=True)
class _Members:
    """A channel's members.

    Attributes:
        by_name: the organisations by name.
        roles: what each may do, by organisation name.
    """

    by_name: Mapping[str, Any]
    roles: Mapping[str, Any]

    @property
    def by_msp(self) -> Mapping[str, Any]:
        """The same by MSP id."""
        return {one["msp"]: one for one in self.by_name.values()}

    def peers(self, names: Sequence[str] | None = None) -> list[Principal]:
        """The peers of members, or of some of them, as signers."""
        return [
            Principal(organisation["msp"], "peer")
            for name, organisation in self.by_name.items()
            if names is None or name in names
            for _ in organisation.get("peers", ())
        ]


def channel_policies(place: str, channel: Any, organisations: Mapping[str, Any]) -> Iterator[Mistake]:
    """The mistakes in a channel's policies and in those of its chaincodes.

    Args:
        place: where the channel stands.
        channel: the channel.
        organisations: all organisations by name.
    """
    roles = {member["organisation"]: member for member in channel["members"]}
    members = _Members({name: organisations[name] for name in roles if name in organisations}, roles)
    for number, member in enumerate(channel["members"]):
        at = f"{place}.members[{number}].writers"
        yield from as_far_as_formed(_writers(at, member, members))
    yield from as_far_as_formed(
        _signed_by_peers(f"{place}.lifecycle_endorsement", channel["lifecycle_endorsement"], members)
    )
    if "administration" in channel:
        yield from as_far_as_formed(
            _signed_by_admins(f"{place}.administration", channel["administration"], members)
        )
    for number, chaincode in enumerate(channel.get("chaincodes", ())):
        at = f"{place}.chaincodes[{number}]"
        yield from as_far_as_formed(_signed_by_peers(f"{at}.endorsement", chaincode["endorsement"], members))
        for rank, collection in enumerate(chaincode.get("collections", ())):
            yield from as_far_as_formed(_collection(f"{at}.collections[{rank}]", collection, members))
        if "initialise" in chaincode:
            yield from as_far_as_formed(_initialise(f"{at}.initialise", chaincode, members))


def _writers(place: str, member: Any, members: _Members) -> Iterator[Mistake]:
    if "peer" in member["writers"]:
        words = "whoever gets at a peer's key could submit transactions, and peers submit none: take peer out"
        yield Mistake(place, words)
    if "client" not in member["writers"] or member["organisation"] not in members.by_name:
        return
    role, auditor = _AUDITOR
    for user in members.by_name[member["organisation"]]["users"]:
        if user.get("attributes", {}).get(role) == auditor:
            yield Mistake(
                place,
                f"the auditor's client {user['name']!r} could submit transactions: take client out, "
                f"or the attribute {role}: {auditor}",
            )


def _known(place: str, expression: str, members: _Members) -> Iterator[Mistake]:
    """Mistakes of any policy: its syntax, and who it names."""
    try:
        found = principals(text(expression))
    except PolicySyntaxError as error:
        yield Mistake(place, str(error))
        return
    for principal in dict.fromkeys(found):
        organisation = members.by_msp.get(principal.msp)
        if organisation is None:
            words = f"{principal.msp!r} is no member of the channel: use one of {', '.join(members.by_msp)}"
            yield Mistake(place, words)
        elif principal.role == "peer" and not organisation.get("peers"):
            words = f"{principal.msp} has no peer that could sign: give it one, or take it out of the policy"
            yield Mistake(place, words)


def _signed_by_peers(place: str, expression: str, members: _Members) -> Iterator[Mistake]:
    """Mistakes of a policy that endorsements are to meet."""
    found = list(_known(place, expression, members))
    yield from found
    if found:
        return
    others = [one for one in dict.fromkeys(principals(expression)) if one.role != "peer"]
    for one in others:
        yield Mistake(
            place,
            f"'{one.msp}.{one.role}' lets others than peers endorse, who need not run the chaincode for it: "
            f"write '{one.msp}.peer'",
        )
    if not others and not met_by(parse(expression), members.peers()):
        words = "all peers together do not meet it: give the organisations peers enough, or ask for fewer"
        yield Mistake(place, words)


def _signed_by_admins(place: str, expression: str, members: _Members) -> Iterator[Mistake]:
    found = list(_known(place, expression, members))
    yield from found
    for one in () if found else dict.fromkeys(principals(expression)):
        if one.role != "admin":
            yield Mistake(
                place,
                f"'{one.msp}.{one.role}' lets others than administrators change the channel: "
                f"write '{one.msp}.admin'",
            )


def _collection(place: str, collection: Any, members: _Members) -> Iterator[Mistake]:
    required, most = collection.get("required_peers", 0), collection.get("max_peers", 1)
    if required > most:
        words = f"{required} is more than max_peers, {most}: lower it, or raise max_peers"
        yield Mistake(f"{place}.required_peers", words)
    found = list(_known(f"{place}.members", collection["members"], members))
    yield from found
    if not found:
        yield from _holders(place, parse(collection["members"]), required, members)
    if "endorsement" in collection:
        at = f"{place}.endorsement"
        endorsement = list(_signed_by_peers(at, collection["endorsement"], members))
        yield from endorsement
        if not found and not endorsement:
            holders = {one.msp for one in principals(collection["members"])}
            for msp in dict.fromkeys(one.msp for one in principals(collection["endorsement"])):
                if msp not in holders:
                    words = f"{msp} does not hold this collection: take it out, or add it to members"
                    yield Mistake(at, words)


def _holders(place: str, policy: Policy, required: int, members: _Members) -> Iterator[Mistake]:
    if not _is_list(policy):
        words = "Fabric takes only a list of those who hold it: write OR('AMSP.member', 'BMSP.member')"
        yield Mistake(f"{place}.members", words)
        return
    peers = collection_peers(policy, members.by_msp)
    if not peers:
        yield Mistake(f"{place}.members", "no peer would hold it: give one of its members a peer")
    elif required > len(peers) - 1:
        yield Mistake(
            f"{place}.required_peers",
            f"{required} other peers would have to get it, and {len(peers) - 1} can: lower it, or add peers",
        )


def _is_list(policy: Policy) -> bool:
    return isinstance(policy, Principal) or (policy.needed == 1 and all(map(_is_list, policy.policies)))


def collection_peers(policy: Policy, organisations: Mapping[str, Any]) -> list[str]:
    """The peers that hold a collection, as node names.

    Args:
        policy: the collection's members.
        organisations: the channel's members by MSP id.
    """
    msps = dict.fromkeys(one.msp for one in named(policy))
    return [
        f"{peer}.{organisations[msp]['name']}" for msp in msps for peer in organisations[msp].get("peers", ())
    ]


def _initialise(place: str, chaincode: Any, members: _Members) -> Iterator[Mistake]:
    initialise = chaincode["initialise"]
    yield from as_far_as_formed(_submitter(place, initialise, members))
    strangers = 0
    for number, endorser in enumerate(initialise["endorsers"]):
        if not members.by_name.get(endorser, {}).get("peers"):
            strangers += 1
            words = f"{endorser!r} has no peer on the channel: name a member that has one"
            yield Mistake(f"{place}.endorsers[{number}]", words)
    if not strangers and not list(_signed_by_peers(place, chaincode["endorsement"], members)):
        policy, names = parse(chaincode["endorsement"]), initialise["endorsers"]
        one_each = list(dict.fromkeys(members.peers(names)))
        if not met_by(policy, one_each):
            words = f"{', '.join(names)} do not meet the chaincode's endorsement: name those who do"
            yield Mistake(f"{place}.endorsers", words)
    for number, member in enumerate(initialise["check"]["members"]):
        if member not in initialise["argument"]:
            words = f"{member!r} is no member of the argument: use one of {', '.join(initialise['argument'])}"
            yield Mistake(f"{place}.check.members[{number}]", words)


def _submitter(place: str, initialise: Any, members: _Members) -> Iterator[Mistake]:
    name = initialise["organisation"]
    organisation = members.by_name.get(name)
    if organisation is None:
        words = f"{name!r} is no member of the channel: use one of {', '.join(members.roles)}"
        yield Mistake(f"{place}.organisation", words)
        return
    if not organisation.get("peers"):
        words = f"{name} has no peer to submit it through: give it one, or name another organisation"
        yield Mistake(f"{place}.organisation", words)
    user = next((one for one in organisation["users"] if one["name"] == initialise["user"]), None)
    if user is None:
        words = f"{name} has no user {initialise['user']!r}: declare it in its users"
        yield Mistake(f"{place}.user", words)
    elif user.get("type", "client") not in members.roles[name]["writers"]:
        kind = user.get("type", "client")
        words = f"{name}'s {kind}s may not submit: name another user, or add {kind} to writers"
        yield Mistake(f"{place}.user", words)
