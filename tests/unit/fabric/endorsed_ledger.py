"""A ledger of two organisations with test keys, whose transactions are really signed and endorsed.

What a peer would state, flags and commit hashes, comes from an honest peer, or is what the test says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeAlias

from fabric_gateway import Identity
from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.blocks import BlockMessage, Version
from fabric_gateway.verification import (
    BlockValidity,
    Configuration,
    Validity,
    ValueReader,
    values_from,
)
from forge import Authority, Channel, policies
from memory_database import memory_database

CHANNEL = "town"

Seen: TypeAlias = Mapping[str, Version | None]


class Organization:
    """An organisation with an authority of its own, a peer and a client."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.peer, self.client = self.person("peer"), self.person("client")
        self.revoked: list[Identity] = []

    def person(self, unit: str) -> Identity:
        """A new key whose certificate says what it is: `peer` or `client`."""
        return self.authority.member(unit, unit)

    def definition(self) -> Any:
        """Its definition for the channel, with those that it revoked."""
        lists = [self.authority.revocation_list(self.revoked)] if self.revoked else []
        return self.authority.msp(revocation_lists=lists)


def all_of(*mspids: str) -> bytes:
    """A signature policy: a peer of each of these organisations has signed."""
    envelope = policies.out_of(len(mspids), [policies.role(mspid, "peer") for mspid in mspids])
    return bytes(envelope.SerializeToString())


def application_policy(signature_policy: bytes) -> bytes:
    """A signature policy as definitions hold it."""
    envelope = m.policies.SignaturePolicyEnvelope.FromString(signature_policy)
    return bytes(m.policy.ApplicationPolicy(signature_policy=envelope).SerializeToString())


@dataclass
class Private:
    """What a transaction reads and writes in a collection; keys and values in clear, hashed when sent."""

    collection: str
    reads: Seen = field(default_factory=dict)
    writes: Mapping[str, bytes | None] = field(default_factory=dict)
    purges: Sequence[str] = ()
    policies: Mapping[str, bytes] = field(default_factory=dict)

    def message(self) -> Any:
        """The collection's part of the results."""
        sets = m.kv_rwset.HashedRWSet()
        for key, version in self.reads.items():
            sets.hashed_reads.add(key_hash=sha256(key.encode()), version=_version(version))
        for key, value in self.writes.items():
            content = {"is_delete": True} if value is None else {"value_hash": sha256(value)}
            sets.hashed_writes.add(key_hash=sha256(key.encode()), **content)
        for key in self.purges:
            sets.hashed_writes.add(key_hash=sha256(key.encode()), is_delete=True, is_purge=True)
        for key, policy in self.policies.items():
            write = sets.metadata_writes.add(key_hash=sha256(key.encode()))
            write.entries.add(name="VALIDATION_PARAMETER", value=policy)
        return m.rwset.CollectionHashedReadWriteSet(
            collection_name=self.collection, hashed_rwset=sets.SerializeToString()
        )


@dataclass
class Results:
    """What a transaction reads and writes in one namespace."""

    namespace: str
    reads: Seen = field(default_factory=dict)
    writes: Mapping[str, bytes | None] = field(default_factory=dict)
    policies: Mapping[str, bytes | None] = field(default_factory=dict)
    ranges: Sequence[Any] = ()
    private: Sequence[Private] = ()

    def message(self) -> Any:
        """The namespace's part of the results."""
        sets = m.kv_rwset.KVRWSet(range_queries_info=self.ranges)
        for key, version in self.reads.items():
            sets.reads.add(key=key, version=_version(version))
        for key, value in self.writes.items():
            sets.writes.add(key=key, value=value or b"", is_delete=value is None)
        for key, policy in self.policies.items():
            write = sets.metadata_writes.add(key=key)
            if policy is not None:
                write.entries.add(name="VALIDATION_PARAMETER", value=policy)
        return m.rwset.NsReadWriteSet(
            namespace=self.namespace,
            rwset=sets.SerializeToString(),
            collection_hashed_rwset=[part.message() for part in self.private],
        )


def range_read(start: str, end: str, seen: Seen, *, exhausted: bool = True) -> Any:
    """A range that was read, with the keys and versions that were found."""
    query = m.kv_rwset.RangeQueryInfo(start_key=start, end_key=end, itr_exhausted=exhausted)
    query.raw_reads.SetInParent()
    for key, version in seen.items():
        query.raw_reads.kv_reads.add(key=key, version=_version(version))
    return query


