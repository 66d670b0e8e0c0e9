"""What can go wrong between a program and Fabric.

    FabricError
    ├── ProfileError            a connection profile that cannot be used
    ├── IdentityError           a certificate or key that cannot be used
    ├── ConnectionClosed        a call on a gateway that was closed
    ├── ProtocolError           an answer that does not match the request
    ├── DecodeError             bytes that are not the Fabric message they should be
    ├── GatewayError            the peer's Gateway service refused or failed a call
    │   ├── EvaluateError
    │   │   └── NotOnLedger     the ledger holds no such block or transaction, or not yet
    │   ├── EndorseError        certain: nothing was ordered
    │   ├── SubmitError         certain: ordering refused the transaction
    │   ├── CommitStatusError   the status could not be learnt; the transaction may be valid
    │   ├── EventsError         a stream of blocks or events ended
    │   └── DiscoveryError      the peer's discovery service refused or failed
    ├── CommitError             certain: the transaction is in a block and invalid
    ├── CheckpointError         a position that cannot be read or kept
    ├── OutboxError             the file of an outbox cannot be used
    │   ├── OutboxConflict      a request id that already stands for something else
    │   └── OutboxWaiting       a request that cannot continue here and now; it stays in the outbox
    └── UnknownOutcome          not known yet whether the transaction is or will be in a block

A caller of `Contract.submit` must handle only one of these with care: `UnknownOutcome`. The others that it
raises are certain.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from grpc import StatusCode

from fabric_gateway import _node_messages as node_messages
from fabric_gateway._commit_status import CommitStatus

__all__ = [
    "CheckpointError",
    "CommitError",
    "CommitStatusError",
    "ConnectionClosed",
    "DecodeError",
    "DiscoveryError",
    "EndorseError",
    "ErrorDetail",
    "EvaluateError",
    "EventsError",
    "FabricError",
    "GatewayError",
    "IdentityError",
    "NotOnLedger",
    "OutboxConflict",
    "OutboxError",
    "OutboxWaiting",
    "ProfileError",
    "ProtocolError",
    "SubmitError",
    "UnknownOutcome",
]


class FabricError(Exception):
    """Base class of every error that this package raises on purpose."""


class ProfileError(FabricError):
    """A connection profile that cannot be used; the message names the file and the member."""


class IdentityError(FabricError):
    """A certificate, private key or MSP folder that cannot be used; the message names which."""


class ConnectionClosed(FabricError):
    """A call on a gateway that was closed."""


class ProtocolError(FabricError):
    """An answer that does not match the request, such as a transaction other than the one proposed.

    Nothing is signed after such an answer: the peer, or something in between, is faulty or hostile.
    """


class DecodeError(FabricError):
    """Bytes that are not the Fabric message they should be."""


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """What one peer or orderer said.

    Attributes:
        address: host and port of the node.
        mspid: MSP id of the organisation that runs it.
        message: what it said.
    """

    address: str
    mspid: str
    message: str

    def __str__(self) -> str:
        return f"{self.address} ({self.mspid}): {self.message}"


class GatewayError(FabricError):
    """The Gateway service of the peer refused or failed a call.

    The status alone says little, since Fabric reports one cause under several statuses; the properties below
    look at the nodes' own messages first.

    Attributes:
        status: the gRPC status.
        reason: the gateway's sentence.
        details: what each node said, if nodes were asked.
        transaction_id: the transaction concerned; "" for streams.
    """

    step = "call"

    def __init__(
        self,
        reason: str,
        *,
        status: StatusCode,
        details: tuple[ErrorDetail, ...] = (),
        transaction_id: str = "",
    ) -> None:
        self.reason = reason
        self.status = status
        self.details = details
        self.transaction_id = transaction_id
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        of = f" of transaction {self.transaction_id}" if self.transaction_id else ""
        meant = node_messages.identity_refusal(self._texts())
        said = "".join(f"; {detail}" for detail in self.details)
        return f"{self.step}{of} failed: {meant and f'{meant}: '}{self.status.name}: {self.reason}{said}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_restore, (type(self), self.reason, self.status, self.details, self.transaction_id))

    def _texts(self) -> Iterator[str]:
        for detail in self.details:
            yield detail.message
        yield self.reason

    def _says(self, *phrases: str) -> bool:
        return any(phrase in text for text in self._texts() for phrase in phrases)

    @property
    def chaincode_message(self) -> str | None:
        """What the chaincode said when it refused; None if it did not refuse."""
        matches = (node_messages.CHAINCODE_RESPONSE.search(text) for text in self._texts())
        return next((match.group(1) for match in matches if match), None)

    @property
    def overloaded(self) -> bool:
        """A node had no capacity for the call and did nothing; the same call may succeed later."""
        return says_overloaded(self.status, self.reason, self.details)

    @property
    def too_large(self) -> bool:
        """A message exceeds a limit of bytes, which the words name; the same call will fail again.

        A channel limits transactions (`AbsoluteMaxBytes` of its batch size, 10 MB by default), and a peer
        limits messages (100 MB).
        """
        return self._says(*node_messages.TOO_LARGE)

    @property
    def forbidden(self) -> bool:
        """A policy of the channel refuses this identity; the same call will fail again."""
        return self.status is StatusCode.PERMISSION_DENIED or self._says(*node_messages.FORBIDDEN)

    @property
    def identity_refused(self) -> bool:
        """The channel does not accept the certificate: revoked, expired, or not from a member's authority."""
        return bool(node_messages.identity_refusal(self._texts()))

    @property
    def identity_expired(self) -> bool:
        """A peer refuses the certificate of this identity because it has expired; enrol again."""
        return self._says("client identity expired")

    @property
    def clock_refused(self) -> bool:
        """A peer finds the proposal's timestamp too far from its own clock; set this machine's clock."""
        return self._says("due to incorrect timestamp")

    @property
    def peers_lacking(self) -> bool:
        """The peer knows or reaches too few others to have the transaction endorsed.

        It does so for a moment after it has started, or after the chaincode was upgraded.
        """
        return self._says(*node_messages.PEERS_LACKING)

    @property
    def peer_unready(self) -> bool:
        """A peer is in a state that passes by itself, and did nothing.

        For example, the chaincode's definition changes during the call, the chaincode or the channel is being
        opened there, or the peer is being stopped.
        """
        return self.chaincode_message is None and self._says(*node_messages.PEER_UNREADY)

    @property
    def chaincode_stopped(self) -> bool:
        """The chaincode's process ended during the call: it was stopped, or this very call crashes it."""
        return self._says(node_messages.CHAINCODE_STOPPED)

    @property
    def retryable(self) -> bool:
        """The same call may succeed later, and repeating it harms nothing before ordering."""
        final = (
            self.forbidden
            or self.identity_expired
            or self.clock_refused
            or self.too_large
            or self.reason.startswith(node_messages.UNPROVEN)
            or self.chaincode_message is not None
        )
        return self._passing and not final

    @property
    def _passing(self) -> bool:
        return (
            self.overloaded
            or self.peers_lacking
            or self.peer_unready
            or self.chaincode_stopped
            or self.status is StatusCode.UNAVAILABLE
        )


