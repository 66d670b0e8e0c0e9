"""Hyperledger Fabric from Python, through the Gateway service of your organisation's own peer.

    with connect(profile, identity) as gateway:
        contract = gateway.network("mychannel").contract("basic")
        result = contract.submit("CreateAsset", "asset1", "blue", "5")

The API is what these modules export, and nothing else:

- `fabric_gateway`: everything that a program needs first;
- `fabric_gateway.aio`: the same names with async methods;
- `fabric_gateway.blocks`: the parts of blocks and transactions;
- `fabric_gateway.ca` and `fabric_gateway.ca.aio`: a client of Fabric CA;
- `fabric_gateway.checkpoints` and `fabric_gateway.checkpoints.sql`: positions of readers;
- `fabric_gateway.errors`: what can go wrong;
- `fabric_gateway.extras`: optional packages, and the error when one is missing;
- `fabric_gateway.identity` and `fabric_gateway.identity.pkcs11`: identities, keys and signers;
- `fabric_gateway.outbox`: requests that outlive the process;
- `fabric_gateway.profile`: connection profiles;
- `fabric_gateway.telemetry`: spans and metrics for OpenTelemetry;
- `fabric_gateway.testing`: a gateway in memory;
- `fabric_gateway.verification`: a ledger verified from its blocks alone.

Modules whose names begin with an underscore may change at any time. `block`, `policy`, `sql`, `pkcs11` and
`aio_ca` are former names of modules: they still work, and new programs use the names above.
"""

import logging
from typing import TYPE_CHECKING

from fabric_gateway._lazy import lazily

if TYPE_CHECKING:
    from fabric_gateway._bulk import Bulk
    from fabric_gateway._commit import Commit
    from fabric_gateway._commit_status import CommitStatus
    from fabric_gateway._connection.deadlines import Deadlines
    from fabric_gateway._connection.limits import Limits
    from fabric_gateway._connection.observer import Observer, Operation, StepEvent, StreamEvent
    from fabric_gateway._connection.peers import PeerHealth
    from fabric_gateway._connection.targets import ConnectOptions
    from fabric_gateway._contract import Contract, SubmittedTransaction
    from fabric_gateway._event_requests import EventsRequest
    from fabric_gateway._flows.discovery import (
        ChaincodeCall,
        ChaincodeVersion,
        DiscoveredConfig,
        DiscoveredPeer,
        EndorsementPlan,
    )
    from fabric_gateway._flows.ledger import LedgerInfo
    from fabric_gateway._gateway import Gateway, connect
    from fabric_gateway._network import Network
    from fabric_gateway._offline import OfflineSigning
    from fabric_gateway._proposal import Proposal
    from fabric_gateway._stream import Stream
    from fabric_gateway._submission import Outcome, Progress, Submission
    from fabric_gateway._transaction import Transaction
    from fabric_gateway.blocks._block import Block
    from fabric_gateway.blocks._channel_config import (
        ChannelConfig,
        ChannelOrganization,
        Consenter,
        Ordering,
    )
    from fabric_gateway.blocks._committed import BlockTransaction, CommittedTransaction
    from fabric_gateway.blocks._events import (
        BlockMessage,
        BlockWithPrivateData,
        ChaincodeEvent,
        FilteredBlock,
        FilteredTransaction,
        PrivateData,
    )
    from fabric_gateway.checkpoints._checkpoint import Checkpointer, FileCheckpointer, MemoryCheckpointer
    from fabric_gateway.errors import (
        CheckpointError,
        CommitError,
        CommitStatusError,
        ConnectionClosed,
        DecodeError,
        DiscoveryError,
        EndorseError,
        ErrorDetail,
        EvaluateError,
        EventsError,
        FabricError,
        GatewayError,
        IdentityError,
        NotOnLedger,
        OutboxConflict,
        OutboxError,
        OutboxWaiting,
        ProfileError,
        ProtocolError,
        SubmitError,
        UnknownOutcome,
    )
    from fabric_gateway.identity._hashes import Hash
    from fabric_gateway.identity._identity import Identity, Signer
    from fabric_gateway.identity._msp import Msp
    from fabric_gateway.outbox._entry import OutboxEntry, Resumed
    from fabric_gateway.outbox._outbox import Outbox
    from fabric_gateway.profile._client_certificate import ClientCertificate
    from fabric_gateway.profile._profile import (
        CertificateAuthority,
        Channel,
        Orderer,
        Organization,
        Peer,
        Profile,
        Registrar,
    )
