"""Why an identity is not a member of a channel's organisations."""

from __future__ import annotations

from typing import Literal, TypeAlias

from fabric_gateway.errors import FabricError

Reason: TypeAlias = Literal[
    "unreadable",
    "unknown-organization",
    "key",
    "chain",
    "revocation-list",
    "revoked",
    "organizational-unit",
    "node-ou",
    "expired",
    "not-yet-valid",
]
"""Stable codes.

`unreadable`: not a serialised identity with a certificate. `unknown-organization`: no organisation of the
channel has that MSP id. `key`: a kind of key that the channel does not accept. `chain`: the certificate does
not chain to the organisation's authorities as Fabric demands. `revocation-list`: one of the organisation's
lists names no authority, so Fabric accepts nobody. `revoked`: on the revocation list in force.
`organizational-unit`: has none of the units that the organisation demands. `node-ou`: says nothing, or
several things, about being a client, peer, orderer or administrator. `expired`, `not-yet-valid`: at the time
that was asked about.
"""


class Stranger(FabricError):
    """An identity that is not a member of the channel; the message says why, without naming the person.

    Attributes:
        reason: a stable code.
    """

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason: Reason = reason

    def again(self) -> Stranger:
        """The same, to be raised: one that is kept and raised often would gather tracebacks."""
        return Stranger(self.reason, str(self))

    def __reduce__(self) -> tuple[type[Stranger], tuple[Reason, str]]:
        return type(self), (self.reason, str(self))
