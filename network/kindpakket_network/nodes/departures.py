"""What was removed from a network, or is being removed, as the home records it.

A removal is recorded before the home's topology stops describing what leaves, and is finished by `up` or by
the same command: until then the record says who may leave a channel, and what the home still has to do.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import NetworkError
from kindpakket_network.programs.home import Home, read_record, write

USER, PEER, CONSENTER, ORGANISATION, CHANNEL = "user", "peer", "consenter", "organisation", "channel"


@dataclass(frozen=True)
class Departure:
    """A user, peer, consenter, organisation or channel that leaves.

    Attributes:
        kind: `user`, `peer`, `consenter`, `organisation` or `channel`.
        name: the name of the user, peer, organisation or channel; of a consenter, its organisation's.
        organisation: its organisation; of a channel, none.
        msp: that organisation's MSP id.
        channels: the channels that it leaves.
        nodes: the nodes that end with it.
        delete: delete its files, rather than set them aside.
        begun: when it was recorded, ISO 8601 in UTC.
        done: when it was finished; None: it has not been.
    """

    kind: str
    name: str
    organisation: str = ""
    msp: str = ""
    channels: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    delete: bool = False
    begun: str = ""
    done: str | None = None

    @classmethod
    def read(cls, members: dict[str, Any]) -> Self:
        """A departure from its members in the record."""
        lists = {name: tuple(members[name]) for name in ("channels", "nodes")}
        return cls(**{**members, **lists})

    @property
    def subject(self) -> str:
        """What leaves: a node, a `user@organisation`, an organisation or a channel."""
        if self.kind == USER:
            return f"{self.name}@{self.organisation}"
        if self.kind == PEER:
            return f"{self.name}.{self.organisation}"
        return f"orderer.{self.name}" if self.kind == CONSENTER else self.name

    @property
    def command(self) -> str:
        """The command that removes it."""
        words = {
            USER: f"remove-user {self.organisation} {self.name}",
            PEER: f"remove-peer {self.organisation} {self.name}",
            CONSENTER: f"remove-consenter {self.name}",
            ORGANISATION: f"remove-org {self.name}",
            CHANNEL: f"remove-channel {self.name}",
        }
        return f"kindpakket network {words[self.kind]}"

    def same(self, other: Departure) -> bool:
        """Whether both are about the same thing."""
        return (self.kind, self.subject) == (other.kind, other.subject)

    def is_described(self, topology: Topology) -> bool:
        """Whether a topology still has what leaves, so that the removal has not begun."""
        if self.kind == CHANNEL:
            return any(channel.name == self.name for channel in topology.channels)
        found = next((known for known in topology.organisations if known.name == self.organisation), None)
        if found is None or self.kind == ORGANISATION:
            return found is not None
        if self.kind == CONSENTER:
            ordered = [channel.name for channel in topology.channels if self.name in channel.consenters]
            return found.consenter if self.nodes else bool(set(ordered) & set(self.channels))
        names = found.peers if self.kind == PEER else [user.name for user in found.users]
        return self.name in names

    def folder(self, home: Home) -> Path:
        """Where its files are set aside."""
        return home.removed / f"{self.begun.replace(':', '')}.{self.subject}"


def departures(home: Home) -> list[Departure]:
    """All that were recorded in a home, oldest first.

    Raises:
        NetworkError: the record cannot be read.
    """
    if not home.removals.is_file():
        return []
    return [Departure.read(members) for members in read_record(home.removals)["removals"]]


def pending(topology: Topology, home: Home) -> list[Departure]:
    """The departures that have begun and are not finished.

    Those of an organisation that has left meanwhile are finished with it.
    """
    names = {"", *(organisation.name for organisation in topology.organisations)}
    return [
        each
        for each in departures(home)
        if each.done is None
        and not each.is_described(topology)
        and (each.kind == ORGANISATION or each.organisation in names)
    ]


def ensure_not_leaving(present: Topology, wanted: Topology, home: Home) -> None:
    """Check that nothing joins that is being removed, and no organisation by the MSP id of one that has left.

    Ledgers name organisations by their MSP ids, permanently.

    Args:
        present: the topology that was brought up.
        wanted: the desired topology.
        home: the network's folder.

    Raises:
        NetworkError: something does.
    """
    for departure in pending(present, home):
        if departure.is_described(wanted):
            raise NetworkError(
                f"{departure.subject} is being removed: finish that with `{departure.command}` before it can "
                "join again"
            )
    known = {organisation.msp for organisation in present.organisations}
    left = {each.msp: each for each in departures(home) if each.kind == ORGANISATION}
    for organisation in wanted.organisations:
        if organisation.msp in left and organisation.msp not in known:
            raise NetworkError(
                f"{organisation.msp} was the MSP id of {left[organisation.msp].name}, which was removed: "
                f"ledgers still know it by that id, so give {organisation.name} another one"
            )


def record(home: Home, departure: Departure) -> Departure:
    """Record a departure; an earlier one of the same thing that is not finished is gone on with.

    Returns:
        The departure with the instant at which it was first recorded.
    """
    known = departures(home)
    present = next((each for each in known if each.same(departure) and each.done is None), None)
    begun = present.begun if present else _now()
    made = replace(departure, begun=begun)
    _write(home, [*(each for each in known if each is not present), made])
    return made


def complete(home: Home, departure: Departure) -> None:
    """Record that a departure is finished."""
    done = replace(departure, done=_now())
    _write(home, [done if each == departure else each for each in departures(home)])


def _write(home: Home, all_of_them: Iterable[Departure]) -> None:
    write(home.removals, json.dumps({"removals": [asdict(each) for each in all_of_them]}, indent=1))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
