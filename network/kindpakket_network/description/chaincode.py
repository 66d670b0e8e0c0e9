"""A chaincode of a channel, with its private data collections and its first transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True)
class Collection:
    """A private data collection, with Fabric's settings."""

    name: str
    members: str
    endorsement: str | None
    required_peers: int
    max_peers: int
    blocks_to_live: int
    member_only_read: bool
    member_only_write: bool

    @classmethod
    def read(cls, members: Mapping[str, Any]) -> Self:
        """A collection from its members in a topology."""
        return cls(
            name=members["name"],
            members=members["members"],
            endorsement=members.get("endorsement"),
            required_peers=members.get("required_peers", 0),
            max_peers=members.get("max_peers", 1),
            blocks_to_live=members.get("blocks_to_live", 0),
            member_only_read=members.get("member_only_read", True),
            member_only_write=members.get("member_only_write", True),
        )


@dataclass(frozen=True)
class Initialise:
    """A transaction that is submitted once, after the chaincode's first commit.

    Attributes:
        function: the transaction's name.
        argument: its JSON argument.
        organisation: the submitting user's organisation.
        user: the submitting user.
        endorsers: the organisations whose peers endorse it.
        refusal: the error code that says that it has already been done.
        check: a query whose answer must repeat members of the argument.
        check_members: those members.
    """

    function: str
    argument: Mapping[str, Any]
    organisation: str
    user: str
    endorsers: tuple[str, ...]
    refusal: str
    check: str
    check_members: tuple[str, ...]

    @classmethod
    def read(cls, members: Mapping[str, Any]) -> Self:
        """A first transaction from its members in a topology."""
        return cls(
            function=members["function"],
            argument=members["argument"],
            organisation=members["organisation"],
            user=members["user"],
            endorsers=tuple(members["endorsers"]),
            refusal=members["refusal"],
            check=members["check"]["function"],
            check_members=tuple(members["check"]["members"]),
        )


@dataclass(frozen=True)
class Chaincode:
    """A chaincode of a channel: a program that runs as a process next to each peer.

    Attributes:
        name: its name.
        version: its version.
        source: the folder of its source.
        endorsement: the policy of its transactions.
        collections: its private data.
        initialise: its first transaction.
        build: the shell command that builds it in a copy of its source; None: as its language usually is.
        run: the shell command that starts it there; None: as its language usually is.
    """

    name: str
    version: str
    source: Path
    endorsement: str
    collections: tuple[Collection, ...]
    initialise: Initialise | None
    build: str | None = None
    run: str | None = None

    @classmethod
    def read(cls, members: Mapping[str, Any]) -> Self:
        """A chaincode from its members in a topology."""
        return cls(
            name=members["name"],
            version=members["version"],
            source=Path(members["source"]),
            endorsement=members["endorsement"],
            collections=tuple(Collection.read(collection) for collection in members.get("collections", ())),
            initialise=Initialise.read(members["initialise"]) if "initialise" in members else None,
            build=members.get("build"),
            run=members.get("run"),
        )
