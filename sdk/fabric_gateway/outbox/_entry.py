"""What an outbox knows of a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from fabric_gateway._commit_status import CommitStatus
from fabric_gateway.errors import CommitError, FabricError, GatewayError

State: TypeAlias = Literal["requested", "endorsed", "valid", "invalid", "refused"]


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A call of a chaincode under a request id; `arguments` begin with the name of the function."""

    request_id: str
    mspid: str
    subject: str
    channel: str
    chaincode: str
    arguments: tuple[bytes, ...]
    endorsing_organizations: tuple[str, ...]
    needs_transient: bool
    conflict_attempts: int


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A request in an outbox.

    Attributes:
        request_id: its id.
        mspid: MSP id of the identity that made it.
        subject: subject of that identity's certificate, which stays the same when the certificate is renewed.
        channel: the channel it is for.
        chaincode: name of the chaincode.
        name: name of the function.
        arguments: its arguments.
        endorsing_organizations: MSP ids of the organisations that must endorse, if they were named.
        needs_transient: it was made with transient data, which is not kept.
        conflict_attempts: how many transactions may be made for it, all but the last ended by read conflicts.
        state: `requested`: nothing was sent to the orderers; `endorsed`: `envelope` may have been sent;
            `valid`, `invalid` and `refused` are final.
        attempt: which of those transactions is the present one, from 1.
        transaction_id: the present transaction; "" until it is endorsed.
        envelope: the signed transaction, bytes, while its end is not known; else None.
        result: what the chaincode returned, bytes, once the transaction is valid.
        code: name of the validation code, once the transaction is in a block.
        block_number: the block that holds it.
        refusal: what was said by the chaincode, or by the orderers, if the request is refused.
        conflicts: the commit statuses of earlier transactions, which ended by read conflicts.
        created: when it was recorded, UTC.
        updated: when it last changed, UTC.
    """

    request_id: str
    mspid: str
    subject: str
    channel: str
    chaincode: str
    name: str
    arguments: tuple[bytes, ...] = field(repr=False)
    endorsing_organizations: tuple[str, ...]
    needs_transient: bool
    conflict_attempts: int
    state: State
    attempt: int
    transaction_id: str
    envelope: bytes | None = field(repr=False)
    result: bytes | None = field(repr=False)
    code: str | None
    block_number: int | None
    refusal: GatewayError | None
    conflicts: tuple[CommitStatus, ...]
    created: datetime
    updated: datetime
    number: int = field(repr=False)
    offers: int = field(repr=False)

    @property
    def finished(self) -> bool:
        """What became of it is known and never changes."""
        return self.state in {"valid", "invalid", "refused"}

    def outcome(self) -> bytes:
        """The result of a finished request.

        Raises:
            CommitError: the transaction is invalid.
            EndorseError: the chaincode refused.
            SubmitError: ordering refused the transaction.
        """
        if self.refusal is not None:
            raise self.refusal
        if self.state == "invalid":
            raise CommitError(self.transaction_id, self.code or "", self.block_number or 0)
        return self.result or b""


@dataclass(frozen=True, slots=True)
class Resumed:
    """What became of a request that `Outbox.resume` took up.

    Attributes:
        entry: the request as it is now.
        error: why it did not succeed, or why it is still unfinished; None: it is valid.
    """

    entry: OutboxEntry
    error: FabricError | None
