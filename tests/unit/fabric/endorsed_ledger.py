"""A ledger of two organisations with test keys, whose transactions are really signed and endorsed.

What a peer would state, flags and commit hashes, comes from an honest peer, or is what the test says.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kindpakket.fabric._wire import gateway as wire
from kindpakket.fabric._wire import messages as m
from kindpakket.fabric.blocks import BlockMessage, Version
from kindpakket.fabric.identity._signatures import low_s
from kindpakket.fabric.verification import BlockValidity, Configuration, Validity, ValueReader, values_from

CHANNEL = "town"
_START = datetime(2026, 1, 1, tzinfo=UTC)
_PEM = serialization.Encoding.PEM

Key: TypeAlias = str | bytes
Seen: TypeAlias = Mapping[str, Version | None]


class Person:
    """A key with the certificate that an organisation gave it."""

    def __init__(self, mspid: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.mspid = mspid
        self.certificate = certificate
        self._key = key
        self.serialized = wire.serialized_identity(mspid, certificate.public_bytes(_PEM))

    def sign(self, message: bytes) -> bytes:
        """A signature as Fabric accepts it."""
        return low_s(self._key.sign(message, ec.ECDSA(hashes.SHA256())), self._key.curve)


class Organization:
    """An organisation with an authority of its own, a peer and a client."""

    def __init__(self, mspid: str) -> None:
        self.mspid = mspid
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"ca.{mspid}")])
        self.root = self._certificate(self._name, self._key.public_key(), authority=True)
        self.peer, self.client = self.person("peer"), self.person("client")
        self.revoked: list[Person] = []

    def person(self, unit: str) -> Person:
        """A new key whose certificate says what it is: `peer` or `client`."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            x509.NameAttribute(NameOID.COMMON_NAME, unit),
        ]
        return Person(self.mspid, self._certificate(x509.Name(names), key.public_key()), key)

    def _certificate(self, name: x509.Name, key: Any, *, authority: bool = False) -> x509.Certificate:
        return (
            x509.CertificateBuilder(
                issuer_name=self._name,
                subject_name=name,
                public_key=key,
                serial_number=x509.random_serial_number(),
                not_valid_before=_START,
                not_valid_after=_START + timedelta(days=3650),
            )
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )

    def _list(self) -> bytes:
        builder = x509.CertificateRevocationListBuilder(
            issuer_name=self._name, last_update=_START, next_update=_START + timedelta(days=3650)
        ).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
        )
        for person in self.revoked:
            entry = x509.RevokedCertificateBuilder(person.certificate.serial_number, _START).build()
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(_PEM)

    def group(self) -> Any:
        """Its group in the channel's configuration."""
        root = self.root.public_bytes(_PEM)
        unit = m.msp_config.FabricOUIdentifier
        names = ("client", "peer", "admin", "orderer")
        config = m.msp_config.FabricMSPConfig(
            name=self.mspid,
            root_certs=[root],
            revocation_list=[self._list()] if self.revoked else [],
            fabric_node_ous=m.msp_config.FabricNodeOUs(
                enable=True,
                **{f"{name}_ou_identifier": unit(organizational_unit_identifier=name) for name in names},
            ),
        )
        group = m.configtx.ConfigGroup()
        content = m.msp_config.MSPConfig(type=0, config=config.SerializeToString())
        group.values["MSP"].value = content.SerializeToString()
        group.policies["Endorsement"].policy.CopyFrom(_policy(all_of((self.mspid, "peer"))))
        return group


def all_of(*asked: tuple[str, str]) -> bytes:
    """A signature policy: each of these has signed; MSP id and role."""
    rules, roles = m.policies.SignaturePolicy, m.msp_principal.MSPRole
    parts = [rules(signed_by=index) for index in range(len(asked))]
    envelope = m.policies.SignaturePolicyEnvelope(
        rule=rules(n_out_of=rules.NOutOf(n=len(asked), rules=parts))
    )
    for mspid, role in asked:
        principal = roles(msp_identifier=mspid, role=roles.MSPRoleType.Value(role.upper()))
        envelope.identities.add(principal=principal.SerializeToString())
    return bytes(envelope.SerializeToString())