else:
    __getattr__ = lazily(
        __name__,
        {
            "._bulk": "Bulk",
            "._commit": "Commit",
            "._commit_status": "CommitStatus",
            "._connection.deadlines": "Deadlines",
            "._connection.limits": "Limits",
            "._connection.observer": "Observer Operation StepEvent StreamEvent",
            "._connection.peers": "PeerHealth",
            "._connection.targets": "ConnectOptions",
            "._contract": "Contract SubmittedTransaction",
            "._event_requests": "EventsRequest",
            "._flows.discovery": (
                "ChaincodeCall ChaincodeVersion DiscoveredConfig DiscoveredPeer EndorsementPlan"
            ),
            "._flows.ledger": "LedgerInfo",
            "._gateway": "Gateway connect",
            "._network": "Network",
            "._offline": "OfflineSigning",
            "._proposal": "Proposal",
            "._stream": "Stream",
            "._submission": "Outcome Progress Submission",
            "._transaction": "Transaction",
            ".blocks._block": "Block",
            ".blocks._channel_config": "ChannelConfig ChannelOrganization Consenter Ordering",
            ".blocks._committed": "BlockTransaction CommittedTransaction",
            ".blocks._events": (
                "BlockMessage BlockWithPrivateData ChaincodeEvent FilteredBlock FilteredTransaction "
                "PrivateData"
            ),
            ".checkpoints._checkpoint": "Checkpointer FileCheckpointer MemoryCheckpointer",
            ".errors": (
                "CheckpointError CommitError CommitStatusError ConnectionClosed DecodeError "
                "DiscoveryError EndorseError ErrorDetail EvaluateError EventsError FabricError "
                "GatewayError IdentityError NotOnLedger OutboxConflict OutboxError OutboxWaiting "
                "ProfileError ProtocolError SubmitError UnknownOutcome"
            ),
            ".identity._hashes": "Hash",
            ".identity._identity": "Identity Signer",
            ".identity._msp": "Msp",
            ".outbox._entry": "OutboxEntry Resumed",
            ".outbox._outbox": "Outbox",
            ".profile._client_certificate": "ClientCertificate",
            ".profile._profile": "CertificateAuthority Channel Orderer Organization Peer Profile Registrar",
        },
    )

logging.getLogger(__name__).addHandler(logging.NullHandler())  # silent unless the program sets up logging

__all__ = [
    "Block",
    "BlockMessage",
    "BlockTransaction",
    "BlockWithPrivateData",
    "Bulk",
    "CertificateAuthority",
    "ChaincodeCall",
    "ChaincodeEvent",
    "ChaincodeVersion",
    "Channel",
    "ChannelConfig",
    "ChannelOrganization",
    "CheckpointError",
    "Checkpointer",
    "ClientCertificate",
    "Commit",
    "CommitError",
    "CommitStatus",
    "CommitStatusError",
    "CommittedTransaction",
    "ConnectOptions",
    "ConnectionClosed",
    "Consenter",
    "Contract",
    "Deadlines",
    "DecodeError",
    "DiscoveredConfig",
    "DiscoveredPeer",
    "DiscoveryError",
    "EndorseError",
    "EndorsementPlan",
    "ErrorDetail",
    "EvaluateError",
    "EventsError",
    "EventsRequest",
    "FabricError",
    "FileCheckpointer",
    "FilteredBlock",
    "FilteredTransaction",
    "Gateway",
    "GatewayError",
    "Hash",
    "Identity",
    "IdentityError",
    "LedgerInfo",
    "Limits",
    "MemoryCheckpointer",
    "Msp",
    "Network",
    "NotOnLedger",
    "Observer",
    "OfflineSigning",
    "Operation",
    "Orderer",
    "Ordering",
    "Organization",
    "Outbox",
    "OutboxConflict",
    "OutboxEntry",
    "OutboxError",
    "OutboxWaiting",
    "Outcome",
    "Peer",
    "PeerHealth",
    "PrivateData",
    "Profile",
    "ProfileError",
    "Progress",
    "Proposal",
    "ProtocolError",
    "Registrar",
    "Resumed",
    "Signer",
    "StepEvent",
    "Stream",
    "StreamEvent",
    "Submission",
    "SubmitError",
    "SubmittedTransaction",
    "Transaction",
    "UnknownOutcome",
    "connect",
]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
