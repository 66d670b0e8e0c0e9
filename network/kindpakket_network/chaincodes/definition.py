"""How a chaincode's definition is told to Fabric."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kindpakket_network.description.topology import Chaincode


def definition_arguments(chaincode: Chaincode, sequence: int, collections: Path | None) -> list[str]:
    """The arguments that say what a chaincode's definition is.

    Args:
        chaincode: the chaincode.
        sequence: the definition's number.
        collections: the file of its private data collections.
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
    """A chaincode's collections as the peer program reads them."""
    found = []
    for one in chaincode.collections:
        members: dict[str, Any] = {
            "name": one.name,
            "policy": one.members,
            "requiredPeerCount": one.required_peers,
            "maxPeerCount": one.max_peers,
            "blockToLive": one.blocks_to_live,
            "memberOnlyRead": one.member_only_read,
            "memberOnlyWrite": one.member_only_write,
        }
        if one.endorsement is not None:
            members["endorsementPolicy"] = {"signaturePolicy": one.endorsement}
        found.append(members)
    return found
