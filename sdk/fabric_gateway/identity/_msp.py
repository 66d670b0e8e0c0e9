"""An organisation as a channel's configuration defines it: whose certificates are its members'."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m


@dataclass(frozen=True, slots=True)
class Msp:
    """A membership service provider: the definition of one organisation's members.

    Attributes:
        mspid: its id, such as `Org1MSP`.
        root_certificates: its certificate authorities' own certificates, PEM.
        intermediate_certificates: certificates of authorities under them, PEM.
        tls_root_certificates: certificates that its nodes' TLS certificates chain to, PEM.
        tls_intermediate_certificates: certificates of TLS authorities under them, PEM.
        admins: certificates of named administrators, PEM; usually none, since node OUs name them.
        revocation_lists: certificate revocation lists, PEM.
        node_ous: whether certificates say themselves whether they are a client's, a peer's, an orderer's or
            an administrator's.
    """

    mspid: str
    root_certificates: tuple[bytes, ...] = field(repr=False)
    intermediate_certificates: tuple[bytes, ...] = field(repr=False)
    tls_root_certificates: tuple[bytes, ...] = field(repr=False)
    tls_intermediate_certificates: tuple[bytes, ...] = field(repr=False)
    admins: tuple[bytes, ...] = field(repr=False)
    revocation_lists: tuple[bytes, ...] = field(repr=False)
    node_ous: bool

    @classmethod
    def of(cls, message: Any) -> Msp:
        """The values of an `msp.FabricMSPConfig` message."""
        return cls(
            mspid=message.name,
            root_certificates=tuple(message.root_certs),
            intermediate_certificates=tuple(message.intermediate_certs),
            tls_root_certificates=tuple(message.tls_root_certs),
            tls_intermediate_certificates=tuple(message.tls_intermediate_certs),
            admins=tuple(message.admins),
            revocation_lists=tuple(message.revocation_list),
            node_ous=message.fabric_node_ous.enable,
        )

    @classmethod
    def decode(cls, config: bytes) -> Msp:
        """Decode an `msp.FabricMSPConfig`.

        Raises:
            DecodeError: the bytes are not such a message.
        """
        return cls.of(wire.parse(m.msp_config.FabricMSPConfig, config))