def _policy(signature_policy: bytes) -> Any:
    return m.policies.Policy(type=m.policies.Policy.SIGNATURE, value=signature_policy)


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
        self.a, self.b = Organization("A"), Organization("B")
        self._capability = application_capability
        self._nonces = count(1)
        self._sequence = count()
        self.blocks: list[BlockMessage] = []
        self.results: list[BlockValidity] = []
        self._configurations: list[Configuration] = []
        self._peer = Validity(sqlite3.connect(":memory:"), read_value=values_from(self))
        first = self.configure()
        self.configuration = Configuration(0, first)
        self.add(first)

    @property
    def both(self) -> tuple[Person, Person]:
        """A peer of each organisation."""
        return self.a.peer, self.b.peer

    def configure(self) -> bytes:
        """An envelope with the channel's configuration as it is now."""
        group = m.configtx.ConfigGroup()
        for name, version in (("", "V3_0"), ("Orderer", "V2_0"), ("Application", self._capability)):
            below = group.groups[name] if name else group
            capabilities = m.configuration.Capabilities()
            capabilities.capabilities[version].SetInParent()
            below.values["Capabilities"].value = capabilities.SerializeToString()
        for organization in (self.a, self.b):
            group.groups["Application"].groups[organization.mspid].CopyFrom(organization.group())
        policy = _policy(all_of(("A", "peer"), ("B", "peer")))
        group.groups["Application"].policies["LifecycleEndorsement"].policy.CopyFrom(policy)
        config = m.configtx.Config(sequence=next(self._sequence), channel_group=group)
        content = m.configtx.ConfigEnvelope(config=config).SerializeToString()
        return self._envelope(m.common.CONFIG, content, self.a.peer, transaction_id="")

    def _envelope(
        self, kind: int, content: bytes, creator: Person, *, transaction_id: str | None = None, **header: Any
    ) -> bytes:
        nonce = f"nonce {next(self._nonces)}".encode()
        own = wire.transaction_id(nonce, creator.serialized) if transaction_id is None else transaction_id
        channel = m.common.ChannelHeader(
            type=kind, tx_id=own, **{"channel_id": CHANNEL, **header}
        ).SerializeToString()
        signer = m.common.SignatureHeader(nonce=nonce, creator=creator.serialized).SerializeToString()
        return self._signed(
            m.common.Header(channel_header=channel, signature_header=signer), content, creator
        )

    def _signed(self, header: Any, content: bytes, creator: Person) -> bytes:
        payload = m.common.Payload(header=header, data=content).SerializeToString()
        return bytes(m.common.Envelope(payload=payload, signature=creator.sign(payload)).SerializeToString())

    def transaction(
        self,
        *results: Results,
        chaincode: str = "cc",
        endorsers: Iterable[Person] | None = None,
        creator: Person | None = None,
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
        return self._signed(
            m.common.Header(channel_header=channel, signature_header=signer),
            whole.SerializeToString() if content is None else content,
            creator,
        )

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
        parameter = parameter or application_policy(policy or all_of(("A", "peer"), ("B", "peer")))
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
        validity = Validity(sqlite3.connect(":memory:"), read_value=read_value)
        return list(self.verified(validity))

    def verified(self, validity: Validity, end: int | None = None) -> Iterator[BlockValidity]:
        """Let an auditor go on with the blocks that it has not seen, up to one of them."""
        for block in self.blocks[validity.height : end]:
            yield validity.add(block, self._configurations[block.header.number])

    def reconfigure(self) -> BlockValidity:
        """Order the channel's configuration as it is now; it counts from the next block on."""
        envelope = self.configure()
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
