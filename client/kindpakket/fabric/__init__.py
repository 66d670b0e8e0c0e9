"""Hyperledger Fabric from Python, through the Gateway service of your organisation's own peer.

    with connect(profile, identity) as gateway:
        contract = gateway.network("zuidhorn").contract("kindpakket")
        result = contract.submit("shop:List", '{"cursor": "", "limit": 100}')

The API is what these modules export, and nothing else:

- `kindpakket.fabric`: everything that a program needs first;
- `kindpakket.fabric.aio`: the same names with async methods;
- `kindpakket.fabric.blocks`: the parts of blocks and transactions;
- `kindpakket.fabric.ca` and `kindpakket.fabric.ca.aio`: a client of Fabric CA;
- `kindpakket.fabric.checkpoints` and `kindpakket.fabric.checkpoints.sql`: positions of readers;
- `kindpakket.fabric.errors`: what can go wrong;
- `kindpakket.fabric.extras`: optional packages, and the error when one is missing;
- `kindpakket.fabric.identity` and `kindpakket.fabric.identity.pkcs11`: identities, keys and signers;
- `kindpakket.fabric.outbox`: requests that outlive the process;
- `kindpakket.fabric.profile`: connection profiles;
- `kindpakket.fabric.telemetry`: spans and metrics for OpenTelemetry;
- `kindpakket.fabric.testing`: a gateway in memory;
- `kindpakket.fabric.verification`: a ledger verified from its blocks alone.

Modules whose names begin with an underscore may change at any time. `block`, `policy`, `sql`, `pkcs11` and
`aio_ca` are former names of modules: they still work, and new programs use the names above.
"""

import logging
from typing import TYPE_CHECKING

from kindpakket.fabric._lazy import lazily

if TYPE_CHECKING:
    from kindpakket.fabric._bulk import Bulk
    from kindpakket.fabric._commit import Commit
    from kindpakket.fabric._commit_status import CommitStatus
    from kindpakket.fabric._connection.deadlines import Deadlines
    from kindpakket.fabric._connection.limits import Limits
    from kindpakket.fabric._connection.observer import Observer, Operation, StepEvent, StreamEvent
    from kindpakket.fabric._connection.peers import PeerHealth
    from kindpakket.fabric._connection.targets import ConnectOptions
    from kindpakket.fabric._contract import Contract, SubmittedTransaction
    from kindpakket.fabric._event_requests import EventsRequest
    from kindpakket.fabric._flows.discovery import (
        ChaincodeCall,
        ChaincodeVersion,
        DiscoveredConfig,
        DiscoveredPeer,
        EndorsementPlan,
    )
    from kindpakket.fabric._flows.ledger import LedgerInfo
    from kindpakket.fabric._gateway import Gateway, connect
    from kindpakket.fabric._network import Network
    from kindpakket.fabric._offline import OfflineSigning
    from kindpakket.fabric._proposal import Proposal
    from kindpakket.fabric._stream import Stream
    from kindpakket.fabric._submission import Outcome, Progress, Submission
    from kindpakket.fabric._transaction import Transaction
    from kindpakket.fabric.blocks._block import Block
    from kindpakket.fabric.blocks._channel_config import (
        ChannelConfig,
        ChannelOrganization,
        Consenter,
        Ordering,
    )
    from kindpakket.fabric.blocks._committed import BlockTransaction, CommittedTransaction
    from kindpakket.fabric.blocks._events import (
        BlockMessage,
        BlockWithPrivateData,
        ChaincodeEvent,
        FilteredBlock,
        FilteredTransaction,
        PrivateData,
    )
    from kindpakket.fabric.checkpoints._checkpoint import Checkpointer, FileCheckpointer, MemoryCheckpointer
    from kindpakket.fabric.errors import (
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
    from kindpakket.fabric.identity._hashes import Hash
    from kindpakket.fabric.identity._identity import Identity, Signer
    from kindpakket.fabric.identity._msp import Msp
    from kindpakket.fabric.outbox._entry import OutboxEntry, Resumed
    from kindpakket.fabric.outbox._outbox import Outbox
    from kindpakket.fabric.profile._client_certificate import ClientCertificate
    from kindpakket.fabric.profile._profile import (
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
