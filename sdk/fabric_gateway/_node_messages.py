"""What peers and orderers say when they fail, with the files of Fabric 3.1.1 that say it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from grpc import StatusCode

CHAINCODE_RESPONSE = re.compile(r"chaincode response \d+, (.*)", re.DOTALL)
ORDERER_STATUS = re.compile(r"\bstatus=([A-Z_]+)")
ORDERER_REFUSALS = frozenset({"BAD_REQUEST", "FORBIDDEN", "NOT_FOUND", "REQUEST_ENTITY_TOO_LARGE"})
READ_CONFLICTS = frozenset({"MVCC_READ_CONFLICT", "PHANTOM_READ_CONFLICT"})
FORBIDDEN = ("status=FORBIDDEN", "access denied", "ailed evaluating policy on signed data")
# core/endorser/msgvalidation.go: one sentence for every certificate or signature that it does not accept
IDENTITY_REFUSED = re.compile(r"access denied: channel \[([^\]]*)\] creator org (unknown|\[[^\]]*\])")
OVERLOAD = "exceeding concurrency limit"
# orderer/common/msgprocessor/sizefilter.go; and gRPC, at a limit of either side
TOO_LARGE = ("exceeds maximum allowed", "message larger than max")
UNPROVEN = "no trusted connection: "
"""How the reason of a failure begins that is about TLS (`fabric_gateway._connection.tls`)."""

# What Fabric 3.1.1 says in states that pass, with the files that say it. An endorser keeps nothing of a
# proposal that failed, so the same one may be sent again, and it stays one transaction.
PEERS_LACKING = (
    # discovery/endorsement/endorsement.go
    "required chaincodes are not installed on sufficient peers",
    "no peer combination can satisfy the endorsement policy",
    # internal/pkg/gateway/registry.go, endorse.go, evaluate.go
    "no peers available to evaluate chaincode",
    "no endorsers found in the gateway's organization",
    "failed to select a set of endorsers",
    # gossip/privdata/distributor.go: private data must be handed to more peers than are known
    "required to disseminate to at least",
    "private dissemination plans",
)
PEERS_LOST = (
    # gRPC, between the gateway and the peer that it asked; after one failure internal/pkg/gateway/registry.go
    # closes the connection, under the other calls on it too
    "code = Unavailable desc =",
    "the client connection is closing",
)
PEER_UNREADY = (
    # core/chaincode/lifecycle/endorsement_info.go: a definition is being committed (the cache is ahead of the
    # state), the approval by the peer's organisation was not reconciled yet, or the channel is being opened
    "changed during invoke",
    "has not yet been approved by this org",
    "could not get approved chaincode info from cache",
    "could not get channel config for channel",
    # core/chaincode/chaincode_support.go, runtime_launcher.go: the chaincode is being started
    "but could not find handler",
    "chaincode registration failed",
    "timeout expired while starting chaincode",
    # core/chaincode/extcc/extcc_handler.go: the chaincode's server does not listen yet
    "error cannot create connection for",
    "error creating grpc client connection to",
    # core/chaincode/transaction_contexts.go: an earlier attempt of this very proposal still runs there
    "error sending: txid: ",
    # core/endorser/support.go, plugin_endorser.go: the channel is being opened
    "Channel does not exist: ",
    "failed obtaining channel state",
    "transient store for channel",
    # goleveldb, leveldb/errors.go: the peer is being stopped, and has closed its ledgers
    "leveldb: closed",
)
# SmartBFT's internal/bft/requestpool.go: an orderer has the transaction, or has had it
ALREADY_SUBMITTED = ("request already processed", "request already exists")
# orderer/common/types: a consenter that the channel names already, and that has not joined it yet
CONSENTER_JOINING = "channel does not exist"
# internal/pkg/gateway/endorsement.go: a peer's result is another than the first peer's
RESULTS_DIFFER = "ProposalResponsePayloads do not match"
# core/chaincode/handler.go; its "timeout expired while executing transaction" is final: the chaincode has had
# 30 seconds.
CHAINCODE_STOPPED = "chaincode stream terminated"


def identity_refusal(texts: Iterable[str]) -> str:
    """What it means that a channel refuses an identity, and what to do; "" if none of the texts says so."""
    found = next((match for text in texts if (match := IDENTITY_REFUSED.search(text))), None)
    if found is None:
        return ""
    channel, organisation = found[1], found[2].strip("[]")
    if organisation == "unknown":
        return f"channel {channel} does not know the organisation of this identity: use one of a member's"
    return (
        f"channel {channel} refuses this identity of {organisation}: its certificate was revoked, has "
        "expired, or is not from the organisation's certificate authority; enrol it again, "
        "under another name if it was revoked"
    )


REFUSED_BEFORE_ORDERING = frozenset(
    {
        StatusCode.INVALID_ARGUMENT,
        StatusCode.NOT_FOUND,
        StatusCode.FAILED_PRECONDITION,
        StatusCode.UNIMPLEMENTED,
    }
)
