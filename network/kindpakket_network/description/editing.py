"""What changes of a topology have in common: its document, and things in it by name."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from kindpakket_network.description.channel import Channel
from kindpakket_network.description.organisation import Organisation
from kindpakket_network.description.topology import Topology
from kindpakket_network.errors import NoSuch

# Sources of chaincodes in a topology that was read are absolute.
ANYWHERE = Path("/")
T = TypeVar("T")


def document_of(topology: Topology) -> dict[str, Any]:
    """A copy of a topology's document, to change."""
    return copy.deepcopy(dict(topology.document))


def named(some: Iterable[dict[str, Any]], name: str) -> dict[str, Any]:
    """The members of the organisation or channel of that name, which exists."""
    return next(item for item in some if item["name"] == name)


def organisation_of(topology: Topology, name: str) -> Organisation:
    """The organisation of that name.

    Raises:
        NoSuch: there is none.
    """
    return _of(
        {organisation.name: organisation for organisation in topology.organisations}, "organisation", name
    )


def channel_of(topology: Topology, name: str) -> Channel:
    """The channel of that name.

    Raises:
        NoSuch: there is none.
    """
    return _of({channel.name: channel for channel in topology.channels}, "channel", name)


def _of(some: Mapping[str, T], kind: str, name: str) -> T:
    if name not in some:
        raise NoSuch(f"there is no {kind} {name!r}: use one of {', '.join(some)}")
    return some[name]