def sha256(content: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(content).digest()


def _version(version: Version | None) -> Any:
    return None if version is None else m.kv_rwset.Version(block_num=version[0], tx_num=version[1])


class Town:
    """A channel of two organisations, `A` and `B`, and what was ordered on it.

    Attributes:
        blocks: the blocks, as a peer keeps them.
        results: what an honest peer made of each.
    """

    def __init__(self, *, application_capability: str = "V2_5") -> None:
        self._channel = Channel(CHANNEL, ("A", "B"))
        capabilities = m.configuration.Capabilities()
        capabilities.capabilities[application_capability].SetInParent()
        application = self._channel.group.groups["Application"]
        application.values["Capabilities"].value = capabilities.SerializeToString()
        self.a, self.b = map(Organization, self._channel.authorities.values())
        self._nonces = count(1)
        self.blocks: list[BlockMessage] = []
        self.results: list[BlockValidity] = []
        self._configurations: list[Configuration] = []
        self._peer = Validity(memory_database(), read_value=values_from(self))
        genesis = self._channel.genesis()
        self.configuration = Configuration(0, genesis)
        self.add(genesis)

    @property
    def both(self) -> tuple[Identity, Identity]:
        """A peer of each organisation."""
        return self.a.peer, self.b.peer

    def transaction(
        self,
        *results: Results,
        chaincode: str = "cc",
        endorsers: Iterable[Identity] | None = None,
        creator: Identity | None = None,
        version: str = "1",
        answered: str | None = None,
        event_of: str | None = None,
        nonce: bytes | None = None,
        proposal_hash: bytes | None = None,
        transaction_id: str | None = None,
        content: bytes | None = None,
        **header: Any,
    ) -> bytes:
        """An endorsed transaction, as an envelope; by default endorsed by both organisations' peers."""
        creator = creator or self.a.client
        nonce = nonce or f"nonce {next(self._nonces)}".encode()
        named = m.chaincode.ChaincodeID(name=chaincode)
        extension = m.proposal.ChaincodeHeaderExtension(chaincode_id=named)
        own = wire.transaction_id(nonce, creator.serialized)
        channel = m.common.ChannelHeader(
            **{
                "type": m.common.ENDORSER_TRANSACTION,
                "channel_id": CHANNEL,
                "tx_id": own if transaction_id is None else transaction_id,
                "extension": extension.SerializeToString(),
                **header,
            }
        ).SerializeToString()
        signer = m.common.SignatureHeader(nonce=nonce, creator=creator.serialized).SerializeToString()
        proposal = m.proposal.ChaincodeProposalPayload(input=b"arguments").SerializeToString()
        event = m.chaincode_event.ChaincodeEvent(chaincode_id=event_of or "", event_name="paid")
        answer = m.proposal.ChaincodeAction(
            results=m.rwset.TxReadWriteSet(ns_rwset=[part.message() for part in results]).SerializeToString(),
            events=event.SerializeToString() if event_of else b"",
            chaincode_id=m.chaincode.ChaincodeID(name=answered or chaincode, version=version),
        )
        endorsed = m.proposal_response.ProposalResponsePayload(
            proposal_hash=proposal_hash or sha256(channel + signer + proposal),
            extension=answer.SerializeToString(),
        ).SerializeToString()
        action = m.transaction.ChaincodeActionPayload(chaincode_proposal_payload=proposal)
        action.action.proposal_response_payload = endorsed
        for endorser in self.both if endorsers is None else endorsers:
            signature = endorser.sign(endorsed + endorser.serialized)
            action.action.endorsements.add(endorser=endorser.serialized, signature=signature)
        whole = m.transaction.Transaction()
        whole.actions.add(header=signer, payload=action.SerializeToString())
        payload = m.common.Payload(
            header=m.common.Header(channel_header=channel, signature_header=signer),
            data=whole.SerializeToString() if content is None else content,
        ).SerializeToString()
        return bytes(m.common.Envelope(payload=payload, signature=creator.sign(payload)).SerializeToString())

    def definition(
        self,
        name: str = "cc",
        *,
        policy: bytes | None = None,
        parameter: bytes | None = None,
        sequence: int = 1,
        collections: Iterable[Any] = (),
        plugin: str = "vscc",
        **transaction: Any,
    ) -> bytes:
        """A transaction that commits a chaincode's definition, with the writes that `_lifecycle` makes.

        Args:
            name: the chaincode.
            policy: its endorsement policy; default: both organisations' peers.
            parameter: the policy as the definition holds it, instead.
            sequence: how often it was defined; the version is the same number.
            collections: its collections.
            plugin: what validates its transactions.
            transaction: how the transaction is made.
        """
        data = m.lifecycle_state.StateData
        endorsing = m.lifecycle.ChaincodeEndorsementInfo(version=str(sequence), endorsement_plugin="escc")
        parameter = parameter or application_policy(policy or all_of("A", "B"))
        validating = m.lifecycle.ChaincodeValidationInfo(
            validation_plugin=plugin, validation_parameter=parameter
        )
        package = m.collection.CollectionConfigPackage(
            config=[m.collection.CollectionConfig(static_collection_config=found) for found in collections]
        )
        values = {
            "Sequence": data(Int64=sequence),
            "EndorsementInfo": data(Bytes=endorsing.SerializeToString()),
            "ValidationInfo": data(Bytes=validating.SerializeToString()),
            "Collections": data(Bytes=package.SerializeToString()),
        }
        writes = {
            f"namespaces/fields/{name}/{field}": value.SerializeToString() for field, value in values.items()
        }
        described = m.lifecycle_state.StateMetadata(datatype="ChaincodeDefinition", fields=list(values))
        writes[f"namespaces/metadata/{name}"] = described.SerializeToString()
        return self.transaction(Results("_lifecycle", writes=writes), chaincode="_lifecycle", **transaction)

    def add(self, *envelopes: bytes, flags: Sequence[str] | None = None) -> BlockValidity:
        """Order transactions in one block; the honest peer keeps it.

        Args:
            envelopes: the transactions.
            flags: what the peer states; default: what an honest one does.
        """
        number = len(self.blocks)
        block = m.common.Block()
        block.header.number = number
        block.header.previous_hash = sha256(b"before")
        block.data.data.extend(envelopes)
        block.metadata.metadata.extend([b""] * 5)
        if flags is not None:
            states(block, flags, b"")
        result = self._peer.add(block, self.configuration)
        states(block, result.flags if flags is None else flags, result.commit_hash)
        self.blocks.append(block)
        self.results.append(result)
        self._configurations.append(self.configuration)
        return result

    def read(self, start: int = 0) -> Iterator[BlockMessage]:
        """The blocks from a number on."""
        return iter(self.blocks[start:])

    def verify(self, *, read_value: ValueReader | None = None) -> list[BlockValidity]:
        """Verify all blocks from the first on, as an auditor does who has only them."""
        validity = Validity(memory_database(), read_value=read_value)
        return list(self.verified(validity))

    def verified(self, validity: Validity, end: int | None = None) -> Iterator[BlockValidity]:
        """Let an auditor go on with the blocks that it has not seen, up to one of them."""
        for block in self.blocks[validity.height : end]:
            yield validity.add(block, self._configurations[block.header.number])

    def reconfigure(self) -> BlockValidity:
        """Order a configuration with the organisations as they are now; it counts from the next block on."""

        def change(group: Any) -> None:
            for organization in (self.a, self.b):
                self._channel.with_msp(organization.definition())(group)

        envelope = self._channel.update(change, self._channel.admins.values())
        result = self.add(envelope)
        self.configuration = Configuration(len(self.blocks) - 1, envelope)
        return result


def states(block: BlockMessage, flags: Sequence[str], commit_hash: bytes) -> None:
    """Write into a block what a peer states about it."""
    codes = m.transaction.TxValidationCode
    block.metadata.metadata[2] = bytes(codes.Value(flag) for flag in flags)
    block.metadata.metadata[4] = m.common.Metadata(value=commit_hash).SerializeToString()


def collection(name: str, *, policy: bytes | None = None, block_to_live: int = 0) -> Any:
    """A collection of a definition."""
    found = m.collection.StaticCollectionConfig(name=name, block_to_live=block_to_live)
    if policy is not None:
        found.endorsement_policy.CopyFrom(m.policy.ApplicationPolicy.FromString(application_policy(policy)))
    return found
