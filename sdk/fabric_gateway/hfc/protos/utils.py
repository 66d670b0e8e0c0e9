"""Parts of the messages that a client signs."""

from fabric_gateway.hfc._parts import (
    create_cc_spec,
    create_envelope,
    create_seek_info,
    create_seek_payload,
    create_tx_payload,
)

__all__ = [
    "create_cc_spec",
    "create_envelope",
    "create_seek_info",
    "create_seek_payload",
    "create_tx_payload",
]
