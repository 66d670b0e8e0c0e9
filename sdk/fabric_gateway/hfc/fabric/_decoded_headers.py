"""Headers and identities in hfc's form."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import Any, TypeAlias

from fabric_gateway.hfc import _messages as m

Decoded: TypeAlias = dict[str, Any]

UNKNOWN_KIND = "UNKNOWN_TYPE"
KINDS = {
    0: "MESSAGE",
    1: "CONFIG",
    2: "CONFIG_UPDATE",
    3: "ENDORSER_TRANSACTION",
    4: "ORDERER_TRANSACTION",
    5: "DELIVER_SEEK_INFO",
    6: "CHAINCODE_PACKAGE",
}


def kind_name(kind: int) -> str:
    """Name of a header's type."""
    return KINDS.get(kind, UNKNOWN_KIND)


def headers(header: Any) -> Decoded:
    """Decode a `common.Header`."""
    channel = m.common.ChannelHeader.FromString(header.channel_header)
    return {
        "channel_header": {
            "type": channel.type,
            "version": channel.version,
            "timestamp": channel.timestamp.ToDatetime(UTC).strftime("%Y-%m-%d %H:%M:%S"),
            "channel_id": channel.channel_id,
            "tx_id": channel.tx_id,
            "epoch": channel.epoch,
            "extension": channel.extension,
        },
        "signature_header": signature_header(header.signature_header),
    }


def signature_header(content: bytes) -> Decoded:
    """Decode a `common.SignatureHeader`."""
    found = m.common.SignatureHeader.FromString(content)
    return {"creator": identity(found.creator), "nonce": found.nonce.hex().encode()}


def identity(content: bytes) -> Decoded:
    """Decode an `msp.SerializedIdentity`."""
    found = m.identities.SerializedIdentity.FromString(content)
    return {"mspid": found.mspid, "id_bytes": found.id_bytes.decode()}


def signed_headers(signatures: Iterable[Any]) -> list[Decoded]:
    """Decode signatures with their headers."""
    return [
        {"signature_header": signature_header(item.signature_header), "signature": item.signature}
        for item in signatures
    ]
