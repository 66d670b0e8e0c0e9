"""A transaction opened as far as its headers: once, for all who judge it.

Source: Fabric 3.1.1 `core/common/validation/msgvalidation.go`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.errors import DecodeError


@dataclass(slots=True)
class Opened:
    """A transaction's payload, who signed it, and its headers, as far as they can be read.

    Attributes:
        content: the payload, which the signature covers, bytes.
        signature: the creator's signature.
        payload: the `common.Payload`; None if it cannot be read.
        channel: the `common.ChannelHeader`; None if it cannot be read.
        signer: the `common.SignatureHeader`; None if it cannot be read.
        code: name of the `TxValidationCode` for what cannot be read; "" if all can.
        reason: what cannot be read, as a sentence.
    """

    content: bytes = field(default=b"", repr=False)
    signature: bytes = field(default=b"", repr=False)
    payload: Any = field(default=None, repr=False)
    channel: Any = field(default=None, repr=False)
    signer: Any = field(default=None, repr=False)
    code: str = ""
    reason: str = ""

    @classmethod
    def of(cls, envelope: bytes) -> Opened:
        """Open a serialised `common.Envelope`."""
        found = cls()
        try:
            found.content, found.signature = wire.split_envelope(envelope)
        except DecodeError as error:
            return found._closed("INVALID_OTHER_REASON", f"it is not an envelope: {error}")
        try:
            payload = found.payload = wire.parse(m.common.Payload, found.content)
        except DecodeError as error:
            return found._closed("BAD_PAYLOAD", f"its payload cannot be read: {error}")
        if not payload.HasField("header"):
            return found._closed("BAD_COMMON_HEADER", "it has no header")
        try:
            found.channel = wire.parse(m.common.ChannelHeader, payload.header.channel_header)
            found.signer = wire.parse(m.common.SignatureHeader, payload.header.signature_header)
        except DecodeError as error:
            return found._closed("BAD_COMMON_HEADER", f"its headers cannot be read: {error}")
        return found

    def _closed(self, code: str, reason: str) -> Opened:
        self.code, self.reason = code, reason
        return self
