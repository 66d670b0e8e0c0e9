"""A transaction taken apart as a peer does before it asks anybody: which code its form alone would give it.

Source: Fabric 3.1.1 `core/common/validation/msgvalidation.go`, and `Dispatch` of
`core/committer/txvalidator/v20/plugindispatcher/dispatcher.go`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.errors import DecodeError
from fabric_gateway.verification._opened import Opened
from fabric_gateway.verification._sets import NamespaceSets, namespace_sets


class Fault(NamedTuple):
    """Why a transaction is invalid.

    Attributes:
        code: name of the `TxValidationCode`.
        reason: why, as the end of a sentence.
    """

    code: str
    reason: str


class Signed(NamedTuple):
    """A signature that somebody made: a serialised identity, the message, and the signature."""

    identity: bytes
    message: bytes
    signature: bytes


_NOBODY = Signed(b"", b"", b"")


@dataclass(slots=True)
class TakenApart:
    """A transaction, as far as it can be read.

    Attributes:
        kind: name of its header type; "" if there is none to be read.
        channel: the channel it was made for.
        transaction_id: the id under which the ledger knows it; "" if it has none.
        creator: the client's signature over the payload; of a configuration block, the orderer's.
        configuration: the content of a configuration transaction.
        chaincode: name of the chaincode.
        version: the version of the chaincode that the endorsers say they ran.
        sets: what it read and wrote.
        endorsements: the peers' signatures.
        fault: what is wrong with its headers, which a peer sees before the creator's signature.
        body_fault: what is wrong with its content, which a peer sees after the creator's signature.
        action_fault: what is wrong with the chaincode's answer, which a peer sees after it has looked whether
            the transaction id is new.
    """

    kind: str = ""
    channel: str = ""
    transaction_id: str = ""
    creator: Signed = field(default=_NOBODY, repr=False)
    configuration: bytes = field(default=b"", repr=False)
    chaincode: str = ""
    version: str = ""
    sets: tuple[NamespaceSets, ...] = ()
    endorsements: tuple[Signed, ...] = ()
    fault: Fault | None = None
    body_fault: Fault | None = None
    action_fault: Fault | None = None

    @classmethod
    def of(cls, envelope: bytes, opened: Opened | None = None) -> TakenApart:
        """Take a transaction of a block apart: a serialised `common.Envelope`.

        Args:
            envelope: the transaction.
            opened: the same, if it has been opened already.
        """
        found = cls()
        found._read(Opened.of(envelope) if opened is None else opened)
        return found

    def _read(self, opened: Opened) -> None:
        channel, signer = opened.channel, opened.signer
        if channel is not None:
            self.kind = wire.header_type(channel.type)
            self.channel, self.transaction_id = channel.channel_id, channel.tx_id
        if opened.code:
            self.fault = Fault(opened.code, opened.reason)
            return
        if not self.transaction_id:
            self.transaction_id = wire.transaction_id(signer.nonce, signer.creator)
        self.fault = _header_fault(channel, signer)
        if self.fault is not None:
            return
        self.creator = Signed(signer.creator, opened.content, opened.signature)
        if channel.type == m.common.CONFIG:
            self.configuration = opened.payload.data
        elif channel.type == m.common.ENDORSER_TRANSACTION:
            if channel.tx_id != wire.transaction_id(signer.nonce, signer.creator):
                self.body_fault = Fault(
                    "BAD_PROPOSAL_TXID", "its id is not the hash of the nonce and the creator"
                )
                return
            self.body_fault = self._read_action(opened.payload, channel)
        else:
            self.body_fault = Fault(
                "UNSUPPORTED_TX_PAYLOAD", f"transactions of type {self.kind} do not belong in a block"
            )

    def _read_action(self, payload: Any, channel: Any) -> Fault | None:
        """Read the one action; what is wrong with it, or with the proposal that it answers."""
        try:
            actions = wire.parse(m.transaction.Transaction, payload.data).actions
            if len(actions) != 1:
                raise DecodeError(f"it has {len(actions)} actions instead of one")
            signer = wire.parse(m.common.SignatureHeader, actions[0].header)
            if not signer.nonce or not signer.creator:
                raise DecodeError("its action has no nonce or no creator")
            action = wire.parse(m.transaction.ChaincodeActionPayload, actions[0].payload)
            endorsed = action.action.proposal_response_payload
            response = wire.parse(m.proposal_response.ProposalResponsePayload, endorsed)
            proposal = action.chaincode_proposal_payload
            if not proposal:
                raise DecodeError("it does not hold the proposal that it answers")
            header = payload.header.channel_header + actions[0].header
            if response.proposal_hash != hashlib.sha256(header + proposal).digest():
                raise DecodeError("the endorsers answered another proposal: its hash does not match")
        except DecodeError as error:
            return Fault("INVALID_ENDORSER_TRANSACTION", str(error))
        self.endorsements = tuple(
            Signed(item.endorser, endorsed + item.endorser, item.signature)
            for item in action.action.endorsements
        )
        self.action_fault = self._read_answer(channel, endorsed, response)
        return None

    def _read_answer(self, channel: Any, endorsed: bytes, response: Any) -> Fault | None:
        """Read the chaincode's answer; what is wrong with it."""
        try:
            extension = wire.parse(m.proposal.ChaincodeHeaderExtension, channel.extension)
        except DecodeError as error:
            return Fault("BAD_HEADER_EXTENSION", f"its header's extension cannot be read: {error}")
        try:
            if not endorsed or not response.extension:
                raise DecodeError("there is none")
            answer = wire.parse(m.proposal.ChaincodeAction, response.extension)
        except DecodeError as error:
            return Fault("BAD_RESPONSE_PAYLOAD", f"the chaincode's answer cannot be read: {error}")
        try:
            self.sets = namespace_sets(answer.results)
        except DecodeError as error:
            return Fault("BAD_RWSET", f"its reads and writes cannot be read: {error}")
        self.chaincode, self.version = extension.chaincode_id.name, answer.chaincode_id.version
        return self._answer_fault(extension, answer)

    def _answer_fault(self, extension: Any, answer: Any) -> Fault | None:
        if not extension.HasField("chaincode_id") or not answer.HasField("chaincode_id"):
            return Fault("INVALID_OTHER_REASON", "it does not say which chaincode it called")
        if not self.chaincode or not self.version:
            return Fault("INVALID_CHAINCODE", "the name or the version of its chaincode is empty")
        if self.chaincode != answer.chaincode_id.name:
            answered = answer.chaincode_id.name
            return Fault("INVALID_CHAINCODE", f"it called {self.chaincode!r}, and {answered!r} answered")
        names = [found.space.namespace for found in self.sets]
        fault = self._event_fault(answer.events) if answer.events else None
        if fault is None and len(set(names)) != len(names):
            fault = Fault("ILLEGAL_WRITESET", "a namespace appears twice in its reads and writes")
        return fault

    def _event_fault(self, event: bytes) -> Fault | None:
        try:
            emitter = wire.parse(m.chaincode_event.ChaincodeEvent, event).chaincode_id
        except DecodeError as error:
            return Fault("INVALID_OTHER_REASON", f"its event cannot be read: {error}")
        if emitter != self.chaincode:
            return Fault("INVALID_OTHER_REASON", f"its event is one of chaincode {emitter!r}")
        return None


def _header_fault(channel: Any, signer: Any) -> Fault | None:
    known = (m.common.ENDORSER_TRANSACTION, m.common.CONFIG_UPDATE, m.common.CONFIG)
    if channel.type not in known:
        return Fault("BAD_COMMON_HEADER", f"type {wire.header_type(channel.type)} is not known")
    if channel.epoch:
        return Fault("BAD_COMMON_HEADER", f"its epoch is {channel.epoch} instead of 0")
    if not signer.nonce or not signer.creator:
        return Fault("BAD_COMMON_HEADER", "it has no nonce or no creator")
    return None
