"""An orderer as a profile names it. The gateway speaks to orderers; few programs need to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from fabric_gateway.hfc import _messages as m
from fabric_gateway.hfc._parts import create_envelope, create_seek_info, create_seek_payload
from fabric_gateway.hfc.fabric._material import Material, read
from fabric_gateway.hfc.fabric._node import Node
from fabric_gateway.hfc.util.utils import (
    build_channel_header,
    build_header,
    current_timestamp,
    pem_to_der,
    stream_envelope,
)

DEFAULT_ORDERER_ENDPOINT = "localhost:7050"

_BROADCAST = "/orderer.AtomicBroadcast/Broadcast"
_DELIVER = "/orderer.AtomicBroadcast/Deliver"
_SEEK = 5  # common.HeaderType DELIVER_SEEK_INFO


class Orderer(Node):
    """An orderer. Arguments as of `Peer`."""

    section = "orderers"

    def __init__(
        self,
        name: str = "orderer",
        endpoint: str = DEFAULT_ORDERER_ENDPOINT,
        tls_ca_cert_file: Material | None = None,
        client_key_file: Material | None = None,
        client_cert_file: Material | None = None,
        opts: Iterable[tuple[str, int | str]] | None = None,
    ) -> None:
        super().__init__(name, endpoint, tls_ca_cert_file, client_key_file, client_cert_file, opts)

    def broadcast(self, envelope: Any) -> Any:
        """Offer a signed envelope; an asynchronous iterator of `BroadcastResponse` messages."""
        call = self._channel.stream_stream(
            _BROADCAST, m.common.Envelope.SerializeToString, m.ab.BroadcastResponse.FromString
        )
        return call(stream_envelope(envelope))

    def delivery(self, envelope: Any, scheduler: object = None) -> Any:
        """Ask for blocks with a signed envelope; an asynchronous iterator of `DeliverResponse` messages."""
        call = self._channel.stream_stream(
            _DELIVER, m.common.Envelope.SerializeToString, m.ab.DeliverResponse.FromString
        )
        return call(stream_envelope(envelope))

    def get_genesis_block(self, tx_context: Any, channel_name: str) -> Any:
        """Ask for a channel's first block; as `delivery`."""
        return self.blocks(tx_context, channel_name, 0)

    def blocks(self, tx_context: Any, channel_name: str, number: int | None) -> Any:
        """Ask for one block by its number, or the newest; as `delivery`."""
        certificate = self._client_cert_path
        header = build_header(
            tx_context.identity,
            build_channel_header(
                _SEEK,
                tx_context.tx_id,
                channel_name,
                current_timestamp(),
                tls_cert_hash=None
                if certificate is None
                else hashlib.sha256(pem_to_der(read("clientCert", certificate))).digest(),
            ),
            tx_context.nonce,
        )
        payload = create_seek_payload(header, create_seek_info(number, number))
        return self.delivery(create_envelope(tx_context.sign(payload), payload))