def says_overloaded(status: StatusCode, reason: str, details: tuple[ErrorDetail, ...]) -> bool:
    """Whether a node had no capacity for a call, by its status or by the nodes' own messages."""
    if any(words in reason for words in node_messages.TOO_LARGE):
        return False
    return (
        status is StatusCode.RESOURCE_EXHAUSTED
        or node_messages.OVERLOAD in reason
        or any(node_messages.OVERLOAD in detail.message for detail in details)
    )


def _restore(
    kind: type[GatewayError],
    reason: str,
    status: StatusCode,
    details: tuple[ErrorDetail, ...],
    transaction_id: str,
) -> GatewayError:
    return kind(reason, status=status, details=details, transaction_id=transaction_id)


class EvaluateError(GatewayError):
    """An evaluation failed; see `chaincode_message` for the chaincode's own refusal."""

    step = "evaluate"


class NotOnLedger(EvaluateError):
    """The peer's ledger holds no such block or transaction, or not yet."""


class EndorseError(GatewayError):
    """Endorsement failed; nothing was ordered. See `chaincode_message` for the chaincode's own refusal."""

    step = "endorse"

    @property
    def peers_lost(self) -> bool:
        """The gateway could not reach a peer that it asked, or lost it."""
        return self._says(*node_messages.PEERS_LOST)

    @property
    def _passing(self) -> bool:
        return super()._passing or self.peers_lost or self.results_differ

    @property
    def results_differ(self) -> bool:
        """Peers endorsed, but not the same result, as when one of them is a block behind.

        The same proposal may succeed a moment later, and is repeated. A chaincode that refuses on one of the
        peers is another thing: see `peers_differ`.
        """
        return self.chaincode_message is None and self._says(node_messages.RESULTS_DIFFER)

    def peers_differ(self, organizations: Collection[str] = ()) -> bool:
        """Some peers endorsed, and others refused or came to another result.

        The gateway asks a peer of its own organisation first and others only after it has endorsed, unless
        the call names the organisations to ask. Where the chaincode decides by the state alone, a refusal by
        some means that these peers are a block behind or ahead, and a new call may succeed a moment later;
        where it decides by the organisation, the refusal is meant. The program knows which, so a refusal is
        never repeated for it.

        Args:
            organizations: MSP ids of the organisations that were to endorse, if they were named.
        """
        refused = {detail.mspid for detail in self.details}
        return "failed to collect enough" in self.reason and not (
            organizations and refused.issuperset(organizations)
        )


