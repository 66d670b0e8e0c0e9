"""The differences between two topologies, and whether a running network can follow them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol, TypeVar

from kindpakket_network.description.build import CAPABILITIES
from kindpakket_network.description.chaincode import Chaincode, Collection
from kindpakket_network.description.channel import Channel, Member
from kindpakket_network.description.organisation import Organisation, User
from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import ChangeRefused, Mistake

_RESET = "use another home, use this home's own topology, or reset it"
_APPEND = "append new ones at the end"
_OF_ORGANISATIONS = ("name", "msp", "peers", "consenter", "users", "host", "place", "peer_places", "token")


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Thing = TypeVar("Thing", bound=_Named)


@dataclass(frozen=True)
class Change:
    """A difference between the running network's topology and the desired one.

    Attributes:
        place: its path in the topology, such as `organisations.winkels.peers`.
        words: what changes.
        advice: what to do instead, if a running network cannot follow; None if it can.
        removes: whether something leaves the network, which `kindpakket network remove-…` does.
    """

    place: str
    words: str
    advice: str | None = None
    removes: bool = False


def changes(present: Topology, wanted: Topology) -> list[Change]:
    """All differences, in the order of the file.

    Args:
        present: the topology that was brought up.
        wanted: the desired topology.
    """
    return [
        *_fixed("name", present.name, wanted.name),
        *_fixed("ports.base", present.base, wanted.base),
        *_fixed("ports.chaincodes", present.chaincode_base or wanted.chaincode_base, wanted.chaincode_base),
        *_fixed("ordering.type", present.ordering.type, wanted.ordering.type),
        *_build(present.build, wanted.build),
        *_free("tuning", present.tuning, wanted.tuning, leaving=()),
        *_free("ordering", present.ordering, wanted.ordering, leaving=("type",)),
        *_free(
            "",
            present,
            wanted,
            leaving=(
                "name",
                "base",
                "chaincode_base",
                "ordering",
                "organisations",
                "channels",
                "document",
                "tuning",
                "build",
                "warnings",
            ),
        ),
        *_organisations(present, wanted),
        *_things("channels", present.channels, wanted.channels, _channel, "remove-channel"),
    ]


def ensure_possible(present: Topology, wanted: Topology, *, removing: bool = False) -> None:
    """Check that a running network can become what a topology describes.

    Args:
        present: the topology that was brought up.
        wanted: the desired topology.
        removing: whether what it lacks is to be removed.

    Raises:
        ChangeRefused: it cannot; every obstacle is listed.
    """
    refused = [
        change
        for change in changes(present, wanted)
        if change.advice is not None and not (removing and change.removes)
    ]
    if refused:
        raise ChangeRefused(
            "the network in this home cannot become what the topology describes",
            [Mistake(signature.place, f"{signature.words}: {signature.advice}") for signature in refused],
        )


def _fixed(place: str, present: object, wanted: object, advice: str = _RESET) -> Iterator[Change]:
    if present != wanted:
        yield Change(place, f"{_shown(present)} becomes {_shown(wanted)}", advice)


def _free(place: str, present: Any, wanted: Any, leaving: Sequence[str]) -> Iterator[Change]:
    """Differences in members that may change at any time."""
    for field in fields(present):
        before, after = getattr(present, field.name), getattr(wanted, field.name)
        if field.compare and field.name not in leaving and before != after:
            yield Change(
                f"{place}.{field.name}" if place else field.name, f"{_shown(before)} becomes {_shown(after)}"
            )


def _build(present: str, wanted: str) -> Iterator[Change]:
    if present != wanted:
        yield Change("fabric.build", f"{present} becomes {wanted}")


def _organisations(present: Topology, wanted: Topology) -> Iterator[Change]:
    """Differences in the organisations, each of which keeps its place among the ports."""
    before, after = (
        {organisation.name: organisation.place for organisation in topology.organisations}
        for topology in (present, wanted)
    )
    if _moved(before, after):
        yield _reordered("organisations", before, after)
        return
    for old in present.organisations:
        if old.name not in after:
            yield Change(f"organisations.{old.name}", "is removed", _by_command("remove-org", old.name), True)
        else:
            yield from _organisation(f"organisations.{old.name}", old, wanted.organisation(old.name))
    for new in wanted.organisations:
        if new.name not in before:
            yield Change(f"organisations.{new.name}", _joining(new))


def _numbered(
    place: str, before: Mapping[str, int], after: Mapping[str, int], command: str
) -> Iterator[Change]:
    """Differences in names whose numbers determine ports or ids: each name keeps its number."""
    if _moved(before, after):
        yield _reordered(place, before, after)
        return
    gone = [name for name in before if name not in after]
    if gone:
        yield Change(place, f"{_shown(gone)} removed", _by_command(command), True)
    added = [name for name in after if name not in before]
    if added:
        yield Change(place, f"{_shown(added)} added")


def _moved(before: Mapping[str, int], after: Mapping[str, int]) -> bool:
    return any(before[name] != after[name] for name in before if name in after)


def _reordered(place: str, before: Mapping[str, int], after: Mapping[str, int]) -> Change:
    words = f"{_shown(list(before))} becomes {_shown(list(after))}"
    return Change(place, words, f"keep the present order, and {_APPEND}")


def _by_command(*words: str) -> str:
    return f"put it back, or take it out with `kindpakket network {' '.join(words)}`"


def _things(
    place: str,
    present: Sequence[Thing],
    wanted: Sequence[Thing],
    compared: Callable[[str, Thing, Thing], Iterator[Change]],
    command: str | None = None,
) -> Iterator[Change]:
    """Differences in a list from which nothing may be removed."""
    before, after = ({item.name: item for item in some} for some in (present, wanted))
    for name, old in before.items():
        if name in after:
            yield from compared(f"{place}.{name}", old, after[name])
        elif command is not None:
            yield Change(f"{place}.{name}", "is removed", _by_command(command, name), True)
        else:
            yield Change(
                f"{place}.{name}", "is removed", f"the ledger keeps it permanently; put it back, or {_RESET}"
            )
    for name in after:
        if name not in before:
            yield Change(f"{place}.{name}", "is new")


def _organisation(place: str, present: Organisation, wanted: Organisation) -> Iterator[Change]:
    yield from _fixed(
        f"{place}.msp",
        present.msp,
        wanted.msp,
        "the MSP id is part of every signature; keep it, or add an organisation",
    )
    yield from _numbered(f"{place}.peers", present.peer_places, wanted.peer_places, "remove-peer")
    if present.consenter and not wanted.consenter:
        yield Change(
            f"{place}.consenter",
            "its orderer is removed",
            _by_command("remove-consenter", present.name),
            True,
        )
    elif wanted.consenter and not present.consenter:
        yield Change(f"{place}.consenter", "an orderer is added")
    yield from _users(f"{place}.users", present.users, wanted.users)
    yield from _fixed(
        f"{place}.host",
        present.host.address,
        wanted.host.address,
        "certificates and channels name it; keep it, or add an organisation elsewhere",
    )
    yield from _free(f"{place}.host", present.host, wanted.host, leaving=("name", "address"))
    if present.token != wanted.token:
        words = f"{_shown(present.token)} becomes {_shown(wanted.token)} for keys that are made from now on"
        yield Change(f"{place}.keys.pkcs11", words)
    yield from _free(place, present, wanted, leaving=_OF_ORGANISATIONS)


def _users(place: str, present: Sequence[User], wanted: Sequence[User]) -> Iterator[Change]:
    before, after = ({item.name: item for item in some} for some in (present, wanted))
    for name in (name for name in after if name not in before):
        yield Change(f"{place}.{name}", "is new")
    for name, old in before.items():
        if name not in after:
            yield Change(f"{place}.{name}", "is removed; its certificate stays valid until it is revoked")
        elif old != after[name]:
            yield Change(
                f"{place}.{name}",
                "has different attributes or a different type",
                "they are part of the certificate that was issued; use another name for the identity",
            )


def _joining(organisation: Organisation) -> str:
    peers = f"peers {', '.join(organisation.peers)}" if organisation.peers else "no peers"
    return f"is new, with {peers}{' and an orderer' if organisation.consenter else ''}"


def _channel(place: str, present: Channel, wanted: Channel) -> Iterator[Change]:
    yield from _numbered(
        f"{place}.consenters", present.consenter_ids, wanted.consenter_ids, "remove-consenter"
    )
    for group, capability in present.capabilities.items():
        known, after_it = CAPABILITIES[group], wanted.capabilities[group]
        lowered = known.index(after_it) < known.index(capability)
        if after_it != capability:
            yield Change(
                f"{place}.capabilities.{group}",
                f"{capability} becomes {after_it}",
                "blocks may already depend on it, and nothing lowers a capability; keep it"
                if lowered
                else None,
            )
    leaving = ("name", "consenters", "consenter_ids", "members", "chaincodes", "capabilities")
    yield from _free(place, present, wanted, leaving=leaving)
    yield from _members(f"{place}.members", present.members, wanted.members)
    yield from _things(f"{place}.chaincodes", present.chaincodes, wanted.chaincodes, _chaincode)


def _members(place: str, present: Sequence[Member], wanted: Sequence[Member]) -> Iterator[Change]:
    before, after = ({item.organisation: item for item in some} for some in (present, wanted))
    for name, old in before.items():
        if name not in after:
            yield Change(
                f"{place}.{name}",
                "leaves the channel",
                _by_command("remove-org", name),
                True,
            )
        else:
            yield from _free(f"{place}.{name}", old, after[name], leaving=("organisation",))
    for name in (name for name in after if name not in before):
        yield Change(f"{place}.{name}", "joins the channel")


def _chaincode(place: str, present: Chaincode, wanted: Chaincode) -> Iterator[Change]:
    yield from _free(place, present, wanted, leaving=("name", "collections", "initialise"))
    yield from _things(f"{place}.collections", present.collections, wanted.collections, _collection)
    if present.initialise != wanted.initialise:
        yield Change(
            f"{place}.initialise", "changes; a chaincode that is initialised is not initialised again"
        )


def _collection(place: str, present: Collection, wanted: Collection) -> Iterator[Change]:
    yield from _fixed(
        f"{place}.blocks_to_live",
        present.blocks_to_live,
        wanted.blocks_to_live,
        "Fabric does not allow it to change; keep it, or add a new collection",
    )
    yield from _free(place, present, wanted, leaving=("name", "blocks_to_live"))


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
