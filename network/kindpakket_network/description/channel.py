"""A channel, and what its members may do on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from kindpakket_network.description.chaincode import Chaincode
from kindpakket_network.description.numbering import numbered

FIRST_CONSENTER = 1

CHOSEN: Mapping[str, str] = {"channel": "V3_0", "orderer": "V2_0", "application": "V2_5"}
"""The capabilities of a channel that names none. A newer one never becomes the default, because a channel's
capabilities change only when its topology says so."""


@dataclass(frozen=True)
class Member:
    """What an organisation's identities may do on a channel, by role.

    Attributes:
        organisation: the organisation's name.
        writers: roles that may submit transactions.
        readers: roles that may evaluate transactions.
        block_readers: roles that may read blocks and events.
    """

    organisation: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    block_readers: tuple[str, ...]


@dataclass(frozen=True)
class Channel:
    """A channel with its members and chaincodes.

    Attributes:
        name: its name.
        consenters: the organisations whose orderers order it, in the order of the file.
        lifecycle_endorsement: the policy for chaincode definitions.
        administration: the policy for changes of its members and their policies; None: a majority of the
            members' administrators.
        members: the organisations that use it.
        chaincodes: the chaincodes on it.
        acls: policies of the application group by the resource that they guard, where they differ from the
            defaults in `channel.access`.
        capabilities: the capabilities of the groups `channel`, `orderer` and `application`.
        consenter_ids: the id of each consenter, from 1, which it keeps when another one leaves (BFT).
    """

    name: str
    consenters: tuple[str, ...]
    lifecycle_endorsement: str
    administration: str | None
    members: tuple[Member, ...]
    chaincodes: tuple[Chaincode, ...]
    acls: Mapping[str, str]
    capabilities: Mapping[str, str]
    consenter_ids: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, members: Mapping[str, Any], consenters: tuple[str, ...]) -> Self:
        """A channel from its members in a topology; consenters: for one that does not list its own."""
        names = tuple(members.get("consenters", consenters))
        return cls(
            name=members["name"],
            consenters=names,
            lifecycle_endorsement=members["lifecycle_endorsement"],
            administration=members.get("administration"),
            members=tuple(
                Member(
                    member["organisation"],
                    tuple(member["writers"]),
                    tuple(member["readers"]),
                    tuple(member["block_readers"]),
                )
                for member in members["members"]
            ),
            chaincodes=tuple(Chaincode.read(chaincode) for chaincode in members.get("chaincodes", ())),
            acls=dict(members.get("acls", {})),
            capabilities={**CHOSEN, **members.get("capabilities", {})},
            consenter_ids=numbered(names, members.get("consenter_ids", {}), FIRST_CONSENTER),
        )
