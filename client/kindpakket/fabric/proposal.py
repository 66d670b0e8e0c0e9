"""A call of the chaincode, before anybody has agreed to it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Generic, Self, TypeVar

from kindpakket.fabric._connection.deadlines import Countdown
from kindpakket.fabric._connection.flow import CallFailed, Flow, repeatedly
from kindpakket.fabric._connection.sync import Session, SyncSession
from kindpakket.fabric._wire import gateway as wire
from kindpakket.fabric._wire.carried import CarriedProposal, proposed_transaction
from kindpakket.fabric.errors import DecodeError, EndorseError, EvaluateError, ProtocolError
from kindpakket.fabric.transaction import Transaction

S = TypeVar("S", bound=Session)

_NONCE_BYTES = 24


class BaseProposal(Generic[S]):
    """A call of the chaincode, before its driver is known.

    Attributes:
        transaction_id: its id, 64 hexadecimal characters, fresh for each proposal.
        bytes: what is signed.
    """

    def __init__(
        self,
        session: S,
        channel: str,
        chaincode: str,
        name: str,
        *,
        arguments: Sequence[str | bytes],
        transient: Mapping[str, str | bytes] | None = None,
        endorsing_organizations: Sequence[str] = (),
    ) -> None:
        if isinstance(endorsing_organizations, str):
            raise TypeError(
                f"endorsing_organizations is the text {endorsing_organizations!r}: give a list of MSP ids"
            )
        parts = wire.proposal(
            creator=session.identity.serialized,
            nonce=os.urandom(_NONCE_BYTES),
            now=datetime.now(UTC),
            channel=channel,
            chaincode=chaincode,
            arguments=[_bytes(argument) for argument in (name, *arguments)],
            transient={key: _bytes(value) for key, value in (transient or {}).items()},
        )
        self._settle(session, channel, parts, tuple(endorsing_organizations))

    @classmethod
    def _brought(cls, session: S, carried: CarriedProposal, signature: bytes | None) -> Self:
        """A proposal that was made elsewhere."""
        proposal = cls.__new__(cls)
        proposal._settle(session, carried.channel, carried.parts, carried.organizations, signature)
        return proposal

    def _settle(
        self,
        session: S,
        channel: str,
        parts: wire.ProposalParts,
        organizations: tuple[str, ...],
        signature: bytes | None = None,
    ) -> None:
        self._parts = parts
        self.transaction_id = parts.transaction_id
        self.bytes = parts.proposal
        self._session = session
        self._channel = channel
        self._organizations = organizations
        self._signature = signature

    @property
    def digest(self) -> bytes:
        """What a key signs: `bytes` under the identity's hash function."""
        return self._session.identity.digest(self.bytes)

    @property
    def message(self) -> bytes:
        """The proposal as it is carried to where it is signed (`gateway.ProposedTransaction`).

        `Gateway.signed_proposal` takes it back, also from Fabric's other SDKs. It holds the transient data.
        """
        return proposed_transaction(
            self.transaction_id, self.bytes, self._signature or b"", self._organizations
        )

    def _signed(self) -> bytes:
        """The signature, made here if it was not brought."""
        self._signature = self._signature or self._session.identity.sign(self.bytes)
        return self._signature

    def _evaluating(self, seconds: float) -> Flow[bytes]:
        def error(failure: CallFailed) -> EvaluateError:
            return EvaluateError(
                failure.reason,
                status=failure.status,
                details=failure.details,
                transaction_id=self.transaction_id,
            )

        signature = self._signed()
        request = wire.evaluate_request(
            self.transaction_id, self._channel, self.bytes, signature, self._organizations
        )
        deadline = Countdown(seconds)
        return wire.evaluate_result(
            (
                yield from repeatedly(
                    wire.EVALUATE, request, deadline, error, transaction_id=self.transaction_id
                )
            )
        )

    def _endorsing(self, seconds: float) -> Flow[bytes]:
        """Collect endorsements; the payload of the transaction, checked to be the one proposed."""

        def error(failure: CallFailed) -> EndorseError:
            return EndorseError(
                failure.reason,
                status=failure.status,
                details=failure.details,
                transaction_id=self.transaction_id,
            )

        signature = self._signed()
        request = wire.endorse_request(
            self.transaction_id, self._channel, self.bytes, signature, self._organizations
        )

        def passing(problem: EndorseError) -> bool:
            return problem.retryable or problem.peers_differ(self._organizations)

        deadline = Countdown(seconds)
        response = yield from repeatedly(
            wire.ENDORSE, request, deadline, error, passing, transaction_id=self.transaction_id
        )
        payload = wire.prepared_payload(response)
        self._check(payload)
        return payload

    def _check(self, payload: bytes) -> None:
        try:
            parts = wire.transaction_parts(payload)
        except DecodeError as error:
            raise ProtocolError(
                f"the gateway answered {self.transaction_id} with no transaction: {error}"
            ) from error
        if (parts.header, parts.invocation) != (self._parts.header, self._parts.invocation):
            raise ProtocolError(
                f"the gateway prepared another transaction ({parts.transaction_id}) than the one proposed "
                f"({self.transaction_id}): it was not signed; check what answers on {self._session.address}"
            )


class Proposal(BaseProposal[SyncSession]):
    """A call of the chaincode, before anybody has agreed to it."""

    def evaluate(self, *, timeout: float | None = None) -> bytes:
        """Run the chaincode on one peer and return its result; nothing is written.

        Args:
            timeout: seconds, retries included; default: the gateway's deadline for evaluate.

        Raises:
            EvaluateError: the peer or the chaincode refused or failed.
            IdentityError: the key is not here, and no signature was brought.
        """
        seconds = self._session.deadlines.evaluate if timeout is None else timeout
        return self._session.run(self._evaluating(seconds))

    def endorse(self, *, timeout: float | None = None) -> Transaction:
        """Collect the endorsements that the policy asks for, and sign the transaction that they make.

        Without a key here the transaction is left unsigned: see `Transaction.message`.

        Args:
            timeout: seconds, retries included; default: the gateway's deadline for endorse.

        Raises:
            EndorseError: a peer or the chaincode refused or failed. Nothing was ordered.
            IdentityError: the key is not here, and no signature was brought.
            ProtocolError: the gateway answered with another transaction than the one proposed.
        """
        seconds = self._session.deadlines.endorse if timeout is None else timeout
        return Transaction(self._session, self._session.run(self._endorsing(seconds)))


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value