class SubmitError(GatewayError):
    """Ordering failed or refused the transaction.

    `Transaction.submit` raises it for certain refusals only; all else is resolved by the commit status.
    """

    step = "submit"

    @property
    def already_submitted(self) -> bool:
        """An orderer says that it has, or has had, this very transaction."""
        return self._says(*node_messages.ALREADY_SUBMITTED)

    @property
    def refused(self) -> bool:
        """The transaction was certainly not ordered by this call.

        True when every orderer that answered refused it permanently (such as FORBIDDEN), or when the gateway
        refused before it asked any orderer. One refusal among other failures proves nothing on BFT, where one
        node may lie.
        """
        if self.details:
            verdicts = [node_messages.ORDERER_STATUS.search(detail.message) for detail in self.details]
            return all(verdict and verdict.group(1) in node_messages.ORDERER_REFUSALS for verdict in verdicts)
        verdict = node_messages.ORDERER_STATUS.search(self.reason)
        if verdict:
            return verdict.group(1) in node_messages.ORDERER_REFUSALS
        return self.status in node_messages.REFUSED_BEFORE_ORDERING

    @property
    def consenter_joining(self) -> bool:
        """An orderer refused it that the channel names as a consenter and that has not joined it yet."""
        return self.refused and self._says(node_messages.CONSENTER_JOINING)


class CommitStatusError(GatewayError):
    """The commit status could not be learnt. The transaction may still be valid: ask again."""

    step = "commit status"

    @property
    def retryable(self) -> bool:
        """Asking again may succeed, as when the peer that was asked stops."""
        return super().retryable or self._says("unexpected close of commit notification channel")


class EventsError(GatewayError):
    """A stream of blocks or events ended; continue from the block after the last one received."""

    step = "events"


class DiscoveryError(GatewayError):
    """The discovery service refused or failed. `forbidden`: it does not answer this identity."""

    step = "discover"


class CommitError(FabricError):
    """The transaction is in a block and invalid: it changed nothing, and never will.

    Attributes:
        transaction_id: the transaction.
        code: name of the validation code, such as `MVCC_READ_CONFLICT`.
        block_number: the block that holds it.
    """

    def __init__(self, transaction_id: str, code: str, block_number: int) -> None:
        self.transaction_id = transaction_id
        self.code = code
        self.block_number = block_number
        super().__init__(f"transaction {transaction_id} is invalid in block {block_number}: {code}")

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.transaction_id, self.code, self.block_number))

    @property
    def read_conflict(self) -> bool:
        """What the transaction had read was changed by an earlier one; a new proposal may succeed."""
        return self.code in node_messages.READ_CONFLICTS

    @classmethod
    def of(cls, status: CommitStatus) -> CommitError:
        """The error for an unsuccessful commit status."""
        return cls(status.transaction_id, status.code, status.block_number)


class UnknownOutcome(FabricError):
    """It is not known whether the transaction is or will be in a block. Never propose it anew.

    Resolve it later: `network.commit(transaction_id).status()` only asks;
    `network.transaction_from(envelope).submit()` offers the same transaction again, which the ledger counts
    once. The last failed offer, or failed look, is the `__cause__`.

    Attributes:
        transaction_id: the transaction.
        envelope: the signed transaction, bytes.
    """

    def __init__(self, transaction_id: str, envelope: bytes) -> None:
        self.transaction_id = transaction_id
        self.envelope = envelope
        super().__init__(
            f"the outcome of transaction {transaction_id} is unknown: ask for its commit status later, "
            "or offer the same envelope again; do not propose it anew"
        )

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.transaction_id, self.envelope))


class CheckpointError(FabricError):
    """A reader's position that cannot be read or kept. The message says where, and why."""


class OutboxError(FabricError):
    """The file of an outbox cannot be opened, read or written. The message says which, and why.

    If it could not be written, the request in the outbox keeps its previous state: call again.
    """


class OutboxConflict(OutboxError):
    """A request id that already stands for another call; nothing was sent."""


class OutboxWaiting(OutboxError):
    """A request that cannot continue here and now, and stays in the outbox.

    Either another thread or process works on it, or it needs its transient data, which an outbox never
    stores, or it belongs to another identity and was not proposed yet.
    """
