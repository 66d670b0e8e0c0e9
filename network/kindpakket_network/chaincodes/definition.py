"""A chaincode's definition in the form that Fabric's programs accept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kindpakket_network.description.chaincode import Chaincode


def definition_arguments(chaincode: Chaincode, sequence: int, collections: Path | None) -> list[str]:
    """The `peer` program's arguments for a chaincode's definition.

    Args:
        chaincode: the chaincode.
        sequence: the definition's sequence number.
        collections: the file with its private data collections; None if it has none.
    """
    arguments = [
        *("--name", chaincode.name),
        *("--version", chaincode.version),
        *("--sequence", str(sequence)),
        *("--signature-policy", chaincode.endorsement),
    ]
    if collections is not None:
        arguments += ["--collections-config", str(collections)]
    return arguments


def collections_document(chaincode: Chaincode) -> list[dict[str, Any]]:
    """A chaincode's collections in the `peer` program's JSON format."""
    collections = []
    for collection in chaincode.collections:
        members: dict[str, Any] = {
            "name": collection.name,
            "policy": collection.members,
            "requiredPeerCount": collection.required_peers,
            "maxPeerCount": collection.max_peers,
            "blockToLive": collection.blocks_to_live,
            "memberOnlyRead": collection.member_only_read,
            "memberOnlyWrite": collection.member_only_write,
        }
        if collection.endorsement is not None:
            members["endorsementPolicy"] = {"signaturePolicy": collection.endorsement}
        collections.append(members)
    return collections
