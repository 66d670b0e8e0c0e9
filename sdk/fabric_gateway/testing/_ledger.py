"""A channel's ledger in memory, for `fabric_gateway.testing`: real messages, real hashes, one peer."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from cryptography import x509

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.blocks._block import Block, hash_of_data, hash_of_header
from fabric_gateway.identity._identity import Identity
from fabric_gateway.testing._config import configuration
from fabric_gateway.testing._invocation import Chaincode, Invocation, Simulation, Version
from fabric_gateway.testing._private import add_private


class MemoryLedger:
    """Blocks, state and commit statuses of one channel. Each transaction makes its own block."""

    def __init__(self, channel: str, endorser: Identity) -> None:
        self.channel = channel
        self.changed = threading.Condition(threading.RLock())
        self.blocks: list[Any] = []
        self._private: dict[str, Any] = {}
        self.statuses: dict[str, tuple[str, int]] = {}
        self.state: dict[str, tuple[bytes, Version]] = {}
        self.endorser = endorser
        self.next_codes: list[str] = []
        self.held: list[bytes] | None = None
        self._append(configuration(channel, endorser.certificate_pem), "VALID")

    def invoke(self, signed_proposal: Any, chaincodes: Mapping[str, Chaincode]) -> tuple[bytes, bytes]:
        """Run a chaincode; its result, and the payload of the transaction that would commit it.

        Raises:
            ChaincodeRefusal: the chaincode refuses.
            KeyError: there is no such chaincode.
        """
        proposal = m.proposal.Proposal.FromString(signed_proposal.proposal_bytes)
        header = m.common.Header.FromString(proposal.header)
        content = m.proposal.ChaincodeProposalPayload.FromString(proposal.payload)
        spec = m.chaincode.ChaincodeInvocationSpec.FromString(content.input).chaincode_spec
        simulation = Simulation(dict(self.state))
        invocation = self._invocation(header, spec, content, simulation)
        result = chaincodes[spec.chaincode_id.name](invocation) or b""
        answer = result.encode() if isinstance(result, str) else result
        action = self._action(spec.chaincode_id, invocation.transaction_id, simulation, answer)
        return answer, self._transaction(proposal, header, content.input, action)

    def _invocation(self, header: Any, spec: Any, content: Any, simulation: Simulation) -> Invocation:
        channel_header = m.common.ChannelHeader.FromString(header.channel_header)
        signature_header = m.common.SignatureHeader.FromString(header.signature_header)
        creator = m.identities.SerializedIdentity.FromString(signature_header.creator)
        name, *arguments = spec.input.args
        return Invocation(
            name=name.decode(),
            arguments=tuple(arguments),
            transient=dict(content.TransientMap),
            mspid=creator.mspid,
            certificate=x509.load_pem_x509_certificate(creator.id_bytes),
            channel=channel_header.channel_id,
            transaction_id=channel_header.tx_id,
            timestamp=channel_header.timestamp.ToDatetime(UTC),
            _simulation=simulation,
        )

    def _action(self, chaincode_id: Any, transaction_id: str, simulation: Simulation, result: bytes) -> Any:
        """What the endorser signs: read-write set, event and result."""
        writes = m.kv_rwset.KVRWSet()
        for key, version in simulation.reads.items():
            read = writes.reads.add(key=key)
            if version is not None:
                read.version.block_num, read.version.tx_num = version
        for key, value in simulation.writes.items():
            writes.writes.add(key=key, is_delete=value is None, value=value or b"")
        sets = m.rwset.TxReadWriteSet()
        public = sets.ns_rwset.add(namespace=chaincode_id.name, rwset=writes.SerializeToString())
        if simulation.private_writes:
            self._private[transaction_id] = add_private(public, simulation.private_writes)
        event = b""
        if simulation.event:
            name, payload = simulation.event
            event = m.chaincode_event.ChaincodeEvent(
                chaincode_id=chaincode_id.name,
                tx_id=transaction_id,
                event_name=name,
                payload=payload,
            ).SerializeToString()
        return m.proposal.ChaincodeAction(
            results=sets.SerializeToString(),
            events=event,
            response=m.proposal_response.Response(status=200, payload=result),
            chaincode_id=chaincode_id,
        )

    def _transaction(self, proposal: Any, header: Any, invocation: bytes, action: Any) -> bytes:
        visible = m.proposal.ChaincodeProposalPayload(input=invocation).SerializeToString()
        digest = hashlib.sha256(header.channel_header + header.signature_header + visible).digest()
        response = m.proposal_response.ProposalResponsePayload(
            proposal_hash=digest, extension=action.SerializeToString()
        ).SerializeToString()
        endorsement = m.proposal_response.Endorsement(
            endorser=self.endorser.serialized,
            signature=self.endorser.sign(response + self.endorser.serialized),
        )
        endorsed = m.transaction.ChaincodeEndorsedAction(
            proposal_response_payload=response, endorsements=[endorsement]
        )
        body = m.transaction.ChaincodeActionPayload(
            chaincode_proposal_payload=visible, action=endorsed
        ).SerializeToString()
        transaction = m.transaction.Transaction()
        transaction.actions.add(header=header.signature_header, payload=body)
        payload = m.common.Payload(header=header, data=transaction.SerializeToString())
        return bytes(payload.SerializeToString())

    def order(self, envelope: bytes) -> None:
        """Put a transaction into a block, or keep it while transactions are held."""
        with self.changed:
            if self.held is not None:
                self.held.append(envelope)
                return
            code = self.next_codes.pop(0) if self.next_codes else None
            self.commit(envelope, code)

    def release(self) -> None:
        """Order the transactions that were held, and stop holding."""
        with self.changed:
            held, self.held = self.held or [], None
            for envelope in held:
                self.order(envelope)

    def commit(self, envelope: bytes, code: str | None = None) -> None:
        """Validate a transaction as a peer does, and append it in a block; `code` overrules."""
        with self.changed:
            payload, _ = wire.split_envelope(envelope)
            transaction_id = wire.transaction_parts(payload).transaction_id
            sets = _read_write_sets(payload)
            if transaction_id in self.statuses:
                code = "DUPLICATE_TXID"
            elif code is None and self._stale(sets):
                code = "MVCC_READ_CONFLICT"
            verdict = code or "VALID"
            number = len(self.blocks)
            if verdict == "VALID":
                self._apply(sets, (number, 0))
            self.statuses.setdefault(transaction_id, (verdict, number))
            self._append(envelope, verdict)

    def private_data(self, block: Any) -> dict[int, Any]:
        """The private data that the transactions of a block wrote, by their places in it."""
        transactions = Block.decode(block).transactions
        return {
            transaction.index: self._private[transaction.transaction_id]
            for transaction in transactions
            if transaction.valid and transaction.transaction_id in self._private
        }

    def _stale(self, sets: Any) -> bool:
        for read in sets.reads:
            _, version = self.state.get(read.key, (b"", None))
            seen = (read.version.block_num, read.version.tx_num) if read.HasField("version") else None
            if version != seen:
                return True
        return False

    def _apply(self, sets: Any, version: Version) -> None:
        for write in sets.writes:
            if write.is_delete:
                self.state.pop(write.key, None)
            else:
                self.state[write.key] = (write.value, version)

    def _append(self, envelope: bytes, verdict: str) -> None:
        code = m.transaction.TxValidationCode.Value(verdict)
        previous = self._last_hash()
        header = m.common.BlockHeader(
            number=len(self.blocks), previous_hash=previous, data_hash=hash_of_data([envelope])
        )
        self.blocks.append(
            m.common.Block(
                header=header,
                data=m.common.BlockData(data=[envelope]),
                metadata=m.common.BlockMetadata(metadata=[b"", b"", bytes([code]), b"", b""]),
            )
        )
        with self.changed:
            self.changed.notify_all()

    def _last_hash(self) -> bytes:
        if not self.blocks:
            return b""
        last = self.blocks[-1].header
        return hash_of_header(last.number, last.previous_hash, last.data_hash)


def _read_write_sets(payload: bytes) -> Any:
    transaction = m.transaction.Transaction.FromString(m.common.Payload.FromString(payload).data)
    action = m.transaction.ChaincodeActionPayload.FromString(transaction.actions[0].payload).action
    response = m.proposal_response.ProposalResponsePayload.FromString(action.proposal_response_payload)
    results = m.proposal.ChaincodeAction.FromString(response.extension).results
    sets = m.rwset.TxReadWriteSet.FromString(results)
    return m.kv_rwset.KVRWSet.FromString(sets.ns_rwset[0].rwset)
