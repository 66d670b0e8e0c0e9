"""Blocks as typed values. Pure: bytes in, values out, no network and no clock.

Nothing is taken on trust: hashes are computed from the content, next to those that the block claims.

Sources: Fabric 3.1 `protoutil/blockutils.go` for the hashes; the messages of `hyperledger/fabric-protos`.
"""

from fabric_gateway.blocks._block import (
    Block,
    BlockSignature,
    hash_of_data,
    hash_of_header,
    header_bytes,
)
from fabric_gateway.blocks._channel_config import (
    ChannelConfig,
    ChannelOrganization,
    Consenter,
    Ordering,
)
from fabric_gateway.blocks._committed import (
    BlockTransaction,
    CommittedTransaction,
    Endorsement,
    Party,
)
from fabric_gateway.blocks._events import (
    BlockMessage,
    BlockWithPrivateData,
    ChaincodeEvent,
    FilteredBlock,
    FilteredTransaction,
    PrivateData,
)
from fabric_gateway.blocks._policy import (
    policy_text,
    signature_policy_text,
)
from fabric_gateway.blocks._rwset import (
    MetadataWrite,
    NamespaceSet,
    PrivateRead,
    PrivateWrite,
    RangeRead,
    Read,
    Version,
    Write,
)

__all__ = [
    "Block",
    "BlockMessage",
    "BlockSignature",
    "BlockTransaction",
    "BlockWithPrivateData",
    "ChaincodeEvent",
    "ChannelConfig",
    "ChannelOrganization",
    "CommittedTransaction",
    "Consenter",
    "Endorsement",
    "FilteredBlock",
    "FilteredTransaction",
    "MetadataWrite",
    "NamespaceSet",
    "Ordering",
    "Party",
    "PrivateData",
    "PrivateRead",
    "PrivateWrite",
    "RangeRead",
    "Read",
    "Version",
    "Write",
    "hash_of_data",
    "hash_of_header",
    "header_bytes",
    "policy_text",
    "signature_policy_text",
]
