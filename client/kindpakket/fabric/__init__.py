"""Hyperledger Fabric from Python, through the Gateway service of the organisation's own peer.

    with connect(profile, identity) as gateway:
        contract = gateway.network("zuidhorn").contract("kindpakket")
        result = contract.submit("shop:List", '{"cursor": "", "limit": 100}')

`kindpakket.fabric.aio` has the same names with async methods.
"""

from kindpakket.fabric.client_certificate import ClientCertificate
from kindpakket.fabric.commit import Commit, CommitStatus
from kindpakket.fabric.contract import Contract, SubmittedTransaction
from kindpakket.fabric.deadlines import Deadlines
from kindpakket.fabric.errors import (
    CommitError,
    CommitStatusError,
    ConnectionClosed,
    DecodeError,
    EndorseError,
    ErrorDetail,
    EvaluateError,
    EventsError,
    FabricError,
    GatewayError,
    IdentityError,
    ProfileError,
    ProtocolError,
    SubmitError,
    UnknownOutcome,
)
from kindpakket.fabric.events import (
    BlockMessage,
    ChaincodeEvent,
    FilteredBlock,
    FilteredTransaction,
    Stream,
)
from kindpakket.fabric.gateway import Gateway, connect
from kindpakket.fabric.hashes import Hash
from kindpakket.fabric.identity import Identity, Signer
from kindpakket.fabric.network import Network
from kindpakket.fabric.profile import CertificateAuthority, Organization, Peer, Profile
from kindpakket.fabric.proposal import Proposal
from kindpakket.fabric.targets import ConnectOptions
from kindpakket.fabric.transaction import Transaction

__all__ = [
    "BlockMessage",
    "CertificateAuthority",
    "ChaincodeEvent",
    "ClientCertificate",
    "Commit",
    "CommitError",
    "CommitStatus",
    "CommitStatusError",
    "ConnectOptions",
    "ConnectionClosed",
    "Contract",
    "Deadlines",
    "DecodeError",
    "EndorseError",
    "ErrorDetail",
    "EvaluateError",
    "EventsError",
    "FabricError",
    "FilteredBlock",
    "FilteredTransaction",
    "Gateway",
    "GatewayError",
    "Hash",
    "Identity",
    "IdentityError",
    "Network",
    "Organization",
    "Peer",
    "Profile",
    "ProfileError",
    "Proposal",
    "ProtocolError",
    "Signer",
    "Stream",
    "SubmitError",
    "SubmittedTransaction",
    "Transaction",
    "UnknownOutcome",
    "connect",
]
