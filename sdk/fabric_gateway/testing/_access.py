"""What a peer in memory checks of a request: its signature, and the TLS certificate that it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from fabric_gateway._wire import messages as m
from fabric_gateway.identity._hashes import Hash
from fabric_gateway.identity._identity import verify


@dataclass(frozen=True, slots=True)
class Access:
    """The checks of one peer; it knows every certificate.

    Attributes:
        hash: the hash function of ECDSA signatures.
        binds_tls: whether requests must name the TLS certificate that their client shows.
    """

    hash: Hash
    binds_tls: bool

    def signed(self, creator: bytes, message: bytes, signature: bytes) -> bool:
        """Whether a message was signed by its creator, a serialised identity."""
        pem = m.identities.SerializedIdentity.FromString(creator).id_bytes
        return verify(x509.load_pem_x509_certificate(pem), message, signature, self.hash)

    def payload_signed(self, payload: bytes, signature: bytes) -> bool:
        """Whether a payload was signed by the creator that its header names."""
        header = m.common.Payload.FromString(payload).header
        creator = m.common.SignatureHeader.FromString(header.signature_header).creator
        return self.signed(creator, payload, signature)

    def bound(self, tls_certificate_hash: bytes, context: grpc.ServicerContext) -> bool:
        """Whether a request names the TLS certificate of the client that sends it, if it must."""
        if not self.binds_tls:
            return True
        shown: Any = context.auth_context()
        pem = next(iter(shown.get("x509_pem_cert", ())), b"")
        return bool(pem) and tls_certificate_hash == x509.load_pem_x509_certificate(pem).fingerprint(
            hashes.SHA256()
        )
