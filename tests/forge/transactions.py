"""Endorsed transactions, as a client makes them of peers' answers."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fabric_gateway import Identity
from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from forge.authorities import NOON

Version = tuple[int, int]


@dataclass
class Sets:
    """What a transaction reads and writes in one namespace.

    Attributes:
        reads: versions by key; None: the key did not exist.
        writes: values by key; None: deleted.
        metadata: statements about keys, by key and name.
        private_reads: by collection, versions by key.
        private_writes: by collection, values by key; None: deleted.
    """

    reads: Mapping[str, Version | None] = field(default_factory=dict)
    writes: Mapping[str, bytes | None] = field(default_factory=dict)
    metadata: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    private_reads: Mapping[str, Mapping[str, Version | None]] = field(default_factory=dict)
    private_writes: Mapping[str, Mapping[str, bytes | None]] = field(default_factory=dict)

    def add_to(self, sets: object, namespace: str) -> None:
        """Add it to a `rwset.TxReadWriteSet` message."""
        public = m.kv_rwset.KVRWSet()
        for key, version in sorted(self.reads.items()):
            public.reads.add(key=key, version=_version(version))
        for key, value in sorted(self.writes.items()):
            public.writes.add(key=key, is_delete=value is None, value=value or b"")
        for key, entries in sorted(self.metadata.items()):
            listed = [m.kv_rwset.KVMetadataEntry(name=name, value=entries[name]) for name in sorted(entries)]
            public.metadata_writes.add(key=key, entries=listed)
        added = sets.ns_rwset.add(namespace=namespace, rwset=public.SerializeToString())  # type: ignore[attr-defined]
        for name in sorted({*self.private_reads, *self.private_writes}):
            hashed = m.kv_rwset.HashedRWSet()
            for key, version in sorted(self.private_reads.get(name, {}).items()):
                hashed.hashed_reads.add(key_hash=_hash(key.encode()), version=_version(version))
            for key, value in sorted(self.private_writes.get(name, {}).items()):
                hashed.hashed_writes.add(
                    key_hash=_hash(key.encode()),
                    is_delete=value is None,
                    value_hash=b"" if value is None else _hash(value),
                )
            added.collection_hashed_rwset.add(
                collection_name=name,
                hashed_rwset=hashed.SerializeToString(),
                pvt_rwset_hash=_hash(b"private"),
            )


@dataclass
class Invocation:
    """A call of a chaincode, and what came of it.

    Attributes:
        creator: the client.
        endorsers: the peers that signed the answer.
        channel: name of the channel.
        chaincode: name of the chaincode.
        version: the version that the peers ran.
        arguments: the function's name and its arguments.
        sets: what it read and wrote, by namespace.
        result: what the chaincode returned.
        event: name and payload of its event.
        at: the time that the client gives it.
        nonce: the client's nonce.
    """

    creator: Identity
    endorsers: Sequence[Identity]
    channel: str = "zuidhorn"
    chaincode: str = "basic"
    version: str = "1.0"
    arguments: Sequence[bytes] = (b"Put",)
    sets: Mapping[str, Sets] = field(default_factory=dict)
    result: bytes = b""
    event: tuple[str, bytes] | None = None
    at: datetime = NOON
    nonce: bytes = field(default_factory=lambda: os.urandom(24))

    @property
    def transaction_id(self) -> str:
        """Its id."""
        return wire.transaction_id(self.nonce, self.creator.serialized)

    def envelope(
        self,
        *,
        signer: Identity | None = None,
        transaction_id: str | None = None,
        epoch: int = 0,
        proposal_hash: bytes | None = None,
    ) -> bytes:
        """The transaction, signed.

        A forger's choices: who signs in the creator's place, an id, an epoch, and the hash of another
        proposal.
        """
        channel_header, signature_header = self._headers(transaction_id, epoch)
        invocation = m.chaincode.ChaincodeInvocationSpec(
            chaincode_spec=m.chaincode.ChaincodeSpec(
                type=m.chaincode.ChaincodeSpec.GOLANG,
                chaincode_id=m.chaincode.ChaincodeID(name=self.chaincode),
                input=m.chaincode.ChaincodeInput(args=self.arguments),
            )
        )
        content = m.proposal.ChaincodeProposalPayload(
            input=invocation.SerializeToString()
        ).SerializeToString()
        own_hash = _hash(channel_header + signature_header + content)
        answer = m.proposal_response.ProposalResponsePayload(
            proposal_hash=proposal_hash or own_hash, extension=self._action()
        ).SerializeToString()
        action = m.transaction.ChaincodeActionPayload(
            chaincode_proposal_payload=content,
            action=m.transaction.ChaincodeEndorsedAction(
                proposal_response_payload=answer, endorsements=list(self._endorsements(answer))
            ),
        )
        transaction = m.transaction.Transaction()
        transaction.actions.add(header=signature_header, payload=action.SerializeToString())
        payload = m.common.Payload(
            header=m.common.Header(channel_header=channel_header, signature_header=signature_header),
            data=transaction.SerializeToString(),
        ).SerializeToString()
        signature = (signer or self.creator).sign(payload)
        return bytes(m.common.Envelope(payload=payload, signature=signature).SerializeToString())

    def _headers(self, transaction_id: str | None, epoch: int) -> tuple[bytes, bytes]:
        extension = m.proposal.ChaincodeHeaderExtension(
            chaincode_id=m.chaincode.ChaincodeID(name=self.chaincode)
        )
        header = m.common.ChannelHeader(
            type=m.common.ENDORSER_TRANSACTION,
            channel_id=self.channel,
            tx_id=self.transaction_id if transaction_id is None else transaction_id,
            epoch=epoch,
            extension=extension.SerializeToString(),
        )
        header.timestamp.FromDatetime(self.at.replace(tzinfo=None))
        signer = m.common.SignatureHeader(creator=self.creator.serialized, nonce=self.nonce)
        return header.SerializeToString(), signer.SerializeToString()

    def _action(self) -> bytes:
        sets = m.rwset.TxReadWriteSet(data_model=m.rwset.TxReadWriteSet.KV)
        for namespace in sorted(self.sets):
            self.sets[namespace].add_to(sets, namespace)
        action = m.proposal.ChaincodeAction(
            results=sets.SerializeToString(),
            response=m.proposal_response.Response(status=200, payload=self.result),
            chaincode_id=m.chaincode.ChaincodeID(name=self.chaincode, version=self.version),
        )
        if self.event is not None:
            name, payload = self.event
            action.events = m.chaincode_event.ChaincodeEvent(
                chaincode_id=self.chaincode, tx_id=self.transaction_id, event_name=name, payload=payload
            ).SerializeToString()
        return bytes(action.SerializeToString())

    def _endorsements(self, answer: bytes) -> Iterable[object]:
        for endorser in self.endorsers:
            yield m.proposal_response.Endorsement(
                endorser=endorser.serialized, signature=endorser.sign(answer + endorser.serialized)
            )


def _version(version: Version | None) -> object | None:
    return None if version is None else m.kv_rwset.Version(block_num=version[0], tx_num=version[1])


def _hash(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
