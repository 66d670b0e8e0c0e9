"""The differences between two topologies, and whether a running network can follow them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol, TypeVar

from kindpakket_network.description.chaincode import Chaincode, Collection
from kindpakket_network.description.channel import Channel, Member
from kindpakket_network.description.organisation import Organisation, User
from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import ChangeRefused, Mistake

_RESET = "use another home, use this home's own topology, or reset it"
_APPEND = "append new ones at the end"


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
    """

    place: str
    words: str
    advice: str | None = None


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
                "warnings",
            ),
        ),
        *_grown("organisations", present.organisations, wanted.organisations, _organisation, _joining),
        *_things("channels", present.channels, wanted.channels, _channel),
    ]


def ensure_possible(present: Topology, wanted: Topology) -> None:
    """Check that a running network can become what a topology describes.

    Raises:
        ChangeRefused: it cannot; every obstacle is listed.
    """
    refused = [change for change in changes(present, wanted) if change.advice is not None]
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
        if field.name not in leaving and before != after:
            yield Change(
                f"{place}.{field.name}" if place else field.name, f"{_shown(before)} becomes {_shown(after)}"
            )


def _grown(
    place: str,
    present: Sequence[Thing],
    wanted: Sequence[Thing],
    compared: Callable[[str, Thing, Thing], Iterator[Change]],
    added: Callable[[Thing], str],
) -> Iterator[Change]:
    """Differences in a list whose order determines ports: items may only be appended."""
    before, after = [item.name for item in present], [item.name for item in wanted]
    if after[: len(before)] != before:
        yield Change(
            place, f"{_shown(before)} becomes {_shown(after)}", f"keep the present order, and {_APPEND}"
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
    """Differences in a list from which nothing may be removed."""
    before, after = ({item.name: item for item in some} for some in (present, wanted))
    for name, old in before.items():
        if name in after:
            yield from compared(f"{place}.{name}", old, after[name])
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
    before, after = present.peers, wanted.peers
    if after[: len(before)] != before:
        yield Change(
            f"{place}.peers",
            f"{_shown(before)} becomes {_shown(after)}",
            f"keep the present order, and {_APPEND}",
        )
    elif after != before:
        yield Change(f"{place}.peers", f"{_shown(after[len(before) :])} added")
    if present.consenter and not wanted.consenter:
        yield Change(
            f"{place}.consenter",
            "its orderer is removed",
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
    before, after = present.consenters, wanted.consenters
    if after[: len(before)] != before:
        yield Change(
            f"{place}.consenters",
            f"{_shown(before)} becomes {_shown(after)}",
            "their order determines their ids, and none may leave; keep the present order, and " + _APPEND,
        )
    elif after != before:
        yield Change(f"{place}.consenters", f"{_shown(after[len(before) :])} added")
    yield from _free(place, present, wanted, leaving=("name", "consenters", "members", "chaincodes"))
    yield from _members(f"{place}.members", present.members, wanted.members)
    yield from _things(f"{place}.chaincodes", present.chaincodes, wanted.chaincodes, _chaincode)


def _members(place: str, present: Sequence[Member], wanted: Sequence[Member]) -> Iterator[Change]:
    before, after = ({item.organisation: item for item in some} for some in (present, wanted))
    for name, old in before.items():
        if name not in after:
            yield Change(
                f"{place}.{name}",
                "leaves the channel",
                "its peers hold the ledger and policies count on it; put it back, or remove its writers",
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
