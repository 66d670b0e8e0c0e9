"""Hyperledger Fabric from Python, through the Gateway service of the organisation's own peer.

    with connect(profile, identity) as gateway:
        contract = gateway.network("zuidhorn").contract("kindpakket")
        result = contract.submit("shop:List", '{"cursor": "", "limit": 100}')

`kindpakket.fabric.aio` has the same names with async methods.
"""

import logging

from kindpakket.fabric._bulk import Bulk
from kindpakket.fabric._commit import Commit
from kindpakket.fabric._commit_status import CommitStatus
from kindpakket.fabric._connection.deadlines import Deadlines
from kindpakket.fabric._connection.limits import Limits
from kindpakket.fabric._connection.observer import Observer, StepEvent
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
from kindpakket.fabric.checkpoints._checkpoint import (
    Checkpointer,
    FileCheckpointer,
    MemoryCheckpointer,
)
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

logging.getLogger(__name__).addHandler(logging.NullHandler())  # silent, unless the program sets up logging

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
    "Submission",
    "SubmitError",
    "SubmittedTransaction",
    "Transaction",
    "UnknownOutcome",
    "connect",
]
