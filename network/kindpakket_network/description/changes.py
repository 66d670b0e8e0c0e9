"""What has changed between two descriptions of a network, and whether one that lives can follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol, TypeVar

from kindpakket_network.description.topology import (
    Chaincode,
    Channel,
    Collection,
    Member,
    Organisation,
    Topology,
    User,
)
from kindpakket_network.errors import ChangeRefused, Mistake

_RESET = "use another home, open this one with its own topology, or reset it"
_APPEND = "add what is new at the end"


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Thing = TypeVar("Thing", bound=_Named)


@dataclass(frozen=True)
class Change:
    """A difference between what was brought up and what is wanted.

    Attributes:
        place: where it stands in the topology, such as `organisations.winkels.peers`.
        words: what is different.
        advice: what to do instead, when a network that lives cannot follow; None when it can.
    """

    place: str
    words: str
    advice: str | None = None


def changes(present: Topology, wanted: Topology) -> list[Change]:
    """All differences, in the order of the file.

    Args:
        present: what was brought up.
        wanted: what it should become.
    """
    return [
        *_fixed("name", present.name, wanted.name),
        *_fixed("ports.base", present.base, wanted.base),
        *_fixed("ordering.type", present.ordering.type, wanted.ordering.type),
        *_free("tuning", present.tuning, wanted.tuning, leaving=()),
        *_free("ordering", present.ordering, wanted.ordering, leaving=("type",)),
        *_free(
            "",
            present,
            wanted,
            leaving=(
                "name",
                "base",
                "ordering",
                "organisations",
                "channels",
                "document",
                "tuning",
                "warnings",
            ),
        ),
        *_grown("organisations", present.organisations, wanted.organisations, _organisation, _joining),
        *_things("channels", present.channels, wanted.channels, _channel),
    ]


def ensure_possible(present: Topology, wanted: Topology) -> None:
    """See that a network that lives can become what is wanted.

    Raises:
        ChangeRefused: it cannot; everything that stands in the way is listed.
    """
    refused = [one for one in changes(present, wanted) if one.advice is not None]
    if refused:
        raise ChangeRefused(
            "the network in this home cannot follow the topology, which",
            [Mistake(one.place, f"{one.words}: {one.advice}") for one in refused],
        )


def _fixed(place: str, present: object, wanted: object, advice: str = _RESET) -> Iterator[Change]:
    if present != wanted:
        yield Change(place, f"{_shown(present)} becomes {_shown(wanted)}", advice)


def _free(place: str, present: Any, wanted: Any, leaving: Sequence[str]) -> Iterator[Change]:
    """Members that may change at any time."""
    for one in fields(present):
        before, after = getattr(present, one.name), getattr(wanted, one.name)
        if one.name not in leaving and before != after:
            yield Change(
                f"{place}.{one.name}" if place else one.name, f"{_shown(before)} becomes {_shown(after)}"
            )


def _grown(
    place: str,
    present: Sequence[Thing],
    wanted: Sequence[Thing],
    compared: Callable[[str, Thing, Thing], Iterator[Change]],
    added: Callable[[Thing], str],
) -> Iterator[Change]:
    """A list whose order counts, as places in it decide ports: only its end is open."""
    before, after = [one.name for one in present], [one.name for one in wanted]
    if after[: len(before)] != before:
        yield Change(
            place, f"{_shown(before)} becomes {_shown(after)}", f"keep these in order, and {_APPEND}"
        )
        return
    for old, new in zip(present, wanted, strict=False):
        yield from compared(f"{place}.{old.name}", old, new)
    for new in wanted[len(present) :]:
        yield Change(f"{place}.{new.name}", added(new))


def _things(
    place: str,
    present: Sequence[Thing],
    wanted: Sequence[Thing],
    compared: Callable[[str, Thing, Thing], Iterator[Change]],
) -> Iterator[Change]:
    """A list in which nothing may be lacking that was there."""
    before, after = ({one.name: one for one in some} for some in (present, wanted))
    for name, old in before.items():
        if name in after:
            yield from compared(f"{place}.{name}", old, after[name])
        else:
            yield Change(
                f"{place}.{name}", "is taken out", f"a ledger keeps it for ever; put it back, or {_RESET}"
            )
    for name in after:
        if name not in before:
            yield Change(f"{place}.{name}", "is new")


def _organisation(place: str, present: Organisation, wanted: Organisation) -> Iterator[Change]:
    yield from _fixed(
        f"{place}.msp",
        present.msp,
        wanted.msp,
        "an MSP id stands in every signature; keep it, or add an organisation",
    )
    before, after = present.peers, wanted.peers
    if after[: len(before)] != before:
        yield Change(
            f"{place}.peers",
            f"{_shown(before)} becomes {_shown(after)}",
            f"keep these in order, and {_APPEND}",
        )
    elif after != before:
        yield Change(f"{place}.peers", f"{_shown(after[len(before) :])} added")
    if present.consenter and not wanted.consenter:
        yield Change(
            f"{place}.consenter",
            "its orderer is taken out",
            "channels count on its votes; write consenter: true",
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
    yield from _free(place, present, wanted, leaving=("name", "msp", "peers", "consenter", "users", "host"))


def _users(place: str, present: Sequence[User], wanted: Sequence[User]) -> Iterator[Change]:
    before, after = ({one.name: one for one in some} for some in (present, wanted))
    for name in (name for name in after if name not in before):
        yield Change(f"{place}.{name}", "is new")
    for name, old in before.items():
        if name not in after:
            yield Change(f"{place}.{name}", "is taken out; its certificate stays valid until it is revoked")
        elif old != after[name]:
            yield Change(
                f"{place}.{name}",
                "has other attributes or another type",
                "they stand in the certificate that was issued; give the identity another name",
            )


def _joining(organisation: Organisation) -> str:
    peers = f"peers {', '.join(organisation.peers)}" if organisation.peers else "no peers"
    return f"is new, with {peers}{' and an orderer' if organisation.consenter else ''}"


def _channel(place: str, present: Channel, wanted: Channel) -> Iterator[Change]:
    before, after = present.consenters, wanted.consenters
    if after[: len(before)] != before:
        yield Change(
            f"{place}.consenters",
            f"{_shown(before)} becomes {_shown(after)}",
            "their order gives them their ids, and none may leave; keep these in order, and " + _APPEND,
        )
    elif after != before:
        yield Change(f"{place}.consenters", f"{_shown(after[len(before) :])} added")
    yield from _free(place, present, wanted, leaving=("name", "consenters", "members", "chaincodes"))
    yield from _members(f"{place}.members", present.members, wanted.members)
    yield from _things(f"{place}.chaincodes", present.chaincodes, wanted.chaincodes, _chaincode)


def _members(place: str, present: Sequence[Member], wanted: Sequence[Member]) -> Iterator[Change]:
    before, after = ({one.organisation: one for one in some} for some in (present, wanted))
    for name, old in before.items():
        if name not in after:
            yield Change(
                f"{place}.{name}",
                "leaves the channel",
                "its peers hold the ledger and policies count on it; put it back, or take its writers away",
            )
        else:
            yield from _free(f"{place}.{name}", old, after[name], leaving=("organisation",))
    for name in (name for name in after if name not in before):
        yield Change(f"{place}.{name}", "joins the channel")


def _chaincode(place: str, present: Chaincode, wanted: Chaincode) -> Iterator[Change]:
    yield from _free(place, present, wanted, leaving=("name", "collections", "initialise"))
    yield from _things(f"{place}.collections", present.collections, wanted.collections, _collection)
    if present.initialise != wanted.initialise:
        yield Change(f"{place}.initialise", "is different; what was initialised is not initialised again")


def _collection(place: str, present: Collection, wanted: Collection) -> Iterator[Change]:
    yield from _fixed(
        f"{place}.blocks_to_live",
        present.blocks_to_live,
        wanted.blocks_to_live,
        "Fabric fixes it for ever; keep it, or name a new collection",
    )
    yield from _free(place, present, wanted, leaving=("name", "blocks_to_live"))


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
