"""A channel's configuration: the one that it has, and the consenters that stand in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from google.protobuf.message import DecodeError

from kindpakket_network.channel import messages as m
from kindpakket_network.description.host import at
from kindpakket_network.errors import NetworkError

APPLICATION = "Application"
ORDERER = "Orderer"


@dataclass(frozen=True)
class Consenter:
    """A consenter as the configuration names it.

    Attributes:
        msp: its organisation's MSP id.
        host: where others reach it.
        port: and at which port.
        identity: its enrolment certificate, PEM; empty on Raft, which does not name it.
        client_tls: the certificate with which it calls others, PEM.
        server_tls: the certificate with which it answers, PEM.
    """

    msp: str
    host: str
    port: int
    identity: bytes = field(repr=False)
    client_tls: bytes = field(repr=False)
    server_tls: bytes = field(repr=False)

    def same(self, other: Consenter) -> bool:
        """Whether both say the same: certificates count, not the white space around them."""
        return _comparable(self) == _comparable(other)


@dataclass(frozen=True)
class Configuration:
    """A channel's configuration, as a block of it says.

    Attributes:
        channel: the channel's name.
        block: the number of the block.
        group: the configuration, a `common.ConfigGroup`.
        sequence: how often it was changed.
        update: the change that led to it, as the bytes that were signed; empty in the first block.
    """

    channel: str
    block: int
    group: Any = field(repr=False)
    sequence: int
    update: bytes = field(repr=False)

    @classmethod
    def read(cls, block: bytes) -> Self:
        """The configuration in a configuration block.

        Raises:
            NetworkError: the bytes are no such block.
        """
        try:
            message = m.common.Block.FromString(block)
            payload = m.common.Payload.FromString(m.common.Envelope.FromString(message.data.data[0]).payload)
            header = m.common.ChannelHeader.FromString(payload.header.channel_header)
            if header.type != m.common.CONFIG:
                raise NetworkError(f"block {message.header.number} holds no configuration")
            found = m.configtx.ConfigEnvelope.FromString(payload.data)
            last = m.common.Payload.FromString(found.last_update.payload)
            update = m.configtx.ConfigUpdateEnvelope.FromString(last.data).config_update
        except (DecodeError, IndexError) as error:
            raise NetworkError(f"these {len(block)} bytes are no configuration block: {error}") from error
        return cls(
            header.channel_id,
            message.header.number,
            found.config.channel_group,
            found.config.sequence,
            update,
        )

    @property
    def raft(self) -> bool:
        """Whether the channel is ordered by Raft."""
        return bool(self._consensus().type == "etcdraft")

    def consenters(self) -> tuple[Consenter, ...]:
        """Its consenters in the order of the configuration, which on BFT is that of their ids."""
        if not self.raft:
            value = self.group.groups[ORDERER].values["Orderers"].value
            return tuple(
                Consenter(
                    one.msp_id, one.host, one.port, one.identity, one.client_tls_cert, one.server_tls_cert
                )
                for one in m.configuration.Orderers.FromString(value).consenter_mapping
            )
        owners = {
            address: msp
            for msp, organisation in self.group.groups[ORDERER].groups.items()
            for address in m.configuration.OrdererAddresses.FromString(
                organisation.values["Endpoints"].value
            ).addresses
        }
        return tuple(
            Consenter(
                owners.get(at(one.host, one.port), ""),
                one.host,
                one.port,
                b"",
                one.client_tls_cert,
                one.server_tls_cert,
            )
            for one in m.etcdraft.ConfigMetadata.FromString(self._consensus().metadata).consenters
        )

    def _consensus(self) -> Any:
        return m.orderer.ConsensusType.FromString(self.group.groups[ORDERER].values["ConsensusType"].value)


def _comparable(consenter: Consenter) -> Consenter:
    def essence(pem: bytes) -> bytes:
        return x509.load_pem_x509_certificate(pem).fingerprint(SHA256()) if pem else b""

    return replace(
        consenter,
        identity=essence(consenter.identity),
        client_tls=essence(consenter.client_tls),
        server_tls=essence(consenter.server_tls),
    )
